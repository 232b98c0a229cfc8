/*
 * test_conn.c: one connection: how it is opened and refused, what it sends and waits for, what its failures are called.
 */
#include "support/database.h"
#include "support/proxy.h"
#include "support/servers.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens a pool on a connection string and tells how that went. The pool is closed again. */
static int open_at(const char *url, int timeout_ms, weir_error *err)
{
	struct database database;
	int             rc;

	database_init(&database, url);
	rc = weir__db_create(&database.options, &database.db, err);
	if (rc == WEIR_OK)
		rc = weir__db_connect(database.db, weir__deadline_in_ms(timeout_ms), err);
	database_close(&database);
	ck_assert_ptr_null(strstr(database.log, "secret"));
	return rc;
}

/* ---- Opening --------------------------------------------------------------------------------------------------------- */

START_TEST(test_conn__a_wrong_password_is_refused_without_telling_it)
{
	struct server server;
	weir_error    err = WEIR_ERROR_INIT;
	char          url[128];

	server_start(&server, SERVER_POSTGRES);
	snprintf(url, sizeof url, "postgresql://weir:secret@%s/postgres", server.address);
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_ERR_AUTH);
	ck_assert_str_eq(err.sqlstate, "28P01");
	ck_assert_ptr_null(strstr(err.message, "secret"));
	ck_assert_ptr_nonnull(strstr(err.message, "password authentication failed"));
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);

	snprintf(url, sizeof url, "postgresql://weir@%s/postgres", server.address);
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_ERR_AUTH);
	server_release(&server);
}
END_TEST

START_TEST(test_conn__a_server_that_is_not_there_is_named_at_once)
{
	weir_error err = WEIR_ERROR_INIT;
	char       url[256];
	int64_t    started = now_ms();

	close(silent_listener(url, sizeof url));
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_ERR_CONNECT);
	ck_assert_int_lt(now_ms() - started, 1000);
	ck_assert_ptr_nonnull(strstr(err.message, "127.0.0.1"));
	ck_assert_ptr_null(strstr(err.message, "secret"));
	ck_assert_ptr_null(strchr(err.message, '\n'));
}
END_TEST

START_TEST(test_conn__an_unknown_database_is_reported_with_its_sqlstate)
{
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];

	database_init(&database, test_database_url());
	snprintf(url, sizeof url, "%s%sdbname=weir_no_such_database", database.url,
	         !strstr(database.url, "://") ? " "
	         : strchr(database.url, '?')  ? "&"
	                                      : "?");
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_ERR_CONNECT);
	ck_assert_str_eq(err.sqlstate, "3D000");
	database_close(&database);
}
END_TEST

START_TEST(test_conn__a_connection_string_that_cannot_be_read_is_not_quoted)
{
	static const char *const wrong[] = { "postgresql://weir:secret@[::1", "password=secret nonsense", "user='secret" };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		weir_error err = WEIR_ERROR_INIT;

		ck_assert_int_eq(open_at(wrong[i], 1000, &err), WEIR_ERR_USAGE);
		ck_assert_ptr_null(strstr(err.message, "secret"));
	}
}
END_TEST

START_TEST(test_conn__a_server_that_never_answers_is_given_up_at_the_deadline)
{
	weir_error err = WEIR_ERROR_INIT;
	char       url[256];
	int        listener = silent_listener(url, sizeof url);
	int64_t    started = now_ms();
	int64_t    took;

	ck_assert_int_eq(open_at(url, 200, &err), WEIR_ERR_TIMEOUT);
	took = now_ms() - started;
	ck_assert_int_ge(took, 199);
	ck_assert_int_le(took, 200 + SLACK_MS);
	close(listener);
}
END_TEST

/* Greets with AuthenticationOk, then sends the start of an endless parameter, one byte each few milliseconds. */
static void *drip(void *argument)
{
	int  listener = *(int *)argument;
	int  client = accept(listener, NULL, NULL);
	char bytes[512];

	(void)!recv(client, bytes, sizeof bytes, 0);
	(void)!send(client, "R\0\0\0\10\0\0\0\0S\0\0\7\377", 14, MSG_NOSIGNAL);
	while (send(client, "x", 1, MSG_NOSIGNAL) == 1)
		(void)poll(NULL, 0, 5);
	close(client);
	return NULL;
}

START_TEST(test_conn__a_server_that_drips_is_given_up_at_the_deadline)
{
	weir_error err = WEIR_ERROR_INIT;
	char       url[256];
	int        listener = silent_listener(url, sizeof url);
	pthread_t  thread;
	int64_t    started = now_ms();
	int64_t    took;

	ck_assert_int_eq(pthread_create(&thread, NULL, drip, &listener), 0);
	ck_assert_int_eq(open_at(url, 200, &err), WEIR_ERR_TIMEOUT);
	took = now_ms() - started;
	ck_assert_int_ge(took, 199);
	ck_assert_int_le(took, 200 + SLACK_MS);
	pthread_join(thread, NULL);
	close(listener);
}
END_TEST

START_TEST(test_conn__schema_and_name_are_what_the_options_say)
{
	struct database database;

	database_init(&database, test_database_url());
	database.options.application_name = "weir test";
	database_open(&database);
	ck_assert_int_eq(
		database_number(&database, "SELECT (current_setting('application_name') = 'weir test')::int::int8"), 1);
	database_run(&database, "CREATE TABLE here (id int)");
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM pg_tables WHERE tablename = 'here' AND "
	                                            "schemaname = current_schema() AND schemaname LIKE 'weir_db_%'"),
	                 1);
	database_close(&database);
}
END_TEST

/* Arrays of enums, and rows of arrays, are sent as text, in which NULL would then be a text of that name. */
START_TEST(test_conn__a_server_that_takes_null_in_arrays_for_a_text_is_refused)
{
	weir_error err = WEIR_ERROR_INIT;
	char       url[512];

	url_with(url, sizeof url, test_direct_url(), "options=-carray_nulls%3Doff");
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_ERR_CONNECT);
	ck_assert_str_eq(err.message, "the server's array_nulls is off, on is needed");
	url_with(url, sizeof url, test_direct_url(), "options=-carray_nulls%3Don");
	ck_assert_int_eq(open_at(url, 5000, &err), WEIR_OK);
}
END_TEST

START_TEST(test_conn__a_schema_may_have_blanks_and_backslashes_in_its_name)
{
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;

	database_init(&database, test_database_url());
	database.options.schema = "\"a b\\c\", public";
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	ck_assert_int_eq(
		database_number(&database, "SELECT (current_setting('search_path') = '\"a b\\c\", public')::int::int8"), 1);
	database_close(&database);
}
END_TEST

START_TEST(test_conn__the_socket_is_not_inherited_and_no_standard_stream)
{
	struct database database;
	weir__conn     *conn;
	int             kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);

	database_init(&database, test_database_url());
	close(STDIN_FILENO);
	database_open(&database);
	conn = database_borrow(&database);
	ck_assert_int_gt(PQsocket(conn->pg), STDERR_FILENO);
	ck_assert_int_ne(fcntl(PQsocket(conn->pg), F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), -1);
	database_give_back(&database, &conn);
	database_close(&database);
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
}
END_TEST

START_TEST(test_conn__notices_reach_the_log_by_number_only)
{
	struct database database;

	database_setup(&database, test_database_url());
	database_run(&database, "DO $$BEGIN RAISE WARNING 'value %', 'canary' USING ERRCODE = '01P77'; END$$");
	ck_assert_ptr_nonnull(strstr(database.log, "01P77"));
	ck_assert_ptr_null(strstr(database.log, "canary"));
	database_close(&database);
}
END_TEST

START_TEST(test_conn__floods_of_notices_and_notifications_harm_nobody)
{
	struct database database;
	weir__conn     *conn;
	int             logged = 0;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "LISTEN flood");
	for (int i = 0; i < 3; i++) {
		conn_run_ok(conn, "DO $$BEGIN FOR i IN 1..20000 LOOP RAISE WARNING 'canary' USING ERRCODE = '01P77'; "
		                  "PERFORM set_config('application_name', 'flood' || i, false), pg_notify('flood', 'n' || i); "
		                  "END LOOP; END$$");
		ck_assert_int_eq(conn_number(conn, "SELECT 4711::int8"), 4711);
	}
	for (const char *at = database.log; (at = strstr(at, "01P77")) != NULL; at++)
		logged++;
	ck_assert_int_gt(logged, 0);
	ck_assert_int_le(logged, 8);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

/* ---- Waiting --------------------------------------------------------------------------------------------------------- */

START_TEST(test_conn__a_frozen_server_is_given_up_at_the_deadline_and_its_late_answer_never_read)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;
	weir__sql       late = weir__sql_of("SELECT 1111::int8", 17);
	weir__rows      rows;
	weir_error      err = WEIR_ERROR_INIT;
	int64_t         started, took;

	server_start(&server, SERVER_POSTGRES);
	database_setup(&database, server.url);
	conn = database_borrow(&database);
	server_pause(&server);
	started = now_ms();
	ck_assert_int_eq(weir__conn_run(conn, &late, NULL, weir__deadline_in_ms(150), &rows, &err), WEIR_ERR_TIMEOUT);
	took = now_ms() - started;
	ck_assert_int_ge(took, 149);
	ck_assert_int_le(took, 150 + SLACK_MS);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(err.sent);
	ck_assert(!weir__conn_is_usable(conn));
	ck_assert_int_eq(conn_run(conn, "SELECT 2", &err), WEIR_ERR_CONNECTION_LOST);
	database_give_back(&database, &conn);
	server_resume(&server);
	ck_assert_int_eq(database_number(&database, "SELECT 2222::int8"), 2222);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);

	server_pause(&server); /* closing does not wait for it */
	started = now_ms();
	weir__db_close(database.db, weir__deadline_in_ms(10000));
	ck_assert_int_le(now_ms() - started, SLACK_MS);
	server_resume(&server);
	database.db = NULL;
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_conn__a_statement_outside_a_transaction_that_times_out_may_have_worked)
{
	struct database database;
	weir__conn     *conn;
	weir__sql       slow = weir__sql_of("WITH s AS (SELECT pg_sleep(20)) UPDATE t SET id = 2 FROM s", 58);
	weir__rows      rows;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t AS SELECT 1 AS id");
	conn = database_borrow(&database);
	ck_assert_int_eq(weir__conn_run(conn, &slow, NULL, weir__deadline_in_ms(60), &rows, &err), WEIR_ERR_TIMEOUT);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_UNKNOWN);
	database_give_back(&database, &conn);

	conn = database_borrow(&database);
	ck_assert_int_eq(weir__conn_begin_and_run(conn, &slow, NULL, weir__deadline_in_ms(60), &rows, &err),
	                 WEIR_ERR_TIMEOUT);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	weir__conn_rollback(conn, weir__deadline_in_ms(1000));
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_conn__the_server_drops_what_nobody_waits_for_any_more)
{
	struct database database;
	weir__conn     *conn;
	weir__sql       endless = weir__sql_of("SELECT pg_sleep(60)", 19);
	weir__rows      rows;
	weir_error      err = WEIR_ERROR_INIT;
	char            sql[96];

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d", conn_pid(conn));
	ck_assert_int_eq(weir__conn_run(conn, &endless, NULL, weir__deadline_in_ms(50), &rows, &err), WEIR_ERR_TIMEOUT);
	EVENTUALLY(sql_number(database.url, sql) == 0);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_conn__parameters_and_rows_larger_than_any_buffer_pass)
{
	enum { SIZE = 8 << 20 };
	struct database database;
	weir__conn     *conn;
	weir__params   *params;
	weir__sql       sql = weir__sql_of("SELECT $1 || 'x'", 16);
	weir__rows      rows;
	weir_error      err = WEIR_ERROR_INIT;
	char           *text = calloc(1, SIZE + 1);
	weir_value      value = { .type = WEIR_TYPE_TEXT, .as.text = text };

	memset(text, 'a', SIZE);
	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(weir__params_create(&params, &err), WEIR_OK);
	weir__params_add(params, WEIR_TYPE_TEXT, &value);
	ck_assert_msg(weir__conn_run(conn, &sql, params, weir__deadline_in_ms(10000), &rows, &err) == WEIR_OK, "%s",
	              err.message);
	ck_assert_int_eq(PQgetlength(rows.result, 0, 0), SIZE + 1);
	ck_assert_int_eq(PQgetvalue(rows.result, 0, 0)[SIZE], 'x');
	weir__rows_release(&rows);
	weir__params_free(params);
	database_give_back(&database, &conn);
	database_close(&database);
	free(text);
}
END_TEST

/* ---- Connections that end -------------------------------------------------------------------------------------------- */

static void *terminate_when_busy(void *argument)
{
	const struct database *database = argument;
	char                   sql[160];

	snprintf(sql, sizeof sql,
	         "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(31)%%' AND "
	         "state = 'active' AND pid <> pg_backend_pid()");
	EVENTUALLY(sql_number(database->url, sql) > 0);
	sql_terminate(database->url, (int)sql_number(database->url, sql));
	return NULL;
}

START_TEST(test_conn__terminated_during_a_query_is_a_lost_connection_and_the_next_one_works)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	pthread_t       thread;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(pthread_create(&thread, NULL, terminate_when_busy, &database), 0);
	ck_assert_int_eq(conn_run(conn, "SELECT pg_sleep(31)", &err), WEIR_ERR_CONNECTION_LOST);
	pthread_join(thread, NULL);
	ck_assert_str_eq(err.sqlstate, "57P01");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&err));
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	ck_assert_int_eq(database_stats(&database).connections, 0);
	ck_assert_int_eq(database_number(&database, "SELECT 7::int8"), 7);
	database_close(&database);
}
END_TEST

START_TEST(test_conn__sending_to_a_connection_that_has_ended_does_not_kill_the_process)
{
	struct database  database;
	weir__conn      *conn;
	weir_error       err = WEIR_ERROR_INIT;
	struct sigaction usual = { .sa_handler = SIG_DFL }, before;

	sigaction(SIGPIPE, &usual, &before);
	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	sql_terminate(database.url, conn_pid(conn));
	ck_assert_int_eq(conn_run(conn, "SELECT 1", &err), WEIR_ERR_CONNECTION_LOST);
	ck_assert_int_eq(conn_run(conn, "SELECT 1", &err), WEIR_ERR_CONNECTION_LOST);
	database_give_back(&database, &conn);
	database_close(&database);
	sigaction(SIGPIPE, &before, NULL);
}
END_TEST

START_TEST(test_conn__a_child_process_is_told_and_the_parent_goes_on)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;
	int             status = 0;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(conn_begin_and_run(conn, "CREATE TABLE made_before_fork (id int)", &err), WEIR_OK);
	pid_t child = fork();
	if (child == 0) {
		weir__conn *other = NULL;
		int         right = conn_run(conn, "SELECT 1", &err) == WEIR_ERR_FORKED;

		right += weir__db_acquire(database.db, weir__deadline_in_ms(1000), &other, &err) == WEIR_ERR_FORKED;
		right += conn_commit(conn, &err) == WEIR_ERR_FORKED;
		weir__conn_rollback(conn, weir__deadline_in_ms(1000));
		weir__db_give_back(database.db, &conn);
		weir__db_close(database.db, weir__deadline_in_ms(1000));
		_exit(right);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	ck_assert_int_eq(conn_commit(conn, &err), WEIR_OK);
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM made_before_fork"), 0);
	database_close(&database);
}
END_TEST

/* ---- What failures are called ------------------------------------------------------------------------------------------ */

static const struct failure {
	const char *sql, *sqlstate;
	int         status;
	const char *table, *column, *constraint;
} failures[] = {
	{ "INSERT INTO child VALUES (1, 1, 1)", "23505", WEIR_ERR_UNIQUE, "child", "", "child_pkey" },
	{ "INSERT INTO child VALUES (2, 9, 1)", "23503", WEIR_ERR_FOREIGN_KEY, "child", "", "child_parent_fkey" },
	{ "DELETE FROM parent", "23503", WEIR_ERR_FOREIGN_KEY, "child", "", "child_parent_fkey" },
	{ "INSERT INTO child VALUES (2, NULL, 1)", "23502", WEIR_ERR_NOT_NULL, "child", "parent", "" },
	{ "INSERT INTO child VALUES (2, 1, -1)", "23514", WEIR_ERR_CHECK, "child", "", "positive" },
	{ "INSERT INTO span VALUES (int4range(1, 5)), (int4range(2, 3))", "23P01", WEIR_ERR_EXCLUSION, "span", "",
	  "apart" },
	{ "SELECT 'x'::text::int", "22P02", WEIR_ERR_VALUE, "", "", "" },
	{ "SELECT 2147483648::int8::int4", "22003", WEIR_ERR_VALUE, "", "", "" },
	{ "SELECT * FROM nowhere", "42P01", WEIR_ERR_SCHEMA, "", "", "" },
	{ "SELECT nothing FROM parent", "42703", WEIR_ERR_SCHEMA, "", "", "" },
	{ "SELECT 1 +", "42601", WEIR_ERR_DATABASE, "", "", "" },
	{ "SELECT 1; SELECT 2", "42601", WEIR_ERR_DATABASE, "", "", "" }, /* one statement at a time */
	{ "SELECT pg_sleep(20)", "57014", WEIR_ERR_CANCELLED, "", "", "" },
	{ "SELECT * FROM pg_authid", "42501", WEIR_ERR_PERMISSION, "", "", "" },
	{ "DO $$BEGIN RAISE EXCEPTION 'out' USING ERRCODE = '53100'; END$$", "53100", WEIR_ERR_RESOURCES, "", "", "" },
	{ "DO $$BEGIN RAISE EXCEPTION 'out' USING ERRCODE = '55P03'; END$$", "55P03", WEIR_ERR_LOCKED, "", "", "" },
};

START_TEST(test_conn__failures_of_statements_have_their_types_and_names)
{
	struct database database;
	weir__conn     *conn;
	char            role[64];

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE parent (id int PRIMARY KEY)");
	conn_run_ok(conn, "CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent(id), amount int "
	                  "CONSTRAINT positive CHECK (amount > 0))");
	conn_run_ok(conn, "ALTER TABLE child RENAME CONSTRAINT child_parent_fkey TO child_parent_fkey2");
	conn_run_ok(conn, "ALTER TABLE child RENAME CONSTRAINT child_parent_fkey2 TO child_parent_fkey");
	conn_run_ok(conn, "CREATE TABLE span (r int4range, CONSTRAINT apart EXCLUDE USING gist (r WITH &&))");
	conn_run_ok(conn, "INSERT INTO parent VALUES (1)");
	conn_run_ok(conn, "INSERT INTO child VALUES (1, 1, 1)");
	conn_run_ok(conn, "SET statement_timeout = '300ms'");
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		const struct failure *failure = &failures[i];
		weir_error            err = WEIR_ERROR_INIT;

		if (failure->status == WEIR_ERR_PERMISSION) {
			snprintf(role, sizeof role, "CREATE ROLE %s", database.schema);
			conn_run_ok(conn, role);
			snprintf(role, sizeof role, "SET ROLE %s", database.schema);
			conn_run_ok(conn, role);
		}
		ck_assert_msg(conn_run(conn, failure->sql, &err) == failure->status, "%s: %s %s", failure->sql,
		              weir_status_name(err.status), err.message);
		ck_assert_str_eq(err.sqlstate, failure->sqlstate);
		ck_assert_str_eq(err.table, failure->table);
		ck_assert_str_eq(err.column, failure->column);
		ck_assert_str_eq(err.constraint, failure->constraint);
		ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
		ck_assert(err.sent);
		ck_assert_str_ne(err.message, "");
		ck_assert_msg(weir__conn_is_clean(conn), "%s", failure->sql);
		if (failure->status == WEIR_ERR_PERMISSION) {
			conn_run_ok(conn, "RESET ROLE");
			snprintf(role, sizeof role, "DROP ROLE %s", database.schema);
			conn_run_ok(conn, role);
		}
	}
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_conn__every_class_of_sqlstate_has_a_status)
{
	static const struct {
		const char *sqlstate;
		int         status;
	} expected[] = {
		{ "23505", WEIR_ERR_UNIQUE },
		{ "23001", WEIR_ERR_FOREIGN_KEY },
		{ "23000", WEIR_ERR_DATABASE },
		{ "40001", WEIR_ERR_SERIALIZATION },
		{ "40P01", WEIR_ERR_DEADLOCK },
		{ "25006", WEIR_ERR_READ_ONLY },
		{ "08006", WEIR_ERR_CONNECTION_LOST },
		{ "57P03", WEIR_ERR_CONNECTION_LOST },
		{ "57P05", WEIR_ERR_CONNECTION_LOST },
		{ "25P03", WEIR_ERR_CONNECTION_LOST },
		{ "28000", WEIR_ERR_AUTH },
		{ "53300", WEIR_ERR_RESOURCES },
		{ "58030", WEIR_ERR_RESOURCES },
		{ "XX000", WEIR_ERR_DATABASE },
		{ "", WEIR_ERR_DATABASE },
	};

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
		ck_assert_int_eq(weir__failure_status(expected[i].sqlstate), expected[i].status);
}
END_TEST

/* As servers with lc_messages of these languages quote what they could not read. */
START_TEST(test_conn__a_value_that_cannot_be_read_is_hidden_in_every_language)
{
	static const char *const says[] = {
		"invalid input syntax for type integer: \"secret\"",
		"ung\u00fcltige Eingabesyntax: \u00bbsecret\u00ab",
		"syntaxe invalide : \u00ab secret \u00bb",
		"ogiltig inmatningssyntax: \u201dsecret\u201d",
		"nieprawid\u0142owa sk\u0142adnia: \u201esecret\u201d",
		"sint\u00e1xis: \u00absecret \u201ca\u201d secret\u00bb",
	};
	struct database database;
	weir__conn     *conn;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		weir_error err = WEIR_ERROR_INIT;
		char       sql[256];

		snprintf(sql, sizeof sql, "DO $$ BEGIN RAISE SQLSTATE '22P02' USING MESSAGE = $m$%s$m$; END $$", says[i]);
		ck_assert_int_eq(conn_run(conn, sql, &err), WEIR_ERR_VALUE);
		ck_assert_msg(!strstr(err.message, "secret"), "%s", err.message);
		ck_assert_msg(strstr(err.message, "..."), "%s", err.message);
	}
	database_give_back(&database, &conn);
	database_close(&database);
	ck_assert_ptr_null(strstr(database.log, "secret"));
}
END_TEST

START_TEST(test_conn__an_error_that_quotes_a_row_is_not_in_the_log)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	conn_run_ok(conn, "CREATE TABLE word (word text PRIMARY KEY)");
	conn_run_ok(conn, "INSERT INTO word VALUES ('canary')");
	ck_assert_int_eq(conn_run(conn, "INSERT INTO word VALUES ('canary')", &err), WEIR_ERR_UNIQUE);
	database_give_back(&database, &conn);
	database_close(&database);
	ck_assert_ptr_null(strstr(database.log, "canary"));
}
END_TEST

START_TEST(test_conn__a_server_that_became_read_only_costs_the_connection)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, "CREATE TABLE t (id int)");
	conn = database_borrow(&database);
	conn_run_ok(conn, "SET default_transaction_read_only = on");
	ck_assert_int_eq(conn_run(conn, "INSERT INTO t VALUES (1)", &err), WEIR_ERR_READ_ONLY);
	ck_assert_str_eq(err.sqlstate, "25006");
	ck_assert(!weir__conn_is_usable(conn));
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	database_run(&database, "INSERT INTO t VALUES (1)");
	database_close(&database);
}
END_TEST

START_TEST(test_conn__a_script_runs_whole_and_its_settings_go_with_the_connection)
{
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(weir__conn_run_script(conn,
	                                       "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); SET work_mem = 77",
	                                       weir__deadline_in_ms(5000), &err),
	                 WEIR_OK);
	ck_assert_int_eq(
		weir__conn_run_script(conn, "INSERT INTO t VALUES (3); SELECT 1/0", weir__deadline_in_ms(5000), &err),
		WEIR_ERR_VALUE);
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT count(*) FROM t"), 2);
	ck_assert_int_eq(database_number(&database, "SELECT (current_setting('work_mem') = '77kB')::int::int8"), 0);
	database_close(&database);
}
END_TEST

WEIR_SUITE("conn", test_conn__a_wrong_password_is_refused_without_telling_it,
           test_conn__a_server_that_is_not_there_is_named_at_once,
           test_conn__an_unknown_database_is_reported_with_its_sqlstate,
           test_conn__a_connection_string_that_cannot_be_read_is_not_quoted,
           test_conn__a_server_that_never_answers_is_given_up_at_the_deadline,
           test_conn__a_server_that_drips_is_given_up_at_the_deadline,
           test_conn__schema_and_name_are_what_the_options_say,
           test_conn__a_server_that_takes_null_in_arrays_for_a_text_is_refused,
           test_conn__a_schema_may_have_blanks_and_backslashes_in_its_name,
           test_conn__the_socket_is_not_inherited_and_no_standard_stream,
           test_conn__notices_reach_the_log_by_number_only, test_conn__floods_of_notices_and_notifications_harm_nobody,
           test_conn__a_frozen_server_is_given_up_at_the_deadline_and_its_late_answer_never_read,
           test_conn__a_statement_outside_a_transaction_that_times_out_may_have_worked,
           test_conn__the_server_drops_what_nobody_waits_for_any_more,
           test_conn__parameters_and_rows_larger_than_any_buffer_pass,
           test_conn__terminated_during_a_query_is_a_lost_connection_and_the_next_one_works,
           test_conn__sending_to_a_connection_that_has_ended_does_not_kill_the_process,
           test_conn__a_child_process_is_told_and_the_parent_goes_on,
           test_conn__failures_of_statements_have_their_types_and_names,
           test_conn__every_class_of_sqlstate_has_a_status,
           test_conn__a_value_that_cannot_be_read_is_hidden_in_every_language,
           test_conn__an_error_that_quotes_a_row_is_not_in_the_log,
           test_conn__a_server_that_became_read_only_costs_the_connection,
           test_conn__a_script_runs_whole_and_its_settings_go_with_the_connection);
