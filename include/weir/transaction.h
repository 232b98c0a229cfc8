/* Transactions: sessions on one connection.
 *
 *     weir_session *tx = NULL;
 *     int rc = weir_begin(session, NULL, &tx, &err);
 *     user_dao users = get_user_dao(tx);
 *     ... user_dao_update(&users, ...) ...
 *     rc = weir_commit(&tx, &err);
 *
 * A transaction belongs to one thread. Reads in it always ask the database and fill no cache; what its writes
 * invalidate is collected and applied around the outermost COMMIT, or dropped with ROLLBACK. Beginning one on a
 * transaction sets a savepoint. After a failed statement the transaction only accepts rollback, as in PostgreSQL.
 */
#ifndef WEIR_TRANSACTION_H
#define WEIR_TRANSACTION_H

#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weir_isolation {
	WEIR_ISOLATION_DEFAULT, /* the server's */
	WEIR_READ_COMMITTED,
	WEIR_REPEATABLE_READ,
	WEIR_SERIALIZABLE
} weir_isolation;

typedef struct weir_transaction_options {
	weir_isolation isolation;
	bool           read_only;
	int            timeout_ms; /* deadline of each call in it [the session's] */
	int            attempts;   /* weir_transact: how often in all, on 40001 and 40P01 [3] */
	bool           deferrable; /* serializable and read only: waits for a snapshot that cannot fail, then never does */
	int            total_ms;   /* all of it together, attempts and pauses included [no limit] */
} weir_transaction_options;

/* Begins a transaction, or a savepoint when session is itself a transaction (options are then NULL or zero). On
 * success *tx must be ended by weir_commit or weir_rollback. WEIR_ERR_TIMEOUT when no connection was to be had. */
WEIR_API WEIR_MUST_CHECK int weir_begin(weir_session *session, const weir_transaction_options *options,
                                        weir_session **tx, weir_error *err);

/* Commits (or releases the savepoint), ends the transaction and sets *tx to NULL whatever the outcome, which is one of
 *   WEIR_OK                  committed;
 *   WEIR_ERR_UNKNOWN_COMMIT  the connection broke while COMMIT was under way and the server could not be asked
 *                            afterwards: err.effect is WEIR_EFFECT_UNKNOWN;
 *   WEIR_ERR_UNCONFIRMED     with WEIR_POLICY_FAIL: committed, err.effect is WEIR_EFFECT_DONE, but the cache could not
 *                            be told, so that other processes may for a while read what was before;
 *   any other error          rolled back: err.effect is WEIR_EFFECT_NONE.
 * A savepoint that cannot be released is rolled back to. A wrong call (WEIR_ERR_USAGE: a session that is no transaction, or on which a
 * savepoint is still open) ends nothing, and *tx stays. */
WEIR_API WEIR_MUST_CHECK int weir_commit(weir_session **tx, weir_error *err);

/* Undoes the transaction (or everything since the savepoint), ends it and sets *tx to NULL. NULL does nothing. A savepoint that is
 * still open on it is undone too; its session can only be ended (weir_commit says WEIR_ERR_CLOSED). */
WEIR_API void weir_rollback(weir_session **tx);

/* Work in a transaction: WEIR_OK or above commits, a negative status rolls back and is returned. A savepoint that it begins on tx
 * it must end: one left open is rolled back with all the rest, WEIR_ERR_USAGE. */
typedef int (*weir_work)(weir_session *tx, void *argument, weir_error *err);

/* Begins, calls work, commits. Serialization failures and deadlocks run the whole again, up to options->attempts times
 * in all with a short random pause, as long as options->total_ms lasts: work must be repeatable, or attempts be 1. What
 * work has been told to keep (hooks, touches) is forgotten with each failed attempt. Inside a transaction it is a savepoint and
 * never repeated, since the whole transaction has failed. */
WEIR_API WEIR_MUST_CHECK int weir_transact(weir_session *session, const weir_transaction_options *options,
                                           weir_work work, void *argument, weir_error *err);

/* ---- Savepoints by name ------------------------------------------------------------------------------------------ */

/* Marks a point of the transaction. The name is any text of 1 to 63 bytes, seen by this transaction alone (not by one begun
 * in it); one that is used again hides the older one until it is released. */
WEIR_API WEIR_MUST_CHECK int weir_savepoint(weir_session *tx, const char *name, weir_error *err);

/* Undoes what was done since, hooks and what would have been invalidated included; savepoints set since are gone, this
 * one stays. Also cures a transaction in which a statement has failed. WEIR_ERR_USAGE: there is no such savepoint. */
WEIR_API WEIR_MUST_CHECK int weir_rollback_to(weir_session *tx, const char *name, weir_error *err);

/* Forgets the savepoint and those set since; what was done stays part of the transaction. */
WEIR_API WEIR_MUST_CHECK int weir_release(weir_session *tx, const char *name, weir_error *err);

/* ---- Hooks ------------------------------------------------------------------------------------------------------- */

/* Called once, by the thread that ends the outermost transaction, after its outcome is known, what it touched has been
 * invalidated and its connection has been given back. session is the one on which the outermost transaction was begun:
 * a hook may use it, and begin transactions on it; limits of a scope (scope.h) do not hold for hooks. effect: DONE, NONE, or UNKNOWN after WEIR_ERR_UNKNOWN_COMMIT. */
typedef void (*weir_hook)(weir_session *session, weir_effect effect, void *argument);

/* Registers a hook with a transaction, to be called
 *   weir_after_commit    when what was done here is committed (DONE);
 *   weir_after_rollback  when it surely is not (NONE): the transaction, or a savepoint around this, was rolled back;
 *   weir_after_end       either way, and also when nobody knows (UNKNOWN): the place to free an argument.
 * In the order in which they were registered. After an unknown outcome the first two are not called. On a session that
 * is no transaction, where each call is committed when it returns, the hook is called at once with DONE (after_rollback:
 * never). WEIR_ERR_NO_MEMORY: the hook is not registered and will not be called. */
WEIR_API WEIR_MUST_CHECK int weir_after_commit(weir_session *tx, weir_hook hook, void *argument, weir_error *err);
WEIR_API WEIR_MUST_CHECK int weir_after_rollback(weir_session *tx, weir_hook hook, void *argument, weir_error *err);
WEIR_API WEIR_MUST_CHECK int weir_after_end(weir_session *tx, weir_hook hook, void *argument, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
