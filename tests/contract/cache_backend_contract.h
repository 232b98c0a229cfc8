/*
 * cache_backend_contract.h: what every cache backend that keeps something must do, as one suite. A program includes this,
 * defines `subject` and lists CACHE_BACKEND_CONTRACT in its suite. Each test opens a backend of its own; keys begin with
 * a prefix that nobody else uses.
 */
#ifndef WEIR_TESTS_CONTRACT_CACHE_BACKEND_CONTRACT_H
#define WEIR_TESTS_CONTRACT_CACHE_BACKEND_CONTRACT_H

#include "contract/cache_backend_races.h"
#include "contract/cache_backend_subject.h"

/* ---- Values ---- */

START_TEST(test_contract__what_was_never_set_is_nothing)
{
	weir_bytes      keys[3];
	weir_cached     found[3];
	weir_cache_call call;

	begin();
	call = call_with(0, 0);
	for (int i = 0; i < 3; i++)
		keys[i] = key((const char *[]){ "a", "b", "c" }[i]);
	memset(found, 0xff, sizeof found);
	ck_assert_int_eq(backend->get_many(backend, keys, 3, &call, found), WEIR_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(found[i].state, WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__a_value_comes_back_byte_by_byte)
{
	const size_t sizes[] = { 1, 2, 100, 4096, 16380, 16384, 40000, 1 << 20 };
	char        *value = malloc(1 << 20);

	begin();
	for (size_t i = 0; i < 1 << 20; i++)
		value[i] = (char)(i * 31 + i / 255);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		value[0] = 'V';
		set_for(key("large"), (weir_bytes){ value, sizes[i] }, TTL_LONG);
		assert_holds(key("large"), (weir_bytes){ value, sizes[i] });
	}
	free(value);
	end();
}
END_TEST

START_TEST(test_contract__get_many_keeps_order_and_gaps)
{
	enum { COUNT = 40 };
	weir_bytes      keys[COUNT];
	char            names[COUNT][64];
	weir_cached     found[COUNT] = { { .state = WEIR_CACHED_NOTHING } };
	weir_cache_call call;

	begin();
	call = call_with(0, 0);
	for (int i = 0; i < COUNT; i++) {
		keys[i] = (weir_bytes){ names[i], (size_t)snprintf(names[i], sizeof names[i], "%s%d", prefix, i) };
		if (i % 3 != 0)
			set_for(keys[i], keys[i], TTL_LONG);
	}
	guard(keys[3], 7);
	ck_assert_int_eq(lease(keys[6], 9), WEIR_CACHED_LEASED);
	ck_assert_int_eq(backend->get_many(backend, keys, COUNT, &call, found), WEIR_OK);
	for (int i = 0; i < COUNT; i++) {
		weir_cached_state expected = i % 3 != 0 ? WEIR_CACHED_VALUE
		                             : i == 3   ? WEIR_CACHED_GUARD
		                             : i == 6   ? WEIR_CACHED_LEASE
		                                        : WEIR_CACHED_NOTHING;

		ck_assert_int_eq(found[i].state, expected);
		if (expected == WEIR_CACHED_VALUE)
			ck_assert(found[i].value.length == keys[i].length &&
			          memcmp(found[i].value.data, keys[i].data, keys[i].length) == 0);
		let_go(&found[i]);
	}
	release(keys[3], 7);
	end();
}
END_TEST

START_TEST(test_contract__set_replaces_whatever_is_there)
{
	begin();
	set_text("k", "Vone");
	set_text("k", "Vtwo");
	assert_holds(key("k"), text_bytes("Vtwo"));
	ck_assert_int_eq(lease(key("l"), 5), WEIR_CACHED_LEASED);
	set_text("l", "Vthree");
	assert_holds(key("l"), text_bytes("Vthree"));
	end();
}
END_TEST

START_TEST(test_contract__a_value_expires)
{
	begin();
	set_for(key("brief"), text_bytes("V"), TTL_SHORT);
	set_for(key("lasting"), text_bytes("V"), TTL_LONG);
	set_for(key("endless"), text_bytes("V"), -1);
	wait_for_nothing(key("brief"));
	assert_holds(key("lasting"), text_bytes("V"));
	ck_assert_int_gt(subject.ttl_ms(backend, key("lasting")), TTL_LONG - 60000);
	ck_assert_int_le(subject.ttl_ms(backend, key("lasting")), TTL_LONG);
	ck_assert_int_eq(subject.ttl_ms(backend, key("endless")), -1);
	end();
}
END_TEST

START_TEST(test_contract__bytes_stay_readable_after_the_key_has_changed)
{
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	weir_cache_call call;
	weir_bytes      name;

	begin();
	name = key("k");
	call = call_with(0, 0);
	set_for(name, text_bytes("Vfirst"), TTL_LONG);
	ck_assert_int_eq(backend->get_many(backend, &name, 1, &call, &found), WEIR_OK);
	for (int i = 0; i < 100; i++) {
		set_for(name, text_bytes("Vsecond"), TTL_LONG);
		ck_assert_int_eq(state_of(name), WEIR_CACHED_VALUE);
	}
	ck_assert_int_eq(backend->remove(backend, &name, 1, &call), WEIR_OK);
	ck_assert_mem_eq(found.value.data, "Vfirst", 6);
	let_go(&found);
	end();
}
END_TEST

START_TEST(test_contract__keys_are_any_bytes)
{
	static const char raw[][10] = {
		"a b", "a\nb", "a\r\n$1", "a\0b", "a\0c", "{x}y", "*?[a-z]", "\xff\xfe", "%s%n", ""
	};
	char   text[128];
	size_t start;

	begin();
	start = strlen(prefix);
	for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
		memcpy(text, prefix, start);
		memcpy(text + start, raw[i], sizeof raw[i]);
		set_for((weir_bytes){ text, start + sizeof raw[i] }, (weir_bytes){ text + start - 1, 1 + sizeof raw[i] },
		        TTL_LONG);
	}
	for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
		memcpy(text, prefix, start);
		memcpy(text + start, raw[i], sizeof raw[i]);
		assert_holds((weir_bytes){ text, start + sizeof raw[i] }, (weir_bytes){ text + start - 1, 1 + sizeof raw[i] });
	}
	end();
}
END_TEST

/* ---- Leases and fills ---- */

START_TEST(test_contract__one_lease_at_a_time)
{
	begin();
	ck_assert_int_eq(lease(key("k"), 1), WEIR_CACHED_LEASED);
	ck_assert_int_eq(lease(key("k"), 2), WEIR_CACHED_LEASE);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_LEASE);
	ck_assert_int_eq(lease_over(key("brief"), "", 3, TTL_SHORT), WEIR_CACHED_LEASED);
	wait_for_nothing(key("brief"));
	ck_assert_uint_eq(fill(key("brief"), "Vlate", 3), 0);
	ck_assert_int_eq(lease(key("brief"), 4), WEIR_CACHED_LEASED);
	end();
}
END_TEST

START_TEST(test_contract__no_lease_where_something_is)
{
	begin();
	set_text("value", "Vold");
	guard(key("guarded"), 1);
	ck_assert_int_eq(lease(key("value"), 2), WEIR_CACHED_VALUE);
	ck_assert_int_eq(lease(key("guarded"), 2), WEIR_CACHED_GUARD);
	assert_holds(key("value"), text_bytes("Vold"));
	release(key("guarded"), 1);
	end();
}
END_TEST

START_TEST(test_contract__a_lease_replaces_the_value_that_was_seen_and_no_other)
{
	begin();
	set_text("k", "V123 old");
	ck_assert_int_eq(lease_over(key("k"), "V124", 2, TTL_LONG), WEIR_CACHED_VALUE);
	ck_assert_int_eq(lease_over(key("k"), "V123 old and more", 2, TTL_LONG), WEIR_CACHED_VALUE);
	ck_assert_int_eq(lease_over(key("k"), "V123", 3, TTL_LONG), WEIR_CACHED_LEASED);
	ck_assert_int_eq(lease_over(key("k"), "V123", 4, TTL_LONG), WEIR_CACHED_LEASE);
	ck_assert_uint_eq(fill(key("k"), "Vnew", 3), 1);
	assert_holds(key("k"), text_bytes("Vnew"));
	guard(key("k"), 9);
	ck_assert_int_eq(lease_over(key("k"), "Vnew", 5, TTL_LONG), WEIR_CACHED_GUARD);
	release(key("k"), 9);
	ck_assert_int_eq(lease_over(key("k"), "Vnew", 6, TTL_LONG), WEIR_CACHED_LEASED);
	end();
}
END_TEST

START_TEST(test_contract__a_stamp_is_set_once)
{
	weir_cache_want want;
	weir_cache_call call;
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };

	begin();
	call = call_with(1, TTL_LONG);
	want = (weir_cache_want){ .key = key("stamp"), .stamp = 0xabc };
	ck_assert_int_eq(backend->lease(backend, &want, 1, &call, &found), WEIR_OK);
	ck_assert_int_eq(found.state, WEIR_CACHED_LEASED);
	want.stamp = 0xdef;
	ck_assert_int_eq(backend->lease(backend, &want, 1, &call, &found), WEIR_OK);
	ck_assert_int_eq(found.state, WEIR_CACHED_VALUE);
	ck_assert_uint_eq(found.value.length, 17);
	ck_assert_mem_eq(found.value.data, "S0000000000000abc", 17);
	let_go(&found);
	ck_assert_int_gt(subject.ttl_ms(backend, key("stamp")), TTL_LONG - 60000);
	guard(key("stamp"), 4);
	ck_assert_int_eq(backend->lease(backend, &want, 1, &call, &found), WEIR_OK);
	ck_assert_int_eq(found.state, WEIR_CACHED_GUARD);
	release(key("stamp"), 4);
	end();
}
END_TEST

START_TEST(test_contract__a_fill_needs_its_own_lease)
{
	begin();
	ck_assert_uint_eq(fill(key("none"), "V", 1), 0);
	ck_assert_int_eq(state_of(key("none")), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(lease(key("k"), 1), WEIR_CACHED_LEASED);
	ck_assert_uint_eq(fill(key("k"), "Vother", 2), 0);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_LEASE);
	ck_assert_uint_eq(fill(key("k"), "Vmine", 1), 1);
	assert_holds(key("k"), text_bytes("Vmine"));
	ck_assert_uint_eq(fill(key("k"), "Vagain", 1), 0);
	assert_holds(key("k"), text_bytes("Vmine"));
	ck_assert_int_le(subject.ttl_ms(backend, key("k")), TTL_LONG);
	end();
}
END_TEST

START_TEST(test_contract__a_write_in_between_drops_the_fill)
{
	begin();
	ck_assert_int_eq(lease(key("guarded"), 1), WEIR_CACHED_LEASED);
	guard(key("guarded"), 9);
	ck_assert_uint_eq(fill(key("guarded"), "Vold", 1), 0);
	ck_assert_int_eq(state_of(key("guarded")), WEIR_CACHED_GUARD);
	release(key("guarded"), 9);
	ck_assert_uint_eq(fill(key("guarded"), "Vold", 1), 0);
	ck_assert_int_eq(state_of(key("guarded")), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(lease(key("released"), 2), WEIR_CACHED_LEASED);
	release(key("released"), 9);
	ck_assert_uint_eq(fill(key("released"), "Vold", 2), 0);
	ck_assert_int_eq(lease(key("released"), 3), WEIR_CACHED_LEASED);
	ck_assert_uint_eq(fill(key("released"), "Vold", 2), 0);
	ck_assert_uint_eq(fill(key("released"), "Vnew", 3), 1);
	end();
}
END_TEST

START_TEST(test_contract__an_empty_fill_gives_the_lease_up)
{
	begin();
	ck_assert_int_eq(lease(key("k"), 1), WEIR_CACHED_LEASED);
	ck_assert_uint_eq(fill(key("k"), "", 2), 0);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_LEASE);
	ck_assert_uint_eq(fill(key("k"), "", 1), 0);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__many_are_leased_and_filled_at_once)
{
	enum { COUNT = 600 };
	static weir_cache_want  wants[COUNT];
	static weir_cache_entry entries[COUNT];
	static weir_cached      found[COUNT];
	static char             names[COUNT][64];
	weir_cache_call         call;
	size_t                  filled = 0;

	begin();
	call = call_with(77, TTL_LONG);
	for (int i = 0; i < COUNT; i++) {
		weir_bytes name = { names[i], (size_t)snprintf(names[i], sizeof names[i], "%s%d", prefix, i) };

		wants[i] = (weir_cache_want){ .key = name };
		entries[i] = (weir_cache_entry){
			.key = name, .value = name, .token = 77, .ttl_ms = TTL_LONG, .space = 1, .space_max = -1
		};
		if (i % 10 == 0)
			set_for(name, text_bytes("Vthere"), TTL_LONG);
	}
	ck_assert_int_eq(backend->lease(backend, wants, COUNT, &call, found), WEIR_OK);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(found[i].state, i % 10 == 0 ? WEIR_CACHED_VALUE : WEIR_CACHED_LEASED);
		let_go(&found[i]);
	}
	ck_assert_int_eq(backend->fill(backend, entries, COUNT, &call, &filled), WEIR_OK);
	ck_assert_uint_eq(filled, COUNT - COUNT / 10);
	for (int i = 0; i < COUNT; i++)
		assert_holds(entries[i].key, i % 10 == 0 ? text_bytes("Vthere") : entries[i].value);
	end();
}
END_TEST

/* ---- Guards ---- */

START_TEST(test_contract__a_guard_replaces_what_is_there_and_its_release_deletes)
{
	begin();
	set_text("value", "Vold");
	ck_assert_int_eq(lease(key("lease"), 1), WEIR_CACHED_LEASED);
	guard(key("value"), 5);
	guard(key("lease"), 5);
	guard(key("nothing"), 5);
	ck_assert_int_eq(state_of(key("value")), WEIR_CACHED_GUARD);
	ck_assert_int_eq(state_of(key("lease")), WEIR_CACHED_GUARD);
	ck_assert_int_eq(state_of(key("nothing")), WEIR_CACHED_GUARD);
	release(key("value"), 5);
	release(key("lease"), 5);
	release(key("nothing"), 5);
	ck_assert_int_eq(state_of(key("value")), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(state_of(key("lease")), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(state_of(key("nothing")), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__a_guard_stands_until_its_last_writer_is_done)
{
	begin();
	for (uint64_t first = 1; first <= 3; first++) {
		for (uint64_t nonce = 1; nonce <= 3; nonce++)
			guard(key("k"), nonce);
		guard(key("k"), first); /* the same writer again */
		for (uint64_t i = 0; i < 3; i++) {
			ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_GUARD);
			ck_assert_int_eq(lease(key("k"), 50), WEIR_CACHED_GUARD);
			release(key("k"), (first + i) % 3 + 1);
		}
		ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	}
	end();
}
END_TEST

START_TEST(test_contract__a_release_without_a_guard_deletes_all_the_same)
{
	begin();
	set_text("k", "Vfilled meanwhile");
	release(key("k"), 5);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	release(key("k"), 5);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__a_released_stamp_is_a_new_one)
{
	begin();
	guard(key("stamp"), 1);
	guard(key("stamp"), 2);
	release_with(key("stamp"), 1, 0x111);
	ck_assert_int_eq(state_of(key("stamp")), WEIR_CACHED_GUARD);
	release_with(key("stamp"), 2, 0x222);
	assert_holds(key("stamp"), text_bytes("S0000000000000222"));
	release_with(key("stamp"), 3, 0x333);
	assert_holds(key("stamp"), text_bytes("S0000000000000333"));
	release_with(key("fresh"), 3, UINT64_MAX);
	assert_holds(key("fresh"), text_bytes("Sffffffffffffffff"));
	ck_assert_int_gt(subject.ttl_ms(backend, key("fresh")), TTL_LONG - 60000);
	end();
}
END_TEST

START_TEST(test_contract__the_guard_of_a_dead_writer_expires)
{
	begin();
	guard_for(key("alone"), 1, TTL_SHORT);
	wait_for_nothing(key("alone"));
	end();
}
END_TEST

START_TEST(test_contract__a_dead_writer_does_not_hold_another_ones_guard)
{
	begin();
	guard_for(key("k"), 1, TTL_SHORT);
	for (int i = 0; i < 5000; i++) {
		guard(key("k"), 2);
		ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_GUARD);
		release(key("k"), 2);
		if (state_of(key("k")) == WEIR_CACHED_NOTHING)
			break;
		subject.tick();
	}
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__a_short_guard_does_not_shorten_a_long_one)
{
	begin();
	guard(key("k"), 1);
	guard_for(key("k"), 2, TTL_SHORT);
	ck_assert_int_gt(subject.ttl_ms(backend, key("k")), TTL_LONG - 60000);
	release(key("k"), 2);
	ck_assert_int_gt(subject.ttl_ms(backend, key("k")), TTL_LONG - 60000);
	release(key("k"), 1);
	ck_assert_int_eq(state_of(key("k")), WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__many_are_guarded_and_released_at_once)
{
	enum { COUNT = 700 };
	static weir_touch touches[COUNT];
	static char       names[COUNT][64];
	weir_cache_call   call;

	begin();
	call = call_with(5, TTL_LONG);
	for (int i = 0; i < COUNT; i++) {
		touches[i].key = (weir_bytes){ names[i], (size_t)snprintf(names[i], sizeof names[i], "%s%d", prefix, i) };
		touches[i].stamp = i % 2 ? (uint64_t)i : 0;
	}
	ck_assert_int_eq(backend->guard(backend, touches, COUNT, &call), WEIR_OK);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(state_of(touches[i].key), WEIR_CACHED_GUARD);
	ck_assert_int_eq(backend->release(backend, touches, COUNT, &call), WEIR_OK);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(state_of(touches[i].key), i % 2 ? WEIR_CACHED_VALUE : WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_contract__a_release_deletes_what_is_bare_whatever_it_holds)
{
	enum { BARE = 600, COUNT = BARE + 2 };
	static weir_touch touches[COUNT];
	static char       names[COUNT][64];
	weir_cache_call   call;

	begin();
	call = call_with(5, TTL_LONG);
	for (int i = 0; i < COUNT; i++) {
		touches[i].key = (weir_bytes){ names[i], (size_t)snprintf(names[i], sizeof names[i], "%s%d", prefix, i) };
		touches[i].bare = i >= 2;
	}
	touches[1].stamp = 77;
	for (int i = 2; i < 5; i++)
		ck_assert_int_eq(lease(touches[i].key, (uint64_t)i), WEIR_CACHED_LEASED);
	ck_assert_uint_eq(fill(touches[2].key, "V", 2), 1);
	ck_assert_uint_eq(fill(touches[4].key, "V", 4), 1);
	for (int way = 0; way < 2; way++) { /* bare ones alone the second time */
		ck_assert_int_eq(backend->guard(backend, touches, 2, &call), WEIR_OK);
		ck_assert_int_eq(backend->release(backend, touches + 2 * way, COUNT - 2 * (size_t)way, &call), WEIR_OK);
		ck_assert_int_eq(state_of(touches[1].key), way ? WEIR_CACHED_GUARD : WEIR_CACHED_VALUE);
		for (int i = 2; i < COUNT; i++)
			ck_assert_int_eq(state_of(touches[i].key), WEIR_CACHED_NOTHING);
	}
	ck_assert_uint_eq(fill(touches[3].key, "Vold", 3), 0);
	ck_assert_int_eq(backend->release(backend, touches, 2, &call), WEIR_OK);
	end();
}
END_TEST

START_TEST(test_contract__remove_deletes_all_but_guards)
{
	weir_bytes      keys[4];
	weir_cache_call call;

	begin();
	call = call_with(0, 0);
	set_text("value", "V");
	ck_assert_int_eq(lease(key("lease"), 1), WEIR_CACHED_LEASED);
	guard(key("guard"), 1);
	for (int i = 0; i < 4; i++)
		keys[i] = key((const char *[]){ "value", "lease", "guard", "nothing" }[i]);
	ck_assert_int_eq(backend->remove(backend, keys, 4, &call), WEIR_OK);
	ck_assert_int_eq(state_of(keys[0]), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(state_of(keys[1]), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(state_of(keys[2]), WEIR_CACHED_GUARD);
	ck_assert_int_eq(state_of(keys[3]), WEIR_CACHED_NOTHING);
	release(keys[2], 1);
	end();
}
END_TEST

START_TEST(test_contract__flush_deletes_what_begins_so_and_is_no_guard)
{
	char            name[32];
	uint64_t        cursor = 0;
	weir_cache_call call;

	begin();
	call = call_with(0, 0);
	for (int i = 0; i < 1500; i++) {
		snprintf(name, sizeof name, "a*[b]?\\:%d", i);
		set_text(name, "V");
	}
	set_text("a*[b]?\\", "V");
	set_text("ab:1", "V");
	set_text("axxb?:1", "V");
	guard(key("a*[b]?\\:guard"), 1);
	do
		ck_assert_int_eq(backend->flush(backend, key("a*[b]?\\:"), &cursor, &call), WEIR_OK);
	while (cursor != 0);
	for (int i = 0; i < 1500; i++) {
		snprintf(name, sizeof name, "a*[b]?\\:%d", i);
		ck_assert_int_eq(state_of(key(name)), WEIR_CACHED_NOTHING);
	}
	ck_assert_int_eq(state_of(key("a*[b]?\\")), WEIR_CACHED_VALUE);
	ck_assert_int_eq(state_of(key("ab:1")), WEIR_CACHED_VALUE);
	ck_assert_int_eq(state_of(key("axxb?:1")), WEIR_CACHED_VALUE);
	ck_assert_int_eq(state_of(key("a*[b]?\\:guard")), WEIR_CACHED_GUARD);
	release(key("a*[b]?\\:guard"), 1);
	end();
}
END_TEST

START_TEST(test_contract__it_is_up)
{
	begin();
	ck_assert(backend->is_up(backend));
	ck_assert_str_ne(backend->name, "");
	end();
}
END_TEST

#define CACHE_BACKEND_CONTRACT                                                                                         \
	test_contract__what_was_never_set_is_nothing, test_contract__a_value_comes_back_byte_by_byte,                      \
		test_contract__get_many_keeps_order_and_gaps, test_contract__set_replaces_whatever_is_there,                   \
		test_contract__a_value_expires, test_contract__bytes_stay_readable_after_the_key_has_changed,                  \
		test_contract__keys_are_any_bytes, test_contract__one_lease_at_a_time,                                         \
		test_contract__no_lease_where_something_is,                                                                    \
		test_contract__a_lease_replaces_the_value_that_was_seen_and_no_other, test_contract__a_stamp_is_set_once,      \
		test_contract__a_fill_needs_its_own_lease, test_contract__a_write_in_between_drops_the_fill,                   \
		test_contract__an_empty_fill_gives_the_lease_up, test_contract__many_are_leased_and_filled_at_once,            \
		test_contract__a_guard_replaces_what_is_there_and_its_release_deletes,                                         \
		test_contract__a_guard_stands_until_its_last_writer_is_done,                                                   \
		test_contract__a_release_without_a_guard_deletes_all_the_same, test_contract__a_released_stamp_is_a_new_one,   \
		test_contract__the_guard_of_a_dead_writer_expires,                                                             \
		test_contract__a_dead_writer_does_not_hold_another_ones_guard,                                                 \
		test_contract__a_short_guard_does_not_shorten_a_long_one,                                                      \
		test_contract__many_are_guarded_and_released_at_once,                                                          \
		test_contract__a_release_deletes_what_is_bare_whatever_it_holds, test_contract__remove_deletes_all_but_guards, \
		test_contract__flush_deletes_what_begins_so_and_is_no_guard, test_contract__it_is_up,                          \
		test_contract__no_reader_sees_an_old_row_under_concurrent_writes, test_contract__many_threads_at_once

#endif
