/* Running statements. A statement that is prepared already goes out alone: send, poll, receive. Everything else that has
 * to precede or follow it (BEGIN, dropping and preparing names, asking for the transaction's id) goes out with it in one
 * send by libpq's pipeline mode, and all answers are collected in one wait. */
#include "db/conn.h"

#include "base/error.h"
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- The connection's state -------------------------------------------------------------------------------------- */

void weir__conn_break(weir__conn *conn)
{
	int fd = PQsocket(conn->pg);

	conn->broken = true;
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

bool weir__conn_is_usable(const weir__conn *conn)
{
	return !conn->broken && PQtransactionStatus(conn->pg) != PQTRANS_INERROR;
}

bool weir__conn_is_clean(const weir__conn *conn)
{
	return !conn->broken && !conn->statements.overflowed && PQstatus(conn->pg) == CONNECTION_OK &&
		PQtransactionStatus(conn->pg) == PQTRANS_IDLE && PQpipelineStatus(conn->pg) == PQ_PIPELINE_OFF;
}

int weir__conn_check(const weir__conn *conn, weir_error *err)
{
	if (conn->db->process != weir__process_generation())
		return weir__error_set(err, WEIR_ERR_FORKED, "the connection belongs to the parent process");
	if (conn->broken)
		return weir__error_set(err, WEIR_ERR_CONNECTION_LOST, "the connection broke earlier");
	return WEIR_OK;
}

static int check_transaction(const weir__conn *conn, weir_error *err)
{
	if (PQtransactionStatus(conn->pg) != PQTRANS_INERROR)
		return WEIR_OK;
	weir__error_set(err, WEIR_ERR_CLOSED, "a statement of the transaction failed: it can only be rolled back");
	if (err)
		memcpy(err->sqlstate, "25P02", sizeof err->sqlstate);
	return WEIR_ERR_CLOSED;
}

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

static int lost(weir__conn *conn, weir_error *err)
{
	return weir__failure_of_result(conn, NULL, err);
}

static int timed_out(weir__conn *conn, weir_error *err)
{
	weir__conn_break(conn);
	return weir__error_set(err, WEIR_ERR_TIMEOUT, "the database did not answer by the deadline");
}

/* Waits until the socket can be read, or written if something is left to send. A deadline that has passed is
 * forgiven once, for an answer that is already there. */
static int wait_socket(weir__conn *conn, short events, weir__deadline deadline, bool *forgiven)
{
	struct pollfd socket = {.fd = PQsocket(conn->pg), .events = events};

	for (;;) {
		int left_ms = weir__deadline_poll_ms(deadline);
		int ready;

		if (left_ms == 0 && *forgiven)
			return WEIR_ERR_TIMEOUT;
		*forgiven |= left_ms == 0;
		ready = socket.fd < 0 ? -1 : poll(&socket, 1, left_ms);
		if (ready > 0)
			return WEIR_OK;
		if (ready < 0 && (socket.fd < 0 || (errno != EINTR && errno != EAGAIN)))
			return WEIR_ERR_CONNECTION_LOST;
	}
}

int weir__conn_next(weir__conn *conn, weir__deadline deadline, PGresult **result, weir_error *err)
{
	bool forgiven = false;

	*result = NULL;
	for (;;) {
		int unsent = PQflush(conn->pg);
		int rc;

		if (unsent < 0)
			return lost(conn, err);
		if (!PQisBusy(conn->pg))
			break;
		rc = wait_socket(conn, unsent ? POLLIN | POLLOUT : POLLIN, deadline, &forgiven);
		if (rc < 0)
			return rc == WEIR_ERR_TIMEOUT ? timed_out(conn, err) : lost(conn, err);
		if (!PQconsumeInput(conn->pg))
			break; /* what the server said before it went is the result */
	}
	*result = PQgetResult(conn->pg);
	return WEIR_OK;
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static bool is_success(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* The last result of what was sent, after which there is none; the first failure wins. */
static int collect(weir__conn *conn, weir__deadline deadline, PGresult **last, weir_error *err)
{
	int rc = WEIR_OK;

	*last = NULL;
	for (;;) {
		PGresult *result;
		int       got = weir__conn_next(conn, deadline, &result, rc < 0 ? NULL : err);

		if (got < 0 || !result) {
			rc = rc < 0 ? rc : got;
			break;
		}
		PQclear(*last);
		*last = result;
		if (!is_success(result) && rc == WEIR_OK)
			rc = weir__failure_of_result(conn, result, err);
		if (conn->broken)
			break;
	}
	if (rc == WEIR_OK && *last)
		return WEIR_OK;
	PQclear(*last);
	*last = NULL;
	return rc < 0 ? rc : lost(conn, err);
}

static void rows_take(weir__rows *rows, PGresult *result)
{
	const char *affected = PQcmdTuples(result);

	rows->result = result;
	rows->count = (size_t)PQntuples(result);
	rows->affected = affected[0] ? strtoll(affected, NULL, 10) : -1;
}

/* ---- Texts that are not kept --------------------------------------------------------------------------------------- */

int weir__conn_command(weir__conn *conn, const char *text, weir__deadline deadline, PGresult **result, weir_error *err)
{
	PGresult *last;
	int       rc;

	weir__count(&conn->counters.round_trips);
	if (!PQsendQuery(conn->pg, text))
		return lost(conn, err);
	rc = collect(conn, deadline, &last, err);
	if (result)
		*result = last;
	else
		PQclear(last);
	return rc;
}

int weir__conn_ask(weir__conn *conn, const weir__query *query, weir__deadline deadline, PGresult **result, weir_error *err)
{
	*result = NULL;
	weir__count(&conn->counters.round_trips);
	if (!PQsendQueryParams(conn->pg, query->text, query->count, NULL, query->values, NULL, NULL, 1))
		return lost(conn, err);
	return collect(conn, deadline, result, err);
}

/* ---- One statement ------------------------------------------------------------------------------------------------- */

/* Failed because what the server has prepared is of no use any more. */
enum stale { NOT_STALE, THIS_STALE, ALL_STALE };

/* What weir__conn_run was called with, and what it finds out. */
typedef struct run {
	weir__conn          *conn;
	const weir__sql     *sql;
	const weir__params  *params;
	weir__deadline       deadline;
	weir_error          *err;
	weir__statement     *statement; /* sql's, once it has one */
	PGresult            *result;
	enum stale           stale;
} run;

static bool send_prepared(weir__conn *conn, const weir__statement *statement, const weir__params *params)
{
	if (!params)
		return PQsendQueryPrepared(conn->pg, statement->name, 0, NULL, NULL, NULL, 1);
	return PQsendQueryPrepared(
		conn->pg, statement->name, params->count, params->values, params->lengths, params->formats, 1);
}

/* A changed table, or somebody's DEALLOCATE or DISCARD: prepared again it would work. */
static enum stale staleness(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	if (sqlstate && strcmp(sqlstate, "26000") == 0)
		return ALL_STALE;
	if (sqlstate && strcmp(sqlstate, "0A000") == 0 && function && strcmp(function, "RevalidateCachedQuery") == 0)
		return THIS_STALE;
	return NOT_STALE;
}

/* After a result there must be no other. */
static int end_of_result(run *r, int rc)
{
	PGresult *more;
	int       got = weir__conn_next(r->conn, r->deadline, &more, rc < 0 ? NULL : r->err);

	if (got < 0 || !more)
		return got;
	PQclear(more);
	return lost(r->conn, rc < 0 ? NULL : r->err);
}

static int run_alone(run *r)
{
	weir__conn *conn = r->conn;
	int         rc;
	int         got;

	if (!send_prepared(conn, r->statement, r->params))
		return lost(conn, r->err);
	rc = weir__conn_next(conn, r->deadline, &r->result, r->err);
	if (rc < 0)
		return rc;
	if (!is_success(r->result)) {
		r->stale = staleness(r->result);
		rc = weir__failure_of_result(conn, r->result, r->err);
		if (conn->broken)
			return rc;
	}
	got = end_of_result(r, rc);
	return rc < 0 ? rc : got;
}

/* ---- Several in one round trip --------------------------------------------------------------------------------------- */

#define PARTS_MAX     3
#define DROPS_AT_ONCE 4

/* A statement to run. */
typedef struct part {
	weir__statement     *statement;
	const weir__params  *params;
	bool                 fresh; /* it has to be prepared first */
	PGresult           **result; /* where the result is wanted, or NULL */
} part;

/* An answer to wait for. */
typedef struct step {
	weir__statement *preparing; /* what this step prepares, or NULL */
	PGresult       **result;
} step;

typedef struct round {
	run   *run;
	part   parts[PARTS_MAX];
	size_t part_count;
	step   steps[2 * PARTS_MAX + DROPS_AT_ONCE];
	size_t step_count;
	bool   unsent; /* libpq did not take something */
} round;

static int plan(round *round, const weir__sql *sql, const weir__params *params, PGresult **result)
{
	weir__statement_set *set = &round->run->conn->statements;
	part                 part = {weir__statement_find(set, sql, params), params, false, result};

	if (!part.statement) {
		part.statement = weir__statement_add(set, sql, params);
		if (!part.statement)
			return weir__error_no_memory(round->run->err);
		part.fresh = true;
	}
	round->parts[round->part_count++] = part;
	return WEIR_OK;
}

static void unplan(round *round)
{
	for (size_t i = 0; i < round->part_count; i++)
		if (round->parts[i].fresh)
			weir__statement_forget(&round->run->conn->statements, round->parts[i].statement, false);
}

static void expect(round *round, int sent, weir__statement *preparing, PGresult **result)
{
	round->unsent |= !sent;
	round->steps[round->step_count++] = (step){preparing, result};
}

static void send_part(round *round, const part *part)
{
	weir__conn      *conn = round->run->conn;
	weir__statement *statement = part->statement;

	if (part->fresh) {
		int sent =
			PQsendPrepare(conn->pg, statement->name, statement->text, statement->type_count, statement->types);
		expect(round, sent, statement, NULL);
		weir__count(&conn->counters.prepared);
	}
	expect(round, send_prepared(conn, statement, part->params), NULL, part->result);
}

static void send_drops(round *round)
{
	weir__conn *conn = round->run->conn;

	for (int i = 0; i < DROPS_AT_ONCE; i++) {
		uint64_t number = weir__statement_next_dropped(&conn->statements);
		char     text[48];

		if (!number)
			return;
		snprintf(text, sizeof text, "DEALLOCATE weir_%llu", (unsigned long long)number);
		expect(round, PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 1), NULL, NULL);
	}
}

/* Looks at one answer: keeps it where it is wanted, takes note of the first failure. */
static int settle(round *round, const step *step, PGresult *result, int rc)
{
	run        *r = round->run;
	weir__conn *conn = r->conn;
	bool        good = is_success(result);

	if (!good && rc == WEIR_OK) {
		r->stale = staleness(result);
		rc = weir__failure_of_result(conn, result, r->err);
	}
	if (!good && step->preparing) {
		if (step->preparing == r->statement)
			r->statement = NULL;
		weir__statement_forget(&conn->statements, step->preparing, false);
	}
	if (good && step->result)
		*step->result = result;
	else
		PQclear(result);
	return rc;
}

/* One answer and the end of it. */
static int receive_step(round *round, const step *step, int rc)
{
	run        *r = round->run;
	PGresult   *result;
	int         got = weir__conn_next(r->conn, r->deadline, &result, rc < 0 ? NULL : r->err);

	if (got < 0)
		return rc < 0 ? rc : got;
	if (!result)
		return lost(r->conn, rc < 0 ? NULL : r->err);
	rc = settle(round, step, result, rc);
	if (r->conn->broken)
		return rc;
	got = end_of_result(r, rc);
	return rc < 0 ? rc : got;
}

static int receive_round(round *round)
{
	run        *r = round->run;
	weir__conn *conn = r->conn;
	PGresult   *result;
	int         rc = WEIR_OK;
	int         got;

	for (size_t i = 0; i < round->step_count; i++) {
		rc = receive_step(round, &round->steps[i], rc);
		if (conn->broken)
			return rc;
	}
	got = weir__conn_next(conn, r->deadline, &result, rc < 0 ? NULL : r->err);
	if (got == WEIR_OK && (PQresultStatus(result) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(conn->pg)))
		got = lost(conn, rc < 0 ? NULL : r->err);
	PQclear(result);
	return rc < 0 ? rc : got;
}

static uint64_t take_xid(PGresult *result)
{
	uint64_t xid = 0;

	if (result && PQntuples(result) == 1 && PQgetlength(result, 0, 0) == 8)
		for (int i = 0; i < 8; i++)
			xid = xid << 8 | (unsigned char)PQgetvalue(result, 0, 0)[i];
	PQclear(result);
	return xid;
}

/* BEGIN stands first: some of its kinds must precede whatever takes a snapshot, and preparing does. */
static int run_in_round(run *r, bool wants_xid)
{
	weir__conn *conn = r->conn;
	round       round = {.run = r};
	PGresult   *xid = NULL;
	int         rc = WEIR_OK;
	size_t      first = conn->tx.begin ? 1 : 0;

	if (conn->tx.begin)
		rc = plan(&round, conn->tx.begin, NULL, NULL);
	if (rc == WEIR_OK)
		rc = plan(&round, r->sql, r->params, &r->result);
	if (rc == WEIR_OK && wants_xid)
		rc = plan(&round, &conn->db->xid, NULL, &xid);
	if (rc < 0) {
		unplan(&round);
		return rc;
	}
	r->statement = round.parts[first].statement;
	if (!PQenterPipelineMode(conn->pg))
		return lost(conn, r->err);
	for (size_t i = 0; i < round.part_count; i++) {
		if (i == first)
			send_drops(&round);
		send_part(&round, &round.parts[i]);
	}
	if (round.unsent || !PQpipelineSync(conn->pg))
		return lost(conn, r->err);
	conn->tx.begin = NULL;
	rc = receive_round(&round);
	if (wants_xid)
		conn->tx.xid = take_xid(xid);
	return rc;
}

/* ---- weir__conn_run ------------------------------------------------------------------------------------------------- */

/* What begins otherwise may write. */
static bool is_read(const weir__sql *sql)
{
	return sql->length > 6 && memcmp(sql->text, "SELECT", 6) == 0;
}

static void fail(run *r, bool in_transaction)
{
	PQclear(r->result);
	r->result = NULL;
	if (!r->err)
		return;
	r->err->sent = r->err->status != WEIR_ERR_NO_MEMORY;
	if (r->conn->broken && !in_transaction && !is_read(r->sql))
		r->err->effect = WEIR_EFFECT_UNKNOWN;
}

static int run_once(run *r)
{
	weir__conn *conn = r->conn;
	bool        in_transaction = conn->tx.begin || PQtransactionStatus(conn->pg) == PQTRANS_INTRANS;
	bool        wants_xid = in_transaction && !conn->tx.xid && !conn->tx.read_only && !is_read(r->sql);
	int         rc;

	r->stale = NOT_STALE;
	weir__count(&conn->counters.round_trips);
	r->statement = weir__statement_find(&conn->statements, r->sql, r->params);
	rc = r->statement && !conn->tx.begin && !wants_xid ? run_alone(r) : run_in_round(r, wants_xid);
	if (rc < 0)
		fail(r, in_transaction);
	return rc;
}

static void forget_stale(run *r)
{
	weir__statement_set *set = &r->conn->statements;

	if (r->stale == ALL_STALE)
		weir__statement_forget_all(set);
	else if (r->statement)
		weir__statement_forget(set, r->statement, true);
}

/* Runs it once more where that changes nothing for the caller: nothing but BEGIN came before it in the transaction. */
static int run_again(run *r, const weir__sql *begin)
{
	weir__conn *conn = r->conn;
	int         rc = WEIR_OK;

	if (begin)
		rc = weir__conn_command(conn, "ROLLBACK", r->deadline, NULL, r->err);
	conn->tx.begin = begin;
	return rc < 0 ? rc : run_once(r);
}

int weir__conn_run(weir__conn *conn, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
	weir__rows *rows, weir_error *err)
{
	run              r = {.conn = conn, .sql = sql, .params = params, .deadline = deadline, .err = err};
	const weir__sql *begin = conn->tx.begin;
	bool             repeatable;
	int              rc = weir__conn_check(conn, err);

	*rows = (weir__rows)WEIR__ROWS_INIT;
	if (rc == WEIR_OK)
		rc = check_transaction(conn, err);
	if (rc == WEIR_OK && params)
		rc = weir__params_status(params, err);
	if (rc < 0)
		return rc;
	repeatable = begin || PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
	weir__count(&conn->counters.queries);
	rc = run_once(&r);
	if (r.stale != NOT_STALE) {
		forget_stale(&r);
		if (repeatable && !conn->broken)
			rc = run_again(&r, begin);
	}
	if (rc == WEIR_OK)
		rows_take(rows, r.result);
	return rc;
}

void weir__rows_release(weir__rows *rows)
{
	PQclear(rows->result);
	*rows = (weir__rows)WEIR__ROWS_INIT;
}
