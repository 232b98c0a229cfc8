/* Base64: each content has one text, and only that is read. */
#include "models/base64.h"
#include "support/suite.h"

#include <string.h>

START_TEST(test_base64__is_written_and_read_with_its_padding)
{
	static const char *const pairs[][2] = { { "", "" },
		                                    { "f", "Zg==" },
		                                    { "fo", "Zm8=" },
		                                    { "foo", "Zm9v" },
		                                    { "foob", "Zm9vYg==" },
		                                    { "fooba", "Zm9vYmE=" },
		                                    { "foobar", "Zm9vYmFy" },
		                                    { "\xff\xfe\xfb", "//77" } };
	char                     text[16], bytes[16];
	size_t                   count;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		size_t length = strlen(pairs[i][0]), size = weir__base64_length(length);
		ck_assert_uint_eq((size_t)(weir__base64_write(text, pairs[i][0], length) - text), size);
		ck_assert_uint_eq(size, strlen(pairs[i][1]));
		ck_assert_mem_eq(text, pairs[i][1], size);
		ck_assert(weir__base64_read(text, size, bytes, &count));
		ck_assert_uint_eq(count, length);
		ck_assert_mem_eq(bytes, pairs[i][0], length);
		ck_assert(weir__base64_read(text, size, text, &count)); /* where it lies */
		ck_assert_mem_eq(text, pairs[i][0], length);
	}
}
END_TEST

START_TEST(test_base64__other_texts_are_refused)
{
	static const char *const wrong[] = { "Z",      "Zg",   "Zg=",  "Zh==", "Zm9=", "====",  "=Zm9", "Zg==Zg==",
		                                 "Zm9v\n", "Zm-v", "Zm_v", "Zm 9", "Z===", "Zm9v=", "Zg=a" };
	char                     bytes[16];
	size_t                   count;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(!weir__base64_read(wrong[i], strlen(wrong[i]), bytes, &count), "%s", wrong[i]);
}
END_TEST

WEIR_SUITE("base64", test_base64__is_written_and_read_with_its_padding, test_base64__other_texts_are_refused);
