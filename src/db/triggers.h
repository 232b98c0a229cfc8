/* Triggers that put into the outbox what is written past the library: the SQL that makes and removes them.
 *
 * After a statement of somebody else's they write the keys of all of its rows, old and new, in one row of the outbox; where there are very
 * many, "everything of the model". Connections of the library say so by the setting weir.writes, and a condition on the trigger lets
 * these pass without a call. What the database itself does in their course, in cascades and triggers of the application, is caught
 * by another trigger, before each row.
 *
 * The function runs as whoever installed it, because those who write to a table need no rights on the outbox; so its
 * search path is fixed, every name in it is qualified or quoted, and it takes nothing from those who fire it but the rows. */
#ifndef WEIR_DB_TRIGGERS_H
#define WEIR_DB_TRIGGERS_H

#include "db/db.h"

/* A table to be watched, and what its keys look like; names are as they stand in keys, escaped. */
typedef struct weir__watched {
	const weir__statements *statements;
	weir__mask              stamped;
	const char             *prefix;
	const char             *record; /* `user` */
	const char             *plural; /* `users` */
	const char *const      *columns;
	const char             *schema; /* of the outbox, quoted */
} weir__watched;

/* The outbox's schema, quoted. WEIR_ERR_SCHEMA if there is no outbox. Appends. */
int weir__outbox_schema(weir__conn *conn, weir__deadline deadline, weir__buffer *schema, weir_error *err);

/* Can the triggers be made on it? A view, a materialized view and a foreign table cannot have them; what is not there can be complained
 * about when they are made. */
int weir__triggers_fit(weir__conn *conn, const weir__statements *statements, weir__deadline deadline, bool *fit,
                       weir_error *err);

/* Appends what all tables of an outbox need, then for each table what makes or removes its triggers. Removing comes before making. */
void weir__triggers_common(const char *schema, weir__buffer *sql);
void weir__triggers_create(const weir__watched *table, weir__buffer *sql);
void weir__triggers_drop(const weir__watched *table, weir__buffer *sql);

#endif
