/* 23_futures: cached reads of several models that are started one by one and travel together: one MGET for all of them, one
 * statement a model for what is missing. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

#define POSTS 3

static uint64_t statements(weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

/* An author, the author's posts, and one that there is not. */
static int read_page(weir_session *session, weir_futures *futures, int64_t author_id, const int64_t *post_ids,
                     weir_error *err)
{
	user_dao     users = get_user_dao(session);
	post_dao     posts = get_post_dao(session);
	weir_future *author = NULL, *written[POSTS + 1] = { NULL };
	const user  *who = NULL;
	uint64_t     before = statements(session);
	int          rc = user_dao_start_get_by_id_cached(&users, author_id, futures, &author, err);

	for (size_t i = 0; rc == WEIR_OK && i <= POSTS; i++)
		rc = post_dao_start_get_by_id_cached(&posts, i < POSTS ? post_ids[i] : 4711, futures, &written[i], err);
	if (rc == WEIR_OK)
		rc = weir_future_take(&author, &who, err); /* here all of them are sent and answered */
	for (size_t i = 0; rc == WEIR_OK && i <= POSTS; i++) {
		const post *found = NULL;
		int         outcome = weir_future_take(&written[i], &found, err);

		printf("%s: %s\n", who->username, outcome == WEIR_OK ? found->title : weir_status_text(outcome));
		post_release(&found);
		rc = outcome == WEIR_NOT_FOUND ? WEIR_OK : outcome;
	}
	user_release(&who);
	printf("%d statements\n", (int)(statements(session) - before));
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	static const char *const titles[POSTS] = { "first", "second", "third" };
	user_dao                 users = get_user_dao(session);
	post_dao                 posts = get_post_dao(session);
	weir_futures            *futures = NULL;
	const user              *ada = NULL;
	int64_t                  ids[POSTS];
	int                      rc = user_dao_create(&users, &(user){ .username = "ada", .email = "ada@example.org" },
	                                              WEIR_SET(user, username, email), &ada, err);

	for (size_t i = 0; rc == WEIR_OK && i < POSTS; i++) {
		const post *made = NULL;

		rc = post_dao_create(&posts, &(post){ .user_id = ada->id, .title = titles[i], .body = "text" },
		                     WEIR_SET(post, user_id, title, body), &made, err);
		if (rc == WEIR_OK)
			ids[i] = made->id;
		post_release(&made);
	}
	if (rc == WEIR_OK)
		rc = weir_futures_create(session, &futures, err);
	for (int i = 0; rc == WEIR_OK && i < 2; i++)
		rc = read_page(session, futures, ada->id, ids, err);
	weir_futures_free(&futures);
	user_release(&ada);
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
		fprintf(stderr, "%s: %s\n", weir_status_name(rc), err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * ada: first
 * ada: second
 * ada: third
 * ada: no such row
 * 2 statements
 * ada: first
 * ada: second
 * ada: third
 * ada: no such row
 * 0 statements
 */
