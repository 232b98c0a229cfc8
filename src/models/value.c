/* Values: reading a column of a struct, and checking what a caller gives before it is sent. */
#include "base/error.h"
#include "base/utf8.h"
#include "models/json_text.h"
#include "models/layout.h"
#include "models/numeric.h"
#include "models/time.h"
#include "models/value_type.h"

#include <inttypes.h>
#include <string.h>

#define TEXT_MAX_BYTES ((size_t)0x3fffffff) /* PostgreSQL's limit for one value */

/* Reads a member of its plain type. */
static void load(weir_value *value, const void *member)
{
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		value->as.boolean = *(const bool *)member;
		break;
	case WEIR_TYPE_INT2:
		value->as.integer = *(const int16_t *)member;
		break;
	case WEIR_TYPE_INT4:
		value->as.integer = *(const int32_t *)member;
		break;
	case WEIR_TYPE_INT8:
		value->as.integer = *(const int64_t *)member;
		break;
	case WEIR_TYPE_FLOAT8:
		value->as.number = *(const double *)member;
		break;
	case WEIR_TYPE_TIMESTAMPTZ:
		value->as.integer = ((const weir_time *)member)->unix_us;
		break;
	case WEIR_TYPE_TIMESTAMP:
		value->as.integer = ((const weir_timestamp *)member)->us;
		break;
	case WEIR_TYPE_UUID:
		value->as.uuid = *(const weir_uuid *)member;
		break;
	default: /* weir_numeric and weir_json are structs of one pointer to text */
		value->as.text = *(const char *const *)member;
		value->is_null = !value->as.text;
	}
}

weir_value weir__layout_get(const weir__layout *layout, size_t column, const void *values)
{
	const weir__column *from = &layout->columns[column];
	const char         *member = (const char *)values + from->offset;
	weir_value          value = { .type = from->type };

	if (from->optional) {
		if (!*(const bool *)member) { /* .has comes first */
			value.is_null = true;
			return value;
		}
		member += weir__value_type_of(from->type)->opt_at;
	}
	load(&value, member);
	return value;
}

static bool is_integer(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8;
}

static bool is_text(weir_type type)
{
	return type == WEIR_TYPE_TEXT || type == WEIR_TYPE_NUMERIC || type == WEIR_TYPE_JSONB;
}

/* What is wrong with an integer, or NULL. */
static const char *check_integer(weir_type type, int64_t integer)
{
	if (type == WEIR_TYPE_INT2 && (integer < INT16_MIN || integer > INT16_MAX))
		return "is out of the range of int2";
	if (type == WEIR_TYPE_INT4 && (integer < INT32_MIN || integer > INT32_MAX))
		return "is out of the range of int4";
	return NULL;
}

static const char *check_time(int64_t us)
{
	if (us != INT64_MIN && us < WEIR__TIME_MIN_US)
		return "is earlier than 4713 BC, where PostgreSQL's times begin";
	return NULL;
}

static const char *check_text(weir_type type, const char *text, size_t length)
{
	if (length > TEXT_MAX_BYTES)
		return "is longer than the 1 GB that PostgreSQL allows";
	if (type == WEIR_TYPE_NUMERIC)
		return weir__numeric_is_valid(text, length) ? NULL : "is no number that PostgreSQL's numeric takes";
	if (!weir__utf8_is_valid(text, length))
		return "is not valid UTF-8";
	if (type == WEIR_TYPE_JSONB && !weir__json_is_valid(text, length))
		return "is no JSON text that jsonb takes, or is nested more than 64 deep";
	return NULL;
}

static const char *check_content(const weir_value *value, weir_type type, size_t length)
{
	if (is_integer(type))
		return check_integer(type, value->as.integer);
	if (type == WEIR_TYPE_TIMESTAMPTZ || type == WEIR_TYPE_TIMESTAMP)
		return check_time(value->as.integer);
	return is_text(type) ? check_text(type, value->as.text, length) : NULL;
}

int weir__value_check(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err)
{
	const weir__column *to = &layout->columns[column];
	const char         *model = layout->model->name;
	size_t              length = 0;
	const char         *wrong;

	if (value->type != to->type && !(is_integer(value->type) && is_integer(to->type)))
		return weir__error_set_at(err, WEIR_ERR_VALUE, model, to->member,
		                          "a value of type %s does not fit a column of type %s", weir_type_name(value->type),
		                          weir_type_name(to->type));
	if (value->is_null || (is_text(to->type) && !value->as.text)) {
		if (to->nullable)
			return WEIR_OK;
		return weir__error_set_at(err, WEIR_ERR_NOT_NULL, model, to->member, "must not be NULL");
	}
	if (is_text(to->type))
		length = strlen(value->as.text);
	wrong = check_content(value, to->type, length);
	if (wrong)
		return weir__error_set_at(err, WEIR_ERR_VALUE, model, to->member, "%s", wrong);
	if (to->max_length && length > to->max_length && weir__utf8_count(value->as.text, length) > to->max_length)
		return weir__error_set_at(err, WEIR_ERR_VALUE, model, to->member, "is longer than %" PRIu32 " characters",
		                          to->max_length);
	return WEIR_OK;
}
