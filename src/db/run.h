/* One statement while it runs, shared by the two ways to run it. */
#ifndef WEIR_DB_RUN_H
#define WEIR_DB_RUN_H

#include "db/conn.h"

/* Failed because what the server has prepared is of no use any more. */
enum weir__stale {
	WEIR__NOT_STALE,
	WEIR__PLANS_STALE, /* a table has changed */
	WEIR__ALL_STALE    /* the server has none any more */
};

typedef struct weir__run {
	weir__conn         *conn;
	const weir__sql    *sql;
	const weir__params *params;
	weir__deadline      deadline;
	weir_error         *err;
	weir__statement    *statement; /* sql's, once it has one; NULL: unnamed */
	PGresult           *result;
	enum weir__stale    stale;
} weir__run;

/* Puts a statement with its parameters into libpq's send buffer, by its name if it has been prepared (NULL: unnamed); false
 * if it was not taken. */
bool weir__run_send(weir__conn *conn, const weir__statement *statement, const weir__sql *sql,
                    const weir__params *params);

/* Fills err, and stale, from the result of a failed statement. */
int weir__run_failed(weir__run *run, const PGresult *result);

/* Forgets what is prepared where a table was found changed: by others, before a statement runs; by this one, after it failed. */
void weir__run_renew_plans(weir__conn *conn);
void weir__run_forget_stale(const weir__run *run);

/* The rows of a statement that has run, and what they say of the transaction. */
void weir__run_take_rows(weir__conn *conn, const weir__sql *sql, PGresult *result, weir__rows *rows);

/* Runs the statement together with what has to precede and follow it: BEGIN if that is still to be sent, the search path,
 * names to drop and to prepare, the question for the transaction's id. One send, one wait. */
int weir__run_round_trip(weir__run *run, bool wants_xid);

/* Takes the answer to a Sync, where the server may say that it could not commit, and ends pipeline mode. rc is what it was before. */
int weir__run_receive_end(weir__run *run, int rc);

/* Runs requests, with BEGIN before them if that is still to be sent. run has no statement of its own. One send, one wait;
 * results, one for each request, are the caller's to clear, also after a failure. */
int weir__run_requests(weir__run *run, const weir__request *requests, size_t count, PGresult **results);

#endif
