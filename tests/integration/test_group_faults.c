/* Writes that share a transaction when something happens to it: each caller is told what became of its own. */
#define _GNU_SOURCE
#include "dao/group.h"
#include "support/database.h"
#include "support/redis.h"
#include "support/servers.h"
#include "support/suite.h"

#include <weir/weir.h>

#include <sched.h>
#include <string.h>

#define WRITERS 8

typedef struct note {
	int64_t     id;
	const char *text;
} note;
WEIR_RECORD(note)

static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true),
	WEIR_FIELD(note, text),
};
static const weir_model        note_model = WEIR_MODEL(note, "notes", note_fields, .gathers_writes = true);
static const weir_model *const models[] = { &note_model, NULL };

static struct server      postgres, redis;
static weir_session      *session, *elsewhere;
static weir_base_dao      notes;
static weir_error         err;
static atomic_int         commits; /* of the others than the first: 0: the next one is spoilt */
static atomic_bool        first_done;
static _Thread_local bool is_alone; /* the first one, and one that may not wait */
static void (*spoil)(void);
static int         impatient_ms; /* of the last writer, where it is to have less time than the others */
static atomic_bool impatient_done;
static bool        outlasted;

static void *on_start(void *context, const weir_span *span)
{
	(void)context;
	if (!span->operation || strcmp(span->operation, "COMMIT") != 0 || is_alone || atomic_fetch_sub(&commits, 1) != 0)
		return NULL;
	while (!atomic_load(&first_done))
		sched_yield();
	spoil();
	return NULL;
}

static void on_end(void *context, void *started, const weir_span *span)
{
	(void)context, (void)started, (void)span;
}

static weir_session *open_session(weir_trace trace)
{
	weir_session *opened = NULL;
	weir_options  options = {
		 .models = models, .postgres = postgres.url, .redis = redis.url, .cache_timeout_ms = 2000, .trace = trace
	};

	ck_assert_msg(weir_open(&options, &opened, &err) == WEIR_OK, "%s", err.message);
	return opened;
}

static void setup(void)
{
	server_start(&postgres, SERVER_POSTGRES);
	server_start(&redis, SERVER_REDIS);
	sql_run(postgres.url, "CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)");
	sql_run(postgres.url, "INSERT INTO notes SELECT i, 'before' FROM generate_series(0, 99) i");
	session = open_session((weir_trace){ .start = on_start, .end = on_end });
	elsewhere = open_session((weir_trace){ .start = NULL });
	notes = weir_get_dao(session, &note_model);
	weir__group_set_patience(session->engine->group, 30000);
	atomic_store(&commits, -1);
}

static void teardown(void)
{
	weir_close(&elsewhere);
	weir_close(&session);
	server_release(&redis);
	server_release(&postgres);
}

static bool cache_says(weir_session *from, int64_t id, const char *text)
{
	weir_base_dao dao = weir_get_dao(from, &note_model);
	const note   *found = NULL;
	int           rc = weir_base_dao_get_by_id_cached(&dao, &id, &found, &err);
	bool          same = rc == WEIR_OK && strcmp(found->text, text) == 0;

	note_release(&found);
	return same;
}

/* ---- Writers, of the rows 1 to WRITERS ------------------------------------------------------------------------------- */

typedef struct writer {
	pthread_t  thread;
	int64_t    id;
	int        timeout_ms;
	int        rc;
	weir_error err;
} writer;

static struct writer writers[WRITERS + 1]; /* the first one has the place */

static void *write_once(void *context)
{
	writer       *w = context;
	weir_base_dao dao = notes;
	const note   *written = NULL;

	dao.timeout_ms = w->timeout_ms;
	is_alone = w->id == 0 || w->timeout_ms == impatient_ms;
	w->rc = weir_base_dao_update(&dao, &w->id, &(note){ .text = "after" }, WEIR_SET(note, text), &written, &w->err);
	if ((w->rc == WEIR_OK) != (written != NULL))
		w->rc = WEIR_ERR_USAGE;
	note_release(&written);
	if (w->id == 0)
		atomic_store(&first_done, true);
	if (w->timeout_ms == impatient_ms)
		atomic_store(&impatient_done, true);
	return NULL;
}

/* All but the first share a transaction, whose COMMIT is spoilt. */
static void write_together(int timeout_ms, void (*spoiling)(void))
{
	weir_session *tx = NULL;
	weir_base_dao inside;
	int64_t       id = 0;

	atomic_store(&first_done, false);
	for (int i = 0; i < 2 * WRITERS; i++)
		ck_assert(cache_says(elsewhere, 1 + i % WRITERS, "before"));
	ck_assert_int_eq(weir_begin(session, NULL, &tx, &err), WEIR_OK);
	inside = weir_get_dao(tx, &note_model);
	ck_assert_int_eq(weir_base_dao_update(&inside, &id, &(note){ .text = "locked" }, WEIR_SET(note, text), NULL, &err),
	                 WEIR_OK);
	for (int i = 0; i <= WRITERS; i++) {
		writers[i] = (writer){ .id = i, .timeout_ms = i == WRITERS && impatient_ms ? impatient_ms : timeout_ms };
		ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_once, &writers[i]), 0);
		EVENTUALLY(i > 0 || sql_number(postgres.url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = "
		                                             "'Lock'") == 1);
	}
	EVENTUALLY(weir__group_waiting(session->engine->group) >= WRITERS - (impatient_ms > 0));
	spoil = spoiling;
	atomic_store(&commits, 0);
	weir_rollback(&tx);
	for (int i = 0; i <= WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	ck_assert_int_eq(writers[0].rc, WEIR_OK);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------------- */

static void end_writer(void)
{
	sql_run(postgres.url,
	        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND "
	        "pid <> pg_backend_pid() AND backend_type = 'client backend'");
}

START_TEST(test_group__a_connection_lost_before_commit_leaves_each_to_itself)
{
	setup();
	write_together(20000, end_writer);
	for (int i = 1; i <= WRITERS; i++) {
		ck_assert_msg(writers[i].rc == WEIR_OK, "%s", writers[i].err.message);
		ck_assert(cache_says(elsewhere, i, "after") && cache_says(session, i, "after"));
	}
	ck_assert_int_eq(atomic_load(&commits), -1 - WRITERS);
	teardown();
}
END_TEST

static void pause_server(void)
{
	server_pause(&postgres);
}

/* It lands when the server goes on, unless its process is ended before; either way it is all or nothing. */
START_TEST(test_group__a_commit_of_unknown_fate_is_told_to_all_of_them)
{
	int64_t landed;

	setup();
	write_together(1500, pause_server);
	for (int i = 1; i <= WRITERS; i++) {
		ck_assert_msg(writers[i].rc == WEIR_ERR_UNKNOWN_COMMIT, "%s", weir_status_name(writers[i].rc));
		ck_assert_int_eq(writers[i].err.status, WEIR_ERR_UNKNOWN_COMMIT);
		ck_assert_int_eq(writers[i].err.effect, WEIR_EFFECT_UNKNOWN);
		ck_assert(writers[i].err.sent);
	}
	server_resume(&postgres);
	EVENTUALLY(!cache_says(session, 99, "") && atomic_load(&session->engine->doubts.count) == 0);
	landed = sql_number(postgres.url, "SELECT count(*) FROM notes WHERE text = 'after' AND id > 0");
	ck_assert(landed == 0 || landed == WRITERS);
	for (int i = 1; i <= WRITERS; i++) {
		EVENTUALLY(cache_says(session, i, landed ? "after" : "before"));
		EVENTUALLY(cache_says(elsewhere, i, landed ? "after" : "before"));
	}
	teardown();
}
END_TEST

static void kill_server(void)
{
	server_kill(&postgres);
}

START_TEST(test_group__each_is_told_when_the_server_dies)
{
	setup();
	write_together(1500, kill_server);
	for (int i = 1; i <= WRITERS; i++)
		ck_assert_int_lt(writers[i].rc, 0);
	server_restart(&postgres);
	for (int i = 1; i <= WRITERS; i++) {
		EVENTUALLY(cache_says(session, i, "before"));
		EVENTUALLY(cache_says(elsewhere, i, "before"));
	}
	teardown();
}
END_TEST

static void stop_redis(void)
{
	server_stop(&redis);
}

/* Between guard and release; this process reads past the cache from then on. */
/* The transaction of the others takes longer than the one has that had no time for it. */
static void outlast(void)
{
	int64_t until_us = weir__now_us() + 10000000;

	while (!atomic_load(&impatient_done) && weir__now_us() < until_us)
		sched_yield();
	outlasted = atomic_load(&impatient_done);
}

START_TEST(test_group__who_is_impatient_does_not_wait_for_the_transaction_of_the_others)
{
	setup();
	impatient_ms = 900;
	write_together(20000, outlast);
	impatient_ms = 0;
	ck_assert(outlasted);
	for (int i = 1; i <= WRITERS; i++)
		ck_assert_int_eq(writers[i].rc, WEIR_OK);
	teardown();
}
END_TEST

START_TEST(test_group__redis_may_go_meanwhile)
{
	setup();
	write_together(20000, stop_redis);
	for (int i = 1; i <= WRITERS; i++) {
		ck_assert_msg(writers[i].rc == WEIR_OK, "%s", writers[i].err.message);
		ck_assert(cache_says(session, i, "after"));
	}
	server_restart(&redis);
	for (int i = 1; i <= WRITERS; i++)
		EVENTUALLY(cache_says(elsewhere, i, "after") && cache_says(session, i, "after"));
	teardown();
}
END_TEST

WEIR_SUITE("group_faults", test_group__a_connection_lost_before_commit_leaves_each_to_itself,
           test_group__a_commit_of_unknown_fate_is_told_to_all_of_them, test_group__each_is_told_when_the_server_dies,
           test_group__who_is_impatient_does_not_wait_for_the_transaction_of_the_others,
           test_group__redis_may_go_meanwhile);
