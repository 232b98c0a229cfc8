/*
 * redis_backend.h: a Redis backend on a private server that may be broken in any way, and short ways to call it with the
 * budget that a cached read has.
 */
#ifndef WEIR_TESTS_INTEGRATION_REDIS_BACKEND_H
#define WEIR_TESTS_INTEGRATION_REDIS_BACKEND_H

#include "support/eventually.h"
#include "support/redis.h"
#include "support/servers.h"
#include "support/suite.h"

#include "cache/cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest wait of one call, and by how much a machine that is busy otherwise may exceed it. Tests in which it is used up
 * make it SHORT_MS. */
static int budget_ms;
#define SHORT_MS 100
#define LONG_MS  3000
#define GRACE_MS 250
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOWNESS 4
#else
#define SLOWNESS 1
#endif

static struct server       server;
static weir_cache_backend *backend;
static weir__logger        logger;
static pthread_mutex_t     log_mutex = PTHREAD_MUTEX_INITIALIZER;
static char                logged[8192];

static void note_line(void *context, weir_log_level level, const char *line)
{
	size_t used;

	(void)context, (void)level;
	pthread_mutex_lock(&log_mutex);
	used = strlen(logged);
	snprintf(logged + used, sizeof logged - used, "%s\n", line);
	pthread_mutex_unlock(&log_mutex);
}

static inline void open_at(const char *url)
{
	weir_error err = WEIR_ERROR_INIT;

	logged[0] = '\0';
	budget_ms = LONG_MS;
	weir__logger_init(&logger, &(weir_log){ .write = note_line, .level = WEIR_LOG_DEBUG });
	ck_assert_msg(weir__cache_backend_redis(url, &logger, &backend, &err) == WEIR_OK, "%s", err.message);
}

static inline void begin(void)
{
	server_start(&server, SERVER_REDIS);
	open_at(server.url);
}

static inline void end(void)
{
	backend->close(backend);
	server_release(&server);
}

static inline weir_bytes text_bytes(const char *text)
{
	return (weir_bytes){ text, strlen(text) };
}

static inline weir_cache_call call_now(uint64_t id)
{
	return (weir_cache_call){
		.deadline_us = weir__deadline_in_ms(budget_ms), .id = id, .ttl_ms = 60000, .stamp_ttl_ms = 60000
	};
}

/* Every call ends within the budget. */
#define IN_TIME(call)                                                                                                  \
	do {                                                                                                               \
		int64_t in_time_us = weir__now_us();                                                                           \
		call;                                                                                                          \
		in_time_us = weir__now_us() - in_time_us;                                                                      \
		ck_assert_msg(in_time_us < (budget_ms + GRACE_MS) * 1000 * SLOWNESS, "took %lld us", (long long)in_time_us);   \
	} while (0)

/* What a key holds: the state, or -1 when the cache failed. */
static inline int state_of(const char *key)
{
	weir_bytes      name = text_bytes(key);
	weir_cache_call call = call_now(0);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	int             rc;

	IN_TIME(rc = backend->get_many(backend, &name, 1, &call, &found));
	if (found.release)
		found.release(found.owner);
	return rc == WEIR_OK ? (int)found.state : -1;
}

static inline int set_text(const char *key, const char *value)
{
	weir_cache_entry entry = { .key = text_bytes(key), .value = text_bytes(value), .ttl_ms = 60000, .space_max = -1 };
	weir_cache_call  call = call_now(0);
	int              rc;

	IN_TIME(rc = backend->set(backend, &entry, &call));
	return rc;
}

static inline int lease(const char *key, uint64_t token)
{
	weir_cache_want want = { .key = text_bytes(key) };
	weir_cache_call call = call_now(token);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	int             rc;

	IN_TIME(rc = backend->lease(backend, &want, 1, &call, &found));
	if (found.release)
		found.release(found.owner);
	return rc == WEIR_OK ? (int)found.state : -1;
}

static inline int fill(const char *key, weir_bytes value, uint64_t token)
{
	weir_cache_entry entry = {
		.key = text_bytes(key), .value = value, .token = token, .ttl_ms = 60000, .space_max = -1
	};
	weir_cache_call call = call_now(0);
	size_t          filled = 0;
	int             rc;

	IN_TIME(rc = backend->fill(backend, &entry, 1, &call, &filled));
	return rc == WEIR_OK ? (int)filled : -1;
}

static inline int guard(const char *key, uint64_t nonce)
{
	weir_touch      touch = { .key = text_bytes(key) };
	weir_cache_call call = call_now(nonce);
	int             rc;

	IN_TIME(rc = backend->guard(backend, &touch, 1, &call));
	return rc;
}

static inline int release_with(const char *key, uint64_t nonce, uint64_t stamp)
{
	weir_touch      touch = { .key = text_bytes(key), .stamp = stamp };
	weir_cache_call call = call_now(nonce);
	int             rc;

	IN_TIME(rc = backend->release(backend, &touch, 1, &call));
	return rc;
}

/* The backend is down: calls end at once, but for one now and then that tries. */
static inline void assert_down(void)
{
	int64_t started_us = weir__now_us();

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(state_of("any"), -1);
	ck_assert_int_lt(weir__now_us() - started_us, 2000000 * SLOWNESS);
}

#endif
