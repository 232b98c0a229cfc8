/*
 * eventually.h: waiting for what other threads, processes and servers do. A condition is polled and must come true within
 * ten seconds; how long a call took is measured by the same clock.
 */
#ifndef WEIR_TESTS_SUPPORT_EVENTUALLY_H
#define WEIR_TESTS_SUPPORT_EVENTUALLY_H

#include "base/clock.h"

#include <check.h>
#include <poll.h>
#include <stdint.h>

static inline int64_t now_ms(void)
{
	return weir__now_us() / 1000;
}

/* Waits until the condition holds; the test fails when it does not in time. */
#define EVENTUALLY(condition)                                                                                          \
	do {                                                                                                               \
		int64_t eventually_until_us = weir__now_us() + 10000000;                                                       \
		while (!(condition) && weir__now_us() < eventually_until_us)                                                   \
			(void)poll(NULL, 0, 2);                                                                                    \
		ck_assert_msg((condition), "did not come about: " #condition);                                                 \
	} while (0)

#endif
