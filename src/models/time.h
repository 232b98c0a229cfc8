/* Times, intervals, addresses and uuids as text, of and to exactly the bytes given: what the public functions and the codec share. */
#ifndef WEIR_MODELS_TIME_H
#define WEIR_MODELS_TIME_H

#include <weir/types.h>

/* PostgreSQL's earliest time, 24 November 4714 BC; its latest lies behind INT64_MAX - 1. */
#define WEIR__TIME_MIN_US INT64_C(-210866803200000000)

/* The first and last date, 24 November 4714 BC and 31 December 5874897; the end of a day. */
#define WEIR__DATE_MIN     (-2440588)
#define WEIR__DATE_MAX     2145042905
#define WEIR__CLOCK_MAX_US INT64_C(86400000000)

/* Writes the text of weir_time_text (zoned) or weir_timestamp_text, a NUL after it, and returns its length. */
size_t weir__time_write(int64_t us, bool zoned, char text[WEIR_TIME_TEXT_MAX]);

/* Reads exactly length bytes as weir_time_parse (zoned) or weir_timestamp_parse do. False: *us is untouched. */
bool weir__time_read(const char *text, size_t length, bool zoned, int64_t *us);

/* The same for dates, times of day, intervals (interval.c) and addresses (inet.c). Reading takes what the public functions
 * take. */
size_t weir__date_write(int32_t days, char text[WEIR_DATE_TEXT_MAX]);
bool   weir__date_read(const char *text, size_t length, int32_t *days);
size_t weir__clock_write(int64_t us, char text[WEIR_CLOCK_TEXT_MAX]);
bool   weir__clock_read(const char *text, size_t length, int64_t *us);
size_t weir__interval_write(const weir_interval *interval, char text[WEIR_INTERVAL_TEXT_MAX]);
bool   weir__interval_read(const char *text, size_t length, weir_interval *interval);
size_t weir__inet_write(const weir_inet *inet, char text[WEIR_INET_TEXT_MAX]);
bool   weir__inet_read(const char *text, size_t length, weir_inet *inet);
bool   weir__inet_is_valid(const weir_inet *inet);

/* The same for uuids; a uuid's text has WEIR_UUID_TEXT_MAX - 1 bytes. */
void weir__uuid_write(const weir_uuid *uuid, char text[WEIR_UUID_TEXT_MAX]);
bool weir__uuid_read(const char *text, size_t length, weir_uuid *uuid);

/* Reads WEIR_UUID_TEXT_MAX - 1 bytes that must be what weir__uuid_write writes. False: *uuid is untouched. */
bool weir__uuid_read_own(const char *text, weir_uuid *uuid);

#endif
