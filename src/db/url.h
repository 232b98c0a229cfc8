/* What a connection URL says to us and not to libpq. Pure. */
#ifndef WEIR_DB_URL_H
#define WEIR_DB_URL_H

#include <stdbool.h>
#include <stddef.h>

#define WEIR__MODE_PARAMETER "weir_statements" /* how statements are sent */

/* Takes the parameter `name=value` out of the query of a postgresql:// URL, in place, and copies its value (cut off at size,
 * escapes as they are). Of several the last counts. False: there is none, or this is no URL. */
bool weir__url_take(char *url, const char *name, char *value, size_t size);

/* Can it be told where user and password end? Not where an @ or / in them is not escaped: what follows would be taken for
 * a host, and named in errors. True for what is no URL. */
bool weir__url_is_clear(const char *url);

#endif
