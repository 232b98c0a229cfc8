/* Fills the tables: users, their posts, comments on those, in batches of create_many, each one transaction. */
#include "demo.h"
#include "print.h"

#include <stdio.h>

#define BATCH 500

static const char *const given_names[] = { "ada",     "alan",  "barbara", "dennis",   "donald",  "edsger",
	                                       "frances", "grace", "ken",     "margaret", "niklaus", "radia" };
static const char *const topics[] = { "caches", "queries", "locks", "indexes", "joins", "pages", "streams", "trees" };

/* The texts of one batch; the structs point to them. */
static char texts[BATCH][2][64];

static void make_user(user *u, int64_t number, char text[2][64])
{
	snprintf(text[0], 64, "%s%lld", given_names[number % 12], (long long)number);
	snprintf(text[1], 64, "%s%lld@example.org", given_names[number % 12], (long long)number);
	*u = (user){ .username = text[0], .email = text[1], .balance = { "12.50" } };
	if (number % 5 != 0)
		u->age = weir_some_i32((int32_t)(18 + number % 60));
	if (number % 3 == 0)
		u->bio = "reads about caches";
}

static void make_post(post *p, int64_t number, char text[2][64])
{
	snprintf(text[0], 64, "On %s, part %lld", topics[number % 8], (long long)(number / 8 + 1));
	*p = (post){
		.user_id = number % DEMO_USERS + 1,
		.title = text[0],
		.body = "A few words.",
		.published = number % 4 != 0,
		.meta = { "{\"tags\": [\"demo\"]}" },
	};
}

static void make_comment(comment *c, int64_t number)
{
	*c = (comment){
		.post_id = number % DEMO_POSTS + 1,
		.user_id = number * 7 % DEMO_USERS + 1,
		.body = "I see.",
		.stars = weir_some_i16((int16_t)(number % 5 + 1)),
	};
}

static int create_users(const demo *d, int64_t from, weir_error *err)
{
	user     batch[BATCH];
	user_dao users = get_user_dao(d->session);

	for (int i = 0; i < BATCH; i++)
		make_user(&batch[i], from + i, texts[i]);
	return user_dao_create_many(&users, batch, BATCH, WEIR_SET(user, username, email, bio, age, balance), NULL, err);
}

static int create_posts(const demo *d, int64_t from, weir_error *err)
{
	post     batch[BATCH];
	post_dao posts = get_post_dao(d->session);

	for (int i = 0; i < BATCH; i++)
		make_post(&batch[i], from + i, texts[i]);
	return post_dao_create_many(&posts, batch, BATCH, WEIR_SET(post, user_id, title, body, published, meta), NULL, err);
}

static int create_comments(const demo *d, int64_t from, weir_error *err)
{
	comment     batch[BATCH];
	comment_dao comments = get_comment_dao(d->session);

	for (int i = 0; i < BATCH; i++)
		make_comment(&batch[i], from + i);
	return comment_dao_create_many(&comments, batch, BATCH, WEIR_SET(comment, post_id, user_id, body, stars), NULL,
	                               err);
}

static const struct table {
	const char *name;
	int64_t     rows;
	int (*create)(const demo *d, int64_t from, weir_error *err);
} tables[] = {
	{ "users", DEMO_USERS, create_users },
	{ "posts", DEMO_POSTS, create_posts },
	{ "comments", DEMO_COMMENTS, create_comments },
};

int chapter_fill(demo *d, weir_error *err)
{
	print_title("Filling the tables of the bundled models");
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		int64_t started_us = clock_us();
		bar     progress = bar_begin(tables[i].name, tables[i].rows);

		for (int64_t row = 0; row < tables[i].rows && !demo_stopped(); row += BATCH) {
			int rc = tables[i].create(d, row, err);

			if (rc < 0)
				return rc;
			bar_grow(&progress, row + BATCH);
		}
		bar_end(&progress, clock_us() - started_us);
	}
	return WEIR_OK;
}
