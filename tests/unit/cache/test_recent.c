/* What this process has written just now: the hints, and what lookups make of them. */
#include "unit/cache/cached.h"

#include <sched.h>

#define NOW INT64_C(5000000)

static weir__recent recent;

START_TEST(test_recent__a_key_is_held_then_released_then_forgotten)
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

/* ---- Where a follower looks ------------------------------------------------------------------------------------------ */

static atomic_bool kept; /* by who leads, where the follower looks first */

static bool look_at_kept(void *elsewhere)
{
	(void)elsewhere;
	return atomic_load(&kept);
}

static char shared_key[32];

static void *follow(void *state)
{
	weir__lookup lookup = row_lookup(shared_key);

	lookup.follows = true;
	lookup.until_us = weir__now_us() + 10 * INT64_C(1000000);
	lookup.look_elsewhere = look_at_kept;
	*(weir__lookup_state *)state = look(users, &lookup);
	weir__lookup_release(&lookup);
	return NULL;
}

/* One reads while another one fills: how the one has found it. */
static weir__lookup_state read_beside(int id)
{
	weir__lookup       leader = row_lookup(shared_key);
	weir__lookup_state state = WEIR__BYPASS;
	uint64_t           misses;
	pthread_t          thread;
	weir_cache_stats   stats;

	snprintf(shared_key, sizeof shared_key, "user:id:%d", id);
	leader.key.length = strlen(shared_key);
	atomic_store(&kept, false);
	ck_assert_int_eq(look(users, &leader), WEIR__MISS);
	weir__cache_space_stats(users, &stats);
	misses = stats.misses;
	ck_assert_int_eq(pthread_create(&thread, NULL, follow, &state), 0);
	while (stats.misses == misses) {
		sched_yield();
		weir__cache_space_stats(users, &stats);
	}
	atomic_store(&kept, true);
	fill_text(users, &leader, "row", 1);
	weir__lookup_release(&leader);
	pthread_join(thread, NULL);
	return state;
}

/* Who comes too late to follow finds it in the backend. */
START_TEST(test_lookup__that_has_waited_looks_where_its_caller_looks_first)
{
	weir__lookup_state state = WEIR__HIT;

	begin();
	for (int i = 0; i < 1000 && state != WEIR__ELSEWHERE; i++) {
		state = read_beside(i);
		ck_assert(state == WEIR__ELSEWHERE || state == WEIR__HIT);
	}
	ck_assert_int_eq(state, WEIR__ELSEWHERE);
	end();
}
END_TEST

WEIR_SUITE("unit/cache/recent", test_recent__a_key_is_held_then_released_then_forgotten,
           test_lookup__of_what_this_process_writes_asks_for_nothing_it_knows, test_lookup__finds_what_others_did_since,
           test_lookup__that_has_waited_looks_where_its_caller_looks_first);
