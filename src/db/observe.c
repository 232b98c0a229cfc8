/* What is shown of a statement is its text, in which values are $1, $2; of a script, which may hold values, nothing. */
#include "db/observe.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define TEXT_LOGGED 280

static const char *operation_of(const char *text)
{
	static const char *const words[] = { "SELECT", "INSERT", "UPDATE",   "DELETE", "WITH",    "COMMIT",
		                                 "VALUES", "TABLE",  "TRUNCATE", "MERGE",  "REFRESH", "CALL" };

	if (!text)
		return "SCRIPT";
	text += strspn(text, " \t\r\n(");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strncasecmp(text, words[i], strlen(words[i])) == 0)
			return words[i];
	return "SQL";
}

void weir__observe(weir__observed *observed, weir__conn *conn, const char *text, weir_error **err)
{
	memset(observed, 0, sizeof *observed);
	observed->conn = conn;
	observed->span.span.kind = WEIR_SPAN_STATEMENT;
	observed->span.span.operation = operation_of(text);
	observed->span.span.query_text = text;
	if (!*err)
		*err = &observed->own;
	weir__span_start(&conn->db->trace, &observed->span);
}

void weir__observe_end(weir__observed *observed, int rc, int64_t rows, const weir_error *err)
{
	const weir__db  *db = observed->conn->db;
	const weir_span *span = &observed->span.span;
	int64_t          took_us;

	observed->span.span.rows = rows;
	weir__span_end(&db->trace, &observed->span, rc, err);
	took_us = span->ended_us - span->started_us;
	if (db->slow_us > 0 && took_us >= db->slow_us)
		weir__log(db->logger, WEIR_LOG_WARNING, "db: slow: %" PRId64 " ms, %" PRId64 " rows, %s%s%s: %.*s",
		          took_us / 1000, rows > 0 ? rows : 0, weir_status_name(rc), span->sqlstate[0] ? " " : "",
		          span->sqlstate, TEXT_LOGGED, span->query_text ? span->query_text : "a script");
}
