/*
 * cached.h: a cache manager over a memory backend with one space, the clock of which is the test's, and short ways to
 * read through it as the hall does. Between manager and backend stands a wrapper that counts calls and can be made to
 * fail.
 */
#ifndef WEIR_TESTS_UNIT_CACHE_CACHED_H
#define WEIR_TESTS_UNIT_CACHE_CACHED_H

#include "support/suite.h"

#include "cache/backend_memory.h"
#include "cache/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const weir_model user_model = { .name = "user", .table = "users" };
static const weir_model post_model = { .name = "post", .table = "posts" };

enum {
	FAIL_READS = 1,
	FAIL_LEASES = 2,
	FAIL_FILLS = 4,
	FAIL_GUARDS = 8,
	FAIL_RELEASES = 16,
	FAIL_ALL = 31,
	LOSE_REPLIES = 32 /* releases have their effect and seem to fail */
};

struct wrapper {
	weir_cache_backend  backend;
	weir_cache_backend *inner;
	atomic_int          failing; /* of FAIL_... */
	atomic_int          calls;
	atomic_size_t       released; /* keys */
	atomic_size_t       asked;    /* keys */
	atomic_size_t       leased;   /* keys and stamps */
};

static _Atomic int64_t     clock_us;
static struct wrapper      wrapper;
static weir_cache_manager *cache;
static weir__cache_space  *users;
static weir__cache_space  *posts;

static int64_t read_clock(void *context)
{
	(void)context;
	return atomic_load(&clock_us);
}

static bool fails(int what)
{
	atomic_fetch_add(&wrapper.calls, 1);
	return atomic_load(&wrapper.failing) & what;
}

static int wrapped_get(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                       weir_cached *found)
{
	(void)self;
	atomic_fetch_add(&wrapper.asked, count);
	return fails(FAIL_READS) ? WEIR_ERR_CACHE : wrapper.inner->get_many(wrapper.inner, keys, count, call, found);
}

static int wrapped_lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count,
                         const weir_cache_call *call, weir_cached *found)
{
	(void)self;
	atomic_fetch_add(&wrapper.leased, count);
	return fails(FAIL_LEASES) ? WEIR_ERR_CACHE : wrapper.inner->lease(wrapper.inner, wants, count, call, found);
}

static int wrapped_fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count,
                        const weir_cache_call *call, size_t *filled)
{
	(void)self;
	return fails(FAIL_FILLS) ? WEIR_ERR_CACHE : wrapper.inner->fill(wrapper.inner, entries, count, call, filled);
}

static int wrapped_guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	(void)self;
	return fails(FAIL_GUARDS) ? WEIR_ERR_CACHE : wrapper.inner->guard(wrapper.inner, touches, count, call);
}

static int wrapped_release(weir_cache_backend *self, const weir_touch *touches, size_t count,
                           const weir_cache_call *call)
{
	(void)self;
	if (fails(FAIL_RELEASES))
		return WEIR_ERR_CACHE;
	atomic_fetch_add(&wrapper.released, count);
	if (wrapper.inner->release(wrapper.inner, touches, count, call) < 0)
		return WEIR_ERR_CACHE;
	return atomic_load(&wrapper.failing) & LOSE_REPLIES ? WEIR_ERR_CACHE : WEIR_OK;
}

static int wrapped_set(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	(void)self;
	return fails(FAIL_FILLS) ? WEIR_ERR_CACHE : wrapper.inner->set(wrapper.inner, entry, call);
}

static int wrapped_remove(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	(void)self;
	return fails(FAIL_FILLS) ? WEIR_ERR_CACHE : wrapper.inner->remove(wrapper.inner, keys, count, call);
}

static int wrapped_flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	(void)self;
	return fails(FAIL_RELEASES) ? WEIR_ERR_CACHE : wrapper.inner->flush(wrapper.inner, prefix, cursor, call);
}

static bool wrapped_is_up(weir_cache_backend *self)
{
	(void)self;
	return atomic_load(&wrapper.failing) == 0;
}

static void wrapped_close(weir_cache_backend *self)
{
	(void)self;
	wrapper.inner->close(wrapper.inner);
}

static void begin_with(weir_cache_config defaults)
{
	weir__cache_manager_options options = {
		.backend = &wrapper.backend, .prefix = "test", .timeout_ms = 1000, .defaults = defaults
	};

	atomic_store(&wrapper.failing, 0);
	atomic_store(&wrapper.released, 0);
	wrapper.backend = (weir_cache_backend){
		.name = "wrapper",
		.get_many = wrapped_get,
		.lease = wrapped_lease,
		.fill = wrapped_fill,
		.guard = wrapped_guard,
		.release = wrapped_release,
		.set = wrapped_set,
		.remove = wrapped_remove,
		.flush = wrapped_flush,
		.is_up = wrapped_is_up,
		.close = wrapped_close,
	};
	ck_assert_int_eq(weir__cache_backend_memory_with_clock(16 << 20, read_clock, NULL, &wrapper.inner, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_manager_create(&options, &cache, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_space_create(cache, &user_model, "users", 0xf1, &users, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_space_create(cache, &post_model, "posts", 0xf2, &posts, NULL), WEIR_OK);
}

static inline void begin(void)
{
	begin_with((weir_cache_config){ .version = 0 });
}

static inline void end(void)
{
	weir__cache_manager_free(cache);
	cache = NULL;
}

static inline void pass_s(int64_t seconds)
{
	atomic_fetch_add(&clock_us, seconds * 1000000);
}

static inline weir_bytes text_bytes(const char *text)
{
	return (weir_bytes){ text, strlen(text) };
}

static inline weir__lookup row_lookup(const char *key)
{
	return (weir__lookup){ .kind = WEIR__ENTRY_RECORD, .key = text_bytes(key) };
}

/* Depends on one stamp. */
static inline weir__lookup list_lookup(const char *key, const char *stamp)
{
	return (weir__lookup){
		.kind = WEIR__ENTRY_LIST, .key = text_bytes(key), .stamps = { text_bytes(stamp) }, .stamp_count = 1
	};
}

/* Looks up, and leases what is missing. */
static inline weir__lookup_state look(weir__cache_space *space, weir__lookup *lookup)
{
	weir__cache_lookup(space, lookup, 1);
	if (lookup->state == WEIR__MISS)
		weir__cache_lease(space, lookup, 1);
	return lookup->state;
}

static inline void fill_text(weir__cache_space *space, weir__lookup *lookup, const char *payload, uint64_t items)
{
	weir__filling filling = { .lookup = lookup, .items = items };

	if (payload)
		filling.payload = text_bytes(payload);
	weir__cache_fill(space, &filling, 1);
}

/* One cached read of a row of users: what the cache gives, or "db" after a read of the database, which says payload (NULL: no such row). */
static inline const char *read_through(weir__lookup lookup, const char *payload)
{
	static char text[4096];

	switch (look(users, &lookup)) {
	case WEIR__HIT:
		memcpy(text, lookup.payload.data, lookup.payload.length);
		text[lookup.payload.length] = '\0';
		break;
	case WEIR__ABSENT:
		strcpy(text, "absent");
		break;
	case WEIR__MISS:
		fill_text(users, &lookup, payload, 1);
		strcpy(text, "db");
		break;
	case WEIR__BYPASS:
	default:
		strcpy(text, "bypass");
	}
	weir__lookup_release(&lookup);
	return text;
}

static inline const char *read_row(const char *key, const char *payload)
{
	return read_through(row_lookup(key), payload);
}

static inline const char *read_list(const char *key, const char *stamp, const char *payload)
{
	return read_through(list_lookup(key, stamp), payload);
}

/* A write of users that touches a key (or none), a stamp (or none) and any, up to where it is to stop. */
static inline weir__touches *touch(const char *key, const char *stamp)
{
	weir__touches *touches = NULL;

	ck_assert_int_eq(weir__touches_create(cache, &touches, NULL), WEIR_OK);
	if (key)
		ck_assert_int_eq(weir__touches_add_key(touches, users, text_bytes(key)), WEIR_OK);
	if (stamp)
		ck_assert_int_eq(weir__touches_add_stamp(touches, users, text_bytes(stamp)), WEIR_OK);
	ck_assert_int_eq(weir__touches_add_any(touches, users), WEIR_OK);
	return touches;
}

static inline void write_through(const char *key, const char *stamp)
{
	weir__touches *touches = touch(key, stamp);

	weir__cache_guard(cache, touches, NULL);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
}

static inline weir_cache_stats stats_of(const weir_model *model)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(cache, model, &stats);
	return stats;
}

/* Sets what a key holds, past the manager. */
static inline void plant(const char *physical, const char *value)
{
	weir_cache_entry entry = { .key = text_bytes(physical), .value = text_bytes(value), .ttl_ms = -1, .space_max = -1 };
	weir_cache_call  call = { .deadline_us = INT64_MAX };

	ck_assert_int_eq(wrapper.inner->set(wrapper.inner, &entry, &call), WEIR_OK);
}

static inline weir_cached_state held(const char *physical)
{
	weir_bytes        key = text_bytes(physical);
	weir_cache_call   call = { .deadline_us = INT64_MAX };
	weir_cached       found = { .state = WEIR_CACHED_NOTHING };
	weir_cached_state state;

	ck_assert_int_eq(wrapper.inner->get_many(wrapper.inner, &key, 1, &call, &found), WEIR_OK);
	state = found.state;
	weir__cached_release(&found);
	return state;
}

#endif
