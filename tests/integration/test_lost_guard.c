/* S1 where guards were lost: a write that is answered counts, though what another one touched before it was neither guarded nor
 * released yet. That other write is made past the library, which is as if its guards had been flushed and its release were to
 * come. Lookups by a unique field and keys that are used again rest on two writes, so each must see to them. */
#include "support/blog.h"

#include <stdio.h>

static struct blog blog;

/* The body runs once with each backend. */
#define LOST_TEST(name)                                                                                                \
	TEST_WITH_EACH_CACHE(name, blog_open(&blog, &(weir_options){ .cache_kind = kind }), blog_close(&blog))

/* Who has the name, by the cache; 0: nobody. */
static int64_t cached_id_of(const char *username)
{
	const user *found = NULL;
	int64_t     id = 0;
	int         rc = user_dao_get_by_username_cached(&blog.users, username, &found, &blog.err);

	ck_assert_msg(rc == WEIR_OK || rc == WEIR_NOT_FOUND, "%s", blog.err.message);
	if (found)
		id = found->id;
	user_release(&found);
	return id;
}

/* The pointer and the record that it leads to are cached. */
static void remember(const char *username, int64_t id)
{
	ck_assert_int_eq(cached_id_of(username), id);
	ck_assert_int_eq(cached_id_of(username), id);
}

/* What the other write does. */
static void other_renames(int64_t id, const char *username)
{
	char sql[256];

	snprintf(sql, sizeof sql, "UPDATE users SET username = '%s', email = '%s@elsewhere' WHERE id = %lld", username,
	         username, (long long)id);
	blog_sql(&blog, sql);
}

static void other_deletes(int64_t id)
{
	char sql[256];

	snprintf(sql, sizeof sql, "DELETE FROM users WHERE id = %lld", (long long)id);
	blog_sql(&blog, sql);
}

LOST_TEST(test_lost_guard__a_name_that_went_over_is_its_new_owners_after_an_update)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");

	remember("ada", ada);
	other_renames(ada, "gone");
	assert_ok(
		user_dao_update(&blog.users, eve, &(user){ .username = "ada" }, WEIR_SET(user, username), NULL, &blog.err));
	ck_assert_int_eq(cached_id_of("ada"), eve);
}

LOST_TEST(test_lost_guard__a_name_that_is_given_to_a_new_row_is_that_rows)
{
	int64_t ada = blog_user(&blog, "ada"), eve;

	remember("ada", ada);
	other_renames(ada, "gone");
	eve = blog_user(&blog, "ada");
	ck_assert_int_ne(eve, ada);
	ck_assert_int_eq(cached_id_of("ada"), eve);
}

LOST_TEST(test_lost_guard__a_name_that_is_given_to_one_of_many_new_rows_is_that_rows)
{
	int64_t ada = blog_user(&blog, "ada");
	user    made[] = { { .username = "new", .email = "new@example.org" },
		               { .username = "ada", .email = "a@example.org" } };

	remember("ada", ada);
	other_renames(ada, "gone");
	assert_ok(weir_base_dao_create_many(&blog.users.base, made, 2, WEIR_SET(user, username, email), NULL, &blog.err));
	ck_assert_int_gt(cached_id_of("ada"), ada);
}

LOST_TEST(test_lost_guard__another_change_of_the_new_owner_counts_too)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");

	for (int i = 0; i < 3; i++) {
		remember("ada", ada);
		other_renames(ada, "gone");
		other_renames(eve, "ada");
		if (i == 0)
			assert_ok(user_dao_update(&blog.users, eve, &(user){ .bio = "b" }, WEIR_SET(user, bio), NULL, &blog.err));
		else if (i == 1)
			assert_ok(weir_base_dao_update_where(&blog.users.base, weir_eq(user_c.username, "ada"),
			                                     &(user){ .bio = "c" }, WEIR_SET(user, bio), NULL, &blog.err));
		else
			assert_ok(weir_base_dao_upsert(&blog.users.base,
			                               &(user){ .username = "ada", .email = "ada2@example.org", .bio = "d" },
			                               &(weir_upsert){ .set = WEIR_SET(user, username, email, bio),
			                                               .on = user_c.username.column,
			                                               .update = WEIR_SET(user, bio) },
			                               NULL, NULL, &blog.err));
		ck_assert_int_eq(cached_id_of("ada"), eve);
		other_renames(eve, "eve");
		other_renames(ada, "ada");
		assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, NULL));
	}
}

LOST_TEST(test_lost_guard__a_name_that_its_new_owner_gave_up_is_nobodys)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");

	remember("ada", ada);
	other_renames(ada, "gone");
	other_renames(eve, "ada");
	assert_ok(
		user_dao_update(&blog.users, eve, &(user){ .username = "eva" }, WEIR_SET(user, username), NULL, &blog.err));
	ck_assert_int_eq(cached_id_of("ada"), 0);
	ck_assert_int_eq(cached_id_of("eva"), eve);
}

LOST_TEST(test_lost_guard__a_name_whose_new_owner_was_deleted_is_nobodys)
{
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");

	remember("ada", ada);
	other_renames(ada, "gone");
	other_renames(eve, "ada");
	assert_ok(user_dao_delete(&blog.users, eve, NULL, &blog.err));
	ck_assert_int_eq(cached_id_of("ada"), 0);
}

/* Each way to take the name from its new owner that is no plain update. */
static void update_by_condition(int64_t eve)
{
	(void)eve;
	assert_ok(weir_base_dao_update_where(&blog.users.base, weir_eq(user_c.username, "ada"),
	                                     &(user){ .username = "eva" }, WEIR_SET(user, username), NULL, &blog.err));
}

static void update_what_differs(int64_t eve)
{
	user_list list = WEIR_LIST_INIT;

	assert_ok(weir_base_dao_update_where_returning(&blog.users.base, weir_eq(user_c.id, eve),
	                                               &(user){ .username = "eva" }, WEIR_SET(user, username), &list,
	                                               &blog.err));
	ck_assert_uint_eq(list.count, 1);
	user_list_release(&list);
}

static const user as_eva = { .username = "eva", .email = "ada@elsewhere", .bio = "b" };

static void upsert(int64_t eve)
{
	(void)eve;
	assert_ok(
		weir_base_dao_upsert(&blog.users.base, &as_eva,
	                         &(weir_upsert){ .set = WEIR_SET(user, username, email, bio), .on = user_c.email.column },
	                         NULL, NULL, &blog.err));
}

static void upsert_in_transaction(int64_t eve)
{
	weir_session *tx = NULL;
	user_dao      users;

	(void)eve;
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	for (int i = 0; i < 2; i++)
		assert_ok(weir_base_dao_upsert(
			&users.base, &as_eva,
			&(weir_upsert){ .set = WEIR_SET(user, username, email, bio), .on = user_c.email.column }, NULL, NULL,
			&blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
}

static void upsert_many(int64_t eve)
{
	const user rows[] = { { .username = "new", .email = "new@example.org" }, as_eva };

	(void)eve;
	assert_ok(weir_base_dao_upsert_many(
		&blog.users.base, rows, 2, &(weir_upsert){ .set = WEIR_SET(user, username, email), .on = user_c.email.column },
		NULL, &blog.err));
}

static void upsert_many_into_list(int64_t eve)
{
	user_list list = WEIR_LIST_INIT;

	(void)eve;
	assert_ok(weir_base_dao_upsert_many(
		&blog.users.base, &as_eva, 1,
		&(weir_upsert){ .set = WEIR_SET(user, username, email), .on = user_c.email.column }, &list, &blog.err));
	ck_assert_str_eq(list.items[0]->username, "eva");
	user_list_release(&list);
}

static void update_by_hand(int64_t eve)
{
	assert_ok(weir_execute(blog.session, WEIR_SQL("UPDATE users SET username = 'eva' WHERE id = $1 RETURNING id"),
	                       WEIR_PARAMS(eve), WEIR_WRITES_RETURNED(user), NULL, &blog.err));
}

static void update_by_hand_behind_an_apostrophe(int64_t eve)
{
	assert_ok(weir_execute(blog.session,
	                       WEIR_SQL("/* Eve's */ UPDATE users SET username = 'eva' WHERE id = $1 RETURNING id"),
	                       WEIR_PARAMS(eve), WEIR_WRITES_RETURNED(user), NULL, &blog.err));
}

LOST_TEST(test_lost_guard__a_name_that_any_kind_of_write_took_away_is_nobodys)
{
	static void (*const ways[])(int64_t eve) = {
		update_by_condition, update_what_differs,   upsert,         upsert_in_transaction,
		upsert_many,         upsert_many_into_list, update_by_hand, update_by_hand_behind_an_apostrophe,
	};
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve");

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		remember("ada", ada);
		other_renames(ada, "gone");
		other_renames(eve, "ada");
		ways[i](eve);
		ck_assert_msg(cached_id_of("ada") == 0, "way %zu", i);
		ck_assert_int_eq(cached_id_of("eva"), eve);
		other_renames(eve, "eve");
		other_renames(ada, "ada");
		blog_sql(&blog, "DELETE FROM users WHERE username = 'new'");
		assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, NULL));
	}
}

/* The name of the user with this id, by the cache. */
static const char *cached_name(int64_t id)
{
	static char name[64];
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	snprintf(name, sizeof name, "%s", found->username);
	user_release(&found);
	return name;
}

LOST_TEST(test_lost_guard__a_key_that_is_used_again_is_the_new_rows)
{
	int64_t ada = blog_user(&blog, "ada");
	user    eve = { .id = ada, .username = "eve", .email = "eve@example.org" };
	user    eva = { .id = ada, .username = "eva", .email = "eva@example.org" };

	blog_sql(&blog, "ALTER TABLE users ALTER id SET GENERATED BY DEFAULT");
	ck_assert_str_eq(cached_name(ada), "ada");
	other_deletes(ada);
	assert_ok(user_dao_create(&blog.users, &eve, WEIR_SET(user, id, username, email), NULL, &blog.err));
	ck_assert_str_eq(cached_name(ada), "eve");
	other_deletes(ada);
	assert_ok(
		weir_base_dao_create_many(&blog.users.base, &eva, 1, WEIR_SET(user, id, username, email), NULL, &blog.err));
	ck_assert_str_eq(cached_name(ada), "eva");
}

WEIR_SUITE("lost guard", test_lost_guard__a_name_that_went_over_is_its_new_owners_after_an_update,
           test_lost_guard__a_name_that_is_given_to_a_new_row_is_that_rows,
           test_lost_guard__a_name_that_is_given_to_one_of_many_new_rows_is_that_rows,
           test_lost_guard__another_change_of_the_new_owner_counts_too,
           test_lost_guard__a_name_that_its_new_owner_gave_up_is_nobodys,
           test_lost_guard__a_name_that_any_kind_of_write_took_away_is_nobodys,
           test_lost_guard__a_name_whose_new_owner_was_deleted_is_nobodys,
           test_lost_guard__a_key_that_is_used_again_is_the_new_rows);
