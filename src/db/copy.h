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

/* Would an INSERT do the same with these columns? Not if there are none, nor with generated ones: COPY writes what INSERT
 * refuses to write (GENERATED ALWAYS). Nor with arrays, whose binary form names a type of items that may be the server's own, nor with inet: the
 * column may be a cidr, for which INSERT clears the bits that COPY refuses. */
bool weir__copy_fits(const weir__statements *s, weir__mask mask);

/* May the table be copied into? A plain or partitioned table without row-level security and rules for INSERT. One query. */
int weir__copy_asks(weir__conn *conn, const weir__statements *s, weir__deadline deadline, bool *allowed,
                    weir_error *err);

/* Runs it on a connection that is in a transaction. Values have been checked. After a failure the transaction can only be
 * rolled back, and weir__conn_blame says which row it was, if the server said so. */
int weir__conn_copy(weir__conn *conn, const weir__copy *copy, weir__deadline deadline, weir_error *err);

#endif
