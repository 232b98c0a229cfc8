/* The command line. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MOST 256
#define ROWS_MOST    10000

static const char help[] =
	"bench: weir beside a hand-written libpq, hiredis and cJSON program, on the servers of DATABASE_URL and REDIS_URL\n"
	"(private ones: it loads and pins them). Prints ops/s of both and their ratio.\n"
	"  --rounds N     pairs of rounds [11]\n"
	"  --seconds S    length of a round [0.4]\n"
	"  --count N      operations in a round instead, unverified: for profilers and for counting\n"
	"  --ops A,B      only these operations\n"
	"  --small        a tenth of the rows\n"
	"  --threads N    callers at a time [1]; one: everything is put on one CPU; above 64 with --only weir\n"
	"  --rows N       rows of the lists of rows_db, rows_hit and rows_near, which run with --only weir [100]\n"
	"  --json FILE    write the figures to FILE too\n"
	"  --plot FILE    draw the ratios as SVG\n"
	"  --only SIDE    weir or baseline alone, for profilers\n"
	"  --help         this text, and the operations:";

static bool wrong(const char *option, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", option, why);
	return false;
}

static bool read_number(const char *text, double low, double high, double *number)
{
	char *end;

	*number = strtod(text, &end);
	return *text && !*end && *number >= low && *number <= high;
}

static bool read_value(bench_options *options, const char *name, const char *value)
{
	double number = 0;

	if (strcmp(name, "--json") == 0) {
		options->json_file = value;
	} else if (strcmp(name, "--plot") == 0) {
		options->plot_file = value;
	} else if (strcmp(name, "--ops") == 0) {
		options->ops = value;
	} else if (strcmp(name, "--rounds") == 0) {
		if (!read_number(value, 1, 1000, &number))
			return wrong(name, "1 to 1000");
		options->rounds = (int)number;
	} else if (strcmp(name, "--seconds") == 0) {
		if (!read_number(value, 0.001, 3600, &options->seconds))
			return wrong(name, "0.001 to 3600");
	} else if (strcmp(name, "--count") == 0) {
		if (!read_number(value, 1, 1e9, &number))
			return wrong(name, "1 to 1000000000");
		options->count = (long)number;
	} else if (strcmp(name, "--threads") == 0) {
		if (!read_number(value, 1, THREADS_MOST, &number))
			return wrong(name, "1 to 256");
		options->threads = (int)number;
	} else if (strcmp(name, "--rows") == 0) {
		if (!read_number(value, 1, ROWS_MOST, &number))
			return wrong(name, "1 to 10000");
		options->rows = (int)number;
	} else if (strcmp(name, "--only") == 0) {
		options->only = strcmp(value, "weir") == 0 ? BENCH_WEIR : BENCH_BASELINE;
		if (options->only == BENCH_BASELINE && strcmp(value, "baseline") != 0)
			return wrong(name, "weir or baseline");
	} else {
		return wrong(name, "unknown (--help)");
	}
	return true;
}

static void print_help(void)
{
	puts(help);
	for (size_t i = 0; i < bench_operation_count; i++)
		printf("    %s\n", bench_operations[i].name);
}

bool bench_options_read(bench_options *options, int argc, char **argv)
{
	*options = (bench_options){ .rounds = 11, .seconds = 0.4, .threads = 1, .rows = 100, .only = BENCH_SIDES };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			print_help();
			exit(EXIT_SUCCESS);
		}
		if (strcmp(argv[i], "--small") == 0) {
			options->small = true;
			continue;
		}
		if (i + 1 == argc)
			return wrong(argv[i], "unknown, or without its value (--help)");
		if (!read_value(options, argv[i], argv[i + 1]))
			return false;
		i++;
	}
	return true;
}
