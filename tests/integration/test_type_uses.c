/* What columns of the rarer types are used for: keys of records and of the cache, stamps, auto_now, upserts, statements by hand. */
#include "support/blog.h"
#include "support/every_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct part {
	const char     *code; /* char(4) */
	weir_bytea      digest;
	weir_opt_inet   host;
	const char     *mood;
	weir_date       day;
	weir_json_text  document;
	weir_text_array tags;
	weir_i32_array  numbers;
	weir_time       changed_at;
} part;
WEIR_RECORD(part)

static const weir_field part_fields[] = {
	WEIR_FIELD(part, code, .primary_key = true, .padded = true, .max_length = 4),
	WEIR_FIELD(part, digest, .unique = true),
	WEIR_FIELD(part, host, .unique = true),
	WEIR_FIELD(part, mood, .labels = WEIR_LABELS("new", "old"), .stamped = true),
	WEIR_FIELD(part, day, .stamped = true),
	WEIR_FIELD(part, document),
	WEIR_FIELD(part, tags),
	WEIR_FIELD(part, numbers),
	WEIR_FIELD(part, changed_at, .generated = true, .auto_now = true),
};
static const weir_model part_model = WEIR_MODEL(part, "parts", part_fields);

static const struct {
	weir_text_column  code, mood;
	weir_bytea_column digest;
	weir_inet_column  host;
	weir_date_column  day;
} part_c = {
	.code = WEIR_TEXT_COLUMN(part, code),
	.mood = WEIR_TEXT_COLUMN(part, mood),
	.digest = WEIR_BYTEA_COLUMN(part, digest),
	.host = WEIR_INET_COLUMN(part, host),
	.day = WEIR_DATE_COLUMN(part, day),
};

static const char parts_sql[] =
	"CREATE TYPE part_mood AS ENUM ('new', 'old');"
	"CREATE TABLE parts (code char(4) PRIMARY KEY, digest bytea NOT NULL UNIQUE, host inet UNIQUE, mood part_mood NOT NULL,"
	" day date NOT NULL, document json NOT NULL, tags text[] NOT NULL, numbers int[] NOT NULL,"
	" changed_at timestamptz NOT NULL DEFAULT '2000-01-01')";

static const weir_model *const models[] = { &part_model, &every_type_model, NULL };

static struct blog   blog;
static weir_session *session;
static weir_base_dao parts;

static const char *const  tags[] = { "a", NULL };
static const weir_opt_i32 numbers[] = { { true, 1 } };

static part sample(const char *code)
{
	return (part){ .code = code,
		           .digest = { code, strlen(code) },
		           .host = { true, { 4, 32, { 10, 0, 0, (uint8_t)code[0] } } },
		           .mood = "new",
		           .day = { 20000 },
		           .document = { "{\"a\": 1}" },
		           .tags = { tags, 2 },
		           .numbers = { numbers, 1 } };
}

static void setup(weir_cache_kind kind)
{
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog, parts_sql);
	blog_sql(&blog, every_type_schema);
	session = blog_open_other(&blog, &(weir_options){ .cache_kind = kind, .models = models });
	parts = weir_get_dao(session, &part_model);
	for (int i = 0; i < 3; i++) {
		const part row = sample(i == 0 ? "ab" : i == 1 ? "c" : "");
		assert_ok(weir_base_dao_create(&parts, &row, weir_set_all(&part_model), NULL, &blog.err));
	}
}

static void teardown(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	weir_close(&session);
	blog_close(&blog);
}

static uint64_t queries(void)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

/* The body runs once with each cache. */
#define CACHE_TEST(name) TEST_WITH_EACH_CACHE(name, setup(kind), teardown())

/* ---- Keys ---------------------------------------------------------------------------------------------------------------- */

/* The part that has this value in the column; with `most` queries. */
static void assert_found(weir_column column, const part *values, const char *code, uint64_t most)
{
	const part *found = NULL;
	uint64_t    before = queries();
	int         rc = weir_base_dao_get_by_cached(&parts, column, values, &found, &blog.err);

	ck_assert_int_eq(rc, code ? WEIR_OK : WEIR_NOT_FOUND);
	if (code)
		ck_assert_str_eq(found->code, code);
	ck_assert_uint_le(queries() - before, most);
	part_release(&found);
}

CACHE_TEST(test_type_uses__unique_values_of_each_type_are_found_in_the_cache)
{
	const part ab = sample("ab"), other = sample("x");
	const part padded = { .code = "ab  " };

	for (uint64_t asked = 0; asked < 2; asked++) {
		assert_found(part_c.digest.column, &ab, "ab", asked ? 0 : 2);
		assert_found(part_c.host.column, &ab, "ab", asked ? 0 : 2);
	}
	assert_ok(weir_base_dao_update(&parts, &padded, &other, WEIR_SET(part, digest, host), NULL, &blog.err));
	assert_found(part_c.digest.column, &ab, NULL, 2);
	assert_found(part_c.host.column, &ab, NULL, 2);
	assert_found(part_c.digest.column, &other, "ab", 2);
}

CACHE_TEST(test_type_uses__a_char_n_key_is_the_same_with_and_without_blanks)
{
	const char *const codes[] = { "ab", "ab  ", "c   ", "", "    " };
	const part        padded = { .code = "ab  ", .mood = "old" };
	part_list         list = WEIR_LIST_INIT;
	const part       *found = NULL;

	for (size_t i = 0; i < 2; i++) {
		assert_ok(weir_base_dao_get_by_id_cached(&parts, &(part){ .code = codes[i] }, &found, &blog.err));
		ck_assert_str_eq(found->mood, "new");
		part_release(&found);
	}
	assert_ok(weir_base_dao_update(&parts, &padded, &padded, WEIR_SET(part, mood), NULL, &blog.err));
	assert_ok(weir_base_dao_get_by_id_cached(&parts, &(part){ .code = "ab" }, &found, &blog.err));
	ck_assert_str_eq(found->mood, "old");
	part_release(&found);
	assert_ok(weir_base_dao_get_many_cached(&parts, codes, 5, &list, &blog.err));
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(list.items[i]->code, i < 2 ? "ab" : i == 2 ? "c" : "");
	part_list_release(&list);
}

static void assert_count(int64_t expected, weir_condition where)
{
	int64_t count = -1;

	assert_ok(weir_base_dao_count_cached(&parts, WEIR_QUERY(.where = where), &count, &blog.err));
	ck_assert_int_eq(count, expected);
}

CACHE_TEST(test_type_uses__stamps_of_dates_and_enums_are_those_of_writes)
{
	const part change = { .mood = "old", .day = { -1 } };

	assert_count(3, weir_eq(part_c.mood, "new"));
	assert_count(0, weir_eq(part_c.day, weir_date_of(-1)));
	assert_ok(
		weir_base_dao_update(&parts, &(part){ .code = "c" }, &change, WEIR_SET(part, mood, day), NULL, &blog.err));
	assert_count(2, weir_eq(part_c.mood, "new"));
	assert_count(1, weir_eq(part_c.mood, "old"));
	assert_count(1, weir_eq(part_c.day, weir_date_of(-1)));
}

/* A key of two columns, one of them an enum. */
typedef struct feeling {
	int32_t      person;
	const char  *mood;
	weir_opt_i32 strength;
} feeling;
WEIR_RECORD(feeling)

static const weir_field feeling_fields[] = {
	WEIR_FIELD(feeling, person, .primary_key = true),
	WEIR_FIELD(feeling, mood, .primary_key = true, .labels = WEIR_LABELS("new", "old")),
	WEIR_FIELD(feeling, strength),
};
static const weir_model feeling_model = WEIR_MODEL(feeling, "feelings", feeling_fields);

START_TEST(test_type_uses__an_enum_may_be_part_of_a_key)
{
	static const weir_model *const own_models[] = { &feeling_model, NULL };
	const feeling                  keys[] = { { .person = 1, .mood = "old" },
		                                      { .person = 2, .mood = "old" },
		                                      { .person = 1, .mood = "new" } };
	feeling                        rows[] = { keys[0], keys[2] };
	weir_session                  *other;
	weir_base_dao                  feelings;
	feeling_list                   list = WEIR_LIST_INIT;
	bool                           deleted = false;

	setup(WEIR_CACHE_MEMORY);
	blog_sql(&blog, "CREATE TABLE feelings (person int, mood part_mood, strength int, PRIMARY KEY (person, mood))");
	other = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_MEMORY, .models = own_models });
	feelings = weir_get_dao(other, &feeling_model);
	for (int time = 0; time < 2; time++) {
		rows[0].strength = weir_some_i32(time);
		assert_ok(weir_base_dao_upsert_many(&feelings, rows, 2, WEIR_UPSERT(.set = weir_set_all(&feeling_model)), NULL,
		                                    &blog.err));
		assert_ok(weir_base_dao_get_many_cached(&feelings, keys, 3, &list, &blog.err));
		ck_assert_int_eq(list.items[0]->strength.value, time);
		ck_assert_ptr_null(list.items[1]);
		ck_assert_str_eq(list.items[2]->mood, "new");
		feeling_list_release(&list);
	}
	assert_ok(weir_base_dao_delete(&feelings, &keys[0], &deleted, &blog.err));
	ck_assert(deleted);
	weir_close(&other);
	teardown();
}
END_TEST

/* ---- Writing ------------------------------------------------------------------------------------------------------------- */

/* Updates, or upserts, the part "ab"; the year in which it was changed last. */
static int64_t changed_year(const part *values, bool upsert)
{
	const part *row = NULL;
	char        text[WEIR_TIME_TEXT_MAX];
	weir_set    set = WEIR_SET(part, code, digest, host, mood, day, document, tags, numbers);
	weir_set    rest = WEIR_SET(part, digest, host, mood, day, document, tags, numbers);

	if (upsert)
		assert_ok(weir_base_dao_upsert(&parts, values, WEIR_UPSERT(.set = set), &row, NULL, &blog.err));
	else
		assert_ok(weir_base_dao_update(&parts, values, values, rest, &row, &blog.err));
	weir_time_text(row->changed_at, text);
	part_release(&row);
	return strtoll(text, NULL, 10);
}

CACHE_TEST(test_type_uses__auto_now_moves_when_a_value_of_any_type_differs)
{
	const weir_opt_i32 other_numbers[] = { { false, 0 } };

	for (int upsert = 0; upsert < 2; upsert++) {
		part row = sample("ab");
		(void)changed_year(&row, upsert);
		blog_sql(&blog, "UPDATE parts SET changed_at = '2000-01-01'");
		ck_assert_int_eq(changed_year(&row, upsert), 2000);
		row.document.text = "{\"a\":1}";
		ck_assert_int_gt(changed_year(&row, upsert), 2000);
		blog_sql(&blog, "UPDATE parts SET changed_at = '2000-01-01'");
		ck_assert_int_eq(changed_year(&row, upsert), 2000);
		row.numbers.items = other_numbers;
		ck_assert_int_gt(changed_year(&row, upsert), 2000);
		blog_sql(&blog, "UPDATE parts SET changed_at = '2000-01-01'");
		row.mood = "old";
		row.tags.count = 1;
		ck_assert_int_gt(changed_year(&row, upsert), 2000);
	}
}

START_TEST(test_type_uses__many_rows_with_arrays_and_enums_are_created_at_once)
{
	enum { COUNT = 300 };
	part        rows[COUNT];
	char        codes[COUNT][8];
	const char *words[] = { "x", NULL, "y,\"z\"" };
	part_list   list = WEIR_LIST_INIT;

	setup(WEIR_CACHE_MEMORY);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(codes[i], sizeof codes[i], "%zu", i);
		rows[i] = sample(codes[i]);
		rows[i].host.has = false;
		rows[i].mood = i % 2 ? "old" : "new";
		rows[i].tags = (weir_text_array){ words, i % 4 };
		rows[i].numbers = (weir_i32_array){ numbers, (i / 3) % 2 };
	}
	assert_ok(weir_base_dao_create_many(&parts, rows, COUNT, weir_set_all(&part_model), &list, &blog.err));
	ck_assert_uint_eq(list.count, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_str_eq(list.items[i]->code, codes[i]);
		ck_assert_str_eq(list.items[i]->mood, rows[i].mood);
		ck_assert_uint_eq(list.items[i]->tags.count, i % 4);
		ck_assert_uint_eq(list.items[i]->numbers.count, (i / 3) % 2);
		for (size_t k = 0; k < i % 4; k++)
			ck_assert_pstr_eq(list.items[i]->tags.items[k], words[k]);
	}
	part_list_release(&list);
	teardown();
}
END_TEST

/* Without arrays and addresses, which COPY does not take. */
static weir_set copied_columns(void)
{
	static size_t offsets[64];
	size_t        count = 0;

	for (size_t i = 0; i < every_type_model.field_count; i++) {
		const weir_field *field = &every_type_model.fields[i];
		if (field->type < WEIR_TYPE_BOOL_ARRAY && field->type != WEIR_TYPE_INET)
			offsets[count++] = field->offset;
	}
	return (weir_set){ &every_type_model, offsets, count };
}

/* The row as it is when only those columns were given. */
static every_type without_others(const every_type *row)
{
	every_type        kept = *row;
	const every_type *empty = every_type_row(1);

	memset((char *)&kept + offsetof(every_type, flags), 0, sizeof kept - offsetof(every_type, flags));
	kept.titles = empty->titles;
	kept.host = kept.network = (weir_inet){ .family = 4 };
	kept.opt_host.has = false;
	return kept;
}

START_TEST(test_type_uses__every_type_that_copy_takes_is_copied)
{
	enum { COUNT = 400 };
	static every_type rows[COUNT];
	weir_base_dao     dao;

	setup(WEIR_CACHE_MEMORY);
	blog_sql(&blog, "ALTER TABLE every_type ALTER titles SET DEFAULT '{}', ALTER host SET DEFAULT '0.0.0.0/0',"
	                " ALTER network SET DEFAULT '0.0.0.0/0'");
	dao = weir_get_dao(session, &every_type_model);
	for (size_t i = 0; i < COUNT; i++) {
		rows[i] = *every_type_row(i % every_type_count());
		rows[i].id = (int64_t)i + 1;
	}
	assert_ok(weir_base_dao_create_many(&dao, rows, COUNT, copied_columns(), NULL, &blog.err));
	for (size_t i = 0; i < COUNT; i++) {
		const every_type  expected = without_others(&rows[i]);
		const every_type *row = NULL;
		assert_ok(weir_base_dao_get_by_id(&dao, &rows[i], &row, &blog.err));
		every_type_assert_same(row, &expected);
		every_type_release(&row);
	}
	teardown();
}
END_TEST

static void fill_every_type(void)
{
	weir_base_dao dao = weir_get_dao(session, &every_type_model);

	for (size_t i = 0; i < every_type_count(); i++)
		assert_ok(weir_base_dao_create(&dao, every_type_row(i), weir_set_all(&every_type_model), NULL, &blog.err));
}

/* ---- Pages --------------------------------------------------------------------------------------------------------------- */

/* All rows one by one, forwards by the cursors: the ids as digits. */
static const char *paged(weir_column column, bool descending)
{
	static char      ids[16];
	const weir_query query = { .order = { &(const weir_order){ .column = column, .descending = descending }, 1 },
		                       .limit = 1 };
	weir_base_dao    dao = weir_get_dao(session, &every_type_model);
	weir_cursors     page = WEIR_CURSORS_INIT;
	size_t           count = 0;

	do {
		every_type_list list = WEIR_LIST_INIT;
		assert_ok(weir_base_dao_get_page(&dao, &query, page.next, &list, &page, &blog.err));
		ck_assert_uint_eq(list.count, 1);
		ids[count++] = (char)('0' + list.items[0]->id);
		every_type_list_release(&list);
	} while (page.next && count < sizeof ids - 1);
	ids[count] = '\0';
	weir_cursors_release(&page);
	return ids;
}

START_TEST(test_type_uses__pages_go_on_behind_a_value_of_any_type_that_has_an_order)
{
	setup(WEIR_CACHE_MEMORY);
	fill_every_type();
	for (size_t i = 0; i < every_type_model.field_count; i++) {
		const weir_field *field = &every_type_model.fields[i];
		weir_column       column = { &every_type_model, field->offset };
		bool              has_order = field->type != WEIR_TYPE_JSON && field->type != WEIR_TYPE_JSON_ARRAY &&
		                 strcmp(field->name, "opt_mood") != 0; /* a domain on an enum */
		for (int descending = 0; has_order && descending < 2; descending++) {
			const char *ids = paged(column, descending);
			ck_assert_msg(strlen(ids) == 4 && strchr(ids, '1') && strchr(ids, '2') && strchr(ids, '3') &&
			                  strchr(ids, '4'),
			              "%s: %s", field->name, ids);
		}
	}
	teardown();
}
END_TEST

/* ---- By hand --------------------------------------------------------------------------------------------------------------- */

START_TEST(test_type_uses__results_and_parameters_by_hand_take_every_type)
{
	const every_type *row;
	every_type_list   list = WEIR_LIST_INIT;

	setup(WEIR_CACHE_MEMORY);
	fill_every_type();
	for (size_t i = 0; i < 2 * every_type_count(); i++) {
		row = every_type_row(i / 2);
		assert_ok(weir_query_into_cached(
			session,
			WEIR_SQL(
				"SELECT * FROM every_type WHERE id = $1 AND data = $2 AND day = $3 AND clock = $4 AND span = $5"
				" AND host = $6 AND ratio = $7 AND titles = $8::varchar[] AND mood = $9::text::mood AND code = $10::bpchar"
				" AND document::text = $11::text AND middles::int[] IS NOT DISTINCT FROM $12"
				" AND days IS NOT DISTINCT FROM $13 AND hosts IS NOT DISTINCT FROM $14 AND settings = $15"
				" AND opt_day IS NOT DISTINCT FROM $16"),
			WEIR_PARAMS(row->id, row->data, row->day, row->clock, row->span, row->host, row->ratio, row->titles,
		                row->mood, row->code, row->document, row->middles, row->days, row->hosts, row->settings,
		                row->opt_day),
			&every_type_model, WEIR_READS(every_type), &list, &blog.err));
		ck_assert_uint_eq(list.count, 1);
		every_type_assert_same(list.items[0], row);
		every_type_list_release(&list);
	}
	teardown();
}
END_TEST

static void assert_number(int64_t expected, weir_sql sql, weir_params params)
{
	weir_opt_i64 number = weir_null_i64();

	assert_ok(weir_query_i64(session, sql, params, &number, &blog.err));
	ck_assert_int_eq(number.value, expected);
}

START_TEST(test_type_uses__arrays_of_each_type_are_parameters_by_hand)
{
	const weir_date      days[] = { { 0 }, { 20778 } };
	const weir_clock     clocks[] = { { 0 }, { 1 } };
	const weir_interval  spans[] = { { 0, 0, 1 } };
	const weir_inet      hosts[] = { { 4, 32, { 1, 2, 3, 4 } } };
	const weir_bytea     datas[] = { { "a", 1 }, { NULL, 0 } };
	const float          ratios[] = { 0.5f };
	const bool           flags[] = { true, false };
	const weir_numeric   amounts[] = { { "1.5" }, { NULL } };
	const weir_time      times[] = { { 0 } };
	const weir_json      jsons[] = { { "1" }, { NULL } };
	const weir_json_text documents[] = { { " 1" } };

	setup(WEIR_CACHE_MEMORY);
	assert_number(2, WEIR_SQL("SELECT count(*) FROM unnest($1) d WHERE d IN ('1970-01-01', '2026-11-21')"),
	              WEIR_PARAMS(weir_array(days, 2)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) c WHERE c = '00:00:00.000001'"),
	              WEIR_PARAMS(weir_array(clocks, 2)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) i WHERE i = '1 month'"),
	              WEIR_PARAMS(weir_array(spans, 1)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) h WHERE h = '1.2.3.4'"),
	              WEIR_PARAMS(weir_array(hosts, 1)));
	assert_number(1, WEIR_SQL("SELECT count(d) FROM unnest($1) d"), WEIR_PARAMS(weir_array(datas, 2)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) r WHERE r = 0.5"), WEIR_PARAMS(weir_array(ratios, 1)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) f WHERE f"), WEIR_PARAMS(weir_array(flags, 2)));
	assert_number(1, WEIR_SQL("SELECT count(a) FROM unnest($1) a"), WEIR_PARAMS(weir_array(amounts, 2)));
	assert_number(1, WEIR_SQL("SELECT count(*) FROM unnest($1) t WHERE t = '1970-01-01Z'"),
	              WEIR_PARAMS(weir_array(times, 1)));
	assert_number(1, WEIR_SQL("SELECT count(j) FROM unnest($1) j"), WEIR_PARAMS(weir_array(jsons, 2)));
	assert_number(2, WEIR_SQL("SELECT length(d::text) FROM unnest($1) d"), WEIR_PARAMS(weir_array(documents, 1)));
	teardown();
}
END_TEST

WEIR_SUITE("type_uses", test_type_uses__unique_values_of_each_type_are_found_in_the_cache,
           test_type_uses__a_char_n_key_is_the_same_with_and_without_blanks,
           test_type_uses__stamps_of_dates_and_enums_are_those_of_writes,
           test_type_uses__auto_now_moves_when_a_value_of_any_type_differs,
           test_type_uses__many_rows_with_arrays_and_enums_are_created_at_once,
           test_type_uses__every_type_that_copy_takes_is_copied, test_type_uses__an_enum_may_be_part_of_a_key,
           test_type_uses__pages_go_on_behind_a_value_of_any_type_that_has_an_order,
           test_type_uses__results_and_parameters_by_hand_take_every_type,
           test_type_uses__arrays_of_each_type_are_parameters_by_hand);
