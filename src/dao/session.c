/* Opening and closing sessions: options in, engine out. */
#include "dao/session.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/process.h"
#include "cache/watermark.h"
#include "dao/era.h"
#include "dao/group.h"
#include "dao/outbox.h"
#include "dao/principal.h"
#include "dao/relation.h"
#include "dao/relay.h"
#include "dao/result.h"
#include "db/place.h"

#include <stdio.h>
#include <string.h>

/* The numbers of weir_options that have a default and a lowest value: data, so that checking them is one loop. */
static const struct {
	const char *name;
	size_t      offset;
	int         fallback;
	int         lowest;
} numbers[] = {
	{ "timeout_ms", offsetof(weir_options, timeout_ms), 5000, 1 },
	{ "connect_timeout_ms", offsetof(weir_options, connect_timeout_ms), 3000, 1 },
	{ "max_statements", offsetof(weir_options, max_statements), 256, 8 },
	{ "cache_timeout_ms", offsetof(weir_options, cache_timeout_ms), 50, 1 },
	{ "outside_ms", offsetof(weir_options, outside_ms), 0, 0 },
	{ "slow_query_ms", offsetof(weir_options, slow_query_ms), 0, 0 },
	{ "pool.min_connections", offsetof(weir_options, pool.min_connections), 0, 0 },
	{ "pool.max_connections", offsetof(weir_options, pool.max_connections), 8, 1 },
	{ "pool.acquire_timeout_ms", offsetof(weir_options, pool.acquire_timeout_ms), 0, 0 },
	{ "pool.idle_timeout_s", offsetof(weir_options, pool.idle_timeout_s), 300, 1 },
	{ "pool.max_lifetime_s", offsetof(weir_options, pool.max_lifetime_s), 1800, 1 },
};

static int check_numbers(weir_options *options, weir_error *err)
{
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		int *number = (int *)((char *)options + numbers[i].offset);

		if (*number == 0)
			*number = numbers[i].fallback;
		if (*number < numbers[i].lowest)
			return weir__error_set(err, WEIR_ERR_USAGE, "options.%s is %d, at least %d is needed", numbers[i].name,
			                       *number, numbers[i].lowest);
	}
	if (options->pool.min_connections > options->pool.max_connections)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.pool.min_connections is above max_connections");
	if (options->max_limit == 0)
		options->max_limit = 10000;
	if (options->max_limit < WEIR_LIMIT_DEFAULT)
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "options.max_limit is below %d, the limit of a query that names none",
		                       WEIR_LIMIT_DEFAULT);
	return WEIR_OK;
}

/* Can other processes see what is in the cache? */
static bool shares_cache(const weir_options *options)
{
	return options->cache_kind == WEIR_CACHE_REDIS || options->cache_kind == WEIR_CACHE_CUSTOM;
}

static int check_outbox(weir_options *options, weir_error *err)
{
	if ((unsigned)options->outbox > WEIR_OFF || (unsigned)options->relay > WEIR_OFF)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.outbox and options.relay are WEIR_ON or WEIR_OFF");
	if (options->outside_ms != 0 && options->outside_ms < WEIR__WATERMARK_LEAST_MS)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.outside_ms is %d, at least %d is needed",
		                       options->outside_ms, WEIR__WATERMARK_LEAST_MS);
	if (options->outside_ms != 0 && options->outbox == WEIR_OFF)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.outside_ms needs the outbox");
	if (options->outside_ms != 0)
		options->outbox = WEIR_ON;
	/* what this process took out of the table, no other would learn of */
	if (options->outbox == WEIR_ON && !shares_cache(options))
		return weir__error_set(err, WEIR_ERR_USAGE, "options.outbox is for a cache that processes share: Redis");
	return WEIR_OK;
}

static int check_options(weir_options *options, weir_error *err)
{
	if (!options->postgres || !options->postgres[0])
		return weir__error_set(err, WEIR_ERR_USAGE, "options.postgres is missing: where is the database?");
	if (!options->models)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.models is missing");
	if (options->cache_kind == WEIR_CACHE_AUTO)
		options->cache_kind = options->redis ? WEIR_CACHE_REDIS : WEIR_CACHE_MEMORY;
	if (options->cache_kind == WEIR_CACHE_REDIS && !options->redis)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.redis is missing, cache_kind says Redis");
	if (options->cache_kind == WEIR_CACHE_CUSTOM && !options->cache_backend)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.cache_backend is missing, cache_kind says custom");
	if (!options->cache_prefix)
		options->cache_prefix = "weir";
	return check_outbox(options, err) < 0 ? WEIR_ERR_USAGE : check_numbers(options, err);
}

#define LARGE_LIST         ((size_t)8 << 20) /* bytes: of ten thousand rows */
#define MEMORY_CACHE_BYTES ((int64_t)64 << 20)

static int create_backend(weir__engine *engine, const weir_options *options, weir_cache_backend **backend,
                          weir_error *err)
{
	switch (options->cache_kind) {
	case WEIR_CACHE_NONE:
		*backend = weir__cache_backend_none();
		return WEIR_OK;
	case WEIR_CACHE_REDIS:
		return weir__cache_backend_redis(options->redis, &engine->logger, backend, err);
	case WEIR_CACHE_CUSTOM:
		*backend = options->cache_backend;
		return WEIR_OK;
	case WEIR_CACHE_AUTO:
	case WEIR_CACHE_MEMORY:
		return weir__cache_backend_memory(MEMORY_CACHE_BYTES, backend, err);
	}
	return weir__error_set(err, WEIR_ERR_USAGE, "options.cache_kind is %d, which is no kind", (int)options->cache_kind);
}

static int create_cache(weir__engine *engine, const weir_options *options, weir_error *err)
{
	weir__cache_manager_options manager = {
		.prefix = options->cache_prefix,
		.timeout_ms = options->cache_timeout_ms,
		.defaults = options->cache,
		.logger = &engine->logger,
		.near = options->near,
		.near_cache = options->near_cache,
	};
	int rc = weir__place_of(options->postgres, options->schema, &manager.place, err);

	if (rc >= 0)
		rc = create_backend(engine, options, &manager.backend, err);
	if (rc < 0)
		return rc;
	rc = weir__cache_manager_create(&manager, &engine->cache, err);
	if (rc < 0 && options->cache_kind != WEIR_CACHE_CUSTOM)
		manager.backend->close(manager.backend);
	return rc;
}

static int create_db(weir__engine *engine, const weir_options *options, weir_error *err)
{
	weir__db_options db = {
		.conninfo = options->postgres,
		.schema = options->schema,
		.writes = options->outbox == WEIR_ON ? options->cache_prefix : NULL,
		.application_name = options->application_name,
		.connect_timeout_ms = options->connect_timeout_ms,
		.max_statements = options->max_statements,
		.statements = options->statements,
		.pool = options->pool,
		.logger = &engine->logger,
		.trace = engine->trace,
		.slow_query_ms = options->slow_query_ms,
	};

	return weir__db_create(&db, &engine->db, err);
}

static void engine_free(weir__engine *engine)
{
	weir__doubts_release(&engine->doubts);
	weir__group_free(engine->group);
	weir__relations_free(engine->relations);
	weir__results_free(engine);
	weir__hints_release(&engine->hints);
	weir__registry_release(&engine->registry);
	if (engine->cache)
		weir__cache_manager_free(engine->cache);
	pthread_mutex_destroy(&engine->schema_lock);
	weir__free(engine);
}

void weir__engine_retain(weir__engine *engine)
{
	atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
}

void weir__engine_release(weir__engine *engine)
{
	if (atomic_fetch_sub_explicit(&engine->references, 1, memory_order_acq_rel) == 1)
		engine_free(engine);
}

/* The pool waits for what is borrowed, and in the end leaves the rest to those who have it. */
static void engine_close(weir__engine *engine)
{
	if (!engine)
		return;
	weir__relay_stop(engine->relay);
	weir__doubts_ask(engine);
	if (engine->db)
		weir__db_close(engine->db, weir__deadline_in_ms(engine->timeout_ms));
	atomic_store(&engine->closed, true);
	weir__engine_release(engine);
}

static int engine_create(const weir_options *options, weir__engine **created, weir_error *err)
{
	weir__engine *engine = weir__calloc(1, sizeof *engine);
	int           rc;

	if (!engine)
		return weir__error_no_memory(err);
	weir__memory_expect(LARGE_LIST);
	if (pthread_mutex_init(&engine->schema_lock, NULL) != 0) {
		weir__free(engine);
		return weir__error_no_memory(err);
	}
	rc = weir__doubts_init(&engine->doubts, err);
	if (rc < 0) {
		pthread_mutex_destroy(&engine->schema_lock);
		weir__free(engine);
		return rc;
	}
	weir__hints_init(&engine->hints);
	atomic_init(&engine->references, 1);
	atomic_init(&engine->closed, false);
	engine->process = weir__process_generation();
	engine->timeout_ms = options->timeout_ms;
	engine->max_limit = options->max_limit;
	engine->shares_cache = shares_cache(options);
	engine->outbox = options->outbox == WEIR_ON;
	engine->relays = engine->outbox && options->relay != WEIR_OFF;
	engine->outside_ms = options->outside_ms;
	engine->schema_check = options->schema_check;
	weir__logger_init(&engine->logger, &options->log);
	engine->trace = options->trace;
	rc = create_cache(engine, options, err);
	if (rc >= 0)
		weir__watermark_require(engine->cache, options->outside_ms);
	if (rc >= 0)
		rc = weir__registry_create(options->models, engine->cache, &engine->registry, err);
	if (rc >= 0)
		rc = weir__relations_create(&engine->registry, &engine->relations, err);
	if (rc >= 0)
		rc = weir__group_create(&engine->registry, &engine->group, err);
	if (rc >= 0)
		rc = weir__cache_manager_start(engine->cache, err);
	if (rc >= 0)
		weir__registry_make_room(&engine->registry);
	if (rc >= 0)
		rc = create_db(engine, options, err);
	if (rc >= 0)
		weir__era_watch(engine);
	if (rc < 0) {
		engine_close(engine);
		return rc;
	}
	*created = engine;
	return WEIR_OK;
}

/* Each line of the report to the log. */
static void log_report(const weir__logger *logger, const char *report)
{
	while (*report) {
		size_t length = strcspn(report, "\n");

		weir__log(logger, WEIR_LOG_WARNING, "schema: %.*s", (int)length, report);
		report += length + (report[length] == '\n');
	}
}

static int compare_schema(weir__engine *engine, weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__buffer   report = WEIR__BUFFER_INIT;
	size_t         differences = 0;
	weir__layout **layouts = weir__calloc(engine->registry.count, sizeof(weir__layout *));
	const char    *text;
	int            rc;

	if (!layouts)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < engine->registry.count; i++)
		layouts[i] = engine->registry.items[i].layout;
	rc = weir__schema_compare(conn, layouts, engine->registry.count, deadline, &report, &differences, err);
	if (rc < 0 || differences == 0)
		goto cleanup;
	text = weir__buffer_text(&report);
	if (!text)
		rc = weir__error_no_memory(err);
	else if (engine->schema_check == WEIR_SCHEMA_WARN)
		log_report(&engine->logger, text);
	else
		rc = weir__error_set(err, WEIR_ERR_SCHEMA, "%zu difference%s between models and schema\n%s", differences,
		                     differences == 1 ? "" : "s", text);
cleanup:
	weir__buffer_release(&report);
	weir__free(layouts);
	return rc;
}

static int check_schema(weir__engine *engine, weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	int rc = WEIR_OK;

	if (atomic_load_explicit(&engine->schema_checked, memory_order_acquire))
		return WEIR_OK;
	pthread_mutex_lock(&engine->schema_lock);
	if (!atomic_load_explicit(&engine->schema_checked, memory_order_relaxed)) {
		if (engine->schema_check != WEIR_SCHEMA_SKIP)
			rc = compare_schema(engine, conn, deadline, err);
		if (rc >= 0 && engine->outbox)
			rc = weir__outbox_check(conn, engine->relays, deadline, err);
		if (rc >= 0 && engine->relays)
			rc = weir__relay_start(engine, &engine->relay, err);
		if (rc >= 0)
			atomic_store_explicit(&engine->schema_checked, true, memory_order_release);
	}
	pthread_mutex_unlock(&engine->schema_lock);
	return rc;
}

static int connect_and_check(weir_session *session, weir_error *err)
{
	weir__deadline deadline = weir__session_deadline(session, 0);
	weir__conn    *conn = NULL;
	int            rc = weir__db_connect(session->engine->db, deadline, err);

	if (rc < 0)
		return rc;
	rc = weir__session_acquire(session, deadline, &conn, err);
	weir__session_give_back(session, &conn);
	return rc;
}

int weir_open_sized(const weir_options *given, size_t options_size, weir_session **session, weir_error *err)
{
	weir_options  options = { 0 };
	weir_session *opened;
	int           rc;

	if (!given || !session || *session)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_open: %s", !given ? "no options" : "*session must be NULL");
	memcpy(&options, given, options_size < sizeof options ? options_size : sizeof options);
	rc = check_options(&options, err);
	if (rc < 0)
		return rc;
	opened = weir__calloc(1, sizeof *opened);
	if (!opened)
		return weir__error_no_memory(err);
	rc = engine_create(&options, &opened->engine, err);
	if (rc >= 0 && !options.lazy)
		rc = connect_and_check(opened, err);
	if (rc < 0) {
		engine_close(opened->engine);
		weir__free(opened);
		return rc;
	}
	*session = opened;
	return WEIR_OK;
}

void weir_close(weir_session **session)
{
	weir_session *closed = session ? *session : NULL;

	if (!closed)
		return;
	if (closed->transaction && !closed->derived) {
		weir_rollback(session);
		return;
	}
	*session = NULL;
	if (closed->derived)
		return;
	engine_close(closed->engine);
	weir__free(closed);
}

int weir__session_check_end(const weir_session *session, weir_error *err)
{
	if (!session)
		return weir__error_set(err, WEIR_ERR_USAGE, "the session is NULL");
	if (session->engine->process != weir__process_generation())
		return weir__error_set(err, WEIR_ERR_FORKED,
		                       "the session was opened by the parent process; open one after fork");
	if (session->transaction && session->transaction->child)
		return weir__error_set(err, WEIR_ERR_USAGE, "a savepoint of this transaction is open; use or end that first");
	return WEIR_OK;
}

int weir__session_check(const weir_session *session, weir_error *err)
{
	int rc = weir__session_check_end(session, err);

	if (rc == WEIR_OK && atomic_load_explicit(&session->engine->closed, memory_order_relaxed))
		rc = weir__error_set(err, WEIR_ERR_CLOSED, "the session was closed: its transactions can only be rolled back");
	if (rc == WEIR_OK && session->wrong)
		rc = weir__error_set(err, WEIR_ERR_USAGE, "%s", session->wrong);
	if (rc == WEIR_OK && weir__cancel_is_requested(session->cancel))
		rc = weir__cancel_error(err);
	if (rc == WEIR_OK && session->until && weir__now_us() >= session->until) /* a statement would cost its connection */
		rc = weir__error_set(err, WEIR_ERR_TIMEOUT, "the deadline of the session has passed");
	return rc;
}

weir__deadline weir__session_deadline(const weir_session *session, int timeout_ms)
{
	weir__deadline deadline;

	if (timeout_ms <= 0)
		timeout_ms = session->timeout_ms;
	if (timeout_ms <= 0)
		timeout_ms = session->transaction ? session->transaction->timeout_ms : session->engine->timeout_ms;
	deadline = weir__deadline_in_ms(timeout_ms);
	return session->until ? weir__deadline_earlier(deadline, session->until) : deadline;
}

weir__deadline weir__session_until(const weir_session *session, int total_ms)
{
	weir__deadline until = weir__deadline_in_ms(total_ms);

	return session->until ? weir__deadline_earlier(until, session->until) : until;
}

/* For whatever does not need a schema that fits. */
static int borrow(weir_session *session, weir__deadline deadline, weir__conn **conn, weir_error *err)
{
	if (!session->transaction)
		return weir__db_borrow(session->engine->db, deadline, session->cancel, conn, err);
	*conn = session->transaction->conn;
	weir__conn_set_cancel(*conn, session->cancel);
	return weir__cancel_is_requested(session->cancel) ? weir__cancel_error(err) : WEIR_OK;
}

int weir__session_acquire(weir_session *session, weir__deadline deadline, weir__conn **conn, weir_error *err)
{
	int rc = borrow(session, deadline, conn, err);

	if (rc < 0 || session->transaction)
		return rc;
	rc = weir__era_read_on(session->engine, *conn, deadline, err);
	if (rc >= 0)
		rc = check_schema(session->engine, *conn, deadline, err);
	if (rc < 0)
		weir__db_give_back(session->engine->db, conn);
	else if (session->principal)
		weir__conn_set_principal(*conn, &session->principal->sql);
	return rc;
}

void weir__session_give_back(weir_session *session, weir__conn **conn)
{
	if (!session->transaction)
		weir__db_give_back(session->engine->db, conn);
	*conn = NULL;
}

static int read_all_once(weir_session *session, weir__request *requests, size_t count, weir__deadline deadline,
                         weir_error *err)
{
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(session, deadline, &conn, err);

	if (rc < 0)
		return rc;
	rc = weir__conn_run_all(conn, requests, count, deadline, err);
	weir__session_give_back(session, &conn);
	return rc;
}

int weir__session_read_all(weir_session *session, weir__request *requests, size_t count, weir__deadline deadline,
                           weir_error *err)
{
	int rc = read_all_once(session, requests, count, deadline, err);

	if (!weir__session_may_read_again(session, rc, deadline))
		return rc;
	if (err)
		*err = (weir_error)WEIR_ERROR_INIT;
	return read_all_once(session, requests, count, deadline, err);
}

weir_cache_manager *weir_session_cache(weir_session *session)
{
	return session ? session->engine->cache : NULL;
}

weir_near_cache *weir_session_near_cache(weir_session *session)
{
	return session ? weir__cache_manager_near(session->engine->cache) : NULL;
}

bool weir_near_cache_is_fresh(weir_session *session)
{
	return session && weir__cache_manager_near_is_fresh(session->engine->cache);
}

static void add_relay_stats(weir__relay_counters *counters, weir_session_stats *stats)
{
	int64_t told_us = atomic_load(&counters->told_us);

	stats->relay_passes = atomic_load(&counters->passes);
	stats->relay_failures = atomic_load(&counters->failures);
	stats->relay_rows = atomic_load(&counters->rows);
	stats->relay_lag_ms = told_us > 0 ? (uint64_t)(weir__now_us() - told_us) / 1000 : 0;
}

void weir_session_stats_get_sized(const weir_session *session, weir_session_stats *stats, size_t stats_size)
{
	weir_session_stats now;

	if (!stats)
		return;
	memset(stats, 0, stats_size);
	if (!session)
		return;
	if (atomic_load_explicit(&session->engine->closed, memory_order_relaxed))
		now = (weir_session_stats){ .queries = 0 }; /* asked by a transaction that outlives it */
	else
		weir__db_stats(session->engine->db, &now);
	add_relay_stats(&session->engine->relay_counters, &now);
	memcpy(stats, &now, stats_size < sizeof now ? stats_size : sizeof now);
}

weir_query_guard weir_query_guard_begin(const weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return (weir_query_guard){ .session = session, .before = stats.queries };
}

int weir_query_guard_end(const weir_query_guard *guard, uint64_t most, weir_error *err)
{
	weir_session_stats stats;

	if (!guard || !guard->session)
		return weir__error_set(err, WEIR_ERR_USAGE, "a guard of queries needs a session");
	weir_session_stats_get(guard->session, &stats);
	if (stats.queries - guard->before <= most)
		return WEIR_OK;
	return weir__error_set(err, WEIR_ERR_LIMIT, "%llu queries were sent, at most %llu are allowed",
	                       (unsigned long long)(stats.queries - guard->before), (unsigned long long)most);
}

void weir_session_set_log_level(struct weir_session *session, weir_log_level level)
{
	if (!session)
		return;
	atomic_store_explicit(&session->engine->logger.level, (int)(level == WEIR_LOG_DEFAULT ? WEIR_LOG_WARNING : level),
	                      memory_order_relaxed);
}

/* A script that ends the transaction may have committed what was written before it. */
static void release_early(const weir_session *tx)
{
	(void)weir__cache_guard(tx->engine->cache, tx->transaction->touches, NULL);
	(void)weir__cache_release(tx->engine->cache, tx->transaction->touches);
}

int weir_run_script(weir_session *session, const char *sql, weir_error *err)
{
	weir__deadline deadline;
	weir__conn    *conn = NULL;
	int            rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!sql)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_run_script: no script");
	if (session->principal)
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "weir_run_script: a script could leave the principal of the session");
	deadline = weir__session_deadline(session, 0);
	rc = borrow(session, deadline, &conn, err);
	if (rc < 0)
		return rc;
	rc = weir__conn_run_script(conn, sql, deadline, err);
	if (session->transaction && rc == WEIR_ERR_USAGE)
		release_early(session);
	weir__session_give_back(session, &conn);
	return rc;
}
