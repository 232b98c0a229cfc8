/* Sockets: no signal, no wait beyond the deadline, and what an idle connection has to say. */
#include "support/suite.h"

#include "base/clock.h"
#include "cache/redis_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_pair(int pair[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

/* The default action of SIGPIPE would end this process. */
START_TEST(test_socket__sending_to_nobody_raises_no_signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, before;
	int              pair[2];

	open_pair(pair);
	ck_assert_int_eq(sigaction(SIGPIPE, &action, &before), 0);
	weir__socket_close(pair[1]);
	ck_assert_int_eq(weir__socket_send(pair[0], "x", 1, true), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(weir__socket_send(pair[0], "x", 1, false), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(sigaction(SIGPIPE, &before, NULL), 0);
	weir__socket_close(pair[0]);
}
END_TEST

START_TEST(test_socket__an_idle_one_is_quiet_until_something_comes)
{
	int pair[2];

	open_pair(pair);
	ck_assert(weir__socket_is_quiet(pair[0]));
	ck_assert_int_eq(weir__socket_send(pair[1], "x", 1, true), 1);
	ck_assert(!weir__socket_is_quiet(pair[0]));
	weir__socket_close(pair[0]);
	weir__socket_close(pair[1]);
	open_pair(pair);
	weir__socket_close(pair[1]);
	ck_assert(!weir__socket_is_quiet(pair[0]));
	weir__socket_close(pair[0]);
	weir__socket_close(-1);
}
END_TEST

START_TEST(test_socket__waits_until_its_deadline)
{
	int     pair[2];
	char    byte;
	int64_t started_us = weir__now_us();

	open_pair(pair);
	ck_assert(!weir__socket_wait(pair[0], false, started_us - 1));
	ck_assert(!weir__socket_wait(pair[0], false, started_us + 30000));
	ck_assert_int_ge(weir__now_us() - started_us, 30000);
	ck_assert(weir__socket_wait(pair[0], true, weir__deadline_in_ms(5000)));
	ck_assert_int_eq(weir__socket_receive(pair[0], &byte, 1, false), -1);
	ck_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	ck_assert_int_eq(weir__socket_send(pair[1], "x", 1, true), 1);
	ck_assert(weir__socket_wait(pair[0], false, weir__deadline_in_ms(5000)));
	ck_assert_int_eq(weir__socket_receive(pair[0], &byte, 1, true), 1);
	weir__socket_close(pair[0]);
	weir__socket_close(pair[1]);
}
END_TEST

START_TEST(test_socket__a_receive_that_may_block_ends_with_the_limit)
{
	int     pair[2];
	char    byte;
	int64_t started_us;

	open_pair(pair);
	ck_assert_int_eq(weir__socket_limit(pair[0], 20000), 20000);
	started_us = weir__now_us();
	ck_assert_int_eq(weir__socket_receive(pair[0], &byte, 1, true), -1);
	ck_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	ck_assert_int_ge(weir__now_us() - started_us, 15000);
	weir__socket_close(pair[0]);
	weir__socket_close(pair[1]);
}
END_TEST

START_TEST(test_socket__nobody_listens)
{
	char too_long[200];

	memset(too_long, 'x', sizeof too_long);
	too_long[0] = '/';
	too_long[sizeof too_long - 1] = '\0';
	ck_assert_int_eq(weir__socket_open_unix(too_long, weir__deadline_in_ms(1000)), -1);
	ck_assert_int_eq(weir__socket_open_unix("/nobody/listens/here", weir__deadline_in_ms(1000)), -1);
	ck_assert_int_eq(weir__socket_open_tcp(NULL, weir__deadline_in_ms(1000)), -1);
}
END_TEST

WEIR_SUITE("redis socket", test_socket__sending_to_nobody_raises_no_signal,
           test_socket__an_idle_one_is_quiet_until_something_comes, test_socket__waits_until_its_deadline,
           test_socket__a_receive_that_may_block_ends_with_the_limit, test_socket__nobody_listens);
