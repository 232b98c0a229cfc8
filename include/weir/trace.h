/* Tracing: functions of yours around every call and every statement, for spans, metrics and logs.
 *
 * A call (get_by_id of user) encloses its statements (SELECT ...), all on one thread; a call that the library makes for another
 * lies inside it. A cached read that hits has no statement. Names are those of OpenTelemetry's conventions for database
 * spans (docs/observability.md); weir_span_attributes lists them. Values of yours are never among them: statements have $1, $2.
 */
#ifndef WEIR_TRACE_H
#define WEIR_TRACE_H

#include <weir/status.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weir_span_kind {
	WEIR_SPAN_CALL,     /* of a DAO, a relation, SQL by hand */
	WEIR_SPAN_STATEMENT /* what is sent to PostgreSQL and waited for */
} weir_span_kind;

/* What the cache had to say to a call. */
typedef enum weir_span_cache {
	WEIR_SPAN_NOT_ASKED,
	WEIR_SPAN_HIT,
	WEIR_SPAN_ABSENT, /* "no such row" */
	WEIR_SPAN_MISS,
	WEIR_SPAN_BYPASS /* down, off, or busy with a write */
} weir_span_cache;

/* The texts live until the function returns, those that are not made for one call as long as the session. */
typedef struct weir_span {
	weir_span_kind kind;
	const char    *operation;  /* "get_by_id"; of a statement its first word, "SELECT" */
	const char    *model;      /* "user"; NULL where there is none, or several */
	const char    *collection; /* its table, "users"; NULL likewise */
	const char    *query_text; /* of a statement, with $n; else NULL */
	int64_t        started_us; /* on the monotonic clock */
	/* at the end */
	int64_t         ended_us;
	int             status;      /* of enum weir_status */
	char            sqlstate[6]; /* of a failure the server reported, or "" */
	int64_t         rows;        /* returned or changed; -1: not known */
	weir_span_cache cache;
} weir_span;

/* start is called before, with what is known then; end after, with what start returned (of that very span). Either may be NULL. Any
 * thread at once; they must not call the library and should not block. Without them a call pays for one comparison. */
typedef struct weir_trace {
	void *(*start)(void *context, const weir_span *span);
	void (*end)(void *context, void *started, const weir_span *span);
	void *context;
} weir_trace;

/* A name of OpenTelemetry with its value; text NULL: the value is number. */
typedef struct weir_span_attribute {
	const char *name;
	const char *text;
	int64_t     number;
} weir_span_attribute;

/* Writes those that the span has, WEIR_SPAN_ATTRIBUTES_MAX at most; returns how many. */
#define WEIR_SPAN_ATTRIBUTES_MAX 10
WEIR_API size_t weir_span_attributes(const weir_span *span, weir_span_attribute *attributes);

/* "hit", "absent", "miss", "bypass", "none" */
WEIR_API const char *weir_span_cache_name(weir_span_cache cache);

#ifdef __cplusplus
}
#endif

#endif
