/*
 * test_testing.c: what weir_testing gives to the tests of programs: a schema of its own, transactions that leave nothing,
 * factories.
 */
#include "support/blog.h"

#include <weir/testing.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct blog blog;

static const char script[] = "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
							 "username varchar(50) NOT NULL UNIQUE, email text NOT NULL)";

typedef struct member {
	int64_t     id;
	const char *username;
	const char *email;
} member;
WEIR_RECORD(member)

extern const weir_model member_model;
static const weir_field member_fields[] = {
	WEIR_FIELD(member, id, .primary_key = true, .generated = true),
	WEIR_FIELD(member, username, .unique = true, .max_length = 50),
	WEIR_FIELD(member, email),
};
const weir_model               member_model = WEIR_MODEL(member, "users", member_fields);
static const weir_model *const member_models[] = { &member_model, NULL };

static void fill_user(void *values, weir_unique *unique)
{
	user *made = values;

	made->username = weir_unique_text(unique, "user-*");
	made->email = weir_unique_text(unique, "*@example.org");
}

static const weir_factory users = { &user_model, WEIR_SET(user, username, email), fill_user };

static bool is_there(const char *schema)
{
	char sql[160];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_namespace WHERE nspname = '%s'", schema);
	return strcmp(blog_sql(&blog, sql), "1") == 0;
}

START_TEST(test_schema__is_a_sessions_own_and_goes_with_it)
{
	weir_options     options = { .postgres = test_database_url(), .models = member_models };
	weir_test_schema one, other;
	weir_base_dao    members;
	int64_t          count = -1;
	char             name[64];

	blog_open(&blog, NULL);
	assert_ok(weir_test_schema_open(&options, script, &one, &blog.err));
	assert_ok(weir_test_schema_open(&options, script, &other, &blog.err));
	ck_assert_str_ne(one.name, other.name);
	members = weir_get_dao(one.session, &member_model);
	assert_ok(weir_base_dao_create(&members, &(member){ .username = "a", .email = "a" },
	                               WEIR_SET(member, username, email), NULL, &blog.err));
	members = weir_get_dao(other.session, &member_model);
	assert_ok(weir_base_dao_count_cached(&members, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 0);
	ck_assert(is_there(one.name));
	snprintf(name, sizeof name, "%s", one.name);
	weir_test_schema_close(&one);
	weir_test_schema_close(&one);
	ck_assert(!is_there(name));
	weir_test_schema_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_schema__a_failure_leaves_nothing)
{
	weir_options     options = { .postgres = test_database_url(), .models = member_models };
	weir_test_schema schema;

	blog_open(&blog, NULL);
	assert_status(WEIR_ERR_SCHEMA,
	              weir_test_schema_open(&options, "CREATE TABLE users (id bigint)", &schema, &blog.err));
	ck_assert_ptr_null(schema.session);
	ck_assert(!is_there(schema.name));
	ck_assert_int_lt(weir_test_schema_open(&options, "CREATE TABLE", &schema, &blog.err), 0);
	ck_assert_str_eq(blog.err.sqlstate, "42601");
	ck_assert(!is_there(schema.name));
	assert_status(WEIR_ERR_USAGE, weir_test_schema_open(NULL, script, &schema, &blog.err));
	blog_close(&blog);
}
END_TEST

/* Neither in the tables nor in the cache. */
START_TEST(test_transaction_of_a_test__leaves_nothing)
{
	weir_session    *tx = NULL, *inner = NULL;
	weir_cache_stats before;
	user_dao         dao;
	const user      *made = NULL, *found = NULL;
	int64_t          count;

	blog_open(&blog, NULL);
	before = blog_cache_stats(&blog, &user_model);
	assert_ok(weir_test_begin(blog.session, &tx, &blog.err));
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err)); /* the code under test commits */
	assert_ok(weir_factory_create(&users, inner, NULL, WEIR_AS_FILLED, &made, &blog.err));
	assert_ok(weir_commit(&inner, &blog.err));
	dao = get_user_dao(tx);
	assert_ok(user_dao_get_by_id_cached(&dao, made->id, &found, &blog.err));
	assert_ok(weir_test_check_constraints(tx, &blog.err));
	weir_test_end(&tx);
	ck_assert_ptr_null(tx);
	assert_ok(user_dao_count(&blog.users, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 0);
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).fills, before.fills);
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).invalidations, before.invalidations);
	user_release(&found);
	user_release(&made);
	blog_close(&blog);
}
END_TEST

START_TEST(test_transaction_of_a_test__tells_what_commit_would_refuse)
{
	weir_session *tx = NULL;
	char          sql[512];

	blog_open(&blog, NULL);
	snprintf(
		sql, sizeof sql,
		"ALTER TABLE %1$s.posts ADD CONSTRAINT later FOREIGN KEY (user_id) REFERENCES %1$s.users DEFERRABLE INITIALLY "
		"DEFERRED; ALTER TABLE %1$s.posts DROP CONSTRAINT posts_user_id_fkey",
		blog.schema);
	blog_sql(&blog, sql);
	assert_ok(weir_test_begin(blog.session, &tx, &blog.err));
	post_dao posts = get_post_dao(tx);
	assert_ok(post_dao_create(&posts, &(post){ .user_id = 12345, .title = "t", .body = "" },
	                          WEIR_SET(post, user_id, title, body), NULL, &blog.err));
	assert_status(WEIR_ERR_FOREIGN_KEY, weir_test_check_constraints(tx, &blog.err));
	ck_assert_str_eq(blog.err.constraint, "later");
	weir_test_end(&tx);
	blog_close(&blog);
}
END_TEST

START_TEST(test_factory__each_row_has_values_of_its_own)
{
	const user *one = NULL, *other = NULL;

	blog_open(&blog, NULL);
	assert_ok(weir_factory_create(&users, blog.session, NULL, WEIR_AS_FILLED, &one, &blog.err));
	assert_ok(weir_factory_create(&users, blog.session, &(user){ .age = { true, 30 }, .username = "ada" },
	                              WEIR_SET(user, age, username), &other, &blog.err));
	ck_assert_str_ne(one->email, other->email);
	ck_assert_str_eq(other->username, "ada");
	ck_assert_int_eq(other->age.value, 30);
	ck_assert(!one->age.has);
	ck_assert_ptr_nonnull(strstr(other->email, "@example.org"));
	assert_status(WEIR_ERR_UNIQUE, weir_factory_create(&users, blog.session, &(user){ .username = "ada" },
	                                                   WEIR_SET(user, username), NULL, &blog.err));
	user_release(&one);
	user_release(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_factory__takes_no_columns_of_another_model)
{
	const user *made = NULL;

	blog_open(&blog, NULL);
	ck_assert_int_eq(
		weir_factory_create(&users, blog.session, &(post){ .title = "t" }, WEIR_SET(post, title), &made, &blog.err),
		WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_factory_create(&users, blog.session, NULL, WEIR_SET(user, bio), &made, &blog.err),
	                 WEIR_ERR_USAGE);
	ck_assert(blog.err.status == WEIR_ERR_USAGE && strstr(blog.err.message, "another model") && !made);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM users"), "0");
	blog_close(&blog);
}
END_TEST

START_TEST(test_factory__builds_without_storing)
{
	weir_unique unique, other;
	user        values, more;

	weir_factory_build(&users, &values, &unique);
	weir_factory_build(&users, &more, &other);
	ck_assert_str_ne(values.username, more.username);
	ck_assert_uint_eq(other.number, unique.number + 1);
	ck_assert_int_eq(values.id, 0);
	ck_assert_ptr_null(values.bio);
	for (int i = 0; i < 200; i++)
		(void)weir_unique_text(&unique, "a long text of the same *");
	ck_assert_str_eq(weir_unique_text(&unique, "a long text of the same *"), "");
	ck_assert_ptr_nonnull(strstr(values.username, "user-"));
}
END_TEST

/* Frameworks fork for each test. */
START_TEST(test_unique__children_of_one_process_differ)
{
	weir_unique  mine = weir_unique_next(), first, second;
	weir_unique *of[] = { &first, &second };

	for (int i = 0; i < 2; i++) {
		int   ends[2];
		pid_t child;

		ck_assert_int_eq(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			weir_unique its = weir_unique_next();

			_exit(write(ends[1], &its, sizeof its) == (ssize_t)sizeof its ? 0 : 1);
		}
		ck_assert_int_eq(read(ends[0], of[i], sizeof *of[i]), (ssize_t)sizeof *of[i]);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		close(ends[0]);
		close(ends[1]);
	}
	ck_assert_str_ne(first.tag, second.tag);
	mine = weir_unique_next();
	ck_assert(strcmp(mine.tag, first.tag) != 0 && strcmp(mine.tag, second.tag) != 0);
}
END_TEST

WEIR_SUITE("testing", test_unique__children_of_one_process_differ, test_schema__is_a_sessions_own_and_goes_with_it,
           test_schema__a_failure_leaves_nothing, test_transaction_of_a_test__leaves_nothing,
           test_transaction_of_a_test__tells_what_commit_would_refuse, test_factory__each_row_has_values_of_its_own,
           test_factory__takes_no_columns_of_another_model, test_factory__builds_without_storing);
