/* Reading replies: the bytes of one exchange in a reference-counted buffer, parsed into nodes that point into it: what most exchanges
 * get where it lies (redis_scan.h), the others by hiredis.
 *
 * hiredis' redisReader gets object functions of ours, which take no more elements than were asked for, no nesting beyond
 * that, and copy nothing: a string becomes its position in the buffer. What was fed is bounded, so are a line without
 * an end and a length that is announced. After any failure the reader is spent, and with it the connection. */
#ifndef WEIR_CACHE_REDIS_READER_H
#define WEIR_CACHE_REDIS_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR__REPLY_BYTES_MAX (64u << 20) /* of the replies of one exchange */
#define WEIR__REPLY_LINE_MAX  4096        /* of a line that is no bulk string */

/* The bytes of replies; kept alive by each value in it that was handed out. */
typedef struct weir__reply_buffer {
	atomic_uint                references;
	struct weir__reply_cache  *home; /* where it goes when nobody needs it any more */
	struct weir__reply_buffer *next;
	size_t                     length;
	size_t                     capacity;
	char                      *bytes;
} weir__reply_buffer;

/* Buffers to be used again, a few of moderate size, so that a large reply does not cost fresh pages each time. */
typedef struct weir__reply_cache weir__reply_cache;
weir__reply_cache               *weir__reply_cache_create(void);
/* The owner lets go; what is still held by readers frees itself later. */
void weir__reply_cache_release(weir__reply_cache *cache);

weir__reply_buffer *weir__reply_buffer_take(weir__reply_cache *cache);
void                weir__reply_buffer_retain(weir__reply_buffer *buffer);
void                weir__reply_buffer_release(void *memory); /* as weir_cached.release */

typedef enum weir__reply_type {
	WEIR__REPLY_NIL,
	WEIR__REPLY_STRING,
	WEIR__REPLY_STATUS,
	WEIR__REPLY_ERROR,
	WEIR__REPLY_INTEGER,
	WEIR__REPLY_ARRAY /* its elements follow it */
} weir__reply_type;

typedef struct weir__reply {
	weir__reply_type type;
	size_t           offset; /* string, status, error: in the buffer */
	size_t           length; /* of them; elements of an array */
	long long        integer;
} weir__reply;

typedef struct weir__redis_reader weir__redis_reader;

weir__redis_reader *weir__redis_reader_create(void);
void                weir__redis_reader_free(weir__redis_reader *reader);

/* Begins an exchange that expects count replies with at most elements elements inside arrays in all, read into buffer.
 * False: out of memory. */
bool weir__redis_reader_begin(weir__redis_reader *reader, weir__reply_buffer *buffer, size_t count, size_t elements);

/* Where the next bytes belong and how many fit; NULL: out of memory or beyond the bound. */
char *weir__redis_reader_room(weir__redis_reader *reader, size_t *size);

/* length more bytes are there. 1: all replies are complete, and nothing is left over. 0: more is needed. -1: what came is
 * no answer to what was asked. */
int weir__redis_reader_feed(weir__redis_reader *reader, size_t length);

/* The replies in order, an array before its elements; until the next begin. */
const weir__reply *weir__redis_reader_replies(const weir__redis_reader *reader);

#endif
