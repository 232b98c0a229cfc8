/* Array columns of many rows, which unnest does not take as one array of values: an array of arrays would be one of two
 * dimensions. */
#ifndef WEIR_DB_INSERT_ITEMS_H
#define WEIR_DB_INSERT_ITEMS_H

#include "db/params.h"
#include "db/sql.h"

/* A column of many structs: get(context, i) gives its value in the struct i. */
typedef struct weir__insert_column {
	const weir__statements *s;
	size_t                  column;
	weir__value_source      values;
} weir__insert_column;

/* What a column adds to SELECT ... FROM unnest(...) AS u(...). */
typedef struct weir__insert_parts {
	weir__buffer *select; /* the expression of its values */
	weir__buffer *arrays; /* arguments of unnest, and */
	weir__buffer *names;  /* what these are called in u, each with a comma behind it */
} weir__insert_parts;

/* Adds the parameters and parts of an array column: the items of all rows are one array, of which each row takes a slice.
 * WEIR_ERR_NO_MEMORY or WEIR_ERR_LIMIT. */
int weir__insert_items(const weir__insert_column *column, const weir__insert_parts *parts, weir__params *params,
                       weir_error *err);

#endif
