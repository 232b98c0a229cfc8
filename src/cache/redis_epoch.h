/* The epoch: which run of which server a key belongs to.
 *
 * Redis may come back with an old snapshot, or a replica that lacks the last writes may take over. Its run id is another one then, so a
 * hash of it is part of every key: `weir:{user:id:42}` is `weir:1f2e3d4c:{user:id:42}` in Redis, and a server that has been
 * restarted starts cold. The run id never changes while a connection lasts (the replication id does), so it is asked for once, in
 * the handshake, and each request is written in the names of the connection that it goes out on. Which database the
 * entries are of is another matter (era.h). */
#ifndef WEIR_CACHE_REDIS_EPOCH_H
#define WEIR_CACHE_REDIS_EPOCH_H

#include <weir/sys/cache_backend.h>

#define WEIR__EPOCH_SIZE 9 /* eight hexadecimal digits and a colon */

/* The epoch that INFO's answer tells; that of a server which does not say who it is, is 0. */
void weir__redis_epoch_read(const char *info, size_t length, char epoch[WEIR__EPOCH_SIZE]);

/* Where it stands in a key: before its brace; in front of a key without one. */
size_t weir__redis_epoch_place(weir_bytes key);

#endif
