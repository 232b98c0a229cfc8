/* The inside of a connection (db.h), shared by the files that open one, run statements on it and pool it.
 *
 * A connection belongs to one thread at a time, the one that borrowed it. Whatever puts its state in doubt sets `broken`,
 * shuts the socket down and is final: nothing is sent or read any more, and giving it back destroys it. BEGIN is not
 * sent by itself but in front of the transaction's first statement, in the same send. */
#ifndef WEIR_DB_CONN_H
#define WEIR_DB_CONN_H

#include "db/pool.h"
#include "db/statement.h"

#include <libpq-fe.h>
#include <stdatomic.h>

/* Written by the borrower alone, read by weir__db_stats at any time. */
typedef struct weir__conn_counters {
	atomic_uint_fast64_t queries;
	atomic_uint_fast64_t round_trips;
	atomic_uint_fast64_t transactions;
	atomic_uint_fast64_t prepared;
} weir__conn_counters;

/* The transaction on a connection. */
typedef struct weir__tx {
	const weir__sql *begin; /* BEGIN in its kind, while it still has to be sent */
	bool             read_only;
	bool             brief;    /* BEGIN need not be sent (brief.c) */
	bool             implied;  /* it was not: the transaction is open, in pipeline mode */
	bool             changed;  /* rows, as far as statements say */
	bool             scripted; /* a script ran in it: whether that wrote is not known */
	uint64_t         xid;      /* its id once something was written, else 0 */
} weir__tx;

struct weir__conn {
	PGconn             *pg;
	weir__db           *db;
	const weir__sql    *principal; /* what each transaction begins with, or NULL */
	const weir__cancel *cancel;    /* of what runs on it, or NULL */
	bool                broken;
	bool                encrypted;
	bool                pooled;     /* behind a pooler: the server process may be another one each time */
	bool                local_path; /* the search path is set at the beginning of each transaction */
	weir_statement_mode mode;       /* never AUTO */
	bool                scripted;   /* a script may have left settings behind: not kept */
	uint32_t            notices;
	int64_t             opened_us;
	int64_t             retires_us;
	int64_t             returned_us;
	int                 server_pid;  /* of the server process that works for us */
	weir__server        server;      /* all 0: not known (server.c) */
	int64_t             incarnation; /* of the server's memory: another one after a crash (outcome.c) */
	unsigned            cursors;     /* open now (stream.c) */
	weir__tx            tx;
	uint64_t            doubtful; /* the transaction whose COMMIT was not answered */
	weir__statement_set statements;
	uint64_t            plans; /* db->plans when they were prepared */
	weir__conn_counters counters;
	weir__blame         blame;
	weir__conn         *above, *below; /* the pool's stack of idle connections */
	weir__conn         *next, *prev;   /* all of the pool */
};

/* ---- connect.c ------------------------------------------------------------------------------------------------- */

/* Opens a connection of db by the earlier of deadline and the connect timeout, authentication and setup included. The
 * caller owns it; it is not in the pool. WEIR_ERR_CONNECT, WEIR_ERR_AUTH, WEIR_ERR_PERMISSION, WEIR_ERR_TIMEOUT,
 * WEIR_ERR_NO_MEMORY; err never holds the password. */
int weir__conn_open(weir__db *db, weir__deadline deadline, const weir__cancel *cancel, weir__conn **conn,
                    weir_error *err);

/* Closes the connection without waiting for the server, and frees it. NULL does nothing. */
void weir__conn_free(weir__conn *conn);

/* Adds what it has counted. */
void weir__conn_add_counters(const weir__conn *conn, weir_session_stats *stats);

/* ---- server.c -------------------------------------------------------------------------------------------------- */

/* What is selected of a server, three columns, and how they are read, from this one on. */
extern const char weir__server_columns[];
void              weir__server_read(weir__conn *conn, const PGresult *result, int column);

/* ---- exchange.c ------------------------------------------------------------------------------------------------ */

/* Marks the connection broken and ends its traffic. */
void weir__conn_break(weir__conn *conn);

/* May it be used? WEIR_ERR_FORKED, WEIR_ERR_CONNECTION_LOST (broken). */
int weir__conn_check(const weir__conn *conn, weir_error *err);

/* As it was when it was opened: no transaction, nothing unread, nothing left behind. */
bool weir__conn_is_clean(const weir__conn *conn);

/* Waits until PQgetResult would not wait, and calls it: *result may be NULL (no more). After WEIR_ERR_TIMEOUT and
 * WEIR_ERR_CONNECTION_LOST the connection is broken. */
int weir__conn_next(weir__conn *conn, weir__deadline deadline, PGresult **result, weir_error *err);

/* The same where there must be no result any more. A failure that comes late, as that of the commit outside a transaction
 * does, is reported; another result breaks the connection. */
int weir__conn_end(weir__conn *conn, weir__deadline deadline, weir_error *err);

bool weir__result_is_good(const PGresult *result);

/* The only row's eight bytes of this column as a number; 0 if there are none. */
int64_t weir__result_int64(const PGresult *result, int column);

/* Runs a constant text without parameters by the simple protocol, one round trip. *result (result may be NULL) is the
 * last one and the caller's. Fails like weir__conn_run. */
int weir__conn_command(weir__conn *conn, const char *text, weir__deadline deadline, PGresult **result, weir_error *err);

/* The same for a text behind what has to precede it: BEGIN if that is still to be sent, the search path. */
int weir__conn_command_in_place(weir__conn *conn, const char *text, weir__deadline deadline, weir_error *err);

/* Sends it and takes no answer. */
int weir__conn_send_in_place(weir__conn *conn, const char *text, weir_error *err);

/* Waits until everything is sent, taking in what the server says meanwhile. */
int weir__conn_flush(weir__conn *conn, weir__deadline deadline, weir_error *err);

/* Runs a text that is not kept prepared: parameters are text, results binary. *result is the caller's after WEIR_OK. */
typedef struct weir__question {
	const char        *text;
	int                count;
	const char *const *values;
} weir__question;
int weir__conn_ask(weir__conn *conn, const weir__question *question, weir__deadline deadline, PGresult **result,
                   weir_error *err);

static inline void weir__count(atomic_uint_fast64_t *counter)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + 1, memory_order_relaxed);
}

/* ---- brief.c ------------------------------------------------------------------------------------------------- */

struct weir__run;

/* May this statement open, or go on with, a transaction without BEGIN? It has been looked up. */
bool weir__brief_takes(const struct weir__run *run);
/* Runs it: one send, one wait. */
int weir__brief_run(struct weir__run *run);
/* Has a statement failed, and undone it all? */
bool weir__brief_has_failed(const weir__conn *conn);
/* Commits, or says why not: a connection that breaks meanwhile leaves the outcome open. */
int weir__brief_commit(weir__conn *conn, weir__deadline deadline, weir_error *err);
int weir__brief_undo(weir__conn *conn, weir__deadline deadline, weir_error *err);

/* ---- transaction.c --------------------------------------------------------------------------------------------- */

/* The statements that transactions begin with, by isolation and mode (read and write, read only, deferrable), and the one that asks for their id. */
void weir__tx_statements(weir__sql begin[4][WEIR__TX_MODES], weir__sql *xid);

/* Does the search path have to be set in front of the next statement? */
static inline bool weir__conn_needs_path(const weir__conn *conn)
{
	return conn->local_path && (conn->tx.begin || PQtransactionStatus(conn->pg) == PQTRANS_IDLE);
}

/* And the principal? */
static inline bool weir__conn_needs_principal(const weir__conn *conn)
{
	return conn->principal && (conn->tx.begin || PQtransactionStatus(conn->pg) == PQTRANS_IDLE);
}

/* ---- stop.c ---------------------------------------------------------------------------------------------------- */

/* Tells the server to stop what it does for this connection, which is then broken. */
void weir__conn_stop(weir__conn *conn);

/* ---- outcome.c ------------------------------------------------------------------------------------------------- */

/* What became of the transaction xid of a connection that broke during its COMMIT: asked on a new connection. */
weir_effect weir__outcome_resolve(const weir__conn *conn, uint64_t xid, weir__deadline deadline);

/* ---- failure.c ------------------------------------------------------------------------------------------------- */

/* The status for an SQLSTATE; WEIR_ERR_DATABASE for one that has no row of its own. */
int weir__failure_status(const char *sqlstate);

/* Fills err from a failed result (NULL: from the connection) and breaks the connection if it cannot be used on. */
int weir__failure_of_result(weir__conn *conn, const PGresult *result, weir_error *err);

/* The server refuses a prepared statement because a table has changed since. */
bool weir__failure_is_changed_plan(const PGresult *result);

/* Fills err from a failed attempt to connect. */
int weir__failure_of_connect(PGconn *pg, weir_error *err);

#endif
