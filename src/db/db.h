/* The door of the database room: connections, statements, rows and transactions on PostgreSQL. It knows layouts and
 * queries, and nothing of caches. libpq-fe.h is included in this room only.
 *
 * A weir__db is the pool of one database. A caller borrows a weir__conn, runs statements on it and gives it back; a
 * connection whose state is in any doubt (an error of the connection, a deadline, an open transaction, unread results)
 * is destroyed instead of kept. Statements are texts with a stable address or text, prepared once per connection and
 * kept in a bounded cache there. Parameters and results are binary. Every wait has a deadline; an expired one
 * destroys the connection, so that a late reply is never read by somebody else. */
#ifndef WEIR_DB_DB_H
#define WEIR_DB_DB_H

#include <weir/session.h>
#include <weir/transaction.h>

#include "base/buffer.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/logger.h"
#include "models/record.h"

typedef struct weir__db   weir__db;
typedef struct weir__conn weir__conn;

/* What weir_open was given, validated; strings are copied. */
typedef struct weir__db_options {
	const char *conninfo;
	const char *schema;
	const char *
		writes; /* the prefix under which the writes on these connections are told to the cache (outbox.h); NULL: not */
	const char         *application_name;
	int                 connect_timeout_ms;
	int                 max_statements;
	weir_statement_mode statements;
	weir_pool_options   pool; /* all set, nothing 0 but min_connections */
	const weir__logger *logger;
	weir_trace          trace;
	int                 slow_query_ms;
} weir__db_options;

/* Makes the pool; connects nothing. WEIR_ERR_USAGE for a connection string that libpq cannot read (its text is not
 * quoted: it may hold a password). */
int weir__db_create(const weir__db_options *options, weir__db **db, weir_error *err);
/* Opens min_connections (at least one). */
int weir__db_connect(weir__db *db, weir__deadline deadline, weir_error *err);
/* Which server a connection leads to. */
typedef struct weir__server {
	uint64_t system;
	uint32_t timeline; /* 0: not known, as for every standby */
	bool     standby;
	int64_t  since_us; /* when it said so; 0: it did not */
	uint64_t tag;      /* what a borrower has made of system and timeline (weir__conn_tag_server); 0: nothing yet */
} weir__server;
/* Asks again, where it may be another one by now (a pooler, a standby). Not in a transaction. Fails as weir__conn_run does. */
int weir__conn_server(weir__conn *conn, weir__deadline deadline, weir__server *server, weir_error *err);
/* Keeps a number of the borrower's with what is known of the server, until that is asked again. */
void weir__conn_tag_server(weir__conn *conn, uint64_t tag);
/* The pool reads from another server now. */
bool weir__conn_is_outdated(const weir__conn *conn);
/* No connection is used again that is older than now. */
void weir__db_renew(weir__db *db);
/* Was the connection ended that would be borrowed next, or were all, as far as can be seen without asking? */
bool weir__db_has_ended(weir__db *db);

/* A connection that is not one of the pool's, for work of the library's own: it neither waits for callers nor keeps them waiting. */
int  weir__db_open_apart(weir__db *db, weir__deadline deadline, weir__conn **conn, weir_error *err);
void weir__db_close_apart(weir__conn **conn);
/* Waits until the deadline for borrowed connections, closes all, frees. In a forked child closes nothing of the parent's. */
void weir__db_close(weir__db *db, weir__deadline deadline);
void weir__db_stats(const weir__db *db, weir_session_stats *stats);

/* Borrows a connection, first come first served. WEIR_ERR_TIMEOUT, WEIR_ERR_CONNECT, WEIR_ERR_AUTH, WEIR_ERR_FORKED. */
int weir__db_acquire(weir__db *db, weir__deadline deadline, weir__conn **conn, weir_error *err);
/* The same for a caller that can be cancelled (NULL: that cannot), while waiting and in what it then does on the connection:
 * WEIR_ERR_CANCELLED. */
int weir__db_borrow(weir__db *db, weir__deadline deadline, const weir__cancel *cancel, weir__conn **conn,
                    weir_error *err);
/* Gives it back, or destroys it. Sets *conn to NULL; NULL does nothing. */
void weir__db_give_back(weir__db *db, weir__conn **conn);

/* ---- Statements ---------------------------------------------------------------------------------------------- */

/* SQL with numbered parameters. Statements made from a model live in its weir__statements and are found by address of text
 * and hash; a text built for one call is looked up by its hash and content. */
typedef struct weir__sql {
	const char *text;
	size_t      length;
	uint64_t    hash;
	bool        gives_xid; /* the last column of its rows is the transaction's id (weir__sql_append_xid) */
} weir__sql;

weir__sql weir__sql_of(const char *text, size_t length);

/* Parameters in binary. Texts are borrowed until the statement has run; everything else is copied into the set. Adding never
 * fails in the middle: the first failure (memory, a value that cannot be sent) is reported when the statement is run. */
typedef struct weir__params weir__params;
/* Internals are in db/params.h; callers use: */
int  weir__params_create(weir__params **params, weir_error *err);
void weir__params_free(weir__params *params);
void weir__params_clear(weir__params *params);
void weir__params_add(weir__params *params, weir_type column_type, const weir_value *value);
/* The value that a struct has for a column, checked first: WEIR_ERR_VALUE and what else weir__value_check says. */
int weir__params_add_column(weir__params *params, const weir__layout *layout, size_t column, const void *values,
                            weir_error *err);
/* One array parameter of column_type from count values (for = ANY($n) and unnest); get(context, i) gives each. */
void   weir__params_add_array(weir__params *params, weir_type column_type, size_t count,
                              weir_value (*get)(const void *context, size_t i), const void *context);
size_t weir__params_count(const weir__params *params);

/* ---- SQL of a model (pure, no I/O) ----------------------------------------------------------------------------- */

/* The fixed statements of a model, made once. Every SELECT and RETURNING lists all columns in the layout's order. */
typedef struct weir__statements weir__statements;
int  weir__statements_create(const weir__layout *layout, weir__statements **statements, weir_error *err);
void weir__statements_free(weir__statements *statements);

const weir__sql *weir__sql_get_by_id(const weir__statements *s); /* $1.. = key columns in order */
const weir__sql *weir__sql_get_many(const weir__statements *s);  /* $1.. = one array a key column; rows in no order */
const weir__sql *weir__sql_get_by(const weir__statements *s, size_t column); /* $1 = value */
const weir__sql *weir__sql_key_by(const weir__statements *s, size_t column); /* selects the key columns only */
const weir__sql *weir__sql_delete(const weir__statements *s); /* $1.. = key; returns all columns of the row deleted */

/* Of a model with .deleted_at: the row goes, deleted or not; it comes back (NULL for other models). As delete. */
const weir__sql *weir__sql_really_delete(const weir__statements *s);
const weir__sql *weir__sql_restore(const weir__statements *s);

/* One row that is made, or changed by its key. */
typedef struct weir__row_change {
	bool          creates;
	weir__mask    mask; /* of the columns that are set */
	weir__mask    old;  /* as weir__sql_update */
	const void   *key;  /* update: a struct with the key */
	const void   *values;
	weir__buffer *text;   /* empty: for the text, where it is not known yet */
	weir__params *params; /* empty: for its parameters */
} weir__row_change;

/* weir__sql_insert or weir__sql_update with the transaction's id as one more column, as a statement that lives as long as s or
 * change->text. */
int weir__sql_change_row(const weir__statements *s, const weir__row_change *change, weir__sql *sql, weir_error *err);

/* Appends the transaction's id to a text that ends with the columns of RETURNING. */
void weir__sql_append_xid(weir__buffer *sql);

/* Builders: append text to sql and values to params, whose numbering goes on from what params already holds.
 * WEIR_ERR_USAGE / WEIR_ERR_VALUE name model and column. */
/* INSERT of the masked columns of values ... RETURNING all columns. An empty mask is DEFAULT VALUES. */
int weir__sql_insert(const weir__statements *s, weir__mask mask, const void *values, weir__buffer *sql,
                     weir__params *params, weir_error *err);
/* One INSERT of count structs by unnest, one array a column; returning: all columns in the order given, else nothing. */
int weir__sql_insert_many(const weir__statements *s, weir__mask mask, const void *values, size_t count, bool returning,
                          weir__buffer *sql, weir__params *params, weir_error *err);
/* UPDATE by key that returns the new row (all columns), then the old values of the columns in `old`, each in the layout's order.
 * auto_now columns are set to now() only if a masked column IS DISTINCT FROM its new value. The old row is locked FOR NO KEY UPDATE. */
int weir__sql_update(const weir__statements *s, const void *key, weir__mask mask, const void *values, weir__mask old,
                     weir__buffer *sql, weir__params *params, weir_error *err);
/* UPDATE / DELETE by condition, returning the key columns and the unique ones, then, as they were, those of `old`. A condition that leaves out no row and is not weir_everything()
 * is WEIR_ERR_USAGE. */
int weir__sql_update_where(const weir__statements *s, const weir_condition *where, weir__mask mask, const void *values,
                           weir__mask old, weir__buffer *sql, weir__params *params, weir_error *err);
int weir__sql_delete_where(const weir__statements *s, const weir_condition *where, bool really, weir__buffer *sql,
                           weir__params *params, weir_error *err);
/* SELECT all columns / count(*) / exists of a query. limit and skip are parameters. Count with skip or limit counts a subquery. */
int weir__sql_select(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                     weir_error *err);
/* A result: which columns of a model, or what is made of them, become the columns of another struct. A result with
 * aggregates has a group for each different tuple of its other columns; without those it is one row. */
typedef struct weir__projection {
	const weir__statements *s;
	const weir__layout     *rows;
	const weir_query       *query;
	uint8_t                 source[WEIR__COLUMNS_MAX]; /* of each column of rows: that of the model; of count(*) none */
	weir__mask              plain;                     /* the columns of rows that are no aggregates */
	bool                    grouped;
	weir__buffer            text;
	weir__sql               names[WEIR__COLUMNS_MAX]; /* what each column of rows is in SQL */
} weir__projection;

#define WEIR__NO_SOURCE 0xff

/* Matches and checks them, and distinct, having and order of the query (NULL: none), which is borrowed. WEIR_ERR_MODEL names
 * the member of the result that does not fit. To be released after a failure too. */
int  weir__projection_create(const weir__statements *s, const weir__layout *rows, const weir_query *query,
                             weir__projection *projection, weir_error *err);
void weir__projection_release(weir__projection *projection);

/* Are the rows others than the model's, so that they are ordered by columns of the result? */
bool weir__projection_is_own(const weir__projection *projection);

int weir__sql_select_into(const weir__projection *projection, weir__buffer *sql, weir__params *params, weir_error *err);

/* What the rows depend on beside model, where, skip and limit, as bytes. */
int weir__projection_canonical(const weir__projection *projection, weir__buffer *text, weir_error *err);

/* A page beside a row: the values that this row has in the columns of the query's whole order. */
typedef struct weir__seek {
	bool       backward;  /* the rows before it, and in reverse order; else those behind it */
	bool       inclusive; /* the row itself too, if it is there */
	size_t     count;     /* 0: from the end of all rows at which reading starts */
	weir_value values[WEIR__COLUMNS_MAX];
	char      *texts; /* where values that weir__seek_read has read lie; weir__seek_release */
} weir__seek;
int weir__sql_select_page(const weir__statements *s, const weir_query *query, const weir__seek *seek, weir__buffer *sql,
                          weir__params *params, weir_error *err);

/* Takes the values from a row. */
void weir__seek_of(const weir__layout *layout, const weir_query *query, const void *row, weir__seek *seek);

/* A page's place as text of A-Z a-z 0-9 - _, with the shape of the query (all of it but skip and limit) and a checksum. Write
 * appends; WEIR_ERR_LIMIT when values are too long. Read takes any bytes: WEIR_ERR_VALUE for what write has not written for
 * this query, and seek is then to be released too. */
int  weir__seek_write(const weir__layout *layout, const weir_query *query, const weir__seek *seek, weir__buffer *text,
                      weir_error *err);
int  weir__seek_read(const weir__layout *layout, const weir_query *query, const char *text, weir__seek *seek,
                     weir_error *err);
void weir__seek_release(weir__seek *seek);

/* The same where a limit of 0 is none. */
int weir__sql_select_all(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                         weir_error *err);
int weir__sql_count(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                    weir_error *err);
int weir__sql_exists(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                     weir_error *err);

/* The rows of a model that belong to owners, by a key that they or the rows of a third model hold. */
typedef struct weir__related {
	const weir__statements *target;
	const weir__statements *through; /* the third model; NULL: the target holds the key */
	size_t                  key_count;
	const uint8_t          *columns;   /* that hold the key: of through, else of the target */
	const uint8_t          *to_target; /* of through: those that refer to the target's primary key */
	const weir_query       *query;     /* skip and limit are for each owner, limit 0 is all; NULL: all by primary key */
	size_t                  owner_count;
	weir_value (*key)(const void *context, size_t owner, size_t i); /* part i of an owner's key, never NULL */
	const void *context;
} weir__related;

typedef enum weir__related_what {
	WEIR__RELATED_ROWS,   /* of one owner */
	WEIR__RELATED_COUNT,  /* of one owner */
	WEIR__RELATED_EXISTS, /* of one owner */
	WEIR__RELATED_OWNED   /* the rows of all owners, who differ; behind each its owner's key if it has not */
} weir__related_what;

int weir__sql_related(const weir__related *related, weir__related_what what, weir__buffer *sql, weir__params *params,
                      weir_error *err);

/* A canonical text of the query that is equal for queries that mean the same rows in the same order: operands of ALL/ANY sorted,
 * IN lists sorted and without doubles, values length-prefixed with their type, NULL unlike empty. For cache keys. */
int weir__query_canonical(const weir__layout *layout, const weir_query *query, weir__buffer *text, weir_error *err);

/* Appends one value, or NULL, in the same canonical text. */
void weir__value_canonical(const weir_value *value, weir__buffer *text);

/* Checks condition, order, skip and limit (max_limit) against the layout before any SQL: WEIR_ERR_USAGE names what. Members
 * that only some reads take are refused; check_for accepts those of `takes`. */
enum {
	WEIR__TAKES_LOCK = 1,
	WEIR__TAKES_RESULT =
		2, /* distinct and having; the order is of the result's columns (weir__projection_create checks) */
};
int weir__query_check(const weir__layout *layout, const weir_query *query, int64_t max_limit, weir_error *err);
int weir__query_check_for(const weir__layout *layout, const weir_query *query, unsigned takes, int64_t max_limit,
                          weir_error *err);

/* ---- Running ------------------------------------------------------------------------------------------------- */

/* The rows of one statement. */
typedef struct weir__rows {
	void   *result; /* PGresult */
	size_t  count;
	int64_t affected; /* from the command tag, -1 if it has none */
} weir__rows;
#define WEIR__ROWS_INIT                                                                                                \
	{                                                                                                                  \
		.count = 0                                                                                                     \
	}

void weir__rows_release(weir__rows *rows);

/* Runs one statement and waits for all of its rows: one round trip, also the first time on a connection. params may be
 * NULL. On error the class of failure is in the status, SQLSTATE and names in err; rows is empty. */
int weir__conn_run(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                   weir__rows *rows, weir_error *err);

/* What the server said about the row that made the last statement fail. */
typedef struct weir__blame {
	const char *table;       /* that COPY fills, or has filled last */
	size_t      line;        /* of those of a COPY, from 1; 0: it did not say */
	char        detail[256]; /* "Key (email)=(x) already exists.", or "" */
} weir__blame;
const weir__blame *weir__conn_blame(const weir__conn *conn);

/* One of several statements that go out together; rows is for the answer. */
typedef struct weir__request {
	weir__sql           sql;
	const weir__params *params;
	weir__rows          rows;
} weir__request;

/* With BEGIN fewer than the fewest statements that a connection keeps, so that none pushes another one out. */
#define WEIR__REQUESTS_MAX 5

/* Runs up to WEIR__REQUESTS_MAX reads in one send and one wait (pipeline mode). All of them or none: on error all rows are empty. */
int weir__conn_run_all(weir__conn *conn, weir__request *requests, size_t count, weir__deadline deadline,
                       weir_error *err);

/* From now on what runs on it can be cancelled like that; NULL: it cannot. COMMIT and what rolls back never can. A statement
 * that is cancelled breaks the connection, after the server was told to stop. */
void weir__conn_set_cancel(weir__conn *conn, const weir__cancel *cancel);

/* Each transaction on it, also one of a single statement, begins with this text until it is given back. */
void weir__conn_set_principal(weir__conn *conn, const weir__sql *principal);

/* A script of several statements by the simple protocol, results thrown away. */
int weir__conn_run_script(weir__conn *conn, const char *sql, weir__deadline deadline, weir_error *err);

/* BEGIN and the statement in one send and one wait (pipeline mode). After an error the transaction is open and failed, or the
 * connection is broken: weir__conn_rollback either way. */
int weir__conn_begin_and_run(weir__conn *conn, const weir__sql *sql, const weir__params *params,
                             weir__deadline deadline, weir__rows *rows, weir_error *err);
int weir__conn_begin(weir__conn *conn, const weir_transaction_options *options, weir__deadline deadline,
                     weir_error *err);
/* The same for a transaction that is about to write by one statement, seldom more, and ends by weir__conn_commit or rollback:
 * where it can it takes the server no BEGIN and no COMMIT (brief.c). */
int weir__conn_begin_brief(weir__conn *conn, weir__deadline deadline, weir_error *err);
/* Savepoints have numbers, which the caller gives. return_to leaves it set, and cures a failed transaction. */
int weir__conn_savepoint(weir__conn *conn, int number, weir__deadline deadline, weir_error *err);
int weir__conn_release_savepoint(weir__conn *conn, int number, weir__deadline deadline, weir_error *err);
int weir__conn_return_to(weir__conn *conn, int number, weir__deadline deadline, weir_error *err);
/* Makes the server fail the transaction that is open, as a statement that fails does: it can then only be rolled back, to a savepoint or
 * as a whole. */
void weir__conn_spoil(weir__conn *conn, weir__deadline deadline);
/* Rollbacks never fail towards the caller: a connection on which they do is marked broken and destroyed when given back. */
void weir__conn_rollback_to(weir__conn *conn, int number, weir__deadline deadline);
void weir__conn_rollback(weir__conn *conn, weir__deadline deadline);
/* WEIR_OK; an error with err->effect NONE (rolled back, also when the server answers ROLLBACK); or WEIR_ERR_UNKNOWN_COMMIT. */
int weir__conn_commit(weir__conn *conn, weir__deadline deadline, weir_error *err);
/* A transaction whose COMMIT has ended as WEIR_ERR_UNKNOWN_COMMIT, to be asked for. */
typedef struct weir__inquiry {
	uint64_t xid; /* 0: there is none */
	int64_t  incarnation;
	int      server_pid;
	bool     pooled;
} weir__inquiry;
void weir__conn_inquiry(const weir__conn *broken, weir__inquiry *inquiry);
/* Can it not be committed any more, or is it already? Asked on another connection; where it is still open its process is told to end. */
bool weir__conn_has_settled(weir__conn *conn, const weir__inquiry *inquiry, weir__deadline deadline);

/* Broken, or in a failed transaction? */
bool weir__conn_is_usable(const weir__conn *conn);

/* ---- Rows to records ----------------------------------------------------------------------------------------- */

/* Row `row`, whose first columns are all columns of the layout, as a record. WEIR_ERR_SCHEMA if a value does not fit. */
int weir__rows_record(const weir__rows *rows, size_t row, const weir__layout *layout, const void **record,
                      weir_error *err);
/* All rows as a list. */
int weir__rows_list(const weir__rows *rows, const weir__layout *layout, weir_list *list, weir_error *err);
/* The same where column i of the layout is at places[i] of the result. */
int weir__rows_list_at(const weir__rows *rows, const weir__layout *layout, const size_t *places, weir_list *list,
                       weir_error *err);
/* One value of column type `type` at (row, column of the result). Text is borrowed from rows (numeric is made in scratch). */
int weir__rows_value(const weir__rows *rows, size_t row, size_t column, weir_type type, weir_value *value,
                     weir__buffer *scratch, weir_error *err);
/* How many columns they have. */
size_t weir__rows_columns(const weir__rows *rows);
bool   weir__rows_is_null(const weir__rows *rows, size_t row, size_t column);

/* ---- Schema -------------------------------------------------------------------------------------------------- */

/* Compares layouts with the live schema and appends one line a difference (missing table or column, type, NOT NULL, length,
 * primary key, unique constraint, a NOT NULL column without default that the model lacks). *differences says how many. Sets is_last and is_plain
 * in the layouts. One query. */
int weir__schema_compare(weir__conn *conn, weir__layout *const *layouts, size_t count, weir__deadline deadline,
                         weir__buffer *report, size_t *differences, weir_error *err);

#endif
