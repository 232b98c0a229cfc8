/* Redis URLs: redis://[[user]:password@]host[:port][/db], rediss:// (the same over TLS, with ?ca=, cert=, key= of files and name=
 * of the certificate) and unix://[[user]:password@]/path[?db=n]. Pure. */
#ifndef WEIR_CACHE_REDIS_URL_H
#define WEIR_CACHE_REDIS_URL_H

#include <weir/status.h>

#include <stdbool.h>

typedef struct weir__redis_url {
	char *socket_path; /* NULL: host and port */
	char *host;
	char  port[6];
	char *user;     /* NULL: none */
	char *password; /* NULL: none */
	int   db;
	bool  tls;
	char *ca;   /* trusted certificates; NULL: the system's */
	char *cert; /* ours, NULL: none */
	char *key;  /* of it; NULL: in the same file */
	char *name; /* that the server's certificate has; NULL: host */
} weir__redis_url;

/* The password may also stand alone before the @ after a colon, as redis-cli takes it; percent escapes are undone. WEIR_ERR_USAGE says what is wrong with
 * a URL without quoting it, WEIR_ERR_NO_MEMORY; then nothing is left to release. */
int  weir__redis_url_parse(const char *text, weir__redis_url *url, weir_error *err);
void weir__redis_url_release(weir__redis_url *url);

/* False: out of memory, then nothing is left to release. */
bool weir__redis_url_copy(const weir__redis_url *url, weir__redis_url *copy);

#endif
