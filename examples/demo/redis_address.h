/* Where the Redis of a URL is: redis://[user:password@]host:port[/db] or unix:///path[?db=n]. */
#ifndef DEMO_REDIS_ADDRESS_H
#define DEMO_REDIS_ADDRESS_H

#include <stdbool.h>

typedef struct redis_address {
	char user[256];   /* "user:password@" or "" */
	char host[256];   /* or "" */
	char port[8];     /* of the host */
	char path[128];   /* of a unix socket, or "" */
	char database[8]; /* "0" where the URL names none */
} redis_address;

/* false for a URL of neither form, or with a part that is too long. */
bool redis_address_parse(const char *url, redis_address *address);

/* A connected socket, or -1. */
int redis_address_connect(const redis_address *address);

#endif
