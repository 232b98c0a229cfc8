/* The Redis backend on a real server that dies, freezes, refuses and forgets. Whatever happens, a call ends within its
 * budget, nothing wrong is read, and it all works again by itself once the server does. */
#include "integration/redis_backend.h"

#include "base/memory.h"
#include "cache/redis_script.h"
#include "support/must.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(test_redis__killed_and_back_again)
{
	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	budget_ms = SHORT_MS;
	server_kill(&server);
	ck_assert_int_eq(state_of("k"), -1);
	assert_down();
	ck_assert(!backend->is_up(backend));
	server_restart(&server);
	EVENTUALLY(state_of("k") == WEIR_CACHED_NOTHING);
	ck_assert(backend->is_up(backend));
	ck_assert_ptr_nonnull(strstr(logged, "down"));
	ck_assert_ptr_nonnull(strstr(logged, "back after"));
	end();
}
END_TEST

START_TEST(test_redis__not_there_at_the_start)
{
	begin();
	backend->close(backend);
	server_kill(&server);
	open_at(server.url);
	ck_assert_int_eq(state_of("k"), -1);
	assert_down();
	server_restart(&server);
	EVENTUALLY(set_text("k", "V") == WEIR_OK);
	end();
}
END_TEST

START_TEST(test_redis__frozen_and_thawed)
{
	begin();
	ck_assert_int_eq(set_text("k", "Vright"), WEIR_OK);
	budget_ms = SHORT_MS;
	server_pause(&server);
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert_int_eq(guard("k", 1), WEIR_ERR_CACHE);
	assert_down();
	server_resume(&server);
	budget_ms = LONG_MS;
	EVENTUALLY(state_of("other") == WEIR_CACHED_NOTHING);
	ck_assert_int_eq(release_with("k", 1, 0), WEIR_OK);
	end();
}
END_TEST

/* A restart between two calls: the connection that was idle is dead, and nobody notices. */
START_TEST(test_redis__a_restart_between_calls_goes_unnoticed)
{
	begin();
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
		server_kill(&server);
		server_restart(&server);
		ck_assert_int_eq(state_of("k"), WEIR_CACHED_NOTHING);
	}
	ck_assert_ptr_null(strstr(logged, "down"));
	end();
}
END_TEST

START_TEST(test_redis__a_killed_connection_goes_unnoticed)
{
	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	for (int i = 0; i < 5; i++) {
		redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		ck_assert_msg(state_of("k") == WEIR_CACHED_VALUE, "%s", logged);
		redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		ck_assert_msg(state_of("k") == WEIR_CACHED_VALUE, "%s", logged);
		ck_assert_msg(lease("l", 5) == WEIR_CACHED_LEASED, "%s", logged);
		redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		ck_assert_msg(fill("l", (weir_bytes){ "", 0 }, 5) == 0, "%s", logged);
	}
	end();
}
END_TEST

START_TEST(test_redis__without_the_password_it_is_down)
{
	char url[300];

	begin();
	backend->close(backend);
	redis_run(server.url, "CONFIG SET requirepass canary-right");
	open_at(server.url);
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert_ptr_nonnull(strstr(logged, "NOAUTH"));
	backend->close(backend);

	snprintf(url, sizeof url, "redis://:canary-wrong@%s", server.address);
	open_at(url);
	ck_assert_int_eq(state_of("k"), -1);
	assert_down();
	ck_assert_ptr_nonnull(strstr(logged, "WRONGPASS"));
	ck_assert_ptr_null(strstr(logged, "canary"));
	backend->close(backend);

	snprintf(url, sizeof url, "redis://:canary-right@%s", server.address);
	open_at(url);
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	redis_run(url, "CONFIG SET requirepass %s", "");
	end();
}
END_TEST

START_TEST(test_redis__users_and_databases)
{
	char url[300];

	begin();
	backend->close(backend);
	redis_run(server.url, "ACL SETUSER ada on >p%%ss ~* +@all");
	snprintf(url, sizeof url, "redis://ada:p%%25ss@%s/3", server.address);
	open_at(url);
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	snprintf(url, sizeof url, "redis://%s/3", server.address);
	ck_assert_int_eq(redis_run(url, "EXISTS %s", redis_name(url, "k")), 1);
	ck_assert_int_eq(redis_run(server.url, "EXISTS %s", redis_name(url, "k")), 0);
	backend->close(backend);
	open_at(server.other_url);
	ck_assert_int_eq(set_text("by socket", "V"), WEIR_OK);
	ck_assert_int_eq(redis_run(server.url, "EXISTS %s", redis_name(server.url, "by socket")), 1);
	end();
}
END_TEST

/* A password that changes under our feet: down, and back when it is right again. */
START_TEST(test_redis__permission_withdrawn_and_given_back)
{
	char url[300];

	begin();
	backend->close(backend);
	redis_run(server.url, "ACL SETUSER bob on >pw ~* +@all");
	snprintf(url, sizeof url, "redis://bob:pw@%s", server.address);
	open_at(url);
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	redis_run(server.url, "ACL SETUSER bob -get");
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert_ptr_nonnull(strstr(logged, "NOPERM"));
	redis_run(server.url, "ACL SETUSER bob +get");
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	redis_run(server.url, "ACL SETUSER bob off");
	redis_run(server.url, "CLIENT KILL USER bob");
	ck_assert_int_eq(state_of("k"), -1);
	redis_run(server.url, "ACL SETUSER bob on");
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	end();
}
END_TEST

START_TEST(test_redis__out_of_memory_stores_nothing_and_still_reads_and_releases)
{
	char *large = malloc(100000);

	begin();
	ck_assert_int_eq(set_text("there", "V"), WEIR_OK);
	ck_assert_int_eq(set_text("touched", "V"), WEIR_OK);
	ck_assert_int_eq(lease("leased", 5), WEIR_CACHED_LEASED);
	redis_run(server.url, "CONFIG SET maxmemory-policy noeviction");
	redis_run(server.url, "CONFIG SET maxmemory 1");
	memset(large, 'V', 100000);
	ck_assert_int_eq(set_text("new", "V"), WEIR_ERR_CACHE);
	ck_assert_int_eq(fill("leased", (weir_bytes){ large, 100000 }, 5), -1);
	ck_assert_int_eq(lease("more", 6), -1);
	ck_assert_int_eq(guard("touched", 1), WEIR_ERR_CACHE);
	ck_assert_int_eq(state_of("there"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(release_with("touched", 1, 0), WEIR_OK);
	ck_assert_int_eq(state_of("touched"), WEIR_CACHED_NOTHING);
	ck_assert_int_eq(release_with("there", 1, 77), WEIR_OK); /* no room for the new stamp: none is as good */
	ck_assert_int_eq(state_of("there"), WEIR_CACHED_NOTHING);
	redis_run(server.url, "CONFIG SET maxmemory 0");
	ck_assert_int_eq(set_text("new", "V"), WEIR_OK);
	ck_assert_ptr_null(strstr(logged, "down"));
	free(large);
	end();
}
END_TEST

/* The log says why, in the server's first word, and nothing of the key; once for many in a row. */
START_TEST(test_redis__a_refused_script_is_in_the_log)
{
	const char *first;

	begin();
	redis_run(server.url, "CONFIG SET maxmemory-policy noeviction");
	redis_run(server.url, "CONFIG SET maxmemory 1");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(guard("secret_key", 1), WEIR_ERR_CACHE);
	redis_run(server.url, "CONFIG SET maxmemory 0");
	first = strstr(logged, "refuses a command or script: OOM");
	ck_assert_msg(first != NULL, "%s", logged);
	ck_assert_ptr_null(strstr(first + 1, "refuses"));
	ck_assert_ptr_null(strstr(logged, "secret_key"));
	end();
}
END_TEST

START_TEST(test_redis__a_replica_is_not_used)
{
	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	redis_run(server.url, "REPLICAOF 127.0.0.1 1");
	ck_assert_int_eq(set_text("k", "V"), WEIR_ERR_CACHE);
	ck_assert_ptr_nonnull(strstr(logged, "READONLY"));
	ck_assert_int_eq(state_of("k"), -1);
	redis_run(server.url, "CONFIG SET replica-serve-stale-data no");
	EVENTUALLY(strstr(logged, "READONLY") != NULL);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(guard("k", 1), WEIR_ERR_CACHE);
	redis_run(server.url, "REPLICAOF NO ONE");
	EVENTUALLY(set_text("k", "V") == WEIR_OK);
	end();
}
END_TEST

static void *run_endless_script(void *context)
{
	freeReplyObject(redisCommand(context, "EVAL %s 0", "while true do end"));
	return NULL;
}

START_TEST(test_redis__busy_with_a_script)
{
	redisContext *context;
	pthread_t     thread;

	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	budget_ms = SHORT_MS;
	redis_run(server.url, "CONFIG SET busy-reply-threshold 20");
	context = redisConnectUnix(strchr(server.other_url, '/') + 2);
	ck_assert(context && !context->err);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_endless_script, context), 0);
	EVENTUALLY(state_of("k") == -1);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(state_of("k"), -1);
	redis_run(server.url, "SCRIPT KILL");
	pthread_join(thread, NULL);
	redisFree(context);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	end();
}
END_TEST

START_TEST(test_redis__paused_clients)
{
	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	budget_ms = SHORT_MS;
	redis_run(server.url, "CLIENT PAUSE 500 ALL");
	ck_assert_int_eq(state_of("k"), -1);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	end();
}
END_TEST

START_TEST(test_redis__no_more_clients)
{
	begin();
	redis_run(server.url, "CONFIG SET maxclients 1");
	{
		redisContext *taken = redisConnectUnix(strchr(server.other_url, '/') + 2);
		redisReply   *reply;

		ck_assert(taken && !taken->err);
		EVENTUALLY(state_of("k") == -1);
		reply = redisCommand(taken, "CONFIG SET maxclients 100");
		ck_assert(reply && reply->type == REDIS_REPLY_STATUS);
		freeReplyObject(reply);
		redisFree(taken);
	}
	EVENTUALLY(state_of("k") == WEIR_CACHED_NOTHING);
	end();
}
END_TEST

START_TEST(test_redis__a_key_of_another_type)
{
	weir_bytes      keys[2] = { { "list", 4 }, { "k", 1 } };
	weir_cached     found[2] = { { .state = WEIR_CACHED_NOTHING } };
	weir_cache_call call;

	begin();
	ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
	redis_run(server.url, "LPUSH %s x", redis_name(server.url, "list"));
	for (int i = 0; i < 4; i++) { /* MGET does not tell it from nothing, GET and the lease do */
		int state = state_of("list");

		ck_assert(state == WEIR_CACHED_FOREIGN || state == WEIR_CACHED_NOTHING);
	}
	call = call_now(0);
	ck_assert_int_eq(backend->get_many(backend, keys, 2, &call, found), WEIR_OK);
	ck_assert_int_eq(found[1].state, WEIR_CACHED_VALUE);
	found[1].release(found[1].owner);
	ck_assert_int_eq(lease("list", 1), WEIR_CACHED_FOREIGN);
	ck_assert_int_eq(fill("list", text_bytes("V"), 1), 0);
	ck_assert_int_ne(state_of("list"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(guard("list", 1), WEIR_OK);
	ck_assert_int_eq(state_of("list"), WEIR_CACHED_GUARD);
	ck_assert_int_eq(release_with("list", 1, 0), WEIR_OK);
	redis_run(server.url, "LPUSH %s x", redis_name(server.url, "list"));
	call = call_now(0);
	ck_assert_int_eq(backend->remove(backend, keys, 1, &call), WEIR_OK);
	ck_assert_int_eq(state_of("list"), WEIR_CACHED_NOTHING);
	redis_run(server.url, "HSET %s a b", redis_name(server.url, "hash"));
	ck_assert_int_eq(release_with("hash", 1, 5), WEIR_OK);
	ck_assert_int_eq(state_of("hash"), WEIR_CACHED_VALUE);
	redis_run(server.url, "SET %s %s", redis_name(server.url, "empty"), "");
	ck_assert_int_eq(state_of("empty"), WEIR_CACHED_FOREIGN);
	end();
}
END_TEST

/* What was told, a line each. */
struct told {
	atomic_int begun, lines;
};

static void note_begun(void *context)
{
	atomic_fetch_add(&((struct told *)context)->begun, 1);
}

static void note_changed(void *context, weir_bytes keys)
{
	for (size_t i = 0; i < keys.length; i++)
		atomic_fetch_add(&((struct told *)context)->lines, keys.data[i] == '\n' || i + 1 == keys.length);
}

static void note_proved(void *context, int64_t before_us)
{
	(void)context;
	(void)before_us;
}

static void note_lost(void *context)
{
	(void)context;
}

static weir_cache_watch watch_of(struct told *told)
{
	return (weir_cache_watch){ .channel = text_bytes("near"),
		                       .period_ms = 20,
		                       .context = told,
		                       .begun = note_begun,
		                       .changed = note_changed,
		                       .proved = note_proved,
		                       .lost = note_lost };
}

START_TEST(test_redis__bare_keys_are_deleted_and_told)
{
	enum { BARE = 3000 }; /* more than one piece of a request */
	static char       names[BARE][16];
	static weir_touch touches[BARE + 1];
	struct told       told = { .begun = 0 };
	weir_cache_watch  watch = watch_of(&told);
	weir_cache_call   call;
	void             *handle = NULL;

	begin();
	touches[0] = (weir_touch){ .key = text_bytes("stamp"), .stamp = 5 };
	for (int i = 0; i < BARE; i++)
		touches[i + 1] =
			(weir_touch){ .key = { names[i], (size_t)snprintf(names[i], sizeof names[i], "{b:%d}", i) }, .bare = true };
	ck_assert_int_eq(backend->watch(backend, &watch, &handle), WEIR_OK);
	EVENTUALLY(atomic_load(&told.begun) == 1);
	for (int way = 0; way < 2; way++) { /* with scripts that the server has forgotten the second time */
		ck_assert_int_eq(set_text(names[7], "V"), WEIR_OK);
		if (way == 1)
			redis_run(server.url, "SCRIPT FLUSH SYNC");
		call = call_now(1);
		call.channel = watch.channel;
		atomic_store(&told.lines, 0);
		ck_assert_int_eq(backend->release(backend, touches, BARE + 1, &call), WEIR_OK);
		ck_assert_int_eq(state_of(names[7]), WEIR_CACHED_NOTHING);
		ck_assert_int_eq(state_of("stamp"), WEIR_CACHED_VALUE);
		EVENTUALLY(atomic_load(&told.lines) >= BARE + 1); /* the stamp was not guarded */
	}
	backend->unwatch(handle);
	end();
}
END_TEST

START_TEST(test_redis__quiet_keys_are_deleted_and_not_told)
{
	enum { BARE = 600 };
	static char       names[BARE][16];
	static weir_touch touches[BARE + 1];
	struct told       told = { .begun = 0 };
	weir_cache_watch  watch = watch_of(&told);
	weir_cache_call   call;
	void             *handle = NULL;

	begin();
	touches[0] = (weir_touch){ .key = text_bytes("{all}:of:them") };
	for (int i = 0; i < BARE; i++)
		touches[i + 1] = (weir_touch){ .key = { names[i], (size_t)snprintf(names[i], sizeof names[i], "{b:%d}", i) },
			                           .bare = true,
			                           .quiet = true };
	ck_assert_int_eq(backend->watch(backend, &watch, &handle), WEIR_OK);
	EVENTUALLY(atomic_load(&told.begun) == 1);
	for (int way = 0; way < 2; way++) { /* with scripts that the server has forgotten the second time */
		for (int i = 7; i < BARE; i += 500)
			ck_assert_int_eq(set_text(names[i], "V"), WEIR_OK);
		if (way == 1)
			redis_run(server.url, "SCRIPT FLUSH SYNC");
		call = call_now(1);
		call.channel = watch.channel;
		atomic_store(&told.lines, 0);
		ck_assert_int_eq(backend->release(backend, touches, BARE + 1, &call), WEIR_OK);
		for (int i = 7; i < BARE; i += 500)
			ck_assert_int_eq(state_of(names[i]), WEIR_CACHED_NOTHING);
		EVENTUALLY(atomic_load(&told.lines) > 0);
		ck_assert_int_eq(atomic_load(&told.lines), 1);
	}
	backend->unwatch(handle);
	end();
}
END_TEST

START_TEST(test_redis__forgotten_scripts)
{
	begin();
	for (int i = 0; i < 3; i++) {
		redis_run(server.url, "SCRIPT FLUSH SYNC");
		ck_assert_int_eq(guard("k", 1), WEIR_OK);
		redis_run(server.url, "SCRIPT FLUSH SYNC");
		ck_assert_int_eq(release_with("k", 1, 0), WEIR_OK);
		ck_assert_int_eq(lease("k", 1), WEIR_CACHED_LEASED);
		redis_run(server.url, "SCRIPT FLUSH SYNC");
		ck_assert_int_eq(fill("k", text_bytes("Vfilled"), 1), 1);
	}
	end();
}
END_TEST

START_TEST(test_redis__scripts_are_known_by_their_digest)
{
	static const weir__redis_script *const scripts[] = {
		&weir__redis_script_lease,   &weir__redis_script_fill,   &weir__redis_script_guard,
		&weir__redis_script_release, &weir__redis_script_remove,
	};

	begin();
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		redisReply *reply = redis_reply(server.url, "SCRIPT LOAD %s", scripts[i]->text);

		ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
		ck_assert_str_eq(reply->str, scripts[i]->sha);
		freeReplyObject(reply);
	}
	end();
}
END_TEST

/* ---- The process around it ---- */

#ifdef WEIR_TEST_HOOKS
/* Whatever allocation of ours fails: the operation works or says that it did not, and the next one works. */
START_TEST(test_redis__want_of_memory)
{
	begin();
	for (long n = 0, failures = 1; failures > 0; n++) {
		backend->close(backend);
		open_at(server.url);
		weir__memory_fail_after(n, WEIR__FAIL_ONCE);
		(void)state_of("k");
		(void)lease("k", 1);
		(void)fill("k", text_bytes("V"), 1);
		(void)guard("k", 1);
		(void)release_with("k", 1, 0);
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		EVENTUALLY(state_of("k") >= 0);
		ck_assert_int_eq(guard("k", 1), WEIR_OK);
		ck_assert_int_eq(release_with("k", 1, 0), WEIR_OK);
		ck_assert_int_lt(n, 1000);
	}
	end();
}
END_TEST
#define MEMORY_TESTS test_redis__want_of_memory,
#else
#define MEMORY_TESTS
#endif

static void on_alarm(int signal_number)
{
	(void)signal_number;
}

START_TEST(test_redis__a_storm_of_signals)
{
	struct sigaction action = { .sa_handler = on_alarm }, before;
	struct itimerval storm = { { 0, 500 }, { 0, 500 } }, calm = { { 0, 0 }, { 0, 0 } };
	char            *large = malloc(3 << 20);
	int64_t          until_us;

	begin();
	memset(large, 'V', 3 << 20);
	ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &storm, NULL), 0);
	until_us = weir__now_us() + 500000;
	while (weir__now_us() < until_us) {
		ck_assert_int_eq(lease("large", 1), WEIR_CACHED_LEASED);
		ck_assert_int_eq(fill("large", (weir_bytes){ large, 3 << 20 }, 1), 1);
		ck_assert_int_eq(state_of("large"), WEIR_CACHED_VALUE);
		ck_assert_int_eq(release_with("large", 1, 0), WEIR_OK);
	}
	ck_assert_int_eq(setitimer(ITIMER_REAL, &calm, NULL), 0);
	ck_assert_int_eq(sigaction(SIGALRM, &before, NULL), 0);
	free(large);
	end();
}
END_TEST

/* The default action of SIGPIPE ends the process: so there may be none. */
START_TEST(test_redis__no_sigpipe)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, before;

	begin();
	ck_assert_int_eq(sigaction(SIGPIPE, &action, &before), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(set_text("k", "V"), WEIR_OK);
		redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		ck_assert_int_ne(guard("k", 1), 1);
		redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		(void)release_with("k", 1, 0);
	}
	ck_assert_int_eq(sigaction(SIGPIPE, &before, NULL), 0);
	end();
}
END_TEST

/* In a process without standard streams: exit code 0 when every descriptor that was opened is above 2 and close-on-exec. */
static int run_without_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	open_at(server.url);
	if (backend->get_many(backend, &(weir_bytes){ "k", 1 }, 1,
	                      &(weir_cache_call){ .deadline_us = weir__deadline_in_ms(2000) },
	                      &(weir_cached){ .state = WEIR_CACHED_NOTHING }) != WEIR_OK)
		return 3;
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			return 4;
	for (int fd = 3; fd < 20; fd++) {
		int       type;
		socklen_t size = sizeof type;

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			return 5;
	}
	return 0;
}

START_TEST(test_redis__descriptors_are_private_and_not_the_standard_ones)
{
	int   status = -1;
	pid_t child;

	begin();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(run_without_streams());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	end();
}
END_TEST

/* ---- Everybody at once, while the server falters ---- */

struct storm {
	atomic_bool   over;
	atomic_size_t right, failed;
};

static bool store(const char *key, const char *value)
{
	weir_cache_entry entry = { .key = text_bytes(key), .value = text_bytes(value), .ttl_ms = 60000, .space_max = -1 };
	weir_cache_call  call = call_now(0);

	return backend->set(backend, &entry, &call) == WEIR_OK;
}

/* False: the cache failed. */
static bool read_and_compare(const char *key, const char *value)
{
	weir_bytes      name = text_bytes(key);
	weir_cached     found = { .state = WEIR_CACHED_NOTHING };
	weir_cache_call call = call_now(0);

	if (backend->get_many(backend, &name, 1, &call, &found) < 0)
		return false;
	if (found.state == WEIR_CACHED_VALUE) {
		MUST(found.value.length == strlen(value) && memcmp(found.value.data, value, strlen(value)) == 0);
		found.release(found.owner);
	}
	return true;
}

/* Each value names its key: one that belongs to another request is noticed. */
static void *weather(void *memory)
{
	struct storm *storm = memory;
	unsigned      random = (unsigned)(uintptr_t)&random;

	while (!atomic_load(&storm->over)) {
		char key[32], value[96];
		bool done;

		random = random * 1103515245u + 12345u;
		snprintf(key, sizeof key, "key%u", random >> 16 & 63);
		snprintf(value, sizeof value, "V%s is the value of %s", key, key);
		done = random & 1 << 10 ? store(key, value) : read_and_compare(key, value);
		atomic_fetch_add(done ? &storm->right : &storm->failed, 1);
	}
	return NULL;
}

START_TEST(test_redis__nobody_gets_anothers_answer_while_the_server_falters)
{
	struct storm storm = { .over = false };
	pthread_t    threads[6];
	size_t       right = 0;

	begin();
	budget_ms = SHORT_MS;
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, weather, &storm), 0);
	for (int i = 0; i < 6; i++) {
		EVENTUALLY(atomic_load(&storm.right) > right + 500);
		if (i % 3 == 0) {
			redis_run(server.url, "CLIENT PAUSE %d ALL", budget_ms * 3);
		} else if (i % 3 == 1) {
			server_pause(&server);
			(void)poll(NULL, 0, budget_ms * 3);
			server_resume(&server);
		} else {
			redis_run(server.url, "CLIENT KILL TYPE normal SKIPME yes");
		}
		right = atomic_load(&storm.right);
	}
	EVENTUALLY(atomic_load(&storm.right) > right + 500);
	atomic_store(&storm.over, true);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_gt(atomic_load(&storm.failed), 0);
	all_held();
	end();
}
END_TEST

WEIR_SUITE("redis faults", test_redis__killed_and_back_again, test_redis__not_there_at_the_start,
           test_redis__frozen_and_thawed, test_redis__a_restart_between_calls_goes_unnoticed,
           test_redis__a_killed_connection_goes_unnoticed, test_redis__without_the_password_it_is_down,
           test_redis__users_and_databases, test_redis__permission_withdrawn_and_given_back,
           test_redis__out_of_memory_stores_nothing_and_still_reads_and_releases,
           test_redis__a_refused_script_is_in_the_log, test_redis__a_replica_is_not_used,
           test_redis__busy_with_a_script, test_redis__paused_clients, test_redis__no_more_clients,
           test_redis__a_key_of_another_type, test_redis__bare_keys_are_deleted_and_told,
           test_redis__quiet_keys_are_deleted_and_not_told, test_redis__forgotten_scripts,
           test_redis__scripts_are_known_by_their_digest, MEMORY_TESTS test_redis__a_storm_of_signals,
           test_redis__no_sigpipe, test_redis__descriptors_are_private_and_not_the_standard_ones,
           test_redis__nobody_gets_anothers_answer_while_the_server_falters);
