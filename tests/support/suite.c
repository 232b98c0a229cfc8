/*
 * suite.c: runs the tests of one program as one Check suite, and finds the shared servers in the environment.
 */
#include "support/suite.h"

#include "support/servers.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

int suite_run(const char *name, const TTest *const *tests, size_t count, int test_timeout_s)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	tcase_set_timeout(tcase, test_timeout_s);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	servers_begin();
	SRunner *runner = srunner_create(suite);
	if (SANITIZED && getenv("CK_FORK") == NULL)
		srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	servers_end();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *required_variable(const char *name)
{
	const char *value = getenv(name);
	ck_assert_msg(value != NULL && value[0] != '\0', "%s is not set: ./dev test starts the servers and sets it", name);
	return value;
}

const char *test_database_url(void)
{
	return required_variable("DATABASE_URL");
}

bool test_is_pooled(void)
{
	return getenv("DATABASE_DIRECT_URL") != NULL;
}

const char *test_direct_url(void)
{
	const char *direct = getenv("DATABASE_DIRECT_URL");

	return direct ? direct : test_database_url();
}

const char *test_redis_url(void)
{
	return required_variable("REDIS_URL");
}
