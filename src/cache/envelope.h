/* Envelopes: the bytes of one cache entry. A line that says what it is, then the payload:
 *
 *     V1 <token> <fingerprint> <items> <payload length> <key length> <stamp count> <stamp>... <key> LF <payload>
 *
 * All numbers but the count are hexadecimal and of fixed width, so that the line is read by position, with a plain eye too.
 * V is a value, N "not found", O a value of the application's own. The token is the fill's, so that the first
 * WEIR__SEEN_SIZE bytes differ between two entries of one key. The whole logical key stands in it: a hash collision,
 * a value copied to another key or a schema of another version is no hit. Pure. */
#ifndef WEIR_CACHE_ENVELOPE_H
#define WEIR_CACHE_ENVELOPE_H

#include "cache/cache.h"

#define WEIR__ENVELOPE_STAMPS  (WEIR__STAMPS_MAX + 1)
#define WEIR__ENVELOPE_KEY_MAX 0xffffffu

typedef struct weir__envelope {
	char       kind; /* 'V', 'N' or 'O' */
	uint64_t   token;
	uint64_t   fingerprint;
	uint64_t   items;
	weir_bytes key; /* logical */
	weir_bytes payload;
	size_t     stamp_count;
	uint64_t   stamps[WEIR__ENVELOPE_STAMPS];
} weir__envelope;

/* Appends an envelope to out, whose failure says that memory was short. */
void weir__envelope_write(const weir__envelope *envelope, weir__buffer *out);

/* Reads bytes, exactly to their end; the envelope points into them. False: they are none of this format. */
bool weir__envelope_read(weir_bytes bytes, weir__envelope *envelope);

/* A stamp as a store keeps it: S and 16 hexadecimal digits; never 0. */
#define WEIR__STAMP_SIZE 17
void weir__stamp_write(uint64_t stamp, char text[WEIR__STAMP_SIZE]);
bool weir__stamp_read(weir_bytes bytes, uint64_t *stamp);

/* digits hexadecimal digits, up to 16, lower case; reading takes no other. */
void weir__hex_write(uint64_t number, size_t digits, char *out);
bool weir__hex_read(const char *text, size_t digits, uint64_t *number);

#endif
