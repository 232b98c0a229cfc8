/* Making, opening and closing a pool, and reading its counters. */
#include "db/db.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/process.h"
#include "db/conn.h"
#include "db/url.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define MODE_PARAMETER    "weir_statements"
#define FEWEST_STATEMENTS 8 /* what one round trip may need */

/* ---- Conditions on the monotonic clock ------------------------------------------------------------------------------ */

void weir__cond_init(pthread_cond_t *cond)
{
#ifdef __APPLE__
	pthread_cond_init(cond, NULL);
#else
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
#endif
}

void weir__cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, weir__deadline until)
{
#ifdef __APPLE__
	int64_t         left_us = until == WEIR__NO_DEADLINE ? INT32_MAX : until - weir__now_us();
	struct timespec time = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };

	if (left_us > 0)
		pthread_cond_timedwait_relative_np(cond, lock, &time);
#else
	struct timespec time = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

	if (until == WEIR__NO_DEADLINE)
		pthread_cond_wait(cond, lock);
	else
		pthread_cond_timedwait(cond, lock, &time);
#endif
}

/* ---- Making --------------------------------------------------------------------------------------------------------- */

/* libpq's `options` (a command line: blanks and backslashes are escaped) with the search path behind what the caller or
 * the environment already has there. */
static int make_startup_options(weir__db *db, const PQconninfoOption *given, const char *schema, weir_error *err)
{
	weir__buffer      text = WEIR__BUFFER_INIT;
	PQconninfoOption *defaults = PQconndefaults();
	const char       *before = NULL;

	for (const PQconninfoOption *option = defaults; option && option->keyword; option++)
		if (strcmp(option->keyword, "options") == 0)
			before = option->val;
	for (const PQconninfoOption *option = given; option->keyword; option++)
		if (strcmp(option->keyword, "options") == 0 && option->val)
			before = option->val;
	if (before) {
		weir__buffer_append_text(&text, before);
		weir__buffer_append_char(&text, ' ');
	}
	weir__buffer_append_text(&text, "-csearch_path=");
	for (const char *at = schema; *at; at++) {
		if (strchr(" \t\n\v\f\r\\", *at))
			weir__buffer_append_char(&text, '\\');
		weir__buffer_append_char(&text, *at);
	}
	PQconninfoFree(defaults);
	db->startup_options = weir__buffer_detach(&text);
	weir__buffer_release(&text);
	return db->startup_options ? WEIR_OK : weir__error_no_memory(err);
}

/* For connections that cannot be given it at their start: in SQL, for one transaction. */
static int make_path(weir__db *db, const char *schema, weir_error *err)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	size_t       length;
	char        *made;

	weir__buffer_append_text(&text, "SELECT pg_catalog.set_config('search_path', '");
	for (const char *at = schema; *at; at++) {
		if (*at == '\'')
			weir__buffer_append_char(&text, '\'');
		weir__buffer_append_char(&text, *at);
	}
	weir__buffer_append_text(&text, "', true)");
	length = text.length;
	made = weir__buffer_detach(&text);
	weir__buffer_release(&text);
	if (!made)
		return weir__error_no_memory(err);
	db->path = weir__sql_of(made, length);
	return WEIR_OK;
}

/* libpq's message may quote the string, and with it a password. */
static int read_conninfo(weir__db *db, const weir__db_options *options, weir_error *err)
{
	char             *message = NULL;
	PQconninfoOption *given = PQconninfoParse(db->conninfo, &message);
	int               rc = WEIR_OK;

	if (!given) {
		rc = message ? weir__error_set(err, WEIR_ERR_USAGE, "options.postgres is no connection string of PostgreSQL")
		             : weir__error_no_memory(err);
		PQfreemem(message);
		return rc;
	}
	if (options->schema)
		rc = make_startup_options(db, given, options->schema, err);
	if (rc == WEIR_OK && options->schema)
		rc = make_path(db, options->schema, err);
	PQconninfoFree(given);
	return rc;
}

/* ?weir_statements=unnamed and the like: taken out of the string, which libpq then reads. */
static int read_mode(weir__db *db, weir_error *err)
{
	static const char *const names[] = {
		[WEIR_STATEMENTS_AUTO] = "auto",
		[WEIR_STATEMENTS_NAMED] = "named",
		[WEIR_STATEMENTS_TRACKED] = "tracked",
		[WEIR_STATEMENTS_UNNAMED] = "unnamed",
	};
	char value[16];

	if ((unsigned)db->statements > WEIR_STATEMENTS_UNNAMED)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.statements is %d, which is no mode", (int)db->statements);
	if (!weir__url_take(db->conninfo, MODE_PARAMETER, value, sizeof value))
		return WEIR_OK;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		db->statements = (weir_statement_mode)i;
		return WEIR_OK;
	}
	return weir__error_set(err, WEIR_ERR_USAGE,
	                       "options.postgres: " MODE_PARAMETER " must be auto, named, tracked or unnamed");
}

static int copy_options(weir__db *db, const weir__db_options *options, weir_error *err)
{
	db->conninfo = weir__strdup(options->conninfo);
	if (!db->conninfo)
		return weir__error_no_memory(err);
	if (options->application_name) {
		db->application_name = weir__strdup(options->application_name);
		if (!db->application_name)
			return weir__error_no_memory(err);
	}
	db->connect_timeout_ms = options->connect_timeout_ms;
	db->max_statements =
		options->max_statements > FEWEST_STATEMENTS ? (size_t)options->max_statements : FEWEST_STATEMENTS;
	db->statements = options->statements;
	db->pool = options->pool;
	db->logger = options->logger;
	return WEIR_OK;
}

int weir__db_create(const weir__db_options *options, weir__db **db, weir_error *err)
{
	weir__db *made = weir__calloc(1, sizeof *made);
	int       rc;

	*db = NULL;
	if (!made)
		return weir__error_no_memory(err);
	pthread_mutex_init(&made->lock, NULL);
	weir__cond_init(&made->drained);
	atomic_init(&made->pooled, false);
	atomic_init(&made->plans, 0);
	rc = copy_options(made, options, err);
	if (rc == WEIR_OK)
		rc = read_mode(made, err);
	if (rc == WEIR_OK)
		rc = read_conninfo(made, options, err);
	if (rc < 0) {
		weir__db_free(made);
		return rc;
	}
	weir__tx_statements(made->begin, &made->xid);
	made->process = weir__process_generation();
	*db = made;
	return WEIR_OK;
}

static void wipe(char *secret)
{
	volatile char *at = secret;

	while (at && *at)
		*at++ = '\0';
}

void weir__db_free(weir__db *db)
{
	wipe(db->conninfo);
	weir__free(db->conninfo);
	weir__free(db->startup_options);
	weir__free((char *)(uintptr_t)db->path.text);
	weir__free(db->application_name);
	pthread_cond_destroy(&db->drained);
	pthread_mutex_destroy(&db->lock);
	weir__free(db);
}

/* ---- Opening and closing --------------------------------------------------------------------------------------------- */

int weir__db_connect(weir__db *db, weir__deadline deadline, weir_error *err)
{
	int count = db->pool.min_connections > 1 ? db->pool.min_connections : 1;

	for (int i = 0; i < count; i++) {
		weir__conn *conn;
		int         rc = weir__conn_open(db, deadline, NULL, &conn, err);

		if (rc < 0)
			return rc;
		weir__pool_add(db, conn);
	}
	return WEIR_OK;
}

void weir__db_close(weir__db *db, weir__deadline deadline)
{
	if (db && db->process == weir__process_generation())
		weir__pool_close(db, deadline);
}

/* ---- Counters -------------------------------------------------------------------------------------------------------- */

void weir__db_stats(const weir__db *db, weir_session_stats *stats)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&db->lock;

	*stats = (weir_session_stats){ .queries = 0 };
	if (db->process != weir__process_generation())
		return;
	pthread_mutex_lock(lock);
	*stats = db->totals;
	for (const weir__conn *conn = db->all; conn; conn = conn->next)
		weir__conn_add_counters(conn, stats);
	stats->connections = db->idle + db->in_use;
	stats->in_use = db->in_use;
	stats->waiting = db->waiting;
	pthread_mutex_unlock(lock);
}
