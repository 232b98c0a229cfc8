/* The log: levels, and lines that always fit. */
#include "base/logger.h"
#include "support/suite.h"

#include <string.h>

struct sink {
	int            lines;
	weir_log_level level;
	char           last[1024];
};

static void keep(void *context, weir_log_level level, const char *line)
{
	struct sink *sink = context;

	sink->lines++;
	sink->level = level;
	ck_assert_uint_lt(strlen(line), sizeof sink->last);
	memcpy(sink->last, line, strlen(line) + 1);
}

START_TEST(test_log__a_line_reaches_the_sink)
{
	struct sink  sink = { .lines = 0 };
	weir_log     options = { .write = keep, .context = &sink };
	weir__logger logger;

	weir__logger_init(&logger, &options);
	weir__log(&logger, WEIR_LOG_ERROR, "pool: %d of %d", 3, 4);
	ck_assert_int_eq(sink.lines, 1);
	ck_assert_int_eq(sink.level, WEIR_LOG_ERROR);
	ck_assert_str_eq(sink.last, "pool: 3 of 4");
}
END_TEST

START_TEST(test_log__lower_levels_are_left_out)
{
	static const weir_log_level levels[] = { WEIR_LOG_DEBUG, WEIR_LOG_INFO, WEIR_LOG_WARNING, WEIR_LOG_ERROR };

	for (size_t least = 0; least < 4; least++) {
		struct sink  sink = { .lines = 0 };
		weir_log     options = { .write = keep, .context = &sink, .level = levels[least] };
		weir__logger logger;
		weir__logger_init(&logger, &options);
		for (size_t i = 0; i < 4; i++) {
			ck_assert(weir__log_enabled(&logger, levels[i]) == (i >= least));
			weir__log(&logger, levels[i], "x");
		}
		ck_assert_int_eq(sink.lines, (int)(4 - least));
	}
}
END_TEST

START_TEST(test_log__the_default_is_warnings)
{
	struct sink  sink = { .lines = 0 };
	weir_log     options = { .write = keep, .context = &sink };
	weir__logger logger;

	weir__logger_init(&logger, &options);
	ck_assert(!weir__log_enabled(&logger, WEIR_LOG_INFO));
	ck_assert(weir__log_enabled(&logger, WEIR_LOG_WARNING));
}
END_TEST

START_TEST(test_log__off_no_sink_and_no_logger_are_silent)
{
	struct sink  sink = { .lines = 0 };
	weir_log     off = { .write = keep, .context = &sink, .level = WEIR_LOG_OFF };
	weir_log     nowhere = { .level = WEIR_LOG_DEBUG };
	weir__logger logger;

	weir__logger_init(&logger, &off);
	weir__log(&logger, WEIR_LOG_ERROR, "x");
	weir__log(&logger, WEIR_LOG_OFF, "x");
	ck_assert_int_eq(sink.lines, 0);
	weir__logger_init(&logger, &nowhere);
	ck_assert(!weir__log_enabled(&logger, WEIR_LOG_ERROR));
	weir__log(&logger, WEIR_LOG_ERROR, "x");
	weir__log(NULL, WEIR_LOG_ERROR, "x");
}
END_TEST

START_TEST(test_log__a_long_line_is_cut)
{
	struct sink  sink = { .lines = 0 };
	weir_log     options = { .write = keep, .context = &sink };
	weir__logger logger;
	char         text[2000];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	weir__logger_init(&logger, &options);
	weir__log(&logger, WEIR_LOG_ERROR, "%s", text);
	ck_assert_uint_eq(strlen(sink.last), 399);
}
END_TEST

START_TEST(test_log__levels_have_names)
{
	ck_assert_str_eq(weir_log_level_name(WEIR_LOG_WARNING), "warning");
	ck_assert_str_eq(weir_log_level_name(WEIR_LOG_DEBUG), "debug");
	ck_assert_str_eq(weir_log_level_name(WEIR_LOG_DEFAULT), "default");
	ck_assert_str_eq(weir_log_level_name(WEIR_LOG_OFF), "off");
	ck_assert_str_eq(weir_log_level_name((weir_log_level)(WEIR_LOG_OFF + 1)), "?");
	ck_assert_str_eq(weir_log_level_name((weir_log_level)99), "?");
}
END_TEST

WEIR_SUITE("base/logger", test_log__a_line_reaches_the_sink, test_log__lower_levels_are_left_out,
           test_log__the_default_is_warnings, test_log__off_no_sink_and_no_logger_are_silent,
           test_log__a_long_line_is_cut, test_log__levels_have_names);
