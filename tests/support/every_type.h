/*
 * every_type.h: a model with a column of every type, each with and without NULL, an array of each, domains and an enum; the
 * table that fits it; rows at the extremes of every type; and how two rows are compared to the byte. A test that carries rows
 * from one place to another walks every_type_rows().
 */
#ifndef WEIR_TESTS_SUPPORT_EVERY_TYPE_H
#define WEIR_TESTS_SUPPORT_EVERY_TYPE_H

#include <weir/query.h>
#include <weir/record.h>

typedef struct every_type {
	int64_t              id;
	bool                 flag;
	int16_t              small;
	int32_t              middle;
	float                ratio;
	double               exact;
	weir_numeric         amount;
	const char          *title;
	const char          *code; /* char(4) */
	const char          *mood; /* an enum */
	weir_bytea           data;
	weir_date            day;
	weir_clock           clock;
	weir_time            seen_at;
	weir_timestamp       local_at;
	weir_interval        span;
	weir_uuid            token;
	weir_inet            host;
	weir_inet            network; /* cidr */
	weir_json            settings;
	weir_json_text       document;
	int32_t              positive; /* a domain on a domain on int4 */
	const char          *email;    /* a domain on text */
	weir_opt_bool        opt_flag;
	weir_opt_i16         opt_small;
	weir_opt_i32         opt_middle;
	weir_opt_i64         opt_big;
	weir_opt_f32         opt_ratio;
	weir_opt_f64         opt_exact;
	weir_numeric         opt_amount;
	const char          *opt_title;
	const char          *opt_code;
	const char          *opt_mood;
	weir_bytea           opt_data;
	weir_opt_date        opt_day;
	weir_opt_clock       opt_clock;
	weir_opt_time        opt_seen_at;
	weir_opt_timestamp   opt_local_at;
	weir_opt_interval    opt_span;
	weir_opt_uuid        opt_token;
	weir_opt_inet        opt_host;
	weir_json            opt_settings;
	weir_json_text       opt_document;
	weir_bool_array      flags;
	weir_i16_array       smalls;
	weir_i32_array       middles;
	weir_i64_array       bigs;
	weir_f32_array       ratios;
	weir_f64_array       exacts;
	weir_numeric_array   amounts;
	weir_text_array      titles; /* NOT NULL */
	weir_text_array      codes;
	weir_text_array      moods;
	weir_bytea_array     datas;
	weir_date_array      days;
	weir_clock_array     clocks;
	weir_time_array      times;
	weir_timestamp_array locals;
	weir_interval_array  spans;
	weir_uuid_array      tokens;
	weir_inet_array      hosts;
	weir_json_array      settingses;
	weir_json_text_array documents;
} every_type;

WEIR_RECORD(every_type)

extern const weir_model every_type_model;

typedef struct every_type_columns {
	weir_i64_column        id;
	weir_i32_column        middle;
	weir_f32_column        ratio;
	weir_text_column       title, code, mood, opt_mood;
	weir_bytea_column      data;
	weir_date_column       day, opt_day;
	weir_clock_column      clock;
	weir_interval_column   span;
	weir_inet_column       host;
	weir_json_column       settings;
	weir_json_text_column  opt_document;
	weir_i32_array_column  middles;
	weir_f64_array_column  exacts;
	weir_text_array_column titles, codes, moods;
	weir_date_array_column days;
	weir_uuid_array_column tokens;
	weir_inet_array_column hosts;
} every_type_columns;

extern const every_type_columns every_type_c;

/* CREATE DOMAIN, CREATE TYPE and CREATE TABLE, in the schema of the search path. */
extern const char every_type_schema[];

/* Rows with the ids 1, 2, ...: plain values, the lowest, the highest, what is neither (NaN, -infinity, empty, NULL items), NULL. */
size_t            every_type_count(void);
const every_type *every_type_row(size_t i);

/* All columns of a row as one text, which differs where a byte of a value does; to be freed. */
char *every_type_text(const every_type *row);

/* Fails the test, naming the column, where a row differs from the expected one. */
void every_type_assert_same(const every_type *row, const every_type *expected);

#endif
