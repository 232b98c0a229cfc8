/* Spaces: what the cache keeps for one model. Making one, its limits, its keys, flushing it. */
#include "cache/manager.h"

#include "base/error.h"
#include "base/memory.h"

#include "cache/near_space.h"

#include <string.h>

/* `part`, escaped, and what follows it; NULL: out of memory. */
static char *make_key(const char *part, const char *rest)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	char        *key;

	weir__key_part(&text, part, strlen(part));
	weir__buffer_append_text(&text, rest);
	key = weir__buffer_detach(&text);
	weir__buffer_release(&text);
	return key;
}

/* Frees a key and gives a copy of another; NULL: out of memory. */
static char *replace_key(const char *old, weir_bytes key)
{
	weir__free((void *)(uintptr_t)old);
	return weir__strdup(key.data);
}

void weir__space_free(weir__cache_space *space)
{
	weir__free(space->name);
	weir__free(space->records);
	weir__free((void *)(uintptr_t)space->any.data);
	weir__free((void *)(uintptr_t)space->bulk.data);
	weir__free((void *)(uintptr_t)space->all.data);
	weir__counters_release(&space->counters);
	weir__free(space);
}

weir_cache_config weir__space_resolve(const weir_cache_manager *cache, const weir__cache_space *space)
{
	weir_cache_config config = cache->defaults;

	if (space && space->base)
		weir__config_overlay(&config, &space->base->own);
	if (space)
		weir__config_overlay(&config, &space->own);
	return config;
}

/* Derived models have the record keys of the model that they are derived from. */
static char *make_record_name(const weir_model *model)
{
	while (model->parent)
		model = model->parent;
	return make_key(model->name, "");
}

static weir__cache_space *make_space(const char *name, const char *plural)
{
	weir__cache_space *space = weir__calloc(1, sizeof *space);

	if (!space)
		return NULL;
	space->name = make_key(name, "");
	space->any.data = make_key(plural, ":s:any");
	space->bulk.data = make_key(plural, ":s:bulk");
	space->all.data = make_key(plural, ":s:all");
	if (!space->name || !space->any.data || !space->bulk.data || !space->all.data) {
		weir__space_free(space);
		return NULL;
	}
	space->any.length = strlen(space->any.data);
	space->bulk.length = strlen(space->bulk.data);
	space->all.length = strlen(space->all.data);
	space->plural_length = space->any.length - strlen(":s:any");
	return space;
}

/* Under the manager's mutex. */
static bool name_is_taken(const weir_cache_manager *cache, const char *name)
{
	for (const weir__cache_space *space = cache->spaces; space; space = space->next)
		if (strcmp(space->name, name) == 0)
			return true;
	return false;
}

/* Under the manager's mutex. */
static void join(weir_cache_manager *cache, weir__cache_space *space)
{
	weir_cache_config config = weir__space_resolve(cache, space);

	weir__config_enforce(&config, &space->config);
	space->number = cache->last ? cache->last->number + 1 : 1;
	if (cache->last)
		cache->last->next = space;
	else
		cache->spaces = space;
	cache->last = space;
}

int weir__cache_space_create(weir_cache_manager *cache, const weir_model *model, const char *plural,
                             uint64_t fingerprint, weir__cache_space **space, weir_error *err)
{
	weir__cache_space *made;
	bool               taken;
	int                rc = weir__config_check(&model->cache, model->name, err);

	if (rc < 0)
		return rc;
	made = make_space(model->name, plural);
	if (!made)
		return weir__error_no_memory(err);
	made->records = make_record_name(model);
	if (!made->records) {
		weir__space_free(made);
		return weir__error_no_memory(err);
	}
	made->cache = cache;
	made->model = model;
	made->fingerprint = fingerprint + cache->place;
	made->own = model->cache;
	pthread_mutex_lock(&cache->mutex);
	taken = name_is_taken(cache, made->name);
	if (!taken)
		join(cache, made);
	pthread_mutex_unlock(&cache->mutex);
	if (taken) {
		weir__space_free(made);
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "two models of one session have this name");
	}
	*space = made;
	return WEIR_OK;
}

int weir__cache_space_create_on(weir__cache_space *base, const char *name, const weir_cache_config *config,
                                weir__cache_space **space, weir_error *err)
{
	weir__cache_space *made;
	int                rc = weir__config_check(config, name, err);

	if (rc < 0)
		return rc;
	made = make_space(name, "");
	if (!made)
		return weir__error_no_memory(err);
	made->any.data = replace_key(made->any.data, base->any);
	made->bulk.data = replace_key(made->bulk.data, base->bulk);
	made->all.data = replace_key(made->all.data, base->all);
	made->records = weir__strdup(base->records);
	if (!made->any.data || !made->bulk.data || !made->all.data || !made->records) {
		weir__space_free(made);
		return weir__error_no_memory(err);
	}
	made->any.length = base->any.length;
	made->bulk.length = base->bulk.length;
	made->all.length = base->all.length;
	made->plural_length = base->plural_length;
	made->cache = base->cache;
	made->base = base;
	made->fingerprint = base->fingerprint;
	made->own = *config;
	pthread_mutex_lock(&base->cache->mutex);
	join(base->cache, made);
	pthread_mutex_unlock(&base->cache->mutex);
	*space = made;
	return WEIR_OK;
}

int weir__cache_space_version(const weir__cache_space *space)
{
	return atomic_load_explicit(&space->config.version, memory_order_relaxed);
}

bool weir__cache_space_enabled(const weir__cache_space *space)
{
	return !space->cache->keeps_nothing && atomic_load_explicit(&space->config.enabled, memory_order_relaxed);
}

bool weir__cache_space_fails(const weir__cache_space *space)
{
	return atomic_load_explicit(&space->config.fails, memory_order_relaxed);
}

int64_t weir__cache_space_max_items(const weir__cache_space *space)
{
	return atomic_load_explicit(&space->config.max_items, memory_order_relaxed);
}

weir_bytes weir__cache_space_any(const weir__cache_space *space)
{
	return space->any;
}

/* Lists and absent rows become invalid at once. */
static int change_table_stamps(weir__cache_space *space, weir_cache_call call)
{
	weir_cache_backend *backend = space->cache->backend;
	const weir_bytes    logical[] = { space->any, space->bulk };
	char                keys[2][WEIR__KEY_MAX];
	weir_touch          stamps[2];

	for (size_t i = 0; i < 2; i++) {
		size_t length = weir__key_write(keys[i], weir__cache_head(space->cache), logical[i], WEIR__SLOT_FIRST);

		stamps[i] = (weir_touch){ .key = { keys[i], length }, .stamp = weir__cache_id(space->cache) };
	}
	call.id = weir__cache_id(space->cache);
	call.stamp_ttl_ms = atomic_load_explicit(&space->config.stamp_ttl_ms, memory_order_relaxed);
	return backend->release(backend, stamps, 2, &call);
}

/* What all record keys, or all list and stamp keys, begin with. */
static void make_prefix(const weir__cache_space *space, bool records, weir__buffer *prefix)
{
	weir__buffer_append(prefix, space->cache->head, space->cache->head_length);
	weir__buffer_append_char(prefix, '{');
	if (records)
		weir__buffer_append_text(prefix, space->records);
	else
		weir__buffer_append(prefix, space->any.data, space->plural_length);
	weir__buffer_append_char(prefix, records ? ':' : '}');
}

static int flush_prefix(weir__cache_space *space, weir_cache_call call, weir__flush *flush)
{
	weir_cache_backend *backend = space->cache->backend;
	weir__buffer        prefix = WEIR__BUFFER_INIT;
	int                 rc = WEIR_ERR_CACHE;

	make_prefix(space, flush->stage == WEIR__FLUSH_RECORDS, &prefix);
	if (!prefix.failed)
		rc = backend->flush(backend, weir__bytes(prefix.data, prefix.length), &flush->cursor, &call);
	weir__buffer_release(&prefix);
	return rc;
}

int weir__space_flush_step(weir__cache_space *space, int timeout_ms, weir__flush *flush)
{
	static const weir__flush_stage next[] = {
		[WEIR__FLUSH_IDLE] = WEIR__FLUSH_IDLE,     [WEIR__FLUSH_STAMP] = WEIR__FLUSH_RECORDS,
		[WEIR__FLUSH_RECORDS] = WEIR__FLUSH_LISTS, [WEIR__FLUSH_LISTS] = WEIR__FLUSH_NEAR,
		[WEIR__FLUSH_NEAR] = WEIR__FLUSH_IDLE,
	};
	weir_cache_call call = weir__cache_call(space->cache);
	int             rc = WEIR_OK;

	call.deadline_us = weir__deadline_in_ms(timeout_ms);
	if (flush->stage == WEIR__FLUSH_STAMP)
		rc = change_table_stamps(space, call);
	else if (flush->stage == WEIR__FLUSH_NEAR)
		rc = weir__near_flush(space, call);
	else if (flush->stage != WEIR__FLUSH_IDLE)
		rc = flush_prefix(space, call, flush);
	if (rc == WEIR_OK && flush->cursor == 0)
		flush->stage = next[flush->stage];
	return rc;
}
