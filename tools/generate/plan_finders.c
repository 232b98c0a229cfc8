/* Finders: one for each unique member, and a list for each foreign key. */
#include "names.h"
#include "plan.h"

#include <string.h>

/* What every DAO has; get_by_id's twins above all. */
static const char *const taken[] = { "get_by_id", "get_by_id_cached", "get_by_id_locked" };

static bool is_taken(const gen_plan *plan, const gen_model *model, const char *name)
{
	const char *cached = arena_text(plan->arena, "%s_cached", name);

	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		if (strcmp(taken[i], name) == 0 || strcmp(taken[i], cached) == 0)
			return true;
	for (size_t i = 0; i < model->finder_count; i++) {
		const char *other = model->finders[i].name, *other_cached = arena_text(plan->arena, "%s_cached", other);

		if (strcmp(other, name) == 0 || strcmp(other, cached) == 0 || strcmp(other_cached, name) == 0)
			return true;
	}
	return false;
}

/* The first of the two names that is free; a name that nothing else has ends with an underscore. */
static void add_finder(gen_plan *plan, gen_model *model, gen_finder finder, const char *first, const char *second)
{
	const char *name = arena_text(plan->arena, "get_by_%s", first);

	if (is_taken(plan, model, name))
		name = arena_text(plan->arena, "get_by_%s", second);
	while (is_taken(plan, model, name))
		name = arena_text(plan->arena, "%s_", name);
	finder.name = name;
	model->finders[model->finder_count++] = finder;
}

static void find_unique(gen_plan *plan, gen_model *model)
{
	for (size_t i = 0; i < model->member_count; i++) {
		const gen_member *m = &model->members[i];

		if (m->unique)
			add_finder(plan, model, (gen_finder){ .key = { { m }, 1 } }, m->name, m->name);
	}
}

/* user_id -> user; shop_id and number of an invoice -> invoice, or shop_id_and_number. */
static void find_list(gen_plan *plan, gen_model *model, const gen_foreign *f)
{
	const char *by_members = f->key.members[0]->name, *without_id = name_without_id(plan->arena, by_members);
	const char *first = f->key.count > 1 ? f->plain : without_id;

	for (size_t i = 1; i < f->key.count; i++)
		by_members = arena_text(plan->arena, "%s_and_%s", by_members, f->key.members[i]->name);
	if (f->owner == model && !f->is_unique)
		add_finder(plan, model, (gen_finder){ .key = f->key, .is_list = true }, first ? first : by_members, by_members);
}

static size_t count_keys(const gen_model *model, const gen_foreign *keys, size_t count)
{
	size_t own = 0;

	for (size_t i = 0; i < count; i++)
		own += keys[i].owner == model;
	return own;
}

static void find_all(gen_plan *plan, gen_model *model)
{
	size_t most = model->member_count + count_keys(model, plan->foreigns, plan->foreign_count) +
	              count_keys(model, plan->loose, plan->loose_count);

	model->finders = arena_take(plan->arena, (most + 1) * sizeof(gen_finder));
	find_unique(plan, model);
	for (size_t i = 0; i < plan->foreign_count; i++)
		find_list(plan, model, &plan->foreigns[i]);
	for (size_t i = 0; i < plan->loose_count; i++)
		find_list(plan, model, &plan->loose[i]);
}

void plan_finders(gen_plan *plan)
{
	for (size_t i = 0; i < plan->model_count; i++)
		find_all(plan, &plan->models[i]);
}
