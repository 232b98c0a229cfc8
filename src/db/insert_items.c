/* ($1::int4[])[u.f3:u.l3], where $1 has the items of all rows and f3 and l3 are the first and last of each row; no last one
 * is a NULL, one before the first an empty array. The type of an array of texts is inferred from the column. */
#include "db/insert_items.h"

#include "base/error.h"
#include "base/memory.h"

/* The items of an array column, one row's behind the other's; ends[i] is where those of row i end. */
typedef struct items {
	const weir__insert_column *column;
	int32_t                   *ends;
} items;

static weir_value array_of(const items *of, size_t row)
{
	return of->column->values.get(of->column->values.context, row);
}

static size_t start_of(const items *of, size_t row)
{
	return row > 0 ? (size_t)of->ends[row - 1] : 0;
}

static weir_value first_of_row(const void *context, size_t row)
{
	return (weir_value){ .type = WEIR_TYPE_INT4, .as.integer = (int64_t)start_of(context, row) + 1 };
}

static weir_value last_of_row(const void *context, size_t row)
{
	const items     *of = context;
	const weir_value array = array_of(of, row);

	return (weir_value){ .type = WEIR_TYPE_INT4, .is_null = weir__value_is_null(&array), .as.integer = of->ends[row] };
}

/* The row that item i belongs to is the first that ends behind it. */
static weir_value item_at(const void *context, size_t i)
{
	const items *of = context;
	size_t       low = 0, high = of->column->values.count - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((size_t)of->ends[middle] > i)
			high = middle;
		else
			low = middle + 1;
	}
	const weir_value array = array_of(of, low);
	return weir__value_of_item(weir__type_item(array.type), array.as.array.items, i - start_of(of, low));
}

static int fill_ends(const items *of, weir_error *err)
{
	size_t end = 0;

	for (size_t row = 0; row < of->column->values.count; row++) {
		const weir_value array = array_of(of, row);
		if (!weir__value_is_null(&array))
			end += array.as.array.count;
		if (end >= INT32_MAX)
			return weir__error_set(err, WEIR_ERR_LIMIT, "the arrays of the rows given have too many items together");
		of->ends[row] = (int32_t)end;
	}
	return WEIR_OK;
}

static void add_bounds(const items *of, const weir__insert_parts *parts, weir__params *params)
{
	size_t count = of->column->values.count;

	weir__params_add_array(params, WEIR_TYPE_INT4, count, first_of_row, of);
	weir__sql_append_last(parts->arrays, params);
	weir__buffer_append_text(parts->arrays, "::int4[], ");
	weir__params_add_array(params, WEIR_TYPE_INT4, count, last_of_row, of);
	weir__sql_append_last(parts->arrays, params);
	weir__buffer_append_text(parts->arrays, "::int4[]");
	weir__buffer_appendf(parts->names, "f%zu, l%zu, ", of->column->column, of->column->column);
}

static void add_items(const items *of, const weir__insert_parts *parts, weir__params *params)
{
	size_t                   column = of->column->column;
	weir_type                type = of->column->s->layout->columns[column].type;
	size_t                   count = (size_t)of->ends[of->column->values.count - 1];
	const weir__value_source source = { .get = item_at, .context = of, .count = count };

	weir__params_add_items(params, type, &source);
	weir__buffer_appendf(parts->select, "CASE WHEN u.l%zu IS NOT NULL THEN (", column);
	if (weir__wire_is_sent_as_text(type)) {
		weir__sql_append_inferred(parts->select, of->column->s, column, weir__params_count(params));
	} else {
		weir__sql_append_last(parts->select, params);
		weir__buffer_appendf(parts->select, "::%s", weir__wire_array_name(weir__type_item(type)));
	}
	weir__buffer_appendf(parts->select, ")[u.f%zu:u.l%zu] END", column, column);
}

int weir__insert_items(const weir__insert_column *column, const weir__insert_parts *parts, weir__params *params,
                       weir_error *err)
{
	items of = { .column = column };
	int   status;

	of.ends = weir__malloc(column->values.count * sizeof *of.ends);
	if (!of.ends)
		return weir__error_no_memory(err);
	status = fill_ends(&of, err);
	if (status == WEIR_OK) {
		add_bounds(&of, parts, params);
		add_items(&of, parts, params);
	}
	weir__free(of.ends);
	return status;
}
