/* When connecting fails: how long to wait before the next attempt, and whether waiting makes sense at all. */
#include "db/pool.h"

#include "base/hash.h"

#include <string.h>

#define FIRST_PAUSE_US   10000
#define LONGEST_PAUSE_US 500000
#define BRIDGED_US       2000000 /* the outage that callers wait out */

/* Want of memory, a caller who was cancelled or could not wait as long as connecting may take, say nothing about the server. */
static bool is_outage(const weir__db *db, int64_t took_us, const weir_error *error)
{
	if (error->status == WEIR_ERR_TIMEOUT)
		return took_us >= (int64_t)db->connect_timeout_ms * 1000;
	return error->status != WEIR_ERR_NO_MEMORY && error->status != WEIR_ERR_CANCELLED;
}

/* Would the next attempt be refused as well? A server that lacks resources, starts or stops will not go on doing so. */
static bool is_repeated(const weir_error *error)
{
	static const char *const passing[] = { "53", "57", "08" };

	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (strncmp(error->sqlstate, passing[i], 2) == 0)
			return false;
	return error->sqlstate[0] || error->status == WEIR_ERR_AUTH;
}

/* Doubled each time, and shifted by up to a half so that processes do not come all at once. */
static int64_t pause_us(int failures)
{
	int64_t longest = FIRST_PAUSE_US;

	for (int i = 1; i < failures && longest < LONGEST_PAUSE_US; i++)
		longest *= 2;
	if (longest > LONGEST_PAUSE_US)
		longest = LONGEST_PAUSE_US;
	return longest / 2 + (int64_t)(weir__random_u64() % (uint64_t)(longest / 2));
}

void weir__outage_note(weir__db *db, int64_t started_us, const weir_error *error)
{
	weir__outage *outage = &db->outage;
	int64_t       now_us = weir__now_us();

	if (!is_outage(db, now_us - started_us, error))
		return;
	if (outage->failures == 0)
		outage->since_us = started_us;
	outage->failures++;
	outage->error = *error;
	outage->retry_us = now_us + pause_us(outage->failures);
	outage->lasting = is_repeated(error) || now_us - outage->since_us > BRIDGED_US;
}

bool weir__outage_allows(const weir__db *db, int64_t now_us)
{
	return db->outage.failures == 0 || (db->connecting == 0 && now_us >= db->outage.retry_us);
}

bool weir__outage_is_hopeless(const weir__db *db)
{
	return db->outage.failures > 0 && db->outage.lasting && db->idle + db->in_use == 0;
}
