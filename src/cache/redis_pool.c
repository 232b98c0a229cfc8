/* Pool and breaker. The mutex is never held while anybody waits for the server. */
#include "cache/redis_pool.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define IDLE_MOST        64
#define FAILURES_MOST    2       /* in a row, then it is down */
#define PAUSE_LEAST_US   50000   /* between attempts while it is down */
#define PAUSE_MOST_US    1000000
#define LOG_PAUSE_US     10000000 /* a server that comes and goes is not reported more often */

struct weir__redis_pool {
	const weir__logger     *logger;
	weir__reply_cache      *cache;
	pthread_mutex_t         mutex; /* the rest */
	weir__redis_target      target;
	bool                    stale_addresses; /* to be looked up again */
	weir__redis_connection *idle;
	size_t                  idle_count;
	int                     failures; /* in a row */
	bool                    down;
	bool                    probing;  /* somebody tries whether it is back; that one alone uses target */
	bool                    reported; /* that it is down */
	int64_t                 down_since_us;
	int64_t                 retry_us;
	int64_t                 pause_us;
	int64_t                 reported_us;
};

weir__redis_pool *weir__redis_pool_create(weir__redis_url *url, const weir__logger *logger)
{
	weir__redis_pool *pool = weir__calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->cache = weir__reply_cache_create();
	if (!pool->cache || pthread_mutex_init(&pool->mutex, NULL) != 0) {
		if (pool->cache)
			weir__reply_cache_release(pool->cache);
		weir__free(pool);
		return NULL;
	}
	pool->logger = logger;
	pool->target.url = *url;
	pool->stale_addresses = !weir__redis_target_resolve(&pool->target);
	return pool;
}

/* All idle connections, taken out; to be closed without the mutex. */
static weir__redis_connection *take_idle(weir__redis_pool *pool)
{
	weir__redis_connection *idle = pool->idle;

	pool->idle = NULL;
	pool->idle_count = 0;
	return idle;
}

static void close_all(weir__redis_connection *connections)
{
	weir__redis_connection *next;

	for (; connections; connections = next) {
		next = connections->next;
		weir__redis_connection_close(connections);
	}
}

void weir__redis_pool_free(weir__redis_pool *pool)
{
	close_all(take_idle(pool));
	weir__redis_target_release(&pool->target);
	weir__reply_cache_release(pool->cache);
	pthread_mutex_destroy(&pool->mutex);
	weir__free(pool);
}

/* ---- The breaker --------------------------------------------------------------------------------------------------- */

/* By a quarter more or less, so that processes do not come all at once. */
static int64_t jittered(int64_t pause_us)
{
	return pause_us * 3 / 4 + (int64_t)(weir__random_u64() % (uint64_t)(pause_us / 2));
}

/* Under the mutex. True: the caller reports it. */
static bool note_down(weir__redis_pool *pool, bool by_probe)
{
	int64_t now_us = weir__now_us();
	bool    was_down = pool->down;

	if (by_probe && was_down)
		pool->pause_us = pool->pause_us * 2 < PAUSE_MOST_US ? pool->pause_us * 2 : PAUSE_MOST_US;
	if (!was_down) {
		pool->down = true;
		pool->pause_us = PAUSE_LEAST_US;
		pool->down_since_us = now_us;
	}
	if (by_probe || !was_down)
		pool->retry_us = now_us + jittered(pool->pause_us);
	if (was_down || pool->reported || (pool->reported_us && now_us - pool->reported_us < LOG_PAUSE_US))
		return false;
	pool->reported = true;
	pool->reported_us = now_us;
	return true;
}

static void report_down(const weir__redis_pool *pool, weir__redis_failure failure, const char *error_code)
{
	weir__log(pool->logger, WEIR_LOG_WARNING, "cache redis: down: %s%s%s; reads go to the database",
		weir__redis_failure_text(failure), error_code[0] ? ": " : "", error_code);
}

/* A call has failed. */
static void note_failure(weir__redis_pool *pool, weir__redis_failure failure, const char *error_code, bool by_probe)
{
	weir__redis_connection *idle = NULL;
	bool                    is_down, report = false;

	pthread_mutex_lock(&pool->mutex);
	pool->failures++;
	is_down = by_probe || failure == WEIR__REDIS_REFUSED || failure == WEIR__REDIS_UNUSABLE ||
	          pool->failures >= FAILURES_MOST;
	if (by_probe) {
		pool->probing = false;
		pool->stale_addresses = true;
	}
	if (is_down) {
		idle = take_idle(pool);
		report = note_down(pool, by_probe);
	}
	pthread_mutex_unlock(&pool->mutex);
	close_all(idle);
	if (report)
		report_down(pool, failure, error_code);
}

static void note_up(weir__redis_pool *pool)
{
	int64_t down_us;
	bool    report;

	pthread_mutex_lock(&pool->mutex);
	down_us = weir__now_us() - pool->down_since_us;
	report = pool->reported;
	pool->down = pool->probing = pool->reported = false;
	pool->failures = 0;
	pthread_mutex_unlock(&pool->mutex);
	if (report)
		weir__log(pool->logger, WEIR_LOG_INFO, "cache redis: back after %" PRId64 " ms", down_us / 1000);
}

/* ---- Connections --------------------------------------------------------------------------------------------------- */

typedef enum admission { TURNED_AWAY, IDLE_CONNECTION, NEW_CONNECTION, PROBE } admission;

static admission admit(weir__redis_pool *pool, weir__redis_connection **idle)
{
	admission admitted = NEW_CONNECTION;

	pthread_mutex_lock(&pool->mutex);
	if (pool->down) {
		admitted = pool->probing || weir__now_us() < pool->retry_us ? TURNED_AWAY : PROBE;
		pool->probing = pool->probing || admitted == PROBE;
	} else if (pool->idle) {
		*idle = pool->idle;
		pool->idle = pool->idle->next;
		pool->idle_count--;
		admitted = IDLE_CONNECTION;
	}
	pthread_mutex_unlock(&pool->mutex);
	return admitted;
}
