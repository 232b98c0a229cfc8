/* Transactions: sessions on one connection, savepoints by nesting. What happens around the outermost COMMIT is in commit.c. */
#include <weir/transaction.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "dao/session.h"

#include <poll.h>

static weir_session *session_create(weir__engine *engine, weir_session *parent)
{
	weir_session      *tx = weir__calloc(1, sizeof *tx);
	weir__transaction *transaction = weir__calloc(1, sizeof *transaction);

	if (!tx || !transaction) {
		weir__free(tx);
		weir__free(transaction);
		return NULL;
	}
	tx->engine = engine;
	tx->transaction = transaction;
	transaction->parent = parent;
	return tx;
}

static void session_free(weir_session *tx)
{
	weir__free(tx->transaction);
	weir__free(tx);
}

static int begin_outermost(weir_session *tx, const weir_transaction_options *options, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	weir__deadline     deadline;
	weir__conn        *conn = NULL;
	weir_session       engine_session = { .engine = tx->engine };
	int                rc;

	own->timeout_ms = options && options->timeout_ms > 0 ? options->timeout_ms : tx->engine->timeout_ms;
	deadline = weir__deadline_in_ms(own->timeout_ms);
	rc = weir__touches_create(tx->engine->cache, &own->touches, err);
	if (rc < 0)
		return rc;
	rc = weir__session_acquire(&engine_session, deadline, &conn, err);
	if (rc >= 0)
		rc = weir__conn_begin(conn, options, deadline, err);
	if (rc < 0) {
		weir__db_give_back(tx->engine->db, &conn);
		weir__touches_free(own->touches);
		return rc;
	}
	own->conn = conn;
	return WEIR_OK;
}

static int begin_savepoint(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	weir__transaction *parent = own->parent->transaction;
	int                rc;

	own->conn = parent->conn;
	own->touches = parent->touches;
	own->mark = weir__touches_count(parent->touches);
	own->level = parent->level + 1;
	own->timeout_ms = parent->timeout_ms;
	rc = weir__conn_savepoint(own->conn, own->level, weir__deadline_in_ms(own->timeout_ms), err);
	if (rc >= 0)
		parent->has_child = true;
	return rc;
}

static int check_options(const weir_session *session, const weir_transaction_options *options, weir_error *err)
{
	if (!options)
		return WEIR_OK;
	if (options->isolation < WEIR_ISOLATION_DEFAULT || options->isolation > WEIR_SERIALIZABLE)
		return weir__error_set(err, WEIR_ERR_USAGE, "no such isolation level: %d", (int)options->isolation);
	if (options->timeout_ms < 0 || options->attempts < 0)
		return weir__error_set(err, WEIR_ERR_USAGE, "timeout_ms and attempts cannot be negative");
	if (session->transaction && (options->isolation || options->read_only))
		return weir__error_set(err, WEIR_ERR_USAGE, "a savepoint has the isolation and mode of its transaction");
	return WEIR_OK;
}

int weir_begin(weir_session *session, const weir_transaction_options *options, weir_session **tx, weir_error *err)
{
	weir_session *begun;
	int           rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!tx || *tx)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_begin: *tx must be NULL");
	rc = check_options(session, options, err);
	if (rc < 0)
		return rc;
	begun = session_create(session->engine, session->transaction ? session : NULL);
	if (!begun)
		return weir__error_no_memory(err);
	rc = session->transaction ? begin_savepoint(begun, err) : begin_outermost(begun, options, err);
	if (rc < 0) {
		session_free(begun);
		return rc;
	}
	*tx = begun;
	return WEIR_OK;
}

static void end_outermost(weir_session *tx)
{
	weir__db_give_back(tx->engine->db, &tx->transaction->conn);
	weir__touches_free(tx->transaction->touches);
	session_free(tx);
}

static void end_savepoint(weir_session *tx)
{
	tx->transaction->parent->transaction->has_child = false;
	session_free(tx);
}

static int commit_outermost(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	int rc = weir__commit(tx->engine, own->conn, own->touches, weir__deadline_in_ms(own->timeout_ms), err);

	end_outermost(tx);
	return rc;
}

static void undo_savepoint(weir_session *tx)
{
	weir__transaction *own = tx->transaction;

	weir__conn_rollback_to(own->conn, own->level, weir__deadline_in_ms(own->timeout_ms));
	weir__touches_truncate(own->touches, own->mark);
}

static int release_savepoint(weir_session *tx, weir_error *err)
{
	weir__transaction *own = tx->transaction;
	int rc = weir__conn_release_savepoint(own->conn, own->level, weir__deadline_in_ms(own->timeout_ms), err);

	if (rc < 0)
		undo_savepoint(tx);
	end_savepoint(tx);
	return rc;
}

int weir_commit(weir_session **tx, weir_error *err)
{
	weir_session *ended = tx ? *tx : NULL;
	int           rc = weir__session_check(ended, err);

	if (rc < 0)
		return rc;
	if (!ended->transaction)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_commit: the session is no transaction");
	*tx = NULL;
	return ended->transaction->parent ? release_savepoint(ended, err) : commit_outermost(ended, err);
}

void weir_rollback(weir_session **tx)
{
	weir_session *ended = tx ? *tx : NULL;

	if (weir__session_check(ended, NULL) < 0 || !ended->transaction)
		return;
	*tx = NULL;
	if (ended->transaction->parent) {
		undo_savepoint(ended);
		end_savepoint(ended);
		return;
	}
	weir__conn_rollback(ended->transaction->conn, weir__deadline_in_ms(ended->transaction->timeout_ms));
	end_outermost(ended);
}

static int attempt(weir_session *session, const weir_transaction_options *options, weir_work work, void *argument,
                   weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = weir_begin(session, options, &tx, err);
	int           committed;

	if (rc < 0)
		return rc;
	rc = work(tx, argument, err);
	if (rc < 0) {
		weir_rollback(&tx);
		return rc;
	}
	committed = weir_commit(&tx, err);
	return committed < 0 ? committed : rc;
}

/* A random pause of up to 2, 4, 8, ... 64 ms, so that those who collided do not meet again. */
static void pause_before(int attempt_number)
{
	uint64_t longest_ms = (uint64_t)1 << (attempt_number < 6 ? attempt_number : 6);

	(void)poll(NULL, 0, (int)(weir__random_u64() % longest_ms) + 1);
}

int weir_transact(weir_session *session, const weir_transaction_options *options, weir_work work, void *argument,
                  weir_error *err)
{
	weir_error own = WEIR_ERROR_INIT;
	int        attempts = options && options->attempts > 0 ? options->attempts : 1;
	int        rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!work)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_transact: no work");
	if (session->transaction)
		attempts = 1;
	if (!err)
		err = &own;
	for (int i = 1;; i++) {
		rc = attempt(session, options, work, argument, err);
		if ((rc != WEIR_ERR_SERIALIZATION && rc != WEIR_ERR_DEADLOCK) || i >= attempts)
			return rc;
		pause_before(i);
	}
}
