/* What a first user gets wrong, or meets in a schema that others made: calls with nothing, in the wrong order, through views and past
 * triggers. */
#include "integration/account.h"

#include <weir/near_cache.h>
#include <weir/scope.h>
#include <weir/sql.h>
#include <weir/trace.h>
#include <weir/transaction.h>
#include <weir/writing.h>

#include <stdio.h>
#include <string.h>

#define BY_OWNER                                                                                                       \
	WEIR_UPSERT(.set = WEIR_SET(account, owner, points), .on = account_c.owner.column,                                 \
	            .update = WEIR_SET(account, points))

static int upsert(const char *owner, int32_t points, const account **stored, bool *created)
{
	const account values = { .owner = owner, .points = weir_some_i32(points) };

	return weir_base_dao_upsert(&accounts, &values, BY_OWNER, stored, created, &blog.err);
}

/* ---- Nothing --------------------------------------------------------------------------------------------------------------- */

START_TEST(test_nothing__is_taken_by_what_only_looks)
{
	weir_session_stats stats = { .queries = 7 };
	weir_query_guard   guard = weir_query_guard_begin(NULL);

	ck_assert_ptr_null(weir_session_cache(NULL));
	weir_session_stats_get(NULL, &stats);
	ck_assert_uint_eq(stats.queries, 0);
	ck_assert_int_eq(weir_query_guard_end(&guard, 1, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_query_guard_end(NULL, 1, NULL), WEIR_ERR_USAGE);
	weir_session_set_log_level(NULL, WEIR_LOG_OFF);
	weir_cache_manager_stats(NULL, NULL, NULL);
	ck_assert(weir_cache_stats_hit_ratio(NULL) == 0);
	weir_near_cache_stats(NULL, NULL);
	ck_assert_uint_eq(weir_span_attributes(NULL, NULL), 0);
}
END_TEST

/* ---- Ends in the wrong order ----------------------------------------------------------------------------------------------- */

static int in_use(void)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.in_use;
}

/* However it is ended, by whichever of the two, the savepoint below it is undone with it and gives nothing up but itself. */
WRITING_TEST(test_rollback__of_a_transaction_with_open_savepoints_undoes_all_and_loses_nothing)
{
	const account *found = NULL;

	for (int i = 0; i < 4; i++) {
		weir_session *tx = NULL, *inner = NULL, *innermost = NULL;

		assert_ok(weir_begin(session, NULL, &tx, &blog.err));
		assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
		assert_ok(weir_begin(inner, NULL, &innermost, &blog.err));
		assert_status(WEIR_ERR_USAGE, weir_commit(&tx, &blog.err));
		(i % 2 ? weir_close : weir_rollback)(i < 2 ? &tx : &inner);
		weir_base_dao below = weir_get_dao(innermost, &account_model);
		assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id(&below, &(account){ .id = 1 }, &found, &blog.err));
		assert_status(WEIR_ERR_CLOSED, weir_commit(&innermost, &blog.err));
		weir_rollback(&inner);
		ck_assert_int_eq(in_use(), i < 2 ? 0 : 1);
		if (tx)
			assert_ok(weir_commit(&tx, &blog.err));
		ck_assert(!tx && !inner && !innermost && in_use() == 0);
	}
}

/* What was written before the script is committed by it: cached reads must see that. */
WRITING_TEST(test_script__that_ends_its_transaction_is_an_error_and_nothing_follows_it)
{
	static const char *const scripts[] = { "COMMIT", "ROLLBACK", "SELECT 1; END; SELECT 2" };
	weir_session            *tx = NULL;
	int64_t                  id = make_account("ada");
	const account           *found = NULL;

	for (size_t i = 0; i < 3; i++) {
		weir_base_dao inside;

		account_release(&found);
		found = cached_account(id);
		assert_ok(weir_begin(session, NULL, &tx, &blog.err));
		inside = weir_get_dao(tx, &account_model);
		assert_ok(weir_base_dao_update(&inside, &(account){ .id = id },
		                               &(account){ .points = weir_some_i32((int32_t)i) }, WEIR_SET(account, points),
		                               NULL, &blog.err));
		assert_status(WEIR_ERR_USAGE, weir_run_script(tx, scripts[i], &blog.err));
		ck_assert_int_eq(blog.err.effect, WEIR_EFFECT_UNKNOWN);
		ck_assert_int_lt(weir_base_dao_update(&inside, &(account){ .id = id },
		                                      &(account){ .points = weir_some_i32(77) }, WEIR_SET(account, points),
		                                      NULL, &blog.err),
		                 0);
		weir_rollback(&tx);
		account_release(&found);
		found = cached_account(id);
		ck_assert_int_eq(found->points.value, i == 2 ? 2 : 0);
	}
	account_release(&found);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	assert_ok(weir_run_script(tx, "SELECT 1", &blog.err));
	assert_status(WEIR_ERR_SCHEMA, weir_run_script(tx, "SELECT * FROM no_such_table", &blog.err));
	weir_rollback(&tx);
}

START_TEST(test_script__that_leaves_a_transaction_open_is_an_error)
{
	setup(WEIR_CACHE_MEMORY);
	assert_status(WEIR_ERR_USAGE,
	              weir_run_script(session, "BEGIN; INSERT INTO accounts (owner) VALUES ('ada')", &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts"), "0");
	assert_ok(weir_run_script(session, "BEGIN; INSERT INTO accounts (owner) VALUES ('ada'); COMMIT", &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts"), "1");
	teardown();
}
END_TEST

START_TEST(test_script__with_a_copy_says_that_there_is_no_data)
{
	setup(WEIR_CACHE_MEMORY);
	assert_status(WEIR_ERR_USAGE, weir_run_script(session, "COPY accounts (owner) FROM STDIN", &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "COPY"));
	assert_status(WEIR_ERR_USAGE, weir_run_script(session, "SELECT 1; COPY accounts TO STDOUT", &blog.err));
	assert_ok(weir_run_script(session, "SELECT 1", &blog.err));
	teardown();
}
END_TEST

START_TEST(test_error__has_a_message_when_the_server_has_none)
{
	static const char script[] = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = ''; END $$";

	setup(WEIR_CACHE_MEMORY);
	assert_status(WEIR_ERR_SERIALIZATION, weir_run_script(session, script, &blog.err));
	ck_assert_str_eq(blog.err.message, weir_status_text(WEIR_ERR_SERIALIZATION));
	teardown();
}
END_TEST

/* ---- Triggers and views ---------------------------------------------------------------------------------------------------- */

WRITING_TEST(test_upsert__that_a_trigger_keeps_from_the_table_is_not_found)
{
	const account *stored = NULL;
	bool           created = true;

	assert_ok(upsert("eve", 1, NULL, NULL));
	blog_sql(&blog, "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
	                "CREATE TRIGGER forbid BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION forbid()");
	assert_status(WEIR_NOT_FOUND, upsert("ada", 1, &stored, &created));
	assert_status(WEIR_NOT_FOUND, upsert("eve", 2, &stored, &created));
	ck_assert_ptr_null(stored);
	ck_assert(created);
	assert_status(WEIR_NOT_FOUND, weir_base_dao_create(&accounts, &(account){ .owner = "bob" },
	                                                   WEIR_SET(account, owner), &stored, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT sum(points) FROM accounts"), "1");
}

static uint64_t connections_destroyed(void)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.connections_destroyed;
}

/* Inserts, updates, and both in one transaction: each says which it was. */
static void assert_upserts(void)
{
	const uint64_t before = connections_destroyed();
	const account *stored = NULL;
	weir_base_dao  outside = accounts;
	weir_session  *tx = NULL;
	bool           created = false;

	for (int32_t i = 0; i < 3; i++) {
		assert_ok(upsert("ada", i, &stored, &created));
		ck_assert(created == (i == 0));
		ck_assert_int_eq(stored->points.value, i);
		account_release(&stored);
	}
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	accounts = weir_get_dao(tx, &account_model);
	for (int32_t i = 0; i < 4; i++) {
		assert_ok(upsert(i % 2 ? "eve" : "ada", i, NULL, &created));
		ck_assert(created == (i == 1));
	}
	accounts = outside;
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT string_agg(owner || points, ' ' ORDER BY owner) FROM accounts"),
	                 "ada2 eve3");
	ck_assert_uint_eq(connections_destroyed(), before);
}

WRITING_TEST(test_upsert__goes_through_a_view)
{
	blog_sql(&blog, "ALTER TABLE accounts RENAME TO kept; CREATE VIEW accounts AS SELECT * FROM kept");
	assert_upserts();
	blog_sql(&blog, "DROP VIEW accounts; ALTER TABLE kept RENAME TO accounts");
}

WRITING_TEST(test_upsert__goes_into_a_partitioned_table)
{
	blog_sql(
		&blog,
		"DROP TABLE accounts; CREATE TABLE accounts (id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "
		"owner text NOT NULL UNIQUE, balance numeric(12, 2) NOT NULL DEFAULT 0, points int, weight float8 NOT NULL "
		"DEFAULT 0, level smallint NOT NULL DEFAULT 0, version int NOT NULL DEFAULT 1, "
		"changed_at timestamptz NOT NULL DEFAULT now()) PARTITION BY HASH (owner); "
		"CREATE TABLE accounts_0 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
		"CREATE TABLE accounts_1 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
	assert_upserts();
}

/* What it sets to know the value before is for its transaction alone: the connection stays. */
WRITING_TEST(test_upsert__of_a_unique_column_keeps_its_connection)
{
	const int64_t      id = make_account("ada");
	const weir_upsert *rename = WEIR_UPSERT(.set = WEIR_SET(account, id, owner), .update = WEIR_SET(account, owner));
	const uint64_t     before = connections_destroyed();

	for (int i = 0; i < 4; i++)
		assert_ok(weir_base_dao_upsert(&accounts, &(account){ .id = id, .owner = i % 2 ? "ada" : "eve" }, rename, NULL,
		                               NULL, &blog.err));
	ck_assert_uint_eq(connections_destroyed(), before);
}

/* ---- Queries that write ------------------------------------------------------------------------------------------------------ */

#define COUNT(text) weir_query_i64(session, WEIR_SQL(text), WEIR_NO_PARAMS, &count, &blog.err)

WRITING_TEST(test_query__that_writes_is_refused_and_sends_nothing)
{
	weir_opt_i64 count;

	(void)make_account("ada");
	assert_queries(0, {
		assert_status(WEIR_ERR_USAGE,
		              COUNT("WITH gone AS (DELETE FROM accounts RETURNING id) SELECT count(*) FROM gone"));
		assert_status(WEIR_ERR_USAGE,
		              COUNT("WITH a AS (update accounts set points = 1 RETURNING id) SELECT count(*) FROM a"));
		assert_status(WEIR_ERR_USAGE, COUNT("WITH a AS (INSERT\n-- it\nINTO accounts (owner) VALUES ('x') RETURNING 1) "
		                                    "SELECT count(*) FROM a"));
	});
	assert_ok(
		COUNT("WITH a AS (SELECT 'delete from' AS \"insert into\" FROM accounts FOR UPDATE) SELECT count(*) FROM a"));
	assert_ok(COUNT("SELECT count(*) FROM (SELECT owner AS delete, id AS set FROM accounts FOR NO KEY UPDATE) AS a"));
	ck_assert_int_eq(count.value, 1);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts WHERE points IS NULL"), "1");
}

/* RESET would give the statements of a tenant the rights of the role that connected. */
START_TEST(test_principal__none_is_no_role)
{
	weir_principal *who = NULL;
	weir_error      err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir_principal_create(&(weir_principal_options){ .role = "none" }, &who, &err), WEIR_ERR_USAGE);
	ck_assert_ptr_null(who);
}
END_TEST

/* ---- One prefix, two schemas ------------------------------------------------------------------------------------------------ */

static const char *name_of(weir_session *of, int64_t id)
{
	static char name[32];
	user_dao    users = get_user_dao(of);
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(&users, id, &found, &blog.err));
	snprintf(name, sizeof name, "%s", found->username);
	user_release(&found);
	return name;
}

START_TEST(test_prefix__that_two_schemas_share_does_not_mix_their_rows)
{
	struct blog   there;
	weir_session *here = NULL;
	int64_t       id;

	blog_open(&there, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS });
	id = blog_user(&blog, "ada");
	ck_assert_int_eq(blog_user(&there, "eve"), id);
	here = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .schema = there.schema });
	for (int i = 0; i < 3; i++) {
		ck_assert_str_eq(name_of(blog.session, id), "ada");
		ck_assert_str_eq(name_of(here, id), "eve");
	}
	weir_close(&here);
	blog_close(&blog);
	blog_close(&there);
}
END_TEST

WEIR_SUITE("odd_calls", test_nothing__is_taken_by_what_only_looks,
           test_rollback__of_a_transaction_with_open_savepoints_undoes_all_and_loses_nothing,
           test_script__that_ends_its_transaction_is_an_error_and_nothing_follows_it,
           test_script__that_leaves_a_transaction_open_is_an_error, test_script__with_a_copy_says_that_there_is_no_data,
           test_error__has_a_message_when_the_server_has_none,
           test_upsert__that_a_trigger_keeps_from_the_table_is_not_found, test_upsert__goes_through_a_view,
           test_upsert__goes_into_a_partitioned_table, test_upsert__of_a_unique_column_keeps_its_connection,
           test_query__that_writes_is_refused_and_sends_nothing, test_principal__none_is_no_role,
           test_prefix__that_two_schemas_share_does_not_mix_their_rows);
