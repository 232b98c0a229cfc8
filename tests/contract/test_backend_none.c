/* The backend that keeps nothing: every operation succeeds, nothing is ever found, nobody gets a lease. */
#include "support/suite.h"

#include "cache/cache.h"

static const weir_cache_call call = { .deadline_us = INT64_MAX, .id = 1, .ttl_ms = 1000, .stamp_ttl_ms = 1000 };
static const weir_bytes      name = { "key", 3 };

static weir_cached_state state_now(weir_cache_backend *backend)
{
	weir_cached found = { .state = WEIR_CACHED_VALUE };

	ck_assert_int_eq(backend->get_many(backend, &name, 1, &call, &found), WEIR_OK);
	return found.state;
}

START_TEST(test_none__keeps_nothing)
{
	weir_cache_backend *backend = weir__cache_backend_none();
	weir_cache_entry    entry = { .key = name, .value = { "V", 1 }, .ttl_ms = -1 };
	weir_touch          touch = { .key = name };
	uint64_t            cursor = 0;

	ck_assert_int_eq(backend->set(backend, &entry, &call), WEIR_OK);
	ck_assert_int_eq(state_now(backend), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(backend->guard(backend, &touch, 1, &call), WEIR_OK);
	ck_assert_int_eq(state_now(backend), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(backend->release(backend, &touch, 1, &call), WEIR_OK);
	ck_assert_int_eq(backend->remove(backend, &name, 1, &call), WEIR_OK);
	ck_assert_int_eq(backend->flush(backend, name, &cursor, &call), WEIR_OK);
	ck_assert_uint_eq(cursor, 0);
	ck_assert(!backend->is_up(backend));
	backend->close(backend);
}
END_TEST

START_TEST(test_none__gives_no_lease_and_takes_no_fill)
{
	weir_cache_backend *backend = weir__cache_backend_none();
	weir_cache_want     want = { .key = name };
	weir_cache_entry    entry = { .key = name, .value = { "V", 1 }, .token = 1, .ttl_ms = -1 };
	weir_cached         found = { .state = WEIR_CACHED_VALUE };
	size_t              filled = 9;

	ck_assert_int_eq(backend->lease(backend, &want, 1, &call, &found), WEIR_OK);
	ck_assert_int_ne(found.state, WEIR_CACHED_LEASED);
	ck_assert_int_eq(backend->fill(backend, &entry, 1, &call, &filled), WEIR_OK);
	ck_assert_uint_eq(filled, 0);
	ck_assert_int_eq(state_now(backend), WEIR_CACHED_NOTHING);
	backend->close(backend);
}
END_TEST

WEIR_SUITE("none backend", test_none__keeps_nothing, test_none__gives_no_lease_and_takes_no_fill);
