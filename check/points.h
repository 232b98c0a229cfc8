/* points.h: places in a write and in a fill at which a worker can be made to die: the library's Redis backend with a look at
 * a number in shared memory in front of and behind the operations that matter. */
#ifndef CHECK_POINTS_H
#define CHECK_POINTS_H

#include <weir/sys/cache_backend.h>

#include <stdatomic.h>

typedef enum point {
	POINT_NONE,
	POINT_GUARD,    /* the statement has run, nothing is guarded */
	POINT_GUARDED,  /* COMMIT is next */
	POINT_RELEASE,  /* COMMIT is done */
	POINT_RELEASED, /* the answer is next */
	POINT_LEASED,   /* the SELECT is next */
	POINT_FILL,     /* the SELECT is done */
	POINTS
} point;

extern const char *const point_names[POINTS];

/* A backend on a Redis; whoever reaches the point *at ends its process by SIGKILL. NULL: no memory. */
weir_cache_backend *points_backend(const char *redis_url, atomic_int *at);

#endif
