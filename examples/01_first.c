/* 01_first: a row is created, read through the cache, changed, seen changed, and deleted. */
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
	const user   *ada = NULL, *seen = NULL;
	user          values = { .username = "ada", .email = "ada@example.org", .age = weir_some_i32(36) };

	if (weir_open(&options, &session, &err) < 0)
		goto failed;
	user_dao users = get_user_dao(session);

	if (user_dao_create(&users, &values, WEIR_SET(user, username, email, age), &ada, &err) < 0)
		goto failed;
	values.age = weir_some_i32(37);
	if (user_dao_get_by_email_cached(&users, "ada@example.org", &seen, &err) < 0 ||
	    user_dao_update(&users, ada->id, &values, WEIR_SET(user, age), NULL, &err) < 0)
		goto failed;
	printf("%s is %d\n", seen->username, seen->age.value); /* a record never changes under its reader */
	user_release(&seen);

	if (user_dao_get_by_email_cached(&users, "ada@example.org", &seen, &err) < 0 ||
	    user_dao_delete(&users, ada->id, NULL, &err) < 0)
		goto failed;
	printf("%s is %d\n", seen->username, seen->age.value);
failed:
	if (err.status < 0)
		fprintf(stderr, "%s: %s\n", weir_status_name(err.status), err.message);
	user_release(&seen);
	user_release(&ada);
	weir_close(&session);
	return err.status < 0;
}

/* Prints:
 * ada is 36
 * ada is 37
 */
