/* Sockets of our own, so that nothing waits beyond a deadline and no signal is raised. */
#include "cache/redis_socket.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef MSG_NOSIGNAL
#define NO_SIGNAL MSG_NOSIGNAL
#else
#define NO_SIGNAL 0
#endif

void weir__socket_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Moves a descriptor out of 0 to 2, where others expect their streams; close-on-exec. -1 closes it. */
static int settle_descriptor(int fd)
{
	int moved;

	if (fd < 0)
		return -1;
	if (fd > 2)
		return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? (close(fd), -1) : fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return moved;
}

static int new_socket(int family)
{
#ifdef SOCK_CLOEXEC
	int fd = settle_descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
#else
	int fd = settle_descriptor(socket(family, SOCK_STREAM, 0));
#endif
#ifdef SO_NOSIGPIPE
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
	return fd;
}

static bool set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0;
}

/* A connection under way is waited for. */
static bool finish_connect(int fd, int64_t deadline_us)
{
	int       error = 0;
	socklen_t size = sizeof error;

	if (errno != EINPROGRESS && errno != EINTR)
		return false;
	return weir__socket_wait(fd, true, deadline_us) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
	       error == 0;
}

static int open_at(const struct sockaddr *address, socklen_t length, int64_t deadline_us)
{
	int fd = new_socket(address->sa_family);

	if (fd < 0)
		return -1;
	if (set_blocking(fd, false) && (connect(fd, address, length) == 0 || finish_connect(fd, deadline_us)) &&
	    set_blocking(fd, true))
		return fd;
	close(fd);
	return -1;
}

int weir__socket_open_tcp(const struct addrinfo *addresses, int64_t deadline_us)
{
	for (const struct addrinfo *each = addresses; each; each = each->ai_next) {
		int fd = open_at(each->ai_addr, each->ai_addrlen, deadline_us);

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
		return fd;
	}
	return -1;
}

int weir__socket_open_unix(const char *path, int64_t deadline_us)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t             length = strlen(path);

	if (length >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, length + 1);
	return open_at((const struct sockaddr *)(const void *)&address, sizeof address, deadline_us);
}

bool weir__socket_pair(int fds[2])
{
	int made[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, made) != 0)
		return false;
	fds[0] = settle_descriptor(made[0]);
	fds[1] = settle_descriptor(made[1]);
	if (fds[0] >= 0 && fds[1] >= 0)
		return true;
	weir__socket_close(fds[0]);
	weir__socket_close(fds[1]);
	fds[0] = fds[1] = -1;
	return false;
}

int64_t weir__socket_limit(int fd, int64_t limit_us)
{
	struct timeval limit;

	if (limit_us < 1000)
		limit_us = 1000;
	limit.tv_sec = (time_t)(limit_us / 1000000);
	limit.tv_usec = (suseconds_t)(limit_us % 1000000);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return limit_us;
}

ssize_t weir__socket_send(int fd, const void *bytes, size_t length, bool may_block)
{
	return send(fd, bytes, length, NO_SIGNAL | (may_block ? 0 : MSG_DONTWAIT));
}

ssize_t weir__socket_receive(int fd, void *bytes, size_t size, bool may_block)
{
	return recv(fd, bytes, size, may_block ? 0 : MSG_DONTWAIT);
}

bool weir__socket_is_quiet(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

bool weir__socket_wait(int fd, bool to_write, int64_t deadline_us)
{
	struct pollfd waited = { .fd = fd, .events = to_write ? POLLOUT : POLLIN };
	int           ready;

	do {
		int timeout_ms = weir__deadline_poll_ms(deadline_us);

		if (timeout_ms == 0)
			return false;
		ready = poll(&waited, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}
