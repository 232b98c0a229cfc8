/* Hashes for tables and names, and random numbers. None of them is for secrets. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 with the key (seed, ~seed), after Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012):
 * stable across processes and machines for a given seed, and hostile input cannot aim at collisions of a secret one. */
uint64_t weir__hash64(const void *bytes, size_t length, uint64_t seed);

/* 128 bits: SipHash-1-3 with a key of 128 bits. Not stable across versions of weir: for tables in memory. With a secret key nobody
 * can find two texts of one hash, so that the hash may stand for the text. */
typedef struct weir__hash128 {
	uint64_t low;
	uint64_t high;
} weir__hash128;

weir__hash128 weir__hash128_of(const void *bytes, size_t length, weir__hash128 key);

/* A name for two words: no two pairs have the same one, whatever the key, since both words can be had back from it; where they fall in
 * a table depends on the key (multiplication by secret odd numbers: Dietzfelbinger et al., "A Reliable Randomized Algorithm for the
 * Closest-Pair Problem", 1997). A quarter of the time of a hash. */
static inline weir__hash128 weir__hash128_of_pair(uint64_t first, uint64_t second, weir__hash128 key)
{
	uint64_t low = (second ^ key.low) * (key.high | 1);
	uint64_t high = (second ^ key.high) * (key.low | 1);
	uint64_t other = (first ^ key.low) * (key.high | 1);

	low = (low ^ low >> 32) * UINT64_C(0x94d049bb133111eb);
	high = (high ^ high >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	other = (other ^ other >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
	return (weir__hash128){ low ^ low >> 30, (high ^ high >> 29) ^ (other ^ other >> 31) };
}

/* A random number from the system. Falls back to the clock and address if the system has none to give. */
uint64_t weir__random_u64(void);

#endif
