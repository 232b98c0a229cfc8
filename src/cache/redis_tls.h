/* TLS towards Redis, on our sockets: within deadlines, without signals, never without checking the other side's certificate.
 * Without OpenSSL (WEIR_WITH_TLS) there is none, and rediss:// is refused. */
#ifndef WEIR_CACHE_REDIS_TLS_H
#define WEIR_CACHE_REDIS_TLS_H

#include "cache/redis_url.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whom to trust and who we are; for all connections of a backend. */
typedef struct weir__tls_context weir__tls_context;

/* Of one connection. */
typedef struct weir__tls weir__tls;

/* Loads the certificates that the URL names. WEIR_ERR_USAGE says which one cannot be used, and that there is no OpenSSL;
 * WEIR_ERR_NO_MEMORY. */
int  weir__tls_context_create(const weir__redis_url *url, weir__tls_context **context, weir_error *err);
void weir__tls_context_free(weir__tls_context *context); /* NULL does nothing */

typedef enum weir__tls_answer {
	WEIR__TLS_FINE,
	WEIR__TLS_TIMEOUT,
	WEIR__TLS_LOST,     /* the other side ended it, or speaks no TLS */
	WEIR__TLS_UNTRUSTED /* its certificate does not show that it is who it should be */
} weir__tls_answer;

/* Shakes hands over a connected socket, which stays the caller's. *tls is the caller's, also after a failure; NULL: out of
 * memory. */
weir__tls_answer weir__tls_open(weir__tls_context *context, int fd, int64_t deadline_us, weir__tls **tls);
void             weir__tls_free(weir__tls *tls); /* NULL does nothing */

/* As weir__socket_send and weir__socket_receive that may not block. */
ssize_t weir__tls_send(weir__tls *tls, const void *bytes, size_t length);
ssize_t weir__tls_receive(weir__tls *tls, void *bytes, size_t size);

/* After one that would have blocked: is the socket to be waited for until it can be written to? */
bool weir__tls_wants_to_write(const weir__tls *tls);

/* Is nothing left that was received and not taken? */
bool weir__tls_is_quiet(const weir__tls *tls);

/* Why it failed, in a few words; "" if nothing is known. */
const char *weir__tls_reason(const weir__tls *tls);

#endif
