/* The text of the triggers. Bodies of functions are put together by themselves and then quoted as a whole. */
#include "db/triggers.h"

#include "base/error.h"
#include "base/hash.h"
#include "db/sql.h"

#include <stdio.h>
#include <string.h>

#define ROWS_MOST    "1000"   /* named one by one */
#define TOUCHES_MOST "500000" /* bytes; the table allows a megabyte */

/* ---- Quoting ----------------------------------------------------------------------------------------------------------- */

/* Depends on standard_conforming_strings, which every connection is checked for. */
static void append_literal(weir__buffer *sql, const char *text)
{
	weir__buffer_append_char(sql, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			weir__buffer_append_char(sql, '\'');
		weir__buffer_append_char(sql, *text);
	}
	weir__buffer_append_char(sql, '\'');
}

/* weir_<hash>: of the function and, with a letter behind it, its triggers. One for each prefix and table; those of one name in two
 * schemas are two. */
static void append_name(weir__buffer *sql, const weir__watched *table)
{
	const char *schema = table->statements->layout->base->schema;
	uint64_t    seed = weir__hash64(table->prefix, strlen(table->prefix), 0);

	if (schema)
		seed = weir__hash64(schema, strlen(schema), seed);
	weir__buffer_appendf(sql, "weir_relay_%016llx",
	                     (unsigned long long)weir__hash64(table->plural, strlen(table->plural), seed));
}

/* ---- The lines of a row ------------------------------------------------------------------------------------------------ */

/* What is made of a value by this format, escaped as a part of a key. */
static void append_part(weir__buffer *sql, const weir__watched *table, const char *name, const char *before,
                        const char *behind)
{
	weir__buffer_appendf(sql, "CASE WHEN r.%s IS NOT NULL THEN %s.weir_outbox_part(%sr.%s%s) END", name, table->schema,
	                     before, name, behind);
}

/* A value as it stands in keys; NULL for NULL. False: of a type that is not written here. */
static bool append_value(weir__buffer *sql, const weir__watched *table, size_t column)
{
	const char *name = table->statements->names[column].text;

	switch (table->statements->layout->columns[column].type) {
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_INT8:
	case WEIR_TYPE_UUID:
		weir__buffer_appendf(sql, "r.%s::text", name);
		return true;
	case WEIR_TYPE_BOOL:
		weir__buffer_appendf(sql, "CASE r.%s WHEN true THEN 't' WHEN false THEN 'f' END", name);
		return true;
	case WEIR_TYPE_TEXT:
		append_part(sql, table, name, "format('%s', ", ")");
		return true;
	case WEIR_TYPE_CHAR: /* its text is without the blanks at its end */
	case WEIR_TYPE_ENUM:
		append_part(sql, table, name, "", "::text");
		return true;
	case WEIR_TYPE_BYTEA:
		append_part(sql, table, name, "", "::bytea");
		return true;
	case WEIR_TYPE_INET:
		append_part(sql, table, name, "format('%s', ", "::inet)");
		return true;
	case WEIR_TYPE_DATE:
		weir__buffer_appendf(sql,
		                     "CASE r.%s WHEN 'infinity' THEN '2147483647' WHEN '-infinity' THEN '-2147483648' "
		                     "ELSE (r.%s - DATE '1970-01-01')::text END",
		                     name, name);
		return true;
	case WEIR_TYPE_TIME:
		weir__buffer_appendf(sql, "round((extract(epoch FROM r.%s) * 1000000)::numeric)::bigint::text", name);
		return true;
	case WEIR_TYPE_TIMESTAMPTZ:
	case WEIR_TYPE_TIMESTAMP:
		weir__buffer_appendf(
			sql,
			"CASE r.%s WHEN 'infinity' THEN '9223372036854775807' WHEN '-infinity' THEN "
			"'-9223372036854775808' ELSE round((extract(epoch FROM r.%s) * 1000000)::numeric)::bigint::text END",
			name, name);
		return true;
	default:
		return false;
	}
}

/* `what` and the columns' names and values; nothing for a column of a type that is not written. */
static void append_line(weir__buffer *sql, const weir__watched *table, const char *what, const uint8_t *columns,
                        size_t count)
{
	size_t before = sql->length;

	weir__buffer_append_text(sql, ",\n  (");
	append_literal(sql, what);
	for (size_t i = 0; i < count; i++) {
		weir__buffer_append_text(sql, " || ");
		append_literal(sql, ":");
		weir__buffer_append_text(sql, " || ");
		append_literal(sql, table->columns[columns[i]]);
		weir__buffer_append_text(sql, " || ':' || ");
		if (append_value(sql, table, columns[i]))
			continue;
		sql->length = before;
		return;
	}
	weir__buffer_append_char(sql, ')');
}

#define LINE_SIZE 512 /* of lines made of names, which are of at most 63 bytes, escaped */

static void append_stamp(weir__buffer *sql, const weir__watched *table, const char *which)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof line, "s %s:s:%s", table->plural, which);
	append_literal(sql, line);
}

static void append_everything(weir__buffer *sql, const weir__watched *table)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof line, "f %s %s", table->record, table->plural);
	append_literal(sql, line);
}

/* SELECT into lines what the rows of `source` touch. */
static void append_lines(weir__buffer *sql, const weir__watched *table, const char *source)
{
	const weir__layout *layout = table->statements->layout;
	char                record[LINE_SIZE], stamp[LINE_SIZE];

	snprintf(record, sizeof record, "k %s", table->record);
	snprintf(stamp, sizeof stamp, "s %s:s", table->plural);
	weir__buffer_appendf(sql, "SELECT string_agg(DISTINCT v.line, chr(10)) INTO lines FROM %s AS r,\nLATERAL (VALUES (",
	                     source);
	append_stamp(sql, table, "any");
	weir__buffer_append_char(sql, ')');
	append_line(sql, table, record, layout->key, layout->key_count);
	for (uint8_t i = 0; i < layout->column_count; i++) {
		if (layout->unique_mask >> i & 1)
			append_line(sql, table, record, &i, 1);
		if (table->stamped >> i & 1)
			append_line(sql, table, stamp, &i, 1);
	}
	weir__buffer_append_text(sql, ") AS v (line) WHERE v.line IS NOT NULL;\n");
}

/* ---- The function ------------------------------------------------------------------------------------------------------ */

static void append_many(weir__buffer *sql, const weir__watched *table, bool inserts)
{
	weir__buffer_append_text(sql, "lines := ");
	if (inserts) {
		append_stamp(sql, table, "any");
		weir__buffer_append_text(sql, " || chr(10) || ");
		append_stamp(sql, table, "bulk");
	} else {
		append_everything(sql, table);
	}
	weir__buffer_append_text(sql, ";\n");
}

/* The statement is known by now; counted is one of its tables, source all. */
static void append_branch(weir__buffer *sql, const weir__watched *table, const char *operation, const char *counted,
                          const char *source)
{
	weir__buffer_appendf(sql,
	                     "ELSIF TG_OP = '%s' THEN\n"
	                     "IF (SELECT count(*) FROM (SELECT FROM %s LIMIT " ROWS_MOST " + 1) AS first_rows) > " ROWS_MOST
	                     " THEN\n",
	                     operation, counted);
	append_many(sql, table, operation[0] == 'I');
	weir__buffer_append_text(sql, "ELSE\n");
	append_lines(sql, table, source);
	weir__buffer_append_text(sql, "END IF;\n");
}

/* Before a row: what comes after may change it still, so that all lists of the table go. */
static void append_row_branch(weir__buffer *sql, const weir__watched *table)
{
	weir__buffer_append_text(sql, "ELSIF TG_LEVEL = 'ROW' THEN\nIF TG_OP = 'INSERT' THEN\n");
	append_lines(sql, table, "(SELECT NEW.*)");
	weir__buffer_append_text(sql, "ELSIF TG_OP = 'DELETE' THEN\n");
	append_lines(sql, table, "(SELECT OLD.*)");
	weir__buffer_append_text(sql, "ELSE\n");
	append_lines(sql, table, "(SELECT OLD.* UNION ALL SELECT NEW.*)");
	weir__buffer_append_text(sql, "END IF;\nlines := lines || chr(10) || ");
	append_stamp(sql, table, "bulk");
	weir__buffer_append_text(sql, ";\n");
}

static void append_body(weir__buffer *sql, const weir__watched *table)
{
	weir__buffer_append_text(sql, "DECLARE\nlines text;\nBEGIN\nIF TG_OP = 'TRUNCATE' THEN\n");
	append_many(sql, table, false);
	append_row_branch(sql, table);
	append_branch(sql, table, "INSERT", "weir_new", "weir_new");
	append_branch(sql, table, "UPDATE", "weir_new", "(TABLE weir_old UNION ALL TABLE weir_new)");
	append_branch(sql, table, "DELETE", "weir_old", "weir_old");
	weir__buffer_append_text(sql, "END IF;\nIF octet_length(lines) > " TOUCHES_MOST " THEN\n");
	append_many(sql, table, false);
	weir__buffer_append_text(sql, "END IF;\nIF lines IS NOT NULL THEN\nINSERT INTO ");
	weir__buffer_append_text(sql, table->schema);
	weir__buffer_append_text(sql, ".weir_outbox (prefix, touches) VALUES (");
	append_literal(sql, table->prefix);
	weir__buffer_append_text(sql, ", lines);\nEND IF;\n"
	                              "IF TG_LEVEL = 'STATEMENT' THEN RETURN NULL; END IF;\n"
	                              "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\nRETURN NEW;\nEND");
}

static void append_function(weir__buffer *sql, const weir__watched *table)
{
	weir__buffer body = WEIR__BUFFER_INIT;
	const char  *text;

	append_body(&body, table);
	text = weir__buffer_text(&body);
	weir__buffer_appendf(sql, "CREATE OR REPLACE FUNCTION %s.", table->schema);
	append_name(sql, table);
	weir__buffer_append_text(sql, "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
	                              "SET search_path = pg_catalog, pg_temp AS ");
	if (text)
		append_literal(sql, text);
	else
		sql->failed = true;
	weir__buffer_appendf(sql, ";\nREVOKE ALL ON FUNCTION %s.", table->schema);
	append_name(sql, table);
	weir__buffer_append_text(sql, "() FROM PUBLIC;\n");
	weir__buffer_release(&body);
}

/* ---- Triggers ---------------------------------------------------------------------------------------------------------- */

typedef struct trigger {
	const char *letter;
	const char *when; /* in front of ON */
	const char *rows; /* behind it */
	bool        own;  /* for what happens in the course of the library's writes; else for everybody else's */
} trigger;

static const trigger triggers[] = {
	{ "i", "AFTER INSERT", "REFERENCING NEW TABLE AS weir_new FOR EACH STATEMENT", false },
	{ "u", "AFTER UPDATE", "REFERENCING OLD TABLE AS weir_old NEW TABLE AS weir_new FOR EACH STATEMENT", false },
	{ "d", "AFTER DELETE", "REFERENCING OLD TABLE AS weir_old FOR EACH STATEMENT", false },
	{ "t", "AFTER TRUNCATE", "FOR EACH STATEMENT", false },
	{ "r", "BEFORE INSERT OR UPDATE OR DELETE", "FOR EACH ROW", true },
};

#define TRIGGERS (sizeof triggers / sizeof triggers[0])

static void append_trigger(weir__buffer *sql, const weir__watched *table, const trigger *t)
{
	weir__buffer_append_text(sql, "CREATE TRIGGER ");
	append_name(sql, table);
	weir__buffer_appendf(sql, "_%s %s ON ", t->letter, t->when);
	weir__sql_append(sql, &table->statements->table);
	weir__buffer_appendf(sql, " %s WHEN (", t->rows);
	if (t->own)
		weir__buffer_append_text(sql, "pg_catalog.pg_trigger_depth() > 0 AND ");
	weir__buffer_append_text(sql, "pg_catalog.current_setting('weir.writes', true) IS ");
	weir__buffer_append_text(sql, t->own ? "NOT DISTINCT FROM " : "DISTINCT FROM ");
	append_literal(sql, table->prefix);
	weir__buffer_appendf(sql, ") EXECUTE FUNCTION %s.", table->schema);
	append_name(sql, table);
	weir__buffer_append_text(sql, "();\n");
}

void weir__triggers_drop(const weir__watched *table, weir__buffer *sql)
{
	for (size_t i = 0; i < TRIGGERS; i++) {
		weir__buffer_append_text(sql, "DROP TRIGGER IF EXISTS ");
		append_name(sql, table);
		weir__buffer_appendf(sql, "_%s ON ", triggers[i].letter);
		weir__sql_append(sql, &table->statements->table);
		weir__buffer_append_text(sql, ";\n");
	}
	weir__buffer_appendf(sql, "DROP FUNCTION IF EXISTS %s.", table->schema);
	append_name(sql, table);
	weir__buffer_append_text(sql, "();\n");
}

/* What the cache holds by then may be out of date already. */
void weir__triggers_create(const weir__watched *table, weir__buffer *sql)
{
	append_function(sql, table);
	for (size_t i = 0; i < TRIGGERS; i++)
		append_trigger(sql, table, &triggers[i]);
	weir__buffer_appendf(sql, "INSERT INTO %s.weir_outbox (prefix, touches) VALUES (", table->schema);
	append_literal(sql, table->prefix);
	weir__buffer_append_text(sql, ", ");
	append_everything(sql, table);
	weir__buffer_append_text(sql, ");\n");
}

/* As weir__key_part, in SQL: what is not plain becomes % and two digits. In plpgsql, which keeps its plans from call to call. */
void weir__triggers_common(const char *schema, weir__buffer *sql)
{
	static const char plain[] = "'^[!-$&-9;-z|~]*$'";
	static const char kind[] = "RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $weir$";

	weir__buffer_appendf(
		sql,
		"CREATE OR REPLACE FUNCTION %s.weir_outbox_part(bytes bytea) %s\nBEGIN\n"
		"RETURN coalesce((SELECT string_agg(CASE WHEN b BETWEEN 1 AND 127 AND chr(greatest(b, 1)) "
		"COLLATE \"C\" ~ %s THEN chr(b) ELSE '%%' || lpad(to_hex(b), 2, '0') END, '' ORDER BY i)\n"
		"FROM (SELECT i, get_byte(bytes, i) AS b FROM generate_series(0, octet_length(bytes) - 1) AS i) "
		"AS all_bytes), '');\nEND\n$weir$;\n",
		schema, kind, plain);
	weir__buffer_appendf(sql,
	                     "CREATE OR REPLACE FUNCTION %s.weir_outbox_part(value text) %s\nBEGIN\n"
	                     "IF value COLLATE \"C\" ~ %s THEN\nRETURN value;\nEND IF;\n"
	                     "RETURN %s.weir_outbox_part(convert_to(value, 'UTF8'));\nEND\n$weir$;\n",
	                     schema, kind, plain, schema);
}

int weir__outbox_schema(weir__conn *conn, weir__deadline deadline, weir__buffer *schema, weir_error *err)
{
	static const char text[] =
		"SELECT quote_ident(n.nspname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" WHERE c.oid = pg_catalog.to_regclass('weir_outbox')";
	weir__sql  sql = weir__sql_of(text, sizeof text - 1);
	weir__rows rows = WEIR__ROWS_INIT;
	weir_value name = { .is_null = true };
	int        rc = weir__conn_run(conn, &sql, NULL, deadline, &rows, err);

	if (rc >= 0 && rows.count == 0)
		rc = weir__error_set(err, WEIR_ERR_SCHEMA, "the table weir_outbox is missing: weir_outbox_install makes it");
	if (rc >= 0)
		rc = weir__rows_value(&rows, 0, 0, WEIR_TYPE_TEXT, &name, NULL, err);
	if (rc >= 0)
		weir__buffer_append_text(schema, name.as.text);
	weir__rows_release(&rows);
	return rc;
}

int weir__triggers_fit(weir__conn *conn, const weir__statements *statements, weir__deadline deadline, bool *fit,
                       weir_error *err)
{
	static const char text[] = "SELECT FROM pg_catalog.pg_class WHERE relkind IN ('v', 'm', 'f')"
							   " AND oid = pg_catalog.to_regclass($1::text)";
	const weir__sql   sql = weir__sql_of(text, sizeof text - 1);
	weir__rows        rows = WEIR__ROWS_INIT;
	int               rc = weir__conn_run_of_table(conn, &sql, statements, deadline, &rows, err);

	*fit = rows.count == 0;
	weir__rows_release(&rows);
	return rc;
}
