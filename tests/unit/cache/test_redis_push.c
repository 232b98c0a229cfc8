/* What a subscribed connection receives, in whatever pieces, and what is none of it. */
#include "cache/redis_push.h"
#include "support/suite.h"

#include <string.h>

static weir__push_reader reader;

static void feed(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t size;
		char  *room = weir__push_room(&reader, &size);

		ck_assert_ptr_nonnull(room);
		if (size > length)
			size = length;
		memcpy(room, bytes, size);
		weir__push_add(&reader, size);
		bytes += size;
		length -= size;
	}
}

static void assert_item(weir_bytes item, const char *text)
{
	ck_assert_uint_eq(item.length, strlen(text));
	ck_assert_int_eq(memcmp(item.data, text, item.length), 0);
}

static const char both[] =
	"*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$5\r\nk1\nk2\r\n*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";

START_TEST(test_push__comes_in_any_pieces)
{
	for (size_t first = 0; first <= sizeof both - 1; first++) {
		weir__push push;
		int        seen = 0;

		feed(both, first);
		for (int part = 0; part < 2; part++) {
			while (weir__push_next(&reader, &push) == 1) {
				ck_assert_uint_eq(push.count, 3);
				assert_item(push.items[0], seen == 0 ? "message" : "subscribe");
				assert_item(push.items[1], "ch");
				assert_item(push.items[2], seen == 0 ? "k1\nk2" : "1");
				seen++;
			}
			if (part == 0)
				feed(both + first, sizeof both - 1 - first);
		}
		ck_assert_int_eq(seen, 2);
		weir__push_release(&reader);
	}
}
END_TEST

START_TEST(test_push__what_is_none_is_refused)
{
	static const char *const wrong[] = {
		"+OK\r\n",
		"-ERR no\r\n",
		"*5\r\n",
		"*1\r\n+x\r\n",
		"*1\r\n$-1\r\n",
		"*1\r\n$99999999\r\n",
		"*x\r\n",
		"*1\n",
		"*1\r\n$3\r\nabcd\r\n",
		"*12345678901234",
		"*2\r\n$1\r\na\r\n*1\r\n",
		"*1\r\n$00000000000000000001\r\n",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		weir__push push;

		feed(wrong[i], strlen(wrong[i]));
		ck_assert_msg(weir__push_next(&reader, &push) == -1, "%s", wrong[i]);
		weir__push_release(&reader);
	}
}
END_TEST

START_TEST(test_push__without_an_end_is_bounded)
{
	static char chunk[65536];
	size_t      size, total = 0;
	char       *room;

	memset(chunk, 'x', sizeof chunk);
	feed("*1\r\n$4000000\r\n", 14);
	while ((room = weir__push_room(&reader, &size)) != NULL && total < (64u << 20)) {
		weir__push push;

		ck_assert_int_ge(weir__push_next(&reader, &push), 0);
		size = size < sizeof chunk ? size : sizeof chunk;
		memcpy(room, chunk, size);
		weir__push_add(&reader, size);
		total += size;
		if (weir__push_next(&reader, &push) < 0)
			break;
	}
	ck_assert_uint_lt(total, 8u << 20);
	weir__push_release(&reader);
}
END_TEST

WEIR_SUITE("unit/cache/redis_push", test_push__comes_in_any_pieces, test_push__what_is_none_is_refused,
           test_push__without_an_end_is_bounded);
