/*
 * test_hosts.c: several hosts: which one is taken, what the dead and the silent ones cost, and what a failover to a promoted
 * standby looks like to callers.
 */
#define _GNU_SOURCE
#include "support/database.h"
#include "support/servers.h"
#include "support/slow_names.h"
#include "support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECOND_US = 1000000 };

static const char *port_of(const char *address)
{
	return strrchr(address, ':') + 1;
}

/* postgresql://weir:PASSWORD@HOSTS/postgres?SETTINGS with the server's password. */
static void make_url(char *url, size_t size, const struct server *server, const char *hosts, const char *settings)
{
	int length = (int)(strchr(server->other_url, '@') - server->other_url);

	ck_assert_int_lt(snprintf(url, size, "%.*s@%s/postgres?sslmode=disable&gssencmode=disable%s", length,
	                          server->other_url, hosts, settings),
	                 (int)size);
}

static void open_at(struct database *database, const char *url, int connect_timeout_ms)
{
	weir_error err = WEIR_ERROR_INIT;

	database_init(database, url);
	database->options.connect_timeout_ms = connect_timeout_ms;
	ck_assert_int_eq(weir__db_create(&database->options, &database->db, &err), WEIR_OK);
}

/* Borrows within this time; the connection is given back. */
static int borrow(struct database *database, int timeout_ms, weir_error *err)
{
	weir__conn *conn = NULL;
	int         rc = weir__db_acquire(database->db, weir__deadline_in_ms(timeout_ms), &conn, err);

	weir__db_give_back(database->db, &conn);
	return rc;
}

/* The port of the server that a connection of the pool leads to. */
static int64_t port_in_use(struct database *database)
{
	return database_number(database, "SELECT inet_server_port()::int8");
}

static char *closed_port(char *address, size_t size)
{
	char url[192];

	close(silent_listener(url, sizeof url));
	snprintf(address, size, "%.*s", (int)strcspn(strchr(url, '@') + 1, "/"), strchr(url, '@') + 1);
	return address;
}

static int silent_port(char *address, size_t size)
{
	char url[192];
	int  fd = silent_listener(url, sizeof url);

	snprintf(address, size, "%.*s", (int)strcspn(strchr(url, '@') + 1, "/"), strchr(url, '@') + 1);
	return fd;
}

/* ---- One of several ---------------------------------------------------------------------------------------------------- */

START_TEST(test_hosts__dead_and_silent_ones_leave_time_for_the_good_one)
{
	struct server   server;
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            hosts[256], url[512], dead[64], silent[64];
	int             listener = silent_port(silent, sizeof silent);
	int64_t         started;

	server_start(&server, SERVER_POSTGRES);
	snprintf(hosts, sizeof hosts, "%s,%s,%s", closed_port(dead, sizeof dead), silent, server.address);
	make_url(url, sizeof url, &server, hosts, "");
	open_at(&database, url, 1500);
	started = now_ms();
	ck_assert_msg(borrow(&database, 10000, &err) == WEIR_OK, "%s", err.message);
	ck_assert_int_ge(now_ms() - started, 500); /* its share */
	ck_assert_int_lt(now_ms() - started, 1500);
	weir__conn *first = database_borrow(&database);
	started = now_ms();
	ck_assert_int_eq(borrow(&database, 10000, &err), WEIR_OK); /* the one that was right comes first */
	ck_assert_int_lt(now_ms() - started, 400);
	database_give_back(&database, &first);
	database_close(&database);
	close(listener);
	server_release(&server);
}
END_TEST

START_TEST(test_hosts__when_none_will_do_all_are_named_by_the_deadline)
{
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[256], dead[64], silent[64];
	int             listener = silent_port(silent, sizeof silent);
	int64_t         started = now_ms();

	snprintf(url, sizeof url, "postgresql://weir:secret@%s,%s/postgres?sslmode=disable&gssencmode=disable", silent,
	         closed_port(dead, sizeof dead));
	open_at(&database, url, 400);
	ck_assert_int_eq(weir__db_connect(database.db, weir__deadline_in_ms(5000), &err), WEIR_ERR_CONNECT);
	ck_assert_int_le(now_ms() - started, 400 + SLACK_MS);
	ck_assert_ptr_nonnull(strstr(err.message, "did not let us in"));
	ck_assert_ptr_nonnull(strstr(err.message, strchr(dead, ':') + 1));
	ck_assert_ptr_null(strstr(err.message, "secret"));
	database_close(&database);
	close(listener);
}
END_TEST

START_TEST(test_hosts__wrong_lists_are_refused)
{
	static const char *const wrong[] = { "postgresql://u:secret@a,b:1,c/x?port=1,2", "host=a,b port=1,2,3",
		                                 "host=a,b hostaddr=127.0.0.1" };
	char                     many[256] = "host=a";

	for (int i = 0; i < 40; i++)
		strcat(many, ",b");
	for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
		struct database database;
		weir_error      err = WEIR_ERROR_INIT;

		database_init(&database, i < sizeof wrong / sizeof wrong[0] ? wrong[i] : many);
		ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_ERR_USAGE);
		ck_assert_ptr_nonnull(strstr(err.message, "options.postgres"));
		ck_assert_ptr_null(strstr(err.message, "secret"));
		database_close(&database);
	}
}
END_TEST

START_TEST(test_hosts__wrong_credentials_end_the_search)
{
	struct server   server;
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[256], silent[64];
	int             listener = silent_port(silent, sizeof silent);
	int64_t         started;

	server_start(&server, SERVER_POSTGRES);
	snprintf(url, sizeof url, "postgresql://weir:secret@%s,%s/postgres?sslmode=disable&gssencmode=disable",
	         server.address, silent);
	open_at(&database, url, 5000);
	started = now_ms();
	ck_assert_int_eq(weir__db_connect(database.db, weir__deadline_in_ms(5000), &err), WEIR_ERR_AUTH);
	ck_assert_int_lt(now_ms() - started, 2000);
	ck_assert_str_eq(err.sqlstate, "28P01");
	database_close(&database);
	close(listener);
	server_release(&server);
}
END_TEST

/* ---- Primary and standby --------------------------------------------------------------------------------------------- */

struct couple {
	struct server primary, standby;
	char          hosts[160], backwards[160];
};

static void couple_start(struct couple *couple)
{
	server_start(&couple->primary, SERVER_POSTGRES);
	server_start_standby(&couple->standby, &couple->primary);
	snprintf(couple->hosts, sizeof couple->hosts, "%s,%s", couple->primary.address, couple->standby.address);
	snprintf(couple->backwards, sizeof couple->backwards, "%s,%s", couple->standby.address, couple->primary.address);
}

static void couple_release(struct couple *couple)
{
	server_release(&couple->standby);
	server_release(&couple->primary);
}

/* Does the search among these hosts end at the server on this port? */
static void assert_leads_to(const struct couple *couple, const char *hosts, const char *settings, const char *port)
{
	struct database database;
	char            url[512];

	make_url(url, sizeof url, &couple->primary, hosts, settings);
	open_at(&database, url, 5000);
	ck_assert_msg(port_in_use(&database) == strtol(port, NULL, 10), "%s %s leads not to %s", hosts, settings, port);
	database_close(&database);
}

START_TEST(test_hosts__the_one_that_takes_writes_is_taken_unless_another_is_asked_for)
{
	struct couple   couple;
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];

	couple_start(&couple);
	const char *primary = port_of(couple.primary.address), *standby = port_of(couple.standby.address);

	assert_leads_to(&couple, couple.hosts, "", primary);
	assert_leads_to(&couple, couple.backwards, "", primary);
	assert_leads_to(&couple, couple.backwards, "&target_session_attrs=primary", primary);
	assert_leads_to(&couple, couple.hosts, "&target_session_attrs=read-only", standby);
	assert_leads_to(&couple, couple.hosts, "&target_session_attrs=standby", standby);
	assert_leads_to(&couple, couple.hosts, "&target_session_attrs=prefer-standby", standby);
	assert_leads_to(&couple, couple.backwards, "&target_session_attrs=any", standby);
	assert_leads_to(&couple, couple.standby.address, "", standby);
	make_url(url, sizeof url, &couple.primary, couple.standby.address, "&target_session_attrs=read-write");
	open_at(&database, url, 5000);
	ck_assert_int_eq(weir__db_connect(database.db, weir__deadline_in_ms(5000), &err), WEIR_ERR_CONNECT);
	ck_assert_ptr_nonnull(strstr(err.message, "read-only"));
	database_close(&database);
	server_kill(&couple.standby);
	assert_leads_to(&couple, couple.hosts, "&target_session_attrs=prefer-standby", primary);
	couple_release(&couple);
}
END_TEST

/* A pool of four connections that have been open for a while. */
static void fill_pool(struct database *database)
{
	weir__conn *conns[4];

	for (int i = 0; i < 4; i++)
		conns[i] = database_borrow(database);
	for (int i = 0; i < 4; i++) {
		conns[i]->opened_us -= 5 * SECOND_US;
		database_give_back(database, &conns[i]);
	}
	ck_assert_int_eq(database_stats(database).connections, 4);
}

/* Writes once, within a second. */
static int write_row(struct database *database, weir_error *err)
{
	weir__conn *conn = NULL;
	int         rc = weir__db_acquire(database->db, weir__deadline_in_ms(1000), &conn, err);

	if (rc == WEIR_OK)
		rc = conn_run(conn, "INSERT INTO kept VALUES (1)", err);
	weir__db_give_back(database->db, &conn);
	return rc;
}

START_TEST(test_failover__the_first_write_that_finds_a_read_only_server_empties_the_pool)
{
	struct couple   couple;
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];

	couple_start(&couple);
	sql_run(couple.primary.url, "CREATE TABLE kept (id int)");
	make_url(url, sizeof url, &couple.primary, couple.hosts, "");
	open_at(&database, url, 5000);
	fill_pool(&database);
	ck_assert_int_eq(write_row(&database, &err), WEIR_OK);
	EVENTUALLY(sql_number(couple.standby.url, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == 1);
	server_promote(&couple.standby);
	/* the old one goes on, and takes no writes any more */
	sql_run(couple.primary.url, "ALTER SYSTEM SET default_transaction_read_only = on");
	sql_run(couple.primary.url, "SELECT pg_reload_conf()");
	EVENTUALLY(sql_number(couple.primary.url, "SELECT (current_setting('default_transaction_read_only') = 'on')::int"));
	while ((err.status = write_row(&database, &err)) == WEIR_OK) /* until the reload has arrived there */
		;
	ck_assert_int_eq(err.status, WEIR_ERR_READ_ONLY);
	ck_assert_str_eq(err.sqlstate, "25006");
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
	for (int i = 0; i < 8; i++)
		ck_assert_msg(write_row(&database, &err) == WEIR_OK, "%s", err.message);
	ck_assert_int_eq(port_in_use(&database), strtol(port_of(couple.standby.address), NULL, 10));
	ck_assert_int_eq(database_stats(&database).in_use, 0);
	database_close(&database);
	couple_release(&couple);
}
END_TEST

struct writer {
	struct database *database;
	atomic_bool     *over;
	pthread_t        thread;
	int              written, failed, late, unlike;
};

static void *keep_writing(void *argument)
{
	struct writer *writer = argument;

	while (!atomic_load(writer->over)) {
		weir_error err = WEIR_ERROR_INIT;
		int64_t    started = now_ms();
		int        rc = write_row(writer->database, &err);

		writer->late += now_ms() - started > 1000 + 10 * SLACK_MS;
		writer->written += rc == WEIR_OK;
		writer->failed += rc != WEIR_OK;
		if (rc != WEIR_OK && rc != WEIR_ERR_CONNECTION_LOST && rc != WEIR_ERR_CONNECT && rc != WEIR_ERR_TIMEOUT &&
		    rc != WEIR_ERR_READ_ONLY)
			writer->unlike++;
		(void)poll(NULL, 0, 1);
	}
	return NULL;
}

START_TEST(test_failover__a_killed_primary_is_replaced_by_the_promoted_standby)
{
	enum { WRITERS = 4 };
	struct couple   couple;
	struct database database;
	struct writer   writers[WRITERS];
	atomic_bool     over = false;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512];
	int64_t         promoted;

	couple_start(&couple);
	sql_run(couple.primary.url, "CREATE TABLE kept (id int)");
	make_url(url, sizeof url, &couple.primary, couple.hosts, "");
	open_at(&database, url, 1000);
	fill_pool(&database);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .database = &database, .over = &over };
		ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, keep_writing, &writers[i]), 0);
	}
	EVENTUALLY(sql_number(couple.standby.url, "SELECT count(*) FROM kept") > 50);
	server_kill(&couple.primary);
	server_promote(&couple.standby);
	promoted = now_ms();
	EVENTUALLY(write_row(&database, &err) == WEIR_OK);
	ck_assert_int_le(now_ms() - promoted, 2000 + 10 * SLACK_MS);
	atomic_store(&over, true);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		ck_assert_int_gt(writers[i].written, 0);
		ck_assert_int_eq(writers[i].late, 0);
		ck_assert_int_eq(writers[i].unlike, 0);
	}
	ck_assert_int_eq(port_in_use(&database), strtol(port_of(couple.standby.address), NULL, 10));
	ck_assert_int_eq(database_stats(&database).in_use, 0);
	ck_assert_int_le(database_stats(&database).connections, 4);
	ck_assert_ptr_null(strstr(database.log, "secret"));
	database_close(&database);
	couple_release(&couple);
}
END_TEST

/* ---- Names --------------------------------------------------------------------------------------------------------------- */

START_TEST(test_names__a_slow_lookup_ends_at_the_deadline_and_holds_up_nobody_else)
{
	struct server   server;
	struct database database;
	struct caller   caller = { 0 };
	weir_error      err = WEIR_ERROR_INIT;
	char            url[512], host[96];
	int64_t         started;

	server_start(&server, SERVER_POSTGRES);
	snprintf(host, sizeof host, "db.slow:%s", port_of(server.address));
	make_url(url, sizeof url, &server, host, "");
	open_at(&database, url, 5000);
	atomic_store(&slow_names_go, false);
	started = now_ms();
	ck_assert_int_eq(weir__db_connect(database.db, weir__deadline_in_ms(150), &err), WEIR_ERR_TIMEOUT);
	ck_assert_int_ge(now_ms() - started, 149);
	ck_assert_int_le(now_ms() - started, 150 + SLACK_MS);
	ck_assert_ptr_nonnull(strstr(err.message, "db.slow"));

	atomic_store(&slow_names_go, true);
	EVENTUALLY(borrow(&database, 1000, &err) == WEIR_OK);
	atomic_store(&slow_names_go, false);
	weir__conn *conn = database_borrow(&database);
	start_caller(&caller, &database, 5000); /* needs a second one: the address is known */
	conn_run_ok(conn, "SELECT 1");
	pthread_join(caller.thread, NULL);
	ck_assert_msg(caller.rc == WEIR_OK, "%s", caller.err.message);
	ck_assert_int_lt(caller.took_ms, 4000);
	database_give_back(&database, &conn);
	database_close(&database);
	atomic_store(&slow_names_go, true);
	EVENTUALLY(atomic_load(&slow_names_waiting) == 0);
	server_release(&server);
}
END_TEST

START_TEST(test_names__a_host_that_there_is_not_is_named)
{
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;

	atomic_store(&slow_names_none, true);
	open_at(&database, "postgresql://weir:secret@db.none/postgres", 5000);
	ck_assert_int_eq(weir__db_connect(database.db, weir__deadline_in_ms(2000), &err), WEIR_ERR_CONNECT);
	ck_assert_ptr_nonnull(strstr(err.message, "db.none"));
	ck_assert_ptr_null(strstr(err.message, "secret"));
	database_close(&database);
}
END_TEST

WEIR_SUITE("hosts", test_hosts__dead_and_silent_ones_leave_time_for_the_good_one,
           test_hosts__when_none_will_do_all_are_named_by_the_deadline, test_hosts__wrong_lists_are_refused,
           test_hosts__wrong_credentials_end_the_search,
           test_hosts__the_one_that_takes_writes_is_taken_unless_another_is_asked_for,
           test_failover__the_first_write_that_finds_a_read_only_server_empties_the_pool,
           test_failover__a_killed_primary_is_replaced_by_the_promoted_standby,
           test_names__a_slow_lookup_ends_at_the_deadline_and_holds_up_nobody_else,
           test_names__a_host_that_there_is_not_is_named);
