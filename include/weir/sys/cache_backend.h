/* For those who write a cache backend: a table of functions on bytes by key.
 *
 * What a key holds is one of: a value (bytes of the cache manager's), a lease (a token: somebody is about to fill it), a
 * guard (one or more nonces: somebody is about to change what it stands for), or nothing. The operations keep
 * these apart; how is the backend's own affair. A value is never empty and never begins with L or G, so that a store of
 * plain bytes can mark leases and guards by these letters. The rules that the promises rest on:
 *
 *   - each operation is atomic for each single key; across keys nothing is promised;
 *   - a lease is taken only where there is nothing, or the value that the caller has seen and found unusable;
 *   - fill stores only while the key still holds the lease with that very token;
 *   - guard replaces whatever is there, and adds its nonce to a guard that is there;
 *   - release removes its nonce from a guard; if others remain the guard stays; else, and also when there is no guard any
 *     more, the key is deleted (a record) or set to the new stamp given (a stamp);
 *   - a lease or release is never repeated by the backend itself: the manager repeats it with a new token and new stamps;
 *   - remove and flush leave a guard alone.
 *
 * Every operation returns WEIR_OK or WEIR_ERR_CACHE (down, too slow, refused, not understood), never blocks longer than
 * the call's deadline, and is called from many threads at once. After WEIR_ERR_CACHE the operation may or may not have
 * had its effect, found is untouched. A backend with get_many and set only is accepted: it is then incoherent (entries live
 * until their TTL) and is never given guards.
 */
#ifndef WEIR_SYS_CACHE_BACKEND_H
#define WEIR_SYS_CACHE_BACKEND_H

#include <weir/status.h>

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_bytes {
	const char *data;
	size_t      length;
} weir_bytes;

typedef enum weir_cached_state {
	WEIR_CACHED_NOTHING,
	WEIR_CACHED_VALUE,
	WEIR_CACHED_LEASE, /* somebody else's */
	WEIR_CACHED_GUARD,
	WEIR_CACHED_LEASED, /* answer of lease: it is yours now; of a stamp: it was set now */
	WEIR_CACHED_FOREIGN /* something that is none of these: neither read nor filled */
} weir_cached_state;

/* What a key holds. For a value, bytes stay readable until `release(owner)`; release may be NULL. */
typedef struct weir_cached {
	weir_cached_state state;
	weir_bytes        value;
	void             *owner;
	void (*release)(void *owner);
	int64_t left_ms; /* how long the value will be there yet; 0: not known, below 0: it does not expire */
} weir_cached;

/* What all operations are told; each reads the members that concern it. */
typedef struct weir_cache_call {
	int64_t    deadline_us;  /* on the monotonic clock */
	uint64_t   id;           /* the nonce of a guard and its release, the token of a lease */
	int64_t    ttl_ms;       /* of the guard or lease */
	int64_t    stamp_ttl_ms; /* of a stamp that is set; below 0: no expiry */
	weir_bytes channel;      /* whom to tell what guard and release change (watch); empty: nobody */
	weir_bytes origin;       /* what is told begins with this */
	bool       wants_left;   /* get_many: left_ms is needed, where it can be told */
} weir_cache_call;

/* One key of a lease: a record's, or a stamp to be set where there is none. */
typedef struct weir_cache_want {
	weir_bytes key;
	weir_bytes seen; /* how the unusable value begins that the lease may replace; empty: none */
	/* not 0: a stamp. Where there is nothing it becomes the value `S` and 16 hexadecimal digits */
	uint64_t stamp;
} weir_cache_want;

/* One value to be stored. */
typedef struct weir_cache_entry {
	weir_bytes key;
	weir_bytes value;  /* fill: empty gives the lease up */
	uint64_t   token;  /* of its lease */
	int64_t    ttl_ms; /* below 0: no expiry */
	uint32_t   space;  /* whose entry it is, a small number; 0: nobody's */
	int64_t
		/* at most so many entries of this space are kept, where the backend can tell; below 0: any number */
		space_max;
} weir_cache_entry;

/* One key of a write: release deletes a record's key and sets a stamp's to `S` and 16 hexadecimal digits. */
typedef struct weir_touch {
	weir_bytes key;
	uint64_t   stamp; /* 0: a record's key */
	bool       bare;  /* release: a guard on it is of no use to anybody, it may simply be deleted */
	bool       quiet; /* and watches need not hear of it: another key of the call stands for it */
} weir_touch;

/* What a near cache must hear from a backend. The functions are called by one thread at a time. */
typedef struct weir_cache_watch {
	weir_bytes channel;   /* as in weir_cache_call; borrowed for the call of watch */
	int        period_ms; /* so often the backend proves that it is in touch */
	void      *context;
	/* From now on changes are told; what changed before may have been missed. */
	void (*begun)(void *context);
	/* These keys, each ended by a line feed but for the last, are changing; before them the origin of the call. */
	void (*changed)(void *context, weir_bytes keys);
	/* Every change before this time of the monotonic clock (microseconds) has been told. INT64_MAX: nobody else can make any. */
	void (*proved)(void *context, int64_t before_us);
	/* Changes may be missed from now on. */
	void (*lost)(void *context);
} weir_cache_watch;

typedef struct weir_cache_backend weir_cache_backend;
struct weir_cache_backend {
	const char *name;

	/* What count keys hold, one round trip. Mandatory. */
	int (*get_many)(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call,
	                weir_cached *found);

	/* For each key that holds nothing: leaves a lease with the token call->id, or sets the stamp. found says what each
	 * held, or LEASED. */
	int (*lease)(weir_cache_backend *self, const weir_cache_want *wants, size_t count, const weir_cache_call *call,
	             weir_cached *found);

	/* Stores count values where the lease with the entry's token still stands; *filled says how many. May be sent without
	 * waiting, then *filled is the count. */
	int (*fill)(weir_cache_backend *self, const weir_cache_entry *entries, size_t count, const weir_cache_call *call,
	            size_t *filled);

	/* Guards count keys with the nonce call->id for at most call->ttl_ms; WEIR_OK only when every guard stands. */
	int (*guard)(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call);
	int (*release)(weir_cache_backend *self, const weir_touch *touches, size_t count, const weir_cache_call *call);

	/* Stores a value whatever is there. Mandatory. */
	int (*set)(weir_cache_backend *self, const weir_cache_entry *entry, const weir_cache_call *call);
	/* Deletes what count keys hold, but for guards. */
	int (*remove)(weir_cache_backend *self, const weir_bytes *keys, size_t count, const weir_cache_call *call);

	/* Deletes every key that begins with prefix, but for guards, in small steps until the deadline. *cursor is 0 at first,
	 * and 0 again when all is done; otherwise the next call goes on from there. */
	int (*flush)(weir_cache_backend *self, weir_bytes prefix, uint64_t *cursor, const weir_cache_call *call);

	/* Does it answer? May ask it, in a bounded time. */
	bool (*is_up)(weir_cache_backend *self);

	/* Frees the backend; nobody uses it any more. In a forked child it ends nothing of the parent's. */
	void (*close)(weir_cache_backend *self);

	/* Tells of changes until unwatch(*handle), which may come after close; NULL where the backend cannot, then there is no near
	 * cache over it. guard tells of all its keys before it answers; release of those that were not guarded by this nonce any
	 * more; remove of all where there is a channel. */
	int (*watch)(weir_cache_backend *self, const weir_cache_watch *watch, void **handle);
	void (*unwatch)(void *handle);
	/* Which server it is, for two sessions that may share a watch; NULL: one watch each. */
	const char *place;
};

#ifdef __cplusplus
}
#endif

#endif
