/* Touches into rows of the outbox, each of which is of a bounded size. */
#include "dao/outbox.h"

#include <weir/relay.h>

#include "base/error.h"
#include "base/memory.h"
#include "cache/replay.h"

#include <string.h>

/* Where a text that begins here ends: behind the last of its lines that fit. A line is always shorter than a text may be. */
static size_t text_end(const weir__buffer *lines, size_t from)
{
	size_t end = from + WEIR__OUTBOX_TEXT_MAX;

	if (end >= lines->length)
		return lines->length;
	while (lines->data[end - 1] != '\n')
		end--;
	return end;
}

/* Ends each text by a NUL in the place of its last newline. The caller frees *texts. */
static int split(weir__buffer *lines, const char ***texts, size_t *count, weir_error *err)
{
	*count = 0;
	*texts = weir__calloc(2 * (lines->length / WEIR__OUTBOX_TEXT_MAX) + 2, sizeof **texts);
	if (!*texts)
		return weir__error_no_memory(err);
	for (size_t at = 0; at < lines->length;) {
		size_t end = text_end(lines, at);

		(*texts)[(*count)++] = lines->data + at;
		lines->data[end - 1] = '\0';
		at = end;
	}
	return WEIR_OK;
}

int weir__outbox_keep(const weir__engine *engine, weir__conn *conn, const weir__touches *touches,
                      weir__deadline deadline, weir_error *err)
{
	weir__buffer lines = WEIR__BUFFER_INIT;
	const char **texts = NULL;
	size_t       count = 0;
	int          rc;

	weir__touches_write(engine->cache, touches, &lines);
	rc = lines.failed ? weir__error_no_memory(err) : split(&lines, &texts, &count, err);
	if (rc >= 0 && count > 0)
		rc = weir__outbox_insert(conn, weir__cache_prefix(engine->cache), texts, count, deadline, err);
	weir__free(texts);
	weir__buffer_release(&lines);
	return rc;
}

const char *weir_outbox_sql(void)
{
	return weir__outbox_ddl();
}

int weir_outbox_install(weir_session *session, weir_error *err)
{
	return weir_run_script(session, weir__outbox_ddl(), err);
}
