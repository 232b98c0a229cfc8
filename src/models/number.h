/* Numbers as JSON writes them, without stdio on the usual paths and without the locale on any.
 *
 * Of each number there is one text, its canonical one, so that equal records are equal bytes: integers are plain
 * digits; a double is written with the fewest of 15, 16 and 17 digits that read back equal, whole numbers up to 2^53 as
 * plain digits, minus zero as -0, an exponent only below 1e-4 and from 1e15 on. Reading takes every text of JSON's
 * grammar for a double and rounds correctly; the codec compares where it wants the canonical one. */
#ifndef WEIR_MODELS_NUMBER_H
#define WEIR_MODELS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR__INTEGER_TEXT_MAX 20
#define WEIR__DOUBLE_TEXT_MAX  24
#define WEIR__EXACT_MAX        (INT64_C(1) << 53) /* up to here a double holds every whole number */

/* The two digits of each number from 0 to 99. */
extern const char weir__digit_pairs[201];

/* Write the text, without a NUL, and return the place behind it. The double must be finite. */
char *weir__integer_write(char *at, int64_t number);
char *weir__double_write(char *at, double number);

/* The same for a float: the text of the double with the fewest of 6 to 9 digits that reads back as this float. */
char *weir__float_write(char *at, float single);

/* Read the number that begins at `at` and return the place behind it; NULL, and *number untouched, when there is none
 * of JSON's grammar. An integer stops before the first byte that is no digit; it has no leading zero, is not -0 and
 * fits. A double beyond its range is no number. */
const char *weir__integer_read(const char *at, const char *end, int64_t *number);
const char *weir__double_read(const char *at, const char *end, double *number);

/* The same for a number that must be in the text that is written for it. NULL, and *number undefined, for any other. */
const char *weir__double_read_own(const char *at, const char *end, double *number);

/* Does the double say all of the number in these bytes (of JSON's grammar)? True up to 15 digits, and where the bytes
 * are the double's own text. */
bool weir__double_holds(const char *text, size_t length);

/* The 15 digits that a double surely keeps, as weir__double_write; NULL when the number has more. */
char *weir__double_write_exact(char *at, double number);

#endif
