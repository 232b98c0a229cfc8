/* Intervals as text: ISO 8601 durations as PostgreSQL writes them with IntervalStyle iso_8601. Years are twelve months,
 * hours, minutes and seconds parts of the microseconds; each part has the sign of what it is part of. Reading takes each
 * unit once, in the order of the standard, and adds up; what does not fit the three numbers is refused. */
#include "models/number.h"
#include "models/time.h"

#include <string.h>

#define US_PER_SECOND INT64_C(1000000)

static char *put_part(char *at, int64_t number, char unit)
{
	if (number == 0)
		return at;
	at = weir__integer_write(at, number);
	*at++ = unit;
	return at;
}

/* Seconds with their microseconds, of one sign, without zeros at the end. */
static char *put_seconds(char *at, int64_t us)
{
	uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
	uint64_t fraction = rest % (uint64_t)US_PER_SECOND;

	if (rest == 0)
		return at;
	if (us < 0)
		*at++ = '-';
	at = weir__integer_write(at, (int64_t)(rest / (uint64_t)US_PER_SECOND));
	if (fraction > 0) {
		*at++ = '.';
		for (uint64_t place = (uint64_t)US_PER_SECOND / 10; fraction > 0; place /= 10) {
			*at++ = (char)('0' + fraction / place);
			fraction %= place;
		}
	}
	*at++ = 'S';
	return at;
}

size_t weir__interval_write(const weir_interval *interval, char text[WEIR_INTERVAL_TEXT_MAX])
{
	const int64_t us_per_minute = 60 * US_PER_SECOND;
	char         *at = text;

	*at++ = 'P';
	at = put_part(at, interval->months / 12, 'Y');
	at = put_part(at, interval->months % 12, 'M');
	at = put_part(at, interval->days, 'D');
	if (interval->us != 0 || at == text + 1) {
		*at++ = 'T';
		at = put_part(at, interval->us / (60 * us_per_minute), 'H');
		at = put_part(at, interval->us / us_per_minute % 60, 'M');
		at = put_seconds(at, interval->us % us_per_minute);
		if (at[-1] == 'T')
			*at++ = '0', *at++ = 'S';
	}
	*at = '\0';
	return (size_t)(at - text);
}

/* A number with its unit. */
struct part {
	bool    negative;
	int64_t whole;
	int     fraction_us;
	bool    has_fraction;
	char    unit;
};

struct reader {
	const char *at;
	const char *end;
};

static bool is_digit(const struct reader *r)
{
	return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static bool read_whole(struct reader *r, int64_t *whole)
{
	if (!is_digit(r))
		return false;
	for (*whole = 0; is_digit(r); r->at++)
		if (__builtin_mul_overflow(*whole, 10, whole) || __builtin_add_overflow(*whole, *r->at - '0', whole))
			return false;
	return true;
}

/* One to six digits, as microseconds. */
static bool read_fraction(struct reader *r, int *us)
{
	int count = 0;

	for (*us = 0; is_digit(r) && count < 6; count++)
		*us = *us * 10 + (*r->at++ - '0');
	if (count == 0 || is_digit(r))
		return false;
	for (; count < 6; count++)
		*us *= 10;
	return true;
}

static bool read_part(struct reader *r, struct part *part)
{
	*part = (struct part){ .negative = r->at < r->end && *r->at == '-' };
	if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
		r->at++;
	if (!read_whole(r, &part->whole))
		return false;
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		part->has_fraction = true;
		if (!read_fraction(r, &part->fraction_us))
			return false;
	}
	if (r->at == r->end)
		return false;
	part->unit = *r->at++;
	return part->unit == 'S' || !part->has_fraction;
}

/* Adds number units of so many each to *sum, which must stay within the limits. */
static bool add(int64_t *sum, int64_t number, int64_t each, int64_t limit)
{
	int64_t product;

	if (__builtin_mul_overflow(number, each, &product) || __builtin_add_overflow(*sum, product, sum))
		return false;
	return limit == INT64_MAX || (*sum >= -limit - 1 && *sum <= limit);
}

static bool add_part(weir_interval *interval, const struct part *part, bool in_time)
{
	int64_t sign = part->negative ? -1 : 1;
	int64_t whole = sign * part->whole;
	int64_t months = interval->months, days = interval->days;
	bool    fits = false;

	if (!in_time && (part->unit == 'Y' || part->unit == 'M'))
		fits = add(&months, whole, part->unit == 'Y' ? 12 : 1, INT32_MAX);
	else if (!in_time && (part->unit == 'W' || part->unit == 'D'))
		fits = add(&days, whole, part->unit == 'W' ? 7 : 1, INT32_MAX);
	else if (in_time && part->unit == 'S')
		fits = add(&interval->us, whole, US_PER_SECOND, INT64_MAX) &&
		       add(&interval->us, sign, part->fraction_us, INT64_MAX);
	else if (in_time && (part->unit == 'H' || part->unit == 'M'))
		fits = add(&interval->us, whole, (part->unit == 'H' ? 3600 : 60) * US_PER_SECOND, INT64_MAX);
	if (fits) {
		interval->months = (int32_t)months;
		interval->days = (int32_t)days;
	}
	return fits;
}

/* Parts up to the end or a T, whose units stand in order. */
static bool read_parts(struct reader *r, const char *units, bool in_time, weir_interval *interval)
{
	struct part part;

	do {
		if (!read_part(r, &part))
			return false;
		units = strchr(units, part.unit);
		if (!units || !add_part(interval, &part, in_time))
			return false;
		units++;
	} while (r->at < r->end && *r->at != 'T');
	return true;
}

bool weir__interval_read(const char *text, size_t length, weir_interval *interval)
{
	struct reader r = { .at = text, .end = text + length };
	weir_interval read = { 0 };

	if (length < 3 || *r.at++ != 'P')
		return false;
	if (*r.at != 'T' && !read_parts(&r, "YMWD", false, &read))
		return false;
	if (r.at < r.end) {
		r.at++;
		if (!read_parts(&r, "HMS", true, &read) || r.at != r.end)
			return false;
	}
	*interval = read;
	return true;
}

const char *weir_interval_text(weir_interval interval, char text[WEIR_INTERVAL_TEXT_MAX])
{
	weir__interval_write(&interval, text);
	return text;
}

int weir_interval_parse(const char *text, weir_interval *interval)
{
	return text && weir__interval_read(text, strlen(text), interval) ? WEIR_OK : WEIR_ERR_VALUE;
}
