/* random.h: a small generator of numbers that a seed repeats (splitmix64). */
#ifndef CHECK_RANDOM_H
#define CHECK_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct check_random {
	uint64_t state;
} check_random;

static inline uint64_t random_next(check_random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* From low to high, both included. */
static inline int random_between(check_random *random, int low, int high)
{
	return low + (int)(random_next(random) % (uint64_t)(high - low + 1));
}

static inline bool random_percent(check_random *random, int percent)
{
	return random_between(random, 0, 99) < percent;
}

#endif
