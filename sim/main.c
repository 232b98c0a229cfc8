/* main.c: the command line of the simulator, and the loops over schedules. */
#include "mistakes.h"
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

mistake mistaken;

static const char help[] =
	"sim: weir's own code against a cache that is a dictionary and a database that is an array, in every order (of short\n"
	"scripts) and in orders by chance (of longer ones), with faults (docs/guarantees.md). Exit code 1 for a violation.\n"
	"  --schedules N   so many in all [1900000]; what is left by the enumerated ones is made by chance\n"
	"  --from N        the first seed of those [1]\n"
	"  --seed N        only the one of this seed, and says each step\n"
	"  --scenario N    only this enumerated script\n"
	"  --switches N    enumerated: at most in so many places somebody else goes on although who ran last could\n"
	"  --path A,B,...  with --scenario: only this order of it, and says each step\n"
	"  --verbose       how many orders each script has\n"
	"  --mutants       instead: each mistake that is made on purpose must be caught\n"
	"  --mutant NAME   with this mistake\n";

typedef struct command_line {
	uint64_t    schedules, from, seed;
	bool        one_seed, mutants, verbose;
	int         scenario; /* -1: all */
	int         switches; /* 0: as the scripts say */
	const char *path;
} command_line;

typedef struct totals {
	uint64_t schedules, steps, violations;
} totals;

/* ---- One schedule -------------------------------------------------------------------------------------------------- */

static bool run_seed(uint64_t seed, totals *t)
{
	choice.random = true;
	choice.state = seed * UINT64_C(0x2545f4914f6cdd1d);
	world_begin();
	plan_random();
	if (w.tracing)
		plan_print();
	world_run();
	t->schedules++;
	t->steps += (uint64_t)w.steps;
	t->violations += w.violation[0] != '\0';
	return w.violation[0] == '\0';
}

/* switches: instead of the scenario's own, if that is more; 0: the scenario's. */
static bool run_path(const scenario *s, int switches, totals *t)
{
	choice.random = false;
	choice.at = 0;
	world_begin();
	plan_scenario(s);
	if (switches && (w.switches < 0 || w.switches > switches))
		w.switches = switches;
	if (w.tracing)
		plan_print();
	world_run();
	t->schedules++;
	t->steps += (uint64_t)w.steps;
	t->violations += w.violation[0] != '\0';
	return w.violation[0] == '\0';
}

/* ---- Many ---------------------------------------------------------------------------------------------------------- */

static const char *program = "sim";

static void tell_path(int number)
{
	printf("VIOLATION: %s\n  of: %s\n  again: %s --scenario %d --path ", w.violation, scenarios[number].script, program,
	       number);
	for (int i = 0; i < choice.length; i++)
		printf("%s%d", i ? "," : "", choice.taken[i]);
	printf("\n");
}

static void tell_seed(uint64_t seed)
{
	printf("VIOLATION: %s\n  again: %s --seed %" PRIu64 "\n", w.violation, program, seed);
}

/* All orders of a scenario, to the first violation. */
static bool enumerate(const scenario *s, int switches, totals *t)
{
	choice.length = 0;
	choice.at = 0;
	do
		if (!run_path(s, switches, t))
			return false;
	while (choice_next());
	return true;
}

static int run_all(const command_line *given)
{
	totals  t = { 0 };
	clock_t began = clock();

	for (int i = 0; i < scenario_count; i++) {
		uint64_t before = t.schedules;

		if (given->scenario >= 0 && given->scenario != i)
			continue;
		if (!enumerate(&scenarios[i], given->switches, &t)) {
			tell_path(i);
			return 1;
		}
		if (given->verbose)
			printf("%9" PRIu64 " orders of %s\n", t.schedules - before, scenarios[i].script);
	}
	printf("enumerated %" PRIu64 " schedules of %d scripts\n", t.schedules, given->scenario < 0 ? scenario_count : 1);
	for (uint64_t seed = given->from; given->scenario < 0 && t.schedules < given->schedules; seed++)
		if (!run_seed(seed, &t)) {
			tell_seed(seed);
			break;
		}
	printf("simulated %" PRIu64 " schedules of %.1f steps, %" PRIu64 " violations, in %.1f s of CPU\n", t.schedules,
	       (double)t.steps / (double)t.schedules, t.violations, (double)(clock() - began) / CLOCKS_PER_SEC);
	return t.violations > 0;
}

/* ---- Mistakes ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *what;
	scenario    shown_by;
} mistakes[] = {
#define MISTAKE_ROW(name, what, script, faults, budget, switches) { #name, what, { script, faults, budget, switches } },
	MISTAKES(MISTAKE_ROW)
#undef MISTAKE_ROW
};

/* The script of a mistake shows nothing without it. Mistakes that follow each other may have the same. */
static bool is_clean(mistake m)
{
	const scenario *s = &mistakes[m - 1].shown_by;
	totals          t = { 0 };

	if (m > 1 && memcmp(s, &mistakes[m - 2].shown_by, sizeof *s) == 0)
		return true;
	mistaken = RIGHT;
	if (enumerate(s, 0, &t))
		return true;
	printf("VIOLATION without a mistake: %s\n  of: %s\n", w.violation, s->script);
	return false;
}

static bool is_caught(mistake m)
{
	const scenario *s = &mistakes[m - 1].shown_by;
	totals          t = { 0 };

	if (!is_clean(m))
		return false;
	mistaken = m;
	if (enumerate(s, 0, &t)) {
		printf("NOT CAUGHT: %s\n  in %" PRIu64 " orders of %s\n", mistakes[m - 1].what, t.schedules, s->script);
		return false;
	}
	printf("caught: %s\n  order %" PRIu64 " of %s: %s\n", mistakes[m - 1].what, t.schedules, s->script, w.violation);
	return true;
}

static int run_mutants(void)
{
	int caught = 0;

	for (mistake m = RIGHT + 1; m < MISTAKE_COUNT; m++)
		caught += is_caught(m);
	printf("caught %d of %d mistakes\n", caught, MISTAKE_COUNT - 1);
	return caught != MISTAKE_COUNT - 1;
}

static mistake find_mistake(const char *name)
{
	for (mistake m = RIGHT + 1; m < MISTAKE_COUNT; m++)
		if (strcmp(mistakes[m - 1].name, name) == 0)
			return m;
	return RIGHT;
}

/* ---- The command line ---------------------------------------------------------------------------------------------- */

static bool take(command_line *given, const char *name, const char *value)
{
	if (!value)
		return false;
	if (strcmp(name, "--schedules") == 0) {
		given->schedules = strtoull(value, NULL, 10);
	} else if (strcmp(name, "--from") == 0) {
		given->from = strtoull(value, NULL, 10);
	} else if (strcmp(name, "--seed") == 0) {
		given->seed = strtoull(value, NULL, 10);
		given->one_seed = true;
	} else if (strcmp(name, "--scenario") == 0) {
		given->scenario = (int)strtol(value, NULL, 10);
		return given->scenario >= 0 && given->scenario < scenario_count;
	} else if (strcmp(name, "--switches") == 0) {
		given->switches = (int)strtol(value, NULL, 10);
	} else if (strcmp(name, "--path") == 0) {
		given->path = value;
	} else if (strcmp(name, "--mutant") == 0) {
		mistaken = find_mistake(value);
		return mistaken != RIGHT;
	} else {
		return false;
	}
	return true;
}

static void read_path(const char *text)
{
	choice.length = 0;
	for (char *end; *text && choice.length < PATH_MOST; text = *end ? end + 1 : end) {
		choice.taken[choice.length] = (unsigned char)strtol(text, &end, 10);
		choice.options[choice.length++] = 255;
	}
}

int main(int argc, char **argv)
{
	command_line given = { .schedules = 1900000, .from = 1, .scenario = -1 };
	totals       t = { 0 };

	program = argv[0];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--mutants") == 0) {
			given.mutants = true;
		} else if (strcmp(argv[i], "--verbose") == 0) {
			given.verbose = true;
		} else if (!take(&given, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
			fprintf(stderr, "sim: %s: see --help\n", argv[i]);
			return 2;
		} else {
			i++;
		}
	}
	if (!world_open())
		return 2;
	if (given.mutants)
		return run_mutants();
	w.tracing = given.one_seed || given.path;
	if (given.one_seed)
		return !run_seed(given.seed, &t);
	if (!given.path || given.scenario < 0)
		return run_all(&given);
	read_path(given.path);
	return !run_path(&scenarios[given.scenario], given.switches, &t);
}
