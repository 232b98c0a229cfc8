/* JSON texts (RFC 8259) that are kept as they are: where one ends, and whether jsonb takes it.
 *
 * Strict: no comments, no trailing commas, numbers by the grammar, UTF-8 checked, control characters only escaped. What
 * jsonb itself refuses is refused here too: the escape of NUL and unpaired surrogates. Nothing is converted, nothing is
 * allocated and nothing recurses: the kinds of the open brackets are the bits of one word, which bounds the depth. */
#ifndef WEIR_MODELS_JSON_TEXT_H
#define WEIR_MODELS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define WEIR__JSON_DEPTH_MAX 64

/* Scans the one value that text starts with (no blanks before it); *end is its length, and untouched when false. A
 * number ends before the first byte that cannot belong to it. */
bool weir__json_scan(const char *text, size_t length, size_t *end);

/* Are the length bytes one value, blanks around it allowed? */
bool weir__json_is_valid(const char *text, size_t length);

/* Why one of them said no, behind the name of what the text is; static text. */
const char *weir__json_refusal(const char *text, size_t length);

#endif
