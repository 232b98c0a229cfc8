/* The backend that keeps nothing. */
#include "cache/cache.h"

static int get_nothing(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                       weir_cached *found)
{
	(void)self, (void)keys, (void)call;
	for (size_t i = 0; i < count; i++)
		found[i] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	return WEIR_OK;
}

/* Nobody fills: as if something unknown stood there. */
static int lease_nothing(weir_cache_backend *self, const weir_cache_want *wants, size_t count,
                         const weir_cache_call *call, weir_cached *found)
{
	(void)self, (void)wants, (void)call;
	for (size_t i = 0; i < count; i++)
		found[i] = (weir_cached){ .state = WEIR_CACHED_FOREIGN };
	return WEIR_OK;
}

static int fill_nothing(weir_cache_backend *self, const weir_cache_entry *entries, size_t count,
                        const weir_cache_call *call, size_t *filled)
{
	(void)self, (void)entries, (void)count, (void)call;
	*filled = 0;
	return WEIR_OK;
}

static int touch_nothing(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	(void)self, (void)touches, (void)count, (void)call;
	return WEIR_OK;
}

static int set_nothing(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	(void)self, (void)entry, (void)call;
	return WEIR_OK;
}

static int remove_nothing(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	(void)self, (void)keys, (void)count, (void)call;
	return WEIR_OK;
}

static int flush_nothing(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	(void)self, (void)prefix, (void)call;
	*cursor = 0;
	return WEIR_OK;
}

static bool is_up(weir_cache_backend *self)
{
	(void)self;
	return false;
}

static void close_nothing(weir_cache_backend *self)
{
	(void)self;
}

weir_cache_backend *weir__cache_backend_none(void)
{
	/* never written to */
	static weir_cache_backend none = {
		.name = "none",
		.get_many = get_nothing,
		.lease = lease_nothing,
		.fill = fill_nothing,
		.guard = touch_nothing,
		.release = touch_nothing,
		.set = set_nothing,
		.remove = remove_nothing,
		.flush = flush_nothing,
		.is_up = is_up,
		.close = close_nothing,
	};

	return &none;
}
