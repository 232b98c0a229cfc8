/* The inside of a pool (db.h).
 *
 * One mutex guards everything below `lock`; it is never held while something is sent, awaited, opened or closed. Idle
 * connections form a stack, so that few stay busy and the rest can expire. Callers that find nothing wait in one queue,
 * and only its head is served: with a connection that came back, or with the right to open one. There is no thread in the
 * background: age and idleness are looked at by those who borrow and give back.
 *
 * After a failed attempt to connect only one caller at a time tries again, with growing pauses. For OUTAGE_BRIDGED_US
 * callers wait for that, so that a restart of the server goes unnoticed; in a longer outage they get the last error at
 * once, unless it is their turn to try. */
#ifndef WEIR_DB_POOL_H
#define WEIR_DB_POOL_H

#include "db/db.h"

#include <pthread.h>

enum weir__answer { WEIR__WAITING, WEIR__GOT_CONN, WEIR__MAY_CONNECT, WEIR__REFUSED };

/* A caller in the queue; lives on its stack. */
typedef struct weir__waiter {
	enum weir__answer    answer;
	weir__conn          *conn;
	pthread_cond_t       woken;
	struct weir__waiter *before, *behind;
} weir__waiter;

/* What is known of an outage. */
typedef struct weir__outage {
	int        failures; /* in a row; 0: none */
	int64_t    since_us;
	int64_t    retry_us; /* not before */
	bool       lasting;  /* waiting will not help */
	weir_error error;
} weir__outage;

struct weir__db {
	uint32_t            process; /* weir__process_generation() of the owner */
	char               *conninfo;
	char               *startup_options; /* libpq's `options`, or NULL */
	char               *application_name;
	int                 connect_timeout_ms;
	size_t              max_statements;
	weir_pool_options   pool;
	const weir__logger *logger;
	weir__sql           begin[4][2]; /* by isolation and read only */
	weir__sql           xid;

	pthread_mutex_t lock;
	pthread_cond_t  drained;
	weir__conn     *top, *bottom; /* idle connections: last used, longest unused */
	weir__conn     *all;
	weir__waiter   *head, *tail;
	int             idle, in_use, connecting, waiting;
	bool            closing;
	bool            orphaned;   /* closed while connections were borrowed: the last one back frees it */
	int64_t         suspect_us; /* connections given back before are checked before use */
	int64_t         stale_us;   /* connections opened before are not used again */
	weir__outage    outage;
	weir_session_stats totals; /* what the connections that are gone have counted, and the pool's own counters */
};

/* Remembers that the server ended a connection: the idle ones are looked at before they are used. */
void weir__pool_suspect(weir__db *db);

/* For a server that has become read only: no connection is used again that is older than now. Does nothing if conn, which
 * found that out, is so young that new ones are no better. */
void weir__pool_renew(weir__db *db, const weir__conn *conn);

/* Counts its counters into the totals and takes it off the list of all; the lock is held. */
void weir__pool_remove(weir__db *db, weir__conn *conn);

/* Puts a new connection on the list of all; the lock is held. */
void weir__pool_insert(weir__db *db, weir__conn *conn);

/* Frees a closed pool without connections. */
void weir__db_free(weir__db *db);

/* Waits on a condition until the deadline at most. */
void weir__cond_init(pthread_cond_t *cond);
void weir__cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, weir__deadline until);

#endif
