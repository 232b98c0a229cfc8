/* Pins: what a reader without a lock may look at is not reused while it looks.
 *
 * There is an epoch, and in each lane a count of readers for even and odd epochs. A reader counts itself in, in its lane, and is
 * pinned once the epoch is seen to be the same as before. What was unlinked in epoch e is free when the epoch is e + 2: going
 * from e + 1 to e + 2 needs that nobody is pinned in e, and who comes later no longer finds it. Nobody waits: if the
 * epoch cannot go on now it does so later. */
#ifndef WEIR_CACHE_NEAR_PINS_H
#define WEIR_CACHE_NEAR_PINS_H

#include "base/lane.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct weir__pin_lane {
	alignas(64) atomic_size_t readers[2];
	char apart[64 - 2 * sizeof(atomic_size_t)];
} weir__pin_lane;

typedef struct weir__pins {
	weir__pin_lane lanes[WEIR__LANES];
	alignas(64) _Atomic uint64_t epoch;
	char apart[64 - sizeof(uint64_t)];
} weir__pins;

typedef atomic_size_t *weir__pin;

static inline weir__pin weir__pin_take(weir__pins *pins, size_t lane)
{
	for (;;) {
		uint64_t  epoch = atomic_load(&pins->epoch);
		weir__pin pin = &pins->lanes[lane].readers[epoch & 1];

		atomic_fetch_add(pin, 1);
		if (atomic_load(&pins->epoch) == epoch)
			return pin;
		atomic_fetch_sub(pin, 1);
	}
}

static inline void weir__pin_drop(weir__pin pin)
{
	atomic_fetch_sub_explicit(pin, 1, memory_order_release);
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
static inline void weir__pins_advance(weir__pins *pins)
{
	uint64_t epoch = atomic_load(&pins->epoch);

	for (size_t i = 0; i < WEIR__LANES; i++)
		if (atomic_load(&pins->lanes[i].readers[(epoch + 1) & 1]) != 0)
			return;
	(void)atomic_compare_exchange_strong(&pins->epoch, &epoch, epoch + 1);
}

#endif
