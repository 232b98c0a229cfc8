/* The heap and, in test builds, its planned failures. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WEIR_TEST_HOOKS
#include <stdatomic.h>

static atomic_long successes_left;
static atomic_int  failure_mode;
static atomic_long failures;

void weir__memory_fail_after(long successes, enum weir__memory_failure mode)
{
	atomic_store(&successes_left, successes);
	atomic_store(&failures, 0);
	atomic_store(&failure_mode, mode);
}

long weir__memory_failures(void)
{
	return atomic_load(&failures);
}

static bool refused(void)
{
	int mode = atomic_load_explicit(&failure_mode, memory_order_relaxed);

	if (mode == WEIR__FAIL_NEVER || atomic_fetch_sub(&successes_left, 1) > 0)
		return false;
	if (mode == WEIR__FAIL_ONCE)
		atomic_store(&failure_mode, WEIR__FAIL_NEVER);
	atomic_fetch_add(&failures, 1);
	return true;
}
#else
static inline bool refused(void)
{
	return false;
}
#endif

void *weir__malloc(size_t size)
{
	return refused() ? NULL : malloc(size ? size : 1);
}

void *weir__calloc(size_t count, size_t size)
{
	return refused() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *weir__realloc(void *memory, size_t size)
{
	return refused() ? NULL : realloc(memory, size ? size : 1);
}

void weir__free(void *memory)
{
	free(memory);
}

char *weir__strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char  *copy = weir__malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void weir__memory_expect(size_t size)
{
#ifdef __GLIBC__
	volatile char *block = malloc(size); /* not one of those that tests count */

	if (block)
		*block = 0; /* else compilers leave out both */
	free((void *)(uintptr_t)block);
#else
	(void)size;
#endif
}
