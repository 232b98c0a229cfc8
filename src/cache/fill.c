/* Filling: envelopes for what the database said, stored where the lease still stands. */
#include "cache/envelope.h"
#include "cache/lookup.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#define ENVELOPE_LINE 256 /* more than an envelope has beside key and payload */

static int64_t in_force(const _Atomic int64_t *member)
{
	return atomic_load_explicit(member, memory_order_relaxed);
}

static bool is_too_large(const weir__cache_space *space, const weir__filling *filling)
{
	int64_t max_items = in_force(&space->config.max_items);
	int64_t max_bytes = in_force(&space->config.max_bytes);

	if (max_items >= 0 && filling->lookup->kind == WEIR__ENTRY_LIST && filling->items > (uint64_t)max_items)
		return true;
	return filling->payload.length > UINT32_MAX || (max_bytes >= 0 && filling->payload.length > (uint64_t)max_bytes);
}

/* How many stamps the entry carries; absence needs those of the table. */
static size_t stamps_of(const weir__filling *filling)
{
	if (weir__lookup_is_list(filling->lookup))
		return weir__lookup_stamps(filling->lookup);
	return filling->payload.data ? 0 : 2;
}

static bool is_storable(const weir__cache_space *space, const weir__filling *filling)
{
	if (filling->gives_up || filling->lookup->key.length > WEIR__ENVELOPE_KEY_MAX || is_too_large(space, filling) ||
	    !weir__era_lasts(&space->cache->era, filling->lookup))
		return false;
	for (size_t i = 0; i < stamps_of(filling); i++)
		if (filling->lookup->stamp_values[i] == 0)
			return false;
	return true;
}

static weir_bytes write_entry(const weir__cache_space *space, const weir__filling *filling, weir__buffer *out)
{
	size_t         start = out->length;
	weir__envelope envelope = {
		.kind = filling->payload.data ? 'V' : 'N',
		.token = filling->lookup->token,
		.fingerprint = weir__space_fingerprint(space, filling->lookup->tag),
		.items = filling->items,
		.key = filling->lookup->key,
		.payload = filling->payload,
		.stamp_count = stamps_of(filling),
	};

	memcpy(envelope.stamps, filling->lookup->stamp_values, envelope.stamp_count * sizeof envelope.stamps[0]);
	weir__envelope_write(&envelope, out);
	return out->failed ? weir__bytes(NULL, 0) : weir__bytes(out->data + start, out->length - start);
}

/* A little less than configured, by up to a tenth, so that what was filled together does not expire together. */
static int64_t ttl_ms(weir__cache_space *space, const weir__filling *filling)
{
	int64_t ttl =
		in_force(filling->payload.data ? &space->config.ttl_ms[filling->lookup->kind] : &space->config.absent_ttl_ms);

	return ttl < 0 ? ttl : ttl - ttl / 10 * (int64_t)(weir__cache_id(space->cache) % 1024) / 1024;
}

typedef struct filler {
	weir__cache_space *space;
	weir__key_batch    batch;
	weir__buffer       bytes; /* envelopes, reserved as a whole so that they do not move */
	weir_cache_entry  *entries;
	size_t             count;
	size_t             values; /* of them, not giving up */
	weir_cache_entry   few[8];
} filler;

static bool prepare(filler *f, const weir__filling *fillings, size_t count)
{
	size_t keys_size = 0, size = 0;

	for (size_t i = 0; i < count; i++) {
		keys_size += weir__key_capped(fillings[i].lookup->key);
		if (is_storable(f->space, &fillings[i]))
			size += ENVELOPE_LINE + fillings[i].lookup->key.length + fillings[i].payload.length;
	}
	f->entries = f->few;
	if (!weir__key_batch_init(&f->batch, f->space, count, keys_size))
		return false;
	if (count > sizeof f->few / sizeof f->few[0])
		f->entries = weir__calloc(count, sizeof *f->entries);
	return f->entries && (size == 0 || weir__buffer_reserve(&f->bytes, size));
}

static void add(filler *f, const weir__filling *filling)
{
	weir__lookup    *lookup = filling->lookup;
	bool             stored = is_storable(f->space, filling);
	weir_cache_entry entry = {
		.token = lookup->token,
		.ttl_ms = ttl_ms(f->space, filling),
		.space = f->space->number,
		.space_max = in_force(&f->space->config.max_entries),
	};

	weir__key_batch_add(&f->batch, lookup->key, weir__lookup_is_list(lookup) ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	entry.key = f->batch.keys[f->batch.count - 1];
	lookup->left_ms = entry.ttl_ms;
	if (stored)
		entry.value = write_entry(f->space, filling, &f->bytes);
	f->values += entry.value.length > 0;
	f->entries[f->count++] = entry;
}

static void log_fill(const filler *f, size_t filled, size_t wanted, int64_t started_us)
{
	char shown[WEIR__KEY_SHOWN] = "";

	if (f->count > 0)
		weir__cache_show_key(f->space->cache, f->entries[0].key, shown);
	weir__log(f->space->cache->logger, WEIR_LOG_DEBUG, "cache %s: fill of %zu, %s first: %zu stored in %" PRId64 " us",
	          f->space->name, wanted, shown, filled, weir__now_us() - started_us);
}

static void send(filler *f, size_t wanted)
{
	weir_cache_backend *backend = f->space->cache->backend;
	weir_cache_call     call = weir__cache_call(f->space->cache);
	size_t              filled = 0;
	int64_t             started_us = weir__now_us();

	if (f->count > 0 && backend->fill(backend, f->entries, f->count, &call, &filled) < 0) {
		weir__space_count(f->space, WEIR__COUNT_ERRORS, 1);
		filled = 0;
	}
	weir__space_count(f->space, WEIR__COUNT_FILLS, (int64_t)filled);
	weir__space_count(f->space, WEIR__COUNT_DROPPED_FILLS, (int64_t)(wanted - filled));
	if (wanted > 0 && weir__log_enabled(f->space->cache->logger, WEIR_LOG_DEBUG))
		log_fill(f, filled, wanted, started_us);
}

void weir__cache_fill(weir__cache_space *space, const weir__filling *fillings, size_t count)
{
	filler f = { .space = space, .bytes = WEIR__BUFFER_INIT };
	size_t wanted = 0;
	bool   prepared = prepare(&f, fillings, count);

	for (size_t i = 0; i < count; i++) {
		if (!fillings[i].lookup->token)
			continue;
		wanted += !fillings[i].gives_up;
		if (prepared)
			add(&f, &fillings[i]);
		fillings[i].lookup->token = 0;
	}
	send(&f, wanted);
	for (size_t i = 0; i < count; i++) {
		weir__lookup_settle(space, fillings[i].lookup);
		weir__lookup_land(fillings[i].lookup, !fillings[i].gives_up && !is_storable(space, &fillings[i]));
	}
	if (f.entries != f.few)
		weir__free(f.entries);
	weir__buffer_release(&f.bytes);
	weir__key_batch_release(&f.batch);
}
