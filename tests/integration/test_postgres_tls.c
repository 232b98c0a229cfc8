/*
 * test_postgres_tls.c: sslmode=verify-full and channel_binding=require against a real server: who is let in, who is refused,
 * and that nothing falls back to a connection in the clear.
 */
#include "support/certificates.h"
#include "support/database.h"
#include "support/proxy.h"
#include "support/servers.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct server server;
static const char   *certificates;

/* The server shows this certificate from now on. */
static void serve_with(const char *name)
{
	static const char *const extensions[] = { "pem", "key" };
	char                     from[160], to[160], sql[256];

	for (size_t i = 0; i < 2; i++) {
		char  bytes[8192];
		FILE *file;

		snprintf(from, sizeof from, "%s/%s.%s", certificates, name, extensions[i]);
		snprintf(to, sizeof to, "%s/served-%s.%s", certificates, name, extensions[i]);
		file = fopen(from, "r");
		ck_assert_ptr_nonnull(file);
		size_t length = fread(bytes, 1, sizeof bytes, file);
		fclose(file);
		file = fopen(to, "w");
		ck_assert_ptr_nonnull(file);
		ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
		fclose(file);
		give_to_server(&server, to);
		snprintf(sql, sizeof sql, "ALTER SYSTEM SET ssl_%s_file = '%s'", i == 0 ? "cert" : "key", to);
		sql_run(server.url, sql);
	}
	snprintf(sql, sizeof sql, "ALTER SYSTEM SET ssl_ca_file = '%s/ca.pem'", certificates);
	sql_run(server.url, sql);
	sql_run(server.url, "ALTER SYSTEM SET ssl = on");
	sql_run(server.url, "SELECT pg_reload_conf()");
}

static void begin(void)
{
	server_start(&server, SERVER_POSTGRES);
	certificates = make_certificates(&server);
}

/* Opens a pool on the host, with the server's password, and asks over what it went: 1 TLS, 0 in the clear; or the error. One that
 * is refused is tried again until its time is up. */
static int open_within(int timeout_ms, const char *host, const char *settings, weir_error *err)
{
	struct database database;
	weir__conn     *conn = NULL;
	char            url[512], password[64];
	int             length = (int)(strchr(server.other_url, '@') - server.other_url);
	const char     *colon = strchr(server.other_url + strlen("postgresql://"), ':');
	int             rc;

	snprintf(password, sizeof password, "%.*s", (int)strcspn(colon + 1, "@"), colon + 1);
	snprintf(url, sizeof url, "%.*s@%s/postgres?gssencmode=disable&%s", length, server.other_url, host, settings);
	database_init(&database, url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, err), WEIR_OK);
	rc = weir__db_acquire(database.db, weir__deadline_in_ms(timeout_ms), &conn, err);
	if (rc == WEIR_OK)
		rc = (int)conn_number(conn, "SELECT ssl::int::int8 FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
	weir__db_give_back(database.db, &conn);
	database_close(&database);
	ck_assert_ptr_null(strstr(database.log, password));
	ck_assert(rc >= 0 || !strstr(err->message, password));
	return rc;
}

static const char *at_port(const char *host)
{
	static char text[64];

	snprintf(text, sizeof text, "%s%s", host, strrchr(server.address, ':'));
	return text;
}

static const char *full(const char *more)
{
	static char text[600];

	snprintf(text, sizeof text, "sslmode=verify-full&sslrootcert=%s/ca.pem%s", certificates, more);
	return text;
}

/* The reload takes a moment: the first connections may still meet what was there before. */
static void assert_let_in(const char *host, const char *settings)
{
	weir_error err = WEIR_ERROR_INIT;
	char       kept[300];

	snprintf(kept, sizeof kept, "%s", settings);
	EVENTUALLY(open_within(5000, host, kept, &err) == 1);
}

/* A busy machine may need longer than the first tries have. */
static void assert_refused(const char *host, const char *settings, const char *why)
{
	weir_error err = WEIR_ERROR_INIT;
	char       kept[300];
	bool       refused = false;

	snprintf(kept, sizeof kept, "%s", settings);
	for (int timeout_ms = 250; !refused && timeout_ms <= 8000; timeout_ms *= 2)
		refused = open_within(timeout_ms, host, kept, &err) < 0 && strstr(err.message, why);
	ck_assert_msg(refused, "%s %s: %s", host, kept, err.message);
	ck_assert_int_eq(err.effect, WEIR_EFFECT_NONE);
}

START_TEST(test_tls__verify_full_takes_the_right_certificate_and_refuses_all_others)
{
	static const struct {
		const char *name, *why;
	} wrong[] = { { "expired", "certificate verify failed" },
		          { "wrong-host", "does not match host name" },
		          { "unknown", "certificate verify failed" },
		          { "self-signed", "certificate verify failed" } };

	begin();
	serve_with("good");
	assert_let_in(at_port("localhost"), full(""));
	assert_let_in(at_port("127.0.0.1"), full(""));
	assert_let_in(at_port("localhost"), full("&channel_binding=require"));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		serve_with(wrong[i].name);
		assert_refused(at_port("localhost"), full(""), wrong[i].why);
	}
	serve_with("good"); /* replaced: the next connection uses it */
	assert_let_in(at_port("localhost"), full(""));
	server_release(&server);
}
END_TEST

START_TEST(test_tls__a_server_without_it_is_refused)
{
	begin();
	assert_refused(at_port("localhost"), full(""), "does not support SSL");
	server_release(&server);
}
END_TEST

START_TEST(test_tls__client_certificates)
{
	char right[400], wrong[400];

	begin();
	snprintf(right, sizeof right, "%s/client", certificates);
	serve_with("good");
	sql_run(
		server.url,
		"COPY (VALUES ('local all all trust'), ('hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca')) "
		"TO PROGRAM 'cat >pg_hba.conf'");
	sql_run(server.url, "SELECT pg_reload_conf()");
	snprintf(right, sizeof right, "&sslcert=%s/client.pem&sslkey=%s/mine.key", certificates, certificates);
	snprintf(wrong, sizeof wrong, "cp %s/client.key %s/mine.key && chmod 600 %s/mine.key", certificates, certificates,
	         certificates);
	ck_assert_int_eq(system(wrong), 0);
	assert_let_in(at_port("localhost"), full(right));
	assert_refused(at_port("localhost"), full("&sslcert=/nowhere"), "");
	server_release(&server);
}
END_TEST

/* A server that asks for the password itself could pass it on: bound to the channel it does not get it. */
START_TEST(test_tls__channel_binding_refuses_a_server_that_asks_for_the_password)
{
	begin();
	serve_with("good");
	sql_run(server.url, "COPY (VALUES ('local all all trust'), ('hostssl all all 127.0.0.1/32 password')) "
	                    "TO PROGRAM 'cat >pg_hba.conf'");
	sql_run(server.url, "SELECT pg_reload_conf()");
	assert_let_in(at_port("localhost"), full(""));
	assert_refused(at_port("localhost"), full("&channel_binding=require"), "channel binding");
	server_release(&server);
}
END_TEST

START_TEST(test_tls__cut_off_while_shaking_hands_there_is_no_second_try_in_the_clear)
{
	struct proxy proxy = { .text = "\x16\x03\x01", .fault = PROXY_CUT_BEFORE_REPLY, .refuse_afterwards = true };
	weir_error   err = WEIR_ERROR_INIT;
	char         host[64];

	begin();
	serve_with("good");
	assert_let_in(at_port("localhost"), full(""));
	proxy_start(&proxy, "127.0.0.1", strrchr(server.address, ':') + 1);
	snprintf(host, sizeof host, "127.0.0.1:%d", proxy.port);
	ck_assert_int_eq(open_within(2000, host, full(""), &err), WEIR_ERR_CONNECT);
	ck_assert(atomic_load(&proxy.happened));
	proxy_stop(&proxy);
	server_release(&server);
}
END_TEST

START_TEST(test_tls__statements_large_and_small_pass_and_deadlines_hold)
{
	struct database database;
	weir__conn     *conn;
	weir__sql       sleep = weir__sql_of("SELECT pg_sleep(20)", 19);
	weir__rows      rows;
	weir_error      err = WEIR_ERROR_INIT;
	char            url[1024];
	int64_t         started;

	begin();
	serve_with("good");
	assert_let_in(at_port("localhost"), full(""));
	snprintf(url, sizeof url, "%.*s@localhost%s/postgres?%s", (int)(strchr(server.other_url, '@') - server.other_url),
	         server.other_url, strrchr(server.address, ':'), full(""));
	database_init(&database, url);
	ck_assert_int_eq(weir__db_create(&database.options, &database.db, &err), WEIR_OK);
	conn = database_borrow(&database);
	ck_assert(conn->encrypted);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(conn_number(conn, "SELECT length(repeat('x', 5000000))::int8"), 5000000);
	conn_run_ok(conn, "SELECT repeat('x', 5000000)");
	started = now_ms();
	ck_assert_int_eq(weir__conn_run(conn, &sleep, NULL, weir__deadline_in_ms(150), &rows, &err), WEIR_ERR_TIMEOUT);
	ck_assert_int_le(now_ms() - started, 150 + SLACK_MS);
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT 7::int8"), 7);
	database_close(&database);
	server_release(&server);
}
END_TEST

WEIR_SUITE("postgres tls", test_tls__verify_full_takes_the_right_certificate_and_refuses_all_others,
           test_tls__a_server_without_it_is_refused, test_tls__client_certificates,
           test_tls__channel_binding_refuses_a_server_that_asks_for_the_password,
           test_tls__cut_off_while_shaking_hands_there_is_no_second_try_in_the_clear,
           test_tls__statements_large_and_small_pass_and_deadlines_hold);
