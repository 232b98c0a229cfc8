/* One row, locked: a list by primary key of which the one record is kept. */
#include <weir/reading.h>

#include "base/error.h"
#include "dao/check.h"

static int read_locked(weir__call *call, const weir_query *query, const void **record)
{
	weir_list list = WEIR_LIST_INIT;
	int       rc = weir__check_list_query(call, query, false);

	if (rc >= 0)
		rc = weir__read_list(call, query, &list);
	if (rc < 0)
		return rc;
	if (list.count > 0) {
		*record = list.items[0];
		weir_record_retain(*record);
	}
	weir_list_release(&list);
	return *record ? WEIR_OK : WEIR_NOT_FOUND;
}

int weir_base_dao_get_by_id_locked(const weir_base_dao *dao, const void *key, weir_lock lock, weir_lock_wait wait,
                                   void *record, weir_error *err)
{
	weir_condition conditions[WEIR__KEY_COLUMNS_MAX];
	weir_query     query = { .lock = lock, .lock_wait = wait, .limit = 1 };
	const void    *found = NULL;
	weir__call     call;
	int            rc = weir__call_start(&call, dao, "get_by_id_locked", err);

	if (rc >= 0)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0 && lock == WEIR_LOCK_NONE)
		rc = weir__wrong_call(&call, "no lock was named");
	if (rc >= 0)
		rc = weir__check_key(&call, key);
	if (rc >= 0) {
		query.where = weir__check_has_key(call.entity->layout, key, conditions);
		rc = read_locked(&call, &query, &found);
	}
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	return weir__call_done(&call, rc);
}
