/*
 * suite.h: the main of a test program. WEIR_SUITE(name, test, ...) at the end of a test_*.c makes the Check suite of
 * the tests named and runs it. CK_FORK of the environment decides whether each test runs in a process of its own;
 * where it is not given they do, except under a sanitizer, which wants to see one process to its end.
 * CK_RUN_CASE and the other variables of Check work as always.
 */
#ifndef WEIR_TESTS_SUPPORT_SUITE_H
#define WEIR_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/* Runs the tests and returns the exit code of the program. Under `test_timeout_s` a test that hangs fails (forked only). */
int suite_run(const char *name, const TTest *const *tests, size_t count, int test_timeout_s);

#define WEIR_SUITE(name, ...) WEIR_SUITE_TIMED(name, 60, __VA_ARGS__)

#define WEIR_SUITE_TIMED(name, test_timeout_s, ...)                                                                    \
	int main(void)                                                                                                     \
	{                                                                                                                  \
		const TTest *const suite_tests[] = { __VA_ARGS__ };                                                            \
		return suite_run(name, suite_tests, sizeof suite_tests / sizeof suite_tests[0], test_timeout_s);               \
	}                                                                                                                  \
	int main(void)

/* URLs of the servers that the run shares. A missing variable fails the test and says which. */
const char *test_database_url(void);
bool        test_is_pooled(void);  /* the first leads through a pooler, which hides what some tests look at */
const char *test_direct_url(void); /* past the pooler, where the other one leads through it */
const char *test_redis_url(void);

#endif
