/* Host names, looked up with a deadline.
 *
 * getaddrinfo() waits as long as the system is configured to, and cannot be stopped. So it runs in a thread of its own,
 * which lives as long as the lookup and knows nothing but the name; who asked waits for it until a deadline. There is at
 * most one such thread for each name, whoever else asks waits for the same answer, and what a name stood for last serves
 * while the system is slow to answer again. Addresses in numbers need no thread.
 *
 * glibc's getaddrinfo_a() would do no better: it is glibc's alone, has threads too, and what it has begun cannot be
 * cancelled either. */
#ifndef WEIR_BASE_NAMES_H
#define WEIR_BASE_NAMES_H

#include "base/clock.h"

#include <netdb.h>
#include <stdatomic.h>

/* The names that somebody connects to. Free-threaded. */
typedef struct weir__names weir__names;

/* What one stands for. */
typedef struct weir__addresses {
	atomic_uint      references;
	struct addrinfo *list; /* for stream sockets, never NULL */
} weir__addresses;

typedef enum weir__names_answer {
	WEIR__NAMES_FOUND,
	WEIR__NAMES_UNKNOWN, /* there is no such host, or nobody to ask */
	WEIR__NAMES_TIMEOUT,
	WEIR__NAMES_NO_MEMORY /* or no thread */
} weir__names_answer;

/* NULL: out of memory. */
weir__names *weir__names_create(void);

/* The owner lets go; lookups under way end by themselves. NULL does nothing. */
void weir__names_release(weir__names *names);

/* Waits until the deadline. *found is the caller's, to be released. */
weir__names_answer weir__names_find(weir__names *names, const char *host, const char *port, weir__deadline deadline,
                                    weir__addresses **found);

void weir__addresses_retain(weir__addresses *addresses);
/* NULL does nothing. */
void weir__addresses_release(weir__addresses *addresses);

#endif
