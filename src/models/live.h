/* Which records and lists are alive, so that debug builds (WEIR_DEBUG) catch a release too many without reading memory
 * that may be gone: every header is chained into a hash table by its own address, and an address that a caller gives is
 * looked up there before anything behind it is touched. The table is static, since records outlive sessions, and
 * allocates nothing: the links are in the headers. An address that was used again for another record goes unnoticed.
 * In other builds all of this is nothing. */
#ifndef WEIR_MODELS_LIVE_H
#define WEIR_MODELS_LIVE_H

#include <stdbool.h>

/* The first member of a header. */
typedef struct weir__live {
	struct weir__live *next;
} weir__live;

#ifdef WEIR_DEBUG
#define WEIR__CHECKS_LIFE true

void weir__live_add(weir__live *node);
void weir__live_remove(weir__live *node);
bool weir__live_has(const void *address);
#else
#define WEIR__CHECKS_LIFE false

static inline void weir__live_add(weir__live *node)
{
	(void)node;
}

static inline void weir__live_remove(weir__live *node)
{
	(void)node;
}

static inline bool weir__live_has(const void *address)
{
	(void)address;
	return true;
}
#endif

#endif
