/* Spans, and their names in OpenTelemetry. */
#include "base/span.h"

#include "base/clock.h"

#include <string.h>

void weir__span_start(const weir_trace *trace, weir__span *span)
{
	span->span.rows = -1;
	span->span.started_us = weir__now_us();
	span->started = trace->start ? trace->start(trace->context, &span->span) : NULL;
}

void weir__span_end(const weir_trace *trace, weir__span *span, int status, const weir_error *err)
{
	span->span.ended_us = weir__now_us();
	span->span.status = status;
	if (status < 0 && err && err->status == status)
		memcpy(span->span.sqlstate, err->sqlstate, sizeof span->span.sqlstate);
	if (trace->end)
		trace->end(trace->context, span->started, &span->span);
}

const char *weir_span_cache_name(weir_span_cache cache)
{
	static const char *const names[] = { "none", "hit", "absent", "miss", "bypass" };

	return (unsigned)cache < sizeof names / sizeof names[0] ? names[cache] : "?";
}

static size_t add(weir_span_attribute *attributes, size_t count, const char *name, const char *text)
{
	if (!text || !text[0])
		return count;
	attributes[count] = (weir_span_attribute){ .name = name, .text = text };
	return count + 1;
}

size_t weir_span_attributes(const weir_span *span, weir_span_attribute *attributes)
{
	size_t count = 0;

	if (!span || !attributes)
		return 0;
	count = add(attributes, count, "db.system.name", "postgresql");
	count = add(attributes, count, "db.operation.name", span->operation);
	count = add(attributes, count, "db.collection.name", span->collection);
	count = add(attributes, count, "db.query.text", span->query_text);
	count = add(attributes, count, "db.response.status_code", span->sqlstate);
	if (span->rows >= 0)
		attributes[count++] = (weir_span_attribute){ .name = "db.response.returned_rows", .number = span->rows };
	if (span->status < 0)
		count = add(attributes, count, "error.type", weir_status_name(span->status));
	count = add(attributes, count, "weir.model", span->model);
	if (span->kind == WEIR_SPAN_CALL)
		count = add(attributes, count, "weir.cache", weir_span_cache_name(span->cache));
	return count;
}
