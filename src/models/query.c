/* Making conditions. Nothing is checked against a model here, that happens when the query runs; what can never be a
 * condition is marked WEIR_OP_COUNT, which is refused then, so that a mistake does not become a wider query. */
#include <weir/query.h>

#include <string.h>

static weir_operator only(weir_operator op, weir_operator first, weir_operator last)
{
	return op >= first && op <= last ? op : WEIR_OP_COUNT;
}

weir_condition weir_compare(weir_column column, weir_operator op, weir_value value)
{
	return (weir_condition){ .op = only(op, WEIR_OP_EQ, WEIR_OP_DIFFERS), .column = column, .value = value };
}

static weir_condition compare_integer(weir_column column, weir_operator op, weir_type type, int64_t value)
{
	return weir_compare(column, op, (weir_value){ .type = type, .as.integer = value });
}

static weir_condition compare_text(weir_column column, weir_operator op, weir_type type, const char *text)
{
	return weir_compare(column, op, (weir_value){ .type = type, .is_null = !text, .as.text = text });
}

static weir_condition compare_null(weir_column column, weir_operator op, weir_type type)
{
	return weir_compare(column, op, (weir_value){ .type = type, .is_null = true });
}

weir_condition weir_compare_bool(weir_column column, weir_operator op, bool value)
{
	return weir_compare(column, op, (weir_value){ .type = WEIR_TYPE_BOOL, .as.boolean = value });
}

weir_condition weir_compare_i64(weir_column column, weir_operator op, int64_t value)
{
	return compare_integer(column, op, WEIR_TYPE_INT8, value);
}

weir_condition weir_compare_f64(weir_column column, weir_operator op, double value)
{
	return weir_compare(column, op, (weir_value){ .type = WEIR_TYPE_FLOAT8, .as.number = value });
}

weir_condition weir_compare_text(weir_column column, weir_operator op, const char *value)
{
	return compare_text(column, op, WEIR_TYPE_TEXT, value);
}

weir_condition weir_compare_numeric(weir_column column, weir_operator op, weir_numeric value)
{
	return compare_text(column, op, WEIR_TYPE_NUMERIC, value.text);
}

weir_condition weir_compare_time(weir_column column, weir_operator op, weir_time value)
{
	return compare_integer(column, op, WEIR_TYPE_TIMESTAMPTZ, value.unix_us);
}

weir_condition weir_compare_timestamp(weir_column column, weir_operator op, weir_timestamp value)
{
	return compare_integer(column, op, WEIR_TYPE_TIMESTAMP, value.us);
}

weir_condition weir_compare_uuid(weir_column column, weir_operator op, weir_uuid value)
{
	return weir_compare(column, op, (weir_value){ .type = WEIR_TYPE_UUID, .as.uuid = value });
}

weir_condition weir_compare_json(weir_column column, weir_operator op, weir_json value)
{
	return compare_text(column, op, WEIR_TYPE_JSONB, value.text);
}

/* The nullable forms: the plain one, or NULL of the type. */
#define COMPARE_OPT(name, compare, type)                                                                               \
	weir_condition weir_compare_opt_##name(weir_column column, weir_operator op, weir_opt_##name value)                \
	{                                                                                                                  \
		return value.has ? compare(column, op, value.value) : compare_null(column, op, type);                          \
	}
COMPARE_OPT(bool, weir_compare_bool, WEIR_TYPE_BOOL)
COMPARE_OPT(i16, weir_compare_i64, WEIR_TYPE_INT8)
COMPARE_OPT(i32, weir_compare_i64, WEIR_TYPE_INT8)
COMPARE_OPT(i64, weir_compare_i64, WEIR_TYPE_INT8)
COMPARE_OPT(f64, weir_compare_f64, WEIR_TYPE_FLOAT8)
COMPARE_OPT(time, weir_compare_time, WEIR_TYPE_TIMESTAMPTZ)
COMPARE_OPT(timestamp, weir_compare_timestamp, WEIR_TYPE_TIMESTAMP)
COMPARE_OPT(uuid, weir_compare_uuid, WEIR_TYPE_UUID)
#undef COMPARE_OPT

static bool same_column(weir_column a, weir_column b)
{
	return a.model == b.model && a.offset == b.offset;
}

weir_condition weir_between_of(weir_condition low, weir_condition high)
{
	bool fits = low.op == WEIR_OP_GE && high.op == WEIR_OP_LE && same_column(low.column, high.column);

	low.op = fits ? WEIR_OP_BETWEEN : WEIR_OP_COUNT;
	low.high = high.value;
	return low;
}

weir_condition weir_in_items(weir_column column, weir_type type, const void *items, size_t count)
{
	return (weir_condition){
		.op = items || count == 0 ? WEIR_OP_IN : WEIR_OP_COUNT,
		.column = column,
		.value.type = type,
		.items = items,
		.count = count,
	};
}

weir_condition weir_match(weir_column column, weir_operator op, const char *text)
{
	weir_condition condition = compare_text(column, WEIR_OP_EQ, WEIR_TYPE_TEXT, text);

	condition.op = only(op, WEIR_OP_LIKE, WEIR_OP_IENDS_WITH);
	return condition;
}

weir_condition weir_has_items(weir_column column, weir_operator op, weir_type type, const void *items, size_t count)
{
	weir_condition condition = weir_in_items(column, type, items, count);

	if (condition.op == WEIR_OP_IN)
		condition.op = only(op, WEIR_OP_HAS_ALL, WEIR_OP_HAS_ANY);
	return condition;
}

weir_condition weir_has_of(weir_condition equal)
{
	equal.op = equal.op == WEIR_OP_EQ ? WEIR_OP_HAS : WEIR_OP_COUNT;
	return equal;
}

weir_condition weir_json_match(weir_column column, weir_operator op, weir_json json)
{
	weir_condition condition = compare_text(column, WEIR_OP_EQ, WEIR_TYPE_JSONB, json.text);

	condition.op = only(op, WEIR_OP_JSON_CONTAINS, WEIR_OP_JSON_WITHIN);
	return condition;
}

weir_condition weir_json_key(weir_column column, const char *key)
{
	weir_condition condition = compare_text(column, WEIR_OP_EQ, WEIR_TYPE_TEXT, key);

	condition.op = WEIR_OP_JSON_HAS_KEY;
	return condition;
}

weir_condition weir_json_path(weir_column column, const char *text, const char *const *path, size_t count)
{
	weir_condition condition = compare_text(column, WEIR_OP_EQ, WEIR_TYPE_TEXT, text);

	condition.op = path && count > 0 ? WEIR_OP_JSON_AT : WEIR_OP_COUNT;
	condition.items = path;
	condition.count = count;
	return condition;
}

weir_condition weir_null_check(weir_column column, bool is_null)
{
	return (weir_condition){ .op = is_null ? WEIR_OP_IS_NULL : WEIR_OP_IS_NOT_NULL, .column = column };
}

weir_condition weir_group(weir_operator op, const weir_condition *items, size_t count)
{
	weir_condition group = { .op = only(op, WEIR_OP_ALL, WEIR_OP_NOT), .items = items, .count = count };

	if ((!items && count > 0) || (op == WEIR_OP_NOT && count != 1))
		group.op = WEIR_OP_COUNT;
	return group;
}

weir_condition weir_everything(void)
{
	return (weir_condition){ .op = WEIR_OP_EVERYTHING };
}

size_t weir_like_escape(const char *text, char *escaped, size_t size)
{
	size_t length = 0, written = 0;

	for (; text && *text; text++) {
		size_t width = strchr("%_\\", *text) ? 2 : 1;
		if (written == length && length + width < size) {
			if (width == 2)
				escaped[written++] = '\\';
			escaped[written++] = *text;
		}
		length += width;
	}
	if (size > 0)
		escaped[written] = '\0';
	return length;
}
