/* What went wrong, from PostgreSQL's words to ours: one table from SQLSTATE to status. The message is the server's primary one;
 * details, which quote rows, are left out. An error without SQLSTATE comes from libpq itself, or was damaged: then
 * nothing is known about the connection any more and it is not used again. */
#include "db/conn.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *prefix; /* of the SQLSTATE; the first that fits counts */
	int         status;
	bool        breaks; /* the connection must not be used again */
} classes[] = {
	{ "23505", WEIR_ERR_UNIQUE, false },
	{ "23503", WEIR_ERR_FOREIGN_KEY, false },
	{ "23001", WEIR_ERR_FOREIGN_KEY, false },
	{ "23502", WEIR_ERR_NOT_NULL, false },
	{ "23514", WEIR_ERR_CHECK, false },
	{ "23P01", WEIR_ERR_EXCLUSION, false },
	{ "40P01", WEIR_ERR_DEADLOCK, false },
	{ "40", WEIR_ERR_SERIALIZATION, false },
	{ "55P03", WEIR_ERR_LOCKED, false },
	{ "57014", WEIR_ERR_CANCELLED, false },
	{ "25006", WEIR_ERR_READ_ONLY, true },
	{ "25P02", WEIR_ERR_CLOSED, false },
	{ "25P03", WEIR_ERR_CONNECTION_LOST, true },
	{ "25P04", WEIR_ERR_CONNECTION_LOST, true },
	{ "22", WEIR_ERR_VALUE, false },
	{ "28", WEIR_ERR_AUTH, true },
	{ "42501", WEIR_ERR_PERMISSION, false },
	{ "42P01", WEIR_ERR_SCHEMA, false }, /* no such table */
	{ "42703", WEIR_ERR_SCHEMA, false }, /* no such column */
	{ "42704", WEIR_ERR_SCHEMA, false }, /* no such type */
	{ "42804", WEIR_ERR_SCHEMA, false }, /* of another type */
	{ "42883", WEIR_ERR_SCHEMA, false }, /* no such operator for the type */
	{ "3F000", WEIR_ERR_SCHEMA, false },
	{ "53", WEIR_ERR_RESOURCES, false },
	{ "58030", WEIR_ERR_RESOURCES, false },
	{ "57P", WEIR_ERR_CONNECTION_LOST, true },
	{ "08", WEIR_ERR_CONNECTION_LOST, true },
	{ "", WEIR_ERR_DATABASE, false },
};

static size_t class_of(const char *sqlstate)
{
	size_t i = 0;

	while (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) != 0)
		i++;
	return i;
}

int weir__failure_status(const char *sqlstate)
{
	return classes[class_of(sqlstate)].status;
}

/* Copies libpq's text in one line, without what only helps its developers. */
static void copy_text(char *to, size_t size, const char *text)
{
	size_t length = 0;

	while (*text && length + 1 < size) {
		size_t line = strcspn(text, "\n");
		bool   skipped = strncmp(text, "LOCATION:", 9) == 0 || *text == '\t' || line == 0;
		if (!skipped && length && length + 3 < size) {
			memcpy(to + length, "; ", 2);
			length += 2;
		}
		for (size_t i = 0; i < line && !skipped && length + 1 < size; i++)
			to[length++] = text[i];
		text += line + (text[line] == '\n');
	}
	to[length] = '\0';
}

static int connection_failed(weir__conn *conn, weir_error *err)
{
	char text[256];

	copy_text(text, sizeof text, PQerrorMessage(conn->pg));
	weir__conn_break(conn);
	weir__pool_suspect(conn->db);
	return weir__error_set(err, WEIR_ERR_CONNECTION_LOST, "%s", text[0] ? text : "the connection broke");
}

static bool is_fatal(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

static void copy_field(char *member, size_t size, const PGresult *result, int field)
{
	weir__error_copy(member, size, PQresultErrorField(result, field));
}

bool weir__failure_is_changed_plan(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	return sqlstate && strcmp(sqlstate, "0A000") == 0 && function && strcmp(function, "RevalidateCachedQuery") == 0;
}

/* "COPY users, line 3, column age", in whatever language: the number behind the table's name. It is in the last lines, before which the
 * functions stand that it was in. */
static size_t line_of(const char *context, const char *table)
{
	size_t      length = table ? strlen(table) : 0;
	const char *at = NULL;

	for (const char *line = context; table && line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "COPY ", 5) == 0 && strncmp(line + 5, table, length) == 0 && line[5 + length] == ',')
			at = line + 5 + length;
	}
	while (at && *at && *at != '\n' && (*at < '0' || *at > '9'))
		at++;
	return at ? strtoul(at, NULL, 10) : 0;
}

static void note_blame(weir__conn *conn, const PGresult *result)
{
	conn->blame.line = line_of(PQresultErrorField(result, PG_DIAG_CONTEXT), conn->blame.table);
	copy_field(conn->blame.detail, sizeof conn->blame.detail, result, PG_DIAG_MESSAGE_DETAIL);
}

const weir__blame *weir__conn_blame(const weir__conn *conn)
{
	return &conn->blame;
}

/* The length of a quotation mark of any of the languages that the server speaks; 0: it is none. */
static size_t quote_length(const char *at)
{
	static const char *const marks[] = { "\"",     "\u00ab", "\u00bb", "\u2018", "\u2019", "\u201a", "\u201b", "\u201c",
		                                 "\u201d", "\u201e", "\u201f", "\u2039", "\u203a", "\u300c", "\u300d" };

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (strncmp(at, marks[i], strlen(marks[i])) == 0)
			return strlen(marks[i]);
	return 0;
}

/* Of data that could not be read (class 22) the server's words quote it: what stands between the first quote and the last
 * goes. Other classes quote names. */
static void set_message(weir_error *err, int status, const char *message, bool quotes_data)
{
	const char *first = NULL, *last = NULL;

	for (const char *at = message; quotes_data && *at; at++) {
		if (quote_length(at) == 0)
			continue;
		first = first ? first : at + quote_length(at);
		last = at;
	}
	if (first && last >= first)
		weir__error_set(err, status, "%.*s...%s", (int)(first - message), message, last);
	else
		weir__error_set(err, status, "%s", message);
}

/* COPY in a text of the caller's wants data that nobody has; ending it takes the connection. */
static bool is_copy(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

int weir__failure_of_result(weir__conn *conn, const PGresult *result, weir_error *err)
{
	const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	size_t class;
	int status;

	if (is_copy(result)) {
		weir__conn_break(conn);
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "COPY from or to the client is not possible here: create_many copies");
	}
	if (!sqlstate)
		return connection_failed(conn, err);
	class = class_of(sqlstate);
	status = weir__failure_is_changed_plan(result) ? WEIR_ERR_SERIALIZATION : classes[class].status;
	if (is_fatal(result) || (classes[class].breaks && !(status == WEIR_ERR_READ_ONLY && conn->tx.read_only))) {
		weir__conn_break(conn);
		weir__pool_suspect(conn->db);
	}
	if (status == WEIR_ERR_READ_ONLY && conn->broken)
		weir__pool_renew(conn->db, conn);
	note_blame(conn, result);
	set_message(err, status, message && message[0] ? message : weir_status_text(status),
	            strncmp(sqlstate, "22", 2) == 0);
	if (!err)
		return status;
	weir__error_copy(err->sqlstate, sizeof err->sqlstate, sqlstate);
	copy_field(err->table, sizeof err->table, result, PG_DIAG_TABLE_NAME);
	copy_field(err->column, sizeof err->column, result, PG_DIAG_COLUMN_NAME);
	copy_field(err->constraint, sizeof err->constraint, result, PG_DIAG_CONSTRAINT_NAME);
	return status;
}

/* ---- Connecting ---------------------------------------------------------------------------------------------------- */

/* There is no result to ask while connecting, but verbose messages read "...: FATAL:  28P01: password ...". The last
 * such code counts, that of the last host tried. */
static void find_sqlstate(const char *text, char sqlstate[6])
{
	sqlstate[0] = '\0';
	for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
		if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || strncmp(at + 8, ": ", 2) != 0)
			continue;
		memcpy(sqlstate, at + 3, 5);
		sqlstate[5] = '\0';
	}
}

int weir__failure_of_connect(PGconn *pg, weir_error *err)
{
	char text[400];
	char sqlstate[6];
	int  status = WEIR_ERR_CONNECT;

	copy_text(text, sizeof text, PQerrorMessage(pg));
	find_sqlstate(text, sqlstate);
	if (strncmp(sqlstate, "28", 2) == 0 || PQconnectionNeedsPassword(pg))
		status = WEIR_ERR_AUTH;
	else if (strcmp(sqlstate, "42501") == 0)
		status = WEIR_ERR_PERMISSION;
	weir__error_set(err, status, "%s", text[0] ? text : "no connection to the database");
	if (err)
		memcpy(err->sqlstate, sqlstate, sizeof err->sqlstate);
	return status;
}
