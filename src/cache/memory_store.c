/* Entries by key in shards; eviction by CLOCK. */
#include "cache/memory_store.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define FIRST_BUCKETS  64
#define SPARED_AT_MOST 32 /* entries that the hand passes in one eviction */

weir__memory_blob *weir__memory_blob_create(weir_bytes bytes)
{
	weir__memory_blob *blob = weir__malloc(sizeof *blob + bytes.length);

	if (!blob)
		return NULL;
	atomic_init(&blob->references, 1);
	blob->length = bytes.length;
	memcpy(blob->bytes, bytes.data, bytes.length);
	return blob;
}

void weir__memory_blob_release(void *memory)
{
	weir__memory_blob *blob = memory;

	if (blob && atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) == 1)
		weir__free(blob);
}

static void release_content(weir__memory_content *content)
{
	weir__memory_blob_release(content->blob);
	weir__free(content->members);
}

static void release_shard(weir__memory_store *store, weir__memory_shard *shard)
{
	while (shard->hand)
		weir__memory_drop(store, shard, shard->hand);
	weir__free(shard->buckets);
	weir__free(shard->space_hands);
	pthread_mutex_destroy(&shard->mutex);
}

void weir__memory_store_release(weir__memory_store *store)
{
	for (size_t i = 0; i < WEIR__MEMORY_SHARDS; i++)
		release_shard(store, &store->shards[i]);
	for (size_t i = 0; i < WEIR__MEMORY_CHUNKS; i++)
		weir__free((void *)atomic_load(&store->space_counts[i]));
}

int weir__memory_store_init(weir__memory_store *store, int64_t max_bytes, weir_error *err)
{
	store->seed = weir__random_u64();
	store->max_bytes = max_bytes;
	for (size_t i = 0; i < WEIR__MEMORY_SHARDS; i++) {
		weir__memory_shard *shard = &store->shards[i];

		shard->buckets = weir__calloc(FIRST_BUCKETS, sizeof(weir__memory_entry *));
		shard->bucket_count = FIRST_BUCKETS;
		if (shard->buckets && pthread_mutex_init(&shard->mutex, NULL) == 0)
			continue;
		weir__free(shard->buckets);
		while (i-- > 0)
			release_shard(store, &store->shards[i]);
		return weir__error_no_memory(err);
	}
	return WEIR_OK;
}

weir__memory_place weir__memory_lock(weir__memory_store *store, weir_bytes key, int64_t now_us)
{
	uint64_t           hash = weir__hash64(key.data, key.length, store->seed);
	weir__memory_place place = {
		.store = store,
		.shard = &store->shards[hash >> 60],
		.key = key,
		.hash = hash,
		.now_us = now_us,
	};

	pthread_mutex_lock(&place.shard->mutex);
	return place;
}

void weir__memory_unlock(const weir__memory_place *place)
{
	pthread_mutex_unlock(&place->shard->mutex);
}

/* ---- Rings ------------------------------------------------------------------------------------------------------- */

/* Before the hand: what the hand reaches last. */
static void join_ring(weir__memory_entry **hand, weir__memory_entry *entry, int ring)
{
	weir__memory_links *links = &entry->rings[ring];

	if (!*hand) {
		*links = (weir__memory_links){ entry, entry };
		*hand = entry;
		return;
	}
	*links = (weir__memory_links){ (*hand)->rings[ring].before, *hand };
	links->before->rings[ring].after = entry;
	links->after->rings[ring].before = entry;
}

static void leave_ring(weir__memory_entry **hand, weir__memory_entry *entry, int ring)
{
	weir__memory_links *links = &entry->rings[ring];

	if (links->after == entry) {
		*hand = NULL;
		return;
	}
	links->before->rings[ring].after = links->after;
	links->after->rings[ring].before = links->before;
	if (*hand == entry)
		*hand = links->after;
}

/* ---- Spaces ------------------------------------------------------------------------------------------------------ */

/* How many entries a space has in all shards; NULL: out of memory, or no space that is counted. */
static _Atomic int64_t *space_counter(weir__memory_store *store, uint32_t space)
{
	_Atomic(_Atomic int64_t *) *slot;
	_Atomic int64_t            *chunk, *made;

	if (space == 0 || space >= WEIR__MEMORY_CHUNK * WEIR__MEMORY_CHUNKS)
		return NULL;
	slot = &store->space_counts[space / WEIR__MEMORY_CHUNK];
	chunk = atomic_load(slot);
	if (!chunk) {
		made = weir__calloc(WEIR__MEMORY_CHUNK, sizeof *made);
		if (!made)
			return NULL;
		if (atomic_compare_exchange_strong(slot, &chunk, made))
			chunk = made;
		else
			weir__free((void *)made);
	}
	return &chunk[space % WEIR__MEMORY_CHUNK];
}

/* The shard's clock of a space; NULL: out of memory, or no space that is counted. */
static weir__memory_entry **space_hand(weir__memory_shard *shard, uint32_t space)
{
	weir__memory_entry **hands;
	size_t               count = ((size_t)space / WEIR__MEMORY_CHUNK + 1) * WEIR__MEMORY_CHUNK;

	if (space < shard->space_count)
		return &shard->space_hands[space];
	if (space >= WEIR__MEMORY_CHUNK * WEIR__MEMORY_CHUNKS)
		return NULL;
	hands = weir__realloc(shard->space_hands, count * sizeof(weir__memory_entry *));
	if (!hands)
		return NULL;
	memset(hands + shard->space_count, 0, (count - shard->space_count) * sizeof(weir__memory_entry *));
	shard->space_hands = hands;
	shard->space_count = count;
	return &hands[space];
}

static void join_space(weir__memory_store *store, weir__memory_shard *shard, weir__memory_entry *entry)
{
	_Atomic int64_t     *counter = space_counter(store, entry->content.space);
	weir__memory_entry **hand = counter ? space_hand(shard, entry->content.space) : NULL;

	if (!hand) {
		entry->content.space = 0;
		return;
	}
	join_ring(hand, entry, WEIR__MEMORY_RING_SPACE);
	atomic_fetch_add(counter, 1);
}

static void leave_space(weir__memory_store *store, weir__memory_shard *shard, weir__memory_entry *entry)
{
	if (entry->content.space == 0)
		return;
	leave_ring(&shard->space_hands[entry->content.space], entry, WEIR__MEMORY_RING_SPACE);
	atomic_fetch_sub(space_counter(store, entry->content.space), 1);
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static weir__memory_entry **bucket_of(const weir__memory_shard *shard, uint64_t hash)
{
	return &shard->buckets[hash & (shard->bucket_count - 1)];
}

static void account(weir__memory_store *store, weir__memory_entry *entry)
{
	size_t cost = sizeof *entry + entry->key_length + entry->content.member_count * sizeof(weir__memory_member);

	if (entry->content.blob)
		cost += sizeof *entry->content.blob + entry->content.blob->length;
	atomic_fetch_add(&store->bytes, (int64_t)cost - (int64_t)entry->cost);
	entry->cost = cost;
}

void weir__memory_drop(weir__memory_store *store, weir__memory_shard *shard, weir__memory_entry *entry)
{
	weir__memory_entry **link = bucket_of(shard, entry->hash);

	while (*link != entry)
		link = &(*link)->chain;
	*link = entry->chain;
	leave_ring(&shard->hand, entry, WEIR__MEMORY_RING_ALL);
	leave_space(store, shard, entry);
	shard->entry_count--;
	atomic_fetch_sub(&store->bytes, (int64_t)entry->cost);
	release_content(&entry->content);
	weir__free(entry);
}

static void drop_expired_members(weir__memory_content *guard, int64_t now_us)
{
	size_t kept = 0;

	for (size_t i = 0; i < guard->member_count; i++)
		if (guard->members[i].expires_us > now_us)
			guard->members[kept++] = guard->members[i];
	guard->member_count = kept;
}

weir__memory_entry *weir__memory_find(const weir__memory_place *place)
{
	weir__memory_entry *entry = *bucket_of(place->shard, place->hash);

	while (entry && (entry->hash != place->hash || entry->key_length != place->key.length ||
	                 memcmp(entry->key, place->key.data, place->key.length) != 0))
		entry = entry->chain;
	if (!entry)
		return NULL;
	if (entry->content.kind == WEIR__MEMORY_GUARD)
		drop_expired_members(&entry->content, place->now_us);
	if (entry->content.expires_us > place->now_us)
		return entry;
	weir__memory_drop(place->store, place->shard, entry);
	return NULL;
}

/* Doubles the buckets when there are more entries; without memory the chains get longer. */
static void grow_buckets(weir__memory_shard *shard)
{
	size_t               count = shard->bucket_count * 2;
	weir__memory_entry **old = shard->buckets;
	size_t               old_count = shard->bucket_count;
	weir__memory_entry **buckets;

	if (shard->entry_count < shard->bucket_count)
		return;
	buckets = weir__calloc(count, sizeof(weir__memory_entry *));
	if (!buckets)
		return;
	shard->buckets = buckets;
	shard->bucket_count = count;
	for (size_t i = 0; i < old_count; i++) {
		weir__memory_entry *next;

		for (weir__memory_entry *entry = old[i]; entry; entry = next) {
			next = entry->chain;
			entry->chain = *bucket_of(shard, entry->hash);
			*bucket_of(shard, entry->hash) = entry;
		}
	}
	weir__free(old);
}

static weir__memory_entry *insert(const weir__memory_place *place)
{
	weir__memory_shard *shard = place->shard;
	weir__memory_entry *entry = weir__calloc(1, sizeof *entry + place->key.length);

	if (!entry)
		return NULL;
	entry->hash = place->hash;
	entry->key_length = place->key.length;
	memcpy(entry->key, place->key.data, place->key.length);
	grow_buckets(shard);
	entry->chain = *bucket_of(shard, place->hash);
	*bucket_of(shard, place->hash) = entry;
	join_ring(&shard->hand, entry, WEIR__MEMORY_RING_ALL);
	shard->entry_count++;
	return entry;
}

bool weir__memory_put(const weir__memory_place *place, weir__memory_entry *entry, const weir__memory_content *content)
{
	if (!entry && !(entry = insert(place)))
		return false;
	leave_space(place->store, place->shard, entry);
	release_content(&entry->content);
	entry->content = *content;
	entry->was_read = false;
	if (content->space)
		join_space(place->store, place->shard, entry);
	account(place->store, entry);
	return true;
}

/* ---- Eviction ---------------------------------------------------------------------------------------------------- */

/* One round of eviction: for whose sake, from which space (0: all), and whether what was read may go too. */
typedef struct eviction {
	const weir__memory_place *place;
	uint32_t                  space;
	bool                      forced;
} eviction;

/* Drops one entry of a ring: the next that was not read since the hand passed, or when forced any. Never a guard, never what
 * was just put there. False: none was found in one turn, or within a bounded number of steps. */
static bool evict_one(const eviction *e, weir__memory_shard *shard, weir__memory_entry **hand, int ring)
{
	const weir__memory_entry *first = *hand;

	for (int i = 0; *hand && i < SPARED_AT_MOST && (i == 0 || *hand != first); i++) {
		weir__memory_entry *entry = *hand;

		if (entry->content.kind != WEIR__MEMORY_GUARD && entry->hash != e->place->hash &&
		    (e->forced || !entry->was_read)) {
			weir__memory_drop(e->place->store, shard, entry);
			return true;
		}
		entry->was_read = false;
		*hand = entry->rings[ring].after;
	}
	return false;
}

static bool evict_from(const eviction *e, weir__memory_shard *shard)
{
	bool evicted = false;

	pthread_mutex_lock(&shard->mutex);
	if (e->space == 0)
		evicted = evict_one(e, shard, &shard->hand, WEIR__MEMORY_RING_ALL);
	else if (e->space < shard->space_count)
		evicted = evict_one(e, shard, &shard->space_hands[e->space], WEIR__MEMORY_RING_SPACE);
	pthread_mutex_unlock(&shard->mutex);
	return evicted;
}

/* One of a space (0: of all), from the first shard behind the place's that has one that was not read, or else from any. */
static bool evict_anywhere(const weir__memory_place *place, uint32_t space)
{
	size_t start = (size_t)(place->shard - place->store->shards);

	for (int forced = 0; forced <= 1; forced++)
		for (size_t i = 1; i <= WEIR__MEMORY_SHARDS; i++)
			if (evict_from(&(eviction){ place, space, forced },
			               &place->store->shards[(start + i) % WEIR__MEMORY_SHARDS]))
				return true;
	return false;
}

void weir__memory_trim(const weir__memory_place *place, uint32_t space, int64_t space_max)
{
	_Atomic int64_t *counter = space_counter(place->store, space);

	if (counter && space_max >= 0)
		while (atomic_load(counter) > space_max && evict_anywhere(place, space))
			;
	if (place->store->max_bytes >= 0)
		while (atomic_load(&place->store->bytes) > place->store->max_bytes && evict_anywhere(place, 0))
			;
}
