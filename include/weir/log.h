/* The log: lines about what the library does, given to a function of yours.
 *
 * Lines hold names, numbers, keys' models and SQLSTATEs; never a value, a password or a connection string.
 */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

#include <weir/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_session;

typedef enum weir_log_level {
	WEIR_LOG_DEFAULT, /* WEIR_LOG_WARNING */
	WEIR_LOG_DEBUG,   /* each cache operation with model, outcome and time */
	WEIR_LOG_INFO,    /* connections opened and closed, cache back again */
	WEIR_LOG_WARNING, /* what needed a second try or was left out */
	WEIR_LOG_ERROR,
	WEIR_LOG_OFF
} weir_log_level;

/* Where log lines go. write may be called by any thread at once, must not call the library and should not block.
 * Without one nothing is logged. */
typedef struct weir_log {
	void (*write)(void *context, weir_log_level level, const char *line);
	void          *context;
	weir_log_level level; /* lines below it are not made */
} weir_log;

/* Changes the level while running; any thread. */
WEIR_API void weir_session_set_log_level(struct weir_session *session, weir_log_level level);

/* "debug", "info", "warning", "error", "off". */
WEIR_API const char *weir_log_level_name(weir_log_level level);

#ifdef __cplusplus
}
#endif

#endif
