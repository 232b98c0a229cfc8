/* A page of users with their posts and the comments on those, asked for one by one (a query for each user and each post),
 * a level at a time, and from the cache. */
#include "demo.h"
#include "print.h"

#define PAGE  100
#define CALLS 9

typedef struct tally {
	int64_t users, posts, comments;
} tally;

static int tally_comments(weir_session *session, const post *p, tally *sum, weir_error *err)
{
	comment_list said = WEIR_LIST_INIT;
	int          rc = post_comments_where(session, p, NULL, &said, err);

	sum->comments += (int64_t)said.count;
	comment_list_release(&said);
	return rc;
}

static int tally_posts(weir_session *session, const user *u, tally *sum, weir_error *err)
{
	post_list written = WEIR_LIST_INIT;
	int       rc = user_posts_where(session, u, NULL, &written, err);

	for (size_t i = 0; rc == WEIR_OK && i < written.count; i++)
		rc = tally_comments(session, written.items[i], sum, err);
	sum->posts += (int64_t)written.count;
	post_list_release(&written);
	return rc;
}

/* Asks when it comes to it, and always the database. */
static int read_lazily(weir_session *session, tally *sum, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list page = WEIR_LIST_INIT;
	int       rc = user_dao_get_all(&users, WEIR_QUERY(.limit = PAGE), &page, err);

	for (size_t i = 0; rc == WEIR_OK && i < page.count; i++)
		rc = tally_posts(session, page.items[i], sum, err);
	sum->users = (int64_t)page.count;
	user_list_release(&page);
	return rc;
}

/* What came with the page. */
static void tally_page(const user_list *page, tally *sum)
{
	sum->users = (int64_t)page->count;
	for (size_t i = 0; i < page->count; i++) {
		post_list    written = WEIR_LIST_INIT;
		comment_list said = WEIR_LIST_INIT;

		if (user_posts_loaded(page, page->items[i], &written))
			sum->posts += (int64_t)written.count;
		for (size_t k = 0; k < written.count; k++)
			if (post_comments_loaded(page, written.items[k], &said))
				sum->comments += (int64_t)said.count;
	}
}

static int read_eagerly(weir_session *session, bool cached, tally *sum, weir_error *err)
{
	user_dao          users = get_user_dao(session);
	user_list         page = WEIR_LIST_INIT;
	const weir_query *query = WEIR_QUERY(.limit = PAGE, .with = WEIR_WITH("posts", "posts.comments"));
	int rc = cached ? user_dao_get_all_cached(&users, query, &page, err) : user_dao_get_all(&users, query, &page, err);

	if (rc == WEIR_OK)
		tally_page(&page, sum);
	user_list_release(&page);
	return rc;
}

static int read_from_database(weir_session *session, tally *sum, weir_error *err)
{
	return read_eagerly(session, false, sum, err);
}

static int read_through_cache(weir_session *session, tally *sum, weir_error *err)
{
	return read_eagerly(session, true, sum, err);
}

/* Posts and comments are dealt out evenly (fill.c). */
#define PAGE_POSTS    (PAGE * (DEMO_POSTS / DEMO_USERS))
#define PAGE_COMMENTS (PAGE * (DEMO_COMMENTS / DEMO_USERS))

static const struct way {
	const char *what;
	int (*read)(weir_session *session, tally *sum, weir_error *err);
	int     calls;
	int64_t queries; /* of each call */
} ways[] = {
	{ "lazily, from the database", read_lazily, CALLS, 1 + PAGE + PAGE_POSTS },
	{ "eagerly, from the database", read_from_database, CALLS, 3 },
	{ "eagerly, the cache still empty", read_through_cache, 1, 3 },
	{ "eagerly, from the cache", read_through_cache, CALLS, 0 },
};

/* Reads the page way->calls times; w is then what the fastest of them took. */
static int measure(demo *d, const struct way *way, watch *w, weir_error *err)
{
	for (int i = 0; i < way->calls && !demo_stopped(); i++) {
		tally sum = { .users = 0 };
		watch one = watch_start(d->session);
		int   rc = way->read(d->session, &sum, err);

		watch_stop(&one);
		if (rc < 0)
			return rc;
		demo_claim(d, sum.users == PAGE && sum.posts == PAGE_POSTS && sum.comments == PAGE_COMMENTS,
		           "every post and every comment of the page is there");
		demo_claim(d, one.queries == way->queries, "it takes as many queries as it should");
		if (i == 0 || one.us < w->us)
			*w = one;
	}
	return WEIR_OK;
}

int chapter_relations(demo *d, weir_error *err)
{
	print_title("Relations: N+1 in figures");
	print_line("%d users, their %d posts, the %d comments on those:", PAGE, PAGE_POSTS, PAGE_COMMENTS);
	print_gap();
	print_line("%-32s %8s %8s  %s", "", "time", "queries", "from");
	for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !demo_stopped(); i++) {
		char  text[16];
		watch w = { .us = 0 };
		int   rc = measure(d, &ways[i], &w, err);

		if (rc < 0)
			return rc;
		print_line("%-32s %8s %8lld  %s", ways[i].what, time_text(w.us, text), (long long)w.queries, watch_source(&w));
	}
	print_gap();
	print_line("Lazily is one query for the page, one for each user and one for each post. Eagerly is one for each");
	print_line("level, however long the page, and none when the cache knows it. Times are the best of %d,", CALLS);
	print_line("but for the empty cache, which is asked, and filled, once.");
	return WEIR_OK;
}
