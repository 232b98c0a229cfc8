/* A page beside a row, in SQL. Where no column can be NULL and all go one way it is a comparison of rows, which is one range
 * of an index: ("a", "b") > ($1, $2). Else column by column, each value a parameter used twice:
 *
 *   ("a" > $1 OR "a" IS NULL OR ("a" = $1 AND ("b" < $2 OR ("b" = $2 AND "id" > $3))))
 *
 * with "a" >= $1 in front of it where that says something an index can use. */
#include "db/sql.h"

#include "db/params.h"
#include "db/wire.h"

/* The predicate being written. */
typedef struct seeking {
	const weir__statements *s;
	const weir__order      *order;
	const weir__seek       *seek;
	weir__buffer           *sql;
	int                     first; /* number of the parameter before the first */
} seeking;

void weir__seek_of(const weir__layout *layout, const weir_query *query, const void *row, weir__seek *seek)
{
	weir__order order[WEIR__COLUMNS_MAX];

	seek->count = weir__order_complete(layout, &query->order, order);
	for (size_t i = 0; i < seek->count; i++)
		seek->values[i] = weir__layout_get(layout, order[i].column, row);
}

static bool is_null(const seeking *k, size_t i)
{
	return weir__value_is_null(&k->seek->values[i]);
}

static bool is_nullable(const seeking *k, size_t i)
{
	return k->s->layout->columns[k->order[i].column].nullable;
}

static void append_name(const seeking *k, size_t i)
{
	size_t column = k->order[i].column;

	weir__sql_append(k->sql, &k->s->names[column]);
	weir__sql_append_array_cast(k->sql, k->s->layout->columns[column].type);
}

/* $n of value i: NULLs are no parameters. */
static void append_value(const seeking *k, size_t i)
{
	int number = k->first + 1;

	for (size_t before = 0; before < i; before++)
		number += !is_null(k, before);
	weir__buffer_append_char(k->sql, '$');
	weir__buffer_append_i64(k->sql, number);
}

static void append_compared(const seeking *k, size_t i, const char *op)
{
	append_name(k, i);
	weir__buffer_append_text(k->sql, op);
	append_value(k, i);
}

static void append_same(const seeking *k, size_t i)
{
	if (!is_null(k, i)) {
		append_compared(k, i, " = ");
		return;
	}
	append_name(k, i);
	weir__buffer_append_text(k->sql, " IS NULL");
}

static const char *behind(const seeking *k, size_t i, bool or_same)
{
	if (k->order[i].descending)
		return or_same ? " <= " : " < ";
	return or_same ? " >= " : " > ";
}

static void append_behind(const seeking *k, size_t i, bool or_same)
{
	if (!is_null(k, i)) {
		append_compared(k, i, behind(k, i, or_same));
		if (is_nullable(k, i) && !k->order[i].nulls_first) {
			weir__buffer_append_text(k->sql, " OR ");
			append_name(k, i);
			weir__buffer_append_text(k->sql, " IS NULL");
		}
	} else if (k->order[i].nulls_first) {
		append_name(k, i);
		weir__buffer_append_text(k->sql, " IS NOT NULL");
	} else {
		weir__buffer_append_text(k->sql, "FALSE");
	}
}

/* May it be written as one comparison of rows? */
static bool is_row(const seeking *k)
{
	for (size_t i = 0; i < k->seek->count; i++)
		if (is_nullable(k, i) || k->order[i].descending != k->order[0].descending)
			return false;
	return true;
}

static void append_row(const seeking *k)
{
	for (size_t i = 0; i < k->seek->count; i++) {
		weir__buffer_append_text(k->sql, i == 0 ? "(" : ", ");
		append_name(k, i);
	}
	weir__buffer_append_char(k->sql, ')');
	weir__buffer_append_text(k->sql, behind(k, 0, k->seek->inclusive));
	for (size_t i = 0; i < k->seek->count; i++) {
		weir__buffer_append_text(k->sql, i == 0 ? "(" : ", ");
		append_value(k, i);
	}
	weir__buffer_append_char(k->sql, ')');
}

static void append_columns(const seeking *k)
{
	size_t last = k->seek->count - 1;

	if (!is_null(k, 0) && (!is_nullable(k, 0) || k->order[0].nulls_first)) {
		append_compared(k, 0, behind(k, 0, true));
		weir__buffer_append_text(k->sql, " AND ");
	}
	for (size_t i = 0; i < last; i++) {
		weir__buffer_append_char(k->sql, '(');
		append_behind(k, i, false);
		weir__buffer_append_text(k->sql, " OR (");
		append_same(k, i);
		weir__buffer_append_text(k->sql, " AND ");
	}
	weir__buffer_append_char(k->sql, '(');
	append_behind(k, last, k->seek->inclusive);
	weir__buffer_append_char(k->sql, ')');
	for (size_t i = 0; i < last; i++)
		weir__buffer_append_text(k->sql, "))");
}

void weir__sql_append_seek(weir__buffer *sql, const weir__statements *s, const weir__order *order,
                           const weir__seek *seek, weir__params *params)
{
	const seeking k = { s, order, seek, sql, (int)weir__params_count(params) };

	for (size_t i = 0; i < seek->count; i++)
		if (!is_null(&k, i))
			weir__params_add(params, s->layout->columns[order[i].column].type, &seek->values[i]);
	if (is_row(&k))
		append_row(&k);
	else
		append_columns(&k);
}
