/* On whose behalf a session works: the SQL that says so to the server at the beginning of each transaction, and the text that
 * keys of the cache carry. Never changes once made. */
#ifndef WEIR_DAO_PRINCIPAL_H
#define WEIR_DAO_PRINCIPAL_H

#include <weir/scope.h>

#include "base/buffer.h"
#include "db/db.h"

struct weir_principal {
	weir__buffer text; /* of sql */
	weir__buffer key;  /* an escaped part of a key */
	weir__sql    sql;
};

#endif
