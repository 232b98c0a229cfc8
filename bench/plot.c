/* The chart of a run: a bar for each operation, from 1 to its ratio, on a scale on which twice and half are equally far, with the
 * 95 % interval as a line. Written as SVG by hand: it is text. */
#include "bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define ROW         26
#define TOP         56
#define LEFT        230
#define WIDTH       520
#define RIGHT       120
#define RATIO_LEAST 0.25

typedef struct plot {
	FILE  *file;
	double most; /* ratio at the right end */
} plot;

static double x_of(const plot *p, double ratio)
{
	double least = log2(RATIO_LEAST), most = log2(p->most);
	double at = ratio > 0 ? (log2(ratio) - least) / (most - least) : 0;

	return LEFT + WIDTH * (at < 0 ? 0 : at > 1 ? 1 : at);
}

/* The next power of two above all. */
static double most_of(const bench_result *results, size_t count)
{
	double most = 4;

	for (size_t i = 0; i < count; i++)
		while (most < results[i].ratio_high)
			most *= 2;
	return most;
}

static void draw_scale(const plot *p, size_t rows)
{
	double bottom = TOP + (double)rows * ROW;

	for (double ratio = RATIO_LEAST; ratio <= p->most; ratio *= 2) {
		double x = x_of(p, ratio);

		fprintf(p->file, "<line x1='%.1f' y1='%d' x2='%.1f' y2='%.1f' stroke='%s'/>\n", x, TOP - 6, x, bottom,
		        ratio == 1 ? "#333' stroke-width='1.5" : "#ddd");
		fprintf(p->file, "<text x='%.1f' y='%d' text-anchor='middle' fill='#555'>%g</text>\n", x, TOP - 12, ratio);
	}
}

static void draw_row(const plot *p, const bench_result *result, size_t row)
{
	double      y = TOP + (double)row * ROW + ROW / 2.0;
	double      one = x_of(p, 1), end = x_of(p, result->ratio);
	const char *colour = result->ratio >= 1 ? "#2a7f62" : "#b5562b";

	fprintf(p->file, "<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n", LEFT - 10, y + 4, result->operation->name);
	fprintf(p->file, "<rect x='%.1f' y='%.1f' width='%.1f' height='%d' fill='%s'/>\n", fmin(one, end), y - 7,
	        fabs(end - one), 14, colour);
	fprintf(p->file, "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#111' stroke-width='1.5'/>\n",
	        x_of(p, result->ratio_low), y, x_of(p, result->ratio_high), y);
	fprintf(p->file, "<text x='%d' y='%.1f'>%.2f</text>\n", LEFT + WIDTH + 12, y + 4, result->ratio);
}

bool bench_plot(bench *b, const bench_result *results, size_t count)
{
	plot p = { .file = fopen(b->options.plot_file, "w"), .most = most_of(results, count) };
	bool written;

	if (!p.file)
		return bench_fail(b, "cannot write %s", b->options.plot_file);
	fprintf(
		p.file,
		"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%zu' font-family='sans-serif' font-size='13'>\n"
		"<rect width='100%%' height='100%%' fill='white'/>\n"
		"<text x='10' y='20' font-size='15'>weir against the same by hand, %d caller%s: ratio of operations a second</text>\n",
		LEFT + WIDTH + RIGHT, TOP + count * ROW + 16, b->options.threads, b->options.threads > 1 ? "s" : "");
	draw_scale(&p, count);
	for (size_t i = 0; i < count; i++)
		draw_row(&p, &results[i], i);
	fputs("</svg>\n", p.file);
	written = !ferror(p.file);
	return (fclose(p.file) == 0 && written) || bench_fail(b, "cannot write %s", b->options.plot_file);
}
