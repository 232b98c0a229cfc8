/* ledger.c: versions by key, in order. */
#include "ledger.h"

#include "timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(ledger *l, int key, ledger_version version)
{
	ledger_key *of = &l->keys[key];

	of->versions = grow(of->versions, &of->capacity, of->count, sizeof *of->versions);
	of->versions[of->count++] = version;
}

void ledger_init(ledger *l)
{
	*l = (ledger){ .last = 0 };
	for (int key = 0; key < KEYS; key++)
		append(l, key, (ledger_version){ .gone = true, .group = -1, .name = -1 });
}

void ledger_release(ledger *l)
{
	for (int key = 0; key < KEYS; key++)
		free(l->keys[key].versions);
	*l = (ledger){ .last = 0 };
}

static int64_t number(const PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

bool ledger_read(ledger *l, PGconn *database)
{
	char        last[24];
	const char *values[] = { last };
	PGresult   *result;
	bool        read;

	snprintf(last, sizeof last, "%" PRId64, l->last);
	result =
		PQexecParams(database, "SELECT ver, k, grp, name, tag, gone FROM ledger WHERE ver > $1::bigint ORDER BY ver", 1,
	                 NULL, values, NULL, NULL, 0);
	read = PQresultStatus(result) == PGRES_TUPLES_OK;
	for (int i = 0; read && i < PQntuples(result); i++) {
		bool gone = PQgetvalue(result, i, 5)[0] == 't';

		l->last = number(result, i, 0);
		append(l, (int)number(result, i, 1),
		       (ledger_version){ .version = l->last,
		                         .group = gone ? -1 : (int)number(result, i, 2),
		                         .name = gone ? -1 : reg_name_number(PQgetvalue(result, i, 3)),
		                         .tag = gone ? -1 : number(result, i, 4),
		                         .gone = gone });
	}
	PQclear(result);
	return read;
}

int ledger_compare(const ledger *l, PGconn *database)
{
	PGresult *result = PQexec(database, "SELECT k, ver FROM reg");
	bool      read = PQresultStatus(result) == PGRES_TUPLES_OK;
	int64_t   stored[KEYS] = { 0 };
	int       differences = read ? 0 : -1;

	for (int i = 0; read && i < PQntuples(result); i++)
		stored[number(result, i, 0)] = number(result, i, 1);
	PQclear(result);
	for (int key = 0; read && key < KEYS; key++) {
		const ledger_version *newest = &l->keys[key].versions[l->keys[key].count - 1];

		if (stored[key] == (newest->gone ? 0 : newest->version))
			continue;
		printf("the table holds version %" PRId64 " of key %d, the ledger %" PRId64 "\n", stored[key], key,
		       newest->version);
		differences++;
	}
	return differences;
}

/* The first version that is not older. */
static size_t place(const ledger_key *of, int64_t version)
{
	size_t low = 0, high = of->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (of->versions[middle].version < version)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

ledger_version *ledger_find(const ledger *l, int key, int64_t version)
{
	const ledger_key *of = &l->keys[key];
	size_t            at = place(of, version);

	return at < of->count && of->versions[at].version == version ? &of->versions[at] : NULL;
}

ledger_version *ledger_deletion(const ledger *l, int key, int64_t after)
{
	const ledger_key *of = &l->keys[key];

	for (size_t at = place(of, after + 1); at < of->count; at++)
		if (of->versions[at].gone)
			return &of->versions[at];
	return NULL;
}

void ledger_settle(ledger *l)
{
	for (int key = 0; key < KEYS; key++) {
		uint64_t newest_ns = 0;

		for (size_t i = 0; i < l->keys[key].count; i++) {
			ledger_version *version = &l->keys[key].versions[i];

			newest_ns = version->begin_ns > newest_ns ? version->begin_ns : newest_ns;
			version->newest_ns = newest_ns;
		}
	}
}

static bool is_so(const ledger_version *version, ledger_wish wish)
{
	switch (wish.what) {
	case WISH_GONE:
		return version->gone;
	case WISH_GROUP:
		return version->group == wish.number;
	case WISH_NAME:
	default:
		return version->name == wish.number;
	}
}

ledger_answer ledger_ask(const ledger *l, int key, int64_t from, uint64_t end_ns, ledger_wish wish)
{
	const ledger_key *of = &l->keys[key];
	size_t            first = place(of, from);
	ledger_answer     answer = { .certain = true };

	for (size_t at = first; at < of->count && (at == first || of->versions[at].newest_ns < end_ns); at++) {
		bool so = is_so(&of->versions[at], wish);

		if (of->versions[at].inner)
			continue;
		answer.possible = answer.possible || so;
		answer.certain = answer.certain && so;
	}
	return answer;
}
