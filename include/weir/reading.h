/* Reads beyond those of base_dao.h.
 *
 * Conventions of pointers, statuses and ownership are those of base_dao.h.
 */
#ifndef WEIR_READING_H
#define WEIR_READING_H

#include <weir/base_dao.h>

#ifdef __cplusplus
extern "C" {
#endif

/* get_by_id and get_by where the row has to be there: WEIR_OK, or WEIR_ERR_MISSING with a message that names the model and
 * the key that was asked for. */
WEIR_API int weir_base_dao_get_or_fail(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_get_or_fail_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_or_fail(const weir_base_dao *dao, weir_column column, const void *values,
                                          void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_or_fail_cached(const weir_base_dao *dao, weir_column column, const void *values,
                                                 void *record, weir_error *err);

/* ---- Locks ---------------------------------------------------------------------------------------------------------- */

/* get_by_id in a transaction, which locks the row until that ends (weir_lock in query.h; lists lock by query.lock): WEIR_OK,
 * WEIR_NOT_FOUND (also of a row that WEIR_SKIP_LOCKED left out), WEIR_ERR_LOCKED, WEIR_ERR_USAGE outside a transaction. */
WEIR_API int weir_base_dao_get_by_id_locked(const weir_base_dao *dao, const void *key, weir_lock lock,
                                            weir_lock_wait wait, void *record, weir_error *err);

/* ---- Results: parts of rows, and what is made of many --------------------------------------------------------------
 *
 *     typedef struct tally { int64_t user_id; int64_t posts; weir_opt_i64 views; } tally;
 *     WEIR_RECORD(tally)
 *     static const weir_field tally_fields[] = {
 *             WEIR_FIELD(tally, user_id),
 *             WEIR_FIELD(tally, posts, .aggregate = WEIR_COUNT),
 *             WEIR_FIELD(tally, views, .column = "views", .aggregate = WEIR_SUM),
 *     };
 *     static const weir_model tally_model = WEIR_RESULT(tally, tally_fields);
 *
 * A field without an aggregate is the column of that name (.column, or the member's); only the columns named are read.
 * A result with aggregates has one row for each different tuple of its other columns, or one in all without those. */

/* The rows of a query as structs of model, a WEIR_RESULT. Without aggregates and distinct the order is of the DAO's model, as
 * in get_all; else of the result's columns (then by all others that make rows different), and query.having may choose groups.
 * skip and limit count the result's rows. WEIR_ERR_MODEL names the field that does not fit: no such column, another type, a
 * NULL that it cannot hold (sums, averages and extremes are NULL where there are no values). A model lives as long as
 * the session. Cached as lists are, and invalidated with them. */
WEIR_API int weir_base_dao_get_all_into(const weir_base_dao *dao, const weir_query *query, const weir_model *model,
                                        void *list, weir_error *err);
WEIR_API int weir_base_dao_get_all_into_cached(const weir_base_dao *dao, const weir_query *query,
                                               const weir_model *model, void *list, weir_error *err);

/* A part of one row: WEIR_OK or WEIR_NOT_FOUND. The cached form takes it from the row's own entry in the cache. */
WEIR_API int weir_base_dao_get_by_id_into(const weir_base_dao *dao, const void *key, const weir_model *model,
                                          void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_id_into_cached(const weir_base_dao *dao, const void *key, const weir_model *model,
                                                 void *record, weir_error *err);

/* One value of all rows that match (the query's condition; skip, limit and the like must be 0). The column's .model may be
 * NULL for WEIR_COUNT. .has is false where there are no values. WEIR_ERR_MODEL: this aggregate of this column is no int8 (no
 * float8, no timestamptz). */
WEIR_API int weir_base_dao_aggregate_i64(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                         const weir_query *query, weir_opt_i64 *value, weir_error *err);
WEIR_API int weir_base_dao_aggregate_i64_cached(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                                const weir_query *query, weir_opt_i64 *value, weir_error *err);
WEIR_API int weir_base_dao_aggregate_f64(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                         const weir_query *query, weir_opt_f64 *value, weir_error *err);
WEIR_API int weir_base_dao_aggregate_f64_cached(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                                const weir_query *query, weir_opt_f64 *value, weir_error *err);
WEIR_API int weir_base_dao_aggregate_time(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                          const weir_query *query, weir_opt_time *value, weir_error *err);
WEIR_API int weir_base_dao_aggregate_time_cached(const weir_base_dao *dao, weir_aggregate aggregate, weir_column column,
                                                 const weir_query *query, weir_opt_time *value, weir_error *err);

/* How many different values, NULL not counted, a column has in the rows that match. */
WEIR_API int weir_base_dao_count_distinct(const weir_base_dao *dao, weir_column column, const weir_query *query,
                                          int64_t *count, weir_error *err);
WEIR_API int weir_base_dao_count_distinct_cached(const weir_base_dao *dao, weir_column column, const weir_query *query,
                                                 int64_t *count, weir_error *err);

/* ---- Streams ---------------------------------------------------------------------------------------------------------- */

/* What to do with a row: WEIR_OK goes on, above 0 stops, below 0 stops and is returned. The record is borrowed; retained, it
 * keeps the rows that came with it in memory. */
typedef int (*weir_each)(const void *record, void *argument, weir_error *err);

/* Calls each for every row of a query, in its order, in a memory that does not grow with their number: they come about a
 * megabyte at a time through a cursor of the server. A limit of 0 is none here, and max_limit does not count. All rows are
 * as they were when it began. Never cached; relations, locks and results are refused.
 *
 * It holds a connection while it runs: the transaction's, or one of the pool in a read only transaction of its own. On the
 * transaction `each` may run other statements but not end it, elsewhere it may use the session, which takes other connections.
 * The deadline is that of each part and does not count the time spent in `each`. WEIR_OK also after a stop. */
WEIR_API int weir_base_dao_each(const weir_base_dao *dao, const weir_query *query, weir_each each, void *argument,
                                weir_error *err);

/* ---- Pages ---------------------------------------------------------------------------------------------------------- */

/* Where the pages beside a page are. */
typedef struct weir_cursors {
	char *next;     /* the cursor of the page behind; NULL: there were no more rows when this one was read */
	char *previous; /* of the page before; NULL: this was the first */
	bool  has_more; /* is there a page behind? */
} weir_cursors;

#ifdef __cplusplus
#define WEIR_CURSORS_INIT                                                                                              \
	{                                                                                                                  \
	}
#else
#define WEIR_CURSORS_INIT                                                                                              \
	{                                                                                                                  \
		.next = NULL                                                                                                   \
	}
#endif

/* A page of a list, found by the values of the row beside it and not by counting: rows that come or go meanwhile neither
 * appear twice nor vanish, and the thousandth page costs as much as the first. cursor is NULL for the first page, else a
 * page's `next` or `previous`: URL-safe text that may go to a client and come back, with the same query (conditions, order,
 * model; the limit may change). The order is the query's, and behind it the primary key, so that equal rows have a place;
 * NULLs are where weir_nulls_first and weir_nulls_last say.
 *
 * *cursors is released, or WEIR_CURSORS_INIT; it may be the one that cursor is from. query->skip must be 0. WEIR_ERR_VALUE: the
 * cursor is not one of this query, or was changed. A cursor is no secret and no permission: what may be seen is for the
 * conditions to say. Give computed bounds (the last hour) a fixed value while paging. */
WEIR_API int weir_base_dao_get_page(const weir_base_dao *dao, const weir_query *query, const char *cursor, void *list,
                                    weir_cursors *cursors, weir_error *err);
WEIR_API int weir_base_dao_get_page_cached(const weir_base_dao *dao, const weir_query *query, const char *cursor,
                                           void *list, weir_cursors *cursors, weir_error *err);

/* Frees the cursors and empties it. NULL does nothing. */
WEIR_API void weir_cursors_release(weir_cursors *cursors);

#ifdef __cplusplus
}
#endif

#endif
