/* Which server a connection leads to: the system (what initdb gave its data) and the timeline, which is another one after each failover and
 * each restored backup. Both are read by the query that every connection begins with. Any role may ask for them; a server that is no
 * PostgreSQL of the usual kind may refuse, then nothing is known of it.
 *
 * A connection to a primary stays with it: a server that loses its role ends its connections. Behind a pooler, or on a standby, which may be
 * promoted, it is asked again when a second has gone by.
 *
 * The pool belongs to the server that answered last: connections to another one, opened before, are not handed out any more. */
#include "db/conn.h"

#include <stdio.h>

#define ASK_AGAIN_US 1000000

const char weir__server_columns[] =
	"pg_catalog.pg_is_in_recovery()::int4::int8, "
	"CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.concat('x', pg_catalog.substr("
	"pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int8 END, "
	"(SELECT system_identifier FROM pg_catalog.pg_control_system())";

static bool is_same(const weir__server *a, const weir__server *b)
{
	return a->system == b->system && a->timeline == b->timeline;
}

/* Later answers count. */
static void note(weir__db *db, const weir__server *server)
{
	bool another;

	if (server->timeline == 0)
		return;
	pthread_mutex_lock(&db->lock);
	another = !is_same(&db->server, server) && server->since_us >= db->server.since_us;
	if (another && db->server.timeline)
		db->stale_us = server->since_us;
	if (another)
		db->server = *server;
	pthread_mutex_unlock(&db->lock);
}

void weir__server_read(weir__conn *conn, const PGresult *result, int column)
{
	conn->server = (weir__server){
		.standby = weir__result_int64(result, column) != 0,
		.timeline = (uint32_t)weir__result_int64(result, column + 1),
		.system = (uint64_t)weir__result_int64(result, column + 2),
		.since_us = weir__now_us(),
	};
	note(conn->db, &conn->server);
}

static int ask(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	char           text[512];
	weir__question question = { .text = text };
	PGresult      *result;
	int            rc;

	snprintf(text, sizeof text, "SELECT %s", weir__server_columns);
	rc = weir__conn_ask(conn, &question, deadline, &result, err);
	if (rc < 0)
		return rc;
	weir__server_read(conn, result, 0);
	PQclear(result);
	return WEIR_OK;
}

void weir__conn_tag_server(weir__conn *conn, uint64_t tag)
{
	conn->server.tag = tag;
}

int weir__conn_server(weir__conn *conn, weir__deadline deadline, weir__server *server, weir_error *err)
{
	bool may_change = conn->pooled || conn->server.standby;
	int  rc = WEIR_OK;

	if (may_change && conn->server.since_us && weir__now_us() - conn->server.since_us > ASK_AGAIN_US &&
	    PQtransactionStatus(conn->pg) == PQTRANS_IDLE)
		rc = ask(conn, deadline, err);
	*server = conn->server;
	return rc;
}

bool weir__conn_is_outdated(const weir__conn *conn)
{
	weir__db *db = conn->db;
	bool      outdated;

	pthread_mutex_lock(&db->lock);
	outdated = conn->opened_us < db->stale_us;
	pthread_mutex_unlock(&db->lock);
	return outdated;
}
