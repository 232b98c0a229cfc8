/* UTF-8 as RFC 3629 and PostgreSQL define it: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is refused
 * as well, since no text of PostgreSQL holds it. */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include "base/block.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four bytes from text on as one number, the first of them the highest; zeros behind the end. */
static inline uint32_t weir__utf8_load(const char *text, size_t length)
{
	const unsigned char *b = (const unsigned char *)text;
	uint32_t             word = 0;

	if (length >= 4)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	for (size_t i = 0; i < length; i++)
		word |= (uint32_t)b[i] << (24 - 8 * i);
	return word;
}

/* The length of the character of two to four bytes that these begin with, or 0: the bits that mark its kind are one comparison, and
 * what is overlong, a surrogate or beyond the last character lies below, between or above numbers that are known. */
static inline size_t weir__utf8_longer(uint32_t word)
{
	if ((word & 0xE0C00000) == 0xC0800000)
		return word >= 0xC2000000 ? 2 : 0;
	if ((word & 0xF0C0C000) == 0xE0808000)
		return word >= 0xE0A00000 && (word & 0xFFE00000) != 0xEDA00000 ? 3 : 0;
	if ((word & 0xF8C0C0C0) == 0xF0808080)
		return word >= 0xF0900000 && word < 0xF4900000 ? 4 : 0;
	return 0;
}

/* Which of the sixteen bytes at `at` cannot follow the three before them, which may be read, or be at all. A byte is one that goes on
 * exactly where a character begun by the one, two or three before it asks for one; what is overlong, a surrogate or beyond the last
 * character shows in the first two bytes. So a text between bytes of ASCII is valid when these say so of all of it and of the
 * byte behind it. */
static inline weir__block weir__utf8_wrong(const char *at)
{
	const weir__block        before = weir__block_load(at - 1), b = weir__block_load(at);
	const weir__signed_block number = (weir__signed_block)b; /* 0x80 is the least */
	weir__block              asked = (weir__block)(before >= 0xC0) | (weir__block)(weir__block_load(at - 2) >= 0xE0) |
	                    (weir__block)(weir__block_load(at - 3) >= 0xF0);
	weir__block goes_on = (weir__block)(number < -0x40), is_8 = (weir__block)(number < -0x70);
	weir__block is_8_or_9 = (weir__block)(number < -0x60);
	weir__block never = (weir__block)((b & 0xFE) == 0xC0) | (weir__block)(b >= 0xF5);
	weir__block low = ((weir__block)(before == 0xE0) & is_8_or_9) | ((weir__block)(before == 0xF0) & is_8);
	weir__block high = ((weir__block)(before == 0xED) & ~is_8_or_9) | ((weir__block)(before == 0xF4) & ~is_8);

	return (asked ^ goes_on) | never | low | high;
}

/* The bytes of the character that text starts with; 0 when it is malformed, cut off by length, or NUL. */
size_t weir__utf8_character(const char *text, size_t length);

/* Are all length bytes whole characters? */
bool weir__utf8_is_valid(const char *text, size_t length);

/* The number of characters of a valid text. */
size_t weir__utf8_count(const char *text, size_t length);

#endif
