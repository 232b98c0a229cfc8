/* The cache manager: life, configuration, statistics. Reads are in lookup.c, lease.c and fill.c, writes in touches.c
 * and invalidate.c. */
#include "cache/manager.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/process.h"
#include "cache/backend_incoherent.h"

#include <stdio.h>
#include <string.h>

uint64_t weir__cache_id(weir_cache_manager *cache)
{
	uint64_t number = atomic_fetch_add_explicit(&cache->id_counter, 1, memory_order_relaxed);
	uint64_t id = weir__hash64(&number, sizeof number, cache->id_seed);

	return id ? id : 1;
}

weir_cache_call weir__cache_call(const weir_cache_manager *cache)
{
	const weir__near_link *link = atomic_load_explicit(&cache->near_link, memory_order_acquire);

	return (weir_cache_call){
		.deadline_us = weir__now_us() + (int64_t)cache->timeout_ms * 1000,
		.channel = { cache->channel, cache->channel_length },
		.origin = { link ? link->origin : "", link ? WEIR__NEAR_ORIGIN : 0 },
	};
}

static int check_options(const weir__cache_manager_options *options, weir_error *err)
{
	if (!options->backend || !options->backend->get_many || !options->backend->set || !options->backend->close)
		return weir__error_set(err, WEIR_ERR_USAGE, "cache_backend: get_many, set and close must be there");
	if (!options->prefix || !weir__key_prefix_ok(options->prefix))
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "cache_prefix: 1 to %d printable ASCII characters without spaces and braces",
		                       WEIR__PREFIX_MAX);
	if (options->timeout_ms <= 0)
		return weir__error_set(err, WEIR_ERR_USAGE, "cache_timeout_ms: %d is not above 0", options->timeout_ms);
	return weir__config_check(&options->defaults, "cache", err);
}

static int prepare(weir_cache_manager *cache, const weir__cache_manager_options *options, weir_error *err)
{
	int rc;

	memcpy(cache->prefix, options->prefix, strlen(options->prefix) + 1);
	cache->head_length = weir__key_head(cache->head, cache->prefix);
	cache->channel_length = (size_t)snprintf(cache->channel, sizeof cache->channel, "%s:near", options->prefix);
	cache->near_options = options->near;
	cache->place = options->place;
	cache->timeout_ms = options->timeout_ms;
	cache->logger = options->logger;
	cache->process = weir__process_generation();
	cache->id_seed = weir__random_u64();
	atomic_init(&cache->era.look_us, INT64_MAX);
	cache->defaults = weir__config_built_in;
	weir__config_overlay(&cache->defaults, &options->defaults);
	rc = weir__pending_init(&cache->pending, err);
	if (rc < 0)
		return rc;
	rc = weir__flights_init(&cache->flights, err);
	if (rc < 0) {
		weir__pending_release(&cache->pending);
		return rc;
	}
	if (pthread_mutex_init(&cache->mutex, NULL) != 0) {
		weir__flights_release(&cache->flights);
		weir__pending_release(&cache->pending);
		return weir__error_no_memory(err);
	}
	return WEIR_OK;
}

int weir__cache_manager_create(const weir__cache_manager_options *options, weir_cache_manager **cache, weir_error *err)
{
	weir_cache_backend *backend = options->backend;
	weir_cache_manager *made;
	int                 rc = check_options(options, err);

	if (rc < 0)
		return rc;
	made = weir__calloc(1, sizeof *made);
	if (!made)
		return weir__error_no_memory(err);
	rc = weir__backend_make_whole(&backend, options->logger, err);
	if (rc == WEIR_OK) {
		rc = prepare(made, options, err);
		if (rc < 0 && backend != options->backend)
			weir__backend_unwrap(backend);
	}
	if (rc < 0) {
		weir__free(made);
		return rc;
	}
	made->backend = backend;
	made->keeps_nothing = backend == weir__cache_backend_none();
	made->near_cache = options->near_cache;
	if (made->near_cache)
		weir__near_retain(made->near_cache);
	*cache = made;
	return WEIR_OK;
}

void weir__cache_manager_free(weir_cache_manager *cache)
{
	weir__cache_space *next;

	if (!cache)
		return;
	if (cache->process == weir__process_generation()) /* else the debts, and the connections, are the parent's */
		weir__pending_pay(cache);
	weir__flights_release(&cache->flights);
	weir__pending_release(&cache->pending);
	for (weir__cache_space *space = cache->spaces; space; space = next) {
		next = space->next;
		weir__space_free(space);
	}
	weir__near_link_close(atomic_load(&cache->near_link));
	cache->backend->close(cache->backend);
	weir__near_release(cache->near_cache);
	pthread_mutex_destroy(&cache->mutex);
	weir__free(cache);
}

/* Under the mutex. */
static weir__cache_space *find_space(weir_cache_manager *cache, const weir_model *model)
{
	weir__cache_space *space = cache->spaces;

	while (space && space->model != model)
		space = space->next;
	return space;
}

static int unknown_model(const weir_model *model, weir_error *err)
{
	return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "not a model of this session");
}

/* Under the mutex: the near cache and its link, if any space is to have one. */
static int need_near(weir_cache_manager *cache, weir_error *err)
{
	weir__near_link *link = NULL;
	bool             needed = false;
	int              rc = WEIR_OK;

	if (atomic_load(&cache->near_link) || cache->keeps_nothing)
		return WEIR_OK;
	for (weir__cache_space *each = cache->spaces; each && !needed; each = each->next)
		needed = weir__space_resolve(cache, each).near == WEIR_ON;
	if (!needed)
		return WEIR_OK;
	if (!cache->near_cache)
		rc = weir__near_create(&cache->near_options, &cache->near_cache, err);
	if (rc == WEIR_OK)
		rc = weir__near_link_open(cache->near_cache, cache->backend,
		                          (weir_bytes){ cache->channel, cache->channel_length }, &link, err);
	if (rc == WEIR_OK)
		atomic_store(&cache->near_link, link);
	return rc;
}

/* Under the mutex. */
static int enforce_all(weir_cache_manager *cache, weir_error *err)
{
	for (weir__cache_space *each = cache->spaces; each; each = each->next) {
		weir_cache_config in_force = weir__space_resolve(cache, each);

		weir__config_enforce(&in_force, &each->config);
	}
	return need_near(cache, err);
}

int weir__cache_manager_start(weir_cache_manager *cache, weir_error *err)
{
	int rc;

	pthread_mutex_lock(&cache->mutex);
	rc = need_near(cache, err);
	pthread_mutex_unlock(&cache->mutex);
	return rc;
}

int weir__cache_space_configure(weir__cache_space *space, const weir_cache_config *config, weir_error *err)
{
	int rc = weir__config_check(config, space->name, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&space->cache->mutex);
	weir__config_overlay(&space->own, config);
	rc = enforce_all(space->cache, err);
	pthread_mutex_unlock(&space->cache->mutex);
	return rc;
}

void weir__cache_space_config(const weir__cache_space *space, weir_cache_config *config)
{
	pthread_mutex_lock(&space->cache->mutex);
	*config = weir__space_resolve(space->cache, space);
	pthread_mutex_unlock(&space->cache->mutex);
}

void weir__cache_space_stats(const weir__cache_space *space, weir_cache_stats *stats)
{
	memset(stats, 0, sizeof *stats);
	weir__counters_sum(&space->counters, stats);
}

void weir__cache_space_stats_reset(weir__cache_space *space)
{
	weir__counters_reset(&space->counters);
}

int weir_cache_manager_configure(weir_cache_manager *cache, const weir_model *model, const weir_cache_config *config,
                                 weir_error *err)
{
	weir__cache_space *space = NULL;
	int                rc;

	if (!cache || !config)
		return weir__error_set(err, WEIR_ERR_USAGE, "cache and config must be there");
	rc = weir__config_check(config, model ? model->name : "cache", err);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&cache->mutex);
	if (model && !(space = find_space(cache, model))) {
		pthread_mutex_unlock(&cache->mutex);
		return unknown_model(model, err);
	}
	weir__config_overlay(space ? &space->own : &cache->defaults, config);
	rc = enforce_all(cache, err);
	pthread_mutex_unlock(&cache->mutex);
	return rc;
}

int weir_cache_manager_config(weir_cache_manager *cache, const weir_model *model, weir_cache_config *config,
                              weir_error *err)
{
	weir__cache_space *space = NULL;

	if (!cache || !config)
		return weir__error_set(err, WEIR_ERR_USAGE, "cache and config must be there");
	pthread_mutex_lock(&cache->mutex);
	if (model && !(space = find_space(cache, model))) {
		pthread_mutex_unlock(&cache->mutex);
		return unknown_model(model, err);
	}
	*config = weir__space_resolve(cache, space);
	pthread_mutex_unlock(&cache->mutex);
	return WEIR_OK;
}

/* Spaces are only ever added at the end and live as long as the manager, so that their list is walked without the mutex. */
static weir__cache_space *first_space(weir_cache_manager *cache)
{
	weir__cache_space *space;

	pthread_mutex_lock(&cache->mutex);
	space = cache->spaces;
	pthread_mutex_unlock(&cache->mutex);
	return space;
}

static weir__cache_space *next_space(weir_cache_manager *cache, weir__cache_space *space)
{
	pthread_mutex_lock(&cache->mutex);
	space = space->next;
	pthread_mutex_unlock(&cache->mutex);
	return space;
}

int weir__space_flush(weir__cache_space *space)
{
	weir__flush flush = { .stage = WEIR__FLUSH_STAMP };
	int64_t     last_us = weir__now_us() + WEIR__FLUSH_MS * INT64_C(1000);
	int         rc = WEIR_OK;

	while (rc == WEIR_OK && flush.stage != WEIR__FLUSH_IDLE)
		rc = weir__now_us() < last_us ? weir__space_flush_step(space, WEIR__FLUSH_STEP_MS, &flush) : WEIR_ERR_CACHE;
	return rc;
}

int weir_cache_manager_flush(weir_cache_manager *cache, const weir_model *model, weir_error *err)
{
	bool found = !model;

	if (!cache)
		return weir__error_set(err, WEIR_ERR_USAGE, "cache must be there");
	for (weir__cache_space *space = first_space(cache); space; space = next_space(cache, space)) {
		if ((model && space->model != model) || space->base)
			continue;
		found = true;
		if (weir__space_flush(space) < 0)
			return weir__error_set_at(err, WEIR_ERR_CACHE, space->model->name, NULL, "the cache could not be flushed");
	}
	return found ? WEIR_OK : unknown_model(model, err);
}

bool weir_cache_manager_is_up(weir_cache_manager *cache)
{
	return cache && cache->backend->is_up(cache->backend);
}

void weir_cache_manager_stats(weir_cache_manager *cache, const weir_model *model, weir_cache_stats *stats)
{
	if (!stats)
		return;
	memset(stats, 0, sizeof *stats);
	if (!cache)
		return;
	for (weir__cache_space *space = first_space(cache); space; space = next_space(cache, space))
		if (!model || space->model == model)
			weir__counters_sum(&space->counters, stats);
	if (!model)
		weir__counters_sum(&cache->own_counters, stats);
}

void weir_cache_manager_stats_reset(weir_cache_manager *cache, const weir_model *model)
{
	if (!cache)
		return;
	for (weir__cache_space *space = first_space(cache); space; space = next_space(cache, space))
		if (!model || space->model == model)
			weir__counters_reset(&space->counters);
	if (!model)
		weir__counters_reset(&cache->own_counters);
}

double weir_cache_stats_hit_ratio(const weir_cache_stats *stats)
{
	uint64_t hits = stats ? stats->hits + stats->absent_hits : 0;
	uint64_t lookups = stats ? hits + stats->misses + stats->bypasses : 0;

	return lookups ? (double)hits / (double)lookups : 0.0;
}
