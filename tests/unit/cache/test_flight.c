/* Flights: one leads, the others follow until it lands, and nobody follows what led nowhere. */
#include "support/must.h"
#include "support/suite.h"

#include "cache/flight.h"

#include <string.h>

static weir__flights flights;

static void begin(void)
{
	memset(&flights, 0, sizeof flights);
	ck_assert_int_eq(weir__flights_init(&flights, NULL), WEIR_OK);
}

START_TEST(test_flight__the_first_leads_and_the_next_follows)
{
	weir__flight *first, *second, *other, *later;

	begin();
	ck_assert_int_eq(weir__flight_join(&flights, 7, &first), WEIR__LEADS);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &second), WEIR__FOLLOWS);
	ck_assert_int_eq(weir__flight_join(&flights, 7 + WEIR__FLIGHT_STRIPES, &other), WEIR__LEADS);
	weir__flight_land(first, false);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &later), WEIR__LEADS);
	weir__flight_wait(second, WEIR__NO_DEADLINE, NULL); /* it has landed: at once */
	weir__flight_land(later, false);
	weir__flight_land(other, true); /* nobody waited for it */
	ck_assert_int_eq(weir__flight_join(&flights, 7 + WEIR__FLIGHT_STRIPES, &other), WEIR__LEADS);
	weir__flight_land(other, false);
	weir__flights_release(&flights);
}
END_TEST

START_TEST(test_flight__who_waited_in_vain_is_not_followed_for_a_while)
{
	weir__flight *first, *second, *later;

	begin();
	ck_assert_int_eq(weir__flight_join(&flights, 7, &first), WEIR__LEADS);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &second), WEIR__FOLLOWS);
	weir__flight_land(first, true);
	weir__flight_leave(second);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &later), WEIR__FLIES_ALONE);
	ck_assert_ptr_null(later);
	for (size_t i = 0; i < WEIR__FLIGHTS_IN_VAIN; i++)
		if (atomic_load(&flights.in_vain[i].entry) == 7)
			atomic_store(&flights.in_vain[i].until_us, weir__now_us() - 1);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &later), WEIR__LEADS);
	weir__flight_land(later, false);
	weir__flights_release(&flights);
}
END_TEST

START_TEST(test_flight__a_wait_ends_with_its_time_or_when_it_is_cancelled)
{
	weir__flight *first, *second, *third;
	weir__cancel  cancel;
	int64_t       started_us = weir__now_us();

	begin();
	ck_assert_int_eq(weir__cancel_init(&cancel, NULL), WEIR_OK);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &first), WEIR__LEADS);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &second), WEIR__FOLLOWS);
	ck_assert_int_eq(weir__flight_join(&flights, 7, &third), WEIR__FOLLOWS);
	weir__flight_wait(second, started_us + 20000, NULL);
	ck_assert_int_ge(weir__now_us() - started_us, 20000);
	weir__cancel_request(&cancel);
	weir__flight_wait(third, WEIR__NO_DEADLINE, &cancel);
	weir__flight_land(first, false);
	weir__cancel_release(&cancel);
	weir__flights_release(&flights);
}
END_TEST

static _Atomic int leaders, followers;

static void *fly(void *unused)
{
	(void)unused;
	for (int i = 0; i < 3000; i++) {
		weir__flight     *flight;
		weir__flight_role role = weir__flight_join(&flights, (uint64_t)(i % 3), &flight);

		MUST(role != WEIR__FLIES_ALONE);
		if (role == WEIR__LEADS) {
			atomic_fetch_add(&leaders, 1);
			weir__flight_land(flight, false);
		} else {
			atomic_fetch_add(&followers, 1);
			weir__flight_wait(flight, WEIR__NO_DEADLINE, NULL);
		}
	}
	return NULL;
}

START_TEST(test_flight__many_threads_come_and_go)
{
	pthread_t threads[8];

	begin();
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fly, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&leaders) + atomic_load(&followers), 8 * 3000);
	for (size_t i = 0; i < WEIR__FLIGHT_STRIPES; i++)
		ck_assert_ptr_null(flights.stripes[i].first);
	weir__flights_release(&flights);
}
END_TEST

WEIR_SUITE("flight", test_flight__the_first_leads_and_the_next_follows,
           test_flight__who_waited_in_vain_is_not_followed_for_a_while,
           test_flight__a_wait_ends_with_its_time_or_when_it_is_cancelled, test_flight__many_threads_come_and_go);
