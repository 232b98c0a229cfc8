/* Writing and strict reading of envelopes: fixed positions, nothing before, between or after. */
#include "cache/envelope.h"

#include "base/block.h"

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

/* Eight bytes with the number of a digit each, the first the lowest. */
static inline uint32_t join_eight(uint64_t word)
{
	word = (word << 4 | word >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word << 8 | word >> 16) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(word << 16 | word >> 32);
}

/* Sixteen digits at once. */
static inline bool read_sixteen(const char *text, uint64_t *number)
{
	const weir__block block = weir__block_load(text), digits = block - '0', letters = block - 'a';
	const weir__block is_digit = (weir__block)(digits < 10), is_letter = (weir__block)(letters < 6);
	const weir__block values = (digits & is_digit) | ((letters + 10) & is_letter);

	if (weir__block_first((weir__block)((is_digit | is_letter) == 0)) < sizeof values)
		return false;
	*number = (uint64_t)join_eight(weir__block_half(values, false)) << 32 | join_eight(weir__block_half(values, true));
	return true;
}

/* Of fewer digits zeros stand before. */
static inline __attribute__((always_inline)) bool read_digits(const char *text, size_t digits, uint64_t *number)
{
	char sixteen[sizeof(weir__block)] = "000000000000000";

	if (digits == sizeof sixteen)
		return read_sixteen(text, number);
	sixteen[sizeof sixteen - 1] = '0';
	memcpy(sixteen + sizeof sixteen - digits, text, digits);
	return read_sixteen(sixteen, number);
}

bool weir__hex_read(const char *text, size_t digits, uint64_t *number)
{
	return read_digits(text, digits, number);
}

/* The number and the space behind it. */
static char *write_number(char *at, uint64_t number, size_t digits)
{
	weir__hex_write(number, digits, at);
	at[digits] = ' ';
	return at + digits + 1;
}

static inline __attribute__((always_inline)) bool read_number(const char *at, size_t digits, uint64_t *number)
{
	return read_digits(at, digits, number) && at[digits] == ' ';
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
