/* Relays: what others have left in the outbox is applied to the cache and deleted. A pass is the whole of it; a session's thread
 * does one after the other. */
#ifndef WEIR_DAO_RELAY_H
#define WEIR_DAO_RELAY_H

#include "cache/watermark.h"
#include "dao/session.h"

/* What is kept from pass to pass. */
typedef struct weir__relaying {
	weir__engine         *engine;
	int                   timeout_ms; /* of each statement */
	const atomic_bool    *stopping;   /* NULL: it cannot be stopped */
	weir__watermark_lease lease;
} weir__relaying;

/* One pass on a connection outside a transaction. *applied is raised by the number of rows; those of a failure stay in the table. */
int weir__relay_pass(weir__relaying *relaying, weir__conn *conn, size_t *applied, weir_error *err);

/* Starts the engine's thread. Stop ends it, waiting for what it is at (some seconds at most, where a server hangs); in a forked child, where it does not run,
 * it only frees. NULL does nothing. */
int  weir__relay_start(weir__engine *engine, weir__relay **relay, weir_error *err);
void weir__relay_stop(weir__relay *relay);

#endif
