/*
 * test_statement.c: prepared statements: once per connection, bounded, dropped and prepared again when they must be.
 */
#include "support/database.h"
#include "support/suite.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static const char count_prepared[] = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'weir%'";

static int run_with(weir__conn *conn, const char *text, weir_type type, int64_t integer, weir_error *err)
{
	weir__sql     sql = weir__sql_of(text, strlen(text));
	weir__params *params = NULL;
	weir_value    value = { .type = type, .as.integer = integer };
	weir__rows    rows;
	int           rc;

	ck_assert_int_eq(weir__params_create(&params, err), WEIR_OK);
	weir__params_add(params, type, &value);
	rc = weir__conn_run(conn, &sql, params, weir__deadline_in_ms(10000), &rows, err);
	weir__rows_release(&rows);
	weir__params_free(params);
	return rc;
}

static uint64_t prepared(struct database *database)
{
	return database_stats(database).statements_prepared;
}

/* ---- The set, without a server ------------------------------------------------------------------------------------------ */

static weir__statement *find(weir__statement_set *set, const char *text)
{
	weir__sql sql = weir__sql_of(text, strlen(text));

	return weir__statement_find(set, &sql, NULL);
}

static weir__statement *add(weir__statement_set *set, const char *text)
{
	weir__sql sql = weir__sql_of(text, strlen(text));

	return weir__statement_add(set, &sql, NULL);
}

START_TEST(test_statement__the_one_used_longest_ago_makes_room)
{
	weir__statement_set set;
	char                command[64];

	ck_assert_int_eq(weir__statement_set_init(&set, 3, NULL), WEIR_OK);
	add(&set, "a");
	add(&set, "b");
	add(&set, "c");
	ck_assert_ptr_nonnull(find(&set, "a"));
	add(&set, "d");
	ck_assert_ptr_null(find(&set, "b"));
	ck_assert_ptr_nonnull(find(&set, "a"));
	ck_assert_ptr_nonnull(find(&set, "c"));
	ck_assert_uint_eq(set.count, 3);
	set.token = 0xab;
	ck_assert(weir__statement_next_drop(&set, command, sizeof command));
	ck_assert_str_eq(command, "DEALLOCATE weir_ab_2");
	ck_assert(!weir__statement_next_drop(&set, command, sizeof command));
	weir__statement_forget_all(&set, true);
	weir__statement_forget_all(&set, true);
	ck_assert(weir__statement_next_drop(&set, command, sizeof command));
	ck_assert_str_eq(command, "DEALLOCATE ALL");
	ck_assert(!weir__statement_next_drop(&set, command, sizeof command));
	weir__statement_set_release(&set);
}
END_TEST

START_TEST(test_statement__texts_with_one_hash_are_told_apart)
{
	weir__statement_set set;
	weir__sql           first = { .text = "one text", .length = 8, .hash = 42 };
	weir__sql           second = { .text = "two text", .length = 8, .hash = 42 };
	weir__sql           longer = { .text = "one text more", .length = 13, .hash = 42 };
	weir__statement    *kept;

	ck_assert_int_eq(weir__statement_set_init(&set, 8, NULL), WEIR_OK);
	kept = weir__statement_add(&set, &first, NULL);
	ck_assert_ptr_null(weir__statement_find(&set, &second, NULL));
	ck_assert_ptr_null(weir__statement_find(&set, &longer, NULL));
	weir__statement_add(&set, &second, NULL);
	ck_assert_ptr_eq(weir__statement_find(&set, &first, NULL), kept);
	weir__statement_forget(&set, kept, false);
	ck_assert_ptr_null(weir__statement_find(&set, &first, NULL));
	ck_assert_ptr_nonnull(weir__statement_find(&set, &second, NULL));
	weir__statement_set_release(&set);
}
END_TEST

START_TEST(test_statement__a_text_built_anew_at_the_same_address_is_another)
{
	weir__statement_set set;
	char                text[] = "SELECT 1";

	ck_assert_int_eq(weir__statement_set_init(&set, 8, NULL), WEIR_OK);
	add(&set, text);
	text[7] = '2';
	ck_assert_ptr_null(find(&set, text));
	weir__statement_set_release(&set);
}
END_TEST

START_TEST(test_statement__more_dropped_than_can_be_remembered_is_noticed)
{
	weir__statement_set set;
	char                text[16];

	ck_assert_int_eq(weir__statement_set_init(&set, 8, NULL), WEIR_OK);
	for (int i = 0; i < 8 + WEIR__DROPPED_MAX; i++) {
		snprintf(text, sizeof text, "%d", i);
		add(&set, text);
	}
	ck_assert(!set.overflowed);
	add(&set, "one more");
	ck_assert(set.overflowed);
	weir__statement_set_release(&set);
}
END_TEST

/* ---- On a server ------------------------------------------------------------------------------------------------------------ */

START_TEST(test_statement__prepared_once_per_connection_and_run_in_one_round_trip)
{
	struct database database;
	weir__conn     *conn;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	for (int i = 0; i < 10; i++)
		conn_run_ok(conn, "SELECT 1");
	ck_assert_uint_eq(prepared(&database), 1);
	ck_assert_uint_eq(database_stats(&database).round_trips, 10);
	ck_assert_int_eq(conn_number(conn, count_prepared), 2);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__the_server_keeps_no_more_than_the_limit)
{
	enum { LIMIT = 10, SLACK = 2 };
	struct database database;
	weir__conn     *conn;

	database_init(&database, test_database_url());
	database.options.max_statements = LIMIT;
	database_open(&database);
	conn = database_borrow(&database);
	for (int i = 0; i < 300; i++) {
		char sql[32];
		snprintf(sql, sizeof sql, "SELECT %d", i);
		conn_run_ok(conn, sql);
		conn_run_ok(conn, "SELECT 'used all the time'");
	}
	ck_assert_uint_eq(prepared(&database), 301);
	ck_assert_int_le(conn_number(conn, count_prepared), LIMIT + SLACK);
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_uint_eq(database_stats(&database).round_trips, 601);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__the_limit_holds_in_and_after_failed_transactions)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_init(&database, test_database_url());
	database.options.max_statements = 10;
	database_open(&database);
	conn = database_borrow(&database);
	for (int i = 0; i < 100; i++) {
		char sql[48];
		snprintf(sql, sizeof sql, i % 3 ? "SELECT %d" : i % 2 ? "SELECT %d/0" : "SELECT %d FROM nowhere", i);
		ck_assert((conn_begin_and_run(conn, sql, &err) == WEIR_OK) == (i % 3 != 0));
		weir__conn_rollback(conn, weir__deadline_in_ms(10000));
	}
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_le(conn_number(conn, count_prepared), 12);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__one_text_with_other_types_is_another_statement)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(run_with(conn, "SELECT $1", WEIR_TYPE_INT4, 1, &err), WEIR_OK);
	ck_assert_int_eq(run_with(conn, "SELECT $1", WEIR_TYPE_INT8, 1, &err), WEIR_OK);
	ck_assert_int_eq(run_with(conn, "SELECT $1", WEIR_TYPE_INT4, 2, &err), WEIR_OK);
	ck_assert_uint_eq(prepared(&database), 2);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__a_statement_that_could_not_be_prepared_is_tried_again)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(conn_run(conn, "SELECT * FROM later", &err), WEIR_ERR_SCHEMA);
	conn_run_ok(conn, "CREATE TABLE later (id int)");
	conn_run_ok(conn, "SELECT * FROM later");
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__a_changed_table_is_not_seen_by_the_caller)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE t (id int)");
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	conn_run_ok(conn, "SELECT * FROM t");
	conn_run_ok(conn, "ALTER TABLE t ADD COLUMN more int");
	conn_run_ok(conn, "SELECT * FROM t");
	ck_assert_int_eq(conn_begin_and_run(conn, "UPDATE t SET id = 2 RETURNING *", &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	conn_run_ok(conn, "ALTER TABLE t ADD COLUMN still_more int");
	ck_assert_int_eq(conn_begin_and_run(conn, "UPDATE t SET id = 2 RETURNING *", &err), WEIR_OK);
	ck_assert_uint_ne(conn->tx.xid, 0);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_uint_eq(prepared(&database), 11);
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__a_table_changed_during_a_transaction_is_a_failure_to_try_again)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE t (id int)");
	conn_run_ok(conn, "SELECT * FROM t");
	ck_assert_int_eq(conn_begin_and_run(conn, "SELECT 1", &err), WEIR_OK);
	conn_run_ok(conn, "ALTER TABLE t ADD COLUMN more int");
	ck_assert_int_eq(conn_run(conn, "SELECT * FROM t", &err), WEIR_ERR_SERIALIZATION);
	ck_assert_str_eq(err.sqlstate, "0A000");
	ck_assert(weir_error_is_retryable(&err));
	ck_assert(!weir__conn_is_usable(conn));
	weir__conn_rollback(conn, weir__deadline_in_ms(10000));
	conn_run_ok(conn, "SELECT * FROM t");
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__statements_dropped_behind_our_back_are_prepared_again)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "SELECT 1");
	conn_run_ok(conn, "DEALLOCATE ALL");
	conn_run_ok(conn, "SELECT 1");
	ck_assert_int_eq(conn_begin_and_run(conn, "SELECT 1", &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	conn_run_ok(conn, "DEALLOCATE ALL");
	ck_assert_int_eq(conn_begin_and_run(conn, "SELECT 1", &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

/* ---- Several together -------------------------------------------------------------------------------------------------------- */

static int run_all(weir__conn *conn, size_t count, const char *const *texts, weir__request *requests, weir_error *err)
{
	for (size_t i = 0; i < count; i++)
		requests[i] = (weir__request){ .sql = weir__sql_of(texts[i], strlen(texts[i])) };
	return weir__conn_run_all(conn, requests, count, weir__deadline_in_ms(10000), err);
}

static void release_all(weir__request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		weir__rows_release(&requests[i].rows);
}

START_TEST(test_statements__go_out_together_and_each_has_its_answer)
{
	static const char *const texts[] = { "SELECT 1", "SELECT 1 UNION ALL SELECT 2", "SELECT 1", "SELECT 1 WHERE false",
		                                 "SELECT generate_series(1, 7)" };
	static const size_t      expected[] = { 1, 2, 1, 0, 7 };
	weir__request            requests[WEIR__REQUESTS_MAX];
	struct database          database;
	weir__conn              *conn;
	weir_error               err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(run_all(conn, WEIR__REQUESTS_MAX, texts, requests, &err), WEIR_OK);
		for (size_t i = 0; i < WEIR__REQUESTS_MAX; i++)
			ck_assert_uint_eq(requests[i].rows.count, expected[i]);
		release_all(requests, WEIR__REQUESTS_MAX);
	}
	ck_assert_uint_eq(database_stats(&database).round_trips, 2);
	ck_assert_uint_eq(database_stats(&database).queries, 10);
	ck_assert_uint_eq(prepared(&database), 4);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, weir__deadline_in_ms(10000), &err), WEIR_OK);
	ck_assert_int_eq(run_all(conn, 2, texts, requests, &err), WEIR_OK);
	release_all(requests, 2);
	ck_assert_uint_eq(database_stats(&database).round_trips, 3);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statements__of_which_one_fails_give_nothing_and_the_connection_stays_good)
{
	static const char *const texts[] = { "SELECT 1", "SELECT 1/0", "SELECT * FROM nowhere", "SELECT 2" };
	weir__request            requests[4];
	struct database          database;
	weir__conn              *conn;
	weir_error               err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(run_all(conn, 4, texts, requests, &err), WEIR_ERR_VALUE);
		ck_assert_str_eq(err.sqlstate, "22012");
		for (size_t i = 0; i < 4; i++)
			ck_assert_ptr_null(requests[i].rows.result);
		ck_assert(weir__conn_is_clean(conn));
	}
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statements__of_a_changed_table_are_run_once_more)
{
	static const char *const texts[] = { "SELECT * FROM t", "SELECT 1", "SELECT * FROM t ORDER BY 1" };
	weir__request            requests[3];
	struct database          database;
	weir__conn              *conn;
	weir_error               err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE t (id int)");
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(run_all(conn, 3, texts, requests, &err), WEIR_OK);
	release_all(requests, 3);
	conn_run_ok(conn, "ALTER TABLE t ADD COLUMN more int");
	ck_assert_int_eq(run_all(conn, 3, texts, requests, &err), WEIR_OK);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(requests[i].rows.count, 1);
	release_all(requests, 3);
	conn_run_ok(conn, "DEALLOCATE ALL");
	ck_assert_int_eq(run_all(conn, 3, texts, requests, &err), WEIR_OK);
	release_all(requests, 3);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

/* ---- Without memory ------------------------------------------------------------------------------------------------------------ */

#ifdef WEIR_TEST_HOOKS
START_TEST(test_statement__without_memory_nothing_is_sent_and_the_connection_stays_good)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	for (long successes = 0;; successes++) {
		char sql[32];
		bool failed;
		int  rc;

		snprintf(sql, sizeof sql, "VALUES (%ld)", successes);
		weir__memory_fail_after(successes, WEIR__FAIL_ONCE);
		rc = conn_begin_and_run(conn, sql, &err);
		failed = weir__memory_failures() > 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(rc, failed ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		ck_assert(!failed || !err.sent);
		weir__conn_rollback(conn, weir__deadline_in_ms(10000));
		ck_assert(weir__conn_is_clean(conn));
		if (!failed)
			break;
		ck_assert_int_lt(successes, 50);
	}
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_statement__a_pool_that_cannot_be_made_for_want_of_memory_leaves_nothing)
{
	struct database database;

	database_init(&database, test_database_url());
	database.options.schema = "public";
	database.options.application_name = "weir";
	for (long successes = 0;; successes++) {
		weir_error  err = WEIR_ERROR_INIT;
		weir__conn *conn = NULL;
		int         rc;

		weir__memory_fail_after(successes, WEIR__FAIL_FOREVER);
		rc = weir__db_create(&database.options, &database.db, &err);
		if (rc == WEIR_OK)
			rc = weir__db_acquire(database.db, weir__deadline_in_ms(10000), &conn, &err);
		if (rc == WEIR_OK)
			weir__db_give_back(database.db, &conn);
		if (database.db)
			weir__db_close(database.db, weir__deadline_in_ms(1000));
		database.db = NULL;
		bool failed = weir__memory_failures() > 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(rc, failed ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		if (!failed)
			break;
		ck_assert_int_lt(successes, 50);
	}
	database_close(&database);
}
END_TEST
#endif

WEIR_SUITE("statement", test_statement__the_one_used_longest_ago_makes_room,
           test_statement__texts_with_one_hash_are_told_apart,
           test_statement__a_text_built_anew_at_the_same_address_is_another,
           test_statement__more_dropped_than_can_be_remembered_is_noticed,
           test_statement__prepared_once_per_connection_and_run_in_one_round_trip,
           test_statement__the_server_keeps_no_more_than_the_limit,
           test_statement__the_limit_holds_in_and_after_failed_transactions,
           test_statement__one_text_with_other_types_is_another_statement,
           test_statement__a_statement_that_could_not_be_prepared_is_tried_again,
           test_statement__a_changed_table_is_not_seen_by_the_caller,
           test_statement__a_table_changed_during_a_transaction_is_a_failure_to_try_again,
           test_statement__statements_dropped_behind_our_back_are_prepared_again,
           test_statements__go_out_together_and_each_has_its_answer,
           test_statements__of_which_one_fails_give_nothing_and_the_connection_stays_good,
           test_statements__of_a_changed_table_are_run_once_more
#ifdef WEIR_TEST_HOOKS
           ,
           test_statement__without_memory_nothing_is_sent_and_the_connection_stays_good,
           test_statement__a_pool_that_cannot_be_made_for_want_of_memory_leaves_nothing
#endif
);
