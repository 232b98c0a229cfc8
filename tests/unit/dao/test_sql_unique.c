/* Which unique columns a statement by hand may change, by its text. */
#include "dao/sql_unique.h"
#include "support/suite.h"

#include <weir/model.h>

#include <string.h>

typedef struct person {
	int64_t     id;
	const char *name;
	const char *email;
	const char *bio;
} person;
WEIR_RECORD(person)

static const weir_field person_fields[] = {
	WEIR_FIELD(person, id, .primary_key = true),
	WEIR_FIELD(person, name, .unique = true),
	WEIR_FIELD(person, email, .unique = true),
	WEIR_FIELD(person, bio),
};
static const weir_model person_model = WEIR_MODEL(person, "people", person_fields);

enum { NAME = 2, EMAIL = 4 };

START_TEST(test_sql_unique__is_found_where_it_is_set_or_inserted)
{
	static const struct {
		const char *text;
		weir__mask  set, inserted;
	} cases[] = {
		{ "UPDATE people SET bio = $1 WHERE email = $2 RETURNING id, name", 0, 0 },
		{ "UPDATE people SET bio = 'name', Email = $1 WHERE id = $2 RETURNING id", EMAIL, 0 },
		{ "update people set (bio, \"name\") = (select a, b from t where t.id = 1), email = $2", NAME | EMAIL, 0 },
		{ "WITH x AS (SELECT id FROM people WHERE name = $1) UPDATE people SET names = $1, bio = (SELECT 1 FROM t WHERE t.a "
		  "= 2), email = $2 WHERE id IN (SELECT id FROM x)",
		  EMAIL, 0 },
		{ "INSERT INTO people (id, name) VALUES ($1, $2) RETURNING id, email", 0, NAME },
		{ "INSERT INTO people (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email RETURNING id",
		  EMAIL, 0 },
		{ "DELETE FROM people WHERE name = $1 RETURNING id", 0, 0 },
		{ "UPDATE people SET name = 'it''s' , bio = 'unclosed", NAME, 0 },
		{ "UPDATE people SET \"where\" = $1, name = $2 WHERE id = $3", NAME, 0 },
		{ "UPDATE people SET \"it's\" = $1, name = $2 WHERE id = $3", NAME, 0 },
		{ "UPDATE people -- Eve's\n SET name = $1 WHERE id = $2 RETURNING id", NAME | EMAIL, 0 },
		{ "UPDATE people /* Eve's */ SET name = $1 WHERE id = $2 RETURNING id", NAME | EMAIL, 0 },
		{ "UPDATE people SET bio = E'Eve\\'s', name = $1 WHERE id = $2 RETURNING id", NAME | EMAIL, 0 },
		{ "UPDATE people SET bio = $$Eve's$$, name = $1 WHERE id = $2 RETURNING id", NAME | EMAIL, 0 },
		{ "SELECT rename($1, 'a'::name) AS id", NAME | EMAIL, 0 },
		{ "SELECT rename($1) AS id FROM t FOR UPDATE", NAME | EMAIL, 0 },
		{ "INSERT INTO people VALUES ($1, $2) RETURNING id", 0, NAME | EMAIL },
		{ "INSERT INTO people AS p SELECT a.id, a.name FROM a RETURNING p.id", 0, NAME | EMAIL },
		{ "INSERT INTO people (WITH a AS (SELECT 1) SELECT * FROM a) RETURNING id", 0, NAME | EMAIL },
		{ "WITH a AS (INSERT INTO b (id) VALUES (1)) INSERT INTO people (id, email) TABLE c RETURNING id", 0, EMAIL },
	};
	weir__layout *layout = NULL;

	ck_assert_int_eq(weir__layout_create(&person_model, &layout, NULL), WEIR_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		weir__sql  sql = { .text = cases[i].text, .length = strlen(cases[i].text) };
		weir__mask set, inserted;

		weir__sql_unique_named(&sql, layout, &set, &inserted);
		ck_assert_msg(set == cases[i].set && inserted == cases[i].inserted, "%s", cases[i].text);
	}
	weir__layout_free(layout);
}
END_TEST

WEIR_SUITE("sql unique", test_sql_unique__is_found_where_it_is_set_or_inserted);
