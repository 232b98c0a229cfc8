/* Conditions to SQL. Checking walks the tree once with the depth counted; what writes afterwards relies on it. Values
 * become parameters of the column's type; an IN list is one array, so that the text does not depend on its length. */
#include "db/condition.h"

#include "base/error.h"
#include "base/utf8.h"
#include "db/params.h"
#include "db/wire.h"

#include <string.h>

static const weir__operator operators[] = {
	[WEIR_OP_NONE] = { WEIR__KIND_CONSTANT, '*', "TRUE", NULL, NULL },
	[WEIR_OP_EVERYTHING] = { WEIR__KIND_CONSTANT, '*', "TRUE", NULL, NULL },
	[WEIR_OP_EQ] = { WEIR__KIND_COMPARISON, '=', " = ", NULL, NULL },
	[WEIR_OP_NE] = { WEIR__KIND_COMPARISON, '#', " <> ", NULL, NULL },
	[WEIR_OP_LT] = { WEIR__KIND_COMPARISON, '<', " < ", NULL, NULL },
	[WEIR_OP_LE] = { WEIR__KIND_COMPARISON, '{', " <= ", NULL, NULL },
	[WEIR_OP_GT] = { WEIR__KIND_COMPARISON, '>', " > ", NULL, NULL },
	[WEIR_OP_GE] = { WEIR__KIND_COMPARISON, '}', " >= ", NULL, NULL },
	[WEIR_OP_SAME] = { WEIR__KIND_COMPARISON, '~', " = ", NULL, NULL },
	[WEIR_OP_DIFFERS] = { WEIR__KIND_COMPARISON, '^', " <> ", NULL, NULL },
	[WEIR_OP_BETWEEN] = { WEIR__KIND_BETWEEN, 'b', " BETWEEN ", NULL, NULL },
	[WEIR_OP_IN] = { WEIR__KIND_IN, 'i', " = ANY(", NULL, NULL },
	[WEIR_OP_LIKE] = { WEIR__KIND_MATCH, 'l', " LIKE ", NULL, NULL },
	[WEIR_OP_ILIKE] = { WEIR__KIND_MATCH, 'L', " ILIKE ", NULL, NULL },
	[WEIR_OP_CONTAINS] = { WEIR__KIND_MATCH, 'c', " LIKE ", "%", "%" },
	[WEIR_OP_STARTS_WITH] = { WEIR__KIND_MATCH, 's', " LIKE ", "", "%" },
	[WEIR_OP_ENDS_WITH] = { WEIR__KIND_MATCH, 'e', " LIKE ", "%", "" },
	[WEIR_OP_ICONTAINS] = { WEIR__KIND_MATCH, 'C', " ILIKE ", "%", "%" },
	[WEIR_OP_ISTARTS_WITH] = { WEIR__KIND_MATCH, 'S', " ILIKE ", "", "%" },
	[WEIR_OP_IENDS_WITH] = { WEIR__KIND_MATCH, 'E', " ILIKE ", "%", "" },
	[WEIR_OP_IS_NULL] = { WEIR__KIND_NULL_CHECK, '0', " IS NULL", NULL, NULL },
	[WEIR_OP_IS_NOT_NULL] = { WEIR__KIND_NULL_CHECK, '1', " IS NOT NULL", NULL, NULL },
	[WEIR_OP_ALL] = { WEIR__KIND_GROUP, '&', " AND ", NULL, NULL },
	[WEIR_OP_ANY] = { WEIR__KIND_GROUP, '|', " OR ", NULL, NULL },
	[WEIR_OP_NOT] = { WEIR__KIND_GROUP, '!', NULL, NULL, NULL },
	[WEIR_OP_HAS] = { WEIR__KIND_HAS, 'h', " = ANY(", NULL, NULL },
	[WEIR_OP_HAS_ALL] = { WEIR__KIND_HAS_ITEMS, 'A', " @> ", NULL, NULL },
	[WEIR_OP_HAS_ONLY] = { WEIR__KIND_HAS_ITEMS, 'O', " <@ ", NULL, NULL },
	[WEIR_OP_HAS_ANY] = { WEIR__KIND_HAS_ITEMS, 'Y', " && ", NULL, NULL },
	[WEIR_OP_JSON_CONTAINS] = { WEIR__KIND_JSON, 'j', " @> ", NULL, NULL },
	[WEIR_OP_JSON_WITHIN] = { WEIR__KIND_JSON, 'J', " <@ ", NULL, NULL },
	[WEIR_OP_JSON_HAS_KEY] = { WEIR__KIND_JSON_KEY, 'k', " ? ", NULL, NULL },
	[WEIR_OP_JSON_AT] = { WEIR__KIND_JSON_AT, 'p', " #>> ", NULL, NULL },
};

static const weir__operator no_operator = { .kind = WEIR__KIND_NONE };

const weir__operator *weir__operator_of(weir_operator op)
{
	size_t number = (size_t)op;

	return number < sizeof operators / sizeof operators[0] ? &operators[number] : &no_operator;
}

bool weir__condition_is_absent(const weir_condition *condition)
{
	return weir__operator_of(condition->op)->kind == WEIR__KIND_CONSTANT;
}

weir_operator weir__condition_operator(const weir_condition *condition)
{
	bool equal = condition->op == WEIR_OP_EQ || condition->op == WEIR_OP_SAME;
	bool unequal = condition->op == WEIR_OP_NE || condition->op == WEIR_OP_DIFFERS;

	if ((!equal && !unequal) || !weir__value_is_null(&condition->value))
		return condition->op;
	return equal ? WEIR_OP_IS_NULL : WEIR_OP_IS_NOT_NULL;
}

weir_value weir__condition_item(const weir_condition *condition, size_t i)
{
	return weir__value_of_plain(condition->value.type, condition->items, i);
}

/* ---- checking -------------------------------------------------------------------------------------------------------- */

static const char *foreign_member(weir_column column)
{
	for (size_t i = 0; column.model && i < column.model->field_count; i++)
		if (column.model->fields[i].offset == column.offset)
			return column.model->fields[i].name;
	return "?";
}

int weir__column_find(const weir__layout *layout, weir_column column, size_t *index, weir_error *err)
{
	bool fits = column.model && weir__layout_is_of(layout, column.model);
	int  found = fits ? weir__layout_find(layout, column.offset) : -1;

	if (found >= 0) {
		*index = (size_t)found;
		return WEIR_OK;
	}
	if (fits)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL, "no column starts at offset %zu",
		                          column.offset);
	if (!column.model)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL, "a condition or order has no column");
	return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL, "column %s.%s belongs to model %s",
	                          column.model->name, foreign_member(column), column.model->name);
}

static int wrong(const weir__layout *layout, size_t column, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, layout->columns[column].member, "%s", what);
}

static int check_utf8(const weir__layout *layout, size_t column, const char *text, weir_error *err)
{
	if (weir__utf8_is_valid(text, strlen(text)))
		return WEIR_OK;
	return weir__error_set_at(err, WEIR_ERR_VALUE, layout->model->name, layout->columns[column].member,
	                          "is not valid UTF-8");
}

/* A value to compare with the column, or the items of its array. Unlike one to store it may be longer than the column's
 * limit: such a text finds nothing. */
static int check_content(const weir__layout *layout, size_t column, weir_type type, const weir_value *value,
                         weir_error *err)
{
	if (weir__value_is_null(value))
		return wrong(layout, column, err, "NULL can be compared with = and <> only");
	if (type == WEIR_TYPE_JSON)
		return wrong(layout, column, err, "json cannot be compared, only jsonb can");
	if (!weir__type_takes(type, value->type))
		return weir__error_set_at(err, WEIR_ERR_VALUE, layout->model->name, layout->columns[column].member,
		                          "a value of type %s does not fit a column of type %s", weir_type_name(value->type),
		                          weir_type_name(layout->columns[column].type));
	if (type == WEIR_TYPE_TEXT || type == WEIR_TYPE_CHAR)
		return check_utf8(layout, column, value->as.text, err);
	return weir__type_is_array(type) ? weir__value_check(layout, column, value, err)
	                                 : weir__item_check(layout, column, value, err);
}

static int check_operand(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err)
{
	return check_content(layout, column, layout->columns[column].type, value, err);
}

/* `type`: of the column, or of the items of its array. */
static int check_items(const weir__layout *layout, size_t column, weir_type type, const weir_condition *condition,
                       weir_error *err)
{
	weir_type given = condition->value.type;
	int       status = WEIR_OK;

	if (condition->count > 0 && (!condition->items || !weir__value_type_of(given) || weir__type_is_array(given)))
		return wrong(layout, column, err, "IN has a count but no array of a column's type");
	for (size_t i = 0; i < condition->count && status == WEIR_OK; i++) {
		weir_value value = weir__condition_item(condition, i);
		status = check_content(layout, column, type, &value, err);
	}
	return status;
}

static int check_array(const weir__layout *layout, size_t column, const weir_condition *condition, weir_error *err)
{
	weir_type type = layout->columns[column].type;

	if (!weir__type_is_array(type))
		return wrong(layout, column, err, "is no array, and has no items");
	if (condition->op == WEIR_OP_HAS)
		return check_content(layout, column, weir__type_item(type), &condition->value, err);
	return check_items(layout, column, weir__type_item(type), condition, err);
}

static int check_path(const weir__layout *layout, size_t column, const weir_condition *condition, weir_error *err)
{
	const char *const *path = condition->items;
	int                status = WEIR_OK;

	if (!path || condition->count == 0)
		return wrong(layout, column, err, "the path into the jsonb is empty");
	for (size_t i = 0; i < condition->count && status == WEIR_OK; i++)
		status = path[i] ? check_utf8(layout, column, path[i], err)
		                 : wrong(layout, column, err, "the path into the jsonb has a NULL");
	if (status == WEIR_OK && !weir__value_is_null(&condition->value))
		status = check_utf8(layout, column, condition->value.as.text, err);
	return status;
}

static int check_json(const weir__layout *layout, size_t column, const weir_condition *condition, weir_error *err)
{
	if (layout->columns[column].type != WEIR_TYPE_JSONB)
		return wrong(layout, column, err, "is no jsonb, which this condition is for");
	if (condition->op == WEIR_OP_JSON_AT)
		return check_path(layout, column, condition, err);
	if (condition->op != WEIR_OP_JSON_HAS_KEY)
		return check_operand(layout, column, &condition->value, err);
	if (weir__value_is_null(&condition->value))
		return wrong(layout, column, err, "the key to look for is NULL");
	return check_utf8(layout, column, condition->value.as.text, err);
}

/* PostgreSQL refuses a pattern whose last backslash escapes nothing. */
static bool ends_inside_escape(const char *pattern)
{
	size_t length = strlen(pattern);
	size_t start = length;

	while (start > 0 && pattern[start - 1] == '\\')
		start--;
	return (length - start) % 2 == 1;
}

static int check_match(const weir__layout *layout, size_t column, const weir_condition *condition, weir_error *err)
{
	weir_type type = layout->columns[column].type;

	if (type != WEIR_TYPE_TEXT && type != WEIR_TYPE_CHAR && type != WEIR_TYPE_ENUM)
		return wrong(layout, column, err, "LIKE and its like are for text columns");
	int status = check_content(layout, column, WEIR_TYPE_TEXT, &condition->value, err);
	if (status != WEIR_OK)
		return status;
	if (!weir__operator_of(condition->op)->prefix && ends_inside_escape(condition->value.as.text))
		return weir__error_set_at(err, WEIR_ERR_VALUE, layout->model->name, layout->columns[column].member,
		                          "the pattern ends with a backslash that escapes nothing");
	return WEIR_OK;
}

static int check_leaf(const weir__layout *layout, const weir_condition *condition, weir_error *err)
{
	weir__operator_kind kind = weir__operator_of(weir__condition_operator(condition))->kind;
	size_t              column = 0;
	int                 status = weir__column_find(layout, condition->column, &column, err);

	if (status != WEIR_OK)
		return status;
	switch (kind) {
	case WEIR__KIND_COMPARISON:
		return check_operand(layout, column, &condition->value, err);
	case WEIR__KIND_BETWEEN:
		status = check_operand(layout, column, &condition->value, err);
		return status == WEIR_OK ? check_operand(layout, column, &condition->high, err) : status;
	case WEIR__KIND_IN:
		return check_items(layout, column, layout->columns[column].type, condition, err);
	case WEIR__KIND_MATCH:
		return check_match(layout, column, condition, err);
	case WEIR__KIND_HAS:
	case WEIR__KIND_HAS_ITEMS:
		return check_array(layout, column, condition, err);
	case WEIR__KIND_JSON:
	case WEIR__KIND_JSON_KEY:
	case WEIR__KIND_JSON_AT:
		return check_json(layout, column, condition, err);
	default:
		return WEIR_OK;
	}
}

static int check_node(const weir__layout *layout, const weir_condition *condition, int depth, weir_error *err)
{
	const char           *model = layout->model->name;
	const weir__operator *form = weir__operator_of(condition->op);
	int                   status = WEIR_OK;

	if (form->kind == WEIR__KIND_CONSTANT)
		return WEIR_OK;
	if (form->kind == WEIR__KIND_NONE)
		return weir__error_set_at(
			err, WEIR_ERR_USAGE, model, NULL,
			"a condition that means nothing: an operator in the wrong place, BETWEEN of two columns, or a missing array");
	if (form->kind != WEIR__KIND_GROUP)
		return check_leaf(layout, condition, err);
	if (depth == WEIR__NESTING_MAX)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "the condition is nested more than %d deep",
		                          WEIR__NESTING_MAX);
	if ((condition->count > 0 && !condition->items) || (condition->op == WEIR_OP_NOT && condition->count != 1))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "a group of conditions has the wrong count");
	const weir_condition *items = condition->items;
	for (size_t i = 0; i < condition->count && status == WEIR_OK; i++)
		status = check_node(layout, &items[i], depth + 1, err);
	return status;
}

int weir__condition_check(const weir__layout *layout, const weir_condition *condition, weir_error *err)
{
	return check_node(layout, condition, 0, err);
}

/* ---- what is known without looking at rows ----------------------------------------------------------------------------- */

enum truth { ALWAYS_FALSE, DEPENDS, ALWAYS_TRUE };

static enum truth truth_of(const weir_condition *condition)
{
	const weir_condition *items = condition->items;
	enum truth            lowest = ALWAYS_TRUE;
	enum truth            highest = ALWAYS_FALSE;

	if (condition->op == WEIR_OP_NONE)
		return ALWAYS_TRUE;
	if (condition->op == WEIR_OP_IN && condition->count == 0)
		return ALWAYS_FALSE;
	if (weir__operator_of(condition->op)->kind != WEIR__KIND_GROUP)
		return DEPENDS;
	for (size_t i = 0; i < condition->count; i++) {
		enum truth truth = truth_of(&items[i]);
		lowest = truth < lowest ? truth : lowest;
		highest = truth > highest ? truth : highest;
	}
	if (condition->op == WEIR_OP_NOT)
		return (enum truth)(ALWAYS_TRUE - lowest);
	return condition->op == WEIR_OP_ALL ? lowest : highest;
}

bool weir__condition_is_always_true(const weir_condition *condition)
{
	return truth_of(condition) == ALWAYS_TRUE;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

/* Where a condition goes. */
typedef struct writer {
	const weir__layout *layout;
	const weir__sql    *names;
	weir__buffer       *sql;
	weir__params       *params;
} writer;

/* Appends $n of the parameter added last. */
static void append_last(const writer *to)
{
	weir__buffer_append_char(to->sql, '$');
	weir__buffer_append_i64(to->sql, (int64_t)weir__params_count(to->params));
}

static void append_value(const writer *to, weir_type type, const weir_value *value)
{
	weir__params_add(to->params, type, value);
	append_last(to);
}

static weir_value item_of(const void *context, size_t i)
{
	return weir__condition_item(context, i);
}

static void append_in(const writer *to, weir_type type, const weir_condition *condition)
{
	weir__params_add_array(to->params, type, condition->count, item_of, condition);
	append_last(to);
	weir__buffer_append_char(to->sql, ')');
}

static void append_match(const writer *to, const weir__operator *form, const char *text)
{
	const weir_value pattern = { .type = WEIR_TYPE_TEXT, .as.text = text };

	if (form->prefix)
		weir__params_add_pattern(to->params, form->prefix, text, form->suffix);
	else
		weir__params_add(to->params, WEIR_TYPE_TEXT, &pattern);
	append_last(to);
	weir__buffer_append_text(to->sql, " ESCAPE E'\\\\'"); /* one backslash, whatever standard_conforming_strings says */
}

/* `"c" IS NOT NULL AND "c" = $1` is what IS NOT DISTINCT FROM says of a value, for which PostgreSQL uses no index. */
static bool append_null_guard(const writer *to, weir_operator op, int column)
{
	bool guards = (op == WEIR_OP_SAME || op == WEIR_OP_DIFFERS) && to->layout->columns[column].nullable;

	if (!guards)
		return false;
	weir__buffer_append_char(to->sql, '(');
	weir__buffer_append(to->sql, to->names[column].text, to->names[column].length);
	weir__buffer_append_text(to->sql, op == WEIR_OP_SAME ? " IS NOT NULL AND " : " IS NULL OR ");
	return true;
}

/* $1 = ANY("tags") */
static void append_has(const writer *to, int column, weir_type type, const weir_condition *condition)
{
	append_value(to, weir__type_item(type), &condition->value);
	weir__buffer_append_text(to->sql, " = ANY(");
	weir__buffer_append(to->sql, to->names[column].text, to->names[column].length);
	weir__buffer_append_char(to->sql, ')');
}

/* ("settings" #>> $1) = $2 */
static void append_at(const writer *to, int column, const weir_condition *condition)
{
	const weir_condition path = { .value.type = WEIR_TYPE_TEXT, .items = condition->items };

	weir__buffer_append_char(to->sql, '(');
	weir__buffer_append(to->sql, to->names[column].text, to->names[column].length);
	weir__buffer_append_text(to->sql, " #>> ");
	weir__params_add_array(to->params, WEIR_TYPE_TEXT, condition->count, item_of, &path);
	append_last(to);
	weir__buffer_append_text(to->sql, weir__value_is_null(&condition->value) ? ") IS NULL" : ") = ");
	if (!weir__value_is_null(&condition->value))
		append_value(to, WEIR_TYPE_TEXT, &condition->value);
}

static void append_items(const writer *to, weir_type type, const weir_condition *condition)
{
	const weir__value_source source = { .get = item_of, .context = condition, .count = condition->count };

	weir__params_add_items(to->params, type, &source);
	append_last(to);
}

/* The column's name and its operator; LIKE looks at the text that char(n) and enums are, arrays are compared as what they are
 * made of (no index minds that). */
static void append_column(const writer *to, int column, const weir__operator *form)
{
	weir_type type = to->layout->columns[column].type;

	weir__buffer_append(to->sql, to->names[column].text, to->names[column].length);
	if (form->kind == WEIR__KIND_MATCH && type != WEIR_TYPE_TEXT)
		weir__buffer_append_text(to->sql, "::text");
	if (form->kind != WEIR__KIND_NULL_CHECK)
		weir__sql_append_array_cast(to->sql, type);
	weir__buffer_append_text(to->sql, form->sql);
}

static void append_leaf(const writer *to, const weir_condition *condition)
{
	const weir__operator *form = weir__operator_of(weir__condition_operator(condition));
	int                   column = weir__layout_find(to->layout, condition->column.offset);
	weir_type             type = to->layout->columns[column].type;

	if (form->kind == WEIR__KIND_IN && condition->count == 0) {
		weir__buffer_append_text(to->sql, "FALSE");
		return;
	}
	if (form->kind == WEIR__KIND_HAS) {
		append_has(to, column, type, condition);
		return;
	}
	if (form->kind == WEIR__KIND_JSON_AT) {
		append_at(to, column, condition);
		return;
	}
	bool guarded = append_null_guard(to, weir__condition_operator(condition), column);
	append_column(to, column, form);
	switch (form->kind) {
	case WEIR__KIND_COMPARISON:
	case WEIR__KIND_JSON:
		append_value(to, type, &condition->value);
		break;
	case WEIR__KIND_JSON_KEY:
		append_value(to, WEIR_TYPE_TEXT, &condition->value);
		break;
	case WEIR__KIND_HAS_ITEMS:
		append_items(to, type, condition);
		break;
	case WEIR__KIND_BETWEEN:
		append_value(to, type, &condition->value);
		weir__buffer_append_text(to->sql, " AND ");
		append_value(to, type, &condition->high);
		break;
	case WEIR__KIND_IN:
		append_in(to, type, condition);
		break;
	case WEIR__KIND_MATCH:
		append_match(to, form, condition->value.as.text);
		break;
	default: /* IS NULL and IS NOT NULL are complete */
		break;
	}
	if (guarded)
		weir__buffer_append_char(to->sql, ')');
}

static void append_node(const writer *to, const weir_condition *condition)
{
	const weir__operator *form = weir__operator_of(condition->op);
	const weir_condition *items = condition->items;

	if (form->kind == WEIR__KIND_CONSTANT) {
		weir__buffer_append_text(to->sql, form->sql);
		return;
	}
	if (form->kind != WEIR__KIND_GROUP) {
		append_leaf(to, condition);
		return;
	}
	if (condition->count == 0) {
		weir__buffer_append_text(to->sql, condition->op == WEIR_OP_ALL ? "TRUE" : "FALSE");
		return;
	}
	weir__buffer_append_text(to->sql, condition->op == WEIR_OP_NOT ? "NOT (" : "(");
	for (size_t i = 0; i < condition->count; i++) {
		if (i > 0)
			weir__buffer_append_text(to->sql, form->sql);
		append_node(to, &items[i]);
	}
	weir__buffer_append_char(to->sql, ')');
}

void weir__condition_append(const weir__layout *layout, const weir_condition *condition, const weir__sql *names,
                            weir__buffer *sql, weir__params *params)
{
	const writer to = { .layout = layout, .names = names, .sql = sql, .params = params };

	append_node(&to, condition);
}
