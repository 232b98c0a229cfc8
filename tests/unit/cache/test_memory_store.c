/* The memory backend's bounds: bytes, entries of a space, what is evicted and what never is. */
#include "support/must.h"
#include "support/suite.h"

#include "cache/backend_memory.h"
#include "cache/key.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const weir_cache_call call = { .deadline_us = INT64_MAX, .id = 7, .ttl_ms = 1000000, .stamp_ttl_ms = -1 };

static int64_t frozen(void *context)
{
	(void)context;
	return 1000;
}

static weir_cache_backend *open_bounded(int64_t max_bytes)
{
	weir_cache_backend *backend = NULL;

	ck_assert_int_eq(weir__cache_backend_memory_with_clock(max_bytes, frozen, NULL, &backend, NULL), WEIR_OK);
	return backend;
}

/* Leases and fills a value of length bytes in a space. */
static size_t put(weir_cache_backend *backend, const char *name, size_t length, uint32_t space, int64_t space_max)
{
	char            *bytes = malloc(length);
	weir_cache_want  want = { .key = weir__bytes(name, strlen(name)) };
	weir_cache_entry entry = {
		.key = want.key, .value = { bytes, length }, .token = 7, .ttl_ms = -1, .space = space, .space_max = space_max
	};
	weir_cached found = { .state = WEIR_CACHED_NOTHING };
	size_t      filled = 0;

	memset(bytes, 'V', length);
	MUST(backend->lease(backend, &want, 1, &call, &found) == WEIR_OK);
	if (found.state == WEIR_CACHED_LEASED)
		MUST(backend->fill(backend, &entry, 1, &call, &filled) == WEIR_OK);
	if (found.release)
		found.release(found.owner);
	free(bytes);
	return filled;
}

static weir_cached_state state_of(weir_cache_backend *backend, const char *name)
{
	weir_bytes        key = weir__bytes(name, strlen(name));
	weir_cached       found = { .state = WEIR_CACHED_NOTHING };
	weir_cached_state state;

	MUST(backend->get_many(backend, &key, 1, &call, &found) == WEIR_OK);
	state = found.state;
	if (found.release)
		found.release(found.owner);
	return state;
}

static int count_held(weir_cache_backend *backend, const char *name_start, int count)
{
	int  held = 0;
	char name[64];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s%d", name_start, i);
		held += state_of(backend, name) == WEIR_CACHED_VALUE;
	}
	return held;
}

START_TEST(test_memory__stays_within_its_bytes)
{
	enum { BOUND = 200000 };
	weir_cache_backend *backend = open_bounded(BOUND);
	char                name[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "k%d", i);
		ck_assert_uint_eq(put(backend, name, (size_t)(i % 1000) + 1, 1, -1), 1);
		ck_assert_int_le(weir__cache_backend_memory_bytes(backend), BOUND);
	}
	ck_assert_int_gt(weir__cache_backend_memory_bytes(backend), BOUND / 2);
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__a_value_beyond_the_bound_is_refused_and_evicts_nobody)
{
	weir_cache_backend *backend = open_bounded(100000);

	ck_assert_uint_eq(put(backend, "small", 100, 1, -1), 1);
	ck_assert_uint_eq(put(backend, "huge", 100001, 1, -1), 0);
	ck_assert_int_eq(state_of(backend, "huge"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(state_of(backend, "small"), WEIR_CACHED_VALUE);
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__gives_back_what_it_counted)
{
	weir_cache_backend *backend = open_bounded(-1);
	weir_touch touches[3] = { { .key = { "a", 1 } }, { .key = { "b", 1 } }, { .key = { "c", 1 }, .stamp = 3 } };
	weir_bytes keys[3] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };

	for (int i = 0; i < 10; i++) {
		put(backend, "a", 5000, 1, -1);
		put(backend, "b", 100, 2, -1);
		ck_assert_int_gt(weir__cache_backend_memory_bytes(backend), 5100);
		ck_assert_int_eq(backend->guard(backend, touches, 3, &call), WEIR_OK);
		ck_assert_int_eq(backend->release(backend, touches, 3, &call), WEIR_OK);
		ck_assert_int_eq(backend->remove(backend, keys, 3, &call), WEIR_OK);
		ck_assert_int_eq(weir__cache_backend_memory_bytes(backend), 0);
	}
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__a_space_keeps_no_more_entries_than_it_may)
{
	weir_cache_backend *backend = open_bounded(-1);
	char                name[64];

	for (int max = 1; max <= 40; max += 13) {
		for (int i = 0; i < 200; i++) {
			snprintf(name, sizeof name, "bounded%d", i);
			put(backend, name, 10, 1, max);
			ck_assert_int_eq(state_of(backend, name), WEIR_CACHED_VALUE);
			snprintf(name, sizeof name, "other%d", i);
			put(backend, name, 10, 2, -1);
		}
		ck_assert_int_eq(count_held(backend, "bounded", 200), max);
		ck_assert_int_eq(count_held(backend, "other", 200), 200);
	}
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__a_lower_bound_takes_effect_with_the_next_entry)
{
	weir_cache_backend *backend = open_bounded(-1);
	char                name[64];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "k%d", i);
		put(backend, name, 10, 1, -1);
	}
	put(backend, "k100", 10, 1, 5);
	ck_assert_int_eq(count_held(backend, "k", 101), 5);
	ck_assert_int_eq(state_of(backend, "k100"), WEIR_CACHED_VALUE);
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__what_is_read_survives_a_scan)
{
	weir_cache_backend *backend = open_bounded(-1);
	char                name[64];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "hot%d", i);
		put(backend, name, 10, 1, 100);
	}
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "scan%d", i);
		put(backend, name, 10, 1, 100);
		ck_assert_int_ge(count_held(backend, "hot", 20), i < 60 ? 20 : 15);
	}
	ck_assert_int_ge(count_held(backend, "hot", 20), 15);
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__guards_are_never_evicted)
{
	weir_cache_backend *backend = open_bounded(50000);
	char                name[64];

	for (int i = 0; i < 50; i++) {
		weir_touch touch = { .key = { name, 0 } };

		touch.key.length = (size_t)snprintf(name, sizeof name, "guard%d", i);
		ck_assert_int_eq(backend->guard(backend, &touch, 1, &call), WEIR_OK);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "k%d", i);
		put(backend, name, 900, 1, -1);
	}
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "guard%d", i);
		ck_assert_int_eq(state_of(backend, name), WEIR_CACHED_GUARD);
	}
	all_held();
	backend->close(backend);
}
END_TEST

START_TEST(test_memory__spaces_of_any_number_are_kept)
{
	weir_cache_backend *backend = open_bounded(-1);
	const uint32_t      spaces[] = { 1, 63, 64, 65, 4095, 4096, UINT32_MAX };
	char                name[64];

	for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
		snprintf(name, sizeof name, "space%zu", i);
		ck_assert_uint_eq(put(backend, name, 10, spaces[i], 1), 1);
	}
	ck_assert_int_eq(count_held(backend, "space", (int)(sizeof spaces / sizeof spaces[0])), 7);
	all_held();
	backend->close(backend);
}
END_TEST

static void *evict_much(void *memory)
{
	weir_cache_backend *backend = memory;
	char                name[64];

	for (int i = 0; i < 800; i++) {
		snprintf(name, sizeof name, "k%d", i % 300);
		put(backend, name, 200, (uint32_t)i % 3 + 1, 20);
		state_of(backend, name);
	}
	return NULL;
}

START_TEST(test_memory__evicts_under_many_threads)
{
	weir_cache_backend *backend = open_bounded(30000);
	pthread_t           threads[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, evict_much, backend), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_le(count_held(backend, "k", 300), 60);
	ck_assert_int_le(weir__cache_backend_memory_bytes(backend), 30000);
	all_held();
	backend->close(backend);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* Whatever allocation fails, each operation either works or says that it did not, and a guard never vanishes. */
START_TEST(test_memory__survives_every_failing_allocation)
{
	for (long n = 0; n < 60; n++) {
		weir_cache_backend *backend = open_bounded(-1);
		weir_touch          touches[2] = { { .key = { "row", 3 } }, { .key = { "stamp", 5 }, .stamp = 3 } };
		int                 rc;

		weir__memory_fail_after(n, WEIR__FAIL_FOREVER);
		rc = backend->guard(backend, touches, 2, &call);
		ck_assert(rc == WEIR_OK || weir__memory_failures() > 0);
		if (rc == WEIR_OK) {
			ck_assert_int_eq(state_of(backend, "row"), WEIR_CACHED_GUARD);
			rc = backend->release(backend, touches, 2, &call);
			ck_assert(rc == WEIR_OK || weir__memory_failures() > 0);
			ck_assert_int_eq(state_of(backend, "row"), WEIR_CACHED_NOTHING);
		}
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		backend->close(backend);
	}
	for (long n = 0; n < 10; n++) {
		weir_cache_backend *backend = NULL;

		weir__memory_fail_after(n, WEIR__FAIL_ONCE);
		if (weir__cache_backend_memory(1000, &backend, NULL) == WEIR_OK)
			backend->close(backend);
		else
			ck_assert_ptr_null(backend);
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	}
}
END_TEST
#define FAILURE_TESTS test_memory__survives_every_failing_allocation,
#else
#define FAILURE_TESTS
#endif

WEIR_SUITE("memory store", FAILURE_TESTS test_memory__stays_within_its_bytes,
           test_memory__a_value_beyond_the_bound_is_refused_and_evicts_nobody, test_memory__gives_back_what_it_counted,
           test_memory__a_space_keeps_no_more_entries_than_it_may,
           test_memory__a_lower_bound_takes_effect_with_the_next_entry, test_memory__what_is_read_survives_a_scan,
           test_memory__guards_are_never_evicted, test_memory__spaces_of_any_number_are_kept,
           test_memory__evicts_under_many_threads);
