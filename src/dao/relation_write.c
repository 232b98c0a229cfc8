/* Linking and unlinking: ordinary writes of the row that holds the foreign key, so that they touch what any write of it touches,
 * the stamps of its old and its new owner among them. */
#include "dao/relation.h"

#include <weir/reading.h>
#include <weir/writing.h>

#include "base/error.h"
#include "base/memory.h"
#include "dao/keys.h"

#include <string.h>

/* ---- One write ------------------------------------------------------------------------------------------------------------ */

typedef struct linking {
	const weir_related   *of;
	const weir__relation *relation;
	const weir__link     *link;
	const weir__layout   *holder;  /* of the foreign key */
	const uint8_t        *columns; /* of holder: the foreign key */
	void                 *row;     /* a struct of holder */
	weir_base_dao         dao;     /* of holder */
	weir_error           *err;
} linking;

static int wrong_call(const linking *l, const char *what)
{
	return weir__error_set_at(l->err, WEIR_ERR_USAGE, l->of->model->name, l->of->relation, "%s", what);
}

static int linking_begin(linking *l, const weir_related *of, weir_error *err)
{
	bool belongs;
	int  rc;

	memset(l, 0, sizeof *l);
	l->of = of;
	l->err = err;
	rc = weir__related_find(of, &l->relation, err);
	if (rc < 0)
		return rc;
	l->link = l->relation->link;
	if (!of->owner)
		return wrong_call(l, "no owner was given");
	if (l->link->key_count == 0)
		return wrong_call(l, "has a loader and no foreign key: it can only be loaded");
	belongs = l->link->relation->kind == WEIR_RELATION_BELONGS_TO;
	l->holder = belongs ? l->link->owner : l->link->through ? l->link->through : l->link->target;
	l->columns = belongs ? l->link->owner_columns : l->link->other_columns;
	l->dao = weir_get_dao(of->session, l->holder->model);
	l->dao.timeout_ms = of->timeout_ms;
	l->row = weir__calloc(1, l->holder->model->size);
	if (!l->row)
		return weir__error_no_memory(err);
	if (!belongs && !weir__link_has_key(l->link, of->owner))
		return wrong_call(l, "the owner has no primary key yet: insert it first");
	return WEIR_OK;
}

static void linking_end(linking *l)
{
	weir__free(l->row);
}

/* The foreign key's columns as a set; offsets must have room for them. */
static weir_set key_set(const linking *l, size_t *offsets)
{
	for (size_t i = 0; i < l->link->key_count; i++)
		offsets[i] = l->holder->columns[l->columns[i]].offset;
	return (weir_set){ .model = l->holder->model, .offsets = offsets, .count = l->link->key_count };
}

/* Puts the owner's key into the row's foreign key. */
static void set_owner_key(linking *l)
{
	for (size_t i = 0; i < l->link->key_count; i++)
		weir__layout_copy(l->link->owner, l->link->owner_columns[i], l->of->owner, l->holder, l->columns[i], l->row);
}

/* Many to many: puts the other one's primary key into the row in between. */
static void set_other_key(linking *l, const void *other)
{
	for (size_t i = 0; i < l->link->target_count; i++)
		weir__layout_copy(l->link->target, l->link->target->key[i], other, l->holder, l->link->through_columns[i],
		                  l->row);
}

/* ---- Many to many ------------------------------------------------------------------------------------------------------------ */

/* The row in between that links both. conditions must have room for the columns of both keys. */
static weir_condition link_condition(const linking *l, weir_condition *conditions)
{
	size_t count = 0;

	for (size_t i = 0; i < l->link->key_count + l->link->target_count; i++) {
		size_t      column = i < l->link->key_count ? l->columns[i] : l->link->through_columns[i - l->link->key_count];
		weir_column handle = { l->holder->model, l->holder->columns[column].offset };

		conditions[count++] = weir_compare(handle, WEIR_OP_EQ, weir__layout_get(l->holder, column, l->row));
	}
	return weir_group(WEIR_OP_ALL, conditions, count);
}

static weir__mask link_mask(const linking *l)
{
	weir__mask mask = 0;

	for (size_t i = 0; i < l->link->key_count; i++)
		mask |= (weir__mask)1 << l->columns[i];
	for (size_t i = 0; i < l->link->target_count; i++)
		mask |= (weir__mask)1 << l->link->through_columns[i];
	return mask;
}

/* Brings a link back that was deleted by a stamp. WEIR_NOT_FOUND: there is none. */
static int restore_between(linking *l, const weir_condition *where)
{
	weir_query query = { .where = *where, .deleted = WEIR_ONLY_DELETED, .limit = 1 };
	weir_list  list = WEIR_LIST_INIT;
	int        rc = l->holder->deleted_mask ? weir_base_dao_get_all(&l->dao, &query, &list, l->err) : WEIR_NOT_FOUND;

	if (rc == WEIR_OK)
		rc = list.count > 0 ? weir_base_dao_restore(&l->dao, list.items[0], NULL, l->err) : WEIR_NOT_FOUND;
	weir_list_release(&list);
	return rc;
}

/* Makes the row in between. Somebody may have made it meanwhile; in a transaction the refusal has ended that. */
static int create_between(linking *l, const weir_set *set, const weir_query *query)
{
	weir_error refusal = WEIR_ERROR_INIT;
	bool       linked = false;
	int        rc = weir_base_dao_create(&l->dao, l->row, *set, NULL, &refusal);

	if (rc == WEIR_ERR_UNIQUE && !l->of->session->transaction) {
		int again = weir_base_dao_exists(&l->dao, query, &linked, l->err);

		if (again >= 0 && !linked)
			again = restore_between(l, &query->where);
		if (again < 0 || linked || again == WEIR_OK)
			return again;
	}
	if (rc < 0 && l->err)
		*l->err = refusal;
	return rc;
}

static int add_between(linking *l, const void *other)
{
	weir_condition conditions[2 * WEIR__KEY_COLUMNS_MAX];
	size_t         offsets[2 * WEIR__KEY_COLUMNS_MAX];
	weir_query     query = { .limit = 0 };
	weir_set       set = key_set(l, offsets);
	bool           linked = false;
	int            rc;

	set_owner_key(l);
	set_other_key(l, other);
	for (size_t i = 0; i < l->link->target_count; i++)
		offsets[set.count++] = l->holder->columns[l->link->through_columns[i]].offset;
	query.where = link_condition(l, conditions);
	rc = weir_base_dao_exists(&l->dao, &query, &linked, l->err);
	if (rc < 0 || linked)
		return rc;
	if ((link_mask(l) & l->holder->key_mask) == l->holder->key_mask) { /* a deleted link has its place */
		rc = restore_between(l, &query.where);
		if (rc != WEIR_NOT_FOUND)
			return rc;
	}
	return create_between(l, &set, &query);
}

/* By primary key where that is both keys, which touches no more than the lists of this owner and of that target. */
static int remove_between(linking *l, const void *other)
{
	weir_condition conditions[2 * WEIR__KEY_COLUMNS_MAX];
	int64_t        count = 0;
	bool           deleted = false;
	int            rc;

	set_owner_key(l);
	set_other_key(l, other);
	if (link_mask(l) == l->holder->key_mask)
		rc = weir_base_dao_delete(&l->dao, l->row, &deleted, l->err);
	else
		rc = weir_base_dao_delete_where(&l->dao, link_condition(l, conditions), &count, l->err);
	if (rc < 0)
		return rc;
	return deleted || count > 0 ? WEIR_OK : WEIR_NOT_FOUND;
}

/* ---- Foreign keys ------------------------------------------------------------------------------------------------------------ */

static int add_by_key(linking *l, const void *other)
{
	size_t      offsets[WEIR__KEY_COLUMNS_MAX];
	weir_set    set = key_set(l, offsets);
	const void *key = other;

	if (l->link->relation->kind == WEIR_RELATION_BELONGS_TO) {
		for (size_t i = 0; i < l->link->key_count; i++)
			weir__layout_copy(l->link->target, l->link->target->key[i], other, l->holder, l->columns[i], l->row);
		key = l->of->owner;
	} else {
		set_owner_key(l);
	}
	return weir_base_dao_update(&l->dao, key, l->row, set, NULL, l->err);
}

static bool same_value(const weir_value *a, const weir_value *b)
{
	char       one[WEIR__KEY_VALUE_MAX], other[WEIR__KEY_VALUE_MAX];
	weir_bytes left = weir__key_value(a, one), right = weir__key_value(b, other);

	return left.data && right.data && left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

/* Does the stored row hold the key that `row` was filled with? */
static bool holds_key(const linking *l, const void *stored, const void *row)
{
	for (size_t i = 0; i < l->link->key_count; i++) {
		weir_value one = weir__layout_get(l->holder, l->columns[i], stored);
		weir_value other = weir__layout_get(l->holder, l->columns[i], row);

		if (!same_value(&one, &other))
			return false;
	}
	return true;
}

typedef struct unlinking {
	linking    *l;
	const void *key;      /* of the row that holds the foreign key */
	const void *expected; /* a struct with the foreign key that it must have; NULL: any */
} unlinking;

/* In a transaction of its own nobody moves the row between the two statements without making this one fail; in the caller's, which
 * may see each statement's own moment, the row is locked. */
static int read_to_unlink(const unlinking *u, const weir_base_dao *dao, const void **stored, weir_error *err)
{
	return u->l->of->session->transaction
	           ? weir_base_dao_get_by_id_locked(dao, u->key, WEIR_FOR_NO_KEY_UPDATE, WEIR_WAIT, stored, err)
	           : weir_base_dao_get_by_id(dao, u->key, stored, err);
}

static int unlink_row(weir_session *tx, void *argument, weir_error *err)
{
	unlinking    *u = argument;
	size_t        offsets[WEIR__KEY_COLUMNS_MAX];
	weir_set      set = key_set(u->l, offsets);
	weir_base_dao dao = u->l->dao;
	const void   *stored = NULL;
	void         *nothing;
	int           rc;

	dao.session = tx;
	rc = read_to_unlink(u, &dao, &stored, err);
	if (rc == WEIR_OK && u->expected && !holds_key(u->l, stored, u->expected))
		rc = WEIR_NOT_FOUND;
	(void)weir_record_release(stored);
	if (rc != WEIR_OK)
		return rc;
	nothing = weir__calloc(1, u->l->holder->model->size);
	if (!nothing)
		return weir__error_no_memory(err);
	rc = weir_base_dao_update(&dao, u->key, nothing, set, NULL, err);
	weir__free(nothing);
	return rc;
}

static int remove_by_key(linking *l, const void *other)
{
	weir_transaction_options options = { .isolation = WEIR_REPEATABLE_READ, .attempts = 5 };
	bool                     belongs = l->link->relation->kind == WEIR_RELATION_BELONGS_TO;
	unlinking                work = { .l = l, .key = belongs ? l->of->owner : other, .expected = l->row };

	for (size_t i = 0; i < l->link->key_count; i++)
		if (!l->holder->columns[l->columns[i]].nullable)
			return weir__error_set_at(
				l->err, WEIR_ERR_NOT_NULL, l->holder->model->name, l->holder->columns[l->columns[i]].member,
				"must not be NULL, so the row cannot be removed from %s.%s", l->of->model->name, l->of->relation);
	if (!belongs)
		set_owner_key(l);
	else if (!other)
		work.expected = NULL;
	else
		for (size_t i = 0; i < l->link->key_count; i++)
			weir__layout_copy(l->link->target, l->link->target->key[i], other, l->holder, l->columns[i], l->row);
	return weir_transact(l->of->session, l->of->session->transaction ? NULL : &options, unlink_row, &work, l->err);
}

/* ---- The calls --------------------------------------------------------------------------------------------------------------- */

/* Does the other one's key go into the row that holds the foreign key? */
static bool puts_its_key(const linking *l)
{
	return l->link->through || l->link->relation->kind == WEIR_RELATION_BELONGS_TO;
}

int weir_related_add(const weir_related *of, const void *other, weir_error *err)
{
	linking l;
	int     rc = linking_begin(&l, of, err);

	if (rc >= 0 && !other)
		rc = wrong_call(&l, "no record was given to add");
	if (rc >= 0 && puts_its_key(&l) && !weir__link_target_has_key(l.link, other))
		rc = wrong_call(&l, "the record to add has no primary key yet: insert it first");
	if (rc >= 0)
		rc = l.link->through ? add_between(&l, other) : add_by_key(&l, other);
	linking_end(&l);
	return rc;
}

int weir_related_remove(const weir_related *of, const void *other, weir_error *err)
{
	linking l;
	int     rc = linking_begin(&l, of, err);

	if (rc >= 0 && !other && l.link->relation->kind != WEIR_RELATION_BELONGS_TO)
		rc = wrong_call(&l, "no record was given to remove");
	if (rc >= 0)
		rc = l.link->through ? remove_between(&l, other) : remove_by_key(&l, other);
	linking_end(&l);
	return rc;
}

/* The columns of set and the foreign key; offsets is freed by the caller. */
static int whole_set(const linking *l, const weir_set *set, size_t **offsets, weir_set *whole)
{
	weir__mask mask = 0;
	int        rc = weir__layout_mask(l->holder, set, &mask, l->err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < l->link->key_count; i++)
		mask |= (weir__mask)1 << l->columns[i];
	*offsets = weir__calloc(WEIR__COLUMNS_MAX, sizeof **offsets);
	if (!*offsets)
		return weir__error_no_memory(l->err);
	*whole = (weir_set){ .model = l->holder->model, .offsets = *offsets };
	for (size_t i = 0; i < l->holder->column_count; i++)
		if (mask >> i & 1)
			(*offsets)[whole->count++] = l->holder->columns[i].offset;
	return WEIR_OK;
}

/* The row and its link, all or none. */
typedef struct creation {
	const weir_related *of;
	const void         *values;
	weir_set            set;
	const void         *made;
} creation;

static int create_and_add(weir_session *tx, void *argument, weir_error *err)
{
	creation     *c = argument;
	weir_related  of = *c->of;
	weir_base_dao dao = weir_get_dao(tx, weir_relation_find(of.model, of.relation)->target);
	int           rc;

	of.session = tx;
	weir_record_release(c->made); /* of an attempt that was undone */
	c->made = NULL;
	rc = weir_base_dao_create(&dao, c->values, c->set, &c->made, err);
	return rc < 0 ? rc : weir_related_add(&of, c->made, err);
}

static int create_through(const weir_related *of, const void *values, const weir_set *set, void *record,
                          weir_error *err)
{
	creation both = { .of = of, .values = values, .set = *set };
	int      rc = weir_transact(of->session, NULL, create_and_add, &both, err);

	if (weir__is_done(rc) && record)
		weir__record_out_set(record, both.made);
	else
		(void)weir_record_release(both.made);
	return rc;
}

static int create_by_key(linking *l, const void *values, const weir_set *set, void *record)
{
	size_t  *offsets = NULL;
	weir_set whole;
	int      rc = whole_set(l, set, &offsets, &whole);

	if (rc >= 0) {
		memcpy(l->row, values, l->holder->model->size);
		set_owner_key(l);
		rc = weir_base_dao_create(&l->dao, l->row, whole, record, l->err);
	}
	weir__free(offsets);
	return rc;
}

int weir_related_create(const weir_related *of, const void *values, weir_set set, void *record, weir_error *err)
{
	linking l;
	int     rc = linking_begin(&l, of, err);

	if (rc >= 0 && l.link->relation->kind == WEIR_RELATION_BELONGS_TO)
		rc = wrong_call(&l, "belongs to a record: create that with its own DAO");
	if (rc >= 0 && (!values || (record && !weir__record_out_is_empty(record))))
		rc = wrong_call(&l, values ? "the record's pointer must be NULL before the call" : "no values were given");
	if (rc >= 0)
		rc = l.link->through ? create_through(of, values, &set, record, err) : create_by_key(&l, values, &set, record);
	linking_end(&l);
	return rc;
}
