/* base.h: the simulator's own memory, time and random numbers, which take the place of src/base's when the program is
 * linked. Memory is one block that is put back as it was at the beginning of each schedule, so that whatever an actor
 * was doing when it was killed leaves nothing behind. */
#ifndef SIM_BASE_H
#define SIM_BASE_H

#include <stdint.h>

/* Everything allocated so far is what each schedule begins with. */
void base_memory_keep(void);
void base_memory_restore(void);

extern int64_t base_now_us;

/* Random numbers of the library (tokens, nonces, stamps) for this schedule. */
void base_seed(uint64_t seed);

/* Called where the library sleeps, in the actor. */
void base_sleep(int64_t us);

#endif
