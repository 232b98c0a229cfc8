/* Which tables become models, and under which names. */
#include "names.h"
#include "plan.h"

#include <string.h>
#include <strings.h>

static bool has(const gen_choices *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].key, key) == 0)
			return true;
	return false;
}

/* Tables that are asked for by name, or all but the hidden ones; views only where asked for, to say why not. */
static bool is_wanted(gen_plan *plan, const table_row *table)
{
	gen_choices *tables = &plan->options->choices[CHOICE_TABLE];
	bool         is_table = strchr("rp", table->kind[0]) != NULL;

	if (choices_find(&plan->options->choices[CHOICE_WITHOUT], table->name) && !has(tables, table->name))
		return false;
	if (tables->count > 0)
		return choices_find(tables, table->name) != NULL;
	return is_table && !table->hidden;
}

static void check_name(const gen_plan *plan, const gen_model *model)
{
	const char *table = model->table->name;

	if (!name_is_identifier(model->name))
		report_problem(plan->report,
		               "table \"%s\": \"%s\" is no name of a struct; say --name '%s=...', or leave it out: "
		               "--without '%s'",
		               table, model->name, table, table);
	else if (name_is_reserved(model->name))
		report_problem(plan->report, "table \"%s\": \"%s\" is a word of C or C++; say --name %s=..., or --prefix",
		               table, model->name, table);
	else if (name_is_of_library(model->name))
		report_problem(plan->report, "table \"%s\": \"%s\" is a name of the C library; say --name %s=..., or --prefix",
		               table, model->name, table);
	else if (strlen(model->name) > NAME_MAX_BYTES)
		report_problem(plan->report, "table \"%s\": \"%s\" is longer than %d bytes; say --name %s=...", table,
		               model->name, NAME_MAX_BYTES, table);
}

static void name_model(gen_plan *plan, gen_model *model)
{
	const char       *table = model->table->name;
	const gen_choice *given = choices_find(&plan->options->choices[CHOICE_NAME], table);
	const gen_choice *more = choices_find(&plan->options->choices[CHOICE_MORE], table);
	const char       *singular = name_singular(plan->arena, table);

	model->bare = given ? given->value : singular;
	model->name = arena_text(plan->arena, "%s%s", plan->options->prefix, model->bare);
	model->plural =
		strcmp(singular, table) != 0 && name_is_identifier(table) ? table : name_plural(plan->arena, model->bare);
	model->more = more ? more->value : NULL;
	check_name(plan, model);
}

/* Is it a table with a primary key? */
static void check_table(const gen_plan *plan, const table_row *table)
{
	if (!strchr("rp", table->kind[0])) {
		report_problem(plan->report,
		               "\"%s\" is a view or a foreign table, which has no primary key: it cannot be a model",
		               table->name);
		return;
	}
	for (size_t i = 0; i < plan->catalog->indexes.count; i++)
		if (plan->catalog->indexes.items[i]->is_primary &&
		    strcmp(plan->catalog->indexes.items[i]->table, table->name) == 0)
			return;
	report_problem(plan->report, "table \"%s\" has no primary key: give it one, or leave it out: --without '%s'",
	               table->name, table->name);
}

/* Names that differ in case only would be one file in some places. */
static void check_names_differ(const gen_plan *plan)
{
	for (size_t i = 0; i < plan->model_count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(plan->models[i].name, plan->models[k].name) == 0)
				report_problem(plan->report, "tables \"%s\" and \"%s\" would both be the model %s; say --name '%s=...'",
				               plan->models[k].table->name, plan->models[i].table->name, plan->models[i].name,
				               plan->models[i].table->name);
}

static void name_list(gen_plan *plan)
{
	plan->list = plan->options->list ? plan->options->list : plan->catalog->schema;
	if (!name_is_identifier(plan->list))
		report_problem(plan->report, "\"%s_models\" is no name of a list; say --list NAME", plan->list);
	if (plan->options->prefix[0] && !name_is_identifier(plan->options->prefix))
		report_problem(plan->report, "--prefix %s: no name can begin so", plan->options->prefix);
}

void plan_make(gen_plan *plan)
{
	const gen_catalog *from = plan->catalog;

	plan->models = arena_take(plan->arena, (from->tables.count + 1) * sizeof *plan->models);
	name_list(plan);
	for (size_t i = 0; i < from->tables.count; i++) {
		gen_model *next = &plan->models[plan->model_count];

		if (!is_wanted(plan, from->tables.items[i]))
			continue;
		plan->model_count++;
		next->table = from->tables.items[i];
		name_model(plan, next);
		check_table(plan, next->table);
		plan_members(plan, next);
	}
	check_names_differ(plan);
	plan_relations(plan);
	options_check_used(plan->options, from->schema, plan->report);
	if (plan->model_count == 0 && plan->report->problems == 0)
		report_problem(plan->report, "schema \"%s\" has no table to write a model for", from->schema);
	if (plan->report->problems > 0)
		return;
	plan_finders(plan);
	plan_symbols(plan);
}
