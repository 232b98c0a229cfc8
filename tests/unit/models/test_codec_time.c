/* Times in cached records: the codec's fast path writes and reads what models/time.h does, and only that. */
#include "models/codec_time.h"
#include "models/time.h"
#include "support/suite.h"

#include <weir/types.h>

#include <string.h>

/* The codec's text of a time is the one of models/time.h, and reads back. */
static bool is_time_right(int64_t us, bool zoned)
{
	char    expected[WEIR_TIME_TEXT_MAX], text[WEIR_TIME_TEXT_MAX];
	size_t  length = weir__time_write(us, zoned, expected);
	int64_t read;

	return (size_t)(weir__codec_time_write(text, us, zoned) - text) == length && memcmp(text, expected, length) == 0 &&
	       weir__codec_time_read(text, length, zoned, &read) && read == us &&
	       !weir__codec_time_read(text, length - 1, zoned, &read);
}

START_TEST(test_write__is_as_weir_time_text_does)
{
	static const int64_t extremes[] = { INT64_MIN, INT64_MAX, INT64_MAX - 1, WEIR__TIME_MIN_US, 0, -1 };
	const uint64_t       range = (uint64_t)INT64_MAX - (uint64_t)WEIR__TIME_MIN_US;
	int64_t              wrong = 0;

	for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++)
		wrong += !is_time_right(extremes[i], i % 2);
	for (uint64_t i = 0; i < 50000; i++)
		wrong +=
			!is_time_right((int64_t)((uint64_t)WEIR__TIME_MIN_US + i * UINT64_C(0x9e3779b97f4a7c15) % range), i % 2);
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_read__every_day_of_ten_thousand_years_comes_back)
{
	char    text[WEIR_TIME_TEXT_MAX];
	int64_t read, wrong = 0;

	for (int64_t day = -719600; day < 2932900; day++) {
		int64_t us = day * INT64_C(86400000000) + day % 1000;
		char   *end = weir__codec_time_write(text, us, true);
		wrong += !weir__codec_time_read(text, (size_t)(end - text), true, &read) || read != us;
		if (day % 31 == 0)
			wrong += !is_time_right(us, true);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_read__times_have_one_form)
{
	/* clang-format off */
	static const char *const bad[] = {
		"2026-11-21T10:26:15Z", "2026-11-21T10:26:15.00012Z", "2026-11-21T10:26:15.000123+00:00",
		"2026-11-21 10:26:15.000123Z", "2026-11-21T10:26:15.000123z", "2026-11-21T24:00:00.000000Z",
		"2026-02-29T00:00:00.000000Z", "2026-00-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z",
		"2026-01-00T00:00:00.000000Z", "2026-04-31T00:00:00.000000Z", "2100-02-29T00:00:00.000000Z",
		"2026-11-21T10:60:15.000123Z", "2026-11-21T10:26:60.000123Z", "2O26-11-21T10:26:15.000123Z",
		"2026-11-21T10:26:15.00012aZ", "+002026-11-21T10:26:15.000123Z", "Infinity", "",
		"-0000-01-01T00:00:00.000000Z", "2026-11-21T1 :26:15.000123Z", "2026/11-21T10:26:15.000123Z",
		"2026-11/21T10:26:15.000123Z", "2026-11-21T10-26:15.000123Z", "2026-11-21T10:26-15.000123Z",
		"2026-11-21T10:26:15,000123Z", "2026-11-21T10:26:15.:00123Z", "2026-11-21T10:26:15.0001/3Z"
	};
	static const char *const good[] = {
		"2000-02-29T23:59:59.999999Z", "infinity", "-infinity", "0001-01-01T00:00:00.000000Z",
		"0000-12-31T23:59:59.999999Z", "-4713-11-24T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z",
		"+010000-01-01T00:00:00.000000Z"
	};
	/* clang-format on */
	int64_t us = 77;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!weir__codec_time_read(bad[i], strlen(bad[i]), true, &us), "read %s", bad[i]);
	ck_assert_int_eq(us, 77);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(weir__codec_time_read(good[i], strlen(good[i]), true, &us), "refused %s", good[i]);
}
END_TEST

/* Each byte of each place: read exactly where it is the text of what models/time.h reads there. */
START_TEST(test_read__any_other_byte_at_any_place_is_as_models_time_has_it)
{
	static const char *const texts[] = { "2026-11-21T10:26:15.000123Z", "2024-02-29T23:59:59.999999Z",
		                                 "1900-12-31T00:00:00.000000Z", "0001-01-01T19:09:09.909090Z" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		for (size_t at = 0; at < strlen(texts[i]); at++)
			for (int byte = 0; byte < 256; byte++) {
				char    text[WEIR_TIME_TEXT_MAX], own[WEIR_TIME_TEXT_MAX];
				size_t  length = strlen(texts[i]);
				int64_t us = 0, read = 0;
				bool    is_own;

				memcpy(text, texts[i], length);
				text[at] = (char)byte;
				is_own = weir__time_read(text, length, true, &us) && weir__time_write(us, true, own) == length &&
				         memcmp(own, text, length) == 0;
				ck_assert_msg(weir__codec_time_read(text, length, true, &read) == is_own, "%.27s", text);
				ck_assert_int_eq(read, is_own ? us : 0);
			}
}
END_TEST

WEIR_SUITE("models/codec_time", test_write__is_as_weir_time_text_does,
           test_read__every_day_of_ten_thousand_years_comes_back, test_read__times_have_one_form,
           test_read__any_other_byte_at_any_place_is_as_models_time_has_it);
