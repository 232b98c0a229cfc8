/* Random structs of the model of everything.h, by a seed: every type with its extremes, half of what may be NULL is. */
#ifndef WEIR_TESTS_MODELS_EVERYTHING_SAMPLE_H
#define WEIR_TESTS_MODELS_EVERYTHING_SAMPLE_H

#include "models/layout.h"
#include "models/time.h"
#include "unit/models/everything.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct sample {
	everything value;
	uint64_t   state;
	size_t     used;
	char       texts[16384]; /* what the value points into */
} sample;

static uint64_t sample_number(sample *s)
{
	uint64_t z = (s->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t sample_below(sample *s, size_t limit)
{
	return (size_t)(sample_number(s) % limit);
}

static bool sample_coin(sample *s)
{
	return sample_number(s) >> 63;
}

static void sample_put(sample *s, const char *bytes)
{
	size_t length = strlen(bytes);

	ck_assert_uint_lt(s->used + length, sizeof s->texts);
	memcpy(s->texts + s->used, bytes, length);
	s->used += length;
}

static const char *sample_end(sample *s, size_t start)
{
	s->texts[s->used++] = '\0';
	return s->texts + start;
}

/* count characters, of which about one in `rare` is none that is simply copied. */
static const char *sample_text(sample *s, size_t count, size_t rare)
{
	static const char *const special[] = { "\"",
		                                   "\\",
		                                   "\n",
		                                   "\t",
		                                   "\r",
		                                   "\b",
		                                   "\f",
		                                   "\x01",
		                                   "\x1f",
		                                   "\x7f",
		                                   "/",
		                                   "\xc3\xa9",
		                                   "\xe2\x82\xac",
		                                   "'",
		                                   "<",
		                                   "\xed\x9f\xbf",
		                                   "\x0b",
		                                   "\xc2\x80",
		                                   "\xdf\xbf",
		                                   "\xf0\x9f\x98\x80",
		                                   "\xf4\x8f\xbf\xbf" };
	size_t                   start = s->used;
	char                     plain[2] = "";

	while (count-- > 0) {
		plain[0] = (char)('a' + sample_below(s, 26));
		sample_put(s, sample_below(s, rare) ? plain : special[sample_below(s, sizeof special / sizeof special[0])]);
	}
	return sample_end(s, start);
}

static int64_t sample_integer(sample *s)
{
	static const int64_t extremes[] = { 0,
		                                1,
		                                -1,
		                                INT64_C(9007199254740991),
		                                INT64_C(9007199254740992),
		                                INT64_MAX,
		                                INT64_MIN,
		                                INT16_MIN,
		                                INT64_C(9007199254740993),
		                                INT64_C(-9007199254740993),
		                                INT32_MAX,
		                                1000000000000000,
		                                999999999999999,
		                                INT64_C(-9007199254740992) };

	if (sample_below(s, 4) == 0)
		return extremes[sample_below(s, sizeof extremes / sizeof extremes[0])];
	return (int64_t)sample_number(s) >> sample_below(s, 64);
}

static double sample_double(sample *s)
{
	static const double extremes[] = {
		0.0,  -0.0,     1e308,    -1e-308, 4.9406564584124654e-324, 1.7976931348623157e308, 0.1, 1e15,
		1e21, 0.000123, 1e-5,     1e22,    9007199254740993.0,      4503599627370495.5,     0.3, 1.5,
		NAN,  INFINITY, -INFINITY
	};
	uint64_t bits = sample_number(s);
	double   number;

	switch (sample_below(s, 4)) {
	case 0:
		return extremes[sample_below(s, sizeof extremes / sizeof extremes[0])];
	case 1:
		return (double)(int64_t)(bits >> 40) / 100;
	case 2:
		return (double)(int64_t)bits / 1e18;
	default:
		memcpy(&number, &bits, sizeof number);
		return isnan(number) ? NAN : number;
	}
}

static const char *sample_numeric(sample *s)
{
	size_t start = s->used;
	size_t digits = 1 + sample_below(s, sample_below(s, 50) ? 30 : 1000);
	size_t fraction = sample_below(s, 20);
	char   digit[2] = "";

	if (sample_below(s, 20) == 0)
		sample_put(s, sample_coin(s) ? "NaN" : "-Infinity");
	else {
		sample_put(s, sample_coin(s) ? "-" : "");
		while (digits-- > 0) {
			digit[0] = (char)('0' + sample_below(s, 10));
			sample_put(s, digit);
		}
		sample_put(s, fraction ? "." : "");
		while (fraction-- > 0)
			sample_put(s, "0");
	}
	return sample_end(s, start);
}

/* As PostgreSQL writes it. */
static const char *sample_json(sample *s)
{
	static const char *const values[] = { "null", "true", "1.50", "12345678901234567890", "\"a \\\"b\\\" \\u0001\"",
		                                  "{}",   "[]",   "-0.1" };
	size_t                   start = s->used;
	size_t                   depth = sample_below(s, 6);

	for (size_t i = 0; i < depth; i++)
		sample_put(s, i % 2 ? "[1, " : "{\"k\": ");
	sample_put(s, values[sample_below(s, sizeof values / sizeof values[0])]);
	while (depth-- > 0)
		sample_put(s, depth % 2 ? "]" : "}");
	return sample_end(s, start);
}

static int64_t sample_time(sample *s)
{
	static const int64_t extremes[] = { INT64_MIN,
		                                INT64_MAX,
		                                0,
		                                -1,
		                                WEIR__TIME_MIN_US,
		                                INT64_MAX - 1,
		                                INT64_C(253402300800000000),
		                                INT64_C(-62135596800000001) };

	if (sample_below(s, 4) == 0)
		return extremes[sample_below(s, sizeof extremes / sizeof extremes[0])];
	return (int64_t)sample_below(s, UINT64_C(4102444800000000)) - INT64_C(631152000000000);
}

static weir_uuid sample_uuid(sample *s)
{
	weir_uuid uuid;

	for (size_t i = 0; i < sizeof uuid.bytes; i++)
		uuid.bytes[i] = (uint8_t)sample_number(s);
	return uuid;
}

/* Fills the value anew; it is good until the next time. */
static const everything *sample_fill(sample *s, uint64_t seed)
{
	everything *v = &s->value;

	s->state = seed;
	s->used = 0;
	*v = (everything){ .id = sample_integer(s), .flag = sample_coin(s) };
	v->small = (int16_t)sample_integer(s);
	v->middle = (int32_t)sample_integer(s);
	v->ratio = sample_double(s);
	v->amount.text = sample_numeric(s);
	v->title = sample_text(s, sample_below(s, 6), 3);
	v->seen_at.unix_us = sample_time(s);
	v->local_at.us = sample_time(s);
	v->token = sample_uuid(s);
	v->data.text = sample_json(s);
	v->opt_flag = sample_coin(s) ? weir_some_bool(sample_coin(s)) : weir_null_bool();
	v->opt_small = sample_coin(s) ? weir_some_i16((int16_t)sample_integer(s)) : weir_null_i16();
	v->opt_middle = sample_coin(s) ? weir_some_i32((int32_t)sample_integer(s)) : weir_null_i32();
	v->opt_big = sample_coin(s) ? weir_some_i64(sample_integer(s)) : weir_null_i64();
	v->opt_ratio = sample_coin(s) ? weir_some_f64(sample_double(s)) : weir_null_f64();
	v->opt_seen_at = sample_coin(s) ? weir_some_time(weir_time_of(sample_time(s))) : weir_null_time();
	v->opt_local_at = sample_coin(s) ? weir_some_timestamp(weir_timestamp_of(sample_time(s))) : weir_null_timestamp();
	v->opt_token = sample_coin(s) ? weir_some_uuid(sample_uuid(s)) : weir_null_uuid();
	v->null_amount.text = sample_coin(s) ? sample_numeric(s) : NULL;
	v->null_title = sample_coin(s) ? sample_text(s, sample_below(s, 200), 1 + sample_below(s, 40)) : NULL;
	v->null_data.text = sample_coin(s) ? sample_json(s) : NULL;
	return v;
}

static bool sample_same_value(const weir_value *a, const weir_value *b)
{
	if (a->type != b->type || a->is_null != b->is_null)
		return false;
	if (a->is_null)
		return true;
	switch (a->type) {
	case WEIR_TYPE_BOOL:
		return a->as.boolean == b->as.boolean;
	case WEIR_TYPE_FLOAT8:
		return isnan(a->as.number) ? isnan(b->as.number) : memcmp(&a->as.number, &b->as.number, sizeof(double)) == 0;
	case WEIR_TYPE_UUID:
		return memcmp(&a->as.uuid, &b->as.uuid, sizeof a->as.uuid) == 0;
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_NUMERIC:
	case WEIR_TYPE_JSONB:
		return strcmp(a->as.text, b->as.text) == 0;
	default:
		return a->as.integer == b->as.integer;
	}
}

/* Fails the test at the first column in which two structs differ. */
static void sample_assert_same(const weir__layout *layout, const void *a, const void *b)
{
	for (size_t i = 0; i < layout->column_count; i++) {
		weir_value left = weir__layout_get(layout, i, a), right = weir__layout_get(layout, i, b);
		ck_assert_msg(sample_same_value(&left, &right), "column %s differs", layout->columns[i].name);
	}
}

#endif
