/* What SQL says: every user as text over a connection of its own, and the comparison of what the sides give with it.
 * Times come as microseconds and numbers as PostgreSQL prints them, so that no decoder of either side takes part. */
#include "bench.h"
#include "contents.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_LISTS         200
#define MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"
#define SELECT_USERS                                                                                                   \
	"SELECT id, username, email, bio, age, balance, is_active, " MICROSECONDS("created_at") ", " MICROSECONDS(         \
		"updated_at") " FROM users "

static const char *text_of(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

static int64_t integer_of(const PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* The texts stay in the result. */
static baseline_user user_of(const PGresult *result, int row)
{
	return (baseline_user){
		.id = integer_of(result, row, 0),
		.username = text_of(result, row, 1),
		.email = text_of(result, row, 2),
		.bio = text_of(result, row, 3),
		.has_age = !PQgetisnull(result, row, 4),
		.age = (int32_t)integer_of(result, row, 4),
		.balance = text_of(result, row, 5),
		.is_active = *PQgetvalue(result, row, 6) == 't',
		.created_us = integer_of(result, row, 7),
		.updated_us = integer_of(result, row, 8),
	};
}

static bool choose_random_ids(bench *b)
{
	size_t count = (size_t)RANDOM_LISTS * BENCH_LIST_LENGTH;

	b->oracle.random_ids = malloc(count * sizeof *b->oracle.random_ids);
	if (!b->oracle.random_ids)
		return bench_fail(b, "out of memory");
	for (size_t i = 0; i < count; i++)
		b->oracle.random_ids[i] = 1 + (int64_t)(bench_number(7, i) % (uint64_t)b->sizes.hot);
	b->oracle.random_id_count = count;
	return true;
}

bool bench_oracle_load(bench *b)
{
	bench_oracle *oracle = &b->oracle;

	oracle->result = PQexec(b->sql, SELECT_USERS "ORDER BY id");
	if (PQntuples(oracle->result) != (int)b->sizes.users)
		return bench_fail(b, "%d users in the table: %s", PQntuples(oracle->result), PQerrorMessage(b->sql));
	oracle->users = malloc((size_t)b->sizes.users * sizeof *oracle->users);
	if (!oracle->users)
		return bench_fail(b, "out of memory");
	for (int row = 0; row < (int)b->sizes.users; row++) {
		oracle->users[row] = user_of(oracle->result, row);
		if (oracle->users[row].id != row + 1)
			return bench_fail(b, "the ids of the users are not 1 to %" PRId64, b->sizes.users);
	}
	return choose_random_ids(b);
}

void bench_oracle_release(bench *b)
{
	PQclear(b->oracle.result);
	free(b->oracle.users);
	free(b->oracle.random_ids);
	b->oracle = (bench_oracle){ .result = NULL };
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The first field in which they differ, or NULL. */
static const char *difference(const baseline_user *a, const baseline_user *b)
{
	const struct {
		const char *name;
		bool        same;
	} fields[] = {
		{ "id", a->id == b->id },
		{ "username", same_text(a->username, b->username) },
		{ "email", same_text(a->email, b->email) },
		{ "bio", same_text(a->bio, b->bio) },
		{ "age", a->has_age == b->has_age && (!a->has_age || a->age == b->age) },
		{ "balance", same_text(a->balance, b->balance) },
		{ "is_active", a->is_active == b->is_active },
		{ "created_at", a->created_us == b->created_us },
		{ "updated_at", a->updated_us == b->updated_us },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (!fields[i].same)
			return fields[i].name;
	}
	return NULL;
}

static bool compare(bench *b, const baseline_user *given, const baseline_user *expected)
{
	const char *field = difference(given, expected);

	return !field || bench_fail(b, "user %" PRId64 ": %s is not what SQL says", given->id, field);
}

static bool check_fresh(bench *b, const baseline_user *record)
{
	char          sql[512];
	PGresult     *result;
	baseline_user expected;
	bool          right;

	snprintf(sql, sizeof sql, SELECT_USERS "WHERE id = %" PRId64, record->id);
	result = PQexec(b->sql, sql);
	if (PQntuples(result) == 1) {
		expected = user_of(result, 0);
		right = compare(b, record, &expected);
	} else {
		right = bench_fail(b, "user %" PRId64 " is not in the table", record->id);
	}
	PQclear(result);
	return right;
}

bool bench_check_user(bench *b, bench_check *check, const baseline_user *record)
{
	check->users++;
	if (check->fresh)
		return check_fresh(b, record);
	if (record->id < 1 || record->id > b->sizes.users)
		return bench_fail(b, "user %" PRId64 " is not in the table", record->id);
	return compare(b, record, &b->oracle.users[record->id - 1]);
}

bool bench_check_number(bench *b, int64_t number, const char *sql)
{
	PGresult *result = PQexec(b->sql, sql);
	bool      right = PQntuples(result) == 1 && integer_of(result, 0, 0) == number;

	PQclear(result);
	return right || bench_fail(b, "%" PRId64 " is not what SQL says (%s)", number, sql);
}
