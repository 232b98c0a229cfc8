/*
 * test_deadline.c: a call with a time of its own, calls that share one, and calls that another thread cancels; what the
 * server does then, and what is left of the pool.
 */
#include "support/blog.h"
#include "support/eventually.h"
#include "support/redis.h"
#include "support/servers.h"
#include "support/through.h"

#include <weir/scope.h>
#include <weir/sql.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct blog blog;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LATE_MS = 500 };
#else
enum { LATE_MS = 250 };
#endif

#define WITHIN(ms, call)                                                                                               \
	do {                                                                                                               \
		int64_t within_before = now_ms();                                                                              \
		call;                                                                                                          \
		ck_assert_int_le(now_ms() - within_before, (ms) + LATE_MS);                                                    \
	} while (0)

/* The server processes of this test are known by their name. */
static char name[48];

static void open_blog(weir_options options)
{
	snprintf(name, sizeof name, "deadline-%d", (int)getpid());
	options.application_name = name;
	blog_open(&blog, &options);
}

static int sleep_s(weir_session *session, double seconds)
{
	weir_opt_i64 one;

	return weir_query_i64(session, WEIR_SQL("SELECT 1::int8 FROM pg_sleep($1)"), WEIR_PARAMS(seconds), &one, &blog.err);
}

static weir_session_stats stats(void)
{
	weir_session_stats now;

	weir_session_stats_get(blog.session, &now);
	return now;
}

/* Nothing is borrowed, and a statement works. */
static void assert_pool_is_whole(void)
{
	ck_assert_int_eq(stats().in_use, 0);
	ck_assert_int_eq(stats().waiting, 0);
	assert_ok(sleep_s(blog.session, 0));
}

/* Is none of them asleep in pg_sleep? */
static bool nobody_sleeps(void)
{
	char sql[160];

	snprintf(sql, sizeof sql,
	         "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = '%s'", name);
	return strcmp(blog_sql(&blog, sql), "0") == 0;
}

/* Behind a pooler the server's process is not known, and what it does goes on. */
static bool is_pooled(void)
{
	return getenv("DATABASE_DIRECT_URL") != NULL;
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

/* Each kind of call, on a table that somebody has locked. */
START_TEST(test_with_timeout__bounds_every_kind_of_call)
{
	weir_session *holder = NULL, *quick, *tx = NULL;
	weir_scope    scope;
	user_dao      users;
	user_list     list = WEIR_LIST_INIT;
	post_list     posts = WEIR_LIST_INIT;
	const user   *ada = NULL, *found = NULL;
	int64_t       id, count;
	int           rc = 0;

	open_blog((weir_options){ .cache_kind = WEIR_CACHE_NONE });
	id = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_id(&blog.users, id, &ada, &blog.err));
	assert_ok(weir_begin(blog.session, NULL, &holder, &blog.err));
	assert_ok(weir_run_script(holder, "LOCK TABLE users, posts IN ACCESS EXCLUSIVE MODE", &blog.err));
	quick = weir_with_timeout(blog.session, 60, &scope);
	users = get_user_dao(quick);
	WITHIN(60, rc = user_dao_get_by_id_cached(&users, id, &found, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = user_dao_get_all(&users, NULL, &list, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = user_dao_count(&users, NULL, &count, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = user_dao_update(&users, id, &(user){ .bio = "x" }, WEIR_SET(user, bio), NULL, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	ck_assert(blog.err.effect == WEIR_EFFECT_NONE);
	WITHIN(60, rc = user_dao_delete(&users, id, NULL, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = user_posts(quick, ada, &posts, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = sleep_s(quick, 10));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	WITHIN(60, rc = weir_run_script(quick, "SELECT pg_sleep(10)", &blog.err));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	assert_ok(weir_begin(quick, NULL, &tx, &blog.err));
	WITHIN(60, rc = sleep_s(tx, 10));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	weir_rollback(&tx);
	weir_rollback(&holder);
	assert_ok(user_dao_get_by_id(&users, id, &found, &blog.err));
	assert_pool_is_whole();
	user_release(&found);
	user_release(&ada);
	blog_close(&blog);
}
END_TEST

START_TEST(test_with_timeout__bounds_the_wait_for_a_connection)
{
	weir_session *tx = NULL, *quick;
	weir_scope    scope;
	int           rc = 0;

	open_blog((weir_options){ .pool.max_connections = 1 });
	quick = weir_with_timeout(blog.session, 50, &scope);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	WITHIN(50, rc = sleep_s(quick, 0));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	weir_rollback(&tx);
	assert_ok(sleep_s(quick, 0));
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

/* The DAO's own says more than the session's, and a derived one is no more than a view: closing and committing are refused. */
START_TEST(test_with_timeout__is_a_view_of_the_session)
{
	weir_session *quick, *tx = NULL, *view;
	weir_scope    scope, other;
	weir_base_dao dao;
	weir_list     list = WEIR_LIST_INIT;

	open_blog((weir_options){ 0 });
	quick = weir_with_timeout(blog.session, 1, &scope);
	dao = weir_get_dao(quick, &user_model);
	dao.timeout_ms = 10000;
	assert_ok(weir_base_dao_get_all(&dao, NULL, &list, &blog.err));
	weir_list_release(&list);
	weir_close(&quick);
	ck_assert_ptr_null(quick);
	assert_pool_is_whole();
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	view = weir_with_timeout(tx, 5000, &scope);
	assert_ok(sleep_s(view, 0));
	assert_status(WEIR_ERR_USAGE, weir_commit(&view, &blog.err));
	weir_rollback(&view);
	ck_assert_ptr_nonnull(view);
	assert_ok(sleep_s(tx, 0));
	assert_ok(weir_commit(&tx, &blog.err));
	assert_status(WEIR_ERR_USAGE, sleep_s(weir_with_timeout(blog.session, 0, &other), 0));
	assert_status(WEIR_ERR_USAGE, sleep_s(weir_with_timeout(blog.session, -5, &other), 0));
	ck_assert_ptr_null(weir_with_timeout(NULL, 5, &other));
	assert_status(WEIR_ERR_USAGE, sleep_s(NULL, 0));
	blog_close(&blog);
}
END_TEST

START_TEST(test_with_deadline__all_calls_share_it)
{
	weir_session *hurried, *tx = NULL;
	weir_scope    scope;
	int64_t       before = now_ms();
	int           calls = 0, rc;

	open_blog((weir_options){ 0 });
	before = now_ms();
	hurried = weir_with_deadline(blog.session, 150, &scope);
	assert_ok(weir_begin(hurried, NULL, &tx, &blog.err));
	while ((rc = sleep_s(tx, 0.02)) == WEIR_OK)
		calls++;
	assert_status(WEIR_ERR_TIMEOUT, rc);
	ck_assert_int_gt(calls, 1);
	ck_assert_int_le(now_ms() - before, 150 + LATE_MS);
	weir_rollback(&tx);
	WITHIN(0, rc = sleep_s(hurried, 0));
	assert_status(WEIR_ERR_TIMEOUT, rc);
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

/* A Redis that does not answer gets half of the time, the database the rest; and it is not taken for down by callers who
 * had no time anyway. */
START_TEST(test_with_timeout__a_frozen_cache_leaves_time_for_the_database)
{
	struct server redis = { .pid = 0 };
	weir_session *quick;
	weir_scope    scope;
	user_dao      users;
	const user   *found = NULL;
	int64_t       id;
	int           rc = 0;

	server_start(&redis, SERVER_REDIS);
	open_blog((weir_options){ .redis = redis.url, .cache_timeout_ms = 5000 });
	id = blog_user(&blog, "ada");
	quick = weir_with_timeout(blog.session, 200, &scope);
	users = get_user_dao(quick);
	assert_ok(user_dao_get_by_id_cached(&users, id, &found, &blog.err));
	user_release(&found);
	server_pause(&redis);
	WITHIN(200, rc = user_dao_get_by_id_cached(&users, id, &found, &blog.err));
	assert_ok(rc);
	user_release(&found);
	server_resume(&redis);
	blog_close(&blog);
	server_release(&redis);
}
END_TEST

/* The late answer arrives at a socket that nobody reads any more: the next caller gets its own. */
START_TEST(test_timeout__a_late_reply_is_never_read_by_somebody_else)
{
	struct proxy  proxy = { .text = "held back", .fault = PROXY_SILENCE };
	weir_session *quick;
	weir_scope    scope;
	weir_opt_i64  number;
	char          url[512];

	through_start(&proxy, url, sizeof url);
	open_blog((weir_options){ .postgres = url, .pool.max_connections = 1 });
	quick = weir_with_timeout(blog.session, 100, &scope);
	for (int64_t i = 0; i < 5; i++) {
		uint64_t destroyed = stats().connections_destroyed;

		assert_status(WEIR_ERR_TIMEOUT, weir_query_i64(quick, WEIR_SQL("SELECT $1::int8 + 1000 FROM pg_sleep(0.2)"),
		                                               WEIR_PARAMS(i), &number, &blog.err));
		ck_assert_uint_eq(stats().connections_destroyed, destroyed + 1);
		for (int64_t k = 0; k < 20; k++) {
			assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT $1::int8 FROM pg_sleep(0.01)"), WEIR_PARAMS(k),
			                         &number, &blog.err));
			ck_assert_int_eq(number.value, k);
		}
	}
	assert_pool_is_whole();
	blog_close(&blog);
	proxy_stop(&proxy);
}
END_TEST

/* ---- Cancelling -------------------------------------------------------------------------------------------------- */

struct victim {
	weir_session *session;
	weir_cancel  *cancel;
	weir_scope    scope;
	pthread_t     thread;
	int           rc;
	weir_error    err;
	int64_t       took_ms;
	int (*work)(weir_session *session, weir_error *err);
};

static void *run_victim(void *argument)
{
	struct victim *victim = argument;
	int64_t        before = now_ms();

	victim->rc = victim->work(victim->session, &victim->err);
	victim->took_ms = now_ms() - before;
	return NULL;
}

static void victim_start(struct victim *victim, weir_session *session, int (*work)(weir_session *, weir_error *))
{
	memset(victim, 0, sizeof *victim);
	assert_ok(weir_cancel_create(&victim->cancel, &blog.err));
	victim->session = weir_with_cancel(session, victim->cancel, &victim->scope);
	victim->work = work;
	ck_assert_int_eq(pthread_create(&victim->thread, NULL, run_victim, victim), 0);
}

static void victim_cancel(struct victim *victim)
{
	int64_t before = now_ms();

	weir_cancel_request(victim->cancel);
	pthread_join(victim->thread, NULL);
	ck_assert_int_le(now_ms() - before, 500 + LATE_MS);
	ck_assert_msg(victim->rc == WEIR_ERR_CANCELLED, "%s: %s", weir_status_name(victim->rc), victim->err.message);
	ck_assert(weir_cancel_is_requested(victim->cancel));
}

static int work_asleep(weir_session *session, weir_error *err)
{
	weir_opt_i64 one;

	return weir_query_i64(session, WEIR_SQL("SELECT 1::int8 FROM pg_sleep(15)"), WEIR_NO_PARAMS, &one, err);
}

static int work_in_transaction(weir_session *session, weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = weir_begin(session, NULL, &tx, err);

	if (rc < 0)
		return rc;
	rc = work_asleep(tx, err);
	weir_rollback(&tx);
	return rc;
}

START_TEST(test_cancel__from_another_thread_ends_the_call_and_the_statement)
{
	static int (*const works[])(weir_session *, weir_error *) = { work_asleep, work_in_transaction };

	if (test_is_pooled())
		return;
	open_blog((weir_options){ 0 });
	for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
		struct victim victim;

		victim_start(&victim, blog.session, works[i]);
		EVENTUALLY(!nobody_sleeps());
		victim_cancel(&victim);
		EVENTUALLY(nobody_sleeps() || is_pooled());
		assert_status(WEIR_ERR_CANCELLED, sleep_s(victim.session, 0));
		assert_pool_is_whole();
		weir_cancel_reset(victim.cancel);
		assert_ok(sleep_s(victim.session, 0));
		weir_cancel_free(&victim.cancel);
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_cancel__ends_the_wait_for_a_connection)
{
	struct victim victim;
	weir_session *tx = NULL;

	open_blog((weir_options){ .pool.max_connections = 1 });
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	victim_start(&victim, blog.session, work_asleep);
	EVENTUALLY(stats().waiting == 1);
	victim_cancel(&victim);
	weir_cancel_free(&victim.cancel);
	weir_rollback(&tx);
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

/* A write is cancelled before its COMMIT, or not at all. */
START_TEST(test_cancel__before_commit_rolls_back)
{
	weir_cancel  *cancel = NULL;
	weir_session *session, *tx = NULL;
	weir_scope    scope;
	user_dao      users;
	int64_t       count;

	open_blog((weir_options){ 0 });
	assert_ok(weir_cancel_create(&cancel, &blog.err));
	session = weir_with_cancel(blog.session, cancel, &scope);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	assert_ok(user_dao_create(&users, &(user){ .username = "a", .email = "a" }, WEIR_SET(user, username, email), NULL,
	                          &blog.err));
	weir_cancel_request(cancel);
	assert_status(WEIR_ERR_CANCELLED, user_dao_count(&users, NULL, &count, &blog.err));
	assert_status(WEIR_ERR_CANCELLED, weir_commit(&tx, &blog.err));
	ck_assert(blog.err.effect == WEIR_EFFECT_NONE);
	ck_assert_ptr_null(tx);
	assert_ok(user_dao_count(&blog.users, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 0);
	weir_cancel_reset(cancel);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	assert_ok(sleep_s(tx, 0));
	weir_cancel_request(cancel);
	weir_rollback(&tx);
	ck_assert_ptr_null(tx);
	ck_assert_uint_eq(stats().connections_destroyed, 0);
	weir_cancel_free(&cancel);
	weir_cancel_free(&cancel);
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

static _Atomic(weir_cancel *) of_signal;

static void on_signal(int number)
{
	(void)number;
	weir_cancel_request(of_signal);
}

START_TEST(test_cancel__works_in_a_signal_handler)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	struct victim    victim;

	open_blog((weir_options){ 0 });
	sigaction(SIGUSR1, &action, &before);
	victim_start(&victim, blog.session, work_asleep);
	of_signal = victim.cancel;
	EVENTUALLY(!nobody_sleeps());
	pthread_kill(victim.thread, SIGUSR1);
	pthread_join(victim.thread, NULL);
	assert_status(WEIR_ERR_CANCELLED, victim.rc);
	sigaction(SIGUSR1, &before, NULL);
	weir_cancel_free(&victim.cancel);
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

/* Two on one session, one of which is cancelled again and again: the other always gets its own answer, never the
 * cancel request of its neighbour. */
struct bystander {
	atomic_bool stop;
	atomic_int  wrong;
	atomic_int  answers;
};

static void *stand_by(void *argument)
{
	struct bystander *by = argument;

	for (int64_t i = 0; !atomic_load(&by->stop); i++) {
		weir_opt_i64 number = { 0 };
		weir_error   err = WEIR_ERROR_INIT;
		int rc = weir_query_i64(blog.session, WEIR_SQL("SELECT $1::int8 FROM pg_sleep(0.001)"), WEIR_PARAMS(i), &number,
		                        &err);

		atomic_fetch_add(&by->wrong, rc != WEIR_OK || number.value != i);
		atomic_fetch_add(&by->answers, 1);
	}
	return NULL;
}

START_TEST(test_cancel__never_hits_somebody_else)
{
	struct bystander by = { .stop = false };
	pthread_t        thread;

	if (test_is_pooled())
		return;
	open_blog((weir_options){ .pool.max_connections = 2 });
	ck_assert_int_eq(pthread_create(&thread, NULL, stand_by, &by), 0);
	for (int i = 0; i < 25; i++) {
		struct victim victim;

		victim_start(&victim, blog.session, work_asleep);
		(void)poll(NULL, 0, i % 5);
		victim_cancel(&victim);
		weir_cancel_free(&victim.cancel);
	}
	atomic_store(&by.stop, true);
	pthread_join(thread, NULL);
	ck_assert_int_eq(atomic_load(&by.wrong), 0);
	ck_assert_int_gt(atomic_load(&by.answers), 10);
	EVENTUALLY(nobody_sleeps() || is_pooled());
	assert_pool_is_whole();
	blog_close(&blog);
}
END_TEST

/* The server cannot be told: the call ends all the same. */
START_TEST(test_cancel__of_a_server_that_does_not_answer_ends_soon)
{
	struct proxy  proxy = { .text = "silence", .fault = PROXY_SILENCE };
	struct victim victim;
	char          url[512];

	through_start(&proxy, url, sizeof url);
	open_blog((weir_options){ .postgres = url });
	assert_status(WEIR_ERR_TIMEOUT, weir_run_script(weir_with_timeout(blog.session, 50, &(weir_scope){ { 0 } }),
	                                                "SELECT 'silence'", &blog.err));
	victim_start(&victim, blog.session, work_asleep);
	(void)poll(NULL, 0, 20);
	victim_cancel(&victim);
	weir_cancel_free(&victim.cancel);
	ck_assert_int_eq(stats().in_use, 0);
	blog_close(&blog);
	proxy_stop(&proxy);
}
END_TEST

WEIR_SUITE("deadline", test_with_timeout__bounds_every_kind_of_call,
           test_with_timeout__bounds_the_wait_for_a_connection, test_with_timeout__is_a_view_of_the_session,
           test_with_deadline__all_calls_share_it, test_with_timeout__a_frozen_cache_leaves_time_for_the_database,
           test_timeout__a_late_reply_is_never_read_by_somebody_else,
           test_cancel__from_another_thread_ends_the_call_and_the_statement,
           test_cancel__ends_the_wait_for_a_connection, test_cancel__before_commit_rolls_back,
           test_cancel__works_in_a_signal_handler, test_cancel__never_hits_somebody_else,
           test_cancel__of_a_server_that_does_not_answer_ends_soon);
