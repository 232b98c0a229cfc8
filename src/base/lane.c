/* The CPU by sched_getcpu(3), which glibc answers from memory (rseq), or a hash of the thread. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "base/lane.h"

#include <pthread.h>
#include <stdint.h>
#if defined(__linux__)
#include <sched.h>
#endif

size_t weir__lane(void)
{
#if defined(__linux__)
	int cpu = sched_getcpu();

	if (cpu >= 0)
		return (size_t)cpu % WEIR__LANES;
#endif
	return (size_t)((uint64_t)(uintptr_t)pthread_self() * 0x9e3779b97f4a7c15u >> 58) % WEIR__LANES;
}
