/* A batch of writes that share a transaction (group.h). */
#ifndef WEIR_DAO_GROUP_BATCH_H
#define WEIR_DAO_GROUP_BATCH_H

#include "base/combiner.h"
#include "dao/write.h"
#include "db/batch.h"

/* A write whose caller waits until it is told. call and write are the caller's. */
typedef struct weir__group_member {
	weir__want         want;
	weir__call        *call;
	const weir__write *write;
	uint64_t           order; /* of its row among those that are locked */
	bool   done;    /* its outcome is known; else it is to be written by its caller, and nothing has happened */
	int    rc;      /* done: what its caller returns */
	size_t changed; /* done: rows */
} weir__group_member;

typedef struct weir__group_batch {
	weir__call         *leader; /* has the place, which is left before COMMIT or later */
	weir__group_member *members[WEIR__BATCH_MAX];
	weir__batch_item    items[WEIR__BATCH_MAX]; /* of the members in the order of sending */
	size_t              count;
	weir__deadline      deadline;
} weir__group_batch;

/* Runs the writes of all members and tells them; the members may then be in another order. False: connections like this one take no batches. */
bool weir__group_batch_run(weir__group_batch *batch);

#endif
