/* The table of the types of columns. */
#include "types.h"

#include <string.h>

#define PLAIN(name)   .short_name = name, .has_opt = true, .key = true, .unique = true, .stamped = true
#define POINTER(name) .short_name = name, .key = true, .unique = true, .stamped = true

static const column_type types[] = {
	{ "bool", "bool", PLAIN("bool") },
	{ "int2", "int16_t", PLAIN("i16") },
	{ "int4", "int32_t", PLAIN("i32") },
	{ "int8", "int64_t", PLAIN("i64") },
	{ "float4", "float", .short_name = "f32", .has_opt = true, .unique = true },
	{ "float8", "double", .short_name = "f64", .has_opt = true, .unique = true },
	{ "numeric", "weir_numeric", .short_name = "numeric", .unique = true },
	{ "text", "const char *", POINTER("text") },
	{ "varchar", "const char *", POINTER("text"), .has_length = true },
	{ "name", "const char *", POINTER("text") },
	{ "bpchar", "const char *", POINTER("text"), .has_length = true, .padded = true },
	{ "bytea", "weir_bytea", POINTER("bytea") },
	{ "date", "weir_date", PLAIN("date") },
	{ "time", "weir_clock", PLAIN("clock") },
	{ "timestamptz", "weir_time", PLAIN("time") },
	{ "timestamp", "weir_timestamp", PLAIN("timestamp") },
	{ "interval", "weir_interval", .short_name = "interval", .has_opt = true },
	{ "uuid", "weir_uuid", PLAIN("uuid") },
	{ "inet", "weir_inet", PLAIN("inet") },
	{ "cidr", "weir_inet", PLAIN("inet") },
	{ "jsonb", "weir_json", .short_name = "json" },
	{ "json", "weir_json_text", .short_name = "json_text" },
};

static const column_type an_enum = { "enum", "const char *", POINTER("text") };

const column_type *column_type_of(const column_row *column)
{
	if (column->is_enum)
		return &an_enum;
	if (strcmp(column->type_schema, "pg_catalog") != 0)
		return NULL;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].sql, column->type) == 0)
			return &types[i];
	return NULL;
}
