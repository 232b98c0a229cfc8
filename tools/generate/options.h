/* The command line. */
#ifndef GENERATE_OPTIONS_H
#define GENERATE_OPTIONS_H

#include "arena.h"
#include "report.h"

#include <stdbool.h>

/* An option that may be given several times: `key` is what it is about, `value` stands behind =. */
typedef struct gen_choice {
	const char *key;
	const char *value;
	bool        used; /* it was about something that there is */
} gen_choice;

typedef struct gen_choices {
	gen_choice *items;
	size_t      count;
} gen_choices;

enum { CHOICE_TABLE, CHOICE_WITHOUT, CHOICE_NAME, CHOICE_RELATION, CHOICE_MORE, CHOICE_MARK, CHOICE_KINDS };

typedef struct gen_options {
	const char *postgres;
	const char *out;
	const char *schema;  /* NULL: the first of the search path */
	const char *prefix;  /* "" without one */
	const char *list;    /* NULL: the schema's name */
	const char *command; /* how to get the same again, without --out, --postgres and --check */
	gen_choices choices[CHOICE_KINDS];
	bool        check;
	bool        help;
} gen_options;

/* The usage, for standard output or standard error. */
extern const char options_usage[];

/* Reads the arguments. 0, or 2 after saying what is wrong. */
int options_read(gen_options *options, gen_arena *arena, char **arguments);

/* The choice about this key, which is marked as used; NULL: there is none. */
gen_choice *choices_find(gen_choices *choices, const char *key);

/* Complains about each choice that was about nothing. */
void options_check_used(const gen_options *options, const char *schema, gen_report *report);

#endif
