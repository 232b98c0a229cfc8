/* Combining reads: see redis_gets.h. The mutex of the queue is held for a few instructions; results are handed over under a mutex of
 * the request's own, which has two owners, the caller and whoever asks for it. */
#include "cache/redis_gets.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/memory.h"

#include <pthread.h>
#include <string.h>

#define PLACES     2   /* exchanges at a time: the server works on one while the callers take in the other */
#define BATCH_KEYS 512 /* of one exchange */

typedef enum ask_state { ASK_WAITS, ASK_LEADS, ASK_DONE, ASK_FAILED } ask_state;

/* What a caller wants that waits. */
typedef struct ask ask;
struct ask {
	ask            *next;
	bool            queued; /* under the queue's mutex */
	pthread_mutex_t mutex;  /* state, left, owners */
	pthread_cond_t  changed;
	ask_state       state;
	bool            left; /* its caller's time is up */
	int             owners;
	bool            wants_left;
	size_t          count;
	weir_cached    *found;
	weir_bytes      keys[]; /* and behind them found, and the bytes */
};

struct weir__redis_gets {
	weir__redis_pool *pool;
	pthread_mutex_t   mutex;
	int               busy; /* places */
	ask              *first;
	ask             **last;
};

weir__redis_gets *weir__redis_gets_create(weir__redis_pool *pool)
{
	weir__redis_gets *gets = weir__calloc(1, sizeof *gets);

	if (!gets)
		return NULL;
	if (pthread_mutex_init(&gets->mutex, NULL) != 0) {
		weir__free(gets);
		return NULL;
	}
	gets->pool = pool;
	gets->last = &gets->first;
	return gets;
}

void weir__redis_gets_free(weir__redis_gets *gets)
{
	if (!gets)
		return;
	pthread_mutex_destroy(&gets->mutex);
	weir__free(gets);
}

size_t weir__redis_gets_waiting(weir__redis_gets *gets)
{
	size_t count = 0;

	pthread_mutex_lock(&gets->mutex);
	for (const ask *a = gets->first; a; a = a->next)
		count++;
	pthread_mutex_unlock(&gets->mutex);
	return count;
}

/* ---- Replies ------------------------------------------------------------------------------------------------------- */

bool weir__redis_cached_read(const weir__reply *reply, weir__reply_buffer *buffer, weir_cached *found)
{
	weir_bytes bytes = { buffer->bytes + reply->offset, reply->length };

	*found = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	if (reply->type == WEIR__REPLY_NIL)
		return true;
	if (reply->type == WEIR__REPLY_ERROR) {
		found->state = WEIR_CACHED_FOREIGN;
		return weir__redis_error_of(reply, buffer) == WEIR__REDIS_ERROR_TYPE;
	}
	if (reply->type != WEIR__REPLY_STRING)
		return false;
	if (bytes.length == 0)
		found->state = WEIR_CACHED_FOREIGN;
	else if (bytes.data[0] == 'L')
		found->state = WEIR_CACHED_LEASE;
	else if (bytes.data[0] == 'G')
		found->state = WEIR_CACHED_GUARD;
	else
		found->state = WEIR_CACHED_VALUE;
	if (found->state != WEIR_CACHED_VALUE)
		return true;
	weir__reply_buffer_retain(buffer);
	found->value = bytes;
	found->owner = buffer;
	found->release = weir__reply_buffer_release;
	return true;
}

void weir__redis_cached_release(weir_cached *found, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (found[i].release)
			found[i].release(found[i].owner);
		found[i] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	}
}

/* count replies from the first one on; left: how long each key will be there, NULL where that was not asked for. */
static bool read_replies(const weir__redis_run *run, const weir__reply *replies, const weir__reply *left, size_t count,
                         weir_cached *found)
{
	for (size_t i = 0; i < count; i++) {
		if (!weir__redis_cached_read(&replies[i], run->buffer, &found[i])) {
			weir__redis_cached_release(found, i);
			return false;
		}
		if (left && left[i].type == WEIR__REPLY_INTEGER)
			found[i].left_ms = left[i].integer == -1 ? -1 : left[i].integer > 0 ? left[i].integer : 0;
	}
	return true;
}

/* The first of the replies to keys: GET has one, MGET an array. NULL: it is no such answer. */
static const weir__reply *first_reply(const weir__redis_run *run, size_t keys)
{
	if (keys == 1)
		return run->replies;
	return run->replies[0].type == WEIR__REPLY_ARRAY && run->replies[0].length == keys ? run->replies + 1 : NULL;
}

/* ---- One caller's own exchange ------------------------------------------------------------------------------------- */

static void append_read(weir__redis_connection *connection, size_t keys)
{
	weir__redis_command(connection, 1 + keys);
	weir__redis_argument_text(connection, keys == 1 ? "GET" : "MGET");
}

static void append_left(weir__redis_connection *connection, const weir_bytes *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		weir__redis_command(connection, 2);
		weir__redis_argument_text(connection, "PTTL");
		weir__redis_argument_key(connection, keys[i]);
	}
}

static int run_alone(weir__redis_pool *pool, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                     weir_cached *found)
{
	weir__redis_run    run;
	const weir__reply *first;
	bool               understood;

	if (!weir__redis_run_begin(&run, pool, call->deadline_us))
		return WEIR_ERR_CACHE;
	append_read(run.connection, count);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(run.connection, keys[i]);
	if (call->wants_left)
		append_left(run.connection, keys, count);
	if (!weir__redis_run_send(&run, 1 + (call->wants_left ? count : 0), count == 1 ? 0 : count))
		return WEIR_ERR_CACHE;
	first = first_reply(&run, count);
	understood = first && read_replies(&run, first, call->wants_left ? first + count : NULL, count, found);
	weir__redis_run_end(&run, !understood);
	return understood ? WEIR_OK : WEIR_ERR_CACHE;
}

/* ---- What waits ---------------------------------------------------------------------------------------------------- */

static ask *ask_create(const weir_bytes *keys, size_t count, bool wants_left)
{
	size_t size = sizeof(ask) + count * (sizeof *keys + sizeof(weir_cached));
	ask   *made;
	char  *bytes;

	for (size_t i = 0; i < count; i++)
		size += keys[i].length;
	made = weir__malloc(size);
	if (!made)
		return NULL;
	memset(made, 0, sizeof *made);
	pthread_mutex_init(&made->mutex, NULL);
	weir__cond_init(&made->changed);
	made->owners = 2;
	made->wants_left = wants_left;
	made->count = count;
	made->found = (weir_cached *)(void *)&made->keys[count];
	bytes = (char *)&made->found[count];
	for (size_t i = 0; i < count; bytes += keys[i++].length) {
		memcpy(bytes, keys[i].data, keys[i].length);
		made->keys[i] = (weir_bytes){ bytes, keys[i].length };
	}
	return made;
}

static void ask_free(ask *a)
{
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->mutex);
	weir__free(a);
}

/* One of its owners lets go; to be called with its mutex, which is gone then. */
static void ask_let_go(ask *a)
{
	bool last = --a->owners == 0;

	pthread_mutex_unlock(&a->mutex);
	if (last)
		ask_free(a);
}

/* Tells its caller how it ended. */
static void settle(ask *a, bool done)
{
	pthread_mutex_lock(&a->mutex);
	if (a->left && done)
		weir__redis_cached_release(a->found, a->count);
	a->state = done ? ASK_DONE : ASK_FAILED;
	pthread_cond_signal(&a->changed);
	ask_let_go(a);
}

/* ---- For all that wait --------------------------------------------------------------------------------------------- */

/* The first of the queue, as many as one exchange may have. With the mutex. */
static ask *take_batch(weir__redis_gets *gets)
{
	ask   *batch = gets->first, *last = NULL;
	size_t keys = 0;

	while (gets->first && (keys == 0 || keys + gets->first->count <= BATCH_KEYS)) {
		last = gets->first;
		keys += last->count;
		last->queued = false;
		gets->first = last->next;
	}
	if (last)
		last->next = NULL;
	if (!gets->first)
		gets->last = &gets->first;
	return batch;
}

/* Makes the first of a batch whose caller is still there the one that asks. False: none is. */
static bool appoint(ask *batch)
{
	while (batch) {
		ask *next = batch->next;

		pthread_mutex_lock(&batch->mutex);
		if (!batch->left) {
			batch->state = ASK_LEADS;
			pthread_cond_signal(&batch->changed);
			pthread_mutex_unlock(&batch->mutex);
			return true;
		}
		ask_let_go(batch);
		batch = next;
	}
	return false;
}

/* Gives a place up, or on to those that wait. */
static void leave(weir__redis_gets *gets)
{
	ask *batch;

	do {
		pthread_mutex_lock(&gets->mutex);
		batch = take_batch(gets);
		gets->busy -= batch == NULL;
		pthread_mutex_unlock(&gets->mutex);
	} while (batch && !appoint(batch));
}

static void append_batch(weir__redis_connection *connection, const ask *batch, size_t keys)
{
	append_read(connection, keys);
	for (const ask *a = batch; a; a = a->next)
		for (size_t i = 0; i < a->count; i++)
			weir__redis_argument_key(connection, a->keys[i]);
	for (const ask *a = batch; a; a = a->next)
		if (a->wants_left)
			append_left(connection, a->keys, a->count);
}

/* Takes the replies to each of a batch and tells its caller. */
static bool share_replies(const weir__redis_run *run, ask *batch, size_t keys)
{
	const weir__reply *reply = first_reply(run, keys), *left = reply ? reply + keys : NULL;
	bool               understood = reply != NULL;
	ask               *next;

	for (; batch; batch = next) {
		bool done = understood && read_replies(run, reply, batch->wants_left ? left : NULL, batch->count, batch->found);

		next = batch->next;
		understood = understood && done;
		if (understood) {
			reply += batch->count;
			left += batch->wants_left ? batch->count : 0;
		}
		settle(batch, done);
	}
	return understood;
}

static void fail_all(ask *batch)
{
	for (ask *next; batch; batch = next) {
		next = batch->next;
		settle(batch, false);
	}
}

/* Asks for a whole batch. */
static void lead(weir__redis_gets *gets, ask *batch, int64_t deadline_us)
{
	weir__redis_run run;
	size_t          keys = 0, lefts = 0;

	for (const ask *a = batch; a; a = a->next) {
		keys += a->count;
		lefts += a->wants_left ? a->count : 0;
	}
	if (!weir__redis_run_begin(&run, gets->pool, deadline_us)) {
		fail_all(batch);
		return;
	}
	append_batch(run.connection, batch, keys);
	if (!weir__redis_run_send(&run, 1 + lefts, keys == 1 ? 0 : keys)) {
		fail_all(batch);
		return;
	}
	weir__redis_run_end(&run, !share_replies(&run, batch, keys));
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------- */

/* Takes a place, or a place in the queue. True: the caller may ask at once. */
static bool enter(weir__redis_gets *gets, ask *a)
{
	bool at_once;

	pthread_mutex_lock(&gets->mutex);
	at_once = gets->busy < PLACES;
	if (at_once) {
		gets->busy++;
	} else if (a) {
		a->queued = true;
		*gets->last = a;
		gets->last = &a->next;
	}
	pthread_mutex_unlock(&gets->mutex);
	return at_once;
}

/* Its time is up before anybody has taken it. False: somebody has. */
static bool withdraw(weir__redis_gets *gets, ask *a)
{
	bool queued;

	pthread_mutex_lock(&gets->mutex);
	queued = a->queued;
	for (ask **at = &gets->first; queued && *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			if (gets->last == &a->next)
				gets->last = at;
			break;
		}
	pthread_mutex_unlock(&gets->mutex);
	return queued;
}

/* Until it has its answer, is to ask itself, or its time is up. */
static ask_state wait_for(weir__redis_gets *gets, ask *a, int64_t deadline_us)
{
	ask_state state;

	pthread_mutex_lock(&a->mutex);
	while (a->state == ASK_WAITS && weir__now_us() < deadline_us)
		weir__cond_wait(&a->changed, &a->mutex, deadline_us);
	state = a->state;
	pthread_mutex_unlock(&a->mutex);
	if (state != ASK_WAITS)
		return state;
	if (withdraw(gets, a)) {
		ask_free(a);
		return ASK_WAITS;
	}
	pthread_mutex_lock(&a->mutex);
	state = a->state;
	if (state != ASK_WAITS) {
		pthread_mutex_unlock(&a->mutex);
		return state;
	}
	a->left = true;
	ask_let_go(a);
	return ASK_WAITS;
}

/* Takes the answer out of what has ended. */
static int take_answer(ask *a, weir_cached *found)
{
	int rc = WEIR_ERR_CACHE;

	pthread_mutex_lock(&a->mutex);
	if (a->state == ASK_DONE) {
		memcpy(found, a->found, a->count * sizeof *found);
		rc = WEIR_OK;
	}
	ask_let_go(a);
	return rc;
}

static int run_with_others(weir__redis_gets *gets, ask *a, const weir_cache_call *call, weir_cached *found)
{
	switch (wait_for(gets, a, call->deadline_us)) {
	case ASK_WAITS:
		return WEIR_ERR_CACHE;
	case ASK_LEADS:
		lead(gets, a, call->deadline_us);
		leave(gets);
		return take_answer(a, found);
	case ASK_DONE:
	case ASK_FAILED:
	default:
		return take_answer(a, found);
	}
}

int weir__redis_gets_run(weir__redis_gets *gets, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                         weir_cached *found)
{
	bool at_once = enter(gets, NULL);
	ask *a = at_once || count > BATCH_KEYS ? NULL : ask_create(keys, count, call->wants_left);
	int  rc;

	if (a && enter(gets, a)) {
		ask_free(a);
		at_once = true;
		a = NULL;
	}
	if (a) {
		rc = run_with_others(gets, a, call, found);
		return rc == WEIR_OK || weir__now_us() >= call->deadline_us ? rc
		                                                            : run_alone(gets->pool, keys, count, call, found);
	}
	rc = run_alone(gets->pool, keys, count, call, found);
	if (at_once)
		leave(gets);
	return rc;
}
