/* Cursors. The texts of FETCH and CLOSE are not kept prepared: a name can stand for rows of another shape the next time. */
#include "db/stream.h"

#include "db/observe.h"

#include <stdio.h>

#define FIRST_ROWS 100
#define MOST_ROWS  10000
#define PART_BYTES ((size_t)1 << 20) /* rows of ordinary width: some thousands, at which round trips no longer count */

void weir__stream_init(weir__stream *stream, weir__conn *conn)
{
	*stream = (weir__stream){ .conn = conn, .fetch = FIRST_ROWS };
	snprintf(stream->name, sizeof stream->name, "weir_%u", conn->cursors++);
}

void weir__stream_declare(const weir__stream *stream, weir__buffer *sql)
{
	weir__buffer_appendf(sql, "DECLARE %s NO SCROLL CURSOR FOR ", stream->name);
}

int weir__stream_open(weir__stream *stream, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                      weir_error *err)
{
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__conn_run(stream->conn, sql, params, deadline, &rows, err);

	weir__rows_release(&rows);
	stream->open = rc >= 0;
	return rc;
}

/* As many rows as fit, if the next ones are like these. */
static size_t next_fetch(const PGresult *result, size_t count)
{
	size_t each = PQresultMemorySize(result) / count + 1;
	size_t fits = PART_BYTES / each;

	return fits < 1 ? 1 : fits > MOST_ROWS ? MOST_ROWS : fits;
}

static int fetch(const weir__stream *stream, const char *text, weir__deadline deadline, PGresult **result,
                 weir_error *err)
{
	const weir__question question = { .text = text };
	weir__observed       observed;
	int                  rc;

	weir__count(&stream->conn->counters.queries);
	if (!weir__is_observed(stream->conn))
		return weir__conn_ask(stream->conn, &question, deadline, result, err);
	weir__observe(&observed, stream->conn, text, &err);
	rc = weir__conn_ask(stream->conn, &question, deadline, result, err);
	weir__observe_end(&observed, rc, rc < 0 ? -1 : PQntuples(*result), err);
	return rc;
}

int weir__stream_next(weir__stream *stream, weir__deadline deadline, weir__rows *rows, weir_error *err)
{
	char      text[64];
	PGresult *result;
	int       rc;

	*rows = (weir__rows)WEIR__ROWS_INIT;
	rc = weir__conn_check(stream->conn, err);
	if (rc < 0 || stream->ended)
		return rc;
	snprintf(text, sizeof text, "FETCH FORWARD %zu FROM %s", stream->fetch, stream->name);
	rc = fetch(stream, text, deadline, &result, err);
	if (rc < 0)
		return rc;
	rows->result = result;
	rows->count = (size_t)PQntuples(result);
	rows->affected = -1;
	stream->ended = rows->count < stream->fetch;
	if (rows->count > 0)
		stream->fetch = next_fetch(result, rows->count);
	return WEIR_OK;
}

void weir__stream_close(weir__stream *stream, weir__deadline deadline)
{
	char text[64];

	if (stream->open && weir__conn_is_usable(stream->conn)) {
		snprintf(text, sizeof text, "CLOSE %s", stream->name);
		(void)weir__conn_command(stream->conn, text, deadline, NULL, NULL);
	}
	weir__stream_forget(stream);
}

void weir__stream_forget(weir__stream *stream)
{
	if (stream->conn)
		stream->conn->cursors--;
	*stream = (weir__stream){ .conn = NULL };
}
