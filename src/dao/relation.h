/* Relations as a session knows them: the links of its models with the entities on both sides and a place in the cache of their own.
 *
 * What a relation to one or many by foreign key keeps is a list of the target's rows:
 *
 *   posts:r:user.posts:user_id:7     the list; it carries the stamps
 *   posts:s:user_id:7                which every write of such a row changes, and
 *   posts:r:user.posts               which changes when the relation is cleared for all owners
 *
 * Many to many keeps the rows in between in this way and takes the targets from their own entries; belongs to has no entry but
 * the target's record. */
#ifndef WEIR_DAO_RELATION_H
#define WEIR_DAO_RELATION_H

#include "dao/call.h"
#include "models/relation.h"

typedef struct weir__relation {
	const weir__link   *link;
	const weir__entity *owner;
	weir__entity        target;  /* the target, with the relation's space unless it is many to many */
	weir__entity        through; /* many to many: the model in between, with the relation's space */
	weir__cache_space  *space;
	char                name[132]; /* "user.posts" */
} weir__relation;

struct weir__relations {
	weir__links     links;
	weir__relation *items; /* as links.items */
};

/* Makes the relations of all models of the registry, and stamps of all foreign keys. WEIR_ERR_MODEL as weir__links_create. */
int  weir__relations_create(weir__registry *registry, weir__relations **relations, weir_error *err);
void weir__relations_free(weir__relations *relations);

/* NULL: not of this session. */
const weir__relation *weir__relations_find(const weir__relations *relations, const weir_relation *relation);

/* Finds the relation of a call and checks session, owner and target. WEIR_ERR_USAGE. */
int weir__related_find(const weir_related *of, const weir__relation **relation, weir_error *err);

/* Whose rows hold the owner's key, and are kept in the cache: through, or the target. */
const weir__entity *weir__relation_holder(const weir__relation *relation);

/* Keys, appended: the list of an owner, the stamp of its key, the stamp of the relation. */
void weir__relation_list_key(const weir__relation *relation, const void *owner, weir__buffer *key);
void weir__relation_owner_stamp(const weir__relation *relation, const void *owner, weir__buffer *key);

/* The same without the value, where an owner's key is one integer: its digits follow. */
void weir__relation_list_key_begin(const weir__relation *relation, weir__buffer *key);
void weir__relation_owner_stamp_begin(const weir__relation *relation, weir__buffer *key);
void weir__relation_stamp(const weir__relation *relation, weir__buffer *key);

/* One owner's lookup of its list; key keeps the texts that it borrows. */
typedef struct weir__relation_entry {
	weir__lookup lookup;
	weir__buffer text;
} weir__relation_entry;

int  weir__relation_entry_init(const weir__relation *relation, const void *owner, weir__relation_entry *entry,
                               weir_error *err);
void weir__relation_entry_release(weir__relation_entry *entry);

/* The query that a relation is without any condition: has one is one row, many to many has the rows in between in the order
 * of their targets. order is where it keeps its columns. */
weir_query weir__relation_query(const weir__relation *relation, weir_order order[WEIR__KEY_COLUMNS_MAX]);

/* The statement's part that is the same for all calls; the caller sets query, owner_count, key and context. */
weir__related weir__relation_statement(const weir__relation *relation, bool through_rows);

/* Owners whose key a statement takes from their structs; weir__owners_key is the key function. */
typedef struct weir__owners {
	const weir__link  *link;
	const void *const *items;
	size_t             count;
} weir__owners;

weir_value weir__owners_key(const void *context, size_t owner, size_t i);

/* The targets of rows in between, in the same order, NULL where one is missing; there are rows. */
int weir__relation_targets(const weir__relation *relation, weir__call *call, const weir_list *rows, bool cached,
                           weir_list *targets);

/* A list in the cache that the relation has for itself (relation_own_cache.c). It is valid while the stamps that stand with it are
 * those of the lookup. get: false is a miss; set: for a lookup with a lease. */
bool weir__own_cache_get(const weir__relation *relation, const weir__lookup *lookup, weir_list *list);
void weir__own_cache_set(const weir__relation *relation, const weir__lookup *lookup, const weir_list *list);
int  weir__own_cache_remove(const weir__relation *relation, const weir__buffer *key);

/* May this be read from the cache: not in a transaction, nor where it is off. */
bool weir__relation_is_cached(const weir__relation *relation, const weir_session *session);

#endif
