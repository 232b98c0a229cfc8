/* numeric on the wire: digits to the base 10000, and the text of it. No arithmetic happens: each decimal digit has
 * its place, so both directions are exact at any length.
 *
 *   header  count of digits, weight of the first one (power of 10000), sign, scale: two bytes each
 *   digits  two bytes each, 0 to 9999; zeros at either end are left out */
#include "db/wire.h"

#include "models/number.h"
#include "models/numeric.h"

#include <string.h>

#define HEADER_SIZE 8
#define BASE_DIGITS 4 /* decimal digits in one of base 10000 */
#define BASE        10000
#define SCALE_MAX   0x3fff

enum sign {
	SIGN_PLUS = 0x0000,
	SIGN_MINUS = 0x4000,
	SIGN_NAN = 0xc000,
	SIGN_INFINITY = 0xd000,
	SIGN_MINUS_INFINITY = 0xf000
};

/* ---- text to wire ---------------------------------------------------------------------------------------------------- */

typedef struct decimal {
	const char *digits; /* the first that is not zero, or the end */
	const char *end;    /* of digits and point */
	int64_t     weight; /* power of ten of that digit */
	int64_t     scale;  /* digits behind the point */
	bool        negative;
} decimal;

static void append_header(weir__buffer *out, size_t count, int64_t weight, enum sign sign, int64_t scale)
{
	weir__append_be(out, 2, count);
	weir__append_be(out, 2, (uint64_t)weight);
	weir__append_be(out, 2, sign);
	weir__append_be(out, 2, (uint64_t)scale);
}

/* The number behind the e; a valid text's is far from the bounds of 64 bits. */
static int64_t read_exponent(const char *text)
{
	bool    negative = *text == '-';
	int64_t exponent = 0;

	if (*text == '-' || *text == '+')
		text++;
	for (; *text; text++)
		exponent = exponent * 10 + (*text - '0');
	return negative ? -exponent : exponent;
}

/* Finds the parts of a valid text that is no NaN and no infinity. */
static decimal read_decimal(const char *text)
{
	decimal     number = { .negative = *text == '-' };
	const char *start = text + (*text == '-' || *text == '+');
	size_t      length = strcspn(start, "eE");
	const char *point = memchr(start, '.', length);
	int64_t     exponent = start[length] ? read_exponent(start + length + 1) : 0;

	number.end = start + length;
	int64_t whole = (point ? point : number.end) - start;
	int64_t fraction = point ? number.end - point - 1 : 0;
	number.scale = fraction > exponent ? fraction - exponent : 0;
	number.weight = whole - 1 + exponent;
	for (number.digits = start; number.digits < number.end; number.digits++) {
		if (*number.digits == '.')
			continue;
		if (*number.digits != '0')
			break;
		number.weight--;
	}
	return number;
}

static int64_t floor_div(int64_t number, int64_t divisor)
{
	return number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor);
}

/* Appends the base-10000 digits, leaves trailing zeros out again, and returns how many there are. */
static size_t append_digits(const decimal *number, weir__buffer *out)
{
	static const unsigned powers[BASE_DIGITS] = { 1, 10, 100, 1000 };
	int64_t               place = number->weight;
	size_t                start = out->length;
	size_t                used = start;
	unsigned              digit = 0;
	unsigned              at = 0;

	for (const char *c = number->digits; c < number->end; c++) {
		if (*c == '.')
			continue;
		at = (unsigned)(place - floor_div(place, BASE_DIGITS) * BASE_DIGITS);
		digit += (unsigned)(*c - '0') * powers[at];
		place--;
		if (at > 0)
			continue;
		weir__append_be(out, 2, digit);
		if (digit)
			used = out->length;
		digit = 0;
	}
	if (digit) {
		weir__append_be(out, 2, digit);
		used = out->length;
	}
	out->length = used;
	return (used - start) / 2;
}

static int encode_special(const char *text, weir__buffer *out)
{
	const char *name = text + (*text == '-' || *text == '+');
	enum sign   sign = *name == 'n' || *name == 'N' ? SIGN_NAN : *text == '-' ? SIGN_MINUS_INFINITY : SIGN_INFINITY;

	append_header(out, 0, 0, sign, 0);
	return WEIR_OK;
}

int weir__numeric_encode(const char *text, weir__buffer *out, const char **reason)
{
	size_t start = out->length;

	if (!weir__numeric_is_valid(text, strlen(text))) {
		*reason = "the text is no numeric";
		return WEIR_ERR_VALUE;
	}
	if (!strpbrk(text, "0123456789"))
		return encode_special(text, out);
	decimal number = read_decimal(text);
	append_header(out, 0, 0, SIGN_PLUS, number.scale);
	size_t count = append_digits(&number, out);
	if (count == 0 || out->failed)
		return WEIR_OK;
	weir__store_be(out->data + start, 2, count);
	weir__store_be(out->data + start + 2, 2, (uint64_t)floor_div(number.weight, BASE_DIGITS));
	weir__store_be(out->data + start + 4, 2, number.negative ? SIGN_MINUS : SIGN_PLUS);
	return WEIR_OK;
}

/* ---- wire to text ---------------------------------------------------------------------------------------------------- */

typedef struct wire_numeric {
	const char *digits;
	int         count;
	int         weight;
	unsigned    sign;
	int         scale;
} wire_numeric;

static wire_numeric read_header(const char *bytes)
{
	wire_numeric number = {
		.digits = bytes + HEADER_SIZE,
		.count = (int)weir__load_be16(bytes),
		.weight = (int)(weir__load_be16(bytes + 2) ^ 0x8000) - 0x8000,
		.sign = (unsigned)weir__load_be16(bytes + 4),
		.scale = (int)weir__load_be16(bytes + 6),
	};

	return number;
}

static const char *special_name(unsigned sign)
{
	switch (sign) {
	case SIGN_NAN:
		return "NaN";
	case SIGN_INFINITY:
		return "Infinity";
	case SIGN_MINUS_INFINITY:
		return "-Infinity";
	default:
		return NULL;
	}
}

static unsigned sent_digit(const wire_numeric *number, int i)
{
	return weir__load_be16(number->digits + 2 * (size_t)i);
}

static bool digits_are_valid(const wire_numeric *number)
{
	for (int i = 0; i < number->count; i++)
		if (sent_digit(number, i) >= BASE)
			return false;
	return true;
}

int weir__numeric_text_size(const char *bytes, size_t length, size_t *size)
{
	if (length < HEADER_SIZE)
		return WEIR_ERR_SCHEMA;
	wire_numeric number = read_header(bytes);
	if (length != HEADER_SIZE + 2 * (size_t)number.count || number.scale > SCALE_MAX || !digits_are_valid(&number))
		return WEIR_ERR_SCHEMA;
	if (special_name(number.sign)) {
		*size = sizeof "-Infinity";
		return WEIR_OK;
	}
	if (number.sign != SIGN_PLUS && number.sign != SIGN_MINUS)
		return WEIR_ERR_SCHEMA;
	size_t whole = number.count > 0 && number.weight >= 0 ? ((size_t)number.weight + 1) * BASE_DIGITS : 1;
	*size = sizeof "-." + whole + (size_t)number.scale;
	return WEIR_OK;
}

/* The digit of this weight; beyond those that were sent all are zero. */
static unsigned digit_at(const wire_numeric *number, int weight)
{
	int i = number->weight - weight;

	return i < 0 || i >= number->count ? 0 : sent_digit(number, i);
}

static char *write_digit(char *text, unsigned digit)
{
	memcpy(text, weir__digit_pairs + (size_t)(digit / 100) * 2, 2);
	memcpy(text + 2, weir__digit_pairs + (size_t)(digit % 100) * 2, 2);
	return text + BASE_DIGITS;
}

/* Without zeros before the first digit, but with one digit at least. */
static char *write_whole(const wire_numeric *number, char *text)
{
	int      weight = number->count > 0 ? number->weight : -1;
	unsigned digit = 0;

	for (; weight >= 0 && digit == 0; weight--)
		digit = digit_at(number, weight);
	text = weir__integer_write(text, (int64_t)digit);
	for (; weight >= 0; weight--)
		text = write_digit(text, digit_at(number, weight));
	return text;
}

static char *write_fraction(const wire_numeric *number, char *text)
{
	char group[BASE_DIGITS];
	int  weight = -1, left = number->scale;

	if (left > 0)
		*text++ = '.';
	for (; left >= BASE_DIGITS; left -= BASE_DIGITS, weight--)
		text = write_digit(text, digit_at(number, weight));
	if (left > 0)
		(void)write_digit(group, digit_at(number, weight));
	for (int i = 0; i < left; i++)
		*text++ = group[i];
	return text;
}

char *weir__numeric_decode(const char *bytes, char *text)
{
	wire_numeric number = read_header(bytes);
	const char  *special = special_name(number.sign);

	if (special) {
		size_t size = strlen(special) + 1;
		memcpy(text, special, size);
		return text + size;
	}
	if (number.sign == SIGN_MINUS)
		*text++ = '-';
	text = write_whole(&number, text);
	text = write_fraction(&number, text);
	*text++ = '\0';
	return text;
}
