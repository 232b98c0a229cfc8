/* 11_results: parts of rows, groups and single values, typed and cached like any list. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int write_posts(const user_dao *users, const post_dao *posts, const char *name, int count, weir_error *err)
{
	const user *author = NULL;
	int         rc = user_dao_create(users, &(user){ .username = name, .email = name }, WEIR_SET(user, username, email),
	                                 &author, err);

	for (int i = 0; rc == WEIR_OK && i < count; i++)
		rc = post_dao_create(posts, &(post){ .user_id = author->id, .title = "", .views = 10 * (i + 1) },
		                     WEIR_SET(post, user_id, title, views), NULL, err);
	user_release(&author);
	return rc;
}

/* Two columns of each user. */
static int show_cards(const user_dao *users, weir_error *err)
{
	user_card_list cards = WEIR_LIST_INIT;
	int            rc =
		user_dao_get_cards_cached(users, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(user_c.created_at))), &cards, err);

	for (size_t i = 0; i < cards.count; i++)
		printf("%s\n", cards.items[i]->username);
	user_card_list_release(&cards);
	return rc;
}

/* Who has written at least two posts, the most viewed first. */
static int show_tallies(const post_dao *posts, weir_error *err)
{
	post_tally_list tallies = WEIR_LIST_INIT;
	weir_query      query = {
			 .having = weir_ge(post_tally_c.posts, 2),
			 .order = WEIR_ORDER(weir_desc(post_tally_c.views)),
	};
	int rc = post_dao_get_tallies_cached(posts, &query, &tallies, err);

	for (size_t i = 0; i < tallies.count; i++)
		printf("user %d: %d posts, %d views\n", (int)tallies.items[i]->user_id, (int)tallies.items[i]->posts,
		       (int)tallies.items[i]->views.value);
	post_tally_list_release(&tallies);
	return rc;
}

static int show_values(const post_dao *posts, weir_error *err)
{
	weir_opt_f64 average = { .has = false };
	int64_t      authors = 0;
	int rc = weir_base_dao_aggregate_f64_cached(&posts->base, WEIR_AVG, post_c.views.column, NULL, &average, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_count_distinct_cached(&posts->base, post_c.user_id.column, NULL, &authors, err);
	if (rc == WEIR_OK)
		printf("%d authors, %.1f views on average\n", (int)authors, average.value);
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);
	post_dao posts = get_post_dao(session);
	int      rc = write_posts(&users, &posts, "ada", 2, err);

	if (rc == WEIR_OK)
		rc = write_posts(&users, &posts, "eve", 1, err);
	if (rc == WEIR_OK)
		rc = write_posts(&users, &posts, "bob", 3, err);
	if (rc == WEIR_OK)
		rc = show_cards(&users, err);
	if (rc == WEIR_OK)
		rc = show_tallies(&posts, err);
	return rc == WEIR_OK ? show_values(&posts, err) : rc;
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
 * bob
 * eve
 * ada
 * user 3: 3 posts, 60 views
 * user 1: 2 posts, 30 views
 * 3 authors, 16.7 views on average
 */
