/* upsert, upsert_many, get_or_create. What an upsert has updated is not known as it was before; so where it may have moved
 * a row from one stamp to another, all lists of the table are invalidated (bulk).
 *
 * ON CONFLICT (a) is free of races as to `a` only: two writers of rows that are the same in `a` and in another unique column
 * can meet in the index of the other one first, and one of them gets a unique violation. So get_or_create asks for any
 * conflict at first, and an upsert that is a transaction of its own is repeated. */
#include <weir/writing.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/write.h"
#include "db/writing.h"

#include <string.h>

#define ATTEMPTS        16 /* of get_or_create, whose row was there for the insert and gone for the read */
#define ATTEMPTS_HIDDEN 4  /* the same where a deleted row that nobody sees may be in the way */
#define ANY_CONFLICT    2  /* so many of them meet any unique constraint; the others are told of those beside `on` */
#define UPSERT_ATTEMPTS 3

/* A call, and what its statement said. */
typedef struct upserting {
	weir__call     call; /* first: collect gets its address */
	weir__conflict conflict;
	weir__mask     mask;
	bool           created;
	bool           in_dark; /* it changes unique values that cannot be told */
} upserting;

/* ---- Checks ------------------------------------------------------------------------------------------------------------ */

static int wrong_column(upserting *u, size_t column, int status, const char *what)
{
	const weir__layout *layout = u->call.entity->layout;

	return weir__error_set_at(u->call.err, status, layout->model->name, layout->columns[column].member, "%s", what);
}

static int check_target(upserting *u, const weir_upsert *upsert)
{
	const weir__layout *layout = u->call.entity->layout;
	size_t              column;
	int                 rc;

	u->conflict.target = layout->key_mask;
	if (!upsert->on.model)
		return WEIR_OK;
	rc = weir__check_column(&u->call, upsert->on, &column);
	if (rc < 0)
		return rc;
	u->conflict.target = (weir__mask)1 << column;
	if (!layout->columns[column].unique && layout->key_mask != u->conflict.target)
		return wrong_column(u, column, WEIR_ERR_USAGE, "is not declared unique");
	return WEIR_OK;
}

/* Each row must say which one it is. */
static int check_target_values(upserting *u, const char *values, size_t count)
{
	const weir__layout *layout = u->call.entity->layout;

	for (size_t i = 0; i < layout->column_count; i++) {
		if (!(u->conflict.target >> i & 1))
			continue;
		if (!(u->mask >> i & 1))
			return wrong_column(u, i, WEIR_ERR_USAGE, "makes two rows the same and must be in the set");
		for (size_t row = 0; row < count; row++)
			if (weir__layout_get(layout, i, values + row * layout->model->size).is_null)
				return wrong_column(u, i, WEIR_ERR_VALUE, "is NULL, which is the same as in no other row");
	}
	return WEIR_OK;
}

/* The unique values that an update may replace: their pointers go with it. */
static void note_old(upserting *u)
{
	const weir__layout *layout = u->call.entity->layout;
	weir__mask          replaced = u->conflict.update & layout->unique_mask;

	for (size_t i = 0; i < layout->column_count; i++) {
		weir_type type = layout->columns[i].type;

		if (!(replaced >> i & 1))
			continue;
		if (type == WEIR_TYPE_TEXT || type == WEIR_TYPE_UUID || type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 ||
		    type == WEIR_TYPE_INT8)
			u->conflict.old |= (weir__mask)1 << i;
		else
			u->in_dark = true;
	}
}

/* rows: of an update, which has left what was there from column `first` on. */
static int collect_old(upserting *u, const weir__rows *rows, size_t first, weir__touches *touches)
{
	int rc = weir__collect_old_texts(&u->call, rows, first, u->conflict.old, touches);

	return rc >= 0 && u->in_dark ? weir__touches_add_all(touches, u->call.entity->space) : rc;
}

static int check_update(upserting *u, const weir_upsert *upsert)
{
	const weir__layout *layout = u->call.entity->layout;
	weir__mask          fixed = layout->key_mask | layout->version_mask;
	int                 rc;

	u->conflict.update = u->mask & ~(fixed | u->conflict.target);
	if (upsert->update.model) {
		rc = weir__layout_mask(layout, &upsert->update, &u->conflict.update, u->call.err);
		if (rc < 0)
			return rc;
	}
	if (u->conflict.update & fixed)
		return weir__wrong_call(&u->call, "the primary key and the version cannot be updated");
	if (u->conflict.update & ~u->mask)
		return weir__wrong_call(&u->call, "a column to update has no value: it must be in the set too");
	if (u->conflict.update == 0)
		return weir__wrong_call(&u->call, "no columns to update; get_or_create leaves a row as it is");
	note_old(u);
	return WEIR_OK;
}

static int check(upserting *u, const void *values, size_t count, const weir_upsert *upsert)
{
	int rc;

	if (!upsert)
		return weir__wrong_call(&u->call, "what to insert and what makes rows the same is missing");
	rc = check_target(u, upsert);
	if (rc >= 0)
		rc = weir__check_values(&u->call, values, count, &upsert->set, &u->mask);
	if (rc >= 0)
		rc = check_target_values(u, values, count);
	return rc;
}

/* ---- Upsert ------------------------------------------------------------------------------------------------------------ */

static int collect_upsert(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	upserting *u = (upserting *)(void *)call;
	weir_value created = { 0 };
	int rc = weir__rows_value(rows, 0, call->entity->layout->column_count, WEIR_TYPE_BOOL, &created, NULL, call->err);

	if (rc >= 0)
		rc = weir__collect_delete(call, rows, touches); /* the record, any, its stamps */
	if (rc >= 0 && !created.as.boolean && u->conflict.update & call->entity->stamped_mask)
		rc = weir__touches_add_bulk(touches, call->entity->space);
	if (rc >= 0 && !created.as.boolean)
		rc = collect_old(u, rows, call->entity->layout->column_count + 1, touches);
	u->created = created.as.boolean;
	return rc;
}

/* Runs what call->sql holds. */
static int run(upserting *u, weir__write *write, size_t *rows)
{
	int attempts = u->call.session->transaction || !u->conflict.update ? 1 : UPSERT_ATTEMPTS;
	int rc = weir__call_sql(&u->call, &write->sql);

	if (rc < 0)
		return rc;
	do
		rc = weir__write_run(&u->call, write, rows);
	while (rc == WEIR_ERR_UNIQUE && --attempts > 0);
	return rc;
}

int weir_base_dao_upsert(const weir_base_dao *dao, const void *values, const weir_upsert *upsert, void *record,
                         bool *created, weir_error *err)
{
	const void *written = NULL;
	weir__write write = { .collect = collect_upsert, .record = record ? &written : NULL };
	upserting   u = { .mask = 0 };
	size_t      rows = 0;
	int         rc = weir__call_start(&u.call, dao, "upsert", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&u.call, record);
	if (rc >= 0)
		rc = check(&u, values, 1, upsert);
	if (rc >= 0)
		rc = check_update(&u, upsert);
	if (rc >= 0)
		rc = weir__sql_upsert(u.call.entity->statements, u.mask, &u.conflict, values, &u.call.sql, u.call.params, err);
	if (rc >= 0)
		rc = run(&u, &write, &rows);
	if (weir__is_done(rc) && rows > 0 && record)
		weir__record_out_set(record, written);
	if (weir__is_done(rc) && rows > 0 && created)
		*created = u.created;
	return weir__call_done(&u.call, rc == WEIR_OK && rows == 0 ? WEIR_NOT_FOUND : rc);
}

/* ---- Many -------------------------------------------------------------------------------------------------------------- */

#define SAME_ROW_TWICE "21000"

static int collect_many(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = weir__collect_many(call, rows, touches);

	return rc < 0 ? rc : collect_old((upserting *)(void *)call, rows, call->entity->layout->column_count, touches);
}

static int collect_keys(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;
	int                 rc = weir__collect_where(call, rows, touches);
	size_t              width = 0;

	for (weir__mask columns = layout->key_mask | layout->unique_mask; columns; columns &= columns - 1)
		width++;
	return rc < 0 ? rc : collect_old((upserting *)(void *)call, rows, width, touches);
}

static int run_many(upserting *u, void *list)
{
	weir_list   written = WEIR_LIST_INIT;
	weir__write write = { .collect = list ? collect_many : collect_keys, .list = list ? &written : NULL };
	weir_error  own = WEIR_ERROR_INIT;
	size_t      rows;
	int         rc;

	if (!u->call.err)
		u->call.err = &own;
	rc = run(u, &write, &rows);
	if (rc < 0 && strcmp(u->call.err->sqlstate, SAME_ROW_TWICE) == 0)
		return weir__error_set_at(u->call.err, WEIR_ERR_VALUE, u->call.entity->model->name, NULL,
		                          "two of the rows given are the same row");
	if (weir__is_done(rc) && list)
		weir__list_out_set(list, &written);
	return rc;
}

int weir_base_dao_upsert_many(const weir_base_dao *dao, const void *values, size_t count, const weir_upsert *upsert,
                              void *list, weir_error *err)
{
	upserting u = { .mask = 0 };
	int       rc = weir__call_start(&u.call, dao, "upsert_many", err);

	if (rc >= 0 && list)
		rc = weir__check_list_out(&u.call, list);
	if (rc >= 0)
		rc = check(&u, values, count, upsert);
	if (rc >= 0)
		rc = check_update(&u, upsert);
	if (rc < 0 || count == 0)
		goto cleanup;
	rc = weir__sql_upsert_many(u.call.entity->statements, u.mask, &u.conflict, values, count, !list, &u.call.sql,
	                           u.call.params, err);
	if (rc >= 0)
		rc = run_many(&u, list);
cleanup:
	return weir__call_done(&u.call, rc);
}

/* ---- Get or create ----------------------------------------------------------------------------------------------------- */

static int read_same(upserting *u, const void *values, const void **record)
{
	const weir__layout *layout = u->call.entity->layout;
	size_t              column = 0;
	weir_value          value;

	if (u->conflict.target == layout->key_mask)
		return weir__read_by_id(&u->call, values, record);
	while (!(u->conflict.target >> column & 1))
		column++;
	value = weir__layout_get(layout, column, values);
	return weir__read_by(&u->call, column, &value, record);
}

static int insert_unless_there(upserting *u, const void *values, bool any_conflict, const void **record)
{
	const weir__conflict any = { .target = 0 };
	weir__write          write = { .collect = weir__collect_create_keyed, .record = record };
	size_t               rows = 0;
	int                  rc;

	weir__params_clear(u->call.params);
	weir__buffer_clear(&u->call.sql);
	rc = weir__sql_upsert(u->call.entity->statements, u->mask, any_conflict ? &any : &u->conflict, values, &u->call.sql,
	                      u->call.params, u->call.err);
	if (rc >= 0)
		rc = run(u, &write, &rows);
	u->created = weir__is_done(rc) && rows > 0;
	return rc;
}

/* A row that came in between is there for the next read, unless it has gone again. */
static int get_or_create(upserting *u, const void *values, const void **record)
{
	const weir__layout *layout = u->call.entity->layout;

	for (int i = 0; i < (layout->deleted_mask ? ATTEMPTS_HIDDEN : ATTEMPTS); i++) {
		int rc = read_same(u, values, record);

		if (rc != WEIR_NOT_FOUND)
			return rc;
		rc = insert_unless_there(u, values, i < ANY_CONFLICT, record);
		if (rc < 0 || u->created)
			return rc;
	}
	if (layout->deleted_mask)
		return weir__error_set_at(u->call.err, WEIR_ERR_UNIQUE, layout->model->name, NULL,
		                          "a row with this value is deleted, and the constraint is of deleted rows too");
	return weir__error_set_at(u->call.err, WEIR_ERR_SERIALIZATION, u->call.entity->model->name, NULL,
	                          "rows with this value come and go all the time");
}

int weir_base_dao_get_or_create(const weir_base_dao *dao, const void *values, const weir_upsert *upsert, void *record,
                                bool *created, weir_error *err)
{
	const void *found = NULL;
	upserting   u = { .mask = 0 };
	int         rc = weir__call_start(&u.call, dao, "get_or_create", err);

	if (rc >= 0)
		rc = weir__check_record_out(&u.call, record);
	if (rc >= 0)
		rc = check(&u, values, 1, upsert);
	if (rc >= 0)
		rc = get_or_create(&u, values, &found);
	if (weir__is_done(rc))
		weir__record_out_set(record, found);
	if (weir__is_done(rc) && created)
		*created = u.created;
	return weir__call_done(&u.call, rc);
}
