/* driver.c: rounds. In each the workers run under faults, are parked, and what they saw is checked. */
#define _DEFAULT_SOURCE
#include "driver.h"

#include "faults.h"
#include "outside.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUND_S = 10,
	PARK_MS = 30000, /* a call that has not returned by then never will */
	READY_MS = 20000,
	END_MS = 10000,
	RECOVERY_MS = 10000,
	CALM_MS = 3000,  /* at the end, for everybody to recover */
	LEASE_MS = 3000, /* a fill may come so much later than its read */
	TTL_LONG_S = 60,
	RELAYED_MS = 8000, /* after which a relay that can has applied what is in the outbox */
	OUTAGES_ENOUGH = 10,
	TTL_SHORT_S = 2 /* where Redis is taken away: stale entries end with their time to live */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* ---- Workers ----------------------------------------------------------------------------------------------------- */

static void fork_worker(driver *d, int slot)
{
	check_worker_state *state = &d->shared->worker[slot];
	char                postgres[256], redis[64];
	check_worker        worker = {
			   .shared = d->shared,
			   .slot = slot,
			   .incarnation = ++d->incarnations,
			   .seed = d->options->seed * 1000 + (uint64_t)d->incarnations,
			   .postgres = postgres,
			   .redis = redis,
			   .mistake = d->options->mistake,
			   .ttl_s = d->ttl_s,
			   .policy = d->options->fail ? WEIR_POLICY_FAIL : WEIR_POLICY_DEGRADE,
			   .outside_ms = d->options->outside ? OUTSIDE_MS : 0,
			   .outbox = d->options->outbox || d->options->outside ? WEIR_ON : WEIR_OFF,
			   .rarely = d->options->outbox,
			   .verbose = d->options->verbose,
	};

	snprintf(postgres, sizeof postgres, "postgresql://weir:%s@127.0.0.1:%d/postgres", d->servers.password,
	         state->postgres_link.port);
	snprintf(redis, sizeof redis, "redis://127.0.0.1:%d/0", state->redis_link.port);
	atomic_store(&state->ready, false);
	atomic_store(&state->dies_at, 0);
	for (int i = 0; i < d->shared->threads; i++)
		atomic_store(&state->logs[i].parked, false);
	d->workers[slot] = worker_fork(&worker);
	d->failed |= d->workers[slot] < 0;
}

void driver_replace_worker(driver *d, int slot)
{
	while (waitpid(d->workers[slot], NULL, 0) < 0 && errno == EINTR)
		;
	fork_worker(d, slot);
}

/* A worker that ended by itself has crashed. */
static bool all_alive(driver *d)
{
	for (int slot = 0; slot < d->shared->workers; slot++) {
		int status = 0;

		if (d->workers[slot] <= 0 || waitpid(d->workers[slot], &status, WNOHANG) == 0)
			continue;
		verifier_report(&d->verifier, "worker %d ended by %s %d", slot, WIFSIGNALED(status) ? "signal" : "exit",
		                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		d->workers[slot] = 0;
		d->failed = true;
		return false;
	}
	return true;
}

static bool is_ready(const driver *d, int slot)
{
	return atomic_load(&d->shared->worker[slot].ready);
}

static bool is_parked(const driver *d, int slot)
{
	bool parked = is_ready(d, slot);

	for (int i = 0; i < d->shared->threads; i++)
		parked = parked && atomic_load(&d->shared->worker[slot].logs[i].parked);
	return parked;
}

static bool wait_for_all(driver *d, bool (*is_so)(const driver *, int), int most_ms, const char *what)
{
	uint64_t until_ns = clock_ns() + (uint64_t)most_ms * 1000000;

	for (int slot = 0; slot < d->shared->workers;) {
		if (is_so(d, slot)) {
			slot++;
			continue;
		}
		if (!all_alive(d))
			return false;
		if (clock_ns() > until_ns) {
			verifier_report(&d->verifier, "worker %d is not %s after %d ms", slot, what, most_ms);
			d->failed = true;
			return false;
		}
		pause_ms(2);
	}
	return true;
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

/* Whatever a killed worker had begun has ended, one way or the other. */
static bool await_transactions(driver *d)
{
	for (int i = 0; i < 1000; i++) {
		PGconn   *database = servers_database(&d->servers);
		PGresult *result = database
		                       ? PQexec(database, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'weir-check'"
		                                          " AND state <> 'idle'")
		                       : NULL;
		bool      none = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 0;

		PQclear(result);
		if (none)
			return true;
		pause_ms(10);
	}
	fprintf(stderr, "check: transactions do not end\n");
	return false;
}

static void empty_logs(check_shared *shared)
{
	atomic_store(&shared->outside.count, 0);
	for (int slot = 0; slot < shared->workers; slot++)
		for (int i = 0; i < shared->threads; i++)
			atomic_store(&shared->worker[slot].logs[i].count, 0);
}

static void make_faults(driver *d, uint64_t until_ns)
{
	int pause = (int)(d->options->pause_s * 1000);

	while (clock_ns() < until_ns && !interrupted && !d->failed) {
		int      ms = random_between(&d->random, pause / 2, pause * 3 / 2);
		uint64_t left_ms = (until_ns - clock_ns()) / 1000000;

		if ((uint64_t)ms >= left_ms) {
			pause_ms((int)left_ms);
			return;
		}
		pause_ms(ms);
		if (!faults_make_one(d))
			pause_ms((int)(left_ms - (uint64_t)ms));
	}
}

static void check_table(driver *d, PGconn *database)
{
	int differences = ledger_compare(&d->verifier.ledger, database);

	if (differences > 0)
		verifier_report(&d->verifier, "%d rows are not as the last committed writes left them", differences);
	d->failed |= differences < 0;
}

static void check_round(driver *d)
{
	PGconn *database;

	atomic_store(&d->shared->phase, PARKING);
	if (!wait_for_all(d, is_parked, PARK_MS, "back from its calls"))
		return;
	while (d->outsider > 0 && !atomic_load(&d->shared->outside.parked))
		pause_ms(1);
	database = await_transactions(d) ? servers_database(&d->servers) : NULL;
	if (!database || !verifier_check(&d->verifier, d->shared, database)) {
		d->failed = true;
		return;
	}
	check_table(d, database);
	empty_logs(d->shared);
	atomic_store(&d->shared->phase, RUNNING);
	if (d->options->mistake)
		return;
	printf("  %3.0f s: %" PRIu64 " operations, %" PRIu64 " faults, %" PRIu64 " violations\n",
	       (double)(clock_ns() - d->begin_ns) / 1e9, d->verifier.operations, d->faults, d->verifier.violations);
	fflush(stdout);
}

static bool has_hits_since(const driver *d, int slot, uint64_t before)
{
	return !is_ready(d, slot) || atomic_load(&d->shared->worker[slot].hits) > before;
}

/* After the last fault every worker reads from the cache again. */
static void check_recovery(driver *d)
{
	uint64_t until_ns = clock_ns() + RECOVERY_MS * UINT64_C(1000000);
	uint64_t before[WORKERS_MAX];

	for (int slot = 0; slot < d->shared->workers; slot++)
		before[slot] = atomic_load(&d->shared->worker[slot].hits);
	pause_ms(CALM_MS);
	for (int slot = 0; slot < d->shared->workers; slot++) {
		while (!has_hits_since(d, slot, before[slot]) && clock_ns() < until_ns)
			pause_ms(10);
		if (!has_hits_since(d, slot, before[slot]))
			verifier_report(&d->verifier, "worker %d does not use the cache again", slot);
	}
}

static bool goes_on(const driver *d)
{
	return !interrupted && !d->failed && clock_ns() < d->end_ns && !(d->options->mistake && d->verifier.violations > 0);
}

static void run_rounds(driver *d)
{
	int round_s = d->options->mistake ? ROUND_S / 2 : ROUND_S;

	while (goes_on(d)) {
		uint64_t until_ns = clock_ns() + (uint64_t)round_s * 1000000000;

		make_faults(d, until_ns < d->end_ns ? until_ns : d->end_ns);
		if (!d->failed && !goes_on(d) && !d->options->mistake)
			check_recovery(d);
		if (!d->failed)
			check_round(d);
	}
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

static bool prepare_links(driver *d)
{
	proxy_link *links[2 * WORKERS_MAX];
	int         count = 0;

	for (int slot = 0; slot < d->shared->workers; slot++) {
		check_worker_state *state = &d->shared->worker[slot];

		links[count++] = &state->redis_link;
		links[count++] = &state->postgres_link;
		if (proxy_listen(&state->redis_link, d->servers.redis_port) < 0 ||
		    proxy_listen(&state->postgres_link, d->servers.postgres_port) < 0)
			return false;
	}
	atomic_store(&d->shared->worker[0].postgres_link.always_delay_ms, d->options->pg_delay_ms);
	d->proxy = proxy_fork(links, count);
	return d->proxy > 0;
}

static check_shared *map_shared(const check_options *options)
{
	check_shared *shared =
		mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (shared == MAP_FAILED)
		return NULL;
	shared->driver = getpid();
	shared->workers = options->workers;
	shared->threads = options->threads;
	atomic_store(&shared->next_tag, 1);
	return shared;
}

/* Triggers first; as a mistake there are none. */
static bool begin_outside(driver *d)
{
	char redis[64];

	snprintf(redis, sizeof redis, "redis://127.0.0.1:%d/0", d->servers.redis_port);
	if (!outside_install(d->servers.postgres_url, redis, !d->options->mistake))
		return false;
	d->outsider = outside_fork(d->shared, d->servers.postgres_url, d->options->seed);
	return d->outsider > 0;
}

static bool begin(driver *d)
{
	d->shared = map_shared(d->options);
	if (!d->shared || !servers_start(&d->servers) || !servers_sql(&d->servers, reg_schema) ||
	    !servers_sql(&d->servers, weir_outbox_sql()) || !prepare_links(d))
		return false;
	if (d->options->outside && !begin_outside(d))
		return false;
	for (int slot = 0; slot < d->shared->workers; slot++)
		fork_worker(d, slot);
	d->begin_ns = clock_ns();
	d->end_ns = d->begin_ns + (uint64_t)(d->options->seconds * 1e9);
	return !d->failed && wait_for_all(d, is_ready, READY_MS, "ready");
}

/* True: it has ended, as it should or not. */
static bool has_ended(driver *d, int slot)
{
	int status = 0;

	if (d->workers[slot] <= 0)
		return true;
	if (waitpid(d->workers[slot], &status, WNOHANG) != d->workers[slot])
		return false;
	d->workers[slot] = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		verifier_report(&d->verifier, "worker %d did not end well: status %d", slot, status);
	return true;
}

static void end_workers(driver *d)
{
	atomic_store(&d->shared->phase, ENDING);
	for (int slot = 0; slot < d->shared->workers; slot++) {
		uint64_t until_ns = clock_ns() + END_MS * UINT64_C(1000000);

		while (!has_ended(d, slot) && clock_ns() < until_ns)
			pause_ms(5);
		if (d->workers[slot] <= 0)
			continue;
		verifier_report(&d->verifier, "worker %d does not end", slot);
		kill(d->workers[slot], SIGKILL);
		waitpid(d->workers[slot], NULL, 0);
		d->workers[slot] = 0;
	}
}

static void end(driver *d)
{
	if (d->shared) {
		if (d->outsider > 0) {
			kill(d->outsider, SIGKILL);
			waitpid(d->outsider, NULL, 0);
		}
		if (d->proxy > 0) {
			kill(d->proxy, SIGKILL);
			waitpid(d->proxy, NULL, 0);
		}
		for (int slot = 0; slot < d->shared->workers; slot++) {
			close(d->shared->worker[slot].redis_link.listener);
			close(d->shared->worker[slot].postgres_link.listener);
		}
		munmap(d->shared, sizeof *d->shared);
	}
	servers_stop(&d->servers);
	verifier_release(&d->verifier);
}

static void print_more(const driver *d)
{
	uint64_t hits = 0, near_hits = 0, errors = 0;

	for (int slot = 0; slot < d->shared->workers; slot++) {
		hits += atomic_load(&d->shared->worker[slot].hits);
		errors += atomic_load(&d->shared->worker[slot].errors);
		near_hits += atomic_load(&d->shared->worker[slot].near_hits);
	}
	printf("  %" PRIu64 " hits in the cache by the processes that live, %" PRIu64 " of them near; %" PRIu64
	       " calls failed, %" PRIu64 " writes without their guards, %" PRIu64 " of unknown outcome, %" PRIu64
	       " deaths at a point\n",
	       hits, near_hits, errors, d->verifier.unguarded_writes, d->verifier.pending_writes, d->points);
}

/* What writes went on without guards is known from the library's log: whoever cannot read that sees no windows. */
static void check_sight(driver *d)
{
	if (d->outages >= OUTAGES_ENOUGH && !d->options->fail && d->verifier.unguarded_writes == 0)
		verifier_report(&d->verifier,
		                "Redis was taken away %" PRIu64 " times, and no write says that it went without guards",
		                d->outages);
}

check_result driver_run(const check_options *options)
{
	struct sigaction action = { .sa_handler = interrupt };
	driver           d = { .options = options, .random = { options->seed } };
	check_result     result;

	d.uses_redis_faults = faults_take_redis(options->faults);
	d.ttl_s = d.uses_redis_faults && !options->outbox ? TTL_SHORT_S : TTL_LONG_S;
	verifier_init(&d.verifier, ((uint64_t)d.ttl_s * 1000 + LEASE_MS + 500) * 1000000);
	d.verifier.strict = options->fail;
	if (options->outbox)
		d.verifier.blind_ns = RELAYED_MS * UINT64_C(1000000);
	if (options->mistake)
		d.verifier.shown_most = 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* of the driver alone: the library must do without */
	if (!begin(&d))
		d.failed = true;
	else
		run_rounds(&d);
	if (d.shared && !options->mistake && !d.failed) {
		print_more(&d);
		check_sight(&d);
	}
	if (d.shared)
		end_workers(&d);
	result = (check_result){ .operations = d.verifier.operations,
		                     .faults = d.faults,
		                     .violations = d.verifier.violations,
		                     .seconds = d.begin_ns ? (double)(clock_ns() - d.begin_ns) / 1e9 : 0,
		                     .failed = d.failed || interrupted };
	end(&d);
	return result;
}
