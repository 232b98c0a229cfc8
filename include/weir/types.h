/* The C types of columns.
 *
 *   PostgreSQL          NOT NULL member     nullable member
 *   bool                bool                weir_opt_bool
 *   int2, int4, int8    int16/32/64_t       weir_opt_i16/32/64
 *   float8              double              weir_opt_f64
 *   numeric             weir_numeric        weir_numeric, .nullable = true
 *   text, varchar       const char *        const char *, .nullable = true
 *   timestamptz         weir_time           weir_opt_time
 *   timestamp           weir_timestamp      weir_opt_timestamp
 *   uuid                weir_uuid           weir_opt_uuid
 *   jsonb               weir_json           weir_json, .nullable = true
 *
 * All of them are plain values. The ones with a pointer (text, numeric, json) point into the record they
 * come from and live as long as it; given to the library they are only read during the call. A NULL
 * pointer is SQL's NULL, as is .has == false.
 */
#ifndef WEIR_TYPES_H
#define WEIR_TYPES_H

#include <weir/status.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An exact decimal number as text: "12.50", "-0.001", "NaN", "Infinity". The scale is kept: 12.50 stays 12.50. */
typedef struct weir_numeric {
	const char *text;
} weir_numeric;

/* A point in time: microseconds since 1970-01-01 00:00:00 UTC. INT64_MIN and INT64_MAX are SQL's -infinity
 * and infinity. Values of the last thirty years that PostgreSQL knows (294247 to 294276) do not fit and are
 * reported as WEIR_ERR_VALUE. */
typedef struct weir_time {
	int64_t unix_us;
} weir_time;

/* A date and time without zone: microseconds since 1970-01-01 00:00:00 on the same clock. Limits as above. */
typedef struct weir_timestamp {
	int64_t us;
} weir_timestamp;

typedef struct weir_uuid {
	uint8_t bytes[16];
} weir_uuid;

/* A JSON text. From the database it is PostgreSQL's own rendering, to the byte. */
typedef struct weir_json {
	const char *text;
} weir_json;

#ifdef __cplusplus
#define WEIR__ZERO                                                                                                     \
	{                                                                                                              \
	}
#else
#define WEIR__ZERO {0}
#endif

#define WEIR__OPT(name, type)                                                                                          \
	typedef struct weir_opt_##name {                                                                               \
		bool has;                                                                                              \
		type value;                                                                                            \
	} weir_opt_##name;                                                                                             \
	static inline weir_opt_##name weir_some_##name(type value)                                                          \
	{                                                                                                              \
		weir_opt_##name opt;                                                                                   \
		opt.has = true;                                                                                        \
		opt.value = value;                                                                                     \
		return opt;                                                                                            \
	}                                                                                                              \
	static inline weir_opt_##name weir_null_##name(void)                                                           \
	{                                                                                                              \
		weir_opt_##name opt = WEIR__ZERO;                                                                      \
		return opt;                                                                                            \
	}

/* For each type a nullable one and two makers: weir_opt_i32, weir_some_i32(18), weir_null_i32(). */
WEIR__OPT(bool, bool)
WEIR__OPT(i16, int16_t)
WEIR__OPT(i32, int32_t)
WEIR__OPT(i64, int64_t)
WEIR__OPT(f64, double)
WEIR__OPT(time, weir_time)
WEIR__OPT(timestamp, weir_timestamp)
WEIR__OPT(uuid, weir_uuid)
#undef WEIR__OPT

static inline weir_numeric weir_numeric_of(const char *text)
{
	weir_numeric number;
	number.text = text;
	return number;
}

static inline weir_json weir_json_of(const char *text)
{
	weir_json json;
	json.text = text;
	return json;
}

static inline weir_time weir_time_of(int64_t unix_us)
{
	weir_time time;
	time.unix_us = unix_us;
	return time;
}

static inline weir_timestamp weir_timestamp_of(int64_t us)
{
	weir_timestamp timestamp;
	timestamp.us = us;
	return timestamp;
}

#define WEIR_TIME_TEXT_MAX 40 /* bytes that hold any time as text, the end included */
#define WEIR_UUID_TEXT_MAX 37

/* The present time of the system's clock. */
WEIR_API weir_time weir_time_now(void);

/* ISO 8601 with microseconds: "2026-11-21T10:26:15.000123Z"; years before 1 as in ISO ("-0001"), "infinity",
 * "-infinity". Writes at most WEIR_TIME_TEXT_MAX bytes and returns text. */
WEIR_API const char *weir_time_text(weir_time time, char text[WEIR_TIME_TEXT_MAX]);

/* The same without the Z. */
WEIR_API const char *weir_timestamp_text(weir_timestamp timestamp, char text[WEIR_TIME_TEXT_MAX]);

/* Reads what weir_time_text writes; any offset (+02:00) and zero to six digits of a second are accepted, a text
 * without an offset is not. WEIR_OK or WEIR_ERR_VALUE, then time is untouched. */
WEIR_API int weir_time_parse(const char *text, weir_time *time);

/* Reads what weir_timestamp_text writes; a text with an offset is refused. */
WEIR_API int weir_timestamp_parse(const char *text, weir_timestamp *timestamp);

/* "1b4e28ba-2fa1-11d2-883f-0016d3cca427". */
WEIR_API const char *weir_uuid_text(weir_uuid uuid, char text[WEIR_UUID_TEXT_MAX]);

/* Reads 32 hexadecimal digits with or without the four hyphens. WEIR_OK or WEIR_ERR_VALUE. */
WEIR_API int weir_uuid_parse(const char *text, weir_uuid *uuid);

#ifdef __cplusplus
}
#endif

#endif
