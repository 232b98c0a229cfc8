/* UTF-8 as RFC 3629 and PostgreSQL define it: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is refused
 * as well, since no text of PostgreSQL holds it. */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character that text starts with; 0 when it is malformed, cut off by length, or NUL. */
size_t weir__utf8_character(const char *text, size_t length);

/* Are all length bytes whole characters? */
bool weir__utf8_is_valid(const char *text, size_t length);

/* The number of characters of a valid text. */
size_t weir__utf8_count(const char *text, size_t length);

#endif
