/* Relations where it gets narrow: others who write meanwhile, rows that refer to themselves, answers without a place. On PostgreSQL with
 * each cache. */
#include "support/eventually.h"
#include "support/library.h"

#include <pthread.h>
#include <string.h>

static struct blog blog;

#define LIBRARY_TEST(name) TEST_WITH_EACH_CACHE(name, library_open(&blog, kind), blog_close(&blog))

#define assert_queries(expected, statement) assert_queries_of(&blog, expected, statement)

static size_t books_of(int64_t author_id)
{
	book_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(author_books(blog.session, &(author){ .id = author_id }, &list, &blog.err));
	count = list.count;
	book_list_release(&list);
	return count;
}

static size_t tags_of(int64_t book_id)
{
	tag_list list = WEIR_LIST_INIT;
	size_t   count;

	assert_ok(book_tags(blog.session, &(book){ .id = book_id }, &list, &blog.err));
	count = list.count;
	tag_list_release(&list);
	return count;
}

static int read_worker(int64_t id)
{
	weir_base_dao workers = weir_get_dao(blog.session, &worker_model);
	const worker *found = NULL;
	int           rc = weir_base_dao_get_by_id_cached(&workers, &(worker){ .id = id }, &found, &blog.err);

	worker_release(&found);
	return rc;
}

/* ---- What others do meanwhile ------------------------------------------------------------------------------------------------ */

typedef struct removing {
	weir_session *tx;
	author        owner;
	book          child;
	int           rc;
} removing;

static void *remove_in_a_thread(void *argument)
{
	removing *r = argument;

	r->rc = author_books_remove(r->tx, &r->owner, &r->child, NULL);
	return NULL;
}

LIBRARY_TEST(test_remove__in_a_transaction_leaves_a_child_alone_that_moves_meanwhile)
{
	int64_t       ada = library_author(&blog, "ada"), eve = library_author(&blog, "eve");
	removing      r = { .owner = { .id = ada }, .child = { .id = library_book(&blog, ada, "b", 1) } };
	weir_session *other = NULL;
	pthread_t     thread;

	assert_ok(weir_begin(blog.session, NULL, &other, &blog.err));
	assert_ok(author_books_add(other, &(author){ .id = eve }, &r.child, &blog.err));
	assert_ok(weir_begin(blog.session, NULL, &r.tx, &blog.err));
	ck_assert_int_eq(pthread_create(&thread, NULL, remove_in_a_thread, &r), 0);
	EVENTUALLY(strcmp(blog_sql(&blog, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), "0") !=
	           0);
	assert_ok(weir_commit(&other, &blog.err));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	assert_ok(weir_commit(&r.tx, &blog.err));
	ck_assert_int_eq(r.rc, WEIR_NOT_FOUND);
	ck_assert_uint_eq(books_of(eve), 1);
}

/* A serialization failure that one insert of a link gets, and no other. */
LIBRARY_TEST(test_create__of_a_linked_row_is_tried_again_when_another_transaction_was_in_the_way)
{
	book         owner = { .id = library_book(&blog, 0, "one", 1) };
	weir_related of = weir_related_to(blog.session, &book_model, "tags", &owner);
	const tag   *made = NULL;

	blog_sql(&blog, "CREATE SEQUENCE tries; CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
	                "IF nextval('tries') = 1 THEN RAISE serialization_failure; END IF; RETURN new; END $$; "
	                "CREATE TRIGGER once BEFORE INSERT ON book_tags FOR EACH ROW EXECUTE FUNCTION refuse_once()");
	assert_ok(weir_related_create(&of, &(tag){ .name = "red" }, WEIR_SET(tag, name), &made, &blog.err));
	ck_assert_str_eq(made->name, "red");
	tag_release(&made);
	ck_assert_uint_eq(tags_of(owner.id), 1);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM tags"), "1");
}

LIBRARY_TEST(test_cascade__of_rows_that_refer_to_themselves_or_in_a_circle_ends)
{
	weir_base_dao workers = weir_get_dao(blog.session, &worker_model);
	int64_t       self = library_worker(&blog, 0, "self"), one = library_worker(&blog, 0, "one");
	int64_t       two = library_worker(&blog, one, "two"), below = library_worker(&blog, self, "below");
	bool          deleted = false;

	blog_sql(&blog, "UPDATE workers SET boss_id = id WHERE name = 'self'");
	blog_sql(&blog, "UPDATE workers SET boss_id = (SELECT id FROM workers WHERE name = 'two') WHERE name = 'one'");
	assert_ok(read_worker(below));
	assert_ok(read_worker(two));
	assert_ok(weir_base_dao_delete(&workers, &(worker){ .id = self }, &deleted, &blog.err));
	ck_assert(deleted);
	assert_status(WEIR_NOT_FOUND, read_worker(below));
	assert_ok(weir_base_dao_delete(&workers, &(worker){ .id = one }, &deleted, &blog.err));
	ck_assert(deleted);
	assert_status(WEIR_NOT_FOUND, read_worker(two));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM workers"), "0");
}

LIBRARY_TEST(test_question__without_a_place_for_the_answer_is_refused_and_asks_nothing)
{
	author owner = { .id = library_author(&blog, "ada") };

	assert_queries(0, assert_status(WEIR_ERR_USAGE, author_books_count(blog.session, &owner, NULL, NULL, &blog.err)));
	assert_queries(0, assert_status(WEIR_ERR_USAGE, author_books_exists(blog.session, &owner, NULL, NULL, &blog.err)));
}

LIBRARY_TEST(test_add__of_a_record_that_is_not_stored_yet_is_refused_and_asks_nothing)
{
	const book child = { .id = library_book(&blog, 0, "one", 1) };

	assert_queries(
		0, assert_status(WEIR_ERR_USAGE, book_author_add(blog.session, &child, &(author){ .id = 0 }, &blog.err)));
	assert_queries(0, assert_status(WEIR_ERR_USAGE, worker_boss_add(blog.session, &(worker){ .id = 1 },
	                                                                &(worker){ .id = 0 }, &blog.err)));
	assert_queries(0, assert_status(WEIR_ERR_USAGE, book_tags_add(blog.session, &child, &(tag){ .id = 0 }, &blog.err)));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM books WHERE author_id IS NOT NULL"), "0");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM book_tags"), "0");
}

static size_t classics_of(int (*get)(const weir_base_dao *, const weir_query *, void *, weir_error *), int fresh_ms)
{
	weir_base_dao authors = weir_get_dao(blog.session, &author_model);
	weir_query    query = { .with = WEIR_WITH("classics"), .fresh_ms = fresh_ms };
	author_list   list = WEIR_LIST_INIT;
	book_list     books = WEIR_LIST_INIT;

	assert_ok(get(&authors, &query, &list, &blog.err));
	ck_assert(author_classics_loaded(&list, list.items[1], &books));
	author_list_release(&list);
	return books.count;
}

LIBRARY_TEST(test_eager__what_has_a_loader_comes_from_the_cache_only_where_the_read_does)
{
	int64_t ada = library_author(&blog, "ada");

	library_book(&blog, ada, "old", 1850);
	ck_assert_uint_eq(classics_of(weir_base_dao_get_all_cached, 0), 1);
	blog_sql(&blog, "INSERT INTO books (author_id, title, year) SELECT author_id, 'older', 1800 FROM books");
	ck_assert_uint_eq(classics_of(weir_base_dao_get_all_cached, 0), 1);
	ck_assert_uint_eq(classics_of(weir_base_dao_get_all, 0), 2);
	ck_assert_uint_eq(classics_of(weir_base_dao_get_all_cached, WEIR_BYPASS), 2);
	ck_assert_uint_eq(classics_of(weir_base_dao_get_all_cached, 0), 1);
}

/* ---- What is gone for good takes what could come back with it --------------------------------------------------------------- */

typedef struct crate {
	int64_t id;
	int32_t version;
} crate;
WEIR_RECORD(crate)

typedef struct paper {
	int64_t       id;
	weir_opt_i64  crate_id;
	weir_opt_time deleted_at;
} paper;
WEIR_RECORD(paper)

extern const weir_model crate_model, paper_model;

static const weir_field crate_fields[] = {
	WEIR_FIELD(crate, id, .primary_key = true),
	WEIR_FIELD(crate, version, .version = true, .generated = true),
};
static const weir_relation crate_relations[] = { WEIR_HAS_MANY(crate, papers, paper, crate_id, .cascade = true) };
const weir_model           crate_model = WEIR_MODEL(crate, "crates", crate_fields, WEIR_RELATIONS(crate_relations));

static const weir_field paper_fields[] = {
	WEIR_FIELD(paper, id, .primary_key = true),
	WEIR_FIELD(paper, crate_id),
	WEIR_FIELD(paper, deleted_at, .deleted_at = true, .generated = true),
};
const weir_model paper_model = WEIR_MODEL(paper, "papers", paper_fields);

static weir_session *with_crates(void)
{
	static const weir_model *const models[] = { &crate_model, &paper_model, NULL };

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog,
	         "CREATE TABLE crates (id bigint PRIMARY KEY, version int NOT NULL DEFAULT 1); CREATE TABLE papers "
	         "(id bigint PRIMARY KEY, crate_id bigint REFERENCES crates (id), deleted_at timestamptz); "
	         "INSERT INTO crates VALUES (1), (2); INSERT INTO papers VALUES (1, 1, NULL), (2, 1, now()), (3, 2, NULL)");
	return blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_MEMORY, .models = models });
}

static const char *papers(void)
{
	return blog_sql(&blog, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM papers");
}

START_TEST(test_cascade__of_a_row_that_is_removed_removes_children_that_have_a_stamp_of_deletion)
{
	weir_session *session = with_crates();
	weir_base_dao crates = weir_get_dao(session, &crate_model);
	bool          deleted = false;

	assert_ok(weir_base_dao_delete(&crates, &(crate){ .id = 1 }, &deleted, &blog.err));
	ck_assert(deleted);
	ck_assert_str_eq(papers(), "3");
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

START_TEST(test_cascade__of_a_row_that_is_deleted_if_unchanged_happens_then_only)
{
	weir_session *session = with_crates();
	weir_base_dao crates = weir_get_dao(session, &crate_model);

	assert_status(WEIR_ERR_STALE, weir_base_dao_delete_if_unchanged(&crates, &(crate){ 1, 7 }, &blog.err));
	ck_assert_str_eq(papers(), "1 2 3");
	assert_ok(weir_base_dao_delete_if_unchanged(&crates, &(crate){ 1, 1 }, &blog.err));
	blog_sql(&blog, "ALTER TABLE papers DROP CONSTRAINT papers_crate_id_fkey; INSERT INTO papers VALUES (4, 9)");
	assert_status(WEIR_NOT_FOUND, weir_base_dao_delete_if_unchanged(&crates, &(crate){ 9, 1 }, &blog.err));
	ck_assert_str_eq(papers(), "3 4");
	assert_status(WEIR_ERR_USAGE, weir_base_dao_delete_if_unchanged(&crates, NULL, &blog.err));
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("relation_corners", test_cascade__of_a_row_that_is_removed_removes_children_that_have_a_stamp_of_deletion,
           test_cascade__of_a_row_that_is_deleted_if_unchanged_happens_then_only,
           test_add__of_a_record_that_is_not_stored_yet_is_refused_and_asks_nothing,
           test_remove__in_a_transaction_leaves_a_child_alone_that_moves_meanwhile,
           test_create__of_a_linked_row_is_tried_again_when_another_transaction_was_in_the_way,
           test_cascade__of_rows_that_refer_to_themselves_or_in_a_circle_ends,
           test_question__without_a_place_for_the_answer_is_refused_and_asks_nothing,
           test_eager__what_has_a_loader_comes_from_the_cache_only_where_the_read_does);
