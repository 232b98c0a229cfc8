/* COPY ... FROM STDIN in PostgreSQL's binary format: structs into a table, as fast as they get there, without anything
 * coming back. Columns have the same bytes as parameters of their types have. */
#ifndef WEIR_DB_COPY_H
#define WEIR_DB_COPY_H

#include "db/db.h"

/* The columns of the mask of count structs. */
typedef struct weir__copy {
	const weir__statements *s;
	weir__mask              mask;
	const void             *values;
	size_t                  count;
} weir__copy;

/* Can COPY write these columns at all? Not if there are none. Nor arrays, whose binary form names a type of items that may be the
 * server's own, nor inet: the column may be a cidr, for which INSERT clears the bits that COPY refuses. */
bool weir__copy_fits(const weir__statements *s, weir__mask mask);

/* Where an INSERT would do the same. */
typedef struct weir__copy_rule {
	bool allowed; /* a plain or partitioned table without row-level security and rules for INSERT */
	weir__mask
		refused; /* columns that are GENERATED ALWAYS: COPY writes to them, or says something else than INSERT does */
} weir__copy_rule;

/* Asks the server, by one query. */
int weir__copy_asks(weir__conn *conn, const weir__statements *s, weir__deadline deadline, weir__copy_rule *rule,
                    weir_error *err);

/* Runs it on a connection that is in a transaction. Values have been checked. After a failure the transaction can only be
 * rolled back, and weir__conn_blame says which row it was, if the server said so. */
int weir__conn_copy(weir__conn *conn, const weir__copy *copy, weir__deadline deadline, weir_error *err);

#endif
