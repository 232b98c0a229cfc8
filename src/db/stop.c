/* Cancelling what the server does for a connection. While that is still open its process is surely ours, so the server is told on a
 * connection opened for it, which waits half a second at most; then the socket is shut down. libpq's PQcancel is not
 * used: it connects without a deadline, and before version 17 without encryption. Behind a pooler the process is not known,
 * and a server that is not told notices within a second that nobody listens (connect.c).
 *
 * Whether or not the server was in time, the connection is not used again: a cancel request that comes late would hit
 * somebody else's statement, a reply that comes late would be read by somebody else. */
#include "db/conn.h"

#include <stdio.h>

#define STOP_MS 500

static void tell_server(const weir__conn *conn)
{
	char           number[16];
	const char    *values[] = { number };
	weir__question query = { "SELECT pg_catalog.pg_cancel_backend($1::int4)", 1, values };
	weir__deadline deadline = weir__deadline_in_ms(STOP_MS);
	weir__conn    *telling = NULL;
	PGresult      *result;

	if (weir__conn_open(conn->db, deadline, NULL, &telling, NULL) < 0)
		return;
	snprintf(number, sizeof number, "%d", conn->server_pid);
	if (weir__conn_ask(telling, &query, deadline, &result, NULL) >= 0)
		PQclear(result);
	weir__conn_free(telling);
}

void weir__conn_stop(weir__conn *conn)
{
	conn->cancel = NULL;
	if (!conn->broken && !conn->pooled)
		tell_server(conn);
	weir__conn_break(conn);
}
