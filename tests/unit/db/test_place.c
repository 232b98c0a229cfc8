/* What a session's models mean by a table: the database and the search path decide, where it is and who asks do not. */
#include "db/place.h"

#include "support/suite.h"

static uint64_t place(const char *conninfo, const char *schema)
{
	uint64_t found = 0;

	ck_assert_int_eq(weir__place_of(conninfo, schema, &found, NULL), WEIR_OK);
	return found;
}

START_TEST(test_place__is_another_one_for_another_database_or_search_path)
{
	const uint64_t app = place("postgresql://u:p@one:5432/app", NULL);

	ck_assert_uint_eq(app, place("postgresql://v:q@two:6432/app?sslmode=disable", NULL));
	ck_assert_uint_eq(app, place("host=three user=w dbname=app", NULL));
	ck_assert_uint_eq(app, place("postgresql:///app?weir_statements=unnamed&host=/tmp", NULL));
	ck_assert_uint_ne(app, place("postgresql://u:p@one:5432/other", NULL));
	ck_assert_uint_ne(app, place("postgresql://u:p@one:5432/app", "one"));
	ck_assert_uint_ne(place("dbname=app", "one"), place("dbname=app", "other"));
	ck_assert_uint_eq(place("user=app", NULL), app);
	(void)place("no connection string", NULL);
}
END_TEST

WEIR_SUITE("db/place", test_place__is_another_one_for_another_database_or_search_path);
