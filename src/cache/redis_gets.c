/* Combining reads: see redis_gets.h. */
#include "cache/redis_gets.h"

#include "base/combiner.h"
#include "base/memory.h"
#include "cache/redis_places.h"

#include <string.h>

#define BATCH_KEYS 512 /* of one exchange */

/* Keys are asked for in two forms by turns, all by MGET, or the last one by GET: an answer that comes once more, in the midst of the
 * next exchange, has the wrong form for that one. What comes while nobody asks is found before the connection is used again
 * (redis_pool.c). That the last key may be read a moment after the others does no harm: a list comes before its stamps. */
typedef struct form {
	size_t arrayed;  /* so many keys by MGET */
	size_t commands; /* MGET, GET or both */
} form;

/* For all of a batch. */
typedef struct exchange {
	weir__redis_run run;
	form            f;
	size_t          callers;
	size_t          keys;
	size_t          lefts; /* how long they will be there, for so many */
	bool            begun; /* by the leader of the batch before */
} exchange;

/* What a caller wants that waits. */
typedef struct ask {
	weir__want   want;
	bool         wants_left;
	bool         answered; /* found is there */
	int64_t      deadline_us;
	exchange     asked; /* of one that leads: for the whole batch */
	size_t       count;
	weir_cached *found;
	weir_bytes   keys[]; /* and behind them found, and the bytes */
} ask;

struct weir__redis_gets {
	weir__redis_pool  *pool;
	weir__combiner     combiner;
	weir__redis_places places;
};

weir__redis_gets *weir__redis_gets_create(weir__redis_pool *pool)
{
	weir__redis_gets *gets = weir__calloc(1, sizeof *gets);

	if (!gets)
		return NULL;
	if (!weir__combiner_init(&gets->combiner, WEIR__PLACES_MOST, BATCH_KEYS)) {
		weir__free(gets);
		return NULL;
	}
	gets->pool = pool;
	weir__redis_places_init(&gets->places);
	return gets;
}

void weir__redis_gets_free(weir__redis_gets *gets)
{
	if (!gets)
		return;
	weir__combiner_release(&gets->combiner);
	weir__free(gets);
}

size_t weir__redis_gets_waiting(weir__redis_gets *gets)
{
	return weir__combiner_waiting(&gets->combiner);
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
			found[i].left_ms = left[i].integer > 0 || left[i].integer == -1 ? left[i].integer : 1;
	}
	return true;
}

static form take_form(weir__redis_connection *connection, size_t keys)
{
	bool whole = connection->in_array;

	connection->in_array = !whole;
	return whole ? (form){ keys, 1 } : (form){ keys - 1, keys > 1 ? 2 : 1 };
}

/* The first of the replies to the keys, the others stand behind it. NULL: it is no such answer. */
static const weir__reply *first_reply(const weir__redis_run *run, form f)
{
	if (f.arrayed == 0)
		return run->replies;
	return run->replies[0].type == WEIR__REPLY_ARRAY && run->replies[0].length == f.arrayed ? run->replies + 1 : NULL;
}

/* ---- One caller's own exchange ------------------------------------------------------------------------------------- */

static void append_command(weir__redis_connection *connection, const char *name, size_t keys)
{
	weir__redis_command(connection, 1 + keys);
	weir__redis_argument_text(connection, name);
}

/* Key number i of an exchange, and what stands in front of it. */
static void append_key(weir__redis_connection *connection, form f, size_t i, weir_bytes key)
{
	if (i == 0 && f.arrayed > 0)
		append_command(connection, "MGET", f.arrayed);
	if (i == f.arrayed)
		append_command(connection, "GET", 1);
	weir__redis_argument_key(connection, key);
}

static void append_left(weir__redis_connection *connection, const weir_bytes *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		weir__redis_command(connection, 2);
		weir__redis_argument_text(connection, "PTTL");
		weir__redis_argument_key(connection, keys[i]);
	}
}

/* The rest of the answer is the run's. */
static void end_exchange(weir__redis_gets *gets, weir__redis_run *run, weir__redis_answer *answer, bool understood)
{
	answer->bytes = run->buffer->length;
	weir__redis_run_end(run, !understood);
	answer->began_us = run->began_us;
	answer->ended_us = run->ended_us;
	if (understood)
		weir__redis_places_note(&gets->places, answer);
}

static int run_alone(weir__redis_gets *gets, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                     weir_cached *found)
{
	weir__redis_run    run;
	const weir__reply *first;
	bool               understood;
	form               f;

	if (!weir__redis_run_begin(&run, gets->pool, call->deadline_us))
		return WEIR_ERR_CACHE;
	f = take_form(run.connection, count);
	for (size_t i = 0; i < count; i++)
		append_key(run.connection, f, i, keys[i]);
	if (call->wants_left)
		append_left(run.connection, keys, count);
	if (!weir__redis_run_send(&run, f.commands + (call->wants_left ? count : 0), f.arrayed))
		return WEIR_ERR_CACHE;
	first = first_reply(&run, f);
	understood = first && read_replies(&run, first, call->wants_left ? first + count : NULL, count, found);
	end_exchange(gets, &run, &(weir__redis_answer){ .callers = 1, .keys = count, .awaited_us = run.began_us },
	             understood);
	return understood ? WEIR_OK : WEIR_ERR_CACHE;
}

/* ---- For all that wait --------------------------------------------------------------------------------------------- */

static void ask_discard(weir__want *want, bool has_result)
{
	ask *a = (ask *)(void *)want;

	if (has_result)
		weir__redis_cached_release(a->found, a->count);
	weir__want_release(want);
	weir__free(a);
}

static ask *ask_create(const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	size_t size = sizeof(ask) + count * (sizeof *keys + sizeof(weir_cached));
	ask   *made;
	char  *bytes;

	for (size_t i = 0; i < count; i++)
		size += keys[i].length;
	made = weir__malloc(size);
	if (!made)
		return NULL;
	weir__want_init(&made->want, count, ask_discard);
	made->wants_left = call->wants_left;
	made->answered = false;
	made->deadline_us = call->deadline_us;
	made->asked.begun = false;
	made->count = count;
	made->found = (weir_cached *)(void *)&made->keys[count];
	bytes = (char *)&made->found[count];
	for (size_t i = 0; i < count; bytes += keys[i++].length) {
		memcpy(bytes, keys[i].data, keys[i].length);
		made->keys[i] = (weir_bytes){ bytes, keys[i].length };
	}
	return made;
}

static ask *next_of(const ask *a)
{
	return (ask *)(void *)a->want.next;
}

static void append_batch(weir__redis_connection *connection, const ask *batch, form f)
{
	size_t number = 0;

	for (const ask *a = batch; a; a = next_of(a))
		for (size_t i = 0; i < a->count; i++)
			append_key(connection, f, number++, a->keys[i]);
	for (const ask *a = batch; a; a = next_of(a))
		if (a->wants_left)
			append_left(connection, a->keys, a->count);
}

/* Takes the replies to each of a batch. False: one of them was none. */
static bool share_replies(const weir__redis_run *run, ask *batch, size_t keys, form f)
{
	const weir__reply *reply = first_reply(run, f), *left = reply ? reply + keys : NULL;

	if (!reply)
		return false;
	for (; batch; batch = next_of(batch)) {
		batch->answered = read_replies(run, reply, batch->wants_left ? left : NULL, batch->count, batch->found);
		if (!batch->answered)
			return false;
		reply += batch->count;
		left += batch->wants_left ? batch->count : 0;
	}
	return true;
}

/* The run has begun: the request of a whole batch. */
static void write_request(exchange *e, const ask *batch)
{
	e->callers = e->keys = e->lefts = 0;
	for (const ask *a = batch; a; a = next_of(a)) {
		e->callers++;
		e->keys += a->count;
		e->lefts += a->wants_left ? a->count : 0;
	}
	e->f = take_form(e->run.connection, e->keys);
	append_batch(e->run.connection, batch, e->f);
}

/* Asks for a whole batch, or takes the answer to what has been asked. */
static void ask_batch(weir__redis_gets *gets, ask *batch)
{
	exchange *e = &batch->asked;
	int64_t   awaited_us = weir__now_us();
	bool      understood;

	if (!e->begun) {
		if (!weir__redis_run_begin(&e->run, gets->pool, batch->deadline_us))
			return;
		write_request(e, batch);
	}
	if (!weir__redis_run_send(&e->run, e->f.commands + e->lefts, e->f.arrayed))
		return;
	understood = share_replies(&e->run, batch, e->keys, e->f);
	end_exchange(gets, &e->run,
	             &(weir__redis_answer){ .callers = e->callers, .keys = e->keys, .awaited_us = awaited_us }, understood);
}

/* A place became free, for which so many waited. */
static void set_places(weir__redis_gets *gets, size_t waited)
{
	int now = atomic_load_explicit(&gets->combiner.places, memory_order_relaxed);
	int next = weir__redis_places_after(&gets->places, now, waited);

	if (next != now)
		atomic_store_explicit(&gets->combiner.places, next, memory_order_relaxed);
}

/* Asks for the batch of one that is to lead, without waiting for anything; then it only has to take the answer. */
static void ask_ahead(weir__redis_gets *gets, ask *leader)
{
	exchange *e = &leader->asked;

	if (!weir__redis_run_begin_at_hand(&e->run, gets->pool, leader->deadline_us))
		return;
	write_request(e, leader);
	e->begun = weir__redis_run_start(&e->run, e->f.commands + e->lefts, e->f.arrayed);
}

/* Gives the place on. Answers who is to lead, and has been asked for; NULL: nobody, or it knows already. */
static weir__want *hand_on(weir__redis_gets *gets)
{
	weir__want *chosen = weir__combiner_pass(&gets->combiner);
	ask        *leader = (ask *)(void *)chosen;
	size_t      waited = 0;

	for (const ask *a = leader; a; a = next_of(a))
		waited++;
	set_places(gets, waited);
	if (!leader)
		return NULL;
	ask_ahead(gets, leader);
	if (leader->asked.begun)
		return chosen;
	weir__want_lead(chosen);
	return NULL;
}

/* The next batch goes out before the callers of this one are woken. */
static void lead(weir__redis_gets *gets, ask *leader)
{
	weir__want *chosen;
	size_t      count = 0;

	ask_batch(gets, leader);
	chosen = hand_on(gets);
	for (ask *a = leader, *next; a; a = next, count++) {
		next = next_of(a);
		weir__want_settle(&a->want, a->answered);
	}
	if (chosen)
		weir__batch_wake_around(&leader->want, count, chosen);
	else
		weir__batch_wake(&leader->want);
}

/* Who asked alone has nobody to wake but the next one. */
static void leave(weir__redis_gets *gets)
{
	weir__want *chosen = hand_on(gets);

	if (chosen)
		weir__want_lead(chosen);
}

/* WEIR_ERR_CACHE also when the time is up. */
static int run_with_others(weir__redis_gets *gets, ask *a, const weir_cache_call *call, weir_cached *found)
{
	weir__want_state state = weir__combiner_wait(&gets->combiner, &a->want, call->deadline_us);
	int              rc = WEIR_ERR_CACHE;

	if (state == WEIR__WANT_WAITS)
		return rc;
	if (state == WEIR__WANT_LEADS)
		lead(gets, a);
	if (weir__want_state_of(&a->want) == WEIR__WANT_DONE) {
		memcpy(found, a->found, a->count * sizeof *found);
		rc = WEIR_OK;
	}
	weir__want_end(&a->want);
	return rc;
}

int weir__redis_gets_run(weir__redis_gets *gets, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                         weir_cached *found)
{
	bool at_once = weir__combiner_enter(&gets->combiner, NULL);
	ask *a = at_once || count > BATCH_KEYS ? NULL : ask_create(keys, count, call);
	int  rc = WEIR_ERR_CACHE;

	if (a && weir__combiner_enter(&gets->combiner, &a->want)) {
		ask_discard(&a->want, false);
		at_once = true;
		a = NULL;
	}
	if (a)
		rc = run_with_others(gets, a, call, found);
	if (rc != WEIR_OK && (!a || weir__now_us() < call->deadline_us))
		rc = run_alone(gets, keys, count, call, found);
	if (at_once)
		leave(gets);
	return rc;
}
