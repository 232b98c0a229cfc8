/* The queue of a combiner: see combiner.h. Its mutex is held for a few instructions; results are handed over under a mutex of the
 * want's own, so that those who are woken do not meet. */
#include "base/combiner.h"

#include "base/condition.h"

#include <string.h>

void weir__want_init(weir__want *want, size_t size, void (*discard)(weir__want *want, bool has_result))
{
	memset(want, 0, sizeof *want);
	pthread_mutex_init(&want->mutex, NULL);
	weir__cond_init(&want->changed);
	want->size = size;
	want->discard = discard;
	want->owners = 2;
}

void weir__want_release(weir__want *want)
{
	pthread_cond_destroy(&want->changed);
	pthread_mutex_destroy(&want->mutex);
}

bool weir__combiner_init(weir__combiner *combiner, int places, size_t batch_size)
{
	memset(combiner, 0, sizeof *combiner);
	combiner->places = places;
	combiner->batch_size = batch_size;
	combiner->last = &combiner->first;
	return pthread_mutex_init(&combiner->mutex, NULL) == 0;
}

void weir__combiner_release(weir__combiner *combiner)
{
	pthread_mutex_destroy(&combiner->mutex);
}

size_t weir__combiner_waiting(weir__combiner *combiner)
{
	size_t count = 0;

	pthread_mutex_lock(&combiner->mutex);
	for (const weir__want *want = combiner->first; want; want = want->next)
		count++;
	pthread_mutex_unlock(&combiner->mutex);
	return count;
}

/* ---- Owners -------------------------------------------------------------------------------------------------------- */

/* One of its owners lets go; to be called with its mutex. */
static void let_go(weir__want *want)
{
	bool last = --want->owners == 0;
	bool untaken = want->left && want->state == WEIR__WANT_DONE;

	pthread_mutex_unlock(&want->mutex);
	if (last)
		want->discard(want, untaken);
}

void weir__want_settle(weir__want *want, bool done)
{
	pthread_mutex_lock(&want->mutex);
	want->state = done ? WEIR__WANT_DONE : WEIR__WANT_FAILED;
	pthread_cond_signal(&want->changed);
	let_go(want);
}

void weir__want_end(weir__want *want)
{
	pthread_mutex_lock(&want->mutex);
	let_go(want);
}

/* ---- Places -------------------------------------------------------------------------------------------------------- */

bool weir__combiner_enter(weir__combiner *combiner, weir__want *want)
{
	bool at_once;

	pthread_mutex_lock(&combiner->mutex);
	at_once = combiner->busy < combiner->places;
	if (at_once) {
		combiner->busy++;
	} else if (want) {
		want->queued = true;
		*combiner->last = want;
		combiner->last = &want->next;
	}
	pthread_mutex_unlock(&combiner->mutex);
	return at_once;
}

/* With the mutex. */
static weir__want *take_batch(weir__combiner *combiner)
{
	weir__want *batch = combiner->first, *last = NULL;
	size_t      size = 0;

	while (combiner->first && (!last || size + combiner->first->size <= combiner->batch_size)) {
		last = combiner->first;
		size += last->size;
		last->queued = false;
		combiner->first = last->next;
	}
	if (last)
		last->next = NULL;
	if (!combiner->first)
		combiner->last = &combiner->first;
	return batch;
}

/* Makes the first of a batch whose caller is still there its leader. False: none is. */
static bool appoint(weir__want *batch)
{
	while (batch) {
		weir__want *next = batch->next;

		pthread_mutex_lock(&batch->mutex);
		if (!batch->left) {
			batch->state = WEIR__WANT_LEADS;
			pthread_cond_signal(&batch->changed);
			pthread_mutex_unlock(&batch->mutex);
			return true;
		}
		let_go(batch);
		batch = next;
	}
	return false;
}

void weir__combiner_leave(weir__combiner *combiner)
{
	weir__want *batch;

	do {
		pthread_mutex_lock(&combiner->mutex);
		batch = take_batch(combiner);
		combiner->busy -= batch == NULL;
		pthread_mutex_unlock(&combiner->mutex);
	} while (batch && !appoint(batch));
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------- */

/* Takes it out of the queue. False: somebody has taken it already. */
static bool withdraw(weir__combiner *combiner, weir__want *want)
{
	bool queued;

	pthread_mutex_lock(&combiner->mutex);
	queued = want->queued;
	for (weir__want **at = &combiner->first; queued && *at; at = &(*at)->next)
		if (*at == want) {
			*at = want->next;
			if (combiner->last == &want->next)
				combiner->last = at;
			break;
		}
	pthread_mutex_unlock(&combiner->mutex);
	return queued;
}

/* Its time is up. Another state if that came too late. */
static weir__want_state give_up(weir__want *want)
{
	weir__want_state state;

	pthread_mutex_lock(&want->mutex);
	state = want->state;
	if (state != WEIR__WANT_WAITS) {
		pthread_mutex_unlock(&want->mutex);
		return state;
	}
	want->left = true;
	let_go(want);
	return WEIR__WANT_WAITS;
}

weir__want_state weir__combiner_wait(weir__combiner *combiner, weir__want *want, weir__deadline deadline)
{
	weir__want_state state;

	pthread_mutex_lock(&want->mutex);
	while (want->state == WEIR__WANT_WAITS && weir__now_us() < deadline)
		weir__cond_wait(&want->changed, &want->mutex, deadline);
	state = want->state;
	pthread_mutex_unlock(&want->mutex);
	if (state != WEIR__WANT_WAITS)
		return state;
	if (!withdraw(combiner, want))
		return give_up(want);
	want->discard(want, false);
	return WEIR__WANT_WAITS;
}
