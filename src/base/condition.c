/* macOS knows no clocks for condition variables, but waits for a time. */
#include "base/condition.h"

#include <time.h>

void weir__cond_init(pthread_cond_t *cond)
{
#ifdef __APPLE__
	pthread_cond_init(cond, NULL);
#else
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
#endif
}

void weir__cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, weir__deadline until)
{
#ifdef __APPLE__
	int64_t         left_us = until == WEIR__NO_DEADLINE ? INT32_MAX : until - weir__now_us();
	struct timespec time = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };

	if (left_us > 0)
		pthread_cond_timedwait_relative_np(cond, lock, &time);
#else
	struct timespec time = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

	if (until == WEIR__NO_DEADLINE)
		pthread_cond_wait(cond, lock);
	else
		pthread_cond_timedwait(cond, lock, &time);
#endif
}
