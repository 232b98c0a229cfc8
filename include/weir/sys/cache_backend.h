/* For those who write a cache backend: a table of functions on bytes by key.
 *
 * What a key holds is one of: a value (bytes of the cache manager's), a lease (a token: somebody is about to fill it), a
 * guard (one or more nonces: somebody is about to change what it stands for), or nothing. The five operations keep
 * these apart; how is the backend's own affair. The rules that the promises rest on:
 *
 *   - each operation is atomic for each single key; across keys nothing is promised;
 *   - fill stores only while the key still holds the lease with that very token;
 *   - guard replaces whatever is there, and adds its nonce to a guard that is there;
 *   - release removes its nonce from a guard; if others remain the guard stays; else, and also when there is no guard any
 *     more, the key is deleted (a record) or set to the new stamp given (a stamp).
 *
 * Every operation returns WEIR_OK or WEIR_ERR_CACHE (down, too slow, refused, not understood), never blocks longer than
 * deadline_us (monotonic clock, microseconds), and is called from many threads at once. A backend with get_many
 * and set only is accepted: it is then incoherent (entries live until their TTL) and is never given guards.
 */
#ifndef WEIR_SYS_CACHE_BACKEND_H
#define WEIR_SYS_CACHE_BACKEND_H

#include <weir/status.h>

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
	WEIR_CACHED_LEASED /* answer of lease: it is yours now */
} weir_cached_state;

/* What a key holds. For a value, bytes stay readable until `release(owner)`; owner may be NULL. */
typedef struct weir_cached {
	weir_cached_state state;
	weir_bytes        value;
	void             *owner;
	void (*release)(void *owner);
} weir_cached;

/* One key of a write: a record's key is deleted by release, a stamp's set to `stamp` for stamp_ttl_ms. */
typedef struct weir_touch {
	weir_bytes key;
	uint64_t   stamp; /* 0: a record's key */
} weir_touch;

/* An own-key write, a lease or a fill of one key. ttl_ms < 0: no expiry. */
typedef struct weir_cache_backend weir_cache_backend;
struct weir_cache_backend {
	const char *name;

	/* What count keys hold, one round trip. Mandatory. */
	int (*get_many)(weir_cache_backend *self, const weir_bytes *keys, size_t count, int64_t deadline_us,
	                weir_cached *found);

	/* For each key that holds nothing: leave a lease with this token. found says what each held, or LEASED. */
	int (*lease)(weir_cache_backend *self, const weir_bytes *keys, size_t count, uint64_t token, int ttl_ms,
	             int64_t deadline_us, weir_cached *found);

	/* Stores count values where the lease with token still stands; *filled says how many. May be sent without waiting, then
	 * *filled is the count. */
	int (*fill)(weir_cache_backend *self, const weir_bytes *keys, const weir_bytes *values, size_t count,
	            uint64_t token, int64_t ttl_ms, int64_t deadline_us, size_t *filled);

	/* Guards count keys with nonce for at most ttl_ms; WEIR_OK only when every guard stands. */
	int (*guard)(weir_cache_backend *self, const weir_touch *touches, size_t count, uint64_t nonce, int ttl_ms,
	             int64_t deadline_us);

	int (*release)(weir_cache_backend *self, const weir_touch *touches, size_t count, uint64_t nonce,
	               int64_t stamp_ttl_ms, int64_t deadline_us);

	/* Stores a value whatever is there; deletes whatever is there. Mandatory (set). */
	int (*set)(weir_cache_backend *self, weir_bytes key, weir_bytes value, int64_t ttl_ms, int64_t deadline_us);
	int (*remove)(weir_cache_backend *self, weir_bytes key, int64_t deadline_us);

	/* Deletes every key that begins with prefix, in bounded steps. */
	int (*flush)(weir_cache_backend *self, weir_bytes prefix, int64_t deadline_us);

	/* Does it answer, as far as is known? */
	bool (*is_up)(weir_cache_backend *self);

	/* Frees the backend; nobody uses it any more. In a forked child it closes nothing of the parent's. */
	void (*close)(weir_cache_backend *self);
};

#ifdef __cplusplus
}
#endif

#endif
