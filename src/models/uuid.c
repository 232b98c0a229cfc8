/* Uuids as text: 8-4-4-4-12 hexadecimal digits. */
#include "models/time.h"

#include <string.h>

static bool has_hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void weir__uuid_write(const weir_uuid *uuid, char text[WEIR_UUID_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof uuid->bytes; i++) {
		if (has_hyphen_before(i))
			*text++ = '-';
		*text++ = digits[uuid->bytes[i] >> 4];
		*text++ = digits[uuid->bytes[i] & 15];
	}
	*text = '\0';
}

/* One more than the value of a digit; 0 for what is none. */
static const uint8_t digit_values[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool weir__uuid_read(const char *text, size_t length, weir_uuid *uuid)
{
	bool      hyphens = length == WEIR_UUID_TEXT_MAX - 1;
	weir_uuid read;

	if (!hyphens && length != 2 * sizeof read.bytes)
		return false;
	for (size_t i = 0; i < sizeof read.bytes; i++, text += 2) {
		if (hyphens && has_hyphen_before(i) && *text++ != '-')
			return false;
		uint8_t high = digit_values[(unsigned char)text[0]];
		uint8_t low = digit_values[(unsigned char)text[1]];
		if (!high || !low)
			return false;
		read.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	*uuid = read;
	return true;
}

bool weir__uuid_read_own(const char *text, weir_uuid *uuid)
{
	static const uint8_t values[256] = {
		['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
		['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	};
	static const uint8_t places[] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34 };
	weir_uuid            read;
	unsigned             seen = 0; /* the bits of all values: no digit has a higher one than 8 */

	for (size_t i = 0; i < sizeof read.bytes; i++) {
		unsigned high = values[(unsigned char)text[places[i]]] - 1U;
		unsigned low = values[(unsigned char)text[places[i] + 1]] - 1U;

		seen |= high | low;
		read.bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (seen > 15 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
		return false;
	*uuid = read;
	return true;
}

const char *weir_uuid_text(weir_uuid uuid, char text[WEIR_UUID_TEXT_MAX])
{
	weir__uuid_write(&uuid, text);
	return text;
}

int weir_uuid_parse(const char *text, weir_uuid *uuid)
{
	return text && weir__uuid_read(text, strlen(text), uuid) ? WEIR_OK : WEIR_ERR_VALUE;
}
