/* Forgetting what the cache holds of relations. One owner's list is removed; for all owners the relation's stamp is changed, which
 * makes every list invalid at once. What belongs to one record has no entry but that record, which is removed. */
#include "dao/relation.h"

#include "base/error.h"
#include "dao/keys.h"

static int cleared(int rc, const weir__relation *relation, const weir_related *of, weir_error *err)
{
	const weir_relation_loader *loader = relation->link->relation->loader;

	if (rc < 0)
		return weir__error_set_at(err, rc, of->model->name, relation->link->relation->name,
		                          "the cache could not be cleared");
	if (loader && loader->cleared)
		loader->cleared(loader->context, of);
	return WEIR_OK;
}

/* Guards and releases keys, as a write that touches them. */
static int touch(const weir__relation *relation, weir_cache_manager *cache, weir_bytes key, bool is_stamp,
                 weir_error *err)
{
	weir__touches *touches = NULL;
	int            rc = weir__touches_create(cache, &touches, err);

	if (rc < 0)
		return rc;
	rc = is_stamp ? weir__touches_add_stamp(touches, relation->space, key)
	              : weir__touches_add_key(touches, relation->space, key);
	if (rc >= 0) {
		(void)weir__cache_guard(cache, touches, NULL);
		(void)weir__cache_release(cache, touches);
	}
	weir__touches_free(touches);
	return rc;
}

static int clear_all_owners(const weir__relation *relation, const weir_related *of, weir_error *err)
{
	weir__buffer key = WEIR__BUFFER_INIT;
	int          rc = WEIR_OK;

	if (relation->link->relation->kind == WEIR_RELATION_BELONGS_TO) {
		rc = weir_cache_manager_flush(of->session->engine->cache, relation->link->target->model, err);
	} else {
		const weir_relation_cache *own = relation->link->relation->kept_in;

		if (own)
			rc = own->clear(own->context) < 0 ? WEIR_ERR_CACHE : WEIR_OK;
		weir__relation_stamp(relation, &key);
		if (rc >= 0)
			rc = key.failed
			         ? weir__error_no_memory(err)
			         : touch(relation, of->session->engine->cache, (weir_bytes){ key.data, key.length }, true, err);
	}
	weir__buffer_release(&key);
	return cleared(rc, relation, of, err);
}

/* The record key of what the owner belongs to. */
static void target_key(const weir__relation *relation, const void *owner, weir__buffer *key)
{
	const weir__link *link = relation->link;
	weir_value        values[WEIR__KEY_COLUMNS_MAX];

	for (size_t i = 0; i < link->key_count; i++)
		values[i] = weir__link_value(link, i, owner);
	weir__key_of_values(&relation->target, values, key);
}

static int clear_one_owner(const weir__relation *relation, const weir_related *of, weir_error *err)
{
	weir__buffer key = WEIR__BUFFER_INIT;
	bool         belongs = relation->link->relation->kind == WEIR_RELATION_BELONGS_TO;
	int          rc = WEIR_OK;

	if (!weir__link_has_key(relation->link, of->owner))
		return cleared(WEIR_OK, relation, of, err);
	if (belongs)
		target_key(relation, of->owner, &key);
	else
		weir__relation_list_key(relation, of->owner, &key);
	if (key.failed)
		rc = weir__error_no_memory(err);
	else if (belongs)
		rc = touch(relation, of->session->engine->cache, (weir_bytes){ key.data, key.length }, false, err);
	else if (relation->link->relation->kept_in)
		rc = weir__own_cache_remove(relation, &key);
	else
		rc = weir__cache_forget(relation->space, (weir_bytes){ key.data, key.length });
	weir__buffer_release(&key);
	return cleared(rc, relation, of, err);
}

int weir_related_clear(const weir_related *of, weir_error *err)
{
	const weir__relation *relation;
	weir_related          each;
	int                   rc = WEIR_OK;

	if (!of || !of->model)
		return weir__error_set(err, WEIR_ERR_USAGE, "a relation needs a model");
	each = *of;
	if (of->relation) {
		rc = weir__related_find(of, &relation, err);
		if (rc < 0)
			return rc;
		return of->owner ? clear_one_owner(relation, of, err) : clear_all_owners(relation, of, err);
	}
	each.target = NULL;
	for (size_t i = 0; rc >= 0 && weir_relation_at(of->model, i); i++) {
		each.relation = weir_relation_at(of->model, i)->name;
		rc = weir_related_clear(&each, err);
	}
	return rc;
}

/* Is this entry there and valid? */
static bool is_hit(const weir__relation *relation, const void *owner, weir_error *err, int *rc)
{
	weir__relation_entry entry;
	weir__buffer         key = WEIR__BUFFER_INIT;
	weir_list            list = WEIR_LIST_INIT;
	bool                 hit;

	if (relation->link->relation->kind == WEIR_RELATION_BELONGS_TO) {
		entry = (weir__relation_entry){ .lookup.kind = WEIR__ENTRY_RECORD };
		target_key(relation, owner, &key);
		entry.lookup.key = (weir_bytes){ key.data, key.length };
		*rc = key.failed ? weir__error_no_memory(err) : WEIR_OK;
	} else {
		*rc = weir__relation_entry_init(relation, owner, &entry, err);
	}
	if (*rc >= 0)
		weir__cache_lookup(relation->space, &entry.lookup, 1);
	hit = *rc >= 0 && (entry.lookup.state == WEIR__HIT || entry.lookup.state == WEIR__ABSENT);
	if (*rc >= 0 && entry.lookup.state == WEIR__MISS && relation->link->relation->kept_in)
		hit = weir__own_cache_get(relation, &entry.lookup, &list);
	weir_list_release(&list);
	weir__relation_entry_release(&entry);
	weir__buffer_release(&key);
	return hit;
}

int weir_related_is_cached(const weir_related *of, bool *cached, weir_error *err)
{
	const weir__relation *relation;
	bool                  hit = false;
	int                   rc = weir__related_find(of, &relation, err);

	if (rc < 0)
		return rc;
	if (!of->owner || !cached)
		return weir__error_set_at(err, WEIR_ERR_USAGE, of->model->name, of->relation,
		                          "needs an owner and a place to answer");
	if (!weir__link_has_key(relation->link, of->owner))
		hit = true; /* there is nothing to ask */
	else if (weir__relation_is_cached(relation, of->session))
		hit = is_hit(relation, of->owner, err, &rc);
	if (rc >= 0)
		*cached = hit;
	return rc;
}
