/* A pass:
 *
 *     lease of the watermark -> the youngest row there is -> rows taken, applied, deleted, until none is to be had
 *     -> is none left of those that were there? -> the watermark is raised
 *
 * A row is deleted in a transaction that is committed once the cache has been told; so a relay that dies leaves it to the next, which
 * tells the cache once more. Rows that another relay has in hand are passed by, and waited for only for the sake of the watermark. */
#include "dao/relay.h"

#include <weir/relay.h>

#include "base/error.h"
#include "cache/replay.h"
#include "db/outbox.h"

#include <poll.h>

#define OTHERS_PAUSE_MS 5

/* ---- A pass ------------------------------------------------------------------------------------------------------------ */

/* Each statement has its own: in between the cache may be busy for longer than any of them. */
static weir__deadline deadline(const weir__relaying *relaying)
{
	return weir__deadline_in_ms(relaying->timeout_ms);
}

static void note_unreadable(const weir__relaying *relaying, size_t unreadable)
{
	if (unreadable > 0)
		weir__log(&relaying->engine->logger, WEIR_LOG_ERROR, "relay: %zu lines of the outbox could not be read",
		          unreadable);
}

static int apply(const weir__relaying *relaying, const weir__buffer *texts, weir_error *err)
{
	size_t unreadable = 0;
	int rc = weir__cache_replay(relaying->engine->cache, (weir_bytes){ texts->data, texts->length }, relaying->stopping,
	                            &unreadable);

	note_unreadable(relaying, unreadable);
	return rc < 0 ? weir__error_set(err, rc, "the cache could not be told what is in the outbox") : WEIR_OK;
}

/* Takes some rows, applies and deletes them. */
static int relay_some(const weir__relaying *relaying, weir__conn *conn, size_t *taken, weir_error *err)
{
	weir__buffer texts = WEIR__BUFFER_INIT;
	int          rc =
		weir__outbox_take(conn, weir__cache_prefix(relaying->engine->cache), deadline(relaying), taken, &texts, err);

	if (rc >= 0 && *taken > 0)
		rc = apply(relaying, &texts, err);
	weir__buffer_release(&texts);
	if (rc >= 0 && *taken > 0)
		return weir__conn_commit(conn, deadline(relaying), err);
	weir__conn_rollback(conn, deadline(relaying));
	return rc;
}

static int relay_all(const weir__relaying *relaying, weir__conn *conn, size_t *applied, weir_error *err)
{
	size_t taken;
	int    rc;

	do {
		rc = relay_some(relaying, conn, &taken, err);
		if (rc >= 0)
			*applied += taken;
	} while (rc >= 0 && taken > 0);
	return rc;
}

/* Raises the watermark once no row is left of those up to `last`. Others may have some in hand: waits for them a little. */
static int raise(const weir__relaying *relaying, weir__conn *conn, int64_t last, weir_error *err)
{
	const weir__engine *engine = relaying->engine;
	const char         *prefix = weir__cache_prefix(engine->cache);
	int64_t             until_us = weir__deadline_in_ms(engine->outside_ms / 5);
	bool                has = last > 0;
	int                 rc = WEIR_OK;

	while (has) {
		rc = weir__outbox_has(conn, prefix, last, deadline(relaying), &has, err);
		if (rc < 0 || (has && weir__now_us() >= until_us))
			return rc;
		if (has)
			(void)poll(NULL, 0, OTHERS_PAUSE_MS);
	}
	(void)weir__watermark_raise(engine->cache, engine->outside_ms, &relaying->lease);
	return rc;
}

static int run_pass(weir__relaying *relaying, weir__conn *conn, size_t *applied, weir_error *err)
{
	weir__engine *engine = relaying->engine;
	bool          leased =
		engine->outside_ms > 0 && weir__watermark_begin(engine->cache, engine->outside_ms, &relaying->lease) == WEIR_OK;
	int64_t last;
	int     rc = weir__outbox_last(conn, weir__cache_prefix(engine->cache), deadline(relaying), &last, err);

	if (rc >= 0 && last > 0)
		rc = relay_all(relaying, conn, applied, err);
	if (rc >= 0 && leased)
		rc = raise(relaying, conn, last, err);
	return rc;
}

int weir__relay_pass(weir__relaying *relaying, weir__conn *conn, size_t *applied, weir_error *err)
{
	weir__relay_counters *counters = &relaying->engine->relay_counters;
	int64_t               began_us = weir__now_us();
	size_t                before = *applied;
	int                   rc = run_pass(relaying, conn, applied, err);

	atomic_fetch_add(&counters->rows, *applied - before);
	atomic_fetch_add(rc < 0 ? &counters->failures : &counters->passes, 1);
	if (rc >= 0)
		atomic_store(&counters->told_us, began_us);
	return rc;
}

int weir_relay_run_once(weir_session *session, size_t *applied, weir_error *err)
{
	weir__relaying relaying;
	weir__conn    *conn = NULL;
	size_t         rows = 0;
	int            rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (session->transaction)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_relay_run_once: not in a transaction");
	if (!session->engine->shares_cache)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_relay_run_once: the cache is not one that processes share");
	relaying = (weir__relaying){ .engine = session->engine, .timeout_ms = session->engine->timeout_ms };
	rc = weir__session_acquire(session, weir__session_deadline(session, 0), &conn, err);
	if (rc >= 0)
		rc = weir__relay_pass(&relaying, conn, &rows, err);
	weir__session_give_back(session, &conn);
	if (applied)
		*applied = rows;
	return rc;
}
