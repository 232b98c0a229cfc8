/* Striped counters. */
#include "cache/counters.h"

#include "base/lane.h"
#include "base/memory.h"
#include "cache/near_memory.h"

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
		atomic_fetch_add_explicit(&counters->stripes[weir__lane() % WEIR__COUNTER_STRIPES].values[which],
		                          (uint64_t)amount, memory_order_relaxed);
}

void weir__counters_prepare_near(weir__counters *counters)
{
	weir__near_counts *none = NULL, *made;
	void              *memory;

	if (atomic_load_explicit(&counters->near, memory_order_relaxed))
		return;
	made = weir__near_lines(sizeof *made, &memory);
	if (!made)
		return;
	made->memory = memory;
	if (!atomic_compare_exchange_strong(&counters->near, &none, made))
		weir__free(memory);
}

void weir__counters_release(weir__counters *counters)
{
	weir__near_counts *near = atomic_exchange(&counters->near, NULL);

	if (near)
		weir__free(near->memory);
}

/* What the threads in their seats have counted. */
static uint64_t near_sum_of(const weir__counters *counters, size_t which)
{
	const weir__near_counts *near = atomic_load_explicit(&counters->near, memory_order_acquire);
	uint64_t                 sum = 0;

	for (size_t i = 0; near && i < WEIR__SEATS; i++)
		sum += atomic_load_explicit(&near->seats[i].values[which], memory_order_relaxed);
	return sum;
}

/* The same since the last reset. */
static uint64_t near_count(const weir__counters *counters, size_t which)
{
	return near_sum_of(counters, which) - atomic_load_explicit(&counters->near_before[which], memory_order_relaxed);
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
	uint64_t hits = near_count(counters, 0), absent_hits = near_count(counters, 1);

	for (size_t which = 0; which < WEIR__COUNTERS; which++)
		*(uint64_t *)(void *)((char *)stats + members[which]) += sum_of(counters, which);
	stats->near_hits += hits + absent_hits;
	stats->hits += hits + sum_of(counters, WEIR__COUNT_NEAR_HITS);
	stats->absent_hits += absent_hits + sum_of(counters, WEIR__COUNT_NEAR_ABSENT_HITS);
}

void weir__counters_reset(weir__counters *counters)
{
	for (size_t i = 0; i < WEIR__COUNTER_STRIPES; i++)
		for (size_t which = 0; which < WEIR__COUNTERS; which++)
			atomic_store_explicit(&counters->stripes[i].values[which], 0, memory_order_relaxed);
	for (size_t which = 0; which < WEIR__NEAR_COUNTS; which++)
		atomic_store_explicit(&counters->near_before[which], near_sum_of(counters, which), memory_order_relaxed);
}
