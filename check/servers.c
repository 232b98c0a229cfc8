/* servers.c: runs scripts/servers, reads the addresses that it leaves in DIR/env, and keeps one connection to each
 * server. */
#define _DEFAULT_SOURCE
#include "servers.h"

#include "history.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 20000, CONNECT_MS = 15000 };

static bool run_script(const servers *s, const char *command)
{
	pid_t child = fork();
	int   status = 0;

	if (child == 0) {
		signal(SIGINT, SIG_IGN);
		setenv("WEIR_FAST_PG", "1", 1);
		execl(WEIR_SOURCE_DIR "/scripts/servers", "servers", command, s->directory, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "check: scripts/servers %s %s failed\n", command, s->directory);
	return false;
}

/* What stands between `before` and `after` behind NAME=' in the answer. */
static bool cut_out(const char *answer, const char *name, const char *before, char *to, size_t size)
{
	const char *line = strstr(answer, name);
	const char *at = line ? strstr(line, before) : NULL;
	size_t      length;

	if (!at)
		return false;
	at += strlen(before);
	length = strcspn(at, "'@/\n");
	if (strchr(before, '\''))
		length = strcspn(at, "'\n");
	if (length >= size)
		return false;
	memcpy(to, at, length);
	to[length] = '\0';
	return true;
}

static bool read_number(const char *answer, const char *name, const char *before, int *number)
{
	char text[24];

	if (!cut_out(answer, name, before, text, sizeof text))
		return false;
	*number = (int)strtol(text, NULL, 10);
	return *number > 0;
}

static bool read_answer(servers *s)
{
	char  path[96], answer[2048] = { 0 };
	FILE *file;
	bool  read;

	snprintf(path, sizeof path, "%s/env", s->directory);
	file = fopen(path, "re");
	if (!file)
		return false;
	read = fread(answer, 1, sizeof answer - 1, file) > 0;
	fclose(file);
	return read && cut_out(answer, "DATABASE_URL", "='", s->postgres_url, sizeof s->postgres_url) &&
	       cut_out(answer, "DATABASE_TCP_URL", "weir:", s->password, sizeof s->password) &&
	       read_number(answer, "DATABASE_TCP_URL", "127.0.0.1:", &s->postgres_port) &&
	       read_number(answer, "\nREDIS_URL", "127.0.0.1:", &s->redis_port) &&
	       cut_out(answer, "REDIS_UNIX_URL", "='unix://", s->redis_socket, sizeof s->redis_socket) &&
	       read_number(answer, "POSTGRES_PID", "='", &s->postgres) && read_number(answer, "REDIS_PID", "='", &s->redis);
}

bool servers_start(servers *s)
{
	const char *parent = getenv("WEIR_SERVERS_DIR");

	*s = (servers){ .postgres = 0 };
	snprintf(s->directory, sizeof s->directory, "%s/check.XXXXXX", parent && strlen(parent) < 40 ? parent : "/tmp");
	if (!mkdtemp(s->directory)) {
		perror("check: no directory");
		s->directory[0] = '\0';
		return false;
	}
	return servers_start_again(s);
}

bool servers_start_again(servers *s)
{
	if (!run_script(s, "start"))
		return false;
	if (read_answer(s))
		return true;
	fprintf(stderr, "check: %s/env is not as expected\n", s->directory);
	return false;
}

void servers_stop(servers *s)
{
	if (s->database)
		PQfinish(s->database);
	if (s->cache)
		redisFree(s->cache);
	s->database = NULL;
	s->cache = NULL;
	if (s->directory[0])
		run_script(s, "stop");
	s->directory[0] = '\0';
}

/* What a server that is being ended has to say is no news here. */
static void ignore_notice(void *argument, const char *message)
{
	(void)argument, (void)message;
}

PGconn *servers_database(servers *s)
{
	uint64_t until_ns = clock_ns() + CONNECT_MS * UINT64_C(1000000);

	if (s->database) {
		PQclear(PQexec(s->database, ""));
		if (PQstatus(s->database) == CONNECTION_OK)
			return s->database;
		PQfinish(s->database);
	}
	while (clock_ns() < until_ns) {
		s->database = PQconnectdb(s->postgres_url);
		PQsetNoticeProcessor(s->database, ignore_notice, NULL);
		if (PQstatus(s->database) == CONNECTION_OK)
			return s->database;
		PQfinish(s->database);
		pause_ms(20);
	}
	s->database = NULL;
	return NULL;
}

bool servers_sql(servers *s, const char *sql)
{
	PGconn   *database = servers_database(s);
	PGresult *result = database ? PQexec(database, sql) : NULL;
	bool      done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!done)
		fprintf(stderr, "check: %s\n", database ? PQerrorMessage(database) : "no connection to PostgreSQL");
	PQclear(result);
	return done;
}

/* The reply is the caller's; NULL: no answer. */
static redisReply *ask_redis(servers *s, const char *command, const char *argument)
{
	redisReply *reply = s->cache && !s->cache->err ? redisCommand(s->cache, command, argument) : NULL;

	if (reply)
		return reply;
	if (s->cache)
		redisFree(s->cache);
	s->cache = redisConnectUnixWithTimeout(s->redis_socket, (struct timeval){ .tv_sec = 5 });
	if (!s->cache || s->cache->err)
		return NULL;
	redisSetTimeout(s->cache, (struct timeval){ .tv_sec = 5 });
	return redisCommand(s->cache, command, argument);
}

bool servers_redis(servers *s, const char *command)
{
	return servers_redis_with(s, command, "");
}

bool servers_redis_with(servers *s, const char *command, const char *argument)
{
	redisReply *reply = ask_redis(s, command, argument);
	bool        done = reply && reply->type != REDIS_REPLY_ERROR;

	if (!done)
		fprintf(stderr, "check: Redis: %s: %s\n", command, reply ? reply->str : "no answer");
	freeReplyObject(reply);
	return done;
}

long servers_redis_memory(servers *s)
{
	redisReply *reply = ask_redis(s, "INFO memory", "");
	const char *at = reply && reply->str ? strstr(reply->str, "used_memory:") : NULL;
	long        used = at ? strtol(at + strlen("used_memory:"), NULL, 10) : 0;

	freeReplyObject(reply);
	return used;
}

bool servers_end(pid_t *pid, int signal_number)
{
	kill(*pid, signal_number);
	for (int waited_ms = 0; kill(*pid, 0) == 0; waited_ms += 2) {
		if (waited_ms > END_MS) {
			fprintf(stderr, "check: process %ld does not end\n", (long)*pid);
			return false;
		}
		pause_ms(2);
	}
	*pid = 0;
	return true;
}
