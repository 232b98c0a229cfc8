/*
 * proxy.h: a proxy on loopback between a client and its server that does one bad thing at a chosen moment: when the
 * client first sends a certain text. What it does not spoil it passes on unchanged.
 */
#ifndef WEIR_TESTS_SUPPORT_PROXY_H
#define WEIR_TESTS_SUPPORT_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum proxy_fault {
	PROXY_PASS,             /* nothing */
	PROXY_CUT_INSTEAD,      /* the text does not arrive; both sides are closed */
	PROXY_SWALLOW,          /* the text does not arrive; the client is cut off, the server hears nothing more */
	PROXY_CUT_BEFORE_REPLY, /* the text arrives, its reply does not; both sides are closed */
	PROXY_HOLD,             /* the text arrives; what the server sends on this connection waits while `held` is set */
	PROXY_SILENCE           /* the text arrives, and then nothing passes any more, on this connection or another */
};

enum { PROXY_PAIRS = 32 };

struct proxy_pair {
	int  client, server; /* -1: closed */
	bool cut_at_reply;
	bool is_held; /* while proxy->held is set */
};

struct proxy {
	const char *_Atomic       text;
	_Atomic(enum proxy_fault) fault;             /* this one may be changed while it runs */
	bool                      refuse_afterwards; /* after the fault new connections are closed at once */
	bool                      cuts_others;       /* and at the fault those that are open beside it */
	const char               *garbled;           /* the last byte of this becomes an x wherever a client sends it */
	char                      host[108], target_port[16];
	int                       port;        /* where the proxy listens */
	atomic_int                connections; /* accepted so far */
	atomic_bool               happened;
	atomic_bool               held; /* PROXY_HOLD */
	atomic_bool               stop;
	atomic_llong              passed;  /* bytes of replies, since the test set it to 0 */
	atomic_llong              cut_at;  /* both sides are closed behind this many; 0: never */
	atomic_llong              flip_at; /* the byte of this number, from 1, has its bits turned over; 0: none */
	atomic_int                drip_ms; /* replies pass byte by byte, with so long in between; 0: as they come */
	int                       listener;
	struct proxy_pair         pairs[PROXY_PAIRS];
	pthread_t                 thread;
};

/* Starts a proxy to a server. text, fault and refuse_afterwards are the caller's to set before. A host that begins with
 * '/' is the directory of a PostgreSQL's unix socket. */
void proxy_start(struct proxy *proxy, const char *host, const char *port);
void proxy_stop(struct proxy *proxy);

#endif
