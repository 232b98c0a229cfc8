/* Numbers to and from text.
 *
 * A decimal of at most 2^53 as digits and a power of ten up to 22 are doubles both, so that one division or
 * multiplication gives the nearest double: that is the fast path in both directions. Beyond it snprintf and strtod
 * round correctly; strtod is given digits without a point, and of what snprintf writes only digits are taken, since
 * the point is what a locale changes. */
#include "models/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POWER_MAX         22
#define DIGITS_MAX        17 /* that any double needs */
#define DIGITS_SURE       15 /* that any double keeps */
#define FLOAT_DIGITS_MAX  9  /* the same of a float */
#define FLOAT_DIGITS_SURE 6
#define DIGITS_READ       800       /* more never decide how a double is rounded, but for their being there */
#define FIXED_MIN         1e-4      /* below it and from 1e15 on a number is written with an exponent */
#define EXPONENT_CAP      100000000 /* no exponent of a double comes near */
#define CAN_SCALE         (FLT_EVAL_METHOD == 0) /* one operation is rounded once */

static const double powers[POWER_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

const char weir__digit_pairs[201] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static size_t count_digits(uint64_t number)
{
	size_t count = 1;

	for (; number >= 10000; number /= 10000)
		count += 4;
	return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

static char *write_digits(char *at, uint64_t number)
{
	char *end = at + count_digits(number);
	char *to = end;

	for (; number >= 100; number /= 100)
		memcpy(to -= 2, weir__digit_pairs + number % 100 * 2, 2);
	if (number >= 10)
		memcpy(to - 2, weir__digit_pairs + number * 2, 2);
	else
		to[-1] = (char)('0' + number);
	return end;
}

char *weir__integer_write(char *at, int64_t number)
{
	uint64_t rest = (uint64_t)number;

	if (number < 0) {
		*at++ = '-';
		rest = 0 - rest;
	}
	return write_digits(at, rest);
}

const char *weir__integer_read(const char *at, const char *end, int64_t *number)
{
	bool        negative = at < end && *at == '-';
	const char *start = at + negative;
	const char *stop = end - start > 19 ? start + 19 : end;
	uint64_t    read = 0;

	for (at = start; at < stop && (unsigned char)(*at - '0') < 10; at++)
		read = read * 10 + (uint64_t)(*at - '0');
	if (at == start || (at < end && (unsigned char)(*at - '0') < 10))
		return NULL;
	if (*start == '0' && (at - start > 1 || negative))
		return NULL;
	if (read > (uint64_t)INT64_MAX + negative)
		return NULL;
	*number = negative ? (int64_t)(0 - read) : (int64_t)read;
	return at;
}

/* A number: its digits without leading or trailing zeros, and where the point stands: 0.00123 is 123 with point -2. */
struct decimal {
	char    digits[DIGITS_READ + 1];
	size_t  count;
	int64_t point;
};

/* The nearest double: HUGE_VAL when it is too large. */
static double nearest(const struct decimal *decimal)
{
	char     text[DIGITS_READ + 32];
	int64_t  power = decimal->point - (int64_t)decimal->count;
	uint64_t whole = 0;

	if (CAN_SCALE && decimal->count <= DIGITS_MAX) {
		for (size_t i = 0; i < decimal->count; i++)
			whole = whole * 10 + (uint64_t)(decimal->digits[i] - '0');
		if (whole <= (uint64_t)WEIR__EXACT_MAX && power >= -POWER_MAX && power <= POWER_MAX)
			return power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
	}
	memcpy(text, decimal->digits, decimal->count);
	char *at = text + decimal->count;
	*at++ = 'e';
	*weir__integer_write(at, power) = '\0';
	return strtod(text, NULL);
}

/* The first digits of a number above zero, rounded, without trailing zeros. */
static void round_digits(struct decimal *decimal, double number, int count)
{
	char        text[48];
	const char *at = text;

	(void)snprintf(text, sizeof text, "%.*e", count - 1, number);
	decimal->count = 0;
	for (; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			decimal->digits[decimal->count++] = *at;
	decimal->point = strtol(at + 1, NULL, 10) + 1;
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0')
		decimal->count--;
}

/* 0.000123, 0.5, 12.5: there is always a digit behind the point, since whole numbers do not come here. */
static char *write_fixed(char *at, const struct decimal *decimal)
{
	size_t whole = decimal->point > 0 ? (size_t)decimal->point : 0;

	memcpy(at, decimal->digits, whole);
	at += whole;
	if (whole == 0)
		*at++ = '0';
	*at++ = '.';
	for (int64_t zeros = decimal->point; zeros < 0; zeros++)
		*at++ = '0';
	memcpy(at, decimal->digits + whole, decimal->count - whole);
	return at + decimal->count - whole;
}

/* 1e+300, 1.5e-07 */
static char *write_scientific(char *at, const struct decimal *decimal)
{
	int64_t exponent = decimal->point - 1;

	*at++ = decimal->digits[0];
	if (decimal->count > 1) {
		*at++ = '.';
		memcpy(at, decimal->digits + 1, decimal->count - 1);
		at += decimal->count - 1;
	}
	*at++ = 'e';
	*at++ = exponent < 0 ? '-' : '+';
	if (exponent < 0)
		exponent = -exponent;
	if (exponent < 10)
		*at++ = '0';
	return write_digits(at, (uint64_t)exponent);
}

static char *write_decimal(char *at, const struct decimal *decimal)
{
	bool fixed = decimal->point > -4 && decimal->point <= DIGITS_SURE;

	return fixed ? write_fixed(at, decimal) : write_scientific(at, decimal);
}

/* A number from 1e-4 to 1e15 that is a few digits divided by a power of ten: those. NULL when it is none. single: that
 * the same float is read back is enough. */
static inline char *write_scaled(char *at, double number, bool single)
{
	for (int power = 1; power <= DIGITS_SURE + 4; power++) {
		double scaled = number * powers[power] + 0.5;
		if (scaled >= powers[DIGITS_SURE])
			return NULL;
		uint64_t digits = (uint64_t)scaled;
		double   read = (double)digits / powers[power];
		if (single ? (float)read != (float)number : read != number)
			continue;
		uint64_t whole = digits / (uint64_t)powers[power];
		char    *start = write_digits(at, whole);
		char    *end = start + 1 + power;
		*start = '.';
		digits -= whole * (uint64_t)powers[power];
		for (char *to = end; to > start + 1; digits /= 10)
			*--to = (char)('0' + digits % 10);
		return end;
	}
	return NULL;
}

static char *write_shortest(char *at, double number, int most)
{
	struct decimal decimal = { .count = 0 };

	for (int count = DIGITS_SURE; count <= most; count++) {
		round_digits(&decimal, number, count);
		if (nearest(&decimal) == number)
			return write_decimal(at, &decimal);
	}
	return NULL;
}

/* With at most so many digits, NULL where they do not do. */
static char *write_double(char *at, double number, int most)
{
	double whole_max = most < DIGITS_MAX ? powers[DIGITS_SURE] - 1 : (double)WEIR__EXACT_MAX;
	char  *end = NULL;

	if (signbit(number))
		*at++ = '-';
	number = fabs(number);
	if (number <= whole_max && number == (double)(uint64_t)number)
		return write_digits(at, (uint64_t)number);
	if (CAN_SCALE && number >= FIXED_MIN && number < powers[DIGITS_SURE])
		end = write_scaled(at, number, false);
	return end ? end : write_shortest(at, number, most);
}

char *weir__float_write(char *at, float single)
{
	double         number = fabs((double)single);
	struct decimal decimal = { .count = 0 };
	char          *end = NULL;

	if (signbit(single))
		*at++ = '-';
	if (number < powers[DIGITS_SURE] && number == (double)(uint64_t)number)
		return write_digits(at, (uint64_t)number);
	if (CAN_SCALE && number >= FIXED_MIN && number < powers[DIGITS_SURE])
		end = write_scaled(at, number, true);
	for (int count = FLOAT_DIGITS_SURE; !end && count <= FLOAT_DIGITS_MAX; count++) {
		round_digits(&decimal, number, count);
		double read = nearest(&decimal);
		if ((float)read == (float)number)
			end = weir__double_write(at, read);
	}
	return end;
}

char *weir__double_write(char *at, double number)
{
	return write_double(at, number, DIGITS_MAX);
}

char *weir__double_write_exact(char *at, double number)
{
	return write_double(at, number, DIGITS_SURE);
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

static bool next_digit(struct reader *r, char *digit)
{
	if (r->at == r->end || (unsigned char)(*r->at - '0') >= 10)
		return false;
	*digit = *r->at++;
	return true;
}

/* Digits beyond the last that counts are dropped, but for a 1 in the place of any that is not zero. */
static void add_digit(struct decimal *decimal, char digit)
{
	if (decimal->count == 0 && digit == '0')
		return;
	if (decimal->count < DIGITS_READ)
		decimal->digits[decimal->count++] = digit;
	else if (digit != '0')
		decimal->digits[DIGITS_READ - 1] = '1';
}

/* The digits before and behind the point. */
static bool read_digits(struct reader *r, struct decimal *decimal)
{
	const char *start = r->at;
	char        digit;

	while (next_digit(r, &digit)) {
		add_digit(decimal, digit);
		decimal->point += decimal->count > 0;
	}
	if (r->at == start || (*start == '0' && r->at - start > 1))
		return false;
	if (!skip(r, '.'))
		return true;
	start = r->at;
	while (next_digit(r, &digit)) {
		add_digit(decimal, digit);
		decimal->point -= decimal->count == 0;
	}
	return r->at > start;
}

static bool read_exponent(struct reader *r, struct decimal *decimal)
{
	int64_t     exponent = 0;
	bool        negative;
	const char *start;
	char        digit;

	if (!skip(r, 'e') && !skip(r, 'E'))
		return true;
	negative = !skip(r, '+') && skip(r, '-');
	start = r->at;
	while (next_digit(r, &digit))
		if (exponent < EXPONENT_CAP)
			exponent = exponent * 10 + (digit - '0');
	decimal->point += negative ? -exponent : exponent;
	return r->at > start;
}

/* A number of JSON's grammar; *negative is its sign. */
static bool read_decimal(struct reader *r, struct decimal *decimal, bool *negative)
{
	decimal->count = 0;
	decimal->point = 0;
	*negative = skip(r, '-');
	if (!read_digits(r, decimal) || !read_exponent(r, decimal))
		return false;
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0')
		decimal->count--;
	return true;
}

/* A number of up to DIGITS_SURE digits, a point among them, and no exponent: most numbers. */
struct scaled {
	double number;
	bool   own; /* written again it is the same text */
};

static uint64_t add_digits(struct reader *r, uint64_t number)
{
	char digit;

	while (next_digit(r, &digit))
		number = number * 10 + (uint64_t)(digit - '0');
	return number;
}

/* NULL for all other numbers. No two texts of so few digits are the same double, so that the one that is written is known by its
 * form: no zeros at the end, and no exponent from the least number on that is written without. */
static const char *read_scaled(const char *at, const char *end, struct scaled *scaled)
{
	struct reader r = { .at = at, .end = end };
	bool          negative = skip(&r, '-');
	const char   *start = r.at;
	uint64_t      digits = add_digits(&r, 0);
	size_t        whole = (size_t)(r.at - start), fraction = 0;

	if (whole == 0 || (*start == '0' && whole > 1))
		return NULL;
	if (skip(&r, '.')) {
		digits = add_digits(&r, digits);
		fraction = (size_t)(r.at - start) - whole - 1;
		if (fraction == 0)
			return NULL;
	}
	if (whole + fraction > DIGITS_SURE || (r.at < end && (*r.at | 0x20) == 'e'))
		return NULL;
	scaled->number = (double)digits / powers[fraction];
	scaled->own = fraction == 0 || (r.at[-1] != '0' && scaled->number >= FIXED_MIN);
	if (negative)
		scaled->number = -scaled->number;
	return r.at;
}

const char *weir__double_read(const char *at, const char *end, double *number)
{
	struct reader  r = { .at = at, .end = end };
	struct scaled  scaled;
	const char    *behind = CAN_SCALE ? read_scaled(at, end, &scaled) : NULL;
	struct decimal decimal;
	bool           negative;
	double         read;

	if (behind) {
		*number = scaled.number;
		return behind;
	}
	if (!read_decimal(&r, &decimal, &negative))
		return NULL;
	read = decimal.count > 0 ? nearest(&decimal) : 0.0;
	if (!isfinite(read))
		return NULL;
	*number = negative ? -read : read;
	return r.at;
}

const char *weir__double_read_own(const char *at, const char *end, double *number)
{
	struct scaled scaled;
	const char   *behind = CAN_SCALE ? read_scaled(at, end, &scaled) : NULL;
	char          own[WEIR__DOUBLE_TEXT_MAX];
	size_t        size;

	if (behind) {
		*number = scaled.number;
		return scaled.own ? behind : NULL;
	}
	behind = weir__double_read(at, end, number);
	if (!behind)
		return NULL;
	size = (size_t)(weir__double_write(own, *number) - own);
	return (size_t)(behind - at) == size && memcmp(own, at, size) == 0 ? behind : NULL;
}

bool weir__double_holds(const char *text, size_t length)
{
	struct reader  r = { .at = text, .end = text + length };
	struct decimal decimal;
	char           own[WEIR__DOUBLE_TEXT_MAX];
	bool           negative;
	double         number;

	if (!read_decimal(&r, &decimal, &negative))
		return false;
	number = decimal.count > 0 ? nearest(&decimal) : 0.0;
	if (!isfinite(number) || (number < DBL_MIN && decimal.count > 0))
		return false;
	if (decimal.count <= DIGITS_SURE)
		return true;
	size_t size = (size_t)(weir__double_write(own, negative ? -number : number) - own);
	return size == length && memcmp(own, text, length) == 0;
}
