/* Log lines: formatted on the stack, handed to the sink. */
#include "base/logger.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const level_names[] = { "default", "debug", "info", "warning", "error", "off" };

const char *weir_log_level_name(weir_log_level level)
{
	return level >= WEIR_LOG_DEFAULT && level <= WEIR_LOG_OFF ? level_names[level] : "?";
}

void weir__logger_init(weir__logger *logger, const weir_log *options)
{
	logger->write = options->write;
	logger->context = options->context;
	atomic_init(&logger->level, (int)(options->level == WEIR_LOG_DEFAULT ? WEIR_LOG_WARNING : options->level));
}

bool weir__log_enabled(const weir__logger *logger, weir_log_level level)
{
	return logger && logger->write && (int)level >= atomic_load_explicit(&logger->level, memory_order_relaxed) &&
	       level < WEIR_LOG_OFF;
}

void weir__log(const weir__logger *logger, weir_log_level level, const char *format, ...)
{
	char    line[400];
	va_list args;

	if (!weir__log_enabled(logger, level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	logger->write(logger->context, level, line);
}
