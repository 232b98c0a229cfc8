/* proxy.c: one thread, one poll loop; each direction of a connection has a buffer that is emptied before more is
 * read. */
#define _DEFAULT_SOURCE
#include "proxy.h"

#include "history.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 400, LINKS_MAX = 2 * WORKERS_MAX, CHUNK = 32768, TURN_MS = 20 };

typedef struct stream {
	int      from, to; /* of the pair's two sockets */
	size_t   length, sent;
	uint64_t due_ns;
	char     bytes[2 * CHUNK];
} stream;

typedef struct pair {
	proxy_link *link;    /* NULL: free */
	int         fds[2];  /* client, server */
	long        replied; /* bytes */
	stream      requests, replies;
} pair;

typedef struct proxy {
	proxy_link   *links[LINKS_MAX];
	int           link_count;
	pair          pairs[PAIRS_MAX];
	struct pollfd polled[LINKS_MAX + 2 * PAIRS_MAX];
} proxy;

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                         .sin_port = htons((unsigned short)port),
		                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	return fd;
}

int proxy_listen(proxy_link *link, int target)
{
	struct sockaddr_in address = loopback(0);
	socklen_t          length = sizeof address;
	int                fd = tcp_socket();

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	atomic_store(&link->mode, PROXY_PASS);
	link->listener = fd;
	link->port = ntohs(address.sin_port);
	link->target = target;
	return 0;
}

static void hang_up(pair *p)
{
	close(p->fds[0]);
	close(p->fds[1]);
	p->link = NULL;
}

static pair *free_pair(proxy *x)
{
	for (int i = 0; i < PAIRS_MAX; i++)
		if (!x->pairs[i].link)
			return &x->pairs[i];
	return NULL;
}

static void accept_client(proxy *x, proxy_link *link)
{
	struct sockaddr_in address = loopback(link->target);
	pair              *p = free_pair(x);
	int                client = accept(link->listener, NULL, NULL);
	int                server = -1;
	int                on = 1;

	if (client < 0)
		return;
	if (p && atomic_load(&link->mode) != PROXY_CLOSED)
		server = tcp_socket();
	if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) < 0) {
		close(client);
		if (server >= 0)
			close(server);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	fcntl(client, F_SETFL, O_NONBLOCK);
	fcntl(server, F_SETFL, O_NONBLOCK);
	p->link = link;
	p->fds[0] = client;
	p->fds[1] = server;
	p->replied = 0;
	p->requests.length = p->requests.sent = p->replies.length = p->replies.sent = 0;
}

/* What the mode makes of the replies just read. False: the connection ends here. */
static bool spoil(pair *p)
{
	stream *s = &p->replies;
	int     value = atomic_load(&p->link->value);

	switch (atomic_load(&p->link->mode)) {
	case PROXY_LOSE_REPLIES:
		s->length = 0;
		break;
	case PROXY_TWICE:
		memcpy(s->bytes + s->length, s->bytes, s->length);
		s->length *= 2;
		break;
	case PROXY_CUT_AT:
		p->replied += (long)s->length;
		if (p->replied > value) {
			size_t beyond = (size_t)(p->replied - value);

			(void)!write(p->fds[0], s->bytes, beyond < s->length ? s->length - beyond : 0);
			return false;
		}
		break;
	default:
		p->replied = 0;
	}
	return true;
}

static uint64_t delay_of(const proxy_link *link)
{
	int delay_ms = atomic_load(&link->mode) == PROXY_DELAY ? atomic_load(&link->value) : 0;

	return (uint64_t)(delay_ms + atomic_load(&link->always_delay_ms));
}

static bool receive(pair *p, stream *s, int from)
{
	ssize_t length = recv(p->fds[from], s->bytes, CHUNK, 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (length <= 0)
		return false;
	s->length = (size_t)length;
	s->sent = 0;
	s->due_ns = clock_ns() + delay_of(p->link) * 1000000;
	return from == 0 || spoil(p);
}

static bool deliver(pair *p, stream *s, int to)
{
	while (s->sent < s->length) {
		ssize_t sent = send(p->fds[to], s->bytes + s->sent, s->length - s->sent, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (sent <= 0)
			return false;
		s->sent += (size_t)sent;
	}
	s->length = s->sent = 0;
	return true;
}

/* What to poll a socket for: reading where its buffer is empty, writing where the other's is not. */
static short events_of(const stream *in, const stream *out, uint64_t now_ns, int *wait_ms)
{
	short events = in->length == 0 ? POLLIN : 0;

	if (out->length > 0 && out->due_ns <= now_ns)
		events |= POLLOUT;
	else if (out->length > 0 && *wait_ms > 1)
		*wait_ms = 1;
	return events;
}

static void prepare(proxy *x, int *wait_ms)
{
	uint64_t now_ns = clock_ns();

	for (int i = 0; i < x->link_count; i++)
		x->polled[i] = (struct pollfd){ .fd = x->links[i]->listener, .events = POLLIN };
	for (int i = 0; i < PAIRS_MAX; i++) {
		pair          *p = &x->pairs[i];
		struct pollfd *polled = &x->polled[x->link_count + 2 * i];
		int            mode = p->link ? atomic_load(&p->link->mode) : PROXY_PASS;

		if (mode == PROXY_CLOSED)
			hang_up(p);
		polled[0].fd = polled[1].fd = -1;
		polled[0].revents = polled[1].revents = 0;
		if (!p->link || mode == PROXY_STALL)
			continue;
		polled[0] = (struct pollfd){ .fd = p->fds[0], .events = events_of(&p->requests, &p->replies, now_ns, wait_ms) };
		polled[1] = (struct pollfd){ .fd = p->fds[1], .events = events_of(&p->replies, &p->requests, now_ns, wait_ms) };
	}
}

static bool move(pair *p, stream *s, int from, int to, const struct pollfd polled[2])
{
	if (s->length == 0 && polled[from].revents && !receive(p, s, from))
		return false;
	return s->length == 0 || s->due_ns > clock_ns() || deliver(p, s, to);
}

static void turn(proxy *x)
{
	int wait_ms = TURN_MS;

	prepare(x, &wait_ms);
	if (poll(x->polled, (nfds_t)(x->link_count + 2 * PAIRS_MAX), wait_ms) < 0)
		return;
	for (int i = 0; i < PAIRS_MAX; i++) {
		pair                *p = &x->pairs[i];
		const struct pollfd *polled = &x->polled[x->link_count + 2 * i];

		if (!p->link || polled[0].fd < 0)
			continue;
		if (!move(p, &p->requests, 0, 1, polled) || !move(p, &p->replies, 1, 0, polled))
			hang_up(p);
	}
	for (int i = 0; i < x->link_count; i++)
		if (x->polled[i].revents)
			accept_client(x, x->links[i]);
}

pid_t proxy_fork(proxy_link *const *links, int count)
{
	static proxy x;
	pid_t        parent = getpid();
	pid_t        child = fork();

	if (child != 0)
		return child;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	memcpy(x.links, links, (size_t)count * sizeof(proxy_link *));
	x.link_count = count;
	while (getppid() == parent)
		turn(&x);
	_exit(0);
}
