/* Every type at its extremes: what is written comes back to the byte, from the database, from Redis and from memory; by
 * each way of writing; and conditions find it. */
#include "support/blog.h"
#include "support/database.h"
#include "support/every_type.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static const weir_model *const models[] = { &every_type_model, NULL };

/* A schema of the test's own with the table, a session that knows the model, and its DAO. */
static struct place {
	struct blog   blog;
	weir_session *session;
	weir_base_dao dao;
	weir_error    err;
} place;

#define place_ok(call) ck_assert_msg((call) == WEIR_OK, "%s: %s", #call, place.err.message)

static void place_open_with(const weir_options *given)
{
	weir_options options = *given;

	options.models = models;
	memset(&place, 0, sizeof place);
	blog_open(&place.blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&place.blog, every_type_schema);
	place.session = blog_open_other(&place.blog, &options);
	place.dao = weir_get_dao(place.session, &every_type_model);
}

static void place_open(weir_cache_kind kind)
{
	place_open_with(&(weir_options){ .cache_kind = kind });
}

static void place_close(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(place.session), NULL, NULL);
	weir_close(&place.session);
	blog_close(&place.blog);
}

static uint64_t place_queries(void)
{
	weir_session_stats stats = { 0 };

	weir_session_stats_get(place.session, &stats);
	return stats.queries;
}

static weir_set all_but_key(void)
{
	static size_t offsets[64];

	for (size_t i = 1; i < every_type_model.field_count; i++)
		offsets[i - 1] = every_type_model.fields[i].offset;
	return (weir_set){ &every_type_model, offsets, every_type_model.field_count - 1 };
}

/* ---- There and back ---------------------------------------------------------------------------------------------------- */

static void assert_read(int64_t id, const every_type *expected)
{
	const every_type  key = { .id = id };
	const every_type *row = NULL;

	place_ok(weir_base_dao_get_by_id(&place.dao, &key, &row, &place.err));
	every_type_assert_same(row, expected);
	every_type_release(&row);
}

static void assert_read_cached(int64_t id, const every_type *expected)
{
	const every_type  key = { .id = id };
	const every_type *row = NULL;

	place_ok(weir_base_dao_get_by_id_cached(&place.dao, &key, &row, &place.err));
	every_type_assert_same(row, expected);
	every_type_release(&row);
}

static void create_rows(void)
{
	for (size_t i = 0; i < every_type_count(); i++) {
		const every_type *row = NULL;
		place_ok(
			weir_base_dao_create(&place.dao, every_type_row(i), weir_set_all(&every_type_model), &row, &place.err));
		every_type_assert_same(row, every_type_row(i));
		every_type_release(&row);
	}
}

/* From the database, then twice through the cache: filling it, and from it without a query. */
static void walk(void)
{
	create_rows();
	for (size_t i = 0; i < every_type_count(); i++) {
		const every_type *expected = every_type_row(i);
		uint64_t          queries;
		assert_read(expected->id, expected);
		assert_read_cached(expected->id, expected);
		queries = place_queries();
		assert_read_cached(expected->id, expected);
		ck_assert_uint_eq(place_queries(), queries);
	}
}

static void walk_list(void)
{
	every_type_list list = WEIR_LIST_INIT;

	for (int time = 0; time < 2; time++) {
		uint64_t queries = place_queries();
		place_ok(weir_base_dao_get_all_cached(&place.dao, NULL, &list, &place.err));
		ck_assert_uint_eq(list.count, every_type_count());
		for (size_t i = 0; i < list.count; i++)
			every_type_assert_same(list.items[i], every_type_row(i));
		every_type_list_release(&list);
		ck_assert_uint_eq(place_queries() - queries, time == 0);
	}
}

START_TEST(test_every_type__comes_back_to_the_byte_cold_and_from_redis)
{
	place_open(WEIR_CACHE_REDIS);
	walk();
	walk_list();
	place_close();
}
END_TEST

START_TEST(test_every_type__comes_back_to_the_byte_from_memory)
{
	place_open(WEIR_CACHE_MEMORY);
	walk();
	walk_list();
	place_close();
}
END_TEST

static uint64_t near_hits(void)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(weir_session_cache(place.session), &every_type_model, &stats);
	return stats.near_hits;
}

/* Decoded rows that this process keeps, made of the database's and of those in Redis. */
START_TEST(test_every_type__comes_back_to_the_byte_from_the_near_cache)
{
	weir_session *other;
	uint64_t      hits;

	place_open_with(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON });
	EVENTUALLY(weir_near_cache_is_fresh(place.session));
	walk();
	walk_list();
	hits = near_hits();
	ck_assert_uint_gt(hits, 0);
	other = place.session;
	place.session = blog_open_other(
		&place.blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON, .models = models });
	place.dao = weir_get_dao(place.session, &every_type_model);
	EVENTUALLY(weir_near_cache_is_fresh(place.session));
	for (size_t time = 0; time < 3; time++)
		for (size_t i = 0; i < every_type_count(); i++)
			assert_read_cached(every_type_row(i)->id, every_type_row(i));
	ck_assert_uint_gt(near_hits(), 0);
	weir_close(&other);
	place_close();
}
END_TEST

/* ---- Ways of writing ----------------------------------------------------------------------------------------------------- */

START_TEST(test_every_type__is_written_by_create_many)
{
	every_type      rows[8];
	every_type_list list = WEIR_LIST_INIT;

	place_open(WEIR_CACHE_MEMORY);
	for (size_t i = 0; i < every_type_count(); i++)
		rows[i] = *every_type_row(i);
	place_ok(weir_base_dao_create_many(&place.dao, rows, every_type_count(), weir_set_all(&every_type_model), &list,
	                                   &place.err));
	ck_assert_uint_eq(list.count, every_type_count());
	for (size_t i = 0; i < list.count; i++)
		every_type_assert_same(list.items[i], every_type_row(i));
	every_type_list_release(&list);
	place_close();
}
END_TEST

START_TEST(test_every_type__is_written_by_update_and_upsert)
{
	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	for (size_t i = 0; i < every_type_count(); i++) {
		every_type        other = *every_type_row((i + 1) % every_type_count());
		const every_type *row = NULL;
		const every_type  key = { .id = every_type_row(i)->id };
		other.id = key.id;
		place_ok(weir_base_dao_update(&place.dao, &key, &other, all_but_key(), &row, &place.err));
		every_type_assert_same(row, &other);
		every_type_release(&row);
		place_ok(weir_base_dao_upsert(&place.dao, every_type_row(i),
		                              WEIR_UPSERT(.set = weir_set_all(&every_type_model)), &row, NULL, &place.err));
		every_type_assert_same(row, every_type_row(i));
		every_type_release(&row);
	}
	place_close();
}
END_TEST

/* ---- Conditions ---------------------------------------------------------------------------------------------------------- */

/* The ids of the rows that match, as digits: "13". Asked twice, the second time of the cache. */
static const char *matching(weir_condition where)
{
	static char ids[16];

	for (int time = 0; time < 2; time++) {
		every_type_list list = WEIR_LIST_INIT;
		place_ok(weir_base_dao_get_all_cached(&place.dao, WEIR_QUERY(.where = where), &list, &place.err));
		for (size_t i = 0; i < list.count; i++)
			ids[i] = (char)('0' + list.items[i]->id);
		ids[list.count] = '\0';
		every_type_list_release(&list);
	}
	return ids;
}

#define assert_matching(ids, condition) ck_assert_str_eq(matching(condition), ids)
#define C                               every_type_c

START_TEST(test_every_type__is_compared_in_conditions)
{
	const every_type   *first = every_type_row(0), *third = every_type_row(2);
	const weir_date     days[] = { first->day, third->day };
	const float         ratios[] = { 0.1f };
	const char         *moods[] = { "calm" };
	const weir_inet     hosts[] = { first->host };
	const weir_bytea    datas[] = { third->data };
	const weir_interval spans[] = { first->span };

	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	assert_matching("1", weir_eq(C.ratio, 0.1f));
	assert_matching("1", weir_in(C.ratio, ratios, 1));
	assert_matching("13", weir_between(C.ratio, FLT_TRUE_MIN, 1.0f));
	assert_matching("13", weir_in(C.day, days, 2));
	assert_matching("14", weir_between(C.day, weir_date_of(-719163), weir_date_of(20778)));
	assert_matching("2", weir_eq(C.opt_day, weir_some_date(weir_date_of(INT32_MIN))));
	assert_matching("1", weir_eq(C.opt_day, weir_null_date()));
	assert_matching("3", weir_eq(C.clock, weir_clock_of(INT64_C(86400000000))));
	assert_matching("1", weir_eq(C.span, first->span));
	assert_matching("1", weir_in(C.span, spans, 1));
	assert_matching("3", weir_gt(C.span, weir_interval_of(15, 0, 0)));
	assert_matching("1", weir_in(C.host, hosts, 1));
	assert_matching("2", weir_eq(C.host, (weir_inet){ .family = 4 }));
	assert_matching("3", weir_in(C.data, datas, 1));
	assert_matching("2", weir_eq(C.data, weir_bytea_of("", 0)));
	assert_matching("23", weir_is_not_null(C.opt_document));
	assert_matching("14", weir_eq(C.mood, "calm"));
	assert_matching("14", weir_in(C.mood, moods, 1));
	assert_matching("14", weir_lt(C.mood, "It's \"odd\""));
	assert_matching("2", weir_contains(C.mood, "odd"));
	place_close();
}
END_TEST

START_TEST(test_every_type__a_char_n_is_equal_whatever_blanks_follow)
{
	const char *codes[] = { "ab  ", " x" };

	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	assert_matching("1", weir_eq(C.code, "ab"));
	assert_matching("1", weir_eq(C.code, "ab "));
	assert_matching("2", weir_eq(C.code, "   "));
	assert_matching("14", weir_in(C.code, codes, 2));
	assert_matching("1", weir_ends_with(C.code, "b"));
	assert_matching("1", weir_like(C.code, "a_"));
	assert_matching("4", weir_starts_with(C.code, " "));
	assert_matching("3", weir_has(C.codes, "ab "));
	assert_matching("3", weir_has_all(C.codes, codes, 1));
	place_close();
}
END_TEST

START_TEST(test_every_type__items_of_arrays_are_found)
{
	const int32_t   one[] = { 1 }, seven[] = { 7, 8 }, all[] = { 1, INT32_MAX, 7 };
	const char     *titles[] = { "a,b", "NULL" }, *one_title[] = { "one", "two" }, *moods[] = { "calm" };
	const weir_inet hosts[] = { every_type_row(0)->host };

	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	assert_matching("3", weir_has(C.middles, 1));
	assert_matching("1", weir_has(C.middles, 7));
	assert_matching("3", weir_has_all(C.middles, one, 1));
	assert_matching("1", weir_has_any(C.middles, seven, 2));
	assert_matching("13", weir_has_any(C.middles, all, 3));
	assert_matching("12", weir_has_only(C.middles, seven, 2));
	assert_matching("1234", weir_has_all(C.titles, titles, 0));
	assert_matching("3", weir_has_all(C.titles, titles, 2));
	assert_matching("14", weir_has_any(C.titles, one_title, 2));
	assert_matching("3", weir_has(C.titles, "{\"q\"}"));
	assert_matching("3", weir_has(C.moods, "calm"));
	assert_matching("3", weir_has_all(C.moods, moods, 1));
	assert_matching("3", weir_has(C.days, weir_date_of(INT32_MAX)));
	assert_matching("1", weir_has_all(C.hosts, hosts, 1));
	assert_matching("14", weir_eq(C.titles, every_type_row(0)->titles));
	assert_matching("1", weir_eq(C.middles, every_type_row(0)->middles));
	assert_matching("3", weir_eq(C.middles, every_type_row(2)->middles));
	assert_matching("", weir_eq(C.middles, ((weir_i32_array){ .items = NULL })));
	place_close();
}
END_TEST

START_TEST(test_every_type__jsonb_is_looked_into)
{
	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	assert_matching("1", weir_json_contains(C.settings, weir_json_of("{\"a\": [2.5]}")));
	assert_matching("3", weir_json_within(C.settings, weir_json_of("[{}, 123456789012345678901234567890.1]")));
	assert_matching("1", weir_json_has_key(C.settings, "a"));
	assert_matching("1", weir_json_at(C.settings, "x", "a", "2"));
	assert_matching("1", weir_json_at(C.settings, "2.50", "a", "1"));
	assert_matching("234", weir_json_at(C.settings, NULL, "a"));
	assert_matching("", weir_json_at(C.settings, "a' OR 1=1", "a", "0"));
	place_close();
}
END_TEST

static void assert_refused(weir_condition where, const char *message)
{
	int64_t count;

	ck_assert_int_lt(weir_base_dao_count(&place.dao, WEIR_QUERY(.where = where), &count, &place.err), 0);
	ck_assert_str_eq(place.err.message, message);
}

START_TEST(test_every_type__conditions_that_do_not_fit_are_refused_by_name)
{
	const weir_value json = { .type = WEIR_TYPE_JSON, .as.text = "1" };

	place_open(WEIR_CACHE_MEMORY);
	assert_refused(weir_eq(C.mood, "angry"), "every_type.mood: is none of the labels of the enum");
	assert_refused(weir_has(C.moods, "angry"), "every_type.moods: is none of the labels of the enum");
	assert_refused(weir_eq(C.clock, weir_clock_of(-1)), "every_type.clock: is no time of day");
	assert_refused(weir_eq(C.host, (weir_inet){ .family = 5 }),
	               "every_type.host: is no address: family, prefix or unused bytes are wrong");
	assert_refused(weir_compare(C.opt_document.column, WEIR_OP_EQ, json),
	               "every_type.opt_document: json cannot be compared, only jsonb can");
	assert_refused(weir_json_key(C.title.column, "a"), "every_type.title: is no jsonb, which this condition is for");
	assert_refused(weir_has_of(weir_eq(C.title, "a")), "every_type.title: is no array, and has no items");
	assert_refused(weir_has(C.titles, (const char *)NULL),
	               "every_type.titles: NULL can be compared with = and <> only");
	place_close();
}
END_TEST

/* ---- Wrong values, and what the database says ------------------------------------------------------------------------------ */

static void assert_not_created(int status, const every_type *row, const char *message)
{
	ck_assert_int_eq(weir_base_dao_create(&place.dao, row, weir_set_all(&every_type_model), NULL, &place.err), status);
	ck_assert_msg(strstr(place.err.message, message), "%s", place.err.message);
}

START_TEST(test_every_type__values_that_do_not_fit_are_refused_by_name)
{
	every_type          row = *every_type_row(0);
	const char *const   bad_titles[] = { "ok", "longer than twenty characters" };
	const char *const   bad_moods[] = { "calm", "angry" };
	const weir_opt_date bad_days[] = { { true, { INT32_MIN + 1 } } };

	place_open(WEIR_CACHE_MEMORY);
	row.code = "abcde";
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.code: is longer than 4 characters");
	row.code = "ab      ";
	row.mood = "angry";
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.mood: is none of the labels of the enum");
	row.mood = "calm";
	row.day.days = INT32_MAX - 1;
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.day: is outside of the dates");
	row.day.days = 0;
	row.data.data = NULL;
	assert_not_created(WEIR_ERR_NOT_NULL, &row, "every_type.data: must not be NULL");
	row.data = weir_bytea_of("", 0);
	row.titles = (weir_text_array){ NULL, 0 };
	assert_not_created(WEIR_ERR_NOT_NULL, &row, "every_type.titles: must not be NULL");
	row.titles = (weir_text_array){ bad_titles, 2 };
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.titles: is longer than 20 characters");
	row.titles.count = 1;
	row.moods = (weir_text_array){ bad_moods, 2 };
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.moods: is none of the labels of the enum");
	row.moods.count = 1;
	row.days = (weir_date_array){ bad_days, 1 };
	assert_not_created(WEIR_ERR_VALUE, &row, "every_type.days: is outside of the dates");
	row.days.count = 0;
	row.positive = 0;
	assert_not_created(WEIR_ERR_CHECK, &row, "above_zero");
	row.positive = 1;
	row.email = "nobody";
	assert_not_created(WEIR_ERR_CHECK, &row, "email");
	row.email = "a@b";
	row.document.text = "{not json";
	assert_not_created(WEIR_ERR_VALUE, &row, "json");
	row.document.text = "1";
	place_ok(weir_base_dao_create(&place.dao, &row, weir_set_all(&every_type_model), NULL, &place.err));
	place_close();
}
END_TEST

START_TEST(test_every_type__arrays_that_ours_cannot_be_are_refused_and_harm_nothing)
{
	const every_type  key = { .id = 1 };
	const every_type *row = NULL;

	place_open(WEIR_CACHE_MEMORY);
	create_rows();
	blog_sql(&place.blog, "UPDATE every_type SET middles = '{{1,2},{3,4}}' WHERE id = 1");
	ck_assert_int_eq(weir_base_dao_get_by_id(&place.dao, &key, &row, &place.err), WEIR_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(place.err.message, "every_type.middles: the database's array has several dimensions"));
	blog_sql(&place.blog, "UPDATE every_type SET middles = '[0:1]={1,2}' WHERE id = 1");
	ck_assert_int_eq(weir_base_dao_get_by_id(&place.dao, &key, &row, &place.err), WEIR_ERR_VALUE);
	ck_assert_ptr_null(row);
	blog_sql(&place.blog, "UPDATE every_type SET middles = '{7}' WHERE id = 1");
	assert_read(1, every_type_row(0));
	place_close();
}
END_TEST

WEIR_SUITE("every_type", test_every_type__comes_back_to_the_byte_cold_and_from_redis,
           test_every_type__comes_back_to_the_byte_from_memory,
           test_every_type__comes_back_to_the_byte_from_the_near_cache, test_every_type__is_written_by_create_many,
           test_every_type__is_written_by_update_and_upsert, test_every_type__is_compared_in_conditions,
           test_every_type__a_char_n_is_equal_whatever_blanks_follow, test_every_type__items_of_arrays_are_found,
           test_every_type__jsonb_is_looked_into, test_every_type__conditions_that_do_not_fit_are_refused_by_name,
           test_every_type__values_that_do_not_fit_are_refused_by_name,
           test_every_type__arrays_that_ours_cannot_be_are_refused_and_harm_nothing);
