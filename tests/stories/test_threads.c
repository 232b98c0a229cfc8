/* Many threads on one session: reads, writes and transactions at once. Values are tagged with the row they belong to, so that an
 * answer meant for somebody else is noticed, and versions only rise, so that a read older than this thread's own last
 * write is. */
#include "support/blog.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 150, USERS = 4 };

static struct blog blog;
static int64_t     ids[USERS];

struct worker {
	pthread_t thread;
	unsigned  seed;
	char      failure[700];
};

static bool fails(struct worker *worker, const weir_error *err, int rc, const char *what)
{
	if (rc == WEIR_OK)
		return false;
	snprintf(worker->failure, sizeof worker->failure, "%s: %s %s", what, weir_status_name(rc), err->message);
	return true;
}

/* Adds one to a user's age under a row lock (the update), reading it in the same transaction. */
static int bump(weir_session *tx, void *argument, weir_error *err)
{
	int64_t        id = *(int64_t *)argument;
	user_dao       users = get_user_dao(tx);
	const user    *before = NULL;
	weir_condition same = weir_eq(user_c.id, id);
	int            rc;

	rc = weir_base_dao_update_where(&users.base, same, &(user){ .is_active = true }, WEIR_SET(user, is_active), NULL,
	                                err);
	if (rc >= 0)
		rc = user_dao_get_by_id(&users, id, &before, err);
	if (rc == WEIR_OK)
		rc = user_dao_update(&users, id, &(user){ .age = weir_some_i32(before->age.value + 1) }, WEIR_SET(user, age),
		                     NULL, err);
	user_release(&before);
	return rc;
}

static bool read_back(struct worker *worker, int64_t id, int32_t at_least, int32_t *age)
{
	const user *found = NULL;
	weir_error  err = WEIR_ERROR_INIT;

	if (fails(worker, &err, user_dao_get_by_id_cached(&blog.users, id, &found, &err), "read"))
		return false;
	*age = found->age.value;
	if (found->id != id)
		snprintf(worker->failure, sizeof worker->failure, "asked for another user");
	else if (found->age.value < at_least)
		snprintf(worker->failure, sizeof worker->failure, "read %d after %d had been seen", found->age.value, at_least);
	user_release(&found);
	return worker->failure[0] == '\0';
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	int32_t        seen[USERS] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		size_t     at = (size_t)rand_r(&worker->seed) % USERS;
		weir_error err = WEIR_ERROR_INIT;

		if (rand_r(&worker->seed) % 4 == 0) {
			if (fails(worker, &err,
			          weir_transact(blog.session, &(weir_transaction_options){ .attempts = 5 }, bump, &ids[at], &err),
			          "bump"))
				return NULL;
			seen[at]++;
		}
		if (!read_back(worker, ids[at], seen[at], &seen[at]))
			return NULL;
	}
	return NULL;
}

START_TEST(test_threads__never_read_backwards_nor_somebody_elses_row)
{
	struct worker workers[THREADS] = { 0 };
	uint64_t      bumps = 0;

	blog_open(&blog, &(weir_options){ .pool = { .max_connections = 5 } });
	for (size_t i = 0; i < USERS; i++) {
		char name[16];

		snprintf(name, sizeof name, "user%zu", i);
		ids[i] = blog_user(&blog, name);
		assert_ok(user_dao_update(&blog.users, ids[i], &(user){ .age = weir_some_i32(0) }, WEIR_SET(user, age), NULL,
		                          &blog.err));
	}
	blog_sql(&blog, "ALTER TABLE users DROP CONSTRAINT users_age_check");
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].seed = i + 1;
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_msg(workers[i].failure[0] == '\0', "%s", workers[i].failure);
	}
	bumps = strtoull(blog_sql(&blog, "SELECT sum(age) FROM users"), NULL, 10);
	ck_assert_uint_gt(bumps, THREADS * ROUNDS / 8);
	ck_assert_uint_gt(blog_cache_stats(&blog, &user_model).hits, 0);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("threads", test_threads__never_read_backwards_nor_somebody_elses_row);
