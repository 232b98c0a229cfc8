/* numeric between its text and PostgreSQL's binary format: exact both ways, and safe against bytes that are wrong. */
#include "db/wire.h"
#include "support/suite.h"
#include "unit/db/hex.h"

#include "base/memory.h"

#include <stdlib.h>

static weir__buffer wire;

static void encode(const char *text)
{
	const char *reason = NULL;

	weir__buffer_clear(&wire);
	ck_assert_msg(weir__numeric_encode(text, &wire, &reason) == WEIR_OK, "%s: %s", text, reason);
}

/* The text of what is in wire; the caller frees it. It must keep to the size that was announced. */
static char *decode(void)
{
	size_t size;

	ck_assert_int_eq(weir__numeric_text_size(wire.data, wire.length, &size), WEIR_OK);
	char *text = weir__malloc(size);
	char *end = weir__numeric_decode(wire.data, text);
	ck_assert_uint_le((size_t)(end - text), size);
	ck_assert_uint_eq((size_t)(end - text), strlen(text) + 1);
	return text;
}

static void assert_encodes(const char *text, const char *hex)
{
	encode(text);
	assert_hex(wire, hex);
	weir__buffer_release(&wire);
}

static void assert_reads_back(const char *text, const char *expected)
{
	encode(text);
	char *read = decode();
	ck_assert_str_eq(read, expected);
	weir__free(read);
	weir__buffer_release(&wire);
}

START_TEST(test_numeric_wire__digits_stand_at_their_place)
{
	assert_encodes("0", "0000 0000 0000 0000");
	assert_encodes("1", "0001 0000 0000 0000 0001");
	assert_encodes("-1", "0001 0000 4000 0000 0001");
	assert_encodes("9999", "0001 0000 0000 0000 270f");
	assert_encodes("10000", "0001 0001 0000 0000 0001");
	assert_encodes("12345.6789", "0003 0001 0000 0004 0001 0929 1a85");
	assert_encodes("0.0001", "0001 ffff 0000 0004 0001");
	assert_encodes("0.00001", "0001 fffe 0000 0005 03e8");
	assert_encodes("100000000", "0001 0002 0000 0000 0001");
	assert_encodes("100010000.0", "0002 0002 0000 0001 0001 0001");
}
END_TEST

START_TEST(test_numeric_wire__the_scale_is_kept)
{
	assert_encodes("12.5", "0002 0000 0000 0001 000c 1388");
	assert_encodes("12.50", "0002 0000 0000 0002 000c 1388");
	assert_encodes("0.00", "0000 0000 0000 0002");
	assert_encodes("-0.0", "0000 0000 0000 0001");
	assert_encodes("3.", "0001 0000 0000 0000 0003");
	assert_encodes("007.10", "0002 0000 0000 0002 0007 03e8");
}
END_TEST

START_TEST(test_numeric_wire__an_exponent_moves_the_point)
{
	assert_encodes("1e4", "0001 0001 0000 0000 0001");
	assert_encodes("1.50e1", "0001 0000 0000 0001 000f");
	assert_encodes("1e-4", "0001 ffff 0000 0004 0001");
	assert_encodes("-1E+2", "0001 0000 4000 0000 0064");
	assert_encodes("0e1000000", "0000 0000 0000 0000");
	assert_encodes("1e131071", "0001 7fff 0000 0000 03e8");
	assert_encodes("1e-16383", "0001 f000 0000 3fff 000a");
}
END_TEST

START_TEST(test_numeric_wire__specials_have_no_digits)
{
	assert_encodes("NaN", "0000 0000 c000 0000");
	assert_encodes("Infinity", "0000 0000 d000 0000");
	assert_encodes("+inf", "0000 0000 d000 0000");
	assert_encodes("-Infinity", "0000 0000 f000 0000");
}
END_TEST

START_TEST(test_numeric_wire__what_is_no_number_is_refused_and_nothing_appended)
{
	static const char *const texts[] = {
		"", " 1", "1 ", "1,5", "--1", "1e", "0x10", ".", "12a", "1e131072", "1e-16384"
	};
	const char *reason = NULL;

	weir__buffer_append_char(&wire, 'x');
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		ck_assert_msg(weir__numeric_encode(texts[i], &wire, &reason) == WEIR_ERR_VALUE, "%s", texts[i]);
		ck_assert_ptr_nonnull(reason);
		ck_assert_uint_eq(wire.length, 1);
	}
	weir__buffer_release(&wire);
}
END_TEST

START_TEST(test_numeric_wire__texts_read_back_as_postgres_writes_them)
{
	static const char *const pairs[][2] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "0.00", "0.00" },
		{ "12.50", "12.50" },
		{ "-0.001", "-0.001" },
		{ ".5", "0.5" },
		{ "+7", "7" },
		{ "0001", "1" },
		{ "10000", "10000" },
		{ "100000000.00000001", "100000000.00000001" },
		{ "123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789" },
		{ "0.000000001000", "0.000000001000" },
		{ "1e10", "10000000000" },
		{ "1.25e-3", "0.00125" },
		{ "nan", "NaN" },
		{ "INFINITY", "Infinity" },
		{ "-inf", "-Infinity" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_reads_back(pairs[i][0], pairs[i][1]);
}
END_TEST

START_TEST(test_numeric_wire__the_longest_number_survives_to_the_digit)
{
	size_t whole = 131072;
	size_t fraction = 16383;
	size_t length = 1 + whole + 1 + fraction;
	char  *text = weir__malloc(length + 1);

	text[0] = '-';
	for (size_t i = 1; i < length; i++)
		text[i] = (char)('1' + i * 7 % 9);
	text[1 + whole] = '.';
	text[length] = '\0';
	assert_reads_back(text, text);
	weir__free(text);
}
END_TEST

/* A number as PostgreSQL would write it: no zeros in front, no minus zero. */
static void random_number(char *text)
{
	size_t whole = (size_t)rand() % 13;
	size_t fraction = (size_t)rand() % 13;
	char  *start = text;

	if (rand() % 2)
		*text++ = '-';
	*text++ = (char)('1' + rand() % 9);
	for (size_t i = 0; i < whole; i++)
		*text++ = (char)(rand() % 3 ? '0' : '0' + rand() % 10);
	if (fraction)
		*text++ = '.';
	for (size_t i = 0; i < fraction; i++)
		*text++ = (char)(rand() % 3 ? '0' : '0' + rand() % 10);
	*text = '\0';
	ck_assert_uint_lt((size_t)(text - start), 40);
}

START_TEST(test_numeric_wire__random_numbers_read_back_equal)
{
	char text[40];

	srand(7);
	for (int i = 0; i < 20000; i++) {
		random_number(text);
		assert_reads_back(text, text);
	}
}
END_TEST

START_TEST(test_numeric_wire__wrong_bytes_are_no_numeric)
{
	static const char *const wrong[] = {
		"",                              /* no header */
		"0000 0000 0000 00",             /* part of one */
		"0001 0000 0000 0000",           /* a digit is missing */
		"0001 0000 0000 0000 0001 0002", /* one too many */
		"ffff 0000 0000 0000 0001",      /* 65535 digits announced */
		"0001 0000 0000 0000 2710",      /* a digit of 10000 */
		"0001 0000 0000 0000 ffff",      /* a negative one */
		"0000 0000 1000 0000",           /* no such sign */
		"0000 0000 0000 4000",           /* a scale beyond any */
		"0001 0000 0000 ffff 0001",      /* a negative one */
		"0001 0000 c000 0000",           /* NaN, and a digit that is missing */
	};
	size_t size;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		append_hex_bytes(&wire, wrong[i]);
		char *exact = weir__malloc(wire.length); /* so that the sanitizer sees a read beyond the end */
		if (wire.length)
			memcpy(exact, wire.data, wire.length);
		ck_assert_msg(weir__numeric_text_size(exact, wire.length, &size) == WEIR_ERR_SCHEMA, "%s", wrong[i]);
		weir__free(exact);
		weir__buffer_release(&wire);
	}
}
END_TEST

START_TEST(test_numeric_wire__odd_but_possible_bytes_stay_within_their_size)
{
	static const char *const pairs[][2] = {
		{ "0000 7fff 0000 0000", "0" },             /* zero of the largest weight */
		{ "0002 0001 0000 0000 0000 0007", "7" },   /* a zero in front */
		{ "0001 8000 0000 0003 0001", "0.000" },    /* a digit far behind the scale */
		{ "0002 0000 0000 0001 0001 1234", "1.4" }, /* digits beyond the scale */
		{ "0001 0000 4000 0000 0000", "-0" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		append_hex_bytes(&wire, pairs[i][0]);
		char *text = decode();
		ck_assert_str_eq(text, pairs[i][1]);
		weir__free(text);
		weir__buffer_release(&wire);
	}
}
END_TEST

WEIR_SUITE("numeric_wire", test_numeric_wire__digits_stand_at_their_place, test_numeric_wire__the_scale_is_kept,
           test_numeric_wire__an_exponent_moves_the_point, test_numeric_wire__specials_have_no_digits,
           test_numeric_wire__what_is_no_number_is_refused_and_nothing_appended,
           test_numeric_wire__texts_read_back_as_postgres_writes_them,
           test_numeric_wire__the_longest_number_survives_to_the_digit,
           test_numeric_wire__random_numbers_read_back_equal, test_numeric_wire__wrong_bytes_are_no_numeric,
           test_numeric_wire__odd_but_possible_bytes_stay_within_their_size);
