/* mutant.h: cache backends that make one mistake each, on purpose: a check that does not catch them shows nothing.
 * Each is the library's Redis backend with some operations done wrongly, so that the library itself holds no code for
 * this. */
#ifndef CHECK_MUTANT_H
#define CHECK_MUTANT_H

#include <weir/sys/cache_backend.h>

#include <stddef.h>

typedef struct mutant {
	const char *name;
	const char *mistake;
	const char *faults;      /* under which it shows */
	int         pg_delay_ms; /* of one worker's way to PostgreSQL, which opens its windows wider */
} mutant;

extern const mutant mutants[];
extern const size_t mutant_count;

const mutant *mutant_find(const char *name);

/* A backend on a Redis; NULL: no such mistake, or no memory. */
weir_cache_backend *mutant_backend(const char *name, const char *redis_url);

#endif
