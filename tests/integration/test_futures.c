/* Futures: cached reads that are started one by one and travel together; each has its own outcome. */
#include "support/blog.h"
#include "support/eventually.h"
#include "support/redis.h"
#include "support/servers.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/near_cache.h>
#include <weir/scope.h>

static struct blog   blog;
static weir_futures *group;

static void open_futures(const weir_options *options)
{
	blog_open(&blog, options);
	assert_ok(weir_futures_create(blog.session, &group, &blog.err));
}

static void close_futures(void)
{
	weir_futures_free(&group);
	ck_assert_ptr_null(group);
	blog_close(&blog);
}

static void open_kind(weir_cache_kind kind)
{
	open_futures(&(weir_options){ .cache_kind = kind });
}

static weir_future *start_user(int64_t id)
{
	weir_future *future = NULL;

	assert_ok(user_dao_start_get_by_id_cached(&blog.users, id, group, &future, &blog.err));
	return future;
}

static weir_future *start_post(int64_t id)
{
	weir_future *future = NULL;

	assert_ok(post_dao_start_get_by_id_cached(&blog.posts, id, group, &future, &blog.err));
	return future;
}

static weir_future *start_by_username(const char *username)
{
	weir_future *future = NULL;

	assert_ok(weir_base_dao_start_get_by_cached(&blog.users.base, user_c.username.column,
	                                            &(user){ .username = username }, group, &future, &blog.err));
	return future;
}

static void take_user(weir_future *future, int64_t id)
{
	const user *found = NULL;

	assert_ok(weir_future_take(&future, &found, &blog.err));
	ck_assert_ptr_null(future);
	ck_assert_int_eq(found->id, id);
	user_release(&found);
}

static void take_nothing(weir_future *future)
{
	const user *found = NULL;

	assert_status(WEIR_NOT_FOUND, weir_future_take(&future, &found, &blog.err));
	ck_assert_ptr_null(future);
	ck_assert_ptr_null(found);
}

static void make_users(int64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof name, "user%zu", i);
		ids[i] = blog_user(&blog, name);
	}
}

#define USERS 20

/* ---- What travels ------------------------------------------------------------------------------------------------------- */

TEST_WITH_EACH_CACHE(test_futures__misses_of_a_model_are_one_statement_and_fill, open_kind(kind), close_futures())
{
	int64_t      ids[USERS];
	weir_future *futures[USERS + 2];
	uint64_t     before;

	make_users(ids, USERS);
	for (int pass = 0; pass < 2; pass++) {
		before = blog_queries(&blog);
		for (size_t i = 0; i < USERS; i++)
			futures[i] = start_user(ids[i]);
		futures[USERS] = start_user(ids[3]);
		futures[USERS + 1] = start_user(4711);
		ck_assert_uint_eq(blog_queries(&blog), before);
		ck_assert(!weir_future_is_done(futures[0]));
		weir_futures_wait(group);
		ck_assert(weir_future_is_done(futures[0]));
		ck_assert_uint_eq(blog_queries(&blog) - before, pass == 0 ? 1 : 0);
		for (size_t i = 0; i < USERS; i++)
			take_user(futures[i], ids[i]);
		take_user(futures[USERS], ids[3]);
		take_nothing(futures[USERS + 1]);
		ck_assert_uint_eq(blog_queries(&blog) - before, pass == 0 ? 1 : 0);
	}
	/* what a future has filled the read without one finds, and the other way group */
	before = blog_queries(&blog);
	const user *found = NULL;
	assert_ok(user_dao_get_by_id_cached(&blog.users, ids[0], &found, &blog.err));
	user_release(&found);
	ck_assert_uint_eq(blog_queries(&blog), before);
}

static int64_t commands(const char *url, const char *name)
{
	redisReply *reply = redis_reply(url, "INFO commandstats");
	char        label[64];
	const char *at;
	int64_t     calls;

	snprintf(label, sizeof label, "cmdstat_%s:calls=", name);
	at = strstr(reply->str, label);
	calls = at ? strtoll(at + strlen(label), NULL, 10) : 0;
	freeReplyObject(reply);
	return calls;
}

static int64_t reads(const char *url)
{
	return commands(url, "get") + commands(url, "mget");
}

START_TEST(test_futures__of_several_models_are_one_exchange_with_redis)
{
	struct server server;
	int64_t       ids[3], post_ids[2], before;
	weir_future  *futures[6];
	const post   *found = NULL;

	server_start(&server, SERVER_REDIS);
	open_futures(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .redis = server.url });
	make_users(ids, 3);
	for (size_t i = 0; i < 2; i++)
		post_ids[i] = blog_post(&blog, ids[0], "title");
	for (int pass = 0; pass < 3; pass++) { /* the first fills, the second learns where the unique value leads */
		uint64_t queries = blog_queries(&blog);

		before = reads(server.url);
		for (size_t i = 0; i < 3; i++)
			futures[i] = start_user(ids[i]);
		futures[3] = start_post(post_ids[0]);
		futures[4] = start_by_username("user1");
		futures[5] = start_post(post_ids[1]);
		for (size_t i = 0; i < 3; i++)
			take_user(futures[i], ids[i]);
		take_user(futures[4], ids[1]);
		for (size_t i = 3; i < 6; i += 2) {
			assert_ok(weir_future_take(&futures[i], &found, &blog.err));
			ck_assert_int_eq(found->id, post_ids[i == 5]);
			post_release(&found);
		}
		if (pass == 0)
			continue;
		ck_assert_uint_eq(blog_queries(&blog), queries);
		if (pass == 2)
			ck_assert_int_eq(reads(server.url) - before, 1);
	}
	close_futures();
	server_release(&server);
}
END_TEST

TEST_WITH_EACH_CACHE(test_futures__by_a_unique_field_find_the_row_or_none, open_kind(kind), close_futures())
{
	int64_t ids[3];

	make_users(ids, 3);
	for (int pass = 0; pass < 3; pass++) {
		uint64_t     before = blog_queries(&blog);
		char         name[16] = "user2";
		weir_future *ada = start_by_username("user1"), *again = start_by_username("user1");
		weir_future *kept = start_by_username(name), *none = start_by_username("nobody"),
					*null = start_by_username(NULL);

		memset(name, 'x', 5); /* the value was copied */
		ck_assert(weir_future_is_done(null));
		take_nothing(null);
		take_user(kept, ids[2]);
		take_user(ada, ids[1]);
		take_user(again, ids[1]);
		take_nothing(none);
		if (pass > 0)
			ck_assert_uint_eq(blog_queries(&blog), before);
	}
}

START_TEST(test_futures__near_records_are_taken_as_they_are)
{
	const user      *first = NULL, *second = NULL;
	weir_future     *future;
	weir_cache_stats stats;
	int64_t          ids[2];

	open_futures(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON });
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
	make_users(ids, 2);
	assert_ok(user_dao_get_by_id_cached(&blog.users, ids[0], &first, &blog.err));
	future = start_user(ids[0]);
	take_user(start_user(ids[1]), ids[1]);
	assert_ok(weir_future_take(&future, &second, &blog.err));
	ck_assert_ptr_eq(first, second);
	stats = blog_cache_stats(&blog, &user_model);
	take_user(start_user(ids[1]), ids[1]); /* which a future has left there */
	ck_assert_uint_eq(blog_cache_stats(&blog, &user_model).near_hits, stats.near_hits + 1);
	user_release(&first);
	user_release(&second);
	close_futures();
}
END_TEST

START_TEST(test_futures__more_than_travel_at_a_time_follow)
{
	enum { COUNT = 1100 };
	static weir_future *futures[COUNT];
	int64_t             ids[4];
	uint64_t            before;

	open_kind(WEIR_CACHE_REDIS);
	make_users(ids, 4);
	before = blog_queries(&blog);
	for (size_t i = 0; i < COUNT; i++)
		futures[i] = start_user(i % 5 ? ids[i % 4] : (int64_t)(100000 + i));
	for (size_t i = COUNT; i-- > 0;) {
		if (i % 5)
			take_user(futures[i], ids[i % 4]);
		else
			take_nothing(futures[i]);
	}
	ck_assert_uint_eq(blog_queries(&blog) - before, 3);
	close_futures();
}
END_TEST

/* ---- When a read begins --------------------------------------------------------------------------------------------------- */

TEST_WITH_EACH_CACHE(test_futures__see_what_was_written_before_they_are_waited_for, open_kind(kind), close_futures())
{
	int64_t      ids[2];
	const user  *found = NULL;
	weir_future *cold, *warm, *created;

	make_users(ids, 2);
	take_user(start_user(ids[1]), ids[1]);
	cold = start_user(ids[0]);
	warm = start_user(ids[1]);
	created = start_user(ids[1] + 1);
	for (size_t i = 0; i < 2; i++)
		assert_ok(user_dao_update(&blog.users, ids[i], &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, &blog.err));
	ck_assert_int_eq(blog_user(&blog, "later"), ids[1] + 1);
	assert_ok(weir_future_take(&cold, &found, &blog.err));
	ck_assert_str_eq(found->bio, "new");
	user_release(&found);
	assert_ok(weir_future_take(&warm, &found, &blog.err));
	ck_assert_str_eq(found->bio, "new");
	user_release(&found);
	take_user(created, ids[1] + 1);
}

TEST_WITH_EACH_CACHE(test_futures__in_a_transaction_ask_the_database_and_see_its_writes, open_kind(kind),
                     close_futures())
{
	weir_session *tx = NULL;
	weir_futures *own = NULL;
	weir_future  *futures[2] = { NULL, NULL };
	const user   *found = NULL;
	user_dao      users;
	int64_t       ids[2];
	uint64_t      before;

	make_users(ids, 2);
	take_user(start_user(ids[0]), ids[0]);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	assert_ok(weir_futures_create(tx, &own, &blog.err));
	assert_ok(user_dao_update(&users, ids[0], &(user){ .bio = "tx" }, WEIR_SET(user, bio), NULL, &blog.err));
	before = blog_queries(&blog);
	for (size_t i = 0; i < 2; i++)
		assert_ok(user_dao_start_get_by_id_cached(&users, ids[i], own, &futures[i], &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              user_dao_start_get_by_id_cached(&blog.users, ids[0], own, &(weir_future *){ NULL }, &blog.err));
	weir_futures_wait(own);
	ck_assert_uint_eq(blog_queries(&blog) - before, 1);
	assert_ok(weir_future_take(&futures[0], &found, &blog.err));
	ck_assert_str_eq(found->bio, "tx");
	user_release(&found);
	weir_futures_free(&own); /* the other one was never taken */
	weir_rollback(&tx);
	assert_ok(user_dao_get_by_id_cached(&blog.users, ids[0], &found, &blog.err));
	ck_assert_ptr_null(found->bio);
	user_release(&found);
}

/* ---- Outcomes --------------------------------------------------------------------------------------------------------------- */

START_TEST(test_futures__each_has_its_own_outcome)
{
	struct server postgres;
	weir_future  *good, *bad, *hit;
	const user   *found = NULL;
	user_dao      hasty;
	int64_t       ids[2];

	server_start(&postgres, SERVER_POSTGRES);
	open_futures(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .postgres = postgres.url });
	make_users(ids, 2);
	take_user(start_user(ids[0]), ids[0]);
	hit = start_user(ids[0]);
	hasty = blog.users;
	hasty.base.timeout_ms = 200;
	bad = NULL;
	assert_ok(user_dao_start_get_by_id_cached(&hasty, ids[1], group, &bad, &blog.err));
	server_pause(&postgres);
	take_user(hit, ids[0]);
	ck_assert(weir_future_is_done(bad));
	assert_status(WEIR_ERR_TIMEOUT, weir_future_take(&bad, &found, &blog.err));
	ck_assert_ptr_null(bad);
	ck_assert_int_eq(blog.err.status, WEIR_ERR_TIMEOUT);
	ck_assert_str_ne(blog.err.message, "");
	server_resume(&postgres);
	good = start_user(ids[1]);
	take_user(good, ids[1]);
	weir_futures_free(&group);
	weir_close(&blog.session);
	server_release(&postgres);
}
END_TEST

START_TEST(test_futures__that_are_freed_are_not_sent)
{
	weir_future *futures[4];
	int64_t      ids[4];
	uint64_t     before;

	open_kind(WEIR_CACHE_REDIS);
	make_users(ids, 4);
	before = blog_queries(&blog);
	for (size_t i = 0; i < 4; i++)
		futures[i] = start_user(ids[i]);
	for (size_t i = 0; i < 4; i++)
		weir_future_free(&futures[i]);
	weir_futures_wait(group);
	ck_assert_uint_eq(blog_queries(&blog), before);
	futures[0] = start_user(ids[0]);
	futures[1] = start_user(ids[1]);
	weir_future_free(&futures[0]);
	weir_future_free(NULL);
	take_user(futures[1], ids[1]);
	futures[2] = start_user(ids[2]);
	weir_futures_wait(group);
	weir_future_free(&futures[2]); /* with its record */
	futures[3] = start_user(ids[3]);
	close_futures(); /* with the one that waits */
}
END_TEST

START_TEST(test_futures__wrong_calls_are_refused_when_they_are_made)
{
	weir_future *future = NULL, *none = NULL;
	const user  *found = NULL;

	open_kind(WEIR_CACHE_MEMORY);
	assert_status(WEIR_ERR_USAGE, weir_futures_create(NULL, &(weir_futures *){ NULL }, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_futures_create(blog.session, &group, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_start_get_by_id_cached(&blog.users.base, NULL, group, &future, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_dao_start_get_by_id_cached(&blog.users, 1, NULL, &future, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_start_get_by_cached(&blog.users.base, user_c.bio.column,
	                                                                &(user){ .bio = "x" }, group, &future, &blog.err));
	assert_status(WEIR_ERR_VALUE,
	              weir_base_dao_start_get_by_cached(&blog.users.base, user_c.username.column,
	                                                &(user){ .username = "\xff" }, group, &future, &blog.err));
	ck_assert_ptr_null(future);
	future = start_user(1);
	none = future;
	assert_status(WEIR_ERR_USAGE, user_dao_start_get_by_id_cached(&blog.users, 1, group, &none, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_future_take(NULL, &found, &blog.err));
	found = (const user *)(const void *)&blog;
	assert_status(WEIR_ERR_USAGE, weir_future_take(&future, &found, &blog.err));
	found = NULL;
	take_nothing(future);
	ck_assert(!weir_future_is_done(NULL));
	weir_futures_wait(NULL);
	close_futures();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_futures__memory_that_is_short_is_an_outcome)
{
	int64_t ids[USERS];
	long    allocations = 0;
	bool    whole = false;

	open_kind(WEIR_CACHE_MEMORY);
	make_users(ids, USERS);
	while (!whole) {
		weir_future *futures[USERS] = { NULL };

		assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), &user_model, &blog.err));
		weir__memory_fail_after(allocations++, WEIR__FAIL_ONCE);
		whole = true;
		for (size_t i = 0; i < USERS; i++) {
			int rc = i % 4 ? user_dao_start_get_by_id_cached(&blog.users, ids[i], group, &futures[i], &blog.err)
			               : weir_base_dao_start_get_by_cached(&blog.users.base, user_c.username.column,
			                                                   &(user){ .username = "user0" }, group, &futures[i],
			                                                   &blog.err);

			ck_assert(rc == WEIR_OK || rc == WEIR_ERR_NO_MEMORY);
		}
		weir_futures_wait(group);
		for (size_t i = 0; i < USERS; i++) {
			const user *found = NULL;
			int         rc;

			if (!futures[i])
				continue;
			rc = weir_future_take(&futures[i], &found, &blog.err);
			ck_assert(rc == WEIR_OK ? found->id == ids[i % 4 ? i : 0] : rc == WEIR_ERR_NO_MEMORY);
			user_release(&found);
		}
		whole = weir__memory_failures() == 0;
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	}
	ck_assert_int_gt(allocations, USERS);
	close_futures();
}
END_TEST
#define MEMORY_TESTS , test_futures__memory_that_is_short_is_an_outcome
#else
#define MEMORY_TESTS
#endif

/* ---- Keys ------------------------------------------------------------------------------------------------------------------- */

typedef struct shelf {
	int32_t     shop;
	const char *article;
	weir_bytea  code;
	int64_t     pieces;
} shelf;
WEIR_RECORD(shelf)

static const weir_field shelf_fields[] = {
	WEIR_FIELD(shelf, shop, .primary_key = true),
	WEIR_FIELD(shelf, article, .primary_key = true),
	WEIR_FIELD(shelf, code, .primary_key = true),
	WEIR_FIELD(shelf, pieces),
};
static const weir_model        shelf_model = WEIR_MODEL(shelf, "shelves", shelf_fields);
static const weir_model *const shelf_models[] = { &shelf_model, NULL };

TEST_WITH_EACH_CACHE(test_futures__keys_of_several_columns_are_copied,
                     open_futures(&(weir_options){ .cache_kind = kind, .models = shelf_models, .lazy = true }),
                     close_futures())
{
	weir_base_dao shelves = weir_get_dao(blog.session, &shelf_model);

	assert_ok(weir_run_script(blog.session,
	                          "CREATE TABLE shelves (shop int, article text, code bytea, pieces bigint NOT NULL, "
	                          "PRIMARY KEY (shop, article, code)); "
	                          "INSERT INTO shelves VALUES (1, 'pear', '\\x0001', 7), (2, 'pear', '\\x', 8)",
	                          &blog.err));
	for (int pass = 0; pass < 2; pass++) {
		char         article[] = "pear";
		char         code[] = { 0, 1 };
		weir_future *first = NULL, *second = NULL;
		const shelf *found = NULL;
		shelf        key = { .shop = 1, .article = article, .code = { .data = (void *)code, .length = 2 } };

		assert_ok(weir_base_dao_start_get_by_id_cached(&shelves, &key, group, &first, &blog.err));
		key = (shelf){ .shop = 2, .article = article, .code = { .data = (void *)code, .length = 0 } };
		assert_ok(weir_base_dao_start_get_by_id_cached(&shelves, &key, group, &second, &blog.err));
		memset(article, 'x', 4);
		memset(code, 9, 2);
		assert_ok(weir_future_take(&first, &found, &blog.err));
		ck_assert_int_eq(found->pieces, 7);
		shelf_release(&found);
		assert_ok(weir_future_take(&second, &found, &blog.err));
		ck_assert_int_eq(found->pieces, 8);
		shelf_release(&found);
	}
}

/* ---- Threads ---------------------------------------------------------------------------------------------------------------- */

static int64_t shared_ids[USERS];

static void *read_in_rounds(void *context)
{
	weir_futures *own = NULL;
	weir_future  *futures[USERS] = { NULL };
	size_t        wrong = 0;

	if (weir_futures_create(blog.session, &own, NULL) != WEIR_OK)
		return context;
	for (int pass = 0; pass < 50; pass++) {
		for (size_t i = 0; i < USERS; i++)
			wrong += user_dao_start_get_by_id_cached(&blog.users, shared_ids[i], own, &futures[i], NULL) != WEIR_OK;
		for (size_t i = 0; i < USERS; i++) {
			const user *found = NULL;

			wrong += weir_future_take(&futures[i], &found, NULL) != WEIR_OK || found->id != shared_ids[i];
			user_release(&found);
		}
		if (context)
			(void)user_dao_update(&blog.users, shared_ids[pass % USERS], &(user){ .bio = "w" }, WEIR_SET(user, bio),
			                      NULL, NULL);
	}
	weir_futures_free(&own);
	return wrong ? &blog : NULL;
}

START_TEST(test_futures__threads_have_groups_of_their_own)
{
	pthread_t threads[6];

	open_kind(WEIR_CACHE_REDIS);
	make_users(shared_ids, USERS);
	for (size_t i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_in_rounds, i < 2 ? &blog : NULL), 0);
	for (size_t i = 0; i < 6; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
	close_futures();
}
END_TEST

WEIR_SUITE("integration/futures", test_futures__misses_of_a_model_are_one_statement_and_fill,
           test_futures__of_several_models_are_one_exchange_with_redis,
           test_futures__by_a_unique_field_find_the_row_or_none, test_futures__near_records_are_taken_as_they_are,
           test_futures__more_than_travel_at_a_time_follow,
           test_futures__see_what_was_written_before_they_are_waited_for,
           test_futures__in_a_transaction_ask_the_database_and_see_its_writes, test_futures__each_has_its_own_outcome,
           test_futures__that_are_freed_are_not_sent, test_futures__wrong_calls_are_refused_when_they_are_made,
           test_futures__keys_of_several_columns_are_copied,
           test_futures__threads_have_groups_of_their_own MEMORY_TESTS);
