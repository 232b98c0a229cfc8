/* Reads from the database: a statement, its parameters, its rows as records. No cache here. */
#include "dao/gather.h"

#include "base/error.h"
#include "base/memory.h"
#include "models/value_type.h"

/* Runs a statement that gives one row or none, as a record. */
static int read_record(weir__call *call, const weir__sql *sql, const void **record)
{
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__call_read(call, sql, &rows);

	if (rc < 0)
		return rc;
	rc = rows.count == 0 ? WEIR_NOT_FOUND : weir__rows_record(&rows, 0, call->entity->layout, record, call->err);
	weir__rows_release(&rows);
	return rc;
}

static int read_by_id(weir__call *call, const void *key, const void **record)
{
	int rc;

	weir__params_clear(call->params);
	rc = weir__call_add_key(call, key);
	return rc < 0 ? rc : read_record(call, weir__sql_get_by_id(call->entity->statements), record);
}

int weir__read_by_id(weir__call *call, const void *key, const void **record)
{
	return weir__gather_takes(call) ? weir__gather_read(call, key, record, read_by_id) : read_by_id(call, key, record);
}

int weir__read_by(weir__call *call, size_t column, const weir_value *value, const void **record)
{
	weir__params_clear(call->params);
	weir__params_add(call->params, call->entity->layout->columns[column].type, value);
	return read_record(call, weir__sql_get_by(call->entity->statements, column), record);
}

/* Runs what call->sql holds, whose rows are all columns. */
static int read_rows(weir__call *call, weir_list *list)
{
	weir__rows rows = WEIR__ROWS_INIT;
	weir__sql  sql;
	int        rc = weir__call_sql(call, &sql);

	if (rc >= 0)
		rc = weir__call_read(call, &sql, &rows);
	if (rc < 0)
		return rc;
	rc = weir__rows_list(&rows, call->entity->layout, list, call->err);
	weir__rows_release(&rows);
	return rc;
}

int weir__read_list(weir__call *call, const weir_query *query, weir_list *list)
{
	int rc = weir__sql_select(call->entity->statements, query, &call->sql, call->params, call->err);

	return rc < 0 ? rc : read_rows(call, list);
}

int weir__read_page(weir__call *call, const weir_query *query, const weir__seek *seek, weir_list *list)
{
	int rc = weir__sql_select_page(call->entity->statements, query, seek, &call->sql, call->params, call->err);

	return rc < 0 ? rc : read_rows(call, list);
}

typedef int (*scalar_builder)(const weir__statements *, const weir_query *, weir__buffer *, weir__params *,
                              weir_error *);

/* Runs a statement that gives one value. */
static int read_scalar(weir__call *call, scalar_builder build, const weir_query *query, weir_value *value)
{
	weir__rows rows = WEIR__ROWS_INIT;
	weir__sql  sql;
	int        rc;

	rc = build(call->entity->statements, query, &call->sql, call->params, call->err);
	if (rc >= 0)
		rc = weir__call_sql(call, &sql);
	if (rc >= 0)
		rc = weir__call_read(call, &sql, &rows);
	if (rc < 0)
		return rc;
	rc = rows.count == 1 ? weir__rows_value(&rows, 0, 0, value->type, value, NULL, call->err)
	                     : weir__error_set(call->err, WEIR_ERR_DATABASE, "%zu rows where one was expected", rows.count);
	weir__rows_release(&rows);
	return rc;
}

int weir__read_count(weir__call *call, const weir_query *query, int64_t *count)
{
	weir_value value = { .type = WEIR_TYPE_INT8 };
	int        rc = read_scalar(call, weir__sql_count, query, &value);

	if (rc >= 0)
		*count = value.as.integer;
	return rc;
}

int weir__read_exists(weir__call *call, const weir_query *query, bool *exists)
{
	weir_value value = { .type = WEIR_TYPE_BOOL };
	int        rc = read_scalar(call, weir__sql_exists, query, &value);

	if (rc >= 0)
		*exists = value.as.boolean;
	return rc;
}

/* ---- Many ------------------------------------------------------------------------------------------------------ */

size_t weir__keys_size(const weir__layout *layout)
{
	return layout->key_count > 1 ? layout->model->size
	                             : weir__value_type_of(layout->columns[layout->key[0]].type)->size;
}

/* A lone key column's array is read as structs that overlap: the member of struct i is item i. */
const void *weir__keys_struct(const weir__keys *keys, size_t index)
{
	const weir__layout *layout = keys->layout;
	const char         *items = (const char *)keys->items + index * weir__keys_size(layout);

	return layout->key_count > 1 ? items : items - layout->columns[layout->key[0]].offset;
}

typedef struct chosen_keys {
	const weir__keys *keys;
	const size_t     *indices;
	size_t            column;
} chosen_keys;

static weir_value chosen_value(const void *context, size_t i)
{
	const chosen_keys *chosen = context;

	return weir__layout_get(chosen->keys->layout, chosen->column, weir__keys_struct(chosen->keys, chosen->indices[i]));
}

void weir__call_add_keys(weir__call *call, const weir__keys *keys, const size_t *indices, size_t count)
{
	const weir__layout *layout = call->entity->layout;

	weir__params_clear(call->params);
	for (size_t i = 0; i < layout->key_count; i++) {
		chosen_keys chosen = { keys, indices, layout->key[i] };

		weir__params_add_array(call->params, layout->columns[layout->key[i]].type, count, chosen_value, &chosen);
	}
}
