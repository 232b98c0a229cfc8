/* What a leader does: the algorithm of write.c with the statements of all, one set of touches and one COMMIT. Where a statement is
 * refused all of it is undone, and tried again without that one.
 *
 * Rows are changed in one order, that of the hashes of their keys, so that two batches never wait for each other; rows that are made
 * come last. */
#include "dao/group_batch.h"

#include "base/error.h"
#include "base/hash.h"
#include "dao/group.h"
#include "dao/keys.h"

#define TAKEN_OUT_MOST 2 /* for which the others are tried once more */

/* ---- Before ---------------------------------------------------------------------------------------------------------- */

static uint64_t order_of(const weir__group_member *member)
{
	weir__call *call = member->call;

	if (!member->write->key)
		return UINT64_MAX;
	weir__buffer_clear(&call->key);
	weir__key_of_record(call->entity, member->write->key, &call->key);
	return call->key.failed ? UINT64_MAX : weir__hash64(call->key.data, call->key.length, 0);
}

/* By insertion: those of one row stay as they came. */
static void sort(weir__group_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		weir__group_member *member = batch->members[i];
		size_t              at = i;

		member->order = order_of(member);
		for (; at > 0 && batch->members[at - 1]->order > member->order; at--)
			batch->members[at] = batch->members[at - 1];
		batch->members[at] = member;
	}
}

/* ---- The transaction --------------------------------------------------------------------------------------------------- */

static int run_statements(weir__group_batch *batch, weir__conn *conn, weir_error *err)
{
	int rc = weir__conn_begin_brief(conn, batch->deadline, err);

	for (size_t i = 0; i < batch->count; i++) {
		batch->items[i].sql = &batch->members[i]->write->sql;
		batch->items[i].params = batch->members[i]->call->params;
	}
	return rc < 0 ? rc : weir__conn_run_batch(conn, batch->items, batch->count, batch->deadline, err);
}

/* The caller's error is not touched before its outcome is known. */
static int take(weir__group_member *member, const weir__rows *rows, weir__touches *touches, weir_error *err)
{
	weir_error *own = member->call->err;
	int         rc;

	member->call->err = err;
	rc = weir__write_take(member->call, member->write, rows, touches);
	member->call->err = own;
	return rc;
}

static int take_all(weir__group_batch *batch, weir__touches *touches, bool *changed, weir_error *err)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < batch->count; i++) {
		if (batch->items[i].left_out)
			continue;
		rc = take(batch->members[i], &batch->items[i].rows, touches, err);
		*changed |= batch->items[i].rows.count > 0;
	}
	return rc;
}

static bool is_narrow(const weir__group_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->members[i]->write->is_narrow || !batch->members[i]->call->entity->layout->is_plain)
			return false;
	return true;
}

/* What each has returned is what is there now, but for a row that the next one has changed too. */
static void renew(weir__group_batch *batch, const weir__touches *touches)
{
	bool narrow = is_narrow(batch);

	for (size_t i = 0; narrow && i < batch->count; i++) {
		const weir__group_member *member = batch->members[i];
		const weir__write        *write = member->write;
		bool                      is_last = i + 1 == batch->count || batch->members[i + 1]->order != member->order;

		if (write->renewal && is_last && !batch->items[i].left_out)
			weir__renewal_end(member->call, touches, write->renewal, *write->record);
	}
}

static int run_and_commit(weir__group_batch *batch, weir__conn **conn, weir__touches *touches, weir_error *err)
{
	weir__engine *engine = batch->members[0]->call->session->engine;
	bool          changed = false;
	int           rc = run_statements(batch, *conn, err);

	if (rc >= 0)
		rc = take_all(batch, touches, &changed, err);
	if (rc < 0 || !changed) {
		weir__conn_rollback(*conn, batch->deadline);
		return rc;
	}
	rc = weir__commit_guard(engine, conn, touches, &batch->deadline, err);
	if (rc < 0)
		return rc;
	weir__group_leave(batch->leader);
	rc = weir__commit_guarded(engine, conn, touches, batch->deadline, err);
	if (rc == WEIR_OK)
		renew(batch, touches);
	return rc;
}

/* ---- After ----------------------------------------------------------------------------------------------------------- */

/* Of a COMMIT whose fate is not known those are told that were part of it: one that found no row is written again. */
static void tell(weir__group_member *member, weir__batch_item *item, int rc, const weir_error *err)
{
	bool has_run = item->sql && !item->left_out;

	member->done = has_run && (rc >= 0 || (rc == WEIR_ERR_UNKNOWN_COMMIT && item->rows.count > 0));
	member->rc = rc < 0 ? rc : WEIR_OK;
	member->changed = item->rows.count;
	weir__rows_release(&item->rows);
	if (rc < 0)
		weir__write_drop(member->write);
	if (member->done && rc < 0 && member->call->err)
		*member->call->err = *err;
}

/* Takes the one out whose statement the server has refused: its caller writes it by itself. False: it was none of them, or no others
 * are left to share a transaction. */
static bool take_out(weir__group_batch *batch)
{
	size_t at = 0;

	while (at < batch->count && !batch->items[at].failed)
		at++;
	if (at == batch->count || batch->count == 2)
		return false;
	batch->count--;
	for (; at < batch->count; at++)
		batch->members[at] = batch->members[at + 1];
	return true;
}

static int run_on(weir__group_batch *batch, weir__conn **conn, weir__touches *touches, weir_error *err)
{
	int rc = run_and_commit(batch, conn, touches, err);

	for (int i = 0; i < TAKEN_OUT_MOST && rc < 0 && *conn && weir__conn_is_usable(*conn) && take_out(batch); i++) {
		*err = (weir_error)WEIR_ERROR_INIT;
		rc = run_and_commit(batch, conn, touches, err);
	}
	return rc;
}

bool weir__group_batch_run(weir__group_batch *batch)
{
	weir_session  *session = batch->members[0]->call->session;
	weir_error     err = WEIR_ERROR_INIT;
	weir__touches *touches = NULL;
	weir__conn    *conn = NULL;
	bool           fits = true;
	int            rc = weir__touches_create(session->engine->cache, &touches, &err);

	if (rc >= 0)
		rc = weir__session_acquire(session, batch->deadline, &conn, &err);
	if (rc >= 0) {
		fits = weir__conn_takes_batches(conn);
		sort(batch);
		rc = fits ? run_on(batch, &conn, touches, &err) : WEIR_ERR_USAGE;
	}
	weir__session_give_back(session, &conn);
	for (size_t i = 0; i < batch->count; i++)
		tell(batch->members[i], &batch->items[i], rc, &err);
	weir__touches_free(touches);
	return fits;
}
