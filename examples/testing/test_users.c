/* How a program's tests look: one schema for the run, a transaction for each test, factories for the rows that it needs,
 * a guard where the number of queries matters. Written with Check; any other would do. */
#include <blog/blog.h>
#include <weir/testing.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static weir_test_schema blog;
static weir_session    *tx; /* of the test that runs */
static weir_error       err;

#define OK(call) ck_assert_msg((call) == WEIR_OK, "%s", err.message)

/* ---- Factories --------------------------------------------------------------------------------------------------- */

static void fill_user(void *values, weir_unique *unique)
{
	user *made = values;

	made->username = weir_unique_text(unique, "user-*");
	made->email = weir_unique_text(unique, "*@example.org");
}

static void fill_post(void *values, weir_unique *unique)
{
	post *made = values;

	made->title = weir_unique_text(unique, "Post *");
	made->body = "";
}

static const weir_factory users = { &user_model, WEIR_SET(user, username, email), fill_user };
static const weir_factory posts = { &post_model, WEIR_SET(post, title, body), fill_post };

/* ---- Around each test -------------------------------------------------------------------------------------------- */

static void set_up(void)
{
	OK(weir_test_begin(blog.session, &tx, &err));
}

static void tear_down(void)
{
	weir_test_end(&tx);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

START_TEST(test_users__are_found_by_their_email)
{
	user_dao    dao = get_user_dao(tx);
	const user *made = NULL, *found = NULL;

	OK(weir_factory_create(&users, tx, NULL, WEIR_AS_FILLED, &made, &err));
	OK(user_dao_get_by_email_cached(&dao, made->email, &found, &err));
	ck_assert_int_eq(found->id, made->id);
	user_release(&made);
	user_release(&found);
}
END_TEST

/* Only what the test is about is said. */
START_TEST(test_users__adults_are_counted)
{
	user_dao dao = get_user_dao(tx);
	int64_t  count = 0;

	for (int age = 16; age < 20; age++)
		OK(weir_factory_create(&users, tx, &(user){ .age = { true, age } }, WEIR_SET(user, age), NULL, &err));
	OK(user_dao_count(&dao, WEIR_QUERY(.where = weir_ge(user_c.age, 18)), &count, &err));
	ck_assert_int_eq(count, 2); /* and none of another test's */
}
END_TEST

START_TEST(test_posts__of_ten_users_take_two_queries)
{
	user_dao         dao = get_user_dao(tx);
	user_list        list = WEIR_LIST_INIT;
	const user      *author = NULL;
	weir_query_guard guard;

	for (int i = 0; i < 10; i++) {
		OK(weir_factory_create(&users, tx, NULL, WEIR_AS_FILLED, &author, &err));
		OK(weir_factory_create(&posts, tx, &(post){ .user_id = author->id }, WEIR_SET(post, user_id), NULL, &err));
		user_release(&author);
	}
	guard = weir_query_guard_begin(blog.session);
	OK(user_dao_get_all(&dao, WEIR_QUERY(.with = WEIR_WITH("posts")), &list, &err));
	OK(weir_query_guard_end(&guard, 2, &err));
	user_list_release(&list);
}
END_TEST

/* ---- The run ----------------------------------------------------------------------------------------------------- */

static char *read_script(const char *path)
{
	FILE  *file = fopen(path, "r");
	char  *text = calloc(1, 65536);
	size_t length = file && text ? fread(text, 1, 65535, file) : 0;

	if (file)
		fclose(file);
	if (length == 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int run(void)
{
	Suite   *suite = suite_create("users");
	TCase   *tests = tcase_create("users");
	SRunner *runner = srunner_create(suite);
	int      failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_users__are_found_by_their_email);
	tcase_add_test(tests, test_users__adults_are_counted);
	tcase_add_test(tests, test_posts__of_ten_users_take_two_queries);
	suite_add_tcase(suite, tests);
	srunner_set_fork_status(runner, CK_NOFORK); /* a session stays in the process that opened it */
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

int main(void)
{
	weir_options options = { .postgres = getenv("DATABASE_URL"), .redis = getenv("REDIS_URL"), .models = blog_models };
	char        *script = read_script(WEIR_SOURCE_DIR "/src/models/blog/schema.sql");
	int          failed = 1;

	if (!script)
		fprintf(stderr, "schema.sql cannot be read\n");
	else if (weir_test_schema_open(&options, script, &blog, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	else
		failed = run();
	weir_test_schema_close(&blog);
	free(script);
	return failed ? 1 : 0;
}
