/* Every type at its extremes: what is written comes back to the byte, from the database, from Redis and from memory; by
 * each way of writing; and conditions find it. */
#include "support/blog.h"
#include "support/every_type.h"

#include <math.h>
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

static void place_open(weir_cache_kind kind)
{
	memset(&place, 0, sizeof place);
	blog_open(&place.blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&place.blog, every_type_schema);
	place.session = blog_open_other(&place.blog, &(weir_options){ .cache_kind = kind, .models = models });
	place.dao = weir_get_dao(place.session, &every_type_model);
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

WEIR_SUITE("every_type", test_every_type__comes_back_to_the_byte_cold_and_from_redis,
           test_every_type__comes_back_to_the_byte_from_memory, test_every_type__is_written_by_create_many,
           test_every_type__is_written_by_update_and_upsert);
