/*
 * database.h: the database room under test: a pool on a server, with a schema of the test's own that goes when it is
 * closed, and short ways to run SQL through it or beside it. What cannot be had fails the test.
 */
#ifndef WEIR_TESTS_SUPPORT_DATABASE_H
#define WEIR_TESTS_SUPPORT_DATABASE_H

#include "db/conn.h"

#include "support/eventually.h"

#include <check.h>
#include <pthread.h>

struct database {
	weir__db_options options; /* may be changed between init and open */
	weir__db        *db;
	weir__logger     logger;
	const char      *url;
	char             schema[48];
	pthread_mutex_t  log_lock;
	char             log[8192]; /* what was logged, line by line */
};

/* Fills in options for a server: four connections at most, deadlines of seconds. */
void database_init(struct database *database, const char *url);

/* Makes the schema and the pool, and connects. Close drops the schema. */
void database_open(struct database *database);
void database_close(struct database *database);

/* Both at once, with the options as they are. */
void database_setup(struct database *database, const char *url);

weir_session_stats database_stats(const struct database *database);

/* ---- Through the pool: deadlines are ten seconds --------------------------------------------------------------- */

weir__conn *database_borrow(struct database *database);
void        database_give_back(struct database *database, weir__conn **conn);

int     conn_run(weir__conn *conn, const char *sql, weir_error *err);
int     conn_begin_and_run(weir__conn *conn, const char *sql, weir_error *err);
int     conn_commit(weir__conn *conn, weir_error *err);
void    conn_run_ok(weir__conn *conn, const char *sql);
int64_t conn_number(weir__conn *conn, const char *sql); /* of a query that returns one int8 */
int     conn_pid(const weir__conn *conn);

/* One statement on a connection borrowed for it. */
void    database_run(struct database *database, const char *sql);
int64_t database_number(struct database *database, const char *sql);

/* A caller in a thread of its own, who borrows a connection and gives it back at once. */
struct caller {
	pthread_t        thread;
	struct database *database;
	int              timeout_ms;
	int              rc;
	weir_error       err;
	int64_t          took_ms;
	int              place; /* in the order of being served, where they count */
	atomic_int      *places;
};

void start_caller(struct caller *caller, struct database *database, int timeout_ms);

/* ---- Beside it: each call a connection of its own, by libpq alone -------------------------------------------------- */

void    sql_run(const char *url, const char *sql);
int64_t sql_number(const char *url, const char *sql);
void    sql_terminate(const char *url, int pid); /* returns when the process is gone */

/* A connection string with another setting, "dbname=x", behind what it has. */
void url_with(char *to, size_t size, const char *url, const char *setting);

/* A loopback port whose connections are taken by the system and answered by nobody, and a URL for it with the password
 * "secret". The caller closes it. */
int silent_listener(char *url, size_t size);

/* ---- Time -------------------------------------------------------------------------------------------------------- */

/* How late a call may be on a busy machine. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLACK_MS = 300 };
#else
enum { SLACK_MS = 100 };
#endif

#endif
