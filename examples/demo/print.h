/* How the demo's lines look: a title for each chapter, steps in columns, a bar of dots while something takes time. */
#ifndef DEMO_PRINT_H
#define DEMO_PRINT_H

#include "watch.h"

void print_title(const char *title);

/* A sentence, indented; as printf. */
void print_line(const char *format, ...) WEIR_PRINTF(1, 2);
void print_gap(void);

/* One step: what was called, what came out (as printf), where from (NULL: nothing is said) and the time. */
void print_step(const watch *w, const char *source, const char *call, const char *format, ...) WEIR_PRINTF(4, 5);

/* A bar that grows to its full width as done reaches total. */
typedef struct bar {
	int64_t total;
	int     dots;
} bar;
bar  bar_begin(const char *label, int64_t total);
void bar_grow(bar *b, int64_t done);
void bar_end(bar *b, int64_t us);

/* "85 us", "1.2 ms", "3.4 s", for a column seven wide. */
const char *time_text(int64_t us, char text[16]);

#endif
