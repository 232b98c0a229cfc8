/* The near cache over Redis, on real servers: what is shared, what a write here and elsewhere does to it, how fresh an answer
 * is when the server's word is late or lost. Rows K7 to K9 of docs/features.md. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "support/blog.h"
#include "support/proxy.h"
#include "support/redis.h"
#include "support/servers.h"

#include <weir/near_cache.h>
#include <weir/scope.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static weir_near_stats near_stats(weir_session *session)
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

/* ---- When the server's word is late or lost ------------------------------------------------------------------------- */

#define BOUND_MS 1000

/* The reader behind a proxy that holds its subscriber's messages back, on a Redis of the test's own; and a writer elsewhere. */
static struct held {
	struct server server;
	struct proxy  proxy;
	char          url[64];
	weir_session *writer;
	user_dao      users;
	int64_t       id;
} held;

static void open_held(void)
{
	char *colon;
	char  host[64];

	memset(&held, 0, sizeof held);
	server_start(&held.server, SERVER_REDIS);
	snprintf(host, sizeof host, "%s", held.server.address);
	colon = strrchr(host, ':');
	*colon = '\0';
	held.proxy.text = "SUBSCRIBE";
	held.proxy.fault = PROXY_HOLD;
	proxy_start(&held.proxy, host, colon + 1);
	snprintf(held.url, sizeof held.url, "redis://127.0.0.1:%d", held.proxy.port);
	open_near(&(weir_options){
		.cache_kind = WEIR_CACHE_REDIS, .redis = held.url, .near.bound_ms = BOUND_MS, .cache_timeout_ms = 200 });
	held.writer = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .redis = held.server.url });
	held.users = get_user_dao(held.writer);
	held.id = blog_user(&blog, "ada");
}

static void close_held(void)
{
	weir_close(&held.writer);
	blog_close(&blog);
	proxy_stop(&held.proxy);
	server_release(&held.server);
}

/* Reads until the new value is seen, and asserts that no read that began later than the bound after the write still gave the old one. */
static void assert_seen_within_bound(const char *bio)
{
	int64_t acknowledged_ms = now_ms(), began_ms;

	do {
		began_ms = now_ms();
		if (bio_is(&blog.users, held.id, bio))
			return;
	} while (began_ms <= acknowledged_ms + BOUND_MS);
	ck_abort_msg("old %d ms after the write", (int)(began_ms - acknowledged_ms));
}

START_TEST(test_near__a_stalled_subscriber_bounds_how_old_an_answer_is)
{
	int64_t held_ms;

	open_held();
	for (int i = 0; i < 3; i++) {
		char bio[16];

		eventually(weir_near_cache_is_fresh(blog.session));
		(void)bio_is(&blog.users, held.id, NULL);
		assert_near(1, (void)bio_is(&blog.users, held.id, NULL));
		atomic_store(&held.proxy.held, true);
		held_ms = now_ms();
		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&held.users, held.id, bio);
		if (now_ms() - held_ms < BOUND_MS / 2)
			assert_near(1, ck_assert(!bio_is(&blog.users, held.id, bio))); /* not told yet */
		assert_seen_within_bound(bio);
		ck_assert(!weir_near_cache_is_fresh(blog.session));
		atomic_store(&held.proxy.held, false);
	}
	close_held();
}
END_TEST

START_TEST(test_near__own_writes_are_seen_at_once_though_the_subscriber_is_stalled)
{
	open_held();
	atomic_store(&held.proxy.held, true);
	for (int i = 0; i < 50; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, held.id, bio);
		ck_assert(bio_is(&blog.users, held.id, bio));
		ck_assert(bio_is(&blog.users, held.id, bio));
	}
	close_held();
}
END_TEST

START_TEST(test_near__a_killed_subscriber_drops_everything_and_comes_back)
{
	open_held();
	(void)bio_is(&blog.users, held.id, NULL);
	assert_near(1, (void)bio_is(&blog.users, held.id, NULL));
	for (int i = 0; i < 3; i++) {
		uint64_t resets = near_stats(blog.session).resets;
		char     bio[16];

		atomic_store(&held.proxy.held, true); /* the message is under way, and is lost with the connection */
		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&held.users, held.id, bio);
		redis_run(held.server.url, "CLIENT KILL TYPE pubsub");
		atomic_store(&held.proxy.held, false);
		assert_seen_within_bound(bio);
		eventually(near_stats(blog.session).resets >= resets + 2 && weir_near_cache_is_fresh(blog.session));
		ck_assert(bio_is(&blog.users, held.id, bio));
		assert_near(1, ck_assert(bio_is(&blog.users, held.id, bio)));
	}
	close_held();
}
END_TEST

START_TEST(test_near__a_frozen_redis_ends_near_answers_after_the_bound)
{
	int64_t frozen_ms;

	open_held();
	(void)bio_is(&blog.users, held.id, NULL);
	frozen_ms = now_ms();
	server_pause(&held.server);
	assert_near(1, ck_assert(bio_is(&blog.users, held.id, NULL)));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	eventually(bio_is(&blog.users, held.id, "past weir"));
	ck_assert_int_ge(now_ms() - frozen_ms, 0);
	ck_assert(!weir_near_cache_is_fresh(blog.session));
	server_resume(&held.server);
	eventually(weir_near_cache_is_fresh(blog.session));
	close_held();
}
END_TEST

/* A Redis that comes back has forgotten everything, and so has the near cache. */
START_TEST(test_near__a_restarted_redis_starts_cold)
{
	open_held();
	(void)bio_is(&blog.users, held.id, NULL);
	server_kill(&held.server);
	eventually(!weir_near_cache_is_fresh(blog.session));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	server_restart(&held.server);
	eventually(weir_near_cache_is_fresh(blog.session));
	eventually(bio_is(&blog.users, held.id, "past weir"));
	close_held();
}
END_TEST

/* ---- Two processes ------------------------------------------------------------------------------------------------- */

enum { VERSIONS = 300 };

/* When each version had been acknowledged to the other process, 0: not yet. */
static _Atomic int64_t *acknowledged;

/* The other process: writes one version after the other. */
static void write_versions(int64_t id)
{
	struct blog   child = blog;
	weir_session *session = blog_open_other(&child, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS });
	user_dao      users = get_user_dao(session);

	for (int i = 1; i <= VERSIONS; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "%d", i);
		if (user_dao_update(&users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, NULL) != WEIR_OK)
			_exit(1);
		atomic_store(&acknowledged[i], now_ms());
	}
	weir_close(&session);
	_exit(0);
}

START_TEST(test_near__of_two_processes_one_is_behind_the_other_by_the_bound_at_most)
{
	pid_t   child;
	int64_t id, near_before;
	int     newest = 0, status = -1;

	acknowledged =
		mmap(NULL, (VERSIONS + 2) * sizeof *acknowledged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(acknowledged != MAP_FAILED);
	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .near.bound_ms = BOUND_MS });
	id = blog_user(&blog, "ada");
	near_before = (int64_t)near_hits(blog.session);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		write_versions(id);
	while (newest < VERSIONS) {
		int64_t     began_ms = now_ms();
		const user *found = read_user(&blog.users, id);
		int         seen = found->bio ? atoi(found->bio) : 0, least = newest;

		user_release(&found);
		for (; least < VERSIONS && atomic_load(&acknowledged[least + 1]) != 0; least++)
			if (atomic_load(&acknowledged[least + 1]) >= began_ms - BOUND_MS)
				break;
		ck_assert_msg(seen >= least, "version %d, %d was acknowledged more than the bound ago", seen, least);
		newest = least;
		ck_assert(waitpid(child, &status, WNOHANG) == 0 || WEXITSTATUS(status) == 0);
	}
	ck_assert_int_gt((int64_t)near_hits(blog.session), near_before);
	blog_close(&blog);
	munmap(acknowledged, (VERSIONS + 2) * sizeof *acknowledged);
}
END_TEST

START_TEST(test_near__a_forked_child_ends_nothing_of_its_parents)
{
	pid_t child;
	int   status = -1;

	open_near(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		weir_close(&blog.session);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)bio_is(&blog.users, blog_user(&blog, "ada"), NULL);
	ck_assert(weir_near_cache_is_fresh(blog.session));
	blog_close(&blog);
}
END_TEST

/* ---- Configurations: over memory, shared, by size (K7 to K9) --------------------------------------------------------- */

START_TEST(test_near__stands_over_the_cache_in_memory_too)
{
	int64_t id;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_MEMORY });
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	for (int i = 0; i < 20; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, bio);
		ck_assert(bio_is(&blog.users, id, bio));
		assert_near(1, ck_assert(bio_is(&blog.users, id, bio)));
	}
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
	assert_near(0, (void)bio_is(&blog.users, id, NULL));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__one_can_be_shared_between_sessions)
{
	weir_near_cache *shared = NULL;
	weir_options     options = { .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON };
	weir_session    *sessions[2];
	user_dao         users[2];
	const user      *first, *second;
	int64_t          id;

	blog_open(&blog, NULL);
	assert_ok(weir_near_cache_create(&(weir_near_options){ .max_bytes = 1 << 20 }, &shared, NULL));
	options.near_cache = shared;
	for (int i = 0; i < 2; i++) {
		sessions[i] = blog_open_other(&blog, &options);
		users[i] = get_user_dao(sessions[i]);
		eventually(weir_near_cache_is_fresh(sessions[i]));
		ck_assert_ptr_eq(weir_session_near_cache(sessions[i]), shared);
	}
	weir_near_cache_release(&shared);
	id = blog_user(&blog, "ada");
	first = read_user(&users[0], id);
	second = read_user(&users[1], id);
	ck_assert_ptr_eq(first, second);
	ck_assert_uint_eq(near_hits(sessions[1]), 1);
	user_release(&first);
	user_release(&second);
	for (int i = 0; i < 50; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&users[i % 2], id, bio);
		ck_assert(bio_is(&users[(i + 1) % 2], id, bio)); /* at once, for the near cache is the same */
	}
	weir_close(&sessions[0]);
	ck_assert(weir_near_cache_is_fresh(sessions[1])); /* it goes on by itself */
	ck_assert(bio_is(&users[1], id, "v49"));
	weir_close(&sessions[1]);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__only_lists_of_fewer_rows_are_kept)
{
	post_list list = WEIR_LIST_INIT;
	int64_t   id;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near_max_items = 2 });
	id = blog_user(&blog, "ada");
	for (int rows = 1; rows <= 3; rows++) {
		(void)blog_post(&blog, id, "title");
		for (uint64_t again = 0; again < 2; again++) {
			assert_near(rows <= 2 ? again : 0,
			            assert_ok(post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.where = weir_eq(post_c.user_id, id)),
			                                              &list, &blog.err)));
			ck_assert_uint_eq(list.count, (size_t)rows);
			post_list_release(&list);
		}
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__only_records_that_are_small_enough_are_kept)
{
	char    text[2001];
	int64_t id;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near_max_bytes = 1000 });
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	set_bio(&blog.users, id, text);
	for (int i = 0; i < 3; i++)
		assert_near(0, ck_assert(bio_is(&blog.users, id, text)));
	blog_close(&blog);
}
END_TEST

/* An entry is gone when its time in Redis is over. */
START_TEST(test_near__an_entry_lives_no_longer_than_in_redis)
{
	weir_session *other;
	user_dao      users;
	int64_t       id, filled_ms;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.ttl_s = 2 });
	other = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.ttl_s = 2 });
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&users, id, NULL)); /* fills Redis */
	filled_ms = now_ms();
	(void)poll(NULL, 0, 1000);
	ck_assert(bio_is(&blog.users, id, NULL)); /* what is left of it */
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	eventually(bio_is(&blog.users, id, "past weir"));
	ck_assert_int_le(now_ms() - filled_ms, 2900);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_session_can_be_derived_that_asks_for_more)
{
	weir_scope scope;
	user_dao   strong, bypass;
	weir_scope other;
	int64_t    id;

	open_near(NULL);
	strong = get_user_dao(weir_with_freshness(blog.session, WEIR_STRONG, &scope));
	bypass = get_user_dao(weir_with_freshness(blog.session, WEIR_BYPASS, &other));
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	assert_near(0, ck_assert(bio_is(&strong, id, NULL)));
	assert_near(0, ck_assert(bio_is(&bypass, id, "past weir")));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__wrong_options_are_refused)
{
	weir_near_cache *none = NULL;
	weir_error       err = WEIR_ERROR_INIT;

	assert_status(WEIR_ERR_USAGE, weir_near_cache_create(&(weir_near_options){ .max_bytes = 100 }, &none, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "near.max_bytes"));
	assert_status(WEIR_ERR_USAGE, weir_near_cache_create(&(weir_near_options){ .bound_ms = 1 }, &none, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "near.bound_ms"));
	weir_near_cache_release(&none);
	weir_near_cache_release(NULL);
}
END_TEST

WEIR_SUITE("integration/near_cache", test_near__a_hit_is_the_same_record_again,
           test_near__a_record_outlives_cache_and_session, test_near__lists_counts_and_exists_are_kept_too,
           test_near__empty_lists_and_absent_rows_are_kept_too, test_near__a_unique_field_leads_to_the_record,
           test_near__get_many_takes_what_is_there, test_near__is_off_unless_a_model_asks_for_it,
           test_near__own_writes_are_seen_at_once, test_near__writes_of_another_process_arrive,
           test_near__a_flush_reaches_all, test_near__writes_of_many_rows_drop_each,
           test_near__a_dao_or_a_query_can_ask_for_more, test_near__a_session_can_be_derived_that_asks_for_more,
           test_near__a_stalled_subscriber_bounds_how_old_an_answer_is,
           test_near__own_writes_are_seen_at_once_though_the_subscriber_is_stalled,
           test_near__a_killed_subscriber_drops_everything_and_comes_back,
           test_near__a_frozen_redis_ends_near_answers_after_the_bound, test_near__a_restarted_redis_starts_cold,
           test_near__of_two_processes_one_is_behind_the_other_by_the_bound_at_most,
           test_near__a_forked_child_ends_nothing_of_its_parents, test_near__stands_over_the_cache_in_memory_too,
           test_near__one_can_be_shared_between_sessions, test_near__only_lists_of_fewer_rows_are_kept,
           test_near__only_records_that_are_small_enough_are_kept, test_near__an_entry_lives_no_longer_than_in_redis,
           test_near__wrong_options_are_refused);
