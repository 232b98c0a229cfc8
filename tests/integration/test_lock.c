/* Row locks: every strength against every other, and what becomes of rows that are locked by somebody else. */
#include "integration/account.h"

#include <pthread.h>
#include <string.h>

static const weir_lock strengths[] = { WEIR_FOR_KEY_SHARE, WEIR_FOR_SHARE, WEIR_FOR_NO_KEY_UPDATE, WEIR_FOR_UPDATE };

static weir_session *begin(void)
{
	weir_session *tx = NULL;

	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	return tx;
}

static int lock_account(weir_session *tx, int64_t id, weir_lock lock, weir_lock_wait wait)
{
	weir_base_dao  dao = weir_get_dao(tx, &account_model);
	const account *found = NULL;
	int            rc = weir_base_dao_get_by_id_locked(&dao, &(account){ .id = id }, lock, wait, &found, &blog.err);

	if (rc == WEIR_OK)
		ck_assert_int_eq(found->id, id);
	account_release(&found);
	return rc;
}

/* Which go together, as PostgreSQL says: rows the lock held, columns the lock asked for. */
static const bool together[4][4] = {
	{ true, true, true, false },
	{ true, true, false, false },
	{ true, false, false, false },
	{ false, false, false, false },
};

WRITING_TEST(test_lock__each_strength_keeps_out_what_it_should)
{
	int64_t id = make_account("a");

	for (size_t held = 0; held < 4; held++) {
		for (size_t asked = 0; asked < 4; asked++) {
			weir_session *one = begin(), *other = begin();
			assert_ok(lock_account(one, id, strengths[held], WEIR_NOWAIT));
			assert_status(together[held][asked] ? WEIR_OK : WEIR_ERR_LOCKED,
			              lock_account(other, id, strengths[asked], WEIR_NOWAIT));
			if (!together[held][asked])
				ck_assert_str_eq(blog.err.sqlstate, "55P03");
			weir_rollback(&other);
			other = begin();
			assert_status(together[held][asked] ? WEIR_OK : WEIR_NOT_FOUND,
			              lock_account(other, id, strengths[asked], WEIR_SKIP_LOCKED));
			weir_rollback(&one);
			assert_ok(lock_account(other, id, strengths[asked], WEIR_NOWAIT));
			weir_rollback(&other);
		}
	}
	weir_session *tx = begin();
	assert_status(WEIR_NOT_FOUND, lock_account(tx, 4711, WEIR_FOR_UPDATE, WEIR_WAIT));
	weir_rollback(&tx);
}

/* Takes the next job nobody works on. */
static int64_t take_job(weir_session *tx)
{
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	account_list  list = WEIR_LIST_INIT;
	int64_t       id = 0;

	assert_ok(weir_base_dao_get_all(&dao,
	                                WEIR_QUERY(.where = weir_eq(account_c.level, 0), .limit = 1,
	                                           .lock = WEIR_FOR_UPDATE, .lock_wait = WEIR_SKIP_LOCKED),
	                                &list, &blog.err));
	if (list.count > 0)
		id = list.items[0]->id;
	account_list_release(&list);
	if (id)
		assert_ok(weir_base_dao_update(&dao, &(account){ .id = id }, &(account){ .level = 1 }, WEIR_SET(account, level),
		                               NULL, &blog.err));
	return id;
}

WRITING_TEST(test_lock__workers_of_a_queue_never_take_the_same_job)
{
	int64_t a = make_account("a"), b = make_account("b");

	weir_session *one = begin(), *other = begin(), *third = begin();
	ck_assert_int_eq(take_job(one), a);
	ck_assert_int_eq(take_job(other), b);
	ck_assert_int_eq(take_job(third), 0);
	weir_rollback(&one); /* the worker fails: the job is there for the next */
	assert_ok(weir_commit(&other, &blog.err));
	ck_assert_int_eq(take_job(third), a);
	assert_ok(weir_commit(&third, &blog.err));
	const account *seen = cached_account(a);
	ck_assert_int_eq(seen->level, 1);
	account_release(&seen);
}

static void *lock_later(void *id)
{
	weir_session  *tx = NULL;
	const account *found = NULL;

	ck_assert_int_eq(weir_begin(session, NULL, &tx, NULL), WEIR_OK);
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	ck_assert_int_eq(weir_base_dao_get_by_id_locked(&dao, &(account){ .id = *(int64_t *)id }, WEIR_FOR_UPDATE,
	                                                WEIR_WAIT, &found, NULL),
	                 WEIR_OK);
	ck_assert_int_eq(found->level, 7); /* as the other has left it */
	account_release(&found);
	weir_rollback(&tx);
	return NULL;
}

WRITING_TEST(test_lock__waits_for_the_row_and_then_sees_what_became_of_it)
{
	int64_t       id = make_account("a");
	weir_session *tx = begin();
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	pthread_t     thread;

	assert_ok(lock_account(tx, id, WEIR_FOR_UPDATE, WEIR_WAIT));
	ck_assert_int_eq(pthread_create(&thread, NULL, lock_later, &id), 0);
	while (strcmp(blog_sql(&blog, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"), "t") != 0)
		;
	assert_ok(weir_base_dao_update(&dao, &(account){ .id = id }, &(account){ .level = 7 }, WEIR_SET(account, level),
	                               NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

WRITING_TEST(test_lock__is_refused_outside_a_transaction_and_where_nothing_is_locked)
{
	account_list  list = WEIR_LIST_INIT;
	weir_cursors  page = WEIR_CURSORS_INIT;
	weir_query    locking = { .lock = WEIR_FOR_SHARE };
	weir_session *tx = begin();
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	user_dao      users = get_user_dao(tx);
	int64_t       count;
	bool          exists;
	post_list     posts = WEIR_LIST_INIT;

	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all(&accounts, &locking, &list, &blog.err));
	ck_assert_str_eq(blog.err.message,
	                 "account: rows are locked until their transaction ends, and this is none: weir_begin first");
	assert_status(WEIR_ERR_USAGE, lock_account(session, 1, WEIR_FOR_UPDATE, WEIR_WAIT));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all_cached(&dao, &locking, &list, &blog.err));
	ck_assert_str_eq(blog.err.message, "account: this read cannot lock rows: get_all can, not cached");
	assert_status(WEIR_ERR_USAGE, weir_base_dao_count(&dao, &locking, &count, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_exists(&dao, &locking, &exists, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_page(&dao, &locking, NULL, &list, &page, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_posts_where(tx, &(user){ .id = 1 }, &locking, &posts, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_dao_get_all(&users, WEIR_QUERY(.with = WEIR_WITH(WEIR_PATH("posts", &locking))),
	                                               &(user_list)WEIR_LIST_INIT, &blog.err));
	assert_status(WEIR_ERR_USAGE, lock_account(tx, 1, WEIR_LOCK_NONE, WEIR_WAIT));
	assert_status(WEIR_ERR_USAGE, lock_account(tx, 1, (weir_lock)9, WEIR_WAIT));
	assert_status(WEIR_ERR_USAGE, lock_account(tx, 1, WEIR_FOR_SHARE, (weir_lock_wait)9));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all(&dao, WEIR_QUERY(.lock_wait = WEIR_NOWAIT), &list, &blog.err));
	assert_ok(weir_base_dao_get_all(&dao, &locking, &list, &blog.err)); /* nothing was sent: the transaction is whole */
	weir_rollback(&tx);
}

WEIR_SUITE("lock", test_lock__each_strength_keeps_out_what_it_should,
           test_lock__workers_of_a_queue_never_take_the_same_job,
           test_lock__waits_for_the_row_and_then_sees_what_became_of_it,
           test_lock__is_refused_outside_a_transaction_and_where_nothing_is_locked);
