/* Times of the years 1 to 9999 by arithmetic on fixed places of the text; all others by models/time.h.
 *
 * Days are counted from 1 March of the year 0. Four times a day's number, plus 3, divided by the days of 400 years
 * is its century, and what remains, treated alike, its year: both leap rules fall out of the rounding. */
#include "models/codec_time.h"

#include "models/number.h"
#include "models/time.h"

#include <string.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (86400 * US_PER_SECOND)
#define DAYS_TO_1970  719468  /* from 1 March of the year 0 */
#define FIRST_DAY     306     /* 1 January of the year 1 */
#define LAST_DAY      3652364 /* 31 December 9999 */
#define PLAIN_LENGTH  26      /* 2026-11-21T10:26:15.000123 */

static void put_pair(char *at, uint32_t number)
{
	memcpy(at, weir__digit_pairs + (size_t)number * 2, 2);
}

static void write_date(char *at, uint32_t day)
{
	uint32_t quarters = day * 4 + 3;
	uint32_t century = quarters / 146097;
	uint32_t month, year;

	quarters = quarters % 146097 | 3;
	year = century * 100 + quarters / 1461;
	day = quarters % 1461 / 4;
	month = (day * 5 + 2) / 153;
	day -= (month * 153 + 2) / 5;
	year += month >= 10;
	put_pair(at, year / 100);
	put_pair(at + 2, year % 100);
	at[4] = '-';
	put_pair(at + 5, month < 10 ? month + 3 : month - 9);
	at[7] = '-';
	put_pair(at + 8, day + 1);
}

static void write_clock(char *at, uint64_t us_of_day)
{
	uint32_t second = (uint32_t)(us_of_day / US_PER_SECOND);
	uint32_t us = (uint32_t)(us_of_day % US_PER_SECOND);

	put_pair(at, second / 3600);
	at[2] = ':';
	put_pair(at + 3, second / 60 % 60);
	at[5] = ':';
	put_pair(at + 6, second % 60);
	at[8] = '.';
	put_pair(at + 9, us / 10000);
	put_pair(at + 11, us / 100 % 100);
	put_pair(at + 13, us % 100);
}

char *weir__codec_time_write(char *at, int64_t us, bool zoned)
{
	const int64_t start = (FIRST_DAY - DAYS_TO_1970) * US_PER_DAY;
	const int64_t end = (LAST_DAY + 1 - DAYS_TO_1970) * US_PER_DAY;
	uint64_t      since;

	if (us < start || us >= end)
		return at + weir__time_write(us, zoned, at);
	since = (uint64_t)(us - start) + FIRST_DAY * (uint64_t)US_PER_DAY;
	write_date(at, (uint32_t)(since / US_PER_DAY));
	at[10] = 'T';
	write_clock(at + 11, since % US_PER_DAY);
	at[PLAIN_LENGTH] = 'Z';
	return at + PLAIN_LENGTH + zoned;
}

/* Two digits; what is none makes the number larger than any limit. */
static uint32_t pair(const char *at)
{
	uint32_t high = (unsigned char)(at[0] - '0');
	uint32_t low = (unsigned char)(at[1] - '0');

	return low > 9 ? 1000 : high * 10 + low;
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month == 2)
		return 28 + leap;
	return 30 + ((month + (month >= 8)) & 1);
}

static bool read_date(const char *at, uint32_t *days)
{
	uint32_t century = pair(at), year = pair(at + 2), month = pair(at + 5), day = pair(at + 8);

	if (century > 99 || year > 99 || month - 1 > 11 || at[4] != '-' || at[7] != '-')
		return false;
	year += century * 100;
	if (year == 0 || day - 1 >= days_in_month(year, month))
		return false;
	year -= month < 3;
	month = month < 3 ? month + 9 : month - 3;
	*days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
	return true;
}

static bool read_clock(const char *at, int64_t *us)
{
	uint32_t hour = pair(at), minute = pair(at + 3), second = pair(at + 6);
	uint32_t high = pair(at + 9), middle = pair(at + 11), low = pair(at + 13);

	if (hour > 23 || minute > 59 || second > 59 || high > 99 || middle > 99 || low > 99)
		return false;
	if (at[2] != ':' || at[5] != ':' || at[8] != '.')
		return false;
	*us = (int64_t)((hour * 60 + minute) * 60 + second) * US_PER_SECOND + (int64_t)(high * 10000 + middle * 100 + low);
	return true;
}

static bool is_own_text(const char *text, size_t length, bool zoned, int64_t us)
{
	char own[WEIR_TIME_TEXT_MAX];

	return weir__time_write(us, zoned, own) == length && memcmp(own, text, length) == 0;
}

bool weir__codec_time_read(const char *text, size_t length, bool zoned, int64_t *us)
{
	uint32_t days;
	int64_t  read;

	if (length == (size_t)PLAIN_LENGTH + zoned && read_date(text, &days)) {
		if (text[10] != 'T' || !read_clock(text + 11, &read) || (zoned && text[PLAIN_LENGTH] != 'Z'))
			return false;
		*us = ((int64_t)days - DAYS_TO_1970) * US_PER_DAY + read;
		return true;
	}
	if (!weir__time_read(text, length, zoned, &read) || !is_own_text(text, length, zoned, read))
		return false;
	*us = read;
	return true;
}
