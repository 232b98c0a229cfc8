/* Touches as text, and what is done with such a text elsewhere; the watermark. */
#include "unit/cache/cached.h"

#include "base/memory.h"
#include "cache/replay.h"
#include "cache/watermark.h"

#include <poll.h>

static size_t unreadable;

static int replay(const char *text)
{
	return weir__cache_replay(cache, text_bytes(text), NULL, &unreadable);
}

/* What a set is written as. The caller frees it. */
static char *written(const weir__touches *touches)
{
	weir__buffer text = WEIR__BUFFER_INIT;

	weir__touches_write(cache, touches, &text);
	return weir__buffer_detach(&text);
}

START_TEST(test_replay__a_write_is_text_without_the_prefix)
{
	weir__touches *touches;
	char          *text;

	begin();
	touches = touch("user:id:1", "users:s:city:3");
	ck_assert_int_eq(weir__touches_add_all(touches, posts), WEIR_OK);
	text = written(touches);
	ck_assert_str_eq(text,
	                 "k user:id:1\ns users:s:city:3\ns users:s:any\ns posts:s:any\ns posts:s:bulk\nf post posts\n");
	weir__free(text);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_replay__invalidates_what_the_writer_could_not)
{
	begin();
	read_row("user:id:1", "old");
	read_row("user:id:2", "old");
	read_list("users:q:a", "users:s:city:3", "old");
	read_list("users:q:b", "users:s:city:4", "old");
	ck_assert_int_eq(replay("k user:id:1\ns users:s:city:3\n"), WEIR_OK);
	ck_assert_uint_eq(unreadable, 0);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	ck_assert_str_eq(read_row("user:id:2", "never"), "old");
	ck_assert_str_eq(read_list("users:q:a", "users:s:city:3", "new"), "db");
	ck_assert_str_eq(read_list("users:q:b", "users:s:city:4", "never"), "old");
	end();
}
END_TEST

/* A reader that was at the database before the write was committed does not fill afterwards. */
START_TEST(test_replay__voids_leases)
{
	weir__lookup lookup = row_lookup("user:id:1");

	begin();
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	ck_assert_int_eq(replay("k user:id:1\n"), WEIR_OK);
	fill_text(users, &lookup, "old", 1);
	weir__lookup_release(&lookup);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	end();
}
END_TEST

START_TEST(test_replay__leaves_the_guards_of_writers_alone)
{
	weir__touches *touches;

	begin();
	touches = touch("user:id:1", NULL);
	ck_assert_int_eq(weir__cache_guard(cache, touches, NULL), WEIR_OK);
	ck_assert_int_eq(replay("k user:id:1\n"), WEIR_OK);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_GUARD);
	ck_assert_int_eq(weir__cache_release(cache, touches), WEIR_OK);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_replay__everything_of_a_model_goes)
{
	begin();
	read_row("user:id:1", "old");
	read_list("users:q:a", "users:s:city:3", "old");
	ck_assert_int_eq(replay("f user users\n"), WEIR_OK);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	ck_assert_str_eq(read_list("users:q:a", "users:s:city:3", "new"), "db");
	end();
}
END_TEST

START_TEST(test_replay__of_a_whole_model_ends_when_it_is_told_to)
{
	atomic_bool stopping = true;

	begin();
	read_row("user:id:1", "old");
	ck_assert_int_eq(weir__cache_replay(cache, text_bytes("f user users\n"), &stopping, &unreadable), WEIR_ERR_CACHE);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_VALUE);
	atomic_store(&stopping, false);
	ck_assert_int_eq(weir__cache_replay(cache, text_bytes("f user users\n"), &stopping, &unreadable), WEIR_OK);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_replay__a_long_key_may_be_whole_or_shortened)
{
	char           key[400] = "user:name:", line[420];
	weir__touches *touches;
	char          *text;

	memset(key + 10, 'x', 300);
	begin();
	read_row(key, "old");
	snprintf(line, sizeof line, "k %s\n", key);
	ck_assert_int_eq(replay(line), WEIR_OK);
	ck_assert_str_eq(read_row(key, "newer"), "db");
	touches = touch(key, NULL);
	text = written(touches);
	ck_assert_uint_lt(strlen(text), 250);
	ck_assert_int_eq(replay(text), WEIR_OK);
	ck_assert_str_eq(read_row(key, "newest"), "db");
	weir__free(text);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_replay__lines_that_are_none_are_left_out_and_counted)
{
	static const char *const wrong[] = {
		"x user:id:1",   "k",         "k ",     "kuser",       "f user", "f user users more", "f  users",
		"k {user:id:1}", "k user id", "s \x01", "\xff\xff\xff"
	};

	begin();
	read_row("user:id:1", "old");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_int_eq(replay(wrong[i]), WEIR_OK);
		ck_assert_msg(unreadable == 1, "%s", wrong[i]);
	}
	ck_assert_str_eq(read_row("user:id:1", "never"), "old");
	ck_assert_int_eq(replay("\n\nx\nk user:id:1\nx"), WEIR_OK);
	ck_assert_uint_eq(unreadable, 2);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_int_eq(replay(""), WEIR_OK);
	end();
}
END_TEST

START_TEST(test_replay__fails_as_long_as_the_cache_does)
{
	static const int failing[] = { FAIL_GUARDS, FAIL_RELEASES, FAIL_ALL };

	begin();
	for (size_t i = 0; i < 3; i++) {
		atomic_store(&wrapper.failing, failing[i]);
		ck_assert_int_eq(replay("k user:id:1\nf user users\n"), WEIR_ERR_CACHE);
		atomic_store(&wrapper.failing, 0);
	}
	ck_assert_int_eq(replay("k user:id:1\nf user users\n"), WEIR_OK);
	end();
}
END_TEST

START_TEST(test_replay__of_very_many_keys_whole_models_are_written)
{
	weir__touches *touches;
	char          *text, key[32];

	begin();
	touches = touch(NULL, NULL);
	for (int i = 0; i <= WEIR__PENDING_KEYS_MAX; i++) {
		snprintf(key, sizeof key, "user:id:%d", i);
		ck_assert_int_eq(weir__touches_add_key(touches, users, text_bytes(key)), WEIR_OK);
	}
	text = written(touches);
	ck_assert_str_eq(text, "f user users\n");
	weir__free(text);
	weir__touches_free(touches);
	end();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_replay__survives_want_of_memory)
{
	long failures = 1;
	int  rc;

	begin();
	for (long n = 0; failures > 0; n++) {
		weir__memory_fail_after(n, WEIR__FAIL_FOREVER);
		rc = replay("k user:id:1\ns users:s:any\nf user users\n");
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(rc == WEIR_OK, failures == 0);
	}
	end();
}
END_TEST
#define MEMORY_TESTS , test_replay__survives_want_of_memory
#else
#define MEMORY_TESTS
#endif

/* ---- The watermark ------------------------------------------------------------------------------------------------------- */

#define BOUND_MS 1000

static void ask_again(void)
{
	atomic_store(&cache->watermark.ask_us, 0);
}

START_TEST(test_watermark__without_one_the_cache_is_not_read)
{
	weir__watermark_lease lease = { .turn = 0 };

	begin();
	weir__watermark_require(cache, BOUND_MS);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ck_assert_int_eq(weir__watermark_begin(cache, BOUND_MS, &lease), WEIR_OK);
	ck_assert(weir__watermark_raise(cache, BOUND_MS, &lease));
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ask_again();
	ck_assert_str_eq(read_row("user:id:1", "row"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	end();
}
END_TEST

START_TEST(test_watermark__expires_by_itself)
{
	weir__watermark_lease lease = { .turn = 0 };

	begin();
	weir__watermark_require(cache, BOUND_MS);
	ck_assert_int_eq(weir__watermark_begin(cache, BOUND_MS, &lease), WEIR_OK);
	ck_assert(weir__watermark_raise(cache, BOUND_MS, &lease));
	ck_assert(weir__watermark_holds(cache, weir__now_us()));
	pass_s(1);
	ask_again();
	ck_assert(!weir__watermark_holds(cache, weir__now_us()));
	end();
}
END_TEST

/* However late it comes, a pass that took longer than its lease says nothing about now. */
START_TEST(test_watermark__is_not_raised_by_a_relay_that_was_too_slow)
{
	weir__watermark_lease lease = { .turn = 0 };

	begin();
	weir__watermark_require(cache, BOUND_MS);
	ck_assert_int_eq(weir__watermark_begin(cache, BOUND_MS, &lease), WEIR_OK);
	pass_s(1);
	(void)weir__watermark_raise(cache, BOUND_MS, &lease);
	ck_assert(!weir__watermark_holds(cache, weir__now_us()));
	end();
}
END_TEST

START_TEST(test_watermark__stands_while_the_next_one_is_made)
{
	weir__watermark_lease lease = { .turn = 0 };

	begin();
	weir__watermark_require(cache, BOUND_MS);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(weir__watermark_begin(cache, BOUND_MS, &lease), WEIR_OK);
		ask_again();
		ck_assert(weir__watermark_holds(cache, weir__now_us()) == (i > 0));
		ck_assert(weir__watermark_raise(cache, BOUND_MS, &lease));
	}
	end();
}
END_TEST

START_TEST(test_watermark__that_of_another_bound_is_none)
{
	weir__watermark_lease lease = { .turn = 0 };

	begin();
	weir__watermark_require(cache, BOUND_MS);
	ck_assert_int_eq(weir__watermark_begin(cache, 2 * BOUND_MS, &lease), WEIR_OK);
	ck_assert(weir__watermark_raise(cache, 2 * BOUND_MS, &lease));
	ck_assert(!weir__watermark_holds(cache, weir__now_us()));
	end();
}
END_TEST

/* Hits ask for it once in a tenth of the bound. */
START_TEST(test_watermark__costs_hits_nothing)
{
	weir__watermark_lease lease = { .turn = 0 };
	int                   before;

	begin();
	weir__watermark_require(cache, 3600 * 1000);
	ck_assert_int_eq(weir__watermark_begin(cache, 3600 * 1000, &lease), WEIR_OK);
	ck_assert(weir__watermark_raise(cache, 3600 * 1000, &lease));
	read_row("user:id:1", "row");
	before = atomic_load(&wrapper.calls);
	for (int i = 0; i < 100; i++)
		ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 100);
	end();
}
END_TEST

WEIR_SUITE("replay", test_replay__a_write_is_text_without_the_prefix,
           test_replay__invalidates_what_the_writer_could_not, test_replay__voids_leases,
           test_replay__leaves_the_guards_of_writers_alone, test_replay__everything_of_a_model_goes,
           test_replay__of_a_whole_model_ends_when_it_is_told_to, test_replay__a_long_key_may_be_whole_or_shortened,
           test_replay__lines_that_are_none_are_left_out_and_counted, test_replay__fails_as_long_as_the_cache_does,
           test_replay__of_very_many_keys_whole_models_are_written, test_watermark__without_one_the_cache_is_not_read,
           test_watermark__expires_by_itself, test_watermark__is_not_raised_by_a_relay_that_was_too_slow,
           test_watermark__stands_while_the_next_one_is_made, test_watermark__that_of_another_bound_is_none,
           test_watermark__costs_hits_nothing MEMORY_TESTS);
