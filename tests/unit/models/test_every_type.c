/* Properties of all types at once, on random rows: the codec, JSON text, cJSON trees and the wire agree on every value, and
 * damaged bytes are refused or are another record's own. */
#include "base/memory.h"
#include "db/db.h"
#include "db/wire.h"
#include "models/codec.h"
#include "support/suite.h"
#include "unit/models/every_type_sample.h"

#include <weir/json.h>
#include <weir/weir.h>

#include <cjson/cJSON.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROWS = 100 };
#else
enum { ROWS = 500 };
#endif

static weir__layout *layout;
static random_row    sample;
static weir_error    err;

#define ok(call) ck_assert_msg((call) == WEIR_OK, "%s: %s", #call, err.message)

static void setup(void)
{
	ok(weir__layout_create(&every_type_model, &layout, &err));
}

static void teardown(void)
{
	weir__layout_free(layout);
}

static void encode(const void *row, weir__buffer *bytes)
{
	weir__buffer_clear(bytes);
	weir__codec_encode(layout, row, bytes);
	ck_assert(!bytes->failed);
}

static void assert_same_bytes(const weir__buffer *a, const weir__buffer *b)
{
	ck_assert_msg(a->length == b->length && memcmp(a->data, b->data, a->length) == 0, "%.*s and %.*s", (int)a->length,
	              a->data, (int)b->length, b->data);
}

/* A copy that ends where its bytes end, so that a sanitizer sees a read beyond it. */
static int decode(const char *bytes, size_t length, const void **record)
{
	char *copy = malloc(length ? length : 1);
	int   status;

	memcpy(copy, bytes, length);
	status = weir__codec_decode(layout, copy, length, record);
	free(copy);
	return status;
}

START_TEST(test_every_type__random_rows_come_back_from_the_codec_alone_and_in_lists)
{
	weir__buffer one = WEIR__BUFFER_INIT, again = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	setup();
	for (uint64_t seed = 0; seed < ROWS; seed++) {
		weir_list   list = WEIR_LIST_INIT;
		const void *items[3] = { random_fill(&sample, layout, seed), every_type_row(2), &sample.row };
		encode(items[0], &one);
		ck_assert_int_eq(decode(one.data, one.length, &record), WEIR_OK);
		encode(record, &again);
		assert_same_bytes(&one, &again);
		(void)weir_record_release(record);
		weir__buffer_clear(&one);
		weir__codec_encode_list(layout, items, 3, &one);
		ck_assert_int_eq(weir__codec_decode_list(layout, one.data, one.length, 3, &list), WEIR_OK);
		weir__buffer_clear(&again);
		weir__codec_encode_list(layout, list.items, 3, &again);
		assert_same_bytes(&one, &again);
		weir_list_release(&list);
	}
	weir__buffer_release(&one);
	weir__buffer_release(&again);
	teardown();
}
END_TEST

START_TEST(test_every_type__damaged_bytes_are_refused_or_another_rows_own)
{
	weir__buffer      one = WEIR__BUFFER_INIT, again = WEIR__BUFFER_INIT;
	static const char bytes[] = "0129-\",[]{}:ntfTZ\\ ./=+";

	setup();
	for (uint64_t seed = 0; seed < ROWS; seed++) {
		const void *record = NULL;
		encode(random_fill(&sample, layout, seed), &one);
		if (seed % 4 == 0)
			one.length = random_below(&sample, one.length);
		else
			one.data[random_below(&sample, one.length)] = bytes[random_below(&sample, sizeof bytes)];
		if (decode(one.data, one.length, &record) != WEIR_OK)
			continue;
		encode(record, &again);
		assert_same_bytes(&one, &again);
		(void)weir_record_release(record);
	}
	weir__buffer_release(&one);
	weir__buffer_release(&again);
	teardown();
}
END_TEST

/* The record is exported as this text. */
static void assert_exported(const every_type *record, const char *expected)
{
	char *text = NULL;

	ok(weir_record_to_json(record, NULL, &text, &err));
	ck_assert_str_eq(text, expected);
	weir_free(text);
}

static const every_type *cached(const every_type *row)
{
	weir__buffer bytes = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	encode(row, &bytes);
	ck_assert_int_eq(decode(bytes.data, bytes.length, &record), WEIR_OK);
	weir__buffer_release(&bytes);
	return record;
}

START_TEST(test_every_type__json_text_and_cjson_trees_agree_on_random_rows)
{
	setup();
	for (uint64_t seed = 0; seed < ROWS; seed++) {
		const every_type *row = cached(random_fill(&sample, layout, seed)), *read = NULL;
		char             *text = NULL, *tree_text = NULL;
		cJSON            *tree = NULL;

		ok(weir_record_to_json(row, NULL, &text, &err));
		ok(weir_record_to_cjson(row, NULL, &tree, &err));
		ok(weir_json_from_cjson(tree, &tree_text, &err));
		ck_assert_str_eq(tree_text, text);
		ok(weir_record_from_json(&every_type_model, text, strlen(text), NULL, &read, &err));
		assert_exported(read, text);
		every_type_release(&read);
		ok(weir_record_from_cjson(&every_type_model, tree, NULL, &read, &err));
		assert_exported(read, text);
		every_type_release(&read);
		every_type_release(&row);
		weir_free(text);
		weir_free(tree_text);
		cJSON_Delete(tree);
	}
	teardown();
}
END_TEST

/* Sends the value, reads it and compares; the bytes are read from a place that is aligned to nothing. */
static void assert_sent(const weir_value *value)
{
	weir__buffer bytes = WEIR__BUFFER_INIT, one = WEIR__BUFFER_INIT, other = WEIR__BUFFER_INIT;
	const char  *reason = "";
	weir_value   read;
	size_t       size;

	ck_assert_msg(weir__wire_encode(value->type, value, &bytes, &reason) == WEIR_OK, "%s: %s",
	              weir_type_name(value->type), reason);
	(void)weir__buffer_reserve(&bytes, 1);
	ck_assert_int_eq(weir__wire_text_size(value->type, bytes.data, bytes.length, &size), WEIR_OK);
	char *room = malloc(size + 1), *text = room + 1;
	ck_assert_int_eq(weir__wire_decode(value->type, bytes.data, bytes.length, &read, &text), WEIR_OK);
	ck_assert(text <= room + 1 + size);
	weir__value_canonical(value, &one);
	weir__value_canonical(&read, &other);
	assert_same_bytes(&one, &other);
	free(room);
	weir__buffer_release(&bytes);
	weir__buffer_release(&one);
	weir__buffer_release(&other);
}

START_TEST(test_every_type__random_values_are_read_from_the_wire_as_they_were_sent)
{
	setup();
	for (uint64_t seed = 0; seed < ROWS; seed++) {
		const every_type *row = random_fill(&sample, layout, seed);
		for (size_t i = 0; i < layout->column_count; i++) {
			weir_value value = weir__layout_get(layout, i, row);
			if (!value.is_null)
				assert_sent(&value);
		}
	}
	teardown();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* Each allocation of an import and a decoding fails once: nothing is left behind. */
START_TEST(test_every_type__want_of_memory_is_reported_and_leaves_nothing)
{
	weir__buffer one = WEIR__BUFFER_INIT;
	char        *text = NULL;
	int          failures = 0;

	setup();
	encode(every_type_row(2), &one);
	const every_type *row = cached(every_type_row(2)), *read = NULL;
	ok(weir_record_to_json(row, NULL, &text, &err));
	for (int after = 0; after < 200; after++) {
		const void *record = NULL;
		weir__memory_fail_after(after, WEIR__FAIL_ONCE);
		int imported = weir_record_from_json(&every_type_model, text, strlen(text), NULL, &read, &err);
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert(imported == WEIR_OK || imported == WEIR_ERR_NO_MEMORY);
		failures += imported != WEIR_OK;
		every_type_release(&read);
		weir__memory_fail_after(after, WEIR__FAIL_ONCE);
		int decoded = weir__codec_decode(layout, one.data, one.length, &record);
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert(decoded == WEIR_OK || decoded == WEIR_ERR_NO_MEMORY);
		(void)weir_record_release(record);
	}
	ck_assert_int_gt(failures, 2);
	weir_free(text);
	every_type_release(&row);
	weir__buffer_release(&one);
	teardown();
}
END_TEST
#define MEMORY_TESTS , test_every_type__want_of_memory_is_reported_and_leaves_nothing
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("every_type", test_every_type__random_rows_come_back_from_the_codec_alone_and_in_lists,
           test_every_type__damaged_bytes_are_refused_or_another_rows_own,
           test_every_type__json_text_and_cjson_trees_agree_on_random_rows,
           test_every_type__random_values_are_read_from_the_wire_as_they_were_sent MEMORY_TESTS);
