/* A shard's table: buckets of one cache line. An entry is in the bucket that its name leads to, or, where that was full, in one of the next
 * ones; each bucket that it went past counts it, so that a search ends where nobody went on, and nothing is left behind by what is
 * taken out. */
#include "cache/near_memory.h"

#include <string.h>

#define BITS_FIRST 3
#define FULL       6 /* entries for each bucket, of WEIR__NEAR_WAYS; then there are twice as many buckets */
#define MANY       0xff
#define GHOSTS     4 /* for each bucket */

static size_t size_of(uintptr_t table)
{
	return ((size_t)weir__near_table_mask(table) + 2) * WEIR__NEAR_LINE;
}

static weir__near_table_head *head_of(uintptr_t table)
{
	return (weir__near_table_head *)(void *)((char *)weir__near_buckets(table) - WEIR__NEAR_LINE);
}

/* 0: out of memory. */
static uintptr_t make_table(weir__near_arena *arena, uint32_t bits)
{
	char *memory = weir__near_arena_take(arena, ((size_t)(UINT32_C(1) << bits) + 1) * WEIR__NEAR_LINE);

	return memory ? ((uintptr_t)memory + WEIR__NEAR_LINE) | bits : 0;
}

bool weir__near_table_init(weir__near_shard *shard)
{
	uintptr_t table = make_table(shard->arena, BITS_FIRST);

	atomic_store(&shard->table, table);
	return table != 0;
}

void weir__near_table_release(weir__near_shard *shard)
{
	uintptr_t table = atomic_load(&shard->table);

	if (table)
		weir__near_arena_give(shard->arena, head_of(table), size_of(table));
}

static uint64_t went_on(uint64_t marks)
{
	return marks >> WEIR__NEAR_WENT_ON;
}

/* One more or one less went past this bucket. */
static void count(weir__near_bucket *bucket, bool more)
{
	uint64_t marks = atomic_load(&bucket->marks);

	if (went_on(marks) != MANY)
		atomic_store(&bucket->marks,
		             more ? marks + (UINT64_C(1) << WEIR__NEAR_WENT_ON) : marks - (UINT64_C(1) << WEIR__NEAR_WENT_ON));
}

static void insert(uintptr_t table, weir__hash128 name, uint64_t slot)
{
	uint32_t           mask = weir__near_table_mask(table), at = (uint32_t)name.high & mask;
	weir__near_bucket *bucket = &weir__near_buckets(table)[at];
	uint64_t           marks, empty;
	unsigned           way;

	while (!(empty = weir__near_marked(marks = atomic_load(&bucket->marks), 0))) {
		count(bucket, true);
		at = (at + 1) & mask;
		bucket = &weir__near_buckets(table)[at];
	}
	way = (unsigned)__builtin_ctzll(empty) / 8;
	atomic_store(&bucket->slots[way], slot);
	atomic_store(&bucket->marks, marks | (uint64_t)weir__near_mark(name) << (8 * way));
}

void weir__near_table_insert(weir__near_shard *shard, const weir__near_entry *entry)
{
	insert(atomic_load(&shard->table), entry->name, weir__near_slot(entry));
}

/* Takes the slot out, if it is in this bucket. */
static bool take_out(weir__near_bucket *bucket, uint64_t slot)
{
	uint64_t marks = atomic_load(&bucket->marks);

	for (unsigned way = 0; way < WEIR__NEAR_WAYS; way++) {
		if (atomic_load(&bucket->slots[way]) != slot)
			continue;
		atomic_store(&bucket->marks, marks & ~(UINT64_C(0xff) << (8 * way)));
		atomic_store(&bucket->slots[way], 0);
		return true;
	}
	return false;
}

void weir__near_table_remove(weir__near_shard *shard, const weir__near_entry *entry)
{
	uintptr_t          table = atomic_load(&shard->table);
	uint32_t           mask = weir__near_table_mask(table);
	uint64_t           slot = weir__near_slot(entry);
	weir__near_bucket *buckets = weir__near_buckets(table);
	uint32_t           first = (uint32_t)entry->name.high & mask, past = 0;

	while (past <= mask && !take_out(&buckets[(first + past) & mask], slot))
		past++;
	for (uint32_t i = 0; i < past; i++)
		count(&buckets[(first + i) & mask], false);
}

static void copy(uintptr_t from, uintptr_t to)
{
	for (uint32_t i = 0; i <= weir__near_table_mask(from); i++)
		for (unsigned way = 0; way < WEIR__NEAR_WAYS; way++) {
			uint64_t                slot = atomic_load(&weir__near_buckets(from)[i].slots[way]);
			const weir__near_entry *entry = weir__near_slot_entry(slot);

			if (entry)
				insert(to, entry->name, slot);
		}
}

bool weir__near_table_make_room(weir__near_shard *shard, weir__near *near_cache)
{
	uintptr_t table = atomic_load(&shard->table), larger;

	if (shard->count < ((uint64_t)weir__near_table_mask(table) + 1) * FULL)
		return true;
	larger = make_table(shard->arena, (uint32_t)(table & (WEIR__NEAR_LINE - 1)) + 1);
	if (!larger)
		return false;
	(void)weir__near_ghosts_resize(&shard->ghosts, (weir__near_table_mask(larger) + 1) * GHOSTS);
	copy(table, larger);
	atomic_store(&shard->table, larger);
	*head_of(table) = (weir__near_table_head){ shard->retired_tables, weir__pins_epoch(&near_cache->pins) };
	shard->retired_tables = table;
	return true;
}

void weir__near_table_reclaim(weir__near_shard *shard, weir__pins *pins)
{
	uintptr_t *at = &shard->retired_tables;

	while (*at) {
		uintptr_t table = *at;

		if (!weir__pins_gone(pins, head_of(table)->epoch)) {
			at = &head_of(table)->next;
			continue;
		}
		*at = head_of(table)->next;
		weir__near_arena_give(shard->arena, head_of(table), size_of(table));
	}
}
