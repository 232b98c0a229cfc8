/* The relay (relay.h). Everything but the two command pipes belongs to its thread while that runs: the caller writes a
 * letter into one pipe and waits for the answer in the other. */
#include "relay.h"

#include "redis_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 32

enum { CUT = 'c', MEND = 'm', STOP = 's' };

struct pair {
	int client, server;
};

struct relay {
	redis_address address;
	char          url[sizeof((redis_address *)0)->user + 64];
	in_port_t     port; /* in network order; 0: any */
	int           listener;
	struct pair   pairs[PAIRS_MAX];
	size_t        pair_count;
	int           command[2], answer[2];
	pthread_t     thread;
};

/* ---- Sockets ------------------------------------------------------------------------------------------------------ */

static bool listen_at(relay *r)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = r->port };
	socklen_t          length = sizeof address;
	int                one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
		close(fd);
		return false;
	}
	r->port = address.sin_port;
	r->listener = fd;
	return true;
}

static void stop_listening(relay *r)
{
	if (r->listener >= 0)
		close(r->listener);
	r->listener = -1;
	while (r->pair_count > 0) {
		r->pair_count--;
		close(r->pairs[r->pair_count].client);
		close(r->pairs[r->pair_count].server);
	}
}

static void take_client(relay *r)
{
	int one = 1, client = accept(r->listener, NULL, NULL), server;

	if (client < 0)
		return;
	server = r->pair_count < PAIRS_MAX ? redis_address_connect(&r->address) : -1;
	if (server < 0) {
		close(client);
		return;
	}
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	r->pairs[r->pair_count++] = (struct pair){ client, server };
}

static bool pass_on(int from, int to)
{
	char    bytes[16384];
	ssize_t got = recv(from, bytes, sizeof bytes, 0), sent = 0;

	while (sent < got) {
		ssize_t n = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += n;
	}
	return got > 0;
}

static void drop_pair(relay *r, size_t index)
{
	close(r->pairs[index].client);
	close(r->pairs[index].server);
	r->pairs[index] = r->pairs[--r->pair_count];
}

/* ---- The thread --------------------------------------------------------------------------------------------------- */

/* false: the end. */
static bool obey(relay *r)
{
	char command = STOP, answer = 'y';

	if (read(r->command[0], &command, 1) != 1)
		command = STOP;
	if (command == MEND)
		answer = r->listener >= 0 || listen_at(r) ? 'y' : 'n';
	else
		stop_listening(r);
	return write(r->answer[1], &answer, 1) == 1 && command != STOP;
}

static void *serve(void *argument)
{
	relay *r = argument;

	for (;;) {
		struct pollfd fds[2 + 2 * PAIRS_MAX] = { { .fd = r->command[0], .events = POLLIN },
			                                     { .fd = r->listener, .events = POLLIN } };

		for (size_t i = 0; i < r->pair_count; i++) {
			fds[2 + 2 * i] = (struct pollfd){ .fd = r->pairs[i].client, .events = POLLIN };
			fds[3 + 2 * i] = (struct pollfd){ .fd = r->pairs[i].server, .events = POLLIN };
		}
		if (poll(fds, (nfds_t)(2 + 2 * r->pair_count), -1) < 0 && errno != EINTR)
			return NULL;
		for (size_t i = r->pair_count; i-- > 0;) {
			struct pair pair = r->pairs[i];

			if ((fds[2 + 2 * i].revents && !pass_on(pair.client, pair.server)) ||
			    (fds[3 + 2 * i].revents && !pass_on(pair.server, pair.client)))
				drop_pair(r, i);
		}
		if (fds[1].revents)
			take_client(r);
		if (fds[0].revents && !obey(r))
			return NULL;
	}
}

/* ---- The caller's side -------------------------------------------------------------------------------------------- */

static bool tell(relay *r, char command)
{
	char answer = 'n';

	return write(r->command[1], &command, 1) == 1 && read(r->answer[0], &answer, 1) == 1 && answer == 'y';
}

static void close_pipe(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

relay *relay_start(const char *redis_url)
{
	relay *r = calloc(1, sizeof *r);

	if (!r || !redis_address_parse(redis_url, &r->address) || !listen_at(r)) {
		fprintf(stderr, "demo: no relay to Redis: %s\n", r ? "the URL or a loopback port" : "out of memory");
		free(r);
		return NULL;
	}
	snprintf(r->url, sizeof r->url, "redis://%s127.0.0.1:%d/%s", r->address.user, ntohs(r->port), r->address.database);
	if (pipe(r->command) != 0) {
		stop_listening(r);
		free(r);
		return NULL;
	}
	if (pipe(r->answer) != 0 || pthread_create(&r->thread, NULL, serve, r) != 0) {
		perror("demo: no relay to Redis");
		close_pipe(r->command);
		stop_listening(r);
		free(r);
		return NULL;
	}
	return r;
}

const char *relay_url(const relay *r)
{
	return r->url;
}

void relay_cut(relay *r)
{
	(void)tell(r, CUT);
}

bool relay_mend(relay *r)
{
	return tell(r, MEND);
}

void relay_stop(relay *r)
{
	if (!r)
		return;
	(void)tell(r, STOP);
	pthread_join(r->thread, NULL);
	close_pipe(r->command);
	close_pipe(r->answer);
	free(r);
}
