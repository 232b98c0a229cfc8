/* Results: columns of a model, or what is made of them, as another struct.
 *
 *   SELECT "user_id", count(*), sum("views")::int8 FROM "posts" WHERE ... GROUP BY "user_id" HAVING count(*) >= $1
 *    ORDER BY count(*) DESC, "user_id" LIMIT 100
 *
 * Each column of the result is an expression, which then stands for the column's name in HAVING and ORDER BY; so conditions
 * and orders are written as for any table. Sums and averages are cast to the member's type, whatever PostgreSQL makes of them. */
#include "db/condition.h"
#include "db/sql.h"

#include "base/error.h"
#include "db/params.h"

#include <inttypes.h>
#include <string.h>

static const weir_query first_rows = { .skip = 0 };

/* ---- Matching ------------------------------------------------------------------------------------------------------------ */

static int wrong(const weir__projection *p, size_t i, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, p->rows->model->name, p->rows->columns[i].member,
	                          "as a part of %s: %s", p->s->layout->model->name, what);
}

static bool is_integer(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8;
}

static bool is_number(weir_type type)
{
	return is_integer(type) || type == WEIR_TYPE_FLOAT4 || type == WEIR_TYPE_FLOAT8 || type == WEIR_TYPE_NUMERIC;
}

static bool has_extremes(weir_type type)
{
	return type != WEIR_TYPE_BOOL && type != WEIR_TYPE_UUID && type != WEIR_TYPE_JSONB && type != WEIR_TYPE_JSON &&
	       type != WEIR_TYPE_BYTEA;
}

static int check_count(const weir__projection *p, size_t i, const weir__column *of, weir_error *err)
{
	(void)of;
	return p->rows->columns[i].type == WEIR_TYPE_INT8 ? WEIR_OK : wrong(p, i, err, "a count is an int8");
}

static int check_sum(const weir__projection *p, size_t i, const weir__column *of, weir_error *err)
{
	weir_type type = p->rows->columns[i].type;
	bool      is_sum = p->rows->columns[i].aggregate == WEIR_SUM;

	if (!is_number(of->type))
		return wrong(p, i, err, "only numbers have a sum and an average");
	if (type == WEIR_TYPE_NUMERIC || type == WEIR_TYPE_FLOAT8 ||
	    (is_sum && type == WEIR_TYPE_INT8 && is_integer(of->type)))
		return WEIR_OK;
	return wrong(p, i, err,
	             is_sum ? "a sum is numeric or float8, or int8 of integers" : "an average is numeric or float8");
}

static int check_extreme(const weir__projection *p, size_t i, const weir__column *of, weir_error *err)
{
	if (!has_extremes(of->type))
		return wrong(p, i, err, "PostgreSQL has no smallest and largest value of this type");
	return p->rows->columns[i].type == of->type ? WEIR_OK : wrong(p, i, err, "has another type there");
}

static int check_plain(const weir__projection *p, size_t i, const weir__column *of, weir_error *err)
{
	const weir__column *column = &p->rows->columns[i];

	if (column->type != of->type)
		return wrong(p, i, err, "has another type there");
	return of->nullable && !column->nullable ? wrong(p, i, err, "can be NULL there") : WEIR_OK;
}

/* What each kind of member is in SQL, and what it must be like. */
static const struct {
	const char *before, *after;
	bool        cast;
	bool        of_nothing_is_null;
	int (*check)(const weir__projection *p, size_t i, const weir__column *of, weir_error *err);
} kinds[] = {
	[WEIR_NO_AGGREGATE] = { "", "", false, false, check_plain },
	[WEIR_COUNT] = { "count(", ")", false, false, check_count },
	[WEIR_COUNT_DISTINCT] = { "count(DISTINCT ", ")", false, false, check_count },
	[WEIR_SUM] = { "sum(", ")", true, true, check_sum },
	[WEIR_AVG] = { "avg(", ")", true, true, check_sum },
	[WEIR_MIN] = { "min(", ")", false, true, check_extreme },
	[WEIR_MAX] = { "max(", ")", false, true, check_extreme },
};

static int find_source(weir__projection *p, size_t i, weir_error *err)
{
	const weir__layout *layout = p->s->layout;
	const weir__column *column = &p->rows->columns[i];
	const char         *name = column->aggregate ? column->source : column->name;

	p->source[i] = WEIR__NO_SOURCE;
	if (!name)
		return check_count(p, i, NULL, err);
	for (size_t at = 0; at < layout->column_count; at++) {
		if (strcmp(layout->columns[at].name, name) != 0)
			continue;
		p->source[i] = (uint8_t)at;
		return kinds[column->aggregate].check(p, i, &layout->columns[at], err);
	}
	return wrong(p, i, err, "there is no such column");
}

/* A group has rows, the whole need not; and all values of a column can be NULL. */
static int check_null(const weir__projection *p, size_t i, weir_error *err)
{
	const weir__column *column = &p->rows->columns[i];

	if (!kinds[column->aggregate].of_nothing_is_null || column->nullable)
		return WEIR_OK;
	if (p->plain && !p->s->layout->columns[p->source[i]].nullable)
		return WEIR_OK;
	return wrong(p, i, err, "is NULL where there are no values, so it must be nullable");
}

static int match(weir__projection *p, weir_error *err)
{
	int rc = WEIR_OK;

	for (size_t i = 0; i < p->rows->column_count && rc >= 0; i++) {
		rc = find_source(p, i, err);
		if (p->rows->columns[i].aggregate)
			p->grouped = true;
		else
			p->plain |= (weir__mask)1 << i;
	}
	for (size_t i = 0; i < p->rows->column_count && rc >= 0; i++)
		rc = check_null(p, i, err);
	return rc;
}

/* ---- Names ----------------------------------------------------------------------------------------------------------------- */

static void append_name(weir__projection *p, size_t i)
{
	const weir__column *column = &p->rows->columns[i];

	weir__buffer_append_text(&p->text, kinds[column->aggregate].before);
	if (p->source[i] == WEIR__NO_SOURCE)
		weir__buffer_append_char(&p->text, '*');
	else
		weir__sql_append(&p->text, &p->s->names[p->source[i]]);
	weir__buffer_append_text(&p->text, kinds[column->aggregate].after);
	if (kinds[column->aggregate].cast)
		weir__buffer_appendf(&p->text, "::%s", weir_type_name(column->type));
}

static int make_names(weir__projection *p, weir_error *err)
{
	size_t ends[WEIR__COLUMNS_MAX];
	size_t start = 0;

	for (size_t i = 0; i < p->rows->column_count; i++) {
		append_name(p, i);
		ends[i] = p->text.length;
	}
	if (p->text.failed)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < p->rows->column_count; start = ends[i++])
		p->names[i] = (weir__sql){ .text = p->text.data + start, .length = ends[i] - start };
	return WEIR_OK;
}

/* ---- The query's part ------------------------------------------------------------------------------------------------------ */

bool weir__projection_is_own(const weir__projection *p)
{
	return p->grouped || p->query->distinct;
}

static int check_query(const weir__projection *p, weir_error *err)
{
	const char *model = p->rows->model->name;
	int         rc = weir__orders_check(weir__projection_is_own(p) ? p->rows : p->s->layout, &p->query->order, err);

	if (rc < 0 || p->query->having.op == WEIR_OP_NONE)
		return rc;
	if (!p->grouped)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "having is for results with aggregates");
	return weir__condition_check(p->rows, &p->query->having, err);
}

int weir__projection_create(const weir__statements *s, const weir__layout *rows, const weir_query *query,
                            weir__projection *projection, weir_error *err)
{
	weir__projection *p = projection;
	int               rc;

	*p = (weir__projection){ .s = s, .rows = rows, .query = query ? query : &first_rows };
	rc = match(p, err);
	if (rc >= 0)
		rc = check_query(p, err);
	return rc < 0 ? rc : make_names(p, err);
}

void weir__projection_release(weir__projection *projection)
{
	weir__buffer_release(&projection->text);
}

/* The order of the result's own rows: as the query says, then by all that makes two of them different. */
static size_t own_order(const weir__projection *p, weir__order order[WEIR__COLUMNS_MAX])
{
	size_t     count = weir__order_complete(p->rows, &p->query->order, order);
	weir__mask left = p->plain;

	for (size_t i = 0; i < count; i++)
		left &= ~((weir__mask)1 << order[i].column);
	for (size_t i = 0; i < p->rows->column_count; i++)
		if (left >> i & 1)
			order[count++] = (weir__order){ .column = (uint8_t)i };
	return count;
}

/* ---- Writing --------------------------------------------------------------------------------------------------------------- */

static void append_names(const weir__projection *p, weir__mask mask, weir__buffer *sql)
{
	const char *comma = "";

	for (size_t i = 0; i < p->rows->column_count; i++) {
		if (!(mask >> i & 1))
			continue;
		weir__buffer_append_text(sql, comma);
		weir__sql_append(sql, &p->names[i]);
		comma = ", ";
	}
}

static void append_groups(const weir__projection *p, weir__buffer *sql, weir__params *params)
{
	if (p->plain) {
		weir__buffer_append_text(sql, " GROUP BY ");
		append_names(p, p->plain, sql);
	}
	if (weir__condition_is_absent(&p->query->having))
		return;
	weir__buffer_append_text(sql, " HAVING ");
	weir__condition_append(p->rows, &p->query->having, p->names, sql, params);
}

int weir__sql_select_into(const weir__projection *projection, weir__buffer *sql, weir__params *params, weir_error *err)
{
	const weir__projection *p = projection;
	weir__order             order[WEIR__COLUMNS_MAX];

	weir__buffer_append_text(sql, p->query->distinct ? "SELECT DISTINCT " : "SELECT ");
	append_names(p, ~(weir__mask)0, sql);
	(void)weir__sql_append_from(sql, p->s, p->query, params);
	if (p->grouped)
		append_groups(p, sql, params);
	if (weir__projection_is_own(p))
		weir__sql_append_order_of(sql, p->names, order, own_order(p, order));
	else
		weir__sql_append_order(sql, p->s, p->query);
	weir__sql_append_page(sql, p->query, params);
	return weir__sql_finish(p->s, sql, params, err);
}

int weir__projection_canonical(const weir__projection *projection, weir__buffer *text, weir_error *err)
{
	const weir_query own = { .where = projection->query->having, .order = projection->query->order };

	weir__buffer_appendf(text, "%016" PRIx64 "%c", projection->rows->fingerprint,
	                     projection->query->distinct ? 'd' : 'a');
	return weir__query_canonical(weir__projection_is_own(projection) ? projection->rows : projection->s->layout, &own,
	                             text, err);
}
