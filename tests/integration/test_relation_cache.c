/* The cache of relations: how it is configured, named, counted and logged; loaders and caches of the user's own; derived models. On
 * PostgreSQL with Redis or, where that is said, memory. Rows G to I, K, L and N of docs/features.md. */
#include "support/library.h"
#include "support/redis.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct blog blog;

#define REDIS_TEST(name)                                                                                               \
	static void body_##name(void);                                                                                     \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		library_open(&blog, WEIR_CACHE_REDIS);                                                                         \
		body_##name();                                                                                                 \
		blog_close(&blog);                                                                                             \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void body_##name(void)

#define assert_queries(expected, statement) assert_queries_of(&blog, expected, statement)

static const weir_relation *relation_of(const char *name)
{
	return weir_relation_find(&author_model, name);
}

static size_t books_of(int64_t author_id)
{
	book_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(author_books(blog.session, &(author){ .id = author_id }, &list, &blog.err));
	count = list.count;
	book_list_release(&list);
	return count;
}

static void configure(weir_cache_config config)
{
	assert_ok(weir_relation_configure(blog.session, relation_of("books"), &config, &blog.err));
}

static weir_cache_config config_of(const char *name)
{
	weir_cache_config config = { 0 };

	assert_ok(weir_relation_config(blog.session, relation_of(name), &config, &blog.err));
	return config;
}

/* Milliseconds that the one key that matches lives on; -1: for ever. */
static int64_t expires_in(const char *pattern)
{
	redisReply *reply = redis_reply(test_redis_url(), "KEYS %s:????????:%s", blog.prefix, pattern);
	int64_t     left_ms;

	ck_assert_msg(reply->elements == 1, "%zu keys match %s", reply->elements, pattern);
	left_ms = redis_run(test_redis_url(), "PTTL %s", reply->element[0]->str);
	freeReplyObject(reply);
	return left_ms;
}

/* ---- Configuration --------------------------------------------------------------------------------------------------------- */

REDIS_TEST(test_entry__is_named_by_relation_and_owner_and_expires)
{
	int64_t ada = library_author(&blog, "ada");
	char    pattern[64];

	books_of(ada);
	snprintf(pattern, sizeof pattern, "{books}:r:author.books:id:%d", (int)ada);
	ck_assert_int_gt(expires_in(pattern), 80000);
	ck_assert_int_le(expires_in(pattern), 120000);
	configure((weir_cache_config){ .ttl_s = 600 });
	assert_ok(author_books_clear(blog.session, &(author){ .id = ada }, &blog.err));
	books_of(ada);
	ck_assert_int_gt(expires_in(pattern), 500000);
	ck_assert_int_le(expires_in(pattern), 600000);
	configure((weir_cache_config){ .ttl_s = WEIR_TTL_NEVER });
	assert_ok(author_books_clear(blog.session, &(author){ .id = ada }, &blog.err));
	books_of(ada);
	ck_assert_int_eq(expires_in(pattern), -1);
}

REDIS_TEST(test_entry__is_asked_for_anew_once_it_has_expired)
{
	int64_t ada = library_author(&blog, "ada");
	bool    cached = true;

	configure((weir_cache_config){ .ttl_s = 1 });
	assert_queries(1, books_of(ada));
	assert_queries(0, books_of(ada));
	for (int i = 0; cached && i < 500; i++) {
		(void)poll(NULL, 0, 10);
		assert_ok(author_books_is_cached(blog.session, &(author){ .id = ada }, &cached, &blog.err));
	}
	assert_queries(1, books_of(ada));
}

REDIS_TEST(test_configuration__each_member_is_inherited_on_its_own)
{
	weir_cache_manager *cache = weir_session_cache(blog.session);

	ck_assert_int_eq(config_of("books").list_ttl_s, 120);
	assert_ok(
		weir_cache_manager_configure(cache, NULL, &(weir_cache_config){ .list_ttl_s = 50, .max_items = 9 }, &blog.err));
	ck_assert_int_eq(config_of("books").list_ttl_s, 50);
	assert_ok(weir_cache_manager_configure(cache, &book_model, &(weir_cache_config){ .list_ttl_s = 60 }, &blog.err));
	ck_assert_int_eq(config_of("books").list_ttl_s, 60);
	configure((weir_cache_config){ .ttl_s = 70 });
	ck_assert_int_eq(config_of("books").list_ttl_s, 70);
	ck_assert_int_eq(config_of("books").max_items, 9);
	ck_assert_int_eq(config_of("edited").list_ttl_s, 60);
	ck_assert_int_eq(config_of("drafts").list_ttl_s, 77);
	assert_status(WEIR_ERR_USAGE, weir_relation_configure(blog.session, relation_of("books"),
	                                                      &(weir_cache_config){ .ttl_s = -5 }, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, "author.books"));
	ck_assert_int_eq(config_of("books").list_ttl_s, 70);
}

REDIS_TEST(test_enabled__off_asks_every_time_and_stores_nothing)
{
	int64_t ada = library_author(&blog, "ada");

	configure((weir_cache_config){ .enabled = WEIR_OFF });
	assert_queries(2, ck_assert_uint_eq(books_of(ada) + books_of(ada), 0));
	configure((weir_cache_config){ .enabled = WEIR_ON });
	assert_queries(1, ck_assert_uint_eq(books_of(ada) + books_of(ada), 0));
}

REDIS_TEST(test_max_items__a_longer_list_is_returned_and_not_kept)
{
	int64_t ada = library_author(&blog, "ada");

	configure((weir_cache_config){ .max_items = 2 });
	for (size_t i = 1; i <= 3; i++) {
		library_book(&blog, ada, "b", 1);
		assert_queries(i > 2 ? 2 : 1, ck_assert_uint_eq(books_of(ada) + books_of(ada), 2 * i));
	}
}

REDIS_TEST(test_version__another_number_leaves_all_entries_behind)
{
	int64_t ada = library_author(&blog, "ada");

	assert_queries(1, books_of(ada));
	configure((weir_cache_config){ .version = 2 });
	assert_queries(1, books_of(ada));
	assert_queries(0, books_of(ada));
	library_book(&blog, ada, "b", 1);
	assert_queries(1, ck_assert_uint_eq(books_of(ada), 1));
}

START_TEST(test_max_entries__memory_keeps_so_many_of_a_relation_and_others_are_left_alone)
{
	size_t queries = 0;

	library_open(&blog, WEIR_CACHE_MEMORY);
	configure((weir_cache_config){ .max_entries = 4 });
	for (int64_t id = 1; id <= 20; id++)
		books_of(id);
	for (int64_t id = 20; id >= 1; id--) {
		uint64_t before = blog_queries(&blog);
		books_of(id);
		queries += blog_queries(&blog) - before;
	}
	ck_assert_uint_ge(queries, 16);
	ck_assert_uint_lt(queries, 20);
	blog_close(&blog);
}
END_TEST

/* ---- Statistics and log ------------------------------------------------------------------------------------------------------ */

REDIS_TEST(test_statistics__count_hits_misses_and_their_ratio_for_each_relation)
{
	int64_t          ada = library_author(&blog, "ada");
	weir_cache_stats stats, all;
	const author    *found = NULL;

	for (int i = 0; i < 4; i++)
		books_of(ada);
	assert_ok(book_author(blog.session, &(book){ .author_id = weir_some_i64(ada) }, &found, &blog.err));
	author_release(&found);
	assert_ok(weir_relation_stats(blog.session, relation_of("books"), &stats, &blog.err));
	ck_assert_uint_eq(stats.hits, 3);
	ck_assert_uint_eq(stats.misses, 1);
	ck_assert_uint_eq(stats.fills, 1);
	ck_assert(weir_cache_stats_hit_ratio(&stats) > 0.74 && weir_cache_stats_hit_ratio(&stats) < 0.76);
	assert_ok(weir_relation_stats(blog.session, weir_relation_find(&book_model, "author"), &stats, &blog.err));
	ck_assert_uint_eq(stats.misses, 1);
	weir_cache_manager_stats(weir_session_cache(blog.session), NULL, &all);
	ck_assert_uint_ge(all.hits, 3);
	assert_ok(weir_relation_stats_reset(blog.session, relation_of("books"), &blog.err));
	assert_ok(weir_relation_stats(blog.session, relation_of("books"), &stats, &blog.err));
	ck_assert_uint_eq(stats.hits, 0);
	ck_assert(weir_cache_stats_hit_ratio(&stats) < 0.01);
}

static int lines_about_books;

static void write_line(void *context, weir_log_level level, const char *text)
{
	(void)context;
	if (level == WEIR_LOG_DEBUG && strstr(text, "author.books") && strstr(text, "books:r:author.books:#") &&
	    strstr(text, " us"))
		lines_about_books++;
}

START_TEST(test_log__at_debug_shows_each_cache_operation_of_a_relation)
{
	blog_open(&blog, &(weir_options){ .models = library_models, .lazy = true, .log = { .write = write_line } });
	blog_sql(
		&blog,
		"CREATE TABLE books (id bigint PRIMARY KEY, author_id bigint, editor_id bigint, title text, year integer)");
	weir_session *session = blog_open_other(&blog, &(weir_options){ .models = library_models,
	                                                                .lazy = true,
	                                                                .schema_check = WEIR_SCHEMA_SKIP,
	                                                                .log = { .write = write_line } });
	book_list     list = WEIR_LIST_INIT;

	lines_about_books = 0;
	assert_ok(author_books(session, &(author){ .id = 1 }, &list, &blog.err));
	ck_assert_int_eq(lines_about_books, 0);
	weir_session_set_log_level(session, WEIR_LOG_DEBUG);
	assert_ok(author_books(session, &(author){ .id = 1 }, &list, &blog.err));
	ck_assert_int_ge(lines_about_books, 1);
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

/* ---- Loaders -------------------------------------------------------------------------------------------------------------------- */

static int classics_of(int64_t author_id, size_t *count)
{
	book_list list = WEIR_LIST_INIT;
	int       rc = author_classics(blog.session, &(author){ .id = author_id }, &list, &blog.err);

	*count = list.count;
	book_list_release(&list);
	return rc;
}

REDIS_TEST(test_loader__loads_in_its_own_way_and_is_kept_and_invalidated)
{
	int64_t      ada = library_author(&blog, "ada");
	author       owner = { .id = ada };
	author_list  list = WEIR_LIST_INIT;
	book_list    books = WEIR_LIST_INIT;
	size_t       count;
	weir_related of = weir_related_to(blog.session, &author_model, "classics", &owner);

	library_book(&blog, ada, "new", 2000);
	library_book(&blog, ada, "old", 1800);
	for (int round = 0; round < 2; round++) {
		assert_ok(classics_of(ada, &count));
		ck_assert_uint_eq(count, 1);
	}
	ck_assert_int_eq(library_loader_calls, 1);
	library_book(&blog, ada, "older", 1700);
	assert_ok(classics_of(ada, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(library_loader_calls, 2);
	assert_ok(weir_related_clear(&of, &blog.err));
	ck_assert_int_eq(library_loader_cleared, 1);
	weir_base_dao dao = weir_get_dao(blog.session, &author_model);
	assert_ok(weir_base_dao_get_all_cached(&dao, WEIR_QUERY(.with = WEIR_WITH("classics")), &list, &blog.err));
	ck_assert(author_classics_loaded(&list, list.items[1], &books));
	ck_assert_uint_eq(books.count, 2);
	ck_assert_int_eq(books.items[0]->year, 1700);
	author_list_release(&list);
}

REDIS_TEST(test_loader__that_fails_is_reported_and_nothing_is_kept)
{
	int64_t     ada = library_author(&blog, "ada");
	author_list list = WEIR_LIST_INIT;
	size_t      count;

	library_book(&blog, ada, "old", 1800);
	library_loader_status = WEIR_ERR_TIMEOUT;
	ck_assert_int_eq(classics_of(ada, &count), WEIR_ERR_TIMEOUT);
	weir_base_dao dao = weir_get_dao(blog.session, &author_model);
	ck_assert_int_eq(weir_base_dao_get_all(&dao, WEIR_QUERY(.with = WEIR_WITH("classics")), &list, &blog.err),
	                 WEIR_ERR_TIMEOUT);
	ck_assert_ptr_null(list.memory);
	library_loader_status = WEIR_OK;
	assert_ok(classics_of(ada, &count));
	ck_assert_uint_eq(count, 1);
	library_loader_status = WEIR_NOT_FOUND;
	library_book(&blog, ada, "old", 1800);
	assert_ok(classics_of(ada, &count));
	ck_assert_uint_eq(count, 0);
}

/* ---- A cache of its own ----------------------------------------------------------------------------------------------------------- */

static size_t drafts_of(int64_t author_id)
{
	book_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(author_drafts(blog.session, &(author){ .id = author_id }, &list, &blog.err));
	count = list.count;
	book_list_release(&list);
	return count;
}

REDIS_TEST(test_own_cache__keeps_the_values_and_writes_still_invalidate_them)
{
	int64_t          ada = library_author(&blog, "ada");
	bool             cached = true;
	weir_cache_stats stats;

	library_book(&blog, ada, "b", 1);
	assert_queries(1, ck_assert_uint_eq(drafts_of(ada), 1));
	ck_assert_int_eq(library_drawer.sets, 1);
	ck_assert_int_eq(library_drawer.ttl_s, 77);
	ck_assert_ptr_nonnull(strstr(library_drawer.key, "author.drafts"));
	assert_queries(0, ck_assert_uint_eq(drafts_of(ada), 1));
	assert_ok(weir_relation_stats(blog.session, relation_of("drafts"), &stats, &blog.err));
	ck_assert_uint_eq(stats.hits, 1);
	ck_assert_uint_eq(stats.misses, 1);
	library_book(&blog, ada, "c", 1);
	assert_queries(1, ck_assert_uint_eq(drafts_of(ada), 2));
	assert_ok(author_drafts_is_cached(blog.session, &(author){ .id = ada }, &cached, &blog.err));
	ck_assert(cached);
	assert_ok(author_drafts_clear(blog.session, &(author){ .id = ada }, &blog.err));
	ck_assert_int_eq(library_drawer.removes, 1);
	assert_queries(1, ck_assert_uint_eq(drafts_of(ada), 2));
	weir_related all = weir_related_to(blog.session, &author_model, "drafts", NULL);
	assert_ok(weir_related_clear(&all, &blog.err));
	ck_assert_int_eq(library_drawer.clears, 1);
	assert_queries(1, ck_assert_uint_eq(drafts_of(ada), 2));
	library_drawer.value[0] ^= 1; /* a value that somebody has spoiled is a miss */
	assert_queries(1, ck_assert_uint_eq(drafts_of(ada), 2));
}

/* ---- Writing an entry --------------------------------------------------------------------------------------------------------------- */

static int only_first(void *context, const weir_related *of, weir_list *list, weir_error *err)
{
	weir_related all = *of;

	(void)context;
	return weir_related_query(&all, WEIR_QUERY(.limit = 1), list, err);
}

static size_t kept_books(int64_t id)
{
	book_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(author_books(blog.session, &(author){ .id = id }, &list, &blog.err));
	count = list.count;
	book_list_release(&list);
	return count;
}

REDIS_TEST(test_refresh__writes_the_entry_even_if_there_is_one)
{
	static const weir_relation_loader first = { .load = only_first };
	int64_t                           ada = library_author(&blog, "ada");
	weir_related of = weir_related_to(blog.session, &author_model, "books", &(author){ .id = ada });
	book_list    list = WEIR_LIST_INIT;

	library_book(&blog, ada, "a", 1);
	ck_assert_uint_eq(kept_books(ada), 1);
	blog_sql(&blog, "INSERT INTO books (author_id, title, year) SELECT author_id, 'unseen', 2 FROM books");
	assert_queries(0, ck_assert_uint_eq(kept_books(ada), 1));
	assert_queries(1, assert_ok(weir_related_refresh(&of, NULL, &list, &blog.err)));
	ck_assert_uint_eq(list.count, 2);
	book_list_release(&list);
	assert_queries(0, ck_assert_uint_eq(kept_books(ada), 2));
	assert_ok(weir_related_refresh(&of, &first, &list, &blog.err));
	book_list_release(&list);
	assert_queries(0, ck_assert_uint_eq(kept_books(ada), 1));
	library_book(&blog, ada, "b", 1);
	assert_queries(1, ck_assert_uint_eq(kept_books(ada), 3));
}

REDIS_TEST(test_refresh__is_refused_where_the_entry_is_not_the_relations)
{
	static const weir_relation_loader first = { .load = only_first };
	weir_related  up = weir_related_to(blog.session, &book_model, "author", &(book){ .author_id = { true, 1 } });
	weir_related  linked = weir_related_to(blog.session, &book_model, "tags", &(book){ .id = 1 });
	const author *one = NULL;
	tag_list      list = WEIR_LIST_INIT;

	assert_status(WEIR_ERR_USAGE, weir_related_refresh(&up, NULL, &one, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_related_refresh(&linked, &first, &list, &blog.err));
	assert_ok(weir_related_refresh(&linked, NULL, &list, &blog.err));
}

/* ---- Derived models ----------------------------------------------------------------------------------------------------------------- */

REDIS_TEST(test_derived_model__has_its_own_relations_and_its_parents_on_one_table)
{
	weir_base_dao dao = weir_get_dao(blog.session, &editor_model);
	const editor *eve = NULL;
	book_list     list = WEIR_LIST_INIT;
	int64_t       id = library_book(&blog, 0, "b", 1);

	assert_ok(weir_base_dao_create(&dao, &(editor){ .name = "eve" }, WEIR_SET(author, name), &eve, &blog.err));
	ck_assert_ptr_eq(weir_record_model(eve), &editor_model);
	assert_ok(author_edited_add(blog.session, eve, &(book){ .id = id }, &blog.err));
	for (int round = 0; round < 2; round++) {
		assert_queries(1, assert_ok(editor_books(blog.session, eve, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 1);
		book_list_release(&list);
		assert_ok(author_books(blog.session, eve, &list, &blog.err));
		ck_assert_uint_eq(list.count, 0);
		assert_queries(1 - (uint64_t)round, assert_ok(editor_edited(blog.session, eve, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 1);
		book_list_release(&list);
	}
	editor_release(&eve);
}

REDIS_TEST(test_derived_model__is_flushed_with_the_rows_that_it_shares)
{
	weir_base_dao editors = weir_get_dao(blog.session, &editor_model);
	editor        key = { .id = library_author(&blog, "ada") };
	const editor *found = NULL;

	assert_ok(weir_base_dao_get_by_id_cached(&editors, &key, &found, &blog.err));
	editor_release(&found);
	blog_sql(&blog, "UPDATE authors SET name = 'unseen'");
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), &editor_model, &blog.err));
	assert_ok(weir_base_dao_get_by_id_cached(&editors, &key, &found, &blog.err));
	ck_assert_str_eq(found->name, "unseen");
	editor_release(&found);
}

REDIS_TEST(test_derived_model__and_its_parent_see_each_others_writes)
{
	weir_base_dao editors = weir_get_dao(blog.session, &editor_model),
				  authors = weir_get_dao(blog.session, &author_model);
	editor        key = { .id = library_author(&blog, "ada") };
	const editor *found = NULL;

	for (int round = 0; round < 3; round++) {
		char name[32];

		snprintf(name, sizeof name, "name %d", round);
		assert_ok(weir_base_dao_update(round % 2 ? &editors : &authors, &key, &(author){ .name = name },
		                               WEIR_SET(author, name), NULL, &blog.err));
		assert_ok(weir_base_dao_get_by_id_cached(&editors, &key, &found, &blog.err));
		ck_assert_str_eq(found->name, name);
		editor_release(&found);
		assert_ok(weir_base_dao_get_by_id_cached(&authors, &key, &found, &blog.err));
		ck_assert_str_eq(found->name, name);
		author_release(&found);
	}
}

WEIR_SUITE("relation_cache", test_entry__is_named_by_relation_and_owner_and_expires,
           test_entry__is_asked_for_anew_once_it_has_expired, test_configuration__each_member_is_inherited_on_its_own,
           test_enabled__off_asks_every_time_and_stores_nothing, test_max_items__a_longer_list_is_returned_and_not_kept,
           test_version__another_number_leaves_all_entries_behind,
           test_max_entries__memory_keeps_so_many_of_a_relation_and_others_are_left_alone,
           test_statistics__count_hits_misses_and_their_ratio_for_each_relation,
           test_log__at_debug_shows_each_cache_operation_of_a_relation,
           test_loader__loads_in_its_own_way_and_is_kept_and_invalidated,
           test_loader__that_fails_is_reported_and_nothing_is_kept,
           test_own_cache__keeps_the_values_and_writes_still_invalidate_them,
           test_refresh__writes_the_entry_even_if_there_is_one,
           test_refresh__is_refused_where_the_entry_is_not_the_relations,
           test_derived_model__has_its_own_relations_and_its_parents_on_one_table,
           test_derived_model__is_flushed_with_the_rows_that_it_shares,
           test_derived_model__and_its_parent_see_each_others_writes);
