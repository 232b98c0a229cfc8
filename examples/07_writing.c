/* 07_writing: writes that depend on what is there already, each one statement and free of races: insert or update, get or
 * create, add. Cached reads see each of them at once. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

/* The same address twice is the same user; the second time only the bio is taken. */
static int sign_in(const user_dao *users, const char *name, const char *bio, weir_error *err)
{
	weir_upsert by_email = {
		.set = WEIR_SET(user, username, email, bio),
		.on = user_c.email.column,
		.update = WEIR_SET(user, bio),
	};
	const user *signed_in = NULL;
	bool        created = false;
	user        values = { .username = name, .email = "ada@example.org", .bio = bio };
	int         rc = weir_base_dao_upsert(&users->base, &values, &by_email, &signed_in, &created, err);

	if (rc == WEIR_OK)
		printf("%s: %s, %s\n", signed_in->username, signed_in->bio, created ? "created" : "updated");
	user_release(&signed_in);
	return rc;
}

static int find_or_make(const user_dao *users, const char *name, int64_t *id, weir_error *err)
{
	weir_upsert by_name = { .set = WEIR_SET(user, username, email), .on = user_c.username.column };
	const user *found = NULL;
	bool        created = false;
	user        values = { .username = name, .email = name };
	int         rc = weir_base_dao_get_or_create(&users->base, &values, &by_name, &found, &created, err);

	if (rc == WEIR_OK) {
		printf("%s: %s\n", found->username, created ? "created" : "was there");
		*id = found->id;
	}
	user_release(&found);
	return rc;
}

/* n = n + 2 in the database: nobody's view is lost. */
static int view_twice(const post_dao *posts, int64_t author, weir_error *err)
{
	const post *made = NULL, *viewed = NULL;
	int         rc = post_dao_create(posts, &(post){ .user_id = author, .title = "Hello", .body = "" },
	                                 weir_set_all(&post_model), &made, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_increment(&posts->base, made, WEIR_BY(weir_by(post_c.views, 2)), &viewed, err);
	if (rc == WEIR_OK)
		printf("%s: %d views\n", viewed->title, (int)viewed->views);
	post_release(&viewed);
	post_release(&made);
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);
	post_dao posts = get_post_dao(session);
	int64_t  id = 0;
	int      rc = sign_in(&users, "ada", "first", err);

	if (rc == WEIR_OK)
		rc = sign_in(&users, "countess", "second", err);
	if (rc == WEIR_OK)
		rc = find_or_make(&users, "ada", &id, err);
	if (rc == WEIR_OK)
		rc = find_or_make(&users, "grace", &id, err);
	return rc == WEIR_OK ? view_twice(&posts, id, err) : rc;
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
 * ada: first, created
 * ada: second, updated
 * ada: was there
 * grace: created
 * Hello: 2 views
 */
