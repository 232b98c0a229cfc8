/* What every call begins and ends with. */
#include "dao/call.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/check.h"

#include <string.h>

int weir__call_start(weir__call *call, const weir_base_dao *dao, const char *operation, weir_error *err)
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
	rc = weir__call_begin_on(call, dao->session, dao->entity, weir__session_deadline(dao->session, dao->timeout_ms),
	                         err);
	if (dao->fresh_ms)
		call->fresh_ms = dao->fresh_ms;
	if (weir__trace_is_on(&dao->session->engine->trace))
		weir__call_trace(call, operation);
	return rc;
}

/* Where there is no memory for a span, the call goes on without. */
void weir__call_trace(weir__call *call, const char *operation)
{
	const weir_trace *trace = &call->session->engine->trace;

	if (!weir__trace_is_on(trace))
		return;
	call->span = weir__calloc(1, sizeof *call->span);
	if (!call->span)
		return;
	call->span->span.operation = operation;
	if (call->entity) {
		call->span->span.model = call->entity->model->name;
		call->span->span.collection = call->entity->layout->base->table;
	}
	weir__span_start(trace, call->span);
}

void weir__call_note_lookup(const weir__call *call, const weir__lookup *lookup)
{
	static const weir_span_cache outcomes[] = {
		[WEIR__BYPASS] = WEIR_SPAN_BYPASS,
		[WEIR__HIT] = WEIR_SPAN_HIT,
		[WEIR__ABSENT] = WEIR_SPAN_ABSENT,
		[WEIR__MISS] = WEIR_SPAN_MISS,
	};

	if (!call->span || lookup->state == WEIR__ELSEWHERE)
		return;
	call->span->span.cache = outcomes[lookup->state];
	if (lookup->state == WEIR__HIT)
		call->span->span.rows = lookup->kind == WEIR__ENTRY_LIST ? (int64_t)lookup->items : 1;
	else if (lookup->state == WEIR__ABSENT)
		call->span->span.rows = 0;
}

int weir__call_done(weir__call *call, int rc)
{
	if (rc == WEIR_ERR_NO_MEMORY && call->err && call->err->status != rc) /* met where no error was at hand */
		(void)weir__error_no_memory(call->err);
	if (call->span)
		weir__span_end(&call->session->engine->trace, call->span, rc, call->err);
	weir__free(call->span);
	weir__call_end(call);
	return rc;
}

int weir__call_begin_on(weir__call *call, weir_session *session, const weir__entity *entity, weir__deadline deadline,
                        weir_error *err)
{
	*call = (weir__call){ .session = session };
	call->entity = entity;
	call->err = err;
	call->deadline = deadline;
	call->fresh_ms = session->fresh_ms;
	if (entity && entity->per_principal && !session->principal)
		return weir__error_set_at(err, WEIR_ERR_USAGE, entity->model->name, NULL,
		                          "its rows depend on who asks: the session needs a principal (weir_with_principal)");
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
	return !call->session->transaction && call->fresh_ms != WEIR_BYPASS &&
	       weir__cache_space_enabled(call->entity->space);
}

void weir__call_lends(const weir__call *call, weir__lookup *lookup)
{
	lookup->until_us = call->deadline;
	lookup->follows = true;
	lookup->cancel = call->session->cancel;
}

bool weir__call_keeps_records(const weir__call *call)
{
	return !call->entity->per_principal && weir__call_is_cached(call);
}

bool weir__session_may_read_again(const weir_session *session, int rc, weir__deadline deadline)
{
	return rc == WEIR_ERR_CONNECTION_LOST && !session->transaction && weir__now_us() < deadline;
}

static int read_once(weir__call *call, const weir__sql *sql, weir__rows *rows)
{
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(call->session, call->deadline, &conn, call->err);

	if (rc < 0)
		return rc;
	rc = weir__conn_run(conn, sql, call->params, call->deadline, rows, call->err);
	weir__call_note_rows(call, rows->count);
	weir__session_give_back(call->session, &conn);
	return rc;
}

int weir__call_read(weir__call *call, const weir__sql *sql, weir__rows *rows)
{
	int rc = read_once(call, sql, rows);

	if (!call->entity || !weir__session_may_read_again(call->session, rc, call->deadline))
		return rc;
	if (call->err)
		*call->err = (weir_error)WEIR_ERROR_INIT;
	return read_once(call, sql, rows);
}

int weir__call_sql(weir__call *call, weir__sql *sql)
{
	const char *text = weir__buffer_text(&call->sql);

	if (!text)
		return weir__error_no_memory(call->err);
	*sql = weir__sql_of(text, call->sql.length);
	return WEIR_OK;
}

int weir__call_write_sql(weir__call *call, weir__sql *sql)
{
	int rc;

	weir__sql_append_xid(&call->sql);
	rc = weir__call_sql(call, sql);
	sql->gives_xid = rc >= 0;
	return rc;
}

int weir__call_add_key(weir__call *call, const void *key)
{
	const weir__layout *layout = call->entity->layout;
	int                 rc = WEIR_OK;

	if (!key)
		return weir__check_key(call, key);
	for (size_t i = 0; rc >= 0 && i < layout->key_count; i++)
		rc = weir__params_add_column(call->params, layout, layout->key[i], key, call->err);
	return rc;
}
