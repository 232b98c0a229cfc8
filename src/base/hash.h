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

/* The same of two words, another hash than that of their bytes. */
weir__hash128 weir__hash128_of_pair(uint64_t first, uint64_t second, weir__hash128 key);

/* A random number from the system. Falls back to the clock and address if the system has none to give. */
uint64_t weir__random_u64(void);

#endif
