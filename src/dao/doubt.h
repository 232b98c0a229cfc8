/* COMMITs whose fate is not known. What they touched stays guarded until it is: as long as this process lives and either reads from the
 * cache, writes, or relays, the guards are placed anew and the database is asked, about once a second; then they are released.
 * A COMMIT may therefore land as late as it likes. Of a process that has died the guards end 15 s after they were placed last. */
#ifndef WEIR_DAO_DOUBT_H
#define WEIR_DAO_DOUBT_H

#include "base/clock.h"
#include "cache/cache.h"
#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct weir__engine weir__engine;
typedef struct weir__doubt  weir__doubt;

typedef struct weir__doubts {
	atomic_size_t   count;
	atomic_bool     tending;
	_Atomic int64_t next_us; /* not before */
	pthread_mutex_t lock;    /* the list */
	weir__doubt    *first;
} weir__doubts;

int weir__doubts_init(weir__doubts *doubts, weir_error *err);

/* weir_close: asks once more. In the owning process. */
void weir__doubts_ask(weir__engine *engine);
/* What is still open is left to expire. */
void weir__doubts_release(weir__doubts *doubts);

/* The outcome of the COMMIT on conn is not known. The touches are empty afterwards. */
void weir__doubts_add(weir__engine *engine, const weir__conn *conn, weir__touches *touches);

/* If it is time: asks for the fates, within timeout_ms or so, releases what is settled, guards the rest anew. */
void weir__doubts_tend(weir__engine *engine, int timeout_ms);

#endif
