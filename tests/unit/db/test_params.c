/* Sets of parameters: what libpq is given. */
#include "db/params.h"
#include "support/suite.h"
#include "unit/db/hex.h"

#include "base/memory.h"

#include <stdlib.h>

static weir__params *params;

static void setup(void)
{
	ck_assert_int_eq(weir__params_create(&params, NULL), WEIR_OK);
}

static void add_text(const char *text)
{
	const weir_value value = { .type = WEIR_TYPE_TEXT, .as.text = text };

	weir__params_add(params, WEIR_TYPE_TEXT, &value);
}

static void assert_is(int slot, Oid type, const char *bytes, int length)
{
	ck_assert_int_lt(slot, params->count);
	ck_assert_uint_eq(params->types[slot], type);
	ck_assert_int_eq(params->lengths[slot], length);
	ck_assert_int_eq(params->formats[slot], 1);
	ck_assert_msg(memcmp(params->values[slot], bytes, (size_t)length) == 0, "%s",
	              hex_of(params->values[slot], (size_t)length));
}

START_TEST(test_params__numbers_are_copied_and_texts_borrowed)
{
	char text[] = "ada";

	setup();
	add_text(text);
	weir__params_add_i64(params, 258);
	text[0] = 'A';
	ck_assert_uint_eq(weir__params_count(params), 2);
	ck_assert_ptr_eq(params->values[0], text);
	assert_is(0, 0, "Ada", 3);
	assert_is(1, 20, "\0\0\0\0\0\0\1\2", 8);
	ck_assert_int_eq(weir__params_status(params, NULL), WEIR_OK);
	weir__params_free(params);
}
END_TEST

START_TEST(test_params__null_has_its_columns_type_and_no_value)
{
	const weir_value flag = { .type = WEIR_TYPE_BOOL, .is_null = true };
	const weir_value amount = { .type = WEIR_TYPE_NUMERIC };

	setup();
	weir__params_add(params, WEIR_TYPE_BOOL, &flag);
	weir__params_add(params, WEIR_TYPE_NUMERIC, &amount);
	add_text(NULL);
	add_text("");
	ck_assert_uint_eq(params->types[0], 16);
	ck_assert_uint_eq(params->types[1], 1700);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_null(params->values[i]);
	ck_assert_ptr_nonnull(params->values[3]);
	ck_assert_int_eq(params->lengths[3], 0);
	weir__params_free(params);
}
END_TEST

/* The first one of a set, when nothing has been copied yet. */
START_TEST(test_params__a_value_without_bytes_is_not_null)
{
	const weir_value empty = { .type = WEIR_TYPE_BYTEA, .as.bytes = { .data = "", .length = 0 } };

	setup();
	weir__params_add(params, WEIR_TYPE_BYTEA, &empty);
	ck_assert_ptr_nonnull(params->values[0]);
	assert_is(0, 17, "", 0);
	weir__params_free(params);
}
END_TEST

START_TEST(test_params__values_stay_right_when_the_set_grows)
{
	static const char long_text[] = "0123456789012345678901234567890123456789";
	char              number[8] = { 0 };

	setup();
	for (int i = 0; i < 5000; i++) {
		if (i % 3 == 0)
			add_text(long_text);
		else if (i % 3 == 1)
			weir__params_add_i64(params, i);
		else
			weir__params_add_pattern(params, "%", "50%_\\", "%");
	}
	ck_assert_int_eq(params->count, 5000);
	for (int i = 0; i < 5000; i++) {
		number[6] = (char)(i >> 8);
		number[7] = (char)(i & 255);
		if (i % 3 == 0)
			assert_is(i, 0, long_text, sizeof long_text - 1);
		else if (i % 3 == 1)
			assert_is(i, 20, number, 8);
		else
			assert_is(i, 0, "%50\\%\\_\\\\%", 10);
	}
	weir__params_free(params);
}
END_TEST

static weir_value number_at(const void *context, size_t i)
{
	return (weir_value){ .type = WEIR_TYPE_INT8, .as.integer = ((const int64_t *)context)[i] };
}

START_TEST(test_params__an_array_is_one_parameter)
{
	static const int64_t numbers[] = { 1, 2, 3 };

	setup();
	weir__params_add_array(params, WEIR_TYPE_INT2, 3, number_at, numbers);
	assert_is(0, 1005, "\0\0\0\1\0\0\0\0\0\0\0\x15\0\0\0\3\0\0\0\1\0\0\0\2\0\1\0\0\0\2\0\2\0\0\0\2\0\3", 38);
	weir__params_free(params);
}
END_TEST

START_TEST(test_params__the_first_failure_is_kept_and_ends_the_adding)
{
	const weir_value large = { .type = WEIR_TYPE_INT8, .as.integer = 1 << 20 };
	weir_error       err;

	setup();
	add_text("first");
	weir__params_add(params, WEIR_TYPE_INT2, &large);
	add_text("third");
	ck_assert_uint_eq(weir__params_count(params), 1);
	ck_assert_int_eq(weir__params_status(params, &err), WEIR_ERR_VALUE);
	ck_assert_str_eq(err.message, "parameter $2: the number does not fit int2");

	weir__params_clear(params);
	ck_assert_int_eq(weir__params_status(params, &err), WEIR_OK);
	add_text("again");
	ck_assert_uint_eq(weir__params_count(params), 1);
	weir__params_free(params);
}
END_TEST

START_TEST(test_params__more_than_the_protocol_counts_are_refused)
{
	weir_error err;

	setup();
	for (int i = 0; i < WEIR__PARAMS_MAX; i++)
		weir__params_add_i64(params, i);
	ck_assert_int_eq(weir__params_status(params, &err), WEIR_OK);
	weir__params_add_i64(params, 0);
	ck_assert_int_eq(weir__params_status(params, &err), WEIR_ERR_LIMIT);
	ck_assert_int_eq(params->count, WEIR__PARAMS_MAX);
	weir__params_free(params);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* Adds enough of everything that arrays and bytes grow. */
static void add_many(void)
{
	static const int64_t numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	for (int i = 0; i < 60; i++)
		weir__params_add_i64(params, i);
	weir__params_add_array(params, WEIR_TYPE_INT8, 8, number_at, numbers);
	weir__params_add_pattern(params, "", "text", "%");
}

START_TEST(test_params__want_of_memory_is_reported_once_it_is_run)
{
	for (long allowed = 0;; allowed++) {
		weir_error err = WEIR_ERROR_INIT;
		params = NULL;
		weir__memory_fail_after(allowed, WEIR__FAIL_ONCE);
		int status = weir__params_create(&params, &err);
		if (status == WEIR_OK) {
			add_many();
			status = weir__params_status(params, &err);
		}
		long failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(status, failures ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		ck_assert_int_eq(err.status, status);
		weir__params_free(params);
		if (!failures)
			break;
	}
}
END_TEST
#define MEMORY_TESTS , test_params__want_of_memory_is_reported_once_it_is_run
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("params", test_params__numbers_are_copied_and_texts_borrowed,
           test_params__null_has_its_columns_type_and_no_value, test_params__a_value_without_bytes_is_not_null,
           test_params__values_stay_right_when_the_set_grows, test_params__an_array_is_one_parameter,
           test_params__the_first_failure_is_kept_and_ends_the_adding,
           test_params__more_than_the_protocol_counts_are_refused MEMORY_TESTS);
