/* Rows that have to be there, and equality that knows NULL, on PostgreSQL with each cache. */
#include "integration/account.h"

#include <string.h>

WRITING_TEST(test_get_or_fail__of_a_missing_row_is_an_error_that_names_model_and_key)
{
	const user *found = NULL;
	int64_t     id = blog_user(&blog, "ada");

	assert_ok(user_dao_get_or_fail(&blog.users, id, &found, &blog.err));
	ck_assert_str_eq(found->username, "ada");
	user_release(&found);
	assert_ok(user_dao_get_or_fail_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
	assert_status(WEIR_ERR_MISSING, user_dao_get_or_fail(&blog.users, 4711, &found, &blog.err));
	ck_assert_str_eq(blog.err.message, "user: no row with id 4711");
	ck_assert_str_eq(blog.err.model, "user");
	assert_status(WEIR_ERR_MISSING, user_dao_get_or_fail_cached(&blog.users, 4711, &found, &blog.err));
	assert_status(WEIR_ERR_MISSING, user_dao_get_or_fail_cached(&blog.users, 4711, &found, NULL));
	ck_assert_ptr_null(found);
}

WRITING_TEST(test_get_by_or_fail__names_the_value_that_was_looked_for)
{
	const user *found = NULL;

	blog_user(&blog, "ada");
	assert_ok(weir_base_dao_get_by_or_fail_cached(&blog.users.base, user_c.username.column,
	                                              &(user){ .username = "ada" }, &found, &blog.err));
	user_release(&found);
	assert_status(WEIR_ERR_MISSING, weir_base_dao_get_by_or_fail(&blog.users.base, user_c.username.column,
	                                                             &(user){ .username = "eve" }, &found, &blog.err));
	ck_assert_str_eq(blog.err.message, "user: no row with username eve");
	assert_status(WEIR_ERR_MISSING,
	              weir_base_dao_get_by_or_fail_cached(&blog.users.base, user_c.username.column,
	                                                  &(user){ .username = NULL }, &found, &blog.err));
	ck_assert_str_eq(blog.err.message, "user: no row with username NULL");
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_or_fail(&blog.users.base, user_c.bio.column,
	                                                           &(user){ .bio = "b" }, &found, &blog.err));
}

WRITING_TEST(test_get_or_fail__works_in_a_transaction)
{
	weir_session *tx = NULL;
	const user   *found = NULL;

	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	user_dao users = get_user_dao(tx);
	assert_status(WEIR_ERR_MISSING, user_dao_get_or_fail_cached(&users, 1, &found, &blog.err));
	assert_ok(user_dao_create(&users, &(user){ .username = "ada", .email = "a" }, WEIR_SET(user, username, email),
	                          &found, &blog.err));
	int64_t id = found->id;
	user_release(&found);
	assert_ok(user_dao_get_or_fail(&users, id, &found, &blog.err));
	user_release(&found);
	weir_rollback(&tx);
}

static int64_t count_where(weir_condition where)
{
	int64_t count = -1, cached = -1;

	assert_ok(weir_base_dao_count(&accounts, WEIR_QUERY(.where = where), &count, &blog.err));
	for (int i = 0; i < 2; i++)
		assert_ok(weir_base_dao_count_cached(&accounts, WEIR_QUERY(.where = where), &cached, &blog.err));
	ck_assert_int_eq(count, cached);
	return count;
}

WRITING_TEST(test_same_and_differs__count_null_as_a_value)
{
	weir_opt_i32 points[] = { weir_some_i32(1), weir_some_i32(2), weir_null_i32(), weir_null_i32() };
	const char  *owners[] = { "a", "b", "c", "d" };

	for (size_t i = 0; i < 4; i++)
		assert_ok(weir_base_dao_create(&accounts, &(account){ .owner = owners[i], .points = points[i] },
		                               WEIR_SET(account, owner, points), NULL, &blog.err));
	ck_assert_int_eq(count_where(weir_same(account_c.points, 1)), 1);
	ck_assert_int_eq(count_where(weir_same(account_c.points, weir_null_i32())), 2);
	ck_assert_int_eq(count_where(weir_differs(account_c.points, 1)), 3);
	ck_assert_int_eq(count_where(weir_differs(account_c.points, weir_null_i32())), 2);
	ck_assert_int_eq(count_where(weir_not(weir_same(account_c.points, 1))), 3);
	ck_assert_int_eq(count_where(weir_not(weir_differs(account_c.points, 1))), 1);
	ck_assert_int_eq(count_where(weir_not(weir_eq(account_c.points, 1))), 1);
	ck_assert_int_eq(count_where(weir_ne(account_c.points, 1)), 1);
	ck_assert_int_eq(count_where(weir_same(account_c.owner, "a")), 1);
	ck_assert_int_eq(count_where(weir_differs(account_c.owner, "a")), 3);
}

WEIR_SUITE("missing", test_get_or_fail__of_a_missing_row_is_an_error_that_names_model_and_key,
           test_get_by_or_fail__names_the_value_that_was_looked_for, test_get_or_fail__works_in_a_transaction,
           test_same_and_differs__count_null_as_a_value);
