/* Combining reads: see redis_gets.h. */
#include "cache/redis_gets.h"

#include "base/combiner.h"
#include "base/memory.h"

#include <string.h>

#define PLACES     2   /* exchanges at a time: the server works on one while the callers take in the other */
#define BATCH_KEYS 512 /* of one exchange */

/* What a caller wants that waits. */
typedef struct ask {
	weir__want   want;
	bool         wants_left;
	size_t       count;
	weir_cached *found;
	weir_bytes   keys[]; /* and behind them found, and the bytes */
} ask;

struct weir__redis_gets {
	weir__redis_pool *pool;
	weir__combiner    combiner;
};

weir__redis_gets *weir__redis_gets_create(weir__redis_pool *pool)
{
	weir__redis_gets *gets = weir__calloc(1, sizeof *gets);

	if (!gets)
		return NULL;
	if (!weir__combiner_init(&gets->combiner, PLACES, BATCH_KEYS)) {
		weir__free(gets);
		return NULL;
	}
	gets->pool = pool;
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

/* One key is asked for by GET and by MGET in turns: an answer that comes once more, in the midst of the next exchange, has the
 * wrong form for that one. What comes while nobody asks is found before the connection is used again (redis_pool.c). */
static bool takes_array(weir__redis_connection *connection, size_t keys)
{
	bool in_array = keys > 1 || connection->in_array;

	connection->in_array = !in_array;
	return in_array;
}

/* The first of the replies to keys: GET has one, MGET an array. NULL: it is no such answer. */
static const weir__reply *first_reply(const weir__redis_run *run, size_t keys, bool in_array)
{
	if (!in_array)
		return run->replies;
	return run->replies[0].type == WEIR__REPLY_ARRAY && run->replies[0].length == keys ? run->replies + 1 : NULL;
}

/* ---- One caller's own exchange ------------------------------------------------------------------------------------- */

static void append_read(weir__redis_connection *connection, size_t keys, bool in_array)
{
	weir__redis_command(connection, 1 + keys);
	weir__redis_argument_text(connection, in_array ? "MGET" : "GET");
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
	bool               understood, in_array;

	if (!weir__redis_run_begin(&run, pool, call->deadline_us))
		return WEIR_ERR_CACHE;
	in_array = takes_array(run.connection, count);
	append_read(run.connection, count, in_array);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(run.connection, keys[i]);
	if (call->wants_left)
		append_left(run.connection, keys, count);
	if (!weir__redis_run_send(&run, 1 + (call->wants_left ? count : 0), in_array ? count : 0))
		return WEIR_ERR_CACHE;
	first = first_reply(&run, count, in_array);
	understood = first && read_replies(&run, first, call->wants_left ? first + count : NULL, count, found);
	weir__redis_run_end(&run, !understood);
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
	weir__want_init(&made->want, count, ask_discard);
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

static ask *next_of(const ask *a)
{
	return (ask *)(void *)a->want.next;
}

static void append_batch(weir__redis_connection *connection, const ask *batch, size_t keys, bool in_array)
{
	append_read(connection, keys, in_array);
	for (const ask *a = batch; a; a = next_of(a))
		for (size_t i = 0; i < a->count; i++)
			weir__redis_argument_key(connection, a->keys[i]);
	for (const ask *a = batch; a; a = next_of(a))
		if (a->wants_left)
			append_left(connection, a->keys, a->count);
}

/* Takes the replies to each of a batch and tells its caller. */
static bool share_replies(const weir__redis_run *run, ask *batch, size_t keys, bool in_array)
{
	const weir__reply *reply = first_reply(run, keys, in_array), *left = reply ? reply + keys : NULL;
	bool               understood = reply != NULL;
	ask               *next;

	for (; batch; batch = next) {
		bool done = understood && read_replies(run, reply, batch->wants_left ? left : NULL, batch->count, batch->found);

		next = next_of(batch);
		understood = understood && done;
		if (understood) {
			reply += batch->count;
			left += batch->wants_left ? batch->count : 0;
		}
		weir__want_settle(&batch->want, done);
	}
	return understood;
}

static void fail_all(ask *batch)
{
	for (ask *next; batch; batch = next) {
		next = next_of(batch);
		weir__want_settle(&batch->want, false);
	}
}

/* Asks for a whole batch. */
static void lead(weir__redis_gets *gets, ask *batch, int64_t deadline_us)
{
	weir__redis_run run;
	size_t          keys = 0, lefts = 0;
	bool            in_array;

	for (const ask *a = batch; a; a = next_of(a)) {
		keys += a->count;
		lefts += a->wants_left ? a->count : 0;
	}
	if (!weir__redis_run_begin(&run, gets->pool, deadline_us)) {
		fail_all(batch);
		return;
	}
	in_array = takes_array(run.connection, keys);
	append_batch(run.connection, batch, keys, in_array);
	if (!weir__redis_run_send(&run, 1 + lefts, in_array ? keys : 0)) {
		fail_all(batch);
		return;
	}
	weir__redis_run_end(&run, !share_replies(&run, batch, keys, in_array));
}

/* WEIR_ERR_CACHE also when the time is up. */
static int run_with_others(weir__redis_gets *gets, ask *a, const weir_cache_call *call, weir_cached *found)
{
	int rc = WEIR_ERR_CACHE;

	switch (weir__combiner_wait(&gets->combiner, &a->want, call->deadline_us)) {
	case WEIR__WANT_WAITS:
		return rc;
	case WEIR__WANT_LEADS:
		lead(gets, a, call->deadline_us);
		weir__combiner_leave(&gets->combiner);
		break;
	case WEIR__WANT_DONE:
	case WEIR__WANT_FAILED:
		break;
	}
	if (a->want.state == WEIR__WANT_DONE) {
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
	ask *a = at_once || count > BATCH_KEYS ? NULL : ask_create(keys, count, call->wants_left);
	int  rc = WEIR_ERR_CACHE;

	if (a && weir__combiner_enter(&gets->combiner, &a->want)) {
		ask_discard(&a->want, false);
		at_once = true;
		a = NULL;
	}
	if (a)
		rc = run_with_others(gets, a, call, found);
	if (rc != WEIR_OK && (!a || weir__now_us() < call->deadline_us))
		rc = run_alone(gets->pool, keys, count, call, found);
	if (at_once)
		weir__combiner_leave(&gets->combiner);
	return rc;
}
