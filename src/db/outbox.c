/* The SQL of the outbox. Rows are locked with SKIP LOCKED, so that several relays share the work instead of waiting for each other. */
#include "db/outbox.h"

#include "base/error.h"

#include <string.h>

#define ROWS_AT_ONCE 64

static const char ddl[] = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('weir_outbox'));\n"
						  "CREATE TABLE IF NOT EXISTS weir_outbox (\n"
						  "    id      bigint      GENERATED ALWAYS AS IDENTITY,\n"
						  "    prefix  text        NOT NULL,\n"
						  "    touches text        NOT NULL CHECK (octet_length(touches) <= 1048576),\n"
						  "    at      timestamptz NOT NULL DEFAULT clock_timestamp(),\n"
						  "    PRIMARY KEY (prefix, id)\n"
						  ");\n";

const char *weir__outbox_ddl(void)
{
	return ddl;
}

#define SQL(literal) weir__sql_of(literal, sizeof(literal) - 1)

static void add_text(weir__params *params, const char *text)
{
	const weir_value value = { .type = WEIR_TYPE_TEXT, .as.text = text };

	weir__params_add(params, WEIR_TYPE_TEXT, &value);
}

static weir_value text_at(const void *context, size_t i)
{
	const char *const *texts = context;

	return (weir_value){ .type = WEIR_TYPE_TEXT, .as.text = texts[i] };
}

/* ---- Is it there? ------------------------------------------------------------------------------------------------------ */

static int read_flag(const weir__rows *rows, size_t column, bool *flag, weir_error *err)
{
	weir_value value = { .is_null = true };
	int        rc = weir__rows_value(rows, 0, column, WEIR_TYPE_BOOL, &value, NULL, err);

	*flag = rc >= 0 && !value.is_null && value.as.boolean;
	return rc;
}

int weir__outbox_check(weir__conn *conn, bool relays, weir__deadline deadline, weir_error *err)
{
	static const char text[] = "SELECT t IS NOT NULL, pg_catalog.has_table_privilege(t, 'INSERT'),"
							   " pg_catalog.has_table_privilege(t, 'SELECT')"
							   " AND pg_catalog.has_table_privilege(t, 'UPDATE')"
							   " AND pg_catalog.has_table_privilege(t, 'DELETE')"
							   " FROM pg_catalog.to_regclass('weir_outbox') AS t";
	weir__sql         sql = SQL(text);
	weir__rows        rows = WEIR__ROWS_INIT;
	bool              is_there = false, writes = false, empties = false;
	int               rc = weir__conn_run(conn, &sql, NULL, deadline, &rows, err);

	if (rc >= 0)
		rc = read_flag(&rows, 0, &is_there, err);
	if (rc >= 0 && is_there)
		rc = read_flag(&rows, 1, &writes, err);
	if (rc >= 0 && is_there)
		rc = read_flag(&rows, 2, &empties, err);
	weir__rows_release(&rows);
	if (rc < 0)
		return rc;
	if (!is_there)
		return weir__error_set(
			err, WEIR_ERR_SCHEMA,
			"the table weir_outbox is missing: weir_outbox_install makes it, weir_outbox_sql prints it");
	if (!writes || (relays && !empties))
		return weir__error_set(err, WEIR_ERR_PERMISSION, "the role may not %s weir_outbox",
		                       writes ? "SELECT, UPDATE and DELETE in" : "INSERT into");
	return WEIR_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------------- */

int weir__outbox_insert(weir__conn *conn, const char *prefix, const char *const *texts, size_t count,
                        weir__deadline deadline, weir_error *err)
{
	weir__sql     sql = SQL("INSERT INTO weir_outbox (prefix, touches) SELECT $1, unnest($2::text[])");
	weir__rows    rows = WEIR__ROWS_INIT;
	weir__params *params = NULL;
	int           rc = weir__params_create(&params, err);

	if (rc < 0)
		return rc;
	add_text(params, prefix);
	weir__params_add_array(params, WEIR_TYPE_TEXT, count, text_at, texts);
	rc = weir__conn_run(conn, &sql, params, deadline, &rows, err);
	weir__rows_release(&rows);
	weir__params_free(params);
	return rc;
}

/* ---- Emptying ---------------------------------------------------------------------------------------------------------- */

static int append_texts(const weir__rows *rows, weir__buffer *texts, weir_error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		weir_value value = { .is_null = true };
		int        rc = weir__rows_value(rows, i, 0, WEIR_TYPE_TEXT, &value, NULL, err);

		if (rc < 0)
			return rc;
		weir__buffer_append_text(texts, value.as.text);
		weir__buffer_append_char(texts, '\n');
	}
	return texts->failed ? weir__error_no_memory(err) : WEIR_OK;
}

#define TEXT_OF(number)  #number
#define DIGITS_OF(macro) TEXT_OF(macro)

int weir__outbox_take(weir__conn *conn, const char *prefix, weir__deadline deadline, size_t *taken, weir__buffer *texts,
                      weir_error *err)
{
	weir__sql sql = SQL(
		"DELETE FROM weir_outbox WHERE prefix = $1 AND id = ANY (ARRAY(SELECT id FROM weir_outbox"
		" WHERE prefix = $1 ORDER BY id LIMIT " DIGITS_OF(ROWS_AT_ONCE) " FOR UPDATE SKIP LOCKED)) RETURNING touches");
	weir__rows    rows = WEIR__ROWS_INIT;
	weir__params *params = NULL;
	int           rc = weir__params_create(&params, err);

	*taken = 0;
	if (rc < 0)
		return rc;
	add_text(params, prefix);
	rc = weir__conn_begin_and_run(conn, &sql, params, deadline, &rows, err);
	if (rc >= 0)
		rc = append_texts(&rows, texts, err);
	if (rc >= 0)
		*taken = rows.count;
	weir__rows_release(&rows);
	weir__params_free(params);
	return rc;
}

/* ---- What is left ------------------------------------------------------------------------------------------------------ */

/* Runs a statement about a prefix and, unless it is below 0, a number; its only value as it is. */
static int ask(weir__conn *conn, weir__sql sql, const char *prefix, int64_t number, weir__deadline deadline,
               weir_type type, weir_value *value, weir_error *err)
{
	const weir_value last = { .type = WEIR_TYPE_INT8, .as.integer = number };
	weir__rows       rows = WEIR__ROWS_INIT;
	weir__params    *params = NULL;
	int              rc = weir__params_create(&params, err);

	if (rc < 0)
		return rc;
	add_text(params, prefix);
	if (number >= 0)
		weir__params_add(params, WEIR_TYPE_INT8, &last);
	rc = weir__conn_run(conn, &sql, params, deadline, &rows, err);
	if (rc >= 0)
		rc = weir__rows_value(&rows, 0, 0, type, value, NULL, err);
	weir__rows_release(&rows);
	weir__params_free(params);
	return rc;
}

int weir__outbox_last(weir__conn *conn, const char *prefix, weir__deadline deadline, int64_t *last, weir_error *err)
{
	weir_value value = { .is_null = true };
	int rc = ask(conn, SQL("SELECT coalesce(max(id), 0) FROM weir_outbox WHERE prefix = $1"), prefix, -1, deadline,
	             WEIR_TYPE_INT8, &value, err);

	*last = rc >= 0 ? value.as.integer : 0;
	return rc;
}

int weir__outbox_has(weir__conn *conn, const char *prefix, int64_t last, weir__deadline deadline, bool *has,
                     weir_error *err)
{
	weir_value value = { .is_null = true };
	int rc = ask(conn, SQL("SELECT EXISTS (SELECT FROM weir_outbox WHERE prefix = $1 AND id <= $2)"), prefix, last,
	             deadline, WEIR_TYPE_BOOL, &value, err);

	*has = rc >= 0 && value.as.boolean;
	return rc;
}
