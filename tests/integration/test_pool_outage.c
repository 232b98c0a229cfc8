/*
 * test_pool_outage.c: what callers of the pool get while the server is silent, absent, refuses them or comes back.
 */
#include "support/database.h"
#include "support/proxy.h"
#include "support/servers.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECOND_US = 1000000 };

START_TEST(test_pool_outage__callers_connect_side_by_side)
{
	enum { CALLERS = 4 };
	struct database database;
	struct caller   callers[CALLERS] = { { 0 } };
	weir_error      err = WEIR_ERROR_INIT;
	char            url[192];
	int             listener = silent_listener(url, sizeof url);

	database_init(&database, url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	for (int i = 0; i < CALLERS; i++)
		start_caller(&callers[i], &database, 300);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_ERR_TIMEOUT);
		ck_assert_int_le(callers[i].took_ms, 300 + SLACK_MS);
		ck_assert_ptr_nonnull(strstr(callers[i].err.message, "let us in")); /* it was connecting, not waiting */
	}
	close(listener);
	database_close(&database);
}
END_TEST

/* A pool on a server that accepts and hangs up: nobody is behind the proxy. */
static void setup_absent(struct database *database, struct proxy *proxy, char *url, size_t size)
{
	weir_error err = WEIR_ERROR_INIT;

	proxy_start(proxy, "127.0.0.1", "1");
	snprintf(url, size, "postgresql://weir:secret@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable",
	         proxy->port);
	database_init(database, url);
	ck_assert_int_eq(weir__db_create(&database->options, &database->db, &err), WEIR_OK);
}

START_TEST(test_pool_outage__an_absent_server_is_not_hammered_and_all_callers_get_an_answer)
{
	enum { CALLERS = 8 };
	struct database database;
	struct caller   callers[CALLERS] = { { 0 } };
	struct proxy    proxy = { .fault = PROXY_PASS };
	char            url[192];

	setup_absent(&database, &proxy, url, sizeof url);
	for (int i = 0; i < CALLERS; i++)
		start_caller(&callers[i], &database, 1000);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_ERR_CONNECT);
		ck_assert_int_ge(callers[i].took_ms, 990); /* a short outage is waited out */
		ck_assert_int_le(callers[i].took_ms, 1000 + SLACK_MS);
	}
	ck_assert_int_ge(atomic_load(&proxy.connections), 4);
	ck_assert_int_le(atomic_load(&proxy.connections), 24);
	ck_assert_ptr_null(strstr(database.log, "secret"));
	proxy_stop(&proxy);
	database_close(&database);
}
END_TEST

START_TEST(test_pool_outage__in_a_long_outage_callers_are_told_at_once)
{
	struct database database;
	struct caller   caller = { 0 };
	struct proxy    proxy = { .fault = PROXY_PASS };
	char            url[192];

	setup_absent(&database, &proxy, url, sizeof url);
	EVENTUALLY(
		(start_caller(&caller, &database, 100), pthread_join(caller.thread, NULL), caller.rc == WEIR_ERR_CONNECT));
	pthread_mutex_lock(&database.db->lock);
	database.db->outage.since_us -= 10 * SECOND_US;
	pthread_mutex_unlock(&database.db->lock);
	for (int i = 0; i < 5; i++) {
		start_caller(&caller, &database, 10000);
		pthread_join(caller.thread, NULL);
		ck_assert_int_eq(caller.rc, WEIR_ERR_CONNECT);
	}
	ck_assert_int_lt(caller.took_ms, 100);
	ck_assert_str_ne(caller.err.message, "");
	proxy_stop(&proxy);
	database_close(&database);
}
END_TEST

START_TEST(test_pool_outage__a_refusal_that_would_be_repeated_is_told_at_once)
{
	struct database database;
	struct caller   callers[4] = { { 0 } };
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];

	url_with(url, sizeof url, test_database_url(), "dbname=weir_no_such_database");
	database_init(&database, url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	for (int i = 0; i < 4; i++)
		start_caller(&callers[i], &database, 10000);
	for (int i = 0; i < 4; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_ERR_CONNECT);
		ck_assert_str_eq(callers[i].err.sqlstate, "3D000");
		ck_assert_int_lt(callers[i].took_ms, 2000);
	}
	database_close(&database);
}
END_TEST

/* Is a caller told that there is no server? One that gets a connection which has just been used is not: its user finds
 * out, and then the other connections are looked at. */
static bool is_told(struct database *database, struct caller *caller)
{
	weir__conn *conn;

	start_caller(caller, database, 150);
	pthread_join(caller->thread, NULL);
	if (caller->rc < 0)
		return true;
	conn = database_borrow(database);
	conn_run(conn, "SELECT 1", NULL);
	database_give_back(database, &conn);
	return false;
}

START_TEST(test_pool_outage__a_restarted_server_is_found_again)
{
	struct server   server;
	struct database database;
	weir__conn     *conns[3];
	struct caller   caller = { 0 };

	server_start(&server, SERVER_POSTGRES);
	database_setup(&database, server.url);
	for (int i = 0; i < 3; i++)
		conns[i] = database_borrow(&database);
	for (int i = 0; i < 3; i++)
		database_give_back(&database, &conns[i]);
	server_kill(&server);
	EVENTUALLY(is_told(&database, &caller));
	ck_assert_int_eq(caller.rc, WEIR_ERR_CONNECT);
	ck_assert_int_le(caller.took_ms, 150 + SLACK_MS);
	server_restart(&server);
	EVENTUALLY((start_caller(&caller, &database, 1000), pthread_join(caller.thread, NULL), caller.rc == WEIR_OK));
	database_run(&database, "SELECT 1");
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 3);
	database_close(&database);
	server_release(&server);
}
END_TEST

WEIR_SUITE("pool_outage", test_pool_outage__callers_connect_side_by_side,
           test_pool_outage__an_absent_server_is_not_hammered_and_all_callers_get_an_answer,
           test_pool_outage__in_a_long_outage_callers_are_told_at_once,
           test_pool_outage__a_refusal_that_would_be_repeated_is_told_at_once,
           test_pool_outage__a_restarted_server_is_found_again);
