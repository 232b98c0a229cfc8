/* faults.c: the table of faults. Each begins and ends within its function; what it picks comes from the run's random
 * numbers alone, so that the seed repeats the script. Those which take Redis away or can lose what it holds say so to
 * the verifier. */
#include "faults.h"

#include "points.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

typedef enum effect {
	HARMLESS,   /* guards stand and can be placed */
	LOSES,      /* guards may be lost, and placed again */
	TAKES_AWAY, /* Redis is out of reach */
} effect;

typedef struct fault {
	const char *name;
	const char *what;
	effect      effect;
	void (*make)(driver *d, int victim); /* a worker's slot, or -1 */
	bool has_victim;
} fault;

static int pick(driver *d, int low, int high)
{
	return random_between(&d->random, low, high);
}

/* ---- Redis ------------------------------------------------------------------------------------------------------- */

static void flush(driver *d, int victim)
{
	(void)victim;
	servers_redis(&d->servers, "FLUSHALL");
}

/* Beside the workers' keys there are others that can go, so that there is always room for a guard. */
static const char ballast[] = "for i = 1, 600 do redis.call('SET', 'ballast:' .. i, string.rep('x', 1000)) end";

static void evict(driver *d, int victim)
{
	int  ms = pick(d, 200, 700);
	long less = pick(d, 100000, 400000);
	char command[64];

	(void)victim;
	servers_redis_with(&d->servers, "EVAL %s 0", ballast);
	snprintf(command, sizeof command, "CONFIG SET maxmemory %ld", servers_redis_memory(&d->servers) - less);
	servers_redis(&d->servers, "CONFIG SET maxmemory-policy allkeys-random");
	servers_redis(&d->servers, command);
	pause_ms(ms);
	servers_redis(&d->servers, "CONFIG SET maxmemory 0");
}

static void forget_scripts(driver *d, int victim)
{
	(void)victim;
	servers_redis(&d->servers, "SCRIPT FLUSH");
}

static void kill_clients(driver *d, int victim)
{
	(void)victim;
	for (int i = pick(d, 1, 3); i > 0; i--) {
		servers_redis(&d->servers, "CLIENT KILL TYPE normal SKIPME yes");
		pause_ms(pick(d, 1, 30));
	}
}

static void freeze_redis(driver *d, int victim)
{
	int ms = pick(d, 20, 1500);

	(void)victim;
	kill(d->servers.redis, SIGSTOP);
	pause_ms(ms);
	kill(d->servers.redis, SIGCONT);
}

static void restart_redis(driver *d, int victim)
{
	int ms = pick(d, 0, 500);

	(void)victim;
	d->failed |= !servers_end(&d->servers.redis, SIGKILL);
	pause_ms(ms);
	d->failed |= !servers_start_again(&d->servers);
}

/* It comes back with what it held some time ago. */
static void restore_redis(driver *d, int victim)
{
	int ms = pick(d, 100, 500);

	(void)victim;
	servers_redis(&d->servers, "SAVE");
	pause_ms(ms);
	restart_redis(d, victim);
}

/* ---- Links ------------------------------------------------------------------------------------------------------- */

static void set_link(driver *d, bool redis, int victim, proxy_mode mode, int value)
{
	for (int i = 0; i < d->shared->workers; i++) {
		check_worker_state *worker = &d->shared->worker[i];
		proxy_link         *link = redis ? &worker->redis_link : &worker->postgres_link;

		if (victim >= 0 && victim != i)
			continue;
		atomic_store(&link->value, value);
		atomic_store(&link->mode, (int)mode);
	}
}

static void spoil_link(driver *d, bool redis, int victim, proxy_mode mode, int value)
{
	int ms = pick(d, 50, 1200);

	set_link(d, redis, victim, mode, value);
	pause_ms(ms);
	set_link(d, redis, victim, PROXY_PASS, 0);
}

static void delay_a_little(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_DELAY, pick(d, 1, 15));
}

static void delay_much(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_DELAY, pick(d, 120, 200));
}

static void stall_redis(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_STALL, 0);
}

static void lose_replies(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_LOSE_REPLIES, 0);
}

static void repeat_replies(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_TWICE, 0);
}

static void cut_redis_at(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_CUT_AT, pick(d, 1, 3000));
}

static void close_redis(driver *d, int victim)
{
	spoil_link(d, true, victim, PROXY_CLOSED, 0);
}

static void cut_postgres_at(driver *d, int victim)
{
	spoil_link(d, false, victim, PROXY_CUT_AT, pick(d, 1, 20000));
}

static void lose_answers(driver *d, int victim)
{
	spoil_link(d, false, victim, PROXY_LOSE_REPLIES, 0);
}

static void stall_postgres(driver *d, int victim)
{
	spoil_link(d, false, victim, PROXY_STALL, 0);
}

/* ---- PostgreSQL -------------------------------------------------------------------------------------------------- */

#define OF_WORKERS " FROM pg_stat_activity WHERE application_name = 'weir-check'"

static void end_backends(driver *d, int victim)
{
	(void)victim;
	servers_sql(&d->servers, random_percent(&d->random, 50) ? "SELECT pg_terminate_backend(pid)" OF_WORKERS
	                                                        : "SELECT pg_terminate_backend(pid)" OF_WORKERS
	                                                          " AND state <> 'idle' LIMIT 3");
}

static void restart_postgres(driver *d, int victim)
{
	(void)victim;
	d->failed |= !servers_end(&d->servers.postgres, random_percent(&d->random, 50) ? SIGINT : SIGQUIT);
	d->failed |= !servers_start_again(&d->servers);
}

/* One process dies, so that the server ends all others and recovers. */
static void crash_postgres(driver *d, int victim)
{
	PGconn   *database = servers_database(&d->servers);
	PGresult *result = database ? PQexec(database, "SELECT pid" OF_WORKERS " LIMIT 1") : NULL;
	long      pid = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1
	                    ? strtol(PQgetvalue(result, 0, 0), NULL, 10)
	                    : 0;

	(void)victim;
	PQclear(result);
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
	pause_ms(20);
	d->failed |= !servers_database(&d->servers);
}

/* ---- Workers ----------------------------------------------------------------------------------------------------- */

static void kill_worker(driver *d, int victim)
{
	kill(d->workers[victim], SIGKILL);
	driver_replace_worker(d, victim);
}

/* It does not reach Redis for a while, and then is killed: what it owes the cache nobody knows, but for the outbox. */
static void orphan_writes(driver *d, int victim)
{
	proxy_link *link = &d->shared->worker[victim].redis_link;

	atomic_store(&link->mode, PROXY_CLOSED);
	pause_ms(pick(d, 300, 900));
	kill(d->workers[victim], SIGKILL);
	atomic_store(&link->mode, PROXY_PASS);
	driver_replace_worker(d, victim);
}

enum { REACH_MS = 3000 };

/* It dies by itself at some point of a write or a fill, if it comes there. */
static void kill_at_point(driver *d, int victim)
{
	point       at = (point)pick(d, POINT_NONE + 1, POINTS - 1);
	atomic_int *dies_at;
	siginfo_t   ended = { .si_pid = 0 };

	victim |= 1;
	if (victim >= d->shared->workers)
		return;
	dies_at = &d->shared->worker[victim].dies_at;
	if (d->options->verbose)
		fprintf(stderr, "  %s\n", point_names[at]);
	atomic_store(dies_at, (int)at);
	for (int ms = 0; ms < REACH_MS && ended.si_pid == 0; ms++) {
		waitid(P_PID, (id_t)d->workers[victim], &ended, WEXITED | WNOHANG | WNOWAIT);
		pause_ms(1);
	}
	atomic_store(dies_at, POINT_NONE);
	d->points += ended.si_pid != 0;
	kill_worker(d, victim);
}

static void freeze_worker(driver *d, int victim)
{
	int ms = random_percent(&d->random, 20) ? pick(d, 3000, 4500) : pick(d, 50, 1000);

	d->stopped[victim] = true;
	kill(d->workers[victim], SIGSTOP);
	pause_ms(ms);
	kill(d->workers[victim], SIGCONT);
	d->stopped[victim] = false;
}

static void long_transactions(driver *d, int victim)
{
	int ms = pick(d, 500, 1500);

	(void)victim;
	atomic_store(&d->shared->long_transactions, true);
	pause_ms(ms);
	atomic_store(&d->shared->long_transactions, false);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const fault faults[] = {
	{ "flush", "FLUSHALL", LOSES, flush, false },
	{ "evict", "eviction under maxmemory, at random", LOSES, evict, false },
	{ "scripts", "SCRIPT FLUSH", HARMLESS, forget_scripts, false },
	{ "killclient", "CLIENT KILL of all connections", HARMLESS, kill_clients, false },
	{ "latency", "Redis answers up to 15 ms late", HARMLESS, delay_a_little, true },
	{ "txn", "transactions that stay open", HARMLESS, long_transactions, false },
	{ "kill", "kill -9 of a worker", HARMLESS, kill_worker, true },
	{ "points", "a worker dies at a point of a write or a fill", HARMLESS, kill_at_point, true },
	{ "freeze", "SIGSTOP of a worker, up to 4.5 s", HARMLESS, freeze_worker, true },
	{ "pgkill", "pg_terminate_backend", HARMLESS, end_backends, false },
	{ "pgrestart", "restart of PostgreSQL, fast or immediate", HARMLESS, restart_postgres, false },
	{ "pgcrash", "kill -9 of a PostgreSQL process", HARMLESS, crash_postgres, false },
	{ "pgcut", "connections to PostgreSQL end at some byte", HARMLESS, cut_postgres_at, true },
	{ "pglose", "PostgreSQL's answers are lost", HARMLESS, lose_answers, true },
	{ "pgstall", "nothing moves between a worker and PostgreSQL", HARMLESS, stall_postgres, true },
	{ "lag", "Redis answers later than the cache waits", TAKES_AWAY, delay_much, true },
	{ "stall", "nothing moves between a worker and Redis", TAKES_AWAY, stall_redis, true },
	{ "lose", "Redis's answers are lost", TAKES_AWAY, lose_replies, true },
	{ "twice", "Redis's answers arrive twice", TAKES_AWAY, repeat_replies, true },
	{ "cut", "connections to Redis end at some byte", TAKES_AWAY, cut_redis_at, true },
	{ "close", "no connection to Redis", TAKES_AWAY, close_redis, true },
	{ "orphan", "no connection to Redis, then kill -9 of a worker", TAKES_AWAY, orphan_writes, true },
	{ "rfreeze", "SIGSTOP of Redis, up to 1.5 s", TAKES_AWAY, freeze_redis, false },
	{ "rrestart", "kill -9 of Redis, which comes back empty", TAKES_AWAY, restart_redis, false },
	{ "snapshot", "kill -9 of Redis, which comes back with an old snapshot", TAKES_AWAY, restore_redis, false },
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static bool is_named(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

static bool is_on(const char *names, const fault *f)
{
	return !names || is_named(names, f->name);
}

static const fault *find(const char *name, size_t length)
{
	for (size_t i = 0; i < FAULTS; i++)
		if (strlen(faults[i].name) == length && strncmp(faults[i].name, name, length) == 0)
			return &faults[i];
	return NULL;
}

bool faults_are_known(const char *names)
{
	for (const char *at = names; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		size_t length = strcspn(at, ",");

		if (find(at, length) || (length == 4 && strncmp(at, "none", 4) == 0))
			continue;
		fprintf(stderr, "check: there is no fault %.*s (--help)\n", (int)length, at);
		return false;
	}
	return true;
}

void faults_print(void)
{
	for (size_t i = 0; i < FAULTS; i++)
		printf("  %-11s %s\n", faults[i].name, faults[i].what);
}

bool faults_take_redis(const char *names)
{
	for (size_t i = 0; i < FAULTS; i++)
		if (is_on(names, &faults[i]) && faults[i].effect == TAKES_AWAY)
			return true;
	return false;
}

static const fault *pick_fault(driver *d)
{
	const fault *on[FAULTS];
	int          count = 0;

	for (size_t i = 0; i < FAULTS; i++)
		if (is_on(d->options->faults, &faults[i]))
			on[count++] = &faults[i];
	return count ? on[pick(d, 0, count - 1)] : NULL;
}

bool faults_make_one(driver *d)
{
	const fault      *f = pick_fault(d);
	check_disturbance disturbance;
	int               victim, everybody;

	if (!f)
		return false;
	victim = pick(d, 0, d->shared->workers - 1);
	everybody = pick(d, 0, 99) < 40;
	if (!f->has_victim || (everybody && f->make != kill_worker && f->make != kill_at_point &&
	                       f->make != freeze_worker && f->make != orphan_writes))
		victim = -1;
	if (d->options->verbose)
		fprintf(stderr, "fault %s, worker %d, at %.3f s\n", f->name, victim, (double)(clock_ns() - d->begin_ns) / 1e9);
	disturbance = (check_disturbance){ .begin_ns = clock_ns(), .worker = victim, .outage = f->effect == TAKES_AWAY };
	f->make(d, victim);
	disturbance.end_ns = clock_ns();
	if (f->effect != HARMLESS)
		verifier_disturb(&d->verifier, disturbance);
	d->faults++;
	d->outages += f->effect == TAKES_AWAY;
	return true;
}
