/* SQL by hand: what the DAOs cannot say, with their guarantees. The text is a literal of the program, values are
 * parameters $1, $2, ..., rows become structs, and the models that are read or written are named, so that results are
 * cached and invalidated like any list.
 *
 *     typedef struct top { int64_t id; int64_t posts; } top;
 *     WEIR_RECORD(top)
 *     static const weir_field top_fields[] = { WEIR_FIELD(top, id), WEIR_FIELD(top, posts) };
 *     static const weir_model top_model = WEIR_RESULT(top, top_fields);
 *
 *     top_list rows = WEIR_LIST_INIT;
 *     rc = weir_query_into_cached(session,
 *                                 WEIR_SQL("SELECT u.id, count(*) AS posts FROM users u JOIN posts p ON p.user_id = u.id "
 *                                          "GROUP BY u.id ORDER BY 2 DESC, 1 LIMIT $1"),
 *                                 WEIR_PARAMS(10), &top_model, WEIR_READS(user, post), &rows, &err);
 *
 * All of it works on sessions and in transactions. Statuses that any of them may return: WEIR_ERR_USAGE (a statement of
 * the wrong kind, a model that the session does not know, no place for the answer), WEIR_ERR_SCHEMA (a table, column, or type
 * that is not there; a result that does not fit), WEIR_ERR_DATABASE (the SQL is wrong: err.sqlstate), WEIR_ERR_LIMIT and those
 * of base_dao.h. After an error out parameters are as they were.
 */
#ifndef WEIR_SQL_H
#define WEIR_SQL_H

#include <weir/query.h>
#include <weir/record.h>
#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A statement's text. Write it with WEIR_SQL, which takes nothing but a string literal. */
typedef struct weir_sql {
	const char *text;
	size_t      length;
} weir_sql;

static inline weir_sql weir_sql_of_literal(const char *text, size_t size)
{
	weir_sql sql;
	sql.text = text;
	sql.length = size - 1;
	return sql;
}

/* WEIR_SQL("SELECT ..."): anything but a literal does not compile. */
#define WEIR_SQL(literal) weir_sql_of_literal("" literal "", sizeof("" literal ""))

/* The value of one $n; for C, WEIR_PARAMS makes them. An array is one value, for = ANY($1) and unnest($1). */
typedef struct weir_param {
	weir_value  value; /* of an array: its type; WEIR_TYPE_NONE: a NULL whose type the server infers */
	const void *items; /* of an array: count items of the C type that value.type says */
	size_t      count;
	bool        is_array;
} weir_param;

typedef struct weir_params {
	const weir_param *items;
	size_t            count;
} weir_params;

static inline weir_params weir_no_params(void)
{
	weir_params params;
	params.items = NULL;
	params.count = 0;
	return params;
}

#define WEIR_NO_PARAMS weir_no_params()

/* A parameter has the PostgreSQL type of its C type: int is int4, int64_t int8, texts are text (write $1::inet and the
 * like where the server wants something else). Texts and arrays are only read during the call. */
#define WEIR__PARAM(name, ctype, type_tag, member, expression)                                                         \
	static inline weir_param weir_param_##name(ctype value)                                                            \
	{                                                                                                                  \
		weir_param param = WEIR__ZERO;                                                                                 \
		param.value.type = type_tag;                                                                                   \
		param.value.as.member = expression;                                                                            \
		return param;                                                                                                  \
	}
#define WEIR__PARAM_TEXT(name, ctype, type_tag, expression)                                                            \
	static inline weir_param weir_param_##name(ctype value)                                                            \
	{                                                                                                                  \
		weir_param param = WEIR__ZERO;                                                                                 \
		param.value.type = type_tag;                                                                                   \
		param.value.as.text = expression;                                                                              \
		param.value.is_null = !param.value.as.text;                                                                    \
		return param;                                                                                                  \
	}
#define WEIR__PARAM_OPT(name)                                                                                          \
	static inline weir_param weir_param_opt_##name(weir_opt_##name value)                                              \
	{                                                                                                                  \
		weir_param param = weir_param_##name(value.value);                                                             \
		param.value.is_null = !value.has;                                                                              \
		return param;                                                                                                  \
	}
#define WEIR__PARAM_ARRAY(name, ctype, type_tag)                                                                       \
	static inline weir_param weir_param_array_##name(const ctype *items, size_t count)                                 \
	{                                                                                                                  \
		weir_param param = WEIR__ZERO;                                                                                 \
		param.value.type = type_tag;                                                                                   \
		param.items = items;                                                                                           \
		param.count = count;                                                                                           \
		param.is_array = true;                                                                                         \
		return param;                                                                                                  \
	}
WEIR__PARAM(bool, bool, WEIR_TYPE_BOOL, boolean, value)
WEIR__PARAM(i16, int16_t, WEIR_TYPE_INT2, integer, value)
WEIR__PARAM(i32, int32_t, WEIR_TYPE_INT4, integer, value)
WEIR__PARAM(i64, int64_t, WEIR_TYPE_INT8, integer, value)
WEIR__PARAM(f64, double, WEIR_TYPE_FLOAT8, number, value)
WEIR__PARAM(time, weir_time, WEIR_TYPE_TIMESTAMPTZ, integer, value.unix_us)
WEIR__PARAM(timestamp, weir_timestamp, WEIR_TYPE_TIMESTAMP, integer, value.us)
WEIR__PARAM(uuid, weir_uuid, WEIR_TYPE_UUID, uuid, value)
WEIR__PARAM_TEXT(text, const char *, WEIR_TYPE_TEXT, value)
WEIR__PARAM_TEXT(numeric, weir_numeric, WEIR_TYPE_NUMERIC, value.text)
WEIR__PARAM_TEXT(json, weir_json, WEIR_TYPE_JSONB, value.text)
WEIR__PARAM(f32, float, WEIR_TYPE_FLOAT4, number, (double)value)
WEIR__PARAM(date, weir_date, WEIR_TYPE_DATE, integer, value.days)
WEIR__PARAM(clock, weir_clock, WEIR_TYPE_TIME, integer, value.us)
WEIR__PARAM(interval, weir_interval, WEIR_TYPE_INTERVAL, interval, value)
WEIR__PARAM(inet, weir_inet, WEIR_TYPE_INET, inet, value)
WEIR__PARAM_TEXT(json_text, weir_json_text, WEIR_TYPE_JSON, value.text)
static inline weir_param weir_param_bytea(weir_bytea value)
{
	weir_param param = WEIR__ZERO;
	param.value.type = WEIR_TYPE_BYTEA;
	param.value.as.bytes = value;
	param.value.is_null = !value.data;
	return param;
}
WEIR__PARAM_OPT(bool)
WEIR__PARAM_OPT(i16)
WEIR__PARAM_OPT(i32)
WEIR__PARAM_OPT(i64)
WEIR__PARAM_OPT(f64)
WEIR__PARAM_OPT(time)
WEIR__PARAM_OPT(timestamp)
WEIR__PARAM_OPT(uuid)
WEIR__PARAM_OPT(f32)
WEIR__PARAM_OPT(date)
WEIR__PARAM_OPT(clock)
WEIR__PARAM_OPT(interval)
WEIR__PARAM_OPT(inet)
WEIR__PARAM_ARRAY(bool, bool, WEIR_TYPE_BOOL)
WEIR__PARAM_ARRAY(f32, float, WEIR_TYPE_FLOAT4)
WEIR__PARAM_ARRAY(numeric, weir_numeric, WEIR_TYPE_NUMERIC)
WEIR__PARAM_ARRAY(bytea, weir_bytea, WEIR_TYPE_BYTEA)
WEIR__PARAM_ARRAY(date, weir_date, WEIR_TYPE_DATE)
WEIR__PARAM_ARRAY(clock, weir_clock, WEIR_TYPE_TIME)
WEIR__PARAM_ARRAY(time, weir_time, WEIR_TYPE_TIMESTAMPTZ)
WEIR__PARAM_ARRAY(timestamp, weir_timestamp, WEIR_TYPE_TIMESTAMP)
WEIR__PARAM_ARRAY(interval, weir_interval, WEIR_TYPE_INTERVAL)
WEIR__PARAM_ARRAY(inet, weir_inet, WEIR_TYPE_INET)
WEIR__PARAM_ARRAY(json, weir_json, WEIR_TYPE_JSONB)
WEIR__PARAM_ARRAY(json_text, weir_json_text, WEIR_TYPE_JSON)
WEIR__PARAM_ARRAY(i16, int16_t, WEIR_TYPE_INT2)
WEIR__PARAM_ARRAY(i32, int32_t, WEIR_TYPE_INT4)
WEIR__PARAM_ARRAY(i64, int64_t, WEIR_TYPE_INT8)
WEIR__PARAM_ARRAY(f64, double, WEIR_TYPE_FLOAT8)
WEIR__PARAM_ARRAY(text, void, WEIR_TYPE_TEXT)
WEIR__PARAM_ARRAY(uuid, weir_uuid, WEIR_TYPE_UUID)
#define WEIR__PARAM_ITEMS(name, type_tag)                                                                              \
	static inline weir_param weir_param_##name##_items(weir_##name##_array value)                                      \
	{                                                                                                                  \
		weir_param param = WEIR__ZERO;                                                                                 \
		param.value.type = type_tag;                                                                                   \
		param.value.is_null = !value.items;                                                                            \
		param.value.as.array.items = value.items;                                                                      \
		param.value.as.array.count = value.count;                                                                      \
		return param;                                                                                                  \
	}
WEIR__PARAM_ITEMS(bool, WEIR_TYPE_BOOL_ARRAY)
WEIR__PARAM_ITEMS(i16, WEIR_TYPE_INT2_ARRAY)
WEIR__PARAM_ITEMS(i32, WEIR_TYPE_INT4_ARRAY)
WEIR__PARAM_ITEMS(i64, WEIR_TYPE_INT8_ARRAY)
WEIR__PARAM_ITEMS(f32, WEIR_TYPE_FLOAT4_ARRAY)
WEIR__PARAM_ITEMS(f64, WEIR_TYPE_FLOAT8_ARRAY)
WEIR__PARAM_ITEMS(numeric, WEIR_TYPE_NUMERIC_ARRAY)
WEIR__PARAM_ITEMS(text, WEIR_TYPE_TEXT_ARRAY)
WEIR__PARAM_ITEMS(bytea, WEIR_TYPE_BYTEA_ARRAY)
WEIR__PARAM_ITEMS(date, WEIR_TYPE_DATE_ARRAY)
WEIR__PARAM_ITEMS(clock, WEIR_TYPE_TIME_ARRAY)
WEIR__PARAM_ITEMS(time, WEIR_TYPE_TIMESTAMPTZ_ARRAY)
WEIR__PARAM_ITEMS(timestamp, WEIR_TYPE_TIMESTAMP_ARRAY)
WEIR__PARAM_ITEMS(interval, WEIR_TYPE_INTERVAL_ARRAY)
WEIR__PARAM_ITEMS(uuid, WEIR_TYPE_UUID_ARRAY)
WEIR__PARAM_ITEMS(inet, WEIR_TYPE_INET_ARRAY)
WEIR__PARAM_ITEMS(json, WEIR_TYPE_JSONB_ARRAY)
WEIR__PARAM_ITEMS(json_text, WEIR_TYPE_JSON_ARRAY)
#undef WEIR__PARAM_ITEMS
#undef WEIR__PARAM
#undef WEIR__PARAM_TEXT
#undef WEIR__PARAM_OPT
#undef WEIR__PARAM_ARRAY

static inline weir_param weir_param_as_given(weir_param param)
{
	return param;
}

static inline weir_param weir_param_null(const void *null)
{
	weir_param param = WEIR__ZERO;
	param.value.is_null = !null;
	return param;
}

/* The models that a statement reads or writes. Write them with WEIR_READS, WEIR_WRITES, WEIR_WRITES_RETURNED. */
typedef struct weir_models {
	const weir_model *const *items;
	size_t                   count;
	bool                     returned; /* the rows written are those that the statement returns */
} weir_models;

static inline weir_models weir_no_models(void)
{
	weir_models models = WEIR__ZERO;
	return models;
}

/* For queries that are not cached, and for writes to tables of no model. */
#define WEIR_READS_UNSAID    weir_no_models()
#define WEIR_WRITES_NO_MODEL weir_no_models()

/* Runs a statement that reads and makes its rows a list of the model's structs. Each field takes the column of its name
 * (.column or the member's); other columns are ignored. The model may be any: one of the session, or one declared with
 * WEIR_RESULT that no session knows. Models must live as long as the session.
 *
 * The statement begins with SELECT, WITH, VALUES or TABLE, and no part of it writes (WITH gone AS (DELETE ...) is WEIR_ERR_USAGE here, and
 * for weir_execute_into); the result has at most the session's max_limit rows
 * (WEIR_ERR_LIMIT). WEIR_ERR_SCHEMA names a field without a column, with one of another type (cast it in the statement),
 * with two, or a NULL that the field cannot hold. */
WEIR_API int weir_query_into(weir_session *session, weir_sql sql, weir_params params, const weir_model *model,
                             weir_models reads, void *list, weir_error *err);

/* The same through the cache, under text, parameters and the shape of the model; a write to any of the models that it reads
 * makes it invalid. reads are 1 to 7 models of the session: name each whose table is read, also in views and functions,
 * since what is not named goes stale unseen; and do not cache what depends on anything else, as now() or random(). Time to
 * live, limits and counters are those of the first model's lists; off for one of them is off. In a transaction the database
 * is asked. */
WEIR_API int weir_query_into_cached(weir_session *session, weir_sql sql, weir_params params, const weir_model *model,
                                    weir_models reads, void *list, weir_error *err);

/* One value: WEIR_OK (.has is false for NULL) or WEIR_NOT_FOUND when there is no row. More than one row or column is
 * WEIR_ERR_USAGE, another type WEIR_ERR_SCHEMA; i64 takes int2, int4 and int8. */
WEIR_API int weir_query_i64(weir_session *session, weir_sql sql, weir_params params, weir_opt_i64 *value,
                            weir_error *err);
WEIR_API int weir_query_f64(weir_session *session, weir_sql sql, weir_params params, weir_opt_f64 *value,
                            weir_error *err);
WEIR_API int weir_query_bool(weir_session *session, weir_sql sql, weir_params params, weir_opt_bool *value,
                             weir_error *err);
WEIR_API int weir_query_time(weir_session *session, weir_sql sql, weir_params params, weir_opt_time *value,
                             weir_error *err);

/* A text, varchar, enum, numeric, json or jsonb as a copy, NULL for NULL, to be given back with weir_free. *value must be NULL. */
WEIR_API int weir_query_text(weir_session *session, weir_sql sql, weir_params params, char **value, weir_error *err);

/* Runs a statement that writes: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, WITH, or SELECT or CALL of what writes, in a
 * transaction of its own outside of one. *affected (may be NULL) is the number of rows that PostgreSQL reports.
 *
 * WEIR_WRITES names each model whose table changes, also by triggers and cascades. What the cache holds of them is made
 * invalid as by any write, and, since nobody knows which rows have changed, their rows are all removed from it, which goes
 * through the whole of Redis. WEIR_WRITES_RETURNED (one model) promises instead that the statement returns the primary key of
 * each row it changes (RETURNING id; WEIR_ERR_SCHEMA if the columns are not there): then only these are touched,
 * unless it names a unique column of the model behind SET, or inserts one that it does not return, or may do either for all that its text
 * says (comments, backslashes, dollar quotes, a call of a function): what those were is not known. */
WEIR_API int weir_execute(weir_session *session, weir_sql sql, weir_params params, weir_models writes,
                          int64_t *affected, weir_error *err);

/* The same, and what the statement returns as a list, as weir_query_into. */
WEIR_API int weir_execute_into(weir_session *session, weir_sql sql, weir_params params, const weir_model *model,
                               weir_models writes, void *list, weir_error *err);

#ifndef __cplusplus

/* WEIR_RESULT(top, top_fields): the initialiser of a model that is only read into. */
#define WEIR_RESULT(struct_name, field_array)                                                                          \
	{                                                                                                                  \
		.name = #struct_name, .size = sizeof(struct_name), .fields = field_array,                                      \
		.field_count = sizeof(field_array) / sizeof((field_array)[0]), .field_size = sizeof(weir_field)                \
	}

/* clang-format off */
#define WEIR__PARAM_OF(unused, value) _Generic((value),                                                                \
	bool: weir_param_bool, short: weir_param_i16, int: weir_param_i32, long: weir_param_i64,                       \
	long long: weir_param_i64, unsigned char: weir_param_i16, signed char: weir_param_i16,                         \
	unsigned short: weir_param_i32, unsigned int: weir_param_i64, double: weir_param_f64, float: weir_param_f32,   \
	char *: weir_param_text, const char *: weir_param_text, void *: weir_param_null,                               \
	weir_numeric: weir_param_numeric, weir_json: weir_param_json, weir_time: weir_param_time,                      \
	weir_timestamp: weir_param_timestamp, weir_uuid: weir_param_uuid, weir_opt_bool: weir_param_opt_bool,          \
	weir_opt_i16: weir_param_opt_i16, weir_opt_i32: weir_param_opt_i32, weir_opt_i64: weir_param_opt_i64,          \
	weir_opt_f64: weir_param_opt_f64, weir_opt_time: weir_param_opt_time,                                          \
	weir_opt_timestamp: weir_param_opt_timestamp, weir_opt_uuid: weir_param_opt_uuid,                              \
	weir_bytea: weir_param_bytea, weir_date: weir_param_date, weir_clock: weir_param_clock,                        \
	weir_interval: weir_param_interval, weir_inet: weir_param_inet, weir_json_text: weir_param_json_text,          \
	weir_opt_f32: weir_param_opt_f32, weir_opt_date: weir_param_opt_date, weir_opt_clock: weir_param_opt_clock,    \
	weir_opt_interval: weir_param_opt_interval, weir_opt_inet: weir_param_opt_inet,                                \
	weir_bool_array: weir_param_bool_items, weir_i16_array: weir_param_i16_items,                                  \
	weir_i32_array: weir_param_i32_items, weir_i64_array: weir_param_i64_items,                                    \
	weir_f32_array: weir_param_f32_items, weir_f64_array: weir_param_f64_items,                                    \
	weir_numeric_array: weir_param_numeric_items, weir_text_array: weir_param_text_items,                          \
	weir_bytea_array: weir_param_bytea_items, weir_date_array: weir_param_date_items,                              \
	weir_clock_array: weir_param_clock_items, weir_time_array: weir_param_time_items,                              \
	weir_timestamp_array: weir_param_timestamp_items, weir_interval_array: weir_param_interval_items,              \
	weir_uuid_array: weir_param_uuid_items, weir_inet_array: weir_param_inet_items,                                \
	weir_json_array: weir_param_json_items, weir_json_text_array: weir_param_json_text_items,                      \
	weir_param: weir_param_as_given)(value)

/* weir_array(ids, 3): an array of any column's plain C type, texts too. */
#define WEIR__ITEMS_PARAM(ctype, name) ctype *: weir_param_array_##name, const ctype *: weir_param_array_##name
#define weir_array(items, count) _Generic((items),                                                                     \
	WEIR__ITEMS_PARAM(bool, bool), WEIR__ITEMS_PARAM(float, f32), WEIR__ITEMS_PARAM(weir_numeric, numeric),        \
	WEIR__ITEMS_PARAM(weir_bytea, bytea), WEIR__ITEMS_PARAM(weir_date, date), WEIR__ITEMS_PARAM(weir_clock, clock), \
	WEIR__ITEMS_PARAM(weir_time, time), WEIR__ITEMS_PARAM(weir_timestamp, timestamp),                              \
	WEIR__ITEMS_PARAM(weir_interval, interval), WEIR__ITEMS_PARAM(weir_inet, inet),                                \
	WEIR__ITEMS_PARAM(weir_json, json), WEIR__ITEMS_PARAM(weir_json_text, json_text),                              \
	int16_t *: weir_param_array_i16, const int16_t *: weir_param_array_i16, int32_t *: weir_param_array_i32,       \
	const int32_t *: weir_param_array_i32, int64_t *: weir_param_array_i64, const int64_t *: weir_param_array_i64, \
	double *: weir_param_array_f64, const double *: weir_param_array_f64, weir_uuid *: weir_param_array_uuid,      \
	const weir_uuid *: weir_param_array_uuid, char **: weir_param_array_text,                                      \
	char *const *: weir_param_array_text, const char **: weir_param_array_text,                                    \
	const char *const *: weir_param_array_text)(items, count)
/* clang-format on */

/* WEIR_PARAMS(7, "ada", weir_array(ids, 3)): $1, $2, ...; up to 32. true and false are ints in C11: (bool)true. */
#define WEIR_PARAMS(...)                                                                                               \
	((weir_params){ (const weir_param[]){ WEIR__EACH(WEIR__PARAM_OF, , __VA_ARGS__) },                                 \
	                sizeof((const weir_param[]){ WEIR__EACH(WEIR__PARAM_OF, , __VA_ARGS__) }) / sizeof(weir_param) })

#define WEIR__MODEL_OF(unused, struct_name) &struct_name##_model
#define WEIR__MODELS(is_returned, ...)                                                                                 \
	((weir_models){ (const weir_model *const[]){ WEIR__EACH(WEIR__MODEL_OF, , __VA_ARGS__) },                          \
	                sizeof((const weir_model *const[]){ WEIR__EACH(WEIR__MODEL_OF, , __VA_ARGS__) }) /                 \
	                    sizeof(weir_model *),                                                                          \
	                is_returned })

/* WEIR_READS(user, post): the models user_model and post_model. */
#define WEIR_READS(...)                   WEIR__MODELS(false, __VA_ARGS__)
#define WEIR_WRITES(...)                  WEIR__MODELS(false, __VA_ARGS__)
#define WEIR_WRITES_RETURNED(struct_name) WEIR__MODELS(true, struct_name)
#endif

#ifdef __cplusplus
}
#endif

#endif
