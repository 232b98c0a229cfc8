/* Records to and from cJSON trees.
 *
 * A tree holds numbers as doubles, and cJSON prints whole ones beyond 15 digits with an exponent, so that other
 * readers no longer see whole numbers, or see others. Hence an int8 is a number up to 15 digits, a raw node up to
 * 2^53 (of which valuedouble is set too), and a string beyond; jsonb is a raw node, to the byte. */
#include <weir/json.h>

#include "base/error.h"
#include "base/memory.h"
#include "models/base64.h"
#include "models/json_export.h"
#include "models/json_import.h"
#include "models/json_node.h"
#include "models/json_text.h"
#include "models/number.h"
#include "models/value_text.h"
#include "models/value_type.h"

#include <math.h>
#include <string.h>

static cJSON *make_float8(double number)
{
	if (isfinite(number))
		return cJSON_CreateNumber(number);
	if (isnan(number))
		return cJSON_CreateString("NaN");
	return cJSON_CreateString(number < 0 ? "-Infinity" : "Infinity");
}

/* A float as the shortest number that is this float, and not as the double that it is too. */
static cJSON *make_float4(double number)
{
	char  text[WEIR__DOUBLE_TEXT_MAX];
	char *end;

	if (!isfinite(number))
		return make_float8(number);
	end = weir__float_write(text, (float)number);
	(void)weir__double_read(text, end, &number);
	return cJSON_CreateNumber(number);
}

static cJSON *make_text(const weir__value_text *form, const weir_value *value)
{
	uint64_t member[3];
	char     text[WEIR__VALUE_TEXT_MAX];

	weir__value_store(value, member);
	(void)form->write(member, text);
	return cJSON_CreateString(text);
}

static cJSON *make_bytea(const weir_bytea *bytes)
{
	size_t length = weir__base64_length(bytes->length);
	char  *text = weir__malloc(length + 1);
	cJSON *node = NULL;

	if (!text)
		return NULL;
	*weir__base64_write(text, bytes->data, bytes->length) = '\0';
	node = cJSON_CreateString(text);
	weir__free(text);
	return node;
}

static cJSON *make_items(const weir_value *array);

static cJSON *make_node(const weir_value *value)
{
	const weir__value_text *form = weir__value_text_of(value->type);

	if (value->is_null)
		return cJSON_CreateNull();
	if (form)
		return make_text(form, value);
	if (weir__type_is_array(value->type))
		return make_items(value);
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		return cJSON_CreateBool(value->as.boolean);
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_INT8:
		return weir__json_node_int8(value->as.integer);
	case WEIR_TYPE_FLOAT4:
		return make_float4(value->as.number);
	case WEIR_TYPE_FLOAT8:
		return make_float8(value->as.number);
	case WEIR_TYPE_BYTEA:
		return make_bytea(&value->as.bytes);
	case WEIR_TYPE_JSONB:
		return weir__json_node_raw(value->as.text, 0);
	default:
		return cJSON_CreateString(value->as.text);
	}
}

/* Adds a node to an object, or with no name to an array; takes it over in any case. */
static bool add(cJSON *to, const char *name, cJSON *node)
{
	bool added = node && (name ? cJSON_AddItemToObject(to, name, node) : cJSON_AddItemToArray(to, node));

	if (!added)
		cJSON_Delete(node);
	return added;
}

static cJSON *make_items(const weir_value *array)
{
	weir_type item = weir__type_item(array->type);
	cJSON    *node = cJSON_CreateArray();

	for (size_t i = 0; node && i < array->as.array.count; i++) {
		weir_value value = weir__value_of_item(item, array->as.array.items, i);
		if (!add(node, NULL, make_node(&value))) {
			cJSON_Delete(node);
			node = NULL;
		}
	}
	return node;
}

/* NULL when there is no memory. */
static cJSON *make_object(const weir__json_export *export, const void *record)
{
	const weir__layout *layout = export->layout;
	cJSON              *object = cJSON_CreateObject();

	for (size_t i = 0; object && i < layout->column_count; i++) {
		if (!(export->columns >> i & 1))
			continue;
		weir_value value = weir__layout_get(layout, i, record);
		if (!add(object, layout->columns[i].name, make_node(&value))) {
			cJSON_Delete(object);
			object = NULL;
		}
	}
	return object;
}

static cJSON *make_array(const weir__json_export *export)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; array && i < export->count; i++) {
		const void *record = export->items[i];
		if (!add(array, NULL, record ? make_object(export, record) : cJSON_CreateNull())) {
			cJSON_Delete(array);
			array = NULL;
		}
	}
	return array;
}

static int hand_out(cJSON *made, cJSON **tree, weir_error *err)
{
	if (!made)
		return weir__error_no_memory(err);
	if (!tree) {
		cJSON_Delete(made);
		return weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the tree");
	}
	*tree = made;
	return WEIR_OK;
}

int weir_record_to_cjson(const void *record, const weir_set *fields, cJSON **tree, weir_error *err)
{
	weir__json_export export;
	int    status = weir__json_export_begin(&export, record, fields, err);
	cJSON *made;

	if (status != WEIR_OK)
		return status;
	made = make_object(&export, record);
	weir__json_export_end(&export);
	return hand_out(made, tree, err);
}

int weir_list_to_cjson(const void *list, const weir_set *fields, cJSON **tree, weir_error *err)
{
	weir__json_export export;
	int    status = weir__json_export_begin_list(&export, list, fields, err);
	cJSON *made;

	if (status != WEIR_OK)
		return status;
	made = make_array(&export);
	weir__json_export_end(&export);
	return hand_out(made, tree, err);
}

/* The value of a column from the JSON that a node stands for. */
static int import_json(weir__json_import *import, size_t column, const char *text, size_t length)
{
	const char *blanks = " \n\r\t";
	size_t      end;

	while (length > 0 && strchr(blanks, text[0])) {
		text++;
		length--;
	}
	if (!weir__json_scan(text, length, &end) || end + strspn(text + end, blanks) != length)
		return weir__json_import_refuse_member(import, column, "is a raw node that holds no JSON");
	return weir__json_import_text(import, column, text, end);
}

/* A number that became a double may have had more digits than the double says: of an int8 none is taken beyond where
 * doubles leave numbers out, of a numeric none of more digits than a double surely keeps. */
static int import_number(weir__json_import *import, size_t column, double number)
{
	weir_type type = weir__json_import_type(import, column);
	char      text[WEIR__DOUBLE_TEXT_MAX];
	char     *end;

	if (!isfinite(number))
		return weir__json_import_refuse_member(import, column, "is a number that is not finite");
	end = type == WEIR_TYPE_NUMERIC ? weir__double_write_exact(text, number) : weir__double_write(text, number);
	if (!end || (type == WEIR_TYPE_INT8 && fabs(number) >= (double)WEIR__EXACT_MAX))
		return weir__json_import_refuse_member(import, column, "has more digits than a double keeps: use a string");
	return weir__json_import_text(import, column, text, (size_t)(end - text));
}

static int import_tree(weir__json_import *import, size_t column, const cJSON *node)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	int          status = WEIR_OK;

	if (!weir__json_node_write(node, &text))
		status = weir__json_import_refuse_member(import, column, "is a tree that is no JSON, or more than 64 deep");
	else if (text.failed)
		status = weir__error_no_memory(import->err);
	else
		status = weir__json_import_text(import, column, text.data, text.length);
	weir__buffer_release(&text);
	return status;
}

static int import_node(weir__json_import *import, size_t column, const cJSON *node);

static int import_items(weir__json_import *import, size_t column, const cJSON *array)
{
	int status = WEIR_OK;

	weir__json_import_open(import, column);
	for (const cJSON *node = array->child; node && status == WEIR_OK; node = node->next)
		status = import_node(import, column, node);
	if (status == WEIR_OK)
		weir__json_import_close(import, column);
	return status;
}

static int import_node(weir__json_import *import, size_t column, const cJSON *node)
{
	size_t start = import->texts.length;
	int    type = weir__json_node_type(node);

	if (type == cJSON_Raw && node->valuestring)
		return import_json(import, column, node->valuestring, strlen(node->valuestring));
	if (type == cJSON_Array && weir__type_is_array(weir__json_import_type(import, column)))
		return import_items(import, column, node);
	if (weir__json_import_type(import, column) == WEIR_TYPE_JSONB)
		return import_tree(import, column, node);
	if (type == cJSON_Number)
		return import_number(import, column, node->valuedouble);
	if (type != cJSON_String || !node->valuestring)
		return import_tree(import, column, node);
	weir__buffer_append(&import->texts, node->valuestring, strlen(node->valuestring));
	return weir__json_import_string(import, column, start);
}

static int import_object(weir__json_import *import, const cJSON *tree)
{
	size_t column;
	int    status = WEIR_OK;

	if (!tree || weir__json_node_type(tree) != cJSON_Object)
		return weir__json_import_refuse(import, "must be a JSON object");
	for (const cJSON *node = tree->child; node && status == WEIR_OK; node = node->next) {
		if (!node->string)
			return weir__json_import_refuse(import, "has a member without a name");
		status = weir__json_import_member(import, node->string, &column);
		if (status == WEIR_OK)
			status = import_node(import, column, node);
	}
	return status;
}

int weir_record_from_cjson(const weir_model *model, const cJSON *tree, const weir_set *fields, void *record,
                           weir_error *err)
{
	weir__json_import import;
	int               status = weir__json_import_begin(&import, model, fields, record, err);

	if (status == WEIR_OK)
		status = import_object(&import, tree);
	if (status == WEIR_OK)
		status = weir__json_import_finish(&import, record);
	weir__json_import_end(&import);
	return status;
}
