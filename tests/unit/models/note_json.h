/* A model and the JSON of one of its records. */
#ifndef WEIR_TESTS_MODELS_NOTE_JSON_H
#define WEIR_TESTS_MODELS_NOTE_JSON_H

#include "models/codec.h"

#include <check.h>
#include <string.h>

typedef struct note {
	int64_t      id;
	int32_t      count;
	const char  *title;
	const char  *body;
	weir_numeric price;
	weir_time    at;
	weir_json    data;
} note;
WEIR_RECORD(note)

static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true, .generated = true),
	WEIR_FIELD(note, count),
	WEIR_FIELD(note, title, .max_length = 10),
	WEIR_FIELD(note, body, .nullable = true),
	WEIR_FIELD(note, price, .nullable = true),
	WEIR_FIELD(note, at, .column = "at time"),
	WEIR_FIELD(note, data, .nullable = true),
};
static const weir_model note_model = WEIR_MODEL(note, "notes", note_fields);

#define NOTE                                                                                                           \
	"{\"id\":7,\"count\":-1,\"title\":\"t\",\"body\":null,\"price\":\"12.50\","                                        \
	"\"at time\":\"2026-11-21T10:26:15.000123Z\",\"data\":{\"a\": [1.50]}}"

/* A record of the library with the values of a struct of the model. */
static const void *make_record(const weir_model *model, const void *values)
{
	weir__layout *layout = NULL;
	weir__buffer  text = WEIR__BUFFER_INIT;
	const void   *record = NULL;

	ck_assert_int_eq(weir__layout_create(model, &layout, NULL), WEIR_OK);
	weir__codec_encode(layout, values, &text);
	ck_assert_int_eq(weir__codec_decode(layout, text.data, text.length, &record), WEIR_OK);
	weir__buffer_release(&text);
	weir__layout_free(layout);
	return record;
}

static const note *make_note(int64_t id)
{
	note value = { .id = id,
		           .count = -1,
		           .title = "t",
		           .price.text = "12.50",
		           .at.unix_us = INT64_C(1795256775000123),
		           .data.text = "{\"a\": [1.50]}" };

	return make_record(&note_model, &value);
}

#endif
