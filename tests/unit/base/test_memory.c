/* The heap's door: sizes of zero, and failures made to order. */
#include "base/memory.h"
#include "support/suite.h"

#include <string.h>
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#include <malloc.h>

/* Of the allocator, which are no part of its heap. */
static size_t count_mapped(void)
{
	return mallinfo2().hblks;
}
#else
static size_t count_mapped(void)
{
	return 0;
}
#endif

START_TEST(test_memory__what_is_expected_lies_in_the_heap)
{
	enum { LARGE = 1 << 20 };
	size_t mapped = count_mapped();
	void  *memory;

	weir__memory_expect(2 * LARGE);
	memory = weir__malloc(LARGE);
	ck_assert_ptr_nonnull(memory);
	ck_assert_uint_eq(count_mapped(), mapped);
	weir__free(memory);
}
END_TEST

START_TEST(test_memory__size_zero_can_be_freed)
{
	void *memory = weir__malloc(0);
	void *zeroed = weir__calloc(0, 8);

	ck_assert_ptr_nonnull(memory);
	ck_assert_ptr_nonnull(zeroed);
	memory = weir__realloc(memory, 0);
	ck_assert_ptr_nonnull(memory);
	weir__free(memory);
	weir__free(zeroed);
	weir__free(NULL);
}
END_TEST

START_TEST(test_memory__calloc_zeroes)
{
	unsigned char    *zeroed = weir__calloc(16, 4);
	static const char zeros[64];

	ck_assert_mem_eq(zeroed, zeros, 64);
	weir__free(zeroed);
}
END_TEST

START_TEST(test_memory__strdup_copies)
{
	char  text[] = "abc";
	char *copy = weir__strdup(text);

	text[0] = 'x';
	ck_assert_str_eq(copy, "abc");
	weir__free(copy);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_memory__fails_once_after_so_many)
{
	void *made[4];

	weir__memory_fail_after(2, WEIR__FAIL_ONCE);
	for (size_t i = 0; i < 4; i++)
		made[i] = weir__malloc(8);
	ck_assert_int_eq(weir__memory_failures(), 1);
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	for (size_t i = 0; i < 4; i++) {
		ck_assert((made[i] == NULL) == (i == 2));
		weir__free(made[i]);
	}
}
END_TEST

START_TEST(test_memory__fails_for_ever_by_every_way)
{
	char *kept = weir__strdup("kept");

	weir__memory_fail_after(0, WEIR__FAIL_FOREVER);
	ck_assert_ptr_null(weir__malloc(1));
	ck_assert_ptr_null(weir__calloc(1, 1));
	ck_assert_ptr_null(weir__realloc(kept, 100));
	ck_assert_ptr_null(weir__strdup("x"));
	ck_assert_int_eq(weir__memory_failures(), 4);
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert_str_eq(kept, "kept");
	weir__free(kept);
}
END_TEST

#define FAILURES , test_memory__fails_once_after_so_many, test_memory__fails_for_ever_by_every_way
#else
#define FAILURES
#endif

WEIR_SUITE("base/memory", test_memory__what_is_expected_lies_in_the_heap, test_memory__size_zero_can_be_freed,
           test_memory__calloc_zeroes, test_memory__strdup_copies FAILURES);
