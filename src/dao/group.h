/* Writes of one row that come at the same time, of models that say so (.gathers_writes), outside of transactions: the first one is
 * written at once, as always; those that come before it is ready for COMMIT wait and then share one transaction, with one guard,
 * one COMMIT and one release (base/combiner.h). Where that fails for any reason it is undone and each of them is written by itself, by its
 * own caller and with its own outcome; but where one statement was refused the others try again without it. */
#ifndef WEIR_DAO_GROUP_H
#define WEIR_DAO_GROUP_H

#include "dao/write.h"

typedef struct weir__group weir__group;

/* NULL where no model of the registry gathers writes. WEIR_ERR_NO_MEMORY. */
int  weir__group_create(const weir__registry *registry, weir__group **group, weir_error *err);
void weir__group_free(weir__group *group);

/* Callers that wait; and how long they do before they make themselves another place (20 ms). */
size_t weir__group_waiting(weir__group *group);
void   weir__group_set_patience(weir__group *group, int patience_ms);

/* May this write share a transaction? */
bool weir__group_takes(const weir__call *call, const weir__write *write);

/* Hands the call's place on, if it still has one: what follows keeps nobody waiting. */
void weir__group_leave(weir__call *call);

/* As weir__write_alone, which it comes down to where nobody else writes. */
int weir__group_write(weir__call *call, const weir__write *write, size_t *changed);

#endif
