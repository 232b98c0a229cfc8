/* Eight bytes of text as one number, the first byte the lowest: what is looked at or compared eight at a time. */
#ifndef WEIR_BASE_WORD_H
#define WEIR_BASE_WORD_H

#include <stdint.h>

#define WEIR__EVERY_BYTE       UINT64_C(0x0101010101010101)
#define WEIR__EVERY_EIGHTH_BIT (WEIR__EVERY_BYTE << 7) /* the highest of each byte */

/* Written out so that compilers make one load of it. */
static inline uint64_t weir__word_load(const char *text)
{
	const unsigned char *b = (const unsigned char *)text;

	return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
	       (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* The place, from 0, of the first byte that has its highest bit set; there must be one. */
static inline unsigned weir__word_first(uint64_t word)
{
	return (unsigned)__builtin_ctzll(word) / 8;
}

#endif
