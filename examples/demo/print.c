/* Lines of the demo (print.h). */
#include "print.h"

#include <stdarg.h>
#include <stdio.h>

void print_title(const char *title)
{
	static int number;

	printf("\n%d. %s\n\n", ++number, title);
	fflush(stdout);
}

void print_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("   ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	fflush(stdout);
}

void print_gap(void)
{
	printf("\n");
}

void print_step(const watch *w, const char *source, const char *call, const char *format, ...)
{
	char    text[128], time[16];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("   %-28s %-26s %-9s %8s\n", call, text, source ? source : "", time_text(w->us, time));
	fflush(stdout);
}

#define BAR_DOTS 30

bar bar_begin(const char *label, int64_t total)
{
	printf("   %-10s %7lld  ", label, (long long)total);
	fflush(stdout);
	return (bar){ .total = total };
}

void bar_grow(bar *b, int64_t done)
{
	for (; b->dots < done * BAR_DOTS / b->total; b->dots++)
		putchar('.');
	fflush(stdout);
}

void bar_end(bar *b, int64_t us)
{
	char time[16];

	bar_grow(b, b->total);
	printf("  %8s\n", time_text(us, time));
	fflush(stdout);
}

const char *time_text(int64_t us, char text[16])
{
	if (us < 1000)
		snprintf(text, 16, "%d us", (int)us);
	else if (us < 1000000)
		snprintf(text, 16, "%.1f ms", (double)us / 1e3);
	else
		snprintf(text, 16, "%.1f s", (double)us / 1e6);
	return text;
}
