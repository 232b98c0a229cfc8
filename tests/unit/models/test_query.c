/* Conditions: what the functions and the macros over them put together. */
#include "support/suite.h"
#include "unit/models/everything.h"

#include <stdlib.h>
#include <string.h>

static const struct everything_columns {
	weir_i64_column       id;
	weir_bool_column      flag;
	weir_i16_column       small;
	weir_i32_column       middle;
	weir_f64_column       ratio;
	weir_numeric_column   amount;
	weir_text_column      title;
	weir_time_column      seen_at;
	weir_timestamp_column local_at;
	weir_uuid_column      token;
	weir_json_column      data;
	weir_i32_column       opt_middle;
} c = {
	.id = WEIR_I64_COLUMN(everything, id),
	.flag = WEIR_BOOL_COLUMN(everything, flag),
	.small = WEIR_I16_COLUMN(everything, small),
	.middle = WEIR_I32_COLUMN(everything, middle),
	.ratio = WEIR_F64_COLUMN(everything, ratio),
	.amount = WEIR_NUMERIC_COLUMN(everything, amount),
	.title = WEIR_TEXT_COLUMN(everything, title),
	.seen_at = WEIR_TIME_COLUMN(everything, seen_at),
	.local_at = WEIR_TIMESTAMP_COLUMN(everything, local_at),
	.token = WEIR_UUID_COLUMN(everything, token),
	.data = WEIR_JSON_COLUMN(everything, data),
	.opt_middle = WEIR_I32_COLUMN(everything, opt_middle),
};

static void assert_shape(weir_condition condition, weir_operator op, size_t offset, weir_type type)
{
	ck_assert_int_eq(condition.op, op);
	ck_assert_ptr_eq(condition.column.model, &everything_model);
	ck_assert_uint_eq(condition.column.offset, offset);
	ck_assert_int_eq(condition.value.type, type);
}

START_TEST(test_compare__every_type)
{
	const weir_uuid token = { { 7 } };
	weir_condition  made;

	made = weir_eq(c.id, INT64_MIN);
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, id), WEIR_TYPE_INT8);
	ck_assert_int_eq(made.value.as.integer, INT64_MIN);
	made = weir_ne(c.flag, true);
	assert_shape(made, WEIR_OP_NE, offsetof(everything, flag), WEIR_TYPE_BOOL);
	ck_assert(made.value.as.boolean);
	made = weir_lt(c.small, 3);
	assert_shape(made, WEIR_OP_LT, offsetof(everything, small), WEIR_TYPE_INT8);
	ck_assert_int_eq(made.value.as.integer, 3);
	made = weir_le(c.middle, 70000u);
	assert_shape(made, WEIR_OP_LE, offsetof(everything, middle), WEIR_TYPE_INT8);
	ck_assert_int_eq(made.value.as.integer, 70000);
	made = weir_gt(c.ratio, 0.25f);
	assert_shape(made, WEIR_OP_GT, offsetof(everything, ratio), WEIR_TYPE_FLOAT8);
	ck_assert_double_eq(made.value.as.number, 0.25);
	made = weir_ge(c.amount, weir_numeric_of("1.50"));
	assert_shape(made, WEIR_OP_GE, offsetof(everything, amount), WEIR_TYPE_NUMERIC);
	ck_assert_str_eq(made.value.as.text, "1.50");
	made = weir_eq(c.title, "abc");
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, title), WEIR_TYPE_TEXT);
	ck_assert_str_eq(made.value.as.text, "abc");
	made = weir_eq(c.seen_at, weir_time_of(5));
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, seen_at), WEIR_TYPE_TIMESTAMPTZ);
	ck_assert_int_eq(made.value.as.integer, 5);
	made = weir_eq(c.local_at, weir_timestamp_of(6));
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, local_at), WEIR_TYPE_TIMESTAMP);
	ck_assert_int_eq(made.value.as.integer, 6);
	made = weir_eq(c.token, token);
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, token), WEIR_TYPE_UUID);
	ck_assert_mem_eq(made.value.as.uuid.bytes, token.bytes, 16);
	made = weir_eq(c.data, weir_json_of("{}"));
	assert_shape(made, WEIR_OP_EQ, offsetof(everything, data), WEIR_TYPE_JSONB);
	ck_assert_str_eq(made.value.as.text, "{}");
}
END_TEST

START_TEST(test_compare__values_that_may_be_missing)
{
	const weir_uuid token = { { 7 } };

	ck_assert_int_eq(weir_eq(c.small, weir_some_i16(3)).value.as.integer, 3);
	ck_assert_int_eq(weir_eq(c.opt_middle, weir_some_i32(-3)).value.as.integer, -3);
	ck_assert_int_eq(weir_eq(c.id, weir_some_i64(INT64_MAX)).value.as.integer, INT64_MAX);
	ck_assert(weir_eq(c.flag, weir_some_bool(true)).value.as.boolean);
	ck_assert_double_eq(weir_eq(c.ratio, weir_some_f64(1.5)).value.as.number, 1.5);
	ck_assert_int_eq(weir_eq(c.seen_at, weir_some_time(weir_time_of(9))).value.as.integer, 9);
	ck_assert_int_eq(weir_eq(c.local_at, weir_some_timestamp(weir_timestamp_of(8))).value.as.integer, 8);
	ck_assert_mem_eq(weir_eq(c.token, weir_some_uuid(token)).value.as.uuid.bytes, token.bytes, 16);
	ck_assert(!weir_eq(c.small, weir_some_i16(3)).value.is_null);
}
END_TEST

START_TEST(test_compare__missing_values_are_null_of_their_type)
{
	const weir_condition made[] = {
		weir_eq(c.flag, weir_null_bool()),
		weir_eq(c.small, weir_null_i16()),
		weir_eq(c.middle, weir_null_i32()),
		weir_eq(c.id, weir_null_i64()),
		weir_eq(c.ratio, weir_null_f64()),
		weir_eq(c.seen_at, weir_null_time()),
		weir_eq(c.local_at, weir_null_timestamp()),
		weir_eq(c.token, weir_null_uuid()),
		weir_eq(c.title, NULL),
		weir_eq(c.amount, weir_numeric_of(NULL)),
		weir_eq(c.data, weir_json_of(NULL)),
	};
	static const weir_type types[] = {
		WEIR_TYPE_BOOL,      WEIR_TYPE_INT8, WEIR_TYPE_INT8, WEIR_TYPE_INT8,    WEIR_TYPE_FLOAT8, WEIR_TYPE_TIMESTAMPTZ,
		WEIR_TYPE_TIMESTAMP, WEIR_TYPE_UUID, WEIR_TYPE_TEXT, WEIR_TYPE_NUMERIC, WEIR_TYPE_JSONB,
	};

	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
		ck_assert(made[i].value.is_null);
		ck_assert_int_eq(made[i].op, WEIR_OP_EQ);
		ck_assert_int_eq(made[i].value.type, types[i]);
	}
}
END_TEST

START_TEST(test_compare__between_takes_both_ends)
{
	weir_condition made = weir_between(c.middle, 18, 65);

	assert_shape(made, WEIR_OP_BETWEEN, offsetof(everything, middle), WEIR_TYPE_INT8);
	ck_assert_int_eq(made.value.as.integer, 18);
	ck_assert_int_eq(made.high.as.integer, 65);
	ck_assert_int_eq(made.high.type, WEIR_TYPE_INT8);
}
END_TEST

START_TEST(test_compare__in_remembers_the_array)
{
	static const int64_t     ids[] = { 3, 5, 7 };
	static const char *const titles[] = { "a", "b" };
	const weir_uuid          tokens[1] = { { { 1 } } };
	weir_condition           made = weir_in(c.id, ids, 3);

	assert_shape(made, WEIR_OP_IN, offsetof(everything, id), WEIR_TYPE_INT8);
	ck_assert_ptr_eq(made.items, ids);
	ck_assert_uint_eq(made.count, 3);
	ck_assert_int_eq(weir_in(c.title, titles, 2).value.type, WEIR_TYPE_TEXT);
	ck_assert_int_eq(weir_in(c.token, tokens, 1).value.type, WEIR_TYPE_UUID);
	ck_assert_int_eq(weir_in(c.id, ids, 0).op, WEIR_OP_IN);
	ck_assert_int_eq(weir_in_items(c.id.column, WEIR_TYPE_INT8, NULL, 0).op, WEIR_OP_IN);
}
END_TEST

START_TEST(test_compare__patterns_and_null_checks)
{
	const weir_condition made[] = { weir_like(c.title, "x"),         weir_ilike(c.title, "x"),
		                            weir_contains(c.title, "x"),     weir_starts_with(c.title, "x"),
		                            weir_ends_with(c.title, "x"),    weir_icontains(c.title, "x"),
		                            weir_istarts_with(c.title, "x"), weir_iends_with(c.title, "x") };

	for (size_t i = 0; i < 8; i++) {
		assert_shape(made[i], (weir_operator)(WEIR_OP_LIKE + i), offsetof(everything, title), WEIR_TYPE_TEXT);
		ck_assert_str_eq(made[i].value.as.text, "x");
	}
	ck_assert(weir_like(c.title, NULL).value.is_null);
	assert_shape(weir_is_null(c.opt_middle), WEIR_OP_IS_NULL, offsetof(everything, opt_middle), WEIR_TYPE_NONE);
	assert_shape(weir_is_not_null(c.data), WEIR_OP_IS_NOT_NULL, offsetof(everything, data), WEIR_TYPE_NONE);
}
END_TEST

START_TEST(test_group__conditions_nest)
{
	weir_condition made =
		weir_all(weir_eq(c.id, 1), weir_any(weir_eq(c.id, 2), weir_is_null(c.opt_middle)), weir_not(weir_eq(c.id, 3)));
	const weir_condition *items = made.items;

	ck_assert_int_eq(made.op, WEIR_OP_ALL);
	ck_assert_uint_eq(made.count, 3);
	ck_assert_int_eq(items[0].value.as.integer, 1);
	ck_assert_int_eq(items[1].op, WEIR_OP_ANY);
	ck_assert_uint_eq(items[1].count, 2);
	ck_assert_int_eq(((const weir_condition *)items[1].items)[1].op, WEIR_OP_IS_NULL);
	ck_assert_int_eq(items[2].op, WEIR_OP_NOT);
	ck_assert_uint_eq(items[2].count, 1);
	ck_assert_int_eq(weir_group(WEIR_OP_ANY, NULL, 0).op, WEIR_OP_ANY);
	ck_assert_int_eq(weir_everything().op, WEIR_OP_EVERYTHING);
}
END_TEST

/* A wrong call must not turn into a condition that says less. */
START_TEST(test_group__what_cannot_be_is_marked)
{
	weir_value     one = { .type = WEIR_TYPE_INT8, .as.integer = 1 };
	weir_condition eq = weir_eq(c.id, 1);

	ck_assert_int_eq(weir_compare(c.id.column, WEIR_OP_NONE, one).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_compare(c.id.column, WEIR_OP_ALL, one).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_compare(c.id.column, WEIR_OP_BETWEEN, one).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_compare_i64(c.id.column, WEIR_OP_EVERYTHING, 1).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_compare(c.id.column, (weir_operator)4711, one).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_match(c.title.column, WEIR_OP_EQ, "x").op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_match(c.title.column, WEIR_OP_IS_NULL, "x").op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_group(WEIR_OP_EQ, &eq, 1).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_group(WEIR_OP_EVERYTHING, NULL, 0).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_group(WEIR_OP_NOT, NULL, 0).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_group(WEIR_OP_ALL, NULL, 2).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_in_items(c.id.column, WEIR_TYPE_INT8, NULL, 2).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_between_of(weir_ge(c.id, 1), weir_le(c.middle, 2)).op, WEIR_OP_COUNT);
	ck_assert_int_eq(weir_between_of(weir_le(c.id, 1), weir_ge(c.id, 2)).op, WEIR_OP_COUNT);
}
END_TEST

START_TEST(test_query__a_query_is_written_in_one_piece)
{
	const weir_query *query = WEIR_QUERY(.where = weir_all(weir_eq(c.flag, true), weir_ge(c.middle, 18)),
	                                     .order = WEIR_ORDER(weir_desc(c.seen_at), weir_asc(c.id)), .limit = 50);

	ck_assert_uint_eq(query->where.count, 2);
	ck_assert_uint_eq(query->order.count, 2);
	ck_assert(query->order.items[0].descending && !query->order.items[1].descending);
	ck_assert_uint_eq(query->order.items[1].column.offset, offsetof(everything, id));
	ck_assert_int_eq(query->limit, 50);
	ck_assert_int_eq(query->skip, 0);
	ck_assert_int_eq(weir_limit(0), WEIR_NO_ROWS);
	ck_assert_int_eq(weir_limit(7), 7);
}
END_TEST

START_TEST(test_escape__pattern_characters_mean_themselves)
{
	char escaped[64];

	ck_assert_uint_eq(weir_like_escape("50% of a_b\\c", escaped, sizeof escaped), 15);
	ck_assert_str_eq(escaped, "50\\% of a\\_b\\\\c");
	ck_assert_uint_eq(weir_like_escape("", escaped, sizeof escaped), 0);
	ck_assert_str_eq(escaped, "");
	ck_assert_uint_eq(weir_like_escape("plain \xe2\x82\xac", escaped, sizeof escaped), 9);
	ck_assert_str_eq(escaped, "plain \xe2\x82\xac");
	ck_assert_uint_eq(weir_like_escape(NULL, escaped, sizeof escaped), 0);
	ck_assert_str_eq(escaped, "");
}
END_TEST

START_TEST(test_escape__is_cut_to_the_room_and_says_what_it_needs)
{
	static const char text[] = "a%b_c\\";
	static const char whole[] = "a\\%b\\_c\\\\";

	for (size_t size = 0; size <= sizeof whole; size++) {
		char *room = malloc(size + 1);
		room[size] = '!';
		ck_assert_uint_eq(weir_like_escape(text, room, size), sizeof whole - 1);
		ck_assert_int_eq(room[size], '!');
		if (size > 0) {
			size_t length = strlen(room);
			ck_assert_mem_eq(room, whole, length);
			/* never half an escape: as much as fits, or one less where a pair does not */
			ck_assert(length + 1 == size || (length + 2 == size && whole[length] == '\\'));
		}
		free(room);
	}
	ck_assert_uint_eq(weir_like_escape(text, NULL, 0), sizeof whole - 1);
}
END_TEST

WEIR_SUITE("models/query", test_compare__every_type, test_compare__values_that_may_be_missing,
           test_compare__missing_values_are_null_of_their_type, test_compare__between_takes_both_ends,
           test_compare__in_remembers_the_array, test_compare__patterns_and_null_checks, test_group__conditions_nest,
           test_group__what_cannot_be_is_marked, test_query__a_query_is_written_in_one_piece,
           test_escape__pattern_characters_mean_themselves, test_escape__is_cut_to_the_room_and_says_what_it_needs);
