/* Medians and their intervals, free of assumptions on how the values are distributed. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 1000

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort_into(double *sorted, const double *values, size_t count)
{
	memcpy(sorted, values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, ascending);
}

double bench_median(const double *values, size_t count)
{
	double sorted[VALUES_MAX];

	sort_into(sorted, values, count);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* How many values may be left out at each end: the most with which the true median lies outside in at most 2.5 % of
 * cases on that side, each value being above or below it like a coin. */
static size_t left_out(size_t count)
{
	double chance = 1, sum = 0; /* of exactly k heads, of at most k */

	for (size_t i = 0; i < count; i++)
		chance /= 2;
	for (size_t k = 0;; k++) {
		sum += chance;
		if (sum > 0.025)
			return k;
		chance *= (double)(count - k) / (double)(k + 1);
	}
}

void bench_interval(const double *values, size_t count, double *low, double *high)
{
	double sorted[VALUES_MAX];
	size_t out = left_out(count);
	size_t first = out > 0 ? out - 1 : 0;

	sort_into(sorted, values, count);
	*low = sorted[first];
	*high = sorted[count - 1 - first];
}
