/* SQL by hand on PostgreSQL with each cache: rows into structs, values, writes, and that all of it is cached and invalidated
 * coherently. Defect 42 of docs/features.md. */
#include "support/blog.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct blog blog;

/* The body runs once with each backend. */
#define SQL_TEST(name)                                                                                                 \
	TEST_WITH_EACH_CACHE(name, blog_open(&blog, &(weir_options){ .cache_kind = kind }), blog_close(&blog))

#define assert_queries(expected, statement)                                                                            \
	do {                                                                                                               \
		uint64_t before_ = blog_queries(&blog);                                                                        \
		statement;                                                                                                     \
		ck_assert_uint_eq(blog_queries(&blog) - before_, expected);                                                    \
	} while (0)

/* ---- A result that is no table --------------------------------------------------------------------------------------- */

typedef struct top {
	const char  *name;
	int64_t      posts;
	weir_opt_f64 rating;
} top;
WEIR_RECORD(top)

static const weir_field top_fields[] = { WEIR_FIELD(top, name, .column = "username"), WEIR_FIELD(top, posts),
	                                     WEIR_FIELD(top, rating) };
static const weir_model top_model = WEIR_RESULT(top, top_fields);

#define TOP_SQL                                                                                                        \
	WEIR_SQL("SELECT count(p.id) AS posts, u.username, avg(p.rating) AS rating, 1 AS more FROM users u "               \
	         "LEFT JOIN posts p ON p.user_id = u.id WHERE u.id <> ALL($2) GROUP BY u.id ORDER BY 1 DESC, 2 LIMIT $1")

static size_t top_users(weir_session *session, int limit, bool cached, top_list *rows)
{
	const int64_t never[] = { -1, -2 };
	weir_params   params = WEIR_PARAMS(limit, weir_array(never, 2));

	if (cached)
		assert_ok(
			weir_query_into_cached(session, TOP_SQL, params, &top_model, WEIR_READS(user, post), rows, &blog.err));
	else
		assert_ok(weir_query_into(session, TOP_SQL, params, &top_model, WEIR_READS(user, post), rows, &blog.err));
	return rows->count;
}

/* "name:posts name:posts" */
static const char *cached_top(weir_session *session)
{
	static char text[256];
	top_list    rows = WEIR_LIST_INIT;

	text[0] = '\0';
	top_users(session, 10, true, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "%s%s:%d", i ? " " : "", rows.items[i]->name,
		         (int)rows.items[i]->posts);
	}
	top_list_release(&rows);
	return text;
}

SQL_TEST(test_query_into__fills_any_described_struct_by_the_names_of_columns)
{
	top_list rows = WEIR_LIST_INIT;
	int64_t  ada = blog_user(&blog, "ada");

	blog_user(&blog, "eve");
	blog_post(&blog, ada, "one");
	ck_assert_uint_eq(top_users(blog.session, 10, false, &rows), 2);
	ck_assert_str_eq(rows.items[0]->name, "ada");
	ck_assert_int_eq(rows.items[0]->posts, 1);
	ck_assert(!rows.items[0]->rating.has);
	ck_assert_str_eq(rows.items[1]->name, "eve");
	ck_assert_ptr_eq(weir_record_model(rows.items[0]), &top_model);
	top_list_release(&rows);
	ck_assert_uint_eq(top_users(blog.session, 1, false, &rows), 1);
	top_list_release(&rows);
}

SQL_TEST(test_query_into__takes_models_of_the_session_too)
{
	user_list rows = WEIR_LIST_INIT;

	blog_user(&blog, "ada");
	assert_ok(weir_query_into(blog.session, WEIR_SQL("SELECT * FROM users WHERE username = $1"), WEIR_PARAMS("ada"),
	                          &user_model, WEIR_READS_UNSAID, &rows, &blog.err));
	ck_assert_uint_eq(rows.count, 1);
	ck_assert_str_eq(rows.items[0]->email, "ada@example.org");
	user_list_release(&rows);
}

/* ---- Parameters -------------------------------------------------------------------------------------------------------------- */

typedef struct echo {
	bool           a_bool;
	int16_t        a_small;
	int32_t        an_int;
	int64_t        a_big;
	double         a_double;
	weir_numeric   a_numeric;
	const char    *a_text;
	weir_time      a_time;
	weir_timestamp a_timestamp;
	weir_uuid      a_uuid;
	weir_json      a_json;
	weir_opt_i32   nothing;
	const char    *no_text;
	weir_opt_i64   no_type;
} echo;
WEIR_RECORD(echo)

static const weir_field echo_fields[] = {
	WEIR_FIELD(echo, a_bool),
	WEIR_FIELD(echo, a_small),
	WEIR_FIELD(echo, an_int),
	WEIR_FIELD(echo, a_big),
	WEIR_FIELD(echo, a_double),
	WEIR_FIELD(echo, a_numeric),
	WEIR_FIELD(echo, a_text),
	WEIR_FIELD(echo, a_time),
	WEIR_FIELD(echo, a_timestamp),
	WEIR_FIELD(echo, a_uuid),
	WEIR_FIELD(echo, a_json),
	WEIR_FIELD(echo, nothing),
	WEIR_FIELD(echo, no_text, .nullable = true),
	WEIR_FIELD(echo, no_type),
};
static const weir_model echo_model = WEIR_RESULT(echo, echo_fields);

SQL_TEST(test_params__of_every_type_come_back_as_they_were)
{
	echo_list   rows = WEIR_LIST_INIT;
	const char *hostile = "'; DROP TABLE users; -- \\ $1 \"\xc3\xa9\"";
	const char *none = NULL;
	weir_uuid   uuid = { { 1, 2, 3 } };

	for (int round = 0; round < 3; round++) {
		assert_ok(weir_query_into_cached(
			blog.session,
			WEIR_SQL("SELECT $1 AS a_bool, $2 AS a_small, $3 AS an_int, $4 AS a_big, $5 AS a_double, $6 AS a_numeric, "
		             "$7 AS a_text, $8 AS a_time, $9 AS a_timestamp, $10 AS a_uuid, $11 AS a_json, $12 AS nothing, "
		             "$13 AS no_text, $14::int8 AS no_type"),
			WEIR_PARAMS((bool)true, (short)-3, INT32_MIN, INT64_MAX, -0.5, weir_numeric_of("12.340"), hostile,
		                weir_time_of(1), weir_timestamp_of(INT64_MAX), uuid, weir_json_of("{\"a\": 1}"),
		                weir_null_i32(), none, NULL),
			&echo_model, WEIR_READS(user), &rows, &blog.err));
		const echo *it = rows.items[0];
		ck_assert(it->a_bool && it->a_small == -3 && it->an_int == INT32_MIN && it->a_big == INT64_MAX);
		ck_assert_double_eq(it->a_double, -0.5);
		ck_assert_str_eq(it->a_numeric.text, "12.340");
		ck_assert_str_eq(it->a_text, hostile);
		ck_assert(it->a_time.unix_us == 1 && it->a_timestamp.us == INT64_MAX);
		ck_assert_int_eq(memcmp(it->a_uuid.bytes, uuid.bytes, 16), 0);
		ck_assert_str_eq(it->a_json.text, "{\"a\": 1}");
		ck_assert(!it->nothing.has && !it->no_text && !it->no_type.has);
		echo_list_release(&rows);
	}
}

SQL_TEST(test_params__a_text_is_never_taken_for_another_type)
{
	weir_opt_i64 value = weir_null_i64();

	assert_status(WEIR_ERR_SCHEMA, weir_query_i64(blog.session, WEIR_SQL("SELECT id FROM users WHERE id = $1"),
	                                              WEIR_PARAMS("12345678"), &value, &blog.err));
	ck_assert_str_eq(blog.err.sqlstate, "42883");
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT $1::int8"), WEIR_PARAMS("12345678"), &value, &blog.err));
	ck_assert_int_eq(value.value, 12345678);
}

SQL_TEST(test_params__arrays_are_one_parameter)
{
	const int64_t     ids[] = { blog_user(&blog, "a"), blog_user(&blog, "b"), blog_user(&blog, "c") };
	const char *const names[] = { "b", "c", "x", NULL };
	weir_opt_i64      value = weir_null_i64();

	assert_ok(weir_query_i64(blog.session,
	                         WEIR_SQL("SELECT count(*) FROM users WHERE id = ANY($1) AND username = ANY($2)"),
	                         WEIR_PARAMS(weir_array(ids, 3), weir_array(names, 4)), &value, &blog.err));
	ck_assert_int_eq(value.value, 2);
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT count(*) FROM users WHERE id = ANY($1)"),
	                         WEIR_PARAMS(weir_array(ids, 0)), &value, &blog.err));
	ck_assert_int_eq(value.value, 0);
}

/* ---- Values ------------------------------------------------------------------------------------------------------------------ */

SQL_TEST(test_query_value__gives_one_value_null_or_no_row)
{
	weir_opt_i64  number = weir_null_i64();
	weir_opt_f64  real = weir_null_f64();
	weir_opt_bool yes = weir_null_bool();
	weir_opt_time time = weir_null_time();
	char         *text = NULL;

	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT 5::int2"), WEIR_NO_PARAMS, &number, &blog.err));
	ck_assert_int_eq(number.value, 5);
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT max(id) FROM users"), WEIR_NO_PARAMS, &number, &blog.err));
	ck_assert(!number.has);
	assert_status(WEIR_NOT_FOUND,
	              weir_query_i64(blog.session, WEIR_SQL("SELECT id FROM users"), WEIR_NO_PARAMS, &number, &blog.err));
	assert_ok(weir_query_f64(blog.session, WEIR_SQL("VALUES (0.5::float8)"), WEIR_NO_PARAMS, &real, &blog.err));
	ck_assert_double_eq(real.value, 0.5);
	assert_ok(
		weir_query_bool(blog.session, WEIR_SQL("SELECT EXISTS (SELECT FROM users)"), WEIR_NO_PARAMS, &yes, &blog.err));
	ck_assert(yes.has && !yes.value);
	assert_ok(weir_query_time(blog.session, WEIR_SQL("SELECT 'epoch'::timestamptz"), WEIR_NO_PARAMS, &time, &blog.err));
	ck_assert_int_eq(time.value.unix_us, 0);
	assert_ok(weir_query_text(blog.session, WEIR_SQL("SELECT 1.50::numeric"), WEIR_NO_PARAMS, &text, &blog.err));
	ck_assert_str_eq(text, "1.50");
	weir_free(text);
	text = NULL;
	assert_ok(weir_query_text(blog.session, WEIR_SQL("SELECT $1 || 'b'"), WEIR_PARAMS("a"), &text, &blog.err));
	ck_assert_str_eq(text, "ab");
	assert_status(WEIR_ERR_USAGE,
	              weir_query_text(blog.session, WEIR_SQL("SELECT 'x'"), WEIR_NO_PARAMS, &text, &blog.err));
	weir_free(text);
	assert_status(WEIR_ERR_USAGE,
	              weir_query_i64(blog.session, WEIR_SQL("SELECT 1, 2"), WEIR_NO_PARAMS, &number, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_query_i64(blog.session, WEIR_SQL("VALUES (1), (2)"), WEIR_NO_PARAMS, &number, &blog.err));
	assert_status(WEIR_ERR_SCHEMA,
	              weir_query_i64(blog.session, WEIR_SQL("SELECT 'x'"), WEIR_NO_PARAMS, &number, &blog.err));
}

/* ---- Cached ---------------------------------------------------------------------------------------------------------------------- */

SQL_TEST(test_query_into_cached__asks_the_database_once_and_gives_the_same_rows)
{
	top_list cold = WEIR_LIST_INIT, warm = WEIR_LIST_INIT;
	int64_t  ada = blog_user(&blog, "ada");

	blog_post(&blog, ada, "one");
	assert_queries(1, top_users(blog.session, 10, true, &cold));
	assert_queries(0, top_users(blog.session, 10, true, &warm));
	ck_assert_uint_eq(warm.count, 1);
	ck_assert_str_eq(warm.items[0]->name, cold.items[0]->name);
	ck_assert_int_eq(warm.items[0]->posts, 1);
	top_list_release(&warm);
	assert_queries(1, top_users(blog.session, 11, true, &warm)); /* another parameter */
	top_list_release(&warm);
	top_list_release(&cold);
}

SQL_TEST(test_query_into_cached__every_kind_of_write_to_any_of_its_models_is_seen)
{
	const user *written = NULL;
	int64_t     ada = blog_user(&blog, "ada"), post_id;

	ck_assert_str_eq(cached_top(blog.session), "ada:0");
	blog_user(&blog, "eve");
	ck_assert_str_eq(cached_top(blog.session), "ada:0 eve:0");
	post_id = blog_post(&blog, ada, "one");
	ck_assert_str_eq(cached_top(blog.session), "ada:1 eve:0");
	assert_ok(post_dao_create_many(&blog.posts, &(post){ .user_id = ada, .title = "t" }, 1,
	                               WEIR_SET(post, user_id, title), NULL, &blog.err));
	ck_assert_str_eq(cached_top(blog.session), "ada:2 eve:0");
	assert_ok(
		user_dao_update(&blog.users, ada, &(user){ .username = "lady" }, WEIR_SET(user, username), NULL, &blog.err));
	ck_assert_str_eq(cached_top(blog.session), "lady:2 eve:0");
	assert_ok(post_dao_delete(&blog.posts, post_id, NULL, &blog.err));
	ck_assert_str_eq(cached_top(blog.session), "lady:1 eve:0");
	assert_ok(weir_base_dao_delete_where(&blog.posts.base, weir_everything(), NULL, &blog.err));
	ck_assert_str_eq(cached_top(blog.session), "eve:0 lady:0");
	assert_ok(weir_base_dao_upsert(&blog.users.base, &(user){ .username = "adam", .email = "ada@example.org" },
	                               WEIR_UPSERT(.set = WEIR_SET(user, username, email), .on = user_c.email.column),
	                               &written, NULL, &blog.err));
	user_release(&written);
	ck_assert_str_eq(cached_top(blog.session), "adam:0 eve:0");
	assert_queries(0, cached_top(blog.session));
	blog_sql(&blog, "UPDATE users SET username = 'x' WHERE username = 'eve'");
	assert_ok(
		weir_cache_manager_flush(weir_session_cache(blog.session), &post_model, &blog.err)); /* the second model */
	ck_assert_str_eq(cached_top(blog.session), "adam:0 x:0");
}

SQL_TEST(test_query_into_cached__writes_to_other_models_leave_it_alone)
{
	int64_t ada = blog_user(&blog, "ada"), about = blog_post(&blog, ada, "one");

	cached_top(blog.session);
	assert_ok(comment_dao_create(&blog.comments, &(comment){ .post_id = about, .user_id = ada, .body = "b" },
	                             WEIR_SET(comment, post_id, user_id, body), NULL, &blog.err));
	assert_queries(0, cached_top(blog.session));
}

SQL_TEST(test_query_into_cached__works_with_models_of_different_cache_versions)
{
	int64_t ada = blog_user(&blog, "ada");

	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &post_model,
	                                       &(weir_cache_config){ .version = 1234567 }, &blog.err));
	ck_assert_str_eq(cached_top(blog.session), "ada:0");
	assert_queries(0, ck_assert_str_eq(cached_top(blog.session), "ada:0"));
	blog_post(&blog, ada, "one");
	ck_assert_str_eq(cached_top(blog.session), "ada:1");
	assert_queries(0, cached_top(blog.session));
}

SQL_TEST(test_query_into_cached__is_off_where_one_of_its_models_is)
{
	blog_user(&blog, "ada");
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &post_model,
	                                       &(weir_cache_config){ .enabled = WEIR_OFF }, &blog.err));
	assert_queries(1, cached_top(blog.session));
	assert_queries(1, cached_top(blog.session));
}

SQL_TEST(test_query_into__in_a_transaction_asks_the_database_and_fills_nothing)
{
	weir_session *tx = NULL;

	blog_user(&blog, "ada");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(weir_execute(tx, WEIR_SQL("UPDATE users SET username = 'eve'"), WEIR_NO_PARAMS, WEIR_WRITES(user), NULL,
	                       &blog.err));
	ck_assert_str_eq(cached_top(tx), "eve:0");
	weir_rollback(&tx);
	ck_assert_str_eq(cached_top(blog.session), "ada:0");
}

/* ---- Writing ------------------------------------------------------------------------------------------------------------------- */

static const char *cached_bio(int64_t id)
{
	static char text[64];
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	snprintf(text, sizeof text, "%s", found->bio ? found->bio : "");
	user_release(&found);
	return text;
}

SQL_TEST(test_execute__of_unknown_rows_is_seen_by_records_lists_and_relations)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");
	int64_t affected = 0;

	for (int round = 0; round < 3; round++) {
		char bio[8] = { 'v', (char)('0' + round), '\0' };

		cached_bio(ada);
		cached_bio(eve);
		cached_top(blog.session);
		assert_ok(weir_execute(blog.session, WEIR_SQL("UPDATE users SET bio = $1, username = username || '!'"),
		                       WEIR_PARAMS(bio), WEIR_WRITES(user), &affected, &blog.err));
		ck_assert_int_eq(affected, 2);
		ck_assert_str_eq(cached_bio(ada), bio);
		ck_assert_str_eq(cached_bio(eve), bio);
		assert_queries(0, cached_bio(ada));
		ck_assert_str_eq(cached_top(blog.session), round == 0   ? "ada!:0 eve!:0"
		                                           : round == 1 ? "ada!!:0 eve!!:0"
		                                                        : "ada!!!:0 eve!!!:0");
	}
}

SQL_TEST(test_execute__of_rows_returned_touches_only_these)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");
	int64_t affected = 0;

	cached_bio(ada);
	cached_bio(eve);
	assert_ok(weir_execute(blog.session, WEIR_SQL("UPDATE users SET bio = 'new' WHERE username = $1 RETURNING 1, id"),
	                       WEIR_PARAMS("ada"), WEIR_WRITES_RETURNED(user), &affected, &blog.err));
	ck_assert_int_eq(affected, 1);
	ck_assert_str_eq(cached_bio(ada), "new");
	assert_queries(0, cached_bio(eve));
}

SQL_TEST(test_execute_into__returns_rows_as_structs)
{
	top_list rows = WEIR_LIST_INIT;
	int64_t  ada = blog_user(&blog, "ada");

	cached_bio(ada);
	assert_ok(weir_execute_into(
		blog.session,
		WEIR_SQL("UPDATE users SET bio = 'b' RETURNING id, username, 7::int8 AS posts, NULL::float8 AS rating"),
		WEIR_NO_PARAMS, &top_model, WEIR_WRITES_RETURNED(user), &rows, &blog.err));
	ck_assert_uint_eq(rows.count, 1);
	ck_assert_int_eq(rows.items[0]->posts, 7);
	ck_assert_str_eq(cached_bio(ada), "b");
	top_list_release(&rows);
}

SQL_TEST(test_execute__whose_rows_do_not_name_themselves_is_undone)
{
	top_list rows = WEIR_LIST_INIT;

	blog_user(&blog, "ada");
	assert_status(WEIR_ERR_SCHEMA, weir_execute(blog.session, WEIR_SQL("UPDATE users SET bio = 'b' RETURNING username"),
	                                            WEIR_NO_PARAMS, WEIR_WRITES_RETURNED(user), NULL, &blog.err));
	ck_assert_str_eq(blog.err.column, "id");
	assert_status(WEIR_ERR_SCHEMA,
	              weir_execute_into(blog.session, WEIR_SQL("UPDATE users SET bio = 'b' RETURNING id, username"),
	                                WEIR_NO_PARAMS, &top_model, WEIR_WRITES(user), &rows, &blog.err));
	ck_assert_str_eq(blog.err.column, "posts");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(bio) FROM users"), "0");
	ck_assert_ptr_null(rows.items);
}

SQL_TEST(test_execute__in_a_transaction_is_seen_after_commit_and_not_after_rollback)
{
	int64_t ada = blog_user(&blog, "ada");

	for (int round = 0; round < 3; round++) {
		weir_session *tx = NULL, *inner = NULL;

		cached_bio(ada);
		assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
		assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
		assert_ok(weir_execute(inner, WEIR_SQL("UPDATE users SET bio = 'changed'"), WEIR_NO_PARAMS, WEIR_WRITES(user),
		                       NULL, &blog.err));
		if (round == 0)
			weir_rollback(&inner);
		else
			assert_ok(weir_commit(&inner, &blog.err));
		assert_queries(0, ck_assert_str_eq(cached_bio(ada), ""));
		if (round < 2)
			weir_rollback(&tx);
		else
			assert_ok(weir_commit(&tx, &blog.err));
		if (round < 2)
			assert_queries(0, ck_assert_str_eq(cached_bio(ada), ""));
		else
			ck_assert_str_eq(cached_bio(ada), "changed");
	}
}

START_TEST(test_execute__in_one_session_is_seen_at_once_by_another)
{
	weir_session *other;
	int64_t       ada;

	blog_open(&blog, NULL);
	other = blog_open_other(&blog, NULL);
	ada = blog_user(&blog, "ada");
	for (int i = 0; i < 5; i++) {
		char bio[8] = { 'v', (char)('0' + i), '\0' };

		cached_bio(ada);
		cached_top(blog.session);
		assert_ok(weir_execute(other, WEIR_SQL("UPDATE users SET bio = $1, username = $1 WHERE id = $2"),
		                       WEIR_PARAMS(bio, ada), WEIR_WRITES(user), NULL, &blog.err));
		ck_assert_str_eq(cached_bio(ada), bio);
		ck_assert(strncmp(cached_top(blog.session), bio, 2) == 0);
		assert_ok(weir_execute(other, WEIR_SQL("UPDATE users SET bio = 'r' WHERE id = $1 RETURNING id"),
		                       WEIR_PARAMS(ada), WEIR_WRITES_RETURNED(user), NULL, &blog.err));
		ck_assert_str_eq(cached_bio(ada), "r");
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- Bad input ------------------------------------------------------------------------------------------------------------------ */

SQL_TEST(test_sql_by_hand__bad_input_is_named_and_sends_nothing)
{
	static const weir_field text_fields[] = { WEIR_FIELD(top, posts) };
	static const weir_model unknown_model = WEIR_MODEL(top, "unknown", text_fields);
	const weir_sql          empty = WEIR_SQL(" /* SELECT */ -- SELECT");
	const top              *item = NULL;
	top_list                rows = WEIR_LIST_INIT, full = { .items = &item, .count = 1 };
	uint64_t                before = blog_queries(&blog);
	weir_session           *s = blog.session;
	const weir_params       none = WEIR_NO_PARAMS;
	const weir_models       unsaid = WEIR_READS_UNSAID;

	assert_status(WEIR_ERR_USAGE, weir_query_into(NULL, TOP_SQL, none, &top_model, unsaid, &rows, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, empty, none, &top_model, unsaid, &rows, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_query_into(s, WEIR_SQL("delete from users"), none, &top_model, unsaid, &rows, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "weir_execute"));
	assert_status(WEIR_ERR_USAGE, weir_execute(s, WEIR_SQL("COMMIT"), none, WEIR_WRITES(user), NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_execute(s, WEIR_SQL("SET search_path TO x"), none, WEIR_WRITES(user), NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, TOP_SQL, WEIR_PARAMS(1), &top_model, unsaid, &rows, &blog.err));
	ck_assert_str_eq(blog.err.message, "the statement has 2 parameters, 1 were given");
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, WEIR_SQL("SELECT '$1', \"$2\", $$ $3 $$, e'\\'$4', a$5 -- $6"),
	                                              WEIR_PARAMS(1), &top_model, unsaid, &rows, &blog.err));
	ck_assert_str_eq(blog.err.message, "the statement has 0 parameters, 1 were given");
	assert_status(WEIR_ERR_VALUE, weir_query_into(s, WEIR_SQL("SELECT $1"), WEIR_PARAMS(weir_numeric_of("1,5")),
	                                              &top_model, unsaid, &rows, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, WEIR_SQL("SELECT 1"), none, NULL, unsaid, &rows, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, WEIR_SQL("SELECT 1"), none, &top_model, unsaid, &full, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_query_into(s, WEIR_SQL("SELECT 1"), none, &top_model, unsaid, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_query_into_cached(s, WEIR_SQL("SELECT 1"), none, &top_model, unsaid, &rows, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "WEIR_READS"));
	assert_status(WEIR_ERR_LIMIT,
	              weir_query_into_cached(s, WEIR_SQL("SELECT 1"), none, &top_model,
	                                     WEIR_READS(user, user, user, user, user, user, user, user), &rows, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_execute(s, WEIR_SQL("DELETE FROM users"), none, WEIR_WRITES(unknown), NULL, &blog.err));
	ck_assert_str_eq(blog.err.model, "top");
	ck_assert_uint_eq(blog_queries(&blog), before);
}

SQL_TEST(test_query_into__a_result_that_does_not_fit_names_the_field)
{
	static const struct {
		const char *column, *message;
	} expected[] = { { "posts", "no column" }, { "name", "more than one" }, { "posts", "int8" }, { "posts", "NULL" } };
	const weir_sql wrong[] = {
		WEIR_SQL("SELECT 'a' AS username, 0.5::float8 AS rating"),
		WEIR_SQL("SELECT 'a' AS username, 'b' AS username, 1::int8 AS posts, 0.5::float8 AS rating"),
		WEIR_SQL("SELECT 'a' AS username, 1 AS posts, 0.5::float8 AS rating"),
		WEIR_SQL("SELECT 'a' AS username, NULL::int8 AS posts, 0.5::float8 AS rating"),
	};

	for (size_t i = 0; i < 4; i++) {
		top_list rows = WEIR_LIST_INIT;

		assert_status(WEIR_ERR_SCHEMA, weir_query_into(blog.session, wrong[i], WEIR_NO_PARAMS, &top_model,
		                                               WEIR_READS_UNSAID, &rows, &blog.err));
		ck_assert_str_eq(blog.err.model, "top");
		ck_assert_str_eq(blog.err.column, expected[i].column);
		ck_assert_ptr_nonnull(strstr(blog.err.message, expected[i].message));
	}
}

SQL_TEST(test_query_into__errors_of_the_server_keep_their_sqlstate_and_the_session_goes_on)
{
	weir_opt_i64 value = weir_null_i64();
	top_list     rows = WEIR_LIST_INIT;

	assert_status(WEIR_ERR_DATABASE,
	              weir_query_i64(blog.session, WEIR_SQL("SELECT FROM WHERE"), WEIR_NO_PARAMS, &value, &blog.err));
	ck_assert_str_eq(blog.err.sqlstate, "42601");
	assert_status(WEIR_ERR_DATABASE, weir_query_i64(blog.session, WEIR_SQL("SELECT 1; DROP TABLE users"),
	                                                WEIR_NO_PARAMS, &value, &blog.err));
	assert_status(WEIR_ERR_SCHEMA,
	              weir_query_i64(blog.session, WEIR_SQL("SELECT 1 FROM nowhere"), WEIR_NO_PARAMS, &value, &blog.err));
	assert_status(WEIR_ERR_UNIQUE,
	              weir_execute(blog.session,
	                           WEIR_SQL("INSERT INTO users (username, email) VALUES ($1, 'a'), ($1, 'b')"),
	                           WEIR_PARAMS("ada"), WEIR_WRITES(user), NULL, &blog.err));
	assert_status(WEIR_ERR_LIMIT, weir_query_into(blog.session,
	                                              WEIR_SQL("SELECT 'a' AS username, g AS posts, NULL::float8 AS rating "
	                                                       "FROM generate_series(1::int8, $1) g"),
	                                              WEIR_PARAMS(10001), &top_model, WEIR_READS_UNSAID, &rows, &blog.err));
	assert_ok(weir_query_i64(blog.session, WEIR_SQL("SELECT count(*) FROM users"), WEIR_NO_PARAMS, &value, &blog.err));
	ck_assert_int_eq(value.value, 0);
}

/* ---- Threads --------------------------------------------------------------------------------------------------------------------- */

static void *ask(void *argument)
{
	int *failures = argument;

	for (int i = 0; i < 50; i++) {
		top_list      rows = WEIR_LIST_INIT;
		const int64_t never[] = { -1 };

		if (weir_query_into_cached(blog.session, TOP_SQL, WEIR_PARAMS(i % 5 + 1, weir_array(never, 1)), &top_model,
		                           WEIR_READS(user, post), &rows, NULL) != WEIR_OK ||
		    rows.count != 1)
			++*failures;
		top_list_release(&rows);
	}
	return NULL;
}

SQL_TEST(test_query_into__many_threads_meet_a_model_at_once)
{
	pthread_t threads[4];
	int       failures[4] = { 0 };

	blog_user(&blog, "ada");
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, &failures[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(failures[i], 0);
	}
}

WEIR_SUITE("sql_by_hand", test_query_into__fills_any_described_struct_by_the_names_of_columns,
           test_query_into__takes_models_of_the_session_too, test_params__of_every_type_come_back_as_they_were,
           test_params__a_text_is_never_taken_for_another_type, test_params__arrays_are_one_parameter,
           test_query_value__gives_one_value_null_or_no_row,
           test_query_into_cached__asks_the_database_once_and_gives_the_same_rows,
           test_query_into_cached__every_kind_of_write_to_any_of_its_models_is_seen,
           test_query_into_cached__writes_to_other_models_leave_it_alone,
           test_query_into_cached__works_with_models_of_different_cache_versions,
           test_query_into_cached__is_off_where_one_of_its_models_is,
           test_query_into__in_a_transaction_asks_the_database_and_fills_nothing,
           test_execute__of_unknown_rows_is_seen_by_records_lists_and_relations,
           test_execute__of_rows_returned_touches_only_these, test_execute_into__returns_rows_as_structs,
           test_execute__whose_rows_do_not_name_themselves_is_undone,
           test_execute__in_a_transaction_is_seen_after_commit_and_not_after_rollback,
           test_execute__in_one_session_is_seen_at_once_by_another,
           test_sql_by_hand__bad_input_is_named_and_sends_nothing,
           test_query_into__a_result_that_does_not_fit_names_the_field,
           test_query_into__errors_of_the_server_keep_their_sqlstate_and_the_session_goes_on,
           test_query_into__many_threads_meet_a_model_at_once);
