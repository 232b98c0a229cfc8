/* The near cache alone: what a hit costs, with threads, writers and eviction, and how often its eviction is right, against LRU on
 * the same traces. Internal calls, so it links the static library. The objects are as large as a user of the bench.
 *
 *     bench_near [--records N] [--seconds S]
 *     bench_near --growth N [--seconds S]     from 1 000 to N records: memory of each, time of a hit
 *
 * Times are CPU time of the threads that read, so that other programs on the machine count little; what they cost in the caches
 * of the CPU stays. */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/seat.h"
#include "cache/near.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OBJECT_BYTES 400
#define MALLOC_BYTES 416 /* that the heap takes for one */
#define LINE         64
#define THREADS_MOST 8
#define PICKS        (1u << 20)

/* ---- Objects ------------------------------------------------------------------------------------------------------- */

typedef struct object {
	atomic_size_t references;
	int64_t       id;
	void         *memory; /* as allocated */
	char          text[OBJECT_BYTES - 24];
} object;

static void retain_object(void *held)
{
	atomic_fetch_add_explicit(&((object *)held)->references, 1, memory_order_relaxed);
}

static void release_object(void *held)
{
	object *released = held;

	if (atomic_fetch_sub_explicit(&released->references, 1, memory_order_acq_rel) == 1)
		free(released->memory);
}

static void *room_of_object(const void *held)
{
	return (char *)(uintptr_t)held - WEIR__NEAR_ROOM;
}

static const weir__near_kind objects = { retain_object, release_object, room_of_object };

/* With room in front, at a line's bound, as records are made where there is a near cache. */
static object *make_object(int64_t id)
{
	char   *memory = calloc(1, sizeof(object) + WEIR__NEAR_ROOM + LINE - 16);
	size_t  end = (uintptr_t)memory + WEIR__NEAR_ROOM;
	object *made = (object *)(void *)(memory + WEIR__NEAR_ROOM + (LINE - end % LINE) % LINE);

	if (!memory)
		exit(1);
	atomic_init(&made->references, 1);
	made->memory = memory;
	made->id = id;
	return made;
}

static void put(weir__near *cache, weir__hash128 secret, int64_t id, size_t bytes)
{
	weir__near_ticket ticket = { .count = 0 };
	object           *made = make_object(id);

	weir__near_depend(&ticket, weir__near_stripe(cache, weir__hash128_of_pair(2, (uint64_t)id, secret)));
	weir__near_take(cache, &ticket, 0);
	(void)weir__near_put(cache, &(weir__near_item){
									.name = weir__hash128_of_pair(1, (uint64_t)id, secret),
									.ticket = &ticket,
									.value = { .kind = &objects, .object = made },
									.bytes = bytes,
									.now_us = 0,
									.expires_us = INT64_MAX,
								});
	release_object(made);
}

static bool get(weir__near *cache, weir__hash128 secret, int64_t id)
{
	weir__near_value value;

	if (!weir__near_get(cache, weir__hash128_of_pair(1, (uint64_t)id, secret), weir__coarse_now_us(), weir__seat(),
	                    &value))
		return false;
	if (((object *)value.object)->id != id)
		exit(2);
	release_object(value.object);
	return true;
}

static weir__near *make_cache(int64_t bytes)
{
	weir__near *cache = NULL;

	if (weir__near_create(&(weir_near_options){ .max_bytes = bytes }, &cache, NULL) < 0)
		exit(1);
	return cache;
}

/* ---- Picks --------------------------------------------------------------------------------------------------------- */

static uint64_t random_state = 42;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Numbers below n, the small ones more often: by the inverse of the sums of 1 / i^s. */
static void pick_zipf(uint32_t *picks, size_t count, uint32_t n, double s)
{
	double *sums = malloc(n * sizeof *sums);
	double  sum = 0;

	if (!sums)
		exit(1);
	for (uint32_t i = 0; i < n; i++)
		sums[i] = sum += 1 / pow(i + 1, s);
	for (size_t i = 0; i < count; i++) {
		double   at = (double)(next_random() >> 11) / 9007199254740992.0 * sum;
		uint32_t low = 0, high = n - 1;

		while (low < high) {
			uint32_t middle = low + (high - low) / 2;

			if (sums[middle] < at)
				low = middle + 1;
			else
				high = middle;
		}
		picks[i] = low;
	}
	free(sums);
}

static void pick_uniform(uint32_t *picks, size_t count, uint32_t n)
{
	for (size_t i = 0; i < count; i++)
		picks[i] = (uint32_t)(next_random() % n);
}

/* ---- Speed --------------------------------------------------------------------------------------------------------- */

typedef struct reader {
	pthread_t       thread;
	weir__near     *cache;
	weir__hash128   secret;
	const uint32_t *picks;
	size_t          first;
	double          seconds;
	uint64_t        done, hits;
	double          cpu_s;
} reader;

static atomic_bool stop_writing;

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *read_on(void *argument)
{
	reader *r = argument;
	double  until = clock_s(CLOCK_MONOTONIC) + r->seconds, cpu = clock_s(CLOCK_THREAD_CPUTIME_ID);
	size_t  at = r->first;

	while (clock_s(CLOCK_MONOTONIC) < until) {
		for (int i = 0; i < 4096; i++) {
			int64_t id = r->picks[at++ % PICKS];
			bool    hit = get(r->cache, r->secret, id);

			r->hits += hit;
			if (!hit)
				put(r->cache, r->secret, id, OBJECT_BYTES);
		}
		r->done += 4096;
	}
	r->cpu_s = clock_s(CLOCK_THREAD_CPUTIME_ID) - cpu;
	return NULL;
}

/* Drops and fills 20 000 entries a second, as 20 000 writes would. */
static void *write_on(void *argument)
{
	reader *r = argument;
	size_t  at = 0;

	while (!atomic_load(&stop_writing)) {
		for (int i = 0; i < 20; i++) {
			int64_t id = r->picks[at++ % PICKS];

			weir__near_touch(r->cache, weir__near_stripe(r->cache, weir__hash128_of_pair(2, (uint64_t)id, r->secret)));
			put(r->cache, r->secret, id, OBJECT_BYTES);
		}
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

static void run_readers(weir__near *cache, const uint32_t *picks, int threads, bool writers, double seconds,
                        const char *name)
{
	reader    readers[THREADS_MOST] = { { .done = 0 } };
	pthread_t writer;
	double    cpu_s = 0, rate = 0;
	uint64_t  done = 0, hits = 0;

	for (int i = 0; i < threads; i++)
		readers[i] = (reader){ .cache = cache,
			                   .secret = weir__near_secret(cache),
			                   .picks = picks,
			                   .first = (size_t)i * (PICKS / 3),
			                   .seconds = seconds };
	atomic_store(&stop_writing, false);
	if (writers)
		pthread_create(&writer, NULL, write_on, &readers[0]);
	for (int i = 0; i < threads; i++)
		pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
	for (int i = 0; i < threads; i++) {
		pthread_join(readers[i].thread, NULL);
		cpu_s += readers[i].cpu_s;
		done += readers[i].done;
		hits += readers[i].hits;
		rate += (double)readers[i].done / readers[i].cpu_s;
	}
	atomic_store(&stop_writing, true);
	if (writers)
		pthread_join(writer, NULL);
	printf("%-34s %7d %8s %9.1f %9.1f %9.4f\n", name, threads, writers ? "20k/s" : "none", cpu_s / (double)done * 1e9,
	       rate / 1e6, (double)hits / (double)done);
}

static void measure_speed(uint32_t records, double seconds)
{
	uint32_t   *picks = malloc(PICKS * sizeof *picks);
	int64_t     all = (int64_t)records * 700 + (8 << 20);
	weir__near *cache;

	if (!picks)
		exit(1);
	printf("%u records of %d bytes; get, look at it, release\n", records, OBJECT_BYTES);
	printf("%-34s %7s %8s %9s %9s %9s\n", "", "threads", "writers", "CPU ns", "Mops/CPUs", "hit ratio");
	for (int zipf = 0; zipf < 2; zipf++) {
		if (zipf)
			pick_zipf(picks, PICKS, records, 1);
		else
			pick_uniform(picks, PICKS, records);
		for (int evicts = 0; evicts < 2; evicts++) {
			char name[64];

			cache = make_cache(evicts ? (int64_t)records * 250 : all);
			for (uint32_t i = 0; i < records; i++)
				put(cache, weir__near_secret(cache), i, OBJECT_BYTES);
			snprintf(name, sizeof name, "%s, %s", zipf ? "Zipf (s = 1)" : "uniform", evicts ? "half fits" : "all fits");
			for (int threads = 1; threads <= 2; threads++)
				for (int writers = 0; writers < 2; writers++)
					run_readers(cache, picks, threads, writers, seconds, name);
			weir__near_release(cache);
		}
	}
	free(picks);
}

/* ---- Hit ratios ------------------------------------------------------------------------------------------------------ */

/* LRU as it is written down: a list in order of use. */
typedef struct lru {
	uint32_t *before, *after;
	bool     *there;
	uint32_t  n, first, last, count, most;
} lru;

static void lru_unlink(lru *l, uint32_t id)
{
	if (l->before[id] == UINT32_MAX)
		l->first = l->after[id];
	else
		l->after[l->before[id]] = l->after[id];
	if (l->after[id] == UINT32_MAX)
		l->last = l->before[id];
	else
		l->before[l->after[id]] = l->before[id];
}

static void lru_push(lru *l, uint32_t id)
{
	l->before[id] = UINT32_MAX;
	l->after[id] = l->first;
	if (l->first != UINT32_MAX)
		l->before[l->first] = id;
	else
		l->last = id;
	l->first = id;
}

static bool lru_use(lru *l, uint32_t id)
{
	bool hit = l->there[id];

	if (hit) {
		lru_unlink(l, id);
	} else if (l->count++ >= l->most) {
		uint32_t last = l->last;

		lru_unlink(l, last);
		l->there[last] = false;
		l->count--;
	}
	l->there[id] = true;
	lru_push(l, id);
	return hit;
}

static double lru_ratio(const uint32_t *trace, size_t length, uint32_t ids, uint32_t most)
{
	lru    l = { .n = ids, .first = UINT32_MAX, .last = UINT32_MAX, .most = most };
	size_t hits = 0;

	l.before = malloc(ids * sizeof *l.before);
	l.after = malloc(ids * sizeof *l.after);
	l.there = calloc(ids, sizeof *l.there);
	if (!l.before || !l.after || !l.there)
		exit(1);
	for (size_t i = 0; i < length; i++)
		hits += lru_use(&l, trace[i]);
	free(l.before);
	free(l.after);
	free(l.there);
	return (double)hits / (double)length;
}

/* SIEVE (Zhang et al., 2024): one queue, a bit, a hand that moves from the oldest to the newest. */
typedef struct sieve {
	lru      queue;
	bool    *used;
	uint32_t hand;
} sieve;

static void sieve_evict(sieve *s)
{
	uint32_t at = s->hand != UINT32_MAX ? s->hand : s->queue.last;

	while (s->used[at]) {
		s->used[at] = false;
		at = s->queue.before[at] != UINT32_MAX ? s->queue.before[at] : s->queue.last;
	}
	s->hand = s->queue.before[at];
	lru_unlink(&s->queue, at);
	s->queue.there[at] = false;
	s->queue.count--;
}

static double sieve_ratio(const uint32_t *trace, size_t length, uint32_t ids, uint32_t most)
{
	sieve  s = { .queue = { .n = ids, .first = UINT32_MAX, .last = UINT32_MAX, .most = most }, .hand = UINT32_MAX };
	size_t hits = 0;

	s.queue.before = malloc(ids * sizeof *s.queue.before);
	s.queue.after = malloc(ids * sizeof *s.queue.after);
	s.queue.there = calloc(ids, sizeof *s.queue.there);
	s.used = calloc(ids, sizeof *s.used);
	if (!s.queue.before || !s.queue.after || !s.queue.there || !s.used)
		exit(1);
	for (size_t i = 0; i < length; i++) {
		uint32_t id = trace[i];

		if (s.queue.there[id]) {
			s.used[id] = true;
			hits++;
			continue;
		}
		if (s.queue.count >= most)
			sieve_evict(&s);
		s.used[id] = false;
		s.queue.there[id] = true;
		s.queue.count++;
		lru_push(&s.queue, id);
	}
	free(s.queue.before);
	free(s.queue.after);
	free(s.queue.there);
	free(s.used);
	return (double)hits / (double)length;
}

/* The near cache with room for as many. One shard or many makes no difference that shows. */
static double near_ratio(const uint32_t *trace, size_t length, uint32_t most)
{
	weir_near_stats stats;
	weir__near     *cache = make_cache((int64_t)most * 1024);
	size_t          hits = 0;

	weir_near_cache_stats(cache, &stats);
	for (size_t i = 0; i < length; i++) {
		bool hit = get(cache, weir__near_secret(cache), trace[i]);

		hits += hit;
		if (!hit)
			put(cache, weir__near_secret(cache), trace[i], 1024 - 160);
	}
	weir_near_cache_stats(cache, &stats);
	if (stats.entries > most + most / 50 + 64)
		printf("(%llu entries instead of %u) ", (unsigned long long)stats.entries, most);
	weir__near_release(cache);
	return (double)hits / (double)length;
}

#define IDS    100000u
#define LENGTH 1000000u

typedef enum trace_kind { ZIPF_08, ZIPF_10, ZIPF_SCANS, ZIPF_SHIFTS, LOOP, TRACES } trace_kind;

static const char *const trace_names[] = {
	[ZIPF_08] = "Zipf (s = 0.8)",
	[ZIPF_10] = "Zipf (s = 1.0)",
	[ZIPF_SCANS] = "Zipf 1.0, a third of it scans",
	[ZIPF_SHIFTS] = "Zipf 1.0, hot set moves 10 times",
	[LOOP] = "loop over 1.5 times the cache",
};

static void make_trace(uint32_t *trace, trace_kind kind, uint32_t most)
{
	uint32_t scan = IDS;

	if (kind != LOOP)
		pick_zipf(trace, LENGTH, IDS, kind == ZIPF_08 ? 0.8 : 1.0);
	for (uint32_t i = 0; i < LENGTH; i++) {
		if (kind == ZIPF_SCANS && i % 60000 < 20000)
			trace[i] = scan = scan + 1 < 5 * IDS ? scan + 1 : IDS;
		else if (kind == ZIPF_SHIFTS)
			trace[i] = (trace[i] + i / (LENGTH / 10) * 9973) % IDS;
		else if (kind == LOOP)
			trace[i] = i % (most * 3 / 2);
	}
}

static void measure_ratios(void)
{
	uint32_t *trace = malloc(LENGTH * sizeof *trace);

	if (!trace)
		exit(1);
	printf("\n%u requests, %u ids; hit ratios\n", LENGTH, IDS);
	printf("%-34s %8s %8s %8s %8s\n", "", "room for", "LRU", "SIEVE", "near");
	for (trace_kind kind = 0; kind < TRACES; kind++) {
		for (uint32_t most = 1000; most <= 20000; most = most == 1000 ? 5000 : most * 4) {
			make_trace(trace, kind, most);
			printf("%-34s %8u %8.4f ", trace_names[kind], most, lru_ratio(trace, LENGTH, 5 * IDS, most));
			printf("%8.4f %8.4f\n", sieve_ratio(trace, LENGTH, 5 * IDS, most), near_ratio(trace, LENGTH, most));
		}
	}
	free(trace);
}

/* ---- Growth ---------------------------------------------------------------------------------------------------------- */

/* Bytes of this process that are in memory. */
static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long  pages = 0;

	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* The CPU time of a hit, in ns, and how many there were of 1000 requests. */
static double hit_ns(weir__near *cache, const uint32_t *picks, double seconds)
{
	reader r = { .cache = cache, .secret = weir__near_secret(cache), .picks = picks, .seconds = seconds };

	(void)read_on(&r);
	return r.cpu_s / (double)r.done * 1e9;
}

static void measure_growth(uint32_t most, double seconds)
{
	uint32_t *picks = malloc(PICKS * sizeof *picks);

	if (!picks)
		exit(1);
	printf("records of %d bytes, all fit, one thread\n", OBJECT_BYTES);
	printf("%12s %16s %16s %16s %16s\n", "records", "bytes of each", "of them ours", "ns: uniform", "Zipf (s = 1)");
	for (uint32_t records = 1000; records <= most; records *= 10) {
		long            before = resident_bytes();
		weir__near     *cache = make_cache((int64_t)records * 800 + (64 << 20));
		weir_near_stats stats;
		double          each, uniform;

		for (uint32_t i = 0; i < records; i++)
			put(cache, weir__near_secret(cache), i, OBJECT_BYTES);
		each = (double)(resident_bytes() - before) / records;
		weir_near_cache_stats(cache, &stats);
		if (stats.entries != records)
			printf("(%llu entries) ", (unsigned long long)stats.entries);
		pick_uniform(picks, PICKS, records);
		uniform = hit_ns(cache, picks, seconds);
		pick_zipf(picks, PICKS, records, 1);
		printf("%12u %16.0f %16.0f %16.1f %16.1f\n", records, each, each - MALLOC_BYTES, uniform,
		       hit_ns(cache, picks, seconds));
		weir__near_release(cache);
		if (records > most / 10)
			break;
	}
	free(picks);
}

int main(int argc, char **argv)
{
	uint32_t records = 100000, growth = 0;
	double   seconds = 1;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--records") == 0)
			records = (uint32_t)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--growth") == 0)
			growth = (uint32_t)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = strtod(argv[i + 1], NULL);
	}
	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (growth > 0) {
		measure_growth(growth, seconds);
		return 0;
	}
	measure_speed(records, seconds);
	measure_ratios();
	return 0;
}
