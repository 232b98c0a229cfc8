/* shop_relations.h, shop_models.h and shop_models.c: what all models have in common. */
#include "emit.h"
#include "names.h"
#include "write.h"

#include <string.h>

static size_t count_relations(const gen_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->model_count; i++)
		count += plan->models[i].relation_count;
	return count;
}

static const char *include_all(const gen_plan *plan, const char *suffix)
{
	const char *text = "";

	for (size_t i = 0; i < plan->model_count; i++)
		text = arena_text(plan->arena, "%s#include \"%s%s.h\"\n", text, plan->models[i].name, suffix);
	return text;
}

void emit_relations(FILE *out, const gen_plan *plan)
{
	emit_head(out, plan, "How the models belong together: for each relation all the functions of <weir/relation.h>.");
	emit_guard(out, plan, arena_text(plan->arena, "relations"), include_all(plan, ""));
	fputs("/* clang-format off */\n", out);
	for (size_t i = 0; i < plan->model_count; i++)
		for (size_t r = 0; r < plan->models[i].relation_count; r++) {
			const gen_relation *relation = &plan->models[i].relations[r];
			bool                is_many = relation->kind == HAS_MANY || relation->kind == MANY_TO_MANY;

			fprintf(out, "WEIR_RELATION_%s(%s, %s, %s)\n", is_many ? "MANY" : "ONE", plan->models[i].name,
			        relation->name, relation->target->name);
		}
	fputs("/* clang-format on */\n", out);
	emit_guard_end(out);
}

void emit_list_header(FILE *out, const gen_plan *plan)
{
	const char *includes = include_all(plan, "_dao");

	write_comment(out, arena_text(plan->arena,
	                              "The models and their DAOs: one surface.\n" EMIT_MARK
	                              ", again at each run: what is your own belongs in another file. The command, but for "
	                              "--out and the database:\n%s",
	                              write_name(plan->arena, plan->options->command)));
	if (count_relations(plan) > 0)
		includes = arena_text(plan->arena, "%s#include \"%s_relations.h\"\n", includes, plan->list);
	emit_guard(out, plan, "models", includes);
	fprintf(out,
	        "/* All of them, ended by NULL: for weir_options.models. */\nextern const weir_model *const %s_models[];\n",
	        plan->list);
	emit_guard_end(out);
}

void emit_list_source(FILE *out, const gen_plan *plan)
{
	size_t      length = 0;
	const char *end;

	emit_head(out, plan, "The models in one list.");
	fprintf(out, "#include \"%s_models.h\"\n\n", plan->list);
	for (size_t i = 0; i < plan->model_count; i++)
		length += strlen(plan->models[i].name) + strlen("&_model, ");
	length += strlen("const weir_model *const _models[] = { NULL };") + strlen(plan->list);
	end = length <= 120 ? " " : "\n\t";
	if (length > 120)
		fputs("/* clang-format off */\n", out);
	fprintf(out, "const weir_model *const %s_models[] = {%s", plan->list, end);
	for (size_t i = 0; i < plan->model_count; i++)
		fprintf(out, "&%s_model,%s", plan->models[i].name, end);
	fputs(length <= 120 ? "NULL };\n" : "NULL,\n};\n/* clang-format on */\n", out);
}
