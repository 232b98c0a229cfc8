/* Addresses as text, written as PostgreSQL does: the longest run of two or more zero words of an IPv6 address is left
 * out, the first of equal ones, and an IPv4 address within it keeps its points. */
#include "models/number.h"
#include "models/time.h"

#include <string.h>

#define V4_BITS  32
#define V6_BITS  128
#define V6_WORDS 8

static unsigned bits_of(const weir_inet *inet)
{
	return inet->family == 4 ? V4_BITS : V6_BITS;
}

bool weir__inet_is_valid(const weir_inet *inet)
{
	uint8_t unused = 0;

	for (size_t i = 4; i < sizeof inet->bytes && inet->family == 4; i++)
		unused |= inet->bytes[i];
	return (inet->family == 4 || inet->family == 6) && inet->prefix <= bits_of(inet) && unused == 0;
}

static char *put_v4(char *at, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = weir__integer_write(at, bytes[i]);
	}
	return at;
}

static char *put_word(char *at, unsigned word)
{
	static const char digits[] = "0123456789abcdef";
	int               shift = 12;

	while (shift > 0 && word >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*at++ = digits[word >> shift & 15];
	return at;
}

struct run {
	int start;
	int count;
};

static struct run longest_zeros(const unsigned *words)
{
	struct run best = { -1, 1 };

	for (int i = 0; i < V6_WORDS; i++) {
		int end = i;
		while (end < V6_WORDS && words[end] == 0)
			end++;
		if (end - i > best.count)
			best = (struct run){ i, end - i };
		i = end > i ? end : i;
	}
	return best;
}

/* Is what follows the zeros of six, or of five and ffff, an IPv4 address? */
static bool has_v4(const struct run *zeros, const unsigned *words)
{
	return zeros->start == 0 &&
	       (zeros->count == 6 || (zeros->count == 7 && words[7] != 1) || (zeros->count == 5 && words[5] == 0xffff));
}

static char *put_v6(char *at, const uint8_t *bytes)
{
	unsigned   words[V6_WORDS];
	struct run zeros;

	for (size_t i = 0; i < V6_WORDS; i++)
		words[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	zeros = longest_zeros(words);
	for (int i = 0; i < V6_WORDS; i++) {
		if (zeros.start >= 0 && i >= zeros.start && i < zeros.start + zeros.count) {
			if (i == zeros.start)
				*at++ = ':';
			continue;
		}
		if (i > 0)
			*at++ = ':';
		if (i == 6 && has_v4(&zeros, words))
			return put_v4(at, bytes + 12);
		at = put_word(at, words[i]);
	}
	if (zeros.start >= 0 && zeros.start + zeros.count == V6_WORDS)
		*at++ = ':';
	return at;
}

size_t weir__inet_write(const weir_inet *inet, char text[WEIR_INET_TEXT_MAX])
{
	char *at = inet->family == 4 ? put_v4(text, inet->bytes) : put_v6(text, inet->bytes);

	if (inet->prefix != bits_of(inet)) {
		*at++ = '/';
		at = weir__integer_write(at, inet->prefix);
	}
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

/* A number of up to three digits without leading zeros. */
static bool read_number(struct reader *r, unsigned most, uint8_t *number)
{
	int64_t     read;
	const char *at = r->at < r->end && *r->at != '-' ? weir__integer_read(r->at, r->end, &read) : NULL;

	if (!at || read > (int64_t)most)
		return false;
	*number = (uint8_t)read;
	r->at = at;
	return true;
}

static bool read_v4(struct reader *r, uint8_t *bytes)
{
	for (int i = 0; i < 4; i++)
		if ((i > 0 && !skip(r, '.')) || !read_number(r, 255, &bytes[i]))
			return false;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One to four hexadecimal digits. */
static bool read_word(struct reader *r, uint8_t *bytes)
{
	unsigned word = 0;
	int      count = 0;

	for (; count < 4 && r->at < r->end && digit_of(*r->at) >= 0; count++)
		word = word << 4 | (unsigned)digit_of(*r->at++);
	bytes[0] = (uint8_t)(word >> 8);
	bytes[1] = (uint8_t)(word & 0xff);
	return count > 0;
}

/* The words of an IPv6 address, from `at` bytes on; *gap is where :: stands. */
static bool read_words(struct reader *r, uint8_t *bytes, size_t *count, size_t *gap)
{
	while (*count < 16) {
		struct reader v4 = *r;
		if (*count <= 12 && read_v4(&v4, bytes + *count)) {
			*r = v4;
			*count += 4;
			return true;
		}
		if (!read_word(r, bytes + *count))
			return false;
		*count += 2;
		if (r->at == r->end || *r->at == '/')
			return true;
		if (*count == 16 || !skip(r, ':'))
			return false;
		if (r->at < r->end && *r->at == ':') {
			if (*gap != SIZE_MAX)
				return false;
			r->at++;
			*gap = *count;
			if (r->at == r->end || *r->at == '/')
				return true;
		}
	}
	return false;
}

static bool read_v6(struct reader *r, uint8_t *bytes)
{
	size_t count = 0, gap = SIZE_MAX;

	if (r->end - r->at >= 2 && r->at[0] == ':' && r->at[1] == ':') {
		r->at += 2;
		gap = 0;
	}
	if (!(gap == 0 && (r->at == r->end || *r->at == '/')) && !read_words(r, bytes, &count, &gap))
		return false;
	if (gap == SIZE_MAX)
		return count == 16;
	if (count > 14)
		return false;
	memmove(bytes + 16 - (count - gap), bytes + gap, count - gap);
	memset(bytes + gap, 0, 16 - count);
	return true;
}

bool weir__inet_read(const char *text, size_t length, weir_inet *inet)
{
	struct reader r = { .at = text, .end = text + length };
	weir_inet     read = { .family = memchr(text, ':', length) ? 6 : 4 };

	if (!(read.family == 4 ? read_v4(&r, read.bytes) : read_v6(&r, read.bytes)))
		return false;
	read.prefix = (uint8_t)bits_of(&read);
	if (skip(&r, '/') && !read_number(&r, bits_of(&read), &read.prefix))
		return false;
	if (r.at != r.end)
		return false;
	*inet = read;
	return true;
}

const char *weir_inet_text(weir_inet inet, char text[WEIR_INET_TEXT_MAX])
{
	weir__inet_write(&inet, text);
	return text;
}

int weir_inet_parse(const char *text, weir_inet *inet)
{
	return text && weir__inet_read(text, strlen(text), inet) ? WEIR_OK : WEIR_ERR_VALUE;
}
