/* The types whose JSON is a string with a text of bounded length, by one table: how a plain member becomes that text and
 * comes back. */
#ifndef WEIR_MODELS_VALUE_TEXT_H
#define WEIR_MODELS_VALUE_TEXT_H

#include <weir/query.h>

#define WEIR__VALUE_TEXT_MAX 64

typedef struct weir__value_text {
	size_t (*write)(const void *member, char text[WEIR__VALUE_TEXT_MAX]); /* with a NUL; the length */
	bool (*read)(const char *text, size_t length, void *member);          /* false: *member is untouched */
} weir__value_text;

/* NULL for the types that are written otherwise. */
const weir__value_text *weir__value_text_of(weir_type type);

/* Does the text say exactly what is written for this member? */
bool weir__value_text_is_own(const weir__value_text *form, const char *text, size_t length, const void *member);

#endif
