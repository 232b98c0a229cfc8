/* The table of the memory backend: entries by key in shards, each with a lock, a hash table and clocks for eviction.
 *
 * Keys are hashed with a random seed, so that nobody can aim at one bucket. Values are immutable reference-counted blobs, so that
 * a reader keeps what it got while the entry changes. Eviction is CLOCK: an entry that was read since the hand passed is
 * spared once; a new one counts as not read, so that a scan evicts its own. There is a clock for the whole shard
 * (the bound on bytes) and one for each space in it (the bound on entries). Guards are never evicted. */
#ifndef WEIR_CACHE_MEMORY_STORE_H
#define WEIR_CACHE_MEMORY_STORE_H

#include "cache/cache.h"

#include <pthread.h>
#include <stdatomic.h>

#define WEIR__MEMORY_SHARDS    16
#define WEIR__MEMORY_CHUNK     64 /* spaces whose counters are made together */
#define WEIR__MEMORY_CHUNKS    64
#define WEIR__MEMORY_NO_EXPIRY INT64_MAX

typedef struct weir__memory_blob {
	atomic_uint references;
	size_t      length;
	char        bytes[];
} weir__memory_blob;

weir__memory_blob *weir__memory_blob_create(weir_bytes bytes);
void               weir__memory_blob_release(void *memory); /* as weir_cached.release; NULL does nothing */

typedef struct weir__memory_member {
	uint64_t nonce;
	int64_t  expires_us;
} weir__memory_member;

typedef enum weir__memory_kind { WEIR__MEMORY_VALUE, WEIR__MEMORY_LEASE, WEIR__MEMORY_GUARD } weir__memory_kind;

typedef struct weir__memory_content {
	weir__memory_kind    kind;
	uint32_t             space;
	int64_t              expires_us;
	weir__memory_blob   *blob;    /* of a value */
	uint64_t             token;   /* of a lease */
	weir__memory_member *members; /* of a guard */
	size_t               member_count;
} weir__memory_content;

typedef struct weir__memory_entry weir__memory_entry;

typedef struct weir__memory_links {
	weir__memory_entry *before, *after;
} weir__memory_links;

enum { WEIR__MEMORY_RING_ALL, WEIR__MEMORY_RING_SPACE, WEIR__MEMORY_RINGS };

struct weir__memory_entry {
	weir__memory_entry  *chain;                     /* of its bucket */
	weir__memory_links   rings[WEIR__MEMORY_RINGS]; /* of its shard and of its space there */
	uint64_t             hash;
	size_t               cost;
	weir__memory_content content;
	bool                 was_read;
	size_t               key_length;
	char                 key[];
};

typedef struct weir__memory_shard {
	pthread_mutex_t      mutex;
	weir__memory_entry **buckets;
	size_t               bucket_count; /* a power of two */
	size_t               entry_count;
	weir__memory_entry  *hand;        /* the next of the shard to be looked at */
	weir__memory_entry **space_hands; /* by space */
	size_t               space_count;
	char                 apart[64];
} weir__memory_shard;

typedef struct weir__memory_store {
	weir__memory_shard         shards[WEIR__MEMORY_SHARDS];
	uint64_t                   seed;
	int64_t                    max_bytes; /* below 0: any number */
	_Atomic int64_t            bytes;
	_Atomic(_Atomic int64_t *) space_counts[WEIR__MEMORY_CHUNKS];
	int64_t (*now_us)(void *context);
	void *clock_context;
} weir__memory_store;

int  weir__memory_store_init(weir__memory_store *store, int64_t max_bytes, weir_error *err);
void weir__memory_store_release(weir__memory_store *store);

/* A key and the shard that is locked for it. */
typedef struct weir__memory_place {
	weir__memory_store *store;
	weir__memory_shard *shard;
	weir_bytes          key;
	uint64_t            hash;
	int64_t             now_us;
} weir__memory_place;

weir__memory_place weir__memory_lock(weir__memory_store *store, weir_bytes key, int64_t now_us);
void               weir__memory_unlock(const weir__memory_place *place);

/* The living entry of the place's key, or NULL. Drops it when it has expired, and the expired members of a guard. */
weir__memory_entry *weir__memory_find(const weir__memory_place *place);

/* Gives the place's key this content, which is taken over; entry is what find gave. False: out of memory, then nothing has
 * changed and the content is the caller's. */
bool weir__memory_put(const weir__memory_place *place, weir__memory_entry *entry, const weir__memory_content *content);
void weir__memory_drop(weir__memory_store *store, weir__memory_shard *shard, weir__memory_entry *entry);

/* Evicts until the store is within its bytes and the space within space_max (below 0: any number). No lock may be held;
 * never evicts what the place holds. */
void weir__memory_trim(const weir__memory_place *place, uint32_t space, int64_t space_max);

#endif
