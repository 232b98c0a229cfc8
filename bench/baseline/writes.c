/* Writes: one statement that gives the row back, and after it one DEL of the keys that it made wrong. */
#include "baseline/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX    320
#define FIRST_PAGE "bench:users:from:1"
#define COUNT_KEY  "bench:users:count"

static bool delete_keys(baseline *base, int count, const char **words)
{
	size_t      lengths[4];
	redisReply *reply;

	for (int i = 0; i < count; i++)
		lengths[i] = strlen(words[i]);
	reply = baseline_command(base, count, words, lengths);
	freeReplyObject(reply);
	return reply != NULL;
}

/* The row that a write gives back. */
static baseline_user *take_written(baseline *base, const char *statement, PGresult *result)
{
	baseline_user *user;

	if (!result)
		return NULL;
	user = PQntuples(result) == 1 ? baseline_user_of_row(result, 0) : NULL;
	PQclear(result);
	if (!user)
		baseline_fail(base, statement, "no such row");
	return user;
}

/* The user, or NULL where the keys could not be deleted. */
static baseline_user *invalidated(baseline *base, baseline_user *user, int count, const char **words)
{
	if (delete_keys(base, count, words))
		return user;
	free(user);
	return NULL;
}

baseline_user *baseline_create(baseline *base, const baseline_user *values)
{
	char           age[4];
	const char    *params[] = { values->username, values->email, values->bio, values->has_age ? age : NULL,
		                        values->balance };
	const int      lengths[] = { (int)strlen(values->username), (int)strlen(values->email),
                            values->bio ? (int)strlen(values->bio) : 0, sizeof age, 0 };
	const int      formats[] = { 1, 1, 1, 1, 0 };
	const char    *words[] = { "DEL", FIRST_PAGE, COUNT_KEY };
	baseline_user *user;

	baseline_write_i32(age, values->age);
	user = take_written(base, BASELINE_CREATE, baseline_execute(base, BASELINE_CREATE, 5, params, lengths, formats));
	return user ? invalidated(base, user, 3, words) : NULL;
}

baseline_user *baseline_update(baseline *base, int64_t id, const baseline_user *values)
{
	char           key[8], age[4], record_key[KEY_MAX], email_key[KEY_MAX];
	const char    *params[] = { key, values->has_age ? age : NULL, values->balance };
	const int      lengths[] = { sizeof key, sizeof age, 0 }, formats[] = { 1, 1, 0 };
	const char    *words[] = { "DEL", record_key, email_key, FIRST_PAGE };
	baseline_user *user;

	baseline_write_i64(key, id);
	baseline_write_i32(age, values->age);
	user = take_written(base, BASELINE_UPDATE, baseline_execute(base, BASELINE_UPDATE, 3, params, lengths, formats));
	if (!user)
		return NULL;
	snprintf(record_key, sizeof record_key, "bench:user:%lld", (long long)id);
	snprintf(email_key, sizeof email_key, "bench:user:email:%s", user->email);
	return invalidated(base, user, 4, words);
}
