/* Import: values are kept beside each other, their texts in one buffer that becomes the end of the record as it is. */
#include "models/json_import.h"

#include "base/error.h"
#include "models/json_string.h"
#include "models/json_text.h"
#include "models/live.h"
#include "models/number.h"
#include "models/record.h"
#include "models/time.h"
#include "models/value_type.h"

#include <math.h>

/* How a value of each type is written: what an error says. */
static const char *const expected[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = "must be true or false",
	[WEIR_TYPE_INT2] = "must be a whole number",
	[WEIR_TYPE_INT4] = "must be a whole number",
	[WEIR_TYPE_INT8] = "must be a whole number in the range of int8, or a string that holds one",
	[WEIR_TYPE_FLOAT8] = "must be a number in the range of float8, or \"NaN\", \"Infinity\" or \"-Infinity\"",
	[WEIR_TYPE_NUMERIC] = "must be a string that holds a number, or a number",
	[WEIR_TYPE_TEXT] = "must be a string",
	[WEIR_TYPE_TIMESTAMPTZ] = "must be a string like 2026-11-21T10:26:15.000123Z",
	[WEIR_TYPE_TIMESTAMP] = "must be a string like 2026-11-21T10:26:15.000123",
	[WEIR_TYPE_UUID] = "must be a string of 32 hexadecimal digits, with or without hyphens",
	[WEIR_TYPE_JSONB] = "must be JSON",
};

static int check_call(const weir_model *model, void *record, weir_error *err)
{
	if (!model)
		return weir__error_set(err, WEIR_ERR_USAGE, "no model");
	if (!record)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "nowhere to put the record");
	if (WEIR__CHECKS_LIFE && !weir__record_out_is_empty(record))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL,
		                          "the record's pointer must be NULL before the call: what it holds would be lost");
	return WEIR_OK;
}

int weir__json_import_begin(weir__json_import *import, const weir_model *model, const weir_set *fields, void *record,
                            weir_error *err)
{
	int status;

	import->layout = NULL;
	import->texts = (weir__buffer)WEIR__BUFFER_INIT;
	(void)weir__buffer_reserve(&import->texts, 1); /* so that its start is a place */
	import->found = 0;
	import->err = err;
	status = check_call(model, record, err);
	if (status == WEIR_OK)
		status = weir__layout_create(model, &import->layout, err);
	if (status != WEIR_OK)
		return status;
	import->wanted = ~(weir__mask)0 >> (WEIR__COLUMNS_MAX - import->layout->column_count);
	return fields ? weir__layout_mask(import->layout, fields, &import->wanted, err) : WEIR_OK;
}

void weir__json_import_end(weir__json_import *import)
{
	weir__layout_free(import->layout);
	weir__buffer_release(&import->texts);
}

static int refuse_member(const weir__json_import *import, const char *name, const char *what)
{
	return weir__error_set_at(import->err, WEIR_ERR_FORMAT, import->layout->model->name, name, "%s", what);
}

int weir__json_import_refuse(const weir__json_import *import, const char *what)
{
	return refuse_member(import, NULL, what);
}

int weir__json_import_refuse_member(const weir__json_import *import, size_t column, const char *what)
{
	return refuse_member(import, import->layout->columns[column].name, what);
}

static int refuse_value(const weir__json_import *import, size_t column)
{
	return weir__json_import_refuse_member(import, column, expected[import->layout->columns[column].type]);
}

int weir__json_import_member(weir__json_import *import, const char *name, size_t *column)
{
	const weir__layout *layout = import->layout;
	size_t              i = 0;

	while (i < layout->column_count && strcmp(layout->columns[i].name, name) != 0)
		i++;
	if (i == layout->column_count)
		return refuse_member(import, name, "is no column of the model");
	if (!(import->wanted >> i & 1))
		return refuse_member(import, name, "is not one of the chosen columns");
	if (import->found >> i & 1)
		return refuse_member(import, name, "is there twice");
	import->found |= (weir__mask)1 << i;
	*column = i;
	return WEIR_OK;
}

static weir_value *value_of(weir__json_import *import, size_t column)
{
	weir_value *value = &import->values[column];

	*value = (weir_value){ .type = import->layout->columns[column].type };
	return value;
}

/* Keeps what texts holds from start on as the value's text. */
static void keep_text(weir__json_import *import, size_t start, weir_value *value)
{
	weir__buffer_append_char(&import->texts, '\0');
	value->as.integer = (int64_t)start;
}

static bool read_word(const char *text, size_t length, double *number)
{
	static const struct word {
		const char *text;
		double      value;
	} words[] = { { "NaN", NAN }, { "Infinity", INFINITY }, { "-Infinity", -INFINITY } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		*number = words[i].value;
		if (length == strlen(words[i].text) && memcmp(text, words[i].text, length) == 0)
			return true;
	}
	return false;
}

/* A value of a type that is no text from the content of a string. */
static bool read_content(const char *text, size_t length, weir_value *value)
{
	switch (value->type) {
	case WEIR_TYPE_INT8:
		return weir__integer_read(text, text + length, &value->as.integer) == text + length;
	case WEIR_TYPE_FLOAT8:
		return read_word(text, length, &value->as.number);
	case WEIR_TYPE_TIMESTAMPTZ:
		return weir__time_read(text, length, true, &value->as.integer);
	case WEIR_TYPE_TIMESTAMP:
		return weir__time_read(text, length, false, &value->as.integer);
	case WEIR_TYPE_UUID:
		return weir__uuid_read(text, length, &value->as.uuid);
	default:
		return false;
	}
}

int weir__json_import_string(weir__json_import *import, size_t column, size_t start)
{
	weir__buffer *texts = &import->texts;
	weir_value   *value = value_of(import, column);
	bool          read;

	if (texts->failed)
		return WEIR_OK;
	if (value->type == WEIR_TYPE_TEXT || value->type == WEIR_TYPE_NUMERIC) {
		keep_text(import, start, value);
		return WEIR_OK;
	}
	read = read_content(texts->data + start, texts->length - start, value);
	texts->length = start;
	return read ? WEIR_OK : refuse_value(import, column);
}

/* A value from JSON that is neither null nor a string. */
static bool read_json(weir__json_import *import, const char *text, size_t length, weir_value *value)
{
	size_t start = import->texts.length;

	switch (value->type) {
	case WEIR_TYPE_BOOL:
		value->as.boolean = *text == 't';
		return *text == 't' || *text == 'f';
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_INT8:
		return weir__integer_read(text, text + length, &value->as.integer) == text + length;
	case WEIR_TYPE_FLOAT8:
		return weir__double_read(text, text + length, &value->as.number) == text + length;
	case WEIR_TYPE_NUMERIC:
		if (*text != '-' && (*text < '0' || *text > '9'))
			return false;
		break;
	case WEIR_TYPE_JSONB:
		break;
	default:
		return false;
	}
	weir__buffer_append(&import->texts, text, length);
	keep_text(import, start, value);
	return true;
}

int weir__json_import_text(weir__json_import *import, size_t column, const char *text, size_t length)
{
	size_t      start = import->texts.length;
	weir_value *value = value_of(import, column);

	if (length == 4 && memcmp(text, "null", length) == 0 &&
	    (value->type != WEIR_TYPE_JSONB || import->layout->columns[column].nullable)) {
		value->is_null = true;
		return WEIR_OK;
	}
	if (*text == '"' && value->type != WEIR_TYPE_JSONB) {
		weir__json_string_unescape(&import->texts, text, length);
		return weir__json_import_string(import, column, start);
	}
	return read_json(import, text, length, value) ? WEIR_OK : refuse_value(import, column);
}

static bool is_text(const weir_value *value)
{
	bool text = value->type == WEIR_TYPE_TEXT || value->type == WEIR_TYPE_NUMERIC || value->type == WEIR_TYPE_JSONB;

	return text && !value->is_null;
}

static void store(const weir_value *value, void *member)
{
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		*(bool *)member = value->as.boolean;
		break;
	case WEIR_TYPE_INT2:
		*(int16_t *)member = (int16_t)value->as.integer;
		break;
	case WEIR_TYPE_INT4:
		*(int32_t *)member = (int32_t)value->as.integer;
		break;
	case WEIR_TYPE_INT8:
		*(int64_t *)member = value->as.integer;
		break;
	case WEIR_TYPE_FLOAT8:
		*(double *)member = value->as.number;
		break;
	case WEIR_TYPE_TIMESTAMPTZ:
		((weir_time *)member)->unix_us = value->as.integer;
		break;
	case WEIR_TYPE_TIMESTAMP:
		((weir_timestamp *)member)->us = value->as.integer;
		break;
	case WEIR_TYPE_UUID:
		*(weir_uuid *)member = value->as.uuid;
		break;
	default: /* weir_numeric and weir_json are structs of one pointer to text */
		*(const char **)member = value->as.text;
	}
}

static void store_column(const weir__column *column, const weir_value *value, void *record)
{
	char *member = (char *)record + column->offset;

	if (value->is_null)
		return;
	if (column->optional) {
		*(bool *)member = true; /* .has comes first */
		member += weir__value_type_of(column->type)->opt_at;
	}
	store(value, member);
}

/* Checks the values; those that are texts now point to them. */
static int check_values(weir__json_import *import)
{
	const weir__layout *layout = import->layout;
	int                 status = WEIR_OK;

	if (import->texts.failed)
		return weir__error_no_memory(import->err);
	for (size_t i = 0; i < layout->column_count && status == WEIR_OK; i++) {
		weir_value *value = &import->values[i];
		if (!(import->wanted >> i & 1))
			continue;
		if (!(import->found >> i & 1))
			return refuse_member(import, layout->columns[i].name, "is missing");
		if (is_text(value))
			value->as.text = import->texts.data + value->as.integer;
		status = weir__value_check(layout, i, value, import->err);
	}
	return status;
}

int weir__json_import_finish(weir__json_import *import, void *record)
{
	const weir__layout *layout = import->layout;
	const weir__buffer *texts = &import->texts;
	int                 status = check_values(import);
	char               *text;
	void               *made;

	if (status != WEIR_OK)
		return status;
	made = weir__record_create(layout, texts->length, &text);
	if (!made)
		return weir__error_no_memory(import->err);
	if (texts->length > 0)
		memcpy(text, texts->data, texts->length);
	for (size_t i = 0; i < layout->column_count; i++) {
		weir_value value = import->values[i];
		if (!(import->found >> i & 1))
			continue;
		if (is_text(&value))
			value.as.text = text + (value.as.text - texts->data);
		store_column(&layout->columns[i], &value, made);
	}
	weir__record_out_set(record, made);
	return WEIR_OK;
}
