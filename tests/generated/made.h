/* What the programs of this directory share: each is compiled by tests/integration/test_generate.c together with what
 * weir-generate wrote for a schema, and run with that schema's name; it ends with 0 if everything is as it should be. */
#ifndef TESTS_GENERATED_MADE_H
#define TESTS_GENERATED_MADE_H

#include "shop_models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static weir_session *session;
static weir_error    err = WEIR_ERROR_INIT;

#define MUST(condition)                                                                                                \
	do {                                                                                                               \
		if (!(condition)) {                                                                                            \
			printf("line %d: %s (%s)\n", __LINE__, #condition, err.message);                                           \
			exit(1);                                                                                                   \
		}                                                                                                              \
	} while (0)
#define OK(call) MUST((call) == WEIR_OK)

/* The models are compared with the tables here. */
static void open_session(const char *schema)
{
	const weir_options options = { .postgres = getenv("DATABASE_URL"),
		                           .redis = getenv("REDIS_URL"),
		                           .models = shop_models,
		                           .schema = schema,
		                           .cache_prefix = schema,
		                           .cache_timeout_ms = 2000 };

	OK(weir_open(&options, &session, &err));
}

static inline uint64_t queries(void)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

static int close_session(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	weir_close(&session);
	return 0;
}

#endif
