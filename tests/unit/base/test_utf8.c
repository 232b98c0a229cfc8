/* UTF-8: what PostgreSQL takes and what it does not, one row each, at every distance from the eight-byte steps. */
#include "base/utf8.h"
#include "support/suite.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *text;
	size_t      length;
	bool        valid;
	size_t      characters; /* where valid */
} rows[] = {
	{ BYTES(""), true, 0 },
	{ BYTES("a"), true, 1 },
	{ BYTES("\x7f"), true, 1 },
	{ BYTES("\x01"), true, 1 },
	{ BYTES("\0"), false, 0 },   /* NUL */
	{ BYTES("\x80"), false, 0 }, /* a continuation alone */
	{ BYTES("\xbf"), false, 0 },
	{ BYTES("\xc0\x80"), false, 0 }, /* overlong NUL */
	{ BYTES("\xc1\xbf"), false, 0 }, /* overlong */
	{ BYTES("\xc2\x80"), true, 1 },  /* U+0080 */
	{ BYTES("\xdf\xbf"), true, 1 },  /* U+07FF */
	{ BYTES("\xc3"), false, 0 },     /* cut off */
	{ BYTES("\xc3\x28"), false, 0 },
	{ BYTES("\xc3\xc3"), false, 0 },
	{ BYTES("\xe0\x9f\xbf"), false, 0 }, /* overlong */
	{ BYTES("\xe0\xa0\x80"), true, 1 },  /* U+0800 */
	{ BYTES("\xe2\x82\xac"), true, 1 },  /* the euro sign */
	{ BYTES("\xe2\x82"), false, 0 },
	{ BYTES("\xe2\x28\xa1"), false, 0 },
	{ BYTES("\xe2\x82\x28"), false, 0 },
	{ BYTES("\xed\x9f\xbf"), true, 1 },      /* U+D7FF */
	{ BYTES("\xed\xa0\x80"), false, 0 },     /* the first surrogate */
	{ BYTES("\xed\xbf\xbf"), false, 0 },     /* the last */
	{ BYTES("\xee\x80\x80"), true, 1 },      /* U+E000 */
	{ BYTES("\xef\xbf\xbf"), true, 1 },      /* U+FFFF */
	{ BYTES("\xf0\x8f\xbf\xbf"), false, 0 }, /* overlong */
	{ BYTES("\xf0\x90\x80\x80"), true, 1 },  /* U+10000 */
	{ BYTES("\xf0\x9f\x90\x98"), true, 1 },  /* an elephant */
	{ BYTES("\xf0\x9f\x90"), false, 0 },
	{ BYTES("\xf0\x9f\x28\x98"), false, 0 },
	{ BYTES("\xf4\x8f\xbf\xbf"), true, 1 },  /* U+10FFFF */
	{ BYTES("\xf4\x90\x80\x80"), false, 0 }, /* beyond */
	{ BYTES("\xf5\x80\x80\x80"), false, 0 },
	{ BYTES("\xfe"), false, 0 },
	{ BYTES("\xff"), false, 0 },
	{ BYTES("\xf1\x80\x80\x80"), true, 1 }, /* U+40000 */
	{ BYTES("\xf3\xbf\xbf\xbf"), true, 1 }, /* U+FFFFF */
	{ BYTES("\xf4\x80\x80\x80"), true, 1 }, /* U+100000 */
	{ BYTES("\xe1\x80\x80"), true, 1 },     /* U+1000 */
	{ BYTES("na\xc3\xafve \xe2\x82\xac"), true, 7 },
};

#define ROWS (sizeof rows / sizeof rows[0])

START_TEST(test_utf8__every_row_alone)
{
	for (size_t i = 0; i < ROWS; i++) {
		ck_assert_msg(weir__utf8_is_valid(rows[i].text, rows[i].length) == rows[i].valid, "row %zu", i);
		if (rows[i].valid)
			ck_assert_uint_eq(weir__utf8_count(rows[i].text, rows[i].length), rows[i].characters);
	}
}
END_TEST

/* In memory of exactly its size, so that a sanitizer sees a byte too many. */
static void check_between(size_t row, size_t before, size_t after)
{
	size_t length = before + rows[row].length + after;
	char  *text = malloc(length + 1);
	char  *start = text + 1;

	memset(text, 'x', length + 1);
	memcpy(start + before, rows[row].text, rows[row].length);
	ck_assert_msg(weir__utf8_is_valid(start, length) == rows[row].valid, "row %zu at %zu", row, before);
	if (rows[row].valid)
		ck_assert_uint_eq(weir__utf8_count(start, length), before + rows[row].characters + after);
	free(text);
}

START_TEST(test_utf8__every_row_between_ascii_of_any_length)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t before = 0; before <= 17; before++)
			for (size_t after = 0; after <= 17; after++)
				check_between(i, before, after);
}
END_TEST

/* The definition: what a decoder of code points accepts, against every sequence of up to three bytes. */
static size_t expected_step(const unsigned char *b, size_t length)
{
	if (b[0] < 0x80)
		return b[0] > 0;
	if (length < 2 || (b[1] & 0xC0) != 0x80)
		return 0;
	if ((b[0] & 0xE0) == 0xC0)
		return (unsigned)((b[0] & 0x1F) << 6 | (b[1] & 0x3F)) >= 0x80 ? 2 : 0;
	if (length < 3 || (b[2] & 0xC0) != 0x80 || (b[0] & 0xF0) != 0xE0)
		return 0;
	unsigned point = (unsigned)((b[0] & 0x0F) << 12 | (b[1] & 0x3F) << 6 | (b[2] & 0x3F));
	return point >= 0x800 && (point < 0xD800 || point > 0xDFFF) ? 3 : 0;
}

START_TEST(test_utf8__all_three_byte_sequences_as_the_definition_says)
{
	for (uint32_t n = 0; n < 1u << 24; n++) {
		unsigned char b[3] = { (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };
		if (weir__utf8_character((const char *)b, 3) != expected_step(b, 3))
			ck_abort_msg("%02x %02x %02x", b[0], b[1], b[2]);
	}
}
END_TEST

START_TEST(test_utf8__four_bytes_are_the_points_from_10000_to_10ffff)
{
	static const unsigned char thirds[] = { 0x00, 0x7f, 0x80, 0xa5, 0xbf, 0xc0, 0xff };

	for (unsigned n = 0xF000; n < 1u << 16; n++)
		for (size_t i = 0; i < sizeof thirds; i++)
			for (size_t k = 0; k < sizeof thirds; k++) {
				unsigned char b[4] = { (unsigned char)(n >> 8), (unsigned char)n, thirds[i], thirds[k] };
				bool          marks = b[0] < 0xF8 && (b[1] >> 6) == 2 && (b[2] >> 6) == 2 && (b[3] >> 6) == 2;
				unsigned      point = (b[0] & 7U) << 18 | (b[1] & 0x3FU) << 12 | (b[2] & 0x3FU) << 6 | (b[3] & 0x3FU);
				size_t        expected = marks && point >= 0x10000 && point <= 0x10FFFF ? 4 : 0;
				if (weir__utf8_character((const char *)b, 4) != expected)
					ck_abort_msg("%02x %02x %02x %02x", b[0], b[1], b[2], b[3]);
			}
}
END_TEST

START_TEST(test_utf8__a_character_does_not_read_behind_its_end)
{
	const char euro[] = "\xe2\x82\xac";

	for (size_t length = 0; length < 3; length++)
		ck_assert_uint_eq(weir__utf8_character(euro, length), 0);
	ck_assert_uint_eq(weir__utf8_character(euro, 3), 3);
}
END_TEST

/* Is anything wrong with the four bytes, put into ASCII at this place of a block? */
static bool is_wrong_at(const char *bytes, size_t place)
{
	enum { BEFORE = 3, BLOCK = sizeof(weir__block) };
	char text[BEFORE + 2 * BLOCK];

	memset(text, 'x', sizeof text);
	memcpy(text + BEFORE + place, bytes, 4);
	return weir__block_first(weir__utf8_wrong(text + BEFORE)) < BLOCK ||
	       weir__block_first(weir__utf8_wrong(text + BEFORE + BLOCK)) < BLOCK;
}

START_TEST(test_utf8__blocks_say_what_characters_do)
{
	static const char bytes[] =
		"ax\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf4\xf5\xf7\xf8\xff";
	static const size_t places[] = { 0, 7, 12, 13, 14, 15 };
	const size_t        kinds = sizeof bytes - 1;

	for (size_t n = 0; n < kinds * kinds * kinds * kinds; n++) {
		const char text[] = { bytes[n % kinds], bytes[n / kinds % kinds], bytes[n / kinds / kinds % kinds],
			                  bytes[n / kinds / kinds / kinds] };
		bool       valid = weir__utf8_is_valid(text, sizeof text);
		for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
			if (is_wrong_at(text, places[i]) == valid)
				ck_abort_msg("%zu at %zu", n, places[i]);
	}
}
END_TEST

WEIR_SUITE("base/utf8", test_utf8__blocks_say_what_characters_do, test_utf8__every_row_alone,
           test_utf8__every_row_between_ascii_of_any_length, test_utf8__all_three_byte_sequences_as_the_definition_says,
           test_utf8__four_bytes_are_the_points_from_10000_to_10ffff,
           test_utf8__a_character_does_not_read_behind_its_end);
