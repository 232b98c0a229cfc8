/* JSON for services: records as text and as trees say the same and come back as they were, and what is not exactly a
 * record is refused with the name of the member. */
#include "base/memory.h"
#include "support/suite.h"
#include "unit/models/everything_sample.h"
#include "unit/models/note_json.h"

#include <weir/json.h>
#include <weir/sql.h>

#include <cjson/cJSON.h>

static const note *read_note(const char *text)
{
	const note *read = NULL;
	weir_error  err = WEIR_ERROR_INIT;

	ck_assert_msg(weir_record_from_json(&note_model, text, strlen(text), NULL, &read, &err) == WEIR_OK, "%s",
	              err.message);
	return read;
}

START_TEST(test_record__is_an_object_in_the_order_of_the_columns)
{
	const note *record = make_note(7);
	char       *text = NULL;

	ck_assert_int_eq(weir_record_to_json(record, NULL, &text, NULL), WEIR_OK);
	ck_assert_str_eq(text, NOTE);
	weir__free(text);
	note_release(&record);
}
END_TEST

START_TEST(test_record__chosen_columns_only)
{
	const note    *record = make_note(7);
	const weir_set all = weir_set_all(&note_model);
	const weir_set two = { &note_model, (const size_t[]){ offsetof(note, title), offsetof(note, id) }, 2 };
	char          *text = NULL;

	ck_assert_int_eq(weir_record_to_json(record, &two, &text, NULL), WEIR_OK);
	ck_assert_str_eq(text, "{\"id\":7,\"title\":\"t\"}");
	weir__free(text);
	ck_assert_int_eq(weir_record_to_json(record, &all, &text, NULL), WEIR_OK);
	ck_assert_ptr_null(strstr(text, "\"id\""));
	ck_assert_ptr_nonnull(strstr(text, "\"count\":-1"));
	weir__free(text);
	note_release(&record);
}
END_TEST

/* A JSON null in a nullable column is exported as null, and null is read as NULL. */
static void forget_json_null(everything *value)
{
	if (value->null_data.text && strcmp(value->null_data.text, "null") == 0)
		value->null_data.text = NULL;
}

static void assert_text_comes_back(const weir__layout *layout, const void *record, const char *text)
{
	const everything *back = NULL;
	weir_error        err = WEIR_ERROR_INIT;
	int               status = weir_record_from_json(&everything_model, text, strlen(text), NULL, &back, &err);

	ck_assert_msg(status == WEIR_OK, "%s: %s", err.message, text);
	sample_assert_same(layout, record, back);
	everything_release(&back);
}

static void assert_tree_comes_back(const weir__layout *layout, const void *record, const cJSON *tree)
{
	const everything *back = NULL;
	weir_error        err = WEIR_ERROR_INIT;
	int               status = weir_record_from_cjson(&everything_model, tree, NULL, &back, &err);

	ck_assert_msg(status == WEIR_OK, "%s", err.message);
	sample_assert_same(layout, record, back);
	everything_release(&back);
}

START_TEST(test_record__text_and_tree_say_the_same_and_come_back)
{
	weir__layout *layout = NULL;
	sample       *s = calloc(1, sizeof *s);

	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		(void)sample_fill(s, seed);
		forget_json_null(&s->value);
		const void *record = make_record(&everything_model, &s->value);
		char       *text = NULL, *tree_text = NULL;
		cJSON      *tree = NULL;
		ck_assert_int_eq(weir_record_to_json(record, NULL, &text, NULL), WEIR_OK);
		ck_assert_int_eq(weir_record_to_cjson(record, NULL, &tree, NULL), WEIR_OK);
		ck_assert_int_eq(weir_json_from_cjson(tree, &tree_text, NULL), WEIR_OK);
		ck_assert_str_eq(text, tree_text);
		assert_text_comes_back(layout, record, text);
		assert_tree_comes_back(layout, record, tree);
		(void)weir_record_release(record);
		weir__free(text);
		weir__free(tree_text);
		cJSON_Delete(tree);
	}
	free(s);
	weir__layout_free(layout);
}
END_TEST

/* What cJSON prints of a tree is the text too, but for doubles of more than 15 digits, which it rounds, and -0. */
START_TEST(test_record__cjson_prints_its_tree_as_the_text)
{
	static const size_t columns[] = {
		offsetof(everything, id),         offsetof(everything, flag),        offsetof(everything, small),
		offsetof(everything, middle),     offsetof(everything, amount),      offsetof(everything, title),
		offsetof(everything, seen_at),    offsetof(everything, local_at),    offsetof(everything, token),
		offsetof(everything, data),       offsetof(everything, opt_flag),    offsetof(everything, opt_small),
		offsetof(everything, opt_big),    offsetof(everything, null_amount), offsetof(everything, null_data),
		offsetof(everything, null_title), offsetof(everything, opt_seen_at), offsetof(everything, opt_token)
	};
	const weir_set set = { &everything_model, columns, sizeof columns / sizeof columns[0] };
	sample        *s = calloc(1, sizeof *s);

	for (uint64_t seed = 1; seed <= 500; seed++) {
		const void *record = make_record(&everything_model, sample_fill(s, seed));
		char       *text = NULL, *printed;
		cJSON      *tree = NULL;
		ck_assert_int_eq(weir_record_to_json(record, &set, &text, NULL), WEIR_OK);
		ck_assert_int_eq(weir_record_to_cjson(record, &set, &tree, NULL), WEIR_OK);
		printed = cJSON_PrintUnformatted(tree);
		ck_assert_str_eq(text, printed);
		cJSON_free(printed);
		cJSON_Delete(tree);
		weir__free(text);
		(void)weir_record_release(record);
	}
	free(s);
}
END_TEST

START_TEST(test_record__cjson_parses_its_text_and_the_tree_comes_back)
{
	weir__layout *layout = NULL;
	sample       *s = calloc(1, sizeof *s);

	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		everything *value = (everything *)(uintptr_t)sample_fill(s, seed);
		value->data.text = "[1,\"a\",{\"b\":null}]"; /* of others cJSON keeps less than we do */
		value->null_data.text = NULL;
		if (value->id == INT64_C(1) << 53 || value->id == -(INT64_C(1) << 53))
			value->id--; /* here a double may have been another number */
		value->opt_big.has = false;
		const void *record = make_record(&everything_model, value);
		char       *text = NULL;
		ck_assert_int_eq(weir_record_to_json(record, NULL, &text, NULL), WEIR_OK);
		cJSON *tree = cJSON_Parse(text);
		assert_tree_comes_back(layout, record, tree);
		cJSON_Delete(tree);
		weir__free(text);
		(void)weir_record_release(record);
	}
	free(s);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_from_json__takes_any_order_blanks_and_escapes)
{
	const note *read = read_note(
		" {\t\"data\" : [ 1 , \"\\u00e9\" ] ,\r\n \"title\":\"\\u00e9\\ud83d\\ude00\\/\\n\\\"\", \"price\" : 12.500, "
		"\"at\\u0020time\":\"2026-11-21T12:26:15+02:00\",\"count\":3,\"id\":9223372036854775807,\"body\":\"\" } \n");

	ck_assert_int_eq(read->id, INT64_MAX);
	ck_assert_int_eq(read->count, 3);
	ck_assert_str_eq(read->title, "\xc3\xa9\xf0\x9f\x98\x80/\n\"");
	ck_assert_str_eq(read->body, "");
	ck_assert_str_eq(read->price.text, "12.500");
	ck_assert_int_eq(read->at.unix_us, INT64_C(1795256775000000));
	ck_assert_str_eq(read->data.text, "[ 1 , \"\\u00e9\" ]");
	ck_assert_ptr_eq(weir_record_model(read), &note_model);
	note_release(&read);
}
END_TEST

START_TEST(test_from_json__int8_and_numeric_are_numbers_or_strings)
{
	const note *read =
		read_note("{\"id\":\"-9223372036854775808\",\"count\":0,\"title\":\"\",\"body\":null,\"price\":-1e-5,"
	              "\"at time\":\"infinity\",\"data\":null}");

	ck_assert_int_eq(read->id, INT64_MIN);
	ck_assert_str_eq(read->price.text, "-1e-5");
	ck_assert_int_eq(read->at.unix_us, INT64_MAX);
	ck_assert_ptr_null(read->data.text);
	note_release(&read);
	read = read_note("{\"id\":9007199254740993,\"count\":0,\"title\":\"\",\"body\":null,\"price\":\"NaN\","
	                 "\"at time\":\"-infinity\",\"data\":\"null\"}");
	ck_assert_int_eq(read->id, INT64_C(9007199254740993));
	ck_assert_str_eq(read->price.text, "NaN");
	ck_assert_str_eq(read->data.text, "\"null\"");
	note_release(&read);
}
END_TEST

static void assert_refused(const char *text, size_t length, int status, const char *column, const char *what)
{
	const note *read = NULL;
	weir_error  err = WEIR_ERROR_INIT;
	int         got = weir_record_from_json(&note_model, text, length, NULL, &read, &err);

	ck_assert_msg(got == status, "status %d (%s) of %.*s", got, err.message, (int)(length < 300 ? length : 300), text);
	ck_assert_ptr_null(read);
	ck_assert_str_eq(err.model, "note");
	ck_assert_str_eq(err.column, column);
	ck_assert_msg(strstr(err.message, what), "%s", err.message);
}

/* NOTE with the first `was` in it made `is`. */
static void assert_change_refused(const char *was, const char *is, int status, const char *column, const char *what)
{
	const char  *at = strstr(NOTE, was);
	weir__buffer text = WEIR__BUFFER_INIT;

	ck_assert_ptr_nonnull(at);
	weir__buffer_append(&text, NOTE, (size_t)(at - NOTE));
	weir__buffer_append_text(&text, is);
	weir__buffer_append_text(&text, at + strlen(was));
	assert_refused(text.data, text.length, status, column, what);
	weir__buffer_release(&text);
}

START_TEST(test_from_json__members_are_those_chosen)
{
	assert_change_refused("\"id\":7,", "", WEIR_ERR_FORMAT, "id", "is missing");
	assert_change_refused("\"id\"", "\"ID\"", WEIR_ERR_FORMAT, "ID", "is no column");
	assert_change_refused("\"id\"", "\"i\\u0064\\u00e9\"", WEIR_ERR_FORMAT, "id\xc3\xa9", "is no column");
	assert_change_refused("\"id\":7", "\"id\":7,\"id\":7", WEIR_ERR_FORMAT, "id", "is there twice");
	assert_change_refused("\"id\":7", "\"id\":7,\"\":7", WEIR_ERR_FORMAT, "", "is no column");
	assert_change_refused("\"id\"", "\"id\\u0000x\"", WEIR_ERR_FORMAT, "", "name of a member");
	assert_change_refused("\"id\"", "id", WEIR_ERR_FORMAT, "", "name of a member");
	assert_change_refused("\"id\"", "\"\\ud800\"", WEIR_ERR_FORMAT, "", "name of a member");
	assert_change_refused("\"id\":7", "\"id\" 7", WEIR_ERR_FORMAT, "", "colon");
	assert_change_refused(",\"count\"", " \"count\"", WEIR_ERR_FORMAT, "", "comma");
}
END_TEST

START_TEST(test_from_json__values_are_of_their_columns_types)
{
	static const char *const no_integers[] = {
		"1.0", "1e3", "-0", "true", "{}", "[]", "\"x\"", "\"\"", "9223372036854775808", "\"1.5\""
	};
	static const char *const no_texts[] = { "1", "true", "[]", "{}" };
	static const char *const no_times[] = { "1", "\"\"", "\"2026-11-21\"", "\"2026-11-21T10:26:15\"", "\"now\"", "{}" };

	for (size_t i = 0; i < sizeof no_integers / sizeof no_integers[0]; i++)
		assert_change_refused("7", no_integers[i], WEIR_ERR_FORMAT, "id", "must be a whole number");
	for (size_t i = 0; i < sizeof no_texts / sizeof no_texts[0]; i++)
		assert_change_refused("\"t\"", no_texts[i], WEIR_ERR_FORMAT, "title", "must be a string");
	for (size_t i = 0; i < sizeof no_times / sizeof no_times[0]; i++)
		assert_change_refused("\"2026-11-21T10:26:15.000123Z\"", no_times[i], WEIR_ERR_FORMAT, "at time",
		                      "must be a string like");
	assert_change_refused("-1", "\"-1\"", WEIR_ERR_FORMAT, "count", "must be a whole number");
	assert_change_refused("\"12.50\"", "true", WEIR_ERR_FORMAT, "price", "must be a string that holds a number");
	assert_change_refused("\"12.50\"", "[1]", WEIR_ERR_FORMAT, "price", "must be a string that holds a number");
}
END_TEST

START_TEST(test_from_json__values_pass_the_checks_of_a_create)
{
	assert_change_refused("-1", "2147483648", WEIR_ERR_VALUE, "count", "out of the range");
	assert_change_refused("\"t\"", "\"12345678901\"", WEIR_ERR_VALUE, "title", "10 characters");
	assert_change_refused("\"t\"", "null", WEIR_ERR_NOT_NULL, "title", "NULL");
	assert_change_refused("\"12.50\"", "\"12,50\"", WEIR_ERR_VALUE, "price", "numeric");
	assert_change_refused("\"2026", "\"-4800", WEIR_ERR_VALUE, "at", "4713 BC");
}
END_TEST

START_TEST(test_from_json__what_is_no_json_is_refused)
{
	assert_change_refused("\"t\"", "\"a\\u0000b\"", WEIR_ERR_FORMAT, "title", "holds \\u0000, which neither jsonb");
	assert_change_refused("\"t\"", "\"\\ud83d\"", WEIR_ERR_FORMAT, "title", "is not JSON");
	assert_change_refused("\"t\"", "\"\xc0\x80\"", WEIR_ERR_FORMAT, "title", "is not JSON");
	assert_change_refused("\"t\"", "\"\n\"", WEIR_ERR_FORMAT, "title", "is not JSON");
	assert_change_refused("\"t\"", "", WEIR_ERR_FORMAT, "title", "is not JSON");
	assert_change_refused("1.50", "01", WEIR_ERR_FORMAT, "data", "is not JSON");
	assert_change_refused("1.50", "{\"a\\u0000\": 1}", WEIR_ERR_FORMAT, "data", "holds \\u0000, which neither jsonb");
	assert_change_refused("1.50", "[\"\\u0000\"", WEIR_ERR_FORMAT, "data", "holds \\u0000, which neither jsonb");
	assert_change_refused("]}}", "]}} x", WEIR_ERR_FORMAT, "", "behind the closing brace");
	assert_change_refused("]}}", "]}}}", WEIR_ERR_FORMAT, "", "behind the closing brace");
	assert_change_refused("]}}", "]},}", WEIR_ERR_FORMAT, "", "name of a member");
	assert_refused("", 0, WEIR_ERR_FORMAT, "", "must be a JSON object");
	assert_refused("[]", 2, WEIR_ERR_FORMAT, "", "must be a JSON object");
	assert_refused(NOTE "\0", sizeof NOTE, WEIR_ERR_FORMAT, "", "behind the closing brace");
	for (size_t length = 0; length < strlen(NOTE); length++) {
		char       *cut = malloc(length + 1);
		const note *read = NULL;
		memcpy(cut, NOTE, length);
		ck_assert_int_eq(weir_record_from_json(&note_model, cut, length, NULL, &read, NULL), WEIR_ERR_FORMAT);
		free(cut);
	}
}
END_TEST

START_TEST(test_from_json__a_million_brackets_are_refused_at_once)
{
	enum { MILLION = 1000000 };
	char *text = malloc(MILLION + 8);

	memset(text, '[', MILLION);
	assert_refused(text, MILLION, WEIR_ERR_FORMAT, "", "must be a JSON object");
	memcpy(text, "{\"data\":", 8);
	assert_refused(text, MILLION, WEIR_ERR_FORMAT, "data", "nested more than 64 deep");
	free(text);
}
END_TEST

START_TEST(test_from_json__only_the_chosen_columns)
{
	const weir_set two = { &note_model, (const size_t[]){ offsetof(note, title), offsetof(note, price) }, 2 };
	const char    *text = "{\"price\":\"1\",\"title\":\"t\"}", *more = "{\"id\":1,\"price\":\"1\",\"title\":\"t\"}";
	const note    *read = NULL;
	weir_error     err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir_record_from_json(&note_model, text, strlen(text), &two, &read, NULL), WEIR_OK);
	ck_assert_str_eq(read->title, "t");
	ck_assert_int_eq(read->id, 0);
	ck_assert_ptr_null(read->data.text);
	note_release(&read);
	ck_assert_int_eq(weir_record_from_json(&note_model, more, strlen(more), &two, &read, &err), WEIR_ERR_FORMAT);
	ck_assert_str_eq(err.message, "note.id: is not one of the chosen columns");
	ck_assert_int_eq(weir_record_from_json(&note_model, "{}", 2, &(weir_set){ &note_model, NULL, 0 }, &read, NULL),
	                 WEIR_OK);
	note_release(&read);
}
END_TEST

/* Two records and a gap, as get_many gives them. */
static note_list make_list(void)
{
	weir_list list = WEIR_LIST_INIT;
	note_list typed = WEIR_LIST_INIT;

	ck_assert_int_eq(weir__list_create_of(&note_model, 3, &list), WEIR_OK);
	weir__list_set(&list, 0, make_note(1));
	weir__list_set(&list, 2, make_note(3));
	weir__list_out_set(&typed, &list);
	return typed;
}

START_TEST(test_list__is_an_array_with_null_for_a_gap)
{
	const weir_set id = { &note_model, (const size_t[]){ offsetof(note, id) }, 1 };
	note_list      list = make_list();
	cJSON         *tree = NULL;
	char          *text = NULL, *printed;

	ck_assert_int_eq(weir_list_to_json(&list, &id, &text, NULL), WEIR_OK);
	ck_assert_str_eq(text, "[{\"id\":1},null,{\"id\":3}]");
	ck_assert_int_eq(weir_list_to_cjson(&list, &id, &tree, NULL), WEIR_OK);
	printed = cJSON_PrintUnformatted(tree);
	ck_assert_str_eq(printed, text);
	cJSON_free(printed);
	cJSON_Delete(tree);
	weir__free(text);
	ck_assert_int_eq(
		weir_page_to_json(&list, &(weir_page){ .skip = 20, .limit = 3, .total = 1234567890123 }, &id, &text, NULL),
		WEIR_OK);
	ck_assert_str_eq(text, "{\"items\":[{\"id\":1},null,{\"id\":3}],\"skip\":20,\"limit\":3,\"total\":1234567890123}");
	weir__free(text);
	note_list_release(&list);
}
END_TEST

static cJSON *page_tree(const note_list *list, const weir_set *fields)
{
	cJSON    *tree = NULL;
	weir_page page = { .skip = 20, .limit = 3, .total = 1234567890123 };

	ck_assert_int_eq(weir_page_to_cjson(list, &page, fields, &tree, NULL), WEIR_OK);
	return tree;
}

START_TEST(test_page__becomes_a_tree_and_comes_back)
{
	const weir_set id = { &note_model, (const size_t[]){ offsetof(note, id) }, 1 };
	note_list      list = make_list(), back = WEIR_LIST_INIT;
	cJSON         *tree = page_tree(&list, &id);
	char          *printed = cJSON_PrintUnformatted(tree), *text = NULL;
	weir_page      page = { 0 };

	ck_assert_int_eq(weir_page_to_json(&list, &(weir_page){ 20, 3, 1234567890123 }, &id, &text, NULL), WEIR_OK);
	ck_assert_str_eq(printed, text);
	ck_assert_int_eq(weir_page_from_cjson(&note_model, tree, &id, &back, &page, NULL), WEIR_OK);
	ck_assert(page.skip == 20 && page.limit == 3 && page.total == 1234567890123);
	ck_assert_uint_eq(back.count, 3);
	ck_assert(back.items[0]->id == 1 && !back.items[1] && back.items[2]->id == 3);
	weir__free(text);
	cJSON_free(printed);
	cJSON_Delete(tree);
	note_list_release(&back);
	note_list_release(&list);
}
END_TEST

START_TEST(test_page__that_is_none_is_refused_and_leaves_nothing)
{
	static const char *const texts[] = { "[]",
		                                 "{}",
		                                 "{\"items\":{},\"skip\":0,\"limit\":1,\"total\":1}",
		                                 "{\"items\":[],\"skip\":-1,\"limit\":1,\"total\":1}",
		                                 "{\"items\":[],\"skip\":0.5,\"limit\":1,\"total\":1}",
		                                 "{\"items\":[{\"id\":1},{\"id\":\"x\"}],\"skip\":0,\"limit\":1,\"total\":1}" };
	const weir_set           id = { &note_model, (const size_t[]){ offsetof(note, id) }, 1 };
	note_list                list = WEIR_LIST_INIT;
	weir_page                page = { .skip = 7 };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		cJSON *tree = cJSON_Parse(texts[i]);

		ck_assert_int_eq(weir_page_from_cjson(&note_model, tree, &id, &list, &page, NULL), WEIR_ERR_FORMAT);
		ck_assert(!list.items && page.skip == 7);
		cJSON_Delete(tree);
	}
	ck_assert_int_eq(weir_page_from_cjson(NULL, NULL, NULL, &list, &page, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_from_cjson(&note_model, NULL, NULL, NULL, NULL), WEIR_ERR_USAGE);
}
END_TEST

typedef struct tally {
	const char  *title;
	weir_opt_i64 notes;
} tally;
WEIR_RECORD(tally)

static const weir_field tally_fields[] = { WEIR_FIELD(tally, title), WEIR_FIELD(tally, notes) };
static const weir_model tally_model = WEIR_RESULT(tally, tally_fields);

START_TEST(test_result__that_has_no_table_is_exported_and_read_like_any_record)
{
	static const char text[] = "{\"title\":\"t\",\"notes\":3}";
	const tally      *read = NULL;
	weir_error        err = WEIR_ERROR_INIT;
	char             *again = NULL;
	cJSON            *tree = NULL;

	ck_assert_msg(weir_record_from_json(&tally_model, text, strlen(text), NULL, &read, &err) == WEIR_OK, "%s",
	              err.message);
	ck_assert_int_eq(read->notes.value, 3);
	ck_assert_msg(weir_record_to_json(read, NULL, &again, &err) == WEIR_OK, "%s", err.message);
	ck_assert_str_eq(again, text);
	ck_assert_int_eq(weir_record_to_cjson(read, NULL, &tree, &err), WEIR_OK);
	tally_release(&read);
	ck_assert_int_eq(weir_record_from_cjson(&tally_model, tree, NULL, &read, &err), WEIR_OK);
	ck_assert_str_eq(read->title, "t");
	cJSON_Delete(tree);
	weir_free(again);
	tally_release(&read);
}
END_TEST

START_TEST(test_list__may_be_empty)
{
	note_list list = WEIR_LIST_INIT;
	cJSON    *tree = NULL;
	char     *text = NULL;

	ck_assert_int_eq(weir_list_to_json(&list, NULL, &text, NULL), WEIR_OK);
	ck_assert_str_eq(text, "[]");
	weir__free(text);
	ck_assert_int_eq(weir_list_to_cjson(&list, NULL, &tree, NULL), WEIR_OK);
	ck_assert_int_eq(cJSON_GetArraySize(tree), 0);
	ck_assert(cJSON_IsArray(tree));
	cJSON_Delete(tree);
}
END_TEST

START_TEST(test_list__of_two_models_is_refused)
{
	sample     *s = calloc(1, sizeof *s);
	const void *items[] = { make_note(1), NULL, make_record(&everything_model, sample_fill(s, 1)) };
	weir_list   list = { .items = items, .count = 3 };
	weir_error  err = WEIR_ERROR_INIT;
	char       *text = NULL;

	ck_assert_int_eq(weir_list_to_json(&list, NULL, &text, &err), WEIR_ERR_USAGE);
	ck_assert_str_eq(err.message, "note: the list has records of other models too");
	ck_assert_ptr_null(text);
	(void)weir_record_release(items[0]);
	(void)weir_record_release(items[2]);
	free(s);
}
END_TEST

START_TEST(test_calls__with_nothing_are_refused)
{
	const weir_set other = weir_set_all(&everything_model);
	const note    *record = make_note(1), *read = NULL;
	note_list      list = make_list();
	cJSON         *tree = NULL;
	char          *text = NULL;

	ck_assert_int_eq(weir_record_to_json(NULL, NULL, &text, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_to_cjson(NULL, NULL, &tree, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_to_json(record, &other, &text, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_to_cjson(record, &other, &tree, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_to_json(NULL, NULL, &text, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_to_cjson(NULL, NULL, &tree, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_to_cjson(&list, &other, &tree, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_page_to_json(&list, NULL, NULL, &text, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_page_to_json(&list, &(weir_page){ 0, 1, 2 }, &other, &text, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_from_json(&note_model, NULL, 0, NULL, &read, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_from_json(NULL, NOTE, 2, NULL, &read, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_from_json(&note_model, NOTE, 2, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_from_json(&note_model, NOTE, 2, &other, &read, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_json_from_cjson(NULL, &text, NULL), WEIR_ERR_USAGE);
	ck_assert(!text && !tree && !read);
	note_release(&record);
	note_list_release(&list);
}
END_TEST

START_TEST(test_calls__with_no_place_for_the_answer_are_refused)
{
	const note *record = make_note(1);
	note_list   list = make_list();
	cJSON      *tree = cJSON_CreateArray();

	ck_assert_int_eq(weir_record_to_json(record, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_to_cjson(record, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_to_json(&list, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_list_to_cjson(&list, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_page_to_json(&list, &(weir_page){ 0, 1, 2 }, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_page_to_cjson(&list, &(weir_page){ 0, 1, 2 }, NULL, NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_json_to_cjson(weir_json_of("[1]"), NULL, NULL), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_json_from_cjson(tree, NULL, NULL), WEIR_ERR_USAGE);
	cJSON_Delete(tree);
	note_release(&record);
	note_list_release(&list);
}
END_TEST

/* cJSON has its own allocator, which here fails when it is told. */
static long cjson_left;

static void *limited_malloc(size_t size)
{
	return cjson_left-- > 0 ? malloc(size) : NULL;
}

static void fail_cjson_after(long successes)
{
	cJSON_Hooks limited = { .malloc_fn = limited_malloc, .free_fn = free };

	cjson_left = successes;
	cJSON_InitHooks(successes < 0 ? NULL : &limited);
}

START_TEST(test_trees__survive_every_failed_allocation_of_cjson)
{
	note_list  list = make_list();
	weir_error err = WEIR_ERROR_INIT;
	cJSON     *tree = NULL;
	int        status = WEIR_ERR_NO_MEMORY;

	for (long n = 0; status != WEIR_OK; n++) {
		fail_cjson_after(n);
		status = weir_page_to_cjson(&list, &(weir_page){ 0, 3, 3 }, NULL, &tree, &err);
		fail_cjson_after(-1);
		ck_assert(status == WEIR_OK || (status == WEIR_ERR_NO_MEMORY && !tree && err.status == status));
	}
	cJSON_Delete(tree);
	tree = NULL;
	status = WEIR_ERR_NO_MEMORY;
	for (long n = 0; status != WEIR_OK; n++) {
		fail_cjson_after(n);
		status =
			weir_json_to_cjson(weir_json_of("{\"a\":[1,12345678901234567890,\"x\",true,false,null,{}]}"), &tree, &err);
		fail_cjson_after(-1);
		ck_assert(status == WEIR_OK || (status == WEIR_ERR_NO_MEMORY && !tree));
	}
	cJSON_Delete(tree);
	note_list_release(&list);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* Every call that allocates; the first status that is not WEIR_OK. */
static int call_all(const note *record, const note_list *list, const cJSON *tree)
{
	char       *texts[4] = { NULL };
	cJSON      *trees[2] = { NULL };
	const note *read[2] = { NULL };
	int         status = weir_record_to_json(record, NULL, &texts[0], NULL);

	if (status == WEIR_OK)
		status = weir_list_to_json(list, NULL, &texts[1], NULL);
	if (status == WEIR_OK)
		status = weir_page_to_json(list, &(weir_page){ 0, 3, 3 }, NULL, &texts[2], NULL);
	if (status == WEIR_OK)
		status = weir_list_to_cjson(list, NULL, &trees[0], NULL);
	if (status == WEIR_OK)
		status = weir_json_to_cjson(weir_json_of("{\"a\":12345678901234567890}"), &trees[1], NULL);
	if (status == WEIR_OK)
		status = weir_json_from_cjson(tree, &texts[3], NULL);
	if (status == WEIR_OK)
		status = weir_record_from_json(&note_model, NOTE, strlen(NOTE), NULL, &read[0], NULL);
	if (status == WEIR_OK)
		status = weir_record_from_cjson(&note_model, tree, NULL, &read[1], NULL);
	for (size_t i = 0; i < 4; i++)
		weir__free(texts[i]);
	for (size_t i = 0; i < 2; i++) {
		cJSON_Delete(trees[i]);
		note_release(&read[i]);
	}
	return status;
}

START_TEST(test_calls__survive_every_failed_allocation)
{
	const note *record = make_note(1);
	note_list   list = make_list();
	cJSON      *tree = cJSON_Parse(NOTE);

	for (enum weir__memory_failure mode = WEIR__FAIL_ONCE; mode <= WEIR__FAIL_FOREVER; mode++) {
		bool failed = true;
		for (long n = 0; failed; n++) {
			weir__memory_fail_after(n, mode);
			int status = call_all(record, &list, tree);
			failed = weir__memory_failures() > 0;
			weir__memory_fail_after(0, WEIR__FAIL_NEVER);
			ck_assert_int_eq(status, failed ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		}
	}
	cJSON_Delete(tree);
	note_list_release(&list);
	note_release(&record);
}
END_TEST

#define FAILURES , test_calls__survive_every_failed_allocation
#else
#define FAILURES
#endif

#ifdef WEIR_DEBUG
START_TEST(test_from_json__a_pointer_that_still_holds_something_is_refused)
{
	const note *record = make_note(1), *held = record;
	weir_error  err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir_record_from_json(&note_model, NOTE, strlen(NOTE), NULL, &held, &err), WEIR_ERR_USAGE);
	ck_assert_ptr_eq(held, record);
	note_release(&record);
}
END_TEST

#define DEBUG_TESTS , test_from_json__a_pointer_that_still_holds_something_is_refused
#else
#define DEBUG_TESTS
#endif

WEIR_SUITE("models/json", test_record__is_an_object_in_the_order_of_the_columns, test_record__chosen_columns_only,
           test_record__text_and_tree_say_the_same_and_come_back, test_record__cjson_prints_its_tree_as_the_text,
           test_record__cjson_parses_its_text_and_the_tree_comes_back,
           test_from_json__takes_any_order_blanks_and_escapes, test_from_json__int8_and_numeric_are_numbers_or_strings,
           test_from_json__members_are_those_chosen, test_from_json__values_are_of_their_columns_types,
           test_from_json__values_pass_the_checks_of_a_create, test_from_json__what_is_no_json_is_refused,
           test_from_json__a_million_brackets_are_refused_at_once, test_from_json__only_the_chosen_columns,
           test_list__is_an_array_with_null_for_a_gap, test_page__becomes_a_tree_and_comes_back,
           test_page__that_is_none_is_refused_and_leaves_nothing, test_list__may_be_empty,
           test_result__that_has_no_table_is_exported_and_read_like_any_record, test_list__of_two_models_is_refused,
           test_calls__with_nothing_are_refused, test_calls__with_no_place_for_the_answer_are_refused,
           test_trees__survive_every_failed_allocation_of_cjson FAILURES DEBUG_TESTS);
