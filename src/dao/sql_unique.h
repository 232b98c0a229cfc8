/* What statements by hand do to unique columns, as far as their text says. */
#ifndef WEIR_DAO_SQL_UNIQUE_H
#define WEIR_DAO_SQL_UNIQUE_H

#include "db/db.h"
#include "models/layout.h"

/* Which columns of the mask the text names behind SET, until the WHERE or RETURNING that ends that; and in front of VALUES or the like behind
 * INSERT INTO; all of the model's where the text cannot tell. Rather one too many. */
void weir__sql_unique_named(const weir__sql *sql, const weir__layout *layout, weir__mask *set, weir__mask *inserted);

#endif
