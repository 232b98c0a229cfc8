/* increment, update and delete of a row that is as it was seen, update of what differs. */
#include <weir/writing.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/write.h"
#include "db/writing.h"

/* Runs the statement in call->sql, which changes these columns of the row with this key; it becomes *record if the caller wants it. */
static int update_row(weir__call *call, const void *key, weir__mask changed, void *record)
{
	const void *written = NULL;
	weir__write write = { .collect = weir__collect_update, .key = key };
	size_t      rows = 0;
	int         rc = weir__call_write_sql(call, &write.sql);

	if (rc >= 0)
		rc = weir__write_renew(call, &write, changed, record ? &written : NULL, &rows);
	if (!weir__is_done(rc))
		return rc;
	if (record && rows > 0)
		weir__record_out_set(record, written);
	return rows > 0 ? rc : WEIR_NOT_FOUND;
}

/* ---- Increment --------------------------------------------------------------------------------------------------------- */

static bool is_number(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8 || type == WEIR_TYPE_FLOAT4 ||
	       type == WEIR_TYPE_FLOAT8 || type == WEIR_TYPE_NUMERIC;
}

static int check_amount(weir__call *call, size_t column, const weir_value *amount)
{
	const weir__layout *layout = call->entity->layout;
	const char         *wrong = NULL;
	int                 status = WEIR_ERR_USAGE;

	if (!is_number(layout->columns[column].type))
		wrong = "is no number and cannot be added to";
	else if ((layout->key_mask | layout->version_mask) >> column & 1)
		wrong = "is part of the primary key, or the version: it cannot be added to";
	else if (amount->is_null || (layout->columns[column].type == WEIR_TYPE_NUMERIC && !amount->as.text))
		wrong = "the amount to add is NULL", status = WEIR_ERR_VALUE;
	if (wrong)
		return weir__error_set_at(call->err, status, layout->model->name, layout->columns[column].member, "%s", wrong);
	return weir__value_check(layout, column, amount, call->err);
}

/* Sorts the amounts into the layout's order: amounts[i] of column i, then without gaps. */
static int take_amounts(weir__call *call, const weir_increments *given, weir_value *amounts, weir__mask *mask)
{
	const weir__layout *layout = call->entity->layout;
	size_t              count = 0;

	if (given->count == 0 || !given->items)
		return weir__wrong_call(call, "nothing to add");
	for (size_t i = 0; i < given->count; i++) {
		size_t column;
		int    rc = weir__check_column(call, given->items[i].column, &column);

		if (rc >= 0)
			rc = check_amount(call, column, &given->items[i].amount);
		if (rc < 0)
			return rc;
		if (*mask >> column & 1)
			return weir__error_set_at(call->err, WEIR_ERR_USAGE, layout->model->name, layout->columns[column].member,
			                          "is named twice");
		*mask |= (weir__mask)1 << column;
		amounts[column] = given->items[i].amount;
	}
	for (size_t i = 0; i < layout->column_count; i++)
		if (*mask >> i & 1)
			amounts[count++] = amounts[i];
	return WEIR_OK;
}

int weir_base_dao_increment(const weir_base_dao *dao, const void *key, weir_increments increments, void *record,
                            weir_error *err)
{
	weir_value       amounts[WEIR__COLUMNS_MAX];
	weir__increments sorted = { .mask = 0, .amounts = amounts };
	weir__call       call;
	int              rc = weir__call_start(&call, dao, "increment", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_key(&call, key);
	if (rc >= 0)
		rc = take_amounts(&call, &increments, amounts, &sorted.mask);
	if (rc >= 0)
		rc = weir__sql_increment(call.entity->statements, key, &sorted, weir__call_old(&call, sorted.mask), &call.sql,
		                         call.params, err);
	if (rc >= 0)
		rc = update_row(&call, key, sorted.mask, record);
	return weir__call_done(&call, rc);
}

/* ---- If unchanged ------------------------------------------------------------------------------------------------------ */

static int check_seen(weir__call *call, const void *seen)
{
	if (!call->entity->layout->version_mask)
		return weir__wrong_call(call, "has no .version field: nobody can tell whether a row has changed");
	return weir__check_key(call, seen);
}

/* No row had key and version: is it gone, or another one? */
static int tell_stale(weir__call *call, const void *seen)
{
	const void *now = NULL;
	int         rc = weir__read_by_id(call, seen, &now);

	if (rc != WEIR_OK)
		return rc;
	weir_record_release(now);
	return weir__error_set_at(call->err, WEIR_ERR_STALE, call->entity->model->name, NULL,
	                          "the row has changed since it was read; read it again");
}

int weir_base_dao_update_if_unchanged(const weir_base_dao *dao, const void *seen, const void *values, weir_set set,
                                      void *record, weir_error *err)
{
	weir__mask mask = 0;
	weir__call call;
	int        rc = weir__call_start(&call, dao, "update_if_unchanged", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = check_seen(&call, seen);
	if (rc >= 0)
		rc = weir__check_change(&call, values, &set, &mask);
	if (rc >= 0)
		rc = weir__sql_update_seen(call.entity->statements, seen, mask, values, weir__call_old(&call, mask), &call.sql,
		                           call.params, err);
	if (rc >= 0)
		rc = update_row(&call, seen, mask, record);
	if (rc == WEIR_NOT_FOUND)
		rc = tell_stale(&call, seen);
	return weir__call_done(&call, rc);
}

int weir_base_dao_delete_if_unchanged(const weir_base_dao *dao, const void *seen, weir_error *err)
{
	const weir__entity *entity = dao ? dao->entity : NULL;

	return entity && entity->cascades ? weir__cascade_delete_seen(dao, seen, err) : weir__delete_seen(dao, seen, err);
}

int weir__delete_seen(const weir_base_dao *dao, const void *seen, weir_error *err)
{
	weir__write write = { .collect = weir__collect_delete, .key = seen };
	size_t      deleted = 0;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, "delete_if_unchanged", err);

	if (rc >= 0)
		rc = check_seen(&call, seen);
	if (rc >= 0)
		rc = weir__sql_delete_seen(call.entity->statements, seen, &call.sql, call.params, err);
	if (rc >= 0)
		rc = weir__call_write_sql(&call, &write.sql);
	if (rc >= 0)
		rc = weir__write_run(&call, &write, &deleted);
	if (weir__is_done(rc) && deleted == 0)
		rc = WEIR_NOT_FOUND;
	if (rc == WEIR_NOT_FOUND)
		rc = tell_stale(&call, seen);
	return weir__call_done(&call, rc);
}

/* ---- What differs ------------------------------------------------------------------------------------------------------ */

int weir_base_dao_update_where_returning(const weir_base_dao *dao, weir_condition where, const void *values,
                                         weir_set set, void *list, weir_error *err)
{
	weir_list   written = WEIR_LIST_INIT;
	weir__write write = { .collect = weir__collect_many, .list = &written };
	weir__mask  mask = 0;
	size_t      rows;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, "update_where_returning", err);

	if (rc >= 0)
		rc = weir__check_list_out(&call, list);
	if (rc >= 0)
		rc = weir__check_where(&call, &where);
	if (rc >= 0)
		rc = weir__check_change(&call, values, &set, &mask);
	if (rc >= 0)
		call.old = mask & call.entity->layout->unique_mask;
	if (rc >= 0)
		rc = weir__sql_update_differing(call.entity->statements, &where, mask, values, call.old, &call.sql, call.params,
		                                err);
	if (rc >= 0)
		rc = weir__call_sql(&call, &write.sql);
	if (rc >= 0)
		rc = weir__write_run(&call, &write, &rows);
	if (weir__is_done(rc))
		weir__list_out_set(list, &written);
	return weir__call_done(&call, rc);
}
