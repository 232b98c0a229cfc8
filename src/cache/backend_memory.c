/* The memory backend: the operations on the table of memory_store.h. Never waits for anything but a lock held shortly, so that
 * it needs no deadlines; fails only without memory. */
#include "cache/backend_memory.h"

#include "base/error.h"
#include "base/memory.h"
#include "cache/envelope.h"
#include "cache/key.h"
#include "cache/memory_store.h"

#include <string.h>

typedef struct memory {
	weir_cache_backend backend;
	weir__memory_store store;
} memory;

static weir__memory_store *store_of(weir_cache_backend *self)
{
	return &((memory *)(void *)self)->store;
}

static int64_t now_of(const weir__memory_store *store)
{
	return store->now_us(store->clock_context);
}

static int64_t expiry(int64_t now_us, int64_t ttl_ms)
{
	return ttl_ms < 0 || ttl_ms > (WEIR__MEMORY_NO_EXPIRY - now_us) / 1000 ? WEIR__MEMORY_NO_EXPIRY
	                                                                       : now_us + ttl_ms * 1000;
}

static int64_t left_ms(int64_t expires_us, int64_t now_us)
{
	if (expires_us == WEIR__MEMORY_NO_EXPIRY)
		return -1;
	return expires_us - now_us < 1000 ? 1 : (expires_us - now_us) / 1000;
}

/* What an entry holds, for a reader. */
static void show(weir__memory_entry *entry, int64_t now_us, weir_cached *found)
{
	static const weir_cached_state states[] = {
		[WEIR__MEMORY_VALUE] = WEIR_CACHED_VALUE,
		[WEIR__MEMORY_LEASE] = WEIR_CACHED_LEASE,
		[WEIR__MEMORY_GUARD] = WEIR_CACHED_GUARD,
	};

	*found = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	if (!entry)
		return;
	found->state = states[entry->content.kind];
	if (entry->content.kind != WEIR__MEMORY_VALUE)
		return;
	entry->was_read = true;
	atomic_fetch_add_explicit(&entry->content.blob->references, 1, memory_order_relaxed);
	found->value = (weir_bytes){ entry->content.blob->bytes, entry->content.blob->length };
	found->owner = entry->content.blob;
	found->left_ms = left_ms(entry->content.expires_us, now_us);
	found->release = weir__memory_blob_release;
}

static int get_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                    weir_cached *found)
{
	weir__memory_store *store = store_of(self);
	int64_t             now_us = now_of(store);

	(void)call;
	for (size_t i = 0; i < count; i++) {
		weir__memory_place place = weir__memory_lock(store, keys[i], now_us);

		show(weir__memory_find(&place), now_us, &found[i]);
		weir__memory_unlock(&place);
	}
	return WEIR_OK;
}

static bool put_value(const weir__memory_place *place, weir__memory_entry *entry, weir_bytes value, int64_t ttl_ms,
                      uint32_t space)
{
	weir__memory_content content = {
		.kind = WEIR__MEMORY_VALUE,
		.space = space,
		.expires_us = expiry(place->now_us, ttl_ms),
		.blob = weir__memory_blob_create(value),
	};

	if (content.blob && weir__memory_put(place, entry, &content))
		return true;
	weir__memory_blob_release(content.blob);
	return false;
}

static bool put_stamp(const weir__memory_place *place, weir__memory_entry *entry, uint64_t stamp,
                      const weir_cache_call *call)
{
	char text[WEIR__STAMP_SIZE];

	weir__stamp_write(stamp, text);
	return put_value(place, entry, weir__bytes(text, sizeof text), call->stamp_ttl_ms, 0);
}

static bool is_seen(const weir__memory_entry *entry, weir_bytes seen)
{
	return entry->content.kind == WEIR__MEMORY_VALUE && seen.length > 0 && entry->content.blob->length >= seen.length &&
	       memcmp(entry->content.blob->bytes, seen.data, seen.length) == 0;
}

static bool lease_one(weir__memory_store *store, const weir_cache_want *want, const weir_cache_call *call,
                      weir_cached *found)
{
	weir__memory_place   place = weir__memory_lock(store, want->key, now_of(store));
	weir__memory_entry  *entry = weir__memory_find(&place);
	weir__memory_content lease = {
		.kind = WEIR__MEMORY_LEASE,
		.expires_us = expiry(place.now_us, call->ttl_ms),
		.token = call->id,
	};
	bool done = true;

	if (entry && !is_seen(entry, want->seen)) {
		show(entry, place.now_us, found);
	} else {
		*found = (weir_cached){ .state = WEIR_CACHED_LEASED };
		done = want->stamp ? put_stamp(&place, entry, want->stamp, call) : weir__memory_put(&place, entry, &lease);
	}
	weir__memory_unlock(&place);
	weir__memory_trim(&place, 0, WEIR_UNLIMITED);
	return done;
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	for (size_t i = 0; i < count; i++) {
		if (lease_one(store_of(self), &wants[i], call, &found[i]))
			continue;
		for (size_t taken = 0; taken <= i; taken++) {
			if (found[taken].release)
				found[taken].release(found[taken].owner);
			found[taken] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
		}
		return WEIR_ERR_CACHE;
	}
	return WEIR_OK;
}

/* 1 when a value was stored. Without memory the lease is left to expire. */
static size_t fill_one(weir__memory_store *store, const weir_cache_entry *value)
{
	weir__memory_place  place = weir__memory_lock(store, value->key, now_of(store));
	weir__memory_entry *entry = weir__memory_find(&place);
	size_t              filled = 0;

	if (entry && entry->content.kind == WEIR__MEMORY_LEASE && entry->content.token == value->token) {
		if (value->value.length == 0 || (store->max_bytes >= 0 && value->value.length > (uint64_t)store->max_bytes))
			weir__memory_drop(store, place.shard, entry);
		else
			filled = put_value(&place, entry, value->value, value->ttl_ms, value->space);
	}
	weir__memory_unlock(&place);
	weir__memory_trim(&place, value->space, value->space_max);
	return filled;
}

static int fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
                size_t *filled)
{
	(void)call;
	*filled = 0;
	for (size_t i = 0; i < count; i++)
		*filled += fill_one(store_of(self), &entries[i]);
	return WEIR_OK;
}

static int64_t last_expiry(const weir__memory_member *members, size_t count)
{
	int64_t last = 0;

	for (size_t i = 0; i < count; i++)
		last = members[i].expires_us > last ? members[i].expires_us : last;
	return last;
}

/* The members of a guard that is there, without nonce; room for one more. NULL: out of memory. */
static weir__memory_member *other_members(const weir__memory_entry *entry, uint64_t nonce, size_t *count)
{
	size_t               held = entry && entry->content.kind == WEIR__MEMORY_GUARD ? entry->content.member_count : 0;
	weir__memory_member *members = weir__malloc((held + 1) * sizeof *members);

	*count = 0;
	for (size_t i = 0; members && i < held; i++)
		if (entry->content.members[i].nonce != nonce)
			members[(*count)++] = entry->content.members[i];
	return members;
}

static bool put_guard(const weir__memory_place *place, weir__memory_entry *entry, weir__memory_member *members,
                      size_t count)
{
	weir__memory_content guard = {
		.kind = WEIR__MEMORY_GUARD,
		.expires_us = last_expiry(members, count),
		.members = members,
		.member_count = count,
	};

	if (weir__memory_put(place, entry, &guard))
		return true;
	weir__free(members);
	return false;
}

static bool guard_one(weir__memory_store *store, weir_bytes key, const weir_cache_call *call)
{
	weir__memory_place   place = weir__memory_lock(store, key, now_of(store));
	weir__memory_entry  *entry = weir__memory_find(&place);
	size_t               count;
	weir__memory_member *members = other_members(entry, call->id, &count);
	bool                 done = false;

	if (members) {
		members[count++] = (weir__memory_member){ call->id, expiry(place.now_us, call->ttl_ms) };
		done = put_guard(&place, entry, members, count);
	}
	weir__memory_unlock(&place);
	return done;
}

static int guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	for (size_t i = 0; i < count; i++)
		if (!guard_one(store_of(self), touches[i].key, call))
			return WEIR_ERR_CACHE;
	return WEIR_OK;
}

static void remove_member(weir__memory_content *guard_held, uint64_t nonce)
{
	size_t kept = 0;

	for (size_t i = 0; i < guard_held->member_count; i++)
		if (guard_held->members[i].nonce != nonce)
			guard_held->members[kept++] = guard_held->members[i];
	guard_held->member_count = kept;
	guard_held->expires_us = last_expiry(guard_held->members, kept);
}

static bool release_one(weir__memory_store *store, const weir_touch *touch, const weir_cache_call *call)
{
	weir__memory_place  place = weir__memory_lock(store, touch->key, now_of(store));
	weir__memory_entry *entry = weir__memory_find(&place);
	bool                done = true;
	bool                is_guard = entry && entry->content.kind == WEIR__MEMORY_GUARD;

	if (is_guard)
		remove_member(&entry->content, call->id);
	if (!is_guard || entry->content.member_count == 0) {
		if (touch->stamp)
			done = put_stamp(&place, entry, touch->stamp, call);
		else if (entry)
			weir__memory_drop(store, place.shard, entry);
	}
	weir__memory_unlock(&place);
	return done;
}

static int release(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	bool done = true;

	for (size_t i = 0; i < count; i++)
		done = release_one(store_of(self), &touches[i], call) && done;
	return done ? WEIR_OK : WEIR_ERR_CACHE;
}

static int set(weir_cache_backend *self, const weir_cache_entry *value, const weir_cache_call *call)
{
	weir__memory_store *store = store_of(self);
	weir__memory_place  place = weir__memory_lock(store, value->key, now_of(store));
	bool                done = put_value(&place, weir__memory_find(&place), value->value, value->ttl_ms, value->space);

	(void)call;
	weir__memory_unlock(&place);
	weir__memory_trim(&place, value->space, value->space_max);
	return done ? WEIR_OK : WEIR_ERR_CACHE;
}

static int remove_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	weir__memory_store *store = store_of(self);

	(void)call;
	for (size_t i = 0; i < count; i++) {
		weir__memory_place  place = weir__memory_lock(store, keys[i], now_of(store));
		weir__memory_entry *entry = weir__memory_find(&place);

		if (entry && entry->content.kind != WEIR__MEMORY_GUARD)
			weir__memory_drop(store, place.shard, entry);
		weir__memory_unlock(&place);
	}
	return WEIR_OK;
}

static bool begins_with(const weir__memory_entry *entry, weir_bytes prefix)
{
	return entry->key_length >= prefix.length && memcmp(entry->key, prefix.data, prefix.length) == 0;
}

static void flush_shard(weir__memory_store *store, weir__memory_shard *shard, weir_bytes prefix)
{
	pthread_mutex_lock(&shard->mutex);
	for (size_t i = 0; i < shard->bucket_count; i++) {
		weir__memory_entry *next;

		for (weir__memory_entry *entry = shard->buckets[i]; entry; entry = next) {
			next = entry->chain;
			if (entry->content.kind != WEIR__MEMORY_GUARD && begins_with(entry, prefix))
				weir__memory_drop(store, shard, entry);
		}
	}
	pthread_mutex_unlock(&shard->mutex);
}

/* A shard a step. */
static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	weir__memory_store *store = store_of(self);

	do
		flush_shard(store, &store->shards[(*cursor)++ % WEIR__MEMORY_SHARDS], prefix);
	while (*cursor < WEIR__MEMORY_SHARDS && weir__now_us() < call->deadline_us);
	if (*cursor >= WEIR__MEMORY_SHARDS)
		*cursor = 0;
	return WEIR_OK;
}

static bool is_up(weir_cache_backend *self)
{
	(void)self;
	return true;
}

/* Nobody else can change what is here, and who does so knows. */
static int watch(weir_cache_backend *self, const weir_cache_watch *told, void **handle)
{
	(void)self;
	*handle = NULL;
	told->proved(told->context, INT64_MAX);
	return WEIR_OK;
}

static void unwatch(void *handle)
{
	(void)handle;
}

static void close_memory(weir_cache_backend *self)
{
	weir__memory_store_release(store_of(self));
	weir__free(self);
}

int64_t weir__cache_backend_memory_ttl_ms(weir_cache_backend *backend, weir_bytes key)
{
	weir__memory_store *store = store_of(backend);
	weir__memory_place  place = weir__memory_lock(store, key, now_of(store));
	weir__memory_entry *entry = weir__memory_find(&place);
	int64_t             expires_us = entry ? entry->content.expires_us : WEIR__MEMORY_NO_EXPIRY;

	weir__memory_unlock(&place);
	return expires_us == WEIR__MEMORY_NO_EXPIRY ? -1 : (expires_us - place.now_us) / 1000;
}

int64_t weir__cache_backend_memory_bytes(weir_cache_backend *backend)
{
	return atomic_load(&store_of(backend)->bytes);
}

int weir__cache_backend_memory_with_clock(int64_t max_bytes, int64_t (*now_us)(void *context), void *context,
                                          weir_cache_backend **backend, weir_error *err)
{
	memory *made = weir__calloc(1, sizeof *made);
	int     rc;

	if (!made)
		return weir__error_no_memory(err);
	rc = weir__memory_store_init(&made->store, max_bytes, err);
	if (rc < 0) {
		weir__free(made);
		return rc;
	}
	made->store.now_us = now_us;
	made->store.clock_context = context;
	made->backend = (weir_cache_backend){
		.name = "memory",
		.get_many = get_many,
		.lease = lease,
		.fill = fill,
		.guard = guard,
		.release = release,
		.set = set,
		.remove = remove_many,
		.flush = flush,
		.is_up = is_up,
		.close = close_memory,
		.watch = watch,
		.unwatch = unwatch,
	};
	*backend = &made->backend;
	return WEIR_OK;
}

static int64_t monotonic_us(void *context)
{
	(void)context;
	return weir__now_us();
}

int weir__cache_backend_memory(int64_t max_bytes, weir_cache_backend **backend, weir_error *err)
{
	return weir__cache_backend_memory_with_clock(max_bytes, monotonic_us, NULL, backend, err);
}
