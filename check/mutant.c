/* mutant.c: the mistakes. An operation that is not mentioned goes to the Redis backend as it is. */
#include "mutant.h"

#include "history.h"

#include "base/clock.h"
#include "cache/envelope.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct mutated {
	weir_cache_backend  backend;
	weir_cache_backend *inner;
} mutated;

enum { LATER_MS = 50, LATER_KEYS = 64, LATER_KEY_SIZE = 128 };

const mutant mutants[] = {
	{ "no_lease", "fills without having asked for a lease", "none", 0 },
	{ "fill_anyway", "fills although the lease is gone", "none", 0 },
	{ "no_guard", "does not guard before COMMIT", "none", 0 },
	{ "no_members", "a release ends the guards of others", "none", 6 },
	{ "own_guard_only", "releases only where its own guard still stands", "flush", 6 },
	{ "early_answer", "acknowledges before the release", "flush", 6 },
	{ "repeating_stamps", "stamps that come again, as counters do after an eviction", "none", 0 },
	{ "absent_stamp", "takes a list for valid whose stamp is not there", "evict,flush", 0 },
	{ "same_stamp_twice", "repeats a release with the same stamps", "none", 0 },
	{ "forgotten_group", "leaves the stamps of groups alone", "none", 0 },
	{ "forgotten_owner", "leaves the stamp of a row's old group alone", "none", 0 },
	{ "forgotten_any", "leaves the stamp of all other lists alone", "none", 0 },
	{ "deaf", "does not hear what changes, with near caches", "none", 0 },
	{ "unheard", "no triggers, and a watermark all the same", "none", 0 },
	{ "no_relay", "rows of the outbox that nobody applies", "orphan", 0 },
	{ "blind", "takes guards and releases that failed for done", "close", 0 },
};

const size_t mutant_count = sizeof mutants / sizeof mutants[0];

const mutant *mutant_find(const char *name)
{
	for (size_t i = 0; i < mutant_count; i++)
		if (strcmp(mutants[i].name, name) == 0)
			return &mutants[i];
	return NULL;
}

static weir_cache_backend *inner_of(weir_cache_backend *self)
{
	return ((mutated *)(void *)self)->inner;
}

/* ---- The right way ----------------------------------------------------------------------------------------------- */

static int get_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                    weir_cached *found)
{
	return inner_of(self)->get_many(inner_of(self), keys, count, call, found);
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	return inner_of(self)->lease(inner_of(self), wants, count, call, found);
}

static int fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
                size_t *filled)
{
	return inner_of(self)->fill(inner_of(self), entries, count, call, filled);
}

static int guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	return inner_of(self)->guard(inner_of(self), touches, count, call);
}

static int release(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	return inner_of(self)->release(inner_of(self), touches, count, call);
}

static int set(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	return inner_of(self)->set(inner_of(self), entry, call);
}

static int remove_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	return inner_of(self)->remove(inner_of(self), keys, count, call);
}

static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	return inner_of(self)->flush(inner_of(self), prefix, cursor, call);
}

static bool is_up(weir_cache_backend *self)
{
	return inner_of(self)->is_up(inner_of(self));
}

static void close_both(weir_cache_backend *self)
{
	inner_of(self)->close(inner_of(self));
	free(self);
}

/* ---- Fills ------------------------------------------------------------------------------------------------------- */

static int fill_anyway(weir_cache_backend *self, const weir_cache_entry *entries, size_t count,
                       const weir_cache_call *call, size_t *filled)
{
	*filled = 0;
	for (size_t i = 0; i < count; i++)
		if (entries[i].value.length > 0 && set(self, &entries[i], call) == WEIR_OK)
			++*filled;
	return WEIR_OK;
}

/* Where there is nothing the caller is told that the lease is its own. */
static int lease_nothing(weir_cache_backend *self, const weir_cache_want *wants, size_t count,
                         const weir_cache_call *call, weir_cached *found)
{
	for (size_t i = 0; i < count; i++) {
		int rc = wants[i].stamp ? lease(self, &wants[i], 1, call, &found[i])
		                        : get_many(self, &wants[i].key, 1, call, &found[i]);

		if (rc < 0)
			return rc;
		if (found[i].state == WEIR_CACHED_VALUE && !wants[i].stamp && wants[i].seen.length > 0) {
			found[i].release(found[i].owner);
			found[i] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
		}
		if (found[i].state == WEIR_CACHED_NOTHING)
			found[i].state = WEIR_CACHED_LEASED;
	}
	return WEIR_OK;
}

/* ---- Guards and releases ----------------------------------------------------------------------------------------- */

static int guard_nothing(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	(void)self, (void)touches, (void)count, (void)call;
	return WEIR_OK;
}

static int guard_blindly(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	(void)guard(self, touches, count, call);
	return WEIR_OK;
}

static int release_blindly(weir_cache_backend *self, const weir_touch *touches, size_t count,
                           const weir_cache_call *call)
{
	(void)release(self, touches, count, call);
	return WEIR_OK;
}

static int release_all(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc = release(self, touches, count, call);

	for (size_t i = 0; rc == WEIR_OK && i < count; i++) {
		char             text[WEIR__STAMP_SIZE];
		weir_cache_entry entry = { .key = touches[i].key,
			                       .value = { text, sizeof text },
			                       .ttl_ms = call->stamp_ttl_ms };

		if (!touches[i].stamp)
			continue;
		weir__stamp_write(touches[i].stamp, text);
		rc = set(self, &entry, call);
	}
	return rc;
}

static int release_own(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc == WEIR_OK && i < count; i++) {
		weir_cached found = { .state = WEIR_CACHED_NOTHING };

		rc = get_many(self, &touches[i].key, 1, call, &found);
		if (found.release)
			found.release(found.owner);
		if (rc == WEIR_OK && found.state == WEIR_CACHED_GUARD)
			rc = release(self, &touches[i], 1, call);
	}
	return rc;
}

/* A release that another thread makes some time later. */
typedef struct later {
	weir_cache_backend *self;
	weir_touch          touches[LATER_KEYS];
	char                keys[LATER_KEYS][LATER_KEY_SIZE];
	size_t              count;
	weir_cache_call     call;
} later;

static void *do_later(void *argument)
{
	later *l = argument;

	pause_ms(LATER_MS);
	l->call.deadline_us = weir__deadline_in_ms(50);
	(void)release(l->self, l->touches, l->count, &l->call);
	free(l);
	return NULL;
}

static int release_later(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	later    *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (!l || count > LATER_KEYS)
		abort();
	l->self = self;
	l->count = count;
	l->call = *call;
	for (size_t i = 0; i < count; i++) {
		if (touches[i].key.length > LATER_KEY_SIZE)
			abort();
		memcpy(l->keys[i], touches[i].key.data, touches[i].key.length);
		l->touches[i] = touches[i];
		l->touches[i].key.data = l->keys[i];
	}
	if (pthread_create(&thread, NULL, do_later, l) != 0)
		abort();
	pthread_detach(thread);
	return WEIR_OK;
}

static int release_twice(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc = release(self, touches, count, call);

	(void)release_later(self, touches, count, call);
	return rc;
}

/* ---- Stamps ------------------------------------------------------------------------------------------------------ */

static uint64_t few(uint64_t stamp)
{
	return stamp ? 1 + stamp % 3 : 0;
}

static int lease_few(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                     weir_cached *found)
{
	weir_cache_want *changed = calloc(count, sizeof *changed);
	int              rc;

	if (!changed)
		abort();
	for (size_t i = 0; i < count; i++) {
		changed[i] = wants[i];
		changed[i].stamp = few(wants[i].stamp);
	}
	rc = lease(self, changed, count, call, found);
	/* what was set now is read again, since the caller does not know it */
	for (size_t i = 0; rc == WEIR_OK && i < count; i++)
		if (wants[i].stamp && found[i].state == WEIR_CACHED_LEASED)
			rc = get_many(self, &wants[i].key, 1, call, &found[i]);
	free(changed);
	return rc;
}

typedef int (*touching)(weir_cache_backend *, const weir_touch *, size_t, const weir_cache_call *);

static int release_few(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	weir_touch *changed = calloc(count, sizeof *changed);
	int         rc;

	if (!changed)
		abort();
	for (size_t i = 0; i < count; i++)
		changed[i] = (weir_touch){ .key = touches[i].key, .stamp = few(touches[i].stamp), .bare = touches[i].bare };
	rc = release(self, changed, count, call);
	free(changed);
	return rc;
}

static bool contains(weir_bytes key, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= key.length; i++)
		if (memcmp(key.data + i, part, length) == 0)
			return true;
	return false;
}

typedef struct touching_call {
	weir_cache_backend    *self;
	const weir_touch      *touches;
	size_t                 count;
	const weir_cache_call *call;
} touching_call;

/* The operation on all keys but those that contain `part`. */
static int without(const char *part, touching operation, touching_call t)
{
	weir_touch *kept = calloc(t.count, sizeof *kept);
	size_t      kept_count = 0;
	int         rc;

	if (!kept)
		abort();
	for (size_t i = 0; i < t.count; i++)
		if (!contains(t.touches[i].key, part))
			kept[kept_count++] = t.touches[i];
	rc = operation(t.self, kept, kept_count, t.call);
	free(kept);
	return rc;
}

static int guard_no_group(weir_cache_backend *self, const weir_touch *touches, size_t count,
                          const weir_cache_call *call)
{
	return without(":s:grp:", guard, (touching_call){ self, touches, count, call });
}

static int release_no_group(weir_cache_backend *self, const weir_touch *touches, size_t count,
                            const weir_cache_call *call)
{
	return without(":s:grp:", release, (touching_call){ self, touches, count, call });
}

static int guard_no_any(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	return without(":s:any", guard, (touching_call){ self, touches, count, call });
}

static int release_no_any(weir_cache_backend *self, const weir_touch *touches, size_t count,
                          const weir_cache_call *call)
{
	return without(":s:any", release, (touching_call){ self, touches, count, call });
}

/* Without the last stamp of a group where there are two: a write's old group, since what is new comes first. */
static size_t drop_old_group(const weir_touch *touches, size_t count, weir_touch *kept)
{
	size_t groups = 0, met = 0, kept_count = 0;

	for (size_t i = 0; i < count; i++)
		groups += contains(touches[i].key, ":s:grp:");
	for (size_t i = 0; i < count; i++) {
		bool is_group = contains(touches[i].key, ":s:grp:");

		met += is_group;
		if (!is_group || groups < 2 || met < groups)
			kept[kept_count++] = touches[i];
	}
	return kept_count;
}

static int with_new_group(touching operation, touching_call t)
{
	weir_touch *kept = calloc(t.count, sizeof *kept);
	int         rc;

	if (!kept)
		abort();
	rc = operation(t.self, kept, drop_old_group(t.touches, t.count, kept), t.call);
	free(kept);
	return rc;
}

static int guard_no_old_group(weir_cache_backend *self, const weir_touch *touches, size_t count,
                              const weir_cache_call *call)
{
	return with_new_group(guard, (touching_call){ self, touches, count, call });
}

static int release_no_old_group(weir_cache_backend *self, const weir_touch *touches, size_t count,
                                const weir_cache_call *call)
{
	return with_new_group(release, (touching_call){ self, touches, count, call });
}

/* A list's stamps that are not there become those that the list carries. */
static int get_with_stamps(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                           weir_cached *found)
{
	static _Thread_local char texts[WEIR__ENVELOPE_STAMPS][WEIR__STAMP_SIZE];
	int                       rc = get_many(self, keys, count, call, found);
	weir__envelope            list;

	if (rc < 0 || count < 2 || found[0].state != WEIR_CACHED_VALUE || !weir__envelope_read(found[0].value, &list) ||
	    list.stamp_count != count - 1)
		return rc;
	for (size_t i = 0; i < list.stamp_count; i++) {
		if (found[i + 1].state != WEIR_CACHED_NOTHING)
			continue;
		weir__stamp_write(list.stamps[i], texts[i]);
		found[i + 1] = (weir_cached){ .state = WEIR_CACHED_VALUE, .value = { texts[i], WEIR__STAMP_SIZE } };
	}
	return rc;
}

/* ---- Near caches --------------------------------------------------------------------------------------------------- */

static void overhear(void *context, weir_bytes keys)
{
	(void)context, (void)keys;
}

static int watch_deafly(weir_cache_backend *self, const weir_cache_watch *watch, void **handle)
{
	weir_cache_watch deaf = *watch;

	deaf.changed = overhear;
	return inner_of(self)->watch(inner_of(self), &deaf, handle);
}

/* ---- Which is which ---------------------------------------------------------------------------------------------- */

static const struct {
	const char        *name;
	weir_cache_backend wrong; /* the operations that are done wrongly */
} table[] = {
	{ "no_lease", { .lease = lease_nothing, .fill = fill_anyway } },
	{ "fill_anyway", { .fill = fill_anyway } },
	{ "no_guard", { .guard = guard_nothing } },
	{ "no_members", { .release = release_all } },
	{ "own_guard_only", { .release = release_own } },
	{ "early_answer", { .release = release_later } },
	{ "repeating_stamps", { .lease = lease_few, .release = release_few } },
	{ "absent_stamp", { .get_many = get_with_stamps } },
	{ "same_stamp_twice", { .release = release_twice } },
	{ "forgotten_group", { .guard = guard_no_group, .release = release_no_group } },
	{ "forgotten_owner", { .guard = guard_no_old_group, .release = release_no_old_group } },
	{ "forgotten_any", { .guard = guard_no_any, .release = release_no_any } },
	{ "deaf", { .watch = watch_deafly } },
	{ "blind", { .guard = guard_blindly, .release = release_blindly } },
};

static void spoil(weir_cache_backend *backend, const weir_cache_backend *wrong)
{
	if (wrong->get_many)
		backend->get_many = wrong->get_many;
	if (wrong->lease)
		backend->lease = wrong->lease;
	if (wrong->fill)
		backend->fill = wrong->fill;
	if (wrong->guard)
		backend->guard = wrong->guard;
	if (wrong->release)
		backend->release = wrong->release;
	if (wrong->watch)
		backend->watch = wrong->watch;
}

weir_cache_backend *mutant_backend(const char *name, const char *redis_url)
{
	mutated *made = calloc(1, sizeof *made);

	if (!made || weir__cache_backend_redis(redis_url, NULL, &made->inner, NULL) != WEIR_OK) {
		free(made);
		return NULL;
	}
	made->backend = (weir_cache_backend){ .name = "mutant",
		                                  .get_many = get_many,
		                                  .lease = lease,
		                                  .fill = fill,
		                                  .guard = guard,
		                                  .release = release,
		                                  .set = set,
		                                  .remove = remove_many,
		                                  .flush = flush,
		                                  .is_up = is_up,
		                                  .close = close_both,
		                                  .unwatch = made->inner->unwatch };
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].name, name) == 0)
			spoil(&made->backend, &table[i].wrong);
	return &made->backend;
}
