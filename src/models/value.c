/* Values: reading a column of a struct, and checking what a caller gives before it is sent. */
#include "base/error.h"
#include "base/utf8.h"
#include "models/json_text.h"
#include "models/layout.h"
#include "models/numeric.h"
#include "models/time.h"
#include "models/value_type.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TEXT_MAX_BYTES ((size_t)0x3fffffff) /* PostgreSQL's limit for one value */

/* How the plain form of a type lies in a value; its pointers lie together at the start of the union. */
typedef enum form { FORM_BOOL, FORM_INT2, FORM_INT4, FORM_INT8, FORM_FLOAT4, FORM_AS_IT_IS } form;

static form form_of(weir_type type)
{
	switch (type) {
	case WEIR_TYPE_BOOL:
		return FORM_BOOL;
	case WEIR_TYPE_INT2:
		return FORM_INT2;
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_DATE:
		return FORM_INT4;
	case WEIR_TYPE_INT8:
	case WEIR_TYPE_TIME:
	case WEIR_TYPE_TIMESTAMPTZ:
	case WEIR_TYPE_TIMESTAMP:
		return FORM_INT8;
	case WEIR_TYPE_FLOAT4:
		return FORM_FLOAT4;
	default:
		return FORM_AS_IT_IS;
	}
}

void weir__value_load(weir_value *value, const void *member)
{
	if (weir__type_is_text(value->type)) {
		value->as.text = *(const char *const *)member;
		value->is_null = !value->as.text;
		return;
	}
	switch (form_of(value->type)) {
	case FORM_BOOL:
		value->as.boolean = *(const bool *)member;
		break;
	case FORM_INT2:
		value->as.integer = *(const int16_t *)member;
		break;
	case FORM_INT4:
		value->as.integer = *(const int32_t *)member;
		break;
	case FORM_INT8:
		value->as.integer = *(const int64_t *)member;
		break;
	case FORM_FLOAT4:
		value->as.number = (double)*(const float *)member;
		break;
	default:
		memcpy(&value->as, member, weir__value_type_of(value->type)->size);
		value->is_null = weir__type_is_pointer(value->type) && !value->as.text;
	}
}

void weir__value_store(const weir_value *value, void *member)
{
	switch (form_of(value->type)) {
	case FORM_BOOL:
		*(bool *)member = value->as.boolean;
		break;
	case FORM_INT2:
		*(int16_t *)member = (int16_t)value->as.integer;
		break;
	case FORM_INT4:
		*(int32_t *)member = (int32_t)value->as.integer;
		break;
	case FORM_INT8:
		*(int64_t *)member = value->as.integer;
		break;
	case FORM_FLOAT4:
		*(float *)member = (float)value->as.number;
		break;
	default:
		memcpy(member, &value->as, weir__value_type_of(value->type)->size);
	}
}

weir_value weir__value_of_plain(weir_type type, const void *items, size_t i)
{
	weir_value value = { .type = type };

	weir__value_load(&value, (const char *)items + i * weir__value_type_of(type)->size);
	return value;
}

/* Reads a member that may be a weir_opt_. */
static void load_nullable(weir_value *value, bool optional, const char *member)
{
	if (optional) {
		if (!*(const bool *)member) { /* .has comes first */
			value->is_null = true;
			return;
		}
		member += weir__value_type_of(value->type)->opt_at;
	}
	weir__value_load(value, member);
}

weir_value weir__value_of_item(weir_type item, const void *items, size_t i)
{
	weir_value value = { .type = item };

	load_nullable(&value, weir__value_type_of(item)->opt_size > 0, (const char *)items + i * weir__item_size(item));
	return value;
}

void weir__value_store_item(const weir_value *value, weir_type item, void *items, size_t i)
{
	const weir__value_type *type = weir__value_type_of(item);
	char                   *member = (char *)items + i * weir__item_size(item);

	if (value->is_null)
		return;
	if (type->opt_size > 0) {
		*(bool *)member = true;
		member += type->opt_at;
	}
	weir__value_store(value, member);
}

weir_value weir__layout_get(const weir__layout *layout, size_t column, const void *values)
{
	const weir__column *from = &layout->columns[column];
	weir_value          value = { .type = from->type };

	load_nullable(&value, from->optional, (const char *)values + from->offset);
	return value;
}

size_t weir__unpadded_length(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return length;
}

/* ---- Checking -------------------------------------------------------------------------------------------------------- */

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

static const char *check_date(int64_t days)
{
	bool infinite = days == INT32_MIN || days == INT32_MAX;

	return infinite || (days >= WEIR__DATE_MIN && days <= WEIR__DATE_MAX)
	           ? NULL
	           : "is outside of the dates that PostgreSQL has, 4713 BC to 5874897";
}

static const char *check_clock(int64_t us)
{
	return us >= 0 && us <= WEIR__CLOCK_MAX_US ? NULL : "is no time of day";
}

static const char *check_float4(double number)
{
	return isnan(number) || (double)(float)number == number ? NULL : "is no number that float4 has";
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
		return weir__json_refusal(text, length);
	return NULL;
}

static const char *check_content(const weir_value *value, weir_type type, size_t length)
{
	if (weir__type_is_text(type))
		return check_text(type, value->as.text, length);
	switch (type) {
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
		return check_integer(type, value->as.integer);
	case WEIR_TYPE_TIMESTAMPTZ:
	case WEIR_TYPE_TIMESTAMP:
		return check_time(value->as.integer);
	case WEIR_TYPE_DATE:
		return check_date(value->as.integer);
	case WEIR_TYPE_TIME:
		return check_clock(value->as.integer);
	case WEIR_TYPE_FLOAT4:
		return check_float4(value->as.number);
	case WEIR_TYPE_INET:
		return weir__inet_is_valid(&value->as.inet) ? NULL : "is no address: family, prefix or unused bytes are wrong";
	case WEIR_TYPE_BYTEA:
		return value->as.bytes.length <= TEXT_MAX_BYTES ? NULL : "is longer than the 1 GB that PostgreSQL allows";
	default:
		return NULL;
	}
}

static bool is_label(const char *const *labels, const char *text)
{
	const char *const *label = labels;

	while (*label && strcmp(*label, text) != 0)
		label++;
	return *label || !*labels; /* none: they are not known */
}

int weir__item_check(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err)
{
	const weir__column *to = &layout->columns[column];
	weir_type           type = weir__type_item(to->type);
	size_t              length = weir__type_is_text(type) ? strlen(value->as.text) : 0;
	const char         *wrong = check_content(value, type, length);

	if (!wrong && to->labels && !is_label(to->labels, value->as.text))
		wrong = "is none of the labels of the enum";
	if (wrong)
		return weir__error_set_at(err, WEIR_ERR_VALUE, layout->model->name, to->member, "%s", wrong);
	if (type == WEIR_TYPE_CHAR)
		length = weir__unpadded_length(value->as.text, length);
	if (to->max_length && length > to->max_length && weir__utf8_count(value->as.text, length) > to->max_length)
		return weir__error_set_at(err, WEIR_ERR_VALUE, layout->model->name, to->member,
		                          "is longer than %" PRIu32 " characters", to->max_length);
	return WEIR_OK;
}

static int check_items(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err)
{
	weir_type item = weir__type_item(layout->columns[column].type);
	int       status = WEIR_OK;

	for (size_t i = 0; i < value->as.array.count && status == WEIR_OK; i++) {
		weir_value one = weir__value_of_item(item, value->as.array.items, i);
		if (!one.is_null)
			status = weir__item_check(layout, column, &one, err);
	}
	return status;
}

int weir__value_check(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err)
{
	const weir__column *to = &layout->columns[column];
	const char         *model = layout->model->name;

	if (!weir__type_takes(to->type, value->type))
		return weir__error_set_at(err, WEIR_ERR_VALUE, model, to->member,
		                          "a value of type %s does not fit a column of type %s", weir_type_name(value->type),
		                          weir_type_name(to->type));
	if (weir__value_is_null(value)) {
		if (to->nullable)
			return WEIR_OK;
		return weir__error_set_at(err, WEIR_ERR_NOT_NULL, model, to->member, "must not be NULL");
	}
	return weir__type_is_array(to->type) ? check_items(layout, column, value, err)
	                                     : weir__item_check(layout, column, value, err);
}

static bool is_right_text(const weir__column *column, const char *text)
{
	size_t length = strlen(text);

	if (length > TEXT_MAX_BYTES || (column->max_length && length > column->max_length))
		return false;
	return column->type == WEIR_TYPE_NUMERIC ? weir__numeric_is_valid(text, length) : weir__utf8_is_valid(text, length);
}

bool weir__column_is_right(const weir__column *column, const void *values)
{
	const char *member = (const char *)values + column->offset;
	const char *text;

	switch (column->type) {
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_NUMERIC:
		memcpy(&text, member, sizeof text);
		return text ? !column->labels && is_right_text(column, text) : column->nullable;
	case WEIR_TYPE_BOOL:
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_INT8:
	case WEIR_TYPE_FLOAT8:
		return !column->optional || *(const bool *)member || column->nullable; /* .has comes first */
	default:
		return false;
	}
}
