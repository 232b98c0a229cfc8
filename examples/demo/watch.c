/* Time and counters around a call (watch.h). */
#include "watch.h"

#include <time.h>

int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static watch counters(weir_session *session)
{
	weir_session_stats db;
	weir_cache_stats   cache;

	weir_session_stats_get(session, &db);
	weir_cache_manager_stats(weir_session_cache(session), NULL, &cache);
	return (watch){
		.session = session,
		.queries = (int64_t)db.queries,
		.hits = (int64_t)(cache.hits + cache.absent_hits),
		.misses = (int64_t)cache.misses,
		.bypasses = (int64_t)cache.bypasses,
	};
}

watch watch_start(weir_session *session)
{
	watch w = counters(session);

	w.us = clock_us();
	return w;
}

void watch_stop(watch *w)
{
	int64_t us = clock_us() - w->us;
	watch   now = counters(w->session);

	w->us = us;
	w->queries = now.queries - w->queries;
	w->hits = now.hits - w->hits;
	w->misses = now.misses - w->misses;
	w->bypasses = now.bypasses - w->bypasses;
}

const char *watch_source(const watch *w)
{
	if (w->queries > 0)
		return w->hits > 0 ? "both" : "database";
	return w->hits > 0 ? "Redis" : "nowhere";
}
