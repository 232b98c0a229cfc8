/* 22_stream: every row of a query, however many there are, in a memory that does not grow with their number. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

enum { USERS = 5000 };

static int make_users(const user_dao *users, weir_error *err)
{
	static char names[USERS][16];
	static user rows[USERS];

	for (int i = 0; i < USERS; i++) {
		snprintf(names[i], sizeof names[i], "user%d", i);
		rows[i] = (user){ .username = names[i], .email = names[i], .age = { true, 18 + i % 50 } };
	}
	return user_dao_create_many(users, rows, USERS, WEIR_SET(user, username, email, age), NULL, err);
}

static int add_age(const void *record, void *sum, weir_error *err)
{
	const user *u = record;

	(void)err;
	*(int64_t *)sum += u->age.value;
	return WEIR_OK;
}

/* Above 0 ends the stream: it was enough. */
static int show_until_third(const void *record, void *shown, weir_error *err)
{
	const user *u = record;

	(void)err;
	printf("%s\n", u->username);
	return ++*(int *)shown < 3 ? WEIR_OK : 1;
}

static int run(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);
	int64_t  sum = 0;
	int      shown = 0, rc = make_users(&users, err);

	if (rc == WEIR_OK)
		rc = user_dao_each(&users, WEIR_QUERY(.where = weir_ge(user_c.age, 30)), add_age, &sum, err);
	if (rc == WEIR_OK)
		printf("%lld years\n", (long long)sum);
	if (rc == WEIR_OK)
		rc =
			user_dao_each(&users, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(user_c.id))), show_until_third, &shown, err);
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

	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * 184300 years
 * user4999
 * user4998
 * user4997
 */
