/* A transaction of one statement, without BEGIN and COMMIT. Between two Syncs the server is in a transaction that it has begun by
 * itself; so the statement goes out with a Flush, which asks for its answer, and the Sync is kept back until the transaction is
 * to be committed. That costs the server what a statement alone costs it, and one more message. A statement that fails
 * undoes it.
 *
 * Only for what is prepared already, and where nothing has to precede it: all else goes the way of round_trip.c. */
#include "db/run.h"

#include "base/error.h"

static bool is_first(const weir__conn *conn)
{
	return conn->tx.begin && conn->tx.brief;
}

bool weir__brief_takes(const weir__run *run)
{
	weir__conn *conn = run->conn;

	return conn->tx.implied || (is_first(conn) && run->statement && run->sql->gives_xid && !conn->pooled &&
	                            !weir__conn_needs_path(conn) && !weir__conn_needs_principal(conn));
}

bool weir__brief_has_failed(const weir__conn *conn)
{
	return conn->tx.implied && PQpipelineStatus(conn->pg) == PQ_PIPELINE_ABORTED;
}

static int lost(weir__conn *conn, weir_error *err)
{
	return weir__failure_of_result(conn, NULL, err);
}

int weir__brief_run(weir__run *run)
{
	weir__conn *conn = run->conn;
	int         rc;
	int         end;

	if (!conn->tx.implied && !PQenterPipelineMode(conn->pg))
		return lost(conn, run->err);
	conn->tx.begin = NULL;
	conn->tx.implied = true;
	if (!weir__run_send(conn, run->statement, run->sql, run->params) || !PQsendFlushRequest(conn->pg))
		return lost(conn, run->err);
	rc = weir__conn_next(conn, run->deadline, &run->result, run->err);
	if (rc < 0)
		return rc;
	if (!weir__result_is_good(run->result)) {
		rc = weir__run_failed(run, run->result);
		if (conn->broken)
			return rc;
	}
	end = weir__conn_end(conn, run->deadline, rc < 0 ? NULL : run->err);
	return rc < 0 ? rc : end;
}

/* The end of it, one way or the other. */
static int end(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__run run = { .conn = conn, .deadline = deadline, .err = err };

	conn->tx.implied = false;
	weir__count(&conn->counters.round_trips);
	if (!PQpipelineSync(conn->pg))
		return lost(conn, err);
	return weir__run_receive_end(&run, WEIR_OK);
}

int weir__brief_commit(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	return end(conn, deadline, err);
}

/* The server takes a ROLLBACK here, with a warning in its log. */
static int roll_back(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	PGresult *result;
	int       rc;

	if (!PQsendQueryParams(conn->pg, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 1) || !PQsendFlushRequest(conn->pg))
		return lost(conn, err);
	rc = weir__conn_next(conn, deadline, &result, err);
	if (rc < 0)
		return rc;
	if (!weir__result_is_good(result))
		rc = weir__failure_of_result(conn, result, err);
	PQclear(result);
	return rc < 0 ? rc : weir__conn_end(conn, deadline, err);
}

int weir__brief_undo(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	bool is_undone = weir__brief_has_failed(conn) || !conn->tx.changed;
	int  rc = is_undone ? WEIR_OK : roll_back(conn, deadline, err);

	return rc < 0 ? rc : end(conn, deadline, err);
}
