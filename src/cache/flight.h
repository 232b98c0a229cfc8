/* Single flight: of the threads of a process that miss one entry at the same time one leads, reads the database and fills; the others
 * follow: they wait until it has landed, and then look the entry up like anybody else, so that what they are given is as good as any
 * cached read that begins then. If there is nothing they go on by themselves.
 *
 * Who leads must not wait for somebody who may be waiting for him: only a caller that leads nothing follows, but for a
 * pointer's leader, who may follow the record's. A flight by which nothing was stored has been waited for in vain (what was
 * read is too large, or could not be read): for a while nobody follows another one for that entry. */
#ifndef WEIR_CACHE_FLIGHT_H
#define WEIR_CACHE_FLIGHT_H

#include "base/cancel.h"
#include "base/condition.h"

#include <pthread.h>

#define WEIR__FLIGHT_STRIPES  16
#define WEIR__FLIGHTS_IN_VAIN 64
#define WEIR__IN_VAIN_US      1000000 /* so long nobody follows */

typedef struct weir__flight weir__flight;

typedef struct weir__flights {
	struct {
		pthread_mutex_t mutex;
		weir__flight   *first;
	} stripes[WEIR__FLIGHT_STRIPES];
	/* entries for which somebody has waited in vain, by hash; two that share a place forget each other */
	struct {
		_Atomic uint64_t entry;
		_Atomic int64_t  until_us;
	} in_vain[WEIR__FLIGHTS_IN_VAIN];
} weir__flights;

int  weir__flights_init(weir__flights *flights, weir_error *err);
void weir__flights_release(weir__flights *flights);

typedef enum weir__flight_role { WEIR__FLIES_ALONE, WEIR__LEADS, WEIR__FOLLOWS } weir__flight_role;

/* Leads for the entry with this hash, or follows who does. *flight must be landed by who leads, and left or waited for by who
 * follows; NULL for who flies alone. */
weir__flight_role weir__flight_join(weir__flights *flights, uint64_t entry, weir__flight **flight);

/* The leader has stored something, or needs nothing any more; or those who waited have done so in vain. */
void weir__flight_land(weir__flight *flight, bool in_vain);

/* Waits until it has landed, until then at most, and leaves it. cancel may be NULL. */
void weir__flight_wait(weir__flight *flight, int64_t until_us, const weir__cancel *cancel);
void weir__flight_leave(weir__flight *flight);

#endif
