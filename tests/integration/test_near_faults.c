/* The near cache when the server's word is late or lost, and between processes: nothing is older than the bound, and own writes are
 * seen at once. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "integration/near.h"
#include "support/proxy.h"
#include "support/redis.h"
#include "support/servers.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

		EVENTUALLY(weir_near_cache_is_fresh(blog.session));
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
		EVENTUALLY(near_stats(blog.session).resets >= resets + 2 && weir_near_cache_is_fresh(blog.session));
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
	EVENTUALLY(bio_is(&blog.users, held.id, "past weir"));
	ck_assert_int_ge(now_ms() - frozen_ms, 0);
	ck_assert(!weir_near_cache_is_fresh(blog.session));
	server_resume(&held.server);
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
	close_held();
}
END_TEST

/* A Redis that comes back has forgotten everything, and so has the near cache. */
START_TEST(test_near__a_restarted_redis_starts_cold)
{
	open_held();
	(void)bio_is(&blog.users, held.id, NULL);
	server_kill(&held.server);
	EVENTUALLY(!weir_near_cache_is_fresh(blog.session));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	server_restart(&held.server);
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
	EVENTUALLY(bio_is(&blog.users, held.id, "past weir"));
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

WEIR_SUITE("integration/near_faults", test_near__a_stalled_subscriber_bounds_how_old_an_answer_is,
           test_near__own_writes_are_seen_at_once_though_the_subscriber_is_stalled,
           test_near__a_killed_subscriber_drops_everything_and_comes_back,
           test_near__a_frozen_redis_ends_near_answers_after_the_bound, test_near__a_restarted_redis_starts_cold,
           test_near__of_two_processes_one_is_behind_the_other_by_the_bound_at_most,
           test_near__a_forked_child_ends_nothing_of_its_parents);
