/* The JSON scanner: the grammar of RFC 8259 row by row, where a value ends, and bounded depth. */
#include "models/json_text.h"
#include "support/suite.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text)                                                                                                    \
	{                                                                                                                  \
		text, sizeof text - 1                                                                                          \
	}

struct text {
	const char *bytes;
	size_t      length;
};

static const struct text valid[] = {
	BYTES("0"),
	BYTES("-0"),
	BYTES("12"),
	BYTES("-1.5"),
	BYTES("1e5"),
	BYTES("1E+5"),
	BYTES("0.0e-0"),
	BYTES("123456789012345678901234567890.5e999"),
	BYTES("true"),
	BYTES("false"),
	BYTES("null"),
	BYTES("\"\""),
	BYTES("\"a b\""),
	BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uFFff\""),
	BYTES("\"\\ud83d\\udc18\""),
	BYTES("\"\\ud800\\udc00\\uDBFF\\uDFFF\\ud7ff\\ue000\""),
	BYTES("\"\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98\""),
	BYTES("[]"),
	BYTES("{}"),
	BYTES("[ ]"),
	BYTES("{ }"),
	BYTES("[1]"),
	BYTES("[1,2,3]"),
	BYTES("[ 1 , \"a\" , null ]"),
	BYTES("{\"a\":1}"),
	BYTES("{\"a\":1,\"a\":2}"),
	BYTES("{ \"a\" : [ ] , \"b\" : { \"c\" : [ {} , [] ] } }"),
	BYTES("[[],{},[[]],{\"\":{}}]"),
	BYTES("{\"a\": {\"b\": [1, {\"c\": true}]}, \"d\": \"e\"}"),
	BYTES("[\n\t1\r\n]"),
};

static const struct text invalid[] = {
	BYTES(""),
	BYTES("\0"),
	BYTES("-"),
	BYTES("+1"),
	BYTES(".5"),
	BYTES("5."),
	BYTES("01"),
	BYTES("-01"),
	BYTES("1e"),
	BYTES("1e+"),
	BYTES("0x1"),
	BYTES("1.e5"),
	BYTES("NaN"),
	BYTES("Infinity"),
	BYTES("-Infinity"),
	BYTES("True"),
	BYTES("tru"),
	BYTES("nul"),
	BYTES("nulll"),
	BYTES("\""),
	BYTES("\"a"),
	BYTES("'a'"),
	BYTES("\"\\\""),
	BYTES("\"\\x\""),
	BYTES("\"\\\0\""),
	BYTES("\"\\u12\""),
	BYTES("\"\\u12g4\""),
	BYTES("\"\\u0000\""), /* jsonb holds no NUL */
	BYTES("\"\\ud83d\""), /* half a pair */
	BYTES("\"\\ud83dx\""),
	BYTES("\"\\ud83d\\n\""),
	BYTES("\"\\ud83d\\u0041\""),
	BYTES("\"\\ud83d\\ud83d\""),
	BYTES("\"\\ud800\\ue000\""),
	BYTES("\"\\ud800\""),
	BYTES("\"\\udbff\""),
	BYTES("\"\\udc00\""),
	BYTES("\"\\udfff\""),
	BYTES("\"\x80\""),
	BYTES("\"a\tb\""), /* a control character as it is */
	BYTES("\"a\nb\""),
	BYTES("\"a\0b\""),
	BYTES("\"\xff\""),
	BYTES("\"\xc3\""),
	BYTES("\"\xc0\x80\""),
	BYTES("\"\xed\xa0\x80\""),
	BYTES("["),
	BYTES("]"),
	BYTES("{"),
	BYTES("}"),
	BYTES("[}"),
	BYTES("{]"),
	BYTES("[1"),
	BYTES("[1,"),
	BYTES("[1,]"),
	BYTES("[,1]"),
	BYTES("[1 2]"),
	BYTES("[1}"),
	BYTES("{\"a\"}"),
	BYTES("{\"a\":}"),
	BYTES("{\"a\":1,}"),
	BYTES("{\"a\":1 \"b\":2}"),
	BYTES("{\"a\" 1}"),
	BYTES("{a:1}"),
	BYTES("{1:1}"),
	BYTES("{\"a\":1]"),
	BYTES("{\"a\":[1}"),
	BYTES("[{\"a\":1]}"),
	BYTES("/**/1"),
	BYTES("1//"),
	BYTES("\xef\xbb\xbf"
	      "1"), /* a byte order mark */
	BYTES("\v1"),
	BYTES("\xc2\xa0"
	      "1"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(test_json__what_the_grammar_allows)
{
	for (size_t i = 0; i < COUNT(valid); i++) {
		size_t end = 0;
		ck_assert_msg(weir__json_scan(valid[i].bytes, valid[i].length, &end), "%s", valid[i].bytes);
		ck_assert_msg(end == valid[i].length, "%s ends at %zu", valid[i].bytes, end);
		ck_assert_msg(weir__json_is_valid(valid[i].bytes, valid[i].length), "%s", valid[i].bytes);
	}
}
END_TEST

START_TEST(test_json__what_it_does_not)
{
	for (size_t i = 0; i < COUNT(invalid); i++)
		ck_assert_msg(!weir__json_is_valid(invalid[i].bytes, invalid[i].length), "row %zu: %s", i, invalid[i].bytes);
}
END_TEST

START_TEST(test_json__every_cut_of_a_valid_text_is_read_within_its_bytes)
{
	for (size_t i = 0; i < COUNT(valid); i++)
		for (size_t length = 0; length < valid[i].length; length++) {
			char  *exact = malloc(length + 1); /* malloc(0) may be NULL */
			size_t end = 4711;
			memcpy(exact, valid[i].bytes, length);
			if (!weir__json_scan(exact, length, &end))
				ck_assert_uint_eq(end, 4711);
			else
				ck_assert_uint_le(end, length);
			free(exact);
		}
}
END_TEST

START_TEST(test_json__a_value_ends_where_the_next_thing_begins)
{
	for (size_t i = 0; i < COUNT(valid); i++) {
		static const char *const behind[] = { ",\"b\":1}", "}", "]", " ", "\n1" };
		for (size_t b = 0; b < COUNT(behind); b++) {
			char   text[256];
			size_t end = 0;
			memcpy(text, valid[i].bytes, valid[i].length);
			memcpy(text + valid[i].length, behind[b], strlen(behind[b]) + 1);
			ck_assert(weir__json_scan(text, valid[i].length + strlen(behind[b]), &end));
			ck_assert_uint_eq(end, valid[i].length);
		}
	}
}
END_TEST

START_TEST(test_json__blanks_around_are_for_whole_texts_only)
{
	size_t end;

	ck_assert(weir__json_is_valid(" \t\r\n{} \n", 8));
	ck_assert(!weir__json_scan(" {}", 3, &end));
	ck_assert(!weir__json_is_valid("{} x", 4));
	ck_assert(!weir__json_is_valid("{}{}", 4));
	ck_assert(!weir__json_is_valid("   ", 3));
}
END_TEST

static bool nests(char open, char close, size_t depth, const char *inside)
{
	char   text[1024];
	size_t length = 0;

	for (size_t i = 0; i < depth; i++) {
		text[length++] = open;
		if (open == '{' && i + 1 < depth) {
			memcpy(text + length, "\"\":", 3);
			length += 3;
		}
	}
	memcpy(text + length, inside, strlen(inside));
	length += strlen(inside);
	memset(text + length, close, depth);
	return weir__json_is_valid(text, length + depth);
}

START_TEST(test_json__depth_is_bounded)
{
	ck_assert(nests('[', ']', WEIR__JSON_DEPTH_MAX, "1"));
	ck_assert(nests('{', '}', WEIR__JSON_DEPTH_MAX, "\"a\":1"));
	ck_assert(nests('[', ']', WEIR__JSON_DEPTH_MAX, ""));
	ck_assert(!nests('[', ']', WEIR__JSON_DEPTH_MAX + 1, ""));
	ck_assert(!nests('{', '}', WEIR__JSON_DEPTH_MAX + 1, ""));
}
END_TEST

START_TEST(test_json__a_megabyte_of_brackets_is_refused)
{
	const size_t length = 1 << 20;
	char        *text = malloc(length);

	memset(text, '[', length);
	ck_assert(!weir__json_is_valid(text, length));
	free(text);
}
END_TEST

static bool is_valid(const char *text)
{
	return weir__json_is_valid(text, strlen(text));
}

/* Brackets are kept apart on every level, also when one was closed in between. */
START_TEST(test_json__kinds_of_brackets_are_remembered)
{
	ck_assert(is_valid("[{\"a\":[{\"b\":[]},{}]},[{}]]"));
	ck_assert(!is_valid("[{\"a\":[{\"b\":[]},{}}]},[{}]]"));
	ck_assert(!is_valid("{\"a\":{},1}"));
	ck_assert(!is_valid("[{},\"a\":1]"));
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Whatever random damage the scanner still accepts, another parser accepts as well. */
START_TEST(test_json__is_never_laxer_than_a_full_parser)
{
	static const char pieces[] = "{}[]\",:01.eE+-truefalsn \\/bu8dc\n";
	uint64_t          state = 11;
	size_t            accepted = 0;

	for (int round = 0; round < 300000; round++) {
		const struct text *from = &valid[next_random(&state) % COUNT(valid)];
		char               text[256];
		memcpy(text, from->bytes, from->length + 1);
		for (uint64_t changes = next_random(&state) % 3 + 1; changes > 0; changes--)
			text[next_random(&state) % from->length] = pieces[next_random(&state) % (sizeof pieces - 1)];
		if (!weir__json_is_valid(text, from->length))
			continue;
		accepted++;
		cJSON *tree = cJSON_ParseWithLengthOpts(text, from->length + 1, NULL, true);
		ck_assert_msg(tree != NULL, "%s", text);
		cJSON_Delete(tree);
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

WEIR_SUITE("models/json_text", test_json__what_the_grammar_allows, test_json__what_it_does_not,
           test_json__every_cut_of_a_valid_text_is_read_within_its_bytes,
           test_json__a_value_ends_where_the_next_thing_begins, test_json__blanks_around_are_for_whole_texts_only,
           test_json__depth_is_bounded, test_json__a_megabyte_of_brackets_is_refused,
           test_json__kinds_of_brackets_are_remembered, test_json__is_never_laxer_than_a_full_parser);
