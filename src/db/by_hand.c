/* Parameters and results of SQL by hand. */
#include "db/by_hand.h"

#include "base/error.h"
#include "db/condition.h"
#include "db/params.h"
#include "db/wire.h"

#include <string.h>

weir_value weir__param_item(const weir_param *param, size_t i)
{
	const weir_condition items = { .value = param->value, .items = param->items };

	return weir__condition_item(&items, i);
}

static weir_value item(const void *context, size_t i)
{
	return weir__param_item(context, i);
}

void weir__params_add_by_hand(weir__params *params, const weir_param *param)
{
	const weir_value null = { .type = WEIR_TYPE_TEXT, .is_null = true };
	int              before = params->count;

	if (param->is_array)
		weir__params_add_array(params, param->value.type, param->count, item, param);
	else if (param->value.type == WEIR_TYPE_NONE)
		weir__params_add(params, WEIR_TYPE_TEXT, &null);
	else
		weir__params_add(params, param->value.type, &param->value);
	if (params->count > before && !param->is_array && param->value.type != WEIR_TYPE_NONE)
		params->types[before] = weir__wire_column_oid(param->value.type);
}

int weir__params_check(const weir__params *params, weir_error *err)
{
	return weir__params_status(params, err);
}

int weir__rows_find(const weir__rows *rows, const weir__layout *layout, size_t column, size_t *found, weir_error *err)
{
	const weir__column *wanted = &layout->columns[column];
	size_t              width = weir__rows_width(rows);
	size_t              matches = 0;

	for (size_t i = 0; i < width; i++) {
		if (strcmp(PQfname(rows->result, (int)i), wanted->name) != 0)
			continue;
		*found = i;
		matches++;
	}
	if (matches == 1)
		return WEIR_OK;
	return weir__error_set_at(err, WEIR_ERR_SCHEMA, layout->model->name, wanted->member,
	                          "the result has %s column called %s", matches ? "more than one" : "no", wanted->name);
}

int weir__rows_list_by_name(const weir__rows *rows, const weir__layout *layout, weir_list *list, weir_error *err)
{
	size_t places[WEIR__COLUMNS_MAX];

	for (size_t i = 0; i < layout->column_count; i++) {
		int rc = weir__rows_find(rows, layout, i, &places[i], err);

		if (rc < 0)
			return rc;
	}
	return weir__rows_list_at(rows, layout, places, list, err);
}

size_t weir__rows_width(const weir__rows *rows)
{
	return rows->result ? (size_t)PQnfields(rows->result) : 0;
}

bool weir__rows_has_type(const weir__rows *rows, size_t column, weir_type type)
{
	return weir__wire_accepts(type, PQftype(rows->result, (int)column));
}
