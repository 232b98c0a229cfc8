/* Writes and cached reads while memory fails at each of their allocations: a write is done or is not, as its outcome says, and what the
 * cache holds afterwards is what the database holds. */
#include "base/memory.h"
#include "support/blog.h"

#include <weir/json.h>
#include <weir/near_cache.h>
#include <weir/writing.h>

#include <stdio.h>
#include <string.h>

#ifdef WEIR_TEST_HOOKS

#define ALLOCATIONS_MOST 2000

static struct blog blog;
static int64_t     ada;
static int         round_number; /* makes values that were not there before */
static char        text[64];

static const char *next_text(void)
{
	snprintf(text, sizeof text, "text %d", ++round_number);
	return text;
}

/* ---- What is tried ----------------------------------------------------------------------------------------------------- */

static int update_bio(weir_error *err)
{
	const user *updated = NULL;
	int rc = user_dao_update(&blog.users, ada, &(user){ .bio = next_text() }, WEIR_SET(user, bio), &updated, err);

	user_release(&updated);
	return rc;
}

static int update_name(weir_error *err)
{
	return user_dao_update(&blog.users, ada, &(user){ .username = next_text() }, WEIR_SET(user, username), NULL, err);
}

static int create_post(weir_error *err)
{
	const post *made = NULL;
	int         rc = post_dao_create(&blog.posts, &(post){ .user_id = ada, .title = next_text() },
	                                 WEIR_SET(post, user_id, title), &made, err);

	post_release(&made);
	return rc;
}

static int create_posts(weir_error *err)
{
	const post values[2] = { { .user_id = ada, .title = next_text() }, { .user_id = ada, .title = "more" } };
	post_list  made = WEIR_LIST_INIT;
	int        rc = post_dao_create_many(&blog.posts, values, 2, WEIR_SET(post, user_id, title), &made, err);

	post_list_release(&made);
	return rc;
}

static int update_posts(weir_error *err)
{
	return weir_base_dao_update_where(&blog.posts.base, weir_eq(post_c.user_id, ada), &(post){ .body = next_text() },
	                                  WEIR_SET(post, body), NULL, err);
}

static int increment_views(weir_error *err)
{
	return weir_base_dao_increment(&blog.posts.base, &(post){ .id = 1 }, WEIR_BY(weir_by(post_c.views, 1)), NULL, err);
}

static int upsert_user(weir_error *err)
{
	const user  values = { .username = "ada", .email = "ada@example.org", .bio = next_text() };
	const user *stored = NULL;
	weir_upsert upsert = { .set = WEIR_SET(user, username, email, bio),
		                   .on = user_c.email.column,
		                   .update = WEIR_SET(user, bio) };
	int         rc = weir_base_dao_upsert(&blog.users.base, &values, &upsert, &stored, NULL, err);

	user_release(&stored);
	return rc;
}

static int delete_posts(weir_error *err)
{
	return weir_base_dao_delete_where(&blog.posts.base, weir_starts_with(post_c.title, "text"), NULL, err);
}

static int write_in_transaction(weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = weir_begin(blog.session, NULL, &tx, err);
	user_dao      users;

	if (rc < 0)
		return rc;
	users = get_user_dao(tx);
	rc = user_dao_update(&users, ada, &(user){ .bio = next_text() }, WEIR_SET(user, bio), NULL, err);
	if (rc >= 0)
		rc = weir_commit(&tx, err);
	weir_rollback(&tx);
	return rc;
}

static int read_user(weir_error *err)
{
	const user *found = NULL;
	int         rc = user_dao_get_by_email_cached(&blog.users, "ada@example.org", &found, err);

	user_release(&found);
	return rc;
}

static int read_posts(weir_error *err)
{
	weir_query query = { .where = weir_eq(post_c.user_id, ada), .with = WEIR_WITH("author") };
	post_list  found = WEIR_LIST_INIT;
	int        rc = post_dao_get_all_cached(&blog.posts, &query, &found, err);

	post_list_release(&found);
	return rc;
}

static int read_relation(weir_error *err)
{
	const user owner = { .id = ada };
	post_list  found = WEIR_LIST_INIT;
	int        rc = user_posts(blog.session, &owner, &found, err);

	post_list_release(&found);
	return rc;
}

typedef struct operation {
	const char *name;
	int (*run)(weir_error *err);
} operation;

static const operation operations[] = {
	{ "update_bio", update_bio },
	{ "update_name", update_name },
	{ "create_post", create_post },
	{ "create_posts", create_posts },
	{ "update_posts", update_posts },
	{ "increment_views", increment_views },
	{ "upsert_user", upsert_user },
	{ "delete_posts", delete_posts },
	{ "write_in_transaction", write_in_transaction },
	{ "read_user", read_user },
	{ "read_posts", read_posts },
	{ "read_relation", read_relation },
};

/* ---- What is held against what ------------------------------------------------------------------------------------------ */

static void assert_same_list(const weir_base_dao *dao, const weir_query *query)
{
	weir_list cached = WEIR_LIST_INIT, stored = WEIR_LIST_INIT;
	char     *one = NULL, *other = NULL;

	assert_ok(weir_base_dao_get_all_cached(dao, query, &cached, &blog.err));
	assert_ok(weir_base_dao_get_all(dao, query, &stored, &blog.err));
	assert_ok(weir_list_to_json(&cached, NULL, &one, &blog.err));
	assert_ok(weir_list_to_json(&stored, NULL, &other, &blog.err));
	ck_assert_str_eq(one, other);
	weir_free(one);
	weir_free(other);
	weir_list_release(&cached);
	weir_list_release(&stored);
}

static void assert_same_user(const char *email)
{
	const user *cached = NULL, *stored = NULL, *by_id = NULL;

	assert_ok(user_dao_get_by_email_cached(&blog.users, email, &cached, &blog.err));
	assert_ok(user_dao_get_by_email(&blog.users, email, &stored, &blog.err));
	assert_ok(user_dao_get_by_id_cached(&blog.users, ada, &by_id, &blog.err));
	ck_assert_str_eq(cached->bio ? cached->bio : "", stored->bio ? stored->bio : "");
	ck_assert_str_eq(by_id->bio ? by_id->bio : "", stored->bio ? stored->bio : "");
	ck_assert_str_eq(by_id->username, stored->username);
	user_release(&cached);
	user_release(&stored);
	user_release(&by_id);
}

static void assert_coherent(void)
{
	int64_t cached, stored;

	for (int i = 0; i < 2; i++) { /* the second time from the cache */
		assert_same_user("ada@example.org");
		assert_same_list(&blog.posts.base, &(weir_query){ .where = weir_eq(post_c.user_id, ada) });
		assert_same_list(&blog.posts.base, NULL);
		assert_same_list(&blog.users.base, NULL);
		assert_ok(post_dao_count_cached(&blog.posts, NULL, &cached, &blog.err));
		assert_ok(post_dao_count(&blog.posts, NULL, &stored, &blog.err));
		ck_assert_int_eq(cached, stored);
	}
}

static const char *state_of_rows(void)
{
	static char state[2][128];
	static int  which;

	which = !which;
	snprintf(state[which], sizeof state[which], "%s",
	         blog_sql(&blog, "SELECT md5(coalesce((SELECT string_agg(u::text, ',' ORDER BY id) FROM users u), '') || "
	                         "coalesce((SELECT string_agg(p::text, ',' ORDER BY id) FROM posts p), ''))"));
	return state[which];
}

/* False: there was no allocation left to fail. */
static bool try_once(const operation *tried, long successes, enum weir__memory_failure mode)
{
	weir_error  err = WEIR_ERROR_INIT;
	const char *before;
	long        failures;
	int         rc;

	before = state_of_rows();
	weir__memory_fail_after(successes, mode);
	rc = tried->run(&err);
	failures = weir__memory_failures();
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert_msg(rc < 0 || err.status >= 0, "%s, allocation %ld: %d and %d", tried->name, successes, rc, err.status);
	if (rc < 0 && err.effect == WEIR_EFFECT_NONE)
		ck_assert_msg(strcmp(before, state_of_rows()) == 0, "%s, allocation %ld: %s", tried->name, successes,
		              err.message);
	if (rc < 0)
		ck_assert_msg(err.message[0] && failures > 0, "%s, allocation %ld: %d, %s", tried->name, successes, rc,
		              err.message);
	assert_coherent();
	return failures > 0;
}

static void try_all(const operation *tried)
{
	for (int mode = WEIR__FAIL_ONCE; mode <= WEIR__FAIL_FOREVER; mode++) {
		long successes = 0;

		while (try_once(tried, successes, (enum weir__memory_failure)mode))
			ck_assert_int_lt(++successes, ALLOCATIONS_MOST);
	}
}

static void try_with(const weir_options *options)
{
	blog_open(&blog, options);
	ada = blog_user(&blog, "ada");
	(void)blog_post(&blog, ada, "first");
	assert_coherent();
	for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
		try_all(&operations[i]);
	blog_close(&blog);
}

START_TEST(test_no_memory__a_write_is_done_or_not_and_the_cache_is_right)
{
	try_with(NULL);
}
END_TEST

START_TEST(test_no_memory__so_it_is_with_a_near_cache)
{
	try_with(&(weir_options){ .cache.near = WEIR_ON });
}
END_TEST

WEIR_SUITE_TIMED("no memory", 120, test_no_memory__a_write_is_done_or_not_and_the_cache_is_right,
                 test_no_memory__so_it_is_with_a_near_cache);

#else

int main(void)
{
	puts("skipped: in this build memory does not fail when it is told to");
	return 0;
}

#endif
