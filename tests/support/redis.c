/*
 * redis.c: one command over one connection.
 */
#include "support/redis.h"

#include "cache/redis_epoch.h"
#include "cache/redis_url.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static redisContext *connect_to(const weir__redis_url *url)
{
	redisContext *context = url->socket_path ? redisConnectUnix(url->socket_path)
	                                         : redisConnect(url->host, (int)strtol(url->port, NULL, 10));

	ck_assert_msg(context && context->err == 0, "no connection to Redis: %s", context ? context->errstr : "no memory");
	return context;
}

static redisContext *open_context(const char *text)
{
	weir__redis_url url;
	weir_error      err = WEIR_ERROR_INIT;
	redisContext   *context;

	ck_assert_msg(weir__redis_url_parse(text, &url, &err) == WEIR_OK, "%s", err.message);
	context = connect_to(&url);
	if (url.password)
		freeReplyObject(url.user ? redisCommand(context, "AUTH %s %s", url.user, url.password)
		                         : redisCommand(context, "AUTH %s", url.password));
	if (url.db)
		freeReplyObject(redisCommand(context, "SELECT %d", url.db));
	weir__redis_url_release(&url);
	return context;
}

/* hiredis writes without a word about SIGPIPE, which a server that was just killed would end the test by; the library itself
 * must never raise it, so that it is held back here alone. */
static redisReply *run_without_signal(redisContext *context, const char *format, va_list args)
{
	sigset_t    pipe_signal, before;
	redisReply *reply;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	reply = redisvCommand(context, format, args);
	while (!reply && sigtimedwait(&pipe_signal, NULL, &(struct timespec){ 0 }) == SIGPIPE)
		continue;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return reply;
}

static redisReply *ask(const char *url, const char *format, va_list args)
{
	redisContext *context = open_context(url);
	redisReply   *reply = run_without_signal(context, format, args);

	ck_assert_msg(reply != NULL, "Redis did not answer: %s", context->errstr);
	redisFree(context);
	return reply;
}

redisReply *redis_reply(const char *url, const char *format, ...)
{
	va_list     args;
	redisReply *reply;

	va_start(args, format);
	reply = ask(url, format, args);
	va_end(args);
	return reply;
}

const char *redis_name(const char *url, const char *key)
{
	static char names[4][256];
	static int  next;
	char       *name = names[next++ % 4];
	size_t      place = weir__redis_epoch_place((weir_bytes){ key, strlen(key) });
	char        epoch[WEIR__EPOCH_SIZE];
	redisReply *reply = redis_reply(url, "INFO server");

	weir__redis_epoch_read(reply->str, reply->len, epoch);
	freeReplyObject(reply);
	snprintf(name, sizeof names[0], "%.*s%.*s%s", (int)place, key, (int)sizeof epoch, epoch, key + place);
	return name;
}

int64_t redis_run(const char *url, const char *format, ...)
{
	va_list     args;
	redisReply *reply;
	int64_t     number;

	va_start(args, format);
	reply = ask(url, format, args);
	va_end(args);
	ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
	number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
	freeReplyObject(reply);
	return number;
}
