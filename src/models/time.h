/* Times and uuids as text, of and to exactly the bytes given: what the public functions and the codec share. */
#ifndef WEIR_MODELS_TIME_H
#define WEIR_MODELS_TIME_H

#include <weir/types.h>

/* PostgreSQL's earliest time, 24 November 4714 BC; its latest lies behind INT64_MAX - 1. */
#define WEIR__TIME_MIN_US INT64_C(-210866803200000000)

/* Writes the text of weir_time_text (zoned) or weir_timestamp_text, a NUL after it, and returns its length. */
size_t weir__time_write(int64_t us, bool zoned, char text[WEIR_TIME_TEXT_MAX]);

/* Reads exactly length bytes as weir_time_parse (zoned) or weir_timestamp_parse do. False: *us is untouched. */
bool weir__time_read(const char *text, size_t length, bool zoned, int64_t *us);

/* The same for uuids; a uuid's text has WEIR_UUID_TEXT_MAX - 1 bytes. */
void weir__uuid_write(const weir_uuid *uuid, char text[WEIR_UUID_TEXT_MAX]);
bool weir__uuid_read(const char *text, size_t length, weir_uuid *uuid);

#endif
