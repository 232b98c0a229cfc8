/* Redis goes away, freezes, answers nonsense and comes back, while a service goes on reading and writing: no call fails, no read is
 * older than the last write of this process, and the cache is used again by itself afterwards. */
#include "support/blog.h"
#include "support/eventually.h"
#include "support/servers.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct blog   blog;
static struct server redis;
static char          log_lines[16384];

static void keep_line(void *context, weir_log_level level, const char *line)
{
	size_t length = strlen(log_lines);

	(void)context;
	(void)level;
	if (length + strlen(line) + 2 < sizeof log_lines)
		snprintf(log_lines + length, sizeof log_lines - length, "%s\n", line);
}

static void setup(void)
{
	log_lines[0] = '\0';
	server_start(&redis, SERVER_REDIS);
	blog_open(&blog, &(weir_options){ .redis = redis.url, .cache_timeout_ms = 50, .log = { .write = keep_line } });
}

static void teardown(void)
{
	blog_close(&blog);
	server_release(&redis);
}

/* A write and the reads that must see it. */
static void write_and_read(int64_t id, const char *bio)
{
	const user *found = NULL;

	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err));
	for (int i = 0; i < 3; i++) {
		assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
		ck_assert_str_eq(found->bio, bio);
		user_release(&found);
	}
}

static bool hits(int64_t id)
{
	const user *found = NULL;
	uint64_t    before = blog_queries(&blog);

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
	return blog_queries(&blog) == before;
}

START_TEST(test_redis_killed__calls_go_on_and_the_cache_comes_back)
{
	setup();
	int64_t id = blog_user(&blog, "ada");

	write_and_read(id, "before");
	ck_assert(hits(id));
	server_kill(&redis);
	write_and_read(id, "during");
	ck_assert(!weir_cache_manager_is_up(weir_session_cache(blog.session)));
	ck_assert(!hits(id));
	server_restart(&redis);
	EVENTUALLY(hits(id));
	write_and_read(id, "after");
	ck_assert(hits(id));
	teardown();
}
END_TEST

START_TEST(test_redis_frozen__calls_wait_no_longer_than_the_caches_budget)
{
	setup();
	int64_t id = blog_user(&blog, "ada");

	write_and_read(id, "before");
	server_pause(&redis);
	int64_t started = now_ms();
	write_and_read(id, "during");
	ck_assert_int_lt(now_ms() - started, 3000);
	server_resume(&redis);
	EVENTUALLY(hits(id));
	write_and_read(id, "after");
	teardown();
}
END_TEST

/* A value written while Redis was out of reach must not be hidden by the older one that Redis still has. */
START_TEST(test_redis_out_of_reach__its_old_values_are_not_served_afterwards)
{
	const user *found = NULL;

	setup();
	int64_t id = blog_user(&blog, "ada");

	write_and_read(id, "old");
	EVENTUALLY(hits(id)); /* what it is about; a busy machine may need more than one read */
	server_pause(&redis);
	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, &blog.err));
	server_resume(&redis);
	for (int64_t until = now_ms() + 1500; now_ms() < until;) {
		assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
		ck_assert_str_eq(found->bio, "new");
		user_release(&found);
	}
	EVENTUALLY(hits(id));
	teardown();
}
END_TEST

START_TEST(test_redis_never_there__a_session_opens_and_works)
{
	server_start(&redis, SERVER_REDIS);
	server_stop(&redis);
	log_lines[0] = '\0';
	blog_open(&blog, &(weir_options){ .redis = redis.url, .log = { .write = keep_line } });
	write_and_read(blog_user(&blog, "ada"), "works");
	ck_assert_ptr_nonnull(strstr(log_lines, "down"));
	teardown();
}
END_TEST

START_TEST(test_log__holds_no_value_and_no_password)
{
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	weir_options  options = { .models = blog_models,
		                      .redis = "redis://:hunter2@127.0.0.1:1/0",
		                      .timeout_ms = 2000,
		                      .log = { .write = keep_line, .level = WEIR_LOG_DEBUG } };

	setup();
	weir_session_set_log_level(blog.session, WEIR_LOG_DEBUG);
	int64_t id = blog_user(&blog, "canary-name");
	write_and_read(id, "canary-bio");
	server_kill(&redis);
	write_and_read(id, "canary-bio2");
	options.postgres = "postgresql://nobody:canary-password@127.0.0.1:1/none";
	ck_assert_int_eq(weir_open(&options, &session, &err), WEIR_ERR_CONNECT);
	ck_assert_ptr_null(strstr(err.message, "canary"));
	ck_assert_ptr_null(strstr(log_lines, "canary"));
	ck_assert_ptr_null(strstr(log_lines, "hunter2"));
	ck_assert_uint_gt(strlen(log_lines), 0);
	teardown();
}
END_TEST

WEIR_SUITE("redis_outage", test_redis_killed__calls_go_on_and_the_cache_comes_back,
           test_redis_frozen__calls_wait_no_longer_than_the_caches_budget,
           test_redis_out_of_reach__its_old_values_are_not_served_afterwards,
           test_redis_never_there__a_session_opens_and_works, test_log__holds_no_value_and_no_password);
