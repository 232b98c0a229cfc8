/* A shard of the near cache: entries, a hash table to find them, queues to evict them.
 *
 * Looking up takes no lock. Under a pin (near_pins.h) it reads the table's slots and, where a slot's tag fits, the entry, which is
 * written before its slot and not again before nobody can see it. Changes are made under the shard's mutex: slots are single
 * words, a larger table takes the place of the old one as a whole.
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

#define WEIR__NEAR_NONE   UINT32_MAX /* no entry */
#define WEIR__NEAR_INLINE 3          /* stripes in the line of an entry that readers look at */

/* The first cache line is what a hit reads. */
typedef struct weir__near_entry {
	alignas(64) weir__hash128 name;
	uint64_t sum;
	int64_t  expires_us;
	union {
		void   *object;
		int64_t number; /* where kind is NULL */
	};
	const weir__near_kind *kind;
	uint32_t               stripes[WEIR__NEAR_INLINE];
	uint8_t                stripe_count;
	bool                   absent;
	atomic_uchar           uses;
	uint8_t                queue; /* which; under the mutex */

	uint32_t more_stripes[WEIR__NEAR_STRIPES - WEIR__NEAR_INLINE];
	uint32_t before, after; /* in its queue; after: also among the free and the retired ones */
	uint64_t charge;        /* bytes */
	uint64_t epoch;         /* in which it was retired */
} weir__near_entry;

static_assert(sizeof(weir__near_entry) == 128, "an entry is two cache lines");

/* hint lets the CPU fetch the entry, its object and the counter of its own key all at a time: where the object is, in 48 bits, and above
 * them which line of the stripes. Nothing but speed depends on it. */
typedef struct weir__near_slot {
	_Atomic uint64_t word;
	_Atomic uint64_t hint;
} weir__near_slot;

#define WEIR__NEAR_HINT_BITS   48
#define WEIR__NEAR_LINE        64
#define WEIR__NEAR_LINE_STRIPE (WEIR__NEAR_LINE / sizeof(uint64_t)) /* so many in a line */

typedef struct weir__near_table {
	struct weir__near_table *next; /* among the retired ones */
	uint64_t                 epoch;
	uint32_t                 mask; /* slots - 1 */
	weir__near_slot          slots[];
} weir__near_table;

enum { WEIR__NEAR_SMALL, WEIR__NEAR_MAIN, WEIR__NEAR_QUEUES };

typedef struct weir__near_queue {
	uint32_t first, last;
	uint64_t bytes;
} weir__near_queue;

/* The names that left the small queue, as far as they fit. */
typedef struct weir__near_ghosts {
	uint32_t *marks;
	uint32_t  mask;
} weir__near_ghosts;

typedef struct weir__near_shard {
	alignas(64) _Atomic(weir__near_table *) table;
	_Atomic uint32_t   mask;   /* of the table's slots: a hint */
	weir__near_entry **chunks; /* of WEIR__NEAR_CHUNK entries each */
	weir__near_arena  *arena;

	alignas(64) pthread_mutex_t mutex; /* the rest */
	uint32_t          chunk_count, chunk_max;
	uint32_t          free;  /* first of the entries that may be used */
	uint32_t          fresh; /* of the last chunk, those never used */
	uint32_t          used;  /* slots that are not empty */
	uint32_t          count; /* entries in the queues */
	uint32_t          retired_first, retired_last, retired_count;
	uint64_t          retired_bytes;
	weir__near_table *retired_tables;
	weir__near_queue  queues[WEIR__NEAR_QUEUES];
	weir__near_ghosts ghosts;
	uint64_t          bytes, max_bytes;
	uint64_t          fills, evictions;
	char              apart[64];
} weir__near_shard;

#define WEIR__NEAR_CHUNK 256

static inline weir__near_entry *weir__near_entry_at(const weir__near_shard *shard, uint32_t index)
{
	return &shard->chunks[index / WEIR__NEAR_CHUNK][index % WEIR__NEAR_CHUNK];
}

/* max_bytes of this shard; the arena must outlive it. False: out of memory; nothing is left to release. */
bool weir__near_shard_init(weir__near_shard *shard, weir__near_arena *arena, uint64_t max_bytes);
void weir__near_shard_release(weir__near_shard *shard);

/* A slot is one of these, or the tag of a name and an index from WEIR__NEAR_FIRST_INDEX on. */
#define WEIR__NEAR_EMPTY       UINT64_C(0)
#define WEIR__NEAR_GONE        UINT64_C(1) /* was taken; whoever searches goes on */
#define WEIR__NEAR_FIRST_INDEX 2
#define WEIR__NEAR_TAG         (UINT64_MAX << 32)

static inline bool weir__near_same(weir__hash128 a, weir__hash128 b)
{
	return a.low == b.low && a.high == b.high;
}

/* Fetches what a search for the name begins with. Needs no pin: nothing is looked at. */
static inline void weir__near_shard_prefetch(const weir__near_shard *shard, weir__hash128 name)
{
	const weir__near_table *table = atomic_load_explicit(&shard->table, memory_order_relaxed);

	__builtin_prefetch(&table->slots[(uint32_t)name.high & atomic_load_explicit(&shard->mask, memory_order_relaxed)]);
}

static inline uint64_t weir__near_hint(const void *object, uint32_t stripe)
{
	uint64_t where = (uint64_t)(uintptr_t)object & ((UINT64_C(1) << WEIR__NEAR_HINT_BITS) - 1);

	return where | (uint64_t)(stripe / WEIR__NEAR_LINE_STRIPE) << WEIR__NEAR_HINT_BITS;
}

/* What stands right before the object is its count of references. */
static inline void weir__near_follow(uint64_t hint, const _Atomic uint64_t *stripes)
{
	const char *object = (const char *)(uintptr_t)(hint & ((UINT64_C(1) << WEIR__NEAR_HINT_BITS) - 1));

	__builtin_prefetch(stripes + (hint >> WEIR__NEAR_HINT_BITS) * WEIR__NEAR_LINE_STRIPE);
	__builtin_prefetch(object, 1);
	__builtin_prefetch(object - sizeof(size_t), 1);
}

/* The entry of this name, or NULL; under a pin. */
static inline weir__near_entry *weir__near_shard_find(const weir__near_shard *shard, const _Atomic uint64_t *stripes,
                                                      weir__hash128 name)
{
	weir__near_table *table = atomic_load(&shard->table);

	for (uint32_t at = (uint32_t)name.high & table->mask;; at = (at + 1) & table->mask) {
		uint64_t          slot = atomic_load(&table->slots[at].word);
		weir__near_entry *entry;

		if (slot == WEIR__NEAR_EMPTY)
			return NULL;
		if (((slot ^ name.high) & WEIR__NEAR_TAG) != 0 || slot == WEIR__NEAR_GONE)
			continue;
		weir__near_follow(atomic_load_explicit(&table->slots[at].hint, memory_order_relaxed), stripes);
		entry = weir__near_entry_at(shard, (uint32_t)slot - WEIR__NEAR_FIRST_INDEX);
		if (weir__near_same(entry->name, name))
			return entry;
	}
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
void weir__near_retire(weir__near_shard *shard, weir__near *near_cache, uint32_t index);

/* Queues (near_queue.c). */
void weir__near_queue_push(weir__near_shard *shard, uint8_t which, uint32_t index);
void weir__near_queue_remove(weir__near_shard *shard, uint32_t index);

/* Evicts until `bytes` more fit. */
void weir__near_evict(weir__near_shard *shard, weir__near *near_cache, uint64_t bytes, int64_t now_us);

bool weir__near_ghosts_resize(weir__near_ghosts *ghosts, uint32_t count);
bool weir__near_ghosts_have(const weir__near_ghosts *ghosts, weir__hash128 name);
void weir__near_ghosts_add(const weir__near_ghosts *ghosts, weir__hash128 name);

#endif
