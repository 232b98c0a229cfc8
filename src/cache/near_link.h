/* Links: what connects a near cache to a backend. A link hears which keys change and up to when that is known to be all; sessions
 * that share a near cache and a server share the link.
 *
 * What this process writes is counted when the write ends, before anybody is told that it has: until then what is near was right when the
 * write began, and others are not told less. Should it take long it is counted with each proof too, so that the bound holds for its
 * readers as it does for those of other processes, whoever may have seen the write's COMMIT before it ended.
 *
 * A row that a write returns is what it leaves there, and may be kept near in the place of what was there before (a renewal), if nobody has
 * changed it since. Of others that is told by the counters. Of writes of this process each counts once, when it ends. Those
 * that were under way when the statement had returned, which holds the row's lock, came before it; how many of these have ended is
 * known, and any more than that came after it. */
#ifndef WEIR_CACHE_NEAR_LINK_H
#define WEIR_CACHE_NEAR_LINK_H

#include "base/clock.h"
#include "cache/near.h"

#include <pthread.h>
#include <stdalign.h>

/* A byte that no key has, 16 hexadecimal digits, a line feed. */
#define WEIR__NEAR_ORIGIN 18

typedef struct weir__near_link  weir__near_link;
typedef struct weir__near_write weir__near_write;

/* A write under way. */
struct weir__near_write {
	weir__near_write *next, **at; /* at: what points here; NULL where no link knows of it */
	const uint32_t   *stripes;    /* of what it touches */
	size_t            count;
	uint64_t          number; /* how many had begun */
	weir__near_link  *link;
};

/* What is to be near again after a write. */
typedef struct weir__near_renewal {
	uint64_t number; /* so many writes had begun */
	uint64_t before; /* so much those will count that were under way */
} weir__near_renewal;

struct weir__near_link {
	weir__near   *near_cache;
	weir__hash128 key;                       /* of the hashes: no two servers' keys meet */
	char          origin[WEIR__NEAR_ORIGIN]; /* what it says itself begins with this; it has counted that already */
	weir__hash128 pair_key;                  /* of names that are numbers */
	weir__hash128 query_key;                 /* of names that are queries */
	int64_t       bound_us;
	int64_t       lag_us;                  /* the coarse clock may be behind by so much */
	alignas(64) _Atomic int64_t proved_us; /* changes before this have been counted */
	char              apart[64];
	void             *memory; /* as allocated */
	char             *place;  /* NULL: not shared */
	pthread_mutex_t   writes_mutex;
	weir__near_write *writes; /* under way */
	uint64_t          begun;  /* writes, ever */
	size_t            users;
	void             *handle;
	void (*unwatch)(void *handle);
	weir__near_link *next;
};

/* Links a backend, which needs watch. WEIR_ERR_NO_MEMORY, or WEIR_ERR_CACHE where the backend cannot. */
int weir__near_link_open(weir__near *near_cache, weir_cache_backend *backend, weir_bytes channel,
                         weir__near_link **link, weir_error *err);
/* NULL does nothing. Ends the watch with the last user. */
void weir__near_link_close(weir__near_link *link);

/* The hash of a key, which begins at its first brace (the head before it is not looked at). */
static inline weir__hash128 weir__near_hash(const weir__near_link *link, const char *braced, size_t length)
{
	return weir__hash128_of(braced, length, link->key);
}

/* Counts a key of the backend as changed. */
void weir__near_link_touch(const weir__near_link *link, weir_bytes key);

/* The stripe of a key of the backend. False: it is none of ours. */
bool weir__near_link_stripe(const weir__near_link *link, weir_bytes key, uint32_t *stripe);

/* From before a write's guards are told of until it ends, after which the stripes may go. */
void weir__near_write_begin(weir__near_link *link, weir__near_write *write);
/* Its guards stand. Where nobody else can make changes nothing will be proved: its stripes are counted now. */
void weir__near_write_guarded(const weir__near_write *write);
/* Counts its stripes. One that has not begun, or has ended, is left alone. */
void weir__near_write_end(weir__near_write *write);

/* Takes a ticket, whose stripes are known, after a write's statement and before its guards; renews it after that write has ended, if all
 * that has been counted is what came before the statement. False: something else has been. */
void weir__near_renewal_begin(weir__near_link *link, weir__near_ticket *ticket, int64_t now_us,
                              weir__near_renewal *renewal);
bool weir__near_renewal_end(weir__near_link *link, const weir__near_write *ended, const weir__near_renewal *renewal,
                            weir__near_ticket *ticket);

#define WEIR__NEAR_COARSE_FROM 4 /* the clock's lag this many times over is well within the bound */

/* May the near cache answer now, if the answer may be at most bound_ms old (0: as usual)? *now_us is the time, which may be the coarse one. */
static inline bool weir__near_link_serves(const weir__near_link *link, int bound_ms, int64_t *now_us)
{
	int64_t proved_us = atomic_load_explicit(&link->proved_us, memory_order_acquire);
	int64_t bound_us =
		bound_ms > 0 && (int64_t)bound_ms * 1000 < link->bound_us ? (int64_t)bound_ms * 1000 : link->bound_us;
	int64_t slack_us = link->lag_us;

	if (bound_us > slack_us * WEIR__NEAR_COARSE_FROM) {
		*now_us = weir__coarse_now_us();
	} else {
		*now_us = weir__now_us();
		slack_us = 0;
	}
	return *now_us - proved_us < bound_us - slack_us;
}

#endif
