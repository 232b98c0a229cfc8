/* Talking to the server: whether a connection may be used, waiting for answers until the deadline, and texts that
 * are not kept prepared. libpq never waits here, it is only asked when it would not. */
#include "db/conn.h"

#include "base/error.h"
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Over TLS or GSS a server that sends long records can leave data decrypted in libpq where poll sees nothing of it. */
#define FIRST_LOOK_MS   10
#define LONGEST_LOOK_MS 80

/* ---- The connection's state ---------------------------------------------------------------------------------------- */

void weir__conn_break(weir__conn *conn)
{
	int fd = PQsocket(conn->pg);

	conn->broken = true;
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

int weir__conn_check(const weir__conn *conn, weir_error *err)
{
	if (conn->db->process != weir__process_generation())
		return weir__error_set(err, WEIR_ERR_FORKED, "the connection belongs to the parent process");
	if (conn->broken)
		return weir__error_set(err, WEIR_ERR_CONNECTION_LOST, "the connection broke earlier");
	return WEIR_OK;
}

bool weir__conn_is_usable(const weir__conn *conn)
{
	return !conn->broken && PQtransactionStatus(conn->pg) != PQTRANS_INERROR && !weir__brief_has_failed(conn);
}

bool weir__conn_is_clean(const weir__conn *conn)
{
	return !conn->broken && !conn->scripted && !conn->statements.overflowed && PQstatus(conn->pg) == CONNECTION_OK &&
	       PQtransactionStatus(conn->pg) == PQTRANS_IDLE && PQpipelineStatus(conn->pg) == PQ_PIPELINE_OFF;
}

/* ---- Waiting --------------------------------------------------------------------------------------------------------- */

static int lost(weir__conn *conn, weir_error *err)
{
	return weir__failure_of_result(conn, NULL, err);
}

static int timed_out(weir__conn *conn, weir_error *err)
{
	weir__conn_break(conn);
	return weir__error_set(err, WEIR_ERR_TIMEOUT, "the database did not answer by the deadline");
}

static int cancelled(weir__conn *conn, weir_error *err)
{
	weir__conn_stop(conn);
	return weir__cancel_error(err);
}

void weir__conn_set_principal(weir__conn *conn, const weir__sql *principal)
{
	conn->principal = principal;
}

void weir__conn_set_cancel(weir__conn *conn, const weir__cancel *cancel)
{
	conn->cancel = cancel;
}

/* A wait for one result. */
struct wait {
	weir__deadline deadline;
	bool           forgiven; /* the deadline has passed: forgiven once, for an answer that is already there */
	int            look_ms;  /* encrypted: how soon to look again */
};

static int poll_ms(struct wait *wait, const weir__conn *conn)
{
	int left_ms = weir__deadline_poll_ms(wait->deadline);

	if (!conn->encrypted || (left_ms >= 0 && left_ms <= wait->look_ms))
		return left_ms;
	wait->look_ms = wait->look_ms < LONGEST_LOOK_MS ? wait->look_ms * 2 : LONGEST_LOOK_MS;
	return wait->look_ms / 2;
}

/* Waits until the socket can be read, or written if something is left to send. */
static int wait_socket(const weir__conn *conn, bool sending, struct wait *wait)
{
	struct pollfd sockets[] = {
		{ .fd = PQsocket(conn->pg), .events = sending ? POLLIN | POLLOUT : POLLIN },
		{ .fd = conn->cancel ? conn->cancel->fds[0] : -1, .events = POLLIN },
	};

	while (sockets[0].fd >= 0) {
		int left_ms = poll_ms(wait, conn);
		int ready;

		if (left_ms == 0 && wait->forgiven)
			return WEIR_ERR_TIMEOUT;
		wait->forgiven |= left_ms == 0;
		ready = poll(sockets, conn->cancel ? 2 : 1, left_ms);
		if (ready > 0 && sockets[1].revents)
			return WEIR_ERR_CANCELLED;
		if (ready > 0 || (ready == 0 && conn->encrypted))
			return WEIR_OK;
		if (ready < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	return WEIR_ERR_CONNECTION_LOST;
}

int weir__conn_next(weir__conn *conn, weir__deadline deadline, PGresult **result, weir_error *err)
{
	struct wait wait = { .deadline = deadline, .look_ms = FIRST_LOOK_MS };

	*result = NULL;
	for (;;) {
		int unsent = PQflush(conn->pg);
		int rc;

		if (unsent < 0)
			return lost(conn, err);
		if (!PQisBusy(conn->pg))
			break;
		rc = wait_socket(conn, unsent > 0, &wait);
		if (rc < 0)
			return rc == WEIR_ERR_CANCELLED ? cancelled(conn, err)
			       : rc == WEIR_ERR_TIMEOUT ? timed_out(conn, err)
			                                : lost(conn, err);
		if (!PQconsumeInput(conn->pg))
			break; /* what the server said before it went is the result */
	}
	*result = PQgetResult(conn->pg);
	return WEIR_OK;
}

int weir__conn_flush(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	struct wait wait = { .deadline = deadline, .look_ms = FIRST_LOOK_MS };

	for (;;) {
		int unsent = PQflush(conn->pg);
		int rc;

		if (unsent <= 0)
			return unsent < 0 ? lost(conn, err) : WEIR_OK;
		rc = wait_socket(conn, true, &wait);
		if (rc < 0)
			return rc == WEIR_ERR_TIMEOUT ? timed_out(conn, err) : lost(conn, err);
		if (!PQconsumeInput(conn->pg))
			return lost(conn, err);
	}
}

int weir__conn_end(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	int rc = WEIR_OK;

	for (;;) {
		PGresult *more;
		int       now = weir__conn_next(conn, deadline, &more, rc < 0 ? NULL : err);

		if (now < 0 || !more)
			return rc < 0 ? rc : now;
		now = weir__failure_of_result(conn, weir__result_is_good(more) ? NULL : more, rc < 0 ? NULL : err);
		rc = rc < 0 ? rc : now;
		PQclear(more);
		if (conn->broken)
			return rc;
	}
}

/* ---- Results ----------------------------------------------------------------------------------------------------------- */

bool weir__result_is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

int64_t weir__result_int64(const PGresult *result, int column)
{
	uint64_t number = 0;

	if (PQntuples(result) != 1 || PQgetisnull(result, 0, column) || PQgetlength(result, 0, column) != 8)
		return 0;
	for (int i = 0; i < 8; i++)
		number = number << 8 | (unsigned char)PQgetvalue(result, 0, column)[i];
	return (int64_t)number;
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
		if (rc == WEIR_OK && !weir__result_is_good(result))
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

/* ---- Texts that are not kept --------------------------------------------------------------------------------------------- */

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

/* The text behind what has to precede it, which counts as sent; NULL: out of memory. */
static const char *put_in_place(weir__conn *conn, const char *text, weir__buffer *whole)
{
	const weir__sql *before[] = { conn->tx.begin, weir__conn_needs_path(conn) ? &conn->db->path : NULL,
		                          weir__conn_needs_principal(conn) ? conn->principal : NULL };
	const char      *sent;

	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
		if (!before[i])
			continue;
		weir__buffer_append(whole, before[i]->text, before[i]->length);
		weir__buffer_append_text(whole, "; ");
	}
	weir__buffer_append_text(whole, text);
	sent = weir__buffer_text(whole);
	if (sent)
		conn->tx.begin = NULL;
	return sent;
}

int weir__conn_command_in_place(weir__conn *conn, const char *text, weir__deadline deadline, weir_error *err)
{
	weir__buffer whole = WEIR__BUFFER_INIT;
	const char  *sent = put_in_place(conn, text, &whole);
	int          rc = sent ? weir__conn_command(conn, sent, deadline, NULL, err) : weir__error_no_memory(err);

	weir__buffer_release(&whole);
	return rc;
}

int weir__conn_send_in_place(weir__conn *conn, const char *text, weir_error *err)
{
	weir__buffer whole = WEIR__BUFFER_INIT;
	const char  *sent = put_in_place(conn, text, &whole);
	int          rc = WEIR_OK;

	if (!sent)
		rc = weir__error_no_memory(err);
	else if (!PQsendQuery(conn->pg, sent))
		rc = lost(conn, err);
	weir__buffer_release(&whole);
	return rc;
}

int weir__conn_ask(weir__conn *conn, const weir__question *question, weir__deadline deadline, PGresult **result,
                   weir_error *err)
{
	*result = NULL;
	weir__count(&conn->counters.round_trips);
	if (!PQsendQueryParams(conn->pg, question->text, question->count, NULL, question->values, NULL, NULL, 1))
		return lost(conn, err);
	return collect(conn, deadline, result, err);
}
