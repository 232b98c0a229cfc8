/* Base64: three bytes are four digits; the last one or two bytes are padded with =, and the bits that they leave over
 * must be 0. */
#include "models/base64.h"

#include <stdint.h>

static const char digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One more than the value of a digit; 0 for what is none. */
static const uint8_t values[256] = {
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
	['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

char *weir__base64_write(char *at, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	for (; length >= 3; length -= 3, from += 3) {
		uint32_t word = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*at++ = digits[word >> shift & 63];
	}
	if (length > 0) {
		uint32_t word = (uint32_t)from[0] << 16 | (length > 1 ? (uint32_t)from[1] << 8 : 0);
		*at++ = digits[word >> 18];
		*at++ = digits[word >> 12 & 63];
		*at++ = (char)(length > 1 ? digits[word >> 6 & 63] : '=');
		*at++ = '=';
	}
	return at;
}

/* Four digits, of which the last `padding` are not there. */
static bool read_four(const char *text, size_t padding, uint8_t *to)
{
	uint32_t word = 0;

	for (size_t i = 0; i < 4; i++) {
		uint8_t value = i < 4 - padding ? values[(unsigned char)text[i]] : 1;
		if (!value)
			return false;
		word = word << 6 | (value - 1U);
	}
	if (word & (padding == 2 ? 0xffffU : padding == 1 ? 0xffU : 0))
		return false;
	for (size_t i = 0; i < 3 - padding; i++)
		to[i] = (uint8_t)(word >> (16 - 8 * i) & 0xff);
	return true;
}

bool weir__base64_read(const char *text, size_t length, void *bytes, size_t *count)
{
	uint8_t *to = bytes;
	size_t   padding = 0;

	if (length % 4 != 0)
		return false;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < length; i += 4, to += 3)
		if (!read_four(text + i, i + 4 == length ? padding : 0, to))
			return false;
	*count = length / 4 * 3 - padding;
	return true;
}
