/*
 * servers.h: private servers for the tests that flush, kill, freeze or fill. Each start is a PostgreSQL or a Redis of
 * the test's own, run by scripts/servers in a directory of its own, which can be ended in every way that a server
 * ends, and started again at the same address with the same data. Everything here fails the test when it cannot do
 * what it says, and returns when it is done: after stop and kill the process is gone, after start and restart the
 * server answers. Linux is needed to freeze PostgreSQL (its children are found in /proc).
 */
#ifndef WEIR_TESTS_SUPPORT_SERVERS_H
#define WEIR_TESTS_SUPPORT_SERVERS_H

#include <stdbool.h>
#include <sys/types.h>

enum server_kind { SERVER_POSTGRES, SERVER_REDIS };

struct server {
	enum server_kind kind;
	char             directory[64];
	char             url[192];        /* PostgreSQL: unix socket, no password. Redis: loopback. */
	char             other_url[192];  /* PostgreSQL: loopback, with a password. Redis: unix socket. */
	char             address[64];     /* host:port on loopback, for a proxy in between */
	char             pooler_url[192]; /* of one that was started with a pooler */
	pid_t            pid;             /* of the server's first process; 0 while it does not run */
	bool             paused;
};

/* Around all tests of a program (suite.c): what a test that failed could not release is ended when the last one is over. */
void servers_begin(void);
void servers_end(void);

/* Starts a server; server_release() ends it and removes its directory. PostgreSQL takes about a second. */
void server_start(struct server *server, enum server_kind kind);

/* A PostgreSQL with PgBouncer in front of it, in transaction pooling; both end together. */
void server_start_pooled(struct server *server);

/* A PostgreSQL that follows another one, until it is promoted. */
void server_start_standby(struct server *standby, const struct server *primary);
void server_promote(const struct server *standby);

/* As an operator ends it: SIGTERM to Redis, a fast shutdown of PostgreSQL. */
void server_stop(struct server *server);

/* As a power cut ends it: SIGKILL, to PostgreSQL's children too. */
void server_kill(struct server *server);

/* Starts a stopped or killed server at the same address. Redis comes back empty. */
void server_restart(struct server *server);

/* Freezes all processes of the server: connections stay open and nothing answers. */
void server_pause(struct server *server);
void server_resume(struct server *server);

/* Ends the server in whatever state it is. Nothing happens on one that was never started or is released. */
void server_release(struct server *server);

#endif
