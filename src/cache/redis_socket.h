/* Sockets with deadlines: opening, sending without SIGPIPE, receiving, waiting. */
#ifndef WEIR_CACHE_REDIS_SOCKET_H
#define WEIR_CACHE_REDIS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct addrinfo;

/* A deadline that is so little earlier than the socket's own limit counts as the same. */
#define WEIR__SOCKET_SLACK_US 3000

/* Connected and blocking, close-on-exec, not one of 0 to 2; -1: not by the deadline. Tries each address. */
int weir__socket_open_tcp(const struct addrinfo *addresses, int64_t deadline_us);
int weir__socket_open_unix(const char *path, int64_t deadline_us);
/* Two sockets connected to each other, in the same way. False: none. */
bool weir__socket_pair(int fds[2]);
/* -1 is allowed. */
void weir__socket_close(int fd);

/* Sets the time limit of one send or receive that may block; returns it. */
int64_t weir__socket_limit(int fd, int64_t limit_us);

/* As send(2) and recv(2), without a signal. */
ssize_t weir__socket_send(int fd, const void *bytes, size_t length, bool may_block);
ssize_t weir__socket_receive(int fd, void *bytes, size_t size, bool may_block);

/* Is the other side still there, and silent? */
bool weir__socket_is_quiet(int fd);

/* Waits until the socket may be written to, or read from. False: the deadline passed. */
bool weir__socket_wait(int fd, bool to_write, int64_t deadline_us);

#endif
