/* Hashes for tables and names, and random numbers. None of them is for secrets. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 with the key (seed, ~seed), after Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012):
 * stable across processes and machines for a given seed, and hostile input cannot aim at collisions of a secret one. */
uint64_t weir__hash64(const void *bytes, size_t length, uint64_t seed);

/* A random number from the system. Falls back to the clock and address if the system has none to give. */
uint64_t weir__random_u64(void);

#endif
