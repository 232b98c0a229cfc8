/* Scripts: several statements in one text, by the simple protocol, which the server runs as one transaction unless the text
 * says otherwise. For schemas and fixtures; the only place where a text of the caller's goes to the server as it is. It may
 * leave settings behind, so the connection is not kept for others. */
#include "db/observe.h"

#include "base/error.h"

/* Nobody tells the cache what a script changes: its writes are not the library's. */
static int run_as_stranger(weir__conn *conn, const char *sql, weir__deadline deadline, weir_error *err)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	const char  *whole;
	int          rc;

	if (!conn->db->tells)
		return weir__conn_command_in_place(conn, sql, deadline, err);
	if (!conn->local_path) { /* by itself: the script may be one that must not be part of a transaction */
		rc = weir__conn_command(conn, "SET weir.writes TO ''", deadline, NULL, err);
		return rc < 0 ? rc : weir__conn_command_in_place(conn, sql, deadline, err);
	}
	weir__buffer_append_text(&text, "SET LOCAL weir.writes TO ''; ");
	weir__buffer_append_text(&text, sql);
	whole = weir__buffer_text(&text);
	rc = whole ? weir__conn_command_in_place(conn, whole, deadline, err) : weir__error_no_memory(err);
	weir__buffer_release(&text);
	return rc;
}

/* The transaction is not as it was before. */
static int refuse(weir__conn *conn, weir_error *err, const char *what)
{
	int rc = weir__error_set(err, WEIR_ERR_USAGE, "%s", what);

	weir__conn_break(conn);
	if (err)
		err->effect = WEIR_EFFECT_UNKNOWN;
	return rc;
}

int weir__conn_run_script(weir__conn *conn, const char *sql, weir__deadline deadline, weir_error *err)
{
	bool           in_transaction = conn->tx.begin || PQtransactionStatus(conn->pg) != PQTRANS_IDLE;
	bool           is_observed = weir__is_observed(conn);
	weir__observed observed;
	int            rc = weir__conn_check(conn, err);

	if (rc < 0)
		return rc;
	conn->scripted = true;
	conn->tx.scripted = true;
	if (conn->tx.begin) { /* by itself: a script that cannot be parsed must not leave the transaction unbegun */
		rc = weir__conn_command_in_place(conn, "", deadline, err);
		if (rc < 0)
			return rc;
	}
	weir__count(&conn->counters.queries);
	if (is_observed)
		weir__observe(&observed, conn, NULL, &err);
	rc = run_as_stranger(conn, sql, deadline, err);
	if (is_observed)
		weir__observe_end(&observed, rc, -1, err);
	if (!conn->broken && in_transaction && PQtransactionStatus(conn->pg) == PQTRANS_IDLE)
		rc = refuse(conn, err,
		            "the script has ended the transaction that it was run in: weir_commit and weir_rollback do that");
	else if (rc >= 0 && !in_transaction && PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		rc = refuse(conn, err, "the script has begun a transaction that it does not end: that was rolled back");
	if (rc < 0 && err) {
		err->sent = true;
		if (conn->broken && !in_transaction)
			err->effect = WEIR_EFFECT_UNKNOWN;
	}
	return rc;
}
