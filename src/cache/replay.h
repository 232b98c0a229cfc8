/* Touches as text, so that another process, or the same one later, can do what the writer could not: a line each,
 *
 *     k user:id:42       a record's key
 *     s users:s:any      a stamp
 *     f user users       everything of a model: what its records' keys and its other keys begin with
 *
 * Keys are logical and escaped (key.h), so that no line holds a blank or a newline of a value's; a long one may be given whole or
 * shortened. The text has no prefix in it: who replays it does so under his own. */
#ifndef WEIR_CACHE_REPLAY_H
#define WEIR_CACHE_REPLAY_H

#include "cache/cache.h"

#include <stdatomic.h>

/* The prefix of the manager's keys, which tells whose rows of an outbox are whose. */
const char *weir__cache_prefix(const weir_cache_manager *cache);

/* Appends the set's lines; one line a model where there are very many. */
void weir__touches_write(const weir_cache_manager *cache, const weir__touches *touches, weir__buffer *text);

/* Does for lines of a transaction that is committed what its writer would have: guards (so that whoever keeps copies drops them), removes,
 * releases. May be done any number of times. Lines that are none are left out and counted. WEIR_ERR_CACHE: to be repeated.
 * Removing everything of a model may take long; it ends soon after *stopping (NULL: never) has become true, with WEIR_ERR_CACHE. */
int weir__cache_replay(weir_cache_manager *cache, weir_bytes text, const atomic_bool *stopping, size_t *unreadable);

#endif
