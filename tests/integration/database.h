/* One connection to the run's database, in a schema of the test's own that is removed again: for tests of the database
 * room alone. Every helper fails the test when it cannot do what it says. */
#ifndef WEIR_TESTS_INTEGRATION_DATABASE_H
#define WEIR_TESTS_INTEGRATION_DATABASE_H

#include "db/params.h"
#include "db/sql.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DATABASE_WAIT_MS 20000

static struct database {
	char          schema[64];
	weir__db     *db;
	weir__conn   *conn;
	weir__params *params;
	weir__buffer  sql;
	weir__buffer  scratch;
	weir__rows    rows;
	weir_error    err;
} database;

static inline weir__deadline database_deadline(void)
{
	return weir__deadline_in_ms(DATABASE_WAIT_MS);
}

#define database_ok(call) ck_assert_msg((call) == WEIR_OK, "%s: %s", #call, database.err.message)

/* Runs statements whose results do not matter. */
static inline void database_script(const char *text)
{
	database_ok(weir__conn_run_script(database.conn, text, database_deadline(), &database.err));
}

static inline weir__conn *database_borrow(void)
{
	weir__conn *conn = NULL;

	database_ok(weir__db_acquire(database.db, database_deadline(), &conn, &database.err));
	return conn;
}

static inline void database_open(const char *name)
{
	char text[192];

	memset(&database, 0, sizeof database);
	snprintf(database.schema, sizeof database.schema, "weir_test_%s_%ld", name, (long)getpid());
	const weir__db_options options = {
		.conninfo = test_database_url(),
		.schema = database.schema,
		.application_name = database.schema,
		.connect_timeout_ms = DATABASE_WAIT_MS,
		.max_statements = 100,
		.pool = { 0, 4, DATABASE_WAIT_MS, 300, 1800 },
	};
	database_ok(weir__db_create(&options, &database.db, &database.err));
	database_ok(weir__params_create(&database.params, &database.err));
	database.conn = database_borrow();
	snprintf(text, sizeof text, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", database.schema, database.schema);
	database_script(text);
}

static inline void database_close(void)
{
	char text[192];

	snprintf(text, sizeof text, "SET client_min_messages = error; DROP SCHEMA %s CASCADE", database.schema);
	database_script(text);
	weir__rows_release(&database.rows);
	weir__buffer_release(&database.sql);
	weir__buffer_release(&database.scratch);
	weir__params_free(database.params);
	weir__db_give_back(database.db, &database.conn);
	weir__db_close(database.db, database_deadline());
}

/* Forgets statement, parameters and rows. */
static inline void database_clear(void)
{
	weir__rows_release(&database.rows);
	weir__buffer_clear(&database.sql);
	weir__params_clear(database.params);
}

/* Runs a statement with the parameters that were added, and keeps its rows. */
static inline int database_try(const char *text)
{
	const weir__sql sql = weir__sql_of(text, strlen(text));

	weir__rows_release(&database.rows);
	return weir__conn_run(database.conn, &sql, database.params, database_deadline(), &database.rows, &database.err);
}

static inline void database_run(const char *text)
{
	ck_assert_msg(database_try(text) == WEIR_OK, "%s: %s", text, database.err.message);
}

/* Runs what was built into database.sql. */
static inline void database_run_built(void)
{
	database_run(weir__buffer_text(&database.sql));
}

/* A value of the rows; a text lives until the next call. */
static inline weir_value database_value(size_t row, size_t column, weir_type type)
{
	weir_value value;

	ck_assert_uint_lt(row, database.rows.count);
	database_ok(weir__rows_value(&database.rows, row, column, type, &value, &database.scratch, &database.err));
	return value;
}

/* The one integer that a statement without parameters gives. */
static inline int64_t database_number(const char *text)
{
	database_clear();
	database_run(text);
	ck_assert_uint_eq(database.rows.count, 1);
	return database_value(0, 0, WEIR_TYPE_INT8).as.integer;
}

#endif
