/* What looking up and leasing share: the keys of a lookup, and what an entry that was found is worth. */
#ifndef WEIR_CACHE_LOOKUP_H
#define WEIR_CACHE_LOOKUP_H

#include "cache/manager.h"

/* Lists and counts depend on the stamps named and on bulk; a row's absence on any and all. */
static inline bool weir__lookup_is_list(const weir__lookup *lookup)
{
	return lookup->kind == WEIR__ENTRY_LIST || lookup->kind == WEIR__ENTRY_COUNT;
}

static inline size_t weir__lookup_stamps(const weir__lookup *lookup)
{
	return weir__lookup_is_list(lookup) ? lookup->stamp_count + 1 : 0;
}

/* Stamp i of a list or count, bulk last. */
static inline weir_bytes weir__lookup_stamp(const weir__cache_space *space, const weir__lookup *lookup, size_t i)
{
	return i < lookup->stamp_count ? lookup->stamps[i] : space->bulk;
}

/* Is stamp i the same as that of the lookup before (NULL: none)? Then it is sent once: lists of one relation share all but their
 * owner's. */
static inline bool weir__lookup_shares(const weir__cache_space *space, const weir__lookup *before,
                                       const weir__lookup *lookup, size_t i)
{
	return before && i < weir__lookup_stamps(before) &&
	       weir__bytes_equal(weir__lookup_stamp(space, before, i), weir__lookup_stamp(space, lookup, i));
}

/* So much do the keys of a lookup need in a key batch, stamps included. */
size_t weir__lookup_size(const weir__cache_space *space, const weir__lookup *lookup);

typedef enum weir__stamps_state {
	WEIR__STAMPS_CLEAN,   /* each is there */
	WEIR__STAMPS_MISSING, /* some are not there yet; their value is 0 */
	WEIR__STAMPS_BUSY     /* some are guarded, or nothing that a stamp could be; their value is 0 */
} weir__stamps_state;

/* Reads count stamps that were found into values. Releases nothing. */
weir__stamps_state weir__stamps_read(const weir_cached *found, size_t count, uint64_t *values);

/* Sets the lookup's state by what its key holds; takes over found. Lists are judged by their stamp_values, which must be
 * there. Absent records are taken as such: their stamp_values become those that the entry carries, for the caller to check. */
void weir__lookup_judge(weir__cache_space *space, weir__lookup *lookup, weir_cached *found);

/* Is a row that was found absent still so, by any and all as they are now? */
bool weir__absence_holds(const weir__lookup *lookup, const uint64_t now[2]);

/* When a lookup, or a lease, that begins now must be over. */
int64_t weir__lookup_deadline(const weir__cache_space *space, const weir__lookup *lookup, int64_t now_us);

/* Of the lookups that are marked missed and are in state MISS: leads where nobody else reads the same. Where others do for all of them:
 * waits, looks again and answers true; what was found is counted, and no longer marked missed. */
bool weir__lookup_follow(weir__cache_space *space, weir__lookup *lookups, size_t count);

/* What this process has released has been filled, or is known to be there: it is asked for again. */
static inline void weir__lookup_settle(weir__cache_space *space, const weir__lookup *lookup)
{
	if (lookup->unasked)
		weir__recent_forget(&space->cache->recent, weir__cache_recent_hash(space->cache, lookup->key));
}

/* Ends what it leads, if it does. */
void weir__lookup_land(weir__lookup *lookup, bool in_vain);

/* Looks all lookups up that are marked waiting and clears the mark; one more round trip where absence must be checked. States: HIT,
 * ABSENT, MISS, BYPASS; a foreign lease is MISS and keeps the mark. False: the cache failed, states are as they were. */
bool weir__lookup_look(weir__cache_space *space, weir__lookup *lookups, size_t count);

#endif
