/* Models against the live schema. One query fetches, for all models at once, a row a column of their tables (or a row of
 * NULLs for a table that is not there); everything else is comparing. A domain counts as what it is made of. */
#include "db/db.h"

#include "base/error.h"
#include "db/params.h"
#include "db/wire.h"

#include <string.h>

static const char catalog_query[] =
	"WITH RECURSIVE wanted AS ("
	" SELECT place, '(' || quote_ident(d) || ' IS NULL)' AS living,"
	" to_regclass(coalesce(quote_ident(n) || '.', '') || quote_ident(t))::oid AS relation"
	" FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS u(n, t, d, place)"
	"), domains(id, type, typmod, not_null, filled) AS ("
	" SELECT oid, typbasetype, typtypmod, typnotnull, typdefault IS NOT NULL FROM pg_type WHERE typtype = 'd'"
	" UNION ALL"
	" SELECT d.id, t.typbasetype, t.typtypmod, d.not_null OR t.typnotnull, d.filled OR t.typdefault IS NOT NULL"
	" FROM domains d JOIN pg_type t ON t.oid = d.type AND t.typtype = 'd'"
	")"
	" SELECT w.place, c.relkind::text, a.attname::text, coalesce(i.typname, t.typname)::text, coalesce(i.oid, t.oid)::int8,"
	" i.oid IS NOT NULL, coalesce(i.typtype, t.typtype) = 'e',"
	" (SELECT array_agg(l.enumlabel::text) FROM pg_enum l WHERE l.enumtypid = coalesce(i.oid, t.oid)),"
	" coalesce(item_domain.typmod, d.typmod, a.atttypmod)::int4, a.attnotnull OR coalesce(d.not_null, false),"
	" a.atthasdef OR a.attidentity <> '' OR coalesce(d.filled, false),"
	" EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary"
	" AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])),"
	" EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid"
	" AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum"
	" AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = w.living)),"
	" coalesce(NOT o.collisdeterministic, false), coalesce(c.relrowsecurity, false),"
	" coalesce(c.relkind = 'r' AND NOT c.relrowsecurity AND NOT c.relhasrules AND NOT c.relhassubclass, false),"
	" (SELECT min(CASE WHEN g.tgtype & 2 = 0 THEN 1 ELSE 2 END) FROM pg_trigger g WHERE g.tgrelid = c.oid"
	" AND NOT g.tgisinternal AND g.tgname NOT LIKE 'weir\\_relay\\_%')::int8"
	" FROM wanted w"
	" LEFT JOIN pg_class c ON c.oid = w.relation"
	" LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	" LEFT JOIN domains d ON d.id = a.atttypid AND NOT EXISTS (SELECT FROM domains inner_domain WHERE inner_domain.id = d.type)"
	" LEFT JOIN pg_type t ON t.oid = coalesce(d.type, a.atttypid)"
	" LEFT JOIN pg_type declared_item ON declared_item.oid = t.typelem AND declared_item.typarray = t.oid"
	" LEFT JOIN domains item_domain ON item_domain.id = declared_item.oid"
	" AND NOT EXISTS (SELECT FROM domains inner_domain WHERE inner_domain.id = item_domain.type)"
	" LEFT JOIN pg_type i ON i.oid = coalesce(item_domain.type, declared_item.oid)"
	" LEFT JOIN pg_collation o ON o.oid = a.attcollation"
	" ORDER BY w.place, a.attnum";

/* The columns of the query, in its order. The type is that of an array's items. */
enum {
	PLACE,
	KIND,
	NAME,
	TYPE,
	TYPE_OID,
	IS_ARRAY,
	IS_ENUM,
	LABELS,
	TYPMOD,
	NOT_NULL,
	HAS_DEFAULT,
	IN_KEY,
	IS_UNIQUE,
	HAS_SPELLINGS,
	IS_SECURED,
	IS_ORDINARY, /* a table of its own, without rules */
	TRIGGERS,    /* 1: some come after a change, 2: all before it, NULL: there are none */
	FACT_COUNT
};

static const weir_type fact_types[FACT_COUNT] = {
	[PLACE] = WEIR_TYPE_INT8,       [KIND] = WEIR_TYPE_TEXT,          [NAME] = WEIR_TYPE_TEXT,
	[TYPE] = WEIR_TYPE_TEXT,        [TYPE_OID] = WEIR_TYPE_INT8,      [IS_ARRAY] = WEIR_TYPE_BOOL,
	[IS_ENUM] = WEIR_TYPE_BOOL,     [LABELS] = WEIR_TYPE_TEXT_ARRAY,  [TYPMOD] = WEIR_TYPE_INT4,
	[NOT_NULL] = WEIR_TYPE_BOOL,    [HAS_DEFAULT] = WEIR_TYPE_BOOL,   [IN_KEY] = WEIR_TYPE_BOOL,
	[IS_UNIQUE] = WEIR_TYPE_BOOL,   [HAS_SPELLINGS] = WEIR_TYPE_BOOL, [IS_SECURED] = WEIR_TYPE_BOOL,
	[IS_ORDINARY] = WEIR_TYPE_BOOL, [TRIGGERS] = WEIR_TYPE_INT8,
};

/* Comparing one model. */
typedef struct comparison {
	const weir__layout *layout;
	weir__buffer       *report;
	size_t              differences;
	weir__mask          seen;      /* columns of the model that the table has */
	weir__mask          key;       /* those of them in the table's primary key */
	weir__buffer        key_names; /* of all columns of that key */
	weir__buffer        labels;    /* of the column at hand */
	size_t              key_count;
	bool                has_keys; /* a table, where constraints can be declared; views and foreign tables have none */
	bool                is_last, is_plain; /* as in the layout */
	bool                has_not_null;      /* and columns that are NOT NULL: foreign tables too */
} comparison;

/* Begins a line about the model, or one of its columns. */
static void begin_line(comparison *c, const weir__column *column)
{
	c->differences++;
	if (c->report->length > 0)
		weir__buffer_append_char(c->report, '\n');
	weir__buffer_append_text(c->report, c->layout->model->name);
	if (column) {
		weir__buffer_append_char(c->report, '.');
		weir__buffer_append_text(c->report, column->member);
	}
	weir__buffer_append_text(c->report, ": ");
}

/* ---- one column ---------------------------------------------------------------------------------------------------------- */

/* n of varchar(n) and char(n), 0 if there is none. */
static uint32_t text_limit(const weir_value *facts)
{
	bool is_text = weir__wire_accepts(WEIR_TYPE_TEXT, (Oid)facts[TYPE_OID].as.integer);

	return is_text && facts[TYPMOD].as.integer > 4 ? (uint32_t)(facts[TYPMOD].as.integer - 4) : 0;
}

/* varchar(5)[] NOT NULL */
typedef struct type_text {
	const char *name;
	uint32_t    limit;
	bool        is_array;
	bool        not_null;
} type_text;

static void append_type(weir__buffer *report, type_text type)
{
	weir__buffer_append_text(report, type.name);
	if (type.limit > 0)
		weir__buffer_appendf(report, "(%u)", type.limit);
	if (type.is_array)
		weir__buffer_append_text(report, "[]");
	if (type.not_null)
		weir__buffer_append_text(report, " NOT NULL");
}

static bool is_same_type(const weir__column *column, const weir_value *facts)
{
	weir_type item = weir__type_item(column->type);
	Oid       oid = (Oid)facts[TYPE_OID].as.integer;

	if (weir__type_is_array(column->type) != facts[IS_ARRAY].as.boolean)
		return false;
	if (item == WEIR_TYPE_ENUM)
		return facts[IS_ENUM].as.boolean;
	if (item == WEIR_TYPE_TEXT && oid == weir__wire_column_oid(WEIR_TYPE_CHAR))
		return false; /* equal values would have several texts */
	return weir__wire_accepts(item, oid);
}

static void compare_type(comparison *c, const weir__column *column, const weir_value *facts)
{
	weir_type       item = weir__type_item(column->type);
	bool            has_limit = item == WEIR_TYPE_TEXT && column->max_length > 0;
	const type_text theirs = { facts[TYPE].as.text, text_limit(facts), facts[IS_ARRAY].as.boolean,
		                       facts[NOT_NULL].as.boolean };
	const type_text ours = { has_limit ? "varchar" : weir_type_name(item), column->max_length,
		                     weir__type_is_array(column->type), !column->nullable };

	if (is_same_type(column, facts) && (!c->has_not_null || theirs.not_null == ours.not_null) &&
	    (theirs.limit == 0 || theirs.limit == ours.limit))
		return;
	begin_line(c, column);
	weir__buffer_append_text(c->report, "the database has ");
	append_type(c->report, theirs);
	weir__buffer_append_text(c->report, ", the model says ");
	append_type(c->report, ours);
}

static bool has_label(const weir_value *labels, const char *label)
{
	for (size_t i = 0; i < labels->as.array.count; i++) {
		weir_value one = weir__value_of_item(WEIR_TYPE_TEXT, labels->as.array.items, i);
		if (!one.is_null && strcmp(one.as.text, label) == 0)
			return true;
	}
	return false;
}

/* Labels that the database has and the model does not are those of a newer program. */
static void compare_labels(comparison *c, const weir__column *column, const weir_value *labels)
{
	if (!column->labels || labels->is_null)
		return;
	for (const char *const *label = column->labels; *label; label++) {
		if (has_label(labels, *label))
			continue;
		begin_line(c, column);
		weir__buffer_appendf(c->report, "the model has the label \"%s\", the database's enum has not", *label);
	}
}

static int find_column(const weir__layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->column_count; i++)
		if (strcmp(layout->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* A column that the model does not have matters only if rows cannot be made without it. */
static void compare_unknown(comparison *c, const weir_value *facts)
{
	if (!facts[NOT_NULL].as.boolean || facts[HAS_DEFAULT].as.boolean)
		return;
	begin_line(c, NULL);
	weir__buffer_appendf(c->report, "the model lacks column \"%s\", which is NOT NULL and has no default",
	                     facts[NAME].as.text);
}

static void compare_column(comparison *c, const weir_value *facts)
{
	int found = find_column(c->layout, facts[NAME].as.text);

	if (facts[IN_KEY].as.boolean)
		weir__buffer_appendf(&c->key_names, "%s%s", c->key_count++ > 0 ? ", " : "", facts[NAME].as.text);
	if (found < 0) {
		compare_unknown(c, facts);
		return;
	}
	const weir__column *column = &c->layout->columns[found];
	c->seen |= (weir__mask)1 << found;
	if (facts[IN_KEY].as.boolean)
		c->key |= (weir__mask)1 << found;
	compare_type(c, column, facts);
	compare_labels(c, column, &facts[LABELS]);
	if (column->unique && c->has_keys && !facts[IS_UNIQUE].as.boolean) {
		begin_line(c, column);
		weir__buffer_append_text(c->report, "the model says unique, the database has no unique constraint on it alone");
	}
	if (column->stamped && facts[HAS_SPELLINGS].as.boolean) {
		begin_line(c, column);
		weir__buffer_append_text(c->report,
		                         "it is stamped, or a relation's key, and the database takes different texts for "
		                         "one value of it (its collation is not deterministic)");
	}
}

/* ---- one table ----------------------------------------------------------------------------------------------------------- */

static void append_table(comparison *c)
{
	const weir_model *model = c->layout->base;

	if (model->schema)
		weir__buffer_appendf(c->report, "\"%s\".", model->schema);
	weir__buffer_appendf(c->report, "\"%s\"", model->table);
}

/* Tables, partitioned and foreign ones too, and views have columns that can be read. What a model says of a view's keys and NULLs
 * nobody can check. */
static bool is_table(const weir_value *facts)
{
	return !facts[KIND].is_null && strchr("rpfvm", facts[KIND].as.text[0]);
}

static void report_no_table(comparison *c, const weir_value *facts)
{
	begin_line(c, NULL);
	if (facts[KIND].is_null) {
		weir__buffer_append_text(c->report, "there is no table ");
		append_table(c);
	} else {
		append_table(c);
		weir__buffer_append_text(c->report, " is no table");
	}
}

/* What one role or tenant was shown would be shown to the next, from the cache. */
static void report_secured(comparison *c)
{
	begin_line(c, NULL);
	weir__buffer_append_text(c->report, "the table ");
	append_table(c);
	weir__buffer_append_text(c->report, " is under row-level security, and the model is not .per_principal");
}

static void report_missing_columns(comparison *c)
{
	const weir__layout *layout = c->layout;

	for (size_t i = 0; i < layout->column_count; i++) {
		if (c->seen >> i & 1)
			continue;
		begin_line(c, &layout->columns[i]);
		weir__buffer_append_text(c->report, "the table ");
		append_table(c);
		weir__buffer_appendf(c->report, " has no column \"%s\"", layout->columns[i].name);
	}
}

static void compare_key(comparison *c)
{
	const weir__layout *layout = c->layout;

	if (!c->has_keys || (c->key == layout->key_mask && c->key_count == layout->key_count))
		return;
	begin_line(c, NULL);
	weir__buffer_append_text(c->report, "the database's primary key is (");
	weir__buffer_append(c->report, c->key_names.data, c->key_names.length);
	weir__buffer_append_text(c->report, "), the model's is (");
	for (size_t i = 0; i < layout->key_count; i++)
		weir__buffer_appendf(c->report, "%s%s", i > 0 ? ", " : "", layout->columns[layout->key[i]].name);
	weir__buffer_append_char(c->report, ')');
}

/* ---- all ------------------------------------------------------------------------------------------------------------------ */

/* scratch: for the labels, which live until the next row. */
static int read_facts(const weir__rows *rows, size_t row, weir_value facts[FACT_COUNT], weir__buffer *scratch,
                      weir_error *err)
{
	int status = WEIR_OK;

	for (size_t i = 0; i < FACT_COUNT && status == WEIR_OK; i++)
		status = weir__rows_value(rows, row, i, fact_types[i], &facts[i], scratch, err);
	return status;
}

/* Compares one model with its rows, which begin at *row, and moves that behind them. */
static int compare_model(comparison *c, const weir__rows *rows, size_t *row, int64_t place, weir_error *err)
{
	weir_value facts[FACT_COUNT];
	bool       has_table = true, is_secured = false;

	for (; *row < rows->count; ++*row) {
		int status = read_facts(rows, *row, facts, &c->labels, err);
		if (status != WEIR_OK)
			return status;
		if (facts[PLACE].as.integer != place)
			break;
		has_table = is_table(facts);
		is_secured = facts[IS_SECURED].as.boolean;
		c->is_plain = facts[IS_ORDINARY].as.boolean && facts[TRIGGERS].is_null;
		c->is_last = c->is_plain || (facts[IS_ORDINARY].as.boolean && facts[TRIGGERS].as.integer == 2);
		c->has_keys = has_table && strchr("rp", facts[KIND].as.text[0]);
		c->has_not_null = c->has_keys || (has_table && facts[KIND].as.text[0] == 'f');
		if (!has_table && c->differences == 0)
			report_no_table(c, facts);
		else if (has_table && !facts[NAME].is_null)
			compare_column(c, facts);
	}
	if (has_table && is_secured && !c->layout->base->per_principal)
		report_secured(c);
	if (has_table) {
		report_missing_columns(c);
		compare_key(c);
	}
	c->report->failed = c->report->failed || c->key_names.failed;
	return c->report->failed ? weir__error_no_memory(err) : WEIR_OK;
}

static weir_value schema_of(const void *context, size_t i)
{
	weir__layout *const *layouts = context;

	return (weir_value){ .type = WEIR_TYPE_TEXT, .as.text = layouts[i]->base->schema };
}

static weir_value table_of(const void *context, size_t i)
{
	weir__layout *const *layouts = context;

	return (weir_value){ .type = WEIR_TYPE_TEXT, .as.text = layouts[i]->base->table };
}

/* Of a model with .deleted_at that column: a unique index may be of the living only. */
static weir_value deleted_at_of(const void *context, size_t i)
{
	weir__layout *const *layouts = context;
	weir_value           value = { .type = WEIR_TYPE_TEXT, .is_null = true };

	for (size_t c = 0; c < layouts[i]->column_count; c++)
		if (layouts[i]->columns[c].deleted_at)
			value = (weir_value){ .type = WEIR_TYPE_TEXT, .as.text = layouts[i]->columns[c].name };
	return value;
}

static int fetch(weir__conn *conn, weir__layout *const *layouts, size_t count, weir__deadline deadline,
                 weir__rows *rows, weir_error *err)
{
	const weir__sql sql = weir__sql_of(catalog_query, sizeof catalog_query - 1);
	weir__params   *params;
	int             status = weir__params_create(&params, err);

	if (status != WEIR_OK)
		return status;
	weir__params_add_array(params, WEIR_TYPE_TEXT, count, schema_of, layouts);
	weir__params_add_array(params, WEIR_TYPE_TEXT, count, table_of, layouts);
	weir__params_add_array(params, WEIR_TYPE_TEXT, count, deleted_at_of, layouts);
	status = weir__params_status(params, err);
	if (status == WEIR_OK)
		status = weir__conn_run(conn, &sql, params, deadline, rows, err);
	weir__params_free(params);
	return status;
}

int weir__schema_compare(weir__conn *conn, weir__layout *const *layouts, size_t count, weir__deadline deadline,
                         weir__buffer *report, size_t *differences, weir_error *err)
{
	weir__rows rows = WEIR__ROWS_INIT;
	size_t     found = 0;
	size_t     row = 0;
	int        status = fetch(conn, layouts, count, deadline, &rows, err);

	for (size_t i = 0; i < count && status == WEIR_OK; i++) {
		comparison c = { .layout = layouts[i], .report = report };
		status = compare_model(&c, &rows, &row, (int64_t)i + 1, err);
		layouts[i]->is_plain = c.is_plain;
		layouts[i]->is_last = c.is_last;
		found += c.differences;
		weir__buffer_release(&c.key_names);
		weir__buffer_release(&c.labels);
	}
	weir__rows_release(&rows);
	if (status == WEIR_OK)
		*differences = found;
	return status;
}
