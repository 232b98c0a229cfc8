/* redis.h: a cache server that is a dictionary. */
#ifndef SIM_REDIS_H
#define SIM_REDIS_H

#include <weir/sys/cache_backend.h>

#include <stdbool.h>
#include <stdint.h>

/* The backend of one process. */
weir_cache_backend *redis_backend(int process);

/* Empty, nothing under way. */
void redis_begin(void);

/* Commands that were sent and have not arrived, and the arrival of one. */
int  redis_under_way(void);
void redis_deliver(int which);

/* Faults. */
void redis_flush(void);
void redis_evict(void);
void redis_expire_leases(void);
void redis_expire_due(void); /* what the clock has ended */
void redis_save(void);
void redis_restart(void);

#endif
