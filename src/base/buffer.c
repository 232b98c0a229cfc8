/* A growing byte buffer: doubles, remembers its first failure. */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *weir__buffer_reserve(weir__buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char  *data;

	if (buffer->failed)
		return NULL;
	if (size <= buffer->capacity - buffer->length)
		return buffer->data + buffer->length;
	if (size > SIZE_MAX / 2 - buffer->length) {
		buffer->failed = true;
		return NULL;
	}
	while (capacity - buffer->length < size)
		capacity *= 2;
	data = weir__realloc(buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return NULL;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return data + buffer->length;
}

static void append_grown(weir__buffer *buffer, const void *bytes, size_t length)
{
	char *end = length > 0 ? weir__buffer_reserve(buffer, length) : NULL;

	if (!end)
		return;
	memcpy(end, bytes, length);
	buffer->length += length;
}

void weir__buffer_append(weir__buffer *buffer, const void *bytes, size_t length)
{
	char *end;

	if (buffer->failed || length == 0 || length > buffer->capacity - buffer->length) {
		append_grown(buffer, bytes, length);
		return;
	}
	end = buffer->data + buffer->length;
	buffer->length += length;
	memcpy(end, bytes, length);
}

void weir__buffer_append_text(weir__buffer *buffer, const char *text)
{
	weir__buffer_append(buffer, text, strlen(text));
}

void weir__buffer_append_char(weir__buffer *buffer, char c)
{
	char *end = buffer->failed || buffer->length == buffer->capacity ? weir__buffer_reserve(buffer, 1)
	                                                                 : buffer->data + buffer->length;

	if (!end)
		return;
	*end = c;
	buffer->length++;
}

void weir__buffer_append_i64(weir__buffer *buffer, int64_t number)
{
	char     digits[24];
	size_t   at = sizeof digits;
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		digits[--at] = '-';
	weir__buffer_append(buffer, digits + at, sizeof digits - at);
}

void weir__buffer_appendf(weir__buffer *buffer, const char *format, ...)
{
	va_list args;
	int     length;
	char   *end;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	end = length < 0 ? NULL : weir__buffer_reserve(buffer, (size_t)length + 1);
	if (!end) {
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(end, (size_t)length + 1, format, args);
	va_end(args);
	buffer->length += (size_t)length;
}

const char *weir__buffer_text(weir__buffer *buffer)
{
	char *end = weir__buffer_reserve(buffer, 1);

	if (!end)
		return NULL;
	*end = '\0';
	return buffer->data;
}

char *weir__buffer_detach(weir__buffer *buffer)
{
	char *data = weir__buffer_text(buffer) ? buffer->data : NULL;

	if (!data)
		return NULL;
	*buffer = (weir__buffer)WEIR__BUFFER_INIT;
	return data;
}

void weir__buffer_clear(weir__buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

void weir__buffer_release(weir__buffer *buffer)
{
	weir__free(buffer->data);
	*buffer = (weir__buffer)WEIR__BUFFER_INIT;
}
