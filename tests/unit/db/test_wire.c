/* The column types on the wire: bytes as PostgreSQL sends and takes them, and bytes that it never would. */
#include "db/wire.h"
#include "support/suite.h"
#include "unit/db/hex.h"
#include "unit/models/everything.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>

#define EPOCH_US INT64_C(946684800000000)

static weir__buffer  wire;
static weir__layout *layout;

static void setup_layout(void)
{
	weir_error err;

	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, &err), WEIR_OK);
}

static void release_all(void)
{
	weir__buffer_release(&wire);
	weir__layout_free(layout);
	layout = NULL;
}

static weir_value integer(weir_type type, int64_t number)
{
	return (weir_value){ .type = type, .as.integer = number };
}

static weir_value text(weir_type type, const char *text)
{
	return (weir_value){ .type = type, .as.text = text };
}

static void assert_sent(weir_type type, weir_value value, const char *hex)
{
	const char *reason = NULL;

	ck_assert_msg(weir__wire_encode(type, &value, &wire, &reason) == WEIR_OK, "%s", reason);
	assert_hex(wire, hex);
	weir__buffer_release(&wire);
}

static void assert_refused(weir_type type, weir_value value, int status)
{
	const char *reason = NULL;

	ck_assert_int_eq(weir__wire_encode(type, &value, &wire, &reason), status);
	ck_assert_ptr_nonnull(reason);
	ck_assert_uint_eq(wire.length, 0);
}

START_TEST(test_wire__each_type_has_its_bytes)
{
	static const weir_uuid uuid = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 } };

	assert_sent(WEIR_TYPE_BOOL, (weir_value){ .type = WEIR_TYPE_BOOL, .as.boolean = true }, "01");
	assert_sent(WEIR_TYPE_BOOL, (weir_value){ .type = WEIR_TYPE_BOOL }, "00");
	assert_sent(WEIR_TYPE_INT2, integer(WEIR_TYPE_INT2, -2), "fffe");
	assert_sent(WEIR_TYPE_INT4, integer(WEIR_TYPE_INT4, 66051), "00010203");
	assert_sent(WEIR_TYPE_INT8, integer(WEIR_TYPE_INT8, INT64_MIN), "8000000000000000");
	assert_sent(WEIR_TYPE_FLOAT8, (weir_value){ .type = WEIR_TYPE_FLOAT8, .as.number = -1.5 }, "bff8000000000000");
	assert_sent(WEIR_TYPE_NUMERIC, text(WEIR_TYPE_NUMERIC, "12.50"), "0002 0000 0000 0002 000c 1388");
	assert_sent(WEIR_TYPE_TEXT, text(WEIR_TYPE_TEXT, "h\xc3\xa9"), "68c3a9");
	assert_sent(WEIR_TYPE_TIMESTAMPTZ, integer(WEIR_TYPE_TIMESTAMPTZ, EPOCH_US + 1), "0000000000000001");
	assert_sent(WEIR_TYPE_TIMESTAMP, integer(WEIR_TYPE_TIMESTAMP, EPOCH_US - 1), "ffffffffffffffff");
	assert_sent(WEIR_TYPE_UUID, (weir_value){ .type = WEIR_TYPE_UUID, .as.uuid = uuid },
	            "000102030405060708090a0b0c0d0eff");
	assert_sent(WEIR_TYPE_JSONB, text(WEIR_TYPE_JSONB, "{}"), "01 7b7d");
}
END_TEST

START_TEST(test_wire__an_integer_takes_the_size_of_its_column)
{
	assert_sent(WEIR_TYPE_INT2, integer(WEIR_TYPE_INT8, INT16_MIN), "8000");
	assert_sent(WEIR_TYPE_INT4, integer(WEIR_TYPE_INT8, INT32_MAX), "7fffffff");
	assert_sent(WEIR_TYPE_INT8, integer(WEIR_TYPE_INT2, -1), "ffffffffffffffff");
	assert_refused(WEIR_TYPE_INT2, integer(WEIR_TYPE_INT8, INT16_MAX + 1), WEIR_ERR_VALUE);
	assert_refused(WEIR_TYPE_INT2, integer(WEIR_TYPE_INT4, INT16_MIN - 1), WEIR_ERR_VALUE);
	assert_refused(WEIR_TYPE_INT4, integer(WEIR_TYPE_INT8, INT64_C(2147483648)), WEIR_ERR_VALUE);
}
END_TEST

START_TEST(test_wire__a_value_of_another_type_is_refused)
{
	assert_refused(WEIR_TYPE_TEXT, integer(WEIR_TYPE_INT8, 1), WEIR_ERR_USAGE);
	assert_refused(WEIR_TYPE_INT8, text(WEIR_TYPE_TEXT, "1"), WEIR_ERR_USAGE);
	assert_refused(WEIR_TYPE_TIMESTAMP, integer(WEIR_TYPE_TIMESTAMPTZ, 1), WEIR_ERR_USAGE);
}
END_TEST

START_TEST(test_wire__infinite_times_and_the_first_time_are_sent_and_earlier_ones_refused)
{
	assert_sent(WEIR_TYPE_TIMESTAMPTZ, integer(WEIR_TYPE_TIMESTAMPTZ, INT64_MAX), "7fffffffffffffff");
	assert_sent(WEIR_TYPE_TIMESTAMP, integer(WEIR_TYPE_TIMESTAMP, INT64_MIN), "8000000000000000");
	assert_sent(WEIR_TYPE_TIMESTAMPTZ, integer(WEIR_TYPE_TIMESTAMPTZ, INT64_C(-210866803200000000)),
	            "fd0f7cc1411fa000");
	assert_sent(WEIR_TYPE_TIMESTAMPTZ, integer(WEIR_TYPE_TIMESTAMPTZ, INT64_MAX - 1), "7ffca2fec4c81ffe");
	assert_refused(WEIR_TYPE_TIMESTAMPTZ, integer(WEIR_TYPE_TIMESTAMPTZ, INT64_C(-210866803200000001)), WEIR_ERR_VALUE);
	assert_refused(WEIR_TYPE_TIMESTAMP, integer(WEIR_TYPE_TIMESTAMP, INT64_MIN + 1), WEIR_ERR_VALUE);
}
END_TEST

/* ---- arrays ------------------------------------------------------------------------------------------------------------ */

static weir_value value_at(const void *context, size_t i)
{
	return ((const weir_value *)context)[i];
}

static void assert_array_sent(weir_type type, const weir_value *values, size_t count, const char *hex)
{
	const weir__value_source source = { .get = value_at, .context = values, .count = count };
	const char              *reason = NULL;

	ck_assert_int_eq(weir__wire_encode_array(type, false, &source, &wire, &reason), WEIR_OK);
	assert_hex(wire, hex);
	weir__buffer_release(&wire);
}

START_TEST(test_wire__arrays_have_a_header_and_lengths)
{
	const weir_value numbers[] = { integer(WEIR_TYPE_INT8, 7), integer(WEIR_TYPE_INT8, -1) };
	const weir_value texts[] = { text(WEIR_TYPE_TEXT, "ab"), text(WEIR_TYPE_TEXT, "") };

	assert_array_sent(WEIR_TYPE_INT4, numbers, 2,
	                  "00000001 00000000 00000017 00000002 00000001 00000004 00000007 00000004 ffffffff");
	assert_array_sent(WEIR_TYPE_TEXT, texts, 2, "00000001 00000000 00000019 00000002 00000001 00000002 6162 00000000");
	assert_array_sent(WEIR_TYPE_INT8, NULL, 0, "00000000 00000000 00000014");
}
END_TEST

START_TEST(test_wire__arrays_mark_their_nulls)
{
	const weir_value values[] = { text(WEIR_TYPE_JSONB, NULL),
		                          text(WEIR_TYPE_JSONB, "1"),
		                          { .type = WEIR_TYPE_JSONB, .is_null = true } };

	assert_array_sent(WEIR_TYPE_JSONB, values, 3,
	                  "00000001 00000001 00000eda 00000003 00000001 ffffffff 00000002 0131 ffffffff");
}
END_TEST

START_TEST(test_wire__an_array_with_a_value_that_does_not_fit_leaves_nothing_behind)
{
	const weir_value         values[] = { integer(WEIR_TYPE_INT8, 1), integer(WEIR_TYPE_INT8, 40000) };
	const weir__value_source source = { .get = value_at, .context = values, .count = 2 };
	const char              *reason = NULL;

	weir__buffer_append_text(&wire, "before");
	ck_assert_int_eq(weir__wire_encode_array(WEIR_TYPE_INT2, false, &source, &wire, &reason), WEIR_ERR_VALUE);
	ck_assert_uint_eq(wire.length, 6);
	weir__buffer_release(&wire);
}
END_TEST

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

/* Reads hex into a value; the bytes lie in memory of exactly their size. */
static int read_value(weir_type type, const char *hex, weir_value *value, char *room)
{
	size_t size;
	char  *at = room;

	append_hex_bytes(&wire, hex);
	size_t length = wire.length;
	char  *exact = weir__malloc(length);
	if (length)
		memcpy(exact, wire.data, length);
	weir__buffer_release(&wire);
	int status = weir__wire_text_size(type, exact, length, &size);
	if (status == WEIR_OK)
		status = weir__wire_decode(type, exact, length, value, &at);
	weir__free(exact);
	return status;
}

START_TEST(test_wire__values_are_read_back)
{
	weir_value value;
	char       room[64];

	ck_assert_int_eq(read_value(WEIR_TYPE_BOOL, "01", &value, room), WEIR_OK);
	ck_assert(value.as.boolean);
	ck_assert_int_eq(read_value(WEIR_TYPE_INT2, "fffe", &value, room), WEIR_OK);
	ck_assert_int_eq(value.as.integer, -2);
	ck_assert_int_eq(read_value(WEIR_TYPE_INT4, "80000000", &value, room), WEIR_OK);
	ck_assert_int_eq(value.as.integer, INT32_MIN);
	ck_assert_int_eq(read_value(WEIR_TYPE_INT8, "8000000000000000", &value, room), WEIR_OK);
	ck_assert_int_eq(value.as.integer, INT64_MIN);
	ck_assert_int_eq(read_value(WEIR_TYPE_FLOAT8, "bff8000000000000", &value, room), WEIR_OK);
	ck_assert_double_eq(value.as.number, -1.5);
	ck_assert_int_eq(read_value(WEIR_TYPE_NUMERIC, "0002 0000 0000 0002 000c 1388", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, "12.50");
	ck_assert_int_eq(read_value(WEIR_TYPE_TEXT, "68c3a9", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, "h\xc3\xa9");
	ck_assert_int_eq(read_value(WEIR_TYPE_TEXT, "", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, "");
	ck_assert_int_eq(read_value(WEIR_TYPE_JSONB, "01 7b7d", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, "{}");
	ck_assert_int_eq(read_value(WEIR_TYPE_UUID, "000102030405060708090a0b0c0d0eff", &value, room), WEIR_OK);
	ck_assert_int_eq(value.as.uuid.bytes[15], 255);
}
END_TEST

START_TEST(test_wire__times_change_their_epoch_and_infinities_stay)
{
	weir_value value;

	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMPTZ, "0000000000000000", &value, NULL), WEIR_OK);
	ck_assert_int_eq(value.as.integer, EPOCH_US);
	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMPTZ, "7fffffffffffffff", &value, NULL), WEIR_OK);
	ck_assert_int_eq(value.as.integer, INT64_MAX);
	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMP, "8000000000000000", &value, NULL), WEIR_OK);
	ck_assert_int_eq(value.as.integer, INT64_MIN);
	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMP, "7ffca2fec4c81ffe", &value, NULL), WEIR_OK);
	ck_assert_int_eq(value.as.integer, INT64_MAX - 1);
}
END_TEST

START_TEST(test_wire__times_that_our_types_cannot_hold_are_errors)
{
	weir_value value;

	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMPTZ, "7ffca2fec4c81fff", &value, NULL), WEIR_ERR_VALUE);
	ck_assert_int_eq(read_value(WEIR_TYPE_TIMESTAMP, "7ffffffffffffffe", &value, NULL), WEIR_ERR_VALUE);
}
END_TEST

START_TEST(test_wire__bytes_of_a_wrong_size_are_no_value)
{
	static const struct {
		weir_type   type;
		const char *hex;
	} wrong[] = {
		{ WEIR_TYPE_BOOL, "" },
		{ WEIR_TYPE_BOOL, "0001" },
		{ WEIR_TYPE_INT2, "01" },
		{ WEIR_TYPE_INT4, "010203" },
		{ WEIR_TYPE_INT8, "00000000" },
		{ WEIR_TYPE_INT8, "000000000000000000" },
		{ WEIR_TYPE_FLOAT8, "00000000" },
		{ WEIR_TYPE_NUMERIC, "0001" },
		{ WEIR_TYPE_TIMESTAMPTZ, "" },
		{ WEIR_TYPE_TIMESTAMP, "00" },
		{ WEIR_TYPE_UUID, "000102030405060708090a0b0c0d0e" },
		{ WEIR_TYPE_JSONB, "" },
		{ WEIR_TYPE_JSONB, "02 7b7d" },
		{ WEIR_TYPE_JSONB, "01 7b00" },
		{ WEIR_TYPE_TEXT, "610062" },
	};
	weir_value value;
	char       room[64];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(read_value(wrong[i].type, wrong[i].hex, &value, room) == WEIR_ERR_SCHEMA, "%zu", i);
}
END_TEST

static void store(size_t column, const char *hex, everything *record, char **room)
{
	append_hex_bytes(&wire, hex);
	ck_assert_int_eq(
		weir__wire_store(&layout->columns[column], layout->columns[column].type, wire.data, wire.length, record, room),
		WEIR_OK);
	weir__buffer_release(&wire);
}

START_TEST(test_wire__members_are_filled_nullable_or_not)
{
	everything record;
	char       texts[64];
	char      *room = texts;

	setup_layout();
	memset(&record, 0, sizeof record);
	store(SMALL, "0102", &record, &room);
	store(OPT_SMALL, "fffd", &record, &room);
	store(OPT_FLAG, "01", &record, &room);
	store(OPT_BIG, "0000000000000100", &record, &room);
	store(OPT_SEEN_AT, "0000000000000001", &record, &room);
	store(AMOUNT, "0001 0000 0000 0000 0007", &record, &room);
	store(TITLE, "6162", &record, &room);
	ck_assert_int_eq(record.small, 258);
	ck_assert(record.opt_small.has);
	ck_assert_int_eq(record.opt_small.value, -3);
	ck_assert(record.opt_flag.has && record.opt_flag.value);
	ck_assert(record.opt_big.has);
	ck_assert_int_eq(record.opt_big.value, 256);
	ck_assert(record.opt_seen_at.has);
	ck_assert_int_eq(record.opt_seen_at.value.unix_us, EPOCH_US + 1);
	ck_assert(!record.opt_ratio.has);
	ck_assert_str_eq(record.amount.text, "7");
	ck_assert_str_eq(record.title, "ab");
	ck_assert_ptr_eq(room, texts + 2 + 3);
	release_all();
}
END_TEST

START_TEST(test_wire__text_columns_take_the_types_that_are_sent_like_text)
{
	ck_assert(weir__wire_accepts(WEIR_TYPE_TEXT, 25));
	ck_assert(weir__wire_accepts(WEIR_TYPE_TEXT, 1043));
	ck_assert(weir__wire_accepts(WEIR_TYPE_TEXT, 1042));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_TEXT, 17));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_INT4, 20));
	ck_assert(weir__wire_accepts(WEIR_TYPE_INT4, 23));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_TIMESTAMP, 1184));
}
END_TEST

/* ---- hostile arrays and values of the rarer types -------------------------------------------------------------------------- */

static const struct {
	weir_type   type;
	int         status;
	const char *hex;
} hostile[] = {
	/* dimensions, flags, type of the items, size, first index, items */
	{ WEIR_TYPE_INT4_ARRAY, WEIR_OK, "00000000 00000000 00000017" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_OK, "00000001 00000000 00000017 00000001 00000001 00000004 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_OK, "00000001 00000001 00000017 00000001 00000001 ffffffff" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_OK, "00000001 00000000 00004000 00000000 00000001" }, /* of a domain */
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000000 00000000 000000" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000000 00000000 00000017 00" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000000 00000000 00000014" }, /* of int8 */
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001 00000001" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 7fffffff 00000001 00000004 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 ffffffff 00000001 00000004 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001 00000001 00000005 0000000700" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001 00000001 7fffffff 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001 00000001 fffffffe 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000001 00000001 00000004 00000007 00" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000017 00000002 00000001 ffffffff 0000" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "00000007 00000000 00000017" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_SCHEMA, "ffffffff 00000000 00000017" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_VALUE,
	  "00000002 00000000 00000017 00000001 00000001 00000001 00000001 00000004 00000007" },
	{ WEIR_TYPE_INT4_ARRAY, WEIR_ERR_VALUE, "00000001 00000000 00000017 00000001 00000000 00000004 00000007" },
	{ WEIR_TYPE_TEXT_ARRAY, WEIR_OK, "00000001 00000000 00000413 00000001 00000001 00000001 61" }, /* of varchar */
	{ WEIR_TYPE_TEXT_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000019 00000001 00000001 00000001 00" },
	{ WEIR_TYPE_NUMERIC_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 000006a4 00000001 00000001 00000002 0001" },
	{ WEIR_TYPE_JSONB_ARRAY, WEIR_ERR_SCHEMA, "00000001 00000000 00000eda 00000001 00000001 00000002 0231" },
	{ WEIR_TYPE_DATE, WEIR_OK, "7fffffff" },
	{ WEIR_TYPE_DATE, WEIR_ERR_SCHEMA, "7ffffffe" },
	{ WEIR_TYPE_DATE, WEIR_ERR_SCHEMA, "80000001" },
	{ WEIR_TYPE_DATE, WEIR_ERR_SCHEMA, "000000" },
	{ WEIR_TYPE_TIME, WEIR_OK, "000000141dd76000" },
	{ WEIR_TYPE_TIME, WEIR_ERR_SCHEMA, "000000141dd76001" },
	{ WEIR_TYPE_TIME, WEIR_ERR_SCHEMA, "ffffffffffffffff" },
	{ WEIR_TYPE_INTERVAL, WEIR_ERR_SCHEMA, "00000000000000000000000000000000 00" },
	{ WEIR_TYPE_INTERVAL, WEIR_ERR_SCHEMA, "000000000000000000000000000000" },
	{ WEIR_TYPE_INET, WEIR_OK, "02 20 00 04 0a000001" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "02 20 00 04 0a0000" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "02 21 00 04 0a000001" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "02 20 00 10 0a000001" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "04 20 00 04 0a000001" },
	{ WEIR_TYPE_INET, WEIR_ERR_SCHEMA, "03 81 00 10 00000000000000000000000000000001" },
	{ WEIR_TYPE_FLOAT4, WEIR_ERR_SCHEMA, "0000000000" },
	{ WEIR_TYPE_ENUM, WEIR_ERR_SCHEMA, "610062" },
};

START_TEST(test_wire__hostile_arrays_and_values_are_refused_within_their_bytes)
{
	char       room[256];
	weir_value value;

	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
		ck_assert_msg(read_value(hostile[i].type, hostile[i].hex, &value, room) == hostile[i].status, "%s %s",
		              weir_type_name(hostile[i].type), hostile[i].hex);
}
END_TEST

START_TEST(test_wire__char_n_is_read_without_its_blanks)
{
	weir_value value;
	char       room[64];

	ck_assert_int_eq(read_value(WEIR_TYPE_CHAR, "20 61 20 20", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, " a");
	ck_assert_int_eq(read_value(WEIR_TYPE_CHAR, "20 20", &value, room), WEIR_OK);
	ck_assert_str_eq(value.as.text, "");
}
END_TEST

START_TEST(test_wire__own_types_of_a_database_are_taken_for_enums_and_arrays_alone)
{
	ck_assert(weir__wire_accepts(WEIR_TYPE_ENUM, 16384));
	ck_assert(weir__wire_accepts(WEIR_TYPE_INT4_ARRAY, 16384));
	ck_assert(weir__wire_accepts(WEIR_TYPE_INT4_ARRAY, 1007));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_INT4_ARRAY, 1016));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_INT4_ARRAY, 23));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_TEXT, 16384));
	ck_assert(!weir__wire_accepts(WEIR_TYPE_BYTEA, 16384));
	ck_assert(weir__wire_accepts(WEIR_TYPE_INET, 650));
}
END_TEST

WEIR_SUITE("wire", test_wire__each_type_has_its_bytes, test_wire__an_integer_takes_the_size_of_its_column,
           test_wire__a_value_of_another_type_is_refused,
           test_wire__infinite_times_and_the_first_time_are_sent_and_earlier_ones_refused,
           test_wire__arrays_have_a_header_and_lengths, test_wire__arrays_mark_their_nulls,
           test_wire__an_array_with_a_value_that_does_not_fit_leaves_nothing_behind, test_wire__values_are_read_back,
           test_wire__times_change_their_epoch_and_infinities_stay,
           test_wire__times_that_our_types_cannot_hold_are_errors, test_wire__bytes_of_a_wrong_size_are_no_value,
           test_wire__members_are_filled_nullable_or_not,
           test_wire__text_columns_take_the_types_that_are_sent_like_text,
           test_wire__hostile_arrays_and_values_are_refused_within_their_bytes,
           test_wire__char_n_is_read_without_its_blanks,
           test_wire__own_types_of_a_database_are_taken_for_enums_and_arrays_alone);
