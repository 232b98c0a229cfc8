/* base.c: base/memory.h on a block that only grows, base/clock.h on a counter, and nanosleep and getrandom, which the
 * library calls, without the system. */
#define _GNU_SOURCE
#include "base.h"

#include "base/clock.h"
#include "base/memory.h"
#include "models/live.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

/* A large piece, which is used in few places, lies apart, where it costs nothing to make it all zero again. */
enum { BLOCK = 4 << 20, ALIGNMENT = 16, LARGE = 256 << 10, APART = 64 << 20 };

static _Alignas(ALIGNMENT) char block[BLOCK];
static char     kept[BLOCK];
static size_t   used, kept_size, apart_used;
static char    *apart;
static uint64_t random_state;

int64_t base_now_us;

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

void base_memory_keep(void)
{
	memcpy(kept, block, used);
	kept_size = used;
}

void base_memory_restore(void)
{
	memcpy(block, kept, kept_size);
	used = kept_size;
	if (apart_used > 0)
		madvise(apart, apart_used, MADV_DONTNEED);
	apart_used = 0;
}

static void too_much(void)
{
	fprintf(stderr, "sim: a schedule needs too much memory\n");
	exit(2);
}

/* Zeroed; for this schedule only. */
static void *take_apart(size_t size)
{
	char *piece;

	if (!apart) {
		apart = mmap(NULL, APART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		madvise(apart, APART, MADV_NOHUGEPAGE); /* few bytes are used, and all that are mapped are zeroed each time */
	}
	size = (size + 8191) / 4096 * 4096;
	if (apart == MAP_FAILED || APART - apart_used < size)
		too_much();
	piece = apart + apart_used;
	apart_used += size;
	return piece + 4096;
}

/* In front of each piece stands its size. */
void *weir__malloc(size_t size)
{
	size_t whole = ALIGNMENT + ((size ? size : 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	char  *piece = block + used;

	if (size > BLOCK || BLOCK - used < whole)
		too_much();
	used += whole;
	memcpy(piece, &size, sizeof size);
	return piece + ALIGNMENT;
}

void *weir__calloc(size_t count, size_t size)
{
	if (count * size > LARGE)
		return take_apart(count * size);
	return memset(weir__malloc(count * size), 0, count * size);
}

void *weir__realloc(void *memory, size_t size)
{
	void  *grown = weir__malloc(size);
	size_t before = 0;

	if (memory)
		memcpy(&before, (char *)memory - ALIGNMENT, sizeof before);
	return memory ? memcpy(grown, memory, before < size ? before : size) : grown;
}

void weir__free(void *memory)
{
	(void)memory;
}

char *weir__strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(weir__malloc(size), text, size);
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

int64_t weir__now_us(void)
{
	return base_now_us;
}

int64_t weir__wall_now_us(void)
{
	return base_now_us;
}

weir__deadline weir__deadline_in_ms(int64_t timeout_ms)
{
	return timeout_ms < (WEIR__NO_DEADLINE - base_now_us) / 1000 ? base_now_us + timeout_ms * 1000 : WEIR__NO_DEADLINE;
}

weir__deadline weir__deadline_earlier(weir__deadline a, weir__deadline b)
{
	return a < b ? a : b;
}

int weir__deadline_poll_ms(weir__deadline deadline)
{
	int64_t left_us = deadline - base_now_us;

	if (deadline == WEIR__NO_DEADLINE)
		return -1;
	if (left_us <= 0)
		return 0;
	return left_us / 1000 >= INT_MAX ? INT_MAX : (int)((left_us + 999) / 1000);
}

int nanosleep(const struct timespec *pause, struct timespec *left)
{
	(void)left;
	base_sleep((int64_t)pause->tv_sec * 1000000 + pause->tv_nsec / 1000);
	return 0;
}

/* ---- Random numbers ---------------------------------------------------------------------------------------------- */

void base_seed(uint64_t seed)
{
	random_state = seed;
}

ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < size; i++) {
		random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((unsigned char *)bytes)[i] = (unsigned char)(random_state >> 56);
	}
	return (ssize_t)size;
}

/* ---- What debug builds know of live records -------------------------------------------------------------------------- */

#ifdef WEIR_DEBUG
/* A killed actor leaves records behind, which are gone with the memory. */
void weir__live_add(weir__live *node)
{
	(void)node;
}

void weir__live_remove(weir__live *node)
{
	(void)node;
}

bool weir__live_has(const void *address)
{
	(void)address;
	return true;
}
#endif
