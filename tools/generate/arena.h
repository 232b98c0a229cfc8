/* Memory of one run: taken piece by piece, given back all at once. There is always some: without any the program ends, before
 * it has written anything. */
#ifndef GENERATE_ARENA_H
#define GENERATE_ARENA_H

#include <stddef.h>

typedef struct gen_arena {
	struct arena_piece *last;
} gen_arena;

/* Zeroed; lives until arena_release. */
void *arena_take(gen_arena *arena, size_t size);

/* A text made as printf makes it, and a copy of the first bytes of one. */
__attribute__((format(printf, 2, 3))) char *arena_text(gen_arena *arena, const char *format, ...);
char                                       *arena_copy(gen_arena *arena, const char *text, size_t length);

void arena_release(gen_arena *arena);

#endif
