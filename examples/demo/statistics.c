/* What the session counted while the demo ran. */
#include "demo.h"
#include "print.h"

#include <stdio.h>

static void print_cache(demo *d, const char *name, const weir_model *model)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(weir_session_cache(d->session), model, &stats);
	print_line("%-10s %7llu %9llu %7llu %7llu %7llu %9llu %8llu %6.2f", name, (unsigned long long)stats.hits,
	           (unsigned long long)stats.absent_hits, (unsigned long long)stats.misses, (unsigned long long)stats.fills,
	           (unsigned long long)stats.dropped_fills, (unsigned long long)stats.invalidations,
	           (unsigned long long)stats.bypasses, weir_cache_stats_hit_ratio(&stats));
}

int chapter_statistics(demo *d, weir_error *err)
{
	weir_session_stats db;

	(void)err;
	print_title("Statistics of the session");
	print_line("%-10s %7s %9s %7s %7s %7s %9s %8s %6s", "cache", "hits", "no row", "misses", "fills", "dropped",
	           "guarded", "bypasses", "ratio");
	print_cache(d, "user", &user_model);
	print_cache(d, "post", &post_model);
	print_cache(d, "comment", &comment_model);
	print_cache(d, "all", NULL);
	weir_session_stats_get(d->session, &db);
	print_gap();
	print_line("PostgreSQL: %llu statements in %llu round trips, %llu transactions", (unsigned long long)db.queries,
	           (unsigned long long)db.round_trips, (unsigned long long)db.transactions);
	print_line("Pool: %llu connections opened, %llu times lent, %llu prepared statements",
	           (unsigned long long)db.connections_opened, (unsigned long long)db.acquires,
	           (unsigned long long)db.statements_prepared);
	return WEIR_OK;
}
