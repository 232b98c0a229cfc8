/* The statements of relations, as text: of one owner, of many, with a limit for each, through a third model. */
#include "db/params.h"
#include "support/library.h"

/* One relation of the library's models: its target, its holder, its columns. */
typedef struct scene {
	weir__layout     *target, *through;
	weir__statements *target_sql, *through_sql;
	weir__buffer      sql;
	weir__params     *params;
	weir_error        err;
} scene;

static scene s;

static void make(const weir_model *model, weir__layout **layout, weir__statements **statements)
{
	ck_assert_int_eq(weir__layout_create(model, layout, &s.err), WEIR_OK);
	ck_assert_int_eq(weir__statements_create(*layout, statements, &s.err), WEIR_OK);
}

static void scene_open(const weir_model *target, const weir_model *through)
{
	s = (scene){ .err = WEIR_ERROR_INIT };
	make(target, &s.target, &s.target_sql);
	if (through)
		make(through, &s.through, &s.through_sql);
	ck_assert_int_eq(weir__params_create(&s.params, &s.err), WEIR_OK);
}

static void scene_close(void)
{
	weir__params_free(s.params);
	weir__buffer_release(&s.sql);
	weir__statements_free(s.target_sql);
	weir__statements_free(s.through_sql);
	weir__layout_free(s.target);
	weir__layout_free(s.through);
}

static weir_value key_of(const void *context, size_t owner, size_t i)
{
	(void)context;
	return (weir_value){ .type = WEIR_TYPE_INT8, .as.integer = (int64_t)(owner * 10 + i) };
}

static const char *text_of(weir__related related, weir__related_what what)
{
	related.target = s.target_sql;
	related.through = s.through_sql;
	related.key = key_of;
	weir__buffer_clear(&s.sql);
	weir__params_clear(s.params);
	ck_assert_msg(weir__sql_related(&related, what, &s.sql, s.params, &s.err) == WEIR_OK, "%s", s.err.message);
	return weir__buffer_text(&s.sql);
}

#define BOOKS "\"id\", \"author_id\", \"editor_id\", \"title\", \"year\""

static const uint8_t author_column[] = { 1 };

START_TEST(test_one_owner__is_a_list_with_one_condition_more)
{
	weir_query    some = { .where = weir_any(weir_eq(book_c.year, 1), weir_eq(book_c.year, 2)), .limit = 3, .skip = 4 };
	weir__related r = { .key_count = 1, .columns = author_column, .owner_count = 1 };

	scene_open(&book_model, NULL);
	ck_assert_str_eq(text_of(r, WEIR__RELATED_ROWS),
	                 "SELECT " BOOKS " FROM \"books\" WHERE \"author_id\" = $1 ORDER BY \"id\"");
	ck_assert_str_eq(text_of(r, WEIR__RELATED_COUNT), "SELECT count(*) FROM \"books\" WHERE \"author_id\" = $1");
	ck_assert_str_eq(text_of(r, WEIR__RELATED_EXISTS),
	                 "SELECT EXISTS (SELECT 1 FROM \"books\" WHERE \"author_id\" = $1)");
	r.query = &some;
	ck_assert_str_eq(text_of(r, WEIR__RELATED_ROWS),
	                 "SELECT " BOOKS " FROM \"books\" WHERE \"author_id\" = $1 AND ((\"year\" = $2 OR \"year\" = $3))"
	                 " ORDER BY \"id\" LIMIT $4 OFFSET $5");
	ck_assert_str_eq(text_of(r, WEIR__RELATED_COUNT),
	                 "SELECT count(*) FROM (SELECT 1 FROM \"books\" WHERE \"author_id\" = $1 AND"
	                 " ((\"year\" = $2 OR \"year\" = $3)) LIMIT $4 OFFSET $5) AS page");
	ck_assert_uint_eq(weir__params_count(s.params), 5);
	scene_close();
}
END_TEST

START_TEST(test_many_owners__are_one_array_whatever_their_number)
{
	weir__related r = { .key_count = 1, .columns = author_column, .owner_count = 3 };

	scene_open(&book_model, NULL);
	ck_assert_str_eq(text_of(r, WEIR__RELATED_OWNED), "SELECT " BOOKS " FROM \"books\" WHERE \"author_id\" = ANY($1)"
	                                                  " ORDER BY \"id\"");
	ck_assert_uint_eq(weir__params_count(s.params), 1);
	scene_close();
}
END_TEST

START_TEST(test_many_owners__of_two_columns_are_two_arrays)
{
	static const uint8_t columns[] = { 1, 2 };
	weir__related        r = { .key_count = 2, .columns = columns, .owner_count = 3 };

	scene_open(&line_model, NULL);
	ck_assert_str_eq(text_of(r, WEIR__RELATED_OWNED),
	                 "SELECT \"id\", \"shop_id\", \"invoice_number\", \"item\""
	                 " FROM \"lines\" WHERE (\"shop_id\", \"invoice_number\") IN (SELECT * FROM unnest($1::int4[],"
	                 " $2::int8[])) ORDER BY \"id\"");
	scene_close();
}
END_TEST

START_TEST(test_limit__is_taken_for_each_owner)
{
	weir_query    some = { .order = WEIR_ORDER(weir_desc(book_c.year)), .limit = 2 };
	weir__related r = { .key_count = 1, .columns = author_column, .owner_count = 3, .query = &some };

	scene_open(&book_model, NULL);
	ck_assert_str_eq(text_of(r, WEIR__RELATED_OWNED),
	                 "SELECT " BOOKS ", k.weir_k0 FROM unnest($1::int8[]) AS k(weir_k0) CROSS JOIN LATERAL"
	                 " (SELECT " BOOKS " FROM \"books\" WHERE \"author_id\" = k.weir_k0 ORDER BY \"year\" DESC, \"id\""
	                 " LIMIT $2) AS t ORDER BY \"year\" DESC, \"id\"");
	scene_close();
}
END_TEST

START_TEST(test_third_model__is_asked_inside)
{
	static const uint8_t columns[] = { 0 }, to_target[] = { 1 };
	weir__related        r = { .key_count = 1, .columns = columns, .to_target = to_target, .owner_count = 1 };

	scene_open(&tag_model, &book_tag_model);
	ck_assert_str_eq(text_of(r, WEIR__RELATED_ROWS),
	                 "SELECT \"id\", \"name\" FROM \"tags\" WHERE (\"id\") IN (SELECT \"tag_id\" FROM \"book_tags\""
	                 " WHERE \"book_id\" = $1) ORDER BY \"id\"");
	ck_assert_str_eq(text_of(r, WEIR__RELATED_OWNED),
	                 "SELECT \"id\", \"name\", k.weir_k0 FROM unnest($1::int8[]) AS k(weir_k0) CROSS JOIN LATERAL"
	                 " (SELECT \"id\", \"name\" FROM \"tags\" WHERE (\"id\") IN (SELECT \"tag_id\" FROM \"book_tags\""
	                 " WHERE \"book_id\" = k.weir_k0)) AS t ORDER BY \"id\"");
	scene_close();
}
END_TEST

START_TEST(test_wrong_query__is_refused_before_there_is_a_statement)
{
	weir_query    other = { .where = weir_eq(tag_c.name, "x") };
	weir__related r = { .key_count = 1, .columns = author_column, .owner_count = 1, .query = &other, .key = key_of };

	scene_open(&book_model, NULL);
	r.target = s.target_sql;
	ck_assert_int_eq(weir__sql_related(&r, WEIR__RELATED_ROWS, &s.sql, s.params, &s.err), WEIR_ERR_USAGE);
	ck_assert_uint_eq(s.sql.length, 0);
	scene_close();
}
END_TEST

WEIR_SUITE("related", test_one_owner__is_a_list_with_one_condition_more,
           test_many_owners__are_one_array_whatever_their_number, test_many_owners__of_two_columns_are_two_arrays,
           test_limit__is_taken_for_each_owner, test_third_model__is_asked_inside,
           test_wrong_query__is_refused_before_there_is_a_statement);
