/* Relations: each foreign key is one of its own table (belongs to) and one of the table it refers to (has one, has many); a
 * table whose primary key is two of them is in between, and each of the two others has many of the other (many to many).
 *
 * Names: of its own table, the column without its _id, else the column and what it refers to; back, the table's own name
 * (in the singular for has one), with that of the key before it where there are several. */
#include "names.h"
#include "plan.h"

#include <string.h>

static gen_model *find_model(const gen_plan *plan, const char *table)
{
	for (size_t i = 0; i < plan->model_count; i++)
		if (strcmp(plan->models[i].table->name, table) == 0)
			return &plan->models[i];
	return NULL;
}

/* As members and in the cache; varchar and text are one. */
static bool is_same_type(const gen_member *one, const gen_member *other)
{
	return strcmp(one->type->short_name, other->type->short_name) == 0 && one->type->padded == other->type->padded &&
	       one->column->is_enum == other->column->is_enum;
}

/* The members of the key in the order of the primary key of the target. NULL, or why there is no relation. */
static const char *read_key(const gen_foreign *f, gen_key *key)
{
	for (size_t k = 0; k < f->target->key.count; k++) {
		const gen_member *wanted = f->target->key.members[k], *found = NULL;

		for (size_t i = 0; i < f->row->columns.count; i++)
			if (f->row->target_columns.items[i].value == wanted->column->number)
				found = model_member(f->owner, f->row->columns.items[i].value);
		if (!found)
			return "does not refer to the primary key";
		if (!found->may_be_stamped || !wanted->may_be_stamped)
			return "is of a type, or a collation, that relations cannot be kept by";
		if (!is_same_type(found, wanted))
			return "is of another type than the primary key that it refers to";
		key->members[key->count++] = found;
	}
	return key->count == f->row->columns.count ? NULL : "does not refer to the primary key";
}

/* Lists by a foreign key that no relation knows outlive other writes all the same. */
static void stamp(const gen_foreign *f)
{
	for (size_t i = 0; i < f->key.count; i++)
		f->owner->members[f->key.members[i] - f->owner->members].stamped = true;
}

/* What the schema does by itself is a write past weir, unless a relation does it in its place. */
static void note_changes(const gen_foreign *f, bool cascades)
{
	char on_delete = f->row->on_delete[0];

	if (on_delete == 'n' || on_delete == 'd' || (on_delete == 'c' && cascades))
		report_note(
			"foreign key \"%s\" of \"%s\" changes rows by itself when what it refers to is deleted: the cache is not "
			"told (docs/relations.md)",
			f->row->name, f->row->table);
}

/* A foreign key without a relation: to a table that is not written, or to other columns than its primary key. */
static void add_loose(gen_plan *plan, gen_foreign f)
{
	f.target = NULL;
	f.key.count = 0;
	for (size_t i = 0; i < f.row->columns.count && i < KEY_MAX; i++) {
		const gen_member *found = model_member(f.owner, f.row->columns.items[i].value);

		if (!found || !found->may_be_stamped)
			return;
		f.key.members[f.key.count++] = found;
	}
	f.is_unique = model_is_unique(plan, f.owner, f.row->columns, true);
	stamp(&f);
	plan->loose[plan->loose_count++] = f;
}

/* "author/posts/-": the next part, "" where there are no more. */
static const char *next_part(gen_arena *arena, const char **at)
{
	size_t      length = strcspn(*at, "/");
	const char *part = arena_copy(arena, *at, length);

	*at += length + ((*at)[length] == '/');
	return part;
}

static const char *chosen(const gen_plan *plan, const gen_foreign *f, const char *given, const char *by_rule)
{
	if (strcmp(given, "-") == 0)
		return NULL;
	if (!given[0] && name_is_macro(by_rule))
		return arena_text(plan->arena, "%s_", by_rule);
	if (given[0] && (!name_is_identifier(given) || name_is_macro(given)))
		report_problem(plan->report, "--relation %s: \"%s\" is no name of a relation", f->named_by, given);
	return given[0] ? given : by_rule;
}

static size_t count_between(const gen_plan *plan, const gen_foreign *f)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->foreign_count; i++)
		count += plan->foreigns[i].owner == f->owner && plan->foreigns[i].target == f->target;
	return count;
}

static const char *name_forth(const gen_plan *plan, const gen_foreign *f)
{
	const char *column = f->key.members[0]->name, *without_id = name_without_id(plan->arena, column);

	if (f->key.count > 1)
		return f->target->bare;
	return without_id ? without_id : arena_text(plan->arena, "%s_%s", column, f->target->bare);
}

static const char *name_back(const gen_plan *plan, const gen_foreign *f)
{
	const char *rows = f->is_unique ? f->owner->bare : f->owner->plural;

	return count_between(plan, f) > 1 ? arena_text(plan->arena, "%s_%s", f->plain, rows) : rows;
}

static const char *name_across(const gen_plan *plan, const gen_foreign *f)
{
	const char *rows = f->target->plural;

	return count_between(plan, f) > 1 ? arena_text(plan->arena, "%s_%s", f->plain, rows) : rows;
}

static gen_choice *find_choice(const gen_plan *plan, const gen_foreign *f)
{
	gen_choices *list = &plan->options->choices[CHOICE_RELATION];
	gen_choice  *found = choices_find(list, arena_text(plan->arena, "%s.%s", f->row->table, f->row->name));

	return found ? found : choices_find(list, f->named_by);
}

static void name_foreign(const gen_plan *plan, gen_foreign *f)
{
	const gen_choice *given = find_choice(plan, f);
	const char       *at = given ? given->value : "";
	const char       *forth = next_part(plan->arena, &at), *back = next_part(plan->arena, &at);
	const char       *across = next_part(plan->arena, &at);

	f->plain = name_forth(plan, f);
	f->forth = chosen(plan, f, forth, f->plain);
	f->back = chosen(plan, f, back, name_back(plan, f));
	f->across = chosen(plan, f, across, name_across(plan, f));
	if (!f->forth && !f->back)
		stamp(f);
	note_changes(f, f->back == NULL);
	if (*at)
		report_problem(plan->report, "--relation %s=%s: three names at most", given->key, given->value);
}

static bool is_same_list(weir_i16_array one, weir_i16_array other)
{
	bool same = one.count == other.count;

	for (size_t i = 0; same && i < one.count; i++)
		same = one.items[i].value == other.items[i].value;
	return same;
}

/* Another foreign key by the same columns. */
static bool shares_columns(const foreign_row *one, const foreign_row *other)
{
	return one != other && strcmp(one->table, other->table) == 0 && is_same_list(one->columns, other->columns);
}

static bool is_same_target(const foreign_row *one, const foreign_row *other)
{
	return is_same_list(one->target_columns, other->target_columns) && strcmp(one->target, other->target) == 0 &&
	       strcmp(one->target_schema, other->target_schema) == 0 && strcmp(one->on_delete, other->on_delete) == 0;
}

/* Do these columns refer to something else too? */
static bool is_ambiguous(const gen_plan *plan, const foreign_row *row)
{
	for (size_t i = 0; i < plan->catalog->foreigns.count; i++) {
		const foreign_row *other = plan->catalog->foreigns.items[i];

		if (shares_columns(other, row) && !is_same_target(other, row))
			return true;
	}
	return false;
}

/* Declared twice under two names, as migrations do that are run again: once is enough. */
static bool is_repetition(const gen_plan *plan, const foreign_row *row)
{
	for (size_t i = 0; plan->catalog->foreigns.items[i] != row; i++) {
		const foreign_row *before = plan->catalog->foreigns.items[i];

		if (shares_columns(before, row) && is_same_target(before, row))
			return true;
	}
	return false;
}

static void add_foreign(gen_plan *plan, const foreign_row *row)
{
	gen_foreign *f = &plan->foreigns[plan->foreign_count];
	const char  *reason;

	*f = (gen_foreign){ .row = row, .owner = find_model(plan, row->table) };
	if (!f->owner || is_repetition(plan, row))
		return;
	if (strcmp(row->target_schema, plan->catalog->schema) == 0)
		f->target = find_model(plan, row->target);
	reason = f->target ? read_key(f, &f->key) : NULL;
	if (!f->target || reason) {
		add_loose(plan, *f);
		if (f->target)
			note_changes(f, true);
		if (reason)
			report_note("foreign key \"%s\" of \"%s\" %s: there is no relation", row->name, row->table, reason);
		return;
	}
	f->is_unique = model_is_unique(plan, f->owner, row->columns, true);
	f->named_by =
		arena_text(plan->arena, "%s.%s", row->table,
	               row->columns.count > 1 || is_ambiguous(plan, row) ? row->name : f->key.members[0]->column->name);
	plan->foreign_count++;
}

/* ---- Relations of models --------------------------------------------------------------------------------------------------- */

static void add_relation(const gen_plan *plan, const gen_model *owner, gen_relation relation)
{
	gen_model *to = &plan->models[owner - plan->models];

	if (strlen(relation.name) > NAME_MAX_BYTES)
		report_problem(plan->report,
		               "model %s would have a relation %s, which is longer than %d bytes; say --relation %s", to->name,
		               relation.name, NAME_MAX_BYTES, relation.named_by);
	for (size_t i = 0; i < to->relation_count; i++)
		if (strcmp(to->relations[i].name, relation.name) == 0)
			report_problem(plan->report, "model %s would have two relations %s, by %s and by %s; say --relation %s",
			               to->name, relation.name, to->relations[i].named_by, relation.named_by, relation.named_by);
	for (size_t i = 0; i < to->member_count; i++)
		if (strcmp(to->members[i].name, relation.name) == 0)
			report_problem(plan->report,
			               "model %s would have a relation %s beside its member of that name; say --relation %s",
			               to->name, relation.name, relation.named_by);
	to->relations[to->relation_count++] = relation;
}

static const char *by(const gen_plan *plan, const gen_foreign *f, const char *pattern)
{
	return arena_text(plan->arena, "%s%s", f->named_by, pattern);
}

static void relate_forth(const gen_plan *plan, const gen_foreign *f)
{
	if (f->forth)
		add_relation(plan, f->owner,
		             (gen_relation){ .kind = BELONGS_TO,
		                             .name = f->forth,
		                             .target = f->target,
		                             .key = &f->key,
		                             .inverse = f->back,
		                             .named_by = by(plan, f, "=NAME") });
}

static void relate_back(const gen_plan *plan, const gen_foreign *f)
{
	if (f->back)
		add_relation(plan, f->target,
		             (gen_relation){ .kind = f->is_unique ? HAS_ONE : HAS_MANY,
		                             .cascade = f->row->on_delete[0] == 'c',
		                             .name = f->back,
		                             .target = f->owner,
		                             .key = &f->key,
		                             .inverse = f->forth,
		                             .named_by = by(plan, f, "=/BACK") });
}

/* Is the table nothing but a link by these two? Then its primary key is theirs. */
static bool is_link(const gen_plan *plan, const gen_foreign *one, const gen_foreign *other)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->foreign_count; i++)
		count += plan->foreigns[i].owner == one->owner;
	if (count != 2 || one->owner->key.count != one->key.count + other->key.count)
		return false;
	for (size_t i = 0; i < one->key.count; i++)
		if (!one->key.members[i]->primary_key)
			return false;
	for (size_t i = 0; i < other->key.count; i++) {
		if (!other->key.members[i]->primary_key)
			return false;
		for (size_t k = 0; k < one->key.count; k++)
			if (one->key.members[k] == other->key.members[i])
				return false;
	}
	return true;
}

/* What the target of `from` has through the table in between: records of the target of `to`. */
static void relate_across(const gen_plan *plan, const gen_foreign *from, const gen_foreign *to)
{
	if (to->across)
		add_relation(plan, from->target,
		             (gen_relation){ .kind = MANY_TO_MANY,
		                             .name = to->across,
		                             .target = to->target,
		                             .through = from->owner,
		                             .key = &from->key,
		                             .other = &to->key,
		                             .inverse = from->across,
		                             .named_by = by(plan, to, "=//ACROSS") });
}

/* The order of a model's relations: what it belongs to, what it has, what it is linked with. */
static void relate_all(gen_plan *plan)
{
	for (size_t i = 0; i < plan->foreign_count; i++)
		relate_forth(plan, &plan->foreigns[i]);
	for (size_t i = 0; i < plan->foreign_count; i++)
		relate_back(plan, &plan->foreigns[i]);
	for (size_t i = 0; i + 1 < plan->foreign_count; i++) {
		const gen_foreign *one = &plan->foreigns[i], *other = &plan->foreigns[i + 1];

		if (one->owner != other->owner || !is_link(plan, one, other))
			continue;
		relate_across(plan, one, other);
		relate_across(plan, other, one);
	}
}

/* A key to a model may give it one back and one across. */
static size_t most_relations(const gen_plan *plan, const gen_model *model)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->foreign_count; i++)
		most += (plan->foreigns[i].owner == model) + 2 * (size_t)(plan->foreigns[i].target == model);
	return most;
}

void plan_relations(gen_plan *plan)
{
	size_t count = plan->catalog->foreigns.count;

	plan->foreigns = arena_take(plan->arena, (count + 1) * sizeof *plan->foreigns);
	plan->loose = arena_take(plan->arena, (count + 1) * sizeof *plan->loose);
	for (size_t i = 0; i < count; i++)
		add_foreign(plan, plan->catalog->foreigns.items[i]);
	for (size_t i = 0; i < plan->foreign_count; i++)
		name_foreign(plan, &plan->foreigns[i]);
	for (size_t i = 0; i < plan->model_count; i++)
		plan->models[i].relations =
			arena_take(plan->arena, (most_relations(plan, &plan->models[i]) + 1) * sizeof(gen_relation));
	relate_all(plan);
}
