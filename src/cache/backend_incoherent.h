/* Backends of the user's that lack operations, made whole. */
#ifndef WEIR_CACHE_BACKEND_INCOHERENT_H
#define WEIR_CACHE_BACKEND_INCOHERENT_H

#include "cache/cache.h"

/* Leaves a backend that has all operations as it is. One that lacks any of lease, fill, guard and release is replaced by an incoherent
 * one around it, which says so in the log once: nothing is atomic, entries live until their TTL. WEIR_ERR_NO_MEMORY. */
int weir__backend_make_whole(weir_cache_backend **backend, const weir__logger *logger, weir_error *err);

/* Undoes it without closing what was inside. */
void weir__backend_unwrap(weir_cache_backend *backend);

#endif
