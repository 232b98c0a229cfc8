/* Combining: who leads, who is woken, who leaves, and whose memory it is. */
#include "base/combiner.h"
#include "base/memory.h"
#include "support/eventually.h"
#include "support/suite.h"

#include <pthread.h>

typedef struct task {
	weir__want want;
	int        given;
	int       *result; /* of the heap, so that one that is lost or freed twice is noticed */
} task;

static weir__combiner combiner;
static atomic_int     discarded, batches, largest;
static atomic_bool    held; /* who works waits as long */
static atomic_bool    leader_held;
static atomic_int     returned;

static void discard_task(weir__want *want, bool has_result)
{
	task *t = (task *)(void *)want;

	if (has_result)
		weir__free(t->result);
	atomic_fetch_add(&discarded, 1);
	weir__want_release(want);
	weir__free(t);
}

static task *make_task(int given)
{
	task *made = weir__calloc(1, sizeof *made);

	weir__want_init(&made->want, 1, discard_task);
	made->given = given;
	return made;
}

static void wait_while_held(void)
{
	while (atomic_load(&held))
		sched_yield();
}

/* Doubles the numbers of a batch; of those that begin with a negative one nothing comes. */
static void work(task *leader)
{
	bool        fails = leader->given < 0, around = leader->given % 2 == 0;
	int         count = 0, before = atomic_load(&largest);
	weir__want *chosen;

	wait_while_held();
	while (atomic_load(&leader_held))
		sched_yield();
	for (task *t = leader; t; t = (task *)(void *)t->want.next, count++)
		if (!fails) {
			t->result = weir__malloc(sizeof *t->result);
			*t->result = 2 * t->given;
		}
	atomic_fetch_add(&batches, 1);
	while (count > before && !atomic_compare_exchange_weak(&largest, &before, count))
		;
	chosen = weir__combiner_pass(&combiner);
	if (chosen && !around)
		weir__want_lead(chosen);
	for (task *t = leader, *next; t; t = next) {
		next = (task *)(void *)t->want.next;
		weir__want_settle(&t->want, !fails);
	}
	if (chosen && around)
		weir__batch_wake_around(&leader->want, (size_t)count, chosen);
	else
		weir__batch_wake(&leader->want);
}

typedef struct caller {
	pthread_t        thread;
	int              given, timeout_ms;
	bool             stays;
	weir__want_state state;
	int              result;
} caller;

static void call(caller *c)
{
	task *t;

	if (weir__combiner_enter(&combiner, NULL)) {
		wait_while_held();
		weir__combiner_leave(&combiner);
		c->state = WEIR__WANT_DONE;
		c->result = 2 * c->given;
		return;
	}
	t = make_task(c->given);
	t->want.stays = c->stays;
	if (weir__combiner_enter(&combiner, &t->want)) {
		discard_task(&t->want, false);
		weir__combiner_leave(&combiner);
		c->state = WEIR__WANT_DONE;
		c->result = 2 * c->given;
		return;
	}
	c->state = weir__combiner_wait(&combiner, &t->want, weir__deadline_in_ms(c->timeout_ms));
	if (c->state == WEIR__WANT_WAITS)
		return;
	if (c->state == WEIR__WANT_LEADS)
		work(t);
	c->state = weir__want_state_of(&t->want);
	if (c->state == WEIR__WANT_DONE) {
		c->result = *t->result;
		weir__free(t->result);
	}
	weir__want_end(&t->want);
}

static void *call_once(void *context)
{
	call(context);
	atomic_fetch_add(&returned, 1);
	return NULL;
}

static void begin(int places, size_t batch_size)
{
	ck_assert(weir__combiner_init(&combiner, places, batch_size));
	atomic_store(&discarded, 0);
	atomic_store(&batches, 0);
	atomic_store(&largest, 0);
	atomic_store(&held, false);
	atomic_store(&leader_held, false);
	atomic_store(&returned, 0);
}

static void start(caller *c, int given, int timeout_ms)
{
	*c = (caller){ .given = given, .timeout_ms = timeout_ms };
	ck_assert_int_eq(pthread_create(&c->thread, NULL, call_once, c), 0);
}

START_TEST(test_combiner__those_that_wait_are_one_batch_within_its_size)
{
	caller callers[21];

	begin(1, 8);
	atomic_store(&held, true);
	for (int i = 0; i < 21; i++) {
		start(&callers[i], i, 60000);
		EVENTUALLY(weir__combiner_waiting(&combiner) == (size_t)i || i == 0);
		EVENTUALLY(atomic_load(&combiner.busy) == 1);
	}
	atomic_store(&held, false);
	for (int i = 0; i < 21; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].state, WEIR__WANT_DONE);
		ck_assert_int_eq(callers[i].result, 2 * i);
	}
	ck_assert_int_eq(atomic_load(&batches), 3);
	ck_assert_int_eq(atomic_load(&largest), 8);
	ck_assert_int_eq(atomic_load(&discarded), 20);
	weir__combiner_release(&combiner);
}
END_TEST

START_TEST(test_combiner__all_of_a_batch_and_who_leads_the_next_are_woken)
{
	static const int sizes[] = { 1, 2, 8, 9, 10, 11, 20 };
	caller           callers[42];

	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		int count = 1 + 2 * sizes[s]; /* one has the place, the others are two batches */

		begin(1, (size_t)sizes[s]);
		atomic_store(&held, true);
		for (int i = 0; i < count; i++) {
			start(&callers[i], 2 * i, 60000);
			EVENTUALLY(atomic_load(&combiner.busy) == 1);
			EVENTUALLY(weir__combiner_waiting(&combiner) == (size_t)i);
		}
		atomic_store(&held, false);
		EVENTUALLY(atomic_load(&returned) == count);
		for (int i = 0; i < count; i++) {
			pthread_join(callers[i].thread, NULL);
			ck_assert_int_eq(callers[i].result, 4 * i);
		}
		ck_assert_int_eq(atomic_load(&batches), 2);
		weir__combiner_release(&combiner);
	}
}
END_TEST

START_TEST(test_combiner__who_leaves_first_leads_nobody_and_the_next_does)
{
	caller callers[6];

	begin(1, 100);
	atomic_store(&held, true);
	for (int i = 0; i < 6; i++) { /* the first has the place, the second would lead */
		start(&callers[i], i, i == 1 || i == 3 ? 30 : 60000);
		EVENTUALLY(atomic_load(&combiner.busy) == 1);
		if (i == 1)
			EVENTUALLY(weir__combiner_waiting(&combiner) == 0);
		else if (i > 1)
			EVENTUALLY(weir__combiner_waiting(&combiner) >= (size_t)(i > 3 ? i - 2 : 1));
	}
	pthread_join(callers[1].thread, NULL);
	pthread_join(callers[3].thread, NULL);
	ck_assert_int_eq(callers[1].state, WEIR__WANT_WAITS);
	ck_assert_int_eq(callers[3].state, WEIR__WANT_WAITS);
	atomic_store(&held, false);
	for (int i = 0; i < 6; i++) {
		if (i == 1 || i == 3)
			continue;
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].result, 2 * i);
	}
	ck_assert_int_eq(atomic_load(&discarded), 5);
	weir__combiner_release(&combiner);
}
END_TEST

START_TEST(test_combiner__all_of_a_batch_are_told_that_it_failed)
{
	caller callers[4];

	begin(1, 100);
	atomic_store(&held, true);
	for (int i = 0; i < 4; i++) {
		start(&callers[i], -i, 60000);
		EVENTUALLY(atomic_load(&combiner.busy) == 1 && (i == 0 || weir__combiner_waiting(&combiner) == (size_t)i));
	}
	atomic_store(&held, false);
	for (int i = 0; i < 4; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].state, i == 0 ? WEIR__WANT_DONE : WEIR__WANT_FAILED);
	}
	weir__combiner_release(&combiner);
}
END_TEST

START_TEST(test_combiner__who_stays_waits_past_its_deadline_once_its_work_is_done_by_another)
{
	caller  callers[5];
	int64_t until_us;

	begin(1, 100);
	atomic_store(&held, true);
	for (int i = 0; i < 5; i++) { /* the last one's time is up before anybody leads */
		callers[i] = (caller){ .given = i, .timeout_ms = i == 4 ? 20 : 1000, .stays = true };
		ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, call_once, &callers[i]), 0);
		EVENTUALLY(atomic_load(&combiner.busy) == 1 &&
		           (i == 0 || i == 4 || weir__combiner_waiting(&combiner) == (size_t)i));
	}
	pthread_join(callers[4].thread, NULL);
	ck_assert_int_eq(callers[4].state, WEIR__WANT_WAITS);
	atomic_store(&leader_held, true);
	atomic_store(&held, false);
	pthread_join(callers[0].thread, NULL);
	ck_assert_uint_eq(weir__combiner_waiting(&combiner), 0);
	until_us = weir__now_us() + 1100000;
	EVENTUALLY(weir__now_us() > until_us);
	ck_assert_int_eq(atomic_load(&returned), 2);
	atomic_store(&leader_held, false);
	for (int i = 1; i < 4; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].state, WEIR__WANT_DONE);
		ck_assert_int_eq(callers[i].result, 2 * i);
	}
	weir__combiner_release(&combiner);
}
END_TEST

START_TEST(test_combiner__who_is_chosen_stays_and_sleeps_until_it_is_told_to_lead)
{
	caller      callers[3];
	weir__want *chosen;
	int64_t     until_us;

	begin(1, 100);
	ck_assert(weir__combiner_enter(&combiner, NULL));
	for (int i = 0; i < 3; i++) { /* the time of the first two is up while the second is chosen, and the third waits */
		start(&callers[i], i, i < 2 ? 300 : 60000);
		EVENTUALLY(weir__combiner_waiting(&combiner) == (size_t)i + 1);
	}
	chosen = weir__combiner_pass(&combiner);
	ck_assert_ptr_nonnull(chosen);
	ck_assert_int_eq(((task *)(void *)chosen)->given, 0);
	ck_assert_uint_eq(weir__combiner_waiting(&combiner), 0);
	ck_assert_int_eq(atomic_load(&combiner.busy), 1);
	pthread_join(callers[1].thread, NULL);
	ck_assert_int_eq(callers[1].state, WEIR__WANT_WAITS);
	until_us = weir__now_us() + 50000;
	EVENTUALLY(weir__now_us() > until_us);
	ck_assert_int_eq(atomic_load(&returned), 1);
	ck_assert_int_eq(atomic_load(&batches), 0);
	weir__want_lead(chosen);
	for (int i = 0; i < 3; i += 2) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].state, WEIR__WANT_DONE);
		ck_assert_int_eq(callers[i].result, 2 * i);
	}
	ck_assert_int_eq(atomic_load(&batches), 1);
	ck_assert_int_eq(atomic_load(&combiner.busy), 0);
	ck_assert_int_eq(atomic_load(&discarded), 3);
	weir__combiner_release(&combiner);
}
END_TEST

static atomic_long wrong;

static void *call_often(void *context)
{
	uint64_t seed = (uint64_t)(uintptr_t)context;

	for (int i = 0; i < 3000; i++) {
		caller c;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		c = (caller){ .given = (int)(seed >> 40), .timeout_ms = (seed >> 33) % 4 ? 60000 : 0 };
		if ((seed >> 33) % 16 == 1)
			c.given = -c.given;
		call(&c);
		if (c.state == WEIR__WANT_DONE && c.result != 2 * c.given)
			atomic_fetch_add(&wrong, 1);
		if (c.state == WEIR__WANT_WAITS && c.timeout_ms > 0)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

START_TEST(test_combiner__many_come_lead_and_leave)
{
	pthread_t threads[12];

	for (int places = 1; places <= 2; places++) {
		begin(places, 5);
		atomic_store(&wrong, 0);
		for (size_t i = 0; i < 12; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, (void *)(uintptr_t)(i + 1)), 0);
		for (size_t i = 0; i < 12; i++)
			pthread_join(threads[i], NULL);
		ck_assert_int_eq(atomic_load(&wrong), 0);
		ck_assert_int_eq(atomic_load(&combiner.busy), 0);
		ck_assert_uint_eq(weir__combiner_waiting(&combiner), 0);
		weir__combiner_release(&combiner);
	}
}
END_TEST

WEIR_SUITE("unit/base/combiner", test_combiner__those_that_wait_are_one_batch_within_its_size,
           test_combiner__all_of_a_batch_and_who_leads_the_next_are_woken,
           test_combiner__who_leaves_first_leads_nobody_and_the_next_does,
           test_combiner__all_of_a_batch_are_told_that_it_failed,
           test_combiner__who_stays_waits_past_its_deadline_once_its_work_is_done_by_another,
           test_combiner__who_is_chosen_stays_and_sleeps_until_it_is_told_to_lead,
           test_combiner__many_come_lead_and_leave);
