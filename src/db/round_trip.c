/* Several statements in one send and one wait, by libpq's pipeline mode. What is to be sent is planned first, which is
 * all that can fail for want of memory, and answers are then taken in the order of sending. After a failure the server
 * skips the rest, and each of the rest is answered as skipped. */
#include "db/run.h"

#include "base/error.h"

#include <stdio.h>

#define PARTS_MAX     (3 + WEIR__REQUESTS_MAX) /* BEGIN, the search path, the principal */
#define DROPS_AT_ONCE 4

/* A statement to run. */
typedef struct round_part {
	const weir__sql    *sql;
	weir__statement    *statement; /* NULL: it goes unnamed */
	const weir__params *params;
	bool                fresh;  /* it has to be prepared first */
	PGresult          **result; /* where the result is wanted, or NULL */
} round_part;

/* An answer to wait for. */
typedef struct round_step {
	weir__statement *preparing; /* what this step prepares, or NULL */
	PGresult       **result;
	bool             drops_all;
} round_step;

typedef struct round_trip {
	weir__run *run;
	round_part parts[PARTS_MAX];
	size_t     part_count;
	round_step steps[2 * PARTS_MAX + DROPS_AT_ONCE];
	size_t     step_count;
	bool       refused; /* libpq did not take something */
} round_trip;

/* ---- Planning -------------------------------------------------------------------------------------------------------- */

/* Does a statement that is new on the connection get a name there? */
static bool is_named(const weir__conn *conn)
{
	return conn->mode == WEIR_STATEMENTS_NAMED ||
	       (conn->mode == WEIR_STATEMENTS_TRACKED && conn->statements.count < conn->statements.limit);
}

static int plan(round_trip *trip, const weir__sql *sql, const weir__params *params, PGresult **result)
{
	weir__statement_set *set = &trip->run->conn->statements;
	round_part          *part = &trip->parts[trip->part_count];

	part->sql = sql;
	part->statement = weir__statement_find(set, sql, params);
	part->fresh = !part->statement && is_named(trip->run->conn);
	if (part->fresh) {
		part->statement = weir__statement_add(set, sql, params);
		if (!part->statement)
			return weir__error_no_memory(trip->run->err);
	}
	part->params = params;
	part->result = result;
	trip->part_count++;
	return WEIR_OK;
}

/* BEGIN stands before what is dropped: while that is everything it is not prepared. */
static int plan_begin(round_trip *trip, const weir__sql *begin)
{
	if (!trip->run->conn->statements.drop_all)
		return plan(trip, begin, NULL, NULL);
	trip->parts[trip->part_count++] = (round_part){ .sql = begin };
	return WEIR_OK;
}

/* What precedes the statement. */
/* There are as many as there are principals: they get no names. */
static void plan_principal(round_trip *trip)
{
	trip->parts[trip->part_count++] = (round_part){ .sql = trip->run->conn->principal };
}

static int plan_before(round_trip *trip)
{
	weir__conn *conn = trip->run->conn;
	int         rc = WEIR_OK;

	if (conn->tx.begin)
		rc = plan_begin(trip, conn->tx.begin);
	if (rc == WEIR_OK && weir__conn_needs_path(conn))
		rc = plan(trip, &conn->db->path, NULL, NULL);
	if (rc == WEIR_OK && weir__conn_needs_principal(conn))
		plan_principal(trip);
	return rc;
}

static void unplan(round_trip *trip)
{
	for (size_t i = 0; i < trip->part_count; i++)
		if (trip->parts[i].fresh)
			weir__statement_forget(&trip->run->conn->statements, trip->parts[i].statement, false);
}

/* ---- Sending --------------------------------------------------------------------------------------------------------- */

static void expect(round_trip *trip, int taken, weir__statement *preparing, PGresult **result)
{
	trip->refused |= !taken;
	trip->steps[trip->step_count++] = (round_step){ .preparing = preparing, .result = result };
}

static void send_part(round_trip *trip, const round_part *part)
{
	weir__conn      *conn = trip->run->conn;
	weir__statement *statement = part->statement;

	if (part->fresh) {
		expect(trip, PQsendPrepare(conn->pg, statement->name, statement->text, statement->type_count, statement->types),
		       statement, NULL);
		weir__count(&conn->counters.prepared);
	}
	expect(trip, weir__run_send(conn, statement, part->sql, part->params), NULL, part->result);
}

static void send_drops(round_trip *trip)
{
	weir__conn *conn = trip->run->conn;

	for (int i = 0; i < DROPS_AT_ONCE; i++) {
		bool all = conn->statements.drop_all;
		char text[WEIR__STATEMENT_NAME_SIZE + 16];

		if (!weir__statement_next_drop(&conn->statements, text, sizeof text))
			return;
		expect(trip, PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 1), NULL, NULL);
		trip->steps[trip->step_count - 1].drops_all = all;
	}
}

/* BEGIN stands first: some of its kinds must precede whatever takes a snapshot, and preparing does. */
static bool send_all(round_trip *trip)
{
	weir__conn *conn = trip->run->conn;
	size_t      first = conn->tx.begin ? 1 : 0;

	if (!PQenterPipelineMode(conn->pg))
		return false;
	for (size_t i = 0; i < trip->part_count; i++) {
		if (i == first)
			send_drops(trip);
		send_part(trip, &trip->parts[i]);
	}
	return !trip->refused && PQpipelineSync(conn->pg);
}

/* ---- Receiving ------------------------------------------------------------------------------------------------------- */

static int lost(const weir__run *run, int rc)
{
	int now = weir__failure_of_result(run->conn, NULL, rc < 0 ? NULL : run->err);

	return rc < 0 ? rc : now;
}

/* Looks at one answer: keeps it where it is wanted, takes note of the first failure. */
static int settle(round_trip *trip, const round_step *step, PGresult *result, int rc)
{
	weir__run *run = trip->run;
	bool       good = weir__result_is_good(result);

	if (!good && rc == WEIR_OK)
		rc = weir__run_failed(run, result);
	if (!good && step->drops_all)
		run->conn->statements.drop_all = true;
	if (!good && step->preparing) {
		if (step->preparing == run->statement)
			run->statement = NULL;
		weir__statement_forget(&run->conn->statements, step->preparing, false);
	}
	if (good && step->result)
		*step->result = result;
	else
		PQclear(result);
	return rc;
}

static int receive_step(round_trip *trip, const round_step *step, int rc)
{
	weir__run *run = trip->run;
	PGresult  *result;
	int        now = weir__conn_next(run->conn, run->deadline, &result, rc < 0 ? NULL : run->err);

	if (now < 0)
		return rc < 0 ? rc : now;
	if (!result)
		return lost(run, rc);
	rc = settle(trip, step, result, rc);
	if (run->conn->broken)
		return rc;
	now = weir__conn_end(run->conn, run->deadline, rc < 0 ? NULL : run->err);
	return rc < 0 ? rc : now;
}

/* Outside a transaction the server commits at the end of the round trip, and may fail there. */
int weir__run_receive_end(weir__run *run, int rc)
{
	bool ended = false;

	for (int tries = 0; !ended && tries < 3; tries++) {
		PGresult *result;
		int       now = weir__conn_next(run->conn, run->deadline, &result, rc < 0 ? NULL : run->err);

		if (now < 0)
			return rc < 0 ? rc : now;
		ended = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		if (result && !ended && rc == WEIR_OK)
			rc = weir__run_failed(run, result);
		PQclear(result);
		if (run->conn->broken)
			return rc;
	}
	return ended && PQexitPipelineMode(run->conn->pg) ? rc : lost(run, rc);
}

static int receive_all(round_trip *trip)
{
	int rc = WEIR_OK;

	for (size_t i = 0; i < trip->step_count; i++) {
		rc = receive_step(trip, &trip->steps[i], rc);
		if (trip->run->conn->broken)
			return rc;
	}
	return weir__run_receive_end(trip->run, rc);
}

static int go(round_trip *trip)
{
	if (!send_all(trip))
		return lost(trip->run, WEIR_OK);
	trip->run->conn->tx.begin = NULL;
	return receive_all(trip);
}

int weir__run_requests(weir__run *run, const weir__request *requests, size_t count, PGresult **results)
{
	round_trip trip = { .run = run };
	int        rc = plan_before(&trip);

	for (size_t i = 0; rc == WEIR_OK && i < count; i++)
		rc = plan(&trip, &requests[i].sql, requests[i].params, &results[i]);
	if (rc == WEIR_OK)
		return go(&trip);
	unplan(&trip);
	return rc;
}

int weir__run_round_trip(weir__run *run, bool wants_xid)
{
	weir__conn *conn = run->conn;
	round_trip  trip = { .run = run };
	PGresult   *xid = NULL;
	int         rc = plan_before(&trip);
	size_t      own = trip.part_count;

	if (rc == WEIR_OK)
		rc = plan(&trip, run->sql, run->params, &run->result);
	if (rc == WEIR_OK && wants_xid)
		rc = plan(&trip, &conn->db->xid, NULL, &xid);
	if (rc < 0) {
		unplan(&trip);
		return rc;
	}
	run->statement = trip.parts[own].statement;
	rc = go(&trip);
	if (xid)
		conn->tx.xid = (uint64_t)weir__result_int64(xid, 0);
	PQclear(xid);
	return rc;
}
