/* The door of the cache room: the protocol over bytes by key. It knows no model, no SQL and no JSON of a record.
 *
 * weir_cache_manager holds the backend; a weir__cache_space is what it keeps for one model (name, fingerprint, configuration,
 * counters). The hall (src/dao) asks with logical keys; the manager adds prefix, version and braces, wraps payloads into envelopes,
 * and turns anything wrong into a bypass. No function here fails a caller's read.
 *
 * A read:   lookup -> HIT | ABSENT: answer. MISS -> lease -> (database) -> fill. BYPASS -> database, no fill.
 * A write:  touches are collected -> guard -> COMMIT -> release.
 */
#ifndef WEIR_CACHE_CACHE_H
#define WEIR_CACHE_CACHE_H

#include <weir/cache_manager.h>
#include <weir/sys/cache_backend.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/logger.h"
#include "cache/near.h"

/* ---- Keys (pure) ----------------------------------------------------------------------------------------------- */

/* Logical keys: name:field:value, user:id:42. The caller writes the colons; each part goes through weir__key_part, which
 * percent-escapes : % { } and bytes <= 0x20 or >= 0x7f, so that different tuples of parts never give the same key. NULL and the empty
 * part differ. A logical key may be of any length: the manager shortens long ones to a 128-bit hash (key.h), and the envelope carries the
 * whole key, so that a collision is a miss. */
void weir__key_part(weir__buffer *key, const char *part, size_t length);
void weir__key_null(weir__buffer *key);

/* ---- Where entries come from ------------------------------------------------------------------------------------- */

/* A database: what its system calls itself, and how often a standby has become the primary since. timeline 0: not known. */
typedef struct weir__source {
	uint64_t system;
	uint32_t timeline;
	uint64_t tag; /* a hash of both */
} weir__source;
weir__source weir__source_of(uint64_t system, uint32_t timeline);

/* What is read from now on is read from this database, as was found at since_us; news older than what is known are none. To be called before
 * each read whose rows may be kept. What was cached of another database is a miss from then on. */
void weir__cache_read_from(weir_cache_manager *cache, const weir__source *source, int64_t since_us);

/* What is being read may be behind: leases under way fill nothing. */
void weir__cache_unsettle(weir_cache_manager *cache);

/* watch is called about once a second while the cache is read, by one of the readers; superseded: others read from a newer database. */
void weir__cache_watch_source(weir_cache_manager *cache, void (*watch)(void *context, bool superseded), void *context);

/* ---- Spaces ---------------------------------------------------------------------------------------------------- */

typedef struct weir__cache_space weir__cache_space;

typedef struct weir__cache_manager_options {
	weir_cache_backend *backend; /* owned from a successful create on; none, memory, Redis or the user's */
	const char         *prefix;
	uint64_t            place; /* of the tables: entries of another one are misses, as those of another version */
	int                 timeout_ms;
	weir_cache_config   defaults; /* as the user gave them */
	const weir__logger *logger;
	weir_near_options   near;       /* of the near cache, made when a space is configured to have one */
	weir_near_cache    *near_cache; /* one to be used instead, or NULL */
} weir__cache_manager_options;

int weir__cache_manager_create(const weir__cache_manager_options *options, weir_cache_manager **cache, weir_error *err);
/* Begins what a manager does by itself, once its spaces are there: the near cache, if any has one. */
int  weir__cache_manager_start(weir_cache_manager *cache, weir_error *err);
void weir__cache_manager_free(weir_cache_manager *cache);

/* One space a model: name in record keys ("user"), plural in list keys ("users"), fingerprint in every envelope. model is only compared by
 * address (weir_cache_manager_configure and _stats name a model). The manager owns the space. */
int weir__cache_space_create(weir_cache_manager *cache, const weir_model *model, const char *plural,
                             uint64_t fingerprint, weir__cache_space **space, weir_error *err);

/* A space for what is kept of one relation to the rows of base: with base's keys, stamps and version, and with a configuration
 * (what is 0 is base's), counters and a limit of entries of its own. name is for messages. */
int weir__cache_space_create_on(weir__cache_space *base, const char *name, const weir_cache_config *config,
                                weir__cache_space **space, weir_error *err);

/* Changes the members of a space's own configuration that are not 0; reads what is in force; counters. */
int  weir__cache_space_configure(weir__cache_space *space, const weir_cache_config *config, weir_error *err);
void weir__cache_space_config(const weir__cache_space *space, weir_cache_config *config);
void weir__cache_space_stats(const weir__cache_space *space, weir_cache_stats *stats);
void weir__cache_space_stats_reset(weir__cache_space *space);

/* Is caching on for it, by configuration and backend? A relaxed atomic load. */
bool weir__cache_space_enabled(const weir__cache_space *space);
/* Does a write of it fail where the cache does not answer? */
bool weir__cache_space_fails(const weir__cache_space *space);
/* Limits in force. */
int64_t weir__cache_space_max_items(const weir__cache_space *space);
int     weir__cache_space_version(const weir__cache_space *space);

/* The near cache, once some space has one; else NULL. Is it in touch with the backend? */
weir_near_cache *weir__cache_manager_near(const weir_cache_manager *cache);
bool             weir__cache_manager_near_is_fresh(const weir_cache_manager *cache);

/* Backends. */
weir_cache_backend *weir__cache_backend_none(void);
int                 weir__cache_backend_memory(int64_t max_bytes, weir_cache_backend **backend, weir_error *err);
/* url: redis://[user:password@]host:port[/db], unix:///path[?db=n]. Connects at the first use. A host that is a name is looked up now, and
 * again by the one caller that tries whether a server that was down is back: that takes as long as the resolver does. WEIR_ERR_USAGE for a
 * url it cannot read, which is not quoted. */
int weir__cache_backend_redis(const char *url, const weir__logger *logger, weir_cache_backend **backend,
                              weir_error *err);

/* ---- Reads ----------------------------------------------------------------------------------------------------- */

typedef enum weir__lookup_state {
	WEIR__BYPASS,   /* ask the database, fill nothing (the zero value) */
	WEIR__HIT,      /* payload is what was filled */
	WEIR__ABSENT,   /* known not to exist */
	WEIR__MISS,     /* nothing there: lease, then the database; after lease: the lease is held and fill is allowed */
	WEIR__ELSEWHERE /* look_elsewhere has found it */
} weir__lookup_state;

typedef enum weir__entry_kind {
	WEIR__ENTRY_RECORD,
	WEIR__ENTRY_UNIQUE,
	WEIR__ENTRY_LIST,
	WEIR__ENTRY_COUNT
} weir__entry_kind;

/* The stamps that a list, count or exists depends on, by logical key (`users:s:any`, ...); bulk is always added by the manager. */
#define WEIR__STAMPS_MAX 7

/* So many bytes tell one entry of a key from the next one. */
#define WEIR__SEEN_SIZE 19

typedef struct weir__lookup {
	/* in */
	weir__entry_kind kind;
	weir_bytes       key; /* logical, borrowed */
	size_t           stamp_count;
	int64_t          until_us; /* the deadline of the whole call, half of which may be spent here; 0: none */
	/* may wait, so long, while another thread of this process reads the same; only for who holds no other lease (flight.h) */
	bool                       follows;
	const struct weir__cancel *cancel; /* ends such a wait; or NULL */
	/* asked after such a wait, before the backend is: has that thread left the answer where the caller looks first? NULL: no such place */
	bool (*look_elsewhere)(void *elsewhere);
	void *elsewhere;
	/* out */
	weir__lookup_state state;
	weir_bytes         payload; /* HIT: readable until weir__lookup_release */
	uint64_t           items;   /* HIT: the number given to fill */
	/* the manager's */
	weir__cache_space   *space; /* set while the lease is held */
	weir_cached          found;
	uint64_t             token;       /* of the lease */
	struct weir__flight *flight;      /* that it leads; while leases are taken, also that it follows */
	int64_t              deadline_us; /* of lookup and lease together */
	/* as they were before the database was asked, bulk last; 0: unknown. RECORD and UNIQUE have any and all. */
	uint64_t      stamp_values[WEIR__STAMPS_MAX + 1];
	int64_t       left_ms;     /* the entry's time to live; 0: as configured, below 0: none */
	unsigned char seen_length; /* of `seen`; 0: none */
	bool          waiting;     /* to be looked at, the next time */
	bool          unasked;     /* taken for a miss without being looked up (recent.h) */
	bool          missed;      /* of those that are being leased */
	bool          leads;
	uint64_t      turn, tag; /* of the era that it began in (era.h) */
	/* not to be read before they have been written: weir__lookup_init leaves them as they are */
	weir__near_ticket near_ticket;           /* of before the lookup, where the space has a near cache (near_space.h) */
	weir__near_ticket near_absence;          /* what an ABSENT depends on */
	char              seen[WEIR__SEEN_SIZE]; /* how the entry begins that is there and out of date */
	weir_bytes        stamps[WEIR__STAMPS_MAX]; /* in. LIST and COUNT: logical, borrowed */
} weir__lookup;

/* Many of them take a while to be zeroed, and most of it is for what few need. */
static inline void weir__lookup_init(weir__lookup *lookup, weir__entry_kind kind, weir_bytes key)
{
	memset(lookup, 0, offsetof(weir__lookup, near_ticket));
	lookup->kind = kind;
	lookup->key = key;
	lookup->near_ticket.count = lookup->near_absence.count = 0;
}

/* What a lookup begins with, for one that is not looked up: before the connection that is read on is taken. */
void weir__cache_enter(const weir__cache_space *space, weir__lookup *lookup);

/* Looks count entries up, one round trip (another for the stamps of "absent" answers). Counts hits and misses. */
void weir__cache_lookup(weir__cache_space *space, weir__lookup *lookups, size_t count);

/* Lookups of several spaces of one manager, all in the same round trip. */
typedef struct weir__lookup_part {
	weir__cache_space *space;
	weir__lookup      *lookups;
	size_t             count;
} weir__lookup_part;
void weir__cache_lookup_parts(const weir__lookup_part *parts, size_t count);

/* Lookups that were looked up some time ago have time again for a lease. */
void weir__cache_lookup_renew(const weir__cache_space *space, weir__lookup *lookups, size_t count);

/* For lookups in state MISS: takes leases (and, for lists, reads or makes the stamps), one round trip. Afterwards each is MISS (the lease is held;
 * read the primary now, then fill), HIT or ABSENT (somebody filled it meanwhile) or BYPASS. To be called before the database is asked. */
void weir__cache_lease(weir__cache_space *space, weir__lookup *lookups, size_t count);

/* What to store for a lookup in state MISS with a lease. payload NULL: the row does not exist. items: any number that comes back with a hit. */
typedef struct weir__filling {
	weir__lookup *lookup;
	weir_bytes    payload;
	uint64_t      items;
	bool          gives_up; /* stores nothing: the lease is given up */
} weir__filling;

/* Fills count entries of one kind, one round trip; drops what is too large or no longer leased. */
void weir__cache_fill(weir__cache_space *space, const weir__filling *fillings, size_t count);

/* What was read is too large to be kept: nobody is to wait for it. The lease is given up with the lookup. */
void weir__cache_too_large(weir__lookup *lookup);

/* A hit that was read and is of no use any more (a pointer to a record that has moved on): removes it; it becomes a BYPASS. */
void weir__cache_drop(weir__cache_space *space, weir__lookup *lookup);

/* A hit that could not be read (not the caller's codec): counts it as an error, removes the entry, makes it a BYPASS. */
void weir__cache_reject(weir__cache_space *space, weir__lookup *lookup);

/* A miss whose value was found elsewhere: counts as a hit. */
void weir__cache_count_found(weir__cache_space *space);

/* `any` of a space, as a logical key that lives as long as the space. Every write of the table and every flush changes it. */
weir_bytes weir__cache_space_any(const weir__cache_space *space);

/* Removes a list, count or exists from the cache; nothing there is well too. WEIR_OK or WEIR_ERR_CACHE. */
int weir__cache_forget(weir__cache_space *space, weir_bytes key);

/* Ends a lookup: payload is gone, a lease that was taken and not used is given up. Nothing happens the second time. */
void weir__lookup_release(weir__lookup *lookup);

/* ---- Writes ---------------------------------------------------------------------------------------------------- */

/* A set of what a transaction's writes invalidate, without doubles. */
typedef struct weir__touches weir__touches;
int                          weir__touches_create(weir_cache_manager *cache, weir__touches **touches, weir_error *err);
void                         weir__touches_free(weir__touches *touches);
/* Records: a logical record key. Stamps: a logical stamp key; `any` is added by weir__touches_add_any. WEIR_ERR_NO_MEMORY. */
int weir__touches_add_key(weir__touches *touches, weir__cache_space *space, weir_bytes key);
/* A key that only has to be gone when the write is answered, and is right until then unless guards were lost: a pointer, or the record of a
 * row that there was not. It is deleted by the release, and not guarded. */
int weir__touches_add_late(weir__touches *touches, weir__cache_space *space, weir_bytes key);
/* The same of one that nobody needs to guard: a pointer. */
int weir__touches_add_bare(weir__touches *touches, weir__cache_space *space, weir_bytes key);
/* The same of those of new rows, which may be there twice: they are not looked for. From WEIR__TOLD_TOGETHER on, other processes are not
 * told each of them, but that any unique value of the space may lead elsewhere: that many would have hit as much of their near caches. */
#define WEIR__TOLD_TOGETHER 4096
typedef struct weir__new_keys {
	weir__cache_space *space;
	weir_bytes         common; /* what all logical keys begin with */
	size_t             count;
	/* Appends the rest of key i; false: there is none, and nothing was appended. */
	bool (*append)(const void *context, size_t i, weir__buffer *key);
	const void *context;
} weir__new_keys;
int weir__touches_add_new(weir__touches *touches, const weir__new_keys *keys);
int weir__touches_add_stamp(weir__touches *touches, weir__cache_space *space, weir_bytes key);
int weir__touches_add_any(weir__touches *touches, weir__cache_space *space);
int weir__touches_add_bulk(weir__touches *touches, weir__cache_space *space);
/* Rows that nobody can name: any, bulk and all. While all is guarded no record is filled; the space's records are removed between
 * guard and COMMIT, and once more before the release. */
int    weir__touches_add_all(weir__touches *touches, weir__cache_space *space);
size_t weir__touches_count(const weir__touches *touches);
/* For savepoints: forget what was added after `mark` (a count taken earlier). */
void weir__touches_truncate(weir__touches *touches, size_t mark);

/* Does the policy of anything in the set ask for failing rather than going on unguarded? */
bool weir__touches_fail(const weir__touches *touches);

/* Guards everything in the set before COMMIT. WEIR_ERR_CACHE: not all of it stands; this process bypasses the cache from now on until
 * what was touched has been released for good, and what becomes of the write is the caller's to say. deadline_us (NULL: no COMMIT
 * follows) is that of the COMMIT; it becomes earlier where the guards would not outlive it. */
int weir__cache_guard(weir_cache_manager *cache, weir__touches *touches, int64_t *deadline_us);
/* After COMMIT or ROLLBACK is known: releases. WEIR_ERR_CACHE: what cannot be released now is kept and released before the cache is read
 * again. */
int weir__cache_release(weir_cache_manager *cache, weir__touches *touches);
/* The outcome of COMMIT is unknown, and will be asked for: the guards are placed anew, and what was touched becomes the caller's, who renews
 * it now and then and releases it once the COMMIT cannot land any more. NULL: nothing was touched, or there is no memory. */
weir__touches *weir__cache_keep(weir_cache_manager *cache, weir__touches *touches);
/* Places guards anew that were placed some seconds ago. WEIR_ERR_CACHE: this process reads past the cache until they are released. */
int weir__cache_renew(weir_cache_manager *cache, weir__touches *touches);
/* It will not be asked for: guards are left to expire. */
void weir__cache_abandon(weir_cache_manager *cache, weir__touches *touches);

#endif
