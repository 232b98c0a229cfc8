/* ticket_dao.h and ticket_dao.c: a table of what every DAO has, in which a few signs stand for what differs, and the finders. */
#include "emit.h"
#include "names.h"
#include "write.h"

#include <ctype.h>
#include <string.h>

/* @ is the model, # several of them, ~ one of them; $key the primary key as parameters, $row as a struct of the model; $keys an
 * array of them as a parameter, $which its name. */
typedef struct gen_method {
	const char *comment;
	const char *name; /* that of the base_dao's too */
	const char *parameters;
	const char *arguments;
	bool        has_twin; /* one with _cached */
} gen_method;

static const gen_method before_finders[] = {
	{ "Inserts ~ with the columns of set and returns it as stored.", "create",
	  "const @ *values, weir_set set, const @ **created, weir_error *err", "values, set, created, err", false },
	{ "Inserts count #, all or none; created (may be NULL) has them in the same order.", "create_many",
	  "const @ *values, size_t count, weir_set set, @_list *created, weir_error *err",
	  "values, count, set, created, err", false },
	{ "WEIR_OK or WEIR_NOT_FOUND.", "get_by_id", "$key, const @ **found, weir_error *err", "$row, found, err", true },
	{ "The same where it has to be there: WEIR_OK or WEIR_ERR_MISSING.", "get_or_fail",
	  "$key, const @ **found, weir_error *err", "$row, found, err", true },
	{ "The same in a transaction, which locks the row until it ends.", "get_by_id_locked",
	  "$key, weir_lock lock, weir_lock_wait wait, const @ **found, weir_error *err", "$row, lock, wait, found, err",
	  false },
	{ "found.items[i] belongs to $which[i], NULL where there is none.", "get_many",
	  "$keys, size_t count, @_list *found, weir_error *err", "$which, count, found, err", true },
};

static const gen_method behind_finders[] = {
	{ "The rows of a query; NULL: the first 100.", "get_all", "const weir_query *query, @_list *found, weir_error *err",
	  "query, found, err", true },
	{ "Every @ of a query, however many: each gets a const @ *.", "each",
	  "const weir_query *query, weir_each each, void *argument, weir_error *err", "query, each, argument, err", false },
	{ "A page of them behind or before a cursor; NULL: the first.", "get_page",
	  "const weir_query *query, const char *cursor, @_list *found, weir_cursors *cursors, weir_error *err",
	  "query, cursor, found, cursors, err", true },
	{ "How many rows match; NULL: all.", "count", "const weir_query *query, int64_t *count, weir_error *err",
	  "query, count, err", true },
	{ "Is there a row that matches?", "exists", "const weir_query *query, bool *exists, weir_error *err",
	  "query, exists, err", true },
	{ "Sets the columns of set; updated (may be NULL) is the row as it then is. WEIR_OK or WEIR_NOT_FOUND.", "update",
	  "$key, const @ *values, weir_set set, const @ **updated, weir_error *err", "$row, values, set, updated, err",
	  false },
	{ "deleted (may be NULL) says whether there was one.", "delete", "$key, bool *deleted, weir_error *err",
	  "$row, deleted, err", false },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Keys as parameters -------------------------------------------------------------------------------------------------- */

static const char *const parameter_names[] = { "dao",     "values",  "set",      "created", "err",     "count",
	                                           "found",   "key",     "lock",     "wait",    "ids",     "keys",
	                                           "query",   "each",    "argument", "cursor",  "cursors", "exists",
	                                           "updated", "deleted", "skip",     "limit" };

/* A member's name as that of a parameter: the other parameters, and the type of some of them, are not to be hidden. */
static const char *parameter_name(const gen_plan *plan, const gen_model *model, const gen_member *m)
{
	bool is_of_model = strcmp(m->name, model->name) == 0;

	for (size_t i = 0; i < COUNT(parameter_names); i++)
		if (strcmp(parameter_names[i], m->name) == 0)
			return arena_text(plan->arena, is_of_model ? "its_%s" : "%s_", m->name);
	if (is_of_model || name_is_of_library(m->name) ||
	    strcmp(m->name, arena_text(plan->arena, "%s_list", model->name)) == 0)
		return arena_text(plan->arena, "%s_", m->name);
	return m->name;
}

/* A parameter of ours; a model that is called so is not to be hidden by it. */
static const char *ours(const gen_plan *plan, const gen_model *model, const char *name)
{
	return strcmp(name, model->name) == 0 ? arena_text(plan->arena, "%s_", name) : name;
}

/* The same with each of them in a list of parameters or arguments: the names before commas. */
static const char *all_ours(const gen_plan *plan, const gen_model *model, const char *list)
{
	const char *result = "";
	size_t      length = strlen(model->name);

	while (*list) {
		size_t item = strcspn(list, ",");
		bool   is_it = item > length && strncmp(list + item - length, model->name, length) == 0 &&
		             strchr(" *", list[item - length - 1]);

		result =
			arena_text(plan->arena, "%s%.*s%s%s", result, (int)item, list, is_it ? "_" : "", list[item] ? "," : "");
		list += item + (list[item] != '\0');
	}
	return result;
}

/* int32_t shop_id, const char *code */
static const char *parameters_of(const gen_plan *plan, const gen_model *model, const gen_key *key)
{
	const char *text = "";

	for (size_t i = 0; i < key->count; i++) {
		const char *type = key->members[i]->type->member;

		text = arena_text(plan->arena, "%s%s%s%s%s", text, i > 0 ? ", " : "", type, strchr(type, '*') ? "" : " ",
		                  parameter_name(plan, model, key->members[i]));
	}
	return text;
}

/* .shop_id = shop_id, .code = code */
static const char *values_of(const gen_plan *plan, const gen_model *model, const gen_key *key)
{
	const char *text = "";

	for (size_t i = 0; i < key->count; i++) {
		const gen_member *m = key->members[i];
		const char       *value = parameter_name(plan, model, m);

		if (!m->column->not_null && m->type->has_opt)
			value = arena_text(plan->arena, "weir_some_%s(%s)", m->type->short_name, value);
		text = arena_text(plan->arena, "%s%s.%s = %s", text, i > 0 ? ", " : "", m->name, value);
	}
	return text;
}

/* A struct with the key set: in place, or the variable that write_key makes of a key of several columns. */
static const char *row_of(const gen_plan *plan, const gen_model *model, const gen_key *key)
{
	if (key->count > 1)
		return arena_text(plan->arena, "&%s", ours(plan, model, "key"));
	return arena_text(plan->arena, "&(%s){ %s }", model->name, values_of(plan, model, key));
}

static void write_key(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *values = values_of(plan, model, &model->key);
	const char *name = ours(plan, model, "key");
	const char *line = arena_text(plan->arena, "\tconst %s %s = { %s };\n\n", model->name, name, values);

	if (strlen(line) + 1 <= 120) { /* a tab is four columns, and two ends of lines are none */
		fputs(line, out);
		return;
	}
	fprintf(out, "\tconst %s %s = {\n", model->name, name);
	for (size_t i = 0; i < model->key.count; i++) {
		const gen_member *m = model->key.members[i];

		fprintf(out, "\t\t.%s = %s,\n", m->name, parameter_name(plan, model, m));
	}
	fputs("\t};\n\n", out);
}

/* An array of what the primary key is: of its type, or of structs where it has several columns. */
static const char *keys_of(const gen_plan *plan, const gen_model *model)
{
	const char *type = model->key.members[0]->type->member;

	if (model->key.count > 1)
		return arena_text(plan->arena, "const %s *keys", model->name);
	return strchr(type, '*') ? arena_text(plan->arena, "%sconst *ids", type)
	                         : arena_text(plan->arena, "const %s *ids", type);
}

/* ---- Signs ----------------------------------------------------------------------------------------------------------------- */

static const char *one_of_them(const gen_plan *plan, const gen_model *model)
{
	bool is_vowel = strchr("aeioAEIO", model->name[0]) != NULL;

	return arena_text(plan->arena, "%s %s", is_vowel ? "an" : "a", model->name);
}

/* What a sign stands for. */
static const char *meaning(const gen_plan *plan, const gen_model *model, const char *at, size_t *length)
{
	const struct {
		const char *sign;
		const char *text;
	} signs[] = {
		{ "$keys", keys_of(plan, model) },
		{ "$key", parameters_of(plan, model, &model->key) },
		{ "$row", row_of(plan, model, &model->key) },
		{ "$which", model->key.count > 1 ? "keys" : "ids" },
		{ "@", model->name },
		{ "#", arena_text(plan->arena, "%s%s", plan->options->prefix, name_plural(plan->arena, model->bare)) },
		{ "~", one_of_them(plan, model) },
	};

	for (size_t i = 0; i < COUNT(signs); i++) {
		*length = strlen(signs[i].sign);
		if (strncmp(signs[i].sign, at, *length) == 0)
			return signs[i].text;
	}
	return NULL;
}

/* The text with its signs replaced. */
static const char *said(const gen_plan *plan, const gen_model *model, const char *text)
{
	const char *result = "";

	while (*text) {
		size_t      plain = strcspn(text, "$@#~"), length = 0;
		const char *stands_for = text[plain] ? meaning(plan, model, text + plain, &length) : "";

		result = arena_text(plan->arena, "%s%.*s%s", result, (int)plain, text, stands_for);
		text += plain + length;
	}
	return result;
}

/* ---- One function ------------------------------------------------------------------------------------------------------------ */

/* int user_dao_count_cached(const user_dao *dao, ... */
static void write_signature(FILE *out, const gen_plan *plan, const gen_model *model, const char *name,
                            const char *parameters, const char *tail)
{
	write_wrapped(out, arena_text(plan->arena, "int %s_dao_%s(", model->name, name),
	              all_ours(plan, model, arena_text(plan->arena, "const %s_dao *dao, %s", model->name, parameters)),
	              tail);
}

static void declare(FILE *out, const gen_plan *plan, const gen_model *model, const gen_method *m)
{
	fputc('\n', out);
	write_comment(out, said(plan, model, m->comment));
	write_signature(out, plan, model, m->name, said(plan, model, m->parameters), ");\n");
	if (m->has_twin)
		write_signature(out, plan, model, arena_text(plan->arena, "%s_cached", m->name),
		                said(plan, model, m->parameters), ");\n");
}

/* The function of the base_dao may be called otherwise. */
static void define(FILE *out, const gen_plan *plan, const gen_model *model, const gen_method *m, const char *base,
                   bool is_cached)
{
	const char *suffix = is_cached ? "_cached" : "";

	fputc('\n', out);
	write_signature(out, plan, model, arena_text(plan->arena, "%s%s", m->name, suffix),
	                said(plan, model, m->parameters), ")\n{\n");
	if (model->key.count > 1 && strstr(m->arguments, "$row"))
		write_key(out, plan, model);
	write_wrapped(out, arena_text(plan->arena, "\treturn weir_base_dao_%s%s(", base, suffix),
	              arena_text(plan->arena, "&%s->base,%s", ours(plan, model, "dao"),
	                         all_ours(plan, model, arena_text(plan->arena, " %s", said(plan, model, m->arguments)))),
	              ");\n}\n");
}

/* ---- Finders ----------------------------------------------------------------------------------------------------------------- */

/* As a method; signs are in none of the texts, since no name of a member has them. */
static gen_method unique_finder(const gen_plan *plan, const gen_model *model, const gen_finder *f)
{
	const char *member = f->key.members[0]->name;

	return (gen_method){ .comment = arena_text(plan->arena, "By %s: WEIR_OK or WEIR_NOT_FOUND.", member),
		                 .name = f->name,
		                 .parameters = arena_text(plan->arena, "%s, const @ **found, weir_error *err",
		                                          parameters_of(plan, model, &f->key)),
		                 .arguments = arena_text(plan->arena, "%s_c.%s.column, %s, found, err", model->name, member,
		                                         row_of(plan, model, &f->key)),
		                 .has_twin = true };
}

static gen_method list_finder(const gen_plan *plan, const gen_model *model, const gen_finder *f)
{
	const char *members = "";

	for (size_t i = 0; i < f->key.count; i++)
		members = arena_text(plan->arena, "%s%s%s", members, i > 0 ? " and " : "", f->key.members[i]->name);
	return (gen_method){ .comment = arena_text(plan->arena, "Those with this %s, by primary key.", members),
		                 .name = f->name,
		                 .parameters =
		                     arena_text(plan->arena, "%s, int64_t skip, int64_t limit, @_list *found, weir_error *err",
		                                parameters_of(plan, model, &f->key)),
		                 .has_twin = true };
}

static const char *condition_of(const gen_plan *plan, const gen_model *model, const gen_key *key)
{
	const char *text = "";

	for (size_t i = 0; i < key->count; i++)
		text = arena_text(plan->arena, "%s%sweir_eq(%s_c.%s, %s)", text, i > 0 ? ", " : "", model->name,
		                  key->members[i]->name, parameter_name(plan, model, key->members[i]));
	return text;
}

static void define_list(FILE *out, const gen_plan *plan, const gen_model *model, const gen_finder *f, bool is_cached)
{
	const gen_method m = list_finder(plan, model, f);
	const char      *suffix = is_cached ? "_cached" : "";
	const char      *condition = condition_of(plan, model, &f->key);

	fputc('\n', out);
	write_signature(out, plan, model, arena_text(plan->arena, "%s%s", m.name, suffix), said(plan, model, m.parameters),
	                ")\n{\n");
	fprintf(out, "\tweir_query %s = {\n", ours(plan, model, "query"));
	if (f->key.count > 1)
		write_wrapped(out, "\t\t.where = weir_all(", condition, "),\n");
	else
		fprintf(out, "\t\t.where = %s,\n", condition);
	fprintf(out,
	        "\t\t.skip = %s,\n\t\t.limit = weir_limit(%s),\n\t};\n\n"
	        "\treturn weir_base_dao_get_all%s(&%s->base, &%s, %s, %s);\n}\n",
	        ours(plan, model, "skip"), ours(plan, model, "limit"), suffix, ours(plan, model, "dao"),
	        ours(plan, model, "query"), ours(plan, model, "found"), ours(plan, model, "err"));
}

/* ---- The files --------------------------------------------------------------------------------------------------------------- */

void emit_dao_header(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *name = model->name;

	emit_head(out, plan,
	          arena_text(plan->arena,
	                     "%s_dao: the DAO of %s. Each function is the base_dao's of the same name with %s's types; "
	                     "statuses, ownership and thread rule as in <weir/base_dao.h>. The cached ones ask the "
	                     "cache first and never fail because of it.",
	                     name, name, name));
	emit_guard(out, plan, arena_text(plan->arena, "%s_dao", name),
	           arena_text(plan->arena, "#include \"%s.h\"\n", name));
	fprintf(out, "typedef struct %s_dao {\n\tweir_base_dao base;\n} %s_dao;\n\n", name, name);
	fprintf(out,
	        "/* The DAO on a session or transaction; a plain value, no I/O. */\n%s_dao get_%s_dao(weir_session *%s);\n",
	        name, name, ours(plan, model, "session"));
	for (size_t i = 0; i < COUNT(before_finders); i++)
		declare(out, plan, model, &before_finders[i]);
	for (size_t i = 0; i < model->finder_count; i++) {
		const gen_finder *f = &model->finders[i];
		const gen_method  m = f->is_list ? list_finder(plan, model, f) : unique_finder(plan, model, f);

		declare(out, plan, model, &m);
	}
	for (size_t i = 0; i < COUNT(behind_finders); i++)
		declare(out, plan, model, &behind_finders[i]);
	emit_guard_end(out);
}

static void define_both(FILE *out, const gen_plan *plan, const gen_model *model, const gen_method *m, const char *base)
{
	define(out, plan, model, m, base, false);
	if (m->has_twin)
		define(out, plan, model, m, base, true);
}

static void define_finder(FILE *out, const gen_plan *plan, const gen_model *model, const gen_finder *f)
{
	if (f->is_list) {
		define_list(out, plan, model, f, false);
		define_list(out, plan, model, f, true);
	} else {
		const gen_method m = unique_finder(plan, model, f);

		define_both(out, plan, model, &m, "get_by");
	}
}

void emit_dao_source(FILE *out, const gen_plan *plan, const gen_model *model)
{
	const char *name = model->name;

	emit_head(out, plan, arena_text(plan->arena, "%s_dao: %s's types around the base_dao.", name, name));
	fprintf(out, "#include \"%s_dao.h\"\n\n%s_dao get_%s_dao(weir_session *%s)\n{\n", name, name, name,
	        ours(plan, model, "session"));
	fprintf(out, "\treturn (%s_dao){ weir_get_dao(%s, &%s_model) };\n}\n", name, ours(plan, model, "session"), name);
	for (size_t i = 0; i < COUNT(before_finders); i++)
		define_both(out, plan, model, &before_finders[i], before_finders[i].name);
	for (size_t i = 0; i < model->finder_count; i++)
		define_finder(out, plan, model, &model->finders[i]);
	for (size_t i = 0; i < COUNT(behind_finders); i++)
		define_both(out, plan, model, &behind_finders[i], behind_finders[i].name);
}
