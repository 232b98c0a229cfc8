/*
 * test_servers.c: the private servers of tests/support do what their names say.
 */
#include "support/eventually.h"
#include "support/servers.h"
#include "support/suite.h"

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { SHORT_TIMEOUT_US = 150000 };

static redisContext *redis_connect(const struct server *server)
{
	char host[sizeof server->address];
	strcpy(host, server->address);
	char *port = strchr(host, ':');
	*port = '\0';
	struct timeval timeout = { .tv_usec = SHORT_TIMEOUT_US };
	redisContext  *redis = redisConnectWithTimeout(host, (int)strtol(port + 1, NULL, 10), timeout);
	if (redis != NULL && redis->err == 0)
		redisSetTimeout(redis, timeout);
	return redis;
}

/* Fails the test with what the server says, or libpq of it. */
static void assert_postgres_answers(const char *url, const char *sql)
{
	PGconn   *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, sql);

	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s: %s",
	              sql, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

static bool redis_answers(const struct server *server)
{
	redisContext *redis = redis_connect(server);
	redisReply   *reply = redis != NULL && redis->err == 0 ? redisCommand(redis, "PING") : NULL;
	bool          answers = reply != NULL && reply->type == REDIS_REPLY_STATUS;
	freeReplyObject(reply);
	redisFree(redis);
	return answers;
}

static bool postgres_answers(const struct server *server)
{
	PGconn *conn = PQconnectdb(server->url);
	bool    answers = PQstatus(conn) == CONNECTION_OK;

	PQfinish(conn);
	return answers;
}

START_TEST(test_servers__redis_stops_and_comes_back_at_the_same_address)
{
	struct server server;
	server_start(&server, SERVER_REDIS);
	EVENTUALLY(redis_answers(&server)); /* within a short time, which a busy machine may exceed */

	char url[sizeof server.url];
	strcpy(url, server.url);
	server_stop(&server);
	ck_assert(!redis_answers(&server));
	server_restart(&server);
	ck_assert_str_eq(server.url, url);
	EVENTUALLY(redis_answers(&server));
	server_release(&server);
}
END_TEST

START_TEST(test_servers__a_paused_redis_is_silent_until_it_is_resumed)
{
	struct server server;
	server_start(&server, SERVER_REDIS);
	server_pause(&server);
	ck_assert(!redis_answers(&server));
	server_resume(&server);
	EVENTUALLY(redis_answers(&server));
	server_release(&server);
}
END_TEST

START_TEST(test_servers__postgres_answers_on_both_of_its_addresses)
{
	struct server server;
	server_start(&server, SERVER_POSTGRES);
	assert_postgres_answers(server.url, "select 1");
	assert_postgres_answers(server.other_url, "select 1");
	server_release(&server);
}
END_TEST

START_TEST(test_servers__a_killed_postgres_comes_back_with_its_data)
{
	struct server server;
	server_start(&server, SERVER_POSTGRES);
	assert_postgres_answers(server.url, "create table kept (id int)");
	server_kill(&server);
	ck_assert(!postgres_answers(&server));
	server_restart(&server);
	assert_postgres_answers(server.url, "select id from kept");
	server_release(&server);
}
END_TEST

START_TEST(test_servers__a_paused_postgres_keeps_connections_and_does_not_answer)
{
	struct server server;
	server_start(&server, SERVER_POSTGRES);
	PGconn *conn = PQconnectdb(server.url);
	ck_assert_int_eq(PQstatus(conn), CONNECTION_OK);

	server_pause(&server);
	ck_assert_int_eq(PQsendQuery(conn, "select 1"), 1);
	struct timeval timeout = { .tv_usec = SHORT_TIMEOUT_US };
	fd_set         readable;
	FD_ZERO(&readable);
	FD_SET(PQsocket(conn), &readable);
	ck_assert_int_eq(select(PQsocket(conn) + 1, &readable, NULL, NULL, &timeout), 0);

	server_resume(&server);
	PGresult *result = PQgetResult(conn);
	ck_assert_int_eq(PQresultStatus(result), PGRES_TUPLES_OK);
	PQclear(result);
	PQfinish(conn);
	server_release(&server);
}
END_TEST

START_TEST(test_servers__release_ends_the_process_and_removes_the_directory)
{
	struct server server;
	server_start(&server, SERVER_REDIS);
	pid_t pid = server.pid;
	char  directory[sizeof server.directory];
	strcpy(directory, server.directory);
	server_release(&server);
	ck_assert_int_ne(kill(pid, 0), 0);
	ck_assert_int_ne(access(directory, F_OK), 0);
	server_release(&server);
}
END_TEST

/* ---- A test that fails ------------------------------------------------------------------------------------------------ */

#define LEFT "WEIR_TEST_LEFT" /* where the one that fails says what it has left */

static bool is_inner(void)
{
	return getenv(LEFT) != NULL;
}

/* Fails with two servers running, one of them frozen with a connection. */
START_TEST(test_servers__that_a_failing_test_leaves)
{
	struct server redis, postgres;
	FILE         *to;

	if (!is_inner())
		return;
	server_start(&redis, SERVER_REDIS);
	server_start(&postgres, SERVER_POSTGRES);
	(void)PQconnectdb(postgres.url);
	server_pause(&postgres);
	to = fopen(getenv(LEFT), "w");
	fprintf(to, "%s %d %s %d\n", redis.directory, (int)redis.pid, postgres.directory, (int)postgres.pid);
	fclose(to);
	ck_abort_msg("as it should");
}
END_TEST

START_TEST(test_servers__are_ended_when_a_test_that_started_them_fails)
{
	char  path[] = "/tmp/weir-left.XXXXXX", one[64], other[64], command[160];
	int   fd = mkstemp(path), pids[2];
	FILE *from;

	if (is_inner())
		return;
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(command, sizeof command, LEFT "=%s /proc/%d/exe >/dev/null 2>&1", path, (int)getpid());
	ck_assert_int_ne(system(command), 0);
	from = fopen(path, "r");
	ck_assert_int_eq(fscanf(from, "%63s %d %63s %d", one, &pids[0], other, &pids[1]), 4);
	fclose(from);
	unlink(path);
	ck_assert(access(one, F_OK) != 0 && access(other, F_OK) != 0);
	ck_assert(kill(pids[0], 0) != 0 && kill(pids[1], 0) != 0);
}
END_TEST

WEIR_SUITE("servers", test_servers__that_a_failing_test_leaves,
           test_servers__are_ended_when_a_test_that_started_them_fails,
           test_servers__redis_stops_and_comes_back_at_the_same_address,
           test_servers__a_paused_redis_is_silent_until_it_is_resumed,
           test_servers__postgres_answers_on_both_of_its_addresses,
           test_servers__a_killed_postgres_comes_back_with_its_data,
           test_servers__a_paused_postgres_keeps_connections_and_does_not_answer,
           test_servers__release_ends_the_process_and_removes_the_directory);
