/* A model with a column of every type, each with and without NULL. */
#ifndef WEIR_TESTS_MODELS_EVERYTHING_H
#define WEIR_TESTS_MODELS_EVERYTHING_H

#include <weir/query.h>
#include <weir/record.h>

typedef struct everything {
	int64_t            id;
	bool               flag;
	int16_t            small;
	int32_t            middle;
	double             ratio;
	weir_numeric       amount;
	const char        *title;
	weir_time          seen_at;
	weir_timestamp     local_at;
	weir_uuid          token;
	weir_json          data;
	weir_opt_bool      opt_flag;
	weir_opt_i16       opt_small;
	weir_opt_i32       opt_middle;
	weir_opt_i64       opt_big;
	weir_opt_f64       opt_ratio;
	weir_opt_time      opt_seen_at;
	weir_opt_timestamp opt_local_at;
	weir_opt_uuid      opt_token;
	weir_numeric       null_amount;
	const char        *null_title;
	weir_json          null_data;
} everything;

WEIR_RECORD(everything)

static const weir_field everything_fields[] = {
	WEIR_FIELD(everything, id, .primary_key = true, .generated = true),
	WEIR_FIELD(everything, flag),
	WEIR_FIELD(everything, small),
	WEIR_FIELD(everything, middle, .stamped = true),
	WEIR_FIELD(everything, ratio),
	WEIR_FIELD(everything, amount),
	WEIR_FIELD(everything, title, .column = "the \"title\"", .unique = true, .max_length = 5),
	WEIR_FIELD(everything, seen_at, .auto_now = true),
	WEIR_FIELD(everything, local_at),
	WEIR_FIELD(everything, token),
	WEIR_FIELD(everything, data),
	WEIR_FIELD(everything, opt_flag),
	WEIR_FIELD(everything, opt_small),
	WEIR_FIELD(everything, opt_middle, .nullable = true),
	WEIR_FIELD(everything, opt_big),
	WEIR_FIELD(everything, opt_ratio),
	WEIR_FIELD(everything, opt_seen_at),
	WEIR_FIELD(everything, opt_local_at),
	WEIR_FIELD(everything, opt_token),
	WEIR_FIELD(everything, null_amount, .nullable = true),
	WEIR_FIELD(everything, null_title, .nullable = true),
	WEIR_FIELD(everything, null_data, .nullable = true),
};

static const weir_model everything_model = WEIR_MODEL(everything, "everything", everything_fields);

enum {
	ID,
	FLAG,
	SMALL,
	MIDDLE,
	RATIO,
	AMOUNT,
	TITLE,
	SEEN_AT,
	LOCAL_AT,
	TOKEN,
	DATA,
	OPT_FLAG,
	OPT_SMALL,
	OPT_MIDDLE,
	OPT_BIG,
	OPT_RATIO,
	OPT_SEEN_AT,
	OPT_LOCAL_AT,
	OPT_TOKEN,
	NULL_AMOUNT,
	NULL_TITLE,
	NULL_DATA,
	EVERYTHING_COUNT
};

#endif
