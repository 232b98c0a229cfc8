/* The grammar of numeric texts. Digits are counted in 64 bits, exponents are cut off where no number can have them. */
#include "models/numeric.h"

#include <stdint.h>

#define PLAIN_MAX    64
#define EXPONENT_MAX 1073741822 /* INT_MAX / 2 - 1: PostgreSQL refuses more, even for zero */

struct cursor {
	const char *at;
	const char *end;
};

static bool skip(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool skip_sign(struct cursor *c)
{
	return skip(c, '-') || skip(c, '+');
}

static bool next_digit(struct cursor *c, int *digit)
{
	if (c->at == c->end || *c->at < '0' || *c->at > '9')
		return false;
	*digit = *c->at++ - '0';
	return true;
}

/* Is the rest this word, in any case of letters? */
static bool rest_is(const struct cursor *c, const char *word)
{
	const char *at = c->at;

	for (; at < c->end && *word; at++, word++)
		if ((*at | 0x20) != *word)
			return false;
	return at == c->end && !*word;
}

/* Reads an exponent; false when there is none where one must be, or it is beyond all reason. */
static bool read_exponent(struct cursor *c, int64_t *exponent)
{
	bool negative = c->at < c->end && *c->at == '-';
	int  digit;

	(void)skip_sign(c);
	if (!next_digit(c, &digit))
		return false;
	*exponent = digit;
	while (next_digit(c, &digit)) {
		*exponent = *exponent * 10 + digit;
		if (*exponent > EXPONENT_MAX)
			return false;
	}
	if (negative)
		*exponent = -*exponent;
	return true;
}

/* Digits: whole counts those before the point from the first that is not zero, fraction those behind the point; a
 * number below one has a whole of minus the zeros between point and first digit. */
struct digits {
	int64_t whole;
	int64_t fraction;
	bool    any;
	bool    nonzero;
};

static void read_digits(struct cursor *c, struct digits *digits)
{
	int digit;

	while (next_digit(c, &digit)) {
		digits->any = true;
		digits->nonzero |= digit != 0;
		digits->whole += digits->nonzero;
	}
	if (!skip(c, '.'))
		return;
	while (next_digit(c, &digit)) {
		digits->any = true;
		digits->fraction++;
		if (!digits->nonzero && digit == 0)
			digits->whole--;
		digits->nonzero |= digit != 0;
	}
}

static bool is_valid(const char *text, size_t length)
{
	struct cursor c = { .at = text, .end = text + length };
	struct digits digits = { .whole = 0 };
	int64_t       exponent = 0;

	if (rest_is(&c, "nan"))
		return true;
	(void)skip_sign(&c);
	if (rest_is(&c, "inf") || rest_is(&c, "infinity"))
		return true;
	read_digits(&c, &digits);
	if (!digits.any)
		return false;
	if ((skip(&c, 'e') || skip(&c, 'E')) && !read_exponent(&c, &exponent))
		return false;
	if (c.at != c.end || digits.fraction - exponent > WEIR__NUMERIC_FRACTION_MAX)
		return false;
	return !digits.nonzero || digits.whole + exponent <= WEIR__NUMERIC_WHOLE_MAX;
}

/* Digits and at most one point, so few that no limit is near: most texts. */
static bool is_plain(const char *text, size_t length)
{
	size_t sign = length > 0 && *text == '-', digits = 0, points = 0;

	for (size_t i = sign; i < length; i++) {
		digits += (unsigned char)(text[i] - '0') < 10;
		points += text[i] == '.';
	}
	return sign + digits + points == length && digits > 0 && points <= 1;
}

bool weir__numeric_is_valid(const char *text, size_t length)
{
	if (length <= PLAIN_MAX && is_plain(text, length))
		return true;
	return is_valid(text, length);
}
