/* INSERT of one struct, and of many by arrays: one array a column, so that the text does not depend on the number of rows.
 * The arrays are numbered and sorted again, which makes the rows' order, that of generated keys and that of RETURNING
 * the order given. */
#include "db/sql.h"

#include "base/error.h"
#include "db/insert_items.h"
#include "db/params.h"
#include "db/wire.h"

static void append_into(weir__buffer *sql, const weir__statements *s, weir__mask mask)
{
	weir__buffer_append_text(sql, "INSERT INTO ");
	weir__sql_append(sql, &s->table);
	weir__buffer_append_text(sql, " (");
	weir__sql_append_columns(sql, s, mask, "");
	weir__buffer_append_char(sql, ')');
}

static void append_returning(weir__buffer *sql, const weir__statements *s)
{
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append(sql, &s->columns);
}

static void append_default_values(weir__buffer *sql, const weir__statements *s)
{
	weir__buffer_append_text(sql, "INSERT INTO ");
	weir__sql_append(sql, &s->table);
	weir__buffer_append_text(sql, " DEFAULT VALUES");
}

int weir__sql_append_insert(const weir__statements *s, weir__mask mask, const void *values, weir__buffer *sql,
                            weir__params *params, weir_error *err)
{
	const weir__layout *layout = s->layout;
	const char         *comma = " VALUES (";

	if (mask == 0)
		append_default_values(sql, s);
	else
		append_into(sql, s, mask);
	for (size_t i = 0; i < layout->column_count; i++) {
		if (!(mask >> i & 1))
			continue;
		int status = weir__params_add_column(params, layout, i, values, err);
		if (status != WEIR_OK)
			return status;
		weir__buffer_append_text(sql, comma);
		weir__sql_append_last(sql, params);
		comma = ", ";
	}
	if (mask != 0)
		weir__buffer_append_char(sql, ')');
	return WEIR_OK;
}

int weir__sql_insert(const weir__statements *s, weir__mask mask, const void *values, weir__buffer *sql,
                     weir__params *params, weir_error *err)
{
	int status = weir__sql_append_insert(s, mask, values, sql, params, err);

	if (status != WEIR_OK)
		return status;
	append_returning(sql, s);
	return weir__sql_finish(s, sql, params, err);
}

/* ---- many ------------------------------------------------------------------------------------------------------------ */

/* One column of an array of structs. */
typedef struct column_values {
	const weir__layout *layout;
	size_t              column;
	const char         *structs;
} column_values;

static weir_value column_value(const void *context, size_t i)
{
	const column_values *from = context;

	return weir__layout_get(from->layout, from->column, from->structs + i * from->layout->model->size);
}

static int check_column(const column_values *from, size_t count, weir_error *err)
{
	for (size_t i = 0; i < count; i++) {
		weir_value value;
		int        status;

		if (weir__column_is_right(&from->layout->columns[from->column], from->structs + i * from->layout->model->size))
			continue;
		value = column_value(from, i);
		status = weir__value_check(from->layout, from->column, &value, err);
		if (status == WEIR_OK)
			continue;
		weir__error_add_row(err, i);
		return status;
	}
	return WEIR_OK;
}

static int add_column(const weir__insert_column *column, const weir__insert_parts *parts, weir__params *params,
                      weir_error *err)
{
	const weir__value_source *values = &column->values;
	weir_type                 type = column->s->layout->columns[column->column].type;
	int                       status = check_column(values->context, values->count, err);

	if (status != WEIR_OK)
		return status;
	if (weir__type_is_array(type))
		return weir__insert_items(column, parts, params, err);
	weir__params_add_array(params, type, values->count, values->get, values->context);
	weir__sql_append_array(parts->arrays, column->s, column->column, weir__params_count(params));
	weir__buffer_appendf(parts->names, "c%zu, ", column->column);
	weir__buffer_appendf(parts->select, "u.c%zu", column->column);
	return WEIR_OK;
}

/* SELECT u.c0, u.c1 FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(c0, c1, place) ORDER BY u.place */
static int append_rows(const weir__statements *s, weir__mask mask, column_values *from, size_t count, weir__buffer *sql,
                       weir__params *params, weir_error *err)
{
	weir__buffer        arrays = WEIR__BUFFER_INIT;
	weir__buffer        names = WEIR__BUFFER_INIT;
	weir__insert_parts  parts = { .select = sql, .arrays = &arrays, .names = &names };
	weir__insert_column column = { .s = s, .values = { .get = column_value, .context = from, .count = count } };
	const char         *comma = "";
	int                 status = WEIR_OK;

	weir__buffer_append_text(sql, " SELECT ");
	for (size_t i = 0; i < s->layout->column_count && status == WEIR_OK; i++) {
		if (!(mask >> i & 1))
			continue;
		from->column = column.column = i;
		weir__buffer_append_text(sql, comma);
		weir__buffer_append_text(&arrays, comma);
		status = add_column(&column, &parts, params, err);
		comma = ", ";
	}
	weir__buffer_append_text(sql, " FROM unnest(");
	weir__buffer_append(sql, arrays.data, arrays.length);
	weir__buffer_append_text(sql, ") WITH ORDINALITY AS u(");
	weir__buffer_append(sql, names.data, names.length);
	weir__buffer_append_text(sql, "place) ORDER BY u.place");
	sql->failed = sql->failed || arrays.failed || names.failed;
	weir__buffer_release(&arrays);
	weir__buffer_release(&names);
	return status;
}

/* Rows of defaults alone. VALUES takes DEFAULT where SELECT does not, so this text does depend on the count. */
static void append_default_rows(weir__buffer *sql, const weir__statements *s, size_t count)
{
	append_into(sql, s, 1);
	for (size_t i = 0; i < count; i++)
		weir__buffer_append_text(sql, i == 0 ? " VALUES (DEFAULT)" : ", (DEFAULT)");
}

int weir__sql_append_insert_many(const weir__statements *s, weir__mask mask, const void *values, size_t count,
                                 weir__buffer *sql, weir__params *params, weir_error *err)
{
	column_values from = { .layout = s->layout, .structs = values };

	append_into(sql, s, mask);
	return append_rows(s, mask, &from, count, sql, params, err);
}

int weir__sql_insert_many(const weir__statements *s, weir__mask mask, const void *values, size_t count, bool returning,
                          weir__buffer *sql, weir__params *params, weir_error *err)
{
	int status = WEIR_OK;

	if (count == 0)
		return weir__error_set_at(err, WEIR_ERR_USAGE, s->layout->model->name, NULL, "no rows to insert");
	if (mask == 0)
		append_default_rows(sql, s, count);
	else
		status = weir__sql_append_insert_many(s, mask, values, count, sql, params, err);
	if (status != WEIR_OK)
		return status;
	if (returning)
		append_returning(sql, s);
	return weir__sql_finish(s, sql, params, err);
}
