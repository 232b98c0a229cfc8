/* with_tables: runs a program with the tables of the bundled models.
 *
 *     with_tables [--expect SOURCE] PROGRAM [ARGUMENT...]
 *
 * The tables (SQL file of BLOG_SQL, by default the bundled schema.sql) are made in a schema of their own in the database
 * of DATABASE_URL and removed when the program has ended, with what it left in the cache of REDIS_URL. The program finds
 * the schema's name in BLOG_SCHEMA and a prefix for its keys in BLOG_PREFIX. With --expect what it prints must be what
 * the comment "Prints:" in SOURCE says. */
#include "text.h"

#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what, const weir_error *err)
{
	fprintf(stderr, "with_tables: %s: %s\n", what, err->message);
	return -1;
}

static int remove_tables(weir_session *session, const char *schema)
{
	char       drop[128];
	weir_error err = WEIR_ERROR_INIT;

	snprintf(drop, sizeof drop, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
	if (weir_run_script(session, drop, &err) < 0)
		return fail("removing the tables", &err);
	if (weir_cache_manager_flush(weir_session_cache(session), NULL, &err) < 0)
		return fail("removing the keys", &err);
	return 0;
}

static int make_tables(weir_session *session, const char *schema)
{
	const char *path = getenv("BLOG_SQL");
	char       *tables = text_of_file(path ? path : WEIR_SOURCE_DIR "/src/models/blog/schema.sql");
	char        create[128];
	weir_error  err = WEIR_ERROR_INIT;
	int         rc;

	if (!tables)
		return -1;
	snprintf(create, sizeof create, "CREATE SCHEMA %s", schema);
	rc = weir_run_script(session, create, &err);
	if (rc == WEIR_OK && weir_run_script(session, tables, &err) < 0) {
		remove_tables(session, schema);
		rc = WEIR_ERR_DATABASE;
	}
	free(tables);
	return rc < 0 ? fail("making the tables", &err) : 0;
}

/* Starts the program with its standard output in a pipe; returns the reading end, or -1. */
static int start(char **arguments, pid_t *child)
{
	int ends[2];

	if (pipe(ends) != 0)
		return -1;
	*child = fork();
	if (*child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(arguments[0], arguments);
		perror(arguments[0]);
		_exit(127);
	}
	close(ends[1]);
	if (*child < 0) {
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

/* Runs the program, passes on what it prints and compares it with what was expected (NULL: anything). */
static int run(char **arguments, const char *expected)
{
	pid_t child = 0;
	int   from = start(arguments, &child), status = 0;
	char *printed;

	if (from < 0) {
		perror("with_tables");
		return -1;
	}
	printed = text_of_stream(fdopen(from, "r"));
	while (waitpid(child, &status, 0) < 0)
		;
	if (!printed)
		return -1;
	fputs(printed, stdout);
	if (expected && strcmp(printed, expected) != 0) {
		fprintf(stderr, "with_tables: this was expected instead:\n%s", expected);
		status = -1;
	}
	free(printed);
	return status == 0 ? 0 : -1;
}

static int run_with_tables(weir_session *session, const char *schema, char **arguments, const char *expected)
{
	int rc;

	if (make_tables(session, schema) < 0)
		return -1;
	setenv("BLOG_SCHEMA", schema, 1);
	setenv("BLOG_PREFIX", schema, 1);
	rc = run(arguments, expected);
	if (remove_tables(session, schema) < 0)
		rc = -1;
	return rc;
}

int main(int argc, char **argv)
{
	char          schema[64];
	char         *expected = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           first = argc > 2 && strcmp(argv[1], "--expect") == 0 ? 3 : 1, rc = -1;

	if (argc <= first) {
		fprintf(stderr, "with_tables [--expect SOURCE] PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	if (first == 3 && !(expected = text_expected_by(argv[2])))
		return 2;
	snprintf(schema, sizeof schema, "example_%ld_%lld", (long)getpid(), (long long)weir_time_now().unix_us);
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = schema,
		.cache_prefix = schema,
		.lazy = true, /* the tables are not there yet */
	};

	if (weir_open(&options, &session, &err) < 0)
		fail("opening the session", &err);
	else
		rc = run_with_tables(session, schema, argv + first, expected);
	weir_close(&session);
	free(expected);
	return rc == 0 ? 0 : 1;
}
