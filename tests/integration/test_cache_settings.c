/* What is kept in Redis under which name and for how long, and that configuration and statistics say the truth: rows B9,
 * B10, B13 to B16, B27, H and N of docs/features.md. Keys are looked at past the library, on a connection of the test's own. */
#include "support/blog.h"
#include "support/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct blog blog;

/* The body runs on Redis with these options. */
#define SETTINGS_TEST_WITH(name, ...)                                                                                  \
	static void body_##name(weir_cache_manager *cache);                                                                \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		blog_open(&blog, &(weir_options){ __VA_ARGS__ });                                                              \
		body_##name(weir_session_cache(blog.session));                                                                 \
		blog_close(&blog);                                                                                             \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void body_##name(weir_cache_manager *cache)
#define SETTINGS_TEST(name) SETTINGS_TEST_WITH(name, .cache_kind = WEIR_CACHE_REDIS)

/* Runs a statement and asserts how many queries it sent. */
#define assert_queries(expected, statement)                                                                            \
	do {                                                                                                               \
		uint64_t before_ = blog_queries(&blog);                                                                        \
		statement;                                                                                                     \
		ck_assert_uint_eq(blog_queries(&blog) - before_, expected);                                                    \
	} while (0)

static int read_user(int64_t id)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err);

	user_release(&found);
	return rc;
}

static int read_email(const char *email)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_email_cached(&blog.users, email, &found, &blog.err);

	user_release(&found);
	return rc;
}

static size_t read_users(void)
{
	user_list found = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(user_dao_get_all_cached(&blog.users, NULL, &found, &blog.err));
	count = found.count;
	user_list_release(&found);
	return count;
}

static int64_t count_users(void)
{
	int64_t count = -1;

	assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err));
	return count;
}

/* The one key of this prefix that matches; the test fails if there are none or several. */
static void find_key(const char *pattern, char key[256])
{
	redisReply *reply = redis_reply(test_redis_url(), "KEYS %s:????????:%s", blog.prefix, pattern);

	ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
	ck_assert_msg(reply->elements == 1, "%zu keys match %s", reply->elements, pattern);
	snprintf(key, 256, "%s", reply->element[0]->str);
	freeReplyObject(reply);
}

/* Expires in so many seconds, of which up to 30 may have passed. */
static void assert_expires(const char *pattern, int64_t seconds)
{
	char    key[256];
	int64_t left_ms;

	find_key(pattern, key);
	left_ms = redis_run(test_redis_url(), "PTTL %s", key);
	ck_assert_msg(left_ms <= seconds * 1000 && left_ms > (seconds - 30) * 1000, "%s expires in %lld ms", pattern,
	              (long long)left_ms);
}

/* Flushing reaches the entries of the version in force; those of others would wait for their expiry. */
static void delete_keys(void)
{
	redisReply *reply = redis_reply(test_redis_url(), "KEYS %s:*", blog.prefix);

	for (size_t i = 0; i < reply->elements; i++)
		redis_run(test_redis_url(), "DEL %s", reply->element[i]->str);
	freeReplyObject(reply);
}

static void configure(const weir_model *model, weir_cache_config config)
{
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), model, &config, &blog.err));
}

static weir_cache_config config_of(const weir_model *model)
{
	weir_cache_config config = { 0 };

	assert_ok(weir_cache_manager_config(weir_session_cache(blog.session), model, &config, &blog.err));
	return config;
}

/* ---- Names -------------------------------------------------------------------------------------------------------- */

SETTINGS_TEST(test_keys__are_named_by_model_field_and_value)
{
	char    key[256], name[64];
	int64_t id = blog_user(&blog, "ada");

	ck_assert_ptr_nonnull(cache);
	assert_ok(read_user(id));
	snprintf(name, sizeof name, "{user:id:%lld}", (long long)id);
	find_key(name, key);
	assert_ok(read_email("ada@example.org"));
	find_key("{user:email:ada@example.org}", key);
	read_users();
	find_key("{users}:q:list:*", key);
	count_users();
	find_key("{users}:q:count:*", key);
}

/* ---- Times to live ------------------------------------------------------------------------------------------------ */

SETTINGS_TEST(test_ttl__is_300_for_records_and_fields_120_for_lists_60_for_counts_10_for_no_row)
{
	int64_t id = blog_user(&blog, "ada");

	(void)cache;
	assert_ok(read_email("ada@example.org"));
	assert_ok(read_user(id));
	read_users();
	count_users();
	assert_status(WEIR_NOT_FOUND, read_user(id + 1000));
	assert_expires("{user:email:*}", 300);
	assert_expires("{users}:q:list:*", 120);
	assert_expires("{users}:q:count:*", 60);
	char name[64];
	snprintf(name, sizeof name, "{user:id:%lld}", (long long)id);
	assert_expires(name, 300);
	snprintf(name, sizeof name, "{user:id:%lld}", (long long)id + 1000);
	assert_expires(name, 10);
}

SETTINGS_TEST(test_ttl__is_what_was_configured)
{
	(void)cache;
	configure(&user_model, (weir_cache_config){ .ttl_s = 77, .list_ttl_s = WEIR_TTL_NEVER });
	assert_ok(read_user(blog_user(&blog, "ada")));
	read_users();
	assert_expires("{user:id:*}", 77);
	char key[256];
	find_key("{users}:q:list:*", key);
	ck_assert_int_eq(redis_run(test_redis_url(), "PTTL %s", key), -1);
}

SETTINGS_TEST_WITH(test_ttl__an_entry_that_expired_is_read_again, .cache = { .ttl_s = 1 })
{
	int64_t id = blog_user(&blog, "ada"), started_us = weir_time_now().unix_us;
	char    key[256];

	(void)cache;
	assert_queries(1, assert_ok(read_user(id)));
	find_key("{user:id:*}", key);
	while (redis_run(test_redis_url(), "EXISTS %s", key) == 1)
		ck_assert_int_lt(weir_time_now().unix_us - started_us, 20000000);
	assert_queries(1, assert_ok(read_user(id)));
}

/* ---- Empty answers ------------------------------------------------------------------------------------------------ */

SETTINGS_TEST(test_empty__lists_and_zero_counts_are_kept_until_a_write)
{
	(void)cache;
	assert_queries(1, ck_assert_uint_eq(read_users(), 0));
	assert_queries(0, ck_assert_uint_eq(read_users(), 0));
	assert_queries(1, ck_assert_int_eq(count_users(), 0));
	assert_queries(0, ck_assert_int_eq(count_users(), 0));
	blog_user(&blog, "ada");
	ck_assert_uint_eq(read_users(), 1);
	ck_assert_int_eq(count_users(), 1);
}

/* ---- Configuration ------------------------------------------------------------------------------------------------ */

SETTINGS_TEST(test_configure__says_what_is_built_in)
{
	weir_cache_config config = config_of(NULL);

	(void)cache;
	ck_assert_int_eq(config.enabled, WEIR_ON);
	ck_assert_int_eq(config.ttl_s, 300);
	ck_assert_int_eq(config.unique_ttl_s, 300);
	ck_assert_int_eq(config.list_ttl_s, 120);
	ck_assert_int_eq(config.count_ttl_s, 60);
	ck_assert_int_eq(config.absent_ttl_s, 10);
	ck_assert_int_eq(config.max_entries, WEIR_UNLIMITED);
	ck_assert_int_eq(config.max_items, 1000);
	ck_assert_int_eq(config.max_bytes, 1 << 20);
}

SETTINGS_TEST_WITH(test_configure__defaults_may_be_set_together_or_one_alone, .cache = { .count_ttl_s = 5 })
{
	weir_cache_config config;

	(void)cache;
	configure(NULL, (weir_cache_config){ .enabled = WEIR_OFF, .ttl_s = 11, .max_items = 12 });
	configure(NULL, (weir_cache_config){ .max_items = 13 });
	config = config_of(&post_model);
	ck_assert_int_eq(config.enabled, WEIR_OFF);
	ck_assert_int_eq(config.ttl_s, 11);
	ck_assert_int_eq(config.max_items, 13);
	ck_assert_int_eq(config.count_ttl_s, 5);
	ck_assert_int_eq(config.list_ttl_s, 120);
}

SETTINGS_TEST(test_configure__a_models_own_values_come_before_the_defaults_and_it_inherits_the_rest)
{
	int64_t id = blog_user(&blog, "ada");

	(void)cache;
	configure(&user_model, (weir_cache_config){ .ttl_s = 21, .enabled = WEIR_ON });
	configure(NULL, (weir_cache_config){ .ttl_s = 22, .list_ttl_s = 23, .enabled = WEIR_OFF });
	ck_assert_int_eq(config_of(&user_model).ttl_s, 21);
	ck_assert_int_eq(config_of(&user_model).list_ttl_s, 23);
	ck_assert_int_eq(config_of(&post_model).ttl_s, 22);
	assert_ok(read_user(id));
	assert_queries(0, assert_ok(read_user(id)));
	assert_expires("{user:id:*}", 21);
}

SETTINGS_TEST(test_configure__a_member_out_of_range_is_named_and_nothing_changes)
{
	weir_cache_config wrong = { .ttl_s = 5, .list_ttl_s = -7 };

	assert_status(WEIR_ERR_USAGE, weir_cache_manager_configure(cache, &user_model, &wrong, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "list_ttl_s"));
	ck_assert_int_eq(config_of(&user_model).ttl_s, 300);
}

SETTINGS_TEST(test_version__another_number_leaves_all_entries_behind)
{
	int64_t id = blog_user(&blog, "ada");

	(void)cache;
	assert_ok(read_user(id));
	ck_assert_uint_eq(read_users(), 1);
	configure(&user_model, (weir_cache_config){ .version = 2 });
	assert_queries(1, assert_ok(read_user(id)));
	assert_queries(1, ck_assert_uint_eq(read_users(), 1));
	assert_queries(0, assert_ok(read_user(id)));
	configure(&user_model, (weir_cache_config){ .version = 1 });
	assert_queries(1, assert_ok(read_user(id)));
	delete_keys();
}

SETTINGS_TEST_WITH(test_max_entries__bounds_what_memory_keeps_of_a_model, .cache_kind = WEIR_CACHE_MEMORY,
                   .cache = { .max_entries = 20 })
{
	int64_t ids[60];
	char    name[16];
	int     kept = 0;

	(void)cache;
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "user%d", i);
		ids[i] = blog_user(&blog, name);
		assert_ok(read_user(ids[i]));
	}
	for (int i = 60; i-- > 0;) {
		uint64_t before = blog_queries(&blog);

		assert_ok(read_user(ids[i]));
		kept += blog_queries(&blog) == before;
	}
	ck_assert_int_gt(kept, 0);
	ck_assert_int_le(kept, 40);
}

/* ---- Statistics and log ------------------------------------------------------------------------------------------- */

SETTINGS_TEST(test_statistics__count_hits_misses_and_their_ratio_for_each_model_and_for_all)
{
	int64_t          id = blog_user(&blog, "ada");
	weir_cache_stats stats;

	weir_cache_manager_stats_reset(cache, NULL);
	weir_cache_manager_stats(cache, NULL, &stats);
	ck_assert_double_eq(weir_cache_stats_hit_ratio(&stats), 0.0);
	for (int i = 0; i < 4; i++)
		assert_ok(read_user(id));
	for (int i = 0; i < 2; i++)
		assert_status(WEIR_NOT_FOUND, read_user(id + 1000));
	weir_cache_manager_stats(cache, &user_model, &stats);
	ck_assert_uint_eq(stats.hits, 3);
	ck_assert_uint_eq(stats.absent_hits, 1);
	ck_assert_uint_eq(stats.misses, 2);
	ck_assert_uint_eq(stats.fills, 2);
	ck_assert_double_eq_tol(weir_cache_stats_hit_ratio(&stats), 4.0 / 6.0, 1e-9);
	weir_cache_manager_stats(cache, &post_model, &stats);
	ck_assert_uint_eq(stats.hits + stats.misses, 0);
	weir_cache_manager_stats(cache, NULL, &stats);
	ck_assert_uint_eq(stats.hits, 3);
	weir_cache_manager_stats_reset(cache, &user_model);
	weir_cache_manager_stats(cache, &user_model, &stats);
	ck_assert_uint_eq(stats.hits + stats.misses + stats.fills, 0);
}

static int debug_lines;

static void count_line(void *context, weir_log_level level, const char *line)
{
	(void)context;
	debug_lines += level == WEIR_LOG_DEBUG && strstr(line, "user:id:#") != NULL && strstr(line, "1 hits") != NULL;
}

SETTINGS_TEST_WITH(test_log_level__debug_shows_the_operations_of_the_cache, .log = { .write = count_line })
{
	int64_t id = blog_user(&blog, "ada");

	(void)cache;
	debug_lines = 0;
	assert_ok(read_user(id));
	ck_assert_int_eq(debug_lines, 0);
	weir_session_set_log_level(blog.session, WEIR_LOG_DEBUG);
	assert_ok(read_user(id));
	ck_assert_int_eq(debug_lines, 1);
	weir_session_set_log_level(blog.session, WEIR_LOG_WARNING);
	assert_ok(read_user(id));
	ck_assert_int_eq(debug_lines, 1);
}

WEIR_SUITE("cache_settings", test_keys__are_named_by_model_field_and_value,
           test_ttl__is_300_for_records_and_fields_120_for_lists_60_for_counts_10_for_no_row,
           test_ttl__is_what_was_configured, test_ttl__an_entry_that_expired_is_read_again,
           test_empty__lists_and_zero_counts_are_kept_until_a_write, test_configure__says_what_is_built_in,
           test_configure__defaults_may_be_set_together_or_one_alone,
           test_configure__a_models_own_values_come_before_the_defaults_and_it_inherits_the_rest,
           test_configure__a_member_out_of_range_is_named_and_nothing_changes,
           test_version__another_number_leaves_all_entries_behind,
           test_max_entries__bounds_what_memory_keeps_of_a_model,
           test_statistics__count_hits_misses_and_their_ratio_for_each_model_and_for_all,
           test_log_level__debug_shows_the_operations_of_the_cache);
