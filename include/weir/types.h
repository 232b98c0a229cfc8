/* The C types of columns.
 *
 *   PostgreSQL          NOT NULL member     nullable member               array member
 *   bool                bool                weir_opt_bool                 weir_bool_array
 *   int2, int4, int8    int16/32/64_t       weir_opt_i16/32/64            weir_i16/32/64_array
 *   float4, float8      float, double       weir_opt_f32/64               weir_f32/64_array
 *   numeric             weir_numeric        weir_numeric, .nullable       weir_numeric_array
 *   text, varchar       const char *        const char *, .nullable       weir_text_array
 *   char(n)             const char *, .padded                             weir_text_array, .padded
 *   an enum             const char *, .labels                             weir_text_array, .labels
 *   bytea               weir_bytea          weir_bytea, .nullable         weir_bytea_array
 *   date                weir_date           weir_opt_date                 weir_date_array
 *   time                weir_clock          weir_opt_clock                weir_clock_array
 *   timestamptz         weir_time           weir_opt_time                 weir_time_array
 *   timestamp           weir_timestamp      weir_opt_timestamp            weir_timestamp_array
 *   interval            weir_interval       weir_opt_interval             weir_interval_array
 *   uuid                weir_uuid           weir_opt_uuid                 weir_uuid_array
 *   inet, cidr          weir_inet           weir_opt_inet                 weir_inet_array
 *   jsonb               weir_json           weir_json, .nullable          weir_json_array
 *   json                weir_json_text      weir_json_text, .nullable     weir_json_text_array
 *
 * A domain is what it is made of. All of them are plain values. The ones with a pointer (text, numeric, bytea, json,
 * arrays) point into the record they come from and live as long as it; given to the library they are only read during
 * the call. A NULL pointer is SQL's NULL, as is .has == false.
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

/* A day: days since 1970-01-01. INT32_MIN and INT32_MAX are SQL's -infinity and infinity. Every date of PostgreSQL fits. */
typedef struct weir_date {
	int32_t days;
} weir_date;

/* A time of day without zone: microseconds since midnight, up to 24:00:00 included. */
typedef struct weir_clock {
	int64_t us;
} weir_clock;

/* A span of time. A month is not a number of days nor a day one of hours, so the three are kept apart, each with its
 * sign; PostgreSQL compares them as 30 days and 24 hours. */
typedef struct weir_interval {
	int64_t us;
	int32_t days;
	int32_t months;
} weir_interval;

/* An address and its network, as inet: 192.168.1.5/24. A cidr too, whose bits behind the prefix are 0. */
typedef struct weir_inet {
	uint8_t family;    /* 4 or 6 */
	uint8_t prefix;    /* up to 32 or 128, which is a host */
	uint8_t bytes[16]; /* the first four of them for family 4, the others 0 */
} weir_inet;

/* Bytes. Data that is NULL is SQL's NULL; no bytes at all are a pointer and length 0. */
typedef struct weir_bytea {
	const void *data;
	size_t      length;
} weir_bytea;

typedef struct weir_uuid {
	uint8_t bytes[16];
} weir_uuid;

/* A JSON text. From the database it is PostgreSQL's own rendering, to the byte. */
typedef struct weir_json {
	const char *text;
} weir_json;

/* The exact text of a json value, blanks and all. PostgreSQL has no equality for it. */
typedef struct weir_json_text {
	const char *text;
} weir_json_text;

#ifdef __cplusplus
#define WEIR__ZERO                                                                                                     \
	{                                                                                                                  \
	}
#else
#define WEIR__ZERO                                                                                                     \
	{                                                                                                                  \
		0                                                                                                              \
	}
#endif

#define WEIR__OPT(name, type)                                                                                          \
	typedef struct weir_opt_##name {                                                                                   \
		bool has;                                                                                                      \
		type value;                                                                                                    \
	} weir_opt_##name;                                                                                                 \
	static inline weir_opt_##name weir_some_##name(type value)                                                         \
	{                                                                                                                  \
		weir_opt_##name opt;                                                                                           \
		opt.has = true;                                                                                                \
		opt.value = value;                                                                                             \
		return opt;                                                                                                    \
	}                                                                                                                  \
	static inline weir_opt_##name weir_null_##name(void)                                                               \
	{                                                                                                                  \
		weir_opt_##name opt = WEIR__ZERO;                                                                              \
		return opt;                                                                                                    \
	}

/* For each type a nullable one and two makers: weir_opt_i32, weir_some_i32(18), weir_null_i32(). */
WEIR__OPT(bool, bool)
WEIR__OPT(i16, int16_t)
WEIR__OPT(i32, int32_t)
WEIR__OPT(i64, int64_t)
WEIR__OPT(f32, float)
WEIR__OPT(f64, double)
WEIR__OPT(date, weir_date)
WEIR__OPT(clock, weir_clock)
WEIR__OPT(interval, weir_interval)
WEIR__OPT(inet, weir_inet)
WEIR__OPT(time, weir_time)
WEIR__OPT(timestamp, weir_timestamp)
WEIR__OPT(uuid, weir_uuid)
#undef WEIR__OPT

/* One-dimensional arrays that begin at index 1, as PostgreSQL's usually do; others are refused (WEIR_ERR_VALUE). Each
 * item is what a nullable member of its type is: weir_opt_i32, const char *, so that NULL among them is told apart.
 * Items that are NULL are SQL's NULL; an empty array is a pointer and count 0. */
#define WEIR__ARRAY(name, item)                                                                                        \
	typedef struct weir_##name##_array {                                                                               \
		const item *items;                                                                                             \
		size_t      count;                                                                                             \
	} weir_##name##_array;
WEIR__ARRAY(bool, weir_opt_bool)
WEIR__ARRAY(i16, weir_opt_i16)
WEIR__ARRAY(i32, weir_opt_i32)
WEIR__ARRAY(i64, weir_opt_i64)
WEIR__ARRAY(f32, weir_opt_f32)
WEIR__ARRAY(f64, weir_opt_f64)
WEIR__ARRAY(numeric, weir_numeric)
typedef struct weir_text_array {
	const char *const *items;
	size_t             count;
} weir_text_array;
WEIR__ARRAY(bytea, weir_bytea)
WEIR__ARRAY(date, weir_opt_date)
WEIR__ARRAY(clock, weir_opt_clock)
WEIR__ARRAY(time, weir_opt_time)
WEIR__ARRAY(timestamp, weir_opt_timestamp)
WEIR__ARRAY(interval, weir_opt_interval)
WEIR__ARRAY(uuid, weir_opt_uuid)
WEIR__ARRAY(inet, weir_opt_inet)
WEIR__ARRAY(json, weir_json)
WEIR__ARRAY(json_text, weir_json_text)
#undef WEIR__ARRAY

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

static inline weir_json_text weir_json_text_of(const char *text)
{
	weir_json_text json;
	json.text = text;
	return json;
}

static inline weir_bytea weir_bytea_of(const void *data, size_t length)
{
	weir_bytea bytes;
	bytes.data = data;
	bytes.length = length;
	return bytes;
}

static inline weir_date weir_date_of(int32_t days)
{
	weir_date date;
	date.days = days;
	return date;
}

static inline weir_clock weir_clock_of(int64_t us)
{
	weir_clock clock;
	clock.us = us;
	return clock;
}

static inline weir_interval weir_interval_of(int32_t months, int32_t days, int64_t us)
{
	weir_interval interval;
	interval.us = us;
	interval.days = days;
	interval.months = months;
	return interval;
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

#define WEIR_TIME_TEXT_MAX     40 /* bytes that hold any time as text, the end included */
#define WEIR_UUID_TEXT_MAX     37
#define WEIR_DATE_TEXT_MAX     16
#define WEIR_CLOCK_TEXT_MAX    17
#define WEIR_INTERVAL_TEXT_MAX 64
#define WEIR_INET_TEXT_MAX     52

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

/* "2026-11-21", years as above, "infinity", "-infinity"; and back. All of these are WEIR_OK or WEIR_ERR_VALUE. */
WEIR_API const char *weir_date_text(weir_date date, char text[WEIR_DATE_TEXT_MAX]);
WEIR_API int         weir_date_parse(const char *text, weir_date *date);

/* "10:26:15.000123", "24:00:00.000000". Zero to six digits of a second are read. */
WEIR_API const char *weir_clock_text(weir_clock clock, char text[WEIR_CLOCK_TEXT_MAX]);
WEIR_API int         weir_clock_parse(const char *text, weir_clock *clock);

/* ISO 8601 with a sign to each part that is below zero, as PostgreSQL's IntervalStyle iso_8601: "P1Y2M-3DT4H5M6.7S",
 * "PT0S". Read are the same units in this order, and weeks. */
WEIR_API const char *weir_interval_text(weir_interval interval, char text[WEIR_INTERVAL_TEXT_MAX]);
WEIR_API int         weir_interval_parse(const char *text, weir_interval *interval);

/* "192.168.1.5/24", "2001:db8::1"; the prefix of a host is left out. Read are four numbers without leading zeros, and
 * every form of an IPv6 address but those with a zone. */
WEIR_API const char *weir_inet_text(weir_inet inet, char text[WEIR_INET_TEXT_MAX]);
WEIR_API int         weir_inet_parse(const char *text, weir_inet *inet);

/* "1b4e28ba-2fa1-11d2-883f-0016d3cca427". */
WEIR_API const char *weir_uuid_text(weir_uuid uuid, char text[WEIR_UUID_TEXT_MAX]);

/* Reads 32 hexadecimal digits with or without the four hyphens. WEIR_OK or WEIR_ERR_VALUE. */
WEIR_API int weir_uuid_parse(const char *text, weir_uuid *uuid);

#ifdef __cplusplus
}
#endif

#endif
