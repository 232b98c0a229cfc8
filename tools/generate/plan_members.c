/* The members of a model: the columns of its table. */
#include "names.h"
#include "plan.h"

#include <string.h>

const gen_mark plan_marks[MARK_COUNT] = {
	[MARK_AUTO_NOW] = { "--auto-now", "auto_now", "a timestamptz" },
	[MARK_VERSION] = { "--version", "version", "an int2, int4 or int8 NOT NULL outside of the primary key" },
	[MARK_DELETED_AT] = { "--deleted-at", "deleted_at", "a timestamptz that may be NULL" },
	[MARK_STAMPED] = { "--stamped", "stamped", "of a type that has one text for equal values" },
};

const gen_member *model_member(const gen_model *model, int number)
{
	for (size_t i = 0; i < model->member_count; i++)
		if (model->members[i].column->number == number)
			return &model->members[i];
	return NULL;
}

static bool has_number(weir_i16_array columns, int16_t number)
{
	for (size_t i = 0; i < columns.count; i++)
		if (columns.items[i].value == number)
			return true;
	return false;
}

static bool is_same_set(weir_i16_array one, weir_i16_array other)
{
	for (size_t i = 0; i < one.count; i++)
		if (!has_number(other, one.items[i].value))
			return false;
	return one.count == other.count;
}

/* A partial index counts where it is of the living rows and the model knows which these are. */
static bool covers(const gen_plan *plan, const gen_model *model, const index_row *index)
{
	if (!index->condition)
		return true;
	for (size_t i = 0; i < model->member_count; i++) {
		const char *column = model->members[i].column->name;

		if ((model->members[i].marks >> MARK_DELETED_AT & 1) &&
		    (strcmp(index->condition, arena_text(plan->arena, "(%s IS NULL)", column)) == 0 ||
		     strcmp(index->condition, arena_text(plan->arena, "(\"%s\" IS NULL)", column)) == 0))
			return true;
	}
	return false;
}

bool model_is_unique(const gen_plan *plan, const gen_model *model, weir_i16_array columns, bool or_primary)
{
	const index_row_list *indexes = &plan->catalog->indexes;

	for (size_t i = 0; i < indexes->count; i++)
		if (strcmp(indexes->items[i]->table, model->table->name) == 0 &&
		    (or_primary || !indexes->items[i]->is_primary) && is_same_set(indexes->items[i]->columns, columns) &&
		    covers(plan, model, indexes->items[i]))
			return true;
	return false;
}

/* Why this column cannot be a member; NULL: it can. */
static const char *why_not(const gen_plan *plan, const gen_member *m)
{
	const column_row *column = m->column;

	if (!m->type)
		return arena_text(plan->arena, "is of type %s, which a model cannot have", column->declared);
	if (column->is_enum && column->labels.count == 0)
		return arena_text(plan->arena, "is of the enum %s, which has no labels yet", column->declared);
	if (column->dimensions > 1)
		return "is an array of several dimensions, which a model cannot have";
	if (m->primary_key && (!m->type->key || column->is_array))
		return arena_text(plan->arena, "is of type %s, which cannot be part of a primary key", column->declared);
	if (m->primary_key && !m->compares)
		return "is of a domain on an enum, which cannot be part of a primary key";
	return NULL;
}

static const char *advice(const gen_plan *plan, const gen_member *m)
{
	const column_row *column = m->column;

	if (m->primary_key)
		return arena_text(plan->arena, "leave the table out: --without '%s'", column->table);
	if (column->not_null && !column->has_default)
		return arena_text(plan->arena, "give it a default and leave it out: --without '%s.%s'", column->table,
		                  column->name);
	return arena_text(plan->arena, "leave it out: --without '%s.%s'", column->table, column->name);
}

static void name_member(const gen_plan *plan, gen_member *m)
{
	const column_row *column = m->column;
	const char       *full = arena_text(plan->arena, "%s.%s", column->table, column->name);
	const gen_choice *given = choices_find(&plan->options->choices[CHOICE_NAME], full);

	m->name = given ? given->value : column->name;
	if (!given && name_is_reserved(m->name))
		m->name = arena_text(plan->arena, "%s_", m->name);
	if (!name_is_identifier(m->name) || name_is_reserved(m->name))
		report_problem(plan->report, "column \"%s\" of \"%s\": \"%s\" is no name of a member; say --name '%s=...'",
		               column->name, column->table, m->name, full);
}

static bool can_be(const gen_member *m, int which)
{
	bool is_time = m->type && strcmp(m->type->sql, "timestamptz") == 0 && !m->column->is_array;

	switch (which) {
	case MARK_AUTO_NOW:
		return is_time && !m->primary_key;
	case MARK_DELETED_AT:
		return is_time && !m->column->not_null;
	case MARK_VERSION:
		return m->type && strncmp(m->type->sql, "int", 3) == 0 && m->type->stamped && m->column->not_null &&
		       !m->primary_key && !m->column->is_array;
	default:
		return m->may_be_stamped;
	}
}

/* The options that are about columns of this name. */
static void mark_member(const gen_plan *plan, gen_member *m)
{
	gen_choices *given = &plan->options->choices[CHOICE_MARK];

	for (size_t i = 0; i < given->count; i++)
		for (int which = 0; which < MARK_COUNT; which++) {
			if (strcmp(given->items[i].key, plan_marks[which].option) != 0 ||
			    strcmp(given->items[i].value, m->column->name) != 0)
				continue;
			given->items[i].used = true;
			m->marks |= 1u << which;
			if (!can_be(m, which))
				report_problem(plan->report, "%s %s: column \"%s\" of \"%s\" is %s%s, and must be %s",
				               plan_marks[which].option, m->column->name, m->column->name, m->column->table,
				               m->column->declared, m->column->not_null ? " NOT NULL" : "", plan_marks[which].wanted);
		}
	m->stamped = m->marks >> MARK_STAMPED & 1;
}

static bool is_in_key(const gen_plan *plan, const column_row *column)
{
	const index_row_list *indexes = &plan->catalog->indexes;

	for (size_t i = 0; i < indexes->count; i++)
		if (indexes->items[i]->is_primary && strcmp(indexes->items[i]->table, column->table) == 0)
			return has_number(indexes->items[i]->columns, column->number);
	return false;
}

/* Left out as it was said? What a row cannot be made without stays. */
static bool is_left_out(const gen_plan *plan, const column_row *column)
{
	const char *full = arena_text(plan->arena, "%s.%s", column->table, column->name);

	if (!choices_find(&plan->options->choices[CHOICE_WITHOUT], full))
		return false;
	if (is_in_key(plan, column))
		report_problem(plan->report, "--without %s: it is part of the primary key", full);
	else if (column->not_null && !column->has_default)
		report_problem(plan->report, "--without %s: it is NOT NULL and has no default, so no row could be made", full);
	return true;
}

static void add_member(gen_plan *plan, gen_model *model, const column_row *column)
{
	gen_member *m = &model->members[model->member_count++];
	const char *reason;

	m->column = column;
	m->type = column_type_of(column);
	m->primary_key = is_in_key(plan, column);
	m->compares = !(column->is_enum && column->is_domain);
	reason = why_not(plan, m);
	if (reason)
		report_problem(plan->report, "column \"%s\" of \"%s\" %s; %s", column->name, column->table, reason,
		               advice(plan, m));
	name_member(plan, m);
	m->may_be_stamped = m->type && m->type->stamped && !column->is_array && !column->has_spellings && m->compares;
	mark_member(plan, m);
	if (m->primary_key && model->key.count < KEY_MAX)
		model->key.members[model->key.count++] = m;
	else if (m->primary_key)
		report_problem(plan->report, "the primary key of \"%s\" has more than %d columns; leave it out: --without '%s'",
		               column->table, KEY_MAX, column->table);
}

/* A model has one column of these at most. */
static void check_single(const gen_plan *plan, const gen_model *model, int which)
{
	size_t count = 0;

	for (size_t i = 0; i < model->member_count; i++)
		count += model->members[i].marks >> which & 1;
	if (count > 1)
		report_problem(plan->report, "\"%s\" has more than one column that is %s", model->table->name,
		               plan_marks[which].option);
}

/* What needs to know the other members. */
static void finish_members(gen_plan *plan, gen_model *model)
{
	for (size_t i = 0; i < model->member_count; i++) {
		gen_member          *m = &model->members[i];
		const weir_opt_i16   number = { true, m->column->number };
		const weir_i16_array alone = { &number, 1 };

		m->unique = m->type && m->type->unique && !m->column->is_array && m->compares &&
		            !(m->primary_key && model->key.count == 1) && model_is_unique(plan, model, alone, false);
		for (size_t other = 0; other < i; other++)
			if (strcmp(model->members[other].name, m->name) == 0)
				report_problem(plan->report,
				               "columns \"%s\" and \"%s\" of \"%s\" would both be the member %s; say --name "
				               "'%s.%s=...'",
				               model->members[other].column->name, m->column->name, m->column->table, m->name,
				               m->column->table, m->column->name);
	}
	check_single(plan, model, MARK_VERSION);
	check_single(plan, model, MARK_DELETED_AT);
}

void plan_members(gen_plan *plan, gen_model *model)
{
	const column_row_list *columns = &plan->catalog->columns;
	size_t                 count = 0;

	for (size_t i = 0; i < columns->count; i++)
		count += strcmp(columns->items[i]->table, model->table->name) == 0;
	model->members = arena_take(plan->arena, (count + 1) * sizeof *model->members);
	for (size_t i = 0; i < columns->count; i++)
		if (strcmp(columns->items[i]->table, model->table->name) == 0 && !is_left_out(plan, columns->items[i]))
			add_member(plan, model, columns->items[i]);
	if (model->member_count > MEMBERS_MAX)
		report_problem(plan->report,
		               "\"%s\" has %zu columns and a model at most %d; leave some out: --without '%s.COLUMN'",
		               model->table->name, model->member_count, MEMBERS_MAX, model->table->name);
	finish_members(plan, model);
}
