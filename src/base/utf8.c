/* UTF-8: ASCII sixteen bytes at a time, a longer character as one number of four bytes. */
#include "base/utf8.h"

#include "base/block.h"
#include "base/word.h"

size_t weir__utf8_character(const char *text, size_t length)
{
	if (length == 0)
		return 0;
	if ((unsigned char)*text < 0x80)
		return *text != 0;
	return weir__utf8_longer(weir__utf8_load(text, length));
}

/* The length of the bytes from 0x01 to 0x7F that a text starts with: no other is above 0 as a signed number. */
static size_t count_ascii(const char *text, size_t length)
{
	size_t at = 0, plain = sizeof(weir__block);

	for (; plain == sizeof(weir__block) && length - at >= plain; at += plain)
		plain = weir__block_first((weir__block)((weir__signed_block)weir__block_load(text + at) <= 0));
	if (plain == sizeof(weir__block))
		while (at < length && (signed char)text[at] > 0)
			at++;
	return at;
}

bool weir__utf8_is_valid(const char *text, size_t length)
{
	for (size_t at = count_ascii(text, length), step; at < length; at += step) {
		step = (signed char)text[at] < 0 ? weir__utf8_longer(weir__utf8_load(text + at, length - at))
		                                 : count_ascii(text + at, length - at);
		if (step == 0)
			return false;
	}
	return true;
}

/* How many of the eight bytes continue a character: those that begin with the bits 10. */
static size_t count_continuations(uint64_t word)
{
	uint64_t ones = (word >> 7) & ~(word >> 6) & WEIR__EVERY_BYTE;

	return (size_t)((ones * WEIR__EVERY_BYTE) >> 56);
}

size_t weir__utf8_count(const char *text, size_t length)
{
	size_t count = length;
	size_t at = 0;

	for (; length - at >= 8; at += 8)
		count -= count_continuations(weir__word_load(text + at));
	for (; at < length; at++)
		count -= ((unsigned char)text[at] & 0xC0) == 0x80;
	return count;
}
