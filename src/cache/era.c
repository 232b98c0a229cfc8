/* Eras: entered by what connections say, and by what the marker says. */
#include "cache/era.h"

#include "base/hash.h"
#include "cache/envelope.h"
#include "cache/manager.h"

#include <string.h>

#define PERIOD_US     1000000
#define MARKER_TTL_MS 3600000
#define MARKER_SIZE   25 /* E, the system and the timeline in hexadecimal digits */

void weir__cache_watch_source(weir_cache_manager *cache, void (*watch)(void *context, bool superseded), void *context)
{
	cache->era.watch = watch;
	cache->era.context = context;
	atomic_store(&cache->era.look_us, 0);
}

weir__source weir__source_of(uint64_t system, uint32_t timeline)
{
	const uint64_t words[2] = { system, timeline };

	return (weir__source){ system, timeline, timeline ? weir__hash64(words, sizeof words, 0) | 1 : 0 };
}

static bool is_same(const weir__source *a, const weir__source *b)
{
	return a->system == b->system && a->timeline == b->timeline;
}

/* Under the manager's mutex. */
static void enter(weir_cache_manager *cache, const weir__source *source, int64_t since_us)
{
	weir__era *era = &cache->era;

	era->source = *source;
	era->since_us = since_us;
	atomic_fetch_add(&era->turn, 1);
	atomic_store(&era->tag, source->tag);
	atomic_fetch_add(&era->turn, 1);
}

void weir__cache_read_from(weir_cache_manager *cache, const weir__source *source, int64_t since_us)
{
	weir__era *era = &cache->era;
	bool       first, entered = false;

	if (cache->keeps_nothing || source->tag == atomic_load_explicit(&era->tag, memory_order_acquire))
		return;
	pthread_mutex_lock(&cache->mutex);
	first = era->source.timeline == 0;
	if (!is_same(&era->source, source) && (first || since_us > era->since_us)) {
		enter(cache, source, since_us);
		entered = true;
	}
	pthread_mutex_unlock(&cache->mutex);
	if (!entered)
		weir__cache_unsettle(cache);
	if (entered && first && era->watch)
		atomic_store(&era->look_us, weir__now_us() + PERIOD_US);
	if (entered && !first)
		weir__log(
			cache->logger, WEIR_LOG_WARNING,
			"cache: the database is another one (timeline %u): what was cached of the last one is not read any more",
			(unsigned)source->timeline);
}

void weir__cache_unsettle(weir_cache_manager *cache)
{
	atomic_fetch_add(&cache->era.turn, 2);
}

/* ---- The marker ------------------------------------------------------------------------------------------------ */

static weir_bytes make_key(const weir_cache_manager *cache, char key[WEIR__KEY_MAX])
{
	static const char name[] = "%era";

	return weir__bytes(
		key, weir__key_write(key, weir__cache_head(cache), weir__bytes(name, sizeof name - 1), WEIR__SLOT_WHOLE));
}

static bool read_marker(weir_cache_manager *cache, weir__source *marker)
{
	char            key[WEIR__KEY_MAX];
	weir_bytes      keys = make_key(cache, key);
	weir_cache_call call = weir__cache_call(cache);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	uint64_t        system = 0, timeline = 0;

	*marker = (weir__source){ .timeline = 0 };
	if (cache->backend->get_many(cache->backend, &keys, 1, &call, &found) < 0)
		return false;
	if (found.state == WEIR_CACHED_VALUE && found.value.length == MARKER_SIZE && found.value.data[0] == 'E' &&
	    weir__hex_read(found.value.data + 1, 16, &system) && weir__hex_read(found.value.data + 17, 8, &timeline))
		*marker = weir__source_of(system, (uint32_t)timeline);
	weir__cached_release(&found);
	return true;
}

static void write_marker(weir_cache_manager *cache, const weir__source *source)
{
	char             key[WEIR__KEY_MAX], text[MARKER_SIZE] = "E";
	weir_cache_call  call = weir__cache_call(cache);
	weir_cache_entry entry = { .key = make_key(cache, key),
		                       .value = { text, sizeof text },
		                       .ttl_ms = MARKER_TTL_MS,
		                       .space_max = WEIR_UNLIMITED };

	weir__hex_write(source->system, 16, text + 1);
	weir__hex_write(source->timeline, 8, text + 17);
	(void)cache->backend->set(cache->backend, &entry, &call);
}

/* Under the manager's mutex: is what the marker says news? It is followed once: who then connects to an older timeline all the same, for
 * instance since everybody went back to it, stays there. */
static bool heed(weir_cache_manager *cache, const weir__source *marker, int64_t now_us)
{
	weir__era          *era = &cache->era;
	const weir__source *own = &era->source;
	bool newer = own->timeline == 0 || (marker->system == own->system && marker->timeline > own->timeline);

	if (marker->timeline == 0 || !newer || is_same(marker, &era->heeded))
		return false;
	era->heeded = *marker;
	enter(cache, marker, now_us);
	return true;
}

static bool look(weir_cache_manager *cache, int64_t now_us)
{
	weir__source marker, own;
	bool         superseded;

	if (!read_marker(cache, &marker))
		return false;
	pthread_mutex_lock(&cache->mutex);
	superseded = heed(cache, &marker, now_us);
	own = cache->era.source;
	pthread_mutex_unlock(&cache->mutex);
	if (own.timeline > 0 && (marker.system != own.system || marker.timeline < own.timeline))
		write_marker(cache, &own);
	if (superseded)
		weir__log(cache->logger, WEIR_LOG_INFO, "cache: others read from timeline %u of the database",
		          (unsigned)marker.timeline);
	return superseded;
}

void weir__era_look_now(weir_cache_manager *cache, int64_t now_us)
{
	weir__era *era = &cache->era;
	bool       superseded;

	if (cache->keeps_nothing || atomic_exchange(&era->looking, true))
		return;
	atomic_store(&era->look_us, now_us + PERIOD_US);
	superseded = look(cache, now_us);
	if (era->watch)
		era->watch(era->context, superseded);
	atomic_store(&era->looking, false);
}
