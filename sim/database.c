/* database.c: connections and transactions. What statements say is read in statement.c. */
#include "statement.h"

#include "base.h"
#include "mistakes.h"
#include "oracle.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

enum { CONNECTIONS = 2 * ACTORS };

static weir__conn connections[CONNECTIONS];

static uint64_t last_doubt;
static int      timeline = 1;

commit commits[COMMITS];
int    commit_last;

void database_begin(void)
{
	static const table first = { { { true, 0, 0, 0, 1 }, { true, 1, 1, 0, 2 }, { .exists = false } } };

	memset(connections, 0, sizeof connections);
	commits[0] = (commit){ .after = first, .process = -1 };
	commit_last = 0;
	last_doubt = 0;
	timeline = 1;
	statement_begin();
}

/* ---- Transactions ------------------------------------------------------------------------------------------------ */

static void begin(weir__conn *conn)
{
	conn->open = true;
	conn->failed = false;
	conn->written = 0;
	conn->nonce = conn->id = 0;
	conn->unguarded = conn->lost = false;
}

static void end(weir__conn *conn)
{
	conn->open = conn->failed = conn->in_doubt = false;
	conn->written = 0;
	conn->nonce = 0;
}

const row_state *statement_visible(const weir__conn *conn, int k)
{
	return conn->written >> k & 1 ? &conn->rows[k] : &commits[commit_last].after.rows[k];
}

/* What it wrote is there for everybody. Returns its number. */
static int make_commit(weir__conn *conn)
{
	if (conn->written == 0 || commit_last + 1 == COMMITS) {
		end(conn);
		return 0;
	}
	commits[commit_last + 1] = (commit){ .after = commits[commit_last].after,
		                                 .process = conn->process,
		                                 .nonce = conn->id,
		                                 .unguarded = conn->unguarded,
		                                 .lost = conn->lost };
	w.guards_were_lost |= conn->unguarded;
	commit_last++;
	for (int k = 0; k < ROWS; k++)
		if (conn->written >> k & 1)
			commits[commit_last].after.rows[k] = conn->rows[k];
	end(conn);
	trace("  is commit %d", commit_last);
	return commit_last;
}

bool database_is_open(const void *connection)
{
	const weir__conn *conn = connection;

	return conn->open;
}

const weir__conn *statement_holder(const weir__conn *asking, int k)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (&connections[i] != asking && connections[i].open && connections[i].written >> k & 1)
			return &connections[i];
	return NULL;
}

static weir__conn *of_actor(const actor *a)
{
	for (int i = 0; a && i < CONNECTIONS; i++)
		if (connections[i].open && connections[i].owner == a)
			return &connections[i];
	return NULL;
}

void database_hang_up(int process)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].used && connections[i].process == process && !connections[i].in_doubt) {
			end(&connections[i]);
			connections[i].used = false;
		}
}

/* Who sent COMMIT is gone: it did not arrive, is done, or is settled some time later. */
void database_orphan(const actor *a, int fate)
{
	weir__conn *conn = of_actor(a);

	if (!conn || conn->failed || fate == 0)
		return;
	if (fate == 1)
		make_commit(conn);
	else
		conn->in_doubt = conn->given_back = true;
}

static weir__conn *in_doubt(int which)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].in_doubt && which-- == 0)
			return &connections[i];
	return NULL;
}

int database_in_doubt(void)
{
	int count = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		count += connections[i].in_doubt;
	return count;
}

void database_settle(int which, bool committed)
{
	weir__conn *conn = in_doubt(which);

	trace("a transaction of process %d is %s", conn->process, committed ? "committed" : "rolled back");
	if (committed)
		make_commit(conn);
	end(conn);
	conn->used = !conn->given_back;
}

/* What readers are given until they follow is not asked; afterwards nothing that was lost. */
void database_fail_over(void)
{
	if (commit_last + 1 == COMMITS)
		return;
	while (database_in_doubt() > 0)
		database_settle(0, false);
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].used) {
			end(&connections[i]);
			connections[i].ended = true;
		}
	commits[commit_last + 1] = (commit){
		.after = commits[commit_last > 0 ? commit_last - 1 : 0].after,
		.process = -1,
		.takes_over = true,
		.acknowledged = true,
	};
	commit_last++;
	timeline++;
	memset(w.follows, 0, sizeof w.follows);
	w.guards_were_lost = true; /* S2 does not outlive its database */
}

/* ---- Guards ------------------------------------------------------------------------------------------------------ */

void database_guarding(uint64_t nonce, uint64_t id)
{
	weir__conn *conn = of_actor(w.now);

	if (!conn)
		return;
	conn->nonce = nonce;
	conn->id = id;
}

void database_unguarded(void)
{
	weir__conn *conn = of_actor(w.now);

	if (conn)
		conn->unguarded = true;
}

void database_lost_guard(uint64_t nonce)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].open && connections[i].nonce == nonce)
			w.guards_were_lost = connections[i].lost = true;
}

/* ---- The pool ---------------------------------------------------------------------------------------------------- */

int weir__db_create(const weir__db_options *options, weir__db **db, weir_error *err)
{
	(void)err;
	*db = weir__calloc(1, sizeof **db);
	(*db)->process = options->conninfo[0] - '0';
	return WEIR_OK;
}

int weir__db_connect(weir__db *db, weir__deadline deadline, weir_error *err)
{
	(void)db, (void)deadline, (void)err;
	return WEIR_OK;
}

void weir__db_close(weir__db *db, weir__deadline deadline)
{
	(void)db, (void)deadline;
}

void weir__db_stats(const weir__db *db, weir_session_stats *stats)
{
	(void)db;
	memset(stats, 0, sizeof *stats);
}

int weir__db_borrow(weir__db *db, weir__deadline deadline, const weir__cancel *cancel, weir__conn **conn,
                    weir_error *err)
{
	(void)deadline, (void)cancel;
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].used)
			continue;
		connections[i] = (weir__conn){
			.used = true, .process = db->process, .owner = w.now, .timeline = mistaken == NO_TAG ? 1 : timeline
		};
		w.follows[db->process] = true;
		*conn = &connections[i];
		return WEIR_OK;
	}
	return weir__error_set(err, WEIR_ERR_TIMEOUT, "no connection is free");
}

int weir__db_acquire(weir__db *db, weir__deadline deadline, weir__conn **conn, weir_error *err)
{
	return weir__db_borrow(db, deadline, NULL, conn, err);
}

void weir__db_give_back(weir__db *db, weir__conn **conn)
{
	(void)db;
	if (*conn) {
		(*conn)->given_back = true;
		(*conn)->used = (*conn)->in_doubt;
	}
	if (*conn && !(*conn)->in_doubt)
		end(*conn);
	*conn = NULL;
}

/* ---- Statements -------------------------------------------------------------------------------------------------- */

int weir__conn_run(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                   weir__rows *rows, weir_error *err)
{
	int rc;

	(void)deadline;
	world_step();
	if (conn->ended)
		return weir__error_set(err, WEIR_ERR_CONNECTION_LOST, "the server is gone");
	if (conn->failed)
		return weir__error_set(err, WEIR_ERR_CLOSED, "the transaction has failed");
	rc = statement_run(conn, sql->text, params, rows, err);
	conn->failed = rc < 0 && conn->open;
	return rc;
}

int weir__conn_begin_and_run(weir__conn *conn, const weir__sql *sql, const weir__params *params,
                             weir__deadline deadline, weir__rows *rows, weir_error *err)
{
	begin(conn);
	return weir__conn_run(conn, sql, params, deadline, rows, err);
}

int weir__conn_run_script(weir__conn *conn, const char *sql, weir__deadline deadline, weir_error *err)
{
	(void)conn, (void)deadline;
	return weir__error_set(err, WEIR_ERR_DATABASE, "not simulated: %s", sql);
}

void weir__rows_release(weir__rows *rows)
{
	*rows = (weir__rows)WEIR__ROWS_INIT;
}

int weir__conn_begin(weir__conn *conn, const weir_transaction_options *options, weir__deadline deadline,
                     weir_error *err)
{
	(void)options, (void)deadline, (void)err;
	begin(conn);
	return WEIR_OK;
}

int weir__conn_begin_brief(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	return weir__conn_begin(conn, NULL, deadline, err);
}

int weir__conn_savepoint(weir__conn *conn, int level, weir__deadline deadline, weir_error *err)
{
	(void)level, (void)deadline, (void)err;
	memcpy(conn->saved_rows, conn->rows, sizeof conn->rows);
	conn->saved = conn->written;
	return WEIR_OK;
}

int weir__conn_release_savepoint(weir__conn *conn, int level, weir__deadline deadline, weir_error *err)
{
	(void)conn, (void)level, (void)deadline, (void)err;
	return WEIR_OK;
}

void weir__conn_rollback_to(weir__conn *conn, int level, weir__deadline deadline)
{
	(void)level, (void)deadline;
	world_step();
	memcpy(conn->rows, conn->saved_rows, sizeof conn->rows);
	conn->written = conn->saved;
	conn->failed = false;
}

void weir__conn_rollback(weir__conn *conn, weir__deadline deadline)
{
	(void)deadline;
	trace("%s: rolls back", w.now->name);
	end(conn);
}

static int undone(weir__conn *conn, int status, const char *why, weir_error *err)
{
	trace("%s: COMMIT fails: %s", w.now->name, why);
	end(conn);
	return weir__error_set(err, status, "%s", why);
}

static int unanswered(weir__conn *conn, weir_error *err)
{
	trace("%s: COMMIT is not answered", w.now->name);
	conn->in_doubt = true;
	conn->doubt = ++last_doubt;
	if (mistaken == RELEASE_UNSETTLED)
		return weir__error_set(err, WEIR_ERR_CONNECTION_LOST, "COMMIT was not answered");
	weir__error_set(err, WEIR_ERR_UNKNOWN_COMMIT, "COMMIT was not answered");
	if (err)
		err->effect = WEIR_EFFECT_UNKNOWN;
	return WEIR_ERR_UNKNOWN_COMMIT;
}

int weir__conn_commit(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	fault f;

	w.now->committing = true;
	world_step();
	w.now->committing = false;
	if (base_now_us > deadline)
		return undone(conn, WEIR_ERR_TIMEOUT, "the deadline passed before COMMIT", err);
	if (conn->ended)
		return undone(conn, WEIR_ERR_CONNECTION_LOST, "the server is gone", err);
	if (conn->failed)
		return undone(conn, WEIR_ERR_CLOSED, "a statement of the transaction failed", err);
	f = world_fault(ROLL_BACK | LOSE_COMMITS);
	if (f == ROLL_BACK)
		return undone(conn, WEIR_ERR_CONNECTION_LOST, "the connection broke before it", err);
	if (f == LOSE_COMMITS)
		return unanswered(conn, err);
	trace("%s: COMMIT", w.now->name);
	w.now->commit = make_commit(conn);
	return WEIR_OK;
}

void weir__conn_set_cancel(weir__conn *conn, const weir__cancel *cancel)
{
	(void)conn, (void)cancel;
}

bool weir__conn_is_usable(const weir__conn *conn)
{
	return !conn->failed;
}

/* ---- Unknown fates ----------------------------------------------------------------------------------------------- */

void weir__conn_inquiry(const weir__conn *broken, weir__inquiry *inquiry)
{
	*inquiry = (weir__inquiry){ .xid = broken->in_doubt ? broken->doubt : 0 };
}

bool weir__conn_has_settled(weir__conn *conn, const weir__inquiry *inquiry, weir__deadline deadline)
{
	(void)conn, (void)deadline;
	world_step();
	for (int i = 0; i < CONNECTIONS; i++)
		if (connections[i].in_doubt && connections[i].doubt == inquiry->xid)
			return false;
	return true;
}

/* ---- Its name ---------------------------------------------------------------------------------------------------- */

int weir__conn_server(weir__conn *conn, weir__deadline deadline, weir__server *server, weir_error *err)
{
	(void)deadline, (void)err;
	*server = (weir__server){ .system = 1, .timeline = (uint32_t)conn->timeline, .since_us = conn->timeline };
	return WEIR_OK;
}

void weir__db_renew(weir__db *db)
{
	(void)db;
}

bool weir__db_has_ended(weir__db *db)
{
	(void)db;
	return false;
}
