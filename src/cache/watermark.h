/* The watermark: keys that whoever replays the writes of others keeps alive, and that expire by themselves when nobody has done so
 * for a while. A reader that finds one knows how old the cache can be at most; without one the cache is not read.
 *
 * No clocks are compared. Before the relay looks for writes it takes a lease of three tenths of the bound; when it has replayed all that
 * it saw it fills, for five tenths: so a value that is there says that what was committed eight tenths ago has been replayed, even if
 * the fill was under way for long. There are two keys, taken in turns, so that one stands while the other one is leased. Reading
 * them costs a hit nothing: they are asked for at most each tenth of the bound, and the answer holds for two tenths. The bound is in the
 * keys' names: a relay that promises another one is none. */
#ifndef WEIR_CACHE_WATERMARK_H
#define WEIR_CACHE_WATERMARK_H

#include "cache/cache.h"

#include <stdatomic.h>

#define WEIR__WATERMARK_LEAST_MS 100

typedef struct weir__watermark {
	int             bound_ms; /* 0: whether there is a relay is no matter */
	atomic_bool     asking;
	_Atomic int64_t ask_us;  /* not before */
	_Atomic int64_t good_us; /* until then the cache may be read */
} weir__watermark;

/* The cache is to be read only where it is known to be no older. Before the first read. */
void weir__watermark_require(weir_cache_manager *cache, int bound_ms);

/* A relay's; the members are kept for it from one time to the next. */
typedef struct weir__watermark_lease {
	unsigned turn; /* which of the keys */
	uint64_t token;
} weir__watermark_lease;

/* Before looking for writes of others: what is committed by now. WEIR_ERR_CACHE: not possible, or another relay is at it. */
int weir__watermark_begin(weir_cache_manager *cache, int bound_ms, weir__watermark_lease *lease);

/* All of these have been replayed. False: too late, or the cache failed. */
bool weir__watermark_raise(weir_cache_manager *cache, int bound_ms, const weir__watermark_lease *lease);

/* Where there is to be a relay: may the cache be read at now_us? weir__watermark_holds (manager.h) asks in general. */
bool weir__watermark_is_good(weir_cache_manager *cache, int64_t now_us);

#endif
