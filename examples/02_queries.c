/* 02_queries: conditions, order, pages, counts. Each of these reads has a twin that ends in _cached and takes the same
 * arguments; here some ask the database, some the cache, and all give the same rows. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int fill(const user_dao *users, weir_error *err)
{
	static const user people[] = {
		{ .username = "ada", .email = "ada@example.org", .age = { true, 36 }, .bio = "wrote the first program" },
		{ .username = "alan", .email = "alan@example.org", .age = { true, 41 } },
		{ .username = "edsger", .email = "edsger@example.com", .bio = "100% against goto" },
		{ .username = "grace", .email = "grace@example.org", .age = { true, 85 }, .bio = "found the bug" },
	};

	return user_dao_create_many(users, people, 4, WEIR_SET(user, username, email, age, bio), NULL, err);
}

static void show(const char *title, user_list *found)
{
	printf("%s:", title);
	for (size_t i = 0; i < found->count; i++)
		printf(" %s", found->items[i]->username);
	printf("\n");
	user_list_release(found);
}

static int ask(const user_dao *users, weir_error *err)
{
	user_list      found = WEIR_LIST_INIT;
	int64_t        count = 0;
	weir_condition at_org = weir_ends_with(user_c.email, "@example.org");
	weir_condition young = weir_lt(user_c.age, 50); /* weir_lt(user_c.age, "50") would not compile */
	int            rc = user_dao_get_all(users, WEIR_QUERY(.where = weir_all(at_org, young)), &found, err);

	show("example.org and under 50", &found);
	if (rc == WEIR_OK)
		rc = user_dao_get_all_cached(
			users, WEIR_QUERY(.where = weir_any(weir_is_null(user_c.age), weir_ge(user_c.age, 80))), &found, err);
	show("80 or of unknown age", &found);
	if (rc == WEIR_OK)
		rc = user_dao_get_all_cached(
			users, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(user_c.username)), .skip = 1, .limit = 2), &found, err);
	show("second and third from the end", &found);
	if (rc == WEIR_OK)
		rc = user_dao_search_users(users, "100%", 0, 10, &found, err);
	show("search for 100%", &found);
	if (rc == WEIR_OK)
		rc = user_dao_count_cached(users, WEIR_QUERY(.where = weir_not(at_org)), &count, err);
	printf("not at example.org: %d\n", (int)count);
	return rc;
}

int main(void)
{
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),
		.cache_prefix = getenv("BLOG_PREFIX"),
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);
	user_dao      users = get_user_dao(session);

	if (rc == WEIR_OK)
		rc = fill(&users, &err);
	if (rc == WEIR_OK)
		rc = ask(&users, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * example.org and under 50: ada alan
 * 80 or of unknown age: edsger grace
 * second and third from the end: edsger alan
 * search for 100%: edsger
 * not at example.org: 1
 */
