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

/* get_by_id in a transaction, which locks the row until that ends (weir_lock in query.h; lists lock by query.lock): WEIR_OK,
 * WEIR_NOT_FOUND (also of a row that WEIR_SKIP_LOCKED left out), WEIR_ERR_LOCKED, WEIR_ERR_USAGE outside a transaction. */
WEIR_API int weir_base_dao_get_by_id_locked(const weir_base_dao *dao, const void *key, weir_lock lock,
                                            weir_lock_wait wait, void *record, weir_error *err);

/* Where the pages beside a page are. */
typedef struct weir_cursors {
	char *next;     /* the cursor of the page behind; NULL: there were no more rows when this one was read */
	char *previous; /* of the page before; NULL: this was the first */
	bool  has_more; /* is there a page behind? */
} weir_cursors;

#ifdef __cplusplus
#define WEIR_CURSORS_INIT                                                                                                 \
	{                                                                                                              \
	}
#else
#define WEIR_CURSORS_INIT {.next = NULL}
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
