/* The outbox: a table of what is still to be told to the cache, written in the transaction that makes it necessary and emptied by relays.
 * A row holds the prefix of those concerned and lines that nobody here reads (cache/replay.h). */
#ifndef WEIR_DB_OUTBOX_H
#define WEIR_DB_OUTBOX_H

#include "db/db.h"

/* The table, for those who may make one. Any number of times. */
const char *weir__outbox_ddl(void);

/* Is the table there, and may this role write (and, relays, also read and delete) it? WEIR_ERR_SCHEMA, WEIR_ERR_PERMISSION. */
int weir__outbox_check(weir__conn *conn, bool relays, weir__deadline deadline, weir_error *err);

/* Inserts count texts in the transaction that is open. Each at most WEIR__OUTBOX_TEXT_MAX long and ended by NUL. */
#define WEIR__OUTBOX_TEXT_MAX 65536
int weir__outbox_insert(weir__conn *conn, const char *prefix, const char *const *texts, size_t count,
                        weir__deadline deadline, weir_error *err);

/* Takes the oldest rows that no other relay has in hand out of the table, in a transaction of its own that the caller ends: COMMIT
 * when they are done, ROLLBACK puts them back. Appends their texts. */
int weir__outbox_take(weir__conn *conn, const char *prefix, weir__deadline deadline, size_t *taken, weir__buffer *texts,
                      weir_error *err);

/* The number of the youngest row that is there, 0 for none; and whether one is left that is not younger than that. */
int weir__outbox_last(weir__conn *conn, const char *prefix, weir__deadline deadline, int64_t *last, weir_error *err);
int weir__outbox_has(weir__conn *conn, const char *prefix, int64_t last, weir__deadline deadline, bool *has,
                     weir_error *err);

#endif
