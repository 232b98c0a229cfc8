/* Looking up: one get_many for all keys and the stamps of lists, another one for the stamps of rows that are said not to
 * exist. Whatever is wrong makes a miss (where an entry may be replaced) or a bypass. */
#include "cache/lookup.h"

#include "base/memory.h"
#include "base/unset.h"
#include "cache/envelope.h"
#include "cache/near_space.h"

#include <inttypes.h>
#include <string.h>

size_t weir__lookup_size(const weir__cache_space *space, const weir__lookup *lookup)
{
	size_t size = weir__key_capped(lookup->key);

	for (size_t i = 0; i < weir__lookup_stamps(lookup); i++)
		size += weir__key_capped(weir__lookup_stamp(space, lookup, i));
	return size;
}

weir__stamps_state weir__stamps_read(const weir_cached *found, size_t count, uint64_t *values)
{
	weir__stamps_state state = WEIR__STAMPS_CLEAN;

	for (size_t i = 0; i < count; i++) {
		values[i] = 0;
		if (found[i].state == WEIR_CACHED_NOTHING) {
			if (state == WEIR__STAMPS_CLEAN)
				state = WEIR__STAMPS_MISSING;
		} else if (found[i].state != WEIR_CACHED_VALUE || !weir__stamp_read(found[i].value, &values[i])) {
			values[i] = 0;
			state = WEIR__STAMPS_BUSY;
		}
	}
	return state;
}

/* The entry may be replaced: a miss that remembers which entry it was. */
static void miss_over(weir__lookup *lookup, weir_cached *found)
{
	lookup->seen_length = found->value.length < WEIR__SEEN_SIZE ? (unsigned char)found->value.length : WEIR__SEEN_SIZE;
	memcpy(lookup->seen, found->value.data, lookup->seen_length);
	lookup->state = WEIR__MISS;
	weir__cached_release(found);
}

static bool stamps_match(const weir__lookup *lookup, const weir__envelope *envelope)
{
	size_t count = weir__lookup_stamps(lookup);

	if (envelope->stamp_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (lookup->stamp_values[i] == 0 || lookup->stamp_values[i] != envelope->stamps[i])
			return false;
	return true;
}

static bool is_of_key(const weir__cache_space *space, const weir__lookup *lookup, const weir__envelope *envelope)
{
	return envelope->fingerprint == weir__space_fingerprint(space, lookup->tag) && envelope->kind != 'O' &&
	       weir__bytes_equal(envelope->key, lookup->key);
}

static void judge_value(weir__cache_space *space, weir__lookup *lookup, weir_cached *found)
{
	weir__envelope envelope;

	if (!weir__envelope_read(found->value, &envelope)) {
		weir__space_count(space, WEIR__COUNT_ERRORS, 1);
		miss_over(lookup, found);
		return;
	}
	if (!is_of_key(space, lookup, &envelope) || (weir__lookup_is_list(lookup) && !stamps_match(lookup, &envelope)) ||
	    (envelope.kind == 'N' && envelope.stamp_count < 2)) {
		miss_over(lookup, found);
		return;
	}
	if (envelope.kind == 'N' && !weir__lookup_is_list(lookup))
		memcpy(lookup->stamp_values, envelope.stamps, 2 * sizeof envelope.stamps[0]);
	lookup->state = envelope.kind == 'N' ? WEIR__ABSENT : WEIR__HIT;
	lookup->payload = envelope.payload;
	lookup->items = envelope.items;
	lookup->left_ms = found->left_ms;
	lookup->found = *found;
}

void weir__lookup_judge(weir__cache_space *space, weir__lookup *lookup, weir_cached *found)
{
	switch (found->state) {
	case WEIR_CACHED_VALUE:
		judge_value(space, lookup, found);
		return;
	case WEIR_CACHED_NOTHING:
	case WEIR_CACHED_LEASE:
		lookup->state = WEIR__MISS;
		lookup->waiting = found->state == WEIR_CACHED_LEASE;
		break;
	case WEIR_CACHED_GUARD:
	case WEIR_CACHED_LEASED:
		lookup->state = WEIR__BYPASS;
		break;
	case WEIR_CACHED_FOREIGN:
		weir__space_count(space, WEIR__COUNT_ERRORS, 1);
		lookup->state = WEIR__BYPASS;
		break;
	}
	weir__cached_release(found);
}

/* Judges a list by what was found: the entry, then those stamps that are not repeated. states: of the stamps of the lookup
 * before, then of this one's. Answers how much was found for it. */
static size_t judge_list(weir__cache_space *space, const weir__lookup *before, weir__lookup *lookup,
                         weir__stamps_state *states, weir_cached *found)
{
	weir__stamps_state worst = WEIR__STAMPS_CLEAN;
	size_t             taken = 1;

	for (size_t i = 0; i < weir__lookup_stamps(lookup); i++) {
		if (weir__lookup_shares(space, before, lookup, i)) {
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): who has stamps has values */
			lookup->stamp_values[i] = before->stamp_values[i];
		} else {
			states[i] = weir__stamps_read(&found[taken], 1, &lookup->stamp_values[i]);
			weir__cached_release(&found[taken++]);
		}
		worst = states[i] > worst ? states[i] : worst;
	}
	if (worst != WEIR__STAMPS_BUSY) {
		weir__lookup_judge(space, lookup, &found[0]);
		return taken;
	}
	lookup->state = WEIR__BYPASS;
	weir__cached_release(&found[0]);
	return taken;
}

bool weir__absence_holds(const weir__lookup *lookup, const uint64_t now[2])
{
	return now[0] != 0 && now[1] != 0 && now[0] == lookup->stamp_values[0] && now[1] == lookup->stamp_values[1];
}

static bool is_absent_row(const weir__lookup *lookup)
{
	return lookup->state == WEIR__ABSENT && !weir__lookup_is_list(lookup);
}

/* Any and all of the space as they are now. False: the cache failed. */
static bool read_table_stamps(weir__cache_space *space, int64_t deadline_us, uint64_t now[2], weir__stamps_state *state)
{
	weir_cache_call call = { .deadline_us = deadline_us };
	weir_cached     found[2] = { { .state = WEIR_CACHED_NOTHING } };
	weir__key_batch batch;
	int             rc;

	if (!weir__key_batch_init(&batch, space, 2, weir__key_capped(space->any) + weir__key_capped(space->all)))
		return false;
	weir__key_batch_add(&batch, space->any, WEIR__SLOT_FIRST);
	weir__key_batch_add(&batch, space->all, WEIR__SLOT_FIRST);
	rc = space->cache->backend->get_many(space->cache->backend, batch.keys, 2, &call, found);
	weir__key_batch_release(&batch);
	if (rc < 0)
		return false;
	*state = weir__stamps_read(found, 2, now);
	weir__cached_release(&found[0]);
	weir__cached_release(&found[1]);
	return true;
}

/* A row that is said not to exist does not exist only if no write of the table has come since. */
static void check_absence(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	uint64_t           now[2];
	weir__stamps_state state = WEIR__STAMPS_BUSY;
	size_t             first = 0;

	while (first < count && !is_absent_row(&lookups[first]))
		first++;
	if (first == count)
		return;
	if (!read_table_stamps(space, lookups[first].deadline_us, now, &state))
		weir__space_count(space, WEIR__COUNT_ERRORS, 1);
	for (size_t i = first; i < count; i++) {
		if (!is_absent_row(&lookups[i]))
			continue;
		if (state == WEIR__STAMPS_BUSY) {
			lookups[i].state = WEIR__BYPASS;
			weir__cached_release(&lookups[i].found);
		} else if (!weir__absence_holds(&lookups[i], now)) {
			miss_over(&lookups[i], &lookups[i].found);
		}
	}
}

/* Answers how much was found for them. */
static size_t judge_all(weir__cache_space *space, weir__lookup *lookups, size_t count, weir_cached *found)
{
	weir__stamps_state  states[WEIR__STAMPS_MAX + 1] = { WEIR__STAMPS_CLEAN };
	const weir__lookup *before = NULL;
	size_t              taken = 0;

	for (size_t i = 0; i < count; i++) {
		if (!lookups[i].waiting)
			continue;
		lookups[i].waiting = false;
		lookups[i].seen_length = 0;
		if (weir__lookup_is_list(&lookups[i]))
			taken += judge_list(space, before, &lookups[i], states, found + taken);
		else
			weir__lookup_judge(space, &lookups[i], &found[taken++]);
		before = &lookups[i];
	}
	check_absence(space, lookups, count);
	return taken;
}

static void add_keys(const weir__cache_space *space, const weir__lookup *before, const weir__lookup *lookup,
                     weir__key_batch *batch)
{
	bool is_list = weir__lookup_is_list(lookup);

	weir__key_batch_add(batch, lookup->key, is_list ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	for (size_t i = 0; i < weir__lookup_stamps(lookup); i++)
		if (!weir__lookup_shares(space, before, lookup, i))
			weir__key_batch_add(batch, weir__lookup_stamp(space, lookup, i), WEIR__SLOT_FIRST);
}

static void add_part(const weir__lookup_part *part, weir__key_batch *batch)
{
	const weir__lookup *before = NULL;

	for (size_t i = 0; i < part->count; i++) {
		if (!part->lookups[i].waiting)
			continue;
		add_keys(part->space, before, &part->lookups[i], batch);
		before = &part->lookups[i];
	}
}

/* All that is waiting; batch.count says how much that is. False: out of memory. */
static bool make_batch(const weir__lookup_part *parts, size_t count, weir__key_batch *batch)
{
	size_t keys = 0, size = 0;

	for (size_t p = 0; p < count; p++)
		for (size_t i = 0; i < parts[p].count; i++) {
			const weir__lookup *lookup = &parts[p].lookups[i];

			if (!lookup->waiting)
				continue;
			keys += 1 + weir__lookup_stamps(lookup);
			size += weir__lookup_size(parts[p].space, lookup);
		}
	if (!weir__key_batch_init(batch, parts[0].space, keys, size))
		return false;
	for (size_t p = 0; p < count; p++)
		add_part(&parts[p], batch);
	return true;
}

/* One exchange for all parts: it is over when the first of them has to be. */
static weir_cache_call call_for(const weir__lookup_part *parts, size_t count)
{
	weir_cache_call call = { .deadline_us = WEIR__NO_DEADLINE };

	for (size_t p = 0; p < count; p++) {
		if (parts[p].count > 0)
			call.deadline_us = weir__deadline_earlier(call.deadline_us, parts[p].lookups[0].deadline_us);
		call.wants_left = call.wants_left || weir__near_is_on(parts[p].space);
	}
	return call;
}

static bool look_at_parts(const weir__lookup_part *parts, size_t count)
{
	weir_cache_backend *backend = parts[0].space->cache->backend;
	weir_cache_call     call = call_for(parts, count);
	weir_cached         few[8] WEIR__UNSET;
	weir_cached        *found = few;
	weir__key_batch     batch WEIR__UNSET;
	bool                done = false;

	if (!make_batch(parts, count, &batch))
		return false;
	if (batch.count > sizeof few / sizeof few[0])
		found = weir__malloc(batch.count * sizeof *found);
	for (size_t i = 0; found && i < batch.count; i++)
		found[i] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
	if (found && backend->get_many(backend, batch.keys, batch.count, &call, found) == WEIR_OK) {
		weir_cached *next = found;

		for (size_t p = 0; p < count; p++)
			next += judge_all(parts[p].space, parts[p].lookups, parts[p].count, next);
		done = true;
	}
	if (found != few)
		weir__free(found);
	weir__key_batch_release(&batch);
	return done;
}

bool weir__lookup_look(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	weir__lookup_part part = { space, lookups, count };

	return look_at_parts(&part, 1);
}

static void log_lookup(const weir__cache_space *space, const weir__lookup *lookups, size_t count, const int64_t *sums,
                       int64_t started_us)
{
	char           physical[WEIR__KEY_MAX], shown[WEIR__KEY_SHOWN];
	weir__key_slot slot = weir__lookup_is_list(lookups) ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE;
	size_t         length = weir__key_write(physical, weir__cache_head(space->cache), lookups->key, slot);

	weir__cache_show_key(space->cache, weir__bytes(physical, length), shown);
	weir__log(space->cache->logger, WEIR_LOG_DEBUG,
	          "cache %s: lookup of %zu, %s first: %" PRId64 " hits, %" PRId64 " absent, %" PRId64 " misses, %" PRId64
	          " bypasses in %" PRId64 " us",
	          space->name, count, shown, sums[WEIR__HIT], sums[WEIR__ABSENT], sums[WEIR__MISS], sums[WEIR__BYPASS],
	          weir__now_us() - started_us);
}

static void count_states(weir__cache_space *space, const weir__lookup *lookups, size_t count, int64_t started_us)
{
	static const weir__counter counters[] = {
		[WEIR__BYPASS] = WEIR__COUNT_BYPASSES,
		[WEIR__HIT] = WEIR__COUNT_HITS,
		[WEIR__ABSENT] = WEIR__COUNT_ABSENT_HITS,
		[WEIR__MISS] = WEIR__COUNT_MISSES,
	};
	int64_t sums[sizeof counters / sizeof counters[0]] = { 0 };

	for (size_t i = 0; i < count; i++)
		sums[lookups[i].state]++;
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		weir__space_count(space, counters[i], sums[i]);
	if (weir__log_enabled(space->cache->logger, WEIR_LOG_DEBUG))
		log_lookup(space, lookups, count, sums, started_us);
}

/* The cache may take half of the time that is left, so that the database can still answer. */
int64_t weir__lookup_deadline(const weir__cache_space *space, const weir__lookup *lookup, int64_t now_us)
{
	int64_t deadline_us = now_us + (int64_t)space->cache->timeout_ms * 1000;

	if (!lookup->until_us)
		return deadline_us;
	return weir__deadline_earlier(deadline_us, now_us + (lookup->until_us - now_us) / 2);
}

/* What this process has written just now need not be looked up: it is guarded, or not there. */
static void guess(weir_cache_manager *cache, weir__lookup *lookup, int64_t now_us)
{
	weir__recency recency = weir__recent_ask(&cache->recent, weir__cache_recent_hash(cache, lookup->key), now_us);

	if (recency == WEIR__RECENT_NOT)
		return;
	lookup->waiting = false;
	lookup->unasked = recency == WEIR__RECENT_RELEASED;
	lookup->state = lookup->unasked ? WEIR__MISS : WEIR__BYPASS;
	lookup->seen_length = 0;
}

void weir__cache_enter(const weir__cache_space *space, weir__lookup *lookup)
{
	weir__era_enter(&space->cache->era, lookup);
}

/* Makes the lookups of a part ready. False: there is nothing to ask the backend for. */
static bool make_ready(const weir__lookup_part *part, int64_t started_us)
{
	weir_cache_manager *cache = part->space->cache;
	bool                usable;

	weir__era_look(cache, &cache->era, started_us);
	usable =
		weir__cache_space_enabled(part->space) && weir__cache_usable(cache) && weir__watermark_holds(cache, started_us);
	for (size_t i = 0; i < part->count; i++) {
		weir__lookup *lookup = &part->lookups[i];

		lookup->state = WEIR__BYPASS;
		lookup->waiting = usable;
		lookup->deadline_us = weir__lookup_deadline(part->space, lookup, started_us);
		lookup->leads = false;
		weir__era_enter(&cache->era, lookup);
		lookup->found = (weir_cached){ .state = WEIR_CACHED_NOTHING };
		lookup->unasked = false;
		weir__near_prepare(part->space, lookup, started_us);
	}
	if (usable && part->count == 1 && part->lookups->kind == WEIR__ENTRY_RECORD &&
	    weir__recent_is_worth_asking(&cache->recent, started_us))
		guess(cache, part->lookups, started_us);
	return usable && part->count > 0 && (part->count > 1 || part->lookups->waiting);
}

void weir__cache_lookup_parts(const weir__lookup_part *parts, size_t count)
{
	int64_t started_us = weir__now_us();
	bool    any = false;

	for (size_t p = 0; p < count; p++)
		any = make_ready(&parts[p], started_us) || any;
	if (any && !look_at_parts(parts, count))
		weir__space_count(parts[0].space, WEIR__COUNT_ERRORS, 1);
	for (size_t p = 0; p < count; p++)
		if (parts[p].count > 0)
			count_states(parts[p].space, parts[p].lookups, parts[p].count, started_us);
}

void weir__cache_lookup(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	weir__lookup_part part = { space, lookups, count };

	if (count > 0)
		weir__cache_lookup_parts(&part, 1);
}

void weir__cache_lookup_renew(const weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	int64_t now_us = weir__now_us();

	for (size_t i = 0; i < count; i++)
		lookups[i].deadline_us = weir__lookup_deadline(space, &lookups[i], now_us);
}

void weir__lookup_release(weir__lookup *lookup)
{
	if (lookup->token)
		weir__cache_fill(lookup->space, &(weir__filling){ .lookup = lookup, .gives_up = true }, 1);
	if (lookup->leads)
		weir__lookup_land(lookup, false);
	weir__cached_release(&lookup->found);
	lookup->payload = (weir_bytes){ .data = NULL };
}

void weir__cache_count_found(weir__cache_space *space)
{
	weir__space_count(space, WEIR__COUNT_MISSES, -1);
	weir__space_count(space, WEIR__COUNT_HITS, 1);
}

int weir__cache_forget(weir__cache_space *space, weir_bytes key)
{
	weir_cache_backend *backend = space->cache->backend;
	weir_cache_call     call = weir__cache_call(space->cache);
	weir__key_batch     batch;
	int                 rc;

	if (!weir__key_batch_init(&batch, space, 1, weir__key_capped(key)))
		return WEIR_ERR_NO_MEMORY;
	weir__key_batch_add(&batch, key, WEIR__SLOT_FIRST);
	weir__near_changed(space, key, WEIR__SLOT_FIRST);
	rc = backend->remove ? backend->remove(backend, batch.keys, 1, &call) : WEIR_OK;
	weir__near_changed(space, key, WEIR__SLOT_FIRST);
	weir__key_batch_release(&batch);
	return rc;
}

void weir__cache_drop(weir__cache_space *space, weir__lookup *lookup)
{
	weir_cache_call call = weir__cache_call(space->cache);
	weir__key_batch batch;

	weir__space_count(space, WEIR__COUNT_HITS, lookup->state == WEIR__HIT ? -1 : 0);
	weir__space_count(space, WEIR__COUNT_BYPASSES, lookup->state == WEIR__HIT ? 1 : 0);
	weir__lookup_release(lookup);
	lookup->state = WEIR__BYPASS;
	weir__near_changed(space, lookup->key, weir__lookup_is_list(lookup) ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	if (!space->cache->backend->remove || !weir__key_batch_init(&batch, space, 1, weir__key_capped(lookup->key)))
		return;
	weir__key_batch_add(&batch, lookup->key, weir__lookup_is_list(lookup) ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	space->cache->backend->remove(space->cache->backend, batch.keys, 1, &call);
	weir__key_batch_release(&batch);
}

void weir__cache_reject(weir__cache_space *space, weir__lookup *lookup)
{
	weir__space_count(space, WEIR__COUNT_ERRORS, 1);
	weir__cache_drop(space, lookup);
	weir__log(space->cache->logger, WEIR_LOG_WARNING, "cache %s: an entry could not be read and was removed",
	          space->name);
}
