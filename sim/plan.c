/* plan.c: the scenarios, their notation, and the maker of random scripts. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const scenario scenarios[] = {
	/* records */
	{ "0: GET 0, GET 0 / 1: TOUCH 0", 0, 0, 0 },
	{ "0: GET 0 / 1: GET 0 / 2: TOUCH 0", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0, TOUCH 0", 0, 0, 0 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / 2: TOUCH 0", 0, 0, 3 },
	{ "0: GET_BOTH 0 1, GET 1 / 1: TOUCH_BOTH 0 1", 0, 0, 0 },
	{ "0: GET 0, GET 1 / 1: UNDO_TOUCH 0 1", 0, 0, 0 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0", ROLL_BACK | LOSE_COMMITS, 1, 0 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: KILL 1", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: KILL 0", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: FLUSH", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: EXPIRE", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: SLEEP_LEASE", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0", LOSE_REQUESTS | LOSE_REPLIES, 1, 0 },
	{ "0: GET 0 / 1: TOUCH 0, GET 0", LOSE_REQUESTS | LOSE_REPLIES | DELAY_REQUESTS, 2, 2 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: CUT 1, JOIN 1", 0, 0, 3 },
	{ "0: TOUCH 0 / 1: TOUCH 0 / 2: GET 0, GET 0", LOSE_REPLIES | LOSE_COMMITS, 1, 2 },
	{ "0: GET 0 / 0: TOUCH 0, GET 0 / 1: GET 0", 0, 0, 3 },
	{ "0: TOUCH 0, GET 0 / 1: GET 0, GET 0", LOSE_REQUESTS | DELAY_REQUESTS, 1, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: EVICT", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: SLEEP_GUARD", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: FLUSH, KILL 1", 0, 0, 3 },
	{ "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", 0, 0, 0 },
	{ "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", LOSE_COMMITS, 1, 3 },
	{ "0: TOUCH 0 / 1: TOUCH 0 / 2: GET 0, READ_ROW 0, GET 0", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 1: TOUCH 0 / -: SAVE, RESTART", 0, 0, 3 },
	/* other kinds of writes */
	{ "0: GET 0, GET 0 / 1: UPSERT 0 1", 0, 0, 3 },
	{ "0: LIST 1, LIST 1 / 1: UPSERT 0 1", 0, 0, 3 },
	{ "0: GET 2, GET 2 / 1: UPSERT 2 0", 0, 0, 3 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: RENAME_UPSERT 0 2", 0, 0, 3 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: RENAME_WHERE 0 2 / -: FLUSH", 0, 0, 2 },
	{ "0: GET 0, GET 0 / 1: BY_HAND 0", 0, 0, 3 },
	{ "0: GET 0, LIST_ALL / 1: BY_HAND 0 / -: FLUSH", 0, 0, 2 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: BY_HAND_NAME 0 2", 0, 0, 3 },
	/* the database is another one */
	{ "0: TOUCH 0, GET 0, READ_ROW 0, GET 0 / -: FAIL_OVER", 0, 0, 3 },
	{ "0: TOUCH 0, GET 0 / 1: GET 0, READ_ROW 0, GET 0 / -: FAIL_OVER", 0, 0, 3 },
	{ "0: CREATE 2 0, LIST 0, READ_ROW 0, LIST 0 / -: FAIL_OVER", 0, 0, 3 },
	/* the policy fail */
	{ "0: GET 0, GET 0 / 2: TOUCH 0", LOSE_REQUESTS | LOSE_REPLIES | DELAY_REQUESTS, 2, 2 },
	{ "0: GET 0, GET 0 / 2: TOUCH 0 / -: CUT 2, JOIN 2", 0, 0, 3 },
	{ "0: GET 0, GET 0 / 2: TOUCH 0 / -: FLUSH, CUT 2", 0, 0, 3 },
	/* rows that come and go */
	{ "0: GET 2, GET 2 / 1: CREATE 2 0", 0, 0, 0 },
	{ "0: GET 2, GET 2 / 1: CREATE 2 0, DELETE 2", 0, 0, 3 },
	{ "0: GET 1, GET 1 / 1: DELETE 1", 0, 0, 0 },
	{ "0: GET 2, GET 2 / 1: CREATE 2 0 / -: FLUSH", 0, 0, 3 },
	{ "0: GET 2, GET 2 / 1: CREATE 2 0", ROLL_BACK | LOSE_COMMITS | LOSE_REPLIES, 1, 3 },
	/* lists, counts, exists */
	{ "0: LIST 0, LIST 0 / 1: MOVE 1 0", 0, 0, 0 },
	{ "0: LIST 0 / 1: LIST 0 / 2: MOVE 0 1", 0, 0, 3 },
	{ "0: LIST_ALL, LIST_ALL / 1: TOUCH 0", 0, 0, 0 },
	{ "0: COUNT 1, COUNT 1 / 1: MOVE_GROUP 1 0", 0, 0, 0 },
	{ "0: EXISTS 3, EXISTS 3 / 1: CREATE 2 1", 0, 0, 0 },
	{ "0: LIST 0, LIST 0 / 1: CREATE 2 0 / 2: MOVE 1 0", 0, 0, 3 },
	{ "0: LIST 0, LIST 0 / 1: MOVE 1 0 / -: FLUSH", 0, 0, 3 },
	{ "0: LIST 0, LIST 0 / 1: MOVE 1 0", ROLL_BACK | LOSE_COMMITS | LOSE_REQUESTS | LOSE_REPLIES, 1, 3 },
	{ "0: LIST 0, GET 0 / 1: MOVE_GROUP 0 1", 0, 0, 0 },
	{ "0: LIST_ALL, LIST_ALL / 1: TOUCH 0 / 2: TOUCH 1", 0, 0, 3 },
	{ "0: TOUCH 0 / 0: TOUCH 1 / 1: LIST_ALL, READ_ROW 0, LIST_ALL", 0, 0, 4 },
	{ "0: LIST_ALL, LIST_ALL / 1: TOUCH 0 / -: FLUSH", 0, 0, 3 },
	{ "0: LIST_ALL, LIST_ALL / 1: TOUCH 0 / -: EVICT", 0, 0, 2 },
	{ "0: COUNT 0, COUNT 0 / 1: MOVE 0 1 / -: KILL 1", 0, 0, 3 },
	{ "0: LIST_ALL, LIST_ALL / 1: TOUCH 0 / -: SAVE, RESTART", 0, 0, 2 },
	/* unique fields */
	{ "0: GET_NAME 0, GET_NAME 0 / 1: TOUCH 0", 0, 0, 3 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: RENAME 0 2", 0, 0, 3 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: RENAME 0 2, RENAME 1 0", 0, 0, 3 },
	{ "0: GET_NAME 3, GET_NAME 3 / 1: CREATE 2 0", 0, 0, 0 },
	{ "0: GET_NAME 0 / 1: RENAME 0 2, RENAME 1 0 / 2: GET_NAME 0", 0, 0, 2 },
	{ "0: GET_NAME 0, GET_NAME 0 / 1: RENAME 0 2 / 2: RENAME 1 0", 0, 0, 2 },
	{ "0: GET_NAME 1, GET_NAME 1 / 1: DELETE 1", ROLL_BACK | LOSE_COMMITS, 1, 3 },
};

const int scenario_count = sizeof scenarios / sizeof scenarios[0];

/* ---- The notation --------------------------------------------------------------------------------------------------- */

static void fail(const char *script)
{
	fprintf(stderr, "sim: cannot read the script %s\n", script);
	exit(2);
}

static operation read_operation(const char **at, const char *script)
{
	size_t length = strcspn(*at, " ,");

	for (int i = 1; i < OPERATIONS; i++)
		if (strlen(script_name((operation)i)) == length && strncmp(*at, script_name((operation)i), length) == 0) {
			*at += length;
			return (operation)i;
		}
	fail(script);
	return END;
}

/* A number, if one follows. */
static int read_number(const char **at)
{
	if ((*at)[0] != ' ' || (*at)[1] < '0' || (*at)[1] > '9')
		return 0;
	*at += 2;
	return (*at)[-1] - '0';
}

void plan_scenario(const scenario *s)
{
	const char *at = s->script;

	w.faults = s->faults;
	w.budget = s->budget;
	w.switches = s->switches ? s->switches : -1;
	for (;;) {
		line lines[SCRIPT_MOST + 1] = { { END, 0, 0 } };
		int  count = 0, process = *at == '-' ? -1 : *at - '0';

		at += strlen("0: ");
		for (;;) {
			lines[count].what = read_operation(&at, s->script);
			lines[count].a = read_number(&at);
			lines[count++].b = read_number(&at);
			lines[count] = (line){ END, 0, 0 };
			if (strncmp(at, ", ", 2) != 0)
				break;
			at += 2;
		}
		world_add(process, lines);
		if (!*at)
			return;
		if (strncmp(at, " / ", 3) != 0)
			fail(s->script);
		at += 3;
	}
}

void plan_print(void)
{
	for (int i = 0; i < w.actor_count; i++) {
		const actor *a = &w.actors[i];

		printf("  %s:", a->name);
		for (const line *l = a->script; l->what != END; l++)
			printf("%s %s %d %d", l == a->script ? "" : ",", script_name(l->what), l->a, l->b);
		printf("\n");
	}
}

/* ---- Chance --------------------------------------------------------------------------------------------------------- */

static const operation about_rows[] = { GET,   GET,        GET_BOTH,   READ_ROW, TOUCH,
	                                    TOUCH, TOUCH_BOTH, UNDO_TOUCH, UPSERT,   BY_HAND };
static const operation about_lists[] = { LIST, LIST,       LIST_ALL, COUNT,    GET,   MOVE,
	                                     MOVE, MOVE_GROUP, TOUCH,    READ_ROW, UPSERT };
static const operation about_names[] = { GET_NAME, GET_NAME, EXISTS,        GET,          RENAME,      RENAME,
	                                     TOUCH,    READ_ROW, RENAME_UPSERT, RENAME_WHERE, BY_HAND_NAME };
static const operation about_lives[] = {
	GET, GET, LIST, GET_NAME, COUNT, EXISTS, CREATE, CREATE, DELETE, DELETE, UPSERT
};
static const operation about_all[] = { GET,   GET_BOTH, GET_NAME, LIST,   LIST_ALL, COUNT,      EXISTS,    READ_ROW,
	                                   TOUCH, MOVE,     RENAME,   CREATE, DELETE,   MOVE_GROUP, TOUCH_BOTH };

static const struct theme {
	const operation *operations;
	int              count;
	int              row; /* that most of it is about */
} themes[] = {
	{ about_rows, sizeof about_rows / sizeof about_rows[0], 0 },
	{ about_lists, sizeof about_lists / sizeof about_lists[0], 0 },
	{ about_names, sizeof about_names / sizeof about_names[0], 0 },
	{ about_lives, sizeof about_lives / sizeof about_lives[0], 2 },
	{ about_all, sizeof about_all / sizeof about_all[0], 1 },
};

static const operation losses[] = { FLUSH, EVICT, EVICT, EXPIRE, SLEEP_LEASE, SLEEP_GUARD, SAVE, RESTART, FAIL_OVER };
static const operation ends[] = { KILL, EXPIRE };
static const operation distances[] = { CUT, JOIN, EXPIRE, SLEEP_LEASE };
static const operation everything[] = { FLUSH,   EVICT, EXPIRE, SLEEP_LEASE, SLEEP_GUARD, SAVE,
	                                    RESTART, CUT,   JOIN,   KILL,        FAIL_OVER };

/* What may go wrong in a schedule. */
static const struct danger {
	unsigned         faults;
	const operation *operations;
	int              count;
} dangers[] = {
	{ 0, NULL, 0 },
	{ ROLL_BACK | LOSE_COMMITS, ends, sizeof ends / sizeof ends[0] },
	{ ROLL_BACK, losses, sizeof losses / sizeof losses[0] },
	{ LOSE_REQUESTS | LOSE_REPLIES | DELAY_REQUESTS, distances, sizeof distances / sizeof distances[0] },
	{ ~0u, everything, sizeof everything / sizeof everything[0] },
};

static line random_line(const struct theme *theme)
{
	line l = { .what = theme->operations[choice_random(theme->count)] };

	l.a = choice_random(100) < 70 ? theme->row : choice_random(ROWS);
	l.b = choice_random(2);
	if (l.what == GET_NAME || l.what == EXISTS)
		l.a = choice_random(100) < 60 ? theme->row + (theme->row == 2) : choice_random(NAMES);
	if (l.what == LIST || l.what == COUNT || l.what == MOVE_GROUP)
		l.a = choice_random(GROUPS);
	if (l.what == MOVE_GROUP)
		l.b = 1 - l.a;
	if (l.what == RENAME || l.what == RENAME_UPSERT || l.what == RENAME_WHERE || l.what == BY_HAND_NAME)
		l.b = choice_random(NAMES);
	return l;
}

static void add_random_actor(const struct theme *theme)
{
	line lines[SCRIPT_MOST + 1] = { { END, 0, 0 } };
	int  count = 1 + choice_random(3);

	for (int i = 0; i < count; i++)
		lines[i] = random_line(theme);
	lines[count] = (line){ END, 0, 0 };
	world_add(choice_random(PROCESSES), lines);
}

void plan_random(void)
{
	const struct theme  *theme = &themes[choice_random((int)(sizeof themes / sizeof themes[0]))];
	const struct danger *danger = &dangers[choice_random((int)(sizeof dangers / sizeof dangers[0]))];
	line                 lines[SCRIPT_MOST + 1] = { { END, 0, 0 } };
	int                  actors = 2 + choice_random(3), count = danger->count ? choice_random(4) : 0;

	w.split = choice_random(3) == 0;
	w.faults = danger->faults;
	w.budget = danger->faults ? choice_random(4) : 0;
	for (int i = 0; i < actors; i++)
		add_random_actor(theme);
	for (int i = 0; i < count; i++)
		lines[i] = (line){ danger->operations[choice_random(danger->count)], choice_random(PROCESSES), 0 };
	lines[count] = (line){ END, 0, 0 };
	if (count > 0)
		world_add(-1, lines);
}
