/* Random rows of tests/support/every_type.h, by a seed: a value for every column by its type alone, extremes among them. */
#ifndef WEIR_TESTS_MODELS_EVERY_TYPE_SAMPLE_H
#define WEIR_TESTS_MODELS_EVERY_TYPE_SAMPLE_H

#include "models/layout.h"
#include "models/time.h"
#include "models/value_type.h"
#include "support/every_type.h"

#include <check.h>
#include <math.h>
#include <string.h>

typedef struct random_row {
	every_type row;
	uint64_t   state;
	size_t     used;
	uint64_t   memory[16384]; /* what the row points into */
} random_row;

static uint64_t random_number(random_row *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t random_below(random_row *r, size_t limit)
{
	return (size_t)(random_number(r) % limit);
}

static void *random_room(random_row *r, size_t size)
{
	void *room = (char *)r->memory + r->used;

	r->used += (size + 15) / 16 * 16;
	ck_assert_uint_le(r->used, sizeof r->memory);
	return room;
}

/* One of these texts, or several of them together. */
static const char *random_text(random_row *r, const char *const *pieces, size_t count, size_t most)
{
	char  *text = random_room(r, most * 8 + 1);
	size_t length = 0;

	for (size_t i = random_below(r, most + 1); i > 0; i--) {
		const char *piece = pieces[random_below(r, count)];
		memcpy(text + length, piece, strlen(piece));
		length += strlen(piece);
	}
	text[length] = '\0';
	return text;
}

#define RANDOM_TEXT(r, most, ...)                                                                                      \
	random_text(r, (const char *const[]){ __VA_ARGS__ },                                                               \
	            sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), most)

static const char *random_content(random_row *r, weir_type type)
{
	static const char *const numbers[] = { "0",   "-0.10", "NaN", "Infinity", "-Infinity", "123456789012345678901.50",
		                                   "1e-5" };
	static const char *const jsons[] = { "null",        "[1, 2]", "{\"a\": [\"b,c\"]}",
		                                 "\"[,]\\\"\"", "1.50",   "12345678901234567890" };

	switch (type) {
	case WEIR_TYPE_NUMERIC:
		return numbers[random_below(r, sizeof numbers / sizeof numbers[0])];
	case WEIR_TYPE_JSONB:
		return jsons[random_below(r, sizeof jsons / sizeof jsons[0])];
	case WEIR_TYPE_JSON:
		return RANDOM_TEXT(r, 3, " ", "[1,\n2]", "{}", "\"\\u0000\"", "null");
	case WEIR_TYPE_CHAR:
		return RANDOM_TEXT(r, 4, "a", "\xc3\xa9");
	case WEIR_TYPE_ENUM:
		return "calm";
	default:
		return RANDOM_TEXT(r, 5, "a", "\"", "\\", ",", "[", "]", "{", "\n", "\x01", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		                   " ", "null", "/");
	}
}

static int64_t random_integer(random_row *r, int64_t least, int64_t most)
{
	switch (random_below(r, 4)) {
	case 0:
		return least;
	case 1:
		return most;
	case 2:
		return least < 0 ? (int64_t)random_below(r, 3) - 1 : least;
	default:
		return (int64_t)((uint64_t)least + random_number(r) % ((uint64_t)most - (uint64_t)least));
	}
}

static double random_double(random_row *r)
{
	static const double extremes[] = { NAN, INFINITY, -INFINITY, -0.0, 0.1, 1e300, 5e-324, 9007199254740993.0, 1e15 };
	uint64_t            bits = random_number(r);
	double              number;

	if (random_below(r, 3) == 0)
		return extremes[random_below(r, sizeof extremes / sizeof extremes[0])];
	memcpy(&number, &bits, sizeof number);
	return isnan(number) ? NAN : number;
}

static float random_float(random_row *r)
{
	uint32_t bits = (uint32_t)random_number(r);
	float    number;

	if (random_below(r, 3) == 0)
		return (float)random_double(r);
	memcpy(&number, &bits, sizeof number);
	return isnan(number) ? NAN : number;
}

static int64_t random_time(random_row *r)
{
	return random_below(r, 5)   ? random_integer(r, WEIR__TIME_MIN_US, INT64_MAX - 1)
	       : random_below(r, 2) ? INT64_MIN
	                            : INT64_MAX;
}

static weir_inet random_inet(random_row *r)
{
	weir_inet inet = { .family = random_below(r, 2) ? 4 : 6 };

	inet.prefix = (uint8_t)random_below(r, inet.family == 4 ? 33 : 129);
	for (size_t i = 0; i < (inet.family == 4 ? 4U : 16U); i++)
		inet.bytes[i] = (uint8_t)(random_below(r, 2) ? random_number(r) : 0);
	return inet;
}

static weir_bytea random_bytes(random_row *r)
{
	size_t   length = random_below(r, 20);
	uint8_t *bytes = random_room(r, length + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_number(r);
	return weir_bytea_of(bytes, length);
}

static void random_fixed(random_row *r, weir_value *value)
{
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		value->as.boolean = random_below(r, 2);
		break;
	case WEIR_TYPE_INT2:
		value->as.integer = random_integer(r, INT16_MIN, INT16_MAX);
		break;
	case WEIR_TYPE_INT4:
		value->as.integer = random_integer(r, INT32_MIN, INT32_MAX);
		break;
	case WEIR_TYPE_INT8:
		value->as.integer = random_integer(r, INT64_MIN, INT64_MAX) >> random_below(r, 20);
		break;
	case WEIR_TYPE_FLOAT4:
		value->as.number = (double)random_float(r);
		break;
	case WEIR_TYPE_FLOAT8:
		value->as.number = random_double(r);
		break;
	case WEIR_TYPE_DATE:
		value->as.integer = random_below(r, 5) ? random_integer(r, WEIR__DATE_MIN, WEIR__DATE_MAX) : INT32_MAX;
		break;
	case WEIR_TYPE_TIME:
		value->as.integer = random_integer(r, 0, WEIR__CLOCK_MAX_US);
		break;
	case WEIR_TYPE_TIMESTAMPTZ:
	case WEIR_TYPE_TIMESTAMP:
		value->as.integer = random_time(r);
		break;
	case WEIR_TYPE_INTERVAL:
		value->as.interval =
			weir_interval_of((int32_t)random_integer(r, INT32_MIN, INT32_MAX),
		                     (int32_t)random_integer(r, INT32_MIN, INT32_MAX), random_integer(r, INT64_MIN, INT64_MAX));
		break;
	case WEIR_TYPE_INET:
		value->as.inet = random_inet(r);
		break;
	case WEIR_TYPE_BYTEA:
		value->as.bytes = random_bytes(r);
		break;
	default: /* uuid */
		for (size_t i = 0; i < sizeof value->as.uuid.bytes; i++)
			value->as.uuid.bytes[i] = (uint8_t)random_number(r);
	}
}

static weir_value random_value(random_row *r, weir_type type)
{
	weir_value value = { .type = type };

	if (weir__type_is_text(type))
		value.as.text = random_content(r, type);
	else
		random_fixed(r, &value);
	return value;
}

static weir_value random_array(random_row *r, weir_type type)
{
	weir_type  item = weir__type_item(type);
	size_t     count = random_below(r, 5);
	void      *items = memset(random_room(r, count * weir__item_size(item) + 1), 0, count * weir__item_size(item) + 1);
	weir_value array = { .type = type, .as.array = { items, count } };

	for (size_t i = 0; i < count; i++) {
		weir_value value = random_value(r, item);
		value.is_null = random_below(r, 4) == 0;
		weir__value_store_item(&value, item, items, i);
	}
	return array;
}

/* Fills the row anew. */
static const every_type *random_fill(random_row *r, const weir__layout *layout, uint64_t seed)
{
	r->state = seed;
	r->used = 0;
	memset(&r->row, 0, sizeof r->row);
	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		char               *member = (char *)&r->row + column->offset;
		weir_value          value =
            weir__type_is_array(column->type) ? random_array(r, column->type) : random_value(r, column->type);
		if (column->nullable && random_below(r, 4) == 0)
			continue;
		if (column->optional) {
			*(bool *)member = true;
			member += weir__value_type_of(column->type)->opt_at;
		}
		weir__value_store(&value, member);
	}
	return &r->row;
}

#endif
