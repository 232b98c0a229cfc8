/* The near cache: its life, stripes and tickets, and what leads to a shard. */
#include "cache/near_memory.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define LINE           64
#define BYTES_BUILT_IN (INT64_C(64) << 20)
#define BYTES_LEAST    (INT64_C(1) << 16)
#define BOUND_BUILT_IN 1000
#define BOUND_LEAST    50
#define SHARD_BYTES    (UINT64_C(4) << 20) /* of each, while there are not SHARDS_MOST */
#define SHARDS_MOST    64
#define STRIPE_BYTES   4096 /* of the cache for each stripe: few enough to stay in the caches of a CPU */
#define STRIPES_LEAST  4096
#define STRIPES_MOST   (1u << 20)
#define RETIRED_MOST   32 /* in a shard, before the epoch is pushed on */
#define RECLAIMS_A_PUT 4

void *weir__near_lines(size_t size, void **whole)
{
	char *memory = weir__calloc(1, size + LINE);

	*whole = memory;
	return memory ? memory + (LINE - (uintptr_t)memory % LINE) % LINE : NULL;
}

static int check_options(const weir_near_options *options, weir_error *err)
{
	if (options->max_bytes != 0 && options->max_bytes < BYTES_LEAST)
		return weir__error_set(err, WEIR_ERR_USAGE, "near.max_bytes is %lld, at least %lld are needed",
		                       (long long)options->max_bytes, (long long)BYTES_LEAST);
	if (options->bound_ms != 0 && options->bound_ms < BOUND_LEAST)
		return weir__error_set(err, WEIR_ERR_USAGE, "near.bound_ms is %d, at least %d is needed", options->bound_ms,
		                       BOUND_LEAST);
	return WEIR_OK;
}

/* The power of two from least to most that is at least wanted. */
static uint32_t power_of_two(uint64_t wanted, uint32_t least, uint32_t most)
{
	uint32_t power = least;

	while (power < wanted && power < most)
		power *= 2;
	return power;
}

static bool make_stripes(weir__near *made)
{
	uint32_t count = power_of_two(made->max_bytes / STRIPE_BYTES, STRIPES_LEAST, STRIPES_MOST);

	made->stripes = weir__near_lines(count * sizeof *made->stripes, &made->stripes_memory);
	made->stripe_mask = count - 1;
	return made->stripes != NULL;
}

static bool make_shards(weir__near *made)
{
	uint32_t count = 1, done = 0;

	while (count < SHARDS_MOST && made->max_bytes / (UINT64_C(2) * count) >= SHARD_BYTES)
		count *= 2;
	made->shards = weir__near_lines(count * sizeof *made->shards, &made->shards_memory);
	made->shard_mask = count - 1;
	while (made->shards && done < count &&
	       weir__near_shard_init(&made->shards[done], &made->arena, made->max_bytes / count))
		done++;
	if (made->shards && done == count)
		return true;
	while (done > 0)
		weir__near_shard_release(&made->shards[--done]);
	weir__free(made->shards_memory);
	made->shards = NULL;
	return false;
}

static void free_all(weir__near *near_cache)
{
	for (uint32_t i = 0; near_cache->shards && i <= near_cache->shard_mask; i++)
		weir__near_shard_release(&near_cache->shards[i]);
	if (near_cache->shards)
		weir__free(near_cache->shards_memory);
	if (near_cache->has_arena)
		weir__near_arena_release(&near_cache->arena);
	weir__free(near_cache->stripes_memory);
	weir__free(near_cache->own_memory);
}

int weir__near_create(const weir_near_options *options, weir__near **near_cache, weir_error *err)
{
	weir_near_options given = options ? *options : (weir_near_options){ .max_bytes = 0 };
	void             *memory;
	weir__near       *made;
	int               rc = check_options(&given, err);

	if (rc < 0)
		return rc;
	made = weir__near_lines(sizeof *made, &memory);
	if (!made)
		return weir__error_no_memory(err);
	made->own_memory = memory;
	made->max_bytes = (uint64_t)(given.max_bytes ? given.max_bytes : BYTES_BUILT_IN);
	made->bound_ms = given.bound_ms ? given.bound_ms : BOUND_BUILT_IN;
	made->secret = (weir__hash128){ weir__random_u64(), weir__random_u64() };
	atomic_store(&made->references, 1);
	weir__pins_init(&made->pins);
	made->has_arena = weir__near_arena_init(&made->arena, made->max_bytes);
	if (!made->has_arena || !make_stripes(made) || !make_shards(made) || pthread_mutex_init(&made->mutex, NULL) != 0) {
		free_all(made);
		return weir__error_no_memory(err);
	}
	*near_cache = made;
	return WEIR_OK;
}

void weir__near_retain(weir__near *near_cache)
{
	atomic_fetch_add_explicit(&near_cache->references, 1, memory_order_relaxed);
}

void weir__near_release(weir__near *near_cache)
{
	if (!near_cache || atomic_fetch_sub_explicit(&near_cache->references, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&near_cache->mutex);
	free_all(near_cache);
}

int weir__near_bound_ms(const weir__near *near_cache)
{
	return near_cache->bound_ms;
}

weir__hash128 weir__near_secret(const weir__near *near_cache)
{
	return near_cache->secret;
}

/* ---- Stripes and tickets --------------------------------------------------------------------------------------- */

uint32_t weir__near_stripe(const weir__near *near_cache, weir__hash128 hash)
{
	return (uint32_t)hash.low & near_cache->stripe_mask;
}

static void count_up(weir__near *near_cache, uint32_t stripe, uint64_t by)
{
	atomic_fetch_add(&near_cache->stripes[stripe], by);
	atomic_fetch_add_explicit(&near_cache->touches, 1, memory_order_relaxed);
}

void weir__near_touch(weir__near *near_cache, uint32_t stripe)
{
	count_up(near_cache, stripe, 1);
}

void weir__near_touch_own(weir__near *near_cache, uint32_t stripe)
{
	count_up(near_cache, stripe, WEIR__NEAR_OWN);
}

void weir__near_reset(weir__near *near_cache)
{
	atomic_fetch_add(&near_cache->generation, 1);
	atomic_fetch_add_explicit(&near_cache->resets, 1, memory_order_relaxed);
}

void weir__near_depend(weir__near_ticket *ticket, uint32_t stripe)
{
	ticket->stripes[ticket->count++] = stripe;
}

static uint64_t sum_of(const weir__near *near_cache, const weir__near_ticket *ticket)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ticket->count; i++)
		sum += weir__near_stripe_value(near_cache, ticket->stripes[i]);
	return sum;
}

void weir__near_take(const weir__near *near_cache, weir__near_ticket *ticket, int64_t now_us)
{
	ticket->taken_us = now_us;
	ticket->generation = atomic_load(&near_cache->generation);
	ticket->sum = sum_of(near_cache, ticket);
}

bool weir__near_holds(const weir__near *near_cache, const weir__near_ticket *ticket)
{
	return ticket->count > 0 && atomic_load(&near_cache->generation) == ticket->generation &&
	       sum_of(near_cache, ticket) == ticket->sum;
}

/* ---- Entries --------------------------------------------------------------------------------------------------- */

bool weir__near_get(weir__near *near_cache, weir__hash128 name, int64_t now_us, size_t seat, weir__near_value *value)
{
	return weir__near_look(near_cache, name, now_us, seat, value);
}

static void release_freed(weir__near_freed *freed)
{
	for (size_t i = 0; i < freed->count; i++)
		freed->items[i].kind->release(freed->items[i].object);
	freed->count = 0;
}

/* Frees what has been let go, a little at a time. */
static void reclaim(weir__near *near_cache, weir__near_shard *shard)
{
	weir__near_freed freed = { .count = 0 };
	bool             more = true;

	for (int i = 0; more && i < RECLAIMS_A_PUT; i++) {
		pthread_mutex_lock(&shard->mutex);
		if (shard->retired_count >= RETIRED_MOST || shard->retired_bytes > shard->max_bytes / 64)
			weir__pins_advance(&near_cache->pins);
		more = weir__near_shard_reclaim(shard, &near_cache->pins, &freed);
		pthread_mutex_unlock(&shard->mutex);
		release_freed(&freed);
	}
}

bool weir__near_put(weir__near *near_cache, const weir__near_item *item)
{
	weir__near_shard *shard = weir__near_shard_of(near_cache, item->name);
	bool              kept;

	if (item->expires_us <= item->now_us || !weir__near_holds(near_cache, item->ticket))
		return false;
	if (item->value.kind)
		item->value.kind->retain(item->value.object);
	pthread_mutex_lock(&shard->mutex);
	kept = weir__near_shard_put(shard, near_cache, item);
	pthread_mutex_unlock(&shard->mutex);
	if (!kept && item->value.kind)
		item->value.kind->release(item->value.object);
	reclaim(near_cache, shard);
	return kept;
}

/* ---- For applications ------------------------------------------------------------------------------------------ */

int weir_near_cache_create(const weir_near_options *options, weir_near_cache **near_cache, weir_error *err)
{
	if (!near_cache || *near_cache)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_near_cache_create: *near_cache must be NULL");
	return weir__near_create(options, near_cache, err);
}

void weir_near_cache_release(weir_near_cache **near_cache)
{
	weir__near *released = near_cache ? *near_cache : NULL;

	if (!released)
		return;
	*near_cache = NULL;
	weir__near_release(released);
}

void weir_near_cache_stats(const weir_near_cache *near_cache, weir_near_stats *stats)
{
	if (!stats)
		return;
	memset(stats, 0, sizeof *stats);
	if (!near_cache)
		return;
	stats->max_bytes = near_cache->max_bytes;
	stats->touches = atomic_load_explicit(&near_cache->touches, memory_order_relaxed);
	stats->resets = atomic_load_explicit(&near_cache->resets, memory_order_relaxed);
	for (uint32_t i = 0; i <= near_cache->shard_mask; i++) {
		weir__near_shard *shard = &near_cache->shards[i];

		pthread_mutex_lock(&shard->mutex);
		stats->entries += shard->count;
		stats->bytes += shard->bytes + shard->retired_bytes;
		stats->fills += shard->fills;
		stats->evictions += shard->evictions;
		pthread_mutex_unlock(&shard->mutex);
	}
}
