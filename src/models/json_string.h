/* JSON strings: a text between quotes, with the escapes that must be: \" \\ \b \f \n \r \t, other control characters
 * as \u00xx in lower-case hexadecimal. That is the canonical form, the one that is written and that the codec reads;
 * the other escapes are for JSON of others.
 *
 * Almost all texts need no escape. They are copied eight bytes at a time, and each eight are looked at once. */
#ifndef WEIR_MODELS_JSON_STRING_H
#define WEIR_MODELS_JSON_STRING_H

#include "base/block.h"
#include "base/buffer.h"

static inline bool weir__json_is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* Copies a block and returns how many bytes of it are plain, up to the first that is a quote, a backslash or a control
 * character. */
static inline size_t weir__json_copy_block(char *to, const char *from)
{
	weir__block block = weir__block_copy(to, from);

	return weir__block_first((weir__block)((block < 0x20) | (block == '"') | (block == '\\')));
}

/* Copies up to the first special byte, at most length bytes, and returns how many those were. What lies behind them at
 * `to`, within length, may be overwritten. */
static inline size_t weir__json_copy_plain(char *to, const char *from, size_t length)
{
	const size_t size = sizeof(weir__block);
	size_t       at = 0, plain = size;

	for (; plain == size && length - at >= size; at += plain)
		plain = weir__json_copy_block(to + at, from + at);
	if (plain == size && at > 0 && at < length) { /* once more, from where a whole block is left */
		plain = weir__json_copy_block(to + length - size, from + length - size);
		return length - size + plain;
	}
	for (; plain == size && at < length && !weir__json_is_special(from[at]); at++)
		to[at] = from[at];
	return at;
}

/* Room for size bytes at `at`, the end of what was written into the buffer so far: the place to go on, which may have
 * moved, or NULL when there is no memory. The length of the buffer is brought up to date. */
static inline char *weir__json_room(weir__buffer *buffer, char *at, size_t size)
{
	buffer->length = (size_t)(at - buffer->data);
	if (buffer->capacity - buffer->length >= size)
		return at;
	return weir__buffer_reserve(buffer, size);
}

/* Writes the text as a string at `at` and returns the place behind it, where there is room for `more` bytes, or NULL as above. */
char *weir__json_string_write(weir__buffer *buffer, char *at, const char *text, size_t more);

/* Appends the text as a string. */
void weir__json_string_append(weir__buffer *buffer, const char *text);

/* Appends the text, without a NUL, of a string that weir__json_scan has found to be one, quotes included. */
void weir__json_string_unescape(weir__buffer *buffer, const char *string, size_t length);

/* The letter that stands behind the backslash for a control character: u where hexadecimal digits must follow. */
char weir__json_escape_letter(unsigned c);

/* The one byte that \b, \f, \n, \r, \t, \" or \\ stand for, given the second of the two; 0 for any other. */
extern const char weir__json_unescaped[256];

static inline char weir__json_unescape_letter(char letter)
{
	return weir__json_unescaped[(unsigned char)letter];
}

#endif
