/* An incoherent backend: get_many and set of the user's, and the other operations made of them as well as that goes. Leases
 * are granted to everybody and not stored, guards are not placed, a release deletes where the user's backend can. */
#include "cache/backend_incoherent.h"

#include "base/error.h"
#include "base/memory.h"
#include "cache/envelope.h"

#include <string.h>

typedef struct incoherent {
	weir_cache_backend  backend;
	weir_cache_backend *inner;
} incoherent;

static weir_cache_backend *inner_of(weir_cache_backend *self)
{
	return ((incoherent *)(void *)self)->inner;
}

static int get_inner(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
                     weir_cached *found)
{
	return inner_of(self)->get_many(inner_of(self), keys, count, call, found);
}

static int set_inner(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call)
{
	return inner_of(self)->set(inner_of(self), entry, call);
}

static int set_stamp(weir_cache_backend *self, weir_bytes key, uint64_t stamp, const weir_cache_call *call)
{
	char             text[WEIR__STAMP_SIZE];
	weir_cache_entry entry = {
		.key = key, .value = { text, sizeof text }, .ttl_ms = call->stamp_ttl_ms, .space_max = -1
	};

	weir__stamp_write(stamp, text);
	return set_inner(self, &entry, call);
}

/* Is the value that is there the one the caller has seen? */
static bool is_seen(const weir_cached *found, weir_bytes seen)
{
	return found->state == WEIR_CACHED_VALUE && seen.length > 0 && found->value.length >= seen.length &&
	       memcmp(found->value.data, seen.data, seen.length) == 0;
}

static int lease_one(weir_cache_backend *self, const weir_cache_want *want, const weir_cache_call *call,
                     weir_cached *found)
{
	int rc = get_inner(self, &want->key, 1, call, found);

	if (rc < 0)
		return rc;
	if (found->state != WEIR_CACHED_NOTHING && !is_seen(found, want->seen))
		return WEIR_OK;
	if (found->release)
		found->release(found->owner);
	*found = (weir_cached){ .state = WEIR_CACHED_LEASED };
	return want->stamp ? set_stamp(self, want->key, want->stamp, call) : WEIR_OK;
}

static int lease(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
                 weir_cached *found)
{
	for (size_t i = 0; i < count; i++) {
		int rc = lease_one(self, &wants[i], call, &found[i]);

		if (rc == WEIR_OK)
			continue;
		for (size_t taken = 0; taken < i; taken++)
			if (found[taken].release)
				found[taken].release(found[taken].owner);
		for (size_t taken = 0; taken <= i; taken++)
			found[taken] = (weir_cached){ .state = WEIR_CACHED_NOTHING };
		return rc;
	}
	return WEIR_OK;
}

static int fill(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
                size_t *filled)
{
	*filled = 0;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].value.length == 0)
			continue;
		if (set_inner(self, &entries[i], call) < 0)
			return WEIR_ERR_CACHE;
		++*filled;
	}
	return WEIR_OK;
}

static int guard(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	(void)self, (void)touches, (void)count, (void)call;
	return WEIR_OK;
}

static int remove_inner(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call)
{
	if (!inner_of(self)->remove)
		return WEIR_ERR_CACHE;
	return inner_of(self)->remove(inner_of(self), keys, count, call);
}

static int release(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call)
{
	for (size_t i = 0; i < count; i++) {
		if (touches[i].stamp)
			set_stamp(self, touches[i].key, touches[i].stamp, call);
		else if (inner_of(self)->remove)
			remove_inner(self, &touches[i].key, 1, call);
	}
	return WEIR_OK;
}

static int flush(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call)
{
	if (inner_of(self)->flush)
		return inner_of(self)->flush(inner_of(self), prefix, cursor, call);
	return WEIR_ERR_CACHE;
}

static bool is_up(weir_cache_backend *self)
{
	return !inner_of(self)->is_up || inner_of(self)->is_up(inner_of(self));
}

static void close_both(weir_cache_backend *self)
{
	inner_of(self)->close(inner_of(self));
	weir__free(self);
}

static bool is_whole(const weir_cache_backend *backend)
{
	return backend->lease && backend->fill && backend->guard && backend->release && backend->remove && backend->flush &&
	       backend->is_up;
}

int weir__backend_make_whole(weir_cache_backend **backend, const weir__logger *logger, weir_error *err)
{
	incoherent *made;

	if (is_whole(*backend))
		return WEIR_OK;
	made = weir__calloc(1, sizeof *made);
	if (!made)
		return weir__error_no_memory(err);
	made->inner = *backend;
	made->backend = (weir_cache_backend){
		.name = (*backend)->name ? (*backend)->name : "custom",
		.get_many = get_inner,
		.lease = lease,
		.fill = fill,
		.guard = guard,
		.release = release,
		.set = set_inner,
		.remove = remove_inner,
		.flush = flush,
		.is_up = is_up,
		.close = close_both,
	};
	*backend = &made->backend;
	weir__log(logger, WEIR_LOG_WARNING,
	          "cache %s: without lease, fill, guard and release it is incoherent: entries live until their TTL",
	          made->backend.name);
	return WEIR_OK;
}

void weir__backend_unwrap(weir_cache_backend *backend)
{
	weir__free(backend);
}
