/* Futexes, private to the process, with deadlines on the monotonic clock. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall */
#endif
#include "base/futex.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void weir__futex_init(weir__futex *futex, uint32_t word)
{
	atomic_init(&futex->word, word);
}

void weir__futex_release(weir__futex *futex)
{
	(void)futex;
}

void weir__futex_wait(weir__futex *futex, uint32_t seen, weir__deadline until)
{
	struct timespec time = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

	/* with a bit set the time is a point on the monotonic clock */
	(void)syscall(SYS_futex, &futex->word, FUTEX_WAIT_BITSET_PRIVATE, seen, until == WEIR__NO_DEADLINE ? NULL : &time,
	              NULL, FUTEX_BITSET_MATCH_ANY);
}

void weir__futex_wake(weir__futex *futex, int most)
{
	(void)syscall(SYS_futex, &futex->word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
}
#else
#include "base/condition.h"

void weir__futex_init(weir__futex *futex, uint32_t word)
{
	atomic_init(&futex->word, word);
	pthread_mutex_init(&futex->mutex, NULL);
	weir__cond_init(&futex->changed);
}

void weir__futex_release(weir__futex *futex)
{
	pthread_cond_destroy(&futex->changed);
	pthread_mutex_destroy(&futex->mutex);
}

void weir__futex_wait(weir__futex *futex, uint32_t seen, weir__deadline until)
{
	pthread_mutex_lock(&futex->mutex);
	if (atomic_load(&futex->word) == seen)
		weir__cond_wait(&futex->changed, &futex->mutex, until);
	pthread_mutex_unlock(&futex->mutex);
}

void weir__futex_wake(weir__futex *futex, int most)
{
	pthread_mutex_lock(&futex->mutex);
	if (most == 1)
		pthread_cond_signal(&futex->changed);
	else
		pthread_cond_broadcast(&futex->changed);
	pthread_mutex_unlock(&futex->mutex);
}
#endif
