/* Pins: the ways that are not taken often. */
#include "cache/near_pins.h"

void weir__pins_init(weir__pins *pins)
{
	pins->fenced = weir__fence_prepare();
	atomic_store(&pins->epoch, 2);
}

weir__pin weir__pin_take_in_lane(weir__pins *pins)
{
	size_t lane = weir__lane();

	for (;;) {
		uint64_t  epoch = atomic_load(&pins->epoch);
		weir__pin pin = { .lane = &pins->lanes[lane].readers[epoch & 1] };

		atomic_fetch_add(pin.lane, 1);
		if (atomic_load(&pins->epoch) == epoch)
			return pin;
		atomic_fetch_sub(pin.lane, 1);
	}
}

/* Is nobody pinned in an earlier epoch than this, as far as can be seen? */
static bool is_clear(weir__pins *pins, uint64_t epoch)
{
	for (size_t i = 0; i < WEIR__SEATS; i++) {
		uint64_t pinned = atomic_load(&pins->seats[i].epoch);

		if (pinned != 0 && pinned != epoch)
			return false;
	}
	for (size_t i = 0; i < WEIR__LANES; i++)
		if (atomic_load(&pins->lanes[i].readers[(epoch + 1) & 1]) != 0)
			return false;
	return true;
}

/* Looks once before the fence, which is dear, and would not move who stands there. */
void weir__pins_advance(weir__pins *pins)
{
	uint64_t epoch = atomic_load(&pins->epoch);

	if (is_clear(pins, epoch) && weir__fence_heavy(pins->fenced) && is_clear(pins, epoch))
		(void)atomic_compare_exchange_strong(&pins->epoch, &epoch, epoch + 1);
}
