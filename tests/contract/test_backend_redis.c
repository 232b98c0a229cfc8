/* The Redis backend keeps the contract, on the Redis that the run shares. */
#include "contract/cache_backend_contract.h"

#include "cache/cache.h"
#include "support/redis.h"

#include <stdio.h>
#include <time.h>

static weir_cache_backend *open_backend(void)
{
	weir_cache_backend *opened = NULL;
	weir_error          err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__cache_backend_redis(test_redis_url(), NULL, &opened, &err) == WEIR_OK, "%s", err.message);
	return opened;
}

static void tick(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int64_t ttl_ms(weir_cache_backend *self, weir_bytes name)
{
	char key[128];

	(void)self;
	snprintf(key, sizeof key, "%.*s", (int)name.length, name.data);
	return redis_run(test_redis_url(), "PTTL %s", redis_name(test_redis_url(), key));
}

static const struct subject subject = { open_backend, tick, ttl_ms };

WEIR_SUITE("redis backend", CACHE_BACKEND_CONTRACT);
