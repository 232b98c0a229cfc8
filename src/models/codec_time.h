/* Times in cached records: the text of models/time.h, and only that text, at the speed of the codec. */
#ifndef WEIR_MODELS_CODEC_TIME_H
#define WEIR_MODELS_CODEC_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the text of weir_time_text (zoned) or weir_timestamp_text and returns the place behind it; uses at most
 * WEIR_TIME_TEXT_MAX bytes. */
char *weir__codec_time_write(char *at, int64_t us, bool zoned);

/* Reads exactly the text that is written for *us. False, and *us untouched, for any other. */
bool weir__codec_time_read(const char *text, size_t length, bool zoned, int64_t *us);

/* The length of the text of a time of the years 1 to 9999: 2026-11-21T10:26:15.000123, and Z. */
static inline size_t weir__codec_time_plain(bool zoned)
{
	return 26 + (size_t)zoned;
}

/* Reads a text of this length as above; false also for what is no such time but another one's text. */
bool weir__codec_time_read_plain(const char *text, bool zoned, int64_t *us);

#endif
