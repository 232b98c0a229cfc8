/* Two fences of different weight, for two sides of which one comes a thousand times as often: what that one writes is followed by a light
 * one, which only the compiler sees, and the other one makes a heavy one, in which all running threads of the process execute a full
 * fence (membarrier(2)): it then sees what was written, or the writer's later reads come after the heavy fence. Where the system
 * has none, the write is an exchange and the heavy fence is nothing, which comes to the same for atomics in sequential order. */
#ifndef WEIR_BASE_FENCE_H
#define WEIR_BASE_FENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Can this process make heavy fences? Asks the system. */
bool weir__fence_prepare(void);

/* Writes to a place of the caller's alone, and the light fence. prepared: what weir__fence_prepare said. */
static inline void weir__fence_light_store(bool prepared, _Atomic uint64_t *place, uint64_t value)
{
	if (prepared) {
		atomic_store_explicit(place, value, memory_order_release);
		atomic_signal_fence(memory_order_seq_cst);
	} else {
		(void)atomic_exchange(place, value);
	}
}

/* False: the system no longer makes one (something has been forbidden since), and nothing may be concluded. */
bool weir__fence_heavy(bool prepared);

#endif
