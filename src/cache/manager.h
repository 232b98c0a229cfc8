/* The insides of a cache manager and its spaces, for the files of this room. */
#ifndef WEIR_CACHE_MANAGER_INTERNAL_H
#define WEIR_CACHE_MANAGER_INTERNAL_H

#include "cache/config.h"
#include "cache/counters.h"
#include "cache/era.h"
#include "cache/flight.h"
#include "cache/key.h"
#include "cache/near_link.h"
#include "cache/pending.h"
#include "cache/recent.h"
#include "cache/watermark.h"

#include <pthread.h>

#define WEIR__LEASE_TTL_MS  3000  /* a reader that died hinders fills no longer */
#define WEIR__GUARD_TTL_MS  15000 /* a writer that died hinders reads no longer */
#define WEIR__COMMIT_MS     14000 /* after so long a COMMIT must be over: its guards end soon */
#define WEIR__RENEW_MS      5000  /* a guard that old is placed anew while records are being removed */
#define WEIR__LEASE_WAIT_MS 50    /* for somebody else's fill */
#define WEIR__FLUSH_MS      60000 /* the longest flush of one space, by hand */
#define WEIR__FLUSH_STEP_MS 1000  /* the longest step of it */

/* How far the flush of a space has come. */
typedef enum weir__flush_stage {
	WEIR__FLUSH_IDLE,
	WEIR__FLUSH_STAMP,
	WEIR__FLUSH_RECORDS,
	WEIR__FLUSH_LISTS,
	WEIR__FLUSH_NEAR
} weir__flush_stage;

typedef struct weir__flush {
	weir__flush_stage stage;
	uint64_t          cursor;
} weir__flush;

struct weir__cache_space {
	weir__counters        counters;
	weir__config_in_force config;
	weir_cache_manager   *cache;
	const weir_model     *model; /* NULL: of a relation */
	weir__cache_space    *base;  /* of a relation: the space whose keys it uses */
	uint64_t              fingerprint;
	uint32_t              number;         /* from 1 on */
	weir_cache_config     own;            /* as the user gave it; under cache->mutex */
	char                 *name;           /* of the model or relation, escaped: for messages */
	char                 *records;        /* the first part of its record keys, escaped: that of the base model */
	weir_bytes            any, bulk, all; /* logical stamp keys */
	size_t                plural_length;  /* any begins with the first part of its other keys */
	atomic_bool           flush_wanted;   /* pending.h */
	_Atomic int64_t       flush_after_us;
	weir__flush           flush; /* how far that has come; of the one thread that is paying */
	weir__cache_space    *next;
};

struct weir_cache_manager {
	weir_cache_backend        *backend;
	bool                       keeps_nothing; /* the backend is none */
	uint64_t                   place;
	char                       prefix[WEIR__PREFIX_MAX + 1];
	char                       head[WEIR__HEAD_MAX]; /* of all keys */
	size_t                     head_length;
	int                        timeout_ms;
	const weir__logger        *logger;
	uint32_t                   process; /* weir__process_generation() of the owner */
	uint64_t                   id_seed;
	_Atomic uint64_t           id_counter;
	weir__pending              pending;
	weir__flights              flights;
	weir__recent               recent;
	weir__watermark            watermark;
	weir__era                  era;
	pthread_mutex_t            mutex; /* defaults, spaces, their own */
	weir_cache_config          defaults;
	weir__cache_space         *spaces;
	weir__cache_space         *last;
	weir__counters             own_counters; /* of the application's own values */
	char                       channel[WEIR__PREFIX_MAX + sizeof ":near"];
	size_t                     channel_length;
	weir_near_options          near_options;
	weir__near                *near_cache; /* NULL: none is needed yet */
	_Atomic(weir__near_link *) near_link;  /* set once */
};

/* A number that nobody else has made: never 0. */
uint64_t weir__cache_id(weir_cache_manager *cache);

/* A call that must end within the manager's timeout. */
weir_cache_call weir__cache_call(const weir_cache_manager *cache);

/* May the cache be read at now_us? */
static inline bool weir__watermark_holds(weir_cache_manager *cache, int64_t now_us)
{
	return cache->watermark.bound_ms == 0 || weir__watermark_is_good(cache, now_us);
}

static inline void weir__space_count(weir__cache_space *space, weir__counter which, int64_t amount)
{
	weir__counters_add(&space->counters, which, amount);
}

/* By which a record's logical key is found among what was written just now. */
static inline uint64_t weir__cache_recent_hash(const weir_cache_manager *cache, weir_bytes logical)
{
	return weir__hash64(logical.data, logical.length, cache->id_seed);
}

static inline weir_bytes weir__cache_head(const weir_cache_manager *cache)
{
	return weir__bytes(cache->head, cache->head_length);
}

/* As weir__key_show; the hash is another in each manager. */
static inline void weir__cache_show_key(const weir_cache_manager *cache, weir_bytes physical,
                                        char shown[WEIR__KEY_SHOWN])
{
	weir__key_show(shown, weir__cache_head(cache), physical, cache->id_seed);
}

/* What the entries of a space must have been written by: the shape of its rows, the configured version, and the database that they were
 * read from (the tag, era.h). Version and tag are no part of the keys, so that processes that differ in them still invalidate each
 * other's entries. */
static inline uint64_t weir__space_fingerprint(const weir__cache_space *space, uint64_t tag)
{
	const weir__cache_space *owner = space->base ? space->base : space;
	int                      version = atomic_load_explicit(&owner->config.version, memory_order_relaxed);

	return space->fingerprint + (uint64_t)version * UINT64_C(0x9e3779b97f4a7c15) + tag;
}

/* The same as of now. */
static inline uint64_t weir__space_fingerprint_now(const weir__cache_space *space)
{
	return weir__space_fingerprint(space, atomic_load(&space->cache->era.tag));
}

/* Goes on deleting everything of one space, for at most timeout_ms: from WEIR__FLUSH_STAMP on, until it is idle. WEIR_OK or
 * WEIR_ERR_CACHE. */
int weir__space_flush_step(weir__cache_space *space, int timeout_ms, weir__flush *flush);

/* Deletes everything of one space, for WEIR__FLUSH_MS at most. WEIR_OK or WEIR_ERR_CACHE. */
int weir__space_flush(weir__cache_space *space);

/* What is in force for a space, or by default (space NULL), inheritance resolved. Under the mutex. */
weir_cache_config weir__space_resolve(const weir_cache_manager *cache, const weir__cache_space *space);

void weir__space_free(weir__cache_space *space);

/* Physical keys of one operation, on the stack where they are few. */
typedef struct weir__key_batch {
	weir_bytes *keys;
	size_t      count;
	char       *at;   /* where the next key is written */
	void       *heap; /* NULL: keys and bytes are the members below */
	weir_bytes  head;
	weir_bytes  few_keys[8];
	char        few_bytes[1024];
} weir__key_batch;

/* Room for count keys whose logical lengths, each capped by weir__key_capped, are logical_size together. False: out of memory. To be released after true. */
bool weir__key_batch_init(weir__key_batch *batch, const weir__cache_space *space, size_t count, size_t logical_size);
void weir__key_batch_add(weir__key_batch *batch, weir_bytes logical, weir__key_slot slot);
void weir__key_batch_release(weir__key_batch *batch);

static inline void weir__cached_release(weir_cached *cached)
{
	if (cached->release)
		cached->release(cached->owner);
	*cached = (weir_cached){ .state = WEIR_CACHED_NOTHING };
}

#endif
