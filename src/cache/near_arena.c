/* Blocks of a near cache's memory. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#endif
#include "cache/near_arena.h"

#include "base/memory.h"

#include <string.h>
#include <sys/mman.h>

#define LINE        64
#define LARGE_PAGE  ((size_t)2 << 20)
#define BLOCK_LEAST ((size_t)64 << 10)
#define BLOCK_MOST  ((size_t)8 << 20)
#define BLOCK_PART  16 /* of the cache */

struct weir__arena_block {
	weir__arena_block *next;
};

struct weir__arena_free {
	weir__arena_free *next;
	size_t            size;
};

bool weir__near_arena_init(weir__near_arena *arena, uint64_t max_bytes)
{
	memset(arena, 0, sizeof *arena);
	arena->block_size = BLOCK_LEAST;
	while (arena->block_size < BLOCK_MOST && arena->block_size < max_bytes / BLOCK_PART)
		arena->block_size *= 2;
	return pthread_mutex_init(&arena->mutex, NULL) == 0;
}

void weir__near_arena_release(weir__near_arena *arena)
{
	for (weir__arena_block *next; arena->blocks; arena->blocks = next) {
		next = arena->blocks->next;
		weir__free(arena->blocks);
	}
	pthread_mutex_destroy(&arena->mutex);
}

static char *aligned(char *memory, size_t bound)
{
	return memory + (bound - (uintptr_t)memory % bound) % bound;
}

static void ask_for_large_pages(char *from, size_t size)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(from, size, MADV_HUGEPAGE);
#else
	(void)from, (void)size;
#endif
}

/* Another block with room for size bytes is the first one; what was left of the one before is lost. */
static bool add_block(weir__near_arena *arena, size_t size)
{
	size_t             room = size > arena->block_size ? size : arena->block_size;
	size_t             bound = room >= LARGE_PAGE ? LARGE_PAGE : LINE;
	weir__arena_block *made = weir__malloc(sizeof *made + room + bound);

	if (!made)
		return false;
	made->next = arena->blocks;
	arena->blocks = made;
	arena->at = aligned((char *)(made + 1), bound);
	arena->end = arena->at + room;
	if (bound == LARGE_PAGE)
		ask_for_large_pages(arena->at, room / LARGE_PAGE * LARGE_PAGE);
	return true;
}

static size_t whole_lines(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

/* With the mutex. */
static void *take(weir__near_arena *arena, size_t size)
{
	char *taken;

	for (weir__arena_free **at = &arena->free; *at; at = &(*at)->next)
		if ((*at)->size == size) {
			taken = (char *)*at;
			*at = (*at)->next;
			return taken;
		}
	if ((size_t)(arena->end - arena->at) < size && !add_block(arena, size))
		return NULL;
	taken = arena->at;
	arena->at += size;
	return taken;
}

void *weir__near_arena_take(weir__near_arena *arena, size_t size)
{
	void *taken;

	size = whole_lines(size);
	pthread_mutex_lock(&arena->mutex);
	taken = take(arena, size);
	pthread_mutex_unlock(&arena->mutex);
	return taken ? memset(taken, 0, size) : NULL;
}

void weir__near_arena_give(weir__near_arena *arena, void *memory, size_t size)
{
	weir__arena_free *freed = memory;

	if (!memory)
		return;
	pthread_mutex_lock(&arena->mutex);
	freed->size = whole_lines(size);
	freed->next = arena->free;
	arena->free = freed;
	pthread_mutex_unlock(&arena->mutex);
}
