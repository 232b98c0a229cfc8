/* Combining: work of many callers done by few. A caller that finds a place free does its work at once; the others wait in a queue, and
 * whoever is done hands its place to the first of them, which then does the work of all that wait (flat combining: Hendler et al.,
 * "Flat Combining and the Synchronization-Parallelism Tradeoff", 2010). A lone caller pays two short locks.
 *
 * Those that queue are a batch from the start: its first one is woken to lead, the others sleep on one word of the first one's and
 * are woken by one call when all is done. A caller therefore costs one sleep, and a batch two wakes.
 *
 * What a caller wants is a weir__want at the beginning of memory of its own, which has several owners: the caller, whoever does the
 * work, and of the first of a batch also each of the others. Each caller keeps to its own deadline: one whose time is up leaves, and what is made
 * for it is thrown away. */
#ifndef WEIR_BASE_COMBINER_H
#define WEIR_BASE_COMBINER_H

#include "base/futex.h"

#include <pthread.h>
#include <stddef.h>

typedef enum weir__want_state {
	WEIR__WANT_WAITS,  /* after a wait: the time was up, the want is gone */
	WEIR__WANT_CHOSEN, /* its caller is going to lead, and does not leave any more */
	WEIR__WANT_LEADS,  /* the caller is to do the work of the whole batch that begins with its own */
	WEIR__WANT_DONE,
	WEIR__WANT_FAILED,
	WEIR__WANT_LEFT /* the combiner's: its caller has gone */
} weir__want_state;

typedef struct weir__want weir__want;
struct weir__want {
	weir__want *next;  /* of the batch */
	size_t      size;  /* what it adds to a batch */
	bool        stays; /* once somebody does its work its caller waits for the end, past the deadline too */
	/* Frees it, and the result if there is one that nobody has taken. */
	void (*discard)(weir__want *want, bool has_result);

	/* the combiner's */
	weir__want *head; /* of its batch; may be itself */
	weir__futex state;
	weir__futex ended; /* a head's: changes when the batch has ended, or its leader */
	atomic_int  owners;
	bool        queued;
	bool        untaken; /* there is a result, and its caller has left */
};

/* Sets the members up; free it by ->discard if it is not given to weir__combiner_enter. */
void weir__want_init(weir__want *want, size_t size, void (*discard)(weir__want *want, bool has_result));
void weir__want_release(weir__want *want); /* what init made; for discard */

typedef struct weir__combiner {
	pthread_mutex_t mutex;
	atomic_int      places; /* how many work at a time; may be changed at any time */
	atomic_int      busy;
	size_t          batch_size; /* a batch is at most so large, or one want */
	weir__want     *first;
	weir__want    **last;
	weir__want     *open;      /* head of the batch that those who come now are in; NULL: the next one begins one */
	size_t          open_size; /* of all that have come into it */
} weir__combiner;

bool weir__combiner_init(weir__combiner *combiner, int places, size_t batch_size);
void weir__combiner_release(weir__combiner *combiner);

/* Takes a place: true, the caller does its work now and then leaves. Else queues want, if there is one; then it is to be waited for. */
bool weir__combiner_enter(weir__combiner *combiner, weir__want *want);

/* Gives the place up, or on to those that wait. */
void weir__combiner_leave(weir__combiner *combiner);

/* The same in two steps. Answers who is to lead now, NULL: nobody. It sleeps until weir__want_lead, so that its batch may be begun with for it:
 * for a few microseconds, since it keeps to no deadline in between. */
weir__want *weir__combiner_pass(weir__combiner *combiner);
void        weir__want_lead(weir__want *chosen);

/* Until want is done or failed, its caller is to lead (and then to leave), or the deadline has passed and it may leave. */
weir__want_state weir__combiner_wait(weir__combiner *combiner, weir__want *want, weir__deadline deadline);

/* The one that leads tells a caller how its work ended, after reading ->next; and when it has told all of the batch that begins with its
 * own want (`leader`), wakes them. */
void weir__want_settle(weir__want *want, bool done);
void weir__batch_wake(weir__want *leader);

/* The same for a batch of so many, and tells the one that leads next too: after the first few, since its work has been begun with
 * and it would only sleep again, but before the others, so that its batch does not wait for them. */
void weir__batch_wake_around(weir__want *leader, size_t count, weir__want *chosen);

/* The caller has taken its result out of a want that is settled. */
void weir__want_end(weir__want *want);

static inline weir__want_state weir__want_state_of(weir__want *want)
{
	return (weir__want_state)atomic_load_explicit(&want->state.word, memory_order_acquire);
}

/* Wants in the queue. */
size_t weir__combiner_waiting(weir__combiner *combiner);

#endif
