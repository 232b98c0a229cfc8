/* Seats: a small number that no other thread of the process has at the time, for what only its owner writes and which therefore needs
 * no atomic operation. A thread takes one when it first asks, and leaves it when it ends. Who finds all taken has none
 * (WEIR__SEATS) and goes another way, until there is one again.
 *
 * What the last one in a seat wrote is seen by the next one. */
#ifndef WEIR_BASE_SEAT_H
#define WEIR_BASE_SEAT_H

#include <stddef.h>
#include <stdint.h>

#define WEIR__SEATS 64

/* Four bytes of what the dynamic linker keeps for libraries that are loaded later: read without a call. */
#if defined(__GLIBC__) && (defined(__GNUC__) || defined(__clang__))
#define WEIR__SEAT_MODEL __attribute__((tls_model("initial-exec")))
#else
#define WEIR__SEAT_MODEL
#endif

/* This thread's seat, counted from 1 on; 0: none yet. */
extern _Thread_local uint32_t weir__seat_own WEIR__SEAT_MODEL;

size_t weir__seat_take(void);

static inline size_t weir__seat(void)
{
	return weir__seat_own ? weir__seat_own - 1 : weir__seat_take();
}

#endif
