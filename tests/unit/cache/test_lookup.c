/* Cached reads of rows and lists: what is a hit, what is not, and what is left behind. */
#include "unit/cache/cached.h"

#include <pthread.h>
#include <time.h>

START_TEST(test_lookup__a_row_is_read_once)
{
	weir_cache_stats stats;

	begin();
	ck_assert_str_eq(read_row("user:id:1", "one"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "one");
	ck_assert_str_eq(read_row("user:id:2", "two"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "one");
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_VALUE);
	stats = stats_of(&user_model);
	ck_assert_uint_eq(stats.hits, 2);
	ck_assert_uint_eq(stats.misses, 2);
	ck_assert_uint_eq(stats.fills, 2);
	ck_assert_uint_eq(stats.bypasses + stats.errors + stats.dropped_fills + stats.absent_hits, 0);
	ck_assert_uint_eq(stats_of(&post_model).hits, 0);
	ck_assert_uint_eq(stats_of(NULL).hits, 2);
	ck_assert(weir_cache_stats_hit_ratio(&stats) == 0.5);
	end();
}
END_TEST

START_TEST(test_lookup__a_hit_costs_one_call_and_a_miss_three)
{
	int before;

	begin();
	before = atomic_load(&wrapper.calls);
	read_row("user:id:1", "one");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 3);
	before = atomic_load(&wrapper.calls);
	read_row("user:id:1", "one");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 1);
	read_list("users:q:list:", "users:s:any", "list");
	before = atomic_load(&wrapper.calls);
	ck_assert_str_eq(read_list("users:q:list:", "users:s:any", "never"), "list");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 1);
	end();
}
END_TEST

START_TEST(test_lookup__an_empty_payload_is_a_hit)
{
	begin();
	ck_assert_str_eq(read_row("user:id:1", ""), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "");
	end();
}
END_TEST

START_TEST(test_lookup__items_come_back)
{
	weir__lookup lookup = list_lookup("users:q:list:", "users:s:any");

	begin();
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	fill_text(users, &lookup, "[]", 123456789012);
	weir__lookup_release(&lookup);
	lookup = list_lookup("users:q:list:", "users:s:any");
	lookup.kind = WEIR__ENTRY_COUNT;
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	fill_text(users, &lookup, "[]", 123456789012);
	weir__lookup_release(&lookup);
	lookup = list_lookup("users:q:list:", "users:s:any");
	ck_assert_int_eq(look(users, &lookup), WEIR__HIT);
	ck_assert_uint_eq(lookup.items, 123456789012);
	weir__lookup_release(&lookup);
	end();
}
END_TEST

START_TEST(test_lookup__entries_expire_by_their_kind)
{
	begin_with((weir_cache_config){ .ttl_s = 100, .list_ttl_s = 10, .absent_ttl_s = 5 });
	read_row("user:id:1", "row");
	read_row("user:id:2", NULL);
	read_list("users:q:list:", "users:s:any", "list");
	pass_s(4);
	ck_assert_str_eq(read_row("user:id:2", NULL), "absent");
	pass_s(2);
	ck_assert_str_eq(read_row("user:id:2", NULL), "db");
	ck_assert_str_eq(read_list("users:q:list:", "users:s:any", "never"), "list");
	pass_s(5);
	ck_assert_str_eq(read_list("users:q:list:", "users:s:any", "list"), "db");
	pass_s(78);
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	pass_s(12);
	ck_assert_str_eq(read_row("user:id:1", "row"), "db");
	end();
}
END_TEST

START_TEST(test_lookup__what_is_filled_together_does_not_expire_together)
{
	int64_t least = INT64_MAX, most = 0;

	begin_with((weir_cache_config){ .ttl_s = 1000 });
	for (int i = 0; i < 200; i++) {
		char    key[32], physical[48];
		int64_t ttl_ms;

		snprintf(key, sizeof key, "user:id:%d", i);
		snprintf(physical, sizeof physical, "test:{%s}", key);
		read_row(key, "row");
		ttl_ms = weir__cache_backend_memory_ttl_ms(wrapper.inner, text_bytes(physical));
		least = ttl_ms < least ? ttl_ms : least;
		most = ttl_ms > most ? ttl_ms : most;
	}
	ck_assert_int_le(most, 1000000);
	ck_assert_int_ge(least, 900000);
	ck_assert_int_gt(most - least, 50000);
	end();
}
END_TEST

START_TEST(test_lookup__absence_ends_with_any_write_of_the_table)
{
	begin();
	ck_assert_str_eq(read_row("user:id:7", NULL), "db");
	ck_assert_str_eq(read_row("user:id:7", NULL), "absent");
	ck_assert_uint_eq(stats_of(&user_model).absent_hits, 1);
	write_through(NULL, NULL);
	ck_assert_str_eq(read_row("user:id:7", "born"), "db");
	ck_assert_str_eq(read_row("user:id:7", NULL), "born");
	end();
}
END_TEST

START_TEST(test_lookup__absence_is_not_stored_while_the_table_is_written)
{
	weir__touches *touches;

	begin();
	touches = touch(NULL, NULL);
	weir__cache_guard(cache, touches, NULL);
	ck_assert_str_eq(read_row("user:id:7", NULL), "db");
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	ck_assert_int_eq(held("test:{user:id:7}"), WEIR_CACHED_NOTHING);
	ck_assert_str_eq(read_row("user:id:7", "born"), "db");
	end();
}
END_TEST

START_TEST(test_lookup__absence_is_doubted_while_the_table_is_written)
{
	weir__touches *touches;

	begin();
	read_row("user:id:7", NULL);
	touches = touch(NULL, NULL);
	weir__cache_guard(cache, touches, NULL);
	ck_assert_str_eq(read_row("user:id:7", NULL), "bypass");
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	end();
}
END_TEST

START_TEST(test_lookup__a_list_is_valid_until_a_stamp_of_its_own_changes)
{
	begin();
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "old"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "never"), "old");
	write_through("user:id:1", "users:s:city:4");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "never"), "old");
	write_through("user:id:1", "users:s:city:3");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "new"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "never"), "new");
	end();
}
END_TEST

START_TEST(test_lookup__every_list_ends_with_the_bulk_stamp_and_every_absence_with_all)
{
	weir__touches *touches = NULL;
	int            before;

	begin();
	read_list("users:q:list:a", "users:s:city:3", "old");
	read_row("user:id:7", NULL);
	ck_assert_int_eq(weir__touches_create(cache, &touches, NULL), WEIR_OK);
	ck_assert_int_eq(weir__touches_add_all(touches, users), WEIR_OK);
	weir__cache_guard(cache, touches, NULL);
	before = atomic_load(&wrapper.calls);
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "never"), "bypass");
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 1); /* no lease is tried for */
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:city:3", "new"), "db");
	ck_assert_str_eq(read_row("user:id:7", "born"), "db");
	end();
}
END_TEST

START_TEST(test_lookup__a_lost_stamp_is_a_miss)
{
	weir_bytes      key = text_bytes("test:{users}:s:any");
	weir_cache_call call = { .deadline_us = INT64_MAX };

	begin();
	read_list("users:q:list:a", "users:s:any", "old");
	ck_assert_int_eq(held("test:{users}:s:any"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(held("test:{users}:s:bulk"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(wrapper.inner->remove(wrapper.inner, &key, 1, &call), WEIR_OK);
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "new"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "never"), "new");
	end();
}
END_TEST

START_TEST(test_lookup__a_list_that_was_changed_while_it_was_read_is_never_a_hit)
{
	weir__lookup lookup = list_lookup("users:q:list:a", "users:s:any");

	begin();
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	write_through("user:id:1", NULL);
	fill_text(users, &lookup, "old", 1);
	weir__lookup_release(&lookup);
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "new"), "db");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "never"), "new");
	end();
}
END_TEST

START_TEST(test_lookup__a_row_that_is_written_is_bypassed)
{
	weir__touches *touches;

	begin();
	read_row("user:id:1", "old");
	touches = touch("user:id:1", NULL);
	weir__cache_guard(cache, touches, NULL);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ck_assert_uint_eq(stats_of(&user_model).bypasses, 1);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	end();
}
END_TEST

START_TEST(test_lookup__a_row_that_was_written_while_it_was_read_is_not_kept)
{
	weir__lookup lookup = row_lookup("user:id:1");

	begin();
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	write_through("user:id:1", NULL);
	fill_text(users, &lookup, "old", 1);
	weir__lookup_release(&lookup);
	ck_assert_uint_eq(stats_of(&user_model).dropped_fills, 1);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	end();
}
END_TEST

START_TEST(test_lookup__what_is_too_large_is_not_kept_and_hinders_nobody)
{
	begin_with((weir_cache_config){ .max_bytes = 4, .max_items = 2 });
	ck_assert_str_eq(read_row("user:id:1", "12345"), "db");
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	ck_assert_str_eq(read_row("user:id:2", "1234"), "db");
	ck_assert_int_eq(held("test:{user:id:2}"), WEIR_CACHED_VALUE);
	for (uint64_t items = 2; items <= 3; items++) {
		weir__lookup lookup = list_lookup(items == 2 ? "users:q:list:2" : "users:q:list:3", "users:s:any");

		ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
		fill_text(users, &lookup, "list", items);
		weir__lookup_release(&lookup);
	}
	ck_assert_int_eq(held("test:{users}:q:list:2"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(held("test:{users}:q:list:3"), WEIR_CACHED_NOTHING);
	ck_assert_uint_eq(stats_of(&user_model).dropped_fills, 2);
	ck_assert_int_eq(weir__cache_space_max_items(users), 2);
	end();
}
END_TEST

START_TEST(test_lookup__a_lease_that_is_not_used_is_given_up)
{
	weir__lookup lookup = row_lookup("user:id:1");

	begin();
	ck_assert_int_eq(look(users, &lookup), WEIR__MISS);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_LEASE);
	weir__lookup_release(&lookup);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	weir__lookup_release(&lookup);
	ck_assert_uint_eq(stats_of(&user_model).dropped_fills, 0);
	end();
}
END_TEST

/* Between looking up and leasing somebody else leased and filled. */
START_TEST(test_lookup__what_was_filled_in_between_is_a_hit)
{
	weir__lookup lookups[3] = { row_lookup("user:id:1"), row_lookup("user:id:2"),
		                        list_lookup("users:q:list:a", "users:s:any") };

	begin();
	weir__cache_lookup(users, lookups, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lookups[i].state, WEIR__MISS);
	read_row("user:id:1", "row");
	read_row("user:id:2", NULL);
	read_list("users:q:list:a", "users:s:any", "list");
	weir__cache_lease(users, lookups, 3);
	ck_assert_int_eq(lookups[0].state, WEIR__HIT);
	ck_assert_int_eq(lookups[1].state, WEIR__ABSENT);
	ck_assert_int_eq(lookups[2].state, WEIR__HIT);
	ck_assert_mem_eq(lookups[2].payload.data, "list", 4);
	for (int i = 0; i < 3; i++)
		weir__lookup_release(&lookups[i]);
	ck_assert_uint_eq(stats_of(&user_model).hits, 2);
	ck_assert_uint_eq(stats_of(&user_model).absent_hits, 1);
	ck_assert_uint_eq(stats_of(&user_model).misses, 3);
	end();
}
END_TEST

/* ... and what it holds stays there for its reader, whatever becomes of the entry. */
START_TEST(test_lookup__a_list_that_was_filled_in_between_is_read_until_it_is_released)
{
	weir__lookup lookup = list_lookup("users:q:list:a", "users:s:any");

	begin();
	weir__cache_lookup(users, &lookup, 1);
	read_list("users:q:list:a", "users:s:any", "list");
	weir__cache_lease(users, &lookup, 1);
	ck_assert_int_eq(lookup.state, WEIR__HIT);
	ck_assert_int_eq(weir__cache_forget(users, lookup.key), WEIR_OK);
	for (char which = 'b'; which <= 'i'; which++) {
		char key[] = { "users:q:list:?" };

		key[sizeof key - 2] = which;
		read_list(key, "users:s:any", "LIST"); /* of the same size, where freed memory would be taken again */
	}
	ck_assert_mem_eq(lookup.payload.data, "list", 4);
	weir__lookup_release(&lookup);
	end();
}
END_TEST

/* Between looking up and leasing somebody else began to write: nothing may be filled, and no lease is left behind. */
START_TEST(test_lookup__what_began_to_be_written_in_between_is_a_bypass)
{
	weir__lookup   lookups[2] = { row_lookup("user:id:1"), list_lookup("users:q:list:a", "users:s:any") };
	weir__touches *touches;

	begin();
	weir__cache_lookup(users, lookups, 2);
	touches = touch("user:id:1", NULL);
	weir__cache_guard(cache, touches, NULL);
	weir__cache_lease(users, lookups, 2);
	ck_assert_int_eq(lookups[0].state, WEIR__BYPASS);
	ck_assert_int_eq(lookups[1].state, WEIR__BYPASS);
	ck_assert_int_eq(held("test:{users}:q:list:a"), WEIR_CACHED_NOTHING);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	for (int i = 0; i < 2; i++)
		weir__lookup_release(&lookups[i]);
	end();
}
END_TEST

/* The stale list that both saw was replaced by somebody else, and is stale again. */
START_TEST(test_lookup__a_list_that_went_stale_twice_is_a_bypass)
{
	weir__lookup lookup = list_lookup("users:q:list:a", "users:s:any");

	begin();
	read_list("users:q:list:a", "users:s:any", "one");
	write_through("user:id:1", NULL);
	weir__cache_lookup(users, &lookup, 1);
	ck_assert_int_eq(lookup.state, WEIR__MISS);
	read_list("users:q:list:a", "users:s:any", "two");
	write_through("user:id:1", NULL);
	weir__cache_lease(users, &lookup, 1);
	ck_assert_int_eq(lookup.state, WEIR__BYPASS);
	weir__lookup_release(&lookup);
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "three"), "db");
	end();
}
END_TEST

START_TEST(test_lookup__a_list_can_be_forgotten)
{
	begin();
	read_list("users:q:list:a", "users:s:any", "one");
	ck_assert_int_eq(weir__cache_forget(users, text_bytes("users:q:list:a")), WEIR_OK);
	ck_assert_int_eq(held("test:{users}:q:list:a"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(weir__cache_forget(users, text_bytes("users:q:list:a")), WEIR_OK);
	end();
}
END_TEST

static void *fill_later(void *memory)
{
	nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
	fill_text(users, memory, "filled", 1);
	return NULL;
}

START_TEST(test_lookup__somebody_elses_fill_is_waited_for)
{
	weir__lookup first = row_lookup("user:id:1"), second = row_lookup("user:id:1");
	pthread_t    thread;

	begin();
	ck_assert_int_eq(look(users, &first), WEIR__MISS);
	ck_assert_int_eq(pthread_create(&thread, NULL, fill_later, &first), 0);
	ck_assert_int_eq(look(users, &second), WEIR__HIT);
	ck_assert_mem_eq(second.payload.data, "filled", 6);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(stats_of(&user_model).hits, 1);
	ck_assert_uint_eq(stats_of(&user_model).misses, 1);
	weir__lookup_release(&first);
	weir__lookup_release(&second);
	end();
}
END_TEST

START_TEST(test_lookup__somebody_who_does_not_fill_is_not_waited_for_long)
{
	weir__lookup first = row_lookup("user:id:1"), second = row_lookup("user:id:1");
	int64_t      started_us;

	begin();
	ck_assert_int_eq(look(users, &first), WEIR__MISS);
	started_us = weir__now_us();
	ck_assert_int_eq(look(users, &second), WEIR__BYPASS);
	ck_assert_int_lt(weir__now_us() - started_us, 500000);
	weir__lookup_release(&second);
	weir__lookup_release(&first);
	end();
}
END_TEST

START_TEST(test_lookup__nobody_waits_who_must_ask_the_database_anyway)
{
	weir__lookup first = row_lookup("user:id:1"), both[2] = { row_lookup("user:id:1"), row_lookup("user:id:2") };
	int          before;

	begin();
	ck_assert_int_eq(look(users, &first), WEIR__MISS);
	before = atomic_load(&wrapper.calls);
	weir__cache_lookup(users, both, 2);
	weir__cache_lease(users, both, 2);
	ck_assert_int_eq(both[0].state, WEIR__BYPASS);
	ck_assert_int_eq(both[1].state, WEIR__MISS);
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 2);
	weir__lookup_release(&first);
	weir__lookup_release(&both[0]);
	weir__lookup_release(&both[1]);
	end();
}
END_TEST

START_TEST(test_lookup__the_lease_of_a_dead_reader_expires)
{
	weir__lookup dead = row_lookup("user:id:1");

	begin();
	ck_assert_int_eq(look(users, &dead), WEIR__MISS);
	pass_s(4);
	ck_assert_str_eq(read_row("user:id:1", "row"), "db");
	fill_text(users, &dead, "late", 1);
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	weir__lookup_release(&dead);
	end();
}
END_TEST

START_TEST(test_lookup__many_are_looked_up_leased_and_filled_at_once)
{
	enum { COUNT = 50 };
	weir__lookup  lookups[COUNT];
	weir__filling fillings[COUNT];
	char          keys[COUNT][32];
	int           before;

	begin();
	for (int i = 0; i < COUNT; i++) {
		snprintf(keys[i], sizeof keys[i], "user:id:%d", i);
		lookups[i] = row_lookup(keys[i]);
		if (i % 5 == 0)
			read_row(keys[i], i % 10 ? "row" : NULL);
	}
	before = atomic_load(&wrapper.calls);
	weir__cache_lookup(users, lookups, COUNT);
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 2);
	weir__cache_lease(users, lookups, COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(lookups[i].state, i % 5 ? WEIR__MISS : i % 10 ? WEIR__HIT : WEIR__ABSENT);
		fillings[i] = (weir__filling){ .lookup = &lookups[i], .payload = text_bytes(keys[i]) };
	}
	weir__cache_fill(users, fillings, COUNT);
	ck_assert_int_eq(atomic_load(&wrapper.calls) - before, 4);
	for (int i = 0; i < COUNT; i++)
		weir__lookup_release(&lookups[i]);
	for (int i = 0; i < COUNT; i++)
		if (i % 5)
			ck_assert_str_eq(read_row(keys[i], "never"), keys[i]);
	end();
}
END_TEST

START_TEST(test_lookup__another_schemas_entry_is_a_miss_and_is_replaced)
{
	begin();
	plant("test:{user:id:1}", "V1 0123456789abcdef 00000000000000aa 0000000000000001 00000003 000009 0 user:id:1\nold");
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	ck_assert_uint_eq(stats_of(&user_model).errors, 0);
	end();
}
END_TEST

START_TEST(test_lookup__the_entry_of_another_key_is_a_miss)
{
	begin();
	plant("test:{user:id:1}", "V1 0123456789abcdef 00000000000000f1 0000000000000001 00000003 000009 0 user:id:2\nbob");
	ck_assert_str_eq(read_row("user:id:1", "ada"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "ada");
	end();
}
END_TEST

START_TEST(test_lookup__bytes_that_are_no_entry_are_counted_and_replaced)
{
	static const char *const garbage[] = { "V", "{\"id\":1}", "V1 ", "S0000000000000001", "X1 0123456789abcdef" };

	for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
		begin();
		plant("test:{user:id:1}", garbage[i]);
		ck_assert_str_eq(read_row("user:id:1", "row"), "db");
		ck_assert_str_eq(read_row("user:id:1", "never"), "row");
		ck_assert_uint_eq(stats_of(&user_model).errors, 1);
		end();
	}
}
END_TEST

START_TEST(test_lookup__what_is_no_stamp_is_a_bypass)
{
	begin();
	plant("test:{users}:s:any", "Vodd");
	ck_assert_str_eq(read_list("users:q:list:a", "users:s:any", "list"), "bypass");
	end();
}
END_TEST

START_TEST(test_lookup__a_rejected_hit_is_removed)
{
	weir__lookup     lookup = row_lookup("user:id:1");
	weir_cache_stats stats;

	begin();
	read_row("user:id:1", "unreadable");
	ck_assert_int_eq(look(users, &lookup), WEIR__HIT);
	weir__cache_reject(users, &lookup);
	ck_assert_int_eq(lookup.state, WEIR__BYPASS);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	stats = stats_of(&user_model);
	ck_assert_uint_eq(stats.hits, 0);
	ck_assert_uint_eq(stats.errors, 1);
	weir__lookup_release(&lookup);
	end();
}
END_TEST

START_TEST(test_lookup__a_space_that_is_off_is_bypassed)
{
	weir_cache_config off = { .enabled = WEIR_OFF }, on = { .enabled = WEIR_ON };
	int               before;

	begin();
	read_row("user:id:1", "row");
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &off, NULL), WEIR_OK);
	before = atomic_load(&wrapper.calls);
	ck_assert(!weir__cache_space_enabled(users));
	ck_assert(weir__cache_space_enabled(posts));
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	ck_assert_int_eq(atomic_load(&wrapper.calls), before);
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &on, NULL), WEIR_OK);
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	end();
}
END_TEST

START_TEST(test_lookup__another_version_leaves_all_entries_behind)
{
	weir_cache_config config = { .version = 4 };

	begin();
	read_row("user:id:1", "old");
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &config, NULL), WEIR_OK);
	ck_assert_str_eq(read_row("user:id:1", "new"), "db");
	ck_assert_str_eq(read_row("user:id:1", "never"), "new");
	write_through("user:id:1", NULL);
	ck_assert_int_eq(held("test:{user:id:1}"), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_lookup__a_cache_that_fails_is_bypassed)
{
	weir_cache_stats stats;

	begin();
	read_row("user:id:1", "row");
	atomic_store(&wrapper.failing, FAIL_READS);
	ck_assert_str_eq(read_row("user:id:1", "never"), "bypass");
	atomic_store(&wrapper.failing, FAIL_LEASES);
	ck_assert_str_eq(read_row("user:id:2", "never"), "bypass");
	atomic_store(&wrapper.failing, FAIL_FILLS);
	ck_assert_str_eq(read_row("user:id:3", "row"), "db");
	atomic_store(&wrapper.failing, 0);
	stats = stats_of(&user_model);
	ck_assert_uint_eq(stats.errors, 3);
	ck_assert_uint_eq(stats.bypasses, 1);
	ck_assert_uint_eq(stats.dropped_fills, 1);
	ck_assert_str_eq(read_row("user:id:1", "never"), "row");
	end();
}
END_TEST

START_TEST(test_lookup__entries_of_a_space_are_bounded)
{
	weir_cache_config config = { .max_entries = 10 };
	int               kept = 0;

	begin();
	ck_assert_int_eq(weir_cache_manager_configure(cache, &user_model, &config, NULL), WEIR_OK);
	for (int i = 0; i < 100; i++) {
		char key[32];

		snprintf(key, sizeof key, "user:id:%d", i);
		ck_assert_str_eq(read_row(key, "row"), "db");
	}
	for (int i = 0; i < 100; i++) {
		char key[48];

		snprintf(key, sizeof key, "test:{user:id:%d}", i);
		kept += held(key) == WEIR_CACHED_VALUE;
	}
	ck_assert_int_eq(kept, 10);
	end();
}
END_TEST

WEIR_SUITE("lookup", test_lookup__a_row_is_read_once, test_lookup__a_hit_costs_one_call_and_a_miss_three,
           test_lookup__an_empty_payload_is_a_hit, test_lookup__items_come_back,
           test_lookup__entries_expire_by_their_kind, test_lookup__what_is_filled_together_does_not_expire_together,
           test_lookup__absence_ends_with_any_write_of_the_table,
           test_lookup__absence_is_not_stored_while_the_table_is_written,
           test_lookup__absence_is_doubted_while_the_table_is_written,
           test_lookup__a_list_is_valid_until_a_stamp_of_its_own_changes,
           test_lookup__every_list_ends_with_the_bulk_stamp_and_every_absence_with_all,
           test_lookup__a_lost_stamp_is_a_miss, test_lookup__a_list_that_was_changed_while_it_was_read_is_never_a_hit,
           test_lookup__a_row_that_is_written_is_bypassed,
           test_lookup__a_row_that_was_written_while_it_was_read_is_not_kept,
           test_lookup__what_is_too_large_is_not_kept_and_hinders_nobody,
           test_lookup__a_lease_that_is_not_used_is_given_up, test_lookup__what_was_filled_in_between_is_a_hit,
           test_lookup__a_list_that_was_filled_in_between_is_read_until_it_is_released,
           test_lookup__what_began_to_be_written_in_between_is_a_bypass,
           test_lookup__a_list_that_went_stale_twice_is_a_bypass, test_lookup__a_list_can_be_forgotten,
           test_lookup__somebody_elses_fill_is_waited_for,
           test_lookup__somebody_who_does_not_fill_is_not_waited_for_long,
           test_lookup__nobody_waits_who_must_ask_the_database_anyway, test_lookup__the_lease_of_a_dead_reader_expires,
           test_lookup__many_are_looked_up_leased_and_filled_at_once,
           test_lookup__another_schemas_entry_is_a_miss_and_is_replaced,
           test_lookup__the_entry_of_another_key_is_a_miss,
           test_lookup__bytes_that_are_no_entry_are_counted_and_replaced, test_lookup__what_is_no_stamp_is_a_bypass,
           test_lookup__a_rejected_hit_is_removed, test_lookup__a_space_that_is_off_is_bypassed,
           test_lookup__another_version_leaves_all_entries_behind, test_lookup__a_cache_that_fails_is_bypassed,
           test_lookup__entries_of_a_space_are_bounded);
