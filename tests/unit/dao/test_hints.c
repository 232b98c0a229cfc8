/* Hints: the last one that was noted of a key, or none; never one that was put together from two. */
#include "dao/hints.h"
#include "support/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static weir_bytes bytes_of(const char *text)
{
	return (weir_bytes){ text, strlen(text) };
}

static size_t find(weir__hints *hints, const char *unique, char record[WEIR__HINT_SIZE + 1])
{
	size_t length = weir__hints_find(hints, bytes_of(unique), record);

	record[length] = '\0';
	return length;
}

static void note(weir__hints *hints, const char *unique, const char *record)
{
	weir__hints_note(hints, bytes_of(unique), record, strlen(record));
}

START_TEST(test_hints__the_last_one_noted_is_found)
{
	weir__hints hints;
	char        found[WEIR__HINT_SIZE + 1];

	weir__hints_init(&hints);
	ck_assert_uint_eq(find(&hints, "user:email:a", found), 0);
	note(&hints, "user:email:a", "user:id:1");
	note(&hints, "user:email:b", "user:id:2");
	ck_assert_uint_eq(find(&hints, "user:email:a", found), strlen("user:id:1"));
	ck_assert_str_eq(found, "user:id:1");
	note(&hints, "user:email:a", "user:id:17");
	find(&hints, "user:email:a", found);
	ck_assert_str_eq(found, "user:id:17");
	ck_assert_uint_eq(find(&hints, "user:email:c", found), 0);
	weir__hints_release(&hints);
}
END_TEST

START_TEST(test_hints__the_longest_key_fits_and_a_longer_one_is_not_kept)
{
	weir__hints hints;
	char        found[WEIR__HINT_SIZE + 1], longest[WEIR__HINT_SIZE + 2];

	memset(longest, 'x', sizeof longest);
	longest[WEIR__HINT_SIZE + 1] = '\0';
	weir__hints_init(&hints);
	note(&hints, "u", longest);
	ck_assert_uint_eq(find(&hints, "u", found), 0);
	note(&hints, "u", longest + 1);
	ck_assert_uint_eq(find(&hints, "u", found), WEIR__HINT_SIZE);
	ck_assert_str_eq(found, longest + 1);
	weir__hints_release(&hints);
}
END_TEST

/* ---- Threads ----------------------------------------------------------------------------------------------------------- */

enum { ROUNDS = 20000, THREADS = 4 };

static void *note_and_find(void *context)
{
	weir__hints *hints = context;
	char         found[WEIR__HINT_SIZE + 1], record[WEIR__HINT_SIZE + 1];
	uintptr_t    torn = 0;

	for (int i = 0; i < ROUNDS; i++) {
		memset(record, 'a' + i % 26, WEIR__HINT_SIZE);
		record[WEIR__HINT_SIZE] = '\0';
		note(hints, "one", record);
		if (find(hints, "one", found) == 0)
			continue;
		for (size_t k = 1; k < WEIR__HINT_SIZE; k++)
			torn += found[k] != found[0];
	}
	return (void *)torn;
}

START_TEST(test_hints__from_many_threads_none_is_torn)
{
	weir__hints hints;
	pthread_t   threads[THREADS];
	char        found[WEIR__HINT_SIZE + 1];

	weir__hints_init(&hints);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, note_and_find, &hints), 0);
	for (int i = 0; i < THREADS; i++) {
		void *torn = NULL;

		pthread_join(threads[i], &torn);
		ck_assert_ptr_null(torn);
	}
	ck_assert_uint_eq(find(&hints, "one", found), WEIR__HINT_SIZE);
	weir__hints_release(&hints);
}
END_TEST

WEIR_SUITE("hints", test_hints__the_last_one_noted_is_found,
           test_hints__the_longest_key_fits_and_a_longer_one_is_not_kept, test_hints__from_many_threads_none_is_torn);
