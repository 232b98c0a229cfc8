/* Times as text and back, by the proleptic Gregorian calendar; snprintf and strptime would cost more than all the rest. */
#include "baseline/baseline.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)

static const char pattern[] = "0000-00-00T00:00:00.000000Z";

static char *write_digits(char *out, int64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + digits + 1;
}

/* The civil date of a day since 1970, counted in eras of 400 years that begin in March. */
void baseline_time_write(char text[BASELINE_TIME_TEXT], int64_t unix_us)
{
	int64_t days = unix_us / DAY_US - (unix_us % DAY_US < 0), us = unix_us - days * DAY_US;
	int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * of_year + 2) / 153, month = march_month < 10 ? march_month + 3 : march_month - 9;
	char   *out = memcpy(text, pattern, sizeof pattern);

	out = write_digits(out, year_of_era + era * 400 + (month <= 2), 4);
	out = write_digits(out, month, 2);
	out = write_digits(out, of_year - (153 * march_month + 2) / 5 + 1, 2);
	out = write_digits(out, us / 3600000000, 2);
	out = write_digits(out, us / 60000000 % 60, 2);
	out = write_digits(out, us / 1000000 % 60, 2);
	write_digits(out, us % 1000000, 6);
}

static int64_t read_digits(const char **in, int digits)
{
	int64_t value = 0;

	for (int i = 0; i < digits; i++)
		value = value * 10 + ((*in)[i] - '0');
	*in += digits + 1;
	return value;
}

static bool fits_pattern(const char *text)
{
	for (size_t i = 0; i < sizeof pattern; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (pattern[i] == '0' ? !digit : text[i] != pattern[i])
			return false;
	}
	return true;
}

bool baseline_time_read(const char *text, int64_t *unix_us)
{
	int64_t year, month, day, era, of_era, hours, minutes, seconds;

	if (!fits_pattern(text))
		return false;
	year = read_digits(&text, 4);
	month = read_digits(&text, 2);
	day = read_digits(&text, 2);
	hours = read_digits(&text, 2);
	minutes = read_digits(&text, 2);
	seconds = read_digits(&text, 2);
	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	*unix_us = (era * 146097 + of_era - 719468) * DAY_US + ((hours * 60 + minutes) * 60 + seconds) * 1000000 +
	           read_digits(&text, 6);
	return true;
}
