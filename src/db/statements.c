/* The fixed statements of a model and the quoted names that all others are made of. */
#include "db/sql.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "db/condition.h"
#include "db/params.h"
#include "db/wire.h"

#define SQL_SEED UINT64_C(0x7765697273716c31)

weir__sql weir__sql_of(const char *text, size_t length)
{
	return (weir__sql){ .text = text, .length = length, .hash = weir__hash64(text, length, SQL_SEED) };
}

/* ---- pieces ---------------------------------------------------------------------------------------------------------- */

static void append_quoted(weir__buffer *sql, const char *name)
{
	weir__buffer_append_char(sql, '"');
	for (; *name; name++) {
		if (*name == '"')
			weir__buffer_append_char(sql, '"');
		weir__buffer_append_char(sql, *name);
	}
	weir__buffer_append_char(sql, '"');
}

void weir__sql_append_columns(weir__buffer *sql, const weir__statements *s, weir__mask mask, const char *prefix)
{
	const char *comma = "";

	for (size_t i = 0; i < s->layout->column_count; i++) {
		if (!(mask >> i & 1))
			continue;
		weir__buffer_append_text(sql, comma);
		weir__buffer_append_text(sql, prefix);
		weir__sql_append(sql, &s->names[i]);
		comma = ", ";
	}
}

/* CASE WHEN FALSE THEN (SELECT "mood" FROM "t") ELSE $3 END; kind is ARRAY for an array of the column's values. */
static void append_inferred(weir__buffer *sql, const weir__statements *s, size_t column, const char *kind, size_t place)
{
	weir__buffer_appendf(sql, "CASE WHEN FALSE THEN %s(SELECT ", kind);
	weir__sql_append(sql, &s->names[column]);
	weir__buffer_append_text(sql, " FROM ");
	weir__sql_append(sql, &s->table);
	weir__buffer_appendf(sql, ") ELSE $%zu END", place);
}

void weir__sql_append_inferred(weir__buffer *sql, const weir__statements *s, size_t column, size_t place)
{
	append_inferred(sql, s, column, "", place);
}

void weir__sql_append_array(weir__buffer *sql, const weir__statements *s, size_t column, size_t place)
{
	const char *name = weir__wire_array_name(s->layout->columns[column].type);

	if (name)
		weir__buffer_appendf(sql, "$%zu::%s", place, name);
	else
		append_inferred(sql, s, column, "ARRAY", place);
}

void weir__sql_append_cast(weir__buffer *sql, const weir__statements *s, size_t column)
{
	weir_type type = s->layout->columns[column].type;

	if (weir__type_item(type) == WEIR_TYPE_JSON)
		weir__buffer_append_text(sql, "::text");
	else
		weir__sql_append_array_cast(sql, type);
}

void weir__sql_append_comparable(weir__buffer *sql, const weir__statements *s, weir__mask mask, const char *prefix)
{
	const char *comma = "";

	for (size_t i = 0; i < s->layout->column_count; i++) {
		if (!(mask >> i & 1))
			continue;
		weir__buffer_append_text(sql, comma);
		weir__buffer_append_text(sql, prefix);
		weir__sql_append(sql, &s->names[i]);
		weir__sql_append_cast(sql, s, i);
		comma = ", ";
	}
}

void weir__sql_append_last(weir__buffer *sql, const weir__params *params)
{
	weir__buffer_append_char(sql, '$');
	weir__buffer_append_i64(sql, params->count);
}

void weir__sql_append_where(weir__buffer *sql, const weir__statements *s, const weir_condition *where,
                            weir__params *params)
{
	if (weir__condition_is_absent(where))
		return;
	weir__buffer_append_text(sql, " WHERE ");
	weir__condition_append(s->layout, where, s->names, sql, params);
}

int weir__sql_finish(const weir__statements *s, const weir__buffer *sql, const weir__params *params, weir_error *err)
{
	if (sql->failed)
		return weir__error_no_memory(err);
	if (params->status == WEIR_OK || params->status == WEIR_ERR_NO_MEMORY)
		return weir__params_status(params, err);
	return weir__error_set_at(err, params->status, s->layout->model->name, NULL, "parameter $%d: %s", params->count + 1,
	                          params->reason);
}

/* ---- fixed statements -------------------------------------------------------------------------------------------------- */

/* Takes the text over from the buffer. */
static bool keep(weir__buffer *sql, weir__sql *kept)
{
	size_t length = sql->length;
	char  *text = weir__buffer_detach(sql);

	if (text)
		*kept = weir__sql_of(text, length);
	else
		weir__buffer_release(sql);
	return text != NULL;
}

static bool make_names(weir__statements *s)
{
	const weir_model *model = s->layout->base;
	weir__buffer      sql = WEIR__BUFFER_INIT;

	for (size_t i = 0; i < s->layout->column_count; i++) {
		append_quoted(&sql, s->layout->columns[i].name);
		if (!keep(&sql, &s->names[i]))
			return false;
	}
	if (model->schema) {
		append_quoted(&sql, model->schema);
		weir__buffer_append_char(&sql, '.');
	}
	append_quoted(&sql, model->table);
	if (!keep(&sql, &s->table))
		return false;
	weir__sql_append_columns(&sql, s, ~(weir__mask)0, "");
	if (!keep(&sql, &s->columns))
		return false;
	weir__sql_append_columns(&sql, s, ~(weir__mask)0, "n.");
	return keep(&sql, &s->new_columns);
}

static void append_select(weir__buffer *sql, const weir__statements *s)
{
	weir__buffer_append_text(sql, "SELECT ");
	weir__sql_append(sql, &s->columns);
	weir__buffer_append_text(sql, " FROM ");
	weir__sql_append(sql, &s->table);
}

/* WHERE "a" = $1 AND "b" = $2 */
static void append_key_equals(weir__buffer *sql, const weir__statements *s)
{
	for (size_t i = 0; i < s->layout->key_count; i++) {
		weir__buffer_append_text(sql, i == 0 ? " WHERE " : " AND ");
		weir__sql_append(sql, &s->names[s->layout->key[i]]);
		weir__buffer_append_text(sql, " = $");
		weir__buffer_append_i64(sql, (int64_t)i + 1);
	}
}

/* WHERE "a" = ANY($1), or WHERE ("a", "b") IN (SELECT * FROM unnest($1::int8[], $2::text[])) */
static void append_key_in(weir__buffer *sql, const weir__statements *s)
{
	const weir__layout *layout = s->layout;

	if (layout->key_count == 1) {
		weir__buffer_append_text(sql, " WHERE ");
		weir__sql_append(sql, &s->names[layout->key[0]]);
		weir__buffer_append_text(sql, " = ANY($1)");
		return;
	}
	weir__buffer_append_text(sql, " WHERE (");
	for (size_t i = 0; i < layout->key_count; i++) {
		weir__buffer_append_text(sql, i > 0 ? ", " : "");
		weir__sql_append(sql, &s->names[layout->key[i]]);
	}
	weir__buffer_append_text(sql, ") IN (SELECT * FROM unnest(");
	for (size_t i = 0; i < layout->key_count; i++) {
		weir__buffer_append_text(sql, i > 0 ? ", " : "");
		weir__sql_append_array(sql, s, layout->key[i], i + 1);
	}
	weir__buffer_append_text(sql, "))");
}

static bool make_by_key(weir__statements *s)
{
	weir__buffer sql = WEIR__BUFFER_INIT;

	append_select(&sql, s);
	append_key_equals(&sql, s);
	if (!keep(&sql, &s->get_by_id))
		return false;
	append_select(&sql, s);
	append_key_in(&sql, s);
	if (!keep(&sql, &s->get_many))
		return false;
	weir__buffer_append_text(&sql, "DELETE FROM ");
	weir__sql_append(&sql, &s->table);
	append_key_equals(&sql, s);
	weir__buffer_append_text(&sql, " RETURNING ");
	weir__sql_append(&sql, &s->columns);
	return keep(&sql, &s->delete_by_id);
}

static bool make_by_column(weir__statements *s, size_t column)
{
	weir__buffer sql = WEIR__BUFFER_INIT;

	append_select(&sql, s);
	weir__buffer_append_text(&sql, " WHERE ");
	weir__sql_append(&sql, &s->names[column]);
	weir__buffer_append_text(&sql, " = $1");
	if (!keep(&sql, &s->get_by[column]))
		return false;
	weir__buffer_append_text(&sql, "SELECT ");
	weir__sql_append_columns(&sql, s, s->layout->key_mask, "");
	weir__buffer_append_text(&sql, " FROM ");
	weir__sql_append(&sql, &s->table);
	weir__buffer_append_text(&sql, " WHERE ");
	weir__sql_append(&sql, &s->names[column]);
	weir__buffer_append_text(&sql, " = $1");
	return keep(&sql, &s->key_by[column]);
}

int weir__statements_create(const weir__layout *layout, weir__statements **statements, weir_error *err)
{
	weir__statements *made = weir__calloc(1, sizeof *made);

	if (!made)
		return weir__error_no_memory(err);
	made->layout = layout;
	bool complete = make_names(made) && make_by_key(made);
	for (size_t i = 0; i < layout->column_count && complete; i++)
		if (layout->columns[i].unique || layout->columns[i].primary_key)
			complete = make_by_column(made, i);
	if (!complete) {
		weir__statements_free(made);
		return weir__error_no_memory(err);
	}
	*statements = made;
	return WEIR_OK;
}

static void drop(weir__sql *sql)
{
	weir__free((char *)(uintptr_t)sql->text);
}

void weir__statements_free(weir__statements *statements)
{
	if (!statements)
		return;
	for (size_t i = 0; i < WEIR__COLUMNS_MAX; i++) {
		drop(&statements->names[i]);
		drop(&statements->get_by[i]);
		drop(&statements->key_by[i]);
	}
	drop(&statements->table);
	drop(&statements->columns);
	drop(&statements->new_columns);
	drop(&statements->get_by_id);
	drop(&statements->get_many);
	drop(&statements->delete_by_id);
	weir__free(statements);
}

const weir__sql *weir__sql_get_by_id(const weir__statements *s)
{
	return &s->get_by_id;
}

const weir__sql *weir__sql_get_many(const weir__statements *s)
{
	return &s->get_many;
}

const weir__sql *weir__sql_delete(const weir__statements *s)
{
	return &s->delete_by_id;
}

const weir__sql *weir__sql_get_by(const weir__statements *s, size_t column)
{
	return s->get_by[column].text ? &s->get_by[column] : NULL;
}

const weir__sql *weir__sql_key_by(const weir__statements *s, size_t column)
{
	return s->key_by[column].text ? &s->key_by[column] : NULL;
}
