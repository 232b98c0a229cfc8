/* The memory of a near cache's entries and tables: large blocks, in large pages where the system has them, since looking something up
 * goes to memory at random, and small pages cost another such place each. What is given back is used again for the same size; all
 * of it goes with the cache. */
#ifndef WEIR_CACHE_NEAR_ARENA_H
#define WEIR_CACHE_NEAR_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct weir__arena_block weir__arena_block;
typedef struct weir__arena_free  weir__arena_free;

typedef struct weir__near_arena {
	pthread_mutex_t    mutex;
	weir__arena_block *blocks; /* the first one is used up last */
	weir__arena_free  *free;
	size_t             block_size;
	char              *at, *end; /* of the first block */
} weir__near_arena;

/* For a cache of so many bytes. */
bool weir__near_arena_init(weir__near_arena *arena, uint64_t max_bytes);
void weir__near_arena_release(weir__near_arena *arena);

/* Zeroed, on a cache line's bound. NULL: no memory. */
void *weir__near_arena_take(weir__near_arena *arena, size_t size);
/* Of the size that was taken. */
void weir__near_arena_give(weir__near_arena *arena, void *memory, size_t size);

#endif
