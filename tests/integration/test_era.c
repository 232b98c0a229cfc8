/* PostgreSQL loses what it had committed: a standby takes over that had not heard of it. What was cached of that is in no database any more, and
 * is not read: neither by who connects to the new primary nor, a little later, by who reads nothing but the cache. */
#define _GNU_SOURCE
#include "support/database.h"
#include "support/eventually.h"
#include "support/servers.h"
#include "support/suite.h"

#include <weir/weir.h>

#include <stdio.h>
#include <string.h>

typedef struct note {
	int64_t     id;
	const char *text;
} note;
WEIR_RECORD(note)

static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true),
	WEIR_FIELD(note, text, .unique = true),
};
static const weir_model        note_model = WEIR_MODEL(note, "notes", note_fields);
static const weir_text_column  text_c = WEIR_TEXT_COLUMN(note, text);
static const weir_model *const models[] = { &note_model, NULL };

static struct server primary, standby, redis;
static weir_error    err;

static void setup(void)
{
	server_start(&primary, SERVER_POSTGRES);
	server_start_standby(&standby, &primary);
	server_start(&redis, SERVER_REDIS);
	sql_run(primary.url, "CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL UNIQUE)");
	sql_run(primary.url, "INSERT INTO notes VALUES (1, 'kept'), (2, 'other')");
	EVENTUALLY(sql_number(standby.url, "SELECT count(*) FROM pg_tables WHERE tablename = 'notes'") == 1 &&
	           sql_number(standby.url, "SELECT count(*) FROM notes") == 2);
}

static void teardown(void)
{
	server_release(&redis);
	server_release(&standby);
	server_release(&primary);
}

/* A session on these hosts, "" or with what follows a URL's `?`. */
static weir_session *open_on(const char *hosts, const char *settings, weir_switch near)
{
	weir_session *session = NULL;
	char          url[512];
	int           length = (int)(strchr(primary.other_url, '@') - primary.other_url);
	weir_options  options = { .postgres = url, .redis = redis.url, .models = models, .cache.near = near };
	int           rc;

	snprintf(url, sizeof url, "%.*s@%s/postgres?sslmode=disable&gssencmode=disable%s", length, primary.other_url, hosts,
	         settings);
	rc = weir_open(&options, &session, &err);
	ck_assert_msg(rc == WEIR_OK, "%s", err.message);
	return session;
}

static weir_session *open_on_both(weir_switch near)
{
	char hosts[160];

	snprintf(hosts, sizeof hosts, "%s,%s", primary.address, standby.address);
	return open_on(hosts, "", near);
}

static bool says(const char *text, const note *found)
{
	bool same = found ? strcmp(found->text, text) == 0 : text[0] == '\0';

	note_release(&found);
	return same;
}

/* By id, by its text, in a list: does the cache say that of row 1? */
static bool cache_says(weir_session *session, const char *text)
{
	weir_base_dao dao = weir_get_dao(session, &note_model);
	const note   *found = NULL;
	note_list     list = WEIR_LIST_INIT;
	int64_t       id = 1, count = 0;
	bool          same;

	ck_assert_int_ge(weir_base_dao_get_by_id_cached(&dao, &id, &found, &err), 0);
	same = says(text, found);
	found = NULL;
	ck_assert_int_ge(weir_base_dao_get_by_cached(&dao, text_c.column, &(note){ .text = text }, &found, &err), 0);
	same = same && says(text, found);
	ck_assert_int_eq(weir_base_dao_get_all_cached(&dao, NULL, &list, &err), WEIR_OK);
	for (size_t i = 0; i < list.count; i++)
		same = same && (list.items[i]->id != 1 || strcmp(list.items[i]->text, text) == 0);
	note_list_release(&list);
	ck_assert_int_eq(weir_base_dao_count_cached(&dao, &(weir_query){ .where = weir_eq(text_c, text) }, &count, &err),
	                 WEIR_OK);
	return same && count == 1;
}

static int write_text(weir_session *session, int64_t id, const char *text)
{
	weir_base_dao dao = weir_get_dao(session, &note_model);

	return weir_base_dao_update(&dao, &id, &(note){ .text = text }, WEIR_SET(note, text), NULL, &err);
}

/* From now on the standby hears nothing. */
static void cut_replication(void)
{
	sql_run(standby.url, "ALTER SYSTEM SET primary_conninfo = ''");
	sql_run(standby.url, "SELECT pg_reload_conf()");
	EVENTUALLY(sql_number(standby.url, "SELECT count(*) FROM pg_stat_wal_receiver") == 0);
}

/* A write that is acknowledged, cached, and lost with the primary. */
static void lose_a_write(weir_session *writer, weir_session *reader)
{
	cut_replication();
	ck_assert_msg(write_text(writer, 1, "lost") == WEIR_OK, "%s", err.message);
	for (int i = 0; i < 2; i++) {
		ck_assert(cache_says(writer, "lost"));
		ck_assert(cache_says(reader, "lost"));
	}
}

static void assert_has_left(weir_session *session)
{
	for (int i = 0; i < 20; i++)
		ck_assert(cache_says(session, "kept"));
}

static void fail_over(weir_switch near)
{
	weir_session *writer = open_on_both(near), *reader = open_on_both(near), *late;

	lose_a_write(writer, reader);
	server_kill(&primary);
	ck_assert(cache_says(reader, "lost")); /* no database is there: the cache is read all the same */
	server_promote(&standby);
	late = open_on_both(near);
	assert_has_left(late);
	EVENTUALLY(write_text(writer, 2, "written") == WEIR_OK);
	assert_has_left(writer);
	EVENTUALLY(cache_says(reader, "kept")); /* it has asked the database nothing */
	assert_has_left(reader);
	weir_close(&late);
	weir_close(&reader);
	weir_close(&writer);
}

START_TEST(test_era__after_a_failover_no_cached_read_returns_a_row_that_was_lost)
{
	setup();
	fail_over(WEIR_OFF);
	teardown();
}
END_TEST

START_TEST(test_era__nor_does_a_near_cache)
{
	setup();
	fail_over(WEIR_ON);
	teardown();
}
END_TEST

START_TEST(test_era__who_reads_nothing_but_the_cache_notices_by_itself)
{
	weir_session *reader;

	setup();
	reader = open_on_both(WEIR_OFF);
	lose_a_write(reader, reader);
	server_kill(&primary);
	server_promote(&standby);
	EVENTUALLY(cache_says(reader, "kept"));
	assert_has_left(reader);
	weir_close(&reader);
	teardown();
}
END_TEST

/* Two primaries: who reads the new one is never given what was cached of the old one, and writes invalidate for both. */
START_TEST(test_era__an_old_primary_that_goes_on_is_kept_apart)
{
	weir_session *old, *new;

	setup();
	old = open_on(primary.address, "", WEIR_OFF);
	lose_a_write(old, old);
	server_promote(&standby);
	new = open_on(standby.address, "", WEIR_OFF);
	for (int i = 0; i < 30; i++) {
		ck_assert(cache_says(new, i < 15 ? "kept" : "new"));
		(void)cache_says(old, "lost"); /* it fills what it reads */
		if (i == 14)
			ck_assert_int_eq(write_text(new, 1, "new"), WEIR_OK);
		(void)poll(NULL, 0, 100); /* so that the marker is looked at meanwhile */
	}
	weir_close(&new);
	weir_close(&old);
	teardown();
}
END_TEST

/* What a standby says may be behind: it is given out, and not kept. */
START_TEST(test_era__a_standby_fills_nothing)
{
	weir_session *writer, *behind;

	setup();
	writer = open_on(primary.address, "", WEIR_OFF);
	behind = open_on(standby.address, "&target_session_attrs=standby", WEIR_OFF);
	sql_run(standby.url, "SELECT pg_wal_replay_pause()");
	EVENTUALLY(sql_number(standby.url, "SELECT (pg_get_wal_replay_pause_state() = 'paused')::int") == 1);
	ck_assert_int_eq(write_text(writer, 1, "new"), WEIR_OK);
	(void)cache_says(behind, "kept");
	(void)cache_says(behind, "kept");
	ck_assert(cache_says(writer, "new"));
	ck_assert(cache_says(writer, "new"));
	EVENTUALLY(cache_says(writer, "new") && cache_says(behind, "new")); /* by what the other one has filled */
	sql_run(standby.url, "SELECT pg_wal_replay_resume()");
	weir_close(&behind);
	weir_close(&writer);
	teardown();
}
END_TEST

WEIR_SUITE("era", test_era__after_a_failover_no_cached_read_returns_a_row_that_was_lost,
           test_era__nor_does_a_near_cache, test_era__who_reads_nothing_but_the_cache_notices_by_itself,
           test_era__an_old_primary_that_goes_on_is_kept_apart, test_era__a_standby_fills_nothing);
