/* The cache manager as users meet it: configuration, values of their own, flush, statistics; and backends of their own. */
#include "unit/cache/cached.h"

#include "base/memory.h"

#include <pthread.h>

/* ---- Configuration ---- */

START_TEST(test_manager__a_model_inherits_what_it_does_not_say)
{
	weir_cache_config       config;
	const weir_cache_config defaults = { .ttl_s = 1000, .list_ttl_s = 2000 };
	const weir_cache_config own = { .ttl_s = 5, .max_items = 7 };

	begin_with(defaults);
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &own, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_config(cache, &user_model, &config, NULL), WEIR_OK);
	ck_assert(config.enabled == WEIR_ON && config.ttl_s == 5 && config.unique_ttl_s == 300 &&
	          config.list_ttl_s == 2000 && config.count_ttl_s == 60 && config.absent_ttl_s == 10 &&
	          config.version == 0);
	ck_assert(config.max_entries == WEIR_UNLIMITED && config.max_items == 7 && config.max_bytes == 1 << 20);
	ck_assert_int_eq(weir_cache_manager_config(cache, &post_model, &config, NULL), WEIR_OK);
	ck_assert(config.ttl_s == 1000 && config.max_items == 1000);
	end();
}
END_TEST

START_TEST(test_manager__new_defaults_reach_all_models_without_a_value_of_their_own)
{
	weir_cache_config config;

	begin();
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .ttl_s = 5 }, NULL),
	                 WEIR_OK);
	ck_assert_int_eq(
		weir_cache_manager_configure(cache, NULL, &(weir_cache_config){ .ttl_s = 77, .max_items = 3 }, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_config(cache, &user_model, &config, NULL), WEIR_OK);
	ck_assert(config.ttl_s == 5 && config.max_items == 3);
	ck_assert_int_eq(weir__cache_space_max_items(users), 3);
	ck_assert_int_eq(weir_cache_manager_config(cache, &post_model, &config, NULL), WEIR_OK);
	ck_assert(config.ttl_s == 77);
	ck_assert_int_eq(weir_cache_manager_config(cache, NULL, &config, NULL), WEIR_OK);
	ck_assert(config.ttl_s == 77 && config.unique_ttl_s == 300);
	end();
}
END_TEST

START_TEST(test_manager__a_wrong_value_is_named_and_changes_nothing)
{
	weir_error        err = WEIR_ERROR_INIT;
	weir_cache_config config;

	begin();
	ck_assert_int_eq(
		weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .ttl_s = 5, .list_ttl_s = -9 }, &err),
		WEIR_ERR_USAGE);
	ck_assert_str_eq(err.model, "user");
	ck_assert_str_eq(err.column, "list_ttl_s");
	ck_assert_ptr_nonnull(strstr(err.message, "-9"));
	ck_assert_int_eq(weir_cache_manager_config(cache, &user_model, &config, NULL), WEIR_OK);
	ck_assert_int_eq(config.ttl_s, 300);
	end();
}
END_TEST

START_TEST(test_manager__a_model_that_is_not_the_sessions_is_named)
{
	static const weir_model stranger = { .name = "stranger", .table = "strangers" };
	weir_cache_config       config = { .ttl_s = 5 };
	weir_error              err = WEIR_ERROR_INIT;

	begin();
	ck_assert_int_eq(weir_cache_manager_configure(cache, &stranger, &config, &err), WEIR_ERR_USAGE);
	ck_assert_str_eq(err.model, "stranger");
	ck_assert_int_eq(weir_cache_manager_config(cache, &stranger, &config, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_flush(cache, &stranger, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_flush(NULL, NULL, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_configure(NULL, NULL, &config, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_config(cache, NULL, NULL, &err), WEIR_ERR_USAGE);
	end();
}
END_TEST

static void assert_not_created(weir__cache_manager_options options, const char *named)
{
	weir_cache_manager *made = NULL;
	weir_error          err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir__cache_manager_create(&options, &made, &err), WEIR_ERR_USAGE);
	ck_assert_msg(strstr(err.message, named) != NULL, "%s", err.message);
	ck_assert_ptr_null(made);
}

START_TEST(test_manager__wrong_options_are_named)
{
	weir__cache_manager_options good = { .backend = weir__cache_backend_none(), .prefix = "p", .timeout_ms = 50 };
	weir__cache_manager_options bad = good;

	bad.prefix = "two words";
	assert_not_created(bad, "cache_prefix");
	bad = good;
	bad.timeout_ms = 0;
	assert_not_created(bad, "cache_timeout_ms");
	bad = good;
	bad.defaults.ttl_s = -5;
	assert_not_created(bad, "ttl_s");
	bad = good;
	bad.backend = &(weir_cache_backend){ .name = "empty" };
	assert_not_created(bad, "cache_backend");
}
END_TEST

START_TEST(test_manager__two_models_of_one_name_are_refused)
{
	static const weir_model twin = { .name = "user", .table = "members" };
	static const weir_model wrong = { .name = "wrong", .table = "wrongs", .cache = { .count_ttl_s = -7 } };
	weir__cache_space      *space = NULL;
	weir_error              err = WEIR_ERROR_INIT;

	begin();
	ck_assert_int_eq(weir__cache_space_create(cache, &twin, "members", 3, &space, &err), WEIR_ERR_USAGE);
	ck_assert_str_eq(err.model, "user");
	ck_assert_int_eq(weir__cache_space_create(cache, &wrong, "wrongs", 3, &space, &err), WEIR_ERR_USAGE);
	ck_assert_str_eq(err.model, "wrong");
	ck_assert_str_eq(err.column, "count_ttl_s");
	ck_assert_ptr_null(space);
	end();
}
END_TEST

/* ---- Values of the application's own ---- */

static void assert_own(const char *key, const char *expected, size_t length)
{
	char  *value = NULL;
	size_t got = 99;

	ck_assert_int_eq(weir_cache_manager_get(cache, key, &value, &got, NULL), WEIR_OK);
	ck_assert_uint_eq(got, length);
	ck_assert_mem_eq(value, expected, length);
	ck_assert_int_eq(value[length], '\0');
	weir_free(value);
}

START_TEST(test_own__any_bytes_under_any_key)
{
	static const char bytes[] = "V\0\r\n\xff";
	char              long_key[3000];

	begin();
	memset(long_key, 'k', sizeof long_key);
	long_key[sizeof long_key - 1] = '\0';
	ck_assert_int_eq(weir_cache_manager_set(cache, "plain", bytes, sizeof bytes, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, "a b:{c}%\n", "1", 1, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, long_key, "long", 4, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, long_key + 1, "shorter", 7, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, "empty", NULL, 0, 0, NULL), WEIR_OK);
	assert_own("plain", bytes, sizeof bytes);
	assert_own("a b:{c}%\n", "1", 1);
	assert_own(long_key, "long", 4);
	assert_own(long_key + 1, "shorter", 7);
	assert_own("empty", "", 0);
	ck_assert_int_eq(held("test:own:{plain}"), WEIR_CACHED_VALUE);
	ck_assert_uint_eq(stats_of(NULL).hits, 5);
	end();
}
END_TEST

START_TEST(test_own__what_is_not_there_is_not_found)
{
	weir_error err = WEIR_ERROR_INIT;
	char      *value = (char *)&err;

	begin();
	ck_assert_int_eq(weir_cache_manager_get(cache, "nothing", &value, NULL, &err), WEIR_NOT_FOUND);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(weir_cache_manager_delete(cache, "nothing", NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, "k", "v", 1, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_delete(cache, "k", NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_get(cache, "k", &value, NULL, NULL), WEIR_NOT_FOUND);
	end();
}
END_TEST

START_TEST(test_own__values_expire)
{
	char *value = NULL;

	begin_with((weir_cache_config){ .ttl_s = 50 });
	ck_assert_int_eq(weir_cache_manager_set(cache, "default", "v", 1, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, "brief", "v", 1, 5, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_set(cache, "endless", "v", 1, WEIR_TTL_NEVER, NULL), WEIR_OK);
	pass_s(6);
	ck_assert_int_eq(weir_cache_manager_get(cache, "brief", &value, NULL, NULL), WEIR_NOT_FOUND);
	assert_own("default", "v", 1);
	pass_s(50);
	ck_assert_int_eq(weir_cache_manager_get(cache, "default", &value, NULL, NULL), WEIR_NOT_FOUND);
	pass_s(1000000);
	assert_own("endless", "v", 1);
	end();
}
END_TEST

START_TEST(test_own__are_never_a_record)
{
	char *value = NULL;

	begin();
	read_row("user:id:1", "row");
	ck_assert_int_eq(weir_cache_manager_get(cache, "user:id:1", &value, NULL, NULL), WEIR_NOT_FOUND);
	plant("test:own:{odd}", "V1 0123456789abcdef 00000000000000f1 0000000000000001 00000003 000003 0 odd\nrow");
	ck_assert_int_eq(weir_cache_manager_get(cache, "odd", &value, NULL, NULL), WEIR_NOT_FOUND);
	plant("test:{user:id:9}", "O1 0123456789abcdef 00000000000000f1 0000000000000001 00000003 000009 0 user:id:9\nown");
	ck_assert_str_eq(read_row("user:id:9", "row"), "db");
	end();
}
END_TEST

START_TEST(test_own__wrong_calls_are_refused)
{
	weir_error err = WEIR_ERROR_INIT;
	char      *value = NULL;

	begin();
	ck_assert_int_eq(weir_cache_manager_set(cache, "", "v", 1, 0, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_set(cache, NULL, "v", 1, 0, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_set(NULL, "k", "v", 1, 0, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_set(cache, "k", NULL, 1, 0, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_set(cache, "k", "v", 1, -5, &err), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "ttl_s"));
	ck_assert_int_eq(weir_cache_manager_get(cache, "", &value, NULL, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_get(cache, "k", NULL, NULL, &err), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_cache_manager_delete(cache, "", &err), WEIR_ERR_USAGE);
	weir_free(NULL);
	end();
}
END_TEST

START_TEST(test_own__a_cache_that_fails_says_so)
{
	weir_error err = WEIR_ERROR_INIT;
	char      *value = NULL;

	begin();
	atomic_store(&wrapper.failing, FAIL_ALL);
	ck_assert_int_eq(weir_cache_manager_get(cache, "k", &value, NULL, &err), WEIR_ERR_CACHE);
	ck_assert_int_eq(err.status, WEIR_ERR_CACHE);
	ck_assert_int_eq(weir_cache_manager_set(cache, "k", "v", 1, 0, NULL), WEIR_ERR_CACHE);
	ck_assert_int_eq(weir_cache_manager_delete(cache, "k", NULL), WEIR_ERR_CACHE);
	ck_assert(!weir_cache_manager_is_up(cache));
	ck_assert_int_eq(weir_cache_manager_flush(cache, NULL, &err), WEIR_ERR_CACHE);
	atomic_store(&wrapper.failing, 0);
	ck_assert(weir_cache_manager_is_up(cache));
	end();
}
END_TEST

/* ---- Flush, statistics ---- */

START_TEST(test_manager__flush_forgets_one_model)
{
	weir__lookup post = row_lookup("post:id:1");

	begin();
	read_row("user:id:1", "old");
	read_row("user:id:2", NULL);
	read_list("users:q:list:a", "users:s:city:1", "old list");
	ck_assert_int_eq(look(posts, &post), WEIR__MISS);
	fill_text(posts, &post, "post", 1);
	weir__lookup_release(&post);
	ck_assert_int_eq(weir_cache_manager_set(cache, "own", "v", 1, 0, NULL), WEIR_OK);
	ck_assert_int_eq(weir_cache_manager_flush(cache, &user_model, NULL), WEIR_OK);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(held("test:{user:id:2}"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(held("test:{users}:q:list:a"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(held("test:{post:id:1}"), WEIR_CACHED_VALUE);
	assert_own("own", "v", 1);
	ck_assert_int_eq(weir_cache_manager_flush(cache, NULL, NULL), WEIR_OK);
	ck_assert_int_eq(held("test:{post:id:1}"), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_manager__a_flush_drops_the_fill_of_a_read_before_it)
{
	weir__lookup row = row_lookup("user:id:1"), list = list_lookup("users:q:list:a", "users:s:city:1");

	begin();
	ck_assert_int_eq(look(users, &row), WEIR__MISS);
	ck_assert_int_eq(look(users, &list), WEIR__MISS);
	ck_assert_int_eq(weir_cache_manager_flush(cache, &user_model, NULL), WEIR_OK);
	fill_text(users, &row, "old", 1);
	fill_text(users, &list, "old list", 1);
	weir__lookup_release(&row);
	weir__lookup_release(&list);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:1", "new list"), "db");
	end();
}
END_TEST

START_TEST(test_manager__statistics_are_per_model_and_resettable)
{
	weir_cache_stats stats;

	begin();
	read_row("user:id:1", "row");
	read_row("user:id:1", "row");
	ck_assert_int_eq(weir_cache_manager_set(cache, "own", "v", 1, 0, NULL), WEIR_OK);
	ck_assert_uint_eq(stats_of(NULL).fills, 2);
	ck_assert_uint_eq(stats_of(&user_model).fills, 1);
	weir_cache_manager_stats_reset(cache, &post_model);
	ck_assert_uint_eq(stats_of(&user_model).hits, 1);
	weir_cache_manager_stats_reset(cache, NULL);
	stats = stats_of(NULL);
	ck_assert_uint_eq(stats.hits + stats.misses + stats.fills, 0);
	ck_assert(weir_cache_stats_hit_ratio(&stats) == 0.0);
	end();
}
END_TEST

static void *count_up(void *memory)
{
	weir__counters *counters = memory;

	for (int i = 0; i < 10000; i++) {
		weir__counters_add(counters, WEIR__COUNT_HITS, 2);
		weir__counters_add(counters, WEIR__COUNT_MISSES, i % 2 ? -1 : 2);
		weir__counters_add_near(counters, weir__seat(), i % 10 == 0);
	}
	return NULL;
}

START_TEST(test_counters__lose_nothing_among_threads)
{
	static weir__counters counters;
	weir_cache_stats      stats = { .errors = 3 };
	pthread_t             threads[8];

	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, &counters), 0);
		if (i == 3)
			weir__counters_prepare_near(&counters); /* while they count: nothing is lost or counted twice */
	}
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	weir__counters_sum(&counters, &stats);
	ck_assert_uint_eq(stats.near_hits, 80000);
	ck_assert_uint_eq(stats.absent_hits, 8000);
	ck_assert_uint_eq(stats.hits, 160000 + 72000);
	ck_assert_uint_eq(stats.misses, 40000);
	ck_assert_uint_eq(stats.errors, 3);
	weir__counters_reset(&counters);
	stats = (weir_cache_stats){ .errors = 0 };
	weir__counters_add_near(&counters, weir__seat(), false);
	weir__counters_sum(&counters, &stats);
	ck_assert_uint_eq(stats.near_hits, 1);
	ck_assert_uint_eq(stats.hits, 1);
	weir__counters_release(&counters);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* What a process does with a cache, from its beginning to its end. */
static void live_once(void)
{
	weir__cache_manager_options options = { .prefix = "test", .timeout_ms = 1000 };
	char                       *value = NULL;

	cache = NULL;
	users = NULL;
	if (weir__cache_backend_memory(1 << 20, &options.backend, NULL) < 0)
		return;
	if (weir__cache_manager_create(&options, &cache, NULL) < 0) {
		options.backend->close(options.backend);
		return;
	}
	if (weir__cache_space_create(cache, &user_model, "users", 1, &users, NULL) == WEIR_OK) {
		weir__lookup   lookups[30];
		weir__filling  fillings[30];
		char           keys[30][32];
		weir__touches *touches = NULL;

		for (int i = 0; i < 30; i++) {
			snprintf(keys[i], sizeof keys[i], "user:id:%d", i);
			lookups[i] = row_lookup(keys[i]);
			fillings[i] = (weir__filling){ .lookup = &lookups[i], .payload = text_bytes("row") };
		}
		weir__cache_lookup(users, lookups, 30);
		weir__cache_lease(users, lookups, 30);
		weir__cache_fill(users, fillings, 30);
		for (int i = 0; i < 30; i++)
			weir__lookup_release(&lookups[i]);
		(void)read_list("users:q:list:a", "users:s:any", "list");
		(void)weir_cache_manager_set(cache, "own", "v", 1, 0, NULL);
		if (weir_cache_manager_get(cache, "own", &value, NULL, NULL) == WEIR_OK)
			weir_free(value);
		if (weir__touches_create(cache, &touches, NULL) == WEIR_OK) {
			for (int i = 0; i < 30; i++)
				(void)weir__touches_add_key(touches, users, text_bytes(keys[i]));
			weir__cache_guard(cache, touches, NULL);
			weir__cache_release(cache, touches);
		}
		weir__touches_free(touches);
		(void)weir_cache_manager_flush(cache, NULL, NULL);
	}
	weir__cache_manager_free(cache);
}

START_TEST(test_manager__survives_every_failing_allocation)
{
	for (int mode = WEIR__FAIL_ONCE; mode <= WEIR__FAIL_FOREVER; mode++) {
		long failures = 1;

		for (long n = 0; failures > 0; n++) {
			weir__memory_fail_after(n, mode);
			live_once();
			failures = weir__memory_failures();
			weir__memory_fail_after(0, WEIR__FAIL_NEVER);
			ck_assert_int_lt(n, 10000);
		}
	}
}
END_TEST
#define FAILURE_TESTS test_manager__survives_every_failing_allocation,
#else
#define FAILURE_TESTS
#endif

/* ---- A backend of the user's with the least that there must be ---- */

static weir_cache_backend *plain_inner;

static int plain_get(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                     weir_cached *found)
{
	(void)self;
	return plain_inner->get_many(plain_inner, keys, count, call, found);
}

static int plain_set(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	(void)self;
	return plain_inner->set(plain_inner, entry, call);
}

static void plain_close(weir_cache_backend *self)
{
	(void)self;
	plain_inner->close(plain_inner);
}

static void note_line(void *context, weir_log_level level, const char *line)
{
	(void)level;
	++*(int *)context;
	ck_assert_ptr_nonnull(strstr(line, "incoherent"));
}

START_TEST(test_manager__a_backend_with_get_and_set_alone_works_incoherently)
{
	weir_cache_backend plain = { .name = "plain", .get_many = plain_get, .set = plain_set, .close = plain_close };
	int                lines = 0;
	weir__logger       logger;
	weir__cache_manager_options options = {
		.backend = &plain, .prefix = "test", .timeout_ms = 1000, .logger = &logger
	};

	weir__logger_init(&logger, &(weir_log){ .write = note_line, .context = &lines });
	ck_assert_int_eq(weir__cache_backend_memory_with_clock(-1, read_clock, NULL, &plain_inner, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_manager_create(&options, &cache, NULL), WEIR_OK);
	ck_assert_int_eq(lines, 1);
	ck_assert_int_eq(weir__cache_space_create(cache, &user_model, "users", 0xf1, &users, NULL), WEIR_OK);
	ck_assert(weir__cache_space_enabled(users));
	ck_assert(weir_cache_manager_is_up(cache));
	ck_assert_str_eq(read_row("user:id:1", "row"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	ck_assert_str_eq(read_row("user:id:2", NULL), "db");
	ck_assert_str_eq(read_row("user:id:2", "never"), "absent");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "list"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "never"), "list");
	write_through("user:id:1", NULL);
	ck_assert_str_eq(read_row("user:id:1", "never"), "row"); /* until its TTL */
	ck_assert_str_eq(read_row("user:id:2", "born"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "new list"), "db");
	weir__cache_manager_free(cache);
}
END_TEST

WEIR_SUITE("cache manager", FAILURE_TESTS test_manager__a_model_inherits_what_it_does_not_say,
           test_manager__new_defaults_reach_all_models_without_a_value_of_their_own,
           test_manager__a_wrong_value_is_named_and_changes_nothing,
           test_manager__a_model_that_is_not_the_sessions_is_named, test_manager__wrong_options_are_named,
           test_manager__two_models_of_one_name_are_refused, test_own__any_bytes_under_any_key,
           test_own__what_is_not_there_is_not_found, test_own__values_expire, test_own__are_never_a_record,
           test_own__wrong_calls_are_refused, test_own__a_cache_that_fails_says_so,
           test_manager__flush_forgets_one_model, test_manager__a_flush_drops_the_fill_of_a_read_before_it,
           test_manager__statistics_are_per_model_and_resettable, test_counters__lose_nothing_among_threads,
           test_manager__a_backend_with_get_and_set_alone_works_incoherently);
