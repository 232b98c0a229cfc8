/* Pins: what a reader without a lock may look at is not reused while it looks.
 *
 * There is an epoch. A thread with a seat (base/seat.h) writes the epoch that it sees into its own place, looks, and empties the place: plain
 * stores, since nobody else writes there. Whoever wants to go on to the next epoch makes a heavy fence (base/fence.h) and looks at
 * all places: a reader that it does not see there looks only after the fence. A thread without a seat counts itself in, in its
 * CPU's lane, which has a count of readers for even and odd epochs, and is pinned once the epoch is seen to be the same as before.
 *
 * What was unlinked in epoch e is free when the epoch is e + 2: going from e + 1 to e + 2 needs that nobody is pinned in e or
 * earlier, and who comes later no longer finds it. Nobody waits: if the epoch cannot go on now it does so later. */
#ifndef WEIR_CACHE_NEAR_PINS_H
#define WEIR_CACHE_NEAR_PINS_H

#include "base/fence.h"
#include "base/lane.h"
#include "base/seat.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct weir__pin_seat {
	alignas(64) _Atomic uint64_t epoch; /* 0: not pinned */
	char apart[64 - sizeof(uint64_t)];
} weir__pin_seat;

typedef struct weir__pin_lane {
	alignas(64) atomic_size_t readers[2];
	char apart[64 - 2 * sizeof(atomic_size_t)];
} weir__pin_lane;

typedef struct weir__pins {
	weir__pin_seat seats[WEIR__SEATS];
	weir__pin_lane lanes[WEIR__LANES];
	alignas(64) _Atomic uint64_t epoch;
	bool fenced; /* what weir__fence_prepare said */
	char apart[64 - sizeof(uint64_t) - sizeof(bool)];
} weir__pins;

/* One of them. */
typedef struct weir__pin {
	_Atomic uint64_t *seat;
	atomic_size_t    *lane;
} weir__pin;

void      weir__pins_init(weir__pins *pins);
weir__pin weir__pin_take_in_lane(weir__pins *pins);

/* seat: weir__seat(). A thread has one pin at a time. */
static inline weir__pin weir__pin_take(weir__pins *pins, size_t seat)
{
	weir__pin pin;

	if (seat == WEIR__SEATS)
		return weir__pin_take_in_lane(pins);
	pin = (weir__pin){ .seat = &pins->seats[seat].epoch };
	weir__fence_light_store(pins->fenced, pin.seat, atomic_load(&pins->epoch));
	return pin;
}

static inline void weir__pin_drop(weir__pin pin)
{
	if (pin.seat)
		atomic_store_explicit(pin.seat, 0, memory_order_release);
	else
		atomic_fetch_sub_explicit(pin.lane, 1, memory_order_release);
}

/* To be noted of what has just been unlinked. */
static inline uint64_t weir__pins_epoch(weir__pins *pins)
{
	return atomic_load(&pins->epoch);
}

/* Can nobody see any more what was unlinked in that epoch? */
static inline bool weir__pins_gone(weir__pins *pins, uint64_t epoch)
{
	return atomic_load(&pins->epoch) >= epoch + 2;
}

/* Goes on to the next epoch, if nobody is left in the one before this. */
void weir__pins_advance(weir__pins *pins);

#endif
