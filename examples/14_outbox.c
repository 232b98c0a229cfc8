/* 14_outbox: somebody changes a row with psql, and a cached read sees it. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static int show(weir_session *session, int64_t id, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(&users, id, &found, err);

	if (rc == WEIR_OK)
		printf("%s: %s\n", found->username, found->bio ? found->bio : "no bio");
	user_release(&found);
	return rc;
}

/* weir_run_script is as good as psql: the cache does not notice. */
static int change_past_weir(weir_session *session, weir_error *err)
{
	return weir_run_script(session, "UPDATE users SET bio = 'changed by hand'", err);
}

static int run(weir_session *session, weir_error *err)
{
	user_dao    users = get_user_dao(session);
	const user *ada = NULL;
	size_t      applied = 0;
	int64_t     id;
	int rc = user_dao_create(&users, &(user){ .username = "ada", .email = "ada" }, WEIR_SET(user, username, email),
	                         &ada, err);

	if (rc != WEIR_OK)
		return rc;
	id = ada->id;
	user_release(&ada);
	rc = weir_outbox_install(session, err); /* once, as part of the schema */
	if (rc == WEIR_OK)
		rc = weir_relay_install(session, NULL, err);
	if (rc == WEIR_OK)
		rc = show(session, id, err);
	if (rc == WEIR_OK)
		rc = change_past_weir(session, err);
	if (rc == WEIR_OK) /* what the relay does: a session's own with .outbox = WEIR_ON, or ./dev relay */
		rc = weir_relay_run_once(session, &applied, err);
	if (rc == WEIR_OK)
		rc = show(session, id, err);
	if (rc == WEIR_OK)
		rc = weir_relay_uninstall(session, NULL, err);
	return rc;
}

int main(void)
{
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),
		.cache_prefix = getenv("BLOG_PREFIX"),
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
 * ada: no bio
 * ada: changed by hand
 */
