/* Watching statements: spans for those who trace, a line in the log for those that took long. */
#ifndef WEIR_DB_OBSERVE_H
#define WEIR_DB_OBSERVE_H

#include "base/span.h"
#include "db/conn.h"

typedef struct weir__observed {
	weir__conn *conn;
	weir__span  span;
	weir_error  own; /* where the caller wants no error */
} weir__observed;

/* Is anybody watching? One comparison. */
static inline bool weir__is_observed(const weir__conn *conn)
{
	return conn->db->observed;
}

/* Begins with a statement; text NULL: one whose text is not to be shown. *err is replaced where it is NULL. */
void weir__observe(weir__observed *observed, weir__conn *conn, const char *text, weir_error **err);

/* Ends; rows -1: not known. */
void weir__observe_end(weir__observed *observed, int rc, int64_t rows, const weir_error *err);

#endif
