/* Two small models for tests of SQL: item has a nullable column, an odd name and an auto_now column; part has a key of two
 * columns and lies in a schema of an odd name. shop_open makes their layouts and statements. */
#ifndef WEIR_TESTS_DB_SHOP_H
#define WEIR_TESTS_DB_SHOP_H

#include "db/params.h"
#include "db/sql.h"

#include <check.h>
#include <string.h>

typedef struct item {
	int64_t      id;
	const char  *name;
	weir_opt_i32 age;
	weir_numeric price;
	weir_time    changed_at;
} item;

typedef struct part {
	int32_t      item_id;
	const char  *code;
	weir_opt_f64 weight;
} part;

static const weir_field item_fields[] = {
	WEIR_FIELD(item, id, .primary_key = true, .generated = true),
	WEIR_FIELD(item, name, .column = "the \"name\"", .unique = true, .max_length = 10),
	WEIR_FIELD(item, age),
	WEIR_FIELD(item, price),
	WEIR_FIELD(item, changed_at, .auto_now = true, .generated = true),
};
static const weir_model item_model = WEIR_MODEL(item, "items", item_fields);

static const weir_field part_fields[] = {
	WEIR_FIELD(part, item_id, .primary_key = true),
	WEIR_FIELD(part, code, .primary_key = true),
	WEIR_FIELD(part, weight),
};
static const weir_model part_model = WEIR_MODEL(part, "parts", part_fields, .schema = "a \"b\"");

static const struct {
	weir_i64_column     id;
	weir_text_column    name;
	weir_i32_column     age;
	weir_numeric_column price;
	weir_time_column    changed_at;
} item_c = {
	WEIR_I64_COLUMN(item, id),        WEIR_TEXT_COLUMN(item, name),       WEIR_I32_COLUMN(item, age),
	WEIR_NUMERIC_COLUMN(item, price), WEIR_TIME_COLUMN(item, changed_at),
};

static const struct {
	weir_i32_column  item_id;
	weir_text_column code;
	weir_f64_column  weight;
} part_c = {
	WEIR_I32_COLUMN(part, item_id),
	WEIR_TEXT_COLUMN(part, code),
	WEIR_F64_COLUMN(part, weight),
};

enum { ITEM_ID, ITEM_NAME, ITEM_AGE, ITEM_PRICE, ITEM_CHANGED_AT };
enum { PART_ITEM_ID, PART_CODE, PART_WEIGHT };
#define BIT(column) ((weir__mask)1 << (column))

static struct shop {
	weir__layout     *items;
	weir__layout     *parts;
	weir__statements *item_statements;
	weir__statements *part_statements;
	weir__params     *params;
	weir__buffer      sql;
	weir_error        err;
} shop;

static inline void shop_open(void)
{
	memset(&shop, 0, sizeof shop);
	ck_assert_int_eq(weir__layout_create(&item_model, &shop.items, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__layout_create(&part_model, &shop.parts, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__statements_create(shop.items, &shop.item_statements, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__statements_create(shop.parts, &shop.part_statements, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__params_create(&shop.params, &shop.err), WEIR_OK);
}

static inline void shop_close(void)
{
	weir__params_free(shop.params);
	weir__buffer_release(&shop.sql);
	weir__statements_free(shop.item_statements);
	weir__statements_free(shop.part_statements);
	weir__layout_free(shop.items);
	weir__layout_free(shop.parts);
}

/* Forgets what was built. */
static inline void shop_clear(void)
{
	weir__buffer_clear(&shop.sql);
	weir__params_clear(shop.params);
}

/* The text that was built is this; then forgets it. */
#define assert_sql(expected)                                                                                           \
	do {                                                                                                               \
		ck_assert_str_eq(weir__buffer_text(&shop.sql), expected);                                                      \
		shop_clear();                                                                                                  \
	} while (0)

/* A call failed with this status and message. */
#define assert_error(expected, call, text)                                                                             \
	do {                                                                                                               \
		ck_assert_int_eq((call), (expected));                                                                          \
		ck_assert_int_eq(shop.err.status, (expected));                                                                 \
		ck_assert_str_eq(shop.err.message, text);                                                                      \
	} while (0)

#endif
