/* bench: loads, verifies, measures, reports. What it measures stands in operations.c, how in measure.c. */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS_MAX 64

static const bench_sizes full_sizes = { .users = 100000, .posts = 500000, .comments = 1000000, .hot = 20000 };
static const bench_sizes small_sizes = { .users = 10000, .posts = 50000, .comments = 100000, .hot = 2000 };

bool bench_fail(bench *b, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(b->error, sizeof b->error, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- Which operations ------------------------------------------------------------------------------------------ */

/* Is name one of the words of a list with commas? */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *word = list; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
		if (strncmp(word, name, length) == 0 && (word[length] == ',' || word[length] == '\0'))
			return true;
	}
	return false;
}

static size_t choose(const bench *b, const bench_operation **chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < bench_operation_count; i++) {
		if (b->options.ops ? is_listed(b->options.ops, bench_operations[i].name) : !bench_operations[i].growth)
			chosen[count++] = &bench_operations[i];
	}
	return count;
}

static bool knows_all(bench *b)
{
	const char            *list = b->options.ops;
	size_t                 words = list != NULL;
	const bench_operation *chosen[OPERATIONS_MAX];

	for (; list && *list; list++)
		words += *list == ',';
	if (b->options.ops && choose(b, chosen) != words)
		return bench_fail(b, "--ops: an unknown operation (--help)");
	for (size_t i = choose(b, chosen); i-- > 0;)
		if (chosen[i]->growth && b->options.only != BENCH_WEIR)
			return bench_fail(b, "%s: only with --only weir", chosen[i]->name);
	return true;
}

/* ---- The run --------------------------------------------------------------------------------------------------- */

/* Both by socket files, or one of them by TCP? */
static const char *net_of(PGconn *sql, const char *redis_url)
{
	return PQhost(sql)[0] == '/' && strncmp(redis_url, "unix:", 5) == 0 ? "unix" : "tcp";
}

static bool open_all(bench *b)
{
	const char *postgres_url = getenv("DATABASE_URL"), *redis_url = getenv("REDIS_URL");

	if (!postgres_url || !redis_url)
		return bench_fail(b, "DATABASE_URL and REDIS_URL say which servers to use; ./dev bench starts private ones");
	b->sql = PQconnectdb(postgres_url);
	if (PQstatus(b->sql) != CONNECTION_OK)
		return bench_fail(b, "PostgreSQL: %s", PQerrorMessage(b->sql));
	b->net = net_of(b->sql, redis_url);
	if (!bench_dataset_load(b) || !bench_oracle_load(b))
		return false;
	if (!bench_baseline_open(b, postgres_url, redis_url))
		return false;
	if (!baseline_forget(&b->baseline))
		return bench_fail(b, "by hand: %s", b->baseline.error);
	if (b->options.threads == 1)
		bench_pin(b);
	return bench_weir_open(b, postgres_url, redis_url) && bench_callers_open(b, postgres_url, redis_url);
}

static void close_all(bench *b)
{
	bench_callers_close(b);
	bench_weir_close(b);
	bench_baseline_close(b);
	bench_oracle_release(b);
	PQfinish(b->sql);
}

/* All are verified before the first is measured. */
static bool run(bench *b)
{
	const bench_operation *chosen[OPERATIONS_MAX];
	bench_result           results[OPERATIONS_MAX];
	size_t                 count = choose(b, chosen);

	if (!knows_all(b) || !open_all(b))
		return false;
	for (size_t i = 0; !b->options.count && i < count; i++) {
		fprintf(stderr, "Verifying %s against SQL\n", chosen[i]->name);
		if (!bench_near_open(b, chosen[i]) || !bench_verify(b, chosen[i]))
			return false;
		bench_near_close(b);
	}
	bench_report_conditions(b);
	bench_report_head(b);
	for (size_t i = 0; i < count; i++) {
		if (!bench_near_open(b, chosen[i]) || !bench_measure(b, chosen[i], &results[i]))
			return false;
		bench_near_close(b);
		bench_report_line(b, &results[i]);
	}
	return (!b->options.json_file || bench_report_json(b, results, count)) &&
	       (!b->options.plot_file || bench_plot(b, results, count));
}

int main(int argc, char **argv)
{
	static bench b;
	bool         done;

	if (!bench_options_read(&b.options, argc, argv))
		return 2;
	b.sizes = b.options.small ? small_sizes : full_sizes;
	b.cpu = -1;
	done = run(&b);
	close_all(&b);
	if (!done)
		fprintf(stderr, "bench: %s\n", b.error);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
