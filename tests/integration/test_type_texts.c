/* The texts of dates, times of day, intervals and addresses, and the binary forms of all: what the library writes is what the
 * server writes, for values that the server made, and is read back as the same value. */
#include "integration/workbench.h"

#include "models/value_text.h"

#include <stdlib.h>

/* Rows of a value and its text by the server: both are the same to us, and the text is read as the value. */
static void assert_texts(weir_type type, const char *sql)
{
	const weir__value_text *form = weir__value_text_of(type);
	weir__buffer            scratch = WEIR__BUFFER_INIT;

	workbench_clear();
	workbench_run(sql);
	ck_assert_uint_gt(workbench.rows.count, 0);
	for (size_t i = 0; i < workbench.rows.count; i++) {
		uint64_t    member[3] = { 0 }, again[3] = { 0 };
		char        text[WEIR__VALUE_TEXT_MAX];
		weir_value  value;
		const char *expected = workbench_value(i, 1, WEIR_TYPE_TEXT).as.text;

		workbench_ok(weir__rows_value(&workbench.rows, i, 0, type, &value, &scratch, &workbench.err));
		weir__value_store(&value, member);
		ck_assert_uint_eq(form->write(member, text), strlen(text));
		ck_assert_str_eq(text, expected);
		ck_assert_msg(form->read(text, strlen(text), again), "%s", text);
		ck_assert_mem_eq(member, again, sizeof member);
	}
	weir__buffer_release(&scratch);
}

START_TEST(test_type_texts__intervals_are_written_as_the_server_writes_them)
{
	workbench_open();
	workbench_script("SET intervalstyle = 'iso_8601'; SELECT setseed(0.25)");
	assert_texts(
		WEIR_TYPE_INTERVAL,
		"SELECT v, v::text FROM (SELECT make_interval(months => ((random() - 0.5) * 10 ^ (i % 9))::int,"
		" days => ((random() - 0.5) * 10 ^ (i % 7))::int) + ((random() - 0.5) * 10 ^ (i % 19))::bigint *"
		" interval '1 microsecond' AS v FROM generate_series(1, 3000) i UNION ALL SELECT x::interval FROM unnest(ARRAY["
		"'0', '1 us', '-1 us', '1 s', '-0.5 s', '59.999999 s', '-1 month', '-11 months', '13 months -1 day', '1 hour',"
		"'-61 minutes', '178956970 years 7 months', '2147483647 days', '-2147483648 days']) x) t");
	workbench_close();
}
END_TEST

START_TEST(test_type_texts__addresses_are_written_as_the_server_writes_them)
{
	workbench_open();
	assert_texts(
		WEIR_TYPE_INET,
		"SELECT v, format('%s', v) FROM (SELECT x::inet AS v FROM unnest(ARRAY['0.0.0.0', '255.255.255.255', '10.1.2.3/8',"
		"'1.2.3.4/0', '::', '::1', '::/0', '1::', 'fe80::1/10', '1:0:0:2:0:0:0:3', '1:0:0:2:3:0:0:4', '::1.2.3.4',"
		"'::ffff:1.2.3.4', '::ffff:0:0', '1:2:3:4:5:6:7:8', '0:1:2:3:4:5:6:7', '1:2:3:4:5:6:7:0', '1:0:2:0:3:0:4:0',"
		"'::2:0:0:0:0', '0:0:0:0:0:0:2:0', '::ffff:ffff:1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127']) x UNION ALL"
		" SELECT (substr(h, 1, 4) || ':' || CASE WHEN i % 2 = 0 THEN '0:0:0' ELSE '0:' || substr(h, 5, 2) || ':0' END ||"
		" ':' || substr(h, 9, 1) || ':0:0:' || substr(h, 13, 3))::inet FROM (SELECT i, md5(i::text) AS h FROM"
		" generate_series(1, 500) i) g) t");
	workbench_close();
}
END_TEST

START_TEST(test_type_texts__dates_and_times_of_day_are_written_as_the_server_writes_them)
{
	workbench_open();
	workbench_script("SET datestyle = 'ISO'");
	assert_texts(WEIR_TYPE_DATE,
	             "SELECT v, v::text FROM (SELECT date '0001-01-01' + i * 371 AS v FROM generate_series(0, 9843) i"
	             " UNION ALL SELECT x::date FROM unnest(ARRAY['infinity', '-infinity', '9999-12-31']) x) t");
	assert_texts(WEIR_TYPE_TIME,
	             "SELECT v, to_char(v, 'HH24:MI:SS.US') FROM (SELECT time '00:00' + i * interval '8641003 us' AS v FROM"
	             " generate_series(0, 9998) i) t");
	assert_texts(WEIR_TYPE_TIME, "SELECT time '24:00', '24:00:00.000000'");
	/* Beyond four digits, and before the year 1, ISO has signs where PostgreSQL has BC. */
	assert_texts(WEIR_TYPE_DATE, "SELECT date '5874897-12-31', '+5874897-12-31'");
	assert_texts(WEIR_TYPE_DATE, "SELECT date '10000-01-01', '+010000-01-01'");
	assert_texts(WEIR_TYPE_DATE, "SELECT date '4714-11-24 BC', '-4713-11-24'");
	assert_texts(WEIR_TYPE_DATE, "SELECT date '0001-12-31 BC', '0000-12-31'");
	workbench_close();
}
END_TEST

START_TEST(test_type_texts__float4_of_the_server_keeps_its_bits_and_has_its_digits)
{
	workbench_open();
	workbench_script("SELECT setseed(0.75)");
	workbench_clear();
	workbench_run("SELECT v, v::text FROM (SELECT ((random() - 0.5) * 10 ^ (i % 70 - 38))::float4 AS v FROM"
	              " generate_series(1, 5000) i) t WHERE v <> 0");
	for (size_t i = 0; i < workbench.rows.count; i++) {
		float number = (float)workbench_value(i, 0, WEIR_TYPE_FLOAT4).as.number;
		ck_assert(strtof(workbench_value(i, 1, WEIR_TYPE_TEXT).as.text, NULL) == number);
	}
	workbench_close();
}
END_TEST

/* ---- What is read from texts ------------------------------------------------------------------------------------------- */

START_TEST(test_type_texts__other_spellings_are_read_and_nonsense_is_not)
{
	static const char *const intervals[] = { "P1W", "PT1.5S", "P-1Y+2M", "PT-0.000001S", "P0D", "PT36H" };
	static const char *const no_intervals[] = {
		"",     "P",     "PT",    "1D",           "P1",           "P1S",  "PT1D", "P1D2Y",
		"P1DT", "P1.5D", "PT1.S", "PT1.0000001S", "P3000000000D", "P1YY", "P1D "
	};
	static const char *const addresses[] = { "2001:DB8::1", "::", "1:2:3:4:5:6:1.2.3.4", "::1/128", "1.2.3.4/32" };
	static const char *const no_addresses[] = {
		"",        "1.2.3",         "1.2.3.4.5", "1.2.3.256",         "01.2.3.4", "1.2.3.4/33",
		"1::2::3", "1:2:3:4:5:6:7", ":::",       "1:2:3:4:5:6:7:8:9", "::1/129",  "fe80::1%eth0",
		"1:",      "12345::",       "1.2.3.4/",  "1.2.3.4/-1",        "::1.2.3",  "1:2:3:4:5:6:7::8"
	};
	weir_interval interval;
	weir_inet     inet;
	weir_date     date = { 5 };
	weir_clock    clock = { 7 };

	for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++)
		ck_assert_msg(weir_interval_parse(intervals[i], &interval) == WEIR_OK, "%s", intervals[i]);
	for (size_t i = 0; i < sizeof no_intervals / sizeof no_intervals[0]; i++)
		ck_assert_msg(weir_interval_parse(no_intervals[i], &interval) == WEIR_ERR_VALUE, "%s", no_intervals[i]);
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		ck_assert_msg(weir_inet_parse(addresses[i], &inet) == WEIR_OK, "%s", addresses[i]);
	for (size_t i = 0; i < sizeof no_addresses / sizeof no_addresses[0]; i++)
		ck_assert_msg(weir_inet_parse(no_addresses[i], &inet) == WEIR_ERR_VALUE, "%s", no_addresses[i]);
	ck_assert_int_eq(weir_date_parse("2026-02-29", &date), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_date_parse("+5874898-01-01", &date), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_date_parse("-4713-11-23", &date), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_clock_parse("24:00:00.000001", &clock), WEIR_ERR_VALUE);
	ck_assert_int_eq(weir_clock_parse("10:00", &clock), WEIR_ERR_VALUE);
	ck_assert_int_eq(date.days, 5);
	ck_assert_int_eq(clock.us, 7);
	ck_assert_int_eq(weir_clock_parse("10:26:15", &clock), WEIR_OK);
	ck_assert_int_eq(clock.us, INT64_C(37575000000));
}
END_TEST

WEIR_SUITE("type_texts", test_type_texts__intervals_are_written_as_the_server_writes_them,
           test_type_texts__addresses_are_written_as_the_server_writes_them,
           test_type_texts__dates_and_times_of_day_are_written_as_the_server_writes_them,
           test_type_texts__float4_of_the_server_keeps_its_bits_and_has_its_digits,
           test_type_texts__other_spellings_are_read_and_nonsense_is_not);
