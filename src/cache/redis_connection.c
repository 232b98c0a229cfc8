/* Exchanges over one connection: sending, receiving within a deadline, the handshake, what errors mean. */
#include "cache/redis_connection.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cache/redis_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REQUEST_KEPT (1u << 20) /* a larger request buffer is freed */

const char *weir__redis_failure_text(weir__redis_failure failure)
{
	static const char *const texts[] = {
		[WEIR__REDIS_FINE] = "fine",
		[WEIR__REDIS_TIMEOUT] = "no answer in time",
		[WEIR__REDIS_REFUSED] = "no connection",
		[WEIR__REDIS_LOST] = "connection lost",
		[WEIR__REDIS_GARBLED] = "an answer that is none",
		[WEIR__REDIS_UNTRUSTED] = "its certificate is not to be trusted",
		[WEIR__REDIS_UNUSABLE] = "it cannot serve",
		[WEIR__REDIS_NO_MEMORY] = "out of memory",
	};

	return texts[failure];
}

/* ---- Requests ------------------------------------------------------------------------------------------------------ */

#define HEADER_MOST 24 /* bytes of a header */
#define DIGITS_MOST 20

static char *write_number(char *at, uint64_t number)
{
	char   digits[DIGITS_MOST];
	size_t first = sizeof digits;

	do
		digits[--first] = (char)('0' + number % 10);
	while (number /= 10);
	memcpy(at, digits + first, sizeof digits - first);
	return at + sizeof digits - first;
}

static char *write_end(char *at)
{
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

static char *write_header(char *at, char type, size_t number)
{
	*at++ = type;
	if (number < 10) {
		*at++ = (char)('0' + number);
	} else if (number < 100) { /* what most lengths are */
		*at++ = (char)('0' + number / 10);
		*at++ = (char)('0' + number % 10);
	} else {
		at = write_number(at, number);
	}
	return write_end(at);
}

/* Room for an argument of so many bytes, its header written. NULL: out of memory. */
static char *begin_argument(weir__buffer *request, size_t length)
{
	char *at = weir__buffer_reserve(request, length + HEADER_MOST + 2);

	return at ? write_header(at, '$', length) : NULL;
}

static void end_argument(weir__buffer *request, char *at)
{
	request->length = (size_t)(write_end(at) - request->data);
}

void weir__redis_command(weir__redis_connection *connection, size_t count)
{
	char *at = weir__buffer_reserve(&connection->request, HEADER_MOST);

	if (at)
		connection->request.length = (size_t)(write_header(at, '*', count) - connection->request.data);
}

void weir__redis_argument(weir__redis_connection *connection, const void *bytes, size_t length)
{
	char *at = begin_argument(&connection->request, length);

	if (!at)
		return;
	if (length > 0)
		memcpy(at, bytes, length);
	end_argument(&connection->request, at + length);
}

static char *write_key(const weir__redis_connection *connection, char *at, weir_bytes key)
{
	size_t place = weir__redis_epoch_place(key);

	memcpy(at, key.data, place);
	memcpy(at + place, connection->epoch, WEIR__EPOCH_SIZE);
	memcpy(at + place + WEIR__EPOCH_SIZE, key.data + place, key.length - place);
	return at + key.length + WEIR__EPOCH_SIZE;
}

void weir__redis_argument_key(weir__redis_connection *connection, weir_bytes key)
{
	char *at = begin_argument(&connection->request, key.length + WEIR__EPOCH_SIZE);

	if (at)
		end_argument(&connection->request, write_key(connection, at, key));
}

void weir__redis_argument_lines(weir__redis_connection *connection, weir_bytes first, const weir_touch *touches,
                                size_t count)
{
	size_t length = first.length + (count > 0 ? count - 1 : 0);
	char  *at;

	for (size_t i = 0; i < count; i++)
		length += touches[i].key.length + WEIR__EPOCH_SIZE;
	at = begin_argument(&connection->request, length);
	if (!at)
		return;
	if (first.length > 0)
		memcpy(at, first.data, first.length);
	at += first.length;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*at++ = '\n';
		at = write_key(connection, at, touches[i].key);
	}
	end_argument(&connection->request, at);
}

void weir__redis_argument_text(weir__redis_connection *connection, const char *text)
{
	weir__redis_argument(connection, text, strlen(text));
}

void weir__redis_argument_number(weir__redis_connection *connection, int64_t number)
{
	char     text[DIGITS_MOST + 1];
	char    *end = text;
	uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	if (number < 0)
		*end++ = '-';
	end = write_number(end, size);
	weir__redis_argument(connection, text, (size_t)(end - text));
}

/* ---- Exchanges ----------------------------------------------------------------------------------------------------- */

ssize_t weir__redis_connection_send(const weir__redis_connection *connection, const void *bytes, size_t length,
                                    bool may_block)
{
	if (connection->tls)
		return weir__tls_send(connection->tls, bytes, length);
	return weir__socket_send(connection->fd, bytes, length, may_block);
}

ssize_t weir__redis_connection_receive(const weir__redis_connection *connection, void *bytes, size_t size,
                                       bool may_block)
{
	if (connection->tls)
		return weir__tls_receive(connection->tls, bytes, size);
	return weir__socket_receive(connection->fd, bytes, size, may_block);
}

bool weir__redis_connection_wait(const weir__redis_connection *connection, bool to_write, int64_t deadline_us)
{
	if (connection->tls)
		to_write = weir__tls_wants_to_write(connection->tls);
	return weir__socket_wait(connection->fd, to_write, deadline_us);
}

/* From the first byte on that has not been sent. */
static weir__redis_failure send_request(const weir__redis_connection *connection, int64_t deadline_us)
{
	const char *at = connection->request.data + connection->sent;
	size_t      left = connection->request.length - connection->sent;
	bool        may_block = weir__now_us() + connection->block_us <= deadline_us + WEIR__SOCKET_SLACK_US;

	while (left > 0) {
		ssize_t sent = weir__redis_connection_send(connection, at, left, may_block);

		if (sent > 0) {
			at += sent;
			left -= (size_t)sent;
		} else if (sent < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
			return WEIR__REDIS_LOST;
		}
		if (left > 0 && (sent < 0 || !connection->tls) && !weir__redis_connection_wait(connection, true, deadline_us))
			return WEIR__REDIS_TIMEOUT;
		may_block = false;
	}
	return WEIR__REDIS_FINE;
}

static weir__redis_failure receive_replies(const weir__redis_connection *connection, int64_t deadline_us)
{
	bool may_block = weir__now_us() + connection->block_us <= deadline_us + WEIR__SOCKET_SLACK_US;

	for (;;) {
		size_t  size;
		char   *room = weir__redis_reader_room(connection->reader, &size);
		ssize_t received;
		int     complete;

		if (!room)
			return WEIR__REDIS_GARBLED;
		received = weir__redis_connection_receive(connection, room, size, may_block);
		may_block = false;
		if (received == 0)
			return WEIR__REDIS_LOST;
		if (received < 0) {
			if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
				return WEIR__REDIS_LOST;
			if (!weir__redis_connection_wait(connection, false, deadline_us))
				return WEIR__REDIS_TIMEOUT;
			continue;
		}
		complete = weir__redis_reader_feed(connection->reader, (size_t)received);
		if (complete != 0)
			return complete > 0 ? WEIR__REDIS_FINE : WEIR__REDIS_GARBLED;
		if (weir__now_us() >= deadline_us)
			return WEIR__REDIS_TIMEOUT;
	}
}

weir__redis_failure weir__redis_push(weir__redis_connection *connection, int64_t deadline_us)
{
	weir__redis_failure failure = WEIR__REDIS_NO_MEMORY;

	connection->sent = 0;
	if (!connection->request.failed)
		failure = send_request(connection, deadline_us);
	if (failure == WEIR__REDIS_FINE)
		weir__buffer_clear(&connection->request);
	return failure;
}

static bool prepare(weir__redis_connection *connection, weir__reply_buffer *buffer, size_t count, size_t elements)
{
	connection->sent = 0;
	return !connection->request.failed && weir__redis_reader_begin(connection->reader, buffer, count, elements);
}

weir__redis_failure weir__redis_exchange(weir__redis_connection *connection, weir__reply_buffer *buffer, size_t count,
                                         size_t elements, int64_t deadline_us)
{
	if (!prepare(connection, buffer, count, elements))
		return WEIR__REDIS_NO_MEMORY;
	return weir__redis_exchange_finish(connection, deadline_us);
}

weir__redis_failure weir__redis_exchange_begin(weir__redis_connection *connection, weir__reply_buffer *buffer,
                                               size_t count, size_t elements)
{
	ssize_t sent;

	if (!prepare(connection, buffer, count, elements))
		return WEIR__REDIS_NO_MEMORY;
	sent = weir__redis_connection_send(connection, connection->request.data, connection->request.length, false);
	connection->sent = sent > 0 ? (size_t)sent : 0;
	return WEIR__REDIS_FINE;
}

weir__redis_failure weir__redis_exchange_finish(weir__redis_connection *connection, int64_t deadline_us)
{
	weir__redis_failure failure = send_request(connection, deadline_us);

	if (failure == WEIR__REDIS_FINE)
		failure = receive_replies(connection, deadline_us);
	if (connection->request.capacity > REQUEST_KEPT && failure == WEIR__REDIS_FINE)
		weir__buffer_release(&connection->request);
	return failure;
}

/* ---- Errors -------------------------------------------------------------------------------------------------------- */

void weir__redis_error_code(const weir__reply *reply, const weir__reply_buffer *buffer, char *code)
{
	const char *text = buffer->bytes + reply->offset;
	size_t      length = 0;

	while (length < reply->length && length < 15 && text[length] >= 'A' && text[length] <= 'Z')
		length++;
	memcpy(code, text, length);
	code[length] = '\0';
}

weir__redis_error weir__redis_error_of(const weir__reply *reply, const weir__reply_buffer *buffer)
{
	static const struct {
		const char       *code;
		weir__redis_error means;
	} table[] = {
		{ "NOSCRIPT", WEIR__REDIS_ERROR_NO_SCRIPT }, { "WRONGTYPE", WEIR__REDIS_ERROR_TYPE },
		{ "LOADING", WEIR__REDIS_ERROR_UNUSABLE },   { "MASTERDOWN", WEIR__REDIS_ERROR_UNUSABLE },
		{ "BUSY", WEIR__REDIS_ERROR_UNUSABLE },      { "NOAUTH", WEIR__REDIS_ERROR_UNUSABLE },
		{ "WRONGPASS", WEIR__REDIS_ERROR_UNUSABLE }, { "NOPERM", WEIR__REDIS_ERROR_UNUSABLE },
		{ "READONLY", WEIR__REDIS_ERROR_UNUSABLE },  { "CLUSTERDOWN", WEIR__REDIS_ERROR_UNUSABLE },
		{ "MOVED", WEIR__REDIS_ERROR_UNUSABLE },     { "ASK", WEIR__REDIS_ERROR_UNUSABLE },
		{ "TRYAGAIN", WEIR__REDIS_ERROR_UNUSABLE },  { "NOREPLICAS", WEIR__REDIS_ERROR_UNUSABLE },
		{ "MISCONF", WEIR__REDIS_ERROR_UNUSABLE },
	};
	char code[16];

	weir__redis_error_code(reply, buffer, code);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(code, table[i].code) == 0)
			return table[i].means;
	return WEIR__REDIS_ERROR_OTHER;
}

/* ---- Life ---------------------------------------------------------------------------------------------------------- */

/* The last two answers are those of PING, which says whether the server serves, and of INFO, which says who it is. */
static size_t append_handshake(weir__redis_connection *connection, const weir__redis_url *url)
{
	size_t count = 2;

	if (url->password) {
		weir__redis_command(connection, url->user ? 3 : 2);
		weir__redis_argument_text(connection, "AUTH");
		if (url->user)
			weir__redis_argument_text(connection, url->user);
		weir__redis_argument_text(connection, url->password);
		count++;
	}
	if (url->db) {
		weir__redis_command(connection, 2);
		weir__redis_argument_text(connection, "SELECT");
		weir__redis_argument_number(connection, url->db);
		count++;
	}
	weir__redis_command(connection, 1);
	weir__redis_argument_text(connection, "PING");
	weir__redis_command(connection, 2);
	weir__redis_argument_text(connection, "INFO");
	weir__redis_argument_text(connection, "server");
	return count;
}

static weir__redis_failure check_handshake(weir__redis_connection *connection, size_t count,
                                           const weir__reply_buffer *buffer, char *error_code)
{
	const weir__reply *replies = weir__redis_reader_replies(connection->reader);

	for (size_t i = 0; i < count; i++) {
		if (replies[i].type == (i < count - 1 ? WEIR__REPLY_STATUS : WEIR__REPLY_STRING))
			continue;
		if (replies[i].type != WEIR__REPLY_ERROR)
			return WEIR__REDIS_GARBLED;
		weir__redis_error_code(&replies[i], buffer, error_code);
		return WEIR__REDIS_UNUSABLE;
	}
	weir__redis_epoch_read(buffer->bytes + replies[count - 1].offset, replies[count - 1].length, connection->epoch);
	return WEIR__REDIS_FINE;
}

static weir__redis_failure shake_hands(weir__redis_connection *connection, weir__redis_opening *opening)
{
	size_t              count = append_handshake(connection, opening->url);
	weir__reply_buffer *buffer = weir__reply_buffer_take(opening->cache);
	weir__redis_failure failure = WEIR__REDIS_NO_MEMORY;

	if (buffer)
		failure = weir__redis_exchange(connection, buffer, count, 0, opening->deadline_us);
	if (failure == WEIR__REDIS_FINE)
		failure = check_handshake(connection, count, buffer, opening->error_code);
	weir__reply_buffer_release(buffer);
	/* the request holds the password */
	if (connection->request.data)
		memset(connection->request.data, 0, connection->request.length);
	weir__buffer_clear(&connection->request);
	return failure;
}

static int open_socket(const weir__redis_opening *opening)
{
	if (opening->url->socket_path)
		return weir__socket_open_unix(opening->url->socket_path, opening->deadline_us);
	return weir__socket_open_tcp(opening->addresses, opening->deadline_us);
}

static weir__redis_failure open_tls(weir__redis_connection *connection, weir__redis_opening *opening)
{
	static const weir__redis_failure failures[] = {
		[WEIR__TLS_FINE] = WEIR__REDIS_FINE,
		[WEIR__TLS_TIMEOUT] = WEIR__REDIS_TIMEOUT,
		[WEIR__TLS_LOST] = WEIR__REDIS_LOST,
		[WEIR__TLS_UNTRUSTED] = WEIR__REDIS_UNTRUSTED,
	};
	weir__tls_answer answer = weir__tls_open(opening->tls, connection->fd, opening->deadline_us, &connection->tls);

	return connection->tls ? failures[answer] : WEIR__REDIS_NO_MEMORY;
}

/* What TLS knows about a failure is more than that the connection ended. */
static void keep_reason(const weir__redis_connection *connection, weir__redis_opening *opening)
{
	if (connection->tls && !opening->error_code[0])
		snprintf(opening->error_code, sizeof opening->error_code, "%s", weir__tls_reason(connection->tls));
}

weir__redis_failure weir__redis_connection_open(weir__redis_opening *opening, weir__redis_connection **connection)
{
	weir__redis_connection *made = weir__calloc(1, sizeof *made);
	weir__redis_failure     failure = WEIR__REDIS_NO_MEMORY;

	opening->error_code[0] = '\0';
	if (!made)
		return failure;
	made->fd = -1;
	made->reader = weir__redis_reader_create();
	if (made->reader) {
		made->fd = open_socket(opening);
		failure = made->fd < 0 ? WEIR__REDIS_REFUSED : WEIR__REDIS_FINE;
	}
	if (failure == WEIR__REDIS_FINE) {
		made->block_us = weir__socket_limit(made->fd, opening->deadline_us - weir__now_us());
		failure = opening->tls ? open_tls(made, opening) : WEIR__REDIS_FINE;
	}
	if (failure == WEIR__REDIS_FINE)
		failure = shake_hands(made, opening);
	if (failure != WEIR__REDIS_FINE) {
		keep_reason(made, opening);
		weir__redis_connection_close(made);
		return failure;
	}
	*connection = made;
	return WEIR__REDIS_FINE;
}

void weir__redis_connection_close(weir__redis_connection *connection)
{
	if (!connection)
		return;
	weir__tls_free(connection->tls);
	weir__socket_close(connection->fd);
	weir__redis_reader_free(connection->reader);
	weir__buffer_release(&connection->request);
	weir__free(connection);
}

bool weir__redis_connection_is_quiet(const weir__redis_connection *connection)
{
	return (!connection->tls || weir__tls_is_quiet(connection->tls)) && weir__socket_is_quiet(connection->fd);
}
