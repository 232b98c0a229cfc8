/* Deleting: for good, or by a stamp that hides the row until it is restored. Which of both a delete is the model says, in the
 * statements that are made from it; what it touches is the same. */
#include <weir/writing.h>

#include "dao/check.h"
#include "dao/write.h"

static int delete_of(const weir_base_dao *dao, const void *key, bool really, bool *deleted, weir_error *err)
{
	const weir__entity *entity = dao ? dao->entity : NULL;

	return entity && entity->cascades ? weir__cascade_delete(dao, key, really, deleted, err)
	                                  : weir__delete_row(dao, key, really, deleted, err);
}

int weir_base_dao_delete(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err)
{
	return delete_of(dao, key, false, deleted, err);
}

int weir_base_dao_really_delete(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err)
{
	return delete_of(dao, key, true, deleted, err);
}

int weir__delete_row(const weir_base_dao *dao, const void *key, bool really, bool *deleted, weir_error *err)
{
	weir__write write = { .collect = weir__collect_delete, .key = key };
	size_t      changed = 0;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, really ? "really_delete" : "delete", err);

	if (rc >= 0)
		rc = weir__call_add_key(&call, key);
	if (rc >= 0) {
		write.sql = *(really ? weir__sql_really_delete : weir__sql_delete)(call.entity->statements);
		rc = weir__write_run(&call, &write, &changed);
	}
	if (weir__is_done(rc) && deleted)
		*deleted = changed > 0;
	return weir__call_done(&call, rc);
}

int weir_base_dao_delete_where(const weir_base_dao *dao, weir_condition where, int64_t *deleted, weir_error *err)
{
	return weir__delete_where(dao, &where, false, deleted, err);
}

int weir__delete_where(const weir_base_dao *dao, const weir_condition *where, bool really, int64_t *deleted,
                       weir_error *err)
{
	weir__write write = { .collect = weir__collect_where };
	size_t      rows = 0;
	weir__call  call;
	int         rc = weir__call_start(&call, dao, "delete_where", err);

	if (rc >= 0)
		rc = weir__check_where(&call, where);
	if (rc >= 0 && call.entity->cascades)
		rc = weir__wrong_call(&call, "has relations that cascade: its rows must be deleted by primary key");
	if (rc >= 0)
		rc = weir__sql_delete_where(call.entity->statements, where, really, &call.sql, call.params, err);
	if (rc >= 0)
		rc = weir__call_sql(&call, &write.sql);
	if (rc >= 0)
		rc = weir__write_run(&call, &write, &rows);
	if (weir__is_done(rc) && deleted)
		*deleted = (int64_t)rows;
	return weir__call_done(&call, rc);
}

static int restore(weir__call *call, const void *key, void *record)
{
	const void      *written = NULL;
	weir__write      write = { .collect = weir__collect_delete, .record = record ? &written : NULL, .key = key };
	const weir__sql *sql = weir__sql_restore(call->entity->statements);
	size_t           changed = 0;
	int              rc;

	if (!sql)
		return weir__wrong_call(call, "has no .deleted_at field: what is deleted is gone");
	write.sql = *sql;
	rc = weir__call_add_key(call, key);
	if (rc >= 0)
		rc = weir__write_run(call, &write, &changed);
	if (!weir__is_done(rc))
		return rc;
	if (record && changed > 0)
		weir__record_out_set(record, written);
	return changed > 0 ? rc : WEIR_NOT_FOUND;
}

int weir_base_dao_restore(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	weir__call call;
	int        rc = weir__call_start(&call, dao, "restore", err);

	if (rc >= 0 && record)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = restore(&call, key, record);
	return weir__call_done(&call, rc);
}
