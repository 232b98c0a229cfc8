/* The memory of records and lists: where things lie, who counts, and what debug builds catch. */
#include "base/memory.h"
#include "models/record.h"
#include "support/suite.h"
#include "unit/models/everything.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static weir__layout *layout;

static void setup(void)
{
	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
}

static void teardown(void)
{
	weir__layout_free(layout);
	layout = NULL;
}

/* A record with a title, which lies behind the struct. */
static const everything *make_record(int64_t id, const char *title)
{
	char       *text = NULL;
	everything *made = weir__record_create(layout, strlen(title) + 1, &text);

	ck_assert_ptr_nonnull(made);
	made->id = id;
	made->title = memcpy(text, title, strlen(title) + 1);
	return made;
}

static everything_list make_list(size_t count)
{
	everything_list list = WEIR_LIST_INIT;
	weir_list       made = WEIR_LIST_INIT;
	char           *text = NULL;

	ck_assert_int_eq(weir__list_create(layout, count, count * 8, &made, &text), WEIR_OK);
	for (size_t i = 0; i < count; i++) {
		everything *item = (everything *)(uintptr_t)made.items[i];
		item->id = (int64_t)i;
		item->title = memcpy(text + i * 8, "item...", 8);
	}
	weir__list_out_set(&list, &made);
	return list;
}

static bool is_zero(const void *memory, size_t size)
{
	for (const char *at = memory; size > 0; size--)
		if (*at++)
			return false;
	return true;
}

START_TEST(test_record__is_zeroed_aligned_and_has_room_for_its_texts)
{
	setup();
	for (size_t size = 0; size < 40; size++) {
		char       *text = NULL;
		everything *made = weir__record_create(layout, size, &text);
		ck_assert_uint_eq((uintptr_t)made % alignof(max_align_t), 0);
		ck_assert(is_zero(made, sizeof *made));
		ck_assert_ptr_eq(text, (char *)(made + 1));
		memset(text, 'x', size);
		ck_assert_ptr_eq(weir_record_model(made), &everything_model);
		ck_assert_int_eq(weir_record_release(made), WEIR_OK);
	}
	teardown();
}
END_TEST

START_TEST(test_record__may_have_room_in_front)
{
	const everything *bare;
	everything_list   list;

	setup();
	bare = make_record(1, "bare");
	layout->has_room = true;
	list = make_list(2);
	ck_assert_ptr_null(weir__record_room(bare));
	ck_assert_ptr_null(weir__record_room(list.items[0]));
	for (size_t size = 0; size < 100; size++) {
		char       *text = NULL;
		everything *made = weir__record_create(layout, size, &text);
		char       *room = weir__record_room(made);

		ck_assert_uint_eq((uintptr_t)(room + WEIR__RECORD_ROOM) % 64, 0);
		ck_assert(room + WEIR__RECORD_ROOM < (char *)made);
		ck_assert(is_zero(room, WEIR__RECORD_ROOM));
		memset(room, 'r', WEIR__RECORD_ROOM);
		ck_assert(is_zero(made, sizeof *made));
		ck_assert_ptr_eq(text, (char *)(made + 1));
		memset(text, 'x', size);
		ck_assert(weir__record_is_alone(made));
		weir_record_retain(made);
		ck_assert_int_eq(weir_record_release(made), WEIR_OK);
		ck_assert_ptr_eq(weir_record_model(made), &everything_model);
		ck_assert_int_eq(weir_record_release(made), WEIR_OK);
	}
	everything_release(&bare);
	everything_list_release(&list);
	teardown();
}
END_TEST

START_TEST(test_record__lives_until_its_last_reference)
{
	setup();
	const everything *first = make_record(7, "kept");
	const everything *second = everything_retain(first);

	everything_release(&first);
	ck_assert_ptr_null(first);
	ck_assert_int_eq(second->id, 7);
	ck_assert_str_eq(second->title, "kept");
	everything_release(&second);
	ck_assert_ptr_null(second);
	everything_release(&second);
	everything_release(NULL);
	teardown();
}
END_TEST

START_TEST(test_record__outlives_the_layout_it_was_made_by)
{
	setup();
	const everything *record = make_record(7, "kept");

	teardown();
	ck_assert_ptr_eq(weir_record_model(record), &everything_model);
	ck_assert_str_eq(record->title, "kept");
	everything_release(&record);
}
END_TEST

START_TEST(test_record__null_is_nothing)
{
	weir_record_retain(NULL);
	ck_assert_int_eq(weir_record_release(NULL), WEIR_OK);
	ck_assert_ptr_null(weir_record_model(NULL));
	ck_assert_ptr_null(everything_retain(NULL));
	weir_list_release(NULL);
	everything_list_release(NULL);
}
END_TEST

START_TEST(test_list__items_are_zeroed_aligned_and_apart)
{
	weir_list list = WEIR_LIST_INIT;
	char     *text = NULL;

	setup();
	ck_assert_int_eq(weir__list_create(layout, 5, 11, &list, &text), WEIR_OK);
	ck_assert_uint_eq(list.count, 5);
	ck_assert_ptr_eq(weir__list_model(&list), &everything_model);
	for (size_t i = 0; i < list.count; i++) {
		ck_assert_uint_eq((uintptr_t)list.items[i] % alignof(max_align_t), 0);
		ck_assert(is_zero(list.items[i], sizeof(everything)));
		ck_assert_ptr_eq(weir_record_model(list.items[i]), &everything_model);
	}
	for (size_t i = 0; i < list.count; i++)
		memset((void *)(uintptr_t)list.items[i], (int)i + 1, sizeof(everything));
	memset(text, 'x', 11);
	for (size_t i = 0; i < list.count; i++) {
		ck_assert_int_eq(*(const char *)list.items[i], (int)i + 1);
		ck_assert_ptr_eq(weir_record_model(list.items[i]), &everything_model);
	}
	weir_list_release(&list);
	ck_assert_ptr_null(list.items);
	ck_assert_ptr_null(list.memory);
	ck_assert_uint_eq(list.count, 0);
	weir_list_release(&list);
	teardown();
}
END_TEST

START_TEST(test_list__of_nothing_needs_no_memory)
{
	weir_list list = WEIR_LIST_INIT;
	char     *text = NULL;

	setup();
	ck_assert_int_eq(weir__list_create(layout, 0, 0, &list, &text), WEIR_OK);
	ck_assert(weir__list_out_is_empty(&list));
	ck_assert_ptr_null(weir__list_model(&list));
	ck_assert_int_eq(weir__list_create_of(&everything_model, 0, &list), WEIR_OK);
	ck_assert(weir__list_out_is_empty(&list));
	weir_list_release(&list);
	teardown();
}
END_TEST

START_TEST(test_list__a_retained_item_keeps_the_lists_memory)
{
	setup();
	everything_list   list = make_list(3);
	const everything *kept = everything_retain(list.items[1]);
	const everything *again = everything_retain(kept);

	everything_list_release(&list);
	ck_assert_ptr_null(list.items);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(kept->id, 1);
	everything_release(&kept);
	ck_assert_str_eq(again->title, "item...");
	everything_release(&again);
	teardown();
}
END_TEST

START_TEST(test_list__of_records_from_elsewhere_gives_them_back)
{
	weir_list list = WEIR_LIST_INIT;

	setup();
	const everything *alone = make_record(1, "alone");
	everything_list   source = make_list(2);
	ck_assert_int_eq(weir__list_create_of(&everything_model, 4, &list), WEIR_OK);
	for (size_t i = 0; i < 4; i++)
		ck_assert_ptr_null(list.items[i]);
	weir__list_set(&list, 0, everything_retain(alone));
	weir__list_set(&list, 1, everything_retain(source.items[1]));
	weir__list_set(&list, 3, everything_retain(alone));
	everything_list_release(&source);
	everything_release(&alone);
	ck_assert_int_eq(((const everything *)list.items[0])->id, 1);
	ck_assert_str_eq(((const everything *)list.items[1])->title, "item...");
	ck_assert_ptr_null(list.items[2]);
	ck_assert_ptr_eq(list.items[3], list.items[0]);
	ck_assert_ptr_eq(weir__list_model(&list), &everything_model);
	const everything *kept = everything_retain(list.items[0]);
	weir_list_release(&list);
	ck_assert_str_eq(kept->title, "alone");
	everything_release(&kept);
	teardown();
}
END_TEST

START_TEST(test_record__sizes_beyond_all_memory_are_refused)
{
	weir_list list = WEIR_LIST_INIT;
	char     *text = NULL;

	setup();
	ck_assert_ptr_null(weir__record_create(layout, SIZE_MAX, &text));
	ck_assert_ptr_null(weir__record_create(layout, SIZE_MAX - sizeof(everything), &text));
	ck_assert_int_eq(weir__list_create(layout, SIZE_MAX, 0, &list, &text), WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(weir__list_create(layout, SIZE_MAX / sizeof(everything), 0, &list, &text), WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(weir__list_create(layout, 1, SIZE_MAX, &list, &text), WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(weir__list_create_of(&everything_model, SIZE_MAX, &list), WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(weir__list_create_of(&everything_model, SIZE_MAX / sizeof(void *), &list), WEIR_ERR_NO_MEMORY);
	ck_assert(weir__list_out_is_empty(&list));
	teardown();
}
END_TEST

/* Values behind a struct, of each kind. */
typedef struct heavy {
	int64_t         id;
	const char     *label;
	weir_bytea      bytes;
	weir_json_text  note;
	weir_text_array names;
	weir_i32_array  numbers;
} heavy;

static const weir_field heavy_fields[] = {
	WEIR_FIELD(heavy, id, .primary_key = true), WEIR_FIELD(heavy, label, .labels = WEIR_LABELS_UNSAID),
	WEIR_FIELD(heavy, bytes, .nullable = true), WEIR_FIELD(heavy, note, .nullable = true),
	WEIR_FIELD(heavy, names, .nullable = true), WEIR_FIELD(heavy, numbers, .nullable = true),
};
static const weir_model heavy_model = WEIR_MODEL(heavy, "heavies", heavy_fields);

START_TEST(test_bytes__count_what_every_kind_of_value_points_to)
{
	static char        large[1000];
	const char *const  names[] = { "ab", NULL, "c" };
	const weir_opt_i32 numbers[100] = { { .has = false } };
	heavy              values = { .label = "" };
	weir__layout      *heavies;
	size_t             least;
	const size_t       header = 32;

	ck_assert_int_eq(weir__layout_create(&heavy_model, &heavies, NULL), WEIR_OK);
	least = weir__record_bytes(heavies, &values);
	ck_assert_uint_ge(least, sizeof values + header);
	values.label = "0123456789";
	ck_assert_uint_eq(weir__record_bytes(heavies, &values), least + 10);
	values.bytes = weir_bytea_of(large, sizeof large);
	ck_assert_uint_eq(weir__record_bytes(heavies, &values), least + 1010);
	values.note.text = "{}";
	ck_assert_uint_eq(weir__record_bytes(heavies, &values), least + 1013);
	values.names = (weir_text_array){ names, 3 };
	ck_assert_uint_eq(weir__record_bytes(heavies, &values), least + 1013 + sizeof names + 5);
	values.numbers = (weir_i32_array){ numbers, 100 };
	ck_assert_uint_eq(weir__record_bytes(heavies, &values), least + 1013 + sizeof names + 5 + sizeof numbers);
	weir__layout_free(heavies);
}
END_TEST

START_TEST(test_list__that_others_have_gets_a_memory_of_its_own_with_the_same_records)
{
	everything_list list, other;
	weir_list       own;

	setup();
	list = make_list(3);
	memcpy(&own, &list, sizeof own);
	ck_assert(weir__list_unshare(&own));
	ck_assert_ptr_eq(own.memory, list.memory);
	weir__list_memory_retain(own.memory);
	ck_assert(weir__list_unshare(&own));
	ck_assert_ptr_ne(own.memory, list.memory);
	weir__list_keep(&own, 2, true);
	ck_assert_int_eq(list.items[0]->id, 0);
	ck_assert_ptr_eq(own.items[0], list.items[1]);
	weir__list_out_set(&other, &own);
	everything_list_release(&list);
	ck_assert_int_eq(other.items[0]->id, 1);
	everything_list_release(&other);
	teardown();
}
END_TEST

START_TEST(test_out__parameters_of_typed_records_and_lists)
{
	const everything *record = NULL;
	everything_list   list = WEIR_LIST_INIT;

	setup();
	ck_assert(weir__record_out_is_empty(&record));
	weir__record_out_set(&record, make_record(9, "out"));
	ck_assert(!weir__record_out_is_empty(&record));
	ck_assert_int_eq(record->id, 9);
	everything_release(&record);
	ck_assert(weir__list_out_is_empty(&list));
	list = make_list(2);
	ck_assert(!weir__list_out_is_empty(&list));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.items[1]->id, 1);
	everything_list_release(&list);
	ck_assert(weir__list_out_is_empty(&list));
	teardown();
}
END_TEST

static void *share(void *context)
{
	const everything *const *records = context;

	for (int i = 0; i < 2000; i++)
		for (size_t r = 0; r < 3; r++) {
			const everything *mine = everything_retain(records[r]);
			ck_assert_int_eq(mine->id, records[r]->id);
			everything_release(&mine);
		}
	return NULL;
}

static void *share_and_give_back(void *context)
{
	const everything **records = context;

	share(records);
	for (size_t r = 0; r < 3; r++)
		everything_release(&records[r]);
	return NULL;
}

START_TEST(test_record__threads_may_retain_and_release_at_once)
{
	const everything *records[4][3];
	pthread_t         threads[4];

	setup();
	everything_list list = make_list(2);
	records[0][0] = make_record(7, "shared");
	records[0][1] = everything_retain(list.items[0]);
	records[0][2] = everything_retain(list.items[1]);
	for (size_t t = 1; t < 4; t++)
		for (size_t r = 0; r < 3; r++)
			records[t][r] = everything_retain(records[0][r]);
	for (size_t t = 0; t < 4; t++)
		ck_assert_int_eq(pthread_create(&threads[t], NULL, share_and_give_back, records[t]), 0);
	everything_list_release(&list);
	for (size_t t = 0; t < 4; t++)
		pthread_join(threads[t], NULL);
	teardown();
}
END_TEST

#ifdef WEIR_DEBUG
START_TEST(test_debug__a_second_release_is_refused)
{
	setup();
	const everything *record = make_record(1, "x");
	const void       *copy = record;

	everything_release(&record);
	ck_assert_int_eq(weir_record_release(copy), WEIR_ERR_USAGE);
	weir_record_retain(copy);
	ck_assert_int_eq(weir_record_release(copy), WEIR_ERR_USAGE);
	teardown();
}
END_TEST

START_TEST(test_debug__a_foreign_pointer_is_left_alone)
{
	everything  on_stack = { .id = 1 };
	everything *on_heap = malloc(sizeof *on_heap);

	ck_assert_int_eq(weir_record_release(&on_stack), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_release(on_heap), WEIR_ERR_USAGE);
	ck_assert_int_eq(weir_record_release((const void *)(uintptr_t)8), WEIR_ERR_USAGE);
	weir_record_retain(&on_stack);
	ck_assert_int_eq(on_stack.id, 1);
	free(on_heap);
}
END_TEST

START_TEST(test_debug__an_item_released_too_often_does_not_take_the_list)
{
	setup();
	everything_list list = make_list(2);
	const void     *item = list.items[0];

	ck_assert_int_eq(weir_record_release(item), WEIR_ERR_USAGE);
	weir_record_retain(item);
	ck_assert_int_eq(weir_record_release(item), WEIR_OK);
	ck_assert_int_eq(weir_record_release(item), WEIR_ERR_USAGE);
	ck_assert_int_eq(list.items[0]->id, 0);
	everything_list_release(&list);
	ck_assert_int_eq(weir_record_release(item), WEIR_ERR_USAGE);
	teardown();
}
END_TEST

START_TEST(test_debug__a_list_released_twice_through_a_copy_is_left_alone)
{
	setup();
	everything_list list = make_list(2);
	everything_list copy = list;

	everything_list_release(&list);
	everything_list_release(&copy);
	ck_assert_ptr_null(copy.memory);
	teardown();
}
END_TEST

START_TEST(test_debug__many_live_records_are_told_apart)
{
	enum { COUNT = 20000 };
	const everything **records = malloc(COUNT * sizeof(const everything *));

	setup();
	for (size_t i = 0; i < COUNT; i++)
		records[i] = make_record((int64_t)i, "x");
	for (size_t i = 0; i < COUNT; i += 2)
		ck_assert_int_eq(weir_record_release(records[i]), WEIR_OK);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(weir_record_release(records[i]), i % 2 ? WEIR_OK : WEIR_ERR_USAGE);
	free(records);
	teardown();
}
END_TEST

#define DEBUG_TESTS                                                                                                    \
	, test_debug__a_second_release_is_refused, test_debug__a_foreign_pointer_is_left_alone,                            \
		test_debug__an_item_released_too_often_does_not_take_the_list,                                                 \
		test_debug__a_list_released_twice_through_a_copy_is_left_alone, test_debug__many_live_records_are_told_apart
#else
#define DEBUG_TESTS
#endif

#ifdef WEIR_TEST_HOOKS
START_TEST(test_record__each_is_one_allocation_that_may_fail)
{
	weir_list list = WEIR_LIST_INIT;
	char     *text = NULL;

	setup();
	weir__memory_fail_after(0, WEIR__FAIL_FOREVER);
	ck_assert_ptr_null(weir__record_create(layout, 10, &text));
	ck_assert_int_eq(weir__list_create(layout, 3, 10, &list, &text), WEIR_ERR_NO_MEMORY);
	ck_assert_int_eq(weir__list_create_of(&everything_model, 3, &list), WEIR_ERR_NO_MEMORY);
	ck_assert(weir__list_out_is_empty(&list));
	weir__memory_fail_after(1, WEIR__FAIL_FOREVER);
	const void *record = weir__record_create(layout, 10, &text);
	ck_assert_ptr_nonnull(record);
	weir_record_release(record);
	weir__memory_fail_after(1, WEIR__FAIL_FOREVER);
	ck_assert_int_eq(weir__list_create(layout, 3, 10, &list, &text), WEIR_OK);
	weir_list_release(&list);
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	teardown();
}
END_TEST

#define FAILURES , test_record__each_is_one_allocation_that_may_fail
#else
#define FAILURES
#endif

WEIR_SUITE("models/record", test_record__is_zeroed_aligned_and_has_room_for_its_texts,
           test_record__may_have_room_in_front, test_record__lives_until_its_last_reference,
           test_record__outlives_the_layout_it_was_made_by, test_record__null_is_nothing,
           test_list__items_are_zeroed_aligned_and_apart, test_list__of_nothing_needs_no_memory,
           test_list__a_retained_item_keeps_the_lists_memory, test_list__of_records_from_elsewhere_gives_them_back,
           test_record__sizes_beyond_all_memory_are_refused, test_bytes__count_what_every_kind_of_value_points_to,
           test_list__that_others_have_gets_a_memory_of_its_own_with_the_same_records,
           test_out__parameters_of_typed_records_and_lists,
           test_record__threads_may_retain_and_release_at_once DEBUG_TESTS FAILURES);
