/* An entity is a model as one session knows it: its layout, its SQL and its place in the cache, made when the session is opened and
 * never changed. DAOs hold a pointer to it. */
#ifndef WEIR_DAO_ENTITY_H
#define WEIR_DAO_ENTITY_H

#include "cache/cache.h"
#include "db/db.h"
#include "models/layout.h"

typedef struct weir__gather weir__gather;

typedef struct weir__entity {
	const weir_model   *model;
	weir__layout       *layout;
	weir__statements   *statements;
	weir__cache_space  *space;
	weir__gather       *gather; /* NULL: its reads are not gathered */
	weir__mask          stamped_mask;
	bool                per_principal;
	bool                gathers_writes; /* of one row */
	bool                cascades;       /* deleting a row deletes others first */
	_Atomic(int)        copies;         /* may its table be copied into? 0: nobody has asked */
	_Atomic(weir__mask) copy_refused;   /* if so: the columns for which it may not */
	size_t              number_size;    /* of the primary key, if it is one integer; else 0 */
	size_t              number_offset;  /* where it is in the struct */
} weir__entity;

/* All entities of a session, found by the address of their model. */
typedef struct weir__registry {
	weir__entity *items;
	size_t        count;
	size_t       *slots; /* open addressing: index + 1 into items, 0 for none */
	size_t        slot_count;
} weir__registry;

/* Makes an entity of each model of a NULL-ended list. WEIR_ERR_MODEL names a wrong one; also two models of one name. The cache
 * must outlive the registry. On failure registry is empty. */
int  weir__registry_create(const weir_model *const *models, weir_cache_manager *cache, weir__registry *registry,
                           weir_error *err);
void weir__registry_release(weir__registry *registry);

/* Once the cache is started: records of models that have a near cache are made with room for its entries. */
void weir__registry_make_room(const weir__registry *registry);

/* The entity of a model; NULL if the session does not know it. */
const weir__entity *weir__registry_find(const weir__registry *registry, const weir_model *model);

#endif
