/* Times of the years 1 to 9999 by arithmetic on fixed places of the text; all others by models/time.h.
 *
 * Days are counted from 1 March of the year 0. Four times a day's number, plus 3, divided by the days of 400 years
 * is its century, and what remains, treated alike, its year: both leap rules fall out of the rounding. */
#include "models/codec_time.h"

#include "base/word.h"
#include "models/number.h"
#include "models/time.h"

#include <string.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (86400 * US_PER_SECOND)
#define DAYS_TO_1970  719468  /* from 1 March of the year 0 */
#define FIRST_DAY     306     /* 1 January of the year 1 */
#define LAST_DAY      3652364 /* 31 December 9999 */
#define PLAIN_LENGTH  weir__codec_time_plain(false)

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

/* Eight bytes that must be digits where the form has '0', and elsewhere what the form has there: the numbers of two digits each,
 * at the place of their first. `room` has at each place what makes a byte with its highest bit set of anything larger than what
 * may be there: 'v' for a digit, DEL for what must be 0. Whatever is not as it must be sets such a bit in *wrong. */
static inline __attribute__((always_inline)) uint64_t read_pairs(const char *at, const char form[8], const char room[8],
                                                                 uint64_t *wrong)
{
	uint64_t digits = weir__word_load(at) ^ weir__word_load(form);

	*wrong |= digits | (digits + weir__word_load(room));
	return digits * 10 + (digits >> 8);
}

static uint32_t pair_at(uint64_t pairs, unsigned place)
{
	return (uint32_t)(pairs >> 8 * place) & 0xff;
}

static uint32_t days_in_month(uint32_t century, uint32_t year, uint32_t month)
{
	bool leap = (year ? year : century) % 4 == 0;

	if (month == 2)
		return 28 + leap;
	return 30 + ((month + (month >= 8)) & 1);
}

/* Days since 1 March of the year 0. */
static uint32_t count_days(uint32_t year, uint32_t month, uint32_t day)
{
	year -= month < 3;
	month = month < 3 ? month + 9 : month - 3;
	return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
}

/* 2026-11-21T10:26:15.000123, at every place of which a digit or a mark is read with seven others. */
static bool read_plain(const char *text, int64_t *us)
{
	uint64_t wrong = 0;
	uint64_t first = read_pairs(text, "0000-00-", "vvvv\x7fvv\x7f", &wrong);
	uint64_t second = read_pairs(text + 8, "00T00:00", "vv\x7fvv\x7fvv", &wrong);
	uint64_t third = read_pairs(text + 16, ":00.0000", "\x7fvv\x7fvvvv", &wrong);
	uint64_t last = read_pairs(text + 18, "0.000000", "v\x7fvvvvvv", &wrong);
	uint32_t century = pair_at(first, 0), year = pair_at(first, 2), month = pair_at(first, 5);
	uint32_t day = pair_at(second, 0), hour = pair_at(second, 3), minute = pair_at(second, 6);
	uint32_t seconds = pair_at(third, 1), micros;

	if ((wrong & WEIR__EVERY_EIGHTH_BIT) || century + year == 0 || month - 1 > 11 || hour > 23 || minute > 59 ||
	    seconds > 59 || day - 1 >= days_in_month(century, year, month))
		return false;
	seconds += (hour * 60 + minute) * 60;
	micros = pair_at(third, 4) * 10000 + pair_at(last, 4) * 100 + pair_at(last, 6);
	*us = ((int64_t)count_days(century * 100 + year, month, day) - DAYS_TO_1970) * US_PER_DAY +
	      (int64_t)seconds * US_PER_SECOND + (int64_t)micros;
	return true;
}

static bool is_own_text(const char *text, size_t length, bool zoned, int64_t us)
{
	char own[WEIR_TIME_TEXT_MAX];

	return weir__time_write(us, zoned, own) == length && memcmp(own, text, length) == 0;
}

bool weir__codec_time_read_plain(const char *text, bool zoned, int64_t *us)
{
	return (!zoned || text[PLAIN_LENGTH] == 'Z') && read_plain(text, us);
}

bool weir__codec_time_read(const char *text, size_t length, bool zoned, int64_t *us)
{
	int64_t read;

	if (length == weir__codec_time_plain(zoned) && weir__codec_time_read_plain(text, zoned, us))
		return true;
	if (!weir__time_read(text, length, zoned, &read) || !is_own_text(text, length, zoned, read))
		return false;
	*us = read;
	return true;
}
