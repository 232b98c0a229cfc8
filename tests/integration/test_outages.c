/*
 * test_outages.c: rows of docs/outages.md that no other test runs: each call ends by its deadline with the status that the
 * table says, and afterwards the pool serves as before.
 */
#include "support/blog.h"
#include "support/database.h"
#include "support/proxy.h"
#include "support/servers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Between us and the server ---------------------------------------------------------------------------------------- */

struct way {
	struct proxy    proxy;
	struct database database;
	char            url[512];
};

static void way_begin(struct way *way)
{
	PGconn *direct = PQconnectdb(test_database_url());
	char    setting[96];

	ck_assert_msg(PQstatus(direct) == CONNECTION_OK, "%s", PQerrorMessage(direct));
	way->proxy = (struct proxy){ .fault = PROXY_PASS };
	proxy_start(&way->proxy, PQhost(direct), PQport(direct));
	PQfinish(direct);
	snprintf(setting, sizeof setting, "host=127.0.0.1 port=%d sslmode=disable gssencmode=disable", way->proxy.port);
	if (strstr(test_database_url(), "://"))
		for (char *at = setting; *at; at++)
			*at = *at == ' ' ? '&' : *at;
	url_with(way->url, sizeof way->url, test_database_url(), setting);
	database_init(&way->database, way->url);
	way->database.url = test_database_url();
	database_open(&way->database);
}

/* The pool serves as before, and nothing is borrowed. */
static void assert_whole(struct database *database)
{
	EVENTUALLY(database_number(database, "SELECT 4711::int8") == 4711);
	ck_assert_int_eq(database_stats(database).in_use, 0);
	ck_assert_int_le(database_stats(database).connections, 4);
}

static void way_end(struct way *way)
{
	atomic_store(&way->proxy.cut_at, 0);
	atomic_store(&way->proxy.flip_at, 0);
	atomic_store(&way->proxy.drip_ms, 0);
	assert_whole(&way->database);
	database_close(&way->database);
	proxy_stop(&way->proxy);
}

static const char three_rows[] = "SELECT i::int8, 'value ' || i FROM generate_series(1, 3) i";

/* Runs it on a connection that is there, within this time; how many rows came. */
static int run_rows(struct way *way, int timeout_ms, size_t *rows_count, weir_error *err)
{
	weir__conn *conn = database_borrow(&way->database);
	weir__sql   sql = weir__sql_of(three_rows, strlen(three_rows));
	weir__rows  rows = WEIR__ROWS_INIT;
	int64_t     started = now_ms();
	int         rc;

	atomic_store(&way->proxy.passed, 0);
	rc = weir__conn_run(conn, &sql, NULL, weir__deadline_in_ms(timeout_ms), &rows, err);
	ck_assert_int_le(now_ms() - started, timeout_ms + SLACK_MS);
	*rows_count = rows.count;
	weir__rows_release(&rows);
	database_give_back(&way->database, &conn);
	return rc;
}

/* The length of the answer, when nothing is done to it. */
static long long whole_answer(struct way *way)
{
	weir_error err = WEIR_ERROR_INIT;
	size_t     rows;

	for (int i = 0; i < 2; i++) /* prepared, then run alone */
		ck_assert_int_eq(run_rows(way, 10000, &rows, &err), WEIR_OK);
	ck_assert_uint_eq(rows, 3);
	return atomic_load(&way->proxy.passed);
}

START_TEST(test_outage__an_answer_cut_at_any_byte_is_never_taken_for_whole)
{
	struct way way;
	weir_error err = WEIR_ERROR_INIT;
	size_t     rows;

	way_begin(&way);
	long long length = whole_answer(&way);
	for (long long at = 1; at < length; at++) {
		atomic_store(&way.proxy.cut_at, 0);
		database_run(&way.database, three_rows);
		atomic_store(&way.proxy.cut_at, at);
		ck_assert_msg(run_rows(&way, 2000, &rows, &err) == WEIR_ERR_CONNECTION_LOST, "%lld of %lld", at, length);
		ck_assert_uint_eq(rows, 0);
		ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	}
	way_end(&way);
}
END_TEST

START_TEST(test_outage__a_byte_that_is_wrong_costs_a_call_at_most)
{
	struct way    way;
	struct rusage before, after;
	size_t        rows;

	way_begin(&way);
	long long length = whole_answer(&way);
	getrusage(RUSAGE_SELF, &before);
	for (long long at = 1; at <= length; at++) {
		weir_error err = WEIR_ERROR_INIT;
		int        rc;

		atomic_store(&way.proxy.flip_at, 0);
		database_run(&way.database, three_rows);
		atomic_store(&way.proxy.flip_at, at);
		rc = run_rows(&way, 40, &rows, &err);
		ck_assert_msg(rc == WEIR_OK || err.message[0], "%lld", at);
		ck_assert(rc == WEIR_OK || rows == 0);
	}
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 131072);
	way_end(&way);
}
END_TEST

START_TEST(test_outage__an_answer_that_drips_ends_with_the_deadline_of_the_whole)
{
	struct way way;
	weir_error err = WEIR_ERROR_INIT;
	size_t     rows;

	way_begin(&way);
	(void)whole_answer(&way);
	atomic_store(&way.proxy.drip_ms, 20);
	ck_assert_int_eq(run_rows(&way, 200, &rows, &err), WEIR_ERR_TIMEOUT);
	atomic_store(&way.proxy.drip_ms, 0);
	way_end(&way);
}
END_TEST

START_TEST(test_outage__a_peer_that_went_silent_costs_the_deadline_once)
{
	struct way way;
	weir_error err = WEIR_ERROR_INIT;
	size_t     rows;

	way_begin(&way);
	(void)whole_answer(&way);
	way.proxy.fault = PROXY_SILENCE;
	atomic_store(&way.proxy.happened, true);
	ck_assert_int_eq(run_rows(&way, 150, &rows, &err), WEIR_ERR_TIMEOUT);
	ck_assert(err.sent);
	atomic_store(&way.proxy.happened, false);
	way_end(&way);
}
END_TEST

/* ---- A server that says something else ---------------------------------------------------------------------------------- */

struct talker {
	int         listener;
	const char *text;
	size_t      length;
	atomic_int  accepted;
	atomic_bool stop;
};

static void *talk(void *argument)
{
	struct talker *talker = argument;
	char           bytes[512];

	while (!atomic_load(&talker->stop)) {
		struct pollfd waited = { .fd = talker->listener, .events = POLLIN };
		int           client;

		if (poll(&waited, 1, 10) <= 0)
			continue;
		client = accept(talker->listener, NULL, NULL);
		atomic_fetch_add(&talker->accepted, 1);
		(void)!recv(client, bytes, sizeof bytes, 0);
		(void)!send(client, talker->text, talker->length, MSG_NOSIGNAL);
		shutdown(client, SHUT_WR);
		(void)!recv(client, bytes, sizeof bytes, 0);
		close(client);
	}
	return NULL;
}

START_TEST(test_outage__a_server_that_does_not_speak_the_protocol_is_refused_in_little_memory)
{
	static const struct {
		const char *text;
		size_t      length;
	} said[] = {
		{ "Ecould not fork new process for connection: Resource temporarily unavailable\n\0", 79 },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28 },
		{ "E\0\0\0\x1eSFATAL\0Mno code at all\0\0\0\0", 31 }, /* an error without SQLSTATE */
		{ "R\x7f\xff\xff\xff\0\0\0\0", 9 },
		{ "E\x7f\xff\xff\xff", 5 },
		{ "S\x7f\xff\xff\xff"
		  "a",
		  6 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
	};
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		struct database database;
		struct talker   talker = { .text = said[i].text, .length = said[i].length };
		struct caller   caller = { 0 };
		pthread_t       thread;
		char            url[256];

		talker.listener = silent_listener(url, sizeof url);
		ck_assert_int_eq(pthread_create(&thread, NULL, talk, &talker), 0);
		database_init(&database, url);
		ck_assert_int_eq(weir__db_create(&database.options, &database.db, NULL), WEIR_OK);
		start_caller(&caller, &database, 300);
		pthread_join(caller.thread, NULL);
		ck_assert_msg(caller.rc == WEIR_ERR_CONNECT || caller.rc == WEIR_ERR_TIMEOUT, "%zu: %d", i, caller.rc);
		ck_assert_int_le(caller.took_ms, 300 + SLACK_MS);
		ck_assert_int_ge(atomic_load(&talker.accepted), 1);
		ck_assert_int_le(atomic_load(&talker.accepted), 30); /* and it is not hammered */
		ck_assert_ptr_null(strstr(caller.err.message, "secret"));
		atomic_store(&talker.stop, true);
		pthread_join(thread, NULL);
		close(talker.listener);
		database_close(&database);
	}
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 65536);
}
END_TEST

/* ---- What the server lacks, or forbids ---------------------------------------------------------------------------------- */

struct sharer {
	struct database *database;
	atomic_int       wrong;
};

static void *share(void *argument)
{
	struct sharer *sharer = argument;

	for (int i = 0; i < 10; i++) {
		weir__conn *conn = NULL;
		weir_error  err = WEIR_ERROR_INIT;
		int         rc = weir__db_acquire(sharer->database->db, weir__deadline_in_ms(20000), &conn, &err);

		if (rc == WEIR_OK)
			rc = conn_run(conn, "SELECT pg_sleep(0.002)", &err);
		atomic_fetch_add(&sharer->wrong, rc < 0);
		weir__db_give_back(sharer->database->db, &conn);
	}
	return NULL;
}

START_TEST(test_outage__too_many_connections_are_shared_by_all_who_wait)
{
	enum { THREADS = 6 };
	struct server   server;
	struct database database;
	struct sharer   sharer = { .database = &database };
	pthread_t       threads[THREADS];
	char            url[256];

	server_start(&server, SERVER_POSTGRES);
	sql_run(server.url, "CREATE ROLE few LOGIN CONNECTION LIMIT 2");
	url_with(url, sizeof url, server.url, "user=few");
	database_init(&database, url);
	database.options.pool.max_connections = THREADS;
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, NULL), WEIR_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, share, &sharer), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&sharer.wrong), 0);
	ck_assert_int_le(database_stats(&database).connections, 2);
	assert_whole(&database);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_outage__a_limit_of_the_server_fails_the_call_and_keeps_the_connection)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	server_start(&server, SERVER_POSTGRES);
	sql_run(server.url, "ALTER SYSTEM SET temp_file_limit = '1MB'");
	sql_run(server.url, "ALTER SYSTEM SET statement_timeout = '300ms'");
	sql_run(server.url, "ALTER SYSTEM SET work_mem = '64kB'");
	sql_run(server.url, "SELECT pg_reload_conf()");
	EVENTUALLY(sql_number(server.url, "SELECT (current_setting('work_mem') = '64kB')::int"));
	database_init(&database, server.url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, NULL), WEIR_OK);
	conn = database_borrow(&database);
	ck_assert_int_eq(conn_run(conn, "SELECT repeat(i::text, 50) FROM generate_series(1, 100000) i ORDER BY 1", &err),
	                 WEIR_ERR_RESOURCES);
	ck_assert_str_eq(err.sqlstate, "53400");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	ck_assert_int_eq(conn_run(conn, "SELECT pg_sleep(5)", &err), WEIR_ERR_CANCELLED);
	ck_assert_str_eq(err.sqlstate, "57014");
	ck_assert(weir__conn_is_clean(conn));
	database_give_back(&database, &conn);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	assert_whole(&database);
	database_close(&database);
	server_release(&server);
}
END_TEST

/* The status of a transaction that writes a row and has 300 ms for its COMMIT. */
static int commit_a_row(struct database *database)
{
	weir__conn *conn = database_borrow(database);
	weir_error  err = WEIR_ERROR_INIT;
	int64_t     started;
	int         rc;

	ck_assert_int_eq(conn_begin_and_run(conn, "INSERT INTO t VALUES (1)", &err), WEIR_OK);
	started = now_ms();
	rc = weir__conn_commit(conn, weir__deadline_in_ms(300), &err);
	ck_assert_int_le(now_ms() - started, 300 + SLACK_MS);
	ck_assert(rc == WEIR_OK || err.effect == WEIR_EFFECT_UNKNOWN);
	database_give_back(database, &conn);
	return rc;
}

START_TEST(test_outage__a_commit_that_waits_for_a_standby_is_unknown_by_the_deadline)
{
	struct server   server;
	struct database database;
	int64_t         committed = 1;

	server_start(&server, SERVER_POSTGRES);
	database_setup(&database, server.url);
	database_run(&database, "CREATE TABLE t (id int)");
	sql_run(server.url, "ALTER SYSTEM SET synchronous_commit = on");
	sql_run(server.url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
	sql_run(server.url, "SELECT pg_reload_conf()");
	for (int rc = commit_a_row(&database); rc != WEIR_ERR_UNKNOWN_COMMIT; rc = commit_a_row(&database)) {
		ck_assert_int_eq(rc, WEIR_OK); /* the server has not read its settings yet */
		committed++;
	}
	sql_run(server.url, "ALTER SYSTEM RESET synchronous_standby_names");
	sql_run(server.url, "SELECT pg_reload_conf()");
	EVENTUALLY(database_number(&database, "SELECT count(*) FROM t") == committed);
	assert_whole(&database);
	database_close(&database);
	server_release(&server);
}
END_TEST

/* Does a new call succeed? Until the postmaster has seen the crash it lets in whom it then throws out. */
static bool answers(struct database *database)
{
	weir__conn *conn = NULL;
	weir_error  err = WEIR_ERROR_INIT;
	bool        answered;

	ck_assert_msg(weir__db_acquire(database->db, weir__deadline_in_ms(10000), &conn, &err) == WEIR_OK, "%s %s",
	              err.sqlstate, err.message);
	answered = conn_run(conn, "SELECT 1", &err) == WEIR_OK;
	database_give_back(database, &conn);
	return answered;
}

START_TEST(test_outage__a_crash_of_one_server_process_is_over_within_the_next_calls_deadline)
{
	struct server   server;
	struct database database;
	weir__conn     *conn;
	weir_error      err = WEIR_ERROR_INIT;

	server_start(&server, SERVER_POSTGRES);
	database_init(&database, server.url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, NULL), WEIR_OK);
	conn = database_borrow(&database);
	ck_assert_int_eq(kill(conn_pid(conn), SIGKILL), 0);
	ck_assert_int_eq(conn_run(conn, "SELECT 1", &err), WEIR_ERR_CONNECTION_LOST);
	database_give_back(&database, &conn);
	EVENTUALLY(answers(&database)); /* the server is in recovery: 57P03 until it is not */
	assert_whole(&database);
	database_close(&database);
	server_release(&server);
}
END_TEST

START_TEST(test_outage__a_restart_under_load_costs_the_calls_under_way_and_no_more)
{
	enum { THREADS = 4 };
	struct server   server;
	struct database database;
	struct sharer   sharer = { .database = &database };
	pthread_t       threads[THREADS];
	int64_t         started;

	server_start(&server, SERVER_POSTGRES);
	database_init(&database, server.url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, NULL), WEIR_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, share, &sharer), 0);
	EVENTUALLY(database_stats(&database).queries >= THREADS);
	server_stop(&server);
	server_restart(&server);
	started = now_ms();
	EVENTUALLY(database_number(&database, "SELECT 7::int8") == 7);
	ck_assert_int_le(now_ms() - started, 1000 + 10 * SLACK_MS);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_whole(&database);
	database_close(&database);
	server_release(&server);
}
END_TEST

/* ---- What the process lacks --------------------------------------------------------------------------------------------- */

START_TEST(test_outage__without_descriptors_connecting_fails_and_what_is_there_serves)
{
	struct database database;
	struct rlimit   usual, none;
	struct caller   caller = { 0 };
	weir__conn     *conn;
	int             lowest;

	database_setup(&database, test_database_url());
	conn = database_borrow(&database);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
	lowest = dup(STDERR_FILENO);
	close(lowest);
	none = (struct rlimit){ .rlim_cur = (rlim_t)lowest, .rlim_max = usual.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	start_caller(&caller, &database, 300);
	conn_run_ok(conn, "SELECT 1");
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
	ck_assert_int_eq(caller.rc, WEIR_ERR_CONNECT);
	ck_assert_int_le(caller.took_ms, 300 + SLACK_MS);
	database_give_back(&database, &conn);
	assert_whole(&database);
	database_close(&database);
}
END_TEST

/* ---- What a value looks like ---------------------------------------------------------------------------------------------- */

START_TEST(test_outage__settings_of_the_server_do_not_change_values)
{
	static const char *const settings[] = {
		"-c DateStyle=German -c TimeZone=Asia/Kathmandu -c IntervalStyle=sql_standard",
		"-c extra_float_digits=-15 -c bytea_output=escape -c lc_monetary=C"
	};
	struct blog blog;
	const user *usual = NULL;
	int64_t     id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_id(&blog.users, id, &usual, &blog.err));
	for (size_t i = 0; i < 2; i++) {
		weir_session *session;
		user_dao      users;
		const user   *found = NULL;
		char          url[512], setting[256];
		size_t        length = (size_t)snprintf(setting, sizeof setting, "options=");

		for (const char *at = settings[i]; *at; at++)
			length += (size_t)snprintf(setting + length, sizeof setting - length,
			                           *at == ' ' || *at == '=' ? "%%%02X" : "%c", (unsigned char)*at);
		if (!strstr(test_database_url(), "://"))
			snprintf(setting, sizeof setting, "options='%s'", settings[i]);
		url_with(url, sizeof url, test_database_url(), setting);
		session = blog_open_other(&blog, &(weir_options){ .postgres = url, .cache_kind = WEIR_CACHE_NONE });
		users = get_user_dao(session);
		assert_ok(user_dao_get_by_id(&users, id, &found, &blog.err));
		ck_assert_int_eq(found->created_at.unix_us, usual->created_at.unix_us);
		ck_assert_str_eq(found->balance.text, usual->balance.text);
		user_release(&found);
		weir_close(&session);
	}
	user_release(&usual);
	blog_close(&blog);
}
END_TEST

/* ---- As a DAO sees it ---------------------------------------------------------------------------------------------------- */

static void end_connections(const struct blog *blog)
{
	char sql[160];

	snprintf(sql, sizeof sql,
	         "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '%s'",
	         blog->schema);
	ck_assert_str_ne(blog_sql(blog, sql), "0");
	snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s'", blog->schema);
	EVENTUALLY(strcmp(blog_sql(blog, sql), "0") == 0);
}

START_TEST(test_outage__a_read_whose_connection_was_lost_is_made_once_more)
{
	struct blog   blog;
	weir_session *session, *tx = NULL;
	user_dao      users;
	const user   *found = NULL;
	weir_options  options = { .cache_kind = WEIR_CACHE_NONE };
	weir_error    err = WEIR_ERROR_INIT;
	int64_t       id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	options.application_name = blog.schema;
	session = blog_open_other(&blog, &options);
	users = get_user_dao(session);
	for (int i = 0; i < 3; i++) {
		assert_ok(user_dao_get_by_id(&users, id, &found, &blog.err));
		user_release(&found);
		end_connections(&blog);
		assert_ok(user_dao_get_by_id(&users, id, &found, &err));
		ck_assert_int_eq(err.status, WEIR_OK);
		user_release(&found);
	}
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	assert_ok(user_dao_get_by_id(&users, id, &found, &blog.err));
	user_release(&found);
	end_connections(&blog);
	ck_assert_int_eq(user_dao_get_by_id(&users, id, &found, &err), WEIR_ERR_CONNECTION_LOST);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	weir_rollback(&tx);
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("outages", test_outage__a_read_whose_connection_was_lost_is_made_once_more,
           test_outage__an_answer_cut_at_any_byte_is_never_taken_for_whole,
           test_outage__a_byte_that_is_wrong_costs_a_call_at_most,
           test_outage__an_answer_that_drips_ends_with_the_deadline_of_the_whole,
           test_outage__a_peer_that_went_silent_costs_the_deadline_once,
           test_outage__a_server_that_does_not_speak_the_protocol_is_refused_in_little_memory,
           test_outage__too_many_connections_are_shared_by_all_who_wait,
           test_outage__a_limit_of_the_server_fails_the_call_and_keeps_the_connection,
           test_outage__a_commit_that_waits_for_a_standby_is_unknown_by_the_deadline,
           test_outage__a_crash_of_one_server_process_is_over_within_the_next_calls_deadline,
           test_outage__a_restart_under_load_costs_the_calls_under_way_and_no_more,
           test_outage__without_descriptors_connecting_fails_and_what_is_there_serves,
           test_outage__settings_of_the_server_do_not_change_values);
