/* Deadlines, by arithmetic on the clock and never by waiting. */
#include "base/clock.h"
#include "support/suite.h"

#include <limits.h>
#include <time.h>

START_TEST(test_clock__does_not_go_back)
{
	int64_t before = weir__now_us();

	for (int i = 0; i < 1000; i++) {
		int64_t now = weir__now_us();
		ck_assert_int_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(test_clock__the_wall_clock_is_the_systems)
{
	int64_t before = (int64_t)time(NULL);
	int64_t now_us = weir__wall_now_us();

	ck_assert_int_ge(now_us / 1000000, before - 1);
	ck_assert_int_le(now_us / 1000000, (int64_t)time(NULL) + 1);
}
END_TEST

START_TEST(test_deadline__lies_the_timeout_ahead)
{
	int64_t        before = weir__now_us();
	weir__deadline deadline = weir__deadline_in_ms(5000);

	ck_assert_int_ge(deadline, before + 5000000);
	ck_assert_int_le(deadline, weir__now_us() + 5000000);
}
END_TEST

START_TEST(test_deadline__the_earlier_of_two)
{
	ck_assert_int_eq(weir__deadline_earlier(3, 4), 3);
	ck_assert_int_eq(weir__deadline_earlier(4, 3), 3);
	ck_assert_int_eq(weir__deadline_earlier(WEIR__NO_DEADLINE, 3), 3);
	ck_assert_int_eq(weir__deadline_earlier(WEIR__NO_DEADLINE, WEIR__NO_DEADLINE), WEIR__NO_DEADLINE);
}
END_TEST

START_TEST(test_deadline__none_polls_without_end)
{
	ck_assert_int_eq(weir__deadline_poll_ms(WEIR__NO_DEADLINE), -1);
}
END_TEST

START_TEST(test_deadline__passed_polls_not_at_all)
{
	ck_assert_int_eq(weir__deadline_poll_ms(weir__now_us()), 0);
	ck_assert_int_eq(weir__deadline_poll_ms(weir__now_us() - 1000000), 0);
	ck_assert_int_eq(weir__deadline_poll_ms(INT64_MIN / 2), 0);
}
END_TEST

/* A poll that ends early would spin: a part of a millisecond counts as a whole one. */
START_TEST(test_deadline__is_rounded_up)
{
	weir__deadline deadline = weir__now_us() + 60 * 1000000 + 1;
	int            poll_ms = weir__deadline_poll_ms(deadline);

	ck_assert_int_le(poll_ms, 60001);
	ck_assert_int_ge(weir__now_us() + (int64_t)poll_ms * 1000, deadline);
}
END_TEST

START_TEST(test_deadline__a_far_one_fits_poll)
{
	ck_assert_int_eq(weir__deadline_poll_ms(WEIR__NO_DEADLINE - 1), INT_MAX);
}
END_TEST

START_TEST(test_deadline__a_timeout_beyond_the_clock_is_no_deadline)
{
	ck_assert_int_eq(weir__deadline_in_ms(INT64_MAX), WEIR__NO_DEADLINE);
	ck_assert_int_eq(weir__deadline_in_ms(INT64_MAX / 1000), WEIR__NO_DEADLINE);
}
END_TEST

WEIR_SUITE("base/clock", test_clock__does_not_go_back, test_clock__the_wall_clock_is_the_systems,
           test_deadline__lies_the_timeout_ahead, test_deadline__the_earlier_of_two,
           test_deadline__none_polls_without_end, test_deadline__passed_polls_not_at_all, test_deadline__is_rounded_up,
           test_deadline__a_far_one_fits_poll, test_deadline__a_timeout_beyond_the_clock_is_no_deadline);
