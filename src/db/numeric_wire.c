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

/* ---- A short text ---------------------------------------------------------------------------------------------------- */

#define SHORT_DIGITS 9 /* of either side of the point */
#define GROUPS_MOST  6 /* that they can have: three each */

typedef struct short_decimal {
	uint64_t whole, fraction;
	unsigned scale;
	bool     negative;
} short_decimal;

/* At most SHORT_DIGITS digits. */
static const char *read_number(const char *at, uint64_t *number)
{
	const char *start = at;

	for (*number = 0; at - start < SHORT_DIGITS && (unsigned char)(*at - '0') < 10; at++)
		*number = *number * 10 + (unsigned char)(*at - '0');
	return at;
}

/* Most texts are short and plain: digits, perhaps with a point between them. */
static bool read_short(const char *text, short_decimal *number)
{
	const char *start = text + (*text == '-'), *end = read_number(start, &number->whole);
	const char *point = end;

	number->negative = start != text;
	number->fraction = number->scale = 0;
	if (end == start)
		return false;
	if (*end == '.') {
		end = read_number(end + 1, &number->fraction);
		number->scale = (unsigned)(end - point - 1);
		if (number->scale == 0)
			return false;
	}
	return *end == '\0';
}

/* The groups of a short number, six of them, the first of the weight 2. */
static void split_short(const short_decimal *number, unsigned groups[GROUPS_MOST])
{
	static const unsigned filling[SHORT_DIGITS + 1] = { 1, 1000, 100, 10, 1, 1000, 100, 10, 1, 1000 };
	uint64_t              fraction = number->fraction * filling[number->scale];

	for (unsigned filled = (number->scale + BASE_DIGITS - 1) / BASE_DIGITS; filled < GROUPS_MOST / 2; filled++)
		fraction *= BASE;
	for (int i = GROUPS_MOST - 1; i >= GROUPS_MOST / 2; i--, fraction /= BASE)
		groups[i] = (unsigned)(fraction % BASE);
	groups[0] = (unsigned)(number->whole / BASE / BASE);
	groups[1] = (unsigned)(number->whole / BASE % BASE);
	groups[2] = (unsigned)(number->whole % BASE);
}

static void encode_short(const short_decimal *number, weir__buffer *out)
{
	unsigned groups[GROUPS_MOST];
	int      first = 0, end = GROUPS_MOST;
	char    *at = weir__buffer_reserve(out, HEADER_SIZE + 2 * GROUPS_MOST);

	if (!at)
		return;
	split_short(number, groups);
	while (first < end && groups[first] == 0)
		first++;
	while (end > first && groups[end - 1] == 0)
		end--;
	weir__store_be(at, 2, (uint64_t)(end - first));
	weir__store_be(at + 2, 2, end > first ? (uint64_t)(GROUPS_MOST / 2 - 1 - first) : 0);
	weir__store_be(at + 4, 2, end > first && number->negative ? SIGN_MINUS : SIGN_PLUS);
	weir__store_be(at + 6, 2, number->scale);
	for (at += HEADER_SIZE; first < end; first++, at += 2)
		weir__store_be(at, 2, groups[first]);
	out->length = (size_t)(at - out->data);
}

int weir__numeric_encode(const char *text, weir__buffer *out, const char **reason)
{
	size_t        start = out->length;
	short_decimal brief;

	if (read_short(text, &brief)) {
		encode_short(&brief, out);
		return WEIR_OK;
	}
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

static inline wire_numeric read_header(const char *bytes)
{
	uint64_t     header = weir__load_be64(bytes);
	wire_numeric number = {
		.digits = bytes + HEADER_SIZE,
		.count = (int)(header >> 48),
		.weight = (int)((header >> 32 & 0xffff) ^ 0x8000) - 0x8000,
		.sign = (unsigned)(header >> 16 & 0xffff),
		.scale = (int)(header & 0xffff),
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

static inline unsigned sent_digit(const wire_numeric *number, int i)
{
	return weir__load_be16(number->digits + 2 * (size_t)i);
}

static inline bool digits_are_valid(const wire_numeric *number)
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
	if (number.sign != SIGN_PLUS && number.sign != SIGN_MINUS) {
		*size = sizeof "-Infinity";
		return special_name(number.sign) ? WEIR_OK : WEIR_ERR_SCHEMA;
	}
	size_t whole = number.count > 0 && number.weight >= 0 ? ((size_t)number.weight + 1) * BASE_DIGITS : 1;
	*size = sizeof "-." + whole + (size_t)number.scale;
	return WEIR_OK;
}

/* The next of the digits that were sent; behind the last all are zero. */
static inline unsigned next_digit(wire_numeric *number)
{
	const char *digit = number->digits;

	if (number->count <= 0)
		return 0;
	number->count--;
	number->digits += 2;
	return weir__load_be16(digit);
}

/* Two decimal digits, and the four of one to the base 10000, the first the lowest byte. */
static inline uint32_t pair_of(unsigned number)
{
	const unsigned char *pair = (const unsigned char *)weir__digit_pairs + (size_t)number * 2;

	return pair[0] | (uint32_t)pair[1] << 8;
}

static inline uint32_t four_of(unsigned digit)
{
	return pair_of(digit / 100) | pair_of(digit % 100) << 16;
}

static inline char *write_four(char *text, uint32_t four)
{
	const char bytes[BASE_DIGITS] = { (char)four, (char)(four >> 8), (char)(four >> 16), (char)(four >> 24) };

	memcpy(text, bytes, sizeof bytes);
	return text + BASE_DIGITS;
}

/* Without zeros before the first digit, but with one digit at least. */
static inline char *write_whole(wire_numeric *number, char *text)
{
	int      left = number->weight;
	unsigned digit;
	int      zeros;

	if (number->count == 0 || left < 0) {
		*text = '0';
		return text + 1;
	}
	digit = next_digit(number);
	for (; left > 0 && digit == 0; left--)
		digit = next_digit(number);
	zeros = (digit < 10) + (digit < 100) + (digit < 1000);
	text = write_four(text, four_of(digit) >> (8 * zeros)) - zeros;
	for (; left > 0; left--)
		text = write_four(text, four_of(next_digit(number)));
	return text;
}

/* Of a number whose whole digits have been taken; it begins with zeros where its weight is below -1. */
static inline char *write_fraction(wire_numeric *number, char *text)
{
	int      zeros = -1 - number->weight, left = number->scale;
	uint32_t four;

	if (left == 0)
		return text;
	*text++ = '.';
	for (; left >= BASE_DIGITS; left -= BASE_DIGITS)
		text = write_four(text, four_of(zeros-- > 0 ? 0 : next_digit(number)));
	if (left == 0)
		return text;
	four = four_of(zeros > 0 ? 0 : next_digit(number));
	for (; left > 0; left--, four >>= 8)
		*text++ = (char)four;
	return text;
}

char *weir__numeric_decode(const char *bytes, char *text)
{
	wire_numeric number = read_header(bytes);

	if (number.sign != SIGN_PLUS && number.sign != SIGN_MINUS) {
		const char *special = special_name(number.sign);
		size_t      size = strlen(special) + 1;

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
