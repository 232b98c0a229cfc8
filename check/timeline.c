/* timeline.c: sorted arrays with a running maximum. */
#include "timeline.h"

#include <stdio.h>
#include <stdlib.h>

void *grow(void *array, size_t *capacity, size_t count, size_t size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 64;
	array = realloc(array, *capacity * size);
	if (!array) {
		fprintf(stderr, "check: out of memory\n");
		exit(2);
	}
	return array;
}

void timeline_add(timeline *line, uint64_t at_ns, int64_t version)
{
	line->entries = grow(line->entries, &line->capacity, line->count, sizeof *line->entries);
	line->entries[line->count++] = (timeline_entry){ at_ns, version };
}

static int by_time(const void *a, const void *b)
{
	const timeline_entry *x = a, *y = b;

	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

void timeline_settle(timeline *line, uint64_t from_ns)
{
	size_t  kept = 0;
	int64_t largest = 0;

	if (line->count == 0)
		return;
	qsort(line->entries, line->count, sizeof *line->entries, by_time);
	for (size_t i = 0; i < line->count; i++) {
		timeline_entry entry = line->entries[i];

		if (entry.version <= largest)
			continue;
		largest = entry.version;
		if (kept > 0 && entry.at_ns < from_ns)
			kept--;
		line->entries[kept++] = entry;
	}
	line->count = kept;
}

int64_t timeline_at(const timeline *line, uint64_t at_ns)
{
	size_t low = 0, high = line->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (line->entries[middle].at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? line->entries[low - 1].version : 0;
}

void timeline_free(timeline *line)
{
	free(line->entries);
	*line = (timeline){ 0 };
}
