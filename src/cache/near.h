/* The near cache: objects of this process by key, in front of a backend. It knows opaque reference-counted objects, no models.
 *
 * What an entry depends on are keys of the backend: its own, those of stamps, that of the record behind a pointer. Keys are
 * mapped to stripes, each a counter. Whoever changes what a key stands for counts its stripe up (weir__near_touch); that is all
 * that a write or a message does, and it never waits. A reader adds the counters of all stripes up before it asks the
 * backend (the ticket), and the entry made of the answer keeps that sum: it is right as long as the sum is the same. Counters
 * only grow, so equal sums mean that none has changed; a fill that comes too late is out of date when it comes. The
 * generation of the whole cache belongs to each sum, so that everything is dropped by one addition.
 *
 * Lookups take no lock (near_shard.h); what they may look at is kept by near_pins.h until nobody can. A link (near_link.c)
 * says up to when a backend's changes are known to have been counted. */
#ifndef WEIR_CACHE_NEAR_H
#define WEIR_CACHE_NEAR_H

#include <weir/near_cache.h>
#include <weir/sys/cache_backend.h>

#include "base/hash.h"
#include "base/logger.h"

#include <stdatomic.h>

typedef weir_near_cache weir__near;

/* Objects of one kind. Any thread; release of the last reference may free. room: WEIR__NEAR_ROOM bytes that end at a cache line's bound where
 * the object (its count of references first) begins, zeroed when it was made, for the entry of who keeps it; NULL, or it returns
 * NULL: it has none. */
#define WEIR__NEAR_ROOM 96
typedef struct weir__near_kind {
	void (*retain)(void *object);
	void (*release)(void *object);
	void *(*room)(const void *object);
} weir__near_kind;

/* What an entry holds: an object, or where kind is NULL a number. */
typedef struct weir__near_value {
	const weir__near_kind *kind;
	void                  *object;
	int64_t                number;
	bool                   absent; /* "there is none": neither */
} weir__near_value;

/* Own key, flush, and what it depends on. */
#define WEIR__NEAR_STRIPES 12

typedef struct weir__near_ticket {
	uint64_t sum;        /* of the stripes */
	uint64_t generation; /* of everything */
	int64_t  taken_us;
	uint32_t stripes[WEIR__NEAR_STRIPES];
	uint8_t  count; /* 0: not taken */
} weir__near_ticket;

int  weir__near_create(const weir_near_options *options, weir__near **near_cache, weir_error *err);
void weir__near_retain(weir__near *near_cache);
void weir__near_release(weir__near *near_cache);

int weir__near_bound_ms(const weir__near *near_cache);

/* The secret of its hashes. */
weir__hash128 weir__near_secret(const weir__near *near_cache);

/* The stripe of a key, by its hash. */
uint32_t weir__near_stripe(const weir__near *near_cache, weir__hash128 hash);

/* What a stripe stands for has changed: a counter grows by one, or by WEIR__NEAR_OWN where a write of this process ends (near_link.h). */
#define WEIR__NEAR_OWN_BITS 32
#define WEIR__NEAR_OWN      (UINT64_C(1) << WEIR__NEAR_OWN_BITS)
void weir__near_touch(weir__near *near_cache, uint32_t stripe);
void weir__near_touch_own(weir__near *near_cache, uint32_t stripe);

/* Whatever is there is out of date. */
void weir__near_reset(weir__near *near_cache);

/* Adds a stripe to a ticket; the ticket is taken last, before the backend is asked. */
void weir__near_depend(weir__near_ticket *ticket, uint32_t stripe);
void weir__near_take(const weir__near *near_cache, weir__near_ticket *ticket, int64_t now_us);

/* Is what the ticket depends on still as it was? */
bool weir__near_holds(const weir__near *near_cache, const weir__near_ticket *ticket);

/* What is there under this name and right now; an object comes with a reference of the caller's. now_us may be the coarse time,
 * seat is weir__seat(). */
bool weir__near_get(weir__near *near_cache, weir__hash128 name, int64_t now_us, size_t seat, weir__near_value *value);

/* One thing to be kept: bytes is what the object takes. */
typedef struct weir__near_item {
	weir__hash128            name;
	const weir__near_ticket *ticket;
	weir__near_value         value;
	size_t                   bytes;
	int64_t                  now_us;
	int64_t                  expires_us;
} weir__near_item;

/* Keeps it, with a reference of its own. False: too large, or no memory; nothing is kept then. */
bool weir__near_put(weir__near *near_cache, const weir__near_item *item);

#endif
