/* The text of a numeric, as PostgreSQL reads it. */
#ifndef WEIR_MODELS_NUMERIC_H
#define WEIR_MODELS_NUMERIC_H

#include <stdbool.h>
#include <stddef.h>

#define WEIR__NUMERIC_WHOLE_MAX    131072 /* digits before the point */
#define WEIR__NUMERIC_FRACTION_MAX 16383  /* digits behind it */

/* Would PostgreSQL take the length bytes for a numeric? A sign, digits with at most one point, an exponent; or NaN,
 * Infinity, inf with a sign for the latter two, in any case of letters. No blanks. With the exponent applied no more
 * digits than above: leading zeros are not counted, trailing ones behind the point are. */
bool weir__numeric_is_valid(const char *text, size_t length);

#endif
