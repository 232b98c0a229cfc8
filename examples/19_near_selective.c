/* 19_near_selective: memory alone, without Redis, for a process that alone writes to the tables; only lists of a few rows are kept
 * decoded, longer ones as the text that any cache has. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int write_posts(const user_dao *users, const post_dao *posts, int count, weir_error *err)
{
	const user *author = NULL;
	int         rc = user_dao_create(users, &(user){ .username = "ada", .email = "ada@example.org" },
	                                 WEIR_SET(user, username, email), &author, err);

	for (int i = 0; rc == WEIR_OK && i < count; i++)
		rc = post_dao_create(posts, &(post){ .user_id = author->id, .title = "" }, WEIR_SET(post, user_id, title), NULL,
		                     err);
	user_release(&author);
	return rc;
}

/* The first posts twice. */
static int show(weir_session *session, const post_dao *posts, int64_t limit, weir_error *err)
{
	int rc = WEIR_OK;

	for (int i = 0; i < 2 && rc == WEIR_OK; i++) {
		post_list list = WEIR_LIST_INIT;

		rc = post_dao_get_all_cached(posts, WEIR_QUERY(.limit = limit), &list, err);
		post_list_release(&list);
	}
	if (rc == WEIR_OK) {
		weir_cache_stats stats;

		weir_cache_manager_stats(weir_session_cache(session), &post_model, &stats);
		printf("%d posts: %d hits so far, %d of them near\n", (int)limit, (int)stats.hits, (int)stats.near_hits);
	}
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);
	post_dao posts = get_post_dao(session);
	int      rc = write_posts(&users, &posts, 5, err);

	if (rc == WEIR_OK)
		rc = show(session, &posts, 3, err);
	return rc == WEIR_OK ? show(session, &posts, 5, err) : rc;
}

int main(void)
{
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),
		.cache_kind = WEIR_CACHE_MEMORY,
		.cache = { .near = WEIR_ON, .near_max_items = 3 },
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
 * 3 posts: 1 hits so far, 1 of them near
 * 5 posts: 2 hits so far, 1 of them near
 */
