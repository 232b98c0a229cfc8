/* Cache configurations: what is out of range is named, what is not given is inherited. */
#include "support/suite.h"

#include "cache/config.h"

#include <string.h>

static void assert_refused(const weir_cache_config *config, const char *member)
{
	weir_error err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir__config_check(config, "user", &err), WEIR_ERR_USAGE);
	ck_assert_str_eq(err.model, "user");
	ck_assert_str_eq(err.column, member);
	ck_assert_ptr_nonnull(strstr(err.message, member));
}

#define REFUSED(member, value) assert_refused(&(weir_cache_config){ .member = value }, #member)

START_TEST(test_config__what_is_out_of_range_is_named)
{
	REFUSED(enabled, (weir_switch)3);
	REFUSED(ttl_s, -2);
	REFUSED(unique_ttl_s, -300);
	REFUSED(list_ttl_s, INT32_MIN);
	REFUSED(count_ttl_s, -2);
	REFUSED(absent_ttl_s, -2);
	REFUSED(max_entries, -2);
	REFUSED(max_items, -1000);
	REFUSED(max_bytes, INT64_MIN);
	REFUSED(version, -1);
}
END_TEST

START_TEST(test_config__never_and_unlimited_are_allowed)
{
	weir_cache_config config = {
		.enabled = WEIR_OFF,
		.ttl_s = WEIR_TTL_NEVER,
		.list_ttl_s = 1,
		.absent_ttl_s = WEIR_TTL_NEVER,
		.max_entries = WEIR_UNLIMITED,
		.max_bytes = INT64_MAX,
		.version = INT32_MAX,
	};

	ck_assert_int_eq(weir__config_check(&config, "user", NULL), WEIR_OK);
	ck_assert_int_eq(weir__config_check(&(weir_cache_config){ .version = 0 }, "user", NULL), WEIR_OK);
	ck_assert_int_eq(weir__config_check(&weir__config_built_in, "user", NULL), WEIR_OK);
}
END_TEST

START_TEST(test_config__each_member_is_overlaid_alone)
{
	static const weir_cache_config overs[] = {
		{ .enabled = WEIR_OFF }, { .ttl_s = 1 },       { .unique_ttl_s = 2 }, { .list_ttl_s = 3 }, { .count_ttl_s = 4 },
		{ .absent_ttl_s = 5 },   { .max_entries = 6 }, { .max_items = 7 },    { .max_bytes = 8 },  { .version = 9 },
	};

	for (size_t i = 0; i < sizeof overs / sizeof overs[0]; i++) {
		weir_cache_config expected = weir__config_built_in, got = weir__config_built_in;

		switch (i) {
		case 0:
			expected.enabled = WEIR_OFF;
			break;
		case 1:
			expected.ttl_s = 1;
			break;
		case 2:
			expected.unique_ttl_s = 2;
			break;
		case 3:
			expected.list_ttl_s = 3;
			break;
		case 4:
			expected.count_ttl_s = 4;
			break;
		case 5:
			expected.absent_ttl_s = 5;
			break;
		case 6:
			expected.max_entries = 6;
			break;
		case 7:
			expected.max_items = 7;
			break;
		case 8:
			expected.max_bytes = 8;
			break;
		default:
			expected.version = 9;
		}
		weir__config_overlay(&got, &overs[i]);
		ck_assert(got.enabled == expected.enabled && got.ttl_s == expected.ttl_s &&
		          got.unique_ttl_s == expected.unique_ttl_s && got.list_ttl_s == expected.list_ttl_s &&
		          got.count_ttl_s == expected.count_ttl_s && got.absent_ttl_s == expected.absent_ttl_s);
		ck_assert(got.max_entries == expected.max_entries && got.max_items == expected.max_items &&
		          got.max_bytes == expected.max_bytes && got.version == expected.version);
	}
}
END_TEST

START_TEST(test_config__stamps_outlive_what_depends_on_them)
{
	weir_cache_config     config = weir__config_built_in;
	weir__config_in_force in_force;

	weir__config_enforce(&config, &in_force);
	ck_assert_int_eq(atomic_load(&in_force.stamp_ttl_ms), 3600 * 1000);
	config.list_ttl_s = 86400;
	weir__config_enforce(&config, &in_force);
	ck_assert_int_eq(atomic_load(&in_force.stamp_ttl_ms), 4LL * 86400 * 1000);
	config.absent_ttl_s = WEIR_TTL_NEVER;
	weir__config_enforce(&config, &in_force);
	ck_assert_int_eq(atomic_load(&in_force.stamp_ttl_ms), -1);
}
END_TEST

START_TEST(test_config__what_is_in_force_is_in_milliseconds)
{
	weir_cache_config     config = weir__config_built_in;
	weir__config_in_force in_force;

	config.unique_ttl_s = WEIR_TTL_NEVER;
	config.max_items = 5;
	weir__config_enforce(&config, &in_force);
	ck_assert(atomic_load(&in_force.enabled));
	ck_assert_int_eq(atomic_load(&in_force.ttl_ms[WEIR__ENTRY_RECORD]), 300000);
	ck_assert_int_eq(atomic_load(&in_force.ttl_ms[WEIR__ENTRY_UNIQUE]), -1);
	ck_assert_int_eq(atomic_load(&in_force.ttl_ms[WEIR__ENTRY_LIST]), 120000);
	ck_assert_int_eq(atomic_load(&in_force.ttl_ms[WEIR__ENTRY_COUNT]), 60000);
	ck_assert_int_eq(atomic_load(&in_force.absent_ttl_ms), 10000);
	ck_assert_int_eq(atomic_load(&in_force.max_items), 5);
	ck_assert_int_eq(atomic_load(&in_force.max_entries), -1);
	ck_assert_int_eq(atomic_load(&in_force.max_bytes), 1 << 20);
}
END_TEST

WEIR_SUITE("config", test_config__what_is_out_of_range_is_named, test_config__never_and_unlimited_are_allowed,
           test_config__each_member_is_overlaid_alone, test_config__stamps_outlive_what_depends_on_them,
           test_config__what_is_in_force_is_in_milliseconds);
