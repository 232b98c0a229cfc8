/* statement.h: SQL as the library writes it, of one table, and results as libpq gives them. */
#ifndef SIM_STATEMENT_H
#define SIM_STATEMENT_H

#include "database.h"

#include "db/db.h"

struct weir__db {
	int process;
};

struct weir__conn {
	bool         used;
	int          process;
	const actor *owner;
	bool         open;     /* a transaction */
	bool         failed;   /* a statement of it */
	bool         in_doubt; /* its COMMIT was sent and not answered */
	bool         given_back;
	bool         ended; /* its server is gone */
	int          timeline;
	uint64_t     doubt;   /* another one for each COMMIT in doubt */
	unsigned     written; /* a bit for each row, which is locked then */
	row_state    rows[ROWS];
	unsigned     saved; /* as they were at the savepoint */
	row_state    saved_rows[ROWS];
	uint64_t     nonce, id; /* of its guards: as the cache has it, as the library gave it */
	bool         unguarded, lost;
};

void statement_begin(void);

/* Waits for locks where it must. */
int statement_run(weir__conn *conn, const char *sql, const weir__params *params, weir__rows *rows, weir_error *err);

/* The row as this transaction sees it. */
const row_state *statement_visible(const weir__conn *conn, int k);

/* Another open transaction that has written the row; NULL: none. */
const weir__conn *statement_holder(const weir__conn *asking, int k);

#endif
