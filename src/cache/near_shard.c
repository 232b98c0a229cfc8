/* A shard's table and entries. */
#include "cache/near_memory.h"

#include "base/memory.h"

#include <string.h>

#define SLOTS_FIRST 64
#define ENTRY_LEAST                                                                                                    \
	(sizeof(weir__near_entry) + 2 * sizeof(weir__near_slot)) /* what an entry takes besides its object */
#define SPARE 2 /* so many times the entries that fit may be there, retired ones included */

static size_t table_size(uint32_t slots)
{
	return sizeof(weir__near_table) + slots * sizeof(weir__near_slot);
}

static weir__near_table *make_table(weir__near_arena *arena, uint32_t slots)
{
	weir__near_table *table = weir__near_arena_take(arena, table_size(slots));

	if (table)
		table->mask = slots - 1;
	return table;
}

static void free_table(weir__near_arena *arena, weir__near_table *table)
{
	if (table)
		weir__near_arena_give(arena, table, table_size(table->mask + 1));
}

bool weir__near_shard_init(weir__near_shard *shard, weir__near_arena *arena, uint64_t max_bytes)
{
	weir__near_table *table = make_table(arena, SLOTS_FIRST);

	memset(shard, 0, sizeof *shard);
	shard->arena = arena;
	shard->max_bytes = max_bytes;
	shard->chunk_max = (uint32_t)(max_bytes / ENTRY_LEAST * SPARE / WEIR__NEAR_CHUNK + 2);
	shard->chunks = weir__calloc(shard->chunk_max, sizeof(weir__near_entry *));
	shard->free = shard->retired_first = shard->retired_last = WEIR__NEAR_NONE;
	shard->fresh = WEIR__NEAR_CHUNK;
	for (size_t i = 0; i < WEIR__NEAR_QUEUES; i++)
		shard->queues[i].first = shard->queues[i].last = WEIR__NEAR_NONE;
	if (!table || !shard->chunks || !weir__near_ghosts_resize(&shard->ghosts, SLOTS_FIRST) ||
	    pthread_mutex_init(&shard->mutex, NULL) != 0) {
		free_table(arena, table);
		weir__free(shard->chunks);
		weir__free(shard->ghosts.marks);
		return false;
	}
	atomic_store(&shard->table, table);
	atomic_store(&shard->mask, table->mask);
	return true;
}

static void release_list(weir__near_shard *shard, uint32_t index)
{
	while (index != WEIR__NEAR_NONE) {
		weir__near_entry *entry = weir__near_entry_at(shard, index);

		if (entry->kind)
			entry->kind->release(entry->object);
		index = entry->after;
	}
}

/* Its tables and entries go with the arena. */
void weir__near_shard_release(weir__near_shard *shard)
{
	for (size_t i = 0; i < WEIR__NEAR_QUEUES; i++)
		release_list(shard, shard->queues[i].first);
	release_list(shard, shard->retired_first);
	weir__free(shard->chunks);
	weir__free(shard->ghosts.marks);
	pthread_mutex_destroy(&shard->mutex);
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static uint64_t slot_of(weir__hash128 name, uint32_t index)
{
	return (name.high & WEIR__NEAR_TAG) | (index + WEIR__NEAR_FIRST_INDEX);
}

/* Where the entry of this name is; NONE. */
static uint32_t find_slot(const weir__near_shard *shard, const weir__near_table *table, weir__hash128 name)
{
	for (uint32_t at = (uint32_t)name.high & table->mask;; at = (at + 1) & table->mask) {
		uint64_t slot = atomic_load(&table->slots[at].word);

		if (slot == WEIR__NEAR_EMPTY)
			return WEIR__NEAR_NONE;
		if (slot != WEIR__NEAR_GONE && ((slot ^ name.high) & WEIR__NEAR_TAG) == 0 &&
		    weir__near_same(weir__near_entry_at(shard, (uint32_t)slot - WEIR__NEAR_FIRST_INDEX)->name, name))
			return at;
	}
}

/* The first place for a name that is not there. */
static uint32_t place_for(const weir__near_table *table, weir__hash128 name)
{
	uint32_t at = (uint32_t)name.high & table->mask;

	while (atomic_load(&table->slots[at].word) > WEIR__NEAR_GONE)
		at = (at + 1) & table->mask;
	return at;
}

static void set_slot(weir__near_table *table, uint32_t at, uint64_t word, const weir__near_entry *entry)
{
	uint64_t hint = weir__near_hint(entry->kind ? entry->object : entry, entry->stripes[0]);

	atomic_store_explicit(&table->slots[at].hint, hint, memory_order_relaxed);
	atomic_store(&table->slots[at].word, word);
}

static void copy_slots(const weir__near_shard *shard, weir__near_table *from, weir__near_table *to)
{
	for (uint32_t i = 0; i <= from->mask; i++) {
		uint64_t slot = atomic_load(&from->slots[i].word);

		if (slot > WEIR__NEAR_GONE) {
			const weir__near_entry *entry = weir__near_entry_at(shard, (uint32_t)slot - WEIR__NEAR_FIRST_INDEX);

			set_slot(to, place_for(to, entry->name), slot, entry);
		}
	}
}

/* Room for one more. A table that is three quarters full is replaced by one that is at most half full. */
static bool make_room(weir__near_shard *shard, weir__near *near_cache)
{
	weir__near_table *table = atomic_load(&shard->table);
	weir__near_table *larger;
	uint32_t          slots = SLOTS_FIRST;

	if (shard->used + 1 <= table->mask / 4 * 3)
		return true;
	while (slots / 2 < shard->count + 1)
		slots *= 2;
	larger = make_table(shard->arena, slots);
	if (!larger)
		return false;
	(void)weir__near_ghosts_resize(&shard->ghosts, slots / 2);
	copy_slots(shard, table, larger);
	shard->used = shard->count;
	atomic_store(&shard->table, larger);
	atomic_store_explicit(&shard->mask, larger->mask, memory_order_relaxed);
	table->epoch = weir__pins_epoch(&near_cache->pins);
	table->next = shard->retired_tables;
	shard->retired_tables = table;
	return true;
}

static void remove_slot(weir__near_shard *shard, weir__hash128 name)
{
	weir__near_table *table = atomic_load(&shard->table);
	uint32_t          at = find_slot(shard, table, name);

	if (atomic_load(&table->slots[(at + 1) & table->mask].word) != WEIR__NEAR_EMPTY) {
		atomic_store(&table->slots[at].word, WEIR__NEAR_GONE);
		return;
	}
	/* nothing goes on behind it, nor behind those that were taken out just before it */
	do {
		atomic_store(&table->slots[at].word, WEIR__NEAR_EMPTY);
		shard->used--;
		at = (at - 1) & table->mask;
	} while (atomic_load(&table->slots[at].word) == WEIR__NEAR_GONE);
}

/* ---- Entries --------------------------------------------------------------------------------------------------- */

static weir__near_entry *make_chunk(weir__near_arena *arena)
{
	return weir__near_arena_take(arena, WEIR__NEAR_CHUNK * sizeof(weir__near_entry));
}

static uint32_t take_free(weir__near_shard *shard)
{
	uint32_t index = shard->free;

	if (index != WEIR__NEAR_NONE) {
		shard->free = weir__near_entry_at(shard, index)->after;
		return index;
	}
	if (shard->fresh == WEIR__NEAR_CHUNK) {
		if (shard->chunk_count == shard->chunk_max || !(shard->chunks[shard->chunk_count] = make_chunk(shard->arena)))
			return WEIR__NEAR_NONE;
		shard->chunk_count++;
		shard->fresh = 0;
	}
	return (shard->chunk_count - 1) * WEIR__NEAR_CHUNK + shard->fresh++;
}

void weir__near_retire(weir__near_shard *shard, weir__near *near_cache, uint32_t index)
{
	weir__near_entry *entry = weir__near_entry_at(shard, index);

	remove_slot(shard, entry->name);
	weir__near_queue_remove(shard, index);
	shard->count--;
	shard->bytes -= entry->charge;
	shard->retired_bytes += entry->charge;
	shard->retired_count++;
	entry->epoch = weir__pins_epoch(&near_cache->pins);
	entry->after = WEIR__NEAR_NONE;
	if (shard->retired_last == WEIR__NEAR_NONE)
		shard->retired_first = index;
	else
		weir__near_entry_at(shard, shard->retired_last)->after = index;
	shard->retired_last = index;
}

static void write_entry(weir__near_entry *entry, const weir__near_item *item, uint64_t charge)
{
	const weir__near_ticket *ticket = item->ticket;

	entry->name = item->name;
	entry->sum = ticket->generation + ticket->sum;
	entry->expires_us = item->expires_us;
	entry->kind = item->value.kind;
	if (entry->kind)
		entry->object = item->value.object;
	else
		entry->number = item->value.number;
	entry->absent = item->value.absent;
	entry->stripe_count = ticket->count;
	for (size_t i = 0; i < ticket->count; i++)
		*(i < WEIR__NEAR_INLINE ? &entry->stripes[i] : &entry->more_stripes[i - WEIR__NEAR_INLINE]) =
			ticket->stripes[i];
	entry->charge = charge;
	atomic_store_explicit(&entry->uses, 0, memory_order_relaxed);
}

/* Takes out what has the name. In which queue the new one belongs: the old one's; main for one that was evicted not long ago. */
static uint8_t replace(weir__near_shard *shard, weir__near *near_cache, weir__hash128 name)
{
	weir__near_table *table = atomic_load(&shard->table);
	uint32_t          at = find_slot(shard, table, name);
	uint32_t          index;
	uint8_t           queue;

	if (at == WEIR__NEAR_NONE)
		return weir__near_ghosts_have(&shard->ghosts, name) ? WEIR__NEAR_MAIN : WEIR__NEAR_SMALL;
	index = (uint32_t)atomic_load(&table->slots[at].word) - WEIR__NEAR_FIRST_INDEX;
	queue = weir__near_entry_at(shard, index)->queue;
	weir__near_retire(shard, near_cache, index);
	return queue;
}

bool weir__near_shard_put(weir__near_shard *shard, weir__near *near_cache, const weir__near_item *item)
{
	uint64_t          charge = item->bytes + ENTRY_LEAST;
	weir__near_table *table;
	uint32_t          index, at;
	uint8_t           queue;

	if (charge > shard->max_bytes / 4 || !make_room(shard, near_cache))
		return false;
	queue = replace(shard, near_cache, item->name);
	weir__near_evict(shard, near_cache, charge, item->now_us);
	index = take_free(shard);
	if (index == WEIR__NEAR_NONE)
		return false;
	write_entry(weir__near_entry_at(shard, index), item, charge);
	weir__near_queue_push(shard, queue, index);
	shard->count++;
	shard->bytes += charge;
	shard->fills++;
	table = atomic_load(&shard->table);
	at = place_for(table, item->name);
	shard->used += atomic_load(&table->slots[at].word) == WEIR__NEAR_EMPTY;
	set_slot(table, at, slot_of(item->name, index), weir__near_entry_at(shard, index));
	return true;
}

static void free_tables(weir__near_shard *shard, weir__pins *pins)
{
	weir__near_table **at = &shard->retired_tables;

	while (*at) {
		weir__near_table *table = *at;

		if (!weir__pins_gone(pins, table->epoch)) {
			at = &table->next;
			continue;
		}
		*at = table->next;
		free_table(shard->arena, table);
	}
}

bool weir__near_shard_reclaim(weir__near_shard *shard, weir__pins *pins, weir__near_freed *freed)
{
	free_tables(shard, pins);
	while (shard->retired_first != WEIR__NEAR_NONE) {
		uint32_t          index = shard->retired_first;
		weir__near_entry *entry = weir__near_entry_at(shard, index);

		if (!weir__pins_gone(pins, entry->epoch))
			return false;
		if (freed->count == WEIR__NEAR_FREED)
			return true;
		if (entry->kind) {
			freed->items[freed->count].kind = entry->kind;
			freed->items[freed->count++].object = entry->object;
		}
		shard->retired_first = entry->after;
		if (shard->retired_first == WEIR__NEAR_NONE)
			shard->retired_last = WEIR__NEAR_NONE;
		shard->retired_count--;
		shard->retired_bytes -= entry->charge;
		entry->after = shard->free;
		shard->free = index;
	}
	return false;
}
