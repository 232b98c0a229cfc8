/* Writing and strict reading of envelopes: fixed positions, nothing before, between or after. */
#include "cache/envelope.h"

#include "base/word.h"

#include <string.h>

enum {
	AT_TOKEN = 3,
	AT_FINGERPRINT = AT_TOKEN + 17,
	AT_ITEMS = AT_FINGERPRINT + 17,
	AT_PAYLOAD_LENGTH = AT_ITEMS + 17,
	AT_KEY_LENGTH = AT_PAYLOAD_LENGTH + 9,
	AT_STAMP_COUNT = AT_KEY_LENGTH + 7,
	AT_STAMPS = AT_STAMP_COUNT + 2,
	STAMP_WIDTH = 17,
	LARGEST_LINE = AT_STAMPS + WEIR__ENVELOPE_STAMPS * STAMP_WIDTH
};

_Static_assert(WEIR__SEEN_SIZE == AT_FINGERPRINT - 1, "what is seen of an entry ends with its token");

void weir__hex_write(uint64_t number, size_t digits, char *out)
{
	while (digits-- > 0) {
		out[digits] = "0123456789abcdef"[number & 15];
		number >>= 4;
	}
}

/* Eight digits at once. All bytes that are one have, less what '0' or 'a' is, a number that is small enough. */
static bool read_eight(const char *text, uint64_t *number)
{
	uint64_t word = weir__word_load(text);
	uint64_t digits = word ^ WEIR__EVERY_BYTE * '0', letters = word ^ WEIR__EVERY_BYTE * ('a' - 1);
	uint64_t no_digits = digits + WEIR__EVERY_BYTE * (0x80 - 10);
	uint64_t no_letters = (letters + WEIR__EVERY_BYTE * (0x80 - 7)) | ~(letters + WEIR__EVERY_BYTE * 0x7f);

	if ((word | (no_digits & no_letters)) & WEIR__EVERY_EIGHTH_BIT)
		return false;
	word = (word & WEIR__EVERY_BYTE * 0x0f) + (word >> 6 & WEIR__EVERY_BYTE) * 9;
	word = (word << 4 | word >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word << 8 | word >> 16) & UINT64_C(0x0000ffff0000ffff);
	*number = *number << 32 | (uint32_t)(word << 16 | word >> 32);
	return true;
}

bool weir__hex_read(const char *text, size_t digits, uint64_t *number)
{
	uint64_t value = 0;

	for (; digits >= 8; digits -= 8, text += 8)
		if (!read_eight(text, &value))
			return false;
	for (size_t i = 0; i < digits; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned      digit = c >= '0' && c <= '9' ? c - 0u - '0' : c >= 'a' && c <= 'f' ? c - 0u - 'a' + 10 : 16;

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*number = value;
	return true;
}

/* The number and the space behind it. */
static char *write_number(char *at, uint64_t number, size_t digits)
{
	weir__hex_write(number, digits, at);
	at[digits] = ' ';
	return at + digits + 1;
}

static bool read_number(const char *at, size_t digits, uint64_t *number)
{
	return weir__hex_read(at, digits, number) && at[digits] == ' ';
}

void weir__envelope_write(const weir__envelope *envelope, weir__buffer *out)
{
	size_t size = LARGEST_LINE + envelope->key.length + 1 + envelope->payload.length;
	char  *start = envelope->payload.length > UINT32_MAX || envelope->key.length > WEIR__ENVELOPE_KEY_MAX
	                   ? NULL
	                   : weir__buffer_reserve(out, size);
	char  *at = start;

	if (!start) {
		out->failed = true;
		return;
	}
	*at++ = envelope->kind;
	*at++ = '1';
	*at++ = ' ';
	at = write_number(at, envelope->token, 16);
	at = write_number(at, envelope->fingerprint, 16);
	at = write_number(at, envelope->items, 16);
	at = write_number(at, envelope->payload.length, 8);
	at = write_number(at, envelope->key.length, 6);
	at = write_number(at, envelope->stamp_count, 1);
	for (size_t i = 0; i < envelope->stamp_count; i++)
		at = write_number(at, envelope->stamps[i], 16);
	memcpy(at, envelope->key.data, envelope->key.length);
	at += envelope->key.length;
	*at++ = '\n';
	if (envelope->payload.length)
		memcpy(at, envelope->payload.data, envelope->payload.length);
	out->length += (size_t)(at - start) + envelope->payload.length;
}

static bool read_stamps(const char *at, uint64_t count, weir__envelope *envelope)
{
	for (size_t i = 0; i < count; i++)
		if (!read_number(at + i * STAMP_WIDTH, 16, &envelope->stamps[i]))
			return false;
	envelope->stamp_count = (size_t)count;
	return true;
}

bool weir__envelope_read(weir_bytes bytes, weir__envelope *envelope)
{
	static const char kinds[] = { 'V', 'N', 'O' };
	const char       *at = bytes.data;
	uint64_t          payload_length, key_length, stamp_count;
	size_t            line;

	if (bytes.length < AT_STAMPS || !memchr(kinds, at[0], sizeof kinds) || at[1] != '1' || at[2] != ' ')
		return false;
	envelope->kind = at[0];
	if (!read_number(at + AT_TOKEN, 16, &envelope->token) ||
	    !read_number(at + AT_FINGERPRINT, 16, &envelope->fingerprint) ||
	    !read_number(at + AT_ITEMS, 16, &envelope->items) || !read_number(at + AT_PAYLOAD_LENGTH, 8, &payload_length) ||
	    !read_number(at + AT_KEY_LENGTH, 6, &key_length) || !read_number(at + AT_STAMP_COUNT, 1, &stamp_count))
		return false;
	if (stamp_count > WEIR__ENVELOPE_STAMPS)
		return false;
	line = AT_STAMPS + (size_t)stamp_count * STAMP_WIDTH;
	if (bytes.length < line || bytes.length - line != key_length + 1 + payload_length)
		return false;
	if (!read_stamps(at + AT_STAMPS, stamp_count, envelope) || at[line + key_length] != '\n')
		return false;
	envelope->key = (weir_bytes){ at + line, (size_t)key_length };
	envelope->payload = (weir_bytes){ at + line + key_length + 1, (size_t)payload_length };
	return true;
}

void weir__stamp_write(uint64_t stamp, char text[WEIR__STAMP_SIZE])
{
	text[0] = 'S';
	weir__hex_write(stamp, 16, text + 1);
}

bool weir__stamp_read(weir_bytes bytes, uint64_t *stamp)
{
	return bytes.length == WEIR__STAMP_SIZE && bytes.data[0] == 'S' && weir__hex_read(bytes.data + 1, 16, stamp) &&
	       *stamp != 0;
}
