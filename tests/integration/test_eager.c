/* Eager loading: whole trees in as many queries as there are levels, whatever the number of parents; from the cache where it is
 * there. On PostgreSQL with each cache, Redis and memory. Rows F1 to F7 of docs/features.md. */
#include "base/memory.h"
#include "support/library.h"

#include <stdio.h>
#include <string.h>

static struct blog blog;

#define LIBRARY_TEST(name) TEST_WITH_EACH_CACHE(name, library_open(&blog, kind), blog_close(&blog))

#define assert_queries(expected, statement) assert_queries_of(&blog, expected, statement)

typedef int (*getter)(const weir_base_dao *, const weir_query *, void *, weir_error *);

static int authors(getter get, weir_with with, author_list *list)
{
	weir_base_dao dao = weir_get_dao(blog.session, &author_model);
	weir_query    query = { .with = with };

	return get(&dao, &query, list, &blog.err);
}

static void link_tag(int64_t book_id, const char *name)
{
	weir_base_dao tags = weir_get_dao(blog.session, &tag_model);
	const tag    *made = NULL;

	if (weir_base_dao_get_by(&tags, tag_c.name.column, &(tag){ .name = name }, &made, &blog.err) == WEIR_NOT_FOUND)
		assert_ok(weir_base_dao_create(&tags, &(tag){ .name = name }, WEIR_SET(tag, name), &made, &blog.err));
	assert_ok(book_tags_add(blog.session, &(book){ .id = book_id }, made, &blog.err));
	tag_release(&made);
}

/* Authors a0, a1, ... with so many books each, each book with two tags. */
static void fill(size_t author_count, size_t book_count)
{
	for (size_t i = 0; i < author_count; i++) {
		char    name[32];
		int64_t id;

		snprintf(name, sizeof name, "a%zu", i);
		id = library_author(&blog, name);
		for (size_t k = 0; k < book_count; k++) {
			int64_t made = library_book(&blog, id, name, (int32_t)(2000 + k));

			link_tag(made, k % 2 ? "odd" : "even");
			link_tag(made, name);
		}
	}
}

/* The whole tree of fill(n, books), which the first author ("nobody") has no part in. */
static void assert_tree(const author_list *list, size_t author_count, size_t book_count)
{
	book_list     books = WEIR_LIST_INIT;
	tag_list      tags = WEIR_LIST_INIT;
	const author *back = NULL;

	ck_assert_uint_eq(list->count, author_count + 1);
	ck_assert(author_books_loaded(list, list->items[0], &books));
	ck_assert_uint_eq(books.count, 0);
	for (size_t i = 1; i < list->count; i++) {
		ck_assert(author_books_loaded(list, list->items[i], &books));
		ck_assert_uint_eq(books.count, book_count);
		for (size_t k = 0; k < books.count; k++) {
			ck_assert_int_eq(books.items[k]->author_id.value, list->items[i]->id);
			ck_assert_int_eq(books.items[k]->year, (int)(2000 + k));
			ck_assert(book_author_loaded(list, books.items[k], &back));
			ck_assert_ptr_eq(back, list->items[i]);
			ck_assert(book_tags_loaded(list, books.items[k], &tags));
			ck_assert_uint_eq(tags.count, 2);
			ck_assert_int_lt(tags.items[0]->id, tags.items[1]->id);
			ck_assert(strcmp(tags.items[0]->name, list->items[i]->name) == 0 ||
			          strcmp(tags.items[1]->name, list->items[i]->name) == 0);
		}
	}
}

LIBRARY_TEST(test_paths__take_one_query_a_level_whatever_the_number_of_parents)
{
	author_list list = WEIR_LIST_INIT;

	for (size_t count = 1; count <= 5; count += 4) {
		blog_sql(&blog, "TRUNCATE authors, books, tags, book_tags, profiles");
		assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
		library_author(&blog, "nobody");
		fill(count, 3);
		assert_queries(3, assert_ok(authors(weir_base_dao_get_all, WEIR_WITH("books", "books.tags"), &list)));
		assert_tree(&list, count, 3);
		author_list_release(&list);
		assert_queries(3, assert_ok(authors(weir_base_dao_get_all, WEIR_WITH("books.tags"), &list)));
		assert_tree(&list, count, 3);
		author_list_release(&list);
	}
}

static uint64_t round_trips(void)
{
	weir_session_stats stats;

	weir_session_stats_get(blog.session, &stats);
	return stats.round_trips;
}

LIBRARY_TEST(test_siblings__go_to_the_database_together)
{
	author_list list = WEIR_LIST_INIT;
	weir_with   with = WEIR_WITH("books", "edited", "profile", "home", "books.tags", "books.editor");
	uint64_t    before;

	fill(3, 2);
	blog_sql(&blog, "UPDATE books SET editor_id = author_id");
	for (int round = 0; round < 2; round++) {
		before = round_trips();
		assert_queries(6, assert_ok(authors(weir_base_dao_get_all, with, &list)));
		ck_assert_uint_eq(round_trips() - before, 3);
		ck_assert_uint_eq(list.count, 4);
		author_list_release(&list);
	}
}

static bool is_loaded(const author_list *list, const char *relation)
{
	bool        one = strcmp(relation, "profile") == 0 || strcmp(relation, "home") == 0;
	weir_list   many = WEIR_LIST_INIT;
	const void *record = NULL;

	return weir_related_loaded(list, relation, list->items[1], one ? (void *)&record : (void *)&many);
}

LIBRARY_TEST(test_more_siblings__than_go_together_are_all_loaded)
{
	static const char *const names[] = { "books", "edited", "profile", "home", "drafts", "classics" };
	author_list              list = WEIR_LIST_INIT;
	book_list                books = WEIR_LIST_INIT;

	fill(2, 2);
	assert_ok(authors(
		weir_base_dao_get_all,
		WEIR_WITH("books", "edited", "profile", "home", "drafts", "classics", "books.author", "books.editor"), &list));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert(is_loaded(&list, names[i]));
	ck_assert(author_books_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 2);
	author_list_release(&list);
}

LIBRARY_TEST(test_n_plus_1__is_counted_by_the_guard_and_gone_with_a_path)
{
	author_list      list = WEIR_LIST_INIT;
	book_list        books = WEIR_LIST_INIT;
	weir_query_guard guard;

	fill(9, 1);
	guard = weir_query_guard_begin(blog.session);
	assert_ok(authors(weir_base_dao_get_all, (weir_with){ .count = 0 }, &list));
	for (size_t i = 0; i < list.count; i++) {
		assert_ok(author_books_where(blog.session, list.items[i], NULL, &books, &blog.err));
		book_list_release(&books);
	}
	author_list_release(&list);
	assert_ok(weir_query_guard_end(&guard, 1 + 10, &blog.err));
	assert_status(WEIR_ERR_LIMIT, weir_query_guard_end(&guard, 10, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "11 queries"));
	guard = weir_query_guard_begin(blog.session);
	assert_ok(authors(weir_base_dao_get_all, WEIR_WITH("books"), &list));
	assert_ok(weir_query_guard_end(&guard, 2, &blog.err));
	author_list_release(&list);
}

LIBRARY_TEST(test_cached__loads_once_and_then_asks_nothing)
{
	author_list list = WEIR_LIST_INIT;

	fill(3, 2);
	assert_queries(4, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books.tags"), &list)));
	assert_tree(&list, 3, 2);
	author_list_release(&list);
	for (int round = 0; round < 2; round++) {
		assert_queries(0, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books.tags"), &list)));
		assert_tree(&list, 3, 2);
		author_list_release(&list);
	}
}

LIBRARY_TEST(test_cached__asks_only_for_the_owners_that_a_write_touched)
{
	author_list list = WEIR_LIST_INIT;
	book_list   books = WEIR_LIST_INIT;
	int64_t     ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");

	library_book(&blog, ada, "a", 1);
	library_book(&blog, eve, "e", 1);
	assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list));
	author_list_release(&list);
	library_book(&blog, eve, "e", 2);
	assert_queries(1, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	ck_assert(author_books_loaded(&list, list.items[2], &books));
	ck_assert_uint_eq(books.count, 2);
	ck_assert(author_books_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 1);
	author_list_release(&list);
}

LIBRARY_TEST(test_eager_and_lazy__share_what_is_kept)
{
	author_list    list = WEIR_LIST_INIT;
	book_list      books = WEIR_LIST_INIT;
	tag_list       tags = WEIR_LIST_INIT;
	const profile *none = NULL;

	fill(2, 2);
	assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books.tags", "profile"), &list));
	for (size_t i = 0; i < list.count; i++) {
		assert_queries(0, assert_ok(author_books(blog.session, list.items[i], &books, &blog.err)));
		for (size_t k = 0; k < books.count; k++) {
			assert_queries(0, assert_ok(book_tags(blog.session, books.items[k], &tags, &blog.err)));
			ck_assert_uint_eq(tags.count, 2);
			tag_list_release(&tags);
		}
		book_list_release(&books);
		assert_queries(0, assert_status(WEIR_NOT_FOUND, author_profile(blog.session, list.items[i], &none, &blog.err)));
	}
	author_list_release(&list);
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
	assert_ok(author_books(blog.session, &(author){ .id = 2 }, &books, &blog.err));
	book_list_release(&books);
	assert_queries(2, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	author_list_release(&list);
	assert_queries(0, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	author_list_release(&list);
}

LIBRARY_TEST(test_condition__chooses_children_and_is_never_kept_as_the_whole)
{
	author_list list = WEIR_LIST_INIT;
	book_list   books = WEIR_LIST_INIT;
	weir_query  late = { .where = weir_ge(book_c.year, 2002), .order = WEIR_ORDER(weir_desc(book_c.year)) };

	fill(2, 4);
	for (int round = 0; round < 2; round++) {
		assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH(WEIR_PATH("books", &late), "books.tags"), &list));
		for (size_t i = 1; i < list.count; i++) {
			ck_assert(author_books_loaded(&list, list.items[i], &books));
			ck_assert_uint_eq(books.count, 2);
			ck_assert_int_eq(books.items[0]->year, 2003);
			books = (book_list)WEIR_LIST_INIT;
			assert_ok(author_books(blog.session, list.items[i], &books, &blog.err));
			ck_assert_uint_eq(books.count, 4);
			book_list_release(&books);
		}
		author_list_release(&list);
	}
}

LIBRARY_TEST(test_limit__is_for_each_parent)
{
	author_list list = WEIR_LIST_INIT;
	book_list   books = WEIR_LIST_INIT;
	tag_list    tags = WEIR_LIST_INIT;
	weir_query  two = { .order = WEIR_ORDER(weir_desc(book_c.year)), .skip = 1, .limit = 2 };
	weir_query  one = { .order = WEIR_ORDER(weir_desc(tag_c.name)), .limit = 1 };

	fill(3, 4);
	assert_queries(3, assert_ok(authors(weir_base_dao_get_all,
	                                    WEIR_WITH(WEIR_PATH("books", &two), WEIR_PATH("books.tags", &one)), &list)));
	for (size_t i = 1; i < list.count; i++) {
		ck_assert(author_books_loaded(&list, list.items[i], &books));
		ck_assert_uint_eq(books.count, 2);
		ck_assert_int_eq(books.items[0]->year, 2002);
		ck_assert_int_eq(books.items[1]->year, 2001);
		ck_assert(book_tags_loaded(&list, books.items[0], &tags));
		ck_assert_uint_eq(tags.count, 1);
		ck_assert_str_eq(tags.items[0]->name, "even");
	}
	author_list_release(&list);
	two.limit = WEIR_NO_ROWS;
	assert_queries(1, assert_ok(authors(weir_base_dao_get_all, WEIR_WITH(WEIR_PATH("books", &two)), &list)));
	ck_assert(author_books_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 0);
	author_list_release(&list);
}

LIBRARY_TEST(test_wrong_paths__fail_before_anything_is_asked)
{
	static const char *const wrong[] = {
		"", ".", "books.", ".books", "books..tags", "bokks", "books.tagz", "books.tags.x", "Books",
	};
	author_list list = WEIR_LIST_INIT;
	weir_query  unfit = { .where = weir_eq(tag_c.name, "x") };
	weir_query  few = { .limit = 1 }, fewer = { .limit = 2 };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_queries(
			0, assert_status(WEIR_ERR_USAGE, authors(weir_base_dao_get_all, WEIR_WITH("profile", wrong[i]), &list)));
		ck_assert_ptr_nonnull(strstr(blog.err.message, wrong[i]));
	}
	assert_queries(
		0, assert_status(WEIR_ERR_USAGE, authors(weir_base_dao_get_all, WEIR_WITH(WEIR_PATH("books", &unfit)), &list)));
	assert_queries(0, assert_status(WEIR_ERR_USAGE,
	                                authors(weir_base_dao_get_all,
	                                        WEIR_WITH(WEIR_PATH("books", &few), WEIR_PATH("books", &fewer)), &list)));
	assert_queries(0, assert_status(WEIR_ERR_USAGE,
	                                authors(weir_base_dao_get_all, WEIR_WITH(WEIR_PATH("classics", &few)), &list)));
	ck_assert_ptr_null(list.memory);
}

LIBRARY_TEST(test_belongs_to__loads_distinct_parents_once_and_missing_ones_are_none)
{
	weir_base_dao dao = weir_get_dao(blog.session, &book_model);
	book_list     books = WEIR_LIST_INIT;
	const author *one = NULL, *other = NULL;
	int64_t       ada = library_author(&blog, "ada");

	library_book(&blog, ada, "a", 1);
	library_book(&blog, ada, "b", 1);
	library_book(&blog, 4711, "orphan", 1);
	library_book(&blog, 0, "anonymous", 1);
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(2 - 2 * round, assert_ok(weir_base_dao_get_all_cached(
										  &dao, WEIR_QUERY(.with = WEIR_WITH("author", "editor")), &books, &blog.err)));
		ck_assert(book_author_loaded(&books, books.items[0], &one));
		ck_assert(book_author_loaded(&books, books.items[1], &other));
		ck_assert_str_eq(one->name, "ada");
		ck_assert_ptr_eq(one, other);
		for (size_t i = 2; i < 4; i++) {
			ck_assert(book_author_loaded(&books, books.items[i], &one));
			ck_assert_ptr_null(one);
		}
		ck_assert(book_editor_loaded(&books, books.items[0], &one));
		ck_assert_ptr_null(one);
		book_list_release(&books);
	}
}

LIBRARY_TEST(test_no_parents_and_no_keys__ask_nothing)
{
	author_list list = WEIR_LIST_INIT;

	blog_sql(&blog, "TRUNCATE authors, profiles");
	assert_queries(1, assert_ok(authors(weir_base_dao_get_all, WEIR_WITH("books.tags", "profile"), &list)));
	ck_assert_uint_eq(list.count, 0);
	library_author(&blog, "homeless");
	assert_queries(1, assert_ok(authors(weir_base_dao_get_all, WEIR_WITH("home.authors"), &list)));
	const country *home = NULL;
	ck_assert(author_home_loaded(&list, list.items[0], &home));
	ck_assert_ptr_null(home);
	ck_assert(!author_profile_loaded(&list, list.items[0], &(const profile *){ NULL }));
	author_list_release(&list);
}

LIBRARY_TEST(test_deep_and_circular_paths__end_and_stay_bounded)
{
	weir_base_dao dao = weir_get_dao(blog.session, &worker_model);
	worker_list   list = WEIR_LIST_INIT, reports = WEIR_LIST_INIT;
	const worker *boss = NULL;
	char          path[512] = "reports";
	int64_t       id = 0;

	for (int i = 0; i < 6; i++)
		id = library_worker(&blog, id, "w");
	assert_queries(
		1 + 6, assert_ok(weir_base_dao_get_all(
				   &dao, WEIR_QUERY(.limit = 1, .with = WEIR_WITH("reports.reports.reports.reports.reports.reports")),
				   &list, &blog.err)));
	const worker *at = list.items[0];
	for (int depth = 0; depth < 5; depth++) {
		ck_assert(worker_reports_loaded(&list, at, &reports));
		ck_assert_uint_eq(reports.count, 1);
		ck_assert(worker_boss_loaded(&list, reports.items[0], &boss));
		ck_assert_ptr_eq(boss, at);
		at = reports.items[0];
	}
	ck_assert_int_eq(at->id, id);
	worker_list_release(&list);
	assert_queries(
		2, assert_ok(weir_base_dao_get_all(&dao, WEIR_QUERY(.limit = 1, .with = WEIR_WITH("reports.boss.reports.boss")),
	                                       &list, &blog.err)));
	worker_list_release(&list);
	for (int i = 0; i < 32; i++)
		strcat(path, ".reports");
	assert_queries(0, assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all(&dao, WEIR_QUERY(.with = WEIR_WITH(path)),
	                                                                      &list, &blog.err)));
}

LIBRARY_TEST(test_get_by_id_and_get_many__take_paths_too)
{
	weir_base_dao dao = weir_get_dao(blog.session, &author_model);
	author_list   list = WEIR_LIST_INIT;
	book_list     books = WEIR_LIST_INIT;

	fill(2, 3);
	int64_t ids[] = { 3, 4711, 2, 3 };
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(2 - 2 * round, assert_ok(weir_base_dao_get_by_id_with_cached(
										  &dao, &(author){ .id = 2 }, WEIR_WITH("books"), &list, &blog.err)));
		ck_assert(author_books_loaded(&list, list.items[0], &books));
		ck_assert_uint_eq(books.count, 3);
		author_list_release(&list);
	}
	assert_queries(2, assert_ok(weir_base_dao_get_many_with(&dao, ids, 4, WEIR_WITH("books"), &list, &blog.err)));
	ck_assert_ptr_null(list.items[1]);
	ck_assert_ptr_eq(list.items[0], list.items[3]);
	for (size_t i = 0; i < 4; i += 2) {
		ck_assert(author_books_loaded(&list, list.items[i], &books));
		ck_assert_int_eq(books.items[0]->author_id.value, ids[i]);
	}
	ck_assert(!author_books_loaded(&list, list.items[1], &books));
	author_list_release(&list);
	assert_status(WEIR_NOT_FOUND,
	              weir_base_dao_get_by_id_with(&dao, &(author){ .id = 99 }, WEIR_WITH("books"), &list, &blog.err));
	assert_queries(2,
	               assert_ok(weir_base_dao_get_many_with_cached(&dao, ids, 3, WEIR_WITH("books"), &list, &blog.err)));
	author_list_release(&list);
}

LIBRARY_TEST(test_composite_and_text_keys__find_their_own)
{
	weir_base_dao invoices = weir_get_dao(blog.session, &invoice_model),
				  lines = weir_get_dao(blog.session, &line_model);
	invoice_list list = WEIR_LIST_INIT;
	line_list    of_one = WEIR_LIST_INIT;

	for (int32_t shop = 1; shop <= 3; shop++)
		for (int64_t number = 1; number <= 3; number++) {
			invoice values = { shop, number, "c" };
			line    item = { .shop_id = weir_some_i32(shop), .invoice_number = weir_some_i64(number), .item = "nail" };

			assert_ok(weir_base_dao_create(&invoices, &values, WEIR_SET(invoice, shop_id, number, customer), NULL,
			                               &blog.err));
			for (int64_t i = 0; i < number; i++)
				assert_ok(weir_base_dao_create(&lines, &item, WEIR_SET(line, shop_id, invoice_number, item), NULL,
				                               &blog.err));
		}
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(2 - 2 * round,
		               assert_ok(weir_base_dao_get_all_cached(&invoices, WEIR_QUERY(.with = WEIR_WITH("lines.invoice")),
		                                                      &list, &blog.err)));
		for (size_t i = 0; i < list.count; i++) {
			ck_assert(invoice_lines_loaded(&list, list.items[i], &of_one));
			ck_assert_int_eq((int64_t)of_one.count, list.items[i]->number);
			ck_assert_int_eq(of_one.items[0]->shop_id.value, list.items[i]->shop_id);
		}
		invoice_list_release(&list);
	}
	assert_queries(2, assert_ok(weir_base_dao_get_all(
						  &invoices, WEIR_QUERY(.with = WEIR_WITH(WEIR_PATH("lines", WEIR_QUERY(.limit = 1)))), &list,
						  &blog.err)));
	ck_assert(invoice_lines_loaded(&list, list.items[8], &of_one));
	ck_assert_uint_eq(of_one.count, 1);
	invoice_list_release(&list);
}

LIBRARY_TEST(test_condition_on_a_parent__filters_it)
{
	weir_base_dao dao = weir_get_dao(blog.session, &book_model);
	book_list     books = WEIR_LIST_INIT;
	const author *found = NULL;
	static const struct {
		weir_text_column name;
	} author_c = { WEIR_TEXT_COLUMN(author, name) };
	weir_query only_ada = { .where = weir_eq(author_c.name, "ada") };

	library_book(&blog, library_author(&blog, "ada"), "a", 1);
	library_book(&blog, library_author(&blog, "eve"), "e", 1);
	assert_ok(weir_base_dao_get_all_cached(&dao, WEIR_QUERY(.with = WEIR_WITH(WEIR_PATH("author", &only_ada))), &books,
	                                       &blog.err));
	ck_assert(book_author_loaded(&books, books.items[0], &found));
	ck_assert_str_eq(found->name, "ada");
	ck_assert(book_author_loaded(&books, books.items[1], &found));
	ck_assert_ptr_null(found);
	book_list_release(&books);
}

LIBRARY_TEST(test_relation_with_caching_off__stays_loaded_with_the_result)
{
	weir_base_dao dao = weir_get_dao(blog.session, &editor_model);
	editor_list   list = WEIR_LIST_INIT;
	book_list     books = WEIR_LIST_INIT;
	int64_t       eve = library_author(&blog, "eve");

	library_book(&blog, 0, "b", 1);
	assert_ok(author_edited_add(blog.session, &(author){ .id = eve }, &(book){ .id = 1 }, &blog.err));
	for (int round = 0; round < 2; round++) {
		assert_queries(1 + (round == 0), assert_ok(weir_base_dao_get_all_cached(
											 &dao, WEIR_QUERY(.with = WEIR_WITH("books")), &list, &blog.err)));
		assert_queries(0, ck_assert(editor_books_loaded(&list, list.items[1], &books)));
		ck_assert_uint_eq(books.count, 1);
		editor_list_release(&list);
	}
}

LIBRARY_TEST(test_transaction__reads_the_database_at_every_level)
{
	weir_session *tx = NULL;
	author_list   list = WEIR_LIST_INIT;
	book_list     books = WEIR_LIST_INIT;
	int64_t       ada = library_author(&blog, "ada");

	assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list));
	author_list_release(&list);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	weir_base_dao inside = weir_get_dao(tx, &book_model), dao = weir_get_dao(tx, &author_model);
	assert_ok(weir_base_dao_create(&inside, &(book){ .author_id = weir_some_i64(ada), .title = "t" },
	                               WEIR_SET(book, author_id, title, year), NULL, &blog.err));
	assert_ok(weir_base_dao_get_all_cached(&dao, WEIR_QUERY(.with = WEIR_WITH("books.tags")), &list, &blog.err));
	ck_assert(author_books_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 1);
	author_list_release(&list);
	weir_rollback(&tx);
	assert_queries(0, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	ck_assert(author_books_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 0);
	author_list_release(&list);
}

#ifdef WEIR_TEST_HOOKS
/* Runs the call once for each of its allocations, which then fails: it reports that, or does without. */
static void fail_each_allocation(getter get, weir_with with)
{
	for (long n = 0;; n++) {
		author_list list = WEIR_LIST_INIT;
		int         rc;

		weir__memory_fail_after(n, WEIR__FAIL_ONCE);
		rc = authors(get, with, &list);
		bool failed = weir__memory_failures() > 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_msg(rc == WEIR_OK || rc == WEIR_ERR_NO_MEMORY || rc == WEIR_ERR_CONNECT, "allocation %ld: %s", n,
		              weir_status_name(rc));
		if (rc == WEIR_OK)
			assert_tree(&list, 2, 2);
		else
			ck_assert_ptr_null(list.memory);
		author_list_release(&list);
		if (!failed)
			return;
	}
}

LIBRARY_TEST(test_want_of_memory__is_reported_and_leaves_nothing_behind)
{
	weir_query two = { .order = WEIR_ORDER(weir_asc(book_c.year)), .limit = 2 };

	fill(2, 2);
	fail_each_allocation(weir_base_dao_get_all, WEIR_WITH("books.tags", "profile", "home"));
	fail_each_allocation(weir_base_dao_get_all, WEIR_WITH(WEIR_PATH("books", &two), "books.tags", "classics"));
	fail_each_allocation(weir_base_dao_get_all_cached, WEIR_WITH("books.tags", "profile"));
}
#define MEMORY_TESTS , test_want_of_memory__is_reported_and_leaves_nothing_behind
#else
#define MEMORY_TESTS
#endif

START_TEST(test_100000_children__are_loaded_by_one_query_and_not_kept_when_too_many)
{
	author_list list = WEIR_LIST_INIT;
	book_list   books = WEIR_LIST_INIT;

	library_open(&blog, WEIR_CACHE_REDIS);
	blog_sql(&blog, "INSERT INTO books (author_id, title, year) SELECT 1, 'b', i FROM generate_series(1, 100000) i");
	assert_queries(2, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	ck_assert(author_books_loaded(&list, list.items[0], &books));
	ck_assert_uint_eq(books.count, 100000);
	ck_assert_int_eq(books.items[99999]->year, 100000);
	author_list_release(&list);
	assert_queries(1, assert_ok(authors(weir_base_dao_get_all_cached, WEIR_WITH("books"), &list)));
	author_list_release(&list);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("eager", test_paths__take_one_query_a_level_whatever_the_number_of_parents,
           test_siblings__go_to_the_database_together, test_more_siblings__than_go_together_are_all_loaded,
           test_n_plus_1__is_counted_by_the_guard_and_gone_with_a_path, test_cached__loads_once_and_then_asks_nothing,
           test_cached__asks_only_for_the_owners_that_a_write_touched, test_eager_and_lazy__share_what_is_kept,
           test_condition__chooses_children_and_is_never_kept_as_the_whole, test_limit__is_for_each_parent,
           test_wrong_paths__fail_before_anything_is_asked,
           test_belongs_to__loads_distinct_parents_once_and_missing_ones_are_none,
           test_no_parents_and_no_keys__ask_nothing, test_deep_and_circular_paths__end_and_stay_bounded,
           test_get_by_id_and_get_many__take_paths_too, test_composite_and_text_keys__find_their_own,
           test_condition_on_a_parent__filters_it, test_relation_with_caching_off__stays_loaded_with_the_result,
           test_transaction__reads_the_database_at_every_level,
           test_100000_children__are_loaded_by_one_query_and_not_kept_when_too_many MEMORY_TESTS);
