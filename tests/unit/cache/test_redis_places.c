/* How many exchanges go on at a time: what is learnt from answers and from those who wait. */
#include "cache/redis_places.h"
#include "support/suite.h"

static weir__redis_places places;
static int                now;

/* Answers of so many bytes to so many callers, each after so long, of which somebody waited for the last part. */
static void answer(int times, size_t callers, size_t bytes, int64_t took_us, int64_t awaited_us)
{
	for (int i = 0; i < times; i++)
		weir__redis_places_note(&places, &(weir__redis_answer){ .callers = callers,
		                                                        .keys = callers,
		                                                        .bytes = bytes,
		                                                        .began_us = 1000,
		                                                        .awaited_us = 1000 + took_us - awaited_us,
		                                                        .ended_us = 1000 + took_us });
}

/* So often a place becomes free for which as many wait. */
static int wait_for_it(int times, size_t waited)
{
	for (int i = 0; i < times; i++)
		now = weir__redis_places_after(&places, now, waited);
	return now;
}

static void begin(void)
{
	weir__redis_places_init(&places);
	now = WEIR__PLACES_MOST;
}

START_TEST(test_places__a_few_callers_have_one_each)
{
	begin();
	answer(100, 1, 400, 40, 40);
	ck_assert_int_eq(wait_for_it(100, 0), WEIR__PLACES_MOST);
	for (int i = 0; i < 100; i++) { /* one now and then has to wait */
		(void)wait_for_it(3, 0);
		ck_assert_int_eq(wait_for_it(1, 1), WEIR__PLACES_MOST);
	}
}
END_TEST

START_TEST(test_places__many_callers_of_a_server_that_is_near_share_one)
{
	begin();
	answer(100, 8, 3200, 60, 60);
	ck_assert_int_eq(wait_for_it(100, 4), WEIR__PLACES_NEAR);
	ck_assert_int_eq(wait_for_it(100, 7), WEIR__PLACES_NEAR);
}
END_TEST

START_TEST(test_places__many_callers_of_a_server_some_way_off_share_two)
{
	begin();
	answer(1000, 8, 3200, 500, 500);
	ck_assert_int_eq(wait_for_it(100, 4), WEIR__PLACES_FAR);
}
END_TEST

START_TEST(test_places__many_that_become_few_do_not_share)
{
	begin();
	answer(100, 1, 400, 40, 40);
	ck_assert_int_eq(wait_for_it(100, 8), WEIR__PLACES_NEAR);
	ck_assert_int_eq(wait_for_it(200, 5), WEIR__PLACES_NEAR);
	for (int i = 0; i < 100 && now == WEIR__PLACES_NEAR; i++)
		(void)wait_for_it(1, 3);
	ck_assert_int_eq(now, WEIR__PLACES_MOST);
}
END_TEST

START_TEST(test_places__one_moment_makes_no_crowd)
{
	begin();
	answer(100, 1, 400, 40, 40);
	ck_assert_int_eq(wait_for_it(1, 4), WEIR__PLACES_MOST);
	ck_assert_int_eq(wait_for_it(100, 0), WEIR__PLACES_MOST);
}
END_TEST

START_TEST(test_places__large_answers_have_many_however_many_callers_there_are)
{
	begin();
	answer(100, 4, 4 * 40000, 300, 300);
	ck_assert_int_eq(wait_for_it(1, 0), WEIR__PLACES_MOST);
	ck_assert_int_eq(wait_for_it(100, 10), WEIR__PLACES_MOST);
	answer(100, 40, 40 * 400, 60, 60); /* together as long, to each of them short */
	ck_assert_int_eq(wait_for_it(100, 10), WEIR__PLACES_NEAR);
}
END_TEST

START_TEST(test_places__a_slow_answer_now_and_then_does_not_make_a_server_far)
{
	begin();
	(void)wait_for_it(100, 8);
	for (int i = 0; i < 100; i++) {
		answer(10, 8, 3200, 3000, 3000);
		answer(1, 8, 3200, 60, 60);
		ck_assert_int_eq(wait_for_it(1, 8), WEIR__PLACES_NEAR);
	}
	answer(1000, 8, 3200, 3000, 3000);
	ck_assert_int_eq(wait_for_it(1, 8), WEIR__PLACES_FAR);
}
END_TEST

START_TEST(test_places__an_answer_that_lay_there_does_not_make_a_server_far)
{
	begin();
	(void)wait_for_it(100, 8);
	answer(1, 8, 3200, 60, 60);
	answer(1000, 8, 3200, 3000, 5);
	ck_assert_int_eq(wait_for_it(1, 8), WEIR__PLACES_NEAR);
	answer(1000, 8, 3200, 3000, 2900);
	ck_assert_int_eq(wait_for_it(1, 8), WEIR__PLACES_FAR);
	answer(1, 8, 3200, 60, 5); /* but near it does */
	ck_assert_int_eq(wait_for_it(1, 8), WEIR__PLACES_NEAR);
}
END_TEST

WEIR_SUITE("unit/cache/redis_places", test_places__a_few_callers_have_one_each,
           test_places__many_callers_of_a_server_that_is_near_share_one,
           test_places__many_callers_of_a_server_some_way_off_share_two, test_places__many_that_become_few_do_not_share,
           test_places__one_moment_makes_no_crowd, test_places__large_answers_have_many_however_many_callers_there_are,
           test_places__a_slow_answer_now_and_then_does_not_make_a_server_far,
           test_places__an_answer_that_lay_there_does_not_make_a_server_far);
