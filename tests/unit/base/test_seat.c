/* Seats: no two threads have the same one at a time, a thread that ends leaves it, and who finds none goes without. */
#include "base/seat.h"
#include "support/must.h"
#include "support/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = WEIR__SEATS + 6 };

static atomic_int        in_seat[WEIR__SEATS];
static atomic_int        standing;
static pthread_barrier_t all_there;

static void *sit_down(void *unused)
{
	size_t seat = weir__seat();

	MUST(weir__seat() == seat);
	if (seat == WEIR__SEATS)
		atomic_fetch_add(&standing, 1);
	else
		MUST(atomic_fetch_add(&in_seat[seat], 1) == 0);
	pthread_barrier_wait(&all_there);
	if (seat < WEIR__SEATS)
		atomic_fetch_sub(&in_seat[seat], 1);
	return unused;
}

/* Twice: those of the second time find the seats of the first. */
START_TEST(test_seat__threads_that_run_together_sit_apart)
{
	(void)weir__seat();
	for (int round = 0; round < 2; round++) {
		pthread_t threads[THREADS];

		atomic_store(&standing, 0);
		pthread_barrier_init(&all_there, NULL, THREADS);
		for (int i = 0; i < THREADS; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, sit_down, NULL), 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&all_there);
		ck_assert_int_eq(atomic_load(&standing), THREADS - (WEIR__SEATS - 1));
	}
}
END_TEST

static void *note_seat(void *noted)
{
	*(size_t *)noted = weir__seat();
	return NULL;
}

START_TEST(test_seat__a_thread_that_ends_leaves_its_seat)
{
	size_t own = weir__seat(), seat;

	for (int i = 0; i < 3 * WEIR__SEATS; i++) {
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, note_seat, &seat), 0);
		pthread_join(thread, NULL);
		ck_assert_uint_lt(seat, WEIR__SEATS);
		ck_assert_uint_ne(seat, own);
	}
}
END_TEST

START_TEST(test_seat__a_forked_child_keeps_its_own)
{
	size_t own = weir__seat();
	pid_t  child = fork();
	int    status;

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(weir__seat() == own ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

WEIR_SUITE("unit/base/seat", test_seat__threads_that_run_together_sit_apart,
           test_seat__a_thread_that_ends_leaves_its_seat, test_seat__a_forked_child_keeps_its_own);
