/* weir-generate: writes models and typed DAOs for the tables of a live schema (docs/generate.md).
 *
 * Catalog, plan, texts, files: each is complete before the next begins, so that nothing is written where anything is wrong.
 * Where: DATABASE_URL of the environment rather than the command line, where a password would be seen. */
#include "emit.h"
#include "files.h"

#include <stdlib.h>
#include <string.h>

#define LEFT_OVER_MAX 1000 /* named at most */

typedef void emit_one(FILE *out, const gen_plan *plan, const gen_model *model);
typedef void emit_all(FILE *out, const gen_plan *plan);

static const struct {
	const char *suffix;
	emit_one   *emit;
} of_model[] = {
	{ ".h", emit_model_header },
	{ ".c", emit_model_source },
	{ "_dao.h", emit_dao_header },
	{ "_dao.c", emit_dao_source },
};

static const struct {
	const char *suffix;
	emit_all   *emit;
} of_list[] = {
	{ "_models.h", emit_list_header },
	{ "_models.c", emit_list_source },
	{ "_relations.h", emit_relations },
};

/* Ends a text; true if all of it is there. */
static bool end_text(FILE *out)
{
	bool failed = out && ferror(out);

	return out && fclose(out) == 0 && !failed;
}

static bool has_relations(const gen_plan *plan)
{
	for (size_t i = 0; i < plan->model_count; i++)
		if (plan->models[i].relation_count > 0)
			return true;
	return false;
}

static bool make_texts(const gen_plan *plan, gen_files *files)
{
	size_t lists = 2 + has_relations(plan);
	bool   made = true;

	files->items = arena_take(plan->arena, (plan->model_count * 4 + lists) * sizeof *files->items);
	for (size_t m = 0; m < plan->model_count; m++)
		for (size_t i = 0; i < 4 && made; i++) {
			FILE *out = files_add(files, arena_text(plan->arena, "%s%s", plan->models[m].name, of_model[i].suffix));

			if (out)
				of_model[i].emit(out, plan, &plan->models[m]);
			made = end_text(out);
		}
	for (size_t i = 0; i < lists && made; i++) {
		FILE *out = files_add(files, arena_text(plan->arena, "%s%s", plan->list, of_list[i].suffix));

		if (out)
			of_list[i].emit(out, plan);
		made = end_text(out);
	}
	return made;
}

/* ---- What was done ----------------------------------------------------------------------------------------------------------- */

static void tell_models(const gen_plan *plan)
{
	for (size_t i = 0; i < plan->model_count; i++) {
		const gen_model *m = &plan->models[i];

		printf("%s -> %s: columns %zu, relations %zu, finders %zu\n", m->table->name, m->name, m->member_count,
		       m->relation_count, m->finder_count);
	}
}

static void tell_files(const gen_files *files)
{
	size_t written = 0;

	for (size_t i = 0; i < files->count; i++)
		written += !files->items[i].is_same;
	printf("%zu files written to %s, %zu were so already\n", written, files->directory, files->count - written);
}

/* Those of tables that are there no more are not removed: that is for others to say. */
static size_t tell_left_over(const gen_files *files, FILE *to)
{
	const char *paths[LEFT_OVER_MAX];
	size_t      count = files_left_over(files, paths, LEFT_OVER_MAX);

	for (size_t i = 0; i < count; i++)
		fprintf(to, "%s is of nothing that is written any more: remove it\n", paths[i]);
	return count;
}

/* The names of those that differ. */
static int tell_differences(const gen_files *files)
{
	size_t differing = tell_left_over(files, stdout);

	for (size_t i = 0; i < files->count; i++) {
		if (files->items[i].is_same)
			continue;
		differing++;
		printf("%s %s\n", files->items[i].path, files->items[i].is_there ? "differs" : "is not there");
	}
	if (differing > 0)
		printf("differences: %zu\n", differing);
	return differing > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- The run ----------------------------------------------------------------------------------------------------------------- */

static int finish(const gen_plan *plan, gen_files *files)
{
	gen_report *report = plan->report;

	if (!make_texts(plan, files)) {
		report_problem(report, "out of memory");
		return EXIT_FAILURE;
	}
	files->list_mark = arena_text(plan->arena, "%s_models.h says how", plan->list);
	files_compare(files, report);
	if (report->problems > 0)
		return EXIT_FAILURE;
	if (plan->options->check)
		return tell_differences(files);
	files_write(files, report);
	if (report->problems > 0)
		return EXIT_FAILURE;
	tell_models(plan);
	tell_files(files);
	(void)tell_left_over(files, stderr);
	return EXIT_SUCCESS;
}

static int run(gen_options *options, gen_arena *arena)
{
	gen_catalog from = { .schema = NULL };
	weir_error  err = WEIR_ERROR_INIT;
	gen_report  report = { 0 };
	gen_plan    plan = { .arena = arena, .options = options, .catalog = &from, .report = &report };
	gen_files   files = { .arena = arena, .directory = options->out, .mark = EMIT_MARK };
	int         rc = EXIT_FAILURE;

	if (catalog_read(options->postgres, options->schema, &from, &err) != WEIR_OK) {
		report_problem(&report, "%s: %s", weir_status_name(err.status), err.message);
		return rc;
	}
	plan_make(&plan);
	if (report.problems > 0)
		fprintf(stderr, "weir-generate: nothing was written\n");
	else
		rc = finish(&plan, &files);
	files_release(&files);
	catalog_release(&from);
	return rc;
}

int main(int count, char **arguments)
{
	gen_arena   arena = { .last = NULL };
	gen_options options;
	int         rc = options_read(&options, &arena, arguments + 1);

	(void)count;
	if (rc == 0 && options.help)
		fputs(options_usage, stdout);
	else if (rc == 0)
		rc = run(&options, &arena);
	arena_release(&arena);
	return rc;
}
