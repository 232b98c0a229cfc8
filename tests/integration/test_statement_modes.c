/*
 * test_statement_modes.c: the ways to send statements: the same answers by each, and what each leaves behind on the server;
 * through PgBouncer in transaction pooling where that matters.
 */
#include "support/database.h"
#include "support/servers.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char count_prepared[] = "SELECT count(*) FROM pg_prepared_statements";

static const weir_statement_mode all_modes[] = { WEIR_STATEMENTS_AUTO, WEIR_STATEMENTS_NAMED, WEIR_STATEMENTS_TRACKED,
	                                             WEIR_STATEMENTS_UNNAMED };
enum { MODES = sizeof all_modes / sizeof all_modes[0] };

static void open_in(struct database *database, const char *url, weir_statement_mode mode)
{
	database_init(database, url);
	database->options.statements = mode;
	database_open(database);
}

static int64_t doubled(weir__conn *conn, int64_t number)
{
	weir__sql     sql = weir__sql_of("SELECT 2 * $1", 13);
	weir__params *params = NULL;
	weir_value    value = { .type = WEIR_TYPE_INT8, .as.integer = number };
	weir__rows    rows;
	weir_error    err = WEIR_ERROR_INIT;
	int64_t       result;

	ck_assert_int_eq(weir__params_create(&params, &err), WEIR_OK);
	weir__params_add(params, WEIR_TYPE_INT8, &value);
	ck_assert_msg(weir__conn_run(conn, &sql, params, weir__deadline_in_ms(10000), &rows, &err) == WEIR_OK, "%s",
	              err.message);
	result = weir__result_int64(rows.result, 0);
	weir__rows_release(&rows);
	weir__params_free(params);
	return result;
}

/* Statements, a failure, transactions with a savepoint and a rollback, a script, a changed table. */
static void exercise(struct database *database)
{
	weir__conn *conn = database_borrow(database);
	weir_error  err = WEIR_ERROR_INIT;

	conn_run_ok(conn, "CREATE TABLE t (id int8)");
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(doubled(conn, i), 2 * i);
	ck_assert_int_eq(conn_run(conn, "SELECT * FROM nowhere", &err), WEIR_ERR_SCHEMA);
	ck_assert_int_eq(conn_begin_and_run(conn, "INSERT INTO t VALUES (1)", &err), WEIR_OK);
	ck_assert_uint_ne(conn->tx.xid, 0);
	ck_assert_int_eq(weir__conn_savepoint(conn, 1, weir__deadline_in_ms(10000), &err), WEIR_OK);
	ck_assert_int_eq(conn_run(conn, "INSERT INTO t VALUES (1/0)", &err), WEIR_ERR_VALUE);
	weir__conn_rollback_to(conn, 1, weir__deadline_in_ms(10000));
	conn_run_ok(conn, "INSERT INTO t VALUES (2)");
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, weir__deadline_in_ms(10000), &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_savepoint(conn, 1, weir__deadline_in_ms(10000), &err), WEIR_OK);
	conn_run_ok(conn, "INSERT INTO t VALUES (3)");
	weir__conn_rollback(conn, weir__deadline_in_ms(10000));
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM t"), 2);
	conn_run_ok(conn, "SELECT * FROM t");
	conn_run_ok(conn, "ALTER TABLE t ADD COLUMN more int");
	conn_run_ok(conn, "SELECT * FROM t");
	ck_assert(weir__conn_is_clean(conn));
	ck_assert_int_eq(weir__conn_run_script(conn, "INSERT INTO t VALUES (4); DELETE FROM t WHERE id = 1",
	                                       weir__deadline_in_ms(10000), &err),
	                 WEIR_OK);
	ck_assert_int_eq(weir__conn_begin(conn, NULL, weir__deadline_in_ms(10000), &err), WEIR_OK);
	ck_assert_int_eq(weir__conn_run_script(conn, "INSERT INTO t VALUES (5); oops", weir__deadline_in_ms(10000), &err),
	                 WEIR_ERR_DATABASE);
	ck_assert(!weir__conn_is_usable(conn));
	weir__conn_rollback(conn, weir__deadline_in_ms(10000));
	ck_assert_int_eq(conn_number(conn, "SELECT sum(id)::int8 FROM t"), 6);
	database_give_back(database, &conn);
}

START_TEST(test_modes__all_give_the_same_answers)
{
	for (size_t i = 0; i < MODES; i++) {
		struct database database;

		open_in(&database, test_database_url(), all_modes[i]);
		exercise(&database);
		database_close(&database);
	}
}
END_TEST

START_TEST(test_modes__all_but_named_give_them_through_transaction_pooling_too)
{
	static const weir_statement_mode modes[] = { WEIR_STATEMENTS_AUTO, WEIR_STATEMENTS_UNNAMED };
	struct server                    server;

	server_start_pooled(&server);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct database database;

		open_in(&database, server.pooler_url, modes[i]);
		exercise(&database);
		database_close(&database);
	}
	server_release(&server);
}
END_TEST

START_TEST(test_modes__unnamed_leaves_nothing_on_the_server_and_takes_one_round_trip)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	uint64_t        before;

	open_in(&database, test_database_url(), WEIR_STATEMENTS_UNNAMED);
	conn = database_borrow(&database);
	before = database_stats(&database).round_trips;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(doubled(conn, i), 2 * i);
	ck_assert_int_eq(conn_begin_and_run(conn, "CREATE TABLE t (id int)", &err), WEIR_OK);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	ck_assert_int_eq(conn_number(conn, count_prepared), 0);
	ck_assert_uint_eq(database_stats(&database).round_trips, before + 8);
	ck_assert_uint_eq(database_stats(&database).statements_prepared, 0);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_modes__tracked_keeps_up_to_the_limit_and_drops_none)
{
	enum { LIMIT = 8 };
	struct database database;
	weir__conn     *conn;

	database_init(&database, test_database_url());
	database.options.statements = WEIR_STATEMENTS_TRACKED;
	database.options.max_statements = LIMIT;
	database_open(&database);
	conn = database_borrow(&database);
	for (int i = 0; i < 3 * LIMIT; i++) {
		char sql[32];

		snprintf(sql, sizeof sql, "SELECT %d::int8", i);
		ck_assert_int_eq(conn_number(conn, sql), i);
		ck_assert_int_eq(conn_number(conn, sql), i);
	}
	ck_assert_int_eq(conn_number(conn, count_prepared), LIMIT);
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'DEALL%'"), 0);
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_modes__the_schema_is_set_for_one_transaction_only)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;

	server_start_pooled(&server);
	open_in(&database, server.pooler_url, WEIR_STATEMENTS_AUTO);
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE here (id int)");
	ck_assert_int_eq(conn_number(conn, "SELECT count(*) FROM pg_tables WHERE tablename = 'here' AND "
	                                   "schemaname = current_schema() AND schemaname LIKE 'weir_db_%'"),
	                 1);
	/* another client on the same server connection */
	ck_assert_int_eq(sql_number(server.pooler_url, "SELECT (current_schema() = 'public')::int"), 1);
	ck_assert_int_eq(
		sql_number(server.pooler_url, "SELECT (current_setting('client_connection_check_interval') = '0')::int"), 1);
	database_give_back(&database, &conn);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_modes__auto_notices_a_pooler_and_a_direct_connection)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;

	server_start_pooled(&server);
	open_in(&database, server.pooler_url, WEIR_STATEMENTS_AUTO);
	conn = database_borrow(&database);
	ck_assert_int_eq(conn->mode, WEIR_STATEMENTS_UNNAMED);
	ck_assert(conn->pooled);
	conn_run_ok(conn, "SELECT 1");
	ck_assert_uint_eq(database_stats(&database).statements_prepared, 0);
	database_give_back(&database, &conn);
	database_close(&database);

	open_in(&database, server.url, WEIR_STATEMENTS_AUTO);
	conn = database_borrow(&database);
	ck_assert_int_eq(conn->mode, WEIR_STATEMENTS_NAMED);
	ck_assert(!conn->pooled);
	database_give_back(&database, &conn);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_modes__a_pooler_without_a_schema_is_noticed_too)
{
	struct server   server;
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	weir__conn     *conn;

	server_start_pooled(&server);
	database_init(&database, server.pooler_url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	conn = database_borrow(&database);
	ck_assert_int_eq(conn->mode, WEIR_STATEMENTS_UNNAMED);
	ck_assert(!conn->local_path);
	ck_assert_ptr_nonnull(strstr(database.log, "a pooler stands in between"));
	database_give_back(&database, &conn);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_modes__the_connection_string_may_choose)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];

	if (!strstr(test_database_url(), "://"))
		return; /* only URLs have parameters of ours */
	url_with(url, sizeof url, test_database_url(), "weir_statements=unnamed");
	database_init(&database, url);
	database.options.statements = WEIR_STATEMENTS_NAMED;
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	conn = database_borrow(&database);
	ck_assert_int_eq(conn->mode, WEIR_STATEMENTS_UNNAMED);
	database_give_back(&database, &conn);
	database_close(&database);

	url_with(url, sizeof url, test_database_url(), "weir_statements=secret");
	database_init(&database, url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "weir_statements must be auto, named, tracked or unnamed"));
	ck_assert_ptr_null(strstr(err.message, "secret"));
	database_close(&database);
}
END_TEST

START_TEST(test_modes__a_schema_with_quotes_in_its_name)
{
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;

	database_init(&database, test_database_url());
	database.options.statements = WEIR_STATEMENTS_UNNAMED;
	database.options.schema = "\"a 'b\\c\", public";
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	ck_assert_int_eq(
		database_number(&database, "SELECT (current_setting('search_path') = '\"a ''b\\c\", public')::int::int8"), 1);
	database_close(&database);
}
END_TEST

/* Clients that take turns on few server connections, each statement on whichever is free. */
struct turn {
	struct database *database;
	atomic_int       wrong;
};

static void *take_turns(void *argument)
{
	struct turn *turn = argument;

	for (int i = 0; i < 60; i++) {
		weir__conn *conn = NULL;
		weir_error  err;
		int         own = i;

		if (weir__db_acquire(turn->database->db, weir__deadline_in_ms(20000), &conn, &err) < 0) {
			atomic_fetch_add(&turn->wrong, 1);
			continue;
		}
		atomic_fetch_add(&turn->wrong, doubled(conn, own) != 2 * own);
		atomic_fetch_add(&turn->wrong, conn_begin_and_run(conn, "INSERT INTO turns VALUES (1)", &err) < 0);
		atomic_fetch_add(&turn->wrong, conn_commit(conn, &err) < 0);
		weir__db_give_back(turn->database->db, &conn);
	}
	return NULL;
}

START_TEST(test_modes__many_clients_share_the_poolers_connections)
{
	enum { THREADS = 8 };
	struct server   server;
	struct database database;
	struct turn     turn = { .database = &database };
	pthread_t       threads[THREADS];

	server_start_pooled(&server);
	database_init(&database, server.pooler_url);
	database.options.pool.max_connections = THREADS;
	database_open(&database);
	database_run(&database, "CREATE TABLE turns (id int)");
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_turns, &turn), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&turn.wrong), 0);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM turns"), 60 * THREADS);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	database_close(&database);
	server_release(&server);
}
END_TEST

WEIR_SUITE("statement modes", test_modes__all_give_the_same_answers,
           test_modes__all_but_named_give_them_through_transaction_pooling_too,
           test_modes__unnamed_leaves_nothing_on_the_server_and_takes_one_round_trip,
           test_modes__tracked_keeps_up_to_the_limit_and_drops_none,
           test_modes__the_schema_is_set_for_one_transaction_only,
           test_modes__auto_notices_a_pooler_and_a_direct_connection,
           test_modes__a_pooler_without_a_schema_is_noticed_too, test_modes__the_connection_string_may_choose,
           test_modes__a_schema_with_quotes_in_its_name, test_modes__many_clients_share_the_poolers_connections);
