/* Reads from the database. */
#include "baseline/baseline.h"

#include <stdlib.h>

static PGresult *execute_with_id(baseline *base, const char *statement, int64_t id)
{
	char        wire[8];
	const char *values[1] = { wire };
	const int   lengths[1] = { sizeof wire }, formats[1] = { 1 };

	baseline_write_i64(wire, id);
	return baseline_execute(base, statement, 1, values, lengths, formats);
}

baseline_user *baseline_get_by_id(baseline *base, int64_t id)
{
	PGresult      *result = execute_with_id(base, BASELINE_BY_ID, id);
	baseline_user *user;

	if (!result)
		return NULL;
	user = PQntuples(result) == 1 ? baseline_user_of_row(result, 0) : NULL;
	PQclear(result);
	if (!user)
		baseline_fail(base, BASELINE_BY_ID, "no such row");
	return user;
}

bool baseline_list_from(baseline *base, int64_t first_id, baseline_list *list)
{
	PGresult *result = execute_with_id(base, BASELINE_LIST, first_id);
	bool      done;

	if (!result)
		return false;
	done = baseline_list_of_rows(result, list);
	PQclear(result);
	return done || baseline_fail(base, BASELINE_LIST, "out of memory");
}
