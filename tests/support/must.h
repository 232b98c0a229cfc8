/*
 * must.h: assertions for any thread. Those of Check belong to the thread that runs the test; MUST notes the first one that
 * does not hold, and all_held() in the test's own thread fails the test for it.
 */
#ifndef WEIR_TESTS_SUPPORT_MUST_H
#define WEIR_TESTS_SUPPORT_MUST_H

#include <check.h>
#include <stdatomic.h>

static _Atomic(const char *) first_broken;

#define MUST_TEXT(number) #number
#define MUST_AT(line)     MUST_TEXT(line)
#define MUST(condition)                                                                                                \
	do {                                                                                                               \
		const char *must_none = NULL;                                                                                  \
		if (!(condition))                                                                                              \
			atomic_compare_exchange_strong(&first_broken, &must_none, __FILE__ ":" MUST_AT(__LINE__) ": " #condition); \
	} while (0)

static inline void all_held(void)
{
	const char *broken = atomic_exchange(&first_broken, NULL);

	ck_assert_msg(broken == NULL, "%s", broken ? broken : "");
}

#endif
