/* The table of the types of columns. */
#include "models/value_type.h"

static const char *const names[WEIR_TYPE_COUNT] = {
#define NAME(type, sql)       [type] = sql,
#define ARRAY_NAME(type, sql) [type##_ARRAY] = sql "[]",
	WEIR_TYPE_MAP(NAME) WEIR_TYPE_MAP(ARRAY_NAME)
#undef NAME
#undef ARRAY_NAME
};

#define OPT(plain, opt)                                                                                                \
	.size = sizeof(plain), .align = _Alignof(plain), .opt_size = sizeof(opt), .opt_at = offsetof(opt, value)
#define POINTER(plain) .size = sizeof(plain), .align = _Alignof(plain)

static const weir__value_type types[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = { OPT(bool, weir_opt_bool), .key = true, .unique = true },
	[WEIR_TYPE_INT2] = { OPT(int16_t, weir_opt_i16), .key = true, .unique = true },
	[WEIR_TYPE_INT4] = { OPT(int32_t, weir_opt_i32), .key = true, .unique = true },
	[WEIR_TYPE_INT8] = { OPT(int64_t, weir_opt_i64), .key = true, .unique = true },
	[WEIR_TYPE_FLOAT4] = { OPT(float, weir_opt_f32), .unique = true, .many_texts = true }, /* 0 and -0 */
	[WEIR_TYPE_FLOAT8] = { OPT(double, weir_opt_f64), .unique = true, .many_texts = true },
	[WEIR_TYPE_NUMERIC] = { POINTER(weir_numeric), .unique = true, .many_texts = true }, /* 1.0 and 1.00 */
	[WEIR_TYPE_TEXT] = { POINTER(const char *), .key = true, .unique = true },
	[WEIR_TYPE_CHAR] = { POINTER(const char *), .key = true, .unique = true },
	[WEIR_TYPE_ENUM] = { POINTER(const char *), .key = true, .unique = true },
	[WEIR_TYPE_BYTEA] = { POINTER(weir_bytea), .key = true, .unique = true },
	[WEIR_TYPE_DATE] = { OPT(weir_date, weir_opt_date), .key = true, .unique = true },
	[WEIR_TYPE_TIME] = { OPT(weir_clock, weir_opt_clock), .key = true, .unique = true },
	[WEIR_TYPE_TIMESTAMPTZ] = { OPT(weir_time, weir_opt_time), .key = true, .unique = true },
	[WEIR_TYPE_TIMESTAMP] = { OPT(weir_timestamp, weir_opt_timestamp), .key = true, .unique = true },
	[WEIR_TYPE_INTERVAL] = { OPT(weir_interval, weir_opt_interval), .many_texts = true }, /* a month and 30 days */
	[WEIR_TYPE_UUID] = { OPT(weir_uuid, weir_opt_uuid), .key = true, .unique = true },
	[WEIR_TYPE_INET] = { OPT(weir_inet, weir_opt_inet), .key = true, .unique = true },
	[WEIR_TYPE_JSONB] = { POINTER(weir_json), .many_texts = true },
	[WEIR_TYPE_JSON] = { POINTER(weir_json_text), .many_texts = true },
};

static const weir__value_type array = { POINTER(weir_i32_array), .many_texts = true };

static bool is_type(weir_type type)
{
	return type > WEIR_TYPE_NONE && type < WEIR_TYPE_COUNT;
}

const char *weir_type_name(weir_type type)
{
	return is_type(type) ? names[type] : "?";
}

const weir__value_type *weir__value_type_of(weir_type type)
{
	if (!is_type(type))
		return NULL;
	return weir__type_is_array(type) ? &array : &types[type];
}

size_t weir__item_size(weir_type item)
{
	return types[item].opt_size ? types[item].opt_size : types[item].size;
}
