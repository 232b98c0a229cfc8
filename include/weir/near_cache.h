/* near_cache: decoded records, lists and counts that this process keeps in front of Redis (or of the cache in memory).
 *
 * A model has it when its weir_cache_config says `.near = WEIR_ON`. A hit hands out one more reference to what is there:
 * nothing is decoded, copied or waited for. What one process writes, its own near cache forgets before the write is
 * acknowledged; other processes hear of it through Redis, usually within a millisecond, and never serve anything that
 * has been out of date for longer than bound_ms: a near cache that cannot prove that serves nothing. The session keeps a thread for
 * that (one for each Redis server of a near cache), which ends with it. A custom backend needs `watch` (sys/cache_backend.h).
 *
 * Each session makes a near cache of its own when it needs one; or several sessions of a process are given the same one
 * (weir_options.near_cache), which then holds each row once for all of them.
 */
#ifndef WEIR_NEAR_CACHE_H
#define WEIR_NEAR_CACHE_H

#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a near cache to be shared by sessions; options NULL or zero: the defaults. WEIR_ERR_USAGE, WEIR_ERR_NO_MEMORY.
 * On success *near_cache is the caller's, to be given to weir_near_cache_release. */
WEIR_API WEIR_MUST_CHECK int weir_near_cache_create(const weir_near_options *options, weir_near_cache **near_cache,
                                                    weir_error *err);

/* Gives the caller's reference back and sets *near_cache to NULL; sessions that use it keep it. NULL does nothing. */
WEIR_API void weir_near_cache_release(weir_near_cache **near_cache);

/* The near cache of a session; NULL where no model has one (yet). It lives at least as long as the session. */
WEIR_API weir_near_cache *weir_session_near_cache(weir_session *session);

typedef struct weir_near_stats {
	uint64_t entries;   /* held now */
	uint64_t bytes;     /* they take, what is behind them included */
	uint64_t max_bytes; /* the limit */
	uint64_t fills;     /* since it was made */
	uint64_t evictions; /* for want of room */
	uint64_t touches;   /* keys and stamps that writes have changed, here or elsewhere */
	uint64_t resets;    /* everything was dropped at once: no word from Redis, or a new connection to it */
} weir_near_stats;

/* Any thread, at any time. */
WEIR_API void weir_near_cache_stats(const weir_near_cache *near_cache, weir_near_stats *stats);

/* Does it serve this session now, or is it out of touch with the server? False where there is none. */
WEIR_API bool weir_near_cache_is_fresh(weir_session *session);

#ifdef __cplusplus
}
#endif

#endif
