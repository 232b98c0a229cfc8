/* One connection to Redis: a socket of our own, a request being written, replies being read.
 *
 * Nothing here waits beyond a deadline. The socket blocks, with a time limit equal to the usual budget, so that a hit costs one send
 * and one receive; what takes longer or comes in pieces is polled for. No SIGPIPE, no inherited descriptor, none of 0 to 2. A
 * connection about which there is any doubt is closed, never used again. */
#ifndef WEIR_CACHE_REDIS_CONNECTION_H
#define WEIR_CACHE_REDIS_CONNECTION_H

#include <weir/sys/cache_backend.h>

#include "base/buffer.h"
#include "cache/redis_epoch.h"
#include "cache/redis_reader.h"
#include "cache/redis_tls.h"
#include "cache/redis_url.h"

struct addrinfo;

typedef enum weir__redis_failure {
	WEIR__REDIS_FINE,
	WEIR__REDIS_TIMEOUT,   /* the deadline passed */
	WEIR__REDIS_REFUSED,   /* no connection was to be had */
	WEIR__REDIS_LOST,      /* the connection ended */
	WEIR__REDIS_GARBLED,   /* what came is no answer */
	WEIR__REDIS_UNTRUSTED, /* it does not show that it is who it should be */
	WEIR__REDIS_UNUSABLE,  /* the server answers that it cannot serve (loading, no authentication, read only, ...) */
	WEIR__REDIS_NO_MEMORY
} weir__redis_failure;

/* In a few words, for the log. */
const char *weir__redis_failure_text(weir__redis_failure failure);

typedef struct weir__redis_connection weir__redis_connection;
struct weir__redis_connection {
	weir__redis_connection *next; /* of a pool's idle ones */
	int                     fd;
	weir__tls              *tls;      /* NULL: none */
	bool                    reused;   /* it has been idle */
	bool                    in_array; /* the next keys are asked for so that the answer is one array (redis_gets.c) */
	int64_t                 block_us; /* the time limit that the socket has */
	int64_t                 idle_since_us;
	size_t                  sent;                    /* bytes of the request */
	char                    epoch[WEIR__EPOCH_SIZE]; /* of the server, part of the keys that are sent on it */
	weir__buffer            request;
	weir__redis_reader     *reader;
};

/* What opening a connection needs and says. */
typedef struct weir__redis_opening {
	const weir__redis_url *url;
	const struct addrinfo *addresses; /* of the url's host; NULL: not known */
	weir__tls_context     *tls;       /* NULL: none */
	weir__reply_cache     *cache;
	int64_t                deadline_us;
	char                   error_code[64]; /* the first word of the server's error, or what TLS says */
} weir__redis_opening;

/* Connects, authenticates, selects the database and waits for an answer, which says who the server is. */
weir__redis_failure weir__redis_connection_open(weir__redis_opening *opening, weir__redis_connection **connection);
void                weir__redis_connection_close(weir__redis_connection *connection);

/* As weir__socket_send and the like, over TLS where there is TLS (then they never block). What would have blocked is waited for
 * until it may go on, or until the deadline. */
ssize_t weir__redis_connection_send(const weir__redis_connection *connection, const void *bytes, size_t length,
                                    bool may_block);
ssize_t weir__redis_connection_receive(const weir__redis_connection *connection, void *bytes, size_t size,
                                       bool may_block);
bool    weir__redis_connection_wait(const weir__redis_connection *connection, bool to_write, int64_t deadline_us);

/* Is the other side still there, and silent? */
bool weir__redis_connection_is_quiet(const weir__redis_connection *connection);

/* Appends to the request: a command of count arguments, then each argument. */
void weir__redis_command(weir__redis_connection *connection, size_t count);
void weir__redis_argument(weir__redis_connection *connection, const void *bytes, size_t length);
void weir__redis_argument_key(weir__redis_connection *connection, weir_bytes key); /* with the epoch */
void weir__redis_argument_text(weir__redis_connection *connection, const char *text);
/* One argument: first, and the keys of touches, with the epoch, a line each. */
void weir__redis_argument_lines(weir__redis_connection *connection, weir_bytes first, const weir_touch *touches,
                                size_t count);
void weir__redis_argument_number(weir__redis_connection *connection, int64_t number);

/* Sends what there is of a request, of which more follows. */
weir__redis_failure weir__redis_push(weir__redis_connection *connection, int64_t deadline_us);

/* Sends the request and reads count replies, with at most elements elements of arrays, into buffer. The request stays. */
weir__redis_failure weir__redis_exchange(weir__redis_connection *connection, weir__reply_buffer *buffer, size_t count,
                                         size_t elements, int64_t deadline_us);

/* The same in two steps. The first one sends what goes out at once, and fails only for lack of memory; what else is wrong with the
 * connection the second one meets again. */
weir__redis_failure weir__redis_exchange_begin(weir__redis_connection *connection, weir__reply_buffer *buffer,
                                               size_t count, size_t elements);
weir__redis_failure weir__redis_exchange_finish(weir__redis_connection *connection, int64_t deadline_us);

/* What a reply that is an error says about the server. */
typedef enum weir__redis_error {
	WEIR__REDIS_ERROR_OTHER,     /* this command failed */
	WEIR__REDIS_ERROR_UNUSABLE,  /* the server, for now */
	WEIR__REDIS_ERROR_NO_SCRIPT, /* it does not know the script */
	WEIR__REDIS_ERROR_TYPE       /* the key holds no string */
} weir__redis_error;

weir__redis_error weir__redis_error_of(const weir__reply *reply, const weir__reply_buffer *buffer);

/* The first word of an error reply; code must hold 16 bytes. */
void weir__redis_error_code(const weir__reply *reply, const weir__reply_buffer *buffer, char *code);

#endif
