/* What every call begins and ends with. */
#include "dao/call.h"

#include "base/error.h"

#include <string.h>

int weir__call_begin(weir__call *call, const weir_base_dao *dao, weir_error *err)
{
	int rc;

	memset(call, 0, sizeof *call);
	if (!dao || !dao->model)
		return weir__error_set(err, WEIR_ERR_USAGE, "the DAO is %s", dao ? "without a model" : "NULL");
	rc = weir__session_check(dao->session, err);
	if (rc < 0)
		return rc;
	if (!dao->entity)
		return weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL,
		                          "the session was opened without this model");
	return weir__call_begin_on(call, dao->session, dao->entity, weir__session_deadline(dao->session, dao->timeout_ms),
	                           err);
}

int weir__call_begin_on(weir__call *call, weir_session *session, const weir__entity *entity, weir__deadline deadline,
                        weir_error *err)
{
	memset(call, 0, sizeof *call);
	call->session = session;
	call->entity = entity;
	call->err = err;
	call->deadline = deadline;
	return weir__params_create(&call->params, err);
}

weir__mask weir__call_old(weir__call *call, weir__mask changed)
{
	call->old = call->entity->stamped_mask | (changed & call->entity->layout->unique_mask);
	return call->old;
}

void weir__call_end(weir__call *call)
{
	weir__params_free(call->params);
	weir__buffer_release(&call->sql);
	weir__buffer_release(&call->key);
}

bool weir__call_is_cached(const weir__call *call)
{
	return !call->session->transaction && weir__cache_space_enabled(call->entity->space);
}

int weir__call_read(weir__call *call, const weir__sql *sql, weir__rows *rows)
{
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(call->session, call->deadline, &conn, call->err);

	if (rc < 0)
		return rc;
	rc = weir__conn_run(conn, sql, call->params, call->deadline, rows, call->err);
	weir__session_give_back(call->session, &conn);
	return rc;
}

int weir__call_sql(weir__call *call, weir__sql *sql)
{
	const char *text = weir__buffer_text(&call->sql);

	if (!text)
		return weir__error_no_memory(call->err);
	*sql = weir__sql_of(text, call->sql.length);
	return WEIR_OK;
}

int weir__call_add_key(weir__call *call, const void *key)
{
	const weir__layout *layout = call->entity->layout;

	if (!key)
		return weir__error_set_at(call->err, WEIR_ERR_USAGE, layout->model->name, NULL, "no key was given");
	for (size_t i = 0; i < layout->key_count; i++) {
		weir_value value = weir__layout_get(layout, layout->key[i], key);
		int        rc = weir__value_check(layout, layout->key[i], &value, call->err);

		if (rc < 0)
			return rc;
		weir__params_add(call->params, layout->columns[layout->key[i]].type, &value);
	}
	return WEIR_OK;
}
