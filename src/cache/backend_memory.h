/* The memory backend with a clock of the caller's, for tests. */
#ifndef WEIR_CACHE_BACKEND_MEMORY_H
#define WEIR_CACHE_BACKEND_MEMORY_H

#include "cache/cache.h"

/* As weir__cache_backend_memory; expiry goes by now_us(context), in microseconds. */
int weir__cache_backend_memory_with_clock(int64_t max_bytes, int64_t (*now_us)(void *context), void *context,
                                          weir_cache_backend **backend, weir_error *err);

/* How long a key's entry lives on; -1 for ever, and where there is none. */
int64_t weir__cache_backend_memory_ttl_ms(weir_cache_backend *backend, weir_bytes key);

/* Bytes in use now. */
int64_t weir__cache_backend_memory_bytes(weir_cache_backend *backend);

#endif
