/* Children change, come and go and move between owners, from two sessions on one Redis, while others read the owners' lists lazily
 * and eagerly: no reader is ever given less than what was acknowledged before it began. */
#include "support/library.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { OWNERS = 4, BOOKS = 6, WRITERS = 2, READERS = 4, RUN_MS = 3000, AWAY = 5 };

static struct blog   blog;
static weir_session *sessions[2];
static int64_t       owners[OWNERS], books[BOOKS];
static atomic_bool   stop;
static atomic_long   reads, writes;

/* Versions of each book: a write of version v has started, has been acknowledged. The year of the row is its version. */
static atomic_int started[BOOKS], acknowledged[BOOKS];

/* The first thing that a thread saw and should not have; the test fails with it once all threads have ended. */
static atomic_bool failed;
static char        failure[640];

#define expect(condition, ...)                                                                                         \
	do {                                                                                                               \
		if (!(condition) && !atomic_exchange(&failed, true)) {                                                         \
			snprintf(failure, sizeof failure, __VA_ARGS__);                                                            \
			atomic_store(&stop, true);                                                                                 \
		}                                                                                                              \
	} while (0)

/* Whose the book is in that version: an owner's number, or AWAY. */
static int owner_at(int number, int version)
{
	int turn = version % 7;

	return turn == 6 ? AWAY : (turn / 2 + number) % OWNERS;
}

static void write_version(weir_session *session, int i, int version)
{
	weir_base_dao dao = weir_get_dao(session, &book_model);
	weir_error    err = WEIR_ERROR_INIT;
	int           owner = owner_at(i, version);
	book          values = { .year = version };
	int           rc;

	if (owner != AWAY)
		values.author_id = weir_some_i64(owners[owner]);
	atomic_store(&started[i], version);
	rc = weir_base_dao_update(&dao, &(book){ .id = books[i] }, &values, WEIR_SET(book, author_id, year), NULL, &err);
	expect(rc == WEIR_OK, "update: %s", err.message);
	atomic_store(&acknowledged[i], version);
	atomic_fetch_add(&writes, 1);
}

/* Each writer has books of its own, so that their versions rise one by one. */
static void *keep_writing(void *argument)
{
	int which = *(int *)argument;

	for (int version = 1; !atomic_load(&stop); version++)
		for (int i = which; i < BOOKS; i += WRITERS)
			write_version(sessions[which], i, version);
	return NULL;
}

/* A list of this owner, read after `before` was acknowledged. */
static void check_list(const book_list *list, int owner, const int *before)
{
	bool present[BOOKS] = { false };

	for (size_t row = 0; row < list->count; row++) {
		const book *found = list->items[row];
		int         i = 0;

		while (books[i] != found->id)
			i++;
		present[i] = true;
		expect(found->author_id.value == owners[owner], "a book of another owner");
		expect(found->year >= before[i], "version %d after %d was acknowledged", (int)found->year, before[i]);
		expect(owner_at(i, found->year) == owner, "version %d in the list of owner %d", (int)found->year, owner);
	}
	for (int i = 0; i < BOOKS; i++)
		if (atomic_load(&started[i]) == before[i])
			expect(present[i] == (owner_at(i, before[i]) == owner), "book %d version %d: %s the list of owner %d", i,
			       before[i], present[i] ? "in" : "not in", owner);
}

static void read_lazily(weir_session *session, int owner, const int *before)
{
	book_list  list = WEIR_LIST_INIT;
	weir_error err = WEIR_ERROR_INIT;

	expect(author_books(session, &(author){ .id = owners[owner] }, &list, &err) == WEIR_OK, "lazily: %s", err.message);
	check_list(&list, owner, before);
	book_list_release(&list);
}

static void read_eagerly(weir_session *session, const int *before)
{
	weir_base_dao dao = weir_get_dao(session, &author_model);
	author_list   list = WEIR_LIST_INIT;
	book_list     of_one = WEIR_LIST_INIT;
	weir_error    err = WEIR_ERROR_INIT;

	expect(weir_base_dao_get_many_with_cached(&dao, owners, OWNERS, WEIR_WITH("books"), &list, &err) == WEIR_OK,
	       "eagerly: %s", err.message);
	for (int owner = 0; owner < OWNERS && list.count == OWNERS; owner++) {
		expect(author_books_loaded(&list, list.items[owner], &of_one), "not loaded");
		check_list(&of_one, owner, before);
	}
	author_list_release(&list);
}

static void *keep_reading(void *argument)
{
	int which = *(int *)argument;

	for (int round = 0; !atomic_load(&stop); round++) {
		int before[BOOKS];

		for (int i = 0; i < BOOKS; i++)
			before[i] = atomic_load(&acknowledged[i]);
		if (which % 2 == 0)
			read_lazily(sessions[which / 2 % 2], round % OWNERS, before);
		else
			read_eagerly(sessions[which / 2 % 2], before);
		atomic_fetch_add(&reads, 1);
	}
	return NULL;
}

static void run(weir_cache_kind kind)
{
	static int numbers[READERS] = { 0, 1, 2, 3 };
	pthread_t  readers[READERS], writers[WRITERS];

	library_open(&blog, kind);
	sessions[0] = sessions[1] = blog.session;
	if (kind == WEIR_CACHE_REDIS)
		sessions[1] = blog_open_other(&blog, &(weir_options){ .models = library_models });
	for (int i = 0; i < OWNERS; i++)
		owners[i] = library_author(&blog, "owner");
	for (int i = 0; i < BOOKS; i++) {
		books[i] = library_book(&blog, owners[owner_at(i, 0)], "b", 0);
		atomic_store(&started[i], 0);
		atomic_store(&acknowledged[i], 0);
	}
	atomic_store(&stop, false);
	atomic_store(&reads, 0);
	atomic_store(&writes, 0);
	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, keep_reading, &numbers[i]), 0);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writers[i], NULL, keep_writing, &numbers[i]), 0);
	(void)poll(NULL, 0, RUN_MS);
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	ck_assert_msg(!atomic_load(&failed), "%s", failure);
	ck_assert_int_gt(atomic_load(&reads), 20);
	ck_assert_int_gt(atomic_load(&writes), 20);
	if (sessions[1] != blog.session)
		weir_close(&sessions[1]);
	blog_close(&blog);
}

START_TEST(test_children_that_move__are_never_seen_older_than_acknowledged_through_one_redis)
{
	run(WEIR_CACHE_REDIS);
}
END_TEST

START_TEST(test_children_that_move__are_never_seen_older_than_acknowledged_in_memory)
{
	run(WEIR_CACHE_MEMORY);
}
END_TEST

WEIR_SUITE("relations_coherence", test_children_that_move__are_never_seen_older_than_acknowledged_through_one_redis,
           test_children_that_move__are_never_seen_older_than_acknowledged_in_memory);
