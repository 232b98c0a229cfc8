/* Sessions derived from others: copies in memory of the caller's, with a member changed. */
#include <weir/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "dao/session.h"

#include <assert.h>

static_assert(sizeof(weir_session) <= sizeof(weir_scope), "a session must fit into a scope");

struct weir_cancel {
	weir__cancel signal;
};

static weir_session *derive(const weir_session *from, weir_scope *scope)
{
	weir_session *session = (weir_session *)(void *)scope;

	if (!from || !scope)
		return NULL;
	*session = *from;
	session->derived = true;
	return session;
}

weir_session *weir_with_timeout(weir_session *session, int timeout_ms, weir_scope *scope)
{
	weir_session *derived = derive(session, scope);

	if (derived)
		derived->timeout_ms = timeout_ms;
	if (derived && timeout_ms <= 0)
		derived->wrong = "a timeout must be above 0";
	return derived;
}

weir_session *weir_with_deadline(weir_session *session, int total_ms, weir_scope *scope)
{
	weir_session *derived = derive(session, scope);

	if (derived)
		derived->until = weir__session_until(session, total_ms > 0 ? total_ms : 0);
	return derived;
}

weir_session *weir_with_cancel(weir_session *session, weir_cancel *cancel, weir_scope *scope)
{
	weir_session *derived = derive(session, scope);

	if (derived)
		derived->cancel = cancel ? &cancel->signal : NULL;
	return derived;
}

weir_session *weir_with_freshness(weir_session *session, int fresh_ms, weir_scope *scope)
{
	weir_session *derived = derive(session, scope);

	if (derived)
		derived->fresh_ms = fresh_ms;
	return derived;
}

weir_session *weir_with_principal(weir_session *session, const weir_principal *principal, weir_scope *scope)
{
	weir_session *derived = derive(session, scope);

	if (!derived)
		return NULL;
	if (!principal)
		derived->wrong = "the principal is NULL";
	else if (derived->transaction && derived->principal != principal)
		derived->wrong = "a transaction has the principal of the session that it was begun on";
	derived->principal = principal;
	return derived;
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

int weir_cancel_create(weir_cancel **cancel, weir_error *err)
{
	weir_cancel *made;
	int          rc;

	if (!cancel || *cancel)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_cancel_create: *cancel must be NULL");
	made = weir__calloc(1, sizeof *made);
	if (!made)
		return weir__error_no_memory(err);
	rc = weir__cancel_init(&made->signal, err);
	if (rc < 0)
		weir__free(made);
	else
		*cancel = made;
	return rc;
}

void weir_cancel_free(weir_cancel **cancel)
{
	weir_cancel *freed = cancel ? *cancel : NULL;

	if (!freed)
		return;
	*cancel = NULL;
	weir__cancel_release(&freed->signal);
	weir__free(freed);
}

void weir_cancel_request(weir_cancel *cancel)
{
	if (cancel)
		weir__cancel_request(&cancel->signal);
}

void weir_cancel_reset(weir_cancel *cancel)
{
	if (cancel)
		weir__cancel_reset(&cancel->signal);
}

bool weir_cancel_is_requested(const weir_cancel *cancel)
{
	return cancel && weir__cancel_is_requested(&cancel->signal);
}
