/* Import: values are kept beside each other, their texts in one buffer that becomes the end of the record as it is. */
#include "models/json_import.h"

#include "base/error.h"
#include "models/base64.h"
#include "models/json_string.h"
#include "models/json_text.h"
#include "models/live.h"
#include "models/number.h"
#include "models/record.h"
#include "models/value_text.h"
#include "models/value_type.h"

#include <math.h>

/* How a value of each type is written: what an error says. */
static const char *const expected[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = "must be true or false",
	[WEIR_TYPE_INT2] = "must be a whole number",
	[WEIR_TYPE_INT4] = "must be a whole number",
	[WEIR_TYPE_INT8] = "must be a whole number in the range of int8, or a string that holds one",
	[WEIR_TYPE_FLOAT4] = "must be a number in the range of float4, or \"NaN\", \"Infinity\" or \"-Infinity\"",
	[WEIR_TYPE_FLOAT8] = "must be a number in the range of float8, or \"NaN\", \"Infinity\" or \"-Infinity\"",
	[WEIR_TYPE_NUMERIC] = "must be a string that holds a number, or a number",
	[WEIR_TYPE_TEXT] = "must be a string",
	[WEIR_TYPE_CHAR] = "must be a string",
	[WEIR_TYPE_ENUM] = "must be a string",
	[WEIR_TYPE_BYTEA] = "must be a string in base64",
	[WEIR_TYPE_DATE] = "must be a string like 2026-11-21",
	[WEIR_TYPE_TIME] = "must be a string like 10:26:15.000123",
	[WEIR_TYPE_TIMESTAMPTZ] = "must be a string like 2026-11-21T10:26:15.000123Z",
	[WEIR_TYPE_TIMESTAMP] = "must be a string like 2026-11-21T10:26:15.000123",
	[WEIR_TYPE_INTERVAL] = "must be a string like P1Y2M3DT4H5M6.7S",
	[WEIR_TYPE_UUID] = "must be a string of 32 hexadecimal digits, with or without hyphens",
	[WEIR_TYPE_INET] = "must be a string like 192.168.1.5/24 or 2001:db8::1",
	[WEIR_TYPE_JSONB] = "must be JSON",
	[WEIR_TYPE_JSON] = "must be a string that holds JSON",
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
	import->items = (weir__buffer)WEIR__BUFFER_INIT;
	import->in_array = false;
	import->found = 0;
	import->err = err;
	status = check_call(model, record, err);
	if (status == WEIR_OK)
		status = weir__layout_create_of(model, &import->layout, err);
	if (status != WEIR_OK)
		return status;
	import->wanted = ~(weir__mask)0 >> (WEIR__COLUMNS_MAX - import->layout->column_count);
	return fields ? weir__layout_mask(import->layout, fields, &import->wanted, err) : WEIR_OK;
}

void weir__json_import_end(weir__json_import *import)
{
	weir__layout_free(import->layout);
	weir__buffer_release(&import->texts);
	weir__buffer_release(&import->items);
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
	const char *what = expected[weir__json_import_type(import, column)];

	return weir__json_import_refuse_member(import, column, what ? what : "must be an array, of one dimension");
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

weir_type weir__json_import_type(const weir__json_import *import, size_t column)
{
	weir_type type = import->layout->columns[column].type;

	return import->in_array ? weir__type_item(type) : type;
}

static size_t item_count(const weir__json_import *import)
{
	return import->items.length / sizeof(weir_value);
}

static weir_value *item_at(const weir__json_import *import, size_t i)
{
	return (weir_value *)(void *)import->items.data + i;
}

/* The place of the next value. Want of memory is noted in items. */
static weir_value *value_of(weir__json_import *import, size_t column)
{
	const weir_value value = { .type = weir__json_import_type(import, column) };

	if (import->in_array) {
		weir__buffer_append(&import->items, &value, sizeof value);
		if (!import->items.failed)
			return item_at(import, item_count(import) - 1);
	}
	import->values[column] = value;
	return &import->values[column];
}

void weir__json_import_open(weir__json_import *import, size_t column)
{
	weir_value *value = value_of(import, column);

	value->as.array.items = (const void *)(uintptr_t)item_count(import);
	import->in_array = true;
}

void weir__json_import_close(weir__json_import *import, size_t column)
{
	weir_value *value = &import->values[column];

	import->in_array = false;
	if (!import->items.failed)
		value->as.array.count = item_count(import) - (size_t)(uintptr_t)value->as.array.items;
}

/* Keeps what texts holds from start on as the value's text. */
static void keep_text(weir__json_import *import, size_t start, weir_value *value)
{
	weir__buffer *texts = &import->texts;

	if (value->type == WEIR_TYPE_CHAR && !texts->failed)
		texts->length = start + weir__unpadded_length(texts->data + start, texts->length - start);
	weir__buffer_append_char(texts, '\0');
	value->as.text = (const char *)(uintptr_t)start;
}

/* The same as bytes, which are written there in base64. */
static bool keep_bytes(weir__json_import *import, size_t start, weir_value *value)
{
	weir__buffer *texts = &import->texts;
	char         *at = texts->data + start;

	if (!weir__base64_read(at, texts->length - start, at, &value->as.bytes.length))
		return false;
	texts->length = start + value->as.bytes.length;
	value->as.bytes.data = (const void *)(uintptr_t)start;
	return true;
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

static bool read_number_word(const char *text, size_t length, weir_value *value)
{
	if (value->type == WEIR_TYPE_INT8)
		return weir__integer_read(text, text + length, &value->as.integer) == text + length;
	return read_word(text, length, &value->as.number);
}

/* A value of a type that is no text from the content of a string. */
static bool read_content(const char *text, size_t length, weir_value *value)
{
	const weir__value_text *form = weir__value_text_of(value->type);
	uint64_t                member[3];
	bool                    read;

	if (value->type == WEIR_TYPE_INT8 || value->type == WEIR_TYPE_FLOAT4 || value->type == WEIR_TYPE_FLOAT8)
		return read_number_word(text, length, value);
	read = form && form->read(text, length, member);
	if (read)
		weir__value_load(value, member);
	return read;
}

int weir__json_import_string(weir__json_import *import, size_t column, size_t start)
{
	weir__buffer *texts = &import->texts;
	weir_value   *value = value_of(import, column);
	bool          read;

	if (texts->failed)
		return WEIR_OK;
	if (weir__type_is_text(value->type) && value->type != WEIR_TYPE_JSONB) {
		keep_text(import, start, value);
		return WEIR_OK;
	}
	if (value->type == WEIR_TYPE_BYTEA) {
		read = keep_bytes(import, start, value);
	} else {
		read = read_content(texts->data + start, texts->length - start, value);
		texts->length = start;
	}
	return read ? WEIR_OK : refuse_value(import, column);
}

static bool read_float(const char *text, size_t length, weir_value *value)
{
	double number;

	if (weir__double_read(text, text + length, &number) != text + length)
		return false;
	if (value->type == WEIR_TYPE_FLOAT4)
		number = (double)(float)number;
	value->as.number = number;
	return isfinite(number);
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
	case WEIR_TYPE_FLOAT4:
	case WEIR_TYPE_FLOAT8:
		return read_float(text, length, value);
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

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		at++;
	return at;
}

static int import_value(weir__json_import *import, size_t column, const char *text, size_t length)
{
	size_t      start = import->texts.length;
	bool        nullable = import->in_array || import->layout->columns[column].nullable;
	weir_value *value = value_of(import, column);

	if (length == 4 && memcmp(text, "null", length) == 0 && (value->type != WEIR_TYPE_JSONB || nullable)) {
		value->is_null = true;
		return WEIR_OK;
	}
	if (*text == '"' && value->type != WEIR_TYPE_JSONB) {
		if (import->in_array && !import->items.failed)
			import->items.length -= sizeof *value; /* its place is taken again */
		weir__json_string_unescape(&import->texts, text, length);
		return weir__json_import_string(import, column, start);
	}
	return read_json(import, text, length, value) ? WEIR_OK : refuse_value(import, column);
}

/* The items between brackets, of text that is known to be JSON. */
static int import_items(weir__json_import *import, size_t column, const char *text, size_t length)
{
	const char *end = text + length - 1;
	const char *at = skip_blanks(text + 1);
	int         status = WEIR_OK;

	weir__json_import_open(import, column);
	while (at < end && status == WEIR_OK) {
		size_t size = 0;
		(void)weir__json_scan(at, (size_t)(end - at), &size);
		status = import_value(import, column, at, size);
		at = skip_blanks(at + size);
		if (at < end)
			at = skip_blanks(at + 1); /* the comma */
	}
	if (status == WEIR_OK)
		weir__json_import_close(import, column);
	return status;
}

int weir__json_import_text(weir__json_import *import, size_t column, const char *text, size_t length)
{
	if (*text == '[' && weir__type_is_array(weir__json_import_type(import, column)))
		return import_items(import, column, text, length);
	return import_value(import, column, text, length);
}

/* Sets the pointer of a text or bytes, which was where they begin in texts, to there in memory. */
static void set_pointer(weir_value *value, const char *texts)
{
	if (value->is_null || !weir__type_is_pointer(value->type) || weir__type_is_array(value->type))
		return;
	if (value->type == WEIR_TYPE_BYTEA)
		value->as.bytes.data = texts + (uintptr_t)value->as.bytes.data;
	else
		value->as.text = texts + (uintptr_t)value->as.text;
}

static int check_items(const weir__json_import *import, size_t column, const weir_value *array)
{
	size_t first = (size_t)(uintptr_t)array->as.array.items;
	int    status = WEIR_OK;

	for (size_t i = 0; i < array->as.array.count && status == WEIR_OK; i++) {
		weir_value item = *item_at(import, first + i);
		set_pointer(&item, import->texts.data);
		if (!item.is_null)
			status = weir__item_check(import->layout, column, &item, import->err);
	}
	return status;
}

static int check_value(const weir__json_import *import, size_t column)
{
	weir_value value = import->values[column];

	if (weir__type_is_array(value.type) && !value.is_null)
		return check_items(import, column, &value);
	set_pointer(&value, import->texts.data);
	return weir__value_check(import->layout, column, &value, import->err);
}

static int check_values(const weir__json_import *import)
{
	const weir__layout *layout = import->layout;
	int                 status = WEIR_OK;

	if (import->texts.failed || import->items.failed)
		return weir__error_no_memory(import->err);
	for (size_t i = 0; i < layout->column_count && status == WEIR_OK; i++) {
		if (!(import->wanted >> i & 1))
			continue;
		if (!(import->found >> i & 1))
			return refuse_member(import, layout->columns[i].name, "is missing");
		status = check_value(import, i);
	}
	return status;
}

static size_t aligned_size(size_t size)
{
	return (size + WEIR__ITEM_ALIGN - 1) / WEIR__ITEM_ALIGN * WEIR__ITEM_ALIGN;
}

/* What the items of all arrays take, and the first may lose to be aligned; 0 where there are none. */
static size_t items_size(const weir__json_import *import)
{
	size_t size = 0;

	for (size_t i = 0; i < import->layout->column_count; i++) {
		const weir_value *value = &import->values[i];
		if (import->found >> i & 1 && weir__type_is_array(value->type) && !value->is_null)
			size += aligned_size(value->as.array.count * weir__item_size(weir__type_item(value->type)));
	}
	return import->layout->json_item_size > 0 ? size + WEIR__ITEM_ALIGN : 0;
}

/* Writes the items at *memory, which moves behind them. */
static void place_items(const weir__json_import *import, weir_value *array, char **memory, const char *texts)
{
	weir_type item = weir__type_item(array->type);
	size_t    first = (size_t)(uintptr_t)array->as.array.items;
	size_t    size = aligned_size(array->as.array.count * weir__item_size(item));

	memset(*memory, 0, size);
	for (size_t i = 0; i < array->as.array.count; i++) {
		weir_value value = *item_at(import, first + i);
		set_pointer(&value, texts);
		weir__value_store_item(&value, item, *memory, i);
	}
	array->as.array.items = *memory;
	*memory += size;
}

static void store_column(const weir__column *column, const weir_value *value, void *record)
{
	char *member = (char *)record + column->offset;

	if (column->optional)
		*(bool *)member = true; /* .has comes first */
	weir__value_store(value, member + column->value_at);
}

static void fill(const weir__json_import *import, void *record, char *memory, char *texts)
{
	const weir__layout *layout = import->layout;

	memory += (WEIR__ITEM_ALIGN - (uintptr_t)memory % WEIR__ITEM_ALIGN) % WEIR__ITEM_ALIGN;
	if (import->texts.length > 0)
		memcpy(texts, import->texts.data, import->texts.length);
	for (size_t i = 0; i < layout->column_count; i++) {
		weir_value value = import->values[i];
		if (!(import->found >> i & 1) || value.is_null)
			continue;
		if (weir__type_is_array(value.type))
			place_items(import, &value, &memory, texts);
		else
			set_pointer(&value, texts);
		store_column(&layout->columns[i], &value, record);
	}
}

int weir__json_import_finish(weir__json_import *import, void *record)
{
	int    status = check_values(import);
	size_t size;
	char  *memory;
	void  *made;

	if (status != WEIR_OK)
		return status;
	size = items_size(import);
	made = weir__record_create(import->layout, size + import->texts.length, &memory);
	if (!made)
		return weir__error_no_memory(import->err);
	fill(import, made, memory, memory + size);
	weir__record_out_set(record, made);
	return WEIR_OK;
}
