/* Condition variables on the monotonic clock. */
#ifndef WEIR_BASE_CONDITION_H
#define WEIR_BASE_CONDITION_H

#include "base/clock.h"

#include <pthread.h>

void weir__cond_init(pthread_cond_t *cond);

/* Waits, until then at most. */
void weir__cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, weir__deadline until);

#endif
