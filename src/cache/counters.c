/* Striped counters. */
#include "cache/counters.h"

#include "base/lane.h"

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
	[WEIR__COUNT_NEAR_ABSENT_HITS] = offsetof(weir_cache_stats, near_hits),
};

void weir__counters_add(weir__counters *counters, weir__counter which, int64_t amount)
{
	if (amount)
		weir__counters_add_in(counters, weir__lane(), which, (uint64_t)amount);
}

static uint64_t sum_of(const weir__counters *counters, size_t which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WEIR__COUNTER_STRIPES; i++)
		sum += atomic_load_explicit(&counters->stripes[i].values[which], memory_order_relaxed);
	return sum;
}

void weir__counters_sum(const weir__counters *counters, weir_cache_stats *stats)
{
	for (size_t which = 0; which < WEIR__COUNTERS; which++)
		*(uint64_t *)(void *)((char *)stats + members[which]) += sum_of(counters, which);
	stats->hits += sum_of(counters, WEIR__COUNT_NEAR_HITS);
	stats->absent_hits += sum_of(counters, WEIR__COUNT_NEAR_ABSENT_HITS);
}

void weir__counters_reset(weir__counters *counters)
{
	for (size_t i = 0; i < WEIR__COUNTER_STRIPES; i++)
		for (size_t which = 0; which < WEIR__COUNTERS; which++)
			atomic_store_explicit(&counters->stripes[i].values[which], 0, memory_order_relaxed);
}
