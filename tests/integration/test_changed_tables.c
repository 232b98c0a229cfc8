/*
 * test_changed_tables.c: tables that are altered while they are in use: statements are prepared anew where nobody notices,
 * transactions fail so that they can be tried again, and no value is ever taken for another column's.
 */
#include "support/blog.h"
#include "support/database.h"

#include <stdio.h>
#include <string.h>

/* ---- Under load ------------------------------------------------------------------------------------------------------ */

/* Each row's columns say which they are. */
static const char make_table[] = "CREATE TABLE t (id int8, a varchar(20) DEFAULT 'a', b text DEFAULT 'b')";

struct load {
	struct database *database;
	atomic_bool      over;
	atomic_int       done, failed, wrong, retried;
	weir_error       last; /* of whoever failed last */
};

/* The columns that a statement names and those that `*` brings: a value belongs to its column's name. */
static bool is_right(const weir__rows *rows)
{
	const PGresult *result = rows->result;

	for (int row = 0; row < PQntuples(result); row++)
		for (int i = 0; i < PQnfields(result); i++) {
			const char *name = PQfname(result, i);

			if ((name[0] == 'a' || name[0] == 'b') && PQgetvalue(result, row, i)[0] != name[0])
				return false;
		}
	return PQntuples(result) == 1;
}

static int run_right(struct load *load, weir__conn *conn, const char *text, weir_error *err)
{
	weir__sql  sql = weir__sql_of(text, strlen(text));
	weir__rows rows;
	int        rc = weir__conn_run(conn, &sql, NULL, weir__deadline_in_ms(20000), &rows, err);

	if (rc == WEIR_OK && !is_right(&rows))
		atomic_fetch_add(&load->wrong, 1);
	weir__rows_release(&rows);
	return rc;
}

static int run_transaction(struct load *load, weir__conn *conn, weir_error *err)
{
	static const char *const texts[] = { "SELECT id, b, a FROM t", "UPDATE t SET a = 'a' WHERE id = 1 RETURNING *",
		                                 "SELECT * FROM t", "UPDATE t SET b = 'b' RETURNING a, b" };
	int                      rc = weir__conn_begin(conn, NULL, WEIR__NO_DEADLINE, err);

	for (size_t i = 0; rc == WEIR_OK && i < sizeof texts / sizeof texts[0]; i++)
		rc = run_right(load, conn, texts[i], err);
	if (rc == WEIR_OK)
		return conn_commit(conn, err);
	weir__conn_rollback(conn, weir__deadline_in_ms(20000));
	return rc;
}

/* One that fails with an error to try again is tried again. */
static int run_until_done(struct load *load, weir__conn *conn, weir_error *err)
{
	int rc = WEIR_OK;

	for (int tries = 0; tries < 3; tries++) {
		rc = run_transaction(load, conn, err);
		if (rc == WEIR_OK || !weir_error_is_retryable(err))
			return rc;
		atomic_fetch_add(&load->retried, 1);
	}
	return rc;
}

static void *use(void *argument)
{
	static const char *const texts[] = { "SELECT * FROM t", "SELECT a, b, id FROM t", "UPDATE t SET id = 1 RETURNING *",
		                                 "SELECT t FROM t" };
	struct load             *load = argument;

	for (int i = 0; !atomic_load(&load->over); i++) {
		weir_error  err = WEIR_ERROR_INIT;
		weir__conn *conn = NULL;
		int         rc = weir__db_acquire(load->database->db, weir__deadline_in_ms(20000), &conn, &err);

		if (rc == WEIR_OK)
			rc = i % 2 ? run_right(load, conn, texts[i / 2 % 4], &err) : run_until_done(load, conn, &err);
		weir__db_give_back(load->database->db, &conn);
		if (rc < 0) {
			load->last = err;
			atomic_fetch_add(&load->failed, 1);
		}
		atomic_fetch_add(&load->done, 1);
	}
	return NULL;
}

static void alter(const struct database *database, const char *what)
{
	char sql[192];

	snprintf(sql, sizeof sql, "ALTER TABLE %s.t %s", database->schema, what);
	sql_run(test_direct_url(), sql);
}

START_TEST(test_changed__a_table_altered_under_load_is_recovered_from)
{
	enum { THREADS = 4, ROUNDS = 8 };
	static const char *const changes[] = { "ADD COLUMN more int DEFAULT 7", "ALTER a TYPE text", "DROP COLUMN more",
		                                   "ALTER a TYPE varchar(20)" };
	struct database          database;
	struct load              load = { .database = &database };
	pthread_t                threads[THREADS];

	database_setup(&database, test_database_url());
	database_run(&database, make_table);
	database_run(&database, "INSERT INTO t VALUES (1)");
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use, &load), 0);
	for (int i = 0; i < ROUNDS * 4; i++) {
		int before = atomic_load(&load.done);

		EVENTUALLY(atomic_load(&load.done) > before + 2 * THREADS);
		alter(&database, changes[i % 4]);
	}
	atomic_store(&load.over, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_msg(atomic_load(&load.failed) == 0, "%d of %d failed, the last: %s %s", atomic_load(&load.failed),
	              atomic_load(&load.done), load.last.sqlstate, load.last.message);
	ck_assert_int_eq(atomic_load(&load.wrong), 0);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	ck_assert_int_eq(database_stats(&database).in_use, 0);
	database_close(&database);
}
END_TEST

START_TEST(test_changed__after_one_failure_no_other_statement_of_the_pool_fails)
{
	struct database database;
	weir__conn     *first, *second;
	weir_error      err = WEIR_ERROR_INIT;

	database_setup(&database, test_database_url());
	database_run(&database, make_table);
	first = database_borrow(&database);
	second = database_borrow(&database);
	conn_run_ok(first, "SELECT * FROM t");
	for (int i = 0; i < 2; i++) {
		conn_run_ok(second, "SELECT * FROM t");
		conn_run_ok(second, "TABLE t");
	}
	alter(&database, "ADD COLUMN more int");
	conn_run_ok(first, "SELECT * FROM t"); /* finds it out */
	ck_assert_int_eq(conn_begin_and_run(second, "SELECT 1", &err), WEIR_OK);
	conn_run_ok(second, "SELECT * FROM t");
	conn_run_ok(second, "TABLE t");
	ck_assert_int_eq(conn_commit(second, &err), WEIR_OK);
	ck_assert_int_le(conn_number(second, "SELECT count(*) FROM pg_prepared_statements"), 5);
	database_give_back(&database, &first);
	database_give_back(&database, &second);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 0);
	database_close(&database);
}
END_TEST

/* ---- As a DAO sees it -------------------------------------------------------------------------------------------------- */

static struct blog blog;

static int get(int64_t id, weir_error *err)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_id(&blog.users, id, &found, err);

	if (rc == WEIR_OK)
		ck_assert_str_eq(found->username, "ada");
	user_release(&found);
	return rc;
}

START_TEST(test_changed__a_column_that_is_missing_is_named_and_missed_no_longer_than_it_is_away)
{
	weir_error err = WEIR_ERROR_INIT;
	int64_t    id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	assert_ok(get(id, &blog.err));
	blog_sql(&blog, "ALTER TABLE users RENAME COLUMN bio TO life");
	ck_assert_int_eq(get(id, &err), WEIR_ERR_SCHEMA);
	ck_assert_str_eq(err.sqlstate, "42703");
	ck_assert_ptr_nonnull(strstr(err.message, "bio"));
	blog_sql(&blog, "ALTER TABLE users RENAME COLUMN life TO bio");
	assert_ok(get(id, &blog.err));
	blog_close(&blog);
}
END_TEST

START_TEST(test_changed__columns_that_the_model_does_not_know_come_and_go_unnoticed)
{
	int64_t id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 3; i++) {
		assert_ok(get(id, &blog.err));
		blog_sql(&blog, i % 2 ? "ALTER TABLE users DROP COLUMN extra" : "ALTER TABLE users ADD COLUMN extra int");
		assert_ok(get(id, &blog.err));
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_changed__a_column_of_another_type_is_an_error_and_never_another_value)
{
	weir_error err = WEIR_ERROR_INIT;
	int64_t    id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	assert_ok(get(id, &blog.err));
	blog_sql(&blog, "ALTER TABLE users ALTER bio TYPE bytea USING NULL");
	blog_sql(&blog, "UPDATE users SET bio = '\\x01'");
	ck_assert_int_eq(get(id, &err), WEIR_ERR_SCHEMA);
	ck_assert_ptr_nonnull(strstr(err.message, "bio"));
	blog_close(&blog);
}
END_TEST

START_TEST(test_changed__a_table_that_is_made_again_is_found)
{
	weir_error err = WEIR_ERROR_INIT;
	int64_t    id;

	blog_open(&blog, NULL);
	id = blog_user(&blog, "ada");
	assert_ok(get(id, &blog.err));
	blog_sql(&blog, "ALTER TABLE users RENAME TO gone; CREATE TABLE users (LIKE gone INCLUDING ALL);"
	                "INSERT INTO users OVERRIDING SYSTEM VALUE SELECT * FROM gone");
	assert_ok(get(id, &blog.err));
	blog_sql(&blog, "DROP TABLE users");
	ck_assert_int_eq(get(id, &err), WEIR_ERR_SCHEMA);
	ck_assert_str_eq(err.sqlstate, "42P01");
	blog_sql(&blog, "ALTER TABLE gone RENAME TO users");
	assert_ok(get(id, &blog.err));
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("changed tables", test_changed__a_table_altered_under_load_is_recovered_from,
           test_changed__after_one_failure_no_other_statement_of_the_pool_fails,
           test_changed__a_column_that_is_missing_is_named_and_missed_no_longer_than_it_is_away,
           test_changed__columns_that_the_model_does_not_know_come_and_go_unnoticed,
           test_changed__a_column_of_another_type_is_an_error_and_never_another_value,
           test_changed__a_table_that_is_made_again_is_found);
