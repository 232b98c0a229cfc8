/* What SQL says: every user as text over a connection of its own, and the comparison of what the sides give with it.
 * Times come as microseconds and numbers as PostgreSQL prints them, so that no decoder of either side takes part. */
#include "bench.h"
#include "contents.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_LISTS         200
#define ZIPF_PICKS           (1 << 18)
#define ZIPF_EXPONENT        0.99
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

/* Pick k of n with a probability like 1 / k^0.99, by a search in the sums. */
static bool choose_zipf(bench *b)
{
	size_t    users = (size_t)b->sizes.hot;
	double   *sums = malloc(users * sizeof *sums), total = 0;
	uint32_t *picks = malloc(ZIPF_PICKS * sizeof *picks);

	b->oracle.zipf_picks = picks;
	for (size_t k = 0; sums && k < users; k++)
		sums[k] = total += pow((double)(k + 1), -ZIPF_EXPONENT);
	for (size_t i = 0; sums && picks && i < ZIPF_PICKS; i++) {
		double wanted = (double)(bench_number(9, i) >> 11) / (double)(UINT64_C(1) << 53) * total;
		size_t low = 0, high = users - 1;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (sums[middle] < wanted)
				low = middle + 1;
			else
				high = middle;
		}
		picks[i] = (uint32_t)low;
	}
	b->oracle.zipf_count = sums && picks ? ZIPF_PICKS : 0;
	free(sums);
	return b->oracle.zipf_count || bench_fail(b, "out of memory");
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
	return choose_random_ids(b) && choose_zipf(b);
}

void bench_oracle_release(bench *b)
{
	PQclear(b->oracle.result);
	free(b->oracle.users);
	free(b->oracle.random_ids);
	free(b->oracle.zipf_picks);
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

/* ---- Posts and comments ---------------------------------------------------------------------------------------- */

#define DIGEST_SEED UINT64_C(14695981039346656037)

/* FNV-1a; http://www.isthe.com/chongo/tech/comp/fnv/ */
static void digest_text(uint64_t *digest, const char *text)
{
	*digest = *digest ? *digest : DIGEST_SEED;
	for (const char *at = text ? text : "NULL"; *at; at++)
		*digest = (*digest ^ (unsigned char)*at) * UINT64_C(1099511628211);
	*digest = (*digest ^ '|') * UINT64_C(1099511628211);
}

static void digest_number(uint64_t *digest, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	digest_text(digest, text);
}

/* Ratings have three decimals. */
void bench_check_post(bench_check *check, const baseline_post *seen)
{
	uint64_t *digest = &check->posts;

	digest_number(digest, seen->id);
	digest_number(digest, seen->user_id);
	digest_text(digest, seen->title);
	digest_text(digest, seen->body);
	digest_text(digest, seen->published ? "t" : "f");
	digest_number(digest, seen->views);
	if (seen->has_rating)
		digest_number(digest, (int64_t)(seen->rating * 1000 + 0.5));
	else
		digest_text(digest, NULL);
	digest_text(digest, seen->meta);
	digest_number(digest, seen->created_us);
	digest_number(digest, seen->updated_us);
}

void bench_check_comment(bench_check *check, const baseline_comment *seen)
{
	uint64_t *digest = &check->posts;
	char      token[40];

	for (int i = 0; i < 16; i++)
		snprintf(token + 2 * i, 3, "%02x", seen->token[i]);
	digest_number(digest, seen->id);
	digest_number(digest, seen->post_id);
	digest_number(digest, seen->user_id);
	digest_text(digest, seen->body);
	if (seen->has_stars)
		digest_number(digest, seen->stars);
	else
		digest_text(digest, NULL);
	digest_text(digest, token);
	digest_number(digest, seen->created_us);
}

static void digest_rows(uint64_t *digest, const PGresult *result, int row, int first, int end)
{
	for (int column = first; column < end; column++)
		digest_text(digest, text_of(result, row, column));
}

bool bench_check_posts(bench *b, const bench_check *check, int64_t first, bool comments)
{
	enum { POST_COLUMNS = 10, ALL_COLUMNS = 17 };
	char      sql[1024];
	uint64_t  digest = 0;
	PGresult *result;

	snprintf(sql, sizeof sql,
	         "SELECT p.id, p.user_id, title, p.body, published, views, floor(rating * 1000 + 0.5)::bigint, "
	         "meta, " MICROSECONDS("p.created_at") ", " MICROSECONDS(
				 "p.updated_at") ", c.id, c.post_id, c.user_id, c.body, stars, "
	                             "replace(token::text, '-', ''), " MICROSECONDS(
									 "c.created_at") " FROM posts p LEFT JOIN comments c ON %s c.post_id = p.id "
	                                                 "WHERE p.user_id BETWEEN %" PRId64 " AND %" PRId64
	                                                 " ORDER BY p.user_id, p.id, c.id",
	         comments ? "" : "false AND", first, first + BENCH_LIST_LENGTH - 1);
	result = PQexec(b->sql, sql);
	for (int row = 0; row < PQntuples(result); row++) {
		bool next = row == 0 || strcmp(PQgetvalue(result, row, 0), PQgetvalue(result, row - 1, 0)) != 0;

		if (next)
			digest_rows(&digest, result, row, 0, POST_COLUMNS);
		if (!PQgetisnull(result, row, POST_COLUMNS))
			digest_rows(&digest, result, row, POST_COLUMNS, ALL_COLUMNS);
	}
	PQclear(result);
	return digest == check->posts ||
	       bench_fail(b, "the posts of the users from %" PRId64 " on are not what SQL says", first);
}
