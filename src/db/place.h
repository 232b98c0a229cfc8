/* Which tables the models of a session mean. */
#ifndef WEIR_DB_PLACE_H
#define WEIR_DB_PLACE_H

#include <weir/status.h>

#include <stdint.h>

/* A number for the database that a connection string names and a search path (NULL: the role's own). Of a string that libpq cannot read
 * it means nothing. WEIR_ERR_NO_MEMORY. */
int weir__place_of(const char *conninfo, const char *schema, uint64_t *place, weir_error *err);

#endif
