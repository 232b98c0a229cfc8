/* The table of live headers: chains under one lock. Empty outside debug builds. */
#include "models/live.h"

#include "base/hash.h"

#ifdef WEIR_DEBUG
#include <pthread.h>

#define BUCKETS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static weir__live     *buckets[BUCKETS];

/* The link that leads to address, or the one at the end of its chain. */
static weir__live **find(const void *address)
{
	weir__live **link = &buckets[weir__hash64(&address, sizeof address, 0) % BUCKETS];

	while (*link && *link != address)
		link = &(*link)->next;
	return link;
}

void weir__live_add(weir__live *node)
{
	pthread_mutex_lock(&lock);
	node->next = NULL;
	*find(node) = node;
	pthread_mutex_unlock(&lock);
}

void weir__live_remove(weir__live *node)
{
	pthread_mutex_lock(&lock);
	*find(node) = node->next;
	pthread_mutex_unlock(&lock);
}

bool weir__live_has(const void *address)
{
	pthread_mutex_lock(&lock);
	bool has = *find(address) != NULL;
	pthread_mutex_unlock(&lock);
	return has;
}
#endif
