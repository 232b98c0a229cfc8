/* Bytes as base64 (RFC 4648, with padding): one text for each content, and only that is read. */
#ifndef WEIR_MODELS_BASE64_H
#define WEIR_MODELS_BASE64_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t weir__base64_length(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

/* Writes weir__base64_length(length) characters and returns the place behind them. */
char *weir__base64_write(char *at, const void *bytes, size_t length);

/* Reads all of the text into *bytes, which has room for length / 4 * 3, and may be where the text is. False for any other
 * text; what was written then means nothing. */
bool weir__base64_read(const char *text, size_t length, void *bytes, size_t *count);

#endif
