/* Rows to records, from results made by hand: as a server sends them, and as none should. */
#include "db/wire.h"
#include "support/suite.h"
#include "unit/db/hex.h"
#include "unit/db/shop.h"

#include "base/memory.h"

#include <libpq-fe.h>

#define COLUMNS_MAX 8

static weir__rows rows;
static Oid        item_oids[] = { 20, 1043, 23, 1700, 1184, 16 };

/* An empty result with columns of these types. */
static void result_open(const Oid *oids, int count)
{
	PGresAttDesc columns[COLUMNS_MAX];
	static char  name[] = "c";

	memset(columns, 0, sizeof columns);
	for (int i = 0; i < count; i++)
		columns[i] = (PGresAttDesc){ .name = name, .format = 1, .typid = oids[i], .typlen = -1, .atttypmod = -1 };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	ck_assert(PQsetResultAttrs(result, count, columns));
	rows = (weir__rows){ .result = result };
}

static void result_close(void)
{
	PQclear(rows.result);
}

/* One more row; each value as hexadecimal, NULL for NULL. */
static void result_add(const char *const *values)
{
	int row = PQntuples(rows.result);
	int count = PQnfields(rows.result);

	for (int i = 0; i < count; i++) {
		weir__buffer bytes = WEIR__BUFFER_INIT;
		if (values[i])
			append_hex_bytes(&bytes, values[i]);
		(void)weir__buffer_text(&bytes);
		ck_assert(PQsetvalue(rows.result, row, i, values[i] ? bytes.data : NULL, values[i] ? (int)bytes.length : -1));
		weir__buffer_release(&bytes);
	}
	rows.count++;
}

static const char *const ada[] = { "0000000000000007", "616461", "00000024", "0002 0000 0000 0002 000c 1388",
	                               "0000000000000001", "01" };
static const char *const bob[] = { "0000000000000008", "", NULL, "0000 0000 c000 0000", "8000000000000000", "00" };

static void assert_ada(const item *record)
{
	ck_assert_int_eq(record->id, 7);
	ck_assert_str_eq(record->name, "ada");
	ck_assert(record->age.has);
	ck_assert_int_eq(record->age.value, 36);
	ck_assert_str_eq(record->price.text, "12.50");
	ck_assert_int_eq(record->changed_at.unix_us, INT64_C(946684800000001));
}

static void assert_bob(const item *record)
{
	ck_assert_int_eq(record->id, 8);
	ck_assert_str_eq(record->name, "");
	ck_assert(!record->age.has);
	ck_assert_str_eq(record->price.text, "NaN");
	ck_assert_int_eq(record->changed_at.unix_us, INT64_MIN);
}

START_TEST(test_rows__a_row_becomes_a_record)
{
	const void *record = NULL;

	shop_open();
	result_open(item_oids, 5);
	result_add(ada);
	result_add(bob);
	ck_assert_int_eq(weir__rows_record(&rows, 0, shop.items, &record, &shop.err), WEIR_OK);
	assert_ada(record);
	ck_assert_ptr_eq(weir_record_model(record), &item_model);
	(void)weir_record_release(record);
	ck_assert_int_eq(weir__rows_record(&rows, 1, shop.items, &record, &shop.err), WEIR_OK);
	assert_bob(record);
	result_close();
	assert_bob(record); /* it is a copy */
	(void)weir_record_release(record);
	shop_close();
}
END_TEST

START_TEST(test_rows__columns_behind_those_of_the_model_are_no_matter)
{
	const void *record = NULL;

	shop_open();
	result_open(item_oids, 6);
	result_add(ada);
	ck_assert_int_eq(weir__rows_record(&rows, 0, shop.items, &record, &shop.err), WEIR_OK);
	assert_ada(record);
	(void)weir_record_release(record);
	result_close();
	shop_close();
}
END_TEST

START_TEST(test_rows__all_rows_become_a_list)
{
	weir_list list = WEIR_LIST_INIT;

	shop_open();
	result_open(item_oids, 5);
	for (int i = 0; i < 500; i++)
		result_add(i % 2 ? bob : ada);
	ck_assert_int_eq(weir__rows_list(&rows, shop.items, &list, &shop.err), WEIR_OK);
	ck_assert_uint_eq(list.count, 500);
	for (size_t i = 0; i < 500; i += 2) {
		assert_ada(list.items[i]);
		assert_bob(list.items[i + 1]);
	}
	weir_list_release(&list);
	result_close();
	shop_close();
}
END_TEST

START_TEST(test_rows__no_rows_are_an_empty_list)
{
	weir_list list = WEIR_LIST_INIT;

	shop_open();
	result_open(item_oids, 5);
	ck_assert_int_eq(weir__rows_list(&rows, shop.items, &list, &shop.err), WEIR_OK);
	ck_assert_uint_eq(list.count, 0);
	weir_list_release(&list);
	result_close();
	shop_close();
}
END_TEST

static void assert_refused(const Oid *oids, int count, const char *const *values, int status, const char *message)
{
	weir_list   list = WEIR_LIST_INIT;
	const void *record = NULL;

	result_open(oids, count);
	result_add(values);
	assert_error(status, weir__rows_record(&rows, 0, shop.items, &record, &shop.err), message);
	assert_error(status, weir__rows_list(&rows, shop.items, &list, &shop.err), message);
	ck_assert_ptr_null(record);
	ck_assert_ptr_null(list.memory);
	result_close();
}

START_TEST(test_rows__another_shape_than_the_models_is_refused_by_name)
{
	Oid oids[5];

	shop_open();
	memcpy(oids, item_oids, sizeof oids);
	oids[2] = 20;
	assert_refused(oids, 5, ada, WEIR_ERR_SCHEMA, "item.age: the database sent type OID 20 where the model has int4");
	assert_refused(item_oids, 4, ada, WEIR_ERR_SCHEMA, "item: the database sent 4 columns where the model has 5");
	shop_close();
}
END_TEST

START_TEST(test_rows__values_that_do_not_fit_are_refused_by_name)
{
	static const struct {
		size_t      column;
		const char *value;
		int         status;
		const char *message;
	} wrong[] = {
		{ ITEM_ID, "00000007", WEIR_ERR_SCHEMA,
		  "item.id: the database sent a value that is no int8, or NULL where the model allows none" },
		{ ITEM_ID, "", WEIR_ERR_SCHEMA,
		  "item.id: the database sent a value that is no int8, or NULL where the model allows none" },
		{ ITEM_ID, NULL, WEIR_ERR_SCHEMA,
		  "item.id: the database sent a value that is no int8, or NULL where the model allows none" },
		{ ITEM_NAME, NULL, WEIR_ERR_SCHEMA,
		  "item.name: the database sent a value that is no text, or NULL where the model allows none" },
		{ ITEM_NAME, "610062", WEIR_ERR_SCHEMA,
		  "item.name: the database sent a value that is no text, or NULL where the model allows none" },
		{ ITEM_AGE, "000000000000000000000001", WEIR_ERR_SCHEMA,
		  "item.age: the database sent a value that is no int4, or NULL where the model allows none" },
		{ ITEM_PRICE, "7fff 0000 0000 0002 000c", WEIR_ERR_SCHEMA,
		  "item.price: the database sent a value that is no numeric, or NULL where the model allows none" },
		{ ITEM_CHANGED_AT, "7ffffffffffffffe", WEIR_ERR_VALUE,
		  "item.changed_at: the database's time is later than our types can hold (294246)" },
	};
	const char *values[5];

	shop_open();
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		memcpy(values, ada, sizeof values);
		values[wrong[i].column] = wrong[i].value;
		assert_refused(item_oids, 5, values, wrong[i].status, wrong[i].message);
		ck_assert_str_eq(shop.err.model, "item");
		ck_assert_str_eq(shop.err.column, shop.items->columns[wrong[i].column].member);
	}
	shop_close();
}
END_TEST

START_TEST(test_rows__single_values_are_read_by_type)
{
	weir__buffer scratch = WEIR__BUFFER_INIT;
	weir_value   value;

	shop_open();
	result_open(item_oids, 6);
	result_add(ada);
	result_add(bob);
	ck_assert_int_eq(weir__rows_value(&rows, 0, 0, WEIR_TYPE_INT8, &value, &scratch, &shop.err), WEIR_OK);
	ck_assert_int_eq(value.as.integer, 7);
	ck_assert_int_eq(weir__rows_value(&rows, 0, 1, WEIR_TYPE_TEXT, &value, &scratch, &shop.err), WEIR_OK);
	ck_assert_str_eq(value.as.text, "ada");
	ck_assert_int_eq(weir__rows_value(&rows, 0, 3, WEIR_TYPE_NUMERIC, &value, &scratch, &shop.err), WEIR_OK);
	ck_assert_str_eq(value.as.text, "12.50");
	ck_assert_int_eq(weir__rows_value(&rows, 0, 5, WEIR_TYPE_BOOL, &value, &scratch, &shop.err), WEIR_OK);
	ck_assert(value.as.boolean);
	ck_assert_int_eq(weir__rows_value(&rows, 1, 2, WEIR_TYPE_INT4, &value, &scratch, &shop.err), WEIR_OK);
	ck_assert(value.is_null);
	ck_assert(weir__rows_is_null(&rows, 1, 2));
	ck_assert(!weir__rows_is_null(&rows, 0, 2));
	assert_error(WEIR_ERR_SCHEMA, weir__rows_value(&rows, 0, 0, WEIR_TYPE_INT4, &value, &scratch, &shop.err),
	             "column 1 of the result is of type OID 20 and not int4");
	weir__buffer_release(&scratch);
	result_close();
	shop_close();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_rows__want_of_memory_leaves_the_out_parameters_empty)
{
	weir_list   list = WEIR_LIST_INIT;
	const void *record = NULL;

	shop_open();
	result_open(item_oids, 5);
	result_add(ada);
	weir__memory_fail_after(0, WEIR__FAIL_FOREVER);
	int record_status = weir__rows_record(&rows, 0, shop.items, &record, &shop.err);
	int list_status = weir__rows_list(&rows, shop.items, &list, &shop.err);
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert_int_eq(record_status, WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(list_status, WEIR_ERR_NO_MEMORY);
	ck_assert_ptr_null(record);
	ck_assert_ptr_null(list.memory);
	result_close();
	shop_close();
}
END_TEST
#define MEMORY_TESTS , test_rows__want_of_memory_leaves_the_out_parameters_empty
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("rows", test_rows__a_row_becomes_a_record, test_rows__columns_behind_those_of_the_model_are_no_matter,
           test_rows__all_rows_become_a_list, test_rows__no_rows_are_an_empty_list,
           test_rows__another_shape_than_the_models_is_refused_by_name,
           test_rows__values_that_do_not_fit_are_refused_by_name,
           test_rows__single_values_are_read_by_type MEMORY_TESTS);
