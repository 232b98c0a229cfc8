/* base_dao: create, read, update and delete for any registered model.
 *
 * A base_dao is a model bound to a session; a DAO of a model is a struct around it with typed functions of one line
 * (include/blog/user_dao.h). It is a plain value: make as many as you like, there is nothing to release, and setting
 * timeout_ms on a copy gives its calls a deadline of their own. As free-threaded as its session.
 *
 * Untyped pointers, the same in all functions:
 *   key      a struct of the model with its primary key members set; the others are not looked at
 *   values   a struct of the model; only the columns of the set are looked at
 *   record   the address of a `const <model> *` that is NULL; receives a reference, release it
 *   list     the address of a `<model>_list` (or weir_list) that is empty; release it
 *
 * Statuses that any of them may return: WEIR_ERR_USAGE (a wrong call: unknown column, negative limit, a column of another
 * model), WEIR_ERR_CLOSED, WEIR_ERR_FORKED, WEIR_ERR_NO_MEMORY, WEIR_ERR_TIMEOUT, WEIR_ERR_CONNECT,
 * WEIR_ERR_CONNECTION_LOST and the other errors of a server (status.h). After an error the out parameters are as
 * they were and nothing has been changed, unless err->effect says otherwise. The cached functions never fail because of
 * the cache: whatever is wrong with it, the database answers.
 */
#ifndef WEIR_BASE_DAO_H
#define WEIR_BASE_DAO_H

#include <weir/query.h>
#include <weir/record.h>
#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_base_dao {
	weir_session     *session;
	const weir_model *model;
	const void       *entity;     /* the library's: the model as the session knows it, NULL if it does not */
	int               timeout_ms; /* deadline of each call; 0: the session's */
	int               fresh_ms;   /* of its cached reads: 0, milliseconds, WEIR_STRONG or WEIR_BYPASS (session.h) */
} weir_base_dao;

/* A model's DAO. No I/O; works before any server is reachable. A model that the session does not know is reported by
 * the first call (WEIR_ERR_USAGE). */
WEIR_API weir_base_dao weir_get_dao(weir_session *session, const weir_model *model);

/* Inserts a row with the columns of set, the others getting the database's defaults, and returns it as stored (record
 * may be NULL).
 * WEIR_ERR_UNIQUE, WEIR_ERR_FOREIGN_KEY, WEIR_ERR_NOT_NULL, WEIR_ERR_CHECK (err.constraint), WEIR_ERR_VALUE. WEIR_NOT_FOUND: a
 * trigger of the table has kept the row from being inserted; what else it did is undone too. */
WEIR_API int weir_base_dao_create(const weir_base_dao *dao, const void *values, weir_set set, void *record,
                                  weir_error *err);

/* Inserts count rows from an array of structs in one transaction: all or none. The list has them in the order given;
 * NULL for list returns none, which is faster, and from some hundred rows on by COPY. err.row and the message name the row
 * that was refused, where that can be known: a value that does not fit always; what the server refuses by its key (unique,
 * foreign key), and otherwise outside a transaction or by COPY. */
WEIR_API int weir_base_dao_create_many(const weir_base_dao *dao, const void *values, size_t count, weir_set set,
                                       void *list, weir_error *err);

/* The row with this primary key: WEIR_OK or WEIR_NOT_FOUND. */
WEIR_API int weir_base_dao_get_by_id(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_id_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err);

/* Several rows by primary key, in one query: list.items[i] belongs to keys[i] and is NULL where there is no row; the
 * same key twice gives the same record twice. For a model with one primary key column keys is an array of that member's
 * type (int64_t ids[]), else an array of structs of the model. The cached form asks the cache in one round trip and
 * the database once for what is missing. */
WEIR_API int weir_base_dao_get_many(const weir_base_dao *dao, const void *keys, size_t count, void *list,
                                    weir_error *err);
/* get_many, through the cache. */
WEIR_API int weir_base_dao_get_many_cached(const weir_base_dao *dao, const void *keys, size_t count, void *list,
                                           weir_error *err);

/* The row whose unique column has the value that it has in `values`: WEIR_OK or WEIR_NOT_FOUND (a NULL finds nothing).
 * The column must be declared .unique or be the whole primary key. */
WEIR_API int weir_base_dao_get_by(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                                  weir_error *err);
/* get_by, through the cache. */
WEIR_API int weir_base_dao_get_by_cached(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                                         weir_error *err);

/* The rows of a query, with the relations that it names; NULL is WEIR_QUERY(): the first 100 by primary key. */
WEIR_API int weir_base_dao_get_all(const weir_base_dao *dao, const weir_query *query, void *list, weir_error *err);
WEIR_API int weir_base_dao_get_all_cached(const weir_base_dao *dao, const weir_query *query, void *list,
                                          weir_error *err);

/* get_by_id and get_many with relations (WEIR_WITH in query.h, weir_related_loaded in relation.h), as a list that owns what was
 * loaded. by_id: WEIR_OK and a list of one record, or WEIR_NOT_FOUND. */
WEIR_API int weir_base_dao_get_by_id_with(const weir_base_dao *dao, const void *key, weir_with with, void *list,
                                          weir_error *err);
/* get_by_id_with, rows and relations through the cache. */
WEIR_API int weir_base_dao_get_by_id_with_cached(const weir_base_dao *dao, const void *key, weir_with with, void *list,
                                                 weir_error *err);
/* get_many, and the relations of the rows that there are. */
WEIR_API int weir_base_dao_get_many_with(const weir_base_dao *dao, const void *keys, size_t count, weir_with with,
                                         void *list, weir_error *err);
/* get_many_with, rows and relations through the cache. */
WEIR_API int weir_base_dao_get_many_with_cached(const weir_base_dao *dao, const void *keys, size_t count,
                                                weir_with with, void *list, weir_error *err);

/* How many rows. Without skip and limit all that match; with them, as many as the list would have. */
WEIR_API int weir_base_dao_count(const weir_base_dao *dao, const weir_query *query, int64_t *count, weir_error *err);
WEIR_API int weir_base_dao_count_cached(const weir_base_dao *dao, const weir_query *query, int64_t *count,
                                        weir_error *err);

/* Is there a row that matches? */
WEIR_API int weir_base_dao_exists(const weir_base_dao *dao, const weir_query *query, bool *exists, weir_error *err);
WEIR_API int weir_base_dao_exists_cached(const weir_base_dao *dao, const weir_query *query, bool *exists,
                                         weir_error *err);

/* Sets the columns of set and returns the row as it then is; record may be NULL. An empty set reads the row. auto_now
 * columns move only if another column changed. WEIR_OK or WEIR_NOT_FOUND (nothing was changed), or as create. Primary
 * key columns may not be set. */
WEIR_API int weir_base_dao_update(const weir_base_dao *dao, const void *key, const void *values, weir_set set,
                                  void *record, weir_error *err);

/* Updates every row that matches; *updated (may be NULL) says how many. The condition is required: weir_everything()
 * says every row. */
WEIR_API int weir_base_dao_update_where(const weir_base_dao *dao, weir_condition where, const void *values,
                                        weir_set set, int64_t *updated, weir_error *err);

/* Deletes the row; *deleted (may be NULL) says whether there was one. WEIR_ERR_FOREIGN_KEY if others refer to it, unless a
 * relation cascades (relation.h): then those are deleted first, in the same transaction. */
WEIR_API int weir_base_dao_delete(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err);

/* Deletes every row that matches; the condition as above. */
WEIR_API int weir_base_dao_delete_where(const weir_base_dao *dao, weir_condition where, int64_t *deleted,
                                        weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
