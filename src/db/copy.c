/* COPY by hand over libpq, which offers it in the simple protocol only: BEGIN if it is still to be sent, COPY and the
 * question for the transaction's id go out as one text; when the server is ready for the data they follow in pieces, each
 * flushed before the next is made, so that memory stays small and the deadline is looked at. */
#include "db/copy.h"

#include "base/error.h"
#include "db/observe.h"
#include "db/sql.h"
#include "db/wire.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES ((size_t)64 << 10)

static const char signature[] =
	"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* no flags, no extension; the last NUL is part of it */

/* A copy on its way. */
typedef struct copying {
	const weir__copy *copy;
	weir__conn       *conn;
	weir__deadline    deadline;
	weir__buffer      bytes;
	weir_error       *err;
} copying;

bool weir__copy_fits(const weir__statements *s, weir__mask mask)
{
	for (size_t i = 0; i < s->layout->column_count; i++) {
		weir_type type = s->layout->columns[i].type;
		if (mask >> i & 1 && (weir__type_is_array(type) || type == WEIR_TYPE_INET))
			return false;
	}
	return mask != 0;
}

static weir__mask column_named(const weir__layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->column_count; i++)
		if (strcmp(layout->columns[i].name, name) == 0)
			return (weir__mask)1 << i;
	return 0;
}

/* A row for each column that is GENERATED ALWAYS, one of NULL where there is none, no row where there is no such table. */
static int read_rule(const weir__rows *rows, const weir__layout *layout, weir__copy_rule *rule, weir_error *err)
{
	int rc = WEIR_OK;

	*rule = (weir__copy_rule){ .allowed = rows->count > 0 };
	for (size_t i = 0; rc >= 0 && i < rows->count; i++) {
		weir_value name = { .type = WEIR_TYPE_TEXT };

		if (weir__rows_is_null(rows, i, 0))
			continue;
		rc = weir__rows_value(rows, i, 0, WEIR_TYPE_TEXT, &name, NULL, err);
		if (rc >= 0)
			rule->refused |= column_named(layout, name.as.text);
	}
	return rc;
}

int weir__copy_asks(weir__conn *conn, const weir__statements *s, weir__deadline deadline, weir__copy_rule *rule,
                    weir_error *err)
{
	static const char text[] =
		"SELECT a.attname::text FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
		"AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity = 'a' OR a.attgenerated <> '') "
		"WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND NOT EXISTS "
		"(SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3')";
	const weir__sql sql = weir__sql_of(text, sizeof text - 1);
	weir__rows      rows = WEIR__ROWS_INIT;
	int             rc = weir__conn_run_of_table(conn, &sql, s, deadline, &rows, err);

	if (rc >= 0)
		rc = read_rule(&rows, s->layout, rule, err);
	weir__rows_release(&rows);
	return rc;
}

/* ---- Beginning ------------------------------------------------------------------------------------------------------------- */

static int send_text(copying *c)
{
	const weir__statements *s = c->copy->s;
	const char             *text;
	int                     rc;

	weir__buffer_append_text(&c->bytes, "COPY ");
	weir__sql_append(&c->bytes, &s->table);
	weir__buffer_append_text(&c->bytes, " (");
	weir__sql_append_columns(&c->bytes, s, c->copy->mask, "");
	weir__buffer_append_text(&c->bytes, ") FROM STDIN (FORMAT binary); ");
	weir__buffer_append(&c->bytes, c->conn->db->xid.text, c->conn->db->xid.length);
	text = weir__buffer_text(&c->bytes);
	rc = text ? weir__conn_send_in_place(c->conn, text, c->err) : weir__error_no_memory(c->err);
	weir__buffer_clear(&c->bytes);
	return rc;
}

/* Takes results until there is none; the first failure wins. */
static int drain(copying *c, int rc)
{
	for (;;) {
		PGresult *result;
		int       now = weir__conn_next(c->conn, c->deadline, &result, rc < 0 ? NULL : c->err);

		if (now < 0 || !result)
			return rc < 0 ? rc : now;
		if (rc >= 0 && !weir__result_is_good(result))
			rc = weir__failure_of_result(c->conn, result, c->err);
		if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
			c->conn->tx.xid = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
		PQclear(result);
		if (c->conn->broken)
			return rc;
	}
}

/* Until the server is ready for data. */
static int await_ready(copying *c)
{
	for (;;) {
		PGresult *result;
		int       rc = weir__conn_next(c->conn, c->deadline, &result, c->err);
		bool      ready = PQresultStatus(result) == PGRES_COPY_IN;

		if (rc < 0)
			return rc;
		if (ready || (result && weir__result_is_good(result))) { /* what precedes the COPY is answered first */
			PQclear(result);
			if (ready)
				return WEIR_OK;
			continue;
		}
		rc = weir__failure_of_result(c->conn, result, c->err);
		PQclear(result);
		return c->conn->broken ? rc : drain(c, rc);
	}
}

/* ---- Data ------------------------------------------------------------------------------------------------------------------ */

static int append_value(copying *c, size_t column, const void *values)
{
	const weir__layout *layout = c->copy->s->layout;
	const weir_value    value = weir__layout_get(layout, column, values);
	size_t              at = c->bytes.length;
	const char         *reason;
	int                 rc;

	weir__append_be(&c->bytes, 4, UINT32_MAX); /* NULL */
	if (weir__value_is_null(&value))
		return WEIR_OK;
	rc = weir__wire_encode(layout->columns[column].type, &value, &c->bytes, &reason);
	if (rc < 0)
		return weir__error_set_at(c->err, rc, layout->model->name, layout->columns[column].member, "%s", reason);
	if (!c->bytes.failed)
		weir__store_be(c->bytes.data + at, 4, c->bytes.length - at - 4);
	return WEIR_OK;
}

static int append_row(copying *c, const void *values)
{
	const weir__layout *layout = c->copy->s->layout;
	size_t              start = c->bytes.length;
	uint64_t            count = 0;
	int                 rc = WEIR_OK;

	weir__append_be(&c->bytes, 2, 0);
	for (size_t i = 0; i < layout->column_count && rc >= 0; i++) {
		const weir__column *column = &layout->columns[i];

		if (!(c->copy->mask >> i & 1))
			continue;
		count++;
		if (column->type == WEIR_TYPE_TEXT)
			weir__append_text_item(&c->bytes,
			                       *(const char *const *)(const void *)((const char *)values + column->offset));
		else
			rc = append_value(c, i, values);
	}
	if (rc < 0 || c->bytes.failed)
		return rc < 0 ? rc : weir__error_no_memory(c->err);
	weir__store_be(c->bytes.data + start, 2, count);
	return WEIR_OK;
}

static int put(copying *c)
{
	int rc = WEIR_OK;

	if (PQputCopyData(c->conn->pg, c->bytes.data, (int)c->bytes.length) != 1)
		rc = weir__failure_of_result(c->conn, NULL, c->err);
	weir__buffer_clear(&c->bytes);
	return rc < 0 ? rc : weir__conn_flush(c->conn, c->deadline, c->err);
}

static int put_rows(copying *c)
{
	const char *at = c->copy->values;
	int         rc = WEIR_OK;

	weir__buffer_append(&c->bytes, signature, sizeof signature);
	for (size_t i = 0; i < c->copy->count && rc >= 0; i++, at += c->copy->s->layout->model->size) {
		rc = append_row(c, at);
		if (rc >= 0 && c->bytes.length >= PIECE_BYTES)
			rc = put(c);
	}
	if (rc < 0)
		return rc;
	weir__append_be(&c->bytes, 2, UINT16_MAX);
	return c->bytes.failed ? weir__error_no_memory(c->err) : put(c);
}

/* What went wrong here ends the copy there too. */
static int finish(copying *c, int rc)
{
	if (c->conn->broken)
		return rc;
	if (PQputCopyEnd(c->conn->pg, rc < 0 ? "the rows could not be sent" : NULL) != 1)
		return weir__failure_of_result(c->conn, NULL, rc < 0 ? NULL : c->err);
	return drain(c, rc);
}

static int copy_rows(weir__conn *conn, const weir__copy *copy, weir__deadline deadline, weir_error *err)
{
	copying c = { .copy = copy, .conn = conn, .deadline = deadline, .err = err };
	int     rc = weir__conn_check(conn, err);

	if (rc < 0)
		return rc;
	weir__count(&conn->counters.queries);
	weir__count(&conn->counters.round_trips);
	rc = send_text(&c);
	if (rc >= 0)
		rc = await_ready(&c);
	if (rc >= 0) {
		weir__count(&conn->counters.round_trips);
		rc = finish(&c, put_rows(&c));
	}
	if (rc < 0 && err)
		err->sent = true;
	weir__buffer_release(&c.bytes);
	return rc;
}

int weir__conn_copy(weir__conn *conn, const weir__copy *copy, weir__deadline deadline, weir_error *err)
{
	weir__observed observed;
	int            rc;

	conn->blame.table = copy->s->layout->base->table;
	if (!weir__is_observed(conn))
		return copy_rows(conn, copy, deadline, err);
	weir__observe(&observed, conn, "COPY FROM STDIN (FORMAT binary)", &err);
	rc = copy_rows(conn, copy, deadline, err);
	weir__observe_end(&observed, rc, (int64_t)copy->count, err);
	return rc;
}
