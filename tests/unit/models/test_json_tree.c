/* cJSON trees: which nodes stand for which values, which trees are no record, and jsonb values as trees. */
#include "base/memory.h"
#include "models/record.h"
#include "support/suite.h"
#include "unit/models/note_json.h"

#include <weir/json.h>

#include <cjson/cJSON.h>
#include <math.h>

START_TEST(test_tree__numbers_keep_every_digit)
{
	static const struct number {
		int64_t     id;
		int         type;
		const char *printed;
	} numbers[] = { { 0, cJSON_Number, "0" },
		            { INT64_C(999999999999999), cJSON_Number, "999999999999999" },
		            { INT64_C(1000000000000000), cJSON_Raw, "1000000000000000" },
		            { -(INT64_C(1) << 53), cJSON_Raw, "-9007199254740992" },
		            { (INT64_C(1) << 53) + 1, cJSON_String, "\"9007199254740993\"" },
		            { INT64_MIN, cJSON_String, "\"-9223372036854775808\"" } };
	const weir_set set = { &note_model, (const size_t[]){ offsetof(note, id) }, 1 };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		const note *record = make_note(numbers[i].id);
		cJSON      *tree = NULL;
		ck_assert_int_eq(weir_record_to_cjson(record, &set, &tree, NULL), WEIR_OK);
		ck_assert_int_eq(tree->child->type & 0xFF, numbers[i].type);
		if (numbers[i].type != cJSON_String)
			ck_assert(tree->child->valuedouble == (double)numbers[i].id);
		char *printed = cJSON_PrintUnformatted(tree->child);
		ck_assert_str_eq(printed, numbers[i].printed);
		cJSON_free(printed);
		cJSON_Delete(tree);
		note_release(&record);
	}
}
END_TEST

/* Reads a tree made of NOTE in which one member was replaced. */
static int read_changed_tree(const char *name, cJSON *item, weir_error *err)
{
	cJSON      *tree = cJSON_Parse(NOTE);
	const note *read = NULL;
	int         status;

	ck_assert(cJSON_ReplaceItemInObjectCaseSensitive(tree, name, item));
	status = weir_record_from_cjson(&note_model, tree, NULL, &read, err);
	ck_assert(status == WEIR_OK || !read);
	note_release(&read);
	cJSON_Delete(tree);
	return status;
}

static void assert_tree_refused(const char *name, cJSON *item, const char *what)
{
	weir_error err = WEIR_ERROR_INIT;

	ck_assert_int_eq(read_changed_tree(name, item, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.column, name);
	ck_assert_msg(strstr(err.message, what), "%s", err.message);
}

START_TEST(test_from_cjson__numbers_that_a_double_may_have_changed_are_refused)
{
	ck_assert_int_eq(read_changed_tree("id", cJSON_CreateNumber(9007199254740991.0), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("id", cJSON_CreateRaw(" 9223372036854775807\n"), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("price", cJSON_CreateNumber(12.25), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("price", cJSON_CreateRaw("0.1234567890123456789"), NULL), WEIR_OK);
	assert_tree_refused("id", cJSON_CreateNumber(9007199254740992.0), "more digits than a double");
	assert_tree_refused("id", cJSON_CreateNumber(1e300), "more digits than a double");
	assert_tree_refused("id", cJSON_CreateNumber(1.5), "must be a whole number");
	assert_tree_refused("id", cJSON_CreateNumber(NAN), "not finite");
	assert_tree_refused("price", cJSON_CreateNumber(0.1 + 0.2), "more digits than a double");
	assert_tree_refused("price", cJSON_CreateNumber(9007199254740991.0), "more digits than a double");
	assert_tree_refused("price", cJSON_CreateNumber(INFINITY), "not finite");
}
END_TEST

START_TEST(test_from_cjson__nodes_are_of_their_columns_types)
{
	assert_tree_refused("title", cJSON_CreateNumber(1), "must be a string");
	assert_tree_refused("title", cJSON_CreateArray(), "must be a string");
	assert_tree_refused("title", cJSON_CreateTrue(), "must be a string");
	assert_tree_refused("count", cJSON_CreateString("1"), "must be a whole number");
	assert_tree_refused("id", cJSON_CreateRaw("1 2"), "raw node");
	assert_tree_refused("data", cJSON_CreateRaw("{"), "raw node");
	assert_tree_refused("data", cJSON_CreateRaw(""), "raw node");
	assert_tree_refused("data", cJSON_CreateString("\xff"), "no JSON");
	assert_tree_refused("data", cJSON_CreateNumber(NAN), "no JSON");
	ck_assert_int_eq(read_changed_tree("data", cJSON_CreateString("s"), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("data", cJSON_CreateNull(), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("body", cJSON_CreateString(""), NULL), WEIR_OK);
	ck_assert_int_eq(read_changed_tree("title", cJSON_CreateString("\xff"), NULL), WEIR_ERR_VALUE);
	ck_assert_int_eq(read_changed_tree("at time", cJSON_CreateString(""), NULL), WEIR_ERR_FORMAT);
}
END_TEST

START_TEST(test_from_cjson__members_are_those_chosen)
{
	const note *read = NULL;
	weir_error  err = WEIR_ERROR_INIT;
	cJSON      *tree = cJSON_Parse(NOTE), *array = cJSON_CreateArray();

	cJSON_AddNullToObject(tree, "Body");
	ck_assert_int_eq(weir_record_from_cjson(&note_model, tree, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.message, "note.Body: is no column of the model");
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "Body");
	cJSON_AddNullToObject(tree, "body");
	ck_assert_int_eq(weir_record_from_cjson(&note_model, tree, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.message, "note.body: is there twice");
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "body");
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "body");
	ck_assert_int_eq(weir_record_from_cjson(&note_model, tree, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.message, "note.body: is missing");
	cJSON_AddItemToArray(tree, cJSON_CreateNull());
	ck_assert_int_eq(weir_record_from_cjson(&note_model, tree, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.message, "note: has a member without a name");
	ck_assert_int_eq(weir_record_from_cjson(&note_model, array, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_int_eq(weir_record_from_cjson(&note_model, NULL, NULL, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_ptr_null(read);
	cJSON_Delete(array);
	cJSON_Delete(tree);
}
END_TEST

START_TEST(test_json__becomes_a_tree_and_comes_back)
{
	/* clang-format off */
	static const char *const texts[] = {
		"null", "true", "false", "1.5", "-0", "[]", "{}", "\"a\\n\xc3\xa9\"", "[[],{},[{}],\"x\"]",
		"{\"a\":{\"b\":[1,2,{\"c\":null}],\"\":0},\"d\":\"\\u0001\"}", "0.30000000000000004", "12345678901234567890",
		"-1.2345678901234567890e-400", "[1e999]", "9007199254740993"
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		cJSON *tree = NULL;
		char  *text = NULL;
		ck_assert_int_eq(weir_json_to_cjson(weir_json_of(texts[i]), &tree, NULL), WEIR_OK);
		ck_assert_int_eq(weir_json_from_cjson(tree, &text, NULL), WEIR_OK);
		ck_assert_str_eq(text, texts[i]);
		weir__free(text);
		cJSON_Delete(tree);
	}
}
END_TEST

START_TEST(test_json__tree_is_the_one_that_cjson_makes)
{
	const char *text =
		" { \"a\" : [ 1 , 2.50 , \"\\u20ac\\ud83d\\ude00\\\\\\/\" , true, false , null, -3e2 ] , \"b\\tc\" : { } }\n";
	cJSON *tree = NULL, *expected = cJSON_Parse(text);
	char  *left, *right;

	ck_assert_int_eq(weir_json_to_cjson(weir_json_of(text), &tree, NULL), WEIR_OK);
	left = cJSON_PrintUnformatted(tree);
	right = cJSON_PrintUnformatted(expected);
	ck_assert_str_eq(left, right);
	cJSON_free(left);
	cJSON_free(right);
	cJSON_Delete(tree);
	cJSON_Delete(expected);
}
END_TEST

START_TEST(test_json__no_value_is_a_null)
{
	cJSON *tree = NULL;

	ck_assert_int_eq(weir_json_to_cjson(weir_json_of(NULL), &tree, NULL), WEIR_OK);
	ck_assert(cJSON_IsNull(tree));
	cJSON_Delete(tree);
}
END_TEST

START_TEST(test_json__what_is_none_is_refused)
{
	static const char *const texts[] = { "",    " ",   "[",   "]",       "{\"a\":1,}",  "[1,]",     "{\"a\"}", "{1:2}",
		                                 "1 2", "nul", "'a'", "[1 2]",   "\"\\u0000\"", "\"\xff\"", "01",      "+1",
		                                 "1.",  ".5",  "NaN", "// x\n1", "\"\\ud800\"", "{\"a\" 1}" };
	cJSON                   *tree = NULL;
	char                     deep[131];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(weir_json_to_cjson(weir_json_of(texts[i]), &tree, NULL) == WEIR_ERR_FORMAT, "taken: %s",
		              texts[i]);
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	deep[130] = '\0';
	ck_assert_int_eq(weir_json_to_cjson(weir_json_of(deep), &tree, NULL), WEIR_ERR_FORMAT);
	ck_assert_ptr_null(tree);
	deep[129] = '\0';
	ck_assert_int_eq(weir_json_to_cjson(weir_json_of(deep + 1), &tree, NULL), WEIR_OK);
	cJSON_Delete(tree);
}
END_TEST

START_TEST(test_json__trees_that_are_no_json_are_refused)
{
	cJSON *deep = cJSON_CreateArray(), *at = deep;
	cJSON *array = cJSON_CreateArray(), *object = cJSON_CreateObject();
	char  *text = NULL;

	for (int i = 0; i < 64; i++) {
		cJSON *inner = cJSON_CreateArray();
		cJSON_AddItemToArray(at, inner);
		at = inner;
	}
	ck_assert_int_eq(weir_json_from_cjson(deep, &text, NULL), WEIR_ERR_FORMAT);
	ck_assert_int_eq(weir_json_from_cjson(deep->child, &text, NULL), WEIR_OK);
	weir__free(text);
	text = NULL;
	cJSON_AddItemToArray(array, cJSON_CreateNumber(NAN));
	ck_assert_int_eq(weir_json_from_cjson(array, &text, NULL), WEIR_ERR_FORMAT);
	array->child->type = cJSON_Invalid;
	ck_assert_int_eq(weir_json_from_cjson(array, &text, NULL), WEIR_ERR_FORMAT);
	array->child->type = cJSON_String; /* without a text */
	ck_assert_int_eq(weir_json_from_cjson(array, &text, NULL), WEIR_ERR_FORMAT);
	cJSON_AddStringToObject(object, "\xff", "x");
	ck_assert_int_eq(weir_json_from_cjson(object, &text, NULL), WEIR_ERR_FORMAT);
	ck_assert_ptr_null(text);
	cJSON_Delete(deep);
	cJSON_Delete(array);
	cJSON_Delete(object);
}
END_TEST

WEIR_SUITE("models/json_tree", test_tree__numbers_keep_every_digit,
           test_from_cjson__numbers_that_a_double_may_have_changed_are_refused,
           test_from_cjson__nodes_are_of_their_columns_types, test_from_cjson__members_are_those_chosen,
           test_json__becomes_a_tree_and_comes_back, test_json__tree_is_the_one_that_cjson_makes,
           test_json__no_value_is_a_null, test_json__what_is_none_is_refused,
           test_json__trees_that_are_no_json_are_refused);
