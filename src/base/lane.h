/* Lanes: a small number that differs between most threads that run at the same time, for counters that must not share a
 * cache line. Where the system tells cheaply on which CPU the caller runs it is that; else it comes from the thread. Nothing
 * may depend on it but speed: a thread changes lanes, and two may be in one. */
#ifndef WEIR_BASE_LANE_H
#define WEIR_BASE_LANE_H

#include <stddef.h>

#define WEIR__LANES 64

/* Below WEIR__LANES. */
size_t weir__lane(void);

#endif
