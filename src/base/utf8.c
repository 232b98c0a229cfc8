/* UTF-8: ASCII eight bytes at a time, the rest by a table of what may follow each lead byte. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define EVERY_BYTE UINT64_C(0x0101010101010101)

/* What a range of lead bytes announces: the length of the character and the bounds of its second byte. */
static const struct lead {
	unsigned char first, last;
	unsigned char length;
	unsigned char low, high;
} leads[] = {
	{ 0xC2, 0xDF, 2, 0x80, 0xBF }, { 0xE0, 0xE0, 3, 0xA0, 0xBF }, { 0xE1, 0xEC, 3, 0x80, 0xBF },
	{ 0xED, 0xED, 3, 0x80, 0x9F }, { 0xEE, 0xEF, 3, 0x80, 0xBF }, { 0xF0, 0xF0, 4, 0x90, 0xBF },
	{ 0xF1, 0xF3, 4, 0x80, 0xBF }, { 0xF4, 0xF4, 4, 0x80, 0x8F },
};

static uint64_t load(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof word);
	return word;
}

/* Are all eight bytes from 0x01 to 0x7F? Only then neither word nor word less one each has a high bit. */
static bool is_ascii(uint64_t word)
{
	return ((word | (word - EVERY_BYTE)) & (EVERY_BYTE << 7)) == 0;
}

static const struct lead *find_lead(unsigned char byte)
{
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
		if (byte <= leads[i].last)
			return byte >= leads[i].first ? &leads[i] : NULL;
	return NULL;
}

size_t weir__utf8_character(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const struct lead   *lead;

	if (length == 0)
		return 0;
	if (bytes[0] < 0x80)
		return bytes[0] != 0;
	lead = find_lead(bytes[0]);
	if (!lead || length < lead->length || bytes[1] < lead->low || bytes[1] > lead->high)
		return 0;
	for (size_t i = 2; i < lead->length; i++)
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
	return lead->length;
}

bool weir__utf8_is_valid(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t step = 1;
		if (length - at >= 8 && is_ascii(load(text + at)))
			step = 8;
		else if ((unsigned char)text[at] - 1U >= 0x7F) /* NUL, or not ASCII */
			step = weir__utf8_character(text + at, length - at);
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

/* How many of the eight bytes continue a character: those that begin with the bits 10. */
static size_t count_continuations(uint64_t word)
{
	uint64_t ones = (word >> 7) & ~(word >> 6) & EVERY_BYTE;

	return (size_t)((ones * EVERY_BYTE) >> 56);
}

size_t weir__utf8_count(const char *text, size_t length)
{
	size_t count = length;
	size_t at = 0;

	for (; length - at >= 8; at += 8)
		count -= count_continuations(load(text + at));
	for (; at < length; at++)
		count -= ((unsigned char)text[at] & 0xC0) == 0x80;
	return count;
}
