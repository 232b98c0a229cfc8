/* Transactions and savepoints. BEGIN waits for the first statement and goes out with it (exec.c); a transaction in which
 * nothing ran therefore costs nothing.
 *
 * COMMIT has three outcomes. When the connection breaks under it the server is asked, on a new connection, what became
 * of the transaction's id. That id was read with the answer to the first statement that may have written, so no COMMIT is
 * ever sent whose fate could not be asked for; without an id nothing was written. */
#include "db/observe.h"
#include "db/run.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define SAVEPOINT_SIZE 192

/* Deferrable is something for serializable read only transactions, and nothing for others. */
static const char *const begin_texts[4][WEIR__TX_MODES] = {
	{ "BEGIN", "BEGIN READ ONLY", "" },
	{ "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", "" },
	{ "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "" },
	{ "BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
	  "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE" },
};

void weir__tx_statements(weir__sql begin[4][WEIR__TX_MODES], weir__sql *xid)
{
	static const char xid_text[] = "SELECT pg_catalog.pg_current_xact_id_if_assigned()";

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < WEIR__TX_MODES; k++)
			begin[i][k] = weir__sql_of(begin_texts[i][k], strlen(begin_texts[i][k]));
	*xid = weir__sql_of(xid_text, sizeof xid_text - 1);
}

int weir__conn_begin(weir__conn *conn, const weir_transaction_options *options, weir__deadline deadline,
                     weir_error *err)
{
	weir_isolation isolation = options ? options->isolation : WEIR_ISOLATION_DEFAULT;
	bool           read_only = options && options->read_only;
	int            rc = weir__conn_check(conn, err);

	(void)deadline;
	if (rc < 0)
		return rc;
	if ((unsigned)isolation > WEIR_SERIALIZABLE)
		return weir__error_set(err, WEIR_ERR_USAGE, "isolation %d is no isolation level", (int)isolation);
	if (conn->tx.begin || conn->tx.implied || PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		return weir__error_set(err, WEIR_ERR_USAGE, "the connection is in a transaction already");
	if (options && options->deferrable && (isolation != WEIR_SERIALIZABLE || !read_only))
		return weir__error_set(err, WEIR_ERR_USAGE, "only a serializable read only transaction can be deferrable");
	conn->tx = (weir__tx){ .begin = &conn->db->begin[isolation][read_only + (options && options->deferrable)],
		                   .read_only = read_only };
	weir__count(&conn->counters.transactions);
	return WEIR_OK;
}

int weir__conn_begin_brief(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	int rc = weir__conn_begin(conn, NULL, deadline, err);

	conn->tx.brief = rc == WEIR_OK;
	return rc;
}

/* ---- Savepoints ---------------------------------------------------------------------------------------------------- */

int weir__conn_savepoint(weir__conn *conn, int number, weir__deadline deadline, weir_error *err)
{
	char text[SAVEPOINT_SIZE];
	int  rc = weir__conn_check(conn, err);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof text, "SAVEPOINT weir_sp_%d", number);
	return weir__conn_command_in_place(conn, text, deadline, err);
}

/* Runs a command about one savepoint. */
static int command_savepoint(weir__conn *conn, const char *command, int number, weir__deadline deadline,
                             weir_error *err)
{
	char text[SAVEPOINT_SIZE];
	int  rc = weir__conn_check(conn, err);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof text, "%s SAVEPOINT weir_sp_%d", command, number);
	return weir__conn_command(conn, text, deadline, NULL, err);
}

int weir__conn_release_savepoint(weir__conn *conn, int number, weir__deadline deadline, weir_error *err)
{
	return command_savepoint(conn, "RELEASE", number, deadline, err);
}

int weir__conn_return_to(weir__conn *conn, int number, weir__deadline deadline, weir_error *err)
{
	conn->cancel = NULL;
	return command_savepoint(conn, "ROLLBACK TO", number, deadline, err);
}

void weir__conn_rollback_to(weir__conn *conn, int number, weir__deadline deadline)
{
	char text[SAVEPOINT_SIZE];

	conn->cancel = NULL;
	if (weir__conn_check(conn, NULL) < 0)
		return;
	snprintf(text, sizeof text, "ROLLBACK TO SAVEPOINT weir_sp_%d; RELEASE SAVEPOINT weir_sp_%d", number, number);
	if (weir__conn_command(conn, text, deadline, NULL, NULL) < 0)
		weir__conn_break(conn);
}

/* There is no savepoint 0. */
void weir__conn_spoil(weir__conn *conn, weir__deadline deadline)
{
	(void)command_savepoint(conn, "ROLLBACK TO", 0, deadline, NULL);
	if (weir__conn_is_usable(conn))
		weir__conn_break(conn);
}

/* ---- The end ------------------------------------------------------------------------------------------------------- */

void weir__conn_rollback(weir__conn *conn, weir__deadline deadline)
{
	bool sent = !conn->tx.begin;
	int  rc = WEIR_OK;

	conn->cancel = NULL;
	if (weir__conn_check(conn, NULL) < 0)
		return;
	if (conn->tx.implied)
		rc = weir__brief_undo(conn, deadline, NULL);
	else if (sent && PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		rc = weir__conn_command(conn, "ROLLBACK", deadline, NULL, NULL);
	conn->tx = (weir__tx){ .begin = NULL };
	if (rc < 0)
		weir__conn_break(conn);
}

/* The connection broke after COMMIT was sent; err says how. */
static int commit_lost(weir__conn *conn, int rc, uint64_t xid, weir__deadline deadline, weir_error *err)
{
	switch (xid ? weir__outcome_resolve(conn, xid, deadline) : WEIR_EFFECT_NONE) {
	case WEIR_EFFECT_DONE:
		if (err)
			memset(err, 0, sizeof *err);
		return WEIR_OK;
	case WEIR_EFFECT_NONE:
		return rc;
	default:
		conn->doubtful = xid;
		weir__error_set(err, WEIR_ERR_UNKNOWN_COMMIT, "COMMIT was sent, but the answer never came");
		if (err)
			err->effect = WEIR_EFFECT_UNKNOWN;
		return WEIR_ERR_UNKNOWN_COMMIT;
	}
}

/* A script may have written, so that there may be an id nobody has asked for. */
static int ask_for_xid(weir__conn *conn, uint64_t *xid, weir__deadline deadline, weir_error *err)
{
	const weir__question question = { .text = conn->db->xid.text };
	weir__run            run = { .conn = conn, .sql = &conn->db->xid, .deadline = deadline, .err = err };
	int rc = conn->tx.implied ? weir__brief_run(&run) : weir__conn_ask(conn, &question, deadline, &run.result, err);

	if (rc >= 0)
		*xid = (uint64_t)weir__result_int64(run.result, 0);
	PQclear(run.result);
	return rc;
}

static int undone(weir_error *err)
{
	weir__error_set(err, WEIR_ERR_CLOSED, "a statement of the transaction failed: it was rolled back");
	if (err)
		memcpy(err->sqlstate, "25P02", sizeof err->sqlstate);
	return WEIR_ERR_CLOSED;
}

/* The server answers COMMIT of a failed transaction with success and the tag ROLLBACK. */
static int check_tag(PGresult *result, weir_error *err)
{
	bool done = strcmp(PQcmdStatus(result), "COMMIT") == 0;

	PQclear(result);
	return done ? WEIR_OK : undone(err);
}

static int undone_before(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	int rc = weir__brief_undo(conn, deadline, err);

	return rc < 0 ? rc : undone(err);
}

static int send_commit(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	PGresult *result = NULL;
	int       rc;

	if (conn->tx.implied)
		return weir__brief_commit(conn, deadline, err);
	rc = weir__conn_command(conn, "COMMIT", deadline, &result, err);
	return rc < 0 ? rc : check_tag(result, err);
}

static int send_observed(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__observed observed;
	int            rc;

	if (!weir__is_observed(conn))
		return send_commit(conn, deadline, err);
	weir__observe(&observed, conn, "COMMIT", &err);
	rc = send_commit(conn, deadline, err);
	weir__observe_end(&observed, rc, -1, err);
	return rc;
}

int weir__conn_commit(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__tx tx = conn->tx;
	int      rc = weir__conn_check(conn, err);

	if (rc < 0)
		return rc;
	if (weir__cancel_is_requested(conn->cancel)) {
		weir__conn_rollback(conn, deadline);
		return weir__cancel_error(err);
	}
	conn->cancel = NULL;
	conn->tx = (weir__tx){ .implied = tx.implied };
	if (tx.begin)
		return WEIR_OK;
	if (weir__deadline_poll_ms(deadline) == 0) {
		weir__conn_break(conn);
		return weir__error_set(err, WEIR_ERR_TIMEOUT, "the deadline passed before COMMIT");
	}
	if (weir__brief_has_failed(conn))
		return undone_before(conn, deadline, err);
	if (tx.scripted && !tx.xid && weir__conn_is_usable(conn)) {
		rc = ask_for_xid(conn, &tx.xid, deadline, err);
		if (rc < 0)
			return rc;
	}
	rc = send_observed(conn, deadline, err);
	if (rc < 0 && conn->broken)
		rc = commit_lost(conn, rc, tx.xid, deadline, err);
	if (rc < 0 && err)
		err->sent = true;
	return rc;
}
