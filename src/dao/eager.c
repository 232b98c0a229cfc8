/* Eager loading, siblings at a time: who has to be loaded, by what keys, and who then has what. */
#include "dao/eager.h"

#include <weir/scope.h>

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A list's relations being loaded. */
typedef struct eager {
	const weir__call *call;
	weir__plan       *plan;
	weir__tree       *tree;
	const weir_list  *list;
	bool              cached;
} eager;

static int no_memory(const weir__level *level)
{
	return weir__error_no_memory(level->call.err);
}

/* ---- Who has what -------------------------------------------------------------------------------------------------------------- */

static weir__branch branch_of(const weir__level *level, const void *owner, const weir_list *slice)
{
	const weir_relation *relation = level->relation->link->relation;
	weir__branch         branch = {
				.owner = owner,
				.name = relation->name,
				.query = level->query,
				.many = weir__relation_is_many(relation),
	};

	if (branch.many) {
		branch.to.items = slice->items;
		branch.count = (uint32_t)slice->count;
	} else {
		branch.to.one = slice->count > 0 ? slice->items[0] : NULL;
	}
	return branch;
}

/* Was it deleted by a stamp? Then it is there for no relation. */
static bool is_deleted(const weir__layout *layout, const void *record)
{
	for (size_t i = 0; layout->deleted_mask && i < layout->column_count; i++)
		if (layout->deleted_mask >> i & 1)
			return !weir__layout_get(layout, i, record).is_null;
	return false;
}

/* The children of has one and has many belong to the owner: that needs no query. */
static int attach_back(weir__level *level, const void *owner, const weir_list *slice)
{
	const weir__link *inverse = level->relation->link->inverse;

	if (!inverse || inverse->relation->kind != WEIR_RELATION_BELONGS_TO ||
	    is_deleted(level->relation->link->owner, owner))
		return WEIR_OK;
	if (!weir__tree_reserve(level->tree, slice->count))
		return no_memory(level);
	for (size_t i = 0; i < slice->count; i++)
		weir__tree_add(level->tree,
		               &(weir__branch){
						   .owner = slice->items[i], .name = inverse->relation->name, .to.one = owner, .back = true });
	return WEIR_OK;
}

static int attach(weir__level *level, const void *owner, const weir_list *slice)
{
	weir__branch branch = branch_of(level, owner, slice);

	if (!weir__tree_reserve(level->tree, 1))
		return no_memory(level);
	weir__tree_add(level->tree, &branch);
	return attach_back(level, owner, slice);
}

/* ---- Owners and keys ------------------------------------------------------------------------------------------------------------- */

/* Is this owner's relation loaded already? Two paths that meet at one record cannot each have a query of their own there. */
static int find_known(const weir__level *level, const void *owner, bool *known)
{
	const weir_relation *relation = level->relation->link->relation;
	const weir__branch  *branch = weir__tree_find(level->tree, owner, relation->name);

	*known = branch && branch->query == level->query;
	if (!branch || branch->back || *known)
		return WEIR_OK;
	return weir__error_set_at(level->call.err, WEIR_ERR_USAGE, relation->model->name, relation->name,
	                          "two paths load it of the same record with different queries");
}

/* Owners without a key have nothing, those whose relation is known already need nothing; the others are to be loaded. */
static int choose_owners(weir__level *level, const void *const *records, size_t count)
{
	static const weir_list nothing = WEIR_LIST_INIT;

	level->owners = weir__malloc(count * sizeof *level->owners);
	if (!level->owners)
		return no_memory(level);
	for (size_t i = 0; i < count; i++) {
		bool known = true;
		int  rc = records[i] ? find_known(level, records[i], &known) : WEIR_OK;

		if (rc >= 0 && known)
			continue;
		if (rc >= 0 && weir__link_has_key(level->relation->link, records[i]))
			level->owners[level->owner_count++] = records[i];
		else if (rc >= 0)
			rc = attach(level, records[i], &nothing);
		if (rc < 0)
			return rc;
	}
	return WEIR_OK;
}

static int make_keys(weir__level *level)
{
	const weir__link   *link = level->relation->link;
	bool                belongs = link->relation->kind == WEIR_RELATION_BELONGS_TO;
	const weir__layout *layout = belongs ? link->target : link->owner;
	const uint8_t      *columns = belongs ? link->owner_columns : link->owner->key;
	void               *items = weir__calloc(level->owner_count, weir__keys_size(layout));

	level->key_entity = belongs ? &level->relation->target : level->relation->owner;
	level->keys = (weir__keys){ layout, items, level->owner_count };
	if (!items)
		return no_memory(level);
	for (size_t i = 0; i < level->owner_count; i++)
		for (size_t k = 0; k < layout->key_count; k++)
			weir__layout_copy(link->owner, columns[k], level->owners[i], layout, layout->key[k],
			                  (void *)(uintptr_t)weir__keys_struct(&level->keys, i));
	return WEIR_OK;
}

/* ---- Loading one level ------------------------------------------------------------------------------------------------------------- */

/* Belongs to, without a query: the targets by primary key, as get_many. */
static bool is_by_target(const weir__level *level)
{
	return level->relation->link->relation->kind == WEIR_RELATION_BELONGS_TO && !level->query;
}

static int ask_targets(weir__level *level)
{
	int rc = weir__many_begin(&level->many, &level->call, &level->keys, level->cached, false);

	if (rc < 0 || level->many.missing_count == 0)
		return rc;
	level->sql = *weir__sql_get_many(level->call.entity->statements);
	level->asks = true;
	return WEIR_OK;
}

static int take_targets(weir__level *level, const weir__rows *rows)
{
	weir_list found = WEIR_LIST_INIT, kept;
	int       rc = weir__many_end(&level->many, rows, &found);

	if (rc < 0)
		return rc;
	kept = found;
	if (!weir__tree_keep_list(level->tree, &found))
		return no_memory(level);
	for (size_t i = 0; rc >= 0 && i < level->owner_count; i++)
		rc = attach(level, level->owners[i], &(weir_list){ .items = &kept.items[i], .count = kept.items[i] != NULL });
	return rc;
}

/* A loader works for one owner at a time, as fresh as the read that it is part of. */
static int load_by_loader(weir__level *level)
{
	const weir_relation *relation = level->relation->link->relation;
	weir_scope           scope;
	weir_session        *session =
		weir_with_freshness(level->call.session, level->cached ? level->call.fresh_ms : WEIR_BYPASS, &scope);

	for (size_t i = 0; i < level->owner_count; i++) {
		weir_related of = weir_related_to(session, relation->model, relation->name, level->owners[i]);
		weir_list    list = WEIR_LIST_INIT, kept;
		const void  *one = NULL;
		int          rc =
			weir_related_load(&of, weir__relation_is_many(relation) ? (void *)&list : (void *)&one, level->call.err);

		if (rc >= 0 && one && weir__list_create_of(relation->target, 1, &list) < 0)
			rc = no_memory(level);
		if (rc >= 0 && one)
			weir__list_set(&list, 0, one);
		else
			(void)weir_record_release(one);
		kept = list;
		if (rc >= 0 && !weir__tree_keep_list(level->tree, &list))
			rc = no_memory(level);
		if (rc >= 0)
			rc = attach(level, level->owners[i], &kept);
		if (rc < 0)
			return rc;
	}
	return WEIR_OK;
}

/* For all branches at once, that the table need not grow step by step. */
static int make_room(const weir__level *level)
{
	size_t count = level->owner_count;

	for (size_t i = 0; level->relation->link->inverse && i < level->distinct.count; i++)
		count += level->slices[i].count;
	return weir__tree_reserve(level->tree, count) ? WEIR_OK : no_memory(level);
}

static int ask_slices(weir__level *level)
{
	int rc = weir__distinct_create(level->key_entity, &level->keys, &level->distinct, level->call.err);

	if (rc < 0)
		return rc;
	level->slices = weir__calloc(level->distinct.count, sizeof *level->slices);
	if (!level->slices)
		return no_memory(level);
	return level->query && level->query->limit == WEIR_NO_ROWS ? WEIR_OK : weir__level_ask(level);
}

static int take_slices(weir__level *level, const weir__rows *rows)
{
	int rc = weir__level_take(level, rows);

	if (rc >= 0)
		rc = make_room(level);
	for (size_t i = 0; rc >= 0 && i < level->owner_count; i++)
		rc = attach(level, level->owners[i], &level->slices[level->distinct.positions[i]]);
	return rc;
}

static int level_ask(weir__level *level, const void *const *records, size_t count)
{
	int rc = choose_owners(level, records, count);

	if (rc < 0 || level->owner_count == 0)
		return rc;
	rc = make_keys(level);
	if (rc < 0 || level->relation->link->relation->loader)
		return rc;
	return is_by_target(level) ? ask_targets(level) : ask_slices(level);
}

/* rows NULL: it has not asked. */
static int level_take(weir__level *level, const weir__rows *rows)
{
	if (level->owner_count == 0)
		return WEIR_OK;
	if (level->relation->link->relation->loader)
		return load_by_loader(level);
	return is_by_target(level) ? take_targets(level, rows) : take_slices(level, rows);
}

static void level_release(weir__level *level)
{
	weir__many_release(&level->many);
	weir__level_rows_release(level);
	weir__call_end(&level->call);
	weir__distinct_release(&level->distinct);
	weir__free((void *)(uintptr_t)level->keys.items);
	weir__free(level->owners);
	weir__free(level->slices);
}

/* ---- All levels ------------------------------------------------------------------------------------------------------------------------ */

static int compare_addresses(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t) * (const void *const *)a;
	uintptr_t right = (uintptr_t) * (const void *const *)b;

	return (left > right) - (left < right);
}

/* What was loaded for all these owners, each record once: the owners of the next level. */
static int collect(const eager *e, weir__node *node, const void *const *owners, size_t owner_count)
{
	const char *name = node->relation->link->relation->name;
	size_t      total = 0, distinct = 0;

	for (size_t i = 0; i < owner_count; i++) {
		const weir__branch *branch = weir__tree_find(e->tree, owners[i], name);
		total += branch && branch->many ? branch->count : 1;
	}
	node->records = weir__malloc(total * sizeof *node->records);
	if (!node->records)
		return weir__error_no_memory(e->call->err);
	for (size_t i = 0; i < owner_count; i++) {
		const weir__branch *branch = weir__tree_find(e->tree, owners[i], name);

		if (branch && !branch->many && branch->to.one)
			node->records[node->count++] = branch->to.one;
		for (size_t k = 0; branch && branch->many && k < branch->count; k++)
			node->records[node->count++] = branch->to.items[k];
	}
	qsort(node->records, node->count, sizeof *node->records, compare_addresses);
	for (size_t i = 0; i < node->count; i++)
		if (distinct == 0 || node->records[distinct - 1] != node->records[i])
			node->records[distinct++] = node->records[i];
	node->count = distinct;
	return WEIR_OK;
}

/* ---- Siblings ---------------------------------------------------------------------------------------------------------------------------- */

/* Relations of the same owners, which are loaded together. */
typedef struct siblings {
	eager             *e;
	weir__level        levels[WEIR__REQUESTS_MAX];
	size_t             count;
	const void *const *owners;
	size_t             owner_count;
} siblings;

static int add_sibling(siblings *s, weir__node *node)
{
	const eager *e = s->e;
	weir__level *level = &s->levels[s->count++];
	int          rc;

	*level = (weir__level){
		.node = node,
		.relation = node->relation,
		.query = node->query,
		.cached = e->cached && !node->relation->link->relation->kept_in &&
		          weir__relation_is_cached(node->relation, e->call->session),
		.tree = e->tree,
	};
	rc = weir__call_begin_on(&level->call, e->call->session, &node->relation->target, e->call->deadline, e->call->err);
	level->call.fresh_ms = e->call->fresh_ms;
	return rc < 0 ? rc : level_ask(level, s->owners, s->owner_count);
}

/* Sends what the siblings ask for together and gives each its answer. */
static int load_siblings(siblings *s)
{
	weir__request requests[WEIR__REQUESTS_MAX];
	size_t        asked = 0, answered = 0;
	int           rc = WEIR_OK;

	for (size_t i = 0; i < s->count; i++)
		if (s->levels[i].asks)
			requests[asked++] = (weir__request){ .sql = s->levels[i].sql, .params = s->levels[i].call.params };
	if (asked > 0)
		rc = weir__session_read_all(s->e->call->session, requests, asked, s->e->call->deadline, s->e->call->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc >= 0 && i < s->count; i++)
		rc = level_take(&s->levels[i], s->levels[i].asks ? &requests[answered++].rows : NULL);
	for (size_t i = 0; i < asked; i++)
		weir__rows_release(&requests[i].rows);
	return rc;
}

/* All nodes from `first` on that have its parent. */
static int load_family(eager *e, size_t first)
{
	weir__plan       *plan = e->plan;
	size_t            parent_index = plan->nodes[first].parent;
	const weir__node *parent = parent_index == WEIR__NO_NODE ? NULL : &plan->nodes[parent_index];
	siblings          s = {
				 .e = e,
				 .owners = parent ? parent->records : e->list->items,
				 .owner_count = parent ? parent->count : e->list->count,
	};
	int rc = WEIR_OK;

	for (size_t i = first; rc >= 0 && i < plan->count && s.count < WEIR__REQUESTS_MAX; i++)
		if (plan->nodes[i].parent == parent_index && !plan->nodes[i].loaded) {
			plan->nodes[i].loaded = true;
			rc = add_sibling(&s, &plan->nodes[i]);
		}
	if (rc >= 0)
		rc = load_siblings(&s);
	for (size_t i = 0; i < s.count; i++) {
		level_release(&s.levels[i]);
		if (rc >= 0 && s.levels[i].node->has_children)
			rc = collect(e, s.levels[i].node, s.owners, s.owner_count);
	}
	return rc;
}

int weir__eager_load(const weir__call *call, weir__plan *plan, bool cached, weir_list *list)
{
	eager e = { .call = call, .plan = plan, .list = list, .cached = cached && call->fresh_ms != WEIR_BYPASS };
	int   rc = WEIR_OK;

	if (plan->count == 0 || list->count == 0)
		return WEIR_OK;
	if (!weir__list_unshare(list) || !(e.tree = weir__tree_create()))
		return weir__error_no_memory(call->err);
	for (size_t i = 0; rc >= 0 && i < plan->count; i++)
		if (!plan->nodes[i].loaded)
			rc = load_family(&e, i);
	if (rc >= 0)
		weir__list_attach(list, e.tree, weir__tree_free);
	else
		weir__tree_free(e.tree);
	return rc < 0 ? rc : WEIR_OK;
}
