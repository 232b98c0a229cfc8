/* A growing byte buffer. Appending never fails in the middle of a caller: the first failure is remembered in `failed`
 * and everything after it does nothing, so that one check at the end is enough. */
#ifndef WEIR_BASE_BUFFER_H
#define WEIR_BASE_BUFFER_H

#include <weir/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct weir__buffer {
	char  *data; /* not ended by a NUL unless weir__buffer_text() made it so */
	size_t length;
	size_t capacity;
	bool   failed;
} weir__buffer;

#define WEIR__BUFFER_INIT                                                                                              \
	{                                                                                                                  \
		.length = 0                                                                                                    \
	}

/* Room for size more bytes behind length, or NULL. Does not change length. */
char *weir__buffer_reserve(weir__buffer *buffer, size_t size);

/* These are called in very many places: none of them is inline, which would be a fifth of the library. */
void weir__buffer_append(weir__buffer *buffer, const void *bytes, size_t length);
void weir__buffer_append_text(weir__buffer *buffer, const char *text);
void weir__buffer_append_char(weir__buffer *buffer, char c);
void weir__buffer_append_i64(weir__buffer *buffer, int64_t number);
void weir__buffer_appendf(weir__buffer *buffer, const char *format, ...) WEIR_PRINTF(2, 3);

/* The content ended by a NUL that is not counted; NULL after a failure. */
const char *weir__buffer_text(weir__buffer *buffer);

/* Hands the content (ended by a NUL) to the caller, who frees it, and leaves the buffer empty; NULL after a failure. */
char *weir__buffer_detach(weir__buffer *buffer);

/* Empties it and keeps the memory; forgets a failure. */
void weir__buffer_clear(weir__buffer *buffer);
void weir__buffer_release(weir__buffer *buffer);

#endif
