/* The table of the types of columns. */
#include "models/value_type.h"

static const char *const names[WEIR_TYPE_COUNT] = {
#define NAME(type, sql) [type] = sql,
	WEIR_TYPE_MAP(NAME)
#undef NAME
};

#define OPT(plain, opt)                                                                                                \
	.size = sizeof(plain), .align = _Alignof(plain), .opt_size = sizeof(opt), .opt_at = offsetof(opt, value)
#define POINTER(plain) .size = sizeof(plain), .align = _Alignof(plain)

static const weir__value_type types[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_BOOL] = { OPT(bool, weir_opt_bool), .key = true, .unique = true },
	[WEIR_TYPE_INT2] = { OPT(int16_t, weir_opt_i16), .key = true, .unique = true },
	[WEIR_TYPE_INT4] = { OPT(int32_t, weir_opt_i32), .key = true, .unique = true },
	[WEIR_TYPE_INT8] = { OPT(int64_t, weir_opt_i64), .key = true, .unique = true },
	[WEIR_TYPE_FLOAT8] = { OPT(double, weir_opt_f64), .unique = true },
	[WEIR_TYPE_NUMERIC] = { POINTER(weir_numeric), .unique = true }, /* no key: 1.0 and 1.00 are one value with two texts */
	[WEIR_TYPE_TEXT] = { POINTER(const char *), .key = true, .unique = true },
	[WEIR_TYPE_TIMESTAMPTZ] = { OPT(weir_time, weir_opt_time), .key = true, .unique = true },
	[WEIR_TYPE_TIMESTAMP] = { OPT(weir_timestamp, weir_opt_timestamp), .key = true, .unique = true },
	[WEIR_TYPE_UUID] = { OPT(weir_uuid, weir_opt_uuid), .key = true, .unique = true },
	[WEIR_TYPE_JSONB] = { POINTER(weir_json) },
};

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
	return is_type(type) ? &types[type] : NULL;
}
