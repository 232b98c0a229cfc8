/* 04_service: what a web service does with it: JSON out, JSON in, a status for each outcome, and the counters that say
 * whether the cache is worth its memory. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

static const struct outcome {
	int         status, code;
	const char *text;
} outcomes[] = {
	{ WEIR_OK, 200, "OK" },
	{ WEIR_NOT_FOUND, 404, "Not Found" },
	{ WEIR_ERR_FORMAT, 400, "Bad Request" },
	{ WEIR_ERR_VALUE, 400, "Bad Request" },
	{ WEIR_ERR_UNIQUE, 409, "Conflict" },
};

static void respond(int rc, const char *body)
{
	struct outcome outcome = { rc, 503, "Service Unavailable" };

	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		if (outcomes[i].status == rc)
			outcome = outcomes[i];
	printf("%d %s%s%s\n", outcome.code, outcome.text, body[0] ? ": " : "", body);
}

/* POST /users: the object must have exactly these members. */
static void post_user(const user_dao *users, const char *body, size_t length)
{
	weir_set    set = WEIR_SET(user, username, email, age);
	weir_error  err = WEIR_ERROR_INIT;
	const user *given = NULL;
	int         rc = weir_record_from_json(&user_model, body, length, &set, &given, &err);

	if (rc == WEIR_OK)
		rc = user_dao_create(users, given, set, NULL, &err);
	respond(rc, rc < 0 && err.constraint[0] ? err.constraint : err.message);
	user_release(&given);
}

/* GET /users/:username */
static void get_user(const user_dao *users, const char *username)
{
	weir_set    set = WEIR_SET(user, username, age, balance, is_active);
	weir_error  err = WEIR_ERROR_INIT;
	const user *found = NULL;
	char       *text = NULL;
	int         rc = user_dao_get_by_username_cached(users, username, &found, &err);

	if (rc == WEIR_OK)
		rc = weir_record_to_json(found, &set, &text, &err);
	respond(rc, text ? text : err.message);
	weir_free(text);
	user_release(&found);
}

int main(void)
{
	static const char ada[] = "{\"username\": \"ada\", \"email\": \"ada@example.org\", \"age\": 36}";
	static const char bad[] = "{\"username\": \"ada\", \"email\": 7, \"age\": 36}";
	weir_options  options = { .postgres = getenv("DATABASE_URL"), .redis = getenv("REDIS_URL"), .models = blog_models };
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	weir_cache_stats stats;

	options.schema = getenv("BLOG_SCHEMA");
	options.cache_prefix = getenv("BLOG_PREFIX");
	options.cache_timeout_ms = 2000; /* so long that the last line does not depend on how busy the machine is */
	if (weir_open(&options, &session, &err) < 0)
		return fprintf(stderr, "%s\n", err.message), 1;
	user_dao users = get_user_dao(session);
	get_user(&users, "ada");
	post_user(&users, bad, sizeof bad - 1);
	post_user(&users, ada, sizeof ada - 1);
	post_user(&users, ada, sizeof ada - 1);
	for (int i = 0; i < 3; i++)
		get_user(&users, "ada");
	weir_cache_manager_stats(weir_session_cache(session), &user_model, &stats);
	printf("hit ratio %.2f\n", weir_cache_stats_hit_ratio(&stats));
	weir_close(&session);
	return 0;
}

/* Prints:
 * 404 Not Found
 * 400 Bad Request: user.email: must be a string
 * 200 OK
 * 409 Conflict: users_username_key
 * 200 OK: {"username":"ada","age":36,"balance":"0.00","is_active":true}
 * 200 OK: {"username":"ada","age":36,"balance":"0.00","is_active":true}
 * 200 OK: {"username":"ada","age":36,"balance":"0.00","is_active":true}
 * hit ratio 0.57
 */
