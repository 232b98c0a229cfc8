/* The queue of a combiner: see combiner.h. Its mutex is held for a few instructions; how a want stands is one atomic word. */
#include "base/combiner.h"

#include <limits.h>
#include <string.h>

#define WOKEN_FIRST 8 /* before the next leader, whose answer takes about as long to come */

void weir__want_init(weir__want *want, size_t size, void (*discard)(weir__want *want, bool has_result))
{
	want->next = NULL;
	want->size = size;
	want->discard = discard;
	want->head = want;
	want->stays = want->queued = want->untaken = false;
	weir__futex_init(&want->state, WEIR__WANT_WAITS);
	weir__futex_init(&want->ended, 0);
	atomic_init(&want->owners, 2); /* the caller, and who does the work */
}

void weir__want_release(weir__want *want)
{
	weir__futex_release(&want->ended);
	weir__futex_release(&want->state);
}

bool weir__combiner_init(weir__combiner *combiner, int places, size_t batch_size)
{
	memset(combiner, 0, sizeof *combiner);
	atomic_init(&combiner->places, places);
	combiner->batch_size = batch_size;
	combiner->last = &combiner->first;
	return pthread_mutex_init(&combiner->mutex, NULL) == 0;
}

/* ---- Owners -------------------------------------------------------------------------------------------------------- */

static void hold(weir__want *want)
{
	atomic_fetch_add_explicit(&want->owners, 1, memory_order_relaxed);
}

/* The last owner of a want lets go of the head of its batch too. */
static void let_go(weir__want *want)
{
	while (want && atomic_fetch_sub_explicit(&want->owners, 1, memory_order_acq_rel) == 1) {
		weir__want *head = want->head != want ? want->head : NULL;

		want->discard(want, want->untaken);
		want = head;
	}
}

/* To another state from this one. False: it has another one. */
static bool change(weir__want *want, weir__want_state from, weir__want_state to)
{
	uint32_t expected = from;

	return atomic_compare_exchange_strong(&want->state.word, &expected, (uint32_t)to);
}

void weir__want_settle(weir__want *want, bool done)
{
	weir__want_state state = done ? WEIR__WANT_DONE : WEIR__WANT_FAILED;

	/* who leads is not waiting; who has left takes nothing */
	if (!change(want, WEIR__WANT_WAITS, state) && !change(want, WEIR__WANT_LEADS, state))
		want->untaken = done;
	let_go(want);
}

void weir__batch_wake(weir__want *leader)
{
	atomic_fetch_add(&leader->head->ended.word, 1);
	weir__futex_wake(&leader->head->ended, INT_MAX);
}

void weir__batch_wake_around(weir__want *leader, size_t count, weir__want *chosen)
{
	atomic_fetch_add(&leader->head->ended.word, 1);
	weir__futex_wake(&leader->head->ended, WOKEN_FIRST);
	weir__want_lead(chosen);
	if (count > WOKEN_FIRST + 1)
		weir__futex_wake(&leader->head->ended, INT_MAX);
}

void weir__want_end(weir__want *want)
{
	let_go(want);
}

/* ---- Places -------------------------------------------------------------------------------------------------------- */

/* With the mutex: nobody comes into the batch any more that was open. */
static void close_batch(weir__combiner *combiner)
{
	if (combiner->open)
		let_go(combiner->open);
	combiner->open = NULL;
}

/* With the mutex. */
static void queue(weir__combiner *combiner, weir__want *want)
{
	if (combiner->open && combiner->open_size + want->size > combiner->batch_size)
		close_batch(combiner);
	if (combiner->open) {
		want->head = combiner->open;
	} else {
		combiner->open = want;
		combiner->open_size = 0;
	}
	hold(want->head); /* for the combiner, or for this want as long as it is there */
	combiner->open_size += want->size;
	want->queued = true;
	*combiner->last = want;
	combiner->last = &want->next;
}

void weir__combiner_release(weir__combiner *combiner)
{
	close_batch(combiner);
	pthread_mutex_destroy(&combiner->mutex);
}

/* How many more may work. */
static int places_left(const weir__combiner *combiner)
{
	return atomic_load_explicit(&combiner->places, memory_order_relaxed) -
	       atomic_load_explicit(&combiner->busy, memory_order_relaxed);
}

bool weir__combiner_enter(weir__combiner *combiner, weir__want *want)
{
	bool at_once;

	if (!want && places_left(combiner) <= 0)
		return false;
	pthread_mutex_lock(&combiner->mutex);
	at_once = places_left(combiner) > 0;
	if (at_once)
		atomic_fetch_add_explicit(&combiner->busy, 1, memory_order_relaxed);
	else if (want)
		queue(combiner, want);
	pthread_mutex_unlock(&combiner->mutex);
	return at_once;
}

/* With the mutex: the first batch. */
static weir__want *take_batch(weir__combiner *combiner)
{
	weir__want *batch = combiner->first, *last = NULL;

	while (combiner->first && combiner->first->head == batch->head) {
		last = combiner->first;
		last->queued = false;
		combiner->first = last->next;
	}
	if (batch && combiner->open == batch->head)
		close_batch(combiner);
	if (last)
		last->next = NULL;
	if (!combiner->first)
		combiner->last = &combiner->first;
	return batch;
}

/* The first of a batch whose caller is still there is to lead. NULL: none is. */
static weir__want *choose(weir__want *batch)
{
	while (batch && !change(batch, WEIR__WANT_WAITS, WEIR__WANT_CHOSEN)) {
		weir__want *next = batch->next;

		let_go(batch);
		batch = next;
	}
	return batch;
}

weir__want *weir__combiner_pass(weir__combiner *combiner)
{
	weir__want *batch, *chosen = NULL;

	do {
		pthread_mutex_lock(&combiner->mutex);
		batch = places_left(combiner) < 0 ? NULL : take_batch(combiner);
		if (!batch)
			atomic_fetch_sub_explicit(&combiner->busy, 1, memory_order_relaxed);
		pthread_mutex_unlock(&combiner->mutex);
		if (batch)
			chosen = choose(batch);
	} while (batch && !chosen);
	return chosen;
}

void weir__want_lead(weir__want *chosen)
{
	weir__want *head = chosen->head;
	bool        is_head = head == chosen;

	hold(head); /* the leader may be gone before it is woken */
	change(chosen, WEIR__WANT_CHOSEN, WEIR__WANT_LEADS);
	if (!is_head)
		atomic_fetch_add(&head->ended.word, 1);
	weir__futex_wake(is_head ? &head->state : &head->ended, is_head ? 1 : INT_MAX);
	let_go(head);
}

void weir__combiner_leave(weir__combiner *combiner)
{
	weir__want *chosen = weir__combiner_pass(combiner);

	if (chosen)
		weir__want_lead(chosen);
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

/* Its time is up. False: it has to wait on, or has another state by now. */
static bool give_up(weir__combiner *combiner, weir__want *want)
{
	if (withdraw(combiner, want)) {
		let_go(want); /* nobody will do its work */
		let_go(want);
		return true;
	}
	if (want->stays || !change(want, WEIR__WANT_WAITS, WEIR__WANT_LEFT))
		return false;
	let_go(want);
	return true;
}

weir__want_state weir__combiner_wait(weir__combiner *combiner, weir__want *want, weir__deadline deadline)
{
	weir__futex *futex = want->head == want ? &want->state : &want->head->ended;

	for (;;) {
		uint32_t         seen = atomic_load_explicit(&futex->word, memory_order_acquire);
		weir__want_state state = weir__want_state_of(want);

		if (state != WEIR__WANT_WAITS && state != WEIR__WANT_CHOSEN)
			return state;
		if (deadline != WEIR__NO_DEADLINE && weir__now_us() >= deadline) {
			if (give_up(combiner, want))
				return WEIR__WANT_WAITS;
			deadline = WEIR__NO_DEADLINE;
			continue;
		}
		weir__futex_wait(futex, seen, deadline);
	}
}
