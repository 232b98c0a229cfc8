/* Relations loaded one owner at a time, asked about, and changed: on PostgreSQL with each cache, Redis and memory. "No query" is
 * shown by counting. Rows C to E and I to L of docs/features.md. */
#include "support/library.h"

#include <string.h>

static struct blog blog;

/* The body runs once with each backend, on the library's models. */
#define LIBRARY_TEST(name) TEST_WITH_EACH_CACHE(name, library_open(&blog, kind), blog_close(&blog))

#define assert_queries(expected, statement) assert_queries_of(&blog, expected, statement)

static weir_base_dao dao_of(const weir_model *model)
{
	return weir_get_dao(blog.session, model);
}

/* How many books user_books gives. */
static size_t books_of(int64_t author_id)
{
	book_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(author_books(blog.session, &(author){ .id = author_id }, &list, &blog.err));
	for (size_t i = 0; i < list.count; i++) {
		ck_assert_int_eq(list.items[i]->author_id.value, author_id);
		ck_assert(i == 0 || list.items[i - 1]->id < list.items[i]->id);
	}
	count = list.count;
	book_list_release(&list);
	return count;
}

static void set_author(int64_t book_id, weir_opt_i64 author_id)
{
	weir_base_dao books = dao_of(&book_model);

	assert_ok(weir_base_dao_update(&books, &(book){ .id = book_id }, &(book){ .author_id = author_id },
	                               WEIR_SET(book, author_id), NULL, &blog.err));
}

/* ---- Kinds --------------------------------------------------------------------------------------------------------------- */

LIBRARY_TEST(test_belongs_to__gives_the_record_and_asks_once)
{
	int64_t       ada = library_author(&blog, "ada");
	book          written = { .author_id = weir_some_i64(ada) };
	const author *found = NULL;

	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(1 - round, assert_ok(book_author(blog.session, &written, &found, &blog.err)));
		ck_assert_str_eq(found->name, "ada");
		author_release(&found);
	}
	weir_base_dao authors = dao_of(&author_model);
	assert_queries(0, assert_ok(weir_base_dao_get_by_id_cached(&authors, &(author){ .id = ada }, &found, &blog.err)));
	author_release(&found);
}

LIBRARY_TEST(test_belongs_to__a_missing_parent_is_not_found_and_that_is_kept)
{
	book          orphan = { .author_id = weir_some_i64(4711) };
	const author *found = NULL;

	assert_queries(1, assert_status(WEIR_NOT_FOUND, book_author(blog.session, &orphan, &found, &blog.err)));
	assert_queries(0, assert_status(WEIR_NOT_FOUND, book_author(blog.session, &orphan, &found, &blog.err)));
	ck_assert_ptr_null(found);
}

LIBRARY_TEST(test_null_keys_and_unsaved_owners__have_nothing_and_ask_nothing)
{
	const author *nobody = NULL;
	book_list     list = WEIR_LIST_INIT;
	int64_t       count = -1;
	bool          exists = true;

	library_book(&blog, 0, "anonymous", 1800);
	assert_queries(0, assert_status(WEIR_NOT_FOUND, book_author(blog.session, &(book){ 0 }, &nobody, &blog.err)));
	assert_queries(0, assert_ok(book_author_exists(blog.session, &(book){ 0 }, NULL, &exists, &blog.err)));
	ck_assert(!exists);
	assert_queries(0, ck_assert_uint_eq(books_of(0), 0));
	assert_queries(0, assert_ok(author_books_where(blog.session, &(author){ 0 }, NULL, &list, &blog.err)));
	ck_assert_uint_eq(list.count, 0);
	assert_queries(0, assert_ok(author_books_count(blog.session, &(author){ 0 }, NULL, &count, &blog.err)));
	ck_assert_int_eq(count, 0);
	assert_status(WEIR_ERR_USAGE, author_books(blog.session, NULL, &list, &blog.err));
}

LIBRARY_TEST(test_has_many__gives_the_list_by_primary_key_and_asks_once)
{
	int64_t ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");

	library_book(&blog, eve, "e", 2000);
	library_book(&blog, ada, "b", 2001);
	library_book(&blog, ada, "a", 1999);
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 2));
	assert_queries(0, ck_assert_uint_eq(books_of(ada), 2));
	assert_queries(1, ck_assert_uint_eq(books_of(eve), 1));
}

LIBRARY_TEST(test_has_many__an_empty_list_is_kept_too)
{
	int64_t ada = library_author(&blog, "ada");

	assert_queries(1, ck_assert_uint_eq(books_of(ada), 0));
	assert_queries(0, ck_assert_uint_eq(books_of(ada), 0));
}

LIBRARY_TEST(test_has_one__gives_the_lowest_primary_key_and_asks_once)
{
	int64_t        ada = library_author(&blog, "ada");
	author         owner = { .id = ada };
	const profile *found = NULL;
	weir_base_dao  profiles = dao_of(&profile_model);
	profile        values = { .author_id = weir_some_i64(ada), .text = "first" };

	assert_queries(1, assert_status(WEIR_NOT_FOUND, author_profile(blog.session, &owner, &found, &blog.err)));
	assert_queries(0, assert_status(WEIR_NOT_FOUND, author_profile(blog.session, &owner, &found, &blog.err)));
	for (int i = 0; i < 2; i++, values.text = "second")
		assert_ok(weir_base_dao_create(&profiles, &values, WEIR_SET(profile, author_id, text), NULL, &blog.err));
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(1 - round, assert_ok(author_profile(blog.session, &owner, &found, &blog.err)));
		ck_assert_str_eq(found->text, "first");
		profile_release(&found);
	}
}

LIBRARY_TEST(test_two_foreign_keys_to_one_table__are_two_relations)
{
	int64_t   ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");
	int64_t   id = library_book(&blog, ada, "b", 2001);
	book_list list = WEIR_LIST_INIT;

	assert_ok(author_edited_add(blog.session, &(author){ .id = eve }, &(book){ .id = id }, &blog.err));
	assert_ok(author_edited(blog.session, &(author){ .id = eve }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 1);
	book_list_release(&list);
	ck_assert_uint_eq(books_of(eve), 0);
	ck_assert_uint_eq(books_of(ada), 1);
}

LIBRARY_TEST(test_self_relation__leads_up_and_down_one_table)
{
	int64_t       ceo = library_worker(&blog, 0, "ceo"), ada = library_worker(&blog, ceo, "ada");
	const worker *boss = NULL;
	worker_list   list = WEIR_LIST_INIT;

	library_worker(&blog, ceo, "eve");
	assert_ok(worker_reports(blog.session, &(worker){ .id = ceo }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.items[0]->id, ada);
	assert_ok(worker_boss(blog.session, list.items[0], &boss, &blog.err));
	ck_assert_int_eq(boss->id, ceo);
	worker_list_release(&list);
	assert_queries(
		0, assert_status(WEIR_NOT_FOUND, worker_boss(blog.session, boss, &(const worker *){ NULL }, &blog.err)));
	worker_release(&boss);
}

LIBRARY_TEST(test_composite_key__both_columns_count)
{
	weir_base_dao  invoices = dao_of(&invoice_model), lines = dao_of(&line_model);
	const invoice *found = NULL;
	line_list      list = WEIR_LIST_INIT;

	for (int32_t shop = 1; shop <= 2; shop++) {
		invoice values = { .shop_id = shop, .number = 7, .customer = "c" };
		line    item = { .shop_id = weir_some_i32(shop), .invoice_number = weir_some_i64(7), .item = "nail" };

		assert_ok(
			weir_base_dao_create(&invoices, &values, WEIR_SET(invoice, shop_id, number, customer), NULL, &blog.err));
		assert_ok(weir_base_dao_create(&lines, &item, WEIR_SET(line, shop_id, invoice_number, item), NULL, &blog.err));
	}
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(1 - round, assert_ok(invoice_lines(blog.session, &(invoice){ .shop_id = 2, .number = 7 }, &list,
		                                                  &blog.err)));
		ck_assert_uint_eq(list.count, 1);
		ck_assert_int_eq(list.items[0]->shop_id.value, 2);
		line_list_release(&list);
	}
	line half = { .shop_id = weir_some_i32(2) };
	assert_queries(0, assert_status(WEIR_NOT_FOUND, line_invoice(blog.session, &half, &found, &blog.err)));
	half.invoice_number = weir_some_i64(7);
	assert_ok(line_invoice(blog.session, &half, &found, &blog.err));
	ck_assert_int_eq(found->shop_id, 2);
	invoice_release(&found);
}

LIBRARY_TEST(test_text_key__is_loaded_and_kept_like_any_other)
{
	weir_base_dao  countries = dao_of(&country_model), authors = dao_of(&author_model);
	const country *home = NULL;
	author_list    list = WEIR_LIST_INIT;

	assert_ok(weir_base_dao_create(&countries, &(country){ "a:b%", "Anywhere" }, WEIR_SET(country, code, name), NULL,
	                               &blog.err));
	assert_ok(weir_base_dao_create(&authors, &(author){ .name = "ada", .country = "a:b%" },
	                               WEIR_SET(author, name, country), NULL, &blog.err));
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(1 - round,
		               assert_ok(country_authors(blog.session, &(country){ .code = "a:b%" }, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 1);
		assert_queries(1 - round, assert_ok(author_home(blog.session, list.items[0], &home, &blog.err)));
		ck_assert_str_eq(home->name, "Anywhere");
		country_release(&home);
		author_list_release(&list);
	}
}

/* ---- Many to many ---------------------------------------------------------------------------------------------------------- */

static int32_t make_tag(const char *name)
{
	weir_base_dao tags = dao_of(&tag_model);
	const tag    *made = NULL;
	int32_t       id;

	assert_ok(weir_base_dao_create(&tags, &(tag){ .name = name }, WEIR_SET(tag, name), &made, &blog.err));
	id = made->id;
	tag_release(&made);
	return id;
}

static size_t tags_of(int64_t book_id)
{
	tag_list list = WEIR_LIST_INIT;
	size_t   count;

	assert_ok(book_tags(blog.session, &(book){ .id = book_id }, &list, &blog.err));
	for (size_t i = 1; i < list.count; i++)
		ck_assert_int_lt(list.items[i - 1]->id, list.items[i]->id);
	count = list.count;
	tag_list_release(&list);
	return count;
}

LIBRARY_TEST(test_many_to_many__is_linked_loaded_and_unlinked_from_both_sides)
{
	int64_t   one = library_book(&blog, 0, "one", 1), two = library_book(&blog, 0, "two", 2);
	int32_t   red = make_tag("red"), blue = make_tag("blue");
	book_list list = WEIR_LIST_INIT;

	ck_assert_uint_eq(tags_of(one), 0);
	assert_ok(book_tags_add(blog.session, &(book){ .id = one }, &(tag){ .id = blue }, &blog.err));
	assert_ok(book_tags_add(blog.session, &(book){ .id = one }, &(tag){ .id = red }, &blog.err));
	assert_ok(book_tags_add(blog.session, &(book){ .id = one }, &(tag){ .id = red }, &blog.err));
	assert_ok(tag_books_add(blog.session, &(tag){ .id = red }, &(book){ .id = two }, &blog.err));
	assert_queries(2, ck_assert_uint_eq(tags_of(one), 2));
	assert_queries(0, ck_assert_uint_eq(tags_of(one), 2));
	assert_queries(1, ck_assert_uint_eq(tags_of(two), 1));
	assert_ok(tag_books(blog.session, &(tag){ .id = red }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 2);
	book_list_release(&list);
	assert_ok(book_tags_remove(blog.session, &(book){ .id = one }, &(tag){ .id = red }, &blog.err));
	assert_status(WEIR_NOT_FOUND, book_tags_remove(blog.session, &(book){ .id = one }, &(tag){ .id = red }, &blog.err));
	assert_queries(1, ck_assert_uint_eq(tags_of(one), 1));
	assert_queries(0, ck_assert_uint_eq(tags_of(two), 1));
	assert_ok(tag_books(blog.session, &(tag){ .id = red }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 1);
	book_list_release(&list);
}

LIBRARY_TEST(test_many_to_many__queries_count_and_create)
{
	int64_t    one = library_book(&blog, 0, "one", 1);
	book       owner = { .id = one };
	tag_list   list = WEIR_LIST_INIT;
	const tag *made = NULL;
	int64_t    count = 0;
	bool       exists = false;

	make_tag("unused");
	weir_related of = weir_related_to(blog.session, &book_model, "tags", &owner);
	assert_ok(weir_related_create(&of, &(tag){ .name = "new" }, WEIR_SET(tag, name), &made, &blog.err));
	assert_ok(weir_related_create(&of, &(tag){ .name = "newer" }, WEIR_SET(tag, name), NULL, &blog.err));
	ck_assert_str_eq(made->name, "new");
	tag_release(&made);
	assert_queries(1, assert_ok(book_tags_where(blog.session, &owner,
	                                            WEIR_QUERY(.order = WEIR_ORDER(weir_desc(tag_c.name)), .limit = 1),
	                                            &list, &blog.err)));
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0]->name, "newer");
	tag_list_release(&list);
	assert_ok(book_tags_count(blog.session, &owner, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 2);
	assert_ok(
		book_tags_exists(blog.session, &owner, WEIR_QUERY(.where = weir_eq(tag_c.name, "unused")), &exists, &blog.err));
	ck_assert(!exists);
}

/* ---- Questions --------------------------------------------------------------------------------------------------------------- */

LIBRARY_TEST(test_query__filters_orders_and_limits_in_real_time)
{
	int64_t   ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");
	author    owner = { .id = ada };
	book_list list = WEIR_LIST_INIT;
	int64_t   count = 0;
	bool      exists = true;

	for (int32_t year = 1990; year < 2000; year++) {
		library_book(&blog, ada, "a", year);
		library_book(&blog, eve, "e", year);
	}
	ck_assert_uint_eq(books_of(ada), 10);
	for (int round = 0; round < 2; round++) {
		assert_queries(1, assert_ok(author_books_where(
							  blog.session, &owner,
							  WEIR_QUERY(.where = weir_any(weir_eq(book_c.year, 1991), weir_gt(book_c.year, 1996)),
		                                 .order = WEIR_ORDER(weir_desc(book_c.year)), .limit = 3),
							  &list, &blog.err)));
		ck_assert_uint_eq(list.count, 3);
		ck_assert_int_eq(list.items[0]->year, 1999);
		ck_assert_int_eq(list.items[2]->author_id.value, ada);
		book_list_release(&list);
	}
	assert_queries(1, assert_ok(author_books_count(
						  blog.session, &owner, WEIR_QUERY(.where = weir_lt(book_c.year, 1995)), &count, &blog.err)));
	ck_assert_int_eq(count, 5);
	assert_ok(author_books_count(blog.session, &owner, WEIR_QUERY(.skip = 8), &count, &blog.err));
	ck_assert_int_eq(count, 2);
	assert_ok(
		author_books_exists(blog.session, &owner, WEIR_QUERY(.where = weir_eq(book_c.year, 3000)), &exists, &blog.err));
	ck_assert(!exists);
	assert_queries(0, ck_assert_uint_eq(books_of(ada), 10));
}

LIBRARY_TEST(test_lazy__an_owner_is_read_alone_and_a_relation_when_it_is_asked_for)
{
	weir_base_dao authors = dao_of(&author_model);
	const author *ada = NULL;
	author        key = { .id = library_author(&blog, "ada") };

	library_book(&blog, key.id, "b", 1);
	assert_queries(1, assert_ok(weir_base_dao_get_by_id(&authors, &key, &ada, &blog.err)));
	assert_queries(0, ck_assert_str_eq(ada->name, "ada"));
	assert_queries(1, ck_assert_uint_eq(books_of(ada->id), 1));
	author_release(&ada);
}

/* An operation of one's own on a relation: a name for a query. */
static int books_of_year(const author *owner, int32_t year, book_list *list)
{
	return author_books_where(blog.session, owner, WEIR_QUERY(.where = weir_eq(book_c.year, year)), list, &blog.err);
}

LIBRARY_TEST(test_query__is_what_operations_of_ones_own_are_made_of)
{
	author    ada = { .id = library_author(&blog, "ada") };
	book_list list = WEIR_LIST_INIT;

	library_book(&blog, ada.id, "a", 2020);
	library_book(&blog, ada.id, "b", 2023);
	for (int32_t year = 2020; year <= 2023; year += 3) {
		assert_queries(1, assert_ok(books_of_year(&ada, year, &list)));
		ck_assert_uint_eq(list.count, 1);
		ck_assert_int_eq(list.items[0]->year, year);
		book_list_release(&list);
	}
}

LIBRARY_TEST(test_query__of_another_models_column_asks_nothing)
{
	int64_t   ada = library_author(&blog, "ada");
	book_list list = WEIR_LIST_INIT;

	assert_queries(0, assert_status(WEIR_ERR_USAGE, author_books_where(blog.session, &(author){ .id = ada },
	                                                                   WEIR_QUERY(.where = weir_eq(tag_c.name, "x")),
	                                                                   &list, &blog.err)));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "tag"));
}

LIBRARY_TEST(test_relation_by_name__unknown_ones_and_wrong_types_are_refused)
{
	author       owner = { .id = 1 };
	weir_related of = weir_related_to(blog.session, &author_model, "bokks", &owner);
	book_list    list = WEIR_LIST_INIT;

	assert_status(WEIR_ERR_USAGE, weir_related_load(&of, &list, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "bokks"));
	assert_status(WEIR_ERR_USAGE, weir_related_clear(&of, &blog.err));
	of.relation = "books";
	of.target = &tag_model;
	assert_status(WEIR_ERR_USAGE, weir_related_load(&of, &list, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "leads to book and not to tag"));
	of.target = &book_model;
	assert_ok(weir_related_load(&of, &list, &blog.err));
	book_list_release(&list);
}

/* ---- Writes -------------------------------------------------------------------------------------------------------------------- */

LIBRARY_TEST(test_child_created_updated_moved_deleted__is_seen_by_exactly_its_owners)
{
	int64_t ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve"), bob = library_author(&blog, "bob");
	weir_base_dao books = dao_of(&book_model);
	book_list     list = WEIR_LIST_INIT;
	int64_t       id;

	ck_assert_uint_eq(books_of(ada) + books_of(eve) + books_of(bob), 0);
	id = library_book(&blog, ada, "old", 1);
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 1));
	assert_queries(0, ck_assert_uint_eq(books_of(eve), 0));
	assert_ok(weir_base_dao_update(&books, &(book){ .id = id }, &(book){ .title = "new" }, WEIR_SET(book, title), NULL,
	                               &blog.err));
	assert_queries(1, assert_ok(author_books(blog.session, &(author){ .id = ada }, &list, &blog.err)));
	ck_assert_str_eq(list.items[0]->title, "new");
	book_list_release(&list);
	assert_queries(0, ck_assert_uint_eq(books_of(eve), 0));
	set_author(id, weir_some_i64(eve));
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 0));
	assert_queries(1, ck_assert_uint_eq(books_of(eve), 1));
	assert_queries(0, ck_assert_uint_eq(books_of(bob), 0));
	assert_ok(weir_base_dao_delete(&books, &(book){ .id = id }, NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(books_of(eve), 0));
	assert_queries(0, ck_assert_uint_eq(books_of(ada), 0));
	assert_queries(0, ck_assert_uint_eq(books_of(bob), 0));
}

LIBRARY_TEST(test_add__moves_a_child_and_invalidates_the_old_and_the_new_owner)
{
	int64_t ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve"), bob = library_author(&blog, "bob");
	int64_t id = library_book(&blog, ada, "b", 1);

	ck_assert_uint_eq(books_of(ada) + books_of(eve) + books_of(bob), 1);
	assert_ok(author_books_add(blog.session, &(author){ .id = eve }, &(book){ .id = id }, &blog.err));
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 0));
	assert_queries(1, ck_assert_uint_eq(books_of(eve), 1));
	assert_queries(0, ck_assert_uint_eq(books_of(bob), 0));
	assert_ok(book_author_add(blog.session, &(book){ .id = id }, &(author){ .id = bob }, &blog.err));
	assert_queries(1, ck_assert_uint_eq(books_of(eve), 0));
	assert_queries(1, ck_assert_uint_eq(books_of(bob), 1));
	assert_status(WEIR_NOT_FOUND,
	              author_books_add(blog.session, &(author){ .id = eve }, &(book){ .id = id + 1 }, &blog.err));
	assert_status(WEIR_ERR_USAGE, author_books_add(blog.session, &(author){ 0 }, &(book){ .id = id }, &blog.err));
	assert_status(WEIR_ERR_USAGE, author_books_add(blog.session, &(author){ .id = eve }, NULL, &blog.err));
}

LIBRARY_TEST(test_create__inserts_a_child_of_the_owner)
{
	author       owner = { .id = library_author(&blog, "ada") };
	weir_related of = weir_related_to(blog.session, &author_model, "books", &owner);
	const book  *made = NULL;

	ck_assert_uint_eq(books_of(owner.id), 0);
	assert_ok(
		weir_related_create(&of, &(book){ .title = "t", .year = 3 }, WEIR_SET(book, title, year), &made, &blog.err));
	ck_assert_int_eq(made->author_id.value, owner.id);
	book_release(&made);
	assert_queries(1, ck_assert_uint_eq(books_of(owner.id), 1));
}

LIBRARY_TEST(test_remove__sets_the_foreign_key_to_null_and_deletes_nothing)
{
	int64_t ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");
	int64_t id = library_book(&blog, ada, "b", 1);
	book    child = { .id = id };

	ck_assert_uint_eq(books_of(ada), 1);
	assert_status(WEIR_NOT_FOUND, author_books_remove(blog.session, &(author){ .id = eve }, &child, &blog.err));
	assert_queries(0, ck_assert_uint_eq(books_of(ada), 1));
	assert_ok(author_books_remove(blog.session, &(author){ .id = ada }, &child, &blog.err));
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 0));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM books WHERE author_id IS NULL"), "1");
	set_author(id, weir_some_i64(eve));
	ck_assert_uint_eq(books_of(eve), 1);
	assert_ok(book_author_remove(blog.session, &child, NULL, &blog.err));
	ck_assert_uint_eq(books_of(eve), 0);
}

LIBRARY_TEST(test_writes_in_a_transaction__are_seen_outside_at_commit_and_never_after_rollback)
{
	int64_t       ada = library_author(&blog, "ada");
	weir_session *tx = NULL;
	book_list     list = WEIR_LIST_INIT;
	book          child = { .id = library_book(&blog, 0, "b", 1) };

	for (int commit = 0; commit < 2; commit++) {
		ck_assert_uint_eq(books_of(ada), 0);
		assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
		assert_ok(author_books_add(tx, &(author){ .id = ada }, &child, &blog.err));
		assert_ok(author_books(tx, &(author){ .id = ada }, &list, &blog.err));
		ck_assert_uint_eq(list.count, 1);
		book_list_release(&list);
		assert_queries(0, ck_assert_uint_eq(books_of(ada), 0));
		if (commit) {
			assert_ok(weir_commit(&tx, &blog.err));
			assert_queries(1, ck_assert_uint_eq(books_of(ada), 1));
		} else {
			weir_rollback(&tx);
			assert_queries(0, ck_assert_uint_eq(books_of(ada), 0));
		}
	}
}

LIBRARY_TEST(test_parent_deleted__is_gone_for_its_children_too)
{
	int64_t       ada = library_author(&blog, "ada");
	book          child = { .author_id = weir_some_i64(ada) };
	const author *found = NULL;
	weir_base_dao authors = dao_of(&author_model);

	assert_ok(book_author(blog.session, &child, &found, &blog.err));
	author_release(&found);
	assert_ok(weir_base_dao_delete(&authors, &(author){ .id = ada }, NULL, &blog.err));
	assert_status(WEIR_NOT_FOUND, book_author(blog.session, &child, &found, &blog.err));
}

/* ---- Cascades ------------------------------------------------------------------------------------------------------------------ */

static int read_worker(int64_t id)
{
	weir_base_dao workers = dao_of(&worker_model);
	const worker *found = NULL;
	int           rc = weir_base_dao_get_by_id_cached(&workers, &(worker){ .id = id }, &found, &blog.err);

	worker_release(&found);
	return rc;
}

LIBRARY_TEST(test_cascade__deletes_all_below_and_the_cache_knows)
{
	weir_base_dao workers = dao_of(&worker_model);
	worker_list   list = WEIR_LIST_INIT;
	int64_t       ids[6];
	bool          deleted = false;

	for (int i = 0; i < 6; i++) {
		ids[i] = library_worker(&blog, i == 0 ? 0 : ids[(i - 1) / 2], "w");
		assert_ok(read_worker(ids[i]));
	}
	assert_ok(worker_reports(blog.session, &(worker){ .id = ids[0] }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 2);
	worker_list_release(&list);
	assert_ok(weir_base_dao_delete(&workers, &(worker){ .id = ids[1] }, &deleted, &blog.err));
	ck_assert(deleted);
	for (int i = 0; i < 6; i++)
		assert_status(i == 1 || i == 3 || i == 4 ? WEIR_NOT_FOUND : WEIR_OK, read_worker(ids[i]));
	assert_ok(worker_reports(blog.session, &(worker){ .id = ids[0] }, &list, &blog.err));
	ck_assert_uint_eq(list.count, 1);
	worker_list_release(&list);
	assert_ok(weir_base_dao_delete(&workers, &(worker){ .id = ids[1] }, &deleted, &blog.err));
	ck_assert(!deleted);
	assert_status(WEIR_ERR_USAGE, weir_base_dao_delete_where(&workers, weir_everything(), NULL, &blog.err));
}

LIBRARY_TEST(test_cascade__of_many_to_many_deletes_links_only_and_rolls_back_with_the_rest)
{
	int64_t       one = library_book(&blog, 0, "one", 1);
	int32_t       red = make_tag("red");
	weir_base_dao tags = dao_of(&tag_model);
	weir_session *tx = NULL;

	assert_ok(book_tags_add(blog.session, &(book){ .id = one }, &(tag){ .id = red }, &blog.err));
	ck_assert_uint_eq(tags_of(one), 1);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	weir_base_dao inside = weir_get_dao(tx, &tag_model);
	assert_ok(weir_base_dao_delete(&inside, &(tag){ .id = red }, NULL, &blog.err));
	weir_rollback(&tx);
	assert_queries(0, ck_assert_uint_eq(tags_of(one), 1));
	assert_ok(weir_base_dao_delete(&tags, &(tag){ .id = red }, NULL, &blog.err));
	ck_assert_uint_eq(tags_of(one), 0);
	ck_assert_str_eq(blog_sql(&blog, "SELECT (SELECT count(*) FROM books) - (SELECT count(*) FROM book_tags)"), "1");
}

START_TEST(test_two_sessions_on_one_redis__see_each_others_children_at_once)
{
	book_list list = WEIR_LIST_INIT;

	library_open(&blog, WEIR_CACHE_REDIS);
	weir_session *other = blog_open_other(&blog, &(weir_options){ .models = library_models });
	weir_base_dao books = weir_get_dao(other, &book_model);
	int64_t       ada = library_author(&blog, "ada");

	for (size_t i = 0; i < 10; i++) {
		ck_assert_uint_eq(books_of(ada), i);
		assert_ok(weir_base_dao_create(&books, &(book){ .author_id = weir_some_i64(ada), .title = "t", .year = 1 },
		                               WEIR_SET(book, author_id, title, year), NULL, &blog.err));
	}
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 10));
	assert_ok(author_books(other, &(author){ .id = ada }, &list, &blog.err));
	weir_session_stats stats;
	weir_session_stats_get(other, &stats);
	ck_assert_uint_eq(list.count, 10);
	ck_assert_uint_eq(stats.queries, 10 + 1); /* the creates and the check of the schema */
	book_list_release(&list);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- Clearing ------------------------------------------------------------------------------------------------------------------ */

LIBRARY_TEST(test_clear__of_one_owner_one_relation_and_a_whole_model)
{
	int64_t      ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");
	author       owner = { .id = ada };
	weir_related of = weir_related_to(blog.session, &author_model, "books", &owner);
	bool         cached = true;

	library_book(&blog, ada, "b", 1);
	assert_ok(weir_related_clear(&of, &blog.err));
	assert_ok(author_books_is_cached(blog.session, &owner, &cached, &blog.err));
	ck_assert(!cached);
	ck_assert_uint_eq(books_of(ada) + books_of(eve), 1);
	assert_queries(0, assert_ok(author_books_is_cached(blog.session, &owner, &cached, &blog.err)));
	ck_assert(cached);
	assert_ok(author_books_clear(blog.session, &owner, &blog.err));
	assert_queries(0, ck_assert_uint_eq(books_of(eve), 0));
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 1));
	of.relation = NULL;
	assert_ok(weir_related_clear(&of, &blog.err));
	assert_queries(0, ck_assert_uint_eq(books_of(eve), 0));
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 1));
	of = weir_related_to(blog.session, &author_model, "books", NULL);
	assert_ok(weir_related_clear(&of, &blog.err));
	assert_queries(2, ck_assert_uint_eq(books_of(ada) + books_of(eve), 1));
	of.relation = NULL;
	assert_ok(weir_related_clear(&of, &blog.err));
	assert_queries(2, ck_assert_uint_eq(books_of(ada) + books_of(eve), 1));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM books"), "1");
}

WEIR_SUITE("relations", test_belongs_to__gives_the_record_and_asks_once,
           test_belongs_to__a_missing_parent_is_not_found_and_that_is_kept,
           test_null_keys_and_unsaved_owners__have_nothing_and_ask_nothing,
           test_has_many__gives_the_list_by_primary_key_and_asks_once, test_has_many__an_empty_list_is_kept_too,
           test_has_one__gives_the_lowest_primary_key_and_asks_once,
           test_two_foreign_keys_to_one_table__are_two_relations, test_self_relation__leads_up_and_down_one_table,
           test_composite_key__both_columns_count, test_text_key__is_loaded_and_kept_like_any_other,
           test_many_to_many__is_linked_loaded_and_unlinked_from_both_sides,
           test_many_to_many__queries_count_and_create, test_query__filters_orders_and_limits_in_real_time,
           test_lazy__an_owner_is_read_alone_and_a_relation_when_it_is_asked_for,
           test_query__is_what_operations_of_ones_own_are_made_of, test_query__of_another_models_column_asks_nothing,
           test_relation_by_name__unknown_ones_and_wrong_types_are_refused,
           test_child_created_updated_moved_deleted__is_seen_by_exactly_its_owners,
           test_add__moves_a_child_and_invalidates_the_old_and_the_new_owner, test_create__inserts_a_child_of_the_owner,
           test_remove__sets_the_foreign_key_to_null_and_deletes_nothing,
           test_writes_in_a_transaction__are_seen_outside_at_commit_and_never_after_rollback,
           test_parent_deleted__is_gone_for_its_children_too, test_cascade__deletes_all_below_and_the_cache_knows,
           test_cascade__of_many_to_many_deletes_links_only_and_rolls_back_with_the_rest,
           test_two_sessions_on_one_redis__see_each_others_children_at_once,
           test_clear__of_one_owner_one_relation_and_a_whole_model);
