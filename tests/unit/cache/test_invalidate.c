/* Writes: what is touched, guarded, released, and what becomes of it when the cache cannot be reached. */
#include "unit/cache/cached.h"

#include "cache/envelope.h"

#include <poll.h>

static weir__touches *empty_touches(void)
{
	weir__touches *touches = NULL;

	ck_assert_int_eq(weir__touches_create(cache, &touches, NULL), WEIR_OK);
	return touches;
}

static void add_key(weir__touches *touches, const char *key)
{
	ck_assert_int_eq(weir__touches_add_key(touches, users, text_bytes(key)), WEIR_OK);
}

START_TEST(test_touches__hold_nothing_twice)
{
	weir__touches *touches;

	begin();
	touches = empty_touches();
	for (int round = 0; round < 3; round++) {
		add_key(touches, "user:id:1");
		add_key(touches, "user:id:2");
		ck_assert_int_eq(weir__touches_add_any(touches, users), WEIR_OK);
		ck_assert_int_eq(weir__touches_add_stamp(touches, users, text_bytes("users:s:any")), WEIR_OK);
		ck_assert_int_eq(weir__touches_add_bulk(touches, users), WEIR_OK);
	}
	ck_assert_uint_eq(weir__touches_count(touches), 4);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_touches__many_are_still_a_set)
{
	enum { COUNT = 5000 };
	weir__touches *touches;
	char           key[32];

	begin();
	touches = empty_touches();
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < COUNT; i++) {
			snprintf(key, sizeof key, "user:id:%d", i);
			add_key(touches, key);
			ck_assert_uint_eq(weir__touches_count(touches), round ? COUNT : (size_t)i + 1);
		}
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_touches__a_rolled_back_savepoint_is_forgotten)
{
	weir__touches *touches;
	char           key[32];

	begin();
	touches = empty_touches();
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof key, "user:id:%d", i);
		read_row(key, "row");
		add_key(touches, key);
	}
	for (int i = 10; i < 200; i++) {
		snprintf(key, sizeof key, "user:id:%d", i);
		add_key(touches, key);
	}
	weir__touches_truncate(touches, 5);
	ck_assert_uint_eq(weir__touches_count(touches), 5);
	weir__touches_truncate(touches, 99);
	ck_assert_uint_eq(weir__touches_count(touches), 5);
	add_key(touches, "user:id:3");
	ck_assert_uint_eq(weir__touches_count(touches), 5);
	add_key(touches, "user:id:150");
	ck_assert_uint_eq(weir__touches_count(touches), 6);
	weir__cache_guard(cache, touches, NULL);
	ck_assert_int_eq(held("test:{user:id:4}"), WEIR_CACHED_GUARD);
	ck_assert_int_eq(held("test:{user:id:5}"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(held("test:{user:id:150}"), WEIR_CACHED_GUARD);
	weir__cache_release(cache, touches);
	ck_assert_int_eq(held("test:{user:id:4}"), WEIR_CACHED_NOTHING);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_touches__are_used_again_after_a_release)
{
	weir__touches *touches;

	begin();
	touches = empty_touches();
	for (int i = 0; i < 3; i++) {
		read_row("user:id:1", "row");
		add_key(touches, "user:id:1");
		weir__cache_guard(cache, touches, NULL);
		ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_GUARD);
		weir__cache_release(cache, touches);
		ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
		ck_assert_uint_eq(weir__touches_count(touches), 0);
	}
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_touches__nothing_touched_costs_nothing)
{
	weir__touches *touches;
	int            before;

	begin();
	touches = empty_touches();
	before = atomic_load(&wrapper.calls);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_release(cache, touches);
	weir__cache_abandon(cache, touches);
	ck_assert_int_eq(atomic_load(&wrapper.calls), before);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_write__is_one_guard_and_one_release)
{
	int before;

	begin();
	before = atomic_load(&wrapper.calls);
	write_through("user:id:1", "users:s:city:3");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 2);
	ck_assert_uint_eq(stats_of(&user_model).invalidations, 3);
	ck_assert_uint_eq(stats_of(&post_model).invalidations, 0);
	ck_assert_int_eq(held("test:{users}:s:city:3"), WEIR_CACHED_VALUE);
	end();
}
END_TEST

START_TEST(test_write__of_unknown_outcome_leaves_its_guards_to_expire)
{
	weir__touches *touches;

	begin();
	read_row("user:id:1", "old");
	touches = touch("user:id:1", NULL);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_abandon(cache, touches);
	weir__touches_free(touches);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	pass_s(14);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	pass_s(2);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	end();
}
END_TEST

START_TEST(test_pending__an_unguarded_write_makes_reads_bypass_until_it_is_released)
{
	weir__touches *touches;

	begin();
	read_row("user:id:1", "old");
	read_row("user:id:2", "other");
	touches = touch("user:id:1", NULL);
	atomic_store(&wrapper.failing, FAIL_GUARDS);
	weir__cache_guard(cache, touches, NULL);
	atomic_store(&wrapper.failing, 0);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ck_assert_str_eq(read_row("user:id:2", "never"), "bypass");
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	ck_assert_str_eq(read_row("user:id:2", "never"), "other");
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_uint_ge(stats_of(&user_model).errors, 1);
	end();
}
END_TEST

START_TEST(test_pending__a_failed_release_is_made_up_for_before_the_cache_is_read)
{
	weir__touches *touches;

	begin();
	read_row("user:id:1", "old");
	read_list("users:q:list:a", "users:s:any", "old list");
	touches = touch("user:id:1", NULL);
	atomic_store(&wrapper.failing, FAIL_GUARDS | FAIL_RELEASES);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	atomic_store(&wrapper.failing, 0);
	for (int i = 0; i < 2000 && strcmp(read_row("user:id:1", "new"), "bypass") == 0; i++)
		poll(NULL, 0, 1);
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "new list"), "db");
	end();
}
END_TEST

static uint64_t stamp_now(const char *physical)
{
	weir_bytes      key = text_bytes(physical);
	weir_cache_call call = { .deadline_us = INT64_MAX };
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	uint64_t        stamp = 0;

	ck_assert_int_eq(wrapper.inner->get_many(wrapper.inner, &key, 1, &call, &found), WEIR_OK);
	ck_assert(weir__stamp_read(found.value, &stamp));
	weir__cached_release(&found);
	return stamp;
}

/* Stamps that were once given out never come back: a list filled between the first attempt and another write would be valid again. */
START_TEST(test_pending__each_attempt_at_a_release_sets_stamps_of_its_own)
{
	uint64_t first;

	begin();
	atomic_store(&wrapper.failing, LOSE_REPLIES);
	write_through("user:id:1", NULL);
	first = stamp_now("test:{users}:s:any");
	atomic_store(&wrapper.failing, 0);
	for (int i = 0; i < 2000 && !weir__cache_usable(cache); i++)
		poll(NULL, 0, 1);
	ck_assert(weir__cache_usable(cache));
	ck_assert_uint_ge(atomic_load(&wrapper.released), 4);
	ck_assert_uint_ne(stamp_now("test:{users}:s:any"), first);
	end();
}
END_TEST

START_TEST(test_pending__a_dead_cache_is_not_asked_by_every_read)
{
	weir__touches *touches;
	int            before;

	begin();
	touches = touch("user:id:1", NULL);
	atomic_store(&wrapper.failing, FAIL_ALL);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	before = atomic_load(&wrapper.calls);
	for (int i = 0; i < 10000; i++)
		ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ck_assert_int_lt(atomic_load(&wrapper.calls) - before, 500);
	atomic_store(&wrapper.failing, 0);
	end();
	ck_assert_uint_gt(atomic_load(&wrapper.released), 0); /* the end of the manager is the last chance */
}
END_TEST

START_TEST(test_pending__of_an_unguarded_write_of_unknown_outcome_waits_for_its_commit)
{
	weir__touches *touches;

	begin();
	touches = touch("user:id:1", NULL);
	atomic_store(&wrapper.failing, FAIL_GUARDS);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_abandon(cache, touches);
	weir__touches_free(touches);
	atomic_store(&wrapper.failing, 0);
	for (int i = 0; i < 30; i++) {
		ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
		poll(NULL, 0, 1);
	}
	ck_assert_uint_eq(atomic_load(&wrapper.released), 0);
	end();
}
END_TEST

START_TEST(test_pending__too_much_becomes_a_flush_of_the_models_concerned)
{
	enum { WRITES = 12, KEYS = 1000 };
	char key[32];

	begin();
	read_row("user:id:7", "old");
	read_list("users:q:list:a", "users:s:city:1", "old list");
	{
		weir__lookup post = row_lookup("post:id:1");

		ck_assert_int_eq(look(posts, &post), WEIR__MISS);
		fill_text(posts, &post, "post", 1);
		weir__lookup_release(&post);
	}
	atomic_store(&wrapper.failing, FAIL_GUARDS | FAIL_RELEASES);
	for (int i = 0; i < WRITES; i++) {
		weir__touches *touches = empty_touches();

		for (int k = 0; k < KEYS; k++) {
			snprintf(key, sizeof key, "user:id:%d", i * KEYS + k);
			add_key(touches, key);
		}
		weir__cache_guard(cache, touches, NULL);
		weir__cache_release(cache, touches);
		weir__touches_free(touches);
	}
	ck_assert_uint_le(cache->pending.keys, WEIR__PENDING_KEYS_MAX);
	ck_assert(cache->pending.marks);
	atomic_store(&wrapper.failing, 0);
	for (int i = 0; i < 5000 && strcmp(read_row("user:id:7", "new"), "bypass") == 0; i++)
		poll(NULL, 0, 1);
	ck_assert_str_eq(read_row("user:id:7", "never"), "new");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:1", "new list"), "db");
	ck_assert_int_eq(held("test:{post:id:1}"), WEIR_CACHED_VALUE);
	ck_assert_uint_eq(cache->pending.keys, 0);
	end();
}
END_TEST

static void set_version(int version)
{
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .version = version }, NULL),
	                 WEIR_OK);
}

/* What a write touches is the same in every version: of entries made by another one, and while the version changes. */
START_TEST(test_write__of_one_version_invalidates_for_all)
{
	weir__touches *touches;

	begin();
	set_version(1);
	read_row("user:id:1", "old");
	read_list("users:q:list:", "users:s:any", "old");
	set_version(2);
	write_through("user:id:1", NULL);
	set_version(1);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_list("users:q:list:", "users:s:any", "new"), "db");
	touches = touch("user:id:1", NULL);
	set_version(3);
	read_row("user:id:1", "old");
	weir__cache_guard(cache, touches, NULL);
	ck_assert_str_eq(read_row("user:id:1", "new"), "bypass");
	set_version(4);
	weir__cache_release(cache, touches);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	set_version(3);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	weir__touches_free(touches);
	end();
}
END_TEST

/* ---- Rows that nobody can name ------------------------------------------------------------------------------------ */

static weir__touches *all_of_users(void)
{
	weir__touches *touches = empty_touches();

	ck_assert_int_eq(weir__touches_add_all(touches, users), WEIR_OK);
	return touches;
}

START_TEST(test_write__of_unknown_rows_removes_records_before_commit_and_again_after_it)
{
	weir__touches *touches;

	begin();
	read_row("user:id:1", "old");
	touches = all_of_users();
	weir__cache_guard(cache, touches, NULL);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	plant("test:{user:id:2}", "V as if a guard had been lost");
	weir__cache_release(cache, touches);
	ck_assert_int_eq(held("test:{user:id:2}"), WEIR_CACHED_NOTHING);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_write__of_unknown_rows_lets_no_record_be_filled_meanwhile)
{
	weir__lookup   before = row_lookup("user:id:1"), pointer = row_lookup("user:email:ada");
	weir__touches *touches;

	begin();
	pointer.kind = WEIR__ENTRY_UNIQUE;
	ck_assert_int_eq(look(users, &before), WEIR__MISS);
	touches = all_of_users();
	weir__cache_guard(cache, touches, NULL);
	fill_text(users, &before, "old", 1);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	ck_assert_str_eq(read_row("user:id:1", "old"), "bypass");
	ck_assert_str_eq(read_through(pointer, "user:id:1"), "bypass");
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	weir__lookup_release(&before);
	weir__touches_free(touches); /* the process dies */
	pass_s(16);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	end();
}
END_TEST

START_TEST(test_write__of_unknown_rows_and_outcome_removes_nothing_before_its_commit_is_over)
{
	weir__touches *touches;

	begin();
	atomic_store(&wrapper.failing, FAIL_RELEASES);
	touches = all_of_users();
	weir__cache_guard(cache, touches, NULL);
	weir__cache_abandon(cache, touches);
	weir__touches_free(touches);
	atomic_store(&wrapper.failing, 0);
	plant("test:{user:id:1}", "V1");
	weir__pending_pay(cache);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_VALUE);
	ck_assert_str_eq(read_row("user:id:1", "old"), "bypass");
	ck_assert_int_gt(atomic_load(&users->flush_after_us), weir__now_us() + 14000000);
	atomic_store(&users->flush_after_us, 0);
	for (int i = 0; i < 10; i++)
		weir__pending_pay(cache);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_write__of_known_rows_hinders_no_record_of_other_rows)
{
	weir__touches *touches;

	begin();
	touches = empty_touches();
	add_key(touches, "user:id:1");
	ck_assert_int_eq(weir__touches_add_any(touches, users), WEIR_OK);
	ck_assert_int_eq(weir__touches_add_bulk(touches, users), WEIR_OK);
	weir__cache_guard(cache, touches, NULL);
	ck_assert_str_eq(read_row("user:id:2", "row"), "db");
	ck_assert_str_eq(read_row("user:id:2", "never"), "row");
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_write__must_commit_before_its_guards_end)
{
	int64_t        now_us = weir__now_us(), far_us = now_us + 60 * INT64_C(1000000), near_us = now_us + 1000000;
	weir__touches *touches;

	begin();
	touches = touch("user:id:1", NULL);
	weir__cache_guard(cache, touches, &far_us);
	ck_assert_int_ge(far_us, now_us + 13 * INT64_C(1000000));
	ck_assert_int_lt(far_us, weir__now_us() + WEIR__GUARD_TTL_MS * INT64_C(1000));
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	touches = touch("user:id:1", NULL);
	weir__cache_guard(cache, touches, &near_us);
	ck_assert_int_eq(near_us, now_us + 1000000);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_write__of_a_cache_that_keeps_nothing_touches_nothing)
{
	weir__cache_manager_options options = { .backend = weir__cache_backend_none(), .prefix = "test", .timeout_ms = 50 };
	weir_cache_manager         *none = NULL;
	weir__cache_space          *space = NULL;
	weir__touches              *touches = NULL;

	ck_assert_int_eq(weir__cache_manager_create(&options, &none, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_space_create(none, &user_model, "users", 1, &space, NULL), WEIR_OK);
	ck_assert(!weir__cache_space_enabled(space));
	ck_assert(!weir_cache_manager_is_up(none));
	ck_assert_int_eq(weir__touches_create(none, &touches, NULL), WEIR_OK);
	ck_assert_int_eq(weir__touches_add_any(touches, space), WEIR_OK);
	ck_assert_uint_eq(weir__touches_count(touches), 0);
	weir__touches_free(touches);
	weir__cache_manager_free(none);
}
END_TEST

WEIR_SUITE("invalidate", test_write__of_one_version_invalidates_for_all,
           test_write__of_unknown_rows_removes_records_before_commit_and_again_after_it,
           test_write__of_unknown_rows_lets_no_record_be_filled_meanwhile,
           test_write__of_unknown_rows_and_outcome_removes_nothing_before_its_commit_is_over,
           test_write__of_known_rows_hinders_no_record_of_other_rows, test_write__must_commit_before_its_guards_end,
           test_touches__hold_nothing_twice, test_touches__many_are_still_a_set,
           test_touches__a_rolled_back_savepoint_is_forgotten, test_touches__are_used_again_after_a_release,
           test_touches__nothing_touched_costs_nothing, test_write__is_one_guard_and_one_release,
           test_write__of_unknown_outcome_leaves_its_guards_to_expire,
           test_pending__an_unguarded_write_makes_reads_bypass_until_it_is_released,
           test_pending__a_failed_release_is_made_up_for_before_the_cache_is_read,
           test_pending__each_attempt_at_a_release_sets_stamps_of_its_own,
           test_pending__a_dead_cache_is_not_asked_by_every_read,
           test_pending__of_an_unguarded_write_of_unknown_outcome_waits_for_its_commit,
           test_pending__too_much_becomes_a_flush_of_the_models_concerned,
           test_write__of_a_cache_that_keeps_nothing_touches_nothing);
