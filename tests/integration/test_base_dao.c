/* base_dao and the bundled DAOs on a real PostgreSQL, without a cache: rows A1 to A24 of docs/features.md. */
#include "support/blog.h"

#include <stdio.h>
#include <string.h>

static struct blog blog;

static void setup(void)
{
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
}

static void teardown(void)
{
	blog_close(&blog);
}

#define BLOG_TEST(name)                                                                                                \
	static void body_##name(void);                                                                                     \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		setup();                                                                                                       \
		body_##name();                                                                                                 \
		teardown();                                                                                                    \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void body_##name(void)

static void add_users(int count)
{
	char names[64][16];
	char emails[64][32];
	user rows[64];

	ck_assert_int_le(count, 64);
	for (int i = 0; i < count; i++) {
		snprintf(names[i], sizeof names[i], "user%02d", i);
		snprintf(emails[i], sizeof emails[i], "user%02d@example.org", i);
		rows[i] = (user){ .username = names[i], .email = emails[i], .age = weir_some_i32(20 + i) };
	}
	assert_ok(
		user_dao_create_many(&blog.users, rows, (size_t)count, WEIR_SET(user, username, email, age), NULL, &blog.err));
}

BLOG_TEST(test_dao__knows_its_model_and_session)
{
	ck_assert_ptr_eq(blog.users.base.model, &user_model);
	ck_assert_ptr_eq(blog.users.base.session, blog.session);
	ck_assert_ptr_eq(weir_get_dao(blog.session, &post_model).model, &post_model);
	ck_assert_ptr_eq(get_comment_dao(blog.session).base.model, &comment_model);
}

BLOG_TEST(test_create__returns_the_row_with_generated_id_and_defaults)
{
	const user *ada = NULL;

	assert_ok(user_dao_create(&blog.users, &(user){ .username = "ada", .email = "ada@example.org" },
	                          WEIR_SET(user, username, email), &ada, &blog.err));
	ck_assert_int_gt(ada->id, 0);
	ck_assert_str_eq(ada->username, "ada");
	ck_assert_ptr_null(ada->bio);
	ck_assert(!ada->age.has);
	ck_assert_str_eq(ada->balance.text, "0.00");
	ck_assert(ada->is_active);
	ck_assert_int_gt(ada->created_at.unix_us, INT64_C(1700000000000000));
	user_release(&ada);
	ck_assert_ptr_null(ada);
}

BLOG_TEST(test_create__stores_every_column_given)
{
	const post *made = NULL;
	int64_t     author = blog_user(&blog, "ada");

	assert_ok(post_dao_create(&blog.posts,
	                          &(post){ .user_id = author,
	                                   .title = "T \"quoted\" \\ \xc3\xa9",
	                                   .body = "line\nline",
	                                   .published = true,
	                                   .views = INT64_MAX,
	                                   .rating = weir_some_f64(4.75),
	                                   .meta = weir_json_of("{\"b\":1,  \"a\":[true,null]}") },
	                          WEIR_SET(post, user_id, title, body, published, views, rating, meta), &made, &blog.err));
	ck_assert_str_eq(made->title, "T \"quoted\" \\ \xc3\xa9");
	ck_assert_str_eq(made->body, "line\nline");
	ck_assert(made->published);
	ck_assert_int_eq(made->views, INT64_MAX);
	ck_assert(made->rating.has && made->rating.value > 4.74 && made->rating.value < 4.76);
	ck_assert_str_eq(made->meta.text, blog_sql(&blog, "SELECT meta::text FROM posts"));
	post_release(&made);
}

BLOG_TEST(test_create__without_columns_uses_all_defaults_and_reports_what_is_missing)
{
	const user *made = NULL;

	assert_status(WEIR_ERR_NOT_NULL, user_dao_create(&blog.users, &(user){ .id = 0 },
	                                                 (weir_set){ &user_model, NULL, 0 }, &made, &blog.err));
	ck_assert_str_eq(blog.err.sqlstate, "23502");
	ck_assert_str_eq(blog.err.column, "username");
	ck_assert_ptr_null(made);
}

BLOG_TEST(test_create_many__keeps_the_order_given)
{
	user_list made = WEIR_LIST_INIT;
	user      rows[3] = { { .username = "c", .email = "c@x" },
		                  { .username = "a", .email = "a@x" },
		                  { .username = "b", .email = "b@x" } };

	assert_ok(user_dao_create_many(&blog.users, rows, 3, WEIR_SET(user, username, email), &made, &blog.err));
	ck_assert_uint_eq(made.count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(made.items[i]->username, rows[i].username);
	user_list_release(&made);
	ck_assert_ptr_null(made.items);
}

BLOG_TEST(test_create_many__stores_all_or_none)
{
	int64_t count = -1;
	user    rows[3] = { { .username = "a", .email = "a@x" },
		                { .username = "b", .email = "b@x" },
		                { .username = "a", .email = "c@x" } };

	assert_status(WEIR_ERR_UNIQUE,
	              user_dao_create_many(&blog.users, rows, 3, WEIR_SET(user, username, email), NULL, &blog.err));
	assert_ok(user_dao_count(&blog.users, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 0);
}

BLOG_TEST(test_get_by_id__not_found_is_an_outcome_and_no_error)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_by_id(&blog.users, id, &found, &blog.err));
	ck_assert_str_eq(found->email, "ada@example.org");
	user_release(&found);
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_id(&blog.users, id + 1, &found, &blog.err));
	ck_assert_ptr_null(found);
}

BLOG_TEST(test_get_many__keeps_order_gaps_and_doubles)
{
	user_list found = WEIR_LIST_INIT;
	int64_t   a = blog_user(&blog, "a"), b = blog_user(&blog, "b");
	int64_t   ids[] = { b, 999999, a, b };
	uint64_t  before = blog_queries(&blog);

	assert_ok(user_dao_get_many(&blog.users, ids, 4, &found, &blog.err));
	ck_assert_uint_eq(blog_queries(&blog) - before, 1);
	ck_assert_uint_eq(found.count, 4);
	ck_assert_str_eq(found.items[0]->username, "b");
	ck_assert_ptr_null(found.items[1]);
	ck_assert_str_eq(found.items[2]->username, "a");
	ck_assert_ptr_eq(found.items[3], found.items[0]);
	user_list_release(&found);
}

BLOG_TEST(test_get_by__username_and_email_find_the_row)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_by_username(&blog.users, "ada", &found, &blog.err));
	ck_assert_int_eq(found->id, id);
	user_release(&found);
	assert_ok(user_dao_get_by_email(&blog.users, "ada@example.org", &found, &blog.err));
	ck_assert_int_eq(found->id, id);
	user_release(&found);
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_email(&blog.users, "", &found, &blog.err));
}

BLOG_TEST(test_get_all__pages_by_skip_and_limit_with_defaults_0_and_100)
{
	user_list page = WEIR_LIST_INIT;

	add_users(10);
	assert_ok(user_dao_get_all(&blog.users, NULL, &page, &blog.err));
	ck_assert_uint_eq(page.count, 10);
	for (size_t i = 1; i < page.count; i++)
		ck_assert_int_lt(page.items[i - 1]->id, page.items[i]->id);
	user_list_release(&page);
	assert_ok(user_dao_get_all(&blog.users, WEIR_QUERY(.skip = 4, .limit = 3), &page, &blog.err));
	ck_assert_uint_eq(page.count, 3);
	ck_assert_str_eq(page.items[0]->username, "user04");
	user_list_release(&page);
	assert_ok(user_dao_get_all(&blog.users, WEIR_QUERY(.limit = weir_limit(0)), &page, &blog.err));
	ck_assert_uint_eq(page.count, 0);
	user_list_release(&page);
}

BLOG_TEST(test_get_all__filters_are_combined)
{
	user_list page = WEIR_LIST_INIT;
	int32_t   ages[] = { 21, 25, 400 };

	add_users(10);
	assert_ok(user_dao_get_all(&blog.users,
	                           WEIR_QUERY(.where = weir_all(weir_eq(user_c.is_active, true), weir_eq(user_c.age, 23))),
	                           &page, &blog.err));
	ck_assert_uint_eq(page.count, 1);
	ck_assert_str_eq(page.items[0]->username, "user03");
	user_list_release(&page);
	assert_ok(
		user_dao_get_all(&blog.users,
	                     WEIR_QUERY(.where = weir_any(weir_in(user_c.age, ages, 3), weir_between(user_c.age, 27, 28)),
	                                .order = WEIR_ORDER(weir_desc(user_c.age))),
	                     &page, &blog.err));
	ck_assert_uint_eq(page.count, 4);
	ck_assert_int_eq(page.items[0]->age.value, 28);
	ck_assert_int_eq(page.items[3]->age.value, 21);
	user_list_release(&page);
}

/* Each operator, its opposite, and how many of ten users (user00 to user09, ages 20 to 29) match. */
BLOG_TEST(test_get_all__every_operator)
{
	int32_t     ages[] = { 20, 21 };
	const char *names[] = { "user05", "nobody" };
	int64_t     count = 0;

	add_users(10);
	const struct {
		weir_condition where;
		int64_t        rows;
	} cases[] = {
		{ weir_eq(user_c.age, 22), 1 },
		{ weir_ne(user_c.age, 22), 9 },
		{ weir_lt(user_c.age, 22), 2 },
		{ weir_le(user_c.age, 22), 3 },
		{ weir_gt(user_c.age, 22), 7 },
		{ weir_ge(user_c.age, 22), 8 },
		{ weir_between(user_c.age, 22, 24), 3 },
		{ weir_in(user_c.age, ages, 2), 2 },
		{ weir_in(user_c.age, ages, 0), 0 },
		{ weir_in(user_c.username, names, 2), 1 },
		{ weir_like(user_c.username, "user_5"), 1 },
		{ weir_like(user_c.username, "USER%"), 0 },
		{ weir_ilike(user_c.username, "USER%"), 10 },
		{ weir_contains(user_c.username, "r0"), 10 },
		{ weir_contains(user_c.username, "%"), 0 },
		{ weir_starts_with(user_c.username, "user0"), 10 },
		{ weir_ends_with(user_c.username, "7"), 1 },
		{ weir_icontains(user_c.username, "SER07"), 1 },
		{ weir_is_null(user_c.bio), 10 },
		{ weir_is_not_null(user_c.bio), 0 },
		{ weir_eq(user_c.bio, NULL), 10 },
		{ weir_ne(user_c.bio, NULL), 0 },
		{ weir_eq(user_c.age, weir_null_i32()), 0 },
		{ weir_not(weir_eq(user_c.age, 22)), 9 },
		{ weir_all(weir_gt(user_c.age, 22), weir_lt(user_c.age, 25)), 2 },
		{ weir_any(weir_lt(user_c.age, 22), weir_gt(user_c.age, 27)), 4 },
		{ weir_eq(user_c.is_active, false), 0 },
		{ weir_eq(user_c.balance, weir_numeric_of("0.000")), 10 },
		{ weir_le(user_c.created_at, weir_time_of(0)), 0 },
		{ weir_everything(), 10 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_ok(user_dao_count(&blog.users, WEIR_QUERY(.where = cases[i].where), &count, &blog.err));
		ck_assert_msg(count == cases[i].rows, "case %zu: %lld rows", i, (long long)count);
	}
}

BLOG_TEST(test_search_users__takes_percent_and_underscore_literally)
{
	user_list found = WEIR_LIST_INIT;

	blog_user(&blog, "fifty%off");
	blog_user(&blog, "fifty_off");
	assert_ok(user_dao_search_users(&blog.users, "Y%O", 0, 100, &found, &blog.err));
	ck_assert_uint_eq(found.count, 1);
	ck_assert_str_eq(found.items[0]->username, "fifty%off");
	user_list_release(&found);
	assert_ok(user_dao_search_users(&blog.users, "Y_o", 0, 100, &found, &blog.err));
	ck_assert_uint_eq(found.count, 1);
	user_list_release(&found);
}

BLOG_TEST(test_count__counts_all_or_what_matches_or_what_a_page_holds)
{
	int64_t count = -1;

	add_users(10);
	assert_ok(user_dao_count(&blog.users, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 10);
	assert_ok(user_dao_count(&blog.users, WEIR_QUERY(.where = weir_lt(user_c.age, 24)), &count, &blog.err));
	ck_assert_int_eq(count, 4);
	assert_ok(user_dao_count(&blog.users, WEIR_QUERY(.skip = 8, .limit = 5), &count, &blog.err));
	ck_assert_int_eq(count, 2);
}

BLOG_TEST(test_exists__answers_yes_or_no)
{
	bool exists = true;

	assert_ok(user_dao_exists(&blog.users, NULL, &exists, &blog.err));
	ck_assert(!exists);
	blog_user(&blog, "ada");
	assert_ok(user_dao_exists(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.username, "ada")), &exists, &blog.err));
	ck_assert(exists);
	assert_ok(user_dao_exists(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.username, "eve")), &exists, &blog.err));
	ck_assert(!exists);
}

BLOG_TEST(test_update__changes_the_columns_of_the_set_and_no_other)
{
	const user *ada = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_update(&blog.users, id, &(user){ .age = weir_some_i32(37), .username = "not looked at" },
	                          WEIR_SET(user, age), &ada, &blog.err));
	ck_assert_int_eq(ada->age.value, 37);
	ck_assert_str_eq(ada->username, "ada");
	user_release(&ada);
	assert_ok(
		user_dao_update(&blog.users, id, &(user){ .age = weir_null_i32() }, WEIR_SET(user, age), &ada, &blog.err));
	ck_assert(!ada->age.has);
	user_release(&ada);
}

BLOG_TEST(test_update__of_a_missing_row_is_not_found_and_changes_nothing)
{
	const user *none = NULL;

	assert_status(WEIR_NOT_FOUND, user_dao_update(&blog.users, 4711, &(user){ .age = weir_some_i32(1) },
	                                              WEIR_SET(user, age), &none, &blog.err));
	ck_assert_ptr_null(none);
}

BLOG_TEST(test_update__moves_updated_at_only_when_something_changed)
{
	const user *first = NULL, *second = NULL, *third = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_by_id(&blog.users, id, &first, &blog.err));
	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = "new" }, WEIR_SET(user, bio), &second, &blog.err));
	ck_assert_int_gt(second->updated_at.unix_us, first->updated_at.unix_us);
	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = "new" }, WEIR_SET(user, bio), &third, &blog.err));
	ck_assert_int_eq(third->updated_at.unix_us, second->updated_at.unix_us);
	user_release(&first);
	user_release(&second);
	user_release(&third);
}

BLOG_TEST(test_update__with_an_empty_set_reads_the_row)
{
	const user *ada = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(
		user_dao_update(&blog.users, id, &(user){ .id = 0 }, (weir_set){ &user_model, NULL, 0 }, &ada, &blog.err));
	ck_assert_str_eq(ada->username, "ada");
	user_release(&ada);
}

BLOG_TEST(test_update_where_and_delete_where__need_a_condition_and_say_how_many)
{
	int64_t changed = -1;

	add_users(10);
	assert_ok(weir_base_dao_update_where(&blog.users.base, weir_lt(user_c.age, 23), &(user){ .is_active = false },
	                                     WEIR_SET(user, is_active), &changed, &blog.err));
	ck_assert_int_eq(changed, 3);
	assert_ok(weir_base_dao_delete_where(&blog.users.base, weir_eq(user_c.is_active, false), &changed, &blog.err));
	ck_assert_int_eq(changed, 3);
	assert_status(WEIR_ERR_USAGE, weir_base_dao_delete_where(&blog.users.base, (weir_condition){ .op = WEIR_OP_NONE },
	                                                         &changed, &blog.err));
	assert_ok(weir_base_dao_delete_where(&blog.users.base, weir_everything(), &changed, &blog.err));
	ck_assert_int_eq(changed, 7);
}

BLOG_TEST(test_delete__says_whether_there_was_a_row)
{
	bool    deleted = false;
	int64_t id = blog_user(&blog, "ada");

	assert_ok(user_dao_delete(&blog.users, id, &deleted, &blog.err));
	ck_assert(deleted);
	assert_ok(user_dao_delete(&blog.users, id, &deleted, &blog.err));
	ck_assert(!deleted);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM users"), "0");
}

BLOG_TEST(test_constraints__are_told_apart_by_status_and_name)
{
	const user *none = NULL;
	int64_t     id = blog_user(&blog, "ada");

	blog_post(&blog, id, "first");
	assert_status(WEIR_ERR_UNIQUE, user_dao_create(&blog.users, &(user){ .username = "ada", .email = "other@x" },
	                                               WEIR_SET(user, username, email), &none, &blog.err));
	ck_assert_str_eq(blog.err.constraint, "users_username_key");
	ck_assert_int_eq(blog.err.effect, WEIR_EFFECT_NONE);
	assert_status(WEIR_ERR_FOREIGN_KEY, user_dao_delete(&blog.users, id, NULL, &blog.err));
	ck_assert_str_eq(blog.err.constraint, "posts_user_id_fkey");
	assert_status(WEIR_ERR_CHECK, user_dao_update(&blog.users, id, &(user){ .age = weir_some_i32(-1) },
	                                              WEIR_SET(user, age), NULL, &blog.err));
	ck_assert_str_eq(blog.err.constraint, "users_age_check");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM users WHERE age IS NULL"), "1");
}

BLOG_TEST(test_bad_input__names_the_column_and_sends_nothing)
{
	char        long_name[52];
	const user *none = NULL;
	user_list   empty = WEIR_LIST_INIT;
	uint64_t    before = blog_queries(&blog);

	memset(long_name, 'x', 51);
	long_name[51] = '\0';
	assert_status(WEIR_ERR_VALUE, user_dao_create(&blog.users, &(user){ .username = long_name, .email = "x" },
	                                              WEIR_SET(user, username, email), &none, &blog.err));
	ck_assert_str_eq(blog.err.column, "username");
	ck_assert_ptr_null(strstr(blog.err.message, "xxxx"));
	assert_status(WEIR_ERR_VALUE, user_dao_create(&blog.users, &(user){ .username = "a\xff", .email = "x" },
	                                              WEIR_SET(user, username, email), &none, &blog.err));
	assert_status(WEIR_ERR_NOT_NULL, user_dao_create(&blog.users, &(user){ .email = "x" },
	                                                 WEIR_SET(user, username, email), &none, &blog.err));
	ck_assert_str_eq(blog.err.column, "username");
	assert_status(WEIR_ERR_VALUE,
	              user_dao_create(&blog.users,
	                              &(user){ .username = "a", .email = "x", .balance = weir_numeric_of("12,5") },
	                              WEIR_SET(user, username, email, balance), &none, &blog.err));
	ck_assert_str_eq(blog.err.column, "balance");
	assert_status(WEIR_ERR_USAGE, user_dao_get_all(&blog.users, WEIR_QUERY(.skip = -1), &empty, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_dao_get_all(&blog.users, WEIR_QUERY(.limit = -1), &empty, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_dao_get_all(&blog.users, WEIR_QUERY(.limit = 10001), &empty, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              user_dao_get_all(&blog.users, WEIR_QUERY(.where = weir_eq(post_c.title, "x")), &empty, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              user_dao_create(&blog.users, &(user){ .id = 0 }, WEIR_SET(post, title), &none, &blog.err));
	assert_status(WEIR_ERR_VALUE,
	              user_dao_get_all(&blog.users, WEIR_QUERY(.where = weir_eq(user_c.age, INT64_C(3000000000))), &empty,
	                               &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_get_by(&blog.users.base, user_c.bio.column, &(user){ .bio = "x" }, &none, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              user_dao_update(&blog.users, 1, &(user){ .id = 5 }, WEIR_SET(user, id), &none, &blog.err));
	ck_assert_uint_eq(blog_queries(&blog), before);
}

BLOG_TEST(test_dao__of_a_model_the_session_does_not_know_is_refused)
{
	static const weir_field fields[] = { WEIR_FIELD(user, id, .primary_key = true) };
	static const weir_model stranger = WEIR_MODEL(user, "users", fields);
	weir_base_dao           dao = weir_get_dao(blog.session, &stranger);
	int64_t                 count;

	assert_status(WEIR_ERR_USAGE, weir_base_dao_count(&dao, NULL, &count, &blog.err));
}

START_TEST(test_dao__can_be_made_and_inspected_without_a_server)
{
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	const user   *none = NULL;

	ck_assert_int_eq(weir_open(&(weir_options){ .postgres = "postgresql://127.0.0.1:1/none",
	                                            .models = blog_models,
	                                            .lazy = true,
	                                            .timeout_ms = 10000 },
	                           &session, &err),
	                 WEIR_OK);
	user_dao users = get_user_dao(session);
	ck_assert_ptr_eq(users.base.model, &user_model);
	ck_assert_ptr_eq(users.base.session, session);
	ck_assert_int_eq(user_dao_get_by_id(&users, 1, &none, &err), WEIR_ERR_CONNECT);
	weir_close(&session);
	ck_assert_ptr_null(session);
}
END_TEST

START_TEST(test_open__reports_every_difference_between_models_and_schema_at_once)
{
	weir_session *session = NULL;

	setup();
	blog_sql(&blog, "ALTER TABLE users DROP COLUMN bio; ALTER TABLE posts ALTER COLUMN views TYPE integer;"
	                "ALTER TABLE comments DROP CONSTRAINT comments_token_key");
	weir_options options = { .postgres = test_database_url(), .models = blog_models, .schema = blog.schema };
	assert_status(WEIR_ERR_SCHEMA, weir_open(&options, &session, &blog.err));
	ck_assert_ptr_null(session);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "bio"));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "views"));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "token"));
	options.schema_check = WEIR_SCHEMA_WARN;
	assert_ok(weir_open(&options, &session, &blog.err));
	weir_close(&session);
	teardown();
}
END_TEST

WEIR_SUITE("base_dao", test_dao__knows_its_model_and_session,
           test_create__returns_the_row_with_generated_id_and_defaults, test_create__stores_every_column_given,
           test_create__without_columns_uses_all_defaults_and_reports_what_is_missing,
           test_create_many__keeps_the_order_given, test_create_many__stores_all_or_none,
           test_get_by_id__not_found_is_an_outcome_and_no_error, test_get_many__keeps_order_gaps_and_doubles,
           test_get_by__username_and_email_find_the_row, test_get_all__pages_by_skip_and_limit_with_defaults_0_and_100,
           test_get_all__filters_are_combined, test_get_all__every_operator,
           test_search_users__takes_percent_and_underscore_literally,
           test_count__counts_all_or_what_matches_or_what_a_page_holds, test_exists__answers_yes_or_no,
           test_update__changes_the_columns_of_the_set_and_no_other,
           test_update__of_a_missing_row_is_not_found_and_changes_nothing,
           test_update__moves_updated_at_only_when_something_changed, test_update__with_an_empty_set_reads_the_row,
           test_update_where_and_delete_where__need_a_condition_and_say_how_many,
           test_delete__says_whether_there_was_a_row, test_constraints__are_told_apart_by_status_and_name,
           test_bad_input__names_the_column_and_sends_nothing,
           test_dao__of_a_model_the_session_does_not_know_is_refused,
           test_dao__can_be_made_and_inspected_without_a_server,
           test_open__reports_every_difference_between_models_and_schema_at_once);
