/* Physical keys: what stands in the store for a logical key.
 *
 *     weir:{user:id:42}          a record or unique key: all of it picks the cluster slot
 *     weir:{users}:q:list:...    a list, count or stamp: its first part picks the slot, so that a list and its stamps share one
 *     weir:own:{greeting}        a value of the application's own; its one part has no colon, a record's key always has
 *
 * A logical key longer than WEIR__KEY_LONG keeps the whole parts of its beginning and ends in %h and a 128-bit hash of all of it;
 * an escaped part cannot contain %h. The text before the brace is called the head; the Redis backend puts
 * the server's epoch behind it (redis_epoch.h). */
#ifndef WEIR_CACHE_KEY_H
#define WEIR_CACHE_KEY_H

#include "cache/cache.h"

#include <string.h>

#define WEIR__KEY_LONG   200 /* longest logical key that is written out */
#define WEIR__KEY_KEPT   128 /* a longer one keeps at most so much of its beginning */
#define WEIR__PREFIX_MAX 64  /* of the application's prefix */
#define WEIR__HEAD_MAX   (WEIR__PREFIX_MAX + sizeof ":")
#define WEIR__KEY_MAX    (WEIR__HEAD_MAX + WEIR__KEY_LONG + sizeof "{}")

typedef enum weir__key_slot {
	WEIR__SLOT_WHOLE, /* records, unique fields, own values */
	WEIR__SLOT_FIRST  /* lists, counts, stamps: the first part */
} weir__key_slot;

/* The head for a prefix: "weir:". head must hold WEIR__HEAD_MAX bytes. Returns its length. */
size_t weir__key_head(char *head, const char *prefix);

/* Writes the physical key of a logical key and returns its length, at most that of the head, of the logical key
 * (weir__key_capped) and 2. */
size_t weir__key_write(char *out, weir_bytes head, weir_bytes logical, weir__key_slot slot);

static inline size_t weir__key_capped(weir_bytes logical)
{
	return logical.length > WEIR__KEY_LONG ? WEIR__KEY_LONG : logical.length;
}

/* A physical key for the log, without values: model and column, or table and kind of entry, and 32 bits of a hash of all of it
 * under a secret, by which lines about one key are found: "user:id:#1f2e3d4c", "posts:s:any". */
#define WEIR__KEY_SHOWN (WEIR__KEY_LONG + sizeof ":#12345678")
void weir__key_show(char shown[WEIR__KEY_SHOWN], weir_bytes head, weir_bytes physical, uint64_t secret);

/* Is this prefix usable: 1 to WEIR__PREFIX_MAX printable characters without spaces and braces? */
bool weir__key_prefix_ok(const char *prefix);

static inline weir_bytes weir__bytes(const void *data, size_t length)
{
	return (weir_bytes){ .data = data, .length = length };
}

static inline bool weir__bytes_equal(weir_bytes a, weir_bytes b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

#endif
