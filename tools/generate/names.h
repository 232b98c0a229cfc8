/* Names: what C and C++ allow, and the singular and plural of a table's name by a few certain rules. */
#ifndef GENERATE_NAMES_H
#define GENERATE_NAMES_H

#include "arena.h"

#include <stdbool.h>

/* Letters, digits and underscores; not a digit first, nor an underscore with another one or a capital behind it. */
bool name_is_identifier(const char *name);

/* A macro of widespread headers: nothing can be called so. */
bool name_is_macro(const char *name);

/* That, or a word of C or C++, or what the generated files themselves use: no member can be called so. */
bool name_is_reserved(const char *name);

/* Declared by headers of C or POSIX for all of a program: no struct should be called so. */
bool name_is_of_library(const char *name);

/* "order_items" -> "order_item"; the last word counts. The same text where it is none. */
const char *name_singular(gen_arena *arena, const char *name);
const char *name_plural(gen_arena *arena, const char *name);

/* "user_id" -> "user", "ArtistId" -> "Artist"; NULL where the name has no such end. */
const char *name_without_id(gen_arena *arena, const char *name);

/* For the guard of a header. */
const char *name_upper(gen_arena *arena, const char *name);

#endif
