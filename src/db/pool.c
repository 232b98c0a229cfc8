/* Borrowing and giving back. See pool.h for who is served when. */
#include "db/pool.h"

#include "base/error.h"
#include "base/process.h"
#include "db/conn.h"

#include <poll.h>

#define CHECK_AFTER_US 1000000 /* idle for longer: looked at before use */
#define YOUNG_US       1000000

/* ---- The books: the lock is held --------------------------------------------------------------------------------------- */

static void enlist(weir__db *db, weir__conn *conn)
{
	conn->prev = NULL;
	conn->next = db->all;
	if (db->all)
		db->all->prev = conn;
	db->all = conn;
	db->totals.connections_opened++;
	db->ended = false;
}

/* Takes a borrowed connection off the books; whoever calls frees it, without the lock. */
static void discharge(weir__db *db, weir__conn *conn, uint64_t *counter)
{
	db->in_use--;
	(*counter)++;
	*(conn->prev ? &conn->prev->next : &db->all) = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	weir__conn_add_counters(conn, &db->totals);
}

static bool is_deserted(const weir__db *db)
{
	return db->in_use + db->inside == 0;
}

/* Lets go of the lock, and of the pool if that is closed and nobody else is left. */
static void leave(weir__db *db)
{
	bool last = db->orphaned && is_deserted(db);

	if (db->closing)
		pthread_cond_broadcast(&db->drained);
	pthread_mutex_unlock(&db->lock);
	if (last)
		weir__db_free(db);
}

/* ---- Is an idle connection still good? ----------------------------------------------------------------------------------- */

static bool is_outdated(const weir__db *db, const weir__conn *conn, int64_t now_us)
{
	int64_t idle_us = now_us - conn->returned_us;

	return now_us >= conn->retires_us || conn->opened_us < db->stale_us ||
	       (idle_us > (int64_t)db->pool.idle_timeout_s * 1000000 && weir__pool_total(db) > db->pool.min_connections);
}

/* An idle connection has nothing to say. If it does, that is its end, or something nobody here asked for. */
static bool is_quiet(const weir__conn *conn)
{
	struct pollfd socket = { .fd = PQsocket(conn->pg), .events = POLLIN };

	return socket.fd >= 0 && poll(&socket, 1, 0) == 0;
}

/* Looks at a connection that was taken from the stack. One that is not good is closed, which leaves the caller its turn.
 * The lock is held, but not while looking. */
static bool is_good(weir__db *db, weir__conn *conn, int64_t now_us)
{
	bool outdated = is_outdated(db, conn, now_us);
	bool good;

	if (!outdated && now_us - conn->returned_us <= CHECK_AFTER_US && conn->returned_us >= db->suspect_us)
		return true;
	pthread_mutex_unlock(&db->lock);
	good = !outdated && is_quiet(conn);
	pthread_mutex_lock(&db->lock);
	if (good)
		return true;
	db->ended = db->ended || !outdated;
	discharge(db, conn, outdated ? &db->totals.connections_closed : &db->totals.connections_destroyed);
	pthread_mutex_unlock(&db->lock);
	weir__log(db->logger, WEIR_LOG_INFO, "db: idle connection closed, %s", outdated ? "its time is over" : "it ended");
	weir__conn_free(conn);
	pthread_mutex_lock(&db->lock);
	return false;
}

/* ---- Borrowing ----------------------------------------------------------------------------------------------------------- */

/* Uses the right to open a connection. The lock is held, but not while connecting. */
static int connect_in_turn(weir__db *db, const weir__turn *turn, weir__conn **conn, weir_error *err)
{
	int64_t started_us = weir__now_us();
	int     rc;

	pthread_mutex_unlock(&db->lock);
	rc = weir__conn_open(db, turn->deadline, turn->cancel, conn, err);
	if (rc < 0)
		weir__log(db->logger, WEIR_LOG_WARNING, "db: connecting failed: %s %s", weir_status_name(rc), err->sqlstate);
	pthread_mutex_lock(&db->lock);
	db->connecting--;
	if (rc == WEIR_OK) {
		db->in_use++;
		db->outage.failures = 0;
		enlist(db, *conn);
	} else {
		weir__outage_note(db, started_us, err);
	}
	weir__queue_serve(db, weir__now_us());
	return rc;
}

static int refuse(const weir__db *db, enum weir__answer answer, weir_error *err)
{
	if (answer == WEIR__CANCELLED)
		return weir__cancel_error(err);
	if (answer == WEIR__REFUSED && db->closing)
		return weir__error_set(err, WEIR_ERR_CLOSED, "the session is being closed");
	if (db->outage.failures > 0) {
		*err = db->outage.error;
		return err->status;
	}
	return weir__error_set(err, WEIR_ERR_TIMEOUT, "no connection was free by the deadline: %d of %d are in use",
	                       db->in_use, db->pool.max_connections);
}

static void note_wait(weir__db *db, int64_t waited_us)
{
	size_t bucket = 0;

	for (int64_t limit_us = 1000; bucket < WEIR_WAIT_BUCKETS - 1 && waited_us >= limit_us; limit_us *= 10)
		bucket++;
	db->totals.acquire_wait_us += (uint64_t)waited_us;
	db->totals.acquire_waits_by_ms[bucket]++;
}

/* Nobody waits, and the connection that was used last is good: most calls. False: the caller keeps its turn. */
static bool take_idle(weir__db *db, weir__turn *turn, weir__conn **conn)
{
	int64_t now_us;

	if (db->head || db->closing || !db->top)
		return false;
	now_us = weir__now_us();
	(void)weir__queue_take(db, now_us, conn);
	turn->in_front = true;
	return is_good(db, *conn, now_us);
}

static int acquire(weir__db *db, weir__turn *turn, weir__conn **conn, weir_error *err)
{
	for (;; turn->in_front = true) {
		int64_t           now_us = weir__now_us();
		enum weir__answer answer = WEIR__WAITING;
		int               rc;

		if (turn->in_front || !db->head)
			answer = weir__queue_take(db, now_us, conn);
		if (answer == WEIR__WAITING) {
			db->totals.acquire_waits += !turn->in_front;
			answer = weir__queue_wait(db, turn, conn);
			note_wait(db, weir__now_us() - now_us);
			now_us = weir__now_us();
		}
		if (answer == WEIR__GOT_CONN && is_good(db, *conn, now_us))
			return WEIR_OK;
		if (answer == WEIR__GOT_CONN)
			continue;
		if (answer != WEIR__MAY_CONNECT)
			return refuse(db, answer, err);
		rc = connect_in_turn(db, turn, conn, err);
		if (rc == WEIR_OK || rc == WEIR_ERR_NO_MEMORY || rc == WEIR_ERR_CANCELLED || weir__outage_is_hopeless(db))
			return rc;
		if (weir__now_us() >= turn->deadline) /* a last try that had no time knows less than those before it */
			return rc == WEIR_ERR_TIMEOUT && db->outage.failures > 0 ? refuse(db, answer, err) : rc;
	}
}

static int acquire_in_turn(weir__db *db, weir__turn *turn, weir__conn **conn, weir_error *err)
{
	weir_error failure;
	int        rc = acquire(db, turn, conn, &failure);

	if (rc < 0) {
		int64_t now_us = weir__now_us();

		db->totals.acquire_timeouts += now_us >= turn->deadline;
		weir__queue_serve(db, now_us);
		*conn = NULL;
	}
	if (rc < 0 && err)
		*err = failure;
	return rc;
}

int weir__db_acquire(weir__db *db, weir__deadline deadline, weir__conn **conn, weir_error *err)
{
	return weir__db_borrow(db, deadline, NULL, conn, err);
}

int weir__db_borrow(weir__db *db, weir__deadline deadline, const weir__cancel *cancel, weir__conn **conn,
                    weir_error *err)
{
	weir__turn turn = { .deadline = deadline, .cancel = cancel };
	int        rc = WEIR_OK;

	*conn = NULL;
	if (db->process != weir__process_generation())
		return weir__error_set(err, WEIR_ERR_FORKED, "the session belongs to the parent process");
	if (db->pool.acquire_timeout_ms > 0)
		turn.deadline = weir__deadline_earlier(deadline, weir__deadline_in_ms(db->pool.acquire_timeout_ms));
	pthread_mutex_lock(&db->lock);
	db->inside++;
	db->totals.acquires++;
	if (!take_idle(db, &turn, conn))
		rc = acquire_in_turn(db, &turn, conn, err);
	db->inside--;
	leave(db);
	if (rc >= 0)
		(*conn)->cancel = cancel;
	return rc;
}

/* ---- Giving back ----------------------------------------------------------------------------------------------------------- */

/* The connection that was unused for the longest time, if for too long. The lock is held. */
static weir__conn *take_expired(weir__db *db, int64_t now_us)
{
	weir__conn *conn = db->bottom;

	if (!conn || !is_outdated(db, conn, now_us))
		return NULL;
	weir__idle_remove(db, conn);
	db->in_use++;
	discharge(db, conn, &db->totals.connections_closed);
	return conn;
}

void weir__db_give_back(weir__db *db, weir__conn **conn)
{
	weir__conn *back = *conn;
	weir__conn *expired = NULL;
	int64_t     now_us;
	bool        clean;
	bool        keep;

	*conn = NULL;
	if (!back || db->process != weir__process_generation())
		return;
	clean = weir__conn_is_clean(back);
	now_us = weir__now_us();
	back->returned_us = now_us;
	back->tx = (weir__tx){ .begin = NULL };
	back->cancel = NULL;
	back->principal = NULL;
	pthread_mutex_lock(&db->lock);
	keep = clean && !db->closing && now_us < back->retires_us && back->opened_us >= db->stale_us;
	if (keep) {
		db->in_use--;
		weir__idle_push(db, back);
		expired = take_expired(db, now_us);
	} else {
		db->ended = db->ended || !clean;
		discharge(db, back, clean ? &db->totals.connections_closed : &db->totals.connections_destroyed);
	}
	weir__queue_serve(db, now_us);
	leave(db);
	if (!keep)
		weir__conn_free(back);
	weir__conn_free(expired);
}

void weir__pool_add(weir__db *db, weir__conn *conn)
{
	pthread_mutex_lock(&db->lock);
	enlist(db, conn);
	conn->returned_us = weir__now_us();
	weir__idle_push(db, conn);
	weir__queue_serve(db, conn->returned_us);
	pthread_mutex_unlock(&db->lock);
}

/* ---- Suspicion --------------------------------------------------------------------------------------------------------------- */

void weir__pool_suspect(weir__db *db)
{
	pthread_mutex_lock(&db->lock);
	db->suspect_us = weir__now_us();
	pthread_mutex_unlock(&db->lock);
}

void weir__pool_renew(weir__db *db, const weir__conn *conn)
{
	int64_t now_us = weir__now_us();

	pthread_mutex_lock(&db->lock);
	if (now_us - conn->opened_us > YOUNG_US)
		db->stale_us = now_us;
	pthread_mutex_unlock(&db->lock);
}

void weir__db_renew(weir__db *db)
{
	pthread_mutex_lock(&db->lock);
	db->stale_us = weir__now_us();
	pthread_mutex_unlock(&db->lock);
}

bool weir__db_has_ended(weir__db *db)
{
	bool ended;

	if (db->process != weir__process_generation())
		return false;
	pthread_mutex_lock(&db->lock);
	ended = db->top ? !is_quiet(db->top) : db->ended && !db->all;
	pthread_mutex_unlock(&db->lock);
	return ended;
}

/* ---- The end ------------------------------------------------------------------------------------------------------------------- */

static weir__conn *take_last(weir__db *db)
{
	weir__conn *conn = db->top;

	if (conn) {
		weir__idle_remove(db, conn);
		db->in_use++;
		discharge(db, conn, &db->totals.connections_closed);
	}
	return conn;
}

void weir__pool_close(weir__db *db, weir__deadline deadline)
{
	weir__conn *conn;

	pthread_mutex_lock(&db->lock);
	db->closing = true;
	weir__queue_serve(db, weir__now_us());
	while (!is_deserted(db) && weir__now_us() < deadline)
		weir__cond_wait(&db->drained, &db->lock, deadline);
	while ((conn = take_last(db)) != NULL) {
		pthread_mutex_unlock(&db->lock);
		weir__conn_free(conn);
		pthread_mutex_lock(&db->lock);
	}
	db->orphaned = true;
	leave(db);
}
