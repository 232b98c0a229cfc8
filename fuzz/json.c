/* Fuzz target: JSON of others. A text that is read as a record comes back from its own export, as text and as a tree; a
 * text that becomes a tree comes back from that; and no tree that cJSON makes of the bytes does harm. */
#ifdef WEIR_FUZZ_TYPES
#include "support/every_type.h"
#define MODEL     every_type_model
#define NULL_JSON opt_settings
typedef every_type fuzzed;
#else
#include "unit/models/everything.h"
#define MODEL     everything_model
#define NULL_JSON null_data
typedef everything fuzzed;
#endif

#include <weir/json.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void release(const fuzzed **record)
{
	(void)weir_record_release(*record);
}

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static bool is_json_null(const fuzzed *record)
{
	return record->NULL_JSON.text && strcmp(record->NULL_JSON.text, "null") == 0;
}

static char *export_text(const fuzzed *record)
{
	char *text = NULL;

	demand(weir_record_to_json(record, NULL, &text, NULL) == WEIR_OK, "a record was not exported");
	return text;
}

static char *export_through_tree(const fuzzed *record)
{
	const fuzzed *back = NULL;
	cJSON        *tree = NULL;
	char         *text;

	demand(weir_record_to_cjson(record, NULL, &tree, NULL) == WEIR_OK, "a record did not become a tree");
	demand(weir_record_from_cjson(&MODEL, tree, NULL, &back, NULL) == WEIR_OK, "a tree was not read");
	text = export_text(back);
	release(&back);
	cJSON_Delete(tree);
	return text;
}

static void run_record(const char *bytes, size_t size)
{
	const fuzzed *record = NULL, *again = NULL;

	if (weir_record_from_json(&MODEL, bytes, size, NULL, &record, NULL) != WEIR_OK)
		return;
	demand(!is_json_null(record), "null was not read as NULL");
	char *text = export_text(record);
	demand(weir_record_from_json(&MODEL, text, strlen(text), NULL, &again, NULL) == WEIR_OK, "an export was not read");
	char *text_again = export_text(again);
	char *tree_text = export_through_tree(record);
	demand(strcmp(text, text_again) == 0, "an export changed when it was read");
	demand(strcmp(text, tree_text) == 0, "a tree changed the record");
	free(text);
	free(text_again);
	free(tree_text);
	release(&record);
	release(&again);
}

static void run_value(const char *text)
{
	cJSON *tree = NULL, *tree_again = NULL;
	char  *first = NULL, *second = NULL;

	if (weir_json_to_cjson(weir_json_of(text), &tree, NULL) != WEIR_OK)
		return;
	demand(weir_json_from_cjson(tree, &first, NULL) == WEIR_OK, "a tree of ours is no JSON");
	demand(weir_json_to_cjson(weir_json_of(first), &tree_again, NULL) == WEIR_OK, "a text of ours is no JSON");
	demand(weir_json_from_cjson(tree_again, &second, NULL) == WEIR_OK, "a second tree of ours is no JSON");
	demand(strcmp(first, second) == 0, "a tree changed when it came back");
	free(first);
	free(second);
	cJSON_Delete(tree);
	cJSON_Delete(tree_again);
}

static void run_foreign_tree(const char *text)
{
	const fuzzed *record = NULL;
	cJSON        *tree = cJSON_Parse(text);
	char         *own = NULL;

	(void)weir_record_from_cjson(&MODEL, tree, NULL, &record, NULL);
	release(&record);
	if (tree && weir_json_from_cjson(tree, &own, NULL) == WEIR_OK)
		free(own);
	cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	run_record((const char *)data, size);
	run_value(text);
	run_foreign_tree(text);
	free(text);
	return 0;
}
