/* JSON strings: a text between quotes, with the escapes that must be: \" \\ \b \f \n \r \t, other control characters
 * as \u00xx in lower-case hexadecimal. That is the canonical form, the one that is written and that the codec reads;
 * the other escapes are for JSON of others.
 *
 * Almost all texts need no escape. They are copied eight bytes at a time, and each eight are looked at once. */
#ifndef WEIR_MODELS_JSON_STRING_H
#define WEIR_MODELS_JSON_STRING_H

#include "base/buffer.h"

#include <string.h>

#define WEIR__JSON_EACH UINT64_C(0x0101010101010101)

static inline uint64_t weir__json_load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The high bit of the first byte that is a quote, a backslash or a control character, and perhaps of later ones. */
static inline uint64_t weir__json_special(uint64_t word)
{
	uint64_t low = word ^ (WEIR__JSON_EACH * 0x02); /* the quote changes places with the blank: all below 0x21 count */
	uint64_t slash = word ^ (WEIR__JSON_EACH * '\\');

	low = (low - WEIR__JSON_EACH * 0x21) & ~low;
	slash = (slash - WEIR__JSON_EACH) & ~slash;
	return (low | slash) & (WEIR__JSON_EACH << 7);
}

static inline bool weir__json_is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* Copies up to the first special byte, at most length bytes, and returns how many those were. What lies behind them at
 * `to`, within length, is overwritten. *bits gathers the bits of all bytes: a high one says that they are not ASCII. */
static inline size_t weir__json_copy_plain(char *to, const char *from, size_t length, uint64_t *bits)
{
	size_t at = 0;

	for (; length - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word = weir__json_load(from + at);
		uint64_t special = weir__json_special(word);
		memcpy(to + at, from + at, sizeof word);
		if (special) {
			size_t plain = (size_t)__builtin_ctzll(special) / 8;
			*bits |= word & ((UINT64_C(1) << plain * 8) - 1);
			return at + plain;
		}
		*bits |= word;
	}
	for (; at < length && !weir__json_is_special(from[at]); at++) {
		to[at] = from[at];
		*bits |= (unsigned char)from[at];
	}
	return at;
}

/* Room for size bytes at `at`, the end of what was written into the buffer so far: the place to go on, which may have
 * moved, or NULL when there is no memory. The length of the buffer is brought up to date. */
static inline char *weir__json_room(weir__buffer *buffer, char *at, size_t size)
{
	buffer->length = (size_t)(at - buffer->data);
	if (buffer->capacity - buffer->length >= size)
		return at;
	return weir__buffer_reserve(buffer, size);
}

/* Writes the text as a string at `at` and returns the place behind it, or NULL as above. */
char *weir__json_string_write(weir__buffer *buffer, char *at, const char *text);

/* Appends the text as a string. */
void weir__json_string_append(weir__buffer *buffer, const char *text);

/* Appends the text, without a NUL, of a string that weir__json_scan has found to be one, quotes included. */
void weir__json_string_unescape(weir__buffer *buffer, const char *string, size_t length);

/* The one byte that \b, \f, \n, \r, \t, \" or \\ stand for, given the second of the two; 0 for any other. */
char weir__json_unescape_letter(char letter);

#endif
