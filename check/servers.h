/* servers.h: the run's own PostgreSQL and Redis, started by scripts/servers in a directory of their own, and what can
 * be done to them. */
#ifndef CHECK_SERVERS_H
#define CHECK_SERVERS_H

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct servers {
	char          directory[64];
	char          postgres_url[192]; /* by unix socket */
	char          password[64];
	int           postgres_port, redis_port; /* on loopback */
	char          redis_socket[128];
	pid_t         postgres, redis;
	PGconn       *database; /* the driver's own; see servers_database */
	redisContext *cache;
} servers;

/* All return false, having said why, when they could not. */
bool servers_start(servers *s);
/* Starts again what has ended, at the same address. */
bool servers_start_again(servers *s);
void servers_stop(servers *s);

/* The driver's connection, opened again where it broke; NULL: not to be had. */
PGconn *servers_database(servers *s);
bool    servers_sql(servers *s, const char *sql);

/* One command, its reply ignored; %s in it is the argument. */
bool servers_redis(servers *s, const char *command);
bool servers_redis_with(servers *s, const char *command, const char *argument);

/* Bytes that Redis uses. */
long servers_redis_memory(servers *s);

/* Signals a server's first process and waits for its end. */
bool servers_end(pid_t *pid, int signal_number);

#endif
