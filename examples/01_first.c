/* 01_first: a row is created, read through the cache, changed, read again, and deleted. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),       /* NULL: the role's own search path */
		.cache_prefix = getenv("BLOG_PREFIX"), /* NULL: "weir" */
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);
	user_dao      users = get_user_dao(session);
	const user   *ada = NULL, *before = NULL, *after = NULL;
	user          values = { .username = "ada", .email = "ada@example.org", .age = weir_some_i32(36) };

	if (rc == WEIR_OK)
		rc = user_dao_create(&users, &values, WEIR_SET(user, username, email, age), &ada, &err);
	if (rc == WEIR_OK)
		rc = user_dao_get_by_email_cached(&users, "ada@example.org", &before, &err); /* now Redis has it */
	values.age = weir_some_i32(37);
	if (rc == WEIR_OK)
		rc = user_dao_update(&users, ada->id, &values, WEIR_SET(user, age), NULL, &err);
	if (rc == WEIR_OK)
		rc = user_dao_get_by_email_cached(&users, "ada@example.org", &after, &err); /* sees the update */
	if (rc == WEIR_OK)
		printf("%s was %d and is %d\n", before->username, before->age.value, after->age.value);
	if (rc == WEIR_OK)
		rc = user_dao_delete(&users, ada->id, NULL, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s: %s\n", weir_status_name(rc), err.message);
	user_release(&after);
	user_release(&before);
	user_release(&ada);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * ada was 36 and is 37
 */
