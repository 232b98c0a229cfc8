/* main.c: the command line of the live checker. */
#include "driver.h"
#include "faults.h"
#include "mutant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTANT_S = 60 };

static const char help[] =
	"check: several processes read and write through weir on servers of their own while these are disturbed; every operation is\n"
	"held against what the database committed (docs/guarantees.md). Exit code 1 if anything was not as promised.\n"
	"  --minutes N, --seconds N  how long [20 s]\n"
	"  --seed S                  repeats a script of faults [1]\n"
	"  --faults A,B              only these, or none\n"
	"  --pause S                 between faults, on the average [1.5]\n"
	"  --policy fail|degrade|outbox  of the writes; with fail S1 has no windows, with an outbox relays end them [degrade]\n"
	"  --outside                 somebody writes without weir, too; triggers and relays are installed\n"
	"  --workers N --threads N   processes, and threads of each [4, 4]\n"
	"  --mutants                 instead: each mistake that is made on purpose must be caught within a minute\n"
	"  --mutant NAME             only this one\n"
	"  --verbose                 says what is done, and what the library logs\n"
	"Faults:\n";

static void print_help(void)
{
	fputs(help, stdout);
	faults_print();
	puts("Mistakes:");
	for (size_t i = 0; i < mutant_count; i++)
		printf("  %-17s %s\n", mutants[i].name, mutants[i].mistake);
}

typedef struct command_line {
	check_options options;
	bool          mutants;
	const char   *mutant;
} command_line;

static bool number(const char *text, double low, double high, double *to)
{
	char *end;

	*to = text ? strtod(text, &end) : 0;
	return text && *text && !*end && *to >= low && *to <= high;
}

static bool whole(const char *text, int low, int high, int *to)
{
	double read;
	bool   good = number(text, low, high, &read);

	*to = good ? (int)read : 0;
	return good;
}

static bool take_policy(check_options *options, const char *policy)
{
	options->fail = strcmp(policy, "fail") == 0;
	options->outbox = strcmp(policy, "outbox") == 0;
	return options->fail || options->outbox || strcmp(policy, "degrade") == 0;
}

static bool take(command_line *line, const char *name, const char *value)
{
	check_options *options = &line->options;

	if (strcmp(name, "--seconds") == 0)
		return number(value, 1, 1e6, &options->seconds);
	if (strcmp(name, "--minutes") == 0 && number(value, 0.1, 1e4, &options->seconds)) {
		options->seconds *= 60;
		return true;
	}
	if (strcmp(name, "--pause") == 0)
		return number(value, 0.01, 100, &options->pause_s);
	if (strcmp(name, "--workers") == 0)
		return whole(value, 1, WORKERS_MAX, &options->workers);
	if (strcmp(name, "--threads") == 0)
		return whole(value, 1, THREADS_MAX, &options->threads);
	if (strcmp(name, "--seed") == 0 && value)
		options->seed = strtoull(value, NULL, 10);
	else if (strcmp(name, "--faults") == 0 && value && faults_are_known(value))
		options->faults = value;
	else if (strcmp(name, "--policy") == 0 && value)
		return take_policy(options, value);
	else if (strcmp(name, "--mutant") == 0 && value && mutant_find(value))
		line->mutant = value;
	else
		return false;
	return true;
}

static bool read_line(int argc, char **argv, command_line *line)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0) {
			line->options.verbose = true;
		} else if (strcmp(argv[i], "--outside") == 0) {
			line->options.outside = true;
		} else if (strcmp(argv[i], "--mutants") == 0) {
			line->mutants = true;
		} else {
			if (!take(line, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
				fprintf(stderr, "check: %s %s: see --help\n", argv[i], i + 1 < argc ? argv[i + 1] : "");
				return false;
			}
			i++;
		}
	}
	return true;
}

/* True: it was caught. */
static bool try_mutant(const check_options *given, const mutant *m, check_result *sum)
{
	check_options options = *given;
	check_result  result;

	options.mistake = m->name;
	options.faults = m->faults;
	options.pg_delay_ms = m->pg_delay_ms;
	options.outside = strcmp(m->name, "unheard") == 0;
	options.outbox = strcmp(m->name, "no_relay") == 0;
	options.seconds = MUTANT_S;
	options.pause_s = 0.15;
	printf("%s: %s\n", m->name, m->mistake);
	result = driver_run(&options);
	sum->operations += result.operations;
	sum->faults += result.faults;
	sum->failed |= result.failed && result.violations == 0;
	printf("  %s after %.0f s\n", result.violations > 0 ? "caught" : "NOT CAUGHT", result.seconds);
	return result.violations > 0;
}

static int run_mutants(const command_line *line)
{
	check_result sum = { .failed = false };
	size_t       tried = 0, caught = 0;

	for (size_t i = 0; i < mutant_count && !sum.failed; i++) {
		if (line->mutant && strcmp(line->mutant, mutants[i].name) != 0)
			continue;
		tried++;
		caught += try_mutant(&line->options, &mutants[i], &sum);
	}
	printf("caught %zu of %zu mistakes\n", caught, tried);
	return caught == tried && !sum.failed ? 0 : 1;
}

int main(int argc, char **argv)
{
	command_line line = {
		.options = { .seconds = 20, .seed = 1, .workers = 4, .threads = 4, .pause_s = 1.5 },
	};
	check_result result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_help();
		return 0;
	}
	if (!read_line(argc, argv, &line))
		return 2;
	if (line.mutants || line.mutant)
		return run_mutants(&line);
	printf("seed %" PRIu64 "\n", line.options.seed);
	result = driver_run(&line.options);
	printf("checked %" PRIu64 " operations, %" PRIu64 " faults, %" PRIu64 " violations\n", result.operations,
	       result.faults, result.violations);
	return result.violations > 0 || result.failed ? 1 : 0;
}
