/* The near cache over Redis, on real servers: what is shared, what a write here and elsewhere does to it, how fresh an answer
 * is when the server's word is late or lost. Rows K7 to K9 of docs/features.md. */
#include "support/blog.h"
#include "support/proxy.h"
#include "support/redis.h"
#include "support/servers.h"

#include <weir/near_cache.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct blog blog;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define WAIT_MS 10000

/* Polls a condition, which must come true. */
#define eventually(condition)                                                                                          \
	do {                                                                                                               \
		int64_t last_ms_ = now_ms() + WAIT_MS;                                                                         \
		while (!(condition) && now_ms() < last_ms_)                                                                    \
			(void)poll(NULL, 0, 1);                                                                                    \
		ck_assert_msg(condition, "in vain: %s", #condition);                                                           \
	} while (0)

static void open_near(const weir_options *more)
{
	weir_options options = more ? *more : (weir_options){ .cache_kind = WEIR_CACHE_REDIS };

	options.cache.near = WEIR_ON;
	blog_open(&blog, &options);
	eventually(weir_near_cache_is_fresh(blog.session));
}

static weir_session *open_other(void)
{
	weir_session *other =
		blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON });

	eventually(weir_near_cache_is_fresh(other));
	return other;
}

static uint64_t near_hits(weir_session *session)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(weir_session_cache(session), NULL, &stats);
	return stats.near_hits;
}

static inline weir_near_stats near_stats(weir_session *session)
{
	weir_near_stats stats;

	weir_near_cache_stats(weir_session_near_cache(session), &stats);
	return stats;
}

/* Runs a statement and asserts how many answers the near cache gave. */
#define assert_near(expected, statement)                                                                               \
	do {                                                                                                               \
		uint64_t before_ = near_hits(blog.session);                                                                    \
		statement;                                                                                                     \
		ck_assert_uint_eq(near_hits(blog.session) - before_, expected);                                                \
	} while (0)

static const user *read_user(const user_dao *users, int64_t id)
{
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(users, id, &found, &blog.err));
	return found;
}

static bool bio_is(const user_dao *users, int64_t id, const char *bio)
{
	const user *found = read_user(users, id);
	bool        is = bio && found->bio ? strcmp(found->bio, bio) == 0 : found->bio == bio;

	user_release(&found);
	return is;
}

static void set_bio(const user_dao *users, int64_t id, const char *bio)
{
	assert_ok(user_dao_update(users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err));
}

/* ---- What is shared ------------------------------------------------------------------------------------------------ */

START_TEST(test_near__a_hit_is_the_same_record_again)
{
	const user *first, *second;
	int64_t     id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	first = read_user(&blog.users, id);
	assert_near(1, second = read_user(&blog.users, id));
	ck_assert_ptr_eq(first, second);
	user_release(&first);
	ck_assert_str_eq(second->username, "ada");
	user_release(&second);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_record_outlives_cache_and_session)
{
	const user *found;

	open_near(NULL);
	found = read_user(&blog.users, blog_user(&blog, "ada"));
	blog_close(&blog);
	ck_assert_str_eq(found->username, "ada");
	user_release(&found);
}
END_TEST

START_TEST(test_near__lists_counts_and_exists_are_kept_too)
{
	const weir_query *query;
	post_list         first = WEIR_LIST_INIT, second = WEIR_LIST_INIT;
	int64_t           count = 0;
	bool              exists = false;
	int64_t           id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	(void)blog_post(&blog, id, "one");
	query = WEIR_QUERY(.where = weir_eq(post_c.user_id, id));
	assert_near(0, assert_ok(post_dao_get_all_cached(&blog.posts, query, &first, &blog.err)));
	assert_near(1, assert_ok(post_dao_get_all_cached(&blog.posts, query, &second, &blog.err)));
	ck_assert_uint_eq(second.count, 1);
	ck_assert_ptr_eq(first.items[0], second.items[0]);
	post_list_release(&first);
	post_list_release(&second);
	for (uint64_t i = 0; i < 2; i++) {
		assert_near(i, assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err)));
		ck_assert_int_eq(count, 1);
		assert_near(i, assert_ok(user_dao_exists_cached(&blog.users, NULL, &exists, &blog.err)));
		ck_assert(exists);
	}
	(void)blog_post(&blog, id, "two");
	assert_near(0, assert_ok(post_dao_get_all_cached(&blog.posts, query, &second, &blog.err)));
	ck_assert_uint_eq(second.count, 2);
	post_list_release(&second);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__empty_lists_and_absent_rows_are_kept_too)
{
	const weir_query *query;
	post_list         list = WEIR_LIST_INIT;
	const user       *none = NULL;

	open_near(NULL);
	query = WEIR_QUERY(.where = weir_eq(post_c.user_id, 77));
	for (uint64_t i = 0; i < 2; i++) {
		assert_near(i, assert_ok(post_dao_get_all_cached(&blog.posts, query, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 0);
		assert_near(i, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, 4711, &none, &blog.err)));
		assert_near(
			i, assert_status(WEIR_NOT_FOUND, user_dao_get_by_email_cached(&blog.users, "no@one", &none, &blog.err)));
	}
	(void)blog_user(&blog, "ada");
	assert_near(0, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, 4711, &none, &blog.err)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_unique_field_leads_to_the_record)
{
	const user *found = NULL;
	int64_t     id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 3; i++) {
		assert_near((uint64_t)(i == 2),
		            assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err)));
		ck_assert_int_eq(found->id, id);
		user_release(&found);
	}
	assert_ok(
		user_dao_update(&blog.users, id, &(user){ .username = "eve" }, WEIR_SET(user, username), NULL, &blog.err));
	assert_near(0,
	            assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__get_many_takes_what_is_there)
{
	int64_t   ids[3];
	user_list list = WEIR_LIST_INIT;

	open_near(NULL);
	for (size_t i = 0; i < 3; i++) {
		const user *found;

		ids[i] = blog_user(&blog, (const char *const[]){ "a", "b", "c" }[i]);
		if (i == 2)
			break;
		found = read_user(&blog.users, ids[i]);
		user_release(&found);
	}
	for (int i = 0; i < 3; i++) {
		assert_near(i < 2 ? 2u : 3u, assert_ok(user_dao_get_many_cached(&blog.users, ids, 3, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 3);
		for (size_t k = 0; k < 3; k++)
			ck_assert_int_eq(list.items[k]->id, ids[k]);
		user_list_release(&list);
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__is_off_unless_a_model_asks_for_it)
{
	int64_t id;

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS });
	ck_assert_ptr_null(weir_session_near_cache(blog.session));
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 2; i++)
		assert_near(0, ck_assert(bio_is(&blog.users, id, NULL)));
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &user_model,
	                                       &(weir_cache_config){ .near = WEIR_ON }, &blog.err));
	eventually(weir_near_cache_is_fresh(blog.session));
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &user_model,
	                                       &(weir_cache_config){ .near = WEIR_OFF }, &blog.err));
	assert_near(0, ck_assert(bio_is(&blog.users, id, NULL)));
	blog_close(&blog);
}
END_TEST

/* ---- Writes -------------------------------------------------------------------------------------------------------- */

START_TEST(test_near__own_writes_are_seen_at_once)
{
	int64_t id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 200; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, bio);
		ck_assert(bio_is(&blog.users, id, bio));
		ck_assert(bio_is(&blog.users, id, bio));
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__writes_of_another_process_arrive)
{
	weir_session *other;
	user_dao      users;
	int64_t       id, worst_ms = 0;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 100; i++) {
		char    bio[16];
		int64_t acknowledged_ms;

		ck_assert(bio_is(&blog.users, id, NULL) || i > 0);
		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&users, id, bio);
		acknowledged_ms = now_ms();
		eventually(bio_is(&blog.users, id, bio));
		worst_ms = now_ms() - acknowledged_ms > worst_ms ? now_ms() - acknowledged_ms : worst_ms;
		ck_assert(bio_is(&blog.users, id, bio));
	}
	ck_assert_int_le(worst_ms, 1000);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_flush_reaches_all)
{
	weir_session *other;
	user_dao      users;
	int64_t       id;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	ck_assert(bio_is(&users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), &user_model, &blog.err));
	ck_assert(bio_is(&blog.users, id, "past weir"));
	eventually(bio_is(&users, id, "past weir"));
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__writes_of_many_rows_drop_each)
{
	weir_session *other;
	user_dao      users;
	int64_t       ids[3];

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	for (size_t i = 0; i < 3; i++) {
		ids[i] = blog_user(&blog, (const char *const[]){ "a", "b", "c" }[i]);
		ck_assert(bio_is(&users, ids[i], NULL));
	}
	assert_ok(weir_base_dao_update_where(&blog.users.base, weir_everything(), &(user){ .bio = "all" },
	                                     WEIR_SET(user, bio), NULL, &blog.err));
	for (size_t i = 0; i < 3; i++) {
		ck_assert(bio_is(&blog.users, ids[i], "all"));
		eventually(bio_is(&users, ids[i], "all"));
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- How fresh ----------------------------------------------------------------------------------------------------- */

START_TEST(test_near__a_dao_or_a_query_can_ask_for_more)
{
	user_dao strong, bypass, bounded;
	int64_t  id, count;

	open_near(NULL);
	strong = bypass = bounded = blog.users;
	strong.base.fresh_ms = WEIR_STRONG;
	bypass.base.fresh_ms = WEIR_BYPASS;
	bounded.base.fresh_ms = 900;
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	assert_near(0, ck_assert(bio_is(&strong, id, NULL)));
	assert_near(0, ck_assert(bio_is(&bypass, id, "past weir")));
	assert_near(1, ck_assert(bio_is(&bounded, id, NULL)));
	for (int i = 0; i < 2; i++) {
		assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err));
		assert_near(
			0, assert_ok(user_dao_count_cached(&blog.users, WEIR_QUERY(.fresh_ms = WEIR_STRONG), &count, &blog.err)));
		ck_assert_int_eq(count, 1);
		blog_sql(&blog, "INSERT INTO users (username, email) SELECT 'x', 'x@y' WHERE NOT EXISTS (SELECT FROM users "
		                "WHERE username = 'x')");
		assert_near(
			0, assert_ok(user_dao_count_cached(&blog.users, WEIR_QUERY(.fresh_ms = WEIR_BYPASS), &count, &blog.err)));
		ck_assert_int_eq(count, 2);
	}
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("integration/near_cache", test_near__a_hit_is_the_same_record_again,
           test_near__a_record_outlives_cache_and_session, test_near__lists_counts_and_exists_are_kept_too,
           test_near__empty_lists_and_absent_rows_are_kept_too, test_near__a_unique_field_leads_to_the_record,
           test_near__get_many_takes_what_is_there, test_near__is_off_unless_a_model_asks_for_it,
           test_near__own_writes_are_seen_at_once, test_near__writes_of_another_process_arrive,
           test_near__a_flush_reaches_all, test_near__writes_of_many_rows_drop_each,
           test_near__a_dao_or_a_query_can_ask_for_more);
