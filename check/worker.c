/* worker.c: the life of a worker: open a session, run threads, park them when the driver wants to look, end with it. */
#include "worker.h"

#include "actor.h"
#include "mutant.h"
#include "points.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Thread_local unsigned unguarded_here;
static atomic_uint            unguarded_all;

unsigned actor_unguarded(const check_worker *worker)
{
	return gathers_writes(worker->slot) ? atomic_load(&unguarded_all) : unguarded_here;
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void pause_ms(int ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&pause, NULL);
}

/* ---- One thread's log -------------------------------------------------------------------------------------------- */

int actor_pick_key(actor *a)
{
	return random_percent(&a->random, 50) ? random_between(&a->random, 0, 5) : random_between(&a->random, 0, KEYS - 1);
}

bool actor_has_room(const actor *a)
{
	return atomic_load_explicit(&a->log->count, memory_order_relaxed) + KEYS + 16 < LOG_RECORDS;
}

check_record *actor_record(actor *a, check_kind kind, unsigned ahead)
{
	check_record *record = &a->log->records[atomic_load_explicit(&a->log->count, memory_order_relaxed) + ahead];

	*record = (check_record){ .kind = kind, .incarnation = (uint16_t)a->worker->incarnation };
	return record;
}

void actor_publish(actor *a, unsigned count)
{
	atomic_fetch_add_explicit(&a->log->count, count, memory_order_release);
}

void actor_note_error(actor *a, const char *what, int rc)
{
	atomic_fetch_add_explicit(&a->worker->shared->worker[a->worker->slot].errors, 1, memory_order_relaxed);
	if (a->verbose)
		fprintf(stderr, "worker %d: %s: %s: %s\n", a->worker->slot, what, weir_status_name(rc), a->err.message);
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

static bool goes_on(const check_shared *shared)
{
	return atomic_load(&shared->phase) != ENDING && getppid() == shared->driver;
}

static void park(actor *a)
{
	check_shared *shared = a->worker->shared;

	atomic_store(&a->log->parked, true);
	while (atomic_load(&shared->phase) == PARKING && getppid() == shared->driver)
		pause_ms(1);
	atomic_store(&a->log->parked, false);
}

static void *act(void *argument)
{
	actor *a = argument;

	while (goes_on(a->worker->shared)) {
		if (atomic_load(&a->worker->shared->phase) == PARKING)
			park(a);
		else if (!actor_has_room(a))
			pause_ms(10);
		else if (random_percent(&a->random, 75))
			actor_read(a);
		else
			actor_write(a);
	}
	return NULL;
}

/* ---- The session ------------------------------------------------------------------------------------------------- */

static void take_line(void *context, weir_log_level level, const char *line)
{
	const check_worker *worker = context;

	if (strstr(line, "cache: guard of ") && strstr(line, ": failed in ")) {
		unguarded_here++;
		atomic_fetch_add(&unguarded_all, 1);
	}
	if (worker->verbose && level >= WEIR_LOG_WARNING)
		fprintf(stderr, "worker %d: %s\n", worker->slot, line);
}

bool worker_has_near_cache(const check_worker *worker)
{
	return worker->mistake ? strcmp(worker->mistake, "deaf") == 0 : has_near_cache(worker->slot);
}

static weir_session *open_session(const check_worker *worker)
{
	static const weir_model *const models[] = { &reg_model, &crew_model, NULL };
	weir_options                   options = {
						  .postgres = worker->postgres,
						  .redis = worker->redis,
						  .models = models,
						  .application_name = "weir-check",
						  .timeout_ms = 4000,
						  .connect_timeout_ms = 2000,
						  .outside_ms = worker->outside_ms,
						  .cache = { .policy = worker->policy,
		                             .ttl_s = worker->ttl_s,
		                             .unique_ttl_s = worker->ttl_s,
		                             .list_ttl_s = worker->ttl_s,
		                             .count_ttl_s = worker->ttl_s,
		                             .absent_ttl_s = worker->ttl_s },
						  .outbox = worker->outbox,
						  .log = { take_line, (void *)(uintptr_t)worker, WEIR_LOG_DEBUG },
	};
	weir_session *session = NULL;
	weir_error    err;

	if (worker->mistake) {
		options.cache_backend = mutant_backend(worker->mistake, worker->redis);
		options.cache_kind = WEIR_CACHE_CUSTOM;
		if (!options.cache_backend)
			return NULL;
	}
	if (!worker->mistake && has_points(worker->slot)) {
		options.cache_backend = points_backend(worker->redis, &worker->shared->worker[worker->slot].dies_at);
		options.cache_kind = WEIR_CACHE_CUSTOM;
		if (!options.cache_backend)
			return NULL;
	}
	if (worker->mistake && strcmp(worker->mistake, "no_relay") == 0)
		options.relay = WEIR_OFF;
	options.cache.near = worker_has_near_cache(worker) ? WEIR_ON : WEIR_INHERIT;
	while (goes_on(worker->shared)) {
		if (weir_open(&options, &session, &err) == WEIR_OK)
			return session;
		pause_ms(20);
	}
	return NULL;
}

static void watch(const check_worker *worker, weir_session *session)
{
	check_worker_state *state = &worker->shared->worker[worker->slot];
	weir_cache_stats    stats;

	atomic_store(&state->ready, true);
	while (goes_on(worker->shared)) {
		weir_cache_manager_stats(weir_session_cache(session), &reg_model, &stats);
		atomic_store(&state->hits, stats.hits);
		atomic_store(&state->near_hits, stats.near_hits);
		pause_ms(20);
	}
}

static void run(const check_worker *worker)
{
	weir_session *session;
	actor         actors[THREADS_MAX];
	pthread_t     threads[THREADS_MAX];

	reg_model.gathers_writes = gathers_writes(worker->slot);
	session = open_session(worker);
	if (!session)
		return;
	for (int i = 0; i < worker->shared->threads; i++) {
		actors[i] = (actor){
			.worker = worker,
			.session = session,
			.dao = weir_get_dao(session, &reg_model),
			.crews = weir_get_dao(session, &crew_model),
			.random = { worker->seed * 64 + (uint64_t)i },
			.log = &worker->shared->worker[worker->slot].logs[i],
			.thread = i,
			.verbose = worker->verbose,
		};
		if (pthread_create(&threads[i], NULL, act, &actors[i]) != 0)
			_exit(3);
	}
	watch(worker, session);
	for (int i = 0; i < worker->shared->threads; i++)
		pthread_join(threads[i], NULL);
	weir_close(&session);
}

pid_t worker_fork(const check_worker *worker)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	run(worker);
	_exit(0);
}
