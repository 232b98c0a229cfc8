/* Lists and pages as cJSON trees: arrays of what json_tree.c makes and reads, and where they stand. */
#include <weir/json.h>

#include "base/error.h"
#include "models/json_node.h"
#include "models/number.h"
#include "models/record.h"

#include <string.h>

static bool add_number(cJSON *page, const char *name, int64_t number)
{
	cJSON *node = weir__json_node_int8(number);

	if (node && cJSON_AddItemToObject(page, name, node))
		return true;
	cJSON_Delete(node);
	return false;
}

int weir_page_to_cjson(const void *list, const weir_page *page, const weir_set *fields, cJSON **tree, weir_error *err)
{
	cJSON *items = NULL, *made;
	int    status;

	if (!page || !tree)
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       page ? "nowhere to put the tree" : "no page: where the list stands must be said");
	status = weir_list_to_cjson(list, fields, &items, err);
	if (status != WEIR_OK)
		return status;
	made = cJSON_CreateObject();
	if (!made || !cJSON_AddItemToObject(made, "items", items)) {
		cJSON_Delete(items);
		cJSON_Delete(made);
		return weir__error_no_memory(err);
	}
	if (!add_number(made, "skip", page->skip) || !add_number(made, "limit", page->limit) ||
	    !add_number(made, "total", page->total)) {
		cJSON_Delete(made);
		return weir__error_no_memory(err);
	}
	*tree = made;
	return WEIR_OK;
}

static int read_items(const weir_model *model, const cJSON *tree, const weir_set *fields, weir_list *list,
                      weir_error *err)
{
	size_t i = 0;

	for (const cJSON *node = tree->child; node; node = node->next, i++) {
		const void *record = NULL;
		int         status;

		if (weir__json_node_type(node) == cJSON_NULL)
			continue;
		status = weir_record_from_cjson(model, node, fields, &record, err);
		if (status != WEIR_OK)
			return status;
		weir__list_set(list, i, record);
	}
	return WEIR_OK;
}

static size_t count_of(const cJSON *tree)
{
	size_t count = 0;

	for (const cJSON *node = tree->child; node; node = node->next)
		count++;
	return count;
}

int weir_list_from_cjson(const weir_model *model, const cJSON *tree, const weir_set *fields, void *list,
                         weir_error *err)
{
	weir_list made = WEIR_LIST_INIT;
	int       status;

	if (!model || !list)
		return weir__error_set(err, WEIR_ERR_USAGE, "no model, or no list to write to");
	if (!weir__list_out_is_empty(list))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL,
		                          "the list must be empty before the call: what it holds would be lost");
	if (!tree || weir__json_node_type(tree) != cJSON_Array)
		return weir__error_set_at(err, WEIR_ERR_FORMAT, model->name, NULL, "must be a JSON array");
	status = weir__list_create_of(model, count_of(tree), &made);
	if (status != WEIR_OK)
		return weir__error_no_memory(err);
	status = read_items(model, tree, fields, &made, err);
	if (status == WEIR_OK)
		memcpy(list, &made, sizeof made); /* of the caller's type, alike but not the same to the compiler */
	else
		weir_list_release(&made);
	return status;
}

static int read_number(const weir_model *model, const cJSON *tree, const char *name, int64_t *number, weir_error *err)
{
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(tree, name);
	double       value = node ? node->valuedouble : -1;

	if (!node || weir__json_node_type(node) != cJSON_Number || !(value >= 0) || value >= (double)WEIR__EXACT_MAX ||
	    (double)(int64_t)value != value)
		return weir__error_set_at(err, WEIR_ERR_FORMAT, model->name, NULL, "%s of a page must be a whole number", name);
	*number = (int64_t)value;
	return WEIR_OK;
}

int weir_page_from_cjson(const weir_model *model, const cJSON *tree, const weir_set *fields, void *list,
                         weir_page *page, weir_error *err)
{
	weir_page read = { .skip = 0 };
	int       status;

	if (!model || !page)
		return weir__error_set(err, WEIR_ERR_USAGE, "no model, or no page to write to");
	if (!tree || weir__json_node_type(tree) != cJSON_Object)
		return weir__error_set_at(err, WEIR_ERR_FORMAT, model->name, NULL, "a page must be a JSON object");
	status = read_number(model, tree, "skip", &read.skip, err);
	if (status == WEIR_OK)
		status = read_number(model, tree, "limit", &read.limit, err);
	if (status == WEIR_OK)
		status = read_number(model, tree, "total", &read.total, err);
	if (status == WEIR_OK)
		status = weir_list_from_cjson(model, cJSON_GetObjectItemCaseSensitive(tree, "items"), fields, list, err);
	if (status == WEIR_OK)
		*page = read;
	return status;
}
