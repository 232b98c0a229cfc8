/* A Redis that goes away and comes back. A second session, as another process would have, reaches the same Redis by way of a
 * relay of the demo's own, which is cut and mended: nobody's Redis is ended. */
#include "demo.h"
#include "print.h"
#include "relay.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ID    77
#define CALLS 200

static int read_once(demo *d, weir_session *session, int age, const char *source, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *found = NULL;
	watch       w = watch_start(session);
	int         rc = user_dao_get_by_id_cached(&users, ID, &found, err);

	watch_stop(&w);
	if (rc != WEIR_OK)
		return rc < 0 ? rc : WEIR_ERR_USAGE;
	print_step(&w, watch_source(&w), "  get_by_id_cached", "%s is %d", found->username, found->age.value);
	demo_claim(d, found->age.value == age, "the age is the one last written");
	demo_claim(d, strcmp(watch_source(&w), source) == 0, "the answer came from where it should");
	user_release(&found);
	return WEIR_OK;
}

static int set_age(weir_session *session, int age, weir_error *err)
{
	user_dao users = get_user_dao(session);
	watch    w = watch_start(session);
	int      rc = user_dao_update(&users, ID, &(user){ .age = weir_some_i32(age) }, WEIR_SET(user, age), NULL, err);

	watch_stop(&w);
	if (rc == WEIR_OK)
		print_step(&w, NULL, "update", "age = %d", age);
	return rc;
}

/* Calls that all must be answered, and the slowest of them. */
static int read_often(demo *d, weir_session *session, weir_error *err)
{
	char     slowest_text[16];
	user_dao users = get_user_dao(session);
	int64_t  slowest_us = 0;
	watch    all = watch_start(session);

	for (int i = 0; i < CALLS; i++) {
		const user *found = NULL;
		int64_t     started_us = clock_us();
		int         rc = user_dao_get_by_id_cached(&users, ID + i, &found, err);

		if (rc < 0)
			return rc;
		user_release(&found);
		if (clock_us() - started_us > slowest_us)
			slowest_us = clock_us() - started_us;
	}
	watch_stop(&all);
	print_line("%d more reads: %lld from the database, none failed, the slowest took %s", CALLS, (long long)all.queries,
	           time_text(slowest_us, slowest_text));
	demo_claim(d, all.queries == CALLS, "all were answered by the database");
	return WEIR_OK;
}

/* Waits until the cache answers again; the library tries by itself. */
static void wait_for_cache(demo *d, weir_session *session)
{
	char     text[16];
	int64_t  started_us = clock_us();
	user_dao users = get_user_dao(session);
	watch    w;

	do {
		const user *found = NULL;

		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
		w = watch_start(session);
		(void)user_dao_get_by_id_cached(&users, 1, &found, NULL);
		watch_stop(&w);
		user_release(&found);
	} while (w.hits == 0 && clock_us() - started_us < 5000000 && !demo_stopped());
	print_line("Redis is back; %s later it is in use again", time_text(clock_us() - started_us, text));
	demo_claim(d, w.hits > 0, "the cache came back by itself");
}

static int go_through(demo *d, weir_session *session, relay *r, weir_error *err)
{
	int rc = set_age(session, 50, err);

	if (rc == WEIR_OK)
		rc = read_once(d, session, 50, "database", err);
	if (rc == WEIR_OK)
		rc = read_once(d, session, 50, "Redis", err);
	if (rc < 0)
		return rc;
	relay_cut(r);
	print_line("Redis goes away");
	rc = read_once(d, session, 50, "database", err);
	if (rc == WEIR_OK)
		rc = read_often(d, session, err);
	if (rc == WEIR_OK)
		rc = set_age(session, 51, err);
	if (rc == WEIR_OK)
		rc = read_once(d, session, 51, "database", err);
	if (rc < 0)
		return rc;
	demo_claim(d, relay_mend(r), "the relay listens again");
	wait_for_cache(d, session);
	rc = read_once(d, session, 51, "database", err);
	return rc < 0 ? rc : read_once(d, session, 51, "Redis", err);
}

int chapter_outage(demo *d, weir_error *err)
{
	relay        *r = relay_start(d->redis);
	weir_session *session = NULL;
	int           rc = WEIR_OK;

	if (!r)
		return WEIR_OK;
	print_title("Redis goes away and comes back: no call fails");
	print_line("A second session reaches the same Redis through a relay of the demo's, which is cut and mended.");
	print_gap();
	weir_options options = { .postgres = d->postgres,
		                     .redis = relay_url(r),
		                     .models = blog_models,
		                     .schema = d->name,
		                     .cache_prefix = d->name,
		                     .cache_timeout_ms = DEMO_CACHE_TIMEOUT_MS };

	rc = weir_open(&options, &session, err);
	if (rc == WEIR_OK)
		rc = go_through(d, session, r, err);
	(void)relay_mend(r);
	weir_close(&session);
	relay_stop(r);
	return rc;
}
