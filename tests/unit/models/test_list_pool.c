/* Memory of lists that is used again. */
#include "models/list_pool.h"

#include "base/memory.h"
#include "models/record.h"
#include "support/suite.h"
#include "unit/models/everything.h"

#include <string.h>

enum { SIZE = 2 * WEIR__LIST_POOL_LEAST };

/* Memory that can be written to as far as it says. */
static void *take(weir__list_pool *pool, size_t *size)
{
	size_t wanted = *size;
	void  *memory = weir__list_pool_take(pool, size);

	ck_assert_ptr_nonnull(memory);
	ck_assert_uint_ge(*size, wanted);
	memset(memory, 1, *size);
	return memory;
}

START_TEST(test_takes__what_is_neither_small_nor_huge)
{
	ck_assert(!weir__list_pool_takes(WEIR__LIST_POOL_LEAST - 1));
	ck_assert(weir__list_pool_takes(WEIR__LIST_POOL_LEAST));
	ck_assert(weir__list_pool_takes(WEIR__LIST_POOL_MOST));
	ck_assert(!weir__list_pool_takes(WEIR__LIST_POOL_MOST + 1));
}
END_TEST

START_TEST(test_pool__gives_the_newest_that_fits)
{
	weir__list_pool *pool = weir__list_pool_create();
	size_t           small = SIZE, large = 4 * SIZE, size = SIZE;
	void            *a = take(pool, &small), *b = take(pool, &large), *c;

	weir__list_pool_give(pool, a, small);
	weir__list_pool_give(pool, b, large);
	c = take(pool, &size);
	ck_assert_ptr_eq(c, a);
	ck_assert_uint_eq(size, small);
	weir__list_pool_give(pool, c, size);
	size = small + 1;
	c = take(pool, &size);
	ck_assert_ptr_ne(c, a);
	ck_assert_ptr_ne(c, b);
	weir__list_pool_give(pool, c, size);
	weir__list_pool_release(pool);
}
END_TEST

START_TEST(test_pool__keeps_the_last_few)
{
	weir__list_pool *pool = weir__list_pool_create();
	void            *memory[WEIR__LIST_POOL_KEPT + 1];
	size_t           sizes[WEIR__LIST_POOL_KEPT + 1];

	for (size_t i = 0; i <= WEIR__LIST_POOL_KEPT; i++) {
		sizes[i] = SIZE;
		memory[i] = take(pool, &sizes[i]);
	}
	for (size_t i = 0; i <= WEIR__LIST_POOL_KEPT; i++)
		weir__list_pool_give(pool, memory[i], sizes[i]);
	for (size_t i = WEIR__LIST_POOL_KEPT; i > 0; i--) {
		size_t size = SIZE;
		ck_assert_ptr_eq(take(pool, &size), memory[i]);
	}
	for (size_t i = WEIR__LIST_POOL_KEPT; i > 0; i--)
		weir__list_pool_give(pool, memory[i], sizes[i]);
	weir__list_pool_release(pool);
}
END_TEST

START_TEST(test_pool__outlives_its_owner_as_long_as_there_are_lists)
{
	weir__list_pool *pool = weir__list_pool_create();
	weir__layout    *layout = NULL;
	weir_list        list = WEIR_LIST_INIT;
	size_t           size = SIZE;
	void            *memory = take(pool, &size);
	char            *text;

	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
	layout->list_pool = pool;
	ck_assert_int_eq(weir__list_create(layout, 3, SIZE, &list, &text), WEIR_OK);
	memset(text, 'x', SIZE);
	weir__layout_free(layout);
	weir__list_pool_release(pool);
	weir__list_pool_give(pool, memory, size);
	ck_assert_uint_eq(list.count, 3);
	weir_list_release(&list);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_pool__without_memory_gives_none)
{
	weir__list_pool *pool = weir__list_pool_create();
	size_t           size = SIZE;

	weir__memory_fail_after(0, WEIR__FAIL_FOREVER);
	ck_assert_ptr_null(weir__list_pool_take(pool, &size));
	ck_assert_ptr_null(weir__list_pool_create());
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	weir__list_pool_release(pool);
}
END_TEST

#define FAILURES , test_pool__without_memory_gives_none
#else
#define FAILURES
#endif

WEIR_SUITE("models/list_pool", test_takes__what_is_neither_small_nor_huge, test_pool__gives_the_newest_that_fits,
           test_pool__keeps_the_last_few, test_pool__outlives_its_owner_as_long_as_there_are_lists FAILURES);
