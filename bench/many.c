/* Many users to be created at once: made once, then only the numbers in their names change. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 12
#define NAME   "many_000000000000"
#define EMAIL  "many.000000000000@bench.example.org"
#define BIO    "Wrote \"Weirs & Sluices\", 2nd ed.\nLives in Łódź; reads C:\\notes\\*.txt, drinks tea, answers letters."

static bench_many *create(void)
{
	bench_many *many = calloc(1, sizeof *many);

	for (int i = 0; many && i < BENCH_MANY; i++) {
		char *room = many->rooms[i];

		memcpy(room, NAME, sizeof NAME);
		memcpy(room + 24, EMAIL, sizeof EMAIL);
		snprintf(room + 72, 16, "%d.%02d", i, i % 100);
		many->values[i] = (baseline_user){ .username = room,
			                               .email = room + 24,
			                               .bio = BIO,
			                               .balance = room + 72,
			                               .age = i % 100,
			                               .has_age = i % 10 != 0 };
		many->given[i] = (user){
			.username = room,
			.email = room + 24,
			.bio = BIO,
			.age = { many->values[i].has_age, i % 100 },
			.balance = weir_numeric_of(room + 72),
		};
	}
	return many;
}

static void write_digits(char *at, uint64_t number)
{
	for (int i = DIGITS - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
}

bench_many *bench_many_new(bench *b)
{
	if (!b->many && !(b->many = create()))
		return NULL;
	b->many->first = b->created + 1;
	for (int i = 0; i < BENCH_MANY; i++) {
		uint64_t number = ++b->created;

		write_digits(b->many->rooms[i] + 5, number);
		write_digits(b->many->rooms[i] + 24 + 5, number);
	}
	return b->many;
}

bool bench_check_many(bench *b, bench_check *check)
{
	char *bio = PQescapeLiteral(b->sql, BIO, sizeof BIO - 1);
	char  sql[1024];
	bool  right;

	snprintf(sql, sizeof sql,
	         "SELECT count(*) FROM (SELECT *, substr(username, 6)::int8 - %" PRIu64
	         " AS i FROM users WHERE username LIKE 'many\\_%%' AND substr(username, 6)::int8 >= %" PRIu64
	         ") t WHERE email = replace(username, '_', '.') || '@bench.example.org' AND bio = %s"
	         " AND age IS NOT DISTINCT FROM CASE WHEN i %% 10 <> 0 THEN i %% 100 END"
	         " AND balance = i + (i %% 100) / 100.0 AND i < %d",
	         b->many->first, b->many->first, bio, BENCH_MANY);
	PQfreemem(bio);
	right = bench_check_number(b, BENCH_MANY, sql);
	check->users += BENCH_MANY;
	return right;
}
