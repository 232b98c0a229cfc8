/*
 * cache_backend_subject.h: the backend under test and short ways to call it, from any thread. What an operation must
 * always answer is checked here.
 */
#ifndef WEIR_TESTS_CONTRACT_CACHE_BACKEND_SUBJECT_H
#define WEIR_TESTS_CONTRACT_CACHE_BACKEND_SUBJECT_H

#include "support/must.h"
#include "support/suite.h"

#include <weir/sys/cache_backend.h>

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct subject {
	weir_cache_backend *(*open)(void);
	void (*tick)(void);                                             /* a millisecond passes */
	int64_t (*ttl_ms)(weir_cache_backend *backend, weir_bytes key); /* what is left; -1: no expiry */
};

static const struct subject subject;

#define TTL_LONG  600000
#define TTL_SHORT 20

static weir_cache_backend *backend;
static char                prefix[48];

static void begin(void)
{
	snprintf(prefix, sizeof prefix, "contract-%d-%lld:", (int)getpid(), (long long)weir__now_us());
	backend = subject.open();
}

static weir_cache_call call_with(uint64_t id, int64_t ttl_ms)
{
	return (weir_cache_call){
		.deadline_us = weir__deadline_in_ms(5000),
		.id = id,
		.ttl_ms = ttl_ms,
		.stamp_ttl_ms = TTL_LONG,
	};
}

static void end(void)
{
	uint64_t        cursor = 0;
	weir_cache_call call = call_with(0, 0);

	all_held();
	do
		ck_assert_int_eq(backend->flush(backend, (weir_bytes){ prefix, strlen(prefix) }, &cursor, &call), WEIR_OK);
	while (cursor != 0);
	backend->close(backend);
}

/* A key of this test; the text lives until eight more were made. */
static weir_bytes key(const char *name)
{
	static _Thread_local char texts[8][512];
	static _Thread_local int  next;
	char                     *text = texts[next++ % 8];

	return (weir_bytes){ text, (size_t)snprintf(text, sizeof texts[0], "%s%s", prefix, name) };
}

static weir_bytes text_bytes(const char *text)
{
	return (weir_bytes){ text, strlen(text) };
}

static void let_go(weir_cached *cached)
{
	if (cached->release)
		cached->release(cached->owner);
	*cached = (weir_cached){ .state = WEIR_CACHED_NOTHING };
}

static void set_for(weir_bytes name, weir_bytes value, int64_t ttl_ms)
{
	weir_cache_entry entry = { .key = name, .value = value, .ttl_ms = ttl_ms, .space_max = -1 };
	weir_cache_call  call = call_with(0, 0);

	MUST(backend->set(backend, &entry, &call) == WEIR_OK);
}

static void set_text(const char *name, const char *value)
{
	set_for(key(name), text_bytes(value), TTL_LONG);
}

static weir_cached_state state_of(weir_bytes name)
{
	weir_cache_call   call = call_with(0, 0);
	weir_cached       found = { .state = WEIR_CACHED_NOTHING };
	weir_cached_state state;

	MUST(backend->get_many(backend, &name, 1, &call, &found) == WEIR_OK);
	state = found.state;
	let_go(&found);
	return state;
}

static void assert_holds(weir_bytes name, weir_bytes value)
{
	weir_cache_call call = call_with(0, 0);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };

	ck_assert_int_eq(backend->get_many(backend, &name, 1, &call, &found), WEIR_OK);
	ck_assert_int_eq(found.state, WEIR_CACHED_VALUE);
	ck_assert_uint_eq(found.value.length, value.length);
	ck_assert_mem_eq(found.value.data, value.data, value.length);
	let_go(&found);
}

static weir_cached_state lease_over(weir_bytes name, const char *seen, uint64_t token, int64_t ttl_ms)
{
	weir_cache_want   want = { .key = name, .seen = text_bytes(seen) };
	weir_cache_call   call = call_with(token, ttl_ms);
	weir_cached       found = { .state = WEIR_CACHED_NOTHING };
	weir_cached_state state;

	MUST(backend->lease(backend, &want, 1, &call, &found) == WEIR_OK);
	state = found.state;
	let_go(&found);
	return state;
}

static weir_cached_state lease(weir_bytes name, uint64_t token)
{
	return lease_over(name, "", token, TTL_LONG);
}

static size_t fill(weir_bytes name, const char *value, uint64_t token)
{
	weir_cache_entry entry = {
		.key = name, .value = text_bytes(value), .token = token, .ttl_ms = TTL_LONG, .space = 1, .space_max = -1
	};
	weir_cache_call call = call_with(0, 0);
	size_t          filled = 99;

	MUST(backend->fill(backend, &entry, 1, &call, &filled) == WEIR_OK);
	return filled;
}

static void guard_for(weir_bytes name, uint64_t nonce, int64_t ttl_ms)
{
	weir_touch      touch = { .key = name };
	weir_cache_call call = call_with(nonce, ttl_ms);

	MUST(backend->guard(backend, &touch, 1, &call) == WEIR_OK);
}

static void guard(weir_bytes name, uint64_t nonce)
{
	guard_for(name, nonce, TTL_LONG);
}

static void release_with(weir_bytes name, uint64_t nonce, uint64_t stamp)
{
	weir_touch      touch = { .key = name, .stamp = stamp };
	weir_cache_call call = call_with(nonce, 0);

	MUST(backend->release(backend, &touch, 1, &call) == WEIR_OK);
}

static void release(weir_bytes name, uint64_t nonce)
{
	release_with(name, nonce, 0);
}

/* Lets time pass until the key holds nothing, or fails. */
static void wait_for_nothing(weir_bytes name)
{
	for (int i = 0; i < 5000 && state_of(name) != WEIR_CACHED_NOTHING; i++)
		subject.tick();
	ck_assert_int_eq(state_of(name), WEIR_CACHED_NOTHING);
}

#endif
