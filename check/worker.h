/* worker.h: a process that reads and writes through a session of its own, with several threads, until the driver ends
 * it. */
#ifndef CHECK_WORKER_H
#define CHECK_WORKER_H

#include "history.h"

#include <weir/weir.h>

typedef struct check_worker {
	check_shared *shared;
	int           slot;
	int           incarnation; /* how manyeth process of the run, from 1 on */
	uint64_t      seed;
	const char   *postgres, *redis; /* by way of the proxy */
	const char   *mistake;          /* to be made on purpose (mutant.h), or NULL */
	int           ttl_s;
	weir_policy   policy;
	int           outside_ms; /* 0: nobody writes without weir */
	weir_switch   outbox;
	bool          rarely; /* some rows are written rarely */
	bool          verbose;
} check_worker;

/* Does it keep a near cache? */
bool worker_has_near_cache(const check_worker *worker);

/* Forks it. -1: it could not. */
pid_t worker_fork(const check_worker *worker);

#endif
