/* How many exchanges of combined reads (redis_gets.c) go on at a time.
 *
 * Where many callers wait for small answers of a server that is near it is one, since each exchange costs both sides more than its keys; where
 * it is some way off two, so that nobody waits for longer than half an exchange more. A few callers have one each: what they would
 * share is little, and each would wait for another. So have those who get large answers, since these cost more than the exchanges and
 * are made and read at the same time. What the case is is learnt from the answers and from how many wait when one has come.
 *
 * Threads note without a lock: what one overwrites of another's is one more or less of an average. */
#ifndef WEIR_CACHE_REDIS_PLACES_H
#define WEIR_CACHE_REDIS_PLACES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIR__PLACES_NEAR = 1, WEIR__PLACES_FAR = 2, WEIR__PLACES_MOST = 8 };

typedef struct weir__redis_places {
	_Atomic int64_t best_us; /* what an exchange takes when nothing holds it up */
	_Atomic int64_t bytes;   /* that one caller's answer has, on average; both in parts */
	_Atomic int64_t crowd;   /* that waits for a place, for all places together */
} weir__redis_places;

/* An exchange that went well. */
typedef struct weir__redis_answer {
	size_t  callers, keys, bytes;
	int64_t began_us;
	int64_t awaited_us; /* since when somebody waited for it; where that is not for long it may have lain there */
	int64_t ended_us;
} weir__redis_answer;

/* For few callers, until it is known. */
void weir__redis_places_init(weir__redis_places *places);

void weir__redis_places_note(weir__redis_places *places, const weir__redis_answer *answer);

/* How many there are to be, after one of `now` became free for which so many waited. */
int weir__redis_places_after(weir__redis_places *places, int now, size_t waited);

#endif
