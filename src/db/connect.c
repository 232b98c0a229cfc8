/* Opening and closing one connection. libpq's own blocking connect has no total deadline, so PQconnectPoll is driven by
 * a loop of ours, once for each place to which the connection string leads (hosts.c), which knows names by their address.
 *
 * Afterwards the settings that exact values depend on are checked, and one query sets what cannot be asked for at the
 * start and reads which server this is, in which incarnation, and whether a pooler stands in between. All results are binary, so that no setting of the server's
 * (DateStyle, TimeZone, extra_float_digits...) decides what a value looks like, and none is touched. */
#include "db/conn.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "db/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OLDEST_SERVER    130000 /* xid8 and pg_current_xact_id_if_assigned() */
#define NOTICES_LOGGED   8      /* of one connection */
#define STANDARD_STREAMS 3

/* ---- Descriptors 0 to 2 -------------------------------------------------------------------------------------------- */

/* A socket must not become standard input or output of a program that closed its own: where they are free they are taken
 * while connecting. */
static void occupy_standard_streams(int held[STANDARD_STREAMS])
{
	for (int i = 0; i < STANDARD_STREAMS; i++) {
		held[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (held[i] >= STANDARD_STREAMS) {
			close(held[i]);
			held[i] = -1;
		}
		if (held[i] < 0) {
			for (i++; i < STANDARD_STREAMS; i++)
				held[i] = -1;
			return;
		}
	}
}

static void free_standard_streams(const int held[STANDARD_STREAMS])
{
	for (int i = 0; i < STANDARD_STREAMS; i++)
		if (held[i] >= 0)
			close(held[i]);
}

/* ---- Connecting ---------------------------------------------------------------------------------------------------- */

/* Notices quote values: only their number is logged, and not without end. */
static void take_notice(void *context, const PGresult *notice)
{
	weir__conn *conn = context;
	const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);

	if (conn->notices++ < NOTICES_LOGGED)
		weir__log(conn->db->logger, WEIR_LOG_DEBUG, "db: notice %s from the server",
		          sqlstate ? sqlstate : "without SQLSTATE");
}

static int poll_connect(const weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	PGconn                   *pg = conn->pg;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (want != PGRES_POLLING_OK) {
		struct pollfd sockets[] = {
			{ .fd = PQsocket(pg), .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT },
			{ .fd = conn->cancel ? conn->cancel->fds[0] : -1, .events = POLLIN },
		};
		int left_ms = weir__deadline_poll_ms(deadline);
		int ready;

		if (want == PGRES_POLLING_FAILED || sockets[0].fd < 0)
			return weir__failure_of_connect(pg, err);
		if (left_ms == 0)
			return weir__error_set(err, WEIR_ERR_TIMEOUT, "the database did not let us in by the deadline");
		ready = poll(sockets, 2, left_ms);
		if (ready < 0 && errno != EINTR && errno != EAGAIN)
			return weir__failure_of_connect(pg, err);
		if (ready > 0 && sockets[1].revents)
			return weir__cancel_error(err);
		if (ready > 0)
			want = PQconnectPoll(pg);
	}
	return WEIR_OK;
}

/* Through a pooler nothing may be set for longer than a transaction, and most of them refuse `options`. */
static bool is_for_pooler(weir__db *db)
{
	return db->statements == WEIR_STATEMENTS_UNNAMED || db->statements == WEIR_STATEMENTS_TRACKED ||
	       atomic_load_explicit(&db->pooled, memory_order_relaxed);
}

/* What stands before dbname is a default that the connection string may change; what stands behind it decides. */
static PGconn *start(weir__db *db, const weir__place *place)
{
	const char *options = is_for_pooler(db) ? NULL : db->startup_options;
	const char *settings[][2] = { { "fallback_application_name", "weir" },
		                          { "keepalives_idle", "30" },
		                          { "keepalives_interval", "10" },
		                          { "keepalives_count", "3" },
		                          { "dbname", db->conninfo },
		                          { "host", place->host },
		                          { "hostaddr", place->hostaddr },
		                          { "port", place->port },
		                          { "target_session_attrs", place->session_attrs },
		                          { "client_encoding", "UTF8" },
		                          { "options", options },
		                          { "application_name", db->application_name } };
	enum { COUNT = sizeof settings / sizeof settings[0] };
	const char *keywords[COUNT + 1] = { NULL };
	const char *values[COUNT + 1] = { NULL };

	for (size_t i = 0; i < COUNT; i++) {
		keywords[i] = settings[i][0];
		values[i] = settings[i][1];
	}
	return PQconnectStartParams(keywords, values, 1);
}

/* One place; what an earlier attempt has left is closed. */
static int establish(void *context, const weir__place *place, weir__deadline deadline, weir_error *err)
{
	weir__conn *conn = context;
	int         held[STANDARD_STREAMS];
	int         rc;

	PQfinish(conn->pg);
	occupy_standard_streams(held);
	conn->pg = start(conn->db, place);
	if (!conn->pg) {
		rc = weir__error_no_memory(err);
	} else if (PQstatus(conn->pg) == CONNECTION_BAD) {
		rc = weir__failure_of_connect(conn->pg, err);
	} else {
		PQsetNoticeReceiver(conn->pg, take_notice, conn);
		PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);
		rc = poll_connect(conn, deadline, err);
		PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
	}
	free_standard_streams(held);
	return rc;
}

/* ---- Checks and setup ---------------------------------------------------------------------------------------------- */

static int check_settings(const weir__conn *conn, weir_error *err)
{
	static const struct {
		const char *name, *value;
	} required[] = { { "client_encoding", "UTF8" },
		             { "standard_conforming_strings", "on" },
		             { "integer_datetimes", "on" } };

	if (PQserverVersion(conn->pg) < OLDEST_SERVER)
		return weir__error_set(err, WEIR_ERR_CONNECT, "PostgreSQL 13 or newer is needed, this is %d",
		                       PQserverVersion(conn->pg) / 10000);
	for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
		const char *value = PQparameterStatus(conn->pg, required[i].name);
		if (!value || strcmp(value, required[i].value) != 0)
			return weir__error_set(err, WEIR_ERR_CONNECT, "the server's %s is %s, %s is needed", required[i].name,
			                       value ? value : "unknown", required[i].value);
	}
	return WEIR_OK;
}

/* Are we where the server believes us to be? A pooler gives out process numbers of its own. */
static void note_pooler(weir__conn *conn)
{
	weir__db *db = conn->db;

	conn->mode = db->statements;
	if (conn->mode == WEIR_STATEMENTS_AUTO)
		conn->mode = conn->pooled ? WEIR_STATEMENTS_UNNAMED : WEIR_STATEMENTS_NAMED;
	conn->local_path = db->path.text && (is_for_pooler(db) || conn->mode != WEIR_STATEMENTS_NAMED);
	if (!conn->pooled || db->statements == WEIR_STATEMENTS_UNNAMED || db->statements == WEIR_STATEMENTS_TRACKED ||
	    atomic_exchange(&db->pooled, db->statements == WEIR_STATEMENTS_AUTO))
		return;
	weir__log(db->logger, WEIR_LOG_INFO, "db: a pooler stands in between: statements are %s",
	          conn->mode == WEIR_STATEMENTS_NAMED ? "named all the same, which needs session pooling" : "unnamed");
}

/* From version 14 on a server notices within this time that a caller has gone, so that what it gave up on, and its locks,
 * do not live on. A pooler's server is left as it is. */
static int ask(weir__conn *conn, bool watches, bool anonymous, weir__deadline deadline, PGresult **result,
               weir_error *err)
{
	static const char watched[] = ", CASE WHEN pg_catalog.pg_backend_pid() = $1::int4 THEN "
								  "pg_catalog.set_config('client_connection_check_interval', '1s', false) END";
	char              text[1024], number[16];
	const char       *values[] = { number };
	weir__question    question = { .text = text, .count = watches, .values = values };

	snprintf(number, sizeof number, "%d", conn->server_pid);
	snprintf(text, sizeof text,
	         "SELECT pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), pg_catalog.pg_backend_pid()::int8, "
	         "(pg_catalog.current_setting('array_nulls', true) IS DISTINCT FROM 'off')::int4::int8%s%s%s",
	         anonymous ? "" : ", ", anonymous ? "" : weir__server_columns, watches ? watched : "");
	return weir__conn_ask(conn, &question, deadline, result, err);
}

/* Which server it is, is asked in the same query. What the server refuses is not asked of it any more: on some systems (Windows, others before
 * version 15) it cannot watch its callers, and says that the value is no valid one. */
static int ask_what_it_answers(weir__conn *conn, weir__deadline deadline, bool *anonymous, PGresult **result,
                               weir_error *err)
{
	weir__db *db = conn->db;
	bool      watches = PQserverVersion(conn->pg) >= 140000 && !atomic_load(&db->unwatched);
	int       rc = ask(conn, watches, *anonymous, deadline, result, err);

	if (rc < 0 && watches && !conn->broken && strcmp(err->sqlstate, "22023") == 0) {
		atomic_store(&db->unwatched, true);
		weir__log(db->logger, WEIR_LOG_INFO, "db: the server cannot watch whether its callers are still there");
		rc = ask(conn, watches = false, *anonymous, deadline, result, err);
	}
	if (rc < 0 && !*anonymous && !conn->broken) {
		atomic_store_explicit(&db->anonymous, *anonymous = true, memory_order_relaxed);
		weir__log(db->logger, WEIR_LOG_INFO, "db: the server does not say which one it is: %s", err->sqlstate);
		rc = ask(conn, watches, *anonymous, deadline, result, err);
	}
	return rc;
}

/* Some arrays are sent as text, in which NULL would be a text of that name. The server does not report the setting by itself. */
static int check_arrays(const PGresult *result, weir_error *err)
{
	return weir__result_int64(result, 2)
	           ? WEIR_OK
	           : weir__error_set(err, WEIR_ERR_CONNECT, "the server's array_nulls is off, on is needed");
}

static int set_up(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	bool       anonymous = atomic_load_explicit(&conn->db->anonymous, memory_order_relaxed);
	weir_error own = WEIR_ERROR_INIT;
	PGresult  *result;
	int        rc;

	PQsetnonblocking(conn->pg, 1);
	conn->server_pid = PQbackendPID(conn->pg);
	conn->encrypted = PQsslInUse(conn->pg) || PQgssEncInUse(conn->pg);
	rc = ask_what_it_answers(conn, deadline, &anonymous, &result, &own);
	if (rc < 0 && err)
		*err = own;
	if (rc < 0)
		return rc;
	conn->incarnation = weir__result_int64(result, 0);
	conn->pooled = weir__result_int64(result, 1) != conn->server_pid;
	if (!anonymous)
		weir__server_read(conn, result, 3);
	rc = check_arrays(result, err);
	PQclear(result);
	note_pooler(conn);
	atomic_store_explicit(&conn->counters.round_trips, 0, memory_order_relaxed);
	return rc;
}

/* The pooler's words when it refuses `options`: then we do without. */
static bool is_refused_by_pooler(const weir__conn *conn)
{
	const weir__db *db = conn->db;

	return db->statements == WEIR_STATEMENTS_AUTO && db->startup_options && conn->pg &&
	       strstr(PQerrorMessage(conn->pg), "unsupported startup parameter: options");
}

static int find_place(weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__hosts *hosts = conn->db->hosts;
	int          rc = weir__hosts_try(hosts, deadline, establish, conn, err);

	if (rc == WEIR_OK || !is_refused_by_pooler(conn) || atomic_exchange(&conn->db->pooled, true))
		return rc;
	return weir__hosts_try(hosts, deadline, establish, conn, err);
}

static int64_t lifetime_us(const weir__db *db)
{
	int64_t longest = (int64_t)db->pool.max_lifetime_s * 1000000;

	return longest - (int64_t)(weir__random_u64() % (uint64_t)(longest / 10 + 1));
}

static weir__conn *create(weir__db *db, weir_error *err)
{
	weir__conn *conn = weir__calloc(1, sizeof *conn);

	if (!conn) {
		weir__error_no_memory(err);
		return NULL;
	}
	conn->db = db;
	conn->plans = atomic_load_explicit(&db->plans, memory_order_relaxed);
	if (weir__statement_set_init(&conn->statements, db->max_statements, err) < 0) {
		weir__free(conn);
		return NULL;
	}
	return conn;
}

int weir__conn_open(weir__db *db, weir__deadline deadline, const weir__cancel *cancel, weir__conn **conn,
                    weir_error *err)
{
	weir__conn *made = create(db, err);
	int         rc;

	*conn = NULL;
	if (!made)
		return WEIR_ERR_NO_MEMORY;
	made->cancel = cancel;
	deadline = weir__deadline_earlier(deadline, weir__deadline_in_ms(db->connect_timeout_ms));
	rc = find_place(made, deadline, err);
	if (rc == WEIR_OK)
		rc = check_settings(made, err);
	if (rc == WEIR_OK)
		rc = set_up(made, deadline, err);
	if (rc < 0) {
		weir__conn_free(made);
		return rc;
	}
	made->opened_us = made->server.since_us ? made->server.since_us : weir__now_us();
	made->retires_us = made->opened_us + lifetime_us(db);
	weir__log(db->logger, WEIR_LOG_INFO, "db: connection opened (server process %d)", made->server_pid);
	*conn = made;
	return WEIR_OK;
}

void weir__conn_add_counters(const weir__conn *conn, weir_session_stats *stats)
{
	stats->queries += atomic_load_explicit(&conn->counters.queries, memory_order_relaxed);
	stats->round_trips += atomic_load_explicit(&conn->counters.round_trips, memory_order_relaxed);
	stats->transactions += atomic_load_explicit(&conn->counters.transactions, memory_order_relaxed);
	stats->statements_prepared += atomic_load_explicit(&conn->counters.prepared, memory_order_relaxed);
}

void weir__conn_free(weir__conn *conn)
{
	if (!conn)
		return;
	PQfinish(conn->pg);
	weir__statement_set_release(&conn->statements);
	weir__free(conn);
}
