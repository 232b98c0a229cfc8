/* Reads of many callers at a time: those that wait are asked for together, each gets its own answer and keeps to its own deadline. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include "integration/redis_backend.h"

#include "base/memory.h"
#include "cache/redis_gets.h"
#include "cache/redis_places.h"

#include <dlfcn.h>
#include <sys/socket.h>

#define CALLERS 24
#define FEW     WEIR__PLACES_MOST /* that have an exchange each; the others wait */

static weir__redis_pool *pool;
static weir__redis_gets *gets;

static void open_gets(void)
{
	weir__redis_url url;

	begin();
	ck_assert_int_eq(weir__redis_url_parse(server.url, &url, NULL), WEIR_OK);
	ck_assert_int_eq(weir__redis_pool_create(&url, &logger, &pool, NULL), WEIR_OK);
	gets = weir__redis_gets_create(pool);
	ck_assert_ptr_nonnull(gets);
}

static void close_gets(void)
{
	weir__redis_gets_free(gets);
	weir__redis_pool_free(pool);
	end();
}

/* Counts who sends, before the system's. */
static _Thread_local atomic_int *sent_here;

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	*(void **)&real = dlsym(RTLD_NEXT, "send");
	if (sent_here)
		atomic_fetch_add(sent_here, 1);
	return real(fd, bytes, length, flags);
}

/* ---- Callers --------------------------------------------------------------------------------------------------------------- */

typedef struct caller {
	pthread_t  thread;
	int        number;
	int        keys; /* it asks for so many, the first is its own */
	int        budget_ms;
	bool       wants_left;
	int        rc;
	int        wrong; /* answers that are not those of its keys */
	atomic_int sent;  /* it sent so often */
	int64_t    took_us;
} caller;

static void name_of(char text[32], int number)
{
	snprintf(text, 32, "Vkey %d", number);
}

static void *ask(void *context)
{
	caller         *c = context;
	char            names[4][32];
	weir_bytes      keys[4];
	weir_cached     found[4] = { { .state = WEIR_CACHED_NOTHING } };
	int64_t         started_us = weir__now_us();
	weir_cache_call call = { .deadline_us = started_us + c->budget_ms * INT64_C(1000), .wants_left = c->wants_left };

	for (int i = 0; i < c->keys; i++) {
		name_of(names[i], (c->number + i) % CALLERS);
		keys[i] = text_bytes(names[i]);
	}
	sent_here = &c->sent;
	c->rc = weir__redis_gets_run(gets, keys, (size_t)c->keys, &call, found);
	sent_here = NULL;
	c->took_us = weir__now_us() - started_us;
	for (int i = 0; c->rc == WEIR_OK && i < c->keys; i++) {
		c->wrong += found[i].state != WEIR_CACHED_VALUE || found[i].value.length != keys[i].length ||
		            memcmp(found[i].value.data, keys[i].data, keys[i].length) != 0;
		c->wrong += c->wants_left && (found[i].left_ms <= 0 || found[i].left_ms > 60000);
		if (found[i].release)
			found[i].release(found[i].owner);
	}
	return NULL;
}

static void start(caller *c, int number, int budget)
{
	*c = (caller){ .number = number, .keys = 1 + number % 4, .budget_ms = budget, .wants_left = number % 3 == 0 };
	ck_assert_int_eq(pthread_create(&c->thread, NULL, ask, c), 0);
}

static void fill_keys(void)
{
	for (int i = 0; i < CALLERS; i++) {
		char name[32];

		name_of(name, i);
		ck_assert_int_eq(set_text(name, name), WEIR_OK);
	}
}

static int64_t commands(const char *name)
{
	redisReply *reply = redis_reply(server.url, "INFO commandstats");
	char        label[64];
	const char *at;
	int64_t     calls = 0;

	snprintf(label, sizeof label, "cmdstat_%s:calls=", name);
	at = strstr(reply->str, label);
	if (at)
		calls = strtoll(at + strlen(label), NULL, 10);
	freeReplyObject(reply);
	return calls;
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------------- */

START_TEST(test_gets__of_callers_that_wait_are_one_exchange_and_each_has_its_own_answer)
{
	caller  callers[CALLERS];
	int64_t before;

	open_gets();
	fill_keys();
	before = commands("get") + commands("mget");
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&callers[i], i, 30000);
	EVENTUALLY(weir__redis_gets_waiting(gets) >= CALLERS - FEW);
	server_resume(&server);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_OK);
		ck_assert_int_eq(callers[i].wrong, 0);
	}
	/* some that asked at once, and all others together: each time by one command, or the last key by another one (redis_gets.c) */
	ck_assert_int_ge(commands("get") + commands("mget") - before, FEW + 1);
	ck_assert_int_le(commands("get") + commands("mget") - before, 2 * (FEW + 1));
	close_gets();
}
END_TEST

/* So many connections, idle: the greeting of a new one would count as a send, and not end while the server pauses. */
static void open_connections(int count)
{
	weir__redis_run runs[WEIR__PLACES_MOST];

	for (int i = 0; i < count; i++)
		ck_assert(weir__redis_run_begin(&runs[i], pool, weir__deadline_in_ms(30000)));
	for (int i = 0; i < count; i++)
		weir__redis_run_end(&runs[i], false);
}

START_TEST(test_gets__who_has_its_answer_asks_for_those_that_wait_before_they_are_woken)
{
	caller callers[CALLERS];
	int    sent = 0, senders = 0, twice = 0;

	open_gets();
	fill_keys();
	open_connections(FEW);
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&callers[i], i, 30000);
	EVENTUALLY(weir__redis_gets_waiting(gets) >= CALLERS - FEW);
	server_resume(&server);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_OK);
		ck_assert_int_eq(callers[i].wrong, 0);
		sent += callers[i].sent;
		senders += callers[i].sent > 0;
		twice += callers[i].sent == 2;
	}
	/* a few asked for themselves at once, and one of them for all the others */
	ck_assert_int_eq(twice, 1);
	ck_assert_int_eq(senders, FEW);
	ck_assert_int_eq(sent, FEW + 1);
	close_gets();
}
END_TEST

/* So many callers at a time while the server pauses; those that have an exchange of their own. */
static size_t ask_at_a_time(int count)
{
	caller callers[CALLERS];
	size_t at_once = 0, waiting;

	server_pause(&server);
	for (int i = 0; i < count; i++)
		start(&callers[i], i, 30000);
	do {
		at_once = 0;
		waiting = weir__redis_gets_waiting(gets);
		for (int i = 0; i < count; i++)
			at_once += (size_t)atomic_load(&callers[i].sent);
	} while (at_once + waiting < (size_t)count);
	server_resume(&server);
	for (int i = 0; i < count; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_OK);
		ck_assert_int_eq(callers[i].wrong, 0);
	}
	return at_once;
}

static void ask_alone(int times)
{
	for (int i = 0; i < times; i++) {
		caller c = { .number = i % CALLERS, .keys = 1, .budget_ms = 30000 };

		ask(&c);
		ck_assert_int_eq(c.rc, WEIR_OK);
	}
}

static void read_large(int times)
{
	weir_bytes      key = text_bytes("Vlarge");
	weir_cache_call call = { .deadline_us = weir__deadline_in_ms(30000) };

	for (int i = 0; i < times; i++) {
		weir_cached found = { .state = WEIR_CACHED_NOTHING };

		ck_assert_int_eq(weir__redis_gets_run(gets, &key, 1, &call, &found), WEIR_OK);
		weir__redis_cached_release(&found, 1);
	}
}

/* Until they share. */
static void crowd(void)
{
	size_t at_once = CALLERS;

	for (int i = 0; i < 20 && at_once > WEIR__PLACES_FAR; i++)
		at_once = ask_at_a_time(CALLERS);
	ck_assert_uint_le(at_once, WEIR__PLACES_FAR);
}

START_TEST(test_gets__a_few_have_an_exchange_each_and_many_share)
{
	open_gets();
	fill_keys();
	open_connections(FEW);
	ck_assert_uint_eq(ask_at_a_time(FEW), FEW);
	crowd();
	ask_alone(100);
	ck_assert_uint_eq(ask_at_a_time(CALLERS), FEW);
	close_gets();
}
END_TEST

static void *read_large_often(void *context)
{
	(void)context;
	read_large(40);
	return NULL;
}

START_TEST(test_gets__large_answers_are_not_shared)
{
	char     *large = weir__malloc(40001);
	pthread_t threads[CALLERS];

	open_gets();
	fill_keys();
	open_connections(FEW);
	memset(large, 'V', 40000);
	large[40000] = '\0';
	ck_assert_int_eq(set_text("Vlarge", large), WEIR_OK);
	crowd();
	for (int i = 0; i < CALLERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_large_often, NULL), 0);
	for (int i = 0; i < CALLERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(ask_at_a_time(CALLERS), FEW);
	weir__free(large);
	close_gets();
}
END_TEST

/* ---- An exchange that one begins and another ends ---- */

static weir__redis_run handed;

static void ask_in_a_run(weir__redis_run *run, const char *key)
{
	weir__redis_command(run->connection, 2);
	weir__redis_argument_text(run->connection, "GET");
	weir__redis_argument_key(run->connection, text_bytes(key));
}

static void *begin_exchange(void *key)
{
	ck_assert(weir__redis_run_begin_at_hand(&handed, pool, weir__deadline_in_ms(30000)));
	ask_in_a_run(&handed, key);
	return NULL;
}

static void begin_by_another(const char *key)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, begin_exchange, (void *)(uintptr_t)key), 0);
	pthread_join(thread, NULL);
}

static bool is_answered(const char *value)
{
	const weir__reply *reply = handed.replies;

	return reply->type == WEIR__REPLY_STRING && reply->length == strlen(value) &&
	       memcmp(handed.buffer->bytes + reply->offset, value, reply->length) == 0;
}

START_TEST(test_gets__an_exchange_begins_at_once_only_with_a_connection_that_is_there)
{
	weir__redis_run run, other;

	open_gets();
	ck_assert(!weir__redis_run_begin_at_hand(&run, pool, weir__deadline_in_ms(30000)));
	ck_assert(weir__redis_run_begin(&run, pool, weir__deadline_in_ms(30000)));
	ck_assert(!weir__redis_run_begin_at_hand(&other, pool, weir__deadline_in_ms(30000)));
	weir__redis_run_end(&run, false);
	ck_assert(!weir__redis_run_begin_at_hand(&run, pool, weir__now_us()));
	ck_assert(weir__redis_run_begin_at_hand(&run, pool, weir__deadline_in_ms(30000)));
	ck_assert(!weir__redis_run_begin_at_hand(&other, pool, weir__deadline_in_ms(30000)));
	weir__redis_run_end(&run, false);
	redis_run(server.url, "CLIENT KILL TYPE normal");
	ck_assert(!weir__redis_run_begin_at_hand(&run, pool, weir__deadline_in_ms(30000)));
	close_gets();
}
END_TEST

START_TEST(test_gets__what_one_thread_sent_another_gets_the_answer_to)
{
	open_gets();
	open_connections(1);
	ck_assert_int_eq(set_text("Vkey", "Vvalue"), WEIR_OK);
	begin_by_another("Vkey");
	ck_assert(weir__redis_run_start(&handed, 1, 0));
	ck_assert(weir__redis_run_send(&handed, 1, 0));
	ck_assert(is_answered("Vvalue"));
	weir__redis_run_end(&handed, false);
	close_gets();
}
END_TEST

START_TEST(test_gets__what_was_sent_on_a_connection_that_ended_is_sent_again)
{
	open_gets();
	open_connections(1);
	ck_assert_int_eq(set_text("Vkey", "Vvalue"), WEIR_OK);
	for (int i = 0; i < 2; i++) { /* it ends after the request, or before it */
		begin_by_another("Vkey");
		if (i == 0)
			server_pause(&server);
		else
			redis_run(server.url, "CLIENT KILL TYPE normal");
		ck_assert(weir__redis_run_start(&handed, 1, 0));
		if (i == 0) {
			ck_assert_int_eq(shutdown(handed.connection->fd, SHUT_RDWR), 0);
			server_resume(&server);
		}
		ck_assert(weir__redis_run_send(&handed, 1, 0));
		ck_assert(is_answered("Vvalue"));
		weir__redis_run_end(&handed, false);
	}
	close_gets();
}
END_TEST

#define LARGE (16u << 20) /* more than sockets take at once */

START_TEST(test_gets__what_does_not_go_out_at_once_is_sent_by_who_waits_for_the_answer)
{
	char *name = weir__malloc(LARGE + 1);

	open_gets();
	open_connections(1);
	memset(name, 'V', LARGE);
	name[LARGE] = '\0';
	begin_by_another(name);
	ask_in_a_run(&handed, "Vkey");
	ck_assert_int_eq(set_text("Vkey", "Vvalue"), WEIR_OK);
	server_pause(&server);
	ck_assert(weir__redis_run_start(&handed, 2, 0));
	ck_assert_uint_gt(handed.connection->sent, 0);
	ck_assert_uint_lt(handed.connection->sent, LARGE);
	server_resume(&server);
	ck_assert(weir__redis_run_send(&handed, 2, 0));
	ck_assert_int_eq(handed.replies[0].type, WEIR__REPLY_NIL);
	handed.replies++;
	ck_assert(is_answered("Vvalue"));
	weir__redis_run_end(&handed, false);
	weir__free(name);
	close_gets();
}
END_TEST

START_TEST(test_gets__a_caller_leaves_when_its_time_is_up_and_the_others_stay)
{
	caller patient[CALLERS / 2], hasty[CALLERS / 2];

	open_gets();
	fill_keys();
	server_pause(&server);
	for (int i = 0; i < CALLERS / 2; i++)
		start(&patient[i], i, 30000);
	EVENTUALLY(weir__redis_gets_waiting(gets) == CALLERS / 2 - FEW);
	for (int i = 0; i < CALLERS / 2; i++)
		start(&hasty[i], i, SHORT_MS);
	for (int i = 0; i < CALLERS / 2; i++) {
		pthread_join(hasty[i].thread, NULL);
		ck_assert_int_eq(hasty[i].rc, WEIR_ERR_CACHE);
		ck_assert_int_lt(hasty[i].took_us, (SHORT_MS + GRACE_MS) * 1000 * SLOWNESS);
	}
	ck_assert_uint_eq(weir__redis_gets_waiting(gets), CALLERS / 2 - FEW);
	server_resume(&server);
	for (int i = 0; i < CALLERS / 2; i++) {
		pthread_join(patient[i].thread, NULL);
		ck_assert_int_eq(patient[i].rc, WEIR_OK);
		ck_assert_int_eq(patient[i].wrong, 0);
	}
	close_gets();
}
END_TEST

START_TEST(test_gets__all_that_wait_are_told_when_the_server_dies)
{
	caller callers[CALLERS];

	open_gets();
	fill_keys();
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&callers[i], i, 30000);
	EVENTUALLY(weir__redis_gets_waiting(gets) >= CALLERS - FEW);
	server_kill(&server);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_ERR_CACHE);
		ck_assert_int_lt(callers[i].took_us, 20000000);
	}
	ck_assert_uint_eq(weir__redis_gets_waiting(gets), 0);
	close_gets();
}
END_TEST

static void *ask_often(void *context)
{
	caller *c = context;
	int     wrong = 0, answered = 0;

	for (int i = 0; i < 2000 / SLOWNESS; i++) {
		c->number = (c->number + 7) % CALLERS;
		c->keys = 1 + i % 4;
		c->budget_ms = i % 50 == 0 ? 0 : 30000;
		c->wants_left = i % 3 == 0;
		ask(c);
		wrong += c->wrong;
		answered += c->rc == WEIR_OK;
		c->wrong = 0;
	}
	c->wrong = wrong;
	c->rc = answered;
	return NULL;
}

START_TEST(test_gets__of_many_callers_are_never_mixed_up)
{
	caller callers[CALLERS];

	open_gets();
	fill_keys();
	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (caller){ .number = i };
		ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, ask_often, &callers[i]), 0);
	}
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].wrong, 0);
		ck_assert_int_ge(callers[i].rc, 2000 / SLOWNESS * 49 / 50);
	}
	close_gets();
}
END_TEST

WEIR_SUITE("redis_gets", test_gets__of_callers_that_wait_are_one_exchange_and_each_has_its_own_answer,
           test_gets__who_has_its_answer_asks_for_those_that_wait_before_they_are_woken,
           test_gets__a_few_have_an_exchange_each_and_many_share, test_gets__large_answers_are_not_shared,
           test_gets__an_exchange_begins_at_once_only_with_a_connection_that_is_there,
           test_gets__what_one_thread_sent_another_gets_the_answer_to,
           test_gets__what_was_sent_on_a_connection_that_ended_is_sent_again,
           test_gets__what_does_not_go_out_at_once_is_sent_by_who_waits_for_the_answer,
           test_gets__a_caller_leaves_when_its_time_is_up_and_the_others_stay,
           test_gets__all_that_wait_are_told_when_the_server_dies, test_gets__of_many_callers_are_never_mixed_up);
