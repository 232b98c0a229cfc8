/* Names that the files declare for the whole program: no two may be the same. A table user_lists beside users, a relation
 * `fields` of a user: what would not compile is said here in words. */
#include "names.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct gen_symbol {
	const char *name;
	const char *of; /* what it is made for, and what names it otherwise */
} gen_symbol;

typedef struct gen_symbols {
	gen_symbol *items;
	size_t      count;
} gen_symbols;

static const char *const of_model[] = { "%s",         "%s_list",         "%s_model",  "%s_columns",   "%s_c",
	                                    "%s_dao",     "get_%s_dao",      "%s_fields", "%s_relations", "%s_retain",
	                                    "%s_release", "%s_list_release", "%s.h",      "%s_dao.h" };
static const char *const of_list[] = { "%s_models", "%s_models.h", "%s_relations.h", "%s_models_H", "%s_relations_H" };
static const char *const of_relation[] = { "",        "_where", "_count",     "_exists", "_add",
	                                       "_remove", "_clear", "_is_cached", "_loaded" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add(gen_symbols *to, const char *name, const char *of)
{
	to->items[to->count++] = (gen_symbol){ name, of };
}

/* The name in the place of %s. */
static const char *put_in(const gen_plan *plan, const char *pattern, const char *name)
{
	const char *place = strstr(pattern, "%s");

	return arena_text(plan->arena, "%.*s%s%s", (int)(place - pattern), pattern, name, place + 2);
}

static void add_model(const gen_plan *plan, gen_symbols *to, const gen_model *model)
{
	const char *of = arena_text(plan->arena, "model %s (--name '%s=...')", model->name, model->table->name);

	for (size_t i = 0; i < COUNT(of_model); i++)
		add(to, put_in(plan, of_model[i], model->name), of);
	add(to, arena_text(plan->arena, "%s_%s_H", plan->list, model->name), of);
	for (size_t r = 0; r < model->relation_count; r++) {
		const gen_relation *relation = &model->relations[r];
		const char *by = arena_text(plan->arena, "relation %s of %s (--relation %s)", relation->name, model->name,
		                            relation->named_by);

		for (size_t i = 0; i < COUNT(of_relation); i++)
			add(to, arena_text(plan->arena, "%s_%s%s", model->name, relation->name, of_relation[i]), by);
	}
}

/* Files of names that differ in case only are one file in some places. */
static int compare(const void *one, const void *other)
{
	return strcasecmp(((const gen_symbol *)one)->name, ((const gen_symbol *)other)->name);
}

void plan_symbols(gen_plan *plan)
{
	gen_symbols all = { .count = 0 };
	size_t      most = COUNT(of_list);

	for (size_t i = 0; i < plan->model_count; i++)
		most += COUNT(of_model) + 1 + plan->models[i].relation_count * COUNT(of_relation);
	all.items = arena_take(plan->arena, most * sizeof *all.items);
	for (size_t i = 0; i < COUNT(of_list); i++)
		add(&all, put_in(plan, of_list[i], plan->list), "the list of all models (--list)");
	for (size_t i = 0; i < plan->model_count; i++)
		add_model(plan, &all, &plan->models[i]);
	qsort(all.items, all.count, sizeof *all.items, compare);
	for (size_t i = 1; i < all.count; i++)
		if (compare(&all.items[i - 1], &all.items[i]) == 0)
			report_problem(plan->report, "%s would be declared for %s and for %s; name one of them otherwise",
			               all.items[i].name, all.items[i - 1].of, all.items[i].of);
}
