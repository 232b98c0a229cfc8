/* The texts of numerics: what PostgreSQL takes and what it does not. */
#include "models/numeric.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static const char *const accepted[] = {
	"0",
	"-0",
	"+0",
	"1",
	"12.50",
	"-0.001",
	"+3.14",
	".5",
	"-.5",
	"5.",
	"00012",
	"0.000",
	"1e5",
	"1E5",
	"1e+5",
	"1e-5",
	"1.5e10",
	".5e1",
	"5.e1",
	"NaN",
	"nan",
	"NAN",
	"Infinity",
	"infinity",
	"-Infinity",
	"+infinity",
	"inf",
	"-INF",
	"1e131071",
	"1e-16383",
	"0e131072",
	"0e1000000",
	"0.001e131074",
	"0e1073741822",
	"123456789012345678901234567890.123456789",
};

static const char *const refused[] = {
	"",
	" ",
	"-",
	"+",
	".",
	"-.",
	"e5",
	".e5",
	"1e",
	"1e+",
	"1e-",
	"1e5.5",
	"1 ",
	" 1",
	"1 2",
	"1_000",
	"0x10",
	"1,5",
	"1..2",
	"1.2.3",
	"--1",
	"+-1",
	"1-",
	"1e5e5",
	"abc",
	"NaN0",
	"-NaN",
	"+NaN",
	"na",
	"infin",
	"infinity ",
	"in",
	"\xd9\xa1",
	"1e131072",
	"10e131071",
	"0.001e131075",
	"1e-16384",
	"0.1e-16383",
	"0e-16384",
	"1e1073741823",
	"0e1073741823",
	"1e99999999999999999999",
	"1e-99999999999999999999",
};

static bool is_valid(const char *text)
{
	return weir__numeric_is_valid(text, strlen(text));
}

START_TEST(test_numeric__what_postgresql_takes)
{
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
		ck_assert_msg(is_valid(accepted[i]), "%s", accepted[i]);
}
END_TEST

START_TEST(test_numeric__what_it_does_not)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		ck_assert_msg(!is_valid(refused[i]), "%s", refused[i]);
}
END_TEST

/* A text of count times c, behind a prefix. */
static char *repeat(const char *prefix, char c, size_t count)
{
	size_t start = strlen(prefix);
	char  *text = malloc(start + count + 1);

	memcpy(text, prefix, start);
	memset(text + start, c, count);
	text[start + count] = '\0';
	return text;
}

static bool is_valid_repeated(const char *prefix, char c, size_t count)
{
	char *text = repeat(prefix, c, count);
	bool  valid = is_valid(text);

	free(text);
	return valid;
}

START_TEST(test_numeric__digits_before_the_point_are_limited)
{
	ck_assert(is_valid_repeated("", '9', 131072));
	ck_assert(!is_valid_repeated("", '9', 131073));
	ck_assert(is_valid_repeated("-", '9', 131072));
	ck_assert(is_valid_repeated("00", '9', 131072));
	ck_assert(is_valid_repeated("", '0', 200000));
}
END_TEST

START_TEST(test_numeric__digits_behind_the_point_are_limited)
{
	ck_assert(is_valid_repeated("0.", '1', 16383));
	ck_assert(!is_valid_repeated("0.", '1', 16384));
	ck_assert(is_valid_repeated("1.", '0', 16383));
	ck_assert(!is_valid_repeated("1.", '0', 16384));
}
END_TEST

START_TEST(test_numeric__a_nul_inside_is_refused)
{
	ck_assert(!weir__numeric_is_valid("1\0", 2));
	ck_assert(!weir__numeric_is_valid("1\0"
	                                  "2",
	                                  3));
	ck_assert(!weir__numeric_is_valid("nan\0", 4));
}
END_TEST

START_TEST(test_numeric__does_not_read_behind_its_end)
{
	static const char text[] = "-12.5e-7";

	for (size_t length = 1; length < sizeof text; length++) {
		char *exact = malloc(length);
		memcpy(exact, text, length);
		(void)weir__numeric_is_valid(exact, length);
		free(exact);
	}
	ck_assert(weir__numeric_is_valid("12x", 2));
}
END_TEST

WEIR_SUITE("models/numeric", test_numeric__what_postgresql_takes, test_numeric__what_it_does_not,
           test_numeric__digits_before_the_point_are_limited, test_numeric__digits_behind_the_point_are_limited,
           test_numeric__a_nul_inside_is_refused, test_numeric__does_not_read_behind_its_end);
