/* 06_relations: what belongs to what. The same page of users with their posts and comments three times: one query for each
 * owner, one for each level, none at all. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int create_post(weir_session *session, const user *author, const char *title, int comments, weir_error *err)
{
	weir_related   posts = weir_related_to(session, &user_model, "posts", author);
	const post    *made = NULL;
	comment_dao    dao = get_comment_dao(session);
	const weir_set columns = WEIR_SET(comment, post_id, user_id, body);
	int            rc = weir_related_create(&posts, &(post){ .title = title }, WEIR_SET(post, title), &made, err);

	for (int i = 0; rc == WEIR_OK && i < comments; i++) {
		comment values = { .post_id = made->id, .user_id = author->id, .body = "well said" };

		rc = comment_dao_create(&dao, &values, columns, NULL, err);
	}
	post_release(&made);
	return rc;
}

static int fill(weir_session *session, weir_error *err)
{
	static const user people[] = { { .username = "ada", .email = "ada@example.org" },
		                           { .username = "alan", .email = "alan@example.org" },
		                           { .username = "grace", .email = "grace@example.org" } };
	user_dao          users = get_user_dao(session);
	user_list         made = WEIR_LIST_INIT;
	int               rc = user_dao_create_many(&users, people, 3, WEIR_SET(user, username, email), &made, err);

	for (size_t i = 0; rc == WEIR_OK && i < made.count; i++) {
		rc = create_post(session, made.items[i], "first", 2, err);
		if (rc == WEIR_OK && i > 0)
			rc = create_post(session, made.items[i], "second", 1, err);
	}
	user_list_release(&made);
	return rc;
}

static uint64_t queries(weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

/* Asks for the posts of each user and the comments of each post when it comes to them. */
static int count_lazily(weir_session *session, size_t *posts, size_t *comments, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list page = WEIR_LIST_INIT;
	int       rc = user_dao_get_all_cached(&users, NULL, &page, err);

	for (size_t i = 0; rc == WEIR_OK && i < page.count; i++) {
		post_list written = WEIR_LIST_INIT;

		rc = user_posts(session, page.items[i], &written, err);
		for (size_t k = 0; rc == WEIR_OK && k < written.count; k++) {
			comment_list said = WEIR_LIST_INIT;

			rc = post_comments(session, written.items[k], &said, err);
			*comments += said.count;
			comment_list_release(&said);
		}
		*posts += written.count;
		post_list_release(&written);
	}
	user_list_release(&page);
	return rc;
}

/* Names what it will need; nothing is asked afterwards. */
static int count_eagerly(weir_session *session, size_t *posts, size_t *comments, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list page = WEIR_LIST_INIT;
	int       rc = user_dao_get_all(&users, WEIR_QUERY(.with = WEIR_WITH("posts", "posts.comments")), &page, err);

	for (size_t i = 0; i < page.count; i++) {
		post_list    written = WEIR_LIST_INIT;
		comment_list said = WEIR_LIST_INIT;

		if (user_posts_loaded(&page, page.items[i], &written))
			*posts += written.count;
		for (size_t k = 0; k < written.count; k++)
			if (post_comments_loaded(&page, written.items[k], &said))
				*comments += said.count;
	}
	user_list_release(&page); /* and with it everything that was loaded */
	return rc;
}

typedef int (*counter)(weir_session *, size_t *, size_t *, weir_error *);

static int show(const char *title, counter count, weir_session *session, weir_error *err)
{
	size_t   posts = 0, comments = 0;
	uint64_t before = queries(session);
	int      rc = count(session, &posts, &comments, err);

	printf("%s: %zu posts, %zu comments, %d queries\n", title, posts, comments, (int)(queries(session) - before));
	return rc;
}

/* A post changes hands: both authors' lists are right at once. */
static int move_a_post(weir_session *session, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *ada = NULL, *grace = NULL;
	post_list   written = WEIR_LIST_INIT;
	int64_t     first = 0;
	int         rc = user_dao_get_by_username_cached(&users, "ada", &ada, err);

	if (rc == WEIR_OK)
		rc = user_dao_get_by_username_cached(&users, "grace", &grace, err);
	if (rc == WEIR_OK)
		rc = user_posts(session, grace, &written, err);
	if (rc == WEIR_OK && written.count > 0)
		rc = user_posts_add(session, ada, written.items[0], err);
	post_list_release(&written);
	if (rc == WEIR_OK)
		rc = user_posts(session, ada, &written, err);
	if (rc == WEIR_OK)
		rc = user_posts_count(session, ada, WEIR_QUERY(.where = weir_eq(post_c.title, "first")), &first, err);
	printf("ada has %zu posts now, %d of them called first\n", written.count, (int)first);
	post_list_release(&written);
	user_release(&ada);
	user_release(&grace);
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
		rc = fill(session, &err);
	if (rc == WEIR_OK)
		rc = show("lazily", count_lazily, session, &err);
	if (rc == WEIR_OK)
		rc = show("eagerly", count_eagerly, session, &err);
	if (rc == WEIR_OK)
		rc = show("from the cache", count_lazily, session, &err);
	if (rc == WEIR_OK)
		rc = move_a_post(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * lazily: 5 posts, 8 comments, 9 queries
 * eagerly: 5 posts, 8 comments, 3 queries
 * from the cache: 5 posts, 8 comments, 0 queries
 * ada has 2 posts now, 2 of them called first
 */
