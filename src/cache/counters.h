/* Counters that many threads raise at once: striped by thread, no cache line shared by two stripes, summed when read. What the near cache
 * answers is counted without atomic operations, by each thread in the place of its seat, once there are such places. */
#ifndef WEIR_CACHE_COUNTERS_H
#define WEIR_CACHE_COUNTERS_H

#include <weir/cache_manager.h>

#include "base/seat.h"

#include <stdalign.h>
#include <stdatomic.h>

/* In the order of the members of weir_cache_stats. */
typedef enum weir__counter {
	WEIR__COUNT_HITS,
	WEIR__COUNT_MISSES,
	WEIR__COUNT_ABSENT_HITS,
	WEIR__COUNT_FILLS,
	WEIR__COUNT_DROPPED_FILLS,
	WEIR__COUNT_INVALIDATIONS,
	WEIR__COUNT_BYPASSES,
	WEIR__COUNT_ERRORS,
	WEIR__COUNT_NEAR_HITS, /* counted among the hits and absent hits only in the sums */
	WEIR__COUNT_NEAR_ABSENT_HITS,
	WEIR__COUNTERS
} weir__counter;

#define WEIR__COUNTER_STRIPES 8

#define WEIR__NEAR_COUNTS 2 /* hits, absent hits */

typedef struct weir__near_counts weir__near_counts;

typedef struct weir__counters {
	struct {
		_Atomic uint64_t values[WEIR__COUNTERS];
		char             apart[64];
	} stripes[WEIR__COUNTER_STRIPES];
	_Atomic(weir__near_counts *) near;
	_Atomic uint64_t             near_before[WEIR__NEAR_COUNTS]; /* at the last reset */
} weir__counters;

/* Only who has the seat writes there. */
struct weir__near_counts {
	struct {
		alignas(64) _Atomic uint64_t values[WEIR__NEAR_COUNTS];
		char apart[64 - WEIR__NEAR_COUNTS * sizeof(uint64_t)];
	} seats[WEIR__SEATS];
	void *memory; /* as allocated */
};

/* Adds amount, which may be negative where something counted before turned out to be something else. */
void weir__counters_add(weir__counters *counters, weir__counter which, int64_t amount);

/* Makes the places for weir__counters_add_near, which does without as well. */
void weir__counters_prepare_near(weir__counters *counters);

/* One more answer of the near cache; seat: weir__seat(). */
static inline void weir__counters_add_near(weir__counters *counters, size_t seat, bool absent)
{
	weir__near_counts *near = atomic_load_explicit(&counters->near, memory_order_acquire);
	_Atomic uint64_t  *value;

	if (!near || seat == WEIR__SEATS) {
		weir__counters_add(counters, absent ? WEIR__COUNT_NEAR_ABSENT_HITS : WEIR__COUNT_NEAR_HITS, 1);
		return;
	}
	value = &near->seats[seat].values[absent];
	atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Adds all counters to stats; sets all to 0. */
void weir__counters_sum(const weir__counters *counters, weir_cache_stats *stats);
void weir__counters_reset(weir__counters *counters);

/* Frees what was made for them. */
void weir__counters_release(weir__counters *counters);

#endif
