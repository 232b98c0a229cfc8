/* A thousand threads want one thing that is not in the cache: one of them asks the database, the others wait for it and take it from the
 * cache. The table is locked while they come, so that all of them are there before the answer is. */
#include "support/blog.h"
#include "support/must.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { THREADS = 100 };
#else
enum { THREADS = 1000 };
#endif

static struct blog blog;
static int64_t     ada, eve;

/* What each thread does; the number of what it found, below 0 for an error. */
typedef int64_t (*job)(const user_dao *dao);

static int64_t by_id(const user_dao *dao)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(dao, ada, &found, NULL);
	int64_t     id = rc == WEIR_OK ? found->id : rc;

	user_release(&found);
	return id;
}

static int64_t by_name(const user_dao *dao)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_username_cached(dao, "ada", &found, NULL);
	int64_t     id = rc == WEIR_OK ? found->id : rc;

	user_release(&found);
	return id;
}

static int64_t absent(const user_dao *dao)
{
	const user *found = NULL;

	return user_dao_get_by_id_cached(dao, 4711, &found, NULL) == WEIR_NOT_FOUND ? 1 : -1;
}

static int64_t list(const user_dao *dao)
{
	user_list found = WEIR_LIST_INIT;
	int       rc = user_dao_get_all_cached(dao, NULL, &found, NULL);
	int64_t   count = rc == WEIR_OK ? (int64_t)found.count : rc;

	user_list_release(&found);
	return count;
}

static int64_t count(const user_dao *dao)
{
	int64_t number = 0;
	int     rc = user_dao_count_cached(dao, NULL, &number, NULL);

	return rc == WEIR_OK ? number : rc;
}

static int64_t many(const user_dao *dao)
{
	int64_t   ids[] = { ada, eve, 4711 };
	user_list found = WEIR_LIST_INIT;
	int       rc = user_dao_get_many_cached(dao, ids, 3, &found, NULL);
	int64_t   right = rc == WEIR_OK ? found.items[0] && found.items[1] && !found.items[2] : rc;

	user_list_release(&found);
	return right;
}

static struct crowd {
	job             work;
	weir_session   *session;
	int             first_timeout_ms; /* of the first one that comes; 0: as all others */
	atomic_int      came;
	atomic_int      failed;
	_Atomic int64_t answer; /* of all that did not fail */
	atomic_int      wrong;
} crowd;

static void *come(void *unused)
{
	user_dao dao = get_user_dao(crowd.session);
	int64_t  answer;

	(void)unused;
	if (atomic_fetch_add(&crowd.came, 1) == 0 && crowd.first_timeout_ms)
		dao.base.timeout_ms = crowd.first_timeout_ms;
	answer = crowd.work(&dao);
	if (answer < 0)
		atomic_fetch_add(&crowd.failed, 1);
	else if (answer != atomic_load(&crowd.answer))
		atomic_fetch_add(&crowd.wrong, 1);
	return NULL;
}

/* Statements that wait for the lock. */
static int waiting(void)
{
	return (int)strtol(blog_sql(&blog, "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
	                                   "(SELECT oid FROM pg_database WHERE datname = current_database())"),
	                   NULL, 10);
}

static uint64_t queries(void)
{
	weir_session_stats stats;

	weir_session_stats_get(crowd.session, &stats);
	return stats.queries;
}

static weir_session *lock_users(void)
{
	weir_session *tx = NULL;

	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(weir_run_script(tx, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE", &blog.err));
	return tx;
}

static pthread_t threads[THREADS];

static void start(int first, int last)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 512 << 10);
	for (int i = first; i < last; i++)
		MUST(pthread_create(&threads[i], &attributes, come, NULL) == 0);
	pthread_attr_destroy(&attributes);
}

/* All want the same, the first one a little earlier. The queries that it took. */
static uint64_t gather(job work, int64_t expected)
{
	weir_session *tx = lock_users();
	uint64_t      before = queries();

	crowd.work = work;
	atomic_store(&crowd.came, 0);
	atomic_store(&crowd.failed, 0);
	atomic_store(&crowd.wrong, 0);
	atomic_store(&crowd.answer, expected);
	start(0, 1);
	while (waiting() == 0)
		(void)poll(NULL, 0, 1);
	start(1, THREADS);
	while (atomic_load(&crowd.came) < THREADS)
		(void)poll(NULL, 0, 1);
	while (crowd.first_timeout_ms && atomic_load(&crowd.failed) == 0)
		(void)poll(NULL, 0, 1);
	weir_rollback(&tx);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&crowd.wrong), 0);
	return queries() - before;
}

static void begin_crowd(weir_cache_kind kind, int cache_timeout_ms)
{
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	ada = blog_user(&blog, "ada");
	eve = blog_user(&blog, "eve");
	crowd.session = blog_open_other(
		&blog, &(weir_options){ .cache_kind = kind, .cache_timeout_ms = cache_timeout_ms, .timeout_ms = 60000 });
	crowd.first_timeout_ms = 0;
}

static void end_crowd(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(crowd.session), NULL, NULL);
	weir_close(&crowd.session);
	blog_close(&blog);
}

static const weir_cache_kind kinds[] = { WEIR_CACHE_REDIS, WEIR_CACHE_MEMORY };

START_TEST(test_single_flight__a_thousand_threads_are_one_query)
{
	static const struct {
		const char *name;
		job         work;
		int64_t     answer; /* 0: ada's id */
		uint64_t    queries;
	} jobs[] = {
		{ "by id", by_id, 0, 1 },
		{ "by a unique field", by_name, 0, 2 }, /* whose row it is, and then the row under its own lease */
		{ "no such row", absent, 1, 1 },
		{ "list", list, 2, 1 },
		{ "count", count, 2, 1 },
		{ "many", many, 1, 1 },
	};

	for (size_t i = 0; i < 2; i++) {
		begin_crowd(kinds[i], 10000);
		for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
			uint64_t asked;

			assert_ok(weir_cache_manager_flush(weir_session_cache(crowd.session), NULL, NULL));
			asked = gather(jobs[j].work, jobs[j].answer ? jobs[j].answer : ada);
			ck_assert_msg(asked <= jobs[j].queries && asked > 0, "%s: %llu queries", jobs[j].name,
			              (unsigned long long)asked);
			ck_assert_int_eq(atomic_load(&crowd.failed), 0);
		}
		end_crowd();
	}
}
END_TEST

/* The first one gives up, and the others go on: one of them asks in its place. */
START_TEST(test_single_flight__when_the_first_fails_the_others_do_not)
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t asked;

		begin_crowd(kinds[i], 10000);
		crowd.first_timeout_ms = 300;
		asked = gather(by_id, ada);
		ck_assert_int_eq(atomic_load(&crowd.failed), 1);
		ck_assert_uint_le(asked, THREADS / 10);
		end_crowd();
	}
}
END_TEST

WEIR_SUITE("single flight", test_single_flight__a_thousand_threads_are_one_query,
           test_single_flight__when_the_first_fails_the_others_do_not);
