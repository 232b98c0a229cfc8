/* SQL of the writes that depend on what is there already: upsert, increment, update and delete of a row that has not
 * changed meanwhile. As the builders of db.h. */
#ifndef WEIR_DB_WRITING_H
#define WEIR_DB_WRITING_H

#include "db/db.h"

/* What makes two rows the same, and what an existing one gets from the one given. */
typedef struct weir__conflict {
	weir__mask target; /* the columns of a unique constraint; 0, without an update: any */
	weir__mask update; /* 0: the existing row stays as it is and no row is returned */
	weir__mask old;    /* of those to update: what they were is returned too */
} weir__conflict;

/* INSERT ... ON CONFLICT ... RETURNING all columns, after an update a bool: was the row made?, and the old columns, each a text: v and the
 * server's text of the value, or nothing. Of a row that was made it says nothing, or what an earlier row's was. */
int weir__sql_upsert(const weir__statements *s, weir__mask mask, const weir__conflict *conflict, const void *values,
                     weir__buffer *sql, weir__params *params, weir_error *err);

/* The same of count structs; returns all columns in the order given, or only the key's and the unique ones, and the old columns. */
int weir__sql_upsert_many(const weir__statements *s, weir__mask mask, const weir__conflict *conflict,
                          const void *values, size_t count, bool only_keys, weir__buffer *sql, weir__params *params,
                          weir_error *err);

/* As weir__sql_update, of a row whose version is that of `seen`. */
int weir__sql_update_seen(const weir__statements *s, const void *seen, weir__mask mask, const void *values,
                          weir__mask old, weir__buffer *sql, weir__params *params, weir_error *err);

/* DELETE of a row whose version is that of `seen`, returning all columns. */
int weir__sql_delete_seen(const weir__statements *s, const void *seen, weir__buffer *sql, weir__params *params,
                          weir_error *err);

/* UPDATE of the rows that match and differ, returning all columns and, as they were, those of `old`. */
int weir__sql_update_differing(const weir__statements *s, const weir_condition *where, weir__mask mask,
                               const void *values, weir__mask old, weir__buffer *sql, weir__params *params,
                               weir_error *err);

/* An amount for each column of the mask, in the layout's order; checked by the caller. */
typedef struct weir__increments {
	weir__mask        mask;
	const weir_value *amounts;
} weir__increments;

/* UPDATE that adds, NULL counting as 0; returns what weir__sql_update returns. */
int weir__sql_increment(const weir__statements *s, const void *key, const weir__increments *increments, weir__mask old,
                        weir__buffer *sql, weir__params *params, weir_error *err);

#endif
