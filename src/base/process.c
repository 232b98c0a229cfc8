/* A counter that pthread_atfork raises in each child. It is the process's, set up once, and never written otherwise. */
#include "base/process.h"

#include <pthread.h>

atomic_uint weir__process_forks;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void in_child(void)
{
	atomic_fetch_add_explicit(&weir__process_forks, 1, memory_order_relaxed);
}

static void install(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

uint32_t weir__process_generation(void)
{
	pthread_once(&once, install);
	return weir__process_generation_again();
}
