/* get_by_id and get_many with relations: the paths are checked, the records are read, the relations are loaded. */
#include "dao/eager.h"

#include "base/error.h"

/* One record as a list, which takes the reference over. */
static int list_of_one(const weir__call *call, const void *record, weir_list *list)
{
	if (weir__list_create_of(call->entity->model, 1, list) < 0) {
		(void)weir_record_release(record);
		return weir__error_no_memory(call->err);
	}
	weir__list_set(list, 0, record);
	return WEIR_OK;
}

typedef struct wanted {
	const void *keys;
	size_t      count;
	bool        by_id;
	bool        cached;
} wanted;

static int read_records(const weir_base_dao *dao, const weir__call *call, const wanted *want, weir_list *list)
{
	const void *record = NULL;
	int         rc;

	if (!want->by_id)
		return want->cached ? weir_base_dao_get_many_cached(dao, want->keys, want->count, list, call->err)
		                    : weir_base_dao_get_many(dao, want->keys, want->count, list, call->err);
	rc = want->cached ? weir_base_dao_get_by_id_cached(dao, want->keys, &record, call->err)
	                  : weir_base_dao_get_by_id(dao, want->keys, &record, call->err);
	return rc == WEIR_OK ? list_of_one(call, record, list) : rc;
}

static int get_with(const weir_base_dao *dao, const wanted *want, const weir_with *with, void *out, weir_error *err)
{
	weir_list  list = WEIR_LIST_INIT;
	weir__plan plan = { .count = 0 };
	weir__call call;
	int        rc = weir__call_start(&call, dao, "get_with", err);

	if (rc >= 0 && (!out || !weir__list_out_is_empty(out)))
		rc = weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL, "an empty list is needed for the result");
	if (rc >= 0)
		rc = weir__plan_create(&call, with, &plan);
	if (rc >= 0)
		rc = read_records(dao, &call, want, &list);
	if (rc == WEIR_OK)
		rc = weir__eager_load(&call, &plan, want->cached, &list);
	if (rc == WEIR_OK)
		weir__list_out_set(out, &list);
	else
		weir_list_release(&list);
	weir__plan_release(&plan);
	return weir__call_done(&call, rc);
}

int weir_base_dao_get_by_id_with(const weir_base_dao *dao, const void *key, weir_with with, void *list, weir_error *err)
{
	return get_with(dao, &(wanted){ .keys = key, .by_id = true }, &with, list, err);
}

int weir_base_dao_get_by_id_with_cached(const weir_base_dao *dao, const void *key, weir_with with, void *list,
                                        weir_error *err)
{
	return get_with(dao, &(wanted){ .keys = key, .by_id = true, .cached = true }, &with, list, err);
}

int weir_base_dao_get_many_with(const weir_base_dao *dao, const void *keys, size_t count, weir_with with, void *list,
                                weir_error *err)
{
	return get_with(dao, &(wanted){ .keys = keys, .count = count }, &with, list, err);
}

int weir_base_dao_get_many_with_cached(const weir_base_dao *dao, const void *keys, size_t count, weir_with with,
                                       void *list, weir_error *err)
{
	return get_with(dao, &(wanted){ .keys = keys, .count = count, .cached = true }, &with, list, err);
}
