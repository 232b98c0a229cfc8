/* The table of the types on the wire, and what is done with it. Times are microseconds since 2000-01-01 there and since
 * 1970-01-01 here. Which integer stands for which infinity is the same on both sides. */
#include "db/wire.h"

#include "models/time.h"

#include <stddef.h>
#include <string.h>

#define JSONB_VERSION       1
#define OID_TEXT            25
#define POSTGRES_EPOCH_DAYS 10957
#define FAMILY_INET         2 /* PostgreSQL's own numbers */
#define FAMILY_INET6        3
#define INTERVAL_SIZE       16

/* Writers get a value of a fitting type, readers bytes of the right size (fixed) or what the measure accepted. */
typedef int (*wire_writer)(const weir_value *value, weir__buffer *out, const char **reason);
typedef int (*wire_reader)(const char *bytes, size_t length, void *member, char **text);
typedef int (*wire_measure)(const char *bytes, size_t length, size_t *size);

typedef struct wire_type {
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
	weir__append_be(out, 8, (uint64_t)(infinite ? us : us - WEIR__WIRE_EPOCH_US));
	return WEIR_OK;
}

static int write_uuid(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append(out, value->as.uuid.bytes, sizeof value->as.uuid.bytes);
	return WEIR_OK;
}

static int write_float4(const weir_value *value, weir__buffer *out, const char **reason)
{
	float    number = (float)value->as.number;
	uint32_t bits;

	(void)reason;
	memcpy(&bits, &number, sizeof bits);
	weir__append_be(out, 4, bits);
	return WEIR_OK;
}

static int write_bytea(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__buffer_append(out, value->as.bytes.data, value->as.bytes.length);
	return WEIR_OK;
}

static int write_date(const weir_value *value, weir__buffer *out, const char **reason)
{
	int64_t days = value->as.integer;
	bool    infinite = days == INT32_MIN || days == INT32_MAX;

	if (!infinite && (days < WEIR__DATE_MIN || days > WEIR__DATE_MAX)) {
		*reason = "the date is outside of those that PostgreSQL has";
		return WEIR_ERR_VALUE;
	}
	weir__append_be(out, 4, (uint64_t)(infinite ? days : days - POSTGRES_EPOCH_DAYS));
	return WEIR_OK;
}

static int write_clock(const weir_value *value, weir__buffer *out, const char **reason)
{
	if (value->as.integer < 0 || value->as.integer > WEIR__CLOCK_MAX_US) {
		*reason = "the value is no time of day";
		return WEIR_ERR_VALUE;
	}
	weir__append_be(out, 8, (uint64_t)value->as.integer);
	return WEIR_OK;
}

static int write_interval(const weir_value *value, weir__buffer *out, const char **reason)
{
	(void)reason;
	weir__append_be(out, 8, (uint64_t)value->as.interval.us);
	weir__append_be(out, 4, (uint64_t)value->as.interval.days);
	weir__append_be(out, 4, (uint64_t)value->as.interval.months);
	return WEIR_OK;
}

/* Family, prefix, whether it is a cidr, length of the address, address. */
static int write_inet(const weir_value *value, weir__buffer *out, const char **reason)
{
	const weir_inet *inet = &value->as.inet;
	size_t           size = inet->family == 4 ? 4 : 16;

	if (!weir__inet_is_valid(inet)) {
		*reason = "the value is no address";
		return WEIR_ERR_VALUE;
	}
	weir__buffer_append_char(out, inet->family == 4 ? FAMILY_INET : FAMILY_INET6);
	weir__buffer_append_char(out, (char)inet->prefix);
	weir__buffer_append_char(out, 0);
	weir__buffer_append_char(out, (char)size);
	weir__buffer_append(out, inet->bytes, size);
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
	(void)length;
	(void)text;
	return weir__wire_read_time(bytes, member);
}

static int read_date(const char *bytes, size_t length, void *member, char **text)
{
	uint32_t bits = weir__load_be32(bytes);
	int32_t  read;
	int64_t  days;

	(void)length;
	(void)text;
	memcpy(&read, &bits, sizeof read);
	days = (int64_t)read + POSTGRES_EPOCH_DAYS;
	if (read == INT32_MIN || read == INT32_MAX)
		days = read;
	else if (days < WEIR__DATE_MIN || days > WEIR__DATE_MAX)
		return WEIR_ERR_SCHEMA;
	*(int32_t *)member = (int32_t)days;
	return WEIR_OK;
}

static int read_clock(const char *bytes, size_t length, void *member, char **text)
{
	uint64_t us = weir__load_be64(bytes);

	(void)length;
	(void)text;
	if (us > (uint64_t)WEIR__CLOCK_MAX_US)
		return WEIR_ERR_SCHEMA;
	memcpy(member, &us, sizeof us);
	return WEIR_OK;
}

static int read_interval(const char *bytes, size_t length, void *member, char **text)
{
	weir_interval *interval = member;
	uint64_t       us = weir__load_be64(bytes);
	uint32_t       days = weir__load_be32(bytes + 8), months = weir__load_be32(bytes + 12);

	(void)length;
	(void)text;
	memcpy(&interval->us, &us, sizeof us);
	memcpy(&interval->days, &days, sizeof days);
	memcpy(&interval->months, &months, sizeof months);
	return WEIR_OK;
}

static int measure_inet(const char *bytes, size_t length, size_t *size)
{
	size_t expected = length > 0 && bytes[0] == FAMILY_INET ? 8 : 20;

	*size = 0;
	if (length != expected || (bytes[0] != FAMILY_INET && bytes[0] != FAMILY_INET6))
		return WEIR_ERR_SCHEMA;
	return (size_t)(unsigned char)bytes[3] == length - 4 ? WEIR_OK : WEIR_ERR_SCHEMA;
}

static int read_inet(const char *bytes, size_t length, void *member, char **text)
{
	weir_inet read = { .family = 6 };
	size_t    size;

	(void)text;
	if (measure_inet(bytes, length, &size) != WEIR_OK)
		return WEIR_ERR_SCHEMA;
	if (bytes[0] == FAMILY_INET)
		read.family = 4;
	read.prefix = (uint8_t)bytes[1];
	memcpy(read.bytes, bytes + 4, length - 4);
	if (!weir__inet_is_valid(&read))
		return WEIR_ERR_SCHEMA;
	memcpy(member, &read, sizeof read);
	return WEIR_OK;
}

static int read_bytea(const char *bytes, size_t length, void *member, char **text)
{
	const weir_bytea read = { .data = *text, .length = length };

	memcpy(*text, bytes, length);
	*text += length;
	memcpy(member, &read, sizeof read);
	return WEIR_OK;
}

static int measure_bytea(const char *bytes, size_t length, size_t *size)
{
	(void)bytes;
	*size = length;
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
	return weir__wire_take_text(bytes, length, member, text);
}

/* char(n) comes with all its blanks. */
static int read_char(const char *bytes, size_t length, void *member, char **text)
{
	return read_text(bytes, weir__unpadded_length(bytes, length), member, text);
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
	[WEIR_TYPE_BOOL] = { "bool[]", 1, NULL, write_bool, read_bool },
	[WEIR_TYPE_INT2] = { "int2[]", 2, NULL, write_int2, read_int2 },
	[WEIR_TYPE_INT4] = { "int4[]", 4, NULL, write_int4, read_int4 },
	[WEIR_TYPE_INT8] = { "int8[]", 8, NULL, write_int8, read_int8 },
	[WEIR_TYPE_FLOAT8] = { "float8[]", 8, NULL, write_float8, read_int8 },
	[WEIR_TYPE_NUMERIC] = { "numeric[]", 0, weir__numeric_text_size, write_numeric, read_numeric },
	[WEIR_TYPE_TEXT] = { "text[]", 0, measure_text, write_text, read_text },
	[WEIR_TYPE_TIMESTAMPTZ] = { "timestamptz[]", 8, NULL, write_time, read_time },
	[WEIR_TYPE_TIMESTAMP] = { "timestamp[]", 8, NULL, write_time, read_time },
	[WEIR_TYPE_UUID] = { "uuid[]", 16, NULL, write_uuid, read_uuid },
	[WEIR_TYPE_JSONB] = { "jsonb[]", 0, measure_jsonb, write_jsonb, read_jsonb },
	[WEIR_TYPE_FLOAT4] = { "float4[]", 4, NULL, write_float4, read_int4 },
	[WEIR_TYPE_CHAR] = { "bpchar[]", 0, measure_text, write_text, read_char },
	[WEIR_TYPE_ENUM] = { NULL, 0, measure_text, write_text, read_text },
	[WEIR_TYPE_BYTEA] = { "bytea[]", 0, measure_bytea, write_bytea, read_bytea },
	[WEIR_TYPE_DATE] = { "date[]", 4, NULL, write_date, read_date },
	[WEIR_TYPE_TIME] = { "time[]", 8, NULL, write_clock, read_clock },
	[WEIR_TYPE_INTERVAL] = { "interval[]", INTERVAL_SIZE, NULL, write_interval, read_interval },
	[WEIR_TYPE_INET] = { "inet[]", 0, measure_inet, write_inet, read_inet },
	[WEIR_TYPE_JSON] = { "json[]", 0, measure_text, write_text, read_text },
};

/* 0: only the server knows. */
const Oid weir__wire_oids[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = 16,
	[WEIR_TYPE_INT2] = 21,
	[WEIR_TYPE_INT4] = 23,
	[WEIR_TYPE_INT8] = WEIR__OID_INT8,
	[WEIR_TYPE_FLOAT8] = 701,
	[WEIR_TYPE_NUMERIC] = 1700,
	[WEIR_TYPE_TEXT] = OID_TEXT,
	[WEIR_TYPE_TIMESTAMPTZ] = 1184,
	[WEIR_TYPE_TIMESTAMP] = 1114,
	[WEIR_TYPE_UUID] = 2950,
	[WEIR_TYPE_JSONB] = 3802,
	[WEIR_TYPE_FLOAT4] = 700,
	[WEIR_TYPE_CHAR] = 1042,
	[WEIR_TYPE_BYTEA] = 17,
	[WEIR_TYPE_DATE] = 1082,
	[WEIR_TYPE_TIME] = 1083,
	[WEIR_TYPE_INTERVAL] = 1186,
	[WEIR_TYPE_INET] = 869,
	[WEIR_TYPE_JSON] = 114,
	[WEIR_TYPE_BOOL + WEIR__ARRAY_STEP] = 1000,
	[WEIR_TYPE_INT2 + WEIR__ARRAY_STEP] = 1005,
	[WEIR_TYPE_INT4 + WEIR__ARRAY_STEP] = 1007,
	[WEIR_TYPE_INT8 + WEIR__ARRAY_STEP] = 1016,
	[WEIR_TYPE_FLOAT8 + WEIR__ARRAY_STEP] = 1022,
	[WEIR_TYPE_NUMERIC + WEIR__ARRAY_STEP] = 1231,
	[WEIR_TYPE_TEXT + WEIR__ARRAY_STEP] = 1009,
	[WEIR_TYPE_TIMESTAMPTZ + WEIR__ARRAY_STEP] = 1185,
	[WEIR_TYPE_TIMESTAMP + WEIR__ARRAY_STEP] = 1115,
	[WEIR_TYPE_UUID + WEIR__ARRAY_STEP] = 2951,
	[WEIR_TYPE_JSONB + WEIR__ARRAY_STEP] = 3807,
	[WEIR_TYPE_FLOAT4 + WEIR__ARRAY_STEP] = 1021,
	[WEIR_TYPE_CHAR + WEIR__ARRAY_STEP] = 1014,
	[WEIR_TYPE_BYTEA + WEIR__ARRAY_STEP] = 1001,
	[WEIR_TYPE_DATE + WEIR__ARRAY_STEP] = 1182,
	[WEIR_TYPE_TIME + WEIR__ARRAY_STEP] = 1183,
	[WEIR_TYPE_INTERVAL + WEIR__ARRAY_STEP] = 1187,
	[WEIR_TYPE_INET + WEIR__ARRAY_STEP] = 1041,
	[WEIR_TYPE_JSON + WEIR__ARRAY_STEP] = 199,
};

/* Other types that are read as one of ours. */
static const struct alias {
	weir_type type;
	Oid       oid;
} aliases[] = {
	{ WEIR_TYPE_TEXT, WEIR__OID_VARCHAR },
	{ WEIR_TYPE_TEXT, 1042 },       /* char(n) */
	{ WEIR_TYPE_TEXT, 19 },         /* name */
	{ WEIR_TYPE_TEXT, 705 },        /* unknown */
	{ WEIR_TYPE_TEXT_ARRAY, 1015 }, /* varchar[] */
	{ WEIR_TYPE_TEXT_ARRAY, 1003 }, /* name[] */
	{ WEIR_TYPE_ENUM, OID_TEXT },   /* an enum that a statement made a text */
	{ WEIR_TYPE_ENUM_ARRAY, 1009 },
	{ WEIR_TYPE_INET, 650 }, /* cidr */
	{ WEIR_TYPE_INET_ARRAY, 651 },
};

/* The OIDs that only the server knows. */
static bool is_inferred(weir_type type)
{
	return type == WEIR_TYPE_TEXT || type == WEIR_TYPE_ENUM || weir__wire_is_sent_as_text(type);
}

bool weir__wire_is_sent_as_text(weir_type type)
{
	return type == WEIR_TYPE_TEXT_ARRAY || type == WEIR_TYPE_ENUM_ARRAY;
}

Oid weir__wire_oid(weir_type type)
{
	return is_inferred(type) ? 0 : weir__wire_column_oid(type);
}

Oid weir__wire_array_oid(weir_type type)
{
	return weir__wire_oids[weir__type_array_of(type)];
}

Oid weir__wire_column_oid(weir_type type)
{
	return weir__wire_oids[type];
}

const char *weir__wire_array_name(weir_type type)
{
	return types[type].array_name;
}

void weir__sql_append_array_cast(weir__buffer *sql, weir_type type)
{
	if (!weir__type_is_array(type) || weir__wire_is_sent_as_text(type))
		return;
	weir__buffer_append_text(sql, "::");
	weir__buffer_append_text(sql, types[weir__type_item(type)].array_name);
}

bool weir__wire_accepts(weir_type type, Oid oid)
{
	bool may_be_own = type == WEIR_TYPE_ENUM || weir__type_is_array(type);

	if (weir__wire_column_oid(type) == oid || (may_be_own && oid >= WEIR__OID_FIRST_OWN))
		return true;
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (aliases[i].type == type && aliases[i].oid == oid)
			return true;
	return false;
}

/* ---- encoding -------------------------------------------------------------------------------------------------------- */

typedef struct items {
	weir_type   type;
	const void *items;
} items;

static weir_value item_of(const void *context, size_t i)
{
	const items *from = context;

	return weir__value_of_item(from->type, from->items, i);
}

static weir__value_source source_of(const items *from, const weir_value *array)
{
	return (weir__value_source){ .get = item_of, .context = from, .count = array->as.array.count };
}

int weir__wire_encode(weir_type type, const weir_value *value, weir__buffer *out, const char **reason)
{
	if (!weir__type_takes(type, value->type)) {
		*reason = "the value is of another type than the column";
		return WEIR_ERR_USAGE;
	}
	if (weir__type_is_array(type)) {
		const items              from = { weir__type_item(type), value->as.array.items };
		const weir__value_source source = source_of(&from, value);
		return weir__wire_encode_array(from.type, false, &source, out, reason);
	}
	return types[type].write(value, out, reason);
}

int weir__wire_encode_as_text(weir_type type, const weir_value *value, weir__buffer *out, const char **reason)
{
	const items              from = { weir__type_item(type), value->as.array.items };
	const weir__value_source source = source_of(&from, value);

	if (weir__type_takes(type, value->type))
		return weir__wire_encode_array(from.type, true, &source, out, reason);
	*reason = "the value is of another type than the column";
	return WEIR_ERR_USAGE;
}

/* ---- decoding -------------------------------------------------------------------------------------------------------- */

int weir__wire_text_size(weir_type type, const char *bytes, size_t length, size_t *size)
{
	const wire_type *wire = &types[type];

	*size = 0;
	if (weir__type_is_array(type))
		return weir__wire_array_size(type, bytes, length, size);
	if (wire->measure)
		return wire->measure(bytes, length, size);
	return length == wire->fixed_size ? WEIR_OK : WEIR_ERR_SCHEMA;
}

static inline int read_member(weir_type type, const char *bytes, size_t length, void *member, char **text)
{
	const wire_type *wire = &types[type];

	if (wire->fixed_size && length != wire->fixed_size)
		return WEIR_ERR_SCHEMA;
	if (wire->read)
		return wire->read(bytes, length, member, text);
	return weir__wire_array_read(type, bytes, member, text);
}

int weir__wire_read(weir_type type, const char *bytes, size_t length, void *member, char **text)
{
	return read_member(type, bytes, length, member, text);
}

int weir__wire_decode(weir_type type, const char *bytes, size_t length, weir_value *value, char **text)
{
	weir_value read = { .type = type };
	uint64_t   member[3];
	int        status = read_member(type, bytes, length, member, text);

	if (status != WEIR_OK)
		return status;
	weir__value_load(&read, member);
	*value = read;
	return WEIR_OK;
}
