/*
 * test_brief.c: transactions of one statement, which cost the server neither BEGIN nor COMMIT, and end as others do.
 */
#include "support/cut.h"
#include "support/servers.h"
#include "support/suite.h"
#include "support/through.h"

#include <stdio.h>
#include <string.h>

static weir__deadline soon(void)
{
	return weir__deadline_in_ms(10000);
}

/* Runs a statement whose last column is the transaction's id, as the first of a brief transaction. */
static int run(weir__conn *conn, const char *text, weir_error *err)
{
	weir__sql  sql = weir__sql_of(text, strlen(text));
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__conn_begin_brief(conn, soon(), err);

	sql.gives_xid = true;
	if (rc == WEIR_OK)
		rc = weir__conn_run(conn, &sql, NULL, soon(), &rows, err);
	weir__rows_release(&rows);
	return rc;
}

#define XID    "pg_catalog.pg_current_xact_id_if_assigned()"
#define INSERT "INSERT INTO t VALUES (1) RETURNING id, " XID

/* A connection on which the statement is prepared, and nothing has happened. */
static weir__conn *prepared(struct database *database, const char *text)
{
	weir__conn *conn = database_borrow(database);
	weir_error  err = WEIR_ERROR_INIT;

	ck_assert_msg(run(conn, text, &err) >= 0, "%s", err.message);
	ck_assert(!conn->tx.implied);
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_clean(conn));
	return conn;
}

static void setup(struct database *database, const char *table)
{
	database_setup(database, test_database_url());
	database_run(database, table);
}

START_TEST(test_brief__commits_and_rolls_back_without_saying_so)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	uint64_t        before;

	setup(&database, "CREATE TABLE t (id int)");
	conn = prepared(&database, INSERT);
	before = database_stats(&database).round_trips;
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	ck_assert(conn->tx.implied || conn->pooled);
	ck_assert_uint_ne(conn->tx.xid, 0);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_uint_eq(database_stats(&database).round_trips, before + 3); /* the count is one of them */
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 1);

	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 1);
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__further_statements_belong_to_it)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int)");
	conn = prepared(&database, INSERT);
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	conn_run_ok(conn, "INSERT INTO t VALUES (3)");
	weir__conn_rollback(conn, soon());
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 0);
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 2);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__a_statement_that_fails_has_undone_it)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int UNIQUE)");
	conn = prepared(&database, INSERT);
	database_run(&database, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_ERR_UNIQUE);
	ck_assert(!weir__conn_is_usable(conn));
	ck_assert_int_eq(conn_run(conn, "SELECT 1", &err), WEIR_ERR_CLOSED);
	ck_assert_str_eq(err.sqlstate, "25P02");
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_clean(conn));

	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_ERR_UNIQUE);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_CLOSED);
	ck_assert_str_eq(err.sqlstate, "25P02");
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__a_deferred_constraint_fails_at_commit)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)");
	conn = prepared(&database, INSERT);
	database_run(&database, "INSERT INTO t VALUES (1)");
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_ERR_UNIQUE);
	ck_assert_str_eq(err.constraint, "late");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 1);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__what_changed_nothing_is_no_trouble)
{
	static const char update[] = "UPDATE t SET id = 2 WHERE id = 7 RETURNING id, " XID;
	struct database   database;
	weir__conn       *conn;
	weir_error        err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int)");
	conn = prepared(&database, update);
	ck_assert_int_eq(run(conn, update, &err), WEIR_OK);
	weir__conn_rollback(conn, soon());
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_eq(run(conn, update, &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__a_changed_table_is_not_seen_by_the_caller)
{
	static const char insert[] = "INSERT INTO t (id) VALUES (1) RETURNING *, " XID;
	struct database   database;
	weir__conn       *conn;
	weir_error        err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int)");
	conn = prepared(&database, insert);
	database_run(&database, "ALTER TABLE t ADD COLUMN more int");
	ck_assert_msg(run(conn, insert, &err) == WEIR_OK, "%s", err.message);
	ck_assert_uint_ne(conn->tx.xid, 0);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 1);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_brief__a_deadline_breaks_the_connection_and_undoes_it)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, "CREATE TABLE t (id int)");
	conn = prepared(&database, INSERT);
	ck_assert_int_eq(run(conn, INSERT, &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_commit(conn, weir__now_us() - 1, &err), WEIR_ERR_TIMEOUT);
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 0);
	database_close(&database);
}
END_TEST

/* ---- The connection breaks around COMMIT ------------------------------------------------------------------------- */

/* Whatever is sent next meets the fault. */
static void cut_setup(struct cut *cut, enum proxy_fault fault)
{
	weir_error err = WEIR_ERROR_INIT;

	cut->proxy = (struct proxy){ .text = "no text of ours", .fault = fault };
	cut_open(cut);
	cut->conn = prepared(&cut->database, INSERT);
	ck_assert_int_eq(run(cut->conn, INSERT, &err), WEIR_OK);
	ck_assert(cut->conn->tx.implied || cut->conn->pooled);
	atomic_store(&cut->proxy.text, "");
}

START_TEST(test_brief__a_commit_whose_answer_was_lost_is_found_to_be_committed)
{
	struct cut cut;
	weir_error err = WEIR_ERROR_INIT;

	cut_setup(&cut, PROXY_CUT_BEFORE_REPLY);
	ck_assert_msg(conn_commit(cut.conn, &err) == WEIR_OK, "%s", err.message);
	ck_assert(atomic_load(&cut.proxy.happened));
	ck_assert_int_eq(cut_rows(&cut), 1);
	cut_release(&cut);
}
END_TEST

START_TEST(test_brief__a_commit_that_never_arrived_is_found_to_be_rolled_back)
{
	static const enum proxy_fault faults[] = { PROXY_CUT_INSTEAD, PROXY_SWALLOW };

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct cut cut;
		weir_error err = WEIR_ERROR_INIT;

		cut_setup(&cut, faults[i]);
		ck_assert_int_eq(conn_commit(cut.conn, &err), WEIR_ERR_CONNECTION_LOST);
		ck_assert(atomic_load(&cut.proxy.happened));
		ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
		ck_assert_int_eq(cut_rows(&cut), 0);
		cut_release(&cut);
	}
}
END_TEST

WEIR_SUITE("brief", test_brief__commits_and_rolls_back_without_saying_so, test_brief__further_statements_belong_to_it,
           test_brief__a_statement_that_fails_has_undone_it, test_brief__a_deferred_constraint_fails_at_commit,
           test_brief__what_changed_nothing_is_no_trouble, test_brief__a_changed_table_is_not_seen_by_the_caller,
           test_brief__a_deadline_breaks_the_connection_and_undoes_it,
           test_brief__a_commit_whose_answer_was_lost_is_found_to_be_committed,
           test_brief__a_commit_that_never_arrived_is_found_to_be_rolled_back);
