/* Running statements. One that is prepared already, or never will be, goes out alone: send, poll, receive. Otherwise, and in front of a
 * transaction, it goes out in company (round_trip.c).
 *
 * A text that begins with SELECT or DECLARE is taken for a read: a lost connection leaves no doubt about its effect, and in a
 * transaction nobody asks for the id after it. Reads that write (functions) need a script, or another first word. */
#include "db/observe.h"
#include "db/run.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static bool send_unnamed(weir__conn *conn, const weir__sql *sql, const weir__params *params)
{
	if (!params)
		return PQsendQueryParams(conn->pg, sql->text, 0, NULL, NULL, NULL, NULL, 1);
	return PQsendQueryParams(conn->pg, sql->text, params->count, params->types, params->values, params->lengths,
	                         params->formats, 1);
}

bool weir__run_send(weir__conn *conn, const weir__statement *statement, const weir__sql *sql,
                    const weir__params *params)
{
	if (!statement)
		return send_unnamed(conn, sql, params);
	if (!params)
		return PQsendQueryPrepared(conn->pg, statement->name, 0, NULL, NULL, NULL, 1);
	return PQsendQueryPrepared(conn->pg, statement->name, params->count, params->values, params->lengths,
	                           params->formats, 1);
}

/* A changed table, or somebody's DEALLOCATE or DISCARD: prepared again it would work. */
int weir__run_failed(weir__run *run, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (sqlstate && strcmp(sqlstate, "26000") == 0)
		run->stale = WEIR__ALL_STALE;
	else if (weir__failure_is_changed_plan(result))
		run->stale = WEIR__PLANS_STALE;
	return weir__failure_of_result(run->conn, result, run->err);
}

static int run_alone(weir__run *run)
{
	weir__conn *conn = run->conn;
	int         rc;
	int         end;

	if (!weir__run_send(conn, run->statement, run->sql, run->params))
		return weir__failure_of_result(conn, NULL, run->err);
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

/* ---- Once, or once more ------------------------------------------------------------------------------------------------- */

static bool is_select(const weir__sql *sql)
{
	return sql->length > 7 && memcmp(sql->text, "SELECT ", 7) == 0;
}

static bool is_read(const weir__sql *sql)
{
	return sql->length > 7 && (memcmp(sql->text, "SELECT", 6) == 0 || memcmp(sql->text, "DECLARE", 7) == 0);
}

static void fail(weir__run *run, bool in_transaction)
{
	PQclear(run->result);
	run->result = NULL;
	if (!run->err)
		return;
	run->err->sent = run->err->status != WEIR_ERR_NO_MEMORY;
	/* a server that takes no writes has not made this one */
	if (run->conn->broken && !in_transaction && !is_read(run->sql) && run->err->status != WEIR_ERR_READ_ONLY)
		run->err->effect = WEIR_EFFECT_UNKNOWN;
}

/* What SQL by hand may leave behind ends with the connection. */
static void note_residue(const weir__run *run)
{
	if (run->statement ? run->statement->lasts : weir__sql_lasts(run->sql))
		run->conn->scripted = true;
}

static int run_once(weir__run *run)
{
	weir__conn *conn = run->conn;
	bool        in_transaction = conn->tx.begin || conn->tx.implied || PQtransactionStatus(conn->pg) == PQTRANS_INTRANS;
	bool        wants_xid =
		in_transaction && !conn->tx.xid && !conn->tx.read_only && !is_read(run->sql) && !run->sql->gives_xid;
	int rc;

	run->stale = WEIR__NOT_STALE;
	weir__count(&conn->counters.round_trips);
	run->statement = weir__statement_find(&conn->statements, run->sql, run->params);
	if (weir__brief_takes(run))
		rc = weir__brief_run(run);
	else if ((run->statement || conn->mode == WEIR_STATEMENTS_UNNAMED) && !conn->tx.begin && !wants_xid &&
	         !weir__conn_needs_path(conn) && !weir__conn_needs_principal(conn))
		rc = run_alone(run);
	else
		rc = weir__run_round_trip(run, wants_xid);
	note_residue(run);
	if (rc < 0)
		fail(run, in_transaction);
	return rc;
}

/* A table that one statement has found changed is behind others as well, on all connections: each of these prepares all of
 * its statements anew before it runs the next one. */
void weir__run_renew_plans(weir__conn *conn)
{
	uint64_t plans = atomic_load_explicit(&conn->db->plans, memory_order_relaxed);

	if (conn->plans == plans)
		return;
	conn->plans = plans;
	weir__statement_forget_all(&conn->statements, conn->mode == WEIR_STATEMENTS_NAMED);
}

void weir__run_forget_stale(const weir__run *run)
{
	weir__conn *conn = run->conn;
	uint64_t    plans = conn->plans;

	if (run->stale == WEIR__ALL_STALE) {
		weir__statement_forget_all(&conn->statements, false);
		return;
	}
	atomic_compare_exchange_strong(&conn->db->plans, &plans, plans + 1);
	weir__run_renew_plans(conn);
}

/* Undoes BEGIN, which is all that went before it, and runs it once more. */
static int run_again(weir__run *run, const weir__sql *begin)
{
	weir__conn *conn = run->conn;

	if (begin) {
		int rc = conn->tx.implied ? weir__brief_undo(conn, run->deadline, run->err)
		                          : weir__conn_command(conn, "ROLLBACK", run->deadline, NULL, run->err);
		if (rc < 0)
			return rc;
		conn->tx.begin = begin;
		conn->tx.brief = false;
	}
	return run_once(run);
}

/* ---- weir__conn_run --------------------------------------------------------------------------------------------------- */

static int check(const weir__run *run)
{
	int rc = weir__conn_check(run->conn, run->err);

	if (rc == WEIR_OK && run->params)
		rc = weir__params_status(run->params, run->err);
	if (rc == WEIR_OK && !weir__conn_is_usable(run->conn)) {
		rc = weir__error_set(run->err, WEIR_ERR_CLOSED,
		                     "a statement of the transaction failed: it can only be rolled back");
		if (run->err)
			memcpy(run->err->sqlstate, "25P02", sizeof run->err->sqlstate);
	}
	return rc;
}

/* What a SELECT gives is what it says to have found. */
static void rows_take(const weir__sql *sql, weir__rows *rows, PGresult *result)
{
	rows->result = result;
	rows->count = (size_t)PQntuples(result);
	rows->affected = (int64_t)rows->count;
	if (!is_select(sql) || PQresultStatus(result) != PGRES_TUPLES_OK) {
		const char *affected = PQcmdTuples(result);

		rows->affected = affected[0] ? strtoll(affected, NULL, 10) : -1;
	}
}

/* A statement that gives no row did nothing; what a trigger did is found out before COMMIT. */
static void note_xid(weir__conn *conn, const PGresult *result)
{
	if (PQntuples(result) > 0)
		conn->tx.xid = (uint64_t)weir__result_int64(result, PQnfields(result) - 1);
	else
		conn->tx.scripted = true;
}

void weir__run_take_rows(weir__conn *conn, const weir__sql *sql, PGresult *result, weir__rows *rows)
{
	rows_take(sql, rows, result);
	conn->tx.changed |= rows->affected != 0;
	if (sql->gives_xid && !conn->tx.xid)
		note_xid(conn, result);
}

static int run(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
               weir__rows *rows, weir_error *err)
{
	weir__run        one = { .conn = conn, .sql = sql, .params = params, .deadline = deadline, .err = err };
	const weir__sql *begin = conn->tx.begin;
	bool             first;
	int              rc;

	*rows = (weir__rows)WEIR__ROWS_INIT;
	rc = check(&one);
	if (rc < 0)
		return rc;
	weir__run_renew_plans(conn);
	first = begin || (!conn->tx.implied && PQtransactionStatus(conn->pg) == PQTRANS_IDLE);
	weir__count(&conn->counters.queries);
	rc = run_once(&one);
	if (one.stale != WEIR__NOT_STALE) {
		weir__run_forget_stale(&one);
		if (first && !conn->broken)
			rc = run_again(&one, begin);
	}
	if (rc < 0)
		return rc;
	weir__run_take_rows(conn, sql, one.result, rows);
	return rc;
}

static int run_observed(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                        weir__rows *rows, weir_error *err)
{
	weir__observed observed;
	int            rc;

	weir__observe(&observed, conn, sql->text, &err);
	rc = run(conn, sql, params, deadline, rows, err);
	weir__observe_end(&observed, rc, (int64_t)rows->count, err);
	return rc;
}

int weir__conn_run(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                   weir__rows *rows, weir_error *err)
{
	return weir__is_observed(conn) ? run_observed(conn, sql, params, deadline, rows, err)
	                               : run(conn, sql, params, deadline, rows, err);
}

int weir__conn_begin_and_run(weir__conn *conn, const weir__sql *sql, const weir__params *params,
                             weir__deadline deadline, weir__rows *rows, weir_error *err)
{
	int rc = weir__conn_begin(conn, NULL, deadline, err);

	*rows = (weir__rows)WEIR__ROWS_INIT;
	return rc < 0 ? rc : weir__conn_run(conn, sql, params, deadline, rows, err);
}

/* ---- Several at once ---------------------------------------------------------------------------------------------------- */

/* One by one, each with its own second chance: what is prepared has turned out to be stale. */
static int run_each(const weir__run *run, weir__request *requests, size_t count)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc == WEIR_OK && i < count; i++)
		rc =
			weir__conn_run(run->conn, &requests[i].sql, requests[i].params, run->deadline, &requests[i].rows, run->err);
	return rc;
}

static int run_together(weir__run *run, weir__request *requests, size_t count)
{
	PGresult      *results[WEIR__REQUESTS_MAX] = { NULL };
	bool           is_observed = weir__is_observed(run->conn);
	weir__observed observed;
	int            rc;

	weir__count(&run->conn->counters.round_trips);
	if (is_observed)
		weir__observe(&observed, run->conn, requests[0].sql.text, &run->err);
	rc = weir__run_requests(run, requests, count, results);
	if (is_observed)
		weir__observe_end(&observed, rc, -1, run->err);
	for (size_t i = 0; i < count; i++) {
		weir__count(&run->conn->counters.queries);
		if (rc == WEIR_OK)
			rows_take(&requests[i].sql, &requests[i].rows, results[i]);
		else
			PQclear(results[i]);
	}
	return rc;
}

int weir__conn_run_all(weir__conn *conn, weir__request *requests, size_t count, weir__deadline deadline,
                       weir_error *err)
{
	weir__run        run = { .conn = conn, .sql = &requests[0].sql, .deadline = deadline, .err = err };
	const weir__sql *begin = conn->tx.begin;
	bool             first;
	int              rc = WEIR_OK;

	for (size_t i = 0; i < count; i++) {
		requests[i].rows = (weir__rows)WEIR__ROWS_INIT;
		run.params = requests[i].params;
		rc = rc < 0 ? rc : check(&run);
	}
	if (rc < 0)
		return rc;
	if (count == 1)
		return run_each(&run, requests, count);
	weir__run_renew_plans(conn);
	first = begin || PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
	rc = run_together(&run, requests, count);
	if (rc < 0)
		fail(&run, !first);
	if (run.stale != WEIR__NOT_STALE && !conn->broken) {
		weir__run_forget_stale(&run);
		if (first && !begin)
			rc = run_each(&run, requests, count);
	}
	for (size_t i = 0; rc < 0 && i < count; i++)
		weir__rows_release(&requests[i].rows);
	return rc;
}

void weir__rows_release(weir__rows *rows)
{
	PQclear(rows->result);
	*rows = (weir__rows)WEIR__ROWS_INIT;
}
