/* The codec: records to and from the JSON that stands in the cache, in one pass by the layout.
 *
 * Written is one object with all columns in the layout's order and no white space, so reading compares each
 * `,"name":` with the layout's own bytes and is exact and strict: another order, a missing or further member, a number
 * out of range, bytes that are not UTF-8, a NUL, anything behind the end is WEIR_ERR_FORMAT, which callers treat as a
 * miss. Every record has one text and only that one is read: what is read is written again to the same bytes.
 *   int8       number; a string beyond +-2^53 (other readers use doubles)
 *   float8     the fewest of 15 to 17 digits that read back equal (models/number.h); "NaN", "Infinity", "-Infinity"
 *   float4     the same of 6 to 9               timestamps  string of weir_time_text / weir_timestamp_text
 *   numeric    string                           date, time, interval, inet, uuid: string of weir_date_text and so on
 *   json       string with the exact text       bytea       string in base64
 *   arrays     array, its items as nullable columns         NULL        null
 *   jsonb      its own text to the byte; where the column is nullable, a JSON null has a blank before it
 * int8, numeric, jsonb and texts survive to the byte. */
#ifndef WEIR_MODELS_CODEC_H
#define WEIR_MODELS_CODEC_H

#include "base/buffer.h"
#include "models/record.h"

/* Appends the record (a struct of the layout). Failure of memory is left in buffer->failed. */
void weir__codec_encode(const weir__layout *layout, const void *record, weir__buffer *buffer);

/* The same with only some of the columns, for export: it is not decoded, and a JSON null has no blank. */
void weir__codec_encode_columns(const weir__layout *layout, weir__mask columns, const void *record,
                                weir__buffer *buffer);

/* Appends an array of count records: [{...},{...}]. */
void weir__codec_encode_list(const weir__layout *layout, const void *const *items, size_t count, weir__buffer *buffer);

/* Makes a record of exactly these bytes. WEIR_OK, WEIR_ERR_FORMAT, WEIR_ERR_NO_MEMORY; then *record is untouched. */
int weir__codec_decode(const weir__layout *layout, const char *bytes, size_t length, const void **record);

/* Makes a list of exactly count records of these bytes; count comes from beside the bytes and is not trusted: it is
 * checked against length before anything is allocated. */
int weir__codec_decode_list(const weir__layout *layout, const char *bytes, size_t length, size_t count,
                            weir_list *list);

/* One of several lists. */
typedef struct weir__codec_list {
	const char *bytes;
	size_t      length;
	size_t      count;
	bool        good; /* it was one, and is these count items from `first` on */
	size_t      first;
} weir__codec_list;

/* The same for count lists, whose records lie in the memory of one. WEIR_OK, whichever of them are good, or
 * WEIR_ERR_NO_MEMORY. */
int weir__codec_decode_lists(const weir__layout *layout, weir__codec_list *lists, size_t count, weir_list *all);

#endif
