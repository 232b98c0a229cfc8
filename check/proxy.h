/* proxy.h: a process of its own that stands between the workers and their servers. Each link (one worker, one server)
 * has a port on loopback and a mode in shared memory that the driver changes at any time. */
#ifndef CHECK_PROXY_H
#define CHECK_PROXY_H

#include <stdatomic.h>
#include <sys/types.h>

typedef enum proxy_mode {
	PROXY_PASS,
	PROXY_DELAY,        /* what either side says arrives `value` ms later */
	PROXY_STALL,        /* nothing moves; it does later */
	PROXY_LOSE_REPLIES, /* requests arrive, replies do not */
	PROXY_TWICE,        /* each reply arrives twice */
	PROXY_CUT_AT,       /* a connection ends after `value` bytes of replies */
	PROXY_CLOSED        /* connections end, new ones are closed at once */
} proxy_mode;

typedef struct proxy_link {
	atomic_int mode;
	atomic_int value;
	atomic_int always_delay_ms; /* in whatever mode */
	int        port;            /* where it listens */
	int        listener;
	int        target; /* a port on loopback */
} proxy_link;

/* Makes a listener for a link. False: errno says why. */
int proxy_listen(proxy_link *link, int target);

/* Forks the proxy, which ends when its parent is gone. */
pid_t proxy_fork(proxy_link *const *links, int count);

#endif
