/* Reading the catalog: one statement a kind of thing. Everybody may read these tables, whatever may be done with what they
 * describe. */
#include "catalog.h"

#include <stdio.h>

#define MAX_ROWS 10000000

static const weir_field table_fields[] = {
	WEIR_FIELD(table_row, name),
	WEIR_FIELD(table_row, kind),
	WEIR_FIELD(table_row, secured),
	WEIR_FIELD(table_row, hidden),
};
static const weir_model table_model = WEIR_RESULT(table_row, table_fields);

static const weir_field column_fields[] = {
	WEIR_FIELD(column_row, table),
	WEIR_FIELD(column_row, name),
	WEIR_FIELD(column_row, number),
	WEIR_FIELD(column_row, type),
	WEIR_FIELD(column_row, type_schema),
	WEIR_FIELD(column_row, declared),
	WEIR_FIELD(column_row, is_array),
	WEIR_FIELD(column_row, dimensions),
	WEIR_FIELD(column_row, is_enum),
	WEIR_FIELD(column_row, is_domain),
	WEIR_FIELD(column_row, labels, .nullable = true),
	WEIR_FIELD(column_row, typmod),
	WEIR_FIELD(column_row, not_null),
	WEIR_FIELD(column_row, has_default),
	WEIR_FIELD(column_row, has_spellings),
};
static const weir_model column_model = WEIR_RESULT(column_row, column_fields);

static const weir_field index_fields[] = {
	WEIR_FIELD(index_row, table),
	WEIR_FIELD(index_row, is_primary),
	WEIR_FIELD(index_row, condition, .nullable = true),
	WEIR_FIELD(index_row, columns),
};
static const weir_model index_model = WEIR_RESULT(index_row, index_fields);

static const weir_field foreign_fields[] = {
	WEIR_FIELD(foreign_row, table),     WEIR_FIELD(foreign_row, name),    WEIR_FIELD(foreign_row, target_schema),
	WEIR_FIELD(foreign_row, target),    WEIR_FIELD(foreign_row, columns), WEIR_FIELD(foreign_row, target_columns),
	WEIR_FIELD(foreign_row, on_delete),
};
static const weir_model foreign_model = WEIR_RESULT(foreign_row, foreign_fields);

/* Everything that has columns, but for what weir makes for itself. */
#define TABLES_OF_SCHEMA " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1::text"

static int read_tables(weir_session *session, gen_catalog *to, weir_error *err)
{
	return weir_query_into(
		session,
		WEIR_SQL("SELECT c.relname::text AS name, c.relkind::text AS kind, c.relrowsecurity AS secured,"
	             " c.relispartition OR c.relname = 'weir_outbox' OR EXISTS (SELECT FROM pg_depend d WHERE"
	             " d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS hidden" TABLES_OF_SCHEMA
	             " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname::text COLLATE \"C\""),
		WEIR_PARAMS(to->schema), &table_model, WEIR_READS_UNSAID, &to->tables, err);
}

/* Domains may be made of domains, and be the items of arrays. */
static int read_columns(weir_session *session, gen_catalog *to, weir_error *err)
{
	return weir_query_into(
		session,
		WEIR_SQL(
			"WITH RECURSIVE domains(id, type, typmod, not_null, filled) AS ("
			" SELECT oid, typbasetype, typtypmod, typnotnull, typdefault IS NOT NULL FROM pg_type WHERE typtype = 'd'"
			" UNION ALL"
			" SELECT d.id, t.typbasetype, t.typtypmod,"
			" d.not_null OR t.typnotnull, d.filled OR t.typdefault IS NOT NULL"
			" FROM domains d JOIN pg_type t ON t.oid = d.type AND t.typtype = 'd'"
			"), whole(id, type, typmod, not_null, filled) AS ("
			" SELECT * FROM domains d WHERE NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = d.type AND t.typtype = 'd'))"
			" SELECT c.relname::text AS \"table\", a.attname::text AS name, a.attnum AS number,"
			" coalesce(i.typname, t.typname)::text AS type, s.nspname::text AS type_schema,"
			" format_type(a.atttypid, a.atttypmod) AS declared, i.oid IS NOT NULL AS is_array,"
			" a.attndims::int2 AS dimensions, coalesce(i.typtype, t.typtype) = 'e' AS is_enum,"
			" d.id IS NOT NULL OR item_domain.id IS NOT NULL AS is_domain,"
			" (SELECT array_agg(l.enumlabel::text ORDER BY l.enumsortorder) FROM pg_enum l"
			" WHERE l.enumtypid = coalesce(i.oid, t.oid)) AS labels,"
			" coalesce(item_domain.typmod, d.typmod, a.atttypmod)::int4 AS typmod,"
			" a.attnotnull OR coalesce(d.not_null, false) AS not_null,"
			" a.atthasdef OR a.attidentity <> '' OR coalesce(d.filled, false) AS has_default,"
			" coalesce(NOT o.collisdeterministic, false) AS has_spellings" TABLES_OF_SCHEMA
			" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
			" LEFT JOIN whole d ON d.id = a.atttypid"
			" JOIN pg_type t ON t.oid = coalesce(d.type, a.atttypid)"
			" LEFT JOIN pg_type item ON item.oid = t.typelem AND item.typarray = t.oid"
			" LEFT JOIN whole item_domain ON item_domain.id = item.oid"
			" LEFT JOIN pg_type i ON i.oid = coalesce(item_domain.type, item.oid)"
			" JOIN pg_namespace s ON s.oid = coalesce(i.typnamespace, t.typnamespace)"
			" LEFT JOIN pg_collation o ON o.oid = a.attcollation"
			" WHERE c.relkind IN ('r', 'p') ORDER BY c.relname::text COLLATE \"C\", a.attnum"),
		WEIR_PARAMS(to->schema), &column_model, WEIR_READS_UNSAID, &to->columns, err);
}

static int read_indexes(weir_session *session, gen_catalog *to, weir_error *err)
{
	return weir_query_into(
		session,
		WEIR_SQL("SELECT c.relname::text AS \"table\", i.indisprimary AS is_primary,"
	             " pg_get_expr(i.indpred, i.indrelid) AS condition,"
	             " (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns" TABLES_OF_SCHEMA
	             " JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid"
	             " WHERE c.relkind IN ('r', 'p') ORDER BY c.relname::text COLLATE \"C\", i.indkey::text, condition"),
		WEIR_PARAMS(to->schema), &index_model, WEIR_READS_UNSAID, &to->indexes, err);
}

static int read_foreigns(weir_session *session, gen_catalog *to, weir_error *err)
{
	return weir_query_into(
		session,
		WEIR_SQL(
			"SELECT c.relname::text AS \"table\", k.conname::text AS name, tn.nspname::text AS target_schema,"
			" t.relname::text AS target, k.conkey AS columns, k.confkey AS target_columns, k.confdeltype::text AS on_delete" TABLES_OF_SCHEMA
			" JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0"
			" JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace"
			" WHERE c.relkind IN ('r', 'p')"
			" ORDER BY c.relname::text COLLATE \"C\", k.conkey, k.conname::text COLLATE \"C\""),
		WEIR_PARAMS(to->schema), &foreign_model, WEIR_READS_UNSAID, &to->foreigns, err);
}

static int read_is_found(weir_session *session, gen_catalog *to, weir_error *err)
{
	weir_opt_bool is = { .has = false };
	int           rc = weir_query_bool(session, WEIR_SQL("SELECT current_schema() IS NOT DISTINCT FROM $1::name"),
	                                   WEIR_PARAMS(to->schema), &is, err);

	to->is_found = is.value;
	return rc;
}

static int read_schema(weir_session *session, const char *schema, gen_catalog *to, weir_error *err)
{
	int rc = weir_query_text(session,
	                         WEIR_SQL("SELECT nspname::text FROM pg_namespace"
	                                  " WHERE nspname = coalesce($1::text, current_schema()::text)"),
	                         WEIR_PARAMS(schema), &to->schema, err);

	if (rc == WEIR_OK)
		return read_is_found(session, to, err);
	if (rc != WEIR_NOT_FOUND)
		return rc;
	*err = (weir_error)WEIR_ERROR_INIT;
	if (schema)
		snprintf(err->message, sizeof err->message, "there is no schema \"%s\"", schema);
	else
		snprintf(err->message, sizeof err->message, "the search path has no schema that is there; --schema says which");
	return err->status = WEIR_ERR_SCHEMA;
}

/* In one transaction, so that all of it is of one moment. */
static int read_all(weir_session *session, const char *schema, gen_catalog *to, weir_error *err)
{
	static int (*const readers[])(weir_session *, gen_catalog *, weir_error *) = { read_tables, read_columns,
		                                                                           read_indexes, read_foreigns };
	const weir_transaction_options all_at_once = { .isolation = WEIR_REPEATABLE_READ, .read_only = true };
	weir_session                  *transaction = NULL;
	int                            rc = weir_begin(session, &all_at_once, &transaction, err);

	if (rc == WEIR_OK)
		rc = read_schema(transaction, schema, to, err);
	for (size_t i = 0; rc == WEIR_OK && i < sizeof readers / sizeof readers[0]; i++)
		rc = readers[i](transaction, to, err);
	weir_rollback(&transaction);
	return rc;
}

int catalog_read(const char *postgres, const char *schema, gen_catalog *to, weir_error *err)
{
	static const weir_model *const none[] = { NULL };
	const weir_options             options = { .postgres = postgres,
		                                       .models = none,
		                                       .application_name = "weir-generate",
		                                       .timeout_ms = 60000,
		                                       .max_limit = MAX_ROWS,
		                                       .cache_kind = WEIR_CACHE_NONE };
	weir_session                  *session = NULL;
	int                            rc = weir_open(&options, &session, err);

	*to = (gen_catalog){ .schema = NULL };
	if (rc == WEIR_OK)
		rc = read_all(session, schema, to, err);
	weir_close(&session);
	if (rc != WEIR_OK)
		catalog_release(to);
	return rc;
}

void catalog_release(gen_catalog *from)
{
	weir_free(from->schema);
	from->schema = NULL;
	table_row_list_release(&from->tables);
	column_row_list_release(&from->columns);
	index_row_list_release(&from->indexes);
	foreign_row_list_release(&from->foreigns);
}
