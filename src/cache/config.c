/* Cache configurations: one table of the members drives check and overlay. */
#include "cache/config.h"

#include "base/error.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

const weir_cache_config weir__config_built_in = {
	.enabled = WEIR_ON,
	.ttl_s = 300,
	.unique_ttl_s = 300,
	.list_ttl_s = 120,
	.count_ttl_s = 60,
	.absent_ttl_s = 10,
	.max_entries = WEIR_UNLIMITED,
	.max_items = 1000,
	.max_bytes = 1 << 20,
	.policy = WEIR_POLICY_DEGRADE,
	.near = WEIR_OFF,
	.near_max_items = 1000,
	.near_max_bytes = 256 << 10,
};

#define STAMP_TTL_LEAST_S 3600
#define TTL_MOST_S        (100LL * 365 * 86400)

typedef struct member {
	const char *name;
	size_t      offset;
	size_t      size;
	int64_t     least; /* -1 where that is WEIR_TTL_NEVER or WEIR_UNLIMITED */
	int64_t     most;
	const char *range;
} member;

#define MEMBER(name, least, most, range)                                                                               \
	{                                                                                                                  \
#name, offsetof(weir_cache_config, name), sizeof(((weir_cache_config *)0)->name), least, most, range           \
	}
#define SECONDS "seconds above 0, or WEIR_TTL_NEVER"
#define LIMIT   "above 0, or WEIR_UNLIMITED"

static const member members[] = {
	MEMBER(enabled, WEIR_INHERIT, WEIR_OFF, "WEIR_ON or WEIR_OFF"),
	MEMBER(ttl_s, WEIR_TTL_NEVER, TTL_MOST_S, SECONDS),
	MEMBER(unique_ttl_s, WEIR_TTL_NEVER, TTL_MOST_S, SECONDS),
	MEMBER(list_ttl_s, WEIR_TTL_NEVER, TTL_MOST_S, SECONDS),
	MEMBER(count_ttl_s, WEIR_TTL_NEVER, TTL_MOST_S, SECONDS),
	MEMBER(absent_ttl_s, WEIR_TTL_NEVER, TTL_MOST_S, SECONDS),
	MEMBER(max_entries, WEIR_UNLIMITED, INT64_MAX, LIMIT),
	MEMBER(max_items, WEIR_UNLIMITED, INT64_MAX, LIMIT),
	MEMBER(max_bytes, WEIR_UNLIMITED, INT64_MAX, LIMIT),
	MEMBER(version, 0, INT32_MAX, "0 or more"),
	MEMBER(policy, WEIR_POLICY_INHERIT, WEIR_POLICY_FAIL, "WEIR_POLICY_DEGRADE or WEIR_POLICY_FAIL"),
	MEMBER(near, WEIR_INHERIT, WEIR_OFF, "WEIR_ON or WEIR_OFF"),
	MEMBER(near_max_items, WEIR_UNLIMITED, INT64_MAX, LIMIT),
	MEMBER(near_max_bytes, WEIR_UNLIMITED, INT64_MAX, LIMIT),
};

#define MEMBER_COUNT (sizeof members / sizeof members[0])

static int64_t value_of(const weir_cache_config *config, const member *m)
{
	const char *at = (const char *)config + m->offset;
	int64_t     wide;
	int         narrow;

	if (m->size == sizeof wide) {
		memcpy(&wide, at, sizeof wide);
		return wide;
	}
	memcpy(&narrow, at, sizeof narrow);
	return narrow;
}

int weir__config_check(const weir_cache_config *config, const char *owner, weir_error *err)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		int64_t value = value_of(config, &members[i]);

		if (value < members[i].least || value > members[i].most)
			return weir__error_set_at(err, WEIR_ERR_USAGE, owner, members[i].name, "%" PRId64 " is not allowed: %s",
			                          value, members[i].range);
	}
	return WEIR_OK;
}

void weir__config_overlay(weir_cache_config *config, const weir_cache_config *over)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (value_of(over, &members[i]) != 0)
			memcpy((char *)config + members[i].offset, (const char *)over + members[i].offset, members[i].size);
}

static int64_t ms_of(int ttl_s)
{
	return ttl_s == WEIR_TTL_NEVER ? -1 : (int64_t)ttl_s * 1000;
}

static int64_t stamp_ttl_ms(const weir_cache_config *config)
{
	const int ttls[] = { config->list_ttl_s, config->count_ttl_s, config->absent_ttl_s };
	int64_t   longest_s = STAMP_TTL_LEAST_S;

	for (size_t i = 0; i < sizeof ttls / sizeof ttls[0]; i++) {
		if (ttls[i] == WEIR_TTL_NEVER)
			return -1;
		if ((int64_t)ttls[i] * 4 > longest_s)
			longest_s = (int64_t)ttls[i] * 4;
	}
	return longest_s * 1000;
}

static void store(_Atomic int64_t *member_in_force, int64_t value)
{
	atomic_store_explicit(member_in_force, value, memory_order_relaxed);
}

void weir__config_enforce(const weir_cache_config *config, weir__config_in_force *in_force)
{
	atomic_store_explicit(&in_force->enabled, config->enabled == WEIR_ON, memory_order_relaxed);
	atomic_store_explicit(&in_force->version, config->version, memory_order_relaxed);
	atomic_store_explicit(&in_force->fails, config->policy == WEIR_POLICY_FAIL, memory_order_relaxed);
	store(&in_force->ttl_ms[WEIR__ENTRY_RECORD], ms_of(config->ttl_s));
	store(&in_force->ttl_ms[WEIR__ENTRY_UNIQUE], ms_of(config->unique_ttl_s));
	store(&in_force->ttl_ms[WEIR__ENTRY_LIST], ms_of(config->list_ttl_s));
	store(&in_force->ttl_ms[WEIR__ENTRY_COUNT], ms_of(config->count_ttl_s));
	store(&in_force->absent_ttl_ms, ms_of(config->absent_ttl_s));
	store(&in_force->stamp_ttl_ms, stamp_ttl_ms(config));
	store(&in_force->max_entries, config->max_entries);
	store(&in_force->max_items, config->max_items);
	store(&in_force->max_bytes, config->max_bytes);
	atomic_store_explicit(&in_force->near, config->near == WEIR_ON, memory_order_relaxed);
	store(&in_force->near_max_items, config->near_max_items);
	store(&in_force->near_max_bytes, config->near_max_bytes);
}
