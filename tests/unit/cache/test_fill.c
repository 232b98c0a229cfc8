/* Filling: how long entries live. */
#include "unit/cache/cached.h"

static int64_t ttl_ms(const char *physical)
{
	return weir__cache_backend_memory_ttl_ms(wrapper.inner, text_bytes(physical));
}

START_TEST(test_fill__what_is_filled_together_does_not_expire_together)
{
	enum { ROWS = 300, LONGEST_MS = 300000 };
	int  before[10] = { 0 }; /* of the tenths of the last tenth */
	char key[32], physical[48];

	begin();
	for (int i = 0; i < ROWS; i++) {
		int64_t left_ms;

		snprintf(key, sizeof key, "user:id:%d", i);
		snprintf(physical, sizeof physical, "test:{%s}", key);
		read_row(key, "row");
		left_ms = ttl_ms(physical);
		ck_assert_int_le(left_ms, LONGEST_MS);
		ck_assert_int_gt(left_ms, LONGEST_MS / 10 * 9);
		before[(LONGEST_MS - left_ms) * 10 / (LONGEST_MS / 10)]++;
	}
	for (size_t i = 0; i < 10; i++)
		ck_assert_int_gt(before[i], 5);
	end();
}
END_TEST

START_TEST(test_fill__what_never_expires_never_does)
{
	begin_with((weir_cache_config){ .ttl_s = WEIR_TTL_NEVER });
	read_row("user:id:1", "row");
	ck_assert_int_eq(ttl_ms("test:{user:id:1}"), -1);
	end();
}
END_TEST

WEIR_SUITE("fill", test_fill__what_is_filled_together_does_not_expire_together,
           test_fill__what_never_expires_never_does);
