/* The near cache on real servers: what is shared, what a write here and elsewhere does to it, how fresh a call wants it, its
 * configurations. Rows K7 to K9 of docs/features.md. */
#include "integration/near.h"

/* ---- What is shared ------------------------------------------------------------------------------------------------ */

START_TEST(test_near__a_hit_is_the_same_record_again)
{
	const user *first, *second;
	int64_t     id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	first = read_user(&blog.users, id);
	assert_near(1, second = read_user(&blog.users, id));
	ck_assert_ptr_eq(first, second);
	user_release(&first);
	ck_assert_str_eq(second->username, "ada");
	user_release(&second);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_record_outlives_cache_and_session)
{
	const user *found;

	open_near(NULL);
	found = read_user(&blog.users, blog_user(&blog, "ada"));
	blog_close(&blog);
	ck_assert_str_eq(found->username, "ada");
	user_release(&found);
}
END_TEST

START_TEST(test_near__lists_counts_and_exists_are_kept_too)
{
	const weir_query *query;
	post_list         first = WEIR_LIST_INIT, second = WEIR_LIST_INIT;
	int64_t           count = 0;
	bool              exists = false;
	int64_t           id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	(void)blog_post(&blog, id, "one");
	query = WEIR_QUERY(.where = weir_eq(post_c.user_id, id));
	assert_near(0, assert_ok(post_dao_get_all_cached(&blog.posts, query, &first, &blog.err)));
	assert_near(1, assert_ok(post_dao_get_all_cached(&blog.posts, query, &second, &blog.err)));
	ck_assert_uint_eq(second.count, 1);
	ck_assert_ptr_eq(first.items[0], second.items[0]);
	post_list_release(&first);
	post_list_release(&second);
	for (uint64_t i = 0; i < 2; i++) {
		assert_near(i, assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err)));
		ck_assert_int_eq(count, 1);
		assert_near(i, assert_ok(user_dao_exists_cached(&blog.users, NULL, &exists, &blog.err)));
		ck_assert(exists);
	}
	(void)blog_post(&blog, id, "two");
	assert_near(0, assert_ok(post_dao_get_all_cached(&blog.posts, query, &second, &blog.err)));
	ck_assert_uint_eq(second.count, 2);
	post_list_release(&second);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__empty_lists_and_absent_rows_are_kept_too)
{
	const weir_query *query;
	post_list         list = WEIR_LIST_INIT;
	const user       *none = NULL;

	open_near(NULL);
	query = WEIR_QUERY(.where = weir_eq(post_c.user_id, 77));
	for (uint64_t i = 0; i < 2; i++) {
		assert_near(i, assert_ok(post_dao_get_all_cached(&blog.posts, query, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 0);
		assert_near(i, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, 4711, &none, &blog.err)));
		assert_near(
			i, assert_status(WEIR_NOT_FOUND, user_dao_get_by_email_cached(&blog.users, "no@one", &none, &blog.err)));
	}
	(void)blog_user(&blog, "ada");
	assert_near(0, assert_status(WEIR_NOT_FOUND, user_dao_get_by_id_cached(&blog.users, 4711, &none, &blog.err)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_unique_field_leads_to_the_record)
{
	const user *found = NULL;
	int64_t     id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 3; i++) {
		assert_near((uint64_t)(i == 2),
		            assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err)));
		ck_assert_int_eq(found->id, id);
		user_release(&found);
	}
	assert_ok(
		user_dao_update(&blog.users, id, &(user){ .username = "eve" }, WEIR_SET(user, username), NULL, &blog.err));
	assert_near(0,
	            assert_status(WEIR_NOT_FOUND, user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__get_many_takes_what_is_there)
{
	int64_t   ids[3];
	user_list list = WEIR_LIST_INIT;

	open_near(NULL);
	for (size_t i = 0; i < 3; i++) {
		const user *found;

		ids[i] = blog_user(&blog, (const char *const[]){ "a", "b", "c" }[i]);
		if (i == 2)
			break;
		found = read_user(&blog.users, ids[i]);
		user_release(&found);
	}
	for (int i = 0; i < 3; i++) {
		assert_near(i < 2 ? 2u : 3u, assert_ok(user_dao_get_many_cached(&blog.users, ids, 3, &list, &blog.err)));
		ck_assert_uint_eq(list.count, 3);
		for (size_t k = 0; k < 3; k++)
			ck_assert_int_eq(list.items[k]->id, ids[k]);
		user_list_release(&list);
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__is_off_unless_a_model_asks_for_it)
{
	int64_t id;

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS });
	ck_assert_ptr_null(weir_session_near_cache(blog.session));
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 2; i++)
		assert_near(0, ck_assert(bio_is(&blog.users, id, NULL)));
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &user_model,
	                                       &(weir_cache_config){ .near = WEIR_ON }, &blog.err));
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	assert_ok(weir_cache_manager_configure(weir_session_cache(blog.session), &user_model,
	                                       &(weir_cache_config){ .near = WEIR_OFF }, &blog.err));
	assert_near(0, ck_assert(bio_is(&blog.users, id, NULL)));
	blog_close(&blog);
}
END_TEST

/* ---- Writes -------------------------------------------------------------------------------------------------------- */

START_TEST(test_near__own_writes_are_seen_at_once)
{
	int64_t id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 200; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, bio);
		ck_assert(bio_is(&blog.users, id, bio));
		ck_assert(bio_is(&blog.users, id, bio));
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__writes_of_another_process_arrive)
{
	weir_session *other;
	user_dao      users;
	int64_t       id, worst_ms = 0;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	for (int i = 0; i < 100; i++) {
		char    bio[16];
		int64_t acknowledged_ms;

		ck_assert(bio_is(&blog.users, id, NULL) || i > 0);
		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&users, id, bio);
		acknowledged_ms = now_ms();
		EVENTUALLY(bio_is(&blog.users, id, bio));
		worst_ms = now_ms() - acknowledged_ms > worst_ms ? now_ms() - acknowledged_ms : worst_ms;
		ck_assert(bio_is(&blog.users, id, bio));
	}
	ck_assert_int_le(worst_ms, 1000);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* Asks for ada by her name. */
static bool name_is_near(void)
{
	uint64_t    before = near_hits(blog.session);
	const user *found = NULL;

	assert_ok(user_dao_get_by_username_cached(&blog.users, "ada", &found, &blog.err));
	user_release(&found);
	return near_hits(blog.session) > before;
}

START_TEST(test_near__of_many_new_rows_is_told_that_any_unique_value_may_lead_elsewhere)
{
	enum { MANY = 5000 };
	static user   rows[MANY];
	static char   names[MANY][16];
	weir_session *other;
	user_dao      users;
	bool          dropped = false;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	(void)blog_user(&blog, "ada");
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		rows[i] = (user){ .username = names[i], .email = names[i] };
	}
	EVENTUALLY(name_is_near());
	assert_ok(user_dao_create_many(&users, rows, MANY, WEIR_SET(user, username, email), NULL, &blog.err));
	EVENTUALLY((dropped = dropped || !name_is_near())); /* asking keeps it near again */
	ck_assert(name_is_near());
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_flush_reaches_all)
{
	weir_session *other;
	user_dao      users;
	int64_t       id;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	ck_assert(bio_is(&users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), &user_model, &blog.err));
	ck_assert(bio_is(&blog.users, id, "past weir"));
	EVENTUALLY(bio_is(&users, id, "past weir"));
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__writes_of_many_rows_drop_each)
{
	weir_session *other;
	user_dao      users;
	int64_t       ids[3];

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	for (size_t i = 0; i < 3; i++) {
		ids[i] = blog_user(&blog, (const char *const[]){ "a", "b", "c" }[i]);
		ck_assert(bio_is(&users, ids[i], NULL));
	}
	assert_ok(weir_base_dao_update_where(&blog.users.base, weir_everything(), &(user){ .bio = "all" },
	                                     WEIR_SET(user, bio), NULL, &blog.err));
	for (size_t i = 0; i < 3; i++) {
		ck_assert(bio_is(&blog.users, ids[i], "all"));
		EVENTUALLY(bio_is(&users, ids[i], "all"));
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- How fresh ----------------------------------------------------------------------------------------------------- */

START_TEST(test_near__a_dao_or_a_query_can_ask_for_more)
{
	user_dao strong, bypass, bounded;
	int64_t  id, count;

	open_near(NULL);
	strong = bypass = bounded = blog.users;
	strong.base.fresh_ms = WEIR_STRONG;
	bypass.base.fresh_ms = WEIR_BYPASS;
	bounded.base.fresh_ms = 900;
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	assert_near(0, ck_assert(bio_is(&strong, id, NULL)));
	assert_near(0, ck_assert(bio_is(&bypass, id, "past weir")));
	assert_near(1, ck_assert(bio_is(&bounded, id, NULL)));
	for (int i = 0; i < 2; i++) {
		assert_ok(user_dao_count_cached(&blog.users, NULL, &count, &blog.err));
		assert_near(
			0, assert_ok(user_dao_count_cached(&blog.users, WEIR_QUERY(.fresh_ms = WEIR_STRONG), &count, &blog.err)));
		ck_assert_int_eq(count, 1);
		blog_sql(&blog, "INSERT INTO users (username, email) SELECT 'x', 'x@y' WHERE NOT EXISTS (SELECT FROM users "
		                "WHERE username = 'x')");
		assert_near(
			0, assert_ok(user_dao_count_cached(&blog.users, WEIR_QUERY(.fresh_ms = WEIR_BYPASS), &count, &blog.err)));
		ck_assert_int_eq(count, 2);
	}
	blog_close(&blog);
}
END_TEST

/* ---- Configurations: over memory, shared, by size (K7 to K9) --------------------------------------------------------- */

START_TEST(test_near__stands_over_the_cache_in_memory_too)
{
	int64_t id;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_MEMORY });
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	for (int i = 0; i < 20; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, bio);
		ck_assert(bio_is(&blog.users, id, bio));
		assert_near(1, ck_assert(bio_is(&blog.users, id, bio)));
	}
	assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
	assert_near(0, (void)bio_is(&blog.users, id, NULL));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__one_can_be_shared_between_sessions)
{
	weir_near_cache *shared = NULL;
	weir_options     options = { .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON };
	weir_session    *sessions[2];
	user_dao         users[2];
	const user      *first, *second;
	int64_t          id;

	blog_open(&blog, NULL);
	assert_ok(weir_near_cache_create(&(weir_near_options){ .max_bytes = 1 << 20 }, &shared, NULL));
	options.near_cache = shared;
	for (int i = 0; i < 2; i++) {
		sessions[i] = blog_open_other(&blog, &options);
		users[i] = get_user_dao(sessions[i]);
		EVENTUALLY(weir_near_cache_is_fresh(sessions[i]));
		ck_assert_ptr_eq(weir_session_near_cache(sessions[i]), shared);
	}
	weir_near_cache_release(&shared);
	id = blog_user(&blog, "ada");
	first = read_user(&users[0], id);
	second = read_user(&users[1], id);
	ck_assert_ptr_eq(first, second);
	ck_assert_uint_eq(near_hits(sessions[1]), 1);
	user_release(&first);
	user_release(&second);
	for (int i = 0; i < 50; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&users[i % 2], id, bio);
		ck_assert(bio_is(&users[(i + 1) % 2], id, bio)); /* at once, for the near cache is the same */
	}
	weir_close(&sessions[0]);
	ck_assert(weir_near_cache_is_fresh(sessions[1])); /* it goes on by itself */
	ck_assert(bio_is(&users[1], id, "v49"));
	weir_close(&sessions[1]);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__only_lists_of_fewer_rows_are_kept)
{
	post_list list = WEIR_LIST_INIT;
	int64_t   id;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near_max_items = 2 });
	id = blog_user(&blog, "ada");
	for (int rows = 1; rows <= 3; rows++) {
		(void)blog_post(&blog, id, "title");
		for (uint64_t again = 0; again < 2; again++) {
			assert_near(rows <= 2 ? again : 0,
			            assert_ok(post_dao_get_all_cached(&blog.posts, WEIR_QUERY(.where = weir_eq(post_c.user_id, id)),
			                                              &list, &blog.err)));
			ck_assert_uint_eq(list.count, (size_t)rows);
			post_list_release(&list);
		}
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__only_records_that_are_small_enough_are_kept)
{
	char    text[2001];
	int64_t id;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near_max_bytes = 1000 });
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	set_bio(&blog.users, id, text);
	for (int i = 0; i < 3; i++)
		assert_near(0, ck_assert(bio_is(&blog.users, id, text)));
	blog_close(&blog);
}
END_TEST

/* An entry is gone when its time in Redis is over. */
START_TEST(test_near__an_entry_lives_no_longer_than_in_redis)
{
	weir_session *other;
	user_dao      users;
	int64_t       id, filled_ms;

	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.ttl_s = 2 });
	other = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.ttl_s = 2 });
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&users, id, NULL)); /* fills Redis */
	filled_ms = now_ms();
	(void)poll(NULL, 0, 1000);
	ck_assert(bio_is(&blog.users, id, NULL)); /* what is left of it */
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	EVENTUALLY(bio_is(&blog.users, id, "past weir"));
	ck_assert_int_le(now_ms() - filled_ms, 2900);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__a_session_can_be_derived_that_asks_for_more)
{
	weir_scope scope;
	user_dao   strong, bypass;
	weir_scope other;
	int64_t    id;

	open_near(NULL);
	strong = get_user_dao(weir_with_freshness(blog.session, WEIR_STRONG, &scope));
	bypass = get_user_dao(weir_with_freshness(blog.session, WEIR_BYPASS, &other));
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	blog_sql(&blog, "UPDATE users SET bio = 'past weir'");
	assert_near(0, ck_assert(bio_is(&strong, id, NULL)));
	assert_near(0, ck_assert(bio_is(&bypass, id, "past weir")));
	assert_near(1, ck_assert(bio_is(&blog.users, id, NULL)));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__wrong_options_are_refused)
{
	weir_near_cache *none = NULL;
	weir_error       err = WEIR_ERROR_INIT;

	assert_status(WEIR_ERR_USAGE, weir_near_cache_create(&(weir_near_options){ .max_bytes = 100 }, &none, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "near.max_bytes"));
	assert_status(WEIR_ERR_USAGE, weir_near_cache_create(&(weir_near_options){ .bound_ms = 1 }, &none, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "near.bound_ms"));
	weir_near_cache_release(&none);
	weir_near_cache_release(NULL);
}
END_TEST

WEIR_SUITE("integration/near_cache", test_near__a_hit_is_the_same_record_again,
           test_near__a_record_outlives_cache_and_session, test_near__lists_counts_and_exists_are_kept_too,
           test_near__empty_lists_and_absent_rows_are_kept_too, test_near__a_unique_field_leads_to_the_record,
           test_near__get_many_takes_what_is_there, test_near__is_off_unless_a_model_asks_for_it,
           test_near__own_writes_are_seen_at_once, test_near__writes_of_another_process_arrive,
           test_near__of_many_new_rows_is_told_that_any_unique_value_may_lead_elsewhere, test_near__a_flush_reaches_all,
           test_near__writes_of_many_rows_drop_each, test_near__a_dao_or_a_query_can_ask_for_more,
           test_near__a_session_can_be_derived_that_asks_for_more, test_near__stands_over_the_cache_in_memory_too,
           test_near__one_can_be_shared_between_sessions, test_near__only_lists_of_fewer_rows_are_kept,
           test_near__only_records_that_are_small_enough_are_kept, test_near__an_entry_lives_no_longer_than_in_redis,
           test_near__wrong_options_are_refused);
