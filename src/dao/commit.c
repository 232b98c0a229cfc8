/* What happens around a COMMIT:
 *
 *     guard everything touched -> COMMIT -> give the connection back -> release (or, if its outcome is unknown, keep it
 *     guarded, doubt.h)
 *
 * and what the policy says where the cache does not answer. A write that fails for it is told from one that is committed: the first has
 * changed nothing and may be repeated, the second is there, but other processes may for a while read what was before. Either way
 * the cache learns of it as soon as it answers again (cache/pending.h). */
#include "dao/outbox.h"

#include "base/error.h"

static int refused(weir_error *err)
{
	weir__error_set(err, WEIR_ERR_CACHE, "the cache could not be told what would change: it was rolled back");
	if (err)
		err->sent = true;
	return WEIR_ERR_CACHE;
}

static int unconfirmed(weir_error *err)
{
	weir__error_set(err, WEIR_ERR_UNCONFIRMED, "committed, but the cache could not be told that it was");
	if (err) {
		err->sent = true;
		err->effect = WEIR_EFFECT_DONE;
	}
	return WEIR_ERR_UNCONFIRMED;
}

/* What the policy says of a write whose guards could not be placed. */
static int go_without(const weir__engine *engine, weir__conn *conn, const weir__touches *touches,
                      weir__deadline deadline, weir_error *err)
{
	if (weir__touches_fail(touches))
		return refused(err);
	return engine->outbox ? weir__outbox_keep(engine, conn, touches, deadline, err) : WEIR_OK;
}

int weir__commit_guard(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline *deadline,
                       weir_error *err)
{
	int rc = weir__cache_guard(engine->cache, touches, deadline);

	if (rc < 0)
		rc = go_without(engine, *conn, touches, *deadline, err);
	if (rc >= 0)
		return rc;
	weir__conn_rollback(*conn, *deadline);
	weir__db_give_back(engine->db, conn);
	(void)weir__cache_release(engine->cache, touches);
	return rc;
}

int weir__commit_guarded(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline deadline,
                         weir_error *err)
{
	bool fails = weir__touches_fail(touches);
	int  rc = weir__conn_commit(*conn, deadline, err);

	if (rc == WEIR_ERR_UNKNOWN_COMMIT) {
		weir__doubts_add(engine, *conn, touches);
		return rc;
	}
	weir__db_give_back(engine->db, conn); /* others may have it during the release */
	if (weir__cache_release(engine->cache, touches) < 0 && fails && rc >= 0)
		rc = unconfirmed(err);
	return rc;
}

int weir__commit(weir__engine *engine, weir__conn **conn, weir__touches *touches, weir__deadline deadline,
                 weir_error *err)
{
	int rc = weir__commit_guard(engine, conn, touches, &deadline, err);

	return rc < 0 ? rc : weir__commit_guarded(engine, conn, touches, deadline, err);
}
