/* The thread of a session that relays: a pass each second, or five within the bound of outside_ms. It has a connection of its own, so
 * that a pool without a free one does not keep it from its work; the application's signals are not its own. */
#include "dao/relay.h"

#include "base/condition.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/process.h"
#include "cache/pending.h"
#include "dao/era.h"

#include <signal.h>

#define PAUSE_MS   1000
#define TIMEOUT_MS 2000 /* of a statement; weir_close may wait for one */

struct weir__relay {
	weir__relaying  relaying;
	uint32_t        process;
	weir__conn     *conn;    /* the thread's */
	bool            failing; /* the thread's: it has been said */
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  wake;
	atomic_bool     stopping; /* changed under the lock */
};

/* An outage is said once, and so is its end. */
static void note_outcome(weir__relay *relay, int rc, const weir_error *err)
{
	const weir__logger *logger = &relay->relaying.engine->logger;

	if (rc < 0 && !relay->failing)
		weir__log(logger, WEIR_LOG_WARNING, "relay: the outbox cannot be emptied for now (%s)",
		          weir_status_name(err->status));
	else if (rc >= 0 && relay->failing)
		weir__log(logger, WEIR_LOG_INFO, "relay: the outbox is emptied again");
	relay->failing = rc < 0;
}

static void pass(weir__relay *relay)
{
	weir__engine *engine = relay->relaying.engine;
	weir_error    err = WEIR_ERROR_INIT;
	size_t        applied = 0;
	int           rc = WEIR_OK;

	if (relay->conn && weir__conn_is_outdated(relay->conn))
		weir__db_close_apart(&relay->conn);
	if (!relay->conn)
		rc = weir__db_open_apart(engine->db, weir__deadline_in_ms(TIMEOUT_MS), &relay->conn, &err);

	(void)weir__cache_usable(engine->cache); /* pays what this process owes */
	weir__doubts_tend(engine, TIMEOUT_MS);
	if (rc >= 0)
		rc = weir__era_read_on(engine, relay->conn, weir__deadline_in_ms(TIMEOUT_MS), &err);
	if (rc >= 0)
		rc = weir__relay_pass(&relay->relaying, relay->conn, &applied, &err);
	else
		atomic_fetch_add(&engine->relay_counters.failures, 1);
	if (relay->conn && !weir__conn_is_usable(relay->conn))
		weir__db_close_apart(&relay->conn);
	if (applied > 0)
		weir__log(&engine->logger, WEIR_LOG_DEBUG, "relay: %zu rows of the outbox applied", applied);
	note_outcome(relay, rc, &err);
}

/* False: it is to end. */
static bool wait_for_next(weir__relay *relay)
{
	int            bound_ms = relay->relaying.engine->outside_ms;
	weir__deadline next = weir__deadline_in_ms(bound_ms > 0 && bound_ms < 5 * PAUSE_MS ? bound_ms / 5 : PAUSE_MS);
	bool           stopping;

	pthread_mutex_lock(&relay->lock);
	while (!atomic_load(&relay->stopping) && weir__now_us() < next)
		weir__cond_wait(&relay->wake, &relay->lock, next);
	stopping = atomic_load(&relay->stopping);
	pthread_mutex_unlock(&relay->lock);
	return !stopping;
}

static void *run(void *argument)
{
	weir__relay *relay = argument;

	do
		pass(relay);
	while (wait_for_next(relay));
	if (relay->conn)
		weir__db_close_apart(&relay->conn);
	return NULL;
}

static int start_thread(weir__relay *relay)
{
	sigset_t all, before;
	int      failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&relay->thread, NULL, run, relay);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

int weir__relay_start(weir__engine *engine, weir__relay **relay, weir_error *err)
{
	weir__relay *made = weir__calloc(1, sizeof *made);

	if (!made)
		return weir__error_no_memory(err);
	atomic_init(&made->stopping, false);
	made->relaying = (weir__relaying){ .engine = engine, .timeout_ms = TIMEOUT_MS, .stopping = &made->stopping };
	made->process = weir__process_generation();
	if (pthread_mutex_init(&made->lock, NULL) != 0) {
		weir__free(made);
		return weir__error_no_memory(err);
	}
	weir__cond_init(&made->wake);
	if (start_thread(made) != 0) {
		pthread_cond_destroy(&made->wake);
		pthread_mutex_destroy(&made->lock);
		weir__free(made);
		return weir__error_set(err, WEIR_ERR_NO_MEMORY, "no thread for the relay could be made");
	}
	*relay = made;
	return WEIR_OK;
}

void weir__relay_stop(weir__relay *relay)
{
	if (!relay)
		return;
	if (relay->process == weir__process_generation()) {
		pthread_mutex_lock(&relay->lock);
		atomic_store(&relay->stopping, true);
		pthread_cond_broadcast(&relay->wake);
		pthread_mutex_unlock(&relay->lock);
		pthread_join(relay->thread, NULL);
		pthread_cond_destroy(&relay->wake);
		pthread_mutex_destroy(&relay->lock);
	}
	weir__free(relay);
}
