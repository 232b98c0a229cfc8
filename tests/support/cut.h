/*
 * cut.h: a connection through a proxy that will do something when a text passes, COMMIT above all.
 */
#ifndef WEIR_TESTS_SUPPORT_CUT_H
#define WEIR_TESTS_SUPPORT_CUT_H

#include "support/database.h"
#include "support/proxy.h"

struct cut {
	struct proxy    proxy; /* its text, fault and the like are set before cut_open */
	struct database database;
	weir__conn     *conn; /* cut_release gives it back */
	char            url[512];
};

/* Connects, and makes a table t (id int). */
void cut_open(struct cut *cut);

/* The rows of t, as seen by a connection that does not lead through the proxy. */
int64_t cut_rows(const struct cut *cut);

void cut_release(struct cut *cut);

#endif
