/* 09_pages: a list in pages, forwards and back, by cursors that may travel in a URL. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int make_posts(const user_dao *users, const post_dao *posts, weir_error *err)
{
	const user *author = NULL;
	post        rows[5] = { { .title = "one", .views = 3 },
		                    { .title = "two", .views = 1 },
		                    { .title = "three", .views = 3 },
		                    { .title = "four", .views = 2 },
		                    { .title = "five", .views = 3 } };
	int         rc = user_dao_create(users, &(user){ .username = "ada", .email = "ada@example.org" },
	                                 WEIR_SET(user, username, email), &author, err);

	if (rc != WEIR_OK)
		return rc;
	for (size_t i = 0; i < 5; i++) {
		rows[i].user_id = author->id;
		rows[i].body = "";
	}
	rc = post_dao_create_many(posts, rows, 5, WEIR_SET(post, user_id, title, body, views), NULL, err);
	user_release(&author);
	return rc;
}

/* The page behind or before a cursor; *page may be where the cursor is from. */
static int show_page(const post_dao *posts, const char *cursor, weir_cursors *page, weir_error *err)
{
	weir_query most_viewed = { .order = WEIR_ORDER(weir_desc(post_c.views)), .limit = 2 };
	post_list  list = WEIR_LIST_INIT;
	int        rc = post_dao_get_page_cached(posts, &most_viewed, cursor, &list, page, err);

	for (size_t i = 0; i < list.count; i++)
		printf("%s %d%s", list.items[i]->title, (int)list.items[i]->views, i + 1 < list.count ? ", " : "");
	if (rc == WEIR_OK)
		printf("%s\n", page->has_more ? " ..." : "");
	post_list_release(&list);
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	user_dao     users = get_user_dao(session);
	post_dao     posts = get_post_dao(session);
	weir_cursors page = WEIR_CURSORS_INIT;
	int          rc = make_posts(&users, &posts, err);

	if (rc == WEIR_OK)
		rc = show_page(&posts, NULL, &page, err);
	while (rc == WEIR_OK && page.next)
		rc = show_page(&posts, page.next, &page, err);
	while (rc == WEIR_OK && page.previous)
		rc = show_page(&posts, page.previous, &page, err);
	if (rc == WEIR_OK &&
	    post_dao_get_page(&posts, NULL, "changed", &(post_list)WEIR_LIST_INIT, &page, err) == WEIR_ERR_VALUE)
		printf("%s\n", err->message);
	weir_cursors_release(&page);
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
 * one 3, three 3 ...
 * five 3, four 2 ...
 * two 1
 * five 3, four 2 ...
 * one 3, three 3 ...
 * post: the cursor is no text that the library has made
 */
