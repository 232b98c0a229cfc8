/* Lists that are looked up together and depend on the same stamps. */
#include "unit/cache/cached.h"

/* Looks up three lists that share a stamp but for the last, and answers how many keys that took. */
static size_t look_up_lists(weir__lookup lookups[3])
{
	static const char *const keys[] = { "users:q:a:", "users:q:b:", "users:q:c:" };
	static const char *const own[] = { "users:s:a:1", "users:s:a:2", "users:s:a:3" };
	size_t                   before = atomic_load(&wrapper.asked);

	for (int i = 0; i < 3; i++) {
		lookups[i] = list_lookup(keys[i], own[i]);
		lookups[i].stamps[1] = text_bytes(i < 2 ? "users:s:shared" : "users:s:other");
		lookups[i].stamp_count = 2;
	}
	weir__cache_lookup(users, lookups, 3);
	return atomic_load(&wrapper.asked) - before;
}

static void release_lists(weir__lookup lookups[3])
{
	for (int i = 0; i < 3; i++)
		weir__lookup_release(&lookups[i]);
}

START_TEST(test_shared_stamps__are_asked_for_once)
{
	weir__lookup   lookups[3];
	weir__touches *touches;
	size_t         before;

	begin();
	look_up_lists(lookups);
	before = atomic_load(&wrapper.leased);
	weir__cache_lease(users, lookups, 3);
	ck_assert_uint_eq(atomic_load(&wrapper.leased) - before, 3 + 3 + 2 + 1);
	for (int i = 0; i < 3; i++)
		fill_text(users, &lookups[i], "list", 1);
	release_lists(lookups);
	/* three lists with a stamp of their own each, two others, and bulk */
	ck_assert_uint_eq(look_up_lists(lookups), 3 + 3 + 2 + 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lookups[i].state, WEIR__HIT);
	release_lists(lookups);
	touches = touch(NULL, "users:s:shared");
	weir__cache_guard(cache, touches, NULL);
	look_up_lists(lookups);
	ck_assert_int_eq(lookups[0].state, WEIR__BYPASS);
	ck_assert_int_eq(lookups[1].state, WEIR__BYPASS);
	ck_assert_int_eq(lookups[2].state, WEIR__HIT);
	release_lists(lookups);
	weir__cache_release(cache, touches);
	weir__touches_free(touches);
	look_up_lists(lookups);
	ck_assert_int_eq(lookups[0].state, WEIR__MISS);
	ck_assert_int_eq(lookups[1].state, WEIR__MISS);
	ck_assert_int_eq(lookups[2].state, WEIR__HIT);
	release_lists(lookups);
	end();
}
END_TEST

WEIR_SUITE("shared_stamps", test_shared_stamps__are_asked_for_once);
