/* 13_tracing: functions around every call and statement, as an exporter for OpenTelemetry would have them. */
#include <blog/blog.h>
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A real one would begin a span here and return it. */
static void *on_start(void *context, const weir_span *span)
{
	int *depth = context;

	(void)span;
	++*depth;
	return NULL;
}

static void on_end(void *context, void *started, const weir_span *span)
{
	weir_span_attribute attributes[WEIR_SPAN_ATTRIBUTES_MAX];
	size_t              count = weir_span_attributes(span, attributes);
	int                *depth = context;

	(void)started;
	if (--*depth == 0 && span->kind == WEIR_SPAN_STATEMENT)
		return; /* of weir_open, which looks at the schema */
	printf("%*s%s %s:", 2 * *depth, "", span->operation, span->collection ? span->collection : "");
	for (size_t i = 0; i < count; i++)
		if (strcmp(attributes[i].name, "weir.cache") == 0)
			printf(" %s=%s", attributes[i].name, attributes[i].text);
		else if (strcmp(attributes[i].name, "db.response.returned_rows") == 0)
			printf(" %s=%d", attributes[i].name, (int)attributes[i].number);
	printf("\n");
}

static int run(weir_session *session, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *ada = NULL;
	int64_t     id;
	int rc = user_dao_create(&users, &(user){ .username = "ada", .email = "ada" }, WEIR_SET(user, username, email),
	                         &ada, err);

	id = ada ? ada->id : 0;
	user_release(&ada);
	for (int i = 0; rc == WEIR_OK && i < 2; i++) {
		rc = user_dao_get_by_id_cached(&users, id, &ada, err);
		user_release(&ada);
	}
	return rc;
}

int main(void)
{
	int          depth = 0;
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),
		.cache_prefix = getenv("BLOG_PREFIX"),
		.trace = { on_start, on_end, &depth },
		.slow_query_ms = 1000,
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 *   INSERT : db.response.returned_rows=1
 *   COMMIT :
 * create users: db.response.returned_rows=1 weir.cache=none
 *   SELECT : db.response.returned_rows=1
 * get_by_id users: db.response.returned_rows=1 weir.cache=miss
 * get_by_id users: db.response.returned_rows=1 weir.cache=hit
 */
