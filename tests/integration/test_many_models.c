/* A session of 300 models: it opens in one look at the schema, in little time of its own, and each of them works. */
#include "support/blog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODELS     300
#define OWN_MS     50 /* of weir_open, besides the server's answers */
#define TABLE_SIZE 256

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 20
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOWER 20
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

typedef struct thing {
	int64_t      id;
	const char  *name;
	weir_opt_i32 amount;
	weir_time    created_at;
} thing;
WEIR_RECORD(thing)

static const weir_field fields[] = {
	WEIR_FIELD(thing, id, .primary_key = true),
	WEIR_FIELD(thing, name, .unique = true),
	WEIR_FIELD(thing, amount),
	WEIR_FIELD(thing, created_at),
};

static char              names[MODELS][16];
static weir_model        models[MODELS];
static const weir_model *listed[MODELS + 1];
static struct blog       blog;

static void make_models(void)
{
	for (int i = 0; i < MODELS; i++) {
		snprintf(names[i], sizeof names[i], "thing_%03d", i + 1);
		models[i] = (weir_model)WEIR_MODEL(thing, NULL, fields);
		models[i].name = models[i].table = names[i];
	}
}

static void make_tables(void)
{
	char  *script = malloc(MODELS * TABLE_SIZE);
	size_t at = 0;

	for (int i = 0; i < MODELS; i++)
		at += (size_t)snprintf(script + at, MODELS * TABLE_SIZE - at,
		                       "CREATE TABLE %s (id bigint PRIMARY KEY, name text NOT NULL UNIQUE, amount int,"
		                       " created_at timestamptz NOT NULL DEFAULT now());",
		                       names[i]);
	assert_ok(weir_run_script(blog.session, script, &blog.err));
	free(script);
}

/* A session with the first count models, and the milliseconds that this process was at work for it. */
static weir_session *open_models(size_t count, double *own_ms)
{
	struct timespec before, after;
	weir_session   *session;

	memset(listed, 0, sizeof listed);
	for (size_t i = 0; i < count; i++)
		listed[i] = &models[i];
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	session = blog_open_other(&blog, &(weir_options){ .models = listed, .cache_kind = WEIR_CACHE_MEMORY });
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	*own_ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
	return session;
}

static uint64_t round_trips(weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.round_trips;
}

static void assert_works(weir_session *session, const weir_model *model)
{
	weir_base_dao things = weir_get_dao(session, model);
	const thing   values = { .id = 7, .name = model->name, .amount = weir_null_i32(), .created_at = weir_time_now() };
	const thing  *found = NULL;

	assert_ok(weir_base_dao_create(&things, &values, weir_set_all(model), NULL, &blog.err));
	assert_ok(weir_base_dao_get_by_id_cached(&things, &values, &found, &blog.err));
	ck_assert_str_eq(found->name, model->name);
	ck_assert(!found->amount.has);
	thing_release(&found);
}

START_TEST(test_many_models__three_hundred_open_in_one_look_and_little_time)
{
	weir_session *session;
	uint64_t      trips;
	double        own_ms;

	make_models();
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_MEMORY });
	make_tables();
	session = open_models(1, &own_ms);
	trips = round_trips(session);
	weir_close(&session);
	session = open_models(MODELS, &own_ms);
	ck_assert_uint_eq(round_trips(session), trips);
	ck_assert_msg(own_ms <= OWN_MS * SLOWER, "%.1f ms", own_ms);
	for (int i = 0; i < MODELS; i += 23)
		assert_works(session, &models[i]);
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("many models", test_many_models__three_hundred_open_in_one_look_and_little_time);
