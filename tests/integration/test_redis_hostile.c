/* The Redis backend against a server that answers whatever it likes. A call ends within its budget, memory stays bounded,
 * nothing is made of an answer that is none, and the next honest answer is taken. */
#include "integration/redis_backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the server says to the next request after a handshake; then it is honest again: every GET is answered with Vgood. */
struct script {
	const char *name;
	const char *bytes;
	size_t      length;   /* 0: strlen */
	size_t      repeat;   /* the bytes are sent so often; 0: once */
	size_t      piece;    /* sent in pieces of so many bytes, a millisecond apart; 0: at once */
	int         delay_ms; /* before the first */
	int         again_us; /* after the bytes, sent once more with evil for good; 0: not */
	const char *again;    /* what comes again; NULL: one evil value */
	bool        closes;   /* and the connection is closed */
	bool        lasts;    /* said to every request until the script is taken away */
};

static struct {
	int                            listener;
	char                           url[64];
	pthread_t                      thread;
	_Atomic(const struct script *) script;
	atomic_bool                    stop;
	atomic_int                     performed; /* scripts, to their end */
	atomic_int                     calls;     /* of Lua scripts, received */
	atomic_int                     leases;    /* received */
	atomic_int                     accepted;  /* connections */
	atomic_bool                    restarted; /* it says that it is another run */
} hostile;

/* The server reads a script while the test goes on: it gets a copy that stays. */
static void set_script(const struct script *script)
{
	static struct script copies[512];
	static size_t        next;
	struct script       *copy = &copies[next++ % 512];

	*copy = *script;
	atomic_store(&hostile.script, copy);
}

static const char honest[] = "$5\r\nVgood\r\n";

/* Sends all unless the other side is gone or the test is over. */
static bool say(int fd, const char *bytes, size_t length)
{
	while (length > 0 && !atomic_load(&hostile.stop)) {
		struct pollfd waited = { .fd = fd, .events = POLLOUT };
		ssize_t       sent;

		if (poll(&waited, 1, 20) == 0)
			continue;
		sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return length == 0;
}

/* Is one key asked for by MGET? Then what is said is the item of an array, unless it is an error, or nothing. */
static bool is_for_array(const char *request)
{
	return strncmp(request, "*2\r\n$4\r\nMGET", 12) == 0;
}

static bool say_evil(int fd, bool in_array)
{
	return (!in_array || say(fd, "*1\r\n", 4)) && say(fd, "$5\r\nVevil\r\n", 11);
}

/* False: the connection is to be closed. */
static bool perform(int fd, const struct script *script, bool in_array)
{
	size_t length = script->length ? script->length : strlen(script->bytes);

	in_array &= length > 0 && script->bytes[0] != '-';
	if (in_array && !say(fd, "*1\r\n", 4))
		return false;
	if (script->delay_ms)
		(void)poll(NULL, 0, script->delay_ms);
	for (size_t i = 0; i < (script->repeat ? script->repeat : 1); i++)
		for (size_t at = 0; at < length;) {
			size_t piece = script->piece && script->piece < length - at ? script->piece : length - at;

			if (!say(fd, script->bytes + at, piece))
				return false;
			at += piece;
			if (script->piece)
				(void)poll(NULL, 0, 1);
		}
	if (script->again_us) {
		nanosleep(&(struct timespec){ .tv_nsec = script->again_us * 1000L }, NULL);
		return script->again ? say(fd, script->again, strlen(script->again)) : say_evil(fd, in_array);
	}
	return !script->closes;
}

/* False: the connection is to be closed. */
static bool answer(int fd, const char *request)
{
	const struct script *script;
	bool                 stays;

	if (strstr(request, "PING"))
		return say(
			fd, atomic_load(&hostile.restarted) ? "+PONG\r\n$9\r\nrun_id:cd\r\n" : "+PONG\r\n$9\r\nrun_id:ab\r\n", 22);
	atomic_fetch_add(&hostile.calls, strstr(request, "EVALSHA") != NULL);
	atomic_fetch_add(&hostile.leases, strstr(request, "NX") != NULL);
	script = atomic_load(&hostile.script);
	if (!script)
		return (!is_for_array(request) || say(fd, "*1\r\n", 4)) && say(fd, honest, sizeof honest - 1);
	if (!script->lasts)
		atomic_store(&hostile.script, NULL);
	stays = perform(fd, script, is_for_array(request));
	atomic_fetch_add(&hostile.performed, 1);
	return stays;
}

static void *serve(void *memory)
{
	struct pollfd waited[33] = { { .fd = hostile.listener, .events = POLLIN } };
	nfds_t        count = 1;

	(void)memory;
	while (!atomic_load(&hostile.stop)) {
		(void)poll(waited, count, 10);
		for (nfds_t i = 1; i < count; i++) {
			char    request[4096];
			ssize_t received = recv(waited[i].fd, request, sizeof request - 1, MSG_DONTWAIT);

			if (received < 0)
				continue;
			request[received] = '\0';
			if (received > 0 && answer(waited[i].fd, request))
				continue;
			close(waited[i].fd);
			waited[i--] = waited[--count];
		}
		if (waited[0].revents & POLLIN && count < 33) {
			waited[count] = (struct pollfd){ .fd = accept(hostile.listener, NULL, NULL), .events = POLLIN };
			setsockopt(waited[count].fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
			count += waited[count].fd >= 0;
			atomic_fetch_add(&hostile.accepted, 1);
		}
	}
	while (count > 1)
		close(waited[--count].fd);
	return NULL;
}

static void begin_hostile(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          size = sizeof address;

	hostile.listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(hostile.listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(hostile.listener, 32), 0);
	ck_assert_int_eq(getsockname(hostile.listener, (struct sockaddr *)&address, &size), 0);
	atomic_store(&hostile.script, NULL);
	atomic_store(&hostile.stop, false);
	atomic_store(&hostile.performed, 0);
	atomic_store(&hostile.restarted, false);
	ck_assert_int_eq(pthread_create(&hostile.thread, NULL, serve, NULL), 0);
	snprintf(hostile.url, sizeof hostile.url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
	open_at(hostile.url);
	budget_ms = SHORT_MS;
}

static void end_hostile(void)
{
	backend->close(backend);
	atomic_store(&hostile.stop, true);
	pthread_join(hostile.thread, NULL);
	close(hostile.listener);
}

static long peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* One GET that is answered by the script, and honest ones afterwards. */
static void assert_refused(const struct script *script)
{
	int state;

	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	set_script(script);
	state = state_of("k");
	ck_assert_msg(state == -1, "%s: state %d", script->name, state);
	atomic_store(&hostile.script, NULL);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
}

START_TEST(test_hostile__answers_that_are_none)
{
	static const struct script scripts[] = {
		{ .name = "huge array", .bytes = "*2147483647\r\n" },
		{ .name = "array", .bytes = "*1\r\n$1\r\nV\r\n" },
		{ .name = "empty array", .bytes = "*0\r\n" },
		{ .name = "nested arrays", .bytes = "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n" },
		{ .name = "huge string", .bytes = "$9223372036854775807\r\n" },
		{ .name = "large string", .bytes = "$536870912\r\n" },
		{ .name = "negative string", .bytes = "$-7\r\n" },
		{ .name = "integer", .bytes = ":1\r\n" },
		{ .name = "status", .bytes = "+OK\r\n" },
		{ .name = "unknown error", .bytes = "-ERR what\r\n" },
		{ .name = "two answers", .bytes = "$1\r\nV\r\n$1\r\nW\r\n" },
		{ .name = "half an answer more", .bytes = "$1\r\nV\r\n$" },
		{ .name = "http", .bytes = "HTTP/1.1 400 Bad Request\r\n\r\n" },
		{ .name = "nothing readable", .bytes = "\0\1\2\3\r\n", .length = 6 },
		{ .name = "tls alert", .bytes = "\x15\x03\x01\x00\x02\x02\x46", .length = 7 },
		{ .name = "silence", .bytes = "" },
	};

	begin_hostile();
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
		assert_refused(&scripts[i]);
	end_hostile();
}
END_TEST

START_TEST(test_hostile__every_truncation_of_an_answer)
{
	begin_hostile();
	for (size_t length = 1; length < sizeof honest - 1; length++) {
		struct script cut = { .name = "cut and closed", .bytes = honest, .length = length, .closes = true };
		struct script stuck = { .name = "cut and stuck", .bytes = honest, .length = length };

		assert_refused(&cut);
		assert_refused(&stuck);
	}
	end_hostile();
}
END_TEST

START_TEST(test_hostile__an_answer_in_single_bytes_is_taken_in_time)
{
	struct script slow = { .name = "slow", .bytes = honest, .piece = 1 };

	begin_hostile();
	set_script(&slow);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	ck_assert_ptr_null(atomic_load(&hostile.script));
	end_hostile();
}
END_TEST

START_TEST(test_hostile__a_slow_drip_ends_with_the_budget)
{
	char         *drip = malloc(100000);
	struct script slow = { .name = "drip", .bytes = drip, .length = 100000, .piece = 3 };

	memset(drip, 'V', 100000);
	memcpy(drip, "$99900\r\n", 8);
	begin_hostile();
	assert_refused(&slow);
	end_hostile();
	free(drip);
}
END_TEST

/* Every wait is within what is left, not within the budget anew. */
START_TEST(test_hostile__a_beginning_near_the_end_does_not_prolong_the_wait)
{
	struct script late = { .name = "late beginning", .bytes = honest, .length = 3, .delay_ms = 900 };

	begin_hostile();
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	backend->close(backend);
	open_at(hostile.url);
	budget_ms = 1000;
	ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	set_script(&late);
	ck_assert_int_eq(state_of("k"), -1);
	end_hostile();
}
END_TEST

START_TEST(test_hostile__endless_lines_and_floods_stay_small)
{
	char         *flood = malloc(1 << 20);
	struct script endless = { .name = "endless line", .bytes = flood, .length = 1 << 20, .repeat = 1000 };
	struct script numbers = { .name = "endless number", .bytes = flood, .length = 1 << 20, .repeat = 1000 };
	long          before_kb;

	begin_hostile();
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	before_kb = peak_kb();
	memset(flood, '+', 1 << 20);
	assert_refused(&endless);
	memset(flood, '1', 1 << 20);
	flood[0] = ':';
	assert_refused(&numbers);
	flood[0] = '$';
	assert_refused(&numbers);
	for (size_t i = 0; i < 1 << 20; i += 4)
		memcpy(flood + i, "*1\r\n", 4);
	assert_refused(&endless);
	ck_assert_int_lt(peak_kb() - before_kb, 65536L * SLOWNESS);
	end_hostile();
	free(flood);
}
END_TEST

START_TEST(test_hostile__a_server_that_cannot_serve_is_down_until_it_can)
{
	static const char *const answers[] = {
		"-LOADING Redis is loading the dataset in memory\r\n",
		"-MASTERDOWN Link with MASTER is down\r\n",
		"-BUSY Redis is busy\r\n",
		"-NOAUTH Authentication required.\r\n",
		"-READONLY You can't write against a read only replica.\r\n",
		"-MISCONF Redis is configured to save RDB snapshots\r\n",
		"-CLUSTERDOWN The cluster is down\r\n",
		"-MOVED 3999 127.0.0.1:6381\r\n",
		"-ASK 3999 127.0.0.1:6381\r\n",
	};

	begin_hostile();
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct script script = { .name = answers[i], .bytes = answers[i], .lasts = true };

		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&script);
		assert_down();
		atomic_store(&hostile.script, NULL);
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	}
	ck_assert_ptr_null(strstr(logged, "127.0.0.1"));
	end_hostile();
}
END_TEST

/* What nobody asked for and comes while a connection is idle must not become the next answer. */
START_TEST(test_hostile__a_late_second_answer_is_never_taken_for_the_next_one)
{
	struct script twice = { .name = "late", .bytes = "$5\r\nVgood\r\n$5\r\nVevil\r\n", .piece = 11 };

	begin_hostile();
	for (int i = 0; i < 20; i++) {
		weir_bytes      name = { "k", 1 };
		weir_cache_call call;
		weir_cached     found = { .state = WEIR_CACHED_NOTHING };

		set_script(&twice);
		(void)state_of("k");
		EVENTUALLY(atomic_load(&hostile.performed) > i);
		(void)poll(NULL, 0, 2);
		call = call_now(0);
		if (backend->get_many(backend, &name, 1, &call, &found) == WEIR_OK) {
			ck_assert_int_eq(found.state, WEIR_CACHED_VALUE);
			ck_assert_mem_eq(found.value.data, "Vgood", 5);
			found.release(found.owner);
		}
	}
	end_hostile();
}
END_TEST

static bool is_evil(void)
{
	weir_bytes      name = { "k", 1 };
	weir_cache_call call = call_now(0);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	bool            evil;

	(void)backend->get_many(backend, &name, 1, &call, &found);
	evil = found.state == WEIR_CACHED_VALUE && memcmp(found.value.data, "Vevil", 5) == 0;
	if (found.release)
		found.release(found.owner);
	return evil;
}

/* The same key asked for again and again: an answer that comes twice is never the next one, however late the second comes. */
START_TEST(test_hostile__an_answer_that_comes_twice_is_never_taken_for_the_next_one)
{
	static const int late_us[] = { 1, 20, 100, 300, 900, 2000 };

	begin_hostile();
	for (size_t i = 0; i < sizeof late_us / sizeof late_us[0]; i++)
		for (int k = 0; k < 40; k++) {
			struct script twice = { .name = "twice", .bytes = honest, .again_us = late_us[i] };
			int           performed = atomic_load(&hostile.performed);

			EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
			if (k % 2)
				(void)state_of("k"); /* both forms of the request are answered twice */
			set_script(&twice);
			ck_assert(!is_evil());
			while (atomic_load(&hostile.performed) == performed)
				ck_assert_msg(!is_evil(), "%d us late", late_us[i]);
			for (int more = 0; more < 3; more++)
				ck_assert_msg(!is_evil(), "%d us late", late_us[i]);
		}
	end_hostile();
}
END_TEST

/* Of several keys too: both are asked for by one array, or the last one apart. */
START_TEST(test_hostile__an_answer_to_many_that_comes_twice_is_never_taken_for_the_next_one)
{
	static const char array[] = "*2\r\n$5\r\nVgood\r\n$5\r\nVgood\r\n",
					  evil_array[] = "*2\r\n$5\r\nVevil\r\n$5\r\nVevil\r\n",
					  apart[] = "*1\r\n$5\r\nVgood\r\n$5\r\nVgood\r\n",
					  evil_apart[] = "*1\r\n$5\r\nVevil\r\n$5\r\nVevil\r\n";
	int good = 0;

	begin_hostile();
	for (int k = 0; k < 200; k++) {
		bool            whole = k / 2 % 2;
		struct script   twice = { .name = "twice",
			                      .bytes = whole ? array : apart,
			                      .again = whole ? evil_array : evil_apart,
			                      .again_us = k % 2 ? 1 : 300 };
		weir_bytes      names[2] = { { "a", 1 }, { "b", 1 } };
		weir_cached     found[2] = { { .state = WEIR_CACHED_NOTHING } };
		weir_cache_call call;

		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		if (k % 3)
			(void)state_of("k"); /* the other form is next */
		for (int i = 0; i < 3; i++) {
			set_script(&twice);
			call = call_now(0);
			if (backend->get_many(backend, names, 2, &call, found) != WEIR_OK)
				continue;
			ck_assert_mem_eq(found[0].value.data, "Vgood", 5);
			ck_assert_mem_eq(found[1].value.data, "Vgood", 5);
			found[0].release(found[0].owner);
			found[1].release(found[1].owner);
			good++;
		}
	}
	ck_assert_int_gt(good, 20);
	end_hostile();
}
END_TEST

START_TEST(test_hostile__nothing_is_made_of_a_wrong_answer_to_many)
{
	static const char *const answers[] = {
		"*1\r\n$1\r\nV\r\n",
		"*3\r\n$1\r\nV\r\n$1\r\nV\r\n$1\r\nV\r\n",
		"*2\r\n$1\r\nV\r\n:5\r\n",
		"*2\r\n$1\r\nV\r\n-ERR no\r\n",
		"*2\r\n*1\r\n$1\r\nV\r\n",
		"$1\r\nV\r\n",
		"*-1\r\n",
	};

	begin_hostile();
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct script   script = { .name = answers[i], .bytes = answers[i] };
		weir_bytes      names[2] = { { "a", 1 }, { "b", 1 } };
		weir_cached     found[2] = { { .state = WEIR_CACHED_NOTHING } };
		weir_cache_call call;
		int             rc;

		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&script);
		call = call_now(0);
		IN_TIME(rc = backend->get_many(backend, names, 2, &call, found));
		ck_assert_msg(rc == WEIR_ERR_CACHE, "%s", answers[i]);
		ck_assert_ptr_null(found[0].release);
	}
	end_hostile();
}
END_TEST

START_TEST(test_hostile__scripts_and_leases_with_wrong_answers)
{
	static const char *const answers[] = { "$1\r\nV\r\n",     "+OK\r\n", "*0\r\n",
		                                   "-ERR script\r\n", "$-1\r\n", "-NOSCRIPT x\r\n" };

	begin_hostile();
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct script script = { .name = answers[i], .bytes = answers[i], .lasts = true };

		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&script);
		ck_assert_int_eq(guard("k", 1), WEIR_ERR_CACHE);
		atomic_store(&hostile.script, NULL);
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&script);
		ck_assert_int_eq(release_with("k", 1, 0), WEIR_ERR_CACHE);
		atomic_store(&hostile.script, NULL);
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&script);
		ck_assert_int_eq(fill("k", text_bytes("V"), 1), -1);
		atomic_store(&hostile.script, NULL);
	}
	end_hostile();
}
END_TEST

/* An idle connection may have been closed for good reason: the request is sent once more, over a new one. */
START_TEST(test_hostile__a_connection_closed_without_an_answer_is_replaced)
{
	struct script closed = { .name = "closed", .bytes = "", .closes = true };

	begin_hostile();
	for (int i = 0; i < 10; i++) {
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&closed);
		ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	}
	ck_assert_ptr_null(strstr(logged, "down"));
	end_hostile();
}
END_TEST

/* Its keys have other names in another run of the server. */
START_TEST(test_hostile__a_request_is_not_taken_to_another_run_of_the_server)
{
	struct script closed = { .name = "closed", .bytes = "", .closes = true };

	begin_hostile();
	for (int i = 0; i < 4; i++) {
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		atomic_store(&hostile.restarted, i % 2 == 0);
		set_script(&closed);
		ck_assert_int_eq(state_of("k"), -1);
		ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	}
	ck_assert_ptr_null(strstr(logged, "down"));
	ck_assert_ptr_nonnull(strstr(logged, "cold"));
	end_hostile();
}
END_TEST

/* A whole answer of a kind that the request cannot have: whose is it? */
START_TEST(test_hostile__a_connection_in_doubt_is_not_used_again)
{
	struct script integer = { .name = "integer", .bytes = ":1\r\n" };
	int           accepted;

	begin_hostile();
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	accepted = atomic_load(&hostile.accepted);
	ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(atomic_load(&hostile.accepted), accepted);
	set_script(&integer);
	ck_assert_int_eq(state_of("k"), -1);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	ck_assert_int_gt(atomic_load(&hostile.accepted), accepted);
	end_hostile();
}
END_TEST

/* A release that may have had its effect is not repeated behind the manager's back, a guard is. */
START_TEST(test_hostile__a_release_is_sent_once)
{
	struct script closed = { .name = "closed", .bytes = "", .closes = true };

	begin_hostile();
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	set_script(&closed);
	atomic_store(&hostile.calls, 0);
	ck_assert_int_eq(release_with("k", 1, 5), WEIR_ERR_CACHE);
	ck_assert_int_eq(atomic_load(&hostile.calls), 1);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	set_script(&closed);
	atomic_store(&hostile.calls, 0);
	(void)guard("k", 1);
	ck_assert_int_eq(atomic_load(&hostile.calls), 2);
	end_hostile();
}
END_TEST

/* So is a lease; and a connection that ended does not mean that the server is down. */
START_TEST(test_hostile__a_lease_is_sent_once)
{
	struct script closed = { .name = "closed", .bytes = "", .closes = true };

	begin_hostile();
	for (int i = 0; i < 10; i++) {
		EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
		set_script(&closed);
		atomic_store(&hostile.leases, 0);
		ck_assert_int_eq(lease("k", 7), -1);
		ck_assert_int_eq(atomic_load(&hostile.leases), 1);
		ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	}
	ck_assert_ptr_null(strstr(logged, "down"));
	end_hostile();
}
END_TEST

/* Nobody there who accepts, and an address that swallows everything. */
START_TEST(test_hostile__a_listener_that_never_answers)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          size = sizeof address;
	int                listener = socket(AF_INET, SOCK_STREAM, 0);
	char               url[64];

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	snprintf(url, sizeof url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
	open_at(url);
	budget_ms = SHORT_MS;
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(state_of("k"), -1);
		(void)poll(NULL, 0, 1);
	}
	backend->close(backend);
	close(listener);
}
END_TEST

WEIR_SUITE("redis hostile", test_hostile__answers_that_are_none, test_hostile__every_truncation_of_an_answer,
           test_hostile__an_answer_in_single_bytes_is_taken_in_time, test_hostile__a_slow_drip_ends_with_the_budget,
           test_hostile__a_beginning_near_the_end_does_not_prolong_the_wait,
           test_hostile__endless_lines_and_floods_stay_small,
           test_hostile__a_server_that_cannot_serve_is_down_until_it_can,
           test_hostile__a_late_second_answer_is_never_taken_for_the_next_one,
           test_hostile__an_answer_that_comes_twice_is_never_taken_for_the_next_one,
           test_hostile__an_answer_to_many_that_comes_twice_is_never_taken_for_the_next_one,
           test_hostile__a_connection_in_doubt_is_not_used_again, test_hostile__a_release_is_sent_once,
           test_hostile__a_lease_is_sent_once, test_hostile__a_request_is_not_taken_to_another_run_of_the_server,
           test_hostile__a_connection_closed_without_an_answer_is_replaced,
           test_hostile__nothing_is_made_of_a_wrong_answer_to_many, test_hostile__scripts_and_leases_with_wrong_answers,
           test_hostile__a_listener_that_never_answers);
