/* Cascades that models declare: the library deletes what the schema would, by the ordinary writes, so that the cache learns of it.
 * Rows that cascade themselves are deleted one by one, each in a savepoint, which bounds how deep it goes; others by one statement. */
#include <weir/writing.h>

#include "dao/write.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/keys.h"
#include "dao/relation.h"

#include <string.h>

#define DEPTH_MAX 32

typedef struct cascading {
	const struct cascading *above; /* what this delete is part of; NULL: nothing */
	const weir_base_dao    *dao;
	const void             *key;
	bool                    really;
	bool                    if_seen; /* key is a struct with the version, too */
	bool                    missing; /* there was no row */
	bool                    deleted;
} cascading;

/* "The key is this owner's", of the rows that hold it. */
static weir_condition holds_key(const weir__relation *relation, const void *owner, weir_condition *conditions)
{
	const weir__link   *link = relation->link;
	const weir__layout *holder = weir__relation_holder(relation)->layout;

	for (size_t i = 0; i < link->key_count; i++) {
		weir_column column = { holder->model, holder->columns[link->other_columns[i]].offset };

		conditions[i] = weir_compare(column, WEIR_OP_EQ, weir__link_value(link, i, owner));
	}
	return weir_group(WEIR_OP_ALL, conditions, link->key_count);
}

/* What is removed leaves no row behind that refers to it, deleted by a stamp or not. */
static bool is_for_good(const cascading *c)
{
	const weir__entity *entity = c->dao->entity;

	return c->really || !entity->layout->deleted_mask;
}

static int delete_below(const weir_base_dao *dao, const void *key, const cascading *above, weir_error *err);

/* Is this row on its way out already? Rows may refer to each other in circles, or to themselves. */
static bool is_under_way(const cascading *c, const weir__entity *entity, const void *row, weir__buffer *names)
{
	bool is = false;

	for (; c && !is && !names->failed; c = c->above) {
		size_t length;

		weir__buffer_clear(names);
		weir__key_of_record(entity, row, names);
		length = names->length;
		weir__key_of_record(c->dao->entity, c->key, names);
		is = names->length == 2 * length && memcmp(names->data, names->data + length, length) == 0;
	}
	return is;
}

static int delete_one_by_one(const weir_related *of, const weir_base_dao *dao, const cascading *c, weir_error *err)
{
	const weir__entity *entity = dao->entity;
	const bool          really = is_for_good(c);
	weir__buffer        names = WEIR__BUFFER_INIT;
	weir_query          all = { .deleted = really && entity->layout->deleted_mask ? WEIR_WITH_DELETED : WEIR_LIVING };
	weir_list           list = WEIR_LIST_INIT;
	int                 rc = weir_related_query(of, all.deleted ? &all : NULL, &list, err);

	for (size_t i = 0; rc >= 0 && i < list.count; i++)
		if (!is_under_way(c, entity, list.items[i], &names))
			rc = names.failed ? weir__error_no_memory(err) : delete_below(dao, list.items[i], c, err);
	weir_list_release(&list);
	weir__buffer_release(&names);
	return rc;
}

static int cascade_relation(weir_session *tx, const cascading *c, const weir_relation *declared, weir_error *err)
{
	const weir__relation *relation = weir__relations_find(tx->engine->relations, declared);
	weir_related          of = weir_related_to(tx, declared->model, declared->name, c->key);
	weir_base_dao         dao = weir_get_dao(tx, weir__relation_holder(relation)->model);
	weir_condition        conditions[WEIR__KEY_COLUMNS_MAX];
	const weir__entity   *holder = dao.entity;

	dao.timeout_ms = of.timeout_ms = c->dao->timeout_ms;
	if (!is_for_good(c) && !holder->layout->deleted_mask)
		return WEIR_OK; /* a row that can come back takes with it only what can come back too */
	if (holder->cascades && !relation->link->through)
		return delete_one_by_one(&of, &dao, c, err);
	weir_condition where = holds_key(relation, c->key, conditions);
	return weir__delete_where(&dao, &where, is_for_good(c), NULL, err);
}

static int delete_all(weir_session *tx, void *argument, weir_error *err)
{
	cascading           *c = argument;
	weir_base_dao        dao = *c->dao;
	const weir_relation *relation;
	int                  rc = WEIR_OK;

	if (tx->transaction->level > DEPTH_MAX)
		return weir__error_set_at(err, WEIR_ERR_LIMIT, dao.model->name, NULL,
		                          "deleting cascades more than %d levels deep", DEPTH_MAX);
	for (size_t i = 0; rc >= 0 && (relation = weir_relation_at(dao.model, i)) != NULL; i++)
		if (relation->cascade)
			rc = cascade_relation(tx, c, relation, err);
	dao.session = tx;
	if (rc < 0 || !c->if_seen)
		return rc < 0 ? rc : weir__delete_row(&dao, c->key, c->really, &c->deleted, err);
	rc = weir__delete_seen(&dao, c->key, err);
	c->missing = rc == WEIR_NOT_FOUND;
	return c->missing ? WEIR_ERR_MISSING : rc; /* so that what was below is not deleted either */
}

static int delete_below(const weir_base_dao *dao, const void *key, const cascading *above, weir_error *err)
{
	cascading work = { .above = above, .dao = dao, .key = key, .really = is_for_good(above) };

	return weir_transact(dao->session, NULL, delete_all, &work, err);
}

int weir__cascade_delete(const weir_base_dao *dao, const void *key, bool really, bool *deleted, weir_error *err)
{
	cascading work = { .dao = dao, .key = key, .really = really };
	int       rc;

	if (!key)
		return weir__delete_row(dao, key, really, deleted, err);
	rc = weir_transact(dao->session, NULL, delete_all, &work, err);
	if (weir__is_done(rc) && deleted)
		*deleted = work.deleted;
	return rc;
}

int weir__cascade_delete_seen(const weir_base_dao *dao, const void *seen, weir_error *err)
{
	cascading work = { .dao = dao, .key = seen, .if_seen = true };
	int       rc;

	if (!seen)
		return weir__delete_seen(dao, seen, err);
	rc = weir_transact(dao->session, NULL, delete_all, &work, err);
	return rc == WEIR_ERR_MISSING && work.missing ? WEIR_NOT_FOUND : rc;
}
