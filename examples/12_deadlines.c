/* 12_deadlines: calls with less time than the session has, calls that share their time, and one that is cancelled by
 * another thread. */
#include <weir/weir.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const weir_model *const no_models[] = { NULL };

static int sleep_for(weir_session *session, double seconds, weir_error *err)
{
	weir_opt_i64 one;

	return weir_query_i64(session, WEIR_SQL("SELECT 1::int8 FROM pg_sleep($1)"), WEIR_PARAMS(seconds), &one, err);
}

static void *cancel(void *token)
{
	weir_cancel_request(token);
	return NULL;
}

static int run(weir_session *session, weir_error *err)
{
	weir_cancel  *token = NULL;
	weir_session *hurried;
	weir_scope    scope;
	pthread_t     other;
	int           calls = 0;
	int           rc = weir_cancel_create(&token, err);

	if (rc < 0)
		return rc;
	printf("50 ms each: %s\n", weir_status_name(sleep_for(weir_with_timeout(session, 50, &scope), 10, err)));

	hurried = weir_with_deadline(session, 200, &scope);
	while (sleep_for(hurried, 0.05, err) == WEIR_OK)
		calls++;
	printf("200 ms for all: %s\n", calls > 0 && calls < 5 ? "some calls" : "?");

	rc = pthread_create(&other, NULL, cancel, token);
	if (rc == 0) {
		printf("cancelled: %s\n", weir_status_name(sleep_for(weir_with_cancel(session, token, &scope), 10, err)));
		pthread_join(other, NULL);
	}
	weir_cancel_free(&token);
	return WEIR_OK;
}

int main(void)
{
	weir_options  options = { .postgres = getenv("DATABASE_URL"), .models = no_models };
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc < 0 ? 1 : 0;
}

/* Prints:
 * 50 ms each: WEIR_ERR_TIMEOUT
 * 200 ms for all: some calls
 * cancelled: WEIR_ERR_CANCELLED
 */
