/* The session as the hall sees it. An engine is what weir_open makes and weir_close ends: pool, cache, models. A session
 * is the engine itself or a transaction on it, which holds a connection and the touches of its writes. */
#ifndef WEIR_DAO_SESSION_H
#define WEIR_DAO_SESSION_H

#include <weir/scope.h>
#include <weir/session.h>
#include <weir/transaction.h>

#include "base/cancel.h"
#include "dao/doubt.h"
#include "dao/entity.h"
#include "dao/hints.h"
#include "dao/hooks.h"
#include "dao/savepoint.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct weir__relations   weir__relations; /* relation.h */
typedef struct weir__result      weir__result;    /* result.h */
typedef struct weir__relay       weir__relay;     /* relay.h */
typedef struct weir__group       weir__group;     /* group.h */
typedef struct weir__transaction weir__transaction;

typedef struct weir__relay_counters {
	atomic_uint_fast64_t passes, failures, rows;
	_Atomic int64_t      told_us; /* what was committed by then has been applied; 0: nothing is known */
} weir__relay_counters;

struct weir__engine {
	weir__logger            logger;
	weir_trace              trace;
	weir__db               *db;
	weir_cache_manager     *cache;
	weir__registry          registry;
	weir__relations        *relations;
	weir__group            *group; /* NULL: no model gathers writes */
	weir__hints             hints;
	_Atomic(weir__result *) results;
	uint32_t                process; /* weir__process_generation() when opened */
	int                     timeout_ms;
	int64_t                 max_limit;
	bool                    shares_cache; /* with other processes */
	bool                    outbox;       /* options.outbox or outside_ms */
	bool                    relays;       /* in a thread of its own */
	int                     outside_ms;   /* options.outside_ms */
	weir__relay            *relay;        /* NULL: not started */
	weir_schema_check       schema_check;
	atomic_bool             schema_checked;
	pthread_mutex_t         schema_lock; /* held while the first user of a lazy session checks the schema */
	atomic_uint             references;  /* the session, and transactions that have not ended */
	atomic_bool             closed;      /* by weir_close: what is still there can only be rolled back */
	weir__doubts            doubts;
	weir__relay_counters    relay_counters;
};

/* For a transaction; the last one to let go of an engine that was closed frees it. */
void weir__engine_retain(weir__engine *engine);
void weir__engine_release(weir__engine *engine);

/* What weir_open, weir_begin and the functions of scope.h give. Small, and copied where one is derived from another. */
struct weir_session {
	weir__engine         *engine;
	weir__transaction    *transaction; /* NULL: not one */
	weir__deadline        until;       /* no call goes on for longer; 0: each call for its own time */
	int                   timeout_ms;  /* of each call; 0: the transaction's, or the engine's */
	bool                  derived;     /* in memory of the caller's: it ends nothing */
	weir__cancel         *cancel;      /* or NULL */
	const weir_principal *principal;   /* or NULL */
	const char           *wrong;       /* what was wrong when it was derived, or NULL; static */
	int                   fresh_ms;    /* of cached reads, as in weir_base_dao */
};

/* A transaction. A nested one is a savepoint: a session of its own that shares conn, touches and hooks with its parent. */
struct weir__transaction {
	weir__transaction *parent; /* NULL: the outermost */
	weir__transaction *outermost;
	weir_session       origin; /* of the outermost: the session it was begun on */
	weir__conn        *conn;
	weir__touches     *touches;
	weir__hooks       *hooks;
	weir__tx_mark      mark; /* of before this savepoint */
	weir__savepoints   named;
	int                number;      /* of its savepoint on the server */
	int                last_number; /* of the outermost: given to a savepoint */
	int                level;       /* 0: the outermost */
	int                timeout_ms;
	weir_session      *child; /* a savepoint on it that is open: only that may be used; or NULL */
	bool orphaned;            /* a savepoint, whose transaction was rolled back around it: all else but named is gone */
};

/* May this session be used by this process and caller? WEIR_ERR_USAGE for NULL or a transaction with an open savepoint,
 * WEIR_ERR_FORKED. _check, for all that does not end it: WEIR_ERR_CANCELLED, WEIR_ERR_CLOSED and WEIR_ERR_TIMEOUT too. */
int weir__session_check_end(const weir_session *session, weir_error *err);
int weir__session_check(const weir_session *session, weir_error *err);

/* The deadline of a call with this timeout of its own (0: the session's), within what the session has left. */
weir__deadline weir__session_deadline(const weir_session *session, int timeout_ms);

/* When a session has to end that may go on for this long, and no longer than it may now. */
weir__deadline weir__session_until(const weir_session *session, int total_ms);

/* Where a transaction stands, and forgetting what it has touched and registered since. */
weir__tx_mark weir__transaction_mark(const weir__transaction *transaction);
void          weir__transaction_undo(weir__transaction *transaction, const weir__tx_mark *mark);

/* The connection to work on: the transaction's, or one of the pool, on which the schema has been checked. */
int  weir__session_acquire(weir_session *session, weir__deadline deadline, weir__conn **conn, weir_error *err);
void weir__session_give_back(weir_session *session, weir__conn **conn);

/* A model's read that lost its connection is made once more, on another one, unless it is part of a transaction. */
bool weir__session_may_read_again(const weir_session *session, int rc, weir__deadline deadline);

/* Runs several reads on one connection, as weir__conn_run_all. */
int weir__session_read_all(weir_session *session, weir__request *requests, size_t count, weir__deadline deadline,
                           weir_error *err);

/* COMMIT of a transaction with the guards around it (commit.c); touches are empty afterwards. As weir__conn_commit; and, where the policy
 * of what was touched is to fail, WEIR_ERR_CACHE (rolled back) or WEIR_ERR_UNCONFIRMED (committed). The connection is given back before
 * the release: *conn is NULL then, or still the caller's. */
int weir__commit(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline deadline,
                 weir_error *err);

/* The same in two steps: the guards, or what the policy says without them (after an error it is rolled back), and the rest of it by
 * the deadline that they leave. */
int weir__commit_guard(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline *deadline,
                       weir_error *err);
int weir__commit_guarded(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline deadline,
                         weir_error *err);

/* Has a write that ended with this status taken effect, so that its results are there? */
static inline bool weir__is_done(int rc)
{
	return rc >= 0 || rc == WEIR_ERR_UNCONFIRMED;
}

#endif
