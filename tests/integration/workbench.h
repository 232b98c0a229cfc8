/* One connection to the run's database, in a schema of the test's own, with what a statement needs: text, parameters and
 * rows. For tests of SQL and of rows. Every helper fails the test when it cannot do what it says. */
#ifndef WEIR_TESTS_INTEGRATION_WORKBENCH_H
#define WEIR_TESTS_INTEGRATION_WORKBENCH_H

#include "db/params.h"
#include "db/sql.h"
#include "support/database.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct workbench {
	struct database database;
	weir__conn     *conn;
	weir__params   *params;
	weir__buffer    sql;
	weir__buffer    scratch;
	weir__rows      rows;
	weir_error      err;
} workbench;

static inline weir__deadline workbench_deadline(void)
{
	return weir__deadline_in_ms(10000);
}

#define workbench_ok(call) ck_assert_msg((call) == WEIR_OK, "%s: %s", #call, workbench.err.message)

/* Runs statements whose results do not matter. */
static inline void workbench_script(const char *text)
{
	workbench_ok(weir__conn_run_script(workbench.conn, text, workbench_deadline(), &workbench.err));
}

static inline void workbench_open(void)
{
	memset(&workbench, 0, sizeof workbench);
	database_setup(&workbench.database, test_database_url());
	workbench_ok(weir__params_create(&workbench.params, &workbench.err));
	workbench.conn = database_borrow(&workbench.database);
}

static inline void workbench_close(void)
{
	weir__rows_release(&workbench.rows);
	weir__buffer_release(&workbench.sql);
	weir__buffer_release(&workbench.scratch);
	weir__params_free(workbench.params);
	database_give_back(&workbench.database, &workbench.conn);
	database_close(&workbench.database);
}

/* Forgets statement, parameters and rows. */
static inline void workbench_clear(void)
{
	weir__rows_release(&workbench.rows);
	weir__buffer_clear(&workbench.sql);
	weir__params_clear(workbench.params);
}

/* Runs a statement with the parameters that were added, and keeps its rows. */
static inline int workbench_try(const char *text)
{
	const weir__sql sql = weir__sql_of(text, strlen(text));

	weir__rows_release(&workbench.rows);
	return weir__conn_run(workbench.conn, &sql, workbench.params, workbench_deadline(), &workbench.rows,
	                      &workbench.err);
}

static inline void workbench_run(const char *text)
{
	ck_assert_msg(workbench_try(text) == WEIR_OK, "%s: %s", text, workbench.err.message);
}

/* Runs what was built into workbench.sql. */
static inline void workbench_run_built(void)
{
	workbench_run(weir__buffer_text(&workbench.sql));
}

/* A value of the rows; a text lives until the next call. */
static inline weir_value workbench_value(size_t row, size_t column, weir_type type)
{
	weir_value value;

	ck_assert_uint_lt(row, workbench.rows.count);
	workbench_ok(weir__rows_value(&workbench.rows, row, column, type, &value, &workbench.scratch, &workbench.err));
	return value;
}

/* The one integer that a statement without parameters gives. */
static inline int64_t workbench_number(const char *text)
{
	workbench_clear();
	workbench_run(text);
	ck_assert_uint_eq(workbench.rows.count, 1);
	return workbench_value(0, 0, WEIR_TYPE_INT8).as.integer;
}

#endif
