/* Errors: the table of statuses, and texts that are cut to fit. */
#include "base/error.h"
#include "base/utf8.h"
#include "support/suite.h"

#include <string.h>

START_TEST(test_status__every_status_has_a_name_and_a_sentence_of_its_own)
{
	static const int all[] = {
#define NUMBER(number, name, sentence) number,
		WEIR_STATUS_MAP(NUMBER)
#undef NUMBER
	};
	const size_t count = sizeof all / sizeof all[0];

	for (size_t i = 0; i < count; i++) {
		ck_assert_str_ne(weir_status_name(all[i]), "WEIR_?");
		ck_assert_uint_gt(strlen(weir_status_text(all[i])), 0);
		for (size_t before = 0; before < i; before++) {
			ck_assert_int_ne(all[before], all[i]);
			ck_assert_str_ne(weir_status_text(all[before]), weir_status_text(all[i]));
		}
	}
	ck_assert_str_eq(weir_status_name(WEIR_NOT_FOUND), "WEIR_NOT_FOUND");
	ck_assert_str_eq(weir_status_name(WEIR_OK), "WEIR_OK");
}
END_TEST

START_TEST(test_status__an_unknown_number_has_texts_too)
{
	ck_assert_str_eq(weir_status_name(4711), "WEIR_?");
	ck_assert_ptr_nonnull(weir_status_text(-4711));
}
END_TEST

START_TEST(test_status__errors_are_negative_and_outcomes_positive)
{
	ck_assert_int_eq(WEIR_OK, 0);
	ck_assert_int_gt(WEIR_NOT_FOUND, 0);
	ck_assert_int_lt(WEIR_ERR_USAGE, 0);
}
END_TEST

static bool retryable(int status, weir_effect effect)
{
	weir_error err = { .status = status, .effect = effect };

	return weir_error_is_retryable(&err);
}

START_TEST(test_error__only_what_surely_had_no_effect_is_retryable)
{
	ck_assert(retryable(WEIR_ERR_SERIALIZATION, WEIR_EFFECT_NONE));
	ck_assert(retryable(WEIR_ERR_DEADLOCK, WEIR_EFFECT_NONE));
	ck_assert(retryable(WEIR_ERR_CONNECTION_LOST, WEIR_EFFECT_NONE));
	ck_assert(retryable(WEIR_ERR_TIMEOUT, WEIR_EFFECT_NONE));
	ck_assert(!retryable(WEIR_ERR_CONNECTION_LOST, WEIR_EFFECT_UNKNOWN));
	ck_assert(!retryable(WEIR_ERR_TIMEOUT, WEIR_EFFECT_DONE));
	ck_assert(!retryable(WEIR_ERR_UNIQUE, WEIR_EFFECT_NONE));
	ck_assert(!retryable(WEIR_ERR_USAGE, WEIR_EFFECT_NONE));
	ck_assert(!retryable(WEIR_OK, WEIR_EFFECT_NONE));
	ck_assert(!weir_error_is_retryable(NULL));
}
END_TEST

START_TEST(test_error__setting_clears_what_was_there)
{
	weir_error err;

	memset(&err, 'x', sizeof err);
	ck_assert_int_eq(weir__error_set(&err, WEIR_ERR_USAGE, "skip is %d", -1), WEIR_ERR_USAGE);
	ck_assert_int_eq(err.status, WEIR_ERR_USAGE);
	ck_assert_str_eq(err.message, "skip is -1");
	ck_assert_str_eq(err.sqlstate, "");
	ck_assert_str_eq(err.model, "");
	ck_assert_str_eq(err.constraint, "");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(!err.sent);
}
END_TEST

START_TEST(test_error__no_error_to_fill_is_fine)
{
	ck_assert_int_eq(weir__error_set(NULL, WEIR_ERR_USAGE, "x"), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir__error_set_at(NULL, WEIR_ERR_VALUE, "user", "age", "x"), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir__error_no_memory(NULL), WEIR_ERR_NO_MEMORY);
}
END_TEST

START_TEST(test_error__the_place_stands_before_the_message)
{
	weir_error err;

	ck_assert_int_eq(weir__error_set_at(&err, WEIR_ERR_VALUE, "user", "age", "is %s", "odd"), WEIR_ERR_VALUE);
	ck_assert_str_eq(err.message, "user.age: is odd");
	ck_assert_str_eq(err.model, "user");
	ck_assert_str_eq(err.column, "age");
	weir__error_set_at(&err, WEIR_ERR_MODEL, "user", NULL, "has no fields");
	ck_assert_str_eq(err.message, "user: has no fields");
	ck_assert_str_eq(err.column, "");
}
END_TEST

/* A text of `before` letters and then euro signs, which are three bytes each. */
static void fill(char *text, size_t size, size_t before)
{
	memset(text, 'a', before);
	for (size_t at = before; at + 3 < size; at += 3)
		memcpy(text + at, "\xe2\x82\xac", 4);
}

START_TEST(test_error__messages_are_cut_between_characters)
{
	char       text[1024];
	weir_error err;

	for (size_t before = 0; before < 3; before++) {
		fill(text, sizeof text, before);
		weir__error_set(&err, WEIR_ERR_VALUE, "%s", text);
		size_t length = strlen(err.message);
		ck_assert_uint_gt(length, sizeof err.message - 4);
		ck_assert_mem_eq(err.message, text, length);
		ck_assert(weir__utf8_is_valid(err.message, length));
	}
}
END_TEST

START_TEST(test_error__messages_with_a_place_are_cut_between_characters)
{
	char       text[1024];
	weir_error err;

	for (size_t before = 0; before < 3; before++) {
		fill(text, sizeof text, before);
		weir__error_set_at(&err, WEIR_ERR_VALUE, text, text, "%s", text);
		ck_assert(weir__utf8_is_valid(err.message, strlen(err.message)));
		ck_assert(weir__utf8_is_valid(err.model, strlen(err.model)));
		ck_assert(weir__utf8_is_valid(err.column, strlen(err.column)));
		ck_assert_uint_gt(strlen(err.model), sizeof err.model - 4);
		ck_assert_uint_gt(strlen(err.message), sizeof err.message - 4);
	}
}
END_TEST

START_TEST(test_error__copies_are_cut_between_characters_of_any_length)
{
	static const char *const characters[] = { "a", "\xc3\xa9", "\xe0\xa0\x80", "\xf0\x9f\x90\x98" };
	char                     text[64], member[16];

	for (size_t i = 0; i < 4; i++)
		for (size_t before = 0; before < 4; before++) {
			size_t width = strlen(characters[i]);
			memset(text, 'x', before);
			for (size_t at = before; at + width < sizeof text; at += width)
				memcpy(text + at, characters[i], width + 1);
			weir__error_copy(member, sizeof member, text);
			ck_assert_uint_eq(strlen(member), before + (15 - before) / width * width);
			ck_assert_mem_eq(member, text, strlen(member));
		}
}
END_TEST

START_TEST(test_error__a_text_one_byte_too_long_loses_its_last_character)
{
	char       text[sizeof((weir_error *)0)->message + 1], member[4];
	weir_error err;

	memset(text, 'a', sizeof text);
	memcpy(text + sizeof text - 4, "\xe2\x82\xac", 4);
	ck_assert_uint_eq(strlen(text), sizeof err.message);
	weir__error_set(&err, WEIR_ERR_VALUE, "%s", text);
	ck_assert_uint_eq(strlen(err.message), sizeof err.message - 3);
	weir__error_copy(member, sizeof member, "a\xe2\x82\xac");
	ck_assert_str_eq(member, "a");
}
END_TEST

START_TEST(test_error__a_copy_that_fits_exactly_is_whole)
{
	char member[4];

	weir__error_copy(member, sizeof member, "\xe2\x82\xac");
	ck_assert_str_eq(member, "\xe2\x82\xac");
	weir__error_copy(member, sizeof member, NULL);
	ck_assert_str_eq(member, "");
}
END_TEST

START_TEST(test_error__out_of_memory_says_so)
{
	weir_error err;

	ck_assert_int_eq(weir__error_no_memory(&err), WEIR_ERR_NO_MEMORY);
	ck_assert_str_eq(err.message, "out of memory");
}
END_TEST

WEIR_SUITE("base/error", test_status__every_status_has_a_name_and_a_sentence_of_its_own,
           test_status__an_unknown_number_has_texts_too, test_status__errors_are_negative_and_outcomes_positive,
           test_error__only_what_surely_had_no_effect_is_retryable, test_error__setting_clears_what_was_there,
           test_error__no_error_to_fill_is_fine, test_error__the_place_stands_before_the_message,
           test_error__messages_are_cut_between_characters,
           test_error__messages_with_a_place_are_cut_between_characters,
           test_error__copies_are_cut_between_characters_of_any_length,
           test_error__a_text_one_byte_too_long_loses_its_last_character, test_error__a_copy_that_fits_exactly_is_whole,
           test_error__out_of_memory_says_so);
