/* Values of the application's own: its bytes in an envelope, under a key in a space where no record's can be. */
#include "cache/envelope.h"
#include "cache/manager.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* The logical key of an own value in key, the physical one in physical (WEIR__KEY_MAX bytes). */
static int make_key(const weir_cache_manager *cache, const char *key, weir__buffer *logical, char *physical,
                    size_t *length, weir_error *err)
{
	static const char own[] = { 'o', 'w', 'n', ':' };
	char              head[WEIR__HEAD_MAX + sizeof own];
	size_t            head_length = cache ? cache->head_length + sizeof own : 0;

	if (!cache || !key || !key[0])
		return weir__error_set(err, WEIR_ERR_USAGE, "cache and a key that is not empty must be there");
	weir__key_part(logical, key, strlen(key));
	if (logical->failed)
		return weir__error_no_memory(err);
	memcpy(head, cache->head, cache->head_length);
	memcpy(head + cache->head_length, own, sizeof own);
	*length = weir__key_write(physical, weir__bytes(head, head_length), weir__bytes(logical->data, logical->length),
	                          WEIR__SLOT_WHOLE);
	return WEIR_OK;
}

static int cache_failed(weir_cache_manager *cache, weir_error *err)
{
	weir__counters_add(&cache->own_counters, WEIR__COUNT_ERRORS, 1);
	return weir__error_set(err, WEIR_ERR_CACHE, "the cache did not answer as it should");
}

static int copy_value(weir_bytes payload, char **value, size_t *length, weir_error *err)
{
	char *copy = weir__malloc(payload.length + 1);

	if (!copy)
		return weir__error_no_memory(err);
	if (payload.length)
		memcpy(copy, payload.data, payload.length);
	copy[payload.length] = '\0';
	*value = copy;
	if (length)
		*length = payload.length;
	return WEIR_OK;
}

/* What a key of ours holds; anything but an own value of this very key is nothing. */
static int open_value(weir_cache_manager *cache, const weir_cached *found, const weir__buffer *logical, char **value,
                      size_t *length, weir_error *err)
{
	weir__envelope envelope;

	if (found->state == WEIR_CACHED_VALUE && weir__envelope_read(found->value, &envelope) && envelope.kind == 'O' &&
	    weir__bytes_equal(envelope.key, weir__bytes(logical->data, logical->length))) {
		weir__counters_add(&cache->own_counters, WEIR__COUNT_HITS, 1);
		return copy_value(envelope.payload, value, length, err);
	}
	weir__counters_add(&cache->own_counters, WEIR__COUNT_MISSES, 1);
	weir__error_set(err, WEIR_NOT_FOUND, "no such value");
	return WEIR_NOT_FOUND;
}

int weir_cache_manager_get(weir_cache_manager *cache, const char *key, char **value, size_t *length, weir_error *err)
{
	weir__buffer    logical = WEIR__BUFFER_INIT;
	char            physical[WEIR__KEY_MAX + sizeof "own:"];
	weir_bytes      name = { physical, 0 };
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	weir_cache_call call;
	int             rc;

	if (!value)
		return weir__error_set(err, WEIR_ERR_USAGE, "value must be there");
	*value = NULL;
	rc = make_key(cache, key, &logical, physical, &name.length, err);
	if (rc < 0)
		goto cleanup;
	call = weir__cache_call(cache);
	rc = cache->backend->get_many(cache->backend, &name, 1, &call, &found);
	rc = rc < 0 ? cache_failed(cache, err) : open_value(cache, &found, &logical, value, length, err);
cleanup:
	weir__cached_release(&found);
	weir__buffer_release(&logical);
	return rc;
}

static int own_ttl_ms(weir_cache_manager *cache, int ttl_s, int64_t *ttl_ms, weir_error *err)
{
	weir_cache_config config = { .ttl_s = ttl_s };
	int               rc = weir__config_check(&config, "cache", err);

	if (rc == WEIR_OK && ttl_s == 0)
		rc = weir_cache_manager_config(cache, NULL, &config, err);
	*ttl_ms = config.ttl_s == WEIR_TTL_NEVER ? -1 : (int64_t)config.ttl_s * 1000;
	return rc;
}

int weir_cache_manager_set(weir_cache_manager *cache, const char *key, const void *value, size_t length, int ttl_s,
                           weir_error *err)
{
	weir__buffer     logical = WEIR__BUFFER_INIT;
	weir__buffer     bytes = WEIR__BUFFER_INIT;
	char             physical[WEIR__KEY_MAX + sizeof "own:"];
	weir_cache_entry entry = { .key = { physical, 0 }, .space_max = WEIR_UNLIMITED };
	weir_cache_call  call;
	int              rc;

	if (!value && length)
		return weir__error_set(err, WEIR_ERR_USAGE, "value must be there");
	rc = make_key(cache, key, &logical, physical, &entry.key.length, err);
	if (rc == WEIR_OK)
		rc = own_ttl_ms(cache, ttl_s, &entry.ttl_ms, err);
	if (rc < 0)
		goto cleanup;
	weir__envelope_write(
		&(weir__envelope){
			.kind = 'O',
			.token = weir__cache_id(cache),
			.key = { logical.data, logical.length },
			.payload = { value, length },
		},
		&bytes);
	if (bytes.failed) {
		rc = weir__error_no_memory(err);
		goto cleanup;
	}
	entry.value = weir__bytes(bytes.data, bytes.length);
	call = weir__cache_call(cache);
	if (cache->backend->set(cache->backend, &entry, &call) < 0)
		rc = cache_failed(cache, err);
	else
		weir__counters_add(&cache->own_counters, WEIR__COUNT_FILLS, 1);
cleanup:
	weir__buffer_release(&bytes);
	weir__buffer_release(&logical);
	return rc;
}

int weir_cache_manager_delete(weir_cache_manager *cache, const char *key, weir_error *err)
{
	weir__buffer    logical = WEIR__BUFFER_INIT;
	char            physical[WEIR__KEY_MAX + sizeof "own:"];
	weir_bytes      name = { physical, 0 };
	weir_cache_call call;
	int             rc = make_key(cache, key, &logical, physical, &name.length, err);

	if (rc == WEIR_OK) {
		call = weir__cache_call(cache);
		if (cache->backend->remove(cache->backend, &name, 1, &call) < 0)
			rc = cache_failed(cache, err);
	}
	weir__buffer_release(&logical);
	return rc;
}

void weir_free(void *memory)
{
	weir__free(memory);
}
