/* Sixteen bytes at once, on machines with such registers in one of them. */
#ifndef WEIR_BASE_BLOCK_H
#define WEIR_BASE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef unsigned char weir__block __attribute__((vector_size(16)));
typedef signed char   weir__signed_block __attribute__((vector_size(16)));

static inline weir__block weir__block_load(const char *from)
{
	weir__block block;

	memcpy(&block, from, sizeof block);
	return block;
}

/* Where the first byte of a comparison's result that is true stands in memory; 16 when none is. */
static inline size_t weir__block_first(weir__block truth)
{
#ifdef __SSE2__
	int bits = _mm_movemask_epi8((__m128i)truth);

	return bits ? (size_t)__builtin_ctz((unsigned)bits) : sizeof truth;
#else
	uint64_t halves[2];

	memcpy(halves, &truth, sizeof halves);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	halves[0] = __builtin_bswap64(halves[0]);
	halves[1] = __builtin_bswap64(halves[1]);
#endif
	if (halves[0])
		return (size_t)__builtin_ctzll(halves[0]) / 8;
	return halves[1] ? 8 + (size_t)__builtin_ctzll(halves[1]) / 8 : sizeof truth;
#endif
}

/* Is any of the bytes above 0x7f? */
static inline bool weir__block_has_high(weir__block block)
{
#ifdef __SSE2__
	return _mm_movemask_epi8((__m128i)block) != 0;
#else
	uint64_t halves[2];

	memcpy(halves, &block, sizeof halves);
	return ((halves[0] | halves[1]) & UINT64_C(0x8080808080808080)) != 0;
#endif
}

/* The first eight bytes or the last as one number, the first of them the lowest. */
static inline uint64_t weir__block_half(weir__block block, bool last)
{
	typedef uint64_t halves __attribute__((vector_size(16)));
	uint64_t         half = ((halves)block)[last];

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	half = __builtin_bswap64(half);
#endif
	return half;
}

static inline weir__block weir__block_copy(char *to, const char *from)
{
	weir__block block = weir__block_load(from);

	memcpy(to, &block, sizeof block);
	return block;
}

#endif
