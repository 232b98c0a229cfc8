/*
 * test_names.c: names are looked up within a deadline, one lookup at a time for each, and what is known serves meanwhile.
 */
#define _GNU_SOURCE
#include "base/memory.h"
#include "base/names.h"

#include "support/slow_names.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>

enum { SLACK_MS = 300, PATIENCE_MS = 20000 };

static weir__names *names;

static weir__names_answer find(const char *host, int timeout_ms)
{
	weir__addresses   *found;
	weir__names_answer answer = weir__names_find(names, host, "5432", weir__deadline_in_ms(timeout_ms), &found);

	ck_assert((answer == WEIR__NAMES_FOUND) == (found != NULL));
	if (found) {
		const struct sockaddr_in *address = (const void *)found->list->ai_addr;

		ck_assert_int_eq(address->sin_family, AF_INET);
		ck_assert_uint_eq(ntohl(address->sin_addr.s_addr), INADDR_LOOPBACK);
		ck_assert_int_eq(ntohs(address->sin_port), 5432);
		ck_assert_int_eq(found->list->ai_socktype, SOCK_STREAM);
	}
	weir__addresses_release(found);
	return answer;
}

static void begin(void)
{
	names = weir__names_create();
	ck_assert_ptr_nonnull(names);
	atomic_store(&slow_names_go, false);
	atomic_store(&slow_names_again, false);
	atomic_store(&slow_names_none, false);
	atomic_store(&slow_names_asked, 0);
}

/* Lets lookups that are under way end. */
static void end(void)
{
	weir__names_release(names);
	atomic_store(&slow_names_go, true);
	while (atomic_load(&slow_names_waiting) > 0)
		(void)poll(NULL, 0, 1);
}

START_TEST(test_names__a_number_and_a_name_are_found)
{
	begin();
	ck_assert_int_eq(find("127.0.0.1", 0), WEIR__NAMES_FOUND); /* whatever the deadline */
	ck_assert_int_eq(find("a.again", PATIENCE_MS), WEIR__NAMES_FOUND);
	ck_assert_int_eq(atomic_load(&slow_names_asked), 1);
	end();
}
END_TEST

START_TEST(test_names__a_slow_lookup_is_waited_for_no_longer_than_the_deadline)
{
	int64_t started;

	begin();
	started = weir__now_us();
	ck_assert_int_eq(find("a.slow", 50), WEIR__NAMES_TIMEOUT);
	ck_assert_int_ge(weir__now_us() - started, 49000);
	ck_assert_int_le(weir__now_us() - started, (50 + SLACK_MS) * 1000);
	ck_assert_int_eq(find("a.slow", 10), WEIR__NAMES_TIMEOUT);
	ck_assert_int_eq(atomic_load(&slow_names_asked), 1); /* the same lookup */
	atomic_store(&slow_names_go, true);
	ck_assert_int_eq(find("a.slow", PATIENCE_MS), WEIR__NAMES_FOUND);
	end();
}
END_TEST

START_TEST(test_names__what_is_known_serves_while_the_system_is_slow_or_cannot_say)
{
	int64_t started;

	begin();
	atomic_store(&slow_names_go, true);
	ck_assert_int_eq(find("a.slow", PATIENCE_MS), WEIR__NAMES_FOUND);
	atomic_store(&slow_names_go, false);
	started = weir__now_us();
	ck_assert_int_eq(find("a.slow", 400), WEIR__NAMES_FOUND);
	ck_assert_int_lt(weir__now_us() - started, 390000); /* there is time left to connect */
	ck_assert_int_eq(find("a.again", PATIENCE_MS), WEIR__NAMES_FOUND);
	atomic_store(&slow_names_again, true);
	ck_assert_int_eq(find("a.again", PATIENCE_MS), WEIR__NAMES_FOUND);
	ck_assert_int_eq(find("other.again", PATIENCE_MS), WEIR__NAMES_UNKNOWN);
	end();
}
END_TEST

START_TEST(test_names__a_name_that_there_is_not_is_told_at_once_and_asked_for_again)
{
	begin();
	ck_assert_int_eq(find("a.none", PATIENCE_MS), WEIR__NAMES_FOUND);
	atomic_store(&slow_names_none, true);
	ck_assert_int_eq(find("a.none", PATIENCE_MS), WEIR__NAMES_UNKNOWN); /* it is no longer there */
	atomic_store(&slow_names_none, false);
	ck_assert_int_eq(find("a.none", PATIENCE_MS), WEIR__NAMES_FOUND);
	end();
}
END_TEST

static void *find_slow(void *answer)
{
	*(weir__names_answer *)answer = find("a.slow", PATIENCE_MS);
	return NULL;
}

START_TEST(test_names__many_who_ask_share_one_lookup)
{
	enum { THREADS = 8 };
	pthread_t          threads[THREADS];
	weir__names_answer answers[THREADS];

	begin();
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, find_slow, &answers[i]), 0);
	ck_assert_int_eq(find("b.slow", 50), WEIR__NAMES_TIMEOUT); /* another name does not wait for this one */
	ck_assert_int_eq(find("127.0.0.1", 0), WEIR__NAMES_FOUND);
	ck_assert_int_le(atomic_load(&slow_names_asked), 2);
	atomic_store(&slow_names_go, true);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(answers[i], WEIR__NAMES_FOUND);
	}
	end();
}
END_TEST

START_TEST(test_names__released_while_a_lookup_is_under_way)
{
	begin();
	ck_assert_int_eq(find("a.slow", 1), WEIR__NAMES_TIMEOUT);
	end();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_names__without_memory_nothing_is_looked_up)
{
	for (long successes = 0;; successes++) {
		weir__names_answer answer = WEIR__NAMES_NO_MEMORY;
		weir__addresses   *found = NULL;
		bool               failed;

		weir__memory_fail_after(successes, WEIR__FAIL_FOREVER);
		names = weir__names_create();
		if (names)
			answer = weir__names_find(names, "a.again", "5432", weir__deadline_in_ms(PATIENCE_MS), &found);
		failed = weir__memory_failures() > 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(answer, failed ? WEIR__NAMES_NO_MEMORY : WEIR__NAMES_FOUND);
		weir__addresses_release(found);
		weir__names_release(names);
		if (!failed)
			break;
		ck_assert_int_lt(successes, 20);
	}
}
END_TEST
#define MEMORY_TESTS test_names__without_memory_nothing_is_looked_up,
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("names", test_names__a_number_and_a_name_are_found,
           test_names__a_slow_lookup_is_waited_for_no_longer_than_the_deadline,
           test_names__what_is_known_serves_while_the_system_is_slow_or_cannot_say,
           test_names__a_name_that_there_is_not_is_told_at_once_and_asked_for_again,
           test_names__many_who_ask_share_one_lookup, MEMORY_TESTS test_names__released_while_a_lookup_is_under_way);
