/* The cache manager on a real Redis: what one process writes the other sees, what cannot be released now is released later,
 * and no reader of this process sees an old row whatever the server does. */
#include "support/eventually.h"
#include "support/must.h"
#include "support/redis.h"
#include "support/servers.h"
#include "support/suite.h"

#include "cache/manager.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 50

static const weir_model user_model = { .name = "user", .table = "users" };

/* A process, as far as the cache can tell. */
struct process {
	weir_cache_manager *cache;
	weir__cache_space  *users;
};

static struct server server;

static struct process start_process(void)
{
	weir__cache_manager_options options = { .prefix = "test", .timeout_ms = TIMEOUT_MS };
	struct process              started = { .cache = NULL };
	weir_error                  err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__cache_backend_redis(server.url, NULL, &options.backend, &err) == WEIR_OK, "%s", err.message);
	ck_assert_int_eq(weir__cache_manager_create(&options, &started.cache, NULL), WEIR_OK);
	ck_assert_int_eq(weir__cache_space_create(started.cache, &user_model, "users", 7, &started.users, NULL), WEIR_OK);
	return started;
}

static void end_process(struct process *process)
{
	weir__cache_manager_free(process->cache);
}

static weir_bytes text_bytes(const char *text)
{
	return (weir_bytes){ text, strlen(text) };
}

/* One cached read of a number: the version that the cache gave, or that of the row, which is then filled in. */
static uint64_t read_version(const struct process *process, weir__lookup lookup, const _Atomic uint64_t *row, bool *hit)
{
	char     text[32] = "";
	uint64_t version;

	weir__cache_lookup(process->users, &lookup, 1);
	if (lookup.state == WEIR__MISS)
		weir__cache_lease(process->users, &lookup, 1);
	*hit = lookup.state == WEIR__HIT;
	if (*hit) {
		memcpy(text, lookup.payload.data, lookup.payload.length < 31 ? lookup.payload.length : 31);
		version = strtoull(text, NULL, 10);
	} else {
		version = atomic_load(row);
		snprintf(text, sizeof text, "%llu", (unsigned long long)version);
		if (lookup.state == WEIR__MISS)
			weir__cache_fill(process->users,
			                 &(weir__filling){ .lookup = &lookup, .payload = text_bytes(text), .items = 1 }, 1);
	}
	weir__lookup_release(&lookup);
	return version;
}

static weir__lookup row_lookup(void)
{
	return (weir__lookup){ .kind = WEIR__ENTRY_RECORD, .key = text_bytes("user:id:1") };
}

static weir__lookup list_lookup(void)
{
	return (weir__lookup){
		.kind = WEIR__ENTRY_LIST,
		.key = text_bytes("users:q:list:all"),
		.stamps = { text_bytes("users:s:any") },
		.stamp_count = 1,
	};
}

static uint64_t write_version(const struct process *process, _Atomic uint64_t *row)
{
	weir__touches *touches = NULL;
	uint64_t       version;

	MUST(weir__touches_create(process->cache, &touches, NULL) == WEIR_OK);
	MUST(weir__touches_add_key(touches, process->users, text_bytes("user:id:1")) == WEIR_OK);
	MUST(weir__touches_add_any(touches, process->users) == WEIR_OK);
	weir__cache_guard(process->cache, touches, NULL);
	version = atomic_fetch_add(row, 1) + 1;
	weir__cache_release(process->cache, touches);
	weir__touches_free(touches);
	return version;
}

START_TEST(test_redis_manager__one_process_sees_what_the_other_writes)
{
	_Atomic uint64_t row = 1;
	struct process   a, b;
	bool             hit;

	server_start(&server, SERVER_REDIS);
	a = start_process();
	b = start_process();
	for (int i = 0; i < 50; i++) {
		for (int list = 0; list < 2; list++) {
			weir__lookup lookup = list ? list_lookup() : row_lookup();

			ck_assert_uint_eq(read_version(&a, lookup, &row, &hit), atomic_load(&row));
			ck_assert(!hit);
			ck_assert_uint_eq(read_version(&b, lookup, &row, &hit), atomic_load(&row));
			ck_assert(hit);
		}
		write_version(i % 2 ? &a : &b, &row);
	}
	end_process(&a);
	end_process(&b);
	server_release(&server);
}
END_TEST

START_TEST(test_redis_manager__a_release_that_finds_no_server_is_made_up_for)
{
	_Atomic uint64_t row = 1;
	struct process   process;
	weir__touches   *touches = NULL;
	bool             hit = false;

	server_start(&server, SERVER_REDIS);
	process = start_process();
	(void)read_version(&process, row_lookup(), &row, &hit);
	ck_assert_int_eq(weir__touches_create(process.cache, &touches, NULL), WEIR_OK);
	ck_assert_int_eq(weir__touches_add_key(touches, process.users, text_bytes("user:id:1")), WEIR_OK);
	weir__cache_guard(process.cache, touches, NULL);
	server_kill(&server);
	atomic_store(&row, 2);
	weir__cache_release(process.cache, touches);
	weir__touches_free(touches);
	ck_assert_uint_eq(read_version(&process, row_lookup(), &row, &hit), 2);
	ck_assert(!hit);
	ck_assert_uint_ne(atomic_load(&process.cache->pending.blocked), 0);
	server_restart(&server);
	redis_run(server.url, "SET %s stale", redis_name(server.url, "test:{user:id:1}")); /* as if from an old snapshot */
	for (int i = 0; i < 5000 && !hit; i++) {
		ck_assert_uint_eq(read_version(&process, row_lookup(), &row, &hit), 2);
		(void)poll(NULL, 0, 1);
	}
	ck_assert(hit);
	ck_assert_uint_eq(atomic_load(&process.cache->pending.blocked), 0);
	end_process(&process);
	server_release(&server);
}
END_TEST

START_TEST(test_redis_manager__a_frozen_server_costs_two_budgets_and_then_nothing)
{
	_Atomic uint64_t row = 1;
	struct process   process;
	bool             hit;
	int64_t          started_us;

	server_start(&server, SERVER_REDIS);
	process = start_process();
	(void)read_version(&process, row_lookup(), &row, &hit);
	server_pause(&server);
	started_us = weir__now_us();
	for (int i = 0; i < 200; i++)
		(void)write_version(&process, &row);
	for (int i = 0; i < 5000; i++) {
		ck_assert_uint_eq(read_version(&process, row_lookup(), &row, &hit), 201);
		ck_assert(!hit);
	}
	ck_assert_int_lt(weir__now_us() - started_us, 4000000);
	server_resume(&server);
	for (int i = 0; i < 5000 && !hit; i++) {
		ck_assert_uint_eq(read_version(&process, row_lookup(), &row, &hit), 201);
		(void)poll(NULL, 0, 1);
	}
	ck_assert(hit);
	end_process(&process);
	server_release(&server);
}
END_TEST

/* Reads until the cache answers; the version must be this one whoever answers. */
static void read_until_hit(const struct process *process, const _Atomic uint64_t *row, uint64_t expected)
{
	bool hit = false;

	for (int i = 0; i < 5000 && !hit; i++) {
		ck_assert_uint_eq(read_version(process, row_lookup(), row, &hit), expected);
		ck_assert_uint_eq(read_version(process, list_lookup(), row, &(bool){ false }), expected);
		if (!hit)
			(void)poll(NULL, 0, 1);
	}
	ck_assert(hit);
}

START_TEST(test_redis_manager__a_server_with_an_old_snapshot_starts_cold)
{
	_Atomic uint64_t row = 1;
	struct process   a, b;

	server_start(&server, SERVER_REDIS);
	a = start_process();
	b = start_process();
	read_until_hit(&a, &row, 1);
	read_until_hit(&b, &row, 1);
	for (uint64_t version = 2; version < 5; version++) {
		redis_run(server.url, "SAVE");
		ck_assert_uint_eq(write_version(&a, &row), version);
		read_until_hit(&a, &row, version);
		server_kill(&server);
		server_restart(&server);
		ck_assert_int_ge(redis_run(server.url, "DBSIZE"), 2); /* what it knows is old */
		read_until_hit(&b, &row, version);
		read_until_hit(&a, &row, version);
	}
	ck_assert_int_eq(weir_cache_manager_flush(a.cache, NULL, NULL), WEIR_OK); /* what has been left behind, too */
	ck_assert_int_eq(redis_run(server.url, "DBSIZE"), 0);
	end_process(&a);
	end_process(&b);
	server_release(&server);
}
END_TEST

START_TEST(test_redis_manager__flush_goes_through_a_large_keyspace_and_leaves_others_alone)
{
	struct process process;
	redisReply    *reply;

	server_start(&server, SERVER_REDIS);
	process = start_process();
	reply = redis_reply(server.url, "EVAL %s 0",
	                    "for i = 1, 20000 do redis.call('SET', 'test:12345678:{user:id:' .. i .. '}', 'V') "
	                    "redis.call('SET', 'test:87654321:{users}:q:list:' .. i, 'V') "
	                    "redis.call('SET', 'other:12345678:{user:id:' .. i .. '}', 'V') end "
	                    "redis.call('SET', 'test:12345678:{user:id:guarded}', 'Gffff:9999999999999;')");
	freeReplyObject(reply);
	ck_assert_int_eq(weir_cache_manager_flush(process.cache, &user_model, NULL), WEIR_OK);
	ck_assert_int_eq(redis_run(server.url, "EXISTS %s test:12345678:{user:id:guarded}",
	                           redis_name(server.url, "test:{users}:s:bulk")),
	                 1);
	ck_assert_int_eq(redis_run(server.url, "DBSIZE"), 20001);
	end_process(&process);
	server_release(&server);
}
END_TEST

/* ---- The promises, while the server falters ---- */

struct life {
	struct process   process;
	_Atomic uint64_t row;
	_Atomic uint64_t acknowledged;
	atomic_bool      over;
	atomic_size_t    reads, hits;
};

static void *live_writer(void *memory)
{
	struct life *life = memory;

	while (!atomic_load(&life->over)) {
		uint64_t version = write_version(&life->process, &life->row);
		uint64_t seen = atomic_load(&life->acknowledged);

		while (seen < version && !atomic_compare_exchange_weak(&life->acknowledged, &seen, version))
			;
		(void)poll(NULL, 0, 1);
	}
	return NULL;
}

static void *live_reader(void *memory)
{
	struct life *life = memory;
	uint64_t     last[2] = { 0, 0 };

	for (size_t i = 0; !atomic_load(&life->over); i++) {
		uint64_t least = atomic_load(&life->acknowledged);
		bool     hit;
		uint64_t version = read_version(&life->process, i % 2 ? list_lookup() : row_lookup(), &life->row, &hit);

		MUST(version >= least);       /* what was acknowledged before */
		MUST(version >= last[i % 2]); /* what this reader was given before */
		last[i % 2] = version;
		atomic_fetch_add(&life->reads, 1);
		atomic_fetch_add(&life->hits, hit);
	}
	return NULL;
}

static void wait_for_reads(struct life *life, size_t more)
{
	size_t  until = atomic_load(&life->reads) + more;
	int64_t last_us = weir__now_us() + 20000000;

	while (atomic_load(&life->reads) < until && weir__now_us() < last_us)
		(void)poll(NULL, 0, 1);
	ck_assert_uint_ge(atomic_load(&life->reads), until);
}

START_TEST(test_redis_manager__no_reader_of_the_process_sees_an_old_row_while_the_server_falters)
{
	static struct life life;
	pthread_t          threads[6];

	server_start(&server, SERVER_REDIS);
	life.process = start_process();
	atomic_store(&life.over, false);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, i < 2 ? live_writer : live_reader, &life), 0);
	for (int i = 0; i < 12; i++) {
		wait_for_reads(&life, 300);
		switch (i % 4) {
		case 0:
			redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
			break;
		case 1:
			redis_run(server.url, "CLIENT PAUSE %d ALL", TIMEOUT_MS * 3);
			break;
		case 2:
			redis_run(server.url, "SCRIPT FLUSH SYNC");
			break;
		default:
			server_pause(&server);
			(void)poll(NULL, 0, TIMEOUT_MS * 3);
			server_resume(&server);
		}
	}
	wait_for_reads(&life, 1000);
	EVENTUALLY(atomic_load(&life.hits) > 0);
	atomic_store(&life.over, true);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	all_held();
	end_process(&life.process);
	server_release(&server);
}
END_TEST

WEIR_SUITE("redis manager", test_redis_manager__one_process_sees_what_the_other_writes,
           test_redis_manager__a_release_that_finds_no_server_is_made_up_for,
           test_redis_manager__a_frozen_server_costs_two_budgets_and_then_nothing,
           test_redis_manager__a_server_with_an_old_snapshot_starts_cold,
           test_redis_manager__flush_goes_through_a_large_keyspace_and_leaves_others_alone,
           test_redis_manager__no_reader_of_the_process_sees_an_old_row_while_the_server_falters);
