/* Callers: threads that run one operation for a while, all at a time. Each has the baseline's connections for itself, as a
 * program by hand would; weir's session is shared by all, as it is meant to be. One caller is the main thread. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"
#include "contents.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOCK_STRIDE 8

/* What the callers of a round share. */
typedef struct round {
	const bench_operation *operation;
	int                    side;
	pthread_barrier_t      start;
} round;

typedef struct caller {
	bench    *b;
	round    *shared;
	uint64_t  seed;
	pthread_t thread;
	uint64_t  done;
	double    seconds;
	bool      failed;
} caller;

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool bench_callers_open(bench *b, const char *postgres_url, const char *redis_url)
{
	size_t count = (size_t)b->options.threads - 1;

	b->others = count ? calloc(count, sizeof *b->others) : NULL;
	if (count && !b->others)
		return bench_fail(b, "out of memory");
	for (size_t i = 0; i < count; i++) {
		bench *other = &b->others[i];

		memcpy(other, b, sizeof *other);
		memset(&other->baseline, 0, sizeof other->baseline);
		memset(&other->async_baseline, 0, sizeof other->async_baseline);
		other->others = NULL;
		other->futures = NULL;
		other->err = (weir_error)WEIR_ERROR_INIT;
		other->created = (uint64_t)(i + 1) * 1000000000;
		if (b->options.only != BENCH_WEIR && !bench_baseline_open(other, postgres_url, redis_url))
			return bench_fail(b, "%s", other->error);
	}
	return true;
}

void bench_callers_close(bench *b)
{
	for (int i = 0; b->others && i < b->options.threads - 1; i++) {
		weir_futures_free(&b->others[i].futures);
		bench_baseline_close(&b->others[i]);
	}
	free(b->others);
	b->others = NULL;
}

/* For those who count what happens in between (scripts/bench-instructions). */
static void mark_round(const bench *b, const char *what)
{
	if (b->options.count > 0)
		fprintf(stderr, "round %s\n", what);
}

static void call(caller *c)
{
	bench_run run = c->shared->operation->run[c->shared->side];
	uint64_t  count = (uint64_t)c->b->options.count;
	size_t    picks = bench_picks(c->b, c->shared->operation->domain);
	double    start = clock_s(CLOCK_MONOTONIC), now = start;

	while (!c->failed && (count > 0 ? c->done < count : now < start + c->b->options.seconds)) {
		for (int i = 0; !c->failed && i < (count > 0 ? 1 : CLOCK_STRIDE); i++)
			c->failed = !run(c->b, bench_number(c->seed, c->done++) % picks, NULL);
		now = clock_s(CLOCK_MONOTONIC);
	}
	c->seconds = now - start;
}

static void *call_with_others(void *context)
{
	caller *c = context;

	pthread_barrier_wait(&c->shared->start);
	call(c);
	return NULL;
}

/* Threads that could not be made would leave the others waiting. */
static bool start_others(bench *b, caller *callers, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (pthread_create(&callers[i].thread, NULL, call_with_others, &callers[i]) != 0)
			return bench_fail(b, "a thread could not be started");
	return true;
}

/* counted: each run of an operation is so many. */
static bool sum(bench *b, const caller *callers, size_t counted, double *ops_per_s, double *ops)
{
	size_t count = (size_t)b->options.threads;

	*ops_per_s = *ops = 0;
	for (size_t i = 0; i < count; i++) {
		double done = (double)callers[i].done * (double)counted;

		if (callers[i].failed)
			return callers[i].b == b || bench_fail(b, "%s", callers[i].b->error);
		*ops_per_s += done / callers[i].seconds;
		*ops += done;
	}
	return true;
}

bool bench_callers_run(bench *b, const bench_operation *operation, int side, uint64_t seed, double *ops_per_s,
                       double *cpu_us)
{
	size_t  count = (size_t)b->options.threads;
	caller *callers = calloc(count, sizeof *callers);
	round   shared = { .operation = operation, .side = side };
	double  cpu, ops = 0;
	bool    done = callers != NULL || bench_fail(b, "out of memory");

	for (size_t i = 0; done && i < count; i++)
		callers[i] = (caller){ .b = i == 0 ? b : &b->others[i - 1], .shared = &shared, .seed = bench_number(seed, i) };
	mark_round(b, "begins");
	cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	pthread_barrier_init(&shared.start, NULL, (unsigned)count);
	if (done && start_others(b, callers, count)) {
		call_with_others(&callers[0]);
		for (size_t i = 1; i < count; i++)
			pthread_join(callers[i].thread, NULL);
		done = !callers[0].failed && sum(b, callers, operation->each ? operation->items : 1, ops_per_s, &ops);
		*cpu_us = (clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / ops;
	} else {
		done = false;
	}
	mark_round(b, "ends");
	pthread_barrier_destroy(&shared.start);
	free(callers);
	return done;
}
