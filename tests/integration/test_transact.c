/*
 * test_transact.c: transactions as an application writes them: a function that is run again, savepoints by name, hooks
 * that are called when the outcome is known.
 */
#include "support/blog.h"
#include "support/eventually.h"
#include "support/must.h"
#include "support/through.h"

#include <weir/sql.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct blog blog;

#define TRANSACT_TEST(name)                                                                                            \
	static void name##_body(void);                                                                                     \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		blog_open(&blog, NULL);                                                                                        \
		name##_body();                                                                                                 \
		blog_close(&blog);                                                                                             \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void name##_body(void)

static int64_t user_count(weir_session *session)
{
	user_dao users = get_user_dao(session);
	int64_t  count = -1;

	assert_ok(user_dao_count(&users, NULL, &count, &blog.err));
	return count;
}

static int set_age(weir_session *session, int64_t id, int32_t age, weir_error *err)
{
	user_dao users = get_user_dao(session);

	return user_dao_update(&users, id, &(user){ .age = { .has = true, .value = age } }, WEIR_SET(user, age), NULL, err);
}

static int32_t age_of(weir_session *session, int64_t id)
{
	user_dao    users = get_user_dao(session);
	const user *found = NULL;
	int32_t     age;

	assert_ok(user_dao_get_by_id_cached(&users, id, &found, &blog.err));
	age = found->age.value;
	user_release(&found);
	return age;
}

/* ---- Run again --------------------------------------------------------------------------------------------------- */

struct increment {
	int64_t id;
	int     runs;
	int     disturbed; /* so many runs are disturbed by another's write */
	int     pause_ms;
};

/* Reads, is overtaken, writes: under REPEATABLE READ that fails. */
static int increment(weir_session *tx, void *argument, weir_error *err)
{
	struct increment *work = argument;
	user_dao          users = get_user_dao(tx);
	const user       *found = NULL;
	char              sql[96];
	int               rc = user_dao_get_by_id(&users, work->id, &found, err);

	if (rc != WEIR_OK)
		return rc;
	if (work->runs++ < work->disturbed) {
		snprintf(sql, sizeof sql, "UPDATE users SET age = age + 10 WHERE id = %lld", (long long)work->id);
		blog_sql(&blog, sql);
	}
	if (work->pause_ms)
		(void)poll(NULL, 0, work->pause_ms);
	rc = set_age(tx, work->id, found->age.value + 1, err);
	user_release(&found);
	return rc;
}

TRANSACT_TEST(test_transact__runs_the_whole_again_after_a_serialization_failure)
{
	struct increment         work = { .id = blog_user(&blog, "ada"), .disturbed = 2 };
	weir_transaction_options options = { .isolation = WEIR_REPEATABLE_READ };

	assert_ok(set_age(blog.session, work.id, 1, &blog.err));
	assert_ok(weir_transact(blog.session, &options, increment, &work, &blog.err));
	ck_assert_int_eq(work.runs, 3);
	ck_assert_int_eq(age_of(blog.session, work.id), 22);
}

TRANSACT_TEST(test_transact__gives_up_after_the_attempts_it_was_given)
{
	struct increment         work = { .id = blog_user(&blog, "ada"), .disturbed = 100 };
	weir_transaction_options options = { .isolation = WEIR_SERIALIZABLE, .attempts = 4 };

	assert_status(WEIR_ERR_SERIALIZATION, weir_transact(blog.session, &options, increment, &work, &blog.err));
	ck_assert_str_eq(blog.err.sqlstate, "40001");
	ck_assert(blog.err.effect == WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&blog.err));
	ck_assert_int_eq(work.runs, 4);
	work.runs = 0;
	options.attempts = 1;
	assert_status(WEIR_ERR_SERIALIZATION, weir_transact(blog.session, &options, increment, &work, NULL));
	ck_assert_int_eq(work.runs, 1);
}

TRANSACT_TEST(test_transact__ends_with_all_its_attempts_by_its_deadline)
{
	struct increment         work = { .id = blog_user(&blog, "ada"), .disturbed = 1000, .pause_ms = 30 };
	weir_transaction_options options = { .isolation = WEIR_REPEATABLE_READ, .attempts = 1000, .total_ms = 300 };
	int64_t                  before = now_ms();
	int                      rc = weir_transact(blog.session, &options, increment, &work, &blog.err);

	ck_assert_msg(rc == WEIR_ERR_SERIALIZATION || rc == WEIR_ERR_TIMEOUT, "%s", blog.err.message);
	ck_assert_int_le(now_ms() - before, 300 + 300);
	ck_assert_int_gt(work.runs, 1);
	ck_assert_int_lt(work.runs, 30);
}

TRANSACT_TEST(test_transact__the_deadline_of_the_whole_is_that_of_each_call)
{
	weir_transaction_options options = { .total_ms = 200 };
	weir_session            *tx = NULL;
	int64_t                  before = now_ms();
	weir_opt_i64             number;

	assert_ok(weir_begin(blog.session, &options, &tx, &blog.err));
	assert_status(WEIR_ERR_TIMEOUT,
	              weir_query_i64(tx, WEIR_SQL("SELECT 1::int8 FROM pg_sleep(10)"), WEIR_NO_PARAMS, &number, &blog.err));
	ck_assert_int_le(now_ms() - before, 200 + 300);
	weir_rollback(&tx);
}

/* Two who lock two rows in opposite order, and meet in the middle the first time. */
struct meeting {
	int64_t            first, second;
	int                runs;
	pthread_barrier_t *barrier;
	weir_session      *session;
	int                rc;
};

static int lock_both(weir_session *tx, void *argument, weir_error *err)
{
	struct meeting *m = argument;
	int             rc = set_age(tx, m->first, 10 + m->runs, err);

	if (m->runs++ == 0)
		pthread_barrier_wait(m->barrier);
	return rc < 0 ? rc : set_age(tx, m->second, 20, err);
}

static void *meet(void *argument)
{
	struct meeting *m = argument;

	m->rc = weir_transact(m->session, NULL, lock_both, m, NULL);
	return NULL;
}

TRANSACT_TEST(test_transact__runs_the_victim_of_a_deadlock_again)
{
	pthread_barrier_t barrier;
	struct meeting one = { .first = blog_user(&blog, "ada"), .second = blog_user(&blog, "bob"), .barrier = &barrier };
	struct meeting other = { .first = one.second, .second = one.first, .barrier = &barrier };
	pthread_t      thread;

	one.session = other.session = blog.session;
	pthread_barrier_init(&barrier, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, meet, &other), 0);
	meet(&one);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
	assert_ok(one.rc);
	assert_ok(other.rc);
	ck_assert_int_ge(one.runs + other.runs, 3);
}

static int fail_with(weir_session *tx, void *argument, weir_error *err)
{
	int *runs = argument;

	(void)tx;
	(void)err;
	++*runs;
	return WEIR_ERR_DEADLOCK;
}

TRANSACT_TEST(test_transact__inside_a_transaction_is_a_savepoint_and_not_repeated)
{
	weir_session *tx = NULL;
	int           runs = 0;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_status(WEIR_ERR_DEADLOCK,
	              weir_transact(tx, &(weir_transaction_options){ .attempts = 9 }, fail_with, &runs, NULL));
	ck_assert_int_eq(runs, 1);
	assert_ok(weir_commit(&tx, &blog.err));
	assert_status(WEIR_ERR_DEADLOCK, weir_transact(blog.session, NULL, fail_with, &runs, NULL));
	ck_assert_int_eq(runs, 1 + 3);
}

/* ---- Modes ------------------------------------------------------------------------------------------------------- */

static weir_session *left_open;

static int leave_a_savepoint(weir_session *tx, void *answer, weir_error *err)
{
	int rc = weir_begin(tx, NULL, &left_open, err);

	return rc < 0 ? rc : *(const int *)answer;
}

TRANSACT_TEST(test_transact__work_that_leaves_a_savepoint_open_keeps_no_connection)
{
	const int          answers[] = { WEIR_OK, WEIR_ERR_LIMIT };
	weir_session_stats stats;

	for (int i = 0; i < 2; i++) {
		int answer = answers[i];

		left_open = NULL;
		assert_status(i == 0 ? WEIR_ERR_USAGE : WEIR_ERR_LIMIT,
		              weir_transact(blog.session, NULL, leave_a_savepoint, &answer, &blog.err));
		weir_session_stats_get(blog.session, &stats);
		ck_assert_int_eq(stats.in_use, 0);
	}
}

TRANSACT_TEST(test_begin__deferrable_is_for_serializable_read_only_transactions)
{
	weir_transaction_options options = { .isolation = WEIR_SERIALIZABLE, .read_only = true, .deferrable = true };
	weir_session            *tx = NULL;
	weir_opt_bool            is;

	assert_ok(weir_begin(blog.session, &options, &tx, &blog.err));
	assert_ok(weir_query_bool(tx, WEIR_SQL("SELECT current_setting('transaction_deferrable') = 'on'"), WEIR_NO_PARAMS,
	                          &is, &blog.err));
	ck_assert(is.value);
	assert_status(WEIR_ERR_READ_ONLY, set_age(tx, 1, 1, &blog.err));
	weir_rollback(&tx);
	options.read_only = false;
	assert_status(WEIR_ERR_USAGE, weir_begin(blog.session, &options, &tx, &blog.err));
	options = (weir_transaction_options){ .read_only = true, .deferrable = true };
	assert_status(WEIR_ERR_USAGE, weir_begin(blog.session, &options, &tx, &blog.err));
}

/* A deferrable one waits for a writer that might have made it fail. */
TRANSACT_TEST(test_begin__a_deferrable_one_waits_for_a_safe_snapshot)
{
	weir_transaction_options deferrable = {
		.isolation = WEIR_SERIALIZABLE, .read_only = true, .deferrable = true, .total_ms = 200
	};
	weir_session *writer = NULL, *tx = NULL;
	user_dao      users;
	int64_t       count;

	assert_ok(
		weir_begin(blog.session, &(weir_transaction_options){ .isolation = WEIR_SERIALIZABLE }, &writer, &blog.err));
	users = get_user_dao(writer);
	assert_ok(user_dao_create(&users, &(user){ .username = "a", .email = "a" }, WEIR_SET(user, username, email), NULL,
	                          &blog.err));
	assert_ok(weir_begin(blog.session, &deferrable, &tx, &blog.err));
	users = get_user_dao(tx);
	assert_status(WEIR_ERR_TIMEOUT, user_dao_count(&users, NULL, &count, &blog.err));
	weir_rollback(&tx);
	assert_ok(weir_commit(&writer, &blog.err));
	assert_ok(weir_begin(blog.session, &deferrable, &tx, &blog.err));
	ck_assert_int_eq(user_count(tx), 1);
	weir_rollback(&tx);
}

/* ---- Savepoints by name ------------------------------------------------------------------------------------------ */

static void make(weir_session *session, const char *name)
{
	user_dao users = get_user_dao(session);

	assert_ok(user_dao_create(&users, &(user){ .username = name, .email = name }, WEIR_SET(user, username, email), NULL,
	                          &blog.err));
}

TRANSACT_TEST(test_savepoint__is_gone_back_to_by_name_as_often_as_wanted)
{
	weir_session *tx = NULL;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	make(tx, "a");
	assert_ok(weir_savepoint(tx, "one", &blog.err));
	make(tx, "b");
	assert_ok(weir_savepoint(tx, "two; DROP \"x", &blog.err));
	make(tx, "c");
	assert_ok(weir_rollback_to(tx, "two; DROP \"x", &blog.err));
	ck_assert_int_eq(user_count(tx), 2);
	assert_ok(weir_rollback_to(tx, "one", &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_rollback_to(tx, "two; DROP \"x", &blog.err));
	make(tx, "b");
	assert_ok(weir_rollback_to(tx, "one", &blog.err));
	ck_assert_int_eq(user_count(tx), 1);
	make(tx, "d");
	assert_ok(weir_release(tx, "one", &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_rollback_to(tx, "one", &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_int_eq(user_count(blog.session), 2);
}

TRANSACT_TEST(test_savepoint__a_name_used_again_hides_the_older_one)
{
	weir_session *tx = NULL;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(weir_savepoint(tx, "s", &blog.err));
	make(tx, "a");
	assert_ok(weir_savepoint(tx, "s", &blog.err));
	make(tx, "b");
	assert_ok(weir_rollback_to(tx, "s", &blog.err));
	ck_assert_int_eq(user_count(tx), 1);
	assert_ok(weir_release(tx, "s", &blog.err));
	assert_ok(weir_rollback_to(tx, "s", &blog.err));
	ck_assert_int_eq(user_count(tx), 0);
	assert_ok(weir_commit(&tx, &blog.err));
}

TRANSACT_TEST(test_savepoint__going_back_cures_a_failed_statement)
{
	weir_session *tx = NULL;
	user_dao      users;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	make(tx, "a");
	assert_ok(weir_savepoint(tx, "before", &blog.err));
	assert_status(WEIR_ERR_UNIQUE, user_dao_create(&users, &(user){ .username = "a", .email = "b" },
	                                               WEIR_SET(user, username, email), NULL, &blog.err));
	assert_status(WEIR_ERR_CLOSED, weir_release(tx, "before", &blog.err));
	assert_ok(weir_rollback_to(tx, "before", &blog.err));
	make(tx, "b");
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_int_eq(user_count(blog.session), 2);
}

/* What is rolled back to a savepoint invalidates nothing; what is not does, also if the same row was touched after it. */
TRANSACT_TEST(test_savepoint__what_was_rolled_back_is_not_invalidated)
{
	int64_t          ada = blog_user(&blog, "ada"), bob = blog_user(&blog, "bob");
	weir_session    *tx = NULL;
	weir_cache_stats before, after;
	uint64_t         alone; /* what a write of ada alone invalidates */

	assert_ok(set_age(blog.session, ada, 1, &blog.err));
	assert_ok(set_age(blog.session, bob, 1, &blog.err));
	(void)age_of(blog.session, ada);
	(void)age_of(blog.session, bob);
	before = blog_cache_stats(&blog, &user_model);
	assert_ok(set_age(blog.session, ada, 2, &blog.err));
	alone = blog_cache_stats(&blog, &user_model).invalidations - before.invalidations;
	before = blog_cache_stats(&blog, &user_model);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(set_age(tx, ada, 4, &blog.err));
	assert_ok(weir_savepoint(tx, "s", &blog.err));
	assert_ok(set_age(tx, ada, 3, &blog.err));
	assert_ok(set_age(tx, bob, 3, &blog.err));
	assert_ok(weir_rollback_to(tx, "s", &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	after = blog_cache_stats(&blog, &user_model);
	ck_assert_uint_eq(after.invalidations - before.invalidations, alone);
	ck_assert_int_eq(age_of(blog.session, ada), 4);
	ck_assert_int_eq(age_of(blog.session, bob), 1);
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).hits - after.hits, 1); /* bob */
}

TRANSACT_TEST(test_savepoint__misuse_is_told)
{
	weir_session *tx = NULL;
	char          longest[65];

	memset(longest, 'x', 64);
	longest[64] = '\0';
	assert_status(WEIR_ERR_USAGE, weir_savepoint(blog.session, "s", &blog.err));
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_savepoint(tx, "", &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_savepoint(tx, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_savepoint(tx, longest, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_release(tx, "s", &blog.err));
	assert_ok(weir_savepoint(tx, longest + 1, &blog.err));
	weir_rollback(&tx);
	assert_status(WEIR_ERR_USAGE, weir_savepoint(NULL, "s", &blog.err));
}

/* ---- Hooks ------------------------------------------------------------------------------------------------------- */

struct diary {
	char text[256];
	char entry[8]; /* of the hook: its name and the effect */
};

static struct diary diary;

static void note(weir_session *session, weir_effect effect, void *argument)
{
	char entry[32];

	ck_assert(session != NULL);
	snprintf(entry, sizeof entry, "%s%s ", (const char *)argument,
	         effect == WEIR_EFFECT_DONE   ? "+"
	         : effect == WEIR_EFFECT_NONE ? "-"
	                                      : "?");
	strncat(diary.text, entry, sizeof diary.text - strlen(diary.text) - 1);
}

static void watch(weir_session *tx, const char *names[3])
{
	assert_ok(weir_after_commit(tx, note, (void *)names[0], &blog.err));
	assert_ok(weir_after_rollback(tx, note, (void *)names[1], &blog.err));
	assert_ok(weir_after_end(tx, note, (void *)names[2], &blog.err));
}

static const char *written(void)
{
	static char text[256];

	strcpy(text, diary.text);
	diary.text[0] = '\0';
	return text;
}

TRANSACT_TEST(test_hooks__are_called_once_after_the_outermost_outcome)
{
	weir_session *tx = NULL, *inner = NULL;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	watch(tx, (const char *[]){ "c1", "r1", "e1" });
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
	watch(inner, (const char *[]){ "c2", "r2", "e2" });
	assert_ok(weir_commit(&inner, &blog.err));
	ck_assert_str_eq(written(), "");
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
	watch(inner, (const char *[]){ "c3", "r3", "e3" });
	weir_rollback(&inner);
	ck_assert_str_eq(written(), "");
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(written(), "c1+ e1+ c2+ e2+ r3- e3- ");

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	watch(tx, (const char *[]){ "c1", "r1", "e1" });
	assert_ok(weir_savepoint(tx, "s", &blog.err));
	watch(tx, (const char *[]){ "c2", "r2", "e2" });
	assert_ok(weir_rollback_to(tx, "s", &blog.err));
	watch(tx, (const char *[]){ "c3", "r3", "e3" });
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(written(), "c1+ e1+ r2- e2- c3+ e3+ ");

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	watch(tx, (const char *[]){ "c1", "r1", "e1" });
	weir_rollback(&tx);
	ck_assert_str_eq(written(), "r1- e1- ");
}

TRANSACT_TEST(test_hooks__on_a_session_that_is_no_transaction_are_called_at_once)
{
	watch(blog.session, (const char *[]){ "c", "r", "e" });
	ck_assert_str_eq(written(), "c+ e+ ");
	assert_status(WEIR_ERR_USAGE, weir_after_commit(blog.session, NULL, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_after_commit(NULL, note, "x", &blog.err));
}

TRANSACT_TEST(test_hooks__a_commit_that_fails_is_a_rollback)
{
	weir_session *tx = NULL;
	user_dao      users;

	make(blog.session, "a");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	watch(tx, (const char *[]){ "c", "r", "e" });
	assert_status(WEIR_ERR_UNIQUE, user_dao_create(&users, &(user){ .username = "a", .email = "b" },
	                                               WEIR_SET(user, username, email), NULL, &blog.err));
	assert_status(WEIR_ERR_CLOSED, weir_commit(&tx, &blog.err));
	ck_assert_str_eq(written(), "r- e- ");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	watch(tx, (const char *[]){ "c", "r", "e" });
	weir_close(&tx); /* an end too */
	ck_assert_str_eq(written(), "r- e- ");
}

static int watch_and_fail_once(weir_session *tx, void *argument, weir_error *err)
{
	int *runs = argument;

	watch(tx, (const char *[]){ "c", "r", "e" });
	(void)err;
	return ++*runs == 1 ? WEIR_ERR_SERIALIZATION : WEIR_OK;
}

TRANSACT_TEST(test_hooks__each_attempt_has_its_own)
{
	int runs = 0;

	assert_ok(weir_transact(blog.session, NULL, watch_and_fail_once, &runs, &blog.err));
	ck_assert_str_eq(written(), "r- e- c+ e+ ");
}

/* With one connection in all, a hook can only work when that has been given back; and it sees what was committed, from
 * the cache too. */
static void read_in_hook(weir_session *session, weir_effect effect, void *argument)
{
	weir_session *tx = NULL;
	int64_t       id = *(int64_t *)argument;

	ck_assert(effect == WEIR_EFFECT_DONE);
	ck_assert_int_eq(age_of(session, id), 2);
	ck_assert_int_eq(age_of(session, id), 2);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	assert_ok(weir_after_commit(tx, note, "inner", &blog.err));
	assert_ok(set_age(tx, id, 3, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	strncat(diary.text, "read", 5);
}

START_TEST(test_hooks__may_use_the_session_when_the_cache_has_been_told)
{
	weir_session *tx = NULL;
	int64_t       id;

	blog_open(&blog, &(weir_options){ .pool.max_connections = 1 });
	id = blog_user(&blog, "ada");
	assert_ok(set_age(blog.session, id, 1, &blog.err));
	ck_assert_int_eq(age_of(blog.session, id), 1);
	assert_ok(weir_begin(blog.session, &(weir_transaction_options){ .total_ms = 10000 }, &tx, &blog.err));
	assert_ok(weir_after_commit(tx, read_in_hook, &id, &blog.err));
	assert_ok(set_age(tx, id, 2, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(written(), "inner+ read");
	ck_assert_int_eq(age_of(blog.session, id), 3);
	blog_close(&blog);
}
END_TEST

/* COMMIT arrives, its answer does not, and nobody can be asked. */
START_TEST(test_hooks__after_an_unknown_outcome_only_the_end_is_told)
{
	struct proxy  proxy = { .text = "COMMIT", .fault = PROXY_CUT_BEFORE_REPLY, .refuse_afterwards = true };
	weir_session *tx = NULL;
	char          url[512];

	through_start(&proxy, url, sizeof url);
	blog_open(&blog, &(weir_options){ .postgres = url, .timeout_ms = 1000 });
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	make(tx, "a");
	watch(tx, (const char *[]){ "c", "r", "e" });
	assert_status(WEIR_ERR_UNKNOWN_COMMIT, weir_commit(&tx, &blog.err));
	ck_assert(blog.err.effect == WEIR_EFFECT_UNKNOWN);
	ck_assert_str_eq(written(), "e? ");
	blog_close(&blog);
	proxy_stop(&proxy);
}
END_TEST

WEIR_SUITE(
	"transact", test_transact__runs_the_whole_again_after_a_serialization_failure,
	test_transact__gives_up_after_the_attempts_it_was_given, test_transact__ends_with_all_its_attempts_by_its_deadline,
	test_transact__the_deadline_of_the_whole_is_that_of_each_call, test_transact__runs_the_victim_of_a_deadlock_again,
	test_transact__inside_a_transaction_is_a_savepoint_and_not_repeated,
	test_transact__work_that_leaves_a_savepoint_open_keeps_no_connection,
	test_begin__deferrable_is_for_serializable_read_only_transactions,
	test_begin__a_deferrable_one_waits_for_a_safe_snapshot, test_savepoint__is_gone_back_to_by_name_as_often_as_wanted,
	test_savepoint__a_name_used_again_hides_the_older_one, test_savepoint__going_back_cures_a_failed_statement,
	test_savepoint__what_was_rolled_back_is_not_invalidated, test_savepoint__misuse_is_told,
	test_hooks__are_called_once_after_the_outermost_outcome,
	test_hooks__on_a_session_that_is_no_transaction_are_called_at_once, test_hooks__a_commit_that_fails_is_a_rollback,
	test_hooks__each_attempt_has_its_own, test_hooks__may_use_the_session_when_the_cache_has_been_told,
	test_hooks__after_an_unknown_outcome_only_the_end_is_told);
