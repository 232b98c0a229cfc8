/* SipHash-1-3 of 128 bits (base/hash.h) of what comes word by word, without a buffer. */
#ifndef WEIR_BASE_HASH_STATE_H
#define WEIR_BASE_HASH_STATE_H

#include "base/hash.h"

typedef struct weir__hash_state {
	uint64_t v[4];
} weir__hash_state;

static inline uint64_t weir__hash_rotate(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void weir__hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = weir__hash_rotate(v[1], 13) ^ v[0];
	v[0] = weir__hash_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = weir__hash_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = weir__hash_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = weir__hash_rotate(v[1], 17) ^ v[2];
	v[2] = weir__hash_rotate(v[2], 32);
}

static inline weir__hash_state weir__hash_begin(weir__hash128 key)
{
	return (weir__hash_state){ {
		key.low ^ 0x736f6d6570736575u,
		key.high ^ 0x646f72616e646f6du ^ 0xee,
		key.low ^ 0x6c7967656e657261u,
		key.high ^ 0x7465646279746573u,
	} };
}

static inline void weir__hash_add(weir__hash_state *state, uint64_t word)
{
	state->v[3] ^= word;
	weir__hash_round(state->v);
	state->v[0] ^= word;
}

/* The last word must say how many there were, or the words must be a prefix code. */
static inline weir__hash128 weir__hash_end(weir__hash_state *state)
{
	uint64_t     *v = state->v;
	weir__hash128 hash;

	v[2] ^= 0xee;
	for (int i = 0; i < 3; i++)
		weir__hash_round(v);
	hash.low = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	for (int i = 0; i < 3; i++)
		weir__hash_round(v);
	hash.high = v[0] ^ v[1] ^ v[2] ^ v[3];
	return hash;
}

#endif
