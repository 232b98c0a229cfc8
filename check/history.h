/* history.h: what the workers leave behind for the driver, in memory that all processes share, so that the record of
 * a killed worker survives it. Each thread appends to a log of its own. One host has one monotonic clock, so times of
 * all processes compare. A write is entered before it is begun (its outcome is pending) and completed when it is
 * known. */
#ifndef CHECK_HISTORY_H
#define CHECK_HISTORY_H

#include "proxy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WORKERS_MAX = 8, THREADS_MAX = 8, LOG_RECORDS = 1 << 18 };

typedef enum check_kind {
	READ_BY_ID,   /* key; version 0: not found */
	READ_BY_NAME, /* name asked for, key -1: not found */
	READ_IN_TX,   /* key; name is 1 if the version that was found is the one that this transaction had written */
	LIST_GROUP,   /* group; version is the number of LIST_ROW records that follow */
	LIST_RANGE,   /* key to key + RANGE - 1; as above */
	LIST_ROW,
	COUNT_GROUP, /* group; version is the count */
	EXISTS_NAME, /* name; version is 0 or 1 */
	WRITE,       /* key, tag; version is the one that the database gave */
	CREATE,      /* the same of a row that was not there */
	DELETE       /* key; version is one that the row had before */
} check_kind;

/* So far may a near cache be behind other processes, and any cache behind writes that weir did not make. */
enum { RANGE = 4, NEAR_MS = 1000, OUTSIDE_MS = 1000 };

/* Of four workers one has a near cache, and two can be made to die at a point (points.h). */
static inline bool has_near_cache(int slot)
{
	return slot % 4 == 2;
}

static inline bool has_points(int slot)
{
	return slot % 2 == 1;
}

/* And two of four have writes of their threads share transactions: one that can be made to die, and the one with the near cache. */
static inline bool gathers_writes(int slot)
{
	return slot % 4 >= 2;
}

typedef enum check_outcome { PENDING, DONE, UNDONE, UNKNOWN } check_outcome;

typedef struct check_record {
	uint64_t begin_ns;
	uint64_t end_ns;
	int64_t  version;
	int64_t  tag;
	int32_t  key;
	int32_t  group;
	int32_t  name;
	uint16_t incarnation; /* which process */
	unsigned kind : 6;
	unsigned outcome : 2;    /* of writes */
	unsigned unguarded : 1;  /* a write whose guards could not be placed */
	unsigned foreign : 1;    /* a row that is not of the key it was asked for */
	unsigned from_cache : 1; /* by a cached function */
	unsigned outside : 1;    /* a write without weir */
	unsigned near : 1;       /* and of a process with a near cache */
} check_record;

typedef struct check_log {
	atomic_uint  count;
	atomic_bool  parked;
	check_record records[LOG_RECORDS];
} check_log;

typedef enum check_phase { RUNNING, PARKING, ENDING } check_phase;

typedef struct check_worker_state {
	atomic_bool       ready;  /* its session is open */
	_Atomic uint64_t  hits;   /* of its cache, by its own count */
	_Atomic uint64_t  errors; /* calls that failed */
	_Atomic uint64_t  near_hits;
	atomic_int        dies_at; /* enum point */
	struct check_log  logs[THREADS_MAX];
	struct proxy_link redis_link;
	struct proxy_link postgres_link;
} check_worker_state;

/* Mapped by the driver before it forks. */
typedef struct check_shared {
	atomic_int         phase;
	atomic_bool        long_transactions;
	_Atomic int64_t    next_tag;
	pid_t              driver;
	int                workers;
	int                threads; /* of each */
	check_worker_state worker[WORKERS_MAX];
	_Atomic uint64_t   rarely_ns[64]; /* when a row that is written rarely was, by key (registry.h) */
	check_log          outside;       /* of the process that writes without weir (outside.h) */
} check_shared;

uint64_t clock_ns(void);
void     pause_ms(int ms);

#endif
