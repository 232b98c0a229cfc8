/* Cache-aside reads: ask Redis, and on a miss the database, then store what it said with a time to live. Keys:
 * bench:user:ID and bench:user:email:EMAIL (a record), bench:users:from:ID (a list), bench:users:count,
 * bench:users:named:USERNAME. */
#include "baseline/baseline.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX  320
#define MANY_MAX 128
#define TTL_S    "3600"

static redisReply *get(baseline *base, const char *key, size_t length)
{
	const char  *words[] = { "GET", key };
	const size_t lengths[] = { 3, length };

	return baseline_command(base, 2, words, lengths);
}

static bool set(baseline *base, const char *key, const char *value)
{
	const char  *words[] = { "SET", key, value, "EX", TTL_S };
	const size_t lengths[] = { 3, strlen(key), strlen(value), 2, sizeof TTL_S - 1 };
	redisReply  *reply = baseline_command(base, 5, words, lengths);

	freeReplyObject(reply);
	return reply != NULL;
}

/* Stores a text of cJSON's and frees it. */
static bool set_json(baseline *base, const char *key, char *json)
{
	bool done = json ? set(base, key, json) : baseline_fail(base, key, "out of memory");

	cJSON_free(json);
	return done;
}

/* ---- Records --------------------------------------------------------------------------------------------------- */

static baseline_user *get_by_email(baseline *base, const char *email)
{
	const char    *values[1] = { email };
	const int      lengths[1] = { (int)strlen(email) }, formats[1] = { 1 };
	PGresult      *result = baseline_execute(base, BASELINE_BY_EMAIL, 1, values, lengths, formats);
	baseline_user *user;

	if (!result)
		return NULL;
	user = PQntuples(result) == 1 ? baseline_user_of_row(result, 0) : NULL;
	PQclear(result);
	if (!user)
		baseline_fail(base, BASELINE_BY_EMAIL, "no such row");
	return user;
}

/* Stores what the database said and gives it. */
static baseline_user *fill(baseline *base, const char *key, baseline_user *user)
{
	base->misses++;
	if (user && set_json(base, key, baseline_user_encode(user)))
		return user;
	free(user);
	return NULL;
}

static baseline_user *decode(baseline *base, const redisReply *reply)
{
	baseline_user *user = baseline_user_decode(reply->str, reply->len);

	if (!user)
		baseline_fail(base, "record", "not the JSON of a user");
	return user;
}

baseline_user *baseline_get_by_id_cached(baseline *base, int64_t id)
{
	char           key[KEY_MAX];
	int            length = snprintf(key, sizeof key, "bench:user:%lld", (long long)id);
	redisReply    *reply = get(base, key, (size_t)length);
	baseline_user *user;

	if (!reply)
		return NULL;
	if (reply->type == REDIS_REPLY_STRING)
		user = decode(base, reply);
	else
		user = fill(base, key, baseline_get_by_id(base, id));
	freeReplyObject(reply);
	return user;
}

baseline_user *baseline_get_by_email_cached(baseline *base, const char *email)
{
	char           key[KEY_MAX];
	int            length = snprintf(key, sizeof key, "bench:user:email:%s", email);
	redisReply    *reply = get(base, key, (size_t)length);
	baseline_user *user;

	if (!reply)
		return NULL;
	if (reply->type == REDIS_REPLY_STRING)
		user = decode(base, reply);
	else
		user = fill(base, key, get_by_email(base, email));
	freeReplyObject(reply);
	return user;
}

/* ---- Many ------------------------------------------------------------------------------------------------------ */

static void free_users(baseline_user **users, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(users[i]);
}

bool baseline_get_many_by_get(baseline *base, const int64_t *ids, size_t count, baseline_user **users)
{
	for (size_t i = 0; i < count; i++) {
		users[i] = baseline_get_by_id_cached(base, ids[i]);
		if (!users[i]) {
			free_users(users, i);
			return false;
		}
	}
	return true;
}

/* Takes one answer of the pipeline. */
static baseline_user *next_user(baseline *base, bool *missed)
{
	void          *answer = NULL;
	redisReply    *reply;
	baseline_user *user = NULL;

	if (redisGetReply(base->redis, &answer) != REDIS_OK || !answer) {
		baseline_fail(base, "GET", base->redis->errstr);
		return NULL;
	}
	reply = answer;
	*missed = reply->type == REDIS_REPLY_NIL;
	if (reply->type == REDIS_REPLY_STRING)
		user = decode(base, reply);
	else if (!*missed)
		baseline_fail(base, "GET", "another type of reply");
	freeReplyObject(reply);
	return user;
}

static bool append_gets(baseline *base, const int64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char         key[32];
		int          length = snprintf(key, sizeof key, "bench:user:%lld", (long long)ids[i]);
		const char  *words[] = { "GET", key };
		const size_t lengths[] = { 3, (size_t)length };

		if (redisAppendCommandArgv(base->redis, 2, words, lengths) != REDIS_OK)
			return baseline_fail(base, "GET", "the pipeline could not be made");
	}
	return true;
}

bool baseline_get_many_by_pipeline(baseline *base, const int64_t *ids, size_t count, baseline_user **users)
{
	bool missed[MANY_MAX] = { false }, done = true;

	if (count > MANY_MAX)
		return baseline_fail(base, "GET", "too many keys");
	if (!append_gets(base, ids, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		users[i] = next_user(base, &missed[i]);
		done = done && (users[i] || missed[i]);
	}
	for (size_t i = 0; done && i < count; i++) {
		if (missed[i])
			users[i] = baseline_get_by_id_cached(base, ids[i]);
		done = users[i] != NULL;
	}
	if (!done)
		free_users(users, count);
	return done;
}

static redisReply *get_all(baseline *base, const int64_t *ids, size_t count)
{
	char        keys[MANY_MAX][32];
	const char *words[MANY_MAX + 1] = { "MGET" };
	size_t      lengths[MANY_MAX + 1] = { 4 };

	for (size_t i = 0; i < count; i++) {
		lengths[i + 1] = (size_t)snprintf(keys[i], sizeof keys[i], "bench:user:%lld", (long long)ids[i]);
		words[i + 1] = keys[i];
	}
	return baseline_command(base, (int)count + 1, words, lengths);
}

bool baseline_get_many_by_mget(baseline *base, const int64_t *ids, size_t count, baseline_user **users)
{
	redisReply *reply;
	size_t      done = 0;

	if (count > MANY_MAX)
		return baseline_fail(base, "MGET", "too many keys");
	reply = get_all(base, ids, count);
	for (; reply && done < count; done++) {
		const redisReply *item = reply->element[done];

		users[done] =
			item->type == REDIS_REPLY_STRING ? decode(base, item) : baseline_get_by_id_cached(base, ids[done]);
		if (!users[done])
			break;
	}
	freeReplyObject(reply);
	if (done < count)
		free_users(users, done);
	return reply && done == count;
}

/* ---- Lists, counts --------------------------------------------------------------------------------------------- */

static bool fill_list(baseline *base, const char *key, int64_t first_id, baseline_list *list)
{
	base->misses++;
	if (!baseline_list_from(base, first_id, list))
		return false;
	if (set_json(base, key, baseline_list_encode(list)))
		return true;
	free(list->items);
	return false;
}

bool baseline_list_from_cached(baseline *base, int64_t first_id, baseline_list *list)
{
	char        key[KEY_MAX];
	int         length = snprintf(key, sizeof key, "bench:users:from:%lld", (long long)first_id);
	redisReply *reply = get(base, key, (size_t)length);
	bool        done;

	if (!reply)
		return false;
	if (reply->type == REDIS_REPLY_STRING)
		done = baseline_list_decode(reply->str, reply->len, list) || baseline_fail(base, key, "not the JSON of a list");
	else
		done = fill_list(base, key, first_id, list);
	freeReplyObject(reply);
	return done;
}

/* The answer of a statement that gives one value, as text under a key. */
static bool fill_value(baseline *base, const char *key, PGresult *result, int64_t *value)
{
	char text[32];

	base->misses++;
	if (!result)
		return false;
	*value = PQgetlength(result, 0, 0) == 8 ? baseline_read_i64(PQgetvalue(result, 0, 0)) : *PQgetvalue(result, 0, 0);
	PQclear(result);
	snprintf(text, sizeof text, "%lld", (long long)*value);
	return set(base, key, text);
}

bool baseline_count_cached(baseline *base, int64_t *count)
{
	static const char key[] = "bench:users:count";
	redisReply       *reply = get(base, key, sizeof key - 1);
	bool              done = reply != NULL;

	if (done && reply->type == REDIS_REPLY_STRING)
		*count = strtoll(reply->str, NULL, 10);
	else if (done)
		done = fill_value(base, key, baseline_execute(base, BASELINE_COUNT, 0, NULL, NULL, NULL), count);
	freeReplyObject(reply);
	return done;
}

bool baseline_exists_cached(baseline *base, const char *username, bool *exists)
{
	char        key[KEY_MAX];
	int         length = snprintf(key, sizeof key, "bench:users:named:%s", username);
	redisReply *reply = get(base, key, (size_t)length);
	const char *values[1] = { username };
	const int   lengths[1] = { (int)strlen(username) }, formats[1] = { 1 };
	int64_t     value = 0;
	bool        done = reply != NULL;

	if (done && reply->type == REDIS_REPLY_STRING)
		value = reply->str[0] == '1';
	else if (done)
		done = fill_value(base, key, baseline_execute(base, BASELINE_EXISTS, 1, values, lengths, formats), &value);
	freeReplyObject(reply);
	*exists = value != 0;
	return done;
}
