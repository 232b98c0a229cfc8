/* Leasing: one round trip takes the leases and reads or makes the stamps that the fills will carry. It comes before the
 * database is asked, so that a write in between is seen by the fill (the lease is gone) or by the readers of what was
 * filled (the stamp is another one). */
#include "cache/lookup.h"

#include "base/memory.h"
#include "cache/envelope.h"

#include <time.h>

#define FLIGHTS_MOST 2 /* of others that are followed before going on alone */

typedef struct leasing {
	weir__cache_space *space;
	weir__lookup      *lookups;
	size_t             count;
	weir__key_batch    batch;
	weir_cache_want   *wants; /* a lookup's key and the stamps of a list each; at the end any and all for the rows */
	weir_cached       *found;
	size_t             want_count;
	bool               rows; /* any and all are there */
	void              *heap;
	weir_cache_want    few_wants[8];
	weir_cached        few_found[8];
} leasing;

/* Is there nothing left to lease? What others have read meanwhile is not marked missed any more. */
static bool is_found(const leasing *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->lookups[i].missed)
			return false;
	return true;
}

static void measure(leasing *l, size_t *keys, size_t *size)
{
	*keys = *size = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (!l->lookups[i].missed)
			continue;
		*keys += 1 + weir__lookup_stamps(&l->lookups[i]);
		*size += weir__lookup_size(l->space, &l->lookups[i]);
		l->rows = l->rows || !weir__lookup_is_list(&l->lookups[i]);
	}
	if (l->rows) {
		*keys += 2;
		*size += weir__key_capped(l->space->any) + weir__key_capped(l->space->all);
	}
}

/* Memory for all keys. The batch must be released afterwards in any case. */
static bool prepare(leasing *l)
{
	size_t keys, size;

	measure(l, &keys, &size);
	l->wants = l->few_wants;
	l->found = l->few_found;
	if (!weir__key_batch_init(&l->batch, l->space, keys, size))
		return false;
	if (keys <= sizeof l->few_wants / sizeof l->few_wants[0])
		return true;
	l->heap = weir__calloc(keys, sizeof *l->wants + sizeof *l->found);
	l->wants = l->heap;
	l->found = l->heap ? (weir_cached *)(void *)(l->wants + keys) : NULL;
	return l->heap != NULL;
}

/* The key that was added last. */
static void want_last(leasing *l, const weir__lookup *stale, bool is_stamp)
{
	l->wants[l->want_count] = (weir_cache_want){
		.key = l->batch.keys[l->want_count],
		.seen = stale ? weir__bytes(stale->seen, stale->seen_length) : weir__bytes(NULL, 0),
		.stamp = is_stamp ? weir__cache_id(l->space->cache) : 0,
	};
	l->want_count++;
}

static void want(leasing *l, weir_bytes logical, weir__key_slot slot, const weir__lookup *stale, bool is_stamp)
{
	weir__key_batch_add(&l->batch, logical, slot);
	want_last(l, stale, is_stamp);
}

static void want_all(leasing *l)
{
	const weir__lookup *before = NULL;

	for (size_t i = 0; i < l->count; i++) {
		const weir__lookup *lookup = &l->lookups[i];
		weir__key_slot      slot = weir__lookup_is_list(lookup) ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE;

		if (!lookup->missed)
			continue;
		want(l, lookup->key, slot, lookup, false);
		for (size_t s = 0; s < weir__lookup_stamps(lookup); s++)
			if (!weir__lookup_shares(l->space, before, lookup, s))
				want(l, weir__lookup_stamp(l->space, lookup, s), WEIR__SLOT_FIRST, NULL, true);
		before = lookup;
	}
	if (l->rows) {
		want(l, l->space->any, WEIR__SLOT_FIRST, NULL, true);
		want(l, l->space->all, WEIR__SLOT_FIRST, NULL, true);
	}
}

/* The stamps that were found or made; 0 for one that is guarded. */
static void take_stamps(const leasing *l, size_t at, size_t count, uint64_t *values)
{
	for (size_t i = 0; i < count; i++) {
		weir_cached *found = &l->found[at + i];

		values[i] = l->wants[at + i].stamp;
		if (found->state != WEIR_CACHED_LEASED)
			(void)weir__stamps_read(found, 1, &values[i]);
		weir__cached_release(found);
	}
}

static void hold(leasing *l, weir__lookup *lookup, uint64_t token)
{
	lookup->token = token;
	lookup->space = l->space;
}

/* Answers how many keys were its own. */
static size_t take_list_stamps(const leasing *l, const weir__lookup *before, weir__lookup *lookup, size_t at,
                               bool *clean)
{
	size_t taken = 0;

	*clean = true;
	for (size_t i = 0; i < weir__lookup_stamps(lookup); i++) {
		if (weir__lookup_shares(l->space, before, lookup, i))
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): who has stamps has values */
			lookup->stamp_values[i] = before->stamp_values[i];
		else
			take_stamps(l, at + taken++, 1, &lookup->stamp_values[i]);
		*clean = *clean && lookup->stamp_values[i] != 0;
	}
	return taken;
}

static size_t take_list(leasing *l, const weir__lookup *before, weir__lookup *lookup, size_t at, uint64_t token)
{
	bool   clean;
	size_t taken = 1 + take_list_stamps(l, before, lookup, at + 1, &clean);
	bool   leased = l->found[at].state == WEIR_CACHED_LEASED;

	if (leased)
		hold(l, lookup, token);
	if (clean && leased)
		return taken;
	if (clean) {
		weir__lookup_judge(l->space, lookup, &l->found[at]); /* which takes over what was found */
		return taken;
	}
	lookup->state = WEIR__BYPASS;
	weir__lookup_land(lookup, false);
	if (leased)
		weir__lookup_release(lookup);
	weir__cached_release(&l->found[at]);
	return taken;
}

/* row_stamps: any and all, 0 where a write is under way. A lease that was taken after all had been guarded may be one that the
 * writer does not find any more when it removes the space's records: it is given up. */
static void take_row(leasing *l, weir__lookup *lookup, size_t at, uint64_t token, const uint64_t row_stamps[2])
{
	if (l->found[at].state == WEIR_CACHED_LEASED) {
		hold(l, lookup, token);
		lookup->stamp_values[0] = row_stamps[0];
		lookup->stamp_values[1] = row_stamps[1];
		if (row_stamps[1] != 0)
			return;
		weir__lookup_land(lookup, false);
		weir__lookup_release(lookup);
		lookup->state = WEIR__BYPASS;
		return;
	}
	weir__lookup_judge(l->space, lookup, &l->found[at]);
	weir__lookup_settle(l->space, lookup);
	if (lookup->unasked) /* how long it may be kept near is not known */
		lookup->near_ticket.count = lookup->near_absence.count = 0;
	if (lookup->state == WEIR__ABSENT && !weir__absence_holds(lookup, row_stamps)) {
		weir__cached_release(&lookup->found);
		lookup->state = WEIR__BYPASS;
	}
}

/* What is left as a miss without a lease (and is not waiting) was changed by somebody in between: the database, no fill. */
static void take_all(leasing *l, uint64_t token)
{
	uint64_t            row_stamps[2] = { 0, 0 };
	const weir__lookup *before = NULL;
	size_t              at = 0;

	if (l->rows)
		take_stamps(l, l->want_count - 2, 2, row_stamps);
	for (size_t i = 0; i < l->count; i++) {
		weir__lookup *lookup = &l->lookups[i];

		if (!lookup->missed)
			continue;
		lookup->waiting = false;
		if (weir__lookup_is_list(lookup))
			at += take_list(l, before, lookup, at, token);
		else
			take_row(l, lookup, at++, token, row_stamps);
		before = lookup;
	}
}

static void pause_us(int64_t us)
{
	struct timespec pause = { .tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000 };

	nanosleep(&pause, NULL);
}

/* Waiting is for those who would not have to ask the database otherwise. */
static bool is_worth_waiting(const leasing *l, int64_t *deadline_us)
{
	bool waits = false;

	for (size_t i = 0; i < l->count; i++) {
		const weir__lookup *lookup = &l->lookups[i];

		if (lookup->state == WEIR__BYPASS || (lookup->state == WEIR__MISS && !lookup->waiting))
			return false;
		waits = waits || lookup->waiting;
		if (lookup->waiting)
			*deadline_us = weir__deadline_earlier(*deadline_us, lookup->deadline_us);
	}
	return waits;
}

/* Somebody else is reading: waits a little for that fill. */
static void wait_for_others(leasing *l)
{
	int64_t deadline_us = weir__now_us() + WEIR__LEASE_WAIT_MS * INT64_C(1000);

	for (int64_t us = 250; is_worth_waiting(l, &deadline_us); us = us < 8000 ? us * 2 : us) {
		if (weir__now_us() + us >= deadline_us)
			return;
		pause_us(us);
		if (!weir__lookup_look(l->space, l->lookups, l->count))
			return;
	}
}

/* A miss without a lease was changed or is being read by somebody else: the database, no fill, and nothing that anybody should
 * wait for. */
static void settle(leasing *l)
{
	int64_t hits = 0, absent = 0;

	for (size_t i = 0; i < l->count; i++) {
		weir__lookup *lookup = &l->lookups[i];

		if (!lookup->missed)
			continue;
		lookup->missed = lookup->waiting = false;
		if (lookup->state == WEIR__MISS && !lookup->token)
			lookup->state = WEIR__BYPASS;
		if (!lookup->token)
			weir__lookup_land(lookup, false);
		hits += lookup->state == WEIR__HIT;
		absent += lookup->state == WEIR__ABSENT;
	}
	weir__space_count(l->space, WEIR__COUNT_MISSES, -(hits + absent));
	weir__space_count(l->space, WEIR__COUNT_HITS, hits);
	weir__space_count(l->space, WEIR__COUNT_ABSENT_HITS, absent);
}

/* Each attempt has a token and stamps of its own: the one before may still be on its way, and arrive when what it sets has
 * been guarded and released. */
static void renew(leasing *l, weir_cache_call *call)
{
	call->id = weir__cache_id(l->space->cache);
	for (size_t i = 0; i < l->want_count; i++)
		if (l->wants[i].stamp)
			l->wants[i].stamp = weir__cache_id(l->space->cache);
}

static void lease_all(leasing *l)
{
	weir_cache_backend *backend = l->space->cache->backend;
	int                 rc;
	weir_cache_call     call = {
			.id = weir__cache_id(l->space->cache),
			.ttl_ms = WEIR__LEASE_TTL_MS,
			.stamp_ttl_ms = atomic_load_explicit(&l->space->config.stamp_ttl_ms, memory_order_relaxed),
	};

	for (size_t i = 0; i < l->count; i++)
		if (l->lookups[i].missed)
			call.deadline_us = l->lookups[i].deadline_us;
	want_all(l);
	rc = backend->lease(backend, l->wants, l->want_count, &call, l->found);
	if (rc < 0 && weir__now_us() < call.deadline_us) {
		renew(l, &call);
		rc = backend->lease(backend, l->wants, l->want_count, &call, l->found);
	}
	if (rc == WEIR_OK)
		take_all(l, call.id);
	else
		weir__space_count(l->space, WEIR__COUNT_ERRORS, 1);
}

void weir__cache_lease(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	leasing l = { .space = space, .lookups = lookups, .count = count };
	bool    any = false;

	for (size_t i = 0; i < count; i++) {
		lookups[i].missed = lookups[i].state == WEIR__MISS;
		lookups[i].waiting = false;
		any = any || lookups[i].missed;
	}
	if (!any)
		return;
	for (int round = 0; round < FLIGHTS_MOST && weir__lookup_follow(space, lookups, count); round++)
		;
	if (is_found(&l))
		return;
	if (prepare(&l))
		lease_all(&l);
	wait_for_others(&l);
	settle(&l);
	weir__free(l.heap);
	weir__key_batch_release(&l.batch);
}
