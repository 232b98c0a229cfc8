/* Where a connection string leads: its hosts, in the order in which they are tried, each address of each by itself and with
 * its share of the time, so that one that is silent does not use it up. libpq would give the first all of it. */
#ifndef WEIR_DB_HOSTS_H
#define WEIR_DB_HOSTS_H

#include "base/names.h"
#include "db/db.h"

#include <libpq-fe.h>

typedef struct weir__hosts weir__hosts;

/* What an attempt gives libpq beyond the connection string; NULL: nothing. */
typedef struct weir__place {
	const char *host, *hostaddr, *port;
	const char *session_attrs; /* target_session_attrs */
} weir__place;

/* Tries one place until the deadline. */
typedef int weir__attempt(void *context, const weir__place *place, weir__deadline deadline, weir_error *err);

/* Reads hosts, ports and target_session_attrs from what the connection string and the environment say. Of several hosts one
 * that takes writes is wanted unless that is said. WEIR_ERR_USAGE, WEIR_ERR_NO_MEMORY. */
int  weir__hosts_create(const PQconninfoOption *given, weir__hosts **hosts, weir_error *err);
void weir__hosts_free(weir__hosts *hosts);

/* Tries place after place, beginning with the host that was right the last time, until one is; then err is not touched. Wrong
 * credentials, want of memory and the deadline end it. err tells of each place. */
int weir__hosts_try(weir__hosts *hosts, weir__deadline deadline, weir__attempt *attempt, void *context,
                    weir_error *err);

#endif
