/* The growing buffer: what is appended is there, and a failure is remembered and harmless. */
#include "base/buffer.h"
#include "base/memory.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

START_TEST(test_buffer__appends_in_order)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	weir__buffer_append_text(&buffer, "id=");
	weir__buffer_append_i64(&buffer, 42);
	weir__buffer_append_char(&buffer, ';');
	weir__buffer_append(&buffer, "a\0b", 3);
	weir__buffer_appendf(&buffer, "%05.1f|%s", 2.25, "end");
	ck_assert_uint_eq(buffer.length, 18);
	ck_assert_mem_eq(weir__buffer_text(&buffer), "id=42;a\0b002.2|end", 19);
	weir__buffer_release(&buffer);
}
END_TEST

START_TEST(test_buffer__numbers_at_the_ends_of_their_range)
{
	static const int64_t numbers[] = { 0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN };
	weir__buffer         buffer = WEIR__BUFFER_INIT;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		weir__buffer_clear(&buffer);
		weir__buffer_append_i64(&buffer, numbers[i]);
		ck_assert_int_eq(strtoll(weir__buffer_text(&buffer), NULL, 10), numbers[i]);
	}
	ck_assert_str_eq(weir__buffer_text(&buffer), "-9223372036854775808");
	weir__buffer_release(&buffer);
}
END_TEST

START_TEST(test_buffer__keeps_its_content_while_it_grows)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	for (int i = 0; i < 100000; i++)
		weir__buffer_append_char(&buffer, (char)('a' + i % 26));
	ck_assert_uint_eq(buffer.length, 100000);
	ck_assert_uint_ge(buffer.capacity, buffer.length);
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(buffer.data[i], 'a' + i % 26);
	weir__buffer_release(&buffer);
	ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(test_buffer__reserving_does_not_change_the_length)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	char        *room;

	weir__buffer_append_text(&buffer, "abc");
	room = weir__buffer_reserve(&buffer, 10000);
	ck_assert_ptr_eq(room, buffer.data + 3);
	ck_assert_uint_eq(buffer.length, 3);
	ck_assert_uint_ge(buffer.capacity, 10003);
	weir__buffer_release(&buffer);
}
END_TEST

START_TEST(test_buffer__formatted_text_of_any_length)
{
	char text[600];

	memset(text, 'x', sizeof text);
	for (size_t length = 0; length < sizeof text; length++) {
		weir__buffer buffer = WEIR__BUFFER_INIT;
		weir__buffer_appendf(&buffer, "%.*s", (int)length, text);
		ck_assert_uint_eq(buffer.length, length);
		ck_assert_mem_eq(buffer.data, text, length);
		weir__buffer_release(&buffer);
	}
}
END_TEST

START_TEST(test_buffer__an_empty_one_is_an_empty_text)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	weir__buffer_append(&buffer, NULL, 0);
	ck_assert_uint_eq(buffer.length, 0);
	ck_assert_str_eq(weir__buffer_text(&buffer), "");
	weir__buffer_release(&buffer);
}
END_TEST

START_TEST(test_buffer__detaching_leaves_it_empty)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	char        *text;

	weir__buffer_append_text(&buffer, "mine");
	text = weir__buffer_detach(&buffer);
	ck_assert_str_eq(text, "mine");
	ck_assert_uint_eq(buffer.length, 0);
	ck_assert_ptr_null(buffer.data);
	weir__buffer_append_text(&buffer, "next");
	ck_assert_str_eq(weir__buffer_text(&buffer), "next");
	weir__buffer_release(&buffer);
	weir__free(text);
}
END_TEST

START_TEST(test_buffer__a_size_beyond_all_memory_fails)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	weir__buffer_append_text(&buffer, "abc");
	ck_assert_ptr_null(weir__buffer_reserve(&buffer, SIZE_MAX));
	ck_assert(buffer.failed);
	ck_assert_ptr_null(weir__buffer_text(&buffer));
	weir__buffer_clear(&buffer);
	ck_assert_str_eq(weir__buffer_text(&buffer), "");
	weir__buffer_release(&buffer);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_buffer__after_a_failure_everything_does_nothing)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	weir__buffer_append_text(&buffer, "kept");
	weir__memory_fail_after(0, WEIR__FAIL_ONCE);
	ck_assert_ptr_null(weir__buffer_reserve(&buffer, 1000));
	ck_assert_int_eq(weir__memory_failures(), 1);
	ck_assert(buffer.failed);
	weir__buffer_append_text(&buffer, "lost");
	weir__buffer_append_char(&buffer, 'x');
	weir__buffer_append_i64(&buffer, 1);
	weir__buffer_appendf(&buffer, "%d", 1);
	ck_assert_uint_eq(buffer.length, 4);
	ck_assert_mem_eq(buffer.data, "kept", 4);
	ck_assert_ptr_null(weir__buffer_text(&buffer));
	ck_assert_ptr_null(weir__buffer_detach(&buffer));
	weir__buffer_release(&buffer);
	ck_assert(!buffer.failed);
}
END_TEST

START_TEST(test_buffer__the_first_allocation_may_fail)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;

	weir__memory_fail_after(0, WEIR__FAIL_FOREVER);
	weir__buffer_append_text(&buffer, "x");
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert(buffer.failed);
	ck_assert_ptr_null(buffer.data);
	weir__buffer_clear(&buffer);
	weir__buffer_append_text(&buffer, "x");
	ck_assert_str_eq(weir__buffer_text(&buffer), "x");
	weir__buffer_release(&buffer);
}
END_TEST

#define FAILURES , test_buffer__after_a_failure_everything_does_nothing, test_buffer__the_first_allocation_may_fail
#else
#define FAILURES
#endif

WEIR_SUITE("base/buffer", test_buffer__appends_in_order, test_buffer__numbers_at_the_ends_of_their_range,
           test_buffer__keeps_its_content_while_it_grows, test_buffer__reserving_does_not_change_the_length,
           test_buffer__formatted_text_of_any_length, test_buffer__an_empty_one_is_an_empty_text,
           test_buffer__detaching_leaves_it_empty, test_buffer__a_size_beyond_all_memory_fails FAILURES);
