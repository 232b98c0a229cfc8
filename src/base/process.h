/* Noticing fork without a system call: a number that differs in a forked child. */
#ifndef WEIR_BASE_PROCESS_H
#define WEIR_BASE_PROCESS_H

#include <stdint.h>

/* The number of forks between this process and the one that first asked. */
uint32_t weir__process_generation(void);

#endif
