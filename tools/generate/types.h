/* The types of columns: what each is called in the struct and in its handle. docs/types.md as a table. */
#ifndef GENERATE_TYPES_H
#define GENERATE_TYPES_H

#include "catalog.h"

typedef struct column_type {
	const char *sql;        /* in pg_catalog */
	const char *member;     /* not nullable */
	const char *short_name; /* weir_opt_<>, weir_<>_array, weir_<>_column, WEIR_<>_COLUMN */
	bool        has_opt;    /* a nullable member is a weir_opt_; else it is a pointer that may be NULL */
	bool        key;        /* may be part of a primary key */
	bool        unique;     /* may be .unique */
	bool        stamped;    /* may be .stamped */
	bool        has_length; /* (n) is its .max_length */
	bool        padded;
} column_type;

/* The type of a column, of its items where it is an array; NULL: there is none. */
const column_type *column_type_of(const column_row *column);

#endif
