/* A list, taken out as a whole by the one thread that is at it. */
#include "dao/doubt.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/process.h"
#include "dao/session.h"

#define PERIOD_US 1000000
#define LAST_MS   1000

struct weir__doubt {
	weir__doubt   *next;
	weir__touches *touches;
	weir__inquiry  inquiry;
};

int weir__doubts_init(weir__doubts *doubts, weir_error *err)
{
	return pthread_mutex_init(&doubts->lock, NULL) == 0 ? WEIR_OK : weir__error_no_memory(err);
}

static void put(weir__doubts *doubts, weir__doubt *doubt)
{
	pthread_mutex_lock(&doubts->lock);
	doubt->next = doubts->first;
	doubts->first = doubt;
	pthread_mutex_unlock(&doubts->lock);
}

static weir__doubt *take_all(weir__doubts *doubts)
{
	weir__doubt *all;

	pthread_mutex_lock(&doubts->lock);
	all = doubts->first;
	doubts->first = NULL;
	pthread_mutex_unlock(&doubts->lock);
	return all;
}

static void drop(weir__doubt *doubt)
{
	weir__touches_free(doubt->touches);
	weir__free(doubt);
}

void weir__doubts_add(weir__engine *engine, const weir__conn *conn, weir__touches *touches)
{
	weir__doubt *made = weir__calloc(1, sizeof *made);

	if (made)
		weir__conn_inquiry(conn, &made->inquiry);
	if (made && made->inquiry.xid)
		made->touches = weir__cache_keep(engine->cache, touches);
	if (!made || !made->touches) {
		weir__free(made);
		weir__cache_abandon(engine->cache, touches);
		return;
	}
	put(&engine->doubts, made);
	atomic_fetch_add(&engine->doubts.count, 1);
}

/* Released, or guarded for longer. */
static void tend(weir__engine *engine, weir__doubt *doubt, weir__conn *conn, weir__deadline deadline)
{
	if (!conn || !weir__conn_has_settled(conn, &doubt->inquiry, deadline)) {
		(void)weir__cache_renew(engine->cache, doubt->touches);
		put(&engine->doubts, doubt);
		return;
	}
	(void)weir__cache_release(engine->cache, doubt->touches);
	drop(doubt);
	atomic_fetch_sub(&engine->doubts.count, 1);
	weir__log(&engine->logger, WEIR_LOG_INFO,
	          "cache: a COMMIT of unknown fate is settled, what it touched is released");
}

static void tend_all(weir__engine *engine, int timeout_ms)
{
	weir__deadline deadline = weir__deadline_in_ms(timeout_ms);
	weir__conn    *conn = NULL;
	weir__doubt   *next;

	(void)weir__db_acquire(engine->db, deadline, &conn, NULL);
	for (weir__doubt *doubt = take_all(&engine->doubts); doubt; doubt = next) {
		next = doubt->next;
		tend(engine, doubt, conn && weir__conn_is_usable(conn) ? conn : NULL, deadline);
	}
	weir__db_give_back(engine->db, &conn);
}

void weir__doubts_tend(weir__engine *engine, int timeout_ms)
{
	weir__doubts *doubts = &engine->doubts;
	int64_t       now_us;

	if (atomic_load_explicit(&doubts->count, memory_order_relaxed) == 0)
		return;
	now_us = weir__now_us();
	if (now_us < atomic_load(&doubts->next_us) || atomic_exchange(&doubts->tending, true))
		return;
	tend_all(engine, timeout_ms);
	atomic_store(&doubts->next_us, weir__now_us() + PERIOD_US);
	atomic_store(&doubts->tending, false);
}

void weir__doubts_ask(weir__engine *engine)
{
	if (atomic_load(&engine->doubts.count) > 0 && engine->process == weir__process_generation())
		tend_all(engine, LAST_MS);
}

void weir__doubts_release(weir__doubts *doubts)
{
	weir__doubt *next;

	for (weir__doubt *doubt = doubts->first; doubt; doubt = next) {
		next = doubt->next;
		drop(doubt);
	}
	pthread_mutex_destroy(&doubts->lock);
}
