/* redis.c: the rules of <weir/sys/cache_backend.h> on a dictionary, plainly. A command is put together, waits for its
 * turn, and is then done key by key; fills are sent without waiting, as the real backend does, and arrive when they
 * arrive. What a command's faults are is decided in world.c. */
#include "redis.h"

#include "base.h"
#include "database.h"
#include "mistakes.h"
#include "oracle.h"
#include "world.h"

#include "base/memory.h"
#include "cache/envelope.h"
#include "cache/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 40, KEY_MOST = 280, VALUE_MOST = 1200, MEMBERS = 8, PIECES = 24, MESSAGES = 24, BYTES = 8192 };

typedef enum kind { NOTHING, VALUE, LEASE, GUARD } kind;

typedef struct member {
	uint64_t nonce;
	int64_t  expires_us;
} member;

typedef struct entry {
	kind   holds;
	int    epoch; /* of the server, a part of the key: the real backend asks each connection for the server's run id */
	size_t key_length, length;
	uint64_t token;
	int64_t  expires_us;
	int      member_count;
	member   members[MEMBERS];
	char     key[KEY_MOST];
	char     value[VALUE_MOST];
} entry;

typedef struct dictionary {
	int   count;
	int   epoch;
	entry entries[ENTRIES];
} dictionary;

typedef enum verb { GET_MANY, TAKE_LEASES, FILL, PLACE_GUARDS, RELEASE, SET, REMOVE } verb;

typedef struct piece {
	weir_bytes key, value, seen;
	uint64_t   stamp, token;
	int64_t    ttl_ms;
} piece;

typedef struct command {
	verb            what;
	int             process;
	weir_cache_call call;
	size_t          count;
	piece           pieces[PIECES];
} command;

/* A command on its way, with copies of all that it points to. */
typedef struct message {
	command command;
	size_t  used;
	char    bytes[BYTES];
} message;

typedef struct simulated {
	weir_cache_backend backend;
	int                process;
} simulated;

static dictionary server, snapshot;
static message    under_way[MESSAGES];
static int        under_way_count;
static simulated  backends[PROCESSES];

static const char *const verbs[] = { "GET", "LEASE", "FILL", "GUARD", "RELEASE", "SET", "REMOVE" };
static const char *const kinds[] = { "nothing", "a value", "a lease", "a guard" };

/* ---- The dictionary ---------------------------------------------------------------------------------------------- */

/* A guard goes. That is a loss if what it stands for has not been decided. */
static void lose(const entry *e)
{
	for (int i = 0; e->holds == GUARD && i < e->member_count; i++)
		database_lost_guard(e->members[i].nonce);
}

static void expire(entry *e)
{
	int kept = 0;

	if (e->holds == GUARD) {
		for (int i = 0; i < e->member_count; i++) {
			if (e->members[i].expires_us > base_now_us)
				e->members[kept++] = e->members[i];
			else
				database_lost_guard(e->members[i].nonce);
		}
		e->member_count = kept;
		if (kept == 0)
			e->holds = NOTHING;
	} else if (e->expires_us <= base_now_us) {
		e->holds = NOTHING;
	}
}

static entry *find(weir_bytes key)
{
	entry *free_one = NULL;

	for (int i = 0; i < server.count; i++) {
		entry *e = &server.entries[i];

		if (e->epoch == server.epoch && e->key_length == key.length && memcmp(e->key, key.data, key.length) == 0) {
			expire(e);
			return e;
		}
		if (e->holds == NOTHING && !free_one)
			free_one = e;
	}
	if (!free_one && server.count < ENTRIES)
		free_one = &server.entries[server.count++];
	if (!free_one || key.length > KEY_MOST) {
		fprintf(stderr, "sim: too many keys, or one too long\n");
		exit(2);
	}
	free_one->holds = NOTHING;
	free_one->epoch = server.epoch;
	free_one->key_length = key.length;
	memcpy(free_one->key, key.data, key.length);
	return free_one;
}

static int64_t expiry(int64_t ttl_ms)
{
	return ttl_ms < 0 ? INT64_MAX : base_now_us + ttl_ms * 1000;
}

static void store(entry *e, weir_bytes value, int64_t ttl_ms)
{
	if (value.length > VALUE_MOST) {
		fprintf(stderr, "sim: a value of %zu bytes\n", value.length);
		exit(2);
	}
	e->holds = VALUE;
	e->length = value.length;
	e->expires_us = expiry(ttl_ms);
	memcpy(e->value, value.data, value.length);
}

static uint64_t stamp_of(const entry *e)
{
	uint64_t stamp = 0;

	if (e->holds == VALUE)
		(void)weir__stamp_read((weir_bytes){ e->value, e->length }, &stamp);
	return stamp;
}

static void store_stamp(entry *e, uint64_t stamp, const weir_cache_call *call)
{
	char text[WEIR__STAMP_SIZE];

	weir__stamp_write(stamp, text);
	store(e, (weir_bytes){ text, sizeof text }, call->stamp_ttl_ms);
}

/* ---- What commands do to one key ----------------------------------------------------------------------------------- */

static void show(const entry *e, weir_cached *found)
{
	static const weir_cached_state states[] = { WEIR_CACHED_NOTHING, WEIR_CACHED_VALUE, WEIR_CACHED_LEASE,
		                                        WEIR_CACHED_GUARD };

	*found = (weir_cached){ .state = states[e->holds] };
	if (e->holds == VALUE) {
		char *copy = weir__malloc(e->length);

		memcpy(copy, e->value, e->length);
		found->value = (weir_bytes){ copy, e->length };
	}
}

static bool is_seen(const entry *e, weir_bytes seen)
{
	return e->holds == VALUE && seen.length > 0 && e->length >= seen.length &&
	       memcmp(e->value, seen.data, seen.length) == 0;
}

static void take_lease(entry *e, const command *c, const piece *p, weir_cached *found)
{
	bool granted = e->holds == NOTHING || is_seen(e, p->seen) || (mistaken == LEASE_OVER_GUARD && e->holds == GUARD);

	if (!granted || (mistaken == LEASE_OVER_GUARD && p->stamp && e->holds == GUARD)) {
		show(e, found);
		return;
	}
	*found = (weir_cached){ .state = WEIR_CACHED_LEASED };
	if (p->stamp) {
		store_stamp(e, mistaken == COUNTER_STAMPS ? 1 : p->stamp, &c->call);
		if (mistaken == COUNTER_STAMPS)
			show(e, found);
		return;
	}
	e->holds = mistaken == NO_LEASE ? NOTHING : LEASE;
	e->token = mistaken == TOKEN_REUSED ? (uint64_t)c->process : c->call.id;
	e->expires_us = expiry(c->call.ttl_ms);
}

static void fill(entry *e, const command *c, const piece *p)
{
	uint64_t token = mistaken == TOKEN_REUSED ? (uint64_t)c->process : p->token;
	bool     stands = e->holds == LEASE && e->token == token;

	if (mistaken == NO_LEASE)
		stands = e->holds == NOTHING;
	if (mistaken == FILL_ANYWAY)
		stands = true;
	if (!stands)
		return;
	if (p->value.length > 0)
		store(e, p->value, p->ttl_ms);
	else
		e->holds = NOTHING;
}

static uint64_t nonce_of(const command *c)
{
	return mistaken == NONCE_REUSED ? (uint64_t)c->process + 1 : c->call.id;
}

static void forget_member(entry *e, uint64_t nonce)
{
	int kept = 0;

	for (int i = 0; i < e->member_count; i++)
		if (e->members[i].nonce != nonce)
			e->members[kept++] = e->members[i];
	e->member_count = kept;
}

static void guard(entry *e, const command *c)
{
	if (mistaken == NO_GUARD || (mistaken == GUARD_SPARES_LEASE && e->holds == LEASE))
		return;
	if (e->holds != GUARD || mistaken == GUARD_WITHOUT_MEMBERS)
		e->member_count = 0;
	e->holds = GUARD;
	forget_member(e, nonce_of(c));
	if (e->member_count == MEMBERS) {
		fprintf(stderr, "sim: too many guards\n");
		exit(2);
	}
	e->members[e->member_count++] = (member){ nonce_of(c), expiry(c->call.ttl_ms) };
}

static void release(entry *e, const command *c, const piece *p)
{
	if (e->holds == GUARD) {
		int before = e->member_count;

		forget_member(e, nonce_of(c));
		if (mistaken == RELEASE_OWN_ONLY && before == e->member_count)
			return;
		if (e->member_count > 0 && mistaken != RELEASE_ENDS_ALL)
			return;
	} else if (mistaken == RELEASE_OWN_ONLY) {
		return;
	}
	if (p->stamp)
		store_stamp(e, mistaken == COUNTER_STAMPS ? stamp_of(e) + 1 : p->stamp, &c->call);
	else
		e->holds = NOTHING;
}

static void do_piece(const command *c, const piece *p, weir_cached *found)
{
	entry *e = find(p->key);
	kind   before = e->holds;

	trace("    %s %.*s, which held %s", verbs[c->what], (int)p->key.length, p->key.data, kinds[e->holds]);
	switch (c->what) {
	case GET_MANY:
		show(e, found);
		break;
	case TAKE_LEASES:
		take_lease(e, c, p, found);
		break;
	case FILL:
		fill(e, c, p);
		break;
	case PLACE_GUARDS:
		guard(e, c);
		break;
	case RELEASE:
		release(e, c, p);
		break;
	case SET:
		store(e, p->value, p->ttl_ms);
		break;
	case REMOVE:
		if (e->holds != GUARD)
			e->holds = NOTHING;
		break;
	}
	if (e->holds != before)
		trace("      and now holds %s", kinds[e->holds]);
}

/* ---- Commands ------------------------------------------------------------------------------------------------------ */

static bool ends_with(weir_bytes key, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= key.length; i++)
		if (memcmp(key.data + i, part, length) == 0)
			return true;
	return false;
}

static bool is_forgotten(weir_bytes key)
{
	return (mistaken == NO_ANY && ends_with(key, ":s:any")) || (mistaken == NO_GROUP && ends_with(key, ":s:grp:")) ||
	       (mistaken == NO_BULK && ends_with(key, ":s:bulk"));
}

/* Lists' stamps that are not there become those that the list carries. */
static void make_up_stamps(const command *c, weir_cached *found)
{
	weir__envelope list;

	if (c->count < 2 || found[0].state != WEIR_CACHED_VALUE || !weir__envelope_read(found[0].value, &list) ||
	    list.stamp_count != c->count - 1)
		return;
	for (size_t i = 0; i < list.stamp_count; i++) {
		char *text = weir__malloc(WEIR__STAMP_SIZE);

		if (found[i + 1].state != WEIR_CACHED_NOTHING)
			continue;
		weir__stamp_write(list.stamps[i], text);
		found[i + 1] = (weir_cached){ .state = WEIR_CACHED_VALUE, .value = { text, WEIR__STAMP_SIZE } };
	}
}

static void carry_out(const command *c, weir_cached *found, bool may_split)
{
	for (size_t i = 0; i < c->count; i++) {
		if (i > 0 && may_split && w.split)
			world_step();
		if ((c->what == PLACE_GUARDS || c->what == RELEASE) && is_forgotten(c->pieces[i].key))
			continue;
		do_piece(c, &c->pieces[i], found ? &found[i] : NULL);
	}
	if (c->what == RELEASE)
		oracle_released(c->call.id);
	if (c->what == GET_MANY && mistaken == ABSENT_STAMP_IS_VALID)
		make_up_stamps(c, found);
}

static weir_bytes copy(message *m, weir_bytes from)
{
	char *to = m->bytes + m->used;

	if (BYTES - m->used < from.length) {
		fprintf(stderr, "sim: a command is too long\n");
		exit(2);
	}
	if (from.length > 0)
		memcpy(to, from.data, from.length);
	m->used += from.length;
	return (weir_bytes){ to, from.length };
}

static void write_message(message *m, const command *c)
{
	m->command.what = c->what;
	m->command.process = c->process;
	m->command.call = c->call;
	m->command.count = c->count;
	m->used = 0;
	for (size_t i = 0; i < c->count; i++) {
		m->command.pieces[i] = c->pieces[i];
		m->command.pieces[i].key = copy(m, c->pieces[i].key);
		m->command.pieces[i].value = copy(m, c->pieces[i].value);
		m->command.pieces[i].seen = weir__bytes(NULL, 0);
	}
}

/* It arrives some time later, or never. */
static void send_off(const command *c)
{
	if (under_way_count < MESSAGES)
		write_message(&under_way[under_way_count++], c);
}

int redis_under_way(void)
{
	return under_way_count;
}

void redis_deliver(int which)
{
	static weir_cached nobody[PIECES];
	const command     *c = &under_way[which].command;

	trace("a %s of process %d arrives", verbs[c->what], c->process);
	carry_out(c, nobody, false);
	if (which < --under_way_count)
		write_message(&under_way[which], &under_way[under_way_count].command);
}

static int done(const command *c, int rc)
{
	if (c->what == PLACE_GUARDS && rc < 0) {
		trace("    the guards could not be placed");
		if (mistaken != BLIND)
			database_unguarded();
	}
	return mistaken == BLIND && (c->what == PLACE_GUARDS || c->what == RELEASE) ? WEIR_OK : rc;
}

static int perform(const command *c, weir_cached *found)
{
	fault f;

	world_step();
	trace("%s: %s", w.now->name, verbs[c->what]);
	if (w.cut[c->process] || c->call.deadline_us < base_now_us)
		return done(c, WEIR_ERR_CACHE);
	f = world_fault(LOSE_REQUESTS | LOSE_REPLIES | DELAY_REQUESTS);
	if (f == DELAY_REQUESTS)
		send_off(c);
	if (f == DELAY_REQUESTS || f == LOSE_REQUESTS)
		return done(c, WEIR_ERR_CACHE);
	carry_out(c, found, true);
	if (f != LOSE_REPLIES)
		return WEIR_OK;
	for (size_t i = 0; found && i < c->count; i++)
		found[i] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	return done(c, WEIR_ERR_CACHE);
}

/* ---- The backend --------------------------------------------------------------------------------------------------- */

static void check_count(size_t count)
{
	if (count > PIECES) {
		fprintf(stderr, "sim: a command of %zu keys\n", count);
		exit(2);
	}
}

#define COMMAND(self, verb_, count_, call_)                                                                            \
	command c;                                                                                                         \
	check_count(count_);                                                                                               \
	c.what = verb_;                                                                                                    \
	c.process = ((simulated *)(void *)(self))->process;                                                                \
	c.count = count_;                                                                                                  \
	c.call = *(call_)

static int get_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                    weir_cached *found)
{
	COMMAND(self, GET_MANY, count, call);

	for (size_t i = 0; i < count; i++)
		c.pieces[i] = (piece){ .key = keys[i] };
	return perform(&c, found);
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	COMMAND(self, TAKE_LEASES, count, call);

	for (size_t i = 0; i < count; i++)
		c.pieces[i] = (piece){ .key = wants[i].key, .seen = wants[i].seen, .stamp = wants[i].stamp };
	return perform(&c, found);
}

static int fill_many(weir_cache_backend *self, const weir_cache_entry *entries, size_t count,
                     const weir_cache_call *call, size_t *filled)
{
	COMMAND(self, FILL, count, call);

	*filled = count;
	for (size_t i = 0; i < count; i++)
		c.pieces[i] = (piece){
			.key = entries[i].key, .value = entries[i].value, .token = entries[i].token, .ttl_ms = entries[i].ttl_ms
		};
	if (w.cut[c.process])
		return WEIR_ERR_CACHE;
	trace("%s: sends a FILL", w.now->name);
	send_off(&c);
	return WEIR_OK;
}

static void take_touches(command *c, const weir_touch *touches)
{
	for (size_t i = 0; i < c->count; i++)
		c->pieces[i] = (piece){ .key = touches[i].key, .stamp = touches[i].stamp };
}

static int guard_many(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc;
	COMMAND(self, PLACE_GUARDS, count, call);

	take_touches(&c, touches);
	database_guarding(nonce_of(&c), c.call.id);
	rc = perform(&c, NULL);
	if (rc == WEIR_OK && mistaken == RELEASE_BEFORE_COMMIT) {
		c.what = RELEASE;
		carry_out(&c, NULL, false);
	}
	return rc;
}

static int release_many(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc;
	COMMAND(self, RELEASE, count, call);

	take_touches(&c, touches);
	if (mistaken == RELEASE_BEFORE_COMMIT)
		return WEIR_OK;
	if (mistaken == EARLY_ANSWER)
		send_off(&c);
	rc = mistaken == EARLY_ANSWER ? WEIR_OK : perform(&c, NULL);
	if (rc == WEIR_OK)
		oracle_released(c.call.id);
	if (mistaken == SAME_STAMPS_TWICE)
		send_off(&c);
	return rc;
}

static int set(weir_cache_backend *self, const weir_cache_entry *value, const weir_cache_call *call)
{
	COMMAND(self, SET, 1, call);

	c.pieces[0] = (piece){ .key = value->key, .value = value->value, .ttl_ms = value->ttl_ms };
	return perform(&c, NULL);
}

static int remove_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	COMMAND(self, REMOVE, count, call);

	for (size_t i = 0; i < count; i++)
		c.pieces[i] = (piece){ .key = keys[i] };
	return perform(&c, NULL);
}

static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	(void)self, (void)call;
	world_step();
	*cursor = 0;
	for (int i = 0; i < server.count; i++) {
		entry *e = &server.entries[i];

		if (mistaken != NO_FLUSH && e->holds != GUARD && e->key_length >= prefix.length &&
		    memcmp(e->key, prefix.data, prefix.length) == 0)
			e->holds = NOTHING;
	}
	return WEIR_OK;
}

static bool is_up(weir_cache_backend *self)
{
	return !w.cut[((simulated *)(void *)self)->process];
}

static void close_backend(weir_cache_backend *self)
{
	(void)self;
}

weir_cache_backend *redis_backend(int process)
{
	backends[process] = (simulated){
		.backend = { .name = "simulated",
		             .get_many = get_many,
		             .lease = lease,
		             .fill = fill_many,
		             .guard = guard_many,
		             .release = release_many,
		             .set = set,
		             .remove = remove_many,
		             .flush = flush,
		             .is_up = is_up,
		             .close = close_backend },
		.process = process,
	};
	return &backends[process].backend;
}

/* ---- Faults -------------------------------------------------------------------------------------------------------- */

void redis_begin(void)
{
	server.count = snapshot.count = under_way_count = 0;
	server.epoch = 0;
}

void redis_flush(void)
{
	for (int i = 0; i < server.count; i++)
		lose(&server.entries[i]);
	server.count = 0;
}

void redis_evict(void)
{
	int held[ENTRIES], count = 0;

	for (int i = 0; i < server.count; i++)
		if (server.entries[i].holds != NOTHING)
			held[count++] = i;
	if (count == 0)
		return;
	count = held[choose(count)];
	trace("  of %.*s", (int)server.entries[count].key_length, server.entries[count].key);
	lose(&server.entries[count]);
	server.entries[count].holds = NOTHING;
}

void redis_expire_leases(void)
{
	for (int i = 0; i < server.count; i++)
		if (server.entries[i].holds == LEASE)
			server.entries[i].holds = NOTHING;
}

void redis_expire_due(void)
{
	for (int i = 0; i < server.count; i++)
		expire(&server.entries[i]);
}

void redis_save(void)
{
	memcpy(&snapshot, &server, offsetof(dictionary, entries) + (size_t)server.count * sizeof(entry));
}

/* What was sent to the server of before does not reach this one. */
void redis_restart(void)
{
	int epoch = server.epoch + (mistaken != NO_EPOCH);

	for (int i = 0; i < server.count; i++)
		lose(&server.entries[i]);
	memcpy(&server, &snapshot, offsetof(dictionary, entries) + (size_t)snapshot.count * sizeof(entry));
	server.epoch = epoch;
	under_way_count = 0;
}
