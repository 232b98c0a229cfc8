/* Redis is lost while all threads read, and comes back: no call fails, PostgreSQL is asked over no more connections than the pool may have,
 * nobody waits long, and when Redis is there again neither of the two is met by everybody at once. */
#include "support/blog.h"
#include "support/must.h"
#include "support/redis.h"
#include "support/servers.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { THREADS = 80, SLOWNESS = 5 };
#else
enum { THREADS = 100, SLOWNESS = 1 };
#endif
enum { USERS = 100, CONNECTIONS = 6, READS = 6000, LONGEST_MS = 1500 };

static struct blog   blog;
static struct server redis;
static int64_t       ids[USERS];

static struct load {
	atomic_bool stops;
	atomic_int  failed;
	atomic_int  reads; /* of this phase */
	_Atomic int times_us[READS];
	pthread_t   threads[THREADS];
} load;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *read_on(void *memory)
{
	unsigned place = (unsigned)(uintptr_t)memory;

	while (!atomic_load(&load.stops)) {
		const user *found = NULL;
		int64_t     started_us = now_us();
		int         rc = user_dao_get_by_id_cached(&blog.users, ids[place++ * 7 % USERS], &found, NULL);
		int         at = atomic_fetch_add(&load.reads, 1);

		if (at < READS)
			atomic_store(&load.times_us[at], (int)(now_us() - started_us));
		atomic_fetch_add(&load.failed, rc != WEIR_OK);
		user_release(&found);
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* So many reads more; the time that 99 of 100 did not exceed, in ms. */
static int read_some(int reads)
{
	static int sorted[READS];
	int        count;

	atomic_store(&load.reads, 0);
	while (atomic_load(&load.reads) < reads)
		(void)poll(NULL, 0, 1);
	count = reads < READS ? reads : READS;
	for (int i = 0; i < count; i++)
		sorted[i] = atomic_load(&load.times_us[i]);
	qsort(sorted, (size_t)count, sizeof sorted[0], by_size);
	return sorted[count - 1 - count / 100] / 1000;
}

/* Reads until hardly any of them asks the database. */
static void read_until_hits(void)
{
	for (int64_t until_us = now_us() + 20 * SLOWNESS * INT64_C(1000000);;) {
		uint64_t before = blog_queries(&blog);

		(void)read_some(2000);
		if (blog_queries(&blog) - before < 200)
			return;
		ck_assert_msg(now_us() < until_us, "the cache is not used");
	}
}

static int clients_of_redis(void)
{
	redisReply *reply = redis_reply(redis.url, "INFO clients");
	const char *line = strstr(reply->str, "connected_clients:");
	int         clients = line ? (int)strtol(line + strlen("connected_clients:"), NULL, 10) : -1;

	freeReplyObject(reply);
	return clients;
}

static void begin_load(void)
{
	server_start(&redis, SERVER_REDIS);
	blog_open(&blog, &(weir_options){
						 .redis = redis.url, .cache_timeout_ms = 200, .pool = { .max_connections = CONNECTIONS } });
	for (int i = 0; i < USERS; i++) {
		char name[16];

		snprintf(name, sizeof name, "user%d", i);
		ids[i] = blog_user(&blog, name);
	}
	atomic_store(&load.stops, false);
	atomic_store(&load.failed, 0);
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_create(&load.threads[i], NULL, read_on, (void *)(uintptr_t)(unsigned)i) == 0);
}

static void end_load(void)
{
	weir_session_stats stats;

	atomic_store(&load.stops, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(load.threads[i], NULL);
	weir_session_stats_get(blog.session, &stats);
	ck_assert_uint_le(stats.connections_opened, CONNECTIONS + 2);
	ck_assert_int_eq(atomic_load(&load.failed), 0);
	blog_close(&blog);
	server_release(&redis);
}

START_TEST(test_full_load__redis_frozen_and_thawed)
{
	begin_load();
	read_until_hits();
	for (int round = 0; round < 2; round++) {
		uint64_t before;

		server_pause(&redis);
		ck_assert_int_lt(read_some(READS), LONGEST_MS * SLOWNESS);
		server_resume(&redis);
		read_until_hits();
		before = blog_queries(&blog);
		ck_assert_int_lt(read_some(READS), LONGEST_MS * SLOWNESS);
		ck_assert_uint_lt(blog_queries(&blog) - before, READS / 10);
		ck_assert_int_le(clients_of_redis(), 64 + 3);
	}
	end_load();
}
END_TEST

/* It comes back with nothing: each user is read again, and not by all threads. */
START_TEST(test_full_load__redis_killed_and_started_empty)
{
	begin_load();
	read_until_hits();
	server_kill(&redis);
	ck_assert_int_lt(read_some(READS), LONGEST_MS * SLOWNESS);
	server_restart(&redis);
	read_until_hits();
	ck_assert_int_le(clients_of_redis(), 64 + 3);
	end_load();
}
END_TEST

WEIR_SUITE("full load", test_full_load__redis_frozen_and_thawed, test_full_load__redis_killed_and_started_empty);
