/* The oracle (oracle.h), on libpq. It is the one file of the examples that knows libpq: an oracle must not share code with
 * what it judges, and not every machine that has libpq has psql. */
#include "oracle.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

struct oracle {
	PGconn *connection;
};

static PGresult *run(oracle *o, const char *sql, ExecStatusType expected)
{
	PGresult *result = PQexec(o->connection, sql);

	if (PQresultStatus(result) == expected)
		return result;
	fprintf(stderr, "oracle: %s", PQerrorMessage(o->connection));
	PQclear(result);
	return NULL;
}

oracle *oracle_open(const char *postgres, const char *schema)
{
	char      set[128];
	oracle   *o = calloc(1, sizeof *o);
	PGresult *result;

	if (!o)
		return NULL;
	o->connection = PQconnectdb(postgres);
	snprintf(set, sizeof set, "SET search_path = %s", schema);
	result = run(o, set, PGRES_COMMAND_OK);
	if (!result) {
		oracle_close(o);
		return NULL;
	}
	PQclear(result);
	return o;
}

char *oracle_ask(oracle *o, const char *sql)
{
	char     *text = NULL;
	size_t    size;
	PGresult *result = run(o, sql, PGRES_TUPLES_OK);
	FILE     *out = result ? open_memstream(&text, &size) : NULL;

	for (int row = 0; out && row < PQntuples(result); row++)
		for (int field = 0; field < PQnfields(result); field++)
			fprintf(out, "%s%c", PQgetvalue(result, row, field), field + 1 < PQnfields(result) ? '|' : '\n');
	if (out)
		fclose(out);
	PQclear(result);
	return text;
}

void oracle_close(oracle *o)
{
	if (!o)
		return;
	PQfinish(o->connection);
	free(o);
}
