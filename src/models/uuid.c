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

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool weir__uuid_read(const char *text, size_t length, weir_uuid *uuid)
{
	bool      hyphens = length == WEIR_UUID_TEXT_MAX - 1;
	weir_uuid read;

	if (!hyphens && length != 2 * sizeof read.bytes)
		return false;
	for (size_t i = 0; i < sizeof read.bytes; i++, text += 2) {
		if (hyphens && has_hyphen_before(i) && *text++ != '-')
			return false;
		int high = hex_value(text[0]);
		int low = hex_value(text[1]);
		if (high < 0 || low < 0)
			return false;
		read.bytes[i] = (uint8_t)(high << 4 | low);
	}
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
