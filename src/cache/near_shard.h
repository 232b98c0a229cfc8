/* A shard of the near cache: entries, a hash table to find them, queues to evict them.
 *
 * Looking up takes no lock. Under a pin (near_pins.h) it reads a bucket of the table, which is one cache line, and where a mark fits, the
 * entry, which is written before its slot and not again before nobody can see it. Changes are made under the shard's mutex: slots
 * are single words, a larger table takes the place of the old one as a whole.
 *
 * Far from the CPU's caches a hit costs as many waits as there are places to go to one after the other: the bucket, and then entry, object and
 * counter at a time. So the table is small, and an entry lies right before its object if that has room there.
 *
 * Eviction is S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", 2023): new entries go through a small queue
 * of a tenth of the bytes; what was used twice there moves to the main queue, what was not is evicted, and remembered by name for a
 * while: whoever comes back goes to the main queue at once. There an entry that was used since goes round again. A hit only raises
 * a counter of up to 3 in the entry, so a hot entry is not written to at all. Entries that are out of date go first. */
#ifndef WEIR_CACHE_NEAR_SHARD_H
#define WEIR_CACHE_NEAR_SHARD_H

#include "cache/near.h"
#include "cache/near_arena.h"
#include "cache/near_pins.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>

#define WEIR__NEAR_INLINE 3 /* stripes in the line of an entry that readers look at */
#define WEIR__NEAR_LINE   64

/* shape of an entry */
#define WEIR__NEAR_COUNT    0x0f /* so many stripes */
#define WEIR__NEAR_ABSENT   0x10 /* "there is none" */
#define WEIR__NEAR_OF_ARENA 0x20 /* else it lies in the room of its object */

/* From name on it is a cache line, which is what a hit reads; where the entry lies in its object's room, the object follows. */
typedef struct weir__near_entry weir__near_entry;
struct weir__near_entry {
	union {
		weir__near_entry *before; /* in its queue */
		uint64_t          epoch;  /* in which it was retired */
	};
	weir__near_entry *after;        /* in its queue, and among the free and the retired ones */
	uint64_t          charge;       /* bytes */
	uint32_t         *more_stripes; /* allocated; or NULL */

	weir__hash128 name;
	uint64_t      sum;
	int64_t       expires_us;
	union {
		void   *object;
		int64_t number; /* where kind is NULL */
	};
	const weir__near_kind *kind;
	uint32_t               stripes[WEIR__NEAR_INLINE];
	uint8_t                shape;
	atomic_uchar           uses;
	atomic_bool            taken; /* of a room: by an entry */
	uint8_t                queue; /* which; under the mutex */
};

#define WEIR__NEAR_HEAD offsetof(weir__near_entry, name) /* what stands before the line */

static_assert(sizeof(weir__near_entry) == WEIR__NEAR_ROOM, "an entry fits the room of an object");
static_assert(sizeof(weir__near_entry) - WEIR__NEAR_HEAD == WEIR__NEAR_LINE, "readers look at one line of an entry");

/* A cache line of the table. marks: a byte of each one's name, 0 where there is none; in the highest byte how many went on to the next
 * bucket because this one was full (at 255 it is no longer known and stays). A slot is the line of an entry by its number, and in the bits
 * above which line of the stripes the counter of its own key is in, so that entry, object and counter are fetched at a time. The
 * latter is a hint, and cut off where it does not fit. */
#define WEIR__NEAR_WAYS 7

typedef struct weir__near_bucket {
	alignas(WEIR__NEAR_LINE) _Atomic uint64_t marks;
	_Atomic uint64_t slots[WEIR__NEAR_WAYS];
} weir__near_bucket;

#define WEIR__NEAR_ONES       UINT64_C(0x0101010101010101)
#define WEIR__NEAR_WENT_ON    56 /* the bits above */
#define WEIR__NEAR_WHERE_BITS 42
#define WEIR__NEAR_WHERE      ((UINT64_C(1) << WEIR__NEAR_WHERE_BITS) - 1)

/* A table's address, which is at a line's bound, and in the bits below how many bits the number of a bucket has. Before the buckets stands
 * what is known of a table that has been replaced. */
typedef struct weir__near_table_head {
	uintptr_t next; /* among the retired ones */
	uint64_t  epoch;
} weir__near_table_head;

static inline weir__near_bucket *weir__near_buckets(uintptr_t table)
{
	return (weir__near_bucket *)(table & ~(uintptr_t)(WEIR__NEAR_LINE - 1));
}

static inline uint32_t weir__near_table_mask(uintptr_t table)
{
	return (UINT32_C(1) << (table & (WEIR__NEAR_LINE - 1))) - 1;
}

enum { WEIR__NEAR_SMALL, WEIR__NEAR_MAIN, WEIR__NEAR_QUEUES };

typedef struct weir__near_queue {
	weir__near_entry *first, *last;
	uint64_t          bytes;
} weir__near_queue;

/* The names that left the small queue, as far as they fit. */
typedef struct weir__near_ghosts {
	uint32_t *marks;
	uint32_t  mask;
} weir__near_ghosts;

typedef struct weir__near_shard {
	alignas(64) _Atomic uintptr_t table;
	weir__near_arena *arena;

	alignas(64) pthread_mutex_t mutex; /* the rest */
	weir__near_entry *free;            /* of the arena */
	char             *fresh;           /* what is left of the arena's last chunk */
	uint32_t          fresh_count;     /* entries in it */
	uint32_t          count;           /* entries in the queues */
	weir__near_entry *retired_first, *retired_last;
	uint32_t          retired_count;
	uint64_t          retired_bytes;
	uintptr_t         retired_tables;
	weir__near_queue  queues[WEIR__NEAR_QUEUES];
	weir__near_ghosts ghosts;
	uint64_t          bytes, max_bytes;
	uint64_t          fills, evictions;
	char              apart[64];
} weir__near_shard;

/* max_bytes of this shard; the arena must outlive it. False: out of memory; nothing is left to release. */
bool weir__near_shard_init(weir__near_shard *shard, weir__near_arena *arena, uint64_t max_bytes);
void weir__near_shard_release(weir__near_shard *shard);

static inline bool weir__near_same(weir__hash128 a, weir__hash128 b)
{
	return a.low == b.low && a.high == b.high;
}

/* The bytes of marks that are mark: the highest bit of each. Above the lowest one there may be some that are not. */
static inline uint64_t weir__near_marked(uint64_t marks, uint8_t mark)
{
	uint64_t zero_where = marks ^ (WEIR__NEAR_ONES * mark);

	return (zero_where - WEIR__NEAR_ONES) & ~zero_where &
	       (WEIR__NEAR_ONES << 7 & ~(UINT64_C(0xff) << WEIR__NEAR_WENT_ON));
}

static inline uint8_t weir__near_mark(weir__hash128 name)
{
	uint8_t mark = (uint8_t)(name.high >> 56);

	return mark ? mark : 1;
}

/* Fetches what a search for the name begins with. Needs no pin: nothing is looked at. */
static inline void weir__near_shard_prefetch(const weir__near_shard *shard, weir__hash128 name)
{
	uintptr_t table = atomic_load_explicit(&shard->table, memory_order_relaxed);

	__builtin_prefetch(&weir__near_buckets(table)[(uint32_t)name.high & weir__near_table_mask(table)]);
}

static inline uint64_t weir__near_slot(const weir__near_entry *entry)
{
	uint64_t line = ((uint64_t)(uintptr_t)entry + WEIR__NEAR_HEAD) / WEIR__NEAR_LINE;

	return line | (uint64_t)(entry->stripes[0] / (WEIR__NEAR_LINE / sizeof(uint64_t))) << WEIR__NEAR_WHERE_BITS;
}

/* NULL: the slot is empty. */
static inline weir__near_entry *weir__near_slot_entry(uint64_t slot)
{
	char *line = (char *)(uintptr_t)((slot & WEIR__NEAR_WHERE) * WEIR__NEAR_LINE);

	return line ? (weir__near_entry *)(void *)(line - WEIR__NEAR_HEAD) : NULL;
}

static inline void weir__near_follow(uint64_t slot, const _Atomic uint64_t *stripes)
{
	const char *line = (const char *)(uintptr_t)((slot & WEIR__NEAR_WHERE) * WEIR__NEAR_LINE);

	__builtin_prefetch(line);
	__builtin_prefetch(line + WEIR__NEAR_LINE, 1);
	__builtin_prefetch(stripes + (slot >> WEIR__NEAR_WHERE_BITS) * (WEIR__NEAR_LINE / sizeof(uint64_t)));
}

/* The entry of this name, or NULL; under a pin. */
static inline weir__near_entry *weir__near_shard_find(const weir__near_shard *shard, const _Atomic uint64_t *stripes,
                                                      weir__hash128 name)
{
	uintptr_t          table = atomic_load(&shard->table);
	weir__near_bucket *buckets = weir__near_buckets(table);
	uint32_t           mask = weir__near_table_mask(table);

	for (uint32_t i = 0; i <= mask; i++) {
		weir__near_bucket *bucket = &buckets[((uint32_t)name.high + i) & mask];
		uint64_t           marks = atomic_load(&bucket->marks);
		uint64_t           like = weir__near_marked(marks, weir__near_mark(name));

		for (; like; like &= like - 1) {
			uint64_t          slot = atomic_load(&bucket->slots[__builtin_ctzll(like) / 8]);
			weir__near_entry *entry = weir__near_slot_entry(slot);

			weir__near_follow(slot, stripes);
			if (entry && weir__near_same(entry->name, name))
				return entry;
		}
		if (marks >> WEIR__NEAR_WENT_ON == 0)
			return NULL;
	}
	return NULL;
}

/* What is let go under the mutex and released outside it. */
#define WEIR__NEAR_FREED 32
typedef struct weir__near_freed {
	struct {
		const weir__near_kind *kind;
		void                  *object;
	} items[WEIR__NEAR_FREED];
	size_t count;
} weir__near_freed;

/* Under the mutex. Puts item in the place of what has its name. False: nothing has changed. */
bool weir__near_shard_put(weir__near_shard *shard, weir__near *near_cache, const weir__near_item *item);

/* Under the mutex. Frees what nobody can see any more, as far as `freed` has room. True: there may be more. */
bool weir__near_shard_reclaim(weir__near_shard *shard, weir__pins *pins, weir__near_freed *freed);

/* ---- Of the files of a shard alone; under the mutex ------------------------------------------------------------ */

/* Takes the entry out of the table and the queues; it waits among the retired until nobody can see it. */
void weir__near_retire(weir__near_shard *shard, weir__near *near_cache, weir__near_entry *entry);

/* The table (near_table.c). Room for one more entry; false: out of memory. Then it can be inserted. */
bool weir__near_table_init(weir__near_shard *shard);
void weir__near_table_release(weir__near_shard *shard);
bool weir__near_table_make_room(weir__near_shard *shard, weir__near *near_cache);
void weir__near_table_insert(weir__near_shard *shard, const weir__near_entry *entry);
void weir__near_table_remove(weir__near_shard *shard, const weir__near_entry *entry);
/* Frees those replaced ones that nobody can see. */
void weir__near_table_reclaim(weir__near_shard *shard, weir__pins *pins);

/* Queues (near_queue.c). */
void weir__near_queue_push(weir__near_shard *shard, uint8_t which, weir__near_entry *entry);
void weir__near_queue_remove(weir__near_shard *shard, weir__near_entry *entry);

/* Evicts until `bytes` more fit. */
void weir__near_evict(weir__near_shard *shard, weir__near *near_cache, uint64_t bytes, int64_t now_us);

bool weir__near_ghosts_resize(weir__near_ghosts *ghosts, uint32_t count);
bool weir__near_ghosts_have(const weir__near_ghosts *ghosts, weir__hash128 name);
void weir__near_ghosts_add(const weir__near_ghosts *ghosts, weir__hash128 name);

#endif
