/* What the server's catalog says of the tables of one schema, read by weir's own SQL by hand. */
#ifndef GENERATE_CATALOG_H
#define GENERATE_CATALOG_H

#include <weir/weir.h>

typedef struct table_row {
	const char *name;
	const char *kind;    /* as in pg_class.relkind */
	bool        secured; /* under row-level security */
	bool        hidden;  /* a partition, or of an extension: only where it is asked for by name */
} table_row;
WEIR_RECORD(table_row)

typedef struct column_row {
	const char     *table;
	const char     *name;
	int16_t         number;
	const char     *type; /* of the items of an array; a domain is what it is made of */
	const char     *type_schema;
	const char     *declared; /* the type as one would write it */
	bool            is_array;
	int16_t         dimensions; /* as declared */
	bool            is_enum;
	bool            is_domain;
	weir_text_array labels;
	int32_t         typmod;
	bool            not_null;
	bool            has_default;   /* identity and generated columns too */
	bool            has_spellings; /* its collation takes different texts for one value */
} column_row;
WEIR_RECORD(column_row)

/* A unique index, the primary key's too. */
typedef struct index_row {
	const char    *table;
	bool           is_primary;
	const char    *condition; /* of a partial one */
	weir_i16_array columns;   /* numbers; 0 for an expression */
} index_row;
WEIR_RECORD(index_row)

typedef struct foreign_row {
	const char    *table;
	const char    *name;
	const char    *target_schema;
	const char    *target;
	weir_i16_array columns;
	weir_i16_array target_columns;
	const char    *on_delete; /* as in pg_constraint.confdeltype */
} foreign_row;
WEIR_RECORD(foreign_row)

/* Each in the order of its table's name, then of its place in it. */
typedef struct gen_catalog {
	char            *schema;   /* to be freed */
	bool             is_found; /* without being named: it is the first of the search path */
	table_row_list   tables;
	column_row_list  columns;
	index_row_list   indexes;
	foreign_row_list foreigns;
} gen_catalog;

/* schema NULL: the first of the search path. After a failure there is nothing to release. */
int  catalog_read(const char *postgres, const char *schema, gen_catalog *to, weir_error *err);
void catalog_release(gen_catalog *from);

#endif
