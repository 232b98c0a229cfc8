/* Pool and breaker. The mutex is never held while anybody waits for the server. */
#include "cache/redis_pool.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/names.h"
#include "cache/redis_socket.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define RUNS_MOST      64    /* at a time; the others wait their turn */
#define IDLE_UNSEEN_US 50    /* idle longer than this: looked at before it is used */
#define FAILURES_MOST  2     /* in a row, then it is down */
#define HASTY_US       10000 /* a call that has less time proves nothing by running out of it */
#define PAUSE_LEAST_US 50000 /* between attempts while it is down */
#define PAUSE_MOST_US  1000000
#define LOG_PAUSE_US   10000000 /* a server that comes and goes is not reported more often */

struct weir__redis_pool {
	const weir__logger     *logger;
	weir__reply_cache      *cache;
	weir__redis_url         url;
	char                   *place;
	pthread_mutex_t         mutex;     /* the rest */
	weir__tls_context      *tls;       /* NULL: none */
	weir__names            *names;     /* NULL: a unix socket */
	weir__addresses        *addresses; /* of the host; NULL: not known yet, or a unix socket */
	weir__redis_connection *idle;
	size_t                  runs;      /* under way */
	size_t                  runs_most; /* a server that came back is met by one, then two, four, ... */
	size_t                  waiting;   /* for one of them to end */
	pthread_cond_t          run_ended;
	char                    epoch[WEIR__EPOCH_SIZE]; /* of the last connection; all others are not used again */
	int                     failures;                /* in a row */
	int64_t                 answered_us;             /* when the last run ended well */
	bool                    down;
	bool                    probing;  /* somebody tries whether it is back */
	bool                    reported; /* that it is down */
	int64_t                 down_since_us;
	int64_t                 retry_us;
	int64_t                 pause_us;
	int64_t                 reported_us;
	int64_t                 refused_us; /* when a refusal was reported last */
};

/* ---- Addresses ----------------------------------------------------------------------------------------------------- */

/* The probe looks the host up again: a failover may have moved it. */
static void renew_addresses(weir__redis_pool *pool, int64_t deadline_us)
{
	weir__addresses *found = NULL;
	weir__addresses *old;

	if (weir__names_find(pool->names, pool->url.host, pool->url.port, deadline_us, &found) != WEIR__NAMES_FOUND)
		return;
	pthread_mutex_lock(&pool->mutex);
	old = pool->addresses;
	pool->addresses = found;
	pthread_mutex_unlock(&pool->mutex);
	weir__addresses_release(old);
}

static weir__addresses *retain_addresses(weir__redis_pool *pool)
{
	weir__addresses *known;

	pthread_mutex_lock(&pool->mutex);
	known = pool->addresses;
	if (known)
		weir__addresses_retain(known);
	pthread_mutex_unlock(&pool->mutex);
	return known;
}

/* Where the host is; NULL: not known by the deadline, or a unix socket. */
static weir__addresses *find_addresses(weir__redis_pool *pool, int64_t deadline_us, bool anew)
{
	weir__addresses *known = pool->names && !anew ? retain_addresses(pool) : NULL;

	if (known || !pool->names)
		return known;
	renew_addresses(pool, deadline_us);
	return retain_addresses(pool);
}

/* ---- Life ---------------------------------------------------------------------------------------------------------- */

static char *make_place(const weir__redis_url *url)
{
	weir__buffer place = WEIR__BUFFER_INIT;
	char        *text;

	weir__buffer_appendf(&place, "%s:%s/%d", url->socket_path ? url->socket_path : url->host, url->port, url->db);
	text = weir__buffer_detach(&place);
	weir__buffer_release(&place);
	return text;
}

static bool set_up(weir__redis_pool *pool, const weir__redis_url *url)
{
	pool->cache = weir__reply_cache_create();
	pool->names = url->host ? weir__names_create() : NULL;
	pool->place = make_place(url);
	return pool->cache && pool->place && (pool->names || !url->host);
}

static void take_down(weir__redis_pool *pool)
{
	if (pool->cache)
		weir__reply_cache_release(pool->cache);
	weir__names_release(pool->names);
	weir__tls_context_free(pool->tls);
	weir__free(pool->place);
	weir__free(pool);
}

int weir__redis_pool_create(weir__redis_url *url, const weir__logger *logger, weir__redis_pool **pool, weir_error *err)
{
	weir__redis_pool *made = weir__calloc(1, sizeof *made);
	int               rc = WEIR_OK;

	if (!made)
		return weir__error_no_memory(err);
	if (url->tls)
		rc = weir__tls_context_create(url, &made->tls, err);
	if (rc == WEIR_OK && (!set_up(made, url) || pthread_mutex_init(&made->mutex, NULL) != 0))
		rc = weir__error_no_memory(err);
	if (rc < 0) {
		take_down(made);
		return rc;
	}
	weir__cond_init(&made->run_ended);
	made->runs_most = RUNS_MOST;
	made->logger = logger;
	made->url = *url;
	*pool = made;
	return WEIR_OK;
}

const weir__redis_url *weir__redis_pool_url(const weir__redis_pool *pool)
{
	return &pool->url;
}

const char *weir__redis_pool_place(const weir__redis_pool *pool)
{
	return pool->place;
}

/* All idle connections, taken out; to be closed without the mutex. */
static weir__redis_connection *take_idle(weir__redis_pool *pool)
{
	weir__redis_connection *idle = pool->idle;

	pool->idle = NULL;
	return idle;
}

static void close_all(weir__redis_connection *connections)
{
	weir__redis_connection *next;

	for (; connections; connections = next) {
		next = connections->next;
		weir__redis_connection_close(connections);
	}
}

/* One has ended, and the others with it as like as not. */
static void drop_idle(weir__redis_pool *pool)
{
	weir__redis_connection *idle;

	pthread_mutex_lock(&pool->mutex);
	idle = take_idle(pool);
	pthread_mutex_unlock(&pool->mutex);
	close_all(idle);
}

void weir__redis_pool_free(weir__redis_pool *pool)
{
	close_all(take_idle(pool));
	pthread_cond_destroy(&pool->run_ended);
	weir__addresses_release(pool->addresses);
	weir__redis_url_release(&pool->url);
	pthread_mutex_destroy(&pool->mutex);
	take_down(pool);
}

/* ---- The breaker --------------------------------------------------------------------------------------------------- */

/* By a quarter more or less, so that processes do not come all at once. */
static int64_t jittered(int64_t pause_us)
{
	return pause_us * 3 / 4 + (int64_t)(weir__random_u64() % (uint64_t)(pause_us / 2));
}

/* Under the mutex. True: the caller reports it. */
static bool note_down(weir__redis_pool *pool, bool by_probe)
{
	int64_t now_us = weir__now_us();
	bool    was_down = pool->down;

	if (by_probe && was_down)
		pool->pause_us = pool->pause_us * 2 < PAUSE_MOST_US ? pool->pause_us * 2 : PAUSE_MOST_US;
	if (!was_down) {
		pool->down = true;
		pool->pause_us = PAUSE_LEAST_US;
		pool->down_since_us = now_us;
	}
	if (by_probe || !was_down)
		pool->retry_us = now_us + jittered(pool->pause_us);
	if (was_down || pool->reported || (pool->reported_us && now_us - pool->reported_us < LOG_PAUSE_US))
		return false;
	pool->reported = true;
	pool->reported_us = now_us;
	return true;
}

static void report_down(const weir__redis_pool *pool, weir__redis_failure failure, const char *error_code)
{
	weir__log(pool->logger, WEIR_LOG_WARNING, "cache redis: down: %s%s%s; reads go to the database",
	          weir__redis_failure_text(failure), error_code[0] ? ": " : "", error_code);
}

/* What a failure was about. */
typedef struct failing {
	weir__redis_failure failure;
	const char         *error_code;
	bool                by_probe;
	int64_t             began_us;
} failing;

/* Under the mutex. A call that got no answer while another one that began no earlier did says more about this machine, or about one
 * connection, than about the server: many threads on few processors would take a busy server for one that is down, and make the
 * database and themselves busier by that. */
static bool proves_something(const weir__redis_pool *pool, const failing *f)
{
	bool unanswered = f->failure == WEIR__REDIS_TIMEOUT || f->failure == WEIR__REDIS_LOST;

	return f->by_probe || !unanswered || pool->answered_us < f->began_us;
}

/* Under the mutex. Several failures in a row mean that it is down only if nobody has had an answer for twice as long as this call
 * has waited: those that fail at one moment are like one. */
static bool is_over(const weir__redis_pool *pool, const failing *f)
{
	int64_t now_us = weir__now_us();

	return pool->failures >= FAILURES_MOST && now_us - pool->answered_us >= 2 * (now_us - f->began_us);
}

/* A call has failed. */
static void note_failure(weir__redis_pool *pool, const failing *f)
{
	weir__redis_connection *idle = NULL;
	bool                    by_probe = f->by_probe;
	bool                    is_down, report = false;

	pthread_mutex_lock(&pool->mutex);
	pool->failures += proves_something(pool, f);
	is_down = by_probe || f->failure == WEIR__REDIS_REFUSED || f->failure == WEIR__REDIS_UNTRUSTED ||
	          f->failure == WEIR__REDIS_UNUSABLE || is_over(pool, f);
	if (by_probe)
		pool->probing = false;
	if (is_down) {
		idle = take_idle(pool);
		report = note_down(pool, by_probe);
		if (pool->waiting > 0)
			pthread_cond_broadcast(&pool->run_ended); /* they are turned away */
	}
	pthread_mutex_unlock(&pool->mutex);
	close_all(idle);
	if (report)
		report_down(pool, f->failure, f->error_code);
}

static void note_up(weir__redis_pool *pool)
{
	int64_t down_us;
	bool    report;

	pthread_mutex_lock(&pool->mutex);
	down_us = weir__now_us() - pool->down_since_us;
	report = pool->reported;
	pool->down = pool->probing = pool->reported = false;
	pool->failures = 0;
	pool->runs_most = 1;
	pthread_mutex_unlock(&pool->mutex);
	if (report)
		weir__log(pool->logger, WEIR_LOG_INFO, "cache redis: back after %" PRId64 " ms", down_us / 1000);
}

/* ---- Connections --------------------------------------------------------------------------------------------------- */

typedef enum admission { TURNED_AWAY, IDLE_CONNECTION, NEW_CONNECTION, PROBE } admission;

/* Under the mutex. Waits until there are not too many runs, or the server is down. False: it is too late. */
static bool wait_for_turn(weir__redis_pool *pool, int64_t deadline_us, int64_t *now_us)
{
	while (!pool->down && pool->runs >= pool->runs_most) {
		if (*now_us >= deadline_us)
			return false;
		pool->waiting++;
		weir__cond_wait(&pool->run_ended, &pool->mutex, deadline_us);
		pool->waiting--;
		*now_us = weir__now_us();
	}
	return true;
}

/* As admit, where nobody would have to wait. NULL: no run has begun. */
static weir__redis_connection *take_idle_one(weir__redis_pool *pool)
{
	weir__redis_connection *connection = NULL;

	pthread_mutex_lock(&pool->mutex);
	if (!pool->down && pool->runs < pool->runs_most && pool->idle) {
		connection = pool->idle;
		pool->idle = connection->next;
		pool->runs++;
	}
	pthread_mutex_unlock(&pool->mutex);
	return connection;
}

/* Who is not turned away has begun a run. */
static admission admit(weir__redis_pool *pool, int64_t deadline_us, int64_t *now_us, weir__redis_connection **idle)
{
	admission admitted = NEW_CONNECTION;

	pthread_mutex_lock(&pool->mutex);
	if (!wait_for_turn(pool, deadline_us, now_us)) {
		admitted = TURNED_AWAY;
	} else if (pool->down) {
		admitted = pool->probing || *now_us < pool->retry_us ? TURNED_AWAY : PROBE;
		pool->probing = pool->probing || admitted == PROBE;
	} else if (pool->idle) {
		*idle = pool->idle;
		pool->idle = pool->idle->next;
		admitted = IDLE_CONNECTION;
	}
	pool->runs += admitted != TURNED_AWAY;
	pthread_mutex_unlock(&pool->mutex);
	return admitted;
}

/* Under the mutex. */
static void count_end(weir__redis_pool *pool)
{
	pool->runs--;
	if (pool->waiting > 0)
		pthread_cond_signal(&pool->run_ended);
}

/* A run without a connection ends. */
static void note_end(weir__redis_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	count_end(pool);
	pthread_mutex_unlock(&pool->mutex);
}

static bool is_hasty(int64_t deadline_us)
{
	return deadline_us - weir__now_us() < HASTY_US;
}

static bool is_of_epoch(const weir__redis_pool *pool, const weir__redis_connection *connection)
{
	return memcmp(pool->epoch, connection->epoch, sizeof pool->epoch) == 0;
}

/* Another server, or the same one after a restart: what is connected to the one before is not used any more. */
static void note_epoch(weir__redis_pool *pool, const weir__redis_connection *connection)
{
	weir__redis_connection *idle = NULL;
	bool                    was_known;

	pthread_mutex_lock(&pool->mutex);
	was_known = pool->epoch[0] != '\0';
	if (!is_of_epoch(pool, connection))
		idle = take_idle(pool);
	else
		was_known = false;
	memcpy(pool->epoch, connection->epoch, sizeof pool->epoch);
	pthread_mutex_unlock(&pool->mutex);
	close_all(idle);
	if (was_known)
		weir__log(pool->logger, WEIR_LOG_INFO, "cache redis: another run of the server: it starts cold");
}

/* A new connection. NULL: failed, and noted. */
static weir__redis_connection *open_connection(weir__redis_pool *pool, int64_t deadline_us, bool is_probe)
{
	weir__redis_opening opening = {
		.url = &pool->url, .tls = pool->tls, .cache = pool->cache, .deadline_us = deadline_us
	};
	weir__redis_connection *connection = NULL;
	int64_t                 began_us = weir__now_us();
	bool                    hasty = !is_probe && is_hasty(deadline_us);
	weir__redis_failure     failure;
	weir__addresses        *known = find_addresses(pool, deadline_us, is_probe);

	opening.addresses = known ? known->list : NULL;
	failure = weir__redis_connection_open(&opening, &connection);
	if (!opening.addresses && pool->names)
		failure = WEIR__REDIS_TIMEOUT; /* of looking the host up */
	weir__addresses_release(known);
	if (failure != WEIR__REDIS_FINE && !(hasty && failure == WEIR__REDIS_TIMEOUT))
		note_failure(pool, &(failing){ failure, opening.error_code, is_probe, began_us });
	if (connection)
		note_epoch(pool, connection);
	if (connection && is_probe)
		note_up(pool);
	return connection;
}

/* One that has been idle for a while may have ended, or received what nobody asked for. */
static bool is_fresh(const weir__redis_connection *connection, int64_t now_us)
{
	return now_us - connection->idle_since_us < IDLE_UNSEEN_US || weir__redis_connection_is_quiet(connection);
}

/* For a run that begins with it, at a time that is set anew if that took long; NULL: there is none. */
static weir__redis_connection *take_connection(weir__redis_pool *pool, int64_t deadline_us, int64_t *now_us)
{
	weir__redis_connection *connection = NULL;
	admission               admitted = admit(pool, deadline_us, now_us, &connection);

	if (admitted == TURNED_AWAY || (admitted == IDLE_CONNECTION && is_fresh(connection, *now_us)))
		return connection;
	if (admitted == IDLE_CONNECTION) {
		weir__redis_connection_close(connection);
		drop_idle(pool);
	}
	connection = open_connection(pool, deadline_us, admitted == PROBE);
	*now_us = weir__now_us();
	if (!connection)
		note_end(pool);
	return connection;
}

/* Its run has ended well, at the time that is answered. */
static int64_t give_back(weir__redis_pool *pool, weir__redis_connection *connection)
{
	int64_t now_us = weir__now_us();
	bool    kept;

	weir__buffer_clear(&connection->request);
	connection->reused = true;
	connection->idle_since_us = now_us;
	pthread_mutex_lock(&pool->mutex);
	pool->failures = 0;
	pool->answered_us = now_us;
	if (pool->runs_most < RUNS_MOST) {
		pool->runs_most++;
		pthread_cond_signal(&pool->run_ended);
	}
	kept = !pool->down && is_of_epoch(pool, connection);
	if (kept) {
		connection->next = pool->idle;
		pool->idle = connection;
	}
	count_end(pool);
	pthread_mutex_unlock(&pool->mutex);
	if (!kept)
		weir__redis_connection_close(connection);
	return now_us;
}

/* ---- Runs ---------------------------------------------------------------------------------------------------------- */

/* What begins now. False: it is too late. */
static bool set_out(weir__redis_run *run, weir__redis_pool *pool, int64_t deadline_us)
{
	int64_t now_us = weir__now_us();

	*run = (weir__redis_run){
		.pool = pool, .began_us = now_us, .deadline_us = deadline_us, .hasty = deadline_us - now_us < HASTY_US
	};
	return now_us < deadline_us;
}

/* It has its connection. False: out of memory. */
static bool equip(weir__redis_run *run)
{
	run->buffer = weir__reply_buffer_take(run->pool->cache);
	if (run->buffer)
		return true;
	(void)give_back(run->pool, run->connection);
	return false;
}

bool weir__redis_run_begin(weir__redis_run *run, weir__redis_pool *pool, int64_t deadline_us)
{
	if (!set_out(run, pool, deadline_us))
		return false;
	run->connection = take_connection(pool, deadline_us, &run->began_us);
	return run->connection && equip(run);
}

bool weir__redis_run_begin_at_hand(weir__redis_run *run, weir__redis_pool *pool, int64_t deadline_us)
{
	if (!set_out(run, pool, deadline_us))
		return false;
	run->connection = take_idle_one(pool);
	if (!run->connection)
		return false;
	if (is_fresh(run->connection, run->began_us))
		return equip(run);
	weir__redis_connection_close(run->connection);
	note_end(pool);
	drop_idle(pool);
	return false;
}

/* The connection is closed, if there is one, the run has ended. */
static bool close_run(weir__redis_run *run)
{
	weir__redis_connection_close(run->connection);
	run->connection = NULL;
	weir__reply_buffer_release(run->buffer);
	run->buffer = NULL;
	note_end(run->pool);
	return false;
}

static bool fail(weir__redis_run *run, weir__redis_failure failure, const char *error_code)
{
	(void)close_run(run);
	if (failure != WEIR__REDIS_NO_MEMORY && !(run->hasty && failure == WEIR__REDIS_TIMEOUT))
		note_failure(run->pool, &(failing){ failure, error_code, false, run->began_us });
	return false;
}

/* The server ended the connection while it was idle, which says nothing about the server; but the request may be on its way all
 * the same, and must not be sent again as it is. */
static bool end_unanswered(weir__redis_run *run)
{
	drop_idle(run->pool);
	return close_run(run);
}

/* The server ended the connection while it was idle: the request moves to a new one, unless that leads to another run of the
 * server, where its keys have other names. */
static bool reconnect(weir__redis_run *run)
{
	weir__redis_connection *ended = run->connection;
	weir__buffer            unused;

	drop_idle(run->pool);
	run->connection = open_connection(run->pool, run->deadline_us, false);
	if (run->connection && memcmp(run->connection->epoch, ended->epoch, sizeof ended->epoch) != 0) {
		weir__redis_connection_close(run->connection);
		run->connection = NULL;
	}
	if (run->connection) {
		unused = run->connection->request;
		run->connection->request = ended->request;
		ended->request = unused;
	}
	weir__redis_connection_close(ended);
	return run->connection != NULL;
}

/* The server does all but this. Its first word says why; what follows may name a key. */
static void report_refused(weir__redis_pool *pool, const char *code)
{
	int64_t now_us = weir__now_us();
	bool    report;

	pthread_mutex_lock(&pool->mutex);
	report = pool->refused_us == 0 || now_us - pool->refused_us >= LOG_PAUSE_US;
	if (report)
		pool->refused_us = now_us;
	pthread_mutex_unlock(&pool->mutex);
	if (report)
		weir__log(pool->logger, WEIR_LOG_WARNING, "cache redis: the server refuses a command or script: %s",
		          code[0] ? code : "it does not say why");
}

/* Looks through the errors among the replies. False: the server cannot serve, the run has ended. */
static bool check_errors(weir__redis_run *run, size_t count)
{
	const weir__reply *reply = run->replies;
	char               code[16];

	run->no_script = false;
	for (size_t i = 0; i < count; i++, reply += 1 + (reply->type == WEIR__REPLY_ARRAY ? reply->length : 0)) {
		if (reply->type != WEIR__REPLY_ERROR)
			continue;
		switch (weir__redis_error_of(reply, run->buffer)) {
		case WEIR__REDIS_ERROR_UNUSABLE:
			weir__redis_error_code(reply, run->buffer, code);
			return fail(run, WEIR__REDIS_UNUSABLE, code);
		case WEIR__REDIS_ERROR_NO_SCRIPT:
			run->no_script = true;
			break;
		case WEIR__REDIS_ERROR_OTHER:
			weir__redis_error_code(reply, run->buffer, code);
			report_refused(run->pool, code);
			break;
		case WEIR__REDIS_ERROR_TYPE:
			break;
		}
	}
	return true;
}

bool weir__redis_run_push(weir__redis_run *run)
{
	weir__redis_failure failure = weir__redis_push(run->connection, run->deadline_us);

	if (failure == WEIR__REDIS_LOST && run->connection->reused)
		return end_unanswered(run);
	return failure == WEIR__REDIS_FINE || fail(run, failure, "");
}

bool weir__redis_run_start(weir__redis_run *run, size_t count, size_t elements)
{
	weir__redis_failure failure = weir__redis_exchange_begin(run->connection, run->buffer, count, elements);

	run->started = failure == WEIR__REDIS_FINE;
	return run->started || fail(run, failure, "");
}

bool weir__redis_run_send(weir__redis_run *run, size_t count, size_t elements)
{
	weir__redis_failure failure =
		run->started ? weir__redis_exchange_finish(run->connection, run->deadline_us)
					 : weir__redis_exchange(run->connection, run->buffer, count, elements, run->deadline_us);

	run->started = false;
	if (failure == WEIR__REDIS_LOST && run->connection->reused && run->buffer->length == 0) {
		if (run->once)
			return end_unanswered(run);
		if (!reconnect(run))
			return close_run(run);
		failure = weir__redis_exchange(run->connection, run->buffer, count, elements, run->deadline_us);
	}
	if (failure != WEIR__REDIS_FINE)
		return fail(run, failure, "");
	run->replies = weir__redis_reader_replies(run->connection->reader);
	return check_errors(run, count);
}

void weir__redis_run_again(weir__redis_run *run)
{
	run->buffer->length = 0;
}

void weir__redis_run_end(weir__redis_run *run, bool in_doubt)
{
	if (in_doubt) {
		fail(run, WEIR__REDIS_GARBLED, "");
		return;
	}
	run->ended_us = give_back(run->pool, run->connection);
	run->connection = NULL;
	weir__reply_buffer_release(run->buffer);
	run->buffer = NULL;
}
