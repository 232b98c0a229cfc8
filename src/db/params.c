/* Sets of parameters: growing arrays, and the bytes that values are encoded into. */
#include "db/params.h"

#include "base/error.h"
#include "base/memory.h"
#include "db/wire.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#define BORROWED SIZE_MAX
#define BINARY   1 /* libpq's numbers */
#define AS_TEXT  0

static void use_inline_arrays(weir__params *params)
{
	params->types = params->inline_types;
	params->values = params->inline_values;
	params->lengths = params->inline_lengths;
	params->formats = params->inline_formats;
	params->offsets = params->inline_offsets;
	params->capacity = WEIR__PARAMS_INLINE;
}

int weir__params_create(weir__params **params, weir_error *err)
{
	weir__params *made = weir__malloc(sizeof *made); /* no calloc, for which glibc's allocator has no fast way */

	if (!made)
		return weir__error_no_memory(err);
	memset(made, 0, offsetof(weir__params, inline_types));
	use_inline_arrays(made);
	*params = made;
	return WEIR_OK;
}

void weir__params_free(weir__params *params)
{
	if (!params)
		return;
	weir__buffer_release(&params->bytes);
	weir__free(params->grown);
	weir__free(params);
}

void weir__params_clear(weir__params *params)
{
	params->count = 0;
	params->status = WEIR_OK;
	params->reason = NULL;
	weir__buffer_clear(&params->bytes);
}

size_t weir__params_count(const weir__params *params)
{
	return (size_t)params->count;
}

int weir__params_status(const weir__params *params, weir_error *err)
{
	if (params->status == WEIR_ERR_NO_MEMORY)
		return weir__error_no_memory(err);
	if (params->status != WEIR_OK)
		return weir__error_set(err, params->status, "parameter $%d: %s", params->count + 1, params->reason);
	return WEIR_OK;
}

static void fail(weir__params *params, int status, const char *reason)
{
	params->status = status;
	params->reason = reason;
}

/* Moves the arrays into one block of twice the size; the widest come first, so that all are aligned. */
static bool grow(weir__params *params)
{
	size_t capacity = (size_t)params->capacity * 2;
	size_t count = (size_t)params->count;
	size_t each = sizeof *params->offsets + sizeof *params->values + sizeof *params->types + sizeof *params->lengths +
	              sizeof *params->formats;
	char *block = weir__malloc(capacity * each);

	if (!block)
		return false;
	size_t      *offsets = (size_t *)(void *)block;
	const char **values = (const char **)(void *)(offsets + capacity);
	Oid         *types = (Oid *)(void *)(values + capacity);
	int         *lengths = (int *)(void *)(types + capacity);
	int         *formats = lengths + capacity;
	memcpy(offsets, params->offsets, count * sizeof *offsets);
	memcpy(values, params->values, count * sizeof *values);
	memcpy(types, params->types, count * sizeof *types);
	memcpy(lengths, params->lengths, count * sizeof *lengths);
	memcpy(formats, params->formats, count * sizeof *formats);
	weir__free(params->grown);
	params->grown = block;
	params->offsets = offsets;
	params->values = values;
	params->types = types;
	params->lengths = lengths;
	params->formats = formats;
	params->capacity = (int)capacity;
	return true;
}

/* Is all well so far, and is there room for one more in the arrays? */
static bool has_room(weir__params *params)
{
	if (params->status != WEIR_OK)
		return false;
	if (params->count == WEIR__PARAMS_MAX)
		fail(params, WEIR_ERR_LIMIT, "a statement has at most 65535 parameters");
	else if (params->count == params->capacity && !grow(params))
		fail(params, WEIR_ERR_NO_MEMORY, NULL);
	return params->status == WEIR_OK;
}

static void add_borrowed(weir__params *params, Oid type, const char *bytes, size_t length)
{
	if (!has_room(params))
		return;
	if (length > INT_MAX) {
		fail(params, WEIR_ERR_VALUE, "the value is too large to be sent");
		return;
	}
	params->types[params->count] = type;
	params->formats[params->count] = BINARY;
	params->values[params->count] = bytes;
	params->lengths[params->count] = (int)length;
	params->offsets[params->count] = BORROWED;
	params->count++;
}

/* What is being appended to the bytes, which may move meanwhile. */
typedef struct addition {
	const char *old; /* where the bytes were */
	size_t      start;
	bool        as_text;
} addition;

/* From now on there are bytes: a value without any must not be at NULL, which means SQL's. */
static addition begin(weir__params *params)
{
	const addition begun = { .old = params->bytes.data, .start = params->bytes.length };

	(void)weir__buffer_reserve(&params->bytes, 1);
	return begun;
}

static void follow_moved_bytes(weir__params *params)
{
	for (int i = 0; i < params->count; i++)
		if (params->offsets[i] != BORROWED)
			params->values[i] = params->bytes.data + params->offsets[i];
}

/* Makes a parameter of what was appended; status and reason say how that went. */
static void end(weir__params *params, const addition *added, Oid type, int status, const char *reason)
{
	size_t length = params->bytes.length - added->start;

	if (added->as_text)
		weir__buffer_append_char(&params->bytes, '\0'); /* where libpq looks for its end */
	if (params->bytes.data != added->old)
		follow_moved_bytes(params);
	if (params->bytes.failed) {
		status = WEIR_ERR_NO_MEMORY;
	} else if (status == WEIR_OK && length > INT_MAX) {
		status = WEIR_ERR_VALUE;
		reason = "the value is too large to be sent";
	}
	if (status != WEIR_OK) {
		params->bytes.length = added->start;
		fail(params, status, reason);
		return;
	}
	params->types[params->count] = type;
	params->formats[params->count] = added->as_text ? AS_TEXT : BINARY;
	params->values[params->count] = params->bytes.data + added->start;
	params->lengths[params->count] = (int)length;
	params->offsets[params->count] = added->start;
	params->count++;
}

/* Whose bytes are sent as they lie there. */
static bool is_plain_text(weir_type column_type, weir_type type)
{
	bool has_face = column_type == WEIR_TYPE_TEXT || column_type == WEIR_TYPE_ENUM || column_type == WEIR_TYPE_CHAR;

	return has_face && (type == WEIR_TYPE_TEXT || type == column_type);
}

static void add_any(weir__params *params, weir_type column_type, const weir_value *value)
{
	addition    added = begin(params);
	Oid         type = weir__wire_oid(column_type);
	const char *reason = NULL;

	if (weir__value_is_null(value)) {
		add_borrowed(params, type, NULL, 0);
	} else if (is_plain_text(column_type, value->type)) {
		add_borrowed(params, type, value->as.text, strlen(value->as.text));
	} else if (has_room(params)) {
		added.as_text = weir__wire_is_sent_as_text(column_type);
		int status = added.as_text ? weir__wire_encode_as_text(column_type, value, &params->bytes, &reason)
		                           : weir__wire_encode(column_type, value, &params->bytes, &reason);
		end(params, &added, type, status, reason);
	}
}

/* Most keys and limits: no memory is needed for them. */
static bool add_int8(weir__params *params, weir_type column_type, const weir_value *value)
{
	char *number;

	if (column_type != WEIR_TYPE_INT8 || value->type != WEIR_TYPE_INT8 || value->is_null ||
	    params->count >= WEIR__PARAMS_INLINE)
		return false;
	number = params->inline_numbers[params->count];
	weir__store_be(number, sizeof params->inline_numbers[0], (uint64_t)value->as.integer);
	add_borrowed(params, weir__wire_oids[WEIR_TYPE_INT8], number, sizeof params->inline_numbers[0]);
	return true;
}

void weir__params_add(weir__params *params, weir_type column_type, const weir_value *value)
{
	if (!add_int8(params, column_type, value))
		add_any(params, column_type, value);
}

static void add_items(weir__params *params, weir_type type, Oid oid, bool as_text, const weir__value_source *source)
{
	addition    added = begin(params);
	const char *reason = NULL;

	if (!has_room(params))
		return;
	added.as_text = as_text;
	int status = weir__wire_encode_array(type, as_text, source, &params->bytes, &reason);
	end(params, &added, oid, status, reason);
}

void weir__params_add_array(weir__params *params, weir_type column_type, size_t count,
                            weir_value (*get)(const void *context, size_t i), const void *context)
{
	const weir__value_source source = { .get = get, .context = context, .count = count };

	if (weir__type_is_array(column_type)) {
		fail(params, WEIR_ERR_USAGE, "arrays of arrays cannot be sent");
		return;
	}
	add_items(params, column_type, weir__wire_array_oid(column_type), column_type == WEIR_TYPE_ENUM, &source);
}

void weir__params_add_items(weir__params *params, weir_type array_type, const weir__value_source *source)
{
	add_items(params, weir__type_item(array_type), weir__wire_oid(array_type), weir__wire_is_sent_as_text(array_type),
	          source);
}

void weir__params_add_i64(weir__params *params, int64_t number)
{
	const weir_value value = { .type = WEIR_TYPE_INT8, .as.integer = number };

	weir__params_add(params, WEIR_TYPE_INT8, &value);
}

void weir__params_add_pattern(weir__params *params, const char *prefix, const char *text, const char *suffix)
{
	addition added = begin(params);

	if (!has_room(params))
		return;
	weir__buffer_append_text(&params->bytes, prefix);
	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			weir__buffer_append_char(&params->bytes, '\\');
		weir__buffer_append_char(&params->bytes, *text);
	}
	weir__buffer_append_text(&params->bytes, suffix);
	end(params, &added, weir__wire_oid(WEIR_TYPE_TEXT), WEIR_OK, NULL);
}

int weir__params_add_column(weir__params *params, const weir__layout *layout, size_t column, const void *values,
                            weir_error *err)
{
	weir_value value = weir__layout_get(layout, column, values);
	bool       takes_any = weir__column_takes_any(&layout->columns[column]);
	int        status = takes_any ? WEIR_OK : weir__value_check(layout, column, &value, err);

	if (status == WEIR_OK)
		weir__params_add(params, layout->columns[column].type, &value);
	return status;
}

int weir__params_add_columns(weir__params *params, const weir__layout *layout, weir__mask mask, const void *values,
                             weir_error *err)
{
	int status = WEIR_OK;

	for (size_t i = 0; status == WEIR_OK && i < layout->column_count; i++)
		if (mask >> i & 1)
			status = weir__params_add_column(params, layout, i, values, err);
	return status;
}
