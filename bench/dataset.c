/* The tables of the bundled models in a schema of their own, filled by COPY. Data that an earlier run left is used again. */
#include "bench.h"
#include "contents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_FILE  WEIR_SOURCE_DIR "/src/models/blog/schema.sql"
#define CHUNK        65536
/* Another number makes data of earlier runs be loaded anew. */
#define DATA_VERSION 1

typedef struct table {
	const char *name;
	const char *columns;
	bench_line  write;
	size_t      size; /* offset of the number of rows in bench_sizes */
} table;

static const table tables[] = {
	{ "users", BASELINE_COLUMNS, bench_user_line, offsetof(bench_sizes, users) },
	{ "posts", "id, user_id, title, body, published, views, rating, meta, created_at, updated_at", bench_post_line,
	  offsetof(bench_sizes, posts) },
	{ "comments", "id, post_id, user_id, body, stars, token, created_at", bench_comment_line,
	  offsetof(bench_sizes, comments) },
};

static int64_t rows_of(const bench_sizes *sizes, const table *t)
{
	return *(const int64_t *)(const void *)((const char *)sizes + t->size);
}

bool bench_sql(bench *b, const char *sql)
{
	PGresult *result = PQexec(b->sql, sql);
	bool      done = PQresultStatus(result) == PGRES_COMMAND_OK;

	PQclear(result);
	return done || bench_fail(b, "%.60s: %s", sql, PQerrorMessage(b->sql));
}

/* ---- Filling --------------------------------------------------------------------------------------------------- */

static bool send_rows(bench *b, const table *t)
{
	char  *chunk = malloc(CHUNK + BENCH_LINE_MAX);
	size_t length = 0;
	bool   done = chunk != NULL;

	for (int64_t id = 1; done && id <= rows_of(&b->sizes, t); id++) {
		length += t->write(chunk + length, id, &b->sizes);
		if (length >= CHUNK || id == rows_of(&b->sizes, t)) {
			done = PQputCopyData(b->sql, chunk, (int)length) == 1;
			length = 0;
		}
		if (id % 200000 == 0)
			fprintf(stderr, "  %s: %" PRId64 "\n", t->name, id);
	}
	free(chunk);
	return done;
}

/* Whatever COPY answers at its end. */
static bool end_copy(bench *b, bool sent)
{
	PGresult *result;
	bool      done = PQputCopyEnd(b->sql, sent ? NULL : "cancelled") == 1 && sent;

	while ((result = PQgetResult(b->sql))) {
		done = done && PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return done;
}

static bool fill(bench *b, const table *t)
{
	char      sql[256];
	PGresult *result;
	bool      ready;

	snprintf(sql, sizeof sql, "COPY %s (%s) FROM STDIN", t->name, t->columns);
	result = PQexec(b->sql, sql);
	ready = PQresultStatus(result) == PGRES_COPY_IN;
	PQclear(result);
	if (!ready || !end_copy(b, send_rows(b, t)))
		return bench_fail(b, "%s: %s", t->name, PQerrorMessage(b->sql));
	snprintf(sql, sizeof sql, "ALTER TABLE %s ALTER id RESTART WITH %" PRId64, t->name, rows_of(&b->sizes, t) + 1);
	if (!bench_sql(b, sql))
		return false;
	/* rounds are compared with each other: nothing is to start by itself in one of them */
	snprintf(sql, sizeof sql, "ALTER TABLE %s SET (autovacuum_enabled = false)", t->name);
	return bench_sql(b, sql);
}

static char *read_file(const char *path)
{
	FILE  *file = fopen(path, "rb");
	char  *text = file ? malloc(CHUNK) : NULL;
	size_t length = text ? fread(text, 1, CHUNK - 1, file) : 0;

	if (file)
		fclose(file);
	if (text)
		text[length] = '\0';
	return text;
}

static bool create_tables(bench *b)
{
	char *schema = read_file(SCHEMA_FILE);
	bool  done = schema ? bench_sql(b, schema) : bench_fail(b, "%s: %s", SCHEMA_FILE, strerror(errno));

	free(schema);
	return done;
}

/* The comment on the schema says what is in it; set last, so that it is there only when all is. */
static void describe(const bench *b, char text[64])
{
	snprintf(text, 64, "weir bench %d: %" PRId64, DATA_VERSION, b->sizes.users);
}

static bool is_loaded(bench *b)
{
	char      wanted[64];
	PGresult *result = PQexec(b->sql, "SELECT obj_description(to_regnamespace('" BENCH_SCHEMA "'), 'pg_namespace')");
	bool      loaded;

	describe(b, wanted);
	loaded = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), wanted) == 0;
	PQclear(result);
	return loaded;
}

static bool load(bench *b)
{
	char text[64], sql[160];

	fprintf(stderr, "Loading %" PRId64 " users, %" PRId64 " posts, %" PRId64 " comments\n", b->sizes.users,
	        b->sizes.posts, b->sizes.comments);
	if (!bench_sql(b, "DROP SCHEMA IF EXISTS " BENCH_SCHEMA " CASCADE") ||
	    !bench_sql(b, "CREATE SCHEMA " BENCH_SCHEMA) || !create_tables(b))
		return false;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		if (!fill(b, &tables[i]))
			return false;
	}
	describe(b, text);
	snprintf(sql, sizeof sql, "COMMENT ON SCHEMA " BENCH_SCHEMA " IS '%s'", text);
	return bench_sql(b, "VACUUM ANALYZE") && bench_sql(b, sql);
}

bool bench_dataset_load(bench *b)
{
	if (!bench_sql(b, "SET client_min_messages TO warning") || !bench_sql(b, "SET search_path TO " BENCH_SCHEMA) ||
	    (!is_loaded(b) && !load(b)))
		return false;
	return bench_dataset_tidy(b);
}

bool bench_dataset_tidy(bench *b)
{
	char sql[96];

	snprintf(sql, sizeof sql, "DELETE FROM users WHERE id > %" PRId64, b->sizes.users);
	return bench_sql(b, sql) && bench_sql(b, "VACUUM users") && bench_sql(b, "CHECKPOINT");
}
