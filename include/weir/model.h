/* Models: what a table looks like as a C struct, declared once as constant data.
 *
 *     typedef struct user { int64_t id; const char *email; weir_opt_i32 age; } user;
 *
 *     static const weir_field user_fields[] = {
 *             WEIR_FIELD(user, id, .primary_key = true, .generated = true),
 *             WEIR_FIELD(user, email, .unique = true),
 *             WEIR_FIELD(user, age),
 *     };
 *     const weir_model user_model = WEIR_MODEL(user, "users", user_fields);
 *
 * The member's C type gives the column's type; a member of a type that is no column type does not compile.
 * Descriptors are never written to and must outlive every session and record that uses them (make them static).
 * They are checked when a session is opened: against themselves first, then against the live schema.
 */
#ifndef WEIR_MODEL_H
#define WEIR_MODEL_H

#include <weir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of columns. One line a type: enumerator, PostgreSQL's name. */
#define WEIR_TYPE_MAP(X)                                                                                               \
	X(WEIR_TYPE_BOOL, "bool")                                                                                          \
	X(WEIR_TYPE_INT2, "int2")                                                                                          \
	X(WEIR_TYPE_INT4, "int4")                                                                                          \
	X(WEIR_TYPE_INT8, "int8")                                                                                          \
	X(WEIR_TYPE_FLOAT8, "float8")                                                                                      \
	X(WEIR_TYPE_NUMERIC, "numeric")                                                                                    \
	X(WEIR_TYPE_TEXT, "text")                                                                                          \
	X(WEIR_TYPE_TIMESTAMPTZ, "timestamptz")                                                                            \
	X(WEIR_TYPE_TIMESTAMP, "timestamp")                                                                                \
	X(WEIR_TYPE_UUID, "uuid")                                                                                          \
	X(WEIR_TYPE_JSONB, "jsonb")                                                                                        \
	X(WEIR_TYPE_FLOAT4, "float4")                                                                                      \
	X(WEIR_TYPE_CHAR, "bpchar")                                                                                        \
	X(WEIR_TYPE_ENUM, "enum")                                                                                          \
	X(WEIR_TYPE_BYTEA, "bytea")                                                                                        \
	X(WEIR_TYPE_DATE, "date")                                                                                          \
	X(WEIR_TYPE_TIME, "time")                                                                                          \
	X(WEIR_TYPE_INTERVAL, "interval")                                                                                  \
	X(WEIR_TYPE_INET, "inet")                                                                                          \
	X(WEIR_TYPE_JSON, "json")

/* WEIR_TYPE_INT4_ARRAY and so on are the arrays of these types. */
typedef enum weir_type {
	WEIR_TYPE_NONE,
#define WEIR__TYPE_ENUM(name, sql)       name,
#define WEIR__TYPE_ARRAY_ENUM(name, sql) name##_ARRAY,
	WEIR_TYPE_MAP(WEIR__TYPE_ENUM) WEIR_TYPE_MAP(WEIR__TYPE_ARRAY_ENUM)
#undef WEIR__TYPE_ENUM
#undef WEIR__TYPE_ARRAY_ENUM
		WEIR_TYPE_COUNT
} weir_type;

/* PostgreSQL's name of a type; "?" for a number that is none. Static text. */
WEIR_API const char *weir_type_name(weir_type type);

/* What a member of a result (reading.h) is made of, over the rows of a group or of the whole query. */
typedef enum weir_aggregate {
	WEIR_NO_AGGREGATE,
	WEIR_COUNT,          /* rows; with .column those in which it is not NULL. int8 */
	WEIR_COUNT_DISTINCT, /* different values of .column. int8 */
	WEIR_SUM,            /* int8 (of integers), numeric or float8; NULL of no value */
	WEIR_AVG,            /* numeric or float8; NULL of no value */
	WEIR_MIN,            /* of the type of .column; NULL of no value */
	WEIR_MAX
} weir_aggregate;

/* One column. Write it with WEIR_FIELD; what is not named there is false or 0. */
typedef struct weir_field {
	const char *name;     /* the member */
	const char *column;   /* the column, where it is called otherwise than the member */
	size_t      offset;   /* of the member in the struct */
	weir_type   type;     /* from the member */
	bool        optional; /* from the member: a weir_opt_... */
	/* a pointer member (text, numeric, bytea, json, arrays) may be NULL; weir_opt_ members always may */
	bool nullable;
	bool primary_key; /* part of the primary key, in the order of the fields */
	bool generated;   /* the database gives the value (identity, serial, default); never part of weir_set_all */
	bool unique;      /* has a unique constraint of its own: get_by and its cache entry are possible */
	bool auto_now;    /* a timestamptz set to now() by each update that changes something */
	/* cached lists filtered by equality on this column have a stamp of their own, so that a write to other values
	 * of it leaves them alone (foreign keys, above all) */
	bool stamped;
	/* an int2, int4 or int8 NOT NULL that each update raises by one, for update_if_unchanged (writing.h); at most
	 * one */
	bool version;
	/* a weir_opt_time: rows in which it is set count as deleted and are hidden (writing.h); at most one */
	bool           deleted_at;
	weir_aggregate aggregate; /* of a result only: made of .column by this */
	/* text, and each item of an array of it: most characters, 0 for no limit; compared with varchar(n) and char(n)
	 * of the schema */
	uint32_t max_length;
	bool     reserved;
	/* text, or an array of it: a char(n). Blanks at its end mean nothing and are not there in records */
	bool padded;
	/* text, or an array of it: an enum with these labels, WEIR_LABELS("draft", "sent"), which are compared with
	 * the database's; WEIR_LABELS_UNSAID: whatever it has */
	const char *const *labels;
} weir_field;

/* A switch or number left at 0 is inherited: a model's from the session's defaults, those from the built-in ones. */
typedef enum weir_switch { WEIR_INHERIT, WEIR_ON, WEIR_OFF } weir_switch;

/* What a write does when the cache cannot be told, before COMMIT, what the write will change, or after COMMIT that it has. One
 * model of a transaction that says FAIL is enough for all of it. */
typedef enum weir_policy {
	WEIR_POLICY_INHERIT,
	/* goes on; other processes may for a while read what was before: docs/guarantees.md. Built in */
	WEIR_POLICY_DEGRADE,
	WEIR_POLICY_FAIL /* before COMMIT: rolled back, WEIR_ERR_CACHE; after it: WEIR_ERR_UNCONFIRMED */
} weir_policy;

#define WEIR_TTL_NEVER (-1) /* entries without expiry */
#define WEIR_UNLIMITED (-1) /* no limit of this kind */

/* How something is cached. Times are seconds, above 0 or WEIR_TTL_NEVER; limits above 0 or WEIR_UNLIMITED;
 * anything else is a configuration error (WEIR_ERR_USAGE) that names the field. */
typedef struct weir_cache_config {
	weir_switch enabled;        /* off: every cached read asks the database and stores nothing. Built in: on */
	int         ttl_s;          /* records. 300 */
	int         unique_ttl_s;   /* lookups by a unique field. 300 */
	int         list_ttl_s;     /* lists. 120 */
	int         count_ttl_s;    /* counts and exists. 60 */
	int         absent_ttl_s;   /* "no such row". 10 */
	int64_t     max_entries;    /* entries of one model that a backend in memory keeps. WEIR_UNLIMITED */
	int64_t     max_items;      /* a longer list is returned and not stored. 1000 */
	int64_t     max_bytes;      /* a larger value is returned and not stored. 1 MiB */
	int         version;        /* in every entry: another number leaves all existing entries behind */
	weir_policy policy;         /* of writes. WEIR_POLICY_DEGRADE */
	weir_switch near;           /* also kept, decoded, in this process (near_cache.h). Built in: off */
	int64_t     near_max_items; /* a longer list is not kept near. 1000 */
	int64_t     near_max_bytes; /* a larger record or list is not kept near. 256 KiB */
} weir_cache_config;

struct weir_relation;

/* What a write invalidates beside what follows from the descriptor: see invalidation.h. */
typedef struct weir_invalidation weir_invalidation;
typedef int                      weir_invalidates(weir_invalidation *write, const void *record, weir_error *err);

/* One model. Write it with WEIR_MODEL. */
typedef struct weir_model {
	const char                 *name;   /* the struct's name, in keys and messages */
	const char                 *table;  /* the table */
	const char                 *schema; /* its schema; NULL: found by the session's search path */
	size_t                      size;   /* sizeof the struct */
	const weir_field           *fields;
	size_t                      field_count;
	size_t                      field_size; /* sizeof(weir_field) where this was compiled */
	weir_cache_config           cache;
	const struct weir_relation *relations; /* relation.h; write it with WEIR_RELATIONS */
	size_t                      relation_count;
	size_t                      relation_size; /* sizeof(weir_relation) where this was compiled */
	/* derived from it: the same table and fields, its relations unless overridden */
	const struct weir_model *parent;
	/* what one sees of the table depends on who asks (row-level security): calls need a session with a principal
	 * (scope.h), and what is cached belongs to that */
	bool per_principal;
	/* reads by id that come at the same time, outside of transactions, are one statement; for a primary key of one
	 * integer. More threads than connections gain by it */
	bool gathers;
	/* writes of one row (create, update, increment, delete) that come at the same time, outside of transactions, share a
	 * transaction: one COMMIT, one now(), its row locks held until then. Each has its own outcome: where one fails, all are
	 * undone, it is written by itself, and the others try again. Many threads gain by it, unless many of their writes fail
	 * (docs/writing.md) */
	bool              gathers_writes;
	bool              reserved;
	weir_invalidates *invalidates; /* or NULL */
} weir_model;

/* A column of a model; the typed handles below wrap it. */
typedef struct weir_column {
	const weir_model *model;
	size_t            offset;
} weir_column;

/* A typed handle for each type of column: weir_i32_column and so on. Nullable or not makes no difference. */
#define WEIR__COLUMN(name)                                                                                             \
	typedef struct weir_##name##_column {                                                                              \
		weir_column column;                                                                                            \
	} weir_##name##_column;
WEIR__COLUMN(bool)
WEIR__COLUMN(i16)
WEIR__COLUMN(i32)
WEIR__COLUMN(i64)
WEIR__COLUMN(f64)
WEIR__COLUMN(numeric)
WEIR__COLUMN(text)
WEIR__COLUMN(time)
WEIR__COLUMN(timestamp)
WEIR__COLUMN(uuid)
WEIR__COLUMN(json)
WEIR__COLUMN(f32)
WEIR__COLUMN(bytea)
WEIR__COLUMN(date)
WEIR__COLUMN(clock)
WEIR__COLUMN(interval)
WEIR__COLUMN(inet)
WEIR__COLUMN(json_text)
WEIR__COLUMN(bool_array)
WEIR__COLUMN(i16_array)
WEIR__COLUMN(i32_array)
WEIR__COLUMN(i64_array)
WEIR__COLUMN(f32_array)
WEIR__COLUMN(f64_array)
WEIR__COLUMN(numeric_array)
WEIR__COLUMN(text_array)
WEIR__COLUMN(bytea_array)
WEIR__COLUMN(date_array)
WEIR__COLUMN(clock_array)
WEIR__COLUMN(time_array)
WEIR__COLUMN(timestamp_array)
WEIR__COLUMN(interval_array)
WEIR__COLUMN(uuid_array)
WEIR__COLUMN(inet_array)
WEIR__COLUMN(json_array)
WEIR__COLUMN(json_text_array)
#undef WEIR__COLUMN

/* A choice of columns of one model: what a create or update gives, what an export shows. Write it with WEIR_SET. */
typedef struct weir_set {
	const weir_model *model;
	const size_t     *offsets; /* of the members; NULL with count 0 is the empty set */
	size_t            count;   /* SIZE_MAX: all columns that are not generated */
} weir_set;

/* All columns of a model but the generated ones. */
static inline weir_set weir_set_all(const weir_model *model)
{
	weir_set set;
	set.model = model;
	set.offsets = NULL;
	set.count = SIZE_MAX;
	return set;
}

#ifndef __cplusplus

/* clang-format off */
#define WEIR__MEMBER_TYPE(member) _Generic((member),                                                                   \
	bool: WEIR_TYPE_BOOL, weir_opt_bool: WEIR_TYPE_BOOL,                                                           \
	int16_t: WEIR_TYPE_INT2, weir_opt_i16: WEIR_TYPE_INT2,                                                         \
	int32_t: WEIR_TYPE_INT4, weir_opt_i32: WEIR_TYPE_INT4,                                                         \
	int64_t: WEIR_TYPE_INT8, weir_opt_i64: WEIR_TYPE_INT8,                                                         \
	double: WEIR_TYPE_FLOAT8, weir_opt_f64: WEIR_TYPE_FLOAT8,                                                      \
	weir_numeric: WEIR_TYPE_NUMERIC, const char *: WEIR_TYPE_TEXT, weir_json: WEIR_TYPE_JSONB,                     \
	weir_time: WEIR_TYPE_TIMESTAMPTZ, weir_opt_time: WEIR_TYPE_TIMESTAMPTZ,                                        \
	weir_timestamp: WEIR_TYPE_TIMESTAMP, weir_opt_timestamp: WEIR_TYPE_TIMESTAMP,                                  \
	weir_uuid: WEIR_TYPE_UUID, weir_opt_uuid: WEIR_TYPE_UUID,                                                      \
	float: WEIR_TYPE_FLOAT4, weir_opt_f32: WEIR_TYPE_FLOAT4, weir_bytea: WEIR_TYPE_BYTEA,                          \
	weir_date: WEIR_TYPE_DATE, weir_opt_date: WEIR_TYPE_DATE, weir_clock: WEIR_TYPE_TIME,                          \
	weir_opt_clock: WEIR_TYPE_TIME, weir_interval: WEIR_TYPE_INTERVAL, weir_opt_interval: WEIR_TYPE_INTERVAL,      \
	weir_inet: WEIR_TYPE_INET, weir_opt_inet: WEIR_TYPE_INET, weir_json_text: WEIR_TYPE_JSON,                      \
	weir_bool_array: WEIR_TYPE_BOOL_ARRAY, weir_i16_array: WEIR_TYPE_INT2_ARRAY,                                   \
	weir_i32_array: WEIR_TYPE_INT4_ARRAY, weir_i64_array: WEIR_TYPE_INT8_ARRAY,                                    \
	weir_f32_array: WEIR_TYPE_FLOAT4_ARRAY, weir_f64_array: WEIR_TYPE_FLOAT8_ARRAY,                                \
	weir_numeric_array: WEIR_TYPE_NUMERIC_ARRAY, weir_text_array: WEIR_TYPE_TEXT_ARRAY,                            \
	weir_bytea_array: WEIR_TYPE_BYTEA_ARRAY, weir_date_array: WEIR_TYPE_DATE_ARRAY,                                \
	weir_clock_array: WEIR_TYPE_TIME_ARRAY, weir_time_array: WEIR_TYPE_TIMESTAMPTZ_ARRAY,                          \
	weir_timestamp_array: WEIR_TYPE_TIMESTAMP_ARRAY, weir_interval_array: WEIR_TYPE_INTERVAL_ARRAY,                \
	weir_uuid_array: WEIR_TYPE_UUID_ARRAY, weir_inet_array: WEIR_TYPE_INET_ARRAY,                                  \
	weir_json_array: WEIR_TYPE_JSONB_ARRAY, weir_json_text_array: WEIR_TYPE_JSON_ARRAY)

#define WEIR__MEMBER_OPTIONAL(member) _Generic((member),                                                               \
	weir_opt_bool: true, weir_opt_i16: true, weir_opt_i32: true, weir_opt_i64: true, weir_opt_f64: true,           \
	weir_opt_time: true, weir_opt_timestamp: true, weir_opt_uuid: true, weir_opt_f32: true, weir_opt_date: true,   \
	weir_opt_clock: true, weir_opt_interval: true, weir_opt_inet: true, default: false)
/* clang-format on */

/* WEIR_FIELD(user, email, .unique = true): one column, its type taken from the member. */
#define WEIR_FIELD(struct_name, ...) WEIR__FIELD(struct_name, __VA_ARGS__, .reserved = false)
#define WEIR__FIELD(struct_name, member, ...)                                                                          \
	{                                                                                                                  \
		.name = #member, .offset = offsetof(struct_name, member),                                                      \
		.type = WEIR__MEMBER_TYPE(((struct_name *)0)->member),                                                         \
		.optional = WEIR__MEMBER_OPTIONAL(((struct_name *)0)->member), __VA_ARGS__                                     \
	}

/* WEIR_MODEL(user, "users", user_fields, .cache = {.list_ttl_s = 30}): the initialiser of a weir_model. */
#define WEIR_MODEL(struct_name, ...) WEIR__MODEL(struct_name, __VA_ARGS__, .reserved = false)
#define WEIR__MODEL(struct_name, table_name, field_array, ...)                                                         \
	{                                                                                                                  \
		.name = #struct_name, .table = table_name, .size = sizeof(struct_name), .fields = field_array,                 \
		.field_count = sizeof(field_array) / sizeof((field_array)[0]), .field_size = sizeof(weir_field), __VA_ARGS__   \
	}

/* WEIR_DERIVED_MODEL(author, user, WEIR_RELATIONS(author_relations)): a model on the table of another, with its fields (the
 * struct is that of the parent, or begins with it), with its relations and others, some of which may have the same name. */
#define WEIR_DERIVED_MODEL(struct_name, ...) WEIR__DERIVED_MODEL(struct_name, __VA_ARGS__, .reserved = false)
#define WEIR__DERIVED_MODEL(struct_name, parent_name, ...)                                                             \
	{                                                                                                                  \
		.name = #struct_name, .parent = &parent_name##_model, .size = sizeof(struct_name),                             \
		.field_size = sizeof(weir_field), __VA_ARGS__                                                                  \
	}

/* WEIR_I32_COLUMN(user, age): the handle of a column, for struct user_columns. Each checks the member's type. */
#define WEIR__HANDLE(struct_name, member, ...)                                                                         \
	{                                                                                                                  \
		{                                                                                                              \
			&struct_name##_model,                                                                                      \
				offsetof(struct_name, member) + (size_t) _Generic(((struct_name *)0)->member, __VA_ARGS__)             \
		}                                                                                                              \
	}
#define WEIR_BOOL_COLUMN(s, m)      WEIR__HANDLE(s, m, bool : 0, weir_opt_bool : 0)
#define WEIR_I16_COLUMN(s, m)       WEIR__HANDLE(s, m, int16_t : 0, weir_opt_i16 : 0)
#define WEIR_I32_COLUMN(s, m)       WEIR__HANDLE(s, m, int32_t : 0, weir_opt_i32 : 0)
#define WEIR_I64_COLUMN(s, m)       WEIR__HANDLE(s, m, int64_t : 0, weir_opt_i64 : 0)
#define WEIR_F64_COLUMN(s, m)       WEIR__HANDLE(s, m, double : 0, weir_opt_f64 : 0)
#define WEIR_NUMERIC_COLUMN(s, m)   WEIR__HANDLE(s, m, weir_numeric : 0)
#define WEIR_TEXT_COLUMN(s, m)      WEIR__HANDLE(s, m, const char * : 0)
#define WEIR_TIME_COLUMN(s, m)      WEIR__HANDLE(s, m, weir_time : 0, weir_opt_time : 0)
#define WEIR_TIMESTAMP_COLUMN(s, m) WEIR__HANDLE(s, m, weir_timestamp : 0, weir_opt_timestamp : 0)
#define WEIR_UUID_COLUMN(s, m)      WEIR__HANDLE(s, m, weir_uuid : 0, weir_opt_uuid : 0)
#define WEIR_JSON_COLUMN(s, m)      WEIR__HANDLE(s, m, weir_json : 0)
#define WEIR_F32_COLUMN(s, m)       WEIR__HANDLE(s, m, float : 0, weir_opt_f32 : 0)
#define WEIR_BYTEA_COLUMN(s, m)     WEIR__HANDLE(s, m, weir_bytea : 0)
#define WEIR_DATE_COLUMN(s, m)      WEIR__HANDLE(s, m, weir_date : 0, weir_opt_date : 0)
#define WEIR_CLOCK_COLUMN(s, m)     WEIR__HANDLE(s, m, weir_clock : 0, weir_opt_clock : 0)
#define WEIR_INTERVAL_COLUMN(s, m)  WEIR__HANDLE(s, m, weir_interval : 0, weir_opt_interval : 0)
#define WEIR_INET_COLUMN(s, m)      WEIR__HANDLE(s, m, weir_inet : 0, weir_opt_inet : 0)
#define WEIR_JSON_TEXT_COLUMN(s, m) WEIR__HANDLE(s, m, weir_json_text : 0)

/* WEIR_ARRAY_COLUMN(i32, post, marks): that of an array, of the type weir_i32_array_column. */
#define WEIR_ARRAY_COLUMN(item, s, m) WEIR__HANDLE(s, m, weir_##item##_array : 0)

/* Labels of an enum, for a field declared outside of functions. */
#define WEIR_LABELS(...)   ((const char *const[]){ __VA_ARGS__, NULL })
#define WEIR_LABELS_UNSAID ((const char *const[]){ NULL })

/* WEIR_SET(user, username, email): these columns; up to 32. An unknown name does not compile. The set lives as
 * long as the block it is written in. */
#define WEIR_SET(struct_name, ...)                                                                                     \
	((weir_set){ &struct_name##_model, (const size_t[]){ WEIR__EACH(WEIR__OFFSET, struct_name, __VA_ARGS__) },         \
	             sizeof((const size_t[]){ WEIR__EACH(WEIR__OFFSET, struct_name, __VA_ARGS__) }) / sizeof(size_t) })
#define WEIR__OFFSET(struct_name, member) offsetof(struct_name, member)

/* clang-format off: applies f(a, x) to each x of up to 32, with commas between. */
#define WEIR__PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21,     \
                   _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, name, ...)                                   \
	name
#define WEIR__EACH(f, a, ...)                                                                                          \
	WEIR__PICK(__VA_ARGS__, WEIR__EACH32, WEIR__EACH31, WEIR__EACH30, WEIR__EACH29, WEIR__EACH28, WEIR__EACH27,        \
	           WEIR__EACH26, WEIR__EACH25, WEIR__EACH24, WEIR__EACH23, WEIR__EACH22, WEIR__EACH21, WEIR__EACH20,       \
	           WEIR__EACH19, WEIR__EACH18, WEIR__EACH17, WEIR__EACH16, WEIR__EACH15, WEIR__EACH14, WEIR__EACH13,       \
	           WEIR__EACH12, WEIR__EACH11, WEIR__EACH10, WEIR__EACH9, WEIR__EACH8, WEIR__EACH7, WEIR__EACH6,           \
	           WEIR__EACH5, WEIR__EACH4, WEIR__EACH3, WEIR__EACH2, WEIR__EACH1, 0)                                     \
	(f, a, __VA_ARGS__)
#define WEIR__EACH1(f, a, x)       f(a, x)
#define WEIR__EACH2(f, a, x, ...)  f(a, x), WEIR__EACH1(f, a, __VA_ARGS__)
#define WEIR__EACH3(f, a, x, ...)  f(a, x), WEIR__EACH2(f, a, __VA_ARGS__)
#define WEIR__EACH4(f, a, x, ...)  f(a, x), WEIR__EACH3(f, a, __VA_ARGS__)
#define WEIR__EACH5(f, a, x, ...)  f(a, x), WEIR__EACH4(f, a, __VA_ARGS__)
#define WEIR__EACH6(f, a, x, ...)  f(a, x), WEIR__EACH5(f, a, __VA_ARGS__)
#define WEIR__EACH7(f, a, x, ...)  f(a, x), WEIR__EACH6(f, a, __VA_ARGS__)
#define WEIR__EACH8(f, a, x, ...)  f(a, x), WEIR__EACH7(f, a, __VA_ARGS__)
#define WEIR__EACH9(f, a, x, ...)  f(a, x), WEIR__EACH8(f, a, __VA_ARGS__)
#define WEIR__EACH10(f, a, x, ...) f(a, x), WEIR__EACH9(f, a, __VA_ARGS__)
#define WEIR__EACH11(f, a, x, ...) f(a, x), WEIR__EACH10(f, a, __VA_ARGS__)
#define WEIR__EACH12(f, a, x, ...) f(a, x), WEIR__EACH11(f, a, __VA_ARGS__)
#define WEIR__EACH13(f, a, x, ...) f(a, x), WEIR__EACH12(f, a, __VA_ARGS__)
#define WEIR__EACH14(f, a, x, ...) f(a, x), WEIR__EACH13(f, a, __VA_ARGS__)
#define WEIR__EACH15(f, a, x, ...) f(a, x), WEIR__EACH14(f, a, __VA_ARGS__)
#define WEIR__EACH16(f, a, x, ...) f(a, x), WEIR__EACH15(f, a, __VA_ARGS__)
#define WEIR__EACH17(f, a, x, ...) f(a, x), WEIR__EACH16(f, a, __VA_ARGS__)
#define WEIR__EACH18(f, a, x, ...) f(a, x), WEIR__EACH17(f, a, __VA_ARGS__)
#define WEIR__EACH19(f, a, x, ...) f(a, x), WEIR__EACH18(f, a, __VA_ARGS__)
#define WEIR__EACH20(f, a, x, ...) f(a, x), WEIR__EACH19(f, a, __VA_ARGS__)
#define WEIR__EACH21(f, a, x, ...) f(a, x), WEIR__EACH20(f, a, __VA_ARGS__)
#define WEIR__EACH22(f, a, x, ...) f(a, x), WEIR__EACH21(f, a, __VA_ARGS__)
#define WEIR__EACH23(f, a, x, ...) f(a, x), WEIR__EACH22(f, a, __VA_ARGS__)
#define WEIR__EACH24(f, a, x, ...) f(a, x), WEIR__EACH23(f, a, __VA_ARGS__)
#define WEIR__EACH25(f, a, x, ...) f(a, x), WEIR__EACH24(f, a, __VA_ARGS__)
#define WEIR__EACH26(f, a, x, ...) f(a, x), WEIR__EACH25(f, a, __VA_ARGS__)
#define WEIR__EACH27(f, a, x, ...) f(a, x), WEIR__EACH26(f, a, __VA_ARGS__)
#define WEIR__EACH28(f, a, x, ...) f(a, x), WEIR__EACH27(f, a, __VA_ARGS__)
#define WEIR__EACH29(f, a, x, ...) f(a, x), WEIR__EACH28(f, a, __VA_ARGS__)
#define WEIR__EACH30(f, a, x, ...) f(a, x), WEIR__EACH29(f, a, __VA_ARGS__)
#define WEIR__EACH31(f, a, x, ...) f(a, x), WEIR__EACH30(f, a, __VA_ARGS__)
#define WEIR__EACH32(f, a, x, ...) f(a, x), WEIR__EACH31(f, a, __VA_ARGS__)
/* clang-format on */
#endif /* __cplusplus */

#ifdef __cplusplus
}
#endif

#endif
