/* What reads records: a place in their bytes, and where their texts go (codec_decode.c), and how it reads a string (codec_string.c).
 *
 * No text can outgrow the room that was made for all of them, even in bytes that turn out to be no record: while a
 * value is read, `end` lies before everything that must still follow it (the prefixes of later columns and records),
 * so that a value's bytes are never those of another's, and a text with its NUL takes no more room than its quotes
 * leave. Bytes are looked at eight or sixteen at a time as far as `limit`; such a step may write up to a block
 * behind a text, for which there is room. */
#ifndef WEIR_MODELS_CODEC_READER_H
#define WEIR_MODELS_CODEC_READER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct weir__codec_reader {
	const char *at;
	const char *end;
	const char *limit; /* of all bytes */
	char       *text;  /* where the next text goes */
	char       *items; /* where the items of the next array go */
	char       *items_end;
} weir__codec_reader;

/* Are there so many bytes to be looked at, whatever they are? */
static inline bool weir__codec_has(const weir__codec_reader *r, size_t size)
{
	return (size_t)(r->limit - r->at) >= size;
}

/* Passes a quote, if there is one. */
static inline bool weir__codec_skip_quote(weir__codec_reader *r)
{
	if (r->at == r->end || *r->at != '"')
		return false;
	r->at++;
	return true;
}

/* Reads a string of the canonical form (json_string.h), which must stand behind three bytes of JSON at least, into a text ended by a NUL
 * behind which the next text goes. False: it is none, and *value is not set. */
bool weir__codec_read_string(weir__codec_reader *r, const char **value, size_t *length);

#endif
