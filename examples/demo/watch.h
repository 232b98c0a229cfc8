/* A watch tells how long something took and where its answer came from: by the counters of the session (statements that
 * PostgreSQL got) and of the cache manager (hits, misses, bypasses), read before and after. */
#ifndef DEMO_WATCH_H
#define DEMO_WATCH_H

#include <blog/blog.h>

typedef struct watch {
	weir_session *session;
	int64_t       us;
	int64_t       queries; /* these four: before until watch_stop, then how many since watch_start */
	int64_t       hits;    /* "no such row" from the cache too */
	int64_t       misses;
	int64_t       bypasses;
} watch;

watch watch_start(weir_session *session);
void  watch_stop(watch *w);

/* "Redis", "database", "both" or "nowhere", after watch_stop. */
const char *watch_source(const watch *w);

/* The monotonic clock in microseconds. */
int64_t clock_us(void);

#endif
