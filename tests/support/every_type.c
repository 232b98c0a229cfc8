/*
 * every_type.c: the rows of every_type.h. What the table's schema says is what each member's comment would.
 */
#include "support/every_type.h"

#include "models/codec.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const weir_field fields[] = {
	WEIR_FIELD(every_type, id, .primary_key = true),
	WEIR_FIELD(every_type, flag),
	WEIR_FIELD(every_type, small),
	WEIR_FIELD(every_type, middle),
	WEIR_FIELD(every_type, ratio),
	WEIR_FIELD(every_type, exact),
	WEIR_FIELD(every_type, amount),
	WEIR_FIELD(every_type, title),
	WEIR_FIELD(every_type, code, .padded = true, .max_length = 4),
	WEIR_FIELD(every_type, mood, .labels = WEIR_LABELS("calm", "It's \"odd\"", "\xc3\xa9mu")),
	WEIR_FIELD(every_type, data),
	WEIR_FIELD(every_type, day),
	WEIR_FIELD(every_type, clock),
	WEIR_FIELD(every_type, seen_at),
	WEIR_FIELD(every_type, local_at),
	WEIR_FIELD(every_type, span),
	WEIR_FIELD(every_type, token),
	WEIR_FIELD(every_type, host),
	WEIR_FIELD(every_type, network),
	WEIR_FIELD(every_type, settings),
	WEIR_FIELD(every_type, document),
	WEIR_FIELD(every_type, positive),
	WEIR_FIELD(every_type, email),
	WEIR_FIELD(every_type, opt_flag),
	WEIR_FIELD(every_type, opt_small),
	WEIR_FIELD(every_type, opt_middle),
	WEIR_FIELD(every_type, opt_big),
	WEIR_FIELD(every_type, opt_ratio),
	WEIR_FIELD(every_type, opt_exact),
	WEIR_FIELD(every_type, opt_amount, .nullable = true),
	WEIR_FIELD(every_type, opt_title, .nullable = true),
	WEIR_FIELD(every_type, opt_code, .nullable = true, .padded = true, .max_length = 4),
	WEIR_FIELD(every_type, opt_mood, .nullable = true, .labels = WEIR_LABELS_UNSAID),
	WEIR_FIELD(every_type, opt_data, .nullable = true),
	WEIR_FIELD(every_type, opt_day),
	WEIR_FIELD(every_type, opt_clock),
	WEIR_FIELD(every_type, opt_seen_at),
	WEIR_FIELD(every_type, opt_local_at),
	WEIR_FIELD(every_type, opt_span),
	WEIR_FIELD(every_type, opt_token),
	WEIR_FIELD(every_type, opt_host),
	WEIR_FIELD(every_type, opt_settings, .nullable = true),
	WEIR_FIELD(every_type, opt_document, .nullable = true),
	WEIR_FIELD(every_type, flags, .nullable = true),
	WEIR_FIELD(every_type, smalls, .nullable = true),
	WEIR_FIELD(every_type, middles, .nullable = true),
	WEIR_FIELD(every_type, bigs, .nullable = true),
	WEIR_FIELD(every_type, ratios, .nullable = true),
	WEIR_FIELD(every_type, exacts, .nullable = true),
	WEIR_FIELD(every_type, amounts, .nullable = true),
	WEIR_FIELD(every_type, titles, .max_length = 20),
	WEIR_FIELD(every_type, codes, .nullable = true, .padded = true, .max_length = 4),
	WEIR_FIELD(every_type, moods, .nullable = true, .labels = WEIR_LABELS("calm")),
	WEIR_FIELD(every_type, datas, .nullable = true),
	WEIR_FIELD(every_type, days, .nullable = true),
	WEIR_FIELD(every_type, clocks, .nullable = true),
	WEIR_FIELD(every_type, times, .nullable = true),
	WEIR_FIELD(every_type, locals, .nullable = true),
	WEIR_FIELD(every_type, spans, .nullable = true),
	WEIR_FIELD(every_type, tokens, .nullable = true),
	WEIR_FIELD(every_type, hosts, .nullable = true),
	WEIR_FIELD(every_type, settingses, .nullable = true),
	WEIR_FIELD(every_type, documents, .nullable = true),
};

const weir_model every_type_model = WEIR_MODEL(every_type, "every_type", fields);

const every_type_columns every_type_c = {
	.id = WEIR_I64_COLUMN(every_type, id),
	.middle = WEIR_I32_COLUMN(every_type, middle),
	.ratio = WEIR_F32_COLUMN(every_type, ratio),
	.title = WEIR_TEXT_COLUMN(every_type, title),
	.code = WEIR_TEXT_COLUMN(every_type, code),
	.mood = WEIR_TEXT_COLUMN(every_type, mood),
	.opt_mood = WEIR_TEXT_COLUMN(every_type, opt_mood),
	.data = WEIR_BYTEA_COLUMN(every_type, data),
	.day = WEIR_DATE_COLUMN(every_type, day),
	.opt_day = WEIR_DATE_COLUMN(every_type, opt_day),
	.clock = WEIR_CLOCK_COLUMN(every_type, clock),
	.span = WEIR_INTERVAL_COLUMN(every_type, span),
	.host = WEIR_INET_COLUMN(every_type, host),
	.settings = WEIR_JSON_COLUMN(every_type, settings),
	.opt_document = WEIR_JSON_TEXT_COLUMN(every_type, opt_document),
	.middles = WEIR_ARRAY_COLUMN(i32, every_type, middles),
	.exacts = WEIR_ARRAY_COLUMN(f64, every_type, exacts),
	.titles = WEIR_ARRAY_COLUMN(text, every_type, titles),
	.codes = WEIR_ARRAY_COLUMN(text, every_type, codes),
	.moods = WEIR_ARRAY_COLUMN(text, every_type, moods),
	.days = WEIR_ARRAY_COLUMN(date, every_type, days),
	.tokens = WEIR_ARRAY_COLUMN(uuid, every_type, tokens),
	.hosts = WEIR_ARRAY_COLUMN(inet, every_type, hosts),
};

const char every_type_schema[] =
	"CREATE TYPE mood AS ENUM ('calm', 'It''s \"odd\"', '\xc3\xa9mu', 'unknown to the model');"
	"CREATE DOMAIN above_zero AS int CHECK (VALUE > 0); CREATE DOMAIN positive AS above_zero;"
	"CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%'); CREATE DOMAIN of_mood AS mood;"
	"CREATE TABLE every_type ("
	" id bigint PRIMARY KEY, flag bool NOT NULL, small smallint NOT NULL, middle int NOT NULL, ratio real NOT NULL,"
	" exact float8 NOT NULL, amount numeric NOT NULL, title text NOT NULL, code char(4) NOT NULL, mood mood NOT NULL,"
	" data bytea NOT NULL, day date NOT NULL, clock time NOT NULL, seen_at timestamptz NOT NULL,"
	" local_at timestamp NOT NULL, span interval NOT NULL, token uuid NOT NULL, host inet NOT NULL,"
	" network cidr NOT NULL, settings jsonb NOT NULL, document json NOT NULL, positive positive NOT NULL,"
	" email email NOT NULL,"
	" opt_flag bool, opt_small smallint, opt_middle int, opt_big bigint, opt_ratio real, opt_exact float8,"
	" opt_amount numeric, opt_title varchar, opt_code char(4), opt_mood of_mood, opt_data bytea, opt_day date,"
	" opt_clock time, opt_seen_at timestamptz, opt_local_at timestamp, opt_span interval, opt_token uuid, opt_host inet,"
	" opt_settings jsonb, opt_document json,"
	" flags bool[], smalls smallint[], middles positive[], bigs bigint[], ratios real[], exacts float8[],"
	" amounts numeric[], titles varchar(20)[] NOT NULL, codes char(4)[], moods mood[], datas bytea[], days date[],"
	" clocks time[], times timestamptz[], locals timestamp[], spans interval[], tokens uuid[], hosts inet[],"
	" settingses jsonb[], documents json[])";

#define ARRAY(a)                                                                                                       \
	{                                                                                                                  \
		(a), sizeof(a) / sizeof((a)[0])                                                                                \
	}
#define EMPTY                                                                                                          \
	{                                                                                                                  \
		(const void *)&no_items, 0                                                                                     \
	}
#define TIME_MIN  INT64_C(-210866803200000000)
#define TIME_MAX  (INT64_MAX - 1)
#define DAY_MIN   (-2440588)
#define DAY_MAX   2145042905
#define CLOCK_MAX INT64_C(86400000000)

/* clang-format off */
#define UUID(b)    { { b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b } }
#define V4(p, ...) { 4, p, { __VA_ARGS__ } }
#define V6(p, ...) { 6, p, { __VA_ARGS__ } }
/* clang-format on */

static const uint64_t no_items;

static const unsigned char every_byte[] = {
	0,   1,   2,   9,   10,  13,  31,  32,  34,  39,  47,  58,  92,  123, 125, 127, 128, 129,
	159, 160, 191, 192, 193, 194, 223, 224, 237, 239, 240, 244, 245, 247, 248, 253, 254, 255,
};

/* Arrays with everything in them: extremes, doubles, NULL. */
static const weir_opt_bool flags[] = { { true, true }, { false, false }, { true, false } };
static const weir_opt_i16  smalls[] = { { true, INT16_MIN }, { true, 0 }, { false, 0 }, { true, INT16_MAX } };
static const weir_opt_i32  middles[] = { { true, 1 }, { false, 0 }, { true, INT32_MAX }, { true, 1 } };
static const weir_opt_i64  bigs[] = {
	 { true, INT64_MIN }, { true, INT64_C(9007199254740993) }, { false, 0 }, { true, -1 }, { true, INT64_MAX }
};
static const weir_opt_f32  ratios[] = { { true, 0.1f }, { true, -FLT_MAX },        { true, (float)NAN },
	                                    { false, 0 },   { true, (float)INFINITY }, { true, -0.0f } };
static const weir_opt_f64  exacts[] = { { true, 0.1 }, { true, DBL_MAX },           { true, NAN },
	                                    { false, 0 },  { true, -(double)INFINITY }, { true, -0.0 } };
static const weir_numeric  amounts[] = { { "1.50" }, { NULL }, { "NaN" }, { "-Infinity" }, { "0.001" }, { "-0.10" } };
static const char *const   titles[] = { "",         "NULL",          NULL,  "a,b", "{\"q\"}", "back\\slash",
	                                    " blanks ", "h\xc3\xa9\n\t", "null" };
static const char *const   codes[] = { "ab", NULL, "", "abcd", " a" };
static const char *const   moods[] = { "calm", NULL, "calm" };
static const weir_bytea    datas[] = { { every_byte, sizeof every_byte }, { NULL, 0 }, { "", 0 }, { "\0", 1 } };
static const weir_opt_date days[] = {
	{ true, { INT32_MIN } }, { true, { DAY_MIN } }, { false, { 0 } }, { true, { DAY_MAX } }, { true, { INT32_MAX } }
};
static const weir_opt_clock clocks[] = { { true, { 0 } }, { false, { 0 } }, { true, { CLOCK_MAX } }, { true, { 1 } } };
static const weir_opt_time  times[] = {
	 { true, { INT64_MIN } }, { true, { TIME_MIN } }, { false, { 0 } }, { true, { TIME_MAX } }, { true, { INT64_MAX } }
};
static const weir_opt_timestamp locals[] = {
	{ true, { INT64_MAX } }, { true, { TIME_MAX } }, { false, { 0 } }, { true, { TIME_MIN } }, { true, { INT64_MIN } }
};
static const weir_opt_interval spans[] = { { true, { INT64_MAX, INT32_MAX, INT32_MAX } },
	                                       { false, { 0, 0, 0 } },
	                                       { true, { INT64_MIN, INT32_MIN, INT32_MIN } },
	                                       { true, { 0, 0, 0 } },
	                                       { true, { -1, 1, -1 } } };
static const weir_opt_uuid     tokens[] = { { true, UUID(0) }, { false, UUID(0) }, { true, UUID(255) } };
static const weir_opt_inet     hosts[] = { { true, V4(32, 10, 0, 0, 1) },
	                                       { false, V4(0, 0) },
	                                       { true, V6(128, 0) },
	                                       { true, V6(64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 1) },
	                                       { true, V4(0, 0) } };
static const weir_json         settingses[] = { { "null" }, { NULL }, { "[1, [2]]" }, { "\",\"" }, { "{\"a\": []}" } };
static const weir_json_text    documents[] = { { "null" }, { NULL }, { " [1 ,\n2] " }, { "{\"a\":1,\"a\":2}" } };

static const weir_opt_i32  one_i32[] = { { true, 7 } };
static const char *const   one_title[] = { "one" };
static const weir_opt_inet one_host[] = { { true, V4(24, 192, 168, 1, 5) } };
static const weir_opt_i32  only_null[] = { { false, 0 } };

static const every_type rows[] = {
	{
		.id = 1,
		.flag = true,
		.small = -12,
		.middle = 345678,
		.ratio = 0.1f,
		.exact = 0.1,
		.amount = { "12.50" },
		.title = "h\xc3\xa9llo",
		.code = "ab",
		.mood = "calm",
		.data = { "\xde\xad\xbe\xef", 4 },
		.day = { 20778 },
		.clock = { INT64_C(37575000123) },
		.seen_at = { INT64_C(1700000000123456) },
		.local_at = { -1 },
		.span = { INT64_C(14706789000), 3, 14 },
		.token = { { 0xde, 0xad, 0xbe, 0xef } },
		.host = V4(24, 192, 168, 1, 5),
		.network = V4(24, 192, 168, 1, 0),
		.settings = { "{\"a\": [1, 2.50, \"x\"]}" },
		.document = { "{\"a\":[1,2.50,\"x\"]}" },
		.positive = 1,
		.email = "a@b",
		.middles = ARRAY(one_i32),
		.titles = ARRAY(one_title),
		.hosts = ARRAY(one_host),
	},
	{
		.id = 2,
		.small = INT16_MIN,
		.middle = INT32_MIN,
		.ratio = -FLT_MAX,
		.exact = -DBL_MAX,
		.amount = { "-99999999999999999999999999.99999999999999" },
		.title = "",
		.code = "",
		.mood = "It's \"odd\"",
		.data = { "", 0 },
		.day = { DAY_MIN },
		.clock = { 0 },
		.seen_at = { TIME_MIN },
		.local_at = { TIME_MIN },
		.span = { INT64_MIN, INT32_MIN, INT32_MIN },
		.host = V4(0, 0),
		.network = V4(0, 0),
		.settings = { "null" },
		.document = { " null\n" },
		.positive = 1,
		.email = "@",
		.opt_flag = { true, false },
		.opt_small = { true, INT16_MIN },
		.opt_middle = { true, INT32_MIN },
		.opt_big = { true, INT64_MIN },
		.opt_ratio = { true, -(float)INFINITY },
		.opt_exact = { true, -(double)INFINITY },
		.opt_amount = { "-Infinity" },
		.opt_title = "",
		.opt_code = "",
		.opt_mood = "calm",
		.opt_data = { "", 0 },
		.opt_day = { true, { INT32_MIN } },
		.opt_clock = { true, { 0 } },
		.opt_seen_at = { true, { INT64_MIN } },
		.opt_local_at = { true, { INT64_MIN } },
		.opt_span = { true, { 0, 0, 0 } },
		.opt_token = { true, UUID(0) },
		.opt_host = { true, V6(0, 0) },
		.opt_settings = { "null" },
		.opt_document = { "null" },
		.flags = EMPTY,
		.smalls = EMPTY,
		.middles = EMPTY,
		.bigs = EMPTY,
		.ratios = EMPTY,
		.exacts = EMPTY,
		.amounts = EMPTY,
		.titles = EMPTY,
		.codes = EMPTY,
		.moods = EMPTY,
		.datas = EMPTY,
		.days = EMPTY,
		.clocks = EMPTY,
		.times = EMPTY,
		.locals = EMPTY,
		.spans = EMPTY,
		.tokens = EMPTY,
		.hosts = EMPTY,
		.settingses = EMPTY,
		.documents = EMPTY,
	},
	{
		.id = 3,
		.flag = true,
		.small = INT16_MAX,
		.middle = INT32_MAX,
		.ratio = FLT_TRUE_MIN,
		.exact = 5e-324,
		.amount = { "0.000000000000000000000000000000000000000000001" },
		.title = "\xf0\x9f\x8c\x8a~\x7f\n\t\x01\"\\",
		.code = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		.mood = "\xc3\xa9mu",
		.data = { every_byte, sizeof every_byte },
		.day = { DAY_MAX },
		.clock = { CLOCK_MAX },
		.seen_at = { TIME_MAX },
		.local_at = { TIME_MAX },
		.span = { INT64_MAX, INT32_MAX, INT32_MAX },
		.token = UUID(255),
		.host = V6(128, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255),
		.network = V6(127, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 254),
		.settings = { "123456789012345678901234567890.10" },
		.document = { "123456789012345678901234567890.1000e+10" },
		.positive = INT32_MAX,
		.email = "a,\"b\"@{c}",
		.opt_flag = { true, true },
		.opt_small = { true, INT16_MAX },
		.opt_middle = { true, INT32_MAX },
		.opt_big = { true, INT64_MAX },
		.opt_ratio = { true, (float)INFINITY },
		.opt_exact = { true, (double)INFINITY },
		.opt_amount = { "Infinity" },
		.opt_title = "NULL",
		.opt_code = "a b",
		.opt_mood = "unknown to the model",
		.opt_data = { "\0", 1 },
		.opt_day = { true, { INT32_MAX } },
		.opt_clock = { true, { CLOCK_MAX - 1 } },
		.opt_seen_at = { true, { INT64_MAX } },
		.opt_local_at = { true, { INT64_MAX } },
		.opt_span = { true, { -1, 1, -1 } },
		.opt_token = { true, { { 1, 2, 3 } } },
		.opt_host = { true, V6(96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1) },
		.opt_settings = { "[]" },
		.opt_document = { "\"\\u0000 \\ud800\"" },
		.flags = ARRAY(flags),
		.smalls = ARRAY(smalls),
		.middles = ARRAY(middles),
		.bigs = ARRAY(bigs),
		.ratios = ARRAY(ratios),
		.exacts = ARRAY(exacts),
		.amounts = ARRAY(amounts),
		.titles = ARRAY(titles),
		.codes = ARRAY(codes),
		.moods = ARRAY(moods),
		.datas = ARRAY(datas),
		.days = ARRAY(days),
		.clocks = ARRAY(clocks),
		.times = ARRAY(times),
		.locals = ARRAY(locals),
		.spans = ARRAY(spans),
		.tokens = ARRAY(tokens),
		.hosts = ARRAY(hosts),
		.settingses = ARRAY(settingses),
		.documents = ARRAY(documents),
	},
	{
		.id = 4,
		.ratio = (float)NAN,
		.exact = NAN,
		.amount = { "NaN" },
		.title = "4",
		.code = " x",
		.mood = "calm",
		.data = { "\xff", 1 },
		.day = { -719163 }, /* 0000-12-31, the last day of 1 BC */
		.clock = { 1 },
		.seen_at = { INT64_MIN },
		.local_at = { INT64_MAX },
		.span = { 1, -1, 0 },
		.host = V6(64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
		.network = V6(0, 0),
		.settings = { "{}" },
		.document = { "{}" },
		.positive = 1,
		.email = "@@",
		.opt_ratio = { true, -0.0f },
		.opt_exact = { true, -0.0 },
		.opt_amount = { "0.00" },
		.opt_day = { true, { 0 } },
		.opt_host = { true, V6(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
		.middles = ARRAY(only_null),
		.titles = ARRAY(one_title),
	},
};

size_t every_type_count(void)
{
	return sizeof rows / sizeof rows[0];
}

const every_type *every_type_row(size_t i)
{
	return &rows[i];
}

static weir__layout *make_layout(void)
{
	weir__layout *layout = NULL;
	weir_error    err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__layout_create(&every_type_model, &layout, &err) == WEIR_OK, "%s", err.message);
	return layout;
}

char *every_type_text(const every_type *row)
{
	weir__layout *layout = make_layout();
	weir__buffer  text = WEIR__BUFFER_INIT;

	weir__codec_encode(layout, row, &text);
	weir__layout_free(layout);
	ck_assert(!text.failed);
	return weir__buffer_detach(&text);
}

void every_type_assert_same(const every_type *row, const every_type *expected)
{
	weir__layout *layout = make_layout();

	for (size_t i = 0; i < layout->column_count; i++) {
		weir__buffer left = WEIR__BUFFER_INIT, right = WEIR__BUFFER_INIT;

		weir__codec_encode_columns(layout, (weir__mask)1 << i, row, &left);
		weir__codec_encode_columns(layout, (weir__mask)1 << i, expected, &right);
		ck_assert_msg(left.length == right.length && memcmp(left.data, right.data, left.length) == 0,
		              "%s instead of %s", weir__buffer_text(&left), weir__buffer_text(&right));
		weir__buffer_release(&left);
		weir__buffer_release(&right);
	}
	weir__layout_free(layout);
}
