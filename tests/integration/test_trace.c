/*
 * test_trace.c: what is told of calls and statements, and how; the log of slow ones; the gauges of the pool.
 */
#include "support/blog.h"

#include <weir/scope.h>
#include <weir/sql.h>
#include <weir/trace.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct blog blog;

/* Spans as they ended, a line each: kind, operation, model, collection, status, SQLSTATE, rows, cache. */
static struct notes {
	char text[4096];
	char statement[512]; /* the last one's text */
	int  open, started;
	bool in_order; /* each end has what its start returned, and time does not run backwards */
} notes;

static void *on_start(void *context, const weir_span *span)
{
	struct notes *to = context;

	to->in_order = to->in_order && span->started_us > 0 && span->ended_us == 0 && span->operation;
	to->open++;
	to->started++;
	return (void *)(uintptr_t)(span->started_us + span->kind);
}

static void on_end(void *context, void *started, const weir_span *span)
{
	struct notes *to = context;
	size_t        length = strlen(to->text);

	to->open--;
	to->in_order = to->in_order && started == (void *)(uintptr_t)(span->started_us + span->kind) &&
	               span->ended_us >= span->started_us;
	if (span->query_text)
		snprintf(to->statement, sizeof to->statement, "%s", span->query_text);
	snprintf(to->text + length, sizeof to->text - length, "%s %s %s %s %s %s %d %s\n",
	         span->kind == WEIR_SPAN_CALL ? "call" : "statement", span->operation, span->model ? span->model : "-",
	         span->collection ? span->collection : "-", weir_status_name(span->status),
	         span->sqlstate[0] ? span->sqlstate : "-", (int)span->rows, weir_span_cache_name(span->cache));
}

static void open_traced(void)
{
	weir_options options = { .trace = { on_start, on_end, &notes } };

	blog_open(&blog, &options);
	notes = (struct notes){ .in_order = true };
}

static void assert_noted(const char *expected)
{
	ck_assert_str_eq(notes.text, expected);
	ck_assert_int_eq(notes.open, 0);
	ck_assert(notes.in_order);
	notes.text[0] = '\0';
}

START_TEST(test_trace__tells_of_calls_and_their_statements)
{
	const user *found = NULL;
	user_list   list = WEIR_LIST_INIT;
	int64_t     id, count;
	bool        deleted;

	open_traced();
	id = blog_user(&blog, "ada");
	assert_noted("statement INSERT - - WEIR_OK - 1 none\n"
	             "statement COMMIT - - WEIR_OK - -1 none\n"
	             "call create user users WEIR_OK - 1 none\n");
	assert_ok(user_dao_get_by_id(&blog.users, id, &found, &blog.err));
	user_release(&found);
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call get_by_id user users WEIR_OK - 1 none\n");
	assert_ok(user_dao_get_all(&blog.users, NULL, &list, &blog.err));
	user_list_release(&list);
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call get_all user users WEIR_OK - 1 none\n");
	assert_ok(user_dao_count(&blog.users, NULL, &count, &blog.err));
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call count user users WEIR_OK - 1 none\n");
	assert_ok(user_dao_delete(&blog.users, id + 1, &deleted, &blog.err));
	assert_noted("statement DELETE - - WEIR_OK - 0 none\n"
	             "call delete user users WEIR_OK - 0 none\n");
	blog_close(&blog);
}
END_TEST

START_TEST(test_trace__tells_what_the_cache_said)
{
	const user *found = NULL;
	user_list   list = WEIR_LIST_INIT;
	int64_t     id;

	open_traced();
	id = blog_user(&blog, "ada");
	notes.text[0] = '\0';
	for (int i = 0; i < 2; i++) {
		assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
		user_release(&found);
	}
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call get_by_id user users WEIR_OK - 1 miss\n"
	             "call get_by_id user users WEIR_OK - 1 hit\n");
	for (int i = 0; i < 2; i++)
		assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, id + 1, &found, &blog.err));
	assert_noted("statement SELECT - - WEIR_OK - 0 none\n"
	             "call get_by_id user users WEIR_NOT_FOUND - 0 miss\n"
	             "call get_by_id user users WEIR_NOT_FOUND - 0 absent\n");
	for (int i = 0; i < 2; i++) {
		assert_ok(user_dao_get_all_cached(&blog.users, NULL, &list, &blog.err));
		user_list_release(&list);
	}
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call get_all user users WEIR_OK - 1 miss\n"
	             "call get_all user users WEIR_OK - 1 hit\n");
	blog_close(&blog);
}
END_TEST

/* The near cache's hits are hits. */
START_TEST(test_trace__a_near_hit_is_a_hit)
{
	weir_options options = { .trace = { on_start, on_end, &notes }, .cache.near = WEIR_ON };
	const user  *found = NULL;
	int64_t      id;

	blog_open(&blog, &options);
	notes = (struct notes){ .in_order = true };
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 20; i++) {
		assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
		user_release(&found);
	}
	ck_assert_ptr_nonnull(strstr(notes.text, "call get_by_id user users WEIR_OK - 1 hit\n"));
	ck_assert_ptr_null(strstr(notes.text, "call get_by_id user users WEIR_OK - -1"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_trace__a_failure_has_its_sqlstate_also_where_no_error_is_wanted)
{
	post orphan = { .user_id = 12345, .title = "t", .body = "" };

	open_traced();
	ck_assert_int_eq(post_dao_create(&blog.posts, &orphan, WEIR_SET(post, user_id, title, body), NULL, &blog.err),
	                 WEIR_ERR_FOREIGN_KEY);
	assert_noted("statement INSERT - - WEIR_ERR_FOREIGN_KEY 23503 0 none\n"
	             "call create post posts WEIR_ERR_FOREIGN_KEY 23503 0 none\n");
	ck_assert_int_eq(post_dao_create(&blog.posts, &orphan, WEIR_SET(post, user_id, title, body), NULL, NULL),
	                 WEIR_ERR_FOREIGN_KEY);
	ck_assert_ptr_nonnull(strstr(notes.text, "statement INSERT - - WEIR_ERR_FOREIGN_KEY 23503"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_trace__sql_by_hand_and_relations_are_calls_too)
{
	const user  *ada = NULL;
	post_list    posts = WEIR_LIST_INIT;
	weir_opt_i64 number;
	int64_t      id;

	open_traced();
	id = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_id(&blog.users, id, &ada, &blog.err));
	notes.text[0] = '\0';
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT $1::int8"), WEIR_PARAMS(id), &number, &blog.err));
	assert_noted("statement SELECT - - WEIR_OK - 1 none\n"
	             "call query - - WEIR_OK - 1 none\n");
	assert_ok(weir_execute(blog.session, WEIR_SQL("UPDATE users SET age = $1"), WEIR_PARAMS(id), WEIR_WRITES(user),
	                       NULL, &blog.err));
	assert_noted("statement UPDATE - - WEIR_OK - 0 none\n"
	             "statement COMMIT - - WEIR_OK - -1 none\n"
	             "call execute - - WEIR_OK - 0 none\n");
	assert_ok(user_posts(blog.session, ada, &posts, &blog.err));
	assert_noted("statement SELECT - - WEIR_OK - 0 none\n"
	             "call load post posts WEIR_OK - 0 miss\n");
	assert_ok(weir_run_script(blog.session, "SELECT 'secret'", &blog.err));
	assert_noted("statement SCRIPT - - WEIR_OK - -1 none\n");
	ck_assert_ptr_null(strstr(notes.statement, "secret"));
	post_list_release(&posts);
	user_release(&ada);
	blog_close(&blog);
}
END_TEST

START_TEST(test_trace__texts_have_numbers_in_the_place_of_values)
{
	const user *found = NULL;

	open_traced();
	(void)blog_user(&blog, "canary-value");
	ck_assert_ptr_nonnull(strstr(notes.statement, "COMMIT"));
	assert_ok(user_dao_get_by_username(&blog.users, "canary-value", &found, &blog.err));
	user_release(&found);
	ck_assert_ptr_nonnull(strstr(notes.statement, "\"username\" = $1"));
	ck_assert_ptr_null(strstr(notes.statement, "canary"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_span_attributes__are_named_as_in_opentelemetry)
{
	weir_span           span = { .kind = WEIR_SPAN_CALL,
		                         .operation = "get_by_id",
		                         .model = "user",
		                         .collection = "users",
		                         .status = WEIR_ERR_UNIQUE,
		                         .sqlstate = "23505",
		                         .rows = 2,
		                         .cache = WEIR_SPAN_MISS };
	weir_span_attribute attributes[WEIR_SPAN_ATTRIBUTES_MAX];
	char                text[512] = "";
	size_t              count = weir_span_attributes(&span, attributes);

	for (size_t i = 0; i < count; i++) {
		size_t at = strlen(text);

		if (attributes[i].text)
			snprintf(text + at, sizeof text - at, "%s=%s ", attributes[i].name, attributes[i].text);
		else
			snprintf(text + at, sizeof text - at, "%s=%d ", attributes[i].name, (int)attributes[i].number);
	}
	ck_assert_str_eq(text, "db.system.name=postgresql db.operation.name=get_by_id db.collection.name=users "
	                       "db.response.status_code=23505 db.response.returned_rows=2 error.type=WEIR_ERR_UNIQUE "
	                       "weir.model=user weir.cache=miss ");
	span.kind = WEIR_SPAN_STATEMENT;
	span.query_text = "SELECT $1";
	ck_assert_uint_le(weir_span_attributes(&span, attributes), WEIR_SPAN_ATTRIBUTES_MAX);
}
END_TEST

/* ---- The log of what is slow ------------------------------------------------------------------------------------------ */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char            logged[4096];

static void write_log(void *context, weir_log_level level, const char *line)
{
	(void)context;
	(void)level;
	pthread_mutex_lock(&log_lock);
	strncat(logged, line, sizeof logged - strlen(logged) - 1);
	strncat(logged, "\n", sizeof logged - strlen(logged) - 1);
	pthread_mutex_unlock(&log_lock);
}

START_TEST(test_slow_queries__are_logged_with_their_text_and_no_value)
{
	weir_opt_i64 number;
	int          took_ms = 0;

	blog_open(&blog, &(weir_options){ .slow_query_ms = 30, .log = { .write = write_log } });
	logged[0] = '\0';
	assert_ok(
		weir_query_i64(blog.session, WEIR_SQL("SELECT length($1)::int8"), WEIR_PARAMS("canary"), &number, &blog.err));
	if (logged[0]) /* a busy machine made it slow */
		ck_assert_msg(sscanf(logged, "db: slow: %d", &took_ms) == 1 && took_ms >= 30, "%s", logged);
	logged[0] = '\0';
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT length($1)::int8 FROM pg_sleep(0.05)"),
	                         WEIR_PARAMS("canary"), &number, &blog.err));
	ck_assert_msg(strstr(logged, "db: slow: ") && strstr(logged, "1 rows, WEIR_OK: SELECT length($1)"), "%s", logged);
	ck_assert_ptr_null(strstr(logged, "canary"));
	logged[0] = '\0';
	assert_status(WEIR_ERR_TIMEOUT, weir_run_script(weir_with_timeout(blog.session, 50, &(weir_scope){ { 0 } }),
	                                                "SELECT pg_sleep(10), 'canary'", &blog.err));
	ck_assert_msg(strstr(logged, "WEIR_ERR_TIMEOUT: a script"), "%s", logged);
	ck_assert_ptr_null(strstr(logged, "canary"));
	blog_close(&blog);
}
END_TEST

/* ---- Gauges ------------------------------------------------------------------------------------------------------------- */

static void *wait_for_connection(void *argument)
{
	weir_opt_i64 number;

	(void)weir_query_i64(argument, WEIR_SQL("SELECT 1::int8"), WEIR_NO_PARAMS, &number, NULL);
	return NULL;
}

START_TEST(test_stats__tell_who_waits_and_how_long)
{
	weir_session_stats stats;
	weir_session      *tx = NULL;
	weir_opt_i64       number;
	uint64_t           in_buckets = 0;
	pthread_t          waiter;

	blog_open(&blog, &(weir_options){ .pool.max_connections = 1 });
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	weir_session_stats_get(blog.session, &stats);
	ck_assert_int_eq(stats.connections, 1);
	ck_assert_int_eq(stats.in_use, 1);
	ck_assert_int_eq(stats.idle, 0);
	ck_assert_int_eq(stats.waiting, 0);
	ck_assert_uint_eq(stats.acquire_wait_us, 0);
	ck_assert_int_eq(pthread_create(&waiter, NULL, wait_for_connection, blog.session), 0);
	while (stats.waiting == 0)
		weir_session_stats_get(blog.session, &stats);
	assert_ok(weir_query_i64(tx, WEIR_SQL("SELECT 1::int8 FROM pg_sleep(0.05)"), WEIR_NO_PARAMS, &number, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	pthread_join(waiter, NULL);
	weir_session_stats_get(blog.session, &stats);
	ck_assert_int_eq(stats.idle, 1);
	ck_assert_int_eq(stats.waiting, 0);
	ck_assert_uint_eq(stats.acquire_waits, 1);
	ck_assert_uint_gt(stats.acquire_wait_us, 40000);
	for (int i = 0; i < WEIR_WAIT_BUCKETS; i++)
		in_buckets += stats.acquire_waits_by_ms[i];
	ck_assert_uint_eq(in_buckets, 1);
	ck_assert_uint_eq(stats.acquire_waits_by_ms[0] + stats.acquire_waits_by_ms[1], 0);
	blog_close(&blog);
}
END_TEST

/* A program that was compiled with a shorter struct gets no byte more. */
START_TEST(test_stats__fill_the_struct_of_an_older_program)
{
	struct {
		uint64_t queries, round_trips;
		char     behind[8];
	} older = { .behind = "behind" };

	blog_open(&blog, NULL);
	weir_session_stats_get_sized(blog.session, (weir_session_stats *)(void *)&older, 16);
	ck_assert_str_eq(older.behind, "behind");
	blog_close(&blog);
}
END_TEST

START_TEST(test_application_name__is_what_the_server_shows)
{
	char *name = NULL;

	blog_open(&blog, &(weir_options){ .application_name = "billing" });
	assert_ok(weir_query_text(blog.session, WEIR_SQL("SELECT current_setting('application_name')"), WEIR_NO_PARAMS,
	                          &name, &blog.err));
	ck_assert_str_eq(name, "billing");
	weir_free(name);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("trace", test_trace__tells_of_calls_and_their_statements, test_trace__tells_what_the_cache_said,
           test_trace__a_near_hit_is_a_hit, test_trace__a_failure_has_its_sqlstate_also_where_no_error_is_wanted,
           test_trace__sql_by_hand_and_relations_are_calls_too, test_trace__texts_have_numbers_in_the_place_of_values,
           test_span_attributes__are_named_as_in_opentelemetry,
           test_slow_queries__are_logged_with_their_text_and_no_value, test_stats__tell_who_waits_and_how_long,
           test_stats__fill_the_struct_of_an_older_program, test_application_name__is_what_the_server_shows);
