/* Lists of the near cache, which all callers share, where a call does more with a list than giving it out: it turns a page around, cuts
 * it, loads relations with it. */
#include "integration/near.h"

#include <weir/reading.h>

static int64_t ada;

static void setup(void)
{
	static const char *const titles[] = { "a", "b", "c", "d", "e" };

	open_near(NULL);
	ada = blog_user(&blog, "ada");
	for (size_t i = 0; i < 5; i++)
		(void)blog_post(&blog, ada, titles[i]);
}

/* The titles of a page, as one text. */
static const char *read_page(const char *cursor, weir_cursors *cursors)
{
	static char text[16];
	post_list   list = WEIR_LIST_INIT;

	assert_ok(post_dao_get_page_cached(&blog.posts, WEIR_QUERY(.limit = 2), cursor, &list, cursors, &blog.err));
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		strcat(text, list.items[i]->title);
	post_list_release(&list);
	return text;
}

START_TEST(test_page__backward_from_the_near_cache_is_in_the_same_order_each_time)
{
	weir_cursors first = WEIR_CURSORS_INIT, second = WEIR_CURSORS_INIT, third = WEIR_CURSORS_INIT;
	weir_cursors back = WEIR_CURSORS_INIT;

	setup();
	ck_assert_str_eq(read_page(NULL, &first), "ab");
	ck_assert_str_eq(read_page(first.next, &second), "cd");
	ck_assert_str_eq(read_page(second.next, &third), "e");
	for (int i = 0; i < 4; i++)
		assert_near((uint64_t)(i > 0), ck_assert_str_eq(read_page(third.previous, &back), "cd"));
	weir_cursors_release(&first);
	weir_cursors_release(&second);
	weir_cursors_release(&third);
	weir_cursors_release(&back);
	blog_close(&blog);
}
END_TEST

static void read_with(post_list *list)
{
	const user *author = NULL;

	assert_ok(post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.with = WEIR_WITH("author")), list, &blog.err));
	ck_assert_uint_eq(list->count, 5);
	ck_assert(post_author_loaded(list, list->items[0], &author));
	ck_assert_ptr_nonnull(author);
}

START_TEST(test_list__from_the_near_cache_has_relations_of_its_own_each_time)
{
	post_list   lists[3] = { WEIR_LIST_INIT };
	post_list   plain = WEIR_LIST_INIT;
	const user *author = NULL, *before = NULL;

	setup();
	for (int i = 0; i < 3; i++) {
		read_with(&lists[i]);
		ck_assert(post_author_loaded(&lists[0], lists[0].items[0], &author));
		ck_assert(i == 0 || author == before);
		before = author;
	}
	assert_ok(post_dao_get_all_cached(&blog.posts, NULL, &plain, &blog.err));
	ck_assert(!post_author_loaded(&plain, plain.items[0], &author));
	post_list_release(&plain);
	for (int i = 0; i < 3; i++)
		post_list_release(&lists[i]);
	blog_close(&blog);
}
END_TEST

typedef struct title_only {
	const char *title;
} title_only;
WEIR_RECORD(title_only)
static const weir_field title_fields[] = { WEIR_FIELD(title_only, title) };
static const weir_model title_model = WEIR_RESULT(title_only, title_fields);

static void read_lists(int fresh_ms)
{
	const weir_query *query = WEIR_QUERY(.fresh_ms = fresh_ms);
	post_list         list = WEIR_LIST_INIT;
	title_only_list   titles = WEIR_LIST_INIT;

	assert_ok(post_dao_get_all_cached(&blog.posts, query, &list, &blog.err));
	post_list_release(&list);
	assert_ok(weir_base_dao_get_all_into_cached(&blog.posts.base, query, &title_model, &titles, &blog.err));
	title_only_list_release(&titles);
}

START_TEST(test_query__says_how_fresh_a_list_must_be)
{
	setup();
	assert_near(0, read_lists(0));
	assert_near(2, read_lists(0));
	assert_near(0, read_lists(WEIR_STRONG));
	assert_near(0, read_lists(WEIR_BYPASS));
	assert_near(2, read_lists(0));
	blog_close(&blog);
}
END_TEST

/* The ids of a list, as one number in which the order counts. */
static int64_t sum_of(const post_list *list)
{
	int64_t sum = (int64_t)list->count;

	for (size_t i = 0; i < list->count; i++)
		sum = sum * 31 + list->items[i]->id;
	return sum;
}

static int64_t read_posts(const weir_query *query, bool cached)
{
	post_list list = WEIR_LIST_INIT;
	int64_t   sum;

	assert_ok(cached ? post_dao_get_all_cached(&blog.posts, query, &list, &blog.err)
	                 : post_dao_get_all(&blog.posts, query, &list, &blog.err));
	sum = sum_of(&list);
	post_list_release(&list);
	return sum;
}

/* Queries that differ in one thing each. Those that come from the near cache the second time are as the database has them. */
START_TEST(test_near__queries_that_differ_have_lists_of_their_own)
{
	const char *const some[] = { "a", "b" };
	const weir_time   late = { INT64_C(4102444800000000) };

	setup();

	const weir_query *const queries[] = {
		NULL,
		WEIR_QUERY(.limit = 2),
		WEIR_QUERY(.limit = 3),
		WEIR_QUERY(.skip = 2),
		WEIR_QUERY(.limit = 2, .skip = 2),
		WEIR_QUERY(.order = WEIR_ORDER(weir_desc(post_c.id))),
		WEIR_QUERY(.order = WEIR_ORDER(weir_asc(post_c.title), weir_desc(post_c.id))),
		WEIR_QUERY(.order = WEIR_ORDER(weir_desc(post_c.title), weir_asc(post_c.id))),
		WEIR_QUERY(.order = WEIR_ORDER(weir_desc(post_c.rating))),
		WEIR_QUERY(.order = WEIR_ORDER(weir_nulls_last(weir_desc(post_c.rating)))),
		WEIR_QUERY(.where = weir_eq(post_c.title, "a")),
		WEIR_QUERY(.where = weir_eq(post_c.title, "aa")),
		WEIR_QUERY(.where = weir_eq(post_c.title, "")),
		WEIR_QUERY(.where = weir_ne(post_c.title, "a")),
		WEIR_QUERY(.where = weir_eq(post_c.body, "a")),
		WEIR_QUERY(.where = weir_eq(post_c.published, true)),
		WEIR_QUERY(.where = weir_eq(post_c.published, false)),
		WEIR_QUERY(.where = weir_lt(post_c.created_at, late)),
		WEIR_QUERY(.where = weir_gt(post_c.created_at, late)),
		WEIR_QUERY(.where = weir_is_null(post_c.rating)),
		WEIR_QUERY(.where = weir_is_not_null(post_c.rating)),
		WEIR_QUERY(.where = weir_eq(post_c.user_id, ada)),
		WEIR_QUERY(.where = weir_eq(post_c.user_id, ada + 1)),
		WEIR_QUERY(.where = weir_between(post_c.views, 0, 10)),
		WEIR_QUERY(.where = weir_between(post_c.views, 10, 0)),
		WEIR_QUERY(.where = weir_all(weir_ge(post_c.title, "b"), weir_lt(post_c.title, "d"))),
		WEIR_QUERY(.where = weir_any(weir_ge(post_c.title, "b"), weir_lt(post_c.title, "d"))),
		WEIR_QUERY(.where = weir_all(weir_ge(post_c.title, "b"))),
		WEIR_QUERY(.where = weir_starts_with(post_c.title, "a")),
		WEIR_QUERY(.where = weir_in(post_c.title, some, 2)),
	};
	const size_t count = sizeof queries / sizeof queries[0];

	for (size_t i = 0; i < count; i++)
		assert_near(0, ck_assert_int_eq(read_posts(queries[i], true), read_posts(queries[i], false)));
	for (size_t i = 0; i < count; i++)
		assert_near(1, ck_assert_int_eq(read_posts(queries[i], true), read_posts(queries[i], false)));
	(void)blog_post(&blog, ada, "aa");
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(read_posts(queries[i], true), read_posts(queries[i], false));
	blog_close(&blog);
}
END_TEST

/* What is wrong about a query is found, whatever there is of one that is nearly the same. */
START_TEST(test_near__a_wrong_query_is_wrong_beside_a_right_one)
{
	post_list list = WEIR_LIST_INIT;

	setup();
	(void)read_posts(NULL, true);
	(void)read_posts(NULL, true);
	assert_status(WEIR_ERR_USAGE, post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.limit = -1), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE, post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.skip = -1), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.limit = INT64_MAX), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.lock = WEIR_FOR_UPDATE), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.deleted = (weir_deleted)0x10000), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.where = weir_eq(user_c.id, 1)), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE, post_dao_get_all_cached(&blog.posts, NULL, NULL, &blog.err));
	ck_assert_ptr_null(list.items);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("near lists", test_page__backward_from_the_near_cache_is_in_the_same_order_each_time,
           test_list__from_the_near_cache_has_relations_of_its_own_each_time, test_query__says_how_fresh_a_list_must_be,
           test_near__queries_that_differ_have_lists_of_their_own,
           test_near__a_wrong_query_is_wrong_beside_a_right_one);
