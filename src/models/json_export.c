/* Export. A record knows its model; the layout is made for the call. */
#include "models/json_export.h"

#include "base/error.h"
#include "models/record.h"

#include <string.h>

static int begin(weir__json_export *export, const weir_model *model, const weir_set *fields, weir_error *err)
{
	int status = weir__layout_create_of(model, &export->layout, err);

	if (status != WEIR_OK)
		return status;
	export->columns = ~(weir__mask)0 >> (WEIR__COLUMNS_MAX - export->layout->column_count);
	if (fields)
		status = weir__layout_mask(export->layout, fields, &export->columns, err);
	if (status != WEIR_OK)
		weir__json_export_end(export);
	return status;
}

int weir__json_export_begin(weir__json_export *export, const void *record, const weir_set *fields, weir_error *err)
{
	*export = (weir__json_export){ .layout = NULL };
	if (!record)
		return weir__error_set(err, WEIR_ERR_USAGE, "no record");
	return begin(export, weir_record_model(record), fields, err);
}

/* The model of the list's first record; NULL when there is none. *mixed: others are of another model. */
static const weir_model *model_of(const weir__json_export *export, bool *mixed)
{
	const weir_model *model = NULL;

	*mixed = false;
	for (size_t i = 0; i < export->count && !*mixed; i++) {
		const weir_model *of = weir_record_model(export->items[i]);
		*mixed = model && of && of != model;
		if (!model)
			model = of;
	}
	return model;
}

int weir__json_export_begin_list(weir__json_export *export, const void *list, const weir_set *fields, weir_error *err)
{
	weir_list         plain;
	const weir_model *model;
	bool              mixed;

	if (!list)
		return weir__error_set(err, WEIR_ERR_USAGE, "no list");
	memcpy(&plain, list, sizeof plain); /* a list of the caller's type, alike but not the same to the compiler */
	*export = (weir__json_export){ .items = plain.items, .count = plain.count };
	model = model_of(export, &mixed);
	if (mixed)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "the list has records of other models too");
	return model ? begin(export, model, fields, err) : WEIR_OK;
}

void weir__json_export_end(weir__json_export *export)
{
	weir__layout_free(export->layout);
	export->layout = NULL;
}
