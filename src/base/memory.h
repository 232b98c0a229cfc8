/* Memory: the one door to the heap, so that tests can make any allocation fail.
 *
 * In test builds (WEIR_TEST_HOOKS) weir__memory_fail_after(n) lets n more allocations of this process succeed and then
 * fails one, or all from there on. */
#ifndef WEIR_BASE_MEMORY_H
#define WEIR_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, calloc, realloc, strdup, free; NULL when there is no memory. Size 0 gives a pointer that can be freed. */
void *weir__malloc(size_t size);
void *weir__calloc(size_t count, size_t size);
void *weir__realloc(void *memory, size_t size);
void  weir__free(void *memory);
char *weir__strdup(const char *text);

/* Lets the allocator know that blocks of up to this size will come and go. glibc's learns it from the largest that was freed: smaller
 * ones then come from its heap instead of the system, and twice as much stays there when it is free. Otherwise a list of a few 100 kB
 * is faulted in page by page each time. Whoever has set these limits himself (mallopt, GLIBC_TUNABLES) keeps them. */
void weir__memory_expect(size_t size);

#ifdef WEIR_TEST_HOOKS
enum weir__memory_failure { WEIR__FAIL_NEVER, WEIR__FAIL_ONCE, WEIR__FAIL_FOREVER };

void weir__memory_fail_after(long successes, enum weir__memory_failure mode);

/* Allocations that were made to fail since then. */
long weir__memory_failures(void);
#endif

#endif
