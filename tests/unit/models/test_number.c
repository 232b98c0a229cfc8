/* Numbers to and from text, against the C library: the same values, the right number of digits, and one grammar. */
#include "models/number.h"
#include "support/suite.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint64_t next_number(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static const char *double_text(double number)
{
	static char text[WEIR__DOUBLE_TEXT_MAX + 1];
	char       *end = weir__double_write(text, number);

	ck_assert_uint_le((size_t)(end - text), WEIR__DOUBLE_TEXT_MAX);
	*end = '\0';
	return text;
}

static bool is_same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static size_t count_digits(const char *text)
{
	char   digits[64];
	size_t count = 0, first = 0;

	for (; *text && *text != 'e'; text++)
		if (*text >= '0' && *text <= '9')
			digits[count++] = *text;
	while (first < count && digits[first] == '0')
		first++;
	while (count > first && digits[count - 1] == '0')
		count--;
	return count - first;
}

/* The digits that the fewest of %.15g, %.16g and %.17g has that reads back equal. */
static size_t needed_digits(double number)
{
	char text[40];
	int  precision = 14;

	do
		(void)snprintf(text, sizeof text, "%.*g", ++precision, number);
	while (precision < 17 && strtod(text, NULL) != number);
	return count_digits(text);
}

static bool is_double_right(double number)
{
	const char *text = double_text(number);
	size_t      length = strlen(text);
	double      read = 7;
	bool        whole = number == floor(number) && fabs(number) <= 9007199254740992.0;

	return is_same(strtod(text, NULL), number) && weir__double_read(text, text + length, &read) == text + length &&
	       is_same(read, number) && weir__double_holds(text, length) == (fabs(number) >= DBL_MIN || number == 0) &&
	       (whole ? !strpbrk(text, ".e") : count_digits(text) == needed_digits(number));
}

START_TEST(test_double__random_ones_come_back_in_the_fewest_digits)
{
	int64_t wrong = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t bits = next_number();
		double   any, decimal = (double)(int64_t)(bits >> (bits & 31)) / pow(10, (double)(bits % 23));
		memcpy(&any, &bits, sizeof any);
		if (isfinite(any))
			wrong += !is_double_right(any);
		wrong += !is_double_right(decimal);
		wrong += !is_double_right((double)(bits >> 11) / 100);
		wrong += !is_double_right((double)(bits % 100000000) / 10000);
		wrong += !is_double_right((double)(int64_t)bits / 1e18);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_double__has_one_text)
{
	static const struct pair {
		double      number;
		const char *text;
	} pairs[] = { { 0.0, "0" },
		          { -0.0, "-0" },
		          { 1, "1" },
		          { -12.5, "-12.5" },
		          { 0.1, "0.1" },
		          { 0.0001, "0.0001" },
		          { 0.00012345, "0.00012345" },
		          { 0.00001, "1e-05" },
		          { 1e15, "1000000000000000" },
		          { 9007199254740992.0, "9007199254740992" },
		          { 9007199254740994.0, "9.007199254740994e+15" },
		          { 4503599627370495.5, "4.5035996273704955e+15" },
		          { 1e22, "1e+22" },
		          { 123456789012345.6, "123456789012345.6" },
		          { 0.1 + 0.2, "0.30000000000000004" },
		          { 1e100, "1e+100" },
		          { DBL_MAX, "1.7976931348623157e+308" },
		          { -DBL_MAX, "-1.7976931348623157e+308" },
		          { DBL_MIN, "2.2250738585072014e-308" },
		          { 999999999999999.9, "999999999999999.9" } };

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		ck_assert_str_eq(double_text(pairs[i].number), pairs[i].text);
}
END_TEST

START_TEST(test_double__denormals_come_back)
{
	int64_t wrong = 0;

	for (int i = 0; i < 5000; i++) {
		uint64_t bits = next_number() >> (12 + i % 52);
		double   number;
		memcpy(&number, &bits, sizeof number);
		wrong += !is_double_right(number);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

static const char *read_double(const char *text, double *number)
{
	return weir__double_read(text, text + strlen(text), number);
}

START_TEST(test_double__reads_what_strtod_reads)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"0.0",
		"0e5",
		"1e5",
		"1E5",
		"1e+5",
		"1e-5",
		"123456789012345678901234567890",
		"0.000000000000000000000000000001",
		"9007199254740993",
		"9007199254740992.99999999999999999999999",
		"1.00000000000000011102230246251565404236316680908203125",
		"1.00000000000000011102230246251565404236316680908203126",
		"1.00000000000000011102230246251565404236316680908203124",
		"2.2250738585072011e-308",
		"4.9406564584124654e-324",
		"2.4703282292062328e-324",
		"1e-400",
		"17976931348623157e292",
		"0.1e-6",
		"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
		"12345678901234567e-17",
		"100000000000000000000000e-23",
		"1.7976931348623158079e308",
		"5e-324"
	};
	double number;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		ck_assert_msg(read_double(texts[i], &number) == texts[i] + strlen(texts[i]), "refused: %s", texts[i]);
		ck_assert_msg(is_same(number, strtod(texts[i], NULL)), "wrong: %s", texts[i]);
	}
}
END_TEST

/* Halfway between two doubles but for a digit far behind, where only the presence of more digits decides. */
START_TEST(test_double__thousands_of_digits_still_round_correctly)
{
	char   text[5002] = "9007199254740993.";
	size_t start = strlen(text);
	double number;

	memset(text + start, '0', 5000 - start);
	ck_assert_ptr_eq(read_double(text, &number), text + 5000);
	ck_assert(number == 9007199254740992.0);
	text[4999] = '1';
	ck_assert_ptr_eq(read_double(text, &number), text + 5000);
	ck_assert(number == 9007199254740994.0);
	memset(text, '1', 5000);
	ck_assert_ptr_null(read_double(text, &number));
	memcpy(text + 4994, "e-4990", 7);
	ck_assert_ptr_eq(read_double(text, &number), text + 5000);
	ck_assert(number == 1111.0 + 1.0 / 9);
}
END_TEST

START_TEST(test_double__what_is_no_number_of_json_is_refused)
{
	static const char *const bad[] = { "",     "-",    "+1",    ".5",       "5.",
		                               "1e",   "1e+",  "01",    "-01",      "00",
		                               "inf",  "nan",  "NaN",   "Infinity", "e5",
		                               " 1",   "--1",  "1e999", "-1e999",   "1e99999999999999999999",
		                               "1.e5", "1.5.", "-.5" };
	double                   number = 7;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *end = read_double(bad[i], &number);
		ck_assert_msg(!end || *end != '\0', "read: %s", bad[i]);
	}
	ck_assert_ptr_null(read_double("1e999", &number));
}
END_TEST

/* A text is its number's own when writing that number gives it. */
static bool is_own_right(const char *text, size_t length)
{
	char        own[WEIR__DOUBLE_TEXT_MAX];
	double      number, read;
	const char *end = weir__double_read(text, text + length, &number);
	const char *behind = weir__double_read_own(text, text + length, &read);
	size_t      size = end ? (size_t)(weir__double_write(own, number) - own) : 0;
	bool        is_own = end && size == (size_t)(end - text) && memcmp(own, text, size) == 0;

	return is_own ? behind == end && is_same(number, read) : !behind;
}

START_TEST(test_double__reads_its_own_text_and_no_other)
{
	int64_t wrong = 0;
	char    text[64];

	for (int i = 0; i < 100000; i++) {
		uint64_t number = next_number() >> (i & 63), place = number % 19;
		int      length = snprintf(text, sizeof text, "%s%" PRIu64, i % 3 == 0 ? "-" : "", number / 19);

		if (place < 17) { /* a point, with zeros before it where there are too few digits, or one more at the end */
			uint64_t power = (uint64_t)pow(10, (double)place);
			length = snprintf(text, sizeof text, "%" PRIu64 ".%0*" PRIu64 "%s", number / power, (int)place,
			                  number % power, i % 5 == 0 ? "0" : "");
		} else if (place == 17) {
			length += snprintf(text + length, sizeof text - (size_t)length, "e%s%02d", i % 2 ? "+" : "-", i % 40);
		}
		wrong += !is_own_right(text, (size_t)length);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_double__reads_no_further_than_the_end)
{
	const char *text = "1.5e5";
	double      number;

	ck_assert_ptr_eq(weir__double_read(text, text + 1, &number), text + 1);
	ck_assert_ptr_eq(weir__double_read(text, text + 3, &number), text + 3);
	ck_assert(number == 1.5);
	ck_assert_ptr_null(weir__double_read(text, text + 2, &number));
	ck_assert_ptr_null(weir__double_read(text, text + 4, &number));
	ck_assert_ptr_null(weir__double_read(text, text, &number));
}
END_TEST

START_TEST(test_double__does_not_depend_on_the_locale)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8", "C" };
	double                   number;
	size_t                   i = 0;

	while (!setlocale(LC_NUMERIC, names[i]))
		i++;
	ck_assert_str_eq(double_text(0.1 + 0.2), "0.30000000000000004");
	ck_assert_str_eq(double_text(-2.5e-300), "-2.5e-300");
	ck_assert_ptr_nonnull(read_double("0.30000000000000004", &number));
	(void)setlocale(LC_NUMERIC, "C");
	ck_assert(is_same(number, 0.1 + 0.2));
}
END_TEST

START_TEST(test_double__holds_only_numbers_that_it_keeps)
{
	/* clang-format off */
	static const char *const kept[] = {
		"0", "-0", "1.50", "123456789012345", "0.30000000000000004", "1e300", "1.000000000000000000000",
		"9007199254740991", "1e-300"
	};
	/* clang-format on */
	static const char *const lost[] = {
		"9007199254740993", "12345678901234567890", "0.1234567890123456789", "1e999", "-1e999",
		"1e-400",           "0.30000000000000005"
	};

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		ck_assert_msg(weir__double_holds(kept[i], strlen(kept[i])), "%s", kept[i]);
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
		ck_assert_msg(!weir__double_holds(lost[i], strlen(lost[i])), "%s", lost[i]);
}
END_TEST

START_TEST(test_double__exact_is_up_to_fifteen_digits)
{
	char text[WEIR__DOUBLE_TEXT_MAX];

	ck_assert_ptr_eq(weir__double_write_exact(text, 12.5), text + 4);
	ck_assert_ptr_eq(weir__double_write_exact(text, 1e300), text + 6);
	ck_assert_ptr_null(weir__double_write_exact(text, 0.1 + 0.2));
	ck_assert_ptr_null(weir__double_write_exact(text, 1.0 / 3));
}
END_TEST

START_TEST(test_integer__writes_and_reads_what_the_c_library_does)
{
	char    text[32], expected[32];
	int64_t read, wrong = 0;

	for (int i = 0; i < 50000; i++) {
		int64_t number = (int64_t)next_number() >> (i & 63);
		int     length = snprintf(expected, sizeof expected, "%" PRId64, number);
		char   *end = weir__integer_write(text, number);
		wrong += end - text != length || memcmp(text, expected, (size_t)length) != 0;
		wrong += weir__integer_read(text, end, &read) != end || read != number;
	}
	ck_assert_int_eq(wrong, 0);
	ck_assert_int_eq(weir__integer_write(text, INT64_MIN) - text, WEIR__INTEGER_TEXT_MAX);
	ck_assert_mem_eq(text, "-9223372036854775808", 20);
}
END_TEST

static const char *read_integer(const char *text, int64_t *number)
{
	return weir__integer_read(text, text + strlen(text), number);
}

START_TEST(test_integer__has_one_text)
{
	/* clang-format off */
	static const char *const bad[] = {
		"", "-", "-0", "00", "01", "-01", "+1", " 1", "x", "9223372036854775808", "-9223372036854775809",
		"10000000000000000000", "18446744073709551616", "99999999999999999999999999"
	};
	/* clang-format on */
	int64_t number = 7;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!read_integer(bad[i], &number), "read: %s", bad[i]);
	ck_assert_int_eq(number, 7);
	ck_assert_ptr_nonnull(read_integer("9223372036854775807", &number));
	ck_assert_int_eq(number, INT64_MAX);
	ck_assert_ptr_nonnull(read_integer("-9223372036854775808,", &number));
	ck_assert_int_eq(number, INT64_MIN);
}
END_TEST

START_TEST(test_float__has_the_fewest_digits_that_come_back)
{
	static const struct {
		float       number;
		const char *text;
	} known[] = { { 0.1f, "0.1" },
		          { -0.0f, "-0" },
		          { 16777216.0f, "16777216" },
		          { 1e10f, "10000000000" },
		          { FLT_MAX, "3.4028235e+38" },
		          { FLT_TRUE_MIN, "1.4013e-45" },
		          { 8388607.5f, "8388607.5" },
		          { 0.00001f, "1e-05" } };
	char text[WEIR__DOUBLE_TEXT_MAX + 1];

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		*weir__float_write(text, known[i].number) = '\0';
		ck_assert_str_eq(text, known[i].text);
	}
	for (int i = 0; i < 100000; i++) {
		uint32_t bits = (uint32_t)next_number();
		float    number;
		memcpy(&number, &bits, sizeof number);
		if (!isfinite(number))
			continue;
		*weir__float_write(text, number) = '\0';
		ck_assert_msg(memcmp(&number, &(float){ strtof(text, NULL) }, sizeof number) == 0, "%s", text);
	}
}
END_TEST

WEIR_SUITE("models/number", test_double__random_ones_come_back_in_the_fewest_digits, test_double__has_one_text,
           test_double__denormals_come_back, test_double__reads_what_strtod_reads,
           test_double__thousands_of_digits_still_round_correctly, test_double__what_is_no_number_of_json_is_refused,
           test_double__reads_its_own_text_and_no_other, test_double__reads_no_further_than_the_end,
           test_double__does_not_depend_on_the_locale, test_double__holds_only_numbers_that_it_keeps,
           test_double__exact_is_up_to_fifteen_digits, test_float__has_the_fewest_digits_that_come_back,
           test_integer__writes_and_reads_what_the_c_library_does, test_integer__has_one_text);
