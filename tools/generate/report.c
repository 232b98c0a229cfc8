/* Lines on standard error. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 0))) static void say(const char *kind, const char *format, va_list arguments)
{
	fprintf(stderr, "weir-generate: %s", kind);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void report_problem(gen_report *report, const char *format, ...)
{
	va_list arguments;

	report->problems++;
	va_start(arguments, format);
	say("", format, arguments);
	va_end(arguments);
}

void report_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("note: ", format, arguments);
	va_end(arguments);
}
