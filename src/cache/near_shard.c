/* A shard's entries. One lies in the room of its object, or, where that has none or something else lies there already, in memory of the
 * arena. */
#include "cache/near_memory.h"

#include "base/memory.h"

#include <string.h>

#define CHUNK       ((size_t)64) /* entries */
#define STRIDE      ((size_t)2 * WEIR__NEAR_LINE)
#define ENTRY_LEAST (STRIDE + 32) /* what an entry takes besides its object: here or in its room, and in the table */
#define GHOSTS      32
#define SPARE       2
#define SPARE_LEAST 512

bool weir__near_shard_init(weir__near_shard *shard, weir__near_arena *arena, uint64_t max_bytes)
{
	memset(shard, 0, sizeof *shard);
	shard->arena = arena;
	shard->max_bytes = max_bytes;
	if (weir__near_ghosts_resize(&shard->ghosts, GHOSTS) && weir__near_table_init(shard) &&
	    pthread_mutex_init(&shard->mutex, NULL) == 0)
		return true;
	weir__near_table_release(shard);
	weir__free(shard->ghosts.marks);
	return false;
}

/* Gives the entry back; false: it has no object. An object's entry may be gone with it. */
static bool free_entry(weir__near_shard *shard, weir__near_entry *entry, weir__near_value *object)
{
	*object = (weir__near_value){ .kind = entry->kind, .object = entry->kind ? entry->object : NULL };
	weir__free(entry->more_stripes);
	entry->more_stripes = NULL;
	if (entry->shape & WEIR__NEAR_OF_ARENA) {
		entry->after = shard->free;
		shard->free = entry;
	} else {
		atomic_store_explicit(&entry->taken, false, memory_order_release);
	}
	return object->kind != NULL;
}

static void release_list(weir__near_shard *shard, weir__near_entry *entry)
{
	while (entry) {
		weir__near_entry *after = entry->after;
		weir__near_value  object;

		if (free_entry(shard, entry, &object))
			object.kind->release(object.object);
		entry = after;
	}
}

/* Its tables and the entries that are not their objects' go with the arena. */
void weir__near_shard_release(weir__near_shard *shard)
{
	for (size_t i = 0; i < WEIR__NEAR_QUEUES; i++)
		release_list(shard, shard->queues[i].first);
	release_list(shard, shard->retired_first);
	weir__free(shard->ghosts.marks);
	pthread_mutex_destroy(&shard->mutex);
}

/* Slots have no room for what some systems keep in the highest bits of an address. */
static bool fits_slot(const void *address)
{
	return (uintptr_t)address / WEIR__NEAR_LINE < WEIR__NEAR_WHERE;
}

/* The first entry's line is the second one of the chunk. */
static bool add_chunk(weir__near_shard *shard)
{
	char *chunk = weir__near_arena_take(shard->arena, CHUNK * STRIDE);

	if (!chunk)
		return false;
	if (!fits_slot(chunk + CHUNK * STRIDE)) {
		weir__near_arena_give(shard->arena, chunk, CHUNK * STRIDE);
		return false;
	}
	shard->fresh = chunk + WEIR__NEAR_LINE - WEIR__NEAR_HEAD;
	shard->fresh_count = CHUNK;
	return true;
}

static weir__near_entry *take_of_arena(weir__near_shard *shard)
{
	weir__near_entry *entry = shard->free;

	if (entry) {
		shard->free = entry->after;
		return entry;
	}
	if (shard->fresh_count == 0 && !add_chunk(shard))
		return NULL;
	entry = (weir__near_entry *)(void *)shard->fresh;
	shard->fresh += STRIDE;
	shard->fresh_count--;
	return entry;
}

/* In the object's room, if that is there and a slot can hold where it is. */
static weir__near_entry *take_room(const weir__near_value *value)
{
	weir__near_entry *room = value->kind && value->kind->room ? value->kind->room(value->object) : NULL;

	if (!room || !fits_slot(room) || atomic_exchange_explicit(&room->taken, true, memory_order_acquire))
		return NULL;
	return room;
}

static weir__near_entry *take_entry(weir__near_shard *shard, const weir__near_item *item)
{
	weir__near_entry *entry = take_room(&item->value);

	if (entry) {
		entry->shape = 0;
		return entry;
	}
	entry = take_of_arena(shard);
	if (entry)
		entry->shape = WEIR__NEAR_OF_ARENA;
	return entry;
}

void weir__near_retire(weir__near_shard *shard, weir__near *near_cache, weir__near_entry *entry)
{
	weir__near_table_remove(shard, entry);
	weir__near_queue_remove(shard, entry);
	shard->count--;
	shard->bytes -= entry->charge;
	shard->retired_bytes += entry->charge;
	shard->retired_count++;
	entry->epoch = weir__pins_epoch(&near_cache->pins);
	entry->after = NULL;
	if (shard->retired_last)
		shard->retired_last->after = entry;
	else
		shard->retired_first = entry;
	shard->retired_last = entry;
}

static bool write_stripes(weir__near_entry *entry, const weir__near_ticket *ticket)
{
	size_t more = ticket->count > WEIR__NEAR_INLINE ? ticket->count - WEIR__NEAR_INLINE : 0;

	entry->more_stripes = NULL;
	if (more > 0 && !(entry->more_stripes = weir__malloc(more * sizeof *entry->more_stripes)))
		return false;
	memcpy(entry->stripes, ticket->stripes, sizeof entry->stripes);
	if (more > 0)
		memcpy(entry->more_stripes, ticket->stripes + WEIR__NEAR_INLINE, more * sizeof *entry->more_stripes);
	entry->shape |= ticket->count & WEIR__NEAR_COUNT;
	return true;
}

static bool write_entry(weir__near_entry *entry, const weir__near_item *item, uint64_t charge)
{
	if (!write_stripes(entry, item->ticket))
		return false;
	entry->name = item->name;
	entry->sum = item->ticket->generation + item->ticket->sum;
	entry->expires_us = item->expires_us;
	entry->kind = item->value.kind;
	if (entry->kind)
		entry->object = item->value.object;
	else
		entry->number = item->value.number;
	if (item->value.absent)
		entry->shape |= WEIR__NEAR_ABSENT;
	entry->charge = charge;
	atomic_store_explicit(&entry->uses, 0, memory_order_relaxed);
	return true;
}

static void give_up(weir__near_shard *shard, weir__near_entry *entry)
{
	weir__near_value unused;

	entry->kind = NULL;
	(void)free_entry(shard, entry, &unused);
}

/* Takes out what has the name. In which queue the new one belongs: the old one's; main for one that was evicted not long ago. */
static uint8_t replace(weir__near_shard *shard, weir__near *near_cache, weir__hash128 name)
{
	weir__near_entry *entry = weir__near_shard_find(shard, near_cache->stripes, name);
	uint8_t           queue;

	if (!entry)
		return weir__near_ghosts_have(&shard->ghosts, name) ? WEIR__NEAR_MAIN : WEIR__NEAR_SMALL;
	queue = entry->queue;
	weir__near_retire(shard, near_cache, entry);
	return queue;
}

/* While someone is pinned for long nothing is freed: so many times the entries that fit may be there, and a few. */
static bool may_take(const weir__near_shard *shard, uint64_t charge)
{
	return charge <= shard->max_bytes / 4 &&
	       (uint64_t)shard->count + shard->retired_count < shard->max_bytes / ENTRY_LEAST * SPARE + SPARE_LEAST;
}

bool weir__near_shard_put(weir__near_shard *shard, weir__near *near_cache, const weir__near_item *item)
{
	uint64_t          charge = item->bytes + ENTRY_LEAST;
	weir__near_entry *entry;
	uint8_t           queue;

	if (!may_take(shard, charge) || !weir__near_table_make_room(shard, near_cache))
		return false;
	queue = replace(shard, near_cache, item->name);
	weir__near_evict(shard, near_cache, charge, item->now_us);
	entry = take_entry(shard, item);
	if (!entry)
		return false;
	if (!write_entry(entry, item, charge)) {
		give_up(shard, entry);
		return false;
	}
	weir__near_queue_push(shard, queue, entry);
	shard->count++;
	shard->bytes += charge;
	shard->fills++;
	weir__near_table_insert(shard, entry);
	return true;
}

bool weir__near_shard_reclaim(weir__near_shard *shard, weir__pins *pins, weir__near_freed *freed)
{
	weir__near_table_reclaim(shard, pins);
	while (shard->retired_first) {
		weir__near_entry *entry = shard->retired_first;
		weir__near_value  object;

		if (!weir__pins_gone(pins, entry->epoch))
			return false;
		if (freed->count == WEIR__NEAR_FREED)
			return true;
		shard->retired_first = entry->after;
		if (!shard->retired_first)
			shard->retired_last = NULL;
		shard->retired_count--;
		shard->retired_bytes -= entry->charge;
		if (free_entry(shard, entry, &object)) {
			freed->items[freed->count].kind = object.kind;
			freed->items[freed->count++].object = object.object;
		}
	}
	return false;
}
