/* The bundled models on the run's servers. */
#define _GNU_SOURCE /* asprintf */
#include "support/blog.h"

#include "base/hash.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct blog *last;
static atomic_int         number;

const char *blog_error_text(int status)
{
	return status < 0 && last ? last->err.message : "no error";
}

static char *read_schema(void)
{
	FILE  *file = fopen(WEIR_SOURCE_DIR "/src/models/blog/schema.sql", "r");
	char  *text = calloc(1, 65536);
	size_t length;

	ck_assert_msg(file && text, "schema.sql cannot be read");
	length = fread(text, 1, 65535, file);
	ck_assert_uint_gt(length, 0);
	fclose(file);
	return text;
}

static void fill_in(weir_options *options, const struct blog *blog, const weir_options *given)
{
	if (given)
		*options = *given;
	if (!options->postgres)
		options->postgres = test_database_url();
	if (!options->redis && options->cache_kind != WEIR_CACHE_NONE && options->cache_kind != WEIR_CACHE_MEMORY)
		options->redis = test_redis_url();
	if (!options->models)
		options->models = blog_models;
	if (!options->schema)
		options->schema = blog->schema;
	if (!options->cache_prefix)
		options->cache_prefix = blog->prefix;
	if (!options->cache_timeout_ms)
		options->cache_timeout_ms = 2000; /* a busy machine must not turn hits into bypasses */
	if (!options->timeout_ms)
		options->timeout_ms = 20000;
}

/* In one transaction: it may go through a pooler. */
static void make_schema(const struct blog *blog, const char *postgres)
{
	PGconn   *conn = PQconnectdb(postgres);
	PGresult *result;
	char     *tables = read_schema(), *sql = NULL;

	ck_assert_int_gt(
		asprintf(&sql, "CREATE SCHEMA %s; SET LOCAL search_path TO %s; %s", blog->schema, blog->schema, tables), 0);
	result = PQexec(conn, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "schema.sql: %s", PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
	free(sql);
	free(tables);
}

void blog_open(struct blog *blog, const weir_options *given)
{
	weir_options options = { 0 };
	int          serial = atomic_fetch_add(&number, 1);
	unsigned random = (unsigned)weir__random_u64(); /* numbers of processes come round, and failed tests leave things */

	memset(blog, 0, sizeof *blog);
	last = blog;
	snprintf(blog->schema, sizeof blog->schema, "test_%d_%d_%08x", (int)getpid(), serial, random);
	snprintf(blog->prefix, sizeof blog->prefix, "test-%d-%d-%08x", (int)getpid(), serial, random);
	fill_in(&options, blog, given);
	make_schema(blog, options.postgres == test_database_url() ? test_direct_url() : options.postgres);
	assert_ok(weir_open(&options, &blog->session, &blog->err));
	blog->users = get_user_dao(blog->session);
	blog->posts = get_post_dao(blog->session);
	blog->comments = get_comment_dao(blog->session);
}

void blog_close(struct blog *blog)
{
	char sql[96];

	(void)weir_cache_manager_flush(weir_session_cache(blog->session), NULL, NULL);
	weir_close(&blog->session);
	snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", blog->schema);
	PGconn *conn = PQconnectdb(test_direct_url());
	PQclear(PQexec(conn, "SET client_min_messages TO warning"));
	PQclear(PQexec(conn, sql));
	PQfinish(conn);
}

weir_session *blog_open_other(const struct blog *blog, const weir_options *given)
{
	weir_options  options = { 0 };
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;

	fill_in(&options, blog, given);
	ck_assert_msg(weir_open(&options, &session, &err) == WEIR_OK, "%s", err.message);
	return session;
}

int64_t blog_user(struct blog *blog, const char *username)
{
	char        email[80];
	const user *made = NULL;
	int64_t     id;

	snprintf(email, sizeof email, "%s@example.org", username);
	assert_ok(user_dao_create(&blog->users, &(user){ .username = username, .email = email },
	                          WEIR_SET(user, username, email), &made, &blog->err));
	id = made->id;
	user_release(&made);
	return id;
}

int64_t blog_post(struct blog *blog, int64_t user_id, const char *title)
{
	const post *made = NULL;
	int64_t     id;

	assert_ok(post_dao_create(&blog->posts, &(post){ .user_id = user_id, .title = title },
	                          WEIR_SET(post, user_id, title), &made, &blog->err));
	id = made->id;
	post_release(&made);
	return id;
}

const char *blog_sql(const struct blog *blog, const char *sql)
{
	static char text[4096];
	char        path[96];
	PGconn     *conn = PQconnectdb(test_direct_url());
	PGresult   *result;

	snprintf(path, sizeof path, "SET search_path TO %s", blog->schema);
	PQclear(PQexec(conn, path));
	result = PQexec(conn, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s",
	              sql, PQerrorMessage(conn));
	snprintf(text, sizeof text, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(conn);
	return text;
}

uint64_t blog_queries(const struct blog *blog)
{
	weir_session_stats stats;

	weir_session_stats_get(blog->session, &stats);
	return stats.queries;
}

weir_cache_stats blog_cache_stats(const struct blog *blog, const weir_model *model)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(weir_session_cache(blog->session), model, &stats);
	return stats;
}
