/* Pages by the row beside them, on PostgreSQL with each cache: every order, ties, NULLs, both directions, rows that come and go. */
#include "integration/account.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 60 };

static void make_rows(void)
{
	blog_sql(&blog, "INSERT INTO accounts (owner, points, level, weight) SELECT 'o' || g % 7 || '-' || g, "
	                "nullif(g % 5, 0), g % 3, CASE g % 4 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN 1.5 ELSE g END "
	                "FROM generate_series(1, 60) g");
}

static const weir_order *order_of(int kind, weir_order order[3])
{
	order[0] = kind & 1 ? weir_desc(account_c.points) : weir_asc(account_c.points);
	order[1] = kind & 2 ? weir_desc(account_c.level) : weir_asc(account_c.level);
	order[2] = kind & 4 ? weir_desc(account_c.weight) : weir_asc(account_c.weight);
	if (kind & 8)
		order[0] = kind & 16 ? weir_nulls_first(order[0]) : weir_nulls_last(order[0]);
	return order;
}

static int get_page(const weir_query *query, const char *cursor, account_list *list, weir_cursors *cursors)
{
	account_list again = WEIR_LIST_INIT;
	weir_cursors other = WEIR_CURSORS_INIT;
	int          rc = weir_base_dao_get_page(&accounts, query, cursor, &again, &other, &blog.err);

	if (rc == WEIR_OK) {
		assert_ok(weir_base_dao_get_page_cached(&accounts, query, cursor, list, cursors, &blog.err));
		ck_assert_uint_eq(list->count, again.count);
		for (size_t i = 0; i < again.count; i++)
			ck_assert_int_eq(list->items[i]->id, again.items[i]->id);
		ck_assert(!cursors->next == !other.next && !cursors->previous == !other.previous);
		ck_assert(!cursors->next || strcmp(cursors->next, other.next) == 0);
		ck_assert(cursors->has_more == (cursors->next != NULL));
	}
	account_list_release(&again);
	weir_cursors_release(&other);
	return rc;
}

/* Walks to the end and back again; each way must give the rows of the whole list. */
static void walk(const weir_query *query)
{
	account_list whole = WEIR_LIST_INIT, list = WEIR_LIST_INIT;
	weir_cursors page = WEIR_CURSORS_INIT;
	weir_query   all = *query;
	size_t       at = 0;

	all.limit = 1000;
	assert_ok(weir_base_dao_get_all(&accounts, &all, &whole, &blog.err));
	do {
		assert_ok(get_page(query, page.next, &list, &page));
		ck_assert_uint_le(list.count, (size_t)query->limit);
		for (size_t i = 0; i < list.count; i++, at++)
			ck_assert_int_eq(list.items[i]->id, whole.items[at]->id);
		if (page.next)
			account_list_release(&list);
	} while (page.next);
	ck_assert_uint_eq(at, whole.count);
	at -= list.count;
	account_list_release(&list);
	while (page.previous) {
		assert_ok(get_page(query, page.previous, &list, &page));
		at -= list.count;
		for (size_t i = 0; i < list.count; i++)
			ck_assert_int_eq(list.items[i]->id, whole.items[at + i]->id);
		ck_assert(page.has_more);
		account_list_release(&list);
	}
	ck_assert_uint_eq(at, 0);
	weir_cursors_release(&page);
	account_list_release(&whole);
}

WRITING_TEST(test_page__walks_every_order_forwards_and_backwards_with_ties_and_nulls)
{
	make_rows();
	for (int kind = 0; kind < 32; kind++) {
		weir_order order[3];
		weir_query query = { .order = { order_of(kind, order), 3 }, .limit = 3 + kind % 9 };
		walk(&query);
	}
	walk(WEIR_QUERY(.limit = 1));
	walk(WEIR_QUERY(.limit = 60));
	walk(WEIR_QUERY(.limit = 59));
	walk(WEIR_QUERY(.limit = 100));
	walk(WEIR_QUERY(.where = weir_any(weir_is_null(account_c.points), weir_gt(account_c.level, 0)),
	                .order = WEIR_ORDER(weir_desc(account_c.owner)), .limit = 7));
	walk(WEIR_QUERY(.where = weir_lt(account_c.id, 0), .limit = 7));
}

static const account *take(account_list *list, size_t i)
{
	const account *found = account_retain(list->items[i]);

	account_list_release(list);
	return found;
}

WRITING_TEST(test_page__rows_that_come_and_go_neither_repeat_nor_vanish)
{
	const weir_query *query = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(account_c.owner)), .limit = 2);
	account_list      list = WEIR_LIST_INIT;
	weir_cursors      page = WEIR_CURSORS_INIT;
	const char       *owners[] = { "b", "d", "f", "h" };

	for (size_t i = 0; i < 4; i++)
		make_account(owners[i]);
	assert_ok(get_page(query, NULL, &list, &page));
	const account *d = take(&list, 1);
	make_account("a"); /* before: not seen any more, nothing seen twice */
	make_account("e"); /* behind: seen */
	bool deleted = false;
	assert_ok(weir_base_dao_delete(&accounts, d, &deleted, &blog.err)); /* the row that the cursor is of */
	assert_ok(get_page(query, page.next, &list, &page));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.items[0]->owner, "e");
	ck_assert_str_eq(list.items[1]->owner, "f");
	account_list_release(&list);
	assert_ok(get_page(query, page.previous, &list, &page));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.items[0]->owner, "a");
	ck_assert_str_eq(list.items[1]->owner, "b");
	ck_assert_ptr_null(page.previous);
	account_list_release(&list);
	weir_cursors_release(&page);
	account_release(&d);
}

WRITING_TEST(test_page__whose_rows_are_gone_is_empty_and_leads_back)
{
	const weir_query *query = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(account_c.owner)), .limit = 2);
	account_list      list = WEIR_LIST_INIT;
	weir_cursors      page = WEIR_CURSORS_INIT;
	const char       *owners[] = { "a", "b", "c" };

	for (size_t i = 0; i < 3; i++)
		make_account(owners[i]);
	assert_ok(get_page(query, NULL, &list, &page));
	account_list_release(&list);
	assert_ok(weir_base_dao_delete_where(&accounts, weir_eq(account_c.owner, "c"), NULL, &blog.err));
	assert_ok(get_page(query, page.next, &list, &page));
	ck_assert_uint_eq(list.count, 0);
	ck_assert(!page.next && page.previous);
	account_list_release(&list);
	assert_ok(get_page(query, page.previous, &list, &page));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.items[1]->owner, "b");
	account_list_release(&list);
	weir_cursors_release(&page);
}

WRITING_TEST(test_page__cached_asks_once_and_sees_every_write)
{
	const weir_query *query = WEIR_QUERY(.order = WEIR_ORDER(weir_asc(account_c.owner)), .limit = 2);
	account_list      list = WEIR_LIST_INIT;
	weir_cursors      page = WEIR_CURSORS_INIT;

	make_account("a");
	make_account("b");
	assert_queries(1, assert_ok(weir_base_dao_get_page_cached(&accounts, query, NULL, &list, &page, &blog.err)));
	account_list_release(&list);
	ck_assert_ptr_null(page.next);
	assert_queries(0, assert_ok(weir_base_dao_get_page_cached(&accounts, query, NULL, &list, &page, &blog.err)));
	account_list_release(&list);
	make_account("c");
	assert_queries(1, assert_ok(weir_base_dao_get_page_cached(&accounts, query, NULL, &list, &page, &blog.err)));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_ptr_nonnull(page.next);
	account_list_release(&list);
	assert_queries(1, assert_ok(weir_base_dao_get_page_cached(&accounts, query, page.next, &list, &page, &blog.err)));
	ck_assert_str_eq(list.items[0]->owner, "c");
	account_list_release(&list);
	weir_cursors_release(&page);
}

WRITING_TEST(test_page__refuses_tampered_and_foreign_cursors_skip_and_a_limit_of_none)
{
	account_list list = WEIR_LIST_INIT;
	weir_cursors page = WEIR_CURSORS_INIT;

	make_rows();
	assert_ok(get_page(WEIR_QUERY(.limit = 2), NULL, &list, &page));
	account_list_release(&list);
	assert_status(WEIR_ERR_VALUE,
	              get_page(WEIR_QUERY(.where = weir_gt(account_c.id, 1), .limit = 2), page.next, &list, &page));
	page.next[5] = page.next[5] == 'A' ? 'B' : 'A';
	assert_status(WEIR_ERR_VALUE, get_page(WEIR_QUERY(.limit = 2), page.next, &list, &page));
	ck_assert(list.count == 0 && page.next);
	assert_status(WEIR_ERR_VALUE,
	              user_dao_get_page(&blog.users, NULL, page.next, &(user_list)WEIR_LIST_INIT, &page, &blog.err));
	assert_status(WEIR_ERR_USAGE, get_page(WEIR_QUERY(.skip = 1), NULL, &list, &page));
	assert_status(WEIR_ERR_USAGE, get_page(WEIR_QUERY(.limit = WEIR_NO_ROWS), NULL, &list, &page));
	assert_status(WEIR_ERR_USAGE, get_page(WEIR_QUERY(.limit = 10001), NULL, &list, &page));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_page(&accounts, NULL, NULL, &list, NULL, &blog.err));
	weir_cursors_release(&page);
	weir_cursors_release(NULL);
}

WRITING_TEST(test_page__loads_relations_and_works_in_a_transaction)
{
	user_list     list = WEIR_LIST_INIT;
	weir_cursors  page = WEIR_CURSORS_INIT;
	weir_session *tx = NULL;
	post_list     posts;

	for (char name[] = "a"; name[0] < 'e'; name[0]++)
		blog_post(&blog, blog_user(&blog, name), "title");
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	user_dao users = get_user_dao(tx);
	size_t   seen = 0;
	do {
		assert_ok(user_dao_get_page(
			&users, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(user_c.username)), .with = WEIR_WITH("posts"), .limit = 3),
			page.next, &list, &page, &blog.err));
		for (size_t i = 0; i < list.count; i++, seen++) {
			ck_assert(user_posts_loaded(&list, list.items[i], &posts));
			ck_assert_uint_eq(posts.count, 1);
		}
		user_list_release(&list);
	} while (page.next);
	ck_assert_uint_eq(seen, 4);
	weir_cursors_release(&page);
	weir_rollback(&tx);
}

WEIR_SUITE("page", test_page__walks_every_order_forwards_and_backwards_with_ties_and_nulls,
           test_page__rows_that_come_and_go_neither_repeat_nor_vanish,
           test_page__whose_rows_are_gone_is_empty_and_leads_back, test_page__cached_asks_once_and_sees_every_write,
           test_page__refuses_tampered_and_foreign_cursors_skip_and_a_limit_of_none,
           test_page__loads_relations_and_works_in_a_transaction);
