/* The table of the types on the wire, and what is done with it. Times are microseconds since 2000-01-01 there and since
 * 1970-01-01 here. Which integer stands for which infinity is the same on both sides. */
#include "db/wire.h"

#include "models/time.h"
#include "models/value_type.h"

#include <stddef.h>
#include <string.h>

#define POSTGRES_EPOCH_US INT64_C(946684800000000)
#define JSONB_VERSION     1
#define OID_TEXT          25

/* Writers get a value of a fitting type, readers bytes of the right size (fixed) or what the measure accepted. */
typedef int (*wire_writer)(const weir_value *value, weir__buffer *out, const char **reason);
typedef int (*wire_reader)(const char *bytes, size_t length, void *member, char **text);
typedef int (*wire_measure)(const char *bytes, size_t length, size_t *size);

typedef struct wire_type {
	Oid          oid;
	Oid          array_oid;
	const char  *array_name;
	size_t       fixed_size; /* bytes of each value; 0: they differ */
	wire_measure measure;
	wire_writer  write;
	wire_reader  read;
} wire_type;

/* ---- writers ------------------------------------------------------------------------------------------------------- */

static int write_bool(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append_char(out, value->as.boolean ? 1 : 0);
	return WEIR_OK;
}

static int write_int2(const weir_value *value, weir__buffer *out, const char **reason)
{
	if (value->as.integer < INT16_MIN || value->as.integer > INT16_MAX) {
		*reason = "the number does not fit int2";
		return WEIR_ERR_VALUE;
	}
	weir__append_be(out, 2, (uint64_t)value->as.integer);
	return WEIR_OK;
}

static int write_int4(const weir_value *value, weir__buffer *out, const char **reason)
{
	if (value->as.integer < INT32_MIN || value->as.integer > INT32_MAX) {
		*reason = "the number does not fit int4";
		return WEIR_ERR_VALUE;
	}
	weir__append_be(out, 4, (uint64_t)value->as.integer);
	return WEIR_OK;
}

static int write_int8(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__append_be(out, 8, (uint64_t)value->as.integer);
	return WEIR_OK;
}

static int write_float8(const weir_value *value, weir__buffer *out, const char **reason)
{
	uint64_t bits;

	(void)reason;
	memcpy(&bits, &value->as.number, sizeof bits);
	weir__append_be(out, 8, bits);
	return WEIR_OK;
}

static int write_numeric(const weir_value *value, weir__buffer *out, const char **reason)
{
	return weir__numeric_encode(value->as.text, out, reason);
}

static int write_text(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append_text(out, value->as.text);
	return WEIR_OK;
}

static int write_time(const weir_value *value, weir__buffer *out, const char **reason)
{
	int64_t us = value->as.integer;
	bool    infinite = us == INT64_MIN || us == INT64_MAX;

	if (!infinite && us < WEIR__TIME_MIN_US) {
		*reason = "the time lies before PostgreSQL's first, 4714-11-24 BC";
		return WEIR_ERR_VALUE;
	}
	weir__append_be(out, 8, (uint64_t)(infinite ? us : us - POSTGRES_EPOCH_US));
	return WEIR_OK;
}

static int write_uuid(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append(out, value->as.uuid.bytes, sizeof value->as.uuid.bytes);
	return WEIR_OK;
}

static int write_jsonb(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append_char(out, JSONB_VERSION);
	weir__buffer_append_text(out, value->as.text);
	return WEIR_OK;
}

/* ---- readers ------------------------------------------------------------------------------------------------------- */

static int read_bool(const char *bytes, size_t length, void *member, char **text)
{
	bool value = bytes[0] != 0;

	(void)length;
	(void)text;
	memcpy(member, &value, sizeof value);
	return WEIR_OK;
}

static int read_int2(const char *bytes, size_t length, void *member, char **text)
{
	uint16_t value = weir__load_be16(bytes);

	(void)length;
	(void)text;
	memcpy(member, &value, sizeof value);
	return WEIR_OK;
}

static int read_int4(const char *bytes, size_t length, void *member, char **text)
{
	uint32_t value = weir__load_be32(bytes);

	(void)length;
	(void)text;
	memcpy(member, &value, sizeof value);
	return WEIR_OK;
}

/* Also float8, of the same bits. */
static int read_int8(const char *bytes, size_t length, void *member, char **text)
{
	uint64_t value = weir__load_be64(bytes);

	(void)length;
	(void)text;
	memcpy(member, &value, sizeof value);
	return WEIR_OK;
}

static int read_time(const char *bytes, size_t length, void *member, char **text)
{
	uint64_t bits = weir__load_be64(bytes);
	int64_t  us;

	(void)length;
	(void)text;
	memcpy(&us, &bits, sizeof us);
	if (us != INT64_MIN && us != INT64_MAX) {
		if (us >= INT64_MAX - POSTGRES_EPOCH_US)
			return WEIR_ERR_VALUE;
		us += POSTGRES_EPOCH_US;
	}
	memcpy(member, &us, sizeof us);
	return WEIR_OK;
}

static int read_uuid(const char *bytes, size_t length, void *member, char **text)
{
	(void)text;
	memcpy(member, bytes, length);
	return WEIR_OK;
}

static int read_numeric(const char *bytes, size_t length, void *member, char **text)
{
	const char *start = *text;

	(void)length;
	*text = weir__numeric_decode(bytes, *text);
	memcpy(member, &start, sizeof start);
	return WEIR_OK;
}

static int read_text(const char *bytes, size_t length, void *member, char **text)
{
	const char *start = *text;

	if (memchr(bytes, '\0', length))
		return WEIR_ERR_SCHEMA;
	memcpy(*text, bytes, length);
	(*text)[length] = '\0';
	*text += length + 1;
	memcpy(member, &start, sizeof start);
	return WEIR_OK;
}

static int read_jsonb(const char *bytes, size_t length, void *member, char **text)
{
	return read_text(bytes + 1, length - 1, member, text);
}

static int measure_text(const char *bytes, size_t length, size_t *size)
{
	(void)bytes;
	*size = length + 1;
	return WEIR_OK;
}

static int measure_jsonb(const char *bytes, size_t length, size_t *size)
{
	if (length == 0 || bytes[0] != JSONB_VERSION)
		return WEIR_ERR_SCHEMA;
	*size = length;
	return WEIR_OK;
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static const wire_type types[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = { 16, 1000, "bool[]", 1, NULL, write_bool, read_bool },
	[WEIR_TYPE_INT2] = { 21, 1005, "int2[]", 2, NULL, write_int2, read_int2 },
	[WEIR_TYPE_INT4] = { 23, 1007, "int4[]", 4, NULL, write_int4, read_int4 },
	[WEIR_TYPE_INT8] = { WEIR__OID_INT8, 1016, "int8[]", 8, NULL, write_int8, read_int8 },
	[WEIR_TYPE_FLOAT8] = { 701, 1022, "float8[]", 8, NULL, write_float8, read_int8 },
	[WEIR_TYPE_NUMERIC] = { 1700, 1231, "numeric[]", 0, weir__numeric_text_size, write_numeric, read_numeric },
	[WEIR_TYPE_TEXT] = { OID_TEXT, 1009, "text[]", 0, measure_text, write_text, read_text },
	[WEIR_TYPE_TIMESTAMPTZ] = { 1184, 1185, "timestamptz[]", 8, NULL, write_time, read_time },
	[WEIR_TYPE_TIMESTAMP] = { 1114, 1115, "timestamp[]", 8, NULL, write_time, read_time },
	[WEIR_TYPE_UUID] = { 2950, 2951, "uuid[]", 16, NULL, write_uuid, read_uuid },
	[WEIR_TYPE_JSONB] = { 3802, 3807, "jsonb[]", 0, measure_jsonb, write_jsonb, read_jsonb },
};

static const Oid text_like[] = { OID_TEXT, 1043 /* varchar */, 1042 /* char(n) */, 19 /* name */, 705 /* unknown */ };

Oid weir__wire_oid(weir_type type)
{
	return type == WEIR_TYPE_TEXT ? 0 : types[type].oid;
}

Oid weir__wire_array_oid(weir_type type)
{
	return types[type].array_oid;
}

Oid weir__wire_column_oid(weir_type type)
{
	return types[type].oid;
}

const char *weir__wire_array_name(weir_type type)
{
	return types[type].array_name;
}

bool weir__wire_accepts(weir_type type, Oid oid)
{
	if (types[type].oid == oid)
		return true;
	for (size_t i = 0; type == WEIR_TYPE_TEXT && i < sizeof text_like / sizeof text_like[0]; i++)
		if (text_like[i] == oid)
			return true;
	return false;
}

/* ---- encoding -------------------------------------------------------------------------------------------------------- */

static bool is_integer(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8;
}

int weir__wire_encode(weir_type type, const weir_value *value, weir__buffer *out, const char **reason)
{
	if (value->type != type && !(is_integer(type) && is_integer(value->type))) {
		*reason = "the value is of another type than the column";
		return WEIR_ERR_USAGE;
	}
	return types[type].write(value, out, reason);
}

/* One element: its length, -1 for NULL, and its bytes. */
static int encode_element(weir_type type, const weir_value *value, weir__buffer *out, const char **reason)
{
	size_t at = out->length;

	bool is_null = weir__value_is_null(value);

	weir__append_be(out, 4, is_null ? UINT32_MAX : 0);
	if (is_null)
		return WEIR_OK;
	int    status = weir__wire_encode(type, value, out, reason);
	size_t size = out->length - at - 4;
	if (status == WEIR_OK && size > INT32_MAX) {
		*reason = "the value is too large to be sent";
		status = WEIR_ERR_VALUE;
	}
	if (status == WEIR_OK && !out->failed)
		weir__store_be(out->data + at, 4, size);
	return status;
}

/* Dimensions, "has NULLs", the type of the elements, and for the one dimension its size and first index. */
static void encode_array_header(weir_type type, size_t count, weir__buffer *out)
{
	weir__append_be(out, 4, count > 0 ? 1 : 0);
	weir__append_be(out, 4, 0);
	weir__append_be(out, 4, types[type].oid);
	if (count == 0)
		return;
	weir__append_be(out, 4, count);
	weir__append_be(out, 4, 1);
}

int weir__wire_encode_array(weir_type type, const weir__value_source *source, weir__buffer *out, const char **reason)
{
	size_t start = out->length;
	int    status = source->count > INT32_MAX ? WEIR_ERR_VALUE : WEIR_OK;
	bool   has_null = false;

	*reason = "the array has too many values";
	encode_array_header(type, source->count, out);
	for (size_t i = 0; i < source->count && status == WEIR_OK && !out->failed; i++) {
		weir_value value = source->get(source->context, i);
		has_null |= weir__value_is_null(&value);
		status = encode_element(type, &value, out, reason);
	}
	if (status != WEIR_OK)
		out->length = start;
	else if (has_null && !out->failed)
		weir__store_be(out->data + start + 4, 4, 1);
	return status;
}

/* ---- decoding -------------------------------------------------------------------------------------------------------- */

int weir__wire_text_size(weir_type type, const char *bytes, size_t length, size_t *size)
{
	const wire_type *wire = &types[type];

	*size = 0;
	if (wire->measure)
		return wire->measure(bytes, length, size);
	return length == wire->fixed_size ? WEIR_OK : WEIR_ERR_SCHEMA;
}

static inline int read_member(const wire_type *wire, const char *bytes, size_t length, void *member, char **text)
{
	if (wire->fixed_size && length != wire->fixed_size)
		return WEIR_ERR_SCHEMA;
	return wire->read(bytes, length, member, text);
}

int weir__wire_store(const weir__column *column, const char *bytes, size_t length, void *record, char **text)
{
	char *member = (char *)record + column->offset;

	if (column->optional) {
		static const bool has = true;
		memcpy(member, &has, sizeof has);
		member += weir__value_type_of(column->type)->opt_at;
	}
	return read_member(&types[column->type], bytes, length, member, text);
}

int weir__wire_decode(weir_type type, const char *bytes, size_t length, weir_value *value, char **text)
{
	weir_value read = { .type = type };
	int16_t    small = 0;
	int32_t    medium = 0;
	void      *member = type == WEIR_TYPE_INT2   ? (void *)&small
	                    : type == WEIR_TYPE_INT4 ? (void *)&medium
	                                             : (void *)&read.as;
	int        status = read_member(&types[type], bytes, length, member, text);

	if (status != WEIR_OK)
		return status;
	if (type == WEIR_TYPE_INT2)
		read.as.integer = small;
	else if (type == WEIR_TYPE_INT4)
		read.as.integer = medium;
	*value = read;
	return WEIR_OK;
}
