/* The near cache without a server: what an entry depends on, fills that come too late, what is evicted, what is freed, many
 * threads at once. Objects count their references, so that one too few or too many shows. */
#include "base/clock.h"
#include "base/seat.h"
#include "base/memory.h"
#include "cache/near_memory.h"
#include "support/must.h"
#include "support/suite.h"

#include <pthread.h>
#include <string.h>

/* An object that knows how many hold it. */
typedef struct thing {
	atomic_int references;
	int64_t    value;
	uint64_t   check; /* of value, while it lives */
	void      *memory;
} thing;

static atomic_int living;

#define ALIVE UINT64_C(0xa11fea11fea11fea)

#define LINE 64

/* At a line's bound, with room in front. */
static thing *make_thing(int64_t value)
{
	char  *memory = weir__calloc(1, sizeof(thing) + WEIR__NEAR_ROOM + LINE);
	size_t end = (uintptr_t)memory + WEIR__NEAR_ROOM;
	thing *made = (thing *)(void *)(memory + WEIR__NEAR_ROOM + (LINE - end % LINE) % LINE);

	if (!memory)
		return NULL;
	atomic_init(&made->references, 1);
	made->memory = memory;
	made->value = value;
	made->check = (uint64_t)value ^ ALIVE;
	atomic_fetch_add(&living, 1);
	return made;
}

static void retain_thing(void *object)
{
	thing *held = object;

	MUST(atomic_fetch_add(&held->references, 1) > 0);
}

static void release_thing(void *object)
{
	thing *held = object;

	if (atomic_fetch_sub(&held->references, 1) != 1)
		return;
	MUST(held->check == ((uint64_t)held->value ^ ALIVE));
	held->check = 0;
	weir__free(held->memory);
	atomic_fetch_sub(&living, 1);
}

static void *room_of_thing(const void *object)
{
	return (char *)(uintptr_t)object - WEIR__NEAR_ROOM;
}

static const weir__near_kind things = { retain_thing, release_thing, room_of_thing };
static const weir__near_kind bare_things = { retain_thing, release_thing, NULL };

static const weir__near_kind *kind = &things;

static weir__near *near_cache;

static void open_near(int64_t max_bytes)
{
	weir_error err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir__near_create(&(weir_near_options){ .max_bytes = max_bytes }, &near_cache, &err), WEIR_OK);
}

static void close_near(void)
{
	weir__near_release(near_cache);
	near_cache = NULL;
	ck_assert_int_eq(atomic_load(&living), 0);
	all_held();
}

static weir__hash128 name_of(int64_t key)
{
	return weir__hash128_of_pair(1, (uint64_t)key, weir__near_secret(near_cache));
}

/* What key depends on: its own stripe. */
static weir__near_ticket ticket_of(int64_t key)
{
	weir__near_ticket ticket = { .count = 0 };

	weir__near_depend(&ticket, weir__near_stripe(near_cache, name_of(key)));
	weir__near_take(near_cache, &ticket, 0);
	return ticket;
}

static bool put_thing(int64_t key, thing *object, const weir__near_ticket *ticket, size_t bytes, int64_t expires_us)
{
	return weir__near_put(near_cache, &(weir__near_item){
										  .name = name_of(key),
										  .ticket = ticket,
										  .value = { .kind = kind, .object = object },
										  .bytes = bytes,
										  .now_us = 0,
										  .expires_us = expires_us,
									  });
}

static bool put_as(int64_t key, int64_t value, const weir__near_ticket *ticket, size_t bytes, int64_t expires_us)
{
	thing *object = make_thing(value);
	bool   kept = object && put_thing(key, object, ticket, bytes, expires_us);

	if (object)
		release_thing(object);
	return kept;
}

static bool put(int64_t key, int64_t value)
{
	weir__near_ticket ticket = ticket_of(key);

	return put_as(key, value, &ticket, 100, INT64_MAX);
}

/* -1: not there. */
static int64_t get_at(int64_t key, int64_t now_us)
{
	weir__near_value value;
	thing           *found;
	int64_t          seen;

	if (!weir__near_get(near_cache, name_of(key), now_us, weir__seat(), &value))
		return -1;
	found = value.object;
	MUST(found->check == ((uint64_t)found->value ^ ALIVE));
	seen = found->value;
	release_thing(found);
	return seen;
}

static int64_t get(int64_t key)
{
	return get_at(key, 1);
}

static void touch(int64_t key)
{
	weir__near_touch(near_cache, weir__near_stripe(near_cache, name_of(key)));
}

static weir_near_stats stats(void)
{
	weir_near_stats now;

	weir_near_cache_stats(near_cache, &now);
	return now;
}

START_TEST(test_near__what_was_put_is_there_until_it_is_touched)
{
	open_near(0);
	ck_assert(put(1, 11));
	ck_assert_int_eq(get(1), 11);
	ck_assert_int_eq(get(2), -1);
	touch(1);
	ck_assert_int_eq(get(1), -1);
	ck_assert(put(1, 12));
	ck_assert_int_eq(get(1), 12);
	close_near();
}
END_TEST

START_TEST(test_near__a_fill_that_comes_too_late_is_not_kept)
{
	weir__near_ticket before;

	open_near(0);
	before = ticket_of(1);
	touch(1);
	ck_assert(!put_as(1, 11, &before, 100, INT64_MAX));
	ck_assert_int_eq(get(1), -1);
	before = ticket_of(1);
	weir__near_reset(near_cache);
	ck_assert(!put_as(1, 11, &before, 100, INT64_MAX));
	close_near();
}
END_TEST

START_TEST(test_near__an_entry_depends_on_each_of_its_stripes)
{
	open_near(0);
	for (int64_t touched = 0; touched < WEIR__NEAR_STRIPES; touched++) {
		weir__near_ticket ticket = { .count = 0 };

		for (int64_t i = 0; i < WEIR__NEAR_STRIPES; i++)
			weir__near_depend(&ticket, weir__near_stripe(near_cache, name_of(100 + i)));
		weir__near_take(near_cache, &ticket, 0);
		ck_assert(put_as(1, touched, &ticket, 100, INT64_MAX));
		ck_assert_int_eq(get(1), touched);
		touch(100 + touched);
		ck_assert_int_eq(get(1), -1);
	}
	close_near();
}
END_TEST

START_TEST(test_near__a_reset_drops_everything_at_once)
{
	open_near(0);
	for (int64_t i = 0; i < 1000; i++)
		ck_assert(put(i, i));
	weir__near_reset(near_cache);
	for (int64_t i = 0; i < 1000; i++)
		ck_assert_int_eq(get(i), -1);
	ck_assert_uint_eq(stats().resets, 1);
	close_near();
}
END_TEST

START_TEST(test_near__an_entry_expires)
{
	weir__near_ticket ticket;

	open_near(0);
	ticket = ticket_of(1);
	ck_assert(put_as(1, 11, &ticket, 100, 5000));
	ck_assert_int_eq(get_at(1, 4999), 11);
	ck_assert_int_eq(get_at(1, 5000), -1);
	ck_assert(!put_as(2, 22, &ticket, 100, 0));
	close_near();
}
END_TEST

START_TEST(test_near__bytes_are_bounded_and_counted)
{
	open_near(1 << 20);
	for (int64_t i = 0; i < 20000; i++) {
		(void)put(i, i);
		if (i % 1000 == 0)
			ck_assert_uint_le(stats().bytes, (1 << 20) + (1 << 16));
	}
	ck_assert_uint_gt(stats().evictions, 10000);
	ck_assert_uint_gt(stats().entries, 2000);
	ck_assert_uint_le(stats().bytes, (1 << 20) + (1 << 16));
	ck_assert_uint_eq(stats().fills, 20000);
	close_near();
}
END_TEST

START_TEST(test_near__what_is_too_large_is_not_kept)
{
	weir__near_ticket ticket;

	open_near(1 << 20);
	ticket = ticket_of(1);
	ck_assert(!put_as(1, 11, &ticket, 1 << 19, INT64_MAX));
	ck_assert_int_eq(get(1), -1);
	ck_assert(put_as(1, 11, &ticket, 1 << 17, INT64_MAX));
	close_near();
}
END_TEST

/* 500 that are used again and again, while 50 000 others pass by once. */
START_TEST(test_near__a_scan_does_not_push_out_what_is_used)
{
	int64_t kept = 0;

	open_near(1 << 18);
	for (int round = 0; round < 4; round++)
		for (int64_t i = 0; i < 500; i++)
			if (get(i) < 0)
				ck_assert(put(i, i));
	for (int64_t i = 0; i < 50000; i++) {
		ck_assert(put(1000000 + i, i));
		if (i % 100 == 0)
			(void)get(i / 100 % 500);
	}
	for (int64_t i = 0; i < 500; i++)
		kept += get(i) == i;
	ck_assert_int_gt(kept, 450);
	close_near();
}
END_TEST

START_TEST(test_near__a_record_that_was_given_out_lives_on)
{
	weir__near_value value;

	open_near(1 << 16);
	ck_assert(put(1, 11));
	ck_assert(weir__near_get(near_cache, name_of(1), 1, weir__seat(), &value));
	for (int64_t i = 2; i < 5000; i++)
		(void)put(i, i);
	weir__near_release(near_cache);
	near_cache = NULL;
	ck_assert_int_eq(((thing *)value.object)->value, 11);
	ck_assert_int_eq(atomic_load(&living), 1);
	release_thing(value.object);
	ck_assert_int_eq(atomic_load(&living), 0);
	all_held();
}
END_TEST

/* The entry of a thing that is kept once is in its room, of one that is kept again it is not, and all of them are found. */
START_TEST(test_near__one_object_may_be_kept_under_many_names)
{
	enum { NAMES = 1000 };
	thing *object;

	open_near(1 << 20);
	object = make_thing(7);
	for (int64_t key = 0; key < NAMES; key++) {
		weir__near_ticket ticket = ticket_of(key);

		ck_assert(put_thing(key, object, &ticket, 100, INT64_MAX));
	}
	ck_assert(((weir__near_entry *)room_of_thing(object))->object == object);
	ck_assert_int_eq(atomic_load(&object->references), 1 + NAMES);
	for (int64_t key = 0; key < NAMES; key++)
		ck_assert_int_eq(get(key), 7);
	for (int64_t key = 0; key < NAMES; key += 2) {
		ck_assert(put(key, key));
		ck_assert_int_eq(get(key + 1), 7);
	}
	release_thing(object);
	close_near();
}
END_TEST

/* Buckets that are full send entries on; what is taken out leaves nothing in the way of the others. */
START_TEST(test_near__every_entry_is_found_while_others_come_and_go)
{
	open_near(8 << 20);
	for (int64_t key = 0; key < 20000; key++) {
		ck_assert(put(key, key));
		if (key >= 5000)
			ck_assert_int_eq(get(key - 5000), key - 5000);
	}
	for (int round = 0; round < 3; round++)
		for (int64_t key = round; key < 20000; key += 3)
			ck_assert(put(key, key + round));
	for (int64_t key = 0; key < 20000; key++)
		ck_assert_int_eq(get(key), key + key % 3);
	ck_assert_int_eq(get(20000), -1);
	ck_assert_uint_eq(stats().entries, 20000);
	close_near();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_near__without_memory_nothing_is_kept_and_nothing_lost)
{
	weir_error err = WEIR_ERROR_INIT;
	long       n = 0;

	do {
		weir__memory_fail_after(n, WEIR__FAIL_ONCE);
		if (weir__near_create(NULL, &near_cache, &err) == WEIR_OK)
			for (int64_t i = 0; i < 300; i++)
				if (put(i, i))
					MUST(get(i) == i);
		n++;
		if (near_cache)
			close_near();
	} while (weir__memory_failures() > 0);
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert_int_gt(n, 10);
	ck_assert_int_eq(atomic_load(&living), 0);
	all_held();
}
END_TEST
#endif

/* ---- Many threads -------------------------------------------------------------------------------------------------- */

enum { KEYS = 200, READERS = 4, WRITERS = 2, WRITES = 4000 };

/* The version that is current, and the one whose write is over. */
static _Atomic int64_t current[KEYS], written[KEYS];
static atomic_bool     stop;

/* Reads current as a backend would be read, between ticket and fill. */
static int64_t read_through(int64_t key)
{
	int64_t           seen = get(key);
	weir__near_ticket ticket;

	if (seen >= 0)
		return seen;
	ticket = ticket_of(key);
	seen = atomic_load(&current[key]);
	(void)put_as(key, seen, &ticket, 200, INT64_MAX);
	return seen;
}

static void *keep_reading(void *argument)
{
	uint64_t at = (uint64_t)(uintptr_t)argument;

	while (!atomic_load(&stop)) {
		int64_t key = (int64_t)((at = at * 6364136223846793005u + 1442695040888963407u) >> 33) % KEYS;
		int64_t least = atomic_load(&written[key]);

		MUST(read_through(key) >= least);
	}
	return NULL;
}

/* Drops before and after the change, as a guard and a release do. */
static void *keep_writing(void *argument)
{
	int64_t first = (int64_t)(intptr_t)argument;

	for (int64_t i = 0; i < WRITES; i++) {
		int64_t key = (first + i * 7) % (KEYS / WRITERS) * WRITERS + first;

		touch(key);
		atomic_fetch_add(&current[key], 1);
		touch(key);
		atomic_store(&written[key], atomic_load(&current[key]));
		if (i % 1000 == 0)
			weir__near_reset(near_cache);
		MUST(read_through(key) >= atomic_load(&written[key]));
	}
	return NULL;
}

/* Small enough that something is evicted all the time. */
static void read_and_write_at_once(bool fenced)
{
	pthread_t readers[READERS], writers[WRITERS];

	open_near(1 << 16);
	near_cache->pins.fenced = near_cache->pins.fenced && fenced;
	atomic_store(&stop, false);
	for (intptr_t i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, keep_reading, (void *)(i + 1)), 0);
	for (intptr_t i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writers[i], NULL, keep_writing, (void *)i), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	ck_assert_uint_gt(stats().fills, 100);
	close_near();
}

START_TEST(test_near__threads_never_see_what_was_dropped_before)
{
	read_and_write_at_once(true);
}
END_TEST

START_TEST(test_near__entries_that_are_not_in_their_objects_do_as_well)
{
	kind = &bare_things;
	read_and_write_at_once(true);
	kind = &things;
}
END_TEST

/* ---- Handed over --------------------------------------------------------------------------------------------------- */

enum { PLACES = 16 };

static _Atomic(thing *) places[PLACES];

/* Takes what is near or makes it near, leaves one of two references for another thread and gives back what one of them left. */
static void *hand_over(void *argument)
{
	uint64_t at = (uint64_t)(uintptr_t)argument;

	while (!atomic_load(&stop)) {
		int64_t          key = (int64_t)((at = at * 6364136223846793005u + 1442695040888963407u) >> 33) % KEYS;
		weir__near_value value;
		thing           *left;

		if (!weir__near_get(near_cache, name_of(key), 1, weir__seat(), &value)) {
			(void)put(key, key);
			continue;
		}
		retain_thing(value.object);
		left = atomic_exchange(&places[at >> 20 & (PLACES - 1)], (thing *)value.object);
		MUST(((thing *)value.object)->value == key);
		release_thing(value.object);
		if (left) {
			MUST(left->check == ((uint64_t)left->value ^ ALIVE));
			if (at >> 60 == 0) { /* what was evicted meanwhile is kept again */
				weir__near_ticket ticket = ticket_of(left->value);

				(void)put_thing(left->value, left, &ticket, 100, INT64_MAX);
			}
			release_thing(left);
		}
	}
	return NULL;
}

/* The cache ends while things that were near are still held. */
START_TEST(test_near__objects_are_handed_over_while_they_are_evicted)
{
	pthread_t threads[READERS];

	open_near(1 << 16);
	atomic_store(&stop, false);
	for (intptr_t i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hand_over, (void *)(i + 1)), 0);
	for (int64_t i = 0; i < 20000 || stats().evictions <= 1000; i++) {
		touch(i % KEYS);
		(void)put(KEYS + i % 500, i);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	weir__near_release(near_cache);
	for (int i = 0; i < PLACES; i++) {
		thing *left = atomic_exchange(&places[i], NULL);

		if (left)
			release_thing(left);
	}
	ck_assert_int_eq(atomic_load(&living), 0);
	all_held();
}
END_TEST

START_TEST(test_near__a_system_without_heavy_fences_does_as_well)
{
	read_and_write_at_once(false);
}
END_TEST

/* Reads until all are stopped, as one of more threads than there are seats. */
static void *read_among_many(void *unused)
{
	int64_t key = 0;

	while (!atomic_load(&stop)) {
		int64_t seen = get(key++ % 500);

		MUST(seen == -1 || seen == (key - 1) % 500);
	}
	return unused;
}

START_TEST(test_near__threads_without_a_seat_are_pinned_too)
{
	pthread_t threads[WEIR__SEATS + 4];
	size_t    count = sizeof threads / sizeof threads[0];

	open_near(1 << 16);
	atomic_store(&stop, false);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_among_many, NULL), 0);
	for (int64_t i = 0; i < 20000; i++)
		(void)put(i % 500, i % 500);
	atomic_store(&stop, true);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_gt(stats().evictions, 100);
	close_near();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
#define MEMORY_TESTS test_near__without_memory_nothing_is_kept_and_nothing_lost,
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("unit/cache/near", MEMORY_TESTS test_near__what_was_put_is_there_until_it_is_touched,
           test_near__one_object_may_be_kept_under_many_names, test_near__every_entry_is_found_while_others_come_and_go,
           test_near__entries_that_are_not_in_their_objects_do_as_well,
           test_near__objects_are_handed_over_while_they_are_evicted, test_near__a_fill_that_comes_too_late_is_not_kept,
           test_near__an_entry_depends_on_each_of_its_stripes, test_near__a_reset_drops_everything_at_once,
           test_near__an_entry_expires, test_near__bytes_are_bounded_and_counted,
           test_near__what_is_too_large_is_not_kept, test_near__a_scan_does_not_push_out_what_is_used,
           test_near__a_record_that_was_given_out_lives_on, test_near__threads_never_see_what_was_dropped_before,
           test_near__a_system_without_heavy_fences_does_as_well, test_near__threads_without_a_seat_are_pinned_too);
