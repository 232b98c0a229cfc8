/* Keeping the memory of lists: the last few, of which the newest that fits is taken. */
#include "models/list_pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <string.h>

typedef struct kept {
	void  *memory;
	size_t size;
} kept;

struct weir__list_pool {
	pthread_mutex_t mutex;
	kept            kept[WEIR__LIST_POOL_KEPT]; /* the newest last */
	size_t          count;
	size_t          out;
	bool            closed; /* the owner has let go */
};

weir__list_pool *weir__list_pool_create(void)
{
	weir__list_pool *pool = weir__calloc(1, sizeof *pool);

	if (pool && pthread_mutex_init(&pool->mutex, NULL) != 0) {
		weir__free(pool);
		return NULL;
	}
	return pool;
}

static void free_pool(weir__list_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		weir__free(pool->kept[i].memory);
	pthread_mutex_destroy(&pool->mutex);
	weir__free(pool);
}

void weir__list_pool_release(weir__list_pool *pool)
{
	bool unused;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->closed = true;
	unused = pool->out == 0;
	pthread_mutex_unlock(&pool->mutex);
	if (unused)
		free_pool(pool);
}

static kept remove_kept(weir__list_pool *pool, size_t i)
{
	kept removed = pool->kept[i];

	pool->count--;
	memmove(&pool->kept[i], &pool->kept[i + 1], (pool->count - i) * sizeof removed);
	return removed;
}

/* The newest that is large enough, and not by more than a half. */
static kept find_kept(weir__list_pool *pool, size_t size)
{
	for (size_t i = pool->count; i-- > 0;)
		if (pool->kept[i].size >= size && pool->kept[i].size / 3 * 2 <= size)
			return remove_kept(pool, i);
	return (kept){ .memory = NULL };
}

void *weir__list_pool_take(weir__list_pool *pool, size_t *size)
{
	kept found;

	pthread_mutex_lock(&pool->mutex);
	found = find_kept(pool, *size);
	pool->out++;
	pthread_mutex_unlock(&pool->mutex);
	if (!found.memory) {
		found.size = *size + *size / 8; /* the next one may be a little larger */
		found.memory = weir__malloc(found.size);
	}
	if (!found.memory)
		weir__list_pool_give(pool, NULL, 0);
	*size = found.size;
	return found.memory;
}

void weir__list_pool_give(weir__list_pool *pool, void *memory, size_t size)
{
	kept superfluous = { .memory = NULL };
	bool last_of_closed;

	pthread_mutex_lock(&pool->mutex);
	pool->out--;
	last_of_closed = pool->closed && pool->out == 0;
	if (memory && pool->count == WEIR__LIST_POOL_KEPT)
		superfluous = remove_kept(pool, 0);
	if (memory)
		pool->kept[pool->count++] = (kept){ memory, size };
	pthread_mutex_unlock(&pool->mutex);
	weir__free(superfluous.memory);
	if (last_of_closed)
		free_pool(pool);
}
