/* Reads by id that come at the same time, gathered into one statement: for models that say so (.gathers), on sessions that are no
 * transaction and have no principal. The first callers ask at once; those that come while two statements are under way wait and are asked for together
 * (base/combiner.h). A row is read by a statement that began after its caller had asked, as alone. */
#ifndef WEIR_DAO_GATHER_H
#define WEIR_DAO_GATHER_H

#include "dao/call.h"

/* NULL for a model that does not gather; WEIR_ERR_MODEL for one whose primary key is not one integer. */
int  weir__gather_create(const weir__entity *entity, weir__gather **gather, weir_error *err);
void weir__gather_free(weir__gather *gather);

/* Callers that wait. */
size_t weir__gather_waiting(weir__gather *gather);

/* May this call be gathered? */
bool weir__gather_takes(const weir__call *call);

/* As weir__read_by_id. alone reads for this call only. */
int weir__gather_read(weir__call *call, const void *key, const void **record,
                      int (*alone)(weir__call *call, const void *key, const void **record));

#endif
