/* The rows of a statement a part at a time: a cursor of the server, in a transaction. Between two parts the connection is
 * free for other statements. */
#ifndef WEIR_DB_STREAM_H
#define WEIR_DB_STREAM_H

#include "db/db.h"

#define WEIR__STREAM_NAME_MAX 24

typedef struct weir__stream {
	weir__conn *conn;
	char        name[WEIR__STREAM_NAME_MAX];
	size_t      fetch; /* rows of the next part */
	bool        open;
	bool        ended;
} weir__stream;

/* Names a cursor on a connection that is in a transaction. Streams on one connection are closed in reverse order. */
void weir__stream_init(weir__stream *stream, weir__conn *conn);

/* DECLARE of that name, for what a SELECT is appended to. */
void weir__stream_declare(const weir__stream *stream, weir__buffer *sql);

/* Runs the DECLARE. */
int weir__stream_open(weir__stream *stream, const weir__sql *sql, const weir__params *params, weir__deadline deadline,
                      weir_error *err);

/* The next rows; none: that was all. About a megabyte, however wide they are. */
int weir__stream_next(weir__stream *stream, weir__deadline deadline, weir__rows *rows, weir_error *err);

/* Ends it. The transaction goes on if it can; forget is for one that is rolled back next. Neither minds a stream that was
 * never named. */
void weir__stream_close(weir__stream *stream, weir__deadline deadline);
void weir__stream_forget(weir__stream *stream);

#endif
