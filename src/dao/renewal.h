/* What a process reads much stays near over its own writes: where a record was near before a write of this process changed its row, the row
 * that the write returned takes its place (cache/near_link.h says how it is known to be the latest).
 *
 * Only where what the statement returned is what the transaction leaves: one statement, on a table without rules and without triggers that
 * come after a change; of those that share a transaction (group.h) only if none of them can change the row of another, so that there are no
 * triggers at all. Which there are is looked up when the schema is checked. Anything else is read again. */
#ifndef WEIR_DAO_RENEWAL_H
#define WEIR_DAO_RENEWAL_H

#include "dao/near.h"

typedef struct weir__renewal {
	bool                wanted;
	weir__near_question question;
	weir__lookup        lookup;
	weir__near_renewal  near;
	weir__buffer        key;
	const void         *record; /* where a write puts the row for a caller that does not want it */
} weir__renewal;

/* Before the write of the row with this key, of these columns; ended by weir__renewal_release. */
void weir__renewal_prepare(const weir__call *call, const void *key, weir__mask changed, weir__renewal *renewal);

/* When the statement has returned its row; before that on a connection whose schema was checked. */
void weir__renewal_begin(const weir__call *call, weir__renewal *renewal);

/* When it is committed and released. */
void weir__renewal_end(const weir__call *call, const weir__touches *touches, weir__renewal *renewal,
                       const void *record);

void weir__renewal_release(weir__renewal *renewal);

#endif
