/* ticket.h and ticket.c: the struct and its columns, the descriptor. */
#include "emit.h"
#include "names.h"
#include "write.h"

#include <string.h>

/* ---- The header ------------------------------------------------------------------------------------------------------------ */

static bool is_nullable(const gen_member *m)
{
	return !m->column->not_null;
}

static bool is_opt(const gen_member *m)
{
	return is_nullable(m) && m->type->has_opt && !m->column->is_array;
}

static const char *member_type(const gen_plan *plan, const gen_member *m)
{
	if (m->column->is_array)
		return arena_text(plan->arena, "weir_%s_array", m->type->short_name);
	return is_opt(m) ? arena_text(plan->arena, "weir_opt_%s", m->type->short_name) : m->type->member;
}

static const char *handle_type(const gen_plan *plan, const gen_member *m)
{
	return arena_text(plan->arena, "weir_%s%s_column", m->type->short_name, m->column->is_array ? "_array" : "");
}

/* Members below one another, their names too; a star stands before its name. */
static void write_members(FILE *out, const gen_plan *plan, const gen_model *model,
                          const char *(*type_of)(const gen_plan *, const gen_member *))
{
	size_t widest = 0;

	for (size_t i = 0; i < model->member_count; i++) {
		const char *type = type_of(plan, &model->members[i]);
		size_t      width = strlen(type) + (type[strlen(type) - 1] != '*');

		widest = width > widest ? width : widest;
	}
	for (size_t i = 0; i < model->member_count; i++) {
		const char *type = type_of(plan, &model->members[i]);
		size_t      length = strlen(type);
		bool        is_pointer = type[length - 1] == '*';

		fprintf(out, "\t%-*.*s%s%s;\n", (int)(widest - is_pointer), (int)(length - is_pointer), type,
		        is_pointer ? "*" : "", model->members[i].name);
	}
}

/* What the types of the members do not show. */
static void tell_nullable(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *names = "";

	for (size_t i = 0; i < model->member_count; i++)
		if (is_nullable(&model->members[i]) && !is_opt(&model->members[i]))
			names = arena_text(plan->arena, "%s%s %s", names, names[0] ? "," : "", model->members[i].name);
	if (names[0])
		write_comment(out, arena_text(plan->arena, "NULL here is NULL there:%s.", names));
}

void emit_model_header(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *name = model->name;

	emit_head(
		out, plan,
		arena_text(plan->arena, "%s: one row of the table %s.", name, write_name(plan->arena, model->table->name)));
	emit_guard(out, plan, name, "#include <weir/weir.h>\n");
	tell_nullable(out, plan, model);
	fprintf(out, "typedef struct %s {\n", name);
	write_members(out, plan, model, member_type);
	fprintf(out, "} %s;\n\n/* %s_list, %s_retain(), %s_release(), %s_list_release() */\nWEIR_RECORD(%s)\n\n", name,
	        name, name, name, name, name);
	fprintf(out, "extern const weir_model %s_model;\n\n", name);
	fprintf(out, "/* The columns, for conditions and order: weir_eq(%s_c.%s, ...). */\n", name,
	        model->key.members[0]->name);
	fprintf(out, "extern const struct %s_columns {\n", name);
	write_members(out, plan, model, handle_type);
	fprintf(out, "} %s_c;\n", name);
	emit_guard_end(out);
}

/* ---- The fields ------------------------------------------------------------------------------------------------------------ */

static void add_option(const gen_plan *plan, const char **options, const char *text)
{
	*options = arena_text(plan->arena, "%s, %s", *options, text);
}

static void add_flags(const gen_plan *plan, const char **options, const gen_member *m)
{
	const struct {
		bool        is_set;
		const char *text;
	} flags[] = {
		{ strcmp(m->name, m->column->name) != 0,
		  arena_text(plan->arena, ".column = %s", write_literal(plan->arena, m->column->name)) },
		{ m->primary_key, ".primary_key = true" },
		{ m->unique, ".unique = true" },
		{ is_nullable(m) && !is_opt(m), ".nullable = true" },
		{ m->column->has_default, ".generated = true" },
		{ m->stamped && !(m->marks >> MARK_STAMPED & 1), ".stamped = true" },
		{ m->type->padded, ".padded = true" },
	};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (flags[i].is_set)
			add_option(plan, options, flags[i].text);
	for (int i = 0; i < MARK_COUNT; i++)
		if (m->marks >> i & 1)
			add_option(plan, options, arena_text(plan->arena, ".%s = true", plan_marks[i].text));
}

static void add_length(const gen_plan *plan, const char **options, const gen_member *m)
{
	if (m->type->has_length && m->column->typmod > 4)
		add_option(plan, options, arena_text(plan->arena, ".max_length = %d", (int)m->column->typmod - 4));
}

/* The labels end the field, so that long lists of them go on below the first. */
static const char *labels_of(const gen_plan *plan, const gen_member *m)
{
	const char *labels = "";

	for (size_t i = 0; m->column->is_enum && i < m->column->labels.count; i++)
		labels = arena_text(plan->arena, "%s%s%s", labels, i > 0 ? ", " : "",
		                    write_literal(plan->arena, m->column->labels.items[i]));
	return labels;
}

static void write_field(FILE *out, const gen_plan *plan, const gen_model *model, const gen_member *m)
{
	const char *options = arena_text(plan->arena, "%s, %s", model->name, m->name);
	const char *labels = labels_of(plan, m);

	add_flags(plan, &options, m);
	add_length(plan, &options, m);
	if (labels[0])
		write_wrapped(out, arena_text(plan->arena, "\tWEIR_FIELD(%s, .labels = WEIR_LABELS(", options), labels,
		              ")),\n");
	else
		write_wrapped(out, "\tWEIR_FIELD(", options, "),\n");
}

/* ---- Relations ------------------------------------------------------------------------------------------------------------- */

/* user_id, or (shop_id, number) */
static const char *key_text(const gen_plan *plan, const gen_key *key)
{
	const char *text = "";

	for (size_t i = 0; i < key->count; i++)
		text = arena_text(plan->arena, "%s%s%s", text, i > 0 ? ", " : "", key->members[i]->name);
	return key->count > 1 ? arena_text(plan->arena, "(%s)", text) : text;
}

static void write_relation(FILE *out, const gen_plan *plan, const gen_model *model, const gen_relation *r)
{
	static const char *const macros[] = { "WEIR_BELONGS_TO", "WEIR_HAS_ONE", "WEIR_HAS_MANY", "WEIR_MANY_TO_MANY" };
	bool                     is_long = r->key->count > 1 || (r->other && r->other->count > 1);
	const char              *items = arena_text(plan->arena, "%s, %s, %s", model->name, r->name, r->target->name);

	if (r->through) /* both keys in parentheses, or none */
		items = arena_text(plan->arena, is_long && r->key->count == 1 ? "%s, %s, (%s)" : "%s, %s, %s", items,
		                   r->through->name, key_text(plan, r->key));
	else
		items = arena_text(plan->arena, "%s, %s", items, key_text(plan, r->key));
	if (r->through)
		items = arena_text(plan->arena, is_long && r->other->count == 1 ? "%s, (%s)" : "%s, %s", items,
		                   key_text(plan, r->other));
	if (r->cascade)
		add_option(plan, &items, ".cascade = true");
	if (r->inverse)
		items = arena_text(plan->arena, "%s, .inverse_of = \"%s\"", items, r->inverse);
	write_wrapped(out, arena_text(plan->arena, "\t%s%s(", macros[r->kind], is_long ? "_BY" : ""), items, "),\n");
}

/* ---- The source ------------------------------------------------------------------------------------------------------------ */

static void write_model(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *head = arena_text(plan->arena, "const weir_model %s_model = ", model->name);
	const char *items = arena_text(plan->arena, "%s, %s, %s_fields", model->name,
	                               write_literal(plan->arena, model->table->name), model->name);

	if (!plan->catalog->is_found)
		add_option(plan, &items,
		           arena_text(plan->arena, ".schema = %s", write_literal(plan->arena, plan->catalog->schema)));
	if (model->relation_count > 0)
		add_option(plan, &items, arena_text(plan->arena, "WEIR_RELATIONS(%s_relations)", model->name));
	if (model->table->secured)
		add_option(plan, &items, ".per_principal = true");
	if (model->more)
		add_option(plan, &items, model->more);
	if (strlen(head) + strlen("WEIR_MODEL(") + strlen(items) + strlen(");") <= 120) {
		fprintf(out, "%sWEIR_MODEL(%s);\n\n", head, items);
		return;
	}
	fprintf(out, "const weir_model %s_model =\n", model->name);
	write_wrapped(out, "\tWEIR_MODEL(", items, ");\n\n");
}

static void write_handles(FILE *out, const gen_plan *plan, const gen_model *model)
{
	fprintf(out, "const struct %s_columns %s_c = {\n", model->name, model->name);
	for (size_t i = 0; i < model->member_count; i++) {
		const gen_member *m = &model->members[i];
		const char       *kind = m->type->short_name;

		if (m->column->is_array)
			fprintf(out, "\t.%s = WEIR_ARRAY_COLUMN(%s, %s, %s),\n", m->name, kind, model->name, m->name);
		else
			fprintf(out, "\t.%s = WEIR_%s_COLUMN(%s, %s),\n", m->name, name_upper(plan->arena, kind), model->name,
			        m->name);
	}
	fputs("};\n", out);
}

void emit_model_source(FILE *out, const gen_plan *plan, const gen_model *model)
{
	emit_head(out, plan,
	          arena_text(plan->arena, "The model %s: its fields, %sand the handles of its columns.", model->name,
	                     model->relation_count > 0 ? "its relations, " : ""));
	if (model->relation_count > 0)
		fprintf(out, "#include \"%s_relations.h\"\n\n", plan->list);
	else
		fprintf(out, "#include \"%s.h\"\n\n", model->name);
	fprintf(out, "static const weir_field %s_fields[] = {\n", model->name);
	for (size_t i = 0; i < model->member_count; i++)
		write_field(out, plan, model, &model->members[i]);
	fputs("};\n\n", out);
	if (model->relation_count > 0) {
		fprintf(out, "static const weir_relation %s_relations[] = {\n", model->name);
		for (size_t i = 0; i < model->relation_count; i++)
			write_relation(out, plan, model, &model->relations[i]);
		fputs("};\n\n", out);
	}
	write_model(out, plan, model);
	write_handles(out, plan, model);
}
