/*
 * test_principal.c: sessions on somebody's behalf. Two tenants under row-level security see their own rows, from the database and from
 * the cache, cold and warm; what one writes the other's cache learns; nothing stays on a connection.
 */
#include "support/blog.h"

#include <weir/scope.h>
#include <weir/sql.h>

#include <stdatomic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct note {
	int64_t     id;
	const char *tenant;
	const char *title;
	int32_t     stars;
} note;
WEIR_RECORD(note)

extern const weir_model note_model;
static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true, .generated = true),
	WEIR_FIELD(note, tenant),
	WEIR_FIELD(note, title, .unique = true),
	WEIR_FIELD(note, stars),
};
const weir_model note_model = WEIR_MODEL(note, "notes", note_fields, .per_principal = true, .gathers = true);
static const struct {
	weir_i64_column  id;
	weir_text_column title;
} note_c = { WEIR_I64_COLUMN(note, id), WEIR_TEXT_COLUMN(note, title) };

/* The same without the word. */
extern const weir_model plain_model;
static const weir_field plain_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true, .generated = true),
	WEIR_FIELD(note, tenant),
	WEIR_FIELD(note, title, .unique = true),
	WEIR_FIELD(note, stars),
};
const weir_model plain_model = WEIR_MODEL(note, "notes", plain_fields);

static const weir_model *const note_models[] = { &note_model, NULL };
static const weir_model *const plain_models[] = { &plain_model, NULL };

static struct blog     blog;
static char            role[48];
static weir_principal *red, *blue;
static weir_scope      red_scope, blue_scope;
static weir_session   *as_red, *as_blue;

static weir_principal *principal_of(const char *tenant)
{
	weir_principal_setting setting = { "app.tenant", tenant };
	weir_principal        *made = NULL;

	assert_ok(weir_principal_create(&(weir_principal_options){ .role = role, .settings = &setting, .setting_count = 1 },
	                                &made, &blog.err));
	return made;
}

static void open_notes(weir_options options)
{
	char sql[1024];

	snprintf(role, sizeof role, "weir_test_app_%d", (int)getpid());
	options.models = note_models;
	options.lazy = true;
	blog_open(&blog, &options);
	snprintf(
		sql, sizeof sql,
		"CREATE TABLE %1$s.notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text NOT NULL DEFAULT "
		"current_setting('app.tenant'), title text NOT NULL UNIQUE, stars int NOT NULL DEFAULT 0);"
		"ALTER TABLE %1$s.notes ENABLE ROW LEVEL SECURITY;"
		"CREATE POLICY p ON %1$s.notes USING (tenant = current_setting('app.tenant', true) OR tenant = 'all');"
		"CREATE ROLE %2$s; GRANT USAGE ON SCHEMA %1$s TO %2$s; GRANT ALL ON ALL TABLES IN SCHEMA %1$s TO %2$s",
		blog.schema, role);
	blog_sql(&blog, sql);
	red = principal_of("red");
	blue = principal_of("blue");
	as_red = weir_with_principal(blog.session, red, &red_scope);
	as_blue = weir_with_principal(blog.session, blue, &blue_scope);
}

static void close_notes(void)
{
	char sql[160];

	weir_principal_free(&red);
	weir_principal_free(&blue);
	weir_principal_free(&blue);
	snprintf(sql, sizeof sql, "DROP OWNED BY %1$s; DROP ROLE %1$s", role);
	blog_sql(&blog, sql);
	blog_close(&blog);
}

#define PRINCIPAL_TEST(name)                                                                                           \
	static void name##_body(void);                                                                                     \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		open_notes((weir_options){ 0 });                                                                               \
		name##_body();                                                                                                 \
		close_notes();                                                                                                 \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void name##_body(void)

static int64_t make(weir_session *session, const char *title)
{
	weir_base_dao notes = weir_get_dao(session, &note_model);
	const note   *made = NULL;
	int64_t       id;

	assert_ok(weir_base_dao_create(&notes, &(note){ .title = title }, WEIR_SET(note, title), &made, &blog.err));
	id = made->id;
	note_release(&made);
	return id;
}

/* The title, or "" where there is none to be seen. */
static const char *title_of(weir_session *session, int64_t id)
{
	static char   title[64];
	weir_base_dao notes = weir_get_dao(session, &note_model);
	const note   *found = NULL;
	int           rc = weir_base_dao_get_by_id_cached(&notes, &(note){ .id = id }, &found, &blog.err);

	title[0] = '\0';
	ck_assert_msg(rc >= 0, "%s", blog.err.message);
	if (rc == WEIR_OK)
		snprintf(title, sizeof title, "%s", found->title);
	note_release(&found);
	return title;
}

static int64_t count(weir_session *session)
{
	weir_base_dao notes = weir_get_dao(session, &note_model);
	int64_t       number = -1;

	assert_ok(weir_base_dao_count_cached(&notes, NULL, &number, &blog.err));
	return number;
}

static int set_title(weir_session *session, int64_t id, const char *title)
{
	weir_base_dao notes = weir_get_dao(session, &note_model);

	return weir_base_dao_update(&notes, &(note){ .id = id }, &(note){ .title = title }, WEIR_SET(note, title), NULL,
	                            &blog.err);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------------ */

PRINCIPAL_TEST(test_principal__each_sees_its_own_rows_cold_and_warm)
{
	int64_t ours = make(as_red, "r"), theirs = make(as_blue, "b");

	for (int i = 0; i < 3; i++) {
		ck_assert_str_eq(title_of(as_red, ours), "r");
		ck_assert_str_eq(title_of(as_blue, ours), "");
		ck_assert_str_eq(title_of(as_blue, theirs), "b");
		ck_assert_str_eq(title_of(as_red, theirs), "");
		ck_assert_int_eq(count(as_red), 1);
		ck_assert_int_eq(count(as_blue), 1);
	}
}

PRINCIPAL_TEST(test_principal__the_cache_answers_without_a_query)
{
	weir_base_dao notes = weir_get_dao(as_red, &note_model);
	const note   *found = NULL;
	note_list     list = WEIR_LIST_INIT;
	int64_t       id = make(as_red, "r");
	uint64_t      before = 0;

	for (int i = 0; i < 2; i++) {
		before = blog_queries(&blog);
		ck_assert_str_eq(title_of(as_red, id), "r");
		assert_ok(weir_base_dao_get_by_cached(&notes, note_c.title.column, &(note){ .title = "r" }, &found, &blog.err));
		note_release(&found);
		assert_ok(weir_base_dao_get_all_cached(&notes, NULL, &list, &blog.err));
		note_list_release(&list);
		ck_assert_int_eq(count(as_red), 1);
	}
	ck_assert_uint_eq(blog_queries(&blog), before);
}

/* A row that both see: what one writes, the other reads, though their entries have keys of their own. */
PRINCIPAL_TEST(test_principal__a_write_of_one_is_seen_by_all)
{
	char    sql[160];
	int64_t id = make(as_red, "first"), other = make(as_red, "other");

	snprintf(sql, sizeof sql, "UPDATE %s.notes SET tenant = 'all'", blog.schema);
	blog_sql(&blog, sql);
	for (int i = 0; i < 2; i++) {
		ck_assert_str_eq(title_of(as_red, id), "first");
		ck_assert_str_eq(title_of(as_blue, id), "first");
		ck_assert_int_eq(count(as_blue), 2);
	}
	assert_ok(set_title(as_red, id, "second"));
	ck_assert_str_eq(title_of(as_blue, id), "second");
	ck_assert_str_eq(title_of(as_red, id), "second");
	assert_ok(set_title(as_blue, id, "third"));
	ck_assert_str_eq(title_of(as_red, id), "third");
	(void)make(as_blue, "new");
	ck_assert_int_eq(count(as_blue), 3);
	/* and a write of one row leaves the others' entries alone */
	(void)title_of(as_red, other);
	assert_ok(set_title(as_blue, id, "fourth"));
	uint64_t before = blog_queries(&blog);
	ck_assert_str_eq(title_of(as_red, other), "other");
	ck_assert_uint_eq(blog_queries(&blog), before);
}

PRINCIPAL_TEST(test_principal__one_cannot_write_what_it_does_not_see)
{
	weir_base_dao notes = weir_get_dao(as_blue, &note_model);
	int64_t       id = make(as_red, "r");
	bool          deleted = true;

	assert_status(WEIR_NOT_FOUND, set_title(as_blue, id, "x"));
	assert_ok(weir_base_dao_delete(&notes, &(note){ .id = id }, &deleted, &blog.err));
	ck_assert(!deleted);
	assert_status(WEIR_ERR_PERMISSION, weir_base_dao_create(&notes, &(note){ .title = "y", .tenant = "red" },
	                                                        WEIR_SET(note, title, tenant), NULL, &blog.err));
	ck_assert_str_eq(title_of(as_red, id), "r");
}

/* Also a row that was known not to be there is found after it was made among many. */
PRINCIPAL_TEST(test_principal__many_rows_are_made_on_its_behalf)
{
	enum { COUNT = 500 };
	static note   rows[COUNT];
	static char   titles[COUNT][16];
	weir_base_dao notes = weir_get_dao(as_red, &note_model);
	int64_t       first = make(as_red, "r");

	for (int i = 0; i < COUNT; i++) {
		snprintf(titles[i], sizeof titles[i], "t%d", i);
		rows[i].title = titles[i];
	}
	ck_assert_str_eq(title_of(as_red, first + 7), "");
	assert_ok(weir_base_dao_create_many(&notes, rows, COUNT, WEIR_SET(note, title), NULL, &blog.err));
	ck_assert_str_eq(title_of(as_red, first + 7), "t6");
	ck_assert_int_eq(count(as_red), COUNT + 1);
	ck_assert_int_eq(count(as_blue), 0);
}

PRINCIPAL_TEST(test_principal__sql_by_hand_is_done_and_cached_on_its_behalf)
{
	weir_session *sessions[] = { as_red, as_blue };
	note_list     list = WEIR_LIST_INIT;

	(void)make(as_red, "r");
	for (int i = 0; i < 6; i++) {
		assert_ok(weir_query_into_cached(sessions[i % 2], WEIR_SQL("SELECT * FROM notes"), WEIR_NO_PARAMS, &note_model,
		                                 WEIR_READS(note), &list, &blog.err));
		ck_assert_uint_eq(list.count, i % 2 == 0);
		note_list_release(&list);
	}
	assert_status(WEIR_ERR_USAGE, weir_query_into_cached(blog.session, WEIR_SQL("SELECT * FROM notes"), WEIR_NO_PARAMS,
	                                                     &note_model, WEIR_READS(note), &list, &blog.err));
}

PRINCIPAL_TEST(test_principal__a_transaction_has_that_of_its_session)
{
	weir_session *tx = NULL, *inner = NULL;
	weir_scope    scope;
	int64_t       id;

	assert_ok(weir_begin(as_red, &(weir_transaction_options){ .isolation = WEIR_SERIALIZABLE }, &tx, &blog.err));
	assert_ok(weir_savepoint(tx, "s", &blog.err));
	id = make(tx, "r");
	ck_assert_str_eq(title_of(tx, id), "r");
	assert_ok(weir_rollback_to(tx, "s", &blog.err));
	id = make(tx, "r");
	assert_ok(weir_begin(tx, NULL, &inner, &blog.err));
	ck_assert_str_eq(title_of(inner, id), "r");
	assert_ok(weir_commit(&inner, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_begin(weir_with_principal(tx, blue, &scope), NULL, &inner, &blog.err));
	ck_assert_str_eq(title_of(weir_with_principal(tx, red, &scope), id), "r");
	assert_ok(weir_commit(&tx, &blog.err));
	ck_assert_str_eq(title_of(as_red, id), "r");
	ck_assert_str_eq(title_of(as_blue, id), "");
}

/* ---- Connections ----------------------------------------------------------------------------------------------------- */

static void assert_no_residue(void)
{
	char *who = NULL;

	assert_ok(weir_query_text(blog.session,
	                          WEIR_SQL("SELECT (current_user = session_user)::text || "
	                                   "coalesce(current_setting('app.tenant', true), '')"),
	                          WEIR_NO_PARAMS, &who, &blog.err));
	ck_assert_str_eq(who, "true");
	weir_free(who);
}

/* One connection in all: whatever has been done on it, the next borrower is who it was at first. */
START_TEST(test_principal__nothing_of_it_stays_on_the_connection)
{
	weir_session *tx = NULL;
	weir_base_dao notes;
	weir_opt_i64  number;

	open_notes((weir_options){ .pool.max_connections = 1 });
	notes = weir_get_dao(as_red, &note_model);
	for (int i = 0; i < 2; i++) {
		(void)title_of(as_red, make(as_red, i ? "a" : "b"));
		assert_no_residue();
		assert_status(WEIR_ERR_UNIQUE,
		              weir_base_dao_create(&notes, &(note){ .title = "b" }, WEIR_SET(note, title), NULL, &blog.err));
		assert_no_residue();
		ck_assert_int_lt(
			weir_query_i64(as_red, WEIR_SQL("SELECT 1 / (random() * 0)::int"), WEIR_NO_PARAMS, &number, &blog.err), 0);
		assert_no_residue();
		assert_ok(weir_begin(as_red, NULL, &tx, &blog.err));
		(void)make(tx, "z");
		weir_rollback(&tx);
		assert_no_residue();
		assert_ok(weir_begin(as_red, NULL, &tx, &blog.err));
		assert_ok(weir_commit(&tx, &blog.err));
		assert_no_residue();
	}
	ck_assert_int_eq(count(as_blue), 0);
	assert_status(WEIR_ERR_USAGE, weir_run_script(as_red, "SELECT 1", &blog.err));
	close_notes();
}
END_TEST

struct crowd {
	weir_session *session;
	int64_t       own, others;
	atomic_int    wrong;
};

static void *look_around(void *argument)
{
	struct crowd *crowd = argument;
	weir_base_dao notes = weir_get_dao(crowd->session, &note_model);

	for (int i = 0; i < 200; i++) {
		const note *found = NULL;
		int64_t     number = 0;
		int         own = weir_base_dao_get_by_id_cached(&notes, &(note){ .id = crowd->own }, &found, NULL);

		note_release(&found);
		atomic_fetch_add(&crowd->wrong, own != WEIR_OK);
		atomic_fetch_add(&crowd->wrong, weir_base_dao_get_by_id(&notes, &(note){ .id = crowd->others }, &found, NULL) !=
		                                    WEIR_NOT_FOUND);
		atomic_fetch_add(&crowd->wrong, weir_base_dao_count(&notes, NULL, &number, NULL) < 0 || number != 1);
		if (i % 10 == 0)
			(void)weir_base_dao_update(&notes, &(note){ .id = crowd->own }, &(note){ .stars = i },
			                           WEIR_SET(note, stars), NULL, NULL);
	}
	return NULL;
}

START_TEST(test_principal__many_threads_of_two_tenants_never_meet)
{
	struct crowd crowds[4] = { { .session = NULL } };
	pthread_t    threads[4];
	int64_t      ids[2];

	open_notes((weir_options){ .pool.max_connections = 2 });
	ids[0] = make(as_red, "r");
	ids[1] = make(as_blue, "b");
	for (int i = 0; i < 4; i++) {
		crowds[i] =
			(struct crowd){ .session = i % 2 ? as_blue : as_red, .own = ids[i % 2], .others = ids[(i + 1) % 2] };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, look_around, &crowds[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(atomic_load(&crowds[i].wrong), 0);
	}
	close_notes();
}
END_TEST

/* ---- Refused --------------------------------------------------------------------------------------------------------- */

PRINCIPAL_TEST(test_principal__calls_without_one_are_refused)
{
	weir_base_dao notes = weir_get_dao(blog.session, &note_model);
	const note   *found = NULL;
	weir_scope    scope;

	(void)make(as_red, "r");
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id(&notes, &(note){ .id = 1 }, &found, &blog.err));
	ck_assert_str_eq(blog.err.model, "note");
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id_cached(&notes, &(note){ .id = 1 }, &found, &blog.err));
	notes.session = weir_with_principal(blog.session, NULL, &scope);
	assert_status(WEIR_ERR_USAGE, weir_base_dao_get_by_id(&notes, &(note){ .id = 1 }, &found, &blog.err));
}

PRINCIPAL_TEST(test_open__a_table_under_row_level_security_needs_a_model_that_knows)
{
	weir_session *other = NULL;
	weir_options  options = { .postgres = test_database_url(), .models = plain_models, .schema = blog.schema };

	assert_status(WEIR_ERR_SCHEMA, weir_open(&options, &other, &blog.err));
	ck_assert_msg(strstr(blog.err.message, "row-level security"), "%s", blog.err.message);
	options.models = note_models;
	assert_ok(weir_open(&options, &other, &blog.err));
	weir_close(&other);
}

PRINCIPAL_TEST(test_principal_create__tells_what_is_wrong)
{
	static const weir_principal_setting wrong[] = { { "search_path", "x" }, { "app.tenant", NULL }, { "app.", "x" },
		                                            { "a.b; DROP", "x" },   { NULL, "x" },          { "a.b", "\xff" } };
	weir_principal                     *made = NULL;
	weir_principal_setting              tricky = { "app.tenant", "x', false), pg_sleep('1" };
	weir_scope                          scope;
	char                               *seen = NULL;

	assert_status(WEIR_ERR_USAGE, weir_principal_create(&(weir_principal_options){ 0 }, &made, &blog.err));
	assert_status(WEIR_ERR_USAGE, weir_principal_create(&(weir_principal_options){ .role = "" }, &made, &blog.err));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_status(WEIR_ERR_USAGE,
		              weir_principal_create(&(weir_principal_options){ .settings = &wrong[i], .setting_count = 1 },
		                                    &made, &blog.err));
	assert_ok(
		weir_principal_create(&(weir_principal_options){ .settings = &tricky, .setting_count = 1 }, &made, &blog.err));
	assert_ok(weir_query_text(weir_with_principal(blog.session, made, &scope),
	                          WEIR_SQL("SELECT current_setting('app.tenant')"), WEIR_NO_PARAMS, &seen, &blog.err));
	ck_assert_str_eq(seen, tricky.value);
	weir_free(seen);
	weir_principal_free(&made);
	assert_ok(weir_principal_create(&(weir_principal_options){ .role = "nobody; RESET ROLE" }, &made, &blog.err));
	ck_assert_int_lt(weir_query_text(weir_with_principal(blog.session, made, &scope), WEIR_SQL("SELECT 'x'"),
	                                 WEIR_NO_PARAMS, &seen, &blog.err),
	                 0);
	weir_principal_free(&made);
	assert_no_residue();
}

WEIR_SUITE("principal", test_principal__each_sees_its_own_rows_cold_and_warm,
           test_principal__the_cache_answers_without_a_query, test_principal__a_write_of_one_is_seen_by_all,
           test_principal__one_cannot_write_what_it_does_not_see, test_principal__many_rows_are_made_on_its_behalf,
           test_principal__sql_by_hand_is_done_and_cached_on_its_behalf,
           test_principal__a_transaction_has_that_of_its_session, test_principal__nothing_of_it_stays_on_the_connection,
           test_principal__many_threads_of_two_tenants_never_meet, test_principal__calls_without_one_are_refused,
           test_open__a_table_under_row_level_security_needs_a_model_that_knows,
           test_principal_create__tells_what_is_wrong);
