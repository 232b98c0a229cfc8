/* Opening, closing and misusing sessions: wrong options, unreachable servers, fork, want of memory. */
#include "support/blog.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct blog blog;

static int open_with(weir_options options)
{
	weir_session *session = NULL;
	int           rc;

	if (!options.models)
		options.models = blog_models;
	if (!options.timeout_ms)
		options.timeout_ms = 3000;
	memset(&blog.err, 0, sizeof blog.err);
	rc = weir_open(&options, &session, &blog.err);
	weir_close(&session);
	return rc;
}

START_TEST(test_open__names_the_option_that_is_wrong)
{
	const char *postgres = test_database_url();

	ck_assert_int_eq(open_with((weir_options){ .postgres = NULL }), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "postgres"));
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .timeout_ms = -1 }), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "timeout_ms"));
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .pool = { .max_connections = -3 } }),
	                 WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "max_connections"));
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .pool = { .min_connections = 9 } }),
	                 WEIR_ERR_USAGE);
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .max_limit = 99 }), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "max_limit"));
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .cache = { .list_ttl_s = -7 } }), WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(blog.err.message, "list_ttl_s"));
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .redis = "http://x" }), WEIR_ERR_USAGE);
	ck_assert_int_eq(open_with((weir_options){ .postgres = "host='a", .lazy = true }), WEIR_ERR_USAGE);
	ck_assert_int_eq(open_with((weir_options){ .postgres = postgres, .cache_kind = WEIR_CACHE_REDIS }), WEIR_ERR_USAGE);
}
END_TEST

START_TEST(test_open__reports_a_database_that_cannot_be_reached)
{
	ck_assert_int_eq(open_with((weir_options){ .postgres = "postgresql://127.0.0.1:1/none" }), WEIR_ERR_CONNECT);
	ck_assert_uint_gt(strlen(blog.err.message), 0);
	ck_assert_int_eq(blog.err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&blog.err));
}
END_TEST

START_TEST(test_open__reads_the_options_of_an_older_program)
{
	weir_options options = { .postgres = test_database_url(), .models = blog_models, .schema_check = WEIR_SCHEMA_SKIP };
	weir_session *session = NULL;

	options.log.level = (weir_log_level)99; /* behind what the older program knew: not looked at */
	assert_ok(weir_open_sized(&options, offsetof(weir_options, cache), &session, &blog.err));
	weir_close(&session);
	weir_close(&session);
	weir_close(NULL);
}
END_TEST

START_TEST(test_open__names_a_model_that_is_declared_wrongly)
{
	static const weir_field fields[] = { WEIR_FIELD(user, id), WEIR_FIELD(user, email) };
	static const weir_model keyless = WEIR_MODEL(user, "users", fields);
	const weir_model *const models[] = { &keyless, NULL };
	const weir_model *const twice[] = { &user_model, &user_model, NULL };

	ck_assert_int_eq(open_with((weir_options){ .postgres = test_database_url(), .models = models }), WEIR_ERR_MODEL);
	ck_assert_str_eq(blog.err.model, "user");
	ck_assert_int_eq(open_with((weir_options){ .postgres = test_database_url(), .models = twice }), WEIR_ERR_MODEL);
}
END_TEST

START_TEST(test_open__refuses_two_models_of_one_table)
{
	static const weir_field fields[] = { WEIR_FIELD(user, id, .primary_key = true), WEIR_FIELD(user, email) };
	static const weir_model again = { .name = "again",
		                              .table = "users",
		                              .size = sizeof(user),
		                              .fields = fields,
		                              .field_count = 2,
		                              .field_size = sizeof(weir_field) };
	const weir_model *const models[] = { &user_model, &post_model, &comment_model, &again, NULL };

	ck_assert_int_eq(open_with((weir_options){ .postgres = test_database_url(), .models = models }), WEIR_ERR_MODEL);
	ck_assert_str_eq(blog.err.model, "again");
	ck_assert_ptr_nonnull(strstr(blog.err.message, "table"));
}
END_TEST

START_TEST(test_fork__the_child_is_refused_and_the_parent_goes_on)
{
	const user *found = NULL;
	int         status = 0;
	pid_t       child;

	blog_open(&blog, NULL);
	int64_t id = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		int rc = user_dao_get_by_id_cached(&blog.users, id, &found, NULL);

		weir_close(&blog.session);
		_exit(rc == WEIR_ERR_FORKED && !found ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
	assert_ok(user_dao_get_by_id(&blog.users, id, &found, &blog.err));
	user_release(&found);
	blog_close(&blog);
}
END_TEST

START_TEST(test_out_parameters__must_be_empty)
{
#ifndef NDEBUG
	const user *found = NULL;
	user_list   list = WEIR_LIST_INIT;

	blog_open(&blog, NULL);
	int64_t id = blog_user(&blog, "ada");
	assert_ok(user_dao_get_by_id(&blog.users, id, &found, &blog.err));
	const user *held = found;
	assert_status(WEIR_ERR_USAGE, user_dao_get_by_id(&blog.users, id, &found, &blog.err));
	ck_assert_ptr_eq(found, held);
	user_release(&found);
	assert_ok(user_dao_get_all(&blog.users, NULL, &list, &blog.err));
	assert_status(WEIR_ERR_USAGE, user_dao_get_all(&blog.users, NULL, &list, &blog.err));
	user_list_release(&list);
	user_release(&found);
	user_list_release(&list);
	blog_close(&blog);
#endif
}
END_TEST

START_TEST(test_records__outlive_their_session_and_their_list)
{
	user_list list = WEIR_LIST_INIT;

	blog_open(&blog, NULL);
	blog_user(&blog, "ada");
	assert_ok(user_dao_get_all_cached(&blog.users, NULL, &list, &blog.err));
	const user *kept = user_retain(list.items[0]);
	user_list_release(&list);
	blog_close(&blog);
	ck_assert_str_eq(kept->username, "ada");
	ck_assert_ptr_eq(weir_record_model(kept), &user_model);
	user_release(&kept);
}
END_TEST

START_TEST(test_transaction__misuse_is_told)
{
	weir_session *tx = NULL, *inner = NULL, *other = NULL;
	const user   *found = NULL;

	blog_open(&blog, NULL);
	int64_t id = blog_user(&blog, "ada");
	assert_ok(weir_begin(blog.session, &(weir_transaction_options){ .isolation = WEIR_SERIALIZABLE }, &tx, &blog.err));
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
	user_dao outer = get_user_dao(tx);
	assert_status(WEIR_ERR_USAGE, user_dao_get_by_id(&outer, id, &found, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_begin(tx, &(weir_transaction_options){ .read_only = true }, &other, &blog.err));
	assert_ok(weir_commit(&inner, &blog.err));
	assert_ok(user_dao_get_by_id(&outer, id, &found, &blog.err));
	user_release(&found);
	assert_status(WEIR_ERR_USAGE, weir_commit(&blog.session, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	weir_rollback(&tx);
	assert_ok(weir_begin(blog.session, &(weir_transaction_options){ .read_only = true }, &tx, &blog.err));
	user_dao reader = get_user_dao(tx);
	assert_status(WEIR_ERR_READ_ONLY,
	              user_dao_update(&reader, id, &(user){ .bio = "x" }, WEIR_SET(user, bio), NULL, &blog.err));
	assert_status(WEIR_ERR_CLOSED, user_dao_get_by_id(&reader, id, &found, &blog.err));
	ck_assert_int_lt(weir_commit(&tx, &blog.err), 0);
	ck_assert_ptr_null(tx);
	blog_close(&blog);
}
END_TEST

#ifdef WEIR_TEST_HOOKS
/* One of each kind of read; the first failure ends it. */
static int walk_reads(struct blog *b, int64_t id)
{
	const user *found = NULL;
	user_list   list = WEIR_LIST_INIT;
	int64_t     count = 0;
	int         rc = user_dao_get_by_id_cached(&b->users, id, &found, &b->err);

	user_release(&found);
	if (rc == WEIR_OK)
		rc = user_dao_get_by_email_cached(&b->users, "ada@example.org", &found, &b->err);
	user_release(&found);
	if (rc == WEIR_OK)
		rc = user_dao_get_many_cached(&b->users, (int64_t[]){ id, id + 1 }, 2, &list, &b->err);
	user_list_release(&list);
	if (rc == WEIR_OK)
		rc = user_dao_search_users_cached(&b->users, "d", 0, 10, &list, &b->err);
	user_list_release(&list);
	if (rc == WEIR_OK)
		rc = user_dao_count_cached(&b->users, NULL, &count, &b->err);
	return rc;
}

/* One of each kind of call: reads that miss, reads that hit, writes. */
static int walk(struct blog *b, int64_t id)
{
	const user   *found = NULL;
	weir_session *tx = NULL;
	int64_t       count = 0;
	int           rc = walk_reads(b, id);

	if (rc == WEIR_OK)
		rc = walk_reads(b, id);
	if (rc == WEIR_OK)
		rc = user_dao_update(&b->users, id, &(user){ .bio = "walk" }, WEIR_SET(user, bio), &found, &b->err);
	user_release(&found);
	if (rc == WEIR_OK)
		rc = weir_begin(b->session, NULL, &tx, &b->err);
	if (rc == WEIR_OK) {
		user_dao inside = get_user_dao(tx);
		rc = weir_base_dao_update_where(&inside.base, weir_eq(user_c.id, id), &(user){ .bio = "tx" },
		                                WEIR_SET(user, bio), &count, &b->err);
		if (rc == WEIR_OK)
			rc = weir_commit(&tx, &b->err);
		weir_rollback(&tx);
	}
	return rc;
}

/* Fails the first, second, third ... allocation until a walk meets none that fails. Our own memory only: libpq has its own. Each
 * walk begins with an empty cache: a lease that could not be given up for want of memory would be waited for. */
static void walk_without_memory(enum weir__memory_failure mode)
{
	int64_t id = blog_user(&blog, "ada");
	long    failures = 1;

	ck_assert_int_eq(walk(&blog, id), WEIR_OK);
	for (long i = 0; failures > 0; i++) {
		assert_ok(weir_cache_manager_flush(weir_session_cache(blog.session), NULL, &blog.err));
		weir__memory_fail_after(i, mode);
		int rc = walk(&blog, id);
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_msg(rc == WEIR_OK || rc == WEIR_ERR_NO_MEMORY, "allocation %ld: %s %s", i, weir_status_name(rc),
		              blog.err.message);
		ck_assert_msg(rc == WEIR_OK || failures > 0, "allocation %ld", i);
	}
	ck_assert_int_eq(walk(&blog, id), WEIR_OK);
	weir_session_stats stats;
	weir_session_stats_get(blog.session, &stats);
	ck_assert_int_eq(stats.in_use, 0);
}

START_TEST(test_memory__each_allocation_may_fail_once_or_for_good)
{
	const enum weir__memory_failure modes[] = { WEIR__FAIL_ONCE, WEIR__FAIL_FOREVER };
	const weir_cache_kind           kinds[] = { WEIR_CACHE_REDIS, WEIR_CACHE_MEMORY };

	for (int i = 0; i < 4; i++) {
		blog_open(&blog, &(weir_options){ .cache_kind = kinds[i / 2] });
		walk_without_memory(modes[i % 2]);
		blog_close(&blog);
	}
}
END_TEST

START_TEST(test_open__each_allocation_may_fail)
{
	long failures = 1;

	blog_open(&blog, NULL);
	weir_options options = { .postgres = test_database_url(),
		                     .redis = test_redis_url(),
		                     .models = blog_models,
		                     .schema = blog.schema,
		                     .timeout_ms = 5000 };
	for (long i = 0; failures > 0; i++) {
		weir_session *session = NULL;

		weir__memory_fail_after(i, WEIR__FAIL_ONCE);
		int rc = weir_open(&options, &session, &blog.err);
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_msg(rc == WEIR_OK || (rc == WEIR_ERR_NO_MEMORY && !session), "allocation %ld: %s", i,
		              weir_status_name(rc));
		weir_close(&session);
	}
	blog_close(&blog);
}
END_TEST
#define MEMORY_TESTS , test_memory__each_allocation_may_fail_once_or_for_good, test_open__each_allocation_may_fail
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("session", test_open__names_the_option_that_is_wrong, test_open__reports_a_database_that_cannot_be_reached,
           test_open__reads_the_options_of_an_older_program, test_open__names_a_model_that_is_declared_wrongly,
           test_open__refuses_two_models_of_one_table, test_fork__the_child_is_refused_and_the_parent_goes_on,
           test_out_parameters__must_be_empty, test_records__outlive_their_session_and_their_list,
           test_transaction__misuse_is_told MEMORY_TESTS);
