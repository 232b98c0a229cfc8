/* The JSON scanner: a cursor, and a stack of one bit for each open bracket. */
#include "models/json_text.h"

#include "base/block.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

struct scanner {
	const char *at;
	const char *end;
	uint64_t    objects; /* bit 0: the innermost bracket is { and not [ */
	unsigned    depth;
	bool        met_nul; /* its escape, which ends the scan */
};

/* The next byte, or NUL at the end: NUL is never part of a JSON text, so that no caller takes it for one. */
static char peek(const struct scanner *s)
{
	return (char)(s->at < s->end ? *s->at : '\0');
}

static bool skip(struct scanner *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static void skip_blanks(struct scanner *s)
{
	const char *at = s->at;

	while (at < s->end && (unsigned char)*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	s->at = at;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct scanner *s)
{
	const char *start = s->at;

	while (is_digit(peek(s)))
		s->at++;
	return s->at > start;
}

static bool scan_number(struct scanner *s)
{
	(void)skip(s, '-');
	if (!skip(s, '0') && !skip_digits(s))
		return false;
	if (skip(s, '.') && !skip_digits(s))
		return false;
	if (!skip(s, 'e') && !skip(s, 'E'))
		return true;
	if (!skip(s, '+'))
		(void)skip(s, '-');
	return skip_digits(s);
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after \u; -1 when they are not there. */
static int32_t scan_hex4(struct scanner *s)
{
	int32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_value(peek(s));
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
		s->at++;
	}
	return unit;
}

/* Behind the backslash. A high surrogate wants its low one at once. */
static bool scan_escape(struct scanner *s)
{
	char    c = peek(s);
	int32_t unit;

	if (c == '\0' || !strchr("\"\\/bfnrtu", c))
		return false;
	s->at++;
	if (c != 'u')
		return true;
	unit = scan_hex4(s);
	s->met_nul = unit == 0;
	if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return false;
	if (unit < 0xD800 || unit > 0xDBFF)
		return true;
	if (!skip(s, '\\') || !skip(s, 'u'))
		return false;
	unit = scan_hex4(s);
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

static bool is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* Up to the first byte that is a quote, a backslash, a control character or not ASCII. */
static void skip_plain(struct scanner *s)
{
	const char *at = s->at;
	size_t      plain = sizeof(weir__block);

	while (plain == sizeof(weir__block) && (size_t)(s->end - at) >= plain) {
		weir__block block = weir__block_load(at);
		plain = weir__block_first((weir__block)(((weir__signed_block)block < 0x20) | (block == '"') | (block == '\\')));
		at += plain;
	}
	if (plain == sizeof(weir__block))
		while (at < s->end && is_plain(*at))
			at++;
	s->at = at;
}

/* One character that is not plain, and no quote. */
static bool scan_other(struct scanner *s)
{
	size_t length;

	if (skip(s, '\\'))
		return scan_escape(s);
	if (s->at == s->end || (unsigned char)*s->at < 0x20)
		return false;
	length = weir__utf8_longer(weir__utf8_load(s->at, (size_t)(s->end - s->at)));
	s->at += length;
	return length > 0;
}

static bool scan_string(struct scanner *s)
{
	if (!skip(s, '"'))
		return false;
	for (skip_plain(s); !skip(s, '"'); skip_plain(s))
		if (!scan_other(s))
			return false;
	return true;
}

static bool scan_word(struct scanner *s, const char *word, size_t length)
{
	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return false;
	s->at += length;
	return true;
}

static bool scan_scalar(struct scanner *s)
{
	switch (peek(s)) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true", 4);
	case 'f':
		return scan_word(s, "false", 5);
	case 'n':
		return scan_word(s, "null", 4);
	default:
		return scan_number(s);
	}
}

static bool is_object(const struct scanner *s)
{
	return s->objects & 1;
}

static bool skip_close(struct scanner *s)
{
	if (!skip(s, is_object(s) ? '}' : ']'))
		return false;
	s->objects >>= 1;
	s->depth--;
	return true;
}

/* Before a value of an object: "name" : */
static bool scan_name(struct scanner *s)
{
	skip_blanks(s);
	if (!scan_string(s))
		return false;
	skip_blanks(s);
	return skip(s, ':');
}

/* From the start of a value to its end or to where its first inner value starts; *complete says which. */
static bool begin_value(struct scanner *s, bool *complete)
{
	char c = peek(s);

	*complete = true;
	if (c != '{' && c != '[')
		return scan_scalar(s);
	if (s->depth == WEIR__JSON_DEPTH_MAX)
		return false;
	s->at++;
	s->depth++;
	s->objects = s->objects << 1 | (c == '{');
	skip_blanks(s);
	*complete = skip_close(s);
	return *complete || !is_object(s) || scan_name(s);
}

/* Behind a value: closes what ends here and passes the comma to the next value, if there is one. */
static bool end_value(struct scanner *s)
{
	while (s->depth > 0) {
		skip_blanks(s);
		if (skip(s, ','))
			return !is_object(s) || scan_name(s);
		if (!skip_close(s))
			return false;
	}
	return true;
}

static bool scan_value(struct scanner *s)
{
	bool complete;

	do {
		skip_blanks(s);
		if (!begin_value(s, &complete))
			return false;
		if (complete && !end_value(s))
			return false;
	} while (s->depth > 0);
	return true;
}

bool weir__json_scan(const char *text, size_t length, size_t *end)
{
	struct scanner s = { .at = text, .end = text + length };

	if (length == 0 || strchr(" \n\r\t", *text) || !scan_value(&s))
		return false;
	*end = (size_t)(s.at - text);
	return true;
}

bool weir__json_is_valid(const char *text, size_t length)
{
	struct scanner s = { .at = text, .end = text + length };

	if (!scan_value(&s))
		return false;
	skip_blanks(&s);
	return s.at == s.end;
}

const char *weir__json_refusal(const char *text, size_t length)
{
	struct scanner s = { .at = text, .end = text + length };

	(void)scan_value(&s);
	return s.met_nul ? "holds \\u0000, which neither jsonb nor a text of C can hold"
	                 : "is not JSON, or nested more than 64 deep";
}
