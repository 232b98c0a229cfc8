/*
 * test_transaction.c: transactions and savepoints on one connection, what they cost, and the three outcomes of COMMIT.
 */
#include "support/cut.h"
#include "support/database.h"
#include "support/servers.h"
#include "support/suite.h"
#include "support/through.h"

#include <stdio.h>
#include <string.h>

static weir__deadline soon(void)
{
	return weir__deadline_in_ms(10000);
}

static weir__conn *begin(struct database *database, const weir_transaction_options *options)
{
	weir__conn *conn = database_borrow(database);
	weir_error  err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__conn_begin(conn, options, soon(), &err) == WEIR_OK, "%s", err.message);
	return conn;
}

/* Behind a pooler only the server itself knows. */
static int server_pid(weir__conn *conn)
{
	return (int)conn_number(conn, "SELECT pg_backend_pid()::int8");
}

/* ---- Begin, commit, roll back --------------------------------------------------------------------------------------------- */

START_TEST(test_transaction__others_see_it_after_commit_and_never_after_rollback)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 1);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, soon(), &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	weir__conn_rollback(conn, soon());
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 1);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).transactions, 2);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__isolation_and_mode_are_what_the_options_say)
{
	static const char *const names[] = { NULL, "read committed", "repeatable read", "serializable" };
	struct database          database;

	database_setup(&database, test_database_url());
	for (int isolation = WEIR_ISOLATION_DEFAULT; isolation <= WEIR_SERIALIZABLE; isolation++) {
		for (int read_only = 0; read_only <= 1; read_only++) {
			weir_transaction_options options = { .isolation = (weir_isolation)isolation, .read_only = read_only };
			weir__conn              *conn = begin(&database, &options);
			char                     sql[160];

			snprintf(sql, sizeof sql,
			         "SELECT (current_setting('transaction_isolation') = '%s' AND "
			         "current_setting('transaction_read_only') = '%s')::int::int8",
			         names[isolation] ? names[isolation] : "read committed", read_only ? "on" : "off");
			ck_assert_int_eq(conn_number(conn, sql), 1);
			weir__conn_rollback(conn, soon());
			database_give_back(&database, &conn);
		}
	}
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__writing_in_a_read_only_one_fails_and_costs_no_connection)
{
	struct database          database;
	weir_transaction_options options = { .read_only = true };
	weir__conn              *conn;
	weir_error               err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = begin(&database, &options);
	ck_assert_int_eq(conn_run(conn, "CREATE TABLE t (id int)", &err), WEIR_ERR_READ_ONLY);
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__begin_takes_no_round_trip_of_its_own)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	uint64_t        before;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = database_borrow(&database);
	for (int i = 0; i < 2; i++) { /* the second time everything is prepared */
		before = database_stats(&database).round_trips;
		ck_assert_int_eq(conn_begin_and_run(conn, "INSERT INTO t VALUES (1)", &err), WEIR_OK);
		ck_assert_uint_eq(database_stats(&database).round_trips, before + 1);
		ck_assert_uint_ne(conn->tx.xid, 0);
		ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
		ck_assert_uint_eq(database_stats(&database).round_trips, before + 2);
	}
	before = database_stats(&database).round_trips;
	ck_assert_int_eq(weir__conn_begin(conn, NULL, soon(), &err), WEIR_OK);
	conn_run_ok(conn, "SELECT 1");
	ck_assert_uint_eq(conn->tx.xid, 0);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_uint_ne(conn->tx.xid, 0);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_uint_eq(database_stats(&database).round_trips, before + 4);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__one_in_which_nothing_ran_asks_nobody)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = begin(&database, NULL);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, soon(), &err), WEIR_OK);
	weir__conn_rollback(conn, soon());
	ck_assert_uint_eq(database_stats(&database).round_trips, 0);
	conn_run_ok(conn, "SELECT 1");
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__begin_in_a_transaction_is_refused)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = begin(&database, NULL);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, soon(), &err), WEIR_ERR_USAGE);
	conn_run_ok(conn, "SELECT 1");
	ck_assert_int_eq(weir__conn_begin(conn, NULL, soon(), &err), WEIR_ERR_USAGE);
	weir__conn_rollback(conn, soon());
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__after_a_failure_it_only_rolls_back)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(conn_begin_and_run(conn, "SELECT 1/0", &err), WEIR_ERR_VALUE);
	ck_assert(!weir__conn_is_usable(conn));
	uint64_t before = database_stats(&database).round_trips;
	ck_assert_int_eq(conn_run(conn, "SELECT 1", &err), WEIR_ERR_CLOSED);
	ck_assert_str_eq(err.sqlstate, "25P02");
	ck_assert_uint_eq(database_stats(&database).round_trips, before);
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_usable(conn));
	conn_run_ok(conn, "SELECT 1");
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__commit_of_a_failed_one_is_an_error_and_changes_nothing)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(conn_run(conn, "SELECT 1/0", &err), WEIR_ERR_VALUE);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_CLOSED);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__a_deferred_constraint_fails_at_commit_with_its_name)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE parent (id int PRIMARY KEY)");
	database_run(&database,
	             "CREATE TABLE child (parent int CONSTRAINT late REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO child VALUES (1)");
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_FOREIGN_KEY);
	ck_assert_str_eq(err.constraint, "late");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir__conn_is_clean(conn));

	/* outside a transaction the statement itself fails, the first time and when it is prepared */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(conn_run(conn, "INSERT INTO child VALUES (2)", &err), WEIR_ERR_FOREIGN_KEY);
		ck_assert(weir__conn_is_clean(conn));
	}
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM child"), 0);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

/* ---- Savepoints -------------------------------------------------------------------------------------------------------------- */

START_TEST(test_transaction__savepoints_nest)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	ck_assert_int_eq(weir__conn_savepoint(conn, 1, soon(), &err), WEIR_OK); /* the first thing in it */
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(weir__conn_savepoint(conn, 2, soon(), &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	weir__conn_rollback_to(conn, 2, soon());
	ck_assert_int_eq(weir__conn_savepoint(conn, 2, soon(), &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (3)");
	ck_assert_int_eq(weir__conn_release_savepoint(conn, 2, soon(), &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_release_savepoint(conn, 1, soon(), &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(conn_number(conn, "SELECT sum(id) FROM t"), 4);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__rolling_back_to_a_savepoint_cures_a_failure)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int PRIMARY KEY)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(weir__conn_savepoint(conn, 1, soon(), &err), WEIR_OK);
	ck_assert_int_eq(conn_run(conn, "INSERT INTO t VALUES (1)", &err), WEIR_ERR_UNIQUE);
	ck_assert_int_lt(weir__conn_release_savepoint(conn, 1, soon(), &err), 0);
	weir__conn_rollback_to(conn, 1, soon());
	ck_assert(weir__conn_is_usable(conn));
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 2);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__a_rollback_that_fails_breaks_the_connection)
{
	struct database database;
	weir__conn     *conn;

	database_setup(&database, test_database_url());
	conn = begin(&database, NULL);
	conn_run_ok(conn, "SELECT 1");
	weir__conn_rollback_to(conn, 7, soon());
	ck_assert(!weir__conn_is_usable(conn));
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	database_close(&database);
}
END_TEST

/* ---- Others in the way -------------------------------------------------------------------------------------------------------- */

START_TEST(test_transaction__write_skew_is_a_serialization_failure)
{
	struct database          database;
	weir_transaction_options options = { .isolation = WEIR_SERIALIZABLE };
	weir__conn              *one, *two;
	weir_error               err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t AS SELECT i AS id, true AS on_call FROM generate_series(1, 2) i");
	one = begin(&database, &options);
	two = begin(&database, &options);
	conn_run_ok(one, "SELECT count(*) FROM t WHERE on_call");
	conn_run_ok(two, "SELECT count(*) FROM t WHERE on_call");
	conn_run_ok(one, "UPDATE t SET on_call = false WHERE id = 1");
	conn_run_ok(two, "UPDATE t SET on_call = false WHERE id = 2");
	ck_assert_int_eq(conn_commit(one, &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(two, &err), WEIR_ERR_SERIALIZATION);
	ck_assert_str_eq(err.sqlstate, "40001");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&err));
	ck_assert(weir__conn_is_clean(two));
	database_give_back(&database, &one);
	database_give_back(&database, &two);
	database_close(&database);
}
END_TEST

struct locker {
	weir__conn *conn;
	const char *sql;
	int         rc;
	weir_error  err;
};

static void *lock_row(void *argument)
{
	struct locker *locker = argument;

	locker->rc = conn_run(locker->conn, locker->sql, &locker->err);
	return NULL;
}

START_TEST(test_transaction__a_deadlock_has_exactly_one_victim)
{
	struct database database;
	struct locker   one = { 0 }, two = { 0 };
	pthread_t       threads[2];
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 2) i");
	one.conn = begin(&database, NULL);
	two.conn = begin(&database, NULL);
	conn_run_ok(one.conn, "SELECT id FROM t WHERE id = 1 FOR UPDATE");
	conn_run_ok(two.conn, "SELECT id FROM t WHERE id = 2 FOR UPDATE");
	one.sql = "SELECT id FROM t WHERE id = 2 FOR UPDATE";
	two.sql = "SELECT id FROM t WHERE id = 1 FOR UPDATE";
	ck_assert_int_eq(pthread_create(&threads[0], NULL, lock_row, &one), 0);
	ck_assert_int_eq(pthread_create(&threads[1], NULL, lock_row, &two), 0);
	/* the winner's lock is granted when the victim's transaction has failed */
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ck_assert_int_eq((one.rc == WEIR_ERR_DEADLOCK) + (two.rc == WEIR_ERR_DEADLOCK), 1);
	ck_assert_int_eq((one.rc == WEIR_OK) + (two.rc == WEIR_OK), 1);
	ck_assert_int_eq(conn_commit(one.rc == WEIR_OK ? one.conn : two.conn, &err), WEIR_OK);
	weir__conn_rollback(one.rc == WEIR_OK ? two.conn : one.conn, soon());
	database_give_back(&database, &one.conn);
	database_give_back(&database, &two.conn);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__a_lock_that_is_not_to_be_had_is_said_to_be)
{
	struct database database;
	weir__conn     *one, *two;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t AS SELECT 1 AS id");
	one = begin(&database, NULL);
	conn_run_ok(one, "SELECT id FROM t FOR UPDATE");
	two = begin(&database, NULL);
	ck_assert_int_eq(conn_run(two, "SELECT id FROM t FOR UPDATE NOWAIT", &err), WEIR_ERR_LOCKED);
	ck_assert_str_eq(err.sqlstate, "55P03");
	weir__conn_rollback(one, soon());
	weir__conn_rollback(two, soon());
	database_give_back(&database, &one);
	database_give_back(&database, &two);
	database_close(&database);
}
END_TEST

/* ---- The connection breaks around COMMIT ----------------------------------------------------------------------------------------- */

START_TEST(test_transaction__lost_before_commit_is_rolled_back)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	sql_terminate(database.url, server_pid(conn));
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_CONNECTION_LOST);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&err));
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	database_close(&database);
}
END_TEST

START_TEST(test_transaction__a_deadline_before_commit_rolls_back)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(weir__conn_commit(conn, weir__now_us(), &err), WEIR_ERR_TIMEOUT);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	database_close(&database);
}
END_TEST

/* The proxy does something when COMMIT passes; the transaction through it has inserted one row. */
static void cut_setup(struct cut *cut, enum proxy_fault fault, bool refuse_afterwards)
{
	cut->proxy = (struct proxy){ .text = "COMMIT", .fault = fault, .refuse_afterwards = refuse_afterwards };
	cut_open(cut);
	cut->conn = begin(&cut->database, NULL);
	conn_run_ok(cut->conn, "INSERT INTO t VALUES (1)");
}

START_TEST(test_transaction__a_commit_whose_answer_was_lost_is_found_to_be_committed)
{
	struct cut cut;
	weir_error err = WEIR_ERROR_INIT;

	cut_setup(&cut, PROXY_CUT_BEFORE_REPLY, false);
	ck_assert_msg(conn_commit(cut.conn, &err) == WEIR_OK, "%s", err.message);
	ck_assert(atomic_load(&cut.proxy.happened));
	ck_assert(!weir__conn_is_usable(cut.conn));
	ck_assert_int_eq(cut_rows(&cut), 1);
	cut_release(&cut);
}
END_TEST

START_TEST(test_transaction__a_commit_that_never_arrived_is_found_to_be_rolled_back)
{
	static const enum proxy_fault faults[] = { PROXY_CUT_INSTEAD, PROXY_SWALLOW };

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct cut cut;
		weir_error err = WEIR_ERROR_INIT;

		cut_setup(&cut, faults[i], false);
		ck_assert_int_eq(conn_commit(cut.conn, &err), WEIR_ERR_CONNECTION_LOST);
		ck_assert(atomic_load(&cut.proxy.happened));
		ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
		ck_assert_int_eq(cut_rows(&cut), 0);
		cut_release(&cut);
	}
}
END_TEST

START_TEST(test_transaction__a_commit_after_which_nobody_can_be_asked_is_unknown_by_the_deadline)
{
	struct cut cut;
	weir_error err = WEIR_ERROR_INIT;
	int64_t    started, took;

	cut_setup(&cut, PROXY_CUT_BEFORE_REPLY, true);
	started = now_ms();
	ck_assert_int_eq(weir__conn_commit(cut.conn, weir__deadline_in_ms(300), &err), WEIR_ERR_UNKNOWN_COMMIT);
	took = now_ms() - started;
	ck_assert_int_ge(took, 299);
	ck_assert_int_le(took, 300 + SLACK_MS);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_UNKNOWN);
	ck_assert(err.sent);
	ck_assert(!weir_error_is_retryable(&err));
	cut_release(&cut);
}
END_TEST

START_TEST(test_transaction__a_commit_that_is_not_answered_in_time_is_unknown)
{
	struct cut cut;
	weir_error err = WEIR_ERROR_INIT;
	int64_t    started;

	cut_setup(&cut, PROXY_SILENCE, false);
	started = now_ms();
	ck_assert_int_eq(weir__conn_commit(cut.conn, weir__deadline_in_ms(100), &err), WEIR_ERR_UNKNOWN_COMMIT);
	ck_assert_int_le(now_ms() - started, 100 + SLACK_MS);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_UNKNOWN);
	EVENTUALLY(cut_rows(&cut) == 1);
	cut_release(&cut);
}
END_TEST

START_TEST(test_transaction__an_id_of_before_a_crash_is_not_believed_to_be_committed)
{
	struct cut cut;
	weir_error err = WEIR_ERROR_INIT;

	cut_setup(&cut, PROXY_CUT_BEFORE_REPLY, false);
	cut.conn->incarnation--; /* as if the server had crashed since */
	ck_assert_int_eq(conn_commit(cut.conn, &err), WEIR_ERR_UNKNOWN_COMMIT);
	cut_release(&cut);
}
END_TEST

START_TEST(test_transaction__a_crash_gives_the_server_another_incarnation)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	int64_t         before;

	server_start(&server, SERVER_POSTGRES);
	database_setup(&database, server.url);
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "INSERT INTO t VALUES (1)");
	before = conn->incarnation;
	ck_assert_int_ne(before, 0);
	server_kill(&server);
	server_restart(&server);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_CONNECTION_LOST);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	database_give_back(&database, &conn);
	conn = database_borrow(&database);
	ck_assert_int_ne(conn->incarnation, before);
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 0);
	database_give_back(&database, &conn);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_transaction__reads_leave_no_doubt_and_scripts_are_asked_for)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = begin(&database, NULL);
	conn_run_ok(conn, "SELECT count(*) FROM t");
	sql_terminate(database.url, server_pid(conn));
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_CONNECTION_LOST);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	database_give_back(&database, &conn);

	conn = begin(&database, NULL);
	ck_assert_int_eq(weir__conn_run_script(conn, "INSERT INTO t VALUES (1)", soon(), &err), WEIR_OK);
	uint64_t before = database_stats(&database).round_trips;
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_uint_eq(database_stats(&database).round_trips, before + 2); /* its id, then COMMIT */
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 1);
	database_close(&database);
}
END_TEST

WEIR_SUITE("transaction", test_transaction__others_see_it_after_commit_and_never_after_rollback,
           test_transaction__isolation_and_mode_are_what_the_options_say,
           test_transaction__writing_in_a_read_only_one_fails_and_costs_no_connection,
           test_transaction__begin_takes_no_round_trip_of_its_own,
           test_transaction__one_in_which_nothing_ran_asks_nobody, test_transaction__begin_in_a_transaction_is_refused,
           test_transaction__after_a_failure_it_only_rolls_back,
           test_transaction__commit_of_a_failed_one_is_an_error_and_changes_nothing,
           test_transaction__a_deferred_constraint_fails_at_commit_with_its_name, test_transaction__savepoints_nest,
           test_transaction__rolling_back_to_a_savepoint_cures_a_failure,
           test_transaction__a_rollback_that_fails_breaks_the_connection,
           test_transaction__write_skew_is_a_serialization_failure, test_transaction__a_deadlock_has_exactly_one_victim,
           test_transaction__a_lock_that_is_not_to_be_had_is_said_to_be,
           test_transaction__lost_before_commit_is_rolled_back, test_transaction__a_deadline_before_commit_rolls_back,
           test_transaction__a_commit_whose_answer_was_lost_is_found_to_be_committed,
           test_transaction__a_commit_that_never_arrived_is_found_to_be_rolled_back,
           test_transaction__a_commit_after_which_nobody_can_be_asked_is_unknown_by_the_deadline,
           test_transaction__a_commit_that_is_not_answered_in_time_is_unknown,
           test_transaction__an_id_of_before_a_crash_is_not_believed_to_be_committed,
           test_transaction__a_crash_gives_the_server_another_incarnation,
           test_transaction__reads_leave_no_doubt_and_scripts_are_asked_for);
