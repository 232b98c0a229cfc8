/*
 * certificates.h: what tests/support/certificates makes, in a directory beside a private server's, which goes with it and
 * which the server can read.
 */
#ifndef WEIR_TESTS_SUPPORT_CERTIFICATES_H
#define WEIR_TESTS_SUPPORT_CERTIFICATES_H

#include "support/servers.h"

/* Makes them; the directory's path, which lives until the next call. */
const char *make_certificates(const struct server *server);

/* Gives a file of that directory to the server's user alone, as PostgreSQL wants its key. */
void give_to_server(const struct server *server, const char *path);

#endif
