/* points.c: a backend that passes everything on, and dies where it is told to. */
#include "points.h"

#include "cache/cache.h"

#include <signal.h>
#include <stdlib.h>

const char *const point_names[POINTS] = {
	"nowhere",           "before the guard", "before COMMIT",   "after COMMIT",
	"after the release", "after the lease",  "before the fill",
};

typedef struct pointed {
	weir_cache_backend  backend;
	weir_cache_backend *inner;
	atomic_int         *at;
} pointed;

static weir_cache_backend *inner_of(weir_cache_backend *self)
{
	return ((pointed *)(void *)self)->inner;
}

static void reach(weir_cache_backend *self, point here)
{
	if (atomic_load_explicit(((pointed *)(void *)self)->at, memory_order_relaxed) == (int)here)
		raise(SIGKILL);
}

static int get_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                    weir_cached *found)
{
	return inner_of(self)->get_many(inner_of(self), keys, count, call, found);
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	int rc = inner_of(self)->lease(inner_of(self), wants, count, call, found);

	reach(self, POINT_LEASED);
	return rc;
}

static int fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
                size_t *filled)
{
	reach(self, POINT_FILL);
	return inner_of(self)->fill(inner_of(self), entries, count, call, filled);
}

static int guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc;

	reach(self, POINT_GUARD);
	rc = inner_of(self)->guard(inner_of(self), touches, count, call);
	reach(self, POINT_GUARDED);
	return rc;
}

static int release(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	int rc;

	reach(self, POINT_RELEASE);
	rc = inner_of(self)->release(inner_of(self), touches, count, call);
	reach(self, POINT_RELEASED);
	return rc;
}

static int set(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	return inner_of(self)->set(inner_of(self), entry, call);
}

static int remove_many(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	return inner_of(self)->remove(inner_of(self), keys, count, call);
}

static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	return inner_of(self)->flush(inner_of(self), prefix, cursor, call);
}

static bool is_up(weir_cache_backend *self)
{
	return inner_of(self)->is_up(inner_of(self));
}

static int watch(weir_cache_backend *self, const weir_cache_watch *what, void **handle)
{
	return inner_of(self)->watch(inner_of(self), what, handle);
}

static void close_both(weir_cache_backend *self)
{
	inner_of(self)->close(inner_of(self));
	free(self);
}

weir_cache_backend *points_backend(const char *redis_url, atomic_int *at)
{
	pointed *made = calloc(1, sizeof *made);

	if (!made || weir__cache_backend_redis(redis_url, NULL, &made->inner, NULL) != WEIR_OK) {
		free(made);
		return NULL;
	}
	made->at = at;
	made->backend = (weir_cache_backend){ .name = made->inner->name,
		                                  .get_many = get_many,
		                                  .lease = lease,
		                                  .fill = fill,
		                                  .guard = guard,
		                                  .release = release,
		                                  .set = set,
		                                  .remove = remove_many,
		                                  .flush = flush,
		                                  .is_up = is_up,
		                                  .close = close_both,
		                                  .watch = made->inner->watch ? watch : NULL,
		                                  .unwatch = made->inner->unwatch,
		                                  .place = made->inner->place };
	return &made->backend;
}
