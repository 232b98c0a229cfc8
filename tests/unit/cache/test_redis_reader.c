/* The bounded reader: replies in any pieces, nothing beyond what was asked for, no cost beyond what came. */
#include "support/suite.h"

#include "base/clock.h"
#include "cache/redis_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static weir__reply_cache  *cache;
static weir__redis_reader *reader;
static weir__reply_buffer *buffer;

static void begin(size_t count, size_t elements)
{
	cache = weir__reply_cache_create();
	reader = weir__redis_reader_create();
	buffer = weir__reply_buffer_take(cache);
	ck_assert(cache && reader && buffer);
	ck_assert(weir__redis_reader_begin(reader, buffer, count, elements));
}

static void end(void)
{
	weir__reply_buffer_release(buffer);
	weir__redis_reader_free(reader);
	weir__reply_cache_release(cache);
}

/* As a socket would: at most piece bytes at a time. What the last feed said. */
static int feed(const char *bytes, size_t length, size_t piece)
{
	int complete = 0;

	while (length > 0 && complete == 0) {
		size_t room_size;
		char  *room = weir__redis_reader_room(reader, &room_size);
		size_t size = piece < length ? piece : length;

		if (!room)
			return -1;
		size = size < room_size ? size : room_size;
		memcpy(room, bytes, size);
		complete = weir__redis_reader_feed(reader, size);
		bytes += size;
		length -= size;
	}
	return length > 0 && complete > 0 ? -1 : complete;
}

static int feed_text(const char *text)
{
	return feed(text, strlen(text), SIZE_MAX);
}

static void assert_string(size_t i, weir__reply_type type, const char *text)
{
	const weir__reply *reply = &weir__redis_reader_replies(reader)[i];

	ck_assert_int_eq(reply->type, type);
	ck_assert_uint_eq(reply->length, strlen(text));
	ck_assert_mem_eq(buffer->bytes + reply->offset, text, reply->length);
}

static const char all_kinds[] =
	"+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\n\r\n$-1\r\n$0\r\n\r\n*3\r\n$1\r\nx\r\n$-1\r\n:7\r\n*0\r\n";

static void assert_all_kinds(void)
{
	const weir__reply *replies = weir__redis_reader_replies(reader);

	assert_string(0, WEIR__REPLY_STATUS, "OK");
	assert_string(1, WEIR__REPLY_ERROR, "ERR no");
	ck_assert(replies[2].type == WEIR__REPLY_INTEGER && replies[2].integer == -42);
	assert_string(3, WEIR__REPLY_STRING, "a\r\nb\n");
	ck_assert_int_eq(replies[4].type, WEIR__REPLY_NIL);
	assert_string(5, WEIR__REPLY_STRING, "");
	ck_assert(replies[6].type == WEIR__REPLY_ARRAY && replies[6].length == 3);
	assert_string(7, WEIR__REPLY_STRING, "x");
	ck_assert_int_eq(replies[8].type, WEIR__REPLY_NIL);
	ck_assert(replies[9].type == WEIR__REPLY_INTEGER && replies[9].integer == 7);
	ck_assert(replies[10].type == WEIR__REPLY_ARRAY && replies[10].length == 0);
}

START_TEST(test_reader__takes_replies_in_any_pieces)
{
	for (size_t piece = 1; piece <= sizeof all_kinds; piece++) {
		begin(8, 3);
		ck_assert_int_eq(feed(all_kinds, sizeof all_kinds - 1, piece), 1);
		assert_all_kinds();
		end();
	}
}
END_TEST

/* What needs no parser, and the same with a kind that does at its end, where all of it is parsed after all. */
START_TEST(test_reader__what_is_read_in_place_is_what_the_parser_reads)
{
	static const char plain[] =
		"*4\r\n$3\r\nabc\r\n$-1\r\n:-2\r\n$0\r\n\r\n$11\r\n12345\r\n7890\r\n:1700000000000\r\n*0\r\n";
	static const char with_status[] =
		"*4\r\n$3\r\nabc\r\n$-1\r\n:-2\r\n$0\r\n\r\n$11\r\n12345\r\n7890\r\n:1700000000000\r\n*0\r\n+OK\r\n";

	for (int parsed = 0; parsed < 2; parsed++) {
		const char *text = parsed ? with_status : plain;

		for (size_t piece = 1; piece <= strlen(text); piece++) {
			begin(parsed ? 5 : 4, 4);
			ck_assert_int_eq(feed(text, strlen(text), piece), 1);
			const weir__reply *replies = weir__redis_reader_replies(reader);
			ck_assert(replies[0].type == WEIR__REPLY_ARRAY && replies[0].length == 4);
			assert_string(1, WEIR__REPLY_STRING, "abc");
			ck_assert_int_eq(replies[2].type, WEIR__REPLY_NIL);
			ck_assert(replies[3].type == WEIR__REPLY_INTEGER && replies[3].integer == -2);
			assert_string(4, WEIR__REPLY_STRING, "");
			assert_string(5, WEIR__REPLY_STRING, "12345\r\n7890");
			ck_assert(replies[6].type == WEIR__REPLY_INTEGER && replies[6].integer == INT64_C(1700000000000));
			ck_assert(replies[7].type == WEIR__REPLY_ARRAY && replies[7].length == 0);
			if (parsed)
				assert_string(8, WEIR__REPLY_STATUS, "OK");
			end();
		}
	}
}
END_TEST

START_TEST(test_reader__a_string_that_does_not_end_is_refused)
{
	static const char *const refused[] = { "$2\r\nabc\r\n", "$2\r\nabxx", "$0\r\nx\r\n", "*1\r\n$1\r\nxyz" };

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		begin(1, 3);
		ck_assert_int_eq(feed(refused[i], strlen(refused[i]), 1), -1);
		end();
	}
}
END_TEST

START_TEST(test_reader__is_used_again_and_again)
{
	begin(8, 3);
	for (int i = 0; i < 300; i++) {
		buffer->length = 0;
		ck_assert(weir__redis_reader_begin(reader, buffer, 8, 3));
		ck_assert_int_eq(feed(all_kinds, sizeof all_kinds - 1, (size_t)i % 40 + 1), 1);
		assert_all_kinds();
	}
	end();
}
END_TEST

START_TEST(test_reader__no_truncation_is_complete)
{
	for (size_t length = 1; length < sizeof all_kinds - 1; length++) {
		begin(8, 3);
		ck_assert_int_eq(feed(all_kinds, length, SIZE_MAX), 0);
		end();
	}
}
END_TEST

START_TEST(test_reader__what_was_not_asked_for_is_refused)
{
	static const char *const refused[] = {
		"*2147483647\r\n",
		"*134217728\r\n",
		"*1000\r\n",
		"*4294967296\r\n",
		"*9223372036854775807\r\n",
		"$9223372036854775807\r\n",
		"$9223372036854775806\r\n",
		"$99999999999999999999\r\n",
		"$1000000000\r\n",
		"$-2\r\n",
		"$x\r\n",
		"*-2\r\n",
		"*x\r\n",
		":\r\n",
		":9223372036854775808\r\n",
		":1x\r\n",
		"!\r\n",
		"%2\r\n",
		"HTTP/1.1 200 OK\r\n",
		"\r\n",
		"\0\0\0\0",
		"+OK\r\n+OK\r\n",
		"+OK\r\n\n",
		"+OK\r\n$",
		"$2\r\nab\r\nx",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
		"*2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
	};

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		begin(1, 3);
		ck_assert_msg(feed(refused[i], strlen(refused[i]) ? strlen(refused[i]) : 4, SIZE_MAX) == -1, "%zu: %s", i,
		              refused[i]);
		end();
	}
}
END_TEST

START_TEST(test_reader__a_line_without_end_is_refused_early)
{
	static const char *const types[] = { "+", "-", ":", "$", "*", "x" };
	char                    *endless = malloc(WEIR__REPLY_LINE_MAX * 4);

	memset(endless, '1', WEIR__REPLY_LINE_MAX * 4);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		for (size_t piece = 1; piece <= 1000; piece += 333) {
			begin(1, 0);
			memcpy(endless, types[i], 1);
			ck_assert_int_eq(feed(endless, WEIR__REPLY_LINE_MAX * 4, piece), -1);
			ck_assert_uint_le(buffer->length, WEIR__REPLY_LINE_MAX + 1001);
			end();
		}
	free(endless);
}
END_TEST

START_TEST(test_reader__a_large_string_costs_its_size_and_no_more)
{
	enum { SIZE = 8 << 20 };
	char  *text = malloc(SIZE + 32);
	size_t head = (size_t)snprintf(text, 32, "$%d\r\n", SIZE);

	memset(text + head, 'v', SIZE);
	memcpy(text + head + SIZE, "\r\n", 2);
	begin(1, 0);
	ck_assert_int_eq(feed(text, head + SIZE + 2, 65536), 1);
	ck_assert_uint_le(buffer->capacity, SIZE + 65536);
	ck_assert_uint_eq(weir__redis_reader_replies(reader)[0].length, SIZE);
	end();
	free(text);
}
END_TEST

START_TEST(test_reader__bytes_outlive_the_reader_and_the_cache)
{
	begin(1, 0);
	ck_assert_int_eq(feed_text("$5\r\nhello\r\n"), 1);
	weir__redis_reader_free(reader);
	weir__reply_cache_release(cache);
	ck_assert_mem_eq(buffer->bytes + 4, "hello", 5);
	weir__reply_buffer_retain(buffer);
	weir__reply_buffer_release(buffer);
	ck_assert_mem_eq(buffer->bytes + 4, "hello", 5);
	weir__reply_buffer_release(buffer);
}
END_TEST

START_TEST(test_reader__buffers_are_used_again)
{
	weir__reply_buffer *again;

	begin(1, 0);
	again = buffer;
	weir__reply_buffer_release(buffer);
	buffer = weir__reply_buffer_take(cache);
	ck_assert_ptr_eq(buffer, again);
	ck_assert_uint_eq(buffer->length, 0);
	end();
}
END_TEST

WEIR_SUITE("redis reader", test_reader__takes_replies_in_any_pieces,
           test_reader__what_is_read_in_place_is_what_the_parser_reads,
           test_reader__a_string_that_does_not_end_is_refused, test_reader__is_used_again_and_again,
           test_reader__no_truncation_is_complete, test_reader__what_was_not_asked_for_is_refused,
           test_reader__a_line_without_end_is_refused_early, test_reader__a_large_string_costs_its_size_and_no_more,
           test_reader__bytes_outlive_the_reader_and_the_cache, test_reader__buffers_are_used_again);
