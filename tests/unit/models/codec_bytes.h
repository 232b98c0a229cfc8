/* Two small models, and decoding where a sanitizer sees every read beyond the bytes. */
#ifndef WEIR_TESTS_MODELS_CODEC_BYTES_H
#define WEIR_TESTS_MODELS_CODEC_BYTES_H

#include "models/codec.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct note {
	int64_t     id;
	const char *title;
	const char *body;
	weir_json   data;
} note;

static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true),
	WEIR_FIELD(note, title),
	WEIR_FIELD(note, body, .nullable = true),
	WEIR_FIELD(note, data, .nullable = true),
};
static const weir_model note_model = WEIR_MODEL(note, "notes", note_fields);

typedef struct reading {
	int16_t id;
	double  value;
} reading;

static const weir_field reading_fields[] = {
	WEIR_FIELD(reading, id, .primary_key = true),
	WEIR_FIELD(reading, value),
};
static const weir_model reading_model = WEIR_MODEL(reading, "readings", reading_fields);

static weir__layout *layout_of(const weir_model *model)
{
	weir__layout *layout = NULL;

	ck_assert_int_eq(weir__layout_create(model, &layout, NULL), WEIR_OK);
	return layout;
}

/* Decodes a copy that ends where its bytes end, so that a sanitizer sees a read beyond it. */
static int decode_copy(const weir__layout *layout, const char *bytes, size_t length, const void **record)
{
	char *copy = malloc(length ? length : 1);
	int   status;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	status = weir__codec_decode(layout, copy, length, record);
	free(copy);
	return status;
}

static void assert_refused(const weir__layout *layout, const char *bytes, size_t length)
{
	const void *record = &record;
	int         status = decode_copy(layout, bytes, length, &record);

	ck_assert_msg(status == WEIR_ERR_FORMAT, "status %d for %.*s", status, (int)(length < 200 ? length : 200), bytes);
	ck_assert_ptr_eq(record, &record);
}

#endif
