/* The watermark: raised by a relay, looked at now and then by readers. */
#include "cache/watermark.h"

#include "cache/manager.h"

#include <stdio.h>

#define KEYS       2
#define LEASE_PART 3 /* tenths of the bound */
#define VALUE_PART 5

static weir_bytes make_key(const weir_cache_manager *cache, int bound_ms, unsigned turn, char key[WEIR__KEY_MAX])
{
	char name[40];
	int  length = snprintf(name, sizeof name, "%%watermark:%d:%u", bound_ms, turn % KEYS);

	return weir__bytes(
		key, weir__key_write(key, weir__cache_head(cache), weir__bytes(name, (size_t)length), WEIR__SLOT_FIRST));
}

void weir__watermark_require(weir_cache_manager *cache, int bound_ms)
{
	cache->watermark.bound_ms = bound_ms;
}

int weir__watermark_begin(weir_cache_manager *cache, int bound_ms, weir__watermark_lease *lease)
{
	char            key[WEIR__KEY_MAX];
	weir_cache_want want = { .key = make_key(cache, bound_ms, ++lease->turn, key), .seen = { "W", 1 } };
	weir_cache_call call = weir__cache_call(cache);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	int             rc;

	call.id = lease->token = weir__cache_id(cache);
	call.ttl_ms = (int64_t)bound_ms * LEASE_PART / 10;
	rc = cache->backend->lease(cache->backend, &want, 1, &call, &found);
	if (rc >= 0 && found.state != WEIR_CACHED_LEASED)
		rc = WEIR_ERR_CACHE;
	weir__cached_release(&found);
	return rc;
}

bool weir__watermark_raise(weir_cache_manager *cache, int bound_ms, const weir__watermark_lease *lease)
{
	char             key[WEIR__KEY_MAX];
	weir_cache_entry entry = { .key = make_key(cache, bound_ms, lease->turn, key),
		                       .value = { "W", 1 },
		                       .token = lease->token,
		                       .ttl_ms = (int64_t)bound_ms * VALUE_PART / 10,
		                       .space_max = WEIR_UNLIMITED };
	weir_cache_call  call = weir__cache_call(cache);
	size_t           filled = 0;

	return cache->backend->fill(cache->backend, &entry, 1, &call, &filled) == WEIR_OK && filled == 1;
}

static bool is_there(weir_cache_manager *cache)
{
	char            bytes[KEYS][WEIR__KEY_MAX];
	weir_bytes      keys[KEYS];
	weir_cached     found[KEYS] = { { .state = WEIR_CACHED_NOTHING } };
	weir_cache_call call = weir__cache_call(cache);
	bool            there = false;

	for (unsigned i = 0; i < KEYS; i++)
		keys[i] = make_key(cache, cache->watermark.bound_ms, i, bytes[i]);
	if (cache->backend->get_many(cache->backend, keys, KEYS, &call, found) < 0)
		return false;
	for (unsigned i = 0; i < KEYS; i++) {
		there = there || found[i].state == WEIR_CACHED_VALUE;
		weir__cached_release(&found[i]);
	}
	return there;
}

bool weir__watermark_is_good(weir_cache_manager *cache, int64_t now_us)
{
	weir__watermark *w = &cache->watermark;
	int64_t          tenth_us = (int64_t)w->bound_ms * 100;

	if (now_us >= atomic_load(&w->ask_us) && !atomic_exchange(&w->asking, true)) {
		atomic_store(&w->good_us, is_there(cache) ? now_us + 2 * tenth_us : 0);
		atomic_store(&w->ask_us, now_us + tenth_us);
		atomic_store(&w->asking, false);
	}
	return now_us < atomic_load(&w->good_us);
}
