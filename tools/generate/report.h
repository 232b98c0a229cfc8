/* What is wrong, all of it, and what is worth knowing. Nothing is written where anything is wrong. */
#ifndef GENERATE_REPORT_H
#define GENERATE_REPORT_H

#include <stddef.h>

typedef struct gen_report {
	size_t problems;
} gen_report;

/* A line on standard error: what is wrong, and what to do about it. */
__attribute__((format(printf, 2, 3))) void report_problem(gen_report *report, const char *format, ...);

/* A line on standard error about something that is left out and harms nothing. */
__attribute__((format(printf, 1, 2))) void report_note(const char *format, ...);

#endif
