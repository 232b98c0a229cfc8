/* Cached reads and their invalidation, on PostgreSQL with each cache: Redis and memory. "No query" is shown by counting. Rows B1 to
 * B27 of docs/features.md. */
#include "support/blog.h"

#include "cache/cache.h"

#include <stdio.h>
#include <string.h>

static struct blog blog;

/* The body runs once with each backend. */
#define CACHED_TEST(name)                                                                                              \
	TEST_WITH_EACH_CACHE(name, blog_open(&blog, &(weir_options){ .cache_kind = kind }), blog_close(&blog))

/* Runs a statement and asserts how many queries it sent. */
#define assert_queries(expected, statement)                                                                            \
	do {                                                                                                               \
		uint64_t before_ = blog_queries(&blog);                                                                        \
		statement;                                                                                                     \
		ck_assert_uint_eq(blog_queries(&blog) - before_, expected);                                                    \
	} while (0)

static void assert_bio(int64_t id, const char *bio)
{
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	ck_assert_pstr_eq(found->bio, bio);
	user_release(&found);
}

static void set_bio(int64_t id, const char *bio)
{
	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err));
}

static int64_t cached_count(const weir_query *query)
{
	int64_t count = -1;

	assert_ok(user_dao_count_cached(&blog.users, query, &count, &blog.err));
	return count;
}

static size_t cached_list_length(const weir_query *query)
{
	post_list list = WEIR_LIST_INIT;
	size_t    count;

	assert_ok(post_dao_get_all_cached(&blog.posts, query, &list, &blog.err));
	count = list.count;
	post_list_release(&list);
	return count;
}

CACHED_TEST(test_get_by_id_cached__asks_the_database_once)
{
	int64_t id = blog_user(&blog, "ada");

	assert_queries(1, assert_bio(id, NULL));
	assert_queries(0, assert_bio(id, NULL));
	weir_cache_stats stats = blog_cache_stats(&blog, &user_model);
	ck_assert_uint_eq(stats.hits, 1);
	ck_assert_uint_eq(stats.misses, 1);
	ck_assert_uint_eq(stats.fills, 1);
	ck_assert(weir_cache_stats_hit_ratio(&stats) > 0.49 && weir_cache_stats_hit_ratio(&stats) < 0.51);
}

CACHED_TEST(test_cached_record__is_the_same_as_the_databases)
{
	const comment *cold = NULL, *warm = NULL, *direct = NULL;
	int64_t        author = blog_user(&blog, "ada");
	int64_t        about = blog_post(&blog, author, "t");

	assert_ok(comment_dao_create(
		&blog.comments,
		&(comment){
			.post_id = about, .user_id = author, .body = "tab\t\"q\" \xf0\x9f\x8c\x8a", .stars = weir_some_i16(-3) },
		WEIR_SET(comment, post_id, user_id, body, stars), &direct, &blog.err));
	assert_ok(comment_dao_get_by_id_cached(&blog.comments, direct->id, &cold, &blog.err));
	assert_queries(0, assert_ok(comment_dao_get_by_id_cached(&blog.comments, direct->id, &warm, &blog.err)));
	ck_assert_str_eq(warm->body, direct->body);
	ck_assert_int_eq(warm->stars.value, -3);
	ck_assert_int_eq(memcmp(warm->token.bytes, direct->token.bytes, 16), 0);
	ck_assert_int_eq(warm->created_at.unix_us, direct->created_at.unix_us);
	ck_assert_int_eq(cold->post_id, warm->post_id);
	comment_release(&cold);
	comment_release(&warm);
	comment_release(&direct);
}

CACHED_TEST(test_update__is_seen_by_the_next_cached_read)
{
	int64_t id = blog_user(&blog, "ada");

	for (int i = 0; i < 3; i++) {
		char bio[8] = { 'v', (char)('0' + i), '\0' };

		set_bio(id, bio);
		assert_queries(1, assert_bio(id, bio));
		assert_queries(0, assert_bio(id, bio));
	}
}

CACHED_TEST(test_delete__is_seen_by_the_next_cached_read)
{
	const user *none = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_bio(id, NULL);
	assert_ok(user_dao_delete(&blog.users, id, NULL, &blog.err));
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, id, &none, &blog.err));
}

CACHED_TEST(test_not_found__is_cached_and_forgotten_by_a_create)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "first") + 1;

	assert_queries(1, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err)));
	assert_queries(0, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err)));
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).absent_hits, 1);
	ck_assert_int_eq(blog_user(&blog, "second"), id);
	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
}

CACHED_TEST(test_get_by_email_cached__hits_without_a_query)
{
	const user *found = NULL;

	blog_user(&blog, "ada");
	for (int i = 0; i < 2; i++) {
		assert_ok(user_dao_get_by_email_cached(&blog.users, "ada@example.org", &found, &blog.err));
		user_release(&found);
	}
	assert_queries(0, assert_ok(user_dao_get_by_email_cached(&blog.users, "ada@example.org", &found, &blog.err)));
	ck_assert_str_eq(found->username, "ada");
	user_release(&found);
	assert_queries(1, assert_status(WEIR_NOT_FOUND,
	                                user_dao_get_by_email_cached(&blog.users, "eve@example.org", &found, &blog.err)));
	assert_queries(0, assert_status(WEIR_NOT_FOUND,
	                                user_dao_get_by_email_cached(&blog.users, "eve@example.org", &found, &blog.err)));
}

static unsigned lookups_seen;

static void count_lookups(void *context, weir_log_level level, const char *line)
{
	(void)context;
	(void)level;
	lookups_seen += strstr(line, ": lookup of ") != NULL;
}

static int64_t by_username(const char *username)
{
	const user *found = NULL;
	int64_t     id;

	assert_ok(user_dao_get_by_username_cached(&blog.users, username, &found, &blog.err));
	id = found->id;
	user_release(&found);
	return id;
}

START_TEST(test_unique_field__is_looked_up_with_its_record_in_one_round_trip)
{
	int64_t ada, eve;

	blog_open(&blog, &(weir_options){ .log = { .write = count_lookups, .level = WEIR_LOG_DEBUG } });
	ada = blog_user(&blog, "ada");
	ck_assert_int_eq(by_username("ada"), ada);
	ck_assert_int_eq(by_username("ada"), ada);
	lookups_seen = 0;
	assert_queries(0, ck_assert_int_eq(by_username("ada"), ada));
	ck_assert_uint_eq(lookups_seen, 1);
	/* the name goes to another row, and what was noted before leads nowhere */
	assert_ok(user_dao_update(&blog.users, ada, &(user){ .username = "countess", .email = "countess@example.org" },
	                          WEIR_SET(user, username, email), NULL, &blog.err));
	eve = blog_user(&blog, "ada");
	ck_assert_int_eq(by_username("ada"), eve);
	ck_assert_int_eq(by_username("ada"), eve);
	lookups_seen = 0;
	assert_queries(0, ck_assert_int_eq(by_username("ada"), eve));
	ck_assert_uint_eq(lookups_seen, 1);
	blog_close(&blog);
}
END_TEST

CACHED_TEST(test_unique_field__old_value_stops_and_new_value_starts_at_once)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	user_release(&found);
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "countess", &found, &blog.err));
	assert_ok(user_dao_update(&blog.users, id, &(user){ .username = "countess", .email = "countess@example.org" },
	                          WEIR_SET(user, username, email), NULL, &blog.err));
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	assert_ok(user_dao_get_by_username_cached(&blog.users, "countess", &found, &blog.err));
	ck_assert_int_eq(found->id, id);
	user_release(&found);
	int64_t other = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	ck_assert_int_eq(found->id, other);
	user_release(&found);
}

CACHED_TEST(test_unique_field__a_pointer_that_led_elsewhere_is_replaced_and_is_no_error)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	user_release(&found);
	assert_ok(
		user_dao_update(&blog.users, id, &(user){ .username = "countess" }, WEIR_SET(user, username), NULL, &blog.err));
	for (int i = 0; i < 3; i++)
		assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	assert_queries(
		0, assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err)));
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).errors, 0);
}

CACHED_TEST(test_get_many_cached__asks_once_for_what_is_missing_and_keeps_order_and_gaps)
{
	user_list found = WEIR_LIST_INIT;
	int64_t   a = blog_user(&blog, "a"), b = blog_user(&blog, "b"), c = blog_user(&blog, "c");
	int64_t   ids[] = { c, 424242, a, c, b };

	assert_bio(a, NULL);
	assert_queries(1, assert_ok(user_dao_get_many_cached(&blog.users, ids, 5, &found, &blog.err)));
	for (int round = 0; round < 2; round++) {
		ck_assert_uint_eq(found.count, 5);
		ck_assert_str_eq(found.items[0]->username, "c");
		ck_assert_ptr_null(found.items[1]);
		ck_assert_str_eq(found.items[2]->username, "a");
		ck_assert_int_eq(found.items[3]->id, c);
		ck_assert_str_eq(found.items[4]->username, "b");
		user_list_release(&found);
		if (round == 0)
			assert_queries(0, assert_ok(user_dao_get_many_cached(&blog.users, ids, 5, &found, &blog.err)));
	}
	set_bio(b, "changed");
	assert_queries(1, assert_ok(user_dao_get_many_cached(&blog.users, ids, 5, &found, &blog.err)));
	ck_assert_str_eq(found.items[4]->bio, "changed");
	user_list_release(&found);
}

CACHED_TEST(test_list__is_cached_and_every_kind_of_write_is_seen)
{
	int64_t    author = blog_user(&blog, "ada");
	int64_t    id = blog_post(&blog, author, "one");
	weir_query published = { .where = weir_eq(post_c.published, false) };

	assert_queries(1, ck_assert_uint_eq(cached_list_length(&published), 1));
	assert_queries(0, ck_assert_uint_eq(cached_list_length(&published), 1));
	blog_post(&blog, author, "two");
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&published), 2));
	assert_ok(
		post_dao_update(&blog.posts, id, &(post){ .published = true }, WEIR_SET(post, published), NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&published), 1));
	assert_ok(post_dao_delete(&blog.posts, id, NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&published), 1));
	assert_ok(weir_base_dao_update_where(&blog.posts.base, weir_everything(), &(post){ .published = true },
	                                     WEIR_SET(post, published), NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&published), 0));
	assert_queries(0, ck_assert_uint_eq(cached_list_length(&published), 0));
}

CACHED_TEST(test_list_of_a_stamped_column__is_left_alone_by_writes_to_other_values)
{
	int64_t    ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");
	int64_t    post_of_eve = blog_post(&blog, eve, "e");
	weir_query of_ada = { .where = weir_eq(post_c.user_id, ada) };

	blog_post(&blog, ada, "a");
	ck_assert_uint_eq(cached_list_length(&of_ada), 1);
	blog_post(&blog, eve, "e2");
	assert_queries(0, ck_assert_uint_eq(cached_list_length(&of_ada), 1));
	assert_ok(
		post_dao_update(&blog.posts, post_of_eve, &(post){ .user_id = ada }, WEIR_SET(post, user_id), NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&of_ada), 2));
	assert_ok(
		post_dao_update(&blog.posts, post_of_eve, &(post){ .user_id = eve }, WEIR_SET(post, user_id), NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&of_ada), 1));
}

typedef struct account {
	int64_t      id;
	const char  *username, *email;
	weir_numeric balance;
} account;
extern const weir_model account_model;
static const weir_field account_fields[] = {
	WEIR_FIELD(account, id, .primary_key = true, .generated = true),
	WEIR_FIELD(account, username, .unique = true, .max_length = 50),
	WEIR_FIELD(account, email, .unique = true, .max_length = 255),
	WEIR_FIELD(account, balance, .stamped = true),
};
const weir_model                 account_model = WEIR_MODEL(account, "users", account_fields);
static const weir_numeric_column account_balance = WEIR_NUMERIC_COLUMN(account, balance);

/* 1.5 and 1.50 are one value: a stamp made of its text would miss the other spelling. */
CACHED_TEST(test_stamped_numeric__a_write_is_seen_however_its_value_is_spelled)
{
	static const weir_model *const models[] = { &account_model, NULL };
	weir_session                  *session =
		blog_open_other(&blog, &(weir_options){ .models = models, .schema_check = WEIR_SCHEMA_SKIP });
	weir_base_dao accounts = weir_get_dao(session, &account_model);
	account       rich = { .username = "a", .email = "a@x", .balance = weir_numeric_of("1.50") };
	weir_query    same = { .where = weir_eq(account_balance, weir_numeric_of("1.5")) };
	int64_t       count = -1;

	assert_ok(weir_base_dao_count_cached(&accounts, &same, &count, &blog.err));
	ck_assert_int_eq(count, 0);
	assert_ok(weir_base_dao_create(&accounts, &rich, WEIR_SET(account, username, email, balance), NULL, &blog.err));
	assert_ok(weir_base_dao_count_cached(&accounts, &same, &count, &blog.err));
	ck_assert_int_eq(count, 1);
	weir_close(&session);
}

CACHED_TEST(test_list_key__does_not_depend_on_the_order_of_filters)
{
	post_list list = WEIR_LIST_INIT;

	assert_ok(post_dao_get_all_cached(
		&blog.posts, WEIR_QUERY(.where = weir_all(weir_eq(post_c.published, true), weir_gt(post_c.views, 3))), &list,
		&blog.err));
	post_list_release(&list);
	assert_queries(
		0, assert_ok(post_dao_get_all_cached(
			   &blog.posts, WEIR_QUERY(.where = weir_all(weir_gt(post_c.views, 3), weir_eq(post_c.published, true))),
			   &list, &blog.err)));
	post_list_release(&list);
	assert_queries(
		1, assert_ok(post_dao_get_all_cached(
			   &blog.posts, WEIR_QUERY(.where = weir_all(weir_gt(post_c.views, 4), weir_eq(post_c.published, true))),
			   &list, &blog.err)));
	post_list_release(&list);
}

CACHED_TEST(test_count_and_exists__are_cached_and_invalidated)
{
	weir_query ada = { .where = weir_eq(user_c.username, "ada") };
	bool       exists = true;

	assert_queries(1, ck_assert_int_eq(cached_count(NULL), 0));
	assert_queries(0, ck_assert_int_eq(cached_count(NULL), 0));
	assert_queries(1, assert_ok(user_dao_exists_cached(&blog.users, &ada, &exists, &blog.err)));
	assert_queries(0, assert_ok(user_dao_exists_cached(&blog.users, &ada, &exists, &blog.err)));
	ck_assert(!exists);
	blog_user(&blog, "ada");
	assert_queries(1, ck_assert_int_eq(cached_count(NULL), 1));
	assert_ok(user_dao_exists_cached(&blog.users, &ada, &exists, &blog.err));
	ck_assert(exists);
}

CACHED_TEST(test_search_users_cached__hits_without_a_query)
{
	user_list found = WEIR_LIST_INIT;

	blog_user(&blog, "ada");
	for (uint64_t round = 0; round < 2; round++) {
		assert_queries(1 - round, assert_ok(user_dao_search_users_cached(&blog.users, "AD", 0, 10, &found, &blog.err)));
		ck_assert_uint_eq(found.count, 1);
		user_list_release(&found);
	}
}

CACHED_TEST(test_write_that_fails_or_finds_nothing__invalidates_nothing)
{
	const user *none = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_bio(id, NULL);
	uint64_t before = blog_cache_stats(&blog, &user_model).invalidations;
	assert_status(WEIR_NOT_FOUND,
	              user_dao_update(&blog.users, id + 1, &(user){ .bio = "x" }, WEIR_SET(user, bio), &none, &blog.err));
	bool deleted = true;
	assert_ok(user_dao_delete(&blog.users, id + 1, &deleted, &blog.err));
	ck_assert(!deleted);
	assert_status(WEIR_ERR_UNIQUE, user_dao_create(&blog.users, &(user){ .username = "ada", .email = "n" },
	                                               WEIR_SET(user, username, email), &none, &blog.err));
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).invalidations, before);
	assert_queries(0, assert_bio(id, NULL));
}

CACHED_TEST(test_transaction__reads_the_database_and_invalidates_at_commit)
{
	weir_session *tx = NULL;
	const user   *found = NULL;
	int64_t       id = blog_user(&blog, "ada");

	assert_bio(id, NULL);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	user_dao inside = get_user_dao(tx);
	assert_ok(user_dao_update(&inside, id, &(user){ .bio = "uncommitted" }, WEIR_SET(user, bio), NULL, &blog.err));
	assert_ok(user_dao_get_by_id_cached(&inside, id, &found, &blog.err));
	ck_assert_str_eq(found->bio, "uncommitted");
	user_release(&found);
	assert_queries(0, assert_bio(id, NULL));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_ptr_null(tx);
	assert_queries(1, assert_bio(id, "uncommitted"));
}

CACHED_TEST(test_rollback__leaves_rows_and_cache_as_they_were)
{
	weir_session *tx = NULL;
	int64_t       id = blog_user(&blog, "ada");

	assert_bio(id, NULL);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	user_dao inside = get_user_dao(tx);
	assert_ok(user_dao_update(&inside, id, &(user){ .bio = "gone" }, WEIR_SET(user, bio), NULL, &blog.err));
	weir_rollback(&tx);
	assert_queries(0, assert_bio(id, NULL));
}

CACHED_TEST(test_savepoint__rolled_back_drops_its_touches_and_keeps_the_others)
{
	weir_session *tx = NULL, *savepoint = NULL;
	int64_t       kept = blog_user(&blog, "kept"), undone = blog_user(&blog, "undone");

	assert_bio(kept, NULL);
	assert_bio(undone, NULL);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	user_dao outer = get_user_dao(tx);
	assert_ok(user_dao_update(&outer, kept, &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, &blog.err));
	assert_ok(weir_begin(tx, NULL, &savepoint, &blog.err));
	user_dao inner = get_user_dao(savepoint);
	assert_ok(user_dao_update(&inner, undone, &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, &blog.err));
	weir_rollback(&savepoint);
	assert_ok(weir_commit(&tx, &blog.err));
	assert_queries(1, assert_bio(kept, "new"));
	assert_queries(0, assert_bio(undone, NULL));
}

CACHED_TEST(test_flush__forgets_one_model_and_no_row)
{
	int64_t    id = blog_user(&blog, "ada");
	int64_t    about = blog_post(&blog, id, "t");
	weir_query all = { .limit = 10 };

	assert_bio(id, NULL);
	ck_assert_uint_eq(cached_list_length(&all), 1);
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), &user_model, &blog.err));
	assert_queries(1, assert_bio(id, NULL));
	assert_queries(0, ck_assert_uint_eq(cached_list_length(&all), 1));
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&all), 1));
	ck_assert_int_gt(about, 0);
}

CACHED_TEST(test_configure__disabled_models_are_neither_read_nor_stored)
{
	int64_t             id = blog_user(&blog, "ada");
	weir_cache_manager *cache = weir_session_cache(blog.session);

	assert_ok(weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .enabled = WEIR_OFF }, &blog.err));
	assert_queries(1, assert_bio(id, NULL));
	assert_queries(1, assert_bio(id, NULL));
	assert_ok(weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .enabled = WEIR_ON }, &blog.err));
	assert_queries(1, assert_bio(id, NULL));
	assert_queries(0, assert_bio(id, NULL));
	assert_ok(weir_cache_manager_configure(cache, &user_model, &(weir_cache_config){ .version = 2 }, &blog.err));
	assert_queries(1, assert_bio(id, NULL));
}

CACHED_TEST(test_max_items__a_longer_list_is_returned_and_not_kept)
{
	int64_t    author = blog_user(&blog, "ada");
	weir_query all = { .limit = 10 };

	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &post_model,
	                                       &(weir_cache_config){ .max_items = 1 }, &blog.err));
	blog_post(&blog, author, "one");
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&all), 1));
	assert_queries(0, ck_assert_uint_eq(cached_list_length(&all), 1));
	blog_post(&blog, author, "two");
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&all), 2));
	assert_queries(1, ck_assert_uint_eq(cached_list_length(&all), 2));
}

CACHED_TEST(test_own_values__are_kept_apart_from_records)
{
	weir_cache_manager *cache = weir_session_cache(blog.session);
	char               *value = NULL;
	size_t              length = 0;

	assert_status(WEIR_NOT_FOUND, weir_cache_manager_get(cache, "user:id:1", &value, &length, &blog.err));
	assert_ok(weir_cache_manager_set(cache, "user:id:1", "a\0b", 3, 60, &blog.err));
	assert_ok(weir_cache_manager_get(cache, "user:id:1", &value, &length, &blog.err));
	ck_assert_uint_eq(length, 3);
	ck_assert_int_eq(memcmp(value, "a\0b", 4), 0);
	weir_free(value);
	value = NULL;
	const user *none = NULL;
	assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, 1, &none, &blog.err));
	assert_ok(weir_cache_manager_delete(cache, "user:id:1", &blog.err));
	assert_status(WEIR_NOT_FOUND, weir_cache_manager_get(cache, "user:id:1", &value, &length, &blog.err));
	assert_ok(weir_cache_manager_delete(cache, "user:id:1", &blog.err));
}

START_TEST(test_two_sessions__a_write_in_one_is_seen_at_once_by_the_other)
{
	const user *found = NULL;

	blog_open(&blog, NULL);
	weir_session *other = blog_open_other(&blog, NULL);
	user_dao      theirs = get_user_dao(other);
	int64_t       id = blog_user(&blog, "ada");

	assert_bio(id, NULL);
	for (int i = 0; i < 20; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "bio %d", i);
		assert_ok(user_dao_update(&theirs, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err));
		assert_bio(id, bio);
		assert_ok(user_dao_get_by_email_cached(&theirs, "ada@example.org", &found, &blog.err));
		ck_assert_str_eq(found->bio, bio);
		user_release(&found);
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* A cache whose releases use the session that waits for them. */
static int (*release_plainly)(weir_cache_backend *, const weir_touch *, size_t, const weir_cache_call *);
static int64_t read_meanwhile;

static int release_and_read(weir_cache_backend *self, const weir_touch *touches, size_t count,
                            const weir_cache_call *call)
{
	const user *found = NULL;

	if (read_meanwhile) {
		assert_ok(user_dao_get_by_id(&blog.users, read_meanwhile, &found, &blog.err));
		ck_assert_str_eq(found->bio, "written");
		user_release(&found);
	}
	return release_plainly(self, touches, count, call);
}

START_TEST(test_write__others_have_its_connection_while_it_releases)
{
	weir_cache_backend *backend = NULL;
	weir_session       *tx = NULL;
	user_dao            users;
	int64_t             id;

	ck_assert_int_eq(weir__cache_backend_memory(1 << 20, &backend, NULL), WEIR_OK);
	release_plainly = backend->release;
	backend->release = release_and_read;
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_CUSTOM,
	                                  .cache_backend = backend,
	                                  .timeout_ms = 1000,
	                                  .pool.max_connections = 1 });
	id = blog_user(&blog, "ada");
	read_meanwhile = id;
	set_bio(id, "written");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	assert_ok(user_dao_update(&users, id, &(user){ .age = { true, 1 } }, WEIR_SET(user, age), NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	read_meanwhile = 0;
	assert_bio(id, "written");
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("cached_dao", test_write__others_have_its_connection_while_it_releases,
           test_get_by_id_cached__asks_the_database_once, test_cached_record__is_the_same_as_the_databases,
           test_update__is_seen_by_the_next_cached_read, test_delete__is_seen_by_the_next_cached_read,
           test_not_found__is_cached_and_forgotten_by_a_create, test_get_by_email_cached__hits_without_a_query,
           test_unique_field__old_value_stops_and_new_value_starts_at_once,
           test_unique_field__is_looked_up_with_its_record_in_one_round_trip,
           test_unique_field__a_pointer_that_led_elsewhere_is_replaced_and_is_no_error,
           test_get_many_cached__asks_once_for_what_is_missing_and_keeps_order_and_gaps,
           test_list__is_cached_and_every_kind_of_write_is_seen,
           test_list_of_a_stamped_column__is_left_alone_by_writes_to_other_values,
           test_stamped_numeric__a_write_is_seen_however_its_value_is_spelled,
           test_list_key__does_not_depend_on_the_order_of_filters, test_count_and_exists__are_cached_and_invalidated,
           test_search_users_cached__hits_without_a_query, test_write_that_fails_or_finds_nothing__invalidates_nothing,
           test_transaction__reads_the_database_and_invalidates_at_commit,
           test_rollback__leaves_rows_and_cache_as_they_were,
           test_savepoint__rolled_back_drops_its_touches_and_keeps_the_others, test_flush__forgets_one_model_and_no_row,
           test_configure__disabled_models_are_neither_read_nor_stored,
           test_max_items__a_longer_list_is_returned_and_not_kept, test_own_values__are_kept_apart_from_records,
           test_two_sessions__a_write_in_one_is_seen_at_once_by_the_other);
