/* 17_near_shared: one near cache for several sessions of a process: what one has read the other has too, and what one writes both
 * see at once. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_touch(weir_session *session)
{
	for (int ms = 0; ms < 5000 && !weir_near_cache_is_fresh(session); ms++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int run(weir_session *sessions[2], weir_error *err)
{
	user_dao    one = get_user_dao(sessions[0]), other = get_user_dao(sessions[1]);
	const user *made = NULL, *first = NULL, *second = NULL, *third = NULL;
	int         rc = user_dao_create(&one, &(user){ .username = "ada", .email = "ada@example.org" },
	                                 WEIR_SET(user, username, email), &made, err);

	if (rc == WEIR_OK)
		rc = user_dao_get_by_id_cached(&one, made->id, &first, err);
	if (rc == WEIR_OK)
		rc = user_dao_get_by_id_cached(&other, made->id, &second, err);
	if (rc == WEIR_OK)
		printf("two sessions, %s\n", first == second ? "one record" : "two records");
	if (rc == WEIR_OK)
		rc = user_dao_update(&other, made->id, &(user){ .bio = "counts" }, WEIR_SET(user, bio), NULL, err);
	if (rc == WEIR_OK)
		rc = user_dao_get_by_id_cached(&one, made->id, &third, err);
	if (rc == WEIR_OK)
		printf("then: %s\n", third->bio);
	user_release(&made);
	user_release(&first);
	user_release(&second);
	user_release(&third);
	return rc;
}

int main(void)
{
	weir_near_cache *shared = NULL;
	weir_session    *sessions[2] = { NULL, NULL };
	weir_error       err = WEIR_ERROR_INIT;
	int              rc = weir_near_cache_create(&(weir_near_options){ .max_bytes = 16 << 20 }, &shared, &err);
	weir_options     options = {
			.postgres = getenv("DATABASE_URL"),
			.redis = getenv("REDIS_URL"),
			.models = blog_models,
			.schema = getenv("BLOG_SCHEMA"),
			.cache_prefix = getenv("BLOG_PREFIX"),
			.cache = { .near = WEIR_ON },
			.near_cache = shared,
	};

	for (int i = 0; i < 2 && rc == WEIR_OK; i++)
		rc = weir_open(&options, &sessions[i], &err);
	weir_near_cache_release(&shared); /* the sessions keep it */
	for (int i = 0; i < 2 && rc == WEIR_OK; i++)
		wait_for_touch(sessions[i]);
	if (rc == WEIR_OK)
		rc = run(sessions, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s: %s\n", weir_status_name(rc), err.message);
	weir_close(&sessions[0]);
	weir_close(&sessions[1]);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * two sessions, one record
 * then: counts
 */
