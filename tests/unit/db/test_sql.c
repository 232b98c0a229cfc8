/* The SQL of a model, text by text. What it does to a database is shown in tests/integration. */
#include "support/suite.h"
#include "unit/db/shop.h"

#include "base/memory.h"

#define ITEM_COLUMNS   "\"id\", \"the \"\"name\"\"\", \"age\", \"price\", \"changed_at\""
#define ITEM_N_COLUMNS "n.\"id\", n.\"the \"\"name\"\"\", n.\"age\", n.\"price\", n.\"changed_at\""
#define ITEM_NAMED     "\"the \"\"name\"\"\""
#define PARTS          "\"a \"\"b\"\"\".\"parts\""
#define PART_COLUMNS   "\"item_id\", \"code\", \"weight\""

static const item ada = { .name = "ada", .age = { true, 36 }, .price = { "12.50" } };

START_TEST(test_sql__identifiers_are_quoted_and_the_schema_is_named_where_given)
{
	shop_open();
	ck_assert_str_eq(weir__sql_get_by_id(shop.item_statements)->text,
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" WHERE \"id\" = $1");
	ck_assert_str_eq(weir__sql_get_by_id(shop.part_statements)->text,
	                 "SELECT " PART_COLUMNS " FROM " PARTS " WHERE \"item_id\" = $1 AND \"code\" = $2");
	shop_close();
}
END_TEST

START_TEST(test_sql__many_keys_are_one_array_a_column)
{
	shop_open();
	ck_assert_str_eq(weir__sql_get_many(shop.item_statements)->text,
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" WHERE \"id\" = ANY($1)");
	ck_assert_str_eq(weir__sql_get_many(shop.part_statements)->text,
	                 "SELECT " PART_COLUMNS " FROM " PARTS
	                 " WHERE (\"item_id\", \"code\") IN (SELECT * FROM unnest($1::int4[], $2::text[]))");
	shop_close();
}
END_TEST

START_TEST(test_sql__unique_columns_find_rows_and_keys)
{
	shop_open();
	ck_assert_str_eq(weir__sql_get_by(shop.item_statements, ITEM_NAME)->text,
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" WHERE " ITEM_NAMED " = $1");
	ck_assert_str_eq(weir__sql_key_by(shop.item_statements, ITEM_NAME)->text,
	                 "SELECT \"id\" FROM \"items\" WHERE " ITEM_NAMED " = $1");
	ck_assert_ptr_null(weir__sql_get_by(shop.item_statements, ITEM_PRICE));
	ck_assert_ptr_null(weir__sql_key_by(shop.item_statements, ITEM_PRICE));
	shop_close();
}
END_TEST

START_TEST(test_sql__delete_returns_the_row)
{
	shop_open();
	ck_assert_str_eq(weir__sql_delete(shop.part_statements)->text,
	                 "DELETE FROM " PARTS " WHERE \"item_id\" = $1 AND \"code\" = $2 RETURNING " PART_COLUMNS
	                 ", pg_catalog.pg_current_xact_id_if_assigned()");
	shop_close();
}
END_TEST

START_TEST(test_sql__fixed_statements_carry_the_hash_of_their_text)
{
	shop_open();
	const weir__sql *fixed = weir__sql_get_by_id(shop.item_statements);
	weir__sql        again = weir__sql_of(fixed->text, fixed->length);
	ck_assert_uint_eq(fixed->length, strlen(fixed->text));
	ck_assert_uint_eq(fixed->hash, again.hash);
	ck_assert_uint_ne(fixed->hash, weir__sql_get_many(shop.item_statements)->hash);
	shop_close();
}
END_TEST

/* ---- insert ------------------------------------------------------------------------------------------------------------ */

START_TEST(test_sql__insert_names_the_columns_given)
{
	shop_open();
	weir__mask mask = BIT(ITEM_NAME) | BIT(ITEM_AGE) | BIT(ITEM_PRICE);
	ck_assert_int_eq(weir__sql_insert(shop.item_statements, mask, &ada, &shop.sql, shop.params, &shop.err), WEIR_OK);
	ck_assert_uint_eq(weir__params_count(shop.params), 3);
	ck_assert_ptr_eq(shop.params->values[0], ada.name);
	ck_assert_uint_eq(shop.params->types[1], 23);
	ck_assert_uint_eq(shop.params->types[2], 1700);
	assert_sql("INSERT INTO \"items\" (" ITEM_NAMED
	           ", \"age\", \"price\") VALUES ($1, $2, $3) RETURNING " ITEM_COLUMNS);
	shop_close();
}
END_TEST

#define XID ", pg_catalog.pg_current_xact_id_if_assigned()"

START_TEST(test_sql__what_changes_a_row_is_put_together_once)
{
	weir__row_change change = { .creates = true, .values = &ada, .mask = BIT(ITEM_NAME) | BIT(ITEM_AGE) };
	weir__sql        first, again, other;

	shop_open();
	change.text = &shop.sql;
	change.params = shop.params;
	ck_assert_int_eq(weir__sql_change_row(shop.item_statements, &change, &first, &shop.err), WEIR_OK);
	ck_assert_str_eq(first.text,
	                 "INSERT INTO \"items\" (" ITEM_NAMED ", \"age\") VALUES ($1, $2) RETURNING " ITEM_COLUMNS XID);
	ck_assert(first.gives_xid);
	weir__buffer_clear(&shop.sql);
	weir__params_clear(shop.params);
	ck_assert_int_eq(weir__sql_change_row(shop.item_statements, &change, &again, &shop.err), WEIR_OK);
	ck_assert_ptr_eq(again.text, first.text);
	ck_assert_uint_eq(shop.sql.length, 0);
	ck_assert_uint_eq(weir__params_count(shop.params), 2);
	ck_assert_ptr_eq(shop.params->values[0], ada.name);

	/* what is wrong is found all the same, and other columns, or old values, make another text */
	weir__params_clear(shop.params);
	change.values = &(item){ .name = "a name that is too long" };
	ck_assert_int_eq(weir__sql_change_row(shop.item_statements, &change, &again, &shop.err), WEIR_ERR_VALUE);
	weir__params_clear(shop.params);
	change = (weir__row_change){ .key = &ada, .values = &ada, .mask = BIT(ITEM_AGE) | BIT(ITEM_CHANGED_AT) };
	change.text = &shop.sql;
	change.params = shop.params;
	ck_assert_int_eq(weir__sql_change_row(shop.item_statements, &change, &other, &shop.err), WEIR_OK);
	ck_assert_str_eq(
		other.text,
		"UPDATE \"items\" AS n SET \"age\" = $1, \"changed_at\" = $2 WHERE n.\"id\" = $3 RETURNING " ITEM_N_COLUMNS
			XID);
	weir__params_clear(shop.params);
	weir__buffer_clear(&shop.sql);
	change.old = BIT(ITEM_NAME);
	ck_assert_int_eq(weir__sql_change_row(shop.item_statements, &change, &again, &shop.err), WEIR_OK);
	ck_assert_str_ne(again.text, other.text);
	shop_close();
}
END_TEST

START_TEST(test_sql__insert_of_nothing_takes_all_defaults)
{
	shop_open();
	ck_assert_int_eq(weir__sql_insert(shop.item_statements, 0, &ada, &shop.sql, shop.params, &shop.err), WEIR_OK);
	assert_sql("INSERT INTO \"items\" DEFAULT VALUES RETURNING " ITEM_COLUMNS);
	shop_close();
}
END_TEST

START_TEST(test_sql__insert_refuses_what_a_column_cannot_hold)
{
	const item nameless = { .price = { "1" } };
	const item lengthy = { .name = "eleven char" };

	shop_open();
	assert_error(WEIR_ERR_NOT_NULL,
	             weir__sql_insert(shop.item_statements, BIT(ITEM_NAME), &nameless, &shop.sql, shop.params, &shop.err),
	             "item.name: must not be NULL");
	ck_assert_str_eq(shop.err.model, "item");
	ck_assert_str_eq(shop.err.column, "name");
	assert_error(WEIR_ERR_VALUE,
	             weir__sql_insert(shop.item_statements, BIT(ITEM_NAME), &lengthy, &shop.sql, shop.params, &shop.err),
	             "item.name: is longer than 10 characters");
	shop_close();
}
END_TEST

START_TEST(test_sql__many_rows_are_inserted_by_arrays_in_their_order)
{
	const item items[] = { { .name = "a" }, { .name = "b", .age = { true, 1 } } };

	shop_open();
	ck_assert_int_eq(weir__sql_insert_many(shop.item_statements, BIT(ITEM_NAME) | BIT(ITEM_AGE), items, 2, true,
	                                       &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	ck_assert_uint_eq(weir__params_count(shop.params), 2);
	ck_assert_uint_eq(shop.params->types[0], 1009);
	ck_assert_uint_eq(shop.params->types[1], 1007);
	assert_sql("INSERT INTO \"items\" (" ITEM_NAMED ", \"age\") SELECT u.c1, u.c2 FROM unnest($1::text[], $2::int4[])"
	           " WITH ORDINALITY AS u(c1, c2, place) ORDER BY u.place RETURNING " ITEM_COLUMNS);
	ck_assert_int_eq(
		weir__sql_insert_many(shop.item_statements, BIT(ITEM_NAME), items, 2, false, &shop.sql, shop.params, &shop.err),
		WEIR_OK);
	assert_sql("INSERT INTO \"items\" (" ITEM_NAMED ") SELECT u.c1 FROM unnest($1::text[])"
	           " WITH ORDINALITY AS u(c1, place) ORDER BY u.place");
	shop_close();
}
END_TEST

START_TEST(test_sql__many_rows_of_defaults_are_counted_out)
{
	const item items[3] = { { .id = 0 } };

	shop_open();
	ck_assert_int_eq(weir__sql_insert_many(shop.item_statements, 0, items, 3, false, &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("INSERT INTO \"items\" (\"id\") VALUES (DEFAULT), (DEFAULT), (DEFAULT)");
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_insert_many(shop.item_statements, 0, items, 0, false, &shop.sql, shop.params, &shop.err),
	             "item: no rows to insert");
	shop_close();
}
END_TEST

START_TEST(test_sql__a_wrong_row_among_many_is_counted_and_named)
{
	const item items[] = { { .name = "a" }, { .name = "\xff" } };

	shop_open();
	assert_error(
		WEIR_ERR_VALUE,
		weir__sql_insert_many(shop.item_statements, BIT(ITEM_NAME), items, 2, true, &shop.sql, shop.params, &shop.err),
		"item.name: is not valid UTF-8 (row 2 of those given)");
	shop_close();
}
END_TEST

/* ---- update and delete --------------------------------------------------------------------------------------------------- */

START_TEST(test_sql__update_returns_the_new_row_and_what_was_asked_of_the_old)
{
	const part change = { .weight = { true, 1.5 } };
	const part key = { .item_id = 7, .code = "x" };

	shop_open();
	ck_assert_int_eq(weir__sql_update(shop.part_statements, &key, BIT(PART_WEIGHT), &change,
	                                  BIT(PART_CODE) | BIT(PART_WEIGHT), &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	ck_assert_uint_eq(weir__params_count(shop.params), 3);
	ck_assert_uint_eq(shop.params->types[0], 701);
	ck_assert_uint_eq(shop.params->types[1], 23);
	ck_assert_ptr_eq(shop.params->values[2], key.code);
	assert_sql("UPDATE " PARTS " AS n SET \"weight\" = $1"
	           " FROM (SELECT \"item_id\", \"code\", \"weight\" FROM " PARTS
	           " WHERE \"item_id\" = $2 AND \"code\" = $3 FOR NO KEY UPDATE) AS o"
	           " WHERE n.\"item_id\" = o.\"item_id\" AND n.\"code\" = o.\"code\""
	           " RETURNING n.\"item_id\", n.\"code\", n.\"weight\", o.\"code\", o.\"weight\"");
	shop_close();
}
END_TEST

START_TEST(test_sql__update_that_needs_nothing_old_is_plain)
{
	const part change = { .weight = { false, 0 } };
	const part key = { .item_id = 7, .code = "x" };

	shop_open();
	ck_assert_int_eq(
		weir__sql_update(shop.part_statements, &key, BIT(PART_WEIGHT), &change, 0, &shop.sql, shop.params, &shop.err),
		WEIR_OK);
	ck_assert_ptr_null(shop.params->values[0]);
	assert_sql("UPDATE " PARTS " AS n SET \"weight\" = $1 WHERE n.\"item_id\" = $2 AND n.\"code\" = $3"
	           " RETURNING n.\"item_id\", n.\"code\", n.\"weight\"");
	shop_close();
}
END_TEST

START_TEST(test_sql__auto_now_moves_only_when_something_changes)
{
	const item key = { .id = 7 };

	shop_open();
	ck_assert_int_eq(weir__sql_update(shop.item_statements, &key, BIT(ITEM_NAME) | BIT(ITEM_AGE), &ada, 0, &shop.sql,
	                                  shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("UPDATE \"items\" AS n SET " ITEM_NAMED " = $1::text, \"age\" = $2, \"changed_at\" ="
	           " CASE WHEN (n." ITEM_NAMED
	           ", n.\"age\") IS DISTINCT FROM ($1::text, $2) THEN now() ELSE n.\"changed_at\" END"
	           " WHERE n.\"id\" = $3 RETURNING " ITEM_N_COLUMNS);
	shop_close();
}
END_TEST

START_TEST(test_sql__auto_now_that_the_caller_sets_is_his)
{
	const item key = { .id = 7 };

	shop_open();
	ck_assert_int_eq(weir__sql_update(shop.item_statements, &key, BIT(ITEM_NAME) | BIT(ITEM_CHANGED_AT), &ada, 0,
	                                  &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("UPDATE \"items\" AS n SET " ITEM_NAMED
	           " = $1, \"changed_at\" = $2 WHERE n.\"id\" = $3 RETURNING " ITEM_N_COLUMNS);
	shop_close();
}
END_TEST

START_TEST(test_sql__parameters_are_numbered_on_from_what_is_there)
{
	const part           change = { .weight = { true, 1 } };
	const weir_condition where = weir_eq(part_c.code, "x");

	shop_open();
	weir__params_add_i64(shop.params, 1);
	weir__params_add_i64(shop.params, 2);
	ck_assert_int_eq(weir__sql_update_where(shop.part_statements, &where, BIT(PART_WEIGHT), &change, 0, &shop.sql,
	                                        shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("UPDATE " PARTS " AS n SET \"weight\" = $3 WHERE \"code\" = $4 RETURNING n.\"item_id\", n.\"code\"");
	shop_close();
}
END_TEST

START_TEST(test_sql__update_of_nothing_or_of_the_key_is_refused)
{
	const item key = { .id = 7 };

	shop_open();
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_update(shop.item_statements, &key, 0, &ada, 0, &shop.sql, shop.params, &shop.err),
	             "item: no columns to update");
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_update(shop.item_statements, &key, BIT(ITEM_ID), &ada, 0, &shop.sql, shop.params, &shop.err),
	             "item: primary key columns cannot be updated");
	shop_close();
}
END_TEST

START_TEST(test_sql__delete_by_condition_returns_keys)
{
	const weir_condition where = weir_lt(part_c.weight, 0.5);
	const weir_condition all = weir_everything();

	shop_open();
	ck_assert_int_eq(weir__sql_delete_where(shop.part_statements, &where, false, &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("DELETE FROM " PARTS " WHERE \"weight\" < $1 RETURNING \"item_id\", \"code\"");
	ck_assert_int_eq(weir__sql_delete_where(shop.part_statements, &all, false, &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("DELETE FROM " PARTS " RETURNING \"item_id\", \"code\"");
	shop_close();
}
END_TEST

START_TEST(test_sql__conditions_that_leave_out_no_row_must_be_meant)
{
	const weir_condition none = { .op = WEIR_OP_NONE };
	const weir_condition nothing[] = { none, weir_group(WEIR_OP_ALL, NULL, 0) };
	const weir_condition no_item = weir_in_items(item_c.id.column, WEIR_TYPE_INT8, NULL, 0);
	const weir_condition refused[] = { none, weir_group(WEIR_OP_ALL, NULL, 0), weir_group(WEIR_OP_ALL, nothing, 2),
		                               weir_group(WEIR_OP_ANY, nothing, 1), weir_group(WEIR_OP_NOT, &no_item, 1) };
	const weir_condition meant[] = { weir_everything(), weir_group(WEIR_OP_ANY, NULL, 0), no_item };

	shop_open();
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_error(
			WEIR_ERR_USAGE,
			weir__sql_delete_where(shop.item_statements, &refused[i], false, &shop.sql, shop.params, &shop.err),
			"item: the condition leaves out no row; weir_everything() says that every row is meant");
		assert_error(WEIR_ERR_USAGE,
		             weir__sql_update_where(shop.item_statements, &refused[i], BIT(ITEM_AGE), &ada, 0, &shop.sql,
		                                    shop.params, &shop.err),
		             "item: the condition leaves out no row; weir_everything() says that every row is meant");
	}
	for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
		ck_assert_int_eq(
			weir__sql_delete_where(shop.item_statements, &meant[i], false, &shop.sql, shop.params, &shop.err), WEIR_OK);
	shop_close();
}
END_TEST

/* ---- select -------------------------------------------------------------------------------------------------------------- */

static const char *select_of(const weir_query *query)
{
	shop_clear();
	ck_assert_int_eq(weir__sql_select(shop.item_statements, query, &shop.sql, shop.params, &shop.err), WEIR_OK);
	return weir__buffer_text(&shop.sql);
}

static void assert_param(int slot, int64_t number)
{
	char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (char)((uint64_t)number >> (56 - 8 * i) & 255);
	ck_assert_uint_eq(shop.params->types[slot], 20);
	ck_assert_mem_eq(shop.params->values[slot], bytes, 8);
}

START_TEST(test_sql__select_is_ordered_and_limited_by_itself)
{
	shop_open();
	ck_assert_str_eq(select_of(NULL), "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" LIMIT 100");
	ck_assert_str_eq(select_of(WEIR_QUERY(.limit = 7)),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" LIMIT 7");
	ck_assert_str_eq(select_of(WEIR_QUERY(.limit = weir_limit(0))),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" LIMIT 0");
	ck_assert_str_eq(select_of(WEIR_QUERY(.where = weir_eq(item_c.age, 3), .skip = 20, .limit = 10)),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" WHERE \"age\" = $1 ORDER BY \"id\" LIMIT 10 OFFSET $2");
	assert_param(1, 20);
	shop_close();
}
END_TEST

/* Few texts: one for each limit that people write, one for all others. */
START_TEST(test_sql__an_odd_limit_is_a_parameter)
{
	shop_open();
	ck_assert_str_eq(select_of(WEIR_QUERY(.limit = 10000)),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" LIMIT 10000");
	ck_assert_str_eq(select_of(WEIR_QUERY(.skip = 3, .limit = 103)),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" LIMIT $1 OFFSET $2");
	assert_param(0, 103);
	assert_param(1, 3);
	shop_close();
}
END_TEST

START_TEST(test_sql__an_order_ends_with_the_primary_key)
{
	shop_open();
	ck_assert_str_eq(select_of(WEIR_QUERY(.order = WEIR_ORDER(weir_desc(item_c.age), weir_asc(item_c.name)))),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"age\" DESC, " ITEM_NAMED ", \"id\" LIMIT 100");
	ck_assert_str_eq(select_of(WEIR_QUERY(.order = WEIR_ORDER(weir_desc(item_c.id)))),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"id\" DESC LIMIT 100");
	ck_assert_str_eq(select_of(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.age), weir_desc(item_c.age),
	                                                          weir_asc(item_c.id), weir_asc(item_c.name)))),
	                 "SELECT " ITEM_COLUMNS " FROM \"items\" ORDER BY \"age\", \"id\" LIMIT 100");
	shop_clear();
	ck_assert_int_eq(weir__sql_select(shop.part_statements, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(part_c.code))),
	                                  &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	assert_sql("SELECT " PART_COLUMNS " FROM " PARTS " ORDER BY \"code\" DESC, \"item_id\" LIMIT 100");
	shop_close();
}
END_TEST

static const char *count_of(const weir_query *query)
{
	shop_clear();
	ck_assert_int_eq(weir__sql_count(shop.item_statements, query, &shop.sql, shop.params, &shop.err), WEIR_OK);
	return weir__buffer_text(&shop.sql);
}

static const char *exists_of(const weir_query *query)
{
	shop_clear();
	ck_assert_int_eq(weir__sql_exists(shop.item_statements, query, &shop.sql, shop.params, &shop.err), WEIR_OK);
	return weir__buffer_text(&shop.sql);
}

START_TEST(test_sql__count_looks_at_a_page_only_where_one_is_given)
{
	shop_open();
	ck_assert_str_eq(count_of(NULL), "SELECT count(*) FROM \"items\"");
	ck_assert_str_eq(
		count_of(WEIR_QUERY(.where = weir_is_null(item_c.age), .order = WEIR_ORDER(weir_asc(item_c.name)))),
		"SELECT count(*) FROM \"items\" WHERE \"age\" IS NULL");
	ck_assert_str_eq(count_of(WEIR_QUERY(.limit = 5)),
	                 "SELECT count(*) FROM (SELECT 1 FROM \"items\" LIMIT 5) AS page");
	ck_assert_str_eq(count_of(WEIR_QUERY(.skip = 5)),
	                 "SELECT count(*) FROM (SELECT 1 FROM \"items\" LIMIT 100 OFFSET $1) AS page");
	assert_param(0, 5);
	shop_close();
}
END_TEST

START_TEST(test_sql__exists_asks_for_one_row)
{
	shop_open();
	ck_assert_str_eq(exists_of(NULL), "SELECT EXISTS (SELECT 1 FROM \"items\")");
	ck_assert_str_eq(exists_of(WEIR_QUERY(.where = weir_gt(item_c.id, 5), .skip = 1)),
	                 "SELECT EXISTS (SELECT 1 FROM \"items\" WHERE \"id\" > $1 LIMIT 100 OFFSET $2)");
	shop_close();
}
END_TEST

START_TEST(test_sql__a_wrong_query_builds_nothing)
{
	shop_open();
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_select(shop.item_statements, WEIR_QUERY(.skip = -1), &shop.sql, shop.params, &shop.err),
	             "item: skip is negative: -1");
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_count(shop.item_statements, WEIR_QUERY(.limit = -5), &shop.sql, shop.params, &shop.err),
	             "item: limit is negative: -5");
	assert_error(WEIR_ERR_USAGE,
	             weir__sql_exists(shop.item_statements, WEIR_QUERY(.where = weir_eq(part_c.code, "x")), &shop.sql,
	                              shop.params, &shop.err),
	             "item: column part.code belongs to model part");
	ck_assert_uint_eq(shop.sql.length, 0);
	ck_assert_uint_eq(weir__params_count(shop.params), 0);
	shop_close();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
static int build_everything(void)
{
	weir__statements    *statements = NULL;
	int                  status = weir__statements_create(shop.items, &statements, &shop.err);
	const item           key = { .id = 1 };
	const item           items[] = { ada, ada };
	const weir_condition where = weir_eq(item_c.age, 1);

	if (status == WEIR_OK)
		status =
			weir__sql_update(statements, &key, BIT(ITEM_NAME), &ada, BIT(ITEM_NAME), &shop.sql, shop.params, &shop.err);
	if (status == WEIR_OK)
		status = weir__sql_insert_many(statements, BIT(ITEM_NAME), items, 2, true, &shop.sql, shop.params, &shop.err);
	if (status == WEIR_OK)
		status = weir__sql_delete_where(statements, &where, false, &shop.sql, shop.params, &shop.err);
	weir__statements_free(statements);
	return status;
}

START_TEST(test_sql__want_of_memory_is_an_error_wherever_it_strikes)
{
	long failures = 1;

	for (long allowed = 0; failures; allowed++) {
		shop_open();
		weir__memory_fail_after(allowed, WEIR__FAIL_FOREVER);
		int status = build_everything();
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(status, failures ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		shop_close();
	}
}
END_TEST
#define MEMORY_TESTS , test_sql__want_of_memory_is_an_error_wherever_it_strikes
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("sql", test_sql__identifiers_are_quoted_and_the_schema_is_named_where_given,
           test_sql__many_keys_are_one_array_a_column, test_sql__unique_columns_find_rows_and_keys,
           test_sql__delete_returns_the_row, test_sql__fixed_statements_carry_the_hash_of_their_text,
           test_sql__what_changes_a_row_is_put_together_once, test_sql__insert_names_the_columns_given,
           test_sql__insert_of_nothing_takes_all_defaults, test_sql__insert_refuses_what_a_column_cannot_hold,
           test_sql__many_rows_are_inserted_by_arrays_in_their_order, test_sql__many_rows_of_defaults_are_counted_out,
           test_sql__a_wrong_row_among_many_is_counted_and_named,
           test_sql__update_returns_the_new_row_and_what_was_asked_of_the_old,
           test_sql__update_that_needs_nothing_old_is_plain, test_sql__auto_now_moves_only_when_something_changes,
           test_sql__auto_now_that_the_caller_sets_is_his, test_sql__parameters_are_numbered_on_from_what_is_there,
           test_sql__update_of_nothing_or_of_the_key_is_refused, test_sql__delete_by_condition_returns_keys,
           test_sql__conditions_that_leave_out_no_row_must_be_meant, test_sql__select_is_ordered_and_limited_by_itself,
           test_sql__an_odd_limit_is_a_parameter, test_sql__an_order_ends_with_the_primary_key,
           test_sql__count_looks_at_a_page_only_where_one_is_given, test_sql__exists_asks_for_one_row,
           test_sql__a_wrong_query_builds_nothing MEMORY_TESTS);
