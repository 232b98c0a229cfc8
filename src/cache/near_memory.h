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

	for (size_t i = 0; i < (entry->shape & WEIR__NEAR_COUNT); i++)
		sum += weir__near_stripe_value(near_cache, i < WEIR__NEAR_INLINE ? entry->stripes[i]
		                                                                 : entry->more_stripes[i - WEIR__NEAR_INLINE]);
	return sum;
}

static inline weir__near_shard *weir__near_shard_of(const weir__near *near_cache, weir__hash128 name)
{
	return &near_cache->shards[(name.low >> 40) & near_cache->shard_mask];
}

/* Fetches what looking for this name begins with, for who has something to do until then. */
static inline void weir__near_prefetch(const weir__near *near_cache, weir__hash128 name)
{
	weir__near_shard_prefetch(weir__near_shard_of(near_cache, name), name);
}

static inline bool weir__near_is_right(const weir__near *near_cache, const weir__near_entry *entry, int64_t now_us)
{
	return entry->expires_us > now_us && weir__near_entry_sum(near_cache, entry) == entry->sum;
}

/* Two uses are enough to stay; beyond three nothing is written. */
static inline void weir__near_note_use(weir__near_entry *entry)
{
	unsigned char uses = atomic_load_explicit(&entry->uses, memory_order_relaxed);

	if (uses < 3)
		atomic_store_explicit(&entry->uses, (unsigned char)(uses + 1), memory_order_relaxed);
}

/* weir__near_get, for who asks often. */
static inline bool weir__near_look(weir__near *near_cache, weir__hash128 name, int64_t now_us, size_t seat,
                                   weir__near_value *value)
{
	weir__pin         pin = weir__pin_take(&near_cache->pins, seat);
	weir__near_entry *entry = weir__near_shard_find(weir__near_shard_of(near_cache, name), near_cache->stripes, name);
	bool              found = entry && weir__near_is_right(near_cache, entry, now_us);

	if (found) {
		weir__near_note_use(entry);
		*value = (weir__near_value){ .kind = entry->kind, .absent = entry->shape & WEIR__NEAR_ABSENT };
		if (entry->kind)
			entry->kind->retain(value->object = entry->object);
		else
			value->number = entry->number;
	}
	weir__pin_drop(pin);
	return found;
}

#endif
