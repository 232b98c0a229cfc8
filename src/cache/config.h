/* Cache configurations: checking, overlaying, and what is in force for a space as atomics that any thread reads. Pure. */
#ifndef WEIR_CACHE_CONFIG_H
#define WEIR_CACHE_CONFIG_H

#include "cache/cache.h"

#include <stdatomic.h>

/* In force: inheritance resolved, times in milliseconds, below 0 for never and unlimited. */
typedef struct weir__config_in_force {
	atomic_bool     enabled;
	atomic_int      version;
	atomic_bool     fails;                         /* the policy of writes */
	_Atomic int64_t ttl_ms[WEIR__ENTRY_COUNT + 1]; /* by weir__entry_kind */
	_Atomic int64_t absent_ttl_ms;
	_Atomic int64_t stamp_ttl_ms; /* longer than that of anything that depends on a stamp */
	_Atomic int64_t max_entries;
	_Atomic int64_t max_items;
	_Atomic int64_t max_bytes;
	atomic_bool     near;
	_Atomic int64_t near_max_items;
	_Atomic int64_t near_max_bytes;
} weir__config_in_force;

/* What holds where nobody says otherwise. */
extern const weir_cache_config weir__config_built_in;

/* WEIR_ERR_USAGE names owner ("user", or "cache" for the defaults) and the member that is out of range. */
int weir__config_check(const weir_cache_config *config, const char *owner, weir_error *err);

/* Sets the members of config that are not 0 in over. */
void weir__config_overlay(weir_cache_config *config, const weir_cache_config *over);

/* config must be complete: no member 0 but version. */
void weir__config_enforce(const weir_cache_config *config, weir__config_in_force *in_force);

#endif
