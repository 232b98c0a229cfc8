/* Values: read from a struct of the model, and checked before they are sent. */
#include "models/layout.h"
#include "support/suite.h"
#include "unit/models/everything.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static weir__layout *layout;

static void setup(void)
{
	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
}

static void teardown(void)
{
	weir__layout_free(layout);
	layout = NULL;
}

static const weir_uuid token = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };

static everything filled(void)
{
	return (everything){
		.id = INT64_MIN,
		.flag = true,
		.small = INT16_MIN,
		.middle = INT32_MIN,
		.ratio = -0.5,
		.amount = weir_numeric_of("12.50"),
		.title = "abc",
		.seen_at = weir_time_of(INT64_MAX),
		.local_at = weir_timestamp_of(-1),
		.token = token,
		.data = weir_json_of("{}"),
		.opt_flag = weir_some_bool(true),
		.opt_small = weir_some_i16(INT16_MAX),
		.opt_middle = weir_some_i32(INT32_MAX),
		.opt_big = weir_some_i64(INT64_MAX),
		.opt_ratio = weir_some_f64(INFINITY),
		.opt_seen_at = weir_some_time(weir_time_of(5)),
		.opt_local_at = weir_some_timestamp(weir_timestamp_of(6)),
		.opt_token = weir_some_uuid(token),
		.null_amount = weir_numeric_of("NaN"),
		.null_title = "",
		.null_data = weir_json_of("null"),
	};
}

static weir_value get(const everything *from, size_t column)
{
	weir_value value = weir__layout_get(layout, column, from);

	ck_assert_int_eq(value.type, everything_fields[column].type);
	return value;
}

START_TEST(test_get__every_type)
{
	everything row = filled();

	setup();
	ck_assert_int_eq(get(&row, ID).as.integer, INT64_MIN);
	ck_assert(get(&row, FLAG).as.boolean);
	ck_assert_int_eq(get(&row, SMALL).as.integer, INT16_MIN);
	ck_assert_int_eq(get(&row, MIDDLE).as.integer, INT32_MIN);
	ck_assert_double_eq(get(&row, RATIO).as.number, -0.5);
	ck_assert_ptr_eq(get(&row, AMOUNT).as.text, row.amount.text);
	ck_assert_ptr_eq(get(&row, TITLE).as.text, row.title);
	ck_assert_int_eq(get(&row, SEEN_AT).as.integer, INT64_MAX);
	ck_assert_int_eq(get(&row, LOCAL_AT).as.integer, -1);
	ck_assert_mem_eq(get(&row, TOKEN).as.uuid.bytes, token.bytes, 16);
	ck_assert_ptr_eq(get(&row, DATA).as.text, row.data.text);
	for (size_t column = 0; column < EVERYTHING_COUNT; column++)
		ck_assert(!get(&row, column).is_null);
	teardown();
}
END_TEST

START_TEST(test_get__every_nullable_type)
{
	everything row = filled();

	setup();
	ck_assert(get(&row, OPT_FLAG).as.boolean);
	ck_assert_int_eq(get(&row, OPT_SMALL).as.integer, INT16_MAX);
	ck_assert_int_eq(get(&row, OPT_MIDDLE).as.integer, INT32_MAX);
	ck_assert_int_eq(get(&row, OPT_BIG).as.integer, INT64_MAX);
	ck_assert(isinf(get(&row, OPT_RATIO).as.number));
	ck_assert_int_eq(get(&row, OPT_SEEN_AT).as.integer, 5);
	ck_assert_int_eq(get(&row, OPT_LOCAL_AT).as.integer, 6);
	ck_assert_mem_eq(get(&row, OPT_TOKEN).as.uuid.bytes, token.bytes, 16);
	ck_assert_str_eq(get(&row, NULL_AMOUNT).as.text, "NaN");
	ck_assert_str_eq(get(&row, NULL_TITLE).as.text, "");
	ck_assert_str_eq(get(&row, NULL_DATA).as.text, "null");
	teardown();
}
END_TEST

START_TEST(test_get__a_row_of_zeros_is_null_where_it_can_be)
{
	everything row = { .id = 0 };

	setup();
	for (size_t column = 0; column < EVERYTHING_COUNT; column++) {
		bool is_pointer = column == AMOUNT || column == TITLE || column == DATA;
		ck_assert_msg(get(&row, column).is_null == (column >= OPT_FLAG || is_pointer), "column %zu", column);
	}
	teardown();
}
END_TEST

static int check(size_t column, weir_value value)
{
	weir_error err = WEIR_ERROR_INIT;
	int        status = weir__value_check(layout, column, &value, &err);

	ck_assert_int_eq(err.status, status);
	ck_assert_int_eq(weir__value_check(layout, column, &value, NULL), status);
	if (status != WEIR_OK) {
		ck_assert_str_eq(err.model, "everything");
		ck_assert_str_eq(err.column, everything_fields[column].name);
		ck_assert_uint_gt(strlen(err.message), strlen("everything.") + strlen(err.column) + 2);
	}
	return status;
}

static int check_integer(size_t column, int64_t integer)
{
	return check(column, (weir_value){ .type = everything_fields[column].type, .as.integer = integer });
}

static int check_text(size_t column, const char *text)
{
	return check(column, (weir_value){ .type = everything_fields[column].type, .as.text = text });
}

START_TEST(test_check__a_full_row_is_accepted)
{
	everything row = filled();

	setup();
	for (size_t column = 0; column < EVERYTHING_COUNT; column++)
		ck_assert_int_eq(check(column, get(&row, column)), WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_check__null_is_for_nullable_columns)
{
	setup();
	for (size_t column = 0; column < EVERYTHING_COUNT; column++) {
		weir_value null = { .type = everything_fields[column].type, .is_null = true };
		ck_assert_int_eq(check(column, null), column >= OPT_FLAG ? WEIR_OK : WEIR_ERR_NOT_NULL);
	}
	ck_assert_int_eq(check_text(TITLE, NULL), WEIR_ERR_NOT_NULL);
	ck_assert_int_eq(check_text(NULL_TITLE, NULL), WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_check__each_type_fits_its_own_columns_only)
{
	everything row = filled();

	setup();
	for (size_t column = 0; column < EVERYTHING_COUNT; column++)
		for (size_t from = ID; from <= DATA; from++) {
			weir_type wanted = everything_fields[column].type, given = everything_fields[from].type;
			bool      integers = wanted >= WEIR_TYPE_INT2 && wanted <= WEIR_TYPE_INT8 && given >= WEIR_TYPE_INT2 &&
			                given <= WEIR_TYPE_INT8;
			weir_value value = get(&row, from);
			if (integers)
				value.as.integer = 1;
			ck_assert_msg(check(column, value) == (wanted == given || integers ? WEIR_OK : WEIR_ERR_VALUE),
			              "%s in a column of %s", weir_type_name(given), weir_type_name(wanted));
		}
	ck_assert_int_eq(check(OPT_BIG, (weir_value){ .is_null = true }), WEIR_ERR_VALUE);
	teardown();
}
END_TEST

START_TEST(test_check__integers_must_fit)
{
	static const struct {
		size_t  column;
		int64_t least, most;
	} ranges[] = { { SMALL, INT16_MIN, INT16_MAX },
		           { OPT_SMALL, INT16_MIN, INT16_MAX },
		           { MIDDLE, INT32_MIN, INT32_MAX },
		           { OPT_MIDDLE, INT32_MIN, INT32_MAX } };

	setup();
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		size_t column = ranges[i].column;
		ck_assert_int_eq(check_integer(column, ranges[i].least), WEIR_OK);
		ck_assert_int_eq(check_integer(column, ranges[i].most), WEIR_OK);
		ck_assert_int_eq(check_integer(column, ranges[i].least - 1), WEIR_ERR_VALUE);
		ck_assert_int_eq(check_integer(column, ranges[i].most + 1), WEIR_ERR_VALUE);
		ck_assert_int_eq(check_integer(column, INT64_MIN), WEIR_ERR_VALUE);
	}
	ck_assert_int_eq(check_integer(ID, INT64_MIN), WEIR_OK);
	ck_assert_int_eq(check_integer(ID, INT64_MAX), WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_check__times_must_be_postgresqls)
{
	static const size_t columns[] = { SEEN_AT, LOCAL_AT, OPT_SEEN_AT, OPT_LOCAL_AT };
	weir_time           first = weir_time_of(0);

	setup();
	ck_assert_int_eq(weir_time_parse("-4713-11-24T00:00:00Z", &first), WEIR_OK);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(check_integer(columns[i], first.unix_us), WEIR_OK);
		ck_assert_int_eq(check_integer(columns[i], first.unix_us - 1), WEIR_ERR_VALUE);
		ck_assert_int_eq(check_integer(columns[i], INT64_MIN + 1), WEIR_ERR_VALUE);
		ck_assert_int_eq(check_integer(columns[i], INT64_MIN), WEIR_OK);
		ck_assert_int_eq(check_integer(columns[i], INT64_MAX - 1), WEIR_OK);
		ck_assert_int_eq(check_integer(columns[i], INT64_MAX), WEIR_OK);
	}
	teardown();
}
END_TEST

START_TEST(test_check__any_float8_will_do)
{
	static const double numbers[] = { 0.0, -0.0, 1e308, 5e-324, INFINITY, -INFINITY, NAN };

	setup();
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		ck_assert_int_eq(check(RATIO, (weir_value){ .type = WEIR_TYPE_FLOAT8, .as.number = numbers[i] }), WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_check__length_is_in_characters)
{
	setup();
	ck_assert_int_eq(check_text(TITLE, ""), WEIR_OK);
	ck_assert_int_eq(check_text(TITLE, "12345"), WEIR_OK);
	ck_assert_int_eq(check_text(TITLE, "123456"), WEIR_ERR_VALUE);
	ck_assert_int_eq(
		check_text(TITLE, "\xf0\x9f\x90\x98\xf0\x9f\x90\x98\xf0\x9f\x90\x98\xf0\x9f\x90\x98\xf0\x9f\x90\x98"), WEIR_OK);
	ck_assert_int_eq(check_text(TITLE, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(NULL_TITLE, "as long as one likes, there is no limit"), WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_check__texts_must_be_well_formed)
{
	setup();
	ck_assert_int_eq(check_text(TITLE, "\xff"), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(TITLE, "\xed\xa0\x80"), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(AMOUNT, "12,50"), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(AMOUNT, ""), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(AMOUNT, "-Infinity"), WEIR_OK);
	ck_assert_int_eq(check_text(DATA, "{\"a\": [1, 2]}"), WEIR_OK);
	ck_assert_int_eq(check_text(DATA, "{a: 1}"), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(DATA, ""), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(DATA, "\"\\u0000\""), WEIR_ERR_VALUE);
	ck_assert_int_eq(check_text(DATA, "\"\xff\""), WEIR_ERR_VALUE);
	teardown();
}
END_TEST

START_TEST(test_check__messages_do_not_quote_the_value)
{
	weir_value secret = { .type = WEIR_TYPE_TEXT, .as.text = "secret-word" };
	weir_value number = { .type = WEIR_TYPE_INT8, .as.integer = 987654321987 };
	weir_error err = WEIR_ERROR_INIT;

	setup();
	ck_assert_int_eq(weir__value_check(layout, TITLE, &secret, &err), WEIR_ERR_VALUE);
	ck_assert_str_eq(err.message, "everything.title: is longer than 5 characters");
	secret.type = WEIR_TYPE_JSONB;
	ck_assert_int_eq(weir__value_check(layout, DATA, &secret, &err), WEIR_ERR_VALUE);
	ck_assert_ptr_null(strstr(err.message, "secret"));
	ck_assert_int_eq(weir__value_check(layout, SMALL, &number, &err), WEIR_ERR_VALUE);
	ck_assert_ptr_null(strstr(err.message, "987"));
	teardown();
}
END_TEST

WEIR_SUITE("models/value", test_get__every_type, test_get__every_nullable_type,
           test_get__a_row_of_zeros_is_null_where_it_can_be, test_check__a_full_row_is_accepted,
           test_check__null_is_for_nullable_columns, test_check__each_type_fits_its_own_columns_only,
           test_check__integers_must_fit, test_check__times_must_be_postgresqls, test_check__any_float8_will_do,
           test_check__length_is_in_characters, test_check__texts_must_be_well_formed,
           test_check__messages_do_not_quote_the_value);
