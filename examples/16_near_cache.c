/* 16_near_cache: records kept decoded in the process, in front of Redis: the same one again, at once after a write, and as
 * fresh as a call asks for. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A user twice; are both the same record, not only equal? */
static int read_twice(const user_dao *users, int64_t id, weir_error *err)
{
	const user *first = NULL, *second = NULL;
	int         rc = user_dao_get_by_id_cached(users, id, &first, err);

	if (rc == WEIR_OK)
		rc = user_dao_get_by_id_cached(users, id, &second, err);
	if (rc == WEIR_OK)
		printf("%s: %s record\n", second->bio ? second->bio : "no bio", first == second ? "the same" : "another");
	user_release(&first);
	user_release(&second);
	return rc;
}

/* It serves from the moment it is in touch with Redis, shortly after weir_open; here that is waited for, 5 s at most. */
static void wait_for_touch(weir_session *session)
{
	for (int ms = 0; ms < 5000 && !weir_near_cache_is_fresh(session); ms++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int run(weir_session *session, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *made = NULL, *found = NULL;
	weir_scope  scope;
	user_dao    strong;
	int64_t     id = 0;
	int         rc = user_dao_create(&users, &(user){ .username = "ada", .email = "ada@example.org" },
	                                 WEIR_SET(user, username, email), &made, err);

	if (rc == WEIR_OK)
		id = made->id;
	user_release(&made);
	if (rc == WEIR_OK)
		rc = read_twice(&users, id, err);
	if (rc == WEIR_OK)
		rc = user_dao_update(&users, id, &(user){ .bio = "counts" }, WEIR_SET(user, bio), NULL, err);
	if (rc == WEIR_OK)
		rc = read_twice(&users, id, err);
	if (rc != WEIR_OK)
		return rc;
	/* asks Redis, whatever is near; WEIR_BYPASS would ask the database, 50 allow 50 ms */
	strong = get_user_dao(weir_with_freshness(session, WEIR_STRONG, &scope));
	rc = user_dao_get_by_id_cached(&strong, id, &found, err);
	if (rc == WEIR_OK)
		printf("%s, from Redis\n", found->bio);
	user_release(&found);
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
		.cache = { .near = WEIR_ON }, /* for all models; a model's own .cache can say otherwise */
		.near = { .max_bytes = 16 << 20, .bound_ms = 2000 },
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		wait_for_touch(session);
	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s: %s\n", weir_status_name(rc), err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * no bio: the same record
 * counts: the same record
 * counts, from Redis
 */
