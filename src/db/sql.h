/* What the files that write SQL share: the statements of a model, and the pieces that longer ones are put together from.
 * Every identifier is quoted, once, when the statements are made; values are parameters without exception. */
#ifndef WEIR_DB_SQL_H
#define WEIR_DB_SQL_H

#include "db/db.h"
#include "db/order.h"

struct weir__statements {
	const weir__layout *layout;
	weir__sql           table;       /* "schema"."table" */
	weir__sql           columns;     /* "id", "email": all, in the layout's order */
	weir__sql           new_columns; /* n."id", n."email" */
	weir__sql           get_by_id;
	weir__sql           get_many;
	weir__sql           delete_by_id;
	weir__sql           really_delete; /* of a model with .deleted_at */
	weir__sql           restore;
	weir__sql           deleted_at;                /* the name of that column */
	weir__sql           names[WEIR__COLUMNS_MAX];  /* "email" */
	weir__sql           get_by[WEIR__COLUMNS_MAX]; /* of unique columns and those of the primary key */
	weir__sql           key_by[WEIR__COLUMNS_MAX];
	struct weir__kept  *kept; /* kept.c */
};

bool weir__kept_create(weir__statements *s);
void weir__kept_free(weir__statements *s);

static inline void weir__sql_append(weir__buffer *sql, const weir__sql *piece)
{
	weir__buffer_append(sql, piece->text, piece->length);
}

/* The same to be compared with IS DISTINCT FROM, each with this cast behind it: json, which has no equality, as text; arrays
 * as what arrays of domains are made of, which they are not compared with. For all others there is none. */
void weir__sql_append_comparable(weir__buffer *sql, const weir__statements *s, weir__mask mask, const char *prefix);
void weir__sql_append_cast(weir__buffer *sql, const weir__statements *s, size_t column);

/* Parameter $place, an array of values of the column, for unnest: "$1::int8[]". The type of an enum has no name that is known
 * here, the server infers it from the column without reading the table: "CASE WHEN FALSE THEN ARRAY(SELECT "mood" FROM "t")
 * ELSE $1 END". */
void weir__sql_append_array(weir__buffer *sql, const weir__statements *s, size_t column, size_t place);

/* The same of one value of the column. */
void weir__sql_append_inferred(weir__buffer *sql, const weir__statements *s, size_t column, size_t place);

/* "a", "b" of the columns of a set in the layout's order, each behind the prefix (`o.` or nothing). */
void weir__sql_append_columns(weir__buffer *sql, const weir__statements *s, weir__mask mask, const char *prefix);

/* $n of the parameter added last. */
void weir__sql_append_last(weir__buffer *sql, const weir__params *params);

/* WHERE: the condition, which has been checked, and of a model with .deleted_at the rows that are meant. Nothing when every row
 * is. Returns what stands before a further condition: WHERE or AND. */
const char *weir__sql_append_where(weir__buffer *sql, const weir__statements *s, const weir_condition *where,
                                   weir_deleted deleted, weir__params *params);

/* The latter alone, with AND before it; prefix (`n.` or nothing) stands before the column. */
void weir__sql_append_living(weir__buffer *sql, const weir__statements *s, const char *prefix, weir_deleted deleted);

/* DELETE FROM the table, or UPDATE it SET deleted (restored), with the columns that every update moves. */
void weir__sql_append_delete(weir__buffer *sql, const weir__statements *s, bool really);
void weir__sql_append_restore(weir__buffer *sql, const weir__statements *s);

/* FROM the table WHERE, of a query; returns what append_where returns. */
const char *weir__sql_append_from(weir__buffer *sql, const weir__statements *s, const weir_query *query,
                                  weir__params *params);

/* LIMIT and OFFSET. */
void weir__sql_append_page(weir__buffer *sql, const weir_query *query, weir__params *params);

/* ORDER BY these columns, if any; names[i] is what column i is called. */
void weir__sql_append_order_of(weir__buffer *sql, const weir__sql *names, const weir__order *order, size_t count);

/* ORDER BY and the whole order of a query. */
void weir__sql_append_order(weir__buffer *sql, const weir__statements *s, const weir_query *query);

/* That a row stands behind the one that seek names, in this order; or is that one, if it says so (seek.c). */
void weir__sql_append_seek(weir__buffer *sql, const weir__statements *s, const weir__order *order,
                           const weir__seek *seek, weir__params *params);

/* INSERT without RETURNING: of one struct, or of many by arrays (at least one, and a column). Values are checked. */
int weir__sql_append_insert(const weir__statements *s, weir__mask mask, const void *values, weir__buffer *sql,
                            weir__params *params, weir_error *err);
int weir__sql_append_insert_many(const weir__statements *s, weir__mask mask, const void *values, size_t count,
                                 weir__buffer *sql, weir__params *params, weir_error *err);

/* WEIR_OK, or what went wrong while sql and params were put together. */
int weir__sql_finish(const weir__statements *s, const weir__buffer *sql, const weir__params *params, weir_error *err);

/* Runs a statement whose one parameter is the table's name, for to_regclass. */
int weir__conn_run_of_table(weir__conn *conn, const weir__sql *sql, const weir__statements *statements,
                            weir__deadline deadline, weir__rows *rows, weir_error *err);

#endif
