/* A batch: statements of several callers in one transaction without BEGIN (brief.c), in one send and one wait. Before them goes what
 * bounds their waiting for locks, since one that waits keeps all of them waiting. A statement that fails undoes them all. */
#include "db/batch.h"

#include "base/error.h"
#include "db/observe.h"
#include "db/run.h"

#define STEPS_MAX (2 * (1 + WEIR__BATCH_MAX))

/* An answer to wait for. */
typedef struct batch_step {
	weir__statement  *preparing; /* what this step prepares, or NULL */
	weir__batch_item *item;      /* whose it is, or NULL */
} batch_step;

typedef struct batch {
	weir__run  run;
	batch_step steps[STEPS_MAX];
	size_t     step_count;
	bool       refused; /* libpq did not take something */
} batch;

weir__sql weir__batch_patience(void)
{
	static const char text[] = "SELECT pg_catalog.set_config('lock_timeout', '" WEIR__BATCH_PATIENCE_MS "', true)";

	return weir__sql_of(text, sizeof text - 1);
}

bool weir__conn_takes_batches(const weir__conn *conn)
{
	return !conn->pooled && !conn->local_path && conn->mode == WEIR_STATEMENTS_NAMED;
}

/* ---- Sending --------------------------------------------------------------------------------------------------------- */

/* Nothing is pushed out for a batch: what is known of it must stay. */
static bool has_room(const weir__conn *conn)
{
	return conn->statements.count < conn->statements.limit && !conn->statements.drop_all;
}

static void expect(batch *b, int taken, weir__statement *preparing, weir__batch_item *item)
{
	b->refused |= !taken;
	b->steps[b->step_count++] = (batch_step){ preparing, item };
}

/* False: it cannot be sent on this connection. */
static bool put(batch *b, const weir__sql *sql, const weir__params *params, weir__batch_item *item)
{
	weir__conn      *conn = b->run.conn;
	weir__statement *statement = weir__statement_find(&conn->statements, sql, params);

	if (!statement) {
		statement = has_room(conn) ? weir__statement_add(&conn->statements, sql, params) : NULL;
		if (!statement)
			return false;
		expect(b, PQsendPrepare(conn->pg, statement->name, statement->text, statement->type_count, statement->types),
		       statement, item);
		weir__count(&conn->counters.prepared);
	}
	expect(b, weir__run_send(conn, statement, sql, params), NULL, item);
	return true;
}

static int lost(const batch *b, int rc)
{
	int now = weir__failure_of_result(b->run.conn, NULL, rc < 0 ? NULL : b->run.err);

	return rc < 0 ? rc : now;
}

static int send(batch *b, weir__batch_item *items, size_t count)
{
	weir__conn *conn = b->run.conn;

	if (!PQenterPipelineMode(conn->pg))
		return lost(b, WEIR_OK);
	conn->tx.begin = NULL;
	conn->tx.implied = true;
	if (!put(b, &conn->db->patience, NULL, NULL))
		return weir__error_set(b->run.err, WEIR_ERR_LIMIT, "no room for one more prepared statement");
	for (size_t i = 0; i < count; i++) {
		items[i].left_out =
			weir__params_status(items[i].params, NULL) < 0 || !put(b, items[i].sql, items[i].params, &items[i]);
		if (!items[i].left_out)
			weir__count(&conn->counters.queries);
	}
	return !b->refused && PQsendFlushRequest(conn->pg) ? WEIR_OK : lost(b, WEIR_OK);
}

/* ---- Receiving ------------------------------------------------------------------------------------------------------- */

/* Looks at one answer: keeps it where it is wanted, takes note of the first failure. */
static int settle(batch *b, const batch_step *step, PGresult *result, int rc)
{
	bool good = weir__result_is_good(result);

	if (!good && rc == WEIR_OK) {
		rc = weir__run_failed(&b->run, result);
		if (step->item)
			step->item->failed = true;
	}
	if (!good && step->preparing)
		weir__statement_forget(&b->run.conn->statements, step->preparing, false);
	if (good && step->item && !step->preparing)
		step->item->rows.result = result;
	else
		PQclear(result);
	return rc;
}

/* What follows a failure is answered as skipped. */
static int receive_step(batch *b, const batch_step *step, int rc)
{
	weir__conn *conn = b->run.conn;
	PGresult   *result;
	int         now = weir__conn_next(conn, b->run.deadline, &result, rc < 0 ? NULL : b->run.err);

	if (now < 0)
		return rc < 0 ? rc : now;
	if (!result)
		return lost(b, rc);
	rc = settle(b, step, result, rc);
	if (conn->broken)
		return rc;
	now = weir__conn_end(conn, b->run.deadline, rc < 0 ? NULL : b->run.err);
	return rc < 0 ? rc : now;
}

static int send_and_receive(batch *b, weir__batch_item *items, size_t count)
{
	int rc = send(b, items, count);

	weir__count(&b->run.conn->counters.round_trips);
	for (size_t i = 0; i < b->step_count && !b->run.conn->broken; i++)
		rc = receive_step(b, &b->steps[i], rc);
	return rc;
}

static int run(batch *b, weir__batch_item *items, size_t count)
{
	weir__conn *conn = b->run.conn;
	int         rc;

	weir__run_renew_plans(conn);
	rc = send_and_receive(b, items, count);
	if (b->run.stale != WEIR__NOT_STALE)
		weir__run_forget_stale(&b->run);
	for (size_t i = 0; i < count; i++) {
		if (rc >= 0 && !items[i].left_out)
			weir__run_take_rows(conn, items[i].sql, items[i].rows.result, &items[i].rows);
		else
			weir__rows_release(&items[i].rows);
	}
	return rc;
}

int weir__conn_run_batch(weir__conn *conn, weir__batch_item *items, size_t count, weir__deadline deadline,
                         weir_error *err)
{
	batch          b = { .run = { .conn = conn, .sql = items[0].sql, .deadline = deadline, .err = err } };
	weir__observed observed;
	int            rc = weir__conn_check(conn, err);

	for (size_t i = 0; i < count; i++) {
		items[i].rows = (weir__rows)WEIR__ROWS_INIT;
		items[i].left_out = items[i].failed = false;
	}
	if (rc < 0 || !weir__is_observed(conn))
		return rc < 0 ? rc : run(&b, items, count);
	weir__observe(&observed, conn, items[0].sql->text, &b.run.err);
	rc = run(&b, items, count);
	weir__observe_end(&observed, rc, -1, b.run.err);
	return rc;
}
