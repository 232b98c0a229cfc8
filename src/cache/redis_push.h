/* What a subscribed connection receives: arrays of strings and numbers, one after the other, as they come. A reader of its own
 * and no reply of hiredis: nobody asked for these, and several of them may come in one piece. Bounded. */
#ifndef WEIR_CACHE_REDIS_PUSH_H
#define WEIR_CACHE_REDIS_PUSH_H

#include <weir/sys/cache_backend.h>

#define WEIR__PUSH_ITEMS 4

typedef struct weir__push_reader {
	char  *bytes;
	size_t begin, end, capacity;
} weir__push_reader;

typedef struct weir__push {
	weir_bytes items[WEIR__PUSH_ITEMS]; /* a number as its digits; valid until the next room */
	size_t     count;
} weir__push;

void weir__push_release(weir__push_reader *reader);

/* Where the next bytes belong; NULL: out of memory, or more than any push may have. weir__push_add says how many came. */
char *weir__push_room(weir__push_reader *reader, size_t *size);
void  weir__push_add(weir__push_reader *reader, size_t length);

/* 1: the next push; 0: it is not complete yet; -1: what came is none. */
int weir__push_next(weir__push_reader *reader, weir__push *push);

#endif
