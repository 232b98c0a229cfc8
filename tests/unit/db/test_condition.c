/* Conditions: what becomes of each operator in SQL, and what is refused before any SQL is written. */
#include "db/condition.h"
#include "support/suite.h"
#include "unit/db/hex.h"
#include "unit/db/shop.h"
#include "unit/models/everything.h"

#define NAME "\"the \"\"name\"\"\""

/* The condition as SQL; it must be acceptable. */
static const char *sql_of(weir_condition condition)
{
	shop_clear();
	ck_assert_msg(weir__condition_check(shop.items, &condition, &shop.err) == WEIR_OK, "%s", shop.err.message);
	weir__condition_append(shop.items, &condition, shop.item_statements->names, &shop.sql, shop.params);
	ck_assert_int_eq(weir__params_status(shop.params, &shop.err), WEIR_OK);
	return weir__buffer_text(&shop.sql);
}

static void assert_text_param(int slot, const char *text)
{
	ck_assert_uint_eq(shop.params->types[slot], 0);
	ck_assert_int_eq(shop.params->lengths[slot], (int)strlen(text));
	ck_assert_mem_eq(shop.params->values[slot], text, strlen(text));
}

#define assert_refused(status, condition, text)                                                                        \
	do {                                                                                                               \
		weir_condition refused_ = condition;                                                                           \
		assert_error(status, weir__condition_check(shop.items, &refused_, &shop.err), text);                           \
	} while (0)

START_TEST(test_condition__comparisons_have_the_parameter_of_their_column)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_eq(item_c.id, 7)), "\"id\" = $1");
	ck_assert_uint_eq(shop.params->types[0], 20);
	ck_assert_str_eq(sql_of(weir_ne(item_c.age, 7)), "\"age\" <> $1");
	ck_assert_uint_eq(shop.params->types[0], 23);
	ck_assert_str_eq(sql_of(weir_lt(item_c.price, weir_numeric_of("1.50"))), "\"price\" < $1");
	ck_assert_uint_eq(shop.params->types[0], 1700);
	ck_assert_str_eq(sql_of(weir_le(item_c.changed_at, weir_time_of(0))), "\"changed_at\" <= $1");
	ck_assert_uint_eq(shop.params->types[0], 1184);
	ck_assert_str_eq(sql_of(weir_gt(item_c.name, "a")), NAME " > $1");
	assert_text_param(0, "a");
	ck_assert_str_eq(sql_of(weir_ge(item_c.age, weir_some_i32(3))), "\"age\" >= $1");
	shop_close();
}
END_TEST

START_TEST(test_condition__same_and_differs_are_never_unknown)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_same(item_c.id, 7)), "\"id\" = $1");
	ck_assert_str_eq(sql_of(weir_differs(item_c.id, 7)), "\"id\" <> $1");
	ck_assert_str_eq(sql_of(weir_same(item_c.age, 7)), "(\"age\" IS NOT NULL AND \"age\" = $1)");
	ck_assert_str_eq(sql_of(weir_differs(item_c.age, 7)), "(\"age\" IS NULL OR \"age\" <> $1)");
	ck_assert_str_eq(sql_of(weir_same(item_c.age, weir_null_i32())), "\"age\" IS NULL");
	ck_assert_str_eq(sql_of(weir_differs(item_c.age, weir_null_i32())), "\"age\" IS NOT NULL");
	shop_close();
}
END_TEST

START_TEST(test_condition__equality_with_null_asks_for_null)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_eq(item_c.age, weir_null_i32())), "\"age\" IS NULL");
	ck_assert_str_eq(sql_of(weir_ne(item_c.age, weir_null_i32())), "\"age\" IS NOT NULL");
	ck_assert_str_eq(sql_of(weir_eq(item_c.name, NULL)), NAME " IS NULL");
	ck_assert_str_eq(sql_of(weir_eq(item_c.price, weir_numeric_of(NULL))), "\"price\" IS NULL");
	ck_assert_str_eq(sql_of(weir_is_null(item_c.age)), "\"age\" IS NULL");
	ck_assert_str_eq(sql_of(weir_is_not_null(item_c.age)), "\"age\" IS NOT NULL");
	ck_assert_uint_eq(weir__params_count(shop.params), 0);
	shop_close();
}
END_TEST

START_TEST(test_condition__other_comparisons_with_null_are_refused)
{
	static const char *const names[] = { "a", NULL };
	static const char        says[] = "item.age: NULL can be compared with = and <> only";

	shop_open();
	assert_refused(WEIR_ERR_USAGE, weir_lt(item_c.age, weir_null_i32()), says);
	assert_refused(WEIR_ERR_USAGE, weir_between(item_c.age, 1, weir_null_i32()), says);
	assert_refused(WEIR_ERR_USAGE, weir_between(item_c.age, weir_null_i32(), 1), says);
	assert_refused(WEIR_ERR_USAGE, weir_in(item_c.name, names, 2),
	               "item.name: NULL can be compared with = and <> only");
	assert_refused(WEIR_ERR_USAGE, weir_like(item_c.name, NULL), "item.name: NULL can be compared with = and <> only");
	shop_close();
}
END_TEST

START_TEST(test_condition__in_is_one_array_whatever_its_length)
{
	const int64_t     ids[] = { 3, 1, 2 };
	const char *const names[] = { "x" };

	shop_open();
	ck_assert_str_eq(sql_of(weir_in(item_c.id, ids, 3)), "\"id\" = ANY($1)");
	ck_assert_uint_eq(shop.params->types[0], 1016);
	ck_assert_str_eq(sql_of(weir_in(item_c.id, ids, 1)), "\"id\" = ANY($1)");
	ck_assert_str_eq(sql_of(weir_in(item_c.name, names, 1)), NAME " = ANY($1)");
	ck_assert_uint_eq(shop.params->types[0], 1009);
	ck_assert_str_eq(sql_of(weir_not(weir_in(item_c.id, ids, 3))), "NOT (\"id\" = ANY($1))");
	ck_assert_str_eq(sql_of(weir_in(item_c.id, ids, 0)), "FALSE");
	shop_close();
}
END_TEST

START_TEST(test_condition__in_reads_items_of_every_type)
{
	static const bool           flags[] = { true, false };
	static const int16_t        small[] = { 1, -2 };
	static const int32_t        middle[] = { 1, -2 };
	static const int64_t        big[] = { 1, -2 };
	static const double         ratios[] = { 1, -2 };
	static const weir_numeric   amounts[] = { { "1" }, { "-2" } };
	static const weir_time      times[] = { { 0 }, { INT64_MAX } };
	static const weir_timestamp local[] = { { 0 }, { INT64_MAX } };
	static const weir_uuid      tokens[] = { { { 1 } }, { { 2 } } };
	static const weir_json      data[] = { { "1" }, { "{}" } };
	static const struct {
		weir_type   type;
		size_t      offset;
		const void *items;
		const char *second; /* of the two values, as it stands at the end of the array */
	} rows[] = {
		{ WEIR_TYPE_BOOL, offsetof(everything, flag), flags, "00" },
		{ WEIR_TYPE_INT2, offsetof(everything, small), small, "fffe" },
		{ WEIR_TYPE_INT4, offsetof(everything, middle), middle, "fffffffe" },
		{ WEIR_TYPE_INT8, offsetof(everything, id), big, "fffffffffffffffe" },
		{ WEIR_TYPE_FLOAT8, offsetof(everything, ratio), ratios, "c000000000000000" },
		{ WEIR_TYPE_NUMERIC, offsetof(everything, amount), amounts, "00010000400000000002" },
		{ WEIR_TYPE_TIMESTAMPTZ, offsetof(everything, seen_at), times, "7fffffffffffffff" },
		{ WEIR_TYPE_TIMESTAMP, offsetof(everything, local_at), local, "7fffffffffffffff" },
		{ WEIR_TYPE_UUID, offsetof(everything, token), tokens, "02000000000000000000000000000000" },
		{ WEIR_TYPE_JSONB, offsetof(everything, data), data, "017b7d" },
	};
	weir__layout     *layout;
	weir__statements *statements;

	shop_open();
	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__statements_create(layout, &statements, &shop.err), WEIR_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		weir_condition in =
			weir_in_items((weir_column){ &everything_model, rows[i].offset }, rows[i].type, rows[i].items, 2);
		shop_clear();
		ck_assert_int_eq(weir__condition_check(layout, &in, &shop.err), WEIR_OK);
		weir__condition_append(layout, &in, statements->names, &shop.sql, shop.params);
		ck_assert_int_eq(weir__params_status(shop.params, &shop.err), WEIR_OK);
		size_t      length = strlen(rows[i].second) / 2;
		const char *end = shop.params->values[0] + shop.params->lengths[0];
		ck_assert_str_eq(hex_of(end - length, length), rows[i].second);
	}
	weir__statements_free(statements);
	weir__layout_free(layout);
	shop_close();
}
END_TEST

START_TEST(test_condition__between_has_two_parameters)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_between(item_c.age, 1, 9)), "\"age\" BETWEEN $1 AND $2");
	ck_assert_uint_eq(weir__params_count(shop.params), 2);
	shop_close();
}
END_TEST

START_TEST(test_condition__patterns_are_escaped_where_the_text_means_itself)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_like(item_c.name, "a%b\\%")), NAME " LIKE $1 ESCAPE E'\\\\'");
	assert_text_param(0, "a%b\\%");
	ck_assert_str_eq(sql_of(weir_ilike(item_c.name, "x_")), NAME " ILIKE $1 ESCAPE E'\\\\'");
	ck_assert_str_eq(sql_of(weir_contains(item_c.name, "50%_\\")), NAME " LIKE $1 ESCAPE E'\\\\'");
	assert_text_param(0, "%50\\%\\_\\\\%");
	sql_of(weir_starts_with(item_c.name, "a%"));
	assert_text_param(0, "a\\%%");
	sql_of(weir_ends_with(item_c.name, "a"));
	assert_text_param(0, "%a");
	ck_assert_str_eq(sql_of(weir_icontains(item_c.name, "")), NAME " ILIKE $1 ESCAPE E'\\\\'");
	assert_text_param(0, "%%");
	sql_of(weir_istarts_with(item_c.name, "a"));
	assert_text_param(0, "a%");
	sql_of(weir_iends_with(item_c.name, "a"));
	assert_text_param(0, "%a");
	shop_close();
}
END_TEST

START_TEST(test_condition__a_pattern_may_not_end_inside_an_escape)
{
	shop_open();
	assert_refused(WEIR_ERR_VALUE, weir_like(item_c.name, "a\\"),
	               "item.name: the pattern ends with a backslash that escapes nothing");
	sql_of(weir_like(item_c.name, "a\\\\"));
	sql_of(weir_contains(item_c.name, "a\\"));
	shop_close();
}
END_TEST

START_TEST(test_condition__groups_nest_and_empty_ones_are_constants)
{
	shop_open();
	ck_assert_str_eq(sql_of(weir_all(weir_eq(item_c.id, 1), weir_any(weir_eq(item_c.age, 2), weir_is_null(item_c.age)),
	                                 weir_not(weir_eq(item_c.name, "x")))),
	                 "(\"id\" = $1 AND (\"age\" = $2 OR \"age\" IS NULL) AND NOT (" NAME " = $3))");
	ck_assert_str_eq(sql_of(weir_group(WEIR_OP_ALL, NULL, 0)), "TRUE");
	ck_assert_str_eq(sql_of(weir_group(WEIR_OP_ANY, NULL, 0)), "FALSE");
	ck_assert_str_eq(sql_of(weir_all(weir_everything(), (weir_condition){ .op = WEIR_OP_NONE })), "(TRUE AND TRUE)");
	shop_close();
}
END_TEST

START_TEST(test_condition__values_that_the_column_cannot_hold_are_refused_by_name)
{
	static const int64_t ids[] = { 1, 1 << 20 };
	weir_condition       in = weir_in_items(item_c.age.column, WEIR_TYPE_INT8, ids, 2);

	shop_open();
	assert_refused(WEIR_ERR_VALUE, weir_eq(item_c.age, INT64_C(3000000000)), "item.age: is out of the range of int4");
	assert_refused(WEIR_ERR_VALUE, weir_gt(item_c.age, INT64_C(-3000000000)), "item.age: is out of the range of int4");
	assert_refused(WEIR_ERR_VALUE, weir_between(item_c.age, 0, INT64_MAX), "item.age: is out of the range of int4");
	assert_refused(WEIR_ERR_VALUE, weir_eq(item_c.name, "\xc3"), "item.name: is not valid UTF-8");
	assert_refused(WEIR_ERR_VALUE, weir_contains(item_c.name, "\xff"), "item.name: is not valid UTF-8");
	assert_refused(WEIR_ERR_VALUE, weir_eq(item_c.price, weir_numeric_of("12,5")),
	               "item.price: is no number that PostgreSQL's numeric takes");
	assert_refused(WEIR_ERR_VALUE, weir_compare_text(item_c.age.column, WEIR_OP_EQ, "7"),
	               "item.age: a value of type text does not fit a column of type int4");
	ck_assert_int_eq(weir__condition_check(shop.items, &in, &shop.err), WEIR_OK);
	sql_of(weir_eq(item_c.name, "a text longer than the column's ten characters"));
	shop_close();
}
END_TEST

START_TEST(test_condition__columns_of_other_models_and_of_none_are_refused_by_name)
{
	shop_open();
	assert_refused(WEIR_ERR_USAGE, weir_eq(part_c.weight, 1.0), "item: column part.weight belongs to model part");
	assert_refused(WEIR_ERR_USAGE, weir_compare_i64((weir_column){ &item_model, 3 }, WEIR_OP_EQ, 1),
	               "item: no column starts at offset 3");
	assert_refused(WEIR_ERR_USAGE, weir_compare_i64((weir_column){ &item_model, 9999 }, WEIR_OP_EQ, 1),
	               "item: no column starts at offset 9999");
	assert_refused(WEIR_ERR_USAGE, weir_compare_i64((weir_column){ NULL, 0 }, WEIR_OP_EQ, 1),
	               "item: a condition or order has no column");
	shop_close();
}
END_TEST

START_TEST(test_condition__operators_that_do_not_fit_are_refused)
{
	static const char meaningless[] =
		"item: a condition that means nothing: an operator in the wrong place, BETWEEN of two columns, or a missing array";

	shop_open();
	assert_refused(WEIR_ERR_USAGE, weir_match(item_c.age.column, WEIR_OP_LIKE, "1%"),
	               "item.age: LIKE and its like are for text columns");
	assert_refused(WEIR_ERR_USAGE, weir_between_of(weir_ge(item_c.age, 1), weir_le(item_c.id, 2)), meaningless);
	assert_refused(WEIR_ERR_USAGE, weir_compare_i64(item_c.age.column, WEIR_OP_ALL, 1), meaningless);
	assert_refused(WEIR_ERR_USAGE, weir_in_items(item_c.id.column, WEIR_TYPE_INT8, NULL, 2), meaningless);
	assert_refused(WEIR_ERR_USAGE, weir_group(WEIR_OP_NOT, NULL, 0), meaningless);
	assert_refused(WEIR_ERR_USAGE, ((weir_condition){ .op = (weir_operator)-1 }), meaningless);
	assert_refused(WEIR_ERR_USAGE, ((weir_condition){ .op = (weir_operator)1000 }), meaningless);
	assert_refused(WEIR_ERR_USAGE, ((weir_condition){ .op = WEIR_OP_ANY, .count = 2 }),
	               "item: a group of conditions has the wrong count");
	assert_refused(WEIR_ERR_USAGE, weir_in_items(item_c.id.column, (weir_type)77, "x", 1),
	               "item.id: IN has a count but no array of a column's type");
	shop_close();
}
END_TEST

/* depth groups around one comparison; the nodes are static. */
static const weir_condition *nested(size_t depth)
{
	static weir_condition nodes[64];

	nodes[0] = weir_eq(item_c.id, 1);
	for (size_t i = 1; i <= depth; i++)
		nodes[i] = weir_group(i % 2 ? WEIR_OP_NOT : WEIR_OP_ANY, &nodes[i - 1], 1);
	return &nodes[depth];
}

START_TEST(test_condition__thirty_two_levels_are_allowed_and_no_more)
{
	shop_open();
	ck_assert_int_eq(weir__condition_check(shop.items, nested(32), &shop.err), WEIR_OK);
	assert_error(WEIR_ERR_USAGE, weir__condition_check(shop.items, nested(33), &shop.err),
	             "item: the condition is nested more than 32 deep");
	shop_close();
}
END_TEST

START_TEST(test_condition__a_condition_that_contains_itself_ends)
{
	static weir_condition loop;

	loop = weir_group(WEIR_OP_ALL, &loop, 1);
	shop_open();
	ck_assert_int_eq(weir__condition_check(shop.items, &loop, &shop.err), WEIR_ERR_USAGE);
	shop_close();
}
END_TEST

WEIR_SUITE("condition", test_condition__same_and_differs_are_never_unknown,
           test_condition__comparisons_have_the_parameter_of_their_column,
           test_condition__equality_with_null_asks_for_null, test_condition__other_comparisons_with_null_are_refused,
           test_condition__in_is_one_array_whatever_its_length, test_condition__in_reads_items_of_every_type,
           test_condition__between_has_two_parameters, test_condition__patterns_are_escaped_where_the_text_means_itself,
           test_condition__a_pattern_may_not_end_inside_an_escape,
           test_condition__groups_nest_and_empty_ones_are_constants,
           test_condition__values_that_the_column_cannot_hold_are_refused_by_name,
           test_condition__columns_of_other_models_and_of_none_are_refused_by_name,
           test_condition__operators_that_do_not_fit_are_refused,
           test_condition__thirty_two_levels_are_allowed_and_no_more,
           test_condition__a_condition_that_contains_itself_ends);
