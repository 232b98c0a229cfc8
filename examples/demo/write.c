/* Writes, and that every one of them is seen by the next cached read, whatever the cache held before. */
#include "demo.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define ID 42

static int read_age(demo *d, int expected, const char *source, weir_error *err)
{
	user_dao    users = get_user_dao(d->session);
	const user *found = NULL;
	watch       w = watch_start(d->session);
	int         rc = user_dao_get_by_id_cached(&users, ID, &found, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc;
	print_step(&w, watch_source(&w), "  get_by_id_cached", "%s is %d", found->username, found->age.value);
	demo_claim(d, found->age.value == expected, "the age is the one last written");
	demo_claim(d, strcmp(watch_source(&w), source) == 0, "the answer came from where it should");
	user_release(&found);
	return WEIR_OK;
}

static int set_age(demo *d, int age, weir_error *err)
{
	user_dao users = get_user_dao(d->session);
	watch    w = watch_start(d->session);
	int      rc = user_dao_update(&users, ID, &(user){ .age = weir_some_i32(age) }, WEIR_SET(user, age), NULL, err);

	watch_stop(&w);
	if (rc == WEIR_OK)
		print_step(&w, NULL, "update", "age = %d", age);
	return rc;
}

/* One row: the update leaves no old value behind in Redis. */
static int update_one(demo *d, weir_error *err)
{
	int rc = set_age(d, 36, err);

	if (rc == WEIR_OK)
		rc = read_age(d, 36, "database", err);
	if (rc == WEIR_OK)
		rc = read_age(d, 36, "Redis", err);
	if (rc == WEIR_OK)
		rc = set_age(d, 37, err);
	if (rc == WEIR_OK)
		rc = read_age(d, 37, "database", err);
	if (rc == WEIR_OK)
		rc = read_age(d, 37, "Redis", err);
	return rc;
}

static int find_by_email(demo *d, const char *email, int expected, weir_error *err)
{
	user_dao    users = get_user_dao(d->session);
	const user *found = NULL;
	watch       w = watch_start(d->session);
	int         rc = user_dao_get_by_email_cached(&users, email, &found, err);

	watch_stop(&w);
	if (rc < 0)
		return rc;
	print_step(&w, watch_source(&w), "  get_by_email_cached", "%s: %s", email, rc == WEIR_OK ? "found" : "no such row");
	demo_claim(d, rc == expected, "an address leads to whoever has it now");
	user_release(&found);
	return WEIR_OK;
}

/* A unique value moves: the old one leads nowhere at once, the new one to the row. */
static int update_unique(demo *d, weir_error *err)
{
	user_dao users = get_user_dao(d->session);
	user     moved = { .email = "new@example.org" };
	watch    w;
	int      rc = user_dao_update(&users, ID, &(user){ .email = "old@example.org" }, WEIR_SET(user, email), NULL, err);

	if (rc == WEIR_OK)
		rc = find_by_email(d, "old@example.org", WEIR_OK, err);
	if (rc != WEIR_OK)
		return rc;
	w = watch_start(d->session);
	rc = user_dao_update(&users, ID, &moved, WEIR_SET(user, email), NULL, err);
	watch_stop(&w);
	print_step(&w, NULL, "update", "email = %s", moved.email);
	if (rc == WEIR_OK)
		rc = find_by_email(d, "old@example.org", WEIR_NOT_FOUND, err);
	if (rc == WEIR_OK)
		rc = find_by_email(d, "new@example.org", WEIR_OK, err);
	return rc;
}

static int count_posts(demo *d, int64_t expected, weir_error *err)
{
	post_dao posts = get_post_dao(d->session);
	int64_t  count = 0;
	watch    w = watch_start(d->session);
	int      rc = post_dao_count_cached(&posts, NULL, &count, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc;
	print_step(&w, watch_source(&w), "  count_cached", "%lld posts", (long long)count);
	demo_claim(d, count == expected, "the count has every post");
	return WEIR_OK;
}

/* The defaults come from the database and are in the record that create returns. */
static int create_post(demo *d, int64_t *id, weir_error *err)
{
	post_dao    posts = get_post_dao(d->session);
	const post *created = NULL;
	post        values = { .user_id = ID, .title = "Fresh", .body = "" };
	watch       w = watch_start(d->session);
	int         rc = post_dao_create(&posts, &values, WEIR_SET(post, user_id, title, body), &created, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc;
	*id = created->id;
	print_step(&w, NULL, "create", "post %lld, %lld views", (long long)created->id, (long long)created->views);
	post_release(&created);
	return WEIR_OK;
}

static int delete_post(demo *d, int64_t id, weir_error *err)
{
	post_dao posts = get_post_dao(d->session);
	bool     deleted = false;
	watch    w = watch_start(d->session);
	int      rc = post_dao_delete(&posts, id, &deleted, err);

	watch_stop(&w);
	if (rc == WEIR_OK)
		print_step(&w, NULL, "delete", "post %lld: %s", (long long)id, deleted ? "deleted" : "was not there");
	return rc;
}

static int list_posts(demo *d, int64_t user_id, size_t expected, const char *source, weir_error *err)
{
	post_dao  posts = get_post_dao(d->session);
	post_list found = WEIR_LIST_INIT;
	watch     w = watch_start(d->session);
	int       rc = post_dao_get_by_user_cached(&posts, user_id, 0, 50, &found, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc;
	print_step(&w, watch_source(&w), "  get_by_user_cached", "user %lld has %zu posts", (long long)user_id,
	           found.count);
	demo_claim(d, found.count == expected, "the list has every post");
	demo_claim(d, strcmp(watch_source(&w), source) == 0, "the answer came from where it should");
	post_list_release(&found);
	return WEIR_OK;
}

/* Counts and lists follow, and only those that the write concerns. */
static int create_and_delete(demo *d, weir_error *err)
{
	int64_t id = 0;
	int     rc = count_posts(d, DEMO_POSTS, err);

	if (rc == WEIR_OK)
		rc = list_posts(d, ID, 3, "database", err);
	if (rc == WEIR_OK)
		rc = list_posts(d, ID + 1, 3, "database", err);
	if (rc == WEIR_OK)
		rc = create_post(d, &id, err);
	if (rc == WEIR_OK)
		rc = count_posts(d, DEMO_POSTS + 1, err);
	if (rc == WEIR_OK)
		rc = list_posts(d, ID, 4, "database", err);
	if (rc == WEIR_OK)
		rc = list_posts(d, ID + 1, 3, "Redis", err);
	if (rc == WEIR_OK)
		rc = delete_post(d, id, err);
	if (rc == WEIR_OK)
		rc = count_posts(d, DEMO_POSTS, err);
	return rc == WEIR_OK ? list_posts(d, ID, 3, "database", err) : rc;
}

/* By condition: which rows these are only the database knows, and the cache follows all the same. */
static int write_by_condition(demo *d, weir_error *err)
{
	weir_base_dao posts = get_post_dao(d->session).base;
	weir_base_dao comments = get_comment_dao(d->session).base;
	int64_t       changed = 0;
	watch         w = watch_start(d->session);
	int           rc = weir_base_dao_update_where(&posts, weir_eq(post_c.user_id, ID), &(post){ .published = true },
	                                              WEIR_SET(post, published), &changed, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc;
	print_step(&w, NULL, "update_where user_id = 42", "%lld posts published", (long long)changed);
	w = watch_start(d->session);
	rc = weir_base_dao_delete_where(&comments, weir_all(weir_eq(comment_c.user_id, ID), weir_ge(comment_c.stars, 3)),
	                                &changed, err);
	watch_stop(&w);
	if (rc == WEIR_OK)
		print_step(&w, NULL, "delete_where ... stars >= 3", "%lld comments deleted", (long long)changed);
	return rc;
}

int chapter_write(demo *d, weir_error *err)
{
	static int (*const parts[])(demo *, weir_error *) = { update_one, update_unique, create_and_delete,
		                                                  write_by_condition };

	print_title("Writing: the next read through the cache sees it");
	print_line("%-28s %-26s %-9s %8s", "call", "what came out", "from", "time");
	for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !demo_stopped(); i++) {
		int rc;

		print_gap();
		rc = parts[i](d, err);
		if (rc != WEIR_OK)
			return rc < 0 ? rc : WEIR_ERR_USAGE;
	}
	return WEIR_OK;
}
