/* base_dao: the checks that every call needs, and then one of the reads or writes of this room. Nothing is sent before the whole
 * call has been found right. */
#include <weir/base_dao.h>

#include "base/error.h"
#include "dao/call.h"
#include "dao/eager.h"
#include "dao/write.h"

weir_base_dao weir_get_dao(weir_session *session, const weir_model *model)
{
	weir_base_dao dao = { .session = session, .model = model };

	if (session && model)
		dao.entity = weir__registry_find(&session->engine->registry, model);
	return dao;
}

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

static int wrong_call(weir__call *call, const char *what)
{
	return weir__error_set_at(call->err, WEIR_ERR_USAGE, call->entity->model->name, NULL, "%s", what);
}

static bool is_checked_out(void)
{
#ifdef NDEBUG
	return false;
#else
	return true;
#endif
}

static int check_record_out(weir__call *call, const void *record)
{
	if (!record)
		return wrong_call(call, "nowhere to put the record");
	if (is_checked_out() && !weir__record_out_is_empty(record))
		return wrong_call(call, "the record's pointer must be NULL before the call: what it holds would be lost");
	return WEIR_OK;
}

static int check_list_out(weir__call *call, const void *list)
{
	if (!list)
		return wrong_call(call, "nowhere to put the list");
	if (is_checked_out() && !weir__list_out_is_empty(list))
		return wrong_call(call, "the list must be empty before the call: what it holds would be lost");
	return WEIR_OK;
}

static int check_query(weir__call *call, const weir_query *query)
{
	return query ? weir__query_check(call->entity->layout, query, call->session->engine->max_limit, call->err)
	             : WEIR_OK;
}

/* A condition of an update or delete: there must be one. */
static int check_where(weir__call *call, const weir_condition *where)
{
	weir_query query = { .where = *where };

	if (where->op == WEIR_OP_NONE)
		return wrong_call(call, "no condition; weir_everything() says that every row is meant");
	return check_query(call, &query);
}

/* The columns that a write gives values for, each of which must fit. count structs. */
static int check_values(weir__call *call, const void *values, size_t count, const weir_set *set, weir__mask *mask)
{
	const weir__layout *layout = call->entity->layout;
	int                 rc;

	if (!values && count > 0)
		return wrong_call(call, "no values were given");
	rc = weir__layout_mask(layout, set, mask, call->err);
	for (size_t row = 0; rc >= 0 && row < count; row++) {
		const char *record = (const char *)values + row * layout->model->size;

		for (size_t i = 0; rc >= 0 && i < layout->column_count; i++) {
			weir_value value;

			if (!(*mask >> i & 1))
				continue;
			value = weir__layout_get(layout, i, record);
			rc = weir__value_check(layout, i, &value, call->err);
		}
	}
	return rc;
}

static int check_change(weir__call *call, const void *values, const weir_set *set, weir__mask *mask)
{
	int rc = check_values(call, values, 1, set, mask);

	if (rc >= 0 && *mask & call->entity->layout->key_mask)
		return wrong_call(call, "primary key columns cannot be updated");
	return rc;
}

/* The column to look up by, which must be unique, and its value in the struct. */
static int check_unique(weir__call *call, weir_column column, const void *values, size_t *index, weir_value *value)
{
	const weir__layout *layout = call->entity->layout;
	int                 found = column.model && weir__layout_is_of(layout, column.model)
	                              ? weir__layout_find(layout, column.offset)
	                              : -1;

	if (found < 0)
		return wrong_call(call, "the column to look up by is not of this model");
	if (!values)
		return wrong_call(call, "no value was given");
	*index = (size_t)found;
	if (!layout->columns[found].unique && layout->key_mask != (weir__mask)1 << found)
		return weir__error_set_at(call->err, WEIR_ERR_USAGE, layout->model->name, layout->columns[found].name,
		                          "is not declared unique");
	*value = weir__layout_get(layout, *index, values);
	return value->is_null ? WEIR_NOT_FOUND : weir__value_check(layout, *index, value, call->err);
}

static int check_key(weir__call *call, const void *key)
{
	int rc = weir__call_add_key(call, key);

	weir__params_clear(call->params);
	return rc;
}

/* ---- Reads ----------------------------------------------------------------------------------------------------- */

static int get_by_id(const weir_base_dao *dao, const void *key, void *record, bool cached, weir_error *err)
{
	const void *found = NULL;
	weir__call  call;
	int         rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_record_out(&call, record);
	if (rc >= 0)
		rc = check_key(&call, key);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_by_id(&call, key, &found)
		                                           : weir__read_by_id(&call, key, &found);
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_get_by_id(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	return get_by_id(dao, key, record, false, err);
}

int weir_base_dao_get_by_id_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	return get_by_id(dao, key, record, true, err);
}

static int get_by(const weir_base_dao *dao, weir_column column, const void *values, void *record, bool cached,
                  weir_error *err)
{
	const void *found = NULL;
	weir_value  value;
	size_t      index = 0;
	weir__call  call;
	int         rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_record_out(&call, record);
	if (rc >= 0)
		rc = check_unique(&call, column, values, &index, &value);
	if (rc == WEIR_OK)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_by(&call, index, &value, &found)
		                                           : weir__read_by(&call, index, &value, &found);
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_get_by(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                         weir_error *err)
{
	return get_by(dao, column, values, record, false, err);
}

int weir_base_dao_get_by_cached(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                                weir_error *err)
{
	return get_by(dao, column, values, record, true, err);
}

static int check_keys(weir__call *call, const weir__keys *keys)
{
	if (!keys->items && keys->count > 0)
		return wrong_call(call, "no keys were given");
	if (keys->count > (size_t)call->session->engine->max_limit)
		return weir__error_set_at(call->err, WEIR_ERR_LIMIT, call->entity->model->name, NULL,
		                          "%zu keys, max_limit is %lld", keys->count,
		                          (long long)call->session->engine->max_limit);
	for (size_t i = 0; i < keys->count; i++) {
		int rc = check_key(call, weir__keys_struct(keys, i));

		if (rc < 0)
			return rc;
	}
	return WEIR_OK;
}

static int get_many(const weir_base_dao *dao, const void *items, size_t count, void *list, bool cached, weir_error *err)
{
	weir_list  found = WEIR_LIST_INIT;
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_list_out(&call, list);
	if (rc >= 0) {
		weir__keys keys = { call.entity->layout, items, count };

		rc = check_keys(&call, &keys);
		if (rc >= 0)
			rc = weir__get_many(&call, &keys, cached && weir__call_is_cached(&call), &found);
	}
	if (rc >= 0)
		weir__list_out_set(list, &found);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_get_many(const weir_base_dao *dao, const void *keys, size_t count, void *list, weir_error *err)
{
	return get_many(dao, keys, count, list, false, err);
}

int weir_base_dao_get_many_cached(const weir_base_dao *dao, const void *keys, size_t count, void *list, weir_error *err)
{
	return get_many(dao, keys, count, list, true, err);
}

static int get_all(const weir_base_dao *dao, const weir_query *query, void *list, bool cached, weir_error *err)
{
	weir_list  found = WEIR_LIST_INIT;
	weir__plan plan = { .count = 0 };
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_list_out(&call, list);
	if (rc >= 0)
		rc = check_query(&call, query);
	if (rc >= 0 && query && query->with.count > 0)
		rc = weir__plan_create(&call, &query->with, &plan);
	if (rc >= 0 && query && query->limit == WEIR_NO_ROWS)
		rc = weir__list_create_of(call.entity->model, 0, &found);
	else if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_list(&call, query, &found)
		                                           : weir__read_list(&call, query, &found);
	if (rc >= 0 && plan.count > 0)
		rc = weir__eager_load(&call, &plan, cached, &found);
	if (rc >= 0)
		weir__list_out_set(list, &found);
	else
		weir_list_release(&found);
	weir__plan_release(&plan);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_get_all(const weir_base_dao *dao, const weir_query *query, void *list, weir_error *err)
{
	return get_all(dao, query, list, false, err);
}

int weir_base_dao_get_all_cached(const weir_base_dao *dao, const weir_query *query, void *list, weir_error *err)
{
	return get_all(dao, query, list, true, err);
}

static int count_rows(const weir_base_dao *dao, const weir_query *query, int64_t *count, bool cached, weir_error *err)
{
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0 && !count)
		rc = wrong_call(&call, "nowhere to put the count");
	if (rc >= 0)
		rc = check_query(&call, query);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_count(&call, query, count)
		                                           : weir__read_count(&call, query, count);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_count(const weir_base_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return count_rows(dao, query, count, false, err);
}

int weir_base_dao_count_cached(const weir_base_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return count_rows(dao, query, count, true, err);
}

static int any_row(const weir_base_dao *dao, const weir_query *query, bool *exists, bool cached, weir_error *err)
{
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0 && !exists)
		rc = wrong_call(&call, "nowhere to put the answer");
	if (rc >= 0)
		rc = check_query(&call, query);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_exists(&call, query, exists)
		                                           : weir__read_exists(&call, query, exists);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_exists(const weir_base_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return any_row(dao, query, exists, false, err);
}

int weir_base_dao_exists_cached(const weir_base_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return any_row(dao, query, exists, true, err);
}

/* ---- Writes ---------------------------------------------------------------------------------------------------- */

/* Runs the statement in call->sql; its row, if the caller wants it, becomes *record. */
static int write_record(weir__call *call, weir__collect collect, void *record)
{
	const void *written = NULL;
	weir__write write = { .collect = collect, .record = record ? &written : NULL };
	size_t      changed = 0;
	int         rc = weir__call_sql(call, &write.sql);

	if (rc >= 0)
		rc = weir__write_run(call, &write, &changed);
	if (rc < 0)
		return rc;
	if (record && changed > 0)
		weir__record_out_set(record, written);
	return changed > 0 ? WEIR_OK : WEIR_NOT_FOUND;
}

int weir_base_dao_create(const weir_base_dao *dao, const void *values, weir_set set, void *record, weir_error *err)
{
	weir__mask mask = 0;
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0 && record)
		rc = check_record_out(&call, record);
	if (rc >= 0)
		rc = check_values(&call, values, 1, &set, &mask);
	if (rc >= 0)
		rc = weir__sql_insert(call.entity->statements, mask, values, &call.sql, call.params, err);
	if (rc >= 0)
		rc = write_record(&call, weir__collect_create, record);
	weir__call_end(&call);
	return rc;
}

static int write_list(weir__call *call, void *list)
{
	weir_list   written = WEIR_LIST_INIT;
	weir__write write = { .collect = weir__collect_create_many, .always = true, .list = list ? &written : NULL };
	size_t      changed;
	int         rc = weir__call_sql(call, &write.sql);

	if (rc >= 0)
		rc = weir__write_run(call, &write, &changed);
	if (rc >= 0 && list)
		weir__list_out_set(list, &written);
	return rc;
}

int weir_base_dao_create_many(const weir_base_dao *dao, const void *values, size_t count, weir_set set, void *list,
                              weir_error *err)
{
	weir__mask mask = 0;
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0 && list)
		rc = check_list_out(&call, list);
	if (rc >= 0)
		rc = check_values(&call, values, count, &set, &mask);
	if (rc < 0 || count == 0)
		goto cleanup;
	rc = weir__sql_insert_many(call.entity->statements, mask, values, count, list != NULL, &call.sql, call.params, err);
	if (rc >= 0)
		rc = write_list(&call, list);
cleanup:
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_update(const weir_base_dao *dao, const void *key, const void *values, weir_set set, void *record,
                         weir_error *err)
{
	const void *found = NULL;
	weir__mask  mask = 0;
	weir__call  call;
	int         rc = weir__call_begin(&call, dao, err);

	if (rc >= 0 && record)
		rc = check_record_out(&call, record);
	if (rc >= 0)
		rc = check_key(&call, key);
	if (rc >= 0)
		rc = check_change(&call, values, &set, &mask);
	if (rc < 0)
		goto cleanup;
	if (mask == 0) {
		rc = weir__read_by_id(&call, key, &found);
		if (rc == WEIR_OK && record)
			weir__record_out_set(record, found);
		else
			weir_record_release(found);
		goto cleanup;
	}
	rc = weir__sql_update(call.entity->statements, key, mask, values, call.entity->stamped_mask, &call.sql, call.params,
	                      err);
	if (rc >= 0)
		rc = write_record(&call, weir__collect_update, record);
cleanup:
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_delete(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err)
{
	const weir__entity *entity = dao ? dao->entity : NULL;

	return entity && entity->cascades ? weir__cascade_delete(dao, key, deleted, err)
	                                  : weir__delete_row(dao, key, deleted, err);
}

int weir__delete_row(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err)
{
	weir__write write = { .collect = weir__collect_delete };
	size_t      changed = 0;
	weir__call  call;
	int         rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = weir__call_add_key(&call, key);
	if (rc >= 0) {
		write.sql = *weir__sql_delete(call.entity->statements);
		rc = weir__write_run(&call, &write, &changed);
	}
	if (rc >= 0 && deleted)
		*deleted = changed > 0;
	weir__call_end(&call);
	return rc;
}

/* Runs the statement of call->sql, which changes all rows of a condition. */
static int write_where(weir__call *call, int64_t *changed)
{
	weir__write write = { .collect = weir__collect_where };
	size_t      rows = 0;
	int         rc = weir__call_sql(call, &write.sql);

	if (rc >= 0)
		rc = weir__write_run(call, &write, &rows);
	if (rc >= 0 && changed)
		*changed = (int64_t)rows;
	return rc;
}

int weir_base_dao_update_where(const weir_base_dao *dao, weir_condition where, const void *values, weir_set set,
                               int64_t *updated, weir_error *err)
{
	weir__mask mask = 0;
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_where(&call, &where);
	if (rc >= 0)
		rc = check_change(&call, values, &set, &mask);
	if (rc >= 0 && mask == 0)
		rc = wrong_call(&call, "no columns to update");
	if (rc >= 0)
		rc = weir__sql_update_where(call.entity->statements, &where, mask, values, &call.sql, call.params, err);
	if (rc >= 0)
		rc = write_where(&call, updated);
	weir__call_end(&call);
	return rc;
}

int weir_base_dao_delete_where(const weir_base_dao *dao, weir_condition where, int64_t *deleted, weir_error *err)
{
	weir__call call;
	int        rc = weir__call_begin(&call, dao, err);

	if (rc >= 0)
		rc = check_where(&call, &where);
	if (rc >= 0 && call.entity->cascades)
		rc = wrong_call(&call, "has relations that cascade: its rows must be deleted by primary key");
	if (rc >= 0)
		rc = weir__sql_delete_where(call.entity->statements, &where, &call.sql, call.params, err);
	if (rc >= 0)
		rc = write_where(&call, deleted);
	weir__call_end(&call);
	return rc;
}
