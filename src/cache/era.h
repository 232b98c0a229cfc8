/* The era: which database the entries of the cache come from.
 *
 * A standby that takes over may lack what its primary had committed last; a restored backup lacks more. What was cached of that is in no
 * database any more. So whoever uses a cache says which database it reads (a system and its timeline, which is another one after each
 * failover), and a hash of that, the tag, is part of what an entry must have been written by (manager.h): of another era it is a miss.
 *
 * It is no part of keys. So whatever a writer believes to be the database it guards and releases the same keys as all others, and while
 * some read the old one and some the new one each still finds only what is right for its own.
 *
 * An entry's tag is that of the lookup which came before its read; it is filled only if `turn` is still what it was at that lookup. A turn
 * counts up before a change of the tag and after it, and whenever what is being read may lag behind (a standby). What a
 * connection reads is therefore filled under the tag of its own database, or not at all, if no connection to an earlier database is
 * handed out any more from the time on at which one to the later was (db/server.c).
 *
 * Processes tell each other: a marker in the cache says which is the newest timeline of the system that anybody has read from. It is looked at
 * once a second, by one thread, and the hall is asked then to look after its connections (dao/era.c). */
#ifndef WEIR_CACHE_ERA_H
#define WEIR_CACHE_ERA_H

#include "cache/cache.h"

#include <stdatomic.h>

typedef struct weir__era {
	_Atomic uint64_t tag;     /* 0: not known */
	_Atomic uint64_t turn;    /* odd while the tag is being changed */
	_Atomic int64_t  look_us; /* the marker is to be looked at from then on */
	atomic_bool      looking;
	weir__source     source; /* under the manager's mutex, as what follows */
	int64_t          since_us;
	weir__source     heeded; /* what the marker said when that was followed */
	void (*watch)(void *context, bool superseded);
	void *context;
} weir__era;

/* Looks at the marker, if it is time. */
void weir__era_look_now(weir_cache_manager *cache, int64_t now_us);

static inline void weir__era_look(weir_cache_manager *cache, const weir__era *era, int64_t now_us)
{
	if (now_us >= atomic_load_explicit(&era->look_us, memory_order_relaxed))
		weir__era_look_now(cache, now_us);
}

/* What a lookup begins with. */
static inline void weir__era_enter(const weir__era *era, weir__lookup *lookup)
{
	lookup->turn = atomic_load(&era->turn);
	lookup->tag = atomic_load(&era->tag);
}

/* Is what was read since of that tag? */
static inline bool weir__era_lasts(const weir__era *era, const weir__lookup *lookup)
{
	return lookup->turn % 2 == 0 && atomic_load(&era->turn) == lookup->turn;
}

#endif
