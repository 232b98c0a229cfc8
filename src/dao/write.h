/* Writes: one statement, what it touched, and the invalidation around its COMMIT. */
#ifndef WEIR_DAO_WRITE_H
#define WEIR_DAO_WRITE_H

#include "dao/renewal.h"
#include "db/copy.h"

/* Adds what the statement's rows say was touched. */
typedef int (*weir__collect)(weir__call *call, const weir__rows *rows, weir__touches *touches);

/* A statement that changes rows. record and list, where not NULL, receive the first row or all rows as records. */
typedef struct weir__write {
	weir__sql         sql;
	weir__collect     collect;
	bool              always; /* it touches even if it returns no row */
	const void      **record;
	weir_list        *list;
	const weir__copy *copy;      /* instead of sql */
	weir__blame      *blame;     /* where not NULL: what the server said of the row that it failed for */
	const void       *key;       /* a struct with the key of the only row that it can change; NULL: not known */
	bool              is_narrow; /* it changes one row and, but for triggers, no other */
	weir__renewal    *renewal;   /* of that row; or NULL */
} weir__write;

/* Runs it. In a transaction its touches wait for the outermost COMMIT; else it is a transaction of its own. A statement
 * that returns no row has changed nothing and invalidates nothing. *changed is the number of rows returned. Unless it is
 * done (weir__is_done) record and list are as they were. */
int weir__write_run(weir__call *call, const weir__write *write, size_t *changed);

/* The same without company (group.h). */
int weir__write_alone(weir__call *call, const weir__write *write, size_t *changed);

/* The same of the row with this key, whose columns `changed` it changes: renews what is near of it. *record, where record is not NULL,
 * receives the row. */
int weir__write_renew(weir__call *call, weir__write *write, weir__mask changed, const void **record, size_t *rows);

/* Its parts. _take is everything that can fail between the statement and COMMIT: collecting what it touched, making records of its rows;
 * _drop releases these. */
int  weir__write_take(weir__call *call, const weir__write *write, const weir__rows *rows, weir__touches *touches);
void weir__write_drop(const weir__write *write);

/* Deletes a row; and one with all that its cascading relations lead to, in one transaction (cascade.c). */
int weir__delete_row(const weir_base_dao *dao, const void *key, bool really, bool *deleted, weir_error *err);
int weir__cascade_delete(const weir_base_dao *dao, const void *key, bool really, bool *deleted, weir_error *err);

/* The same if the row has still the version of `seen`: as weir_base_dao_delete_if_unchanged. */
int weir__delete_seen(const weir_base_dao *dao, const void *seen, weir_error *err);
int weir__cascade_delete_seen(const weir_base_dao *dao, const void *seen, weir_error *err);
int weir__delete_where(const weir_base_dao *dao, const weir_condition *where, bool really, int64_t *deleted,
                       weir_error *err);

/* What kinds of write touch. Rows begin with all columns of the layout, but those of _where with the key columns and the unique ones.
 * _keyed: under a key that the caller gave. _update, _many and _where: with the columns call->old after them. _many: any rows, made or
 * changed. */
int weir__collect_create(weir__call *call, const weir__rows *rows, weir__touches *touches);
int weir__collect_create_keyed(weir__call *call, const weir__rows *rows, weir__touches *touches);
int weir__collect_update(weir__call *call, const weir__rows *rows, weir__touches *touches);
int weir__collect_delete(weir__call *call, const weir__rows *rows, weir__touches *touches);
int weir__collect_many(weir__call *call, const weir__rows *rows, weir__touches *touches);
int weir__collect_where(weir__call *call, const weir__rows *rows, weir__touches *touches);

/* The pointers from the values that the rows have in a unique column, at this place of theirs. */
int weir__collect_pointers_at(weir__call *call, const weir__rows *rows, size_t place, size_t column,
                              weir__touches *touches);

/* The pointers of what columns were, in texts as weir__sql_upsert returns them, from `first` on; that is of all rows, or of one. */
int weir__collect_old_texts(weir__call *call, const weir__rows *rows, size_t first, weir__mask columns,
                            weir__touches *touches);

/* What is touched by inserting the masked columns of count structs. */
int weir__collect_given(weir__call *call, const void *values, size_t count, weir__mask mask, weir__touches *touches);

/* As _where, with the key columns of the rows at these places, and without unique ones. */
int weir__collect_keys_at(weir__call *call, const weir__rows *rows, const size_t *places, weir__touches *touches);

#endif
