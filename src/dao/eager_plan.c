/* Paths to a plan: "posts.comments" is a node for posts, if there is none yet, and one for comments below it. */
#include "dao/eager.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define SEGMENTS_MAX 32
#define NAME_BYTES   64

typedef struct planning {
	const weir__call *call;
	weir__plan       *plan;
	const weir_path  *path;
} planning;

static int wrong_path(const planning *p, const char *what)
{
	return weir__error_set_at(p->call->err, WEIR_ERR_USAGE, p->call->entity->model->name, NULL, "path \"%s\": %s",
	                          p->path->path ? p->path->path : "", what);
}

static const weir_model *model_at(const planning *p, size_t parent)
{
	return parent == WEIR__NO_NODE ? p->call->entity->model : p->plan->nodes[parent].relation->link->target->model;
}

static size_t find_node(const weir__plan *plan, size_t parent, const weir__relation *relation)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->nodes[i].parent == parent && plan->nodes[i].relation == relation)
			return i;
	return WEIR__NO_NODE;
}

static int add_node(planning *p, size_t parent, const char *name, size_t *node)
{
	const weir_model     *model = model_at(p, parent);
	const weir_relation  *declared = weir_relation_find(model, name);
	const weir__relation *relation =
		declared ? weir__relations_find(p->call->session->engine->relations, declared) : NULL;
	weir__node *nodes;

	if (!relation)
		return weir__error_set_at(p->call->err, WEIR_ERR_USAGE, p->call->entity->model->name, NULL,
		                          "path \"%s\": %s has no relation %s", p->path->path, model->name, name);
	*node = find_node(p->plan, parent, relation);
	if (*node != WEIR__NO_NODE)
		return WEIR_OK;
	nodes = weir__realloc(p->plan->nodes, (p->plan->count + 1) * sizeof *nodes);
	if (!nodes)
		return weir__error_no_memory(p->call->err);
	p->plan->nodes = nodes;
	*node = p->plan->count++;
	nodes[*node] = (weir__node){ .relation = relation, .parent = parent };
	if (parent != WEIR__NO_NODE)
		nodes[parent].has_children = true;
	return WEIR_OK;
}

static int check_query(const planning *p, const weir__relation *relation)
{
	const weir_query *query = p->path->query;

	if (!query)
		return WEIR_OK;
	if (relation->link->relation->loader)
		return wrong_path(p, "has a loader, which takes no query");
	if (query->with.count > 0)
		return wrong_path(p, "its query names paths; name them beside it, with all segments");
	return weir__query_check(relation->link->target, query, p->call->session->engine->max_limit, p->call->err);
}

static int end_path(const planning *p, size_t node)
{
	weir__node *last = &p->plan->nodes[node];
	int         rc = check_query(p, last->relation);

	if (rc < 0)
		return rc;
	if (last->given && last->query != p->path->query)
		return wrong_path(p, "is given twice with different queries");
	last->given = true;
	last->query = p->path->query;
	return WEIR_OK;
}

static int add_path(planning *p)
{
	const char *at = p->path->path;
	size_t      node = WEIR__NO_NODE;

	for (int segments = 0;; segments++) {
		char   name[NAME_BYTES];
		size_t length = at ? strcspn(at, ".") : 0;
		int    rc;

		if (length == 0)
			return wrong_path(p, "a segment is empty");
		if (length >= sizeof name || segments == SEGMENTS_MAX)
			return wrong_path(p, segments == SEGMENTS_MAX ? "has more than 32 segments" : "a segment is too long");
		memcpy(name, at, length);
		name[length] = '\0';
		rc = add_node(p, node, name, &node);
		if (rc < 0)
			return rc;
		if (!at[length])
			return end_path(p, node);
		at += length + 1;
	}
}

int weir__plan_create(const weir__call *call, const weir_with *with, weir__plan *plan)
{
	int rc = WEIR_OK;

	*plan = (weir__plan){ .count = 0 };
	if (with->count > 0 && !with->paths)
		return weir__error_set_at(call->err, WEIR_ERR_USAGE, call->entity->model->name, NULL,
		                          "the query has a count of paths but no paths");
	for (size_t i = 0; rc >= 0 && i < with->count; i++) {
		planning p = { call, plan, &with->paths[i] };

		rc = add_path(&p);
	}
	if (rc < 0)
		weir__plan_release(plan);
	return rc;
}

void weir__plan_release(weir__plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		weir__free(plan->nodes[i].records);
	weir__free(plan->nodes);
	*plan = (weir__plan){ .count = 0 };
}
