/*
 * test_canary.c: what must not be told. Passwords, values of rows and parameters have a word in them that is looked for in all
 * that leaves the library by other ways than records: every log line of every level, every text of every span, every member of
 * every error. As many kinds of failure are driven as can be had.
 */
#include "support/blog.h"
#include "support/redis.h"
#include "support/through.h"

#include <weir/json.h>
#include <weir/scope.h>
#include <weir/sql.h>
#include <weir/trace.h>
#include <weir/writing.h>

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANARY "canary"

static struct blog blog;

/* ---- Everything that leaves ------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char            leaked[1024]; /* the first text that had the word in it, and where */
static int             lines, spans;

static void look(const char *where, const char *text)
{
	pthread_mutex_lock(&lock);
	if (text && strstr(text, CANARY) && !leaked[0])
		snprintf(leaked, sizeof leaked, "%s: %s", where, text);
	pthread_mutex_unlock(&lock);
}

static void write_log(void *context, weir_log_level level, const char *line)
{
	(void)context;
	(void)level;
	lines++;
	look("log", line);
}

static void look_at_span(const char *where, const weir_span *span)
{
	look(where, span->operation);
	look(where, span->model);
	look(where, span->collection);
	look(where, span->query_text);
	look(where, span->sqlstate);
}

static void *on_start(void *context, const weir_span *span)
{
	(void)context;
	spans++;
	look_at_span("start of a span", span);
	return NULL;
}

static void on_end(void *context, void *started, const weir_span *span)
{
	(void)context;
	(void)started;
	look_at_span("end of a span", span);
}

static weir_options loud(weir_options options)
{
	options.log = (weir_log){ .write = write_log, .level = WEIR_LOG_DEBUG };
	options.trace = (weir_trace){ on_start, on_end, NULL };
	options.slow_query_ms = 1;
	return options;
}

static void look_at_error(const char *call, const weir_error *err)
{
	look(call, err->message);
	look(call, err->model);
	look(call, err->column);
	look(call, err->table);
	look(call, err->constraint);
	look(call, err->sqlstate);
}

static void assert_nothing_leaked(void)
{
	ck_assert_msg(!leaked[0], "%s", leaked);
}

/* A call that has to fail, and tells nothing by that. */
#define FAILS(call)                                                                                                    \
	do {                                                                                                               \
		int fails_rc;                                                                                                  \
		blog.err = (weir_error)WEIR_ERROR_INIT;                                                                        \
		fails_rc = (call);                                                                                             \
		ck_assert_msg(fails_rc < 0, "%s did not fail", #call);                                                         \
		look_at_error(#call, &blog.err);                                                                               \
		assert_nothing_leaked();                                                                                       \
	} while (0)

/* ---- Passwords ---------------------------------------------------------------------------------------------------------- */

START_TEST(test_canary__passwords_of_postgres_are_told_nobody)
{
	static const char *const urls[] = {
		"postgresql://u:canary@127.0.0.1:1/db",
		"postgresql://u:canary@127.0.0.1:notaport/db",
		"postgresql://u:canary@127.0.0.1:1/db?nosuch=canary",
		"postgresql://u:canary@[::1/db",
		"postgresql://u:canary@no-such-host.invalid/db",
		"postgresql://u:canary@127.0.0.1:1/db?sslmode=nonsense",
		"postgresql://u:canary@127.0.0.1:1/db?weir_statements=canary",
		"postgresql://u:canary@127.0.0.1:1,127.0.0.1:2/db?target_session_attrs=nonsense",
		"postgresql://u:canary%zz@h/db",
		"host=127.0.0.1 port=1 password=canary dbname=x",
		"host=127.0.0.1 password='canary",
		"password=canary port",
		"canary",
		"postgresql://u:p@canary@127.0.0.1:1/db",
		"postgresql://u:p/canary@127.0.0.1:1/db",
		"postgresql://u:p:canary@127.0.0.1:1/db",
		"postgresql://u:p?canary@127.0.0.1:1/db",
		"postgresql://u:p#canary@127.0.0.1:1/db",
		"postgresql://u:p%40canary@127.0.0.1:1/db",
	};

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		weir_options  options = loud((weir_options){
			 .postgres = urls[i], .models = blog_models, .cache_kind = WEIR_CACHE_NONE, .timeout_ms = 2000 });
		weir_session *session = NULL;

		FAILS(weir_open(&options, &session, &blog.err));
	}
}
END_TEST

/* The server is there and refuses it. */
START_TEST(test_canary__a_refused_password_is_not_repeated)
{
	PGconn       *direct = PQconnectdb(test_database_url());
	weir_session *session = NULL;
	char          url[256];
	weir_options  options =
		loud((weir_options){ .postgres = url, .models = blog_models, .cache_kind = WEIR_CACHE_NONE });

	snprintf(url, sizeof url, "postgresql://weir:canary@127.0.0.1:%s/postgres?sslmode=disable", PQport(direct));
	PQfinish(direct);
	FAILS(weir_open(&options, &session, &blog.err));
}
END_TEST

START_TEST(test_canary__passwords_of_redis_are_told_nobody)
{
	static const char *const wrong[] = { "redis://:canary@127.0.0.1:notaport", "redis://u:canary@", "canary://canary",
		                                 "redis://:canary@127.0.0.1:6379/canary", "redis://:canary%zz@h:1" };
	static const char *const away[] = { "redis://u:canary@127.0.0.1:1", "redis://:canary@127.0.0.1:1/3" };
	weir_session            *session = NULL;
	char                     refused[192];
	const user              *found = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		weir_options options =
			loud((weir_options){ .postgres = test_database_url(), .redis = wrong[i], .models = blog_models });

		FAILS(weir_open(&options, &session, &blog.err));
	}
	snprintf(refused, sizeof refused, "redis://canary:canary@%s", strstr(test_redis_url(), "://") + 3);
	for (int i = 0; i < 3; i++) {
		weir_options options = loud((weir_options){ .redis = i < 2 ? away[i] : refused });

		blog_open(&blog, &options);
		assert_ok(user_dao_get_by_id_cached(&blog.users, blog_user(&blog, "ada"), &found, &blog.err));
		user_release(&found);
		FAILS(weir_cache_manager_set(weir_session_cache(blog.session), "canary", "canary", 6, 10, &blog.err));
		blog_close(&blog);
	}
	ck_assert_int_gt(lines, 0);
	assert_nothing_leaked();
}
END_TEST

/* ---- Values --------------------------------------------------------------------------------------------------------------- */

static void fail_writes(void)
{
	user ada = { .username = CANARY, .email = CANARY };
	user many[3] = { { .username = "x" CANARY, .email = "x" CANARY }, { .username = CANARY, .email = "y" CANARY } };
	post orphan = { .user_id = 424242, .title = CANARY, .body = CANARY };
	char longer[400];
	char broken[] = CANARY "\xff";

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	memcpy(longer, CANARY, strlen(CANARY));
	FAILS(user_dao_create(&blog.users, &ada, WEIR_SET(user, username, email), NULL, &blog.err));
	ck_assert_int_eq(blog.err.status, WEIR_ERR_UNIQUE);
	FAILS(post_dao_create(&blog.posts, &orphan, WEIR_SET(post, user_id, title, body), NULL, &blog.err));
	ck_assert_int_eq(blog.err.status, WEIR_ERR_FOREIGN_KEY);
	ada.age = (weir_opt_i32){ true, 999 };
	ada.username = ada.email = CANARY "2";
	FAILS(user_dao_create(&blog.users, &ada, WEIR_SET(user, username, email, age), NULL, &blog.err));
	ck_assert_int_eq(blog.err.status, WEIR_ERR_CHECK);
	FAILS(user_dao_create(&blog.users, &(user){ .username = longer, .email = CANARY }, WEIR_SET(user, username, email),
	                      NULL, &blog.err));
	FAILS(user_dao_create(&blog.users, &(user){ .username = broken, .email = CANARY }, WEIR_SET(user, username, email),
	                      NULL, &blog.err));
	FAILS(user_dao_create(&blog.users, &(user){ .username = CANARY "3" }, WEIR_SET(user, username), NULL, &blog.err));
	FAILS(user_dao_create(&blog.users, &(user){ .username = NULL, .email = CANARY }, WEIR_SET(user, username, email),
	                      NULL, &blog.err));
	FAILS(weir_base_dao_create_many(&blog.users.base, many, 2, WEIR_SET(user, username, email), NULL, &blog.err));
}

/* A row of a hundred is refused, by COPY too. */
static void fail_many(void)
{
	enum { COUNT = 300 };
	static char name[COUNT][32];
	static user rows[COUNT];

	for (int i = 0; i < COUNT; i++) {
		snprintf(name[i], sizeof name[i], CANARY "-%d", i == COUNT - 1 ? 0 : i);
		rows[i] = (user){ .username = name[i], .email = name[i] };
	}
	FAILS(weir_base_dao_create_many(&blog.users.base, rows, COUNT, WEIR_SET(user, username, email), NULL, &blog.err));
}

static void fail_reads(void)
{
	user_list   list = WEIR_LIST_INIT;
	const user *found = NULL;
	int64_t     count;
	char        broken[] = CANARY "\xff";

	FAILS(user_dao_get_all(&blog.users, WEIR_QUERY(.where = weir_eq(post_c.title, CANARY)), &list, &blog.err));
	FAILS(user_dao_get_all(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.username, broken)), &list, &blog.err));
	FAILS(user_dao_get_all(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.username, CANARY), .limit = -1), &list,
	                       &blog.err));
	FAILS(user_dao_count_cached(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.balance, weir_numeric_of(CANARY))),
	                            &count, &blog.err));
	FAILS(user_dao_get_by_email(&blog.users, broken, &found, &blog.err));
}

static void fail_by_hand(weir_session *session)
{
	weir_opt_i64  number;
	weir_opt_bool yes;

	FAILS(weir_query_i64(session, WEIR_SQL("SELECT $1::text::int8"), WEIR_PARAMS(CANARY), &number, &blog.err));
	FAILS(weir_query_i64(session, WEIR_SQL("SELECT ($1::text || '\"' || $1)::int8"), WEIR_PARAMS(CANARY), &number,
	                     &blog.err));
	FAILS(weir_query_i64(session, WEIR_SQL("SELECT ($1::text::timestamptz IS NULL)::int::int8"), WEIR_PARAMS(CANARY),
	                     &number, &blog.err));
	FAILS(
		weir_query_bool(session, WEIR_SQL("SELECT $1::text::jsonb IS NULL"), WEIR_PARAMS("{" CANARY), &yes, &blog.err));
	FAILS(weir_query_bool(session, WEIR_SQL("SELECT 'x' ~ $1"), WEIR_PARAMS(CANARY "("), &yes, &blog.err));
	FAILS(weir_query_bool(session, WEIR_SQL("SELECT (now() AT TIME ZONE $1) IS NULL"), WEIR_PARAMS(CANARY), &yes,
	                      &blog.err));
	FAILS(weir_query_bool(session, WEIR_SQL("SELECT $1::text::int4[] IS NULL"), WEIR_PARAMS("{" CANARY "}"), &yes,
	                      &blog.err));
	FAILS(weir_query_bool(session, WEIR_SQL("SELECT $1::text::uuid IS NULL"), WEIR_PARAMS(CANARY), &yes, &blog.err));
	FAILS(weir_execute(session, WEIR_SQL("UPDATE users SET username = $1, email = $1, age = 999"), WEIR_PARAMS(CANARY),
	                   WEIR_WRITES(user), NULL, &blog.err));
	FAILS(weir_query_i64(session, WEIR_SQL("SELECT $1::text"), WEIR_PARAMS(CANARY), &number, &blog.err));
	FAILS(weir_query_i64(session, WEIR_SQL("SELECT 1 / (length($1) - 6)"), WEIR_PARAMS(CANARY), &number, &blog.err));
}

static void fail_records(void)
{
	const user *made = NULL;

	FAILS(weir_record_from_json(&user_model, "{\"age\": \"" CANARY "\"}", 17, NULL, &made, &blog.err));
	FAILS(weir_record_from_json(&user_model, "{\"username\": {\"" CANARY "\": 1}}", 29, NULL, &made, &blog.err));
}

/* Slow ones, too: everything takes longer than the threshold of the log. */
START_TEST(test_canary__values_are_in_no_error_log_or_span)
{
	weir_options options = loud((weir_options){ .pool.max_connections = 2 });
	weir_opt_i64 number;

	blog_open(&blog, &options);
	(void)blog_user(&blog, CANARY);
	fail_writes();
	fail_many();
	fail_reads();
	fail_by_hand(blog.session);
	fail_records();
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT length($1)::int8 FROM pg_sleep(0.005)"),
	                         WEIR_PARAMS(CANARY), &number, &blog.err));
	ck_assert_int_gt(lines, 0);
	ck_assert_int_gt(spans, 30);
	assert_nothing_leaked();
	blog_close(&blog);
}
END_TEST

/* ---- Broken off --------------------------------------------------------------------------------------------------------------- */

START_TEST(test_canary__what_is_broken_off_tells_nothing)
{
	struct proxy  proxy = { .text = "pg_sleep(0.07)", .fault = PROXY_CUT_INSTEAD };
	weir_session *quick, *tx = NULL;
	weir_cancel  *cancel = NULL;
	weir_scope    scope;
	weir_opt_i64  number;
	char          url[512];
	weir_options  options = loud((weir_options){ .postgres = url });

	through_start(&proxy, url, sizeof url);
	blog_open(&blog, &options);
	FAILS(weir_query_i64(blog.session, WEIR_SQL("SELECT length($1)::int8 FROM pg_sleep(0.07)"), WEIR_PARAMS(CANARY),
	                     &number, &blog.err));
	quick = weir_with_timeout(blog.session, 30, &scope);
	FAILS(weir_query_i64(quick, WEIR_SQL("SELECT length($1)::int8 FROM pg_sleep(5)"), WEIR_PARAMS(CANARY), &number,
	                     &blog.err));
	assert_ok(weir_cancel_create(&cancel, &blog.err));
	weir_cancel_request(cancel);
	FAILS(weir_query_i64(weir_with_cancel(blog.session, cancel, &scope), WEIR_SQL("SELECT length($1)::int8"),
	                     WEIR_PARAMS(CANARY), &number, &blog.err));
	weir_cancel_free(&cancel);
	FAILS(weir_query_i64(blog.session,
	                     WEIR_SQL("SELECT length($1 || pg_terminate_backend(pg_backend_pid())::text)::int8"),
	                     WEIR_PARAMS(CANARY), &number, &blog.err));
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	FAILS(weir_query_i64(tx, WEIR_SQL("SELECT $1::text::int8"), WEIR_PARAMS(CANARY), &number, &blog.err));
	FAILS(weir_query_i64(tx, WEIR_SQL("SELECT length($1)::int8"), WEIR_PARAMS(CANARY), &number, &blog.err));
	FAILS(weir_commit(&tx, &blog.err));
	blog_close(&blog);
	proxy_stop(&proxy);
}
END_TEST

START_TEST(test_canary__scripts_and_principals_tell_nothing_but_their_own_words)
{
	weir_principal_setting setting = { "app.tenant", CANARY };
	weir_principal        *principal = NULL;
	weir_options           options = loud((weir_options){ .lazy = true });
	weir_scope             scope;
	weir_opt_i64           number;

	blog_open(&blog, &options);
	ck_assert_int_lt(weir_run_script(blog.session, "SELECT 'canary' FROM no_such_table", &blog.err), 0);
	ck_assert_int_lt(weir_run_script(blog.session, "SELECT pg_sleep(0.01); SELECT 'canary'::int", &blog.err), 0);
	look_at_error("script", &blog.err);
	assert_ok(
		weir_principal_create(&(weir_principal_options){ .settings = &setting, .setting_count = 1 }, &principal, NULL));
	FAILS(weir_query_i64(weir_with_principal(blog.session, principal, &scope), WEIR_SQL("SELECT 1 / 0"), WEIR_NO_PARAMS,
	                     &number, &blog.err));
	weir_principal_free(&principal);
	assert_ok(weir_principal_create(&(weir_principal_options){ .role = CANARY }, &principal, NULL));
	FAILS(weir_query_i64(weir_with_principal(blog.session, principal, &scope), WEIR_SQL("SELECT 1"), WEIR_NO_PARAMS,
	                     &number, &blog.err));
	weir_principal_free(&principal);
	assert_nothing_leaked();
	blog_close(&blog);
}
END_TEST

/* What somebody else has put in Redis is neither believed nor repeated. */
START_TEST(test_canary__what_redis_holds_is_not_repeated)
{
	const user  *found = NULL;
	weir_options options = loud((weir_options){ .cache_kind = WEIR_CACHE_REDIS });
	int64_t      id;
	char         script[256];

	blog_open(&blog, &options);
	id = blog_user(&blog, CANARY);
	for (int i = 0; i < 3; i++) {
		assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
		user_release(&found);
		snprintf(script, sizeof script,
		         "for _, key in ipairs(redis.call('KEYS', '*%s*')) do redis.call('SET', key, 'canary{canary}') end",
		         blog.prefix);
		redis_run(test_redis_url(), "EVAL %s 0", script);
	}
	assert_nothing_leaked();
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("canary", test_canary__passwords_of_postgres_are_told_nobody,
           test_canary__a_refused_password_is_not_repeated, test_canary__passwords_of_redis_are_told_nobody,
           test_canary__values_are_in_no_error_log_or_span, test_canary__what_is_broken_off_tells_nothing,
           test_canary__scripts_and_principals_tell_nothing_but_their_own_words,
           test_canary__what_redis_holds_is_not_repeated);
