/*
 * database.c: pools for tests.
 */
#include "support/database.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static void keep_line(void *context, weir_log_level level, const char *line)
{
	struct database *database = context;
	size_t           used;

	(void)level;
	pthread_mutex_lock(&database->log_lock);
	used = strlen(database->log);
	snprintf(database->log + used, sizeof database->log - used, "%s\n", line);
	pthread_mutex_unlock(&database->log_lock);
}

void database_init(struct database *database, const char *url)
{
	weir_log log = { .write = keep_line, .context = database, .level = WEIR_LOG_DEBUG };

	memset(database, 0, sizeof *database);
	pthread_mutex_init(&database->log_lock, NULL);
	weir__logger_init(&database->logger, &log);
	database->url = url;
	database->options = (weir__db_options){
		.conninfo = url,
		.connect_timeout_ms = PATIENCE_MS,
		.max_statements = 64,
		.pool = { .max_connections = 4, .idle_timeout_s = 300, .max_lifetime_s = 1800 },
		.logger = &database->logger,
	};
}

void database_open(struct database *database)
{
	static atomic_int number;
	char              sql[96];
	weir_error        err = WEIR_ERROR_INIT;

	snprintf(database->schema, sizeof database->schema, "weir_db_%d_%d_%08x", (int)getpid(),
	         atomic_fetch_add(&number, 1), (unsigned)weir__random_u64());
	snprintf(sql, sizeof sql, "CREATE SCHEMA %s", database->schema);
	sql_run(database->url, sql);
	database->options.schema = database->schema;
	ck_assert_msg(weir__db_create(&database->options, &database->db, &err) == WEIR_OK, "%s", err.message);
	ck_assert_msg(weir__db_connect(database->db, weir__deadline_in_ms(PATIENCE_MS), &err) == WEIR_OK, "%s",
	              err.message);
}

void database_setup(struct database *database, const char *url)
{
	database_init(database, url);
	database_open(database);
}

void database_close(struct database *database)
{
	char sql[192];

	if (database->db)
		weir__db_close(database->db, weir__deadline_in_ms(PATIENCE_MS));
	if (database->schema[0]) {
		snprintf(sql, sizeof sql, "SET LOCAL client_min_messages = error; DROP SCHEMA %s CASCADE", database->schema);
		sql_run(database->url, sql);
	}
	pthread_mutex_destroy(&database->log_lock);
}

weir_session_stats database_stats(const struct database *database)
{
	weir_session_stats stats;

	weir__db_stats(database->db, &stats);
	return stats;
}

/* ---- Through the pool ---------------------------------------------------------------------------------------------- */

weir__conn *database_borrow(struct database *database)
{
	weir_error  err = WEIR_ERROR_INIT;
	weir__conn *conn = NULL;
	int         rc = weir__db_acquire(database->db, weir__deadline_in_ms(PATIENCE_MS), &conn, &err);

	ck_assert_msg(rc == WEIR_OK, "%s", err.message);
	return conn;
}

void database_give_back(struct database *database, weir__conn **conn)
{
	weir__db_give_back(database->db, conn);
}

int conn_run(weir__conn *conn, const char *sql, weir_error *err)
{
	weir__sql  statement = weir__sql_of(sql, strlen(sql));
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__conn_run(conn, &statement, NULL, weir__deadline_in_ms(PATIENCE_MS), &rows, err);

	weir__rows_release(&rows);
	return rc;
}

int conn_begin_and_run(weir__conn *conn, const char *sql, weir_error *err)
{
	weir__sql  statement = weir__sql_of(sql, strlen(sql));
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__conn_begin_and_run(conn, &statement, NULL, weir__deadline_in_ms(PATIENCE_MS), &rows, err);

	weir__rows_release(&rows);
	return rc;
}

int conn_commit(weir__conn *conn, weir_error *err)
{
	return weir__conn_commit(conn, weir__deadline_in_ms(PATIENCE_MS), err);
}

void conn_run_ok(weir__conn *conn, const char *sql)
{
	weir_error err = WEIR_ERROR_INIT;
	int        rc = conn_run(conn, sql, &err);

	ck_assert_msg(rc == WEIR_OK, "%s: %s", sql, err.message);
}

int64_t conn_number(weir__conn *conn, const char *sql)
{
	weir_error err = WEIR_ERROR_INIT;
	weir__sql  statement = weir__sql_of(sql, strlen(sql));
	weir__rows rows = WEIR__ROWS_INIT;
	int64_t    number;
	int        rc = weir__conn_run(conn, &statement, NULL, weir__deadline_in_ms(PATIENCE_MS), &rows, &err);

	ck_assert_msg(rc == WEIR_OK, "%s: %s", sql, err.message);
	ck_assert_uint_eq(rows.count, 1);
	number = weir__result_int64(rows.result, 0);
	weir__rows_release(&rows);
	return number;
}

int conn_pid(const weir__conn *conn)
{
	return PQbackendPID(conn->pg);
}

void database_run(struct database *database, const char *sql)
{
	weir__conn *conn = database_borrow(database);

	conn_run_ok(conn, sql);
	database_give_back(database, &conn);
}

int64_t database_number(struct database *database, const char *sql)
{
	weir__conn *conn = database_borrow(database);
	int64_t     number = conn_number(conn, sql);

	database_give_back(database, &conn);
	return number;
}

static void *call(void *argument)
{
	struct caller *caller = argument;
	weir__conn    *conn = NULL;
	int64_t        started = now_ms();

	caller->rc = weir__db_acquire(caller->database->db, weir__deadline_in_ms(caller->timeout_ms), &conn, &caller->err);
	caller->took_ms = now_ms() - started;
	if (caller->places)
		caller->place = atomic_fetch_add(caller->places, 1);
	weir__db_give_back(caller->database->db, &conn);
	return NULL;
}

void start_caller(struct caller *caller, struct database *database, int timeout_ms)
{
	caller->database = database;
	caller->timeout_ms = timeout_ms;
	ck_assert_int_eq(pthread_create(&caller->thread, NULL, call, caller), 0);
}

/* ---- Beside it ------------------------------------------------------------------------------------------------------ */

static PGresult *ask_server(const char *url, const char *sql)
{
	PGconn        *conn = PQconnectdb(url);
	PGresult      *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s: %s", sql, PQerrorMessage(conn));
	PQfinish(conn);
	return result;
}

void sql_run(const char *url, const char *sql)
{
	PQclear(ask_server(url, sql));
}

int64_t sql_number(const char *url, const char *sql)
{
	PGresult *result = ask_server(url, sql);
	int64_t   number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);

	PQclear(result);
	return number;
}

void sql_terminate(const char *url, int pid)
{
	char sql[96];

	snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", pid);
	sql_run(url, sql);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d", pid);
	EVENTUALLY(sql_number(url, sql) == 0);
}

void url_with(char *to, size_t size, const char *url, const char *setting)
{
	const char *between = !strstr(url, "://") ? " " : strchr(url, '?') ? "&" : "?";

	ck_assert_int_lt(snprintf(to, size, "%s%s%s", url, between, setting), (int)size);
}

int silent_listener(char *url, size_t size)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          length = sizeof address;
	int                fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	snprintf(url, size, "postgresql://weir:secret@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable",
	         ntohs(address.sin_port));
	return fd;
}
