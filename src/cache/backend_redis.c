/* The Redis backend: the operations as commands and scripts, one round trip each however many keys there are. */
#include "cache/envelope.h"
#include "cache/redis_gets.h"
#include "cache/redis_script.h"
#include "cache/redis_subscriber.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT_KEYS 256                /* of one script call, so that no call holds the server up */
#define PIECE_BYTES ((size_t)64 << 10) /* of a request of many commands */
#define SCAN_COUNT  500                /* keys looked at in one step of a flush */
#define SCAN_MOST   16384              /* keys that one step may find */
#define IS_UP_MS    50
#define LEASE_SIZE  17
#define NONCE_SIZE  16

typedef struct redis {
	weir_cache_backend backend;
	weir__redis_pool  *pool;
	weir__redis_gets  *gets;
} redis;

static weir__redis_pool *pool_of(weir_cache_backend *self)
{
	return ((redis *)(void *)self)->pool;
}

/* ---- get_many, set ------------------------------------------------------------------------------------------------- */

static int get_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                    weir_cached *found)
{
	return weir__redis_gets_run(((redis *)(void *)self)->gets, keys, count, call, found);
}

static int set(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	weir__redis_run run;
	bool            done;

	if (!weir__redis_run_begin(&run, pool_of(self), call->deadline_us))
		return WEIR_ERR_CACHE;
	weir__redis_command(run.connection, entry->ttl_ms < 0 ? 3 : 5);
	weir__redis_argument_text(run.connection, "SET");
	weir__redis_argument_key(run.connection, entry->key);
	weir__redis_argument(run.connection, entry->value.data, entry->value.length);
	if (entry->ttl_ms >= 0) {
		weir__redis_argument_text(run.connection, "PX");
		weir__redis_argument_number(run.connection, entry->ttl_ms > 0 ? entry->ttl_ms : 1);
	}
	if (!weir__redis_run_send(&run, 1, 0))
		return WEIR_ERR_CACHE;
	done = run.replies[0].type == WEIR__REPLY_STATUS;
	weir__redis_run_end(&run, !done && run.replies[0].type != WEIR__REPLY_ERROR);
	return done ? WEIR_OK : WEIR_ERR_CACHE;
}

/* ---- Scripts ------------------------------------------------------------------------------------------------------- */

/* The beginning of a script call: count keys and arguments follow. */
static void begin_script(weir__redis_connection *connection, const weir__redis_script *script, bool by_text,
                         size_t keys, size_t arguments)
{
	weir__redis_command(connection, 3 + keys + arguments);
	weir__redis_argument_text(connection, by_text ? "EVAL" : "EVALSHA");
	weir__redis_argument_text(connection, by_text ? script->text : script->sha);
	weir__redis_argument_number(connection, (int64_t)keys);
}

/* One script over many keys, in calls of at most SCRIPT_KEYS of them. */
typedef struct script_work {
	const weir__redis_script *script;
	const void               *items;
	size_t                    count;
	const weir_cache_call    *call;
	bool                      once; /* no call may have its effect twice */
	/* Appends a call for items from first on. */
	void (*append)(weir__redis_connection *connection, const struct script_work *work, size_t first, size_t count,
	               bool by_text);
	size_t bare; /* touches behind the items, which need no script: their keys are deleted, and that is told */
} script_work;

static void append_call(weir__redis_connection *connection, const script_work *work, size_t number, bool by_text)
{
	size_t first = number * SCRIPT_KEYS;
	size_t left = work->count - first;

	work->append(connection, work, first, left < SCRIPT_KEYS ? left : SCRIPT_KEYS, by_text);
}

/* Adds up what count calls returned; *sum becomes -1 when one failed. False: some reply is none that a script has. */
static bool add_up(const weir__redis_run *run, size_t first, size_t count, long long *sum)
{
	bool understood = true;

	for (size_t i = first; i < first + count; i++) {
		const weir__reply *reply = &run->replies[i];

		if (reply->type == WEIR__REPLY_INTEGER && *sum >= 0)
			*sum += reply->integer;
		else if (reply->type != WEIR__REPLY_INTEGER)
			*sum = -1;
		understood = understood && (reply->type == WEIR__REPLY_INTEGER || reply->type == WEIR__REPLY_ERROR);
	}
	return understood;
}

static bool is_no_script(const weir__redis_run *run, size_t i)
{
	return run->replies[i].type == WEIR__REPLY_ERROR &&
	       weir__redis_error_of(&run->replies[i], run->buffer) == WEIR__REDIS_ERROR_NO_SCRIPT;
}

static bool are_quiet(const weir_touch *touches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!touches[i].quiet)
			return false;
	return true;
}

static size_t append_bare_part(weir__redis_connection *connection, const char *verb, const weir_touch *touches,
                               size_t count, const weir_cache_call *call)
{
	weir__redis_command(connection, 1 + count);
	weir__redis_argument_text(connection, verb);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(connection, touches[i].key);
	if (call->channel.length == 0 || are_quiet(touches, count))
		return 1;
	weir__redis_command(connection, 3);
	weir__redis_argument_text(connection, "PUBLISH");
	weir__redis_argument(connection, call->channel.data, call->channel.length);
	weir__redis_argument_lines(connection, call->origin, touches, count);
	return 2;
}

/* More than a few are looked for first: that nothing is there costs Redis half of what it takes to delete nothing, and says as much,
 * since both are one step of the server's. Scripts before them have shown that it is one that may write. */
static bool looks_first(const script_work *work)
{
	return work->bare > SCRIPT_KEYS && work->count > 0;
}

/* A script gets and gives many strings slowly, for the server: four times as slowly as DEL and PUBLISH are. found: the replies to
 * EXISTS of the same parts; NULL: all. *commands grows by how many were appended. False: failed; the run has ended. */
static bool append_bare(weir__redis_run *run, const script_work *work, const weir__reply *found, size_t *commands)
{
	const weir_touch *at = (const weir_touch *)work->items + work->count;
	const char       *verb = looks_first(work) && !found ? "EXISTS" : "DEL";

	for (size_t left = work->bare, count; left > 0; left -= count, at += count) {
		count = left < SCRIPT_KEYS ? left : SCRIPT_KEYS;
		if (!found || found->integer != 0)
			*commands += append_bare_part(run->connection, verb, at, count, work->call);
		if (found)
			found += work->call->channel.length == 0 || are_quiet(at, count) ? 1 : 2;
		if (run->connection->request.length >= PIECE_BYTES && !weir__redis_run_push(run))
			return false;
	}
	return true;
}

/* As add_up, of answers that are numbers without meaning. */
static bool look_at_bare(const weir__redis_run *run, size_t first, size_t count, long long *sum)
{
	bool understood = true;

	for (size_t i = first; i < first + count; i++) {
		if (run->replies[i].type != WEIR__REPLY_INTEGER)
			*sum = -1;
		understood =
			understood && (run->replies[i].type == WEIR__REPLY_INTEGER || run->replies[i].type == WEIR__REPLY_ERROR);
	}
	return understood;
}

/* Answers that mean something end with one that no other command has: had one come twice, all behind it would be taken for others. */
static void append_end(weir__redis_connection *connection, uint64_t id)
{
	char text[NONCE_SIZE];

	weir__hex_write(id, sizeof text, text);
	weir__redis_command(connection, 2);
	weir__redis_argument_text(connection, "PING");
	weir__redis_argument(connection, text, sizeof text);
}

static bool is_end(const weir__redis_run *run, size_t i, uint64_t id)
{
	const weir__reply *reply = &run->replies[i];
	char               text[NONCE_SIZE];

	weir__hex_write(id, sizeof text, text);
	return reply->type == WEIR__REPLY_STRING && reply->length == sizeof text &&
	       memcmp(run->buffer->bytes + reply->offset, text, sizeof text) == 0;
}

/* Of a run: its scripts' calls, and the commands for what is bare. */
typedef struct script_run {
	weir__redis_run run;
	size_t          calls;
	size_t          bare;
	long long       sum; /* of what the calls returned; -1: something failed */
	bool            understood;
} script_run;

static bool send_first(script_run *r, const script_work *work)
{
	r->calls = (work->count + SCRIPT_KEYS - 1) / SCRIPT_KEYS;
	for (size_t i = 0; i < r->calls; i++)
		append_call(r->run.connection, work, i, false);
	if (!append_bare(&r->run, work, NULL, &r->bare))
		return false;
	if (looks_first(work))
		append_end(r->run.connection, work->call->id);
	if (!weir__redis_run_send(&r->run, r->calls + r->bare + looks_first(work), 0))
		return false;
	r->understood = look_at_bare(&r->run, r->calls, r->bare, &r->sum) &&
	                (!looks_first(work) || is_end(&r->run, r->calls + r->bare, work->call->id));
	return true;
}

/* Sends those calls once more by their text whose script was not known; what the others returned goes into the sum. Deletes what was found. */
static bool send_second(script_run *r, const script_work *work)
{
	const weir__reply *found = &r->run.replies[r->calls];
	size_t             unknown = 0, bare = 0;

	weir__buffer_clear(&r->run.connection->request);
	for (size_t i = 0; i < r->calls; i++) {
		if (is_no_script(&r->run, i)) {
			append_call(r->run.connection, work, i, true);
			unknown++;
		} else {
			r->understood = add_up(&r->run, i, 1, &r->sum) && r->understood;
		}
	}
	if (looks_first(work) && !append_bare(&r->run, work, found, &bare))
		return false;
	if (unknown + bare == 0)
		return true;
	weir__redis_run_again(&r->run);
	if (!weir__redis_run_send(&r->run, unknown + bare, 0))
		return false;
	r->understood = add_up(&r->run, 0, unknown, &r->sum) && r->understood;
	r->understood = look_at_bare(&r->run, unknown, bare, &r->sum) && r->understood;
	return true;
}

/* The sum of what the calls returned; -1: failed. */
static long long run_script(weir_cache_backend *self, const script_work *work)
{
	script_run r = { .sum = 0 };

	if (work->count + work->bare == 0)
		return 0;
	if (!weir__redis_run_begin(&r.run, pool_of(self), work->call->deadline_us))
		return -1;
	r.run.once = work->once;
	if (!send_first(&r, work))
		return -1;
	if (r.understood && (r.run.no_script || looks_first(work))) {
		if (!send_second(&r, work))
			return -1;
	} else {
		r.understood = add_up(&r.run, 0, r.calls, &r.sum) && r.understood;
	}
	weir__redis_run_end(&r.run, !r.understood);
	return r.understood ? r.sum : -1;
}

static void append_fill(weir__redis_connection *connection, const script_work *work, size_t first, size_t count,
                        bool by_text)
{
	const weir_cache_entry *entries = (const weir_cache_entry *)work->items + first;
	char                    lease[LEASE_SIZE] = "L";

	begin_script(connection, work->script, by_text, count, 3 * count);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(connection, entries[i].key);
	for (size_t i = 0; i < count; i++) {
		weir__hex_write(entries[i].token, LEASE_SIZE - 1, lease + 1);
		weir__redis_argument(connection, lease, sizeof lease);
		weir__redis_argument(connection, entries[i].value.data, entries[i].value.length);
		weir__redis_argument_number(connection, entries[i].ttl_ms < 0   ? -1
		                                        : entries[i].ttl_ms > 0 ? entries[i].ttl_ms
		                                                                : 1);
	}
}

static int fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
                size_t *filled)
{
	script_work work = { &weir__redis_script_fill, entries, count, call, false, append_fill, 0 };
	long long   sum = run_script(self, &work);

	*filled = sum > 0 ? (size_t)sum : 0;
	return sum >= 0 ? WEIR_OK : WEIR_ERR_CACHE;
}

static void append_channel(weir__redis_connection *connection, const weir_cache_call *call)
{
	weir__redis_argument(connection, call->channel.data, call->channel.length);
	weir__redis_argument(connection, call->origin.data, call->origin.length);
}

static void append_touched_keys(weir__redis_connection *connection, const weir_touch *touches, size_t count,
                                uint64_t nonce)
{
	char text[NONCE_SIZE];

	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(connection, touches[i].key);
	weir__hex_write(nonce, sizeof text, text);
	weir__redis_argument(connection, text, sizeof text);
}

static void append_guard(weir__redis_connection *connection, const script_work *work, size_t first, size_t count,
                         bool by_text)
{
	begin_script(connection, work->script, by_text, count, 4);
	append_touched_keys(connection, (const weir_touch *)work->items + first, count, work->call->id);
	weir__redis_argument_number(connection, work->call->ttl_ms);
	append_channel(connection, work->call);
}

static int guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	script_work work = { &weir__redis_script_guard, touches, count, call, false, append_guard, 0 };

	return run_script(self, &work) == (long long)count ? WEIR_OK : WEIR_ERR_CACHE;
}

static size_t trailing_bare(const weir_touch *touches, size_t count)
{
	size_t bare = 0;

	while (bare < count && touches[count - 1 - bare].bare && !touches[count - 1 - bare].stamp)
		bare++;
	return bare;
}

static void append_release(weir__redis_connection *connection, const script_work *work, size_t first, size_t count,
                           bool by_text)
{
	const weir_touch *touches = (const weir_touch *)work->items + first;
	char              stamp[WEIR__STAMP_SIZE];

	begin_script(connection, work->script, by_text, count, 4 + count);
	append_touched_keys(connection, touches, count, work->call->id);
	weir__redis_argument_number(connection, work->call->stamp_ttl_ms < 0 ? -1 : work->call->stamp_ttl_ms);
	append_channel(connection, work->call);
	for (size_t i = 0; i < count; i++) {
		weir__stamp_write(touches[i].stamp, stamp);
		weir__redis_argument(connection, stamp, touches[i].stamp ? sizeof stamp : 0);
	}
}

static int release(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	size_t      bare = trailing_bare(touches, count);
	script_work work = { &weir__redis_script_release, touches, count - bare, call, true, append_release, bare };

	return run_script(self, &work) == (long long)(count - bare) ? WEIR_OK : WEIR_ERR_CACHE;
}

static void append_remove(weir__redis_connection *connection, const script_work *work, size_t first, size_t count,
                          bool by_text)
{
	const weir_bytes *keys = (const weir_bytes *)work->items + first;

	begin_script(connection, work->script, by_text, count, 2);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument_key(connection, keys[i]);
	append_channel(connection, work->call);
}

/* Keys as SCAN found them, with their epoch. A flush says in one word that all is gone (near_space.h), not key by key. */
static void append_remove_found(weir__redis_connection *connection, const script_work *work, size_t first, size_t count,
                                bool by_text)
{
	const weir_bytes *keys = (const weir_bytes *)work->items + first;

	begin_script(connection, work->script, by_text, count, 2);
	for (size_t i = 0; i < count; i++)
		weir__redis_argument(connection, keys[i].data, keys[i].length);
	weir__redis_argument_text(connection, "");
	weir__redis_argument_text(connection, "");
}

static int remove_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	script_work work = { &weir__redis_script_remove, keys, count, call, false, append_remove, 0 };

	return run_script(self, &work) >= 0 ? WEIR_OK : WEIR_ERR_CACHE;
}

/* ---- lease --------------------------------------------------------------------------------------------------------- */

/* SET value NX GET: nil when it was set now, else what is there. */
static void append_set_if_nothing(weir__redis_connection *connection, weir_bytes key, weir_bytes value, int64_t ttl_ms)
{
	weir__redis_command(connection, ttl_ms < 0 ? 5 : 7);
	weir__redis_argument_text(connection, "SET");
	weir__redis_argument_key(connection, key);
	weir__redis_argument(connection, value.data, value.length);
	weir__redis_argument_text(connection, "NX");
	weir__redis_argument_text(connection, "GET");
	if (ttl_ms < 0)
		return;
	weir__redis_argument_text(connection, "PX");
	weir__redis_argument_number(connection, ttl_ms > 0 ? ttl_ms : 1);
}

static void append_want(weir__redis_connection *connection, const weir_cache_want *want, const weir_cache_call *call,
                        bool by_text)
{
	char text[LEASE_SIZE] = "L";

	if (want->stamp) {
		weir__stamp_write(want->stamp, text);
		append_set_if_nothing(connection, want->key, (weir_bytes){ text, WEIR__STAMP_SIZE }, call->stamp_ttl_ms);
		return;
	}
	weir__hex_write(call->id, LEASE_SIZE - 1, text + 1);
	if (want->seen.length == 0) {
		append_set_if_nothing(connection, want->key, (weir_bytes){ text, LEASE_SIZE }, call->ttl_ms);
		return;
	}
	begin_script(connection, &weir__redis_script_lease, by_text, 1, 3);
	weir__redis_argument_key(connection, want->key);
	weir__redis_argument(connection, text, LEASE_SIZE);
	weir__redis_argument_number(connection, call->ttl_ms);
	weir__redis_argument(connection, want->seen.data, want->seen.length);
}

/* What this very call left, before it was repeated with the texts of scripts that the server had forgotten, is its own. */
static bool is_own(const weir__reply *reply, const weir__reply_buffer *buffer, const weir_cache_want *want,
                   uint64_t token)
{
	char text[LEASE_SIZE] = "L";

	if (reply->type != WEIR__REPLY_STRING || reply->length != sizeof text)
		return false;
	if (want->stamp)
		weir__stamp_write(want->stamp, text);
	else
		weir__hex_write(token, LEASE_SIZE - 1, text + 1);
	return memcmp(buffer->bytes + reply->offset, text, sizeof text) == 0;
}

static bool read_wants(const weir__redis_run *run, const weir_cache_want *wants, size_t count, uint64_t token,
                       weir_cached *found)
{
	for (size_t i = 0; i < count; i++) {
		const weir__reply *reply = &run->replies[i];

		if (!weir__redis_cached_read(reply, run->buffer, &found[i])) {
			weir__redis_cached_release(found, i);
			return false;
		}
		if (reply->type == WEIR__REPLY_NIL || is_own(reply, run->buffer, &wants[i], token)) {
			weir__redis_cached_release(&found[i], 1);
			found[i].state = WEIR_CACHED_LEASED;
		}
	}
	return true;
}

static bool has_plain_error(const weir__redis_run *run, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (run->replies[i].type == WEIR__REPLY_ERROR &&
		    weir__redis_error_of(&run->replies[i], run->buffer) == WEIR__REDIS_ERROR_OTHER)
			return true;
	return false;
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	weir__redis_run run;
	bool            understood, refused;

	if (!weir__redis_run_begin(&run, pool_of(self), call->deadline_us))
		return WEIR_ERR_CACHE;
	run.once = true;
	for (int by_text = 0; by_text == 0 || (by_text == 1 && run.no_script); by_text++) {
		weir__redis_run_again(&run);
		weir__buffer_clear(&run.connection->request);
		for (size_t i = 0; i < count; i++)
			append_want(run.connection, &wants[i], call, by_text);
		if (!weir__redis_run_send(&run, count, 0))
			return WEIR_ERR_CACHE;
	}
	refused = has_plain_error(&run, count);
	understood = refused || read_wants(&run, wants, count, call->id, found);
	weir__redis_run_end(&run, !understood);
	return understood && !refused ? WEIR_OK : WEIR_ERR_CACHE;
}

/* ---- flush, is_up, life -------------------------------------------------------------------------------------------- */

static void append_escaped(weir__buffer *pattern, const char *text, size_t length)
{
	static const char special[] = { '*', '?', '[', ']', '\\', '^', '-' };

	for (size_t i = 0; i < length; i++) {
		if (memchr(special, text[i], sizeof special))
			weir__buffer_append_char(pattern, '\\');
		weir__buffer_append_char(pattern, text[i]);
	}
}

/* prefix* as a pattern, of any epoch: what earlier runs of the server have left goes as well. */
static void append_pattern(weir__buffer *pattern, weir_bytes prefix)
{
	size_t place = weir__redis_epoch_place(prefix);

	append_escaped(pattern, prefix.data, place);
	for (size_t i = 1; i < WEIR__EPOCH_SIZE; i++)
		weir__buffer_append_char(pattern, '?');
	weir__buffer_append_char(pattern, ':');
	append_escaped(pattern, prefix.data + place, prefix.length - place);
	weir__buffer_append_char(pattern, '*');
}

/* The reply of SCAN is an array of the cursor and an array of keys. */
static bool read_scan(const weir__redis_run *run, uint64_t *cursor, const weir__reply **keys, size_t *count)
{
	const weir__reply *replies = run->replies;
	uint64_t           next = 0;

	if (replies[0].type != WEIR__REPLY_ARRAY || replies[0].length != 2 || replies[1].type != WEIR__REPLY_STRING ||
	    replies[2].type != WEIR__REPLY_ARRAY || replies[1].length == 0 || replies[1].length > 20)
		return false;
	for (size_t i = 0; i < replies[1].length; i++) {
		char digit = run->buffer->bytes[replies[1].offset + i];

		if (digit < '0' || digit > '9')
			return false;
		next = next * 10 + (uint64_t)(digit - '0');
	}
	for (size_t i = 0; i < replies[2].length; i++)
		if (replies[3 + i].type != WEIR__REPLY_STRING)
			return false;
	*cursor = next;
	*keys = &replies[3];
	*count = replies[2].length;
	return true;
}

static int remove_scanned(weir_cache_backend *self, const weir__redis_run *run, const weir__reply *replies,
                          size_t count, const weir_cache_call *call)
{
	weir_bytes *keys = weir__malloc(count * sizeof *keys);
	script_work work = { &weir__redis_script_remove, keys, count, call, false, append_remove_found, 0 };
	long long   removed;

	if (!keys)
		return WEIR_ERR_CACHE;
	for (size_t i = 0; i < count; i++)
		keys[i] = (weir_bytes){ run->buffer->bytes + replies[i].offset, replies[i].length };
	removed = run_script(self, &work);
	weir__free(keys);
	return removed >= 0 ? WEIR_OK : WEIR_ERR_CACHE;
}

/* A cursor is an unsigned number of 64 bits. */
static size_t write_cursor(uint64_t cursor, char text[24])
{
	return (size_t)snprintf(text, 24, "%llu", (unsigned long long)cursor);
}

static int flush_step(weir_cache_backend *self, const weir__buffer *pattern, uint64_t *cursor,
                      const weir_cache_call *call)
{
	weir__redis_run    run;
	const weir__reply *keys = NULL;
	size_t             count = 0;
	bool               understood;
	char               text[24];
	int                rc;

	if (!weir__redis_run_begin(&run, pool_of(self), call->deadline_us))
		return WEIR_ERR_CACHE;
	weir__redis_command(run.connection, 6);
	weir__redis_argument_text(run.connection, "SCAN");
	weir__redis_argument(run.connection, text, write_cursor(*cursor, text));
	weir__redis_argument_text(run.connection, "MATCH");
	weir__redis_argument(run.connection, pattern->data, pattern->length);
	weir__redis_argument_text(run.connection, "COUNT");
	weir__redis_argument_number(run.connection, SCAN_COUNT);
	if (!weir__redis_run_send(&run, 1, SCAN_MOST))
		return WEIR_ERR_CACHE;
	understood = read_scan(&run, cursor, &keys, &count);
	rc = understood ? remove_scanned(self, &run, keys, count, call) : WEIR_ERR_CACHE;
	weir__redis_run_end(&run, !understood);
	return rc;
}

/* Steps are begun in the first half of the time only, so that the last one ends within it. */
static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	int64_t      half_us = weir__now_us() + (call->deadline_us - weir__now_us()) / 2;
	weir__buffer pattern = WEIR__BUFFER_INIT;
	int          rc = WEIR_ERR_CACHE;

	append_pattern(&pattern, prefix);
	if (!pattern.failed)
		do
			rc = flush_step(self, &pattern, cursor, call);
		while (rc == WEIR_OK && *cursor != 0 && weir__now_us() < half_us);
	weir__buffer_release(&pattern);
	return rc;
}

static bool is_up(weir_cache_backend *self)
{
	weir__redis_run run;
	bool            up;

	if (!weir__redis_run_begin(&run, pool_of(self), weir__deadline_in_ms(IS_UP_MS)))
		return false;
	weir__redis_command(run.connection, 1);
	weir__redis_argument_text(run.connection, "PING");
	if (!weir__redis_run_send(&run, 1, 0))
		return false;
	up = run.replies[0].type == WEIR__REPLY_STATUS;
	weir__redis_run_end(&run, !up);
	return up;
}

static int watch(weir_cache_backend *self, const weir_cache_watch *told, void **handle)
{
	weir__redis_subscriber *started = NULL;
	int                     rc = weir__redis_subscriber_start(weir__redis_pool_url(pool_of(self)), told, &started);

	*handle = started;
	return rc;
}

static void close_redis(weir_cache_backend *self)
{
	weir__redis_gets_free(((redis *)(void *)self)->gets);
	weir__redis_pool_free(pool_of(self));
	weir__free(self);
}

int weir__cache_backend_redis(const char *url, const weir__logger *logger, weir_cache_backend **backend,
                              weir_error *err)
{
	weir__redis_url parsed;
	redis          *made;
	int             rc = weir__redis_url_parse(url, &parsed, err);

	if (rc < 0)
		return rc;
	made = weir__calloc(1, sizeof *made);
	rc = made ? weir__redis_pool_create(&parsed, logger, &made->pool, err) : weir__error_no_memory(err);
	if (rc < 0) {
		weir__redis_url_release(&parsed);
		weir__free(made);
		return rc;
	}
	made->gets = weir__redis_gets_create(made->pool);
	if (!made->gets) {
		weir__redis_pool_free(made->pool);
		weir__free(made);
		return weir__error_no_memory(err);
	}
	made->backend = (weir_cache_backend){
		.name = "redis",
		.get_many = get_many,
		.lease = lease,
		.fill = fill,
		.guard = guard,
		.release = release,
		.set = set,
		.remove = remove_many,
		.flush = flush,
		.is_up = is_up,
		.close = close_redis,
		.watch = watch,
		.unwatch = weir__redis_subscriber_stop,
		.place = weir__redis_pool_place(made->pool),
	};
	*backend = &made->backend;
	return WEIR_OK;
}
