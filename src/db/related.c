/* Statements of relations. The rows of one owner are a list with one condition more; those of many owners are one statement:
 *
 *   SELECT "id", "user_id" FROM "posts" WHERE "user_id" = ANY($1) ORDER BY "id"
 *
 * Whose a row is stands in it (one more column, the key once more, costs the server a fifth of the statement). With skip or limit, which are for each owner, or with a third model in between, the owners come first:
 *
 *   SELECT "id", "name", k.weir_k0 FROM unnest($1::int4[]) AS k(weir_k0) CROSS JOIN LATERAL (SELECT "id", "name" FROM "tracks"
 *    WHERE ("id") IN (SELECT "track_id" FROM "playlist_tracks" WHERE "playlist_id" = k.weir_k0)
 *    ORDER BY "id" LIMIT $2) AS t ORDER BY "id" */
#include "db/sql.h"

#include "db/condition.h"
#include "db/params.h"
#include "db/wire.h"

static const weir_query all_rows = { .skip = 0 };

/* The statement being put together. */
typedef struct writing {
	const weir__related    *r;
	const weir__statements *holder; /* of the key */
	const weir_query       *query;
	weir__buffer           *sql;
	weir__params           *params;
	int                     first; /* number of the parameter before the first of the key */
	bool                    lateral;
} writing;

static weir_type key_type(const writing *w, size_t i)
{
	return w->holder->layout->columns[w->r->columns[i]].type;
}

/* "a", "b" of the columns with these numbers. */
static void append_columns(const writing *w, const weir__statements *s, const uint8_t *columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		weir__buffer_append_text(w->sql, i > 0 ? ", " : "");
		weir__sql_append(w->sql, &s->names[columns[i]]);
	}
}

/* ---- The key ----------------------------------------------------------------------------------------------------------- */

typedef struct key_column {
	const weir__related *r;
	size_t               i;
} key_column;

static weir_value key_value(const void *context, size_t owner)
{
	const key_column *of = context;

	return of->r->key(of->r->context, owner, of->i);
}

static void add_key(writing *w, bool arrays)
{
	w->first = (int)weir__params_count(w->params);
	for (size_t i = 0; i < w->r->key_count; i++) {
		key_column column = { w->r, i };

		if (arrays) {
			weir__params_add_array(w->params, key_type(w, i), w->r->owner_count, key_value, &column);
		} else {
			weir_value value = key_value(&column, 0);
			weir__params_add(w->params, key_type(w, i), &value);
		}
	}
}

/* $1::int8[], $2::text[] */
static void append_arrays(const writing *w)
{
	for (size_t i = 0; i < w->r->key_count; i++) {
		weir__buffer_append_text(w->sql, i > 0 ? ", " : "");
		weir__sql_append_array(w->sql, w->holder, w->r->columns[i], (size_t)w->first + i + 1);
	}
}

/* "a" = $1 AND "b" = $2, or = k.weir_k0 and so on where the owners come first. */
static void append_key_equals(const writing *w)
{
	for (size_t i = 0; i < w->r->key_count; i++) {
		weir__buffer_append_text(w->sql, i > 0 ? " AND " : "");
		weir__sql_append(w->sql, &w->holder->names[w->r->columns[i]]);
		if (w->lateral)
			weir__buffer_appendf(w->sql, " = k.weir_k%zu", i);
		else
			weir__buffer_appendf(w->sql, " = $%zu", (size_t)w->first + i + 1);
	}
}

static void append_key_in(const writing *w)
{
	if (w->r->key_count == 1) {
		append_columns(w, w->holder, w->r->columns, 1);
		weir__buffer_appendf(w->sql, " = ANY($%d)", w->first + 1);
		return;
	}
	weir__buffer_append_char(w->sql, '(');
	append_columns(w, w->holder, w->r->columns, w->r->key_count);
	weir__buffer_append_text(w->sql, ") IN (SELECT * FROM unnest(");
	append_arrays(w);
	weir__buffer_append_text(w->sql, "))");
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------------ */

/* FROM "posts" WHERE <belongs to the owner> AND <condition> */
static void append_from(const writing *w, bool many)
{
	const weir__statements *target = w->r->target;
	const weir__layout     *layout = target->layout;

	weir__buffer_append_text(w->sql, " FROM ");
	weir__sql_append(w->sql, &target->table);
	weir__buffer_append_text(w->sql, " WHERE ");
	if (w->r->through) {
		weir__buffer_append_char(w->sql, '(');
		append_columns(w, target, layout->key, layout->key_count);
		weir__buffer_append_text(w->sql, ") IN (SELECT ");
		append_columns(w, w->r->through, w->r->to_target, layout->key_count);
		weir__buffer_append_text(w->sql, " FROM ");
		weir__sql_append(w->sql, &w->r->through->table);
		weir__buffer_append_text(w->sql, " WHERE ");
		append_key_equals(w);
		weir__sql_append_living(w->sql, w->r->through, "", WEIR_LIVING);
		weir__buffer_append_char(w->sql, ')');
	} else if (many) {
		append_key_in(w);
	} else {
		append_key_equals(w);
	}
	weir__sql_append_living(w->sql, target, "", w->query->deleted);
	if (weir__condition_is_absent(&w->query->where))
		return;
	weir__buffer_append_text(w->sql, " AND (");
	weir__condition_append(layout, &w->query->where, target->names, w->sql, w->params);
	weir__buffer_append_char(w->sql, ')');
}

static bool has_page(const weir_query *query)
{
	return query->limit != 0 || query->skip != 0;
}

static void append_page(const writing *w)
{
	if (w->query->limit != 0) {
		weir__buffer_append_text(w->sql, " LIMIT ");
		weir__params_add_i64(w->params, w->query->limit == WEIR_NO_ROWS ? 0 : w->query->limit);
		weir__sql_append_last(w->sql, w->params);
	}
	if (w->query->skip != 0) {
		weir__buffer_append_text(w->sql, " OFFSET ");
		weir__params_add_i64(w->params, w->query->skip);
		weir__sql_append_last(w->sql, w->params);
	}
}

static void append_select(const writing *w)
{
	weir__buffer_append_text(w->sql, "SELECT ");
	weir__sql_append(w->sql, &w->r->target->columns);
}

/* ---- Statements ---------------------------------------------------------------------------------------------------------- */

static void write_rows(writing *w)
{
	append_select(w);
	append_from(w, false);
	weir__sql_append_order(w->sql, w->r->target, w->query);
	append_page(w);
}

static void write_number(writing *w, weir__related_what what)
{
	bool subquery = what == WEIR__RELATED_EXISTS || has_page(w->query);

	weir__buffer_append_text(w->sql, what == WEIR__RELATED_EXISTS ? "SELECT EXISTS (SELECT 1"
	                                 : subquery                   ? "SELECT count(*) FROM (SELECT 1"
	                                                              : "SELECT count(*)");
	append_from(w, false);
	append_page(w);
	weir__buffer_append_text(w->sql, !subquery ? "" : what == WEIR__RELATED_EXISTS ? ")" : ") AS page");
}

static void write_owned(writing *w)
{
	append_select(w);
	append_from(w, true);
	weir__sql_append_order(w->sql, w->r->target, w->query);
}

static void write_lateral(writing *w)
{
	append_select(w);
	for (size_t i = 0; i < w->r->key_count; i++)
		weir__buffer_appendf(w->sql, ", k.weir_k%zu", i);
	weir__buffer_append_text(w->sql, " FROM unnest(");
	append_arrays(w);
	weir__buffer_append_text(w->sql, ") AS k(");
	for (size_t i = 0; i < w->r->key_count; i++)
		weir__buffer_appendf(w->sql, "%sweir_k%zu", i > 0 ? ", " : "", i);
	weir__buffer_append_text(w->sql, ") CROSS JOIN LATERAL (");
	append_select(w);
	append_from(w, false);
	if (has_page(w->query))
		weir__sql_append_order(w->sql, w->r->target, w->query);
	append_page(w);
	weir__buffer_append_text(w->sql, ") AS t");
	weir__sql_append_order(w->sql, w->r->target, w->query);
}

int weir__sql_related(const weir__related *related, weir__related_what what, weir__buffer *sql, weir__params *params,
                      weir_error *err)
{
	writing w = {
		.r = related,
		.holder = related->through ? related->through : related->target,
		.query = related->query ? related->query : &all_rows,
		.sql = sql,
		.params = params,
	};
	int rc = weir__query_check(related->target->layout, related->query, INT64_MAX, err);

	if (rc < 0)
		return rc;
	add_key(&w, what == WEIR__RELATED_OWNED);
	w.lateral = what == WEIR__RELATED_OWNED && (related->through || has_page(w.query));
	if (what == WEIR__RELATED_ROWS)
		write_rows(&w);
	else if (what != WEIR__RELATED_OWNED)
		write_number(&w, what);
	else if (w.lateral)
		write_lateral(&w);
	else
		write_owned(&w);
	return weir__sql_finish(related->target, sql, params, err);
}
