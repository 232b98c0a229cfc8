/*
 * redis.h: Redis beside the backend under test: each call by hiredis alone, over a connection of its own. What cannot be
 * had fails the test.
 */
#ifndef WEIR_TESTS_SUPPORT_REDIS_H
#define WEIR_TESTS_SUPPORT_REDIS_H

#include <hiredis/hiredis.h>
#include <stdint.h>

/* Runs one command, as redisCommand takes it. The reply is the caller's. */
redisReply *redis_reply(const char *url, const char *format, ...);

/* The same; the reply must not be an error. An integer reply is returned, else 0. */
int64_t redis_run(const char *url, const char *format, ...);

/* The name that a key has in that Redis, its epoch put in. Good until the fourth call after this one. */
const char *redis_name(const char *url, const char *key);

#endif
