/* TLS, passwords, users, databases and unix sockets towards a real Redis: the right ones work, and with the wrong ones the
 * cache is down within its budget, says why, and nothing passes in the clear. */
#include "integration/redis_backend.h"

#include "support/certificates.h"
#include "support/must.h"
#include "support/proxy.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *certificates;
static int         tls_port;

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          size = sizeof address;
	int                fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* The server shows this certificate from now on; others are asked for theirs, or not. */
static void serve_with(const char *name, const char *clients)
{
	redis_run(server.url,
	          "CONFIG SET tls-cert-file %s/%s.pem tls-key-file %s/%s.key tls-ca-cert-file %s/ca.pem "
	          "tls-auth-clients %s tls-port %d",
	          certificates, name, certificates, name, certificates, clients, tls_port);
}

static void begin_tls(void)
{
	server_start(&server, SERVER_REDIS);
	certificates = make_certificates(&server);
	tls_port = free_port();
	serve_with("good", "no");
}

/* Opens at a TLS URL: before is credentials and @, or "", behind a database or parameters. */
static void open_tls(const char *before, const char *host, const char *behind)
{
	char url[512];

	ck_assert_int_lt(snprintf(url, sizeof url, "rediss://%s%s:%d%s", before, host, tls_port, behind), (int)sizeof url);
	open_at(url);
}

static const char *with_files(const char *text)
{
	static char parameters[400];
	const char *mark;

	parameters[0] = '\0';
	while ((mark = strchr(text, '@')) != NULL) {
		snprintf(parameters + strlen(parameters), sizeof parameters - strlen(parameters), "%.*s%s/", (int)(mark - text),
		         text, certificates);
		text = mark + 1;
	}
	snprintf(parameters + strlen(parameters), sizeof parameters - strlen(parameters), "%s", text);
	return parameters;
}

static void assert_works(void)
{
	ck_assert_msg(set_text("k", "Vright") == WEIR_OK, "%s", logged);
	ck_assert_int_eq(state_of("k"), WEIR_CACHED_VALUE);
	backend->close(backend);
}

/* Down, within the budget, and the log says why. */
static void assert_refused(const char *why)
{
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert(!backend->is_up(backend));
	ck_assert_msg(strstr(logged, why) != NULL, "%s: %s", why, logged);
	ck_assert_ptr_null(strstr(logged, "canary"));
	backend->close(backend);
}

START_TEST(test_tls__the_right_certificate_works)
{
	char  *large = malloc(3 << 20);
	size_t length = (3 << 20) - 1;

	begin_tls();
	open_tls("", "127.0.0.1", with_files("?ca=@ca.pem"));
	assert_works();
	open_tls("", "localhost", with_files("/0?ca=@ca.pem"));
	assert_works();
	open_tls("", "127.0.0.1", with_files("/3?ca=@ca.pem&name=localhost"));
	assert_works();
	ck_assert_int_eq(redis_run(server.url, "DBSIZE"), 1);

	memset(large, 'V', length);
	large[length] = '\0';
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	ck_assert_int_eq(set_text("large", large), WEIR_OK); /* many records, both ways */
	ck_assert_int_eq(state_of("large"), WEIR_CACHED_VALUE);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(guard("k", 1), WEIR_OK);
	ck_assert_int_eq(release_with("k", 1, 5), WEIR_OK);
	end();
	free(large);
}
END_TEST

START_TEST(test_tls__wrong_certificates_are_refused_and_named)
{
	static const struct {
		const char *name, *why;
	} wrong[] = { { "expired", "expired" },
		          { "wrong-host", "mismatch" },
		          { "unknown", "not to be trusted" },
		          { "self-signed", "self-signed" } };

	begin_tls();
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		serve_with(wrong[i].name, "no");
		open_tls(":canary@", "localhost", with_files("?ca=@ca.pem"));
		assert_refused(wrong[i].why);
		open_tls(":canary@", "127.0.0.1", with_files("?ca=@ca.pem"));
		assert_refused(wrong[i].why);
	}
	serve_with("wrong-host", "no");
	open_tls("", "localhost", with_files("?ca=@ca.pem&name=elsewhere.example"));
	assert_works();
	serve_with("self-signed", "no"); /* trusted by name, it is as good as another */
	open_tls("", "localhost", with_files("?ca=@self-signed.pem"));
	assert_works();
	serve_with("good", "no");
	open_tls("", "localhost", ""); /* the system does not know our authority */
	assert_refused("not to be trusted");
	server_release(&server);
}
END_TEST

START_TEST(test_tls__a_certificate_that_was_replaced_is_used_by_new_connections)
{
	begin_tls();
	serve_with("expired", "no");
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	ck_assert_int_eq(state_of("k"), -1);
	serve_with("good", "no");
	EVENTUALLY(state_of("k") == WEIR_CACHED_NOTHING);
	serve_with("expired", "no");
	ck_assert_int_eq(state_of("k"), WEIR_CACHED_NOTHING); /* over the connection that there is */
	redis_run(server.url, "CLIENT KILL TYPE normal");
	EVENTUALLY(state_of("k") == -1);
	end();
}
END_TEST

START_TEST(test_tls__client_certificates)
{
	begin_tls();
	serve_with("good", "yes");
	open_tls("", "localhost", with_files("?ca=@ca.pem&cert=@client.pem&key=@client.key"));
	assert_works();
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	assert_refused("down");
	open_tls("", "localhost", with_files("?ca=@ca.pem&cert=@unknown-client.pem&key=@unknown-client.key"));
	assert_refused("down");
	server_release(&server);
}
END_TEST

START_TEST(test_tls__files_that_cannot_be_used_are_named_when_it_is_opened)
{
	static const struct {
		const char *parameters, *named;
	} wrong[] = { { "?ca=@not-there.pem", "?ca=" },
		          { "?ca=@ca.pem&cert=@not-there.pem", "?cert=" },
		          { "?ca=@ca.pem&cert=@ca.key", "?cert=" },
		          { "?ca=@ca.pem&cert=@client.pem", "?key=" },
		          { "?ca=@ca.pem&cert=@client.pem&key=@good.key", "?key=" },
		          { "?ca=@ca.pem&cert=@client.pem&key=@locked.key", "?key=" } };

	begin_tls();
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char       url[512];
		weir_error err = WEIR_ERROR_INIT;

		snprintf(url, sizeof url, "rediss://:canary@localhost%s", with_files(wrong[i].parameters));
		backend = NULL;
		ck_assert_int_eq(weir__cache_backend_redis(url, &logger, &backend, &err), WEIR_ERR_USAGE);
		ck_assert_msg(strstr(err.message, wrong[i].named) != NULL, "%s: %s", wrong[i].named, err.message);
		ck_assert_ptr_null(strstr(err.message, "canary"));
		ck_assert_ptr_null(strstr(err.message, certificates));
		ck_assert_ptr_null(backend);
	}
	server_release(&server);
}
END_TEST

START_TEST(test_tls__a_server_without_it_is_refused_and_one_with_it_answers_nobody_else)
{
	char url[128];

	begin_tls();
	snprintf(url, sizeof url, "rediss://:canary@%s?ca=%s/ca.pem", server.address, certificates);
	open_at(url);
	budget_ms = SHORT_MS;
	assert_refused("down");
	snprintf(url, sizeof url, "redis://:canary@localhost:%d", tls_port);
	open_at(url);
	budget_ms = SHORT_MS;
	assert_refused("down");
	server_release(&server);
}
END_TEST

START_TEST(test_tls__a_silent_server_and_one_that_hangs_up_end_with_the_budget)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t          size = sizeof address;
	int                listener = socket(AF_INET, SOCK_STREAM, 0);
	struct proxy       proxy = { .text = "\x16\x03\x01", .fault = PROXY_CUT_BEFORE_REPLY };
	char               port[16];

	begin_tls();
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	snprintf(port, sizeof port, "%d", tls_port);
	tls_port = ntohs(address.sin_port);
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	budget_ms = SHORT_MS;
	assert_refused("down");
	close(listener);

	proxy_start(&proxy, "127.0.0.1", port);
	tls_port = proxy.port;
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	budget_ms = SHORT_MS;
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert(atomic_load(&proxy.happened));
	EVENTUALLY(state_of("k") == WEIR_CACHED_NOTHING); /* it hangs up once */
	backend->close(backend);
	proxy_stop(&proxy);
	server_release(&server);
}
END_TEST

START_TEST(test_tls__a_frozen_server_a_dead_one_and_the_way_back)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, before;

	sigaction(SIGPIPE, &usual, &before);
	begin_tls();
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	ck_assert_int_eq(set_text("k", "Vright"), WEIR_OK);
	budget_ms = SHORT_MS;
	server_pause(&server);
	ck_assert_int_eq(state_of("k"), -1);
	server_resume(&server);
	EVENTUALLY(state_of("k") == WEIR_CACHED_VALUE);
	server_kill(&server);
	ck_assert_int_eq(state_of("k"), -1);
	ck_assert_int_eq(guard("k", 1), WEIR_ERR_CACHE);
	server_restart(&server);
	serve_with("good", "no");
	EVENTUALLY(set_text("k", "Vright") == WEIR_OK);
	end();
	sigaction(SIGPIPE, &before, NULL);
}
END_TEST

static void *ask_often(void *argument)
{
	(void)argument;
	for (int i = 0; i < 200; i++) {
		weir_bytes      name = { "k", 1 };
		weir_cache_call call = call_now(0);
		weir_cached     found = { .state = WEIR_CACHED_NOTHING };

		MUST(backend->get_many(backend, &name, 1, &call, &found) == WEIR_OK);
		MUST(found.state == WEIR_CACHED_VALUE && found.value.length == 6 && memcmp(found.value.data, "Vright", 6) == 0);
		if (found.release)
			found.release(found.owner);
	}
	return NULL;
}

START_TEST(test_tls__many_threads)
{
	enum { THREADS = 8 };
	pthread_t threads[THREADS];

	begin_tls();
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	ck_assert_int_eq(set_text("k", "Vright"), WEIR_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	all_held();
	end();
}
END_TEST

/* What a near cache hears. */
struct heard {
	atomic_int begun, changed, proved, lost;
};

static void note_begun(void *context)
{
	atomic_fetch_add(&((struct heard *)context)->begun, 1);
}

static void note_changed(void *context, weir_bytes keys)
{
	MUST(keys.length > 0);
	atomic_fetch_add(&((struct heard *)context)->changed, 1);
}

static void note_proved(void *context, int64_t before_us)
{
	MUST(before_us > 0);
	atomic_fetch_add(&((struct heard *)context)->proved, 1);
}

static void note_lost(void *context)
{
	atomic_fetch_add(&((struct heard *)context)->lost, 1);
}

START_TEST(test_tls__a_near_cache_hears_through_it)
{
	struct heard     heard = { .begun = 0 };
	weir_cache_watch watch = { .channel = { "weir:near", 9 },
		                       .period_ms = 20,
		                       .context = &heard,
		                       .begun = note_begun,
		                       .changed = note_changed,
		                       .proved = note_proved,
		                       .lost = note_lost };
	char             message[20001];
	void            *handle = NULL;

	begin_tls();
	open_tls("", "localhost", with_files("?ca=@ca.pem"));
	ck_assert_int_eq(backend->watch(backend, &watch, &handle), WEIR_OK);
	EVENTUALLY(atomic_load(&heard.begun) == 1 && atomic_load(&heard.proved) > 2);
	memset(message, 'k', 20000);
	message[20000] = '\0';
	for (int i = 0; i < 20; i++) /* more than one record, several in one piece */
		redis_run(server.url, "PUBLISH weir:near %s", message);
	EVENTUALLY(atomic_load(&heard.changed) == 20);
	redis_run(server.url, "CLIENT KILL TYPE pubsub");
	EVENTUALLY(atomic_load(&heard.lost) == 1 && atomic_load(&heard.begun) == 2);
	backend->unwatch(handle);
	all_held();
	end();
}
END_TEST

/* ---- Credentials, with and without TLS -------------------------------------------------------------------------------------- */

START_TEST(test_access__passwords_users_and_databases_right_and_wrong)
{
	static const struct {
		const char *credentials, *database, *why; /* NULL: right */
	} cases[] = {
		{ "ada:p%25w@", "/3", NULL },         { ":base@", "/0", NULL },
		{ "ada:canary@", "/3", "WRONGPASS" }, { ":canary@", "/0", "WRONGPASS" },
		{ "nobody:p%25w@", "", "WRONGPASS" }, { "", "", "NOAUTH" },
		{ "ada:p%25w@", "/99", "ERR" },       { "off:p%25w@", "", "WRONGPASS" },
		{ "reader:p%25w@", "", "NOPERM" },
	};
	char url[512], path[200];

	begin_tls();
	redis_run(server.url, "ACL SETUSER ada on >p%%w ~* &* +@all");
	redis_run(server.url, "ACL SETUSER off off >p%%w ~* &* +@all");
	redis_run(server.url, "ACL SETUSER reader on >p%%w ~* +ping");
	redis_run(server.url, "CONFIG SET requirepass base");
	snprintf(path, sizeof path, "%s", strstr(server.other_url, "://") + 3);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char database[16] = "";

		if (cases[i].database[0])
			snprintf(database, sizeof database, "?db=%s", cases[i].database + 1);
		for (int way = 0; way < 3; way++) {
			if (way == 0)
				snprintf(url, sizeof url, "redis://%s%s%s", cases[i].credentials, server.address, cases[i].database);
			else if (way == 1)
				snprintf(url, sizeof url, "rediss://%slocalhost:%d%s?ca=%s/ca.pem", cases[i].credentials, tls_port,
				         cases[i].database, certificates);
			else
				snprintf(url, sizeof url, "unix://%s%s%s", cases[i].credentials, path, database);
			open_at(url);
			if (cases[i].why)
				assert_refused(cases[i].why);
			else
				assert_works();
		}
	}
	server_release(&server);
}
END_TEST

/* What docs/operations.md gives to a user of weir's own. */
START_TEST(test_access__the_least_that_a_user_needs)
{
	enum { MANY = 300 }; /* bare keys are looked for then */
	weir_touch      touches[MANY] = { { .key = text_bytes("weir:{k}"), .stamp = 5 },
		                              { .key = text_bytes("weir:{b}"), .bare = true } };
	weir_cache_call call;
	char            url[300];

	server_start(&server, SERVER_REDIS);
	redis_run(server.url,
	          "ACL SETUSER app on >pw resetkeys ~weir:* resetchannels &weir:near -@all +ping +info +select +get +mget "
	          "+getrange +set +del +exists +unlink +time +scan +eval +evalsha +publish +subscribe");
	snprintf(url, sizeof url, "redis://app:pw@%s/1", server.address);
	open_at(url);
	ck_assert_msg(set_text("weir:{k}", "Vright") == WEIR_OK, "%s", logged);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(state_of("weir:{k}"), WEIR_CACHED_VALUE);
	ck_assert_int_eq(lease("weir:{l}", 5), WEIR_CACHED_LEASED);
	ck_assert_int_eq(fill("weir:{l}", text_bytes("Vfilled"), 5), 1);
	ck_assert_int_eq(guard("weir:{k}", 1), WEIR_OK);
	ck_assert_int_eq(release_with("weir:{k}", 1, 5), WEIR_OK);
	call = call_now(2); /* as a session's, which tells near caches */
	call.channel = text_bytes("weir:near");
	ck_assert_int_eq(backend->guard(backend, touches, 1, &call), WEIR_OK);
	ck_assert_int_eq(backend->release(backend, touches, 2, &call), WEIR_OK);
	for (int i = 1; i < MANY; i++)
		touches[i] = touches[1];
	ck_assert_int_eq(backend->release(backend, touches, MANY, &call), WEIR_OK);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(state_of("weir:{l}"), WEIR_CACHED_VALUE);
	ck_assert_int_ne(set_text("other:{k}", "Vright"), WEIR_OK);
	end();
}
END_TEST

START_TEST(test_access__a_unix_socket_that_is_not_there)
{
	open_at("unix:///nowhere/redis.sock");
	assert_refused("no connection");
}
END_TEST

WEIR_SUITE("redis tls", test_tls__the_right_certificate_works, test_tls__wrong_certificates_are_refused_and_named,
           test_tls__a_certificate_that_was_replaced_is_used_by_new_connections, test_tls__client_certificates,
           test_tls__files_that_cannot_be_used_are_named_when_it_is_opened,
           test_tls__a_server_without_it_is_refused_and_one_with_it_answers_nobody_else,
           test_tls__a_silent_server_and_one_that_hangs_up_end_with_the_budget,
           test_tls__a_frozen_server_a_dead_one_and_the_way_back, test_tls__many_threads,
           test_tls__a_near_cache_hears_through_it, test_access__passwords_users_and_databases_right_and_wrong,
           test_access__the_least_that_a_user_needs, test_access__a_unix_socket_that_is_not_there);
