/* The bounded reader over hiredis, and the buffers that it reads into. What redis_scan.h knows does not go through hiredis. */
#include "cache/redis_scan.h"

#include "base/memory.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <pthread.h>
#include <string.h>

#define FIRST_CAPACITY (16u << 10)
#define KEPT_CAPACITY  (512u << 10) /* larger buffers are freed */
#define KEPT_BUFFERS   16
#define DIGITS_MAX     20

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* ---- Buffers ------------------------------------------------------------------------------------------------------- */

struct weir__reply_cache {
	pthread_mutex_t     mutex;
	weir__reply_buffer *first;
	size_t              kept;
	size_t              out;    /* buffers in use */
	bool                closed; /* the owner has let go */
};

weir__reply_cache *weir__reply_cache_create(void)
{
	weir__reply_cache *cache = weir__calloc(1, sizeof *cache);

	if (cache && pthread_mutex_init(&cache->mutex, NULL) != 0) {
		weir__free(cache);
		return NULL;
	}
	return cache;
}

static void free_buffer(weir__reply_buffer *buffer)
{
	weir__free(buffer->bytes);
	weir__free(buffer);
}

static void free_cache(weir__reply_cache *cache)
{
	pthread_mutex_destroy(&cache->mutex);
	weir__free(cache);
}

void weir__reply_cache_release(weir__reply_cache *cache)
{
	weir__reply_buffer *next;
	bool                unused;

	pthread_mutex_lock(&cache->mutex);
	for (weir__reply_buffer *buffer = cache->first; buffer; buffer = next) {
		next = buffer->next;
		free_buffer(buffer);
	}
	cache->first = NULL;
	cache->closed = true;
	unused = cache->out == 0;
	pthread_mutex_unlock(&cache->mutex);
	if (unused)
		free_cache(cache);
}

static weir__reply_buffer *new_buffer(void)
{
	weir__reply_buffer *buffer = weir__calloc(1, sizeof *buffer);

	if (!buffer)
		return NULL;
	buffer->bytes = weir__malloc(FIRST_CAPACITY);
	buffer->capacity = FIRST_CAPACITY;
	if (!buffer->bytes) {
		weir__free(buffer);
		return NULL;
	}
	return buffer;
}

weir__reply_buffer *weir__reply_buffer_take(weir__reply_cache *cache)
{
	weir__reply_buffer *buffer;

	pthread_mutex_lock(&cache->mutex);
	buffer = cache->first;
	if (buffer) {
		cache->first = buffer->next;
		cache->kept--;
	} else {
		buffer = new_buffer();
	}
	cache->out += buffer != NULL;
	pthread_mutex_unlock(&cache->mutex);
	if (!buffer)
		return NULL;
	buffer->home = cache;
	buffer->length = 0;
	atomic_store_explicit(&buffer->references, 1, memory_order_relaxed);
	return buffer;
}

void weir__reply_buffer_retain(weir__reply_buffer *buffer)
{
	atomic_fetch_add_explicit(&buffer->references, 1, memory_order_relaxed);
}

void weir__reply_buffer_release(void *memory)
{
	weir__reply_buffer *buffer = memory;
	weir__reply_cache  *cache;
	bool                last_of_closed;

	if (!buffer || atomic_fetch_sub_explicit(&buffer->references, 1, memory_order_acq_rel) != 1)
		return;
	cache = buffer->home;
	pthread_mutex_lock(&cache->mutex);
	cache->out--;
	last_of_closed = cache->closed && cache->out == 0;
	if (!cache->closed && cache->kept < KEPT_BUFFERS && buffer->capacity <= KEPT_CAPACITY) {
		buffer->next = cache->first;
		cache->first = buffer;
		cache->kept++;
		buffer = NULL;
	}
	pthread_mutex_unlock(&cache->mutex);
	if (buffer)
		free_buffer(buffer);
	if (last_of_closed)
		free_cache(cache);
}

/* ---- The reader ---------------------------------------------------------------------------------------------------- */

struct weir__redis_reader {
	redisReader        *parser;
	weir__reply_buffer *buffer;
	weir__reply        *nodes;
	size_t              node_capacity;
	size_t              node_count;
	size_t              node_limit; /* of this exchange */
	size_t              expected;   /* replies still to come */
	size_t              largest;    /* exchange that the parser has seen */
	bool                parses;     /* this exchange is for the parser */
	weir__redis_scan    scan;
};

static weir__redis_reader *reader_of(const redisReadTask *task)
{
	return task->privdata;
}

/* The next node; NULL when there are more than were asked for. */
static weir__reply *add_node(weir__redis_reader *reader, weir__reply_type type)
{
	weir__reply *node;

	if (reader->node_count >= reader->node_limit)
		return NULL;
	node = &reader->nodes[reader->node_count++];
	*node = (weir__reply){ .type = type };
	return node;
}

/* All bytes fed in this exchange end where the parser's buffer ends. */
static size_t position_of(const weir__redis_reader *reader, const char *text)
{
	return reader->buffer->length - (reader->parser->len - (size_t)(text - reader->parser->buf));
}

static void *create_string(const redisReadTask *task, char *text, size_t length)
{
	weir__redis_reader *reader = reader_of(task);
	weir__reply_type    type = task->type == REDIS_REPLY_ERROR    ? WEIR__REPLY_ERROR
	                           : task->type == REDIS_REPLY_STATUS ? WEIR__REPLY_STATUS
	                                                              : WEIR__REPLY_STRING;
	weir__reply        *node = add_node(reader, type);

	if (!node)
		return NULL;
	node->offset = position_of(reader, text);
	node->length = length;
	return node;
}

static void *create_array(const redisReadTask *task, element_count count)
{
	weir__redis_reader *reader = reader_of(task);
	weir__reply        *node = add_node(reader, WEIR__REPLY_ARRAY);

	if (!node || (size_t)count > reader->node_limit - reader->node_count)
		return NULL;
	node->length = (size_t)count;
	return node;
}

static void *create_integer(const redisReadTask *task, long long number)
{
	weir__reply *node = add_node(reader_of(task), WEIR__REPLY_INTEGER);

	if (node)
		node->integer = number;
	return node;
}

static void *create_nil(const redisReadTask *task)
{
	return add_node(reader_of(task), WEIR__REPLY_NIL);
}

static void free_object(void *object)
{
	(void)object;
}

static const redisReplyObjectFunctions object_functions = {
	.createString = create_string,
	.createArray = create_array,
	.createInteger = create_integer,
	.createNil = create_nil,
	.freeObject = free_object,
};

/* The parser keeps its memory (maxbuf 0), which is given up here once it is too much: the parser's own way of doing
 * that ends the process when memory is short. False: out of memory. */
static bool renew_parser(weir__redis_reader *reader)
{
	if (reader->parser)
		redisReaderFree(reader->parser);
	/* hiredis takes a table that it could write to, and never does */
	reader->parser = redisReaderCreateWithFunctions((redisReplyObjectFunctions *)(uintptr_t)&object_functions);
	if (!reader->parser)
		return false;
	reader->parser->privdata = reader;
	reader->parser->maxbuf = 0;
	reader->largest = 0;
	return true;
}

weir__redis_reader *weir__redis_reader_create(void)
{
	weir__redis_reader *reader = weir__calloc(1, sizeof *reader);

	if (reader && !renew_parser(reader)) {
		weir__free(reader);
		return NULL;
	}
	return reader;
}

void weir__redis_reader_free(weir__redis_reader *reader)
{
	if (!reader)
		return;
	if (reader->parser)
		redisReaderFree(reader->parser);
	weir__free(reader->nodes);
	weir__free(reader);
}

bool weir__redis_reader_begin(weir__redis_reader *reader, weir__reply_buffer *buffer, size_t count, size_t elements)
{
	size_t limit = count + elements;

	if ((!reader->parser || reader->largest > KEPT_CAPACITY) && !renew_parser(reader))
		return false;
	if (limit > reader->node_capacity) {
		weir__reply *nodes = weir__realloc(reader->nodes, limit * sizeof *nodes);

		if (!nodes)
			return false;
		reader->nodes = nodes;
		reader->node_capacity = limit;
	}
	reader->buffer = buffer;
	reader->node_count = 0;
	reader->node_limit = limit;
	reader->expected = count;
	reader->parses = false;
	reader->scan = (weir__redis_scan){ .nodes = reader->nodes, .node_limit = limit, .replies = count };
	return true;
}

char *weir__redis_reader_room(weir__redis_reader *reader, size_t *size)
{
	weir__reply_buffer *buffer = reader->buffer;
	size_t              capacity = buffer->capacity;
	char               *bytes;

	if (buffer->length == capacity) {
		capacity *= 2;
		bytes = capacity <= WEIR__REPLY_BYTES_MAX ? weir__realloc(buffer->bytes, capacity) : NULL;
		if (!bytes)
			return NULL;
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	*size = capacity - buffer->length;
	return buffer->bytes + buffer->length;
}

/* The length that stands at the beginning of a bulk string whose type has been read, as far as its digits are there. */
static uint64_t announced_length(const char *digits, size_t length)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length && i < DIGITS_MAX - 1 && digits[i] >= '0' && digits[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(digits[i] - '0');
	return number;
}

/* Makes the buffer so large. False: out of memory, or beyond the bound. */
static bool make_room(weir__reply_buffer *buffer, uint64_t wanted)
{
	char *bytes;

	if (wanted > WEIR__REPLY_BYTES_MAX)
		return false;
	if (wanted <= buffer->capacity)
		return true;
	/* at least twice as much, so that a reply of many strings is not copied for each of them */
	if (wanted < 2 * (uint64_t)buffer->capacity && 2 * (uint64_t)buffer->capacity <= WEIR__REPLY_BYTES_MAX)
		wanted = 2 * (uint64_t)buffer->capacity;
	bytes = weir__realloc(buffer->bytes, (size_t)wanted);
	if (!bytes)
		return false;
	buffer->bytes = bytes;
	buffer->capacity = (size_t)wanted;
	return true;
}

/* The parser wants more. Could what it waits for ever be right? And when it is a long string, is there room for all of it? */
static bool is_bearable(weir__redis_reader *reader)
{
	weir__reply_buffer *buffer = reader->buffer;
	size_t              unparsed = reader->parser->len - reader->parser->pos;
	const char         *at = buffer->bytes + buffer->length - unparsed;

	if (unparsed >= WEIR__REPLY_LINE_MAX && !memchr(at, '\n', WEIR__REPLY_LINE_MAX))
		return false;
	if (unparsed == 0 || at == buffer->bytes || at[-1] != '$')
		return true;
	return make_room(buffer, announced_length(at, unparsed) + DIGITS_MAX + 2 + (uint64_t)(at - buffer->bytes));
}

/* Gives the parser the last length bytes. */
static int parse(weir__redis_reader *reader, size_t length)
{
	weir__reply_buffer *buffer = reader->buffer;
	void               *reply;

	if (redisReaderFeed(reader->parser, buffer->bytes + buffer->length - length, length) != REDIS_OK)
		return -1;
	if (buffer->length > reader->largest)
		reader->largest = buffer->length;
	while (reader->expected > 0) {
		reply = NULL;
		if (redisReaderGetReply(reader->parser, &reply) != REDIS_OK)
			return -1;
		if (!reply)
			return is_bearable(reader) ? 0 : -1;
		reader->expected--;
	}
	return reader->parser->pos == reader->parser->len ? 1 : -1;
}

int weir__redis_reader_feed(weir__redis_reader *reader, size_t length)
{
	weir__reply_buffer *buffer = reader->buffer;

	buffer->length += length;
	if (reader->parses)
		return parse(reader, length);
	switch (weir__redis_scan_on(&reader->scan, buffer->bytes, buffer->length)) {
	case WEIR__SCAN_DONE:
		return reader->scan.at == buffer->length ? 1 : -1;
	case WEIR__SCAN_MORE:
		return make_room(buffer, reader->scan.wanted) ? 0 : -1;
	case WEIR__SCAN_OTHER:
		reader->parses = true;
		return parse(reader, buffer->length);
	case WEIR__SCAN_GARBLED:
	default:
		return -1;
	}
}

const weir__reply *weir__redis_reader_replies(const weir__redis_reader *reader)
{
	return reader->nodes;
}
