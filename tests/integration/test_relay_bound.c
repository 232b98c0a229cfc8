/* outside_ms: how long a cached read may miss what others wrote, with relays and without, and while Redis stands still. */
#include "integration/relay.h"

#include "support/servers.h"

/* ---- The bound --------------------------------------------------------------------------------------------------------------- */

enum { BOUND_MS = 1000 };

static bool hits(int64_t id)
{
	uint64_t before = blog_queries(&blog);

	(void)cached_bio(id);
	return blog_queries(&blog) == before;
}

START_TEST(test_bound__without_a_relay_the_cache_is_not_read)
{
	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS, .relay = WEIR_OFF });
	for (int i = 0; i < 5; i++)
		ck_assert(!hits(id));
	weir_session *relay = blog_open_other(&blog, &(weir_options){ .outside_ms = BOUND_MS });
	EVENTUALLY(hits(id));
	weir_close(&relay);
	EVENTUALLY(!hits(id));
	relay = blog_open_other(&blog, &(weir_options){ .outside_ms = 2 * BOUND_MS });
	ck_assert(!hits(id));
	weir_close(&relay);
	blog_close(&blog);
}
END_TEST

/* Whenever somebody writes, no read that begins later than the bound misses it; and most reads are hits. */
START_TEST(test_bound__writes_of_others_are_seen_within_it)
{
	int reads = 0, from_cache = 0;

	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS });
	EVENTUALLY(hits(id));
	for (int round = 0; round < 4; round++) {
		char expected[32];

		snprintf(expected, sizeof expected, "round %d", round);
		update_by_psql(id, expected);
		for (int64_t written = now_ms(), began = written; began < written + BOUND_MS + 300; began = now_ms()) {
			uint64_t before = blog_queries(&blog);
			bool     seen = strcmp(cached_bio(id), expected) == 0;

			ck_assert_msg(seen || began - written <= BOUND_MS, "not seen after %d ms", (int)(began - written));
			reads++;
			from_cache += blog_queries(&blog) == before;
			(void)poll(NULL, 0, 2);
		}
	}
	ck_assert_int_gt(from_cache, reads / 2);
	blog_close(&blog);
}
END_TEST

/* Redis stands still, and goes on with what it held: also the requests that were on their way when it stopped. */
START_TEST(test_bound__holds_when_redis_was_frozen)
{
	struct server redis;

	server_start(&redis, SERVER_REDIS);
	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS, .redis = redis.url, .cache_timeout_ms = 100 });
	for (int round = 0; round < 2; round++) {
		char expected[32];

		EVENTUALLY(hits(id));
		server_pause(&redis);
		snprintf(expected, sizeof expected, "round %d", round);
		update_by_psql(id, expected);
		for (int64_t written = now_ms(), began = written; began < written + 3 * BOUND_MS; began = now_ms()) {
			if (began > written + BOUND_MS + 200 && redis.paused)
				server_resume(&redis);
			bool seen = strcmp(cached_bio(id), expected) == 0;

			ck_assert_msg(seen || began - written <= BOUND_MS, "not seen after %d ms", (int)(began - written));
			(void)poll(NULL, 0, 2);
		}
	}
	blog_close(&blog);
	server_release(&redis);
}
END_TEST

static uint64_t near_hits(int64_t id, const char *bio)
{
	weir_cache_stats stats;

	ck_assert_str_eq(cached_bio(id), bio);
	weir_cache_manager_stats(weir_session_cache(blog.session), &user_model, &stats);
	return stats.near_hits;
}

/* What others wrote goes from the near caches of processes too, row by row and all at once. */
START_TEST(test_near_cache__drops_what_others_wrote)
{
	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outbox = WEIR_ON, .relay = WEIR_OFF, .cache = { .near = WEIR_ON } });
	EVENTUALLY(near_hits(id, "-") > 0);
	update_by_psql(id, "new");
	run_once();
	EVENTUALLY(strcmp(cached_bio(id), "new") == 0);
	uint64_t before = near_hits(id, "new");
	EVENTUALLY(near_hits(id, "new") > before);
	blog_sql(&blog, "TRUNCATE users CASCADE");
	run_once();
	EVENTUALLY(strcmp(cached_bio(id), "") == 0);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("relay bound", test_bound__without_a_relay_the_cache_is_not_read,
           test_bound__writes_of_others_are_seen_within_it, test_bound__holds_when_redis_was_frozen,
           test_near_cache__drops_what_others_wrote);
