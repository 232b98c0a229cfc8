/* Scopes: sessions derived from another for a few calls, with less time, with a way to cancel them, on somebody's
 * behalf.
 *
 *     weir_scope    quick;
 *     user_dao      users = get_user_dao(weir_with_timeout(session, 200, &quick));
 *
 * A derived session has the pool, the models, the cache and the transaction of the one it is derived from, and lives as long as
 * the weir_scope that holds it and as that session. Every DAO, relation, statement by hand and weir_begin takes it; what is
 * begun on it has its limits too. Deriving costs nothing, cannot fail, and there is nothing to release. Derived ones can
 * be derived from again: all limits hold together.
 */
#ifndef WEIR_SCOPE_H
#define WEIR_SCOPE_H

#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a derived session lives. Only the library looks inside. */
typedef struct weir_scope {
	void *room[16];
} weir_scope;

/* Each call on it has timeout_ms (above 0), waiting for a connection and for the cache included, unless the DAO says otherwise
 * itself. NULL for session gives NULL, which the first call reports. */
WEIR_API weir_session *weir_with_timeout(weir_session *session, int timeout_ms, weir_scope *scope);

/* All calls on it together have total_ms from now on; later ones end at once with WEIR_ERR_TIMEOUT. */
WEIR_API weir_session *weir_with_deadline(weir_session *session, int total_ms, weir_scope *scope);

/* Its cached reads are as fresh as fresh_ms says (session.h: milliseconds, WEIR_STRONG, WEIR_BYPASS), unless DAO or query say
 * otherwise themselves. */
WEIR_API weir_session *weir_with_freshness(weir_session *session, int fresh_ms, weir_scope *scope);

/* ---- Cancelling -------------------------------------------------------------------------------------------------- */

/* Something that one thread asks for and others notice. */
typedef struct weir_cancel weir_cancel;

/* Makes one. WEIR_ERR_RESOURCES, WEIR_ERR_NO_MEMORY. */
WEIR_API WEIR_MUST_CHECK int weir_cancel_create(weir_cancel **cancel, weir_error *err);

/* Every call on a session that has this token ends with WEIR_ERR_CANCELLED: those under way now and those that begin later. Any
 * thread, any number of times; also in a signal handler. A statement under way is cancelled on the server and its
 * connection is not used again, so that nothing of it reaches somebody else; outside a transaction err.effect then says
 * WEIR_EFFECT_UNKNOWN where the statement may have written. A COMMIT under way is not cancelled: its outcome
 * is what counts. Rolling back works as ever. */
WEIR_API void weir_cancel_request(weir_cancel *cancel);

WEIR_API bool weir_cancel_is_requested(const weir_cancel *cancel);

/* Makes it usable again. No call may be under way with it. */
WEIR_API void weir_cancel_reset(weir_cancel *cancel);

/* No call may be under way with it, no session that has it may be used afterwards. Sets *cancel to NULL. */
WEIR_API void weir_cancel_free(weir_cancel **cancel);

/* Calls on it can be cancelled. */
WEIR_API weir_session *weir_with_cancel(weir_session *session, weir_cancel *cancel, weir_scope *scope);

/* ---- On whose behalf --------------------------------------------------------------------------------------------- */

/* A tenant, a role: what row-level security and permissions on the server go by. */
typedef struct weir_principal weir_principal;

typedef struct weir_principal_setting {
	const char *name; /* with a dot: "app.tenant", for current_setting('app.tenant') in policies */
	const char *value;
} weir_principal_setting;

typedef struct weir_principal_options {
	const char                   *role;     /* as by SET LOCAL ROLE; NULL: the role that connected */
	const weir_principal_setting *settings; /* as by SET LOCAL */
	size_t                        setting_count;
} weir_principal_options;

/* Makes one; all is copied. Any thread may use it. WEIR_ERR_USAGE, WEIR_ERR_NO_MEMORY. */
WEIR_API WEIR_MUST_CHECK int weir_principal_create(const weir_principal_options *options, weir_principal **principal,
                                                   weir_error *err);

/* No session that has it may be used afterwards. Sets *principal to NULL. */
WEIR_API void weir_principal_free(weir_principal **principal);

/* Everything on it is done as this principal: said to the server at the beginning of each transaction and for that transaction
 * alone, in the same round trip, so that nothing of it stays on the connection. What is cached of models that are
 * .per_principal carries it in its key; their calls are refused without one. A transaction has the principal of the
 * session that it was begun on (WEIR_ERR_USAGE), scripts have none (WEIR_ERR_USAGE). WEIR_ERR_PERMISSION when the server does not
 * allow the role. */
WEIR_API weir_session *weir_with_principal(weir_session *session, const weir_principal *principal, weir_scope *scope);

#ifdef __cplusplus
}
#endif

#endif
