/* Counters that many threads raise at once: striped by thread, no cache line shared by two stripes, summed when read. */
#ifndef WEIR_CACHE_COUNTERS_H
#define WEIR_CACHE_COUNTERS_H

#include <weir/cache_manager.h>

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

typedef struct weir__counters {
	struct {
		_Atomic uint64_t values[WEIR__COUNTERS];
		char             apart[64];
	} stripes[WEIR__COUNTER_STRIPES];
} weir__counters;

/* Adds amount, which may be negative where something counted before turned out to be something else. */
void weir__counters_add(weir__counters *counters, weir__counter which, int64_t amount);

/* The same for who knows his lane (base/lane.h). */
static inline void weir__counters_add_in(weir__counters *counters, size_t lane, weir__counter which, uint64_t amount)
{
	atomic_fetch_add_explicit(&counters->stripes[lane % WEIR__COUNTER_STRIPES].values[which], amount,
	                          memory_order_relaxed);
}

/* Adds all counters to stats; sets all to 0. */
void weir__counters_sum(const weir__counters *counters, weir_cache_stats *stats);
void weir__counters_reset(weir__counters *counters);

#endif
