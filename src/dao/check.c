/* Checks of what a caller gives. */
#define WEIR__CHECK_C
#include "dao/check.h"

#include "base/error.h"

int weir__wrong_call(weir__call *call, const char *what)
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

int weir__check_record_out(weir__call *call, const void *record)
{
	if (!record)
		return weir__wrong_call(call, "nowhere to put the record");
	if (is_checked_out() && !weir__record_out_is_empty(record))
		return weir__wrong_call(call, "the record's pointer must be NULL before the call: what it holds would be lost");
	return WEIR_OK;
}

int weir__check_list_out(weir__call *call, const void *list)
{
	if (!list)
		return weir__wrong_call(call, "nowhere to put the list");
	if (is_checked_out() && !weir__list_out_is_empty(list))
		return weir__wrong_call(call, "the list must be empty before the call: what it holds would be lost");
	return WEIR_OK;
}

void weir__check_freshness(weir__call *call, const weir_query *query)
{
	if (query && query->fresh_ms)
		call->fresh_ms = query->fresh_ms;
}

int weir__check_query(weir__call *call, const weir_query *query)
{
	weir__check_freshness(call, query);
	return query ? weir__query_check(call->entity->layout, query, call->session->engine->max_limit, call->err)
	             : WEIR_OK;
}

int weir__check_list_query(weir__call *call, const weir_query *query, bool cached)
{
	int rc = query ? weir__query_check_for(call->entity->layout, query, cached ? 0 : WEIR__TAKES_LOCK,
	                                       call->session->engine->max_limit, call->err)
	               : WEIR_OK;

	weir__check_freshness(call, query);
	if (rc >= 0 && query && query->lock && !call->session->transaction)
		return weir__wrong_call(call,
		                        "rows are locked until their transaction ends, and this is none: weir_begin first");
	return rc;
}

int weir__check_where(weir__call *call, const weir_condition *where)
{
	weir_query query = { .where = *where };

	if (where->op == WEIR_OP_NONE)
		return weir__wrong_call(call, "no condition; weir_everything() says that every row is meant");
	return weir__check_query(call, &query);
}

int weir__check_values(weir__call *call, const void *values, size_t count, const weir_set *set, weir__mask *mask)
{
	const weir__layout *layout = call->entity->layout;
	int                 rc;

	if (!values && count > 0)
		return weir__wrong_call(call, "no values were given");
	rc = weir__layout_mask(layout, set, mask, call->err);
	for (size_t row = 0; rc >= 0 && row < count; row++) {
		const char *record = (const char *)values + row * layout->model->size;

		for (size_t i = 0; rc >= 0 && i < layout->column_count; i++) {
			weir_value value;

			if (!(*mask >> i & 1) || weir__column_is_right(&layout->columns[i], record))
				continue;
			value = weir__layout_get(layout, i, record);
			rc = weir__value_check(layout, i, &value, call->err);
			if (rc < 0 && count > 1)
				weir__error_add_row(call->err, row);
		}
	}
	return rc;
}

int weir__check_change(weir__call *call, const void *values, const weir_set *set, weir__mask *mask)
{
	int rc = weir__check_values(call, values, 1, set, mask);

	if (rc >= 0 && *mask & call->entity->layout->key_mask)
		return weir__wrong_call(call, "primary key columns cannot be updated");
	return rc;
}

int weir__check_column(weir__call *call, weir_column column, size_t *index)
{
	const weir__layout *layout = call->entity->layout;
	int                 found =
        column.model && weir__layout_is_of(layout, column.model) ? weir__layout_find(layout, column.offset) : -1;

	if (found < 0)
		return weir__wrong_call(call, "the column is not of this model");
	*index = (size_t)found;
	return WEIR_OK;
}

int weir__check_unique(weir__call *call, weir_column column, const void *values, size_t *index, weir_value *value)
{
	const weir__layout *layout = call->entity->layout;

	if (weir__check_column(call, column, index) < 0)
		return weir__wrong_call(call, "the column to look up by is not of this model");
	if (!values)
		return weir__wrong_call(call, "no value was given");
	if (!layout->columns[*index].unique && layout->key_mask != (weir__mask)1 << *index)
		return weir__error_set_at(call->err, WEIR_ERR_USAGE, layout->model->name, layout->columns[*index].name,
		                          "is not declared unique");
	*value = weir__layout_get(layout, *index, values);
	return value->is_null ? WEIR_NOT_FOUND : weir__value_check(layout, *index, value, call->err);
}

int weir__check_key(const weir__call *call, const void *key)
{
	const weir__layout *layout = call->entity->layout;
	int                 rc = WEIR_OK;

	if (!key)
		return weir__error_set_at(call->err, WEIR_ERR_USAGE, layout->model->name, NULL, "no key was given");
	if (weir__layout_key_takes_any(layout))
		return WEIR_OK;
	for (size_t i = 0; rc >= 0 && i < layout->key_count; i++) {
		weir_value value = weir__layout_get(layout, layout->key[i], key);
		rc = weir__value_check(layout, layout->key[i], &value, call->err);
	}
	return rc;
}

weir_condition weir__check_has_key(const weir__layout *layout, const void *key,
                                   weir_condition conditions[WEIR__KEY_COLUMNS_MAX])
{
	for (size_t i = 0; i < layout->key_count; i++) {
		weir_column column = { layout->model, layout->columns[layout->key[i]].offset };

		conditions[i] = weir_compare(column, WEIR_OP_EQ, weir__layout_get(layout, layout->key[i], key));
	}
	return weir_group(WEIR_OP_ALL, conditions, layout->key_count);
}
