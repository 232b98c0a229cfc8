/* create_many by INSERT and by COPY: the same rows, all or none, seen by cached reads, and the row that was refused is named. */
#include "integration/account.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 700 }; /* enough for COPY */

static char owners[MANY][24];

static account *accounts_of(size_t count)
{
	static account rows[MANY];

	for (size_t i = 0; i < count; i++) {
		snprintf(owners[i], sizeof owners[i], "o%zu", i);
		rows[i] = (account){ .owner = owners[i], .level = (int16_t)(i % 50) };
		if (i % 3)
			rows[i].points = weir_some_i32((int32_t)i);
	}
	return rows;
}

#define SET WEIR_SET(account, owner, points)

/* Notes each statement that inserts. */
static void log_inserts(void)
{
	blog_sql(&blog, "CREATE TABLE log (statement text)");
	blog_sql(&blog, "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
	                "$$ BEGIN INSERT INTO log SELECT current_query(); RETURN NULL; END $$");
	blog_sql(&blog, "CREATE TRIGGER note AFTER INSERT ON accounts FOR EACH STATEMENT EXECUTE FUNCTION note()");
}

static const char *copies(void)
{
	return blog_sql(&blog, "SELECT count(*) FILTER (WHERE statement LIKE '%COPY%') || ' of ' || count(*) FROM log");
}

static const char *digest(void)
{
	return blog_sql(
		&blog, "SELECT count(*) || ' ' || md5(string_agg(owner || coalesce(points::text, '-'), ',' ORDER BY owner)) "
			   "FROM accounts");
}

WRITING_TEST(test_create_many__by_copy_and_by_insert_make_the_same_rows)
{
	account     *rows = accounts_of(MANY);
	account_list list = WEIR_LIST_INIT;
	char         inserted[100];

	log_inserts();
	assert_ok(weir_base_dao_create_many(&accounts, rows, MANY, SET, &list, &blog.err));
	ck_assert_uint_eq(list.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_str_eq(list.items[i]->owner, rows[i].owner);
	account_list_release(&list);
	snprintf(inserted, sizeof inserted, "%s", digest());
	blog_sql(&blog, "TRUNCATE accounts");
	ck_assert_str_eq(copies(), "0 of 1");
	assert_ok(weir_base_dao_create_many(&accounts, rows, MANY, SET, NULL, &blog.err));
	ck_assert_str_eq(copies(), "1 of 2");
	ck_assert_str_eq(digest(), inserted);
	blog_sql(&blog, "TRUNCATE accounts");
	assert_ok(weir_base_dao_create_many(&accounts, rows, 50, SET, NULL, &blog.err));
	ck_assert_str_eq(copies(), "1 of 3");
}

/* Generated in the model only says that the server makes values where none are given. */
WRITING_TEST(test_create_many__values_for_columns_with_defaults_go_by_copy_too)
{
	account *rows = accounts_of(MANY);

	log_inserts();
	for (size_t i = 0; i < MANY; i++) {
		rows[i].id = 1000 + (int64_t)i;
		rows[i].balance = weir_numeric_of("1.50");
	}
	assert_ok(weir_base_dao_create_many(&accounts, rows, MANY, WEIR_SET(account, id, owner, balance, level), NULL,
	                                    &blog.err));
	ck_assert_str_eq(copies(), "1 of 1");
	ck_assert_str_eq(blog_sql(&blog,
	                          "SELECT count(*) FROM accounts WHERE balance = 1.5 AND owner = 'o' || id - 1000 AND "
	                          "level = (id - 1000) % 50"),
	                 "700");
	blog_sql(&blog, "TRUNCATE accounts; ALTER TABLE accounts DROP COLUMN weight, ADD COLUMN weight float8 NOT NULL "
	                "GENERATED ALWAYS AS (level / 2.0) STORED");
	ck_assert_int_lt(weir_base_dao_create_many(&accounts, rows, 10, WEIR_SET(account, owner, weight), NULL, &blog.err),
	                 0);
	ck_assert_str_eq(blog.err.sqlstate, "428C9");
}

WRITING_TEST(test_create_many__by_copy_takes_every_type)
{
	static post rows[MANY];
	static char titles[MANY][32];
	int64_t     user_id = blog_user(&blog, "ada");

	for (size_t i = 0; i < MANY; i++) {
		snprintf(titles[i], sizeof titles[i], "caf\u00e9 %zu", i);
		rows[i] = (post){ .user_id = user_id, .title = titles[i], .body = "", .published = i % 2, .views = (int64_t)i };
		if (i % 2) {
			rows[i].rating = weir_some_f64(1.5);
			rows[i].meta = weir_json_of("{\"a\":[1,2]}");
		}
	}
	assert_ok(post_dao_create_many(&blog.posts, rows, MANY,
	                               WEIR_SET(post, user_id, title, body, published, views, rating, meta), NULL,
	                               &blog.err));
	ck_assert_str_eq(
		blog_sql(&blog, "SELECT count(*) FROM posts WHERE title = 'caf\u00e9 ' || views AND body = '' AND "
	                    "published = (views % 2 = 1) AND rating IS NOT DISTINCT FROM CASE WHEN views % 2 = 1 THEN "
	                    "1.5::float8 END AND meta IS NOT DISTINCT FROM CASE WHEN views % 2 = 1 THEN "
	                    "'{\"a\": [1, 2]}'::jsonb END AND user_id = 1"),
		"700");
}

static int64_t cached_count(void)
{
	int64_t count = 0;

	assert_ok(weir_base_dao_count_cached(&accounts, NULL, &count, &blog.err));
	return count;
}

WRITING_TEST(test_create_many__by_copy_is_seen_by_cached_reads_and_by_its_transaction)
{
	account       *rows = accounts_of(MANY);
	const account *found = NULL;
	weir_session  *tx = NULL;
	int64_t        count;

	ck_assert_int_eq(cached_count(), 0);
	assert_status(WEIR_NOT_FOUND,
	              weir_base_dao_get_by_cached(&accounts, account_c.owner.column, &rows[5], &found, &blog.err));
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	assert_ok(weir_base_dao_create_many(&dao, rows, MANY, SET, NULL, &blog.err));
	assert_ok(weir_base_dao_count(&dao, NULL, &count, &blog.err));
	ck_assert_int_eq(count, MANY);
	ck_assert_int_eq(cached_count(), 0);
	weir_rollback(&tx);
	ck_assert_int_eq(cached_count(), 0);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	dao = weir_get_dao(tx, &account_model);
	assert_ok(weir_base_dao_create_many(&dao, rows, MANY, SET, NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_int_eq(cached_count(), MANY);
	assert_ok(weir_base_dao_get_by_cached(&accounts, account_c.owner.column, &rows[5], &found, &blog.err));
	account_release(&found);
}

/* ---- The row that is refused --------------------------------------------------------------------------------------------- */

static void assert_refused(int status, const account *rows, size_t count, size_t row, weir_set set)
{
	account_list  list = WEIR_LIST_INIT;
	const char   *before = blog_sql(&blog, "SELECT count(*) FROM accounts");
	char          kept[20], says[40];
	weir_session *tx = NULL;

	snprintf(kept, sizeof kept, "%s", before);
	snprintf(says, sizeof says, "(row %zu of those given)", row);
	for (int way = 0; way < 3; way++) {
		weir_base_dao dao = accounts;
		if (way == 2) {
			assert_ok(weir_begin(session, NULL, &tx, &blog.err));
			dao = weir_get_dao(tx, &account_model);
		}
		assert_status(status, weir_base_dao_create_many(&dao, rows, count, set, way == 1 ? &list : NULL, &blog.err));
		if (way < 2 || count == MANY || status == WEIR_ERR_UNIQUE) {
			ck_assert_uint_eq(blog.err.row, row);
			ck_assert_msg(strstr(blog.err.message, says) != NULL, "%s", blog.err.message);
		}
		weir_rollback(&tx);
		ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts"), kept);
	}
	assert_status(status, weir_base_dao_create_many(&accounts, rows, count, set, NULL, NULL));
}

WRITING_TEST(test_create_many__names_the_row_that_is_refused_and_inserts_none)
{
	static const size_t counts[] = { 10, MANY };

	make_account("taken");
	for (size_t i = 0; i < 2; i++) {
		account *rows = accounts_of(counts[i]);
		rows[7].owner = "taken";
		assert_refused(WEIR_ERR_UNIQUE, rows, counts[i], 8, SET);
		ck_assert_str_eq(blog_sql(&blog,
		                          "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND query LIKE "
		                          "'%COPY%accounts%'"),
		                 "0");
		rows = accounts_of(counts[i]);
		rows[9].owner = "o3";
		assert_refused(WEIR_ERR_UNIQUE, rows, counts[i], 10, SET);
		rows = accounts_of(counts[i]);
		rows[4].owner = NULL;
		assert_refused(WEIR_ERR_NOT_NULL, rows, counts[i], 5, SET);
		rows = accounts_of(counts[i]);
		rows[4].owner = "\xff";
		assert_refused(WEIR_ERR_VALUE, rows, counts[i], 5, SET);
	}
}

typedef struct odd {
	int64_t     id;
	const char *name;
} odd;

static const weir_field        odd_fields[] = { WEIR_FIELD(odd, id, .primary_key = true, .column = "The, (\"Key\")"),
	                                            WEIR_FIELD(odd, name, .column = "a name") };
static const weir_model        odd_model = WEIR_MODEL(odd, "odd, 5 rows", odd_fields);
static const weir_model *const odd_models[] = { &odd_model, NULL };

/* The server quotes such names, and where a function refuses a row its words come first. */
START_TEST(test_create_many__names_the_row_whatever_its_columns_are_called)
{
	static odd    rows[MANY];
	weir_session *other;
	weir_base_dao dao;

	blog_open(&blog, NULL);
	blog_sql(&blog,
	         "CREATE TABLE \"odd, 5 rows\" (\"The, (\"\"Key\"\")\" bigint PRIMARY KEY, \"a name\" text NOT NULL)");
	blog_sql(&blog,
	         "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.\"a name\" = 'bad' THEN "
	         "RAISE check_violation; END IF; RETURN NEW; END $$");
	blog_sql(&blog, "CREATE TRIGGER refuse BEFORE INSERT ON \"odd, 5 rows\" FOR EACH ROW EXECUTE FUNCTION refuse()");
	other = blog_open_other(&blog, &(weir_options){ .models = odd_models });
	dao = weir_get_dao(other, &odd_model);
	for (size_t i = 0; i < MANY; i++)
		rows[i] = (odd){ .id = (int64_t)i, .name = "good" };
	rows[5].id = 3;
	for (size_t count = 10; count <= MANY; count += MANY - 10) {
		assert_status(WEIR_ERR_UNIQUE,
		              weir_base_dao_create_many(&dao, rows, count, WEIR_SET(odd, id, name), NULL, &blog.err));
		ck_assert_uint_eq(blog.err.row, 6);
	}
	rows[5].id = 5;
	rows[8].name = "bad";
	for (size_t count = 10; count <= MANY; count += MANY - 10) {
		assert_status(WEIR_ERR_CHECK,
		              weir_base_dao_create_many(&dao, rows, count, WEIR_SET(odd, id, name), NULL, &blog.err));
		ck_assert_uint_eq(blog.err.row, 9);
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* points is given a limit of its own. */
WRITING_TEST(test_create_many__names_the_row_that_a_check_refuses)
{
	static const size_t counts[] = { 10, MANY };

	blog_sql(&blog, "ALTER TABLE accounts ADD CHECK (points <> 4711)");
	for (size_t i = 0; i < 2; i++) {
		account *rows = accounts_of(counts[i]);
		rows[3].points = weir_some_i32(4711);
		assert_refused(WEIR_ERR_CHECK, rows, counts[i], 4, SET);
	}
}

WRITING_TEST(test_create_many__names_the_row_whose_foreign_key_leads_nowhere)
{
	static post  rows[MANY];
	int64_t      user_id = blog_user(&blog, "ada");
	const size_t counts[] = { 10, MANY };

	for (size_t i = 0; i < MANY; i++)
		rows[i] = (post){ .user_id = user_id, .title = "t", .body = "" };
	rows[6].user_id = 4711;
	for (size_t i = 0; i < 2; i++) {
		assert_status(
			WEIR_ERR_FOREIGN_KEY,
			post_dao_create_many(&blog.posts, rows, counts[i], WEIR_SET(post, user_id, title, body), NULL, &blog.err));
		ck_assert_uint_eq(blog.err.row, 7);
	}
}

/* ---- Where COPY is not for ------------------------------------------------------------------------------------------------ */

WRITING_TEST(test_create_many__of_generated_columns_is_refused_as_insert_refuses_it)
{
	static post rows[MANY];
	int64_t     user_id = blog_user(&blog, "ada");

	for (size_t i = 0; i < MANY; i++)
		rows[i] = (post){ .id = (int64_t)i + 1, .user_id = user_id, .title = "t" };
	assert_status(WEIR_ERR_DATABASE,
	              post_dao_create_many(&blog.posts, rows, MANY, WEIR_SET(post, id, user_id, title), NULL, &blog.err));
	ck_assert_str_eq(blog.err.sqlstate, "428C9");
}

WRITING_TEST(test_create_many__into_a_view_or_under_row_level_security_is_an_insert)
{
	account *rows = accounts_of(MANY);

	blog_sql(&blog, "ALTER TABLE accounts RENAME TO kept; CREATE VIEW accounts AS SELECT * FROM kept");
	assert_ok(weir_base_dao_create_many(&accounts, rows, MANY, SET, NULL, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM kept"), "700");
	blog_sql(&blog, "DROP VIEW accounts; ALTER TABLE kept RENAME TO accounts");
}

#ifdef WEIR_TEST_HOOKS
static void forbid_memory(void)
{
	account *rows = accounts_of(MANY);
	bool     done = false;

	for (long i = 0; !done && i < 200; i++) {
		weir__memory_fail_after(i, WEIR__FAIL_ONCE);
		int rc = weir_base_dao_create_many(&accounts, rows, MANY, SET, NULL, &blog.err);
		done = weir__memory_failures() == 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		if (rc != WEIR_OK)
			ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts"), "0");
		else
			blog_sql(&blog, "TRUNCATE accounts");
	}
	ck_assert(done);
}

WRITING_TEST(test_create_many__by_copy_survives_every_failure_of_memory)
{
	forbid_memory();
}
#define MEMORY_TESTS , test_create_many__by_copy_survives_every_failure_of_memory
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("create_many", test_create_many__by_copy_and_by_insert_make_the_same_rows,
           test_create_many__values_for_columns_with_defaults_go_by_copy_too,
           test_create_many__by_copy_takes_every_type,
           test_create_many__by_copy_is_seen_by_cached_reads_and_by_its_transaction,
           test_create_many__names_the_row_that_is_refused_and_inserts_none,
           test_create_many__names_the_row_that_a_check_refuses,
           test_create_many__names_the_row_whatever_its_columns_are_called,
           test_create_many__names_the_row_whose_foreign_key_leads_nowhere,
           test_create_many__of_generated_columns_is_refused_as_insert_refuses_it,
           test_create_many__into_a_view_or_under_row_level_security_is_an_insert MEMORY_TESTS);
