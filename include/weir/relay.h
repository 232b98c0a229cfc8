/* The outbox and its relays: how the cache learns of writes when nobody could tell it, or nobody knew to.
 *
 * A table, weir_outbox, holds what is still to be invalidated. With options.outbox a write whose guards cannot be placed in the cache
 * (policy degrade) adds what it touches in its own transaction; with weir_relay_install triggers do so for all writes that are
 * not weir's: psql, cascades, COPY, TRUNCATE. A relay empties the table: a thread of each session that wants one, or the program
 * `./dev relay`, or weir_relay_run_once when the time has come. Any number of relays share the work.
 *
 * With options.outside_ms a relay also says how far it has come, and cached reads of sessions with that option are past the cache
 * unless it did so lately: then no write of anybody's is unseen for longer. docs/outbox-and-relay.md has the whole of it.
 */
#ifndef WEIR_RELAY_H
#define WEIR_RELAY_H

#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The SQL that makes the table in the search path's first schema, to be run any number of times. Static text. */
WEIR_API const char *weir_outbox_sql(void);

/* Runs it; the role must be allowed to make tables. The session needs no option for that. */
WEIR_API WEIR_MUST_CHECK int weir_outbox_install(weir_session *session, weir_error *err);

/* Triggers on the tables of models (ended by NULL; NULL: all of the session's) that put what others write into the outbox, for the
 * session's cache_prefix. The table weir_outbox must be there; the role must own the tables of the models. To be repeated when a model
 * has new columns in its key, in its relations or declared as .stamped. All or nothing. WEIR_ERR_SCHEMA: no outbox, or no such table.
 * Views and foreign tables cannot have them: with NULL they are left out, and the log says so; named, they are WEIR_ERR_USAGE. */
WEIR_API WEIR_MUST_CHECK int weir_relay_install(weir_session *session, const weir_model *const *models,
                                                weir_error *err);

/* Removes them; none there is well too. */
WEIR_API WEIR_MUST_CHECK int weir_relay_uninstall(weir_session *session, const weir_model *const *models,
                                                  weir_error *err);

/* Does what a relay does once: applies what is in the outbox for this prefix until nothing is left that no other relay has in hand.
 * *applied (may be NULL) is the number of rows. WEIR_ERR_CACHE when the cache does not answer: what was not applied stays. */
WEIR_API WEIR_MUST_CHECK int weir_relay_run_once(weir_session *session, size_t *applied, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
