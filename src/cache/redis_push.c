/* Reading pushes. */
#include "cache/redis_push.h"

#include "base/memory.h"

#include <string.h>

#define FIRST_CAPACITY (16u << 10)
#define CAPACITY_MOST  (4u << 20)
#define DIGITS_MOST    10

void weir__push_release(weir__push_reader *reader)
{
	weir__free(reader->bytes);
	*reader = (weir__push_reader){ .bytes = NULL };
}

static bool grow(weir__push_reader *reader)
{
	size_t capacity = reader->capacity ? reader->capacity * 2 : FIRST_CAPACITY;
	char  *bytes = capacity <= CAPACITY_MOST ? weir__realloc(reader->bytes, capacity) : NULL;

	if (!bytes)
		return false;
	reader->bytes = bytes;
	reader->capacity = capacity;
	return true;
}

char *weir__push_room(weir__push_reader *reader, size_t *size)
{
	if (reader->begin > 0) {
		memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	if (reader->end == reader->capacity && !grow(reader))
		return NULL;
	*size = reader->capacity - reader->end;
	return reader->bytes + reader->end;
}

void weir__push_add(weir__push_reader *reader, size_t length)
{
	reader->end += length;
}

/* The rest of a line after its first byte, which moves *at behind it. 1, 0 or -1. */
static int read_line(const char **at, const char *end, char type, weir_bytes *line)
{
	const char *feed;

	if (*at == end)
		return 0;
	if (**at != type)
		return -1;
	feed = memchr(*at, '\n', (size_t)(end - *at));
	if (!feed)
		return end - *at > DIGITS_MOST + 3 ? -1 : 0;
	if (feed - *at < 3 || feed[-1] != '\r' || feed - *at > DIGITS_MOST + 3)
		return -1;
	*line = (weir_bytes){ *at + 1, (size_t)(feed - *at) - 2 };
	*at = feed + 1;
	return 1;
}

static int read_count(const char **at, const char *end, char type, size_t *count)
{
	weir_bytes line;
	int        state = read_line(at, end, type, &line);

	*count = 0;
	for (size_t i = 0; state == 1 && i < line.length; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return -1;
		*count = *count * 10 + (size_t)(line.data[i] - '0');
	}
	return state;
}

static int read_item(const char **at, const char *end, weir_bytes *item)
{
	size_t length;
	int    state;

	if (*at < end && **at == ':')
		return read_line(at, end, ':', item);
	state = read_count(at, end, '$', &length);
	if (state != 1)
		return state;
	if (length > CAPACITY_MOST)
		return -1;
	if ((size_t)(end - *at) < length + 2)
		return 0;
	*item = (weir_bytes){ *at, length };
	*at += length + 2;
	return (*at)[-2] == '\r' && (*at)[-1] == '\n' ? 1 : -1;
}

int weir__push_next(weir__push_reader *reader, weir__push *push)
{
	const char *at = reader->bytes + reader->begin;
	const char *end = reader->bytes + reader->end;
	int         state = read_count(&at, end, '*', &push->count);

	if (state == 1 && push->count > WEIR__PUSH_ITEMS)
		return -1;
	for (size_t i = 0; state == 1 && i < push->count; i++)
		state = read_item(&at, end, &push->items[i]);
	if (state == 1)
		reader->begin = (size_t)(at - reader->bytes);
	return state;
}
