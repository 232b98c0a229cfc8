/* reach: do the servers of DATABASE_URL and REDIS_URL answer? Asked once before all tests (./dev test), each of which would fail
 * otherwise. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

static bool reaches_postgres(const char *url)
{
	static const weir_model *const none[] = { NULL };
	const weir_options options = { .postgres = url, .models = none, .cache_kind = WEIR_CACHE_NONE, .timeout_ms = 5000 };
	weir_session      *session = NULL;
	weir_error         err = WEIR_ERROR_INIT;
	int                rc = weir_open(&options, &session, &err);

	weir_close(&session);
	if (rc < 0)
		fprintf(stderr, "DATABASE_URL: %s\n", err.message);
	return rc >= 0;
}

static bool reaches_redis(const char *postgres, const char *url)
{
	static const weir_model *const none[] = { NULL };
	const weir_options             options = {
					.postgres = postgres, .redis = url, .models = none, .lazy = true, .cache_timeout_ms = 5000
	};
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	char         *value = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc >= 0)
		rc = weir_cache_manager_get(weir_session_cache(session), "reach", &value, NULL, &err);
	weir_free(value);
	weir_close(&session);
	if (rc < 0)
		fprintf(stderr, "REDIS_URL: %s\n", err.message);
	return rc >= 0;
}

int main(void)
{
	const char *postgres = getenv("DATABASE_URL"), *redis = getenv("REDIS_URL");
	bool        reached;

	if (!postgres || !redis) {
		fputs("DATABASE_URL and REDIS_URL must be set\n", stderr);
		return EXIT_FAILURE;
	}
	reached = reaches_postgres(postgres);
	reached = reaches_redis(postgres, redis) && reached;
	return reached ? EXIT_SUCCESS : EXIT_FAILURE;
}
