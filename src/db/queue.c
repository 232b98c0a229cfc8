/* Who gets the next connection: the stack of idle ones and the queue of callers. */
#include "db/conn.h"

/* ---- Idle connections ------------------------------------------------------------------------------------------------ */

void weir__idle_push(weir__db *db, weir__conn *conn)
{
	conn->above = NULL;
	conn->below = db->top;
	*(db->top ? &db->top->above : &db->bottom) = conn;
	db->top = conn;
	db->idle++;
}

void weir__idle_remove(weir__db *db, weir__conn *conn)
{
	*(conn->above ? &conn->above->below : &db->top) = conn->below;
	*(conn->below ? &conn->below->above : &db->bottom) = conn->above;
	db->idle--;
}

int weir__pool_total(const weir__db *db)
{
	return db->idle + db->in_use + db->connecting;
}

/* ---- Callers that wait ------------------------------------------------------------------------------------------------ */

static void enqueue(weir__db *db, weir__waiter *waiter, bool in_front)
{
	waiter->before = in_front ? NULL : db->tail;
	waiter->behind = in_front ? db->head : NULL;
	*(waiter->before ? &waiter->before->behind : &db->head) = waiter;
	*(waiter->behind ? &waiter->behind->before : &db->tail) = waiter;
	db->waiting++;
}

static void dequeue(weir__db *db, weir__waiter *waiter)
{
	*(waiter->before ? &waiter->before->behind : &db->head) = waiter->behind;
	*(waiter->behind ? &waiter->behind->before : &db->tail) = waiter->before;
	db->waiting--;
}

enum weir__answer weir__queue_take(weir__db *db, int64_t now_us, weir__conn **conn)
{
	if (db->closing)
		return WEIR__REFUSED;
	if (db->top) {
		*conn = db->top;
		weir__idle_remove(db, *conn);
		db->in_use++;
		return WEIR__GOT_CONN;
	}
	if (weir__pool_total(db) < db->pool.max_connections && weir__outage_allows(db, now_us)) {
		db->connecting++;
		return WEIR__MAY_CONNECT;
	}
	return weir__outage_is_hopeless(db) ? WEIR__REFUSED : WEIR__WAITING;
}

void weir__queue_serve(weir__db *db, int64_t now_us)
{
	while (db->head) {
		weir__waiter *waiter = db->head;

		waiter->answer = weir__queue_take(db, now_us, &waiter->conn);
		if (waiter->answer == WEIR__WAITING) {
			if (db->outage.failures > 0)
				pthread_cond_signal(&waiter->woken); /* to watch for the next attempt */
			return;
		}
		dequeue(db, waiter);
		pthread_cond_signal(&waiter->woken);
	}
}

/* Nobody can wake one caller alone: who can be cancelled looks again this often. */
#define LOOK_US 20000

/* During an outage the head of the queue watches for the time of the next attempt. */
static weir__deadline wake_at(const weir__db *db, const weir__waiter *waiter, weir__deadline deadline)
{
	bool watches = waiter == db->head && db->outage.failures > 0 && db->connecting == 0 &&
	               weir__pool_total(db) < db->pool.max_connections;

	if (watches)
		deadline = weir__deadline_earlier(deadline, db->outage.retry_us);
	return waiter->cancel ? weir__deadline_earlier(deadline, weir__now_us() + LOOK_US) : deadline;
}

static void wait_in_queue(weir__db *db, weir__waiter *waiter, weir__deadline deadline)
{
	for (;;) {
		int64_t now_us = weir__now_us();

		weir__queue_serve(db, now_us);
		if (waiter->answer != WEIR__WAITING)
			return;
		if (weir__cancel_is_requested(waiter->cancel))
			waiter->answer = WEIR__CANCELLED;
		if (now_us >= deadline || waiter->answer == WEIR__CANCELLED)
			break;
		weir__cond_wait(&waiter->woken, &db->lock, wake_at(db, waiter, deadline));
		if (waiter->answer != WEIR__WAITING)
			return;
	}
	dequeue(db, waiter);
	if (db->head)
		pthread_cond_signal(&db->head->woken);
}

enum weir__answer weir__queue_wait(weir__db *db, const weir__turn *turn, weir__conn **conn)
{
	weir__waiter waiter = { .answer = WEIR__WAITING, .cancel = turn->cancel };

	weir__cond_init(&waiter.woken);
	enqueue(db, &waiter, turn->in_front);
	wait_in_queue(db, &waiter, turn->deadline);
	pthread_cond_destroy(&waiter.woken);
	*conn = waiter.conn;
	return waiter.answer;
}
