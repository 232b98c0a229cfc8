/* Capabilities that were made apart, together. */
#include "support/blog.h"

#include <weir/futures.h>
#include <weir/invalidation.h>
#include <weir/reading.h>
#include <weir/relation.h>
#include <weir/writing.h>

#include <string.h>

static struct blog   blog;
static weir_session *session;

/* Opens the tables of this SQL with these models, beside the blog's. */
static void setup(const char *sql, const weir_model *const *models, const weir_options *more)
{
	weir_options options = more ? *more : (weir_options){ .cache_kind = WEIR_CACHE_REDIS };

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog, sql);
	options.models = models;
	session = blog_open_other(&blog, &options);
}

static void teardown(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	weir_close(&session);
	blog_close(&blog);
}

/* Runs a statement and asserts how many queries it took. */
#define assert_queries(expected, statement)                                                                            \
	do {                                                                                                               \
		weir_session_stats before_, after_;                                                                            \
		weir_session_stats_get(session, &before_);                                                                     \
		statement;                                                                                                     \
		weir_session_stats_get(session, &after_);                                                                      \
		ck_assert_uint_eq(after_.queries - before_.queries, expected);                                                 \
	} while (0)

/* ---- A text that is the whole primary key --------------------------------------------------------------------------------- */

typedef struct land {
	const char *code;
	const char *name;
} land;
WEIR_RECORD(land)

static const weir_field land_fields[] = {
	WEIR_FIELD(land, code, .primary_key = true),
	WEIR_FIELD(land, name),
};
static const weir_model       land_model = WEIR_MODEL(land, "lands", land_fields);
static const weir_text_column land_code = WEIR_TEXT_COLUMN(land, code);

START_TEST(test_get_by__of_the_primary_key_and_get_by_id_share_one_entry)
{
	static const weir_model *const models[] = { &land_model, NULL };
	const land                    *found = NULL;
	const land                     key = { .code = "de" };
	weir_base_dao                  lands;
	weir_cache_stats               stats;

	setup("CREATE TABLE lands (code text PRIMARY KEY, name text NOT NULL); INSERT INTO lands VALUES ('de', 'x')",
	      models, NULL);
	lands = weir_get_dao(session, &land_model);
	for (int i = 0; i < 6; i++) {
		assert_queries(
			i == 0, assert_ok(i % 2 ? weir_base_dao_get_by_id_cached(&lands, &key, &found, &blog.err)
		                            : weir_base_dao_get_by_cached(&lands, land_code.column, &key, &found, &blog.err)));
		ck_assert_str_eq(found->name, "x");
		land_release(&found);
	}
	weir_cache_manager_stats(weir_session_cache(session), &land_model, &stats);
	ck_assert_uint_eq(stats.errors, 0);
	teardown();
}
END_TEST

START_TEST(test_future__by_the_primary_key_takes_the_records_entry)
{
	static const weir_model *const models[] = { &land_model, NULL };
	const land                    *found = NULL;
	const land                     key = { .code = "de" };
	weir_futures                  *group = NULL;
	weir_base_dao                  lands;

	setup("CREATE TABLE lands (code text PRIMARY KEY, name text NOT NULL); INSERT INTO lands VALUES ('de', 'x')",
	      models, NULL);
	lands = weir_get_dao(session, &land_model);
	assert_ok(weir_futures_create(session, &group, &blog.err));
	for (int i = 0; i < 4; i++) {
		weir_future *future = NULL;

		assert_ok(weir_base_dao_start_get_by_cached(&lands, land_code.column, &key, group, &future, &blog.err));
		assert_queries(i == 0, assert_ok(weir_future_take(&future, &found, &blog.err)));
		ck_assert_str_eq(found->name, "x");
		land_release(&found);
		assert_queries(0, assert_ok(weir_base_dao_get_by_id_cached(&lands, &key, &found, &blog.err)));
		land_release(&found);
	}
	weir_futures_free(&group);
	teardown();
}
END_TEST

/* ---- A hook that refuses a write in a transaction --------------------------------------------------------------------------- */

typedef struct moody {
	int64_t     id;
	const char *name;
} moody;
WEIR_RECORD(moody)

static int refusal;

static int refuse(weir_invalidation *write, const void *record, weir_error *err)
{
	(void)write, (void)record, (void)err;
	return refusal;
}

static const weir_field moody_fields[] = {
	WEIR_FIELD(moody, id, .primary_key = true),
	WEIR_FIELD(moody, name),
};
static const weir_model        moody_model = WEIR_MODEL(moody, "moodies", moody_fields, .invalidates = refuse);
static const weir_model *const moody_models[] = { &moody_model, NULL };

#define MOODIES_SQL "CREATE TABLE moodies (id bigint PRIMARY KEY, name text NOT NULL)"

static int create_moody(weir_session *on, int64_t id, int answer)
{
	weir_base_dao dao = weir_get_dao(on, &moody_model);
	int           rc;

	refusal = answer;
	rc = weir_base_dao_create(&dao, &(moody){ id, "x" }, weir_set_all(&moody_model), NULL, &blog.err);
	refusal = 0;
	return rc;
}

START_TEST(test_hook__that_refuses_in_a_transaction_leaves_nothing_to_commit)
{
	weir_session *tx = NULL;

	setup(MOODIES_SQL, moody_models, NULL);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	assert_ok(create_moody(tx, 1, 0));
	assert_status(WEIR_ERR_LIMIT, create_moody(tx, 2, WEIR_ERR_LIMIT));
	assert_status(WEIR_ERR_CLOSED, create_moody(tx, 3, 0));
	assert_status(WEIR_ERR_CLOSED, weir_commit(&tx, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM moodies"), "0");
	teardown();
}
END_TEST

START_TEST(test_hook__that_refuses_is_cured_by_going_back_to_a_savepoint)
{
	weir_session *tx = NULL, *inner = NULL;

	setup(MOODIES_SQL, moody_models, NULL);
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	assert_ok(create_moody(tx, 1, 0));
	assert_ok(weir_savepoint(tx, "here", &blog.err));
	assert_status(WEIR_ERR_LIMIT, create_moody(tx, 2, WEIR_ERR_LIMIT));
	assert_ok(weir_rollback_to(tx, "here", &blog.err));
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
	assert_status(WEIR_ERR_LIMIT, create_moody(inner, 3, WEIR_ERR_LIMIT));
	weir_rollback(&inner);
	assert_ok(create_moody(tx, 4, 0));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM moodies"), "1 4");
	teardown();
}
END_TEST

WEIR_SUITE("corners", test_get_by__of_the_primary_key_and_get_by_id_share_one_entry,
           test_future__by_the_primary_key_takes_the_records_entry,
           test_hook__that_refuses_in_a_transaction_leaves_nothing_to_commit,
           test_hook__that_refuses_is_cured_by_going_back_to_a_savepoint);
