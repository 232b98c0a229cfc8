/* cache_manager: what a session keeps in its cache, how long, and how well that works.
 *
 * DAOs use it by themselves. Users meet it for configuration, statistics, clearing, and to keep values of their own
 * beside the records. Any thread. None of this touches rows.
 */
#ifndef WEIR_CACHE_MANAGER_H
#define WEIR_CACHE_MANAGER_H

#include <weir/record.h>
#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the defaults of all models (model NULL) or the values of one. Only members that are not 0 are changed; each
 * value a model does not have is inherited. Takes effect with the next call. WEIR_ERR_USAGE names a member that is out
 * of range, then nothing is changed. */
WEIR_API int weir_cache_manager_configure(weir_cache_manager *cache, const weir_model *model,
                                          const weir_cache_config *config, weir_error *err);

/* What is in force for a model, or by default (model NULL): no member is 0 (WEIR_INHERIT) except version. */
WEIR_API int weir_cache_manager_config(weir_cache_manager *cache, const weir_model *model, weir_cache_config *config,
                                       weir_error *err);

/* Values of the application's own: any bytes under any non-empty key, in a space where no record's key can be.
 * get gives WEIR_OK and a copy to be freed with weir_free (ended by a NUL that is not counted in length),
 * WEIR_NOT_FOUND, or WEIR_ERR_CACHE when the cache could not be asked; set and delete WEIR_OK or WEIR_ERR_CACHE.
 * ttl_s as in weir_cache_config. Deleting what is not there is WEIR_OK. */
WEIR_API int weir_cache_manager_get(weir_cache_manager *cache, const char *key, char **value, size_t *length,
                                    weir_error *err);
/* Stores a copy of the value, in the place of what stood there. */
WEIR_API int weir_cache_manager_set(weir_cache_manager *cache, const char *key, const void *value, size_t length,
                                    int ttl_s, weir_error *err);
/* Forgets one value. */
WEIR_API int weir_cache_manager_delete(weir_cache_manager *cache, const char *key, weir_error *err);

/* Forgets everything of one model, or of all models (NULL), for every process with the same prefix; in bounded
 * steps, never the whole Redis. */
WEIR_API int weir_cache_manager_flush(weir_cache_manager *cache, const weir_model *model, weir_error *err);

/* Is the backend answering? False also for WEIR_CACHE_NONE. */
WEIR_API bool weir_cache_manager_is_up(weir_cache_manager *cache);

typedef struct weir_cache_stats {
	uint64_t hits;
	uint64_t misses;
	uint64_t absent_hits;   /* "no such row" from the cache */
	uint64_t fills;         /* values stored */
	uint64_t dropped_fills; /* values not stored: a write came first, or too large */
	uint64_t invalidations; /* keys and stamps guarded by writes */
	uint64_t bypasses;      /* reads past a cache that was down, off or busy with a write */
	uint64_t errors;        /* operations that failed, values that were not readable */
	uint64_t near_hits;     /* of the hits and absent hits, those that the near cache answered */
} weir_cache_stats;

/* Counters of one model or of all (NULL). Readable while running. */
WEIR_API void weir_cache_manager_stats(weir_cache_manager *cache, const weir_model *model, weir_cache_stats *stats);
WEIR_API void weir_cache_manager_stats_reset(weir_cache_manager *cache, const weir_model *model);

/* (hits + absent_hits) of all lookups, 0.0 to 1.0; 0.0 before any. */
WEIR_API double weir_cache_stats_hit_ratio(const weir_cache_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
