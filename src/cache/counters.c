/* Striped counters. */
#include "cache/counters.h"

#include <pthread.h>
#include <stddef.h>

static const size_t members[WEIR__COUNTERS] = {
	[WEIR__COUNT_HITS] = offsetof(weir_cache_stats, hits),
	[WEIR__COUNT_MISSES] = offsetof(weir_cache_stats, misses),
	[WEIR__COUNT_ABSENT_HITS] = offsetof(weir_cache_stats, absent_hits),
	[WEIR__COUNT_FILLS] = offsetof(weir_cache_stats, fills),
	[WEIR__COUNT_DROPPED_FILLS] = offsetof(weir_cache_stats, dropped_fills),
	[WEIR__COUNT_INVALIDATIONS] = offsetof(weir_cache_stats, invalidations),
	[WEIR__COUNT_BYPASSES] = offsetof(weir_cache_stats, bypasses),
	[WEIR__COUNT_ERRORS] = offsetof(weir_cache_stats, errors),
	[WEIR__COUNT_NEAR_HITS] = offsetof(weir_cache_stats, near_hits),
};

/* Any spread over the threads will do. */
static size_t stripe_of_thread(void)
{
	return (size_t)((uint64_t)(uintptr_t)pthread_self() * 0x9e3779b97f4a7c15u >> 61) % WEIR__COUNTER_STRIPES;
}

void weir__counters_add(weir__counters *counters, weir__counter which, int64_t amount)
{
	if (amount)
		atomic_fetch_add_explicit(&counters->stripes[stripe_of_thread()].values[which], (uint64_t)amount,
		                          memory_order_relaxed);
}

void weir__counters_sum(const weir__counters *counters, weir_cache_stats *stats)
{
	for (size_t which = 0; which < WEIR__COUNTERS; which++) {
		uint64_t *member = (uint64_t *)(void *)((char *)stats + members[which]);

		for (size_t i = 0; i < WEIR__COUNTER_STRIPES; i++)
			*member += atomic_load_explicit(&counters->stripes[i].values[which], memory_order_relaxed);
	}
}

void weir__counters_reset(weir__counters *counters)
{
	for (size_t i = 0; i < WEIR__COUNTER_STRIPES; i++)
		for (size_t which = 0; which < WEIR__COUNTERS; which++)
			atomic_store_explicit(&counters->stripes[i].values[which], 0, memory_order_relaxed);
}
