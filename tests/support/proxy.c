/*
 * proxy.c: one thread, one poll loop, blocking writes (loopback takes what the tests send).
 */
#include "support/proxy.h"

#include <arpa/inet.h>
#include <check.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void hang_up_both(struct proxy_pair *pair)
{
	hang_up(&pair->client);
	hang_up(&pair->server);
}

static struct proxy_pair *free_pair(struct proxy *proxy)
{
	for (int i = 0; i < PROXY_PAIRS; i++)
		if (proxy->pairs[i].client < 0 && proxy->pairs[i].server < 0)
			return &proxy->pairs[i];
	return NULL;
}

static int connect_unix(const struct proxy *proxy)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int                fd = socket(AF_UNIX, SOCK_STREAM, 0);

	int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", proxy->host, proxy->target_port);

	ck_assert_int_lt(length, (int)sizeof address.sun_path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		hang_up(&fd);
	return fd;
}

static int connect_target(const struct proxy *proxy)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *addresses = NULL;
	int             fd = -1;

	if (proxy->host[0] == '/')
		return connect_unix(proxy);
	if (getaddrinfo(proxy->host, proxy->target_port, &hints, &addresses) != 0)
		return -1;
	for (struct addrinfo *at = addresses; at && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
		if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) < 0)
			hang_up(&fd);
	}
	freeaddrinfo(addresses);
	return fd;
}

static void accept_client(struct proxy *proxy)
{
	struct proxy_pair *pair = free_pair(proxy);
	int                client = accept(proxy->listener, NULL, NULL);

	if (client < 0)
		return;
	atomic_fetch_add(&proxy->connections, 1);
	if (!pair || (atomic_load(&proxy->happened) && proxy->refuse_afterwards)) {
		close(client);
		return;
	}
	*pair = (struct proxy_pair){ .client = client, .server = connect_target(proxy) };
	if (pair->server < 0)
		hang_up_both(pair);
}

static bool contains(const char *bytes, size_t length, const char *text)
{
	size_t text_length = strlen(text);

	for (size_t i = 0; i + text_length <= length; i++)
		if (memcmp(bytes + i, text, text_length) == 0)
			return true;
	return false;
}

static void hang_up_others(struct proxy *proxy, const struct proxy_pair *pair)
{
	for (int i = 0; i < PROXY_PAIRS; i++)
		if (&proxy->pairs[i] != pair)
			hang_up_both(&proxy->pairs[i]);
}

/* True if the bytes may pass. */
static bool spoil(struct proxy *proxy, struct proxy_pair *pair)
{
	atomic_store(&proxy->happened, true);
	if (proxy->cuts_others)
		hang_up_others(proxy, pair);
	switch (proxy->fault) {
	case PROXY_CUT_INSTEAD:
		hang_up_both(pair);
		return false;
	case PROXY_SWALLOW:
		hang_up(&pair->client);
		return false;
	case PROXY_CUT_BEFORE_REPLY:
		pair->cut_at_reply = true;
		return true;
	case PROXY_HOLD:
		pair->is_held = true;
		atomic_store(&proxy->happened, false); /* the next connection that does it, too */
		return true;
	default:
		return true;
	}
}

/* What becomes of the replies' bytes; how many of them are to be sent. */
static ssize_t spoil_reply(struct proxy *proxy, char *bytes, ssize_t length)
{
	long long before = atomic_fetch_add(&proxy->passed, length);
	long long flip = atomic_load(&proxy->flip_at), cut = atomic_load(&proxy->cut_at);

	if (flip > before && flip <= before + length)
		bytes[flip - before - 1] = (char)~bytes[flip - before - 1];
	if (cut == 0 || before + length <= cut)
		return length;
	return cut > before ? (ssize_t)(cut - before) : 0;
}

static void garble(char *bytes, size_t length, const char *text)
{
	size_t text_length = strlen(text);

	for (size_t i = 0; i + text_length <= length; i++)
		if (memcmp(bytes + i, text, text_length) == 0)
			bytes[i + text_length - 1] = 'x';
}

static void pass(struct proxy *proxy, struct proxy_pair *pair, bool from_client)
{
	char    bytes[16384];
	int    *from = from_client ? &pair->client : &pair->server;
	int    *to = from_client ? &pair->server : &pair->client;
	ssize_t length = recv(*from, bytes, sizeof bytes, 0);

	if (length <= 0) {
		hang_up_both(pair);
		return;
	}
	if (proxy->fault == PROXY_SILENCE && atomic_load(&proxy->happened))
		return;
	if (!from_client && pair->cut_at_reply) {
		hang_up_both(pair);
		return;
	}
	if (from_client && proxy->garbled)
		garble(bytes, (size_t)length, proxy->garbled);
	if (from_client && proxy->text && !atomic_load(&proxy->happened) && contains(bytes, (size_t)length, proxy->text) &&
	    !spoil(proxy, pair))
		return;
	ssize_t whole = length;
	if (!from_client)
		length = spoil_reply(proxy, bytes, length);
	for (ssize_t sent = 0; sent < length && *to >= 0;) {
		int     drip_ms = from_client ? 0 : atomic_load(&proxy->drip_ms);
		ssize_t now = send(*to, bytes + sent, drip_ms ? 1 : (size_t)(length - sent), MSG_NOSIGNAL);
		if (now <= 0) {
			hang_up_both(pair);
			return;
		}
		sent += now;
		if (drip_ms)
			(void)poll(NULL, 0, drip_ms);
	}
	if (length < whole)
		hang_up_both(pair);
}

static void *work(void *argument)
{
	struct proxy *proxy = argument;

	while (!atomic_load(&proxy->stop)) {
		struct pollfd ready[1 + 2 * PROXY_PAIRS];

		ready[0] = (struct pollfd){ .fd = proxy->listener, .events = POLLIN };
		for (int i = 0; i < PROXY_PAIRS; i++) {
			ready[1 + 2 * i] = (struct pollfd){ .fd = proxy->pairs[i].client, .events = POLLIN };
			ready[2 + 2 * i] = (struct pollfd){ .fd = proxy->pairs[i].server, .events = POLLIN };
			if (proxy->pairs[i].is_held && atomic_load(&proxy->held))
				ready[2 + 2 * i].fd = -1;
		}
		if (poll(ready, 1 + 2 * PROXY_PAIRS, 20) <= 0)
			continue;
		for (int i = 0; i < PROXY_PAIRS; i++) {
			if (ready[1 + 2 * i].revents && proxy->pairs[i].client >= 0)
				pass(proxy, &proxy->pairs[i], true);
			if (proxy->pairs[i].is_held && atomic_load(&proxy->held))
				continue;
			if (ready[2 + 2 * i].revents && proxy->pairs[i].server >= 0)
				pass(proxy, &proxy->pairs[i], false);
		}
		if (ready[0].revents)
			accept_client(proxy);
	}
	return NULL;
}

void proxy_start(struct proxy *proxy, const char *host, const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          length = sizeof address;

	snprintf(proxy->host, sizeof proxy->host, "%s", host);
	snprintf(proxy->target_port, sizeof proxy->target_port, "%s", port);
	atomic_init(&proxy->connections, 0);
	atomic_init(&proxy->happened, false);
	atomic_init(&proxy->held, false);
	atomic_init(&proxy->stop, false);
	atomic_init(&proxy->passed, 0);
	atomic_init(&proxy->cut_at, 0);
	atomic_init(&proxy->flip_at, 0);
	atomic_init(&proxy->drip_ms, 0);
	for (int i = 0; i < PROXY_PAIRS; i++)
		proxy->pairs[i] = (struct proxy_pair){ .client = -1, .server = -1 };
	proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(proxy->listener, 64), 0);
	ck_assert_int_eq(getsockname(proxy->listener, (struct sockaddr *)&address, &length), 0);
	proxy->port = ntohs(address.sin_port);
	ck_assert_int_eq(pthread_create(&proxy->thread, NULL, work, proxy), 0);
}

void proxy_stop(struct proxy *proxy)
{
	atomic_store(&proxy->stop, true);
	pthread_join(proxy->thread, NULL);
	for (int i = 0; i < PROXY_PAIRS; i++)
		hang_up_both(&proxy->pairs[i]);
	close(proxy->listener);
}
