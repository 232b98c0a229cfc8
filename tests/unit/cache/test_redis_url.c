/* Redis URLs: what is understood, and that what is not is named without being quoted. */
#include "support/suite.h"

#include "cache/redis_url.h"

#include <string.h>

static weir__redis_url parsed(const char *text)
{
	weir__redis_url url;
	weir_error      err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__redis_url_parse(text, &url, &err) == WEIR_OK, "%s: %s", text, err.message);
	return url;
}

static void assert_tcp(const char *text, const char *host, const char *port, int db)
{
	weir__redis_url url = parsed(text);

	ck_assert_str_eq(url.host, host);
	ck_assert_str_eq(url.port + strspn(url.port, "0"), port);
	ck_assert_int_eq(url.db, db);
	ck_assert_ptr_null(url.socket_path);
	ck_assert_ptr_null(url.user);
	ck_assert_ptr_null(url.password);
	weir__redis_url_release(&url);
}

START_TEST(test_url__host_port_and_database)
{
	assert_tcp("redis://localhost", "localhost", "6379", 0);
	assert_tcp("redis://10.0.0.1:1", "10.0.0.1", "1", 0);
	assert_tcp("redis://cache.example.org:65535/15", "cache.example.org", "65535", 15);
	assert_tcp("redis://localhost/", "localhost", "6379", 0);
	assert_tcp("redis://[::1]:6380/2", "::1", "6380", 2);
	assert_tcp("redis://[::1]", "::1", "6379", 0);
}
END_TEST

START_TEST(test_url__credentials)
{
	weir__redis_url url = parsed("redis://ada:p%40ss%3a%2Fword@host:1");

	ck_assert_str_eq(url.user, "ada");
	ck_assert_str_eq(url.password, "p@ss:/word");
	ck_assert_str_eq(url.host, "host");
	weir__redis_url_release(&url);
	ck_assert_ptr_null(url.password);
	url = parsed("redis://:s3cret@host");
	ck_assert_ptr_null(url.user);
	ck_assert_str_eq(url.password, "s3cret");
	weir__redis_url_release(&url);
	url = parsed("redis://u:a@b@host");
	ck_assert_str_eq(url.password, "a@b");
	weir__redis_url_release(&url);
}
END_TEST

START_TEST(test_url__unix_sockets)
{
	weir__redis_url url = parsed("unix:///run/redis/redis.sock?db=3");

	ck_assert_str_eq(url.socket_path, "/run/redis/redis.sock");
	ck_assert_int_eq(url.db, 3);
	weir__redis_url_release(&url);
	url = parsed("unix:///tmp/with%20space");
	ck_assert_str_eq(url.socket_path, "/tmp/with space");
	weir__redis_url_release(&url);
}
END_TEST

START_TEST(test_url__tls_and_its_files)
{
	weir__redis_url url = parsed("rediss://ada:pw@host:6380/2?ca=/etc/ca%20s.pem&cert=/c&key=/k&name=other");

	ck_assert(url.tls);
	ck_assert_str_eq(url.host, "host");
	ck_assert_str_eq(url.user, "ada");
	ck_assert_int_eq(url.db, 2);
	ck_assert_str_eq(url.ca, "/etc/ca s.pem");
	ck_assert_str_eq(url.cert, "/c");
	ck_assert_str_eq(url.key, "/k");
	ck_assert_str_eq(url.name, "other");
	weir__redis_url_release(&url);
	url = parsed("rediss://host?cert=/both");
	ck_assert_ptr_null(url.ca);
	ck_assert_ptr_null(url.key);
	ck_assert_ptr_null(url.name);
	weir__redis_url_release(&url);
	url = parsed("redis://host/1");
	ck_assert(!url.tls);
	weir__redis_url_release(&url);
}
END_TEST

START_TEST(test_url__a_unix_socket_with_credentials)
{
	weir__redis_url url = parsed("unix://ada:p%40w@/run/redis.sock?db=3");

	ck_assert_str_eq(url.socket_path, "/run/redis.sock");
	ck_assert_str_eq(url.user, "ada");
	ck_assert_str_eq(url.password, "p@w");
	ck_assert_int_eq(url.db, 3);
	weir__redis_url_release(&url);
	url = parsed("unix:///run/a@/b");
	ck_assert_str_eq(url.socket_path, "/run/a@/b");
	ck_assert_ptr_null(url.password);
	weir__redis_url_release(&url);
}
END_TEST

START_TEST(test_url__wrong_ones_are_named_and_not_quoted)
{
	static const struct {
		const char *text, *named;
	} wrong[] = {
		{ "", "redis://" },
		{ "http://canary", "redis://" },
		{ "redis://host?ca=/canary", "rediss" },
		{ "rediss://host?canary=1", "rediss" },
		{ "rediss://host?ca=", "rediss" },
		{ "rediss://host?ca=/canary&ca=/canary", "rediss" },
		{ "rediss://host/1?key=/canary", "cert=" },
		{ "rediss://host?ca=%zz", "percent" },
		{ "unix://canary:canary", "absolute" },
		{ "unix://canary@/canary", "user:password" },
		{ "redis://", "host" },
		{ "redis://:canary@", "host" },
		{ "redis://canary@host", "user:password" },
		{ "redis://u:canary%zz@host", "percent" },
		{ "redis://u:canary%4@host", "percent" },
		{ "redis://u:canary%00x@host", "percent" },
		{ "redis://u:canary@host:0", "port" },
		{ "redis://u:canary@host:65536", "port" },
		{ "redis://u:canary@host:12canary", "port" },
		{ "redis://u:canary@host:", "port" },
		{ "redis://u:canary@[::1", "host" },
		{ "redis://u:canary@[::1]x", "port" },
		{ "redis://u:canary@host/canary", "database" },
		{ "redis://u:canary@host/-1", "database" },
		{ "redis://u:canary@host/1/2", "database" },
		{ "unix://canary", "absolute" },
		{ "unix:///", "absolute" },
		{ "unix:///canary?x=1", "?db=" },
		{ "unix:///canary?db=", "?db=" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		weir__redis_url url;
		weir_error      err = WEIR_ERROR_INIT;

		ck_assert_msg(weir__redis_url_parse(wrong[i].text, &url, &err) == WEIR_ERR_USAGE, "%s", wrong[i].text);
		ck_assert_msg(strstr(err.message, wrong[i].named) != NULL, "%s: %s", wrong[i].text, err.message);
		ck_assert_ptr_null(strstr(err.message, "canary"));
		ck_assert_ptr_null(url.password);
		ck_assert_ptr_null(url.host);
	}
}
END_TEST

WEIR_SUITE("redis url", test_url__host_port_and_database, test_url__credentials, test_url__unix_sockets,
           test_url__tls_and_its_files, test_url__a_unix_socket_with_credentials,
           test_url__wrong_ones_are_named_and_not_quoted);
