/* driver.h: a run: its servers, its workers, its faults, and what came of it. */
#ifndef CHECK_DRIVER_H
#define CHECK_DRIVER_H

#include "random.h"
#include "servers.h"
#include "verify.h"
#include "worker.h"

typedef struct check_options {
	double      seconds;
	uint64_t    seed;
	int         workers, threads;
	const char *faults;      /* names with commas; NULL: all that are on by default */
	const char *mistake;     /* NULL: none */
	double      pause_s;     /* between faults, on the average */
	int         pg_delay_ms; /* of worker 0's way to PostgreSQL */
	bool        outside;     /* somebody writes without weir */
	bool        fail;        /* the policy of writes; else degrade */
	bool        outbox;      /* with an outbox, and a relay in each process */
	bool        verbose;
} check_options;

typedef struct driver {
	const check_options *options;
	check_shared        *shared;
	servers              servers;
	verifier             verifier;
	check_random         random; /* of the faults alone */
	uint64_t             begin_ns, end_ns;
	pid_t                proxy;
	pid_t                outsider;
	pid_t                workers[WORKERS_MAX];
	bool                 stopped[WORKERS_MAX]; /* by SIGSTOP */
	int                  incarnations;
	bool                 uses_redis_faults; /* some fault of the run takes Redis away */
	int                  ttl_s;
	uint64_t             faults;
	uint64_t             points;  /* workers that died at one */
	uint64_t             outages; /* faults that took Redis away */
	bool                 failed;  /* the run itself, not what it checks */
} driver;

typedef struct check_result {
	uint64_t operations, faults, violations;
	double   seconds;
	bool     failed;
} check_result;

/* A whole run. */
check_result driver_run(const check_options *options);

/* For faults: a worker's process goes and another takes its place. */
void driver_replace_worker(driver *d, int slot);

#endif
