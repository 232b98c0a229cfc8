/* Futures inside: what was started, and the rounds in which it travels.
 *
 * A future keeps a copy of its key, or of the value it looks up by, until its round. A round takes the oldest reads and parts them by
 * model and by what their DAOs say; each part is one call (call.h). Those by primary key are a get_many in steps
 * (many.c), those by a unique field are pointers that are followed (cached.c); the lookups of all parts are one. */
#ifndef WEIR_DAO_FUTURES_H
#define WEIR_DAO_FUTURES_H

#include <weir/futures.h>

#include "dao/call.h"

#define WEIR__ROUND_MOST  512 /* reads at a time */
#define WEIR__ROUND_PARTS 16

#define WEIR__BY_ID SIZE_MAX

struct weir_future {
	weir_futures *group;
	weir_future  *before, *after; /* of those that wait, or of those that are done */
	weir_base_dao dao;
	size_t        column; /* WEIR__BY_ID, or the unique one */
	weir_value    value;  /* of the column; of a key that is one column */
	void         *copied; /* what value points to; of a longer key the struct and its texts; or NULL */
	const void   *record;
	weir_error   *error; /* what went wrong, where there was memory to keep it */
	int           rc;
	bool          done;
};

typedef struct weir__future_list {
	weir_future *first, *last;
} weir__future_list;

/* Reads of one round that are one call. */
typedef struct weir__round_part {
	weir_base_dao  dao;
	bool           by_id;
	size_t         count;
	weir_future   *futures[WEIR__ROUND_MOST];
	weir__call     call;
	weir_error     err;
	int            rc;
	weir__keys     keys; /* by id */
	weir__many     many;
	weir__buffer   items;
	weir__pointer *pointers; /* by a unique field */
	weir__buffer   texts;
} weir__round_part;

typedef struct weir__round {
	weir__round_part *parts[WEIR__ROUND_PARTS]; /* kept from one to the next; NULL: not needed yet */
	size_t            part_count;
	weir__lookup_part lookups[WEIR__ROUND_MOST + WEIR__ROUND_PARTS];
	size_t            lookup_count;
} weir__round;

struct weir_futures {
	weir_session     *session;
	weir__future_list waiting, done;
	weir_future      *spare; /* by after */
	weir__round       round;
};

/* Moves a future that waits to those that are done, with its outcome; record with the caller's reference. */
void weir__future_settle(weir_future *future, int rc, const void *record, const weir_error *err);

/* Sends the oldest reads that wait, and settles each of them. */
void weir__round_run(weir_futures *futures);
void weir__round_release(weir__round *round);

#endif
