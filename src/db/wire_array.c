/* Arrays in PostgreSQL's binary format, and as text where their type is for the server to infer.
 *
 * Binary is: dimensions, whether there are NULLs, the type of the items, for each dimension its size and first index, then
 * each item as its length (-1: NULL) and its bytes. What is read has one dimension that begins at 1, or none. It is measured
 * first, with all lengths checked, and then read from bytes that are known to be sound. In memory the items come first,
 * aligned, and then what they point to. */
#include "db/wire.h"

#include <string.h>

#define HEADER_SIZE 12 /* without dimensions */
#define FIRST_ITEM  20 /* with one */
#define IS_NULL     UINT32_MAX
#define MAX_DIM     6

/* ---- encoding -------------------------------------------------------------------------------------------------------- */

/* One item: its length, -1 for NULL, and its bytes. */
static int encode_item(weir_type type, const weir_value *value, weir__buffer *out, const char **reason)
{
	size_t at = out->length;
	bool   is_null = weir__value_is_null(value);
	int    status = WEIR_OK;
	size_t size;

	if (type == WEIR_TYPE_TEXT && value->type == WEIR_TYPE_TEXT && !is_null) {
		weir__append_text_item(out, value->as.text);
	} else {
		weir__append_be(out, 4, is_null ? IS_NULL : 0);
		if (is_null)
			return WEIR_OK;
		status = weir__wire_encode(type, value, out, reason);
	}
	size = out->length - at - 4;
	if (status == WEIR_OK && !out->failed && size > INT32_MAX) {
		*reason = "the value is too large to be sent";
		status = WEIR_ERR_VALUE;
	}
	if (status == WEIR_OK && !out->failed)
		weir__store_be(out->data + at, 4, size);
	return status;
}

static void encode_header(weir_type type, size_t count, weir__buffer *out)
{
	weir__append_be(out, 4, count > 0 ? 1 : 0);
	weir__append_be(out, 4, 0);
	weir__append_be(out, 4,
	                type == WEIR_TYPE_ENUM ? weir__wire_column_oid(WEIR_TYPE_TEXT) : weir__wire_column_oid(type));
	if (count == 0)
		return;
	weir__append_be(out, 4, count);
	weir__append_be(out, 4, 1);
}

static int encode_binary(weir_type type, const weir__value_source *source, weir__buffer *out, const char **reason)
{
	size_t start = out->length;
	int    status = WEIR_OK;
	bool   has_null = false;

	encode_header(type, source->count, out);
	for (size_t i = 0; i < source->count && status == WEIR_OK && !out->failed; i++) {
		weir_value value = source->get(source->context, i);
		has_null |= weir__value_is_null(&value);
		status = encode_item(type, &value, out, reason);
	}
	if (has_null && !out->failed)
		weir__store_be(out->data + start + 4, 4, 1);
	return status;
}

static void append_quoted(weir__buffer *out, const char *text)
{
	weir__buffer_append_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			weir__buffer_append_char(out, '\\');
		weir__buffer_append_char(out, *text);
	}
	weir__buffer_append_char(out, '"');
}

/* {"a",NULL}: only texts are written so. */
static int encode_text(const weir__value_source *source, weir__buffer *out)
{
	weir__buffer_append_char(out, '{');
	for (size_t i = 0; i < source->count && !out->failed; i++) {
		weir_value value = source->get(source->context, i);
		if (i > 0)
			weir__buffer_append_char(out, ',');
		if (weir__value_is_null(&value))
			weir__buffer_append_text(out, "NULL");
		else
			append_quoted(out, value.as.text);
	}
	weir__buffer_append_char(out, '}');
	return WEIR_OK;
}

int weir__wire_encode_array(weir_type type, bool as_text, const weir__value_source *source, weir__buffer *out,
                            const char **reason)
{
	size_t start = out->length;
	int    status = WEIR_ERR_VALUE;

	*reason = "the array has too many values";
	if (source->count <= INT32_MAX)
		status = as_text ? encode_text(source, out) : encode_binary(type, source, out, reason);
	if (status != WEIR_OK)
		out->length = start;
	return status;
}

/* ---- decoding -------------------------------------------------------------------------------------------------------- */

static size_t padding_of(const char *at)
{
	return (WEIR__ITEM_ALIGN - (uintptr_t)at % WEIR__ITEM_ALIGN) % WEIR__ITEM_ALIGN;
}

/* The number of items, of bytes that have at least a header. */
static int read_header(weir_type item, const char *bytes, size_t length, size_t *count)
{
	uint32_t dimensions = weir__load_be32(bytes);
	Oid      oid = weir__load_be32(bytes + 8);

	*count = 0;
	if (dimensions > MAX_DIM || !(oid >= WEIR__OID_FIRST_OWN || weir__wire_accepts(item, oid)))
		return WEIR_ERR_SCHEMA;
	if (dimensions == 0)
		return length == HEADER_SIZE ? WEIR_OK : WEIR_ERR_SCHEMA;
	if (dimensions > 1)
		return WEIR_ERR_VALUE;
	if (length < FIRST_ITEM)
		return WEIR_ERR_SCHEMA;
	*count = weir__load_be32(bytes + HEADER_SIZE);
	if (*count > (length - FIRST_ITEM) / 4)
		return WEIR_ERR_SCHEMA;
	return weir__load_be32(bytes + HEADER_SIZE + 4) == 1 ? WEIR_OK : WEIR_ERR_VALUE;
}

int weir__wire_array_size(weir_type type, const char *bytes, size_t length, size_t *size)
{
	weir_type   item = weir__type_item(type);
	const char *at = bytes + FIRST_ITEM;
	const char *end = bytes + length;
	size_t      count, needed;
	int         status = length < HEADER_SIZE ? WEIR_ERR_SCHEMA : read_header(item, bytes, length, &count);

	if (status != WEIR_OK)
		return status;
	*size = WEIR__ITEM_ALIGN - 1 + count * weir__item_size(item);
	for (size_t i = 0; i < count; i++) {
		if (end - at < 4)
			return WEIR_ERR_SCHEMA;
		uint32_t item_length = weir__load_be32(at);
		at += 4;
		if (item_length == IS_NULL)
			continue;
		if (item_length > (size_t)(end - at))
			return WEIR_ERR_SCHEMA;
		status = weir__wire_text_size(item, at, item_length, &needed);
		if (status != WEIR_OK)
			return status;
		*size += needed;
		at += item_length;
	}
	return count == 0 || at == end ? WEIR_OK : WEIR_ERR_SCHEMA;
}

int weir__wire_array_read(weir_type type, const char *bytes, void *member, char **text)
{
	const weir_type         item = weir__type_item(type);
	const weir__value_type *form = weir__value_type_of(item);
	const size_t            item_size = weir__item_size(item);
	const char             *at = bytes + FIRST_ITEM;
	size_t                  count = weir__load_be32(bytes) == 0 ? 0 : weir__load_be32(bytes + HEADER_SIZE);
	char                   *to = *text + padding_of(*text);
	const weir_i32_array    array = { .items = (const void *)to, .count = count };
	int                     status = WEIR_OK;

	memset(to, 0, count * item_size);
	*text = to + count * item_size;
	for (size_t i = 0; i < count && status == WEIR_OK; i++, to += item_size) {
		uint32_t length = weir__load_be32(at);
		at += 4;
		if (length == IS_NULL)
			continue;
		if (form->opt_size > 0)
			*(bool *)to = true; /* .has comes first */
		status = weir__wire_read(item, at, length, to + (form->opt_size > 0 ? form->opt_at : 0), text);
		at += length;
	}
	memcpy(member, &array, sizeof array);
	return status;
}
