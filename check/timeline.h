/* timeline.h: which version of a key was known at which time. Entries are added in any order, then sorted; each then
 * tells the largest version up to its time. */
#ifndef CHECK_TIMELINE_H
#define CHECK_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

typedef struct timeline_entry {
	uint64_t at_ns;
	int64_t  version;
} timeline_entry;

typedef struct timeline {
	timeline_entry *entries;
	size_t          count, capacity;
} timeline;

void timeline_add(timeline *line, uint64_t at_ns, int64_t version);
/* Sorts, and melts what is older than from_ns into one entry. */
void timeline_settle(timeline *line, uint64_t from_ns);
/* The largest version known before a time; 0 if none. */
int64_t timeline_at(const timeline *line, uint64_t at_ns);
void    timeline_free(timeline *line);

/* Memory or the end of the program. */
void *grow(void *array, size_t *capacity, size_t count, size_t size);

#endif
