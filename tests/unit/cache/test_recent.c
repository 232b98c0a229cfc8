/* What this process has written just now: the hints, and what lookups make of them. */
#include "unit/cache/cached.h"

#define NOW INT64_C(5000000)

static weir__recent recent;

START_TEST(test_recent__a_key_is_held_until_it_is_released_and_that_is_said_once)
{
	const uint64_t hash = UINT64_C(0xabcdef0123456789), other = hash + (UINT64_C(1) << 50);

	memset(&recent, 0, sizeof recent);
	ck_assert(!weir__recent_is_worth_asking(&recent, NOW));
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW), WEIR__RECENT_NOT);
	weir__recent_hold(&recent, hash, NOW);
	ck_assert(weir__recent_is_worth_asking(&recent, NOW));
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW), WEIR__RECENT_HELD);
	ck_assert_int_eq(weir__recent_ask(&recent, other, NOW), WEIR__RECENT_NOT);
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW + WEIR__RECENT_US), WEIR__RECENT_NOT);
	weir__recent_release(&recent, hash, NOW);
	ck_assert_int_eq(weir__recent_ask(&recent, other, NOW), WEIR__RECENT_NOT);
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW), WEIR__RECENT_RELEASED);
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW), WEIR__RECENT_NOT);
	weir__recent_release(&recent, hash, NOW);
	weir__recent_forget(&recent, hash);
	ck_assert_int_eq(weir__recent_ask(&recent, hash, NOW), WEIR__RECENT_NOT);
	ck_assert(!weir__recent_is_worth_asking(&recent, NOW + WEIR__RECENT_US));
}
END_TEST

/* How many keys a read of one record asked the backend for, without a lease. */
static size_t asked_by(const char *expected, const char *key)
{
	size_t before = atomic_load(&wrapper.asked);

	ck_assert_str_eq(read_row(key, "new"), expected);
	return atomic_load(&wrapper.asked) - before;
}

START_TEST(test_lookup__of_what_this_process_writes_asks_for_nothing_it_knows)
{
	weir__touches *touches;

	begin();
	ck_assert_str_eq(read_row("user:id:1", "old"), "db");
	ck_assert_uint_eq(asked_by("old", "user:id:1"), 1);
	touches = touch("user:id:1", NULL);
	ck_assert_int_eq(weir__cache_guard(cache, touches, NULL), WEIR_OK);
	ck_assert_uint_eq(asked_by("bypass", "user:id:1"), 0);
	ck_assert_int_eq(weir__cache_release(cache, touches), WEIR_OK);
	ck_assert_uint_eq(asked_by("db", "user:id:1"), 0);
	ck_assert_uint_eq(asked_by("new", "user:id:1"), 1);
	weir__touches_free(touches);
	end();
}
END_TEST

/* Another process has guarded it, or filled it, since this one released it. */
START_TEST(test_lookup__finds_what_others_did_since)
{
	weir__touches *mine, *theirs;

	begin();
	mine = touch("user:id:1", NULL);
	theirs = touch("user:id:1", NULL);
	ck_assert_int_eq(weir__cache_guard(cache, mine, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_guard(cache, theirs, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_release(cache, mine), WEIR_OK);
	ck_assert_str_eq(read_row("user:id:1", "old"), "bypass");
	ck_assert_str_eq(read_row("user:id:1", "old"), "bypass");
	ck_assert_int_eq(weir__cache_release(cache, theirs), WEIR_OK);
	ck_assert_str_eq(read_row("user:id:1", "theirs"), "db");
	weir__recent_release(&cache->recent, weir__cache_recent_hash(cache, text_bytes("user:id:1")), weir__now_us());
	ck_assert_str_eq(read_row("user:id:1", "other"), "theirs");
	weir__touches_free(theirs);
	weir__touches_free(mine);
	end();
}
END_TEST

WEIR_SUITE("unit/cache/recent", test_recent__a_key_is_held_until_it_is_released_and_that_is_said_once,
           test_lookup__of_what_this_process_writes_asks_for_nothing_it_knows,
           test_lookup__finds_what_others_did_since);
