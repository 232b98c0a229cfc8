/* The outbox under the policy degrade: what a writer that cannot reach Redis leaves behind, and the relays that apply it. The writer's
 * Redis is a port where nobody listens; everybody else reaches the run's. */
#include <weir/relay.h>

#include "support/blog.h"
#include "support/eventually.h"
#include "support/must.h"
#include "support/servers.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOWHERE "redis://127.0.0.1:1/0"

static struct blog   blog; /* reads, and reaches Redis */
static weir_session *writer;
static char          log_lines[8192];

static void keep_line(void *context, weir_log_level level, const char *line)
{
	size_t length = strlen(log_lines);

	(void)context, (void)level;
	if (length + strlen(line) + 2 < sizeof log_lines)
		snprintf(log_lines + length, sizeof log_lines - length, "%s\n", line);
}

static void setup(void)
{
	log_lines[0] = '\0';
	blog_open(&blog, &(weir_options){ .log = { .write = keep_line } });
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	writer = blog_open_other(&blog, &(weir_options){ .redis = NOWHERE, .outbox = WEIR_ON, .relay = WEIR_OFF });
}

static void teardown(void)
{
	weir_close(&writer);
	blog_close(&blog);
}

static int64_t rows_in_outbox(void)
{
	return strtoll(blog_sql(&blog, "SELECT count(*) FROM weir_outbox"), NULL, 10);
}

static int write_bio(weir_session *session, int64_t id, const char *bio)
{
	user_dao users = get_user_dao(session);

	return user_dao_update(&users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err);
}

/* What a cached read of somebody says who reaches Redis. */
static const char *cached_bio(int64_t id)
{
	static char bio[64];
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	snprintf(bio, sizeof bio, "%s", found->bio ? found->bio : "");
	user_release(&found);
	return bio;
}

static int64_t user_in_cache(const char *name, const char *bio)
{
	int64_t id = blog_user(&blog, name);

	assert_ok(write_bio(blog.session, id, bio));
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(cached_bio(id), bio);
	return id;
}

static size_t run_once(void)
{
	size_t applied = 0;

	assert_ok(weir_relay_run_once(blog.session, &applied, &blog.err));
	return applied;
}

START_TEST(test_open__says_that_the_table_is_missing)
{
	weir_session *session = NULL;

	blog_open(&blog, NULL);
	weir_options options = { .postgres = test_database_url(),
		                     .redis = NOWHERE,
		                     .models = blog_models,
		                     .schema = blog.schema,
		                     .outbox = WEIR_ON };
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_SCHEMA);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "weir_outbox"));
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_open(&options, &session, &blog.err));
	weir_close(&session);
	ck_assert_ptr_nonnull(strstr(weir_outbox_sql(), "weir_outbox"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_open__says_that_the_role_may_not_write_it)
{
	weir_session *session = NULL;
	char          sql[512], url[512];

	if (test_is_pooled())
		return;
	setup();
	snprintf(sql, sizeof sql,
	         "CREATE ROLE %s_r; GRANT %s_r TO current_user; GRANT USAGE ON SCHEMA %s TO %s_r; SELECT 1", blog.schema,
	         blog.schema, blog.schema, blog.schema);
	blog_sql(&blog, sql);
	snprintf(url, sizeof url, "%s%coptions=-crole%%3D%s_r", test_database_url(),
	         strchr(test_database_url(), '?') ? '&' : '?', blog.schema);
	weir_options options = { .postgres = url,
		                     .redis = NOWHERE,
		                     .models = blog_models,
		                     .schema = blog.schema,
		                     .schema_check = WEIR_SCHEMA_SKIP,
		                     .outbox = WEIR_ON };
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_PERMISSION);
	snprintf(sql, sizeof sql, "DROP OWNED BY %s_r; DROP ROLE %s_r; SELECT 1", blog.schema, blog.schema);
	blog_sql(&blog, sql);
	teardown();
}
END_TEST

START_TEST(test_options__that_contradict_each_other_are_refused)
{
	weir_session *session = NULL;
	weir_options  options = { .postgres = test_database_url(), .redis = NOWHERE, .models = blog_models };

	blog_open(&blog, NULL);
	options.outside_ms = 99;
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "outside_ms"));
	options.outside_ms = 1000;
	options.outbox = WEIR_OFF;
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_USAGE);
	options.outbox = (weir_switch)5;
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_USAGE);
	options.outbox = WEIR_ON;
	options.cache_kind = WEIR_CACHE_MEMORY; /* nobody else would learn of what it takes out of the table */
	ck_assert_int_eq(weir_open(&options, &session, &blog.err), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "share"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_write__that_cannot_be_guarded_leaves_what_it_touches)
{
	char expected[160];

	setup();
	int64_t id = blog_user(&blog, "ada");
	ck_assert_int_eq(rows_in_outbox(), 0);
	assert_ok(write_bio(writer, id, "new"));
	snprintf(expected, sizeof expected,
	         "k user:id:%lld\ns users:s:any\nk user:username:ada\nk user:email:ada@example.org", (long long)id);
	ck_assert_str_eq(blog_sql(&blog, "SELECT touches FROM weir_outbox"), expected);
	ck_assert_str_eq(blog_sql(&blog, "SELECT prefix FROM weir_outbox"), blog.prefix);
	teardown();
}
END_TEST

/* The writer is gone with all it remembered. */
START_TEST(test_writer_that_died__is_stood_in_for_by_another_process)
{
	setup();
	int64_t id = user_in_cache("ada", "old");
	assert_ok(write_bio(writer, id, "new"));
	weir_close(&writer);
	ck_assert_str_eq(cached_bio(id), "old");
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "new");
	ck_assert_int_eq(rows_in_outbox(), 0);
	ck_assert_uint_eq(run_once(), 0);
	teardown();
}
END_TEST

static int write_both(weir_session *tx, void *argument, weir_error *err)
{
	const int64_t *ids = argument;
	user_dao       users = get_user_dao(tx);
	int            rc = user_dao_update(&users, ids[0], &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, err);

	if (rc >= 0)
		rc = user_dao_update(&users, ids[1], &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, err);
	return rc;
}

START_TEST(test_transaction__leaves_one_row_and_a_rolled_back_one_none)
{
	weir_session *tx = NULL;

	setup();
	int64_t ids[] = { user_in_cache("ada", "old"), user_in_cache("eve", "old") };
	assert_ok(weir_begin(writer, NULL, &tx, &blog.err));
	assert_ok(write_both(tx, ids, &blog.err));
	weir_rollback(&tx);
	ck_assert_int_eq(rows_in_outbox(), 0);
	assert_ok(weir_transact(writer, NULL, write_both, ids, &blog.err));
	ck_assert_int_eq(rows_in_outbox(), 1);
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(ids[0]), "new");
	ck_assert_str_eq(cached_bio(ids[1]), "new");
	teardown();
}
END_TEST

START_TEST(test_write__whose_outbox_is_gone_is_rolled_back)
{
	setup();
	int64_t id = user_in_cache("ada", "old");
	blog_sql(&blog, "DROP TABLE weir_outbox");
	ck_assert_int_lt(write_bio(writer, id, "new"), 0);
	ck_assert_int_eq(blog.err.effect, WEIR_EFFECT_NONE);
	ck_assert_str_eq(blog_sql(&blog, "SELECT bio FROM users"), "old");
	teardown();
}
END_TEST

START_TEST(test_statement_by_hand__that_does_not_name_its_rows_leaves_its_models)
{
	setup();
	int64_t id = user_in_cache("ada", "old");
	assert_ok(weir_execute(writer, WEIR_SQL("UPDATE users SET bio = 'new'"), WEIR_NO_PARAMS, WEIR_WRITES(user), NULL,
	                       &blog.err));
	ck_assert_ptr_nonnull(strstr(blog_sql(&blog, "SELECT touches FROM weir_outbox"), "f user users"));
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "new");
	teardown();
}
END_TEST

START_TEST(test_write__of_many_keys_becomes_several_rows)
{
	setup();
	user_dao users = get_user_dao(writer);
	blog_sql(&blog, "INSERT INTO users (username, email) SELECT 'u' || n, 'u' || n || '@example.org' "
	                "FROM generate_series(1, 3000) n");
	assert_ok(weir_base_dao_update_where(&users.base, weir_everything(), &(user){ .bio = "new" }, WEIR_SET(user, bio),
	                                     NULL, &blog.err));
	ck_assert_int_gt(rows_in_outbox(), 1);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM weir_outbox, regexp_split_to_table(touches, '\n') l "
	                                 "WHERE l LIKE 'k user:id:%'"),
	                 "3000");
	ck_assert_uint_gt(run_once(), 1);
	ck_assert_int_eq(rows_in_outbox(), 0);
	teardown();
}
END_TEST

START_TEST(test_rows__of_another_prefix_are_left_alone)
{
	setup();
	blog_sql(&blog, "INSERT INTO weir_outbox (prefix, touches) VALUES ('another', 'k user:id:1')");
	ck_assert_uint_eq(run_once(), 0);
	ck_assert_int_eq(rows_in_outbox(), 1);
	teardown();
}
END_TEST

START_TEST(test_rows__that_nobody_can_read_are_reported_and_do_not_stop_the_others)
{
	char sql[256];

	setup();
	int64_t id = user_in_cache("ada", "old");
	snprintf(sql, sizeof sql,
	         "INSERT INTO weir_outbox (prefix, touches) VALUES ('%s', E'\\x01\\nnonsense\\nk {'), ('%s', '')",
	         blog.prefix, blog.prefix);
	blog_sql(&blog, sql);
	assert_ok(write_bio(writer, id, "new"));
	ck_assert_uint_eq(run_once(), 3);
	ck_assert_str_eq(cached_bio(id), "new");
	ck_assert_ptr_nonnull(strstr(log_lines, "3 lines of the outbox could not be read"));
	teardown();
}
END_TEST

START_TEST(test_rows__stay_until_the_cache_answers)
{
	struct server redis;
	size_t        applied = 7;

	server_start(&redis, SERVER_REDIS);
	setup();
	int64_t       id = blog_user(&blog, "ada");
	weir_session *relay = blog_open_other(&blog, &(weir_options){ .redis = redis.url, .cache_timeout_ms = 100 });
	assert_ok(write_bio(writer, id, "new"));
	server_kill(&redis);
	ck_assert_int_eq(weir_relay_run_once(relay, &applied, &blog.err), WEIR_ERR_CACHE);
	ck_assert_uint_eq(applied, 0);
	ck_assert_int_eq(rows_in_outbox(), 1);
	server_restart(&redis);
	EVENTUALLY(weir_relay_run_once(relay, &applied, &blog.err) == WEIR_OK);
	ck_assert_int_eq(rows_in_outbox(), 0);
	weir_close(&relay);
	teardown();
	server_release(&redis);
}
END_TEST

START_TEST(test_run_once__is_not_for_transactions_nor_for_a_cache_of_ones_own)
{
	weir_session *tx = NULL, *own;

	setup();
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	ck_assert_int_eq(weir_relay_run_once(tx, NULL, &blog.err), WEIR_ERR_USAGE);
	weir_rollback(&tx);
	own = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_MEMORY });
	ck_assert_int_eq(weir_relay_run_once(own, NULL, &blog.err), WEIR_ERR_USAGE);
	weir_close(&own);
	teardown();
}
END_TEST

static atomic_size_t applied_in_all;

static void *relay_all(void *argument)
{
	weir_session *session = argument;
	weir_error    err = WEIR_ERROR_INIT;

	for (int i = 0; i < 20; i++) {
		size_t applied = 0;

		MUST(weir_relay_run_once(session, &applied, &err) == WEIR_OK);
		atomic_fetch_add(&applied_in_all, applied);
	}
	return NULL;
}

START_TEST(test_relays__share_the_work)
{
	pthread_t threads[4];
	char      sql[256];

	setup();
	atomic_store(&applied_in_all, 0);
	snprintf(sql, sizeof sql,
	         "INSERT INTO weir_outbox (prefix, touches) SELECT '%s', 'k user:id:' || n FROM generate_series(1, 1000) n",
	         blog.prefix);
	blog_sql(&blog, sql);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, relay_all, blog.session), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	all_held();
	ck_assert_uint_eq(atomic_load(&applied_in_all), 1000);
	ck_assert_int_eq(rows_in_outbox(), 0);
	teardown();
}
END_TEST

/* ---- The thread ------------------------------------------------------------------------------------------------------------ */

static int threads_of_this_process(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int  count = 0;

	if (!tasks)
		return -1;
	for (struct dirent *task; (task = readdir(tasks)) != NULL;)
		count += task->d_name[0] != '.';
	closedir(tasks);
	return count;
}

START_TEST(test_thread__applies_what_a_dead_writer_left)
{
	setup();
	weir_session *relay = blog_open_other(&blog, &(weir_options){ .outbox = WEIR_ON });
	int64_t       id = user_in_cache("ada", "old");
	assert_ok(write_bio(writer, id, "new"));
	weir_close(&writer);
	EVENTUALLY(strcmp(cached_bio(id), "new") == 0);
	EVENTUALLY(rows_in_outbox() == 0);
	weir_close(&relay);
	teardown();
}
END_TEST

START_TEST(test_thread__is_there_only_where_it_is_wanted_and_ends_with_the_session)
{
	setup();
	int before = threads_of_this_process();
	for (int i = 0; i < 2; i++) {
		weir_session *with = blog_open_other(&blog, &(weir_options){ .outbox = WEIR_ON });
		ck_assert_int_eq(threads_of_this_process(), before + (before > 0));
		weir_close(&with);
		EVENTUALLY(threads_of_this_process() == before);
	}
	weir_session *lazy = blog_open_other(&blog, &(weir_options){ .outbox = WEIR_ON, .lazy = true });
	ck_assert_int_eq(threads_of_this_process(), before);
	weir_close(&lazy);
	teardown();
}
END_TEST

/* It has a connection of its own: nobody waits for it, and a query guard does not see it. */
START_TEST(test_thread__is_none_of_the_pools_callers)
{
	char          sql[192];
	weir_session *tx = NULL;

	setup();
	weir_session *with = blog_open_other(&blog, &(weir_options){ .outbox = WEIR_ON, .pool = { .max_connections = 1 } });
	assert_ok(weir_begin(with, NULL, &tx, &blog.err));
	assert_ok(weir_run_script(tx, "SELECT 1", &blog.err));
	weir_query_guard guard = weir_query_guard_begin(with);
	snprintf(sql, sizeof sql, "INSERT INTO weir_outbox (prefix, touches) VALUES ('%s', 'k user:id:1')", blog.prefix);
	blog_sql(&blog, sql);
	EVENTUALLY(rows_in_outbox() == 0);
	assert_ok(weir_query_guard_end(&guard, 0, &blog.err));
	weir_rollback(&tx);
	weir_close(&with);
	teardown();
}
END_TEST

START_TEST(test_fork__the_child_has_no_relay_and_ends_nothing)
{
	char sql[192];
	int  status = 0;

	setup();
	weir_session *with = blog_open_other(&blog, &(weir_options){ .outbox = WEIR_ON });
	pid_t         child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		int threads = threads_of_this_process();

		weir_close(&with);
		_exit(threads == 1 || threads == -1 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	snprintf(sql, sizeof sql, "INSERT INTO weir_outbox (prefix, touches) VALUES ('%s', 'k user:id:1')", blog.prefix);
	blog_sql(&blog, sql);
	EVENTUALLY(rows_in_outbox() == 0);
	weir_close(&with);
	teardown();
}
END_TEST

/* PostgreSQL answers nothing: closing takes no longer than a pass may. */
START_TEST(test_close__is_bounded_while_the_database_is_frozen)
{
	struct server postgres;

	server_start(&postgres, SERVER_POSTGRES);
	blog_open(&blog, NULL);
	weir_session *with = NULL;
	weir_options  options = { .postgres = postgres.url,
		                      .redis = test_redis_url(),
		                      .models = blog_models,
		                      .schema_check = WEIR_SCHEMA_SKIP,
		                      .timeout_ms = 1000 };
	assert_ok(weir_open(&options, &with, &blog.err));
	assert_ok(weir_outbox_install(with, &blog.err));
	weir_close(&with);
	options.outbox = WEIR_ON;
	assert_ok(weir_open(&options, &with, &blog.err));
	server_pause(&postgres);
	(void)poll(NULL, 0, 1100);
	int64_t started = now_ms();
	weir_close(&with);
	ck_assert_int_lt(now_ms() - started, 4000);
	server_resume(&postgres);
	blog_close(&blog);
	server_release(&postgres);
}
END_TEST

WEIR_SUITE("outbox", test_open__says_that_the_table_is_missing, test_open__says_that_the_role_may_not_write_it,
           test_options__that_contradict_each_other_are_refused,
           test_write__that_cannot_be_guarded_leaves_what_it_touches,
           test_writer_that_died__is_stood_in_for_by_another_process,
           test_transaction__leaves_one_row_and_a_rolled_back_one_none, test_write__whose_outbox_is_gone_is_rolled_back,
           test_statement_by_hand__that_does_not_name_its_rows_leaves_its_models,
           test_write__of_many_keys_becomes_several_rows, test_rows__of_another_prefix_are_left_alone,
           test_rows__that_nobody_can_read_are_reported_and_do_not_stop_the_others,
           test_rows__stay_until_the_cache_answers, test_run_once__is_not_for_transactions_nor_for_a_cache_of_ones_own,
           test_relays__share_the_work, test_thread__applies_what_a_dead_writer_left,
           test_thread__is_there_only_where_it_is_wanted_and_ends_with_the_session,
           test_thread__is_none_of_the_pools_callers, test_fork__the_child_has_no_relay_and_ends_nothing,
           test_close__is_bounded_while_the_database_is_frozen);
