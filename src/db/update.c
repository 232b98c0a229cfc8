/* UPDATE and DELETE. Values are checked against their columns before they become parameters.
 *
 * An update that must tell what the row was before reads and locks it in a subquery o, and writes the row n:
 *
 *   UPDATE "t" AS n SET "a" = $1 FROM (SELECT "id", "a" FROM "t" WHERE "id" = $2 FOR NO KEY UPDATE) AS o
 *    WHERE n."id" = o."id" RETURNING n."id", n."a", o."a"
 *
 * FOR NO KEY UPDATE is the lock that the update itself takes; it does not keep others from referring to the row. */
#include "db/sql.h"

#include "base/error.h"
#include "db/condition.h"
#include "db/params.h"
#include "db/writing.h"

/* The statement being put together. */
typedef struct writing {
	const weir__statements *s;
	weir__buffer           *sql;
	weir__params           *params;
	weir__mask              mask;     /* the columns that are set */
	weir__mask              auto_now; /* the columns that are set to now() if others change */
	int                     first;    /* number of the parameter before the first new value */
	weir__mask              row;  /* columns whose values, added last, name the row: the key, and perhaps the version */
	bool                    adds; /* the values are amounts */
	bool                    twice; /* new values are used twice even where no auto_now compares them */
} writing;

static int begin_writing(writing *w, weir_error *err)
{
	const weir__layout *layout = w->s->layout;

	w->auto_now = layout->auto_now_mask & ~w->mask;
	w->first = (int)weir__params_count(w->params);
	if (w->mask == 0)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL, "no columns to update");
	if (w->mask & layout->key_mask)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL,
		                          "primary key columns cannot be updated");
	if (w->mask & layout->version_mask)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL,
		                          "the version cannot be set: each update raises it by one");
	return WEIR_OK;
}

static int add_values(const writing *w, weir__mask mask, const void *values, weir_error *err)
{
	return weir__params_add_columns(w->params, w->s->layout, mask, values, err);
}

/* $n of the new value of a column. A text that is used twice needs a type, which the server would infer differently from
 * either place. */
static void append_new_value(const writing *w, size_t column)
{
	weir__mask before = w->mask & (((weir__mask)1 << column) - 1);
	int        place = w->first + 1;

	for (; before; before &= before - 1)
		place++;
	weir__buffer_append_char(w->sql, '$');
	weir__buffer_append_i64(w->sql, place);
	if ((w->auto_now || w->twice) && w->s->layout->columns[column].type == WEIR_TYPE_TEXT)
		weir__buffer_append_text(w->sql, "::text");
}

/* ($1, $2) */
static void append_new_values(const writing *w)
{
	const char *comma = "(";

	for (size_t i = 0; i < w->s->layout->column_count; i++) {
		if (!(w->mask >> i & 1))
			continue;
		weir__buffer_append_text(w->sql, comma);
		append_new_value(w, i);
		weir__sql_append_cast(w->sql, w->s, i);
		comma = ", ";
	}
	weir__buffer_append_char(w->sql, ')');
}

static void append_now(const writing *w, size_t column)
{
	if (w->adds) {
		weir__buffer_append_text(w->sql, "now()");
		return;
	}
	weir__buffer_append_text(w->sql, "CASE WHEN (");
	weir__sql_append_comparable(w->sql, w->s, w->mask, "n.");
	weir__buffer_append_text(w->sql, ") IS DISTINCT FROM ");
	append_new_values(w);
	weir__buffer_append_text(w->sql, " THEN now() ELSE n.");
	weir__sql_append(w->sql, &w->s->names[column]);
	weir__buffer_append_text(w->sql, " END");
}

/* What a column is set to. */
static void append_assigned(const writing *w, size_t column)
{
	const weir__statements *s = w->s;
	bool                    nullable = s->layout->columns[column].nullable;

	if (s->layout->version_mask >> column & 1) {
		weir__buffer_append_text(w->sql, "n.");
		weir__sql_append(w->sql, &s->names[column]);
		weir__buffer_append_text(w->sql, " + 1");
	} else if (!(w->mask >> column & 1)) {
		append_now(w, column);
	} else {
		if (w->adds) {
			weir__buffer_append_text(w->sql, nullable ? "COALESCE(n." : "n.");
			weir__sql_append(w->sql, &s->names[column]);
			weir__buffer_append_text(w->sql, nullable ? ", 0) + " : " + ");
		}
		append_new_value(w, column);
	}
}

/* UPDATE "t" AS n SET "a" = $1, ... */
static void append_set(const writing *w)
{
	weir__mask  set = w->mask | w->auto_now | w->s->layout->version_mask;
	const char *comma = " AS n SET ";

	weir__buffer_append_text(w->sql, "UPDATE ");
	weir__sql_append(w->sql, &w->s->table);
	for (size_t i = 0; i < w->s->layout->column_count; i++) {
		if (!(set >> i & 1))
			continue;
		weir__buffer_append_text(w->sql, comma);
		weir__sql_append(w->sql, &w->s->names[i]);
		weir__buffer_append_text(w->sql, " = ");
		append_assigned(w, i);
		comma = ", ";
	}
}

static size_t count_of(weir__mask mask)
{
	size_t count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

/* WHERE "id" = $3 AND ..., of the parameters that were added last; prefix `n.` or nothing. */
static void append_key(const writing *w, const char *prefix)
{
	size_t      place = weir__params_count(w->params) - count_of(w->row);
	const char *comma = " WHERE ";

	for (size_t i = 0; i < w->s->layout->column_count; i++) {
		if (!(w->row >> i & 1))
			continue;
		weir__buffer_append_text(w->sql, comma);
		weir__buffer_append_text(w->sql, prefix);
		weir__sql_append(w->sql, &w->s->names[i]);
		weir__buffer_append_text(w->sql, " = $");
		weir__buffer_append_i64(w->sql, (int64_t)++place);
		comma = " AND ";
	}
	weir__sql_append_living(w->sql, w->s, prefix, WEIR_LIVING);
}

/* The rows of a condition, or, without one, that of the key. */
static void append_from_old(const writing *w, const weir_condition *where, weir__mask old)
{
	const weir__layout *layout = w->s->layout;

	weir__buffer_append_text(w->sql, " FROM (SELECT ");
	weir__sql_append_columns(w->sql, w->s, layout->key_mask | old, "");
	weir__buffer_append_text(w->sql, " FROM ");
	weir__sql_append(w->sql, &w->s->table);
	if (where)
		(void)weir__sql_append_where(w->sql, w->s, where, WEIR_LIVING, w->params);
	else
		append_key(w, "");
	weir__buffer_append_text(w->sql, " FOR NO KEY UPDATE) AS o");
	for (size_t i = 0; i < layout->key_count; i++) {
		weir__buffer_append_text(w->sql, i == 0 ? " WHERE n." : " AND n.");
		weir__sql_append(w->sql, &w->s->names[layout->key[i]]);
		weir__buffer_append_text(w->sql, " = o.");
		weir__sql_append(w->sql, &w->s->names[layout->key[i]]);
	}
}

static void append_old(const writing *w, weir__mask old)
{
	if (!old)
		return;
	weir__buffer_append_text(w->sql, ", ");
	weir__sql_append_columns(w->sql, w->s, old, "o.");
}

/* The statement of one row, whose parameters are all there. */
static int finish_row(const writing *w, weir__mask old, weir_error *err)
{
	append_set(w);
	if (old)
		append_from_old(w, NULL, old);
	else
		append_key(w, "n.");
	weir__buffer_append_text(w->sql, " RETURNING ");
	weir__sql_append(w->sql, &w->s->new_columns);
	append_old(w, old);
	return weir__sql_finish(w->s, w->sql, w->params, err);
}

/* The values of the columns that name the row stand in the layout's order. */
static int update_row(writing *w, const void *row, const void *values, weir__mask old, weir_error *err)
{
	int status = begin_writing(w, err);

	if (status == WEIR_OK)
		status = add_values(w, w->mask, values, err);
	if (status == WEIR_OK)
		status = add_values(w, w->row, row, err);
	return status == WEIR_OK ? finish_row(w, old, err) : status;
}

int weir__sql_update(const weir__statements *s, const void *key, weir__mask mask, const void *values, weir__mask old,
                     weir__buffer *sql, weir__params *params, weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .mask = mask, .row = s->layout->key_mask };

	return update_row(&w, key, values, old, err);
}

int weir__sql_update_seen(const weir__statements *s, const void *seen, weir__mask mask, const void *values,
                          weir__mask old, weir__buffer *sql, weir__params *params, weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .mask = mask };

	w.row = s->layout->key_mask | s->layout->version_mask;
	return update_row(&w, seen, values, old, err);
}

int weir__sql_delete_seen(const weir__statements *s, const void *seen, weir__buffer *sql, weir__params *params,
                          weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .row = s->layout->key_mask | s->layout->version_mask };
	int     status = add_values(&w, w.row, seen, err);

	if (status != WEIR_OK)
		return status;
	weir__sql_append_delete(sql, s, false);
	append_key(&w, "");
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append(sql, &s->columns);
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_increment(const weir__statements *s, const void *key, const weir__increments *increments, weir__mask old,
                        weir__buffer *sql, weir__params *params, weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .mask = increments->mask, .adds = true };
	int     status = begin_writing(&w, err);
	size_t  next = 0;

	w.row = s->layout->key_mask;
	for (size_t i = 0; i < s->layout->column_count && status == WEIR_OK; i++)
		if (w.mask >> i & 1)
			weir__params_add(params, s->layout->columns[i].type, &increments->amounts[next++]);
	if (status == WEIR_OK)
		status = add_values(&w, w.row, key, err);
	return status == WEIR_OK ? finish_row(&w, old, err) : status;
}

/* ---- by condition ------------------------------------------------------------------------------------------------------ */

static int check_where(const weir__statements *s, const weir_condition *where, weir_error *err)
{
	int status = weir__condition_check(s->layout, where, err);

	if (status == WEIR_OK && weir__condition_is_always_true(where))
		return weir__error_set_at(err, WEIR_ERR_USAGE, s->layout->model->name, NULL,
		                          "the condition leaves out no row; weir_everything() says that every row is meant");
	return status;
}

int weir__sql_update_where(const weir__statements *s, const weir_condition *where, weir__mask mask, const void *values,
                           weir__mask old, weir__buffer *sql, weir__params *params, weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .mask = mask };
	int     status = check_where(s, where, err);

	if (status == WEIR_OK)
		status = begin_writing(&w, err);
	if (status == WEIR_OK)
		status = add_values(&w, mask, values, err);
	if (status != WEIR_OK)
		return status;
	append_set(&w);
	if (old)
		append_from_old(&w, where, old);
	else
		(void)weir__sql_append_where(sql, s, where, WEIR_LIVING, params);
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append_columns(sql, s, s->layout->key_mask | s->layout->unique_mask, "n.");
	append_old(&w, old);
	return weir__sql_finish(s, sql, params, err);
}

/* WHERE condition AND ("a", "b") IS DISTINCT FROM ($1, $2) */
static void append_where_differing(const writing *w, const weir_condition *where, weir__mask old)
{
	if (old) {
		append_from_old(w, where, old);
		weir__buffer_append_text(w->sql, " AND ");
	} else {
		weir__buffer_append_text(w->sql, weir__sql_append_where(w->sql, w->s, where, WEIR_LIVING, w->params));
	}
	weir__buffer_append_char(w->sql, '(');
	weir__sql_append_comparable(w->sql, w->s, w->mask, "n.");
	weir__buffer_append_text(w->sql, ") IS DISTINCT FROM ");
	append_new_values(w);
}

int weir__sql_update_differing(const weir__statements *s, const weir_condition *where, weir__mask mask,
                               const void *values, weir__mask old, weir__buffer *sql, weir__params *params,
                               weir_error *err)
{
	writing w = { .s = s, .sql = sql, .params = params, .mask = mask, .twice = true };
	int     status = check_where(s, where, err);

	if (status == WEIR_OK)
		status = begin_writing(&w, err);
	if (status == WEIR_OK)
		status = add_values(&w, mask, values, err);
	if (status != WEIR_OK)
		return status;
	append_set(&w);
	append_where_differing(&w, where, old);
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append(sql, &s->new_columns);
	append_old(&w, old);
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_delete_where(const weir__statements *s, const weir_condition *where, bool really, weir__buffer *sql,
                           weir__params *params, weir_error *err)
{
	int status = check_where(s, where, err);

	if (status != WEIR_OK)
		return status;
	weir__sql_append_delete(sql, s, really);
	(void)weir__sql_append_where(sql, s, where, really ? WEIR_WITH_DELETED : WEIR_LIVING, params);
	weir__buffer_append_text(sql, " RETURNING ");
	weir__sql_append_columns(sql, s, s->layout->key_mask | s->layout->unique_mask, "");
	return weir__sql_finish(s, sql, params, err);
}
