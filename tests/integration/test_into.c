/* Rows as other structs: parts, groups, distinct rows, single values, on PostgreSQL with each cache. */
#include "integration/account.h"

#include <weir/trace.h>

#include <stdio.h>
#include <string.h>

typedef struct part {
	const char  *owner;
	weir_opt_i32 score;
} part;
WEIR_RECORD(part)

typedef struct short_account {
	weir_numeric balance;
	const char  *owner;
	int32_t      version;
} short_account;
WEIR_RECORD(short_account)
static const weir_field short_account_fields[] = {
	WEIR_FIELD(short_account, balance),
	WEIR_FIELD(short_account, owner),
	WEIR_FIELD(short_account, version),
};
static const weir_model short_account_model = WEIR_RESULT(short_account, short_account_fields);

typedef struct group {
	int16_t      level;
	int64_t      accounts;
	int64_t      with_points;
	int64_t      different;
	weir_opt_i64 points;
	weir_numeric average; /* NULL: nobody has points */
	weir_numeric balance;
	double       heaviest;
	const char  *first;
} group;
WEIR_RECORD(group)
static const weir_field group_fields[] = {
	WEIR_FIELD(group, level),
	WEIR_FIELD(group, accounts, .aggregate = WEIR_COUNT),
	WEIR_FIELD(group, with_points, .column = "points", .aggregate = WEIR_COUNT),
	WEIR_FIELD(group, different, .column = "points", .aggregate = WEIR_COUNT_DISTINCT),
	WEIR_FIELD(group, points, .column = "points", .aggregate = WEIR_SUM),
	WEIR_FIELD(group, average, .column = "points", .aggregate = WEIR_AVG, .nullable = true),
	WEIR_FIELD(group, balance, .column = "balance", .aggregate = WEIR_SUM),
	WEIR_FIELD(group, heaviest, .column = "weight", .aggregate = WEIR_MAX),
	WEIR_FIELD(group, first, .column = "owner", .aggregate = WEIR_MIN),
};
static const weir_model group_model = WEIR_RESULT(group, group_fields);
static const struct {
	weir_i16_column     level;
	weir_i64_column     accounts;
	weir_numeric_column balance;
} group_c = {
	.level = WEIR_I16_COLUMN(group, level),
	.accounts = WEIR_I64_COLUMN(group, accounts),
	.balance = WEIR_NUMERIC_COLUMN(group, balance),
};

static void make_rows(void)
{
	blog_sql(&blog, "INSERT INTO accounts (owner, balance, points, weight, level) VALUES ('a', 1.50, 1, 1, 0), "
	                "('b', 2.25, 1, 2, 0), ('c', 4, NULL, 3, 0), ('d', 8, 5, 0.5, 1), ('e', 16, NULL, 0, 2)");
}

static int get_groups(const weir_query *query, group_list *list)
{
	group_list again = WEIR_LIST_INIT;
	int        rc = weir_base_dao_get_all_into(&accounts, query, &group_model, list, &blog.err);

	for (int i = 0; i < 2 && rc == WEIR_OK; i++) {
		assert_ok(weir_base_dao_get_all_into_cached(&accounts, query, &group_model, &again, &blog.err));
		ck_assert_uint_eq(again.count, list->count);
		for (size_t g = 0; g < again.count; g++) {
			ck_assert_int_eq(again.items[g]->level, list->items[g]->level);
			ck_assert_int_eq(again.items[g]->accounts, list->items[g]->accounts);
			ck_assert_str_eq(again.items[g]->balance.text, list->items[g]->balance.text);
		}
		group_list_release(&again);
	}
	return rc;
}

WRITING_TEST(test_groups__have_counts_sums_averages_and_extremes)
{
	group_list list = WEIR_LIST_INIT;

	make_rows();
	assert_ok(get_groups(NULL, &list));
	ck_assert_uint_eq(list.count, 3);
	const group *g = list.items[0]; /* in the order of the groups' columns */
	ck_assert_int_eq(g->level, 0);
	ck_assert_int_eq(g->accounts, 3);
	ck_assert_int_eq(g->with_points, 2);
	ck_assert_int_eq(g->different, 1);
	ck_assert(g->points.has && g->points.value == 2);
	ck_assert_str_eq(g->average.text, "1.00000000000000000000");
	ck_assert_str_eq(g->balance.text, "7.75");
	ck_assert(g->heaviest == 3);
	ck_assert_str_eq(g->first, "a");
	g = list.items[2];
	ck_assert_int_eq(g->level, 2);
	ck_assert(!g->points.has);
	ck_assert_ptr_null(g->average.text);
	group_list_release(&list);
}

WRITING_TEST(test_groups__are_chosen_ordered_and_paged_by_what_they_hold)
{
	group_list list = WEIR_LIST_INIT;

	make_rows();
	assert_ok(get_groups(
		WEIR_QUERY(.where = weir_lt(account_c.balance, weir_numeric_of("10")),
	               .having = weir_all(weir_ge(group_c.balance, weir_numeric_of("7.75")), weir_le(group_c.accounts, 3)),
	               .order = WEIR_ORDER(weir_desc(group_c.balance))),
		&list));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.items[0]->level, 1);
	ck_assert_int_eq(list.items[1]->level, 0);
	group_list_release(&list);
	assert_ok(get_groups(WEIR_QUERY(.order = WEIR_ORDER(weir_desc(group_c.accounts)), .skip = 1, .limit = 1), &list));
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.items[0]->level, 1); /* of the two that are alike, the lower level */
	group_list_release(&list);
	assert_ok(get_groups(WEIR_QUERY(.where = weir_lt(account_c.id, 0)), &list));
	ck_assert_uint_eq(list.count, 0);
	group_list_release(&list);
}

WRITING_TEST(test_groups__cached_are_invalidated_by_every_write_and_keep_apart)
{
	group_list list = WEIR_LIST_INIT;

	make_rows();
	assert_queries(1, assert_ok(weir_base_dao_get_all_into_cached(&accounts, NULL, &group_model, &list, &blog.err)));
	group_list_release(&list);
	assert_queries(0, assert_ok(weir_base_dao_get_all_into_cached(&accounts, NULL, &group_model, &list, &blog.err)));
	group_list_release(&list);
	assert_queries(
		1, assert_ok(weir_base_dao_get_all_into_cached(&accounts, WEIR_QUERY(.having = weir_ge(group_c.accounts, 2)),
	                                                   &group_model, &list, &blog.err)));
	ck_assert_uint_eq(list.count, 1);
	group_list_release(&list);
	assert_queries(
		1, assert_ok(weir_base_dao_get_all_into_cached(&accounts, WEIR_QUERY(.having = weir_ge(group_c.accounts, 1)),
	                                                   &group_model, &list, &blog.err)));
	ck_assert_uint_eq(list.count, 3);
	group_list_release(&list);
	assert_queries(
		1, assert_ok(weir_base_dao_get_all_into_cached(
			   &accounts, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(group_c.level))), &group_model, &list, &blog.err)));
	ck_assert_int_eq(list.items[0]->level, 2);
	group_list_release(&list);
	make_account("f");
	assert_queries(1, assert_ok(weir_base_dao_get_all_into_cached(&accounts, NULL, &group_model, &list, &blog.err)));
	ck_assert_int_eq(list.items[0]->accounts, 4);
	group_list_release(&list);
}

static char statement[512]; /* the last one */

static void note_statement(void *context, void *started, const weir_span *span)
{
	(void)context, (void)started;
	if (span->query_text)
		snprintf(statement, sizeof statement, "%s", span->query_text);
}

WRITING_TEST(test_part__reads_only_its_columns_in_the_models_order)
{
	short_account_list list = WEIR_LIST_INIT;

	make_rows();
	for (int i = 0; i < 3; i++) {
		const weir_query *query = WEIR_QUERY(.where = weir_eq(account_c.level, 0),
		                                     .order = WEIR_ORDER(weir_desc(account_c.weight)), .limit = 2);
		if (i == 0)
			assert_ok(weir_base_dao_get_all_into(&accounts, query, &short_account_model, &list, &blog.err));
		else
			assert_queries(i == 1, assert_ok(weir_base_dao_get_all_into_cached(&accounts, query, &short_account_model,
			                                                                   &list, &blog.err)));
		ck_assert_uint_eq(list.count, 2);
		ck_assert_str_eq(list.items[0]->owner, "c");
		ck_assert_str_eq(list.items[0]->balance.text, "4.00");
		ck_assert_int_eq(list.items[1]->version, 1);
		short_account_list_release(&list);
	}
	weir_options  options = { .models = models, .cache_kind = WEIR_CACHE_NONE, .trace = { .end = note_statement } };
	weir_session *traced = blog_open_other(&blog, &options);
	weir_base_dao of_traced = weir_get_dao(traced, &account_model);

	assert_ok(weir_base_dao_get_all_into(&of_traced, NULL, &short_account_model, &list, &blog.err));
	short_account_list_release(&list);
	weir_close(&traced);
	ck_assert_ptr_nonnull(strstr(statement, "SELECT \"balance\", \"owner\", \"version\" FROM"));
}

WRITING_TEST(test_part__of_one_row_comes_from_the_rows_own_entry)
{
	const short_account *found = NULL;
	int64_t              id = make_account("a");
	const account        key = { .id = id };

	assert_ok(weir_base_dao_get_by_id_into(&accounts, &key, &short_account_model, &found, &blog.err));
	ck_assert_str_eq(found->owner, "a");
	short_account_release(&found);
	const account *whole = cached_account(id);
	assert_queries(
		0, assert_ok(weir_base_dao_get_by_id_into_cached(&accounts, &key, &short_account_model, &found, &blog.err)));
	ck_assert_str_eq(found->owner, "a");
	ck_assert_str_eq(found->balance.text, "0.00");
	short_account_release(&found);
	account_release(&whole);
	assert_ok(
		weir_base_dao_update(&accounts, &key, &(account){ .owner = "b" }, WEIR_SET(account, owner), NULL, &blog.err));
	assert_ok(weir_base_dao_get_by_id_into_cached(&accounts, &key, &short_account_model, &found, &blog.err));
	ck_assert_str_eq(found->owner, "b");
	short_account_release(&found);
	assert_status(WEIR_NOT_FOUND, weir_base_dao_get_by_id_into(&accounts, &(account){ .id = 0 }, &short_account_model,
	                                                           &found, &blog.err));
	assert_status(WEIR_NOT_FOUND, weir_base_dao_get_by_id_into_cached(&accounts, &(account){ .id = 0 },
	                                                                  &short_account_model, &found, &blog.err));
}

static const weir_field part_fields[] = {
	WEIR_FIELD(part, owner, .nullable = true),
	WEIR_FIELD(part, score, .column = "points"),
};
static const weir_model part_model = WEIR_RESULT(part, part_fields);
static const struct {
	weir_i32_column score;
} part_c = { .score = WEIR_I32_COLUMN(part, score) };

typedef struct score_only {
	weir_opt_i32 points;
} score_only;
WEIR_RECORD(score_only)
static const weir_field score_only_fields[] = { WEIR_FIELD(score_only, points) };
static const weir_model score_only_model = WEIR_RESULT(score_only, score_only_fields);
static const struct {
	weir_i32_column points;
} score_only_c = { .points = WEIR_I32_COLUMN(score_only, points) };

WRITING_TEST(test_distinct__has_each_row_once)
{
	score_only_list list = WEIR_LIST_INIT;
	int64_t         count = 0;

	make_rows();
	for (int i = 0; i < 2; i++) {
		const weir_query *query =
			WEIR_QUERY(.distinct = true, .order = WEIR_ORDER(weir_nulls_first(weir_asc(score_only_c.points))));
		if (i == 0)
			assert_ok(weir_base_dao_get_all_into(&accounts, query, &score_only_model, &list, &blog.err));
		else
			assert_ok(weir_base_dao_get_all_into_cached(&accounts, query, &score_only_model, &list, &blog.err));
		ck_assert_uint_eq(list.count, 3);
		ck_assert(!list.items[0]->points.has);
		ck_assert_int_eq(list.items[1]->points.value, 1);
		ck_assert_int_eq(list.items[2]->points.value, 5);
		score_only_list_release(&list);
	}
	assert_ok(weir_base_dao_get_all_into_cached(&accounts, NULL, &score_only_model, &list, &blog.err));
	ck_assert_uint_eq(list.count, 5);
	score_only_list_release(&list);
	assert_ok(weir_base_dao_count_distinct(&accounts, account_c.points.column, NULL, &count, &blog.err));
	ck_assert_int_eq(count, 2);
	assert_ok(weir_base_dao_count_distinct_cached(&accounts, account_c.points.column,
	                                              WEIR_QUERY(.where = weir_eq(account_c.level, 0)), &count, &blog.err));
	ck_assert_int_eq(count, 1);
}

WRITING_TEST(test_aggregate__is_one_value_and_none_of_no_rows)
{
	weir_opt_i64      number = { .has = false };
	weir_opt_f64      real = { .has = false };
	weir_opt_time     time = { .has = false };
	const weir_query *none = WEIR_QUERY(.where = weir_lt(account_c.id, 0));

	make_rows();
	assert_ok(weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, account_c.points.column, NULL, &number, &blog.err));
	ck_assert(number.has && number.value == 7);
	assert_ok(
		weir_base_dao_aggregate_i64(&accounts, WEIR_COUNT, (weir_column){ .model = NULL }, NULL, &number, &blog.err));
	ck_assert_int_eq(number.value, 5);
	assert_ok(weir_base_dao_aggregate_i64(&accounts, WEIR_COUNT, account_c.points.column, NULL, &number, &blog.err));
	ck_assert_int_eq(number.value, 3);
	assert_ok(weir_base_dao_aggregate_i64(&accounts, WEIR_MAX, account_c.id.column, NULL, &number, &blog.err));
	ck_assert_int_eq(number.value, 5);
	assert_ok(weir_base_dao_aggregate_f64(&accounts, WEIR_AVG, account_c.balance.column, NULL, &real, &blog.err));
	ck_assert(real.value == 6.35);
	assert_ok(
		weir_base_dao_aggregate_time(&blog.users.base, WEIR_MIN, user_c.created_at.column, NULL, &time, &blog.err));
	ck_assert(!time.has);
	blog_user(&blog, "ada");
	assert_ok(weir_base_dao_aggregate_time_cached(&blog.users.base, WEIR_MIN, user_c.created_at.column, NULL, &time,
	                                              &blog.err));
	ck_assert(time.has);
	for (int i = 0; i < 2; i++)
		assert_queries(i == 0, assert_ok(weir_base_dao_aggregate_i64_cached(
								   &accounts, WEIR_SUM, account_c.points.column, none, &number, &blog.err)));
	ck_assert(!number.has);
	for (int i = 0; i < 2; i++)
		assert_queries(i == 0, assert_ok(weir_base_dao_aggregate_f64_cached(
								   &accounts, WEIR_SUM, account_c.weight.column, NULL, &real, &blog.err)));
	ck_assert(real.value == 6.5);
	make_account("z");
	assert_queries(1, assert_ok(weir_base_dao_aggregate_f64_cached(&accounts, WEIR_SUM, account_c.weight.column, NULL,
	                                                               &real, &blog.err)));
}

WRITING_TEST(test_into__works_in_a_transaction)
{
	post_tally_list tallies = WEIR_LIST_INIT;
	user_card_list  cards = WEIR_LIST_INIT;
	weir_session   *tx = NULL;

	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	post_dao    posts = get_post_dao(tx);
	user_dao    users = get_user_dao(tx);
	const user *ada = NULL;
	assert_ok(user_dao_create(&users, &(user){ .username = "ada", .email = "a" }, WEIR_SET(user, username, email), &ada,
	                          &blog.err));
	for (int i = 0; i < 2; i++)
		assert_ok(post_dao_create(&posts, &(post){ .user_id = ada->id, .title = "t", .views = 3 },
		                          WEIR_SET(post, user_id, title, views), NULL, &blog.err));
	assert_ok(
		post_dao_get_tallies_cached(&posts, WEIR_QUERY(.having = weir_ge(post_tally_c.posts, 2)), &tallies, &blog.err));
	ck_assert_uint_eq(tallies.count, 1);
	ck_assert_int_eq(tallies.items[0]->views.value, 6);
	assert_ok(user_dao_get_cards(&users, NULL, &cards, &blog.err));
	ck_assert_str_eq(cards.items[0]->username, "ada");
	post_tally_list_release(&tallies);
	user_card_list_release(&cards);
	user_release(&ada);
	weir_rollback(&tx);
}

/* ---- What does not fit ---------------------------------------------------------------------------------------------------- */

typedef struct misfit {
	int64_t     number;
	int32_t     small;
	const char *text;
} misfit;

static void assert_misfit(weir_field field, const char *says)
{
	const weir_model one = {
		.name = "misfit", .size = sizeof(misfit), .fields = &field, .field_count = 1, .field_size = sizeof field
	};
	weir_list     list = WEIR_LIST_INIT;
	weir_session *other = blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE, .models = models });
	weir_base_dao dao = weir_get_dao(other, &account_model);
	assert_status(WEIR_ERR_MODEL, weir_base_dao_get_all_into(&dao, NULL, &one, &list, &blog.err));
	ck_assert_ptr_nonnull(strstr(blog.err.message, says));
	weir_close(&other);
}

WRITING_TEST(test_into__names_the_member_that_does_not_fit)
{
	assert_misfit((weir_field)WEIR_FIELD(misfit, number),
	              "misfit.number: as a part of account: there is no such column");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .column = "points"), "has another type there");
	assert_misfit((weir_field)WEIR_FIELD(misfit, small, .column = "points"), "can be NULL there");
	assert_misfit((weir_field)WEIR_FIELD(misfit, small, .aggregate = WEIR_COUNT), "a count is an int8");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .aggregate = WEIR_SUM), "of no .column");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .column = "points", .aggregate = WEIR_SUM),
	              "is NULL where there are no values");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .column = "balance", .aggregate = WEIR_SUM),
	              "a sum is numeric");
	assert_misfit((weir_field)WEIR_FIELD(misfit, text, .column = "owner", .aggregate = WEIR_SUM), "only numbers");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .column = "points", .aggregate = WEIR_AVG), "an average is");
	assert_misfit((weir_field)WEIR_FIELD(misfit, number, .column = "points", .aggregate = WEIR_MAX),
	              "has another type");
}

WRITING_TEST(test_into__refuses_what_makes_no_sense)
{
	group_list   groups = WEIR_LIST_INIT;
	part_list    parts = WEIR_LIST_INIT;
	const part  *one = NULL;
	const group *group_of_one = NULL;
	account_list list = WEIR_LIST_INIT;
	weir_opt_i64 number;

	assert_ok(weir_base_dao_get_all_into(&accounts,
	                                     WEIR_QUERY(.distinct = true, .order = WEIR_ORDER(weir_asc(part_c.score))),
	                                     &part_model, &parts, &blog.err));
	assert_status(WEIR_ERR_USAGE, get_groups(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(account_c.level))), &groups));
	assert_status(WEIR_ERR_USAGE, get_groups(WEIR_QUERY(.having = weir_eq(account_c.level, 1)), &groups));
	assert_status(WEIR_ERR_USAGE, get_groups(WEIR_QUERY(.with = WEIR_WITH("posts")), &groups));
	assert_status(WEIR_ERR_USAGE, get_groups(WEIR_QUERY(.lock = WEIR_FOR_UPDATE), &groups));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all_into(&accounts, WEIR_QUERY(.having = weir_eq(part_c.score, 1)),
	                                                         &part_model, &parts, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_get_all_into(&accounts, WEIR_QUERY(.order = WEIR_ORDER(weir_asc(part_c.score))),
	                                         &part_model, &parts, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all(&accounts, WEIR_QUERY(.distinct = true), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all_cached(
									  &accounts, WEIR_QUERY(.having = weir_eq(account_c.level, 1)), &list, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_all_into(&accounts, NULL, NULL, &parts, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id_into(&accounts, &(account){ .id = 1 }, &group_model,
	                                                           &group_of_one, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id_into(&accounts, NULL, &part_model, &one, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_aggregate_i64(&accounts, WEIR_NO_AGGREGATE, account_c.id.column, NULL,
	                                                          &number, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, user_c.id.column, NULL, &number, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, (weir_column){ .model = NULL }, NULL,
	                                                          &number, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, account_c.id.column,
	                                                          WEIR_QUERY(.limit = 1), &number, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, account_c.id.column, NULL, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_count_distinct(&accounts, account_c.id.column, NULL, NULL, &blog.err));
	assert_status(WEIR_ERR_MODEL,
	              weir_base_dao_aggregate_i64(&accounts, WEIR_SUM, account_c.balance.column, NULL, &number, &blog.err));
}

WEIR_SUITE("into", test_groups__have_counts_sums_averages_and_extremes,
           test_groups__are_chosen_ordered_and_paged_by_what_they_hold,
           test_groups__cached_are_invalidated_by_every_write_and_keep_apart,
           test_part__reads_only_its_columns_in_the_models_order, test_part__of_one_row_comes_from_the_rows_own_entry,
           test_distinct__has_each_row_once, test_aggregate__is_one_value_and_none_of_no_rows,
           test_into__works_in_a_transaction, test_into__names_the_member_that_does_not_fit,
           test_into__refuses_what_makes_no_sense);
