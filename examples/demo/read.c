/* Every kind of read, asked of the database and through the cache: the median time of a call, and how many
 * statements PostgreSQL got. The first cached call of a row finds nothing in Redis, asks the database and leaves the
 * answer there; the others never reach the database. */
#include "demo.h"
#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS 300
#define MANY  100

static int user_by_id(weir_session *session, bool cached, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *found = NULL;
	int rc = cached ? user_dao_get_by_id_cached(&users, 42, &found, err) : user_dao_get_by_id(&users, 42, &found, err);

	user_release(&found);
	return rc;
}

static int user_by_email(weir_session *session, bool cached, weir_error *err)
{
	static const char email[] = "grace7@example.org";
	user_dao          users = get_user_dao(session);
	const user       *found = NULL;
	int               rc = cached ? user_dao_get_by_email_cached(&users, email, &found, err)
	                              : user_dao_get_by_email(&users, email, &found, err);

	user_release(&found);
	return rc;
}

static int unknown_user(weir_session *session, bool cached, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *found = NULL;
	int         rc = cached ? user_dao_get_by_id_cached(&users, 999999, &found, err)
	                        : user_dao_get_by_id(&users, 999999, &found, err);

	return rc == WEIR_NOT_FOUND ? WEIR_OK : WEIR_NOT_FOUND;
}

static int many_users(weir_session *session, bool cached, weir_error *err)
{
	int64_t   ids[MANY];
	user_dao  users = get_user_dao(session);
	user_list found = WEIR_LIST_INIT;
	int       rc;

	for (int i = 0; i < MANY; i++)
		ids[i] = 1000 - i;
	rc = cached ? user_dao_get_many_cached(&users, ids, MANY, &found, err)
	            : user_dao_get_many(&users, ids, MANY, &found, err);
	user_list_release(&found);
	return rc;
}

static int posts_of_user(weir_session *session, bool cached, weir_error *err)
{
	post_dao  posts = get_post_dao(session);
	post_list found = WEIR_LIST_INIT;
	int       rc = cached ? post_dao_get_by_user_cached(&posts, 42, 0, 10, &found, err)
	                      : post_dao_get_by_user(&posts, 42, 0, 10, &found, err);

	post_list_release(&found);
	return rc;
}

static int list_of_users(weir_session *session, bool cached, weir_error *err)
{
	user_dao          users = get_user_dao(session);
	user_list         found = WEIR_LIST_INIT;
	const weir_query *query = WEIR_QUERY(.where = weir_all(weir_eq(user_c.is_active, true), weir_ge(user_c.age, 30)),
	                                     .order = WEIR_ORDER(weir_desc(user_c.created_at)), .limit = MANY);
	int               rc =
        cached ? user_dao_get_all_cached(&users, query, &found, err) : user_dao_get_all(&users, query, &found, err);

	user_list_release(&found);
	return rc;
}

static int search(weir_session *session, bool cached, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list found = WEIR_LIST_INIT;
	int       rc = cached ? user_dao_search_users_cached(&users, "grace", 0, 10, &found, err)
	                      : user_dao_search_users(&users, "grace", 0, 10, &found, err);

	user_list_release(&found);
	return rc;
}

static int count_posts(weir_session *session, bool cached, weir_error *err)
{
	post_dao          posts = get_post_dao(session);
	const weir_query *published = WEIR_QUERY(.where = weir_eq(post_c.published, true));
	int64_t           count = 0;

	return cached ? post_dao_count_cached(&posts, published, &count, err)
	              : post_dao_count(&posts, published, &count, err);
}

static int comment_exists(weir_session *session, bool cached, weir_error *err)
{
	comment_dao       comments = get_comment_dao(session);
	const weir_query *by_user = WEIR_QUERY(.where = weir_eq(comment_c.user_id, 42));
	bool              exists = false;

	return cached ? comment_dao_exists_cached(&comments, by_user, &exists, err)
	              : comment_dao_exists(&comments, by_user, &exists, err);
}

static const struct read {
	const char *what;
	int (*call)(weir_session *session, bool cached, weir_error *err);
} reads[] = {
	{ "a user by id", user_by_id },
	{ "a user by email", user_by_email },
	{ "an id that does not exist", unknown_user },
	{ "100 users by id, in order", many_users },
	{ "10 posts of a user", posts_of_user },
	{ "100 users: filter and order", list_of_users },
	{ "search in three columns", search },
	{ "how many posts are published", count_posts },
	{ "has a user written comments?", comment_exists },
};

static int compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The median time of CALLS calls; w counts what they caused. */
static int measure(demo *d, const struct read *read, bool cached, int64_t *median_us, watch *w, weir_error *err)
{
	int64_t us[CALLS];

	*w = watch_start(d->session);
	for (int i = 0; i < CALLS; i++) {
		int64_t started_us = clock_us();
		int     rc = read->call(d->session, cached, err);

		if (rc < 0)
			return rc;
		us[i] = clock_us() - started_us;
		if (!demo_claim(d, rc == WEIR_OK, "the row is there"))
			return WEIR_OK;
	}
	watch_stop(w);
	qsort(us, CALLS, sizeof us[0], compare_times);
	*median_us = us[CALLS / 2];
	return WEIR_OK;
}

static int measure_both(demo *d, const struct read *read, weir_error *err)
{
	char    plain_text[16], cached_text[16];
	watch   plain = { .us = 0 }, cached = { .us = 0 };
	int64_t plain_us = 0, cached_us = 0;
	int     rc = measure(d, read, false, &plain_us, &plain, err);

	if (rc == WEIR_OK)
		rc = measure(d, read, true, &cached_us, &cached, err);
	if (rc < 0)
		return rc;
	print_line("%-32s %8s %8lld    %8s %8lld", read->what, time_text(plain_us, plain_text), (long long)plain.queries,
	           time_text(cached_us, cached_text), (long long)cached.queries);
	demo_claim(d, plain.queries == CALLS, "each uncached call is one query");
	demo_claim(d, cached.queries <= 2, "cached calls do not reach the database");
	return WEIR_OK;
}

/* What a service would answer with. */
static int show_page(demo *d, weir_error *err)
{
	user_dao  users = get_user_dao(d->session);
	user_list found = WEIR_LIST_INIT;
	weir_page page = { .skip = 20, .limit = 2, .total = DEMO_USERS };
	weir_set  fields = WEIR_SET(user, id, username, age, balance);
	char     *text = NULL;
	int       rc = user_dao_get_all_cached(&users, WEIR_QUERY(.skip = 20, .limit = 2), &found, err);

	if (rc == WEIR_OK)
		rc = weir_page_to_json(&found, &page, &fields, &text, err);
	if (rc == WEIR_OK) {
		size_t first = strcspn(text, "}") + 2;

		print_line("A page of users as JSON for a client, fields chosen:");
		print_line("%.*s", (int)(first < strlen(text) ? first : strlen(text)), text);
		print_line(" %s", first < strlen(text) ? text + first : "");
	}
	weir_free(text);
	user_list_release(&found);
	return rc;
}

int chapter_read(demo *d, weir_error *err)
{
	print_title("Reading: every kind of read, from the database and through the cache");
	print_line("%-32s %17s    %17s", "", "from the database", "through the cache");
	print_line("%-32s %8s %8s    %8s %8s", "300 calls of each", "median", "queries", "median", "queries");
	for (size_t i = 0; i < sizeof reads / sizeof reads[0] && !demo_stopped(); i++) {
		int rc = measure_both(d, &reads[i], err);

		if (rc < 0)
			return rc;
	}
	print_gap();
	print_line("Queries are statements that PostgreSQL got, by the session's counter: through the cache only the");
	print_line("first call asks it, and leaves the answer in Redis. With both servers at hand a single row comes");
	print_line(
		"about as fast from either; what is saved is the work of the database, and time where it has more to do.");
	print_gap();
	return show_page(d, err);
}
