/* What became of a transaction whose COMMIT was not answered.
 *
 * A new connection asks pg_xact_status() until the deadline. While the answer is "in progress" the old server process
 * still waits for us or works on the COMMIT; it is told to end (it is ours, and its transaction is checked), which
 * either lets the COMMIT through or undoes it. "committed" is believed only if the server's memory is the one that
 * gave the id: after a crash an id that never reached the disk is given out again. The time at which the
 * server last reset its statistics tells, since a crash resets them. */
#include "db/conn.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PAUSE_MS   5
#define LONGEST_PAUSE_MS 100

enum outcome { COMMITTED, ABORTED, UNDER_WAY, NO_ANSWER, UNKNOWABLE };

static enum outcome read_status(const PGresult *result, bool same_incarnation)
{
	const char *status = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";

	if (strcmp(status, "aborted") == 0)
		return ABORTED;
	if (strcmp(status, "in progress") == 0)
		return UNDER_WAY;
	return strcmp(status, "committed") == 0 && same_incarnation ? COMMITTED : UNKNOWABLE;
}

/* A standby cannot know; it answers NULL, which is unknowable. An id that a primary has not given out yet was lost in a
 * crash, and the transaction with it. */
static enum outcome ask(weir__conn *asking, const weir__inquiry *broken, const char *xid, weir__deadline deadline)
{
	weir__question query = { "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN "
		                     "pg_catalog.pg_xact_status($1::text::pg_catalog.xid8) END",
		                     1, &xid };
	weir_error     err;
	PGresult      *result;
	enum outcome   outcome;

	if (weir__conn_ask(asking, &query, deadline, &result, &err) < 0)
		return strcmp(err.sqlstate, "22023") == 0 ? ABORTED : NO_ANSWER;
	outcome = read_status(result, asking->incarnation == broken->incarnation && broken->incarnation);
	PQclear(result);
	return outcome;
}

/* Behind a pooler the process is not known, but the transaction has only one. */
static void end_process(weir__conn *asking, const weir__inquiry *broken, const char *xid, weir__deadline deadline)
{
	char           number[16];
	const char    *values[] = { number, xid };
	weir__question query = { "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
		                     "WHERE pid = coalesce($1::int4, pid) AND "
		                     "backend_xid = $2::text::pg_catalog.xid8::pg_catalog.xid",
		                     2, values };
	PGresult      *result;

	if (asking->incarnation != broken->incarnation)
		return;
	snprintf(number, sizeof number, "%d", broken->server_pid);
	if (broken->pooled)
		values[0] = NULL;
	weir__conn_ask(asking, &query, deadline, &result, NULL);
	PQclear(result);
}

static void pause_until(weir__deadline deadline, int *pause_ms)
{
	int left_ms = weir__deadline_poll_ms(deadline);

	poll(NULL, 0, left_ms >= 0 && left_ms < *pause_ms ? left_ms : *pause_ms);
	*pause_ms = *pause_ms * 2 < LONGEST_PAUSE_MS ? *pause_ms * 2 : LONGEST_PAUSE_MS;
}

static weir__inquiry inquiry_of(const weir__conn *broken, uint64_t xid)
{
	return (weir__inquiry){
		.xid = xid,
		.incarnation = broken->incarnation,
		.server_pid = broken->server_pid,
		.pooled = broken->pooled,
	};
}

void weir__conn_inquiry(const weir__conn *broken, weir__inquiry *inquiry)
{
	*inquiry = inquiry_of(broken, broken->doubtful);
}

/* What a crash has made unknowable is settled all the same: nothing of before is under way any more. */
bool weir__conn_has_settled(weir__conn *conn, const weir__inquiry *inquiry, weir__deadline deadline)
{
	char         number[24];
	enum outcome outcome;

	snprintf(number, sizeof number, "%llu", (unsigned long long)inquiry->xid);
	outcome = ask(conn, inquiry, number, deadline);
	if (outcome == UNDER_WAY)
		end_process(conn, inquiry, number, deadline);
	return outcome == COMMITTED || outcome == ABORTED || (outcome == UNKNOWABLE && !conn->server.standby);
}

weir_effect weir__outcome_resolve(const weir__conn *conn, uint64_t xid, weir__deadline deadline)
{
	weir__inquiry inquiry = inquiry_of(conn, xid);
	int           pause_ms = FIRST_PAUSE_MS;
	weir__conn   *asking = NULL;
	enum outcome  outcome = NO_ANSWER;
	char          number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)xid);
	while (weir__deadline_poll_ms(deadline) != 0) {
		if (!asking)
			weir__conn_open(conn->db, deadline, NULL, &asking, NULL);
		outcome = asking ? ask(asking, &inquiry, number, deadline) : NO_ANSWER;
		if (outcome != UNDER_WAY && outcome != NO_ANSWER)
			break;
		if (outcome == UNDER_WAY)
			end_process(asking, &inquiry, number, deadline);
		if (asking && asking->broken) {
			weir__conn_free(asking);
			asking = NULL;
		}
		pause_until(deadline, &pause_ms);
	}
	weir__conn_free(asking);
	weir__log(conn->db->logger, WEIR_LOG_WARNING, "db: connection lost during COMMIT, the transaction is %s",
	          outcome == COMMITTED ? "committed"
	          : outcome == ABORTED ? "rolled back"
	                               : "of unknown fate");
	return outcome == COMMITTED ? WEIR_EFFECT_DONE : outcome == ABORTED ? WEIR_EFFECT_NONE : WEIR_EFFECT_UNKNOWN;
}
