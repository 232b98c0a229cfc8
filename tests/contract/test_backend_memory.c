/* The memory backend keeps the contract; its clock is the test's. */
#include "contract/cache_backend_contract.h"

#include "cache/backend_memory.h"

static _Atomic int64_t clock_us;

static int64_t read_clock(void *context)
{
	(void)context;
	return atomic_load(&clock_us);
}

static weir_cache_backend *open_backend(void)
{
	weir_cache_backend *opened = NULL;

	ck_assert_int_eq(weir__cache_backend_memory_with_clock(64 << 20, read_clock, NULL, &opened, NULL), WEIR_OK);
	return opened;
}

static void tick(void)
{
	atomic_fetch_add(&clock_us, 1000);
}

static const struct subject subject = { open_backend, tick, weir__cache_backend_memory_ttl_ms };

WEIR_SUITE("memory backend", CACHE_BACKEND_CONTRACT);
