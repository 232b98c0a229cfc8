/* The subscriber: a connection of its own on which a Redis server tells which keys change, and the thread that listens.
 *
 * The server writes a message before the answer to any later PING. So the answer to a PING proves that everything published
 * before that PING was sent has been heard; one is sent each period, and one without an answer ends the connection. A connection that
 * is gone is tried again with growing pauses. The thread takes no signals, waits for nothing without a limit, and ends with
 * the subscriber. */
#ifndef WEIR_CACHE_REDIS_SUBSCRIBER_H
#define WEIR_CACHE_REDIS_SUBSCRIBER_H

#include <weir/sys/cache_backend.h>

#include "base/logger.h"
#include "cache/redis_url.h"

typedef struct weir__redis_subscriber weir__redis_subscriber;

/* Starts; url and watch are copied. WEIR_OK, WEIR_ERR_NO_MEMORY, WEIR_ERR_CACHE (no thread, no descriptors). */
int weir__redis_subscriber_start(const weir__redis_url *url, const weir_cache_watch *watch,
                                 weir__redis_subscriber **subscriber);

/* Ends the thread; nothing is told any more. In a forked child, where there is no such thread, only the memory is given back. */
void weir__redis_subscriber_stop(void *subscriber);

#endif
