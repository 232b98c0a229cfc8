/* The connections of a Redis backend, and its breaker.
 *
 * Idle connections are used again last in, first out. At most 64 calls are under way at a time, each with a connection of its own; the
 * others wait their turn within their deadlines, so that a server that is slow is not met by all threads at once. After a
 * failed connect, an answer that says "not now", or failures in a row while nobody is answered, the server is taken for down:
 * everybody is turned away at once, and one caller after a growing pause tries whether it is back. Then one call is let through, after
 * its answer two, and so on. */
#ifndef WEIR_CACHE_REDIS_POOL_H
#define WEIR_CACHE_REDIS_POOL_H

#include "base/logger.h"
#include "cache/redis_connection.h"

typedef struct weir__redis_pool weir__redis_pool;

/* Takes over url, and loads the certificates that it names. WEIR_ERR_USAGE, WEIR_ERR_NO_MEMORY: then url is still the caller's. */
int weir__redis_pool_create(weir__redis_url *url, const weir__logger *logger, weir__redis_pool **pool, weir_error *err);
void weir__redis_pool_free(weir__redis_pool *pool);

/* Its server: as given, and in words without user and password, the same for each pool of the same server and database. */
const weir__redis_url *weir__redis_pool_url(const weir__redis_pool *pool);
const char            *weir__redis_pool_place(const weir__redis_pool *pool);

/* One request and its replies. */
typedef struct weir__redis_run {
	weir__redis_pool       *pool;
	weir__redis_connection *connection; /* NULL once it has failed */
	weir__reply_buffer     *buffer;
	const weir__reply      *replies; /* after send */
	int64_t                 began_us;
	int64_t                 ended_us; /* after an end without doubt */
	int64_t                 deadline_us;
	bool                    once;      /* set by the caller: the request must not be sent again on another connection */
	bool                    hasty;     /* it never had much time */
	bool                    no_script; /* some reply says that the server does not know a script */
	bool                    started;   /* by weir__redis_run_start */
} weir__redis_run;

/* As weir__redis_run_begin, but only where that takes no waiting and no new connection. False also where it would. */
bool weir__redis_run_begin_at_hand(weir__redis_run *run, weir__redis_pool *pool, int64_t deadline_us);

/* The first part of weir__redis_run_send, which is then called with the same counts, perhaps by another thread: sends what goes out at once.
 * False: failed; ended already. */
bool weir__redis_run_start(weir__redis_run *run, size_t count, size_t elements);

/* Begins: a connection, an empty request. False: the server is down or out of reach; nothing to end. */
bool weir__redis_run_begin(weir__redis_run *run, weir__redis_pool *pool, int64_t deadline_us);

/* Sends what was appended already, so that a long request needs little memory. Only where run->once. False: failed; ended
 * already. */
bool weir__redis_run_push(weir__redis_run *run);

/* Sends what was appended to run->connection and reads count replies. A connection that turns out to have ended while it was
 * idle is replaced once, unless run->once. False: failed; ended already. */
bool weir__redis_run_send(weir__redis_run *run, size_t count, size_t elements);

/* Forgets the replies, for another request. */
void weir__redis_run_again(weir__redis_run *run);

/* Gives the connection back. in_doubt: the replies were none that this request can have. */
void weir__redis_run_end(weir__redis_run *run, bool in_doubt);

#endif
