/* Times as text: known values, the ends of the range, a calendar counted day by day, and what is refused. */
#include "models/time.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S(seconds) ((seconds)*INT64_C(1000000))

static const struct {
	int64_t     us;
	const char *text; /* without the Z */
} known[] = {
	{ 0, "1970-01-01T00:00:00.000000" },
	{ 1, "1970-01-01T00:00:00.000001" },
	{ -1, "1969-12-31T23:59:59.999999" },
	{ S(86400), "1970-01-02T00:00:00.000000" },
	{ S(-86400), "1969-12-31T00:00:00.000000" },
	{ S(946684800), "2000-01-01T00:00:00.000000" },
	{ S(951782400), "2000-02-29T00:00:00.000000" }, /* a leap year: divisible by 400 */
	{ S(951868800), "2000-03-01T00:00:00.000000" },
	{ S(1709164800), "2024-02-29T00:00:00.000000" },
	{ S(-2203977600), "1900-02-28T00:00:00.000000" }, /* none: divisible by 100 */
	{ S(-2203891200), "1900-03-01T00:00:00.000000" },
	{ S(4107542400), "2100-03-01T00:00:00.000000" },
	{ S(1234567890) + 123456, "2009-02-13T23:31:30.123456" },
	{ S(253402300799) + 999999, "9999-12-31T23:59:59.999999" },
	{ S(253402300800), "+010000-01-01T00:00:00.000000" },
	{ S(-62135596800), "0001-01-01T00:00:00.000000" },
	{ S(-62135596800) - 1, "0000-12-31T23:59:59.999999" }, /* 1 BC */
	{ S(-62162121600), "0000-02-29T00:00:00.000000" },
	{ S(-62167219200), "0000-01-01T00:00:00.000000" },
	{ S(-62167219200) - 1, "-0001-12-31T23:59:59.999999" },
	{ WEIR__TIME_MIN_US, "-4713-11-24T00:00:00.000000" }, /* PostgreSQL's first day, 4714 BC */
	{ S(9223371158400), "+294246-12-31T00:00:00.000000" },
	{ INT64_MAX - 1, "+294247-01-10T04:00:54.775806" },
	{ INT64_MIN + 1, "-290308-12-21T19:59:05.224193" },
	{ INT64_MAX, "infinity" },
	{ INT64_MIN, "-infinity" },
};

#define KNOWN (sizeof known / sizeof known[0])

static bool is_infinite(int64_t us)
{
	return us == INT64_MIN || us == INT64_MAX;
}

START_TEST(test_time__known_times_are_written)
{
	char text[WEIR_TIME_TEXT_MAX], expected[WEIR_TIME_TEXT_MAX + 1];

	for (size_t i = 0; i < KNOWN; i++) {
		ck_assert_str_eq(weir_timestamp_text(weir_timestamp_of(known[i].us), text), known[i].text);
		snprintf(expected, sizeof expected, "%s%s", known[i].text, is_infinite(known[i].us) ? "" : "Z");
		ck_assert_str_eq(weir_time_text(weir_time_of(known[i].us), text), expected);
		ck_assert_uint_eq(weir__time_write(known[i].us, true, text), strlen(expected));
	}
}
END_TEST

START_TEST(test_time__known_times_are_read)
{
	char zoned[WEIR_TIME_TEXT_MAX + 1];

	for (size_t i = 0; i < KNOWN; i++) {
		weir_time      time = weir_time_of(42);
		weir_timestamp timestamp = weir_timestamp_of(42);
		snprintf(zoned, sizeof zoned, "%s%s", known[i].text, is_infinite(known[i].us) ? "" : "Z");
		ck_assert_int_eq(weir_time_parse(zoned, &time), WEIR_OK);
		ck_assert_int_eq(time.unix_us, known[i].us);
		ck_assert_int_eq(weir_timestamp_parse(known[i].text, &timestamp), WEIR_OK);
		ck_assert_int_eq(timestamp.us, known[i].us);
	}
}
END_TEST

static int length_of_month(int year, int month)
{
	if (month == 2)
		return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Every day from 4714 BC to 4000 AD, counted by hand. */
START_TEST(test_time__the_calendar_day_by_day)
{
	int64_t us = WEIR__TIME_MIN_US;
	int     year = -4713, month = 11, day = 24;
	char    text[WEIR_TIME_TEXT_MAX], expected[64];

	while (year < 4000) {
		int64_t read = 0;
		snprintf(expected, sizeof expected, "%s%04d-%02d-%02dT00:00:00.000000", year < 0 ? "-" : "",
		         year < 0 ? -year : year, month, day);
		weir__time_write(us, false, text);
		if (strcmp(text, expected) != 0)
			ck_abort_msg("%s is not %s", text, expected);
		if (!weir__time_read(text, strlen(text), false, &read) || read != us)
			ck_abort_msg("%s was read as another day", text);
		us += S(86400);
		if (++day > length_of_month(year, month)) {
			day = 1;
			year += month == 12;
			month = month % 12 + 1;
		}
	}
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

START_TEST(test_time__any_number_survives)
{
	uint64_t state = 0x9e3779b97f4a7c15;
	char     text[WEIR_TIME_TEXT_MAX];

	for (int i = 0; i < 200000; i++) {
		int64_t   us = (int64_t)next_random(&state) >> (i % 40);
		weir_time read = weir_time_of(0);
		weir_time_text(weir_time_of(us), text);
		if (weir_time_parse(text, &read) != WEIR_OK || read.unix_us != us)
			ck_abort_msg("%lld became %s", (long long)us, text);
	}
}
END_TEST

START_TEST(test_time__later_times_of_four_digit_years_are_greater_texts)
{
	uint64_t state = 7;
	char     a[WEIR_TIME_TEXT_MAX], b[WEIR_TIME_TEXT_MAX];

	for (int i = 0; i < 20000; i++) {
		int64_t first = (int64_t)(next_random(&state) % (uint64_t)S(253402300800));
		int64_t second = (int64_t)(next_random(&state) % (uint64_t)S(253402300800));
		weir_time_text(weir_time_of(first), a);
		weir_time_text(weir_time_of(second), b);
		ck_assert((first < second) == (strcmp(a, b) < 0));
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t     us;
} accepted[] = {
	{ "2026-11-21T10:26:15Z", S(1795256775) },
	{ "2026-11-21T10:26:15.1Z", S(1795256775) + 100000 },
	{ "2026-11-21T10:26:15.12Z", S(1795256775) + 120000 },
	{ "2026-11-21T10:26:15.000123Z", S(1795256775) + 123 },
	{ "2026-11-21T12:26:15+02:00", S(1795256775) },
	{ "2026-11-21T12:26:15.5+0200", S(1795256775) + 500000 },
	{ "2026-11-21T12:26:15+02", S(1795256775) },
	{ "2026-11-20T23:56:15-10:30", S(1795256775) },
	{ "2026-11-21T10:26:15+00:00", S(1795256775) },
	{ "2026-11-21T10:26:15-00:00", S(1795256775) },
	{ "1970-01-01T00:00:00+23:59", S(-86340) },
	{ "1970-01-01T00:00:00-23:59", S(86340) },
	{ "+1970-01-01T00:00:00Z", 0 },
	{ "+001970-01-01T00:00:00Z", 0 },
	{ "+294247-01-10T06:00:54.775806+02:00", INT64_MAX - 1 },
	{ "-290308-12-21T17:59:05.224193-02:00", INT64_MIN + 1 },
};

START_TEST(test_time__offsets_and_fractions_are_read)
{
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
		weir_time time = weir_time_of(42);
		ck_assert_msg(weir_time_parse(accepted[i].text, &time) == WEIR_OK, "%s", accepted[i].text);
		ck_assert_msg(time.unix_us == accepted[i].us, "%s is %lld", accepted[i].text, (long long)time.unix_us);
	}
}
END_TEST

static const char *const refused[] = {
	"",
	"Z",
	"now",
	"Infinity",
	"infinityZ",
	"+infinity",
	"2026-11-21",
	"2026-11-21T10:26:15", /* no offset */
	"2026-11-21 10:26:15Z",
	"2026-11-21t10:26:15z",
	" 2026-11-21T10:26:15Z",
	"2026-11-21T10:26:15Z ",
	"2026-11-21T10:26:15ZZ",
	"2026-11-21T10:26:15.Z",
	"2026-11-21T10:26:15.1234567Z",
	"2026-11-21T10:26:15,5Z",
	"2026-11-21T10:26Z",
	"2026-11-21T24:00:00Z",
	"2026-11-21T10:60:15Z",
	"2026-11-21T10:26:60Z",
	"2026-11-31T10:26:15Z",
	"2026-02-29T10:26:15Z",
	"1900-02-29T00:00:00Z",
	"2026-00-21T10:26:15Z",
	"2026-13-21T10:26:15Z",
	"2026-11-00T10:26:15Z",
	"2026-1-21T10:26:15Z",
	"226-11-21T10:26:15Z",
	"12026-11-21T10:26:15Z", /* more than four digits need a sign */
	"+1234567-11-21T10:26:15Z",
	"-0000-11-21T10:26:15Z",
	"--001-11-21T10:26:15Z",
	"2026-11-21T10:26:15+2",
	"2026-11-21T10:26:15+02:0",
	"2026-11-21T10:26:15+02:",
	"2026-11-21T10:26:15+24:00",
	"2026-11-21T10:26:15+02:60",
	"2026-11-21T10:26:15+02:00Z",
	"2026-11-21T10:26:15+-2:00",
	"+294247-01-10T04:00:54.775807Z", /* would be infinity */
	"+294247-01-10T04:00:54.775808Z",
	"+294247-01-10T03:59:54.775807-00:01",
	"-290308-12-21T19:59:05.224192Z", /* would be -infinity */
	"-290308-12-21T19:59:05.224191Z",
	"+999999-12-31T23:59:59Z",
	"-999999-01-01T00:00:00Z",
};

START_TEST(test_time__what_is_no_time_is_refused_and_changes_nothing)
{
	weir_time time = weir_time_of(42);

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		ck_assert_msg(weir_time_parse(refused[i], &time) == WEIR_ERR_VALUE, "%s", refused[i]);
	ck_assert_int_eq(weir_time_parse(NULL, &time), WEIR_ERR_VALUE);
	ck_assert_int_eq(time.unix_us, 42);
}
END_TEST

START_TEST(test_timestamp__an_offset_is_refused)
{
	weir_timestamp timestamp = weir_timestamp_of(42);

	ck_assert_int_eq(weir_timestamp_parse("2026-11-21T10:26:15Z", &timestamp), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_timestamp_parse("2026-11-21T10:26:15+00:00", &timestamp), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_timestamp_parse(NULL, &timestamp), WEIR_ERR_VALUE);
	ck_assert_int_eq(timestamp.us, 42);
	ck_assert_int_eq(weir_timestamp_parse("2026-11-21T10:26:15", &timestamp), WEIR_OK);
	ck_assert_int_eq(timestamp.us, S(1795256775));
}
END_TEST

START_TEST(test_time__every_cut_and_every_changed_byte_is_read_safely)
{
	const char text[] = "-290308-12-21T19:59:05.224193+02:00";
	int64_t    us;
	char       changed[sizeof text];

	for (size_t length = 0; length < sizeof text; length++) {
		char *exact = malloc(length + 1); /* so that a sanitizer sees a byte too many */
		memcpy(exact, text, length);
		(void)weir__time_read(exact, length, true, &us);
		free(exact);
	}
	for (size_t at = 0; at < sizeof text - 1; at++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(changed, text, sizeof text);
			changed[at] = (char)byte;
			(void)weir__time_read(changed, sizeof text - 1, true, &us);
		}
}
END_TEST

START_TEST(test_time__now_is_after_this_was_written)
{
	weir_time written;

	ck_assert_int_eq(weir_time_parse("2025-01-01T00:00:00Z", &written), WEIR_OK);
	ck_assert_int_gt(weir_time_now().unix_us, written.unix_us);
}
END_TEST

static const weir_uuid uuid = { { 0x1b, 0x4e, 0x28, 0xba, 0x2f, 0xa1, 0x11, 0xd2, 0x88, 0x3f, 0x00, 0x16, 0xd3, 0xcc,
	                              0xa4, 0x27 } };

START_TEST(test_uuid__is_written_in_small_letters_with_hyphens)
{
	char text[WEIR_UUID_TEXT_MAX];

	ck_assert_str_eq(weir_uuid_text(uuid, text), "1b4e28ba-2fa1-11d2-883f-0016d3cca427");
}
END_TEST

START_TEST(test_uuid__is_read_with_or_without_hyphens)
{
	static const char *const texts[] = { "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "1b4e28ba2fa111d2883f0016d3cca427",
		                                 "1B4E28BA-2FA1-11D2-883F-0016D3CCA427" };

	for (size_t i = 0; i < 3; i++) {
		weir_uuid read = { { 0 } };
		ck_assert_int_eq(weir_uuid_parse(texts[i], &read), WEIR_OK);
		ck_assert_mem_eq(read.bytes, uuid.bytes, 16);
	}
}
END_TEST

START_TEST(test_uuid__what_is_none_is_refused_and_changes_nothing)
{
	static const char *const texts[] = {
		"",
		"1b4e28ba-2fa1-11d2-883f-0016d3cca42",
		"1b4e28ba-2fa1-11d2-883f-0016d3cca4270",
		"1b4e28ba-2fa1-11d2-883f0016d3cca427",
		"1b4e28ba2-fa1-11d2-883f-0016d3cca427",
		"1b4e28ba-2fa1-11d2-883f-0016d3cca42g",
		"1b4e28ba2fa111d2883f0016d3cca42-",
		"{b4e28ba-2fa1-11d2-883f-0016d3cca427",
		"1b4e28ba 2fa1 11d2 883f 0016d3cca427",
		"1b4e28ba2fa111d2883f0016d3cca42`",
		"1b4e28ba2fa111d2883f0016d3cca42@",
	};
	weir_uuid read = uuid;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(weir_uuid_parse(texts[i], &read) == WEIR_ERR_VALUE, "%s", texts[i]);
	ck_assert_int_eq(weir_uuid_parse(NULL, &read), WEIR_ERR_VALUE);
	ck_assert_mem_eq(read.bytes, uuid.bytes, 16);
}
END_TEST

START_TEST(test_uuid__any_survives)
{
	uint64_t state = 3;
	char     text[WEIR_UUID_TEXT_MAX];

	for (int i = 0; i < 10000; i++) {
		weir_uuid made, read;
		for (size_t b = 0; b < 16; b++)
			made.bytes[b] = (uint8_t)next_random(&state);
		ck_assert_int_eq(weir_uuid_parse(weir_uuid_text(made, text), &read), WEIR_OK);
		ck_assert_mem_eq(read.bytes, made.bytes, 16);
	}
}
END_TEST

START_TEST(test_uuid__its_own_text_is_read_and_no_other)
{
	char own[WEIR_UUID_TEXT_MAX], text[WEIR_UUID_TEXT_MAX];

	for (size_t at = 0; at < sizeof text - 1; at++)
		for (int byte = 0; byte < 256; byte++) {
			weir_uuid read = uuid;
			bool      is_read;

			weir__uuid_write(&uuid, text);
			text[at] = (char)byte;
			is_read = weir__uuid_read_own(text, &read);
			weir__uuid_write(&read, own);
			ck_assert_msg(is_read ? memcmp(own, text, sizeof own - 1) == 0 : memcmp(&read, &uuid, sizeof read) == 0,
			              "%02x at %zu", (unsigned)byte, at);
			ck_assert_msg(is_read == weir__uuid_read(text, sizeof text - 1, &read) || (byte >= 'A' && byte <= 'F'),
			              "%02x at %zu", (unsigned)byte, at);
		}
}
END_TEST

WEIR_SUITE("models/time", test_time__known_times_are_written, test_time__known_times_are_read,
           test_time__the_calendar_day_by_day, test_time__any_number_survives,
           test_time__later_times_of_four_digit_years_are_greater_texts, test_time__offsets_and_fractions_are_read,
           test_time__what_is_no_time_is_refused_and_changes_nothing, test_timestamp__an_offset_is_refused,
           test_time__every_cut_and_every_changed_byte_is_read_safely, test_time__now_is_after_this_was_written,
           test_uuid__is_written_in_small_letters_with_hyphens, test_uuid__is_read_with_or_without_hyphens,
           test_uuid__what_is_none_is_refused_and_changes_nothing, test_uuid__any_survives,
           test_uuid__its_own_text_is_read_and_no_other);
