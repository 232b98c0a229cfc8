/* Transactions: sessions on one connection, savepoints by nesting. What happens around the outermost COMMIT is in commit.c; then
 * the connection is given back, and the hooks are called. */
#include <weir/transaction.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/process.h"
#include "dao/session.h"

#include <poll.h>

#define ATTEMPTS 3

/* ---- Beginning --------------------------------------------------------------------------------------------------- */

static weir_session *session_create(weir_session *from)
{
	weir_session      *tx = weir__calloc(1, sizeof *tx);
	weir__transaction *transaction = weir__calloc(1, sizeof *transaction);

	if (!tx || !transaction) {
		weir__free(tx);
		weir__free(transaction);
		return NULL;
	}
	*tx = *from;
	tx->derived = false;
	tx->transaction = transaction;
	transaction->parent = from->transaction;
	transaction->outermost = from->transaction ? from->transaction->outermost : transaction;
	transaction->origin = *from;
	return tx;
}

static void session_free(weir_session *tx)
{
	weir__free(tx->transaction->named.items);
	weir__free(tx->transaction);
	weir__free(tx);
}

weir__tx_mark weir__transaction_mark(const weir__transaction *transaction)
{
	return (weir__tx_mark){ weir__touches_count(transaction->touches), transaction->hooks->count };
}

void weir__transaction_undo(weir__transaction *transaction, const weir__tx_mark *mark)
{
	weir__touches_truncate(transaction->touches, mark->touches);
	weir__hooks_undo(transaction->hooks, mark->hooks);
}

static void end_outermost(weir_session *tx, weir_effect effect)
{
	weir__transaction *own = tx->transaction;
	weir_session       origin = own->origin;
	weir__hooks       *hooks = own->hooks;
	weir__engine      *engine = tx->engine;

	weir__db_give_back(engine->db, &own->conn);
	weir__touches_free(own->touches);
	session_free(tx);
	origin.until = 0;
	origin.timeout_ms = 0;
	origin.cancel = NULL;
	if (hooks)
		weir__hooks_run(hooks, &origin, effect);
	weir__free(hooks);
	weir__engine_release(engine);
}

static int begin_outermost(weir_session *tx, const weir_transaction_options *options, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	weir__deadline     deadline;
	int                rc;

	weir__engine_retain(tx->engine);
	own->timeout_ms = tx->timeout_ms > 0 ? tx->timeout_ms : tx->engine->timeout_ms;
	if (options && options->timeout_ms > 0)
		own->timeout_ms = options->timeout_ms;
	tx->timeout_ms = 0;
	deadline = weir__session_deadline(tx, 0);
	own->hooks = weir__calloc(1, sizeof *own->hooks);
	if (!own->hooks)
		return weir__error_no_memory(err);
	rc = weir__touches_create(tx->engine->cache, &own->touches, err);
	if (rc >= 0)
		rc = weir__session_acquire(&own->origin, deadline, &own->conn, err);
	if (rc >= 0)
		rc = weir__conn_begin(own->conn, options, deadline, err);
	return rc;
}

static int begin_savepoint(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	weir__transaction *parent = own->parent;
	int                rc;

	own->conn = parent->conn;
	own->touches = parent->touches;
	own->hooks = parent->hooks;
	own->mark = weir__transaction_mark(parent);
	own->level = parent->level + 1;
	own->number = ++own->outermost->last_number;
	own->timeout_ms = parent->timeout_ms;
	rc = weir__conn_savepoint(own->conn, own->number, weir__session_deadline(tx, 0), err);
	if (rc >= 0)
		parent->child = tx;
	return rc;
}

static int check_options(const weir_session *session, const weir_transaction_options *options, weir_error *err)
{
	if (!options)
		return WEIR_OK;
	if (options->isolation < WEIR_ISOLATION_DEFAULT || options->isolation > WEIR_SERIALIZABLE)
		return weir__error_set(err, WEIR_ERR_USAGE, "no such isolation level: %d", (int)options->isolation);
	if (options->timeout_ms < 0 || options->attempts < 0 || options->total_ms < 0)
		return weir__error_set(err, WEIR_ERR_USAGE, "timeout_ms, total_ms and attempts cannot be negative");
	if (options->deferrable && (options->isolation != WEIR_SERIALIZABLE || !options->read_only))
		return weir__error_set(err, WEIR_ERR_USAGE, "only a serializable read only transaction can be deferrable");
	if (session->transaction && (options->isolation || options->read_only))
		return weir__error_set(err, WEIR_ERR_USAGE, "a savepoint has the isolation and mode of its transaction");
	return WEIR_OK;
}

/* Begins one that must end by until; 0: as the session. */
static int begin(weir_session *session, const weir_transaction_options *options, weir__deadline until,
                 weir_session **tx, weir_error *err)
{
	weir_session *begun;
	int           rc = check_options(session, options, err);

	if (rc < 0)
		return rc;
	begun = session_create(session);
	if (!begun)
		return weir__error_no_memory(err);
	if (until)
		begun->until = until;
	rc = session->transaction ? begin_savepoint(begun, err) : begin_outermost(begun, options, err);
	if (rc >= 0)
		*tx = begun;
	else if (session->transaction)
		session_free(begun);
	else
		end_outermost(begun, WEIR_EFFECT_NONE);
	return rc;
}

static weir__deadline until_of(const weir_session *session, const weir_transaction_options *options)
{
	return options && options->total_ms > 0 ? weir__session_until(session, options->total_ms) : session->until;
}

int weir_begin(weir_session *session, const weir_transaction_options *options, weir_session **tx, weir_error *err)
{
	int rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!tx || *tx)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_begin: *tx must be NULL");
	return begin(session, options, until_of(session, options), tx, err);
}

/* ---- Ending ------------------------------------------------------------------------------------------------------ */

static void end_savepoint(weir_session *tx)
{
	tx->transaction->parent->child = NULL;
	session_free(tx);
}

static int commit_outermost(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	int                rc = weir__commit(tx->engine, &own->conn, own->touches, weir__session_deadline(tx, 0), err);

	end_outermost(tx, weir__is_done(rc)               ? WEIR_EFFECT_DONE
	                  : rc == WEIR_ERR_UNKNOWN_COMMIT ? WEIR_EFFECT_UNKNOWN
	                                                  : WEIR_EFFECT_NONE);
	return rc;
}

/* What is undone needs time too: rollbacks have that of a whole call. */
static weir__deadline time_to_undo(const weir__transaction *own)
{
	return weir__deadline_in_ms(own->timeout_ms);
}

static void undo_savepoint(weir_session *tx)
{
	weir__transaction *own = tx->transaction;

	weir__conn_rollback_to(own->conn, own->number, time_to_undo(own));
	weir__transaction_undo(own, &own->mark);
}

/* Savepoints that are open when what is around them is rolled back: nothing is left of them but their sessions, which their owners end. */
static void orphan_savepoints(weir__transaction *transaction)
{
	weir_session *next;

	for (weir_session *child = transaction->child; child; child = next) {
		next = child->transaction->child;
		child->transaction->child = NULL;
		child->transaction->orphaned = true;
		child->wrong = "the transaction around the savepoint was rolled back";
		weir__engine_retain(child->engine);
	}
	transaction->child = NULL;
}

static void end_orphan(weir_session *tx)
{
	weir__engine *engine = tx->engine;

	session_free(tx);
	weir__engine_release(engine);
}

static int release_savepoint(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	int                rc = weir__conn_release_savepoint(own->conn, own->number, weir__session_deadline(tx, 0), err);

	if (rc < 0)
		undo_savepoint(tx);
	end_savepoint(tx);
	return rc;
}

int weir_commit(weir_session **tx, weir_error *err)
{
	weir_session *ended = tx ? *tx : NULL;
	int           rc = weir__session_check_end(ended, err);

	if (rc < 0)
		return rc;
	if (!ended->transaction || ended->derived)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_commit: the session %s",
		                       ended->derived ? "is derived from another, which is to be committed"
		                                      : "is no transaction");
	if (ended->transaction->orphaned) {
		rc = weir__error_set(err, WEIR_ERR_CLOSED, "%s", ended->wrong);
		weir_rollback(tx);
		return rc;
	}
	if (atomic_load_explicit(&ended->engine->closed, memory_order_relaxed)) {
		weir_rollback(tx);
		return weir__error_set(err, WEIR_ERR_CLOSED, "the session was closed: the transaction was rolled back");
	}
	*tx = NULL;
	return ended->transaction->parent ? release_savepoint(ended, err) : commit_outermost(ended, err);
}

void weir_rollback(weir_session **tx)
{
	weir_session *ended = tx ? *tx : NULL;

	if (!ended || !ended->transaction || ended->derived || ended->engine->process != weir__process_generation())
		return;
	*tx = NULL;
	if (ended->transaction->orphaned) {
		end_orphan(ended);
		return;
	}
	orphan_savepoints(ended->transaction);
	if (ended->transaction->parent) {
		undo_savepoint(ended);
		end_savepoint(ended);
		return;
	}
	weir__conn_rollback(ended->transaction->conn, time_to_undo(ended->transaction));
	end_outermost(ended, WEIR_EFFECT_NONE);
}

/* ---- With a function --------------------------------------------------------------------------------------------- */

typedef struct transacting {
	weir_session                   *session;
	const weir_transaction_options *options;
	weir__deadline                  until;
	weir_work                       work;
	void                           *argument;
} transacting;

/* Savepoints that the work has left open: the server forgets them with the rest. */
static void forget_savepoints(weir__transaction *transaction)
{
	weir_session *next;

	for (weir_session *child = transaction->child; child; child = next) {
		next = child->transaction->child;
		session_free(child);
	}
	transaction->child = NULL;
}

static int attempt(const transacting *t, weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = begin(t->session, t->options, t->until, &tx, err);
	int           committed;

	if (rc < 0)
		return rc;
	rc = t->work(tx, t->argument, err);
	if (tx->transaction->child) {
		forget_savepoints(tx->transaction);
		if (rc >= 0)
			rc = weir__error_set(err, WEIR_ERR_USAGE, "the work has left a savepoint open: all of it is rolled back");
	}
	if (rc < 0) {
		weir_rollback(&tx);
		return rc;
	}
	committed = weir_commit(&tx, err);
	return committed < 0 ? committed : rc;
}

/* A random pause of up to 2, 4, 8, ... 64 ms, so that those who collided do not meet again. False: there is no time left. */
static bool pause_before(int attempt_number, weir__deadline until)
{
	uint64_t longest_ms = (uint64_t)1 << (attempt_number < 6 ? attempt_number : 6);
	int      pause_ms = (int)(weir__random_u64() % longest_ms) + 1;

	if (until && until - weir__now_us() <= (int64_t)pause_ms * 1000)
		return false;
	(void)poll(NULL, 0, pause_ms);
	return true;
}

static bool may_succeed_again(int rc)
{
	return rc == WEIR_ERR_SERIALIZATION || rc == WEIR_ERR_DEADLOCK;
}

int weir_transact(weir_session *session, const weir_transaction_options *options, weir_work work, void *argument,
                  weir_error *err)
{
	weir_error  own = WEIR_ERROR_INIT;
	transacting t = { session, options, 0, work, argument };
	int         attempts = options && options->attempts > 0 ? options->attempts : ATTEMPTS;
	int         rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!work)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_transact: no work");
	if (!err)
		err = &own;
	t.until = until_of(session, options);
	if (session->transaction)
		attempts = 1;
	for (int i = 1;; i++) {
		rc = attempt(&t, err);
		if (!may_succeed_again(rc) || i >= attempts || !pause_before(i, t.until))
			return rc;
	}
}
