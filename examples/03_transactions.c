/* 03_transactions: a transaction is a session, so every DAO works on it unchanged. One begun inside another is a
 * savepoint, and savepoints have names where that is handier. What was rolled back was never there, for the cache either.
 * What must not happen unless it is committed (mail, say) waits in a hook. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static void send_mail(weir_session *session, weir_effect effect, void *argument)
{
	(void)session;
	(void)effect;
	printf("welcome, %s\n", (const char *)argument);
}

/* A user with a first post: both or neither. weir_transact commits if this returns WEIR_OK, else it rolls back. */
static int join(weir_session *tx, void *argument, weir_error *err)
{
	user_dao    users = get_user_dao(tx);
	post_dao    posts = get_post_dao(tx);
	const char *name = argument;
	const user *author = NULL;
	int rc = user_dao_create(&users, &(user){ .username = name, .email = name }, WEIR_SET(user, username, email),
	                         &author, err);

	if (rc == WEIR_OK) {
		post first = { .user_id = author->id, .title = "Hello", .body = "" };

		rc = post_dao_create(&posts, &first, WEIR_SET(post, user_id, title, body), NULL, err);
	}
	user_release(&author);
	return rc == WEIR_OK ? weir_after_commit(tx, send_mail, argument, err) : rc;
}

/* The second of two attempts fails inside a savepoint; the first stays. */
static int join_two(weir_session *session, weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = weir_begin(session, NULL, &tx, err);

	if (rc < 0)
		return rc;
	rc = weir_transact(tx, NULL, join, "grace", err);
	if (rc == WEIR_OK && weir_transact(tx, NULL, join, "ada", err) == WEIR_ERR_UNIQUE)
		printf("ada again: %s\n", err->constraint);
	if (rc == WEIR_OK)
		return weir_commit(&tx, err);
	weir_rollback(&tx);
	return rc;
}

/* Tries a name, and another one where it is taken. */
static int join_somehow(weir_session *tx, void *argument, weir_error *err)
{
	int rc = weir_savepoint(tx, "before", err);

	(void)argument;
	if (rc < 0)
		return rc;
	rc = join(tx, "ada", err);
	if (rc != WEIR_ERR_UNIQUE)
		return rc;
	rc = weir_rollback_to(tx, "before", err);
	return rc < 0 ? rc : join(tx, "ada2", err);
}

static int run(weir_session *session, weir_error *err)
{
	weir_transaction_options options = { .isolation = WEIR_SERIALIZABLE, .attempts = 5 };
	post_dao                 posts = get_post_dao(session);
	int64_t                  count = 0;
	int                      rc = weir_transact(session, &options, join, "ada", err);

	if (rc == WEIR_OK)
		rc = join_two(session, err);
	if (rc == WEIR_OK)
		rc = weir_transact(session, NULL, join_somehow, NULL, err);
	if (rc == WEIR_OK)
		rc = post_dao_count_cached(&posts, NULL, &count, err);
	printf("posts: %d\n", (int)count);
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
 * welcome, ada
 * ada again: users_username_key
 * welcome, grace
 * welcome, ada2
 * posts: 3
 */
