/* The insides of a near cache, for its files. */
#ifndef WEIR_CACHE_NEAR_MEMORY_H
#define WEIR_CACHE_NEAR_MEMORY_H

#include "cache/near_shard.h"

typedef struct weir__near_link weir__near_link; /* near_link.h */

struct weir_near_cache {
	weir__pins        pins;
	weir__hash128     secret;
	_Atomic uint64_t *stripes;
	uint32_t          stripe_mask;
	uint32_t          shard_mask;
	weir__near_shard *shards;
	weir__near_arena  arena;
	bool              has_arena;
	uint64_t          max_bytes;
	int               bound_ms;
	void             *stripes_memory, *shards_memory, *own_memory; /* as allocated */

	alignas(64) _Atomic uint64_t generation;
	alignas(64) _Atomic uint64_t touches;
	_Atomic uint64_t resets;
	atomic_size_t    references;
	pthread_mutex_t  mutex; /* the rest */
	weir__near_link *links;
	char             apart[64];
};

/* Memory on a cache line's bound; what to free is *whole. */
void *weir__near_lines(size_t size, void **whole);

static inline uint64_t weir__near_stripe_value(const weir__near *near_cache, uint32_t stripe)
{
	return atomic_load_explicit(&near_cache->stripes[stripe], memory_order_acquire);
}

static inline uint64_t weir__near_entry_sum(const weir__near *near_cache, const weir__near_entry *entry)
{
	uint64_t sum = atomic_load_explicit(&near_cache->generation, memory_order_acquire);

	for (size_t i = 0; i < entry->stripe_count; i++)
		sum += weir__near_stripe_value(near_cache, i < WEIR__NEAR_INLINE ? entry->stripes[i]
		                                                                 : entry->more_stripes[i - WEIR__NEAR_INLINE]);
	return sum;
}

static inline bool weir__near_is_right(const weir__near *near_cache, const weir__near_entry *entry, int64_t now_us)
{
	return entry->expires_us > now_us && weir__near_entry_sum(near_cache, entry) == entry->sum;
}

#endif
