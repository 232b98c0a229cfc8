/*
 * cache_backend_races.h: the contract under threads: what the promises of a cached read come to.
 */
#ifndef WEIR_TESTS_CONTRACT_CACHE_BACKEND_RACES_H
#define WEIR_TESTS_CONTRACT_CACHE_BACKEND_RACES_H

#include "contract/cache_backend_subject.h"

#include <pthread.h>

enum { RACE_READERS = 3, RACE_WRITERS = 2, RACE_ROUNDS = 400 };

/* A row with a version, as a database would keep it; committed and then acknowledged. */
struct race {
	atomic_uint_fast64_t row, acknowledged, next_id;
	atomic_int           writers_left;
	atomic_size_t        hits;
};

static void *race_writer(void *memory)
{
	struct race *race = memory;

	for (int i = 0; i < RACE_ROUNDS; i++) {
		uint64_t nonce = atomic_fetch_add(&race->next_id, 1);
		uint64_t version, seen;

		guard(key("row"), nonce);
		version = atomic_fetch_add(&race->row, 1) + 1;
		release(key("row"), nonce);
		seen = atomic_load(&race->acknowledged);
		while (seen < version && !atomic_compare_exchange_weak(&race->acknowledged, &seen, version))
			;
	}
	atomic_fetch_sub(&race->writers_left, 1);
	return NULL;
}

/* One cached read; the version it gives. */
static uint64_t race_read(struct race *race)
{
	weir_bytes      name = key("row");
	weir_cache_call call = call_with(0, 0);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	uint64_t        token, version;
	char            text[32];
	bool            leased;

	MUST(backend->get_many(backend, &name, 1, &call, &found) == WEIR_OK);
	if (found.state == WEIR_CACHED_VALUE) {
		memcpy(text, found.value.data, found.value.length);
		text[found.value.length] = '\0';
		let_go(&found);
		atomic_fetch_add(&race->hits, 1);
		return strtoull(text + 1, NULL, 10);
	}
	token = atomic_fetch_add(&race->next_id, 1);
	leased = found.state == WEIR_CACHED_NOTHING && lease(name, token) == WEIR_CACHED_LEASED;
	version = atomic_load(&race->row);
	if (leased) {
		snprintf(text, sizeof text, "V%llu", (unsigned long long)version);
		fill(name, text, token);
	}
	return version;
}

static void *race_reader(void *memory)
{
	struct race *race = memory;
	uint64_t     last = 0;

	while (atomic_load(&race->writers_left) > 0) {
		uint64_t least = atomic_load(&race->acknowledged);
		uint64_t version = race_read(race);

		MUST(version >= least); /* what was acknowledged before */
		MUST(version >= last);  /* what this reader was given before */
		last = version;
	}
	return NULL;
}

START_TEST(test_contract__no_reader_sees_an_old_row_under_concurrent_writes)
{
	struct race race = { .hits = 0 };
	pthread_t   threads[RACE_READERS + RACE_WRITERS];
	int         started = 0;

	begin();
	atomic_store(&race.next_id, 1000);
	atomic_store(&race.writers_left, RACE_WRITERS);
	for (; started < RACE_READERS + RACE_WRITERS; started++)
		ck_assert_int_eq(
			pthread_create(&threads[started], NULL, started < RACE_WRITERS ? race_writer : race_reader, &race), 0);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	ck_assert_uint_eq(race_read(&race), RACE_WRITERS * RACE_ROUNDS);
	ck_assert_uint_eq(race_read(&race), RACE_WRITERS * RACE_ROUNDS);
	ck_assert_uint_gt(atomic_load(&race.hits), 0);
	end();
}
END_TEST

static void *stress(void *memory)
{
	unsigned state = (unsigned)(uintptr_t)memory;

	for (int i = 0; i < 1500; i++) {
		char       name[8];
		weir_bytes k;

		state = state * 1103515245u + 12345u;
		snprintf(name, sizeof name, "s%u", (state >> 16) % 7);
		k = key(name);
		switch ((state >> 8) % 6) {
		case 0:
			lease(k, state);
			fill(k, "Vfilled by stress", state);
			break;
		case 1:
			guard(k, state);
			release_with(k, state, state % 2 ? state : 0);
			break;
		case 2:
			set_for(k, text_bytes("Vset by stress, a little longer"), TTL_LONG);
			break;
		case 3: {
			weir_cache_call call = call_with(0, 0);

			MUST(backend->remove(backend, &k, 1, &call) == WEIR_OK);
			break;
		}
		default:
			state_of(k);
		}
	}
	return NULL;
}

START_TEST(test_contract__many_threads_at_once)
{
	pthread_t threads[6];

	begin();
	for (uintptr_t i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, stress, (void *)(i + 1)), 0);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 7; i++) {
		char name[16];

		snprintf(name, sizeof name, "s%d", i);
		ck_assert_int_ne(state_of(key(name)), WEIR_CACHED_GUARD);
	}
	end();
}
END_TEST

#endif
