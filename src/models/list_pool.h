/* The memory of large lists that were released, kept for the next ones of a session. An allocator gives what is free at the end of its
 * heap back to the system (glibc from a few 100 kB on), and the next list of that size is then faulted in again page by page: that
 * costs more than to decode it. What is kept is bounded; a pool lives until its owner has let go and the last memory is back. */
#ifndef WEIR_MODELS_LIST_POOL_H
#define WEIR_MODELS_LIST_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define WEIR__LIST_POOL_LEAST (64u << 10) /* what is smaller is not worth it */
#define WEIR__LIST_POOL_MOST  (1u << 20)
#define WEIR__LIST_POOL_KEPT  4

typedef struct weir__list_pool weir__list_pool;

/* NULL: out of memory. */
weir__list_pool *weir__list_pool_create(void);

/* The owner lets go; NULL is allowed. */
void weir__list_pool_release(weir__list_pool *pool);

/* Is memory of this size for a pool? */
static inline bool weir__list_pool_takes(size_t size)
{
	return size >= WEIR__LIST_POOL_LEAST && size <= WEIR__LIST_POOL_MOST;
}

/* Memory of *size bytes, of a size that it takes, or up to half as many more, which *size then says. NULL: out of memory. */
void *weir__list_pool_take(weir__list_pool *pool, size_t *size);

/* Gives it back, with its size. */
void weir__list_pool_give(weir__list_pool *pool, void *memory, size_t size);

#endif
