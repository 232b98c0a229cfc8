/* Reads of many callers over few connections: those that come while others are being answered wait, and the next exchange asks for
 * all of them by one MGET (base/combiner.h). Who has received an answer sends the next exchange before it wakes anybody, if that takes no
 * waiting, so that the server works meanwhile; the leader of that one is woken to receive. A few callers have an exchange each,
 * and so have those who get large answers; many have one at a time with a server that is near, and two with one that is some way off
 * (redis_places.h).
 *
 * When an exchange for many fails, each of them that has time left asks once more by itself. */
#ifndef WEIR_CACHE_REDIS_GETS_H
#define WEIR_CACHE_REDIS_GETS_H

#include "cache/redis_pool.h"

typedef struct weir__redis_gets weir__redis_gets;

/* NULL: out of memory. pool must outlive it. */
weir__redis_gets *weir__redis_gets_create(weir__redis_pool *pool);
void              weir__redis_gets_free(weir__redis_gets *gets);

/* As weir_cache_backend.get_many. */
int weir__redis_gets_run(weir__redis_gets *gets, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                         weir_cached *found);

/* Callers in the queue. */
size_t weir__redis_gets_waiting(weir__redis_gets *gets);

/* What a key's reply says; keeps the buffer alive where the value is in it. False: it is none that such a command can have. */
bool weir__redis_cached_read(const weir__reply *reply, weir__reply_buffer *buffer, weir_cached *found);
void weir__redis_cached_release(weir_cached *found, size_t count);

#endif
