/* Writes of many callers that share a transaction (.gathers_writes): what each is told, what is seen afterwards, and who does not wait. */
#include "integration/group.h"
#include "support/must.h"

#include <weir/near_cache.h>

static void assert_written(int i)
{
	ck_assert_msg(writers[i].rc == WEIR_OK, "%d: %s", i, writers[i].err.message);
	ck_assert_str_eq(writers[i].written->bio, writers[i].bio);
	ck_assert(writers[i].name || writers[i].written->id == writers[i].id);
	ck_assert(bio_is(&blog.users, writers[i].written->id, writers[i].bio));
}

/* All of them between block and unblock. */
static void write_together(void)
{
	block();
	start_all();
	unblock();
	finish_all();
}

/* Rows that are cached are changed by one transaction, and each reads its own afterwards. */
static void assert_shared(const weir_options *options)
{
	open_group(options);
	for (int i = 0; i < 2 * WRITERS; i++)
		ck_assert(bio_is(&blog.users, ids[i % WRITERS], "")); /* cached */
	write_together();
	for (int i = 0; i < WRITERS; i++)
		assert_written(i);
	ck_assert_int_eq(transactions(), 1);
	close_group();
}

START_TEST(test_group__writers_that_wait_share_a_transaction_and_each_has_its_own_row)
{
	if (test_is_pooled())
		return;
	assert_shared(NULL);
}
END_TEST

START_TEST(test_group__so_it_is_with_a_near_cache)
{
	if (test_is_pooled())
		return;
	assert_shared(&(weir_options){ .cache = { .near = WEIR_ON } });
}
END_TEST

static uint64_t near_hits(void)
{
	return blog_cache_stats(&blog, &user_model).near_hits;
}

/* What each has written is near afterwards, if others in its transaction can have changed nothing else. */
static void assert_renewed(bool deletes)
{
	weir_near_stats stats;
	uint64_t        before, fills;

	open_group(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache = { .near = WEIR_ON } });
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
	for (int i = 0; i < WRITERS; i++)
		ck_assert(bio_is(&blog.users, ids[i], ""));
	writers[1].id = ids[2]; /* one row twice */
	writers[3].deletes = deletes;
	weir_near_cache_stats(weir_session_near_cache(blog.session), &stats);
	fills = stats.fills;
	write_together();
	ck_assert_int_eq(transactions(), 1);
	weir_near_cache_stats(weir_session_near_cache(blog.session), &stats);
	ck_assert_uint_eq(stats.fills - fills, deletes ? 0 : WRITERS - 1); /* what the one row was in between is not kept */
	before = near_hits();
	for (int i = 4; i < WRITERS; i++)
		ck_assert(bio_is(&blog.users, ids[i], writers[i].bio));
	ck_assert_uint_eq(near_hits() - before, deletes ? 0 : WRITERS - 4);
	ck_assert(bio_is(&blog.users, ids[2], blog_sql(&blog, "SELECT bio FROM users WHERE username = 'user2'")));
	close_group();
}

START_TEST(test_group__what_they_wrote_is_near_afterwards)
{
	if (test_is_pooled())
		return;
	assert_renewed(false);
}
END_TEST

START_TEST(test_group__unless_one_of_them_deletes)
{
	if (test_is_pooled())
		return;
	assert_renewed(true);
}
END_TEST

START_TEST(test_group__rows_are_made_changed_and_deleted_together)
{
	int64_t     before = 0, count = 0;
	const user *found = NULL;

	if (test_is_pooled())
		return;
	open_group(NULL);
	writers[1].name = "new one";
	writers[2].name = "new two";
	writers[3].deletes = true;
	writers[4].id = ids[5]; /* one row twice */
	block();
	for (int i = 0; i < 2; i++) {
		ck_assert(bio_is(&blog.users, ids[3], ""));
		assert_ok(user_dao_count_cached(&blog.users, NULL, &before, &blog.err));
	}
	start_all();
	unblock();
	finish_all();
	for (int i = 0; i < WRITERS; i++)
		assert_ok(writers[i].rc);
	assert_written(0);
	assert_written(1);
	assert_written(2);
	ck_assert(writers[3].deleted);
	ck_assert(bio_is(&blog.users, ids[5], writers[4].bio) || bio_is(&blog.users, ids[5], writers[5].bio));
	ck_assert_int_eq(transactions(), 1);
	assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err));
	ck_assert_int_eq(count, before + 1);
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, ids[3], &found, &blog.err));
	close_group();
}
END_TEST

START_TEST(test_group__one_that_violates_a_constraint_is_told_so_and_the_others_are_written)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	writers[3].name = "user0";
	write_together();
	for (int i = 0; i < WRITERS; i++)
		if (i != 3)
			assert_written(i);
	ck_assert_int_eq(writers[3].rc, WEIR_ERR_UNIQUE);
	ck_assert_str_eq(writers[3].err.sqlstate, "23505");
	ck_assert_str_eq(writers[3].err.table, "users");
	ck_assert_ptr_null(writers[3].written);
	ck_assert_int_eq(transactions(), 1); /* of all the others */
	close_group();
}
END_TEST

START_TEST(test_group__where_many_fail_each_writes_by_itself)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	for (int i = 0; i < WRITERS; i += 2)
		writers[i].name = "user0";
	write_together();
	for (int i = 0; i < WRITERS; i++)
		if (i % 2)
			assert_written(i);
		else
			ck_assert_int_eq(writers[i].rc, WEIR_ERR_UNIQUE);
	close_group();
}
END_TEST

START_TEST(test_group__one_whose_row_is_not_there_is_told_so)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	writers[0].id = writers[7].id = 999999;
	write_together();
	for (int i = 0; i < WRITERS; i++)
		if (i == 0 || i == 7)
			ck_assert_int_eq(writers[i].rc, WEIR_NOT_FOUND);
		else
			assert_written(i);
	ck_assert_int_eq(transactions(), 1);
	close_group();
}
END_TEST

START_TEST(test_group__where_no_row_is_there_nothing_is_committed)
{
	weir_session_stats before, after;

	if (test_is_pooled())
		return;
	open_group(NULL);
	for (int i = 0; i < WRITERS; i++)
		writers[i].id = 1000000 + i;
	weir_session_stats_get(blog.session, &before);
	write_together();
	weir_session_stats_get(blog.session, &after);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(writers[i].rc, WEIR_NOT_FOUND);
	ck_assert_uint_eq(after.transactions - before.transactions, 3); /* who locks, the first, the batch */
	close_group();
}
END_TEST

START_TEST(test_group__one_that_waits_for_a_lock_keeps_the_others_for_milliseconds)
{
	weir_session *stranger = NULL;

	if (test_is_pooled())
		return;
	open_group(NULL);
	lock_row(&stranger, ids[5]);
	block();
	start_all();
	unblock();
	for (int i = 0; i < WRITERS; i++)
		if (i != 5) {
			finish(&writers[i]);
			assert_written(i);
		}
	ck_assert(is_blocked(1));
	ck_assert_int_eq(transactions(), 1);
	weir_rollback(&stranger);
	finish(&writers[5]);
	assert_written(5);
	close_group();
}
END_TEST

START_TEST(test_group__who_holds_the_place_for_long_is_not_waited_for)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	weir__group_set_patience(group(), 20);
	block();
	for (int i = 0; i < WRITERS; i++)
		start(&writers[i]);
	finish_all(); /* while the first one waits */
	for (int i = 0; i < WRITERS; i++)
		assert_written(i);
	ck_assert(is_blocked(1));
	unblock();
	close_group();
}
END_TEST

START_TEST(test_group__who_has_little_time_does_not_wait)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	block();
	writers[0].users.base.timeout_ms = 90;
	writers[1].users.base.timeout_ms = 200;
	for (int i = 0; i < 2; i++) {
		start(&writers[i]);
		finish(&writers[i]); /* the first one still has the place */
		ck_assert(writers[i].rc == WEIR_OK || writers[i].rc == WEIR_ERR_TIMEOUT);
	}
	unblock();
	close_group();
}
END_TEST

/* Whether it comes first, so that it would lead, or last. */
static void write_with_one_impatient(int place)
{
	open_group(NULL);
	writers[place].users.base.timeout_ms = 900; /* the others have 20 s */
	block();
	for (int i = 0; i < WRITERS; i++) {
		start(&writers[i]);
		EVENTUALLY(weir__group_waiting(group()) == (size_t)i + 1);
	}
	unblock();
	finish_all();
	for (int i = 0; i < WRITERS; i++)
		assert_written(i);
	ck_assert_int_ge(transactions(), 2);
	close_group();
}

START_TEST(test_group__who_is_impatient_does_not_cut_the_others_short_nor_do_their_work)
{
	if (test_is_pooled())
		return;
	write_with_one_impatient(WRITERS - 1);
	write_with_one_impatient(0);
}
END_TEST

START_TEST(test_group__a_transaction_does_not_wait)
{
	weir_session *tx = NULL;
	user_dao      inside;

	if (test_is_pooled())
		return;
	open_group(NULL);
	block();
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	inside = get_user_dao(tx);
	assert_ok(user_dao_update(&inside, ids[0], &(user){ .bio = "mine" }, WEIR_SET(user, bio), NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert(bio_is(&blog.users, ids[0], "mine"));
	unblock();
	close_group();
}
END_TEST

/* Where Redis is out of reach: what they touched is in the outbox, once, and others see it once it is applied. */
START_TEST(test_group__what_cannot_be_told_is_left_in_the_outbox)
{
	weir_session *elsewhere;
	user_dao      users;
	size_t        applied = 0;

	if (test_is_pooled())
		return;
	open_group(NULL);
	elsewhere = blog.session;
	assert_ok(weir_outbox_install(elsewhere, &blog.err));
	users = get_user_dao(elsewhere);
	for (int i = 0; i < 2 * WRITERS; i++)
		ck_assert(bio_is(&users, ids[i % WRITERS], ""));
	blog.session = blog_open_other(
		&blog, &(weir_options){ .redis = "redis://127.0.0.1:1/0", .outbox = WEIR_ON, .relay = WEIR_OFF });
	weir__group_set_patience(group(), 30000);
	for (int i = 0; i < WRITERS; i++)
		writers[i].users = get_user_dao(blog.session);
	first.users = get_user_dao(blog.session);
	write_together();
	ck_assert_int_eq(transactions(), 1);
	ck_assert_int_eq(strtoll(blog_sql(&blog, "SELECT count(*) FROM weir_outbox"), NULL, 10),
	                 2); /* of the first, of all */
	assert_ok(weir_relay_run_once(elsewhere, &applied, &blog.err));
	for (int i = 0; i < WRITERS; i++) {
		assert_ok(writers[i].rc);
		ck_assert(bio_is(&users, ids[i], writers[i].bio));
	}
	weir_close(&blog.session);
	blog.session = elsewhere;
	close_group();
}
END_TEST

/* A table altered between two batches: what is prepared is of no use any more. */
START_TEST(test_group__a_table_altered_meanwhile_is_found_out)
{
	if (test_is_pooled())
		return;
	open_group(NULL);
	write_together();
	for (int round = 0; round < 2; round++) {
		blog_sql(&blog, round ? "ALTER TABLE users DROP COLUMN more" : "ALTER TABLE users ADD COLUMN more text");
		for (int i = 0; i < WRITERS; i++) {
			user_release(&writers[i].written);
			prepare(&writers[i], ids[i], round ? "bio two" : "bio one");
		}
		user_release(&first.written);
		write_together();
		for (int i = 0; i < WRITERS; i++)
			assert_written(i);
	}
	close_group();
}
END_TEST

/* ---- All at once ------------------------------------------------------------------------------------------------------- */

#define ROUNDS 60

static int increment_balance(writer *w)
{
	user key = { .id = first.id };

	return weir_base_dao_increment(&w->users.base, &key, WEIR_BY(weir_by(user_c.balance, weir_numeric_of("1"))), NULL,
	                               &w->err);
}

/* What was written is what is read, by whoever. */
static void write_and_read(writer *w, int round)
{
	const user *found = NULL;

	snprintf(w->bio, sizeof w->bio, "bio %d", round);
	MUST(user_dao_update(&w->users, w->id, &(user){ .bio = w->bio }, WEIR_SET(user, bio), NULL, &w->err) == WEIR_OK);
	MUST(user_dao_get_by_id_cached(&w->users, w->id, &found, &w->err) == WEIR_OK);
	MUST(found && strcmp(found->bio, w->bio) == 0);
	user_release(&found);
}

static void *write_often(void *context)
{
	writer *w = context;
	user    taken = { .username = "first", .email = "first" };
	user    change = { .bio = "nobody's" };

	for (int i = 0; i < ROUNDS; i++) {
		write_and_read(w, i);
		MUST(increment_balance(w) == WEIR_OK);
		if (i % 8 == 0)
			MUST(user_dao_create(&w->users, &taken, WEIR_SET(user, username, email), NULL, &w->err) == WEIR_ERR_UNIQUE);
		if (i % 8 == 4)
			MUST(user_dao_update(&w->users, 999999, &change, WEIR_SET(user, bio), NULL, &w->err) == WEIR_NOT_FOUND);
	}
	return NULL;
}

START_TEST(test_group__many_write_at_once_and_each_reads_what_it_has_written)
{
	open_group(NULL);
	blog_sql(&blog, "UPDATE users SET balance = 0");
	if (!test_is_pooled())
		weir__group_set_patience(group(), 20);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_often, &writers[i]), 0);
	finish_all();
	all_held();
	ck_assert_int_eq(strtoll(blog_sql(&blog, "SELECT sum(balance)::bigint FROM users"), NULL, 10), WRITERS * ROUNDS);
	close_group();
}
END_TEST

WEIR_SUITE("group_commit", test_group__writers_that_wait_share_a_transaction_and_each_has_its_own_row,
           test_group__so_it_is_with_a_near_cache, test_group__what_they_wrote_is_near_afterwards,
           test_group__unless_one_of_them_deletes, test_group__rows_are_made_changed_and_deleted_together,
           test_group__one_that_violates_a_constraint_is_told_so_and_the_others_are_written,
           test_group__where_many_fail_each_writes_by_itself, test_group__one_whose_row_is_not_there_is_told_so,
           test_group__where_no_row_is_there_nothing_is_committed,
           test_group__one_that_waits_for_a_lock_keeps_the_others_for_milliseconds,
           test_group__who_holds_the_place_for_long_is_not_waited_for, test_group__who_has_little_time_does_not_wait,
           test_group__who_is_impatient_does_not_cut_the_others_short_nor_do_their_work,
           test_group__a_transaction_does_not_wait, test_group__what_cannot_be_told_is_left_in_the_outbox,
           test_group__a_table_altered_meanwhile_is_found_out,
           test_group__many_write_at_once_and_each_reads_what_it_has_written);
