/* What this process still owes the cache: touches whose release could not be placed.
 *
 * While anything is owed, or a write is under way whose guard could not be placed, this process reads past the cache
 * (`blocked` counts the reasons). The next reader or writer pays, with a growing pause between attempts. At most
 * WEIR__PENDING_KEYS_MAX keys are remembered one by one; beyond that the spaces concerned are marked to be flushed as a whole. */
#ifndef WEIR_CACHE_PENDING_H
#define WEIR_CACHE_PENDING_H

#include "cache/cache.h"

#include <pthread.h>
#include <stdatomic.h>

#define WEIR__PENDING_KEYS_MAX 10000

typedef struct weir__touch_batch weir__touch_batch;

typedef struct weir__pending {
	atomic_size_t      blocked;
	pthread_mutex_t    mutex; /* the rest */
	weir__touch_batch *first;
	weir__touch_batch *last;
	size_t             keys;
	bool               marks;    /* some space's flush_wanted is set, counted once in blocked */
	bool               draining; /* somebody is at it */
	int64_t            next_try_us;
	int64_t            pause_us;
} weir__pending;

int  weir__pending_init(weir__pending *pending, weir_error *err);
void weir__pending_release(weir__pending *pending);

/* A write goes on unguarded: reads bypass the cache until it is settled, by weir__pending_unblock or weir__pending_add. True: they
 * did not before. */
bool weir__pending_block(weir__pending *pending);
void weir__pending_unblock(weir__pending *pending);

/* Takes over batch, which has been counted in blocked. Never fails. */
void weir__pending_add(weir_cache_manager *cache, weir__touch_batch *batch);

/* Everything of a space is to be removed, not before that time; until then nothing is read. Never fails. */
void weir__pending_flush(weir_cache_manager *cache, weir__cache_space *space, int64_t not_before_us);

/* May the cache be read? Pays what is owed, if it is time for another attempt. */
bool weir__cache_usable(weir_cache_manager *cache);

/* One attempt at everything owed, whatever the pause. */
void weir__pending_pay(weir_cache_manager *cache);

#endif
