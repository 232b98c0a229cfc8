/* outside.c: single updates of tag and group of one row in four, up to a hundred a second, entered in a log of their own as the workers' writes are in
 * theirs. */
#include "outside.h"

#include "random.h"
#include "registry.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EACH_MS = 10 };

bool outside_install(const char *postgres, const char *redis, bool triggers)
{
	static const weir_model *const models[] = { &reg_model, &crew_model, NULL };
	weir_options                   options = { .postgres = postgres, .redis = redis, .models = models };
	weir_session                  *session = NULL;
	weir_error                     err = WEIR_ERROR_INIT;
	int                            rc = weir_open(&options, &session, &err);

	if (rc >= 0)
		rc = weir_outbox_install(session, &err);
	if (rc >= 0 && triggers)
		rc = weir_relay_install(session, NULL, &err);
	weir_close(&session);
	if (rc < 0)
		fprintf(stderr, "check: triggers: %s\n", err.message);
	return rc >= 0;
}

typedef struct outsider {
	check_shared *shared;
	const char   *postgres;
	PGconn       *database;
	check_random  random;
} outsider;

static void ignore_notice(void *argument, const char *message)
{
	(void)argument, (void)message;
}

static bool is_connected(outsider *o)
{
	if (o->database && PQstatus(o->database) == CONNECTION_OK)
		return true;
	PQfinish(o->database);
	o->database = PQconnectdb(o->postgres);
	PQsetNoticeProcessor(o->database, ignore_notice, NULL);
	return PQstatus(o->database) == CONNECTION_OK;
}

static void write_one(outsider *o)
{
	check_log    *log = &o->shared->outside;
	unsigned      count = atomic_load(&log->count);
	check_record *record = &log->records[count];
	int key = random_between(&o->random, 0, KEYS / 4 - 1) * 4 + 1, group = random_between(&o->random, 0, GROUPS - 1);
	int64_t   tag = atomic_fetch_add(&o->shared->next_tag, 1);
	char      sql[160];
	PGresult *result;

	snprintf(sql, sizeof sql, "UPDATE reg SET tag = %" PRId64 ", grp = %d WHERE k = %d RETURNING ver", tag, group, key);
	*record = (check_record){ .kind = WRITE, .key = key, .tag = tag, .group = -1, .name = -1, .outside = 1 };
	record->begin_ns = clock_ns();
	atomic_store(&log->count, count + 1);
	result = PQexec(o->database, sql);
	record->end_ns = clock_ns();
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		record->outcome = UNKNOWN;
	else if (PQntuples(result) == 0)
		record->outcome = UNDONE;
	else
		record->version = strtoll(PQgetvalue(result, 0, 0), NULL, 10), record->outcome = DONE;
	PQclear(result);
}

static void run(outsider *o)
{
	check_shared *shared = o->shared;

	while (atomic_load(&shared->phase) != ENDING && getppid() == shared->driver) {
		bool parks = atomic_load(&shared->phase) == PARKING;

		atomic_store(&shared->outside.parked, parks);
		if (!parks && atomic_load(&shared->outside.count) < LOG_RECORDS && is_connected(o))
			write_one(o);
		pause_ms(EACH_MS);
	}
	PQfinish(o->database);
}

pid_t outside_fork(check_shared *shared, const char *postgres, uint64_t seed)
{
	outsider o = { .shared = shared, .postgres = postgres, .random = { seed * 1000003 } };
	pid_t    child = fork();

	if (child != 0)
		return child;
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	run(&o);
	_exit(0);
}
