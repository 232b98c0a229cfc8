/* The two connections, the prepared statements, and one function for each server that sends and receives. */
#include "baseline/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static const struct {
	const char *name;
	const char *sql;
} statements[] = {
	{ BASELINE_BY_ID, "SELECT " BASELINE_COLUMNS " FROM users WHERE id = $1::int8" },
	{ BASELINE_BY_EMAIL, "SELECT " BASELINE_COLUMNS " FROM users WHERE email = $1::text" },
	{ BASELINE_LIST, "SELECT " BASELINE_COLUMNS " FROM users WHERE id >= $1::int8 ORDER BY id LIMIT 100" },
	{ BASELINE_COUNT, "SELECT count(*) FROM users" },
	{ BASELINE_EXISTS, "SELECT EXISTS (SELECT FROM users WHERE username = $1::text)" },
	{ BASELINE_CREATE, "INSERT INTO users (username, email, bio, age, balance) "
	                   "VALUES ($1::text, $2::text, $3::text, $4::int4, $5::numeric) RETURNING " BASELINE_COLUMNS },
	{ BASELINE_UPDATE, "UPDATE users SET age = $2::int4, balance = $3::numeric, updated_at = now() "
	                   "WHERE id = $1::int8 RETURNING " BASELINE_COLUMNS },
	{ BASELINE_POSTS,
	  "SELECT id, user_id, title, body, published, views, rating, meta, created_at, updated_at FROM posts "
	  "WHERE user_id = ANY ($1::int8[]) ORDER BY user_id, id" },
	{ BASELINE_COMMENTS, "SELECT id, post_id, user_id, body, stars, token, created_at FROM comments "
	                     "WHERE post_id = ANY ($1::int8[]) ORDER BY post_id, id" },
};

bool baseline_fail(baseline *base, const char *what, const char *why)
{
	snprintf(base->error, sizeof base->error, "%s: %s", what, why);
	return false;
}

static bool open_postgres(baseline *base, const char *url, const char *schema)
{
	char      path[128];
	PGresult *result;
	bool      done;

	base->postgres = PQconnectdb(url);
	if (PQstatus(base->postgres) != CONNECTION_OK)
		return baseline_fail(base, "PostgreSQL", PQerrorMessage(base->postgres));
	snprintf(path, sizeof path, "SET search_path TO %s", schema);
	result = PQexec(base->postgres, path);
	done = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	for (size_t i = 0; done && i < sizeof statements / sizeof statements[0]; i++) {
		result = PQprepare(base->postgres, statements[i].name, statements[i].sql, 0, NULL);
		done = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return done || baseline_fail(base, "preparing", PQerrorMessage(base->postgres));
}

static redisContext *connect_redis(const char *url)
{
	static const char unix_scheme[] = "unix://", tcp_scheme[] = "redis://";
	char              host[256];
	int               port = 6379;

	if (strncmp(url, unix_scheme, sizeof unix_scheme - 1) == 0)
		return redisConnectUnix(url + sizeof unix_scheme - 1);
	if (strncmp(url, tcp_scheme, sizeof tcp_scheme - 1) != 0 ||
	    sscanf(url + sizeof tcp_scheme - 1, "%255[^:/]:%d", host, &port) < 1)
		return NULL;
	return redisConnect(host, port);
}

static bool open_redis(baseline *base, const char *url)
{
	struct timeval limit = { .tv_sec = 5 };

	base->redis = connect_redis(url);
	if (!base->redis)
		return baseline_fail(base, "Redis", "this URL is not understood");
	if (base->redis->err || redisSetTimeout(base->redis, limit) != REDIS_OK)
		return baseline_fail(base, "Redis", base->redis->errstr);
	return true;
}

bool baseline_open(baseline *base, const char *postgres_url, const char *redis_url, const char *schema)
{
	*base = (baseline){ .misses = 0 };
	return open_postgres(base, postgres_url, schema) && open_redis(base, redis_url);
}

void baseline_close(baseline *base)
{
	PQfinish(base->postgres);
	if (base->redis)
		redisFree(base->redis);
	base->postgres = NULL;
	base->redis = NULL;
}

PGresult *baseline_execute(baseline *base, const char *statement, int count, const char *const *values,
                           const int *lengths, const int *formats)
{
	PGresult      *result = PQexecPrepared(base->postgres, statement, count, values, lengths, formats, 1);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK)
		return result;
	baseline_fail(base, statement, PQerrorMessage(base->postgres));
	PQclear(result);
	return NULL;
}

redisReply *baseline_command(baseline *base, int count, const char **words, const size_t *lengths)
{
	redisReply *reply = redisCommandArgv(base->redis, count, words, lengths);

	if (reply && reply->type != REDIS_REPLY_ERROR)
		return reply;
	baseline_fail(base, words[0], reply ? reply->str : base->redis->errstr);
	freeReplyObject(reply);
	return NULL;
}

/* Deletes what one step of a scan found; the cursor of the next step goes to cursor. */
static bool forget_some(baseline *base, char cursor[32])
{
	redisReply *found = redisCommand(base->redis, "SCAN %s MATCH bench:* COUNT 1000", cursor);
	redisReply *deleted = NULL;
	bool        done = found && found->type == REDIS_REPLY_ARRAY && found->elements == 2;

	for (size_t i = 0; done && i < found->element[1]->elements; i++) {
		deleted = redisCommand(base->redis, "UNLINK %s", found->element[1]->element[i]->str);
		done = deleted != NULL;
		freeReplyObject(deleted);
	}
	if (done)
		snprintf(cursor, 32, "%s", found->element[0]->str);
	freeReplyObject(found);
	return done || baseline_fail(base, "SCAN", base->redis->errstr);
}

bool baseline_forget(baseline *base)
{
	char cursor[32] = "0";

	do {
		if (!forget_some(base, cursor))
			return false;
	} while (strcmp(cursor, "0") != 0);
	return true;
}
