/* Writes that are not weir's: psql, COPY, TRUNCATE, cascades of the database and triggers of the application, by connections that know
 * nothing of weir. Triggers put them into the outbox, a relay tells the cache. */
#include <weir/relay.h>

#include "support/blog.h"
#include "support/library.h"
#include "support/servers.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOWHERE "redis://127.0.0.1:1/0"

static struct blog blog;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define EVENTUALLY(condition)                                                                                          \
	do {                                                                                                               \
		int64_t eventually_until = now_ms() + 10000;                                                                   \
		while (!(condition) && now_ms() < eventually_until)                                                            \
			(void)poll(NULL, 0, 5);                                                                                    \
		ck_assert_msg((condition), "did not come about: " #condition);                                                 \
	} while (0)

static void reopen(const weir_options *options)
{
	weir_close(&blog.session);
	blog.session = blog_open_other(&blog, options);
	blog.users = get_user_dao(blog.session);
	blog.posts = get_post_dao(blog.session);
	blog.comments = get_comment_dao(blog.session);
}

static void forget_rows(void)
{
	assert_ok(weir_relay_run_once(blog.session, NULL, &blog.err));
}

/* A session whose writes pass the triggers, and no thread: the tests relay. */
static void setup(void)
{
	blog_open(&blog, NULL);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	reopen(&(weir_options){ .outbox = WEIR_ON, .relay = WEIR_OFF });
	forget_rows();
}

static int64_t rows_in_outbox(void)
{
	return strtoll(blog_sql(&blog, "SELECT count(*) FROM weir_outbox"), NULL, 10);
}

static size_t run_once(void)
{
	size_t applied = 0;

	assert_ok(weir_relay_run_once(blog.session, &applied, &blog.err));
	ck_assert_int_eq(rows_in_outbox(), 0);
	return applied;
}

/* What a cached read says: the bio, "-" for a user without one, "" for no such user. */
static const char *cached_bio(int64_t id)
{
	static char bio[64];
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err);

	ck_assert_int_ge(rc, 0);
	snprintf(bio, sizeof bio, "%s", !found ? "" : found->bio ? found->bio : "-");
	user_release(&found);
	return bio;
}

static int64_t cached_count(void)
{
	int64_t count = -1;

	assert_ok(weir_base_dao_count_cached(&blog.users.base, NULL, &count, &blog.err));
	return count;
}

static int64_t cached_posts_of(int64_t user_id)
{
	int64_t    count = -1;
	weir_query query = { .where = weir_eq(post_c.user_id, user_id) };

	assert_ok(weir_base_dao_count_cached(&blog.posts.base, &query, &count, &blog.err));
	return count;
}

static void update_by_psql(int64_t id, const char *bio)
{
	char sql[128];

	snprintf(sql, sizeof sql, "UPDATE users SET bio = '%s' WHERE id = %lld", bio, (long long)id);
	blog_sql(&blog, sql);
}

/* ---- Installing ------------------------------------------------------------------------------------------------------------ */

static const char *triggers(void)
{
	return blog_sql(&blog, "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
	                       "WHERE c.relnamespace = current_schema()::regnamespace AND tgname LIKE 'weir%'");
}

START_TEST(test_install__needs_the_outbox_and_models_of_the_session)
{
	static const weir_model *const others[] = { &author_model, NULL };

	blog_open(&blog, NULL);
	ck_assert_int_eq(weir_relay_install(blog.session, NULL, &blog.err), WEIR_ERR_SCHEMA);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	ck_assert_int_eq(weir_relay_install(blog.session, others, &blog.err), WEIR_ERR_USAGE);
	ck_assert_str_eq(triggers(), "0");
	blog_close(&blog);
}
END_TEST

START_TEST(test_install__may_be_repeated_and_undone)
{
	static const weir_model *const one[] = { &user_model, NULL };

	setup();
	ck_assert_str_eq(triggers(), "15");
	assert_ok(weir_relay_install(blog.session, one, &blog.err));
	ck_assert_str_eq(triggers(), "15");
	assert_ok(weir_relay_uninstall(blog.session, one, &blog.err));
	ck_assert_str_eq(triggers(), "10");
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	ck_assert_str_eq(triggers(), "0");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
	                                 "AND proname LIKE 'weir_relay%'"),
	                 "0");
	blog_close(&blog);
}
END_TEST

/* What the cache held before is not known to be right. */
START_TEST(test_install__starts_with_a_cold_cache)
{
	blog_open(&blog, NULL);
	int64_t id = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(id), "-");
	update_by_psql(id, "new");
	ck_assert_str_eq(cached_bio(id), "-");
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	ck_assert_uint_eq(run_once(), 3);
	ck_assert_str_eq(cached_bio(id), "new");
	blog_close(&blog);
}
END_TEST

/* ---- What others write ------------------------------------------------------------------------------------------------------ */

START_TEST(test_psql__an_update_is_seen)
{
	setup();
	int64_t id = blog_user(&blog, "ada"), other = blog_user(&blog, "eve");
	ck_assert_str_eq(cached_bio(id), "-");
	ck_assert_str_eq(cached_bio(other), "-");
	update_by_psql(id, "new");
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "new");
	uint64_t before = blog_queries(&blog);
	ck_assert_str_eq(cached_bio(other), "-");
	ck_assert_uint_eq(blog_queries(&blog), before);
	blog_close(&blog);
}
END_TEST

START_TEST(test_psql__rows_that_come_and_go_and_change_their_keys_are_seen)
{
	setup();
	ck_assert_int_eq(cached_count(), 0);
	ck_assert_str_eq(cached_bio(7), "");
	blog_sql(&blog, "INSERT INTO users (id, username, email) OVERRIDING SYSTEM VALUE VALUES (7, 'ada', 'a')");
	run_once();
	ck_assert_int_eq(cached_count(), 1);
	ck_assert_str_eq(cached_bio(7), "-");
	ck_assert_str_eq(cached_bio(8), "");
	blog_sql(&blog, "ALTER TABLE users ALTER id SET GENERATED BY DEFAULT; UPDATE users SET id = 8");
	run_once();
	ck_assert_str_eq(cached_bio(7), "");
	ck_assert_str_eq(cached_bio(8), "-");
	blog_sql(&blog, "DELETE FROM users");
	run_once();
	ck_assert_str_eq(cached_bio(8), "");
	ck_assert_int_eq(cached_count(), 0);
	blog_close(&blog);
}
END_TEST

START_TEST(test_psql__a_row_that_moves_between_owners_is_seen_by_both_and_by_nobody_else)
{
	char sql[96];

	setup();
	int64_t ada = blog_user(&blog, "ada"), eve = blog_user(&blog, "eve"), bob = blog_user(&blog, "bob");
	blog_post(&blog, ada, "one");
	ck_assert_int_eq(cached_posts_of(ada), 1);
	ck_assert_int_eq(cached_posts_of(eve), 0);
	ck_assert_int_eq(cached_posts_of(bob), 0);
	snprintf(sql, sizeof sql, "UPDATE posts SET user_id = %lld", (long long)eve);
	blog_sql(&blog, sql);
	run_once();
	uint64_t before = blog_queries(&blog);
	ck_assert_int_eq(cached_posts_of(bob), 0);
	ck_assert_uint_eq(blog_queries(&blog), before);
	ck_assert_int_eq(cached_posts_of(ada), 0);
	ck_assert_int_eq(cached_posts_of(eve), 1);
	blog_close(&blog);
}
END_TEST

static void copy_users(int count)
{
	char      text[128];
	PGconn   *conn = PQconnectdb(test_database_url());
	PGresult *result;

	snprintf(text, sizeof text, "SET search_path TO %s", blog.schema);
	PQclear(PQexec(conn, text));
	result = PQexec(conn, "COPY users (username, email) FROM STDIN");
	ck_assert_int_eq(PQresultStatus(result), PGRES_COPY_IN);
	PQclear(result);
	for (int i = 0; i < count; i++) {
		int length = snprintf(text, sizeof text, "copied%d\t%d@example.org\n", i, i);

		ck_assert_int_eq(PQputCopyData(conn, text, length), 1);
	}
	ck_assert_int_eq(PQputCopyEnd(conn, NULL), 1);
	result = PQgetResult(conn);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

START_TEST(test_copy__is_seen_whether_of_few_or_of_many_rows)
{
	setup();
	ck_assert_int_eq(cached_count(), 0);
	copy_users(3);
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_int_eq(cached_count(), 3);
	blog_sql(&blog, "DELETE FROM users");
	copy_users(3000);
	ck_assert_str_eq(blog_sql(&blog, "SELECT max(length(touches)) < 2000 FROM weir_outbox"), "t");
	ck_assert_uint_eq(run_once(), 2);
	ck_assert_int_eq(cached_count(), 3000);
	blog_close(&blog);
}
END_TEST

START_TEST(test_statement__that_changes_very_many_rows_makes_one_row_of_a_bounded_size)
{
	setup();
	copy_users(3000);
	int64_t id = strtoll(blog_sql(&blog, "SELECT min(id) FROM users"), NULL, 10);
	run_once();
	ck_assert_str_eq(cached_bio(id), "-");
	blog_sql(&blog, "UPDATE users SET bio = 'new'");
	ck_assert_str_eq(blog_sql(&blog, "SELECT touches FROM weir_outbox"), "f user users");
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "new");
	blog_close(&blog);
}
END_TEST

START_TEST(test_truncate__is_seen)
{
	setup();
	int64_t id = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(id), "-");
	ck_assert_int_eq(cached_count(), 1);
	blog_sql(&blog, "TRUNCATE users CASCADE");
	run_once();
	ck_assert_str_eq(cached_bio(id), "");
	ck_assert_int_eq(cached_count(), 0);
	blog_close(&blog);
}
END_TEST

static void make_cascading(void)
{
	blog_sql(&blog, "ALTER TABLE posts DROP CONSTRAINT posts_user_id_fkey, "
	                "ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE");
}

static bool post_is_cached(int64_t id)
{
	const post *found = NULL;
	int         rc = post_dao_get_by_id_cached(&blog.posts, id, &found, &blog.err);

	ck_assert_int_ge(rc, 0);
	post_release(&found);
	return rc == WEIR_OK;
}

START_TEST(test_cascade__of_somebody_elses_delete_is_seen)
{
	setup();
	make_cascading();
	int64_t ada = blog_user(&blog, "ada"), id = blog_post(&blog, ada, "one");
	ck_assert(post_is_cached(id));
	ck_assert_int_eq(cached_posts_of(ada), 1);
	blog_sql(&blog, "DELETE FROM users");
	ck_assert_uint_eq(run_once(), 2);
	ck_assert(!post_is_cached(id));
	ck_assert_int_eq(cached_posts_of(ada), 0);
	blog_close(&blog);
}
END_TEST

/* The library knows of the user that it deletes, and nothing of the posts that go with it. */
START_TEST(test_cascade__of_the_librarys_own_delete_is_seen)
{
	bool deleted = false;

	setup();
	make_cascading();
	int64_t ada = blog_user(&blog, "ada"), id = blog_post(&blog, ada, "one"), more = blog_post(&blog, ada, "two");
	ck_assert(post_is_cached(id) && post_is_cached(more));
	ck_assert_int_eq(cached_posts_of(ada), 2);
	assert_ok(user_dao_delete(&blog.users, ada, &deleted, &blog.err));
	ck_assert(deleted);
	ck_assert_str_eq(cached_bio(ada), "");
	ck_assert_uint_eq(run_once(), 2);
	ck_assert(!post_is_cached(id) && !post_is_cached(more));
	ck_assert_int_eq(cached_posts_of(ada), 0);
	blog_close(&blog);
}
END_TEST

START_TEST(test_trigger_of_the_application__what_it_writes_in_the_librarys_course_is_seen)
{
	setup();
	blog_sql(&blog, "CREATE FUNCTION touch_users() RETURNS trigger LANGUAGE plpgsql AS "
	                "'BEGIN UPDATE users SET bio = NEW.title WHERE id = NEW.user_id; RETURN NEW; END'; "
	                "CREATE TRIGGER t AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION touch_users(); SELECT 1");
	int64_t ada = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(ada), "-");
	blog_post(&blog, ada, "one");
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(ada), "one");
	blog_close(&blog);
}
END_TEST

START_TEST(test_rollback__leaves_nothing)
{
	setup();
	blog_user(&blog, "ada");
	blog_sql(&blog, "BEGIN; UPDATE users SET bio = 'x'; ROLLBACK; SELECT 1");
	blog_sql(&blog, "UPDATE users SET bio = 'x' WHERE id < 0");
	ck_assert_int_eq(rows_in_outbox(), 0);
	blog_close(&blog);
}
END_TEST

/* ---- What the library writes ------------------------------------------------------------------------------------------------ */

START_TEST(test_library__its_writes_pass_the_triggers_at_no_cost_in_round_trips)
{
	weir_session_stats before, after;
	weir_session      *tx = NULL;

	setup();
	int64_t ada = blog_user(&blog, "ada");
	int64_t id = blog_post(&blog, ada, "one");
	assert_ok(post_dao_update(&blog.posts, id, &(post){ .title = "two" }, WEIR_SET(post, title), NULL, &blog.err));
	weir_session_stats_get(blog.session, &before);
	assert_ok(post_dao_update(&blog.posts, id, &(post){ .title = "three" }, WEIR_SET(post, title), NULL, &blog.err));
	weir_session_stats_get(blog.session, &after);
	ck_assert_uint_eq(after.round_trips - before.round_trips, 2);
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	post_dao posts = get_post_dao(tx);
	assert_ok(post_dao_delete(&posts, id, NULL, &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	assert_ok(
		weir_execute(blog.session, WEIR_SQL("DELETE FROM users"), WEIR_NO_PARAMS, WEIR_WRITES(user), NULL, &blog.err));
	ck_assert_int_eq(rows_in_outbox(), 0);
	blog_close(&blog);
}
END_TEST

/* Through a pooler nothing can be set at the start of a connection. */
START_TEST(test_library__its_writes_pass_the_triggers_where_nothing_is_set_on_connections)
{
	setup();
	reopen(&(weir_options){ .outbox = WEIR_ON, .relay = WEIR_OFF, .statements = WEIR_STATEMENTS_UNNAMED });
	int64_t ada = blog_user(&blog, "ada");
	ck_assert_int_eq(rows_in_outbox(), 0);
	assert_ok(weir_run_script(blog.session, "UPDATE users SET bio = 'x'", &blog.err));
	ck_assert_int_eq(rows_in_outbox(), 1);
	run_once();
	ck_assert_str_eq(cached_bio(ada), "x");
	blog_close(&blog);
}
END_TEST

START_TEST(test_library__a_script_and_a_session_without_an_outbox_are_others)
{
	weir_session *tx = NULL;

	setup();
	int64_t ada = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(ada), "-");
	assert_ok(weir_run_script(blog.session, "UPDATE users SET bio = 'script'", &blog.err));
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(ada), "script");
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	assert_ok(weir_run_script(tx, "UPDATE users SET bio = 'in a transaction'", &blog.err));
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(ada), "in a transaction");
	assert_ok(weir_run_script(blog.session, "VACUUM users", &blog.err));
	weir_session *other = blog_open_other(&blog, NULL);
	user_dao      users = get_user_dao(other);
	assert_ok(user_dao_update(&users, ada, &(user){ .bio = "other" }, WEIR_SET(user, bio), NULL, &blog.err));
	ck_assert_uint_eq(run_once(), 1);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- Keys ------------------------------------------------------------------------------------------------------------------- */

typedef struct odd {
	int16_t            number;
	const char        *name;
	weir_opt_uuid      token;
	weir_opt_bool      flag;
	weir_opt_time      at;
	weir_opt_timestamp since;
	const char        *text;
	weir_opt_i64       n;
} odd;
WEIR_RECORD(odd)

static const weir_field odd_fields[] = {
	WEIR_FIELD(odd, number, .primary_key = true),
	WEIR_FIELD(odd, name, .primary_key = true, .column = "na\"me's: {}%"),
	WEIR_FIELD(odd, token, .unique = true),
	WEIR_FIELD(odd, flag, .stamped = true),
	WEIR_FIELD(odd, at, .stamped = true),
	WEIR_FIELD(odd, since, .unique = true, .stamped = true),
	WEIR_FIELD(odd, text, .stamped = true, .nullable = true),
	WEIR_FIELD(odd, n, .stamped = true),
};
static const weir_model        odd_model = WEIR_MODEL(odd, "odd \"table's\" $weir$", odd_fields);
static const weir_model *const odd_models[] = { &odd_model, NULL };

static const char odd_table[] =
	"CREATE TABLE \"odd \"\"table's\"\" $weir$\" (number smallint, \"na\"\"me's: {}%\" text COLLATE \"C\", token uuid UNIQUE, "
	"flag boolean, at timestamptz, since timestamp UNIQUE, text text COLLATE \"C\", n bigint, "
	"PRIMARY KEY (number, \"na\"\"me's: {}%\")); SELECT 1";

static const char *const odd_rows[] = {
	"1, 'plain', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true, '2026-11-21 10:26:15.000123+02', '1969-12-31 23:59:59.999999', "
	"'a', 1",
	"-2, E'a:b%c{d}e f\\n\\t\\x01~|;[]\\\\', NULL, false, 'infinity', '-infinity', '', -9223372036854775808",
	"3, '', '00000000-0000-0000-0000-000000000000', NULL, '-infinity', 'infinity', NULL, NULL",
	"4, 'äöü€𝄞', NULL, NULL, '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999', '''\"$weir$', 0",
	"5, repeat('long ', 100), NULL, NULL, NULL, NULL, repeat('ä', 300), 9223372036854775807",
};

static char *lines_of_outbox(void)
{
	return strdup(blog_sql(&blog, "SELECT string_agg(DISTINCT l, E'\\n' ORDER BY l) FROM weir_outbox, "
	                              "regexp_split_to_table(touches, '\\n') l WHERE l NOT LIKE '%:\\%h%'"));
}

/* The library's own lines for an update of every row, and those of the triggers for the same update by psql. */
START_TEST(test_keys__are_those_of_the_library)
{
	char          sql[2048];
	char         *theirs, *ours;
	odd_list      list = WEIR_LIST_INIT;
	weir_options  options = { .models = odd_models };
	weir_session *writer;

	setup();
	blog_sql(&blog, odd_table);
	for (size_t i = 0; i < 5; i++) {
		snprintf(sql, sizeof sql, "INSERT INTO \"odd \"\"table's\"\" $weir$\" VALUES (%s); SELECT 1", odd_rows[i]);
		blog_sql(&blog, sql);
	}
	reopen(&options);
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	blog_sql(&blog, "UPDATE \"odd \"\"table's\"\" $weir$\" SET number = number WHERE number < 5");
	theirs = lines_of_outbox();
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	options.redis = NOWHERE;
	options.outbox = WEIR_ON;
	options.relay = WEIR_OFF;
	writer = blog_open_other(&blog, &options);
	weir_base_dao dao = weir_get_dao(writer, &odd_model);
	assert_ok(weir_base_dao_get_all(&dao, NULL, &list, &blog.err));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i]->number < 5)
			assert_ok(weir_base_dao_update(&dao, list.items[i], list.items[i], WEIR_SET(odd, token), NULL, &blog.err));
	odd_list_release(&list);
	ours = lines_of_outbox();
	ck_assert_str_eq(theirs, ours);
	ck_assert_ptr_nonnull(strstr(theirs, "a%3ab%25c%7bd%7de%20f%0a%09%01~|;[]\\"));
	free(theirs);
	free(ours);
	weir_close(&writer);
	blog_close(&blog);
}
END_TEST

/* The library shortens such keys before they are written down, whoever replays those of the triggers does so then. */
START_TEST(test_keys__long_ones_are_seen_too)
{
	char          sql[2048];
	const odd    *found = NULL;
	weir_base_dao dao;

	setup();
	blog_sql(&blog, odd_table);
	snprintf(sql, sizeof sql, "INSERT INTO \"odd \"\"table's\"\" $weir$\" VALUES (%s); SELECT 1", odd_rows[4]);
	blog_sql(&blog, sql);
	reopen(&(weir_options){ .models = odd_models });
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	char name[501] = "";
	for (int i = 0; i < 100; i++)
		strcat(name, "long ");
	dao = weir_get_dao(blog.session, &odd_model);
	assert_ok(weir_base_dao_get_by_id_cached(&dao, &(odd){ .number = 5, .name = name }, &found, &blog.err));
	odd_release(&found);
	blog_sql(&blog, "UPDATE \"odd \"\"table's\"\" $weir$\" SET n = 1");
	run_once();
	assert_ok(weir_base_dao_get_by_id_cached(&dao, &(odd){ .number = 5, .name = name }, &found, &blog.err));
	ck_assert_int_eq(found->n.value, 1);
	odd_release(&found);
	blog_close(&blog);
}
END_TEST

/* Those who write to a table need no rights on the outbox, and cannot read or fill it through the triggers. */
START_TEST(test_rights__a_role_that_may_only_update_is_not_stopped)
{
	char sql[1024];

	setup();
	int64_t id = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(id), "-");
	snprintf(sql, sizeof sql,
	         "CREATE ROLE %s_r; GRANT USAGE ON SCHEMA %s TO %s_r; GRANT SELECT, UPDATE ON users TO %s_r; "
	         "CREATE SCHEMA AUTHORIZATION %s_r; SELECT 1",
	         blog.schema, blog.schema, blog.schema, blog.schema, blog.schema);
	blog_sql(&blog, sql);
	snprintf(
		sql, sizeof sql,
		"SET ROLE %s_r; CREATE TABLE %s_r.weir_outbox (prefix text, touches text); SET search_path TO %s_r, %s; "
		"UPDATE users SET bio = 'by a guest'; RESET ROLE; DROP SCHEMA %s_r CASCADE; DROP OWNED BY %s_r; DROP ROLE %s_r",
		blog.schema, blog.schema, blog.schema, blog.schema, blog.schema, blog.schema, blog.schema);
	blog_sql(&blog, sql);
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "by a guest");
	blog_close(&blog);
}
END_TEST

START_TEST(test_prefixes__each_has_its_own_triggers_and_rows)
{
	setup();
	int64_t       id = blog_user(&blog, "ada");
	weir_session *other =
		blog_open_other(&blog, &(weir_options){ .cache_prefix = "another", .outbox = WEIR_ON, .relay = WEIR_OFF });
	assert_ok(weir_relay_install(other, NULL, &blog.err));
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	update_by_psql(id, "new");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(DISTINCT prefix) FROM weir_outbox"), "2");
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	user_dao users = get_user_dao(other);
	assert_ok(user_dao_update(&users, id, &(user){ .bio = "x" }, WEIR_SET(user, bio), NULL, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT string_agg(prefix, ',') FROM weir_outbox"), blog.prefix);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* ---- The bound --------------------------------------------------------------------------------------------------------------- */

enum { BOUND_MS = 1000 };

static bool hits(int64_t id)
{
	uint64_t before = blog_queries(&blog);

	(void)cached_bio(id);
	return blog_queries(&blog) == before;
}

START_TEST(test_bound__without_a_relay_the_cache_is_not_read)
{
	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS, .relay = WEIR_OFF });
	for (int i = 0; i < 5; i++)
		ck_assert(!hits(id));
	weir_session *relay = blog_open_other(&blog, &(weir_options){ .outside_ms = BOUND_MS });
	EVENTUALLY(hits(id));
	weir_close(&relay);
	EVENTUALLY(!hits(id));
	relay = blog_open_other(&blog, &(weir_options){ .outside_ms = 2 * BOUND_MS });
	ck_assert(!hits(id));
	weir_close(&relay);
	blog_close(&blog);
}
END_TEST

/* Whenever somebody writes, no read that begins later than the bound misses it; and most reads are hits. */
START_TEST(test_bound__writes_of_others_are_seen_within_it)
{
	int reads = 0, from_cache = 0;

	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS });
	EVENTUALLY(hits(id));
	for (int round = 0; round < 4; round++) {
		char expected[32];

		snprintf(expected, sizeof expected, "round %d", round);
		update_by_psql(id, expected);
		for (int64_t written = now_ms(), began = written; began < written + BOUND_MS + 300; began = now_ms()) {
			uint64_t before = blog_queries(&blog);
			bool     seen = strcmp(cached_bio(id), expected) == 0;

			ck_assert_msg(seen || began - written <= BOUND_MS, "not seen after %d ms", (int)(began - written));
			reads++;
			from_cache += blog_queries(&blog) == before;
			(void)poll(NULL, 0, 2);
		}
	}
	ck_assert_int_gt(from_cache, reads / 2);
	blog_close(&blog);
}
END_TEST

/* Redis stands still, and goes on with what it held: also the requests that were on their way when it stopped. */
START_TEST(test_bound__holds_when_redis_was_frozen)
{
	struct server redis;

	server_start(&redis, SERVER_REDIS);
	setup();
	int64_t id = blog_user(&blog, "ada");
	reopen(&(weir_options){ .outside_ms = BOUND_MS, .redis = redis.url, .cache_timeout_ms = 100 });
	for (int round = 0; round < 2; round++) {
		char expected[32];

		EVENTUALLY(hits(id));
		server_pause(&redis);
		snprintf(expected, sizeof expected, "round %d", round);
		update_by_psql(id, expected);
		for (int64_t written = now_ms(), began = written; began < written + 3 * BOUND_MS; began = now_ms()) {
			if (began > written + BOUND_MS + 200 && redis.paused)
				server_resume(&redis);
			bool seen = strcmp(cached_bio(id), expected) == 0;

			ck_assert_msg(seen || began - written <= BOUND_MS, "not seen after %d ms", (int)(began - written));
			(void)poll(NULL, 0, 2);
		}
	}
	blog_close(&blog);
	server_release(&redis);
}
END_TEST

WEIR_SUITE("relay", test_install__needs_the_outbox_and_models_of_the_session, test_install__may_be_repeated_and_undone,
           test_install__starts_with_a_cold_cache, test_psql__an_update_is_seen,
           test_psql__rows_that_come_and_go_and_change_their_keys_are_seen,
           test_psql__a_row_that_moves_between_owners_is_seen_by_both_and_by_nobody_else,
           test_copy__is_seen_whether_of_few_or_of_many_rows,
           test_statement__that_changes_very_many_rows_makes_one_row_of_a_bounded_size, test_truncate__is_seen,
           test_cascade__of_somebody_elses_delete_is_seen, test_cascade__of_the_librarys_own_delete_is_seen,
           test_trigger_of_the_application__what_it_writes_in_the_librarys_course_is_seen,
           test_rollback__leaves_nothing, test_library__its_writes_pass_the_triggers_at_no_cost_in_round_trips,
           test_library__its_writes_pass_the_triggers_where_nothing_is_set_on_connections,
           test_library__a_script_and_a_session_without_an_outbox_are_others, test_keys__are_those_of_the_library,
           test_keys__long_ones_are_seen_too, test_rights__a_role_that_may_only_update_is_not_stopped,
           test_prefixes__each_has_its_own_triggers_and_rows, test_bound__without_a_relay_the_cache_is_not_read,
           test_bound__writes_of_others_are_seen_within_it, test_bound__holds_when_redis_was_frozen);
