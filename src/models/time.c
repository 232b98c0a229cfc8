/* Times, dates and times of day as text.
 *
 * The calendar is the proleptic Gregorian one, counted in years that begin on 1 March, so that the leap day is a year's
 * last day, and in cycles of 400 such years, which are all equally long. Nothing depends on locale or time zone. */
#include "models/time.h"

#include "base/clock.h"

#include <string.h>

#define US_PER_SECOND     INT64_C(1000000)
#define SECONDS_PER_DAY   86400
#define DAYS_PER_CYCLE    146097 /* 400 years */
#define DAYS_PER_CENTURY  36524  /* but the cycle's last, which has a day more */
#define DAYS_PER_OLYMPIAD 1461   /* four years, but where a century ends */
#define DAYS_TO_1970      719468 /* from 1 March of the year 0 */

/* A day of the calendar, the year as in ISO: 0 is 1 BC. */
struct date {
	int64_t year;
	int     month;
	int     day;
};

/* The day of a year from March on which each month begins, and its end. */
static const int month_starts[13] = { 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366 };

static int64_t floor_divide(int64_t number, int64_t by, int64_t *rest)
{
	int64_t quotient = number / by;

	*rest = number % by;
	if (*rest < 0) {
		*rest += by;
		quotient--;
	}
	return quotient;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01. */
static int64_t days_of(const struct date *date)
{
	int     from_march = (date->month + 9) % 12;
	int64_t year_of_cycle;
	int64_t cycle = floor_divide(date->year - (date->month < 3), 400, &year_of_cycle);
	int64_t leap_days = year_of_cycle / 4 - year_of_cycle / 100;

	return cycle * DAYS_PER_CYCLE + year_of_cycle * 365 + leap_days + month_starts[from_march] + date->day - 1 -
	       DAYS_TO_1970;
}

static int64_t at_most(int64_t number, int64_t limit)
{
	return number < limit ? number : limit;
}

static struct date date_of(int64_t days)
{
	int64_t rest;
	int64_t cycle = floor_divide(days + DAYS_TO_1970, DAYS_PER_CYCLE, &rest);
	int64_t century = at_most(rest / DAYS_PER_CENTURY, 3);
	int64_t olympiad, year;
	int     month;

	rest -= century * DAYS_PER_CENTURY;
	olympiad = rest / DAYS_PER_OLYMPIAD;
	rest -= olympiad * DAYS_PER_OLYMPIAD;
	year = at_most(rest / 365, 3);
	rest -= year * 365;
	month = (int)(rest / 31); /* this month or the one before */
	if (rest >= month_starts[month + 1])
		month++;
	return (struct date){
		.year = cycle * 400 + century * 100 + olympiad * 4 + year + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = (int)rest - month_starts[month] + 1,
	};
}

/* Writes count digits and returns the place behind them. */
static char *put_digits(char *at, int64_t number, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + count;
}

/* Four digits, or six or seven with a sign where four do not do. */
static char *put_year(char *at, int64_t year)
{
	if (year < 0)
		*at++ = '-';
	else if (year > 9999)
		*at++ = '+';
	if (year < 0)
		year = -year;
	return put_digits(at, year, year > 999999 ? 7 : year > 9999 ? 6 : 4);
}

static char *put_date(char *at, const struct date *date)
{
	at = put_year(at, date->year);
	*at++ = '-';
	at = put_digits(at, date->month, 2);
	*at++ = '-';
	return put_digits(at, date->day, 2);
}

static char *put_clock(char *at, int64_t us_of_day)
{
	int64_t second = us_of_day / US_PER_SECOND;

	at = put_digits(at, second / 3600, 2);
	*at++ = ':';
	at = put_digits(at, second / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, second % 60, 2);
	*at++ = '.';
	return put_digits(at, us_of_day % US_PER_SECOND, 6);
}

static size_t put_word(char *text, const char *word)
{
	size_t length = strlen(word);

	memcpy(text, word, length + 1);
	return length;
}

size_t weir__time_write(int64_t us, bool zoned, char text[WEIR_TIME_TEXT_MAX])
{
	int64_t     us_of_day;
	struct date date;
	char       *at;

	if (us == INT64_MAX)
		return put_word(text, "infinity");
	if (us == INT64_MIN)
		return put_word(text, "-infinity");
	date = date_of(floor_divide(us, SECONDS_PER_DAY * US_PER_SECOND, &us_of_day));
	at = put_date(text, &date);
	*at++ = 'T';
	at = put_clock(at, us_of_day);
	if (zoned)
		*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - text);
}

struct reader {
	const char *at;
	const char *end;
};

static bool skip(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Reads from least to most digits. */
static bool read_digits(struct reader *r, int least, int most, int *number)
{
	int count = 0;

	*number = 0;
	while (count < most && r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		*number = *number * 10 + (*r->at++ - '0');
		count++;
	}
	return count >= least;
}

/* Two digits up to max. */
static bool read_pair(struct reader *r, int max, int *number)
{
	return read_digits(r, 2, 2, number) && *number <= max;
}

static bool read_date(struct reader *r, struct date *date)
{
	bool negative = skip(r, '-');
	bool positive = !negative && skip(r, '+');
	int  year;

	if (!read_digits(r, 4, negative || positive ? 7 : 4, &year) || (negative && year == 0))
		return false;
	date->year = negative ? -year : year;
	if (!skip(r, '-') || !read_pair(r, 12, &date->month) || date->month == 0)
		return false;
	if (!skip(r, '-') || !read_pair(r, days_in_month(date->year, date->month), &date->day))
		return false;
	return date->day > 0;
}

/* One to six digits behind the point, as microseconds. */
static bool read_fraction(struct reader *r, int *us)
{
	const char *start = r->at;

	if (!read_digits(r, 1, 6, us))
		return false;
	for (int count = (int)(r->at - start); count < 6; count++)
		*us *= 10;
	return true;
}

static bool read_clock(struct reader *r, int64_t *us_of_day)
{
	int hour, minute, second, us = 0;

	if (!read_pair(r, 23, &hour) || !skip(r, ':') || !read_pair(r, 59, &minute))
		return false;
	if (!skip(r, ':') || !read_pair(r, 59, &second))
		return false;
	if (skip(r, '.') && !read_fraction(r, &us))
		return false;
	*us_of_day = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + us;
	return true;
}

/* Z or an offset: +02:00, +0200, +02. */
static bool read_offset(struct reader *r, int64_t *us)
{
	bool negative;
	int  hours, minutes = 0;

	*us = 0;
	if (skip(r, 'Z'))
		return true;
	negative = skip(r, '-');
	if (!negative && !skip(r, '+'))
		return false;
	if (!read_pair(r, 23, &hours))
		return false;
	if (r->at < r->end) {
		(void)skip(r, ':');
		if (!read_pair(r, 59, &minutes))
			return false;
	}
	*us = (int64_t)(hours * 60 + minutes) * 60 * US_PER_SECOND;
	if (negative)
		*us = -*us;
	return true;
}

/* days and the microseconds beside them as one number, which must not be one of the infinities. */
static bool combine(int64_t days, int64_t us_beside, int64_t *us)
{
	const int64_t us_per_day = SECONDS_PER_DAY * US_PER_SECOND;
	int64_t       rest;

	days += floor_divide(us_beside, us_per_day, &rest);
	if (days < 0) { /* towards zero, so that the multiplication stays within bounds whenever the sum does */
		days++;
		rest -= us_per_day;
	}
	if (days > INT64_MAX / us_per_day || days < INT64_MIN / us_per_day)
		return false;
	days *= us_per_day;
	if (rest > 0 ? days >= INT64_MAX - rest : days <= INT64_MIN - rest)
		return false;
	*us = days + rest;
	return true;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

bool weir__time_read(const char *text, size_t length, bool zoned, int64_t *us)
{
	struct reader r = { .at = text, .end = text + length };
	struct date   date;
	int64_t       us_of_day, offset_us = 0;

	if (is_word(text, length, "infinity") || is_word(text, length, "-infinity")) {
		*us = *text == '-' ? INT64_MIN : INT64_MAX;
		return true;
	}
	if (!read_date(&r, &date) || !skip(&r, 'T') || !read_clock(&r, &us_of_day))
		return false;
	if ((zoned && !read_offset(&r, &offset_us)) || r.at != r.end)
		return false;
	return combine(days_of(&date), us_of_day - offset_us, us);
}

size_t weir__date_write(int32_t days, char text[WEIR_DATE_TEXT_MAX])
{
	struct date date;
	char       *at;

	if (days == INT32_MAX)
		return put_word(text, "infinity");
	if (days == INT32_MIN)
		return put_word(text, "-infinity");
	date = date_of(days);
	at = put_date(text, &date);
	*at = '\0';
	return (size_t)(at - text);
}

bool weir__date_read(const char *text, size_t length, int32_t *days)
{
	struct reader r = { .at = text, .end = text + length };
	struct date   date;
	int64_t       read;

	if (is_word(text, length, "infinity") || is_word(text, length, "-infinity")) {
		*days = *text == '-' ? INT32_MIN : INT32_MAX;
		return true;
	}
	if (!read_date(&r, &date) || r.at != r.end)
		return false;
	read = days_of(&date);
	if (read < WEIR__DATE_MIN || read > WEIR__DATE_MAX)
		return false;
	*days = (int32_t)read;
	return true;
}

size_t weir__clock_write(int64_t us, char text[WEIR_CLOCK_TEXT_MAX])
{
	char *at = put_clock(text, us >= 0 && us <= WEIR__CLOCK_MAX_US ? us : 0);

	*at = '\0';
	return (size_t)(at - text);
}

bool weir__clock_read(const char *text, size_t length, int64_t *us)
{
	struct reader r = { .at = text, .end = text + length };

	if (length >= 8 && memcmp(text, "24:00:00", 8) == 0) {
		int fraction = 0;
		r.at += 8;
		if ((skip(&r, '.') && !read_fraction(&r, &fraction)) || fraction != 0 || r.at != r.end)
			return false;
		*us = WEIR__CLOCK_MAX_US;
		return true;
	}
	return read_clock(&r, us) && r.at == r.end;
}

weir_time weir_time_now(void)
{
	return weir_time_of(weir__wall_now_us());
}

const char *weir_time_text(weir_time time, char text[WEIR_TIME_TEXT_MAX])
{
	weir__time_write(time.unix_us, true, text);
	return text;
}

const char *weir_timestamp_text(weir_timestamp timestamp, char text[WEIR_TIME_TEXT_MAX])
{
	weir__time_write(timestamp.us, false, text);
	return text;
}

int weir_time_parse(const char *text, weir_time *time)
{
	return text && weir__time_read(text, strlen(text), true, &time->unix_us) ? WEIR_OK : WEIR_ERR_VALUE;
}

int weir_timestamp_parse(const char *text, weir_timestamp *timestamp)
{
	return text && weir__time_read(text, strlen(text), false, &timestamp->us) ? WEIR_OK : WEIR_ERR_VALUE;
}

const char *weir_date_text(weir_date date, char text[WEIR_DATE_TEXT_MAX])
{
	weir__date_write(date.days, text);
	return text;
}

int weir_date_parse(const char *text, weir_date *date)
{
	return text && weir__date_read(text, strlen(text), &date->days) ? WEIR_OK : WEIR_ERR_VALUE;
}

const char *weir_clock_text(weir_clock clock, char text[WEIR_CLOCK_TEXT_MAX])
{
	weir__clock_write(clock.us, text);
	return text;
}

int weir_clock_parse(const char *text, weir_clock *clock)
{
	return text && weir__clock_read(text, strlen(text), &clock->us) ? WEIR_OK : WEIR_ERR_VALUE;
}
