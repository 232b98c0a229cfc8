/* The memory of one run: a chain of pieces. */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_piece {
	struct arena_piece *before;
	max_align_t         bytes[];
};

void *arena_take(gen_arena *arena, size_t size)
{
	struct arena_piece *piece = calloc(1, sizeof *piece + size);

	if (!piece) {
		fputs("weir-generate: out of memory\n", stderr);
		exit(1);
	}
	piece->before = arena->last;
	arena->last = piece;
	return piece->bytes;
}

char *arena_text(gen_arena *arena, const char *format, ...)
{
	va_list arguments;
	int     length;
	char   *text;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = arena_take(arena, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

char *arena_copy(gen_arena *arena, const char *text, size_t length)
{
	char *copy = arena_take(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

void arena_release(gen_arena *arena)
{
	while (arena->last) {
		struct arena_piece *piece = arena->last;

		arena->last = piece->before;
		free(piece);
	}
}
