/* Epochs: read from what a server says about itself, and put into keys. Pure. */
#include "support/suite.h"

#include "cache/redis_epoch.h"

#include <string.h>

static const char *epoch_of(const char *info)
{
	static char text[4][WEIR__EPOCH_SIZE + 1];
	static int  next;
	char       *epoch = text[next++ % 4];

	weir__redis_epoch_read(info, strlen(info), epoch);
	epoch[WEIR__EPOCH_SIZE] = '\0';
	return epoch;
}

START_TEST(test_epoch__is_that_of_the_run_and_of_nothing_else)
{
	const char *one = epoch_of("# Server\r\nuptime_in_seconds:1\r\nrun_id:aaaa\r\ntcp_port:1\r\n");

	ck_assert_str_eq(one, epoch_of("# Server\r\nuptime_in_seconds:2\r\nrun_id:aaaa\r\ntcp_port:2\r\n"));
	ck_assert_str_ne(one, epoch_of("# Server\r\nuptime_in_seconds:1\r\nrun_id:aaab\r\ntcp_port:1\r\n"));
	ck_assert_uint_eq(strspn(one, "0123456789abcdef"), 8);
	ck_assert_str_eq(one + 8, ":");
}
END_TEST

START_TEST(test_epoch__of_a_server_that_does_not_say_who_it_is_is_0)
{
	static const char *const infos[] = { "", "run_id:", "\n\n", "# run_id:a\r\n", "xrun_id:abc" };

	for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++)
		ck_assert_str_eq(epoch_of(infos[i]), "00000000:");
	ck_assert_str_ne(epoch_of("run_id:a"), "00000000:");
}
END_TEST

START_TEST(test_epoch__stands_before_the_brace)
{
	ck_assert_uint_eq(weir__redis_epoch_place((weir_bytes){ "weir:{user:id:1}", 16 }), 5);
	ck_assert_uint_eq(weir__redis_epoch_place((weir_bytes){ "a:b:{x}:{y}", 11 }), 4);
	ck_assert_uint_eq(weir__redis_epoch_place((weir_bytes){ "plain", 5 }), 0);
	ck_assert_uint_eq(weir__redis_epoch_place((weir_bytes){ NULL, 0 }), 0);
}
END_TEST

WEIR_SUITE("redis epoch", test_epoch__is_that_of_the_run_and_of_nothing_else,
           test_epoch__of_a_server_that_does_not_say_who_it_is_is_0, test_epoch__stands_before_the_brace);
