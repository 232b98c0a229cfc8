/* Queries: conditions on typed columns, order, skip and limit.
 *
 *     WEIR_QUERY(.where = weir_all(weir_eq(user_c.is_active, true),
 *                                  weir_any(weir_ge(user_c.age, 18), weir_is_null(user_c.age))),
 *                .order = WEIR_ORDER(weir_desc(user_c.created_at)),
 *                .limit = 50)
 *
 * A value of a type that does not fit the column does not compile. Values become parameters, never SQL text.
 * NULL (a NULL pointer, an opt without value) in weir_eq means IS NULL, in weir_ne IS NOT NULL; in the other
 * comparisons it is an error. Conditions allocate nothing and live as long as the block they are written in.
 * In C++ the macros are not there; the functions behind them (weir_compare_i64 and so on) are.
 */
#ifndef WEIR_QUERY_H
#define WEIR_QUERY_H

#include <weir/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A value with its type, for parameters and conditions. */
typedef struct weir_value {
	weir_type type;
	bool      is_null;
	union {
		bool          boolean;  /* WEIR_TYPE_BOOL */
		int64_t       integer;  /* WEIR_TYPE_INT2, 4, 8; WEIR_TYPE_TIMESTAMPTZ, TIMESTAMP, DATE, TIME */
		double        number;   /* WEIR_TYPE_FLOAT4, FLOAT8 */
		const char   *text;     /* WEIR_TYPE_TEXT, CHAR, ENUM, NUMERIC, JSONB, JSON */
		weir_uuid     uuid;     /* WEIR_TYPE_UUID */
		weir_bytea    bytes;    /* WEIR_TYPE_BYTEA */
		weir_interval interval; /* WEIR_TYPE_INTERVAL */
		weir_inet     inet;     /* WEIR_TYPE_INET */
		struct {
			const void *items; /* as in weir_i32_array and so on */
			size_t      count;
		} array; /* arrays */
	} as;
} weir_value;

typedef enum weir_operator {
	WEIR_OP_NONE, /* no condition: every row */
	WEIR_OP_EQ,
	WEIR_OP_NE,
	WEIR_OP_LT,
	WEIR_OP_LE,
	WEIR_OP_GT,
	WEIR_OP_GE,
	WEIR_OP_SAME,    /* equal, or both NULL; never unknown */
	WEIR_OP_DIFFERS, /* not the same */
	WEIR_OP_BETWEEN,
	WEIR_OP_IN,
	WEIR_OP_LIKE,
	WEIR_OP_ILIKE,
	WEIR_OP_CONTAINS,
	WEIR_OP_STARTS_WITH,
	WEIR_OP_ENDS_WITH,
	WEIR_OP_ICONTAINS,
	WEIR_OP_ISTARTS_WITH,
	WEIR_OP_IENDS_WITH,
	WEIR_OP_IS_NULL,
	WEIR_OP_IS_NOT_NULL,
	WEIR_OP_ALL,
	WEIR_OP_ANY,
	WEIR_OP_NOT,
	WEIR_OP_EVERYTHING,    /* said on purpose: update and delete by condition accept it */
	WEIR_OP_HAS,           /* of arrays: this item */
	WEIR_OP_HAS_ALL,       /* @> */
	WEIR_OP_HAS_ONLY,      /* <@ */
	WEIR_OP_HAS_ANY,       /* && */
	WEIR_OP_JSON_CONTAINS, /* of jsonb: @> */
	WEIR_OP_JSON_WITHIN,   /* <@ */
	WEIR_OP_JSON_HAS_KEY,  /* ? */
	WEIR_OP_JSON_AT,       /* the text at a path */
	WEIR_OP_COUNT
} weir_operator;

/* A node of a condition. Made by the functions below; the members are the library's. */
typedef struct weir_condition {
	weir_operator op;
	weir_column   column;
	weir_value    value; /* the operand; BETWEEN's low end */
	weir_value    high;  /* BETWEEN's high end */
	/* IN, HAS_ALL and so on: an array of the C type that value.type says; ALL, ANY, NOT: weir_condition; JSON_AT:
	 * texts */
	const void *items;
	size_t      count;
} weir_condition;

/* Where NULLs stand in an order. */
typedef enum weir_nulls {
	WEIR_NULLS_DEFAULT, /* PostgreSQL's: as if NULL were the largest value */
	WEIR_NULLS_FIRST,
	WEIR_NULLS_LAST
} weir_nulls;

typedef struct weir_order {
	weir_column column;
	bool        descending;
	weir_nulls  nulls;
} weir_order;

typedef struct weir_orders {
	const weir_order *items;
	size_t            count;
} weir_orders;

struct weir_query;

/* A path of relations to load together with a list: "posts", "posts.comments" (which loads posts too). The query says
 * which of them, in what order, and how many for each owner; what was chosen so is never kept as the whole relation.
 * NULL: all, from the cache where they are there. */
typedef struct weir_path {
	const char              *path;
	const struct weir_query *query;
} weir_path;

/* Paths; write them with WEIR_WITH. Every path is checked before anything is asked. */
typedef struct weir_with {
	const weir_path *paths;
	size_t           count;
} weir_with;

/* Locks on the rows of a list, until the transaction ends; from the weakest to the strongest. What each keeps others from is
 * in PostgreSQL's manual, 13.3.2. */
typedef enum weir_lock {
	WEIR_LOCK_NONE,
	WEIR_FOR_KEY_SHARE,
	WEIR_FOR_SHARE,
	WEIR_FOR_NO_KEY_UPDATE, /* what an update takes: others may still refer to the row */
	WEIR_FOR_UPDATE
} weir_lock;

/* What to do about a row that somebody else has locked. */
typedef enum weir_lock_wait {
	WEIR_WAIT,       /* wait, until the call's deadline */
	WEIR_NOWAIT,     /* WEIR_ERR_LOCKED */
	WEIR_SKIP_LOCKED /* leave it out, as workers on a queue do */
} weir_lock_wait;

/* Which rows of a model with a .deleted_at field a read sees. */
typedef enum weir_deleted {
	WEIR_LIVING, /* those that are not deleted */
	WEIR_WITH_DELETED,
	WEIR_ONLY_DELETED
} weir_deleted;

#define WEIR_LIMIT_DEFAULT 100
#define WEIR_NO_ROWS       INT64_MIN /* as a limit: an empty list. 0 in a query is the default of 100 */

/* Whatever is left at zero is the default: every row, ordered by the primary key, from the first, at most 100. Lists
 * are always in a definite order: the primary key is the last criterion. */
typedef struct weir_query {
	weir_condition where;
	weir_orders    order;
	int64_t        skip;  /* rows to leave out at the start; negative is an error */
	int64_t        limit; /* most rows; negative, or above the session's max_limit, is an error */
	weir_with      with;  /* lists: relations to load with them (relation.h) */
	weir_lock      lock;  /* get_all in a transaction, not cached: locks the rows; elsewhere an error */
	weir_lock_wait lock_wait;
	weir_deleted   deleted;
	bool           distinct; /* get_all_into: rows that are the same only once */
	weir_condition having;   /* get_all_into: on columns of the result, of groups */
	/* of a cached read: 0 (as the DAO says), milliseconds, WEIR_STRONG or WEIR_BYPASS (session.h) */
	int fresh_ms;
} weir_query;

static inline weir_path weir_path_of(const char *path)
{
	weir_path all;
	all.path = path;
	all.query = NULL;
	return all;
}

static inline weir_path weir_path_as_given(weir_path path)
{
	return path;
}

/* weir_nulls_last(weir_desc(user_c.age)): the same order with NULLs at that end. */
static inline weir_order weir_nulls_first(weir_order order)
{
	order.nulls = WEIR_NULLS_FIRST;
	return order;
}

static inline weir_order weir_nulls_last(weir_order order)
{
	order.nulls = WEIR_NULLS_LAST;
	return order;
}

/* A computed limit: 0 is an empty list and not the default. */
static inline int64_t weir_limit(int64_t limit)
{
	return limit == 0 ? WEIR_NO_ROWS : limit;
}

/* Comparisons by function, for C++ and for what the macros are made of. The column's model and type are checked
 * when the query runs. `op` is WEIR_OP_EQ to WEIR_OP_DIFFERS. */
WEIR_API weir_condition weir_compare(weir_column column, weir_operator op, weir_value value);
WEIR_API weir_condition weir_compare_bool(weir_column column, weir_operator op, bool value);
WEIR_API weir_condition weir_compare_i64(weir_column column, weir_operator op, int64_t value);
WEIR_API weir_condition weir_compare_f64(weir_column column, weir_operator op, double value);
WEIR_API weir_condition weir_compare_text(weir_column column, weir_operator op, const char *value);
WEIR_API weir_condition weir_compare_numeric(weir_column column, weir_operator op, weir_numeric value);
WEIR_API weir_condition weir_compare_time(weir_column column, weir_operator op, weir_time value);
WEIR_API weir_condition weir_compare_timestamp(weir_column column, weir_operator op, weir_timestamp value);
WEIR_API weir_condition weir_compare_uuid(weir_column column, weir_operator op, weir_uuid value);
WEIR_API weir_condition weir_compare_json(weir_column column, weir_operator op, weir_json value);
WEIR_API weir_condition weir_compare_opt_bool(weir_column column, weir_operator op, weir_opt_bool value);
WEIR_API weir_condition weir_compare_opt_i16(weir_column column, weir_operator op, weir_opt_i16 value);
WEIR_API weir_condition weir_compare_opt_i32(weir_column column, weir_operator op, weir_opt_i32 value);
WEIR_API weir_condition weir_compare_opt_i64(weir_column column, weir_operator op, weir_opt_i64 value);
WEIR_API weir_condition weir_compare_opt_f64(weir_column column, weir_operator op, weir_opt_f64 value);
WEIR_API weir_condition weir_compare_opt_time(weir_column column, weir_operator op, weir_opt_time value);
WEIR_API weir_condition weir_compare_opt_timestamp(weir_column column, weir_operator op, weir_opt_timestamp value);
WEIR_API weir_condition weir_compare_opt_uuid(weir_column column, weir_operator op, weir_opt_uuid value);

/* ---- Types and operators beyond the usual -------------------------------------------------------------------------- */

/* The comparisons of the other types: weir_compare_date, weir_compare_opt_date, weir_compare_i32_array and so on. */
#define WEIR__COMPARE_AS(name, ctype, tag, member, expression, null)                                                   \
	static inline weir_condition weir_compare_##name(weir_column column, weir_operator op, ctype value)                \
	{                                                                                                                  \
		weir_value operand = WEIR__ZERO;                                                                               \
		operand.type = tag;                                                                                            \
		operand.is_null = null;                                                                                        \
		operand.as.member = expression;                                                                                \
		return weir_compare(column, op, operand);                                                                      \
	}
#define WEIR__COMPARE_WITH_OPT(name, ctype, tag, member, expression)                                                   \
	WEIR__COMPARE_AS(name, ctype, tag, member, expression, false)                                                      \
	static inline weir_condition weir_compare_opt_##name(weir_column column, weir_operator op, weir_opt_##name value)  \
	{                                                                                                                  \
		weir_condition condition = weir_compare_##name(column, op, value.value);                                       \
		condition.value.is_null = !value.has;                                                                          \
		return condition;                                                                                              \
	}
#define WEIR__COMPARE_ARRAY(name, tag)                                                                                 \
	static inline weir_condition weir_compare_##name##_array(weir_column column, weir_operator op,                     \
	                                                         weir_##name##_array value)                                \
	{                                                                                                                  \
		weir_value operand = WEIR__ZERO;                                                                               \
		operand.type = tag;                                                                                            \
		operand.is_null = !value.items;                                                                                \
		operand.as.array.items = value.items;                                                                          \
		operand.as.array.count = value.count;                                                                          \
		return weir_compare(column, op, operand);                                                                      \
	}                                                                                                                  \
	static inline weir_##name##_column weir_items_of_##name(weir_##name##_array_column array)                          \
	{                                                                                                                  \
		weir_##name##_column items;                                                                                    \
		items.column = array.column;                                                                                   \
		return items;                                                                                                  \
	}
WEIR__COMPARE_WITH_OPT(f32, float, WEIR_TYPE_FLOAT4, number, (double)value)
WEIR__COMPARE_WITH_OPT(date, weir_date, WEIR_TYPE_DATE, integer, value.days)
WEIR__COMPARE_WITH_OPT(clock, weir_clock, WEIR_TYPE_TIME, integer, value.us)
WEIR__COMPARE_WITH_OPT(interval, weir_interval, WEIR_TYPE_INTERVAL, interval, value)
WEIR__COMPARE_WITH_OPT(inet, weir_inet, WEIR_TYPE_INET, inet, value)
WEIR__COMPARE_AS(bytea, weir_bytea, WEIR_TYPE_BYTEA, bytes, value, !value.data)
WEIR__COMPARE_ARRAY(bool, WEIR_TYPE_BOOL_ARRAY)
WEIR__COMPARE_ARRAY(i16, WEIR_TYPE_INT2_ARRAY)
WEIR__COMPARE_ARRAY(i32, WEIR_TYPE_INT4_ARRAY)
WEIR__COMPARE_ARRAY(i64, WEIR_TYPE_INT8_ARRAY)
WEIR__COMPARE_ARRAY(f32, WEIR_TYPE_FLOAT4_ARRAY)
WEIR__COMPARE_ARRAY(f64, WEIR_TYPE_FLOAT8_ARRAY)
WEIR__COMPARE_ARRAY(numeric, WEIR_TYPE_NUMERIC_ARRAY)
WEIR__COMPARE_ARRAY(text, WEIR_TYPE_TEXT_ARRAY)
WEIR__COMPARE_ARRAY(bytea, WEIR_TYPE_BYTEA_ARRAY)
WEIR__COMPARE_ARRAY(date, WEIR_TYPE_DATE_ARRAY)
WEIR__COMPARE_ARRAY(clock, WEIR_TYPE_TIME_ARRAY)
WEIR__COMPARE_ARRAY(time, WEIR_TYPE_TIMESTAMPTZ_ARRAY)
WEIR__COMPARE_ARRAY(timestamp, WEIR_TYPE_TIMESTAMP_ARRAY)
WEIR__COMPARE_ARRAY(interval, WEIR_TYPE_INTERVAL_ARRAY)
WEIR__COMPARE_ARRAY(uuid, WEIR_TYPE_UUID_ARRAY)
WEIR__COMPARE_ARRAY(inet, WEIR_TYPE_INET_ARRAY)
#undef WEIR__COMPARE_AS
#undef WEIR__COMPARE_WITH_OPT
#undef WEIR__COMPARE_ARRAY

/* An array column and items of its item's plain C type, as in weir_in_items. WEIR_OP_HAS_ALL: it has each of them;
 * HAS_ANY: at least one; HAS_ONLY: nothing but some of them. */
WEIR_API weir_condition weir_has_items(weir_column column, weir_operator op, weir_type type, const void *items,
                                       size_t count);

/* An array column that has an item, from a comparison (WEIR_OP_EQ) with it. */
WEIR_API weir_condition weir_has_of(weir_condition equal);

/* A jsonb column: WEIR_OP_JSON_CONTAINS or JSON_WITHIN another; JSON_HAS_KEY, or that string in an array. */
WEIR_API weir_condition weir_json_match(weir_column column, weir_operator op, weir_json json);
WEIR_API weir_condition weir_json_key(weir_column column, const char *key);

/* A jsonb column whose text at the path (members' names, items' numbers from "0") is this one; NULL: which has nothing
 * or null there. */
WEIR_API weir_condition weir_json_path(weir_column column, const char *text, const char *const *path, size_t count);

/* column BETWEEN low AND high, both ends included, from two comparisons of one column (WEIR_OP_GE, WEIR_OP_LE). */
WEIR_API weir_condition weir_between_of(weir_condition low, weir_condition high);

/* column IN (items), items an array of the column's C type that is only read when the query runs. No items: no row. */
WEIR_API weir_condition weir_in_items(weir_column column, weir_type type, const void *items, size_t count);

/* WEIR_OP_LIKE, WEIR_OP_ILIKE take a pattern (% any text, _ one character, \ before either for itself); the
 * CONTAINS, STARTS_WITH, ENDS_WITH family takes a text in which those characters mean themselves. */
WEIR_API weir_condition weir_match(weir_column column, weir_operator op, const char *text);

WEIR_API weir_condition weir_null_check(weir_column column, bool is_null);

/* WEIR_OP_ALL or WEIR_OP_ANY of count conditions, WEIR_OP_NOT of one. None: all of nothing is true, any of nothing
 * is false. Nested at most 32 deep. */
WEIR_API weir_condition weir_group(weir_operator op, const weir_condition *items, size_t count);

/* Every row, said on purpose. */
WEIR_API weir_condition weir_everything(void);

/* Escapes % _ and \ of text so that LIKE takes them literally. Writes at most size bytes, the end included, and
 * returns the length that the whole result has (as snprintf does). */
WEIR_API size_t weir_like_escape(const char *text, char *escaped, size_t size);

#ifndef __cplusplus

/* clang-format off */
#define WEIR__INTEGER_VALUES(value) _Generic((value),                                                                  \
	signed char: weir_compare_i64, unsigned char: weir_compare_i64, short: weir_compare_i64,                       \
	unsigned short: weir_compare_i64, int: weir_compare_i64, unsigned int: weir_compare_i64,                       \
	long: weir_compare_i64, long long: weir_compare_i64,                                                           \
	weir_opt_i16: weir_compare_opt_i16, weir_opt_i32: weir_compare_opt_i32, weir_opt_i64: weir_compare_opt_i64,    \
	default: (weir__does_not_fit *)0)

#define WEIR__VALUE(value, ctype, name) _Generic((value), ctype: weir_compare_##name, default: (weir__does_not_fit *)0)
#define WEIR__VALUE_OR_OPT(value, ctype, name) _Generic((value), ctype: weir_compare_##name,                           \
	weir_opt_##name: weir_compare_opt_##name, default: (weir__does_not_fit *)0)

/* stdbool's true and false are of type int, so a bool column takes an int. */
#define WEIR__COMPARE(col, op, value) _Generic((col),                                                                  \
	weir_bool_column: _Generic((value), bool: weir_compare_bool, int: weir_compare_bool,                           \
		weir_opt_bool: weir_compare_opt_bool, default: (weir__does_not_fit *)0),                               \
	weir_i16_column: WEIR__INTEGER_VALUES(value),                                                                  \
	weir_i32_column: WEIR__INTEGER_VALUES(value),                                                                  \
	weir_i64_column: WEIR__INTEGER_VALUES(value),                                                                  \
	weir_f64_column: _Generic((value), double: weir_compare_f64, float: weir_compare_f64, int: weir_compare_f64,   \
		weir_opt_f64: weir_compare_opt_f64, default: (weir__does_not_fit *)0),                                 \
	weir_numeric_column: _Generic((value), weir_numeric: weir_compare_numeric,                                     \
		default: (weir__does_not_fit *)0),                                                                     \
	weir_text_column: _Generic((value), char *: weir_compare_text, const char *: weir_compare_text,                \
		void *: weir_compare_text, default: (weir__does_not_fit *)0),                                          \
	weir_time_column: _Generic((value), weir_time: weir_compare_time, weir_opt_time: weir_compare_opt_time,        \
		default: (weir__does_not_fit *)0),                                                                     \
	weir_timestamp_column: _Generic((value), weir_timestamp: weir_compare_timestamp,                               \
		weir_opt_timestamp: weir_compare_opt_timestamp, default: (weir__does_not_fit *)0),                     \
	weir_uuid_column: _Generic((value), weir_uuid: weir_compare_uuid, weir_opt_uuid: weir_compare_opt_uuid,        \
		default: (weir__does_not_fit *)0),                                                                     \
	weir_json_column: _Generic((value), weir_json: weir_compare_json, default: (weir__does_not_fit *)0),           \
	weir_f32_column: WEIR__VALUE_OR_OPT(value, float, f32),                                                        \
	weir_date_column: WEIR__VALUE_OR_OPT(value, weir_date, date),                                                  \
	weir_clock_column: WEIR__VALUE_OR_OPT(value, weir_clock, clock),                                               \
	weir_interval_column: WEIR__VALUE_OR_OPT(value, weir_interval, interval),                                      \
	weir_inet_column: WEIR__VALUE_OR_OPT(value, weir_inet, inet),                                                  \
	weir_bytea_column: WEIR__VALUE(value, weir_bytea, bytea),                                                      \
	weir_bool_array_column: WEIR__VALUE(value, weir_bool_array, bool_array),                                       \
	weir_i16_array_column: WEIR__VALUE(value, weir_i16_array, i16_array),                                          \
	weir_i32_array_column: WEIR__VALUE(value, weir_i32_array, i32_array),                                          \
	weir_i64_array_column: WEIR__VALUE(value, weir_i64_array, i64_array),                                          \
	weir_f32_array_column: WEIR__VALUE(value, weir_f32_array, f32_array),                                          \
	weir_f64_array_column: WEIR__VALUE(value, weir_f64_array, f64_array),                                          \
	weir_numeric_array_column: WEIR__VALUE(value, weir_numeric_array, numeric_array),                              \
	weir_text_array_column: WEIR__VALUE(value, weir_text_array, text_array),                                       \
	weir_bytea_array_column: WEIR__VALUE(value, weir_bytea_array, bytea_array),                                    \
	weir_date_array_column: WEIR__VALUE(value, weir_date_array, date_array),                                       \
	weir_clock_array_column: WEIR__VALUE(value, weir_clock_array, clock_array),                                    \
	weir_time_array_column: WEIR__VALUE(value, weir_time_array, time_array),                                       \
	weir_timestamp_array_column: WEIR__VALUE(value, weir_timestamp_array, timestamp_array),                        \
	weir_interval_array_column: WEIR__VALUE(value, weir_interval_array, interval_array),                           \
	weir_uuid_array_column: WEIR__VALUE(value, weir_uuid_array, uuid_array),                                       \
	weir_inet_array_column: WEIR__VALUE(value, weir_inet_array, inet_array))                                       \
	((col).column, op, value)

/* Called where a value does not fit its column: a type that takes no arguments, so the call does not compile. */
typedef struct weir__value_does_not_fit_column { int unused; } weir__does_not_fit;

#define WEIR__ITEMS(items, ctype, tag) _Generic((items), ctype *: tag, const ctype *: tag,                             \
	default: (weir__does_not_fit){0})
#define WEIR__ITEM_TYPE(col, items) _Generic((col),                                                                    \
	weir_bool_column: WEIR__ITEMS(items, bool, WEIR_TYPE_BOOL), \
	weir_i16_column: WEIR__ITEMS(items, int16_t, WEIR_TYPE_INT2), \
	weir_i32_column: WEIR__ITEMS(items, int32_t, WEIR_TYPE_INT4), \
	weir_i64_column: WEIR__ITEMS(items, int64_t, WEIR_TYPE_INT8), \
	weir_f64_column: WEIR__ITEMS(items, double, WEIR_TYPE_FLOAT8), \
	weir_numeric_column: WEIR__ITEMS(items, weir_numeric, WEIR_TYPE_NUMERIC), \
	weir_time_column: WEIR__ITEMS(items, weir_time, WEIR_TYPE_TIMESTAMPTZ), \
	weir_timestamp_column: WEIR__ITEMS(items, weir_timestamp, WEIR_TYPE_TIMESTAMP), \
	weir_uuid_column: WEIR__ITEMS(items, weir_uuid, WEIR_TYPE_UUID), \
	weir_f32_column: WEIR__ITEMS(items, float, WEIR_TYPE_FLOAT4), \
	weir_bytea_column: WEIR__ITEMS(items, weir_bytea, WEIR_TYPE_BYTEA), \
	weir_date_column: WEIR__ITEMS(items, weir_date, WEIR_TYPE_DATE), \
	weir_clock_column: WEIR__ITEMS(items, weir_clock, WEIR_TYPE_TIME), \
	weir_interval_column: WEIR__ITEMS(items, weir_interval, WEIR_TYPE_INTERVAL), \
	weir_inet_column: WEIR__ITEMS(items, weir_inet, WEIR_TYPE_INET), \
	weir_text_column: _Generic((items), char **: WEIR_TYPE_TEXT, const char **: WEIR_TYPE_TEXT,                    \
		char *const *: WEIR_TYPE_TEXT, const char *const *: WEIR_TYPE_TEXT, default: (weir__does_not_fit){0}))

/* The items of an array column, as a column to compare with. */
#define WEIR__ITEMS_OF(col) _Generic((col),                                                                            \
	weir_bool_array_column: weir_items_of_bool, weir_i16_array_column: weir_items_of_i16,                          \
	weir_i32_array_column: weir_items_of_i32, weir_i64_array_column: weir_items_of_i64,                            \
	weir_f32_array_column: weir_items_of_f32, weir_f64_array_column: weir_items_of_f64,                            \
	weir_numeric_array_column: weir_items_of_numeric, weir_text_array_column: weir_items_of_text,                  \
	weir_bytea_array_column: weir_items_of_bytea, weir_date_array_column: weir_items_of_date,                      \
	weir_clock_array_column: weir_items_of_clock, weir_time_array_column: weir_items_of_time,                      \
	weir_timestamp_array_column: weir_items_of_timestamp, weir_interval_array_column: weir_items_of_interval,      \
	weir_uuid_array_column: weir_items_of_uuid, weir_inet_array_column: weir_items_of_inet)(col)
/* clang-format on */

/* Of array columns. weir_has(post_c.tags, "sql"): this item; weir_has_all(post_c.tags, tags, 2): each of these items;
 * weir_has_any: one of them at least; weir_has_only: no other than these. Nothing has a NULL item. */
#define weir_has(col, value) weir_has_of(WEIR__COMPARE(WEIR__ITEMS_OF(col), WEIR_OP_EQ, value))
#define WEIR__HAS_ITEMS(col, op, items, count)                                                                         \
	weir_has_items((col).column, op, WEIR__ITEM_TYPE(WEIR__ITEMS_OF(col), items), items, count)
#define weir_has_all(col, items, count)  WEIR__HAS_ITEMS(col, WEIR_OP_HAS_ALL, items, count)
#define weir_has_any(col, items, count)  WEIR__HAS_ITEMS(col, WEIR_OP_HAS_ANY, items, count)
#define weir_has_only(col, items, count) WEIR__HAS_ITEMS(col, WEIR_OP_HAS_ONLY, items, count)

/* Of jsonb columns. weir_json_contains(user_c.settings, weir_json_of("{\"a\": 1}")): @>; weir_json_within: <@;
 * weir_json_has_key(user_c.settings, "a"); weir_json_at(user_c.settings, "dark", "view", "theme"): the text at a path. */
#define WEIR__JSON(col)               _Generic((col), weir_json_column : (col)).column
#define weir_json_contains(col, json) weir_json_match(WEIR__JSON(col), WEIR_OP_JSON_CONTAINS, json)
#define weir_json_within(col, json)   weir_json_match(WEIR__JSON(col), WEIR_OP_JSON_WITHIN, json)
#define weir_json_has_key(col, key)   weir_json_key(WEIR__JSON(col), key)
#define weir_json_at(col, text, ...)                                                                                   \
	weir_json_path(WEIR__JSON(col), text, (const char *const[]){ __VA_ARGS__ },                                        \
	               sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* weir_eq(user_c.age, 18) and its like: column, value. */
#define weir_eq(column, value) WEIR__COMPARE(column, WEIR_OP_EQ, value)
#define weir_ne(column, value) WEIR__COMPARE(column, WEIR_OP_NE, value)
#define weir_lt(column, value) WEIR__COMPARE(column, WEIR_OP_LT, value)
#define weir_le(column, value) WEIR__COMPARE(column, WEIR_OP_LE, value)
#define weir_gt(column, value) WEIR__COMPARE(column, WEIR_OP_GT, value)
#define weir_ge(column, value) WEIR__COMPARE(column, WEIR_OP_GE, value)

/* IS NOT DISTINCT FROM and IS DISTINCT FROM: NULL is the same as NULL and differs from every value, so that weir_differs has
 * the rows that weir_ne leaves out, and weir_not turns either into the other. Indexes are used as for weir_eq. */
#define weir_same(column, value)    WEIR__COMPARE(column, WEIR_OP_SAME, value)
#define weir_differs(column, value) WEIR__COMPARE(column, WEIR_OP_DIFFERS, value)

/* Both ends included. */
#define weir_between(column, low, high) weir_between_of(weir_ge(column, low), weir_le(column, high))

/* weir_in(user_c.id, ids, 3): an array of the column's C type and its length. */
#define weir_in(col, items, count) weir_in_items((col).column, WEIR__ITEM_TYPE(col, items), items, count)

#define WEIR__TEXT(col)              _Generic((col), weir_text_column : (col)).column
#define weir_like(col, pattern)      weir_match(WEIR__TEXT(col), WEIR_OP_LIKE, pattern)
#define weir_ilike(col, pattern)     weir_match(WEIR__TEXT(col), WEIR_OP_ILIKE, pattern)
#define weir_contains(col, text)     weir_match(WEIR__TEXT(col), WEIR_OP_CONTAINS, text)
#define weir_starts_with(col, text)  weir_match(WEIR__TEXT(col), WEIR_OP_STARTS_WITH, text)
#define weir_ends_with(col, text)    weir_match(WEIR__TEXT(col), WEIR_OP_ENDS_WITH, text)
#define weir_icontains(col, text)    weir_match(WEIR__TEXT(col), WEIR_OP_ICONTAINS, text)
#define weir_istarts_with(col, text) weir_match(WEIR__TEXT(col), WEIR_OP_ISTARTS_WITH, text)
#define weir_iends_with(col, text)   weir_match(WEIR__TEXT(col), WEIR_OP_IENDS_WITH, text)

#define weir_is_null(col)     weir_null_check((col).column, true)
#define weir_is_not_null(col) weir_null_check((col).column, false)

#define WEIR__CONDITIONS(...) ((const weir_condition[]){ __VA_ARGS__ })
#define WEIR__GROUP(op, ...)                                                                                           \
	weir_group(op, WEIR__CONDITIONS(__VA_ARGS__), sizeof WEIR__CONDITIONS(__VA_ARGS__) / sizeof(weir_condition))

/* weir_all(a, b, ...): all of them; weir_any(a, b, ...): at least one; weir_not(a). */
#define weir_all(...)       WEIR__GROUP(WEIR_OP_ALL, __VA_ARGS__)
#define weir_any(...)       WEIR__GROUP(WEIR_OP_ANY, __VA_ARGS__)
#define weir_not(condition) WEIR__GROUP(WEIR_OP_NOT, condition)

/* WEIR_ORDER(weir_desc(user_c.created_at), weir_asc(user_c.id)) */
#define weir_asc(col)  ((weir_order){ (col).column, false, WEIR_NULLS_DEFAULT })
#define weir_desc(col) ((weir_order){ (col).column, true, WEIR_NULLS_DEFAULT })
#define WEIR_ORDER(...)                                                                                                \
	((weir_orders){ (const weir_order[]){ __VA_ARGS__ },                                                               \
	                sizeof((const weir_order[]){ __VA_ARGS__ }) / sizeof(weir_order) })

/* WEIR_WITH("posts", WEIR_PATH("posts.comments", WEIR_QUERY(.limit = 3))): paths, up to 32. */
#define WEIR_PATH(text, query_of_it) ((weir_path){ (text), (query_of_it) })
#define WEIR__PATH_OF(unused, path)                                                                                    \
	_Generic((path), char * : weir_path_of, const char * : weir_path_of, weir_path : weir_path_as_given)(path)
#define WEIR_WITH(...)                                                                                                 \
	((weir_with){ (const weir_path[]){ WEIR__EACH(WEIR__PATH_OF, , __VA_ARGS__) },                                     \
	              sizeof((const weir_path[]){ WEIR__EACH(WEIR__PATH_OF, , __VA_ARGS__) }) / sizeof(weir_path) })

/* The address of a query with these members; it lives as long as the block it is written in. */
#define WEIR_QUERY(...) (&(const weir_query){ __VA_ARGS__ })
#endif

#ifdef __cplusplus
}
#endif

#endif
