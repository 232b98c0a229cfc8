/* The one algorithm of all writes:
 *
 *     BEGIN and the statement (one round trip) -> collect touches from its rows -> guard -> COMMIT -> release
 *
 * Inside a transaction only the statement and the collecting happen here; the rest is weir_commit's. */
#include "dao/write.h"

#include "base/error.h"
#include "base/unset.h"
#include "dao/group.h"
#include "dao/invalidation.h"

static bool has_changed(const weir__write *write, const weir__rows *rows)
{
	return rows->count > 0 || write->always;
}

int weir__write_take(weir__call *call, const weir__write *write, const weir__rows *rows, weir__touches *touches)
{
	int rc;

	if (!has_changed(write, rows))
		return WEIR_OK;
	rc = write->collect(call, rows, touches);
	if (rc >= 0)
		rc = weir__invalidation_of_rows(call, rows, touches);
	if (rc >= 0 && write->record)
		rc = weir__rows_record(rows, 0, call->entity->layout, write->record, call->err);
	if (rc >= 0 && write->list)
		rc = weir__rows_list(rows, call->entity->layout, write->list, call->err);
	if (rc >= 0 && write->renewal)
		weir__renewal_begin(call, write->renewal);
	return rc;
}

void weir__write_drop(const weir__write *write)
{
	if (write->record) {
		weir_record_release(*write->record);
		*write->record = NULL;
	}
	if (write->list)
		weir_list_release(write->list);
}

static int run(weir__call *call, const weir__write *write, weir__conn *conn, weir__rows *rows)
{
	int rc = write->copy ? weir__conn_copy(conn, write->copy, call->deadline, call->err)
	                     : weir__conn_run(conn, &write->sql, call->params, call->deadline, rows, call->err);

	if (rc < 0 && write->blame)
		*write->blame = *weir__conn_blame(conn);
	return rc;
}

static int run_in_transaction(weir__call *call, const weir__write *write, weir__rows *rows)
{
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(call->session, call->deadline, &conn, call->err);

	if (rc >= 0)
		rc = run(call, write, conn, rows);
	if (rc < 0)
		return rc;
	rc = weir__write_take(call, write, rows, call->session->transaction->touches);
	if (rc < 0) /* what the statement did must not be committed: not all of it is known to the touches */
		weir__conn_spoil(conn, call->deadline);
	return rc;
}

/* By the policy to fail it may have to be undone, for which BEGIN is better. */
static bool is_brief(const weir__call *call, const weir__write *write)
{
	return write->sql.gives_xid && !weir__cache_space_fails(call->entity->space);
}

static int commit(weir__call *call, weir__conn **conn, weir__touches *touches)
{
	weir__engine  *engine = call->session->engine;
	weir__deadline deadline = call->deadline;
	int            rc = weir__commit_guard(engine, conn, touches, &deadline, call->err);

	if (rc >= 0 && call->place)
		weir__group_leave(call);
	return rc < 0 ? rc : weir__commit_guarded(engine, conn, touches, deadline, call->err);
}

static int run_and_commit(weir__call *call, const weir__write *write, weir__rows *rows, weir__touches *touches)
{
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(call->session, call->deadline, &conn, call->err);

	if (rc < 0)
		return rc;
	rc = is_brief(call, write) ? weir__conn_begin_brief(conn, call->deadline, call->err)
	                           : weir__conn_begin(conn, NULL, call->deadline, call->err);
	if (rc >= 0)
		rc = run(call, write, conn, rows);
	if (rc >= 0)
		rc = weir__write_take(call, write, rows, touches);
	if (rc >= 0 && has_changed(write, rows))
		rc = commit(call, &conn, touches);
	else
		weir__conn_rollback(conn, call->deadline);
	weir__session_give_back(call->session, &conn);
	if (rc == WEIR_OK && write->renewal)
		weir__renewal_end(call, touches, write->renewal, *write->record);
	return rc;
}

static int run_own(weir__call *call, const weir__write *write, weir__rows *rows)
{
	weir__touches *touches = NULL;
	int            rc = weir__touches_create(call->session->engine->cache, &touches, call->err);

	if (rc >= 0)
		rc = run_and_commit(call, write, rows, touches);
	weir__touches_free(touches);
	return rc;
}

int weir__write_alone(weir__call *call, const weir__write *write, size_t *changed)
{
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = call->session->transaction ? run_in_transaction(call, write, &rows) : run_own(call, write, &rows);

	*changed = rows.count;
	weir__call_note_rows(call, write->copy && weir__is_done(rc) ? write->copy->count : rows.count);
	weir__rows_release(&rows);
	if (!weir__is_done(rc))
		weir__write_drop(write);
	return rc;
}

int weir__write_run(weir__call *call, const weir__write *write, size_t *changed)
{
	return !call->session->transaction && weir__group_takes(call, write) ? weir__group_write(call, write, changed)
	                                                                     : weir__write_alone(call, write, changed);
}

int weir__write_renew(weir__call *call, weir__write *write, weir__mask changed, const void **record, size_t *rows)
{
	weir__renewal renewal WEIR__UNSET;
	int           rc;

	weir__renewal_prepare(call, write->key, changed, &renewal);
	write->is_narrow = !(changed & (call->entity->layout->key_mask | call->entity->layout->unique_mask));
	write->record = record;
	if (renewal.wanted) {
		write->renewal = &renewal;
		write->record = record ? record : &renewal.record;
	}
	rc = weir__write_run(call, write, rows);
	write->renewal = NULL;
	weir__renewal_release(&renewal);
	return rc;
}
