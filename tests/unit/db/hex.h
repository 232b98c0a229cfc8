/* Bytes as hexadecimal text and back, so that tests can show what stands on the wire. */
#ifndef WEIR_TESTS_DB_HEX_H
#define WEIR_TESTS_DB_HEX_H

#include "base/buffer.h"

#include <check.h>
#include <string.h>

static inline const char *hex_of(const void *bytes, size_t length)
{
	static char          text[4096];
	static const char    digits[] = "0123456789abcdef";
	const unsigned char *at = bytes;

	ck_assert_uint_lt(length, sizeof text / 2);
	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[at[i] >> 4];
		text[2 * i + 1] = digits[at[i] & 15];
	}
	text[2 * length] = '\0';
	return text;
}

static inline unsigned hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Appends the bytes; blanks are for the reader. */
static inline void append_hex_bytes(weir__buffer *buffer, const char *hex)
{
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		weir__buffer_append_char(buffer, (char)(hex_digit(hex[0]) << 4 | hex_digit(hex[1])));
		hex++;
	}
}

/* The text without its blanks equals the bytes. */
#define assert_hex(buffer, expected)                                                                                   \
	do {                                                                                                               \
		weir__buffer expected_ = WEIR__BUFFER_INIT;                                                                    \
		append_hex_bytes(&expected_, expected);                                                                        \
		ck_assert_msg((buffer).length == expected_.length &&                                                           \
		                  memcmp((buffer).data, expected_.data, expected_.length) == 0,                                \
		              "%s instead of %s", hex_of((buffer).data, (buffer).length), expected);                           \
		weir__buffer_release(&expected_);                                                                              \
	} while (0)

#endif
