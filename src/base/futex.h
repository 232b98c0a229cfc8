/* A word that threads wait for to change: Linux's futex(2), elsewhere a mutex and a condition. Changing it costs no more than an
 * atomic operation, waking a system call; whoever changes it wakes those that may wait. */
#ifndef WEIR_BASE_FUTEX_H
#define WEIR_BASE_FUTEX_H

#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>

#if !defined(__linux__)
#include <pthread.h>
#endif

typedef struct weir__futex {
	_Atomic uint32_t word;
#if !defined(__linux__)
	pthread_mutex_t mutex;
	pthread_cond_t  changed;
#endif
} weir__futex;

void weir__futex_init(weir__futex *futex, uint32_t word);
void weir__futex_release(weir__futex *futex);

/* Waits while the word is `seen`, until then at most. It may also come back for nothing. */
void weir__futex_wait(weir__futex *futex, uint32_t seen, weir__deadline until);

/* After the word was changed: wakes so many that wait; where there is no futex, one or all. */
void weir__futex_wake(weir__futex *futex, int most);

#endif
