/* Versions, and updates of what differs, on PostgreSQL with each cache. */
#include "integration/account.h"

#include <string.h>

/* ---- Versions -------------------------------------------------------------------------------------------------------------- */

WRITING_TEST(test_version__is_raised_by_every_kind_of_update)
{
	int64_t        id = make_account("ada");
	const account *found = NULL;

	assert_ok(weir_base_dao_update(&accounts, &(account){ .id = id }, &(account){ .points = weir_some_i32(1) },
	                               WEIR_SET(account, points), NULL, &blog.err));
	assert_ok(weir_base_dao_update_where(&accounts, weir_eq(account_c.id, id), &(account){ .points = weir_some_i32(2) },
	                                     WEIR_SET(account, points), NULL, &blog.err));
	assert_ok(weir_base_dao_increment(&accounts, &(account){ .id = id }, WEIR_BY(weir_by(account_c.points, 1)), &found,
	                                  &blog.err));
	ck_assert_int_eq(found->version, 4);
	account_release(&found);
	assert_status(WEIR_ERR_USAGE, weir_base_dao_update(&accounts, &(account){ .id = id }, &(account){ .version = 9 },
	                                                   WEIR_SET(account, version), NULL, &blog.err));
}

WRITING_TEST(test_update_if_unchanged__a_stale_write_is_an_error_and_changes_nothing)
{
	int64_t        id = make_account("ada");
	const account *mine = cached_account(id), *theirs = cached_account(id), *now = NULL;

	assert_ok(weir_base_dao_update_if_unchanged(&accounts, theirs, &(account){ .points = weir_some_i32(1) },
	                                            WEIR_SET(account, points), &now, &blog.err));
	ck_assert_int_eq(now->version, mine->version + 1);
	assert_status(WEIR_ERR_STALE,
	              weir_base_dao_update_if_unchanged(&accounts, mine, &(account){ .points = weir_some_i32(2) },
	                                                WEIR_SET(account, points), NULL, &blog.err));
	ck_assert_int_eq(blog.err.effect, WEIR_EFFECT_NONE);
	ck_assert(!weir_error_is_retryable(&blog.err));
	ck_assert_str_eq(blog.err.model, "account");
	account_release(&now);
	now = cached_account(id);
	ck_assert_int_eq(now->points.value, 1);
	assert_ok(weir_base_dao_update_if_unchanged(&accounts, now, &(account){ .points = weir_some_i32(2) },
	                                            WEIR_SET(account, points), NULL, &blog.err));
	assert_status(WEIR_ERR_STALE, weir_base_dao_delete_if_unchanged(&accounts, now, &blog.err));
	account_release(&now);
	now = cached_account(id);
	assert_ok(weir_base_dao_delete_if_unchanged(&accounts, now, &blog.err));
	assert_status(WEIR_NOT_FOUND, weir_base_dao_delete_if_unchanged(&accounts, now, &blog.err));
	assert_status(WEIR_NOT_FOUND,
	              weir_base_dao_update_if_unchanged(&accounts, mine, &(account){ .points = weir_some_i32(2) },
	                                                WEIR_SET(account, points), NULL, &blog.err));
	account_release(&mine);
	account_release(&theirs);
	account_release(&now);
}

WRITING_TEST(test_update_if_unchanged__leaves_a_transaction_usable_and_needs_a_version)
{
	int64_t        id = make_account("ada");
	account        old = { .id = id, .version = 7 };
	weir_session  *tx = NULL;
	const account *now = NULL;

	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	weir_base_dao inside = weir_get_dao(tx, &account_model);
	assert_status(WEIR_ERR_STALE,
	              weir_base_dao_update_if_unchanged(&inside, &old, &(account){ .points = weir_some_i32(2) },
	                                                WEIR_SET(account, points), NULL, &blog.err));
	old.version = 1;
	assert_ok(weir_base_dao_update_if_unchanged(&inside, &old, &(account){ .points = weir_some_i32(2) },
	                                            WEIR_SET(account, points), NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	now = cached_account(id);
	ck_assert_int_eq(now->points.value, 2);
	account_release(&now);
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_update_if_unchanged(&blog.users.base, &(user){ .id = 1 }, &(user){ .bio = "b" },
	                                                WEIR_SET(user, bio), NULL, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, ".version"));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_update_if_unchanged(
									  &accounts, &old, &old, (weir_set){ &account_model, NULL, 0 }, NULL, &blog.err));
}

START_TEST(test_version__is_refused_where_no_version_can_be)
{
	typedef struct odd {
		int64_t      id;
		const char  *name;
		weir_opt_i32 number;
		int32_t      one, two;
	} odd;
	static const weir_field text[] = { WEIR_FIELD(odd, id, .primary_key = true),
		                               WEIR_FIELD(odd, name, .version = true) };
	static const weir_field null[] = { WEIR_FIELD(odd, id, .primary_key = true),
		                               WEIR_FIELD(odd, number, .version = true) };
	static const weir_field key[] = { WEIR_FIELD(odd, id, .primary_key = true, .version = true) };
	static const weir_field both[] = { WEIR_FIELD(odd, id, .primary_key = true), WEIR_FIELD(odd, one, .version = true),
		                               WEIR_FIELD(odd, two, .version = true) };
	static const weir_model wrong[] = { WEIR_MODEL(odd, "odd", text), WEIR_MODEL(odd, "odd", null),
		                                WEIR_MODEL(odd, "odd", key), WEIR_MODEL(odd, "odd", both) };

	for (size_t i = 0; i < 4; i++) {
		const weir_model *const list[] = { &wrong[i], NULL };
		weir_error              err = WEIR_ERROR_INIT;
		weir_session           *none = NULL;

		ck_assert_int_eq(
			weir_open(&(weir_options){ .postgres = test_database_url(), .models = list, .lazy = true }, &none, &err),
			WEIR_ERR_MODEL);
		ck_assert_ptr_nonnull(strstr(err.message, ".version"));
	}
}
END_TEST

/* ---- What differs ------------------------------------------------------------------------------------------------------- */

WRITING_TEST(test_update_where_returning__returns_only_rows_that_changed)
{
	account_list changed = WEIR_LIST_INIT;
	int64_t      a = make_account("a"), b = make_account("b");

	const account *found = cached_account(a);
	account_release(&found);
	assert_ok(weir_base_dao_update(&accounts, &(account){ .id = b },
	                               &(account){ .points = weir_some_i32(5), .owner = "b" },
	                               WEIR_SET(account, points, owner), NULL, &blog.err));
	for (int round = 0; round < 2; round++) {
		assert_ok(weir_base_dao_update_where_returning(
			&accounts, weir_any(weir_eq(account_c.owner, "a"), weir_eq(account_c.owner, "b")),
			&(account){ .points = weir_some_i32(5) }, WEIR_SET(account, points), &changed, &blog.err));
		ck_assert_uint_eq(changed.count, round == 0 ? 1 : 0);
		if (round == 0)
			ck_assert_int_eq(changed.items[0]->id, a);
		account_list_release(&changed);
	}
	found = cached_account(a);
	ck_assert_int_eq(found->points.value, 5);
	account_release(&found);
	assert_ok(weir_base_dao_update_where_returning(&accounts, weir_everything(), &(account){ .owner = "a" },
	                                               WEIR_SET(account, owner), &changed, NULL) == WEIR_ERR_UNIQUE
	              ? WEIR_OK
	              : WEIR_ERR_USAGE);
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_update_where_returning(&accounts, (weir_condition){ .op = WEIR_OP_NONE },
	                                                   &(account){ .points = weir_some_i32(5) },
	                                                   WEIR_SET(account, points), &changed, &blog.err));
}

WEIR_SUITE("version", test_version__is_raised_by_every_kind_of_update,
           test_update_if_unchanged__a_stale_write_is_an_error_and_changes_nothing,
           test_update_if_unchanged__leaves_a_transaction_usable_and_needs_a_version,
           test_version__is_refused_where_no_version_can_be,
           test_update_where_returning__returns_only_rows_that_changed);
