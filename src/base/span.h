/* Beginning and ending spans. */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <weir/trace.h>

#include <stdbool.h>

/* A span under way. */
typedef struct weir__span {
	weir_span span;
	void     *started; /* what the start function returned */
} weir__span;

static inline bool weir__trace_is_on(const weir_trace *trace)
{
	return trace->start || trace->end;
}

/* Sets the time and calls the start function; the other members of span->span are set. */
void weir__span_start(const weir_trace *trace, weir__span *span);

/* Ends it with a status, the SQLSTATE of err (NULL: none) if that failed. */
void weir__span_end(const weir_trace *trace, weir__span *span, int status, const weir_error *err);

#endif
