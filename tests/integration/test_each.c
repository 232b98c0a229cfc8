/* Streams of rows: all of them, in order, in bounded memory, ended by the caller, in a transaction and outside. */
#include "integration/account.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct seen {
	int64_t       count, last, sum, stop_after;
	int           status; /* when to stop */
	weir_session *session;
	const void   *kept;
} seen;

static int look(const void *record, void *argument, weir_error *err)
{
	const account *row = record;
	seen          *s = argument;

	(void)err;
	ck_assert_int_gt(row->id, s->last);
	s->last = row->id;
	s->sum += row->id;
	s->count++;
	return s->count == s->stop_after ? s->status : WEIR_OK;
}

static void make_rows(int count)
{
	char sql[200];

	snprintf(sql, sizeof sql,
	         "INSERT INTO accounts (owner, level) SELECT 'o' || g, g %% 3 FROM generate_series(1, %d) g", count);
	blog_sql(&blog, sql);
}

static weir_session_stats stats_of(weir_session *of)
{
	weir_session_stats stats;

	weir_session_stats_get(of, &stats);
	return stats;
}

WRITING_TEST(test_each__gives_every_row_in_order_without_a_limit)
{
	seen all = { .count = 0 };
	seen some = { .count = 0 };
	seen none = { .count = 0 };

	make_rows(12345);
	assert_ok(weir_base_dao_each(&accounts, NULL, look, &all, &blog.err));
	ck_assert_int_eq(all.count, 12345);
	ck_assert_int_eq(all.sum, (int64_t)12345 * 12346 / 2);
	assert_ok(weir_base_dao_each(&accounts, WEIR_QUERY(.where = weir_eq(account_c.level, 1), .skip = 10, .limit = 2000),
	                             look, &some, &blog.err));
	ck_assert_int_eq(some.count, 2000);
	some = (seen){ .count = 0 };
	assert_ok(weir_base_dao_each(&accounts, WEIR_QUERY(.where = weir_eq(account_c.level, 1), .skip = 10), look, &some,
	                             &blog.err));
	ck_assert_int_eq(some.count, 4105);
	assert_ok(weir_base_dao_each(&accounts, WEIR_QUERY(.where = weir_lt(account_c.id, 0)), look, &none, &blog.err));
	assert_ok(weir_base_dao_each(&accounts, WEIR_QUERY(.limit = WEIR_NO_ROWS), look, &none, &blog.err));
	ck_assert_int_eq(none.count, 0);
	ck_assert_int_eq(stats_of(session).in_use, 0);
}

WRITING_TEST(test_each__is_ended_by_the_caller_and_leaves_the_pool_whole)
{
	const int statuses[] = { 1, WEIR_ERR_VALUE };

	make_rows(3000);
	for (size_t i = 0; i < 2; i++) {
		for (int64_t after = 1; after < 3000; after += 731) {
			seen     s = { .stop_after = after, .status = statuses[i] };
			uint64_t destroyed = stats_of(session).connections_destroyed;
			assert_status(i == 0 ? WEIR_OK : WEIR_ERR_VALUE, weir_base_dao_each(&accounts, NULL, look, &s, &blog.err));
			ck_assert_int_eq(s.count, after);
			ck_assert_int_eq(stats_of(session).in_use, 0);
			ck_assert_uint_eq(stats_of(session).connections_destroyed, destroyed);
		}
	}
	ck_assert_int_eq(stats_of(session).connections, 1);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' "
	                                 "AND query LIKE 'FETCH FORWARD % FROM weir_%'"),
	                 "0");
}

/* In the transaction: writes to the row it is given, and streams again inside. */
static int write_and_look(const void *record, void *argument, weir_error *err)
{
	const account *row = record;
	seen          *s = argument;
	weir_base_dao  dao = weir_get_dao(s->session, &account_model);
	seen           inner = { .stop_after = 150, .status = 1 };
	int            rc = weir_base_dao_update(&dao, row, &(account){ .level = 9 }, WEIR_SET(account, level), NULL, err);

	if (rc == WEIR_OK && s->count % 100 == 0)
		rc = weir_base_dao_each(&dao, NULL, look, &inner, err);
	ck_assert(rc != WEIR_OK || s->count % 100 != 0 || inner.count == 150);
	return rc < 0 ? rc : look(record, s, err);
}

WRITING_TEST(test_each__in_a_transaction_lets_other_statements_run_between_the_rows)
{
	weir_session *tx = NULL;
	seen          s = { .count = 0 };

	make_rows(500);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	weir_base_dao dao = weir_get_dao(tx, &account_model);
	s.session = tx;
	assert_ok(weir_base_dao_each(&dao, NULL, write_and_look, &s, &blog.err));
	ck_assert_int_eq(s.count, 500);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts WHERE level = 9"), "0");
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM accounts WHERE level = 9"), "500");
	ck_assert_int_eq(stats_of(session).in_use, 0);
}

static int use_session(const void *record, void *argument, weir_error *err)
{
	const account *row = record, *again = NULL;
	seen          *s = argument;
	int            rc = weir_base_dao_get_by_id_cached(&accounts, row, &again, err);

	if (rc == WEIR_OK && s->count == 20) {
		weir_record_retain(record);
		s->kept = record;
	}
	account_release(&again);
	return rc < 0 ? rc : look(record, s, err);
}

WRITING_TEST(test_each__rows_may_be_kept_and_the_session_used_meanwhile)
{
	seen s = { .count = 0 };

	make_rows(300);
	assert_ok(weir_base_dao_each(&accounts, NULL, use_session, &s, &blog.err));
	ck_assert_int_eq(s.count, 300);
	ck_assert_str_eq(((const account *)s.kept)->owner, "o21");
	weir_record_release(s.kept);
}

static int kill_connections(const void *record, void *argument, weir_error *err)
{
	seen *s = argument;

	if (s->count == 10)
		blog_sql(&blog, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%' "
		                "AND query LIKE 'FETCH FORWARD % FROM weir_%'");
	return look(record, s, err);
}

WRITING_TEST(test_each__a_connection_that_breaks_is_an_error_and_not_an_end)
{
	seen s = { .count = 0 };

	make_rows(30000);
	assert_status(WEIR_ERR_CONNECTION_LOST, weir_base_dao_each(&accounts, NULL, kill_connections, &s, &blog.err));
	ck_assert_int_lt(s.count, 30000);
	s = (seen){ .count = 0 };
	assert_ok(weir_base_dao_each(&accounts, NULL, look, &s, &blog.err));
	ck_assert_int_eq(s.count, 30000);
}

WRITING_TEST(test_each__obeys_the_deadline_of_each_part)
{
	seen          s = { .count = 0 };
	weir_base_dao hasty = accounts;

	make_rows(10);
	blog_sql(&blog, "ALTER TABLE accounts RENAME TO kept; CREATE VIEW accounts AS SELECT k.* FROM kept k, "
	                "LATERAL (SELECT pg_sleep(0.1 * (k.id > 0)::int)) p; ");
	hasty.timeout_ms = 300;
	assert_status(WEIR_ERR_TIMEOUT, weir_base_dao_each(&hasty, NULL, look, &s, &blog.err));
	ck_assert_int_eq(stats_of(session).in_use, 0);
	blog_sql(&blog, "DROP VIEW accounts; ALTER TABLE kept RENAME TO accounts");
	assert_ok(weir_base_dao_each(&hasty, NULL, look, &s, &blog.err));
}

WRITING_TEST(test_each__refuses_what_cannot_be_streamed)
{
	seen s = { .count = 0 };

	assert_status(WEIR_ERR_USAGE, weir_base_dao_each(&accounts, NULL, NULL, &s, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_each(&blog.users.base, WEIR_QUERY(.with = WEIR_WITH("posts")), look, &s, &blog.err));
	assert_status(WEIR_ERR_USAGE,
	              weir_base_dao_each(&accounts, WEIR_QUERY(.lock = WEIR_FOR_SHARE), look, &s, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_base_dao_each(&accounts, WEIR_QUERY(.skip = -1), look, &s, &blog.err));
}

/* ---- A million rows ------------------------------------------------------------------------------------------------------ */

typedef struct wide {
	int64_t     id;
	const char *text;
} wide;
WEIR_RECORD(wide)
static const weir_field wide_fields[] = {
	WEIR_FIELD(wide, id, .primary_key = true),
	WEIR_FIELD(wide, text),
};
static const weir_model wide_model = WEIR_MODEL(wide, "wide", wide_fields);

static int add_up(const void *record, void *argument, weir_error *err)
{
	const wide *row = record;
	seen       *s = argument;

	(void)err;
	s->count++;
	s->sum += row->id + (row->text[100] == '\0');
	return WEIR_OK;
}

static long high_water_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

START_TEST(test_each__a_million_rows_take_a_few_megabytes)
{
	const weir_model *const only[] = { &wide_model, NULL };
	seen                    s = { .count = 0 };

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog, "CREATE UNLOGGED TABLE wide (id bigint PRIMARY KEY, text text NOT NULL)");
	blog_sql(&blog, "INSERT INTO wide SELECT g, repeat('x', 100) FROM generate_series(1, 1000000) g");
	session =
		blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE, .models = only, .timeout_ms = 30000 });
	weir_base_dao dao = weir_get_dao(session, &wide_model);
	assert_ok(weir_base_dao_each(&dao, WEIR_QUERY(.limit = 20000), add_up, &s, &blog.err)); /* buffers at their size */
	long before = high_water_kb();
	s = (seen){ .count = 0 };
	assert_ok(weir_base_dao_each(&dao, NULL, add_up, &s, &blog.err));
	ck_assert_int_eq(s.count, 1000000);
	ck_assert_int_eq(s.sum, (int64_t)1000000 * 1000001 / 2 + 1000000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_msg(high_water_kb() - before < 4096, "grew by %ld kB", high_water_kb() - before);
#else
	(void)before;
#endif
	weir_close(&session);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("each", test_each__gives_every_row_in_order_without_a_limit,
           test_each__is_ended_by_the_caller_and_leaves_the_pool_whole,
           test_each__in_a_transaction_lets_other_statements_run_between_the_rows,
           test_each__rows_may_be_kept_and_the_session_used_meanwhile,
           test_each__a_connection_that_breaks_is_an_error_and_not_an_end, test_each__obeys_the_deadline_of_each_part,
           test_each__refuses_what_cannot_be_streamed, test_each__a_million_rows_take_a_few_megabytes);
