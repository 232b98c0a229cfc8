/* The inside of a pool (db.h).
 *
 * One mutex guards everything below `lock`; it is never held while something is sent, awaited, opened or closed. Idle
 * connections form a stack, so that few stay busy and the rest can expire. Callers that find nothing wait in one queue,
 * and only its head is served: with a connection that came back, or with the right to open one. There is no thread in the
 * background: age and idleness are looked at by those who borrow and give back.
 *
 * After a failed attempt to connect only one caller at a time tries again, with growing pauses. For two seconds callers
 * wait for that, so that a restart of the server goes unnoticed; in a longer outage, and after a refusal that would only
 * be repeated, they get the last error at once, unless it is their turn to try. */
#ifndef WEIR_DB_POOL_H
#define WEIR_DB_POOL_H

#include "base/condition.h"
#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

#define WEIR__TX_MODES 3 /* read and write, read only, read only and deferrable */

enum weir__answer { WEIR__WAITING, WEIR__GOT_CONN, WEIR__MAY_CONNECT, WEIR__REFUSED, WEIR__CANCELLED };

/* A caller in the queue; lives on its stack. */
typedef struct weir__waiter {
	enum weir__answer    answer;
	weir__conn          *conn;
	pthread_cond_t       woken;
	const weir__cancel  *cancel; /* or NULL */
	struct weir__waiter *before, *behind;
} weir__waiter;

/* What is known of an outage. */
typedef struct weir__outage {
	int        failures; /* in a row; 0: there is none */
	int64_t    since_us;
	int64_t    retry_us; /* not before */
	bool       lasting;  /* waiting will not help */
	weir_error error;
} weir__outage;

struct weir__db {
	uint32_t             process; /* weir__process_generation() of the owner */
	char                *conninfo;
	char                *startup_options; /* libpq's `options`, or NULL */
	bool                 tells;           /* that its writes are the library's (weir__db_options.writes) */
	char                *application_name;
	struct weir__hosts  *hosts;
	int                  connect_timeout_ms;
	size_t               max_statements;
	weir_statement_mode  statements;
	atomic_bool          pooled;    /* AUTO: a pooler has been noticed */
	atomic_bool          anonymous; /* the server does not say which one it is */
	atomic_bool          unwatched; /* the server's system cannot tell it that a caller has gone */
	atomic_uint_fast64_t plans;     /* how often a table was found changed */
	weir_pool_options    pool;
	const weir__logger  *logger;
	weir_trace           trace;
	int64_t              slow_us;                  /* 0: nothing is slow */
	bool                 observed;                 /* one of these two is set */
	weir__sql            begin[4][WEIR__TX_MODES]; /* by isolation and mode */
	weir__sql            xid;
	weir__sql            patience; /* what a batch begins with (batch.h) */
	weir__sql            path;     /* sets search path and whose writes these are, for one transaction */

	pthread_mutex_t    lock;
	pthread_cond_t     drained;
	weir__conn        *top, *bottom; /* idle connections: last used, longest unused */
	weir__conn        *all;          /* idle and borrowed */
	weir__waiter      *head, *tail;
	int                idle, in_use, connecting, waiting;
	int                inside; /* threads in weir__db_acquire */
	bool               closing;
	bool               orphaned;   /* closed while connections were borrowed: whoever is last frees it */
	int64_t            suspect_us; /* connections given back before are looked at before use */
	int64_t            stale_us;   /* connections opened before are not used again */
	weir__server       server;     /* that answered last; timeline 0: none has said */
	bool               ended;      /* a connection was, and none has been opened since */
	weir__outage       outage;
	weir_session_stats totals; /* of connections that are gone, and the pool's own */
};

/* ---- pool.c ---------------------------------------------------------------------------------------------------- */

/* Takes over a connection that was opened outside, idle. */
void weir__pool_add(weir__db *db, weir__conn *conn);

/* A connection was ended by the server: the idle ones are looked at before they are used. */
void weir__pool_suspect(weir__db *db);

/* For a server that has become read only: no connection is used again that is older than now. Does nothing if conn, which
 * found that out, is so young that new ones are no better. */
void weir__pool_renew(weir__db *db, const weir__conn *conn);

/* weir__db_close in the owning process. */
void weir__pool_close(weir__db *db, weir__deadline deadline);

/* ---- queue.c: the lock is held --------------------------------------------------------------------------------- */

/* What is there for the caller whose turn it is: a connection, the right to open one, a refusal, or nothing yet. */
enum weir__answer weir__queue_take(weir__db *db, int64_t now_us, weir__conn **conn);

/* Gives what is there to those who wait. */
void weir__queue_serve(weir__db *db, int64_t now_us);

/* Waits for an answer; WEIR__WAITING if there was none by the deadline. in_front: the caller has had its turn already. */
typedef struct weir__turn {
	weir__deadline      deadline;
	const weir__cancel *cancel;
	bool                in_front;
} weir__turn;
enum weir__answer weir__queue_wait(weir__db *db, const weir__turn *turn, weir__conn **conn);

void weir__idle_push(weir__db *db, weir__conn *conn);
void weir__idle_remove(weir__db *db, weir__conn *conn);
int  weir__pool_total(const weir__db *db);

/* ---- outage.c: the lock is held -------------------------------------------------------------------------------- */

/* An attempt to connect that began at started_us failed. */
void weir__outage_note(weir__db *db, int64_t started_us, const weir_error *error);

/* May another attempt be made? */
bool weir__outage_allows(const weir__db *db, int64_t now_us);

/* Nothing to wait for: the server is away, and no connection is left that could come back. */
bool weir__outage_is_hopeless(const weir__db *db);

/* ---- db.c ------------------------------------------------------------------------------------------------------ */

/* Frees a closed pool without connections. */
void weir__db_free(weir__db *db);

#endif
