/* What lies inside weir__params (db.h): the arrays that PQsendQueryParams and PQsendQueryPrepared take, kept ready at
 * all times, so that running a statement only passes them on. All parameters are binary, but for what wire.h sends as text.
 *
 * Bytes that were copied or encoded lie one after another in `bytes`; when it moves, the values that point into it
 * are set anew from their offsets. The first failure is kept in status and reason, and adding then does nothing. */
#ifndef WEIR_DB_PARAMS_H
#define WEIR_DB_PARAMS_H

#include "db/db.h"
#include "db/wire.h"

#include <libpq-fe.h>

#define WEIR__PARAMS_MAX    65535 /* the protocol counts them in two bytes */
#define WEIR__PARAMS_INLINE 24    /* as many need no memory of their own */

struct weir__params {
	int          count;
	int          capacity;
	Oid         *types;  /* 0: the server infers it (text) */
	const char **values; /* NULL: SQL's NULL */
	int         *lengths;
	int         *formats; /* 1: binary, 0: text */
	size_t      *offsets; /* in bytes, of a value that lies there; else SIZE_MAX */
	weir__buffer bytes;
	void        *grown;  /* the arrays, once they are larger than the inline ones */
	int          status; /* WEIR_OK, or the first failure */
	const char  *reason; /* static text */
	Oid          inline_types[WEIR__PARAMS_INLINE];
	const char  *inline_values[WEIR__PARAMS_INLINE];
	int          inline_lengths[WEIR__PARAMS_INLINE];
	int          inline_formats[WEIR__PARAMS_INLINE];
	size_t       inline_offsets[WEIR__PARAMS_INLINE];
	char         inline_numbers[WEIR__PARAMS_INLINE][8]; /* the bytes of those that are int8 */
};

/* The first failure of adding, or WEIR_OK; whoever runs a statement asks before sending. */
int weir__params_status(const weir__params *params, weir_error *err);

/* A text that is copied: what stands between prefix and suffix has % _ and \ escaped for LIKE. */
void weir__params_add_pattern(weir__params *params, const char *prefix, const char *text, const char *suffix);

/* weir__params_add_column of each column of a mask, in the layout's order, up to the first that is wrong. */
int weir__params_add_columns(weir__params *params, const weir__layout *layout, weir__mask mask, const void *values,
                             weir_error *err);

/* Items of an array column, as one value of its type. */
void weir__params_add_items(weir__params *params, weir_type array_type, const weir__value_source *source);

/* An int8, for LIMIT and OFFSET. */
void weir__params_add_i64(weir__params *params, int64_t number);

#endif
