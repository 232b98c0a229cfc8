/* The subscriber's thread. */
#include "cache/redis_subscriber.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/process.h"
#include "cache/redis_connection.h"
#include "cache/redis_push.h"
#include "cache/redis_socket.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS     500
#define PAUSE_LEAST_MS 20
#define PAUSE_MOST_MS  1000
#define PATIENCE       6   /* periods without an answer, then the connection is given up */
#define PATIENCE_MS    200 /* but not earlier than this */
#define CHANNEL_MOST   256

struct weir__redis_subscriber {
	weir__redis_url    url;
	weir_cache_watch   watch;
	weir__reply_cache *cache;
	weir__names       *names; /* NULL: a unix socket */
	weir__tls_context *tls;   /* NULL: none */
	char               channel[CHANNEL_MOST];
	pthread_t          thread;
	int                wake[2]; /* a byte in it ends the thread, which reads the first */
	uint32_t           process;
};

/* One connection, as long as it lasts. */
typedef struct listening {
	weir__redis_subscriber *subscriber;
	weir__redis_connection *connection;
	weir__push_reader       reader;
	bool                    begun;
	uint64_t                number;  /* of the last PING */
	bool                    waiting; /* for its answer */
	int64_t                 sent_us;
	int64_t                 next_us; /* the next PING */
} listening;

/* True: it is time to end. */
static bool wait_to_end(const weir__redis_subscriber *s, int timeout_ms)
{
	struct pollfd wake = { .fd = s->wake[0], .events = POLLIN };

	return poll(&wake, 1, timeout_ms) > 0;
}

static bool send_request(listening *l)
{
	weir__buffer *request = &l->connection->request;
	const char   *at = request->data;
	size_t        left = request->length;
	int64_t       deadline_us = weir__deadline_in_ms(CONNECT_MS);

	if (request->failed)
		return false;
	while (left > 0) {
		ssize_t sent = weir__redis_connection_send(l->connection, at, left, false);

		if (sent > 0) {
			at += sent;
			left -= (size_t)sent;
		} else if (sent < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
			return false;
		} else if (!weir__redis_connection_wait(l->connection, true, deadline_us)) {
			return false;
		}
	}
	weir__buffer_clear(request);
	return true;
}

static bool subscribe(listening *l)
{
	weir__redis_command(l->connection, 2);
	weir__redis_argument_text(l->connection, "SUBSCRIBE");
	weir__redis_argument_text(l->connection, l->subscriber->channel);
	l->sent_us = weir__now_us();
	l->waiting = true;
	return send_request(l);
}

static bool ping(listening *l, int64_t now_us)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, ++l->number);
	weir__redis_command(l->connection, 2);
	weir__redis_argument_text(l->connection, "PING");
	weir__redis_argument_text(l->connection, text);
	l->waiting = true;
	l->sent_us = now_us;
	l->next_us = now_us + (int64_t)l->subscriber->watch.period_ms * 1000;
	return send_request(l);
}

static bool is_text(weir_bytes bytes, const char *text)
{
	return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

/* False: nothing that can come here. */
static bool take(listening *l, const weir__push *push)
{
	const weir_cache_watch *watch = &l->subscriber->watch;
	char                    text[24];

	if (push->count == 3 && is_text(push->items[0], "message")) {
		watch->changed(watch->context, push->items[2]);
		return true;
	}
	if (push->count == 3 && is_text(push->items[0], "subscribe") && !l->begun) {
		l->begun = true;
		l->waiting = false;
		watch->begun(watch->context);
		return true;
	}
	snprintf(text, sizeof text, "%" PRIu64, l->number);
	if (push->count != 2 || !is_text(push->items[0], "pong") || !l->begun || !l->waiting ||
	    !is_text(push->items[1], text))
		return false;
	l->waiting = false;
	watch->proved(watch->context, l->sent_us);
	return true;
}

static bool take_all(listening *l)
{
	weir__push push;
	int        state;

	while ((state = weir__push_next(&l->reader, &push)) == 1)
		if (!take(l, &push))
			return false;
	return state == 0;
}

/* Takes what is there; over TLS all of it, since poll does not see what has been decrypted already. */
static bool receive(listening *l)
{
	do {
		size_t  size;
		char   *room = weir__push_room(&l->reader, &size);
		ssize_t received;

		if (!room)
			return false;
		received = weir__redis_connection_receive(l->connection, room, size, false);
		if (received == 0)
			return false;
		if (received < 0)
			return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
		weir__push_add(&l->reader, (size_t)received);
		if (!take_all(l))
			return false;
	} while (l->connection->tls);
	return true;
}

/* When something is to be done though nothing comes. */
static int64_t next_us(const listening *l)
{
	int64_t patience_ms = (int64_t)l->subscriber->watch.period_ms * PATIENCE;

	if (l->waiting)
		return l->sent_us + (patience_ms > PATIENCE_MS ? patience_ms : PATIENCE_MS) * 1000;
	return l->next_us;
}

/* False: the connection is of no use any more, or it is time to end. */
static bool listen_once(listening *l)
{
	struct pollfd fds[] = { { .fd = l->connection->fd, .events = POLLIN },
		                    { .fd = l->subscriber->wake[0], .events = POLLIN } };
	int64_t       now_us;

	if (poll(fds, 2, weir__deadline_poll_ms(next_us(l))) < 0 && errno != EINTR)
		return false;
	if (fds[1].revents)
		return false;
	if (fds[0].revents && !receive(l))
		return false;
	now_us = weir__now_us();
	if (now_us < next_us(l))
		return true;
	return !l->waiting && ping(l, now_us);
}

static weir__redis_connection *connect_to(weir__redis_subscriber *s)
{
	weir__redis_opening opening = {
		.url = &s->url, .tls = s->tls, .cache = s->cache, .deadline_us = weir__deadline_in_ms(CONNECT_MS)
	};
	weir__redis_connection *connection = NULL;
	weir__addresses        *addresses = NULL;

	if (s->names)
		(void)weir__names_find(s->names, s->url.host, s->url.port, opening.deadline_us, &addresses);
	opening.addresses = addresses ? addresses->list : NULL;
	if (!s->names || addresses)
		(void)weir__redis_connection_open(&opening, &connection);
	weir__addresses_release(addresses);
	return connection;
}

/* True: it had begun to listen. */
static bool listen_on(weir__redis_subscriber *s, weir__redis_connection *connection)
{
	listening l = { .subscriber = s, .connection = connection };

	if (subscribe(&l))
		while (listen_once(&l))
			continue;
	weir__push_release(&l.reader);
	weir__redis_connection_close(connection);
	if (l.begun)
		s->watch.lost(s->watch.context);
	return l.begun;
}

static void *run(void *argument)
{
	weir__redis_subscriber *s = argument;
	int                     pause_ms = 0;

	while (!wait_to_end(s, pause_ms)) {
		weir__redis_connection *connection = connect_to(s);

		if (connection && listen_on(s, connection))
			pause_ms = 0;
		pause_ms = pause_ms == 0 ? PAUSE_LEAST_MS : pause_ms * 2 < PAUSE_MOST_MS ? pause_ms * 2 : PAUSE_MOST_MS;
	}
	return NULL;
}

static void free_subscriber(weir__redis_subscriber *s)
{
	weir__socket_close(s->wake[0]);
	weir__socket_close(s->wake[1]);
	weir__redis_url_release(&s->url);
	weir__names_release(s->names);
	weir__tls_context_free(s->tls);
	if (s->cache)
		weir__reply_cache_release(s->cache);
	weir__free(s);
}

/* No signal of the application's is handled on this thread. */
static bool start_thread(weir__redis_subscriber *s)
{
	sigset_t all, before;
	bool     started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&s->thread, NULL, run, s) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int weir__redis_subscriber_start(const weir__redis_url *url, const weir_cache_watch *watch,
                                 weir__redis_subscriber **subscriber)
{
	weir__redis_subscriber *made;
	int                     rc = WEIR_ERR_NO_MEMORY;

	if (watch->channel.length >= CHANNEL_MOST)
		return WEIR_ERR_USAGE;
	made = weir__calloc(1, sizeof *made);
	if (!made)
		return rc;
	made->wake[0] = made->wake[1] = -1;
	made->watch = *watch;
	memcpy(made->channel, watch->channel.data, watch->channel.length);
	made->process = weir__process_generation();
	made->cache = weir__reply_cache_create();
	made->names = url->host ? weir__names_create() : NULL;
	if (url->tls && weir__tls_context_create(url, &made->tls, NULL) < 0) {
		free_subscriber(made);
		return WEIR_ERR_CACHE;
	}
	if (made->cache && (made->names || !url->host) && weir__redis_url_copy(url, &made->url)) {
		rc = WEIR_ERR_CACHE;
		if (weir__socket_pair(made->wake) && start_thread(made)) {
			*subscriber = made;
			return WEIR_OK;
		}
	}
	free_subscriber(made);
	return rc;
}

void weir__redis_subscriber_stop(void *subscriber)
{
	weir__redis_subscriber *s = subscriber;

	if (s->process == weir__process_generation()) {
		(void)weir__socket_send(s->wake[1], "", 1, true);
		pthread_join(s->thread, NULL);
	}
	free_subscriber(s);
}
