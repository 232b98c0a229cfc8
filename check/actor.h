/* actor.h: what one thread of a worker does: one operation after the other, each entered in its log. */
#ifndef CHECK_ACTOR_H
#define CHECK_ACTOR_H

#include "random.h"
#include "registry.h"
#include "worker.h"

typedef struct actor {
	const check_worker *worker;
	weir_session       *session;
	weir_base_dao       dao, crews;
	check_random        random;
	check_log          *log;
	int                 thread;
	bool                verbose;
	bool                goes_without; /* its last write was not guarded */
	unsigned            unguarded;    /* actor_unguarded when its write began */
	weir_error          err;
} actor;

/* How many writes went on without their guards that may have been this thread's: its own; where writes are gathered, those of the
 * whole process. */
unsigned actor_unguarded(const check_worker *worker);

int actor_pick_key(actor *a);
/* May it be written now? */
bool actor_may_write(actor *a, int64_t key);

/* The next free record, not yet visible to the driver; made visible by actor_publish. */
check_record *actor_record(actor *a, check_kind kind, unsigned ahead);
void          actor_publish(actor *a, unsigned count);
bool          actor_has_room(const actor *a);
void          actor_note_error(actor *a, const char *what, int rc);

/* One operation each. */
void actor_read(actor *a);
void actor_write(actor *a);

#endif
