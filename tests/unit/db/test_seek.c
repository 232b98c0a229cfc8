/* Pages beside a row: the condition in SQL, and the cursor as text, which must be refused unless it is this query's. */
#include "support/suite.h"
#include "unit/db/shop.h"
#include "unit/models/everything.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

#define NAME "\"the \"\"name\"\"\""

/* What stands between WHERE and ORDER BY of a page behind (before) a row. */
static const char *behind(const weir_query *query, const item *row, bool backward, bool inclusive)
{
	weir__seek seek = { .backward = backward, .inclusive = inclusive };
	char      *text, *end;

	shop_clear();
	weir__seek_of(shop.items, query, row, &seek);
	ck_assert_int_eq(weir__sql_select_page(shop.item_statements, query, &seek, &shop.sql, shop.params, &shop.err),
	                 WEIR_OK);
	text = strstr((char *)(uintptr_t)weir__buffer_text(&shop.sql), " WHERE ");
	ck_assert_ptr_nonnull(text);
	end = strstr(text, " LIMIT");
	*end = '\0';
	return text + 7;
}

static const item nobody = { .id = 3, .name = "n", .price = { "1.5" } };
static const item somebody = { .id = 3, .name = "n", .age = { true, 7 }, .price = { "1.5" } };

START_TEST(test_seek__one_direction_without_nulls_is_a_comparison_of_rows)
{
	shop_open();
	ck_assert_str_eq(behind(WEIR_QUERY(.limit = 1), &nobody, false, false), "(\"id\") > ($1) ORDER BY \"id\"");
	ck_assert_str_eq(behind(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name)), .limit = 1), &nobody, false, false),
	                 "(" NAME ", \"id\") > ($1, $2) ORDER BY " NAME ", \"id\"");
	ck_assert_str_eq(behind(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name)), .limit = 1), &nobody, true, true),
	                 "(" NAME ", \"id\") <= ($1, $2) ORDER BY " NAME " DESC, \"id\" DESC");
	ck_assert_str_eq(behind(WEIR_QUERY(.where = weir_eq(item_c.age, 1), .limit = 1), &nobody, false, false),
	                 "\"age\" = $1 AND (\"id\") > ($2) ORDER BY \"id\"");
	shop_close();
}
END_TEST

START_TEST(test_seek__mixed_directions_and_nulls_are_taken_column_by_column)
{
	const weir_query *down = WEIR_QUERY(.order = WEIR_ORDER(weir_desc(item_c.name)), .limit = 1);
	const weir_query *age = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.age)), .limit = 1);
	const weir_query *first = WEIR_QUERY(.order = WEIR_ORDER(weir_nulls_first(weir_asc(item_c.age))), .limit = 1);
	const weir_query *last = WEIR_QUERY(.order = WEIR_ORDER(weir_nulls_last(weir_desc(item_c.age))), .limit = 1);

	shop_open();
	ck_assert_str_eq(behind(down, &nobody, false, false), NAME
	                 " <= $1 AND (" NAME " < $1 OR (" NAME " = $1 AND (\"id\" > $2))) ORDER BY " NAME " DESC, \"id\"");
	ck_assert_str_eq(behind(age, &somebody, false, false),
	                 "(\"age\" > $1 OR \"age\" IS NULL OR (\"age\" = $1 AND (\"id\" > $2))) ORDER BY \"age\", \"id\"");
	ck_assert_str_eq(behind(age, &nobody, false, false),
	                 "(FALSE OR (\"age\" IS NULL AND (\"id\" > $1))) ORDER BY \"age\", \"id\"");
	ck_assert_str_eq(behind(age, &nobody, true, false),
	                 "(\"age\" IS NOT NULL OR (\"age\" IS NULL AND (\"id\" < $1))) ORDER BY \"age\" DESC, \"id\" DESC");
	ck_assert_str_eq(
		behind(first, &somebody, false, false),
		"\"age\" >= $1 AND (\"age\" > $1 OR (\"age\" = $1 AND (\"id\" > $2))) ORDER BY \"age\" NULLS FIRST, "
		"\"id\"");
	ck_assert_str_eq(
		behind(last, &somebody, false, true),
		"(\"age\" < $1 OR \"age\" IS NULL OR (\"age\" = $1 AND (\"id\" >= $2))) ORDER BY \"age\" DESC NULLS "
		"LAST, \"id\"");
	shop_close();
}
END_TEST

START_TEST(test_seek__where_nulls_stand_is_part_of_a_querys_text)
{
	const weir_order  orders[] = { weir_asc(item_c.age), weir_desc(item_c.age), weir_nulls_first(weir_asc(item_c.age)),
		                           weir_nulls_last(weir_desc(item_c.age)) };
	const char *const texts[] = { "*o+3:age+2:ids0l0", "*o-3:age+2:ids0l0", "*o(3:age+2:ids0l0", "*o)3:age+2:ids0l0" };
	weir_order        wrong = weir_asc(item_c.age);

	shop_open();
	for (size_t i = 0; i < 4; i++) {
		weir__buffer     text = WEIR__BUFFER_INIT;
		const weir_query query = { .order = { &orders[i], 1 } };
		ck_assert_int_eq(weir__query_canonical(shop.items, &query, &text, NULL), WEIR_OK);
		ck_assert_str_eq(weir__buffer_text(&text), texts[i]);
		weir__buffer_release(&text);
	}
	const weir_order same = weir_nulls_last(weir_asc(item_c.age)), none = weir_nulls_first(weir_asc(item_c.name));
	shop_clear();
	ck_assert_int_eq(
		weir__sql_select(shop.item_statements, &(weir_query){ .order = { &same, 1 } }, &shop.sql, shop.params, NULL),
		WEIR_OK);
	ck_assert_ptr_null(strstr(weir__buffer_text(&shop.sql), "NULLS"));
	shop_clear();
	ck_assert_int_eq(
		weir__sql_select(shop.item_statements, &(weir_query){ .order = { &none, 1 } }, &shop.sql, shop.params, NULL),
		WEIR_OK);
	ck_assert_ptr_null(strstr(weir__buffer_text(&shop.sql), "NULLS"));
	wrong.nulls = (weir_nulls)7;
	assert_error(WEIR_ERR_USAGE, weir__query_check(shop.items, &(weir_query){ .order = { &wrong, 1 } }, 100, &shop.err),
	             "item: the order puts NULLs in no place that there is");
	shop_close();
}
END_TEST

/* ---- As text ------------------------------------------------------------------------------------------------------------ */

static char *write(const weir_query *query, const item *row)
{
	weir__seek   seek = { .inclusive = true };
	weir__buffer text = WEIR__BUFFER_INIT;

	weir__seek_of(shop.items, query, row, &seek);
	ck_assert_int_eq(weir__seek_write(shop.items, query, &seek, &text, &shop.err), WEIR_OK);
	return weir__buffer_detach(&text);
}

static int read(const weir_query *query, const char *text)
{
	weir__seek seek = { .count = 0 };
	int        rc = weir__seek_read(shop.items, query, text, &seek, &shop.err);

	weir__seek_release(&seek);
	return rc;
}

#define BY_ALL                                                                                                         \
	WEIR_ORDER(weir_desc(item_c.age), weir_asc(item_c.name), weir_asc(item_c.price), weir_desc(item_c.changed_at))

START_TEST(test_cursor__comes_back_as_it_was)
{
	const weir_query *query = WEIR_QUERY(.where = weir_eq(item_c.name, "x"), .order = BY_ALL);
	weir__seek        seek = { .count = 0 };
	item              row = somebody;

	shop_open();
	row.name = "\xc3\xa9/+ ?";
	row.changed_at = weir_time_of(INT64_MAX);
	char *text = write(query, &row);
	ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), strlen(text));
	ck_assert_int_eq(weir__seek_read(shop.items, query, text, &seek, &shop.err), WEIR_OK);
	ck_assert_uint_eq(seek.count, 5);
	ck_assert(seek.inclusive && !seek.backward);
	ck_assert_int_eq(seek.values[0].as.integer, 7);
	ck_assert_str_eq(seek.values[1].as.text, row.name);
	ck_assert_str_eq(seek.values[2].as.text, "1.5");
	ck_assert_int_eq(seek.values[3].as.integer, INT64_MAX);
	ck_assert_int_eq(seek.values[4].as.integer, 3);
	weir__seek_release(&seek);
	weir__free(text);
	text = write(query, &nobody);
	ck_assert_int_eq(weir__seek_read(shop.items, query, text, &seek, &shop.err), WEIR_OK);
	ck_assert(seek.values[0].is_null);
	weir__seek_release(&seek);
	weir__free(text);
	shop_close();
}
END_TEST

START_TEST(test_cursor__of_another_query_is_refused)
{
	const weir_query *query = WEIR_QUERY(.where = weir_eq(item_c.age, 1), .order = WEIR_ORDER(weir_asc(item_c.name)));
	const weir_query *others[] = {
		WEIR_QUERY(.where = weir_eq(item_c.age, 2), .order = WEIR_ORDER(weir_asc(item_c.name))),
		WEIR_QUERY(.where = weir_eq(item_c.age, 1), .order = WEIR_ORDER(weir_desc(item_c.name))),
		WEIR_QUERY(.where = weir_eq(item_c.age, 1)),
		WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name))),
	};

	shop_open();
	char *text = write(query, &somebody);
	ck_assert_int_eq(read(query, text), WEIR_OK);
	ck_assert_int_eq(read(WEIR_QUERY(.where = weir_any(weir_eq(item_c.age, 1)),
	                                 .order = WEIR_ORDER(weir_asc(item_c.name), weir_asc(item_c.id)), .limit = 7),
	                      text),
	                 WEIR_OK);
	for (size_t i = 0; i < 4; i++)
		assert_error(
			WEIR_ERR_VALUE, read(others[i], text),
			"item: the cursor belongs to another query: conditions, order and model must be the same on each page");
	weir__free(text);
	shop_close();
}
END_TEST

START_TEST(test_cursor__that_was_changed_is_refused)
{
	const weir_query *query = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name)));
	const char *const wrong[] = { "", "A", "AAAA", "a b", "\xff", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "%41%51" };

	shop_open();
	char  *text = write(query, &somebody);
	size_t length = strlen(text);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(read(query, wrong[i]), WEIR_ERR_VALUE);
	for (size_t i = 0; i < length; i++) {
		char kept = text[i];
		for (const char *other = "AZaz09-_"; *other; other++) {
			text[i] = *other;
			ck_assert_int_eq(read(query, text), *other == kept ? WEIR_OK : WEIR_ERR_VALUE);
		}
		text[i] = '\0';
		ck_assert_int_eq(read(query, text), WEIR_ERR_VALUE);
		text[i] = kept;
	}
	char *longer = malloc(20001);
	memset(longer, 'A', 20000);
	longer[20000] = '\0';
	ck_assert_int_eq(read(query, longer), WEIR_ERR_VALUE);
	free(longer);
	weir__free(text);
	shop_close();
}
END_TEST

/* What a forger can make who knows everything: a right checksum and shape over any bytes. */
START_TEST(test_cursor__forged_bytes_are_values_or_refused)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const weir_query *query = WEIR_QUERY(.order = BY_ALL);
	weir__buffer      shape = WEIR__BUFFER_INIT;

	shop_open();
	ck_assert_int_eq(weir__query_canonical(shop.items, query, &shape, NULL), WEIR_OK);
	uint64_t hash = weir__hash64(shape.data, shape.length, shop.items->fingerprint);
	srand(7);
	for (int i = 0; i < 20000; i++) {
		unsigned char bytes[128] = { 1, (unsigned char)(rand() % 4) };
		char          text[200];
		size_t        length = 10;
		for (int j = 0; j < 8; j++)
			bytes[2 + j] = (unsigned char)(hash >> (56 - 8 * j));
		for (int j = 0; j < 5 && length < 100; j++) {
			size_t size = rand() % 3 ? (size_t)(int[]){ 4, 1, 10, 8, 8 }[j] : (size_t)(rand() % 12);
			bytes[length + 3] = (unsigned char)size;
			length += 4;
			for (size_t b = 0; b < size; b++)
				bytes[length++] = rand() % 2 ? 0 : (unsigned char)rand();
		}
		uint64_t sum = weir__hash64(bytes, length, UINT64_C(0x7765697263757273));
		for (int j = 0; j < 8; j++)
			bytes[length++] = (unsigned char)(sum >> (56 - 8 * j));
		size_t out = 0, bits = 0, count = 0;
		for (size_t b = 0; b < length; b++) {
			bits = bits << 8 | bytes[b];
			for (count += 8; count >= 6; count -= 6)
				text[out++] = letters[bits >> (count - 6) & 63];
		}
		if (count > 0)
			text[out++] = letters[bits << (6 - count) & 63];
		text[out] = '\0';
		int rc = read(query, text);
		ck_assert(rc == WEIR_OK || rc == WEIR_ERR_VALUE);
	}
	weir__buffer_release(&shape);
	shop_close();
}
END_TEST

START_TEST(test_cursor__values_that_are_too_long_are_an_error)
{
	const weir_query *query = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name)));
	weir__buffer      text = WEIR__BUFFER_INIT;
	weir__seek        seek = { .count = 0 };
	item              row = somebody;
	char             *longer = malloc(20001);

	memset(longer, 'A', 20000);
	longer[20000] = '\0';
	row.name = longer;
	shop_open();
	weir__seek_of(shop.items, query, &row, &seek);
	assert_error(WEIR_ERR_LIMIT, weir__seek_write(shop.items, query, &seek, &text, &shop.err),
	             "item: the values that the rows are ordered by are too long for a cursor");
	weir__buffer_release(&text);
	free(longer);
	shop_close();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_cursor__every_allocation_may_fail)
{
	const weir_query *query = WEIR_QUERY(.order = BY_ALL);
	bool              done = false;

	shop_open();
	char *text = write(query, &somebody);
	for (long i = 0; !done; i++) {
		weir__memory_fail_after(i, WEIR__FAIL_ONCE);
		int rc = read(query, text);
		done = weir__memory_failures() == 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(rc, done ? WEIR_OK : WEIR_ERR_NO_MEMORY);
	}
	weir__free(text);
	shop_close();
}
END_TEST
#define MEMORY_TESTS , test_cursor__every_allocation_may_fail
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("seek", test_seek__one_direction_without_nulls_is_a_comparison_of_rows,
           test_seek__mixed_directions_and_nulls_are_taken_column_by_column,
           test_seek__where_nulls_stand_is_part_of_a_querys_text, test_cursor__comes_back_as_it_was,
           test_cursor__of_another_query_is_refused, test_cursor__that_was_changed_is_refused,
           test_cursor__forged_bytes_are_values_or_refused,
           test_cursor__values_that_are_too_long_are_an_error MEMORY_TESTS);
