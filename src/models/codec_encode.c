/* Writing records. Bytes go to a cursor into the buffer. Before each value there is room for all prefixes and for the largest value
 * of every type that has no bytes of its own, of all columns; a text makes sure of that once more behind itself. So nothing is
 * measured twice, and the buffer asked once a text. */
#include "models/codec.h"

#include "models/base64.h"
#include "models/codec_time.h"
#include "models/json_string.h"
#include "models/number.h"
#include "models/time.h"
#include "models/value_text.h"
#include "models/value_type.h"

#include <math.h>

#define INLINE     static inline __attribute__((always_inline)) /* of columns, although items of arrays use them too */
#define VALUE_ROOM 64                                           /* any value but a text, and what stands around it */

struct writer {
	const weir__layout *layout;
	weir__buffer       *buffer;
	weir__mask          columns;
	size_t              room;       /* what there must be behind a text */
	bool                marks_null; /* a JSON null that is not NULL */
};

/* A short piece, by overlapping words where it is long enough for them. */
static char *put(char *at, const char *bytes, size_t length)
{
	size_t i = 0;

	if (length < sizeof(uint64_t))
		return (char *)memcpy(at, bytes, length) + length;
	for (; length - i > sizeof(uint64_t); i += sizeof(uint64_t))
		memcpy(at + i, bytes + i, sizeof(uint64_t));
	memcpy(at + length - sizeof(uint64_t), bytes + length - sizeof(uint64_t), sizeof(uint64_t));
	return at + length;
}

static char *put_bool(char *at, bool value)
{
	return value ? put(at, "true", 4) : put(at, "false", 5);
}

static char *put_int8(char *at, int64_t value)
{
	if (value >= -WEIR__EXACT_MAX && value <= WEIR__EXACT_MAX)
		return weir__integer_write(at, value);
	*at++ = '"';
	at = weir__integer_write(at, value);
	*at++ = '"';
	return at;
}

static char *put_float8(char *at, double value)
{
	if (isfinite(value))
		return weir__double_write(at, value);
	if (isnan(value))
		return put(at, "\"NaN\"", 5);
	return value < 0 ? put(at, "\"-Infinity\"", 11) : put(at, "\"Infinity\"", 10);
}

static char *put_float4(char *at, float value)
{
	return isfinite(value) ? weir__float_write(at, value) : put_float8(at, (double)value);
}

static char *put_time(char *at, int64_t us, bool zoned)
{
	*at++ = '"';
	at = weir__codec_time_write(at, us, zoned);
	*at++ = '"';
	return at;
}

static char *put_uuid(char *at, const weir_uuid *uuid)
{
	*at++ = '"';
	weir__uuid_write(uuid, at);
	at += WEIR_UUID_TEXT_MAX - 1;
	*at++ = '"';
	return at;
}

/* A JSON null where NULL is possible too is told from it by a blank. */
static char *put_json(const struct writer *w, char *at, const weir__column *column, const char *text)
{
	size_t length = strlen(text);

	if (w->marks_null && column->nullable && strcmp(text, "null") == 0)
		*at++ = ' ';
	at = weir__json_room(w->buffer, at, length + w->room);
	if (!at)
		return NULL;
	memcpy(at, text, length); /* NOLINT(bugprone-not-null-terminated-result): more follows */
	return at + length;
}

static char *put_bytea(const struct writer *w, char *at, const weir_bytea *bytes)
{
	at = weir__json_room(w->buffer, at, weir__base64_length(bytes->length) + w->room);
	if (!at)
		return NULL;
	*at++ = '"';
	at = weir__base64_write(at, bytes->data, bytes->length);
	*at++ = '"';
	return at;
}

static char *put_text(const struct writer *w, char *at, const char *text)
{
	return weir__json_string_write(w->buffer, at, text, w->room);
}

static char *put_array(const struct writer *w, char *at, weir_type type, const weir_i32_array *array);

/* The types that are rare, and texts: numeric and json are structs of one pointer to text. */
static char *put_other(const struct writer *w, char *at, weir_type type, const void *member)
{
	const weir__value_text *form = weir__value_text_of(type);

	if (weir__type_is_array(type))
		return put_array(w, at, type, member);
	if (type == WEIR_TYPE_BYTEA)
		return put_bytea(w, at, member);
	if (!form)
		return put_text(w, at, *(const char *const *)member);
	*at++ = '"';
	at += form->write(member, at);
	*at++ = '"';
	return at;
}

INLINE char *put_value(const struct writer *w, char *at, const weir__column *column, const void *member)
{
	switch (column->type) {
	case WEIR_TYPE_BOOL:
		return put_bool(at, *(const bool *)member);
	case WEIR_TYPE_INT2:
		return weir__integer_write(at, *(const int16_t *)member);
	case WEIR_TYPE_INT4:
		return weir__integer_write(at, *(const int32_t *)member);
	case WEIR_TYPE_INT8:
		return put_int8(at, *(const int64_t *)member);
	case WEIR_TYPE_FLOAT8:
		return put_float8(at, *(const double *)member);
	case WEIR_TYPE_FLOAT4:
		return put_float4(at, *(const float *)member);
	case WEIR_TYPE_TIMESTAMPTZ:
		return put_time(at, ((const weir_time *)member)->unix_us, true);
	case WEIR_TYPE_TIMESTAMP:
		return put_time(at, ((const weir_timestamp *)member)->us, false);
	case WEIR_TYPE_UUID:
		return put_uuid(at, member);
	case WEIR_TYPE_JSONB:
		return put_json(w, at, column, ((const weir_json *)member)->text);
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_NUMERIC: /* a struct of one pointer to text */
		return put_text(w, at, *(const char *const *)member);
	default:
		return put_other(w, at, column->type, member);
	}
}

/* A member that is NULL: an opt without value, or a NULL pointer even where the column takes none. */
INLINE bool is_null(const weir__column *column, const char *member)
{
	if (column->optional)
		return !*(const bool *)member; /* .has comes first */
	return (WEIR__POINTER_TYPES >> column->type & 1) && !*(const void *const *)member;
}

INLINE char *put_member(const struct writer *w, char *at, const weir__column *column, const char *member)
{
	if (is_null(column, member))
		return put(at, "null", 4);
	return put_value(w, at, column, member + column->value_at);
}

/* An item is written as a nullable column is. Members of all arrays are alike. */
static char *put_array(const struct writer *w, char *at, weir_type type, const weir_i32_array *array)
{
	const weir_type    item = weir__type_item(type);
	const size_t       size = weir__item_size(item);
	const weir__column column = weir__layout_item(item);
	const char        *member = (const char *)array->items;

	*at++ = '[';
	for (size_t i = 0; i < array->count; i++, member += size) {
		at = weir__json_room(w->buffer, at, w->room);
		if (!at)
			return NULL;
		if (i > 0)
			*at++ = ',';
		at = put_member(w, at, &column, member);
		if (!at)
			return NULL;
	}
	at = weir__json_room(w->buffer, at, w->room);
	if (at)
		*at++ = ']';
	return at;
}

/* Writes one column behind an opening bracket or a comma. */
static char *put_column(const struct writer *w, char *at, const weir__column *column, const void *record)
{
	at = put(at, column->json_prefix + 1, column->json_prefix_length - 1);
	return put_member(w, at, column, (const char *)record + column->offset);
}

/* Writes at `at`; see weir__json_room for what it returns. */
static char *put_record(const struct writer *w, char *at, const void *record)
{
	char before = '{';

	at = weir__json_room(w->buffer, at, w->room);
	for (size_t i = 0; at && i < w->layout->column_count; i++) {
		if (!(w->columns >> i & 1))
			continue;
		*at++ = before;
		at = put_column(w, at, &w->layout->columns[i], record);
		before = ',';
	}
	if (!at)
		return NULL;
	if (before == '{')
		*at++ = '{';
	*at++ = '}';
	return at;
}

/* Behind the last value, and behind each of an array, stands less than what a value may take. */
static struct writer writer_of(const weir__layout *layout, weir__buffer *buffer)
{
	return (struct writer){
		.layout = layout,
		.buffer = buffer,
		.columns = ~(weir__mask)0,
		.room = layout->json_fixed + (layout->column_count + 1) * VALUE_ROOM,
	};
}

static void append_record(const struct writer *w, const void *record)
{
	char *at = weir__buffer_reserve(w->buffer, w->room);

	if (at)
		at = put_record(w, at, record);
	if (at)
		w->buffer->length = (size_t)(at - w->buffer->data);
}

void weir__codec_encode(const weir__layout *layout, const void *record, weir__buffer *buffer)
{
	struct writer w = writer_of(layout, buffer);

	w.marks_null = true;
	append_record(&w, record);
}

void weir__codec_encode_columns(const weir__layout *layout, weir__mask columns, const void *record,
                                weir__buffer *buffer)
{
	struct writer w = writer_of(layout, buffer);

	w.columns = columns;
	append_record(&w, record);
}

void weir__codec_encode_list(const weir__layout *layout, const void *const *items, size_t count, weir__buffer *buffer)
{
	struct writer w = writer_of(layout, buffer);
	char         *at = weir__buffer_reserve(buffer, w.room);

	w.marks_null = true;
	if (!at)
		return;
	*at++ = '[';
	for (size_t i = 0; at && i < count; i++) {
		if (i > 0)
			*at++ = ',';
		at = put_record(&w, at, items[i]);
	}
	if (!at)
		return;
	*at++ = ']';
	buffer->length = (size_t)(at - buffer->data);
}
