/* Sessions: one process's way to a PostgreSQL database and its cache.
 *
 * A session owns a pool of connections, a cache manager and the registered models. It may be used by any number of
 * threads at once. A transaction (transaction.h) is a session too: every DAO works on it unchanged. A session belongs
 * to the process that opened it; in a forked child each call answers WEIR_ERR_FORKED and touches nothing.
 */
#ifndef WEIR_SESSION_H
#define WEIR_SESSION_H

#include <weir/log.h>
#include <weir/model.h>
#include <weir/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_session       weir_session;
typedef struct weir_cache_manager weir_cache_manager;
struct weir_cache_backend;

/* What to do when the descriptors and the live schema differ. */
typedef enum weir_schema_check {
	WEIR_SCHEMA_FAIL, /* weir_open fails, its error lists the differences (the default) */
	WEIR_SCHEMA_WARN, /* each difference goes to the log, the session opens */
	WEIR_SCHEMA_SKIP  /* not looked at */
} weir_schema_check;

/* Where cached records are kept. */
typedef enum weir_cache_kind {
	WEIR_CACHE_AUTO,   /* Redis when options.redis is set, else memory (the default) */
	WEIR_CACHE_NONE,   /* nowhere: cached reads ask the database */
	WEIR_CACHE_MEMORY, /* in this process: right only where it alone writes to the tables */
	WEIR_CACHE_REDIS,  /* in Redis, shared by all processes with the same prefix */
	WEIR_CACHE_CUSTOM  /* options.cache_backend */
} weir_cache_kind;

/* How statements are sent (docs/operations.md). The connection string may say it too: ?weir_statements=unnamed, which
 * then counts. */
typedef enum weir_statement_mode {
	WEIR_STATEMENTS_AUTO, /* NAMED, or UNNAMED on a connection on which a pooler is noticed (the default) */
	/* prepared once on each connection and kept there: direct connections, session pooling */
	WEIR_STATEMENTS_NAMED,
	/* the same for a pooler that keeps track of them: none is dropped, what is beyond the limit * goes unnamed,
	 * and nothing is set for longer than a transaction */
	WEIR_STATEMENTS_TRACKED,
	WEIR_STATEMENTS_UNNAMED /* prepared and run in one send each time, nothing is left on the server: any pooler */
} weir_statement_mode;

/* Numbers left at 0 take the default in brackets. */
typedef struct weir_pool_options {
	int min_connections;    /* kept open [0] */
	int max_connections;    /* [8] */
	int acquire_timeout_ms; /* longest wait for a connection, within the call's own deadline [the call's] */
	int idle_timeout_s;     /* unused longer than this: closed, down to min_connections [300] */
	int max_lifetime_s;     /* older than this: closed when given back, earlier by up to a tenth at random [1800] */
} weir_pool_options;

typedef struct weir_near_cache weir_near_cache; /* near_cache.h */

/* The near cache that a session makes for its models; zero is the default. */
typedef struct weir_near_options {
	int64_t max_bytes; /* of all records and lists in it, 64 KiB at least [64 MiB] */
	int     bound_ms;  /* nothing is served that may have been out of date for longer, 50 at least [1000] */
} weir_near_options;

/* How fresh an answer must be, in milliseconds, where a model has a near cache; for one DAO (base_dao.h) or one query. 0: as the
 * near cache's bound_ms says; above 0: at most so long out of date (but for own writes, which are always seen). */
#define WEIR_STRONG (-1) /* not from the near cache: Redis is asked */
#define WEIR_BYPASS (-2) /* from no cache: the database is asked */

/* Zero is the default everywhere. */
typedef struct weir_options {
	const char *postgres; /* postgresql://... or a libpq connection string; required */
	/* redis://[user:password@]host:port[/db], rediss://..., unix:///path[?db=n]; NULL: none */
	const char              *redis;
	const weir_model *const *models;           /* all models of the session, ended by NULL */
	const char              *schema;           /* the search path of each connection [the role's own] */
	const char              *application_name; /* [what the connection string says, else "weir"] */
	bool                     lazy;             /* do not connect in weir_open; the schema is checked at the first use */
	weir_schema_check        schema_check;
	int                      timeout_ms;         /* deadline of each call in all [5000] */
	int                      connect_timeout_ms; /* for one connection, authentication included [3000] */
	int64_t                  max_limit;          /* largest limit of a query, at least 100 [10000] */
	int                      max_statements;     /* prepared statements kept on each connection [256] */
	weir_pool_options        pool;
	weir_cache_kind          cache_kind;
	/* first part of every key ["weir"]. Databases, and schemas that differ, that share one take each other's entries for misses */
	const char                *cache_prefix;
	int                        cache_timeout_ms; /* longest time a call waits for the cache [50] */
	struct weir_cache_backend *cache_backend;    /* for WEIR_CACHE_CUSTOM; the session closes it */
	weir_cache_config          cache;            /* defaults of all models */
	weir_log                   log;
	weir_statement_mode        statements;
	/* writes that cannot be guarded leave what they touch in weir_outbox (relay.h). outside_ms: on [off] */
	weir_switch outbox;
	weir_switch relay; /* a thread of the session's own that empties it [on where there is an outbox] */
	/* cached reads are at most so much older than what others wrote past weir (relay.h): at least 100 [0: no such
	 * bound] */
	int               outside_ms;
	weir_trace        trace;         /* functions around every call and statement (trace.h) [none] */
	int               slow_query_ms; /* statements that take longer are logged as warnings, with their text [never] */
	weir_near_options near;          /* of the session's own near cache */
	/* one made by weir_near_cache_create, used instead; the session keeps a reference */
	weir_near_cache *near_cache;
} weir_options;

/* Opens a session: checks every model, connects (unless lazy) and compares the models with the live schema.
 *
 * On success *session is the caller's, to be given to weir_close. On failure *session stays NULL, nothing is left
 * open and err names what is wrong: WEIR_ERR_USAGE (options), WEIR_ERR_MODEL (a descriptor), WEIR_ERR_SCHEMA (all
 * differences, one a line), WEIR_ERR_CONNECT, WEIR_ERR_AUTH, WEIR_ERR_TIMEOUT, WEIR_ERR_NO_MEMORY.
 * Redis need not be there. The strings of options are copied, the models are not.
 *
 * With glibc its allocator learns that blocks of 8 MiB come and go, and keeps up to 16 MiB that were in use at the end of a heap
 * (docs/performance.md, Size and start); limits that the program sets itself, by mallopt or GLIBC_TUNABLES, stay. */
WEIR_API WEIR_MUST_CHECK int weir_open_sized(const weir_options *options, size_t options_size, weir_session **session,
                                             weir_error *err);

/* As above; tells the library how large the options were where this was compiled. */
static inline WEIR_MUST_CHECK int weir_open(const weir_options *options, weir_session **session, weir_error *err)
{
	return weir_open_sized(options, sizeof(weir_options), session, err);
}

/* Ends a session: waits for borrowed connections up to the session's timeout, closes all and sets *session to NULL.
 * Transactions must have ended; one that has not can then only be ended, by which it is rolled back (weir_commit says
 * WEIR_ERR_CLOSED). No other call may be under way. NULL and a pointer to NULL do nothing. Records live on.
 * A transaction is rolled back (weir_rollback). */
WEIR_API void weir_close(weir_session **session);

/* The session's cache manager; the session owns it. Never NULL for a session; NULL for NULL. */
WEIR_API weir_cache_manager *weir_session_cache(weir_session *session);

/* Runs a script of SQL statements, for schemas and fixtures: a text of the program's own, never made from input (there are
 * no parameters). Outside a transaction it is one transaction of its own unless it says BEGIN itself (and then COMMIT:
 * WEIR_ERR_USAGE where it leaves one open, which is rolled back). The cache does not
 * notice what a script changes: weir_cache_manager_flush after one that changes rows of models. On failure err names
 * the SQLSTATE, and what the script did is rolled back. In a transaction it must not end that: WEIR_ERR_USAGE, nobody knows what of the
 * transaction was committed, and it can only be rolled back. */
WEIR_API WEIR_MUST_CHECK int weir_run_script(weir_session *session, const char *sql, weir_error *err);

#define WEIR_WAIT_BUCKETS 5

/* Counters since the session was opened; a transaction reads those of its session. */
typedef struct weir_session_stats {
	uint64_t queries;      /* statements sent to PostgreSQL, BEGIN, COMMIT and the like not counted */
	uint64_t round_trips;  /* times PostgreSQL was waited for */
	uint64_t transactions; /* begun */
	uint64_t connections_opened;
	uint64_t connections_closed;    /* idle, old or at the end */
	uint64_t connections_destroyed; /* in any doubt about their state */
	uint64_t acquires;
	uint64_t acquire_waits;    /* of them, had to wait */
	uint64_t acquire_timeouts; /* of them, in vain */
	uint64_t statements_prepared;
	int      connections;     /* open now */
	int      in_use;          /* of them, borrowed now */
	int      waiting;         /* callers waiting now */
	int      idle;            /* open and not borrowed now */
	int      connecting;      /* being opened now */
	uint64_t acquire_wait_us; /* all waits of acquires together */
	/* of the waits, shorter than 1, 10, 100, 1000 ms; longer */
	uint64_t acquire_waits_by_ms[WEIR_WAIT_BUCKETS];
	/* of the session's relay thread and its calls of weir_relay_run_once */
	uint64_t relay_passes;   /* that ended well */
	uint64_t relay_failures; /* that did not: a server was out of reach */
	uint64_t relay_rows;     /* of the outbox, applied */
	uint64_t
		relay_lag_ms; /* since the last pass that ended well began: what was committed before is applied. 0: none has */
} weir_session_stats;

/* Reads the counters; any thread, at any time. All zero for NULL. */
WEIR_API void weir_session_stats_get_sized(const weir_session *session, weir_session_stats *stats, size_t stats_size);

/* As above; tells the library how large the struct was where this was compiled. */
static inline void weir_session_stats_get(const weir_session *session, weir_session_stats *stats)
{
	weir_session_stats_get_sized(session, stats, sizeof *stats);
}

/* Counts the queries of a piece of work, so that a test fails when there are more than it should need. */
typedef struct weir_query_guard {
	const weir_session *session;
	uint64_t            before;
} weir_query_guard;

WEIR_API weir_query_guard weir_query_guard_begin(const weir_session *session);

/* WEIR_OK, or WEIR_ERR_LIMIT when the session (all of its threads) has sent more than `most` queries since. */
WEIR_API int weir_query_guard_end(const weir_query_guard *guard, uint64_t most, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
