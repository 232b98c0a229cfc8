/* The command line: a table of options, each a place for one value or a list of choices. */
#include "options.h"
#include "write.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_usage[] =
	"usage: DATABASE_URL=... weir-generate --out DIR [OPTION...]\n"
	"Writes models and typed DAOs for the tables of a schema (docs/generate.md).\n"
	"\n"
	"  --out DIR                   where the files go; made where it is not there\n"
	"  --check                     writes nothing: names the files that are not as they would be written, and ends with 1\n"
	"  --postgres URL              the database, where it is not that of DATABASE_URL\n"
	"  --schema NAME               the schema (the first one of the search path)\n"
	"  --table TABLE               only this one; may be given several times, as all that follow\n"
	"  --without TABLE[.COLUMN]    leaves it out\n"
	"  --name TABLE=MODEL          the model's name, where the singular of the table's is not what is wanted\n"
	"  --name TABLE.COLUMN=MEMBER  the member's name\n"
	"  --relation TABLE.COLUMN=NAME[/BACK[/ACROSS]]\n"
	"                              names of the relations of a foreign key (or TABLE.CONSTRAINT): of its own table, of the\n"
	"                              table it refers to, and of the other side of a table in between; - for none\n"
	"  --more TABLE=TEXT           more for WEIR_MODEL: '.gathers = true, .cache = { .list_ttl_s = 30 }'\n"
	"  --prefix TEXT               before the names of all models: shop_\n"
	"  --list NAME                 the list of all models is NAME_models (the schema's name)\n"
	"  --auto-now COLUMN           columns of this name are .auto_now\n"
	"  --version COLUMN            ... .version\n"
	"  --deleted-at COLUMN         ... .deleted_at\n"
	"  --stamped COLUMN            ... .stamped; foreign keys are without being told\n"
	"  --help                      this text\n";

/* An option takes a value for a member of options or a choice; of a mark the key is its name, the value the column. */
static const struct option {
	const char *name;
	size_t      offset;
	int         kind;        /* CHOICE_KINDS: a value at offset */
	bool        has_value;   /* of a choice: KEY=VALUE */
	bool        is_repeated; /* in the command that gets the same again */
} known[] = {
	{ "--out", offsetof(gen_options, out), CHOICE_KINDS, false, false },
	{ "--postgres", offsetof(gen_options, postgres), CHOICE_KINDS, false, false },
	{ "--schema", offsetof(gen_options, schema), CHOICE_KINDS, false, true },
	{ "--prefix", offsetof(gen_options, prefix), CHOICE_KINDS, false, true },
	{ "--list", offsetof(gen_options, list), CHOICE_KINDS, false, true },
	{ "--table", 0, CHOICE_TABLE, false, true },
	{ "--without", 0, CHOICE_WITHOUT, false, true },
	{ "--name", 0, CHOICE_NAME, true, true },
	{ "--relation", 0, CHOICE_RELATION, true, true },
	{ "--more", 0, CHOICE_MORE, true, true },
	{ "--auto-now", 0, CHOICE_MARK, false, true },
	{ "--version", 0, CHOICE_MARK, false, true },
	{ "--deleted-at", 0, CHOICE_MARK, false, true },
	{ "--stamped", 0, CHOICE_MARK, false, true },
};

static int wrong(const char *what, const char *option)
{
	fprintf(stderr, "weir-generate: %s%s (--help says more)\n", option, what);
	return 2;
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

static int add_choice(gen_options *set, gen_arena *arena, const struct option *option, const char *text)
{
	gen_choices *list = &set->choices[option->kind];
	const char  *equals = option->has_value ? strrchr(text, '=') : NULL;

	if (option->kind == CHOICE_MORE)
		equals = strchr(text, '=');
	if (option->has_value && (!equals || equals == text || !equals[1]))
		return wrong(" takes something like tickets=ticket", option->name);
	if (option->kind == CHOICE_MARK)
		list->items[list->count++] = (gen_choice){ .key = option->name, .value = text };
	else if (equals)
		list->items[list->count++] =
			(gen_choice){ .key = arena_copy(arena, text, (size_t)(equals - text)), .value = equals + 1 };
	else
		list->items[list->count++] = (gen_choice){ .key = text };
	return 0;
}

/* As it has to be typed to a shell. */
static const char *quoted(gen_arena *arena, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./+,:@%";
	const char       *text = "'";

	if (word[0] && word[strspn(word, plain)] == '\0')
		return word;
	for (; *word; word++)
		text = *word == '\''  ? arena_text(arena, "%s'\\''", text)
		       : *word == ' ' ? arena_text(arena, "%s" WRITE_BLANK, text)
		                      : arena_text(arena, "%s%c", text, *word);
	return arena_text(arena, "%s'", text);
}

static int take_option(gen_options *set, gen_arena *arena, const char *name, const char *value)
{
	const struct option *option = find_option(name);
	int                  rc = 0;

	if (!option)
		return wrong(": there is no such option", name);
	if (!value || !value[0])
		return wrong(" takes something", name);
	if (option->kind == CHOICE_KINDS)
		memcpy((char *)set + option->offset, &value, sizeof value);
	else
		rc = add_choice(set, arena, option, value);
	if (option->is_repeated)
		set->command = arena_text(arena, "%s %s" WRITE_BLANK "%s", set->command, name, quoted(arena, value));
	return rc;
}

static bool take_flag(gen_options *set, const char *name)
{
	if (strcmp(name, "--check") == 0)
		set->check = true;
	else if (strcmp(name, "--help") == 0)
		set->help = true;
	else
		return false;
	return true;
}

int options_read(gen_options *set, gen_arena *arena, char **arguments)
{
	size_t count = 0;
	int    rc = 0;

	*set = (gen_options){ .postgres = getenv("DATABASE_URL"), .prefix = "", .command = "weir-generate" };
	while (arguments[count])
		count++;
	for (int kind = 0; kind < CHOICE_KINDS; kind++)
		set->choices[kind].items = arena_take(arena, (count + 1) * sizeof(gen_choice));
	for (; rc == 0 && !set->help && *arguments; arguments++) {
		if (take_flag(set, *arguments))
			continue;
		rc = take_option(set, arena, arguments[0], arguments[1]);
		if (rc == 0)
			arguments++;
	}
	if (rc != 0 || set->help)
		return rc;
	if (!set->out)
		return wrong(" is missing: where should the files go?", "--out DIR");
	if (!set->postgres || !set->postgres[0])
		return wrong(" is not set, and there is no --postgres URL", "DATABASE_URL");
	return 0;
}

gen_choice *choices_find(gen_choices *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].key, key) == 0) {
			list->items[i].used = true;
			return &list->items[i];
		}
	return NULL;
}

void options_check_used(const gen_options *set, const char *schema, gen_report *report)
{
	static const char *const what[CHOICE_KINDS] = { "--table", "--without", "--name", "--relation", "--more", NULL };

	for (int kind = 0; kind < CHOICE_KINDS; kind++)
		for (size_t i = 0; i < set->choices[kind].count; i++) {
			const gen_choice *one = &set->choices[kind].items[i];

			if (one->used)
				continue;
			if (kind == CHOICE_MARK)
				report_problem(report, "%s %s: no table of schema %s that is written has such a column", one->key,
				               one->value, schema);
			else
				report_problem(report, "%s %s: schema %s has nothing of this name%s", what[kind], one->key, schema,
				               kind == CHOICE_RELATION ? " that is a foreign key between two tables that are written"
				                                       : "");
		}
}
