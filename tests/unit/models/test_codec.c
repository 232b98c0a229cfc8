/* The codec: what it writes is read by cJSON as the same values and comes back, and bytes that are no record are
 * refused without a read or write beyond what belongs to them. */
#include "base/memory.h"
#include "support/suite.h"
#include "unit/models/codec_bytes.h"
#include "unit/models/everything_sample.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

/* Either refused, or what was read is written again as these very bytes. */
static void assert_refused_or_own(const weir__layout *layout, const char *bytes, size_t length)
{
	weir__buffer again = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	if (decode_copy(layout, bytes, length, &record) != WEIR_OK)
		return;
	weir__codec_encode(layout, record, &again);
	ck_assert_msg(again.length == length && memcmp(again.data, bytes, length) == 0, "read, but not written so: %.*s",
	              (int)length, bytes);
	weir__buffer_release(&again);
	(void)weir_record_release(record);
}

static void assert_string(const cJSON *item, const char *expected)
{
	ck_assert(cJSON_IsString(item));
	ck_assert_str_eq(item->valuestring, expected);
}

static void assert_int8(const cJSON *item, int64_t expected)
{
	char text[32];

	if (expected >= -(INT64_C(1) << 53) && expected <= INT64_C(1) << 53) {
		ck_assert(cJSON_IsNumber(item));
		ck_assert_int_eq((int64_t)item->valuedouble, expected);
		return;
	}
	(void)snprintf(text, sizeof text, "%" PRId64, expected);
	assert_string(item, text);
}

static void assert_float8(const cJSON *item, double expected)
{
	if (isfinite(expected)) {
		ck_assert(cJSON_IsNumber(item));
		ck_assert_mem_eq(&item->valuedouble, &expected, sizeof expected);
		return;
	}
	assert_string(item, isnan(expected) ? "NaN" : expected < 0 ? "-Infinity" : "Infinity");
}

static void assert_json(const cJSON *item, const char *expected)
{
	cJSON *parsed = cJSON_Parse(expected);
	char  *left = cJSON_PrintUnformatted(item), *right = cJSON_PrintUnformatted(parsed);

	ck_assert_str_eq(left, right);
	cJSON_free(left);
	cJSON_free(right);
	cJSON_Delete(parsed);
}

/* The oracle: cJSON's view of a member is the value. */
static void assert_member(const cJSON *item, const weir_value *value)
{
	char time[WEIR_TIME_TEXT_MAX], uuid[WEIR_UUID_TEXT_MAX];

	ck_assert_ptr_nonnull(item);
	if (value->is_null) {
		ck_assert(cJSON_IsNull(item));
		return;
	}
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		ck_assert(value->as.boolean ? cJSON_IsTrue(item) : cJSON_IsFalse(item));
		break;
	case WEIR_TYPE_FLOAT8:
		assert_float8(item, value->as.number);
		break;
	case WEIR_TYPE_TIMESTAMPTZ:
		assert_string(item, weir_time_text(weir_time_of(value->as.integer), time));
		break;
	case WEIR_TYPE_TIMESTAMP:
		assert_string(item, weir_timestamp_text(weir_timestamp_of(value->as.integer), time));
		break;
	case WEIR_TYPE_UUID:
		assert_string(item, weir_uuid_text(value->as.uuid, uuid));
		break;
	case WEIR_TYPE_JSONB:
		assert_json(item, value->as.text);
		break;
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_NUMERIC:
		assert_string(item, value->as.text);
		break;
	default:
		assert_int8(item, value->as.integer);
	}
}

static void assert_cjson_agrees(const weir__layout *layout, const everything *value, weir__buffer *text)
{
	cJSON *tree = cJSON_Parse(weir__buffer_text(text));
	cJSON *item = tree ? tree->child : NULL;

	ck_assert_msg(cJSON_IsObject(tree), "cJSON refuses %s", text->data);
	for (size_t i = 0; i < layout->column_count; i++, item = item->next) {
		weir_value expected = weir__layout_get(layout, i, value);
		ck_assert_str_eq(item->string, layout->columns[i].name);
		assert_member(item, &expected);
	}
	ck_assert_ptr_null(item);
	cJSON_Delete(tree);
}

START_TEST(test_encode__is_one_line_of_json_in_the_order_of_the_columns)
{
	weir__layout *layout = layout_of(&note_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	note          value = { .id = 42, .title = "a \"b\" \\ \n\x01\xc3\xa9", .data.text = "{\"a\": [1.50, null]}" };

	weir__codec_encode(layout, &value, &text);
	ck_assert_str_eq(
		weir__buffer_text(&text),
		"{\"id\":42,\"title\":\"a \\\"b\\\" \\\\ \\n\\u0001\xc3\xa9\",\"body\":null,\"data\":{\"a\": [1.50, null]}}");
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_encode__appends_to_what_is_there)
{
	weir__layout *layout = layout_of(&reading_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	reading       value = { .id = -1, .value = 2.5 };

	weir__buffer_append_text(&text, "head ");
	weir__codec_encode(layout, &value, &text);
	weir__codec_encode(layout, &value, &text);
	ck_assert_str_eq(weir__buffer_text(&text), "head {\"id\":-1,\"value\":2.5}{\"id\":-1,\"value\":2.5}");
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_encode__some_columns_only)
{
	weir__layout *layout = layout_of(&note_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	note          value = { .id = 42, .title = "t", .body = "b" };

	weir__codec_encode_columns(layout, 6, &value, &text);
	weir__buffer_append_char(&text, ' ');
	weir__codec_encode_columns(layout, 0, &value, &text);
	ck_assert_str_eq(weir__buffer_text(&text), "{\"title\":\"t\",\"body\":\"b\"} {}");
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_codec__random_records_are_what_cjson_reads_and_come_back)
{
	weir__layout *layout = layout_of(&everything_model);
	weir__buffer  text = WEIR__BUFFER_INIT, again = WEIR__BUFFER_INIT;
	sample       *s = calloc(1, sizeof *s);
	const void   *record;

	for (uint64_t seed = 1; seed <= 1500; seed++) {
		const everything *value = sample_fill(s, seed);
		weir__buffer_clear(&text);
		weir__buffer_clear(&again);
		weir__codec_encode(layout, value, &text);
		assert_cjson_agrees(layout, value, &text);
		ck_assert_int_eq(decode_copy(layout, text.data, text.length, &record), WEIR_OK);
		sample_assert_same(layout, value, record);
		weir__codec_encode(layout, record, &again);
		ck_assert_uint_eq(again.length, text.length);
		ck_assert_mem_eq(again.data, text.data, text.length);
		ck_assert_int_eq(weir_record_release(record), WEIR_OK);
	}
	free(s);
	weir__buffer_release(&text);
	weir__buffer_release(&again);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__every_truncation_is_refused)
{
	weir__layout *layout = layout_of(&everything_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	sample       *s = calloc(1, sizeof *s);

	for (uint64_t seed = 1; seed <= 40; seed++) {
		weir__buffer_clear(&text);
		weir__codec_encode(layout, sample_fill(s, seed), &text);
		for (size_t length = 0; length < text.length; length++)
			assert_refused(layout, text.data, length);
		weir__buffer_append_char(&text, seed % 2 ? ' ' : '}');
		assert_refused(layout, text.data, text.length);
	}
	free(s);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__a_changed_byte_is_refused_or_another_record)
{
	weir__layout *layout = layout_of(&everything_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	sample       *s = calloc(1, sizeof *s);

	for (uint64_t seed = 1; seed <= 40; seed++) {
		weir__buffer_clear(&text);
		weir__codec_encode(layout, sample_fill(s, seed), &text);
		for (size_t at = 0; at < text.length; at++) {
			const char was = text.data[at];
			const char others[] = { (char)(was ^ 1), (char)(was ^ 0x80), "\"\\}],:0e- \n"[at % 11] };
			for (size_t i = 0; i < sizeof others; i++) {
				text.data[at] = others[i];
				assert_refused_or_own(layout, text.data, text.length);
			}
			text.data[at] = was;
		}
	}
	free(s);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__bytes_left_out_or_put_in_are_refused_or_another_record)
{
	weir__layout *layout = layout_of(&everything_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	sample       *s = calloc(1, sizeof *s);
	char          changed[8192];

	for (uint64_t seed = 1; seed <= 1500; seed++) {
		size_t at, count;
		weir__buffer_clear(&text);
		weir__codec_encode(layout, sample_fill(s, seed), &text);
		at = sample_below(s, text.length);
		count = 1 + sample_below(s, 12);
		count = count < text.length - at ? count : text.length - at;
		ck_assert_uint_lt(text.length + count, sizeof changed);
		memcpy(changed, text.data, at);
		memcpy(changed + at, text.data + at + count, text.length - at - count);
		assert_refused_or_own(layout, changed, text.length - count);
		memcpy(changed + at, text.data + sample_below(s, text.length - count + 1), count);
		memcpy(changed + at + count, text.data + at, text.length - at);
		assert_refused_or_own(layout, changed, text.length + count);
	}
	free(s);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

static void assert_note_comes_back(const weir__layout *layout, const note *value)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	weir__codec_encode(layout, value, &text);
	ck_assert_int_eq(decode_copy(layout, text.data, text.length, &record), WEIR_OK);
	sample_assert_same(layout, value, record);
	(void)weir_record_release(record);
	weir__buffer_release(&text);
}

START_TEST(test_codec__json_null_and_no_json_differ)
{
	weir__layout *layout = layout_of(&note_model);
	note          value = { .id = 1, .title = "" };

	assert_note_comes_back(layout, &value);
	value.data.text = "null";
	assert_note_comes_back(layout, &value);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_codec__texts_of_every_length_and_of_a_megabyte_come_back)
{
	enum { LARGE = 1 << 20 };
	weir__layout *layout = layout_of(&note_model);
	char         *text = malloc(LARGE + 1);
	note          value = { .id = 1, .title = "", .body = text };

	for (size_t length = 0; length < 70; length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		assert_note_comes_back(layout, &value);
		for (size_t at = 0; at < length; at++) {
			text[at] = "\"\\\n\x01"[at % 4];
			assert_note_comes_back(layout, &value);
			text[at] = 'x';
		}
	}
	for (size_t i = 0; i < LARGE; i++)
		text[i] = (char)(i % 127 + 1);
	text[LARGE] = '\0';
	assert_note_comes_back(layout, &value);
	memset(text, 1, LARGE);
	assert_note_comes_back(layout, &value);
	free(text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_codec__json_keeps_its_bytes)
{
	/* clang-format off */
	static const char *const texts[] = {
		"{\"a\": {\"b\": [[[]]]}, \"c\": 1.500}", "\"\\u00e9\\/\"", "1e999", "12345678901234567890.00", "{ }",
		"[1 ,2]", "\"\\ud83d\\ude00\""
	};
	/* clang-format on */
	weir__layout *layout = layout_of(&note_model);
	char          deep[129];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		note value = { .id = 1, .title = "", .data.text = texts[i] };
		assert_note_comes_back(layout, &value);
	}
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	deep[128] = '\0';
	assert_note_comes_back(layout, &(note){ .id = 1, .title = "", .data.text = deep });
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_codec__numerics_keep_their_digits)
{
	weir__layout *layout = layout_of(&everything_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	sample       *s = calloc(1, sizeof *s);
	everything   *value = (everything *)(uintptr_t)sample_fill(s, 1);
	char          digits[1003] = "-1.";
	const void   *record = NULL;

	memset(digits + 3, '9', 999);
	value->amount.text = digits;
	value->null_amount.text = "0.000";
	weir__codec_encode(layout, value, &text);
	ck_assert_int_eq(decode_copy(layout, text.data, text.length, &record), WEIR_OK);
	ck_assert_str_eq(((const everything *)record)->amount.text, digits);
	ck_assert_str_eq(((const everything *)record)->null_amount.text, "0.000");
	(void)weir_record_release(record);
	weir__buffer_clear(&text);
	value->amount.text = "12x";
	weir__codec_encode(layout, value, &text);
	assert_refused(layout, text.data, text.length);
	free(s);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

static weir__buffer encode_notes(const weir__layout *layout, size_t count)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	note         notes[3] = { { .id = 1, .title = "one" },
		                      { .id = 2, .title = "", .body = "two" },
		                      { .id = 3, .title = "x", .data.text = "[1]" } };
	const void  *items[100];

	for (size_t i = 0; i < count; i++)
		items[i] = &notes[i % 3];
	weir__codec_encode_list(layout, items, count, &text);
	return text;
}

static int decode_list_copy(const weir__layout *layout, const char *bytes, size_t length, size_t count, weir_list *list)
{
	char *copy = malloc(length ? length : 1);
	int   status;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	status = weir__codec_decode_list(layout, copy, length, count, list);
	free(copy);
	return status;
}

START_TEST(test_list__comes_back_with_its_records)
{
	weir__layout *layout = layout_of(&note_model);

	for (size_t count = 0; count <= 100; count += count < 5 ? 1 : 19) {
		weir__buffer text = encode_notes(layout, count);
		weir_list    list = WEIR_LIST_INIT;
		ck_assert_int_eq(decode_list_copy(layout, text.data, text.length, count, &list), WEIR_OK);
		ck_assert_uint_eq(list.count, count);
		for (size_t i = 0; i < count; i++)
			ck_assert_int_eq(((const note *)list.items[i])->id, (int64_t)(i % 3 + 1));
		if (count > 2) {
			ck_assert_str_eq(((const note *)list.items[1])->body, "two");
			ck_assert_str_eq(((const note *)list.items[2])->data.text, "[1]");
		}
		weir_list_release(&list);
		weir__buffer_release(&text);
	}
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_list__the_count_is_not_trusted)
{
	static const size_t counts[] = { 0, 1, 2, 4, 5, 1000000, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8 + 1 };
	weir__layout       *layout = layout_of(&note_model);
	weir__buffer        text = encode_notes(layout, 3);
	weir_list           list = WEIR_LIST_INIT;

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		ck_assert_int_eq(decode_list_copy(layout, text.data, text.length, counts[i], &list), WEIR_ERR_FORMAT);
	ck_assert_int_eq(decode_list_copy(layout, "[]", 2, 1, &list), WEIR_ERR_FORMAT);
	ck_assert_int_eq(decode_list_copy(layout, "[] ", 3, 0, &list), WEIR_ERR_FORMAT);
	ck_assert_int_eq(decode_list_copy(layout, "[", 1, 0, &list), WEIR_ERR_FORMAT);
	ck_assert_int_eq(decode_list_copy(layout, "", 0, 0, &list), WEIR_ERR_FORMAT);
	ck_assert_ptr_null(list.memory);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_list__truncations_and_changes_are_refused_or_another_list)
{
	weir__layout *layout = layout_of(&note_model);
	weir__buffer  text = encode_notes(layout, 4), again = WEIR__BUFFER_INIT;
	weir_list     list = WEIR_LIST_INIT;

	for (size_t length = 0; length < text.length; length++)
		for (size_t count = 0; count <= 4; count++)
			ck_assert_int_eq(decode_list_copy(layout, text.data, length, count, &list), WEIR_ERR_FORMAT);
	for (size_t at = 0; at < text.length; at++) {
		const char was = text.data[at];
		for (int i = 0; i < 256; i++) {
			text.data[at] = (char)i;
			if (decode_list_copy(layout, text.data, text.length, 4, &list) != WEIR_OK)
				continue;
			weir__buffer_clear(&again);
			weir__codec_encode_list(layout, list.items, list.count, &again);
			ck_assert_mem_eq(again.data, text.data, text.length);
			weir_list_release(&list);
		}
		text.data[at] = was;
	}
	weir__buffer_release(&text);
	weir__buffer_release(&again);
	weir__layout_free(layout);
}
END_TEST

/* A byte of each list in turn is changed, which is another record or none; the others are as they were. */
START_TEST(test_lists__a_broken_one_leaves_the_others_as_they_are)
{
	static const size_t counts[] = { 2, 0, 3, 1 };
	weir__layout       *layout = layout_of(&note_model);
	weir__buffer        texts[4];

	for (size_t i = 0; i < 4; i++)
		texts[i] = encode_notes(layout, counts[i]);
	for (size_t broken = 0; broken <= 4; broken++)
		for (size_t at = 0; at < (broken < 4 ? texts[broken].length : 1); at++) {
			weir__codec_list lists[4];
			weir_list        all = WEIR_LIST_INIT;

			for (size_t i = 0; i < 4; i++)
				lists[i] = (weir__codec_list){ texts[i].data, texts[i].length, counts[i], .first = 7 };
			if (broken < 4)
				texts[broken].data[at] = (char)(texts[broken].data[at] ^ 0x80);
			ck_assert_int_eq(weir__codec_decode_lists(layout, lists, 4, &all), WEIR_OK);
			if (broken < 4)
				texts[broken].data[at] = (char)(texts[broken].data[at] ^ 0x80);
			for (size_t i = 0; i < 4; i++) {
				ck_assert(lists[i].good == (i != broken));
				for (size_t k = 0; lists[i].good && k < counts[i]; k++)
					ck_assert_int_eq(((const note *)all.items[lists[i].first + k])->id, (int64_t)(k + 1));
			}
			weir_list_release(&all);
		}
	for (size_t i = 0; i < 4; i++)
		weir__buffer_release(&texts[i]);
	weir__layout_free(layout);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_codec__survives_every_failed_allocation)
{
	weir__layout *layout = layout_of(&everything_model);
	sample       *s = calloc(1, sizeof *s);

	for (enum weir__memory_failure mode = WEIR__FAIL_ONCE; mode <= WEIR__FAIL_FOREVER; mode++) {
		for (long n = 0;; n++) {
			weir__buffer text = WEIR__BUFFER_INIT;
			const void  *items[2] = { sample_fill(s, 7), &s->value }, *record = NULL;
			weir_list    list = WEIR_LIST_INIT;
			weir__memory_fail_after(n, mode);
			weir__codec_encode_list(layout, items, 2, &text);
			int status =
				text.failed ? WEIR_ERR_NO_MEMORY : weir__codec_decode_list(layout, text.data, text.length, 2, &list);
			if (status == WEIR_OK)
				status = weir__codec_decode(layout, text.data + 1, (text.length - 3) / 2, &record);
			bool failed = weir__memory_failures() > 0;
			weir__memory_fail_after(0, WEIR__FAIL_NEVER);
			ck_assert_int_eq(status, failed ? WEIR_ERR_NO_MEMORY : WEIR_OK);
			(void)weir_record_release(record);
			weir_list_release(&list);
			weir__buffer_release(&text);
			if (!failed)
				break;
		}
	}
	free(s);
	weir__layout_free(layout);
}
END_TEST

#define FAILURES , test_codec__survives_every_failed_allocation
#else
#define FAILURES
#endif

WEIR_SUITE("models/codec", test_encode__is_one_line_of_json_in_the_order_of_the_columns,
           test_encode__appends_to_what_is_there, test_encode__some_columns_only,
           test_codec__random_records_are_what_cjson_reads_and_come_back, test_decode__every_truncation_is_refused,
           test_decode__a_changed_byte_is_refused_or_another_record,
           test_decode__bytes_left_out_or_put_in_are_refused_or_another_record,
           test_codec__json_null_and_no_json_differ, test_codec__texts_of_every_length_and_of_a_megabyte_come_back,
           test_codec__json_keeps_its_bytes, test_codec__numerics_keep_their_digits,
           test_list__comes_back_with_its_records, test_list__the_count_is_not_trusted,
           test_list__truncations_and_changes_are_refused_or_another_list,
           test_lists__a_broken_one_leaves_the_others_as_they_are FAILURES);
