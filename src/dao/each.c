/* Every row of a query, a part at a time, by a cursor. Outside a transaction it makes one of its own, which is rolled back in
 * the end: it has changed nothing. */
#include <weir/reading.h>

#include "base/error.h"
#include "dao/check.h"
#include "db/stream.h"

typedef struct streaming {
	weir__call           call;
	const weir_base_dao *dao;
	weir__conn          *conn;
	weir__stream         stream;
	weir_each            each;
	void                *argument;
	bool                 stopped;
} streaming;

static weir__deadline next_deadline(const streaming *s)
{
	return weir__session_deadline(s->call.session, s->dao->timeout_ms);
}

static int check(streaming *s, const weir_query *query)
{
	if (!s->each)
		return weir__wrong_call(&s->call, "no function to give the rows to");
	if (query && query->with.count > 0)
		return weir__wrong_call(&s->call, "relations are not loaded with a stream of rows");
	return weir__query_check(s->call.entity->layout, query, INT64_MAX, s->call.err);
}

static int begin(streaming *s)
{
	const weir_transaction_options read_only = { .read_only = true };
	int                            rc = weir__session_acquire(s->call.session, s->call.deadline, &s->conn, s->call.err);

	if (rc >= 0 && !s->call.session->transaction)
		rc = weir__conn_begin(s->conn, &read_only, s->call.deadline, s->call.err);
	return rc;
}

static int declare(streaming *s, const weir_query *query)
{
	weir__sql sql;
	int       rc;

	weir__stream_init(&s->stream, s->conn);
	weir__stream_declare(&s->stream, &s->call.sql);
	rc = weir__sql_select_all(s->call.entity->statements, query, &s->call.sql, s->call.params, s->call.err);
	if (rc >= 0)
		rc = weir__call_sql(&s->call, &sql);
	return rc < 0 ? rc : weir__stream_open(&s->stream, &sql, s->call.params, s->call.deadline, s->call.err);
}

static int give(streaming *s, const weir_list *list)
{
	int rc = WEIR_OK;

	for (size_t i = 0; i < list->count && rc == WEIR_OK; i++)
		rc = s->each(list->items[i], s->argument, s->call.err);
	s->stopped = rc != WEIR_OK;
	return rc < 0 ? rc : WEIR_OK;
}

/* One part: its rows are records before the first of them is given away, so that the connection is free meanwhile. */
static int step(streaming *s, bool *ended)
{
	weir_list  list = WEIR_LIST_INIT;
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__stream_next(&s->stream, next_deadline(s), &rows, s->call.err);

	*ended = rows.count == 0;
	if (rc >= 0 && !*ended)
		rc = weir__rows_list(&rows, s->call.entity->layout, &list, s->call.err);
	weir__rows_release(&rows);
	if (rc >= 0)
		rc = give(s, &list);
	weir_list_release(&list);
	return rc;
}

static void end(streaming *s)
{
	if (!s->conn)
		return;
	if (s->call.session->transaction) {
		weir__stream_close(&s->stream, next_deadline(s));
	} else {
		weir__stream_forget(&s->stream);
		weir__conn_rollback(s->conn, next_deadline(s));
	}
	weir__session_give_back(s->call.session, &s->conn);
}

int weir_base_dao_each(const weir_base_dao *dao, const weir_query *query, weir_each each, void *argument,
                       weir_error *err)
{
	streaming s = { .dao = dao, .each = each, .argument = argument };
	bool      ended = query && query->limit == WEIR_NO_ROWS;
	int       rc = weir__call_start(&s.call, dao, "each", err);

	if (rc >= 0)
		rc = check(&s, query);
	if (rc >= 0 && !ended)
		rc = begin(&s);
	if (rc >= 0 && !ended)
		rc = declare(&s, query);
	while (rc >= 0 && !ended && !s.stopped)
		rc = step(&s, &ended);
	end(&s);
	return weir__call_done(&s.call, rc);
}
