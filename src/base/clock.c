/* Time from CLOCK_MONOTONIC and CLOCK_REALTIME. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* CLOCK_MONOTONIC_COARSE */
#endif
#include "base/clock.h"

#include <limits.h>
#include <time.h>

#ifdef CLOCK_MONOTONIC_COARSE
#define COARSE CLOCK_MONOTONIC_COARSE
#else
#define COARSE CLOCK_MONOTONIC
#endif

static int64_t read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t weir__now_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t weir__coarse_now_us(void)
{
	return read_us(COARSE);
}

int64_t weir__coarse_lag_us(void)
{
	struct timespec step = { .tv_nsec = 0 };

	if (clock_getres(COARSE, &step) != 0)
		return 0;
	return (int64_t)step.tv_sec * 1000000 + (step.tv_nsec + 999) / 1000;
}

int64_t weir__wall_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

weir__deadline weir__deadline_in_ms(int64_t timeout_ms)
{
	int64_t now_us = weir__now_us();

	return timeout_ms < (WEIR__NO_DEADLINE - now_us) / 1000 ? now_us + timeout_ms * 1000 : WEIR__NO_DEADLINE;
}

weir__deadline weir__deadline_earlier(weir__deadline a, weir__deadline b)
{
	return a < b ? a : b;
}

int weir__deadline_poll_ms(weir__deadline deadline)
{
	int64_t left_us;

	if (deadline == WEIR__NO_DEADLINE)
		return -1;
	left_us = deadline - weir__now_us();
	if (left_us <= 0)
		return 0;
	return left_us / 1000 >= INT_MAX ? INT_MAX : (int)((left_us + 999) / 1000);
}
