/* Noticing fork without a system call: a number that differs in a forked child. */
#ifndef WEIR_BASE_PROCESS_H
#define WEIR_BASE_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>

/* The number of forks between this process and the one that first asked. */
uint32_t weir__process_generation(void);

extern atomic_uint weir__process_forks;

/* The same for who has asked before. */
static inline uint32_t weir__process_generation_again(void)
{
	return atomic_load_explicit(&weir__process_forks, memory_order_relaxed);
}

#endif
