/* Statements of several callers, each of which changes one row, in one transaction. */
#ifndef WEIR_DB_BATCH_H
#define WEIR_DB_BATCH_H

#include "db/db.h"

#define WEIR__BATCH_MAX         32
#define WEIR__BATCH_PATIENCE_MS "20" /* a statement of a batch waits so long for a lock, at most */

typedef struct weir__batch_item {
	const weir__sql    *sql; /* gives_xid */
	const weir__params *params;
	weir__rows          rows;     /* the answer; the caller's to release */
	bool                left_out; /* it was not sent: its parameters are wrong, or there is no room to prepare it */
	bool                failed;   /* the server has refused this one; those behind it have not run */
} weir__batch_item;

/* Can they run on this connection at all? Not behind a pooler, nor where statements are not prepared. */
bool weir__conn_takes_batches(const weir__conn *conn);

/* Runs up to WEIR__BATCH_MAX of them as the transaction that weir__conn_begin_brief has begun, in one send and one wait. On error
 * no rows are there, and all of it is to be rolled back. */
int weir__conn_run_batch(weir__conn *conn, weir__batch_item *items, size_t count, weir__deadline deadline,
                         weir_error *err);

/* What goes before them, for a db to keep. */
weir__sql weir__batch_patience(void);

#endif
