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

static void append_whether_deleted(weir__buffer *sql, const weir__statements *s, weir_deleted deleted)
{
	weir__sql_append(sql, &s->deleted_at);
	weir__buffer_append_text(sql, deleted == WEIR_ONLY_DELETED ? " IS NOT NULL" : " IS NULL");
}

void weir__sql_append_living(weir__buffer *sql, const weir__statements *s, const char *prefix, weir_deleted deleted)
{
	if (!s->layout->deleted_mask || deleted == WEIR_WITH_DELETED)
		return;
	weir__buffer_append_text(sql, " AND ");
	weir__buffer_append_text(sql, prefix);
	append_whether_deleted(sql, s, deleted);
}

const char *weir__sql_append_where(weir__buffer *sql, const weir__statements *s, const weir_condition *where,
                                   weir_deleted deleted, weir__params *params)
{
	const char *next = " WHERE ";

	if (!weir__condition_is_absent(where)) {
		weir__buffer_append_text(sql, next);
		weir__condition_append(s->layout, where, s->names, sql, params);
		next = " AND ";
	}
	if (s->layout->deleted_mask && deleted != WEIR_WITH_DELETED) {
		weir__buffer_append_text(sql, next);
		append_whether_deleted(sql, s, deleted);
		next = " AND ";
	}
	return next;
}

/* UPDATE "t" SET "deleted_at" = now(), "updated_at" = now(), "version" = "version" + 1 */
static void append_set_deleted(weir__buffer *sql, const weir__statements *s, const char *value)
{
	weir__buffer_append_text(sql, "UPDATE ");
	weir__sql_append(sql, &s->table);
	weir__buffer_append_text(sql, " SET ");
	weir__sql_append(sql, &s->deleted_at);
	weir__buffer_append_text(sql, value);
	for (size_t i = 0; i < s->layout->column_count; i++) {
		if (s->layout->auto_now_mask >> i & 1) {
			weir__buffer_append_text(sql, ", ");
			weir__sql_append(sql, &s->names[i]);
			weir__buffer_append_text(sql, " = now()");
		} else if (s->layout->version_mask >> i & 1) {
			weir__buffer_append_text(sql, ", ");
			weir__sql_append(sql, &s->names[i]);
			weir__buffer_append_text(sql, " = ");
			weir__sql_append(sql, &s->names[i]);
			weir__buffer_append_text(sql, " + 1");
		}
	}
}

void weir__sql_append_delete(weir__buffer *sql, const weir__statements *s, bool really)
{
	if (s->layout->deleted_mask && !really) {
		append_set_deleted(sql, s, " = now()");
		return;
	}
	weir__buffer_append_text(sql, "DELETE FROM ");
	weir__sql_append(sql, &s->table);
}

void weir__sql_append_restore(weir__buffer *sql, const weir__statements *s)
{
	append_set_deleted(sql, s, " = NULL");
}

void weir__sql_append_xid(weir__buffer *sql)
{
	weir__buffer_append_text(sql, ", pg_catalog.pg_current_xact_id_if_assigned()");
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
		if (s->layout->deleted_mask >> i & 1)
			s->deleted_at = s->names[i];
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
	weir__sql_append_living(&sql, s, "", WEIR_LIVING);
	if (!keep(&sql, &s->get_by_id))
		return false;
	append_select(&sql, s);
	append_key_in(&sql, s);
	weir__sql_append_living(&sql, s, "", WEIR_LIVING);
	return keep(&sql, &s->get_many);
}

/* Behind what a row is deleted or restored by. */
static bool keep_by_key(weir__statements *s, weir__buffer *sql, weir_deleted which, weir__sql *kept)
{
	append_key_equals(sql, s);
	weir__sql_append_living(sql, s, "", which);
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append(sql, &s->columns);
	weir__sql_append_xid(sql);
	kept->gives_xid = keep(sql, kept);
	return kept->gives_xid;
}

static bool make_deletes(weir__statements *s)
{
	weir__buffer sql = WEIR__BUFFER_INIT;

	weir__sql_append_delete(&sql, s, false);
	if (!keep_by_key(s, &sql, WEIR_LIVING, &s->delete_by_id))
		return false;
	if (!s->layout->deleted_mask)
		return true;
	weir__sql_append_delete(&sql, s, true);
	if (!keep_by_key(s, &sql, WEIR_WITH_DELETED, &s->really_delete))
		return false;
	weir__sql_append_restore(&sql, s);
	return keep_by_key(s, &sql, WEIR_ONLY_DELETED, &s->restore);
}

static bool make_by_column(weir__statements *s, size_t column)
{
	weir__buffer sql = WEIR__BUFFER_INIT;

	append_select(&sql, s);
	weir__buffer_append_text(&sql, " WHERE ");
	weir__sql_append(&sql, &s->names[column]);
	weir__buffer_append_text(&sql, " = $1");
	weir__sql_append_living(&sql, s, "", WEIR_LIVING);
	if (!keep(&sql, &s->get_by[column]))
		return false;
	weir__buffer_append_text(&sql, "SELECT ");
	weir__sql_append_columns(&sql, s, s->layout->key_mask, "");
	weir__buffer_append_text(&sql, " FROM ");
	weir__sql_append(&sql, &s->table);
	weir__buffer_append_text(&sql, " WHERE ");
	weir__sql_append(&sql, &s->names[column]);
	weir__buffer_append_text(&sql, " = $1");
	weir__sql_append_living(&sql, s, "", WEIR_LIVING);
	return keep(&sql, &s->key_by[column]);
}

int weir__statements_create(const weir__layout *layout, weir__statements **statements, weir_error *err)
{
	weir__statements *made = weir__calloc(1, sizeof *made);

	if (!made)
		return weir__error_no_memory(err);
	made->layout = layout;
	bool complete = weir__kept_create(made) && make_names(made) && make_by_key(made) && make_deletes(made);
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
	weir__kept_free(statements);
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
	drop(&statements->really_delete);
	drop(&statements->restore);
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

const weir__sql *weir__sql_really_delete(const weir__statements *s)
{
	return s->really_delete.text ? &s->really_delete : &s->delete_by_id;
}

const weir__sql *weir__sql_restore(const weir__statements *s)
{
	return s->restore.text ? &s->restore : NULL;
}

const weir__sql *weir__sql_get_by(const weir__statements *s, size_t column)
{
	return s->get_by[column].text ? &s->get_by[column] : NULL;
}

const weir__sql *weir__sql_key_by(const weir__statements *s, size_t column)
{
	return s->key_by[column].text ? &s->key_by[column] : NULL;
}

int weir__conn_run_of_table(weir__conn *conn, const weir__sql *sql, const weir__statements *statements,
                            weir__deadline deadline, weir__rows *rows, weir_error *err)
{
	const weir_value table = { .type = WEIR_TYPE_TEXT, .as.text = statements->table.text };
	weir__params    *params;
	int              rc = weir__params_create(&params, err);

	if (rc < 0)
		return rc;
	weir__params_add(params, WEIR_TYPE_TEXT, &table);
	rc = weir__conn_run(conn, sql, params, deadline, rows, err);
	weir__params_free(params);
	return rc;
}
