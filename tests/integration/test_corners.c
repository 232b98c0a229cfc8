/* Capabilities that were made apart, together. */
#include "support/blog.h"
#include "support/through.h"

#include <weir/futures.h>
#include <weir/invalidation.h>
#include <weir/reading.h>
#include <weir/relation.h>
#include <weir/scope.h>
#include <weir/sql.h>
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

/* ---- Rows in between ---------------------------------------------------------------------------------------------------------- */

typedef struct item {
	int64_t     id;
	const char *name;
} item;
typedef struct box {
	int64_t     id;
	const char *name;
} box;
/* Its key is what it links, and it is deleted by a stamp. */
typedef struct pack {
	int64_t       box_id;
	int64_t       item_id;
	weir_opt_time deleted_at;
} pack;
/* A place in a box, empty where the item is NULL. */
typedef struct slot {
	int64_t      id;
	int64_t      box_id;
	weir_opt_i64 item_id;
	weir_opt_i32 place;
} slot;
WEIR_RECORD(item)

extern const weir_model item_model, box_model, pack_model, slot_model;

static const weir_field item_fields[] = {
	WEIR_FIELD(item, id, .primary_key = true),
	WEIR_FIELD(item, name),
};
static const weir_field box_fields[] = {
	WEIR_FIELD(box, id, .primary_key = true),
	WEIR_FIELD(box, name),
};
static const weir_field pack_fields[] = {
	WEIR_FIELD(pack, box_id, .primary_key = true),
	WEIR_FIELD(pack, item_id, .primary_key = true),
	WEIR_FIELD(pack, deleted_at, .deleted_at = true, .generated = true),
};
static const weir_field slot_fields[] = {
	WEIR_FIELD(slot, id, .primary_key = true, .generated = true),
	WEIR_FIELD(slot, box_id),
	WEIR_FIELD(slot, item_id),
	WEIR_FIELD(slot, place, .unique = true),
};
static const weir_relation box_relations[] = {
	WEIR_MANY_TO_MANY(box, items, item, pack, box_id, item_id),
	WEIR_MANY_TO_MANY(box, placed, item, slot, box_id, item_id),
};
const weir_model item_model = WEIR_MODEL(item, "items", item_fields);
const weir_model box_model = WEIR_MODEL(box, "boxes", box_fields, WEIR_RELATIONS(box_relations));
const weir_model pack_model = WEIR_MODEL(pack, "packs", pack_fields);
const weir_model slot_model = WEIR_MODEL(slot, "slots", slot_fields);

#define BOXES_SQL                                                                                                      \
	"CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);"                                                  \
	"CREATE TABLE boxes (id bigint PRIMARY KEY, name text NOT NULL);"                                                  \
	"CREATE TABLE packs (box_id bigint, item_id bigint, deleted_at timestamptz, PRIMARY KEY (box_id, item_id));"       \
	"CREATE TABLE slots (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, box_id bigint NOT NULL,"              \
	" item_id bigint, place int DEFAULT 1 UNIQUE);"                                                                    \
	"INSERT INTO items VALUES (0, 'zero'), (1, 'one'); INSERT INTO boxes VALUES (1, 'b')"

static const weir_model *const box_models[] = { &item_model, &box_model, &pack_model, &slot_model, NULL };
static const box               one_box = { .id = 1 };
static const item              one_item = { .id = 1 };

/* How many items the box has: counted, loaded through the cache, loaded with a list of boxes. */
static void assert_items(const char *relation, size_t expected)
{
	weir_related  of = weir_related_to(session, &box_model, relation, &one_box);
	weir_base_dao boxes = weir_get_dao(session, &box_model);
	int64_t       count = -1;

	assert_ok(weir_related_count(&of, NULL, &count, &blog.err));
	ck_assert_int_eq(count, (int64_t)expected);
	for (int i = 0; i < 2; i++) {
		weir_list list = WEIR_LIST_INIT, with = WEIR_LIST_INIT, loaded = WEIR_LIST_INIT;

		assert_ok(weir_related_load(&of, &list, &blog.err));
		ck_assert_uint_eq(list.count, expected);
		weir_list_release(&list);
		assert_ok(weir_base_dao_get_by_id_with_cached(&boxes, &one_box, WEIR_WITH(relation), &with, &blog.err));
		ck_assert(weir_related_loaded(&with, relation, with.items[0], &loaded));
		ck_assert_uint_eq(loaded.count, expected);
		weir_list_release(&with);
		if (i == 0)
			(void)weir_related_clear(&of, NULL);
	}
}

START_TEST(test_many_to_many__an_empty_place_is_not_the_row_with_number_zero)
{
	setup(BOXES_SQL "; INSERT INTO slots (box_id, item_id, place) VALUES (1, NULL, 1), (1, 1, 2), (1, NULL, 3)",
	      box_models, NULL);
	assert_items("placed", 1);
	blog_sql(&blog, "INSERT INTO slots (box_id, item_id, place) VALUES (1, 0, 4)");
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	assert_items("placed", 2);
	teardown();
}
END_TEST

START_TEST(test_many_to_many__a_link_that_was_deleted_by_a_stamp_comes_back)
{
	weir_related  of;
	weir_session *tx = NULL;

	setup(BOXES_SQL, box_models, NULL);
	of = weir_related_to(session, &box_model, "items", &one_box);
	for (int i = 0; i < 4; i++) {
		assert_ok(weir_related_add(&of, &one_item, &blog.err));
		assert_ok(weir_related_add(&of, &one_item, &blog.err));
		assert_items("items", 1);
		assert_ok(weir_related_remove(&of, &one_item, &blog.err));
		assert_status(WEIR_NOT_FOUND, weir_related_remove(&of, &one_item, &blog.err));
		assert_items("items", 0);
	}
	assert_ok(weir_begin(session, NULL, &tx, &blog.err));
	of.session = tx;
	assert_ok(weir_related_add(&of, &one_item, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	assert_items("items", 1);
	teardown();
}
END_TEST

/* Its place, 1 where none is said, is taken by the other one. */
START_TEST(test_many_to_many__a_link_that_another_constraint_refuses_is_not_there)
{
	weir_related of;

	setup(BOXES_SQL, box_models, NULL);
	of = weir_related_to(session, &box_model, "placed", &one_box);
	assert_ok(weir_related_add(&of, &(item){ .id = 0 }, &blog.err));
	assert_status(WEIR_ERR_UNIQUE, weir_related_add(&of, &one_item, &blog.err));
	ck_assert_str_eq(blog.err.constraint, "slots_place_key");
	assert_items("placed", 1);
	teardown();
}
END_TEST

/* ---- From no cache, relations too --------------------------------------------------------------------------------------------- */

START_TEST(test_bypass__is_for_the_relations_of_a_read_too)
{
	weir_base_dao     boxes;
	const weir_query *with_items = WEIR_QUERY(.with = WEIR_WITH("items"), .fresh_ms = WEIR_BYPASS);
	weir_cursors      cursors = WEIR_CURSORS_INIT;

	setup(BOXES_SQL "; INSERT INTO packs VALUES (1, 1)", box_models, NULL);
	boxes = weir_get_dao(session, &box_model);
	assert_items("items", 1);
	assert_items("items", 1);
	blog_sql(&blog, "DELETE FROM packs");
	for (int i = 0; i < 4; i++) {
		weir_list list = WEIR_LIST_INIT, items = WEIR_LIST_INIT;

		boxes.fresh_ms = i < 2 ? WEIR_BYPASS : 0;
		if (i == 0)
			assert_ok(weir_base_dao_get_by_id_with_cached(&boxes, &one_box, WEIR_WITH("items"), &list, &blog.err));
		else if (i == 1)
			assert_ok(weir_base_dao_get_many_with_cached(&boxes, &one_box.id, 1, WEIR_WITH("items"), &list, &blog.err));
		else if (i == 2)
			assert_ok(weir_base_dao_get_page_cached(&boxes, with_items, NULL, &list, &cursors, &blog.err));
		else
			assert_ok(weir_base_dao_get_all_cached(&boxes, with_items, &list, &blog.err));
		ck_assert(weir_related_loaded(&list, "items", list.items[0], &items));
		ck_assert_msg(items.count == 0, "read %d", i);
		weir_list_release(&list);
	}
	weir_cursors_release(&cursors);
	teardown();
}
END_TEST

START_TEST(test_relation_metadata__needs_a_place_for_the_answer)
{
	const weir_relation *relation = weir_relation_find(&box_model, "items");

	setup(BOXES_SQL, box_models, NULL);
	assert_status(WEIR_ERR_USAGE, weir_relation_config(session, relation, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_relation_stats(session, relation, NULL, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_relation_configure(session, relation, NULL, &blog.err));
	teardown();
}
END_TEST

/* ---- A session that is closed before its transactions -------------------------------------------------------------------------- */

static int calls_of_hook;

static void use_session(weir_session *of_hook, weir_effect effect, void *argument)
{
	user_dao           users = get_user_dao(of_hook);
	weir_session_stats stats;
	int64_t            count;

	(void)argument;
	ck_assert_int_eq(effect, WEIR_EFFECT_NONE);
	ck_assert_int_eq(user_dao_count(&users, NULL, &count, NULL), WEIR_ERR_CLOSED);
	weir_session_stats_get(of_hook, &stats);
	calls_of_hook++;
}

START_TEST(test_close__leaves_transactions_that_can_only_be_rolled_back)
{
	weir_session *txs[3] = { NULL }, *other, *inner = NULL;
	user_dao      users;
	int64_t       count = -1;

	blog_open(&blog, NULL);
	other = blog_open_other(&blog, &(weir_options){ .timeout_ms = 200, .cache_kind = WEIR_CACHE_REDIS });
	for (int i = 0; i < 3; i++) {
		char name[2] = { (char)('a' + i), '\0' };

		assert_ok(weir_begin(other, NULL, &txs[i], &blog.err));
		users = get_user_dao(txs[i]);
		assert_ok(user_dao_create(&users, &(user){ .username = name, .email = name }, WEIR_SET(user, username, email),
		                          NULL, &blog.err));
		assert_ok(weir_after_end(txs[i], use_session, NULL, &blog.err));
	}
	weir_close(&other);
	assert_status(WEIR_ERR_CLOSED, user_dao_count(&users, NULL, &count, &blog.err));
	assert_status(WEIR_ERR_CLOSED, weir_begin(txs[2], NULL, &inner, &blog.err));
	calls_of_hook = 0;
	assert_status(WEIR_ERR_CLOSED, weir_commit(&txs[0], &blog.err));
	weir_rollback(&txs[1]);
	weir_close(&txs[2]);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_null(txs[i]);
	ck_assert_int_eq(calls_of_hook, 3);
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM users"), "0");
	blog_close(&blog);
}
END_TEST

/* ---- A deadline that has passed ------------------------------------------------------------------------------------------------ */

START_TEST(test_deadline__that_has_passed_ends_calls_before_anything_is_sent)
{
	weir_scope         scope;
	weir_session_stats before, after;
	weir_session      *late, *tx = NULL;
	user_dao           users;
	const user        *found = NULL;
	int64_t            count;

	blog_open(&blog, NULL);
	(void)blog_user(&blog, "ada");
	weir_session_stats_get(blog.session, &before);
	late = weir_with_deadline(blog.session, 0, &scope);
	users = get_user_dao(late);
	for (int i = 0; i < 3; i++) {
		assert_status(WEIR_ERR_TIMEOUT, user_dao_get_by_id(&users, 1, &found, &blog.err));
		assert_status(WEIR_ERR_TIMEOUT, user_dao_count_cached(&users, NULL, &count, &blog.err));
		assert_status(WEIR_ERR_TIMEOUT,
		              user_dao_update(&users, 1, &(user){ .bio = "x" }, WEIR_SET(user, bio), NULL, &blog.err));
		ck_assert(!blog.err.sent && weir_error_is_retryable(&blog.err));
		assert_status(WEIR_ERR_TIMEOUT, weir_begin(late, NULL, &tx, &blog.err));
	}
	weir_session_stats_get(blog.session, &after);
	ck_assert_uint_eq(after.queries, before.queries);
	ck_assert_uint_eq(after.connections_destroyed, before.connections_destroyed);
	blog_close(&blog);
}
END_TEST

START_TEST(test_principal__with_a_count_and_no_settings_is_refused)
{
	weir_principal *who = NULL;

	ck_assert_int_eq(weir_principal_create(&(weir_principal_options){ .setting_count = 2 }, &who, &blog.err),
	                 WEIR_ERR_USAGE);
	ck_assert_ptr_null(who);
}
END_TEST

/* ---- A server that refuses a setting --------------------------------------------------------------------------------------- */

/* Windows, and others before version 15: the server says that the value is no valid one. */
START_TEST(test_connect__a_server_that_cannot_watch_its_callers_is_good_enough)
{
	struct proxy       proxy = { .garbled = "'client_connection_check_interval', '1s" };
	weir_session_stats all;
	weir_session      *tx = NULL;
	char               url[512];

	through_start(&proxy, url, sizeof url);
	blog_open(&blog, &(weir_options){ .postgres = url, .pool.max_connections = 2 });
	(void)blog_user(&blog, "ada");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(
		weir_execute(tx, WEIR_SQL("UPDATE users SET bio = 'x'"), WEIR_NO_PARAMS, WEIR_WRITES(user), NULL, &blog.err));
	(void)blog_user(&blog, "eve");
	assert_ok(weir_commit(&tx, &blog.err));
	weir_session_stats_get(blog.session, &all);
	ck_assert_uint_eq(all.connections_destroyed, 0);
	blog_close(&blog);
	proxy_stop(&proxy);
}
END_TEST

WEIR_SUITE("corners", test_get_by__of_the_primary_key_and_get_by_id_share_one_entry,
           test_future__by_the_primary_key_takes_the_records_entry,
           test_hook__that_refuses_in_a_transaction_leaves_nothing_to_commit,
           test_hook__that_refuses_is_cured_by_going_back_to_a_savepoint,
           test_many_to_many__an_empty_place_is_not_the_row_with_number_zero,
           test_many_to_many__a_link_that_was_deleted_by_a_stamp_comes_back,
           test_many_to_many__a_link_that_another_constraint_refuses_is_not_there,
           test_bypass__is_for_the_relations_of_a_read_too, test_relation_metadata__needs_a_place_for_the_answer,
           test_close__leaves_transactions_that_can_only_be_rolled_back,
           test_deadline__that_has_passed_ends_calls_before_anything_is_sent,
           test_principal__with_a_count_and_no_settings_is_refused,
           test_connect__a_server_that_cannot_watch_its_callers_is_good_enough);
