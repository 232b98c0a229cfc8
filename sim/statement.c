/* statement.c: reads the library's SQL: the columns that are given back, a condition of one column, what is set. A text
 * that it does not know ends the program, so that nothing is simulated by mistake. */
#include "statement.h"

#include "mistakes.h"

#include "base/error.h"
#include "base/memory.h"
#include "db/params.h"
#include "db/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
	ID,
	VER,
	GRP,
	NAME,
	TAG,
	COLUMNS,
	FIELDS = 2 * COLUMNS + 2,
	TEXT = 24,
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25
};

typedef struct cell {
	bool null;
	int  length;
	char bytes[TEXT];
} cell;

/* libpq's type, of which src/db knows only the functions below. */
struct pg_result {
	int         rows, fields;
	Oid         types[FIELDS];
	const char *names[FIELDS];
	cell        cells[ROWS][FIELDS];
};

/* One column that is given back. */
typedef struct field {
	int  column;
	bool old; /* as it was before */
} field;

typedef struct condition {
	int     column; /* -1: every row */
	int     count;
	int64_t values[ROWS];
} condition;

typedef struct statement {
	const char         *sql;
	const weir__params *params;
	weir__conn         *conn;
	PGresult           *result;
	weir_error         *err;
	int                 field_count;
	field               fields[FIELDS];
	condition           where;
} statement;

static int64_t next_version;

void statement_begin(void)
{
	next_version = 3;
}

static void unknown(const char *sql)
{
	fprintf(stderr, "sim: a statement that is not simulated: %s\n", sql);
	exit(2);
}

/* ---- Reading the text ---------------------------------------------------------------------------------------------- */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* `"grp"`, which *at moves behind. */
static int read_column(const statement *s, const char **at)
{
	static const char *const names[COLUMNS] = { "\"id\"", "\"ver\"", "\"grp\"", "\"name\"", "\"tag\"" };

	for (int i = 0; i < COLUMNS; i++)
		if (starts(*at, names[i])) {
			*at += strlen(names[i]);
			return i;
		}
	unknown(s->sql);
	return -1;
}

static void skip(const statement *s, const char **at, const char *text)
{
	if (!starts(*at, text))
		unknown(s->sql);
	*at += strlen(text);
}

/* `"id", n."grp", o."grp"`. */
static void read_fields(statement *s, const char *at)
{
	for (;;) {
		bool old = starts(at, "o.");

		if (starts(at, "pg_catalog.pg_current_xact_id_if_assigned()")) /* src/db reads it, which is not simulated */
			return;
		if (old || starts(at, "n."))
			at += 2;
		if (s->field_count == FIELDS)
			unknown(s->sql);
		s->fields[s->field_count].old = old;
		s->fields[s->field_count++].column = read_column(s, &at);
		if (!starts(at, ", ") || starts(at, ", pg_catalog.current_setting("))
			return;
		at += 2;
	}
}

static int64_t read_integer(const char *bytes, int length)
{
	uint64_t number = (unsigned char)bytes[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < length; i++)
		number = number << 8 | (unsigned char)bytes[i];
	return (int64_t)number;
}

/* A parameter: a number, or the number in a name. */
static int64_t value_of(const statement *s, int column, int parameter)
{
	const char *bytes = s->params->values[parameter - 1];

	if (column == NAME)
		return strtol(bytes + 1, NULL, 10);
	return read_integer(bytes, s->params->lengths[parameter - 1]);
}

static int read_parameter(const statement *s, const char **at)
{
	char *end;
	long  number;

	skip(s, at, "$");
	number = strtol(*at, &end, 10);
	*at = end;
	if (number < 1 || number > s->params->count)
		unknown(s->sql);
	return (int)number;
}

/* An int8[]: dimensions, whether it has NULLs, type, size, first index; then each with its length. */
static void read_array(statement *s, int parameter)
{
	const char *bytes = s->params->values[parameter - 1];

	s->where.count = (int)read_integer(bytes + 12, 4);
	for (int i = 0; i < s->where.count && i < ROWS; i++)
		s->where.values[i] = read_integer(bytes + 20 + 12 * i + 4, 8);
}

static void read_where(statement *s)
{
	const char *at = strstr(s->sql, " WHERE ");

	s->where.column = -1;
	if (!at)
		return;
	at += strlen(" WHERE ");
	if (starts(at, "n."))
		at += 2;
	s->where.column = read_column(s, &at);
	if (starts(at, " = ANY(")) {
		at += strlen(" = ANY(");
		read_array(s, read_parameter(s, &at));
		return;
	}
	skip(s, &at, " = ");
	s->where.count = 1;
	s->where.values[0] = value_of(s, s->where.column, read_parameter(s, &at));
	if (starts(at, " AND"))
		unknown(s->sql);
}

/* ---- Rows ---------------------------------------------------------------------------------------------------------- */

static int64_t member(const row_state *row, int k, int column)
{
	switch (column) {
	case ID:
		return k;
	case VER:
		return row->version;
	case GRP:
		return row->group;
	case TAG:
		return row->tag;
	default:
		return row->name;
	}
}

static bool matches(const statement *s, const row_state *row, int k)
{
	if (!row->exists)
		return false;
	for (int i = 0; i < s->where.count; i++)
		if (member(row, k, s->where.column) == s->where.values[i])
			return true;
	return s->where.column < 0;
}

static void write_integer(cell *c, int64_t number, int length)
{
	c->length = length;
	for (int i = length - 1; i >= 0; i--, number >>= 8)
		c->bytes[i] = (char)(number & 0xff);
}

static void write_cell(cell *c, const row_state *row, int k, int column)
{
	c->null = false;
	if (column == NAME)
		c->length = snprintf(c->bytes, TEXT, "n%d", row->name);
	else
		write_integer(c, member(row, k, column), column == GRP ? 4 : 8);
}

static void give(statement *s, int k, const row_state *row, const row_state *before)
{
	cell *cells = s->result->cells[s->result->rows++];

	for (int i = 0; i < s->field_count; i++)
		write_cell(&cells[i], s->fields[i].old ? before : row, k, s->fields[i].column);
}

static void give_number(statement *s, int64_t number, Oid type)
{
	s->result->rows = s->result->fields = 1;
	s->result->types[0] = type;
	s->result->cells[0][0].null = false;
	write_integer(&s->result->cells[0][0], number, type == OID_BOOL ? 1 : 8);
}

/* ---- Locks --------------------------------------------------------------------------------------------------------- */

/* Until another transaction has ended. False: this one was chosen to end a deadlock. */
static bool wait_for(const statement *s, const weir__conn *other)
{
	trace("%s: waits for a lock", w.now->name);
	w.now->waits_for = other;
	world_step();
	w.now->waits_for = NULL;
	if (!w.now->chosen)
		return true;
	w.now->chosen = false;
	weir__error_set(s->err, WEIR_ERR_DEADLOCK, "deadlock");
	return false;
}

static void change(weir__conn *conn, int k, const row_state *to)
{
	conn->rows[k] = *to;
	conn->rows[k].version = next_version++;
	conn->written |= 1u << k;
}

static bool violates(const statement *s, const char *what)
{
	weir__error_set(s->err, WEIR_ERR_UNIQUE, "%s", what);
	return false;
}

/* Another transaction that has, had, or will have this name in a row other than k. */
static const weir__conn *name_holder(const statement *s, int k, int name)
{
	for (int other = 0; other < ROWS; other++) {
		const weir__conn *holder = other == k ? NULL : statement_holder(s->conn, other);

		if (!holder)
			continue;
		if ((holder->rows[other].exists && holder->rows[other].name == name) ||
		    (commits[commit_last].after.rows[other].exists && commits[commit_last].after.rows[other].name == name))
			return holder;
	}
	return NULL;
}

/* May row k have this name? */
static bool may_have(const statement *s, int k, int name)
{
	const weir__conn *holder;

	while ((holder = name_holder(s, k, name)))
		if (!wait_for(s, holder))
			return false;
	for (int other = 0; other < ROWS; other++) {
		const row_state *row = statement_visible(s->conn, other);

		if (other != k && row->exists && row->name == name)
			return violates(s, "the name is taken");
	}
	return true;
}

/* ---- The statements ------------------------------------------------------------------------------------------------ */

/* What a SELECT sees: rows as of now, or, wrongly, as of when the operation began. */
static const row_state *read_row(const statement *s, int k)
{
	if (mistaken == READ_BEFORE_LEASE && !s->conn->open)
		return &commits[w.now->since].after.rows[k];
	return statement_visible(s->conn, k);
}

static int select_rows(statement *s)
{
	for (int k = 0; k < ROWS; k++)
		if (matches(s, read_row(s, k), k))
			give(s, k, read_row(s, k), NULL);
	return WEIR_OK;
}

static int count_rows(statement *s, bool only_whether)
{
	int count = 0;

	for (int k = 0; k < ROWS; k++)
		count += matches(s, read_row(s, k), k);
	give_number(s, only_whether ? count > 0 : count, only_whether ? OID_BOOL : OID_INT8);
	return WEIR_OK;
}

/* The first row that must be changed and is locked. */
static const weir__conn *locked(const statement *s)
{
	for (int k = 0; k < ROWS; k++) {
		const weir__conn *holder = matches(s, statement_visible(s->conn, k), k) ? statement_holder(s->conn, k) : NULL;

		if (holder)
			return holder;
	}
	return NULL;
}

static bool lock(const statement *s)
{
	const weir__conn *holder;

	while ((holder = locked(s)))
		if (!wait_for(s, holder))
			return false;
	return true;
}

/* `SET "grp" = $1, "name" = $2::text`, applied to row. */
static void set_columns(const statement *s, row_state *row)
{
	const char *at = strstr(s->sql, " SET ") + strlen(" SET ");

	for (;;) {
		int     column = read_column(s, &at);
		int64_t value;

		skip(s, &at, " = ");
		value = value_of(s, column, read_parameter(s, &at));
		if (column == GRP)
			row->group = (int)value;
		else if (column == NAME)
			row->name = (int)value;
		else if (column == TAG)
			row->tag = value;
		else
			unknown(s->sql);
		if (starts(at, "::text"))
			at += strlen("::text");
		if (!starts(at, ", "))
			return;
		at += 2;
	}
}

static int update(statement *s)
{
	if (!lock(s))
		return WEIR_ERR_DEADLOCK;
	for (int k = 0; k < ROWS; k++) {
		row_state before = *statement_visible(s->conn, k), after = before;

		if (!matches(s, &before, k))
			continue;
		set_columns(s, &after);
		if (after.name != before.name && !may_have(s, k, after.name))
			return s->err->status;
		change(s->conn, k, &after);
		give(s, k, &s->conn->rows[k], &before);
	}
	return WEIR_OK;
}

static int delete_rows(statement *s)
{
	if (!lock(s))
		return WEIR_ERR_DEADLOCK;
	for (int k = 0; k < ROWS; k++) {
		row_state before = *statement_visible(s->conn, k);

		if (!matches(s, &before, k))
			continue;
		change(s->conn, k, &(row_state){ .exists = false });
		give(s, k, &before, &before);
	}
	return WEIR_OK;
}

/* What is behind the columns of an upsert's RETURNING: was the row made?, and the name that was there. */
static void give_more(statement *s, bool made, const row_state *before)
{
	cell *cells = s->result->cells[s->result->rows - 1];
	int   at = s->field_count;

	if (!strstr(s->sql, ", pg_catalog.current_setting('weir.met', true) IS DISTINCT FROM $"))
		return;
	s->result->types[at] = OID_BOOL;
	write_integer(&cells[at], made, 1);
	cells[at++].null = false;
	if (strstr(s->sql, ", pg_catalog.current_setting('weir.old_3', true)")) {
		s->result->types[at] = OID_TEXT;
		cells[at].null = made;
		cells[at].length = snprintf(cells[at].bytes, TEXT, "vn%d", before->name);
		at++;
	}
	s->result->fields = at;
}

/* WHERE it leaves a word, and the name that was there, in settings. */
static void check_keeping(statement *s, const char *at)
{
	static const char met[] = " WHERE pg_catalog.set_config('weir.met', $";
	static const char name[] =
		"pg_catalog.set_config('weir.old_3', pg_catalog.concat('v', \"rows\".\"name\"), true) IS NOT NULL";

	if (!starts(at, " WHERE "))
		return;
	if (starts(at, met)) {
		at += strlen(met);
		at += strspn(at, "0123456789");
		skip(s, &at, ", true) IS NOT NULL");
		if (!starts(at, " AND "))
			return;
		at += strlen(" AND ");
	} else {
		at += strlen(" WHERE ");
	}
	if (!starts(at, name))
		unknown(s->sql);
}

/* DO UPDATE SET "grp" = EXCLUDED."grp" */
static int update_existing(statement *s, int k, const row_state *given)
{
	const char *at = strstr(s->sql, " DO UPDATE SET ");
	row_state   before = *statement_visible(s->conn, k), after = before;

	for (at += strlen(" DO UPDATE SET ");;) {
		int column = read_column(s, &at);

		skip(s, &at, " = EXCLUDED.");
		(void)read_column(s, &at);
		if (column == GRP)
			after.group = given->group;
		else if (column == NAME)
			after.name = given->name;
		else
			unknown(s->sql);
		if (!starts(at, ", "))
			break;
		at += 2;
	}
	check_keeping(s, at);
	if (after.name != before.name && !may_have(s, k, after.name))
		return s->err->status;
	change(s->conn, k, &after);
	give(s, k, &s->conn->rows[k], &before);
	give_more(s, false, &before);
	return WEIR_OK;
}

/* INSERT INTO "row" ("id", "grp", "name") VALUES ($1, $2, $3) RETURNING ... */
static int insert(statement *s)
{
	const char *at = strchr(s->sql, '(') + 1;
	row_state   row = { .exists = true };
	int         k = -1, given = s->params->count - (strstr(s->sql, "'weir.met'") != NULL);

	for (int parameter = 1; parameter <= given; parameter++) {
		int     column = read_column(s, &at);
		int64_t value = value_of(s, column, parameter);

		if (column == ID)
			k = (int)value;
		else if (column == GRP)
			row.group = (int)value;
		else
			row.name = (int)value;
		at += 2;
	}
	if (k < 0 || k >= ROWS)
		unknown(s->sql);
	while (statement_holder(s->conn, k))
		if (!wait_for(s, statement_holder(s->conn, k)))
			return WEIR_ERR_DEADLOCK;
	if (statement_visible(s->conn, k)->exists && strstr(s->sql, " ON CONFLICT (\"id\") DO UPDATE"))
		return update_existing(s, k, &row);
	if (statement_visible(s->conn, k)->exists)
		return weir__error_set(s->err, WEIR_ERR_UNIQUE, "the key is taken");
	if (!may_have(s, k, row.name))
		return s->err->status;
	change(s->conn, k, &row);
	give(s, k, &s->conn->rows[k], NULL);
	give_more(s, true, &row);
	return WEIR_OK;
}

static int run(statement *s)
{
	const char *returning = strstr(s->sql, " RETURNING ");

	if (returning)
		read_fields(s, returning + strlen(" RETURNING "));
	if (starts(s->sql, "INSERT INTO \"rows\" ("))
		return insert(s);
	read_where(s);
	if (starts(s->sql, "SELECT count(*) FROM \"rows\""))
		return count_rows(s, false);
	if (starts(s->sql, "SELECT EXISTS (SELECT 1 FROM \"rows\""))
		return count_rows(s, true);
	if (starts(s->sql, "UPDATE \"rows\" AS n SET "))
		return update(s);
	if (starts(s->sql, "DELETE FROM \"rows\""))
		return delete_rows(s);
	if (!starts(s->sql, "SELECT \""))
		unknown(s->sql);
	read_fields(s, s->sql + strlen("SELECT "));
	return select_rows(s);
}

int statement_run(weir__conn *conn, const char *sql, const weir__params *params, weir__rows *rows, weir_error *err)
{
	static const Oid         types[COLUMNS] = { OID_INT8, OID_INT8, OID_INT4, OID_TEXT, OID_INT8 };
	static const char *const names[COLUMNS] = { "id", "ver", "grp", "name", "tag" };
	weir_error               own = WEIR_ERROR_INIT;
	statement                s = { .sql = sql, .params = params, .conn = conn, .err = err ? err : &own };
	int                      rc = weir__params_status(params, err);

	if (rc < 0)
		return rc;
	trace("%s: %s", w.now->name, sql);
	s.result = weir__malloc(sizeof *s.result);
	s.result->rows = s.result->fields = 0;
	rc = run(&s);
	if (s.field_count > 0) {
		if (s.result->fields < s.field_count)
			s.result->fields = s.field_count;
		for (int i = 0; i < s.field_count; i++)
			s.result->types[i] = types[s.fields[i].column], s.result->names[i] = names[s.fields[i].column];
	}
	if (rc < 0)
		return rc;
	*rows = (weir__rows){ .result = s.result, .count = (size_t)s.result->rows, .affected = s.result->rows };
	return WEIR_OK;
}

/* ---- libpq, as far as src/db looks at results ------------------------------------------------------------------------ */

char *PQfname(const PGresult *result, int column)
{
	return (char *)(uintptr_t)result->names[column];
}

int PQntuples(const PGresult *result)
{
	return result->rows;
}

int PQnfields(const PGresult *result)
{
	return result->fields;
}

Oid PQftype(const PGresult *result, int column)
{
	return result->types[column];
}

int PQfformat(const PGresult *result, int column)
{
	(void)result, (void)column;
	return 1;
}

char *PQgetvalue(const PGresult *result, int row, int column)
{
	return (char *)(uintptr_t)result->cells[row][column].bytes;
}

int PQgetlength(const PGresult *result, int row, int column)
{
	return result->cells[row][column].length;
}

int PQgetisnull(const PGresult *result, int row, int column)
{
	return result->cells[row][column].null;
}

void PQclear(PGresult *result)
{
	(void)result;
}
