/* Making, opening and closing a pool, and reading its counters. */
#include "db/db.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/process.h"
#include "db/batch.h"
#include "db/conn.h"
#include "db/hosts.h"
#include "db/url.h"

#include <string.h>

#define FEWEST_STATEMENTS 8 /* what one round trip may need */

/* ---- Making --------------------------------------------------------------------------------------------------------- */

/* What is set on each connection: the search path, and whose writes these are (outbox.h). */
typedef struct setting {
	const char *name;
	const char *value; /* NULL: left alone */
} setting;

enum { SETTINGS = 2 };

/* The value with each of the characters that need it behind that escape. */
static void append_escaped(weir__buffer *text, const char *value, const char *special, char escape)
{
	for (const char *at = value; *at; at++) {
		if (strchr(special, *at))
			weir__buffer_append_char(text, escape);
		weir__buffer_append_char(text, *at);
	}
}

/* What libpq's `options` are without ours, from the environment or the caller. */
static void append_options_before(weir__buffer *text, const PQconninfoOption *given)
{
	PQconninfoOption *defaults = PQconndefaults();
	const char       *before = NULL;

	for (const PQconninfoOption *option = defaults; option && option->keyword; option++)
		if (strcmp(option->keyword, "options") == 0)
			before = option->val;
	for (const PQconninfoOption *option = given; option->keyword; option++)
		if (strcmp(option->keyword, "options") == 0 && option->val)
			before = option->val;
	if (before)
		weir__buffer_append_text(text, before);
	PQconninfoFree(defaults);
}

/* libpq's `options` are a command line: blanks and backslashes are escaped. */
static int make_startup_options(weir__db *db, const PQconninfoOption *given, const setting *settings, weir_error *err)
{
	weir__buffer text = WEIR__BUFFER_INIT;

	append_options_before(&text, given);
	for (size_t i = 0; i < SETTINGS; i++) {
		if (!settings[i].value)
			continue;
		weir__buffer_append_text(&text, text.length ? " -c" : "-c");
		weir__buffer_append_text(&text, settings[i].name);
		weir__buffer_append_char(&text, '=');
		append_escaped(&text, settings[i].value, " \t\n\v\f\r\\", '\\');
	}
	db->startup_options = weir__buffer_detach(&text);
	weir__buffer_release(&text);
	return db->startup_options ? WEIR_OK : weir__error_no_memory(err);
}

/* For connections that cannot be given them at their start: in SQL, for one transaction. */
static int make_path(weir__db *db, const setting *settings, weir_error *err)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	size_t       length;
	char        *made;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (!settings[i].value)
			continue;
		weir__buffer_append_text(&text, text.length ? ", " : "SELECT ");
		weir__buffer_appendf(&text, "pg_catalog.set_config('%s', '", settings[i].name);
		append_escaped(&text, settings[i].value, "'", '\'');
		weir__buffer_append_text(&text, "', true)");
	}
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
	const setting     settings[SETTINGS] = { { "search_path", options->schema }, { "weir.writes", options->writes } };
	char             *message = NULL;
	PQconninfoOption *given;
	int               rc = WEIR_OK;

	if (!weir__url_is_clear(db->conninfo))
		return weir__error_set(
			err, WEIR_ERR_USAGE,
			"options.postgres: an @ or / in the user or the password must be written as %%40 or %%2F");
	given = PQconninfoParse(db->conninfo, &message);
	if (!given) {
		rc = message ? weir__error_set(err, WEIR_ERR_USAGE, "options.postgres is no connection string of PostgreSQL")
		             : weir__error_no_memory(err);
		PQfreemem(message);
		return rc;
	}
	if (settings[0].value || settings[1].value)
		rc = make_startup_options(db, given, settings, err);
	if (rc == WEIR_OK && db->startup_options)
		rc = make_path(db, settings, err);
	if (rc == WEIR_OK)
		rc = weir__hosts_create(given, &db->hosts, err);
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
	if (!weir__url_take(db->conninfo, WEIR__MODE_PARAMETER, value, sizeof value))
		return WEIR_OK;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		db->statements = (weir_statement_mode)i;
		return WEIR_OK;
	}
	return weir__error_set(err, WEIR_ERR_USAGE,
	                       "options.postgres: " WEIR__MODE_PARAMETER " must be auto, named, tracked or unnamed");
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
	db->tells = options->writes != NULL;
	db->connect_timeout_ms = options->connect_timeout_ms;
	db->max_statements =
		options->max_statements > FEWEST_STATEMENTS ? (size_t)options->max_statements : FEWEST_STATEMENTS;
	db->statements = options->statements;
	db->pool = options->pool;
	db->logger = options->logger;
	db->trace = options->trace;
	db->slow_us = (int64_t)options->slow_query_ms * 1000;
	db->observed = db->slow_us > 0 || db->trace.start || db->trace.end;
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
	made->patience = weir__batch_patience();
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
	weir__hosts_free(db->hosts);
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

int weir__db_open_apart(weir__db *db, weir__deadline deadline, weir__conn **conn, weir_error *err)
{
	return weir__conn_open(db, deadline, NULL, conn, err);
}

void weir__db_close_apart(weir__conn **conn)
{
	weir__conn_free(*conn);
	*conn = NULL;
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
	stats->idle = db->idle;
	stats->connecting = db->connecting;
	stats->in_use = db->in_use;
	stats->waiting = db->waiting;
	pthread_mutex_unlock(lock);
}
