/* base_dao: the checks that a call needs (check.h), and then one of the reads or writes of this room. Nothing is sent before the
 * whole call has been found right. */
#include <weir/base_dao.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/eager.h"
#include "dao/near.h"
#include "dao/near_query.h"
#include "dao/write.h"

weir_base_dao weir_get_dao(weir_session *session, const weir_model *model)
{
	weir_base_dao dao = { .session = session, .model = model };

	if (session && model)
		dao.entity = weir__registry_find(&session->engine->registry, model);
	return dao;
}

/* ---- Reads ----------------------------------------------------------------------------------------------------- */

static int get_by_id(const weir_base_dao *dao, const void *key, void *record, bool cached, weir_error *err)
{
	const void *found = NULL;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, "get_by_id", err);

	if (rc >= 0)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_key(&call, key);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_by_id(&call, key, &found)
		                                           : weir__read_by_id(&call, key, &found);
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	return weir__call_done(&call, rc);
}

int weir_base_dao_get_by_id(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	return get_by_id(dao, key, record, false, err);
}

int weir_base_dao_get_by_id_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	int rc;

	if (weir__near_by_id(dao, key, record, &rc))
		return rc;
	return get_by_id(dao, key, record, true, err);
}

static int get_by(const weir_base_dao *dao, weir_column column, const void *values, void *record, bool cached,
                  weir_error *err)
{
	const void *found = NULL;
	weir_value  value;
	size_t      index = 0;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, "get_by", err);

	if (rc >= 0)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_unique(&call, column, values, &index, &value);
	if (rc == WEIR_OK)
		rc = !cached || !weir__call_is_cached(&call) ? weir__read_by(&call, index, &value, &found)
		     : weir__is_key(call.entity, index)      ? weir__cached_by_id(&call, values, &found)
		                                             : weir__cached_by(&call, index, &value, &found);
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	return weir__call_done(&call, rc);
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
		return weir__wrong_call(call, "no keys were given");
	if (keys->count > (size_t)call->session->engine->max_limit)
		return weir__error_set_at(call->err, WEIR_ERR_LIMIT, call->entity->model->name, NULL,
		                          "%zu keys, max_limit is %lld", keys->count,
		                          (long long)call->session->engine->max_limit);
	for (size_t i = 0; !weir__layout_key_takes_any(keys->layout) && i < keys->count; i++) {
		int rc = weir__check_key(call, weir__keys_struct(keys, i));

		if (rc < 0)
			return rc;
	}
	return WEIR_OK;
}

static int get_many(const weir_base_dao *dao, const void *items, size_t count, void *list, bool cached, weir_error *err)
{
	weir_list  found = WEIR_LIST_INIT;
	weir__call call;
	int        rc = weir__call_start(&call, dao, "get_many", err);

	if (rc >= 0)
		rc = weir__check_list_out(&call, list);
	if (rc >= 0) {
		weir__keys keys = { call.entity->layout, items, count };

		rc = check_keys(&call, &keys);
		if (rc >= 0)
			rc = weir__get_many(&call, &keys, cached && weir__call_is_cached(&call), &found);
	}
	if (rc >= 0)
		weir__list_out_set(list, &found);
	return weir__call_done(&call, rc);
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
	int        rc = weir__call_start(&call, dao, "get_all", err);

	if (rc >= 0)
		rc = weir__check_list_out(&call, list);
	if (rc >= 0)
		rc = weir__check_list_query(&call, query, cached);
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
	return weir__call_done(&call, rc);
}

int weir_base_dao_get_all(const weir_base_dao *dao, const weir_query *query, void *list, weir_error *err)
{
	return get_all(dao, query, list, false, err);
}

int weir_base_dao_get_all_cached(const weir_base_dao *dao, const weir_query *query, void *list, weir_error *err)
{
	if (weir__near_all(dao, query, list))
		return WEIR_OK;
	return get_all(dao, query, list, true, err);
}

static int count_rows(const weir_base_dao *dao, const weir_query *query, int64_t *count, bool cached, weir_error *err)
{
	weir__call call;
	int        rc = weir__call_start(&call, dao, "count", err);

	if (rc >= 0 && !count)
		rc = weir__wrong_call(&call, "nowhere to put the count");
	if (rc >= 0)
		rc = weir__check_query(&call, query);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_count(&call, query, count)
		                                           : weir__read_count(&call, query, count);
	return weir__call_done(&call, rc);
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
	int        rc = weir__call_start(&call, dao, "exists", err);

	if (rc >= 0 && !exists)
		rc = weir__wrong_call(&call, "nowhere to put the answer");
	if (rc >= 0)
		rc = weir__check_query(&call, query);
	if (rc >= 0)
		rc = cached && weir__call_is_cached(&call) ? weir__cached_exists(&call, query, exists)
		                                           : weir__read_exists(&call, query, exists);
	return weir__call_done(&call, rc);
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

static int create_row(weir__call *call, weir__write *write, const void **record, size_t *created)
{
	write->record = record;
	write->is_narrow = true;
	return weir__write_run(call, write, created);
}

/* Makes or changes a row, which becomes *record if the caller wants it. */
static int write_record(weir__call *call, weir__row_change *change, weir__collect collect, void *record)
{
	const void *written = NULL;
	weir__write write = { .collect = collect, .key = change->key };
	size_t      changed = 0;
	int         rc;

	change->text = &call->sql;
	change->params = call->params;
	rc = weir__sql_change_row(call->entity->statements, change, &write.sql, call->err);
	if (rc >= 0 && !change->creates)
		rc = weir__write_renew(call, &write, change->mask, record ? &written : NULL, &changed);
	else if (rc >= 0)
		rc = create_row(call, &write, record ? &written : NULL, &changed);
	if (!weir__is_done(rc))
		return rc;
	if (record && changed > 0)
		weir__record_out_set(record, written);
	return changed > 0 ? rc : WEIR_NOT_FOUND;
}

int weir_base_dao_create(const weir_base_dao *dao, const void *values, weir_set set, void *record, weir_error *err)
{
	weir__row_change change = { .creates = true, .values = values };
	weir__call       call;
	int              rc = weir__call_start(&call, dao, "create", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_values(&call, values, 1, &set, &change.mask);
	if (rc >= 0)
		rc = write_record(
			&call, &change,
			change.mask & call.entity->layout->key_mask ? weir__collect_create_keyed : weir__collect_create, record);
	return weir__call_done(&call, rc);
}

int weir_base_dao_update(const weir_base_dao *dao, const void *key, const void *values, weir_set set, void *record,
                         weir_error *err)
{
	weir__row_change change = { .key = key, .values = values };
	const void      *found = NULL;
	weir__call       call;
	int              rc = weir__call_start(&call, dao, "update", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_key(&call, key);
	if (rc >= 0)
		rc = weir__check_change(&call, values, &set, &change.mask);
	if (rc < 0)
		goto cleanup;
	if (change.mask == 0) {
		rc = weir__read_by_id(&call, key, &found);
		if (rc == WEIR_OK && record)
			weir__record_out_set(record, found);
		else
			weir_record_release(found);
		goto cleanup;
	}
	change.old = weir__call_old(&call, change.mask);
	rc = write_record(&call, &change, weir__collect_update, record);
cleanup:
	return weir__call_done(&call, rc);
}

/* Runs the statement of call->sql, which changes all rows of a condition. */
static int write_where(weir__call *call, int64_t *changed)
{
	weir__write write = { .collect = weir__collect_where };
	size_t      rows = 0;
	int         rc = weir__call_sql(call, &write.sql);

	if (rc >= 0)
		rc = weir__write_run(call, &write, &rows);
	if (weir__is_done(rc) && changed)
		*changed = (int64_t)rows;
	return rc;
}

int weir_base_dao_update_where(const weir_base_dao *dao, weir_condition where, const void *values, weir_set set,
                               int64_t *updated, weir_error *err)
{
	weir__mask mask = 0;
	weir__call call;
	int        rc = weir__call_start(&call, dao, "update_where", err);

	if (rc >= 0)
		rc = weir__check_where(&call, &where);
	if (rc >= 0)
		rc = weir__check_change(&call, values, &set, &mask);
	if (rc >= 0 && mask == 0)
		rc = weir__wrong_call(&call, "no columns to update");
	if (rc >= 0)
		call.old = mask & call.entity->layout->unique_mask;
	if (rc >= 0)
		rc = weir__sql_update_where(call.entity->statements, &where, mask, values, call.old, &call.sql, call.params,
		                            err);
	if (rc >= 0)
		rc = write_where(&call, updated);
	return weir__call_done(&call, rc);
}
