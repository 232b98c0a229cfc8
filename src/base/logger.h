/* The internal side of the log: a sink and a level that may change while running. */
#ifndef WEIR_BASE_LOGGER_H
#define WEIR_BASE_LOGGER_H

#include <weir/log.h>

#include <stdatomic.h>

typedef struct weir__logger {
	void (*write)(void *context, weir_log_level level, const char *line);
	void      *context;
	atomic_int level;
} weir__logger;

void weir__logger_init(weir__logger *logger, const weir_log *options);

/* Would a line of this level be written? Ask before doing work for one. NULL logger: no. */
bool weir__log_enabled(const weir__logger *logger, weir_log_level level);

/* Formats at most 400 bytes and hands them to the sink. Never a value or a secret. */
void weir__log(const weir__logger *logger, weir_log_level level, const char *format, ...) WEIR_PRINTF(3, 4);

#endif
