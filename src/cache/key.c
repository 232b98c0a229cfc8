/* Keys: escaping of parts, shortening of long keys, the physical form. Pure. */
#include "cache/key.h"

#include "base/block.h"
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* Printable ASCII without : % { and }. */
static bool is_plain(unsigned char c)
{
	static const uint64_t plain[4] = { UINT64_C(0xfbffffde00000000), UINT64_C(0x57ffffffffffffff) };

	return plain[c >> 6] >> (c & 63) & 1;
}

/* As far as the bytes are plain: as signed numbers all others but these few are no greater than a blank. */
static size_t count_plain(const char *part, size_t length)
{
	size_t at = 0, plain = sizeof(weir__block);

	for (; plain == sizeof(weir__block) && length - at >= plain; at += plain) {
		weir__block block = weir__block_load(part + at);

		plain = weir__block_first((weir__block)(((weir__signed_block)block <= 0x20) | (block == 0x7f) | (block == ':') |
		                                        (block == '%') | (block == '{') | (block == '}')));
	}
	if (plain == sizeof(weir__block))
		while (at < length && is_plain((unsigned char)part[at]))
			at++;
	return at;
}

void weir__key_part(weir__buffer *key, const char *part, size_t length)
{
	size_t start = 0;

	for (size_t i = count_plain(part, length); i < length; i += 1 + count_plain(part + i + 1, length - i - 1)) {
		unsigned char c = (unsigned char)part[i];

		weir__buffer_append(key, part + start, i - start);
		weir__buffer_append(key, (char[3]){ '%', hex_digits[c >> 4], hex_digits[c & 15] }, 3);
		start = i + 1;
	}
	weir__buffer_append(key, part + start, length - start);
}

/* No escaped byte looks like %N: N is no hexadecimal digit. */
void weir__key_null(weir__buffer *key)
{
	weir__buffer_append(key, "%N", 2);
}

bool weir__key_prefix_ok(const char *prefix)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < length; i++)
		if (prefix[i] != ':' && prefix[i] != '%' && !is_plain((unsigned char)prefix[i]))
			return false;
	return length > 0 && length <= WEIR__PREFIX_MAX;
}

size_t weir__key_head(char *head, const char *prefix)
{
	return (size_t)snprintf(head, WEIR__HEAD_MAX, "%s:", prefix);
}

/* How much of a long key is written out: the whole parts within its first WEIR__KEY_KEPT bytes, colon included. */
static size_t kept_length(weir_bytes logical)
{
	size_t kept = WEIR__KEY_KEPT;

	while (kept > 0 && logical.data[kept - 1] != ':')
		kept--;
	return kept;
}

static char *write_bytes(char *out, const void *bytes, size_t length)
{
	memcpy(out, bytes, length);
	return out + length;
}

static char *write_hash(char *out, weir_bytes logical)
{
	*out++ = '%';
	*out++ = 'h';
	for (uint64_t half = 0; half < 2; half++) {
		uint64_t hash = weir__hash64(logical.data, logical.length, half);

		for (int shift = 60; shift >= 0; shift -= 4)
			*out++ = hex_digits[hash >> shift & 15];
	}
	return out;
}

size_t weir__key_write(char *out, weir_bytes head, weir_bytes logical, weir__key_slot slot)
{
	bool        is_long = logical.length > WEIR__KEY_LONG;
	size_t      written = is_long ? kept_length(logical) : logical.length;
	const char *colon = slot == WEIR__SLOT_FIRST ? memchr(logical.data, ':', written) : NULL;
	size_t      first = colon ? (size_t)(colon - logical.data) : written;
	char       *at = write_bytes(out, head.data, head.length);

	*at++ = '{';
	at = write_bytes(at, logical.data, first);
	if (colon)
		*at++ = '}';
	at = write_bytes(at, logical.data + first, written - first);
	if (is_long)
		at = write_hash(at, logical);
	if (!colon)
		*at++ = '}';
	return (size_t)(at - out);
}

/* How many parts of a key are names: {user:id:42}, {users}:s:user_id:7. */
static int name_count(weir_bytes key)
{
	const char *brace = memchr(key.data, '}', key.length);

	return brace && brace + 1 < key.data + key.length ? 3 : 2;
}

void weir__key_show(char shown[WEIR__KEY_SHOWN], weir_bytes head, weir_bytes physical, uint64_t secret)
{
	weir_bytes key = { .data = physical.data + head.length, .length = physical.length - head.length };
	int        left = name_count(key);
	size_t     written = 0;

	for (size_t i = 0; i < key.length && left > 0 && written < WEIR__KEY_LONG; i++) {
		left -= key.data[i] == ':';
		if (key.data[i] != '{' && key.data[i] != '}')
			shown[written++] = key.data[i];
	}
	if (left > 0)
		shown[written] = '\0';
	else
		snprintf(&shown[written], sizeof ":#12345678", "#%08" PRIx32,
		         (uint32_t)weir__hash64(key.data, key.length, secret));
}
